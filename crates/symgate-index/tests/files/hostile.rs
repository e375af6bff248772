//! Files that lie: each lie by name, then any bytes at all.

use proptest::prelude::*;
use symgate_index::{Defect, Error, Format, Note, Unusable};

use crate::law::{check_is_total_and_bounded, identify_is_total_and_bounded};
use crate::made::{Pdb, Pe, Record, Width};
use crate::{GUID, GUID_TEXT, identified, patch};

#[test]
fn refuses_images_cut_at_any_length() {
    for width in [Width::Pe32, Width::Pe32Plus] {
        let records = vec![Record::rsds(GUID, 1, "a.pdb")];
        let image = Pe {
            width,
            ..Pe::new(records)
        }
        .build();
        let useful = Pe::DEBUG_DIRECTORY + 28 + 24 + "a.pdb\0".len();
        for length in 0..=image.len() {
            let cut = &image[..length];
            identify_is_total_and_bounded(cut);
            let wants = identified(cut, "a.dll").map_or(0, |identity| identity.wants.len());
            assert_eq!(wants, usize::from(length >= useful), "{width:?} cut to {length}");
        }
    }
}

#[test]
fn refuses_pdbs_cut_at_any_length() {
    let pdb = Pdb::new(GUID, 1).build();
    for length in 0..pdb.len() {
        let cut = &pdb[..length];
        let error = identified(cut, "a.pdb").unwrap_err();
        match (length, error) {
            (0..32, Error::Unknown) => (),
            (
                32..48,
                Error::Broken {
                    format: Format::Pdb,
                    defect: Defect::Truncated,
                },
            ) => (),
            (
                48..,
                Error::Broken {
                    defect: Defect::Length { claimed: 3584, found },
                    ..
                },
            ) => {
                assert_eq!(found, length as u64);
            }
            (_, error) => panic!("cut to {length}: {error}"),
        }
        check_is_total_and_bounded(cut);
    }
}

#[test]
fn refuses_pdbs_with_bytes_to_spare() {
    let mut pdb = Pdb::new(GUID, 1).build();
    pdb.push(0);
    assert_defect(
        &pdb,
        Defect::Length {
            claimed: 3584,
            found: 3585,
        },
    );
}

#[test]
fn refuses_images_without_pe_headers() {
    let image = Pe::new(vec![]).build();
    // Where the DOS header points; signature; magic and size of the optional header.
    for (at, word, defect) in [
        (0x3c, u32::MAX, Defect::Truncated),
        (0x3c, 0, Defect::PeHeaders),
        (0x40, 0x0000_454e, Defect::PeHeaders),
        (0x58, 0x0000_0107, Defect::PeHeaders),
        (0x54, 0x2022_0010, Defect::PeHeaders),
        (0x54, 0x2022_ffff, Defect::Truncated),
        // More data directories than the optional header has room for.
        (0xc4, 17, Defect::PeHeaders),
    ] {
        let mut image = image.clone();
        patch(&mut image, at, word);
        let error = identified(&image, "a.dll").unwrap_err();
        let format = Format::Pe;
        assert!(
            matches!(error, Error::Broken { format: f, defect: d } if f == format && d == defect),
            "{at:#x} {word:#x}: {error}"
        );
    }
}

#[test]
fn refuses_a_debug_directory_outside_the_file() {
    for width in [Width::Pe32, Width::Pe32Plus] {
        let image = Pe {
            width,
            ..Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")])
        };
        for (rva, size) in [
            (u32::MAX, 28),
            (0x1, 28),
            (0x0010_0000, 28),
            (0x1000, 84),
            (0x1000, 5600),
        ] {
            let mut bytes = image.build();
            patch(&mut bytes, image.debug_entry(), rva);
            patch(&mut bytes, image.debug_entry() + 4, size);
            assert_defect(&bytes, Defect::DebugDirectoryOutside);
        }
        // The section is where it should be, but its data are said to be elsewhere.
        let mut bytes = image.build();
        let section = image.debug_entry() + 10 * 8;
        patch(&mut bytes, section + 20, 0xffff_fff0);
        assert_defect(&bytes, Defect::DebugDirectoryOutside);
    }
}

#[test]
fn refuses_a_debug_directory_of_huge_size() {
    let image = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]);
    for size in [256 * 28 + 1, u32::MAX] {
        let mut bytes = image.build();
        patch(&mut bytes, image.debug_entry() + 4, size);
        assert_defect(&bytes, Defect::DebugDirectorySize(size));
    }
}

#[test]
fn passes_over_records_that_name_nothing() {
    let rsds = |path: &[u8]| {
        let mut bytes = b"RSDS".to_vec();
        bytes.extend_from_slice(&[1; 20]);
        bytes.extend_from_slice(path);
        Record::Raw(bytes)
    };
    let nb10 = |rest: &[u8]| Record::Raw([b"NB10", rest].concat());
    let long = [&[b'a'; 9000][..], b"\0"].concat();
    let rows = [
        (rsds(b"no nul.pdb"), Unusable::Endless),
        (rsds(b""), Unusable::Endless),
        (rsds(&long), Unusable::Endless),
        (rsds(b"\0"), Unusable::Name),
        (rsds(b"c:\\dir\\\0"), Unusable::Name),
        (rsds(b"..\\..\\..\0"), Unusable::Name),
        (rsds(b"a\x1b[2J.pdb\0"), Unusable::Name),
        (rsds(b"latin1\xe9.pdb\0"), Unusable::Encoding),
        (nb10(b"\0\0\0\0\0\0\0\0\0\0\0"), Unusable::Short),
        (nb10(b"\0\0\0\0\x01\0\0\0\x01\0\0\0x"), Unusable::Endless),
        (Record::Raw(b"RSDS0123456789abcdef012".to_vec()), Unusable::Short),
        (Record::Raw(b"NB09 and so on".to_vec()), Unusable::Kind),
        (Record::Raw(b"RS".to_vec()), Unusable::Kind),
    ];
    for (record, unusable) in rows {
        let row = format!("{record:?}");
        let bytes = Pe::new(vec![record]).build();
        let identity = identified(&bytes, "a.dll").expect(&row);
        assert_eq!(identity.wants, [], "{row}");
        assert_eq!(identity.notes, [Note::Unusable(unusable)], "{row}");
    }
}

#[test]
fn passes_over_a_record_outside_the_file() {
    let mut bytes = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]).build();
    for (at, word) in [(24, u32::MAX), (24, 0x400), (16, u32::MAX)] {
        let mut bytes = bytes.clone();
        patch(&mut bytes, Pe::DEBUG_DIRECTORY + at, word);
        let identity = identified(&bytes, "a.dll").unwrap();
        assert_eq!(identity.notes, [Note::Unusable(Unusable::Outside)], "{at} {word:#x}");
    }
    // A record of another type is not looked at.
    patch(&mut bytes, Pe::DEBUG_DIRECTORY + 12, 13);
    assert_eq!(identified(&bytes, "a.dll").unwrap().notes, []);
}

#[test]
fn keeps_a_recorded_path_inside_the_store() {
    for path in [
        "..\\..\\evil.pdb",
        "../../evil.pdb",
        "\\\\host\\share\\evil.pdb",
        "/evil.pdb",
    ] {
        let bytes = Pe::new(vec![Record::rsds(GUID, 1, path)]).build();
        let identity = identified(&bytes, "a.dll").unwrap();
        let names: Vec<_> = identity.wants.iter().map(|id| id.name.to_string()).collect();
        assert_eq!(names, ["evil.pdb"], "{path}");
    }
}

#[test]
fn refuses_page_sizes_that_no_linker_writes() {
    for page_size in [0, 1, 256, 511, 513, 4095, 131_072, 0x8000_0000, u32::MAX] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, 32, page_size);
        assert_defect(&pdb, Defect::PageSize(page_size));
    }
}

#[test]
fn refuses_a_page_count_that_is_not_the_files() {
    for (pages, claimed) in [(0, 0), (8, 4096), (u32::MAX, 512 * u64::from(u32::MAX))] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, 40, pages);
        assert_defect(&pdb, Defect::Length { claimed, found: 3584 });
    }
}

#[test]
fn refuses_a_stream_directory_larger_than_the_file() {
    for size in [3585, u32::MAX] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, 44, size);
        assert_defect(&pdb, Defect::DirectorySize(size));
    }
}

#[test]
fn refuses_a_stream_directory_that_its_map_cannot_list() {
    // Page 0 lists 115 map pages of 128 directory pages of 512 bytes: 7.5 MB. Stream 0 pushes the next page number
    // beyond that.
    let pdb = Pdb {
        padded_to: 9 << 20,
        ..Pdb::new(GUID, 1)
    };
    let mut bytes = pdb.build();
    let size = (9 << 20) - 512;
    patch(&mut bytes, 44, size);
    patch(&mut bytes, Pdb::DIRECTORY_PAGE as usize * 512 + 4, 2_000_000 * 512);
    assert_defect(&bytes, Defect::DirectorySize(size));
}

#[test]
fn refuses_a_stream_directory_that_ends_early() {
    let directory = Pdb::DIRECTORY_PAGE as usize * 512;
    for size in [0, 3, 4, 8, 12, 20, 24, 27] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, 44, size);
        assert_defect(&pdb, Defect::DirectoryShort);
    }
    // Stream 0 and stream 2 claim to be as large as can be, so that the next page number would stand far outside.
    for stream in [0, 2] {
        for size in [u32::MAX - 1, 0x7fff_ffff] {
            let mut pdb = Pdb::new(GUID, 1).build();
            patch(&mut pdb, directory + 4 + 4 * stream, size);
            assert_defect(&pdb, Defect::DirectoryShort);
        }
    }
}

#[test]
fn refuses_page_numbers_out_of_range() {
    let directory = Pdb::DIRECTORY_PAGE as usize * 512;
    // The map's page; the directory's; the info stream's; the DBI stream's.
    for at in [52, Pdb::MAP_PAGE as usize * 512, directory + 20, directory + 24] {
        for page in [0, 7, u32::MAX] {
            let mut pdb = Pdb::new(GUID, 1).build();
            patch(&mut pdb, at, page);
            assert_defect(&pdb, Defect::Page(page));
        }
    }
}

#[test]
fn ends_on_pages_that_point_at_each_other() {
    let map = Pdb::MAP_PAGE as usize * 512;
    let directory = Pdb::DIRECTORY_PAGE as usize * 512;
    for (at, page) in [
        (52, Pdb::DIRECTORY_PAGE),
        (map, Pdb::MAP_PAGE),
        (directory + 20, Pdb::DIRECTORY_PAGE),
        (directory + 24, Pdb::INFO_PAGE),
        (directory, u32::MAX),
    ] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, at, page);
        identify_is_total_and_bounded(&pdb);
        check_is_total_and_bounded(&pdb);
    }
}

#[test]
fn refuses_a_pdb_without_info_stream() {
    let directory = Pdb::DIRECTORY_PAGE as usize * 512;
    // Too few streams; absent; too short for a GUID.
    for (at, word) in [(0, 1), (8, u32::MAX), (8, 27), (8, 0)] {
        let mut pdb = Pdb::new(GUID, 1).build();
        patch(&mut pdb, directory + at, word);
        assert_defect(&pdb, Defect::InfoStream);
    }
    let mut pdb = Pdb::new(GUID, 1).build();
    patch(&mut pdb, Pdb::INFO_PAGE as usize * 512, 19_990_604);
    assert_defect(&pdb, Defect::InfoVersion(19_990_604));
}

#[test]
fn counts_no_pages_for_absent_streams() {
    let mut pdb = Pdb::new(GUID, 1).build();
    for stream in [0, 2] {
        patch(&mut pdb, Pdb::DIRECTORY_PAGE as usize * 512 + 4 + 4 * stream, u32::MAX);
    }
    assert_eq!(
        identified(&pdb, "a.pdb").unwrap().id.key,
        crate::id("a", &format!("{GUID_TEXT}1")).key
    );
}

#[test]
fn falls_back_to_the_info_age_without_valid_dbi_stream() {
    let directory = Pdb::DIRECTORY_PAGE as usize * 512;
    let dbi = Pdb::DBI_PAGE as usize * 512;
    // No fourth stream; absent; shorter than a header; not signed as one.
    for (at, word) in [
        (directory, 3),
        (directory + 16, u32::MAX),
        (directory + 16, 63),
        (dbi, 0),
    ] {
        let made = Pdb {
            info_age: 9,
            ..Pdb::new(GUID, 1)
        };
        let mut pdb = made.build();
        patch(&mut pdb, at, word);
        // With three streams the page numbers begin a word earlier.
        if at == directory {
            patch(&mut pdb, directory + 16, Pdb::INFO_PAGE);
        }
        let identity = identified(&pdb, "a.pdb").unwrap();
        assert!(identity.id.key.to_string().ends_with("4B9"), "{at} {word}");
    }
}

#[test]
fn says_what_is_wrong_in_one_plain_line() {
    let pe = |defect| Error::Broken {
        format: Format::Pe,
        defect,
    };
    let pdb = |defect| Error::Broken {
        format: Format::Pdb,
        defect,
    };
    let length = Defect::Length { claimed: 8, found: 9 };
    let io = std::io::Error::other("bad sector");
    let name = identified(b"", "..").unwrap_err();
    for (error, line) in [
        (name, "the name given cannot name a symbol file"),
        (Error::Io(io), "the file cannot be read"),
        (Error::Unknown, "neither a PE image nor a PDB"),
        (
            Error::NotRead(Format::Pdb20),
            "a PDB 2.0 is recognised but not read yet",
        ),
        (
            Error::NotRead(Format::PortablePdb),
            "a portable PDB is recognised but not read yet",
        ),
        (pe(Defect::Truncated), "broken PE image: it ends inside its headers"),
        (
            pe(Defect::PeHeaders),
            "broken PE image: no valid PE headers where the DOS header points",
        ),
        (
            pe(Defect::DebugDirectoryOutside),
            "broken PE image: the debug directory lies outside the file",
        ),
        (
            pe(Defect::DebugDirectorySize(9)),
            "broken PE image: the debug directory claims 9 bytes",
        ),
        (pdb(Defect::PageSize(3)), "broken PDB: the page size is 3"),
        (pdb(length), "broken PDB: it has 9 bytes, its pages make 8"),
        (
            pdb(Defect::DirectorySize(5)),
            "broken PDB: the stream directory claims 5 bytes",
        ),
        (
            pdb(Defect::DirectoryShort),
            "broken PDB: the stream directory ends early",
        ),
        (pdb(Defect::Page(0)), "broken PDB: page 0 does not exist"),
        (
            pdb(Defect::InfoStream),
            "broken PDB: the info stream is missing or too short",
        ),
        (pdb(Defect::InfoVersion(1)), "broken PDB: the info stream has version 1"),
    ] {
        assert_eq!(error.to_string(), line);
    }
    let also = Note::AlsoNames(crate::id("b.pdb", "37A8F40E2"));
    assert_eq!(also.to_string(), "the image also names `b.pdb/37A8F40E2`");
    for (why, line) in [
        (Unusable::Outside, "it lies outside the file"),
        (Unusable::Kind, "it begins with neither `RSDS` nor `NB10`"),
        (Unusable::Short, "it is too short"),
        (Unusable::Endless, "its path does not end"),
        (Unusable::Encoding, "its path is not UTF-8"),
        (Unusable::Name, "its path ends in no usable file name"),
    ] {
        let line = format!("a CodeView record names no PDB: {line}");
        assert_eq!(Note::Unusable(why).to_string(), line);
    }
}

#[test]
fn refuses_a_section_table_beyond_the_end() {
    let mut image = Pe::new(vec![Record::rsds(GUID, 1, "a.pdb")]).build();
    // The number of sections, beside the machine.
    patch(&mut image, Pe::NT_HEADERS + 4, 0xffff_8664);
    assert_defect(&image, Defect::Truncated);
}

fn assert_defect(bytes: &[u8], expected: Defect) {
    match identified(bytes, "a.bin") {
        Err(Error::Broken { defect, .. }) => assert_eq!(defect, expected),
        other => panic!("expected {expected}: {other:?}"),
    }
    identify_is_total_and_bounded(bytes);
    check_is_total_and_bounded(bytes);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..2048), magic in 0..6usize) {
        let magics: [&[u8]; 6] = [
            b"",
            b"MZ",
            b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0",
            b"BSJB",
            b"MSCF",
            b"<!-- -->\n<title>",
        ];
        let bytes = [magics[magic], &bytes].concat();
        identify_is_total_and_bounded(&bytes);
        check_is_total_and_bounded(&bytes);
    }

    #[test]
    fn any_damage_to_a_made_file_is_answered(
        pdb in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), interesting_word()), 1..8),
    ) {
        let mut bytes = if pdb {
            Pdb::new(GUID, 1).build()
        } else {
            Pe::new(vec![Record::rsds(GUID, 1, "a.pdb"), Record::rsds(GUID, 2, "b.pdb")]).build()
        };
        for (at, word) in damage {
            // Words of both formats stand at even offsets; the first half of an image holds its headers.
            let at = at.index(bytes.len() / 2) * 2;
            if at + 4 <= bytes.len() {
                patch(&mut bytes, at, word);
            }
        }
        identify_is_total_and_bounded(&bytes);
        check_is_total_and_bounded(&bytes);
    }
}

/// Numbers at the edges of what a field may hold, and a few others.
fn interesting_word() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0..16u32,
        Just(u32::MAX),
        Just(u32::MAX - 1),
        Just(0x8000_0000),
        Just(0x1000),
    ]
}
