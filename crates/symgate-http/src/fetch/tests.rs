//! The machine against its driver: inputs out of turn, streams that do not fit, ends. Dialogues with peers are
//! transcripts of the workspace's tests.
#![expect(clippy::wildcard_enum_match_arm, reason = "any other action fails the test")]

use std::sync::Arc;

use symgate_auth::{Authenticator, Credentials, Refusal, Seed};

use super::*;
use crate::error::{FailureKind, LimitError, PeerError};

#[test]
fn an_input_out_of_turn_is_refused_and_changes_nothing() {
    let mut fetch = fetch("https://h/a");
    for waits in [
        "Choose",
        "Open",
        "StartTls",
        "Transmit",
        "Receive",
        "Receive",
        "Authorize",
        "Transmit",
    ] {
        let mut before = format!("{:?}", fetch.poll(NOW).unwrap());
        if before.starts_with("Note") {
            before = format!("{:?}", fetch.poll(NOW).unwrap());
        }
        assert!(before.starts_with(waits), "{before} instead of {waits}");
        let deadline = fetch.deadline();
        let later = Now {
            monotonic: Duration::from_secs(2),
            wall: 0,
        };
        for input in INPUTS {
            if input.fits(waits) {
                continue;
            }
            let refused = input.feed(&mut fetch);
            assert!(
                matches!(refused, Err(Error::Misuse(_))),
                "{input:?} while {before}: {refused:?}"
            );
            assert_eq!(format!("{:?}", fetch.poll(later).unwrap()), before, "{input:?}");
            assert_eq!(fetch.deadline(), deadline, "{input:?} prolongs the wait");
        }
        go_on(&mut fetch);
    }
}

#[test]
fn reads_of_no_bytes_or_too_many_are_refused_and_change_nothing() {
    let mut fetch = waiting_for("Receive");
    for read in [0, 1 << 30] {
        assert!(matches!(
            fetch.handle_received(read),
            Err(Error::Misuse(Misuse::OutOfTurn))
        ));
    }
    // The wait is still the same one: its input is taken.
    fetch.handle_eof(Eof::Clean).unwrap();
}

#[test]
fn an_https_url_is_never_forwarded_in_clear_text() {
    let mut fetch = fetch("https://h/a");
    fetch.poll(NOW).unwrap();
    let routes = vec![Route::Direct, Route::Forward(proxy())];
    let refused = fetch.handle_routes(Ok(routes));
    assert!(
        matches!(refused, Err(Error::Misuse(Misuse::ForwardHttps))),
        "{refused:?}"
    );
    assert!(matches!(fetch.poll(NOW).unwrap(), Action::Choose(_)));
    fetch
        .handle_routes(Ok(vec![Route::through(proxy(), UriScheme::Https)]))
        .unwrap();
    assert!(matches!(fetch.poll(NOW).unwrap(), Action::Open(_)));
}

#[test]
fn a_kept_stream_must_fit() {
    let parked = |host: &str| Parked {
        key: PoolKey {
            route: Route::Direct,
            origin: Some(Origin::new(UriScheme::Https, host, 443)),
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
        },
        proxy_channel: Channel::CLEARTEXT,
        origin_channel: Channel::CLEARTEXT,
        turns: 3,
    };
    let mut fetch = waiting_for("Open");
    let refused = fetch.handle_opened(Opened::Reused(parked("other")));
    assert!(matches!(refused, Err(Error::Misuse(Misuse::OutOfTurn))), "{refused:?}");
    assert_eq!(parked("h").turns(), 3);
    fetch.handle_opened(Opened::Reused(parked("h"))).unwrap();
    assert!(matches!(fetch.poll(NOW).unwrap(), Action::Transmit(_)));
}

#[test]
fn a_spent_machine_says_so_and_a_finished_one_stays_done() {
    let mut fetch = waiting_for("Open");
    fetch.handle_failed(Failure::new(FailureKind::Resolve, "x")).unwrap();
    assert!(matches!(fetch.poll(NOW), Err(Error::Failed { .. })));
    assert!(matches!(fetch.poll(NOW), Err(Error::Misuse(Misuse::Spent))));

    let mut fetch = waiting_for("Receive");
    receive(&mut fetch, b"HTTP/1.1 204 No Content\r\n\r\n");
    assert!(matches!(fetch.poll(NOW).unwrap(), Action::Head(head) if head.status == 204));
    assert!(matches!(fetch.poll(NOW).unwrap(), Action::Release(Release::Keep(parked)) if parked.turns() == 1));
    for _ in 0..2 {
        assert!(matches!(fetch.poll(NOW).unwrap(), Action::Done));
    }
    assert_eq!(fetch.deadline(), None);
}

#[test]
fn a_field_that_would_begin_a_second_line_is_the_callers_mistake() {
    let request = Request::get("http://h/".parse().unwrap()).with_field("X", "a\r\nAuthorization: b");
    let mut fetch = fetch_of(request);
    fetch.poll(NOW).unwrap();
    fetch.handle_routes(Ok(vec![Route::Direct])).unwrap();
    fetch.poll(NOW).unwrap();
    fetch.handle_opened(Opened::Fresh).unwrap();
    assert!(matches!(fetch.poll(NOW), Err(Error::Misuse(Misuse::BadHead))));
}

#[test]
fn whoever_is_late_is_named() {
    for (waits, hop) in [
        ("Choose", Some("server `h:443`")),
        ("Open", Some("server `h:443`")),
        ("StartTls", Some("server `h:443`")),
        ("Transmit", Some("server `h:443`")),
        ("Receive", Some("server `h:443`")),
        ("Authorize", None),
    ] {
        let deadlines = Deadlines {
            total: Some(Duration::from_secs(60)),
            ..Deadlines::default()
        };
        let request = Request::get("https://h/".parse().unwrap());
        let mut fetch = Fetch::new(request, authenticator(), Limits::default(), deadlines).unwrap();
        drive_to(&mut fetch, waits);
        assert_eq!(fetch.deadline().is_some(), hop.is_some(), "{waits}");
        let failed = fetch.handle_failed(Failure::new(FailureKind::Timeout, "late"));
        assert_eq!(failed.is_ok(), hop.is_some(), "{waits}");
        let Some(hop) = hop else { continue };
        let error = loop {
            match fetch.poll(NOW) {
                Ok(action) => assert!(matches!(action, Action::Release(Release::Close)), "{action:?}"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.to_string(), format!("{hop}: timed out"), "{waits}");
    }
}

#[test]
fn what_is_sent_and_read_does_not_show() {
    let mut fetch = waiting_for("Transmit");
    assert_eq!(format!("{:?}", fetch.poll(NOW).unwrap()), "Transmit(55)");
    fetch.handle_sent().unwrap();
    assert_eq!(format!("{:?}", fetch.poll(NOW).unwrap()), "Receive(8192)");
    receive(&mut fetch, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
    fetch.poll(NOW).unwrap();
    assert_eq!(format!("{:?}", fetch.poll(NOW).unwrap()), "Body(6)");
}

#[test]
fn errands_move_between_threads() {
    const fn is_send<T: Send>() {}
    is_send::<Fetch>();
    is_send::<Tunnel>();
    is_send::<Error>();
}

#[test]
fn a_tunnel_can_be_driven_alone() {
    let origin = Origin::new(UriScheme::Https, "h", 443);
    let mut fields = Fields::new();
    fields.push("User-Agent", "t");
    fields.push("X-Errand", "stays out");
    let mut tunnel = Tunnel::new(
        &proxy(),
        &origin,
        &fields,
        Channel::CLEARTEXT,
        authenticator(),
        &Limits::default(),
    );
    let mut written = Vec::new();
    let mut answers = [
        &b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"r\"\r\nConnection: close\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\n\r\nearly",
    ]
    .into_iter();
    let mut closed = 0;
    loop {
        match tunnel.poll(NOW).unwrap() {
            Action::Transmit(bytes) => {
                written.push(String::from_utf8(bytes.to_vec()).unwrap());
                assert!(matches!(
                    tunnel.handle_received(1),
                    Err(Error::Misuse(Misuse::OutOfTurn))
                ));
                tunnel.handle_sent().unwrap();
            }
            Action::Receive(buffer) => {
                let answer = answers.next().unwrap();
                buffer[..answer.len()].copy_from_slice(answer);
                tunnel.handle_received(answer.len()).unwrap();
            }
            Action::Authorize(_) => {
                let alice = Arc::new(Credentials::password("alice", "S3cret"));
                tunnel.handle_answer(Answer::Use(alice)).unwrap();
            }
            Action::Release(Release::Close) => closed += 1,
            Action::Open(endpoint) => {
                assert_eq!(endpoint.reuse, Reuse::Never);
                tunnel.reopened(&Channel::CLEARTEXT).unwrap();
            }
            Action::Note(_) | Action::Report(..) => {}
            Action::Done => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tunnel.leftovers(), b"early");
    assert_eq!(closed, 1);
    let head = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nUser-Agent: t\r\n";
    let second = format!("{head}Proxy-Authorization: Basic YWxpY2U6UzNjcmV0\r\n\r\n");
    assert_eq!(written, [format!("{head}\r\n"), second]);
    assert!(!tunnel.identity().is_anonymous());
}

#[test]
fn gzip_that_expands_without_end_is_bounded() {
    let mut coded = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut coded, &vec![0; 8 << 20]).unwrap();
    let coded = coded.finish().unwrap();
    let limits = Limits {
        body: 1 << 20,
        ..Limits::default()
    };
    let request = Request::get("https://h/a".parse().unwrap());
    let mut fetch = Fetch::new(request, authenticator(), limits, Deadlines::default()).unwrap();
    drive_to(&mut fetch, "Receive");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        coded.len()
    );
    let mut answer = [head.as_bytes(), &coded].concat();
    let mut delivered = 0;
    let error = loop {
        match fetch.poll(NOW) {
            Ok(Action::Receive(buffer)) => {
                let count = buffer.len().min(answer.len());
                buffer[..count].copy_from_slice(&answer[..count]);
                answer.drain(..count);
                fetch.handle_received(count).unwrap();
            }
            Ok(Action::Body(data)) => delivered += data.len(),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            error,
            Error::Limit {
                source: LimitError::Body(_),
                ..
            }
        ),
        "{error}"
    );
    assert!((1..=1 << 20).contains(&delivered), "{delivered}");
}

#[test]
fn a_proxy_in_the_way_of_a_clear_tunnel_cannot_answer_early() {
    let mut fetch = fetch("http://h/a");
    fetch.poll(NOW).unwrap();
    fetch.handle_routes(Ok(vec![Route::Tunnel(proxy())])).unwrap();
    fetch.poll(NOW).unwrap();
    fetch.handle_opened(Opened::Fresh).unwrap();
    fetch.poll(NOW).unwrap();
    fetch.handle_sent().unwrap();
    fetch.poll(NOW).unwrap();
    receive(&mut fetch, b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    let error = loop {
        if let Err(error) = fetch.poll(NOW) {
            break error;
        }
    };
    assert!(
        matches!(
            error,
            Error::Peer {
                source: PeerError::EarlyBytes,
                ..
            }
        ),
        "{error}"
    );
}

/// An input, with what it is the answer to.
#[derive(Clone, Copy, Debug)]
enum Given {
    Answer,
    Eof,
    Failed,
    Opened,
    Received,
    Routes,
    Sent,
    Tls,
    Token,
}

const INPUTS: [Given; 9] = [
    Given::Answer,
    Given::Eof,
    Given::Failed,
    Given::Opened,
    Given::Received,
    Given::Routes,
    Given::Sent,
    Given::Tls,
    Given::Token,
];

impl Given {
    fn fits(self, waits: &str) -> bool {
        match self {
            Self::Answer => waits == "Authorize",
            Self::Eof | Self::Received => waits == "Receive",
            Self::Failed => waits != "Authorize",
            Self::Opened => waits == "Open",
            Self::Routes => waits == "Choose",
            Self::Sent => waits == "Transmit",
            Self::Tls => waits == "StartTls",
            Self::Token => false,
        }
    }

    fn feed(self, fetch: &mut Fetch) -> Result<(), Error> {
        match self {
            Self::Answer => fetch.handle_answer(Answer::Refuse(Refusal::ByUser)),
            Self::Eof => fetch.handle_eof(Eof::Clean),
            Self::Failed => fetch.handle_failed(Failure::new(FailureKind::Read, "x")),
            Self::Opened => fetch.handle_opened(Opened::Fresh),
            Self::Received => fetch.handle_received(1),
            Self::Routes => fetch.handle_routes(Ok(vec![Route::Direct])),
            Self::Sent => fetch.handle_sent(),
            Self::Tls => fetch.handle_tls(Channel::CLEARTEXT),
            Self::Token => fetch.handle_token(Err(TokenError::Unavailable("x".into()))),
        }
    }
}

/// Gives the machine what it waits for; the server's answer is a challenge, in two pieces.
fn go_on(fetch: &mut Fetch) {
    let begun = matches!(&fetch.state, State::Exchange(exchange) if exchange.has_begun());
    match fetch.poll(NOW).unwrap() {
        Action::Choose(_) => fetch.handle_routes(Ok(vec![Route::Direct])).unwrap(),
        Action::Open(_) => fetch.handle_opened(Opened::Fresh).unwrap(),
        Action::StartTls { .. } => fetch.handle_tls(Channel::encrypted(*b"c")).unwrap(),
        Action::Transmit(_) => fetch.handle_sent().unwrap(),
        Action::Receive(_) if begun => receive(fetch, b"Content-Length: 0\r\n\r\n"),
        Action::Receive(_) => receive(fetch, b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\n"),
        Action::Authorize(_) => {
            let answer = Answer::Use(Arc::new(Credentials::password("u", "p")));
            fetch.handle_answer(answer).unwrap();
        }
        other => panic!("{other:?}"),
    }
}

fn drive_to(fetch: &mut Fetch, waits: &str) {
    loop {
        let action = format!("{:?}", fetch.poll(NOW).unwrap());
        if action.starts_with(waits) {
            return;
        }
        if !action.starts_with("Note") {
            go_on(fetch);
        }
    }
}

fn waiting_for(waits: &str) -> Fetch {
    let mut fetch = fetch("https://h/a");
    drive_to(&mut fetch, waits);
    fetch
}

fn receive(fetch: &mut Fetch, bytes: &[u8]) {
    match fetch.poll(NOW).unwrap() {
        Action::Receive(buffer) => buffer[..bytes.len()].copy_from_slice(bytes),
        other => panic!("{other:?}"),
    }
    fetch.handle_received(bytes.len()).unwrap();
}

fn fetch(url: &str) -> Fetch {
    fetch_of(Request::get(url.parse().unwrap()))
}

fn fetch_of(request: Request) -> Fetch {
    Fetch::new(request, authenticator(), Limits::default(), Deadlines::default()).unwrap()
}

fn authenticator() -> Authenticator {
    Authenticator::new(Arc::default(), Seed::new([0; 32]))
}

fn proxy() -> Origin {
    Origin::new(UriScheme::Http, "p", 3128)
}

const NOW: Now = Now {
    monotonic: Duration::from_secs(1),
    wall: 0,
};
