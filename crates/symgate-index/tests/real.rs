//! Real images and PDBs from their makers' packages, against keys that another author's reader printed.
//!
//! The files are not in this repository: `cargo xtask fixtures` puts them into `tests/fixtures/real` of the
//! workspace, and `SYMGATE_FIXTURES` names another directory. They may lie in subdirectories. Under `CI=true` a
//! missing one of those is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers fail and speak like the test"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

#[path = "files/others.rs"]
mod others;

use symgate_index::{Description, Format, PrivateSymbols, Strictness, check, describe, identify};

#[test]
fn real_files_have_the_keys_of_their_makers() {
    let Some(root) = root() else { return };
    let files = files(&root);
    let mut missing = Vec::new();
    for &(name, bytes, key, wanted) in FETCHED.iter().chain(FURTHER) {
        let Some(path) = files.get(&(name.to_owned(), bytes)) else {
            if FETCHED.iter().any(|row| row.0 == name) {
                missing.push(name);
            }
            continue;
        };
        let identity = identify(File::open(path).unwrap(), name).expect(name);
        assert_eq!(identity.id.name.to_string(), name);
        assert_eq!(identity.id.key.to_string(), key, "{name}");
        let wants: Vec<_> = identity.wants.iter().map(ToString::to_string).collect();
        match wanted {
            Some(wanted) => assert_eq!(wants, [wanted], "{name}"),
            None => assert_eq!((identity.format, wants.len()), (Format::Pdb, 0), "{name}"),
        }
        let content = File::open(path).unwrap();
        let warnings = check(&identity.id, content, bytes, Strictness::Strict).expect(name);
        assert_eq!(warnings, [], "{name}");
        others::agree(&fs::read(path).unwrap(), name);
        if let Description::Pdb(pdb) = describe(File::open(path).unwrap()).expect(name) {
            // Nobody has taken them out of what a package of development files brings.
            assert_eq!(pdb.private, PrivateSymbols::Kept, "{name}");
        }
    }
    assert!(
        missing.is_empty() || !in_ci(),
        "missing under {}: {missing:?}",
        root.display()
    );
    if !missing.is_empty() {
        println!("skipped, not under {}: {missing:?}", root.display());
    }
}

#[test]
fn a_real_pdb_is_refused_under_the_key_of_another() {
    let Some(root) = root() else { return };
    let files = files(&root);
    let pdbs = FETCHED.iter().chain(FURTHER).filter(|row| row.3.is_none());
    for (&(name, bytes, ..), &(other, _, key, _)) in pdbs.clone().zip(pdbs.skip(1)) {
        let Some(path) = files.get(&(name.to_owned(), bytes)) else {
            continue;
        };
        let mut wanted = identify(File::open(path).unwrap(), name).expect(name).id;
        wanted.key = symgate_path::Key::new(key).unwrap();
        let content = File::open(path).unwrap();
        let error = check(&wanted, content, bytes, Strictness::Lenient).expect_err(name);
        assert!(
            error.to_string().contains(", found a PDB with GUID"),
            "{name} as {other}: {error}"
        );
    }
}

/// The directory of real files; `None`, with a word on why, where none is expected.
fn root() -> Option<PathBuf> {
    let root = env::var_os("SYMGATE_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/real"),
        PathBuf::from,
    );
    if root.is_dir() {
        return Some(root);
    }
    assert!(
        !in_ci(),
        "no real files under {}: run `cargo xtask fixtures`",
        root.display()
    );
    println!(
        "skipped: no real files under {}; `cargo xtask fixtures` brings them",
        root.display()
    );
    None
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

/// Every file below `root` by name and size: packages for several machines use the same names.
fn files(root: &Path) -> BTreeMap<(String, u64), PathBuf> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(dir) = pending.pop() {
        let entries: io::Result<Vec<_>> = fs::read_dir(&dir).unwrap().collect();
        for entry in entries.unwrap() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                found.insert((name, entry.metadata().unwrap().len()), entry.path());
            }
        }
    }
    found
}

/// Name, bytes, key; for images, name and key of the PDB.
type Row = (&'static str, u64, &'static str, Option<&'static str>);

/// debugpy 1.8.22 (MIT), x64 and x86: what `cargo xtask fixtures` brings.
const FETCHED: &[Row] = &[
    (
        "attach_amd64.dll",
        45_944,
        "6AA9A872c000",
        Some("attach_amd64.pdb/446150EEE021480999C4BCE7828E15281"),
    ),
    ("attach_amd64.pdb", 1_003_520, "446150EEE021480999C4BCE7828E15281", None),
    (
        "attach_x86.dll",
        41_296,
        "6AA9A85Ab000",
        Some("attach_x86.pdb/7C2DC359EBFE45DD858242E8FE7A47221"),
    ),
    ("attach_x86.pdb", 1_036_288, "7C2DC359EBFE45DD858242E8FE7A47221", None),
    (
        "inject_dll_amd64.exe",
        276_344,
        "6AA9A87F47000",
        Some("inject_dll_amd64.pdb/64A5656EDA0E4DDC95E476F6BD503F5D1"),
    ),
    (
        "inject_dll_amd64.pdb",
        5_779_456,
        "64A5656EDA0E4DDC95E476F6BD503F5D1",
        None,
    ),
    (
        "inject_dll_x86.exe",
        220_024,
        "6AA9A86837000",
        Some("inject_dll_x86.pdb/0F37A5A043A04EDCBC082B37243459301"),
    ),
    (
        "inject_dll_x86.pdb",
        5_902_336,
        "0F37A5A043A04EDCBC082B37243459301",
        None,
    ),
    (
        "run_code_on_dllmain_amd64.dll",
        28_024,
        "6AA9A8738000",
        Some("run_code_on_dllmain_amd64.pdb/426541D845BF499D99B49655E343F8471"),
    ),
    (
        "run_code_on_dllmain_amd64.pdb",
        798_720,
        "426541D845BF499D99B49655E343F8471",
        None,
    ),
    (
        "run_code_on_dllmain_x86.dll",
        24_400,
        "6AA9A85B7000",
        Some("run_code_on_dllmain_x86.pdb/EE1446AFE80E43AA8DA5373EFAB7A50E1"),
    ),
    (
        "run_code_on_dllmain_x86.pdb",
        798_720,
        "EE1446AFE80E43AA8DA5373EFAB7A50E1",
        None,
    ),
];

/// Compared where somebody has put them: symbolic-testutils 5.7.8 (MIT), x86; node-pty 1.1.0 (MIT), x64 and ARM64.
const FURTHER: &[Row] = &[
    (
        "crash.exe",
        19_968,
        "5AB380779000",
        Some("crash.pdb/3249D99D0C4049318610F4E4FB0B69361"),
    ),
    ("crash.pdb", 1_019_904, "3249D99D0C4049318610F4E4FB0B69361", None),
    (
        "conpty.node",
        302_592,
        "69485D4250000",
        Some("conpty.pdb/1FFF1E0C2ECE4BC39A99EB5AB9F3309B1"),
    ),
    ("conpty.pdb", 6_066_176, "1FFF1E0C2ECE4BC39A99EB5AB9F3309B1", None),
    (
        "conpty_console_list.node",
        122_368,
        "69485D4D24000",
        Some("conpty_console_list.pdb/EB2D46A0FC4141EC9A1A3DE22887D4CC1"),
    ),
    (
        "conpty_console_list.pdb",
        4_231_168,
        "EB2D46A0FC4141EC9A1A3DE22887D4CC1",
        None,
    ),
    (
        "pty.node",
        293_376,
        "69485E414f000",
        Some("pty.pdb/8E255D9C08AF4AADA9348A177E3B3CB01"),
    ),
    ("pty.pdb", 5_902_336, "8E255D9C08AF4AADA9348A177E3B3CB01", None),
    (
        "winpty-agent.exe",
        286_720,
        "69485DE84c000",
        Some("winpty-agent.pdb/760ACB5DDB204B1B8C5ECC079E6C88531"),
    ),
    ("winpty-agent.pdb", 5_648_384, "760ACB5DDB204B1B8C5ECC079E6C88531", None),
    (
        "winpty.dll",
        236_032,
        "69485E2C3f000",
        Some("winpty.pdb/BC0FB3452A554A7198A35B51854F54DA1"),
    ),
    ("winpty.pdb", 4_952_064, "BC0FB3452A554A7198A35B51854F54DA1", None),
    (
        "conpty.node",
        312_320,
        "69485D9C53000",
        Some("conpty.pdb/FB9FB7D58AE247B9988973DAF157F7AB1"),
    ),
    ("conpty.pdb", 6_467_584, "FB9FB7D58AE247B9988973DAF157F7AB1", None),
    (
        "conpty_console_list.node",
        134_656,
        "69485DA728000",
        Some("conpty_console_list.pdb/491DA6CC4CC3403194C24DFDF69E31A51"),
    ),
    (
        "conpty_console_list.pdb",
        4_313_088,
        "491DA6CC4CC3403194C24DFDF69E31A51",
        None,
    ),
    (
        "pty.node",
        303_104,
        "69485EA151000",
        Some("pty.pdb/94AD5C4B9A1E4420AB047F672A23E48A1"),
    ),
    ("pty.pdb", 6_279_168, "94AD5C4B9A1E4420AB047F672A23E48A1", None),
    (
        "winpty-agent.exe",
        307_712,
        "69485E4751000",
        Some("winpty-agent.pdb/3DE8368D531A454185A544D4A7DA394D1"),
    ),
    ("winpty-agent.pdb", 6_090_752, "3DE8368D531A454185A544D4A7DA394D1", None),
    (
        "winpty.dll",
        256_000,
        "69485E8C45000",
        Some("winpty.pdb/3198517245D844EDB92B943840F8C3D81"),
    ),
    ("winpty.pdb", 5_369_856, "3198517245D844EDB92B943840F8C3D81", None),
];
