//! What stands in the way and says so: squid that inspects, refuses, and finds no name; ports of the wrong kind.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use symgate_tests::Authority;
use symgate_tests::Pki;
use symgate_tests::broken::NoNames;
use symgate_tests::peer::Nginx;
use symgate_tests::peer::Program;
use symgate_tests::peer::Squid;
use symgate_tests::peer::require;

use super::Seen;
use super::curl;
use super::store;

#[test]
fn squid_inspects_with_certificates_of_its_own_authority() {
    let Some([nginx, squid, client]) = require([Program::Nginx, Program::Squid, Program::Curl]) else {
        return;
    };
    let (store, pki) = (store(), Pki::new());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::bumping(&squid, pki.proxy(), pki.origin());
    let (url, proxy) = (origin.tls_url("hello.txt"), proxy.url());
    let through = |authority: &Authority| {
        let ca_file = authority.ca_file().to_str().unwrap().to_owned();
        curl(&client, ["-x", &proxy, "--cacert", &ca_file, &url])
    };
    assert_eq!(through(pki.proxy()), Seen::hello(200));
    // 60: the certificate is not trusted.
    assert_eq!(through(pki.origin()).codes(), (60, 0, 200));
}

#[test]
fn squid_says_why_it_refuses() {
    let Some([squid]) = require([Program::Squid]) else {
        return;
    };
    // Only root may be a name server.
    let Some(names) = NoNames::start() else { return };
    let proxy = Squid::refusing(&squid, names.address());
    // Squid 5.7 has a page of its own for a name that does not exist, and shows others.
    let table = [
        ("CONNECT blocked.test:443", 403, "ERR_ACCESS_DENIED"),
        ("GET http://blocked.test/x", 403, "ERR_ACCESS_DENIED"),
        ("CONNECT nowhere.test:443", 500, "ERR_CANNOT_FORWARD"),
        ("GET http://nowhere.test/x", 502, "ERR_READ_ERROR"),
        ("CONNECT localhost:9", 503, "ERR_CONNECT_FAIL"),
        ("GET http://localhost:9/x", 503, "ERR_CONNECT_FAIL"),
    ];
    for (request, status, error) in table {
        let fields = "Host: symbols.test\r\nConnection: close\r\n";
        let answer = ask(proxy.address(), &format!("{request} HTTP/1.1\r\n{fields}\r\n"));
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
        assert!(head.contains(&format!("X-Squid-Error: {error} ")), "{request}: {head}");
        assert!(head.contains("Server: squid/"), "{request}: {head}");
    }
}

#[test]
fn ports_of_the_wrong_kind_answer_as_they_can() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let (store, pki) = (store(), Pki::new());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let clear = Squid::open(&squid);
    let tls = Squid::tls_basic(&squid, "alice", "S3cret pass", pki.proxy().server());
    // The beginning of a ClientHello, and a request in clear text.
    let hello = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n";
    let get = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = [
        (origin.plain(), hello, "HTTP/1.1 400 Bad Request\r\n"),
        (origin.tls(), get, "HTTP/1.1 400 Bad Request\r\n"),
        (clear.address(), hello, "HTTP/1.1 400 Bad Request\r\n"),
        // An alert, or not a word.
        (tls.address(), get, ""),
    ];
    for (address, said, begins) in answers {
        let answer = ask(address, said);
        assert!(answer.starts_with(begins), "{answer}");
        assert!(!begins.is_empty() || !answer.starts_with("HTTP"), "{answer}");
    }
    // The page says what the status does not.
    let page = ask(origin.tls(), get);
    assert!(page.contains("The plain HTTP request was sent to HTTPS port"), "{page}");
}

/// Says something and hears the other side to its end, which may be a reset.
fn ask(address: SocketAddr, said: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(said.as_bytes()).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}
