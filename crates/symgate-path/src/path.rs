//! The symbol path as a value: parsed, printed, appended to, expanded (SYMSRV §1.1, §1.10, §6.3).

use std::fmt;

use crate::directory::Directory;
use crate::element::{Chain, Element, Local, Store, Written};
use crate::http::HttpBase;
use crate::parse;
use crate::warning::Warning;

/// The server that `srv*` means.
pub const DEFAULT_SERVER: &str = "https://msdl.microsoft.com/download/symbols";

/// A symbol path: elements that are tried from left to right.
///
/// Printing and parsing again gives the same value. Two things are not in the text: the userinfo of URLs, which does
/// not take part in comparison, and the directory of [`SymbolPath::symfix`].
///
/// ```
/// use symgate_path::{SymbolPath, WarningKind};
///
/// let parsed = SymbolPath::parse(r" SRV*C:\c*https://user:pw@h/s/ ;; cache*");
/// assert_eq!(parsed.path.to_string(), r"srv*C:\c*https://h/s;cache*");
/// let [warning] = parsed.warnings.as_slice() else { panic!("one warning") };
/// assert_eq!((warning.offset, &warning.kind), (10, &WarningKind::Userinfo));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolPath {
    elements: Vec<Element>,
}

impl SymbolPath {
    /// Reads a symbol path, whatever the text, in time linear in its length.
    pub fn parse(text: &str) -> Parsed {
        let (elements, warnings) = parse::parse(text);
        Parsed {
            path: Self { elements },
            warnings,
        }
    }

    /// Makes the path of `.symfix [DIR]`: the default server, its files kept in `directory` or the default store.
    #[must_use]
    pub fn symfix(directory: Option<Directory>) -> Self {
        Self {
            elements: vec![Element::Server(Chain::symfix(directory))],
        }
    }

    /// Adds the elements of `other` at the right end, as `.sympath+`, `.symfix+` and `_NT_SYMBOL_PATH` after
    /// `_NT_ALT_SYMBOL_PATH` do. A `cache*` further left holds for them too.
    pub fn append(&mut self, other: Self) {
        self.elements.extend(other.elements);
    }

    /// Returns the elements from left to right.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Says whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Returns the path with every `srv*` written out, as a path that means the same: `cache*` or `cache*DIR` unless
    /// a cache holds already, then [`DEFAULT_SERVER`].
    ///
    /// The documentation only gives the first form; with a cache of the user's own to the left, a second `cache*`
    /// would take its place against all intention.
    #[must_use]
    pub fn expand(&self) -> Self {
        Self {
            elements: self.expansion().map(|(element, _)| element).collect(),
        }
    }

    /// Prints the expansion as debuggers show it after `Expanded Symbol search path is:` (SYMSRV §6.3): directories in
    /// lower case, except that of `cache*`; a server that `srv*` stands for as `SRV*https://...`.
    ///
    /// ```
    /// use symgate_path::{Directory, SymbolPath};
    ///
    /// let mut path = SymbolPath::parse(r"c:\someSymbols").path;
    /// path.append(SymbolPath::symfix(Some(Directory::new(r"c:\myCache")?)));
    /// assert_eq!(path.to_string(), r"c:\someSymbols;srv*");
    /// assert_eq!(
    ///     path.expanded(),
    ///     r"c:\somesymbols;cache*c:\myCache;SRV*https://msdl.microsoft.com/download/symbols",
    /// );
    /// # Ok::<(), symgate_path::DirectoryError>(())
    /// ```
    #[must_use]
    pub fn expanded(&self) -> String {
        let shown: Vec<String> = self
            .expansion()
            .map(|(element, origin)| show(&element, origin))
            .collect();
        shown.join(";")
    }

    /// Goes through the elements with each `srv*` written out.
    pub(crate) fn expansion(&self) -> impl Iterator<Item = (Element, Origin)> {
        let mut cached = false;
        self.elements.iter().flat_map(move |element| {
            let expanded = match element {
                Element::Server(chain) if chain.is_default() => {
                    let cache = match chain.fixed() {
                        Some(directory) => Some(Local::Directory(directory.clone())),
                        None if cached => None,
                        None => Some(Local::Default),
                    };
                    let cache = cache.map(|local| (Element::Cache(local), Origin::Expansion));
                    [cache, Some((default_server(), Origin::Expansion))]
                }
                _ => [Some((element.clone(), Origin::Text)), None],
            };
            cached |= expanded
                .iter()
                .flatten()
                .any(|(element, _)| matches!(element, Element::Cache(_)));
            expanded.into_iter().flatten()
        })
    }
}

/// Prints the path as it could have been written, elements separated by `;`, nothing expanded.
impl fmt::Display for SymbolPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, element) in self.elements.iter().enumerate() {
            if index > 0 {
                f.write_str(";")?;
            }
            element.fmt(f)?;
        }
        Ok(())
    }
}

/// A symbol path and what was odd about its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Parsed {
    /// The path.
    pub path: SymbolPath,
    /// What was corrected, ignored or set aside, by offset.
    pub warnings: Vec<Warning>,
}

/// Where an element of an expanded path comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Expansion,
    Text,
}

fn default_server() -> Element {
    let base = HttpBase::parse(DEFAULT_SERVER).expect("the constant above is a base URL");
    Element::Server(Chain::of(vec![Written::Store(Store::Http(base))]))
}

fn show(element: &Element, origin: Origin) -> String {
    match (element, origin) {
        (Element::Directory(directory), _) => directory.lower_cased(),
        (Element::Server(chain), Origin::Text) => {
            let mut text = String::from("srv");
            for store in chain.written() {
                text.push('*');
                match store {
                    Written::Store(Store::Directory(directory)) => text.push_str(&directory.lower_cased()),
                    Written::Store(Store::Default | Store::Http(_)) | Written::Invalid(_) => {
                        text.push_str(&store.to_string());
                    }
                }
            }
            text
        }
        (Element::Server(chain), Origin::Expansion) => chain.to_string().replacen("srv", "SRV", 1),
        (Element::Cache(_) | Element::DebugInfod(_) | Element::Unsupported { .. }, _) => element.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of SYMSRV §6.3 and §1.10, and what follows from them.
    #[test]
    fn expansion_shows_what_debuggers_show() {
        for (text, expanded) in [
            ("", ""),
            ("srv*", "cache*;SRV*https://msdl.microsoft.com/download/symbols"),
            (r"SRV*D:\Dust", r"srv*d:\dust"),
            (
                r"c:\someSymbols;SRV*",
                r"c:\somesymbols;cache*;SRV*https://msdl.microsoft.com/download/symbols",
            ),
            (
                r"CACHE*C:\Keep;srv*",
                r"cache*C:\Keep;SRV*https://msdl.microsoft.com/download/symbols",
            ),
            (
                "srv*;srv*",
                "cache*;SRV*https://msdl.microsoft.com/download/symbols;SRV*https://msdl.microsoft.com/download/symbols",
            ),
            (r"srv*C:\C**https://H/S", r"srv*c:\c**https://h/S"),
            (r"srv**\\S\P", r"srv**\\s\p"),
            ("/Home/Sym;Rel", "/Home/Sym;rel"),
            ("symsrv*Other.dll*A", "symsrv*Other.dll*A"),
            ("debuginfod*https://H/A", "DebugInfoD*https://h/A"),
        ] {
            assert_eq!(SymbolPath::parse(text).path.expanded(), expanded, "{text}");
        }
    }

    #[test]
    fn symfix_prints_as_it_is_typed_and_expands_to_its_directory() {
        let fixed = SymbolPath::symfix(Some(Directory::new(r"c:\myCache").unwrap()));
        assert_eq!(fixed.to_string(), "srv*");
        assert_eq!(
            fixed.expanded(),
            r"cache*c:\myCache;SRV*https://msdl.microsoft.com/download/symbols"
        );
        let bare = SymbolPath::symfix(None);
        assert_eq!(bare, SymbolPath::parse("srv*").path);
        let mut both = SymbolPath::parse(r"cache*C:\a").path;
        both.append(fixed);
        assert_eq!(
            both.expanded(),
            r"cache*C:\a;cache*c:\myCache;SRV*https://msdl.microsoft.com/download/symbols"
        );
    }

    #[test]
    fn expanding_writes_out_every_default_server_and_nothing_else() {
        let path = SymbolPath::parse(r"srv*;C:\A;symsrv*x.dll*b").path;
        let expanded = path.expand();
        assert_eq!(
            expanded.to_string(),
            r"cache*;srv*https://msdl.microsoft.com/download/symbols;C:\A;symsrv*x.dll*b"
        );
        assert_eq!(expanded.expand(), expanded);
    }
}
