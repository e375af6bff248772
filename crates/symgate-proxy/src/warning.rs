//! What a setting's value makes us say: entries that are refused, and entries that are used
//! although something about them deserves a word.
//!
//! None of these types holds text of the value, because a value may hold a password.

use std::fmt;

use crate::setting::Setting;

/// One remark about one setting, ready for a log: `` `https_proxy`, byte 0: … ``.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    setting: Setting,
    remark: Remark,
}

impl Warning {
    pub(crate) const fn new(setting: Setting, remark: Remark) -> Self {
        Self { setting, remark }
    }

    /// The setting that the remark is about.
    #[must_use]
    pub const fn setting(&self) -> Setting {
        self.setting
    }

    /// What is remarked, and where in the value.
    #[must_use]
    pub const fn remark(&self) -> Remark {
        self.remark
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, {}", self.setting, self.remark)
    }
}

/// A place in a value and what is to be said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    /// Where the entry begins, in bytes from the start of the value; 0 when the remark is about
    /// the whole value.
    pub offset: usize,
    /// What is to be said.
    pub note: Note,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.note)
    }
}

/// What is to be said about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The entry is not used.
    Refused(Fault),
    /// The entry carries a user name, which will answer this proxy.
    Credentials,
    /// The entry names no port, and this one is used.
    DefaultPort(u16),
    /// The entry goes on after the port, and that part is not used.
    PathIgnored,
    /// `HTTP_PROXY` is set, and only `http_proxy` counts.
    UpperCaseIgnored,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(fault) => write!(f, "entry ignored, {fault}"),
            Self::Credentials => f.write_str(
                "the credentials written here are used for this proxy; other programs and users may be able to read them",
            ),
            Self::DefaultPort(port) => write!(f, "no port given, {port} is used"),
            Self::PathIgnored => f.write_str("a proxy has no path or query, that part is ignored"),
            Self::UpperCaseIgnored => {
                f.write_str("ignored because a web client can set it in a server, use `http_proxy`")
            }
        }
    }
}

/// Why an entry is refused: what was expected in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no host, or it is neither a host name nor an address.
    #[error("expected a host name or an address")]
    Host,
    /// A bare IPv6 address, whose last group cannot be told from a port.
    #[error("expected brackets around an IPv6 address")]
    Brackets,
    /// The port is empty, zero, too large or not a number.
    #[error("expected a port from 1 to 65535")]
    Port,
    /// The text before `://` is not a kind of proxy.
    #[error("expected `http://`, `https://` or `socks5://`")]
    Kind,
    /// The entry of a script's answer begins with another word.
    #[error("expected `DIRECT`, or `PROXY`, `HTTP`, `HTTPS`, `SOCKS`, `SOCKS4` or `SOCKS5` with a host")]
    Keyword,
    /// The text before `=` is not a protocol of a proxy list.
    #[error("expected `http=`, `https=`, `ftp=`, `gopher=` or `socks=`")]
    Protocol,
    /// User name or password decode to something that is not text.
    #[error("expected credentials of UTF-8 text without control characters")]
    Userinfo,
    /// It cannot be told whether a separator belongs to a password.
    #[error("expected credentials after `http://`, with `/`, `?`, `#`, `;` and blanks percent-encoded")]
    Ambiguous,
    /// The whole value is not Unicode.
    #[error("expected a Unicode value")]
    NotUnicode,
    /// The number after `/` is not a prefix length for the address before it.
    #[error("expected an address and a prefix length of at most 32 (IPv4) or 128 (IPv6) bits")]
    Prefix,
    /// A `*` inside a word.
    #[error("expected a domain without `*`, which includes its sub-domains anyway")]
    Wildcard,
    /// A `*` that is not the first character, in a list that knows it there only.
    #[error("expected `*` at the left end only")]
    WildcardPlace,
    /// A `*` beside other entries.
    #[error("expected `*` to be the only entry")]
    StarNotAlone,
    /// The address of a script is none, or cannot be fetched over HTTP.
    #[error("expected an `http://` or `https://` URL of a script")]
    ScriptUrl,
    /// A scheme in front of a host that needs no proxy.
    #[error("expected a host without a scheme")]
    Scheme,
}
