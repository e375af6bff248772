//! The only functions of this crate that change the disk.
//!
//! Each begins at a fault point. In unit tests, and with the feature `faults`, the n-th call can be
//! made to fail, and with it every later one, which is how the law "after a failure at any write, a
//! reader finds the old file, the new file, or none" is driven through every step. In any other
//! build the point is an empty function.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    fault("create directory")?;
    fs::create_dir(path)
}

pub(crate) fn create_directory_all(path: &Path) -> io::Result<()> {
    fault("create root")?;
    fs::create_dir_all(path)
}

/// Creates a file that must not exist yet; a symbolic link at the place is not followed.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    fault("create")?;
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

pub(crate) fn write(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    fault("write")?;
    file.write(bytes)
}

pub(crate) fn flush(file: &File) -> io::Result<()> {
    fault("flush")?;
    file.sync_data()
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault("rename")?;
    fs::rename(from, to)
}

/// Removes a file that no reader looks for, if possible: one that stays does no harm.
pub(crate) fn discard(path: &Path) {
    fault("discard").and_then(|()| fs::remove_file(path)).ok();
}

pub(crate) fn remove_directory(path: &Path) -> io::Result<()> {
    fault("remove directory")?;
    fs::remove_dir(path)
}

#[cfg(not(any(test, feature = "faults")))]
#[expect(clippy::unnecessary_wraps, reason = "has the shape of its counterpart in tests")]
const fn fault(_step: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(any(test, feature = "faults"))]
use crate::faults::fault;
