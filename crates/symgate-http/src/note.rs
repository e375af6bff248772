//! [`Note`]: what happens on the way and is worth telling.

use std::fmt;

use crate::route::{Hop, Route};

/// Something that happened during an errand; for diagnostics, holds no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A hop asked for authentication.
    Challenged {
        /// Who.
        hop: Hop,
        /// With which status.
        status: u16,
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
    },
    /// A tunnel is open.
    Tunnelled {
        /// Through which proxy.
        hop: Hop,
        /// To which host and port.
        authority: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenged { hop, status } => write!(f, "{hop} asks for authentication (status {status})"),
            Self::Informational { hop, status } => write!(f, "{hop} sent an interim answer (status {status})"),
            Self::Redirected { from, to } => write!(f, "redirected from `{from}` to `{to}`"),
            Self::Retried { hop } => write!(f, "{hop} had closed a kept connection; trying once more"),
            Self::RouteFailed { route, reason } => write!(f, "route `{route}` failed: {reason}"),
            Self::Tunnelled { hop, authority } => write!(f, "{hop} opened a tunnel to `{authority}`"),
        }
    }
}
