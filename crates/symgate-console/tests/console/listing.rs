//! `lm`, `!lmi` and `!chksym` (SYMSRV §6.7).

use symgate::{ErrorKind, Fit};
use symgate_index::PrivateSymbols;
use symgate_policy::Debugger;
use symgate_tests::made::Width;
use symgate_tests::sample::Sample;

use super::{World, facts, module, module_of};

const ONE: Sample = Sample(1);
const TWO: Sample = Sample(2);
const PDB: &str = "/home/dbg/sym/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb";

fn world() -> World {
    let mut world = World::new(Debugger::Cdb, "srv*", vec![module(ONE), module(TWO)]);
    world.has(ONE, PrivateSymbols::Kept);
    world
}

#[test]
fn a_list_has_addresses_names_and_states() {
    let mut world = world();
    world.check(
        "lm",
        "\
start             end                 module name
00000001`80000000 00000001`80005000   app1       (deferred)
00000001`80010000 00000001`80015000   app2       (deferred)
",
    );
    world.run(".reload /f");
    world.check(
        "lm",
        &format!(
            "\
start             end                 module name
00000001`80000000 00000001`80005000   app1       C (private pdb symbols)  {PDB}
00000001`80010000 00000001`80015000   app2       C (no symbols)
"
        ),
    );
}

#[test]
fn addresses_are_short_as_long_as_no_module_is_long() {
    let mut world = World::new(
        Debugger::Cdb,
        "srv*",
        vec![module_of(ONE, Width::Pe32), module_of(TWO, Width::Pe32)],
    );
    world.check(
        "lm",
        "\
start    end        module name
10000000 10005000   app1       (deferred)
10010000 10015000   app2       (deferred)
",
    );
}

#[test]
fn options_choose_modules() {
    let mut world = world();
    world.run("ld *");
    for (line, expected) in [
        ("lm1m", "app1\napp2\n"),
        ("lm 1m m *2", "app2\n"),
        ("lm1m m APP#1", "app1\n"),
        ("lm1mmapp1", "app1\n"),
        ("lm1m M */bin/app2*", "app2\n"),
        ("lm1m l", "app1\n"),
        ("lm1m e", "app1\napp2\n"),
        ("lm1m a 180000010", "app1\n"),
        ("lm1m a 00000001`80014fff", "app2\n"),
        ("lm1m a 180015000", ""),
        ("lm1m u", "app1\napp2\n"),
        ("lm1m k", ""),
        ("lm1m sm o D", "app1\napp2\n"),
    ] {
        world.check(line, expected);
    }
    for line in ["lm m", "lm a", "lm a x", "lm z", "lm s", "lmsx", "lm m a b$"] {
        assert!(world.run(line).starts_with("Usage: lm"), "{line}");
    }
}

#[test]
fn names_sort_without_regard_to_addresses() {
    let mut world = World::new(Debugger::Cdb, "srv*", vec![module(TWO), module(ONE)]);
    world.check("lm1m", "app2\napp1\n");
    world.check("LMSM1M", "app1\napp2\n");
}

#[test]
fn columns_stand_in_place_of_the_state() {
    let mut world = world();
    let start = "start             end                 module name\n00000001`80000000 00000001`80005000   app1       ";
    for (line, expected) in [
        ("lmi m app1", "(deferred)             app1.dll"),
        ("lmn m app1", "app1.dll"),
        ("lmf m app1", "/bin/app1.dll"),
        ("lmp m app1", "/bin/app1.dll"),
        ("lmt m app1", "Tue Nov 14 22:13:20 2023 (6553F100)"),
        ("lmtn m app1", "app1.dll         Tue Nov 14 22:13:20 2023 (6553F100)"),
        ("lmc m app1", "(deferred)              checksum 00000000"),
    ] {
        world.check(line, &format!("{start}{expected}\n"));
    }
}

#[test]
fn verbose_lists_what_is_known() {
    let mut world = world();
    let details = "    Image path: /bin/app1.dll
    Image name: app1.dll
    Timestamp:        Tue Nov 14 22:13:20 2023 (6553F100)
    CheckSum:         00000000
    ImageSize:        00005000
";
    let head = "start             end                 module name\n00000001`80000000 00000001`80005000   app1       ";
    world.check("lmvm app1", &format!("{head}(deferred)\n{details}"));
    world.run("ld app1");
    let image = "    Loaded symbol image file: app1.dll\n";
    world.check(
        "lm v m app1",
        &format!("{head}C (private pdb symbols)  {PDB}\n{image}{details}"),
    );
}

#[test]
fn flags_tell_what_does_not_fit() {
    let mut world = world();
    if let Some(Ok(symbols)) = world.files.get_mut("app1.pdb") {
        symbols.fit = Fit::Mismatched;
    }
    world.fails(TWO, ErrorKind::Content, "another build");
    world.run(".reload /i");
    let list = world.run("lm");
    assert!(
        list.contains("   app1       C M (private pdb symbols)  /home"),
        "{list}"
    );
    assert!(list.contains("   app2       C # (no symbols)\n"), "{list}");
}

#[test]
fn lmi_loads_and_tells_what_the_image_says() {
    let mut world = world();
    let said = world.run("!lmi app1");
    let (head, tail) = said.split_once("Debug Data Dirs").unwrap();
    assert_eq!(
        head,
        "\
*** WARNING: Unable to verify checksum for app1.dll
Loaded Module Info: [app1]
         Module: app1
   Base Address: 0000000180000000
     Image Name: app1.dll
   Machine Type: 34404 (X64)
     Time Stamp: 6553f100 Tue Nov 14 22:13:20 2023
           Size: 5000
       CheckSum: 0
Characteristics: 2022
"
    );
    assert_eq!(
        tail,
        format!(
            ": Type  Size     VA  Pointer
             CODEVIEW    2a,   101c,     21c RSDS - GUID: {{497B72F6-390A-44FC-878E-5A2D63B6CC01}}
                     Age: 1, Pdb: d:\\build\\app1.pdb
    Symbol Type: PDB      - Symbols loaded successfully.
                 {PDB}
    Load Report: private symbols
"
        )
    );
    let said = world.run("!lmi 180010000");
    let end = "    Symbol Type: NONE     - PDB not found\n    Load Report: no symbols loaded\n                 nobody has it\n";
    assert!(said.ends_with(end), "{said}");
    world.check("!lmi nothing", "\"nothing\" was not found in the image list.\n");
}

#[test]
fn chksym_compares_with_what_is_loaded_or_named() {
    let mut world = world();
    world.run("ld *");
    let image = "
/bin/app1.dll
    Timestamp: 6553F100
  SizeOfImage: 5000
          pdb: d:\\build\\app1.pdb
      pdb sig: 497B72F6-390A-44FC-878E-5A2D63B6CC01
          age: 1

";
    let pdb = |name: &str, age: u32| {
        format!("\n{name}\n      pdb sig: 497B72F6-390A-44FC-878E-5A2D63B6CC01\n          age: {age}\n\n")
    };
    world.check(
        "!chksym app1",
        &format!(
            "{image}Loaded pdb is {PDB}\n{}MATCH: app1.pdb and /bin/app1.dll\n",
            pdb("app1.pdb", 1)
        ),
    );
    world.pdb = Ok(symgate_console::PdbFacts { age: 2, ..facts(ONE) });
    world.check(
        "!chksym app1 /tmp/other.pdb",
        &format!("{image}{}MISMATCH: other.pdb and /bin/app1.dll\n", pdb("other.pdb", 2)),
    );
    world.pdb = Err("`/tmp/other.pdb` is no PDB".into());
    world.check(
        "!chksym app1 /tmp/other.pdb",
        &format!("{image}`/tmp/other.pdb` is no PDB\n"),
    );
    let said = world.run("!chksym app2");
    assert!(said.ends_with("\n\nNo symbols are loaded for app2.\n"), "{said}");
    let said = world.run("!chksym app*");
    assert_eq!(said.matches("SizeOfImage").count(), 2, "{said}");
}
