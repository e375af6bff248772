//! For whom a gate works: one store and the proxies configured on the way ([`Errand`]).

use symgate_auth::{Origin, Target};

use crate::LatchKey;

/// One store, as the symbol path names it, and the proxies that the user or the system settings named.
///
/// It says which latch a refusal belongs to, and which peers count as chosen by the user: credentials given for servers
/// answer the store's own origin and never a redirect's, credentials given for proxies the named proxies and never one
/// that was found otherwise (DECISIONS §3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Errand {
    origin: Origin,
    store: LatchKey,
    proxies: Vec<Origin>,
}

impl Errand {
    /// An errand to the store at this origin and base path.
    #[must_use]
    pub fn new(origin: Origin, base_path: &str) -> Self {
        Self {
            store: LatchKey::store(origin.clone(), base_path),
            origin,
            proxies: Vec::new(),
        }
    }

    /// Adds a proxy that an option, a variable or the system settings name; not one found by WPAD in clear text.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Origin) -> Self {
        self.proxies.push(proxy);
        self
    }

    /// What a refusal shuts: the proxy that asked, or this errand's store, also when a redirect's host asked.
    #[must_use]
    pub fn latch_key(&self, target: Target, peer: &Origin) -> LatchKey {
        match target {
            Target::Origin => self.store.clone(),
            Target::Proxy => LatchKey::proxy(peer.clone()),
        }
    }

    /// The store of this errand.
    #[must_use]
    pub const fn store(&self) -> &LatchKey {
        &self.store
    }

    /// Whether the user chose this peer: the store's own origin, or a configured proxy.
    #[must_use]
    pub fn names(&self, target: Target, peer: &Origin) -> bool {
        match target {
            Target::Origin => self.origin == *peer,
            Target::Proxy => self.proxies.contains(peer),
        }
    }
}

#[cfg(test)]
mod tests {
    use symgate_auth::UriScheme;

    use super::*;

    #[test]
    fn names_its_own_peers_by_target_and_no_other() {
        let origin = |host| Origin::new(UriScheme::Http, host, 80);
        let errand = Errand::new(origin("store"), "/s").with_proxy(origin("proxy"));
        let table = [
            (Target::Origin, "store", true),
            (Target::Proxy, "proxy", true),
            (Target::Origin, "proxy", false),
            (Target::Proxy, "store", false),
            (Target::Origin, "redirected", false),
        ];
        for (target, host, expected) in table {
            assert_eq!(errand.names(target, &origin(host)), expected, "{target} {host}");
        }
    }

    #[test]
    fn a_redirects_host_latches_the_errands_store() {
        let origin = |host| Origin::new(UriScheme::Http, host, 80);
        let errand = Errand::new(origin("store"), "/s");
        assert_eq!(errand.latch_key(Target::Origin, &origin("other")), *errand.store());
        assert_eq!(
            errand.latch_key(Target::Proxy, &origin("p")),
            LatchKey::proxy(origin("p"))
        );
    }
}
