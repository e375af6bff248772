//! A module that the debugger has: what its image says, and what became of its symbols.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use symgate::{Error, ErrorKind, Fit};
use symgate_index::{CodeView, DebugEntry, Description, Exports, Guid, PrivateSymbols, Width, describe, identify};
use symgate_path::FileId;
use thiserror::Error as ThisError;

use crate::text::chain;

/// A module: an executable image of which the symbols are wanted.
///
/// There is no process here; a module is where its image prefers to be ([`Console::new`](crate::Console::new) says what
/// happens when two prefer the same place).
#[derive(Clone, Debug)]
pub struct Module {
    pub(crate) name: String,
    pub(crate) image_name: String,
    pub(crate) path: PathBuf,
    pub(crate) image: Image,
    pub(crate) wanted: Option<FileId>,
    pub(crate) symbols: State,
    pub(crate) presence: Presence,
}

/// What the commands show of an image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) base: u64,
    pub(crate) size: u32,
    pub(crate) timestamp: u32,
    pub(crate) checksum: u32,
    pub(crate) machine: u16,
    pub(crate) characteristics: u16,
    pub(crate) width: Width,
    pub(crate) exports: Exports,
    pub(crate) debug: Vec<DebugEntry>,
    pub(crate) codeview: Option<CodeView>,
}

/// Whether the debugger counts a module among the loaded ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Presence {
    Loaded,
    /// `.reload /u`
    Unloaded,
}

/// What is known of a module's symbols.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Nobody needed them yet.
    Deferred,
    /// They were looked for and are not there; where the image has exports, these are used.
    Failed(Failure),
    /// Here they are.
    Loaded(Symbols),
}

/// Symbols of a module, found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Symbols {
    /// The file.
    pub path: PathBuf,
    /// The store or directory in which it was found, as the symbol path names it.
    pub source: String,
    /// Whether it belongs to the module.
    pub fit: Fit,
    /// What the file says of itself; without it nothing but its name is known.
    pub pdb: Option<PdbFacts>,
}

/// What a PDB says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PdbFacts {
    /// Which build it is of.
    pub guid: Guid,
    /// Which of its writers was the last.
    pub age: u32,
    /// Whether private symbols are in it.
    pub private: PrivateSymbols,
}

impl Symbols {
    /// A file that was found in `source`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, source: impl Into<String>, fit: Fit) -> Self {
        Self {
            path: path.into(),
            source: source.into(),
            fit,
            pdb: None,
        }
    }

    /// The same, with what the file says of itself.
    #[must_use]
    pub fn with_pdb(mut self, pdb: PdbFacts) -> Self {
        self.pdb = Some(pdb);
        self
    }
}

impl PdbFacts {
    /// Reads the PDB at `path`.
    ///
    /// # Errors
    ///
    /// One line that says why it is none, or cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let file = open(path).map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
        match describe(BufReader::new(file)) {
            Ok(Description::Pdb(pdb)) => Ok(Self {
                guid: pdb.guid,
                age: pdb.age,
                private: pdb.private,
            }),
            Ok(_) => Err(format!("`{shown}` is no PDB")),
            Err(error) => Err(format!("`{shown}` cannot be understood: {}", chain(&error))),
        }
    }
}

/// Why a module has no symbols.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// What can be done about it.
    pub kind: ErrorKind,
    /// What happened, in one line.
    pub reason: String,
}

impl Failure {
    /// A failure of this kind; `reason` may hold what a peer said.
    #[must_use]
    pub fn new(kind: ErrorKind, reason: &str) -> Self {
        let reason = crate::text::plain(reason);
        Self { kind, reason }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::new(error.kind(), &chain(error))
    }
}

/// Why a file is no module.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ModuleError {
    /// It cannot be opened or read.
    #[error("`{}` cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a symbol file; a module is an executable image.
    #[error("`{}` is a symbol file; name the image that it belongs to", .0.display())]
    NoImage(PathBuf),
    /// It is neither, or damaged.
    #[error("`{}` cannot be understood", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: symgate_index::Error,
    },
}

impl Module {
    /// Reads the image at `path`.
    ///
    /// # Errors
    ///
    /// [`ModuleError`] where it is none.
    pub fn read(path: &Path) -> Result<Self, ModuleError> {
        let io = |source| ModuleError::Io {
            path: path.to_owned(),
            source,
        };
        Self::decode(path, BufReader::new(open(path).map_err(io)?))
    }

    /// Reads the image in `reader`, which is the file at `path`.
    ///
    /// # Errors
    ///
    /// [`ModuleError`] where it is none.
    pub fn decode<R: Read + Seek>(path: impl Into<PathBuf>, mut reader: R) -> Result<Self, ModuleError> {
        let path = path.into();
        let image_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unusable = |path: &Path, source| ModuleError::Unusable {
            path: path.to_owned(),
            source,
        };
        let identity = identify(&mut reader, &image_name).map_err(|error| unusable(&path, error))?;
        let described = reader
            .seek(SeekFrom::Start(0))
            .map_err(symgate_index::Error::Io)
            .and_then(|_| describe(&mut reader))
            .map_err(|error| unusable(&path, error))?;
        let Description::Image(image) = described else {
            return Err(ModuleError::NoImage(path));
        };
        Ok(Self {
            name: module_name(&image_name),
            image_name: crate::text::plain(&image_name),
            image: Image {
                base: image.image_base,
                size: image.size_of_image,
                timestamp: image.timestamp,
                checksum: image.checksum,
                machine: image.machine,
                characteristics: image.characteristics,
                width: image.width,
                exports: image.exports,
                debug: image.debug,
                codeview: image.codeview,
            },
            wanted: identity.wants.into_iter().next(),
            path,
            symbols: State::Deferred,
            presence: Presence::Loaded,
        })
    }

    /// The name by which commands call it: the image's, without extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first address after it.
    pub(crate) fn end(&self) -> u64 {
        self.image.base.saturating_add(self.image.size.into())
    }

    /// The letters before its state in a list (SYMSRV §6.7): `C` no checksum, `T` no time stamp, `#` symbols that do not
    /// fit and were left alone, `M` symbols that do not fit and were taken.
    pub(crate) fn flags(&self) -> String {
        let (content, mismatch) = match &self.symbols {
            State::Deferred => return String::new(),
            State::Failed(failure) => (failure.kind == ErrorKind::Content, false),
            State::Loaded(symbols) => (false, symbols.fit == Fit::Mismatched),
        };
        let flags = [
            (self.image.checksum == 0, "C "),
            (self.image.timestamp == 0, "T "),
            (content, "# "),
            (mismatch, "M "),
        ];
        flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect()
    }

    /// Its state in a list, and the file that is meant.
    pub(crate) fn state(&self, public: Public) -> (&'static str, String) {
        match &self.symbols {
            State::Deferred => ("(deferred)", String::new()),
            State::Failed(_) if self.image.exports == Exports::Present => ("(export symbols)", self.image_name.clone()),
            State::Failed(_) => ("(no symbols)", String::new()),
            State::Loaded(symbols) if symbols.is_private(public) => ("(private pdb symbols)", shown(&symbols.path)),
            State::Loaded(symbols) => ("(pdb symbols)", shown(&symbols.path)),
        }
    }
}

/// Whether private symbols are looked at: `SYMOPT_PUBLICS_ONLY`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Public {
    AndPrivate,
    Only,
}

impl Symbols {
    pub(crate) fn is_private(&self, public: Public) -> bool {
        public == Public::AndPrivate && self.pdb.is_some_and(|pdb| pdb.private == PrivateSymbols::Kept)
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Opens a regular file; a named pipe would wait for its writer.
fn open(path: &Path) -> std::io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    File::open(path)
}

/// A path, safe to show.
pub(crate) fn shown(path: &Path) -> String {
    crate::text::plain(&path.to_string_lossy())
}

/// What the debuggers make of an image's name: no extension, and nothing that an expression could take for an operator.
pub(crate) fn module_name(image_name: &str) -> String {
    let stem = image_name.rsplit_once('.').map_or(image_name, |(stem, _)| stem);
    let stem = if stem.is_empty() { image_name } else { stem };
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    stem.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_images_without_extension() {
        for (image, expected) in [
            ("ntdll.dll", "ntdll"),
            ("my-app.v2.exe", "my_app_v2"),
            ("noext", "noext"),
            (".node", "_node"),
            ("a b.sys", "a_b"),
        ] {
            assert_eq!(module_name(image), expected);
        }
    }
}
