//! After a failure at any write, a reader finds the old file, the new file, or
//! none. Every step that changes the disk is made to fail once, and is made the last one ever.

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime};

use symgate_path::FileId;

use super::partial::{ABANDONED, make_directories, remove_directories};
use super::*;
use crate::check::AnyContent;
use crate::copy::Form;
use crate::faults::{self, Plan};
use crate::layout::{Probe, RESERVED};
use crate::store::Store;

/// gcab's stored cabinet of the member `two`, see `tests/vectors/README.md`.
const CABINET: &[u8] = include_bytes!("../../tests/vectors/stored.cab");

type Put = Result<Committed<Infallible>, PutError<Infallible>>;

/// One way to write: the name, the content that readers find, and the work.
struct Way {
    name: &'static str,
    variant: Variant,
    content: &'static [u8],
    put: fn(&Store, &FileId, &Path, &Writing<'_>) -> Put,
}

const WAYS: [Way; 5] = [
    Way {
        name: "received in two parts",
        variant: Variant::Plain,
        content: b"new content",
        put: |store, id, _, writing| {
            let Begin::Write(mut incoming) = store.begin(id, Variant::Plain, writing)? else {
                panic!("nothing was there");
            };
            incoming.append(b"new ")?;
            incoming.append(b"content")?;
            incoming.commit(&mut AnyContent)
        },
    },
    Way {
        name: "received compressed",
        variant: Variant::Plain,
        content: b"two",
        put: |store, id, _, writing| {
            let Begin::Write(mut incoming) = store.begin(id, Variant::Compressed, writing)? else {
                panic!("nothing was there");
            };
            incoming.append(CABINET)?;
            incoming.commit_expanded(&mut AnyContent, writing)
        },
    },
    Way {
        name: "kept compressed",
        variant: Variant::Compressed,
        content: CABINET,
        put: |store, id, _, writing| {
            let Begin::Write(mut incoming) = store.begin(id, Variant::Compressed, writing)? else {
                panic!("nothing was there");
            };
            incoming.append(CABINET)?;
            incoming.commit_compressed(&mut AnyContent, writing)
        },
    },
    Way {
        name: "copied",
        variant: Variant::Plain,
        content: CABINET,
        put: |store, id, from, writing| {
            let form = Form::AsIs(Variant::Plain);
            store.copy(from, id, form, &mut AnyContent, writing)
        },
    },
    Way {
        name: "copied expanded",
        variant: Variant::Plain,
        content: b"two",
        put: |store, id, from, writing| store.copy(from, id, Form::Expanded, &mut AnyContent, writing),
    },
];

#[test]
fn after_a_failure_at_any_step_a_reader_finds_a_whole_file_or_none() {
    for way in &WAYS {
        for before in [None, Some(&b"old"[..])] {
            for plan in [Plan::Once, Plan::From] {
                let mut reached = 0;
                while check(way, before, plan(reached)) {
                    reached += 1;
                }
                assert!(reached > 5, "{}: only {reached} steps", way.name);
            }
        }
    }
}

/// Returns whether the plan's failure was reached.
fn check(way: &Way, before: Option<&[u8]>, plan: Plan) -> bool {
    let row = format!("{}, before {before:?}, {plan:?}", way.name);
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    fs::write(&source, CABINET).unwrap();
    let store = Store::new(directory.path().join("sym"));
    let id = id();
    let writing = Writing {
        existing: Existing::Overwrite,
        ..Writing::default()
    };
    if let Some(old) = before {
        fs::create_dir_all(store.root().join("x.pdb/K1")).unwrap();
        fs::write(store.root().join("x.pdb/K1").join(&*id.leaf(way.variant)), old).unwrap();
    }

    let (result, failed) = faults::with(plan, || (way.put)(&store, &id, &source, &writing));

    let seen = read_variant(&store, &id, way.variant);
    match &result {
        Ok(_) => assert_eq!(seen.as_deref(), Some(way.content), "{row}"),
        Err(PutError::Store(error)) => {
            assert_eq!(seen.as_deref(), before, "{row}: {error}");
            assert!(error.is_full(), "{row}: {error:?}");
        }
        Err(PutError::Refused { .. }) => panic!("{row}: nobody refuses"),
    }
    // A failure that the program survives leaves no trace, unless removing was what failed.
    let removal = matches!(failed, Some("discard" | "remove directory"));
    if matches!(plan, Plan::Once(_)) && !removal {
        assert_eq!(unfinished(&store), [] as [String; 0], "{row}, failed: {failed:?}");
        let empty = store.root().join("x.pdb").is_dir() && seen.is_none();
        assert!(!empty, "{row}: directories were left");
    }

    // The next writer succeeds and sweeps what is left.
    (way.put)(&store, &id, &source, &writing).unwrap();
    assert_eq!(
        read_variant(&store, &id, way.variant).as_deref(),
        Some(way.content),
        "{row}"
    );
    assert_eq!(unfinished(&store), [] as [String; 0], "{row}, at the end");
    failed.is_some()
}

#[test]
fn every_step_but_the_sweeping_must_succeed() {
    const BEFORE: [(&str, bool); 6] = [
        ("create root", false),
        ("create directory", false),
        ("create directory", false),
        ("discard", true), // a leftover of the same name
        ("create", false),
        ("write", false),
    ];
    const AFTER: [(&str, bool); 2] = [
        ("rename", false),
        ("discard", true), // the lock file
    ];
    for (durability, flush) in [(Durability::Flushed, &[("flush", false)][..]), (Durability::Off, &[])] {
        let writing = Writing {
            durability,
            ..Writing::default()
        };
        let mut steps = Vec::new();
        loop {
            let (_directory, store) = lockable();
            let (result, failed) = faults::with(Plan::Once(steps.len().try_into().unwrap()), || {
                let Begin::Write(mut incoming) = store.begin(&id(), Variant::Plain, &writing)? else {
                    panic!("nothing was there");
                };
                incoming.append(b"content")?;
                incoming.commit(&mut AnyContent)
            });
            match failed {
                Some(step) => steps.push((step, result.is_ok())),
                None => break,
            }
        }
        assert_eq!(steps, [&BEFORE[..], flush, &AFTER].concat(), "{durability:?}");
    }
}

#[test]
fn a_failed_write_cannot_be_passed_over() {
    let (_directory, store) = lockable();
    let mut incoming = begin(&store);
    incoming.append(b"one ").unwrap();
    let (result, _) = faults::with(Plan::Once(0), || incoming.append(b"two "));
    assert!(result.unwrap_err().is_full());
    let error = incoming.append(b"three").unwrap_err();
    assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
    let error = incoming.commit(&mut AnyContent).unwrap_err();
    assert!(matches!(error.as_store(), Some(Error::Incomplete { .. })), "{error:?}");
    assert_eq!(read(&store, &id()), None);
}

#[test]
fn a_cancel_in_the_middle_of_a_copy_leaves_nothing() {
    let cancel = AtomicBool::new(true);
    let cancelled = Writing {
        cancel: Some(&cancel),
        ..Writing::default()
    };
    type Fill = fn(&mut Incoming, &mut File, &Path, &Writing<'_>) -> Result<(), Error>;
    for fill in [Incoming::append_file as Fill, Incoming::append_expanded] {
        let (directory, store) = lockable();
        let name = directory.path().join("source");
        fs::write(&name, CABINET).unwrap();
        let mut source = File::open(&name).unwrap();
        let mut incoming = begin(&store);
        let error = fill(&mut incoming, &mut source, &name, &cancelled).unwrap_err();
        assert!(error.is_cancelled(), "{error:?}");
        drop(incoming);
        assert!(!store.root().join("x.pdb").exists());
    }
}

#[test]
fn without_locks_writers_do_not_share_a_name_and_both_succeed() {
    let (_directory, store) = unlockable();
    let [mut first, mut second] = [0; 2].map(|_| begin(&store));
    first.append(b"first").unwrap();
    second.append(b"second").unwrap();
    assert_eq!(unfinished(&store).len(), 2);
    let done = first.commit(&mut AnyContent).unwrap();
    assert_eq!(done.winner, Winner::Ours);
    let done = second.commit(&mut AnyContent).unwrap();
    assert_eq!(done.winner, Winner::Theirs);
    assert_eq!(read(&store, &id()).unwrap(), b"first");
    assert_eq!(unfinished(&store), [] as [String; 0]);
}

#[test]
fn sweeps_what_nobody_can_be_writing() {
    let day_ago = SystemTime::now() - ABANDONED - Duration::from_secs(60);
    // name, old, swept under the lock, swept without
    let rows = [
        ("~symgate-plain", false, true, false),
        ("~symgate-compressed", false, true, false),
        ("~symgate-pointer", false, true, false),
        ("~symgate-expanded", false, true, false),
        ("~symgate-plain-etag", false, true, false),
        ("~symgate-plain-77-0", false, false, false),
        ("~symgate-plain-77-1", true, true, true),
        ("x.pdb", true, false, false),
        ("refs.ptr", true, false, false),
    ];
    for locked in [true, false] {
        let (_directory, store) = if locked { lockable() } else { unlockable() };
        let leaf = store.root().join("x.pdb/K1");
        fs::create_dir_all(&leaf).unwrap();
        for (name, old, ..) in rows {
            let file = File::create(leaf.join(name)).unwrap();
            if old {
                file.set_modified(day_ago).unwrap();
            }
        }
        drop(begin(&store));
        for (name, _, swept_locked, swept_unlocked) in rows {
            let swept = if locked { swept_locked } else { swept_unlocked };
            assert_eq!(!leaf.join(name).exists(), swept, "{name}, locked: {locked}");
        }
    }
}

#[test]
fn the_name_of_an_unfinished_file_has_no_extension() {
    for (_directory, store) in [lockable(), unlockable()] {
        let _incoming = begin(&store);
        let [name] = unfinished(&store).try_into().unwrap();
        assert_eq!(Path::new(&name).extension(), None, "{name}");
    }
}

#[test]
fn a_directory_that_vanishes_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let target = root.join("x.pdb/K1/x.pdb");
    let mut made = Vec::new();
    make_directories(root, &target, &mut made).unwrap();
    fs::remove_dir_all(root.join("x.pdb")).unwrap();
    make_directories(root, &target, &mut made).unwrap();
    assert_eq!(made, [root.join("x.pdb"), root.join("x.pdb/K1")]);
    remove_directories(&made);
    assert!(!root.join("x.pdb").exists());
}

fn id() -> FileId {
    "x.pdb/K1".parse().unwrap()
}

fn lockable() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    (directory, store)
}

/// A store where lock files cannot be made.
fn unlockable() -> (tempfile::TempDir, Store) {
    let (directory, store) = lockable();
    fs::write(directory.path().join(crate::lock::DIRECTORY), "").unwrap();
    (directory, store)
}

fn begin(store: &Store) -> Incoming {
    match store.begin(&id(), Variant::Plain, &Writing::default()).unwrap() {
        Begin::Write(incoming) => incoming,
        Begin::Exists(path) => panic!("`{}` exists", path.display()),
    }
}

fn read(store: &Store, id: &FileId) -> Option<Vec<u8>> {
    read_variant(store, id, Variant::Plain)
}

fn read_variant(store: &Store, id: &FileId, variant: Variant) -> Option<Vec<u8>> {
    match store.probe(id, variant).unwrap() {
        Probe::Found(path) => Some(fs::read(path).unwrap()),
        Probe::NoFile | Probe::NoPath => None,
    }
}

fn unfinished(store: &Store) -> Vec<String> {
    fs::read_dir(store.root().join("x.pdb/K1"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(RESERVED))
        .collect()
}
