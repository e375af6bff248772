//! Whole errands over real sockets: what is kept, what ends a wait, what each fault of the world is called.

mod certificates;
mod traces;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use rustls::ALL_VERSIONS;
use symgate_auth::{Answer, Ask, CredentialSource, Credentials, Origin, Peers, UriScheme};
use symgate_http::{NoRoute, Note, Request, ResponseHead, Route, Routes};
use url::Url;

use super::*;
use crate::client::Config;
use crate::testing::{Authority, Server, accept, linger};

/// A handler that keeps what it gets and does what the test wants at one point.
#[derive(Default)]
struct Keeper {
    routes: Vec<Route>,
    body: Vec<u8>,
    notes: Vec<Note>,
    full: bool,
    asked: Option<Box<dyn FnMut() -> Answer>>,
}

impl CredentialSource for Keeper {
    fn answer(&mut self, _ask: &Ask) -> Answer {
        self.asked.as_mut().map_or(Answer::Pass, |asked| asked())
    }
}

impl Handler for Keeper {
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute> {
        assert!(!url.cannot_be_a_base());
        Ok(if self.routes.is_empty() {
            vec![Route::Direct]
        } else {
            self.routes.clone()
        })
    }
    fn head(&mut self, _head: &ResponseHead) -> io::Result<()> {
        Ok(())
    }
    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }
    fn note(&mut self, note: &Note) {
        self.notes.push(note.clone());
    }
}

fn client(change: impl FnOnce(&mut Config)) -> Client {
    let mut config = Config::default();
    change(&mut config);
    Client::new(config).unwrap()
}

fn get(client: &Client, url: &str, keeper: &mut Keeper, cancel: &Cancel) -> Result<Finished, Error> {
    let request = Request::get(url.parse().unwrap());
    client.fetch(request, &Arc::new(Peers::new()), keeper, cancel)
}

/// The head of a request; empty at the end of the stream.
fn head(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.extend_from_slice(&byte);
    }
    String::from_utf8(head).unwrap()
}

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers every request on a connection.
fn serve(stream: &mut (impl Read + Write)) -> usize {
    let mut served = 0;
    while !head(stream).is_empty() {
        stream.write_all(HELLO).unwrap();
        stream.flush().unwrap();
        served += 1;
    }
    served
}

#[test]
fn a_connection_is_kept_and_serves_again() {
    let server = Server::start(1, |_, mut tcp| assert_eq!(serve(&mut tcp), 3));
    let client = client(|_| {});
    let url = format!("http://{}/a.pdb", server.address);
    for turns in 1..=3 {
        let mut keeper = Keeper::default();
        let finished = get(&client, &url, &mut keeper, &Cancel::new()).unwrap();
        assert_eq!((keeper.body.as_slice(), finished.turns), (&b"hello"[..], Some(turns)));
    }
    drop(client);
    server.finish();
}

/// A proxy as simple as can be: opens one tunnel and copies.
fn tunnel(mut front: impl Read + Write + Send, back: std::net::SocketAddr, copy: impl FnOnce(TcpStream)) {
    let asked = head(&mut front);
    assert!(asked.starts_with("CONNECT origin.example:443 HTTP/1.1\r\n"), "{asked}");
    front.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    front.flush().unwrap();
    drop(front);
    copy(TcpStream::connect(back).unwrap());
}

#[test]
fn tls_runs_through_a_tunnel_that_connect_opened_beforehand() {
    let authority = Authority::new("CA");
    let config = authority.issue(&["origin.example"]).into_server(ALL_VERSIONS);
    let origin = Server::start(1, move |_, tcp| {
        assert_eq!(serve(&mut accept(&config, tcp)), 1);
    });
    let back = origin.address;
    let proxy = Server::start(1, move |_, tcp| {
        let (mut up, mut down) = (tcp.try_clone().unwrap(), tcp.try_clone().unwrap());
        tunnel(tcp, back, |back| {
            let mut to = back.try_clone().unwrap();
            let upward = std::thread::spawn(move || {
                io::copy(&mut up, &mut to).ok();
                to.shutdown(std::net::Shutdown::Write).ok();
            });
            io::copy(&mut &back, &mut down).ok();
            upward.join().unwrap();
        });
    });
    let client = client(|config| config.origin_tls = authority.trusted());
    let proxy_origin = Origin::new(UriScheme::Http, "127.0.0.1", proxy.address.port());
    let mut keeper = Keeper {
        routes: vec![Route::Tunnel(proxy_origin)],
        ..Keeper::default()
    };
    let request = Request::get("https://origin.example/".parse().unwrap());
    let peers = Arc::new(Peers::new());
    client
        .connect(request.clone(), &peers, &mut keeper, &Cancel::new())
        .unwrap();
    assert!(keeper.notes.iter().any(|note| matches!(note, Note::Tunnelled { .. })));
    keeper.notes.clear();
    client.fetch(request, &peers, &mut keeper, &Cancel::new()).unwrap();
    assert_eq!(
        (keeper.body.as_slice(), keeper.notes.as_slice()),
        (&b"hello"[..], &[][..])
    );
    drop(client);
    origin.finish();
    proxy.finish();
}

#[test]
fn a_sink_that_is_full_is_the_sinks_error_and_frees_the_place() {
    let server = Server::start(2, |_, mut tcp| {
        serve(&mut tcp);
    });
    let client = client(|config| config.connections = 1);
    let url = format!("http://{}/", server.address);
    let mut full = Keeper {
        full: true,
        ..Keeper::default()
    };
    let ended = get(&client, &url, &mut full, &Cancel::new());
    assert!(
        matches!(&ended, Err(Error::Sink(error)) if error.kind() == io::ErrorKind::StorageFull),
        "{ended:?}"
    );
    get(&client, &url, &mut Keeper::default(), &Cancel::new()).unwrap();
    drop(client);
    server.finish();
}

#[test]
fn cancel_ends_a_wait_for_the_peer_and_a_wait_for_a_place() {
    let (arrived, arrival) = mpsc::channel();
    let server = Server::start(1, move |_, mut tcp| {
        head(&mut tcp);
        arrived.send(()).unwrap();
        linger(tcp);
    });
    let client = client(|config| config.connections = 1);
    let url = format!("http://{}/", server.address);
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| get(&client, &url, &mut Keeper::default(), &cancel));
        arrival.recv().unwrap();
        let second = scope.spawn(|| get(&client, &url, &mut Keeper::default(), &cancel));
        cancel.cancel();
        for waiting in [first, second] {
            let ended = waiting.join().unwrap();
            assert!(matches!(ended, Err(Error::Cancelled)), "{ended:?}");
        }
    });
    server.finish();
}

#[test]
fn a_wait_for_a_place_ends_by_the_deadline_of_the_whole_errand() {
    let client = client(|config| {
        config.connections = 1;
        config.deadlines.total = Some(Duration::from_millis(50));
        config.deadlines.connect = None;
    });
    let cancel = Cancel::new();
    let place = client.pool.acquire(&Wait::new(&cancel, None));
    let ended = get(&client, "http://127.0.0.1:1/", &mut Keeper::default(), &cancel);
    assert_eq!(kind(&ended), Some(FailureKind::Timeout), "{ended:?}");
    let Err(Error::Http(symgate_http::Error::Failed { failure, .. })) = ended else {
        return;
    };
    assert_eq!(failure.to_string(), Late::Free.to_string());
    drop(place);
}

/// What the network failed at.
fn kind(ended: &Result<Finished, Error>) -> Option<FailureKind> {
    match ended {
        Err(Error::Http(symgate_http::Error::Failed { failure, .. })) => Some(failure.kind),
        _ => None,
    }
}

#[test]
fn each_fault_of_the_world_has_its_kind() {
    type Script = fn(TcpStream);
    let silent: Script = |mut tcp| {
        head(&mut tcp);
        linger(tcp);
    };
    let rows: [(&str, Script, FailureKind, &str); 5] = [
        ("http", silent, FailureKind::Timeout, "no bytes came in time"),
        (
            "http",
            |mut tcp| {
                head(&mut tcp);
                tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
                    .unwrap();
                socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO)).unwrap();
            },
            FailureKind::Read,
            "",
        ),
        (
            "https",
            linger,
            FailureKind::Timeout,
            "the TLS handshake did not finish in time",
        ),
        (
            "https",
            |mut tcp| {
                tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
                linger(tcp);
            },
            FailureKind::TlsHandshake,
            "the peer answered in plain HTTP where TLS was expected",
        ),
        (
            "https",
            |tcp| {
                let config = Authority::new("Nobody").issue(&["127.0.0.1"]).into_server(ALL_VERSIONS);
                accept(&config, tcp).read_exact(&mut [0]).ok();
            },
            FailureKind::TlsCertificate,
            "the certificate was issued by `Nobody`, which is not trusted",
        ),
    ];
    for (scheme, script, expected, line) in rows {
        let server = Server::start(1, move |_, tcp| script(tcp));
        let client = client(|config| {
            config.deadlines.connect = Some(Duration::from_secs(1));
            config.deadlines.first_byte = Some(Duration::from_millis(50));
        });
        let url = format!("{scheme}://{}/", server.address);
        let ended = get(&client, &url, &mut Keeper::default(), &Cancel::new());
        assert_eq!(kind(&ended), Some(expected), "{scheme} {expected:?}: {ended:?}");
        let Err(Error::Http(symgate_http::Error::Failed { failure, .. })) = ended else {
            return;
        };
        if !line.is_empty() {
            assert_eq!(failure.to_string(), line);
        }
        server.finish();
    }
}

#[test]
fn a_dial_that_fails_says_at_what() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (url, expected, line) in [
        (
            format!("http://{closed}/"),
            FailureKind::Connect,
            format!("`{closed}`: connection refused"),
        ),
        (
            "http://name.invalid/".to_owned(),
            FailureKind::Resolve,
            "the name cannot be looked up".to_owned(),
        ),
    ] {
        let ended = get(&client(|_| {}), &url, &mut Keeper::default(), &Cancel::new());
        assert_eq!(kind(&ended), Some(expected), "{ended:?}");
        let Err(Error::Http(symgate_http::Error::Failed { failure, .. })) = ended else {
            return;
        };
        assert_eq!(failure.to_string(), line);
    }
}

/// With a single place, an errand whose proxy closes after each 407 comes to its end although others wait.
#[test]
fn an_errand_keeps_its_place_while_its_password_is_judged() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = Server::start(3, move |connection, mut tcp| {
        let asked = head(&mut tcp);
        log.lock()
            .unwrap()
            .push(asked.lines().next().unwrap_or_default().to_owned());
        let answer: &[u8] = match connection {
            0 => b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        };
        tcp.write_all(answer).unwrap();
    });
    let client = client(|config| config.connections = 1);
    let (first, second) = (
        format!("http://{}/first", server.address),
        format!("http://{}/second", server.address),
    );
    let (asked, question): (Sender<()>, Receiver<()>) = mpsc::channel();
    let (go, going): (Sender<()>, Receiver<()>) = mpsc::channel();
    std::thread::scope(|scope| {
        let judged = scope.spawn(|| {
            let mut keeper = Keeper {
                asked: Some(Box::new(move || {
                    asked.send(()).unwrap();
                    going.recv().unwrap();
                    Answer::Use(Arc::new(Credentials::password("alice", "S3cret")))
                })),
                ..Keeper::default()
            };
            get(&client, &first, &mut keeper, &Cancel::new())
        });
        question.recv().unwrap();
        let waiter = scope.spawn(|| get(&client, &second, &mut Keeper::default(), &Cancel::new()));
        // The second errand queues now or later; it must come last in either case.
        go.send(()).unwrap();
        judged.join().unwrap().unwrap();
        waiter.join().unwrap().unwrap();
    });
    server.finish();
    let seen = seen.lock().unwrap();
    assert_eq!(
        *seen,
        ["GET /first HTTP/1.1", "GET /first HTTP/1.1", "GET /second HTTP/1.1"]
    );
}
