//! What a refusal shuts, and until when: [`Latches`] (DECISIONS §4, SYMSRV §3.5).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symgate_auth::Origin;

/// What a refusal belongs to. The realm plays no part.
///
/// ```
/// use symgate_auth::{Origin, UriScheme};
/// use symgate_policy::LatchKey;
///
/// let origin = || Origin::new(UriScheme::Https, "symbols.example", 443);
/// assert_eq!(LatchKey::store(origin(), "/a/b/"), LatchKey::store(origin(), "a/b"));
/// assert_ne!(LatchKey::store(origin(), "/a"), LatchKey::store(origin(), "/b"));
/// assert_ne!(LatchKey::store(origin(), ""), LatchKey::proxy(origin()));
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LatchKey(Key);

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Key {
    Proxy(Origin),
    Store(Origin, String),
}

impl LatchKey {
    /// A proxy: scheme, host and port.
    #[must_use]
    pub const fn proxy(origin: Origin) -> Self {
        Self(Key::Proxy(origin))
    }

    /// A store: scheme, host, port and base path. Slashes at the path's ends make no difference, nor does the spelling of
    /// escapes: `/s%79m` is `/sym` ([RFC 3986 §6.2.2.2]). The case of its letters does: `/Sym` is another store.
    ///
    /// [RFC 3986 §6.2.2.2]: https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2
    #[must_use]
    pub fn store(origin: Origin, base_path: &str) -> Self {
        Self(Key::Store(origin, normal(base_path)))
    }
}

impl fmt::Display for LatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Proxy(origin) => write!(f, "proxy `{}`", origin.authority()),
            Key::Store(origin, base) if base.is_empty() => write!(f, "store `{origin}`"),
            Key::Store(origin, base) => write!(f, "store `{origin}/{base}`"),
        }
    }
}

/// Why a store or proxy is not contacted any more.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// No question may be asked, or a rule said no.
    Automatic,
    /// A person cancelled the question.
    ByUser,
    /// The peer lets nobody in without a client certificate, and there is none that it takes.
    ClientCertificate,
    /// The peer offers no scheme that we can use.
    NoUsableScheme,
    /// The peer rejected every answer there was.
    Rejected,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automatic => "refused automatically",
            Self::ByUser => "cancelled by the user",
            Self::ClientCertificate => "a client certificate is needed",
            Self::NoUsableScheme => "no usable authentication scheme",
            Self::Rejected => "credentials rejected",
        })
    }
}

/// The latches of one client; clones share them.
///
/// Whoever is about to contact a store or a proxy looks here first; local and downstream copies are served all the same.
/// Only closing the client opens them again: neither a change of policy nor a new attempt does.
///
/// ```
/// use symgate_auth::{Origin, UriScheme};
/// use symgate_policy::{Cause, LatchKey, Latches};
///
/// let latches = Latches::default();
/// let proxy = LatchKey::proxy(Origin::new(UriScheme::Http, "proxy", 3128));
/// latches.latch(proxy.clone(), Cause::ByUser);
/// latches.latch(proxy.clone(), Cause::Automatic);
/// assert_eq!(latches.cause(&proxy), Some(Cause::ByUser), "the first cause stays");
/// latches.clear();
/// assert_eq!(latches.cause(&proxy), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Latches {
    map: Arc<Mutex<BTreeMap<LatchKey, Shut>>>,
}

/// Why something is shut.
#[derive(Clone, Debug)]
struct Shut {
    cause: Cause,
    /// What was tried, in words, once somebody knows.
    reason: Option<Arc<str>>,
}

impl Latches {
    /// Why this store or proxy is not to be contacted; `None` when it may be.
    #[must_use]
    pub fn cause(&self, key: &LatchKey) -> Option<Cause> {
        self.lock().get(key).map(|shut| shut.cause)
    }

    /// The store that is shut and holds `path` of this origin, with its cause: its base path is `path` or one of the
    /// folders above, in any spelling. Of several the innermost. `path` is a URL's path, without a query.
    ///
    /// ```
    /// use symgate_auth::{Origin, UriScheme};
    /// use symgate_policy::{Cause, LatchKey, Latches};
    ///
    /// let latches = Latches::default();
    /// let origin = Origin::new(UriScheme::Https, "symbols.example", 443);
    /// latches.latch(LatchKey::store(origin.clone(), "/sym"), Cause::ByUser);
    /// assert!(latches.covering(&origin, "/sym/a.pdb/1/a.pdb").is_some());
    /// assert!(latches.covering(&origin, "/symbols/a.pdb").is_none());
    /// ```
    #[must_use]
    pub fn covering(&self, origin: &Origin, path: &str) -> Option<(LatchKey, Cause)> {
        let path = normal(path);
        let map = self.lock();
        // Base paths that begin the same path stand in the order of their lengths.
        let mut innermost_first = map.iter().rev();
        let (key, shut) = innermost_first.find(|(key, _)| match &key.0 {
            Key::Proxy(_) => false,
            Key::Store(at, base) => at == origin && is_within(&path, base),
        })?;
        Some((key.clone(), shut.cause))
    }

    /// What was tried there before it was shut, if somebody [explained](Self::explain) it.
    #[must_use]
    pub fn reason(&self, key: &LatchKey) -> Option<Arc<str>> {
        self.lock().get(key)?.reason.clone()
    }

    /// Adds what was tried to a store or proxy that is shut. The first explanation stays, as the first cause does.
    pub fn explain(&self, key: &LatchKey, reason: &str) {
        if let Some(shut) = self.lock().get_mut(key) {
            shut.reason.get_or_insert_with(|| reason.into());
        }
    }

    /// Shuts this store or proxy. The first cause stays: it is the one that explains.
    pub fn latch(&self, key: LatchKey, cause: Cause) {
        self.lock().entry(key).or_insert(Shut { cause, reason: None });
    }

    /// Opens all: the client was closed.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// All that is shut, with its cause, in a stable order.
    #[must_use]
    pub fn list(&self) -> Vec<(LatchKey, Cause)> {
        self.lock()
            .iter()
            .map(|(key, shut)| (key.clone(), shut.cause))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LatchKey, Shut>> {
        // Each change is one call on the map, so a panic elsewhere left it whole.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A path without slashes at its ends, in one spelling: what need not be escaped is not (RFC 3986 §2.3, §6.2.2.2), and
/// what must be is escaped in capitals (§6.2.2.1). Nothing is unescaped twice.
fn normal(path: &str) -> String {
    let mut rest = path.trim_matches('/');
    let mut normal = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        rest = match escaped(after) {
            Some((character, rest)) if is_unreserved(character) => {
                normal.push(character);
                rest
            }
            Some((character, rest)) => {
                normal.push_str(&format!("%{:02X}", u32::from(character)));
                rest
            }
            None => {
                normal.push('%');
                after
            }
        };
    }
    normal + rest
}

/// The octet of two hexadecimal digits, and what follows them.
fn escaped(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let octet = u8::from_str_radix(digits, 16).ok()?;
    // `from_str_radix` takes a sign too.
    (!digits.starts_with('+')).then_some((char::from(octet), rest))
}

/// RFC 3986 §2.3.
const fn is_unreserved(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_' | '~')
}

/// Whether a path is this folder or in it; both are normal.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use symgate_auth::UriScheme;

    use super::*;

    #[test]
    fn keys_differ_by_scheme_host_port_and_base_path() {
        let origin = |scheme, host, port| Origin::new(scheme, host, port);
        let keys = [
            LatchKey::store(origin(UriScheme::Https, "h", 443), "a"),
            LatchKey::store(origin(UriScheme::Https, "h", 443), "A"),
            LatchKey::store(origin(UriScheme::Https, "h", 444), "a"),
            LatchKey::store(origin(UriScheme::Http, "h", 443), "a"),
            LatchKey::store(origin(UriScheme::Https, "i", 443), "a"),
            LatchKey::proxy(origin(UriScheme::Https, "h", 443)),
            LatchKey::proxy(origin(UriScheme::Http, "h", 443)),
        ];
        let latches = Latches::default();
        latches.latch(keys[0].clone(), Cause::Rejected);
        assert_eq!(latches.cause(&keys[0]), Some(Cause::Rejected));
        for key in &keys[1..] {
            assert_eq!(latches.cause(key), None, "{key}");
        }
        assert_eq!(latches.clone().list(), [(keys[0].clone(), Cause::Rejected)]);
    }

    #[test]
    fn one_path_has_one_key_in_any_spelling_and_letters_keep_their_case() {
        let store = |path: &str| LatchKey::store(Origin::new(UriScheme::Https, "h", 443), path);
        let table = [
            ("/s%79m", "sym", true),
            ("/%73%79%6d/%7Eme", "/sym/~me/", true),
            ("/a%2fb", "/a%2Fb", true),
            ("/a%2fb", "/a/b", false),
            ("/Sym", "/sym", false),
            ("/%53ym", "/Sym", true),
            // Once, not twice.
            ("/%2573ym", "/%73ym", false),
            ("/%2573ym", "/sym", false),
            // No escapes at all.
            ("/100%", "/100%25", false),
            ("/%+7", "/%07", false),
            ("/%7", "/%7", true),
            ("/%\u{e9}", "/%\u{e9}", true),
        ];
        for (one, other, same) in table {
            assert_eq!(store(one) == store(other), same, "{one} {other}");
        }
    }

    #[test]
    fn a_store_that_is_shut_covers_what_is_in_it() {
        let origin = |host| Origin::new(UriScheme::Https, host, 443);
        let table = [
            (&["sym"][..], "/sym/a/1/a", Some("sym")),
            (&["sym"], "/sym", Some("sym")),
            (&["sym"], "/sym/", Some("sym")),
            (&["sym"], "/s%79m/a", Some("sym")),
            (&["s%79m"], "/sym/a", Some("sym")),
            (&["sym"], "/symbols/a", None),
            (&["sym"], "/Sym/a", None),
            (&["sym"], "/sym%2Fa", None),
            (&["sym/inner"], "/sym/a", None),
            (&["sym"], "/other/sym/a", None),
            (&[""], "/anything", Some("")),
            (&["", "sym", "sym/inner", "sym-2"], "/sym/inner/a", Some("sym/inner")),
            (&["", "sym", "sym/inner", "sym-2"], "/sym/a", Some("sym")),
            (&[], "/sym/a", None),
        ];
        for (shut, path, expected) in table {
            let latches = Latches::default();
            latches.latch(LatchKey::proxy(origin("h")), Cause::Rejected);
            latches.latch(LatchKey::store(origin("other"), ""), Cause::Rejected);
            for base in shut {
                latches.latch(LatchKey::store(origin("h"), base), Cause::ByUser);
            }
            let expected = expected.map(|base| (LatchKey::store(origin("h"), base), Cause::ByUser));
            assert_eq!(latches.covering(&origin("h"), path), expected, "{shut:?} {path}");
        }
    }

    #[test]
    fn the_first_explanation_of_what_is_shut_stays() {
        let latches = Latches::default();
        let proxy = LatchKey::proxy(Origin::new(UriScheme::Http, "p", 80));
        latches.explain(&proxy, "it is open");
        assert_eq!(latches.reason(&proxy), None);
        latches.latch(proxy.clone(), Cause::Automatic);
        latches.explain(&proxy, "no ticket");
        latches.explain(&proxy, "refused earlier");
        assert_eq!(latches.reason(&proxy).as_deref(), Some("no ticket"));
        latches.clear();
        assert_eq!(latches.reason(&proxy), None);
    }

    #[test]
    fn keys_and_causes_print_for_a_person() {
        let origin = || Origin::new(UriScheme::Https, "h", 443);
        let table = [
            (LatchKey::proxy(origin()).to_string(), "proxy `h:443`"),
            (LatchKey::store(origin(), "/").to_string(), "store `https://h`"),
            (LatchKey::store(origin(), "/a/b/").to_string(), "store `https://h/a/b`"),
            (Cause::Automatic.to_string(), "refused automatically"),
            (Cause::ByUser.to_string(), "cancelled by the user"),
            (Cause::ClientCertificate.to_string(), "a client certificate is needed"),
            (Cause::NoUsableScheme.to_string(), "no usable authentication scheme"),
            (Cause::Rejected.to_string(), "credentials rejected"),
        ];
        for (shown, expected) in table {
            assert_eq!(shown, expected);
        }
    }
}
