//! The console as its users see it: lines in, text out, by public API, with what the caller knows written down.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod listing;
mod loading;
mod options;
mod paths;
mod transcript;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

use symgate::{ErrorKind, Fit};
use symgate_console::{Action, Console, Failure, Load, Module, PdbFacts, Place, Start, Symbols};
use symgate_index::{Guid, PrivateSymbols};
use symgate_path::SymbolPath;
use symgate_policy::{Debugger, Effect, SymbolOptions};
use symgate_tests::made::{Pe, Record, Width};
use symgate_tests::sample::Sample;

/// A console, and what the world around it is like.
struct World {
    console: Console,
    /// What is said about a file, by its name; the others are missing.
    files: BTreeMap<String, Result<Symbols, Failure>>,
    directories: Vec<PathBuf>,
    /// What a PDB that is read says.
    pdb: Result<PdbFacts, String>,
    /// Why a path cannot be adopted, or what is odd about it.
    adoption: Result<Vec<String>, String>,
    loads: Vec<Load>,
    effects: Vec<Effect>,
    adopted: Vec<String>,
    quit: bool,
}

impl World {
    fn new(debugger: Debugger, path: &str, modules: Vec<Module>) -> Self {
        Self::with(debugger, debugger.start_options(), path, modules)
    }

    fn with(debugger: Debugger, options: SymbolOptions, path: &str, modules: Vec<Module>) -> Self {
        let console = Console::new(Start {
            debugger,
            options,
            path: SymbolPath::parse(path).path,
            home: "/home/dbg".into(),
            modules,
        });
        Self {
            console,
            files: BTreeMap::new(),
            directories: Vec::new(),
            pdb: Err("nothing is read".into()),
            adoption: Ok(Vec::new()),
            loads: Vec::new(),
            effects: Vec::new(),
            adopted: Vec::new(),
            quit: false,
        }
    }

    /// All that a line has printed.
    fn run(&mut self, line: &str) -> String {
        self.loads.clear();
        self.effects.clear();
        let mut said = String::new();
        self.console.handle_line(line);
        loop {
            match self.console.poll() {
                Action::Adopt(plan) => {
                    let security = plan.security;
                    let store = plan.default_store.display();
                    self.adopted.push(format!("{} {security:?} {store}", plan.path));
                    self.console.handle_adopted(self.adoption.clone()).unwrap();
                }
                Action::Load(loads) => {
                    // Backwards, as nobody promises an order.
                    for (number, load) in loads.iter().enumerate().rev() {
                        let missing = || Err(Failure::new(ErrorKind::Missing, "nobody has it"));
                        let result = self.files.get(load.wanted.id.name.as_str()).cloned();
                        self.console
                            .handle_loaded(number, result.unwrap_or_else(missing))
                            .unwrap();
                    }
                    self.loads.extend(loads);
                }
                Action::Look(path) => {
                    let place = if self.directories.contains(&path) {
                        Place::Directory
                    } else {
                        Place::Nothing
                    };
                    self.console.handle_looked(place).unwrap();
                }
                Action::Obey(effect) => self.effects.push(effect),
                Action::Print(text) => {
                    assert!(text.ends_with('\n'), "{text:?}");
                    said.push_str(&text);
                }
                Action::Quit => {
                    self.quit = true;
                    return said;
                }
                Action::Read(_) => self.console.handle_read(self.pdb.clone()).unwrap(),
                Action::Ready => return said,
                other => panic!("{other:?}"),
            }
        }
    }

    #[track_caller]
    fn check(&mut self, line: &str, expected: &str) {
        assert_eq!(self.run(line), expected, "{line}");
    }

    /// The symbols of a sample are found.
    fn has(&mut self, sample: Sample, private: PrivateSymbols) {
        let pdb = PdbFacts {
            private,
            ..facts(sample)
        };
        let path = format!("/home/dbg/sym/{}", sample.file());
        let symbols = Symbols::new(path, "srv", Fit::Matched).with_pdb(pdb);
        self.files.insert(sample.name(), Ok(symbols));
    }

    fn fails(&mut self, sample: Sample, kind: ErrorKind, reason: &str) {
        self.files.insert(sample.name(), Err(Failure::new(kind, reason)));
    }
}

/// What the PDB of a sample says of itself.
fn facts(sample: Sample) -> PdbFacts {
    let [a, b, c, d, e, f, g, h, rest @ ..] = sample.guid();
    let [i, j, k, l, m, n, o, p] = rest;
    PdbFacts {
        guid: Guid::from_file_order([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]),
        age: 1,
        private: PrivateSymbols::Stripped,
    }
}

/// The image `app<n>.dll` at its preferred base, which names the PDB of the sample.
fn module(sample: Sample) -> Module {
    module_of(sample, Width::Pe32Plus)
}

fn module_of(sample: Sample, width: Width) -> Module {
    let record = Record::rsds(sample.guid(), 1, &format!("d:\\build\\{}", sample.name()));
    let pe = Pe {
        width,
        ..Pe::new(vec![record])
    };
    let name = format!("/bin/app{}.dll", sample.0);
    Module::decode(name, Cursor::new(pe.build())).unwrap()
}

/// The same with a table of exports, a checksum and no time stamp.
fn exporting(sample: Sample) -> Module {
    let record = Record::rsds(sample.guid(), 1, &sample.name());
    let pe = Pe {
        timestamp: 0,
        ..Pe::new(vec![record])
    };
    let mut bytes = pe.build();
    // Exports are entry 0 of the data directories, debug is entry 6; the checksum stands 64 bytes into the optional
    // header.
    for (at, value) in [
        (pe.debug_entry() - 6 * 8, 0x1000),
        (pe.debug_entry() - 6 * 8 + 4, 40),
        (Pe::NT_HEADERS + 88, 7_u32),
    ] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    Module::decode(format!("/bin/app{}.dll", sample.0), Cursor::new(bytes)).unwrap()
}

#[test]
fn what_nobody_knows_is_answered_with_one_line() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    for (line, expected) in [
        ("", ""),
        (" ; ;", ""),
        ("* a comment; q", ""),
        ("$$ a comment", ""),
        ("k", "Unknown command 'k'; .help lists those there are.\n"),
        (
            "!SYM",
            "!sym <noisy/quiet - prompts/prompts off> - quiet mode - symbol prompts off\n",
        ),
        (
            "x\u{1b}[2J y",
            "Unknown command 'x\u{fffd}[2J'; .help lists those there are.\n",
        ),
        (".restart now", "Usage: .restart\n"),
        ("!lmi", "Usage: !lmi <Module>\n"),
        ("!chksym a b c", "Usage: !chksym <Module> [<Symbol>]\n"),
        ("!symsrv", "Usage: !symsrv close\n"),
        ("!symsrv open", "Usage: !symsrv close\n"),
        (".lines x", "Usage: .lines [-e | -d | -t]\n"),
        (".secure maybe", "Usage: .secure [1]\n"),
        ("ld", "Usage: ld <Module> [/f <File>]\n"),
        ("ld /f", "Usage: ld <Module> [/f <File>]\n"),
        ("q now", "Usage: q\n"),
        (&format!("ld {}", "a".repeat(1025)), "Usage: ld <Module> [/f <File>]\n"),
        (&format!("!lmi {}", "a".repeat(1025)), "Usage: !lmi <Module>\n"),
        (
            "lm 1",
            "Usage: lm[D o l v u k e c 1m sm i f n p t] [a <Address>] [m <Pattern> | M <Pattern>]\n",
        ),
    ] {
        world.check(line, expected);
    }
    assert_eq!(world.run(&"a".repeat(Console::LONGEST + 1)), "The line is too long.\n");
}

#[test]
fn q_ends_the_line_and_the_console() {
    for quit in ["q", "qq", "QD"] {
        let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
        let said = world.run(&format!("!sym; {quit}; .symopt"));
        assert!(world.quit && said.lines().count() == 1, "{said}");
        assert!(matches!(world.console.poll(), Action::Quit));
    }
}

#[test]
fn help_has_a_line_for_each_command() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    let help = world.run(".help");
    for word in [
        "!sym ",
        ".symopt",
        ".sympath",
        ".symfix",
        ".reload",
        "ld ",
        "lm",
        "!lmi",
        "!chksym",
        "!symsrv close",
        "!homedir",
        ".restart",
        ".help",
        ".lines",
        ".secure",
        "q,",
    ] {
        assert_eq!(help.lines().filter(|line| line.starts_with(word)).count(), 1, "{word}");
    }
}

#[test]
fn prompts_are_those_of_the_debuggers() {
    for (debugger, prompt) in [
        (Debugger::Cdb, "0:000>"),
        (Debugger::Kd, "0: kd>"),
        (Debugger::Ntsd, "0:000>"),
        (Debugger::WinDbg, "0:000>"),
    ] {
        assert_eq!(
            World::new(debugger, "", Vec::new()).console.prompt(),
            prompt,
            "{debugger}"
        );
    }
}

#[test]
fn answers_to_no_question_are_misuse() {
    let mut world = World::new(Debugger::Cdb, "srv*", vec![module(Sample(1))]);
    let console = &mut world.console;
    console.handle_line(".reload /f");
    let misuse = console.handle_looked(Place::Nothing).unwrap_err();
    assert_eq!(misuse.to_string(), "the console did not ask for this");
    assert!(console.handle_adopted(Ok(Vec::new())).is_err());
    assert!(console.handle_read(Err(String::new())).is_err());
    while !matches!(console.poll(), Action::Load(_)) {}
    let failure = || Err(Failure::new(ErrorKind::Missing, "no"));
    assert!(console.handle_loaded(1, failure()).is_err());
    assert!(matches!(console.poll(), Action::Load(_)), "the question stays");
    assert!(console.handle_loaded(0, failure()).is_ok());
    assert!(console.handle_loaded(0, failure()).is_err());
}

#[test]
fn what_is_no_image_is_no_module() {
    let decode = |name: &str, bytes: Vec<u8>| Module::decode(name, Cursor::new(bytes)).map(|_| ()).unwrap_err();
    let pdb = decode("/a/x.pdb", Sample(1).pdb());
    assert_eq!(
        pdb.to_string(),
        "`/a/x.pdb` is a symbol file; name the image that it belongs to"
    );
    let text = decode("/a/x.txt", b"text".to_vec());
    assert_eq!(text.to_string(), "`/a/x.txt` cannot be understood");
    let none = Module::read("/nowhere/x.dll".as_ref()).unwrap_err();
    assert_eq!(none.to_string(), "`/nowhere/x.dll` cannot be read");
}
