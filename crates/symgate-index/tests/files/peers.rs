//! Other authors read what we make, and make what we read: `object`, `pdb2`, and clang with lld-link and llvm-pdbutil
//! where they are present.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};

use object::pe::{ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::{LittleEndian, Object};
use symgate_index::{PrivateSymbols, Strictness, check};

use crate::made::{Pdb, Pe, Record, Width};
use crate::{GUID, GUID_TEXT, id, identified, others, patch, pdb, texts};

#[test]
fn made_images_are_read_by_object() {
    for width in [Width::Pe32, Width::Pe32Plus] {
        let records = vec![Record::rsds(GUID, 31, "d:\\build\\a.pdb")];
        let bytes = Pe {
            width,
            ..Pe::new(records)
        }
        .build();
        let read = match width {
            Width::Pe32 => by_object::<ImageNtHeaders32>(&bytes),
            Width::Pe32Plus => by_object::<ImageNtHeaders64>(&bytes),
        };
        // The order in files: three integers turned round.
        let guid = *b"\xF6\x72\x7B\x49\x0A\x39\xFC\x44\x87\x8E\x5A\x2D\x63\xB6\xCC\x4B";
        let path = b"d:\\build\\a.pdb".to_vec();
        assert_eq!(read, (0x6553_f100, 0x5000, guid, 31, path), "{width:?}");
    }
}

#[test]
fn made_files_are_described_by_others_as_by_us() {
    let second = Record::rsds([7; 16], 9, "second.pdb");
    for width in [Width::Pe32, Width::Pe32Plus] {
        for records in [vec![], vec![Record::rsds(GUID, 31, "d:\\build\\a.pdb"), second.clone()]] {
            let made = Pe {
                width,
                ..Pe::new(records)
            };
            let mut bytes = made.build();
            // The checksum.
            patch(&mut bytes, Pe::NT_HEADERS + 24 + 64, 0x0001_f2a3);
            others::agree(&bytes, &format!("{made:?}"));
        }
    }
    for dbi_age in [Some(10), None] {
        let made = Pdb {
            info_age: 42,
            dbi_age,
            padded_to: 4096,
            ..Pdb::new(GUID, 1)
        };
        others::agree(&made.build(), &format!("{made:?}"));
    }
}

/// Timestamp, size; GUID, age and path of the PDB.
fn by_object<H: ImageNtHeaders>(bytes: &[u8]) -> (u32, u32, [u8; 16], u32, Vec<u8>) {
    let file: PeFile<'_, H> = PeFile::parse(bytes).unwrap();
    let headers = file.nt_headers();
    let debug = file.pdb_info().unwrap().unwrap();
    (
        headers.file_header().time_date_stamp.get(LittleEndian),
        headers.optional_header().size_of_image(),
        debug.guid(),
        debug.age(),
        debug.path().to_vec(),
    )
}

#[test]
fn made_pdbs_are_read_by_pdb2_as_by_us() {
    // The peer opens no file of less than 4096 bytes.
    for (page_size, padded_to) in [(512, 4096), (4096, 0), (4096, 100_000), (512, 1 << 20)] {
        for dbi_age in [Some(10), None] {
            let made = Pdb {
                guid: GUID,
                info_age: 42,
                dbi_age,
                page_size,
                padded_to,
            };
            let bytes = made.build();
            assert!(bytes.len() >= padded_to, "{made:?}");
            let mut peer = pdb2::PDB::open(Cursor::new(&bytes)).unwrap();
            let info = peer.pdb_information().unwrap();
            assert_eq!(info.guid.simple().to_string().to_uppercase(), GUID_TEXT, "{made:?}");
            assert_eq!(info.age, 42, "{made:?}");
            assert!(info.stream_names().unwrap().iter().next().is_none(), "{made:?}");
            let age = peer.debug_information().ok().and_then(|dbi| dbi.age());
            assert_eq!(age, dbi_age, "{made:?}");
            let ours = identified(&bytes, "a.pdb").unwrap();
            let key = format!("{GUID_TEXT}{:x}", age.unwrap_or(info.age));
            assert_eq!(ours.id, id("a.pdb", &key), "{made:?}");
            assert_eq!(made.key(), key, "{made:?}");
        }
    }
}

/// The directory of a very large PDB needs more page numbers than one map page holds.
#[test]
fn a_directory_with_two_map_pages_is_read_by_pdb2_as_by_us() {
    let made = Pdb {
        info_age: 42,
        padded_to: 200_000,
        ..Pdb::new(GUID, 10)
    };
    let mut bytes = made.build();
    // Stream 0 takes 20000 pages, all of them page 9; then come the pages of the info stream and the DBI stream.
    let mut directory = vec![4, 20_000 * 512, 48, 0, 68];
    directory.extend([9; 20_000]);
    directory.extend([Pdb::INFO_PAGE, Pdb::DBI_PAGE]);
    let size = directory.len() * 4;
    let pages = u32::try_from(size.div_ceil(512)).unwrap();
    patch(&mut bytes, 44, u32::try_from(size).unwrap());
    // Map pages 7 and 8 list the directory's pages from 10 on, the last one first.
    patch(&mut bytes, 52, 7);
    patch(&mut bytes, 56, 8);
    for (index, page) in (10..10 + pages).rev().enumerate() {
        patch(&mut bytes, 7 * 512 + index * 4, page);
        for (word, at) in directory.iter().skip(index * 128).zip(0..128) {
            patch(&mut bytes, page as usize * 512 + at * 4, *word);
        }
    }
    let mut peer = pdb2::PDB::open(Cursor::new(&bytes)).unwrap();
    let guid = peer.pdb_information().unwrap().guid.simple().to_string();
    assert_eq!(guid.to_uppercase(), GUID_TEXT);
    assert_eq!(peer.debug_information().unwrap().age(), Some(10));
    let ours = identified(&bytes, "a.pdb").unwrap();
    assert_eq!(ours.id, id("a.pdb", &made.key()));
}

#[test]
fn a_made_pair_belongs_together() {
    let (image, pdb) = crate::made::pair("hello", GUID, 3);
    let wanted = identified(&image, "hello.exe").unwrap().wants;
    assert_eq!(wanted, [identified(&pdb, "hello.pdb").unwrap().id]);
}

/// Compiles a program for Windows and compares both files with what the linker was told.
#[test]
fn a_pair_of_lld_belongs_together() {
    let Some((clang, linker)) = tools() else {
        println!("skipped: clang and lld-link are not installed");
        return;
    };
    for target in ["x86_64", "i686", "aarch64"] {
        let dir = tempfile::tempdir().unwrap();
        let (image, pdb) = link(dir.path(), &clang, &linker, target);
        let program = identified(&image, "hello.exe").unwrap();
        // The key's first half is the time stamp that the linker was given: 1700000000.
        assert!(program.id.key.to_string().starts_with("6553F100"), "{target}");
        let symbols = identified(&pdb, "hello.pdb").unwrap().id;
        assert_eq!(texts(&program.wants), texts(std::slice::from_ref(&symbols)), "{target}");
        for (wanted, bytes) in [(&program.id, &image), (&symbols, &pdb)] {
            let length = bytes.len() as u64;
            let warnings = check(wanted, Cursor::new(bytes), length, Strictness::Strict);
            assert_eq!(warnings.unwrap(), [], "{target}");
        }
        let mut peer = pdb2::PDB::open(Cursor::new(&pdb)).unwrap();
        let guid = peer.pdb_information().unwrap().guid.simple().to_string();
        let age = peer.debug_information().unwrap().age().unwrap();
        let key = format!("{}{age:x}", guid.to_uppercase());
        assert_eq!(symbols, id("hello.pdb", &key), "{target}");
        others::agree(&image, target);
        others::agree(&pdb, target);
    }
}

/// LLVM's reader says which flag it is: lld writes none, and it is set by hand.
#[test]
fn llvm_sees_stripped_symbols_where_we_do() {
    let (Some((clang, linker)), Some(reader)) = (tools(), first("llvm-pdbutil")) else {
        println!("skipped: clang, lld-link and llvm-pdbutil are not installed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (_, linked) = link(dir.path(), &clang, &linker, "x86_64");
    // The DBI stream begins a page, with its signature and version.
    let begin = [u32::MAX.to_le_bytes(), 19_990_903u32.to_le_bytes()].concat();
    let dbi = (0..linked.len())
        .step_by(4096)
        .find(|at| linked[*at..].starts_with(&begin));
    let flags = dbi.unwrap() + 56;
    for (flag, line, private) in [
        (0, "Is stripped: false", PrivateSymbols::Kept),
        (1, "Is stripped: false", PrivateSymbols::Kept),
        (2, "Is stripped: true", PrivateSymbols::Stripped),
        (4, "Is stripped: false", PrivateSymbols::Kept),
    ] {
        let mut bytes = linked.clone();
        bytes[flags] = flag;
        fs::write(dir.path().join("flagged.pdb"), &bytes).unwrap();
        let mut command = Command::new(&reader);
        let output = command
            .args(["dump", "-summary", "flagged.pdb"])
            .current_dir(dir.path())
            .output();
        let said = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(said.lines().any(|said| said.trim() == line), "flag {flag}: {said}");
        assert_eq!(pdb(&bytes).private, private, "flag {flag}");
    }
}

fn link(dir: &Path, clang: &str, linker: &str, target: &str) -> (Vec<u8>, Vec<u8>) {
    fs::write(dir.join("hello.c"), "int mainCRTStartup(void) { return 0; }\n").unwrap();
    let triple = format!("--target={target}-pc-windows-msvc");
    run(
        Command::new(clang)
            .args([&triple, "-g", "-gcodeview", "-c", "hello.c"])
            .args(["-o", "hello.obj"]),
        dir,
    );
    let options = "/nologo /debug /nodefaultlib /subsystem:console /entry:mainCRTStartup /timestamp:1700000000 \
         /out:hello.exe /pdb:hello.pdb /pdbaltpath:hello.pdb hello.obj";
    run(Command::new(linker).args(options.split_ascii_whitespace()), dir);
    let read = |name| fs::read(dir.join(name)).unwrap();
    (read("hello.exe"), read("hello.pdb"))
}

fn run(command: &mut Command, dir: &Path) {
    let output = command.current_dir(dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// The names of clang and lld-link, with or without the version that some systems add.
fn tools() -> Option<(String, String)> {
    Some((first("clang")?, first("lld-link")?))
}

fn first(name: &str) -> Option<String> {
    ["", "-14", "-15", "-16", "-17", "-18", "-19", "-20"]
        .map(|version| format!("{name}{version}"))
        .into_iter()
        .find(|name| {
            let mut command = Command::new(name);
            command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
}
