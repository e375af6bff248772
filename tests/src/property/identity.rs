//! A law of the identities that streams carry: whoever authenticated a connection is who its requests are made as.
//!
//! NTLM authenticates a connection, so a peer takes each later request on it for that user's, whatever the request says.
//! A client that keeps connections has to keep that in mind, and curl has failed to in CVE-2014-0015 (a stream of one
//! user for another), CVE-2015-3143 (for nobody), CVE-2016-0755 (at the proxy), CVE-2026-1965 and CVE-2026-3784 (once
//! more, with Negotiate, and in tunnels). This law is that class: errands of one client with changing users, routes and
//! redirects, over streams that are kept and taken by [`PoolKey`](symgate_http::PoolKey), to peers that remember who
//! authenticated which connection. Each request that reaches a peer on an authenticated connection must come from an
//! errand that is this user there: by an answer of its own, or by what the client remembers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use symgate_auth::mechanism::{Order, TokenError};
use symgate_auth::{
    Answer, Ask, Authenticator, Channel, Credentials, Identity, Origin, Peers, Refusal, Seed, Target, UriScheme, ntlm,
};
use symgate_http::{
    Action, Deadlines, Eof, Error, Fetch, Limits, Now, Opened, Parked, Release, Request, Reuse, Route, origin_of,
};
use url::Url;

use crate::acceptor::{Acceptor, Turn};

/// Several errands, one after the other, in a world that these bytes decide.
pub fn law(bytes: &[u8]) {
    let mut world = World::new(bytes);
    for _ in 0..ERRANDS {
        world.errand();
    }
}

struct World {
    bytes: VecDeque<u8>,
    peers: Arc<Peers>,
    kept: Vec<(Parked, Connection)>,
    /// What the errand in hand may be at whom.
    mine: Vec<(Target, Origin, String)>,
    /// Who answers the questions of the errand in hand.
    user: &'static str,
    origin: Option<Origin>,
    connection: Option<Connection>,
}

/// A connection as the peers see it.
struct Connection {
    route: Route,
    /// Whether a tunnel is open, or none is needed.
    inside: bool,
    at_proxy: Seat,
    /// A forwarding proxy that pins has one connection to each server.
    at_origins: BTreeMap<Origin, Seat>,
    pending: VecDeque<u8>,
}

/// What one peer knows of one connection.
#[derive(Default)]
struct Seat {
    acceptor: Option<Acceptor>,
    user: Option<String>,
}

impl World {
    fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.iter().copied().collect(),
            peers: Arc::default(),
            kept: Vec::new(),
            mine: Vec::new(),
            user: USERS[0],
            origin: None,
            connection: None,
        }
    }

    fn errand(&mut self) {
        let choice = self.next();
        let pick = |count: usize, by: u8| usize::from(choice / by) % count;
        self.user = USERS[pick(USERS.len(), 1)];
        if choice & 0xC0 == 0xC0 {
            // The client was closed and forgot; what it kept is still there.
            self.peers.clear();
        }
        self.mine.clear();
        let url: Url = URLS[pick(URLS.len(), 4)].parse().expect("a URL");
        let order = Order::new([ntlm::spec()]);
        let authenticator = Authenticator::new(Arc::clone(&self.peers), Seed::new([3; 32])).with_order(order);
        let request = Request::get(url);
        let made = Fetch::new(request, authenticator, Limits::default(), Deadlines::default());
        let mut fetch = made.expect("http or https");
        for _ in 0..INPUTS {
            match self.step(&mut fetch) {
                Ok(true) => {}
                Ok(false) => return,
                Err(Error::Misuse(misuse)) => panic!("a world cannot misuse a fetch: {misuse}"),
                Err(_) => {
                    self.connection = None;
                    return;
                }
            }
        }
        panic!("the errand does not end: {fetch:?}");
    }

    /// One action; `false` at the end.
    fn step(&mut self, fetch: &mut Fetch) -> Result<bool, Error> {
        match fetch.poll(NOW)? {
            Action::Choose(url) => {
                self.origin = origin_of(url);
                let https = url.scheme() == "https";
                let proxy = |host| Origin::new(UriScheme::Http, host, 3128);
                let choice = self.next();
                let route = match choice % 5 {
                    _ if choice >= 0xE0 => Route::Socks5(proxy(if choice & 1 == 0 { "p" } else { "q" })),
                    0 => Route::Direct,
                    1 if !https => Route::Forward(proxy("p")),
                    2 if !https => Route::Forward(proxy("q")),
                    3 => Route::Tunnel(proxy("q")),
                    _ => Route::Tunnel(proxy("p")),
                };
                fetch.handle_routes(Ok(vec![route]))?;
            }
            Action::Open(endpoint) => {
                let (key, reuse) = (endpoint.key.clone(), endpoint.reuse);
                // As whom the client knows itself to these peers, at this moment.
                let mut known = vec![(Target::Origin, self.origin.clone())];
                known.push((Target::Proxy, key.route.proxy().cloned()));
                for (target, peer) in known {
                    let Some(peer) = peer else { continue };
                    if let Identity::Known(credentials) = self.peers.identity(target, &peer) {
                        let user = credentials.user().unwrap_or_default().to_owned();
                        self.mine.push((target, peer, user));
                    }
                }
                let fit = self.kept.iter().position(|(parked, _)| *parked.key() == key);
                match fit.filter(|_| reuse == Reuse::Allowed) {
                    Some(index) => {
                        let (parked, connection) = self.kept.swap_remove(index);
                        self.connection = Some(connection);
                        fetch.handle_opened(Opened::Reused(parked))?;
                    }
                    None => {
                        self.connection = Some(Connection {
                            inside: !matches!(key.route, Route::Socks5(_) | Route::Tunnel(_)),
                            route: key.route,
                            at_proxy: Seat::default(),
                            at_origins: BTreeMap::new(),
                            pending: VecDeque::new(),
                        });
                        fetch.handle_opened(Opened::Fresh)?;
                    }
                }
            }
            Action::StartTls { .. } => fetch.handle_tls(Channel::encrypted(*b"certificate"))?,
            Action::Transmit(bytes) => {
                if !self.shake(bytes) {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    self.arrive(&text);
                }
                fetch.handle_sent()?;
            }
            Action::Receive(buffer) => {
                let pending = self.connection.as_mut().map(|connection| &mut connection.pending);
                let pending = pending.filter(|pending| !pending.is_empty());
                let Some(pending) = pending else {
                    fetch.handle_eof(Eof::Clean)?;
                    return Ok(true);
                };
                let count = buffer.len().min(pending.len());
                for (place, byte) in buffer.iter_mut().zip(pending.drain(..count)) {
                    *place = byte;
                }
                fetch.handle_received(count)?;
            }
            Action::Authorize(ask) => {
                let ask = ask.clone();
                let answer = self.answer(&ask);
                fetch.handle_answer(answer)?;
            }
            Action::Token(_) => fetch.handle_token(Err(TokenError::TimedOut))?,
            Action::Release(Release::Keep(parked)) => {
                let connection = self.connection.take().expect("a stream that is kept was opened");
                self.kept.push((parked, connection));
            }
            Action::Release(Release::Close) => self.connection = None,
            Action::Head(_) | Action::Body(_) | Action::Note(_) | Action::Report(..) => {}
            Action::Done => return Ok(false),
        }
        Ok(true)
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        if self.next() % 16 == 15 {
            return Answer::Refuse(Refusal::ByUser);
        }
        let mine = (ask.target, ask.origin.clone(), self.user.to_owned());
        self.mine.push(mine);
        let password = if self.next() % 4 == 3 { "wrong" } else { PASSWORD };
        Answer::Use(Arc::new(Credentials::password(self.user, password)))
    }

    /// What a SOCKS5 proxy makes of these bytes; `false` for a request that goes through it.
    fn shake(&mut self, bytes: &[u8]) -> bool {
        let connection = self.connection.as_mut().expect("bytes are written to a stream");
        let Route::Socks5(proxy) = &connection.route else {
            return false;
        };
        if connection.inside {
            // Who logged on is whom the proxy takes the request for.
            if let Some(user) = &connection.at_proxy.user {
                let is_mine =
                    |mine: &(Target, Origin, String)| mine.0 == Target::Proxy && mine.1 == *proxy && mine.2 == *user;
                assert!(
                    self.mine.iter().any(is_mine),
                    "a request for {} went through {proxy:?} as `{user}`",
                    self.user
                );
            }
            return false;
        }
        let reply: &[u8] = match bytes {
            [5, 2, 0, 2] if proxy.host() == "q" => b"\x05\x00",
            [5, 2, 0, 2] => b"\x05\x02",
            [1, length, rest @ ..] => {
                let (user, password) = rest.split_at(usize::from(*length));
                if password.get(1..) == Some(PASSWORD.as_bytes()) {
                    connection.at_proxy.user = Some(String::from_utf8_lossy(user).into_owned());
                    b"\x01\x00"
                } else {
                    b"\x01\x01"
                }
            }
            [5, 1, 0, ..] => {
                connection.inside = true;
                b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
            }
            other => panic!("no message of SOCKS5: {other:?}"),
        };
        connection.pending.extend(reply);
        true
    }

    /// A request reaches whoever is at the other end.
    fn arrive(&mut self, text: &str) {
        let mood = self.next();
        let mut connection = self.connection.take().expect("bytes are written to a stream");
        let origin = self.origin.clone().expect("a route was chosen");
        let connect = text.starts_with("CONNECT ");
        connection.inside |= !connect;
        let field = |name: &str| {
            let mut lines = text.split("\r\n").filter_map(|line| line.split_once(": "));
            lines.find(|(field, _)| *field == name).map(|(_, value)| value)
        };
        let mut reply = None;
        if let (Some(proxy), true) = (
            connection.route.proxy().cloned(),
            connect || matches!(connection.route, Route::Forward(_)),
        ) {
            let value = field("Proxy-Authorization");
            reply = self.ask(&mut connection.at_proxy, Target::Proxy, &proxy, value, "407");
        }
        if reply.is_none() && !connect {
            // Who authenticated this connection to the server is who makes the request.
            let value = field("Authorization");
            let seat = connection.at_origins.entry(origin.clone()).or_default();
            reply = self.ask(seat, Target::Origin, &origin, value, "401");
        }
        let close = if mood % 8 == 7 { "Connection: close\r\n" } else { "" };
        let reply = reply.unwrap_or_else(|| match mood % 4 {
            _ if connect => "200 OK\r\n".into(),
            0 => "302 Found\r\nLocation: http://b.example/x\r\nContent-Length: 0\r\n".into(),
            _ => "200 OK\r\nContent-Length: 0\r\n".into(),
        });
        let answer = format!("HTTP/1.1 {reply}{close}\r\n");
        connection.pending.extend(answer.as_bytes());
        self.connection = Some(connection);
    }

    /// What a peer that wants to know who asks says; `None` where it knows, or does not care.
    fn ask(&self, seat: &mut Seat, target: Target, peer: &Origin, value: Option<&str>, status: &str) -> Option<String> {
        if let Some(user) = &seat.user {
            let is_mine = |mine: &(Target, Origin, String)| mine.0 == target && mine.1 == *peer && mine.2 == *user;
            assert!(
                self.mine.iter().any(is_mine),
                "a request for {} reached the {target} {peer:?} as `{user}`",
                self.user
            );
            return None;
        }
        // Half of the hosts let everybody in.
        if peer.host() == "q" || peer.host() == "b.example" {
            return None;
        }
        let challenge = match value.and_then(|value| value.strip_prefix("NTLM ")) {
            None => String::new(),
            Some(token) => {
                // Whoever knows the password is let in as who he says he is.
                let acceptor = seat.acceptor.get_or_insert_with(|| {
                    let [first, second] = USERS;
                    Acceptor::new(first, PASSWORD).and(second, PASSWORD)
                });
                match acceptor.turn(token) {
                    Turn::Challenge(token) => format!(" {token}"),
                    Turn::Accept(user) => {
                        seat.user = Some(user);
                        return None;
                    }
                    Turn::Reject(_) => String::new(),
                }
            }
        };
        let field = match target {
            Target::Origin => "Proxy-Support: Session-Based-Authentication\r\nWWW-Authenticate",
            Target::Proxy => "Proxy-Authenticate",
        };
        Some(format!(
            "{status} No\r\n{field}: NTLM{challenge}\r\nContent-Length: 0\r\n"
        ))
    }

    fn next(&mut self) -> u8 {
        self.bytes.pop_front().unwrap_or_default()
    }
}

/// Answers as who the errand is for; one password for all, so that a mix-up of users shows.
const USERS: [&str; 2] = ["alice", "bob"];
const PASSWORD: &str = "S3cret pass";
const URLS: [&str; 4] = [
    "http://a.example/one",
    "https://a.example/two",
    "http://b.example/three",
    "http://a.example:81/four",
];
const ERRANDS: usize = 8;
/// More than the rounds, routes and redirects of one errand.
const INPUTS: usize = 2000;
const NOW: Now = Now {
    monotonic: Duration::from_secs(1),
    wall: 1_700_000_000,
};
