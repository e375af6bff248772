//! Gets tokens for the logged-on user from the operating system.
//!
//! It will never know HTTP, decide whether a token may be sent, delegate a ticket, or let the system choose NTLM on its
//! own. It is the one crate of symgate that holds `unsafe`: each block gives its reason.
//!
//! # The contract
//!
//! [`System`] is a [`TokenSource`]. What it makes are tokens of the Kerberos mechanism itself
//! ([RFC 4121 §4.1](https://www.rfc-editor.org/rfc/rfc4121#section-4.1)) for the service `HTTP` at the host of the peer;
//! the caller wraps them in SPNEGO.
//!
//! ```text
//!   begin(request) ──> context ── step(None) ───────> token for the peer        may ask the network, and so block
//!                         └────── step(its token) ──> nothing, and the peer has proved who it is
//! ```
//!
//! - Mutual authentication is asked for. A peer that answers with a token is checked by the second step; for one that
//!   sends none there is no second step.
//! - [`step`](TokenContext::step) blocks while the system talks to a KDC; MIT krb5 took 26 seconds to give up on one
//!   that takes the connection and says nothing. Call it on a thread that may wait, and give up on the thread when time
//!   is over.
//! - A context may be stepped on another thread than the last time, never on two at once.
//! - The environment (`KRB5_CONFIG`, `KRB5CCNAME`) is read by the system's library, not here.
//!
//! | system | how | proved |
//! |---|---|---|
//! | Unix | GSSAPI ([RFC 2744](https://www.rfc-editor.org/rfc/rfc2744)): MIT krb5, loaded when first needed | by a KDC and an acceptor |
//! | Unix | GSSAPI: Heimdal, macOS' GSS framework | unverified |
//! | Windows | SSPI, package `Kerberos` | unverified but for its calls, which wine takes, and its errors |
//! | Windows | SSPI with a name and a password, package `NTLM` | under wine |
//! | others | [`TokenError::Unavailable`] | |
//!
//! # Example
//!
//! ```
//! use symgate_auth::mechanism::{TokenRequest, TokenSource};
//! use symgate_auth::{Origin, UriScheme};
//! use symgate_sso::System;
//!
//! let peer = Origin::new(UriScheme::Http, "not a host", 3128);
//! let request = TokenRequest { peer, input: None, channel_binding: None };
//! let error = System::new().begin(&request).unwrap_err();
//! assert_eq!(error.to_string(), "no ticket can be for `not a host`");
//! ```

#[cfg(unix)]
mod gssapi;
#[cfg(any(unix, windows))]
mod phase;
#[cfg(any(unix, windows))]
mod service;
#[cfg(windows)]
mod sspi;
#[cfg(not(any(unix, windows)))]
mod unsupported;
#[cfg(any(unix, windows))]
mod words;

#[cfg(windows)]
pub use sspi::{Package, Sspi};

#[cfg(unix)]
use gssapi::Tickets;
#[cfg(windows)]
use sspi::Tickets;
#[cfg(not(any(unix, windows)))]
use unsupported::Tickets;

use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest, TokenSource};

/// The tickets of the logged-on user, as the operating system keeps them.
///
/// Nothing is loaded or asked before the first [`begin`](TokenSource::begin).
#[derive(Debug, Default)]
pub struct System {
    tickets: Tickets,
}

impl System {
    /// The system that this program runs on, and its current user.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenSource for System {
    fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
        self.tickets.begin(request)
    }
}
