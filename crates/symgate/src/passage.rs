//! [`Passage`]: one errand's way through, whatever it is for: the routes of each URL on it, what is shut, and whose
//! password was right (DECISIONS §3 and §4).

use std::sync::Arc;

use symgate_auth::{Credentials, Origin, Refusal, Target};
use symgate_http::{FailureKind, NoRoute, Note, ResponseHead, Route, Routes, SocksError, origin_of};
use symgate_net::{Cancel, DialError, Late};
use symgate_policy::{Cause, Gate, Given, LatchKey};
use symgate_proxy::{Choice, Route as Chosen, Routed, Userinfo};
use url::Url;

use crate::WayNote;
use crate::client::Client;
use crate::routes::{self, Tunnels};

/// What the transport asks on the way, and what follows from what it tells.
pub(crate) struct Passage<'p> {
    client: &'p Client,
    pub(crate) gate: Gate,
    tunnels: Tunnels,
    cancel: &'p Cancel,
    shut: Option<Shut>,
    /// The ways to the last URL as they were chosen.
    choice: Option<Choice>,
    /// Who has the last URL.
    at: Option<Origin>,
    /// The ways to the last URL that are left; the first is taken.
    routes: Routes,
}

/// What ended an errand because it is not contacted any more.
pub(crate) enum Shut {
    /// The store that a request would have gone to.
    Store(LatchKey, Cause),
    /// The first proxy of a way of which nothing else is left.
    Proxy(Origin),
}

/// What is worth telling while a way is chosen.
pub(crate) enum Told<'t> {
    Chosen(&'t Choice),
    Way(&'t WayNote<'t>),
}

impl<'p> Passage<'p> {
    pub(crate) fn new(client: &'p Client, gate: Gate, tunnels: Tunnels, cancel: &'p Cancel) -> Self {
        Self {
            client,
            gate,
            tunnels,
            cancel,
            shut: None,
            choice: None,
            at: None,
            routes: Routes::new(),
        }
    }

    /// The routes to the next URL, which is the first one or where a redirect leads.
    pub(crate) fn routes(&mut self, url: &Url, told: &mut dyn FnMut(Told<'_>)) -> Result<Routes, NoRoute> {
        let latches = self.client.session().latches();
        // Redirects lead here too, and so does what was shut since the errand began.
        if let Some((key, cause)) = routes::shut(latches, url) {
            let reason = format!("{key} is not contacted any more: {cause}");
            self.shut = Some(Shut::Store(key, cause));
            return Err(NoRoute {
                refused: Some(Refusal::Latched),
                reason,
            });
        }
        let choice = self.client.choose(url, self.cancel, &mut |note| told(Told::Way(note)));
        // What a cancelled choice came to is nobody's way.
        if !self.cancel.is_cancelled() {
            told(Told::Chosen(&choice));
        }
        self.name_proxies(&choice);
        let routes = routes::usable(&choice, self.tunnels, latches, url);
        if routes.is_err() {
            self.shut = routes::latched(&choice, latches).map(Shut::Proxy);
        }
        let routes = routes?;
        self.choice = Some(choice);
        self.at = origin_of(url);
        self.routes.clone_from(&routes);
        Ok(routes)
    }

    /// Whoever may be on the way by the user's own word gets what the user gave for proxies, and what stands in the
    /// setting itself (DECISIONS §3).
    fn name_proxies(&mut self, choice: &Choice) {
        for Routed { route, reason } in choice {
            if let Chosen::Proxy(proxy) = route
                && reason.is_trusted()
            {
                let origin = routes::origin(proxy);
                self.client.name_proxy(origin.clone());
                self.gate.name_proxy(origin, proxy.userinfo().map(given));
            }
        }
    }

    pub(crate) fn head(&mut self, head: &ResponseHead) {
        if shows_success(head.status) {
            self.confirm();
        }
    }

    pub(crate) fn note(&mut self, note: &Note, told: &mut dyn FnMut(Told<'_>)) {
        match note {
            Note::Redirected { .. } => self.confirm(),
            Note::RouteFailed { route, failed, .. } => {
                self.routes.retain(|other| other != route);
                // One that was refused an answer is there all the same, and is shut; and so is one that wants a certificate.
                let latches = self.client.session().latches();
                let is_shut = |proxy: &Origin| latches.cause(&LatchKey::proxy(proxy.clone())).is_some();
                let wants_certificate = matches!(failed, Some((_, FailureKind::ClientCertificate)));
                if !wants_certificate && !route.proxy().is_some_and(is_shut) {
                    self.put_aside(route, told);
                }
            }
            Note::Tunnelled { hop, .. } => self.gate.confirm(hop.target, &hop.origin),
            _ => {}
        }
    }

    /// The proxy that forwards the request, rather than opening a tunnel.
    pub(crate) fn through(&self) -> Option<Origin> {
        match self.routes.first()? {
            Route::Forward(proxy) => Some(proxy.clone()),
            _ => None,
        }
    }

    /// The errand failed on its last way: its proxy may be why.
    pub(crate) fn failed(&self, error: &symgate_net::Error, told: &mut dyn FnMut(Told<'_>)) {
        if let symgate_net::Error::Http(error) = error
            && error.hop().is_some_and(|hop| hop.target == Target::Proxy)
            && is_outage(error)
            && let Some(route) = self.routes.first()
        {
            self.put_aside(route, told);
        }
    }

    /// What ended the errand, if it was shut.
    pub(crate) fn into_shut(self) -> (Gate, Option<Shut>) {
        (self.gate, self.shut)
    }

    /// Has the proxy of a route stand behind others for a while, whoever chooses.
    fn put_aside(&self, route: &Route, told: &mut dyn FnMut(Told<'_>)) {
        let chosen = self.choice.iter().flatten().find_map(|routed| match &routed.route {
            Chosen::Proxy(proxy) if routes::is_through(route, proxy) => Some(proxy),
            _ => None,
        });
        if let Some(proxy) = chosen {
            self.client.ways().put_aside(proxy, &mut |note| told(Told::Way(note)));
        }
    }

    /// The server, and a proxy that forwards, gave what was asked for: their passwords were right.
    fn confirm(&mut self) {
        if let Some(origin) = &self.at {
            self.gate.confirm(Target::Origin, origin);
        }
        if let Some(proxy) = self.through() {
            self.gate.confirm(Target::Proxy, &proxy);
        }
    }
}

/// Whether a proxy that failed in this way cannot be reached, or is none: another one may serve. What it says itself,
/// of us or of the server, is no outage.
fn is_outage(error: &symgate_http::Error) -> bool {
    match error {
        symgate_http::Error::Failed { failure, .. } => match failure.kind {
            FailureKind::Connect | FailureKind::Resolve | FailureKind::TlsCertificate | FailureKind::TlsHandshake => {
                true
            }
            // Not one that is waited for behind the proxy.
            FailureKind::Timeout => {
                failure.source.is::<DialError>() || failure.source.downcast_ref() == Some(&Late::Tls)
            }
            _ => false,
        },
        symgate_http::Error::Socks { source, .. } => matches!(
            source,
            SocksError::MalformedReply | SocksError::NotSocks | SocksError::UnofferedMethod(_)
        ),
        _ => false,
    }
}

/// A login that stands in a proxy's value.
fn given(userinfo: &Userinfo) -> Given {
    let user = userinfo.expose_user();
    match userinfo.expose_password() {
        Some(password) => Given::Credentials(Arc::new(Credentials::password(user, password))),
        None => Given::Name(user.to_owned()),
    }
}

/// Whether nobody gives this answer to those whom he does not let in. 403 and 5xx say nothing of a password, and 203 is
/// a page for logging in.
const fn shows_success(status: u16) -> bool {
    matches!(status, 200..=202 | 204..=399 | 404 | 410)
}

#[cfg(test)]
mod tests {
    use std::io;

    use symgate_auth::UriScheme;
    use symgate_http::{Error, Failure, Hop};

    use super::*;

    fn hop() -> Hop {
        Hop {
            target: Target::Proxy,
            origin: Origin::new(UriScheme::Http, "p", 80),
        }
    }

    #[test]
    fn a_proxy_is_out_when_it_is_not_there_and_not_when_it_says_no() {
        let timeout = || io::Error::from(io::ErrorKind::TimedOut);
        let failed = |kind, source: Box<dyn std::error::Error + Send + Sync>| Error::Failed {
            hop: hop(),
            failure: Failure::new(kind, source),
        };
        let socks = |source| Error::Socks {
            hop: hop(),
            authority: "h:443".into(),
            source,
        };
        for (error, expected) in [
            (failed(FailureKind::Connect, timeout().into()), true),
            (failed(FailureKind::Resolve, DialError::NoAddress.into()), true),
            (failed(FailureKind::TlsHandshake, timeout().into()), true),
            (failed(FailureKind::TlsCertificate, timeout().into()), true),
            (failed(FailureKind::Timeout, DialError::ResolveTimeout.into()), true),
            (failed(FailureKind::Timeout, Late::Tls.into()), true),
            // What is waited for may be behind it.
            (failed(FailureKind::Timeout, Late::Read.into()), false),
            (failed(FailureKind::Read, timeout().into()), false),
            (failed(FailureKind::ClientCertificate, timeout().into()), false),
            (socks(SocksError::NotSocks), true),
            (socks(SocksError::MalformedReply), true),
            (socks(SocksError::NotAllowed), false),
            (socks(SocksError::HostUnreachable), false),
        ] {
            assert_eq!(is_outage(&error), expected, "{error:?}");
        }
    }
}
