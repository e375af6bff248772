//! [RFC 9112 §6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3): message body length, rule by rule.

use super::check;

#[test]
fn rule_1_some_answers_have_no_body() {
    check(
        "HEAD",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        Ok((200, "", "kept")),
    );
    check(
        "GET",
        "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n",
        Ok((204, "", "kept")),
    );
    check(
        "GET",
        "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        Ok((304, "", "kept")),
    );
}

#[test]
fn rule_2_a_tunnel_has_no_body_whatever_its_fields_say() {
    for fields in [
        "",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: x\r\n",
    ] {
        check(
            "CONNECT",
            &format!("HTTP/1.1 200 OK\r\n{fields}\r\n"),
            Ok((200, "", "tunnel")),
        );
    }
    check(
        "CONNECT",
        "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
        Ok((403, "no", "kept")),
    );
}

#[test]
fn rule_3_a_length_beside_chunks_is_refused() {
    let error = Err("the answer names a length and uses chunks as well");
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        error,
    );
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        error,
    );
}

#[test]
fn rule_4_chunked_is_the_only_transfer_coding() {
    let error = Err("the answer has a transfer coding that was not asked for");
    for coding in [
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "xchunked",
        "identity",
    ] {
        check(
            "GET",
            &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n"),
            error,
        );
    }
    // §6.1: chunks do not exist in HTTP/1.0.
    let error = Err("the answer uses chunks in HTTP/1.0");
    check("GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", error);
}

#[test]
fn rule_5_lengths_must_agree_and_be_numbers() {
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        Ok((200, "ok", "kept")),
    );
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        Ok((200, "ok", "kept")),
    );
    let error = Err("the answer names two lengths that differ");
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        error,
    );
    for length in ["+2", "-2", "2.0", "0x2", "2 2", "", "18446744073709551616"] {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        check("GET", &bytes, Err("the answer's length is not a number"));
    }
}

#[test]
fn rule_6_a_length_is_exact() {
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        Ok((200, "ok", "kept")),
    );
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Ok((200, "", "kept")),
    );
    let error = Err("the connection ended before the answer was complete");
    check("GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", error);
}

#[test]
fn rule_8_without_either_the_end_of_the_stream_is_the_end() {
    check(
        "GET",
        "HTTP/1.1 200 OK\r\n\r\nall of it",
        Ok((200, "all of it", "closed")),
    );
    check("GET", "HTTP/1.0 404 No\r\n\r\n", Ok((404, "", "closed")));
}
