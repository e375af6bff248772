//! Refusals that no scheme comes to: each shuts its store or its proxy like a rejected password (DECISIONS §4), so that
//! sixty files do not ask sixty times.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use symgate::path::SymbolPath;
use symgate::policy::Cause;
use symgate::proxy::ProxyConfig;
use symgate::{Client, Config, ErrorKind, Job, Wanted};
use symgate_tests::Dir;
use symgate_tests::fault::{Fault, Reply};

/// What a peer says, and from where it says it.
#[derive(Clone, Copy, Debug)]
enum From {
    Server,
    Proxy,
}

const ANSWERS: [(From, &str, &str); 7] = [
    (From::Server, "203 Non-Authoritative Information", ""),
    (From::Server, "511 Network Authentication Required", ""),
    (From::Server, "401 Unauthorized", ""),
    (
        From::Server,
        "407 Nonsense",
        "Proxy-Authenticate: Basic realm=\"r\"\r\n",
    ),
    (From::Proxy, "511 Network Authentication Required", ""),
    (From::Proxy, "401 Unauthorized", ""),
    (From::Proxy, "407 Proxy Authentication Required", ""),
];

#[test]
fn every_end_that_counts_as_a_refusal_shuts_who_said_it() {
    for (from, status, fields) in ANSWERS {
        let peer = saying(status, fields);
        let dir = Dir::new();
        let client = client(&dir, from, &peer);
        for number in 0..3 {
            let error = client.find(&wanted(number), &Job::silent()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{from:?} {status}: {error}");
            assert_eq!(
                error.latched().map(|latched| latched.cause),
                (number > 0).then_some(Cause::NoUsableScheme),
                "{from:?} {status}: {error}"
            );
        }
        assert_eq!(peer.heard().len(), 1, "{from:?} {status}: {:#?}", peer.heard());
    }
}

#[test]
fn searches_under_way_at_once_learn_of_a_refusal_by_a_server() {
    for (from, status, fields) in ANSWERS.into_iter().filter(|(from, ..)| matches!(from, From::Server)) {
        let peer = saying(status, fields);
        let dir = Dir::new();
        let wanted: Vec<Wanted> = (0..12).map(wanted).collect();
        client(&dir, from, &peer).find_all(&wanted, Job::silent(), |_, found| {
            assert_eq!(found.unwrap_err().kind(), ErrorKind::Refused, "{status}");
        });
        assert_eq!(peer.heard().len(), 1, "{status}: {:#?}", peer.heard());
    }
}

fn saying(status: &'static str, fields: &'static str) -> Fault {
    Fault::start(move |_| Reply::answer(status, fields, "<html>log in"))
}

fn client(dir: &Dir, from: From, peer: &Fault) -> Client {
    let (server, proxy) = match from {
        From::Server => (peer.url("sym"), ProxyConfig::direct()),
        From::Proxy => (
            "https://symbols.invalid/sym".to_owned(),
            ProxyConfig::direct().with_proxy(&peer.address().to_string()),
        ),
    };
    let path = format!("srv*{}*{server}", dir.join("left").display());
    let mut config = Config::new(SymbolPath::parse(&path).path, dir.join("default"));
    config.proxy = proxy;
    Client::new(config).unwrap()
}

fn wanted(number: usize) -> Wanted {
    Wanted::new(
        format!("app{number}.pdb/497B72F6390A44FC878E5A2D63B6CC4B1")
            .parse()
            .unwrap(),
    )
}
