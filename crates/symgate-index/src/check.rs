//! Is this content what was asked for? (DECISIONS §7 "Checks", SYMSRV §2.7, last lines.)
//!
//! The name's extension says what the content must begin with, the key what its numbers must be. A key whose shape is
//! not known beside that name promises nothing, and only the beginning is looked at. Names of unknown kind may hold
//! anything but nothing and a web page: captive portals and login forms answer 200 with HTML, and that must never
//! become a symbol file.

mod html;
mod mismatch;

use std::io;
use std::io::{Read, Seek};

use symgate_path::FileId;
use thiserror::Error as ThisError;

pub use mismatch::{Expected, Found, Mismatch};

use crate::error::{Format, Trouble};
use crate::pe::Stamp;
use crate::promise::Promise;
use crate::window::{Fault, Window};
use crate::{format_of, pdb, pe, promise};

/// Compares content with the name and key under which it was asked for.
///
/// `length` is the number of bytes in `content`; where a format has a length of its own (the pages of a PDB, the size
/// that a cabinet states), the two are compared. Nothing is read beyond the first 4 KiB and the few words that
/// identify the file.
///
/// | name ends in | must begin with | and |
/// |---|---|---|
/// | `acm` `ax` `cpl` `dll` `drv` `efi` `exe` `ime` `mui` `node` `ocx` `pyd` `scr` `sys` `tsp` `winmd` | `MZ` | timestamp and size equal the key's |
/// | `pdb` | `Microsoft C/C++ MSF 7.00`, `Microsoft C/C++ program database 2.00` or `BSJB` | length, GUID; age |
/// | `_` | `MSCF` or `SZDD` | not shorter than a cabinet says |
/// | `html` `xml` `md` and other markup | anything | is not empty |
/// | anything else | anything but HTML | is not empty |
///
/// An image name beside a key that is not of a PE file (`elf-buildid-…`, `mach-uuid-…`, `sha1-…`) counts as "anything
/// else".
///
/// # Errors
///
/// [`CheckError::Mismatch`] if the content is something else, [`CheckError::Io`] if it cannot be read.
///
/// ```
/// use std::io::Cursor;
/// use symgate_index::{Strictness, check};
/// use symgate_path::FileId;
///
/// let wanted: FileId = "hello.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse()?;
/// let portal = b"<html><title>Please log in</title>";
/// let error = check(&wanted, Cursor::new(portal), portal.len() as u64, Strictness::Lenient).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected a PDB with GUID `497B72F6390A44FC878E5A2D63B6CC4B` and age 1, found an HTML page (title `Please log in`)",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check<R: Read + Seek>(
    wanted: &FileId,
    content: R,
    length: u64,
    strictness: Strictness,
) -> Result<Vec<Warning>, CheckError> {
    let mut file = Window::with_length(content, length);
    let head = match file.up_to(0, HEAD) {
        Ok(head) => head,
        Err(Fault::Io(error)) => return Err(CheckError::Io(error)),
        Err(Fault::Short) => Vec::new(),
    };
    let kind = Kind::of(wanted);
    let expected = kind.expected();
    match kind.examine(&mut file, &head, strictness) {
        Ok(warnings) => Ok(warnings),
        Err(Verdict::Found(found)) => Err(Mismatch { expected, found }.into()),
        Err(Verdict::Io(error)) => Err(CheckError::Io(error)),
    }
}

/// How a PDB whose GUID is right and whose age is not is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// With a warning: tools that write to a PDB raise its age, and its content still fits.
    #[default]
    Lenient,
    /// As a mismatch.
    Strict,
}

/// Something about right content that its user should hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Warning {
    /// The GUID is the key's, the age is not.
    #[error("the PDB has age {found}, the key says {expected}")]
    Age {
        /// The key's age.
        expected: u32,
        /// The age in the PDB.
        found: u32,
    },
    /// Only the beginning was looked at: this format is not read yet.
    #[error("a {0} is not compared with its key")]
    NotCompared(Format),
}

/// Why content was not accepted.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum CheckError {
    /// The content is not what was asked for.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The content cannot be read: the store's fault, not the sender's.
    #[error("the content cannot be read")]
    Io(#[source] io::Error),
}

/// What the name makes of the content, with what the key promises.
enum Kind {
    Image(Promise),
    Pdb(Promise),
    Compressed,
    Page,
    Other,
}

impl Kind {
    fn of(wanted: &FileId) -> Self {
        let name = wanted.name.as_str();
        let extension = wanted.name.extension().unwrap_or("").to_ascii_lowercase();
        let extension = extension.as_str();
        if name.ends_with('_') {
            Self::Compressed
        } else if extension == "pdb" {
            Self::Pdb(promise::of_pdb(&wanted.key))
        } else if IMAGES.contains(&extension) && !foreign(wanted.key.as_str()) {
            Self::Image(promise::of_image(&wanted.key))
        } else if PAGES.contains(&extension) {
            Self::Page
        } else {
            Self::Other
        }
    }

    fn expected(&self) -> Expected {
        match *self {
            Self::Image(Promise::Pe(stamp)) => Expected::ImageOf {
                timestamp: stamp.timestamp,
                size_of_image: stamp.size_of_image,
            },
            Self::Image(_) => Expected::Image,
            Self::Pdb(Promise::Pdb { guid, age }) => Expected::PdbOf { guid, age },
            Self::Pdb(Promise::PortablePdb { guid }) => Expected::PortablePdbOf { guid },
            Self::Pdb(Promise::Pdb20) => Expected::Pdb20,
            Self::Pdb(_) => Expected::Pdb,
            Self::Compressed => Expected::Compressed,
            Self::Page | Self::Other => Expected::File,
        }
    }

    fn examine<R: Read + Seek>(
        &self,
        file: &mut Window<R>,
        head: &[u8],
        strictness: Strictness,
    ) -> Result<Vec<Warning>, Verdict> {
        if head.is_empty() {
            return Err(Found::Nothing.into());
        }
        let format = format_of(head);
        match (self, format) {
            (Self::Image(promise), Some(Format::Pe)) => compare_image(file, *promise),
            (Self::Pdb(promise), Some(Format::Pdb)) => compare_pdb(file, *promise, strictness),
            (Self::Pdb(promise), Some(format @ (Format::Pdb20 | Format::PortablePdb))) => {
                compare_unread(*promise, format)
            }
            (Self::Compressed, _) if head.starts_with(CABINET) => compare_cabinet(file, head),
            (Self::Compressed, _) if head.starts_with(SZDD) => Ok(Vec::new()),
            (Self::Page, _) => Ok(Vec::new()),
            (Self::Other, _) => match html::page(head) {
                None => Ok(Vec::new()),
                Some(title) => Err(Found::Html { title }.into()),
            },
            (Self::Image(_) | Self::Pdb(_) | Self::Compressed, _) => Err(describe(head).into()),
        }
    }
}

/// The key's kind belongs to files of other systems, whose images may have the same extensions (`.node`), or to any
/// file at all.
fn foreign(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    FOREIGN_KEYS.iter().any(|prefix| key.starts_with(prefix))
}

fn compare_image<R: Read + Seek>(file: &mut Window<R>, promise: Promise) -> Result<Vec<Warning>, Verdict> {
    let Promise::Pe(wanted) = promise else {
        return Ok(Vec::new());
    };
    let found = pe::read_stamp(file).map_err(|trouble| Verdict::of(trouble, Format::Pe))?;
    if found == wanted {
        return Ok(Vec::new());
    }
    let Stamp {
        timestamp,
        size_of_image,
    } = found;
    Err(Found::ImageOf {
        timestamp,
        size_of_image,
    }
    .into())
}

fn compare_pdb<R: Read + Seek>(
    file: &mut Window<R>,
    promise: Promise,
    strictness: Strictness,
) -> Result<Vec<Warning>, Verdict> {
    let found = pdb::read(file).map_err(|trouble| Verdict::of(trouble, Format::Pdb))?;
    let other = Found::PdbOf {
        guid: found.guid,
        age: found.age,
    };
    match promise {
        Promise::Pdb { guid, .. } if guid != found.guid => Err(other.into()),
        Promise::Pdb { age, .. } if age == found.age => Ok(Vec::new()),
        Promise::Pdb { age, .. } => match strictness {
            Strictness::Strict => Err(other.into()),
            Strictness::Lenient => Ok(vec![Warning::Age {
                expected: age,
                found: found.age,
            }]),
        },
        // Keys are compared without case, so a PDB of the last age of all has the key of a portable one.
        Promise::PortablePdb { guid } if guid == found.guid && found.age == u32::MAX => Ok(Vec::new()),
        Promise::PortablePdb { .. } | Promise::Pdb20 => Err(other.into()),
        Promise::Pe(_) | Promise::Nothing => Ok(Vec::new()),
    }
}

/// Formats that are recognised and not read: refused only where the key rules them out.
fn compare_unread(promise: Promise, format: Format) -> Result<Vec<Warning>, Verdict> {
    match (promise, format) {
        // The age in the image's record is ignored for a portable PDB, so a key with any age may mean one.
        (Promise::Pdb { .. }, Format::Pdb20)
        | (Promise::PortablePdb { .. }, Format::Pdb20)
        | (Promise::Pdb20, Format::PortablePdb) => Err(Found::Format(format).into()),
        _ => Ok(vec![Warning::NotCompared(format)]),
    }
}

/// A cabinet states its size; a signature may follow it, so that only a shorter file is wrong.
fn compare_cabinet<R: Read + Seek>(file: &Window<R>, head: &[u8]) -> Result<Vec<Warning>, Verdict> {
    let stated = head.get(8..).and_then(|rest| rest.first_chunk::<4>());
    match stated.map(|bytes| u64::from(u32::from_le_bytes(*bytes))) {
        Some(stated) if stated <= file.length() => Ok(Vec::new()),
        _ => Err(Found::ShortCabinet.into()),
    }
}

/// Names content that begins with the wrong bytes.
fn describe(head: &[u8]) -> Found {
    if let Some(format) = format_of(head) {
        Found::Format(format)
    } else if head.starts_with(CABINET) || head.starts_with(SZDD) {
        Found::Compressed
    } else if let Some(title) = html::page(head) {
        Found::Html { title }
    } else {
        Found::Other
    }
}

/// Why the content was not accepted, before the expectation is put beside it.
enum Verdict {
    Found(Found),
    Io(io::Error),
}

impl Verdict {
    fn of(trouble: Trouble, format: Format) -> Self {
        match trouble {
            Trouble::Defect(defect) => Self::Found(Found::Broken { format, defect }),
            Trouble::Io(error) => Self::Io(error),
        }
    }
}

impl From<Found> for Verdict {
    fn from(found: Found) -> Self {
        Self::Found(found)
    }
}

/// Extensions of names, in lower case, whose content is a PE image.
const IMAGES: &[&str] = &[
    "acm", "ax", "cpl", "dll", "drv", "efi", "exe", "ime", "mui", "node", "ocx", "pyd", "scr", "sys", "tsp", "winmd",
];

/// Sources are in stores too, and these may begin with the tags of a page.
const PAGES: &[&str] = &[
    "aspx", "cshtml", "htm", "html", "md", "razor", "svelte", "svg", "vue", "xaml", "xhtml", "xml",
];

/// Beginnings of keys that no PE file has.
const FOREIGN_KEYS: &[&str] = &["elf-", "mach-", "sha1-", "sha256-", "r2rmap-"];

const CABINET: &[u8] = b"MSCF";
/// `SZDD` alone would do; the eight bytes are those that every expander demands.
const SZDD: &[u8] = b"SZDD\x88\xf0\x27\x33";
/// Enough for comments and scripts before a page's title; a symbol file costs one read.
const HEAD: u64 = 4096;
