//! Chunked transfer coding ([RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)).
//!
//! ```text
//! 5;ext=1\r\n  hello\r\n  0\r\n  Trailer: x\r\n  \r\n
//! └ Size line  └ Data └ DataEnd  └ Trailers ─────┘
//! ```
//!
//! Lines must end in CRLF: a bare LF is how one side of a smuggled pair reads a line that the other does not.

use std::mem;

use crate::body::Piece;
use crate::error::{LimitError, PeerError, WireError};
use crate::field::Fields;
use crate::head::parse_trailers;
use crate::limits::Limits;

/// Where in a chunked body we are.
#[derive(Debug)]
pub(crate) enum Chunks {
    /// In a chunk-size line.
    Size(SizeLine),
    /// In a chunk's data, so many bytes before its end.
    Data(u64),
    /// In the CRLF behind a chunk's data, so many of its bytes seen.
    DataEnd(u8),
    /// In the trailer section, these bytes of it seen.
    Trailers(Vec<u8>),
    /// Behind the last chunk.
    Ended,
}

/// A chunk-size line so far.
#[derive(Debug, Default)]
pub(crate) struct SizeLine {
    size: u64,
    length: usize,
    part: SizePart,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum SizePart {
    #[default]
    /// No digit yet.
    Start,
    /// Hexadecimal digits.
    Digits,
    /// Bad white space before an extension or the end; some senders pad the size with blanks.
    Blank,
    /// Extensions, which mean nothing to us.
    Extension,
    /// The line feed must follow.
    Return,
}

impl Chunks {
    pub(crate) fn new() -> Self {
        Self::Size(SizeLine::default())
    }

    /// Takes what it can from the start of `input`, at most one run of data.
    pub(crate) fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Piece, WireError> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            match self {
                Self::Size(line) => {
                    at += 1;
                    if line.push(byte, limits)? {
                        *self = if line.size == 0 {
                            Self::Trailers(Vec::new())
                        } else {
                            Self::Data(line.size)
                        };
                    }
                }
                Self::Data(left) => {
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len() - at);
                    *left -= u64::try_from(take).unwrap_or(*left);
                    if *left == 0 {
                        *self = Self::DataEnd(0);
                    }
                    return Ok(Piece {
                        consumed: at + take,
                        data: at..at + take,
                        end: None,
                    });
                }
                Self::DataEnd(seen) => {
                    let wanted = if *seen == 0 { b'\r' } else { b'\n' };
                    if byte != wanted {
                        return Err(PeerError::MalformedChunk.into());
                    }
                    at += 1;
                    if *seen == 0 {
                        *seen = 1;
                    } else {
                        *self = Self::new();
                    }
                }
                Self::Trailers(section) => {
                    section.push(byte);
                    at += 1;
                    if section.len() > limits.head {
                        return Err(LimitError::Head(limits.head).into());
                    }
                    if section == b"\r\n" || section.ends_with(b"\r\n\r\n") {
                        let section = mem::take(section);
                        *self = Self::Ended;
                        let trailers = if section.len() == 2 {
                            Fields::new()
                        } else {
                            parse_trailers(&section, limits)?
                        };
                        return Ok(Piece {
                            consumed: at,
                            data: at..at,
                            end: Some(trailers),
                        });
                    }
                }
                Self::Ended => break,
            }
        }
        let end = matches!(self, Self::Ended).then(Fields::new);
        Ok(Piece {
            consumed: at,
            data: at..at,
            end,
        })
    }
}

impl SizeLine {
    /// Takes one byte; true when the line is complete.
    fn push(&mut self, byte: u8, limits: &Limits) -> Result<bool, WireError> {
        self.length += 1;
        if self.length > limits.chunk_line {
            return Err(LimitError::ChunkLine(limits.chunk_line).into());
        }
        let digit = char::from(byte).to_digit(16).map(u64::from);
        self.part = match (self.part, byte, digit) {
            (SizePart::Start | SizePart::Digits, _, Some(digit)) => {
                // A size beyond 64 bits must not wrap into a small one.
                let shifted = self.size.checked_mul(16).ok_or(PeerError::MalformedChunk)?;
                self.size = shifted | digit;
                SizePart::Digits
            }
            (SizePart::Digits | SizePart::Blank | SizePart::Extension, b'\r', _) => SizePart::Return,
            (SizePart::Digits | SizePart::Blank, b' ' | b'\t', _) => SizePart::Blank,
            (SizePart::Digits | SizePart::Blank, b';', _) => SizePart::Extension,
            (SizePart::Extension, b'\t' | b' '..=b'~' | 0x80.., _) => SizePart::Extension,
            (SizePart::Return, b'\n', _) => return Ok(true),
            _ => return Err(PeerError::MalformedChunk.into()),
        };
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data, the rest behind the end, and the trailers.
    type Decoded = (Vec<u8>, Vec<u8>, Option<Fields>);

    /// Decodes `input` in steps of `step` bytes.
    fn decode(input: &[u8], step: usize) -> Result<Decoded, WireError> {
        let mut chunks = Chunks::new();
        let mut data = Vec::new();
        let mut pending = Vec::new();
        for part in input.chunks(step) {
            pending.extend_from_slice(part);
            loop {
                let piece = chunks.decode(&pending, &Limits::default())?;
                data.extend_from_slice(&pending[piece.data.clone()]);
                pending.drain(..piece.consumed);
                if let Some(trailers) = piece.end {
                    return Ok((data, pending, Some(trailers)));
                }
                if piece.consumed == 0 {
                    break;
                }
            }
        }
        Ok((data, pending, None))
    }

    #[test]
    fn decodes_the_same_for_every_split() {
        let body = b"5;name=\"v\"\r\nhello\r\n6  \r\n world\r\n0\r\nX-A: 1\r\n\r\nHTTP/1.1 200";
        for step in 1..=body.len() {
            let (data, _, trailers) = decode(body, step).unwrap();
            assert_eq!(data, b"hello world", "step {step}");
            assert_eq!(
                trailers.and_then(|trailers| trailers.text("x-a").map(str::to_owned)),
                Some("1".into())
            );
        }
        assert_eq!(decode(body, body.len()).unwrap().1, b"HTTP/1.1 200");
    }

    #[test]
    fn refuses_malformed_sizes() {
        for body in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-5\r\nhello\r\n",
            b"0x5\r\nhello\r\n",
            b"5\nhello\r\n",
            b"5 5\r\n",
            b"5\r\nhelloX\r\n",
            b"5\r\nhello\n",
            b"5;\0\r\n",
            b"10000000000000000\r\n",
            b"ffffffffffffffffff\r\n",
        ] {
            assert_eq!(
                decode(body, body.len()),
                Err(PeerError::MalformedChunk.into()),
                "{}",
                body.escape_ascii()
            );
            assert_eq!(
                decode(body, 1),
                Err(PeerError::MalformedChunk.into()),
                "{}",
                body.escape_ascii()
            );
        }
    }

    #[test]
    fn bounds_size_lines_and_trailers() {
        let long = [b"5;".to_vec(), vec![b'a'; 5000]].concat();
        assert_eq!(decode(&long, 7), Err(LimitError::ChunkLine(4096).into()));
        let endless = [b"0\r\n".to_vec(), vec![b'a'; 70_000]].concat();
        assert_eq!(decode(&endless, 999), Err(LimitError::Head(65_536).into()));
    }

    #[test]
    fn the_largest_size_is_not_refused() {
        let (data, _, trailers) = decode(b"ffffffffffffffff\r\nabc", 3).unwrap();
        assert_eq!((data, trailers), (b"abc".to_vec(), None));
    }
}
