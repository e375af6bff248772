//! Cabinets ([MS-CAB](https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-cab/)):
//! stored, MSZIP and LZX, by the `cab` crate, after a survey of the headers.
//!
//! The survey reads the headers and the eight bytes before each block, nothing else, and settles
//! what the decoder does not ask: that there is exactly one member, that it is all here, that its
//! blocks add up to the length in its header. A lying cabinet ends there, before a byte is expanded.
//!
//! ```text
//! 0   "MSCF"            16  offset of the first file entry     30  flags: 1 continues, 2 is continued, 4 reserves
//! 8   cabinet's length  24  minor, major version               32  set id, number in the set
//!                       26  folders, 28 files                  36  reserve sizes (2, 1, 1), if flag 4
//! then folders:   first block's offset (4), blocks (2), method (2), reserve
//! file entry:     length (4), offset in the folder (4), folder (2), date, time, attributes, name, NUL
//! block:          checksum (4), compressed (2), expanded (2), reserve, content
//! ```

use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{ExpandError, ExpandFailure, read_error};

pub(super) fn expand<R: Read + Seek, E>(
    mut source: R,
    limit: u64,
    sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u64, ExpandFailure<E>> {
    let length = survey(&mut source)?;
    if length > limit {
        return Err(ExpandError::TooLarge { claimed: length, limit }.into());
    }
    source.rewind().map_err(read_error)?;
    let mut watched = Watched {
        inner: source,
        failed: false,
    };
    let decoded = decode(&mut watched, length, sink);
    match decoded {
        Ok(()) => Ok(length),
        Err(ExpandFailure::Member(ExpandError::Corrupt { source })) if watched.failed => {
            Err(ExpandError::Read { source }.into())
        }
        Err(other) => Err(other),
    }
}

fn decode<R: Read + Seek, E>(
    source: &mut Watched<R>,
    length: u64,
    sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), ExpandFailure<E>> {
    let corrupt = |source| ExpandError::Corrupt { source };
    let mut cabinet = guarded(|| cab::Cabinet::new(source))?.map_err(corrupt)?;
    let name = cabinet
        .folder_entries()
        .flat_map(|folder| folder.file_entries())
        .map(|file| file.name().to_owned())
        .next()
        .ok_or(ExpandError::NoMember)?;
    let mut member = guarded(|| cabinet.read_file(&name))?.map_err(corrupt)?;
    let mut buffer = vec![0; CHUNK];
    let mut left = length;
    while left > 0 {
        let count = guarded(|| member.read(&mut buffer))?.map_err(corrupt)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        let taken = u64::try_from(count).unwrap_or(u64::MAX);
        if count == 0 || taken > left {
            return Err(ExpandError::Length {
                claimed: length,
                actual: length - left,
            }
            .into());
        }
        left -= taken;
        sink(bytes).map_err(ExpandFailure::Sink)?;
    }
    Ok(())
}

/// Runs a step of the decoder and turns a panic into an error.
///
/// The LZX decoder computes with match offsets that a damaged block can make larger than its window;
/// a build with overflow checks panics there. The decoder is thrown away afterwards, so that nothing
/// half-done is seen. Without unwinding (`panic = "abort"`) there is nothing to catch.
fn guarded<T>(step: impl FnOnce() -> T) -> Result<T, ExpandError> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|_| ExpandError::Malformed("the decoder gave up on a block"))
}

/// Returns the member's length, after checking all that can be checked without expanding.
fn survey<R: Read + Seek>(source: &mut R) -> Result<u64, ExpandError> {
    let available = source.seek(SeekFrom::End(0)).map_err(read_error)?;
    source.rewind().map_err(read_error)?;
    let header: [u8; 36] = read(source)?;
    let mut fields = Fields(&header);
    fields.skip(8)?;
    let total = u64::from(fields.u32()?);
    fields.skip(4)?;
    let files_at = u64::from(fields.u32()?);
    fields.skip(4)?;
    let version = (fields.u8()?, fields.u8()?);
    let (folders, files) = (fields.u16()?, fields.u16()?);
    let flags = fields.u16()?;

    if version.1 != 1 {
        return Err(ExpandError::Malformed("the version is unknown"));
    }
    if flags & (CONTINUES | CONTINUED) != 0 {
        return Err(ExpandError::PartOfSet);
    }
    match files {
        0 => return Err(ExpandError::NoMember),
        1 => {}
        several => return Err(ExpandError::SeveralMembers(several)),
    }
    if total > available {
        return Err(ExpandError::Truncated);
    }

    let mut at = 36;
    let (mut folder_reserve, mut block_reserve) = (0, 0);
    if flags & RESERVES != 0 {
        let sizes: [u8; 4] = read(source)?;
        let mut sizes = Fields(&sizes);
        at += 4 + u64::from(sizes.u16()?);
        folder_reserve = u64::from(sizes.u8()?);
        block_reserve = u64::from(sizes.u8()?);
    }

    seek(source, files_at)?;
    let entry: [u8; 16] = read(source)?;
    let mut entry = Fields(&entry);
    let length = u64::from(entry.u32()?);
    let offset = entry.u32()?;
    let folder = entry.u16()?;
    if folder >= FIRST_SET_FOLDER {
        return Err(ExpandError::PartOfSet);
    }
    if folder >= folders {
        return Err(ExpandError::Malformed("the member is in no folder"));
    }
    if offset != 0 {
        return Err(ExpandError::Malformed("the only member does not begin its folder"));
    }

    seek(source, at + u64::from(folder) * (8 + folder_reserve))?;
    let record: [u8; 8] = read(source)?;
    let mut record = Fields(&record);
    let first = u64::from(record.u32()?);
    let blocks = record.u16()?;
    let method = Method::parse(record.u16()?)?;
    let actual = survey_blocks(source, first, blocks, block_reserve, method, available)?;
    if actual != length {
        return Err(ExpandError::Length {
            claimed: length,
            actual,
        });
    }
    Ok(length)
}

/// Adds up what the blocks say they expand to.
fn survey_blocks<R: Read + Seek>(
    source: &mut R,
    first: u64,
    blocks: u16,
    reserve: u64,
    method: Method,
    available: u64,
) -> Result<u64, ExpandError> {
    let mut at = first;
    let mut expanded = 0;
    for _ in 0..blocks {
        seek(source, at)?;
        let block: [u8; 8] = read(source)?;
        let mut block = Fields(&block);
        block.skip(4)?;
        let (packed, plain) = (u64::from(block.u16()?), u64::from(block.u16()?));
        if plain == 0 {
            // The rest of the block is in the next cabinet.
            return Err(ExpandError::PartOfSet);
        }
        if plain > BLOCK {
            return Err(ExpandError::Malformed("a block is larger than 32 KiB"));
        }
        if method == Method::Stored && packed != plain {
            return Err(ExpandError::Malformed("a stored block has two lengths"));
        }
        at += 8 + reserve + packed;
        if at > available {
            return Err(ExpandError::Truncated);
        }
        expanded += plain;
    }
    Ok(expanded)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Packed,
}

impl Method {
    fn parse(field: u16) -> Result<Self, ExpandError> {
        match (field & 0xf, field >> 8 & 0x1f) {
            (0, _) => Ok(Self::Stored),
            (1, _) | (3, 15..=21) => Ok(Self::Packed),
            (3, _) => Err(ExpandError::Malformed("the window is not of 32 KiB to 2 MiB")),
            (other, _) => Err(ExpandError::Unsupported(other)),
        }
    }
}

/// A source that remembers whether the system, not the content, made the decoder fail.
struct Watched<R> {
    inner: R,
    failed: bool,
}

impl<R> Watched<R> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.failed |= error.kind() != io::ErrorKind::Interrupted;
        }
        result
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        self.watch(result)
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.inner.seek(to);
        self.watch(result)
    }
}

/// Little-endian fields of a record, front to back.
struct Fields<'b>(&'b [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ExpandError> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(ExpandError::Truncated)?;
        self.0 = rest;
        Ok(*field)
    }

    fn skip(&mut self, count: usize) -> Result<(), ExpandError> {
        self.0 = self.0.get(count..).ok_or(ExpandError::Truncated)?;
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, ExpandError> {
        Ok(u8::from_le_bytes(self.take()?))
    }

    fn u16(&mut self) -> Result<u16, ExpandError> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    fn u32(&mut self) -> Result<u32, ExpandError> {
        Ok(u32::from_le_bytes(self.take()?))
    }
}

fn read<R: Read, const N: usize>(source: &mut R) -> Result<[u8; N], ExpandError> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes).map_err(read_error)?;
    Ok(bytes)
}

fn seek<R: Seek>(source: &mut R, to: u64) -> Result<(), ExpandError> {
    source.seek(SeekFrom::Start(to)).map(drop).map_err(read_error)
}

const CONTINUES: u16 = 1;
const CONTINUED: u16 = 2;
const RESERVES: u16 = 4;
/// Folder numbers from here on mean a folder of the previous or the next cabinet.
const FIRST_SET_FOLDER: u16 = 0xfffd;
/// Largest expanded block.
const BLOCK: u64 = 0x8000;
/// How much is given out at a time.
const CHUNK: usize = 64 << 10;
