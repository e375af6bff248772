//! Which routes lead to a URL: the choice of symgate-proxy in the words of symgate-http, without what is latched.

use symgate_auth::{Origin, Refusal, UriScheme};
use symgate_http::{NoRoute, Route, Routes, origin_of};
use symgate_policy::{Cause, LatchKey, Latches};
use symgate_proxy::{Choice, Kind, Proxy, Route as Chosen};
use url::Url;

/// The proxy as the transport names it: a SOCKS5 proxy by its host and port, spoken to in clear text.
pub(crate) fn origin(proxy: &Proxy) -> Origin {
    let scheme = match proxy.kind() {
        Kind::Http | Kind::Socks5 => UriScheme::Http,
        Kind::Https => UriScheme::Https,
    };
    Origin::new(scheme, &proxy.host().to_string(), proxy.port())
}

/// For which URLs an HTTP proxy is asked for a tunnel (CONNECT).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tunnels {
    /// For all: the proxy sees no more than whither, also where it would forward the request.
    ForAll,
    /// For those in https; others are forwarded.
    #[default]
    ForHttps,
}

/// The routes of a choice to try, in order.
pub(crate) fn usable(choice: &Choice, tunnels: Tunnels, latches: &Latches, url: &Url) -> Result<Routes, NoRoute> {
    let mut routes = Routes::new();
    let mut refused = None;
    let mut reasons = Vec::new();
    let scheme = if url.scheme() == "https" {
        UriScheme::Https
    } else {
        UriScheme::Http
    };
    for routed in choice {
        match &routed.route {
            Chosen::Direct => routes.push(Route::Direct),
            Chosen::Proxy(chosen) => {
                let proxy = origin(chosen);
                match latches.cause(&LatchKey::proxy(proxy.clone())) {
                    None => routes.push(match chosen.kind() {
                        Kind::Http | Kind::Https => match tunnels {
                            Tunnels::ForAll => Route::Tunnel(proxy),
                            Tunnels::ForHttps => Route::through(proxy, scheme),
                        },
                        Kind::Socks5 => Route::Socks5(proxy),
                    }),
                    Some(cause) => {
                        refused = Some(Refusal::Latched);
                        reasons.push(format!(
                            "proxy `{}` is not contacted any more: {cause}",
                            proxy.authority()
                        ));
                    }
                }
            }
            Chosen::Unusable(why) => reasons.push(why.to_string()),
        }
    }
    if routes.is_empty() {
        Err(NoRoute {
            refused,
            reason: reasons.join("; "),
        })
    } else {
        Ok(routes)
    }
}

/// The latched store that holds `url`, whoever names it: a path, a pointer or a redirect (DECISIONS §4).
pub(crate) fn shut(latches: &Latches, url: &Url) -> Option<(LatchKey, Cause)> {
    latches.covering(&origin_of(url)?, url.path())
}

/// Whether a route of the transport leads through this proxy.
pub(crate) fn is_through(route: &Route, proxy: &Proxy) -> bool {
    let is_socks = matches!(route, Route::Socks5(_));
    is_socks == (proxy.kind() == Kind::Socks5) && route.proxy().is_some_and(|other| *other == origin(proxy))
}

/// The first proxy of a choice that is latched.
pub(crate) fn latched(choice: &Choice, latches: &Latches) -> Option<Origin> {
    let mut proxies = choice.routes().iter().filter_map(|routed| match &routed.route {
        Chosen::Proxy(proxy) => Some(origin(proxy)),
        Chosen::Direct | Chosen::Unusable(_) => None,
    });
    proxies.find(|proxy| latches.cause(&LatchKey::proxy(proxy.clone())).is_some())
}

#[cfg(test)]
mod tests {
    use symgate_proxy::ProxyConfig;

    use super::*;

    fn check(value: &str, latched: &[&str], url: &str, expected: Result<&str, Option<Refusal>>) {
        let latches = Latches::default();
        for host in latched {
            latches.latch(LatchKey::proxy(Origin::new(UriScheme::Http, host, 80)), Cause::Rejected);
        }
        let config = ProxyConfig::direct().with_proxy(value);
        let url = Url::parse(url).unwrap();
        let found = usable(&config.choose(&url), Tunnels::ForHttps, &latches, &url);
        let found = found.map(|routes| {
            routes
                .iter()
                .map(|route| format!("{route:?}"))
                .collect::<Vec<_>>()
                .join(" ")
        });
        assert_eq!(
            found.map_err(|none| none.refused),
            expected.map(str::to_owned),
            "{value} {latched:?} {url}"
        );
    }

    #[test]
    fn https_is_tunnelled_and_http_forwarded() {
        check("p", &[], "https://h/", Ok("Tunnel(Origin(http://p))"));
        check("p", &[], "http://h/", Ok("Forward(Origin(http://p))"));
        check("https://p", &[], "http://h/", Ok("Forward(Origin(https://p))"));
        check("none", &[], "http://h/", Ok("Direct"));
    }

    #[test]
    fn a_socks5_proxy_serves_both() {
        for url in ["http://h/", "https://h/"] {
            check("socks5://p:80", &[], url, Ok("Socks5(Origin(http://p))"));
            check("socks5://p:80", &["p"], url, Err(Some(Refusal::Latched)));
        }
    }

    #[test]
    fn latched_proxies_are_left_out() {
        check("p;q", &["p"], "http://h/", Ok("Forward(Origin(http://q))"));
        check("p;q", &["p", "q"], "http://h/", Err(Some(Refusal::Latched)));
    }

    #[test]
    fn what_cannot_be_used_is_never_silently_direct() {
        check("http://", &[], "http://h/", Err(None));
    }
}
