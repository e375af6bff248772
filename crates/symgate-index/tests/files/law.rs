//! The laws of this crate, each a function over any bytes: for the property tests here, a corpus replay and a fuzz
//! target.

use std::error::Error as StdError;
use std::io;
use std::io::{Cursor, Read, Seek, SeekFrom};

use symgate_index::{Description, Error, Identity, Strictness, check, describe, identify};
use symgate_path::{FileId, FileName, Key};

/// `identify` returns for any bytes, after few and small reads; what it identified passes `check` under its own name
/// and key, and `describe` says the same of it.
pub(crate) fn identify_is_total_and_bounded(bytes: &[u8]) {
    for name in ["a.dll", "a.pdb"] {
        let mut reader = Counted::new(bytes);
        let identity = identify(&mut reader, name);
        reader.assert_few();
        describe_agrees(bytes, &identity);
        match identity {
            Ok(identity) => {
                let fits = (name == "a.pdb") == (identity.format == symgate_index::Format::Pdb);
                if fits {
                    let content = Cursor::new(bytes);
                    check(&identity.id, content, length(bytes), Strictness::Strict)
                        .expect("what was identified is what it is");
                }
            }
            Err(error) => assert_plain(&error),
        }
    }
}

/// `describe` returns for any bytes, after few and small reads, and never differs from `identify`.
fn describe_agrees(bytes: &[u8], identity: &Result<Identity, Error>) {
    let mut reader = Counted::new(bytes);
    let described = describe(&mut reader);
    reader.assert_few();
    match (described, identity) {
        (Ok(Description::Image(image)), Ok(identity)) => {
            assert_eq!(identity.id.key, Key::pe(image.timestamp, image.size_of_image));
            assert!(image.debug.len() <= 256, "{} entries", image.debug.len());
            if let Some(codeview) = image.codeview {
                assert!(codeview.path.len() <= 8 * 1024, "{} bytes of path", codeview.path.len());
            }
        }
        (Ok(Description::Pdb(pdb)), Ok(identity)) => {
            assert_eq!(identity.id.key, Key::pdb(pdb.guid.to_file_order(), pdb.age));
        }
        (Err(described), Err(identified)) => assert_eq!(described.to_string(), identified.to_string()),
        (described, identified) => panic!("{described:?}, {identified:?}"),
    }
}

/// `check` returns for any bytes under any kind of name, after few and small reads; its words are one plain line.
pub(crate) fn check_is_total_and_bounded(bytes: &[u8]) {
    for (name, key) in [
        ("a.pdb", "497B72F6390A44FC878E5A2D63B6CC4B1"),
        ("a.pdb", "497B72F6390A44FC878E5A2D63B6CC4BFFFFFFFF"),
        ("a.pdb", "37a8f40e2"),
        ("a.pdb", "anything"),
        ("a.dll", "6553F1005000"),
        ("a.dll", "anything"),
        ("a.pd_", "497B72F6390A44FC878E5A2D63B6CC4B1"),
        ("a.html", "anything"),
        ("a.bin", "anything"),
    ] {
        let wanted = FileId {
            name: FileName::new(name).expect("a plain name"),
            key: Key::new(key).expect("a plain key"),
        };
        // A caller may be wrong about the length, too.
        for length in [length(bytes), length(bytes) / 2, u64::MAX] {
            for strictness in [Strictness::Lenient, Strictness::Strict] {
                let mut reader = Counted::new(bytes);
                let checked = check(&wanted, &mut reader, length, strictness);
                reader.assert_few();
                match checked {
                    Ok(warnings) => warnings.iter().for_each(|warning| assert_plain(warning)),
                    Err(error) => assert_plain(&error),
                }
            }
        }
    }
}

/// One line of bounded length, and so is each of its sources.
fn assert_plain(error: &dyn StdError) {
    let mut next = Some(error);
    while let Some(error) = next {
        let line = error.to_string();
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(line.len() < 600, "{line:?}");
        next = error.source();
    }
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

/// Counts what is read.
pub(crate) struct Counted<'b> {
    inner: Cursor<&'b [u8]>,
    reads: usize,
    bytes: usize,
}

impl<'b> Counted<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            inner: Cursor::new(bytes),
            reads: 0,
            bytes: 0,
        }
    }

    /// 256 records of 8 KiB in an image are the most that is read; a PDB takes far less.
    fn assert_few(&self) {
        assert!(self.reads < 2_000, "{} reads", self.reads);
        assert!(self.bytes < 6 << 20, "{} bytes", self.bytes);
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.reads += 1;
        self.bytes += count;
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
