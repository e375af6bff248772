//! What a provider answers to `Get` ([`ProviderReply`]; SYMSRV §3.7).

use symgate_auth::{Credentials, Password, Secret};

use crate::lines;
use crate::plain::harmless;

/// A credential provider's answer to `Get`.
///
/// Keys are in any case of letters, and lines that are none of them are ignored.
///
/// ```
/// use symgate_credentials::ProviderReply;
///
/// let reply = ProviderReply::parse(b"Looking...\nUserName=alice\nPassword=S3cret\n\nrest").unwrap();
/// let ProviderReply::Answer(credentials) = reply else { panic!() };
/// assert_eq!(credentials.user(), Some("alice"));
///
/// let reply = ProviderReply::parse(b"credentialkind=Bearer\nheader=Bearer abc\n");
/// assert!(matches!(reply, Ok(ProviderReply::Answer(_))));
/// ```
#[derive(Debug)]
pub enum ProviderReply {
    /// These. A password may come without a name: servers that take a token as a password ignore the name.
    Answer(Credentials),
    /// An error, in its own words, made harmless and short; without them when they hold another line or value
    /// of its answer, but for the user's name and what it was told.
    Failed(String),
    /// Nothing here.
    Nothing,
}

/// Why a provider's answer is none. The answer itself is not shown: it may be half of a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderReplyError {
    /// `credentialkind=Bearer` without a `header` that begins with `Bearer`.
    #[error("its answer is a bearer token without `header=Bearer ...`")]
    Header,
    /// A kind that is neither Basic nor Bearer.
    #[error("its answer has a `credentialkind` that is neither Basic nor Bearer")]
    Kind,
    /// A value would not stay in its line, or is no text.
    #[error("its answer has a value with a NUL or a carriage return, or one that is no UTF-8")]
    Value,
}

impl ProviderReply {
    /// Reads what the provider wrote.
    ///
    /// # Errors
    /// When what it gave cannot be used.
    pub fn parse(output: &[u8]) -> Result<Self, ProviderReplyError> {
        let mut user = String::new();
        let mut password: Option<Secret> = None;
        let mut header: Option<Secret> = None;
        let mut kind = Kind::Basic;
        let mut error: Option<&[u8]> = None;
        let mut secrets = Vec::new();
        let text = |value| lines::text(value).ok_or(ProviderReplyError::Value);
        let secret = |value| lines::secret(value).ok_or(ProviderReplyError::Value);
        for line in lines::lines(output) {
            let Some((key, value)) = lines::pair(line) else {
                secrets.push(line);
                continue;
            };
            match key.trim_ascii().to_ascii_lowercase().as_slice() {
                b"username" => text(value)?.clone_into(&mut user),
                b"password" => {
                    secrets.push(value);
                    password = Some(secret(value)?);
                }
                b"header" => {
                    secrets.push(value);
                    secrets.extend(value.split(u8::is_ascii_whitespace).next_back());
                    header = Some(secret(value)?);
                }
                b"credentialkind" => kind = Kind::parse(value),
                b"error" => error = Some(value),
                // What it was told.
                b"protocol" | b"host" | b"path" | b"resourcekind" | b"isretry" | b"issilent" | b"interactive" => {}
                // Nobody knows what that is; it may be another secret.
                _ => secrets.push(value),
            }
        }
        if let Some(error) = error {
            return Ok(Self::Failed(shown(error, &secrets)));
        }
        match (kind, header, password) {
            (Kind::Bearer, Some(header), _) => token(&header).map(Credentials::Bearer).map(Self::Answer),
            (Kind::Bearer, None, None) | (Kind::Basic, _, None) => Ok(Self::Nothing),
            (Kind::Bearer, None, Some(_)) => Err(ProviderReplyError::Header),
            (Kind::Basic, _, Some(password)) => Ok(Self::Answer(Credentials::Password(Password { user, password }))),
            (Kind::Other, ..) => Err(ProviderReplyError::Kind),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Basic,
    Bearer,
    Other,
}

impl Kind {
    fn parse(value: &[u8]) -> Self {
        match value.trim_ascii().to_ascii_lowercase().as_slice() {
            b"" | b"basic" => Self::Basic,
            b"bearer" => Self::Bearer,
            _ => Self::Other,
        }
    }
}

/// What stands behind `Bearer ` in a header's value.
fn token(header: &Secret) -> Result<Secret, ProviderReplyError> {
    let header = header.expose().trim_ascii();
    let (scheme, token) = header.split_at_checked(SCHEME.len()).unwrap_or((header, &[]));
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(SCHEME) || token.is_empty() {
        return Err(ProviderReplyError::Header);
    }
    Ok(Secret::new(token))
}

/// The provider's own words, where they give away nothing.
fn shown(error: &[u8], secrets: &[&[u8]]) -> String {
    let leaks = |secret: &&[u8]| !secret.is_empty() && error.windows(secret.len()).any(|part| part == *secret);
    if error.trim_ascii().is_empty() || secrets.iter().any(leaks) {
        return "it reports an error".to_owned();
    }
    harmless(String::from_utf8_lossy(error.trim_ascii()).as_ref(), MOST)
}

const SCHEME: &[u8] = b"Bearer ";

/// Characters of an error's text: a line of a terminal or two.
const MOST: usize = 200;
