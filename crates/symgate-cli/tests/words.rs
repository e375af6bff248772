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
            "hint: the proxy has to offer",
        ),
    ];
    for (peer, status, fields, said, hint) in table {
        let (ran, from) = ask(peer, move |_| Reply::answer(status, fields, ""));
        ran.expect(3, &[said, &from, hint]);
        assert!(!ran.stderr.contains('\u{202e}'), "{ran}");
    }
}

#[test]
fn an_answer_through_a_forwarding_proxy_names_it() {
    let table: [(_, _, _, i32, &[&str]); 8] = [
        (
            Peer::Store,
            "503 Busy",
            "",
            4,
            &["answered 503", "hint: the store fails"],
        ),
        (
            Peer::Proxy,
            "503 Busy",
            "",
            4,
            &[
                "store `http://symbols.invalid/sym` answered 503 through proxy `",
                "hint: the proxy may have",
            ],
        ),
        (
            Peer::Proxy,
            "403 No",
            "",
            1,
            &["answered 403 through proxy `", "access denied"],
        ),
        // The proxy says that it is its own word.
        (
            Peer::Proxy,
            "403 No",
            "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n",
            4,
            &[
                "itself answered 403 (ERR_ACCESS_DENIED)",
                "proxy `",
                "hint: ask who runs the proxy",
            ],
        ),
        (
            Peer::Proxy,
            "403 No",
            "Proxy-Status: other; received-status=403, gate; error=http_request_denied\r\n",
            4,
            &["itself answered 403 (http_request_denied)"],
        ),
        // Nobody's proxy is on the way.
        (
            Peer::Store,
            "403 No",
            "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n",
            1,
            &["access denied"],
        ),
        (
            Peer::Proxy,
            "404 No",
            "X-Squid-Error: ERR_X 0\r\n",
            1,
            &["does not have it"],
        ),
        (
            Peer::Store,
            "203 Changed",
            "",
            3,
            &["answered 203", "hint: the network wants a login"],
        ),
    ];
    for (peer, status, fields, code, said) in table {
        let (ran, from) = ask(peer, move |_| Reply::answer(status, fields, ""));
        ran.expect(code, said);
        let named = ran.stderr.contains(&from);
        assert!(named || code == 1 && status.starts_with("404"), "{ran}");
    }
}

#[test]
fn an_answer_of_the_second_proxy_names_the_second() {
    let (dir, answering) = (Dir::new(), Fault::start(|_| Reply::answer("503 Busy", "", "")));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let proxies = format!("http://{};http://{}", closed.unwrap(), answering.address());
    let path = format!("srv*{}*http://symbols.invalid/sym", dir.join("store").display());
    Call::new(SYMGATE, &dir)
        .args(["get", "-y", &path, "--proxy", &proxies, &APP.target()])
        .run()
        .expect(4, &[&format!("answered 503 through proxy `{}`", answering.address())]);
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
