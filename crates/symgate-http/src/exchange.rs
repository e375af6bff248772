//! One request and its answer, authentication included: what a tunnel and a fetch have in common.
//!
//! ```text
//!            ┌───────────────── value ready, connection fit ────────────────┐
//!            ▼                                                              │
//!  Prepare ▶ Transmit ▶ AwaitHead ──401/407──▶ Drain ──▶ Settle ── ask ──▶ answer
//!     ▲                    │                                │
//!     │                    ├─ 2xx to CONNECT ▶ Switched     └─ connection gone ▶ Lost ─┐
//!     │                    └─ any other ▶ Answered ▶ Deliver | Discard ▶ Ended        │
//!     └──────────────────────────── the owner opened a new stream ◀────────────────────┘
//! ```
//!
//! A challenge's body is read off before anybody is asked, so that no socket is left half read while a person thinks;
//! where the peer is going to close anyway, it is not read at all.
#![warn(clippy::wildcard_enum_match_arm)]

mod delivery;
mod telling;

use std::collections::VecDeque;
use std::ops::Range;
use std::{fmt, mem};

use symgate_auth::challenge::parse;
use symgate_auth::mechanism::{RequestLine, TokenError};
use symgate_auth::{Answer, Ask, AuthSession, Channel, Next, Outcome, Pinning, Secret, Sent, Target};

use crate::connection::{Connection, Progress};
use crate::error::{Error, Failure, FailureKind, Misuse, PeerError, WireError};
use crate::fetch::{Action, Eof};
use crate::head::{Method, RequestHead, ResponseHead};
use crate::limits::Limits;
use crate::note::Note;
use crate::route::Hop;
use delivery::{Delivery, Found};

pub(crate) use delivery::Piece;
pub(crate) use telling::Told;

/// A request on its way.
pub(crate) struct Exchange {
    wire: Connection,
    alive: Alive,
    age: Age,
    request: RequestHead,
    /// Who answers on this wire.
    hop: Hop,
    proxy: Option<Side>,
    origin: Option<Side>,
    /// Whether the proxy challenged us and has let nothing through since.
    proxy_pending: bool,
    /// Whether the answer is only read off.
    discarded: bool,
    /// Whether what the sessions have in hand may have reached its peer.
    sent: Sent,
    state: State,
    notes: VecDeque<Note>,
    limits: Limits,
    wall: u64,
}

/// The authentication at one target, and how bytes reach it.
pub(crate) struct Side {
    pub(crate) session: AuthSession,
    pub(crate) hop: Hop,
    pub(crate) channel: Channel,
    pub(crate) told: Told,
}

/// What there is to do, before anything is borrowed.
#[derive(Debug)]
pub(crate) enum Plan {
    Authorize(Target),
    Body(Piece),
    /// The answer is complete.
    End,
    /// The head of an answer that is no challenge: the owner says what to do with its body.
    Head,
    /// The stream is of no more use.
    Lost,
    Note(Note),
    /// `first`: no byte of an answer is there yet.
    Receive {
        first: bool,
    },
    /// A new stream is needed: [`Exchange::reopened`].
    Reopen,
    Report(Ask, Outcome),
    /// The tunnel is open.
    Switched,
    Token(Target),
    Transmit,
}

#[derive(Debug)]
enum State {
    Answered(ResponseHead),
    AwaitHead,
    Deliver(Delivery),
    Discard(u64),
    Drain {
        target: Target,
        field: &'static str,
        head: ResponseHead,
        read: u64,
    },
    Ended,
    Lost,
    Prepare,
    /// We were let through, but the operating system has not judged the peer's last word yet.
    Prove(ResponseHead),
    Settle(Target),
    Switched,
    Transmit,
}

/// Whether the stream is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Alive {
    /// The owner knows that it is not.
    Gone,
    /// It is not, and the owner is to be told.
    Lost,
    Yes,
}

/// Whether a stream that dies before an answer begins may simply have been old.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Age {
    /// It has served before; one retry is due.
    Aged,
    Fresh,
    /// The retry was used.
    Retried,
}

impl Exchange {
    /// A request to be sent over a stream of this age; `hop` answers it.
    pub(crate) fn new(
        request: RequestHead,
        hop: Hop,
        proxy: Option<Side>,
        origin: Option<Side>,
        age: Age,
        limits: &Limits,
    ) -> Self {
        Self {
            wire: Connection::client(limits.clone()),
            alive: Alive::Yes,
            age,
            request,
            hop,
            proxy,
            origin,
            proxy_pending: false,
            discarded: false,
            sent: Sent::No,
            state: State::Prepare,
            notes: VecDeque::new(),
            limits: limits.clone(),
            wall: 0,
        }
    }

    /// The next thing to do.
    pub(crate) fn plan(&mut self, wall: u64) -> Result<Plan, Error> {
        self.wall = wall;
        loop {
            if let Some((ask, outcome)) = self.take_report() {
                return Ok(Plan::Report(ask, outcome));
            }
            if self.alive == Alive::Lost {
                self.alive = Alive::Gone;
                return Ok(Plan::Lost);
            }
            self.tell_ended();
            if let Some(note) = self.notes.pop_front() {
                return Ok(Plan::Note(note));
            }
            match &mut self.state {
                State::Prepare => {
                    // Each request anew: who was let through says so again, on the way to whoever asks next.
                    for target in [Target::Proxy, Target::Origin] {
                        self.with_session(target, |session, line| session.start(line))?;
                    }
                    if let Some(due) = self.token_due() {
                        return Ok(Plan::Token(due));
                    }
                    self.prepare()?;
                }
                State::Transmit => return Ok(Plan::Transmit),
                State::AwaitHead => match self.wire.step() {
                    Ok(Progress::Wait) => {
                        return Ok(Plan::Receive {
                            first: !self.wire.has_begun(),
                        });
                    }
                    Ok(Progress::Informational(head)) => {
                        self.notes.push_back(Note::Informational {
                            hop: self.hop.clone(),
                            status: head.status,
                        });
                    }
                    Ok(Progress::Response(head)) => self.classify(head)?,
                    Ok(Progress::Body(_) | Progress::End(_) | Progress::Request(_)) => return Err(out_of_turn()),
                    Err(error) => return Err(self.wire_error(error)),
                },
                State::Drain { read, .. } => match self.wire.step() {
                    Ok(Progress::Wait) if !self.wire.will_close() => return Ok(Plan::Receive { first: false }),
                    Ok(Progress::Body(range)) => {
                        *read = read.saturating_add(length(&range));
                        if *read > self.limits.drain {
                            self.challenged()?;
                        }
                    }
                    // Whatever ended the body: the challenge itself is whole.
                    Ok(_) | Err(_) => self.challenged()?,
                },
                State::Settle(target) => {
                    let target = *target;
                    // The proxy that passed on a server's challenge may have a last word of its own to be judged.
                    if let Some(due) = self.token_due() {
                        // A ticket is bound to the channel on which it will travel.
                        if !self.is_reusable() && !self.is_proving() {
                            self.state = State::Lost;
                            continue;
                        }
                        return Ok(Plan::Token(due));
                    }
                    match self.side(target).map(|side| side.session.next()) {
                        Some(Next::Ask(_)) => return Ok(Plan::Authorize(target)),
                        Some(Next::Ready | Next::Token(_)) | None => self.resend()?,
                    }
                }
                State::Prove(_) => match self.token_due() {
                    Some(target) => return Ok(Plan::Token(target)),
                    None => self.proven()?,
                },
                State::Lost => return Ok(Plan::Reopen),
                State::Answered(_) => return Ok(Plan::Head),
                State::Deliver(delivery) => match delivery.step(&mut self.wire, &self.limits) {
                    Ok(Found::Body(piece)) => return Ok(Plan::Body(piece)),
                    Ok(Found::End) => self.state = State::Ended,
                    Ok(Found::Wait) => return Ok(Plan::Receive { first: false }),
                    Err(error) => return Err(self.wire_error(error)),
                },
                State::Discard(read) => match self.wire.step() {
                    Ok(Progress::Wait) if !self.wire.will_close() => return Ok(Plan::Receive { first: false }),
                    Ok(Progress::Body(range)) => {
                        *read = read.saturating_add(length(&range));
                        if *read > self.limits.drain {
                            self.state = State::Ended;
                        }
                    }
                    Ok(_) | Err(_) => self.state = State::Ended,
                },
                State::Ended => return Ok(Plan::End),
                State::Switched => return Ok(Plan::Switched),
            }
        }
    }

    /// The action that a plan stands for; the owner carries out the others itself.
    pub(crate) fn action(&mut self, plan: Plan) -> Result<Action<'_>, Error> {
        Ok(match plan {
            Plan::Authorize(target) => match self.side(target).map(|side| side.session.next()) {
                Some(Next::Ask(ask)) => Action::Authorize(ask),
                _ => return Err(out_of_turn()),
            },
            Plan::Token(target) => match self.side(target).map(|side| side.session.next()) {
                Some(Next::Token(request)) => Action::Token(request),
                _ => return Err(out_of_turn()),
            },
            Plan::Body(Piece::Wire(range)) => Action::Body(self.wire.bytes(range)),
            Plan::Body(Piece::Decoded) => {
                let State::Deliver(delivery) = &self.state else {
                    return Err(out_of_turn());
                };
                Action::Body(delivery.decoded())
            }
            Plan::Head => Action::Head(self.head().ok_or(out_of_turn())?),
            Plan::Note(note) => Action::Note(note),
            Plan::Receive { .. } => Action::Receive(self.wire.receive_buffer()),
            Plan::Report(ask, outcome) => Action::Report(ask, outcome),
            Plan::Transmit => Action::Transmit(self.wire.transmit()),
            Plan::End | Plan::Lost | Plan::Reopen | Plan::Switched => return Err(out_of_turn()),
        })
    }

    /// The head of the answer, until its body is out.
    pub(crate) const fn head(&self) -> Option<&ResponseHead> {
        match &self.state {
            State::Answered(head) | State::Prove(head) => Some(head),
            State::Deliver(delivery) => Some(delivery.head()),
            State::AwaitHead
            | State::Discard(_)
            | State::Drain { .. }
            | State::Ended
            | State::Lost
            | State::Prepare
            | State::Settle(_)
            | State::Switched
            | State::Transmit => None,
        }
    }

    /// The body goes to the caller, its content coding undone.
    pub(crate) fn deliver(&mut self) -> Result<(), Error> {
        let State::Answered(head) = &self.state else {
            return Err(out_of_turn());
        };
        let delivery = Delivery::new(head.clone()).map_err(|error| self.wire_error(error.into()))?;
        self.state = State::Deliver(delivery);
        Ok(())
    }

    /// The body is read off only as far as that keeps the connection.
    pub(crate) fn discard(&mut self) {
        self.discarded = true;
        self.state = if self.wire.will_close() {
            State::Ended
        } else {
            State::Discard(0)
        };
    }

    /// Whether the body was not for the caller.
    pub(crate) const fn is_discarded(&self) -> bool {
        self.discarded
    }

    /// Nothing more is wanted of the answer.
    pub(crate) fn stop(&mut self) {
        self.state = State::Ended;
    }

    pub(crate) fn handle_sent(&mut self) -> Result<(), Error> {
        let State::Transmit = self.state else {
            return Err(out_of_turn());
        };
        self.wire.handle_sent();
        self.state = State::AwaitHead;
        Ok(())
    }

    pub(crate) fn handle_received(&mut self, read: usize) -> Result<(), Error> {
        self.check_receiving()?;
        self.wire.handle_received(read).map_err(|error| self.wire_error(error))
    }

    pub(crate) fn handle_eof(&mut self, eof: Eof) -> Result<(), Error> {
        self.check_receiving()?;
        if matches!(self.state, State::AwaitHead) && !self.wire.has_begun() {
            return self.handle_failed(Failure::new(
                FailureKind::Read,
                "the peer closed the connection without an answer",
            ));
        }
        self.wire.handle_eof(eof);
        Ok(())
    }

    fn check_receiving(&self) -> Result<(), Error> {
        match self.state {
            State::AwaitHead | State::Drain { .. } | State::Deliver(_) | State::Discard(_) => Ok(()),
            State::Answered(_)
            | State::Ended
            | State::Lost
            | State::Prepare
            | State::Prove(_)
            | State::Settle(_)
            | State::Switched
            | State::Transmit => Err(out_of_turn()),
        }
    }

    /// The stream broke: an old one is replaced once, provided that no byte of an answer has come.
    pub(crate) fn handle_failed(&mut self, failure: Failure) -> Result<(), Error> {
        match self.state {
            State::Transmit | State::AwaitHead
                if self.age == Age::Aged && !self.wire.has_begun() && failure.kind != FailureKind::Timeout =>
            {
                self.age = Age::Retried;
                self.notes.push_back(Note::Retried { hop: self.hop.clone() });
                self.alive = Alive::Lost;
                self.state = State::Lost;
                Ok(())
            }
            State::Drain { .. } => {
                self.wire.handle_eof(Eof::Truncated);
                self.challenged()
            }
            State::Discard(_) => {
                self.state = State::Ended;
                Ok(())
            }
            State::Answered(_)
            | State::AwaitHead
            | State::Deliver(_)
            | State::Ended
            | State::Lost
            | State::Prepare
            | State::Prove(_)
            | State::Settle(_)
            | State::Switched
            | State::Transmit => Err(Error::Failed {
                hop: self.hop.clone(),
                failure,
            }),
        }
    }

    pub(crate) fn handle_answer(&mut self, answer: Answer) -> Result<(), Error> {
        let State::Settle(target) = self.state else {
            return Err(out_of_turn());
        };
        self.with_session(target, |session, line| session.handle_answer(answer, line))
    }

    pub(crate) fn handle_token(&mut self, token: Result<Secret, TokenError>) -> Result<(), Error> {
        let (State::Prepare | State::Settle(_) | State::Prove(_), Some(target)) = (&self.state, self.token_due())
        else {
            return Err(out_of_turn());
        };
        self.with_session(target, |session, line| session.handle_token(token, line))
    }

    /// A new stream is there; the request goes out again.
    pub(crate) fn reopened(&mut self, proxy: &Channel, origin: &Channel) -> Result<(), Error> {
        self.wire = Connection::client(self.limits.clone());
        self.alive = Alive::Yes;
        if self.age == Age::Aged {
            self.age = Age::Fresh;
        }
        for (side, channel) in [(&mut self.proxy, proxy), (&mut self.origin, origin)] {
            if let Some(side) = side {
                side.channel = channel.clone();
            }
        }
        self.state = State::Prepare;
        // Connection-bound schemes start again, bound to the new channel.
        let sent = self.sent;
        for target in [Target::Proxy, Target::Origin] {
            self.with_session(target, |session, line| session.handle_closed(line, sent))?;
        }
        Ok(())
    }

    /// Bytes behind the answer to CONNECT.
    pub(crate) fn leftovers(&self) -> &[u8] {
        self.wire.leftovers()
    }

    /// Whether any byte of the answer has come.
    #[cfg(test)]
    pub(crate) fn has_begun(&self) -> bool {
        self.wire.has_begun()
    }

    /// Whether the stream is fit for another request.
    pub(crate) fn is_reusable(&self) -> bool {
        self.alive == Alive::Yes && self.wire.is_reusable()
    }

    pub(crate) fn side(&self, target: Target) -> Option<&Side> {
        match target {
            Target::Proxy => self.proxy.as_ref(),
            Target::Origin => self.origin.as_ref(),
        }
    }

    /// Gives up: open answers become reports that say so.
    pub(crate) fn abandon(&mut self) {
        for side in [&mut self.proxy, &mut self.origin].into_iter().flatten() {
            side.session.abandon();
        }
    }

    pub(crate) fn take_report(&mut self) -> Option<(Ask, Outcome)> {
        [&mut self.proxy, &mut self.origin]
            .into_iter()
            .flatten()
            .find_map(|side| side.session.take_report())
    }

    fn prepare(&mut self) -> Result<(), Error> {
        self.tell_mechanisms();
        let mut secrets = Vec::new();
        for side in [&self.proxy, &self.origin].into_iter().flatten() {
            if let Some(value) = side.session.authorization() {
                secrets.push((side.hop.target.authorization_field(), value));
            }
        }
        self.sent = Sent::Maybe;
        match self.wire.send_request(&self.request, &secrets) {
            Ok(()) => self.state = State::Transmit,
            Err(error) => return Err(self.wire_error(error)),
        }
        Ok(())
    }

    /// Tells a challenge from an answer.
    fn classify(&mut self, head: ResponseHead) -> Result<(), Error> {
        let challenge = self.challenge_of(&head)?;
        if let Some((target, field)) = challenge {
            if target == Target::Origin {
                self.passed(Target::Proxy, &head)?;
            } else {
                self.proxy_pending = true;
            }
            self.tell_challenge(target, field, &head);
            self.state = State::Drain {
                target,
                field,
                head,
                read: 0,
            };
            return Ok(());
        }
        let connect = self.request.method == Method::Connect;
        // A 401 without challenge lets nobody through.
        if !(connect && head.status == Target::Origin.status()) {
            self.passed(Target::Proxy, &head)?;
        }
        // A proxy's refusal of CONNECT is no word of the origin.
        if !connect {
            self.passed(Target::Origin, &head)?;
        }
        self.state = State::Prove(head);
        Ok(())
    }

    /// Whether the token that is due is to judge a last word, for which no stream is needed.
    fn is_proving(&self) -> bool {
        let mut sides = [&self.proxy, &self.origin].into_iter().flatten();
        sides.any(|side| side.session.is_proving())
    }

    /// For whom a token of the operating system is due: to be sent, or to judge a last word.
    fn token_due(&self) -> Option<Target> {
        [&self.proxy, &self.origin]
            .into_iter()
            .flatten()
            .find(|side| matches!(side.session.next(), Next::Token(_)))
            .map(|side| side.hop.target)
    }

    /// Whoever let us through is who it should be: the answer may be used.
    fn proven(&mut self) -> Result<(), Error> {
        let State::Prove(head) = mem::replace(&mut self.state, State::Lost) else {
            return Err(out_of_turn());
        };
        self.state = if self.request.method == Method::Connect && head.is_success() {
            State::Switched
        } else {
            State::Answered(head)
        };
        Ok(())
    }

    /// Whose challenge this head is, and in which field it stands.
    fn challenge_of(&self, head: &ResponseHead) -> Result<Option<(Target, &'static str)>, Error> {
        let (proxy_field, origin_field) = (Target::Proxy.challenge_field(), Target::Origin.challenge_field());
        Ok(match (head.status, &self.proxy, &self.origin) {
            (407, Some(_), _) => Some((Target::Proxy, proxy_field)),
            (407, None, _) => return Err(self.wire_error(PeerError::ProxyChallengeFromServer.into())),
            // Some proxies answer CONNECT with 401 when a password is wrong (tinyproxy).
            (401, Some(_), None) if head.fields.value(origin_field).is_some() => Some((Target::Proxy, origin_field)),
            // The same proxies answer a plain request so; the server has not been reached then. A proxy that accepted
            // somebody before knows better, and a scheme without a realm has nothing to be recognised by.
            (401, Some(proxy), Some(_))
                if self.proxy_pending && !proxy.session.knows_peer() && repeats(&proxy.session, head, &self.limits) =>
            {
                Some((Target::Proxy, origin_field))
            }
            (401, _, Some(_)) => Some((Target::Origin, origin_field)),
            _ => None,
        })
    }

    /// The target let us through.
    fn passed(&mut self, target: Target, head: &ResponseHead) -> Result<(), Error> {
        if target == Target::Proxy {
            self.proxy_pending = false;
        }
        self.with_session(target, |session, _| {
            session.handle_success(
                head.fields.values(target.challenge_field()),
                head.fields.values(target.info_field()),
            )
        })
    }

    /// The challenge's body is out of the way: the session has the word.
    fn challenged(&mut self) -> Result<(), Error> {
        let State::Drain {
            target, field, head, ..
        } = mem::replace(&mut self.state, State::Lost)
        else {
            return Err(out_of_turn());
        };
        let pinning = match (target, &self.proxy) {
            (Target::Origin, Some(_)) => pinning(&head),
            (Target::Origin, None) | (Target::Proxy, _) => Pinning::Pinned,
        };
        let outcome = self.with_session(target, |session, line| {
            session.handle_pinning(pinning);
            session.handle_challenge(head.fields.values(field), line)
        });
        self.state = State::Settle(target);
        // What the sessions have in hand now is new.
        self.sent = Sent::No;
        outcome?;
        if !self.wire.is_reusable() || self.is_spent() {
            self.alive = Alive::Lost;
        }
        Ok(())
    }

    /// Whether a session cannot go on with this stream.
    fn is_spent(&self) -> bool {
        let mut sides = [&self.proxy, &self.origin].into_iter().flatten();
        sides.any(|side| side.session.needs_new_connection())
    }

    fn resend(&mut self) -> Result<(), Error> {
        if self.alive == Alive::Yes && self.is_spent() {
            // The answer is somebody else's than the stream.
            self.alive = Alive::Lost;
        }
        if !self.is_reusable() {
            self.state = State::Lost;
            return Ok(());
        }
        self.wire.next_exchange().map_err(|error| self.wire_error(error))?;
        // A connection that has answered once may be closed for its age, and so may one that waited for a person; one
        // retry is due to each.
        self.age = Age::Aged;
        self.state = State::Prepare;
        Ok(())
    }

    fn with_session(
        &mut self,
        target: Target,
        act: impl FnOnce(&mut AuthSession, &RequestLine<'_>) -> Result<(), symgate_auth::Error>,
    ) -> Result<(), Error> {
        let side = match target {
            Target::Proxy => &mut self.proxy,
            Target::Origin => &mut self.origin,
        };
        let Some(side) = side else { return Ok(()) };
        let line = RequestLine {
            method: self.request.method.as_str(),
            target: &self.request.target,
            wall: self.wall,
            channel: &side.channel,
            // GET and CONNECT have no content.
            body: &[],
        };
        act(&mut side.session, &line).map_err(|source| Error::Auth {
            hop: side.hop.clone(),
            source,
        })
    }

    fn wire_error(&self, error: WireError) -> Error {
        wire_error(&self.hop, error)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("hop", &self.hop)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Whether a challenge of the server's kind has the scheme and realm that the proxy's session is answering.
fn repeats(session: &AuthSession, head: &ResponseHead, limits: &Limits) -> bool {
    if session.realm().is_none() {
        return false;
    }
    let fields = head.fields.values(Target::Origin.challenge_field());
    let challenges = parse(fields, limits.auth.challenge_bytes).unwrap_or_default();
    challenges.into_iter().flatten().any(|challenge| {
        challenge.scheme().is_some()
            && challenge.scheme() == session.scheme()
            && challenge.realm(limits.auth.realm_chars).as_deref() == session.realm()
    })
}

/// Whether the proxy that passed on this challenge keeps a connection to the server for ours alone
/// ([RFC 4559 §6](https://www.rfc-editor.org/rfc/rfc4559#section-6)).
fn pinning(head: &ResponseHead) -> Pinning {
    let mut values = head.fields.values("proxy-support");
    if values.any(|value| value.trim_ascii().eq_ignore_ascii_case(b"session-based-authentication")) {
        Pinning::Pinned
    } else {
        Pinning::Shared
    }
}

fn wire_error(hop: &Hop, error: WireError) -> Error {
    let hop = hop.clone();
    match error {
        WireError::Limit(source) => Error::Limit { hop, source },
        WireError::Misuse(misuse) => Error::Misuse(misuse),
        WireError::Peer(source) => Error::Peer { hop, source },
    }
}

const fn out_of_turn() -> Error {
    Error::Misuse(Misuse::OutOfTurn)
}

fn length(range: &Range<usize>) -> u64 {
    u64::try_from(range.len()).unwrap_or(u64::MAX)
}
