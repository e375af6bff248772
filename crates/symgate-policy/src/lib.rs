//! Decides if an authentication request may be answered, asks a person when told to, and remembers a refusal.
//!
//! It will never know HTTP messages, sockets, files or a terminal: who answers comes in as a [`Source`] or a
//! [`Prompter`], and the request as an [`Ask`](symgate_auth::Ask).
//!
//! ```text
//!  Debugging  ─────────  a debugger's options and commands, for those that are one
//!     │ Effect
//!  Session  ───────────  one per client; what all its errands share: policy, latches, answers, and who gives them
//!     │ gate(errand)
//!  Gate  ──────────────  one per errand; the driver's CredentialSource
//!     │ answer(&Ask)
//!     ├─ 1 latch         refused earlier?              -> Refuse(Latched)
//!     ├─ 2 Policy        a pure word: allow, ask, refuse
//!     ├─ 3 Explicit      given for this very target
//!     ├─ 4 memory        accepted earlier by this peer
//!     ├─ 5 Source…       in their order; silent ones under every policy, the others where a question may be
//!     ├─ 6 Prompter      a person, one question at a time
//!     │                  of 5 and 6: who could not be asked, and why, is told to the Listener
//!     │ report(&Ask, Outcome)
//!     ├─ accepted        remembered; the Source that gave it may store it, all may keep what a person typed
//!     └─ rejected        over for the process; the Source that gave it may erase it
//! ```
//!
//! Two words that are not the same: *prompts off* (a debugger's word) means that nothing is shown, silent sources still
//! answer; *refuse* in a [`Rule`] means that nothing is sent.
//!
//! The sources themselves, netrc, keyrings, helper programs, are not here: `symgate-credentials` has them. Of what the
//! debuggers' commands do, here is what concerns authentication: [`Debugging`].
//!
//! | feature | what it adds |
//! |---|---|
//! | `toml` | `Policy::from_toml`: rules from a file; the text comes in as a value |
//!
//! # One failed logon per answer given
//!
//! Eight connections that meet the same proxy at once must not send the same wrong password eight times: accounts are
//! locked by that. So the first gate that would send an answer to a peer goes ahead, and the others that would send
//! the same one block in [`answer`](symgate_auth::CredentialSource::answer) until its outcome is
//! [reported](symgate_auth::CredentialSource::report). Accepted: all use it. Rejected: nobody sends it again to that
//! peer. Abandoned, or the gate is dropped: the next one is first. Because an answer is asked for before the first
//! message of a scheme is made, and nobody is asked while a first answer is under way at the same peer, no connection
//! is left between NTLM's type 1 and type 3 while a person thinks.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use symgate_auth::{Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Scheme, Target, UriScheme, Wanted};
//! use symgate_policy::{Answers, Cause, Errand, Explicit, Given, LatchKey, Policy, Session};
//!
//! let proxy = Origin::new(UriScheme::Http, "proxy.corp.example", 3128);
//! let store = Origin::new(UriScheme::Https, "symbols.example", 443);
//! let alice = Arc::new(Credentials::password("alice", "wrong"));
//!
//! let explicit = Explicit::default().for_proxies(Given::Credentials(alice));
//! let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
//! let mut gate = session.gate(Errand::new(store, "/download/symbols").with_proxy(proxy.clone()), Arc::default());
//!
//! let ask = Ask {
//!     target: Target::Proxy,
//!     origin: proxy.clone(),
//!     path: String::new(),
//!     wanted: Wanted::Password,
//!     scheme: Scheme::Basic,
//!     realm: Some("corp".into()),
//!     channel: Channel::CLEARTEXT,
//!     attempt: 1,
//! };
//! assert!(matches!(gate.answer(&ask), Answer::Use(_)));
//! gate.report(&ask, Outcome::Rejected);
//!
//! // Nobody else can answer, and no question may be asked: the proxy is not contacted again.
//! assert!(matches!(gate.answer(&Ask { attempt: 2, ..ask }), Answer::Refuse(_)));
//! assert_eq!(session.latches().cause(&LatchKey::proxy(proxy)), Some(Cause::Rejected));
//! ```
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.
#![forbid(unsafe_code)]
#![warn(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm
)]

mod debugger;
mod debugging;
mod desk;
mod errand;
mod explicit;
mod gate;
mod latch;
mod options;
mod policy;
mod prompts;
mod rule;
mod session;
mod source;

pub use debugger::Debugger;
pub use debugging::{Command, Debugging, Effect, SymbolClient};
pub use errand::Errand;
pub use explicit::{Explicit, Given};
pub use gate::Gate;
pub use latch::{Cause, LatchKey, Latches};
pub use options::{FlagsError, Radix, SymbolOptions};
#[cfg(feature = "toml")]
pub use policy::file::PolicyFileError;
pub use policy::{Policy, Verdict};
pub use prompts::{Presence, PromptSetting, Prompts};
pub use rule::{HostPattern, PatternError, Rule};
pub use session::{Answers, Listener, Session};
pub use source::{
    Asker, Interaction, Lookup, Name, Previous, Prompted, Prompter, Question, Reply, Source, Tickets, exposes_password,
};

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
