//! Laws of the wire: [`Connection`] and what it reads and writes.

use symgate_http::{Connection, Eof, Event, Fields, Limits, Method, RequestHead, ResponseHead, Version, WireError};

/// All laws of this module that hold for the bytes of a peer.
pub fn laws(bytes: &[u8]) {
    split(bytes);
    never_misuse(bytes);
}

/// What a client or a server understands is the same for every split of the peer's bytes. The first byte chooses the
/// split, the method and the end.
pub fn split(bytes: &[u8]) {
    let (choice, peer) = take(bytes);
    let eof = if choice & 1 == 0 { Eof::Clean } else { Eof::Truncated };
    let step = usize::from(choice >> 4) + 1;
    for method in [Method::Get, Method::Head, Method::Connect] {
        let whole = read(client(method.clone()), peer, usize::MAX, eof);
        let parts = read(client(method.clone()), peer, step, eof);
        assert_eq!(whole, parts, "an answer to {method} in steps of {step}");
    }
    let whole = read(Connection::server(limits()), peer, usize::MAX, eof);
    let parts = read(Connection::server(limits()), peer, step, eof);
    assert_eq!(whole, parts, "a request in steps of {step}");
}

/// Whatever a peer sends, a connection ends in events or in the peer's error, and never blames the caller.
pub fn never_misuse(bytes: &[u8]) {
    for connection in [
        client(Method::Get),
        client(Method::Connect),
        Connection::server(limits()),
    ] {
        let understood = read(connection, bytes, usize::MAX, Eof::Clean);
        if let Err(error) = &understood.end {
            assert!(!matches!(error, WireError::Misuse(_)), "{understood:?}");
        }
        // Informational heads, a head, its end: events do not outnumber what was sent.
        assert!(understood.events.len() <= bytes.len() + 2, "{understood:?}");
        assert!(understood.body.len() <= bytes.len(), "a body grew");
    }
}

/// A body that one end writes is the body that the other end reads, in all three framings. The first byte chooses the
/// framing, the second the size of pieces.
pub fn round_trip(bytes: &[u8]) {
    let (choice, rest) = take(bytes);
    let (size, body) = take(rest);
    let size = usize::from(size) + 1;
    let mut server = Connection::server(limits());
    let asked = read_into(&mut server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 9);
    assert_eq!(asked, Ok(()), "the request");
    let mut head = ResponseHead::new(200);
    match choice % 3 {
        0 => head.fields.push("Content-Length", body.len().to_string()),
        1 => head.fields.push("Transfer-Encoding", "chunked"),
        _ => {}
    }
    let sent = server.send_response(&head).and_then(|()| {
        // A length of zero leaves no body to write.
        if body.is_empty() && choice % 3 == 0 {
            return Ok(());
        }
        body.chunks(size).try_for_each(|piece| server.send_body(piece))?;
        server.finish_body()
    });
    assert_eq!(sent, Ok(()), "the answer");
    let understood = read(client(Method::Get), server.transmit(), size, Eof::Clean);
    assert_eq!(understood.end, Ok(()));
    assert_eq!(understood.body, body, "framing {}", choice % 3);
}

/// A head that one end sends is the head that the other end reads: of a request and of an answer. What can be said in no
/// other way is refused before a byte of it is sent.
///
/// The first two bytes choose version, method and status; then come lines, the first with the target or the reason, each
/// other one a name and a value with a colon between them.
pub fn heads(bytes: &[u8]) {
    let (choice, rest) = take(bytes);
    let (status, rest) = take(rest);
    let mut lines = rest.split(|&byte| byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let mut fields = Fields::new();
    for line in lines.take(90) {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        fields.push(String::from_utf8_lossy(name), value.get(1..).unwrap_or_default());
    }
    let version = if choice & 1 == 0 {
        Version::Http11
    } else {
        Version::Http10
    };
    let method = match choice >> 1 & 3 {
        0 => Method::Get,
        1 => Method::Head,
        2 => Method::Connect,
        _ => Method::Other("M-SEARCH".into()),
    };
    request_head(RequestHead {
        method: method.clone(),
        target: first.clone(),
        version,
        fields: fields.clone(),
    });
    let head = ResponseHead {
        version,
        status: 100 + u16::from(status) * 3,
        reason: first,
        fields,
    };
    response_head(method, head);
}

fn request_head(mut head: RequestHead) {
    let mut client = Connection::client(Limits::default());
    if client.send_request(&head, &[]).is_err() {
        assert_eq!(client.transmit(), b"", "a part of what was refused");
        return;
    }
    head.fields = without_blanks(&head.fields);
    let understood = first_head(Connection::server(Limits::default()), client.transmit());
    assert_eq!(understood, Ok(Head::Request(head)));
}

fn response_head(method: Method, mut head: ResponseHead) {
    let mut server = Connection::server(Limits::default());
    let asked = read_into(
        &mut server,
        format!("{method} h:1 HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes(),
        99,
    );
    assert_eq!(asked, Ok(()), "the request");
    if server.send_response(&head).is_err() {
        assert_eq!(server.transmit(), b"", "a part of what was refused");
        return;
    }
    head.fields = without_blanks(&head.fields);
    if !head.reason.is_ascii() {
        // In what coding, nobody knows: `httparse` leaves it out.
        head.reason.clear();
    }
    let understood = first_head(client_within(Limits::default(), method), server.transmit());
    assert_eq!(understood, Ok(Head::Response(head)));
}

/// Blanks around a value belong to no value
/// ([RFC 9112 §5.1](https://www.rfc-editor.org/rfc/rfc9112#section-5.1)).
fn without_blanks(fields: &Fields) -> Fields {
    let mut trimmed = Fields::new();
    for field in fields.iter() {
        trimmed.push(field.name(), field.value().trim_ascii());
    }
    trimmed
}

/// The first head that a connection understands.
fn first_head(mut connection: Connection, mut bytes: &[u8]) -> Result<Head, WireError> {
    loop {
        match connection.poll()? {
            Some(Event::Request(head)) => return Ok(Head::Request(head)),
            Some(Event::Response(head) | Event::Informational(head)) => return Ok(Head::Response(head)),
            Some(Event::Body(_) | Event::End(_)) => panic!("a body without a head"),
            None if bytes.is_empty() => panic!("a head without its end"),
            None => {
                let taken = hand_over(&mut connection, bytes, usize::MAX);
                bytes = bytes.get(taken..).unwrap_or_default();
            }
        }
    }
}

/// Either head.
#[derive(Debug, PartialEq)]
enum Head {
    Request(RequestHead),
    Response(ResponseHead),
}

/// What a connection made of its peer's bytes.
#[derive(Debug, PartialEq)]
struct Understood {
    /// All events but body pieces, and where between them the pieces lay.
    events: Vec<String>,
    body: Vec<u8>,
    end: Result<(), WireError>,
    reusable: bool,
}

fn read(mut connection: Connection, mut bytes: &[u8], step: usize, eof: Eof) -> Understood {
    let mut understood = Understood {
        events: Vec::new(),
        body: Vec::new(),
        end: Ok(()),
        reusable: false,
    };
    let mut ended = false;
    loop {
        match connection.poll() {
            Ok(Some(Event::Body(piece))) => {
                understood.body.extend_from_slice(piece);
                if understood.events.last().is_none_or(|last| last != "body") {
                    understood.events.push("body".into());
                }
                continue;
            }
            Ok(Some(event)) => {
                understood.events.push(format!("{event:?}"));
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                understood.end = Err(error);
                return understood;
            }
        }
        if !bytes.is_empty() {
            bytes = bytes.get(hand_over(&mut connection, bytes, step)..).unwrap_or_default();
        } else if ended {
            understood.reusable = connection.is_reusable();
            return understood;
        } else {
            connection.handle_eof(eof);
            ended = true;
        }
    }
}

fn read_into(connection: &mut Connection, mut bytes: &[u8], step: usize) -> Result<(), WireError> {
    while !bytes.is_empty() {
        bytes = bytes.get(hand_over(connection, bytes, step)..).unwrap_or_default();
        while connection.poll()?.is_some() {}
    }
    Ok(())
}

/// Lets the connection read once; how many bytes it took.
fn hand_over(connection: &mut Connection, bytes: &[u8], step: usize) -> usize {
    let buffer = connection.receive_buffer();
    assert!(!buffer.is_empty(), "no room to read into");
    let count = buffer.len().min(step).min(bytes.len());
    for (place, byte) in buffer.iter_mut().zip(bytes) {
        *place = *byte;
    }
    assert_eq!(connection.handle_received(count), Ok(()));
    count
}

fn client(method: Method) -> Connection {
    client_within(limits(), method)
}

fn client_within(limits: Limits, method: Method) -> Connection {
    let mut connection = Connection::client(limits);
    let mut fields = Fields::new();
    fields.push("Host", "h");
    let request = RequestHead {
        method,
        target: "h:443".into(),
        version: Version::Http11,
        fields,
    };
    assert_eq!(connection.send_request(&request, &[]), Ok(()));
    connection.handle_sent();
    connection
}

/// Small enough for a short input to reach them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.head = 256;
    limits.fields = 8;
    limits.informational = 3;
    limits.chunk_line = 32;
    limits
}

fn take(bytes: &[u8]) -> (u8, &[u8]) {
    match bytes.split_first() {
        Some((&first, rest)) => (first, rest),
        None => (0, bytes),
    }
}
