//! nginx, squid with Basic and tinyproxy, proved with curl.

use std::process::Command;
use symgate_tests::Pki;
use symgate_tests::Relay;
use symgate_tests::peer::Nginx;
use symgate_tests::peer::Program;
use symgate_tests::peer::Squid;
use symgate_tests::peer::Tinyproxy;
use symgate_tests::peer::require;

use crate::HELLO;
use crate::RIGHT;
use crate::Seen;
use crate::WRONG;
use crate::curl;
use crate::steps;
use crate::store;
use crate::text;

/// URL, arguments for credentials, and curl's exit status with the statuses of GET and CONNECT.
type Row<'a> = (&'a str, &'a [&'a str], (i32, u16, u16));

#[test]
fn nginx_serves_plain_and_both_versions_of_tls() {
    let Some([client, nginx]) = require([Program::Curl, Program::Nginx]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let ca = text(pki.origin().ca_file());

    assert_eq!(curl(&client, [origin.plain_url("hello.txt").as_str()]), Seen::hello(0));
    let url = origin.tls_url("hello.txt");
    for version in [&["--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        let arguments = ["--cacert", ca, &url].into_iter().chain(version.iter().copied());
        assert_eq!(curl(&client, arguments), Seen::hello(0), "{version:?}");
    }
    let untrusted = curl(&client, ["--cacert", text(pki.proxy().ca_file()), &url]);
    assert_eq!((untrusted.exit, untrusted.status), (60, 0));
    let missing = curl(&client, ["--cacert", ca, &origin.tls_url("no/such.pdb")]);
    assert_eq!((missing.exit, missing.status), (0, 404));

    let log = origin.log_of(4);
    assert_eq!(steps(&log), [200, 200, 200, 404].map(|status| (1, "GET", status, None)));
    assert_eq!((log[0].target.as_str(), log[0].bytes), ("/hello.txt", 16));
}

#[test]
fn nginx_tells_turns_of_a_connection() {
    let Some([client, nginx]) = require([Program::Curl, Program::Nginx]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let url = origin.plain_url("hello.txt");
    let output = Command::new(client.command())
        .args(["-q", "--silent", "--noproxy", "*", "--fail", &url, &url, &url])
        .output()
        .unwrap();
    assert_eq!(output.stdout, HELLO.repeat(3).as_bytes());
    let log = origin.log_of(3);
    assert_eq!(steps(&log), [1, 2, 3].map(|turn| (turn, "GET", 200, None)));
    assert!(log.iter().all(|line| line.connection == log[0].connection), "{log:#?}");
}

#[test]
fn nginx_takes_more_lines() {
    let Some([client, nginx]) = require([Program::Curl, Program::Nginx]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let lines = "location /gone { return 410; }";
    let origin = Nginx::with_lines(&nginx, store.path(), pki.origin().server(), lines);
    assert_eq!(curl(&client, [origin.plain_url("gone/x").as_str()]).status, 410);
}

#[test]
fn squid_basic_wants_the_password_for_get_and_connect() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid];
    let Some([client, nginx, squid]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::basic(&squid, "alice", "S3cret pass");
    let (address, ca) = (proxy.url(), text(pki.origin().ca_file()));
    let (plain, tls) = (origin.plain_url("hello.txt"), origin.tls_url("hello.txt"));

    let table: [Row<'_>; 6] = [
        (&plain, &[], (0, 407, 0)),
        (&plain, &["--proxy-user", WRONG], (0, 407, 0)),
        (&plain, &["--proxy-user", RIGHT], (0, 200, 0)),
        (&tls, &[], (56, 0, 407)),
        (&tls, &["--proxy-user", WRONG], (56, 0, 407)),
        (&tls, &["--proxy-user", RIGHT], (0, 200, 200)),
    ];
    for (url, credentials, expected) in table {
        let arguments = ["--proxy", &address, "--cacert", ca, url];
        let seen = curl(&client, arguments.into_iter().chain(credentials.iter().copied()));
        assert_eq!(
            (seen.exit, seen.status, seen.connect),
            expected,
            "{url} {credentials:?}"
        );
        assert_eq!(
            seen.body == HELLO,
            expected.1 == 200,
            "{url} {credentials:?}: {}",
            seen.body
        );
    }

    let log = proxy.log_of(6);
    let expected = [
        (1, "GET", 407, None),
        (1, "GET", 407, Some("alice")),
        (1, "GET", 200, Some("alice")),
        (1, "CONNECT", 407, None),
        (1, "CONNECT", 407, Some("alice")),
        (1, "CONNECT", 200, Some("alice")),
    ];
    assert_eq!(steps(&log), expected);
    assert_eq!(log[2].target, plain);
    assert_eq!(log[5].target, format!("localhost:{}", origin.tls().port()));
}

#[test]
fn squid_keeps_the_connection_of_a_407() {
    let Some([client, nginx, squid]) = require([Program::Curl, Program::Nginx, Program::Squid]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::basic(&squid, "alice", "S3cret pass");
    let (address, url) = (proxy.url(), origin.plain_url("hello.txt"));
    let arguments = ["--proxy", &address, "--proxy-anyauth", "--proxy-user", RIGHT, &url];
    assert_eq!(curl(&client, arguments), Seen::hello(0));
    let log = proxy.log_of(2);
    assert_eq!(steps(&log), [(1, "GET", 407, None), (2, "GET", 200, Some("alice"))]);
}

#[test]
fn squid_in_tls_has_an_authority_of_its_own() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid];
    let Some([client, nginx, squid]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::tls_basic(&squid, "alice", "S3cret pass", pki.proxy().server());
    let (origin_ca, proxy_ca) = (text(pki.origin().ca_file()), text(pki.proxy().ca_file()));
    let (address, url) = (proxy.url(), origin.tls_url("hello.txt"));
    assert!(address.starts_with("https://"), "{address}");

    let table = [
        (proxy_ca, RIGHT, (0, 200, 200)),
        (proxy_ca, WRONG, (56, 0, 407)),
        (origin_ca, RIGHT, (60, 0, 0)),
    ];
    for (ca, credentials, expected) in table {
        let arguments = ["--proxy", &address, "--proxy-cacert", ca, "--cacert", origin_ca, &url];
        let seen = curl(&client, arguments.into_iter().chain(["--proxy-user", credentials]));
        assert_eq!((seen.exit, seen.status, seen.connect), expected, "{ca} {credentials}");
    }
}

#[test]
fn squid_open_asks_nobody() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid];
    let Some([client, nginx, squid]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::open(&squid);
    let (address, url) = (proxy.url(), origin.plain_url("hello.txt"));
    assert_eq!(curl(&client, ["--proxy", &address, &url]), Seen::hello(0));
}

#[test]
fn tinyproxy_answers_a_wrong_password_with_401() {
    let programs = [Program::Curl, Program::Nginx, Program::Tinyproxy];
    let Some([client, nginx, tinyproxy]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Tinyproxy::basic(&tinyproxy, "alice", "S3cret");
    let (address, ca) = (proxy.url(), text(pki.origin().ca_file()));
    let (plain, tls) = (origin.plain_url("hello.txt"), origin.tls_url("hello.txt"));

    let table: [Row<'_>; 6] = [
        (&plain, &[], (0, 407, 0)),
        (&plain, &["--proxy-user", WRONG], (0, 401, 0)),
        (&plain, &["--proxy-user", "alice:S3cret"], (0, 200, 0)),
        (&tls, &[], (56, 0, 407)),
        (&tls, &["--proxy-user", WRONG], (56, 0, 401)),
        (&tls, &["--proxy-user", "alice:S3cret"], (0, 200, 200)),
    ];
    for (url, credentials, expected) in table {
        let arguments = ["--proxy", &address, "--cacert", ca, url];
        let seen = curl(&client, arguments.into_iter().chain(credentials.iter().copied()));
        assert_eq!(
            (seen.exit, seen.status, seen.connect),
            expected,
            "{url} {credentials:?}"
        );
    }
    let log = proxy.log_text();
    assert_eq!(log.matches("): CONNECT localhost:").count(), 3, "{log}");
}

#[test]
fn relay_in_front_of_squid_shows_what_each_hop_said() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid];
    let Some([client, nginx, squid]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::basic(&squid, "alice", "S3cret pass");
    let relay = Relay::start(proxy.address(), std::time::Duration::ZERO).unwrap();
    let address = format!("http://{}", relay.address());
    let (ca, url) = (text(pki.origin().ca_file()), origin.tls_url("hello.txt"));
    let arguments = ["--proxy", &address, "--proxy-user", RIGHT, "--cacert", ca, &url];
    assert_eq!(curl(&client, arguments), Seen::hello(200));

    let connections = relay.connections();
    let [connection] = &connections[..] else {
        panic!("{} connections", connections.len())
    };
    let sent = String::from_utf8_lossy(&connection.sent);
    assert!(sent.starts_with("CONNECT localhost:"), "{sent}");
    assert_eq!(sent.matches("Proxy-Authorization: Basic ").count(), 1, "{sent}");
    assert!(connection.received.starts_with(b"HTTP/1.1 200 "), "the tunnel opened");
}
