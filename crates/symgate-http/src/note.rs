//! [`Note`]: what happens on the way and is worth telling.

use std::fmt;

use symgate_auth::Tried;

use crate::error::FailureKind;
use crate::route::{Hop, Route};

/// Something that happened during an errand; for diagnostics, holds no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A request goes out with a value of this mechanism; told once for each mechanism, not for each of its rounds.
    Authenticating {
        /// To whom.
        hop: Hop,
        /// The scheme's name, or that of a variant such as `Negotiate (ticket)`.
        mechanism: &'static str,
    },
    /// A hop asked for authentication.
    Challenged {
        /// Who.
        hop: Hop,
        /// With which status.
        status: u16,
        /// What it takes, in its order; at most [`OFFERS`](Self::OFFERS).
        offers: Vec<Offer>,
    },
    /// An interim answer.
    Informational {
        /// Whose.
        hop: Hop,
        /// Which.
        status: u16,
    },
    /// A redirect is followed.
    Redirected {
        /// From here, without query.
        from: String,
        /// To there, without query.
        to: String,
        /// With which status.
        status: u16,
    },
    /// A kept stream was dead; the request goes out once more on a new one.
    Retried {
        /// With whom.
        hop: Hop,
    },
    /// A route failed and the next one is tried.
    RouteFailed {
        /// Which.
        route: Route,
        /// Why, in one line.
        reason: String,
        /// The hop that the world did not let us reach, and at what; `None` where somebody on the route said no.
        failed: Option<(Hop, FailureKind)>,
    },
    /// A scheme was given up. Those of an errand that authentication ended are in its error.
    SchemeEnded {
        /// With whom.
        hop: Hop,
        /// Which, and why.
        tried: Tried,
    },
    /// A tunnel is open.
    Tunnelled {
        /// Through which proxy.
        hop: Hop,
        /// To which host and port.
        authority: String,
    },
}

impl Note {
    /// How many offers of one challenge are told.
    pub const OFFERS: usize = 16;
}

/// One scheme that a peer takes, as it wrote it: untrusted text, bounded, without control characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// The scheme's name.
    pub scheme: String,
    /// What the peer wants to be recognised for.
    pub realm: Option<String>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticating { hop, mechanism } => write!(f, "{hop} is answered by {mechanism}"),
            Self::Challenged { hop, status, .. } => write!(f, "{hop} asks for authentication (status {status})"),
            Self::Informational { hop, status } => write!(f, "{hop} sent an interim answer (status {status})"),
            Self::Redirected { from, to, .. } => write!(f, "redirected from `{from}` to `{to}`"),
            Self::Retried { hop } => write!(f, "{hop} had closed a kept connection; trying once more"),
            Self::RouteFailed { route, reason, .. } => write!(f, "route `{route}` failed: {reason}"),
            Self::SchemeEnded { hop, tried } => write!(f, "{hop}: {}", tried.at(hop.target)),
            Self::Tunnelled { hop, authority } => write!(f, "{hop} opened a tunnel to `{authority}`"),
        }
    }
}
