//! What a [`Fetch`](crate::Fetch) says to its driver ([`Action`]), and the values that travel with it.

use std::fmt;
use std::time::Duration;

use symgate_auth::mechanism::TokenRequest;
use symgate_auth::{Ask, Outcome, Target};
use url::Url;

use crate::head::ResponseHead;
use crate::note::Note;
use crate::route::{Endpoint, Parked};

/// What the driver must do now.
///
/// The first seven wait for exactly one input, named behind the arrow (or
/// [`handle_failed`](crate::Fetch::handle_failed) where the world says no); after the others, poll again.
pub enum Action<'f> {
    /// Which routes lead to this URL? → [`handle_routes`](crate::Fetch::handle_routes)
    Choose(&'f Url),
    /// Dial, or take a kept stream that fits.
    /// → [`handle_opened`](crate::Fetch::handle_opened) or [`handle_failed`](crate::Fetch::handle_failed)
    Open(&'f Endpoint),
    /// Put TLS on the stream. `early` are bytes that arrived already and belong to the handshake.
    /// → [`handle_tls`](crate::Fetch::handle_tls) or [`handle_failed`](crate::Fetch::handle_failed)
    StartTls {
        /// Whose certificate it will be: proxy and origin have their own roots.
        target: Target,
        /// The name that the certificate must hold: a registered name or an IP address (IPv6 in brackets).
        host: &'f str,
        /// Bytes of the peer that were read behind the answer to CONNECT.
        early: &'f [u8],
    },
    /// Write all of it.
    /// → [`handle_sent`](crate::Fetch::handle_sent) or [`handle_failed`](crate::Fetch::handle_failed)
    Transmit(&'f [u8]),
    /// Read once into this buffer.
    /// → [`handle_received`](crate::Fetch::handle_received), [`handle_eof`](crate::Fetch::handle_eof) or
    /// [`handle_failed`](crate::Fetch::handle_failed)
    Receive(&'f mut [u8]),
    /// Who answers this? → [`handle_answer`](crate::Fetch::handle_answer)
    Authorize(&'f Ask),
    /// Let the operating system make this token. → [`handle_token`](crate::Fetch::handle_token)
    Token(&'f TokenRequest),
    /// The head of the final answer, for the caller.
    Head(&'f ResponseHead),
    /// A piece of the final answer's body, decoded, for the caller.
    Body(&'f [u8]),
    /// Something worth telling.
    Note(Note),
    /// What became of the last answer to this ask.
    Report(Ask, Outcome),
    /// The errand is over with this stream.
    Release(Release),
    /// The errand is over.
    Done,
}

/// What becomes of a stream.
#[derive(Debug)]
pub enum Release {
    /// Close it.
    Close,
    /// Keep it for another errand.
    Keep(Parked),
}

/// What [`Action::Open`] came to.
#[derive(Debug)]
pub enum Opened {
    /// A new TCP stream to the endpoint's hop.
    Fresh,
    /// A kept stream, with what was kept beside it.
    Reused(Parked),
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Eof {
    /// By the peer's word: `close_notify`, or the end of a plain TCP stream.
    Clean,
    /// TLS ended without `close_notify`: bytes may be missing.
    Truncated,
}

/// The time, as the driver tells it.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Since any fixed moment; never goes back.
    pub monotonic: Duration,
    /// Seconds since the Unix epoch.
    pub wall: u64,
}

impl fmt::Debug for Action<'_> {
    /// Shows no bytes: those to be sent may hold a credential, those received anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choose(url) => write!(f, "Choose({url})"),
            Self::Open(endpoint) => f.debug_tuple("Open").field(endpoint).finish(),
            Self::StartTls { target, host, early } => f
                .debug_struct("StartTls")
                .field("target", target)
                .field("host", host)
                .field("early", &early.len())
                .finish(),
            Self::Transmit(bytes) => f.debug_tuple("Transmit").field(&bytes.len()).finish(),
            Self::Receive(buffer) => f.debug_tuple("Receive").field(&buffer.len()).finish(),
            Self::Authorize(ask) => f.debug_tuple("Authorize").field(ask).finish(),
            Self::Token(request) => f.debug_tuple("Token").field(&request.peer).finish(),
            Self::Head(head) => f.debug_tuple("Head").field(head).finish(),
            Self::Body(data) => f.debug_tuple("Body").field(&data.len()).finish(),
            Self::Note(note) => f.debug_tuple("Note").field(note).finish(),
            Self::Report(ask, outcome) => f.debug_tuple("Report").field(ask).field(outcome).finish(),
            Self::Release(release) => f.debug_tuple("Release").field(release).finish(),
            Self::Done => f.write_str("Done"),
        }
    }
}
