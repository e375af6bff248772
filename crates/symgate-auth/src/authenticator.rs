//! [`Authenticator`]: what the sessions of one client are made from.

use std::sync::Arc;

use crate::mechanism::Order;
use crate::{Peers, Seed};

/// What all sessions of one client share: the memory of peers, the entropy, and the mechanisms. Cheap to clone.
///
/// ```
/// use std::sync::Arc;
/// use symgate_auth::{Authenticator, Peers, Seed, mechanism::Order};
///
/// let seed = Seed::new([0; 32]); // 32 bytes from the operating system's random source
/// let authenticator = Authenticator::new(Arc::new(Peers::new()), seed).with_order(Order::built_in());
/// # let _ = authenticator.peers();
/// ```
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub(crate) peers: Arc<Peers>,
    pub(crate) seed: Seed,
    pub(crate) order: Order,
}

impl Authenticator {
    /// With the [built-in](Order::built_in) mechanisms.
    #[must_use]
    pub fn new(peers: Arc<Peers>, seed: Seed) -> Self {
        Self {
            peers,
            seed,
            order: Order::built_in(),
        }
    }

    /// The same with other mechanisms, or in another order.
    #[must_use]
    pub fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// The memory of peers.
    #[must_use]
    pub const fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }
}
