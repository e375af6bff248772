//! An error names the hop that failed, what it answered, and what to do about it (DECISIONS §1, §4).

use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::sample::Sample;

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const APP: Sample = Sample(1);

#[test]
fn a_refusal_says_who_asked_with_which_status_scheme_and_realm() {
    let table = [
        (
            Peer::Proxy,
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Basic realm=\"corp \u{202e}\"\r\n",
            "the proxy asked for a password (status 407, Basic, realm `corp",
            "--proxy-user",
        ),
        (
            Peer::Store,
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"symbols\"\r\n",
            "the server asked for a password (status 401, Basic, realm `symbols`)",
            "--user",
        ),
        (
            Peer::Proxy,
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Passport1.4\r\n",
            "the proxy asked for authentication (status 407): proxy `",
            "hint: ask for Basic",
        ),
    ];
    for (peer, status, fields, said, hint) in table {
        let (ran, from) = ask(peer, move |_| Reply::answer(status, fields, ""));
        ran.expect(3, &[said, &from, hint]);
        assert!(!ran.stderr.contains('\u{202e}'), "{ran}");
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug)]
enum Peer {
    Store,
    Proxy,
}

/// A search at a store in clear, straight or through a forwarding proxy, and where the peer is.
fn ask(peer: Peer, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Ran, String) {
    let (dir, server) = (Dir::new(), Fault::start(move |request| answer(&request.target)));
    let address = server.address().to_string();
    let (url, proxy) = match peer {
        Peer::Store => (server.url("sym"), "none"),
        Peer::Proxy => ("http://symbols.invalid/sym".to_owned(), address.as_str()),
    };
    let path = format!("srv*{}*{url}", dir.join("store").display());
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", "-y", &path, "--proxy", proxy, &APP.target()])
        .run();
    (ran, address)
}
