//! Laws of `symgate-store`: members and pointers of any store, writers that fail beside readers.

use std::fs;
use std::path::Path;

use symgate_path::{FileId, Variant};
use symgate_store::faults::{self, Plan};
use symgate_store::{AnyContent, Begin, Durability, Existing, Form, Probe, Store, Writing};

#[path = "../../../crates/symgate-store/tests/property/mod.rs"]
mod law;

/// Any bytes as a compressed member.
pub fn expansion(bytes: &[u8]) {
    law::expansion_is_total_and_bounded(bytes);
}

/// Any bytes as a `file.ptr`.
pub fn pointer(bytes: &[u8]) {
    law::pointer_parsing_is_total(bytes);
}

/// Any bytes as a script of writers, in a directory that is removed afterwards.
pub fn store_readers(bytes: &[u8]) {
    // A step of each kind and a length of each kind; more only takes time.
    let script = bytes.get(..32).unwrap_or(bytes);
    let directory = tempfile::tempdir().expect("a scratch directory");
    law::readers_see_whole_files_or_none(&directory.path().join("sym"), script);
}

/// Any sequence of writers whose disk fails at any change: after each, a reader finds the old file or, where the writer
/// was told that it is there, the new one; and the next one whose disk works leaves nothing else behind.
///
/// Two bytes are a writer: what it does, and when its disk fails.
pub fn store_failures(bytes: &[u8]) {
    // More writers only take time.
    let script = bytes.get(..16).unwrap_or(bytes);
    let directory = tempfile::tempdir().expect("a scratch directory");
    let store = Store::new(directory.path().join("sym"));
    let source = directory.path().join("source");
    fs::write(&source, CABINET).expect("a scratch file");
    let mut visible = Visible::default();
    for pair in script.chunks_exact(2) {
        let &[what, when] = pair else {
            unreachable!("two bytes are a pair")
        };
        let change = u32::from(when >> 2);
        let plan = match when & 3 {
            0 => Plan::Never,
            1 | 2 => Plan::Once(change),
            _ => Plan::From(change),
        };
        write(&store, &source, what, plan, &mut visible);
    }
    // Received, plain and compressed, over whatever is there.
    for what in [0x01, 0x05] {
        write(&store, &source, what, Plan::Never, &mut visible);
    }
    let mut left = law::files_below(store.root());
    left.retain(|path| !path.ends_with(".symgate/gate.lock"));
    assert!(
        matches!(&left[..], [compressed, plain] if compressed.ends_with("x.pd_") && plain.ends_with("x.pdb")),
        "in the store: {left:?}"
    );
}

/// What readers find.
#[derive(Debug, Default, PartialEq)]
struct Visible {
    plain: Option<Vec<u8>>,
    compressed: Option<Vec<u8>>,
}

impl Visible {
    fn of(store: &Store) -> Self {
        let read = |variant| match store.probe(&id(), variant) {
            Ok(Probe::Found(path)) => Some(fs::read(path).expect("what is found can be read")),
            Ok(Probe::NoFile | Probe::NoPath) => None,
            Err(error) => panic!("a reader fails: {error}"),
        };
        Self {
            plain: read(Variant::Plain),
            compressed: read(Variant::Compressed),
        }
    }
}

/// One writer; `visible` is what readers find before and, if it was told so, after it.
fn write(store: &Store, source: &Path, what: u8, plan: Plan, visible: &mut Visible) {
    let way = WAYS[usize::from(what >> 2) % WAYS.len()];
    let noise = vec![what ^ 0x5a; usize::from(what >> 5) * 700 + 1];
    let content = match way {
        Way::Receive => &noise,
        Way::Copy | Way::ReceiveCompressed => CABINET,
        Way::CopyExpanded | Way::ReceiveExpanded => MEMBER,
    };
    let writing = Writing {
        existing: if what & 1 == 0 {
            Existing::Keep
        } else {
            Existing::Overwrite
        },
        durability: if what & 2 == 0 {
            Durability::Off
        } else {
            Durability::Flushed
        },
        ..Writing::default()
    };
    let (result, failed) = faults::with(plan, || {
        let begun = match way {
            Way::Copy => {
                let form = Form::AsIs(Variant::Plain);
                return store.copy(source, &id(), form, &mut AnyContent, &writing).map(drop);
            }
            Way::CopyExpanded => {
                return store
                    .copy(source, &id(), Form::Expanded, &mut AnyContent, &writing)
                    .map(drop);
            }
            Way::Receive => store.begin(&id(), Variant::Plain, &writing)?,
            Way::ReceiveCompressed => store.begin(&id(), Variant::Compressed, &writing)?,
            Way::ReceiveExpanded => store.begin_expanded(&id(), &writing)?,
        };
        let Begin::Write(mut incoming) = begun else {
            return Ok(());
        };
        let sent = if way == Way::Receive { &noise } else { CABINET };
        for part in sent.chunks(500) {
            incoming.append(part)?;
            assert_eq!(Visible::of(store), *visible, "while {way:?} writes");
        }
        match way {
            Way::Receive => incoming.commit(&mut AnyContent).map(drop),
            Way::ReceiveCompressed => incoming.commit_compressed(&mut AnyContent, &writing).map(drop),
            _ => incoming.commit_expanded(&mut AnyContent, &writing).map(drop),
        }
    });
    match result {
        Ok(()) => {
            let slot = match way {
                Way::ReceiveCompressed => &mut visible.compressed,
                _ => &mut visible.plain,
            };
            if slot.is_none() || writing.existing == Existing::Overwrite {
                *slot = Some(content.to_vec());
            }
        }
        Err(error) => {
            assert!(failed.is_some(), "nothing failed for {way:?}: {error}");
            let full = error.as_store().is_some_and(symgate_store::Error::is_full);
            assert!(full, "{way:?}: {error}");
        }
    }
    let now = Visible::of(store);
    assert_eq!(now, *visible, "after {way:?} under {plan:?}, failed: {failed:?}");
}

/// The ways into a store.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Copy,
    CopyExpanded,
    Receive,
    ReceiveCompressed,
    ReceiveExpanded,
}

const WAYS: [Way; 5] = [
    Way::Receive,
    Way::ReceiveCompressed,
    Way::ReceiveExpanded,
    Way::Copy,
    Way::CopyExpanded,
];

fn id() -> FileId {
    "x.pdb/0123".parse().expect("a name and a key")
}

/// A stored cabinet, and its one member.
const CABINET: &[u8] = include_bytes!("../../../crates/symgate-store/tests/vectors/stored.cab");
const MEMBER: &[u8] = b"two";
