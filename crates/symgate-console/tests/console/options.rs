//! `!sym`, `.symopt`, `.lines`, `.secure` and `!symsrv close` (SYMSRV §3.3, §3.4, §6.1, §6.2, §6.6).

use symgate_policy::{Debugger, Effect, Prompts, SymbolOptions};

use super::World;

#[test]
fn sym_shows_and_changes_noise_and_prompts() {
    const USAGE: &str = "!sym <noisy/quiet - prompts/prompts off> - ";
    let mut world = World::new(Debugger::WinDbg, "srv*", Vec::new());
    for (line, state, shows) in [
        ("!sym", "quiet mode - symbol prompts on\n", true),
        ("!sym noisy", "noisy mode - symbol prompts on\n", false),
        ("!sym prompts off", "noisy mode - symbol prompts off\n", false),
        ("!sym quiet", "quiet mode - symbol prompts off\n", false),
        ("!sym loud", "quiet mode - symbol prompts off\n", true),
        ("!sym noisy on", "noisy mode - symbol prompts off\n", false),
        ("!sym PROMPTS", "noisy mode - symbol prompts on\n", false),
        ("!sym prompts  off ", "noisy mode - symbol prompts off\n", false),
        ("!sym prompts on", "noisy mode - symbol prompts on\n", false),
        ("!sym prompts maybe", "noisy mode - symbol prompts on\n", true),
    ] {
        let usage = if shows { USAGE } else { "" };
        world.check(line, &format!("{usage}{state}"));
        assert_eq!(world.effects, [], "{line}");
    }
}

#[test]
fn symopt_lists_what_is_set_in_all_its_forms() {
    let mut world = World::with(Debugger::WinDbg, SymbolOptions::new(0x30337), "srv*", Vec::new());
    world.check(
        ".symopt",
        "\
Symbol options are 0x30337:
  0x00000001 - SYMOPT_CASE_INSENSITIVE
  0x00000002 - SYMOPT_UNDNAME
  0x00000004 - SYMOPT_DEFERRED_LOADS
  0x00000010 - SYMOPT_LOAD_LINES
  0x00000020 - SYMOPT_OMAP_FIND_NEAREST
  0x00000100 - SYMOPT_NO_UNQUALIFIED_LOADS
  0x00000200 - SYMOPT_FAIL_CRITICAL_ERRORS
  0x00010000 - SYMOPT_AUTO_PUBLICS
  0x00020000 - SYMOPT_NO_IMAGE_SEARCH
",
    );
    for (line, bits) in [
        (".symopt+0x80000", 0xb0337),
        (".symopt- 80000", 0x30337),
        (".symopt 80000", 0xb0337),
        (".symopt-0x80000", 0x30337),
        (".symopt + 80000", 0xb0337),
        (".symopt - 0x80000", 0x30337),
        (".symopt+80000401", 0x8003_0737_u32),
    ] {
        let said = world.run(line);
        assert!(
            said.starts_with(&format!("Symbol options are {bits:#x}:\n")),
            "{line}: {said}"
        );
    }
    for line in [
        ".symopt x",
        ".symopt+",
        ".symopt --1",
        ".symopt+ 1 2",
        ".symopt 100000000",
    ] {
        world.check(line, "Usage: .symopt[+/-] [<Flags>]\n");
    }
}

/// Scenario 4 of SYMSRV §3.5.
#[test]
fn symopt_shows_no_prompts_as_long_as_it_is_set() {
    const LINE: &str = "  0x00080000 - SYMOPT_NO_PROMPTS\n";
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    assert!(world.run(".symopt").contains(LINE));
    assert!(!world.run(".symopt-80000").contains(LINE));
    assert!(!world.run(".symopt").contains(LINE));
}

#[test]
fn the_policy_is_in_force_after_a_reload_and_not_before() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    for (line, effects) in [
        ("!sym prompts", &[][..]),
        (".symopt-80000", &[]),
        (".reload", &[Effect::Decide(Prompts::On)]),
        ("!sym prompts off", &[]),
        (".reload /l; .reload -?", &[]),
        (".reload /f nothing", &[Effect::Decide(Prompts::Off)]),
        ("!symsrv close", &[Effect::Close]),
        (".restart", &[Effect::CloseAndDecide(Prompts::Off)]),
    ] {
        world.run(line);
        assert_eq!(world.effects, effects, "{line}");
    }
}

#[test]
fn closing_and_restarting_say_so() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    world.check("!symsrv CLOSE", "Symbol server client closed.\n");
    world.check(".restart", "Debugging starts anew.\n");
}

#[test]
fn lines_and_secure_are_options_too() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    for (line, expected) in [
        (".lines", "Line number information will be loaded\n"),
        (".lines -t", "Line number information will not be loaded\n"),
        (".lines -e", "Line number information will be loaded\n"),
        (".lines /e", "Line number information will be loaded\n"),
        (".lines -d", "Line number information will not be loaded\n"),
        (".secure", "Secure mode is off.\n"),
        (".secure 0", "Secure mode is off.\n"),
        (".secure 1", "Secure mode is on.\n"),
        (".secure 0", "Secure mode is on and cannot be switched off.\n"),
        (".secure", "Secure mode is on.\n"),
    ] {
        world.check(line, expected);
    }
    assert_eq!(world.adopted, ["srv* Secure /home/dbg/sym"]);
    world.run(".symopt-40000");
    world.check(".secure", "Secure mode is on.\n");
}
