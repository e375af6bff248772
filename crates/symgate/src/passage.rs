//! [`Passage`]: one errand's way through, whatever it is for: the routes of each URL on it, what is shut, and whose
//! password was right (DECISIONS §3 and §4).

use std::sync::Arc;

use symgate_auth::{Credentials, Origin, Refusal, Target};
use symgate_http::{NoRoute, Note, ResponseHead, Route, Routes, origin_of};
use symgate_policy::{Cause, Gate, Given, LatchKey};
use symgate_proxy::{Choice, Route as Chosen, Routed, Userinfo};
use url::Url;

use crate::client::Client;
use crate::routes::{self, Tunnels};

/// What the transport asks on the way, and what follows from what it tells.
pub(crate) struct Passage<'p> {
    client: &'p Client,
    pub(crate) gate: Gate,
    tunnels: Tunnels,
    /// The latched store that a request would have gone to.
    shut: Option<(LatchKey, Cause)>,
    /// Who has the last URL.
    at: Option<Origin>,
    /// The ways to the last URL that are left; the first is taken.
    routes: Routes,
}

impl<'p> Passage<'p> {
    pub(crate) fn new(client: &'p Client, gate: Gate, tunnels: Tunnels) -> Self {
        Self {
            client,
            gate,
            tunnels,
            shut: None,
            at: None,
            routes: Routes::new(),
        }
    }

    /// The routes to the next URL, which is the first one or where a redirect leads.
    pub(crate) fn routes(&mut self, url: &Url, chosen: impl FnOnce(&Choice)) -> Result<Routes, NoRoute> {
        // Redirects lead here too, and so does what was shut since the errand began.
        if let Some((key, cause)) = routes::shut(self.client.session().latches(), url) {
            let reason = format!("{key} is not contacted any more: {cause}");
            self.shut = Some((key, cause));
            return Err(NoRoute {
                refused: Some(Refusal::Latched),
                reason,
            });
        }
        let choice = self.client.settings().proxy.choose(url);
        chosen(&choice);
        self.name_proxies(&choice);
        let routes = routes::usable(choice, self.tunnels, self.client.session().latches(), url)?;
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

    pub(crate) fn note(&mut self, note: &Note) {
        match note {
            Note::Redirected { .. } => self.confirm(),
            Note::RouteFailed { route, .. } => self.routes.retain(|other| other != route),
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

    /// The latched store that ended the errand.
    pub(crate) fn into_shut(self) -> (Gate, Option<(LatchKey, Cause)>) {
        (self.gate, self.shut)
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
