//! The store: one directory tree of symbol files, and what may be asked of it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use symgate_path::{FileId, Tier, Variant};

use crate::disk;
use crate::error::{Action, Error};
use crate::layout::{self, Probe, RESERVED};
use crate::lock::Lock;
use crate::write::{self, Begin, Existing, Incoming, Place, Writing};

/// A symbol store in a directory of this machine or of a share.
///
/// Holds no state but its root: what other programs change is seen by the next call.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    limits: Limits,
}

/// How much a store takes (DECISIONS §5), in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file. Larger than any symbol file known, smaller than most disks: 64 GiB.
    pub file: u64,
    /// Largest file out of a compressed member: 64 GiB. A member never gives more than its own header
    /// says, and neither format can say more than 4 GiB, so this number matters when it is lowered.
    pub member: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 64 << 30,
            member: 64 << 30,
        }
    }
}

impl Store {
    /// Names the store at `root`. Touches nothing; a root that does not exist is created by the
    /// first write, a root that cannot exist here is refused by each operation.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            limits: Limits::default(),
        }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the root as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Says how directories nest here: two tiers if the root has an `index2.txt` (SYMSRV §2.1).
    ///
    /// # Errors
    /// [`Error::ForeignRoot`]; [`Error::Io`] when the root cannot be looked at.
    pub fn tier(&self) -> Result<Tier, Error> {
        self.refuse_foreign()?;
        Ok(match layout::inspect(&self.root.join("index2.txt"))? {
            Some(found) if found.is_file() => Tier::Two,
            _ => Tier::One,
        })
    }

    /// Says whether this store wants pointer files copied as they are and not their targets: its
    /// root has a `wantsptr.txt` (SYMSRV §2.3).
    ///
    /// # Errors
    /// As [`tier`](Self::tier).
    pub fn wants_pointers(&self) -> Result<bool, Error> {
        self.refuse_foreign()?;
        Ok(layout::inspect(&self.root.join("wantsptr.txt"))?.is_some_and(|found| found.is_file()))
    }

    /// Says whether the directory calls itself a symbol store: its root has a `pingme.txt`
    /// (SYMSRV §1.1 rule 12, §2.1). A store without it is a store all the same.
    ///
    /// # Errors
    /// As [`tier`](Self::tier).
    pub fn is_marked(&self) -> Result<bool, Error> {
        self.refuse_foreign()?;
        Ok(layout::inspect(&self.root.join("pingme.txt"))?.is_some_and(|found| found.is_file()))
    }

    /// Looks for one variant of a file.
    ///
    /// An empty file, a directory or a special file is not a hit. Names are compared exactly first
    /// and then without case, at the price of listing the directories on the way.
    ///
    /// # Errors
    /// [`Error::ForeignRoot`]; [`Error::Io`] when the system does not let us look.
    pub fn probe(&self, id: &FileId, variant: Variant) -> Result<Probe, Error> {
        let tier = self.tier()?;
        let components = components(id, tier, variant);
        if components.last().is_some_and(|leaf| is_reserved(leaf)) {
            return Ok(Probe::NoFile);
        }
        layout::find(&self.root, &components)
    }

    /// Finds the file that a relative pointer names: below the root, or else beside the pointer
    /// (SYMSRV §2.3). Either separator parts directories, and case does not matter.
    ///
    /// A text with `..` names nothing; [`Pointer::Relative`](crate::Pointer::Relative) holds none.
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn resolve(&self, pointer: &Path, relative: &str) -> Result<Option<PathBuf>, Error> {
        self.refuse_foreign()?;
        let parts = relative.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if parts.is_empty() || parts.iter().any(|part| part == "..") {
            return Ok(None);
        }
        for base in [Some(self.root.as_path()), pointer.parent()].into_iter().flatten() {
            if let Probe::Found(path) = layout::find(base, &parts)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Begins to write one variant of a file: makes directories, waits for the lock, sweeps what a
    /// crash left, and looks again whether somebody else has been faster.
    ///
    /// The lock belongs to the file, not to the variant, and to the [`Incoming`], not to the thread: who
    /// begins the same file twice waits for itself.
    ///
    /// # Errors
    /// [`Error::LockTimeout`] and [`Error::Cancelled`] while waiting; [`Error::Io`],
    /// [`Error::ForeignRoot`], [`Error::Occupied`], [`Error::Reserved`].
    pub fn begin(&self, id: &FileId, variant: Variant, writing: &Writing<'_>) -> Result<Begin, Error> {
        self.receive(id, variant, variant, writing)
    }

    /// Begins to receive a compressed file of which only the expansion is to be kept
    /// ([`Incoming::commit_expanded`]): so the plain file is what may be there already, and a
    /// compressed one, which may be a damaged one, is in nobody's way.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn begin_expanded(&self, id: &FileId, writing: &Writing<'_>) -> Result<Begin, Error> {
        self.receive(id, Variant::Compressed, Variant::Plain, writing)
    }

    /// Receives one variant so that another, or the same, becomes visible.
    fn receive(&self, id: &FileId, variant: Variant, visible: Variant, writing: &Writing<'_>) -> Result<Begin, Error> {
        let tier = self.tier()?;
        let components = components(id, tier, visible);
        if let Some(leaf) = components.last().filter(|leaf| is_reserved(leaf)) {
            return Err(Error::Reserved { name: leaf.clone() });
        }
        let wanted = layout::join(&self.root, &components);
        writing.proceed(&wanted)?;
        if let Some(path) = self.existing(&components, writing)? {
            return Ok(Begin::Exists(path));
        }
        disk::create_directory_all(&self.root)
            .map_err(|error| Error::io(Action::CreateDirectory, &self.root, error))?;
        // One lock for all variants, so that a file can be expanded under the lock it came with.
        let lock_name = layout::join(Path::new(""), &components_of_leaf(id, tier))
            .to_string_lossy()
            .to_lowercase();
        let lock = Lock::acquire(&self.root, &lock_name, &wanted, writing)?;
        if let Some(path) = self.existing(&components, writing)? {
            return Ok(Begin::Exists(path));
        }
        let place = Place {
            plain: self.place(id, tier, Variant::Plain)?,
            compressed: self.place(id, tier, Variant::Compressed)?,
            pointer: self.place(id, tier, Variant::Pointer)?,
        };
        if let Some(leaf) = place.plain.parent() {
            write::sweep(leaf, &lock);
        }
        Incoming::create(&self.root, place, variant, visible, writing, self.limits, lock).map(Begin::Write)
    }

    fn existing(&self, components: &[String], writing: &Writing<'_>) -> Result<Option<PathBuf>, Error> {
        if writing.existing == Existing::Overwrite {
            return Ok(None);
        }
        Ok(match layout::find(&self.root, components)? {
            Probe::Found(path) => Some(path),
            Probe::NoFile | Probe::NoPath => None,
        })
    }

    fn place(&self, id: &FileId, tier: Tier, variant: Variant) -> Result<PathBuf, Error> {
        layout::place(&self.root, &components(id, tier, variant))
    }

    pub(crate) fn refuse_foreign(&self) -> Result<(), Error> {
        if layout::is_foreign(&self.root) {
            return Err(Error::ForeignRoot {
                root: self.root.clone(),
            });
        }
        Ok(())
    }
}

fn components(id: &FileId, tier: Tier, variant: Variant) -> Vec<String> {
    id.components(tier, variant).map(Cow::into_owned).collect()
}

/// The directories only: the same for all variants.
fn components_of_leaf(id: &FileId, tier: Tier) -> Vec<String> {
    let mut all = components(id, tier, Variant::Plain);
    all.pop();
    all
}

fn is_reserved(leaf: &str) -> bool {
    leaf.get(..RESERVED.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}
