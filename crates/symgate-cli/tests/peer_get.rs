//! The whole command against proxies and servers of other authors: squid, tinyproxy and nginx, over loopback.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../symgate-store/tests/cabinet/mod.rs"]
mod cabinet;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use cabinet::Cabinet;
use symgate_tests::command::{Call, Content, Ran, unfinished, visible};
use symgate_tests::peer::{Installed, LogLine, Nginx, Program, Squid, Tinyproxy, require};
use symgate_tests::sample::Sample;
use symgate_tests::{Dir, Pki, Recorded, Relay, made};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
const RIGHT: &str = "alice:S3cret pass";
const WRONG: &str = "alice:Wr0ng";
const APP: Sample = Sample(1);

/// A symbol store behind nginx, and a place for the client.
struct Lab {
    origin: Nginx,
    www: Dir,
    pki: Pki,
    dir: Dir,
}

impl Lab {
    fn new(nginx: &Installed, samples: impl IntoIterator<Item = u8>, lines: &str) -> Self {
        let (www, pki, dir) = (Dir::new(), Pki::new(), Dir::new());
        for sample in samples.into_iter().map(Sample) {
            www.write(format!("sym/{}", sample.file()), sample.pdb());
        }
        let origin = Nginx::with_lines(nginx, www.path(), pki.origin().server(), lines);
        Self { origin, www, pki, dir }
    }

    fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// `get` of these targets from this URL; the origin's authority is trusted.
    fn get<S: AsRef<str>>(&self, url: &str, targets: impl IntoIterator<Item = S>, options: &[&str]) -> Ran {
        let path = format!("srv*{}*{url}", self.store().display());
        Call::new(SYMGATE, &self.dir)
            .args([
                "get",
                "-y",
                &path,
                "--ca-file",
                self.pki.origin().ca_file().to_str().unwrap(),
            ])
            .args(options)
            .args(targets.into_iter().map(|target| target.as_ref().to_owned()))
            .secret(USER, PASSWORD)
            .secret(USER, "Wr0ng")
            .run()
    }

    /// Both ways to the store: in clear text and in TLS.
    fn urls(&self) -> [String; 2] {
        [self.origin.plain_url("sym"), self.origin.tls_url("sym")]
    }

    fn forget(&self) {
        fs::remove_dir_all(self.store()).unwrap();
    }
}

fn samples(numbers: impl IntoIterator<Item = u8>) -> BTreeMap<String, Content> {
    numbers
        .into_iter()
        .map(Sample)
        .map(|sample| (sample.file(), Content(sample.pdb())))
        .collect()
}

fn targets(numbers: impl IntoIterator<Item = u8>) -> Vec<String> {
    numbers.into_iter().map(|number| Sample(number).target()).collect()
}

/// Requests that carried credentials and were refused by the proxy.
fn failed_logons(log: &[LogLine]) -> usize {
    log.iter()
        .filter(|line| line.status == 407 && line.user.is_some())
        .count()
}

fn count(recorded: &[Recorded], words: &str) -> usize {
    recorded
        .iter()
        .map(|connection| String::from_utf8_lossy(&connection.sent).matches(words).count())
        .sum()
}

fn relay(to: SocketAddr) -> Relay {
    Relay::start(to, Duration::ZERO).unwrap()
}

/// The real pairs, an image and its PDB each; made ones where nobody has fetched any.
fn pairs() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/real");
    let entries = fs::read_dir(&real)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let images = entries.filter(|path| path.extension().is_some_and(|extension| extension != "pdb"));
    let mut pairs: Vec<_> = images
        .map(|image| {
            let name = image.file_name().unwrap().to_str().unwrap().to_owned();
            (
                name,
                fs::read(&image).unwrap(),
                fs::read(image.with_extension("pdb")).unwrap(),
            )
        })
        .collect();
    if pairs.is_empty() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "under CI `cargo xtask fixtures` comes first"
        );
        let (image, pdb) = made::pair("made", [7; 16], 1);
        pairs.push(("made.dll".into(), image, pdb));
    }
    pairs
}

#[test]
fn real_images_get_their_pdbs_through_a_proxy_with_a_password_and_tls() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [], "");
    let proxy = Squid::basic(&squid, USER, PASSWORD);
    let mut expected = BTreeMap::new();
    let mut images = Vec::new();
    for (name, image, pdb) in pairs() {
        images.push(lab.dir.write(&name, &image).to_str().unwrap().to_owned());
        // Where it belongs is told by the reader that `symgate-index` proves against others' readers.
        let wanted = symgate::Wanted::by(Path::new(images.last().unwrap())).unwrap().id;
        let file = format!("{}/{}/{}", wanted.name, wanted.key, wanted.name);
        lab.www.write(format!("sym/{file}"), &pdb);
        expected.insert(file, Content(pdb));
    }
    let options = ["--proxy", &proxy.url(), "--proxy-user", RIGHT];
    let cold = lab.get(&lab.origin.tls_url("sym"), &images, &options);
    cold.expect(0, &[]);
    assert_eq!((cold.lines().len(), cold.stderr.as_str()), (images.len(), ""));
    assert_eq!(visible(&lab.store()), expected);
    assert!(unfinished(&lab.store()).is_empty());
    let log = proxy.log_of(2);
    assert!(log.iter().all(|line| line.method == "CONNECT"), "{log:#?}");
    assert_eq!(failed_logons(&log), 0);

    // Warm: nobody is contacted, also where nobody could be.
    let relay = relay(proxy.address());
    let address = relay.address().to_string();
    let warm = lab.get(
        &lab.origin.tls_url("sym"),
        &images,
        &["--proxy", &address, "--proxy-user", RIGHT],
    );
    warm.expect(0, &[]);
    assert_eq!(warm.stdout, cold.stdout);
    assert!(relay.connections().is_empty());
}

#[test]
fn wrong_password_is_one_failed_logon_and_status_3() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    for url in lab.urls() {
        let proxy = Squid::basic(&squid, USER, PASSWORD);
        let ran = lab.get(&url, [APP.target()], &["--proxy", &proxy.url(), "--proxy-user", WRONG]);
        ran.expect(
            3,
            &[
                "proxy `localhost:",
                &proxy.address().port().to_string(),
                "rejected",
                "hint: ",
            ],
        );
        assert!(!ran.stderr.contains("does not have it"), "{ran}");
        let log = proxy.log_of(2);
        assert_eq!((log.len(), failed_logons(&log)), (2, 1), "{log:#?}");
        assert!(!lab.store().exists() || visible(&lab.store()).is_empty());
    }
    assert!(lab.origin.log().is_empty());
}

#[test]
fn twenty_files_come_over_eight_connections() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, 1..=20, "");
    let proxy = Squid::basic(&squid, USER, PASSWORD);
    for url in lab.urls() {
        let relay = relay(proxy.address());
        let before = proxy.log().len();
        let address = relay.address().to_string();
        let options = ["-j", "8", "--proxy", &address, "--proxy-user", RIGHT];
        lab.get(&url, targets(1..=20), &options).expect(0, &[]);
        assert_eq!(visible(&lab.store()), samples(1..=20), "{url}");
        lab.forget();
        let connections = relay.connections();
        // One that was opened ahead, before it was known as whom, may be closed again without a word.
        let used = connections
            .iter()
            .filter(|connection| !connection.sent.is_empty())
            .count();
        assert!((1..=8).contains(&used), "{used} connections");
        let requests = count(&connections, " HTTP/1.1\r\n");
        let log = proxy.log_of(before + requests);
        let log = &log[before..];
        // Connections that were opened before anybody knew that a password is wanted were each told so, once.
        let unknown = log.iter().filter(|line| line.user.is_none()).count();
        assert!((1..=8).contains(&unknown), "{log:#?}");
        assert_eq!(failed_logons(log), 0, "{log:#?}");
        if url.starts_with("https") {
            let tunnels = log.iter().filter(|line| line.status == 200).count();
            assert!((1..=8).contains(&tunnels), "{log:#?}");
        }
        assert!(
            log.iter()
                .all(|line| line.user.as_deref().is_none_or(|user| user == USER)),
            "{log:#?}"
        );
    }
}

#[test]
fn sixty_files_with_a_wrong_password_are_one_failed_logon() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [], "");
    for url in lab.urls() {
        let proxy = Squid::basic(&squid, USER, PASSWORD);
        let ran = lab.get(
            &url,
            targets(1..=60),
            &["-j", "8", "--proxy", &proxy.url(), "--proxy-user", WRONG],
        );
        ran.expect(
            3,
            &["rejected", &format!("proxy `localhost:{}`", proxy.address().port())],
        );
        assert_eq!(ran.stderr.matches("hint: check the name").count(), 1, "{ran}");
        let said = ran.stderr.lines().filter(|line| !line.contains("hint: ")).count();
        assert_eq!(said, 60, "each file has its line: {ran}");
        let log = proxy.log_of(2);
        assert_eq!(failed_logons(&log), 1, "{log:#?}");
    }
}

#[test]
fn a_proxy_in_tls_has_an_authority_of_its_own() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::tls_basic(&squid, USER, PASSWORD, lab.pki.proxy().server());
    let (url, ca) = (proxy.url(), lab.pki.proxy().ca_file().to_str().unwrap());
    for store in lab.urls() {
        let options = ["--proxy", &url, "--proxy-user", RIGHT, "--proxy-ca-file", ca];
        lab.get(&store, [APP.target()], &options).expect(0, &[]);
        assert_eq!(visible(&lab.store()), samples([1]));
        lab.forget();
        // The origin's authority does not vouch for the proxy.
        let ran = lab.get(&store, [APP.target()], &["--proxy", &url, "--proxy-user", RIGHT]);
        ran.expect(4, &["proxy `localhost:", "not trusted", "hint: ", "--proxy-ca-file"]);
    }
    let ran = lab.get(
        &lab.urls()[1],
        [APP.target()],
        &["--proxy", &url, "--proxy-user", WRONG, "--proxy-ca-file", ca],
    );
    ran.expect(3, &["rejected"]);
}

#[test]
fn an_unknown_authority_of_the_server_is_named_with_its_remedy() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::open(&squid);
    let (other, path) = (
        lab.pki.proxy().ca_file(),
        format!("srv*{}*{}", lab.store().display(), lab.urls()[1]),
    );
    for options in [&["--proxy", &proxy.url()][..], &["--proxy", "none"]] {
        for trusted in [&[][..], &["--ca-file", other.to_str().unwrap()]] {
            let call = Call::new(SYMGATE, &lab.dir).args(["get", &APP.target(), "-y", &path]);
            let ran = call.args(options).args(trusted).run();
            ran.expect(4, &["server `localhost:", "not trusted", "hint: ", "--ca-file"]);
        }
        // The variable replaces what the machine trusts.
        let call = Call::new(SYMGATE, &lab.dir)
            .args(["get", &APP.target(), "-y", &path])
            .args(options);
        call.env("SSL_CERT_FILE", lab.pki.origin().ca_file())
            .run()
            .expect(0, &[]);
        lab.forget();
    }
}

#[test]
fn a_password_is_not_volunteered() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::open(&squid);
    for url in lab.urls() {
        let relay = relay(proxy.address());
        let address = relay.address().to_string();
        let options = ["--proxy", &address, "--proxy-user", RIGHT, "--user", RIGHT];
        lab.get(&url, [APP.target()], &options).expect(0, &[]);
        lab.forget();
        assert_eq!(count(&relay.connections(), "uthorization"), 0);
    }
}

#[test]
fn tinyproxys_401_is_the_proxys_rejection() {
    let Some([nginx, tinyproxy]) = require([Program::Nginx, Program::Tinyproxy]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Tinyproxy::basic(&tinyproxy, USER, "S3cret");
    for url in lab.urls() {
        let relay = relay(proxy.address());
        let address = relay.address().to_string();
        let options = ["--proxy", &address, "--user", "bob:S3rver", "--proxy-user"];
        let ran = lab.get(&url, [APP.target()], &[&options[..], &[WRONG]].concat());
        ran.expect(3, &[&format!("proxy `{address}`"), "rejected", "--proxy-user"]);
        let seen = relay.connections();
        assert_eq!(count(&seen, "Proxy-Authorization: Basic "), 1, "{url}");
        assert_eq!(
            count(&seen, "\r\nAuthorization"),
            0,
            "the server's login stays away: {url}"
        );
        lab.get(&url, [APP.target()], &[&options[..], &["alice:S3cret"]].concat())
            .expect(0, &[]);
        lab.forget();
    }
}

#[test]
fn credentials_stay_at_their_hop_on_the_wire() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let users = Dir::new();
    let users = users.write("users", "bob:{PLAIN}S3rver\n").display().to_string();
    let keep = fs::read(&users).unwrap();
    let kept = Dir::new();
    let users = kept.write("users", keep).display().to_string();
    let lines = format!("auth_basic \"Symbols\"; auth_basic_user_file {users};");
    let lab = Lab::new(&nginx, [1], &lines);
    let proxy = Squid::basic(&squid, USER, PASSWORD);
    // In clear text, so that each hop can be looked at: what the client says, and what comes out behind the proxy.
    let (front, back) = (relay(proxy.address()), relay(lab.origin.plain()));
    let (url, address) = (format!("http://{}/sym", back.address()), front.address().to_string());
    let options = ["--proxy", &address, "--proxy-user", RIGHT, "--user", "bob:S3rver"];
    lab.get(&url, [APP.target()], &options).expect(0, &[]);
    lab.forget();
    let (server, proxys) = ("Basic Ym9iOlMzcnZlcg==", "Basic YWxpY2U6UzNjcmV0IHBhc3M=");
    let behind = back.connections();
    assert_eq!((count(&behind, proxys), count(&behind, "roxy-Authorization")), (0, 0));
    assert!(count(&behind, &format!("Authorization: {server}")) > 0);
    let before = front.connections();
    assert_eq!(count(&before, &format!("Proxy-Authorization: {server}")), 0);
    assert_eq!(count(&before, &format!("\r\nAuthorization: {proxys}")), 0);

    // In TLS the proxy sees nothing of the server's, wrong or right.
    let front = relay(proxy.address());
    let address = front.address().to_string();
    for (login, status) in [("bob:S3rver", 0), ("bob:Wr0ng", 3)] {
        let options = ["--proxy", &address, "--proxy-user", RIGHT, "--user", login];
        let ran = lab.get(&lab.urls()[1], [APP.target()], &options);
        ran.expect(status, &[]);
        if status == 3 {
            ran.expect(3, &["server `localhost:", "rejected", "--user"]);
        } else {
            lab.forget();
        }
    }
    let before = front.connections();
    assert_eq!((count(&before, "\r\nAuthorization"), count(&before, server)), (0, 0));
    // Neither answers for the other.
    let ran = lab.get(
        &lab.urls()[1],
        [APP.target()],
        &["--proxy", &proxy.url(), "--user", RIGHT],
    );
    ran.expect(3, &["proxy `localhost:", "--proxy-user"]);
    let ran = lab.get(
        &lab.urls()[1],
        [APP.target()],
        &["--proxy", &proxy.url(), "--proxy-user", RIGHT],
    );
    ran.expect(3, &["server `localhost:", "--user"]);
}

#[test]
fn a_refused_connect_is_status_4_and_no_miss() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::with_lines(&squid, None, |_| {
        "acl C method CONNECT\nhttp_access deny C\nhttp_access allow all\n".into()
    });
    let ran = lab.get(&lab.urls()[1], [APP.target()], &["--proxy", &proxy.url()]);
    let origin = format!("localhost:{}", lab.origin.tls().port());
    ran.expect(
        4,
        &[
            "proxy `localhost:",
            &proxy.address().port().to_string(),
            "403",
            &origin,
            "hint: ",
        ],
    );
    assert!(!ran.stderr.contains("does not have it"), "{ran}");
    // What the proxy itself refuses in clear text is not the store's word either.
    let proxy = Squid::with_lines(&squid, None, |_| "http_access deny all\n".into());
    let ran = lab.get(&lab.urls()[0], [APP.target()], &["--proxy", &proxy.url()]);
    ran.expect(4, &["proxy `localhost:", "403", "ERR_ACCESS_DENIED", "hint: "]);
    assert!(!ran.stderr.contains("does not have it"), "{ran}");
    // A server that the proxy cannot reach.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Squid::open(&squid);
    for (url, status) in [
        (format!("https://{gone}/sym"), "503"),
        (format!("http://{gone}/sym"), "503"),
    ] {
        lab.get(&url, [APP.target()], &["--proxy", &proxy.url()])
            .expect(4, &[status]);
    }
}

#[test]
fn a_proxy_is_named_by_an_ipv6_literal() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::basic(&squid, USER, PASSWORD);
    let address = forward_from_ipv6(proxy.address()).to_string();
    assert!(address.starts_with("[::1]:"));
    for value in [address.clone(), format!("http://{address}/")] {
        for url in lab.urls() {
            lab.get(&url, [APP.target()], &["--proxy", &value, "--proxy-user", RIGHT])
                .expect(0, &[]);
            lab.forget();
        }
    }
    lab.get(&lab.urls()[1], [APP.target()], &["--proxy", &address])
        .expect(3, &[&format!("proxy `{address}`")]);
}

/// A listener on `[::1]` whose connections end at `to`.
fn forward_from_ipv6(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(to) else { return };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || {
                    // Either side may go first.
                    let _copied = io::copy(&mut from, &mut to);
                    let _gone = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    address
}

#[test]
fn a_store_of_two_tiers_is_recognised() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let lab = Lab::new(&nginx, [], "");
    lab.www.write("sym/index2.txt", "");
    for sample in (1..=3).map(Sample) {
        lab.www.write(format!("sym/ap/{}", sample.file()), sample.pdb());
    }
    lab.get(&lab.urls()[0], targets(1..=3), &[]).expect(0, &[]);
    assert_eq!(visible(&lab.store()), samples(1..=3), "ours has one tier");
    let log = lab.origin.log_of(4);
    assert_eq!(log.len(), 4, "the layout once, then a request for each file: {log:#?}");
}

#[test]
fn a_compressed_file_is_kept_in_the_middle_and_expanded_at_the_left() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let lab = Lab::new(&nginx, [], "");
    let mut cabinets = Vec::new();
    for (number, cabinet) in [(1, mszip(&lab.dir, Sample(1))), (2, Some(lzx(Sample(2))))] {
        if let Some(cabinet) = cabinet {
            lab.www.write(format!("sym/{}", Sample(number).compressed()), &cabinet);
            cabinets.push((number, cabinet));
        }
    }
    let middle = lab.dir.join("middle");
    let url = format!("{}*{}", middle.display(), lab.urls()[0]);
    for (number, cabinet) in cabinets {
        let sample = Sample(number);
        lab.get(&url, [sample.target()], &[]).expect(0, &[]);
        assert_eq!(
            visible(&lab.store()).get(&sample.file()),
            Some(&Content(sample.pdb())),
            "{number}"
        );
        assert_eq!(
            visible(&middle).get(&sample.compressed()),
            Some(&Content(cabinet)),
            "{number}"
        );
        assert_eq!(visible(&middle).get(&sample.file()), None);
        // From the middle alone, without the server.
        lab.forget();
        let path = format!("srv*{}*{}", lab.store().display(), middle.display());
        Call::new(SYMGATE, &lab.dir)
            .args(["get", &sample.target(), "-y", &path])
            .run()
            .expect(0, &[]);
        assert_eq!(visible(&lab.store()).get(&sample.file()), Some(&Content(sample.pdb())));
    }
}

/// The PDB in a cabinet that gcab compressed; none where gcab is not installed.
fn mszip(dir: &Dir, sample: Sample) -> Option<Vec<u8>> {
    let file = dir.write(format!("cab/{}", sample.name()), sample.pdb());
    let cabinet = file.with_extension("pd_");
    let mut gcab = Command::new("gcab");
    let status = gcab
        .current_dir(file.parent().unwrap())
        .arg("-cz")
        .arg(&cabinet)
        .arg(sample.name())
        .status();
    let made = status.is_ok_and(|status| status.success());
    assert!(
        made || std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "missing under CI: gcab"
    );
    made.then(|| fs::read(cabinet).unwrap())
}

/// The PDB in a cabinet that another author's encoder compressed.
fn lzx(sample: Sample) -> Vec<u8> {
    Cabinet::lzx(&sample.pdb(), lzxc::WindowSize::MB2, lzxc::Strategy::Optimal).bytes()
}

#[test]
fn pointers_of_a_server_are_followed() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let lab = Lab::new(&nginx, [], "");
    lab.www.write("other/one.pdb", Sample(1).pdb());
    lab.www.write("sym/builds/two.pdb", Sample(2).pdb());
    let pointers = [lab.origin.plain_url("other/one.pdb"), r"builds\two.pdb".to_owned()];
    for (number, pointer) in (1..).zip(pointers) {
        lab.www
            .write(format!("sym/{}/file.ptr", Sample(number).target()), &pointer);
        lab.get(&lab.urls()[0], [Sample(number).target()], &[]).expect(0, &[]);
        assert_eq!(visible(&lab.store()), samples(1..=number), "{pointer}");
    }
    // A server does not choose among the files of this machine; a store of this machine does.
    let drop = lab.dir.write("drop/three.pdb", Sample(3).pdb());
    let pointer = format!("PATH:{}\r\n", drop.display());
    let file = format!("{}/file.ptr", Sample(3).target());
    lab.www.write(format!("sym/{file}"), &pointer);
    lab.get(&lab.urls()[0], [Sample(3).target()], &[])
        .expect(1, &[drop.to_str().unwrap()]);
    let middle = lab.dir.write(format!("middle/{file}"), &pointer);
    let url = format!("{}*{}", middle.ancestors().nth(3).unwrap().display(), lab.urls()[0]);
    lab.get(&url, [Sample(3).target()], &[]).expect(0, &[]);
    assert_eq!(visible(&lab.store()), samples(1..=3));
    lab.www.write(
        format!("sym/{}/file.ptr", Sample(4).target()),
        "MSG: No longer indexed, ask the archive",
    );
    lab.get(&lab.urls()[0], [Sample(4).target()], &[])
        .expect(1, &["ask the archive"]);
}

#[test]
fn an_object_store_says_403_where_it_has_nothing() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let lines = "location /blob { add_header x-ms-request-id 7 always; return 403; } location /shut { return 403; }";
    let lab = Lab::new(&nginx, [1], lines);
    let store = lab.store();
    let url = |first: &str| {
        format!(
            "{};srv*{}*{}",
            lab.origin.plain_url(first),
            store.display(),
            lab.urls()[0]
        )
    };
    lab.get(&lab.origin.plain_url("blob"), [APP.target()], &[])
        .expect(1, &["does not have it"]);
    lab.get(&lab.origin.plain_url("shut"), [APP.target()], &[])
        .expect(1, &["403", "access denied"]);
    for first in ["blob", "shut"] {
        lab.get(&url(first), [APP.target()], &[]).expect(0, &[]);
        lab.forget();
    }
}

#[test]
fn a_redirect_leads_to_another_server_that_asks_for_itself() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let (users, blob) = (Dir::new(), Dir::new());
    let (bob, eve) = (
        users.write("bob", "bob:{PLAIN}S3rver\n"),
        users.write("carol", "carol:{PLAIN}Bl0b\n"),
    );
    let guard = |realm: &str, file: &Path| format!("auth_basic \"{realm}\"; auth_basic_user_file {};", file.display());
    blob.write("x/1", APP.pdb());
    let pki = Pki::new();
    let second = Nginx::with_lines(&nginx, blob.path(), pki.origin().server(), &guard("Blobs", &eve));
    let lines = format!(
        "{} location ~ \\.pdb$ {{ return 302 {}; }}",
        guard("Symbols", &bob),
        second.plain_url("x/1?sig=1")
    );
    let lab = Lab::new(&nginx, [], &lines);
    let proxy = Squid::basic(&squid, USER, PASSWORD);
    let front = relay(proxy.address());
    let address = front.address().to_string();
    let options = ["--proxy", &address, "--proxy-user", RIGHT, "--user", "bob:S3rver"];
    let ran = lab.get(&lab.urls()[0], [APP.target()], &options);
    let other = format!("localhost:{}", second.plain().port());
    ran.expect(3, &[&other]);
    let text: Vec<String> = front
        .connections()
        .iter()
        .map(|seen| String::from_utf8_lossy(&seen.sent).into_owned())
        .collect();
    let heads = text
        .iter()
        .flat_map(|text| text.split("\r\n\r\n"))
        .filter(|head| head.contains(&format!("//{other}/")));
    let heads: Vec<&str> = heads.collect();
    assert!(!heads.is_empty());
    assert!(
        heads.iter().all(|head| !head.contains("\r\nAuthorization")),
        "{heads:#?}"
    );
    assert!(
        heads.iter().all(|head| head.contains("\r\nProxy-Authorization")),
        "the proxy knows us: {heads:#?}"
    );
    assert_eq!(failed_logons(&proxy.log()), 0);
    assert!(visible(&lab.store()).is_empty());
}

#[test]
fn a_redirect_into_clear_text_is_refused() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let clear = Lab::new(&nginx, [1], "");
    let to = clear.origin.plain_url("sym");
    let lines = format!("location ~ ^/sym/(.*pdb)$ {{ return 302 {to}/$1?sig=S3cretSignature; }}");
    let lab = Lab::new(&nginx, [], &lines);
    let ran = lab.get(&lab.urls()[1], [APP.target()], &[]);
    let from = lab.origin.tls_url("sym");
    ran.expect(4, &[&from, &to, "--danger-allow-http-redirect"]);
    assert!(
        !ran.stderr.contains("S3cretSignature"),
        "what a URL signs is nobody's business: {ran}"
    );
    assert!(clear.origin.log().is_empty());
    lab.get(&lab.urls()[1], [APP.target()], &["--danger-allow-http-redirect"])
        .expect(0, &[]);
}

#[test]
fn a_proxy_that_dies_in_the_middle_is_named() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1], "");
    let proxy = Squid::open(&squid);
    let address = proxy.url();
    drop(proxy);
    for url in lab.urls() {
        let ran = lab.get(&url, [APP.target()], &["--proxy", &address]);
        ran.expect(4, &["proxy `localhost:", "hint: check the proxy's host and port"]);
    }
}
