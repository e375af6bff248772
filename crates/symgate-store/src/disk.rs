//! The only functions of this crate that change the disk.
//!
//! Each begins at a fault point. In unit tests the n-th call can be made to fail, and with it every
//! later one, which is how the law "after a failure at any write, a reader finds the old file, the
//! new file, or none" is driven through every step. In a build without tests the point
//! is an empty function.

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

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "has the shape of its counterpart in tests")]
const fn fault(_step: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use faults::fault;

#[cfg(test)]
pub(crate) mod faults {
    //! Per-thread countdown to the injected failure.

    use std::cell::Cell;
    use std::io;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Plan {
        /// Nothing fails.
        Never,
        /// The n-th step fails, later ones work: a full disk, a refused rename.
        Once(u32),
        /// The n-th step and all later ones fail: the process was killed there.
        From(u32),
    }

    thread_local! {
        static PLAN: Cell<Plan> = const { Cell::new(Plan::Never) };
        static FIRED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Runs `work` under `plan` and names the step that failed, if it was reached.
    pub(crate) fn with<T>(plan: Plan, work: impl FnOnce() -> T) -> (T, Option<&'static str>) {
        PLAN.set(plan);
        FIRED.set(None);
        let result = work();
        PLAN.set(Plan::Never);
        (result, FIRED.get())
    }

    pub(crate) fn fault(step: &'static str) -> io::Result<()> {
        let (next, fails) = match PLAN.get() {
            Plan::Never => (Plan::Never, false),
            Plan::Once(0) => (Plan::Never, true),
            Plan::Once(n) => (Plan::Once(n - 1), false),
            Plan::From(0) => (Plan::From(0), true),
            Plan::From(n) => (Plan::From(n - 1), false),
        };
        PLAN.set(next);
        if fails {
            FIRED.set(FIRED.get().or(Some(step)));
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}
