//! What `describe` says of right files (SYMSRV §6.7), and how it answers others.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use symgate_index::{Error, Exports, Format, Guid, PrivateSymbols, describe};

use crate::made::{Pdb, Pe, Record, Width};
use crate::{GUID, GUID_TEXT, image, patch, pdb};

#[test]
fn describes_images_of_both_widths() {
    for (made, width, machine, characteristics, image_base) in [
        (Width::Pe32, symgate_index::Width::Bits32, 0x014c, 0x2102, 0x1000_0000),
        (
            Width::Pe32Plus,
            symgate_index::Width::Bits64,
            0x8664,
            0x2022,
            0x1_8000_0000,
        ),
    ] {
        let mut bytes = Pe {
            width: made,
            timestamp: 0xdd52_998f,
            size_of_image: 0x8000,
            ..Pe::new(vec![])
        }
        .build();
        patch(&mut bytes, CHECKSUM, 0x0001_f2a3);
        let image = image(&bytes);
        assert_eq!(image.width, width);
        assert_eq!(
            (image.machine, image.characteristics),
            (machine, characteristics),
            "{made:?}"
        );
        assert_eq!(
            (image.timestamp, image.size_of_image),
            (0xdd52_998f, 0x8000),
            "{made:?}"
        );
        assert_eq!(
            (image.checksum, image.image_base),
            (0x0001_f2a3, image_base),
            "{made:?}"
        );
        assert_eq!(image.exports, Exports::Absent, "{made:?}");
        assert_eq!((image.debug.len(), image.codeview), (0, None), "{made:?}");
    }
}

#[test]
fn a_table_of_exports_is_one_that_is_somewhere_and_holds_something() {
    for width in [Width::Pe32, Width::Pe32Plus] {
        let made = Pe {
            width,
            ..Pe::new(vec![])
        };
        // The first data directory; debug is the seventh.
        let entry = made.debug_entry() - 6 * 8;
        for (address, size, expected) in [
            (0x1000, 40, Exports::Present),
            (0, 40, Exports::Absent),
            (0x1000, 0, Exports::Absent),
            // It is not read, so it may be anywhere.
            (u32::MAX, u32::MAX, Exports::Present),
        ] {
            let mut bytes = made.build();
            patch(&mut bytes, entry, address);
            patch(&mut bytes, entry + 4, size);
            assert_eq!(image(&bytes).exports, expected, "{width:?} {address:#x} {size}");
        }
    }
}

#[test]
fn lists_the_debug_directory_in_its_order() {
    let records = vec![
        Record::rsds(GUID, 3, "d:\\build\\a.pdb"),
        Record::Raw(vec![7; 20]),
        Record::rsds(GUID, 4, "b.pdb"),
    ];
    let mut bytes = Pe::new(records).build();
    // The second one is a hash of the content (REPRO), and stands in the file alone.
    let second = Pe::DEBUG_DIRECTORY + 28;
    patch(&mut bytes, second + 12, 16);
    patch(&mut bytes, second + 20, 0);
    let image = image(&bytes);
    let shown: Vec<_> = image
        .debug
        .iter()
        .map(|entry| (entry.kind, entry.size, entry.address, entry.offset))
        .collect();
    // Three entries of 28 bytes, then 24 bytes and a path with its NUL, each on a boundary of 4.
    assert_eq!(
        shown,
        [(2, 39, 0x1054, 0x254), (16, 20, 0, 0x27c), (2, 30, 0x1090, 0x290)]
    );
    let codeview = image.codeview.unwrap();
    assert_eq!((codeview.path.as_str(), codeview.age), ("d:\\build\\a.pdb", 3));
}

#[test]
fn the_first_record_of_a_pdb_7_is_the_one_that_is_told() {
    let rsds = || Record::rsds(GUID, 0x1f, "C:\\w\\..\\lib.pdb");
    let nb10 = || Record::Nb10 {
        signature: 0x37a8_f40e,
        age: 2,
        path: b"old.pdb".to_vec(),
    };
    let portable = || Record::Portable {
        guid: GUID,
        path: b"/home/me/net.pdb".to_vec(),
    };
    let raw = |text: &[u8]| Record::Raw(text.to_vec());
    let untold = |path: &[u8]| raw(&[b"RSDS".as_slice(), &[1; 20], path].concat());
    let told = |path: &str, age| Some((path.to_owned(), age));
    for (records, expected) in [
        (vec![rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![nb10()], None),
        (vec![nb10(), rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![raw(b"NB09 and so on"), rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![raw(b"RSDS too short"), rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![untold(b"no nul"), rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![untold(b"\xe9.pdb\0"), rsds()], told("C:\\w\\..\\lib.pdb", 0x1f)),
        (vec![portable(), rsds()], told("/home/me/net.pdb", 1)),
        // What cannot be asked for can still be shown.
        (vec![untold(b"..\0"), rsds()], told("..", 0x0101_0101)),
        (vec![untold(b"\0")], told("", 0x0101_0101)),
        (vec![], None),
    ] {
        let row = format!("{records:?}");
        let codeview = image(&Pe::new(records).build()).codeview;
        if let Some(codeview) = codeview.as_ref().filter(|codeview| codeview.age != 0x0101_0101) {
            assert_eq!(codeview.guid.to_string(), GUID_TEXT, "{row}");
        }
        assert_eq!(
            codeview.map(|codeview| (codeview.path, codeview.age)),
            expected,
            "{row}"
        );
    }
}

#[test]
fn a_record_outside_the_file_is_listed_and_names_nothing() {
    let mut bytes = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb"), Record::rsds(GUID, 2, "b.pdb")]).build();
    patch(&mut bytes, Pe::DEBUG_DIRECTORY + 24, u32::MAX);
    let image = image(&bytes);
    assert_eq!(image.debug[0].offset, u32::MAX);
    assert_eq!(image.codeview.unwrap().path, "b.pdb");
}

#[test]
fn describes_pdbs_by_the_age_that_counts() {
    for (info_age, dbi_age, age) in [(42, Some(10), 10), (42, Some(0), 42), (42, None, 42)] {
        let made = Pdb {
            info_age,
            dbi_age,
            ..Pdb::new(GUID, 1)
        };
        let pdb = pdb(&made.build());
        assert_eq!((pdb.guid.to_string().as_str(), pdb.age), (GUID_TEXT, age), "{made:?}");
        assert_eq!(pdb.private, PrivateSymbols::Kept, "{made:?}");
    }
}

/// Flags and machine share a word; of the flags the first is "linked incrementally", the third "has conflicting types".
#[test]
fn one_flag_of_the_dbi_stream_says_that_private_symbols_are_stripped() {
    let dbi = Pdb::DBI_PAGE as usize * 512;
    for (flags, expected) in [
        (0x8664_0000, PrivateSymbols::Kept),
        (0x8664_0001, PrivateSymbols::Kept),
        (0x8664_0002, PrivateSymbols::Stripped),
        (0x8664_0003, PrivateSymbols::Stripped),
        (0x8664_0004, PrivateSymbols::Kept),
        (0x0002_0000, PrivateSymbols::Kept),
        (0xffff_fffd, PrivateSymbols::Kept),
        (0xffff_ffff, PrivateSymbols::Stripped),
    ] {
        for age in [1, 0] {
            let mut bytes = Pdb::new(GUID, age).build();
            patch(&mut bytes, dbi + 56, flags);
            assert_eq!(pdb(&bytes).private, expected, "{flags:#x} age {age}");
        }
    }
    // No other word of the header says it, and none of a stream that is not valid.
    for at in (0..64).step_by(4).filter(|at| *at != 56) {
        let mut bytes = Pdb::new(GUID, 1).build();
        patch(&mut bytes, dbi + at, u32::MAX);
        assert_eq!(pdb(&bytes).private, PrivateSymbols::Kept, "{at}");
    }
    let mut bytes = Pdb::new(GUID, 1).build();
    patch(&mut bytes, dbi, 0);
    patch(&mut bytes, dbi + 56, u32::MAX);
    assert_eq!(pdb(&bytes).private, PrivateSymbols::Kept);
}

#[test]
fn refuses_what_is_neither() {
    let refused = |bytes: &[u8]| describe(Cursor::new(bytes.to_vec())).unwrap_err();
    assert!(matches!(refused(b""), Error::Unknown));
    assert!(matches!(refused(b"<html>log in"), Error::Unknown));
    assert!(matches!(refused(b"MZ"), Error::Broken { format: Format::Pe, .. }));
    assert!(matches!(refused(b"BSJB"), Error::NotRead(Format::PortablePdb)));
    let old = b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0";
    assert!(matches!(refused(old), Error::NotRead(Format::Pdb20)));
}

#[test]
fn a_reader_that_fails_is_no_broken_file() {
    let image = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]).build();
    for bytes in [image, Pdb::new(GUID, 1).build()] {
        let mut reads = 0;
        // It fails at each read in turn, until there are enough.
        loop {
            let failing = Failing {
                inner: Cursor::new(&bytes),
                left: reads,
            };
            match describe(failing) {
                Ok(_) => break,
                Err(Error::Io(error)) => assert_eq!(error.to_string(), "bad sector"),
                Err(other) => panic!("{reads} reads: {other}"),
            }
            reads += 1;
        }
        assert!(reads > 3, "{reads}");
    }
}

/// A reader that fails after some reads.
struct Failing<'b> {
    inner: Cursor<&'b Vec<u8>>,
    left: usize,
}

impl Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(1).ok_or_else(|| io::Error::other("bad sector"))?;
        self.inner.read(into)
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[test]
fn guids_are_the_records_own() {
    let codeview = image(&Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]).build())
        .codeview
        .unwrap();
    let pdb = pdb(&Pdb::new(GUID, 1).build());
    assert_eq!(codeview.guid, pdb.guid);
    assert_eq!(Guid::from_file_order(codeview.guid.to_file_order()), codeview.guid);
}

/// `CheckSum` in the optional header of either width.
const CHECKSUM: usize = Pe::NT_HEADERS + 24 + 64;
