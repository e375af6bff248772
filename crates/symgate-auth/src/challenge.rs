//! The challenge list of `WWW-Authenticate` and `Proxy-Authenticate`
//! ([RFC 9110 §11.6.1, §11.7.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)): the values ([`Challenge`],
//! [`Param`]) and [`parse`]; the grammar's walk is in `challenge/parser.rs`.

mod parser;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use crate::{LimitError, Scheme};

/// One challenge: a scheme, and what the peer says in it
/// ([RFC 9110 §11.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.3)).
///
/// ```
/// use symgate_auth::challenge::parse;
///
/// let field = br#"Negotiate, Basic realm="Symbols, \"new\"", charset="UTF-8""#;
/// let list = parse([&field[..]], 16 * 1024)?;
/// let [Ok(negotiate), Ok(basic)] = list.as_slice() else { panic!("two challenges") };
/// assert_eq!(negotiate.name(), "Negotiate");
/// assert_eq!(basic.realm(80).as_deref(), Some(r#"Symbols, "new""#));
/// # Ok::<(), symgate_auth::LimitError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge<'a> {
    name: Cow<'a, str>,
    payload: Payload<'a>,
}

/// What follows the scheme's name in a challenge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payload<'a> {
    /// Nothing.
    Empty,
    /// `name=value` pairs, at least one, each name once.
    Params(Vec<Param<'a>>),
    /// One token in the alphabet of base64 and its relatives.
    Token68(Cow<'a, str>),
}

/// One `name=value` pair ([RFC 9110 §11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2)).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Param<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, [u8]>,
}

/// Reads the challenges of all fields of one answer, in order; `limit` bounds the fields' bytes together.
///
/// Several fields mean the same as one field with their values joined by commas
/// ([RFC 9110 §5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)), except that a string left open ends with
/// its field. A challenge that breaks the grammar is an `Err` in its place and swallows its own parameters only; what
/// follows an open string in the same field cannot be told apart from the string and is lost with it.
///
/// More lenient than the grammar where peers are: a value without quotes may hold any visible byte but a comma or a
/// quote (squid passes base64 there), and may be empty; bytes beyond ASCII are kept as they are. At most 32 parameters
/// are read for one challenge. The time is linear in the length.
///
/// # Errors
///
/// [`LimitError::ChallengeBytes`] if the fields are longer than `limit`.
pub fn parse<'f>(
    fields: impl IntoIterator<Item = &'f [u8]>,
    limit: usize,
) -> Result<Vec<Result<Challenge<'f>, ChallengeError>>, LimitError> {
    let mut left = limit;
    let mut list = parser::List::default();
    for (number, field) in fields.into_iter().enumerate() {
        left = left
            .checked_sub(field.len())
            .ok_or(LimitError::ChallengeBytes { limit })?;
        list.read(number, field);
    }
    Ok(list.into_entries())
}

/// Reads the parameters of one `Authentication-Info` or `Proxy-Authentication-Info` field
/// ([RFC 7615 §3](https://www.rfc-editor.org/rfc/rfc7615#section-3)).
///
/// ```
/// let params = symgate_auth::challenge::parse_info(br#"nextnonce="aGVsbG8", nc=00000001"#)?;
/// assert_eq!(params[0].value(), b"aGVsbG8");
/// # Ok::<(), symgate_auth::challenge::ChallengeError>(())
/// ```
///
/// # Errors
///
/// [`ChallengeError`] if anything in it is not a parameter, or a name comes twice.
pub fn parse_info(field: &[u8]) -> Result<Vec<Param<'_>>, ChallengeError> {
    parser::read_info(field)
}

impl<'a> Challenge<'a> {
    /// Reads exactly one challenge.
    ///
    /// ```
    /// use symgate_auth::challenge::Challenge;
    ///
    /// let challenge = Challenge::from_bytes(b"NTLM TlRMTVNTUAACAAAA")?;
    /// assert_eq!(challenge.token68(), Some("TlRMTVNTUAACAAAA"));
    /// # Ok::<(), symgate_auth::challenge::ChallengeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] if `text` is not exactly one well-formed challenge.
    pub fn from_bytes(text: &'a [u8]) -> Result<Self, ChallengeError> {
        let mut list = parser::List::default();
        list.read(0, text);
        let mut entries = list.into_entries().into_iter();
        match (entries.next(), entries.next()) {
            (Some(entry), None) => entry,
            (None, _) => Err(ChallengeError::new(None, 0, 0, Expected::Scheme)),
            (Some(_), Some(_)) => Err(ChallengeError::new(None, 0, 0, Expected::OneChallenge)),
        }
    }

    /// The scheme's name as the peer wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scheme, if we know it.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        Scheme::parse(&self.name)
    }

    /// What follows the name.
    #[must_use]
    pub const fn payload(&self) -> &Payload<'a> {
        &self.payload
    }

    /// The token, if the challenge carries one.
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        match &self.payload {
            Payload::Token68(token) => Some(token),
            Payload::Empty | Payload::Params(_) => None,
        }
    }

    /// The value of a parameter, whose name compares without case; unescaped bytes, quoted or not.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        match &self.payload {
            Payload::Params(params) => params
                .iter()
                .find(|param| param.name.eq_ignore_ascii_case(name))
                .map(Param::value),
            Payload::Empty | Payload::Token68(_) => None,
        }
    }

    /// The realm as text that may be shown: at most `chars` characters, and U+FFFD in place of each character that
    /// could move a terminal's cursor or turn the direction of writing.
    ///
    /// Bytes that are not UTF-8 are read as ISO 8859-1, which the grammar's `obs-text` was in practice.
    #[must_use]
    pub fn realm(&self, chars: usize) -> Option<String> {
        let text = decode_text(self.param("realm")?);
        Some(text.chars().take(chars).map(showable).collect())
    }

    /// The same challenge, owning its text.
    #[must_use]
    pub fn into_owned(self) -> Challenge<'static> {
        Challenge {
            name: self.name.into_owned().into(),
            payload: match self.payload {
                Payload::Empty => Payload::Empty,
                Payload::Params(params) => Payload::Params(params.into_iter().map(Param::into_owned).collect()),
                Payload::Token68(token) => Payload::Token68(token.into_owned().into()),
            },
        }
    }

    /// The same challenge with this value of a parameter, in place of the one that it had.
    pub(crate) fn with_param(self, name: &'static str, value: Vec<u8>) -> Self {
        let mut params = match self.payload {
            Payload::Params(params) => params,
            Payload::Empty | Payload::Token68(_) => Vec::new(),
        };
        params.retain(|param| !param.name.eq_ignore_ascii_case(name));
        params.push(Param {
            name: name.into(),
            value: value.into(),
        });
        Self {
            name: self.name,
            payload: Payload::Params(params),
        }
    }

    /// The bytes of a field that [`parse`] reads back as this challenge; each value in quotes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.name.as_bytes().to_vec();
        match &self.payload {
            Payload::Empty => {}
            Payload::Token68(token) => {
                bytes.push(b' ');
                bytes.extend_from_slice(token.as_bytes());
            }
            Payload::Params(params) => {
                for (index, param) in params.iter().enumerate() {
                    bytes.extend_from_slice(if index == 0 { b" " } else { b", " });
                    param.encode(&mut bytes);
                }
            }
        }
        bytes
    }
}

impl Param<'_> {
    /// The name as the peer wrote it; names compare without case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, without quotes and escapes.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    fn into_owned(self) -> Param<'static> {
        Param {
            name: self.name.into_owned().into(),
            value: self.value.into_owned().into(),
        }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend_from_slice(b"=\"");
        for &byte in self.value.iter() {
            if matches!(byte, b'"' | b'\\') {
                bytes.push(b'\\');
            }
            bytes.push(byte);
        }
        bytes.push(b'"');
    }
}

/// A challenge that could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {expected} at byte {offset} of field {}", field.saturating_add(1))]
pub struct ChallengeError {
    /// The scheme's name, if that much could be read; at most 32 characters of it.
    pub name: Option<String>,
    /// Which of the fields, from 0.
    pub field: usize,
    /// Where in the field, in bytes.
    pub offset: usize,
    /// What should stand there.
    pub expected: Expected,
}

/// What should stand where a challenge broke the grammar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// The quote that ends a string.
    ClosingQuote,
    /// A comma, or the end.
    Comma,
    /// Fewer parameters.
    FewerParams,
    /// A name that did not come before.
    NewName,
    /// A single challenge ([`Challenge::from_bytes`]).
    OneChallenge,
    /// A parameter.
    Param,
    /// A parameter or a token.
    ParamOrToken,
    /// The name of a scheme.
    Scheme,
    /// A value without control characters or stray quotes.
    Value,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosingQuote => "a closing quote",
            Self::Comma => "a comma",
            Self::FewerParams => "at most 32 parameters",
            Self::NewName => "a parameter that did not come before",
            Self::OneChallenge => "a single challenge",
            Self::Param => "a parameter",
            Self::ParamOrToken => "a parameter or a token",
            Self::Scheme => "a scheme",
            Self::Value => "a value",
        })
    }
}

impl ChallengeError {
    fn new(name: Option<&str>, field: usize, offset: usize, expected: Expected) -> Self {
        Self {
            name: name.map(|name| name.chars().take(NAME_CHARS).collect()),
            field,
            offset,
            expected,
        }
    }
}

fn decode_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        // ISO 8859-1 is the first 256 code points.
        Err(_) => bytes.iter().copied().map(char::from).collect::<String>().into(),
    }
}

fn showable(c: char) -> char {
    let turns_or_breaks = matches!(
        c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    );
    if c.is_control() || turns_or_breaks {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

/// Characters of an unknown scheme's name that are kept for messages.
pub(crate) const NAME_CHARS: usize = 32;
