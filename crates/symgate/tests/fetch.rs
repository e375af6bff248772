//! One GET of any URL under a client's policy ([`Client::fetch`]; DECISIONS §3 and §4).
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io;
use std::sync::Arc;

use symgate::auth::{Ask, Credentials, Outcome};
use symgate::http::{self, Note, ResponseHead};
use symgate::net::{self, Cancel};
use symgate::path::SymbolPath;
use symgate::policy::{Answers, Explicit, Given};
use symgate::proxy::{Choice, ProxyConfig};
use symgate::{Client, Config, Tunnels, Watcher};
use symgate_tests::fault::{Fault, Reply};
use url::Url;

/// Writes down what it is told, one line each.
#[derive(Default)]
struct Diary {
    lines: Vec<String>,
    body: Vec<u8>,
}

impl Watcher for Diary {
    fn chosen(&mut self, url: &Url, choice: &Choice) {
        self.lines.push(format!("{} by {choice}", url.path()));
    }

    fn note(&mut self, note: &Note) {
        if let Note::Redirected { .. } = note {
            self.lines.push("redirected".into());
        }
    }

    fn asked(&mut self, _: &Ask, by: Option<&str>) {
        self.lines.push(format!("asked, {} answers", by.unwrap_or("nobody")));
    }

    fn judged(&mut self, _: &Ask, outcome: Outcome) {
        self.lines.push(format!("{outcome:?}"));
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.lines.push(format!("status {}", head.status));
        Ok(())
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        self.body.extend_from_slice(piece);
        Ok(())
    }
}

fn client(proxy: &str, explicit: Explicit) -> Client {
    let mut config = Config::new(SymbolPath::default(), "/nowhere");
    config.proxy = ProxyConfig::direct().with_proxy(proxy);
    config.answers = Answers::default().with_explicit(explicit);
    Client::new(config).unwrap()
}

fn alice() -> Given {
    Given::Credentials(Arc::new(Credentials::password("alice", "wonder")))
}

/// Redirects `/old` to `/new`, which wants a password.
fn site() -> Fault {
    Fault::start(|request| match request.target.as_str() {
        "/old" => Reply::answer("302 Found", "Location: /new\r\n", ""),
        "/new" if request.head.contains("Authorization: Basic") => Reply::ok("there"),
        "/new" => Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", "no"),
        _ => Reply::missing(),
    })
}

#[test]
fn the_watcher_is_told_what_happens_in_order() {
    let site = site();
    let client = client("", Explicit::default().for_stores(alice()));
    let mut diary = Diary::default();
    let get = client.get(site.url("old").parse().unwrap());
    client.fetch(get, &mut diary, &Cancel::new()).unwrap();
    assert_eq!(
        diary.lines,
        [
            "/old by direct (no proxy configured)",
            "redirected",
            "/new by direct (no proxy configured)",
            "asked, the command line answers",
            "Accepted",
            "status 200",
        ]
    );
    assert_eq!(diary.body, b"there");
}

#[test]
fn any_status_of_the_server_is_an_answer() {
    let site = site();
    let client = client("", Explicit::default());
    let mut diary = Diary::default();
    let get = client.get(site.url("nothing").parse().unwrap());
    client.fetch(get, &mut diary, &Cancel::new()).unwrap();
    assert_eq!(diary.lines.last().unwrap(), "status 404");
}

#[test]
fn what_nobody_answers_is_refused_and_shuts_where_the_url_lies() {
    let site = site();
    let client = client("", Explicit::default());
    let url: Url = site.url("new").parse().unwrap();
    for (told, heard) in [("asked, nobody answers", 1), ("", 1)] {
        let mut diary = Diary::default();
        let error = client
            .fetch(client.get(url.clone()), &mut diary, &Cancel::new())
            .unwrap_err();
        assert!(matches!(error, net::Error::Http(_)), "{error:?}");
        let last = diary.lines.last().map_or("", String::as_str);
        assert_eq!(last, told);
        assert_eq!(site.heard().len(), heard);
    }
}

#[test]
fn a_tunnel_is_asked_for_as_the_caller_says() {
    for (tunnels, method) in [(Tunnels::ForHttps, "GET"), (Tunnels::ForAll, "CONNECT")] {
        let proxy = Fault::start(|_| Reply::missing());
        let client = client(&proxy.address().to_string(), Explicit::default());
        let mut get = client.get("http://h.invalid/".parse().unwrap());
        get.tunnels = tunnels;
        let _refused = client.fetch(get, &mut Diary::default(), &Cancel::new());
        assert_eq!(proxy.heard().first().unwrap().method, method, "{tunnels:?}");
    }
}

#[test]
fn a_url_of_another_scheme_is_fetched_from_nobody() {
    let client = client("", Explicit::default());
    let get = client.get("ftp://h/".parse().unwrap());
    let error = client.fetch(get, &mut Diary::default(), &Cancel::new()).unwrap_err();
    assert!(
        matches!(error, net::Error::Http(http::Error::Unsupported { .. })),
        "{error:?}"
    );
}
