//! Apache with GSSAPI and lighttpd with Digest, proved with curl and pyspnego; and what a hostile origin hears.

use symgate_tests::Hostile;
use symgate_tests::Pki;
use symgate_tests::peer::Apache;
use symgate_tests::peer::Brought;
use symgate_tests::peer::Kdc;
use symgate_tests::peer::Lighttpd;
use symgate_tests::peer::Nginx;
use symgate_tests::peer::Program;
use symgate_tests::peer::Ticket;
use symgate_tests::peer::require;

use crate::HELLO;
use crate::PASSWORD;
use crate::RIGHT;
use crate::USER;
use crate::WRONG;
use crate::acceptor::Fetch;
use crate::curl;
use crate::curl_in;
use crate::store;
use crate::text;

#[test]
fn apache_takes_a_ticket_and_ntlm() {
    let programs = [Program::Curl, Program::Apache, Program::Kdc, Program::Pyspnego];
    let Some([client, apache, kdc, python]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let origin = Apache::origin(&apache, &kdc, store.path(), pki.origin().server(), USER, PASSWORD);
    let ca = text(pki.origin().ca_file());
    for url in [origin.plain_url("hello.txt"), origin.tls_url("hello.txt")] {
        for (ticket, expected) in [(Ticket::Held, 200), (Ticket::Missing, 401)] {
            let arguments = ["--cacert", ca, "--negotiate", "--user", ":", &url];
            let seen = curl_in(&client, &kdc.environment(ticket), arguments);
            assert_eq!((seen.exit, seen.status), (0, expected), "{url} {ticket:?}");
        }
    }
    let log = origin.log();
    let ticket = log.iter().find(|line| line.brought == Brought::Proof).unwrap();
    let user = format!("{USER}@{}", Kdc::REALM);
    assert_eq!((ticket.status, ticket.user.as_deref()), (200, Some(user.as_str())));

    for scheme in ["NTLM", "Negotiate"] {
        let fetch = |port, ca, password| {
            Fetch {
                port,
                ca,
                target: "/hello.txt",
                scheme,
                password,
                ..Fetch::origin()
            }
            .by(&python)
        };
        for (port, ca) in [(origin.plain().port(), None), (origin.tls().port(), Some(ca))] {
            let right = fetch(port, ca, PASSWORD);
            assert_eq!(right.split(' ').next_back(), Some(last(scheme)), "{scheme}: {right}");
            let wrong = fetch(port, ca, "wrong");
            assert!(wrong.ends_with("401"), "{scheme}: {wrong}");
        }
    }
    assert!(
        origin.log().iter().any(|line| line.is_failed_logon()),
        "{:#?}",
        origin.log()
    );
}

/// What ends a fetch that passed: SPNEGO has a last word.
fn last(scheme: &str) -> &'static str {
    if scheme == "NTLM" { "200" } else { "www-authenticate" }
}

#[test]
fn apache_as_a_proxy_takes_a_ticket_and_ntlm() {
    let programs = [
        Program::Curl,
        Program::Nginx,
        Program::Apache,
        Program::Kdc,
        Program::Pyspnego,
    ];
    let Some([client, nginx, apache, kdc, python]) = require(programs) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let proxy = Apache::proxy(&apache, &kdc, pki.proxy().server(), USER, PASSWORD);
    let (origins, proxies) = (text(pki.origin().ca_file()), text(pki.proxy().ca_file()));
    let (plain, tls) = (origin.plain_url("hello.txt"), origin.tls_url("hello.txt"));
    let fetch = |proxy: &str, ticket, url: &str| {
        let always = ["--proxy", proxy, "--cacert", origins, "--proxy-cacert", proxies, url];
        let negotiate = ["--proxy-negotiate", "--proxy-user", ":"];
        let seen = curl_in(&client, &kdc.environment(ticket), always.into_iter().chain(negotiate));
        seen.codes()
    };
    for address in [proxy.plain_url(""), proxy.tls_url("")] {
        assert_eq!(fetch(&address, Ticket::Held, &plain), (0, 200, 0), "{address}");
        assert_eq!(fetch(&address, Ticket::Held, &tls), (0, 200, 200), "{address}");
        assert_eq!(fetch(&address, Ticket::Missing, &plain), (0, 407, 0), "{address}");
        assert_eq!(fetch(&address, Ticket::Missing, &tls), (56, 0, 407), "{address}");
    }
    let connect = format!("localhost:{}", origin.tls().port());
    for scheme in ["NTLM", "Negotiate"] {
        for target in [plain.as_str(), &connect] {
            let with = |password| Fetch {
                port: proxy.plain().port(),
                target,
                scheme,
                password,
                ..Fetch::proxy()
            };
            let right = with(PASSWORD).by(&python);
            assert!(right.contains("200"), "{scheme} {target}: {right}");
            let wrong = with("wrong").by(&python);
            assert!(wrong.ends_with("407"), "{scheme} {target}: {wrong}");
        }
    }
    let log = proxy.log();
    assert!(
        log.iter().any(|line| line.method == "CONNECT" && line.status == 200),
        "{log:#?}"
    );
    assert!(
        log.iter().filter(|line| line.is_failed_logon()).count() >= 4,
        "{log:#?}"
    );
}

#[test]
fn lighttpd_asks_for_digest_in_the_algorithms_it_is_given() {
    let Some([client, lighttpd]) = require([Program::Curl, Program::Lighttpd]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let ca = text(pki.origin().ca_file());
    for algorithms in ["SHA-256", "MD5|SHA-256"] {
        let leaf = pki.origin().server();
        let origin = Lighttpd::digest(&lighttpd, store.path(), leaf, USER, PASSWORD, algorithms);
        for url in [origin.plain_url("hello.txt"), origin.tls_url("hello.txt")] {
            for (login, expected) in [(RIGHT, 200), (WRONG, 401)] {
                let seen = curl(&client, ["--cacert", ca, "--digest", "--user", login, &url]);
                assert_eq!((seen.exit, seen.status), (0, expected), "{url} {login} {algorithms}");
                assert_eq!(seen.body == HELLO, expected == 200);
            }
        }
        let log = origin.log_of(8);
        assert_eq!(log.iter().filter(|line| line.is_failed_logon()).count(), 2, "{log:#?}");
        assert!(log.iter().any(|line| line.user.as_deref() == Some(USER)), "{log:#?}");
    }
}

#[test]
fn hostile_origin_hears_whoever_trusts_it() {
    let programs = [Program::Curl, Program::Kdc, Program::Pyspnego];
    let Some([client, kdc, python]) = require(programs) else {
        return;
    };
    let pki = Pki::new();
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let origin = Hostile::start(pki.origin().server());
    let ca = text(pki.origin().ca_file());
    let all = || String::from_utf8_lossy(&origin.heard().concat()).into_owned();

    let careful = ["--cacert", ca, &origin.tls_url("x")];
    assert_eq!(curl(&client, careful).status, 401);
    assert!(!all().contains("Authorization"), "{}", all());

    let url = origin.tls_url("x");
    let trusting = ["--cacert", ca, "--negotiate", "--user", ":", &url];
    assert_eq!(curl_in(&client, &kdc.environment(Ticket::Held), trusting).status, 401);
    assert!(all().contains("Authorization: Negotiate YI"), "{}", all());

    let port = url.trim_start_matches("https://localhost:").trim_end_matches("/x");
    let fetch = Fetch {
        port: port.parse().unwrap(),
        ca: Some(ca),
        target: "/x",
        ..Fetch::origin()
    };
    assert_eq!(fetch.by(&python), "401 401");
    let proof = "Authorization: NTLM TlRMTVNTUAADAAAA";
    assert!(
        all().contains(proof),
        "the challenge is one that clients answer: {}",
        all()
    );
}
