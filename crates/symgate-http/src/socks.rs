//! [`Socks`]: a stream through a SOCKS5 proxy ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)).
//!
//! ```text
//!  Greet ▶ AwaitMethod ──none──────────────────────────────▶ Request ▶ AwaitReply ▶ Open
//!    ▲         │                                                ▲
//!    │         └─password─▶ Settle ── known ▶ LogOn ▶ AwaitVerdict ── accepted
//!    │                         │  ▲                      │
//!    └── new stream ◀── ask ◀──┘  └───── rejected ◀──────┘
//! ```
//!
//! The greeting always offers two methods: no authentication, and a name with a password. That is what we can do and not
//! who we are: nothing is asked of anybody, and nothing of a credential is sent, before the proxy has chosen the second.
//! (Offering it only where there is a password would have us ask for one first.) Then the stream is closed before anybody
//! is asked, so that none waits at the proxy while a person thinks, and a new one carries the answer. To a proxy that
//! accepted it before, it goes at once.
#![warn(clippy::wildcard_enum_match_arm)]

mod logon;
mod message;

use std::{fmt, mem};

use symgate_auth::mechanism::RequestLine;
use symgate_auth::{
    Answer, Ask, AuthSession, Authenticator, Channel, GaveUp, Identity, Next, Origin, Outcome, Sent, Target,
};

use crate::error::{Error, Failure, FailureKind, Misuse};
use crate::fetch::{Action, Eof, Now, Release};
use crate::limits::Limits;
use crate::route::{Endpoint, Hop, PoolKey, Reuse, Route};
use message::{GREETING, Method, Parsed, Verdict};

/// The handshake with a SOCKS5 proxy on a stream that is already connected to it: CONNECT
/// ([RFC 1928 §4](https://www.rfc-editor.org/rfc/rfc1928#section-4)) with the name of the far end, which the proxy looks
/// up, and the logon of [RFC 1929](https://www.rfc-editor.org/rfc/rfc1929) where the proxy wants one.
///
/// It uses a part of [`Action`]: transmit, receive, authorize, report; `Release(Close)` when the stream is of no more
/// use, `Open` when a new stream to the proxy is needed ([`reopened`](Self::reopened)), and `Done` when the way is open
/// and [`leftovers`](Self::leftovers) hold what the far end said already.
///
/// What a proxy may make us read and keep is bounded by the messages: none is longer than 262 bytes, and each is read
/// once for each stream.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use symgate_auth::{Authenticator, Channel, Origin, Peers, Seed, UriScheme};
/// use symgate_http::{Action, Limits, Now, Socks};
///
/// let now = Now { monotonic: Duration::ZERO, wall: 0 };
/// let authenticator = Authenticator::new(Arc::new(Peers::new()), Seed::new([0; 32]));
/// let proxy = Origin::new(UriScheme::Http, "proxy.example", 1080);
/// let store = Origin::new(UriScheme::Https, "symbols.example", 443);
/// let mut socks = Socks::new(&proxy, &store, Channel::CLEARTEXT, authenticator, &Limits::default())?;
///
/// assert!(matches!(socks.poll(now)?, Action::Transmit(b"\x05\x02\x00\x02")));
/// socks.handle_sent()?;
/// let Action::Receive(buffer) = socks.poll(now)? else { panic!("the method is due") };
/// buffer[..2].copy_from_slice(b"\x05\x00");
/// socks.handle_received(2)?;
///
/// assert!(matches!(socks.poll(now)?, Action::Transmit(b"\x05\x01\x00\x03\x0fsymbols.example\x01\xbb")));
/// socks.handle_sent()?;
/// let Action::Receive(buffer) = socks.poll(now)? else { panic!("the reply is due") };
/// buffer[..10].copy_from_slice(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
/// socks.handle_received(10)?;
/// assert!(matches!(socks.poll(now)?, Action::Done));
/// # Ok::<(), symgate_http::Error>(())
/// ```
pub struct Socks {
    hop: Hop,
    authority: String,
    endpoint: Endpoint,
    channel: Channel,
    session: AuthSession,
    /// CONNECT, ready to be sent.
    request: Vec<u8>,
    /// What came and was not understood yet.
    input: Vec<u8>,
    room: Box<[u8]>,
    alive: Alive,
    state: State,
    wall: u64,
}

/// What there is to do, before anything is borrowed.
#[derive(Debug)]
pub(crate) enum SocksPlan {
    Authorize,
    /// The stream is of no more use.
    Lost,
    /// The way is open.
    Open,
    /// `first`: no byte of the message is there yet.
    Receive {
        first: bool,
    },
    /// A new stream is needed: [`Socks::reopened`].
    Reopen,
    Report(Ask, Outcome),
    Transmit,
}

#[derive(Debug)]
enum State {
    AwaitMethod,
    AwaitReply,
    AwaitVerdict,
    /// The end, once everything is told.
    Failing(Error),
    Greet,
    LogOn,
    Open,
    Request,
    Settle,
    Spent,
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

impl Socks {
    /// A way through `proxy` to `origin`, on a stream whose channel is `channel`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a host name of more than 255 bytes.
    pub fn new(
        proxy: &Origin,
        origin: &Origin,
        channel: Channel,
        authenticator: Authenticator,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let hop = Hop {
            target: Target::Proxy,
            origin: proxy.clone(),
        };
        let request = message::connect(origin).ok_or_else(|| Error::Unsupported {
            url: origin.to_string(),
            reason: "SOCKS5 takes host names of at most 255 bytes",
        })?;
        let key = PoolKey {
            route: Route::Socks5(proxy.clone()),
            origin: Some(origin.clone()),
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
        };
        let authenticator = authenticator.with_order(logon::order());
        Ok(Self {
            authority: origin.authority(),
            endpoint: Endpoint {
                hop: hop.clone(),
                key,
                reuse: Reuse::Never,
            },
            hop,
            channel,
            session: AuthSession::new(Target::Proxy, proxy.clone(), "", authenticator, limits.auth),
            request,
            input: Vec::new(),
            room: vec![0; ROOM].into(),
            alive: Alive::Yes,
            state: State::Greet,
            wall: 0,
        })
    }

    /// The next action.
    ///
    /// # Errors
    ///
    /// The end without a way: [`Error::Socks`] names the proxy's reason, [`Error::Auth`] says that it does not let us in.
    pub fn poll(&mut self, now: Now) -> Result<Action<'_>, Error> {
        match self.plan(now.wall)? {
            SocksPlan::Lost => Ok(Action::Release(Release::Close)),
            SocksPlan::Open => Ok(Action::Done),
            SocksPlan::Reopen => Ok(Action::Open(&self.endpoint)),
            plan @ (SocksPlan::Authorize | SocksPlan::Receive { .. } | SocksPlan::Report(..) | SocksPlan::Transmit) => {
                self.action(plan)
            }
        }
    }

    /// What the far end said already, behind the proxy's reply.
    #[must_use]
    pub fn leftovers(&self) -> &[u8] {
        &self.input
    }

    /// On whose behalf the way was opened.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.session.identity()
    }

    /// A new stream to the proxy is there.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] where none was asked for.
    pub fn reopened(&mut self, channel: &Channel) -> Result<(), Error> {
        if !matches!(self.state, State::Settle) || self.alive != Alive::Gone {
            return Err(out_of_turn());
        }
        self.channel = channel.clone();
        self.alive = Alive::Yes;
        self.input.clear();
        self.state = State::Greet;
        self.with_session(|session, line| session.handle_closed(line, Sent::No))
    }

    /// Everything was written.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] out of turn, here and below.
    pub fn handle_sent(&mut self) -> Result<(), Error> {
        self.state = match self.state {
            State::Greet => State::AwaitMethod,
            State::LogOn => State::AwaitVerdict,
            State::Request => State::AwaitReply,
            State::AwaitMethod
            | State::AwaitReply
            | State::AwaitVerdict
            | State::Failing(_)
            | State::Open
            | State::Settle
            | State::Spent => return Err(out_of_turn()),
        };
        Ok(())
    }

    /// So many bytes were read.
    ///
    /// # Errors
    ///
    /// See [`handle_sent`](Self::handle_sent).
    pub fn handle_received(&mut self, read: usize) -> Result<(), Error> {
        let received = self.room.get(..read).filter(|received| !received.is_empty());
        match received {
            Some(received) if self.is_receiving() => {
                self.input.extend_from_slice(received);
                Ok(())
            }
            Some(_) | None => Err(out_of_turn()),
        }
    }

    /// The stream ended.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`], as an answer was due.
    pub fn handle_eof(&mut self, _eof: Eof) -> Result<(), Error> {
        if !self.is_receiving() {
            return Err(out_of_turn());
        }
        self.handle_failed(Failure::new(
            FailureKind::Read,
            "the proxy closed the connection before the way was open",
        ))
    }

    /// The stream broke.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`]: each stream of a handshake is a new one, so none can have died of age.
    pub fn handle_failed(&mut self, failure: Failure) -> Result<(), Error> {
        Err(Error::Failed {
            hop: self.hop.clone(),
            failure,
        })
    }

    /// The answer to [`Action::Authorize`].
    ///
    /// # Errors
    ///
    /// See [`handle_sent`](Self::handle_sent); where the answer was a no, the next [`poll`](Self::poll) but reports says
    /// so.
    pub fn handle_answer(&mut self, answer: Answer) -> Result<(), Error> {
        if !matches!((&self.state, self.session.next()), (State::Settle, Next::Ask(_))) {
            return Err(out_of_turn());
        }
        if let Err(error) = self.with_session(|session, line| session.handle_answer(answer, line)) {
            self.end(error);
        }
        Ok(())
    }

    pub(crate) fn plan(&mut self, wall: u64) -> Result<SocksPlan, Error> {
        self.wall = wall;
        loop {
            if let Some((ask, outcome)) = self.session.take_report() {
                return Ok(SocksPlan::Report(ask, outcome));
            }
            if self.alive == Alive::Lost {
                self.alive = Alive::Gone;
                return Ok(SocksPlan::Lost);
            }
            let stepped = match &self.state {
                State::Greet | State::LogOn | State::Request => return Ok(SocksPlan::Transmit),
                State::AwaitMethod => self.read(message::method, Self::chosen),
                State::AwaitVerdict => self.read(message::verdict, Self::judged),
                State::AwaitReply => self.read(message::reply, |socks, ()| {
                    socks.state = State::Open;
                    Ok(())
                }),
                State::Settle => match self.session.next() {
                    Next::Ask(_) => return Ok(SocksPlan::Authorize),
                    Next::Ready if self.alive == Alive::Gone => return Ok(SocksPlan::Reopen),
                    Next::Ready if self.session.authorization().is_some() => {
                        self.state = State::LogOn;
                        Ok(Step::On)
                    }
                    // The one mechanism wants no tokens, and ends in an error where it has no value.
                    Next::Ready | Next::Token(_) => Err(out_of_turn()),
                },
                State::Open => return Ok(SocksPlan::Open),
                State::Failing(_) => {
                    let State::Failing(error) = mem::replace(&mut self.state, State::Spent) else {
                        return Err(Error::Misuse(Misuse::Spent));
                    };
                    return Err(error);
                }
                State::Spent => return Err(Error::Misuse(Misuse::Spent)),
            };
            match stepped {
                Ok(Step::On) => {}
                Ok(Step::Wait) => {
                    return Ok(SocksPlan::Receive {
                        first: self.input.is_empty(),
                    });
                }
                Err(error) => self.end(error),
            }
        }
    }

    /// The action that a plan stands for; the owner carries out the others itself.
    pub(crate) fn action(&mut self, plan: SocksPlan) -> Result<Action<'_>, Error> {
        match plan {
            SocksPlan::Authorize => match self.session.next() {
                Next::Ask(ask) => Ok(Action::Authorize(ask)),
                Next::Ready | Next::Token(_) => Err(out_of_turn()),
            },
            SocksPlan::Receive { .. } => Ok(Action::Receive(&mut self.room)),
            SocksPlan::Report(ask, outcome) => Ok(Action::Report(ask, outcome)),
            SocksPlan::Transmit => match (&self.state, self.session.authorization()) {
                (State::Greet, _) => Ok(Action::Transmit(&GREETING)),
                (State::Request, _) => Ok(Action::Transmit(&self.request)),
                (State::LogOn, Some(value)) => Ok(Action::Transmit(value.expose())),
                _ => Err(out_of_turn()),
            },
            SocksPlan::Lost | SocksPlan::Open | SocksPlan::Reopen => Err(out_of_turn()),
        }
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Gives up: an open answer becomes a report that says so.
    pub(crate) fn abandon(&mut self) {
        self.session.abandon();
    }

    pub(crate) fn take_report(&mut self) -> Option<(Ask, Outcome)> {
        self.session.take_report()
    }

    /// Takes a message from what came, if it is whole, and does what it says.
    fn read<T>(
        &mut self,
        parse: fn(&[u8]) -> Parsed<T>,
        act: fn(&mut Self, T) -> Result<(), Error>,
    ) -> Result<Step, Error> {
        let parsed = parse(&self.input).map_err(|source| Error::Socks {
            hop: self.hop.clone(),
            authority: self.authority.clone(),
            source,
        })?;
        let Some((message, length)) = parsed else {
            return Ok(Step::Wait);
        };
        self.input.drain(..length);
        act(self, message)?;
        Ok(Step::On)
    }

    /// The proxy has chosen a method.
    fn chosen(&mut self, method: Method) -> Result<(), Error> {
        match method {
            Method::None => {
                // What was answered on an earlier stream is not wanted on this one.
                self.session.abandon();
                self.state = State::Request;
                Ok(())
            }
            Method::Password => {
                self.state = State::Settle;
                self.with_session(|session, line| session.start(line))?;
                if self.session.authorization().is_some() {
                    return Ok(());
                }
                self.alive = Alive::Lost;
                self.with_session(|session, line| session.handle_challenge([logon::QUESTION], line))
            }
            Method::Unacceptable => Err(Error::Auth {
                hop: self.hop.clone(),
                source: symgate_auth::Error::GaveUp(Box::new(GaveUp {
                    target: Target::Proxy,
                    offered: vec!["other methods of SOCKS5".into()],
                    tried: Vec::new(),
                })),
            }),
        }
    }

    /// The proxy has judged the name and password. After a no it has to close the connection (RFC 1929 §2).
    fn judged(&mut self, verdict: Verdict) -> Result<(), Error> {
        match verdict {
            Verdict::Accepted => {
                self.state = State::Request;
                self.with_session(|session, _| session.handle_success([], []))
            }
            Verdict::Rejected => {
                self.state = State::Settle;
                self.alive = Alive::Lost;
                self.with_session(|session, line| session.handle_challenge([logon::QUESTION], line))
            }
        }
    }

    /// Ends with this error, when what became of the answers is told.
    fn end(&mut self, error: Error) {
        self.session.abandon();
        if self.alive == Alive::Yes {
            self.alive = Alive::Lost;
        }
        self.state = State::Failing(error);
    }

    const fn is_receiving(&self) -> bool {
        matches!(self.state, State::AwaitMethod | State::AwaitReply | State::AwaitVerdict)
    }

    fn with_session(
        &mut self,
        act: impl FnOnce(&mut AuthSession, &RequestLine<'_>) -> Result<(), symgate_auth::Error>,
    ) -> Result<(), Error> {
        let line = RequestLine {
            method: "CONNECT",
            target: &self.authority,
            wall: self.wall,
            channel: &self.channel,
            body: &[],
        };
        act(&mut self.session, &line).map_err(|source| Error::Auth {
            hop: self.hop.clone(),
            source,
        })
    }
}

impl fmt::Debug for Socks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socks")
            .field("hop", &self.hop)
            .field("authority", &self.authority)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What came of the bytes at hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    On,
    Wait,
}

const fn out_of_turn() -> Error {
    Error::Misuse(Misuse::OutOfTurn)
}

/// Bytes read at once: the longest message, and some of what the far end says at once.
const ROOM: usize = 1024;

#[cfg(test)]
mod tests;
