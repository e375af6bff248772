//! Proxy auto-config: scripts that name the proxies of a URL.
//!
//! The grammar of their answers is always here; what runs them stands behind the feature `pac`.

#[cfg(feature = "pac")]
mod bindings;
#[cfg(feature = "pac")]
mod calendar;
#[cfg(feature = "pac")]
mod engine;
#[cfg(feature = "pac")]
mod error;
#[cfg(feature = "pac")]
mod lifetime;
#[cfg(feature = "pac")]
mod machine;
#[cfg(feature = "pac")]
mod names;
#[cfg(feature = "pac")]
mod resolver;
mod result;
#[cfg(feature = "pac")]
mod state;
#[cfg(feature = "pac")]
mod watch;

#[cfg(feature = "pac")]
pub use calendar::Moment;
#[cfg(feature = "pac")]
pub use engine::{Found, Pac, PacLimits, PacNote, When};
#[cfg(feature = "pac")]
pub use error::PacError;
#[cfg(feature = "pac")]
pub use lifetime::Freshness;
#[cfg(feature = "pac")]
pub use resolver::Resolver;
pub use result::PacResult;
