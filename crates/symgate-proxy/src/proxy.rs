//! One proxy, and the grammar of its entry in a setting: `[scheme "://"] [userinfo "@"] host
//! [":" port] ["/"]`.

use std::fmt;

use url::Host;

use crate::{
    host,
    warning::{Fault, Note},
};

/// A proxy: how to talk to it, where it is, and the credentials that its setting carried.
///
/// `Display` is `http://host:port`, without credentials. There is no equality, because it would
/// have to compare passwords.
#[derive(Debug)]
pub struct Proxy {
    kind: Kind,
    host: Host<String>,
    port: u16,
    userinfo: Option<Userinfo>,
}

impl Proxy {
    /// A proxy without credentials, at its kind's own port if none is given.
    pub(crate) fn plain(kind: Kind, host: Host<String>, port: Option<u16>) -> Self {
        Self {
            kind,
            host,
            port: port.unwrap_or_else(|| kind.default_port()),
            userinfo: None,
        }
    }

    /// The protocol that is spoken to the proxy.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The name or address; names are in their ASCII form and in lower case.
    #[must_use]
    pub const fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The TCP port, never 0.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The credentials written in the setting: they are for this proxy and nobody else.
    #[must_use]
    pub const fn userinfo(&self) -> Option<&Userinfo> {
        self.userinfo.as_ref()
    }

    /// Whether an entry begins with a known `scheme://`.
    pub(crate) fn says_kind(entry: &str) -> bool {
        entry
            .split_once("://")
            .is_some_and(|(scheme, _)| Kind::from_scheme(scheme).is_some())
    }

    /// Reads one entry; `implied` is the kind when the entry does not say `scheme://`.
    pub(crate) fn parse(entry: &str, implied: Kind) -> Result<Parsed, Fault> {
        let (kind, rest) = match entry.split_once("://") {
            // `u:x://y@h` is a password with a slash, not a scheme.
            Some((scheme, rest)) if !scheme.contains(['@', ':', '/']) => {
                (Kind::from_scheme(scheme).ok_or(Fault::Kind)?, rest)
            }
            _ => (implied, entry),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // `http://user:12/34@host` would name the proxy `user:12` and print half of the password.
        if path.contains('@') {
            return Err(Fault::Ambiguous);
        }
        let (userinfo, authority) = match authority.rsplit_once('@') {
            Some((userinfo, authority)) => (Userinfo::parse(userinfo)?, authority),
            None => (None, authority),
        };
        let (host, port) = host::authority(authority)?;

        let mut notes = Vec::new();
        if userinfo.is_some() {
            notes.push(Note::Credentials);
        }
        let port = port.unwrap_or_else(|| {
            notes.push(Note::DefaultPort(kind.default_port()));
            kind.default_port()
        });
        if !matches!(path, "" | "/") {
            notes.push(Note::PathIgnored);
        }
        Ok(Parsed {
            proxy: Self {
                kind,
                host,
                port,
                userinfo,
            },
            notes,
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.kind, self.host, self.port)
    }
}

/// A proxy and what is to be said about its entry.
pub(crate) struct Parsed {
    pub(crate) proxy: Proxy,
    pub(crate) notes: Vec<Note>,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// HTTP in clear; port 80 unless said otherwise.
    Http,
    /// HTTP inside TLS; port 443 unless said otherwise.
    Https,
    /// SOCKS5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)), names resolved by the proxy;
    /// port 1080 unless said otherwise.
    Socks5,
}

impl Kind {
    /// The port of an entry that names none: 80, 443 or 1080.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 => 1080,
        }
    }

    fn from_scheme(scheme: &str) -> Option<Self> {
        const SCHEMES: [(&str, Kind); 5] = [
            ("http", Kind::Http),
            ("https", Kind::Https),
            ("socks5", Kind::Socks5),
            ("socks5h", Kind::Socks5),
            ("socks", Kind::Socks5),
        ];
        SCHEMES
            .iter()
            .find(|(name, _)| scheme.eq_ignore_ascii_case(name))
            .map(|&(_, kind)| kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
        })
    }
}

/// A user name and perhaps a password, percent-decoded, that cannot be printed.
///
/// `Debug` shows `Userinfo([secret])`; there is no `Display`, `Clone` or equality. The memory is
/// not wiped: the environment or command line that the text came from keeps its own copy.
pub struct Userinfo {
    user: String,
    password: Option<String>,
}

impl Userinfo {
    /// The user name, empty when the setting was `:password@host`.
    #[must_use]
    pub fn expose_user(&self) -> &str {
        &self.user
    }

    /// The password; `None` when there was no colon, so that somebody may be asked for it.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Reads `user[:password]`; the first colon separates, nothing at all is no credentials.
    fn parse(text: &str) -> Result<Option<Self>, Fault> {
        if text.is_empty() {
            return Ok(None);
        }
        let (user, password) = match text.split_once(':') {
            Some((user, password)) => (user, Some(percent_decode(password)?)),
            None => (text, None),
        };
        Ok(Some(Self {
            user: percent_decode(user)?,
            password,
        }))
    }
}

impl fmt::Debug for Userinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Userinfo([secret])")
    }
}

/// Decodes `%XX`; a `%` without two hexadecimal digits stands for itself, as in curl and in
/// browsers, because people type passwords as they are.
fn percent_decode(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|d| (d, after)),
            _ => None,
        };
        let (byte, after) = match code {
            Some(((high, low), after)) => (high << 4 | low, after),
            None => (first, tail),
        };
        bytes.push(byte);
        rest = after;
    }
    let text = String::from_utf8(bytes).map_err(|_| Fault::Userinfo)?;
    // RFC 7617 §2: no control characters in user-id and password.
    if text.chars().any(char::is_control) {
        Err(Fault::Userinfo)
    } else {
        Ok(text)
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
