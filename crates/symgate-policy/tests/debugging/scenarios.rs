//! The five scenarios of SYMSRV §3.5 and the transcript of §11.5, told as a person types them.

use symgate_policy::{Cause, Command, Debugger, LatchKey, Prompts, SymbolOptions};

use super::event::{Demand, From, Request, Seen, Typed};
use super::world::{World, origin};

const RIGHT: &str = "one";
const WRONG: &str = "two";
const ALSO_WRONG: &str = "three";

const NOT_CONTACTED: &[Seen] = &[Seen::NotContacted];
const NO_DIALOG: &[Seen] = &[Seen::Left, Seen::Refused];

/// A debugger, its user, and a module whose symbols lie behind a peer that wants a password.
struct Console {
    world: World,
    module: Request,
}

impl Console {
    /// The store lies behind a proxy that answers 407.
    fn behind_a_proxy(debugger: Debugger, sflags: Option<&str>) -> Self {
        let module = Request {
            proxy: Some(0),
            of_proxy: Demand::Password(RIGHT),
            of_store: Demand::Nothing,
            ..nothing()
        };
        Self::start(debugger, sflags, module)
    }

    /// The store itself answers 401.
    fn at_a_store(debugger: Debugger) -> Self {
        let module = Request {
            of_store: Demand::Password(RIGHT),
            ..nothing()
        };
        Self::start(debugger, None, module)
    }

    fn start(debugger: Debugger, sflags: Option<&str>, module: Request) -> Self {
        let sflags = sflags.map(|text| SymbolOptions::parse_sflags(text).unwrap());
        Self {
            world: World::start(debugger, sflags),
            module,
        }
    }

    /// A line that changes something and loads nothing.
    fn types(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let command = match words[..] {
            ["!sym", "prompts"] => Command::Remove(SymbolOptions::NO_PROMPTS),
            ["!sym", "prompts", "off"] => Command::Add(SymbolOptions::NO_PROMPTS),
            ["!symsrv", "close"] => Command::CloseClient,
            [".reload"] => Command::Reload,
            [".restart"] => Command::Restart,
            [".symopt+", flags] => Command::Add(SymbolOptions::parse_flags(flags).unwrap()),
            [".symopt-", flags] => Command::Remove(SymbolOptions::parse_flags(flags).unwrap()),
            _ => panic!("{line:?} is no line of these tests"),
        };
        self.world.obey(command);
    }

    /// `.reload /f foo.dll`, and what the user does with the dialogs.
    #[track_caller]
    fn reloads_foo<const N: usize>(&mut self, person: [Typed; N], expected: &[Seen]) {
        self.types(".reload");
        self.needs_foo(person, expected);
    }

    /// The debugger needs the symbols of foo, without a command of its user.
    #[track_caller]
    fn needs_foo<const N: usize>(&mut self, person: [Typed; N], expected: &[Seen]) {
        self.module.person = person.to_vec();
        assert_eq!(self.world.request(&self.module), expected);
    }

    fn lists(&self, name: &str) -> bool {
        let options = self.world.debugging().options();
        SymbolOptions::named().any(|(option, other)| other == name && options.contains(option))
    }
}

fn nothing() -> Request {
    Request {
        store: 0,
        proxy: None,
        of_proxy: Demand::Nothing,
        of_store: Demand::Nothing,
        silent: None,
        visible: None,
        person: Vec::new(),
        meanwhile: None,
    }
}

fn proxy() -> LatchKey {
    LatchKey::proxy(origin("p"))
}

fn store() -> LatchKey {
    LatchKey::store(origin("s"), "x")
}

/// A dialog with what was typed into it, sent.
fn dialog(password: &'static str) -> [Seen; 3] {
    [Seen::VisibleAsked, Seen::Dialog, Seen::Sent(password, From::Person)]
}

#[test]
fn scenario_1_cdb_refuses_and_asks_only_after_prompts_close_and_reload() {
    let mut cdb = Console::behind_a_proxy(Debugger::Cdb, None);
    cdb.reloads_foo([], NO_DIALOG);
    assert_eq!(cdb.world.cause(&proxy()), Some(Cause::Automatic));
    cdb.types("!sym prompts");
    cdb.reloads_foo([], NOT_CONTACTED);
    cdb.types("!symsrv close");
    let asked = [&[Seen::Left][..], &dialog(RIGHT), &[Seen::Found]].concat();
    cdb.reloads_foo([Typed::Password(RIGHT)], &asked);
}

#[test]
fn scenario_2_windbg_shows_three_dialogs_and_after_cancel_none_until_close() {
    let mut windbg = Console::at_a_store(Debugger::WinDbg);
    let cancelled = [Seen::VisibleAsked, Seen::Dialog, Seen::Refused];
    let thrice = [&[Seen::Left][..], &dialog(WRONG), &dialog(ALSO_WRONG), &cancelled].concat();
    windbg.reloads_foo(
        [Typed::Password(WRONG), Typed::Password(ALSO_WRONG), Typed::Cancel],
        &thrice,
    );
    assert_eq!(windbg.world.cause(&store()), Some(Cause::ByUser));
    windbg.reloads_foo([], NOT_CONTACTED);
    windbg.types("!symsrv close");
    assert_eq!(windbg.world.cause(&store()), None);
    windbg.reloads_foo([Typed::Cancel], &[&[Seen::Left][..], &cancelled].concat());
}

#[test]
fn scenario_3_prompts_off_without_reload_leaves_the_old_setting_in_force() {
    let mut windbg = Console::at_a_store(Debugger::WinDbg);
    windbg.types("!sym prompts off");
    assert_eq!(windbg.world.debugging().policy(), Prompts::Off);
    let asked = [&[Seen::Left][..], &dialog(RIGHT), &[Seen::Found]].concat();
    windbg.needs_foo([Typed::Password(RIGHT)], &asked);
    windbg.types("!symsrv close");
    windbg.reloads_foo([], NO_DIALOG);
}

#[test]
fn scenario_4_symopt_lists_no_prompts_until_it_is_taken_away() {
    let mut cdb = Console::behind_a_proxy(Debugger::Cdb, None);
    assert!(cdb.lists("SYMOPT_NO_PROMPTS"));
    cdb.types(".symopt- 80000");
    assert!(!cdb.lists("SYMOPT_NO_PROMPTS"));
    cdb.types(".symopt+ 0x80000");
    assert!(cdb.lists("SYMOPT_NO_PROMPTS"));
}

#[test]
fn scenario_5_sflags_without_no_prompts_ask_from_the_start() {
    let mut cdb = Console::behind_a_proxy(Debugger::Cdb, Some("0x30227"));
    let asked = [&[Seen::Left][..], &dialog(RIGHT), &[Seen::Found]].concat();
    cdb.needs_foo([Typed::Password(RIGHT)], &asked);
}

#[test]
fn the_transcript_of_section_11_5() {
    let mut cdb = Console::behind_a_proxy(Debugger::Cdb, None);
    // !sym: "quiet mode - symbol prompts off"
    assert_eq!(cdb.world.debugging().policy(), Prompts::Off);
    assert!(!cdb.lists("SYMOPT_DEBUG"));
    cdb.reloads_foo([], NO_DIALOG);
    assert_eq!(cdb.world.cause(&proxy()), Some(Cause::Automatic));
    cdb.types("!sym prompts");
    // "quiet mode - symbol prompts on"
    assert_eq!(cdb.world.debugging().policy(), Prompts::On);
    assert!(!cdb.lists("SYMOPT_DEBUG"));
    cdb.reloads_foo([], NOT_CONTACTED);
    cdb.types("!symsrv close");
    let asked = [&[Seen::Left][..], &dialog(WRONG), &dialog(RIGHT), &[Seen::Found]].concat();
    cdb.reloads_foo([Typed::Password(WRONG), Typed::Password(RIGHT)], &asked);
    assert_eq!(cdb.world.cause(&proxy()), None);
}

#[test]
fn what_was_typed_answers_until_the_client_is_closed_or_debugging_starts_anew() {
    for ending in ["!symsrv close", ".restart"] {
        let mut windbg = Console::at_a_store(Debugger::WinDbg);
        let asked = [&[Seen::Left][..], &dialog(RIGHT), &[Seen::Found]].concat();
        windbg.reloads_foo([Typed::Password(RIGHT)], &asked);
        let remembered = [Seen::Left, Seen::Sent(RIGHT, From::Memory), Seen::Found];
        windbg.reloads_foo([], &remembered);
        windbg.types("!sym prompts off");
        windbg.reloads_foo([], &remembered);
        windbg.types(ending);
        windbg.reloads_foo([], NO_DIALOG);
    }
}

#[test]
fn a_restart_keeps_the_policy_and_takes_it_over() {
    let mut cdb = Console::behind_a_proxy(Debugger::Cdb, None);
    cdb.needs_foo([], NO_DIALOG);
    cdb.types("!sym prompts");
    cdb.needs_foo([], NOT_CONTACTED);
    cdb.types(".restart");
    let asked = [&[Seen::Left][..], &dialog(RIGHT), &[Seen::Found]].concat();
    cdb.needs_foo([Typed::Password(RIGHT)], &asked);
}
