//! How a symbol file becomes visible: received beside its place, checked, flushed, renamed
//! (DECISIONS §7).

mod partial;

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use symgate_path::Variant;

use crate::check::Check;
use crate::copy;
use crate::error::{Action, Error, PutError};
use crate::expand::{ExpandFailure, expand};
use crate::layout;
use crate::lock::Lock;
use crate::store::Limits;

pub(crate) use partial::sweep;
use partial::{EXPANDED, Partial};

/// How a file is to be written. The default keeps an existing file, flushes, and waits for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writing<'c> {
    /// What to do when the file is there already.
    pub existing: Existing,
    /// Whether the file is brought to the disk before it becomes visible.
    pub durability: Durability,
    /// Looked at every 50 ms while waiting for a lock and every megabyte or so while copying and
    /// expanding.
    pub cancel: Option<&'c AtomicBool>,
    /// When waiting for another writer's lock becomes an error.
    pub deadline: Option<Instant>,
}

impl Writing<'_> {
    pub(crate) fn proceed(&self, path: &Path) -> Result<(), Error> {
        match self.cancel {
            Some(cancel) if cancel.load(Ordering::Relaxed) => Err(Error::Cancelled { path: path.to_owned() }),
            _ => Ok(()),
        }
    }
}

/// What to do with a file that is already in its place (SYMSRV §2.6: "never overwritten, unless").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// A file that the caller's check accepts stays, whoever wrote it. Where there is no check to ask, as in
    /// [`Store::begin`](crate::Store::begin), one that is not empty.
    #[default]
    Keep,
    /// It is replaced, as by `SYMOPT_OVERWRITE` or `.reload /o`.
    Overwrite,
}

/// Whether content reaches the disk before the name does (DECISIONS §7, "Durability").
///
/// The rename itself is not flushed: after a power failure a reader finds the old state or the new
/// one, both whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Each file is flushed before its rename.
    #[default]
    Flushed,
    /// The operating system decides; after a power failure a file may be visible and damaged.
    Off,
}

/// The answer to [`Store::begin`](crate::Store::begin).
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each file, and a box would show in every caller"
)]
pub enum Begin {
    /// Somebody wrote the file already; it is here.
    Exists(PathBuf),
    /// Write it.
    Write(Incoming),
}

/// A file that became visible, or that was found visible.
#[derive(Debug)]
pub struct Committed<W> {
    /// Where readers find it.
    pub path: PathBuf,
    /// Bytes received, or the length of the file that was found.
    pub bytes: u64,
    /// Whose content it is.
    pub winner: Winner,
    /// What the check found odd. Empty when the other content won.
    pub warnings: Vec<W>,
}

/// Whose content a visible file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    /// What was written here.
    Ours,
    /// Another writer was faster; ours was thrown away.
    Theirs,
}

/// A file that is being received. Nobody sees it before [`commit`](Self::commit), and dropping it
/// removes every trace.
///
/// [`Write`] appends. A failed write cannot be repeated: the content would have a hole.
pub struct Incoming {
    // Before `lock`: the unfinished file is removed while the lock is still held.
    partial: Partial,
    place: Place,
    variant: Variant,
    expected: Option<u64>,
    limits: Limits,
    existing: Existing,
    durability: Durability,
    lock: Lock,
}

/// The leaf directory and the visible names of one symbol file in one store.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) plain: PathBuf,
    pub(crate) compressed: PathBuf,
    pub(crate) pointer: PathBuf,
}

impl Place {
    fn of(&self, variant: Variant) -> &Path {
        match variant {
            Variant::Plain => &self.plain,
            Variant::Compressed => &self.compressed,
            Variant::Pointer => &self.pointer,
        }
    }
}

impl Incoming {
    /// Called with the lock in hand and after the look at the place.
    pub(crate) fn create(
        root: &Path,
        place: Place,
        variant: Variant,
        visible: Variant,
        writing: &Writing<'_>,
        limits: Limits,
        lock: Lock,
    ) -> Result<Self, Error> {
        let target = place.of(variant).to_owned();
        refuse_occupied(place.of(visible))?;
        let partial = Partial::create(root, &target, variant, &lock)?;
        Ok(Self {
            partial,
            place,
            variant,
            expected: None,
            limits,
            existing: writing.existing,
            durability: writing.durability,
            lock,
        })
    }

    /// Says how many bytes will come; [`commit`](Self::commit) refuses another number.
    pub const fn expect_length(&mut self, bytes: u64) {
        self.expected = Some(bytes);
    }

    /// Returns the number of bytes received so far.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.partial.written
    }

    /// Returns the place where the file will be visible.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.partial.target
    }

    /// Appends all of `bytes`, with an error that names the file; what [`Write`] does, typed.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::TooLarge`] beyond [`Limits::file`], [`Error::Incomplete`] after an
    /// earlier failure.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.partial.append(bytes, self.limits.file)
    }

    /// Appends the whole of `source`, which is called `name` in errors.
    pub(crate) fn append_file(&mut self, source: &mut File, name: &Path, writing: &Writing<'_>) -> Result<(), Error> {
        let mut buffer = vec![0; COPY_STEP];
        loop {
            writing.proceed(&self.partial.target)?;
            match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.append(buffer.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(Action::Read, name, error)),
            }
        }
    }

    /// Checks the content and makes it visible under its name.
    ///
    /// In this order: number of bytes, not empty, `check`, flush, another writer's file (which wins
    /// if `check` accepts it too, unless [`Existing::Overwrite`]), rename. A rename that the system
    /// denies because a reader has the winner open (Windows) ends in [`Winner::Theirs`].
    ///
    /// # Errors
    /// [`PutError::Refused`] by `check`; else [`Error::Length`], [`Error::Empty`],
    /// [`Error::Incomplete`], [`Error::Io`]. In each case nothing became visible, and what was
    /// visible before still is.
    pub fn commit<C: Check>(mut self, check: &mut C) -> Result<Committed<C::Warning>, PutError<C::Refusal>> {
        self.partial.complete(self.expected)?;
        publish(&mut self.partial, check, self.existing, self.durability)
    }

    /// Expands what was received as `fil_` and makes only the expanded file visible, as the
    /// leftmost store wants it (SYMSRV §1.2). Both files are unfinished until then.
    ///
    /// # Errors
    /// As [`commit`](Self::commit), and [`Error::Expand`].
    pub fn commit_expanded<C: Check>(
        mut self,
        check: &mut C,
        writing: &Writing<'_>,
    ) -> Result<Committed<C::Warning>, PutError<C::Refusal>> {
        self.partial.complete(self.expected)?;
        let mut plain = self.expanded(writing)?;
        publish(&mut plain, check, self.existing, self.durability)
    }

    /// Makes what was received as `fil_` visible as it is, as a store in the middle of a chain wants
    /// it (SYMSRV §1.2), after `check` has seen what it expands to: the bytes of a cabinet do not
    /// tell which file is in it, and a wrong one would stay in everybody's way.
    ///
    /// The expansion is written beside it and removed again.
    ///
    /// # Errors
    /// As [`commit`](Self::commit), and [`Error::Expand`].
    pub fn commit_compressed<C: Check>(
        mut self,
        check: &mut C,
        writing: &Writing<'_>,
    ) -> Result<Committed<C::Warning>, PutError<C::Refusal>> {
        self.partial.complete(self.expected)?;
        let mut plain = self.expanded(writing)?;
        let warnings = judge(&mut plain, check, &self.partial.target)?;
        drop(plain);
        let (place, lock, limits) = (&self.place, &self.lock, self.limits);
        let is_fit = |path: &Path| {
            let Ok(mut theirs) = copy::open(path) else { return false };
            let expanded = Partial::beside(&place.plain, EXPANDED, lock).and_then(|mut plain| {
                fill_expanded(&mut plain, &mut theirs, path, limits, writing)?;
                plain.complete(None)?;
                Ok(plain)
            });
            expanded.is_ok_and(|mut plain| judge(&mut plain, check, path).is_ok())
        };
        Ok(reveal(
            &mut self.partial,
            warnings,
            self.existing,
            self.durability,
            is_fit,
        )?)
    }

    /// Expands what was received into a file that nobody sees.
    fn expanded(&mut self, writing: &Writing<'_>) -> Result<Partial, Error> {
        let mut plain = Partial::beside(&self.place.plain, EXPANDED, &self.lock)?;
        let named = self.place.of(self.variant).to_owned();
        self.partial.rewind()?;
        fill_expanded(&mut plain, &mut self.partial.file, &named, self.limits, writing)?;
        plain.complete(None)?;
        Ok(plain)
    }

    /// Replaces the content by the expansion of `source`.
    pub(crate) fn append_expanded(
        &mut self,
        source: &mut File,
        name: &Path,
        writing: &Writing<'_>,
    ) -> Result<(), Error> {
        fill_expanded(&mut self.partial, source, name, self.limits, writing)
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes).map_err(|error| {
            let kind = match &error {
                Error::Io { source, .. } => source.kind(),
                Error::TooLarge { .. } => io::ErrorKind::FileTooLarge,
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, error)
        })?;
        Ok(bytes.len())
    }

    /// Does nothing: nothing is buffered here, and the disk's turn is in [`Incoming::commit`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("target", &self.partial.target)
            .field("written", &self.partial.written)
            .field("locked", &self.lock.is_exclusive())
            .finish_non_exhaustive()
    }
}

fn fill_expanded(
    plain: &mut Partial,
    source: &mut File,
    name: &Path,
    limits: Limits,
    writing: &Writing<'_>,
) -> Result<(), Error> {
    let limit = limits.member.min(limits.file);
    let expanded = expand(source, limit, |bytes| {
        writing.proceed(&plain.target)?;
        plain.append(bytes, limits.file)
    });
    match expanded {
        Ok(_) => Ok(()),
        Err(ExpandFailure::Sink(error)) => Err(error),
        Err(ExpandFailure::Member(source)) => Err(Error::Expand {
            path: name.to_owned(),
            source,
        }),
    }
}

fn publish<C: Check>(
    partial: &mut Partial,
    check: &mut C,
    existing: Existing,
    durability: Durability,
) -> Result<Committed<C::Warning>, PutError<C::Refusal>> {
    let target = partial.target.clone();
    let warnings = judge(partial, check, &target)?;
    let is_fit = |path: &Path| is_fit(path, check);
    Ok(reveal(partial, warnings, existing, durability, is_fit)?)
}

/// Whether `check` accepts a file that is visible already.
pub(crate) fn is_fit<C: Check>(path: &Path, check: &mut C) -> bool {
    let opened = copy::open(path).ok().and_then(|file| {
        let length = file.metadata().ok()?.len();
        Some((file, length))
    });
    opened.is_some_and(|(mut file, length)| check.check(&mut file, length).is_ok())
}

/// Shows the content to `check`; `target` is for errors.
fn judge<C: Check>(
    partial: &mut Partial,
    check: &mut C,
    target: &Path,
) -> Result<Vec<C::Warning>, PutError<C::Refusal>> {
    partial.rewind()?;
    check
        .check(&mut partial.file, partial.written)
        .map_err(|refusal| PutError::Refused {
            path: target.to_owned(),
            refusal,
        })
}

/// Flushes and renames, unless another writer's file is in the place and fit to be there.
fn reveal<W>(
    partial: &mut Partial,
    warnings: Vec<W>,
    existing: Existing,
    durability: Durability,
    mut is_fit: impl FnMut(&Path) -> bool,
) -> Result<Committed<W>, Error> {
    refuse_occupied(&partial.target)?;
    if durability == Durability::Flushed {
        partial.flush()?;
    }
    if existing == Existing::Keep
        && let Some(theirs) = Committed::theirs(&partial.target)?
        && is_fit(&theirs.path)
    {
        return Ok(theirs);
    }
    match partial.publish() {
        Ok(()) => Ok(Committed {
            path: partial.target.clone(),
            bytes: partial.written,
            winner: Winner::Ours,
            warnings,
        }),
        Err(error) => {
            let theirs = match existing {
                Existing::Keep => Committed::theirs(&partial.target)?,
                Existing::Overwrite => None,
            };
            theirs.filter(|theirs| is_fit(&theirs.path)).ok_or(error)
        }
    }
}

impl<W> Committed<W> {
    pub(crate) fn theirs(path: &Path) -> Result<Option<Self>, Error> {
        Ok(layout::inspect(path)?
            .filter(|found| found.is_file() && found.len() > 0)
            .map(|found| Self {
                path: path.to_owned(),
                bytes: found.len(),
                winner: Winner::Theirs,
                warnings: Vec::new(),
            }))
    }
}

fn refuse_occupied(target: &Path) -> Result<(), Error> {
    match layout::inspect(target)? {
        Some(found) if !found.is_file() => Err(Error::Occupied {
            path: target.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// A cancel is noticed between two steps: a slow disk moves this much in less than 200 ms.
const COPY_STEP: usize = 1 << 20;

#[cfg(test)]
mod tests;
