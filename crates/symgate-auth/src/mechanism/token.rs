//! Tokens that only the operating system can make, from the tickets of the logged-on user: who asks
//! ([`TokenRequest`]), who makes them ([`TokenSource`]), and the state between two of them ([`TokenContext`]).

use std::fmt;

use crate::{Origin, Secret};

/// A token that only the operating system can make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenRequest {
    /// The peer the token is for: the service is `HTTP` at its host.
    pub peer: Origin,
    /// The peer's token of the last round; `None` begins a new context.
    pub input: Option<Vec<u8>>,
    /// The application data of the channel binding (`tls-server-end-point:` and a hash,
    /// [RFC 5929 §4](https://www.rfc-editor.org/rfc/rfc5929#section-4)), over TLS.
    pub channel_binding: Option<Vec<u8>>,
}

/// Makes Kerberos tokens for the logged-on user.
///
/// The tokens are those of the Kerberos mechanism itself
/// ([RFC 4121 §4.1](https://www.rfc-editor.org/rfc/rfc4121#section-4.1), framed as
/// [RFC 2743 §3.1](https://www.rfc-editor.org/rfc/rfc2743#section-3.1) says), not of the system's own SPNEGO, which
/// might choose NTLM. Tickets are never delegated.
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// Begins a context for the peer of `request`; nothing is asked of the network yet.
    ///
    /// # Errors
    ///
    /// [`TokenError::Unavailable`] when the system has no such service at all.
    fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError>;
}

/// One exchange of tokens with one peer. A driver owns it, keeps it as long as the exchange, and steps it on a thread
/// that may block: a ticket may have to be fetched.
pub trait TokenContext: fmt::Debug + Send {
    /// The next token to send, given the peer's last one; empty when there is nothing more to say.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when there is no ticket, or the peer's token is not from who it should be.
    fn step(&mut self, input: Option<&[u8]>) -> Result<Secret, TokenError>;
}

/// Why the operating system made no token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The peer's token does not prove who it is, or cannot be read.
    #[error("the peer's token is not accepted: {0}")]
    Peer(String),
    /// It did not come in time.
    #[error("no ticket came in time")]
    TimedOut,
    /// No library, no ticket, no such service.
    #[error("{0}")]
    Unavailable(String),
}
