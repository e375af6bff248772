//! Where a body ends: the one function that decides it, numbered like
//! [RFC 9112 §6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3).
//!
//! What request smuggling needs is refused, not repaired: a length beside chunks, two lengths that differ, a transfer
//! coding that we do not know, chunks in HTTP/1.0.

use crate::error::PeerError;
use crate::field::Fields;
use crate::head::{Method, RequestHead, ResponseHead, Version};

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// So many bytes; never zero.
    Length(u64),
    /// Chunks ([RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)).
    Chunked,
    /// Everything until the peer closes.
    UntilClose,
}

impl Framing {
    /// The framing of the answer to a request of this method.
    ///
    /// # Errors
    ///
    /// [`PeerError`] where the fields contradict each other.
    ///
    /// ```
    /// use symgate_http::{Framing, Method, ResponseHead};
    ///
    /// let mut head = ResponseHead::new(200);
    /// head.fields.push("Content-Length", "5");
    /// assert_eq!(Framing::of_response(&Method::Get, &head), Ok(Framing::Length(5)));
    /// assert_eq!(Framing::of_response(&Method::Head, &head), Ok(Framing::Empty));
    /// ```
    pub fn of_response(method: &Method, head: &ResponseHead) -> Result<Self, PeerError> {
        // 1. HEAD, 1xx, 204 and 304 have no body, whatever the fields say.
        if *method == Method::Head || matches!(head.status, 100..=199 | 204 | 304) {
            return Ok(Self::Empty);
        }
        // 2. Any 2xx to CONNECT turns the connection into a tunnel; both fields are to be ignored.
        if *method == Method::Connect && head.is_success() {
            return Ok(Self::Empty);
        }
        // 3. to 6.
        if let Some(framing) = of_fields(head.version, &head.fields)? {
            return Ok(framing);
        }
        // 8. The end of the connection is the end of the body. (7. is for requests.)
        Ok(Self::UntilClose)
    }

    /// The framing of a request.
    ///
    /// # Errors
    ///
    /// [`PeerError`] where the fields contradict each other.
    pub fn of_request(head: &RequestHead) -> Result<Self, PeerError> {
        // 3. to 6., then 7. a request without either has no body.
        Ok(of_fields(head.version, &head.fields)?.unwrap_or(Self::Empty))
    }
}

/// Rules 3 to 6, which requests and responses share.
fn of_fields(version: Version, fields: &Fields) -> Result<Option<Framing>, PeerError> {
    let length = length(fields)?;
    let mut codings = fields.elements("transfer-encoding").peekable();
    if codings.peek().is_some() {
        // 3. Both fields are an attempt at smuggling or a broken peer; we may treat it as an error.
        if length.is_some() {
            return Err(PeerError::LengthWithChunked);
        }
        // §6.1: a coding in HTTP/1.0 means faulty framing.
        if version == Version::Http10 {
            return Err(PeerError::ChunkedInHttp10);
        }
        // 4. `chunked` must be last, and be the only one that we are sent: we announce no other (no TE field).
        let first = codings.next();
        if first.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) && codings.next().is_none() {
            return Ok(Some(Framing::Chunked));
        }
        return Err(PeerError::UnknownTransferCoding);
    }
    // An empty Transfer-Encoding is as good as none of what we understand.
    if fields.value("transfer-encoding").is_some() {
        return Err(PeerError::UnknownTransferCoding);
    }
    // 5. was checked in `length`; 6.
    Ok(length.map(|length| {
        if length == 0 {
            Framing::Empty
        } else {
            Framing::Length(length)
        }
    }))
}

/// The one length that all `Content-Length` lines agree on
/// ([RFC 9110 §8.6](https://www.rfc-editor.org/rfc/rfc9110#section-8.6): equal repetitions may be taken as one).
fn length(fields: &Fields) -> Result<Option<u64>, PeerError> {
    let mut agreed = None;
    for value in fields.values("content-length") {
        for element in value.split(|&byte| byte == b',') {
            let element = element.trim_ascii();
            // `u64::from_str` would take a sign.
            let digits = !element.is_empty() && element.iter().all(u8::is_ascii_digit);
            let length = str::from_utf8(element)
                .ok()
                .filter(|_| digits)
                .and_then(|text| text.parse::<u64>().ok());
            let Some(length) = length else {
                return Err(PeerError::InvalidLength);
            };
            if agreed.is_some_and(|agreed| agreed != length) {
                return Err(PeerError::DifferingLengths);
            }
            agreed = Some(length);
        }
    }
    Ok(agreed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "rows read better without borrows")]
    fn check(
        method: &Method,
        status: u16,
        version: Version,
        lines: &[(&str, &str)],
        expected: Result<Framing, PeerError>,
    ) {
        let mut head = ResponseHead::new(status);
        head.version = version;
        for (name, value) in lines {
            head.fields.push(*name, *value);
        }
        assert_eq!(
            Framing::of_response(method, &head),
            expected,
            "{method} {status} {lines:?}"
        );
    }

    #[test]
    fn follows_the_numbered_rules() {
        use Framing::{Chunked, Empty, Length, UntilClose};
        let (cl, te) = ("Content-Length", "Transfer-Encoding");
        let get = Method::Get;
        let v11 = Version::Http11;
        check(&Method::Head, 200, v11, &[(cl, "5")], Ok(Empty));
        check(&get, 204, v11, &[(cl, "5")], Ok(Empty));
        check(&get, 304, v11, &[(te, "chunked")], Ok(Empty));
        check(&get, 103, v11, &[(cl, "5")], Ok(Empty));
        check(&Method::Connect, 200, v11, &[(cl, "5")], Ok(Empty));
        check(&Method::Connect, 299, v11, &[(te, "chunked")], Ok(Empty));
        check(&Method::Connect, 407, v11, &[(cl, "5")], Ok(Length(5)));
        check(&get, 200, v11, &[(te, "chunked")], Ok(Chunked));
        check(&get, 200, v11, &[(te, "CHUNKED")], Ok(Chunked));
        check(&get, 200, v11, &[(cl, "5")], Ok(Length(5)));
        check(&get, 200, v11, &[(cl, "0")], Ok(Empty));
        check(&get, 200, v11, &[(cl, "5"), (cl, "5")], Ok(Length(5)));
        check(&get, 200, v11, &[(cl, "5, 5")], Ok(Length(5)));
        check(&get, 200, v11, &[(cl, "18446744073709551615")], Ok(Length(u64::MAX)));
        check(&get, 200, v11, &[], Ok(UntilClose));
        check(&get, 200, Version::Http10, &[(cl, "5")], Ok(Length(5)));
    }

    #[test]
    fn refuses_length_with_chunked() {
        let lines = [("Content-Length", "5"), ("Transfer-Encoding", "chunked")];
        check(
            &Method::Get,
            200,
            Version::Http11,
            &lines,
            Err(PeerError::LengthWithChunked),
        );
    }

    #[test]
    fn refuses_what_smuggling_needs() {
        let (cl, te) = ("Content-Length", "Transfer-Encoding");
        let v11 = Version::Http11;
        for (lines, error) in [
            (&[(cl, "5"), (cl, "6")][..], PeerError::DifferingLengths),
            (&[(cl, "5, 6")], PeerError::DifferingLengths),
            (&[(cl, "")], PeerError::InvalidLength),
            (&[(cl, "+5")], PeerError::InvalidLength),
            (&[(cl, "-5")], PeerError::InvalidLength),
            (&[(cl, "5 5")], PeerError::InvalidLength),
            (&[(cl, "0x5")], PeerError::InvalidLength),
            (&[(cl, "5,")], PeerError::InvalidLength),
            (&[(cl, "18446744073709551616")], PeerError::InvalidLength),
            (&[(te, "gzip, chunked")], PeerError::UnknownTransferCoding),
            (&[(te, "chunked, chunked")], PeerError::UnknownTransferCoding),
            (&[(te, "chunked"), (te, "gzip")], PeerError::UnknownTransferCoding),
            (&[(te, "identity")], PeerError::UnknownTransferCoding),
            (&[(te, "")], PeerError::UnknownTransferCoding),
            (&[(te, "\x0bchunked")], PeerError::UnknownTransferCoding),
        ] {
            check(&Method::Get, 200, v11, lines, Err(error));
        }
        check(
            &Method::Get,
            200,
            Version::Http10,
            &[(te, "chunked")],
            Err(PeerError::ChunkedInHttp10),
        );
    }

    #[test]
    fn requests_without_fields_have_no_body() {
        let head = RequestHead {
            method: Method::Get,
            target: "/".into(),
            version: Version::Http11,
            fields: Fields::new(),
        };
        assert_eq!(Framing::of_request(&head), Ok(Framing::Empty));
    }
}
