//! One writer at a time for one symbol file (DECISIONS §7, "Advisory OS lock").
//!
//! # Where the lock files live
//!
//! In the directory `.symgate` of the store's root: one file `<hash>.lock` for each symbol file that
//! is being written, and one file `gate.lock`. Not in the leaf directories, because a lock file
//! there would have to stay for ever beside each symbol file: removing it races with the next
//! writer that has opened it and not locked it yet.
//!
//! # How they are removed without a race
//!
//! Whoever opens a `<hash>.lock` holds `gate.lock` *shared* from before the open until after the
//! close. Lock files are removed only by somebody who holds `gate.lock` *exclusively*, so at a
//! moment when nobody has one open: a file is never removed while it is held or waited for, and no
//! two writers can hold locks on two files of the same name. The exclusive lock is only ever tried,
//! never waited for, by each writer when it is done; the last one of several finds it free and
//! removes what all of them left, and what a killed one left. `gate.lock` itself stays: it is the
//! only file this module leaves in a store.
//!
//! The operating system releases both locks when a process dies, whatever the way. A program that is
//! just being started by this process has copies of the handles for an instant: a lock may be found
//! taken, and lock files be left for the next writer to remove, that much longer.
//!
//! # Where there are no locks
//!
//! Some network shares refuse to lock, and a directory of another user may not let us create a
//! lock file. Then the writer goes on without: it uses a name of its own for the unfinished file
//! (see `write/partial.rs`) instead of the stable one, so two writers cost a second transfer and
//! nothing else. The lock saves work; the rename alone keeps readers safe.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::disk;
use crate::error::Error;
use crate::write::Writing;

/// The right to write one symbol file in one store, or the knowledge that nobody can give it.
#[derive(Debug)]
pub(crate) struct Lock {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    directory: PathBuf,
    // `Option` because the handles must be closed, in this order, before the tidying.
    file: Option<File>,
    gate: Option<File>,
}

impl Lock {
    /// Takes the lock called `name` in the store at `root`, which must exist. `path` is for errors.
    pub(crate) fn acquire(root: &Path, name: &str, path: &Path, writing: &Writing<'_>) -> Result<Self, Error> {
        let free = Self { held: None };
        let directory = root.join(DIRECTORY);
        if make_directory(root, &directory).is_err() {
            return Ok(free);
        }
        let Ok(gate) = open(&directory.join(GATE)) else {
            return Ok(free);
        };
        if !wait(&gate, File::try_lock_shared, path, writing)? {
            return Ok(free);
        }
        // From here on the guard tidies up, also when waiting for the second lock fails.
        let mut held = Held {
            directory,
            file: None,
            gate: Some(gate),
        };
        let file = format!("{:016x}.{EXTENSION}", fnv1a(name.as_bytes()));
        let Ok(file) = open(&held.directory.join(file)) else {
            return Ok(free);
        };
        let file = held.file.insert(file);
        if !wait(file, File::try_lock, path, writing)? {
            return Ok(free);
        }
        Ok(Self { held: Some(held) })
    }

    /// Says whether no other writer can have the same file in work.
    pub(crate) const fn is_exclusive(&self) -> bool {
        self.held.is_some()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing releases; `File::unlock` is not needed and fails under some emulations.
        drop(self.file.take());
        drop(self.gate.take());
        tidy(&self.directory);
    }
}

/// Removes all lock files if nobody is writing to this store.
fn tidy(directory: &Path) {
    let Ok(gate) = open(&directory.join(GATE)) else {
        return;
    };
    if gate.try_lock().is_err() {
        return;
    }
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_lock = path.extension().is_some_and(|found| found == EXTENSION);
        if is_lock && entry.file_name() != GATE {
            disk::discard(&path);
        }
    }
}

/// Polls until the lock is ours (`true`) or turns out not to exist on this file system (`false`).
fn wait(
    file: &File,
    attempt: fn(&File) -> Result<(), TryLockError>,
    path: &Path,
    writing: &Writing<'_>,
) -> Result<bool, Error> {
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt(file) {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(_)) => return Ok(false),
        }
        if writing.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(Error::Cancelled { path: path.to_owned() });
        }
        let mut left = LONGEST_PAUSE;
        if let Some(deadline) = writing.deadline {
            left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::LockTimeout { path: path.to_owned() });
            }
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Makes the directory with the permissions of the root, so that who may add symbol files to a
/// shared store may also lock.
fn make_directory(root: &Path, directory: &Path) -> io::Result<()> {
    match fs::create_dir(directory) {
        Ok(()) => {
            #[cfg(unix)]
            fs::set_permissions(directory, fs::metadata(root)?.permissions())?;
            #[cfg(not(unix))]
            let _ = root;
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a lock file; one that another user made is opened for reading, which is enough to lock.
fn open(path: &Path) -> io::Result<File> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    match opened {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(path),
        other => other,
    }
}

/// FNV-1a, 64 bits. Two names with the same value only wait for each other.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The store's own directory in the root.
pub(crate) const DIRECTORY: &str = ".symgate";
const GATE: &str = "gate.lock";
const EXTENSION: &str = "lock";

/// Short, because most waits are for another worker's tidying.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// Half of what a cancel may take to be noticed (100 ms).
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
