//! Laws of the errand: [`Fetch`] in a world that arbitrary bytes decide.
//!
//! The bytes choose routes, what becomes of each dial and handshake, what peers answer (whole answers from a list, or
//! raw bytes), who answers questions, and when things break. The world keeps its own books, which are what a fetch is
//! held against:
//!
//! - it ends, or waits; never many actions without an input, never a misuse;
//! - each stream that was opened is released once, each answer that was given is reported once;
//! - each credential travels to the peer it was given to, in that peer's field, as protected as the question said, and
//!   nowhere else, whatever redirects, routes and challenges come in between;
//! - no `Debug` and no `Display` shows a password, nor what Basic makes of it;
//! - and, behind a policy, none is given that the rules do not permit.

mod policed;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use symgate_auth::mechanism::TokenError;
use symgate_auth::{
    Answer, Ask, Authenticator, Channel, Credentials, Origin, Peers, Refusal, Seed, Target, UriScheme, basic,
};
use symgate_http::{
    Action, Deadlines, Downgrade, Endpoint, Eof, Error, Failure, FailureKind, Fetch, Limits, NoRoute, Now, Opened,
    Parked, Release, Request, Reuse, Route, origin_of,
};
use url::Url;

use policed::Policed;

/// Three errands of one client in a world that these bytes decide: the second may find what the first left behind.
pub fn law(bytes: &[u8]) {
    errands(bytes, World::new(bytes));
}

/// The same behind a policy, whose rules come first in the bytes: no credential travels in clear text without a rule
/// either.
pub fn under_policy(bytes: &[u8]) {
    let mut world = World::new(bytes);
    world.policed = Some(Policed::draw(&mut world.bytes));
    errands(bytes, world);
}

fn errands(bytes: &[u8], mut world: World) {
    // A peer that says a password shows it itself. A fuzzer does so: it learns the words from the comparison.
    let says = |words: &str| bytes.windows(words.len()).any(|part| part == words.as_bytes());
    if says("PW4") || says("dXNlcjpQVzQ") {
        return;
    }
    for url in [
        "https://a.example/dir/file.pdb",
        "https://a.example/dir/other.pdb",
        "http://b.example/file.pdb",
    ] {
        world.errand(url);
    }
}

struct World {
    bytes: VecDeque<u8>,
    length: usize,
    peers: Arc<Peers>,
    parked: Vec<Parked>,
    given: Vec<Given>,
    answers: usize,
    reports: usize,
    stream: Option<Stream>,
    /// Where the errand is, as the last question for routes told.
    origin: Option<Origin>,
    /// Who answers, where it is not the bytes alone.
    policed: Option<Policed>,
}

/// The stream that the fetch holds.
struct Stream {
    endpoint: Endpoint,
    proxy_tls: bool,
    origin_tls: bool,
    /// Whether what is written now reaches the origin: always but before a tunnel, or a SOCKS5 proxy's way, is open.
    inside: bool,
    pending: VecDeque<u8>,
}

/// A credential that was given.
struct Given {
    target: Target,
    origin: Origin,
    encrypted: bool,
    password: String,
    value: Vec<u8>,
    /// How SOCKS5 says it.
    logon: Vec<u8>,
}

impl World {
    fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.iter().copied().collect(),
            length: bytes.len(),
            peers: Arc::new(Peers::new()),
            parked: Vec::new(),
            given: Vec::new(),
            answers: 0,
            reports: 0,
            stream: None,
            origin: None,
            policed: None,
        }
    }

    fn errand(&mut self, url: &str) {
        let url: Url = url.parse().expect("a URL");
        if let Some(policed) = &mut self.policed {
            policed.begin(origin_of(&url).expect("http or https"));
        }
        let mut limits = Limits::default();
        limits.head = 512;
        limits.drain = 64;
        limits.body = 4096;
        limits.excerpt = 16;
        let downgrade = if self.next().is_some_and(|byte| byte & 1 == 1) {
            Downgrade::DangerAllow
        } else {
            Downgrade::Refuse
        };
        let request = Request::get(url).with_downgrade(downgrade);
        let authenticator = Authenticator::new(self.peers.clone(), Seed::new([1; 32]));
        let make = if self.next().is_some_and(|byte| byte % 8 == 7) {
            Fetch::connect
        } else {
            Fetch::new
        };
        let mut fetch = make(request, authenticator, limits, Deadlines::default()).expect("http or https");
        // After the last byte everything fails, so that inputs are bounded too.
        let most_inputs = 4 * self.length + 300;
        let most_actions = 2 * self.length + 300;
        for _ in 0..most_inputs {
            let mut idle = 0;
            let waits = loop {
                match self.step(&mut fetch) {
                    Step::Again => idle += 1,
                    Step::Waits(due) => break due,
                    Step::Over => {
                        assert!(self.stream.is_none(), "a stream was neither kept nor closed");
                        assert_eq!(self.answers, self.reports, "answers and reports differ");
                        return;
                    }
                }
                assert!(idle <= most_actions, "many actions without an input: {fetch:?}");
            };
            self.feed(&mut fetch, waits);
        }
        panic!("the errand does not end: {fetch:?}");
    }

    fn step(&mut self, fetch: &mut Fetch) -> Step {
        self.check_shown(&format!("{fetch:?}"));
        let action = match fetch.poll(NOW) {
            Ok(action) => action,
            Err(error) => {
                assert!(
                    !matches!(error, Error::Misuse(_)),
                    "a world cannot misuse a fetch: {error}"
                );
                self.check_error(&error);
                return Step::Over;
            }
        };
        self.check_shown(&format!("{action:?}"));
        match action {
            Action::Choose(url) => {
                self.origin = origin_of(url);
                Step::Waits(Due::Choose)
            }
            Action::Open(endpoint) => Step::Waits(Due::Open(Box::new(endpoint.clone()))),
            Action::StartTls { target, .. } => Step::Waits(Due::Tls(target)),
            Action::Transmit(bytes) => {
                self.check_written(bytes);
                Step::Waits(Due::Sent)
            }
            Action::Receive(_) => Step::Waits(Due::Read),
            Action::Authorize(ask) => Step::Waits(Due::Answer(Box::new(ask.clone()))),
            Action::Token(_) => Step::Waits(Due::Token),
            Action::Report(ask, outcome) => {
                self.reports += 1;
                if let Some(policed) = &mut self.policed {
                    policed.report(&ask, outcome);
                    let shown = policed.shown();
                    self.check_shown(&shown);
                }
                Step::Again
            }
            Action::Release(release) => {
                assert!(self.stream.take().is_some(), "a stream was released that was not there");
                if let Release::Keep(parked) = release {
                    self.parked.push(parked);
                }
                Step::Again
            }
            Action::Note(note) => {
                self.check_shown(&note.to_string());
                Step::Again
            }
            Action::Head(_) | Action::Body(_) => Step::Again,
            Action::Done => Step::Over,
        }
    }

    fn feed(&mut self, fetch: &mut Fetch, due: Due) {
        let choice = self.next();
        let fed = match due {
            Due::Choose => match choice {
                Some(byte) => fetch.handle_routes(Ok(self.routes(byte))),
                None => {
                    let reason = "the world ends".into();
                    fetch.handle_routes(Err(NoRoute { refused: None, reason }))
                }
            },
            Due::Open(endpoint) => self.open(fetch, *endpoint, choice),
            Due::Tls(target) => self.handshake(fetch, target, choice),
            Due::Sent if choice.is_none_or(|byte| byte % 16 == 15) => fetch.handle_failed(failed(FailureKind::Write)),
            Due::Sent => fetch.handle_sent(),
            Due::Read => self.answer_bytes(fetch, choice),
            Due::Answer(ask) => {
                let answer = self.answer(&ask, choice);
                fetch.handle_answer(answer)
            }
            Due::Token => fetch.handle_token(Err(TokenError::Unavailable("no tickets here".into()))),
        };
        assert!(fed.is_ok(), "an input that was asked for was refused: {fed:?}");
    }

    fn routes(&mut self, mut choice: u8) -> Vec<Route> {
        let https = self.origin.as_ref().map(Origin::scheme) == Some(UriScheme::Https);
        let mut routes = Vec::new();
        for _ in 0..3 {
            let proxy = match choice & 1 {
                0 => Origin::new(UriScheme::Http, "proxy.example", 3128),
                // A server may be a proxy too; what is given to it as the one is not for the other.
                _ => Origin::new(UriScheme::Https, "a.example", 443),
            };
            routes.push(match choice >> 1 & 3 {
                0 => Route::Direct,
                1 if !https => Route::Forward(proxy),
                3 if choice & 0x20 != 0 => Route::Socks5(proxy),
                _ => Route::Tunnel(proxy),
            });
            choice >>= 3;
        }
        routes.truncate(usize::from(choice & 3).max(1));
        routes
    }

    fn open(&mut self, fetch: &mut Fetch, endpoint: Endpoint, choice: Option<u8>) -> Result<(), Error> {
        assert!(self.stream.is_none(), "a second stream was opened beside the first");
        let Some(choice) = choice.filter(|byte| byte % 8 != 7) else {
            return fetch.handle_failed(failed(FailureKind::Connect));
        };
        let led = matches!(endpoint.key.route, Route::Socks5(_) | Route::Tunnel(_));
        let mut stream = Stream {
            proxy_tls: false,
            origin_tls: false,
            inside: !led,
            pending: VecDeque::new(),
            endpoint,
        };
        let fits = |parked: &Parked| *parked.key() == stream.endpoint.key;
        let found = self.parked.iter().position(fits);
        if let Some(index) = found.filter(|_| stream.endpoint.reuse == Reuse::Allowed && choice & 1 == 0) {
            let parked = self.parked.remove(index);
            stream.inside = true;
            let route = &parked.key().route;
            stream.proxy_tls = route.proxy().is_some_and(|proxy| proxy.scheme() == UriScheme::Https);
            let far = parked.key().origin.as_ref();
            stream.origin_tls = far.is_some_and(|origin| origin.scheme() == UriScheme::Https);
            self.stream = Some(stream);
            return fetch.handle_opened(Opened::Reused(parked));
        }
        self.stream = Some(stream);
        fetch.handle_opened(Opened::Fresh)
    }

    fn handshake(&mut self, fetch: &mut Fetch, target: Target, choice: Option<u8>) -> Result<(), Error> {
        let Some(stream) = self
            .stream
            .as_mut()
            .filter(|_| choice.is_some_and(|byte| byte % 8 != 7))
        else {
            return fetch.handle_failed(failed(FailureKind::TlsHandshake));
        };
        stream.pending.clear();
        match target {
            Target::Proxy => stream.proxy_tls = true,
            Target::Origin => {
                stream.origin_tls = true;
                stream.inside = true;
            }
        }
        fetch.handle_tls(Channel::encrypted(*b"certificate"))
    }

    /// Peers answer: what is pending, or a new answer, or the end.
    fn answer_bytes(&mut self, fetch: &mut Fetch, choice: Option<u8>) -> Result<(), Error> {
        let Some(choice) = choice else {
            return fetch.handle_eof(Eof::Clean);
        };
        let idle = self.stream.as_ref().is_some_and(|stream| stream.pending.is_empty());
        if idle {
            match choice % 64 {
                29 => return fetch.handle_eof(Eof::Clean),
                30 => return fetch.handle_eof(Eof::Truncated),
                31 => return fetch.handle_failed(failed(FailureKind::Read)),
                kind if self.is_shaking() => {
                    let bytes = match SOCKS_ANSWERS.get(usize::from(kind % 8)) {
                        Some(answer) => answer.to_vec(),
                        None => self.bytes.drain(..self.bytes.len().min(usize::from(choice))).collect(),
                    };
                    if let Some(stream) = &mut self.stream {
                        stream.pending.extend(bytes);
                    }
                }
                kind => {
                    // The numbers of the ends lie among those of the answers.
                    let number = usize::from(if kind < 29 { kind } else { kind - 3 });
                    let bytes = match ANSWERS.get(number) {
                        Some(answer) => answer.as_bytes().to_vec(),
                        None => self.bytes.drain(..self.bytes.len().min(usize::from(choice))).collect(),
                    };
                    if let Some(stream) = &mut self.stream {
                        stream.pending.extend(bytes);
                    }
                }
            }
        }
        let Some(stream) = self.stream.as_mut().filter(|stream| !stream.pending.is_empty()) else {
            return fetch.handle_eof(Eof::Clean);
        };
        let Ok(Action::Receive(buffer)) = fetch.poll(NOW) else {
            panic!("a fetch that wanted to read does not any more");
        };
        let step = if choice < 128 { usize::MAX } else { 1 };
        let count = buffer.len().min(step).min(stream.pending.len());
        for (place, byte) in buffer.iter_mut().zip(stream.pending.drain(..count)) {
            *place = byte;
        }
        fetch.handle_received(count)
    }

    /// Whether the handshake with a SOCKS5 proxy is under way.
    fn is_shaking(&self) -> bool {
        let stream = self.stream.as_ref();
        stream.is_some_and(|stream| !stream.inside && matches!(stream.endpoint.key.route, Route::Socks5(_)))
    }

    fn answer(&mut self, ask: &Ask, choice: Option<u8>) -> Answer {
        let Some(choice) = choice else {
            return Answer::Refuse(Refusal::ByUser);
        };
        let (answer, password) = match &mut self.policed {
            Some(policed) => policed.answer(ask, choice),
            None => answer(ask, choice),
        };
        match &answer {
            Answer::Ambient => self.answers += 1,
            Answer::Use(credentials) => {
                self.answers += 1;
                if let (Credentials::Password(pair), Some(password)) = (&**credentials, password) {
                    let value = basic::encode(pair).expect("no colon in the name");
                    let (user, secret) = (pair.user.as_bytes(), pair.password.expose());
                    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short name and password");
                    let logon = [&[1, length(user)], user, &[length(secret)], secret].concat();
                    self.given.push(Given {
                        target: ask.target,
                        origin: ask.origin.clone(),
                        encrypted: ask.channel.is_encrypted(),
                        password,
                        value: value.expose().to_vec(),
                        logon,
                    });
                }
            }
            _ => {}
        }
        answer
    }

    /// The books against what is written: no credential to anybody but whom it was given for.
    fn check_written(&mut self, bytes: &[u8]) {
        let shaking = self.is_shaking();
        let stream = self.stream.as_mut().expect("bytes are written without a stream");
        if shaking && !bytes.starts_with(b"GET ") {
            let proxy = stream.endpoint.key.route.proxy();
            let known = self.given.iter().any(|given| {
                given.logon == bytes
                    && given.target == Target::Proxy
                    && Some(&given.origin) == proxy
                    && given.encrypted == stream.proxy_tls
            });
            // A greeting and a request begin with the version of SOCKS.
            assert!(
                bytes.first() == Some(&5) || known,
                "the proxy was never given this: {bytes:?}"
            );
            let shown = String::from_utf8_lossy(bytes);
            let leaks = self.given.iter().any(|given| shown.contains(&given.password));
            assert_eq!(leaks, known, "a password outside the logon: {bytes:?}");
            return;
        }
        stream.inside |= shaking;
        let text = String::from_utf8_lossy(bytes);
        let connect = text.starts_with("CONNECT ");
        if !connect && matches!(stream.endpoint.key.route, Route::Tunnel(_)) {
            stream.inside = true;
        }
        assert_eq!(
            connect, !stream.inside,
            "CONNECT and what goes through it are mixed up: {text}"
        );
        let proxy = stream.endpoint.key.route.proxy();
        let mut found = 0;
        for line in text.split("\r\n") {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            let (target, origin, encrypted) = match name.to_ascii_lowercase().as_str() {
                "authorization" => (Target::Origin, self.origin.as_ref(), stream.origin_tls),
                "proxy-authorization" => (Target::Proxy, proxy, stream.proxy_tls),
                _ => continue,
            };
            // What other schemes make of a password differs each time.
            let basic = value.starts_with("Basic ");
            found += usize::from(basic);
            match target {
                Target::Origin => assert!(!connect, "a server's field in CONNECT: {text}"),
                Target::Proxy => {
                    let forward = matches!(stream.endpoint.key.route, Route::Forward(_));
                    assert!(connect || forward, "a proxy's field inside a tunnel: {text}");
                }
            }
            let known = self.given.iter().any(|given| {
                (!basic || given.value == value.as_bytes())
                    && given.target == target
                    && Some(&given.origin) == origin
                    && given.encrypted == encrypted
            });
            assert!(
                known,
                "{target} {origin:?} (encrypted: {encrypted}) was never given this: {text}"
            );
        }
        let https = self.origin.as_ref().map(Origin::scheme) == Some(UriScheme::Https);
        assert!(
            connect || !https || stream.origin_tls,
            "an https request in clear text: {text}"
        );
        let values = text.matches("Basic ").count();
        assert_eq!(values, found, "a credential outside the two fields: {text}");
    }

    fn check_error(&self, error: &Error) {
        self.check_shown(&format!("{error:?}"));
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            let line = error.to_string();
            self.check_shown(&line);
            assert!(!line.contains('\n'), "an error of two lines: {line}");
            cause = error.source();
        }
    }

    fn check_shown(&self, text: &str) {
        for given in &self.given {
            assert!(!text.contains(&given.password), "a password shows: {text}");
            let value = String::from_utf8_lossy(&given.value);
            let coded = value.trim_start_matches("Basic ");
            assert!(!text.contains(coded), "what Basic makes of a password shows: {text}");
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.bytes.pop_front()
    }
}

enum Step {
    Again,
    Over,
    Waits(Due),
}

/// What the fetch waits for.
enum Due {
    Answer(Box<Ask>),
    Choose,
    Open(Box<Endpoint>),
    Read,
    Sent,
    Tls(Target),
    Token,
}

/// What the bytes answer, and the password if it is one.
fn answer(ask: &Ask, choice: u8) -> (Answer, Option<String>) {
    // Nobody gives a password to a server in clear text, half of the time.
    let refused = ask.target == Target::Origin && !ask.channel.is_encrypted() && choice & 8 != 0;
    let answer = match choice % 8 {
        _ if refused => Answer::Refuse(Refusal::ByRule),
        0 => Answer::Pass,
        1 => Answer::Refuse(Refusal::Automatic),
        2 => Answer::Ambient,
        _ => {
            let password = format!("PW{}-{}-{}", ask.target.status(), ask.origin, choice & 16);
            let credentials = Credentials::password("user", password.as_bytes());
            return (Answer::Use(Arc::new(credentials)), Some(password));
        }
    };
    (answer, None)
}

fn failed(kind: FailureKind) -> Failure {
    Failure::new(kind, "as the bytes say")
}

const NOW: Now = Now {
    monotonic: Duration::from_secs(1),
    wall: 1_700_000_000,
};

/// What a SOCKS5 proxy says, whatever it was asked.
const SOCKS_ANSWERS: [&[u8]; 6] = [
    b"\x05\x00",
    b"\x05\x02",
    b"\x05\x02\x01\x00",
    b"\x01\x01",
    b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x05\x05",
];

/// What peers say; a number beyond the list means raw bytes.
const ANSWERS: [&str; 31] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm=\"r\"\r\nConnection: close\r\n\r\n",
    "HTTP/1.0 407 Proxy\r\nProxy-Authenticate: Basic realm=\"r\"\r\n\r\nno",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM, Basic realm=\"s\"\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 401 Server\r\nWWW-Authenticate: Basic realm=\"t\"\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nWWW-Authenticate: Basic realm=\"t\"\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 401 Server\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: /other/file\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: https://b.example/x\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: http://a.example/x\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 301 Moved\r\nLocation: https://a.example:444/x\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 307 Moved\r\nLocation: https://u:p@a.example/y\r\nContent-Length: 100\r\n\r\n",
    "HTTP/1.1 308 Moved\r\nLocation: http://proxy.example:3128/\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 20\r\n\r\naccess is denied, so ",
    "HTTP/1.1 502 Bad Gateway\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\npart",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Negotiate, Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nWWW-Authenticate: Negotiate, Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: NTLM TlRMTVNTUAACAAAAEAAQADgAAAAVgoriYnyB+hL6J8sAAAAAAAAAAEQARABIAAAABgEAAAAAAA9MAEEAQgBQAFIATwBYAFkAAgAQAEwAQQBCAFAAUgBPAFgAWQABABAATABBAEIAUABSAE8AWABZAAQAAAADAAQAdgBtAAcACABImfYt8n3dAQAAAAA=\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nProxy-Support: Session-Based-Authentication\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nProxy-Support: Session-Based-Authentication\r\nWWW-Authenticate: NTLM TlRMTVNTUAACAAAAEAAQADgAAAAVgoriYnyB+hL6J8sAAAAAAAAAAEQARABIAAAABgEAAAAAAA9MAEEAQgBQAFIATwBYAFkAAgAQAEwAQQBCAFAAUgBPAFgAWQABABAATABBAEIAUABSAE8AWABZAAQAAAADAAQAdgBtAAcACABImfYt8n3dAQAAAAA=\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 Server\r\nWWW-Authenticate: Bearer, Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, stale=true\r\nContent-Length: 0\r\n\r\n",
];
