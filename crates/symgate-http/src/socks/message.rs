//! The messages of SOCKS5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)): what we write, and what a server's
//! bytes mean.

use std::net::{Ipv4Addr, Ipv6Addr};

use symgate_auth::Origin;

use super::logon;
use crate::error::SocksError;

/// `VER NMETHODS METHODS` ([RFC 1928 §3](https://www.rfc-editor.org/rfc/rfc1928#section-3)): no authentication, or a
/// name and a password. Always the same, so that it says nothing about who we are.
pub(super) const GREETING: [u8; 4] = [VERSION, 2, METHOD_NONE, METHOD_PASSWORD];

/// What the server wants before it connects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    /// Nothing.
    None,
    /// A name and a password.
    Password,
    /// Nothing that we offer would do.
    Unacceptable,
}

/// What the server thinks of a name and password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Accepted,
    Rejected,
}

/// A message and how many bytes it has; `None` while there are too few.
pub(super) type Parsed<T> = Result<Option<(T, usize)>, SocksError>;

/// `VER CMD RSV ATYP DST.ADDR DST.PORT` for CONNECT ([RFC 1928 §4](https://www.rfc-editor.org/rfc/rfc1928#section-4)).
///
/// A name goes as a name, for the proxy to look up: behind a firewall nobody else may know it. `None` for a name of more
/// than 255 bytes, which does not fit.
pub(super) fn connect(origin: &Origin) -> Option<Vec<u8>> {
    let mut message = vec![VERSION, COMMAND_CONNECT, 0];
    let host = origin.host();
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(address) = literal.and_then(|literal| literal.parse::<Ipv6Addr>().ok()) {
        message.push(ADDRESS_V6);
        message.extend_from_slice(&address.octets());
    } else if let Ok(address) = host.parse::<Ipv4Addr>() {
        message.push(ADDRESS_V4);
        message.extend_from_slice(&address.octets());
    } else {
        message.extend_from_slice(&[ADDRESS_NAME, u8::try_from(host.len()).ok()?]);
        message.extend_from_slice(host.as_bytes());
    }
    message.extend_from_slice(&origin.port().to_be_bytes());
    Some(message)
}

/// `VER METHOD` ([RFC 1928 §3](https://www.rfc-editor.org/rfc/rfc1928#section-3)).
pub(super) fn method(input: &[u8]) -> Parsed<Method> {
    let (Some(()), Some(method)) = (version(input, VERSION)?, input.get(1)) else {
        return Ok(None);
    };
    let method = match *method {
        METHOD_NONE => Method::None,
        METHOD_PASSWORD => Method::Password,
        METHOD_UNACCEPTABLE => Method::Unacceptable,
        other => return Err(SocksError::UnofferedMethod(other)),
    };
    Ok(Some((method, 2)))
}

/// `VER STATUS` ([RFC 1929 §2](https://www.rfc-editor.org/rfc/rfc1929#section-2)).
pub(super) fn verdict(input: &[u8]) -> Parsed<Verdict> {
    let (Some(()), Some(status)) = (version(input, logon::VERSION)?, input.get(1)) else {
        return Ok(None);
    };
    let verdict = if *status == 0 {
        Verdict::Accepted
    } else {
        Verdict::Rejected
    };
    Ok(Some((verdict, 2)))
}

/// `VER REP RSV ATYP BND.ADDR BND.PORT` ([RFC 1928 §6](https://www.rfc-editor.org/rfc/rfc1928#section-6)). A "no" is
/// understood by its second byte: some servers say no more than that. The address is of no use to us.
pub(super) fn reply(input: &[u8]) -> Parsed<()> {
    let (Some(()), Some(code)) = (version(input, VERSION)?, input.get(1)) else {
        return Ok(None);
    };
    match *code {
        0 => {}
        1 => return Err(SocksError::ServerFailure),
        2 => return Err(SocksError::NotAllowed),
        3 => return Err(SocksError::NetworkUnreachable),
        4 => return Err(SocksError::HostUnreachable),
        5 => return Err(SocksError::ConnectionRefused),
        6 => return Err(SocksError::TtlExpired),
        7 => return Err(SocksError::CommandNotSupported),
        8 => return Err(SocksError::AddressNotSupported),
        other => return Err(SocksError::Unassigned(other)),
    }
    let address = match input.get(3) {
        None => return Ok(None),
        Some(&ADDRESS_V4) => 4,
        Some(&ADDRESS_V6) => 16,
        Some(&ADDRESS_NAME) => match input.get(4) {
            None => return Ok(None),
            Some(length) => 1 + usize::from(*length),
        },
        Some(_) => return Err(SocksError::MalformedReply),
    };
    let length = 4 + address + 2;
    Ok((input.len() >= length).then_some(((), length)))
}

fn version(input: &[u8], expected: u8) -> Result<Option<()>, SocksError> {
    match input.first() {
        None => Ok(None),
        Some(version) if *version == expected => Ok(Some(())),
        Some(_) => Err(SocksError::NotSocks),
    }
}

const VERSION: u8 = 5;
const METHOD_NONE: u8 = 0;
const METHOD_PASSWORD: u8 = 2;
const METHOD_UNACCEPTABLE: u8 = 0xff;
const COMMAND_CONNECT: u8 = 1;
const ADDRESS_V4: u8 = 1;
const ADDRESS_NAME: u8 = 3;
const ADDRESS_V6: u8 = 4;

#[cfg(test)]
mod tests {
    use symgate_auth::UriScheme;

    use super::*;

    #[test]
    fn names_go_as_names_and_addresses_as_addresses() {
        for (host, port, expected) in [
            (
                "symbols.example",
                443,
                &b"\x05\x01\0\x03\x0fsymbols.example\x01\xbb"[..],
            ),
            ("localhost", 80, b"\x05\x01\0\x03\x09localhost\0\x50"),
            ("127.0.0.1", 8080, b"\x05\x01\0\x01\x7f\0\0\x01\x1f\x90"),
            (
                "[::1]",
                443,
                b"\x05\x01\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
            ),
            // No address that anybody would take for one: a name.
            ("127.1", 1, b"\x05\x01\0\x03\x05127.1\0\x01"),
        ] {
            let origin = Origin::new(UriScheme::Https, host, port);
            assert_eq!(connect(&origin).as_deref(), Some(expected), "{host}");
        }
        for (length, fits) in [(255, true), (256, false)] {
            let origin = Origin::new(UriScheme::Https, &"x".repeat(length), 443);
            assert_eq!(connect(&origin).is_some(), fits, "{length}");
        }
    }

    #[test]
    fn methods_are_told_apart() {
        for (bytes, expected) in [
            (&b""[..], Ok(None)),
            (b"\x05", Ok(None)),
            (b"\x05\0", Ok(Some((Method::None, 2)))),
            (b"\x05\x02more", Ok(Some((Method::Password, 2)))),
            (b"\x05\xff", Ok(Some((Method::Unacceptable, 2)))),
            (b"\x05\x01", Err(SocksError::UnofferedMethod(1))),
            (b"\x04", Err(SocksError::NotSocks)),
            (b"HTTP/1.1 400 Bad Request\r\n", Err(SocksError::NotSocks)),
        ] {
            assert_eq!(method(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn any_status_but_zero_is_a_no() {
        for (bytes, expected) in [
            (&b""[..], Ok(None)),
            (b"\x01", Ok(None)),
            (b"\x01\0", Ok(Some((Verdict::Accepted, 2)))),
            (b"\x01\x01", Ok(Some((Verdict::Rejected, 2)))),
            (b"\x01\xff", Ok(Some((Verdict::Rejected, 2)))),
            (b"\x05\0", Err(SocksError::NotSocks)),
        ] {
            assert_eq!(verdict(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn replies_are_as_long_as_their_address() {
        let whole = |bytes: &[u8]| Ok(Some(((), bytes.len())));
        for bytes in [
            &b"\x05\0\0\x01\x7f\0\0\x01\x1f\x90"[..],
            b"\x05\0\0\x03\x02ab\x1f\x90",
            b"\x05\0\0\x03\0\x1f\x90",
            b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
            // The reserved byte is nobody's concern.
            b"\x05\0\x07\x01\0\0\0\0\0\0",
        ] {
            assert_eq!(reply(bytes), whole(bytes), "{bytes:?}");
            for length in 0..bytes.len() {
                assert_eq!(reply(&bytes[..length]), Ok(None), "{bytes:?} {length}");
            }
            let more = [bytes, b"\x16\x03"].concat();
            assert_eq!(reply(&more), whole(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn each_code_is_an_error_of_its_own() {
        for (code, expected) in [
            (1, SocksError::ServerFailure),
            (2, SocksError::NotAllowed),
            (3, SocksError::NetworkUnreachable),
            (4, SocksError::HostUnreachable),
            (5, SocksError::ConnectionRefused),
            (6, SocksError::TtlExpired),
            (7, SocksError::CommandNotSupported),
            (8, SocksError::AddressNotSupported),
            (9, SocksError::Unassigned(9)),
            (255, SocksError::Unassigned(255)),
        ] {
            assert_eq!(reply(&[5, code]), Err(expected.clone()), "{code}");
            assert_eq!(reply(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]), Err(expected), "{code}");
        }
        assert_eq!(reply(&[5, 0, 0, 2]), Err(SocksError::MalformedReply));
        assert_eq!(reply(&[4]), Err(SocksError::NotSocks));
    }
}
