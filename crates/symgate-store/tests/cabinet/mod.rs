//! Cabinets for tests: the vectors, and a writer of cabinets whose every field can lie.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "shared by test binaries, each of which uses its own part"
)]

/// Three MSZIP blocks by gcab; see `vectors/README.md`.
pub const MSZIP: &[u8] = include_bytes!("../vectors/mszip.cab");
/// A stored member by gcab.
pub const STORED: &[u8] = include_bytes!("../vectors/stored.cab");
/// Two members by gcab.
pub const TWO_MEMBERS: &[u8] = include_bytes!("../vectors/two_members.cab");
/// SZDD by mscompress.
pub const SZDD: &[u8] = include_bytes!("../vectors/y.szdd");

/// The plain content of the vectors.
pub fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| (((i / 7) ^ (i / 1000)) % 251) as u8).collect()
}

/// A cabinet of one folder, honest until told otherwise.
#[derive(Clone, Debug)]
pub struct Cabinet {
    pub version: [u8; 2],
    pub files: u16,
    pub folders: u16,
    pub flags: u16,
    pub length: u32,
    pub offset: u32,
    pub folder: u16,
    pub method: u16,
    /// Packed content and expanded length.
    pub blocks: Vec<(Vec<u8>, u16)>,
    /// Reserve bytes in the header, the folder and each block, with flag 4.
    pub reserve: [u8; 3],
}

impl Cabinet {
    pub fn stored(content: &[u8]) -> Self {
        let blocks = content.chunks(0x8000).map(|part| (part.to_vec(), part.len() as u16));
        Self::new(0, content.len(), blocks.collect())
    }

    /// LZX by the encoder of another author.
    pub fn lzx(content: &[u8], window: lzxc::WindowSize, strategy: lzxc::Strategy) -> Self {
        let bits = window.bytes().trailing_zeros() as u16;
        let mut encoder = lzxc::Encoder::new(window);
        encoder.set_strategy(strategy);
        let frames = encoder.encode_stream(content);
        let blocks = frames.into_iter().zip(content.chunks(0x8000));
        let blocks = blocks.map(|(frame, part)| (frame, part.len() as u16));
        Self::new(3 | bits << 8, content.len(), blocks.collect())
    }

    fn new(method: u16, length: usize, blocks: Vec<(Vec<u8>, u16)>) -> Self {
        Self {
            version: [3, 1],
            files: 1,
            folders: 1,
            flags: 0,
            length: length as u32,
            offset: 0,
            folder: 0,
            method,
            blocks,
            reserve: [0; 3],
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let [header, folder, block] = self.reserve.map(usize::from);
        let mut front = Vec::new();
        if self.flags & 4 != 0 {
            front.extend((header as u16).to_le_bytes());
            front.extend([folder as u8, block as u8]);
            front.resize(4 + header, 0xee);
        }
        let entries = 36 + front.len() + 8 + folder;
        let data = entries + 16 + b"x.pdb\0".len();
        let mut body = Vec::new();
        for (packed, plain) in &self.blocks {
            let mut sizes = (packed.len() as u16).to_le_bytes().to_vec();
            sizes.extend(plain.to_le_bytes());
            sizes.resize(4 + block, 0xdd);
            // Checksum zero means "none"; the ones of real tools are tested by the vectors.
            body.extend([0; 4]);
            body.extend(&sizes);
            body.extend(packed);
        }
        let mut out = b"MSCF\0\0\0\0".to_vec();
        out.extend(((data + body.len()) as u32).to_le_bytes());
        out.extend([0; 4]);
        out.extend((entries as u32).to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.version);
        for field in [self.folders, self.files, self.flags, 7, 0] {
            out.extend(field.to_le_bytes());
        }
        out.extend(front);
        out.extend((data as u32).to_le_bytes());
        out.extend((self.blocks.len() as u16).to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.resize(entries, 0xcc);
        out.extend(self.length.to_le_bytes());
        out.extend(self.offset.to_le_bytes());
        for field in [self.folder, 0x5821, 0, 0x20] {
            out.extend(field.to_le_bytes());
        }
        out.extend(b"x.pdb\0");
        out.extend(body);
        out
    }
}
