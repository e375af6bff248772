//! [`Error`]: why a session ended, grouped by whose fault it is.

use std::fmt;

use crate::challenge::ChallengeError;
use crate::mechanism::{MechanismError, Rejection};
use crate::{Refusal, Scheme, Target};

/// Why a session cannot go on. No variant holds a secret or a whole message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller broke the order of calls; never caused by a peer's bytes.
    #[error(transparent)]
    Misuse(Misuse),
    /// The peer broke a rule.
    #[error(transparent)]
    Peer(PeerError),
    /// The peer asked for more than [`Limits`](crate::Limits) allow.
    #[error(transparent)]
    Limit(LimitError),
    /// Whoever answers questions said no.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// Nothing that the peer offers worked, or could be tried.
    #[error(transparent)]
    GaveUp(Box<GaveUp>),
}

impl Error {
    /// How the answer was refused, if that is what ended the session.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refused) => Some(refused.refusal),
            Self::Misuse(_) | Self::Peer(_) | Self::Limit(_) | Self::GaveUp(_) => None,
        }
    }
}

/// A call that the session's state has no room for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// [`handle_answer`](crate::AuthSession::handle_answer) while no question is open.
    #[error("an answer came while no question was open")]
    AnswerWithoutAsk,
    /// The session ended before, by an error or by [`abandon`](crate::AuthSession::abandon).
    #[error("the authentication session has ended")]
    Ended,
    /// An answer from the peer was handed in while a question or a token request was open.
    #[error("a peer's answer came while a question was open")]
    PendingQuestion,
    /// [`handle_token`](crate::AuthSession::handle_token) while no token was asked for.
    #[error("a token came while none was asked for")]
    TokenWithoutRequest,
}

/// A rule that the peer broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The peer let us through, but its last word proves that it is not who it should be.
    #[error("the {target} answered {scheme} with a wrong last word: {why}")]
    LastWord {
        /// Who.
        target: Target,
        /// In which scheme.
        scheme: Scheme,
        /// What was wrong.
        why: Rejection,
    },
    /// 401 or 407 without a challenge ([RFC 9110 §11.6.1, §11.7.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)
    /// demand one).
    #[error("the {target} answered {} without a challenge", target.status())]
    NoChallenge {
        /// Who.
        target: Target,
    },
}

/// A bound that the peer exceeded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// [`Limits::challenge_bytes`](crate::Limits::challenge_bytes).
    #[error("the challenge list is longer than {limit} bytes")]
    ChallengeBytes {
        /// The bound.
        limit: usize,
    },
    /// [`Limits::restarts`](crate::Limits::restarts) or [`Limits::repeats`](crate::Limits::repeats).
    #[error("the {target} closed the connection more than {limit} times during authentication")]
    Restarts {
        /// Who.
        target: Target,
        /// The bound.
        limit: u32,
    },
    /// [`Limits::rounds`](crate::Limits::rounds).
    #[error("the {target} asked more than {limit} times for one answer")]
    Rounds {
        /// Who.
        target: Target,
        /// The bound.
        limit: u32,
    },
}

/// What was offered, what was tried, and why each ended.
///
/// Prints like ``offered Basic, `Passport1.4`; Basic: the proxy rejected the user name or password``.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GaveUp {
    /// Who asked.
    pub target: Target,
    /// The scheme names of the last challenge list, in the peer's order, known ones as their document spells them;
    /// at most 8, each at most 32 characters.
    pub offered: Vec<String>,
    /// The schemes that were considered, in the order of their ends.
    pub tried: Vec<Tried>,
}

/// Who said no, and what had been tried until then.
///
/// Prints like ``authentication was cancelled by the user; Negotiate: no Kerberos ticket for `HTTP/proxy` ``.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// Who asked.
    pub target: Target,
    /// How the answer was refused.
    pub refusal: Refusal,
    /// The schemes that ended before the question, in the order of their ends.
    pub tried: Vec<Tried>,
}

/// One scheme that ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tried {
    /// The scheme's name, or that of a variant such as `Negotiate (ticket)`.
    pub name: &'static str,
    /// The scheme.
    pub scheme: Scheme,
    /// Why it ended.
    pub ending: Ending,
}

impl Tried {
    /// The name and the ending in words, as of an exchange with this target: ``Basic: the proxy rejected the user name or
    /// password``.
    #[must_use]
    pub fn at(&self, target: Target) -> impl fmt::Display + '_ {
        At { tried: self, target }
    }
}

struct At<'t> {
    tried: &'t Tried,
    target: Target,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tried { name, scheme, ending } = self.tried;
        write!(f, "{name}: ")?;
        ending.print(*scheme, self.target, f)
    }
}

/// Why one scheme ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// Its challenge could not be read.
    BadChallenge(ChallengeError),
    /// The peer went on without judging the credentials.
    BrokenOff,
    /// It is weaker than the one in which a password was rejected, and a password is not sent in a weaker form after
    /// a stronger one failed.
    Downgrade(Scheme),
    /// It could not start, or the peer's message was malformed.
    Mechanism(MechanismError),
    /// Nobody had an answer.
    NoAnswer,
    /// The ticket of the logged-on user may not go there, or there is no system to ask for it.
    NoTicket,
    /// This session's order has no such mechanism.
    NotInOrder,
    /// The peer rejected the user name or password.
    PasswordRejected,
    /// It authenticates the connection, and a proxy in between may share its connection to the peer with others
    /// ([`Pinning`](crate::Pinning)).
    Shared,
    /// The peer rejected the logged-on user's ticket.
    TicketRejected,
    /// The peer rejected the bearer token.
    TokenRejected,
    /// The challenge asks for what the mechanism cannot do.
    Unsupported,
}

impl Ending {
    fn print(&self, scheme: Scheme, target: Target, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadChallenge(error) => write!(f, "malformed challenge: {error}"),
            Self::BrokenOff => write!(f, "the {target} broke the exchange off"),
            Self::Downgrade(scheme) => write!(f, "not tried after a password was rejected in {scheme}"),
            Self::Mechanism(error) => write!(f, "{error}"),
            Self::NoAnswer => f.write_str("no credentials"),
            Self::NoTicket => f.write_str("no ticket was used"),
            Self::NotInOrder => f.write_str("left out of the schemes that may answer"),
            // A user of a Windows domain has a third thing to get wrong.
            Self::PasswordRejected if matches!(scheme, Scheme::Ntlm | Scheme::Negotiate) => {
                write!(f, "the {target} rejected the response (wrong password or domain)")
            }
            Self::PasswordRejected => write!(f, "the {target} rejected the user name or password"),
            Self::Shared => write!(
                f,
                "not sent, as the proxy does not say that it keeps connections to the {target} apart"
            ),
            Self::TicketRejected => write!(f, "the {target} rejected the ticket"),
            Self::TokenRejected => write!(f, "the {target} rejected the token"),
            Self::Unsupported => f.write_str("the challenge asks for something unsupported"),
        }
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("offered ")?;
        if self.offered.is_empty() {
            f.write_str("nothing readable")?;
        }
        for (index, name) in self.offered.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match Scheme::parse(name) {
                Some(scheme) => write!(f, "{comma}{scheme}")?,
                None => write!(f, "{comma}`{name}`")?,
            }
        }
        if self.tried.is_empty() {
            f.write_str("; none of them is supported")?;
        }
        print_tried(&self.tried, self.target, f)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "authentication was {}", self.refusal)?;
        print_tried(&self.tried, self.target, f)
    }
}

impl Refused {
    /// What had been tried, without the refusal itself; empty where nothing had.
    #[must_use]
    pub fn tried_in_words(&self) -> String {
        struct Words<'r>(&'r Refused);
        impl fmt::Display for Words<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                print_tried(&self.0.tried, self.0.target, f)
            }
        }
        Words(self).to_string().trim_start_matches("; ").to_owned()
    }
}

fn print_tried(tried: &[Tried], target: Target, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    tried.iter().try_for_each(|tried| write!(f, "; {}", tried.at(target)))
}

impl std::error::Error for Refused {}

impl std::error::Error for GaveUp {}
