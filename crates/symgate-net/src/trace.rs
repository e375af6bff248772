//! [`Trace`]: what the driver sees of the network, for whoever explains an errand.
//!
//! The machine's own [`Note`](symgate_http::Note)s tell what was said; these tell what was dialled, how long it took, and
//! who vouches for whom.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use symgate_http::Hop;

use crate::tls::{Handshake, TlsError};

/// Something that happened on the network. Times are those of this machine's steady clock; nothing in it is secret.
///
/// On one connection they come in this order: [`LookedUp`](Self::LookedUp) where there is a name, the attempts,
/// [`Connected`](Self::Connected), [`Secured`](Self::Secured) for each layer of TLS, and a [`Turned`](Self::Turned) for
/// each time that we wait for a peer after we have said something. Or it begins with [`Reused`](Self::Reused).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Trace<'t> {
    /// An address was tried. Several are tried at once, and are told in the order in which they began.
    Attempted {
        /// Whose address.
        hop: &'t Hop,
        /// What became of it.
        attempted: &'t Attempted,
    },
    /// A connection is there.
    Connected {
        /// With whom.
        hop: &'t Hop,
        /// Which address answered.
        address: SocketAddr,
        /// From the beginning of the first attempt, without the look-up.
        took: Duration,
    },
    /// A name was looked up.
    LookedUp {
        /// Whose.
        hop: &'t Hop,
        /// What it stands for, in the system's order.
        addresses: &'t [SocketAddr],
        /// How long that took.
        took: Duration,
    },
    /// A kept connection is used again.
    Reused {
        /// With whom.
        hop: &'t Hop,
    },
    /// A layer of TLS is up.
    Secured {
        /// With whom.
        hop: &'t Hop,
        /// What was agreed, and who vouches for the peer.
        handshake: &'t Handshake,
        /// How long the handshake took.
        took: Duration,
    },
    /// Bytes came after we had sent some: one round trip. Those of handshakes are counted there.
    Turned {
        /// From the last byte that was sent to the first that came.
        took: Duration,
    },
    /// TLS failed.
    Unsecured {
        /// With whom.
        hop: &'t Hop,
        /// As far as it got.
        handshake: &'t Handshake,
        /// Why.
        error: &'t TlsError,
        /// How long that took.
        took: Duration,
    },
}

/// An address that was tried, and what became of it.
#[derive(Debug)]
pub struct Attempted {
    /// The address.
    pub address: SocketAddr,
    /// How it ended.
    pub end: AttemptEnd,
    /// How long it was under way.
    pub took: Duration,
}

/// How an attempt to connect ended.
#[derive(Debug)]
pub enum AttemptEnd {
    /// Another address was faster.
    Abandoned,
    /// With a connection.
    Connected,
    /// With this error of the system's.
    Failed(io::Error),
    /// Nothing had come when time was up.
    Unanswered,
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abandoned => f.write_str("another was faster"),
            Self::Connected => f.write_str("connected"),
            Self::Failed(error) => crate::dial::plain(error, f),
            Self::Unanswered => f.write_str("no answer"),
        }
    }
}
