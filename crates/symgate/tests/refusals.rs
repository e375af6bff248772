//! Refusals that no scheme comes to: each shuts its store or its proxy like a rejected password (DECISIONS §4), so that
//! sixty files do not ask sixty times.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use symgate::auth::{Origin, UriScheme};
use symgate::path::SymbolPath;
use symgate::policy::{Cause, LatchKey};
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

/// A `file.ptr` is another way to the same store, and each file may have one.
#[test]
fn a_pointer_leads_to_no_store_that_is_shut() {
    let peer = saying("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    let share = |dir: &Dir, base: &str| {
        for number in 0..3 {
            let id = wanted(number).id;
            let url = peer.url(&format!("{base}{id}/{}", id.name));
            dir.write(format!("share/{id}/file.ptr"), url);
        }
        format!("srv*{}*{}", dir.join("left").display(), dir.join("share").display())
    };
    // Where the pointers lead, and which store is latched beforehand.
    for (base, latched, asked) in [
        ("sym/", Some("/sym"), 0),
        ("sym/", Some("/"), 0),
        ("sym/", None, 1),
        ("", None, 1),
    ] {
        let dir = Dir::new();
        let path = SymbolPath::parse(&share(&dir, base)).path;
        let client = Client::new(Config::new(path, dir.join("default"))).unwrap();
        let origin = Origin::new(UriScheme::Http, "127.0.0.1", peer.address().port());
        if let Some(latched) = latched {
            let key = LatchKey::store(origin.clone(), latched);
            client.session().latches().latch(key, Cause::ByUser);
        }
        let before = peer.heard().len();
        for number in 0..3 {
            let error = client.find(&wanted(number), &Job::silent()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{base} {latched:?}: {error}");
            assert_eq!(
                error.latched().is_some(),
                latched.is_some() || number > 0,
                "{base} {latched:?}: {error}"
            );
            let server = format!("store `{origin}/{}`", base.trim_end_matches('/'));
            let said = error.to_string();
            assert!(said.starts_with(&server), "{base} {latched:?}: {said}");
            assert!(!said.contains("share"), "{base} {latched:?}: {said}");
        }
        assert_eq!(peer.heard().len() - before, asked, "{base} {latched:?}");
    }
}

#[test]
fn a_redirect_leads_to_no_store_that_is_shut() {
    let peer = saying("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    let origin = Origin::new(UriScheme::Http, "127.0.0.1", peer.address().port());
    // Which store is latched, and whether the redirect leads there.
    for (latched, is_shut) in [("/sym", true), ("/", true), ("/sym/inner", false), ("/symbols", false)] {
        let to = peer.url("sym/app");
        let leading = Fault::start(move |request| match request.target.as_str() {
            "/mirror/index2.txt" => Reply::missing(),
            _ => Reply::answer("302 Found", &format!("Location: {to}\r\n"), ""),
        });
        let dir = Dir::new();
        let path = format!("srv*{}*{}", dir.join("left").display(), leading.url("mirror"));
        let client = Client::new(Config::new(SymbolPath::parse(&path).path, dir.join("default"))).unwrap();
        let key = LatchKey::store(origin.clone(), latched);
        client.session().latches().latch(key.clone(), Cause::ByUser);
        let before = peer.heard().len();
        let error = client.find(&wanted(0), &Job::silent()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{latched}: {error}");
        let cause = error.latched().map(|latched| latched.cause);
        assert_eq!(cause, is_shut.then_some(Cause::ByUser), "{latched}: {error}");
        if is_shut {
            assert!(error.to_string().contains(&key.to_string()), "{latched}: {error}");
            // Its own store is not to blame: another file may lie elsewhere.
            assert_eq!(client.session().latches().list().len(), 1, "{latched}");
        }
        assert_eq!(peer.heard().len() == before, is_shut, "{latched}");
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
