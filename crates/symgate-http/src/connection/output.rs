//! The bytes that are to be written, and what is still due of our message.

use std::{fmt, hint};

use crate::error::Misuse;
use crate::framing::Framing;

/// Queued bytes and the writer of the current body.
#[derive(Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    due: Due,
}

/// What is due of our body.
#[derive(Clone, Copy, Debug, Default)]
enum Due {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunks,
    /// Anything, until we close.
    Open,
    /// Nothing.
    #[default]
    Nothing,
}

impl Output {
    /// Queues a head that is written by `encode`, and opens the body behind it.
    pub(crate) fn head(
        &mut self,
        framing: Framing,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Misuse>,
    ) -> Result<(), Misuse> {
        self.interim(encode)?;
        self.due = match framing {
            Framing::Empty => Due::Nothing,
            Framing::Length(length) => Due::Length(length),
            Framing::Chunked => Due::Chunks,
            Framing::UntilClose => Due::Open,
        };
        Ok(())
    }

    /// Queues a head without body.
    pub(crate) fn interim(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Misuse>) -> Result<(), Misuse> {
        let before = self.bytes.len();
        let encoded = encode(&mut self.bytes);
        if encoded.is_err() {
            self.bytes.truncate(before);
        }
        encoded
    }

    /// Queues a piece of the body.
    pub(crate) fn body(&mut self, data: &[u8]) -> Result<(), Misuse> {
        match &mut self.due {
            Due::Length(left) => {
                let length = u64::try_from(data.len()).map_err(|_| Misuse::BodyLength)?;
                *left = left.checked_sub(length).ok_or(Misuse::BodyLength)?;
                self.bytes.extend_from_slice(data);
            }
            // An empty chunk would be the last one.
            Due::Chunks | Due::Nothing if data.is_empty() => {}
            Due::Chunks => {
                self.bytes.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
                self.bytes.extend_from_slice(data);
                self.bytes.extend_from_slice(b"\r\n");
            }
            Due::Open => self.bytes.extend_from_slice(data),
            Due::Nothing => return Err(Misuse::BodyLength),
        }
        Ok(())
    }

    /// Ends the body.
    pub(crate) fn finish(&mut self) -> Result<(), Misuse> {
        match self.due {
            Due::Length(0) | Due::Open | Due::Nothing => {}
            Due::Length(_) => return Err(Misuse::BodyLength),
            Due::Chunks => self.bytes.extend_from_slice(b"0\r\n\r\n"),
        }
        self.due = Due::Nothing;
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All queued bytes were written. They may have held a credential: they are overwritten before the buffer is used
    /// again.
    pub(crate) fn clear(&mut self) {
        self.bytes.fill(0);
        // The compiler may not know that nobody reads them any more.
        hint::black_box(&mut self.bytes);
        self.bytes.clear();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes may hold a credential.
        let Self { bytes, due } = self;
        f.debug_struct("Output")
            .field("queued", &bytes.len())
            .field("due", due)
            .finish()
    }
}
