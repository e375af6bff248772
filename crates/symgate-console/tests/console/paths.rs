//! `.sympath`, `.symfix` and `!homedir` (SYMSRV §1.4, §1.7, §1.10, §6.3, §6.4).

use symgate_index::PrivateSymbols;
use symgate_policy::Debugger;
use symgate_tests::sample::Sample;

use super::{World, module};

/// The first transcript of SYMSRV §6.3, which ends before the table that newer debuggers print.
#[test]
fn symfix_says_nothing_and_sympath_shows_it() {
    let mut world = World::new(Debugger::Kd, "c:\\old", Vec::new());
    world.check(".symfix c:\\myCache", "");
    let said = world.run(".sympath");
    let (head, _) = said.split_once("\n\n").unwrap();
    assert_eq!(
        head,
        "Symbol search path is: srv*\n\
         Expanded Symbol search path is: cache*c:\\myCache;SRV*https://msdl.microsoft.com/download/symbols"
    );
}

/// The second one.
#[test]
fn symfix_plus_appends() {
    let mut world = World::new(Debugger::Kd, "c:\\someSymbols", Vec::new());
    world.check(".symfix+ c:\\myCache", "");
    let said = world.run(".sympath");
    let (head, _) = said.split_once("\n\n").unwrap();
    assert_eq!(
        head,
        "Symbol search path is: c:\\someSymbols;srv*\n\
         Expanded Symbol search path is: \
         c:\\somesymbols;cache*c:\\myCache;SRV*https://msdl.microsoft.com/download/symbols"
    );
    world.check(".symfix c:\\my cache", "");
    assert!(world.run(".sympath").contains("path is: cache*c:\\my cache;SRV*"));
    world.check(".symfix https://h", "ERROR: a URL is no directory\n");
}

#[test]
fn the_path_is_validated_where_it_is_shown_and_set() {
    let mut world = World::new(Debugger::Cdb, "", Vec::new());
    world.directories = vec!["/dir".into()];
    world.check(
        ".sympath srv*;/dir;/nonexistent;symsrv*x.dll*a",
        "\
WARNING: symbol path, byte 30: unsupported symbol server `x.dll`; the element is skipped
Symbol search path is: srv*;/dir;/nonexistent;symsrv*x.dll*a
Expanded Symbol search path is: cache*;SRV*https://msdl.microsoft.com/download/symbols;/dir;/nonexistent;symsrv*x.dll*a

************* Path validation summary **************
Response                         Time (ms)     Location
Deferred                                       srv*
OK                                             /dir
Error                                          /nonexistent
Error                                          symsrv*x.dll*a
",
    );
    world.check(
        ".sympath /dir",
        "\
Symbol search path is: /dir
Expanded Symbol search path is: /dir

************* Path validation summary **************
Response                         Time (ms)     Location
OK                                             /dir
",
    );
    let said = world.run(".SymPath+ cache*;srv*https://h/s ");
    assert!(
        said.starts_with("Symbol search path is: /dir;cache*;srv*https://h/s\n"),
        "{said}"
    );
    assert!(
        said.ends_with("Deferred                                       srv*https://h/s\n"),
        "{said}"
    );
    assert_eq!(said, world.run(".sympath"));
}

#[test]
fn an_empty_path_is_shown_as_empty() {
    let mut world = World::new(Debugger::Cdb, "", Vec::new());
    world.check(
        ".sympath",
        "Symbol search path is: <empty>\nExpanded Symbol search path is: <empty>\n",
    );
}

#[test]
fn noisy_mode_tells_the_expanded_path() {
    let mut world = World::new(Debugger::Cdb, "", Vec::new());
    world.run("!sym noisy");
    world.check(
        ".symfix",
        "DBGHELP: Symbol Search Path: cache*;SRV*https://msdl.microsoft.com/download/symbols\n",
    );
    let said = world.run(".sympath srv*D:\\dust");
    assert!(
        said.starts_with("DBGHELP: Symbol Search Path: srv*d:\\dust\nSymbol search path is: "),
        "{said}"
    );
}

#[test]
fn passwords_of_urls_are_not_shown() {
    let mut world = World::new(Debugger::Cdb, "", Vec::new());
    let said = world.run("!sym noisy;.sympath srv*https://user:hunter2@h/s");
    assert!(!said.contains("hunter2") && said.contains("srv*https://h/s"), "{said}");
}

#[test]
fn a_path_that_cannot_be_adopted_changes_nothing() {
    let mut world = World::new(Debugger::Cdb, "/a", Vec::new());
    world.adoption = Err("no connection can be made".into());
    world.check(".sympath srv*https://h/s", "ERROR: no connection can be made\n");
    assert!(world.run(".sympath").starts_with("Symbol search path is: /a\n"));
    world.check("!homedir /new", "ERROR: no connection can be made\n");
    world.check("!homedir", "Home directory: /home/dbg\n");
    world.adoption = Ok(vec!["`C:\\a` is a Windows path".into()]);
    let said = world.run(".sympath C:\\a");
    assert!(
        said.starts_with("WARNING: `C:\\a` is a Windows path\nSymbol search path is: "),
        "{said}"
    );
}

#[test]
fn the_home_directory_holds_the_default_store() {
    let mut world = World::new(Debugger::Cdb, "srv*", Vec::new());
    world.check("!homedir", "Home directory: /home/dbg\n");
    world.check("!homedir \"/new home\"", "Home directory: /new home\n");
    assert_eq!(world.adopted, ["srv* Open /new home/sym"]);
    world.check("!homedir", "Home directory: /new home\n");
    world.check("!homedir  /other home ", "Home directory: /other home\n");
}

/// SYMSRV §1.7.
#[test]
fn another_path_unloads_what_it_does_not_name_and_loads_nothing() {
    let (here, gone, failed) = (Sample(1), Sample(2), Sample(3));
    let mut world = World::new(
        Debugger::Cdb,
        "/a;srv*https://h/s",
        vec![module(here), module(gone), module(failed)],
    );
    for (sample, source) in [(here, "https://h/s"), (gone, "/a")] {
        world.has(sample, PrivateSymbols::Stripped);
        if let Some(Ok(symbols)) = world.files.get_mut(&sample.name()) {
            symbols.source = source.to_owned();
        }
    }
    world.run(".reload /f");
    let states = |world: &mut World| -> Vec<String> {
        let list = world.run("lm");
        let state = |line: &str| {
            line.split_once('(')
                .map(|(_, state)| state.split(')').next().unwrap().to_owned())
        };
        list.lines().filter_map(state).collect()
    };
    assert_eq!(states(&mut world), ["pdb symbols", "pdb symbols", "no symbols"]);
    world.run(".sympath /b;srv*https://h/s");
    assert_eq!(world.loads, []);
    assert_eq!(states(&mut world), ["pdb symbols", "deferred", "deferred"]);
}
