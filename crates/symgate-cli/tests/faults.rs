//! What broken and hostile servers send, one test for each fault: it ends in a clear error and the right exit status
//! (DECISIONS §1), and nothing of it becomes visible in the store (DECISIONS §7).
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../symgate-store/tests/cabinet/mod.rs"]
mod cabinet;

use std::collections::BTreeMap;
use std::io::Write as _;

use cabinet::Cabinet;
use flate2::Compression;
use flate2::write::GzEncoder;
use symgate_tests::Dir;
use symgate_tests::command::{Call, Content, Ran, unfinished, visible};
use symgate_tests::fault::{Fault, Reply, Request, Then};
use symgate_tests::made::Pdb;
use symgate_tests::sample::Sample;

const APP: Sample = Sample(0x4b);

fn pdb() -> Vec<u8> {
    APP.pdb()
}

/// Fetches the PDB from a one-tier server that answers for the file as `reply` says, and has nothing else.
fn fetch_with(
    reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    options: &[&str],
) -> (Ran, Dir, Fault) {
    let server = Fault::start(move |request| reply(request).unwrap_or_else(Reply::missing));
    let dir = Dir::new();
    let path = format!("srv*{}*{}", dir.join("store").display(), server.url("sym"));
    let call = Call::new(env!("CARGO_BIN_EXE_symgate"), &dir)
        .args(["get", &APP.target(), "-y", &path])
        .args(options);
    (call.run(), dir, server)
}

fn fetch(reply: Reply, options: &[&str]) -> (Ran, Dir, Fault) {
    fetch_with(
        move |request| request.target.ends_with(&APP.file()).then(|| reply.clone()),
        options,
    )
}

/// The file is answered so: the command ends with this status and says these words, and the store shows nothing.
#[track_caller]
fn refused(reply: Reply, status: i32, words: &[&str]) {
    let (ran, dir, server) = fetch(reply, &[]);
    ends_without_a_file(&ran, &dir, &server, status, words);
}

#[track_caller]
fn ends_without_a_file(ran: &Ran, dir: &Dir, server: &Fault, status: i32, words: &[&str]) {
    ran.expect(status, words);
    // Who failed is always said.
    ran.expect(status, &[&server.address().to_string()]);
    assert_eq!(ran.stdout, "", "{ran}");
    assert_eq!(
        ran.stderr.matches(&format!("symgate: {}: ", APP.target())).count(),
        1,
        "one message for one file: {ran}"
    );
    assert_eq!(visible(&dir.join("store")), BTreeMap::new(), "{ran}");
    assert!(unfinished(&dir.join("store")).is_empty(), "{ran}");
}

/// The file is answered so, and is there afterwards, byte for byte.
#[track_caller]
fn kept(reply: Reply, content: Vec<u8>) -> Ran {
    let (ran, dir, _server) = fetch(reply, &[]);
    ran.expect(0, &[]);
    assert_eq!(ran.lines(), [dir.join("store").join(APP.file()).to_str().unwrap()]);
    assert_eq!(
        visible(&dir.join("store")),
        BTreeMap::from([(APP.file(), Content(content))])
    );
    ran
}

fn head(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into_bytes()
}

fn with_length(length: usize, body: &[u8]) -> Vec<u8> {
    [head(&format!("Content-Length: {length}\r\n")), body.to_vec()].concat()
}

#[test]
fn a_whole_file_is_kept() {
    kept(Reply::ok(pdb()), pdb());
}

#[test]
fn truncated_body() {
    let pdb = pdb();
    for sent in [0, 1, pdb.len() / 2, pdb.len() - 1] {
        refused(
            Reply::raw(with_length(pdb.len(), &pdb[..sent])),
            4,
            &["ended before the answer was complete"],
        );
    }
}

#[test]
fn length_shorter_than_the_file() {
    let pdb = pdb();
    refused(Reply::raw(with_length(pdb.len() - 512, &pdb)), 6, &["PDB"]);
}

#[test]
fn length_longer_than_the_file() {
    // Right as HTTP, wrong as a PDB: its pages say how long it is.
    let longer = [pdb(), vec![0; 512]].concat();
    refused(Reply::ok(longer), 6, &["PDB"]);
}

#[test]
fn body_without_length_that_ends_early() {
    // In clear text nothing tells the end from a cut; the pages of the PDB do.
    let pdb = pdb();
    refused(
        Reply::raw([head(""), pdb[..pdb.len() - 512].to_vec()].concat()),
        6,
        &["PDB"],
    );
}

#[test]
fn reset_in_the_middle() {
    let pdb = pdb();
    let half = with_length(pdb.len(), &pdb[..pdb.len() / 2]);
    refused(
        Reply::raw(half).then(Then::Reset),
        4,
        &["the connection broke while reading"],
    );
}

#[test]
fn reset_before_the_first_byte() {
    refused(
        Reply::raw("").then(Then::Reset),
        4,
        &["the connection broke while reading"],
    );
}

#[test]
fn html_page_with_status_200() {
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in \u{1b}]0;pwned\u{7} here</title></head></html>";
    let (ran, dir, server) = fetch(Reply::answer("200 OK", "Content-Type: text/html\r\n", page), &[]);
    ends_without_a_file(&ran, &dir, &server, 6, &["an HTML page", "Sign in"]);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{7}']), "{ran}");
}

#[test]
fn login_page_with_status_203() {
    refused(
        Reply::answer("203 Non-Authoritative Information", "", "<html>log in"),
        3,
        &["203", "login"],
    );
}

#[test]
fn network_login_with_status_511() {
    refused(
        Reply::answer("511 Network Authentication Required", "", "<html>log in"),
        3,
        &["511", "login"],
    );
}

#[test]
fn pdb_with_another_guid() {
    let mut guid = APP.guid();
    guid[0] ^= 1;
    refused(
        Reply::ok(Pdb::new(guid, 1).build()),
        6,
        &["497B72F6390A44FC878E5A2D63B6CC4B", "487B72F6"],
    );
}

#[test]
fn pdb_of_another_age_is_kept_with_a_warning() {
    let other = Pdb::new(APP.guid(), 3).build();
    let ran = kept(Reply::ok(&other), other.clone());
    ran.expect(0, &["warning", "age 3"]);
    let (ran, dir, server) = fetch(Reply::ok(&other), &["--strict"]);
    ends_without_a_file(&ran, &dir, &server, 6, &["age"]);
    let (ran, ..) = fetch(Reply::ok(&other), &["-q"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn body_of_no_bytes() {
    refused(Reply::ok(""), 6, &["nothing was received"]);
    refused(
        Reply::raw(head("Transfer-Encoding: chunked\r\n")).then(Then::Close),
        4,
        &["ended before the answer was complete"],
    );
    refused(
        Reply::raw([head("Transfer-Encoding: chunked\r\n"), b"0\r\n\r\n".to_vec()].concat()),
        6,
        &["nothing was received"],
    );
}

#[test]
fn both_length_and_chunked() {
    let body = b"5\r\nhello\r\n0\r\n\r\n";
    let both = head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    refused(
        Reply::raw([both, body.to_vec()].concat()),
        4,
        &["names a length and uses chunks as well"],
    );
}

#[test]
fn two_lengths() {
    refused(
        Reply::raw(head("Content-Length: 5\r\nContent-Length: 6\r\n")),
        4,
        &["two lengths"],
    );
    for length in ["-1", "5x", "99999999999999999999", "", "+5", "0x10"] {
        refused(
            Reply::raw(head(&format!("Content-Length: {length}\r\n"))),
            4,
            &["length"],
        );
    }
}

#[test]
fn chunk_size_beyond_64_bits() {
    for size in ["10000000000000000", "FFFFFFFFFFFFFFFFFFFFFFFF", "-1", "", "1 2"] {
        let body = format!("{size}\r\nhello\r\n0\r\n\r\n").into_bytes();
        refused(
            Reply::raw([head("Transfer-Encoding: chunked\r\n"), body].concat()),
            4,
            &["chunk"],
        );
    }
}

#[test]
fn chunks_are_joined() {
    let pdb = pdb();
    let mut body = head("Transfer-Encoding: chunked\r\n");
    for part in pdb.chunks(1000) {
        write!(body, "{:x};ext=\"a\"\r\n", part.len()).unwrap();
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\nTrailer: x\r\n\r\n");
    kept(Reply::raw(body).then(Then::Keep), pdb);
}

#[test]
fn gzip_that_nobody_asked_for_is_decoded() {
    let zipped = gzip(&pdb());
    kept(Reply::answer("200 OK", "Content-Encoding: gzip\r\n", &zipped), pdb());
    let cut = Reply::answer("200 OK", "Content-Encoding: gzip\r\n", &zipped[..zipped.len() - 9]);
    refused(cut, 4, &["gzip"]);
    // Its length is known all the same, only not what it comes to.
    for (fields, told) in [("Content-Encoding: gzip\r\n", false), ("", true)] {
        let reply = if told {
            Reply::raw([head(fields), pdb()].concat())
        } else {
            Reply::answer("200 OK", fields, &zipped)
        };
        let (ran, ..) = fetch(reply, &["-v"]);
        assert_eq!(ran.stderr.contains("HTTP_QUERY_CONTENT_LENGTH"), told, "{ran}");
    }
    refused(
        Reply::answer("200 OK", "Content-Encoding: gzip\r\n", pdb()),
        4,
        &["gzip"],
    );
}

#[test]
fn coding_that_is_not_known_is_refused_by_name() {
    refused(Reply::answer("200 OK", "Content-Encoding: br\r\n", "x"), 4, &["`br`"]);
    refused(
        Reply::raw(head("Transfer-Encoding: gzip, chunked\r\n")),
        4,
        &["transfer coding"],
    );
}

#[test]
fn challenge_of_a_proxy_from_the_server_itself() {
    let challenge = "Proxy-Authenticate: Basic realm=\"x\"\r\n";
    refused(
        Reply::answer("407 Proxy Authentication Required", challenge, ""),
        3,
        &["407"],
    );
}

#[test]
fn challenge_without_a_scheme() {
    refused(Reply::answer("401 Unauthorized", "", ""), 3, &["401"]);
}

#[test]
fn head_without_end() {
    refused(
        Reply::raw("HTTP/1.1 200 OK\r\n").then(Then::Repeat(b"X-Pad: y\r\n".to_vec())),
        4,
        &["head"],
    );
    refused(
        Reply::raw("HTTP/1.1 200 OK\r\nX: ").then(Then::Repeat(b"yyyyyyyy".to_vec())),
        4,
        &["head"],
    );
    refused(Reply::raw("").then(Then::Repeat(b"\r\n".to_vec())), 4, &[]);
    refused(
        Reply::raw("").then(Then::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        4,
        &[],
    );
}

#[test]
fn answer_that_is_no_http() {
    for said in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}F",
        "HTTP/2 200\r\n\r\n",
        "220 mail ESMTP\r\n\r\n",
    ] {
        refused(Reply::raw(said), 4, &["HTTP"]);
    }
}

#[test]
fn redirect_loop() {
    let (ran, dir, server) = fetch_with(
        |request| request.target.contains(".pdb").then(|| redirect(&request.target)),
        &[],
    );
    ends_without_a_file(&ran, &dir, &server, 4, &["redirect"]);
    assert_eq!(server.heard().len(), 1 + 11, "ten are followed: {ran}");
}

#[test]
fn redirect_to_nowhere() {
    for to in ["ftp://h/x", "file:///etc/passwd", "http://", ""] {
        refused(redirect(to), 4, &["redirect"]);
    }
}

#[test]
fn endless_body_is_bounded_by_what_the_head_says() {
    let pdb = pdb();
    let reply = Reply::raw(with_length(pdb.len(), &pdb)).then(Then::Repeat(vec![b'x'; 4096]));
    kept(reply, pdb);
}

#[test]
fn endless_body_of_an_answer_that_is_no_file_is_cut() {
    for (which, status, fields, expected) in [
        ("app75.pdb", "404 Not Found", "", 1),
        ("app75.pdb", "500 Oops", "", 4),
        ("app75.pdb", "302 Found", "Location: /other\r\n", 1),
        ("app75.pdb", "401 Who", "WWW-Authenticate: Basic realm=\"x\"\r\n", 3),
        ("app75.pdb", "203 Login", "", 3),
        ("index2.txt", "404 Not Found", "", 1),
        ("index2.txt", "200 OK", "", 1),
        ("file.ptr", "200 OK", "", 6),
    ] {
        for framing in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 999999999999\r\n"] {
            let head = format!("HTTP/1.1 {status}\r\n{fields}{framing}\r\n");
            let piece = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            let reply = Reply::raw(head).then(Then::Repeat(piece.into_bytes()));
            let (ran, dir, _server) = fetch_with(
                move |request| request.target.ends_with(which).then(|| reply.clone()),
                &[],
            );
            assert_eq!(ran.status, Some(expected), "{which} {status} {framing}: {ran}");
            assert!(visible(&dir.join("store")).is_empty());
        }
    }
}

#[test]
fn cabinet_that_expands_to_the_wrong_size() {
    for size in [0, 1, 4096, u32::MAX] {
        let cabinet = cabinet(&pdb(), size);
        cabinet_refused(cabinet, &["cannot expand", "its header says"]);
    }
}

#[test]
fn cabinet_that_holds_another_build() {
    let other = Pdb::new([7; 16], 1).build();
    let size = u32::try_from(other.len()).unwrap();
    cabinet_refused(cabinet(&other, size), &["497B72F6390A44FC878E5A2D63B6CC4B"]);
}

#[test]
fn cabinet_that_is_cut() {
    let whole = cabinet(&pdb(), u32::try_from(pdb().len()).unwrap());
    for length in [4, 36, 60, whole.len() / 2, whole.len() - 1] {
        cabinet_refused(whole[..length].to_vec(), &[]);
    }
}

#[test]
fn cabinet_is_expanded() {
    let whole = cabinet(&pdb(), u32::try_from(pdb().len()).unwrap());
    let (ran, dir, _server) = compressed(whole);
    ran.expect(0, &[]);
    assert_eq!(
        visible(&dir.join("store")),
        BTreeMap::from([(APP.file(), Content(pdb()))])
    );
}

#[track_caller]
fn cabinet_refused(cabinet: Vec<u8>, words: &[&str]) {
    let (ran, dir, server) = compressed(cabinet);
    ends_without_a_file(&ran, &dir, &server, 6, words);
}

fn compressed(cabinet: Vec<u8>) -> (Ran, Dir, Fault) {
    fetch_with(
        move |request| request.target.ends_with(&APP.compressed()).then(|| Reply::ok(&cabinet)),
        &[],
    )
}

#[test]
fn statuses_of_a_server_are_no_misses() {
    for (status, expected, words) in [
        ("400 Bad Request", 4, &["400"][..]),
        ("403 Forbidden", 1, &["403", "access denied"]),
        ("429 Too Many Requests", 4, &["429"]),
        ("500 Internal Server Error", 4, &["500"]),
        ("503 Service Unavailable", 4, &["503"]),
        ("206 Partial Content", 6, &["206"]),
    ] {
        refused(Reply::answer(status, "", "x"), expected, words);
    }
}

#[test]
fn nobody_has_it() {
    for reply in [
        Reply::missing(),
        Reply::answer("410 Gone", "", ""),
        Reply::answer("403 Forbidden", "x-ms-request-id: 1\r\n", ""),
        Reply::answer("403 Forbidden", "x-amz-request-id: 1\r\n", ""),
    ] {
        let (ran, dir, server) = fetch(reply, &[]);
        ends_without_a_file(&ran, &dir, &server, 1, &["does not have it"]);
        // The compressed form and the pointer are asked for too.
        assert_eq!(server.heard().len(), 4, "{ran}");
    }
}

#[test]
fn a_failure_at_the_layout_is_the_stores_failure() {
    let (ran, dir, server) = fetch_with(
        |request| {
            request
                .target
                .ends_with("index2.txt")
                .then(|| Reply::answer("500 Oops", "", ""))
        },
        &[],
    );
    ends_without_a_file(&ran, &dir, &server, 4, &["500"]);
    assert_eq!(server.heard().len(), 1, "nothing more is asked of it");
}

#[test]
fn message_of_a_pointer_is_told() {
    let pointer = |text: &'static str| {
        fetch_with(
            move |request| request.target.ends_with("/file.ptr").then(|| Reply::ok(text)),
            &[],
        )
    };
    let (ran, dir, server) = pointer("MSG: moved to \u{202e}the vault");
    ends_without_a_file(&ran, &dir, &server, 1, &["moved to \u{fffd}the vault"]);
    for bad in ["", "<html>\nlog in", "a\u{1b}[2Jb"] {
        let (ran, dir, server) = pointer(bad);
        ends_without_a_file(&ran, &dir, &server, 6, &["file.ptr"]);
        assert!(!ran.stderr.contains('\u{1b}'), "{ran}");
    }
    for elsewhere in [
        "PATH:/etc/passwd",
        r"\\evil\share\app.pdb",
        "PATH:/nowhere/app.pdb",
        r"C:\x\app.pdb",
    ] {
        let (ran, dir, server) = pointer(elsewhere);
        assert!(matches!(ran.status, Some(1 | 6)), "{elsewhere}: {ran}");
        assert_eq!(visible(&dir.join("store")), BTreeMap::new(), "{elsewhere}: {ran}");
        drop(server);
    }
}

#[test]
fn connection_refused() {
    let server = Fault::start(|_| Reply::missing());
    let address = server.address();
    drop(server);
    let dir = Dir::new();
    let path = format!("srv*{}*http://{address}/sym", dir.join("store").display());
    let ran = Call::new(env!("CARGO_BIN_EXE_symgate"), &dir)
        .args(["get", &APP.target(), "-y", &path])
        .run();
    ran.expect(4, &[&address.to_string(), "no connection", "hint: "]);
    assert_eq!(visible(&dir.join("store")), BTreeMap::new());
}

#[test]
fn name_not_found() {
    let dir = Dir::new();
    let path = format!("srv*{}*http://no-such-host.invalid/sym", dir.join("store").display());
    let ran = Call::new(env!("CARGO_BIN_EXE_symgate"), &dir)
        .args(["get", &APP.target(), "-y", &path])
        .run();
    ran.expect(4, &["no-such-host.invalid:80", "name was not found", "hint: "]);
}

fn redirect(to: &str) -> Reply {
    Reply::answer("302 Found", &format!("Location: {to}\r\n"), "")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A cabinet of one stored file that says that the file has `size` bytes.
fn cabinet(content: &[u8], size: u32) -> Vec<u8> {
    let mut cabinet = Cabinet::stored(content);
    cabinet.length = size;
    cabinet.bytes()
}
