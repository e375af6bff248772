//! [RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1): chunked transfer coding.

use super::check;

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn chunks_are_joined_and_their_extensions_ignored() {
    for chunks in [
        "5\r\nhello\r\n0\r\n\r\n",
        "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
        "5;a;b=c;d=\"e\"\r\nhello\r\n0;last\r\n\r\n",
        "05\r\nhello\r\n000\r\n\r\n",
        "5  \r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nA: 1\r\nB: 2\r\n\r\n",
    ] {
        check("GET", &format!("{HEAD}{chunks}"), Ok((200, "hello", "kept")));
    }
}

#[test]
fn sizes_are_hexadecimal_in_either_case_and_fit_64_bits() {
    check(
        "GET",
        &format!("{HEAD}A\r\n0123456789\r\n0\r\n\r\n"),
        Ok((200, "0123456789", "kept")),
    );
    check(
        "GET",
        &format!("{HEAD}a\r\n0123456789\r\n0\r\n\r\n"),
        Ok((200, "0123456789", "kept")),
    );
    for size in ["", "g", "-1", "0x1", "1 1", "10000000000000000", "\"1\""] {
        check(
            "GET",
            &format!("{HEAD}{size}\r\nx\r\n"),
            Err("a chunk's size is malformed"),
        );
    }
}

#[test]
fn lines_of_chunks_end_in_crlf_alone() {
    for chunks in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5;a\nhello",
    ] {
        check("GET", &format!("{HEAD}{chunks}"), Err("a chunk's size is malformed"));
    }
    // §7.1.2: a trailer section that two readers would end at two places.
    let chunks = "0\r\nA: 1\n\r\nB: 2\r\n\r\n";
    check(
        "GET",
        &format!("{HEAD}{chunks}"),
        Err("the head of the message is malformed"),
    );
}

#[test]
fn only_the_last_chunk_ends_a_body() {
    for chunks in [
        "",
        "5",
        "5\r\nhel",
        "5\r\nhello",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "0\r\nA: 1\r\n",
    ] {
        let error = Err("the connection ended before the answer was complete");
        check("GET", &format!("{HEAD}{chunks}"), error);
    }
}
