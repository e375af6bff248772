//! SZDD, the format of `compress.exe` (SYMSRV §2.2).
//!
//! Microsoft never published it; the facts are those on which the free decoders agree. A header of
//! 14 bytes, then LZSS: a flag byte announces eight items, lowest bit first, a set bit being one
//! byte as it is, a clear one a match of 3 to 18 bytes in a window of 4096 that starts full of
//! blanks.
//!
//! ```text
//! 0  "SZDD" 88 f0 27 33      8  'A', the only method      9  last character of the original name
//! 10 length (4)              14 items
//! match: low byte of the position, then high four bits of the position and length - 3
//! ```

use std::io::{BufReader, Read};

use super::{ExpandError, ExpandFailure, read_error};

pub(super) fn expand<R: Read, E>(
    source: R,
    limit: u64,
    sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u64, ExpandFailure<E>> {
    let mut input = Input(BufReader::new(source));
    let mut header = [0; 14];
    input.0.read_exact(&mut header).map_err(read_error)?;
    let [magic @ .., method, _, a, b, c, d] = header;
    if magic != *b"SZDD\x88\xf0\x27\x33" {
        return Err(ExpandError::UnknownFormat.into());
    }
    if method != b'A' {
        return Err(ExpandError::Unsupported(u16::from(method)).into());
    }
    let claimed = u64::from(u32::from_le_bytes([a, b, c, d]));
    if claimed > limit {
        return Err(ExpandError::TooLarge { claimed, limit }.into());
    }

    let mut output = Output::new(claimed, sink);
    'items: while !output.is_complete() {
        let flags = input.byte()?;
        for bit in 0..8 {
            if output.is_complete() {
                break 'items;
            }
            if flags >> bit & 1 == 1 {
                let byte = input.byte()?;
                output.push(byte)?;
                continue;
            }
            let (low, high) = (input.byte()?, input.byte()?);
            let from = usize::from(low) | usize::from(high & 0xf0) << 4;
            for step in 0..usize::from(high & 0x0f) + SHORTEST_MATCH {
                let byte = output.window[(from + step) % WINDOW];
                output.push(byte)?;
            }
        }
    }
    if input.more()? {
        return Err(ExpandError::Length {
            claimed,
            actual: claimed + 1,
        }
        .into());
    }
    output.finish()?;
    Ok(claimed)
}

struct Input<R>(BufReader<R>);

impl<R: Read> Input<R> {
    fn byte(&mut self) -> Result<u8, ExpandError> {
        let mut byte = [0];
        self.0.read_exact(&mut byte).map_err(read_error)?;
        Ok(byte[0])
    }

    fn more(&mut self) -> Result<bool, ExpandError> {
        match self.byte() {
            Ok(_) => Ok(true),
            Err(ExpandError::Truncated) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

struct Output<'s, S> {
    window: [u8; WINDOW],
    at: usize,
    buffer: Vec<u8>,
    written: u64,
    claimed: u64,
    sink: &'s mut S,
}

impl<'s, S, E> Output<'s, S>
where
    S: FnMut(&[u8]) -> Result<(), E>,
{
    fn new(claimed: u64, sink: &'s mut S) -> Self {
        Self {
            window: [b' '; WINDOW],
            at: WINDOW - 16,
            buffer: Vec::with_capacity(CHUNK),
            written: 0,
            claimed,
            sink,
        }
    }

    const fn is_complete(&self) -> bool {
        self.written == self.claimed
    }

    fn push(&mut self, byte: u8) -> Result<(), ExpandFailure<E>> {
        if self.is_complete() {
            return Err(ExpandError::Length {
                claimed: self.claimed,
                actual: self.claimed + 1,
            }
            .into());
        }
        self.window[self.at] = byte;
        self.at = (self.at + 1) % WINDOW;
        self.written += 1;
        self.buffer.push(byte);
        if self.buffer.len() == CHUNK {
            self.finish()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ExpandFailure<E>> {
        if !self.buffer.is_empty() {
            (self.sink)(&self.buffer).map_err(ExpandFailure::Sink)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

const WINDOW: usize = 4096;
const SHORTEST_MATCH: usize = 3;
/// How much is given out at a time.
const CHUNK: usize = 32 << 10;
