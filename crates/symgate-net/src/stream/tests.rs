//! TLS over sockets, once and inside itself: bytes, ends, refused certificates, cut waits.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustls::server::ServerConfig;
use rustls::{ALL_VERSIONS, HandshakeKind, StreamOwned};
use symgate_auth::{Origin, UriScheme};

use super::*;
use crate::testing::{Authority, Certified, Server, accept, linger, patient};
use crate::tls::{Audience, Tls, TlsError, named};

fn versions() -> [[&'static rustls::SupportedProtocolVersion; 1]; 2] {
    [[&rustls::version::TLS12], [&rustls::version::TLS13]]
}

fn start(stream: &mut Stream, tls: &Tls, host: &str, early: &[u8], wait: &Wait<'_>) -> Result<Vec<u8>, Halt> {
    let peer = Origin::new(UriScheme::Https, host, 443);
    let config = tls.client_config(Some(&peer)).unwrap();
    let name = named(host).unwrap();
    stream.start_tls(config, name.clone(), early, wait, &mut Handshake::new(name))
}

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

/// Reads to the end with a buffer of this size.
fn read_to_end(stream: &mut Stream, size: usize, wait: &Wait<'_>) -> (Vec<u8>, Ended) {
    let (mut all, mut buf) = (Vec::new(), vec![0; size]);
    loop {
        match stream.read(&mut buf, wait).unwrap() {
            Received::Bytes(count) => {
                assert!(count > 0);
                all.extend_from_slice(&buf[..count]);
            }
            Received::End(ended) => return (all, ended),
        }
    }
}

#[test]
fn reads_the_same_bytes_with_every_buffer_and_version() {
    let expected = body(100_000);
    for versions in versions() {
        let authority = Authority::new("CA");
        let config = authority.issue(&["localhost"]).into_server(&versions);
        let sent = expected.clone();
        let server = Server::start(4, move |_, tcp| {
            let mut tls = accept(&config, tcp);
            let mut hello = [0; 5];
            tls.read_exact(&mut hello).unwrap();
            assert_eq!(&hello, b"hello");
            // Records of several sizes, an empty write between them.
            for piece in [&sent[..1], &sent[1..1], &sent[1..20_000], &sent[20_000..]] {
                tls.write_all(piece).unwrap();
                tls.flush().unwrap();
            }
            tls.conn.send_close_notify();
            tls.flush().unwrap();
        });
        let tls = authority.trusted();
        for size in [7, 16_383, 16_384, 200_000] {
            let cancel = Cancel::new();
            let wait = patient(&cancel);
            let mut stream = server.connect();
            let certificate = start(&mut stream, &tls, "localhost", b"", &wait).unwrap();
            assert!(!certificate.is_empty());
            stream.write_all(b"hello", &wait).unwrap();
            let (all, ended) = read_to_end(&mut stream, size, &wait);
            assert_eq!(ended, Ended::Clean, "{size}");
            assert!(all == expected, "{size} {versions:?}");
            // The end stays the end.
            assert_eq!(stream.read(&mut [0; 8], &wait).unwrap(), Received::End(Ended::Clean));
        }
        server.finish();
    }
}

#[test]
fn a_large_request_arrives_whole() {
    let authority = Authority::new("CA");
    let config = authority.issue(&["localhost"]).into_server(ALL_VERSIONS);
    let expected = body(70_000);
    let sent = expected.clone();
    let server = Server::start(1, move |_, tcp| {
        let mut all = Vec::new();
        // `read_to_end` fails without `close_notify`.
        accept(&config, tcp).read_to_end(&mut all).unwrap();
        assert!(all == expected);
    });
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let mut stream = server.connect();
    start(&mut stream, &authority.trusted(), "localhost", b"", &wait).unwrap();
    stream.write_all(&sent, &wait).unwrap();
    stream.close();
    server.finish();
}

#[test]
fn an_end_without_close_notify_is_truncated() {
    for versions in versions() {
        let authority = Authority::new("CA");
        let config = authority.issue(&["localhost"]).into_server(&versions);
        let server = Server::start(1, move |_, tcp| {
            let mut tls = accept(&config, tcp);
            tls.write_all(b"half").unwrap();
            tls.flush().unwrap();
            tls.sock.shutdown(std::net::Shutdown::Write).unwrap();
            linger(tls.sock);
        });
        let cancel = Cancel::new();
        let wait = patient(&cancel);
        let mut stream = server.connect();
        start(&mut stream, &authority.trusted(), "localhost", b"", &wait).unwrap();
        assert_eq!(
            read_to_end(&mut stream, 64, &wait),
            (b"half".to_vec(), Ended::Truncated)
        );
        stream.close();
        server.finish();
    }
}

#[test]
fn a_plain_end_is_clean() {
    let server = Server::start(1, |_, mut tcp| tcp.write_all(b"all").unwrap());
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let mut stream = server.connect();
    assert_eq!(read_to_end(&mut stream, 2, &wait), (b"all".to_vec(), Ended::Clean));
    server.finish();
}

#[test]
fn tls_works_inside_tls_with_roots_of_its_own() {
    let (outer_ca, inner_ca) = (Authority::new("Proxy CA"), Authority::new("Origin CA"));
    let outer = outer_ca.issue(&["proxy.example"]).into_server(ALL_VERSIONS);
    let inner = inner_ca.issue(&["origin.example"]).into_server(ALL_VERSIONS);
    let expected = body(50_000);
    let sent = expected.clone();
    let server = Server::start(2, move |_, tcp| {
        let mut tls = accept(&inner, accept(&outer, tcp));
        let mut hello = [0; 5];
        if tls.read_exact(&mut hello).is_ok() {
            tls.write_all(&sent).unwrap();
            tls.conn.send_close_notify();
            tls.flush().unwrap();
        }
    });
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let mut stream = server.connect();
    start(&mut stream, &outer_ca.trusted(), "proxy.example", b"", &wait).unwrap();
    start(&mut stream, &inner_ca.trusted(), "origin.example", b"", &wait).unwrap();
    stream.write_all(b"hello", &wait).unwrap();
    let (all, ended) = read_to_end(&mut stream, 30_000, &wait);
    assert!(all == expected && ended == Ended::Clean);

    // The proxy's authority does not vouch for origins.
    let mut stream = server.connect();
    start(&mut stream, &outer_ca.trusted(), "proxy.example", b"", &wait).unwrap();
    let refused = start(&mut stream, &outer_ca.trusted(), "origin.example", b"", &wait);
    assert!(
        matches!(refused, Err(Halt::Tls(TlsError::UnknownIssuer(_)))),
        "{refused:?}"
    );
    drop(stream);
    server.finish();
}

#[test]
fn each_certificate_problem_has_its_name() {
    let (ours, theirs) = (Authority::new("Our CA"), Authority::new("Their CA"));
    let day = |year| rcgen::date_time_ymd(year, 1, 2);
    let rows: [(Certified, &str, &str); 6] = [
        (ours.issue(&["localhost"]), "localhost", ""),
        (ours.issue(&["127.0.0.1", "::1"]), "[::1]", ""),
        (
            ours.issue(&["a.example", "127.0.0.1"]),
            "localhost",
            "the certificate is not for `localhost`, but for `a.example`, `127.0.0.1`",
        ),
        (
            theirs.issue(&["localhost"]),
            "localhost",
            "the certificate was issued by `Their CA`, which is not trusted",
        ),
        (
            ours.issue_with(&["localhost"], |params| {
                (params.not_before, params.not_after) = (day(2001), day(2002));
            }),
            "localhost",
            "the certificate expired on 2002-01-02",
        ),
        (
            ours.issue_with(&["localhost"], |params| {
                (params.not_before, params.not_after) = (day(2901), day(2902));
            }),
            "localhost",
            "the certificate is not valid yet, only from 2901-01-02",
        ),
    ];
    for (certified, host, line) in rows {
        let config = certified.into_server(ALL_VERSIONS);
        let server = Server::start(1, move |_, tcp| {
            // The client refuses with an alert, which rustls' server reports as such.
            let mut tls = accept(&config, tcp);
            let read = tls.read(&mut [0; 1]);
            if let Err(error) = read {
                assert!(error.to_string().contains("alert"), "{error}");
            }
        });
        let cancel = Cancel::new();
        let wait = patient(&cancel);
        let mut stream = server.connect();
        match start(&mut stream, &ours.trusted(), host, b"", &wait) {
            Ok(_) => assert_eq!(line, "", "{host}"),
            Err(Halt::Tls(error)) => {
                assert_eq!(error.to_string(), line);
                assert!(error.is_certificate());
            }
            Err(other) => panic!("{line}: {other:?}"),
        }
        stream.close();
        server.finish();
    }
}

#[test]
fn a_peer_that_does_not_shake_hands_is_told_by_what_it_did() {
    type Script = fn(TcpStream);
    type Want = fn(&Halt) -> bool;
    let rows: [(&str, Script, Want); 7] = [
        (
            "http",
            |mut tcp| tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap(),
            |halt| matches!(halt, Halt::Tls(TlsError::SpokeHttp)),
        ),
        (
            "ftp",
            |mut tcp| tcp.write_all(b"220 ready\r\n").unwrap(),
            |halt| matches!(halt, Halt::Tls(TlsError::SpokeOther)),
        ),
        (
            "alert",
            |mut tcp| tcp.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap(),
            |halt| {
                matches!(
                    halt,
                    Halt::Tls(TlsError::Alert(rustls::AlertDescription::HandshakeFailure))
                )
            },
        ),
        (
            "end",
            |tcp| tcp.shutdown(std::net::Shutdown::Write).unwrap(),
            |halt| matches!(halt, Halt::Tls(TlsError::Closed)),
        ),
        (
            "reset",
            |tcp| {
                socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO)).unwrap();
            },
            |halt| matches!(halt, Halt::Io(error) if error.kind() == io::ErrorKind::ConnectionReset),
        ),
        (
            // Parts of a server's hello that is announced as 16 MiB long.
            "endless",
            |mut tcp| {
                let record = [&[22, 3, 3, 0x40, 0][..], &[2, 0xff, 0xff, 0xff], &[0; 0x3ffc]].concat();
                while tcp.write_all(&record).is_ok() {}
            },
            |halt| matches!(halt, Halt::Tls(TlsError::Protocol(_) | TlsError::Oversized)),
        ),
        (
            "garbage",
            |mut tcp| tcp.write_all(&[22, 3, 3, 0, 4, 9, 9, 9, 9]).unwrap(),
            |halt| matches!(halt, Halt::Tls(TlsError::Protocol(_) | TlsError::Closed)),
        ),
    ];
    let tls = Authority::new("CA").trusted();
    for (name, script, want) in rows {
        let server = Server::start(1, move |_, mut tcp| {
            tcp.read_exact(&mut [0; 5]).unwrap();
            script(tcp.try_clone().unwrap());
            if name != "reset" {
                tcp.shutdown(std::net::Shutdown::Write).ok();
                linger(tcp);
            }
        });
        let cancel = Cancel::new();
        let mut stream = server.connect();
        let ended = start(&mut stream, &tls, "localhost", b"", &patient(&cancel)).unwrap_err();
        assert!(want(&ended), "{name}: {ended:?}");
        drop(stream);
        server.finish();
    }
}

#[test]
fn bytes_that_came_early_belong_to_the_handshake() {
    let server = Server::start(1, |_, tcp| linger(tcp));
    let cancel = Cancel::new();
    let mut stream = server.connect();
    let tls = Authority::new("CA").trusted();
    let early = start(&mut stream, &tls, "localhost", b"HTTP/1.1 200", &patient(&cancel));
    assert!(matches!(early, Err(Halt::Tls(TlsError::SpokeHttp))), "{early:?}");
    drop(stream);
    server.finish();
}

#[test]
fn a_handshake_ends_by_deadline_and_cancel_also_when_bytes_trickle() {
    for trickle in [false, true] {
        let server = Server::start(2, move |_, mut tcp| {
            tcp.set_nodelay(true).unwrap();
            // The head of a record that is never finished.
            let mut bytes = [22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]
                .into_iter()
                .chain(std::iter::repeat(0));
            while trickle && tcp.write_all(&[bytes.next().unwrap()]).is_ok() {
                std::thread::yield_now();
            }
            linger(tcp);
        });
        let tls = Authority::new("CA").trusted();
        let cancel = Cancel::new();
        let mut stream = server.connect();
        let until = Instant::now() + Duration::from_millis(30);
        let ended = start(&mut stream, &tls, "localhost", b"", &Wait::new(&cancel, Some(until)));
        assert!(matches!(ended, Err(Halt::Expired)), "{trickle}: {ended:?}");
        drop(stream);

        cancel.cancel();
        let mut stream = server.connect();
        let ended = start(&mut stream, &tls, "localhost", b"", &Wait::new(&cancel, None));
        assert!(matches!(ended, Err(Halt::Cancelled)), "{trickle}: {ended:?}");
        drop(stream);
        server.finish();
    }
}

#[test]
fn a_client_certificate_is_shown_to_who_asks() {
    let authority = Authority::new("CA");
    let certified = authority.issue(&["client"]);
    let config = authority.demanding(authority.issue(&["localhost"]));
    let server = Server::start(2, move |connection, tcp| {
        let mut tls = accept(&config, tcp);
        let written = tls.write_all(b"welcome");
        assert_eq!(written.is_ok(), connection == 0, "{written:?}");
        tls.flush().ok();
        linger(tls.sock);
    });
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let known = authority
        .trusted()
        .with_client_certificate(certified.for_client(), Audience::Anybody)
        .unwrap();
    let mut stream = server.connect();
    start(&mut stream, &known, "localhost", b"", &wait).unwrap();
    assert_eq!(stream.read(&mut [0; 64], &wait).unwrap(), Received::Bytes(7));
    stream.close();

    // In TLS 1.3 the server says no after our side of the handshake is over.
    let mut stream = server.connect();
    start(&mut stream, &authority.trusted(), "localhost", b"", &wait).unwrap();
    let refused = stream.read(&mut [0; 64], &wait);
    assert!(
        matches!(refused, Err(Halt::Tls(TlsError::ClientCertificateWanted))),
        "{refused:?}"
    );
    drop(stream);
    server.finish();
}

/// In TLS 1.3 the peer's "no" follows our first bytes; it may have closed before the next ones.
#[test]
fn the_reason_is_read_where_writing_fails() {
    let authority = Authority::new("CA");
    let config = authority.demanding(authority.issue(&["localhost"]));
    let (gone, waiting) = std::sync::mpsc::channel();
    let server = Server::start(1, move |_, tcp| {
        let mut tls = accept(&config, tcp);
        assert!(tls.read(&mut [0]).is_err());
        drop(tls);
        gone.send(()).unwrap();
    });
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let mut stream = server.connect();
    start(&mut stream, &authority.trusted(), "localhost", b"", &wait).unwrap();
    waiting.recv().unwrap();
    // The first write is answered with a reset, which the second one meets.
    let mut written = stream.write_all(b"x", &wait);
    for _ in 0..100 {
        if written.is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
        written = stream.write_all(b"x", &wait);
    }
    assert!(
        matches!(written, Err(Halt::Tls(TlsError::ClientCertificateWanted))),
        "{written:?}"
    );
    drop(stream);
    server.finish();
}

#[test]
fn sessions_are_resumed_and_http_1_1_is_named() {
    let authority = Authority::new("CA");
    let mut config = authority.issue(&["localhost"]).into_server(ALL_VERSIONS);
    Arc::get_mut(&mut config).unwrap().alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::start(2, move |connection, tcp| {
        let mut tls = accept(&config, tcp);
        tls.write_all(b"x").unwrap();
        tls.flush().unwrap();
        tls.conn.send_close_notify();
        tls.flush().unwrap();
        tls.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let kind = [HandshakeKind::Full, HandshakeKind::Resumed][connection];
        assert_eq!(tls.conn.handshake_kind(), Some(kind));
    });
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let tls = authority.trusted();
    let mut certificates = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect();
        // A clone shares the sessions.
        certificates.push(start(&mut stream, &tls.clone(), "localhost", b"", &wait).unwrap());
        assert_eq!(read_to_end(&mut stream, 8, &wait), (b"x".to_vec(), Ended::Clean));
        stream.close();
    }
    assert!(!certificates[0].is_empty() && certificates[0] == certificates[1]);
    server.finish();
}

/// Whether a stream is alive once the server has done this after the handshake.
fn alive_after(versions: &[&'static rustls::SupportedProtocolVersion], what: fn(&mut Tail)) -> bool {
    let authority = Authority::new("CA");
    let config = authority.issue(&["localhost"]).into_server(versions);
    let (done, waiting) = std::sync::mpsc::channel();
    let server = Server::start(1, move |_, tcp| {
        let mut tls = accept(&config, tcp);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).unwrap();
        }
        // Sends the tickets as well.
        tls.flush().unwrap();
        what(&mut tls);
        done.send(()).unwrap();
        linger(tls.sock);
    });
    let cancel = Cancel::new();
    let mut stream = server.connect();
    start(&mut stream, &authority.trusted(), "localhost", b"", &patient(&cancel)).unwrap();
    waiting.recv().unwrap();
    // What was sent over loopback is there when the sender's call has returned.
    let alive = stream.is_alive();
    if alive {
        // And looking has not changed that.
        assert!(stream.is_alive());
        stream.write_all(b"next", &patient(&cancel)).unwrap();
    }
    drop(stream);
    server.finish();
    alive
}

type Tail = StreamOwned<rustls::ServerConnection, TcpStream>;

#[test]
fn an_idle_stream_is_alive_unless_something_was_said() {
    for versions in versions() {
        type Row = (&'static str, fn(&mut Tail), bool);
        let rows: [Row; 4] = [
            ("nothing, but tickets in TLS 1.3", |_| {}, true),
            (
                "data",
                |tls| {
                    tls.write_all(b"x").unwrap();
                    tls.flush().unwrap();
                },
                false,
            ),
            (
                "goodbye",
                |tls| {
                    tls.conn.send_close_notify();
                    tls.flush().unwrap();
                },
                false,
            ),
            (
                "end",
                |tls| tls.sock.shutdown(std::net::Shutdown::Write).unwrap(),
                false,
            ),
        ];
        for (name, what, alive) in rows {
            assert_eq!(alive_after(&versions, what), alive, "{name} {versions:?}");
        }
    }
}

#[test]
fn an_idle_plain_stream_is_alive_unless_something_was_said() {
    type Row = (&'static str, fn(&mut TcpStream), bool);
    let rows: [Row; 3] = [
        ("nothing", |_| {}, true),
        ("data", |tcp| tcp.write_all(b"x").unwrap(), false),
        ("end", |tcp| tcp.shutdown(std::net::Shutdown::Write).unwrap(), false),
    ];
    for (name, what, alive) in rows {
        let (done, waiting) = std::sync::mpsc::channel();
        let server = Server::start(1, move |_, mut tcp| {
            what(&mut tcp);
            done.send(()).unwrap();
            linger(tcp);
        });
        let mut stream = server.connect();
        waiting.recv().unwrap();
        assert_eq!(stream.is_alive(), alive, "{name}");
        drop(stream);
        server.finish();
    }
}

/// OpenSSL is the peer of another author: both versions, a key update that it starts, and both its ways to close.
#[test]
fn speaks_with_openssl() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "openssl is missing");
        return;
    }
    let authority = Authority::new("CA");
    let certified = authority.issue(&["localhost"]);
    let file = std::env::temp_dir().join(format!("symgate-net-openssl-{}.pem", std::process::id()));
    std::fs::write(&file, format!("{}{}", certified.pem, certified.key_pem)).unwrap();
    let cancel = Cancel::new();
    let wait = patient(&cancel);
    let tls = authority.trusted();
    for version in ["-tls1_2", "-tls1_3"] {
        let (mut openssl, mut stream) = Openssl::start(&file, &[version]);
        start(&mut stream, &tls, "localhost", b"", &wait).unwrap();
        stream.write_all(b"from us\n", &wait).unwrap();
        openssl.hears("from us");
        if version == "-tls1_3" {
            // `K`: new keys for it, and a request that we renew ours.
            openssl.types("K\n");
        }
        // It forgets what it reads behind a command, so the line is typed until it comes.
        let line = (0..100).find_map(|_| {
            openssl.types("from openssl\n");
            let mut buf = [0; 13];
            let soon = Wait::new(&cancel, Some(Instant::now() + Duration::from_millis(200)));
            match stream.read(&mut buf, &soon) {
                Ok(Received::Bytes(count)) => Some(buf[..count].to_vec()),
                Err(Halt::Expired) => None,
                other => panic!("{version}: {other:?}"),
            }
        });
        assert_eq!(line.as_deref(), Some(&b"from openssl\n"[..]), "{version}");
        stream.write_all(b"with new keys\n", &wait).unwrap();
        openssl.hears("with new keys");
        // `Q` closes the socket and says nothing.
        openssl.types("Q\n");
        assert_eq!(
            read_to_end(&mut stream, 64, &wait),
            (Vec::new(), Ended::Truncated),
            "{version}"
        );
        openssl.process.wait().unwrap();

        let (mut openssl, mut stream) = Openssl::start(&file, &[version, "-www"]);
        start(&mut stream, &tls, "localhost", b"", &wait).unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n", &wait).unwrap();
        let (page, ended) = read_to_end(&mut stream, 64, &wait);
        assert!(page.starts_with(b"HTTP/1.0 200 ok"), "{version}");
        assert_eq!(ended, Ended::Clean, "{version}");
        // It waits for our goodbye.
        stream.close();
        openssl.process.wait().unwrap();
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn openssl_gets_a_client_certificate_or_says_why_not() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "openssl is missing");
        return;
    }
    let authority = Authority::new("CA");
    let own = authority.issue(&["localhost"]);
    let file = std::env::temp_dir().join(format!("symgate-net-{}-client.pem", std::process::id()));
    std::fs::write(&file, format!("{}{}{}", own.pem, own.key_pem, authority.pem)).unwrap();
    let ca = std::env::temp_dir().join(format!("symgate-net-{}-client-ca.pem", std::process::id()));
    std::fs::write(&ca, &authority.pem).unwrap();
    let showing = |authority: &Authority, certified: &Certified| {
        let tls = authority.trusted();
        tls.with_client_certificate(certified.for_client(), Audience::Anybody)
            .unwrap()
    };
    let known = showing(&authority, &authority.issue(&["client"]));
    let foreign = showing(&authority, &Authority::new("Other").issue(&["client"]));
    for version in ["-tls1_2", "-tls1_3"] {
        for (tls, expected) in [
            (&known, "HTTP/1.0 200 ok"),
            (
                &foreign,
                "the peer refused our client certificate with the alert `UnknownCA`",
            ),
            (
                &authority.trusted(),
                "the peer wants a client certificate, and was shown none",
            ),
        ] {
            let ca = ca.to_str().unwrap();
            let demand = ["-Verify", "1", "-verify_return_error", "-CAfile", ca];
            let (mut openssl, mut stream) = Openssl::start(&file, &[&[version, "-www"], &demand[..]].concat());
            let cancel = Cancel::new();
            let wait = patient(&cancel);
            let mut page = [0; 64];
            let ended = start(&mut stream, tls, "localhost", b"", &wait)
                .and_then(|_| stream.write_all(b"GET / HTTP/1.0\r\n\r\n", &wait))
                .and_then(|()| stream.read(&mut page, &wait));
            let said = match ended {
                Ok(_) => String::from_utf8_lossy(&page).into_owned(),
                Err(Halt::Tls(error)) => error.to_string(),
                Err(halt) => format!("{halt:?}"),
            };
            assert!(said.starts_with(expected), "{version}: {said}");
            stream.close();
            openssl.process.wait().unwrap();
        }
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&ca).unwrap();
}

/// A running `openssl s_server` for one connection.
struct Openssl {
    process: Child,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Openssl {
    fn start(certificate: &Path, options: &[&str]) -> (Self, Stream) {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert"])
            .arg(certificate)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = stdout
            .find_map(|line| Some(line.unwrap().strip_prefix("ACCEPT ")?.to_owned()))
            .unwrap();
        let stream = Stream::new(TcpStream::connect(address).unwrap()).unwrap();
        (Self { process, stdout }, stream)
    }

    fn types(&mut self, text: &str) {
        self.process.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn hears(&mut self, expected: &str) {
        assert!(self.stdout.any(|line| line.unwrap() == expected), "{expected}");
    }
}

/// A configuration of the caller's own is used as it is.
#[test]
fn a_given_configuration_is_used_as_it_is() {
    let authority = Authority::new("CA");
    let config: Arc<ServerConfig> = authority.issue(&["localhost"]).into_server(ALL_VERSIONS);
    let server = Server::start(1, move |_, tcp| {
        let mut tls = accept(&config, tcp);
        tls.write_all(b"x").unwrap();
        tls.flush().unwrap();
        assert_eq!(tls.conn.alpn_protocol(), None);
        linger(tls.sock);
    });
    let mut own = (*authority.trusted().client_config(None).unwrap()).clone();
    own.alpn_protocols.clear();
    let cancel = Cancel::new();
    let mut stream = server.connect();
    start(
        &mut stream,
        &Tls::given(Arc::new(own)),
        "localhost",
        b"",
        &patient(&cancel),
    )
    .unwrap();
    assert_eq!(stream.read(&mut [0; 8], &patient(&cancel)).unwrap(), Received::Bytes(1));
    drop(stream);
    server.finish();
}
