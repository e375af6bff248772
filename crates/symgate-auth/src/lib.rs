//! Turns HTTP authentication challenges and credentials into authorization values, one step at a time.
//!
//! It will never read a clock or a random source, know sockets or header maps, draw a dialog, or decide whether
//! sending a password is allowed: time, entropy, credentials and permission come in as values.
//!
//! # The contract
//!
//! One [`AuthSession`] authenticates to one peer, a server or a proxy, during one fetch. Before each request call
//! [`start`](AuthSession::start); send the request with [`authorization`](AuthSession::authorization); hand in what
//! came back; then obey [`next`](AuthSession::next) until it is [`Ready`](Next::Ready).
//!
//! ```text
//!             start ──> authorization ──> (send the request) ──> 401 / 407 ──> handle_challenge ──┐
//!                             ^                                  other ──────> handle_success     │
//!                             │                                  closed ─────> handle_closed      │
//!                             │   Ready                                                           │
//!                             └────────── next <── handle_answer <── Ask   <──────────────────────┤
//!                                              <── handle_token  <── Token <──────────────────────┘
//! ```
//!
//! What a session learns about a peer is shared through [`Peers`]: who was accepted, so that the next request costs
//! no extra round, and which credentials were rejected, so that they are never sent again.
//!
//! # A session by hand
//!
//! ```
//! use std::sync::Arc;
//! use symgate_auth::mechanism::RequestLine;
//! use symgate_auth::{
//!     Answer, AuthSession, Authenticator, Channel, Credentials, Limits, Next, Origin, Outcome, Peers, Seed, Target, UriScheme,
//! };
//!
//! let proxy = Origin::new(UriScheme::Http, "proxy.example", 3128);
//! let peers = Arc::new(Peers::new());
//! let seed = Seed::new([0; 32]); // 32 bytes from the operating system's random source
//! let request =
//!     RequestLine { method: "CONNECT", target: "symbols.example:443", wall: 0, channel: &Channel::CLEARTEXT, body: &[] };
//! let mut session = AuthSession::new(Target::Proxy, proxy, "", Authenticator::new(peers, seed), Limits::default());
//!
//! // CONNECT symbols.example:443 HTTP/1.1
//! session.start(&request)?;
//! assert!(session.authorization().is_none()); // nothing is volunteered to a stranger
//!
//! // HTTP/1.1 407 Proxy Authentication Required
//! // Proxy-Authenticate: Basic realm="squid"
//! session.handle_challenge([&br#"Basic realm="squid""#[..]], &request)?;
//! let Next::Ask(ask) = session.next() else { panic!("a question") };
//! assert_eq!(ask.to_string(), "proxy `proxy.example:3128` asks for a password (Basic, in clear text)");
//! session.handle_answer(Answer::Use(Arc::new(Credentials::password("alice", "S3cret"))), &request)?;
//!
//! // Proxy-Authorization: Basic YWxpY2U6UzNjcmV0
//! assert_eq!(session.authorization().unwrap().expose(), b"Basic YWxpY2U6UzNjcmV0");
//!
//! // HTTP/1.1 200 Connection established
//! session.handle_success([], [])?;
//! assert_eq!(session.take_report().unwrap().1, Outcome::Accepted);
//! # Ok::<(), symgate_auth::Error>(())
//! ```
//!
//! # Mechanisms
//!
//! Built in, the strongest first ([`Order::built_in`](mechanism::Order::built_in)): Negotiate with a ticket that the
//! system makes, Bearer, NTLM, Negotiate with NTLM inside, Digest and Basic; each module names its document. Others plug
//! in as a [`Spec`](mechanism::Spec), also from outside: see [`mechanism`].
#![forbid(unsafe_code)]
#![warn(clippy::as_conversions, clippy::indexing_slicing, clippy::panic)]

mod ask;
mod authenticator;
pub mod basic;
pub mod bearer;
pub mod binding;
pub mod challenge;
mod credentials;
pub mod digest;
mod error;
mod limits;
pub mod mechanism;
pub mod negotiate;
pub mod ntlm;
mod once;
mod origin;
mod peers;
mod scheme;
mod secret;
mod seed;
mod session;

pub use ask::{Answer, Ask, CredentialSource, Outcome, Refusal, Wanted};
pub use authenticator::Authenticator;
pub use credentials::{Credentials, Password};
pub use error::{Ending, Error, GaveUp, LimitError, Misuse, PeerError, Refused, Tried};
pub use limits::Limits;
pub use origin::{Channel, Origin, UriScheme};
pub use peers::{Identity, Peers};
pub use scheme::{Binding, Scheme, Target};
pub use secret::Secret;
pub use seed::{Entropy, Seed};
pub use session::{AuthSession, Next, Pinning, Sent};
