//! `symgate probe` before servers and proxies that say exactly what a test wants: verdicts, exit statuses, its use as a
//! plain fetch, and what must never be shown.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::thread;

use serde_json::Value;
use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply, Then};

fn run_in(dir: &Dir, arguments: &[&str]) -> Ran {
    Call::new(env!("CARGO_BIN_EXE_symgate"), dir)
        .args(["probe", "--prompts", "off"])
        .args(arguments)
        .secret("alice", "S3cret")
        .run()
}

/// The exit status, and the report as JSON.
fn probe(arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = run_in(&Dir::new(), &[&["--json"], arguments].concat());
    let json = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    (ran.status, json)
}

fn check(arguments: &[&str], status: i32, kind: &str, words: &[&str]) -> Value {
    let (ended, json) = probe(arguments);
    let verdict = &json["verdict"];
    assert_eq!((ended, verdict["kind"].as_str()), (Some(status), Some(kind)), "{json}");
    for word in words {
        assert!(verdict.to_string().contains(word), "`{word}` is missing in {verdict}");
    }
    json
}

#[test]
fn whatever_the_server_answers_is_an_answer() {
    let server = Fault::start(|request| match request.target.as_str() {
        "/ok" | "/ok?sig=S3cret" => Reply::ok("hello"),
        "/403" => Reply::answer("403 Forbidden", "", ""),
        "/500" => Reply::answer("500 Oops", "Content-Type: text/html\r\n", "<h1>No disk</h1>"),
        "/echo?sig=S3cretKey" => Reply::answer(
            "500 Oops",
            "Content-Type: text/html\r\n",
            "<p>GET /echo?sig=S3cretKey</p><p>Authorization: Basic YWxpY2U6UzNjcmV0</p>",
        ),
        "/511" => Reply::answer("511 Network Authentication Required", "", ""),
        "/to" => Reply::answer("302 Found", "Location: /ok?sig=S3cret\r\n", ""),
        "/round" => Reply::answer("302 Found", "Location: /round\r\n", ""),
        _ => Reply::missing(),
    });
    let url = |path: &str| server.url(path);
    check(&[&url("ok")], 0, "works", &["200 OK"]);
    check(&[&url("no")], 0, "server-status", &["404", "does not have this file"]);
    check(&[&url("403")], 0, "server-status", &["403"]);
    let failed = check(&[&url("500")], 0, "server-status", &["500 Oops"]);
    assert_eq!(failed["page"], "No disk");
    let echoed = check(&[&url("echo?sig=S3cretKey")], 0, "server-status", &[]);
    assert_eq!(echoed["page"], "GET /echo?…\nAuthorization: Basic …");
    check(&[&url("511")], 0, "portal", &["browser"]);
    let redirected = check(&[&url("to")], 0, "works", &["200"]);
    assert!(redirected["steps"].to_string().contains("redirected"));
    let shown = check(
        &[&url("to"), "--max-redirects", "0"],
        0,
        "works",
        &["302 Found", "leads to"],
    );
    assert!(
        shown["answer"]["location"].as_str().unwrap().ends_with("/ok?sig=…"),
        "{shown}"
    );
    check(
        &[&url("round"), "--max-redirects", "3"],
        4,
        "redirect",
        &["3 redirects"],
    );
    check(
        &[&url("round"), "--max-redirects", "1"],
        4,
        "redirect",
        &["1 redirect was"],
    );
}

#[test]
fn a_server_that_breaks_off_is_named_with_where() {
    let server = Fault::start(|request| match request.target.as_str() {
        "/half" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        "/nothing" => Reply::raw(""),
        "/reset" => Reply::raw("").then(Then::Reset),
        "/ssh" => Reply::raw("SSH-2.0-x\r\n"),
        "/alert" => Reply::raw([0x15, 0x03, 0x01, 0, 2, 2, 80]),
        "/gzip" => Reply::answer("200 OK", "Content-Encoding: br\r\n", "x"),
        _ => Reply::missing(),
    });
    let url = |path: &str| server.url(path);
    check(&[&url("half")], 4, "broken", &["before it was complete"]);
    check(&[&url("nothing")], 4, "broken", &["without an answer", "https://"]);
    check(&[&url("reset")], 4, "broken", &["without an answer"]);
    check(&[&url("ssh")], 4, "broken", &["does not speak HTTP"]);
    check(
        &[&url("alert")],
        4,
        "tls-on-plain",
        &["wants TLS on this port", "https://"],
    );
    check(&[&url("gzip")], 4, "broken", &["broke a rule of HTTP"]);
}

#[test]
fn a_login_at_the_server() {
    let server = Fault::start(|request| {
        // alice:S3cret
        if request.head.contains("Basic YWxpY2U6UzNjcmV0") {
            Reply::ok("in")
        } else if request.target == "/ticket" {
            Reply::answer("401 No", "WWW-Authenticate: Negotiate\r\n", "")
        } else if request.target == "/odd" {
            Reply::answer("401 No", "WWW-Authenticate: Passport1.4 x=y\r\n", "")
        } else {
            Reply::answer("401 No", "WWW-Authenticate: Basic realm=\"Store\"\r\n", "")
        }
    });
    let url = server.url("a?key=S3cret");
    let with_login = url.replace("http://", "http://alice:S3cret@");
    check(&[&url, "--user", "alice:S3cret"], 0, "works", &[]);
    check(&[&with_login], 0, "works", &[]);
    check(
        &[&url],
        3,
        "login-needed",
        &["The server", "401", "Basic `Store`", "--user NAME:PASSWORD"],
    );
    check(&[&url, "--user", "alice:wrong"], 3, "login-rejected", &["--user"]);
    check(&[&server.url("ticket")], 3, "login-needed", &["Negotiate"]);
    check(&[&server.url("odd")], 3, "no-scheme", &["Passport1.4"]);
    let people = run_in(&Dir::new(), &[&with_login]);
    assert!(people.stdout.contains("?key=…"), "{people}");
}

#[test]
fn a_login_never_leaves_for_where_a_redirect_leads() {
    let other = Fault::start(|_| Reply::answer("401 No", "WWW-Authenticate: Basic realm=\"Other\"\r\n", ""));
    let to = other.url("x");
    let server = Fault::start(move |_| Reply::answer("302 Found", &format!("Location: {to}\r\n"), ""));
    check(
        &[&server.url(""), "--user", "alice:S3cret"],
        3,
        "login-needed",
        &["`Other`"],
    );
    assert!(
        !other
            .heard()
            .iter()
            .any(|request| request.head.contains("Authorization"))
    );
}

#[test]
fn what_a_proxy_says_itself_is_told_from_the_server() {
    let proxy = Fault::start(|request| match (request.method.as_str(), request.target.as_str()) {
        ("CONNECT", "dns.test:443") => {
            Reply::answer("503 Service Unavailable", "X-Squid-Error: ERR_DNS_FAIL 0\r\n", "")
        }
        ("CONNECT", "down.test:443") => Reply::answer(
            "504 Gateway Timeout",
            "Proxy-Status: p; error=connection_timeout\r\n",
            "",
        ),
        ("CONNECT", "bad.test:443") => Reply::answer("502 Bad Gateway", "", ""),
        ("CONNECT", "web.test:443") => Reply::answer("404 Not Found", "", ""),
        ("CONNECT", "portal.test:443") => Reply::answer("511 Log In", "", ""),
        ("CONNECT", _) => Reply::answer(
            "403 Forbidden",
            "Content-Type: text/html\r\n",
            "<p>Rule <b>17</b>\u{1b}[2J</p>",
        ),
        (_, "http://dns.test/") => Reply::answer("503 Service Unavailable", "X-Squid-Error: ERR_DNS_FAIL 0\r\n", ""),
        (_, "http://no.test/") => Reply::answer("403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n", ""),
        (_, "http://maybe.test/") => Reply::answer("502 Bad Gateway", "", ""),
        _ => Reply::ok("hello"),
    });
    let through = |url: &str, status, kind, words: &[&str]| {
        check(&[url, "--proxy", &proxy.address().to_string()], status, kind, words)
    };
    through(
        "https://dns.test/",
        4,
        "tunnel-name",
        &["did not find the name `dns.test`", "ERR_DNS_FAIL"],
    );
    through(
        "https://down.test/",
        4,
        "tunnel-unreachable",
        &["down.test:443", "connection_timeout"],
    );
    through("https://bad.test/", 4, "tunnel-unreachable", &["502"]);
    through("https://web.test/", 4, "tunnel-failed", &["may be a web server"]);
    through("https://portal.test/", 3, "portal", &["browser"]);
    let denied = through(
        "https://a.b.c.test/",
        4,
        "tunnel-forbidden",
        &["allow CONNECT to *.b.c.test:443"],
    );
    assert_eq!(denied["page"], "Rule 17 [2J");
    through("http://dns.test/", 4, "tunnel-name", &["did not find the name"]);
    through("http://no.test/", 4, "proxy-answered", &["does not allow"]);
    let unsure = through(
        "http://maybe.test/",
        0,
        "server-status",
        &["may have said so in its place"],
    );
    assert_eq!(unsure["answer"]["by"], "unknown");
    through("http://good.test/", 0, "works", &[]);
}

#[test]
fn the_body_is_written_whole_or_not_at_all() {
    let server = Fault::start(|request| match request.target.as_str() {
        "/a" => Reply::ok("hello"),
        "/half" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        _ => Reply::answer("404 Not Found", "", "gone"),
    });
    let dir = Dir::new();
    let read = |name: &str| fs::read_to_string(dir.join(name)).ok();
    assert_eq!(run_in(&dir, &[&server.url("a"), "--output", "a.txt"]).status, Some(0));
    assert_eq!(read("a.txt").as_deref(), Some("hello"));
    assert_eq!(run_in(&dir, &[&server.url("no"), "-o", "no.txt"]).status, Some(0));
    assert_eq!(read("no.txt").as_deref(), Some("gone"));
    assert_eq!(run_in(&dir, &[&server.url("half"), "-o", "a.txt"]).status, Some(4));
    assert_eq!(read("a.txt").as_deref(), Some("hello"));
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let stdout = run_in(&dir, &[&server.url("a"), "--output", "-"]);
    assert_eq!((stdout.status, stdout.stdout.as_str()), (Some(0), "hello"), "{stdout}");
    assert!(stdout.stderr.contains("Verdict: "), "{stdout}");
    let json = run_in(&dir, &[&server.url("a"), "--output", "-", "--json"]);
    assert!(json.stderr.starts_with('{'), "{json}");
    assert_eq!(
        run_in(&dir, &[&server.url("a"), "-o", "no/such/directory"]).status,
        Some(5)
    );
}

#[test]
fn a_connection_that_is_cut_when_tls_begins() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // What is left unread makes the system reset the connection.
        stream.read_exact(&mut [0; 5]).unwrap();
    });
    check(
        &[&format!("https://{address}/")],
        4,
        "reset",
        &["was cut as soon as TLS began"],
    );
    server.join().unwrap();
}

/// A listener whose backlog is full answers nobody: a black hole on loopback. Linux alone drops what does not fit.
#[cfg(target_os = "linux")]
#[test]
fn a_black_hole_is_a_connection_that_timed_out() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener
        .bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into())
        .unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let _fillers: Vec<_> = (0..8)
        .map(|_| {
            let filler = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            filler.set_nonblocking(true).unwrap();
            filler.connect(&address.into()).ok();
            filler
        })
        .collect();
    let silent = check(
        &[&format!("http://{address}/")],
        4,
        "no-answer",
        &["timed out", "no answer", "firewall"],
    );
    assert!(silent["steps"].to_string().contains("no answer"), "{silent}");
}

#[test]
fn what_cannot_be_understood_is_usage() {
    let dir = Dir::new();
    for (arguments, words) in [
        (&["store.test/a"][..], "write https://store.test/a"),
        (&["store.test/a?sig=S3cret"], "write https://store.test/a or"),
        (&["ftp://h/"], "neither http nor https"),
        (&["http://"], "is no URL"),
        (&["http://h/", "--proxy-settings", "missing.reg"], "missing.reg"),
        (&["http://alice:S3cret@:x/"], "is no URL"),
    ] {
        let ran = run_in(&dir, arguments);
        assert_eq!(ran.status, Some(2), "{ran}");
        assert!(ran.stderr.contains(words), "`{words}` is missing: {ran}");
    }
}

#[test]
fn a_script_that_gives_no_answer_leaves_no_way() {
    let server = Fault::start(|_| Reply::ok("function FindProxyForURL(url, host) { return nothing; }"));
    let dir = Dir::new();
    dir.write("settings.ini", format!("AutoConfigURL = {}\n", server.url("proxy.pac")));
    let ran = run_in(&dir, &["https://h.test/", "--json", "--proxy-settings", "settings.ini"]);
    assert_eq!(ran.status, Some(4), "{ran}");
    assert!(
        ran.stdout.contains(r#""kind":"no-way""#) && ran.stdout.contains("proxy.pac"),
        "{ran}"
    );
}

#[cfg(unix)]
#[test]
fn a_link_and_a_device_are_written_and_never_replaced() {
    let server = Fault::start(|_| Reply::ok("hello"));
    let dir = Dir::new();
    dir.write("real.txt", "old");
    std::os::unix::fs::symlink("real.txt", dir.join("link.txt")).unwrap();
    assert_eq!(run_in(&dir, &[&server.url("a"), "-o", "link.txt"]).status, Some(0));
    assert!(fs::symlink_metadata(dir.join("link.txt")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(dir.join("real.txt")).unwrap(), "hello");
    assert_eq!(run_in(&dir, &[&server.url("a"), "-o", "/dev/null"]).status, Some(0));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    assert_eq!(run_in(&dir, &[&server.url("a"), "-o", "."]).status, Some(5));
}
