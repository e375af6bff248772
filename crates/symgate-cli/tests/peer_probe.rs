//! `symgate probe` behind proxies and servers of other authors: each failure has its verdict, and no secret is in it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::peer::{Auth, Dante, Kdc, Nginx, Program, Squid, Tinyproxy, Winbind, require};
use symgate_tests::{Dir, Pki};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
const RIGHT: &str = "alice:S3cret pass";
const WRONG: &str = "alice:wr0ng pass";

/// What a probe came to: the exit status, the verdict's kind, and all that it said.
struct Probed {
    status: Option<i32>,
    kind: String,
    sentence: String,
    advice: String,
    json: Value,
}

/// Asks twice, for people and for programs: both must say the same, and neither a secret.
fn probe(arguments: &[&str]) -> Probed {
    let ran = run(&[&["--json"], arguments].concat());
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let verdict = &json["verdict"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let advice = verdict["advice"].as_array().unwrap().iter().map(text);
    let probed = Probed {
        status: ran.status,
        kind: text(&verdict["kind"]),
        sentence: text(&verdict["sentence"]),
        advice: advice.collect::<Vec<_>>().join("\n"),
        json: json.clone(),
    };
    let people = run(arguments);
    assert_eq!(people.status, probed.status, "{people}");
    assert!(people.stdout.contains("Verdict: "), "{people}");
    probed
}

fn run(arguments: &[&str]) -> Ran {
    let dir = Dir::new();
    Call::new(SYMGATE, &dir)
        .args(["probe", "--prompts", "off"])
        .args(arguments)
        .secret(USER, PASSWORD)
        .secret(USER, "wr0ng pass")
        .run()
}

impl Probed {
    fn expect(&self, status: i32, kind: &str, words: &[&str]) {
        assert_eq!((self.status, self.kind.as_str()), (Some(status), kind), "{}", self.json);
        for word in words {
            let said = format!("{}\n{}", self.sentence, self.advice);
            assert!(said.contains(word), "`{word}` is missing in {said}");
        }
    }
}

fn closed_port() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// A server in clear text and in TLS, with a page.
fn origin(pki: &Pki) -> Option<(Nginx, Dir)> {
    let [nginx] = require([Program::Nginx])?;
    let www = Dir::new();
    www.write("hello.txt", "hello");
    Some((Nginx::start(&nginx, www.path(), pki.origin().server()), www))
}

fn file(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_proxy_that_wants_a_password() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let squid = Squid::basic(&installed, USER, PASSWORD);
    let (plain, tls, proxy) = (nginx.plain_url("hello.txt"), nginx.tls_url("hello.txt"), squid.url());
    let ca = file(pki.origin().ca_file());
    for url in [&plain, &tls] {
        let through = |more: &[&str]| probe(&[&[url, "--proxy", &proxy, "--ca-file", ca], more].concat());
        let right = through(&["--proxy-user", RIGHT]);
        right.expect(0, "works", &["200"]);
        let steps = right.json["steps"].as_array().unwrap();
        let events: Vec<_> = steps.iter().filter_map(|step| step["event"].as_str()).collect();
        for event in [
            "chosen",
            "looked-up",
            "attempted",
            "challenged",
            "asked",
            "authenticating",
            "judged",
        ] {
            assert!(events.contains(&event), "{event} is missing in {events:?}");
        }
        assert_eq!(events.contains(&"tunnelled"), url == &tls);
        through(&["--proxy-user", WRONG]).expect(
            3,
            "login-rejected",
            &[
                "The proxy `localhost:",
                "rejected the name or password that came from",
                "407",
            ],
        );
        through(&[]).expect(
            3,
            "login-needed",
            &[
                "wants a login (407",
                "Basic `Office proxy`",
                "--proxy-user NAME:PASSWORD",
            ],
        );
        through(&["--proxy-user", RIGHT, "--auth", "ntlm"]).expect(3, "no-scheme", &["Basic", "--auth leaves out"]);
    }
    // CONNECT for http too.
    let tunnelled = probe(&[&plain, "--proxy", &proxy, "--proxy-user", RIGHT, "--tunnel"]);
    tunnelled.expect(0, "works", &[]);
    assert!(tunnelled.json["steps"].to_string().contains("tunnelled"));
}

#[test]
fn a_proxy_that_offers_digest_alone() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let digest = Auth::Digest {
        user: USER,
        password: PASSWORD,
        uses: 1000,
    };
    let squid = Squid::asking(&installed, None, &[digest]);
    let url = nginx.plain_url("hello.txt");
    let through = |more: &[&str]| probe(&[&[&url, "--proxy", &squid.url()], more].concat());
    through(&["--proxy-user", RIGHT]).expect(0, "works", &[]);
    through(&["--proxy-user", WRONG]).expect(3, "login-rejected", &["Digest"]);
    through(&["--proxy-user", RIGHT, "--auth", "basic"]).expect(3, "no-scheme", &["Digest"]);
}

#[test]
fn a_proxy_that_answers_a_wrong_password_with_401() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Tinyproxy]) else {
        return;
    };
    let tinyproxy = Tinyproxy::basic(&installed, USER, "S3cret");
    let proxy = tinyproxy.url();
    probe(&[
        &nginx.plain_url("hello.txt"),
        "--proxy",
        &proxy,
        "--proxy-user",
        "alice:wr0ng",
    ])
    .expect(3, "login-rejected", &["The proxy"]);
}

#[test]
fn what_the_proxy_does_not_allow_or_reach() {
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let squid = Squid::with_lines(&installed, None, |_| {
        // A name server that is not there knows no name, on any machine.
        "dns_nameservers 127.0.0.1\ndns_timeout 1 second\ndns_retransmit_interval 1 second\n\
         acl secure port 443\nhttp_access deny CONNECT !secure\nacl hidden dstdomain .hidden.test\nhttp_access deny hidden\n\
         http_access allow all\n"
            .to_owned()
    });
    let proxy = squid.url();
    let forbidden = probe(&["https://shard60.blob.core.test:8443/x", "--proxy", &proxy]);
    forbidden.expect(
        4,
        "tunnel-forbidden",
        &[
            "does not allow CONNECT to `shard60.blob.core.test:8443` (403",
            "allow CONNECT to *.blob.core.test:8443",
        ],
    );
    assert!(
        forbidden.json["page"].as_str().unwrap().contains("Access Denied"),
        "{}",
        forbidden.json
    );
    assert!(
        forbidden.sentence.contains("ERR_ACCESS_DENIED"),
        "{}",
        forbidden.sentence
    );
    probe(&["http://a.hidden.test/x", "--proxy", &proxy]).expect(4, "proxy-answered", &["does not allow", "403"]);
    // Which word it has depends on the name servers that it asks.
    let unknown = probe(&["https://name.invalid/", "--proxy", &proxy]);
    unknown.expect(4, &unknown.kind, &["did not find", "name.invalid"]);
    assert!(
        ["tunnel-name", "tunnel-unreachable"].contains(&unknown.kind.as_str()),
        "{}",
        unknown.json
    );
    let unknown = probe(&["http://name.invalid/", "--proxy", &proxy]);
    unknown.expect(4, &unknown.kind, &["The proxy"]);
    assert!(
        ["tunnel-name", "proxy-answered"].contains(&unknown.kind.as_str()),
        "{}",
        unknown.json
    );
    let closed = closed_port();
    let squid = Squid::open(&installed);
    probe(&[&format!("https://{closed}/"), "--proxy", &squid.url()]).expect(
        4,
        "tunnel-unreachable",
        &["could not reach", &closed],
    );
    probe(&[&format!("http://{closed}/"), "--proxy", &squid.url()]).expect(4, "proxy-answered", &["503"]);
}

#[test]
fn a_proxy_that_inspects_is_named_and_its_root_lets_through() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let squid = Squid::bumping(&installed, pki.proxy(), pki.origin());
    let (url, proxy) = (nginx.tls_url("hello.txt"), squid.url());
    // Its own root is trusted, so that the proxy alone is between us.
    let strict = probe(&[&url, "--proxy", &proxy, "--ca-file", file(pki.origin().ca_file())]);
    strict.expect(
        4,
        "tls-inspection",
        &[
            "TLS inspection: proxy `localhost:",
            "`symgate test proxy authority` signed",
            "--ca-file FILE",
            "SHA-256",
        ],
    );
    let trusting = probe(&[&url, "--proxy", &proxy, "--ca-file", file(pki.proxy().ca_file())]);
    trusting.expect(0, "works", &["TLS is inspected", "`symgate test proxy authority`"]);
    let chain = trusting.json["steps"].to_string();
    assert!(chain.contains(r#""trust":"private""#), "{chain}");
}

#[test]
fn a_dead_proxy_in_front_of_a_living_one_is_told() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let squid = Squid::open(&installed);
    let dead = closed_port();
    let list = format!("{dead};{}", squid.address());
    let url = nginx.plain_url("hello.txt");
    probe(&[&url, "--proxy", &list]).expect(0, "works", &[&dead, "was tried first and failed", "connection refused"]);
    probe(&[&url, "--proxy", &dead]).expect(4, "connection-refused", &["The proxy", "--proxy"]);
    probe(&[&format!("http://{dead}/")]).expect(4, "connection-refused", &["The server"]);
    probe(&[&url, "--proxy", "name.invalid:3128"]).expect(4, "name-not-found", &["name of the proxy, `name.invalid`"]);
    probe(&["http://name.invalid/"]).expect(4, "name-not-found", &["`name.invalid` was not found"]);
}

#[test]
fn tls_and_plain_text_that_meet_the_wrong_port() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let ca = file(pki.origin().ca_file());
    let proxy_ca = file(pki.proxy().ca_file());
    probe(&[&format!("https://{}/", nginx.plain())]).expect(
        4,
        "plain-on-tls",
        &["speaks plain HTTP on this port", "http:// in place of https://"],
    );
    // nginx says so in an answer of its own.
    probe(&[&format!("http://{}/", nginx.tls())]).expect(0, "server-status", &["400"]);
    let plain = Squid::open(&installed);
    let url = nginx.tls_url("hello.txt");
    probe(&[
        &url,
        "--proxy",
        &format!("https://{}", plain.address()),
        "--ca-file",
        ca,
    ])
    .expect(4, "plain-on-tls", &["The proxy", "--proxy http://"]);
    let secure = Squid::tls_basic(&installed, USER, PASSWORD, pki.proxy().server());
    let mixed = probe(&[
        &url,
        "--proxy",
        &format!("http://{}", secure.address()),
        "--ca-file",
        ca,
    ]);
    mixed.expect(4, &mixed.kind, &["https://"]);
    assert!(
        ["tls-on-plain", "broken"].contains(&mixed.kind.as_str()),
        "{}",
        mixed.json
    );
    let right = [&url, "--proxy", &secure.url(), "--ca-file", ca, "--proxy-user", RIGHT];
    probe(&[&right[..], &["--proxy-ca-file", proxy_ca]].concat()).expect(0, "works", &[]);
    probe(&right).expect(
        4,
        "certificate-untrusted",
        &["`symgate test proxy authority`", "--proxy-ca-file"],
    );
}

#[test]
fn certificates_that_are_not_in_order() {
    let pki = Pki::new();
    let Some([installed]) = require([Program::Nginx]) else {
        return;
    };
    let www = Dir::new();
    let ca = file(pki.origin().ca_file());
    let named = Nginx::start(&installed, www.path(), &pki.origin().issue("other", &["other.test"]));
    probe(&[&named.tls_url(""), "--ca-file", ca]).expect(
        4,
        "certificate-name",
        &["belongs to somebody else", "other.test"],
    );
    let expired = pki.origin().issue_expired("expired", &["localhost"]);
    let expired = Nginx::start(&installed, www.path(), &expired);
    probe(&[&expired.tls_url(""), "--ca-file", ca]).expect(
        4,
        "certificate-expired",
        &["out of its time", "2002-01-01", "clock"],
    );
    let own = pki.origin().self_signed("own", &["localhost"]);
    let own = Nginx::start(&installed, www.path(), &own);
    probe(&[&own.tls_url(""), "--ca-file", ca]).expect(4, "certificate-untrusted", &["self-signed", "--ca-file"]);
    let private = Nginx::start(&installed, www.path(), pki.origin().server());
    probe(&[&private.tls_url("")]).expect(
        4,
        "certificate-untrusted",
        &["`symgate test origin authority`", "--ca-file"],
    );
}

#[test]
fn a_socks_proxy_with_a_password() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Dante]) else {
        return;
    };
    let dante = Dante::start(&installed, USER, PASSWORD);
    let (url, proxy) = (nginx.plain_url("hello.txt"), format!("socks5://{}", dante.address()));
    let through = |more: &[&str]| probe(&[&[&url, "--proxy", &proxy], more].concat());
    through(&["--proxy-user", RIGHT]).expect(0, "works", &[]);
    through(&["--proxy-user", WRONG]).expect(3, "login-rejected", &["The proxy"]);
    through(&[]).expect(3, "login-needed", &["--proxy-user"]);
}

#[test]
fn a_proxy_that_takes_windows_logons_alone() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([squid, winbind]) = require([Program::Squid, Program::Winbind]) else {
        return;
    };
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let squid = Squid::asking(&squid, None, &[Auth::ntlm(&judge)]);
    let (url, proxy, ca) = (nginx.tls_url("hello.txt"), squid.url(), file(pki.origin().ca_file()));
    let through = |more: &[&str]| probe(&[&[&url, "--proxy", &proxy, "--ca-file", ca], more].concat());
    let right = through(&["--proxy-user", RIGHT]);
    right.expect(0, "works", &[]);
    assert!(
        right.json["steps"].to_string().contains(r#""mechanism":"NTLM""#),
        "{}",
        right.json
    );
    through(&["--proxy-user", WRONG]).expect(3, "login-rejected", &["NTLM", "DOMAIN\\NAME"]);
    through(&["--proxy-user", RIGHT, "--auth", "basic,digest"]).expect(3, "no-scheme", &["NTLM"]);
}

#[test]
fn a_proxy_that_wants_a_ticket_where_there_is_none() {
    let Some([squid, kdc]) = require([Program::Squid, Program::Kdc]) else {
        return;
    };
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let squid = Squid::asking(&squid, None, &[Auth::Kerberos(&kdc)]);
    let asked = probe(&["http://127.0.0.1:1/", "--proxy", &squid.url(), "--auth", "kerberos"]);
    asked.expect(3, &asked.kind, &["Negotiate", "ticket"]);
    assert!(
        ["no-ticket", "login-needed"].contains(&asked.kind.as_str()),
        "{}",
        asked.json
    );
}

#[test]
fn a_redirect_goes_its_own_way() {
    let pki = Pki::new();
    let Some((nginx, _www)) = origin(&pki) else { return };
    let Some([installed]) = require([Program::Squid]) else {
        return;
    };
    let (plain, secure) = (Squid::open(&installed), Squid::basic(&installed, USER, PASSWORD));
    let to = nginx.tls_url("hello.txt");
    let store = Fault::start(move |_| Reply::answer("302 Found", &format!("Location: {to}\r\n"), ""));
    let list = format!("http={};https={}", plain.address(), secure.address());
    let ca = file(pki.origin().ca_file());
    let led = probe(&[
        &store.url("a"),
        "--proxy",
        &list,
        "--proxy-user",
        RIGHT,
        "--ca-file",
        ca,
    ]);
    led.expect(0, "works", &[]);
    let steps = led.json["steps"].as_array().unwrap();
    let chosen = steps.iter().filter(|step| step["event"] == "chosen");
    let routes: Vec<_> = chosen.filter_map(|step| step["routes"][0]["route"].as_str()).collect();
    assert_eq!(
        routes,
        [
            format!("http://{}", plain.address()),
            format!("http://{}", secure.address())
        ]
    );
}
