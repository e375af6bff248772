//! Carries out what [`symgate_http`] asks, with blocking sockets and TLS.
//!
//! It will never parse HTTP, choose credentials, prompt, or read the environment: the bytes are the machine's
//! ([`symgate_http::Fetch`]), the answers and the routes are the [`Handler`]'s.
//!
//! ```text
//!  Client::fetch ─▶ the loop over symgate_http::Action
//!                     │ Open       pool: a kept stream of the same key, or a place ─▶ dial: look-up, race of addresses
//!                     │ StartTls   tls: roots and client certificate of proxy or origin
//!                     │ Transmit, Receive   stream: tcp, tls → tcp, tls → tls → tcp
//!                     │ Token      tickets: the caller's TokenSource, on a thread of its own
//!                     │ Choose, Authorize, Head, Body, Note, Report   ─▶ the caller's Handler
//!                     └ Release    pool, before the caller stores the file
//! ```
//!
//! Everything that blocks ends at its deadline and at the [`Cancel`] word, both looked at every 100 ms: the name
//! look-up, the ticket, the connect, the handshake, each read and write, and the wait for a free connection.
//!
//! # A fetch
//!
//! ```no_run
//! use std::io::{self, Write};
//! use std::sync::Arc;
//!
//! use symgate_auth::{Answer, Ask, CredentialSource, Peers};
//! use symgate_http::{NoRoute, Request, ResponseHead, Route, Routes};
//! use symgate_net::{Cancel, Client, Config, Handler};
//! use url::Url;
//!
//! struct ToStdout;
//!
//! impl CredentialSource for ToStdout {
//!     fn answer(&mut self, _ask: &Ask) -> Answer {
//!         Answer::Pass
//!     }
//! }
//!
//! impl Handler for ToStdout {
//!     fn routes(&mut self, _url: &Url) -> Result<Routes, NoRoute> {
//!         Ok(vec![Route::Direct])
//!     }
//!     fn head(&mut self, _head: &ResponseHead) -> io::Result<()> {
//!         Ok(())
//!     }
//!     fn body(&mut self, piece: &[u8]) -> io::Result<()> {
//!         io::stdout().write_all(piece)
//!     }
//! }
//!
//! let client = Client::new(Config::default())?;
//! let request = Request::get("https://symbols.example/a.pdb".parse()?);
//! client.fetch(request, &Arc::new(Peers::new()), &mut ToStdout, &Cancel::new())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod aside;
mod cancel;
mod client;
mod deadline;
mod dial;
mod driver;
mod error;
mod handler;
mod pool;
mod session;
mod socket;
mod stream;
#[cfg(test)]
mod testing;
mod tickets;
mod tls;
mod trace;

pub use cancel::Cancel;
pub use client::{Client, Config, Finished};
pub use dial::{Attempt, DialError};
pub use error::{ConfigError, Error, Late};
pub use handler::Handler;
pub use tls::{
    Audience, Certificate, ClientCertificate, Handshake, Known, Roots, Signer, Tls, TlsError, TlsSession, Trust,
};
pub use trace::{AttemptEnd, Attempted, Trace};
