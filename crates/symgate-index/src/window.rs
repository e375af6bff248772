//! The only place that reads: small pieces at given offsets of a file whose length is known.
//!
//! Nothing here believes a number that came from the file. A piece beyond the end is [`Fault::Short`] before anything
//! is allocated, and no piece is larger than its caller's constant or the file itself.

use std::io;
use std::io::{Read, Seek, SeekFrom};

/// A reader and the number of bytes that it holds.
#[derive(Debug)]
pub(crate) struct Window<R> {
    reader: R,
    length: u64,
}

/// Why a piece could not be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The file ends before the piece does.
    Short,
    /// The reader failed.
    Io(io::Error),
}

impl<R: Read + Seek> Window<R> {
    /// Takes the length from the reader's end.
    pub(crate) fn measure(mut reader: R) -> io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        Ok(Self { reader, length })
    }

    /// Takes the length from the caller; a reader that ends earlier is [`Fault::Short`] when its end is reached.
    pub(crate) fn with_length(reader: R, length: u64) -> Self {
        Self { reader, length }
    }

    /// The length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Exactly `N` bytes from `offset`.
    pub(crate) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        let size = u64::try_from(N).map_err(|_| Fault::Short)?;
        let end = offset.checked_add(size).ok_or(Fault::Short)?;
        if end > self.length {
            return Err(Fault::Short);
        }
        self.seek(offset)?;
        match self.reader.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::Short),
            Err(error) => Err(Fault::Io(error)),
        }
    }

    /// A little-endian word at `offset`.
    pub(crate) fn word(&mut self, offset: u64) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array(offset)?))
    }

    /// The bytes from `offset`, `limit` of them or as many as there are.
    pub(crate) fn up_to(&mut self, offset: u64, limit: u64) -> Result<Vec<u8>, Fault> {
        let size = limit.min(self.length.saturating_sub(offset));
        let mut bytes = Vec::new();
        if size > 0 {
            self.seek(offset)?;
            let mut piece = self.reader.by_ref().take(size);
            piece.read_to_end(&mut bytes).map_err(Fault::Io)?;
        }
        Ok(bytes)
    }

    /// Exactly `size` bytes from `offset`; the caller has bounded `size` by a constant.
    pub(crate) fn exactly(&mut self, offset: u64, size: u64) -> Result<Vec<u8>, Fault> {
        let bytes = self.up_to(offset, size)?;
        if u64::try_from(bytes.len()) == Ok(size) {
            Ok(bytes)
        } else {
            Err(Fault::Short)
        }
    }

    fn seek(&mut self, offset: u64) -> Result<(), Fault> {
        self.reader.seek(SeekFrom::Start(offset)).map(|_| ()).map_err(Fault::Io)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{Fault, Window};

    #[test]
    fn reads_nothing_beyond_the_length_it_was_given() {
        let mut window = Window::with_length(Cursor::new(b"12345678"), 6);
        assert_eq!(window.array(2).ok(), Some(*b"3456"));
        assert!(matches!(window.array::<4>(3), Err(Fault::Short)));
        assert!(matches!(window.array::<4>(u64::MAX), Err(Fault::Short)));
        assert_eq!(window.up_to(4, 100).ok(), Some(b"56".to_vec()));
        assert_eq!(window.up_to(7, 100).ok(), Some(Vec::new()));
        assert_eq!(window.exactly(4, 2).ok(), Some(b"56".to_vec()));
        assert!(matches!(window.exactly(4, 3), Err(Fault::Short)));
    }

    #[test]
    fn finds_a_reader_that_is_shorter_than_it_was_said() {
        let mut window = Window::with_length(Cursor::new(b"1234"), u64::MAX);
        assert!(matches!(window.array::<4>(1), Err(Fault::Short)));
        assert!(matches!(window.exactly(0, 5), Err(Fault::Short)));
        assert_eq!(window.up_to(1, u64::MAX).ok(), Some(b"234".to_vec()));
    }
}
