//! [RFC 9112 §9](https://www.rfc-editor.org/rfc/rfc9112#section-9): who keeps a connection.

use super::check;

#[test]
fn persistence_follows_version_and_connection_field() {
    for (version, fields, end) in [
        ("1.1", "", "kept"),
        ("1.1", "Connection: close\r\n", "closed"),
        ("1.1", "Connection: keep-alive, CLOSE\r\n", "closed"),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", "closed"),
        ("1.1", "Connection: closed\r\n", "kept"),
        ("1.0", "", "closed"),
        ("1.0", "Connection: Keep-Alive\r\n", "kept"),
        ("1.0", "Proxy-Connection: keep-alive\r\n", "kept"),
        ("1.0", "Connection: keep-alive\r\nProxy-Connection: close\r\n", "closed"),
    ] {
        let bytes = format!("HTTP/{version} 200 OK\r\nContent-Length: 2\r\n{fields}\r\nok");
        check("GET", &bytes, Ok((200, "ok", end)));
    }
}

#[test]
fn interim_answers_decide_nothing() {
    let bytes = "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    check("GET", bytes, Ok((200, "ok", "kept")));
    check(
        "GET",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        Err("the peer switched to a protocol that was not asked for"),
    );
}
