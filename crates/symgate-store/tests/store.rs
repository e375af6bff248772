//! One store, seen through its public API: probing, writing, copying, sizes and errors
//! (SYMSRV §1.2, §2.1, §2.3, §2.6, DECISIONS §7).

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod cabinet;
mod property;

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use cabinet::{MSZIP, STORED, SZDD, content};
use property::{Refused, files_below, id, read};
use symgate_path::{FileId, Tier, Variant};
use symgate_store::{
    AnyContent, Begin, Error, Existing, ExpandError, Form, Incoming, Limits, Pointer, PointerError, Probe, PutError,
    Store, Winner, Writing,
};

#[test]
fn a_new_store_is_made_by_the_first_write_only() {
    let (directory, store) = store();
    let id = id("x.pdb", "K1");
    assert_eq!(store.tier().unwrap(), Tier::One);
    assert_eq!(store.probe(&id, Variant::Plain).unwrap(), Probe::NoPath);
    assert!(!store.root().exists());
    put(&store, &id, Variant::Plain, b"one");
    assert_eq!(fs::read(directory.path().join("sym/x.pdb/K1/x.pdb")).unwrap(), b"one");
}

#[test]
fn index2_makes_a_store_two_tier_for_reading_and_writing() {
    let (_directory, store) = store();
    fs::create_dir(store.root()).unwrap();
    fs::write(store.root().join("index2.txt"), "").unwrap();
    let id = id("ntdll.pdb", "K1");
    let path = put(&store, &id, Variant::Compressed, b"packed");
    assert_eq!(path, store.root().join("nt/ntdll.pdb/K1/ntdll.pd_"));
    assert_eq!(store.probe(&id, Variant::Compressed).unwrap(), Probe::Found(path));
    assert_eq!(store.probe(&id, Variant::Plain).unwrap(), Probe::NoFile);
}

#[test]
fn a_directory_named_index2_does_not_count() {
    let (_directory, store) = store();
    fs::create_dir_all(store.root().join("index2.txt")).unwrap();
    assert_eq!(store.tier().unwrap(), Tier::One);
}

#[test]
fn what_is_no_whole_file_is_no_hit() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    let leaf = store.root().join("x.pdb/K1");
    fs::create_dir_all(&leaf).unwrap();
    assert_eq!(store.probe(&id, Variant::Plain).unwrap(), Probe::NoFile, "nothing");
    File::create(leaf.join("x.pdb")).unwrap();
    assert_eq!(store.probe(&id, Variant::Plain).unwrap(), Probe::NoFile, "zero bytes");
    fs::create_dir(leaf.join("x.pd_")).unwrap();
    assert_eq!(
        store.probe(&id, Variant::Compressed).unwrap(),
        Probe::NoFile,
        "a directory"
    );
    #[cfg(unix)]
    {
        let _listener = std::os::unix::net::UnixListener::bind(leaf.join("file.ptr")).unwrap();
        assert_eq!(store.probe(&id, Variant::Pointer).unwrap(), Probe::NoFile, "a socket");
    }
    // A file where a directory should be is a path that does not exist.
    let other = property::id("x.pdb", "K2");
    fs::write(store.root().join("x.pdb/K2"), "?").unwrap();
    assert_eq!(store.probe(&other, Variant::Plain).unwrap(), Probe::NoPath);
}

#[test]
fn a_zero_byte_file_is_replaced() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    fs::create_dir_all(store.root().join("x.pdb/K1")).unwrap();
    File::create(store.root().join("x.pdb/K1/x.pdb")).unwrap();
    put(&store, &id, Variant::Plain, b"whole");
    assert_eq!(read(&store, &id).unwrap(), b"whole");
}

#[test]
fn an_existing_file_stays_unless_overwriting_is_asked_for() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    put(&store, &id, Variant::Plain, b"first");
    assert!(matches!(
        store.begin(&id, Variant::Plain, &Writing::default()).unwrap(),
        Begin::Exists(path) if path.ends_with("x.pdb/K1/x.pdb")
    ));
    let overwrite = Writing {
        existing: Existing::Overwrite,
        ..Writing::default()
    };
    let mut incoming = begin(&store, &id, Variant::Plain, &overwrite);
    incoming.write_all(b"second").unwrap();
    assert_eq!(read(&store, &id).unwrap(), b"first");
    assert_eq!(incoming.commit(&mut AnyContent).unwrap().winner, Winner::Ours);
    assert_eq!(read(&store, &id).unwrap(), b"second");
}

#[test]
fn a_file_that_appears_meanwhile_wins() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    let mut incoming = begin(&store, &id, Variant::Plain, &Writing::default());
    incoming.write_all(b"ours").unwrap();
    // A program that knows nothing of our lock.
    fs::write(incoming.target(), b"theirs").unwrap();
    let done = incoming.commit(&mut AnyContent).unwrap();
    assert_eq!((done.winner, done.bytes), (Winner::Theirs, 6));
    assert_eq!(read(&store, &id).unwrap(), b"theirs");
    assert_clean(&store);
}

/// Accepts `good`, and nothing else.
fn only_good(file: &mut File, _: u64) -> Result<Vec<()>, Refused> {
    let mut content = Vec::new();
    let read = file.read_to_end(&mut content);
    if read.is_ok() && content == b"good" {
        Ok(Vec::new())
    } else {
        Err(Refused)
    }
}

#[test]
fn a_bad_file_that_appears_meanwhile_is_replaced() {
    let writing = Writing::default();
    for (theirs, winner) in [(&b"<html>"[..], Winner::Ours), (b"good", Winner::Theirs)] {
        let (_directory, store) = store();
        let id = id("x.pdb", "K1");
        let mut incoming = begin(&store, &id, Variant::Plain, &writing);
        incoming.write_all(b"good").unwrap();
        fs::write(incoming.target(), theirs).unwrap();
        assert_eq!(incoming.commit(&mut only_good).unwrap().winner, winner);
        assert_eq!(read(&store, &id).unwrap(), b"good");
        assert_clean(&store);
    }
}

#[test]
fn a_bad_compressed_file_that_appears_meanwhile_is_replaced() {
    let ours = szdd(b"good");
    let writing = Writing::default();
    for (theirs, winner) in [
        (szdd(b"evil"), Winner::Ours),
        (b"MSCF, once".to_vec(), Winner::Ours),
        (ours.clone(), Winner::Theirs),
    ] {
        let (_directory, store) = store();
        let id = id("x.pdb", "K1");
        let mut incoming = begin(&store, &id, Variant::Compressed, &writing);
        incoming.write_all(&ours).unwrap();
        fs::write(incoming.target(), theirs).unwrap();
        let done = incoming.commit_compressed(&mut only_good, &writing).unwrap();
        assert_eq!(done.winner, winner);
        assert_eq!(fs::read(done.path).unwrap(), ours);
        assert_clean(&store);
    }
}

#[test]
fn a_copy_replaces_a_bad_file() {
    let (directory, store) = store();
    let id = id("x.pdb", "K1");
    let from = directory.path().join("from");
    fs::write(&from, b"good").unwrap();
    for (there, winner) in [(&b"<html>"[..], Winner::Ours), (b"good", Winner::Theirs)] {
        put_anyway(&store, &id, there);
        let form = Form::AsIs(Variant::Plain);
        let done = store
            .copy(&from, &id, form, &mut only_good, &Writing::default())
            .unwrap();
        assert_eq!(done.winner, winner);
        assert_eq!(read(&store, &id).unwrap(), b"good");
    }
    assert_clean(&store);
}

#[test]
fn refused_content_never_becomes_visible() {
    type Commit = fn(&Store, Incoming) -> Result<PathBuf, PutError<Refused>>;
    let mut refuse = |_: &mut File, _| -> Result<Vec<()>, Refused> { Err(Refused) };
    let rows: [(&str, &[u8], Commit, &str); 5] = [
        ("empty", b"", |_, incoming| any(incoming), "Empty"),
        (
            "too short",
            b"abc",
            |_, mut incoming| {
                incoming.expect_length(4);
                any(incoming)
            },
            "Length",
        ),
        (
            "too long",
            b"abcde",
            |_, mut incoming| {
                incoming.expect_length(4);
                any(incoming)
            },
            "Length",
        ),
        (
            "truncated behind our back",
            b"abcd",
            |store, incoming| {
                let partial = files_below(&store.root().join("x.pdb")).remove(0);
                File::options().write(true).open(partial).unwrap().set_len(2).unwrap();
                any(incoming)
            },
            "Incomplete",
        ),
        (
            "replaced behind our back",
            b"abcd",
            |store, incoming| {
                if cfg!(unix) {
                    let partial = files_below(&store.root().join("x.pdb")).remove(0);
                    fs::remove_file(&partial).unwrap();
                    fs::write(&partial, "half of another writer's").unwrap();
                    any(incoming)
                } else {
                    Err(Error::Incomplete {
                        path: incoming.target().into(),
                    }
                    .into())
                }
            },
            "Incomplete",
        ),
    ];
    for (name, bytes, commit, expected) in rows {
        let (_directory, store) = store();
        let id = id("x.pdb", "K1");
        let mut incoming = begin(&store, &id, Variant::Plain, &Writing::default());
        incoming.write_all(bytes).unwrap();
        let error = commit(&store, incoming).unwrap_err();
        let error = error.as_store().unwrap_or_else(|| panic!("{name}: refused"));
        assert!(format!("{error:?}").starts_with(expected), "{name}: {error:?}");
        assert_eq!(read(&store, &id), None, "{name}");
        assert_clean(&store);
    }

    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    let mut incoming = begin(&store, &id, Variant::Plain, &Writing::default());
    incoming.write_all(b"wrong GUID").unwrap();
    let error = incoming.commit(&mut refuse).unwrap_err();
    assert!(matches!(&error, PutError::Refused { path, .. } if path.ends_with("x.pdb")));
    assert_eq!(read(&store, &id), None);
    assert_clean(&store);
}

#[test]
fn a_check_sees_the_whole_file_and_its_warnings_come_back() {
    let (_directory, store) = store();
    let mut incoming = begin(&store, &id("x.pdb", "K1"), Variant::Plain, &Writing::default());
    incoming.append(b"whole ").unwrap();
    incoming.append(b"content").unwrap();
    assert_eq!(incoming.written(), 13);
    let mut check = |file: &mut File, length: u64| -> Result<_, Infallible> {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        Ok(vec![format!("{length}: {text}")])
    };
    let done = incoming.commit(&mut check).unwrap();
    assert_eq!(done.warnings, ["13: whole content"]);
}

#[test]
fn a_file_above_the_limit_is_refused_while_it_comes() {
    let (_directory, store) = store();
    let store = store.with_limits(Limits {
        file: 10,
        ..Limits::default()
    });
    let id = id("x.pdb", "K1");
    let mut incoming = begin(&store, &id, Variant::Plain, &Writing::default());
    incoming.write_all(&[1; 10]).unwrap();
    let error = incoming.write_all(&[2]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    assert!(matches!(
        error.get_ref().and_then(|inner| inner.downcast_ref()),
        Some(Error::TooLarge { limit: 10, .. })
    ));
    // The hole cannot be papered over.
    assert!(matches!(incoming.append(&[2]), Err(Error::Incomplete { .. })));
    assert!(any(incoming).is_err());
    assert_clean(&store);
}

#[test]
fn nothing_is_written_where_something_else_lies() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    fs::create_dir_all(store.root().join("x.pdb/K1/x.pdb")).unwrap();
    let error = store.begin(&id, Variant::Plain, &Writing::default()).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error:?}");
    assert!(error.is_unwritable());

    fs::write(store.root().join("y.pdb"), "a file, not a directory").unwrap();
    let id = property::id("y.pdb", "K1");
    let error = store.begin(&id, Variant::Plain, &Writing::default()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[test]
fn reserved_names_are_neither_found_nor_written() {
    let (_directory, store) = store();
    let id = id("~SymGate-plain", "K1");
    let error = store.begin(&id, Variant::Plain, &Writing::default()).unwrap_err();
    assert!(matches!(error, Error::Reserved { .. }), "{error:?}");
    assert!(!store.root().exists());
    assert_eq!(store.probe(&id, Variant::Plain).unwrap(), Probe::NoFile);
}

#[cfg(not(windows))]
#[test]
fn windows_roots_are_refused_elsewhere_and_nothing_is_created() {
    let directory = tempfile::tempdir().unwrap();
    for root in [r"C:\sym", "c:/sym", r"\\server\share\sym", "C:"] {
        let store = Store::new(root);
        let id = id("x.pdb", "K1");
        let errors = [
            store.tier().unwrap_err(),
            store.wants_pointers().unwrap_err(),
            store.probe(&id, Variant::Plain).unwrap_err(),
            store.begin(&id, Variant::Plain, &Writing::default()).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::ForeignRoot { .. }), "{root}: {error:?}");
            assert!(error.is_unwritable(), "{root}");
        }
        assert!(!std::path::Path::new(root).exists(), "{root}");
    }
    // Neither the colon nor the backslash is strange further inside.
    let odd = Store::new(directory.path().join(r"C:\sym"));
    put(&odd, &id("x.pdb", "K1"), Variant::Plain, b"x");
}

#[test]
fn a_cancelled_writer_leaves_nothing() {
    let (_directory, store) = store();
    let cancel = AtomicBool::new(true);
    let writing = Writing {
        cancel: Some(&cancel),
        ..Writing::default()
    };
    let error = store.begin(&id("x.pdb", "K1"), Variant::Plain, &writing).unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    assert!(!store.root().exists());
}

#[test]
fn a_second_writer_of_the_same_file_waits_and_another_file_does_not() {
    let (_directory, store) = store();
    let first = begin(&store, &id("x.pdb", "K1"), Variant::Plain, &Writing::default());
    let impatient = Writing {
        deadline: Some(Instant::now()),
        ..Writing::default()
    };
    // The same file in another spelling and another variant.
    let same = id("X.PDB", "k1");
    let error = store.begin(&same, Variant::Compressed, &impatient).unwrap_err();
    assert!(error.is_locked(), "{error:?}");
    drop(begin(&store, &id("x.pdb", "K2"), Variant::Plain, &impatient));
    drop(first);
    drop(begin(&store, &same, Variant::Compressed, &impatient));
    assert_clean(&store);
}

#[test]
fn copies_stay_compressed_in_the_middle_and_are_expanded_on_the_left() {
    for (name, packed, plain) in [("MSZIP", MSZIP, content(70_000)), ("SZDD", SZDD, content(10_000))] {
        let directory = tempfile::tempdir().unwrap();
        let [left, middle, right] = ["left", "middle", "right"].map(|name| Store::new(directory.path().join(name)));
        let id = id("x.pdb", "K1");
        let found = put(&right, &id, Variant::Compressed, packed);
        let writing = Writing::default();
        let form = Form::AsIs(Variant::Compressed);
        let there = middle.copy(&found, &id, form, &mut AnyContent, &writing).unwrap();
        assert_eq!(fs::read(&there.path).unwrap(), packed, "{name}");
        let here = left
            .copy(&there.path, &id, Form::Expanded, &mut AnyContent, &writing)
            .unwrap();
        assert_eq!(here.winner, Winner::Ours, "{name}");
        assert!(read(&left, &id).unwrap() == plain, "{name}");
        assert_eq!(read(&middle, &id), None, "{name}");
        for store in [&left, &middle, &right] {
            assert_clean(store);
        }
        // The second time nothing is read: the source may be gone.
        fs::remove_file(&there.path).unwrap();
        let again = left
            .copy(&there.path, &id, Form::Expanded, &mut AnyContent, &writing)
            .unwrap();
        assert_eq!(
            (again.winner, again.bytes),
            (Winner::Theirs, plain.len() as u64),
            "{name}"
        );
    }
}

#[test]
fn a_received_cabinet_is_expanded_without_becoming_visible() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    let writing = Writing::default();
    let mut incoming = begin(&store, &id, Variant::Compressed, &writing);
    incoming.write_all(MSZIP).unwrap();
    let done = incoming.commit_expanded(&mut AnyContent, &writing).unwrap();
    assert_eq!(done.bytes, 70_000);
    assert!(read(&store, &id).unwrap() == content(70_000));
    assert_eq!(store.probe(&id, Variant::Compressed).unwrap(), Probe::NoFile);
    assert_clean(&store);
}

#[test]
fn what_is_kept_compressed_is_judged_by_what_is_in_it() {
    let writing = Writing::default();
    let id = id("x.pdb", "K1");
    let mut plain = |file: &mut File, length: u64| -> Result<Vec<()>, io::Error> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, length);
        if bytes == content(70_000) {
            Ok(vec![()])
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    };
    for (bytes, is_right) in [(MSZIP, true), (STORED, false)] {
        let (directory, store) = store();
        let mut incoming = begin(&store, &id, Variant::Compressed, &writing);
        incoming.write_all(bytes).unwrap();
        let received = incoming.commit_compressed(&mut plain, &writing);
        let other = Store::new(directory.path().join("other"));
        let source = directory.path().join("x.pd_");
        fs::write(&source, bytes).unwrap();
        let copied = other.copy(&source, &id, Form::AsIs(Variant::Compressed), &mut plain, &writing);
        for (store, result) in [(&store, received), (&other, copied)] {
            let place = store.root().join("x.pdb/K1/x.pd_");
            match result {
                Ok(done) => {
                    assert!(is_right && done.path == place && done.winner == Winner::Ours);
                    assert_eq!((done.bytes, done.warnings.len()), (bytes.len() as u64, 1));
                    assert_eq!(fs::read(&place).unwrap(), bytes);
                }
                Err(PutError::Refused { path, .. }) => {
                    assert!(!is_right && path == place);
                    assert!(!place.exists());
                }
                Err(error) => panic!("{error:?}"),
            }
            assert_eq!(read(store, &id), None);
            assert_clean(store);
        }
    }
}

#[test]
fn a_damaged_compressed_file_is_not_in_the_way_of_an_expanded_one() {
    let (_directory, store) = store();
    let id = id("x.pdb", "K1");
    let writing = Writing::default();
    put(&store, &id, Variant::Compressed, b"MSCF, once");
    let Begin::Write(mut incoming) = store.begin_expanded(&id, &writing).unwrap() else {
        panic!("the plain file is not there");
    };
    incoming.write_all(MSZIP).unwrap();
    incoming.commit_expanded(&mut AnyContent, &writing).unwrap();
    assert!(read(&store, &id).unwrap() == content(70_000));
    // The plain file is: nothing has to be received again.
    let Begin::Exists(path) = store.begin_expanded(&id, &writing).unwrap() else {
        panic!("the plain file is there");
    };
    assert_eq!(path, store.root().join("x.pdb/K1/x.pdb"));
}

#[test]
fn a_cabinet_that_lies_leaves_nothing_in_any_form() {
    let (directory, store) = store();
    let id = id("x.pdb", "K1");
    let source = directory.path().join("x.pd_");
    let endless = cabinet::Cabinet {
        length: u32::MAX,
        ..cabinet::Cabinet::stored(&[7; 9000])
    };
    let rows: [(&str, Vec<u8>); 4] = [
        ("a page", b"<html>Sign in</html>".to_vec()),
        ("truncated", MSZIP[..5000].to_vec()),
        ("endless", endless.bytes()),
        ("damaged late", {
            let mut bytes = MSZIP.to_vec();
            bytes[9000] ^= 1;
            bytes
        }),
    ];
    for (name, bytes) in rows {
        fs::write(&source, &bytes).unwrap();
        let writing = Writing::default();
        let copied = store.copy(&source, &id, Form::Expanded, &mut AnyContent, &writing);
        let mut incoming = begin(&store, &id, Variant::Compressed, &writing);
        incoming.write_all(&bytes).unwrap();
        let received = incoming.commit_expanded(&mut AnyContent, &writing);
        for result in [copied, received] {
            let Err(PutError::Store(error @ Error::Expand { .. })) = result else {
                panic!("{name}: {result:?}");
            };
            assert!(error.is_content() && !error.is_unwritable(), "{name}: {error:?}");
        }
        assert_eq!(read(&store, &id), None, "{name}");
        assert_clean(&store);
    }
}

#[test]
fn members_above_the_limit_are_refused() {
    let (directory, store) = store();
    let source = directory.path().join("x.pd_");
    fs::write(&source, MSZIP).unwrap();
    for limits in [
        Limits {
            member: 69_999,
            ..Limits::default()
        },
        Limits {
            file: 69_999,
            ..Limits::default()
        },
    ] {
        let store = store.clone().with_limits(limits);
        assert_eq!(store.limits(), limits);
        let result = store.copy(
            &source,
            &id("x.pdb", "K1"),
            Form::Expanded,
            &mut AnyContent,
            &Writing::default(),
        );
        assert!(
            matches!(
                result,
                Err(PutError::Store(Error::Expand {
                    source: ExpandError::TooLarge { limit: 69_999, .. },
                    ..
                }))
            ),
            "{limits:?}"
        );
    }
}

#[test]
fn an_error_of_the_source_names_the_source() {
    let (directory, store) = store();
    let missing = directory.path().join("missing");
    let empty = directory.path().join("empty");
    File::create(&empty).unwrap();
    for (source, expected) in [
        (&missing, "Io { action: Read"),
        (&empty, "Empty"),
        (&directory.path().to_owned(), "NoFile"),
    ] {
        for form in [Form::AsIs(Variant::Plain), Form::Expanded] {
            let result = store.copy(source, &id("x.pdb", "K1"), form, &mut AnyContent, &Writing::default());
            let Err(PutError::Store(error)) = result else {
                panic!("{}: {result:?}", source.display());
            };
            assert!(format!("{error:?}").starts_with(expected), "{error:?}");
            assert!(error.to_string().contains(&source.display().to_string()), "{error}");
            assert!(!error.is_unwritable(), "{error:?}");
            assert_clean(&store);
        }
    }
}

#[test]
fn pointers_are_copied_and_read() {
    let (directory, store) = store();
    assert!(!store.wants_pointers().unwrap());
    assert!(!store.is_marked().unwrap());
    fs::create_dir(store.root()).unwrap();
    fs::write(store.root().join("pingme.txt"), "").unwrap();
    assert!(store.is_marked().unwrap());
    fs::write(store.root().join("wantsptr.txt"), "").unwrap();
    assert!(store.wants_pointers().unwrap());

    let source = directory.path().join("file.ptr");
    fs::write(&source, "PATH:\\\\build\\x.pdb\r\n").unwrap();
    let id = id("x.pdb", "K1");
    let form = Form::AsIs(Variant::Pointer);
    let done = store
        .copy(&source, &id, form, &mut AnyContent, &Writing::default())
        .unwrap();
    assert!(done.path.ends_with("x.pdb/K1/file.ptr"));
    assert_eq!(
        Pointer::read(&done.path).unwrap(),
        Pointer::Path(r"\\build\x.pdb".into())
    );

    fs::write(&source, vec![b'a'; symgate_store::MAX_POINTER + 1]).unwrap();
    let error = Pointer::read(&source).unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Pointer {
                source: PointerError::TooLong,
                ..
            }
        ) && error.is_content(),
        "{error:?}"
    );
    let error = Pointer::read(&directory.path().join("none")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("sym"));
    (directory, store)
}

fn begin(store: &Store, id: &FileId, variant: Variant, writing: &Writing<'_>) -> Incoming {
    match store.begin(id, variant, writing).unwrap() {
        Begin::Write(incoming) => incoming,
        Begin::Exists(path) => panic!("`{}` exists", path.display()),
    }
}

/// Writes over what is there.
fn put_anyway(store: &Store, id: &FileId, content: &[u8]) {
    let existing = Existing::Overwrite;
    let writing = Writing {
        existing,
        ..Writing::default()
    };
    let mut incoming = begin(store, id, Variant::Plain, &writing);
    incoming.write_all(content).unwrap();
    incoming.commit(&mut AnyContent).unwrap();
}

/// Packs nothing: each byte stands for itself.
fn szdd(content: &[u8; 4]) -> Vec<u8> {
    let mut bytes = b"SZDD\x88\xf0\x27\x33Ab\x04\0\0\0\xff".to_vec();
    bytes.extend(content);
    bytes
}

fn put(store: &Store, id: &FileId, variant: Variant, bytes: &[u8]) -> PathBuf {
    let mut incoming = begin(store, id, variant, &Writing::default());
    incoming.write_all(bytes).unwrap();
    incoming.commit(&mut AnyContent).unwrap().path
}

fn any(incoming: Incoming) -> Result<PathBuf, PutError<Refused>> {
    let mut accept = |_: &mut File, _| -> Result<Vec<()>, Refused> { Ok(Vec::new()) };
    incoming.commit(&mut accept).map(|done| done.path)
}

/// No unfinished file and no lock file but the gate is left.
fn assert_clean(store: &Store) {
    for path in files_below(store.root()) {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(!name.starts_with("~symgate-"), "left behind: {}", path.display());
        assert!(
            !name.ends_with(".lock") || name == "gate.lock",
            "left behind: {}",
            path.display()
        );
    }
}

#[test]
fn a_relative_pointer_is_looked_for_below_the_root_and_then_beside_it() {
    let (_directory, store) = store();
    let pointer = store.root().join("x.pdb/K1/file.ptr");
    let outside = store.root().join("../secret");
    for (file, content) in [
        (&pointer, ""),
        (&store.root().join("drop/Both.pdb"), "root"),
        (&store.root().join("x.pdb/K1/drop/Both.pdb"), "leaf"),
        (&store.root().join("x.pdb/K1/beside.pdb"), "leaf"),
        (&outside, "secret"),
    ] {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    for (relative, expected) in [
        (r"drop\Both.pdb", Some("root")),
        ("drop/both.PDB", Some("root")),
        (r".\drop\\Both.pdb", Some("root")),
        ("beside.pdb", Some("leaf")),
        ("drop", None),
        ("nothing", None),
        ("", None),
        (".", None),
        (r"..\secret", None),
        ("drop/../../secret", None),
        // Nothing is in it.
        ("file.ptr", None),
    ] {
        let found = store.resolve(&pointer, relative).unwrap();
        let content = found.map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(content.as_deref(), expected, "{relative}");
    }
}
