//! Why a file cannot be identified, grouped by fault: the caller's name, a format, a broken file, the reader.

use std::fmt;
use std::io;

use symgate_path::NameError;
use thiserror::Error as ThisError;

use crate::window::Fault;

/// Why a file cannot be identified.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The name that the caller gave cannot name a file in a symbol store.
    #[error("the name given cannot name a symbol file")]
    Name(#[source] NameError),
    /// The file begins like none of the formats known here.
    #[error("neither a PE image nor a PDB")]
    Unknown,
    /// The format is recognised, and not read yet.
    #[error("a {0} is recognised but not read yet")]
    NotRead(Format),
    /// The file breaks a rule of its own format.
    #[error("broken {format}: {defect}")]
    Broken {
        /// The format that the file begins like.
        format: Format,
        /// The rule that it breaks.
        defect: Defect,
    },
    /// The reader failed.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
}

/// A file format that has a place in a symbol store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A Windows image: PE32 or PE32+, whatever its name ends in.
    Pe,
    /// A multi-stream file 7.00: the PDBs of all compilers since 2002.
    Pdb,
    /// A multi-stream file 2.00: the PDBs before that, named by `NB10` records.
    Pdb20,
    /// The PDB of .NET: CLI metadata (`BSJB`), not a multi-stream file.
    PortablePdb,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pe => "PE image",
            Self::Pdb => "PDB",
            Self::Pdb20 => "PDB 2.0",
            Self::PortablePdb => "portable PDB",
        })
    }
}

/// The rule of its format that a file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Defect {
    /// The file ends inside its headers.
    #[error("it ends inside its headers")]
    Truncated,
    /// Where the DOS header points to stand no PE headers of a known width.
    #[error("no valid PE headers where the DOS header points")]
    PeHeaders,
    /// The debug directory lies in no section, or beyond the end of the file.
    #[error("the debug directory lies outside the file")]
    DebugDirectoryOutside,
    /// The debug directory claims more entries than an image has use for.
    #[error("the debug directory claims {0} bytes")]
    DebugDirectorySize(u32),
    /// The page size is not a power of two from 512 to 65536.
    #[error("the page size is {0}")]
    PageSize(u32),
    /// The file is not as long as its page count times its page size.
    #[error("it has {found} bytes, its pages make {claimed}")]
    Length {
        /// Page count times page size.
        claimed: u64,
        /// The bytes that there are.
        found: u64,
    },
    /// The stream directory is larger than the file, or its map larger than the first page can list.
    #[error("the stream directory claims {0} bytes")]
    DirectorySize(u32),
    /// The stream directory ends before what it should list.
    #[error("the stream directory ends early")]
    DirectoryShort,
    /// A page number is zero or beyond the last page.
    #[error("page {0} does not exist")]
    Page(u32),
    /// The info stream, which holds the GUID, is absent or too short.
    #[error("the info stream is missing or too short")]
    InfoStream,
    /// The info stream has a version from before GUIDs.
    #[error("the info stream has version {0}")]
    InfoVersion(u32),
}

/// What can go wrong inside one format's reader; its caller adds the format.
#[derive(Debug)]
pub(crate) enum Trouble {
    Defect(Defect),
    Io(io::Error),
}

impl Trouble {
    pub(crate) fn of(self, format: Format) -> Error {
        match self {
            Self::Defect(defect) => Error::Broken { format, defect },
            Self::Io(error) => Error::Io(error),
        }
    }
}

impl From<Defect> for Trouble {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Short => Self::Defect(Defect::Truncated),
            Fault::Io(error) => Self::Io(error),
        }
    }
}
