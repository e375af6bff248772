//! For whom a gate works: one store and the proxies configured on the way ([`Errand`]).

use symgate_auth::{Origin, Target};

use crate::LatchKey;

/// One store, as the symbol path names it, and the proxies that the user or the system settings named.
///
/// It says which latch a refusal belongs to, and which peers count as chosen by the user: credentials given for servers
/// answer the store's own origin and never a redirect's or a pointer's, credentials given for proxies the named proxies
/// and never one that was found otherwise (DECISIONS §3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Errand {
    /// `None` where the symbol path does not write it.
    named: Option<Origin>,
    store: LatchKey,
    proxies: Vec<Origin>,
    urgency: Urgency,
}

/// Whether somebody waits for an errand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Urgency {
    /// It only prepares the way for others.
    Ahead,
    Needed,
}

impl Errand {
    /// An errand to the store at this origin and base path, which the symbol path writes.
    #[must_use]
    pub fn new(origin: Origin, base_path: &str) -> Self {
        Self {
            store: LatchKey::store(origin.clone(), base_path),
            named: Some(origin),
            proxies: Vec::new(),
            urgency: Urgency::Needed,
        }
    }

    /// An errand to what a pointer file names: nothing that was given for servers answers this origin.
    #[must_use]
    pub fn beyond_the_path(origin: Origin, base_path: &str) -> Self {
        Self {
            store: LatchKey::store(origin, base_path),
            named: None,
            proxies: Vec::new(),
            urgency: Urgency::Needed,
        }
    }

    /// Adds a proxy that an option, a variable or the system settings name; not one found by WPAD in clear text.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Origin) -> Self {
        self.add_proxy(proxy);
        self
    }

    pub(crate) fn add_proxy(&mut self, proxy: Origin) {
        self.proxies.push(proxy);
    }

    /// The same, ahead of time: it leaves the first authentication to an errand that somebody waits for, where one comes
    /// along within a moment.
    #[must_use]
    pub fn ahead_of_time(mut self) -> Self {
        self.urgency = Urgency::Ahead;
        self
    }

    pub(crate) fn is_ahead(&self) -> bool {
        self.urgency == Urgency::Ahead
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
            Target::Origin => self.named.as_ref() == Some(peer),
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
    fn what_a_pointer_names_is_nobodys_choice() {
        let origin = |host| Origin::new(UriScheme::Http, host, 80);
        let errand = Errand::beyond_the_path(origin("pointed"), "/s").with_proxy(origin("proxy"));
        assert!(!errand.names(Target::Origin, &origin("pointed")));
        assert!(errand.names(Target::Proxy, &origin("proxy")));
        assert_eq!(*errand.store(), LatchKey::store(origin("pointed"), "/s"));
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
