//! Says which bytes to send next and what received bytes mean, for one HTTP fetch through any route.
//!
//! It will never open, read or write a socket, look at a clock, draw random numbers, store anything, or know TLS: those
//! are the driver's. The blocking driver is `symgate-net`; `examples/forward.rs` is one in sixty lines.
//!
//! # The contract
//!
//! *Feed one input, then poll until you are told to wait.*
//!
//! [`Fetch`] is the errand: it asks for the routes of each hop, opens the tunnel, answers challenges, follows redirects.
//! [`poll`](Fetch::poll) returns an [`Action`]; seven of them wait for one input each, named in their documentation,
//! after the others poll again. [`deadline`](Fetch::deadline) says when waiting becomes an error. [`Connection`] is the
//! wire below it, for both roles, under the same contract; [`Tunnel`] is the part that speaks CONNECT,
//! [`Socks`] the part that speaks SOCKS5.
//!
//! ```text
//!   driver                          Fetch
//!     │ ◀─ Choose(url) ──────────────│   handle_routes ─▶    Direct, Forward, Tunnel or Socks5 with its proxy
//!     │ ◀─ Open(endpoint) ───────────│   handle_opened ─▶    a new stream, or a kept one that fits
//!     │ ◀─ StartTls { target, .. } ──│   handle_tls ─▶       of the proxy, of the origin, or of both
//!     │ ◀─ Transmit(bytes) ──────────│   handle_sent ─▶
//!     │ ◀─ Receive(buffer) ──────────│   handle_received, handle_eof ─▶
//!     │ ◀─ Authorize(ask) ───────────│   handle_answer ─▶    a 401 or 407 wants credentials
//!     │ ◀─ Head, Body, Note, Report ─│                       for whoever wanted the file
//!     │ ◀─ Release, Done ────────────│
//! ```
//!
//! # An errand by hand
//!
//! Through a proxy that wants a password ([RFC 9110 §11.7](https://www.rfc-editor.org/rfc/rfc9110#section-11.7)):
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use symgate_auth::{Answer, Authenticator, Credentials, Origin, Peers, Seed, UriScheme};
//! use symgate_http::{Action, Deadlines, Fetch, Limits, Now, Opened, Release, Request, Route};
//!
//! let now = Now { monotonic: Duration::ZERO, wall: 0 }; // a driver reads its clock
//! let seed = Seed::new([0; 32]); // 32 bytes from the operating system's random source
//! let authenticator = Authenticator::new(Arc::new(Peers::new()), seed);
//! let request = Request::get("http://symbols.example/a.pdb".parse()?);
//! let mut fetch = Fetch::new(request, authenticator, Limits::default(), Deadlines::default())?;
//!
//! assert!(matches!(fetch.poll(now)?, Action::Choose(_)));
//! let proxy = Origin::new(UriScheme::Http, "proxy.example", 3128);
//! fetch.handle_routes(Ok(vec![Route::Forward(proxy)]))?;
//!
//! let Action::Open(endpoint) = fetch.poll(now)? else { panic!("a stream is needed") };
//! assert_eq!(endpoint.hop.to_string(), "proxy `proxy.example:3128`");
//! fetch.handle_opened(Opened::Fresh)?;
//!
//! let Action::Transmit(bytes) = fetch.poll(now)? else { panic!("a request is due") };
//! assert_eq!(
//!     bytes,
//!     b"GET http://symbols.example/a.pdb HTTP/1.1\r\nHost: symbols.example\r\nAccept-Encoding: identity\r\n\r\n"
//! );
//! fetch.handle_sent()?;
//!
//! let Action::Receive(buffer) = fetch.poll(now)? else { panic!("an answer is due") };
//! let answer = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"squid\"\r\nContent-Length: 0\r\n\r\n";
//! buffer[..answer.len()].copy_from_slice(answer);
//! fetch.handle_received(answer.len())?;
//!
//! assert!(matches!(fetch.poll(now)?, Action::Note(_))); // the proxy asks for authentication
//! assert!(matches!(fetch.poll(now)?, Action::Authorize(_)));
//! fetch.handle_answer(Answer::Use(Arc::new(Credentials::password("alice", "S3cret"))))?;
//!
//! assert!(matches!(fetch.poll(now)?, Action::Note(_))); // by the scheme Basic
//! let Action::Transmit(bytes) = fetch.poll(now)? else { panic!("the request is due again") };
//! assert!(bytes.ends_with(b"\r\nProxy-Authorization: Basic YWxpY2U6UzNjcmV0\r\n\r\n"));
//! fetch.handle_sent()?;
//!
//! let Action::Receive(buffer) = fetch.poll(now)? else { panic!("an answer is due") };
//! let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
//! buffer[..answer.len()].copy_from_slice(answer);
//! fetch.handle_received(answer.len())?;
//!
//! assert!(matches!(fetch.poll(now)?, Action::Report(..))); // the password was accepted
//! assert!(matches!(fetch.poll(now)?, Action::Head(head) if head.status == 200));
//! assert!(matches!(fetch.poll(now)?, Action::Body(b"hi")));
//! assert!(matches!(fetch.poll(now)?, Action::Release(Release::Keep(_))));
//! assert!(matches!(fetch.poll(now)?, Action::Done));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits of support
//!
//! Fetching is GET with HTTP/1.1 over TCP or TLS; peers of HTTP/1.0 are understood. Cookies are neither kept nor sent,
//! `Upgrade` is refused, and of content codings gzip alone is undone, because the files that this is for are stored by
//! the byte.
#![forbid(unsafe_code)]
#![warn(clippy::as_conversions, clippy::indexing_slicing, clippy::panic)]

mod body;
mod connection;
mod error;
mod exchange;
mod fetch;
mod field;
mod framing;
mod head;
mod limits;
mod note;
mod redirect;
mod route;
mod socks;
mod state;
mod target;
mod tunnel;

pub use connection::{Connection, Event, Role};
pub use error::{
    Error, Failure, FailureKind, LimitError, Misuse, PeerError, RedirectError, Refused, SocksError, WireError,
};
pub use fetch::{Action, Eof, Fetch, Now, Opened, Release, Request};
pub use field::{Field, Fields};
pub use framing::Framing;
pub use head::{Method, RequestHead, ResponseHead, Version};
pub use limits::{Deadlines, Limits};
pub use note::{Note, Offer};
pub use redirect::Downgrade;
pub use route::{Endpoint, Hop, NoRoute, Parked, PoolKey, Reuse, Route, Routes};
pub use socks::Socks;
pub use target::origin_of;
pub use tunnel::Tunnel;
