//! Directories as they are written in a symbol path (SYMSRV §1.1).

use std::fmt;

use thiserror::Error;

use crate::name::eq_ignore_case;

/// A directory as it was written: the text, and what kind of path it is.
///
/// ```
/// use symgate_path::{Directory, Flavour};
///
/// let share = Directory::new(r"\\server\share")?;
/// assert_eq!(share.flavour(), Flavour::Unc);
/// assert!(share.is_windows_only());
/// assert!(!Directory::new("/var/cache/sym")?.is_windows_only());
/// # Ok::<(), symgate_path::DirectoryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Directory(Box<str>);

impl Directory {
    /// Takes a directory from a caller. Blanks and quotes around it are dropped, as they are in a path.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the text could not stand in a symbol path as a directory.
    pub fn new(text: &str) -> Result<Self, DirectoryError> {
        let text = trim(text);
        if text.is_empty() {
            return Err(DirectoryError::Empty);
        }
        if let Some((offset, character)) = text.char_indices().find(|(_, c)| matches!(c, '*' | ';')) {
            return Err(DirectoryError::Separator { offset, character });
        }
        if scheme(text).is_some() {
            return Err(DirectoryError::Url);
        }
        Ok(Self(text.into()))
    }

    /// Takes a token that the parser has already seen to be none of the above.
    pub(crate) fn from_token(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what kind of path it is.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        match self.0.as_bytes() {
            [b'/', ..] => Flavour::Posix,
            [b'\\', b'\\', ..] => Flavour::Unc,
            [b'\\', ..] => Flavour::Drive,
            [letter, b':', ..] if letter.is_ascii_alphabetic() => Flavour::Drive,
            _ => Flavour::Relative,
        }
    }

    /// Says whether the path means something on Windows only, so that elsewhere it is neither read nor created
    /// (DECISIONS §7): a drive, a share, or a relative path with a backslash in it.
    #[must_use]
    pub fn is_windows_only(&self) -> bool {
        match self.flavour() {
            Flavour::Drive | Flavour::Unc => true,
            Flavour::Posix => false,
            Flavour::Relative => self.0.contains('\\'),
        }
    }

    /// Says whether both texts name the same directory: without regard to case, kind of separator and separators at
    /// the end, except that a POSIX path is compared as it stands. The file system is not asked.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        if self.flavour() == Flavour::Posix || other.flavour() == Flavour::Posix {
            return self.0.trim_end_matches('/') == other.0.trim_end_matches('/');
        }
        let plain = |text: &str| text.replace('/', "\\").trim_end_matches('\\').to_owned();
        eq_ignore_case(&plain(&self.0), &plain(&other.0))
    }

    /// Prints it as the expanded symbol path does: in lower case (SYMSRV §6.3). A POSIX path keeps its case, because
    /// another case is another directory.
    pub(crate) fn lower_cased(&self) -> String {
        match self.flavour() {
            Flavour::Posix => self.0.to_string(),
            Flavour::Drive | Flavour::Relative | Flavour::Unc => self.0.to_lowercase(),
        }
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of path a [`Directory`] is; decided by its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// `C:\a`, `C:a`, or `\a` on the current drive.
    Drive,
    /// `/a`; on Windows that is the current drive, and `//server/share` a share.
    Posix,
    /// Neither of the others: looked up in the current directory at the time of the search.
    Relative,
    /// `\\server\share`, `\\?\...`.
    Unc,
}

/// Why a text cannot be a [`Directory`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// There is nothing.
    #[error("the directory is empty")]
    Empty,
    /// A character that separates the parts of a symbol path and has no escape.
    #[error("`{character}` at byte {offset} cannot stand in a symbol path's directory")]
    Separator {
        /// The byte where it stands, blanks at the beginning not counted.
        offset: usize,
        /// The character.
        character: char,
    },
    /// A URL.
    #[error("a URL is no directory")]
    Url,
}

/// Returns the scheme of a text that looks like a URL: `http:`, `https:`, or any word of two letters or more before
/// `://`; one letter is a drive.
pub(crate) fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_word = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (is_word && (is_http || rest.starts_with("//"))).then_some(scheme)
}

/// Drops blanks, and the quotes that a shell should have removed.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_margin)
}

pub(crate) fn is_margin(c: char) -> bool {
    c.is_whitespace() || c == '"'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_flavours_by_the_text() {
        for (text, flavour, windows_only) in [
            (r"C:\a", Flavour::Drive, true),
            ("c:/a", Flavour::Drive, true),
            ("c:", Flavour::Drive, true),
            ("C:a", Flavour::Drive, true),
            (r"\a", Flavour::Drive, true),
            (r"\\s\share", Flavour::Unc, true),
            (r"\\?\C:\a", Flavour::Unc, true),
            ("/a", Flavour::Posix, false),
            ("//s/share", Flavour::Posix, false),
            ("a", Flavour::Relative, false),
            ("a/b", Flavour::Relative, false),
            (r"a\b", Flavour::Relative, true),
            ("1:a", Flavour::Relative, false),
            ("d://a", Flavour::Drive, true),
        ] {
            let directory = Directory::new(text).unwrap();
            assert_eq!(
                (directory.flavour(), directory.is_windows_only()),
                (flavour, windows_only),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_would_print_as_something_else() {
        for (text, expected) in [
            ("", "the directory is empty"),
            (" \" ", "the directory is empty"),
            ("a*b", "`*` at byte 1 cannot stand in a symbol path's directory"),
            ("a;b", "`;` at byte 1 cannot stand in a symbol path's directory"),
            ("https://h", "a URL is no directory"),
            ("http:h", "a URL is no directory"),
            ("file:///c", "a URL is no directory"),
        ] {
            assert_eq!(Directory::new(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn compares_like_the_system_that_it_is_written_for() {
        for (a, b, same) in [
            (r"C:\Sym", r"c:\sym\", true),
            (r"C:\Sym", "c:/sym", true),
            (r"\\S\Share", r"\\s\share", true),
            (r"C:\Sym", r"C:\Sym2", false),
            ("/a/B", "/a/B/", true),
            ("/a/B", "/a/b", false),
            ("/a", r"\a", false),
            ("rel", "REL", true),
        ] {
            let (a, b) = (Directory::new(a).unwrap(), Directory::new(b).unwrap());
            assert_eq!((a.is_same(&b), b.is_same(&a)), (same, same), "{a} {b}");
        }
    }
}
