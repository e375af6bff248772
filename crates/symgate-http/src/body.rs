//! Bodies: [`Decoder`] takes a body off the wire by its [`Framing`].
//!
//! Decoding is the same for every split of the input, and data are handed on in place, as ranges of the input.

pub(crate) mod chunked;
pub(crate) mod coding;

use std::ops::Range;

use crate::body::chunked::Chunks;
use crate::error::WireError;
use crate::field::Fields;
use crate::framing::Framing;
use crate::limits::Limits;

/// Where in a body we are.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// So many bytes to come; zero is the end.
    Length(u64),
    /// Inside chunks.
    Chunked(Chunks),
    /// Until the peer closes.
    UntilClose,
}

/// What a piece of input came to.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    /// So many bytes of the input are done with.
    pub(crate) consumed: usize,
    /// The body's bytes among them.
    pub(crate) data: Range<usize>,
    /// Whether the body ends here, and with which trailers.
    pub(crate) end: Option<Fields>,
}

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Length(0),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunks::new()),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    /// Takes what it can from the start of `input`; a piece that consumes nothing and does not end needs more input.
    pub(crate) fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Piece, WireError> {
        match self {
            Self::Length(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                // `take` is at most `left`, so both conversions are exact.
                *left -= u64::try_from(take).unwrap_or(*left);
                Ok(Piece {
                    consumed: take,
                    data: 0..take,
                    end: (*left == 0).then(Fields::new),
                })
            }
            Self::Chunked(chunks) => chunks.decode(input, limits),
            Self::UntilClose => Ok(Piece {
                consumed: input.len(),
                data: 0..input.len(),
                end: None,
            }),
        }
    }

    /// Whether the end of the stream is a legal end of this body.
    pub(crate) const fn may_end(&self) -> bool {
        matches!(self, Self::UntilClose)
    }
}
