//! File names that stay where they are put (SYMSRV §2.5 "Security", §2.2).
//!
//! A name comes from a module, a URL or a command line and becomes a directory, a file and a URL segment, on Windows
//! and elsewhere. So it is checked once, by the rules of all systems together, and then is a type.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The name of a symbol file as a store's directory and file are called, such as `ntdll.pdb`.
///
/// It is one path component on every system: no separator, no colon, no control character, not a Windows device
/// ([naming files](https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file)), no trailing dot or blank
/// (Windows drops them), at most 255 bytes. Its first two characters are a directory in a two-tier store, so they may
/// not be `..` either. `file.ptr` and `refs.ptr` are refused: in a store they mean something else.
///
/// Comparison is exact; [`FileName::eq_ignore_case`] compares as Windows stores do.
///
/// ```
/// use symgate_path::FileName;
///
/// let name = FileName::from_recorded(r"d:\build\out\ntdll.pdb")?;
/// assert_eq!(name.as_str(), "ntdll.pdb");
/// assert_eq!(name.compressed(), "ntdll.pd_");
/// assert!(FileName::new("../ntdll.pdb").is_err());
/// assert!(FileName::new("CON.pdb").is_err());
/// # Ok::<(), symgate_path::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(Box<str>);

impl FileName {
    /// The largest number of bytes in a name: what ext4, APFS and NTFS all take.
    pub const MAX: usize = 255;

    /// Checks `name`, which must be a bare name.
    ///
    /// # Errors
    ///
    /// The first rule of [`NameError`] that `name` breaks.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_component(name)?;
        if POINTERS.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(NameError::Reserved);
        }
        Ok(Self(name.into()))
    }

    /// Takes the last component of a path recorded on any system: `d:\build\x.pdb` and `/src/x.pdb` are both `x.pdb`.
    ///
    /// # Errors
    ///
    /// The first rule of [`NameError`] that the last component breaks; a path that ends in a separator has an empty one.
    pub fn from_recorded(path: &str) -> Result<Self, NameError> {
        Self::new(path.rsplit(['/', '\\']).next().unwrap_or(path))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the compressed file: the last character becomes `_` (SYMSRV §2.2), also without extension.
    #[must_use]
    pub fn compressed(&self) -> String {
        let mut name = String::from(&*self.0);
        name.pop();
        name.push('_');
        name
    }

    /// Returns what follows the last dot, as it stands; `None` for `noext`, `.hidden` and the like.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => Some(extension),
            _ => None,
        }
    }

    /// Says whether both names are the same file to a store on Windows.
    #[must_use]
    pub fn eq_ignore_case(&self, other: &Self) -> bool {
        eq_ignore_case(&self.0, &other.0)
    }

    /// Returns the directory of a two-tier store: the first two characters as they stand (SYMSRV §2.1), or the one
    /// there is.
    #[must_use]
    pub fn tier_prefix(&self) -> &str {
        let end = self.0.char_indices().nth(2).map_or(self.0.len(), |(at, _)| at);
        self.0.get(..end).unwrap_or(&self.0)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FileName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl AsRef<str> for FileName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a text is no [`FileName`] or no [`Key`](crate::Key).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// More than 255 bytes.
    #[error("the name has {length} bytes, more than {}", FileName::MAX)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A separator, a colon or a control character; in a key also anything that is not printable ASCII.
    #[error("`{}` at byte {offset} cannot stand in a name", .character.escape_default())]
    Character {
        /// The byte where it stands.
        offset: usize,
        /// The character.
        character: char,
    },
    /// It begins with a blank, with `..` or with a dot and a blank: its two-tier directory would be another one.
    #[error("a name cannot begin with a blank or with dots")]
    Leading,
    /// It ends in a dot or a blank, which Windows drops; this includes `.` and `..`.
    #[error("a name cannot end in a dot or a blank")]
    Trailing,
    /// A Windows device, with or without extension, such as `CON` or `com1.pdb`.
    #[error("`{device}` is a device on Windows")]
    Device {
        /// The device's name as it stands.
        device: String,
    },
    /// `file.ptr` or `refs.ptr`, the store's own files in every leaf (SYMSRV §2.3, §2.4).
    #[error("the name is reserved for pointers of the store")]
    Reserved,
}

/// Compares like a case-insensitive file system, near enough: simple lower case of both.
pub(crate) fn eq_ignore_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// Checks that `text` names something inside the directory that it is looked up in, on every system.
pub(crate) fn check_component(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > FileName::MAX {
        return Err(NameError::TooLong { length: text.len() });
    }
    let forbidden = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    if let Some((offset, character)) = text.char_indices().find(|&(_, c)| forbidden(c)) {
        return Err(NameError::Character { offset, character });
    }
    if text.ends_with(['.', ' ']) {
        return Err(NameError::Trailing);
    }
    if text.starts_with(' ') || text.starts_with("..") || text.starts_with(". ") {
        return Err(NameError::Leading);
    }
    // Windows looks at what stands before the first dot, without the blanks in between: `NUL .pdb` is NUL.
    let stem = text.split('.').next().unwrap_or(text).trim_end_matches(' ');
    if is_device(stem) {
        return Err(NameError::Device {
            device: stem.to_owned(),
        });
    }
    Ok(())
}

fn is_device(stem: &str) -> bool {
    if DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let mut characters = stem.chars();
    let Some(number) = characters.next_back() else {
        return false;
    };
    let port = characters.as_str();
    // Windows takes the superscript digits of Latin-1 for digits here.
    let numbered = matches!(number, '1'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}');
    numbered && (port.eq_ignore_ascii_case("COM") || port.eq_ignore_ascii_case("LPT"))
}

const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

const POINTERS: [&str; 2] = ["file.ptr", "refs.ptr"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_modules_are_called() {
        for name in [
            "ntdll.pdb",
            "noext",
            "a",
            ".hidden",
            ".net.pdb",
            "_.debug",
            "foo bar.pdb",
            "a+b#c%d.pdb",
            "what?.pdb",
            "\u{e4}\u{f6}.pdb",
            "com.pdb",
            "com0.pdb",
            "com10.pdb",
            "console.pdb",
            "nullable.pdb",
            "lpt.pdb",
            "x.y..z",
            "ptr",
        ] {
            assert_eq!(
                FileName::new(name).map(|name| name.to_string()),
                Ok(name.to_owned()),
                "{name}"
            );
        }
        assert!(FileName::new(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn refuses_what_leaves_its_directory_or_means_something_else() {
        let character = |offset, character| NameError::Character { offset, character };
        let device = |device: &str| NameError::Device {
            device: device.to_owned(),
        };
        for (name, expected) in [
            ("", NameError::Empty),
            (".", NameError::Trailing),
            ("..", NameError::Trailing),
            ("...", NameError::Trailing),
            ("a/b", character(1, '/')),
            ("a\\b", character(1, '\\')),
            ("c:x", character(1, ':')),
            ("a.pdb:stream", character(5, ':')),
            ("a\0b", character(1, '\0')),
            ("\u{e4}\n", character(2, '\n')),
            ("a\u{7f}", character(1, '\u{7f}')),
            ("a\u{85}b", character(1, '\u{85}')),
            ("a.pdb.", NameError::Trailing),
            ("a.pdb ", NameError::Trailing),
            ("..a", NameError::Leading),
            (". a", NameError::Leading),
            (" a", NameError::Leading),
            ("CON", device("CON")),
            ("con.pdb", device("con")),
            ("Con.a.b", device("Con")),
            ("nul .pdb", device("nul")),
            ("AUX", device("AUX")),
            ("prn.txt", device("prn")),
            ("com1", device("com1")),
            ("COM9.pdb", device("COM9")),
            ("lpt\u{b9}.pdb", device("lpt\u{b9}")),
            ("COM\u{b3}", device("COM\u{b3}")),
            ("CONIN$", device("CONIN$")),
            ("conout$", device("conout$")),
            ("file.ptr", NameError::Reserved),
            ("REFS.ptr", NameError::Reserved),
        ] {
            assert_eq!(FileName::new(name), Err(expected), "{name:?}");
        }
        let long = "x".repeat(256);
        assert_eq!(FileName::new(&long), Err(NameError::TooLong { length: 256 }));
    }

    #[test]
    fn takes_the_last_component_of_a_recorded_path() {
        for (path, expected) in [
            ("x.pdb", Some("x.pdb")),
            (r"d:\build\x.pdb", Some("x.pdb")),
            ("/src/x.pdb", Some("x.pdb")),
            (r"/a\b/x.pdb", Some("x.pdb")),
            (r"\\s\share\x.pdb", Some("x.pdb")),
            (r"d:\build\", None),
            (r"d:\build\..", None),
            ("d:x.pdb", None),
        ] {
            let name = FileName::from_recorded(path).ok();
            assert_eq!(name.as_ref().map(FileName::as_str), expected, "{path}");
        }
    }

    #[test]
    fn compressed_name_ends_in_an_underscore() {
        for (name, expected) in [
            ("foo.pdb", "foo.pd_"),
            ("a.dll", "a.dl_"),
            ("mod.sys", "mod.sy_"),
            ("noext", "noex_"),
            ("x.so", "x.s_"),
            ("a", "_"),
            ("foo.\u{e4}", "foo._"),
        ] {
            assert_eq!(FileName::new(name).unwrap().compressed(), expected, "{name}");
        }
    }

    #[test]
    fn finds_extension_and_prefix() {
        for (name, extension, prefix) in [
            ("ntdll.pdb", Some("pdb"), "nt"),
            ("x.pdb", Some("pdb"), "x."),
            ("a.ni.r2rmap", Some("r2rmap"), "a."),
            ("noext", None, "no"),
            (".hidden", None, ".h"),
            ("a", None, "a"),
            ("\u{e4}\u{f6}\u{fc}", None, "\u{e4}\u{f6}"),
        ] {
            let name = FileName::new(name).unwrap();
            assert_eq!((name.extension(), name.tier_prefix()), (extension, prefix), "{name}");
        }
    }

    #[test]
    fn says_in_one_line_what_is_wrong() {
        for (name, expected) in [
            ("", "the name is empty"),
            ("a\nb", "`\\n` at byte 1 cannot stand in a name"),
            ("x.", "a name cannot end in a dot or a blank"),
            ("..x", "a name cannot begin with a blank or with dots"),
            ("nul.pdb", "`nul` is a device on Windows"),
            ("file.ptr", "the name is reserved for pointers of the store"),
        ] {
            assert_eq!(FileName::new(name).unwrap_err().to_string(), expected, "{name:?}");
        }
        let long = FileName::new(&"x".repeat(300)).unwrap_err();
        assert_eq!(long.to_string(), "the name has 300 bytes, more than 255");
    }
}
