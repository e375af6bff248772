//! What was expected and what was found, in words fit for one line of a message.

use std::fmt;

use thiserror::Error as ThisError;

use crate::error::{Defect, Format};
use crate::guid::Guid;

/// The content of a file is not what its name and key promise.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("expected {expected}, found {found}")]
pub struct Mismatch {
    /// What the name and key promise.
    pub expected: Expected,
    /// What the content is instead.
    pub found: Found,
}

/// What a name and key promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// Any content that is not a web page.
    File,
    /// A PE image; the key says nothing more.
    Image,
    /// The PE image with these two numbers in its headers.
    ImageOf {
        /// `TimeDateStamp`.
        timestamp: u32,
        /// `SizeOfImage`.
        size_of_image: u32,
    },
    /// A PDB of any kind; the key says nothing more.
    Pdb,
    /// The PDB 7.0 with this GUID and age.
    PdbOf {
        /// The GUID.
        guid: Guid,
        /// The age.
        age: u32,
    },
    /// A PDB 2.0.
    Pdb20,
    /// The portable PDB with this GUID.
    PortablePdbOf {
        /// The GUID.
        guid: Guid,
    },
    /// A cabinet or an SZDD file.
    Compressed,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::File => f.write_str("a symbol file"),
            Self::Image => f.write_str("a PE image"),
            Self::ImageOf {
                timestamp,
                size_of_image,
            } => image(f, timestamp, size_of_image),
            Self::Pdb => f.write_str("a PDB"),
            Self::PdbOf { guid, age } => pdb(f, guid, age),
            Self::Pdb20 => f.write_str("a PDB 2.0"),
            Self::PortablePdbOf { guid } => write!(f, "a portable PDB with GUID `{guid}`"),
            Self::Compressed => f.write_str("a cabinet or SZDD file"),
        }
    }
}

/// What a content is instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// No byte at all.
    Nothing,
    /// A web page.
    Html {
        /// Its title: at most 80 letters, digits, blanks and plain punctuation marks; nothing that could steer a
        /// terminal.
        title: Option<String>,
    },
    /// A file of another format.
    Format(Format),
    /// A file that begins like the expected format and breaks its rules.
    Broken {
        /// The format that it begins like.
        format: Format,
        /// The rule that it breaks.
        defect: Defect,
    },
    /// Another PE image.
    ImageOf {
        /// `TimeDateStamp`.
        timestamp: u32,
        /// `SizeOfImage`.
        size_of_image: u32,
    },
    /// Another PDB 7.0, or the same with another age.
    PdbOf {
        /// The GUID.
        guid: Guid,
        /// The age.
        age: u32,
    },
    /// A cabinet or an SZDD file.
    Compressed,
    /// A cabinet with fewer bytes than it states.
    ShortCabinet,
    /// None of these.
    Other,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("0 bytes"),
            Self::Html { title: None } => f.write_str("an HTML page without title"),
            Self::Html { title: Some(title) } => write!(f, "an HTML page (title `{title}`)"),
            Self::Format(format) => write!(f, "a {format}"),
            Self::Broken { format, defect } => write!(f, "a broken {format}: {defect}"),
            Self::ImageOf {
                timestamp,
                size_of_image,
            } => image(f, *timestamp, *size_of_image),
            Self::PdbOf { guid, age } => pdb(f, *guid, *age),
            Self::Compressed => f.write_str("a compressed file"),
            Self::ShortCabinet => f.write_str("a cabinet that ends early"),
            Self::Other => f.write_str("a file of another kind"),
        }
    }
}

fn image(f: &mut fmt::Formatter<'_>, timestamp: u32, size_of_image: u32) -> fmt::Result {
    write!(
        f,
        "a PE image with timestamp `{timestamp:08X}` and size `{size_of_image:x}`"
    )
}

fn pdb(f: &mut fmt::Formatter<'_>, guid: Guid, age: u32) -> fmt::Result {
    write!(f, "a PDB with GUID `{guid}` and age {age}")
}
