//! Where a symbol file lies in a store (SYMSRV §2.1), found also when its case differs.
//!
//! A path is root + components of [`FileId`](symgate_path::FileId); nothing else of a caller's
//! text reaches the file system. On a case-sensitive file system an exact miss is followed by a scan
//! of the directories, because keys and names are compared without case on Windows (SYMSRV §2.5).

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Action, Error};

/// What lies where a file was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// A regular file that is not empty, here.
    Found(PathBuf),
    /// The leaf directory exists, the file does not ("file not found", SYMSRV §2.6).
    NoFile,
    /// A directory on the way is missing ("path not found").
    NoPath,
}

/// Finds `components` under `root`, exactly or, where names have case, without regard to it.
pub(crate) fn find(root: &Path, components: &[String]) -> Result<Probe, Error> {
    let exact = join(root, components);
    if is_whole_file(&exact)? {
        return Ok(Probe::Found(exact));
    }
    let mut leaf_seen = match exact.parent() {
        Some(leaf) => inspect(leaf)?.is_some_and(|found| found.is_dir()),
        None => false,
    };
    if !cfg!(windows)
        && let Some(path) = search(root, components, &mut leaf_seen)?
    {
        return Ok(Probe::Found(path));
    }
    Ok(if leaf_seen { Probe::NoFile } else { Probe::NoPath })
}

/// Names the place where `components` are written: existing directories and files are joined
/// whatever their case, so that one symbol file never lies in two places.
pub(crate) fn place(root: &Path, components: &[String]) -> Result<PathBuf, Error> {
    let mut path = root.to_owned();
    for component in components {
        let exact = path.join(component);
        let exists = cfg!(windows) || inspect(&exact)?.is_some();
        path = if exists {
            exact
        } else {
            spellings(&path, component).into_iter().next().unwrap_or(exact)
        };
    }
    Ok(path)
}

/// Says whether a reader may take `path` for a symbol file: regular and not empty (SYMSRV §8,
/// WF299: a zero-byte file is no hit).
pub(crate) fn is_whole_file(path: &Path) -> Result<bool, Error> {
    Ok(inspect(path)?.is_some_and(|found| found.is_file() && found.len() > 0))
}

/// Returns what lies at `path`, following links, or `None` if nothing can lie there.
pub(crate) fn inspect(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput => Ok(None),
            _ => Err(Error::io(Action::Inspect, path, error)),
        },
    }
}

/// Says whether `root` is written for Windows while this system is another: `C:...` or
/// `\\server\share` (DECISIONS §7). Creating it would make a strange local directory.
pub(crate) fn is_foreign(root: &Path) -> bool {
    if cfg!(windows) {
        return false;
    }
    let bytes = root.as_os_str().as_encoded_bytes();
    matches!(bytes, [drive, b':', ..] if drive.is_ascii_alphabetic()) || bytes.starts_with(br"\\")
}

/// Depth first through all spellings: `a.pdb/1/` may exist beside `A.pdb/2/`.
fn search(directory: &Path, components: &[String], leaf_seen: &mut bool) -> Result<Option<PathBuf>, Error> {
    let Some((first, rest)) = components.split_first() else {
        return Ok(None);
    };
    if rest.is_empty() && directory.is_dir() {
        *leaf_seen = true;
    }
    for path in spellings(directory, first) {
        if rest.is_empty() {
            if is_whole_file(&path)? {
                return Ok(Some(path));
            }
        } else if let Some(found) = search(&path, rest, leaf_seen)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Lists the entries of `directory` that are `name` in any case, in a fixed order. A directory that
/// may be passed but not listed has no other spellings.
fn spellings(directory: &Path, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|other| eq_ignore_case(other, name))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

pub(crate) fn join(root: &Path, components: &[String]) -> PathBuf {
    let mut path = root.to_owned();
    path.extend(components);
    path
}

fn eq_ignore_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

/// What the names of this store's own files in a leaf directory begin with.
pub(crate) const RESERVED: &str = "~symgate-";

#[cfg(test)]
mod tests;
