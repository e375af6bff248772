//! The transcript of SYMSRV §11.5, and the scenarios of §3.5 as far as the console has a part in them.

use symgate::ErrorKind;
use symgate_index::PrivateSymbols;
use symgate_policy::{Debugger, Effect, Prompts, SymbolOptions};
use symgate_tests::sample::Sample;

use super::{World, module};

const ONE: Sample = Sample(1);
const LATCHED: &str = "store `https://h/s` is not contacted any more: refused automatically";

#[test]
fn a_refused_proxy_is_asked_again_after_the_client_was_closed() {
    let mut world = World::new(Debugger::Cdb, "srv*https://h/s", vec![module(ONE)]);
    world.check(
        "!sym",
        "!sym <noisy/quiet - prompts/prompts off> - quiet mode - symbol prompts off\n",
    );
    world.fails(ONE, ErrorKind::Refused, "proxy `p:3128` asked for a password");
    let said = world.run(".reload /f app1.dll");
    assert_eq!(world.effects, [Effect::Decide(Prompts::Off)]);
    assert!(said.contains("\t\t\t\tproxy `p:3128` asked for a password\n"), "{said}");

    world.check("!sym prompts", "quiet mode - symbol prompts on\n");
    assert_eq!(world.effects, []);
    world.fails(ONE, ErrorKind::Refused, LATCHED);
    let said = world.run(".reload /f app1.dll");
    assert_eq!(
        world.effects,
        [Effect::Decide(Prompts::On)],
        "in force, and nothing opened"
    );
    assert!(said.contains(LATCHED), "{said}");

    world.check("!symsrv close", "Symbol server client closed.\n");
    assert_eq!(world.effects, [Effect::Close]);
    world.has(ONE, PrivateSymbols::Stripped);
    world.check(
        ".reload /f app1.dll",
        "*** WARNING: Unable to verify checksum for app1.dll\n",
    );
    assert!(world.run("lm").contains("C (pdb symbols)"));
}

/// Scenario 3 of SYMSRV §3.5.
#[test]
fn a_lazy_load_keeps_the_setting_of_the_last_reload() {
    let mut world = World::new(Debugger::WinDbg, "srv*https://h/s", vec![module(ONE)]);
    world.run("!sym prompts off");
    world.run("!lmi app1");
    assert_eq!((world.effects.as_slice(), world.loads.len()), (&[][..], 1));
    let debugging = world.console.debugging();
    assert_eq!((debugging.policy(), debugging.effective()), (Prompts::Off, Prompts::On));
}

/// Scenario 5.
#[test]
fn sflags_allow_prompts_from_the_start() {
    let world = World::with(Debugger::Cdb, SymbolOptions::new(0x30227), "srv*", Vec::new());
    assert_eq!(world.console.debugging().effective(), Prompts::On);
}
