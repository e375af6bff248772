//! The base URL of an HTTP store and the URLs below it (SYMSRV §2.7).

use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use url::Url;

use crate::layout::{FileId, Tier, Variant};

/// The base URL of a store: http or https, no slash at its end, no userinfo, query or fragment.
///
/// Userinfo that stood in the text is kept aside as [`Userinfo`] and neither printed nor compared: who asks is not part
/// of what is asked.
///
/// ```
/// use symgate_path::{FileId, HttpBase, Tier, Variant};
///
/// let base = HttpBase::parse("https://symbols.example/store/")?;
/// let id: FileId = "foo bar.pdb/K1".parse()?;
/// assert_eq!(
///     base.file_url(&id, Tier::Two, Variant::Plain).as_str(),
///     "https://symbols.example/store/fo/foo%20bar.pdb/K1/foo%20bar.pdb",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HttpBase {
    /// Without userinfo, query and fragment; its path ends in a slash only if it is `/`.
    url: Url,
    userinfo: Option<Arc<Userinfo>>,
}

impl HttpBase {
    /// Reads a base URL. Slashes at its end are dropped, userinfo is put aside.
    ///
    /// # Errors
    ///
    /// The rule of [`HttpBaseError`] that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, HttpBaseError> {
        let read = read(text)?;
        match read {
            Read { query: true, .. } => Err(HttpBaseError::Query),
            Read { fragment: true, .. } => Err(HttpBaseError::Fragment),
            Read { base, .. } => Ok(base),
        }
    }

    /// Returns the base URL as it is printed, without userinfo.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the name and password that stood in the text.
    #[must_use]
    pub fn userinfo(&self) -> Option<&Userinfo> {
        self.userinfo.as_deref()
    }

    /// Returns where the file lies. In each component everything is percent-encoded but letters, digits, `-._~` and
    /// the delimiters ``!$&'()*,;=@``; `+` is encoded because some servers read it as a blank.
    #[must_use]
    pub fn file_url(&self, id: &FileId, tier: Tier, variant: Variant) -> Url {
        let mut path = self.base_path().to_owned();
        for component in id.components(tier, variant) {
            path.push('/');
            encode(&component, &mut path);
        }
        let mut url = self.url.clone();
        url.set_path(&path);
        url
    }

    /// Returns where a relative path in a `file.ptr` of this store may lie: below the base, then beside the pointer
    /// (SYMSRV §2.3). Either separator parts directories; none if the path leads out by `..` or nowhere.
    #[must_use]
    pub fn relative_urls(&self, id: &FileId, tier: Tier, relative: &str) -> Vec<Url> {
        let parts = relative.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<&str> = parts.collect();
        if parts.is_empty() || parts.contains(&"..") {
            return Vec::new();
        }
        let pointer = self.file_url(id, tier, Variant::Pointer);
        let leaf = pointer.path().rsplit_once('/').map_or("", |(leaf, _)| leaf);
        let at = |directory: &str| {
            let mut path = directory.to_owned();
            for part in &parts {
                path.push('/');
                encode(part, &mut path);
            }
            let mut url = self.url.clone();
            url.set_path(&path);
            url
        };
        vec![at(self.base_path()), at(leaf)]
    }

    /// Returns the file whose existence says that the store is two-tier.
    #[must_use]
    pub fn index2_url(&self) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/index2.txt", self.base_path()));
        url
    }

    /// Returns what makes this store this store: the key of latches and of the memory of tiers (DECISIONS §4).
    #[must_use]
    pub fn id(&self) -> StoreId {
        StoreId {
            scheme: self.url.scheme().into(),
            host: self.url.host_str().unwrap_or_default().into(),
            port: self.url.port_or_known_default().unwrap_or_default(),
            path: self.base_path().into(),
        }
    }

    fn base_path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }
}

impl PartialEq for HttpBase {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for HttpBase {}

impl fmt::Debug for HttpBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpBase({self})")
    }
}

/// Prints the URL without userinfo and without a slash at its end.
impl fmt::Display for HttpBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

/// The identity of an HTTP store: scheme, host, port and base path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId {
    scheme: Box<str>,
    host: Box<str>,
    port: u16,
    path: Box<str>,
}

impl StoreId {
    /// Returns `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the host in lower case, an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, also when it is the scheme's own.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the path, percent-encoded; empty or beginning with a slash, never ending in one.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Prints all four parts: `https://symbols.example:443/store`.
impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}{}", self.scheme, self.host, self.port, self.path)
    }
}

/// A name and password from a URL. Does not print.
///
/// The text that it was read from, such as an environment variable, holds it as well: this type prevents leaks into
/// messages, it does not clear memory.
pub struct Userinfo {
    user: String,
    password: Option<String>,
}

impl Userinfo {
    /// Returns the user's name, percent-decoded.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the password, percent-decoded, for whoever makes credentials of it.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

impl fmt::Debug for Userinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[userinfo]")
    }
}

/// Why a text is no base URL of a store. Never quotes the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HttpBaseError {
    /// It has a fragment, which is never sent.
    #[error("the URL of a store has no fragment")]
    Fragment,
    /// Its host holds a character that separates the parts of a symbol path.
    #[error("the host holds a character of the symbol path's own grammar")]
    Host,
    /// It has a query, which no file's URL would have.
    #[error("the URL of a store has no query")]
    Query,
    /// It is not `http` or `https`.
    #[error("the URL is neither http nor https")]
    Scheme,
    /// It is no URL.
    #[error("the URL is malformed: {reason}")]
    Syntax {
        /// What the URL parser says, such as `invalid port number`.
        reason: String,
    },
}

/// A base URL and what was taken out of its text.
pub(crate) struct Read {
    pub(crate) base: HttpBase,
    pub(crate) query: bool,
    pub(crate) fragment: bool,
}

/// Reads a base URL and drops what does not belong there.
pub(crate) fn read(text: &str) -> Result<Read, HttpBaseError> {
    let mut url = Url::parse(text).map_err(|error| HttpBaseError::Syntax {
        reason: error.to_string(),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HttpBaseError::Scheme);
    }
    // `%2A` in a host is decoded by the URL parser; printed, it would be the grammar's own `*`.
    if url.host_str().is_none_or(|host| host.contains(['*', ';', '"'])) {
        return Err(HttpBaseError::Host);
    }
    let userinfo = take_userinfo(&mut url);
    let (query, fragment) = (url.query().is_some(), url.fragment().is_some());
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(Read {
        base: HttpBase { url, userinfo },
        query,
        fragment,
    })
}

fn take_userinfo(url: &mut Url) -> Option<Arc<Userinfo>> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let userinfo = Userinfo {
        user: decode(url.username()),
        password: url.password().map(decode),
    };
    // Fails only for URLs that cannot have a host, and http has one.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(Arc::new(userinfo))
}

/// Decodes `%XX`; what is no UTF-8 then stays as it stands.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'a'..=b'f' => hex - b'a' + 10,
        b'A'..=b'F' => hex - b'A' + 10,
        _ => hex.wrapping_sub(b'0'),
    }
}

fn encode(component: &str, into: &mut String) {
    for byte in component.bytes() {
        if byte.is_ascii_alphanumeric() || KEPT.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for digit in [byte >> 4, byte & 0xF] {
                into.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

/// RFC 3986's unreserved characters and the delimiters that mean nothing in a path of http, without `+`.
const KEPT: &[u8] = b"-._~!$&'()*,;=@";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_the_base() {
        for (text, printed, id) in [
            ("https://h/s", "https://h/s", "https://h:443/s"),
            ("https://h/s///", "https://h/s", "https://h:443/s"),
            (
                "HTTPS://H.Example:443/S/",
                "https://h.example/S",
                "https://h.example:443/S",
            ),
            ("http://h", "http://h", "http://h:80"),
            ("http://h:8080/", "http://h:8080", "http://h:8080"),
            ("http://[::1]:1/a/../b", "http://[::1]:1/b", "http://[::1]:1/b"),
            (r"https:\\h\s\", "https://h/s", "https://h:443/s"),
        ] {
            let base = HttpBase::parse(text).unwrap();
            assert_eq!(
                (base.to_string().as_str(), base.id().to_string().as_str()),
                (printed, id),
                "{text}"
            );
            assert_eq!(HttpBase::parse(printed).unwrap(), base, "{text}");
        }
        let id = HttpBase::parse("https://h:1/s/t").unwrap().id();
        assert_eq!(
            (id.scheme(), id.host(), id.port(), id.path()),
            ("https", "h", 1, "/s/t")
        );
    }

    #[test]
    fn percent_encodes_each_component() {
        let base = HttpBase::parse("https://h/a%20b/").unwrap();
        for (name, encoded) in [
            ("foo bar.pdb", "foo%20bar.pdb"),
            ("a+b.pdb", "a%2Bb.pdb"),
            ("a#b%c?d.pdb", "a%23b%25c%3Fd.pdb"),
            ("%2e%2e", "%252e%252e"),
            ("\u{e4}.pdb", "%C3%A4.pdb"),
            ("a[1]{2}^|`\"<>.x", "a%5B1%5D%7B2%7D%5E%7C%60%22%3C%3E.x"),
            ("a!$&'()*,;=@~.x", "a!$&'()*,;=@~.x"),
        ] {
            let id = FileId {
                name: name.parse().unwrap(),
                key: "K1".parse().unwrap(),
            };
            let url = base.file_url(&id, Tier::One, Variant::Plain);
            assert_eq!(
                url.as_str(),
                format!("https://h/a%20b/{encoded}/K1/{encoded}"),
                "{name}"
            );
        }
    }

    #[test]
    fn addresses_every_variant_below_root_and_path() {
        let id: FileId = "ntdll.pdb/K1".parse().unwrap();
        let root = HttpBase::parse("https://h/").unwrap();
        assert_eq!(root.index2_url().as_str(), "https://h/index2.txt");
        assert_eq!(
            root.file_url(&id, Tier::Two, Variant::Pointer).as_str(),
            "https://h/nt/ntdll.pdb/K1/file.ptr"
        );
        let below = HttpBase::parse("https://h/download/symbols").unwrap();
        assert_eq!(below.index2_url().as_str(), "https://h/download/symbols/index2.txt");
        assert_eq!(
            below.file_url(&id, Tier::One, Variant::Compressed).as_str(),
            "https://h/download/symbols/ntdll.pdb/K1/ntdll.pd_"
        );
    }

    #[test]
    fn relative_pointers_stay_below_the_base() {
        let base = HttpBase::parse("https://h/s").unwrap();
        let id: FileId = "x.pdb/K1".parse().unwrap();
        for (relative, expected) in [
            (
                r"dr op\.\x.pdb",
                &["https://h/s/dr%20op/x.pdb", "https://h/s/x.pdb/K1/dr%20op/x.pdb"][..],
            ),
            (
                "%2e%2e/x",
                &["https://h/s/%252e%252e/x", "https://h/s/x.pdb/K1/%252e%252e/x"],
            ),
            ("x?a#b", &["https://h/s/x%3Fa%23b", "https://h/s/x.pdb/K1/x%3Fa%23b"]),
            ("../x", &[]),
            (r"a\..\..\x", &[]),
            (".", &[]),
            ("", &[]),
        ] {
            let urls = base.relative_urls(&id, Tier::One, relative);
            let urls: Vec<&str> = urls.iter().map(Url::as_str).collect();
            assert_eq!(urls, expected, "{relative}");
        }
    }

    #[test]
    fn userinfo_is_kept_aside_and_never_printed() {
        let base = HttpBase::parse("https://al%40ice:pa%3Ass@h/s").unwrap();
        let userinfo = base.userinfo().unwrap();
        assert_eq!((userinfo.user(), userinfo.expose_password()), ("al@ice", Some("pa:ss")));
        assert_eq!(base, HttpBase::parse("https://h/s").unwrap());
        let shown = format!("{base} {base:?} {userinfo:?} {} {}", base.url(), base.id());
        for secret in ["al", "ice", "pa", "ss"] {
            assert!(!shown.replace("https", "").contains(secret), "{secret} in {shown}");
        }
        let user = HttpBase::parse("https://bob@h").unwrap();
        assert_eq!(
            user.userinfo().map(|u| (u.user(), u.expose_password())),
            Some(("bob", None))
        );
        let raw = HttpBase::parse("https://b%FF:%zz@h").unwrap();
        assert_eq!(
            raw.userinfo().map(|u| (u.user(), u.expose_password())),
            Some(("b%FF", Some("%zz")))
        );
    }

    #[test]
    fn refuses_what_is_no_base() {
        for (text, expected) in [
            ("https://h/s?a=b", "the URL of a store has no query"),
            ("https://h/s#f", "the URL of a store has no fragment"),
            ("ftp://h/s", "the URL is neither http nor https"),
            (
                "https://a%2Ab/",
                "the host holds a character of the symbol path's own grammar",
            ),
            (
                "https://h%3B/",
                "the host holds a character of the symbol path's own grammar",
            ),
            (
                "https://h%22/",
                "the host holds a character of the symbol path's own grammar",
            ),
            ("https://u:p@h:99999/", "the URL is malformed: invalid port number"),
            ("https://", "the URL is malformed: empty host"),
        ] {
            let error = HttpBase::parse(text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
