//! Lists of hosts that need no proxy: `NO_PROXY` and `--no-proxy`; the systems' lists are in `bypass/list.rs`.
//!
//! There is no document for `NO_PROXY`, only programs. The rules here are those of
//! [curl 8](https://curl.se/docs/manpage.html#NOPROXY), and where curl has none, those of Go's
//! [`httpproxy`](https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config). The tests hold a table
//! of what each of the three does.

mod index;
mod list;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use url::{Host, Url};

use crate::{
    host,
    list::words,
    warning::{Fault, Note, Remark},
};

use index::Index;
pub use list::{Bypass, BypassList, BypassRules};

/// The hosts that need no proxy, parsed once into matchers.
///
/// An entry is compared with the host as the URL has it; names are never resolved.
///
/// 1. Entries are separated by commas, blanks or both, in any number.
/// 2. `corp.com` matches `corp.com` and every name below it (`a.corp.com`), but not
///    `xcorp.com`: a match begins at a label.
/// 3. A leading dot changes nothing: `.corp.com` matches `corp.com` too. (Go: only names below.)
/// 4. Case does not matter, nor does one trailing dot, in the entry or in the URL.
/// 5. International names match in both spellings, `bücher.example` and `xn--bcher-kva.example`.
/// 6. An IP address matches the URL whose host is that address in any spelling. IPv6 addresses
///    may have brackets. A name never matches an address, nor its tail: `.2.3` is refused.
/// 7. `10.0.0.0/8` and `2001:db8::/32` match the addresses that begin with these bits; bits
///    beyond the prefix are ignored, `/0` matches every address of its family (curl takes it
///    for the single address). IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv6.
/// 8. `host:port`, `1.2.3.4:port` and `[v6]:port` match that port only, the default port of the
///    URL's scheme included (Go's rule, curl has none). Without a port every port matches.
/// 9. `*` as the only entry matches everything. Beside other entries, or inside a word
///    (`*.corp.com`), it is refused, with a remark.
/// 10. Nothing is implied: `localhost` and `127.0.0.1` match when an entry says so. (Go never
///     sends them to a proxy.)
///
/// ```
/// use symgate_proxy::NoProxy;
/// use url::Url;
///
/// let (list, remarks) = NoProxy::parse("localhost, .corp.com, 10.0.0.0/8, build:8080");
/// assert!(remarks.is_empty());
/// let entry = |url| list.matching(&Url::parse(url).unwrap()).map(|entry| entry.as_str());
/// assert_eq!(entry("https://symbols.corp.com/"), Some(".corp.com"));
/// assert_eq!(entry("http://10.1.2.3/"), Some("10.0.0.0/8"));
/// assert_eq!(entry("http://build/"), None);
/// ```
#[derive(Debug, Default)]
pub struct NoProxy {
    entries: Vec<BypassEntry>,
    index: Index,
}

impl NoProxy {
    /// Reads a list. Each entry that is not empty ends in the list or in exactly one
    /// [`Note::Refused`], whose offset is where the entry begins.
    #[must_use]
    pub fn parse(value: &str) -> (Self, Vec<Remark>) {
        let is_separator = |c: char| c == ',' || c.is_ascii_whitespace();
        let alone = words(value, is_separator).nth(1).is_none();
        let mut entries = Vec::new();
        let mut remarks = Vec::new();
        for (offset, text) in words(value, is_separator) {
            match BypassEntry::parse(text, alone) {
                Ok(entry) => entries.push(entry),
                Err(fault) => remarks.push(Remark {
                    offset,
                    note: Note::Refused(fault),
                }),
            }
        }
        let index = Index::new(&entries);
        (Self { entries, index }, remarks)
    }

    /// The first entry that matches the URL's host and port; none for a URL without a host.
    #[must_use]
    pub fn matching(&self, url: &Url) -> Option<&BypassEntry> {
        let host = url.host()?;
        let port = url.port_or_known_default();
        let fits = |at: usize| self.entries.get(at).is_some_and(|entry| entry.is_for(port));
        self.entries.get(self.index.first(&host, fits)?)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &BypassEntry> {
        self.entries.iter()
    }

    /// How many entries are valid.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is valid, so that nothing matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One valid entry of a [`NoProxy`] list or a [`BypassList`]; a clone is cheap.
#[derive(Debug, Clone)]
pub struct BypassEntry {
    text: Arc<str>,
    matcher: Arc<Matcher>,
    /// In lower case; `None` for every scheme.
    scheme: Option<Arc<str>>,
    port: Option<u16>,
}

impl BypassEntry {
    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parse(text: &str, alone: bool) -> Result<Self, Fault> {
        let (matcher, port) = Matcher::parse(text, alone)?;
        Ok(Self {
            text: text.into(),
            matcher: Arc::new(matcher),
            scheme: None,
            port,
        })
    }

    fn matches(&self, scheme: &str, host: &Host<&str>, port: Option<u16>) -> bool {
        self.scheme.as_deref().is_none_or(|wanted| wanted == scheme) && self.is_for(port) && self.matcher.matches(host)
    }

    fn is_for(&self, port: Option<u16>) -> bool {
        self.port.is_none() || self.port == port
    }
}

/// What an entry compares, its port apart.
#[derive(Debug)]
enum Matcher {
    Everything,
    /// In ASCII and lower case, without a dot at either end.
    Domain(String),
    V4 {
        network: u32,
        mask: u32,
    },
    V6 {
        network: u128,
        mask: u128,
    },
    /// This name and none below it.
    Exactly(String),
    /// A text with stars.
    Pattern(list::Pattern),
    /// `<local>`: names without a dot.
    Local,
    /// `<-loopback>`: matches nothing, see [`BypassList::matching`].
    NotLoopback,
}

impl Matcher {
    fn parse(text: &str, alone: bool) -> Result<(Self, Option<u16>), Fault> {
        if text == "*" {
            return if alone {
                Ok((Self::Everything, None))
            } else {
                Err(Fault::StarNotAlone)
            };
        }
        if text.contains('*') {
            return Err(Fault::Wildcard);
        }
        if text.contains("://") {
            return Err(Fault::Scheme);
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Ok((Self::network(address, bits)?, None));
        }
        if let Some(split) = host::bracketed(text) {
            let (address, rest) = split?;
            return Ok((Self::v6(address, 128)?, host::after_colon(rest)?));
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok((Self::v6(address, 128)?, None));
        }
        match text.split_once(':') {
            Some((name, port)) => Ok((Self::named(name)?, Some(host::port(port)?))),
            None => Ok((Self::named(text)?, None)),
        }
    }

    fn matches(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Everything, _) => true,
            (Self::Domain(domain), Host::Domain(name)) => is_or_is_below(name, domain),
            (Self::V4 { network, mask }, Host::Ipv4(address)) => address.to_bits() & mask == *network,
            (Self::V6 { network, mask }, Host::Ipv6(address)) => address.to_bits() & mask == *network,
            (Self::Exactly(exact), Host::Domain(name)) => {
                name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(exact)
            }
            (Self::Pattern(pattern), host) => pattern.matches(host),
            (Self::Local, Host::Domain(name)) => !name.contains('.'),
            (Self::Domain(_) | Self::V4 { .. } | Self::V6 { .. }, _) => false,
            (Self::Exactly(_) | Self::Local | Self::NotLoopback, _) => false,
        }
    }

    /// A domain, or an IPv4 address in its strict form.
    fn named(text: &str) -> Result<Self, Fault> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if let Some(address) = host::ipv4(text) {
            return Self::v4(address, 32);
        }
        match host::name(text.strip_prefix('.').unwrap_or(text))? {
            // A second trailing dot would be left here and could never match.
            Host::Domain(name) if !name.ends_with('.') => Ok(Self::Domain(name)),
            // `.2.3` or `127.1`: the URL parser's idea of an address, nobody's idea of an entry.
            Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Err(Fault::Host),
        }
    }

    /// An address and its number of significant bits.
    fn network(address: &str, bits: &str) -> Result<Self, Fault> {
        let bare = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        let address = match bare {
            Some(inner) => inner.parse().map(IpAddr::V6).map_err(|_| Fault::Prefix)?,
            None => address.parse().map_err(|_| Fault::Prefix)?,
        };
        if bits.is_empty() || !bits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::Prefix);
        }
        let bits = bits.parse().map_err(|_| Fault::Prefix)?;
        match address {
            IpAddr::V4(address) => Self::v4(address, bits),
            IpAddr::V6(address) => Self::v6(address, bits),
        }
    }

    fn v4(address: Ipv4Addr, bits: u32) -> Result<Self, Fault> {
        let free = u32::BITS.checked_sub(bits).ok_or(Fault::Prefix)?;
        let mask = u32::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self::V4 {
            network: address.to_bits() & mask,
            mask,
        })
    }

    fn v6(address: Ipv6Addr, bits: u32) -> Result<Self, Fault> {
        let free = u128::BITS.checked_sub(bits).ok_or(Fault::Prefix)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self::V6 {
            network: address.to_bits() & mask,
            mask,
        })
    }
}

/// Whether `name` is `domain` or a name below it (rules 2 and 4 of [`NoProxy`]).
fn is_or_is_below(name: &str, domain: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).as_bytes();
    let Some((head, tail)) = name
        .len()
        .checked_sub(domain.len())
        .and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    tail.eq_ignore_ascii_case(domain.as_bytes()) && head.last().is_none_or(|&b| b == b'.')
}

#[cfg(test)]
mod tests;
