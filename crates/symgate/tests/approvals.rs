//! When a source hears that its answer was right: not from every answer that is no challenge (RFC 9110 §15), since one
//! that is refused, or comes from a proxy that is broken, says nothing of the password.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use symgate::auth::{Ask, Credentials, Outcome};
use symgate::path::SymbolPath;
use symgate::policy::{Answers, Lookup, Reply as Found, Source};
use symgate::proxy::ProxyConfig;
use symgate::{Client, Config, Job, Wanted};
use symgate_tests::Dir;
use symgate_tests::fault::{Fault, Reply, Then};

/// Knows one password, and takes down of whom it hears what.
struct Hears(Arc<Mutex<Vec<String>>>);

impl Source for Hears {
    fn name(&self) -> &'static str {
        "hears"
    }

    fn look_up(&self, _: &Lookup<'_>) -> Found {
        Found::Use(Arc::new(Credentials::password("alice", "S3cret")))
    }

    fn report(&self, ask: &Ask, _: &Credentials, outcome: Outcome, _: &Arc<AtomicBool>) {
        self.0.lock().unwrap().push(format!("{} {outcome:?}", ask.target));
    }
}

/// How the file is asked for, and who wants the password.
#[derive(Clone, Copy, Debug)]
enum Way {
    Direct,
    Forwarded,
    Tunnelled,
}

#[test]
fn a_source_hears_of_an_acceptance_from_an_answer_that_shows_it() {
    let table = [
        (Way::Direct, "200 OK", Some("server Accepted")),
        (Way::Direct, "404 Not Found", Some("server Accepted")),
        (Way::Direct, "410 Gone", Some("server Accepted")),
        (Way::Direct, "302 Found", Some("server Accepted")),
        (Way::Direct, "203 Non-Authoritative Information", None),
        (Way::Direct, "403 Forbidden", None),
        (Way::Direct, "429 Too Many Requests", None),
        (Way::Direct, "500 Internal Server Error", None),
        (Way::Forwarded, "200 OK", Some("proxy Accepted")),
        (Way::Forwarded, "404 Not Found", Some("proxy Accepted")),
        (Way::Forwarded, "302 Found", Some("proxy Accepted")),
        (Way::Forwarded, "403 Forbidden", None),
        (Way::Forwarded, "502 Bad Gateway", None),
        (Way::Tunnelled, "200 OK", Some("proxy Accepted")),
        (Way::Tunnelled, "403 Forbidden", None),
        (Way::Tunnelled, "503 Service Unavailable", None),
    ];
    for (way, status, expected) in table {
        let heard = Arc::default();
        let peer = wanting_a_password(way, status);
        let dir = Dir::new();
        let client = client(&dir, way, &peer, Hears(Arc::clone(&heard)));
        let wanted = Wanted::new("app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse().unwrap());
        drop(client.find(&wanted, &Job::silent()));
        let mut heard = heard.lock().unwrap().clone();
        heard.retain(|line| !line.ends_with("Abandoned"));
        assert_eq!(heard, Vec::from_iter(expected), "{way:?} {status}");
        let with_password = |head: &str| head.to_ascii_lowercase().contains("authorization: digest");
        assert!(peer.heard().iter().any(|request| with_password(&request.head)));
    }
}

/// A peer that lets nobody in without a password, and then says this.
fn wanting_a_password(way: Way, status: &'static str) -> Fault {
    let (wanted, field) = match way {
        Way::Direct => ("401 Unauthorized", "WWW-Authenticate"),
        Way::Forwarded | Way::Tunnelled => ("407 Proxy Authentication Required", "Proxy-Authenticate"),
    };
    let challenge = format!("{field}: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n");
    Fault::start(move |request| {
        if !request.head.to_ascii_lowercase().contains("authorization: digest") {
            return Reply::answer(wanted, &challenge, "");
        }
        match (way, status) {
            (Way::Tunnelled, "200 OK") => Reply::raw("HTTP/1.1 200 OK\r\n\r\n").then(Then::Close),
            // Where it leads nothing is shown any more.
            (_, "302 Found") if request.target.contains("elsewhere") => Reply::answer("403 Forbidden", "", ""),
            (_, "302 Found") => Reply::answer(status, "Location: /elsewhere\r\n", ""),
            _ => Reply::answer(status, "", ""),
        }
    })
}

fn client(dir: &Dir, way: Way, peer: &Fault, source: Hears) -> Client {
    let proxy = ProxyConfig::direct().with_proxy(&peer.address().to_string());
    let (server, proxy) = match way {
        Way::Direct => (peer.url("sym"), ProxyConfig::direct()),
        Way::Forwarded => ("http://symbols.invalid/sym".to_owned(), proxy),
        Way::Tunnelled => ("https://symbols.invalid/sym".to_owned(), proxy),
    };
    let path = format!("srv*{}*{server}", dir.join("left").display());
    let mut config = Config::new(SymbolPath::parse(&path).path, dir.join("default"));
    config.proxy = proxy;
    config.answers = Answers::default().with_source(source);
    Client::new(config).unwrap()
}

#[test]
fn a_later_file_shows_what_the_first_did_not() {
    let heard = Arc::default();
    let answered = AtomicUsize::new(0);
    let peer = Fault::start(move |request| {
        if !request.head.to_ascii_lowercase().contains("authorization: digest") {
            return Reply::answer(
                "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n",
                "",
            );
        }
        match answered.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::answer("403 Forbidden", "", ""),
            _ => Reply::missing(),
        }
    });
    let dir = Dir::new();
    let client = client(&dir, Way::Direct, &peer, Hears(Arc::clone(&heard)));
    for number in 0..3 {
        let key = format!("app{number}.pdb/497B72F6390A44FC878E5A2D63B6CC4B1");
        drop(client.find(&Wanted::new(key.parse().unwrap()), &Job::silent()));
    }
    assert_eq!(*heard.lock().unwrap(), ["server Accepted"], "once");
}
