//! Content codings ([RFC 9110 §8.4](https://www.rfc-editor.org/rfc/rfc9110#section-8.4)).
//!
//! We ask for `identity`. Gzip that is sent anyway is decoded, so that coded bytes never reach a caller who would store
//! them; another coding is an error that names it.

use std::fmt;
use std::io::Write as _;

use flate2::write::MultiGzDecoder;

use crate::error::PeerError;
use crate::field::Fields;

/// What undoes a body's content coding.
pub(crate) enum Coding {
    /// Nothing to undo.
    Identity,
    /// Gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)).
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// One that we do not know.
    Unreadable,
}

impl Coding {
    /// The coding that the fields announce.
    pub(crate) fn of(fields: &Fields) -> Result<Self, PeerError> {
        let mut coding = Self::Identity;
        for element in fields.elements("content-encoding") {
            let gzip = element.eq_ignore_ascii_case(b"gzip") || element.eq_ignore_ascii_case(b"x-gzip");
            match coding {
                _ if element.eq_ignore_ascii_case(b"identity") => {}
                Self::Identity if gzip => coding = Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
                // Nobody codes twice, except to make us expand twice.
                Self::Identity | Self::Gzip(_) | Self::Unreadable => return Err(unknown(element)),
            }
        }
        Ok(coding)
    }

    /// Decodes the start of `input` into the internal buffer and says how much of it was taken.
    ///
    /// A slice is at most [`SLICE`] bytes, which bounds the buffer: deflate expands at most about 1032 times.
    pub(crate) fn decode(decoder: &mut MultiGzDecoder<Vec<u8>>, input: &[u8]) -> Result<usize, PeerError> {
        let slice = input.get(..SLICE).unwrap_or(input);
        decoder.get_mut().clear();
        decoder.write_all(slice).map_err(|_| PeerError::MalformedGzip)?;
        Ok(slice.len())
    }

    /// Checks that the coded stream is complete; what it still held is in the buffer.
    pub(crate) fn finish(decoder: &mut MultiGzDecoder<Vec<u8>>) -> Result<(), PeerError> {
        decoder.get_mut().clear();
        decoder.try_finish().map_err(|_| PeerError::MalformedGzip)
    }
}

/// Names a coding by what a line of text may hold of it.
fn unknown(element: &[u8]) -> PeerError {
    let visible = element.iter().filter(|byte| byte.is_ascii_graphic() && **byte != b'`');
    PeerError::UnknownContentCoding {
        coding: visible.take(NAME).map(|&byte| char::from(byte)).collect(),
    }
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "Identity",
            Self::Gzip(_) => "Gzip",
            Self::Unreadable => "Unreadable",
        })
    }
}

/// How much of an unknown coding's name is told.
const NAME: usize = 32;
/// How many coded bytes are decoded at a time.
const SLICE: usize = 1 << 10;
