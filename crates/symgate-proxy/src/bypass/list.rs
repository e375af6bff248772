//! The systems' own lists of hosts that need no proxy: Internet Options, WinHTTP, GNOME, KDE.
//!
//! Microsoft describes the syntax at
//! [`WINHTTP_PROXY_INFO`](https://learn.microsoft.com/en-us/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info)
//! and little of the meaning; the rest was measured by others (docs/symsrv.md §4.5). The tests hold a table of what each
//! rule set does, beside `NO_PROXY`, curl and Go.

use std::{fmt, net::Ipv6Addr, sync::Arc};

use url::{Host, Url};

use super::{BypassEntry, Matcher};
use crate::{
    host,
    list::words,
    warning::{Fault, Note, Remark},
};

/// By whose rules a list of exceptions is read.
///
/// Two rules are common to all. An entry is compared with the host as the URL has it, names are never resolved, case and
/// one trailing dot do not matter, and international names match in both spellings. And these hosts need no proxy
/// without being listed: `localhost`, names below it, `loopback`, `127.0.0.0/8`, `::1`, the link-local addresses
/// `169.254.0.0/16` and `fe80::/10`, and these IPv4 addresses written as IPv6. The entry `<-loopback>` takes that back;
/// the last word counts, so `localhost;<-loopback>` sends `localhost` to the proxy and `<-loopback>;localhost` does not.
///
/// | entry | [`WinInet`](Self::WinInet) | [`WinHttp`](Self::WinHttp) | [`Gnome`](Self::Gnome) | [`Kde`](Self::Kde) |
/// |---|---|---|---|---|
/// | separators | `;`, blanks | `;`, blanks | `,`, blanks | `,`, blanks |
/// | `corp.com` | that host | that host | and names below | and names below |
/// | `.corp.com` | names below | names below | and `corp.com` | and `corp.com` |
/// | `*.corp.com` | names below | names below | and `corp.com` | and `corp.com` |
/// | `*` inside | anywhere | refused | refused | refused |
/// | `*` alone | everything | everything | everything | everything |
/// | `<local>` | names without a dot | names without a dot | refused | names without a dot |
/// | `http://corp.com` | for that scheme | for that scheme | refused | refused |
/// | `corp.com:8080` | for that port | for that port | for that port | for that port |
/// | `10.0.0.1`, `[::1]`, `::1` | that address | that address | that address | that address |
/// | `10.0.0.0/8` | the network | the network | the network | the network |
///
/// Networks are an extension in the two Windows sets: Windows compares text and never finds such an entry, but browsers
/// on Windows follow it, and nobody writes it to mean nothing. In the KDE set a match begins at a label; KDE itself
/// lets `corp.com` match `xcorp.com`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BypassRules {
    /// `ProxyOverride` of Internet Options.
    WinInet,
    /// `netsh winhttp set proxy bypass-list=…`.
    WinHttp,
    /// `ignore-hosts` of the schema `org.gnome.system.proxy`.
    Gnome,
    /// `NoProxyFor` in `kioslaverc`.
    Kde,
}

/// A system's list of hosts that need no proxy, parsed once into matchers.
///
/// ```
/// use symgate_proxy::{BypassList, BypassRules};
/// use url::Url;
///
/// let (list, remarks) = BypassList::parse("<local>;*.corp.com", BypassRules::WinInet);
/// assert!(remarks.is_empty());
/// let why = |url| list.matching(&Url::parse(url).unwrap()).map(|bypass| bypass.to_string());
/// assert_eq!(why("http://build/"), Some("entry `<local>`".to_owned()));
/// assert_eq!(why("https://symbols.corp.com/"), Some("entry `*.corp.com`".to_owned()));
/// assert_eq!(why("https://msdl.microsoft.com/"), None);
/// ```
#[derive(Debug)]
pub struct BypassList {
    entries: Vec<BypassEntry>,
}

impl BypassList {
    /// Reads a list. Each entry that is not empty ends in the list or in exactly one
    /// [`Note::Refused`], whose offset is where the entry begins.
    #[must_use]
    pub fn parse(value: &str, rules: BypassRules) -> (Self, Vec<Remark>) {
        let separator = match rules {
            BypassRules::WinInet | BypassRules::WinHttp => ';',
            BypassRules::Gnome | BypassRules::Kde => ',',
        };
        let mut entries = Vec::new();
        let mut remarks = Vec::new();
        for (offset, text) in words(value, |c| c == separator || c.is_ascii_whitespace()) {
            match parse_entry(text, rules) {
                Ok(entry) => entries.push(entry),
                Err(fault) => remarks.push(Remark {
                    offset,
                    note: Note::Refused(fault),
                }),
            }
        }
        (Self { entries }, remarks)
    }

    /// Why the URL needs no proxy: the first entry that matches, else what is implied; `None` when
    /// it needs one, and for a URL without a host.
    #[must_use]
    pub fn matching(&self, url: &Url) -> Option<Bypass<'_>> {
        let host = url.host()?;
        let port = url.port_or_known_default();
        let implied = is_implied(&host);
        // What stands before `<-loopback>` has no say on a host that it is about.
        let taken_back = |entry: &BypassEntry| implied && matches!(*entry.matcher, Matcher::NotLoopback);
        let from = self.entries.iter().rposition(taken_back).map_or(0, |at| at + 1);
        self.entries
            .iter()
            .skip(from)
            .find(|entry| entry.matches(url.scheme(), &host, port))
            .map(Bypass::Entry)
            .or_else(|| (implied && from == 0).then_some(Bypass::Implied))
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &BypassEntry> {
        self.entries.iter()
    }

    /// How many entries are valid.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is valid, so that only the implied hosts match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Why a [`BypassList`] lets a URL pass; prints as ``entry `*.corp.com` `` or `loopback or link-local`.
#[derive(Debug, Clone, Copy)]
pub enum Bypass<'l> {
    /// This entry matches.
    Entry(&'l BypassEntry),
    /// No entry matches, but the host is of this machine or this link.
    Implied,
}

impl fmt::Display for Bypass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(entry) => write!(f, "entry `{}`", entry.as_str()),
            Self::Implied => f.write_str("loopback or link-local"),
        }
    }
}

fn parse_entry(text: &str, rules: BypassRules) -> Result<BypassEntry, Fault> {
    let entry = |matcher, scheme, port| BypassEntry {
        text: text.into(),
        matcher: Arc::new(matcher),
        scheme,
        port,
    };
    if text.eq_ignore_ascii_case("<-loopback>") {
        return Ok(entry(Matcher::NotLoopback, None, None));
    }
    if text.eq_ignore_ascii_case("<local>") && rules != BypassRules::Gnome {
        return Ok(entry(Matcher::Local, None, None));
    }
    if matches!(rules, BypassRules::Gnome | BypassRules::Kde) {
        let (matcher, port) = on_desktop(text)?;
        return Ok(entry(matcher, None, port));
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme_of(scheme)?), rest),
        None => (None, text),
    };
    let (matcher, port) = on_windows(rest, rules)?;
    Ok(entry(matcher, scheme, port))
}

/// The scheme in front of `://`, RFC 3986 §3.1.
fn scheme_of(text: &str) -> Result<Arc<str>, Fault> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(plain) {
        Ok(text.to_ascii_lowercase().into())
    } else {
        Err(Fault::Host)
    }
}

/// `NO_PROXY`'s entries, with `*.` in front of a domain meaning nothing.
fn on_desktop(text: &str) -> Result<(Matcher, Option<u16>), Fault> {
    match text.strip_prefix("*.") {
        None => Matcher::parse(text, true),
        Some(domain) => match Matcher::parse(domain, false)? {
            (Matcher::Domain(domain), port) => Ok((Matcher::Domain(domain), port)),
            _ => Err(Fault::Wildcard),
        },
    }
}

fn on_windows(text: &str, rules: BypassRules) -> Result<(Matcher, Option<u16>), Fault> {
    if let Some((address, bits)) = text.split_once('/') {
        return Ok((Matcher::network(address, bits)?, None));
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok((Matcher::v6(address, 128)?, None));
    }
    let (host, port) = match text.split_once(']') {
        Some((_, rest)) => text.split_at(text.len() - rest.len()),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = host::after_colon(port)?;
    Ok((named_on_windows(host, rules)?, port))
}

fn named_on_windows(text: &str, rules: BypassRules) -> Result<Matcher, Fault> {
    if text == "*" {
        return Ok(Matcher::Everything);
    }
    if rules == BypassRules::WinHttp && text.rfind('*').is_some_and(|at| at > 0) {
        return Err(Fault::WildcardPlace);
    }
    if text.contains('*') {
        return Pattern::parse(text).map(Matcher::Pattern);
    }
    if let Some(split) = host::bracketed(text) {
        return Matcher::v6(split?.0, 128);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    if let Some(address) = host::ipv4(text) {
        return Matcher::v4(address, 32);
    }
    let below = text.strip_prefix('.');
    match host::name(below.unwrap_or(text))? {
        Host::Domain(name) if name.ends_with('.') => Err(Fault::Host),
        Host::Domain(name) if below.is_some() => Pattern::parse(&format!("*.{name}")).map(Matcher::Pattern),
        Host::Domain(name) => Ok(Matcher::Exactly(name)),
        // `127.1`: a URL never has it in this form.
        Host::Ipv4(_) | Host::Ipv6(_) => Err(Fault::Host),
    }
}

/// A text in which each `*` stands for any number of characters, dots included. It is compared with names and with
/// addresses as URLs print them, IPv6 in brackets.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What stands around the stars, in lower case; one more than there are stars.
    pieces: Vec<String>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'*');
        let address = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        let ascii = match address {
            Some(inner) if inner.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'*')) => text.to_owned(),
            Some(_) => return Err(Fault::Host),
            None => text.split('.').map(label).collect::<Result<Vec<_>, _>>()?.join("."),
        };
        if address.is_none() && (!ascii.bytes().all(plain) || ascii.contains("..")) {
            return Err(Fault::Host);
        }
        let pieces = ascii.to_ascii_lowercase().split('*').map(str::to_owned).collect();
        Ok(Self { pieces })
    }

    pub(super) fn matches(&self, host: &Host<&str>) -> bool {
        let text = match host {
            Host::Domain(name) => name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase(),
            Host::Ipv4(_) | Host::Ipv6(_) => host.to_string(),
        };
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.iter().all(|only| *only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        // Each piece at its first place leaves the most for the others.
        for piece in middle {
            match rest.split_once(piece.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

/// A label of a pattern in its ASCII form.
fn label(text: &str) -> Result<String, Fault> {
    if text.is_ascii() {
        return Ok(text.to_owned());
    }
    match host::name(text)? {
        Host::Domain(name) => Ok(name),
        Host::Ipv4(_) | Host::Ipv6(_) => Err(Fault::Host),
    }
}

/// Whether the host is of this machine or this link, whatever a list says.
fn is_implied(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            super::is_or_is_below(name, "localhost") || name.eq_ignore_ascii_case("loopback")
        }
        Host::Ipv4(address) => address.is_loopback() || address.is_link_local(),
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(inner) => inner.is_loopback() || inner.is_link_local(),
            None => address.is_loopback() || address.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests;
