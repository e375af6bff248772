//! Lists of proxies in the syntax of Internet Options and `_NT_SYMBOL_PROXY`.
//!
//! The syntax is that of
//! [`WINHTTP_PROXY_INFO`](https://learn.microsoft.com/en-us/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info).

use std::{fmt, sync::Arc};

use crate::{
    proxy::{Kind, Proxy},
    warning::{Fault, Note, Remark},
};

/// A list of proxies, some of them for one protocol only, in the order of fail-over.
///
/// ```text
/// list  = entry *( sep entry )                      sep = ";" or white space
/// entry = [ protocol "=" ] [ kind "://" ] [ userinfo "@" ] host [ ":" port ] [ "/" ]
/// ```
///
/// - `protocol` is the scheme of the **requested** URL: `http`, `https`, `ftp`, `gopher`. An entry
///   without it serves every protocol that has no entry of its own. `socks` names a SOCKS5 proxy
///   for the protocols that are left without any entry.
/// - `kind` is how the **proxy** is spoken to: `http` (the default), `https`, `socks5`, `socks5h`
///   or `socks`.
/// - The default port is that of the kind: 80, 443, 1080.
/// - IPv6 addresses stand in brackets; names may be international.
/// - Credentials are percent-encoded. In a list of several entries they must follow `kind://`:
///   otherwise a `;` inside a password would cut it into a piece that looks like a proxy, and that
///   would be shown. A list in which that cannot be told apart is refused as a whole. (Only a
///   password that itself contains `;http://` still escapes this rule.)
/// - One trailing slash is tolerated; a path or query is ignored with a remark.
///
/// ```
/// use symgate_proxy::ProxyList;
///
/// let (list, remarks) = ProxyList::parse("http=p1:80;https=p2:8080 p3:3128");
/// assert!(remarks.is_empty());
/// let https: Vec<String> = list.serving("https").map(|proxy| proxy.to_string()).collect();
/// assert_eq!(https, ["http://p2:8080"]);
/// let ftp: Vec<String> = list.serving("ftp").map(|proxy| proxy.to_string()).collect();
/// assert_eq!(ftp, ["http://p3:3128"]);
/// ```
#[derive(Debug, Default)]
pub struct ProxyList {
    entries: Vec<Entry>,
}

impl ProxyList {
    /// Reads a list. Each entry that is not empty ends in the list or in exactly one
    /// [`Note::Refused`], whose offset is where the entry begins.
    #[must_use]
    pub fn parse(value: &str) -> (Self, Vec<Remark>) {
        let mut list = Self::default();
        let mut remarks = Vec::new();
        let is_separator = |c: char| c == ';' || c.is_ascii_whitespace();
        let ambiguous = value.contains(is_separator) && has_stray_credentials(value, is_separator);
        for (offset, text) in words(value, is_separator) {
            let parsed = if ambiguous {
                Err(Fault::Ambiguous)
            } else {
                Entry::parse(text)
            };
            match parsed {
                Ok((entry, notes)) => {
                    list.entries.push(entry);
                    remarks.extend(notes.into_iter().map(|note| Remark { offset, note }));
                }
                Err(fault) => remarks.push(Remark {
                    offset,
                    note: Note::Refused(fault),
                }),
            }
        }
        (list, remarks)
    }

    /// The proxies for URLs of this scheme (in lower case), the first to be tried first; none
    /// means that the list has entries for other protocols only.
    pub fn serving<'l>(&'l self, scheme: &'l str) -> impl Iterator<Item = &'l Arc<Proxy>> {
        self.entries_serving(scheme).map(Entry::proxy)
    }

    /// The entries behind [`serving`](Self::serving).
    pub(crate) fn entries_serving<'l>(&'l self, scheme: &str) -> impl Iterator<Item = &'l Entry> + use<'l> {
        let specific = Protocol::of(scheme).filter(|wanted| self.has(*wanted));
        let general = [Protocol::Any, Protocol::Socks].into_iter().find(|p| self.has(*p));
        let wanted = specific.or(general);
        self.entries.iter().filter(move |entry| Some(entry.protocol) == wanted)
    }

    /// All valid entries, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// All valid entries' proxies, in order.
    pub fn proxies(&self) -> impl Iterator<Item = &Arc<Proxy>> {
        self.entries.iter().map(|entry| &entry.proxy)
    }

    /// How many entries are valid.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is valid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn has(&self, protocol: Protocol) -> bool {
        self.entries.iter().any(|entry| entry.protocol == protocol)
    }
}

/// One valid entry; prints as one would write it, without credentials: `https=p:8080`.
#[derive(Debug)]
pub(crate) struct Entry {
    protocol: Protocol,
    proxy: Arc<Proxy>,
}

impl Entry {
    pub(crate) const fn proxy(&self) -> &Arc<Proxy> {
        &self.proxy
    }

    fn parse(text: &str) -> Result<(Self, Vec<Note>), Fault> {
        let (key, text) = split_key(text);
        let protocol = match key {
            Some(key) => Protocol::from_key(key).ok_or(Fault::Protocol)?,
            None => Protocol::Any,
        };
        let parsed = Proxy::parse(text, protocol.implied_kind())?;
        if protocol == Protocol::Socks && parsed.proxy.kind() != Kind::Socks5 {
            return Err(Fault::Kind);
        }
        Ok((
            Self {
                protocol,
                proxy: Arc::new(parsed.proxy),
            },
            parsed.notes,
        ))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.protocol.key())?;
        if self.proxy.kind() == self.protocol.implied_kind() {
            write!(f, "{}:{}", self.proxy.host(), self.proxy.port())
        } else {
            self.proxy.fmt(f)
        }
    }
}

/// What stands before the `=` of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Any,
    Http,
    Https,
    Ftp,
    Gopher,
    Socks,
}

impl Protocol {
    /// The protocol of a key, in any case; a misspelt one must not turn into "direct".
    fn from_key(key: &str) -> Option<Self> {
        let key = key.to_ascii_lowercase();
        if key == "socks" {
            Some(Self::Socks)
        } else {
            Self::of(&key)
        }
    }

    /// What an entry begins with.
    const fn key(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Http => "http=",
            Self::Https => "https=",
            Self::Ftp => "ftp=",
            Self::Gopher => "gopher=",
            Self::Socks => "socks=",
        }
    }

    /// How a proxy is spoken to if the entry does not say.
    const fn implied_kind(self) -> Kind {
        match self {
            Self::Socks => Kind::Socks5,
            Self::Any | Self::Http | Self::Https | Self::Ftp | Self::Gopher => Kind::Http,
        }
    }

    fn of(scheme: &str) -> Option<Self> {
        match scheme {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            "ftp" => Some(Self::Ftp),
            "gopher" => Some(Self::Gopher),
            _ => None,
        }
    }
}

/// Splits `key=rest`; the `=` of `http://user:a=b@host` belongs to the password.
fn split_key(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((key, rest)) if !key.contains([':', '/', '@', '[']) => (Some(key), rest),
        _ => (None, text),
    }
}

/// Whether one of several words has credentials without a `kind://` in front: it may be the tail
/// of a password that held a separator.
fn has_stray_credentials(value: &str, is_separator: impl Fn(char) -> bool + Copy) -> bool {
    words(value, is_separator).count() > 1
        && words(value, is_separator).any(|(_, word)| word.contains('@') && !Proxy::says_kind(split_key(word).1))
}

/// The words between separators with their byte offsets, empty ones left out.
pub(crate) fn words(value: &str, is_separator: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    value
        .split(is_separator)
        .map(move |word| {
            let offset = next;
            // Every separator is one ASCII byte.
            next += word.len() + 1;
            (offset, word)
        })
        .filter(|(_, word)| !word.is_empty())
}

#[cfg(test)]
mod tests;
