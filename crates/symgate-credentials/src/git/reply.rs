//! What a helper answers to `get` ([`GitReply`];
//! [git-credential](https://git-scm.com/docs/git-credential#IOFMT)).

use symgate_auth::{Credentials, Password, Secret};

use crate::lines;

/// A helper's answer to `get`.
///
/// Attributes that nobody asked for, `protocol` and `host` among them, are ignored: the answer is for the peer that
/// asks.
///
/// ```
/// use symgate_credentials::GitReply;
///
/// let reply = GitReply::parse(b"username=alice\npassword=S3cret\n").unwrap();
/// let GitReply::Answer { credentials, .. } = reply else { panic!() };
/// assert_eq!(credentials.user(), Some("alice"));
/// assert!(matches!(GitReply::parse(b"quit=1\n"), Ok(GitReply::Quit)));
/// assert!(GitReply::parse(b"no helper").is_err());
/// ```
#[derive(Debug)]
pub enum GitReply {
    /// These.
    Answer {
        /// A name and a password, or a token, if the helper has announced `authtype`.
        credentials: Credentials,
        /// When it ends, in seconds since 1970.
        expiry: Option<u64>,
        /// What the helper wants to hear again, to get the next one.
        refresh: Option<Secret>,
        /// Whether it may be stored.
        storing: Storing,
    },
    /// Nothing here; or a name without a password, which is no answer.
    Nothing,
    /// Nothing here, and the helper thinks that nobody else should be asked. That is not its word: the chain goes on.
    Quit,
}

/// Whether an answer may be given back to be stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Storing {
    /// Yes.
    Allowed,
    /// No: it is `ephemeral`.
    Forbidden,
}

/// Why a helper's answer is none. The answer itself is not shown: it may be half of a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GitReplyError {
    /// Git stops there too.
    #[error("its answer has a line without `=`")]
    Line,
    /// A value would not stay in its line, or is no text.
    #[error("its answer has a value with a NUL or a carriage return, or one that is no UTF-8")]
    Value,
}

impl GitReply {
    /// Reads what the helper wrote.
    ///
    /// # Errors
    /// When a line is no attribute, or a value that counts is no text.
    pub fn parse(output: &[u8]) -> Result<Self, GitReplyError> {
        let mut user = None;
        let mut password = None;
        let mut token = None;
        let mut refresh = None;
        let mut authtype = Authtype::Unknown;
        let mut bearer = false;
        let mut storing = Storing::Allowed;
        let mut expiry = None;
        let mut quit = false;
        let text = |value| lines::text(value).ok_or(GitReplyError::Value);
        let secret = |value| lines::secret(value).ok_or(GitReplyError::Value);
        for line in lines::lines(output) {
            let (key, value) = lines::pair(line).ok_or(GitReplyError::Line)?;
            match key {
                b"username" => user = Some(text(value)?.to_owned()),
                b"password" => password = Some(secret(value)?),
                b"capability[]" if value == b"authtype" => authtype = Authtype::Known,
                b"authtype" => bearer = value.eq_ignore_ascii_case(b"bearer"),
                b"credential" => token = Some(secret(value)?),
                b"oauth_refresh_token" => refresh = Some(secret(value)?),
                b"ephemeral" if is_true(value) => storing = Storing::Forbidden,
                b"password_expiry_utc" => expiry = text(value)?.parse().ok(),
                b"quit" => quit = is_true(value),
                _ => {}
            }
        }
        // Git takes `authtype` only from a helper that said before that it knows it.
        let token = token.filter(|_| bearer && authtype == Authtype::Known);
        let credentials = match (token, user, password) {
            _ if quit => return Ok(Self::Quit),
            (Some(token), ..) => Credentials::Bearer(token),
            (None, Some(user), Some(password)) => Credentials::Password(Password { user, password }),
            (None, ..) => return Ok(Self::Nothing),
        };
        Ok(Self::Answer {
            credentials,
            expiry,
            refresh,
            storing,
        })
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Authtype {
    Known,
    Unknown,
}

/// Git's words for yes.
fn is_true(value: &[u8]) -> bool {
    [&b"1"[..], b"true", b"yes", b"on"]
        .iter()
        .any(|yes| value.eq_ignore_ascii_case(yes))
}
