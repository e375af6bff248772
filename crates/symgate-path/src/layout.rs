//! Where a file lies in a store (SYMSRV §2.1-2.3): the words that the disk, the URL and the search have in common.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::Url;

use crate::http::decode;
use crate::key::Key;
use crate::name::{FileName, NameError, eq_ignore_case};

/// One build of one file: what a store is asked for.
///
/// Written `NAME/KEY` or `NAME/KEY/NAME`, with either separator.
///
/// ```
/// use symgate_path::{FileId, Tier, Variant};
///
/// let id: FileId = "x.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse()?;
/// let components: Vec<_> = id.components(Tier::Two, Variant::Compressed).collect();
/// assert_eq!(components, ["x.", "x.pdb", "497B72F6390A44FC878E5A2D63B6CC4B1", "x.pd_"]);
/// # Ok::<(), symgate_path::FileIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// What the file is called.
    pub name: FileName,
    /// Which build it is.
    pub key: Key,
}

impl FileId {
    /// Puts both parts together.
    #[must_use]
    pub fn new(name: FileName, key: Key) -> Self {
        Self { name, key }
    }

    /// Returns the last component: what the file is called in its directory, in this variant.
    #[must_use]
    pub fn leaf(&self, variant: Variant) -> Cow<'_, str> {
        match variant {
            Variant::Plain => Cow::Borrowed(self.name.as_str()),
            Variant::Compressed => Cow::Owned(self.name.compressed()),
            Variant::Pointer => Cow::Borrowed(POINTER),
        }
    }

    /// Returns the variant that a file elsewhere is by its name: what a pointer's path leads to (SYMSRV §2.3). Whatever
    /// does not end in the compressed name is taken for the file itself.
    #[must_use]
    pub fn variant_named(&self, path: &str) -> Variant {
        let leaf = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let is = |variant| eq_ignore_case(leaf, &self.leaf(variant));
        if is(Variant::Compressed) && !is(Variant::Plain) {
            Variant::Compressed
        } else {
            Variant::Plain
        }
    }

    /// As [`variant_named`](Self::variant_named), for a URL.
    #[must_use]
    pub fn variant_at(&self, url: &Url) -> Variant {
        self.variant_named(&decode(url.path()))
    }

    /// Returns the components below the root of a store, outermost first: three, or four in a two-tier store.
    #[must_use]
    pub fn components(&self, tier: Tier, variant: Variant) -> impl DoubleEndedIterator<Item = Cow<'_, str>> {
        let prefix = match tier {
            Tier::One => None,
            Tier::Two => Some(Cow::Borrowed(self.name.tier_prefix())),
        };
        let directories = [Cow::Borrowed(self.name.as_str()), Cow::Borrowed(self.key.as_str())];
        prefix.into_iter().chain(directories).chain([self.leaf(variant)])
    }
}

/// Prints `NAME/KEY`, which parses to the same value.
impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.key)
    }
}

impl FromStr for FileId {
    type Err = FileIdError;

    fn from_str(text: &str) -> Result<Self, FileIdError> {
        let at = |offset, expected, source| FileIdError {
            offset,
            expected,
            source,
        };
        let mut parts = Parts { text, next: Some(0) };
        let (offset, name) = parts.next().unwrap_or((0, text));
        let name = FileName::new(name).map_err(|error| at(offset, Expected::Name, Some(error)))?;
        let Some((offset, key)) = parts.next() else {
            return Err(at(text.len(), Expected::Separator, None));
        };
        let id = Self {
            name,
            key: Key::new(key).map_err(|error| at(offset, Expected::Key, Some(error)))?,
        };
        if let Some((offset, leaf)) = parts.next() {
            // A pasted URL may end in the compressed name.
            let same = [Variant::Plain, Variant::Compressed].map(|variant| id.leaf(variant).eq_ignore_ascii_case(leaf));
            if !same.contains(&true) {
                return Err(at(offset, Expected::SameName, None));
            }
        }
        match parts.next() {
            Some((offset, _)) => Err(at(offset, Expected::End, None)),
            None => Ok(id),
        }
    }
}

/// Why a text is no [`FileId`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected {expected} at byte {offset}")]
pub struct FileIdError {
    /// The byte where something else stands.
    pub offset: usize,
    /// What should stand there.
    pub expected: Expected,
    #[source]
    source: Option<NameError>,
}

/// What should have been at the place of a [`FileIdError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// Nothing more.
    End,
    /// A key.
    Key,
    /// A file name.
    Name,
    /// The same file name once more, plain or compressed.
    SameName,
    /// A `/` and a key.
    Separator,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::End => "the end",
            Self::Key => "a key",
            Self::Name => "a file name",
            Self::SameName => "the file name again",
            Self::Separator => "`/` and a key",
        })
    }
}

/// How many directories stand above a file in a store; a property of each store (SYMSRV §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// `file/key/file`.
    One,
    /// `ff/file/key/file`, chosen by a file `index2.txt` in the root.
    Two,
}

/// The form in which a store holds a file (SYMSRV §2.2, §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variant {
    /// The file itself.
    Plain,
    /// A cabinet with the file in it, its name ending in `_`.
    Compressed,
    /// `file.ptr`, a text that says where the file is.
    Pointer,
}

/// A text split at separators of either kind, each part with its offset.
struct Parts<'t> {
    text: &'t str,
    next: Option<usize>,
}

impl<'t> Iterator for Parts<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next?;
        let rest = self.text.get(start..)?;
        let end = rest.find(['/', '\\']);
        self.next = end.map(|end| start + end + 1);
        Some((start, rest.get(..end.unwrap_or(rest.len()))?))
    }
}

const POINTER: &str = "file.ptr";

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn components(text: &str, tier: Tier, variant: Variant) -> String {
        let id: FileId = text.parse().unwrap();
        id.components(tier, variant).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn lays_out_every_variant_in_both_tiers() {
        for (id, tier, variant, expected) in [
            ("ntdll.pdb/K1", Tier::One, Variant::Plain, "ntdll.pdb/K1/ntdll.pdb"),
            ("ntdll.pdb/K1", Tier::Two, Variant::Plain, "nt/ntdll.pdb/K1/ntdll.pdb"),
            (
                "kernel32.dll/K1",
                Tier::Two,
                Variant::Compressed,
                "ke/kernel32.dll/K1/kernel32.dl_",
            ),
            ("NTDLL.pdb/k1", Tier::Two, Variant::Pointer, "NT/NTDLL.pdb/k1/file.ptr"),
            ("x.pdb/K", Tier::Two, Variant::Plain, "x./x.pdb/K/x.pdb"),
            ("x/K", Tier::Two, Variant::Compressed, "x/x/K/_"),
        ] {
            assert_eq!(components(id, tier, variant), expected);
        }
    }

    #[test]
    fn tells_a_compressed_file_by_its_name() {
        let id: FileId = "a b.pdb/K1".parse().unwrap();
        for (path, expected) in [
            (r"\\s\drop\a b.pd_", Variant::Compressed),
            ("A B.PD_", Variant::Compressed),
            ("/drop/a b.pdb", Variant::Plain),
            ("a b.pd_/other.pdb", Variant::Plain),
            ("", Variant::Plain),
        ] {
            assert_eq!(id.variant_named(path), expected, "{path}");
        }
        let at = |url: &str| id.variant_at(&Url::parse(url).unwrap());
        assert_eq!(at("https://h/s/a%20b.pd_?sig=a/b.pdb"), Variant::Compressed);
        assert_eq!(at("https://h/a%20b.pd_/a%20b.pdb"), Variant::Plain);
        // Both names are one.
        let packed: FileId = "a.pd_/K1".parse().unwrap();
        assert_eq!(packed.variant_named("a.pd_"), Variant::Plain);
    }

    #[test]
    fn parses_both_forms_and_both_separators() {
        for text in ["a.pdb/K1", "a.pdb/K1/a.pdb", r"a.pdb\K1\A.PDB", "a.pdb/K1/a.pd_"] {
            let id: FileId = text.parse().unwrap();
            assert_eq!(id.to_string(), "a.pdb/K1", "{text}");
            assert_eq!(id.to_string().parse(), Ok(id), "{text}");
        }
    }

    #[test]
    fn says_where_it_stopped_and_what_it_wanted() {
        for (text, expected, source) in [
            ("", "expected a file name at byte 0", Some("the name is empty")),
            ("a.pdb", "expected `/` and a key at byte 5", None),
            ("a.pdb/", "expected a key at byte 6", Some("the name is empty")),
            ("/K", "expected a file name at byte 0", Some("the name is empty")),
            (
                "../K",
                "expected a file name at byte 0",
                Some("a name cannot end in a dot or a blank"),
            ),
            (
                "a.pdb/..",
                "expected a key at byte 6",
                Some("a name cannot end in a dot or a blank"),
            ),
            ("a.pdb/K/b.pdb", "expected the file name again at byte 8", None),
            ("a.pdb/K/", "expected the file name again at byte 8", None),
            ("a.pdb/K/file.ptr", "expected the file name again at byte 8", None),
            ("a.pdb/K/a.pdb/", "expected the end at byte 14", None),
        ] {
            let error = text.parse::<FileId>().unwrap_err();
            assert_eq!(error.to_string(), expected, "{text:?}");
            assert_eq!(error.source().map(ToString::to_string).as_deref(), source, "{text:?}");
        }
    }
}
