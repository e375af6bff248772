//! What right files are and want (SYMSRV §2.5).

use std::io;
use std::io::{Read, Seek, SeekFrom};

use symgate_index::{Error, Format, Note, Unusable, identify};

use crate::made::{Pdb, Pe, Record, Width};
use crate::{GUID, GUID_TEXT, id, identified, texts};

#[test]
fn reads_images_of_both_widths_under_any_name() {
    for width in [Width::Pe32, Width::Pe32Plus] {
        for (timestamp, size_of_image, key) in [
            (0x542d_574e, 0xc2000, "542D574Ec2000"),
            (0x0012_ab34, 0x1000, "0012AB341000"),
            (0xdd52_998f, 0x8000, "DD52998F8000"),
        ] {
            let records = vec![Record::rsds(GUID, 0x1f, "d:\\build\\x64\\My App.pdb")];
            let image = Pe {
                width,
                timestamp,
                size_of_image,
                ..Pe::new(records)
            };
            let row = format!("{width:?} {key}");
            for name in ["a.exe", "pty.node", "noext", "C:\\dir/Some.SYS"] {
                let identity = identified(&image.build(), name).expect(&row);
                let base = name.rsplit(['/', '\\']).next().unwrap();
                assert_eq!(identity.format, Format::Pe, "{row}");
                // Keys are equal without case; these are printed as they should be.
                assert_eq!(identity.id.to_string(), format!("{base}/{key}"), "{row}");
                let wanted = format!("My App.pdb/{GUID_TEXT}1f");
                assert_eq!(texts(&identity.wants), [wanted], "{row}");
                assert_eq!(identity.notes, [], "{row}");
            }
        }
    }
}

#[test]
fn reads_each_kind_of_record() {
    let path = || b"/home/me/lib.pdb".to_vec();
    for (record, key) in [
        (Record::rsds(GUID, 1, "lib.pdb"), format!("{GUID_TEXT}1")),
        (Record::rsds(GUID, 10, "a/b\\lib.pdb"), format!("{GUID_TEXT}a")),
        (
            Record::Portable {
                guid: GUID,
                path: path(),
            },
            format!("{GUID_TEXT}FFFFFFFF"),
        ),
        (
            Record::Nb10 {
                signature: 0x37a8_f40e,
                age: 2,
                path: path(),
            },
            "37A8F40E2".to_owned(),
        ),
        (
            Record::Nb10 {
                signature: 0x00ab_cdef,
                age: 0x1f,
                path: path(),
            },
            "ABCDEF1f".to_owned(),
        ),
    ] {
        let identity = identified(&Pe::new(vec![record.clone()]).build(), "lib.dll").unwrap();
        assert_eq!(texts(&identity.wants), [format!("lib.pdb/{key}")], "{record:?}");
    }
}

#[test]
fn wants_the_first_usable_record_and_notes_the_others() {
    let image = Pe::new(vec![
        Record::Raw(b"CV??".to_vec()),
        Record::rsds(GUID, 1, "first.pdb"),
        Record::rsds([7; 16], 2, "second.pdb"),
        Record::Raw(b"RSDS".to_vec()),
    ]);
    let identity = identified(&image.build(), "a.dll").unwrap();
    assert_eq!(identity.wants, [id("first.pdb", &format!("{GUID_TEXT}1"))]);
    let second = id("second.pdb", "070707070707070707070707070707072");
    let notes = [
        Note::Unusable(Unusable::Kind),
        Note::AlsoNames(second),
        Note::Unusable(Unusable::Short),
    ];
    assert_eq!(identity.notes, notes);
}

#[test]
fn wants_nothing_without_debug_directory() {
    let identity = identified(&Pe::new(vec![]).build(), "a.dll").unwrap();
    assert_eq!(identity.id, id("a.dll", "6553F1005000"));
    assert_eq!(identity.wants, []);
}

#[test]
fn takes_the_age_of_the_dbi_stream_if_there_is_one() {
    for (info_age, dbi_age, key) in [
        (42, Some(10), format!("{GUID_TEXT}a")),
        (1, Some(16), format!("{GUID_TEXT}10")),
        (5, None, format!("{GUID_TEXT}5")),
        (6, Some(0), format!("{GUID_TEXT}6")),
    ] {
        for page_size in [512, 4096, 65_536] {
            let pdb = Pdb {
                info_age,
                dbi_age,
                page_size,
                ..Pdb::new(GUID, 1)
            };
            let identity = identified(&pdb.build(), "x.pdb").unwrap();
            assert_eq!(identity.format, Format::Pdb);
            assert_eq!(identity.id.to_string(), format!("x.pdb/{key}"), "{pdb:?}");
            assert_eq!(identity.wants, []);
        }
    }
}

#[test]
fn recognises_what_it_does_not_read_yet() {
    let old = b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0 and so on";
    for (bytes, format) in [
        (&old[..], Format::Pdb20),
        (b"BSJB\x01\0\x01\0 and so on", Format::PortablePdb),
    ] {
        let error = identified(bytes, "a.pdb").unwrap_err();
        assert!(matches!(error, Error::NotRead(found) if found == format), "{error}");
    }
    for bytes in [&b""[..], b"M", b"BSJ", b"\x7fELF", b"Microsoft C/C++ MSF 7.00"] {
        let error = identified(bytes, "a.pdb").unwrap_err();
        assert!(matches!(error, Error::Unknown), "{error}");
    }
}

#[test]
fn identifies_five_gigabytes_by_a_few_words() {
    let page_size = 4096;
    let pages: u32 = 1_310_720;
    let mut head = Pdb {
        page_size,
        ..Pdb::new(GUID, 3)
    }
    .build();
    crate::patch(&mut head, 40, pages);
    let mut file = Sparse {
        head,
        length: u64::from(pages) * u64::from(page_size),
        at: 0,
        read: 0,
    };
    let identity = identify(&mut file, "chrome.dll.pdb").unwrap();
    assert_eq!(identity.id, id("chrome.dll.pdb", &format!("{GUID_TEXT}3")));
    assert!(file.read < 1024, "{} bytes read", file.read);
}

#[test]
fn hands_on_the_readers_failure() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }
    impl Seek for Failing {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(4096)
        }
    }
    let error = identify(Failing, "a.pdb").unwrap_err();
    assert!(
        matches!(&error, Error::Io(source) if source.to_string() == "bad sector"),
        "{error}"
    );
    let wanted = id("a.pdb", "37a8f40e2");
    let error = symgate_index::check(&wanted, Failing, 4096, Default::default()).unwrap_err();
    assert!(matches!(error, symgate_index::CheckError::Io(_)), "{error}");
}

#[test]
fn refuses_a_name_that_cannot_stand_in_a_store() {
    for name in ["", "dir/", "..", "a\0b", "a\nb"] {
        let error = identified(&Pe::new(vec![]).build(), name).unwrap_err();
        assert!(matches!(error, Error::Name(_)), "{name:?}: {error}");
    }
}

/// A made beginning and zeros up to any length.
struct Sparse {
    head: Vec<u8>,
    length: u64,
    at: u64,
    read: usize,
}

impl Read for Sparse {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap();
        let count = into.len().min(left);
        for byte in &mut into[..count] {
            let at = usize::try_from(self.at).unwrap();
            *byte = self.head.get(at).copied().unwrap_or(0);
            self.at += 1;
        }
        self.read += count;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(0) => self.length,
            SeekFrom::End(_) | SeekFrom::Current(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(self.at)
    }
}
