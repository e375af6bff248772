//! What the headers of an image and of a PDB say, for whoever shows it ([`describe`]; SYMSRV §6.7).

use std::io::{Read, Seek};

use crate::error::{Error, Format};
use crate::guid::Guid;
use crate::window::Window;
use crate::{pdb, pe, sniff};

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Description {
    /// A PE image.
    Image(Image),
    /// A PDB 7.0.
    Pdb(Pdb),
}

/// The headers of a PE image ([PE format]).
///
/// [PE format]: https://learn.microsoft.com/windows/win32/debug/pe-format
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// For which processor: `0x14c` for x86, `0x8664` for x64, `0xaa64` for ARM64.
    pub machine: u16,
    /// The flags of the file header.
    pub characteristics: u16,
    /// When it was linked, or a hash of its content where the build is reproducible.
    pub timestamp: u32,
    /// Zero where the linker wrote none.
    pub checksum: u32,
    /// Where it prefers to be loaded.
    pub image_base: u64,
    /// Its size in memory, in bytes.
    pub size_of_image: u32,
    /// Whether its addresses have 32 or 64 bits.
    pub width: Width,
    /// Whether it has a table of exports.
    pub exports: Exports,
    /// The debug directory in its order.
    pub debug: Vec<DebugEntry>,
    /// The first record that names a PDB 7.0.
    pub codeview: Option<CodeView>,
}

/// The width of an image's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// PE32.
    Bits32,
    /// PE32+.
    Bits64,
}

/// Whether an image has a table of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exports {
    /// It has none.
    Absent,
    /// It has one.
    Present,
}

/// An entry of an image's debug directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebugEntry {
    /// `IMAGE_DEBUG_TYPE_*`: 2 is CodeView.
    pub kind: u32,
    /// Bytes of its data.
    pub size: u32,
    /// Where the data are in memory, relative to the image's base.
    pub address: u32,
    /// Where the data are in the file.
    pub offset: u32,
}

/// What a CodeView record (`RSDS`) names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeView {
    /// The path of the PDB where it was built; untrusted text.
    pub path: String,
    /// Which build.
    pub guid: Guid,
    /// How often the PDB was written since.
    pub age: u32,
}

/// What a PDB 7.0 says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pdb {
    /// Which build.
    pub guid: Guid,
    /// The age that counts in keys: the DBI stream's, else the info stream's.
    pub age: u32,
    /// Whether private symbols are in it.
    pub private: PrivateSymbols,
}

/// Whether a PDB has the symbols that only its makers are to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateSymbols {
    /// As the linker wrote it; also where there is no stream that would say otherwise.
    Kept,
    /// They were taken out before it was published.
    Stripped,
}

/// Describes the file in `reader`, a PE image or a PDB 7.0, in as few and bounded reads as
/// [`identify`](crate::identify) makes.
///
/// Numbers are the file's own words: they may add up to more than there is, or overflow.
///
/// # Errors
///
/// [`Error::Unknown`] and [`Error::NotRead`] if the format is not one that is read, [`Error::Broken`] if the file breaks
/// its format's rules, [`Error::Io`] if the reader fails.
///
/// ```no_run
/// use symgate_index::{Description, describe};
///
/// if let Description::Image(image) = describe(std::fs::File::open("hello.exe")?)? {
///     let end = image.image_base.saturating_add(image.size_of_image.into());
///     println!("{:#x}..{end:#x}", image.image_base);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn describe<R: Read + Seek>(reader: R) -> Result<Description, Error> {
    let mut file = Window::measure(reader).map_err(Error::Io)?;
    match sniff(&mut file)?.ok_or(Error::Unknown)? {
        Format::Pe => {
            let image = pe::describe(&mut file).map_err(|trouble| trouble.of(Format::Pe))?;
            Ok(Description::Image(image))
        }
        Format::Pdb => {
            let found = pdb::read(&mut file).map_err(|trouble| trouble.of(Format::Pdb))?;
            Ok(Description::Pdb(Pdb {
                guid: found.guid,
                age: found.age,
                private: found.private,
            }))
        }
        format @ (Format::Pdb20 | Format::PortablePdb) => Err(Error::NotRead(format)),
    }
}
