//! The laws of this crate as functions over arbitrary bytes, public API only, so that proptest, the
//! replay of stored inputs and a fuzz target call the same code.

#![allow(
    dead_code,
    clippy::unwrap_used,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "shared by test binaries and fuzz targets, each of which uses its own part"
)]

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use symgate_path::{FileId, Variant};
use symgate_store::{AnyContent, Begin, Durability, Existing, ExpandFailure, Pointer, Probe, Store, Writing, expand};

/// Any bytes end in a length or an error; what is given out never exceeds the limit nor the length
/// that is returned, and a refusing receiver gets its own error back.
pub fn expansion_is_total_and_bounded(bytes: &[u8]) {
    const LIMIT: u64 = 1 << 20;
    let mut given = 0;
    let result = expand(Cursor::new(bytes), LIMIT, |part| {
        assert!(!part.is_empty(), "an empty part was given out");
        given += part.len() as u64;
        Ok::<(), ()>(())
    });
    assert!(given <= LIMIT, "{given} bytes came out");
    match result {
        Ok(length) => assert_eq!(length, given, "the length is what came out"),
        Err(ExpandFailure::Member(error)) => {
            let text = error.to_string();
            assert!(!text.is_empty() && !text.contains('\n'), "{text:?}");
        }
        Err(ExpandFailure::Sink(())) => panic!("the receiver never refused"),
    }
    if given > 0 {
        let refused = expand(Cursor::new(bytes), LIMIT, |_| Err("no"));
        assert!(matches!(refused, Err(ExpandFailure::Sink("no"))));
    }
}

/// Any bytes are a pointer or an error; no pointer carries a control character, and none that is
/// relative leaves its store.
pub fn pointer_parsing_is_total(bytes: &[u8]) {
    match Pointer::parse(bytes) {
        Ok(Pointer::Path(text) | Pointer::Url(text)) => {
            assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
        }
        Ok(Pointer::Relative(text)) => {
            assert!(!text.contains(char::is_control), "{text:?}");
            assert!(!text.starts_with(['/', '\\']) && !text.contains(':'), "{text:?}");
            assert!(text.split(['/', '\\']).all(|part| part != ".."), "{text:?}");
        }
        Ok(Pointer::Message { text, .. }) => {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
}

/// Any script of writers that finish, give up, are refused or write too little leaves readers with
/// what the last successful one wrote, and never with less than a whole file.
///
/// Each byte of `script` is one writer in the store at `root`, which must be empty or missing.
pub fn readers_see_whole_files_or_none(root: &Path, script: &[u8]) {
    let store = Store::new(root);
    let id = id("x.pdb", "0123");
    let mut visible: Option<Vec<u8>> = None;
    for (turn, step) in script.iter().enumerate() {
        let existing = if step & 1 == 0 {
            Existing::Keep
        } else {
            Existing::Overwrite
        };
        let writing = Writing {
            existing,
            durability: Durability::Off,
            ..Writing::default()
        };
        let content = vec![turn as u8 ^ 0x5a; usize::from(step >> 4) * 1000];
        match store.begin(&id, Variant::Plain, &writing).unwrap() {
            Begin::Exists(_) => assert!(visible.is_some() && existing == Existing::Keep),
            Begin::Write(mut incoming) => {
                for part in content.chunks(700) {
                    incoming.write_all(part).unwrap();
                    assert_eq!(read(&store, &id), visible, "seen while writing");
                }
                let published = match step >> 1 & 3 {
                    0 => {
                        drop(incoming);
                        false
                    }
                    1 => {
                        incoming.expect_length(content.len() as u64 + 1);
                        incoming.commit(&mut AnyContent).is_ok()
                    }
                    2 => {
                        let mut refuse = |_: &mut fs::File, _| -> Result<Vec<()>, Refused> {
                            assert_eq!(read(&store, &id), visible, "seen while checking");
                            Err(Refused)
                        };
                        incoming.commit(&mut refuse).is_ok()
                    }
                    _ => incoming.commit(&mut AnyContent).is_ok(),
                };
                assert_eq!(published, step >> 1 & 3 == 3 && !content.is_empty(), "writer {step:#x}");
                if published {
                    visible = Some(content);
                }
            }
        }
        assert_eq!(read(&store, &id), visible, "after writer {step:#x}");
        let left: Vec<PathBuf> = files_below(root)
            .into_iter()
            .filter(|path| !path.ends_with(".symgate/gate.lock") && !path.ends_with("x.pdb"))
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

/// What a reader finds, whole.
pub fn read(store: &Store, id: &FileId) -> Option<Vec<u8>> {
    match store.probe(id, Variant::Plain).unwrap() {
        Probe::Found(path) => Some(fs::read(path).unwrap()),
        Probe::NoFile | Probe::NoPath => None,
    }
}

/// All files below a directory, in order.
pub fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The identity of a file, from names that are known to be valid.
pub fn id(name: &str, key: &str) -> FileId {
    format!("{name}/{key}").parse().unwrap()
}

/// The word of a check that does not like what it sees.
#[derive(Debug)]
pub struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("another GUID")
    }
}

impl std::error::Error for Refused {}
