//! What the readers of settings files share: the bytes as text, and remarks with the number of a line.

use std::fmt;

/// The most that is read of a file with settings: 1 MiB.
pub(crate) const LIMIT: usize = 1 << 20;

/// Not the address of a script: one was asked for, and its absence must not look like no proxy.
pub(crate) const NO_SCRIPT: &str = ";";

/// Why a file or an output does not hold settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is larger than any such file.
    #[error("expected at most 1 MiB of settings")]
    TooLarge,
    /// It is neither UTF-8 nor UTF-16LE with a byte order mark.
    #[error("expected text in UTF-8, or in UTF-16LE with a byte order mark")]
    NotText,
    /// A `.reg` file without the key of Internet Options.
    #[error("expected the key `…\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings`")]
    NoKey,
    /// Not one of the names that count is there.
    #[error("expected one of the names {0}")]
    NoName(&'static str),
}

/// A line of a file and what is to be said about it; prints as `line 3: …`.
///
/// It holds no text of the file, because that may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRemark {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is to be said.
    pub note: LineNote,
}

impl fmt::Display for LineRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.note)
    }
}

/// What is to be said about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineNote {
    /// The line has no form that is known here.
    #[error("ignored, expected a name and its value")]
    Form,
    /// The value is not of the kind that its name has.
    #[error("ignored, expected {0}")]
    Value(&'static str),
    /// The name is none that counts.
    #[error("ignored, expected one of the names {0}")]
    Name(&'static str),
    /// The section is none that counts; its lines are passed over.
    #[error("section ignored, expected `[{0}]`")]
    Section(&'static str),
    /// The name stood in an earlier line too.
    #[error("given a second time, the earlier value is ignored")]
    Again,
}

/// The bytes of a file as text, without a byte order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, FileError> {
    if bytes.len() > LIMIT {
        return Err(FileError::TooLarge);
    }
    if let Some(units) = bytes.strip_prefix(b"\xff\xfe") {
        let (pairs, odd) = units.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        return match String::from_utf16(&units) {
            Ok(text) if odd.is_empty() => Ok(text),
            Ok(_) | Err(_) => Err(FileError::NotText),
        };
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| FileError::NotText)
}

/// The lines with their numbers, trimmed; blank ones and comments are left out.
pub(crate) fn lines<'t>(text: &'t str, comments: &'t [char]) -> impl Iterator<Item = (usize, &'t str)> {
    (1..)
        .zip(text.lines().map(str::trim_ascii))
        .filter(move |(_, line)| !line.is_empty() && !line.starts_with(comments))
}

/// The name between the brackets of a section's line; `None` for other lines.
pub(crate) fn section(line: &str) -> Option<Result<&str, LineNote>> {
    let inner = line.strip_prefix('[')?;
    Some(inner.strip_suffix(']').ok_or(LineNote::Form))
}

/// A value made one entry of a list: separators inside it percent-encoded, which a host cannot be and a password may.
pub(crate) fn unseparated(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_whitespace() || matches!(c, ';' | ',') {
            plain.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    plain
}
