//! [RFC 9112 §2](https://www.rfc-editor.org/rfc/rfc9112#section-2) to
//! [§5](https://www.rfc-editor.org/rfc/rfc9112#section-5): lines, versions, field lines.

use super::check;

const MALFORMED: Result<(u16, &str, &str), &str> = Err("the head of the message is malformed");
const NOT_HTTP: Result<(u16, &str, &str), &str> = Err("the peer does not speak HTTP/1.1");

#[test]
fn lines_end_in_crlf_or_a_bare_line_feed() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\n\r\nx",
    ] {
        check("GET", bytes, Ok((200, "x", "kept")));
    }
    // §2.2: a bare CR is no line end.
    check("GET", "HTTP/1.1 200 OK\rContent-Length: 1\r\n\r\nx", MALFORMED);
}

#[test]
fn a_status_line_may_lack_its_reason() {
    check(
        "GET",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        Ok((200, "", "kept")),
    );
    check(
        "GET",
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        Ok((200, "", "kept")),
    );
    for bytes in [
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
    ] {
        check("GET", bytes, MALFORMED);
    }
}

#[test]
fn other_protocols_are_not_taken_for_http() {
    for bytes in [
        "HTTP/2.0 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "<html>",
    ] {
        check("GET", bytes, NOT_HTTP);
    }
}

#[test]
fn field_lines_are_strict_but_for_folding() {
    for fields in ["A : 1", " A: 1", "A\t: 1", "no colon", ": empty", "A: \x01"] {
        check(
            "GET",
            &format!("HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: 0\r\n\r\n"),
            MALFORMED,
        );
    }
    // §5.2: a user agent takes a folded line for one.
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
        Ok((200, "", "kept")),
    );
}
