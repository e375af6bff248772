//! Who waits for whom, and what stays behind.

use std::sync::atomic::AtomicBool;

use super::*;

fn acquire(root: &Path, name: &str, writing: &Writing<'_>) -> Result<Lock, Error> {
    Lock::acquire(root, name, Path::new(name), writing)
}

/// Does not wait: the deadline is now.
fn at_once(root: &Path, name: &str) -> Result<Lock, Error> {
    acquire(
        root,
        name,
        &Writing {
            deadline: Some(Instant::now()),
            ..Writing::default()
        },
    )
}

fn lock_files(root: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(root.join(DIRECTORY))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn one_writer_at_a_time_for_one_name() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = at_once(root, "a").unwrap();
    assert!(first.is_exclusive());
    assert!(at_once(root, "a").unwrap_err().is_locked());
    assert!(at_once(root, "b").unwrap().is_exclusive());
    drop(first);
    assert!(at_once(root, "a").unwrap().is_exclusive());
}

#[test]
fn only_the_gate_stays_when_nobody_writes() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = at_once(root, "a").unwrap();
    let second = at_once(root, "b").unwrap();
    drop(first);
    assert_eq!(lock_files(root).len(), 3, "nothing is removed while another writes");
    drop(second);
    assert_eq!(lock_files(root), [GATE]);
}

#[test]
fn lock_files_of_the_dead_are_removed_by_the_living() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    drop(at_once(root, "a").unwrap());
    fs::write(root.join(DIRECTORY).join("00000000deadbeef.lock"), "").unwrap();
    fs::write(root.join(DIRECTORY).join("notes.txt"), "not ours").unwrap();
    drop(at_once(root, "b").unwrap());
    assert_eq!(lock_files(root), [GATE, "notes.txt"]);
}

#[test]
fn a_failed_wait_tidies_up() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = at_once(root, "a").unwrap();
    at_once(root, "a").unwrap_err();
    drop(first);
    assert_eq!(lock_files(root), [GATE]);
}

#[test]
fn a_cancel_ends_the_wait() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let _first = at_once(root, "a").unwrap();
    let cancel = AtomicBool::new(false);
    let writing = Writing {
        cancel: Some(&cancel),
        ..Writing::default()
    };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| acquire(root, "a", &writing));
        cancel.store(true, Ordering::Relaxed);
        let error = waiting.join().unwrap().unwrap_err();
        assert!(error.is_cancelled(), "{error:?}");
    });
}

#[test]
fn a_waiting_writer_goes_on_when_the_lock_is_released() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = at_once(root, "a").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| acquire(root, "a", &Writing::default()));
        drop(first);
        assert!(waiting.join().unwrap().unwrap().is_exclusive());
    });
    assert_eq!(lock_files(root), [GATE]);
}

#[test]
fn many_threads_never_share_a_lock() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let inside = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let lock = acquire(root, "a", &Writing::default()).unwrap();
                    assert!(lock.is_exclusive());
                    assert!(!inside.swap(true, Ordering::SeqCst), "two inside");
                    std::thread::yield_now();
                    assert!(inside.swap(false, Ordering::SeqCst));
                    drop(lock);
                }
            });
        }
    });
    assert_eq!(lock_files(root), [GATE]);
}

#[test]
fn goes_on_where_lock_files_cannot_be_made() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(DIRECTORY), "in the way").unwrap();
    let first = at_once(root.path(), "a").unwrap();
    let second = at_once(root.path(), "a").unwrap();
    assert!(!first.is_exclusive() && !second.is_exclusive());
}

#[cfg(unix)]
#[test]
fn the_lock_directory_is_as_open_as_the_root() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    drop(at_once(root.path(), "a").unwrap());
    let mode = fs::metadata(root.path().join(DIRECTORY)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o1777);
}
