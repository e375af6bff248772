//! `file.ptr`: a line of text that says where the file really is (SYMSRV §2.3).
//!
//! | content | meaning |
//! |---|---|
//! | `\\server\share\x.pdb`, `C:\x.pdb`, `/x.pdb` | [`Pointer::Path`] |
//! | `PATH:` and any form above or below | the same, modern spelling |
//! | `http://...`, `https://...` | [`Pointer::Url`] |
//! | `MSG: text`, `MSG text` | [`Pointer::Message`]: not available, and why |
//! | anything else that can be a path | [`Pointer::Relative`] to the store's root, then to the leaf |

mod reach;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub use reach::Reach;

use crate::error::{Action, Error};

/// Where a pointer file points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// An absolute path of a file, in the spelling of the system that wrote it.
    Path(String),
    /// An `http` or `https` URL, not parsed further.
    Url(String),
    /// A path below the store's root or, failing that, below the leaf directory. Never leads out
    /// of them by `..`.
    Relative(String),
    /// The file is not available, to be treated as not found.
    Message {
        /// The reason, for people. May be empty.
        text: String,
        /// Whether the text says that the file was indexed once and is gone.
        no_longer_indexed: bool,
    },
}

impl Pointer {
    /// Understands the bytes of a `file.ptr`.
    ///
    /// The text is UTF-8, UTF-16 with a byte order mark, or else Latin-1, which has a character for
    /// every byte. Blanks, CR, LF and NUL at the end are ignored.
    ///
    /// ```
    /// use symgate_store::Pointer;
    /// let pointer = Pointer::parse(b"PATH:\\\\build\\drop\\x.pdb\r\n").unwrap();
    /// assert_eq!(pointer, Pointer::Path(r"\\build\drop\x.pdb".into()));
    /// ```
    ///
    /// # Errors
    /// [`PointerError`] for what is not one short line of text, and for text that is no path: an
    /// HTML page is not a pointer.
    pub fn parse(bytes: &[u8]) -> Result<Self, PointerError> {
        if bytes.len() > MAX_POINTER {
            return Err(PointerError::TooLong);
        }
        let text = decode(bytes)?;
        let text = text
            .trim_end_matches(['\r', '\n', '\0', ' ', '\t'])
            .trim_start_matches([' ', '\t']);
        if let Some(at) = text.find(char::is_control) {
            return Err(PointerError::Control(at));
        }
        if text.is_empty() {
            return Err(PointerError::Empty);
        }
        if let Some(rest) = strip_keyword(text, "MSG")
            && let Some(message) = rest
                .strip_prefix(':')
                .or_else(|| rest.is_empty().then_some(rest))
                .or_else(|| rest.strip_prefix([' ', '\t']))
        {
            return Ok(Self::message(message.trim()));
        }
        match strip_keyword(text, "PATH:") {
            Some(rest) => Self::location(rest.trim_start_matches([' ', '\t'])),
            None => Self::location(text),
        }
    }

    /// Says whether the text of a [`Pointer::Path`] means something on Windows only: a drive, a share, a backslash at its
    /// beginning.
    #[must_use]
    pub fn is_windows_path(path: &str) -> bool {
        path.starts_with('\\') || has_drive(path)
    }

    /// Reads and understands a pointer file, at most [`MAX_POINTER`] bytes of it.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Pointer`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_POINTER).unwrap_or(u64::MAX);
        File::open(path)
            .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
            .map_err(|error| Error::io(Action::Read, path, error))?;
        Self::parse(&bytes).map_err(|source| Error::Pointer {
            path: path.to_owned(),
            source,
        })
    }

    fn message(text: &str) -> Self {
        let lower = text.to_lowercase();
        Self::Message {
            no_longer_indexed: lower.contains("nolongerindexed") || lower.contains("no longer indexed"),
            text: text.to_owned(),
        }
    }

    fn location(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Err(PointerError::Empty);
        }
        if strip_keyword(text, "https://").is_some() || strip_keyword(text, "http://").is_some() {
            return Ok(Self::Url(text.to_owned()));
        }
        if text.contains(['<', '>', '"', '|', '?', '*']) {
            return Err(PointerError::NotAPath);
        }
        if has_drive(text) || text.starts_with(['\\', '/']) {
            return Ok(Self::Path(text.to_owned()));
        }
        // `C:x` depends on a current directory, and `name:x` may be a stream or a scheme.
        if text.contains(':') {
            return Err(PointerError::NotAPath);
        }
        if text.split(['\\', '/']).any(|part| part == "..") {
            return Err(PointerError::Escapes);
        }
        Ok(Self::Relative(text.to_owned()))
    }
}

/// Why a `file.ptr` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointerError {
    /// Nothing but blanks.
    #[error("the pointer is empty")]
    Empty,
    /// More than [`MAX_POINTER`] bytes.
    #[error("the pointer is longer than {MAX_POINTER} bytes")]
    TooLong,
    /// UTF-16 by its mark, and not valid.
    #[error("the pointer is not valid UTF-16")]
    Encoding,
    /// A control character, a second line included, at this offset of the decoded text in bytes.
    #[error("the pointer has a control character at byte {0}")]
    Control(usize),
    /// Characters that no path has.
    #[error("the pointer is neither a path nor a URL nor a message")]
    NotAPath,
    /// A relative path that leaves the store.
    #[error("the pointer leads out of its store by `..`")]
    Escapes,
}

fn decode(bytes: &[u8]) -> Result<String, PointerError> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(decode_bytes(rest)),
        _ => Ok(decode_bytes(bytes)),
    }
}

fn decode_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, PointerError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // A single NUL byte after the text is left by writers that count in bytes.
    if !matches!(rest, [] | [0]) {
        return Err(PointerError::Encoding);
    }
    char::decode_utf16(pairs.iter().copied().map(unit))
        .collect::<Result<_, _>>()
        .map_err(|_| PointerError::Encoding)
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

fn strip_keyword<'t>(text: &'t str, keyword: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then_some(rest)
}

/// Largest `file.ptr` in bytes: twice the longest Windows path in UTF-16.
pub const MAX_POINTER: usize = 128 << 10;

#[cfg(test)]
mod tests;
