//! Plays a script against [`Fetch`] in memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use symgate_auth::mechanism::TokenError;
use symgate_auth::{
    Answer, Ask, Authenticator, Channel, Credentials, Origin, Outcome, Peers, Refusal, Secret, Seed, Target,
};
use symgate_http::{
    Action, Deadlines, Downgrade, Endpoint, Eof, Error, Failure, FailureKind, Fetch, Limits, NoRoute, Now, Opened,
    Parked, Release, Request, Reuse, Route, Routes, origin_of,
};
use url::Url;

use super::{Answered, Given, Kind, Line, Script, escape};

/// How a peer's bytes arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Split {
    /// As much as a read takes.
    Whole,
    /// At most so many at a time.
    Each(usize),
}

/// Plays the script, and writes the dialogue that came of it: the script itself, if all went as it says.
///
/// # Errors
///
/// Where the script has no input for what the errand waits for, or breaks a rule of scripts.
pub fn play(script: &Script, split: Split) -> Result<String, String> {
    let mut stage = Stage {
        lines: script.lines.iter().cloned().collect(),
        notes: script.holds_notes(),
        split,
        written: String::new(),
        body: Vec::new(),
        pending: VecDeque::new(),
        peers: Arc::new(Peers::new()),
        limits: Limits::default(),
        fields: Vec::new(),
        downgrade: Downgrade::Refuse,
        parked: None,
        now: Duration::ZERO,
        secrets: Vec::new(),
    };
    while let Some(purpose) = stage.next_errand()? {
        stage.errand(&purpose)?;
    }
    Ok(stage.written)
}

struct Stage {
    lines: VecDeque<Line>,
    notes: bool,
    split: Split,
    written: String,
    /// Body bytes that were said and not written down yet.
    body: Vec<u8>,
    /// What the peer wrote and the errand has not read yet.
    pending: VecDeque<u8>,
    peers: Arc<Peers>,
    limits: Limits,
    fields: Vec<(String, String)>,
    downgrade: Downgrade,
    parked: Option<Parked>,
    now: Duration,
    /// Passwords that were answered, and what Basic makes of them.
    secrets: Vec<String>,
}

impl Stage {
    /// Reads what precedes an errand.
    fn next_errand(&mut self) -> Result<Option<Given>, String> {
        while let Some(given) = self.given()? {
            match given {
                Given::Get(_) | Given::Connect(_) => return Ok(Some(given)),
                Given::DangerHttp => self.downgrade = Downgrade::DangerAllow,
                Given::Field(name, value) => self.fields.push((name, value)),
                Given::Limit(name, number) => self.set_limit(&name, number)?,
                Given::Seeded | Given::SplitWhole => {}
                other => return Err(format!("{other:?} outside an errand\n{}", self.written)),
            }
        }
        Ok(None)
    }

    fn errand(&mut self, purpose: &Given) -> Result<(), String> {
        let (make, url): (fn(_, _, _, _) -> _, _) = match purpose {
            Given::Connect(url) => (Fetch::connect, url),
            Given::Get(url) => (Fetch::new, url),
            other => return Err(format!("{other:?} is no errand")),
        };
        let url: Url = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let mut request = Request::get(url).with_downgrade(self.downgrade);
        for (name, value) in &self.fields {
            request = request.with_field(name, value.as_bytes());
        }
        let authenticator = Authenticator::new(self.peers.clone(), Seed::new([7; 32]));
        let made = make(request, authenticator, self.limits.clone(), Deadlines::default());
        let mut fetch = match made {
            Ok(fetch) => fetch,
            Err(error) => {
                self.say_error(&error);
                return Ok(());
            }
        };
        // Far more than any honest dialogue needs between two inputs.
        for _ in 0..100_000 {
            if let Some(secret) = self.leak(&format!("{fetch:?}")) {
                return Err(format!("`{secret}` shows in the errand's Debug\n{}", self.written));
            }
            match self.act(&mut fetch) {
                Ok(Due::Done) => return Ok(()),
                Ok(due) => self.feed(due, &mut fetch)?,
                Err(error) => {
                    self.say_error(&error);
                    return Ok(());
                }
            }
        }
        Err(format!("the errand goes round in circles\n{}", self.written))
    }

    /// Writes the next action down.
    fn act(&mut self, fetch: &mut Fetch) -> Result<Due, Error> {
        let now = Now {
            monotonic: self.now,
            wall: 1_700_000_000,
        };
        let action = fetch.poll(now)?;
        let shown = format!("{action:?}");
        let due = self.tell(action);
        // Asked twice, a machine that waits says the same twice.
        if !matches!(due, Due::Done | Due::Go) {
            assert_eq!(
                format!("{:?}", fetch.poll(now)?),
                shown,
                "a second poll says something else"
            );
        }
        Ok(due)
    }

    fn tell(&mut self, action: Action<'_>) -> Due {
        match action {
            Action::Choose(url) => self.say(&format!("! choose {url}")),
            Action::Open(endpoint) => self.say(&dial(endpoint)),
            Action::StartTls { target, host, early } => {
                let early = if early.is_empty() {
                    String::new()
                } else {
                    format!(" early {}", escape(early))
                };
                self.say(&format!("! tls {target} {host}{early}"));
            }
            Action::Transmit(bytes) => {
                for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                    self.say(&format!("C> {}", escape(line)));
                }
                return Due::Sent;
            }
            Action::Receive(_) => return Due::Read,
            Action::Authorize(ask) => self.say(&show_ask(ask)),
            Action::Token(request) => {
                let input = request.input.as_deref().map(|input| format!(" for {}", escape(input)));
                self.say(&format!("! ticket {}{}", request.peer, input.unwrap_or_default()));
            }
            Action::Head(head) => {
                self.say(&format!("! head {}", head.status));
                return Due::Go;
            }
            Action::Body(data) => {
                self.body.extend_from_slice(data);
                return Due::Go;
            }
            Action::Note(note) => {
                if self.notes {
                    self.say(&format!("! note {note}"));
                }
                return Due::Go;
            }
            Action::Report(ask, outcome) => {
                self.say(&show_report(&ask, outcome));
                return Due::Go;
            }
            Action::Release(Release::Keep(parked)) => {
                self.say("! keep");
                self.parked = Some(parked);
                self.pending.clear();
                return Due::Go;
            }
            Action::Release(Release::Close) => {
                self.say("! close");
                self.pending.clear();
                return Due::Go;
            }
            Action::Done => {
                self.say("! done");
                return Due::Done;
            }
        }
        Due::Given
    }

    /// Gives the errand what it waits for.
    fn feed(&mut self, due: Due, fetch: &mut Fetch) -> Result<(), String> {
        let fed = match due {
            Due::Done | Due::Go => return Ok(()),
            Due::Sent if !self.next_is_failure() => fetch.handle_sent(),
            Due::Read if self.peer_speaks() => return self.deliver(fetch),
            Due::Given | Due::Read | Due::Sent => {
                let Some(given) = self.given()? else {
                    return Err(format!("the script ends, the errand does not\n{}", self.written));
                };
                self.input(given, fetch)?
            }
        };
        fed.map_err(|error| format!("an input was refused: {error}\n{}", self.written))
    }

    fn input(&mut self, given: Given, fetch: &mut Fetch) -> Result<Result<(), Error>, String> {
        Ok(match given {
            Given::Answer(answer) => fetch.handle_answer(self.answer(answer)?),
            Given::Cut => fetch.handle_eof(Eof::Truncated),
            Given::End => fetch.handle_eof(Eof::Clean),
            Given::Failed(kind) => fetch.handle_failed(Failure::new(failure(&kind)?, "as the script says")),
            Given::Late => {
                let Some(deadline) = fetch.deadline() else {
                    return Err(format!("nothing can be late here\n{}", self.written));
                };
                self.now = deadline;
                fetch.handle_failed(Failure::new(FailureKind::Timeout, "the deadline passed"))
            }
            Given::NoRoute(reason) => fetch.handle_routes(Err(NoRoute { refused: None, reason })),
            Given::NoToken(reason) => fetch.handle_token(Err(TokenError::Unavailable(reason))),
            Given::Token(token) => fetch.handle_token(Ok(Secret::new(token))),
            Given::Opened => fetch.handle_opened(Opened::Fresh),
            Given::Reused => match self.parked.take() {
                Some(parked) => fetch.handle_opened(Opened::Reused(parked)),
                None => return Err(format!("no stream was kept\n{}", self.written)),
            },
            Given::Routes(routes) => fetch.handle_routes(Ok(parse_routes(&routes)?)),
            // Not a real certificate: only its presence counts here.
            Given::Secured => fetch.handle_tls(Channel::encrypted(*b"certificate")),
            other @ (Given::Connect(_)
            | Given::DangerHttp
            | Given::Field(..)
            | Given::Get(_)
            | Given::Limit(..)
            | Given::Seeded
            | Given::SplitWhole) => return Err(format!("{other:?} inside an errand\n{}", self.written)),
        })
    }

    /// Hands on some of what the peer wrote.
    fn deliver(&mut self, fetch: &mut Fetch) -> Result<(), String> {
        let now = Now {
            monotonic: self.now,
            wall: 1_700_000_000,
        };
        let count = match fetch.poll(now) {
            Ok(Action::Receive(buffer)) => {
                let most = match self.split {
                    Split::Whole => usize::MAX,
                    Split::Each(step) => step,
                };
                let count = buffer.len().min(most).min(self.pending.len());
                for (place, byte) in buffer.iter_mut().zip(self.pending.drain(..count)) {
                    *place = byte;
                }
                count
            }
            _ => return Err("the errand does not want to read any more".into()),
        };
        fetch.handle_received(count).map_err(|error| error.to_string())
    }

    /// Whether there is something to read; takes the next lines of the peer where all before was read.
    fn peer_speaks(&mut self) -> bool {
        if self.pending.is_empty() {
            self.skip_said();
            while let Some(Line {
                kind: Kind::Peer(_), ..
            }) = self.lines.front()
            {
                let Some(Line { text, kind }) = self.lines.pop_front() else {
                    break;
                };
                if let Kind::Peer(bytes) = kind {
                    self.say(&text);
                    self.pending.extend(bytes);
                }
            }
        }
        !self.pending.is_empty()
    }

    fn next_is_failure(&mut self) -> bool {
        self.skip_said();
        let next = self.lines.front().map(|line| &line.kind);
        matches!(next, Some(Kind::Given(Given::Failed(_))))
    }

    /// The next input; what a peer writes is none.
    fn given(&mut self) -> Result<Option<Given>, String> {
        self.skip_said();
        match self.lines.pop_front() {
            None => Ok(None),
            Some(Line {
                text,
                kind: Kind::Given(given),
            }) => {
                self.say(&text);
                Ok(Some(given))
            }
            Some(Line { text, .. }) => Err(format!("nobody reads `{text}`\n{}", self.written)),
        }
    }

    /// Expectations are written anew; comments and blank lines stay.
    fn skip_said(&mut self) {
        while let Some(line) = self.lines.front() {
            match line.kind {
                Kind::Said => {}
                Kind::Blank => {
                    let text = line.text.clone();
                    self.say(&text);
                }
                Kind::Given(_) | Kind::Peer(_) => return,
            }
            self.lines.pop_front();
        }
    }

    fn answer(&mut self, answered: Answered) -> Result<Answer, String> {
        if let Answered::Use { password, .. } = &answered {
            self.secrets.push(password.clone());
        }
        make_answer(answered)
    }

    fn set_limit(&mut self, name: &str, number: u64) -> Result<(), String> {
        let small = || u32::try_from(number).map_err(|error| error.to_string());
        let size = || usize::try_from(number).map_err(|error| error.to_string());
        match name {
            "body" => self.limits.body = number,
            "drain" => self.limits.drain = number,
            "excerpt" => self.limits.excerpt = size()?,
            "head" => self.limits.head = size()?,
            "informational" => self.limits.informational = small()?,
            "opens" => self.limits.opens = small()?,
            "redirects" => self.limits.redirects = small()?,
            _ => return Err(format!("no limit `{name}`")),
        }
        Ok(())
    }

    /// The secret that a text gives away.
    fn leak(&self, text: &str) -> Option<&String> {
        self.secrets.iter().find(|secret| text.contains(secret.as_str()))
    }

    fn say(&mut self, line: &str) {
        if !self.body.is_empty() {
            let body = std::mem::take(&mut self.body);
            let shown = show_body(&body);
            self.written.push_str(&shown);
            self.written.push('\n');
        }
        self.written.push_str(line);
        self.written.push('\n');
    }

    /// The error with its causes, and what a proxy said instead of opening a tunnel.
    fn say_error(&mut self, error: &Error) {
        let mut line = show_error(error);
        if let Error::Tunnel { answer, .. } = error {
            line.push_str("; ");
            line.push_str(&escape(&answer.excerpt));
        }
        self.say(&line);
    }
}

/// What to do for an action, after its borrow has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Due {
    Done,
    /// The script says.
    Given,
    /// Nothing: poll again.
    Go,
    Read,
    Sent,
}

fn dial(endpoint: &Endpoint) -> String {
    let reuse = match endpoint.reuse {
        Reuse::Allowed => "",
        Reuse::Never => " anew",
    };
    format!("! dial {}{reuse}", endpoint.hop)
}

pub(super) fn show_ask(ask: &Ask) -> String {
    let Ask { realm, attempt, .. } = ask;
    let target = match ask.target {
        Target::Origin => "server",
        Target::Proxy => "proxy",
    };
    let realm = realm.as_deref().unwrap_or_default();
    let (origin, scheme, channel) = (ask.origin.authority(), ask.scheme, &ask.channel);
    format!("! ask {target} {origin} {scheme} \"{realm}\" {channel} {attempt}")
}

pub(super) fn show_report(ask: &Ask, outcome: Outcome) -> String {
    let outcome = match outcome {
        Outcome::Abandoned => "abandoned",
        Outcome::Accepted => "accepted",
        Outcome::Rejected => "rejected",
    };
    format!("! report {} {outcome}", ask.target)
}

pub(super) fn show_body(body: &[u8]) -> String {
    if body.len() > 100 {
        format!("! body {} bytes", body.len())
    } else {
        format!("! body {}", escape(body))
    }
}

/// An error with its causes.
pub(super) fn show_error(error: &dyn std::error::Error) -> String {
    let mut line = format!("! error {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

pub(super) fn make_answer(answered: Answered) -> Result<Answer, String> {
    Ok(match answered {
        Answered::Ambient => Answer::Ambient,
        Answered::Pass => Answer::Pass,
        Answered::Refuse(who) => Answer::Refuse(match who.as_str() {
            "automatic" => Refusal::Automatic,
            "latched" => Refusal::Latched,
            "rule" => Refusal::ByRule,
            "user" => Refusal::ByUser,
            _ => return Err(format!("nobody refuses as `{who}`")),
        }),
        Answered::Use { user, password } => Answer::Use(Arc::new(Credentials::password(user, password))),
    })
}

fn failure(kind: &str) -> Result<FailureKind, String> {
    Ok(match kind {
        "certificate" => FailureKind::TlsCertificate,
        "connect" => FailureKind::Connect,
        "handshake" => FailureKind::TlsHandshake,
        "read" => FailureKind::Read,
        "resolve" => FailureKind::Resolve,
        "write" => FailureKind::Write,
        _ => return Err(format!("nothing fails as `{kind}`")),
    })
}

pub(super) fn parse_routes(text: &str) -> Result<Routes, String> {
    let routes = text.split(", ").filter(|route| !route.is_empty()).map(|route| {
        let (way, proxy) = route.split_once(' ').unwrap_or((route, ""));
        let proxy = || -> Result<Origin, String> {
            let url: Url = proxy.parse().map_err(|error| format!("`{proxy}`: {error}"))?;
            origin_of(&url).ok_or_else(|| format!("`{proxy}` is no proxy"))
        };
        match way {
            "direct" => Ok(Route::Direct),
            "forward" => Ok(Route::Forward(proxy()?)),
            "socks5" => Ok(Route::Socks5(proxy()?)),
            "tunnel" => Ok(Route::Tunnel(proxy()?)),
            _ => Err(format!("no way `{way}`")),
        }
    });
    routes.collect()
}
