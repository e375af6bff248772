//! Asks netrc, helper programs, askpass and the keyring, each bounded in time and size.
//!
//! It will never decide whether asking is allowed, which [`symgate_policy`] does, draw on a terminal, or read the
//! environment: paths, programs and settings come in as values.
//!
//! | link | is a | answers |
//! |---|---|---|
//! | [`Netrc`] | [`Source`](symgate_policy::Source) | servers, from a file |
//! | [`GitHelper`] | `Source` | servers and proxies, by a program with git's protocol |
//! | [`Providers`] | `Source` | servers, by programs with the debuggers' protocol; proxies by a setting |
//! | `Keyring` (feature `keyring`) | `Source` | servers and proxies, from the operating system |
//! | [`Askpass`] | [`Prompter`](symgate_policy::Prompter) | by a program that asks for one word |
//! | [`Window`] | `Prompter` | by a window of zenity or kdialog |
//! | [`FirstAvailable`] | `Prompter` | by the first of several that can |
//!
//! # Programs of others
//!
//! Each call of a program has [`Bounds`] and sees the caller's cancel flag within 100 ms. One that hangs, says too much,
//! says nothing, closes its input or leaves a process that holds its output costs no more than the bounds, ends as one
//! line that says what went wrong, and the next link is asked. A program that is ended takes what it started with it, on
//! Unix by its process group, which has 120 ms to put things in order; on Windows only itself. No program gets the
//! terminal. One that is told to store or erase an answer gets 5 s at most: the transfer waits, and nobody for what comes
//! of it.
//!
//! What it writes to its standard error is not shown but for its last line when it fails, made harmless; and not even
//! that when it has said something on its standard output, which may hold a secret, or when a secret that it was told is
//! in the line.
//!
//! # Example
//!
//! ```
//! use symgate_auth::{Answer, Ask, Channel, CredentialSource, Origin, Scheme, Target, UriScheme, Wanted};
//! use symgate_credentials::Netrc;
//! use symgate_policy::{Answers, Errand, Policy, Session};
//!
//! let netrc = Netrc::parse(b"machine symbols.example login alice password S3cret");
//! let session = Session::new(Policy::unattended(), Answers::default().with_source(netrc));
//!
//! let store = Origin::new(UriScheme::Https, "symbols.example", 443);
//! let mut gate = session.gate(Errand::new(store.clone(), "/download"), Default::default());
//! let ask = Ask {
//!     target: Target::Origin,
//!     origin: store,
//!     path: "/download/a.pdb".into(),
//!     wanted: Wanted::Password,
//!     scheme: Scheme::Basic,
//!     realm: None,
//!     channel: Channel::encrypted(*b"certificate"),
//!     attempt: 1,
//! };
//! let Answer::Use(credentials) = gate.answer(&ask) else { panic!() };
//! assert_eq!(credentials.user(), Some("alice"));
//! ```
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.
#![forbid(unsafe_code)]

mod askpass;
mod bounds;
mod chain;
mod git;
mod keep;
#[cfg(feature = "keyring")]
mod keyring;
mod ledger;
mod lines;
mod netrc;
mod plain;
mod program;
mod provider;
mod question;
#[cfg(test)]
mod tests;
mod window;

pub use askpass::Askpass;
pub use bounds::Bounds;
pub use chain::FirstAvailable;
pub use git::{GitHelper, GitReply, GitReplyError, Storing};
pub use keep::Keep;
#[cfg(feature = "keyring")]
pub use keyring::Keyring;
pub use netrc::{Netrc, NetrcEntry, NetrcError, NetrcWarning, NetrcWarningKind};
pub use provider::{
    ForProxies, ProviderReply, ProviderReplyError, ProviderWarning, ProviderWarningKind, Providers, ProvidersError,
};
pub use window::Window;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
