//! [`Fetch`]: one errand. It asks for the routes of each hop, opens the tunnel, answers challenges, follows redirects,
//! and never sees a socket.
//!
//! ```text
//!   Choose ▶ Open ─▶ ProxyTls ─▶ Tunnel ─▶ OriginTls ─▶ Exchange ─▶ Release ─▶ Done
//!     ▲       ▲                  or Socks                    │  │
//!     │       │         (each only where the route has it)   │  │
//!     │       ├──── next route, or a new stream ◀────────────┤  │
//!     └───────┴──── redirect ◀────────────────────────────────┘
//! ```
#![warn(clippy::wildcard_enum_match_arm)]

mod action;
mod clock;
mod current;
mod steps;

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use symgate_auth::mechanism::TokenError;
use symgate_auth::{Answer, Ask, Authenticator, Channel, Identity, Origin, Outcome, Secret, Target, UriScheme};
use url::Url;

use crate::error::{Error, Failure, Misuse};
use crate::exchange::{Age, Exchange, Plan as ExchangePlan};
use crate::field::Fields;
use crate::limits::{Deadlines, Limits};
use crate::note::Note;
use crate::redirect::Downgrade;
use crate::route::{Endpoint, Hop, NoRoute, Parked, PoolKey, Reuse, Route, Routes};
use crate::socks::{Socks, SocksPlan};
use crate::target::{origin_of, shown};
use crate::tunnel::{Tunnel, TunnelPlan};
use clock::{Clock, Waiting};
use current::Current;

pub use action::{Action, Eof, Now, Opened, Release};

/// One GET, from the URL to the last byte of the final answer.
///
/// *Feed one input, then poll until you are told to wait.* A refused input is [`Error::Misuse`] and changes nothing; an
/// error from [`poll`](Self::poll) is the end.
#[derive(Debug)]
pub struct Fetch {
    url: Url,
    origin: Origin,
    /// The origin at which what was accepted before is volunteered: the request's own, unless it is a stranger's.
    home: Option<Origin>,
    purpose: Purpose,
    fields: Fields,
    downgrade: Downgrade,
    authenticator: Authenticator,
    limits: Limits,
    clock: Clock,
    redirects: u32,
    /// Redirects that are followed.
    may_redirect: u32,
    /// Routes that were not tried yet.
    routes: VecDeque<Route>,
    /// The most telling error of the routes that failed.
    worst: Option<Error>,
    opens: u32,
    endpoint: Endpoint,
    stream: Stream,
    /// Work that a lost stream interrupted and that goes on with the next one.
    interrupted: Interrupted,
    queue: VecDeque<Queued>,
    state: State,
}

/// What is fetched and how.
#[derive(Clone, Debug)]
pub struct Request {
    url: Url,
    fields: Fields,
    downgrade: Downgrade,
    /// `None`: as many as the limits let.
    redirects: Option<u32>,
    standing: Standing,
}

/// Whether what the origin accepted before may be volunteered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    Known,
    Stranger,
}

/// What an errand is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// The answer to a GET.
    Get,
    /// A stream that is kept for the next errand.
    Open,
}

#[derive(Debug)]
enum State {
    Choose,
    Open,
    ProxyTls,
    Socks(Box<Socks>),
    Tunnel(Box<Tunnel>),
    OriginTls { early: Vec<u8> },
    Exchange(Box<Exchange>),
    Done,
    Failing(Error),
    Spent,
}

/// What the driver holds for us, as far as we know.
#[derive(Clone, Debug)]
struct Stream {
    there: bool,
    proxy_channel: Channel,
    origin_channel: Channel,
    proxy_identity: Identity,
    origin_identity: Identity,
    turns: u32,
    age: Age,
}

#[derive(Debug, Default)]
struct Interrupted {
    socks: Option<Box<Socks>>,
    tunnel: Option<Box<Tunnel>>,
    exchange: Option<Box<Exchange>>,
}

/// What is to be told before the state goes on.
#[derive(Debug)]
enum Queued {
    Note(Note),
    Release(Release),
    Report(Ask, Outcome),
}

/// What there is to do, before anything is borrowed.
enum Plan {
    Choose,
    Done,
    Exchange(ExchangePlan),
    Open,
    Queued(Queued),
    Socks(SocksPlan),
    StartTls(Target),
}

impl Request {
    /// A GET of this URL; its userinfo and fragment are left out.
    ///
    /// `Host`, `Accept-Encoding: identity` and, where asked for, authorization are added by the machine.
    ///
    /// ```
    /// use symgate_http::Request;
    ///
    /// let request = Request::get("https://symbols.example/a.pdb".parse()?).with_field("User-Agent", "example/1.0");
    /// assert_eq!(request.url().path(), "/a.pdb");
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[must_use]
    pub fn get(mut url: Url) -> Self {
        // Both fail only for URLs without a host, which `Fetch::new` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Self {
            url,
            fields: Fields::new(),
            downgrade: Downgrade::default(),
            redirects: None,
            standing: Standing::Known,
        }
    }

    /// The same, to an origin that somebody else named, such as a pointer file: nothing that it accepted before is
    /// volunteered, as it is never after a redirect to another origin.
    #[must_use]
    pub const fn as_stranger(mut self) -> Self {
        self.standing = Standing::Stranger;
        self
    }

    /// The same with one more field.
    ///
    /// Fields that the machine sets itself (`Host`, framing, connection and authorization fields, `Cookie`) are not
    /// sent: credentials go through [`Action::Authorize`], which knows who may have them.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push(name, value);
        self
    }

    /// The same with another answer to redirects from `https` to `http`.
    #[must_use]
    pub const fn with_downgrade(mut self, downgrade: Downgrade) -> Self {
        self.downgrade = downgrade;
        self
    }

    /// The same with so many redirects at most, in place of [`Limits::redirects`](crate::Limits::redirects). With none
    /// the redirect itself is the answer; with some, one more than that is an error.
    #[must_use]
    pub const fn with_redirects(mut self, count: u32) -> Self {
        self.redirects = Some(count);
        self
    }

    /// What is fetched.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }
}

impl Fetch {
    /// An errand that fetches.
    ///
    /// `authenticator` is what the errands of one client share.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a URL that is neither `http` nor `https`.
    pub fn new(
        request: Request,
        authenticator: Authenticator,
        limits: Limits,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        Self::with_purpose(Purpose::Get, request, authenticator, limits, deadlines)
    }

    /// An errand that only opens the way to the request's origin, and ends in [`Release::Keep`].
    ///
    /// # Errors
    ///
    /// See [`new`](Self::new).
    pub fn connect(
        request: Request,
        authenticator: Authenticator,
        limits: Limits,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        Self::with_purpose(Purpose::Open, request, authenticator, limits, deadlines)
    }

    fn with_purpose(
        purpose: Purpose,
        request: Request,
        authenticator: Authenticator,
        limits: Limits,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        let Request {
            url,
            fields,
            downgrade,
            redirects,
            standing,
        } = request;
        let Some(origin) = origin_of(&url) else {
            let reason = "only `http` and `https` URLs can be fetched";
            return Err(Error::Unsupported {
                url: shown(&url),
                reason,
            });
        };
        let hop = Hop {
            target: Target::Origin,
            origin: origin.clone(),
        };
        let key = PoolKey {
            route: Route::Direct,
            origin: Some(origin.clone()),
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
        };
        Ok(Self {
            url,
            home: (standing == Standing::Known).then(|| origin.clone()),
            origin,
            purpose,
            fields,
            downgrade,
            authenticator,
            may_redirect: redirects.unwrap_or(limits.redirects),
            limits,
            clock: Clock::new(deadlines),
            redirects: 0,
            routes: VecDeque::new(),
            worst: None,
            opens: 0,
            endpoint: Endpoint {
                hop,
                key,
                reuse: Reuse::Allowed,
            },
            stream: Stream::none(),
            interrupted: Interrupted::default(),
            queue: VecDeque::new(),
            state: State::Choose,
        })
    }

    /// The next action. Polled again while it waits, it says the same again; only the identities of
    /// [`Action::Open`] follow what other errands learn meanwhile.
    ///
    /// # Errors
    ///
    /// The errand's end without an answer; the machine is spent afterwards.
    pub fn poll(&mut self, now: Now) -> Result<Action<'_>, Error> {
        self.clock.tick(now);
        let plan = match self.plan() {
            Ok(plan) => plan,
            Err(error) => {
                self.state = State::Spent;
                return Err(error);
            }
        };
        self.clock.wait_for(plan.waits_for());
        match plan {
            Plan::Choose => Ok(Action::Choose(&self.url)),
            Plan::Open => {
                self.renew_identities();
                Ok(Action::Open(&self.endpoint))
            }
            Plan::StartTls(target) => Ok(self.start_tls(target)),
            Plan::Queued(Queued::Note(note)) => Ok(Action::Note(note)),
            Plan::Queued(Queued::Report(ask, outcome)) => Ok(Action::Report(ask, outcome)),
            Plan::Queued(Queued::Release(release)) => Ok(Action::Release(release)),
            Plan::Done => Ok(Action::Done),
            Plan::Exchange(plan) => self.current_exchange()?.action(plan),
            Plan::Socks(plan) => self.current_socks()?.action(plan),
        }
    }

    /// When waiting for the current input becomes an error, on the clock of [`Now::monotonic`]; a driver that waited
    /// so long answers with [`handle_failed`](Self::handle_failed) and
    /// [`FailureKind::Timeout`](crate::FailureKind::Timeout).
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.clock.deadline()
    }

    /// The answer to [`Action::Choose`].
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] out of turn, here and below; what goes wrong with a peer shows in [`poll`](Self::poll).
    /// [`Misuse::ForwardHttps`] for a route that would send a request for an `https` URL in clear text.
    pub fn handle_routes(&mut self, routes: Result<Routes, NoRoute>) -> Result<(), Error> {
        self.clock.check(Waiting::Routes)?;
        let https = self.origin.scheme() == UriScheme::Https;
        let mut offered = routes.iter().flatten();
        if https && offered.any(|route| matches!(route, Route::Forward(_))) {
            return Err(Error::Misuse(Misuse::ForwardHttps));
        }
        self.clock.take();
        match routes {
            Ok(routes) => {
                self.routes = routes.into();
                self.worst = None;
                self.next_route();
            }
            Err(reason) => {
                self.state = State::Failing(Error::NoRoute {
                    url: self.origin.to_string(),
                    reason,
                });
            }
        }
        Ok(())
    }

    /// The answer to [`Action::Open`].
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes); a kept stream that does not fit the endpoint is refused too.
    pub fn handle_opened(&mut self, opened: Opened) -> Result<(), Error> {
        if let Opened::Reused(parked) = &opened
            && (parked.key != self.endpoint.key || self.endpoint.reuse == Reuse::Never)
        {
            return Err(Error::Misuse(Misuse::OutOfTurn));
        }
        self.clock.check(Waiting::Opened)?;
        self.clock.take();
        match opened {
            Opened::Fresh => {
                self.stream = Stream::fresh();
                let proxy = self.endpoint.key.route.proxy();
                if proxy.is_some_and(|proxy| proxy.scheme() == UriScheme::Https) {
                    self.state = State::ProxyTls;
                    return Ok(());
                }
                self.proxy_reached()
            }
            Opened::Reused(Parked {
                key,
                proxy_channel,
                origin_channel,
                turns,
            }) => {
                self.stream = Stream {
                    there: true,
                    proxy_channel,
                    origin_channel,
                    proxy_identity: key.proxy_identity,
                    origin_identity: key.origin_identity,
                    turns,
                    age: Age::Aged,
                };
                self.origin_reached()
            }
        }
        .or_else(|error| self.fail(error))
    }

    /// The answer to [`Action::StartTls`].
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_tls(&mut self, channel: Channel) -> Result<(), Error> {
        self.clock.check(Waiting::Tls)?;
        self.clock.take();
        let reached = if matches!(self.state, State::ProxyTls) {
            self.stream.proxy_channel = channel;
            self.proxy_reached()
        } else {
            self.stream.origin_channel = channel;
            self.origin_reached()
        };
        reached.or_else(|error| self.fail(error))
    }

    /// The answer to [`Action::Transmit`].
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_sent(&mut self) -> Result<(), Error> {
        self.clock.check(Waiting::Sent)?;
        self.feed(|current| current.handle_sent())
    }

    /// One answer to [`Action::Receive`]: the first `read` bytes of its buffer were filled; more than none.
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_received(&mut self, read: usize) -> Result<(), Error> {
        self.clock.check(Waiting::Received)?;
        self.feed(|current| current.handle_received(read))
    }

    /// One answer to [`Action::Receive`]: the stream ended.
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_eof(&mut self, eof: Eof) -> Result<(), Error> {
        self.clock.check(Waiting::Received)?;
        self.clock.take();
        match &mut self.state {
            State::Socks(socks) => socks.handle_eof(eof),
            State::Tunnel(tunnel) => tunnel.handle_eof(eof),
            State::Exchange(exchange) => exchange.handle_eof(eof),
            State::Choose
            | State::Done
            | State::Failing(_)
            | State::Open
            | State::OriginTls { .. }
            | State::ProxyTls
            | State::Spent => Err(Error::Misuse(Misuse::OutOfTurn)),
        }
        .or_else(|error| self.fail(error))
    }

    /// The world said no to [`Action::Open`], [`Action::StartTls`], [`Action::Transmit`] or [`Action::Receive`], or the
    /// [`deadline`](Self::deadline) of whatever is waited for has passed. Only a person's answer has none.
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_failed(&mut self, failure: Failure) -> Result<(), Error> {
        self.clock.check_failure()?;
        self.clock.take();
        match &mut self.state {
            State::Socks(socks) => socks.handle_failed(failure),
            State::Tunnel(tunnel) => tunnel.handle_failed(failure),
            State::Exchange(exchange) => exchange.handle_failed(failure),
            State::Choose | State::OriginTls { .. } => {
                let hop = self.origin_hop();
                Err(Error::Failed { hop, failure })
            }
            State::Done | State::Failing(_) | State::Open | State::ProxyTls | State::Spent => Err(Error::Failed {
                hop: self.endpoint.hop.clone(),
                failure,
            }),
        }
        .or_else(|error| self.fail(error))
    }

    /// The answer to [`Action::Authorize`].
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_answer(&mut self, answer: Answer) -> Result<(), Error> {
        self.clock.check(Waiting::Answer)?;
        self.feed(|current| current.handle_answer(answer))
    }

    /// The answer to [`Action::Token`].
    ///
    /// # Errors
    ///
    /// See [`handle_routes`](Self::handle_routes).
    pub fn handle_token(&mut self, token: Result<Secret, TokenError>) -> Result<(), Error> {
        self.clock.check(Waiting::Token)?;
        self.feed(|current| current.handle_token(token))
    }

    fn plan(&mut self) -> Result<Plan, Error> {
        loop {
            if let Some(queued) = self.queue.pop_front() {
                return Ok(Plan::Queued(queued));
            }
            let wall = self.clock.wall();
            let step = match &mut self.state {
                State::Choose => return Ok(Plan::Choose),
                State::Open => return Ok(Plan::Open),
                State::ProxyTls => return Ok(Plan::StartTls(Target::Proxy)),
                State::OriginTls { .. } => return Ok(Plan::StartTls(Target::Origin)),
                State::Done => return Ok(Plan::Done),
                State::Failing(_) => {
                    let State::Failing(error) = mem::replace(&mut self.state, State::Spent) else {
                        return Err(Error::Misuse(Misuse::Spent));
                    };
                    return Err(error);
                }
                State::Spent => return Err(Error::Misuse(Misuse::Spent)),
                State::Tunnel(tunnel) => match tunnel.plan(wall) {
                    Ok(TunnelPlan::Exchange(plan)) => return Ok(Plan::Exchange(plan)),
                    Ok(TunnelPlan::Lost) => {
                        self.stream_lost();
                        Ok(())
                    }
                    Ok(TunnelPlan::Open) => self.tunnel_opened(),
                    Ok(TunnelPlan::Reopen) => self.reopen(),
                    Err(error) => Err(error),
                },
                State::Socks(socks) => match socks.plan(wall) {
                    Ok(SocksPlan::Lost) => {
                        self.stream_lost();
                        Ok(())
                    }
                    Ok(SocksPlan::Open) => self.socks_opened(),
                    Ok(SocksPlan::Reopen) => self.reopen(),
                    Ok(plan) => return Ok(Plan::Socks(plan)),
                    Err(error) => Err(error),
                },
                State::Exchange(exchange) => match exchange.plan(wall) {
                    Ok(ExchangePlan::Lost) => {
                        self.stream_lost();
                        Ok(())
                    }
                    Ok(ExchangePlan::Reopen) => self.reopen(),
                    Ok(ExchangePlan::End) => self.exchange_ended(),
                    Ok(ExchangePlan::Head) => match self.answered() {
                        Ok(Some(plan)) => return Ok(plan),
                        Ok(None) => Ok(()),
                        Err(error) => Err(error),
                    },
                    Ok(plan) => return Ok(Plan::Exchange(plan)),
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = step {
                self.fail(error)?;
            }
        }
    }
}

#[cfg(test)]
mod tests;
