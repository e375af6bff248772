//! Bytes to heads, by `httparse`.
//!
//! The end of a head is looked for first and incrementally, so that a peer that sends one byte at a time costs linear
//! work; the parser then runs once.

use httparse::{EMPTY_HEADER, Header, ParserConfig};

use crate::error::{LimitError, PeerError, WireError};
use crate::field::Fields;
use crate::head::{Method, RequestHead, ResponseHead, Version};
use crate::limits::Limits;

/// The length of the head at the start of `bytes`, blank line included, if it is there. `scanned` bytes were looked at
/// before and hold no end. Lines end in CRLF or a bare LF
/// ([RFC 9112 §2.2](https://www.rfc-editor.org/rfc/rfc9112#section-2.2)).
pub(crate) fn find_end(bytes: &[u8], scanned: usize) -> Option<usize> {
    // An end may straddle the boundary: LF CR | LF.
    let from = scanned.saturating_sub(2);
    let tail = bytes.get(from..)?;
    tail.iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'\n')
        .find_map(|(at, _)| {
            let rest = tail.get(at + 1..)?;
            let blank = if rest.starts_with(b"\r\n") {
                2
            } else if rest.starts_with(b"\n") {
                1
            } else {
                return None;
            };
            Some(from + at + 1 + blank)
        })
}

/// A response head from exactly its bytes.
pub(crate) fn parse_response(bytes: &[u8], limits: &Limits) -> Result<ResponseHead, WireError> {
    let mut headers = vec![EMPTY_HEADER; limits.fields];
    let mut response = httparse::Response::new(&mut headers);
    // A user agent replaces line folding by blanks (RFC 9112 §5.2); `fields` does it.
    let mut config = ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let status = config
        .parse_response(&mut response, bytes)
        .map_err(|error| wire_error(error, limits))?;
    let (httparse::Status::Complete(length), Some(version), Some(code)) = (status, response.version, response.code)
    else {
        return Err(PeerError::MalformedHead.into());
    };
    if length != bytes.len() || !(100..=999).contains(&code) {
        return Err(PeerError::MalformedHead.into());
    }
    Ok(ResponseHead {
        version: parse_version(version),
        status: code,
        reason: response.reason.unwrap_or_default().to_owned(),
        fields: fields(response.headers),
    })
}

/// A request head from exactly its bytes.
pub(crate) fn parse_request(bytes: &[u8], limits: &Limits) -> Result<RequestHead, WireError> {
    let mut headers = vec![EMPTY_HEADER; limits.fields];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes).map_err(|error| wire_error(error, limits))?;
    let (httparse::Status::Complete(length), Some(method), Some(target), Some(version)) =
        (status, request.method, request.path, request.version)
    else {
        return Err(PeerError::MalformedHead.into());
    };
    if length != bytes.len() {
        return Err(PeerError::MalformedHead.into());
    }
    Ok(RequestHead {
        method: Method::parse(method),
        target: target.to_owned(),
        version: parse_version(version),
        fields: fields(request.headers),
    })
}

/// A trailer section from exactly its bytes, blank line included
/// ([RFC 9112 §7.1.2](https://www.rfc-editor.org/rfc/rfc9112#section-7.1.2)).
pub(crate) fn parse_trailers(bytes: &[u8], limits: &Limits) -> Result<Fields, WireError> {
    let mut headers = vec![EMPTY_HEADER; limits.fields];
    match httparse::parse_headers(bytes, &mut headers).map_err(|error| wire_error(error, limits))? {
        // A section that ends earlier, by a bare LF, is one that somebody else reads differently.
        httparse::Status::Complete((length, parsed)) if length == bytes.len() => Ok(fields(parsed)),
        httparse::Status::Complete(_) | httparse::Status::Partial => Err(PeerError::MalformedHead.into()),
    }
}

fn fields(headers: &[Header<'_>]) -> Fields {
    let mut fields = Fields::new();
    for header in headers {
        let mut value = header.value.trim_ascii().to_vec();
        for byte in &mut value {
            if matches!(*byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        fields.push(header.name, value);
    }
    fields
}

fn parse_version(minor: u8) -> Version {
    if minor == 0 { Version::Http10 } else { Version::Http11 }
}

fn wire_error(error: httparse::Error, limits: &Limits) -> WireError {
    match error {
        httparse::Error::TooManyHeaders => LimitError::Fields(limits.fields).into(),
        httparse::Error::Version => PeerError::NotHttp.into(),
        _ => PeerError::MalformedHead.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_whatever_was_scanned_before() {
        for (bytes, end) in [
            (&b"HTTP/1.1 200 OK\r\n\r\nbody"[..], Some(19)),
            (b"HTTP/1.1 200 OK\n\nbody", Some(17)),
            (b"HTTP/1.1 200 OK\n\r\nbody", Some(18)),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n", None),
            (b"HTTP/1.1 200 OK\r\n\r", None),
            (b"", None),
        ] {
            let known = end.unwrap_or(bytes.len() + 1);
            for scanned in 0..known.min(bytes.len() + 1) {
                assert_eq!(
                    find_end(bytes, scanned),
                    end,
                    "{:?} after {scanned}",
                    bytes.escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn joins_folded_lines_by_blanks() {
        let head = parse_response(b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\n", &Limits::default()).unwrap();
        assert_eq!(
            head.fields.value("a").map(|value| value.escape_ascii().to_string()),
            Some("b    c".into())
        );
    }

    #[test]
    fn tells_limits_from_malformed_heads() {
        let limits = Limits {
            fields: 2,
            ..Limits::default()
        };
        let many = b"HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n";
        assert_eq!(parse_response(many, &limits), Err(LimitError::Fields(2).into()));
        for (bytes, error) in [
            (&b"HTTP/1.1 200 OK\r\nA b: 1\r\n\r\n"[..], PeerError::MalformedHead),
            (b"HTTP/1.1 2x0 OK\r\n\r\n", PeerError::MalformedHead),
            (b"HTTP/1.1 099 OK\r\n\r\n", PeerError::MalformedHead),
            (b"HTTP/2.0 200 OK\r\n\r\n", PeerError::NotHttp),
            (b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", PeerError::MalformedHead),
        ] {
            assert_eq!(
                parse_response(bytes, &Limits::default()),
                Err(error.into()),
                "{}",
                bytes.escape_ascii()
            );
        }
    }
}
