//! Compressed members: a cabinet with one member, or an SZDD file (SYMSRV §2.2).
//!
//! Expansion streams: memory is bounded by the formats' windows (2 MiB for LZX) and by the list of
//! a cabinet's blocks (at most 65535), whatever the member's size. The member's length is known from
//! headers before the first byte is given out, and never more than that comes out.

mod cabinet;
mod szdd;

use std::io::{self, Read, Seek, SeekFrom};

/// Expands the only member of `source` into `sink` and returns its length in bytes.
///
/// `sink` is called with at least one and at most 64 KiB; its error ends the expansion, which is how
/// a caller cancels. Content that was given out before an error is incomplete: publish nothing.
///
/// ```
/// use std::io::Cursor;
/// use symgate_store::{ExpandError, ExpandFailure, expand};
///
/// let page = Cursor::new(b"<html>Sign in</html>");
/// let failure = expand(page, 1 << 20, |_| Ok::<(), ()>(())).unwrap_err();
/// assert!(matches!(failure, ExpandFailure::Member(ExpandError::UnknownFormat)));
/// ```
///
/// # Errors
/// [`ExpandFailure::Member`] when the content is not one whole member of at most `limit` bytes or
/// cannot be read, [`ExpandFailure::Sink`] with what `sink` returned.
pub fn expand<R: Read + Seek, E>(
    mut source: R,
    limit: u64,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u64, ExpandFailure<E>> {
    let mut magic = [0; 4];
    let start = source
        .seek(SeekFrom::Start(0))
        .and_then(|_| source.read_exact(&mut magic))
        .and_then(|()| source.rewind());
    match start {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(ExpandError::UnknownFormat.into());
        }
        Err(source) => return Err(ExpandError::Read { source }.into()),
    }
    match &magic {
        b"MSCF" => cabinet::expand(source, limit, &mut sink),
        b"SZDD" => szdd::expand(source, limit, &mut sink),
        _ => Err(ExpandError::UnknownFormat.into()),
    }
}

/// What is wrong with a compressed file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// The first bytes are neither those of a cabinet nor of an SZDD file.
    #[error("it is neither a cabinet (`MSCF`) nor an `SZDD` file")]
    UnknownFormat,
    /// The file ends before its headers say.
    #[error("it is truncated")]
    Truncated,
    /// A header or the compressed content breaks a rule of the format.
    #[error("it is damaged: {0}")]
    Malformed(&'static str),
    /// The decoder, or the checksum of a block, says that the compressed content is damaged.
    #[error("its compressed content is damaged")]
    Corrupt {
        /// What the decoder said.
        source: io::Error,
    },
    /// The cabinet holds nothing.
    #[error("the cabinet has no member")]
    NoMember,
    /// The cabinet holds several files; a symbol store's holds one.
    #[error("the cabinet has {0} members instead of one")]
    SeveralMembers(u16),
    /// The cabinet continues another one or is continued by another one.
    #[error("the cabinet is one of a set")]
    PartOfSet,
    /// A compression method that is not read here: Quantum, which symbol stores do not use.
    #[error("the compression method {0} is not supported")]
    Unsupported(u16),
    /// The header says that the member is larger than the limit.
    #[error("the member would have {claimed} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Bytes by the header.
        claimed: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The content is shorter or longer than the header says.
    #[error("the member has {actual} bytes, its header says {claimed}")]
    Length {
        /// Bytes by the header.
        claimed: u64,
        /// Bytes by the content; for SZDD one more than claimed means "or more".
        actual: u64,
    },
    /// The compressed file cannot be read.
    #[error("it cannot be read")]
    Read {
        /// The system's answer.
        source: io::Error,
    },
}

/// Why an expansion ended early.
#[derive(Debug)]
pub enum ExpandFailure<E> {
    /// The compressed file is to blame.
    Member(ExpandError),
    /// The receiver of the bytes said so.
    Sink(E),
}

impl<E> From<ExpandError> for ExpandFailure<E> {
    fn from(error: ExpandError) -> Self {
        Self::Member(error)
    }
}

/// Sorts an error of reading into "ends too early" and "cannot be read".
fn read_error(error: io::Error) -> ExpandError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        ExpandError::Truncated
    } else {
        ExpandError::Read { source: error }
    }
}
