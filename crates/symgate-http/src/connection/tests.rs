//! Two ends and a wire: each send states what the other side must see, however the bytes are split.

use super::*;

#[test]
fn a_request_and_its_answer_in_all_framings() {
    for (fields, body, seen) in [
        (&[("Content-Length", "5")][..], &[&b"hello"[..]][..], "hello"),
        (&[("Content-Length", "5")], &[b"he", b"", b"llo"], "hello"),
        (&[("Content-Length", "0")], &[], ""),
        (&[("Transfer-Encoding", "chunked")], &[b"hel", b"", b"lo"], "hello"),
        (&[("Transfer-Encoding", "chunked")], &[], ""),
        (&[("Connection", "close")], &[b"hel", b"lo"], "hello"),
    ] {
        for step in STEPS {
            let mut pair = Pair::new(step);
            pair.request("GET", "/", &[]);
            pair.check_server(&["request GET /", "end"]);
            pair.answer(200, fields, body);
            if fields.first().is_some_and(|field| field.0 == "Connection") {
                pair.client.handle_eof(Eof::Clean);
            }
            let body = format!("body {seen}");
            let expected = ["response 200", &body, "end"];
            let expected = expected.into_iter().filter(|event| *event != "body ");
            pair.check_client(&expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_request_with_a_body_is_read_by_the_server() {
    for step in STEPS {
        let mut pair = Pair::new(step);
        let request = request("PUT", "/", &[("Content-Length", "4")], Version::Http11);
        pair.client.send_request(&request, &[]).unwrap();
        pair.client.send_body(b"da").unwrap();
        pair.check_server(&["request PUT /", "body da"]);
        pair.client.send_body(b"ta").unwrap();
        pair.client.finish_body().unwrap();
        pair.check_server(&["body ta", "end"]);
        pair.answer(204, &[], &[]);
        pair.check_client(&["response 204", "end"]);
        assert!(pair.client.is_reusable() && pair.server.is_reusable());
    }
}

#[test]
fn a_kept_connection_carries_the_next_exchange() {
    for step in STEPS {
        let mut pair = Pair::new(step);
        for round in 0..3 {
            assert!(!pair.client.has_begun(), "round {round}");
            pair.request("GET", "/", &[]);
            pair.check_server(&["request GET /", "end"]);
            pair.answer(200, &[("Content-Length", "2")], &[b"ok"]);
            pair.check_client(&["response 200", "body ok", "end"]);
            assert!(pair.client.has_begun());
            pair.client.next_exchange().unwrap();
            pair.server.next_exchange().unwrap();
        }
    }
}

#[test]
fn who_keeps_a_connection_and_who_does_not() {
    use Version::{Http10, Http11};
    for (asked, answered, asks, answers, kept) in [
        (Http11, Http11, "", "", true),
        (Http11, Http11, "close", "", false),
        (Http11, Http11, "", "close", false),
        (Http11, Http11, "", "Foo, Close", false),
        (Http11, Http11, "", "keep-alive, close", false),
        (Http11, Http10, "", "", false),
        (Http11, Http10, "", "Keep-Alive", true),
        (Http10, Http10, "", "keep-alive", false),
        (Http10, Http10, "keep-alive", "keep-alive", true),
    ] {
        for step in STEPS {
            let mut pair = Pair::new(step);
            let fields = |value| {
                if str::is_empty(value) {
                    vec![]
                } else {
                    vec![("Connection", value)]
                }
            };
            let request = request("GET", "/", &fields(asks), asked);
            pair.client.send_request(&request, &[]).unwrap();
            pair.check_server(&["request GET /", "end"]);
            let mut head = response(200, &fields(answers));
            head.version = answered;
            head.fields.push("Content-Length", "0");
            pair.server.send_response(&head).unwrap();
            pair.check_client(&["response 200", "end"]);
            let row = format!("{asked:?} {asks} / {answered:?} {answers}");
            assert_eq!(pair.client.is_reusable(), kept, "{row}");
            assert_eq!(pair.server.is_reusable(), kept, "{row}");
            assert_eq!(pair.client.next_exchange().is_ok(), kept, "{row}");
        }
    }
}

#[test]
fn interim_answers_come_before_the_final_one() {
    for step in STEPS {
        let mut pair = Pair::new(step);
        pair.request("GET", "/", &[]);
        pair.check_server(&["request GET /", "end"]);
        pair.server.send_response(&response(100, &[])).unwrap();
        pair.server.send_response(&response(103, &[("Link", "x")])).unwrap();
        pair.check_client(&["informational 100", "informational 103"]);
        assert!(pair.client.has_begun());
        pair.answer(200, &[("Content-Length", "0")], &[]);
        pair.check_client(&["response 200", "end"]);
        assert!(pair.client.is_reusable());
    }
}

#[test]
fn answers_without_a_body_end_with_their_head() {
    for (method, status, fields) in [
        ("HEAD", 200, &[("Content-Length", "5")][..]),
        ("HEAD", 200, &[("Transfer-Encoding", "chunked")]),
        ("GET", 204, &[]),
        ("GET", 304, &[("Content-Length", "5")]),
    ] {
        for step in STEPS {
            let mut pair = Pair::new(step);
            pair.request(method, "/", &[]);
            pair.drain_server();
            pair.server.send_response(&response(status, fields)).unwrap();
            let head = format!("response {status}");
            pair.check_client(&[&head, "end"]);
            assert!(pair.client.is_reusable(), "{method} {status}");
            assert_eq!(
                pair.server.send_body(b"x"),
                Err(Misuse::OutOfTurn.into()),
                "{method} {status}"
            );
        }
    }
}

#[test]
fn a_tunnel_takes_the_connection_over() {
    for fields in [
        &[][..],
        &[("Content-Length", "9")],
        &[("Transfer-Encoding", "chunked")],
        &[("Connection", "close")],
    ] {
        for step in STEPS {
            let mut pair = Pair::new(step);
            pair.request("CONNECT", "h:443", &[]);
            pair.check_server(&["request CONNECT h:443", "end"]);
            pair.server.send_response(&response(200, fields)).unwrap();
            pair.check_client(&["response 200", "end"]);
            assert!(pair.client.is_switched() && pair.server.is_switched());
            assert!(!pair.client.is_reusable());
            receive(&mut pair.client, b"\x16\x03\x01", step);
            assert!(pair.client.poll().unwrap().is_none());
            assert_eq!(pair.client.leftovers(), b"\x16\x03\x01");
            assert_eq!(pair.client.next_exchange(), Err(Misuse::OutOfTurn.into()));
        }
    }
}

#[test]
fn a_refused_tunnel_is_an_exchange_like_any_other() {
    for step in STEPS {
        let mut pair = Pair::new(step);
        pair.request("CONNECT", "h:443", &[]);
        pair.drain_server();
        pair.answer(407, &[("Content-Length", "2")], &[b"no"]);
        pair.check_client(&["response 407", "body no", "end"]);
        assert!(!pair.client.is_switched() && pair.client.is_reusable());
    }
}

#[test]
fn trailers_come_with_the_end() {
    for step in STEPS {
        let mut client = asked("GET");
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n";
        receive(&mut client, answer, step);
        let mut trailers = None;
        while let Some(event) = client.poll().unwrap() {
            if let Event::End(fields) = event {
                trailers = fields.text("x-sum").map(str::to_owned);
            }
        }
        assert_eq!(trailers.as_deref(), Some("1"), "step {step}");
    }
}

#[test]
fn unsolicited_bytes_make_a_connection_unfit() {
    let mut client = asked("GET");
    receive(
        &mut client,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
        999,
    );
    assert_eq!(drain(&mut client).unwrap(), ["response 200", "body ok", "end"]);
    assert_eq!(client.leftovers(), b"HTTP/1.1 200 OK\r\n");
    assert!(!client.is_reusable());
    assert_eq!(client.next_exchange(), Err(Misuse::OutOfTurn.into()));
}

#[test]
fn a_server_keeps_what_came_behind_a_request() {
    for step in STEPS {
        let mut server = Connection::server(Limits::default());
        let bytes = b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
        receive(&mut server, bytes, step);
        for target in ["/1", "/2"] {
            let expected = format!("request GET {target}");
            assert_eq!(drain(&mut server).unwrap(), [expected.as_str(), "end"], "step {step}");
            let head = response(200, &[("Content-Length", "0")]);
            server.send_response(&head).unwrap();
            server.handle_sent();
            server.next_exchange().unwrap();
        }
        server.handle_eof(Eof::Clean);
        assert!(
            drain(&mut server).unwrap().is_empty(),
            "a client that went away between requests"
        );
    }
}

#[test]
fn the_end_of_the_stream_ends_only_what_it_may() {
    for (bytes, eof, expected) in [
        (&b"HTTP/1.1 200 OK\r\n\r\nabc"[..], Eof::Clean, Ok(())),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", Eof::Truncated, Err(PeerError::Truncated)),
        (b"HTTP/1.1 200 OK\r\n\r\n", Eof::Clean, Ok(())),
        (b"HTTP/1.1 200 OK\r\n\r\n", Eof::Truncated, Err(PeerError::Truncated)),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
            Eof::Clean,
            Err(PeerError::Truncated),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            Eof::Truncated,
            Ok(()),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            Eof::Clean,
            Err(PeerError::Truncated),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Le", Eof::Clean, Err(PeerError::Truncated)),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Eof::Clean, Err(PeerError::Truncated)),
        (b"", Eof::Clean, Err(PeerError::Truncated)),
    ] {
        for step in STEPS {
            let mut client = asked("GET");
            receive(&mut client, bytes, step);
            let before = drain(&mut client);
            client.handle_eof(eof);
            let end = before.and_then(|_| drain(&mut client)).map(drop);
            assert_eq!(
                end,
                expected.clone().map_err(WireError::from),
                "{} {eof:?} step {step}",
                bytes.escape_ascii()
            );
            assert!(!client.is_reusable(), "a connection outlives its end");
        }
    }
}

#[test]
fn refuses_what_no_peer_may_send() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (bytes, error) in [
        (
            format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            PeerError::LengthWithChunked,
        ),
        (
            format!("{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
            PeerError::DifferingLengths,
        ),
        (format!("{head}Content-Length: five\r\n\r\n"), PeerError::InvalidLength),
        (
            format!("{head}Transfer-Encoding: gzip\r\n\r\n"),
            PeerError::UnknownTransferCoding,
        ),
        (
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
            PeerError::ChunkedInHttp10,
        ),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            PeerError::MalformedChunk,
        ),
        // A trailer section that two readers would end at two places.
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\nA: 1\n\r\nB: 2\r\n\r\n"),
            PeerError::MalformedHead,
        ),
        (format!("{head}A b: c\r\n\r\n"), PeerError::MalformedHead),
        (
            "HTTP/1.1 101 Switching Protocols\r\n\r\n".into(),
            PeerError::UnaskedSwitch,
        ),
        ("SSH-2.0-x\r\n".into(), PeerError::NotHttp),
        ("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{50}".into(), PeerError::SpokeTls),
        ("\u{16}\u{3}\u{3}\0\u{2}".into(), PeerError::SpokeTls),
        ("\u{15}x".into(), PeerError::NotHttp),
        ("ICY 200 OK\r\n\r\n".into(), PeerError::NotHttp),
        ("HTTP/2 200\r\n\r\n".into(), PeerError::NotHttp),
    ] {
        check_refused(&bytes, &Limits::default(), &error.into());
    }
}

#[test]
fn refuses_what_goes_beyond_a_limit() {
    let limits = Limits {
        head: 60,
        fields: 2,
        informational: 2,
        chunk_line: 8,
        ..Limits::default()
    };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (bytes, error) in [
        (
            format!("HTTP/1.1 200 OK\r\nA: {}", "a".repeat(60)),
            LimitError::Head(60),
        ),
        (
            format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "a".repeat(60)),
            LimitError::Head(60),
        ),
        (format!("{chunked}0\r\nA: {}", "a".repeat(60)), LimitError::Head(60)),
        (
            "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n".into(),
            LimitError::Fields(2),
        ),
        ("HTTP/1.1 102 Wait\r\n\r\n".repeat(3), LimitError::Informational(2)),
        (format!("{chunked}5;extension"), LimitError::ChunkLine(8)),
    ] {
        check_refused(&bytes, &limits, &error.into());
    }
    let exact = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let limits = Limits {
        head: exact.len(),
        ..Limits::default()
    };
    for step in STEPS {
        let mut client = asked_within("GET", &limits);
        receive(&mut client, exact, step);
        assert_eq!(
            drain(&mut client).unwrap(),
            ["response 200", "end"],
            "a head just as long as the limit"
        );
    }
}

#[test]
fn refuses_misuse_and_stays_as_it_was() {
    let mut client = Connection::client(Limits::default());
    let get = request("GET", "/", &[], Version::Http11);
    let out_of_turn = Err(WireError::Misuse(Misuse::OutOfTurn));
    assert_eq!(client.send_response(&response(200, &[])), out_of_turn);
    assert_eq!(client.send_body(b"x"), out_of_turn);
    assert_eq!(client.finish_body(), out_of_turn);
    assert_eq!(client.next_exchange(), out_of_turn);
    assert_eq!(client.handle_received(0), out_of_turn);
    assert_eq!(client.handle_received(1 << 30), out_of_turn);
    let bad = Err(WireError::Misuse(Misuse::BadHead));
    assert_eq!(
        client.send_request(&request("GET", "/a b", &[], Version::Http11), &[]),
        bad
    );
    let both = [("Content-Length", "1"), ("Transfer-Encoding", "chunked")];
    assert_eq!(
        client.send_request(&request("PUT", "/", &both, Version::Http11), &[]),
        bad
    );
    assert!(client.transmit().is_empty());
    client.send_request(&get, &[]).unwrap();
    assert_eq!(client.send_request(&get, &[]), out_of_turn);

    let mut server = Connection::server(Limits::default());
    assert_eq!(server.send_request(&get, &[]), out_of_turn);
    assert_eq!(server.send_response(&response(200, &[])), out_of_turn);
    receive(&mut server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 99);
    drain(&mut server).unwrap();
    assert_eq!(server.send_response(&response(99, &[])), bad);
    assert_eq!(server.send_response(&response(200, &both)), bad);
    server
        .send_response(&response(200, &[("Content-Length", "2")]))
        .unwrap();
    let length = Err(WireError::Misuse(Misuse::BodyLength));
    assert_eq!(server.send_body(b"abc"), length);
    assert_eq!(server.finish_body(), length);
    server.send_body(b"ab").unwrap();
    server.finish_body().unwrap();
    assert_eq!(server.finish_body(), out_of_turn);
}

#[test]
fn a_failed_connection_is_spent() {
    let mut client = asked("GET");
    receive(&mut client, b"nonsense", 99);
    assert!(client.poll().is_err());
    let spent = WireError::Misuse(Misuse::Spent);
    assert_eq!(client.poll().map(drop), Err(spent.clone()));
    assert_eq!(client.next_exchange(), Err(spent.clone()));
    assert_eq!(client.send_body(b""), Err(spent));
    assert!(!client.is_reusable());
}

#[test]
fn secrets_are_written_and_not_shown() {
    let mut client = Connection::client(Limits::default());
    let secret = Secret::new("Basic c2VjcmV0");
    let head = request("GET", "/", &[("Cookie", "c2VjcmV0")], Version::Http11);
    client.send_request(&head, &[("Authorization", &secret)]).unwrap();
    assert!(
        client
            .transmit()
            .ends_with(b"\r\nAuthorization: Basic c2VjcmV0\r\n\r\n")
    );
    let shown = format!("{client:?} {head:?}");
    assert!(!shown.contains("c2VjcmV0"), "{shown}");
    client.handle_sent();
    assert!(client.transmit().is_empty());
}

/// Whole, one byte at a time, and something between.
const STEPS: [usize; 3] = [usize::MAX, 1, 7];

/// Two ends, and a wire that carries so many bytes at a time.
struct Pair {
    client: Connection,
    server: Connection,
    step: usize,
}

impl Pair {
    fn new(step: usize) -> Self {
        Self {
            client: Connection::client(Limits::default()),
            server: Connection::server(Limits::default()),
            step,
        }
    }

    fn request(&mut self, method: &str, target: &str, fields: &[(&str, &str)]) {
        let head = request(method, target, fields, Version::Http11);
        self.client.send_request(&head, &[]).unwrap();
    }

    fn answer(&mut self, status: u16, fields: &[(&str, &str)], body: &[&[u8]]) {
        self.server.send_response(&response(status, fields)).unwrap();
        if self.server.send_body(b"").is_ok() {
            for piece in body {
                self.server.send_body(piece).unwrap();
            }
            self.server.finish_body().unwrap();
        }
    }

    /// Carries what the client wrote, and says what the server saw.
    #[track_caller]
    fn check_server(&mut self, expected: &[&str]) {
        receive(&mut self.server, self.client.transmit(), self.step);
        self.client.handle_sent();
        assert_eq!(drain(&mut self.server).unwrap(), expected, "step {}", self.step);
    }

    #[track_caller]
    fn check_client(&mut self, expected: &[&str]) {
        receive(&mut self.client, self.server.transmit(), self.step);
        self.server.handle_sent();
        assert_eq!(drain(&mut self.client).unwrap(), expected, "step {}", self.step);
    }

    fn drain_server(&mut self) {
        receive(&mut self.server, self.client.transmit(), self.step);
        self.client.handle_sent();
        drain(&mut self.server).unwrap();
    }
}

/// The peer's bytes lead to this error, in whatever pieces they come, and with more behind them.
#[track_caller]
fn check_refused(bytes: &str, limits: &Limits, error: &WireError) {
    for step in STEPS {
        for more in ["", "more"] {
            let mut client = asked_within("GET", limits);
            receive(&mut client, format!("{bytes}{more}").as_bytes(), step);
            assert_eq!(drain(&mut client).as_ref(), Err(error), "{bytes:?} step {step} {more}");
        }
    }
}

fn asked(method: &str) -> Connection {
    asked_within(method, &Limits::default())
}

fn asked_within(method: &str, limits: &Limits) -> Connection {
    let mut client = Connection::client(limits.clone());
    client
        .send_request(&request(method, "/", &[], Version::Http11), &[])
        .unwrap();
    client.handle_sent();
    client
}

fn request(method: &str, target: &str, fields: &[(&str, &str)], version: Version) -> RequestHead {
    let method = match method {
        "CONNECT" => Method::Connect,
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        other => Method::Other(other.into()),
    };
    let mut head = RequestHead {
        method,
        target: target.into(),
        version,
        fields: Fields::new(),
    };
    head.fields.push("Host", "h");
    for (name, value) in fields {
        head.fields.push(*name, *value);
    }
    head
}

fn response(status: u16, fields: &[(&str, &str)]) -> ResponseHead {
    let mut head = ResponseHead::new(status);
    for (name, value) in fields {
        head.fields.push(*name, *value);
    }
    head
}

/// Feeds so many bytes at a time. Nothing is polled in between: what waits in the buffer is part of the split law too.
fn receive(connection: &mut Connection, mut bytes: &[u8], step: usize) {
    while !bytes.is_empty() {
        let buffer = connection.receive_buffer();
        let count = buffer.len().min(step).min(bytes.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        connection.handle_received(count).unwrap();
        bytes = &bytes[count..];
    }
}

/// All events in words, body pieces joined.
fn drain(connection: &mut Connection) -> Result<Vec<String>, WireError> {
    let mut events: Vec<String> = Vec::new();
    while let Some(event) = connection.poll()? {
        match event {
            Event::Informational(head) => events.push(format!("informational {}", head.status)),
            Event::Request(head) => events.push(format!("request {} {}", head.method, head.target)),
            Event::Response(head) => events.push(format!("response {}", head.status)),
            Event::Body(data) => {
                let text = str::from_utf8(data).unwrap();
                match events.last_mut().filter(|last| last.starts_with("body ")) {
                    Some(last) => last.push_str(text),
                    None => events.push(format!("body {text}")),
                }
            }
            Event::End(_) => events.push("end".into()),
        }
    }
    Ok(events)
}
