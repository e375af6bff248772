//! [`Service`]: whom a ticket is for, in the spellings of both systems.

use std::fmt;

use symgate_auth::Origin;
use symgate_auth::mechanism::TokenError;

use crate::words;

/// The service `HTTP` at a host ([RFC 4559 §4.1](https://www.rfc-editor.org/rfc/rfc4559#section-4.1)).
///
/// `Display` writes the principal's name without its realm, `HTTP/host`, which is the SPN on Windows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Service {
    host: String,
}

impl Service {
    /// The service of a peer.
    ///
    /// The host becomes part of names that give `@`, `/` and NUL a meaning, and of a message: only what host names and
    /// addresses are made of passes. The port plays no part, as with other clients.
    pub(crate) fn of(peer: &Origin) -> Result<Self, TokenError> {
        let host = peer.host();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let bare = bare.unwrap_or(host);
        // A name that ends in a dot is the same host, and no principal is spelled so.
        let bare = bare.strip_suffix('.').unwrap_or(bare);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
        if bare.is_empty() || bare.len() > LONGEST || !bare.bytes().all(fits) {
            let host = words::one_line(host.as_bytes());
            return Err(TokenError::Unavailable(format!("no ticket can be for `{host}`")));
        }
        Ok(Self { host: bare.to_owned() })
    }

    /// The host-based name of GSSAPI ([RFC 2743 §4.1](https://www.rfc-editor.org/rfc/rfc2743#section-4.1)).
    #[cfg(any(unix, test))]
    pub(crate) fn host_based(&self) -> String {
        format!("HTTP@{}", self.host)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/{}", self.host)
    }
}

/// The longest name in the DNS, in characters ([RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
const LONGEST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;
    use symgate_auth::UriScheme;

    fn service(host: &str) -> Result<Service, TokenError> {
        Service::of(&Origin::new(UriScheme::Http, host, 3128))
    }

    #[test]
    fn names_the_host_without_port_brackets_and_last_dot() {
        let table = [
            ("proxy.corp", "HTTP/proxy.corp"),
            ("PROXY.Corp", "HTTP/proxy.corp"),
            ("proxy.corp.", "HTTP/proxy.corp"),
            ("my_proxy-1", "HTTP/my_proxy-1"),
            ("127.0.0.1", "HTTP/127.0.0.1"),
            ("[::1]", "HTTP/::1"),
        ];
        for (host, name) in table {
            let service = service(host).unwrap_or_else(|error| panic!("{host}: {error}"));
            assert_eq!(service.to_string(), name, "{host}");
            assert_eq!(service.host_based(), name.replacen('/', "@", 1), "{host}");
        }
    }

    #[test]
    fn refuses_what_would_be_another_name() {
        let long = "a".repeat(LONGEST + 1);
        for host in [
            "", ".", "[]", "a/b", "a@B.TEST", "a\0b", "a\nb", "a b", "ä", "a\\b", &long,
        ] {
            assert!(matches!(service(host), Err(TokenError::Unavailable(_))), "{host:?}");
        }
    }

    #[test]
    fn refusal_is_one_line() {
        let error = service("a\r\nb").expect_err("not a host").to_string();
        assert_eq!(error, "no ticket can be for `a b`");
    }
}
