//! What can go wrong with a store, grouped by whose fault it is.
//!
//! Every error about the disk carries the path. The predicates ([`Error::is_unwritable`],
//! [`Error::is_full`], [`Error::is_locked`], [`Error::is_content`]) are what a caller branches on:
//! SYMSRV §1.2 skips a store that cannot be written, and the command's exit status 5 (DECISIONS §1)
//! stands for permission, space and lock.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::expand::ExpandError;
use crate::pointer::PointerError;

/// A failure of a [`Store`](crate::Store) that is not the word of a [`Check`](crate::Check).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for a file whose name the store keeps for its own use.
    #[error("names that begin with `{prefix}` are reserved, `{name}` cannot be stored", prefix = crate::layout::RESERVED)]
    Reserved {
        /// The name that was asked for.
        name: String,
    },
    /// The root is written for Windows and this system is not (DECISIONS §7).
    #[error("`{root}` is a Windows path and cannot be reached from this system")]
    ForeignRoot {
        /// The root as it was given.
        root: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: Action,
        /// On which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A directory or a special file lies where the file belongs.
    #[error("`{path}` is not a regular file")]
    Occupied {
        /// What lies there.
        path: PathBuf,
    },
    /// What is to be copied is a directory or a special file.
    #[error("`{path}` cannot be copied, it is not a regular file")]
    NoFile {
        /// What lies there.
        path: PathBuf,
    },
    /// The deadline passed while another writer held the lock.
    #[error("timed out while another program was writing `{path}`")]
    LockTimeout {
        /// The file both wanted to write.
        path: PathBuf,
    },
    /// The caller cancelled.
    #[error("cancelled while writing `{path}`")]
    Cancelled {
        /// The file that was not written.
        path: PathBuf,
    },
    /// An earlier write failed, or somebody else replaced the unfinished file.
    #[error("`{path}` was not received completely")]
    Incomplete {
        /// The file that was not written.
        path: PathBuf,
    },
    /// There was no content. An empty symbol file is never a symbol file (SYMSRV §8, WF299).
    #[error("nothing was received for `{path}`")]
    Empty {
        /// The file that was not written, or the empty source of a copy.
        path: PathBuf,
    },
    /// Another number of bytes came than was announced.
    #[error("{written} bytes were received for `{path}`, {expected} were announced")]
    Length {
        /// The file that was not written.
        path: PathBuf,
        /// Bytes announced.
        expected: u64,
        /// Bytes received.
        written: u64,
    },
    /// A compressed member could not be expanded.
    #[error("cannot expand `{path}`")]
    Expand {
        /// The compressed file, or the place it was received for.
        path: PathBuf,
        /// Why not.
        source: ExpandError,
    },
    /// A `file.ptr` could not be understood.
    #[error("cannot follow `{path}`")]
    Pointer {
        /// The pointer file.
        path: PathBuf,
        /// Why not.
        source: PointerError,
    },
    /// The content is larger than [`Limits::file`](crate::Limits::file).
    #[error("`{path}` would exceed the limit of {limit} bytes")]
    TooLarge {
        /// The file that was not written.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
}

impl Error {
    pub(crate) fn io(action: Action, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Says whether it is this store that cannot take the file, whatever its content, so that a cascade goes on without
    /// it (SYMSRV §1.2): a root that means nothing here, no permission, no space, a dead share, something else at the
    /// file's place, another writer that holds the lock.
    ///
    /// The system has no closed list of errors for a share that died, so each of its refusals counts but that of
    /// reading the source.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Self::ForeignRoot { .. } | Self::Occupied { .. } | Self::LockTimeout { .. } => true,
            Self::Io { action, .. } => *action != Action::Read,
            _ => false,
        }
    }

    /// Says whether space, a quota or the largest possible file was the limit.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(
            self,
            Self::Io { source, .. } if matches!(
                source.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge
            )
        )
    }

    /// Says whether the lock of another writer was the reason.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::LockTimeout { .. })
    }

    /// Says whether the caller's own cancel was the reason.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }

    /// Says whether the content is to blame and not this store: it is empty, too short, too long,
    /// larger than the limit or cannot be expanded or followed.
    #[must_use]
    pub fn is_content(&self) -> bool {
        match self {
            Self::Empty { .. } | Self::Length { .. } | Self::Pointer { .. } | Self::TooLarge { .. } => true,
            Self::Expand { source, .. } => !matches!(source, ExpandError::Read { .. }),
            _ => false,
        }
    }
}

/// What the store tried when the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Make a directory.
    CreateDirectory,
    /// Make a new file.
    Create,
    /// Append to the unfinished file.
    Write,
    /// Bring the unfinished file to the disk.
    Flush,
    /// Rename the finished file to its place.
    Publish,
    /// Ask what lies at a path.
    Inspect,
    /// Read a file, the source of a copy or a pointer.
    Read,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateDirectory => "create the directory",
            Self::Create => "create",
            Self::Write => "write",
            Self::Flush => "flush to disk",
            Self::Publish => "rename into place",
            Self::Inspect => "look at",
            Self::Read => "read",
        })
    }
}

/// Why a file did not become visible: the content was refused, or the store failed.
///
/// `R` is the refusal of the [`Check`](crate::Check) that was given.
#[derive(Debug)]
pub enum PutError<R> {
    /// The check said that this is not the right content. Nothing became visible.
    Refused {
        /// The place that the content was meant for.
        path: PathBuf,
        /// The word of the check.
        refusal: R,
    },
    /// Everything else. Nothing became visible.
    Store(Error),
}

impl<R> PutError<R> {
    /// Returns the store's own error, if the content was not refused.
    #[must_use]
    pub fn as_store(&self) -> Option<&Error> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused { .. } => None,
        }
    }
}

impl<R> From<Error> for PutError<R> {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl<R> fmt::Display for PutError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { path, .. } => {
                write!(f, "the content for `{}` was refused", path.display())
            }
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl<R: std::error::Error + 'static> std::error::Error for PutError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Store(error) => error.source(),
        }
    }
}

#[cfg(test)]
mod tests;
