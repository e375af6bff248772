//! Reads which symbol files a binary or symbol file is and wants.
//!
//! Two questions about a file are answered by [`identify`]: under which name and key would a symbol store hold it, and
//! which other files does it name (a PE image names its PDB)? A third by [`check`]: are these bytes what was asked for?
//! And [`describe`] says what the headers say, for whoever shows it.
//!
//! Never: fetches, writes, or trusts a length that a file claims. All of them are total: whatever the bytes, they
//! return after a bounded number of small reads (a 5 GB PDB takes some forty words) and hold at most a few megabytes,
//! and only if the file has them.
//!
//! Read today are PE images (PE32, PE32+; any name, so `.node` and `.sys` too) and PDB 7.0. A PDB 2.0 and a portable
//! PDB are recognised and answered with [`Error::NotRead`]; an image that names one is read.
//!
//! ```
//! use std::io::Cursor;
//! use symgate_index::{Error, identify};
//!
//! let page = Cursor::new("<!doctype html><title>Please log in</title>");
//! assert!(matches!(identify(page, "hello.exe"), Err(Error::Unknown)));
//! ```
//!
//! | rule | where |
//! |---|---|
//! | what a key promises, SYMSRV §2.5 | `promise.rs`, `guid.rs` |
//! | PE headers and debug directory; RSDS and NB10 | `pe.rs`, `codeview.rs` |
//! | multi-stream files, which age counts, what was stripped | `pdb.rs` |
//! | what may become visible in a store, DECISIONS §7 | `check.rs`, `check/` |
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.

#![forbid(unsafe_code)]

mod check;
mod codeview;
mod describe;
mod error;
mod guid;
mod pdb;
mod pe;
mod promise;
mod window;

use std::fmt;
use std::io::{Read, Seek};

use symgate_path::{FileId, FileName, Key};

pub use check::{CheckError, Expected, Found, Mismatch, Strictness, Warning, check};
pub use codeview::Unusable;
pub use describe::{CodeView, DebugEntry, Description, Exports, Image, Pdb, PrivateSymbols, Width, describe};
pub use error::{Defect, Error, Format};
pub use guid::Guid;

use crate::window::{Fault, Window};

/// What a file is and which files it names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The format that was read.
    pub format: Format,
    /// Name and key under which a symbol store holds this file.
    pub id: FileId,
    /// The symbol files that it names: for an image the PDB of its first usable CodeView record, for a PDB none.
    pub wants: Vec<FileId>,
    /// What was passed over, in the order of the file.
    pub notes: Vec<Note>,
}

/// Something in a file that was read and not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A CodeView record after the first usable one names another PDB.
    AlsoNames(FileId),
    /// A CodeView record that names nothing.
    Unusable(Unusable),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlsoNames(id) => write!(f, "the image also names `{id}`"),
            Self::Unusable(why) => write!(f, "a CodeView record names no PDB: {why}"),
        }
    }
}

/// Identifies the file in `reader`, whose name is `name` (of a path, the last component counts).
///
/// The key of an image is timestamp and size (`%08X%x`), that of a PDB its GUID and age: the age of the DBI stream if
/// that is valid, else of the info stream ([symbol server keys]).
///
/// # Errors
///
/// [`Error::Name`] if `name` cannot stand in a store, [`Error::Unknown`] and [`Error::NotRead`] if the format is not
/// one that is read, [`Error::Broken`] if the file breaks its format's rules, [`Error::Io`] if the reader fails.
///
/// ```no_run
/// let image = std::fs::File::open("hello.exe")?;
/// for wanted in symgate_index::identify(image, "hello.exe")?.wants {
///     println!("{wanted}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [symbol server keys]: https://github.com/dotnet/symstore/blob/main/docs/specs/SSQP_Key_Conventions.md
pub fn identify<R: Read + Seek>(reader: R, name: &str) -> Result<Identity, Error> {
    let name = FileName::from_recorded(name).map_err(Error::Name)?;
    let mut file = Window::measure(reader).map_err(Error::Io)?;
    match sniff(&mut file)?.ok_or(Error::Unknown)? {
        Format::Pe => identify_pe(&mut file, name),
        Format::Pdb => {
            let found = pdb::read(&mut file).map_err(|trouble| trouble.of(Format::Pdb))?;
            let key = Key::pdb(found.guid.to_file_order(), found.age);
            Ok(Identity {
                format: Format::Pdb,
                id: FileId { name, key },
                wants: Vec::new(),
                notes: Vec::new(),
            })
        }
        format @ (Format::Pdb20 | Format::PortablePdb) => Err(Error::NotRead(format)),
    }
}

fn identify_pe<R: Read + Seek>(file: &mut Window<R>, name: FileName) -> Result<Identity, Error> {
    let image = pe::read(file).map_err(|trouble| trouble.of(Format::Pe))?;
    let mut wants = Vec::new();
    let mut notes = Vec::new();
    for record in image.records {
        match record {
            Ok(wanted) if wants.is_empty() => wants.push(wanted),
            Ok(other) => notes.push(Note::AlsoNames(other)),
            Err(unusable) => notes.push(Note::Unusable(unusable)),
        }
    }
    let key = Key::pe(image.stamp.timestamp, image.stamp.size_of_image);
    Ok(Identity {
        format: Format::Pe,
        id: FileId { name, key },
        wants,
        notes,
    })
}

/// The format that the first bytes announce.
fn sniff<R: Read + Seek>(file: &mut Window<R>) -> Result<Option<Format>, Error> {
    match file.up_to(0, pdb::MAGIC_20.len() as u64) {
        Ok(head) => Ok(format_of(&head)),
        Err(Fault::Io(error)) => Err(Error::Io(error)),
        Err(Fault::Short) => Ok(None),
    }
}

fn format_of(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"MZ") {
        Some(Format::Pe)
    } else if head.starts_with(pdb::MAGIC) {
        Some(Format::Pdb)
    } else if head.starts_with(pdb::MAGIC_20) {
        Some(Format::Pdb20)
    } else if head.starts_with(pdb::MAGIC_PORTABLE) {
        Some(Format::PortablePdb)
    } else {
        None
    }
}
