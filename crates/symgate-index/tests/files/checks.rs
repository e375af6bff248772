//! What may become visible in a store (DECISIONS §7 "Checks").

use std::io::Cursor;

use symgate_index::{CheckError, Found, Strictness, Warning, check};

use crate::made::{Pdb, Pe, Record};
use crate::{GUID, GUID_TEXT, id, patch};

#[test]
fn accepts_what_was_asked_for() {
    let image = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]).build();
    let pdb = Pdb::new(GUID, 0x1f).build();
    let upper = format!("{GUID_TEXT}1F");
    let lower = upper.to_ascii_lowercase();
    let cabinet = b"MSCF\0\0\0\0\x0e\0\0\0\0\0";
    let rows: &[(&str, &str, &[u8])] = &[
        ("a.exe", "6553F1005000", &image),
        ("A.DLL", "6553f1005000", &image),
        ("a.sys", "6553F10000005000", &image),
        ("pty.node", "6553F1005000", &image),
        ("a.efi", "anything", &image),
        ("a.pdb", &upper, &pdb),
        ("A.Pdb", &lower, &pdb),
        ("a.pdb", "anything", &pdb),
        ("a.pd_", &upper, cabinet),
        ("a.pd_", &upper, b"SZDD\x88\xf0\x27\x33A\0rest"),
        ("noex_", "x", cabinet),
        (
            "a.so",
            "elf-buildid-180a373d6afbabf0eb1f09be1bc45bd796a71085",
            b"\x7fELF",
        ),
        (
            "pty.node",
            "mach-uuid-497b72f6390a44fc878e5a2d63b6cc4b",
            b"\xcf\xfa\xed\xfe",
        ),
        ("a.c", "sha1-497b72f6390a44fc878e5a2d63b6cc4b0c2d9984", b"int main;"),
        (
            "a.html",
            "sha1-497b72f6390a44fc878e5a2d63b6cc4b0c2d9984",
            b"<!doctype html>",
        ),
    ];
    for (name, key, content) in rows {
        for strictness in [Strictness::Lenient, Strictness::Strict] {
            let warnings = checked(name, key, content, strictness);
            assert_eq!(warnings.map_err(|error| error.to_string()), Ok(vec![]), "{name}/{key}");
        }
    }
}

#[test]
fn refuses_what_was_not_asked_for() {
    let image = Pe::new(vec![]).build();
    let pdb = Pdb::new(GUID, 1).build();
    let other = Pdb::new([0xab; 16], 1).build();
    let cut = &pdb[..pdb.len() - 512];
    let page = b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><html><head><title>Log\x1b[31m in\n</title>";
    let key = &format!("{GUID_TEXT}1");
    let pe = "6553F1005000";
    let a_pe = "a PE image with timestamp `6553F100` and size `5000`";
    let a_pdb = &format!("a PDB with GUID `{GUID_TEXT}` and age 1");
    let html = "an HTML page (title `Log[31m in`)";
    let rows: &[(&str, &str, &[u8], &str, &str)] = &[
        ("a.pdb", key, b"", a_pdb, "0 bytes"),
        ("a.dll", pe, b"", a_pe, "0 bytes"),
        ("a.pd_", key, b"", "a cabinet or SZDD file", "0 bytes"),
        ("a.bin", "x", b"", "a symbol file", "0 bytes"),
        ("a.html", "x", b"", "a symbol file", "0 bytes"),
        ("a.pdb", key, page, a_pdb, html),
        ("a.dll", pe, page, a_pe, html),
        ("a.pd_", key, page, "a cabinet or SZDD file", html),
        ("a.bin", "x", page, "a symbol file", html),
        ("a.bin", "x", b"<script>", "a symbol file", "an HTML page without title"),
        ("a.pdb", key, &image, a_pdb, "a PE image"),
        ("a.dll", pe, &pdb, a_pe, "a PDB"),
        ("a.node", "x", b"\x7fELF", "a PE image", "a file of another kind"),
        (
            "a.dll",
            "6553F1015000",
            &image,
            "a PE image with timestamp `6553F101` and size `5000`",
            a_pe,
        ),
        (
            "a.dll",
            "6553F1005001",
            &image,
            "a PE image with timestamp `6553F100` and size `5001`",
            a_pe,
        ),
        (
            "a.dll",
            pe,
            b"MZ",
            a_pe,
            "a broken PE image: it ends inside its headers",
        ),
        (
            "a.pdb",
            key,
            &other,
            a_pdb,
            "a PDB with GUID `ABABABABABABABABABABABABABABABAB` and age 1",
        ),
        (
            "a.pdb",
            key,
            cut,
            a_pdb,
            "a broken PDB: it has 3072 bytes, its pages make 3584",
        ),
        (
            "a.pdb",
            "x",
            cut,
            "a PDB",
            "a broken PDB: it has 3072 bytes, its pages make 3584",
        ),
        ("a.pdb", key, b"not found", a_pdb, "a file of another kind"),
        ("a.pdb", key, b"MSCF", a_pdb, "a compressed file"),
        ("a.pdb", key, OLD, a_pdb, "a PDB 2.0"),
        ("a.pdb", "37a8f40e2", &pdb, "a PDB 2.0", a_pdb),
        ("a.pdb", "37a8f40e2", b"BSJB", "a PDB 2.0", "a portable PDB"),
        (
            "a.pdb",
            &format!("{GUID_TEXT}FFFFFFFF"),
            &pdb,
            &format!("a portable PDB with GUID `{GUID_TEXT}`"),
            a_pdb,
        ),
        ("a.pd_", key, &pdb, "a cabinet or SZDD file", "a PDB"),
        (
            "a.pd_",
            key,
            b"MSCF",
            "a cabinet or SZDD file",
            "a cabinet that ends early",
        ),
        (
            "a.pd_",
            key,
            b"MSCF\0\0\0\0\x0d\0\0\0",
            "a cabinet or SZDD file",
            "a cabinet that ends early",
        ),
        (
            "a.pd_",
            key,
            b"SZDDxxxx",
            "a cabinet or SZDD file",
            "a file of another kind",
        ),
    ];
    for (name, key, content, expected, found) in rows {
        for strictness in [Strictness::Lenient, Strictness::Strict] {
            let error = checked(name, key, content, strictness).unwrap_err();
            let line = format!("expected {expected}, found {found}");
            assert_eq!(error.to_string(), line, "{name}/{key}");
            assert!(matches!(error, CheckError::Mismatch(_)), "{name}/{key}");
        }
    }
}

#[test]
fn warns_of_another_age_and_refuses_it_when_strict() {
    let pdb = Pdb {
        info_age: 42,
        dbi_age: Some(10),
        ..Pdb::new(GUID, 1)
    }
    .build();
    let key = format!("{GUID_TEXT}2");
    let warnings = checked("a.pdb", &key, &pdb, Strictness::Lenient).unwrap();
    assert_eq!(warnings, [Warning::Age { expected: 2, found: 10 }]);
    assert_eq!(warnings[0].to_string(), "the PDB has age 10, the key says 2");
    let error = checked("a.pdb", &key, &pdb, Strictness::Strict).unwrap_err();
    let CheckError::Mismatch(mismatch) = error else {
        panic!("{error}")
    };
    assert!(matches!(mismatch.found, Found::PdbOf { age: 10, .. }), "{mismatch}");
}

#[test]
fn says_when_a_format_is_not_compared() {
    for (key, content, line) in [
        ("anything", OLD, "a PDB 2.0 is not compared with its key"),
        ("37a8f40e2", OLD, "a PDB 2.0 is not compared with its key"),
        (
            "497B72F6390A44FC878E5A2D63B6CC4B1",
            b"BSJB",
            "a portable PDB is not compared with its key",
        ),
        (
            "497B72F6390A44FC878E5A2D63B6CC4BFFFFFFFF",
            b"BSJB",
            "a portable PDB is not compared with its key",
        ),
    ] {
        let warnings = checked("a.pdb", key, content, Strictness::Strict).unwrap();
        let lines: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(lines, [line], "{key}");
    }
}

#[test]
fn believes_only_keys_of_a_known_shape() {
    let image = Pe::new(vec![]).build();
    // A sign, a letter too many, nine digits of size, GUID keys: nothing that could be compared.
    for key in [
        "+553F1005000",
        "6553F10g5000",
        "6553F100",
        "6553F100123456789",
        GUID_TEXT,
    ] {
        let warnings = checked("a.dll", key, &image, Strictness::Strict).unwrap();
        assert_eq!(warnings, [], "{key}");
    }
    let pdb = Pdb::new(GUID, 1).build();
    let long = format!("{GUID_TEXT}123456789");
    let sign = format!("{GUID_TEXT}+1");
    for key in [GUID_TEXT, &long, &sign, "6553F1001234567890"] {
        let warnings = checked("a.pdb", key, &pdb, Strictness::Strict).unwrap();
        assert_eq!(warnings, [], "{key}");
    }
}

#[test]
fn accepts_a_pdb_of_the_last_age_under_its_own_key() {
    let made = Pdb::new(GUID, u32::MAX);
    assert_eq!(made.key(), format!("{GUID_TEXT}ffffffff"));
    let warnings = checked("a.pdb", &made.key(), &made.build(), Strictness::Strict).unwrap();
    assert_eq!(warnings, []);
}

#[test]
fn checks_an_image_whose_debug_directory_is_damaged() {
    let made = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]);
    let mut image = made.build();
    patch(&mut image, made.debug_entry(), u32::MAX);
    let warnings = checked("a.dll", &made.key(), &image, Strictness::Strict).unwrap();
    assert_eq!(warnings, []);
}

#[test]
fn finds_content_shorter_than_its_length() {
    let pdb = Pdb::new(GUID, 1).build();
    let wanted = id("a.pdb", &format!("{GUID_TEXT}1"));
    let cut = Cursor::new(&pdb[..1024]);
    let error = check(&wanted, cut, 3584, Strictness::Lenient).unwrap_err();
    let line =
        format!("expected a PDB with GUID `{GUID_TEXT}` and age 1, found a broken PDB: it ends inside its headers");
    assert_eq!(error.to_string(), line);
}

fn checked(name: &str, key: &str, content: &[u8], strictness: Strictness) -> Result<Vec<Warning>, CheckError> {
    let length = content.len() as u64;
    check(&id(name, key), Cursor::new(content), length, strictness)
}

const OLD: &[u8] = b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0 and so on";
