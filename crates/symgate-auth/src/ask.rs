//! The question that a machine pauses on ([`Ask`]), the answers to it ([`Answer`]), and who answers ([`CredentialSource`]).

use std::fmt;
use std::sync::Arc;

use crate::{Channel, Credentials, Origin, Scheme, Target};

/// A request for credentials. It carries no secret and prints well.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Server or proxy.
    pub target: Target,
    /// The peer that asks.
    pub origin: Origin,
    /// The path of the request that was challenged, without query; empty for a tunnel.
    pub path: String,
    /// What would answer it.
    pub wanted: Wanted,
    /// The scheme that we would use.
    pub scheme: Scheme,
    /// The realm as the peer wrote it; untrusted text.
    pub realm: Option<String>,
    /// How an answer would travel to the peer.
    pub channel: Channel,
    /// 1 for the first question of this session; one more after each rejected password or bearer token.
    pub attempt: u32,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} `{}` asks for a {} ({}, {})",
            self.target,
            self.origin.authority(),
            self.wanted,
            self.scheme,
            self.channel
        )
    }
}

/// What kind of credentials would answer an [`Ask`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wanted {
    /// A bearer token.
    Bearer,
    /// A user name and a password.
    Password,
    /// A ticket of the logged-on user, which the operating system makes.
    Ticket,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer => "token",
            Self::Password => "password",
            Self::Ticket => "ticket",
        })
    }
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug)]
pub enum Answer {
    /// Let the operating system make a token for the logged-on user.
    Ambient,
    /// Nothing here for this scheme; another one that the peer offers may be asked for.
    Pass,
    /// The answer is no: nothing more is sent to the peer.
    Refuse(Refusal),
    /// Use these.
    Use(Arc<Credentials>),
}

/// Why a request for authentication ended without an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Prompts are off, or nobody is there to be asked.
    Automatic,
    /// A rule of the policy says that nothing may be sent.
    ByRule,
    /// A person cancelled the question.
    ByUser,
    /// An earlier refusal holds for this store or proxy.
    Latched,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automatic => "refused automatically, as no question may be asked",
            Self::ByRule => "refused by a rule of the policy",
            Self::ByUser => "cancelled by the user",
            Self::Latched => "refused earlier; not contacted again until the client is closed",
        })
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The exchange ended before the peer judged the answer.
    Abandoned,
    /// The peer let us through.
    Accepted,
    /// The peer judged the answer and said no.
    Rejected,
}

/// Where answers come from: a person, a file, the operating system, a policy in front of them.
///
/// A driver calls [`answer`](Self::answer) when the core pauses on an [`Ask`]; the call may block for as long as a
/// person needs. [`report`](Self::report) follows once for each [`Answer::Use`] and [`Answer::Ambient`], also when the
/// exchange is given up.
pub trait CredentialSource {
    /// Answers the question.
    fn answer(&mut self, ask: &Ask) -> Answer;

    /// Learns what became of the last answer given to `ask`.
    fn report(&mut self, ask: &Ask, outcome: Outcome) {
        let _ = (ask, outcome);
    }
}
