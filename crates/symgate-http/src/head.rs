//! Message heads: [`RequestHead`] and [`ResponseHead`]
//! ([RFC 9112 §3, §4](https://www.rfc-editor.org/rfc/rfc9112#section-3)).

mod encode;
mod parse;

use std::fmt;

use crate::field::Fields;

pub(crate) use encode::{encode_request, encode_response};
pub(crate) use parse::{find_end, parse_request, parse_response, parse_trailers};

/// The head of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The request-target as it stands on the line ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
    pub target: String,
    /// The version of the message.
    pub version: Version,
    /// The fields.
    pub fields: Fields,
}

/// The head of a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseHead {
    /// The version of the message.
    pub version: Version,
    /// The status code, 100 to 999.
    pub status: u16,
    /// The reason phrase; untrusted text, for people only.
    pub reason: String,
    /// The fields.
    pub fields: Fields,
}

impl ResponseHead {
    /// A head of this status with no fields, in HTTP/1.1.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            version: Version::Http11,
            status,
            reason: String::new(),
            fields: Fields::new(),
        }
    }

    /// Whether the status says success (2xx).
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The value of `Content-Length` where it is one plain number.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        // `u64::from_str` would take a sign.
        let text = self.fields.text("content-length")?;
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| plain)
    }
}

/// A method ([RFC 9110 §9](https://www.rfc-editor.org/rfc/rfc9110#section-9)); the three that change framing or
/// meaning here, and any other by name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Method {
    /// `CONNECT`.
    Connect,
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// Any other token.
    Other(Box<str>),
}

impl Method {
    /// The name on the line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect => "CONNECT",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Other(name) => name,
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "CONNECT" => Self::Connect,
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            other => Self::Other(other.into()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The versions that this wire speaks ([RFC 9112 §2.3](https://www.rfc-editor.org/rfc/rfc9112#section-2.3)).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Version {
    /// HTTP/1.0: no chunks, no kept connection unless it is said.
    Http10,
    /// HTTP/1.1.
    Http11,
}

impl Version {
    /// The name on the line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}
