//! `.reload` and `ld` (SYMSRV §6.5, §6.7, §6.8).

use symgate::{ErrorKind, Existing, Fit, Mismatched};
use symgate_index::PrivateSymbols;
use symgate_policy::{Debugger, SymbolClient, SymbolOptions};
use symgate_tests::sample::Sample;

use super::{World, exporting, module};

const ONE: Sample = Sample(1);
const TWO: Sample = Sample(2);

fn world(debugger: Debugger) -> World {
    let mut world = World::new(debugger, "srv*https://h/s", vec![module(ONE), module(TWO)]);
    world.has(ONE, PrivateSymbols::Stripped);
    world
}

/// The names of the files that the last line looked for.
fn wanted(world: &World) -> Vec<&str> {
    world.loads.iter().map(|load| load.wanted.id.name.as_str()).collect()
}

const TROUBLE: &str = "
You can troubleshoot most symbol related issues by turning on symbol loading diagnostics (!sym noisy) and repeating the \
command that caused symbols to be loaded.
You should also verify that your symbol search path (.sympath) is correct.
";

#[test]
fn a_reload_is_lazy_and_forced_it_is_not() {
    let mut world = world(Debugger::Cdb);
    world.check(".reload", "Reloading current modules\n..\n");
    assert_eq!(wanted(&world), [""; 0]);
    assert_eq!(world.console.debugging().client(), SymbolClient::Closed);
    world.check(
        ".reload /f",
        &format!(
            "\
Reloading current modules
..
*** WARNING: Unable to verify checksum for app1.dll
*** ERROR: Module load completed but symbols could not be loaded for app2.dll
************* Symbol Loading Error Summary **************
Module name            Error
app2                   The system cannot find the file specified
\t\t\t\tnobody has it
{TROUBLE}"
        ),
    );
    assert_eq!(wanted(&world), ["app1.pdb", "app2.pdb"]);
    assert_eq!(world.loads[0].wanted.module.as_deref(), Some("dll"));
    assert_eq!(world.console.debugging().client(), SymbolClient::Open);
}

#[test]
fn without_deferred_loads_every_reload_loads() {
    let options = SymbolOptions::new(0xB0227).without(SymbolOptions::DEFERRED_LOADS);
    let mut world = World::with(Debugger::Cdb, options, "srv*", vec![module(ONE)]);
    world.has(ONE, PrivateSymbols::Kept);
    for line in [".reload", ".reload app1", ".restart"] {
        world.run(line);
        assert_eq!(wanted(&world), ["app1.pdb"], "{line}");
    }
}

#[test]
fn a_kernel_debugger_reloads_by_parts() {
    let mut world = world(Debugger::Kd);
    for (line, expected) in [
        (
            ".reload",
            "Loading Kernel Symbols\n..\nLoading User Symbols\nLoading unloaded module list\n",
        ),
        (".reload /n", "Loading Kernel Symbols\n..\n"),
        (".reload /user", "Loading User Symbols\n"),
    ] {
        world.check(line, expected);
    }
    world.run(".reload /user /f");
    assert_eq!(wanted(&world), [""; 0]);
}

#[test]
fn a_reload_means_modules_by_name_or_image_or_pattern() {
    let mut world = world(Debugger::Cdb);
    for (line, expected) in [
        (".reload /f app1", &["app1.pdb"][..]),
        (".reload /f app1.dll", &["app1.pdb"]),
        (".reload /F APP[12]", &["app1.pdb", "app2.pdb"]),
        (".reload -f *2", &["app2.pdb"]),
        (".reload /f/w app1", &[]),
        (".reload /fw app1", &["app1.pdb"]),
        (".reload /w /f app?", &[]),
        (".reload /i app1", &["app1.pdb"]),
        (".reload /dsv /f app1", &["app1.pdb"]),
        (".reload app1", &[]),
    ] {
        world.run(line);
        assert_eq!(wanted(&world), expected, "{line}");
    }
    world.check(".reload /f nothing", "\"nothing\" was not found in the image list.\n");
    world.check(
        ".reload /v /f app1",
        "*** WARNING: Unable to verify checksum for app1.dll\nSymbols loaded for app1\n",
    );
}

#[test]
fn options_become_habits_of_the_search() {
    use Existing::{Keep, Replace};
    use Mismatched::{Accept, Refuse};
    for (options, line, existing, mismatch) in [
        (0, ".reload /f", Keep, Refuse),
        (0, ".reload /f /o", Replace, Refuse),
        (0, ".reload /fo", Replace, Refuse),
        (0, ".reload /i", Keep, Accept),
        (0, ".reload /io", Replace, Accept),
        (0x10_0000, ".reload /f", Replace, Refuse),
        (0x40, ".reload /f", Keep, Accept),
        (0x440, ".reload /i", Keep, Refuse),
    ] {
        let mut world = World::with(Debugger::Cdb, SymbolOptions::new(options), "srv*", vec![module(ONE)]);
        world.run(line);
        let habits = world.loads[0].habits;
        assert_eq!(
            (habits.existing, habits.mismatch),
            (existing, mismatch),
            "{options:x} {line}"
        );
    }
}

#[test]
fn unloading_and_bringing_back() {
    let mut world = world(Debugger::Cdb);
    world.check(".reload /u app1", "Unloaded app1.dll\n");
    world.check(".reload /u app1", "\"app1\" was not found in the image list.\n");
    world.check("lm1m", "app2\n");
    let list = world.run("lm");
    assert!(
        list.ends_with("\n\nUnloaded modules:\n00000001`80000000 00000001`80005000   app1.dll\n"),
        "{list}"
    );
    world.check(".reload /unl app1", "");
    world.check("lm1m", "app1\napp2\n");
    world.check(".reload /u", "Unloaded app1.dll\nUnloaded app2.dll\n");
    world.check(".reload", "Reloading current modules\n..\n");
    world.check("lm1m", "app1\napp2\n");
}

#[test]
fn a_module_can_be_placed_by_hand() {
    let mut world = world(Debugger::Cdb);
    world.check(".reload app1=7ff0`10000000,6000,6553f101", "");
    world.check(".reload app2.dll=0x20000000", "");
    world.check(".reload driver.sys=fffff801`00000000,1000", "");
    world.check(
        "lm t",
        "\
start             end                 module name
00000000`20000000 00000000`20005000   app2       Tue Nov 14 22:13:20 2023 (6553F100)
00007ff0`10000000 00007ff0`10006000   app1       Tue Nov 14 22:13:21 2023 (6553F101)
fffff801`00000000 fffff801`00001000   driver     Thu Jan  1 00:00:00 1970 (00000000)
",
    );
    let said = world.run("ld driver");
    assert!(said.contains("\n\t\t\t\tthe image names no symbol file\n"), "{said}");
    for line in [
        ".reload a=",
        ".reload a=x",
        ".reload =1",
        ".reload a=1,2,3,4",
        ".reload a=1,",
        ".reload a=1,100000000",
        ".reload a b",
        ".reload /",
        ".reload /x",
        ".reload -?",
    ] {
        assert!(world.run(line).starts_with("Usage: .reload "), "{line}");
    }
}

#[test]
fn ld_loads_what_is_not_loaded() {
    let mut world = world(Debugger::Cdb);
    world.check(
        "ld app1",
        "*** WARNING: Unable to verify checksum for app1.dll\nSymbols loaded for app1\n",
    );
    world.has(TWO, PrivateSymbols::Kept);
    world.check(
        "ld app*",
        "Symbols already loaded for app1\n*** WARNING: Unable to verify checksum for app2.dll\nSymbols loaded for app2\n",
    );
    world.check("ld x /f app1.dll", "Symbols already loaded for app1\n");
    world.check("ld /f APP2.*", "Symbols already loaded for app2\n");
    world.check("ld nothing", "\"nothing\" was not found in the image list.\n");
}

#[test]
fn noisy_mode_tells_what_was_loaded() {
    let mut world = world(Debugger::Cdb);
    world.run("!sym noisy");
    let checksum = "*** WARNING: Unable to verify checksum for app1.dll\n";
    let path = "        /home/dbg/sym/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb\n";
    world.check(
        ".reload /f app1",
        &format!("DBGHELP: app1 - public symbols\n{path}{checksum}"),
    );
    world.has(ONE, PrivateSymbols::Kept);
    world.check(
        ".reload /f app1",
        &format!("DBGHELP: app1 - private symbols\n{path}{checksum}"),
    );
    world.run(".lines -e");
    world.check(
        ".reload /f app1",
        &format!("DBGHELP: app1 - private symbols & lines\n{path}{checksum}"),
    );
    world.run(".symopt+4000");
    world.check(
        ".reload /f app1",
        &format!("DBGHELP: app1 - public symbols\n{path}{checksum}"),
    );
    if let Some(Ok(symbols)) = world.files.get_mut("app1.pdb") {
        symbols.fit = Fit::Mismatched;
    }
    let mismatched = format!("DBGHELP: {} - mismatched pdb\n", path.trim());
    world.check(
        ".reload /i app1",
        &format!("{mismatched}DBGHELP: app1 - public symbols\n{path}{checksum}"),
    );
    let said = world.run(".reload /f app2");
    assert!(
        said.starts_with("DBGHELP: app2 - no symbols loaded\n*** ERROR: "),
        "{said}"
    );
}

#[test]
fn each_failure_is_told_with_its_reason_each_time_and_harmless() {
    for (kind, headline) in [
        (ErrorKind::Missing, "The system cannot find the file specified"),
        (ErrorKind::Network, "The symbol server could not be reached"),
        (ErrorKind::Refused, "Authentication was refused"),
        (ErrorKind::Content, "The file is not what was asked for"),
        (ErrorKind::Store, "The local symbol store failed"),
        (ErrorKind::Config, "The settings cannot be used"),
    ] {
        let mut world = world(Debugger::Cdb);
        world.fails(ONE, kind, "realm `a\u{1b}[2J\u{202e}b`");
        for _ in 0..2 {
            let said = world.run(".reload /f app1");
            let expected = format!("app1                   {headline}\n\t\t\t\trealm `a\u{fffd}[2J\u{fffd}b`\n");
            assert!(said.contains(&expected), "{said}");
        }
    }
}

#[test]
fn what_was_refused_ends_with_how_to_go_on() {
    let mut world = world(Debugger::Cdb);
    world.fails(ONE, ErrorKind::Refused, "store `h` is not contacted any more");
    let said = world.run(".reload /f app1");
    let last = "What was refused is not asked again before: !sym prompts, then !symsrv close, then .reload /f.\n";
    assert!(said.ends_with(last), "{said}");
    let said = world.run("!sym prompts; .reload /f app1");
    let last = "What was refused is not asked again before: !symsrv close, then .reload /f.\n";
    assert!(said.ends_with(last), "{said}");
}

#[test]
fn an_interrupt_leaves_the_module_deferred_and_ends_the_line() {
    let mut world = world(Debugger::Cdb);
    world.fails(ONE, ErrorKind::Interrupted, "interrupted");
    let said = world.run("!lmi app1; .sympath");
    assert!(
        said.contains("app1                   The load was interrupted\n"),
        "{said}"
    );
    assert!(
        !said.contains("ERROR:") && !said.contains("Symbol search path"),
        "{said}"
    );
    assert!(world.run("lm m app1").contains("(deferred)"));
}

#[test]
fn an_image_with_exports_falls_back_on_them() {
    let mut world = World::new(Debugger::Cdb, "srv*", vec![exporting(ONE)]);
    let said = world.run("!sym noisy; .reload /f app1; lm");
    for expected in [
        "DBGHELP: app1 - export symbols\n*** ERROR: Symbol file could not be found.  Defaulted to export symbols for app1.dll -\n",
        "   app1       T (export symbols)       app1.dll\n",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let said = world.run("!lmi app1");
    assert!(
        said.contains("    Symbol Type: EXPORT   - PDB not found\n    Load Report: export symbols\n"),
        "{said}"
    );
    world.has(ONE, PrivateSymbols::Stripped);
    let said = world.run("ld app1");
    assert!(
        said.ends_with("*** WARNING: Unable to verify timestamp for app1.dll\nSymbols loaded for app1\n"),
        "{said}"
    );
}
