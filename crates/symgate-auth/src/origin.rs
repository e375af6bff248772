//! Who a peer is ([`Origin`]) and how we are connected to it ([`Channel`]).

use std::fmt;
use std::sync::Arc;

/// The scheme of a URI that the transport can reach.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum UriScheme {
    /// Clear text.
    Http,
    /// Over TLS.
    Https,
}

impl UriScheme {
    /// The scheme's name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Scheme, host and port: what credentials and redirects are compared by
/// ([RFC 9110 §4.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-4.3.1)).
///
/// A proxy is named by an `Origin` too: the one of the URL that would reach it.
///
/// ```
/// use symgate_auth::{Origin, UriScheme};
///
/// let store = Origin::new(UriScheme::Https, "Symbols.Example", 443);
/// assert_eq!(store.to_string(), "https://symbols.example");
/// assert_eq!(store.authority(), "symbols.example:443");
/// assert_ne!(store, Origin::new(UriScheme::Https, "symbols.example", 8443));
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin {
    scheme: UriScheme,
    host: Arc<str>,
    port: u16,
}

impl Origin {
    /// An origin; `host` is a registered name in ASCII, an IPv4 address, or an IPv6 address in brackets, and is lower-cased.
    #[must_use]
    pub fn new(scheme: UriScheme, host: &str, port: u16) -> Self {
        Self {
            scheme,
            host: host.to_ascii_lowercase().into(),
            port,
        }
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> UriScheme {
        self.scheme
    }

    /// The host; an IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, the port always written
    /// (the authority-form of [RFC 9112 §3.2.3](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.3)).
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Origin {
    /// `scheme://host`, and `:port` when it is not the scheme's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

/// How bytes travel to the peer that asks: what decides whether a password may be sent.
///
/// Only [`Channel::encrypted`] makes the protected kind, and only whoever has finished a TLS handshake has the
/// certificate to make it from, so "Basic only when encrypted" is a value and not a flag that somebody forgets.
#[derive(Clone, Eq, PartialEq)]
pub struct Channel {
    certificate: Option<Arc<[u8]>>,
}

impl Channel {
    /// Nothing protects the bytes.
    pub const CLEARTEXT: Self = Self { certificate: None };

    /// TLS with a verified peer; `certificate` is the peer's end-entity certificate in DER, from which a mechanism
    /// computes the `tls-server-end-point` binding ([RFC 5929 §4](https://www.rfc-editor.org/rfc/rfc5929#section-4)).
    #[must_use]
    pub fn encrypted(certificate: impl Into<Arc<[u8]>>) -> Self {
        Self {
            certificate: Some(certificate.into()),
        }
    }

    /// Whether TLS protects the bytes.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.certificate.is_some()
    }

    /// The peer's end-entity certificate in DER, over TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_encrypted() { "Encrypted" } else { "Cleartext" })
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_encrypted() {
            "encrypted"
        } else {
            "in clear text"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let origin = Origin::new(UriScheme::Https, "H", 443);
        assert_eq!(origin, Origin::new(UriScheme::Https, "h", 443));
        for other in [
            Origin::new(UriScheme::Http, "h", 443),
            Origin::new(UriScheme::Https, "h2", 443),
            Origin::new(UriScheme::Https, "h", 444),
        ] {
            assert_ne!(origin, other);
        }
    }

    #[test]
    fn display_leaves_out_the_default_port_only() {
        assert_eq!(Origin::new(UriScheme::Http, "[::1]", 80).to_string(), "http://[::1]");
        assert_eq!(Origin::new(UriScheme::Http, "h", 443).to_string(), "http://h:443");
    }
}
