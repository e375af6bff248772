//! A client over another symbol path: what it shares with the first, and what goes with the path (SYMSRV §1, DECISIONS
//! §3), seen through the public API.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use symgate::auth::{Credentials, Origin, UriScheme};
use symgate::net::{Audience, ClientCertificate, Roots, Tls};
use symgate::path::{Security, SymbolPath};
use symgate::policy::{Answers, Cause, Explicit, Given, LatchKey};
use symgate::{Client, Config, ErrorKind, Job, Plan, Wanted};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::made::Pdb;
use symgate_tests::{Dir, Pki};

const GUID: [u8; 16] = *b"\x49\x7b\x72\xf6\x39\x0a\x44\xfc\x87\x8e\x5a\x2d\x63\xb6\xcc\x4b";
const ID: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1";
const FILE: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pdb";

#[test]
fn the_new_path_is_searched_and_the_old_client_keeps_its_own() {
    let dir = Dir::new();
    let [old, new] = ["old", "new"].map(|store| dir.write(format!("{store}/{FILE}"), pdb()));
    let path = |store: &str| format!("srv*{}", dir.join(store).display());
    let first = client(&dir, &path("old"), Explicit::default());
    let second = first.over(plan(&first, &path("new"))).unwrap();
    assert_eq!(second.find(&wanted(), &Job::silent()).unwrap().path, new);
    assert_eq!(first.find(&wanted(), &Job::silent()).unwrap().path, old);
    assert_eq!(second.plan().path.to_string(), path("new"));
    assert_eq!(first.plan().path.to_string(), path("old"));
    // And back again.
    let third = second.over(first.plan().clone()).unwrap();
    assert_eq!(third.find(&wanted(), &Job::silent()).unwrap().path, old);
}

#[test]
fn security_and_default_store_are_the_plans() {
    let server = serving();
    let dir = Dir::new();
    let path = format!("srv*{}", server.url("sym"));
    let first = client(&dir, &path, Explicit::default());
    let moved = Plan {
        default_store: dir.join("moved"),
        ..first.plan().clone()
    };
    let found = first.over(moved).unwrap().find(&wanted(), &Job::silent()).unwrap();
    assert_eq!(found.path, dir.join("moved").join(FILE));
    let asked = server.targets().len();
    let secure = Plan {
        security: Security::Secure,
        ..first.plan().clone()
    };
    let secure = first.over(secure).unwrap();
    assert!(!secure.warnings().is_empty());
    secure.find(&wanted(), &Job::silent()).unwrap_err();
    assert_eq!(server.targets().len(), asked);
}

#[test]
fn connections_and_layouts_are_shared() {
    let server = serving();
    let dir = Dir::new();
    let path = |left: &str| format!("srv*{}*{}", dir.join(left).display(), server.url("sym"));
    let first = client(&dir, &path("a"), Explicit::default());
    first.find(&wanted(), &Job::silent()).unwrap();
    let second = first.over(plan(&first, &path("b"))).unwrap();
    second.find(&wanted(), &Job::silent()).unwrap();
    let heard = server.heard();
    assert!(heard.iter().all(|request| request.connection == 0), "{heard:#?}");
    let layouts = heard.iter().filter(|request| request.target.ends_with("index2.txt"));
    assert_eq!(layouts.count(), 1, "{heard:#?}");
    // Closing one closes both.
    first.close();
    fs::remove_dir_all(dir.join("b")).unwrap();
    second.find(&wanted(), &Job::silent()).unwrap();
    let heard = server.heard();
    assert_eq!(
        heard.iter().map(|request| request.connection).max(),
        Some(1),
        "{heard:#?}"
    );
}

#[test]
fn what_is_latched_stays_latched() {
    let server = serving();
    let dir = Dir::new();
    let path = |left: &str| format!("srv*{}*{}", dir.join(left).display(), server.url("sym"));
    let first = client(&dir, &path("a"), Explicit::default());
    let origin = Origin::new(UriScheme::Http, "127.0.0.1", server.address().port());
    let key = LatchKey::store(origin, "/sym");
    first.session().latches().latch(key, Cause::Rejected);
    let second = first.over(plan(&first, &path("b"))).unwrap();
    let error = second.find(&wanted(), &Job::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.latched().is_some(), "{error}");
    assert_eq!(server.targets(), [] as [String; 0]);
}

#[test]
fn logins_in_urls_change_with_the_path() {
    let server = asking();
    let dir = Dir::new();
    let url = |login: &str| server.url("sym").replace("//", &format!("//{login}"));
    let path = |login: &str| format!("srv*{}*{}", dir.join("left").display(), url(login));
    let mut client = client(&dir, &path(""), Explicit::default());
    // Which login the path has, and which the server sees.
    for (login, expected) in [
        ("", None),
        ("alice:S3cret-a@", Some("alice:S3cret-a")),
        ("bob:S3cret-b@", Some("bob:S3cret-b")),
        ("", None),
    ] {
        // What was accepted before would go by itself.
        client.close();
        client = client.over(plan(&client, &path(login))).unwrap();
        let before = server.heard().len();
        let found = client.find(&wanted(), &Job::silent());
        let sent = logins(&server, before);
        match expected {
            Some(expected) => {
                found.unwrap();
                assert!(
                    !sent.is_empty() && sent.iter().all(|sent| sent == &basic(expected)),
                    "{sent:?}"
                );
            }
            None => {
                assert_eq!(found.unwrap_err().kind(), ErrorKind::Refused);
                assert_eq!(sent, [] as [String; 0]);
            }
        }
        assert!(!format!("{:?} {client:?}", client.plan()).contains("S3cret"), "{login}");
        let _gone = fs::remove_dir_all(dir.join("left"));
    }
}

#[test]
fn a_login_by_option_stays_and_wins() {
    let server = asking();
    let dir = Dir::new();
    let login = Given::Credentials(Arc::new(Credentials::password("carol", "S3cret-c")));
    let origin = Origin::new(UriScheme::Http, "127.0.0.1", server.address().port());
    let mut client = client(&dir, "", Explicit::default().at_store(origin, login));
    for login in ["", "alice:S3cret-a@", "bob@"] {
        client.close();
        let url = server.url("sym").replace("//", &format!("//{login}"));
        let path = format!("srv*{}*{url}", dir.join("left").display());
        client = client.over(plan(&client, &path)).unwrap();
        let before = server.heard().len();
        client.find(&wanted(), &Job::silent()).unwrap();
        let sent = logins(&server, before);
        assert!(
            !sent.is_empty() && sent.iter().all(|sent| *sent == basic("carol:S3cret-c")),
            "{login} {sent:?}"
        );
        fs::remove_dir_all(dir.join("left")).unwrap();
    }
}

#[test]
fn a_login_in_the_first_path_is_read_by_the_client_itself() {
    let server = asking();
    let dir = Dir::new();
    let url = server.url("sym").replace("//", "//alice:S3cret-a@");
    let path = format!("srv*{}*{url}", dir.join("left").display());
    client(&dir, &path, Explicit::default())
        .find(&wanted(), &Job::silent())
        .unwrap();
    assert!(logins(&server, 0).contains(&basic("alice:S3cret-a")));
}

#[test]
fn accepted_answers_are_shared() {
    let server = asking();
    let dir = Dir::new();
    let path = |left: &str| {
        let url = server.url("sym").replace("//", "//alice:S3cret-a@");
        format!("srv*{}*{url}", dir.join(left).display())
    };
    let first = client(&dir, &path("a"), Explicit::default());
    first.find(&wanted(), &Job::silent()).unwrap();
    let before = server.heard().len();
    let second = first.over(plan(&first, &path("b"))).unwrap();
    second.find(&wanted(), &Job::silent()).unwrap();
    let heard = server.heard().split_off(before);
    assert!(
        heard.iter().all(|request| request.head.contains("Authorization:")),
        "{heard:#?}"
    );
}

/// The store that the old path named is where the new one's redirects lead to.
#[test]
fn a_client_certificate_is_shown_to_whom_the_new_path_names_and_to_no_other() {
    let pki = Pki::new();
    let (old, seen_by_old) = wanting(&pki, None);
    let (new, seen_by_new) = wanting(&pki, Some(old));
    let dir = Dir::new();
    let path = |at: SocketAddr| format!("srv*{}*https://{at}/sym", dir.join("left").display());
    let mut config = Config::new(SymbolPath::parse(&path(old)).path, dir.join("default"));
    let leaf = pki.origin().issue_client("client", "client");
    let [chain, key] = [leaf.chain_file(), leaf.key_file()].map(|file| fs::read(file).unwrap());
    let ours = ClientCertificate::from_pem(&chain, &key).unwrap();
    let roots = Roots::system()
        .with_pem(&fs::read(pki.origin().ca_file()).unwrap())
        .unwrap();
    config.origin_tls = Tls::new(roots)
        .with_client_certificate(ours, Audience::Anybody)
        .unwrap();
    let first = Client::new(config).unwrap();
    first.find(&wanted(), &Job::silent()).unwrap_err();
    assert_eq!(all(&seen_by_old), BTreeSet::from([Shown::Ours]));

    let second = first.over(plan(&first, &path(new))).unwrap();
    second.find(&wanted(), &Job::silent()).unwrap_err();
    let (connections, shown) = seen_by_new.try_iter().unzip::<_, _, BTreeSet<_>, BTreeSet<_>>();
    assert_eq!((connections.len(), shown), (1, BTreeSet::from([Shown::Ours])));
    assert_eq!(all(&seen_by_old), BTreeSet::from([Shown::Nothing]));

    // Where the same servers are named, their connections serve on.
    let kept = path(new).replace("left", "other");
    let kept = second.over(plan(&second, &kept)).unwrap();
    kept.find(&wanted(), &Job::silent()).unwrap_err();
    let again = seen_by_new.try_iter().map(|(connection, _)| connection);
    assert_eq!(again.collect::<BTreeSet<_>>(), connections);
    assert_eq!(all(&seen_by_old), BTreeSet::from([Shown::Nothing]));

    let third = second
        .over(plan(&second, &format!("{};{}", path(new), path(old))))
        .unwrap();
    third.find(&wanted(), &Job::silent()).unwrap_err();
    assert_eq!(all(&seen_by_old), BTreeSet::from([Shown::Ours]));
}

/// What a client showed in a handshake.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Shown {
    Nothing,
    Ours,
}

/// What was seen since the last look.
fn all(seen: &Receiver<(usize, Shown)>) -> BTreeSet<Shown> {
    seen.try_iter().map(|(_, shown)| shown).collect()
}

/// A server that asks for a certificate, lets everybody in, and has nothing or leads elsewhere.
fn wanting(pki: &Pki, leading_to: Option<SocketAddr>) -> (SocketAddr, Receiver<(usize, Shown)>) {
    let mut roots = RootCertStore::empty();
    roots.add(pki.origin().certificate().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let leaf = pki.origin().server();
    let chain = CertificateDer::pem_file_iter(leaf.chain_file()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            chain.collect::<Result<_, _>>().unwrap(),
            PrivateKeyDer::from_pem_file(leaf.key_file()).unwrap(),
        );
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        for (connection, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let (config, sender) = (Arc::clone(&config), sender.clone());
            thread::spawn(move || {
                serve(config, stream, leading_to, |shown| {
                    sender.send((connection, shown)).unwrap();
                });
            });
        }
    });
    (address, seen)
}

fn serve(config: Arc<ServerConfig>, stream: TcpStream, leading_to: Option<SocketAddr>, seen: impl Fn(Shown)) {
    let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut bytes = [0; 4096];
    let mut head = Vec::new();
    // A client that goes away ends its thread, which is all that there is to do.
    while let Ok(count @ 1..) = tls.read(&mut bytes) {
        head.extend_from_slice(&bytes[..count]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let shown = tls.conn.peer_certificates().map_or(Shown::Nothing, |_| Shown::Ours);
        seen(shown);
        let target = String::from_utf8_lossy(&head);
        let target = target.split(' ').nth(1).unwrap_or_default();
        let answer = match leading_to {
            Some(to) => format!("HTTP/1.1 302 Found\r\nLocation: https://{to}{target}\r\nContent-Length: 0\r\n\r\n"),
            None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        if tls.write_all(answer.as_bytes()).and_then(|()| tls.flush()).is_err() {
            break;
        }
        head.clear();
    }
}

fn pdb() -> Vec<u8> {
    Pdb::new(GUID, 1).build()
}

fn wanted() -> Wanted {
    Wanted::new(ID.parse().unwrap())
}

fn client(dir: &Dir, path: &str, explicit: Explicit) -> Client {
    let mut config = Config::new(SymbolPath::parse(path).path, dir.join("default"));
    config.answers = Answers::default().with_explicit(explicit);
    Client::new(config).unwrap()
}

/// The client's own plan with another path.
fn plan(client: &Client, path: &str) -> Plan {
    Plan {
        path: SymbolPath::parse(path).path,
        ..client.plan().clone()
    }
}

/// A one-tier store at `/sym` that has the file.
fn serving() -> Fault {
    Fault::start(|request| match request.target.strip_prefix("/sym/") {
        Some(FILE) => Reply::ok(pdb()),
        _ => Reply::missing(),
    })
}

/// The same behind a login, whichever it is.
fn asking() -> Fault {
    Fault::start(|request| {
        if !request.head.contains("Authorization:") {
            return Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", "");
        }
        match request.target.strip_prefix("/sym/") {
            Some(FILE) => Reply::ok(pdb()),
            _ => Reply::missing(),
        }
    })
}

/// The `Authorization` fields of the requests after the first `before`.
fn logins(server: &Fault, before: usize) -> Vec<String> {
    let heard = server.heard().split_off(before);
    let lines = heard.iter().flat_map(|request| request.head.lines());
    lines
        .filter(|line| line.starts_with("Authorization:"))
        .map(str::to_owned)
        .collect()
}

/// The field that holds this login ([RFC 7617 §2](https://www.rfc-editor.org/rfc/rfc7617#section-2)).
fn basic(login: &str) -> String {
    let encoded = match login {
        "alice:S3cret-a" => "YWxpY2U6UzNjcmV0LWE=",
        "bob:S3cret-b" => "Ym9iOlMzY3JldC1i",
        "carol:S3cret-c" => "Y2Fyb2w6UzNjcmV0LWM=",
        _ => panic!("encoded by `base64` beforehand"),
    };
    format!("Authorization: Basic {encoded}")
}
