//! The unfinished file: its name, its directories, and how every trace of it goes.
//!
//! # Names of unfinished files
//!
//! In the leaf directory, under the lock: `~symgate-plain`, `~symgate-compressed` and
//! `~symgate-pointer`, one for each variant, and `~symgate-expanded` beside a compressed one. The
//! names do not depend on the file's, so none is too long and none ends in a symbol file's extension.
//! Each with `-etag` at its end is reserved for the validator that a resumed transfer will need.
//! Where there is no lock (see [`crate::lock`]) the name ends in `-<process>-<count>`, used by one
//! writer only.
//!
//! # What a crash leaves, and who removes it
//!
//! The unfinished file, which no reader looks for. The next writer of the same symbol file removes
//! all stable names, because it holds the lock; names of writers without lock are removed when a
//! day old, because nobody can know whether their writer lives.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use symgate_path::Variant;

use crate::disk;
use crate::error::{Action, Error};
use crate::layout::{self, RESERVED};
use crate::lock::Lock;

/// An unfinished file.
pub(super) struct Partial {
    // Before `trace`: some systems remove a file only after its last handle is closed.
    pub(super) file: File,
    trace: Trace,
    pub(super) target: PathBuf,
    pub(super) written: u64,
    broken: bool,
}

/// What an unfinished file leaves on the disk; dropping it removes that, unless it was published.
struct Trace {
    path: PathBuf,
    /// Directories that did not exist before, outermost first.
    made: Vec<PathBuf>,
    published: bool,
}

impl Partial {
    /// Makes the directories and the file.
    ///
    /// Another writer may remove an empty directory that it made between our two steps; trying
    /// again makes it anew, and each such loss means that one other writer has gone.
    pub(super) fn create(root: &Path, target: &Path, variant: Variant, lock: &Lock) -> Result<Self, Error> {
        let mut made = Vec::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt =
                make_directories(root, target, &mut made).and_then(|()| Self::beside(target, stem(variant), lock));
            match attempt {
                Ok(mut partial) => {
                    partial.trace.made = made;
                    return Ok(partial);
                }
                Err(Error::Io { ref source, .. })
                    if source.kind() == io::ErrorKind::NotFound && tries < CREATE_TRIES => {}
                Err(error) => {
                    remove_directories(&made);
                    return Err(error);
                }
            }
        }
    }

    /// Makes the file in an existing leaf directory, after sweeping what a crash left there.
    pub(super) fn beside(target: &Path, stem: &str, lock: &Lock) -> Result<Self, Error> {
        let name = if lock.is_exclusive() {
            format!("{RESERVED}{stem}")
        } else {
            let count = UNLOCKED.fetch_add(1, Ordering::Relaxed);
            format!("{RESERVED}{stem}-{}-{count}", std::process::id())
        };
        let path = target.with_file_name(&name);
        if lock.is_exclusive() {
            // Of this name only: the others may be in work under the same lock.
            disk::discard(&path);
        }
        let file = disk::create_new(&path).map_err(|error| Error::io(Action::Create, &path, error))?;
        Ok(Self {
            file,
            trace: Trace {
                path,
                made: Vec::new(),
                published: false,
            },
            target: target.to_owned(),
            written: 0,
            broken: false,
        })
    }

    pub(super) fn append(&mut self, mut bytes: &[u8], limit: u64) -> Result<(), Error> {
        self.usable()?;
        let added = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.written.saturating_add(added) > limit {
            return Err(self.too_large(limit));
        }
        while !bytes.is_empty() {
            let taken = match disk::write(&mut self.file, bytes) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => Ok(taken),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
                Err(error) => Err(error),
            };
            let taken = taken.map_err(|error| {
                self.broken = true;
                Error::io(Action::Write, &self.target, error)
            })?;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        self.written += added;
        Ok(())
    }

    fn too_large(&mut self, limit: u64) -> Error {
        self.broken = true;
        Error::TooLarge {
            path: self.target.clone(),
            limit,
        }
    }

    fn usable(&self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Incomplete {
                path: self.target.clone(),
            });
        }
        Ok(())
    }

    /// Compares what was counted with what was announced and with what the file system has.
    pub(super) fn complete(&self, expected: Option<u64>) -> Result<(), Error> {
        self.usable()?;
        if let Some(expected) = expected.filter(|expected| *expected != self.written) {
            return Err(Error::Length {
                path: self.target.clone(),
                expected,
                written: self.written,
            });
        }
        if self.written == 0 {
            return Err(Error::Empty {
                path: self.target.clone(),
            });
        }
        let stored = self
            .file
            .metadata()
            .map_err(|error| Error::io(Action::Inspect, &self.trace.path, error))?
            .len();
        if stored != self.written {
            return Err(Error::Incomplete {
                path: self.target.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn rewind(&mut self) -> Result<(), Error> {
        self.file
            .rewind()
            .map_err(|error| Error::io(Action::Inspect, &self.trace.path, error))
    }

    /// Brings the content to the disk.
    pub(super) fn flush(&self) -> Result<(), Error> {
        disk::flush(&self.file).map_err(|error| Error::io(Action::Flush, &self.target, error))
    }

    /// Renames the file into its place, where it stays.
    pub(super) fn publish(&mut self) -> Result<(), Error> {
        self.still_ours()?;
        disk::rename(&self.trace.path, &self.target)
            .map_err(|error| Error::io(Action::Publish, &self.target, error))?;
        self.trace.published = true;
        Ok(())
    }

    /// Guards the rename against a share whose locks lie: the name must still be our file's.
    fn still_ours(&self) -> Result<(), Error> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let open = self.file.metadata();
            let named = fs::symlink_metadata(&self.trace.path);
            if let (Ok(open), Ok(named)) = (open, named)
                && (open.dev(), open.ino()) != (named.dev(), named.ino())
            {
                return Err(Error::Incomplete {
                    path: self.target.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        disk::discard(&self.path);
        remove_directories(&self.made);
    }
}

fn stem(variant: Variant) -> &'static str {
    match variant {
        Variant::Plain => "plain",
        Variant::Compressed => "compressed",
        Variant::Pointer => "pointer",
    }
}

/// Creates the directories between `root` and `target`, and remembers those that were not there.
pub(super) fn make_directories(root: &Path, target: &Path, made: &mut Vec<PathBuf>) -> Result<(), Error> {
    let missing: Vec<&Path> = target
        .ancestors()
        .skip(1)
        .take_while(|directory| *directory != root)
        .collect();
    for directory in missing.into_iter().rev() {
        match disk::create_directory(directory) {
            Ok(()) => {
                if !made.iter().any(|known| known == directory) {
                    made.push(directory.to_owned());
                }
            }
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists
                    || layout::inspect(directory)?.is_some_and(|found| found.is_dir()) => {}
            Err(error) => return Err(Error::io(Action::CreateDirectory, directory, error)),
        }
    }
    Ok(())
}

/// Removes directories, innermost first, as far as they are empty.
pub(super) fn remove_directories(made: &[PathBuf]) {
    for directory in made.iter().rev() {
        if disk::remove_directory(directory).is_err() {
            return;
        }
    }
}

/// Removes what crashed writers left in a leaf directory.
pub(crate) fn sweep(leaf: &Path, lock: &Lock) {
    let Ok(entries) = fs::read_dir(leaf) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(RESERVED)) else {
            continue;
        };
        let is_stable = matches!(
            rest.strip_suffix("-etag").unwrap_or(rest),
            "plain" | "compressed" | "pointer" | EXPANDED
        );
        let is_left_over = if is_stable {
            lock.is_exclusive()
        } else {
            entry
                .metadata()
                .and_then(|found| found.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
        };
        if is_left_over {
            // If one stays, `create_new` will say so if it matters.
            disk::discard(&entry.path());
        }
    }
}

/// The stem of a file that is expanded under the lock of the one it comes from.
pub(super) const EXPANDED: &str = "expanded";

static UNLOCKED: AtomicU64 = AtomicU64::new(0);

/// Each retry needs another writer to give up at the same instant.
const CREATE_TRIES: u32 = 16;

/// Longer than any transfer that makes progress.
pub(super) const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
