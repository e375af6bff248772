//! The acceptor of pyspnego, proved with curl where curl can, and with pyspnego's own client where bindings matter.

use std::process::Command;
use symgate_tests::Inspector;
use symgate_tests::Onward;
use symgate_tests::Pki;
use symgate_tests::peer::Acceptor;
use symgate_tests::peer::Brought;
use symgate_tests::peer::Installed;
use symgate_tests::peer::Nginx;
use symgate_tests::peer::Offers;
use symgate_tests::peer::Program;
use symgate_tests::peer::Wire;
use symgate_tests::peer::require;

use crate::HELLO;
use crate::PASSWORD;
use crate::RIGHT;
use crate::USER;
use crate::WRONG;
use crate::curl;
use crate::store;
use crate::text;

/// A fetch by pyspnego's client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch<'a> {
    pub(crate) port: u16,
    /// The authority to trust; none for clear text.
    pub(crate) ca: Option<&'a str>,
    pub(crate) peer: &'static str,
    /// A path for an origin; a URL or an authority for a proxy.
    pub(crate) target: &'a str,
    pub(crate) scheme: &'static str,
    pub(crate) password: &'static str,
    /// The certificate that the tokens are bound to.
    pub(crate) bound: Option<&'a str>,
}

impl Fetch<'_> {
    pub(crate) fn origin() -> Self {
        Self {
            port: 0,
            ca: None,
            peer: "origin",
            target: "/hello.txt",
            scheme: "NTLM",
            password: PASSWORD,
            bound: None,
        }
    }

    pub(crate) fn proxy() -> Self {
        Self {
            peer: "proxy",
            ..Self::origin()
        }
    }

    /// The statuses of its requests, and the field that brought a last token.
    pub(crate) fn by(self, python: &Installed) -> String {
        let word = |word: Option<&str>| word.map_or_else(|| "null".to_owned(), |word| format!("{word:?}"));
        let Self {
            port,
            target,
            scheme,
            password,
            ..
        } = self;
        let (ca, bound, proxy) = (word(self.ca), word(self.bound), self.peer == "proxy");
        let argument = format!(
            r#"{{"port": {port}, "ca": {ca}, "proxy": {proxy}, "target": {target:?}, "scheme": "{scheme}",
                "user": "OFFICE\\{USER}", "password": "{password}", "bound": {bound}}}"#
        );
        let output = Command::new(python.command())
            .args(["-c", CLIENT, &argument])
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

const CLIENT: &str = include_str!("client.py");

#[test]
fn acceptor_judges_ntlm_as_origin() {
    let Some([client, python]) = require([Program::Curl, Program::Pyspnego]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let ca = text(pki.origin().ca_file());
    for wire in [Wire::Clear, Wire::Tls(pki.origin().server())] {
        let origin = Acceptor::origin(&python, store.path(), Offers::Both, wire, USER, PASSWORD);
        let url = format!("{}/hello.txt", origin.url());
        let arguments = ["--cacert", ca, "--ntlm", &url, "--user"];
        let seen = curl(&client, arguments.into_iter().chain([RIGHT]));
        assert_eq!(
            (seen.exit, seen.status, seen.body.as_str()),
            (0, 200, HELLO),
            "{wire:?}"
        );
        let seen = curl(&client, arguments.into_iter().chain([WRONG]));
        assert_eq!((seen.exit, seen.status), (0, 401), "{wire:?}");
        let log = origin.log();
        let expected = [
            (1, Brought::Greeting, 401),
            (2, Brought::Proof, 200),
            (1, Brought::Greeting, 401),
            (2, Brought::Proof, 401),
        ];
        let lines = log.iter().map(|line| (line.turn, line.brought, line.status));
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{wire:?}: {log:#?}");
        assert_eq!(log[1].user.as_deref(), Some(USER));
    }
}

#[test]
fn acceptor_judges_both_schemes_as_proxy() {
    let Some([client, nginx, python]) = require([Program::Curl, Program::Nginx, Program::Pyspnego]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Acceptor::proxy(&python, Offers::Both, Wire::Clear, USER, PASSWORD);
    let (address, ca) = (proxy.url(), text(pki.origin().ca_file()));
    let (plain, tls) = (origin.plain_url("hello.txt"), origin.tls_url("hello.txt"));
    for (url, login, expected) in [
        (&plain, RIGHT, (0, 200, 0)),
        (&plain, WRONG, (0, 407, 0)),
        (&tls, RIGHT, (0, 200, 200)),
        (&tls, WRONG, (56, 0, 407)),
    ] {
        let arguments = [
            "--proxy",
            &address,
            "--cacert",
            ca,
            "--proxy-ntlm",
            "--proxy-user",
            login,
            url,
        ];
        assert_eq!(curl(&client, arguments).codes(), expected, "{url} {login}");
    }
    let negotiate = Fetch {
        port: proxy.address().port(),
        scheme: "Negotiate",
        target: &plain,
        ..Fetch::proxy()
    };
    assert_eq!(negotiate.by(&python), "407 200 proxy-authentication-info");
    let password = "wrong";
    assert_eq!(Fetch { password, ..negotiate }.by(&python), "407 407");
    let failed = proxy.log().iter().filter(|line| line.is_failed_logon()).count();
    assert_eq!(failed, 3, "{:#?}", proxy.log());
}

#[test]
fn bound_acceptor_refuses_tokens_of_another_certificate() {
    let Some([client, python]) = require([Program::Curl, Program::Pyspnego]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let leaf = pki.origin().server();
    let (ca, own) = (text(pki.origin().ca_file()), text(leaf.chain_file()));
    let other = pki.origin().issue("inspector", &["localhost"]);
    let foreign = text(other.chain_file());
    for (scheme, passed) in [("NTLM", "401 200"), ("Negotiate", "401 200 www-authenticate")] {
        let origin = Acceptor::origin(&python, store.path(), Offers::Both, Wire::Bound(leaf), USER, PASSWORD);
        let inspector = Inspector::start(&other, origin.address(), Onward::Tls(pki.origin()));
        let (direct, inspected) = (origin.address().port(), inspector.address().port());
        let table = [
            (direct, Some(own), passed),
            (direct, Some(foreign), "401 401"),
            (direct, None, "401 401"),
            // What the client sees there is the other certificate; with the right one its tokens pass through.
            (inspected, Some(foreign), "401 401"),
            (inspected, Some(own), passed),
        ];
        for (port, bound, expected) in table {
            let fetch = Fetch {
                port,
                ca: Some(ca),
                scheme,
                bound,
                ..Fetch::origin()
            };
            assert_eq!(fetch.by(&python), expected, "{fetch:?}");
        }
        // curl of this age binds nothing.
        let url = format!("{}/hello.txt", origin.url());
        let seen = curl(&client, ["--cacert", ca, "--ntlm", "--user", RIGHT, &url]);
        assert_eq!(seen.status, 401);
    }
}

#[test]
fn bound_acceptor_is_a_proxy_in_tls_too() {
    let Some([nginx, python]) = require([Program::Nginx, Program::Pyspnego]) else {
        return;
    };
    let (pki, store) = (Pki::new(), store());
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let leaf = pki.proxy().server();
    let proxy = Acceptor::proxy(&python, Offers::Ntlm, Wire::Bound(leaf), USER, PASSWORD);
    let connect = format!("localhost:{}", origin.tls().port());
    for (bound, expected) in [(Some(text(leaf.chain_file())), "407 200"), (None, "407 407")] {
        let fetch = Fetch {
            port: proxy.address().port(),
            ca: Some(text(pki.proxy().ca_file())),
            target: &connect,
            bound,
            ..Fetch::proxy()
        };
        assert_eq!(fetch.by(&python), expected, "{fetch:?}");
    }
}
