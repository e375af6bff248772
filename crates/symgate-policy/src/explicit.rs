//! Credentials that the user gave by option or in a proxy value ([`Explicit`]; DECISIONS §3).

use std::sync::Arc;

use symgate_auth::{Ask, Credentials, Origin, Target, Wanted};

use crate::Errand;

/// What the user gave for a target.
#[derive(Clone, Debug)]
pub enum Given {
    /// All of it.
    Credentials(Arc<Credentials>),
    /// A name; the password is asked for.
    Name(String),
}

/// What the user gave, and for whom. For one peer the more particular wins, then the earlier.
///
/// ```
/// use symgate_auth::{Origin, UriScheme};
/// use symgate_policy::{Explicit, Given};
///
/// let explicit = Explicit::default()
///     .for_proxies(Given::Name("alice".into()))
///     .at_store(Origin::new(UriScheme::Https, "symbols.example", 443), Given::Name("bob".into()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Explicit {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    target: Target,
    /// Any peer that the errand names, when `None`.
    peer: Option<Origin>,
    given: Given,
}

impl Given {
    fn fits(&self, wanted: Wanted) -> bool {
        match self {
            Self::Credentials(credentials) if matches!(**credentials, Credentials::Bearer(_)) => {
                wanted == Wanted::Bearer
            }
            Self::Credentials(_) => wanted == Wanted::Password,
            Self::Name(_) => wanted == Wanted::Password,
        }
    }
}

impl Explicit {
    /// Answers every proxy that the user or the system settings named (`--proxy-user`).
    #[must_use]
    pub fn for_proxies(self, given: Given) -> Self {
        self.with(Target::Proxy, None, given)
    }

    /// Answers this proxy, if the user or the system settings named it (userinfo of a proxy value).
    #[must_use]
    pub fn at_proxy(self, proxy: Origin, given: Given) -> Self {
        self.with(Target::Proxy, Some(proxy), given)
    }

    /// Answers every origin written in the symbol path (`--user NAME`), never a redirect's new origin.
    #[must_use]
    pub fn for_stores(self, given: Given) -> Self {
        self.with(Target::Origin, None, given)
    }

    /// Answers this origin, where it is written in the symbol path (`--user ORIGIN=NAME`).
    #[must_use]
    pub fn at_store(self, origin: Origin, given: Given) -> Self {
        self.with(Target::Origin, Some(origin), given)
    }

    /// What was given for the peer that asks.
    pub(crate) fn find(&self, errand: &Errand, ask: &Ask) -> Option<&Given> {
        if !errand.names(ask.target, &ask.origin) {
            return None;
        }
        let mine = || self.entries.iter().filter(|entry| entry.target == ask.target);
        let here = |entry: &&Entry| entry.peer.as_ref() == Some(&ask.origin);
        let anywhere = |entry: &&Entry| entry.peer.is_none();
        let fits = |entry: &&Entry| entry.given.fits(ask.wanted);
        // Where a token and a password were given, each is for its own kind of request.
        let found = mine().filter(here).find(fits);
        let found = found.or_else(|| mine().filter(anywhere).find(fits));
        let found = found.or_else(|| mine().find(here)).or_else(|| mine().find(anywhere));
        found.map(|entry| &entry.given)
    }

    fn with(mut self, target: Target, peer: Option<Origin>, given: Given) -> Self {
        self.entries.push(Entry { target, peer, given });
        self
    }
}

#[cfg(test)]
mod tests {
    use symgate_auth::{Channel, Scheme, Secret, UriScheme};

    use super::*;

    #[test]
    fn answers_named_peers_of_its_own_target_only() {
        let origin = |host: &str| Origin::new(UriScheme::Http, host, 80);
        let name = |name: &str| Given::Name(name.into());
        let explicit = Explicit::default()
            .for_proxies(name("any-proxy"))
            .at_proxy(origin("p2"), name("p2"))
            .for_stores(name("any-store"))
            .at_store(origin("s2"), name("s2"))
            .at_store(origin("redirected"), name("never"));
        let table = [
            ("s1", Target::Origin, "s1", Some("any-store")),
            ("s2", Target::Origin, "s2", Some("s2")),
            ("s1", Target::Origin, "redirected", None),
            ("s1", Target::Origin, "s2", None),
            ("s1", Target::Proxy, "p1", Some("any-proxy")),
            ("s1", Target::Proxy, "p2", Some("p2")),
            ("s1", Target::Proxy, "wpad", None),
            ("s1", Target::Proxy, "s1", None),
        ];
        for (store, target, peer, expected) in table {
            let errand = Errand::new(origin(store), "")
                .with_proxy(origin("p1"))
                .with_proxy(origin("p2"));
            let ask = Ask {
                target,
                origin: origin(peer),
                path: String::new(),
                wanted: Wanted::Password,
                scheme: Scheme::Basic,
                realm: None,
                channel: Channel::CLEARTEXT,
                attempt: 1,
            };
            let found = explicit.find(&errand, &ask).map(|given| match given {
                Given::Name(name) => name.as_str(),
                Given::Credentials(_) => "credentials",
            });
            assert_eq!(found, expected, "{store} {target} {peer}");
        }
    }

    #[test]
    fn a_token_and_a_password_for_one_peer_are_each_for_their_kind() {
        let origin = Origin::new(UriScheme::Https, "s", 443);
        let token = Arc::new(Credentials::Bearer(Secret::new("token")));
        let explicit = Explicit::default()
            .at_store(origin.clone(), Given::Credentials(token))
            .for_stores(Given::Name("alice".into()));
        let errand = Errand::new(origin.clone(), "");
        for (wanted, expected) in [
            (Wanted::Password, "alice"),
            (Wanted::Bearer, "token"),
            // Whoever named somebody is not whoever is logged on.
            (Wanted::Ticket, "token"),
        ] {
            let ask = Ask {
                target: Target::Origin,
                origin: origin.clone(),
                path: String::new(),
                wanted,
                scheme: Scheme::Bearer,
                realm: None,
                channel: Channel::CLEARTEXT,
                attempt: 1,
            };
            let found = explicit.find(&errand, &ask).map(|given| match given {
                Given::Name(name) => name.as_str(),
                Given::Credentials(_) => "token",
            });
            assert_eq!(found, Some(expected), "{wanted}");
        }
    }
}
