//! Proxies that could not be reached, and for how long they stand behind the others of their list ([`Outages`]).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proxy::{Kind, Proxy};
use crate::route::{Choice, Route};

/// Which proxies could not be reached lately.
///
/// Such a proxy is asked last for a while, as in
/// [Chromium](https://chromium.googlesource.com/chromium/src/+/HEAD/net/docs/proxy.md): a list whose first proxy is dead
/// would otherwise cost a connect timeout for each URL. It is never dropped, since it may be the only way, and nothing is
/// added: the way is direct only where the list says so.
///
/// Time comes in as a value, counted from any moment that the caller chooses once.
///
/// ```
/// use std::time::Duration;
/// use symgate_proxy::{Outages, ProxyConfig, Route};
/// use url::Url;
///
/// let config = ProxyConfig::direct().with_proxy("dead:1;live:2");
/// let choice = || config.choose(&Url::parse("https://h.test/").unwrap());
/// let mut outages = Outages::default();
/// let seconds = Duration::from_secs;
/// if let Route::Proxy(dead) = &choice().routes()[0].route {
///     outages.put_aside(dead, seconds(0));
/// }
/// let order = |now| outages.order(choice(), now).to_string();
/// assert_eq!(order(seconds(299)), "http://live:2 (--proxy), http://dead:1 (--proxy)");
/// assert_eq!(order(seconds(300)), "http://dead:1 (--proxy), http://live:2 (--proxy)");
/// ```
#[derive(Debug)]
pub struct Outages {
    lasting: Duration,
    /// Until when, by what a proxy is called.
    until: BTreeMap<Name, Duration>,
}

/// Kind, host and port.
type Name = (Kind, String, u16);

impl Outages {
    /// A memory in which an outage counts for so long.
    #[must_use]
    pub const fn new(lasting: Duration) -> Self {
        Self {
            lasting,
            until: BTreeMap::new(),
        }
    }

    /// This proxy could not be reached just now.
    pub fn put_aside(&mut self, proxy: &Proxy, now: Duration) {
        self.until.retain(|_, until| *until > now);
        // Scripts may name any number of proxies; the one that is asked again soonest is no loss.
        if self.until.len() >= MOST
            && let Some(soonest) = self.until.iter().min_by_key(|(_, until)| **until)
        {
            let soonest = soonest.0.clone();
            self.until.remove(&soonest);
        }
        self.until.insert(name(proxy), now.saturating_add(self.lasting));
    }

    /// Whether this proxy stands behind the others of its list.
    #[must_use]
    pub fn is_aside(&self, proxy: &Proxy, now: Duration) -> bool {
        self.until.get(&name(proxy)).is_some_and(|until| *until > now)
    }

    /// The same routes, those through proxies that are put aside last; in their own order otherwise.
    #[must_use]
    pub fn order(&self, choice: Choice, now: Duration) -> Choice {
        if self.until.is_empty() {
            return choice;
        }
        choice.with_last(|route| match route {
            Route::Proxy(proxy) => self.is_aside(proxy, now),
            Route::Direct | Route::Unusable(_) => false,
        })
    }

    /// Forgets all of them: the network may be another one.
    pub fn clear(&mut self) {
        self.until.clear();
    }
}

/// Five minutes.
impl Default for Outages {
    fn default() -> Self {
        Self::new(Duration::from_secs(300))
    }
}

fn name(proxy: &Proxy) -> Name {
    (proxy.kind(), proxy.host().to_string(), proxy.port())
}

/// How many outages are remembered at a time.
const MOST: usize = 256;

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{PacResult, ProxyConfig};

    fn proxy(text: &str) -> Route {
        PacResult::parse(text).into_routes().remove(0)
    }

    fn dead(outages: &mut Outages, text: &str, now: u64) {
        let Route::Proxy(proxy) = proxy(text) else {
            panic!("{text}")
        };
        outages.put_aside(&proxy, Duration::from_secs(now));
    }

    #[test]
    fn who_is_aside_stands_behind_the_others_in_order() {
        let mut outages = Outages::default();
        dead(&mut outages, "PROXY a", 0);
        dead(&mut outages, "PROXY c", 0);
        for (list, expected) in [
            ("a;b;c;d", "b d a c"),
            ("b;d", "b d"),
            ("a", "a"),
            ("c;a", "c a"),
            // Another kind or another port is another proxy.
            ("https://a;a:81;b", "a a:81 b"),
            ("socks5://a;b", "a b"),
        ] {
            let choice = ProxyConfig::direct().with_proxy(list);
            let choice = choice.choose(&Url::parse("http://h.test/").unwrap());
            let ordered = outages.order(choice, Duration::from_secs(1));
            let hosts = ordered.routes().iter().map(|routed| match &routed.route {
                Route::Proxy(proxy) if proxy.port() == 81 => format!("{}:81", proxy.host()),
                Route::Proxy(proxy) => proxy.host().to_string(),
                other => other.to_string(),
            });
            assert_eq!(hosts.collect::<Vec<_>>().join(" "), expected, "{list}");
        }
    }

    #[test]
    fn an_outage_ends_and_begins_anew() {
        let mut outages = Outages::new(Duration::from_secs(10));
        let Route::Proxy(a) = proxy("PROXY a") else { panic!() };
        for (now, put_aside, expected) in [
            (0, true, true),
            (9, false, true),
            (10, false, false),
            (11, true, true),
            (20, false, true),
            (21, false, false),
        ] {
            if put_aside {
                outages.put_aside(&a, Duration::from_secs(now));
            }
            assert_eq!(outages.is_aside(&a, Duration::from_secs(now)), expected, "{now}");
        }
        outages.put_aside(&a, Duration::from_secs(30));
        outages.clear();
        assert!(!outages.is_aside(&a, Duration::from_secs(30)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut outages = Outages::default();
        for number in 0..1000 {
            dead(&mut outages, &format!("PROXY p{number}"), number);
        }
        assert!(outages.until.len() <= MOST);
        let Route::Proxy(last) = proxy("PROXY p999") else {
            panic!()
        };
        assert!(outages.is_aside(&last, Duration::from_secs(999)));
    }
}
