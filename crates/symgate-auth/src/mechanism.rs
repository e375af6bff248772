//! How a mechanism plugs in: a [`Spec`] says what it is and makes it, a [`Mechanism`] is data plus a step.
//!
//! A mechanism never sees header fields, sockets or the other schemes. Clock, entropy, channel binding and the shared
//! nonce memory come in as values when it is made ([`Setup`]) and with each [`Round`], so each one is deterministic.
//!
//! The interface fits what the schemes need: several rounds ([`Step::Continue`]), tokens that the operating system
//! makes ([`Step::NeedToken`], [`TokenSource`]), a last word of the peer that is checked on success
//! ([`Mechanism::finish`], [`Mechanism::prove`]), a choice among several challenges of one scheme ([`Spec::rank`]), and a challenge kept for volunteering later
//! ([`Mechanism::remember`]).

mod order;
mod token;

use std::fmt;
use std::sync::Arc;

pub use self::order::{Order, UnknownName};
pub use self::token::{TokenContext, TokenError, TokenRequest, TokenSource};
use crate::challenge::Challenge;
use crate::{Binding, Channel, Entropy, Identity, Origin, Peers, Scheme, Secret, Target, Wanted};

/// What a session knows of one kind of mechanism before it makes one.
///
/// A scheme may have several: Negotiate with a ticket and Negotiate with a password inside are two, told apart by
/// [`name`](Self::name), and one that failed does not disable the other.
pub trait Spec: fmt::Debug + Send + Sync {
    /// The name in messages and in the memory of failures: the scheme's, or that of a variant of it.
    fn name(&self) -> &'static str {
        self.scheme().as_str()
    }

    /// The scheme whose challenges it answers.
    fn scheme(&self) -> Scheme;

    /// What kind of answer it needs.
    fn wanted(&self) -> Wanted;

    /// What an accepted exchange authenticates.
    fn binding(&self) -> Binding {
        self.scheme().binding()
    }

    /// How far an acceptance reaches at an origin; at a proxy it is always everything.
    fn space(&self) -> Space {
        match self.scheme() {
            Scheme::Basic | Scheme::Bearer => Space::Directory,
            Scheme::Digest | Scheme::Ntlm | Scheme::Negotiate => Space::Everything,
        }
    }

    /// How well it could answer this challenge of its scheme: the highest rank is taken, the first among equals;
    /// `None` for one that it cannot answer.
    fn rank(&self, challenge: &Challenge<'_>) -> Option<u32> {
        let _ = challenge;
        Some(0)
    }

    /// Makes a mechanism for one exchange.
    ///
    /// # Errors
    ///
    /// [`MechanismError`] when the identity is of a kind that the scheme cannot express, or what it needs is missing.
    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError>;
}

/// The protection space that an acceptance opens at an origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Space {
    /// The directory of the path, and what is below it
    /// ([RFC 7617 §2.2](https://www.rfc-editor.org/rfc/rfc7617#section-2.2)).
    Directory,
    /// The whole origin ([RFC 7616 §3.3](https://www.rfc-editor.org/rfc/rfc7616#section-3.3), without `domain`).
    Everything,
}

/// What a mechanism is made from.
#[derive(Debug)]
pub struct Setup<'s> {
    /// Server or proxy.
    pub target: Target,
    /// The peer that asks; a ticket is for the service `HTTP` at its host.
    pub peer: &'s Origin,
    /// Who we are; never [`Identity::Anonymous`].
    pub identity: &'s Identity,
    /// What a mechanism of this kind asked to [remember](Mechanism::remember) when the peer accepted it; `None` when
    /// it is made to answer a challenge.
    pub remembered: Option<&'s Challenge<'static>>,
    /// Where nonces come from.
    pub entropy: Entropy,
    /// What the process knows about peers: the nonce counters.
    pub peers: &'s Arc<Peers>,
}

/// One authentication exchange of one scheme with one peer.
pub trait Mechanism: fmt::Debug + Send {
    /// Goes one step: what to send for `request` now, given what the peer said.
    ///
    /// # Errors
    ///
    /// [`MechanismError`] when the peer's message breaks the scheme's rules.
    fn step(&mut self, round: Round<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError>;

    /// Judges the peer's last word on success: `rspauth`, `nextnonce`, a mutual token.
    ///
    /// # Errors
    ///
    /// [`Rejection`] when the last word proves that the peer is not who it should be.
    fn finish(&mut self, last: Final<'_>) -> Result<Finish, Rejection> {
        let _ = last;
        Ok(Finish::Done)
    }

    /// Judges what the operating system said to [`Finish::NeedToken`].
    ///
    /// # Errors
    ///
    /// [`Rejection`] when the peer's last word does not prove who it is.
    fn prove(&mut self, token: Result<Secret, TokenError>) -> Result<(), Rejection> {
        drop(token);
        Err(Rejection::Unproven)
    }

    /// When the peer's last word was good: a challenge from which the next request can be authenticated without being
    /// challenged, such as a Digest challenge with its next nonce.
    fn remember(&self) -> Option<Challenge<'static>> {
        None
    }
}

/// What a mechanism is told in a step.
#[derive(Debug)]
pub enum Round<'r> {
    /// The peer challenged us; for connection-bound schemes this is also each later round.
    Challenge(&'r Challenge<'r>),
    /// The first message without a challenge, to a peer that accepted this scheme and identity before.
    Start,
    /// What the operating system answered to [`Step::NeedToken`].
    Token(Result<Secret, TokenError>),
}

/// The request that is to be authenticated.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'r> {
    /// The method, `CONNECT` for a tunnel.
    pub method: &'r str,
    /// The request-target as sent ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
    pub target: &'r str,
    /// Seconds since the Unix epoch, for schemes that date their messages.
    pub wall: u64,
    /// How the request travels to the peer that asks.
    pub channel: &'r Channel,
    /// The content that is sent with it, for schemes that protect it; empty for GET and CONNECT.
    pub body: &'r [u8],
}

/// The last word of a peer that let us through.
#[derive(Debug)]
pub enum Final<'r> {
    /// A challenge field with a token on a successful answer.
    Challenge(&'r Challenge<'r>),
    /// The value of `Authentication-Info` or `Proxy-Authentication-Info`
    /// ([RFC 7615](https://www.rfc-editor.org/rfc/rfc7615)).
    Info(&'r [u8]),
    /// No last word.
    Nothing,
}

/// What a mechanism makes of a peer's last word.
#[derive(Debug)]
pub enum Finish {
    /// The exchange is over.
    Done,
    /// Only the operating system can judge the last word: ask it, then call [`Mechanism::prove`].
    NeedToken(TokenRequest),
}

/// What a mechanism wants after a step.
#[derive(Debug)]
pub enum Step {
    /// Send this field value, which decides nothing yet: the peer must go on with another challenge on the same
    /// connection, and has not judged the credentials if it lets us through now.
    Continue(Secret),
    /// Send this field value; the peer's answer may be its verdict.
    Finish(Secret),
    /// Ask the operating system for a token, then step with [`Round::Token`].
    NeedToken(TokenRequest),
    /// The peer's challenge ends this exchange.
    Reject(Rejection),
}

/// Why a peer's challenge ends an exchange.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The challenge belongs to another realm than the one that was answered.
    #[error("the realm changed")]
    OtherRealm,
    /// The credentials were judged and refused.
    #[error("the credentials were rejected")]
    Refused,
    /// The nonce was too old; the same credentials may be sent again with the new one.
    #[error("the nonce was stale")]
    StaleNonce,
    /// The peer's last word does not prove that it knows the secret, or is missing.
    #[error("the peer did not prove who it is")]
    Unproven,
    /// The challenge asks for what this mechanism cannot do.
    #[error("the challenge asks for something unsupported")]
    Unsupported,
}

/// How a peer's message breaks the rules of its scheme.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MechanismError {
    /// The credentials cannot be expressed in this scheme.
    #[error("the credentials cannot be sent: {0}")]
    Credentials(&'static str),
    /// The message is malformed.
    #[error("malformed message: {0}")]
    Malformed(&'static str),
    /// The operating system made no token.
    #[error(transparent)]
    Token(TokenError),
}
