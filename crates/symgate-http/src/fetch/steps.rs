//! What a [`Fetch`] does between two inputs: routes, tunnels, exchanges, redirects, and the ways to end.

use std::mem;

use symgate_auth::{AuthSession, Channel, Identity, Origin, Pinning, Refusal, Target, UriScheme};

use super::{Current, Fetch, Interrupted, Plan, Purpose, Queued, Release, State, Stream};
use crate::error::{Error, FailureKind, LimitError, Misuse, PeerError};
use crate::exchange::{Age, Exchange, Plan as ExchangePlan, Side, Told};
use crate::fetch::Action;
use crate::fetch::clock::Waiting;
use crate::field::Fields;
use crate::head::{Method, RequestHead, Version};
use crate::note::Note;
use crate::redirect::location;
use crate::route::{Endpoint, Hop, NoRoute, Parked, PoolKey, Reuse, Route};
use crate::socks::{Socks, SocksPlan};
use crate::target::{absolute_form, host_field, origin_form, origin_of, shown};
use crate::tunnel::Tunnel;

impl Fetch {
    /// Turns to the next route, or ends with the most telling error of those that failed.
    pub(super) fn next_route(&mut self) {
        let Some(route) = self.routes.pop_front() else {
            let nowhere = || Error::NoRoute {
                url: self.origin.to_string(),
                reason: NoRoute {
                    refused: None,
                    reason: "the list of routes is empty".into(),
                },
            };
            self.state = State::Failing(self.worst.take().unwrap_or_else(nowhere));
            return;
        };
        let hop = match route.proxy() {
            Some(proxy) => Hop {
                target: Target::Proxy,
                origin: proxy.clone(),
            },
            None => self.origin_hop(),
        };
        let origin = far_end(&route, &self.origin, &Identity::Anonymous);
        // The identities are those of the moment in which a stream is asked for.
        let key = PoolKey {
            route,
            origin,
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
        };
        self.endpoint = Endpoint {
            hop,
            key,
            reuse: Reuse::Allowed,
        };
        self.opens = 1;
        self.interrupted = Interrupted::default();
        self.state = State::Open;
    }

    /// As whom a stream is wanted: an errand that waited for a place may have been overtaken by one that learned it, and
    /// would pass by the stream that was opened for it.
    pub(super) fn renew_identities(&mut self) {
        let is_home = self.is_home();
        let key = &mut self.endpoint.key;
        let proxy = key.route.proxy();
        key.proxy_identity = proxy.map_or(Identity::Anonymous, |proxy| {
            self.authenticator.peers().identity(Target::Proxy, proxy)
        });
        key.origin_identity = if is_home {
            self.authenticator.peers().bound_identity(Target::Origin, &self.origin)
        } else {
            Identity::Anonymous
        };
        key.origin = far_end(&key.route, &self.origin, &key.origin_identity);
    }

    /// The first hop speaks, over TLS where it should.
    pub(super) fn proxy_reached(&mut self) -> Result<(), Error> {
        match &self.endpoint.key.route {
            Route::Direct if self.origin.scheme() == UriScheme::Https => {
                self.state = State::OriginTls { early: Vec::new() };
                Ok(())
            }
            Route::Direct | Route::Forward(_) => self.origin_reached(),
            Route::Socks5(proxy) => {
                let channel = self.stream.proxy_channel.clone();
                if let Some(mut socks) = self.interrupted.socks.take() {
                    let reopened = socks.reopened(&channel);
                    self.state = State::Socks(socks);
                    return reopened;
                }
                let authenticator = self.authenticator.clone();
                let socks = Socks::new(proxy, &self.origin, channel, authenticator, &self.limits)?;
                self.state = State::Socks(Box::new(socks));
                Ok(())
            }
            Route::Tunnel(proxy) => {
                let channel = self.stream.proxy_channel.clone();
                let tunnel = if let Some(mut tunnel) = self.interrupted.tunnel.take() {
                    let reopened = tunnel.reopened(&channel);
                    self.state = State::Tunnel(tunnel);
                    return reopened;
                } else {
                    Box::new(Tunnel::new(
                        proxy,
                        &self.origin,
                        &self.fields,
                        channel,
                        self.authenticator.clone(),
                        &self.limits,
                    ))
                };
                self.state = State::Tunnel(tunnel);
                Ok(())
            }
        }
    }

    pub(super) fn tunnel_opened(&mut self) -> Result<(), Error> {
        let State::Tunnel(tunnel) = &self.state else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        let early = tunnel.leftovers().to_vec();
        self.stream.proxy_identity = tunnel.identity();
        let authority = tunnel.authority().to_owned();
        self.passed_proxy(early, authority)
    }

    pub(super) fn socks_opened(&mut self) -> Result<(), Error> {
        let State::Socks(socks) = &self.state else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        let early = socks.leftovers().to_vec();
        self.stream.proxy_identity = socks.identity();
        let authority = socks.authority().to_owned();
        self.passed_proxy(early, authority)
    }

    /// The proxy has connected us to the origin, which said `early` already.
    fn passed_proxy(&mut self, early: Vec<u8>, authority: String) -> Result<(), Error> {
        self.queue.push_back(Queued::Note(Note::Tunnelled {
            hop: self.endpoint.hop.clone(),
            authority,
        }));
        if self.origin.scheme() == UriScheme::Https {
            self.state = State::OriginTls { early };
            return Ok(());
        }
        // Clear text through a tunnel: what comes before the request would be taken for its answer.
        if early.is_empty() {
            self.origin_reached()
        } else {
            Err(Error::Peer {
                hop: self.origin_hop(),
                source: PeerError::EarlyBytes,
            })
        }
    }

    /// The way to whoever answers the request is open.
    pub(super) fn origin_reached(&mut self) -> Result<(), Error> {
        if self.purpose == Purpose::Open {
            self.release(Keep::Yes);
            self.state = State::Done;
            return Ok(());
        }
        let Stream {
            proxy_channel,
            origin_channel,
            ..
        } = self.stream.clone();
        if let Some(mut exchange) = self.interrupted.exchange.take() {
            let reopened = exchange.reopened(&proxy_channel, &origin_channel);
            self.state = State::Exchange(exchange);
            return reopened;
        }
        self.state = State::Exchange(Box::new(self.exchange(proxy_channel, origin_channel)));
        Ok(())
    }

    /// Whether the errand is where its own request leads, and not where a redirect does: only there may it show by itself
    /// what was accepted before.
    fn is_home(&self) -> bool {
        self.home.as_ref() == Some(&self.origin)
    }

    pub(super) fn origin_hop(&self) -> Hop {
        Hop {
            target: Target::Origin,
            origin: self.origin.clone(),
        }
    }

    fn exchange(&self, proxy_channel: Channel, origin_channel: Channel) -> Exchange {
        let url = &self.url;
        let origin_hop = self.origin_hop();
        let side = |hop: &Hop, path: &str, channel, bound: &Identity| {
            let authenticator = self.authenticator.clone();
            let mut session = AuthSession::new(hop.target, hop.origin.clone(), path, authenticator, self.limits.auth);
            session.handle_reused(bound);
            if hop.target == Target::Origin && !self.is_home() {
                session = session.as_stranger();
            }
            if hop.target == Target::Origin && matches!(self.endpoint.key.route, Route::Forward(_)) {
                session.handle_pinning(Pinning::Shared);
            }
            Side {
                session,
                hop: hop.clone(),
                channel,
                told: Told::default(),
            }
        };
        let (target, hop, proxy) = match &self.endpoint.key.route {
            Route::Forward(proxy) => {
                let hop = Hop {
                    target: Target::Proxy,
                    origin: proxy.clone(),
                };
                let proxy = side(&hop, "", proxy_channel, &self.stream.proxy_identity);
                (absolute_form(url), hop, Some(proxy))
            }
            Route::Direct | Route::Socks5(_) | Route::Tunnel(_) => (origin_form(url), origin_hop.clone(), None),
        };
        let origin = side(&origin_hop, url.path(), origin_channel, &self.stream.origin_identity);
        let mut fields = Fields::new();
        fields.push("Host", host_field(url));
        for field in self.fields.iter().filter(|field| !is_own(field.name())) {
            fields.push(field.name(), field.value());
        }
        if fields.value("accept-encoding").is_none() {
            fields.push("Accept-Encoding", "identity");
        }
        let request = RequestHead {
            method: Method::Get,
            target,
            version: Version::Http11,
            fields,
        };
        Exchange::new(request, hop, proxy, Some(origin), self.stream.age, &self.limits)
    }

    /// An answer's head is there: follow it, or hand it to the caller.
    pub(super) fn answered(&mut self) -> Result<Option<Plan>, Error> {
        let origin_hop = self.origin_hop();
        let State::Exchange(exchange) = &mut self.state else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        let Some(head) = exchange.head() else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        let status = head.status;
        // Somebody wants to see the redirect itself.
        if self.may_redirect == 0 {
            exchange.deliver()?;
            return Ok(Some(Plan::Exchange(ExchangePlan::Head)));
        }
        let redirect = location(&self.url, head, self.downgrade);
        let redirect = redirect.map_err(|source| Error::Redirect {
            hop: origin_hop.clone(),
            source,
        })?;
        let Some(to) = redirect else {
            exchange.deliver()?;
            return Ok(Some(Plan::Exchange(ExchangePlan::Head)));
        };
        self.redirects += 1;
        if self.redirects > self.may_redirect {
            return Err(Error::Limit {
                hop: origin_hop,
                source: LimitError::Redirects(self.may_redirect),
            });
        }
        exchange.discard();
        let note = Note::Redirected {
            from: shown(&self.url),
            to: shown(&to),
            status,
        };
        self.queue.push_back(Queued::Note(note));
        // What leads on is kept here until the body is out of the way.
        self.url = to;
        Ok(None)
    }

    /// The answer is complete: the final one, or one that led elsewhere.
    pub(super) fn exchange_ended(&mut self) -> Result<(), Error> {
        let State::Exchange(exchange) = &self.state else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        let keep = if exchange.is_reusable() { Keep::Yes } else { Keep::No };
        self.stream.turns += 1;
        for (target, identity) in [
            (Target::Proxy, &mut self.stream.proxy_identity),
            (Target::Origin, &mut self.stream.origin_identity),
        ] {
            if let Some(side) = exchange.side(target) {
                *identity = side.session.identity();
            }
        }
        let redirected = exchange.is_discarded();
        self.release(keep);
        if !redirected {
            self.state = State::Done;
            return Ok(());
        }
        let Some(origin) = origin_of(&self.url) else {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        };
        self.origin = origin;
        self.state = State::Choose;
        Ok(())
    }

    /// Work goes on with a new stream to the same endpoint.
    pub(super) fn reopen(&mut self) -> Result<(), Error> {
        self.opens += 1;
        if self.opens > self.limits.opens {
            return Err(Error::Limit {
                hop: self.endpoint.hop.clone(),
                source: LimitError::Opens(self.limits.opens),
            });
        }
        match mem::replace(&mut self.state, State::Open) {
            State::Socks(socks) => self.interrupted.socks = Some(socks),
            State::Tunnel(tunnel) => self.interrupted.tunnel = Some(tunnel),
            State::Exchange(exchange) => self.interrupted.exchange = Some(exchange),
            other @ (State::Choose
            | State::Done
            | State::Failing(_)
            | State::Open
            | State::ProxyTls
            | State::Spent
            | State::OriginTls { .. }) => {
                self.state = other;
                return Err(Error::Misuse(Misuse::OutOfTurn));
            }
        }
        self.endpoint.reuse = Reuse::Never;
        Ok(())
    }

    pub(super) fn stream_lost(&mut self) {
        self.release(Keep::No);
    }

    pub(super) fn start_tls(&self, target: Target) -> Action<'_> {
        let host = match target {
            Target::Proxy => self.endpoint.hop.origin.host(),
            Target::Origin => self.origin.host(),
        };
        let early = if let State::OriginTls { early } = &self.state {
            early.as_slice()
        } else {
            &[]
        };
        Action::StartTls { target, host, early }
    }

    /// The exchange that is under way, with a proxy about a tunnel or with whoever answers the request.
    pub(super) fn current_exchange(&mut self) -> Result<&mut Exchange, Error> {
        match &mut self.state {
            State::Tunnel(tunnel) => Ok(tunnel.exchange_mut()),
            State::Exchange(exchange) => Ok(exchange),
            State::Choose
            | State::Done
            | State::Failing(_)
            | State::Open
            | State::ProxyTls
            | State::Socks(_)
            | State::Spent
            | State::OriginTls { .. } => Err(Error::Misuse(Misuse::OutOfTurn)),
        }
    }

    /// The handshake with a SOCKS5 proxy that is under way.
    pub(super) fn current_socks(&mut self) -> Result<&mut Socks, Error> {
        if let State::Socks(socks) = &mut self.state {
            Ok(socks)
        } else {
            Err(Error::Misuse(Misuse::OutOfTurn))
        }
    }

    /// Feeds an input to what is under way.
    pub(super) fn feed(&mut self, input: impl FnOnce(Current<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let current = if matches!(self.state, State::Socks(_)) {
            self.current_socks().map(Current::Socks)
        } else {
            self.current_exchange().map(Current::Exchange)
        };
        let fed = current.and_then(input);
        if let Err(Error::Misuse(_)) = fed {
            return fed;
        }
        self.clock.take();
        fed.or_else(|error| self.fail(error))
    }

    /// Ends the errand with this error, or goes on to the next route where another way may do.
    pub(super) fn fail(&mut self, error: Error) -> Result<(), Error> {
        if let Error::Misuse(_) = error {
            return Err(error);
        }
        // Whatever was interrupted gave answers too, and their fate is to be told.
        let Interrupted {
            socks,
            tunnel,
            exchange,
        } = mem::take(&mut self.interrupted);
        let (mut current_socks, mut current_tunnel, mut current_exchange) = (None, None, None);
        match mem::replace(&mut self.state, State::Spent) {
            State::Socks(socks) => current_socks = Some(socks),
            State::Tunnel(tunnel) => current_tunnel = Some(tunnel),
            State::Exchange(exchange) => current_exchange = Some(exchange),
            State::Choose
            | State::Done
            | State::Failing(_)
            | State::Open
            | State::ProxyTls
            | State::Spent
            | State::OriginTls { .. } => {}
        }
        let another_way = self.may_try_another_route(&error, current_exchange.is_some());
        for mut socks in [socks, current_socks].into_iter().flatten() {
            socks.abandon();
            while let Some((ask, outcome)) = socks.take_report() {
                self.queue.push_back(Queued::Report(ask, outcome));
            }
        }
        for mut tunnel in [tunnel, current_tunnel].into_iter().flatten() {
            self.abandon(tunnel.exchange_mut());
        }
        for mut exchange in [exchange, current_exchange].into_iter().flatten() {
            self.abandon(&mut exchange);
        }
        self.release(Keep::No);
        if self.routes.is_empty() || !another_way {
            let told = match self.worst.take() {
                Some(worst) if another_way && worst.rank() >= error.rank() => worst,
                _ => error,
            };
            self.state = State::Failing(told);
            return Ok(());
        }
        let route = self.endpoint.key.route.clone();
        let failed = if let Error::Failed { hop, failure } = &error {
            Some((hop.clone(), failure.kind))
        } else {
            None
        };
        self.queue.push_back(Queued::Note(Note::RouteFailed {
            route,
            reason: chain(&error),
            failed,
        }));
        if self.worst.as_ref().is_none_or(|worst| worst.rank() < error.rank()) {
            self.worst = Some(error);
        }
        self.next_route();
        Ok(())
    }

    /// Whether the next route of the list is tried: where this one's first hop cannot be passed, or its proxy was
    /// refused an answer, or a certificate, without anybody having been asked. A person's "no" ends the errand; what a proxy or a server
    /// said stands, and so does what is wrong with the origin's certificate, whichever way leads there. `asked`: the
    /// request itself has been sent.
    fn may_try_another_route(&self, error: &Error, asked: bool) -> bool {
        match error {
            // In TLS 1.3 it shows when the request is under way; the proxy has not looked at that.
            Error::Failed { hop, failure } if failure.kind == FailureKind::ClientCertificate => {
                hop.target == Target::Proxy
            }
            Error::Failed { hop, failure } => {
                let tls = matches!(failure.kind, FailureKind::TlsCertificate | FailureKind::TlsHandshake);
                !asked && *hop == self.endpoint.hop && !(tls && hop.target == Target::Origin)
            }
            Error::Auth { hop, source } => {
                let refusal = source.refusal();
                hop.target == Target::Proxy && refusal.is_some_and(|refusal| refusal != Refusal::ByUser)
            }
            Error::Limit { .. }
            | Error::Misuse(_)
            | Error::NoRoute { .. }
            | Error::Peer { .. }
            | Error::Redirect { .. }
            | Error::Socks { .. }
            | Error::Tunnel { .. }
            | Error::Unsupported { .. } => false,
        }
    }

    fn abandon(&mut self, exchange: &mut Exchange) {
        exchange.abandon();
        while let Some((ask, outcome)) = exchange.take_report() {
            self.queue.push_back(Queued::Report(ask, outcome));
        }
    }

    /// Tells the driver what becomes of its stream, if it has one.
    fn release(&mut self, keep: Keep) {
        let stream = mem::replace(&mut self.stream, Stream::none());
        if !stream.there {
            return;
        }
        let Stream {
            proxy_channel,
            origin_channel,
            proxy_identity,
            origin_identity,
            turns,
            ..
        } = stream;
        self.queue.push_back(Queued::Release(match keep {
            Keep::No => Release::Close,
            Keep::Yes => {
                let route = self.endpoint.key.route.clone();
                let key = PoolKey {
                    origin: far_end(&route, &self.origin, &origin_identity),
                    route,
                    proxy_identity,
                    origin_identity,
                };
                Release::Keep(Parked {
                    key,
                    proxy_channel,
                    origin_channel,
                    turns,
                })
            }
        }));
    }
}

impl Plan {
    /// The input that this plan waits for.
    pub(super) const fn waits_for(&self) -> Waiting {
        match self {
            Self::Choose => Waiting::Routes,
            Self::Open => Waiting::Opened,
            Self::StartTls(_) => Waiting::Tls,
            Self::Done | Self::Queued(_) => Waiting::Nothing,
            Self::Socks(plan) => match plan {
                SocksPlan::Authorize => Waiting::Answer,
                SocksPlan::Transmit => Waiting::Sent,
                SocksPlan::Receive { first: true } => Waiting::FirstByte,
                SocksPlan::Receive { first: false } => Waiting::Received,
                SocksPlan::Lost | SocksPlan::Open | SocksPlan::Reopen | SocksPlan::Report(..) => Waiting::Nothing,
            },
            Self::Exchange(plan) => match plan {
                ExchangePlan::Authorize(_) => Waiting::Answer,
                ExchangePlan::Token(_) => Waiting::Token,
                ExchangePlan::Transmit => Waiting::Sent,
                ExchangePlan::Receive { first: true } => Waiting::FirstByte,
                ExchangePlan::Receive { first: false } => Waiting::Received,
                ExchangePlan::Body(_)
                | ExchangePlan::End
                | ExchangePlan::Head
                | ExchangePlan::Lost
                | ExchangePlan::Note(_)
                | ExchangePlan::Reopen
                | ExchangePlan::Report(..)
                | ExchangePlan::Switched => Waiting::Nothing,
            },
        }
    }
}

impl Stream {
    pub(super) fn none() -> Self {
        Self {
            there: false,
            ..Self::fresh()
        }
    }

    pub(super) const fn fresh() -> Self {
        Self {
            there: true,
            proxy_channel: Channel::CLEARTEXT,
            origin_channel: Channel::CLEARTEXT,
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
            turns: 0,
            age: Age::Fresh,
        }
    }
}

/// The origin that a stream leads to. A forwarding proxy serves any on one stream, until a server has authenticated that
/// stream: then it is kept for this server.
fn far_end(route: &Route, origin: &Origin, identity: &Identity) -> Option<Origin> {
    match route {
        Route::Forward(_) if identity.is_anonymous() => None,
        Route::Direct | Route::Forward(_) | Route::Socks5(_) | Route::Tunnel(_) => Some(origin.clone()),
    }
}

/// An error with its causes, in one line.
fn chain(error: &Error) -> String {
    let mut line = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// What is to become of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keep {
    No,
    Yes,
}

/// Whether a field belongs to the machine: a caller's own would contradict the framing, or carry a credential past the
/// sessions that decide who gets one.
fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| name.eq_ignore_ascii_case(own))
}

const OWN: [&str; 9] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
];
