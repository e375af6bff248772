//! Test code that several suites share: real peers, certificates, directories, a slow wire.
//!
//! [`Dir`] is a scratch directory that a dropped-privilege child can enter, [`Pki`] the two certificate authorities of
//! a test, [`Relay`] a wire with a round trip and a memory, [`made`] writes small Windows images. The module `peer`
//! (Unix only, as its programs are) starts servers and proxies of other authors, because a fact of a protocol is proved
//! only against somebody else's reading of it. What no honest peer says comes from [`fault`], [`Hostile`] is an origin
//! after the user's logon, [`Inspector`] a middlebox that ends TLS; [`command`] runs the built command, and the module
//! `terminal` runs it on a terminal. [`script`] runs written dialogues.
//!
//! Nothing here is published. A fault of the surroundings (no port, no disk, a peer that dies) is a
//! panic that says what happened: a test has no better answer.
#![forbid(unsafe_code)]

pub mod acceptor;
#[cfg(all(feature = "peers", unix))]
pub mod bench;
#[cfg(feature = "peers")]
pub mod broken;
#[cfg(feature = "peers")]
pub mod built;
#[cfg(feature = "peers")]
pub mod command;
#[cfg(feature = "peers")]
pub mod console;
#[cfg(feature = "peers")]
pub mod demo;
#[cfg(feature = "peers")]
mod dir;
#[cfg(feature = "peers")]
pub mod driver;
#[cfg(feature = "peers")]
pub mod fault;
#[cfg(feature = "peers")]
mod hostile;
#[cfg(feature = "peers")]
mod inspector;
pub mod made;
#[cfg(all(feature = "peers", unix))]
pub mod matrix;
#[cfg(all(feature = "peers", unix))]
pub mod peer;
#[cfg(feature = "peers")]
mod pki;
pub mod property;
#[cfg(feature = "peers")]
mod relay;
pub mod sample;
pub mod script;
#[cfg(all(feature = "peers", unix))]
pub mod terminal;

#[cfg(feature = "peers")]
pub use dir::Dir;
#[cfg(feature = "peers")]
pub use hostile::Hostile;
#[cfg(feature = "peers")]
pub use inspector::Inspector;
#[cfg(feature = "peers")]
pub use inspector::Onward;
#[cfg(feature = "peers")]
pub use pki::Authority;
#[cfg(feature = "peers")]
pub use pki::Leaf;
#[cfg(feature = "peers")]
pub use pki::Pki;
#[cfg(feature = "peers")]
pub use relay::Recorded;
#[cfg(feature = "peers")]
pub use relay::Relay;
