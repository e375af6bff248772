//! The one thing that a script may ask of the world.

use std::fmt;
use std::net::IpAddr;
use std::time::Instant;

/// Looks up names for a script.
///
/// It is called on the engine's thread and may block. Whoever asks the script stops waiting at the
/// deadline in any case; a resolver that goes on holds up the script's next run.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of a name, in the system's order; none when there is no such name or the
    /// deadline passes. Addresses are not asked for, and international names come in ASCII.
    fn resolve(&self, host: &str, deadline: Instant) -> Vec<IpAddr>;

    /// This machine's addresses, the one first that leads to the rest of the network; loopback
    /// addresses are left out.
    fn my_addresses(&self, deadline: Instant) -> Vec<IpAddr>;
}
