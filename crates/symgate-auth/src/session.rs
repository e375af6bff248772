//! [`AuthSession`]: authentication at one target during one fetch.
//!
//! The session reads challenges, chooses a mechanism, asks for credentials, drives the mechanism's steps, and remembers
//! what failed ([RFC 9110 §11](https://www.rfc-editor.org/rfc/rfc9110#section-11)). It is an enum of states
//! (`session/state.rs`), each owning what it needs:
//!
//! ```text
//!            handle_challenge                 handle_answer             (a value is made)
//!   Idle ───────────────────────> Asking ───────────────────────> AwaitVerdict <──────────┐
//!    │  start, to a known peer       ^                              │  │   ^               │
//!    ├───────────────────────────────┼──────────────────────────────┘  │   └── AwaitToken ─┘
//!    │                               │ rejected, or the next scheme    │       handle_token
//!    │                               └────── handle_challenge ─────────┤
//!    └───────────── start, the next request ────── Through <───────────┘ handle_success
//! ```
//!
//! Between `AwaitVerdict` and `Through` an `AwaitProof` stands where only the operating system can judge the peer's last
//! word. From anywhere an error leads to `Ended`. What each input does is in this file; how a scheme is chosen and how an
//! exchange ends is in `session/choice.rs`.

mod choice;
mod state;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use self::state::{Exchange, First, Given, Offers, Plan, State};
use crate::challenge;
use crate::mechanism::{Final, Finish, Order, Rejection, RequestLine, Round, TokenError, TokenRequest};
use crate::peers::Acceptance;
use crate::{
    Answer, Ask, Authenticator, Binding, Credentials, Ending, Error, Identity, LimitError, Limits, Misuse, Origin,
    Outcome, PeerError, Peers, Refusal, Refused, Scheme, Secret, Seed, Target, Tried,
};

/// Authentication at one target during one fetch: challenges go in, field values come out.
///
/// For each request: [`start`](Self::start), send it with [`authorization`](Self::authorization) if there is one, and
/// hand in what came back: [`handle_challenge`](Self::handle_challenge) for the target's own status (401 or 407),
/// [`handle_success`](Self::handle_success) for any other. After a challenge, obey [`next`](Self::next) until it is
/// [`Next::Ready`], then send the request again. Take [reports](Self::take_report) after each input, and call
/// [`abandon`](Self::abandon) when the fetch ends early, so that whoever waits for an outcome gets one.
///
/// What ends each loop that a peer could keep going is a field of this type with a test of its name.
#[derive(Debug)]
pub struct AuthSession {
    target: Target,
    peer: Origin,
    path: String,
    peers: Arc<Peers>,
    seed: Seed,
    limits: Limits,
    order: Order,
    state: State,
    /// The challenges of the last 401 or 407 of the request in hand.
    offers: Offers,
    /// Those that the exchange in hand began with: a challenge in its middle names its own scheme alone.
    opening: Offers,
    /// Whether an exchange was given up half-way on this connection.
    trace: Trace,
    reports: VecDeque<(Ask, Outcome)>,
    /// Scheme and realm of the current or last try.
    last: Option<(Scheme, Option<String>)>,
    /// Whom the connection belongs to, apart from an exchange that is under way.
    bound: Identity,
    /// Whether the peer sees our connection as one.
    pinning: Pinning,
    standing: Standing,
    attempt: u32,

    // The loop cutters.
    /// Challenges since the last answer; at most [`Limits::rounds`].
    rounds: u32,
    /// Closed connections inside a connection-bound exchange since the last answer; at most [`Limits::restarts`].
    restarts: u32,
    /// Of those, the ones after a value that may already have been judged; at most [`Limits::repeats`].
    repeats: u32,
    /// Mechanisms that ended, by name: none of them is tried again in this session.
    tried: Vec<Tried>,
    /// The strongest scheme in which a password was rejected: no password is sent in a weaker one afterwards.
    floor: Option<Scheme>,
    /// Answers that were rejected: each counts once, and given again is no answer.
    rejected: Vec<Arc<Credentials>>,
    /// Identities that the peer refused although it had accepted them before: not volunteered again.
    stale: Vec<Identity>,
    /// Whether the realm changed under an answer already: a second time counts as a rejection.
    moves: Moves,
}

/// What an exchange left behind on a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Trace {
    Clean,
    /// The peer may still be in the middle of an exchange that we gave up, or takes us for somebody else.
    HalfDone,
}

/// Whether what the peer accepted earlier may be volunteered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    Known,
    Stranger,
}

/// How often an answer met another realm than its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Moves {
    None,
    Once,
}

/// Whether what we send on one connection reaches the peer on one connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pinning {
    /// It does: there is nobody in between, a tunnel, or a proxy that says `Proxy-Support:
    /// Session-Based-Authentication` ([RFC 4559 §6](https://www.rfc-editor.org/rfc/rfc4559#section-6)).
    Pinned,
    /// A proxy in between may send other clients' requests on the same connection: schemes that authenticate the
    /// connection are not used, since the others would be let in as us.
    Shared,
}

/// Whether a value may have reached the peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It may: the peer may have judged it.
    Maybe,
    /// It never left.
    No,
}

/// What a session waits for.
#[derive(Debug)]
pub enum Next<'s> {
    /// Credentials: answer with [`AuthSession::handle_answer`].
    Ask(&'s Ask),
    /// Nothing: the request may be sent, with [`AuthSession::authorization`] if that is set.
    Ready,
    /// A token of the operating system: answer with [`AuthSession::handle_token`].
    Token(&'s TokenRequest),
}

impl AuthSession {
    /// A session with `peer` for requests to `path` (without query; empty for a tunnel).
    #[must_use]
    pub fn new(target: Target, peer: Origin, path: &str, authenticator: Authenticator, limits: Limits) -> Self {
        let Authenticator { peers, seed, order } = authenticator;
        Self {
            target,
            peer,
            path: path.to_owned(),
            peers,
            seed,
            limits,
            order,
            state: State::Idle,
            offers: Offers::default(),
            opening: Offers::default(),
            trace: Trace::Clean,
            reports: VecDeque::new(),
            last: None,
            bound: Identity::Anonymous,
            pinning: Pinning::Pinned,
            standing: Standing::Known,
            attempt: 1,
            rounds: 0,
            restarts: 0,
            repeats: 0,
            tried: Vec::new(),
            floor: None,
            rejected: Vec::new(),
            stale: Vec::new(),
            moves: Moves::None,
        }
    }

    /// The same session, as a stranger: it volunteers nothing, so that whoever answers questions decides anew. For a peer
    /// that somebody else named, as a redirect does: what the user lets go there of his own accord is not for others to
    /// spend.
    #[must_use]
    pub const fn as_stranger(mut self) -> Self {
        self.standing = Standing::Stranger;
        self
    }

    /// Whether the token that is due is to judge the peer's last word, and not to be sent.
    #[must_use]
    pub const fn is_proving(&self) -> bool {
        matches!(self.state, State::AwaitProof(..))
    }

    /// Whether the peer accepted somebody in this process.
    #[must_use]
    pub fn knows_peer(&self) -> bool {
        !self.peers.identity(self.target, &self.peer).is_anonymous()
    }

    /// Prepares the next request: volunteers to a peer that accepted a scheme and identity before in this process,
    /// where the path is in that protection space.
    ///
    /// Does nothing while an exchange is under way, and nothing for a connection-bound scheme on a connection that
    /// already carries the identity.
    ///
    /// # Errors
    ///
    /// [`Misuse::Ended`].
    pub fn start(&mut self, request: &RequestLine<'_>) -> Result<(), Error> {
        match &self.state {
            State::Ended => return Err(Error::Misuse(Misuse::Ended)),
            State::Asking(_) | State::AwaitProof(..) | State::AwaitToken(..) | State::AwaitVerdict(..) => return Ok(()),
            State::Idle | State::Through => {}
        }
        self.offers = Offers::default();
        self.opening = Offers::default();
        if self.standing == Standing::Stranger {
            return Ok(());
        }
        let Some(acceptance) = self.peers.acceptance(self.target, &self.peer, &self.path) else {
            return Ok(());
        };
        let Some(spec) = self.order.specs().find(|spec| spec.name() == acceptance.name).cloned() else {
            return Ok(());
        };
        let binds = spec.binding() == Binding::Connection;
        let carried = binds && self.bound == acceptance.identity;
        let shared = binds && self.pinning == Pinning::Shared;
        if carried || shared || self.stale.contains(&acceptance.identity) || self.has_tried(spec.name()) {
            return Ok(());
        }
        let plan = Plan {
            spec,
            identity: acceptance.identity,
            given: Given::Volunteered,
            first: First::Remembered(acceptance.challenge),
            realm: acceptance.realm,
        };
        self.begin(plan, request)
    }

    /// Tells, before [`handle_challenge`](Self::handle_challenge), whether a proxy that forwards requests to this peer
    /// may do so on connections that it shares among clients.
    pub const fn handle_pinning(&mut self, pinning: Pinning) {
        self.pinning = pinning;
    }

    /// Tells that the request will travel on a kept connection or tunnel that belongs to `identity`.
    pub fn handle_reused(&mut self, identity: &Identity) {
        self.bound = identity.clone();
    }

    /// Handles the challenge fields of a 401 or 407; afterwards look at [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// - [`PeerError::NoChallenge`] if the fields hold none.
    /// - [`LimitError::ChallengeBytes`], [`LimitError::Rounds`].
    /// - [`Error::GaveUp`] if nothing that is offered is left to try.
    /// - [`Misuse`] while a question is open, or after the end.
    pub fn handle_challenge<'f>(
        &mut self,
        fields: impl IntoIterator<Item = &'f [u8]>,
        request: &RequestLine<'_>,
    ) -> Result<(), Error> {
        self.refuse_if_waiting()?;
        let list = match challenge::parse(fields, self.limits.challenge_bytes) {
            Ok(list) => list,
            Err(limit) => return Err(self.end(Error::Limit(limit))),
        };
        if list.is_empty() {
            let target = self.target;
            return Err(self.end(Error::Peer(PeerError::NoChallenge { target })));
        }
        self.rounds += 1;
        if self.rounds > self.limits.rounds {
            let (target, limit) = (self.target, self.limits.rounds);
            return Err(self.end(Error::Limit(LimitError::Rounds { target, limit })));
        }
        self.offers = Offers::new(list);
        match mem::replace(&mut self.state, State::Idle) {
            State::AwaitVerdict(exchange, _) if exchange.is_connection_bound() && self.pinning == Pinning::Shared => {
                self.give_way(exchange, Ending::Shared, request)
            }
            State::AwaitVerdict(exchange, _) => self.go_on(exchange, request),
            _ => self.choose(request),
        }
    }

    /// Handles the answer to [`Next::Ask`].
    ///
    /// The same credentials given again after a rejection are reported as rejected without being sent, and count as no
    /// answer.
    ///
    /// # Errors
    ///
    /// - [`Error::Refused`] for [`Answer::Refuse`]; but [`Error::GaveUp`] where it only says that nobody is there to be
    ///   asked again after the peer rejected what there was.
    /// - [`Error::GaveUp`] if there is no answer and nothing else is left to try.
    /// - [`Misuse`] if no question is open.
    pub fn handle_answer(&mut self, answer: Answer, request: &RequestLine<'_>) -> Result<(), Error> {
        let question = match mem::replace(&mut self.state, State::Idle) {
            State::Asking(question) => *question,
            State::Ended => {
                self.state = State::Ended;
                return Err(Error::Misuse(Misuse::Ended));
            }
            other @ (State::Idle
            | State::Through
            | State::AwaitProof(..)
            | State::AwaitToken(..)
            | State::AwaitVerdict(..)) => {
                self.state = other;
                return Err(Error::Misuse(Misuse::AnswerWithoutAsk));
            }
        };
        match answer {
            Answer::Refuse(Refusal::Automatic) if self.knows_rejection() => self.refused_after_rejection(&question),
            Answer::Refuse(refusal) => {
                let (target, tried) = (self.target, mem::take(&mut self.tried));
                Err(self.end(Error::Refused(Box::new(Refused { target, refusal, tried }))))
            }
            Answer::Pass => self.without_answer(question, request),
            Answer::Ambient => self.use_ambient(question, request),
            Answer::Use(credentials) => self.use_credentials(question, credentials, request),
        }
    }

    /// Handles the answer to [`Next::Token`].
    ///
    /// # Errors
    ///
    /// - [`Error::GaveUp`] if the scheme cannot go on without the token and nothing else is left to try.
    /// - [`PeerError::LastWord`] if the token was to judge the peer's last word, and does not.
    /// - [`Misuse`] if no token was asked for.
    pub fn handle_token(&mut self, token: Result<Secret, TokenError>, request: &RequestLine<'_>) -> Result<(), Error> {
        match mem::replace(&mut self.state, State::Idle) {
            State::AwaitToken(exchange, _) => self.step(exchange, Round::Token(token), request),
            State::AwaitProof(mut exchange, _) => match exchange.mechanism.prove(token) {
                Ok(()) => {
                    self.accept(exchange);
                    Ok(())
                }
                Err(why) => Err(self.disprove(exchange, why)),
            },
            State::Ended => {
                self.state = State::Ended;
                Err(Error::Misuse(Misuse::Ended))
            }
            other @ (State::Idle | State::Through | State::Asking(_) | State::AwaitVerdict(..)) => {
                self.state = other;
                Err(Error::Misuse(Misuse::TokenWithoutRequest))
            }
        }
    }

    /// Handles any other status than the target's own: the peer let us through. `challenges` and `infos` are the
    /// values of the target's [challenge](Target::challenge_field) and [info](Target::info_field) fields. Afterwards look
    /// at [`next`](Self::next): the answer must not be used before the operating system has judged the peer's last word.
    ///
    /// # Errors
    ///
    /// - [`PeerError::LastWord`] if the peer's last word proves that it is not who it should be: the answer must not be
    ///   used.
    /// - [`LimitError::ChallengeBytes`]; [`Misuse`] while a question is open, or after the end.
    pub fn handle_success<'f>(
        &mut self,
        challenges: impl IntoIterator<Item = &'f [u8]>,
        infos: impl IntoIterator<Item = &'f [u8]>,
    ) -> Result<(), Error> {
        self.refuse_if_waiting()?;
        let mut exchange = match mem::replace(&mut self.state, State::Idle) {
            State::AwaitVerdict(exchange, _) => exchange,
            other => {
                self.state = other;
                return Ok(());
            }
        };
        let list = match challenge::parse(challenges, self.limits.challenge_bytes) {
            Ok(list) => list,
            Err(limit) => {
                self.report(exchange.plan.given, Outcome::Abandoned);
                return Err(self.end(Error::Limit(limit)));
            }
        };
        if self.binds(&exchange) {
            self.bound = exchange.plan.identity.clone();
        }
        self.rounds = 0;
        if !exchange.is_decided() {
            // Let through before the credentials were judged: nothing was learned about them.
            self.report(exchange.plan.given, Outcome::Abandoned);
            return Ok(());
        }
        let scheme = exchange.plan.spec.scheme();
        let word = list.iter().flatten().find(|word| word.scheme() == Some(scheme));
        let last = match (word, infos.into_iter().next()) {
            (Some(challenge), _) => Final::Challenge(challenge),
            (None, Some(info)) => Final::Info(info),
            (None, None) => Final::Nothing,
        };
        match exchange.mechanism.finish(last) {
            Ok(Finish::Done) => self.accept(exchange),
            Ok(Finish::NeedToken(token)) => self.state = State::AwaitProof(exchange, token),
            Err(why) => return Err(self.disprove(exchange, why)),
        }
        Ok(())
    }

    /// Tells that the connection closed, when the new one is there and before the request is sent on it: a
    /// connection-bound exchange starts again with the same credentials, bound to the new channel. Request-bound values
    /// stay as they are. `sent`: whether the value in hand may have reached the peer, which counts towards the bounds.
    ///
    /// # Errors
    ///
    /// - [`LimitError::Restarts`] when that happens too often.
    /// - [`Error::GaveUp`] if the scheme cannot start again and nothing else is left to try.
    pub fn handle_closed(&mut self, request: &RequestLine<'_>, sent: Sent) -> Result<(), Error> {
        self.bound = Identity::Anonymous;
        self.trace = Trace::Clean;
        match mem::replace(&mut self.state, State::Idle) {
            State::AwaitVerdict(exchange, value) if exchange.is_connection_bound() => {
                let exchange = self.count_restart(exchange, sent)?;
                if exchange.values == 1 && !exchange.is_decided() {
                    // An opening message depends on nothing that this connection knew; a ticket has its date, and is
                    // bound to the channel.
                    self.state = State::AwaitVerdict(exchange, value);
                    return Ok(());
                }
                self.begin(exchange.plan, request)
            }
            State::AwaitToken(exchange, _) if exchange.is_connection_bound() => {
                let exchange = self.count_restart(exchange, sent)?;
                self.begin(exchange.plan, request)
            }
            State::Through => Ok(()),
            other @ (State::Idle
            | State::Asking(_)
            | State::AwaitProof(..)
            | State::AwaitToken(..)
            | State::AwaitVerdict(..)
            | State::Ended) => {
                self.state = other;
                Ok(())
            }
        }
    }

    /// Whether the next request must go out on a new connection: an exchange that binds connections was given up half-way
    /// on this one, and the peer would take the next scheme's first message for an answer in it; or it belongs to somebody
    /// else than the exchange that begins. Close it, and say so by
    /// [`handle_closed`](Self::handle_closed).
    #[must_use]
    pub const fn needs_new_connection(&self) -> bool {
        matches!(self.trace, Trace::HalfDone)
    }

    /// Gives the session up; an open answer is reported as [`Outcome::Abandoned`].
    pub fn abandon(&mut self) {
        match mem::replace(&mut self.state, State::Ended) {
            State::AwaitProof(exchange, _) | State::AwaitToken(exchange, _) | State::AwaitVerdict(exchange, _) => {
                self.report(exchange.plan.given, Outcome::Abandoned);
            }
            State::Idle | State::Asking(_) | State::Through | State::Ended => {}
        }
    }

    /// What the session waits for.
    #[must_use]
    pub fn next(&self) -> Next<'_> {
        match &self.state {
            State::Asking(question) => Next::Ask(&question.ask),
            State::AwaitProof(_, request) | State::AwaitToken(_, request) => Next::Token(request),
            State::Idle | State::AwaitVerdict(..) | State::Through | State::Ended => Next::Ready,
        }
    }

    /// The value of the target's [authorization field](Target::authorization_field) for the next request, if any.
    #[must_use]
    pub const fn authorization(&self) -> Option<&Secret> {
        match &self.state {
            State::AwaitVerdict(_, value) => Some(value),
            State::Idle
            | State::Asking(_)
            | State::AwaitProof(..)
            | State::AwaitToken(..)
            | State::Through
            | State::Ended => None,
        }
    }

    /// What became of an answer, once for each [`Answer::Use`] and [`Answer::Ambient`]; `None` when all are taken.
    #[must_use]
    pub fn take_report(&mut self) -> Option<(Ask, Outcome)> {
        self.reports.pop_front()
    }

    /// Whom the connection or tunnel belongs to that this session speaks on: at a server only a connection-bound
    /// scheme binds it, at a proxy any scheme does.
    #[must_use]
    pub fn identity(&self) -> Identity {
        match &self.state {
            State::AwaitToken(exchange, _) | State::AwaitVerdict(exchange, _)
                if exchange.values > 0 && self.binds(exchange) =>
            {
                exchange.plan.identity.clone()
            }
            State::Idle
            | State::Asking(_)
            | State::AwaitProof(..)
            | State::AwaitToken(..)
            | State::AwaitVerdict(..)
            | State::Through
            | State::Ended => self.bound.clone(),
        }
    }

    /// The realm of the current or last try, as it is shown; with [`scheme`](Self::scheme) it tells a proxy's
    /// rejection that comes as 401 from a server's question.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.last.as_ref()?.1.as_deref()
    }

    /// The scheme of the current or last try.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        self.last.as_ref().map(|(scheme, _)| *scheme)
    }

    /// The schemes that ended so far, in the order of their ends, for diagnostics. Those of a session that ended are in
    /// its error.
    #[must_use]
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// The name of the mechanism whose value is to be sent or was sent last, such as `Negotiate (ticket)`, for diagnostics.
    #[must_use]
    pub fn mechanism(&self) -> Option<&'static str> {
        match &self.state {
            State::AwaitProof(exchange, _) | State::AwaitToken(exchange, _) | State::AwaitVerdict(exchange, _) => {
                Some(exchange.plan.spec.name())
            }
            State::Idle | State::Asking(_) | State::Through | State::Ended => None,
        }
    }

    /// Whether the peer rejected an answer, here or in another session.
    fn knows_rejection(&self) -> bool {
        !self.rejected.is_empty() || self.peers.has_rejected(self.target, &self.peer)
    }

    /// Goes on with the exchange whose value was answered by the challenges in `offers`.
    fn go_on(&mut self, exchange: Exchange, request: &RequestLine<'_>) -> Result<(), Error> {
        if exchange.is_connection_bound() {
            self.bound = exchange.plan.identity.clone();
        }
        match self.offers.following(&exchange.plan, self.limits.realm_chars) {
            Some(challenge) => self.step(exchange, Round::Challenge(&challenge), request),
            None => match self.offers.flaw(exchange.plan.spec.scheme()) {
                Some(flaw) if !exchange.is_decided() => self.give_way(exchange, Ending::BadChallenge(flaw), request),
                // The scheme is gone from the list, or unreadable when the verdict was due: a no.
                Some(_) | None => self.refused(exchange, request),
            },
        }
    }

    /// The peer let us through, and its last word was good.
    fn accept(&mut self, exchange: Exchange) {
        let Plan {
            spec,
            identity,
            given,
            realm,
            ..
        } = exchange.plan;
        let acceptance = Acceptance {
            name: spec.name(),
            binding: spec.binding(),
            identity,
            realm,
            challenge: exchange.mechanism.remember(),
        };
        self.peers
            .accept(self.target, &self.peer, &self.path, spec.space(), acceptance);
        self.report(given, Outcome::Accepted);
        self.restarts = 0;
        self.repeats = 0;
        self.state = State::Through;
    }

    /// The peer let us through, but is not who it should be.
    fn disprove(&mut self, exchange: Exchange, why: Rejection) -> Error {
        self.forget(&exchange.plan);
        let (target, scheme) = (self.target, exchange.plan.spec.scheme());
        self.report(exchange.plan.given, Outcome::Abandoned);
        self.end(Error::Peer(PeerError::LastWord { target, scheme, why }))
    }

    fn refuse_if_waiting(&self) -> Result<(), Error> {
        match self.state {
            State::Asking(_) | State::AwaitProof(..) | State::AwaitToken(..) => {
                Err(Error::Misuse(Misuse::PendingQuestion))
            }
            State::Ended => Err(Error::Misuse(Misuse::Ended)),
            State::Idle | State::AwaitVerdict(..) | State::Through => Ok(()),
        }
    }

    /// Counts a connection that closed inside `exchange`, and ends the session when there were too many.
    fn count_restart(&mut self, exchange: Exchange, sent: Sent) -> Result<Exchange, Error> {
        if sent == Sent::No {
            return Ok(exchange);
        }
        self.restarts += 1;
        self.repeats += u32::from(exchange.is_decided());
        let limit = if self.restarts > self.limits.restarts {
            self.limits.restarts
        } else if self.repeats > self.limits.repeats {
            self.limits.repeats
        } else {
            return Ok(exchange);
        };
        self.report(exchange.plan.given, Outcome::Abandoned);
        let target = self.target;
        Err(self.end(Error::Limit(LimitError::Restarts { target, limit })))
    }

    fn binds(&self, exchange: &Exchange) -> bool {
        self.target == Target::Proxy || exchange.is_connection_bound()
    }

    fn report(&mut self, given: Given, outcome: Outcome) {
        match given {
            Given::Answered(ask) => self.reports.push_back((ask, outcome)),
            Given::Volunteered => {}
        }
    }

    /// Ends the session with `error`, which is handed back.
    fn end(&mut self, error: Error) -> Error {
        self.abandon();
        error
    }
}
