//! [`Wanted`]: what a search is for.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use symgate_index::Format;
use symgate_path::FileId;

use crate::search::open;
use crate::{Error, ErrorKind};

/// A symbol file to be found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// Its name and key.
    pub id: FileId,
    /// The extension of the module that it belongs to (`dll`), by which plain directories sort their files.
    pub module: Option<String>,
    /// The directory of that module, which is looked into like a plain directory of the path, and before the path. No
    /// store keeps what it has.
    pub near: Option<PathBuf>,
}

impl Wanted {
    /// The file with this name and key.
    #[must_use]
    pub const fn new(id: FileId) -> Self {
        Self {
            id,
            module: None,
            near: None,
        }
    }

    /// The same, and a directory where it may lie beside its module: the debuggers look there first (SYMSRV §1.6).
    ///
    /// ```
    /// use symgate::Wanted;
    ///
    /// let wanted = Wanted::new("app.pdb/180BF1B90AA75697D0EFEA5E5630AC4B1".parse()?);
    /// assert!(wanted.near.is_none());
    /// assert!(wanted.beside("/opt/app").near.is_some());
    /// # Ok::<(), symgate::path::FileIdError>(())
    /// ```
    #[must_use]
    pub fn beside(mut self, directory: impl Into<PathBuf>) -> Self {
        self.near = Some(directory.into());
        self
    }

    /// What the file at `path` wants: for a PE image its PDB, for a PDB the PDB of the same identity.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the file cannot be read, is neither, or names no PDB.
    pub fn by(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let unusable = |what: &str| Error::new(ErrorKind::Config, format!("`{shown}` {what}"));
        let file = open(path).map_err(|error| unusable("cannot be read").caused(error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let identity = symgate_index::identify(BufReader::new(file), &name)
            .map_err(|error| unusable("cannot be understood").caused(error))?;
        let module = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned());
        match (identity.format, identity.wants.into_iter().next()) {
            (_, Some(id)) => Ok(Self { id, module, near: None }),
            (Format::Pdb, None) => Ok(Self::new(identity.id)),
            _ => Err(unusable("names no PDB")),
        }
    }
}
