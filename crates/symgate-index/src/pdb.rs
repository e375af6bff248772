//! PDB 7.0: the GUID and ages inside a multi-stream file ([MSF], [info stream], [DBI stream]; SYMSRV
//! §2.5, "Age, PDB").
//!
//! ```text
//! page 0    magic 32 | page size | free map | pages | directory bytes | 0 | map pages...
//! map       page numbers of the directory, which is scattered like any stream
//! directory streams n | n sizes | page numbers of stream 0 | of stream 1 | ...
//! stream 1  version | signature | age | GUID           stream 3 (DBI)  -1 | version | age | ...
//! ```
//!
//! A walk by hand, because we want some forty words of a file of any size and the readers on offer want more: `pdb2`
//! collects the whole directory and the whole DBI stream (hundreds of megabytes in a large PDB), and a file of three
//! pages, whose page lists repeat themselves, makes it take a gigabyte; `ms-pdb-msf` holds all page lists. Here each
//! word of the directory is found by its position and read by itself: no allocation at all, no list, no recursion, so
//! repeated or circular page numbers cost nothing. `pdb2` is the peer that the tests compare with.
//!
//! [MSF]: https://llvm.org/docs/PDB/MsfFile.html
//! [info stream]: https://llvm.org/docs/PDB/PdbStream.html
//! [DBI stream]: https://llvm.org/docs/PDB/DbiStream.html

use std::io::{Read, Seek};

use crate::describe::PrivateSymbols;
use crate::error::{Defect, Trouble};
use crate::guid::Guid;
use crate::window::Window;

/// What identifies a PDB 7.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PdbIdentity {
    pub(crate) guid: Guid,
    /// The DBI stream's age if there is a valid one, else the info stream's.
    pub(crate) age: u32,
    pub(crate) private: PrivateSymbols,
}

/// Reads the identity of the PDB 7.0 in `file`, whose magic the caller has seen.
pub(crate) fn read<R: Read + Seek>(file: &mut Window<R>) -> Result<PdbIdentity, Trouble> {
    let mut msf = Msf::open(file)?;
    let [version, _signature, age, g0, g1, g2, g3] = msf.head(INFO_STREAM)?.ok_or(Defect::InfoStream)?;
    if version < VC70 {
        return Err(Defect::InfoVersion(version).into());
    }
    let guid = u128::from(g0) | u128::from(g1) << 32 | u128::from(g2) << 64 | u128::from(g3) << 96;
    let (dbi_age, private) = msf.dbi()?;
    Ok(PdbIdentity {
        guid: Guid::from_file_order(guid.to_le_bytes()),
        age: dbi_age.unwrap_or(age),
        private,
    })
}

/// The header of a multi-stream file, checked against the file's length.
#[derive(Debug)]
struct Msf<'w, R> {
    file: &'w mut Window<R>,
    page_size: u64,
    pages: u32,
    /// Bytes in the stream directory; not larger than the file.
    directory: u32,
}

impl<'w, R: Read + Seek> Msf<'w, R> {
    fn open(file: &'w mut Window<R>) -> Result<Self, Trouble> {
        let page_size = file.word(32)?;
        let pages = file.word(40)?;
        let directory = file.word(44)?;
        if !page_size.is_power_of_two() || !PAGE_SIZES.contains(&page_size) {
            return Err(Defect::PageSize(page_size).into());
        }
        let claimed = u64::from(page_size) * u64::from(pages);
        let found = file.length();
        if claimed != found {
            return Err(Defect::Length { claimed, found }.into());
        }
        if u64::from(directory) > claimed {
            return Err(Defect::DirectorySize(directory).into());
        }
        Ok(Self {
            file,
            page_size: page_size.into(),
            pages,
            directory,
        })
    }

    /// The age that the linker wrote into the DBI stream, and whether private symbols were taken out since. Some old
    /// writers left the age zero, which counts as absent.
    fn dbi(&mut self) -> Result<(Option<u32>, PrivateSymbols), Trouble> {
        Ok(match self.head::<DBI_WORDS>(DBI_STREAM)? {
            Some([u32::MAX, _version, age, .., flags, _padding]) => {
                let private = if flags & STRIPPED == 0 {
                    PrivateSymbols::Kept
                } else {
                    PrivateSymbols::Stripped
                };
                (Some(age).filter(|age| *age != 0), private)
            }
            _ => (None, PrivateSymbols::Kept),
        })
    }

    /// The first words of a stream, all in its first page; `None` if the stream is absent or shorter.
    fn head<const WORDS: usize>(&mut self, stream: u32) -> Result<Option<[u32; WORDS]>, Trouble> {
        let streams = self.directory_word(0)?;
        if stream >= streams {
            return Ok(None);
        }
        // Pages of the streams before this one stand before its own.
        let mut position = 1 + u64::from(streams);
        for earlier in 0..stream {
            let size = self.stream_size(earlier)?;
            position += self.pages_in(size);
        }
        let size = self.stream_size(stream)?;
        let wanted = u64::try_from(WORDS * 4).unwrap_or(u64::MAX);
        if size == ABSENT || u64::from(size) < wanted {
            return Ok(None);
        }
        let page = self.directory_word(position)?;
        let start = self.page_offset(page)?;
        let mut words = [0; WORDS];
        for (word, offset) in words.iter_mut().zip((start..).step_by(4)) {
            *word = self.file.word(offset)?;
        }
        Ok(Some(words))
    }

    fn stream_size(&mut self, stream: u32) -> Result<u32, Trouble> {
        self.directory_word(1 + u64::from(stream))
    }

    fn pages_in(&self, size: u32) -> u64 {
        if size == ABSENT {
            0
        } else {
            u64::from(size).div_ceil(self.page_size)
        }
    }

    /// Word `index` of the directory, through the map page and the directory page that hold it.
    fn directory_word(&mut self, index: u64) -> Result<u32, Trouble> {
        let at = index * 4;
        if at + 4 > self.directory.into() {
            return Err(Defect::DirectoryShort.into());
        }
        let map_at = at / self.page_size * 4;
        let listed_at = MAP_LIST + map_at / self.page_size * 4;
        if listed_at + 4 > self.page_size {
            return Err(Defect::DirectorySize(self.directory).into());
        }
        let map_page = self.file.word(listed_at)?;
        let map = self.page_offset(map_page)?;
        let page = self.file.word(map + map_at % self.page_size)?;
        let page = self.page_offset(page)?;
        Ok(self.file.word(page + at % self.page_size)?)
    }

    fn page_offset(&self, page: u32) -> Result<u64, Trouble> {
        if page == 0 || page >= self.pages {
            return Err(Defect::Page(page).into());
        }
        Ok(u64::from(page) * self.page_size)
    }
}

/// What a PDB 7.0 begins with.
pub(crate) const MAGIC: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// What a PDB 2.0 begins with.
pub(crate) const MAGIC_20: &[u8; 44] = b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0";
/// What CLI metadata, and so a portable PDB, begins with.
pub(crate) const MAGIC_PORTABLE: &[u8; 4] = b"BSJB";

const INFO_STREAM: u32 = 1;
const DBI_STREAM: u32 = 3;
/// The DBI header has 64 bytes; a shorter stream is not a valid one.
const DBI_WORDS: usize = 16;
/// In the last but one word of that header, whose lower half holds the flags and whose upper half the machine: the second
/// flag, private symbols were taken out ([DBI stream](https://llvm.org/docs/PDB/DbiStream.html#stream-header)).
const STRIPPED: u32 = 0x2;
/// The first version of the info stream that holds a GUID.
const VC70: u32 = 20_000_404;
/// The size of a stream that is not there.
const ABSENT: u32 = u32::MAX;
/// Linkers write 512 to 32768 (`/PDBPAGESIZE`); one power more leaves room, and a page still is no burden.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 512..=65_536;
/// Where the list of map pages begins in page 0; it may fill the rest of the page.
const MAP_LIST: u64 = 52;
