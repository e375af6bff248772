//! RFC 9112 by section: what a peer sends, and what the client's end of a connection makes of it, whole, in pieces, and
//! with more behind it.

mod section_2;
mod section_6_3;
mod section_7_1;
mod section_9;

use symgate_http::{Connection, Eof, Event, Fields, Limits, Method, RequestHead, Version};

/// Reads an answer to `method`; `end` is `kept`, `closed`, `tunnel`, `partial`, or the error's text.
#[track_caller]
fn check(method: &str, bytes: &str, expected: Result<(u16, &str, &str), &str>) {
    for step in [usize::MAX, 1, 3] {
        let found = answer(method, bytes.as_bytes(), step);
        let found = found.as_ref().map(|(status, body, end)| (*status, body.as_str(), *end));
        assert_eq!(
            found.map_err(String::as_str),
            expected,
            "{method} {bytes:?} in steps of {step}"
        );
    }
}

fn answer(method: &str, bytes: &[u8], step: usize) -> Result<(u16, String, &'static str), String> {
    let mut client = asked(method);
    let (mut status, mut body, mut ended) = (0, Vec::new(), false);
    let mut rest = bytes;
    let mut at_end = false;
    loop {
        match client.poll().map_err(|error| error.to_string())? {
            Some(Event::Response(head)) => status = head.status,
            Some(Event::Body(data)) => body.extend_from_slice(data),
            Some(Event::End(_)) => {
                ended = true;
                break;
            }
            Some(Event::Informational(_) | Event::Request(_)) => {}
            None if !rest.is_empty() => {
                let buffer = client.receive_buffer();
                let count = buffer.len().min(step).min(rest.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                client.handle_received(count).map_err(|error| error.to_string())?;
                rest = &rest[count..];
            }
            None if at_end => break,
            None => {
                client.handle_eof(Eof::Clean);
                at_end = true;
            }
        }
    }
    let end = match (ended, client.is_switched(), client.is_reusable()) {
        (false, ..) => "partial",
        (_, true, _) => "tunnel",
        (.., true) => "kept",
        _ => "closed",
    };
    Ok((status, String::from_utf8_lossy(&body).into_owned(), end))
}

fn asked(method: &str) -> Connection {
    let method = match method {
        "CONNECT" => Method::Connect,
        "HEAD" => Method::Head,
        _ => Method::Get,
    };
    let mut fields = Fields::new();
    fields.push("Host", "h");
    let (target, version) = ("h:1".to_owned(), Version::Http11);
    let head = RequestHead {
        method,
        target,
        version,
        fields,
    };
    let mut client = Connection::client(Limits::default());
    assert_eq!(client.send_request(&head, &[]), Ok(()));
    client.handle_sent();
    client
}
