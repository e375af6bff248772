//! Small Windows images and PDBs, written by hand so that no real one has to be committed.
//!
//! A PE image ([PE format]) as [`Pe`] writes it is nothing but headers and one section with a debug directory and
//! CodeView records. A PDB as [`Pdb`] writes it is a multi-stream file 7.00 ([MSF]) with the two streams that identify
//! it: the info stream (1) and the DBI stream (3). What is written here is never proved by our own reader alone:
//! `crates/symgate-index/tests/files/peers.rs` has other authors' crates read it.
//!
//! GUIDs are 16 bytes in the order in which they are *printed*, so the key of a made file is their hex; the file
//! order is made here.
//!
//! ```text
//! PE  0x000 DOS header   0x040 NT headers, section header   0x200 debug directory, records
//! PDB page 0 superblock  1, 2 free page maps  3 info  4 DBI  5 directory  6 block map  7.. free pages with noise
//! ```
//!
//! [PE format]: https://learn.microsoft.com/windows/win32/debug/pe-format
//! [MSF]: https://llvm.org/docs/PDB/MsfFile.html

/// Whether a made image has 32-bit or 64-bit optional headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// PE32, for x86.
    Pe32,
    /// PE32+, for x64 and ARM64.
    Pe32Plus,
}

/// One record that the debug directory of a made image points to.
#[derive(Clone, Debug)]
pub enum Record {
    /// `RSDS`: a PDB 7.0 by GUID and age.
    Rsds {
        /// The GUID, in the order in which it is printed.
        guid: [u8; 16],
        /// The age.
        age: u32,
        /// The recorded path, without the closing NUL.
        path: Vec<u8>,
    },
    /// `RSDS` whose directory entry carries the version of a portable PDB.
    Portable {
        /// The GUID, in the order in which it is printed.
        guid: [u8; 16],
        /// The recorded path, without the closing NUL.
        path: Vec<u8>,
    },
    /// `NB10`: a PDB 2.0 by signature and age.
    Nb10 {
        /// The signature, a time stamp.
        signature: u32,
        /// The age.
        age: u32,
        /// The recorded path, without the closing NUL.
        path: Vec<u8>,
    },
    /// These bytes, in an entry of type CodeView.
    Raw(Vec<u8>),
}

impl Record {
    /// An `RSDS` record.
    #[must_use]
    pub fn rsds(guid: [u8; 16], age: u32, path: &str) -> Self {
        Self::Rsds {
            guid,
            age,
            path: path.into(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (mut bytes, path) = match self {
            Self::Rsds { guid, age, path } => (rsds(*guid, *age), path),
            Self::Portable { guid, path } => (rsds(*guid, 1), path),
            Self::Nb10 { signature, age, path } => {
                let mut head = b"NB10".to_vec();
                put(&mut head, &[0, *signature, *age]);
                (head, path)
            }
            Self::Raw(bytes) => return bytes.clone(),
        };
        bytes.extend_from_slice(path);
        bytes.push(0);
        bytes
    }

    /// Major and minor version of the directory entry, as one little-endian word.
    fn version(&self) -> u32 {
        match self {
            Self::Portable { .. } => 0x504d_0100,
            Self::Rsds { .. } | Self::Nb10 { .. } | Self::Raw(_) => 0,
        }
    }
}

fn rsds(guid: [u8; 16], age: u32) -> Vec<u8> {
    let mut bytes = b"RSDS".to_vec();
    bytes.extend_from_slice(&file_order(guid));
    put(&mut bytes, &[age]);
    bytes
}

/// A PE image to be made.
#[derive(Clone, Debug)]
pub struct Pe {
    /// PE32 or PE32+.
    pub width: Width,
    /// `TimeDateStamp`, the first half of the key.
    pub timestamp: u32,
    /// `SizeOfImage`, the second half of the key.
    pub size_of_image: u32,
    /// The records of the debug directory, in this order; none: no debug directory.
    pub records: Vec<Record>,
}

impl Pe {
    /// Where the debug directory begins in the file; each entry takes 28 bytes, the records follow the last one.
    pub const DEBUG_DIRECTORY: usize = 0x200;
    /// Where the NT headers begin in the file.
    pub const NT_HEADERS: usize = 0x40;

    /// A 64-bit image with these records, the timestamp 0x6553F100 and the size 0x5000: its key is `6553F1005000`.
    #[must_use]
    pub fn new(records: Vec<Record>) -> Self {
        Self {
            width: Width::Pe32Plus,
            timestamp: 0x6553_f100,
            size_of_image: 0x5000,
            records,
        }
    }

    /// The key of the image: `%08X%x` of timestamp and size.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{:08X}{:x}", self.timestamp, self.size_of_image)
    }

    /// Where the entry of the debug directory stands among the data directories: its RVA, and 4 bytes later its size.
    #[must_use]
    pub fn debug_entry(&self) -> usize {
        // Signature, file header, then 96 or 112 bytes of optional header before entry 0; debug is entry 6.
        let fixed = match self.width {
            Width::Pe32 => 96,
            Width::Pe32Plus => 112,
        };
        Self::NT_HEADERS + 24 + fixed + 6 * 8
    }

    /// The bytes of the image.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let section = self.section();
        let raw_size = section.len().next_multiple_of(FILE_ALIGNMENT);
        let mut file = b"MZ".to_vec();
        file.resize(0x3c, 0);
        put(&mut file, &[0x40]);
        file.extend_from_slice(b"PE\0\0");
        self.put_file_header(&mut file);
        self.put_optional_header(&mut file);
        for directory in 0..16 {
            let debug = directory == 6 && !self.records.is_empty();
            let size = u32_of(self.records.len() * 28);
            put(&mut file, &if debug { [SECTION_RVA, size] } else { [0, 0] });
        }
        file.extend_from_slice(b".rdata\0\0");
        let sizes = [u32_of(section.len()), u32_of(raw_size)];
        let place = u32_of(Self::DEBUG_DIRECTORY);
        put(&mut file, &[sizes[0], SECTION_RVA, sizes[1], place]);
        // No relocations, no line numbers; initialized data that may be read.
        put(&mut file, &[0, 0, 0, 0x4000_0040]);
        file.resize(Self::DEBUG_DIRECTORY, 0);
        file.extend_from_slice(&section);
        file.resize(Self::DEBUG_DIRECTORY + raw_size, 0);
        file
    }

    fn put_file_header(&self, file: &mut Vec<u8>) {
        let (machine, optional, flags): (u16, u16, u16) = match self.width {
            Width::Pe32 => (0x014c, 224, 0x2102),
            Width::Pe32Plus => (0x8664, 240, 0x2022),
        };
        file.extend_from_slice(&machine.to_le_bytes());
        file.extend_from_slice(&1u16.to_le_bytes());
        put(file, &[self.timestamp, 0, 0]);
        file.extend_from_slice(&optional.to_le_bytes());
        file.extend_from_slice(&flags.to_le_bytes());
    }

    fn put_optional_header(&self, file: &mut Vec<u8>) {
        // Magic and linker version; sizes of code and data; entry point and base of code.
        match self.width {
            Width::Pe32 => put(file, &[0x000e_010b, 0, 0x200, 0, 0, 0x1000, SECTION_RVA]),
            Width::Pe32Plus => put(file, &[0x000e_020b, 0, 0x200, 0, 0, 0x1000]),
        }
        match self.width {
            Width::Pe32 => put(file, &[0x1000_0000]),
            Width::Pe32Plus => put(file, &[0x8000_0000, 1]),
        }
        // Alignments; versions of system, image and subsystem (6.0); reserved.
        put(file, &[0x1000, u32_of(FILE_ALIGNMENT), 6, 0, 6, 0]);
        // Size of image and of headers, checksum; subsystem 2 (windows).
        put(file, &[self.size_of_image, 0x200, 0, 2]);
        // Stack and heap, reserved and committed; loader flags; 16 data directories.
        match self.width {
            Width::Pe32 => put(file, &[0x10_0000, 0x1000, 0x10_0000, 0x1000]),
            Width::Pe32Plus => put(file, &[0x10_0000, 0, 0x1000, 0, 0x10_0000, 0, 0x1000, 0]),
        }
        put(file, &[0, 16]);
    }

    /// The debug directory and the records after it.
    fn section(&self) -> Vec<u8> {
        let mut entries = Vec::new();
        let mut records: Vec<u8> = Vec::new();
        for record in &self.records {
            let offset = u32_of(self.records.len() * 28 + records.len());
            let bytes = record.bytes();
            let place = u32_of(Self::DEBUG_DIRECTORY) + offset;
            put(&mut entries, &[0, self.timestamp, record.version(), 2]);
            put(&mut entries, &[u32_of(bytes.len()), SECTION_RVA + offset, place]);
            records.extend_from_slice(&bytes);
            records.resize(records.len().next_multiple_of(4), 0);
        }
        entries.extend_from_slice(&records);
        entries
    }
}

/// A PDB 7.0 to be made.
#[derive(Clone, Debug)]
pub struct Pdb {
    /// The GUID, in the order in which it is printed.
    pub guid: [u8; 16],
    /// The age of the info stream, which tools raise when they write.
    pub info_age: u32,
    /// The age of the DBI stream, which the key takes; none: the stream is absent.
    pub dbi_age: Option<u32>,
    /// Bytes in a page: a power of two from 512.
    pub page_size: u32,
    /// The file is filled up with free pages of noise to at least this many bytes.
    pub padded_to: usize,
}

impl Pdb {
    /// The page of the info stream.
    pub const INFO_PAGE: u32 = 3;
    /// The page of the DBI stream.
    pub const DBI_PAGE: u32 = 4;
    /// The page of the stream directory.
    pub const DIRECTORY_PAGE: u32 = 5;
    /// The page of the block map, which lists the pages of the directory.
    pub const MAP_PAGE: u32 = 6;

    /// A PDB with both ages the same, pages of 512 bytes and no padding: 3584 bytes.
    #[must_use]
    pub fn new(guid: [u8; 16], age: u32) -> Self {
        Self {
            guid,
            info_age: age,
            dbi_age: Some(age),
            page_size: 512,
            padded_to: 0,
        }
    }

    /// The key of the PDB: the GUID in upper case and the age in lower case hex.
    #[must_use]
    pub fn key(&self) -> String {
        let guid: String = self.guid.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{guid}{:x}", self.dbi_age.unwrap_or(self.info_age))
    }

    /// The bytes of the PDB.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let page_size = self.page_size as usize;
        let pages = (Self::MAP_PAGE as usize + 1).max(self.padded_to.div_ceil(page_size));
        let directory = self.directory();
        let mut file = Vec::with_capacity(pages * page_size);
        file.extend_from_slice(b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0");
        put(&mut file, &[self.page_size, 1, u32_of(pages)]);
        put(&mut file, &[u32_of(directory.len()), 0, Self::MAP_PAGE]);
        file.resize(Self::INFO_PAGE as usize * page_size, 0);
        for page in [self.info(), self.dbi(), directory] {
            let end = file.len() + page_size;
            file.extend_from_slice(&page);
            file.resize(end, 0);
        }
        put(&mut file, &[Self::DIRECTORY_PAGE]);
        file.resize((Self::MAP_PAGE as usize + 1) * page_size, 0);
        fill(&mut file, pages * page_size);
        self.put_free_pages(&mut file, pages);
        file
    }

    /// Number of streams, their sizes, their pages: 0 (old directory) and 2 (types) are empty.
    fn directory(&self) -> Vec<u8> {
        let mut directory = Vec::new();
        put(&mut directory, &[4, 0, u32_of(self.info().len()), 0]);
        match self.dbi_age {
            Some(_) => put(&mut directory, &[68, Self::INFO_PAGE, Self::DBI_PAGE]),
            None => put(&mut directory, &[u32::MAX, Self::INFO_PAGE]),
        }
        directory
    }

    /// Version VC70, signature, age, GUID; then an empty map of named streams: no names, 0 of 1 entries, two empty
    /// bit sets.
    fn info(&self) -> Vec<u8> {
        let mut info = Vec::new();
        put(&mut info, &[20_000_404, 0x6553_f100, self.info_age]);
        info.extend_from_slice(&file_order(self.guid));
        put(&mut info, &[0, 0, 1, 0, 0]);
        info
    }

    /// Signature, version V70, age; then no globals and no substreams but the one of file names, which counts 0
    /// modules and 0 files.
    fn dbi(&self) -> Vec<u8> {
        let mut dbi = Vec::new();
        let Some(age) = self.dbi_age else { return dbi };
        put(&mut dbi, &[u32::MAX, 19_990_903, age]);
        put(&mut dbi, &[0x8e00_ffff, 0xffff, 0xffff]);
        put(&mut dbi, &[0, 0, 0, 4, 0, 0, 0, 0]);
        put(&mut dbi, &[0x8664_0000, 0]);
        put(&mut dbi, &[0]);
        dbi
    }

    /// Free page map: a bit for each page, set if free; its parts stand in pages 1, 1 + page size, 1 + 2 page sizes,
    /// ...
    fn put_free_pages(&self, file: &mut [u8], pages: usize) {
        let page_size = self.page_size as usize;
        for part in 0..pages.div_ceil(page_size) {
            let start = (1 + part * page_size) * page_size;
            let Some(map) = file.get_mut(start..start + page_size) else {
                return;
            };
            for (at, byte) in map.iter_mut().enumerate() {
                let first = (part * page_size + at) * 8;
                *byte = (0..8).fold(0, |bits, bit| {
                    let page = first + bit;
                    let own = page % page_size == 1 || page % page_size == 2;
                    let used = own || page <= Self::MAP_PAGE as usize;
                    bits | (u8::from(!used) << bit)
                });
            }
        }
    }
}

/// A 64-bit image and the PDB that it names, `<stem>.pdb` under a Windows build directory.
#[must_use]
pub fn pair(stem: &str, guid: [u8; 16], age: u32) -> (Vec<u8>, Vec<u8>) {
    let record = Record::rsds(guid, age, &format!("d:\\build\\{stem}.pdb"));
    (Pe::new(vec![record]).build(), Pdb::new(guid, age).build())
}

/// A GUID in file order: three little-endian integers, then eight bytes as they are.
fn file_order(guid: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = guid;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// Appends noise that does not compress well and is always the same (xorshift32).
fn fill(file: &mut Vec<u8>, length: usize) {
    let mut state: u32 = 0x9e37_79b9;
    while file.len() < length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        put(file, &[state]);
    }
}

fn put(bytes: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

fn u32_of(value: usize) -> u32 {
    u32::try_from(value).expect("made files stay below 4 GiB")
}

const FILE_ALIGNMENT: usize = 0x200;
const SECTION_RVA: u32 = 0x1000;
