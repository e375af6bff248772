//! PE images: timestamp, size, and the debug directory ([PE format]; SYMSRV §2.5).
//!
//! `object` knows the layouts, and parses the pieces that this file reads: the fixed headers, then as much optional
//! header and section table as two 16-bit counts can ask for (2.7 MB, and never more than the file has), the debug
//! directory up to [`MAX_ENTRIES`], the records up to [`MAX_RECORD`]. `object`'s own cache over a reader is not used:
//! it hides whether the file was short or the disk failed.
//!
//! [PE format]: https://learn.microsoft.com/windows/win32/debug/pe-format

use std::io::{Read, Seek};

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader};
use symgate_path::FileId;

use crate::codeview;
use crate::codeview::Unusable;
use crate::describe::{DebugEntry, Exports, Width};
use crate::error::{Defect, Trouble};
use crate::window::{Fault, Window};

/// The two numbers of the headers that identify an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) timestamp: u32,
    pub(crate) size_of_image: u32,
}

/// An image: its stamp, and each CodeView record of the debug directory in its order.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) stamp: Stamp,
    pub(crate) records: Vec<Result<FileId, Unusable>>,
}

/// Reads the image in `file`, whose magic the caller has seen.
pub(crate) fn read<R: Read + Seek>(file: &mut Window<R>) -> Result<Image, Trouble> {
    let headers = Headers::read(file)?;
    let mut records = Vec::new();
    for entry in debug_directory(file, &headers)? {
        if entry.typ.get(LE) == pe::IMAGE_DEBUG_TYPE_CODEVIEW {
            records.push(record(file, &entry)?);
        }
    }
    Ok(Image {
        stamp: headers.stamp,
        records,
    })
}

/// Reads what the headers say, for [`describe`](crate::describe).
pub(crate) fn describe<R: Read + Seek>(file: &mut Window<R>) -> Result<crate::Image, Trouble> {
    let headers = Headers::read(file)?;
    let entries = debug_directory(file, &headers)?;
    let mut codeview = None;
    for entry in &entries {
        if codeview.is_none() && entry.typ.get(LE) == pe::IMAGE_DEBUG_TYPE_CODEVIEW {
            codeview = match record_bytes(file, entry) {
                Ok(bytes) => codeview::rsds(&bytes),
                Err(Fault::Short) => None,
                Err(Fault::Io(error)) => return Err(Trouble::Io(error)),
            };
        }
    }
    let debug = entries.iter().map(|entry| DebugEntry {
        kind: entry.typ.get(LE),
        size: entry.size_of_data.get(LE),
        address: entry.address_of_raw_data.get(LE),
        offset: entry.pointer_to_raw_data.get(LE),
    });
    let Shown {
        machine,
        characteristics,
        checksum,
        image_base,
        width,
        exports,
    } = headers.shown;
    Ok(crate::Image {
        machine,
        characteristics,
        timestamp: headers.stamp.timestamp,
        checksum,
        image_base,
        size_of_image: headers.stamp.size_of_image,
        width,
        exports,
        debug: debug.collect(),
        codeview,
    })
}

/// Reads the stamp alone, so that an image with a damaged debug directory can still be checked.
pub(crate) fn read_stamp<R: Read + Seek>(file: &mut Window<R>) -> Result<Stamp, Trouble> {
    Ok(Headers::read(file)?.stamp)
}

/// What the headers say.
#[derive(Debug)]
struct Headers {
    stamp: Stamp,
    shown: Shown,
    /// The entry of the debug directory, if it is not empty.
    debug: Option<pe::ImageDataDirectory>,
    /// Where the section table begins in the file.
    table: u64,
    sections: u16,
}

/// What of them identifies nothing and is shown.
#[derive(Debug)]
struct Shown {
    machine: u16,
    characteristics: u16,
    checksum: u32,
    image_base: u64,
    width: Width,
    exports: Exports,
}

impl Headers {
    fn read<R: Read + Seek>(file: &mut Window<R>) -> Result<Self, Trouble> {
        let dos: [u8; 64] = file.array(0)?;
        let dos = pe::ImageDosHeader::parse(dos.as_slice()).map_err(|_| Defect::PeHeaders)?;
        let offset = u64::from(dos.nt_headers_offset());
        let signature: [u8; 4] = file.array(offset)?;
        if signature != *b"PE\0\0" {
            return Err(Defect::PeHeaders.into());
        }
        let counts: [u8; 20] = file.array(offset + 4)?;
        let (counts, _) = object::pod::from_bytes::<pe::ImageFileHeader>(&counts).map_err(|()| Defect::PeHeaders)?;
        let size = 24 + u64::from(counts.size_of_optional_header.get(LE));
        let bytes = file.exactly(offset, size)?;
        let magic = bytes.get(24..).and_then(|optional| optional.first_chunk());
        let (stamp, shown, debug) = match magic.map(|magic| u16::from_le_bytes(*magic)) {
            Some(pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC) => parse::<pe::ImageNtHeaders32>(&bytes, Width::Bits32)?,
            Some(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => parse::<pe::ImageNtHeaders64>(&bytes, Width::Bits64)?,
            _ => return Err(Defect::PeHeaders.into()),
        };
        Ok(Self {
            stamp,
            shown,
            debug,
            table: offset + size,
            sections: counts.number_of_sections.get(LE),
        })
    }
}

/// The stamp, what is shown, and the entry of the debug directory, from the bytes of the NT headers.
fn parse<H: ImageNtHeaders>(
    bytes: &[u8],
    width: Width,
) -> Result<(Stamp, Shown, Option<pe::ImageDataDirectory>), Defect> {
    let (headers, directories) = H::parse(bytes, &mut 0).map_err(|_| Defect::PeHeaders)?;
    let stamp = Stamp {
        timestamp: headers.file_header().time_date_stamp.get(LE),
        size_of_image: headers.optional_header().size_of_image(),
    };
    let used = |index| {
        directories
            .get(index)
            .filter(|entry| entry.size.get(LE) != 0 && entry.virtual_address.get(LE) != 0)
    };
    let shown = Shown {
        machine: headers.file_header().machine.get(LE),
        characteristics: headers.file_header().characteristics.get(LE),
        checksum: headers.optional_header().check_sum(),
        image_base: headers.optional_header().image_base(),
        width,
        exports: match used(pe::IMAGE_DIRECTORY_ENTRY_EXPORT) {
            Some(_) => Exports::Present,
            None => Exports::Absent,
        },
    };
    Ok((stamp, shown, used(pe::IMAGE_DIRECTORY_ENTRY_DEBUG).copied()))
}

/// The entries of the debug directory, which a section must hold whole.
fn debug_directory<R: Read + Seek>(
    file: &mut Window<R>,
    headers: &Headers,
) -> Result<Vec<pe::ImageDebugDirectory>, Trouble> {
    let Some(debug) = headers.debug else {
        return Ok(Vec::new());
    };
    let size = debug.size.get(LE);
    if size > MAX_ENTRIES * ENTRY {
        return Err(Defect::DebugDirectorySize(size).into());
    }
    let sections = file.exactly(headers.table, u64::from(headers.sections) * 40)?;
    let (sections, _) = object::pod::slice_from_bytes::<pe::ImageSectionHeader>(&sections, headers.sections.into())
        .map_err(|()| Defect::Truncated)?;
    let place = sections
        .iter()
        .find_map(|section| section.pe_file_range_at(debug.virtual_address.get(LE)));
    let (offset, room) = place.ok_or(Defect::DebugDirectoryOutside)?;
    if size > room {
        return Err(Defect::DebugDirectoryOutside.into());
    }
    let bytes = match file.exactly(offset.into(), size.into()) {
        Ok(bytes) => bytes,
        Err(Fault::Short) => return Err(Defect::DebugDirectoryOutside.into()),
        Err(Fault::Io(error)) => return Err(Trouble::Io(error)),
    };
    let count = bytes.len() / ENTRY as usize;
    let (entries, _) = object::pod::slice_from_bytes(&bytes, count).map_err(|()| Defect::DebugDirectoryOutside)?;
    Ok(entries.to_vec())
}

/// The record of one entry. A record that cannot be used is a note, not an error: another entry may do.
fn record<R: Read + Seek>(
    file: &mut Window<R>,
    entry: &pe::ImageDebugDirectory,
) -> Result<Result<FileId, Unusable>, Trouble> {
    match record_bytes(file, entry) {
        Ok(bytes) => Ok(codeview::decode(&bytes, entry.minor_version.get(LE))),
        Err(Fault::Short) => Ok(Err(Unusable::Outside)),
        Err(Fault::Io(error)) => Err(Trouble::Io(error)),
    }
}

/// The data of an entry, as far as a record may reach.
fn record_bytes<R: Read + Seek>(file: &mut Window<R>, entry: &pe::ImageDebugDirectory) -> Result<Vec<u8>, Fault> {
    let size = entry.size_of_data.get(LE).min(MAX_RECORD);
    file.exactly(entry.pointer_to_raw_data.get(LE).into(), size.into())
}

/// Bytes of an entry of the debug directory.
const ENTRY: u32 = 28;
/// Linkers write fewer than ten entries.
const MAX_ENTRIES: u32 = 256;
/// 24 bytes and a path; Windows' longest path has 32767 characters, build paths a few hundred.
const MAX_RECORD: u32 = 24 + 8 * 1024;
