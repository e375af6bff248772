//! The whole command through SOCKS5 servers of other authors, dante and microsocks, to nginx, over loopback.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use symgate_tests::command::{Call, Content, Ran, unfinished, visible};
use symgate_tests::peer::{Dante, Installed, Microsocks, Nginx, Program, require};
use symgate_tests::sample::Sample;
use symgate_tests::{Dir, Pki, Recorded, Relay};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
const RIGHT: &str = "alice:S3cret pass";
const WRONG: &str = "alice:Wr0ng";
const APP: Sample = Sample(1);

/// RFC 1928 §3: no authentication, or a name and a password.
const GREETING: &[u8] = b"\x05\x02\x00\x02";

/// A symbol store behind nginx, and a place for the client.
struct Lab {
    origin: Nginx,
    pki: Pki,
    dir: Dir,
    _www: Dir,
}

impl Lab {
    fn new(nginx: &Installed, samples: impl IntoIterator<Item = u8>) -> Self {
        let (www, pki, dir) = (Dir::new(), Pki::new(), Dir::new());
        for sample in samples.into_iter().map(Sample) {
            www.write(format!("sym/{}", sample.file()), sample.pdb());
        }
        let origin = Nginx::start(nginx, www.path(), pki.origin().server());
        Self {
            origin,
            pki,
            dir,
            _www: www,
        }
    }

    fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    fn get(&self, url: &str, targets: impl IntoIterator<Item = u8>, options: &[&str]) -> Ran {
        let path = format!("srv*{}*{url}", self.store().display());
        let ca_file = self.pki.origin().ca_file();
        Call::new(SYMGATE, &self.dir)
            .args(["get", "-y", &path, "--ca-file", ca_file.to_str().unwrap()])
            .args(options)
            .args(targets.into_iter().map(|number| Sample(number).target()))
            .secret(USER, PASSWORD)
            .secret(USER, "Wr0ng")
            .run()
    }

    /// Fetches the sample through a proxy at this address and looks at what came of it.
    fn check(&self, url: &str, options: &[&str]) {
        let ran = self.get(url, [1], options);
        ran.expect(0, &[]);
        assert_eq!(
            visible(&self.store()),
            BTreeMap::from([(APP.file(), Content(APP.pdb()))]),
            "{url}"
        );
        assert!(unfinished(&self.store()).is_empty());
        fs::remove_dir_all(self.store()).unwrap();
    }

    /// Both ways to the store: in clear text and in TLS.
    fn urls(&self) -> [String; 2] {
        [self.origin.plain_url("sym"), self.origin.tls_url("sym")]
    }
}

fn relay(to: SocketAddr) -> Relay {
    Relay::start(to, Duration::ZERO).unwrap()
}

fn socks(address: SocketAddr) -> String {
    format!("socks5://{address}")
}

/// The message of RFC 1929 §2.
fn logon(login: &str) -> Vec<u8> {
    let (user, password) = login.split_once(':').unwrap();
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [
        &[1, length(user)],
        user.as_bytes(),
        &[length(password)],
        password.as_bytes(),
    ]
    .concat()
}

/// How often these bytes were sent.
fn count(recorded: &[Recorded], bytes: &[u8]) -> usize {
    let sent = |connection: &Recorded| {
        let windows = connection.sent.windows(bytes.len());
        windows.filter(|window| *window == bytes).count()
    };
    recorded.iter().map(sent).sum()
}

/// What each of them is asked to do, whoever it is: a password and both kinds of URL.
fn lets_in_who_has_the_password(lab: &Lab, address: SocketAddr) {
    for url in lab.urls() {
        let relay = relay(address);
        lab.check(&url, &["--proxy", &socks(relay.address()), "--proxy-user", RIGHT]);
        let recorded = relay.connections();
        let (first, others) = recorded.split_first().unwrap();
        // Asked first, and then answered on each connection, without a question in between.
        assert_eq!(first.sent, GREETING, "{url}");
        assert_eq!(first.received, b"\x05\x02", "{url}");
        assert!(!others.is_empty());
        let begin = [GREETING, &logon(RIGHT), b"\x05\x01\x00\x03\x09localhost"].concat();
        for connection in others {
            assert!(
                connection.sent.starts_with(&begin),
                "{:?}",
                connection.sent.escape_ascii().to_string()
            );
        }
        // Nothing of it goes on to the server.
        assert_eq!(count(&recorded, b"roxy-"), 0, "{url}");
    }
    // Many at a time: whoever asks later has the same answer, or needs none.
    let relay = relay(address);
    let options = ["--proxy", &socks(relay.address()), "--proxy-user", RIGHT];
    let ran = lab.get(&lab.origin.tls_url("sym"), 1..=20, &options);
    ran.expect(0, &[]);
    assert_eq!(visible(&lab.store()).len(), 20);
    let connections = relay.connections().len();
    // Each of eight places may have had a stream that led to the question, before one that carried the answer.
    assert!(connections <= 16, "{connections} connections");
    fs::remove_dir_all(lab.store()).unwrap();

    // In the value itself, which warns.
    let value = format!("socks5://{USER}:S3cret%20pass@{address}");
    let ran = lab.get(&lab.origin.tls_url("sym"), [1], &["--proxy", &value]);
    ran.expect(0, &["warning: "]);
    fs::remove_dir_all(lab.store()).unwrap();
}

fn rejects_a_wrong_password_once(lab: &Lab, address: SocketAddr) {
    for url in lab.urls() {
        let relay = relay(address);
        let ran = lab.get(
            &url,
            1..=20,
            &["--proxy", &socks(relay.address()), "--proxy-user", WRONG],
        );
        ran.expect(3, &["proxy `127.0.0.1:", "rejected", "hint: "]);
        assert!(!ran.stderr.contains("does not have it"), "{ran}");
        assert_eq!(count(&relay.connections(), &logon(WRONG)), 1, "{url}");
        assert!(!lab.store().exists() || visible(&lab.store()).is_empty());
    }
}

#[test]
fn dante_lets_in_who_has_the_password() {
    let Some([nginx, dante]) = require([Program::Nginx, Program::Dante]) else {
        return;
    };
    let lab = Lab::new(&nginx, 1..=20);
    let proxy = Dante::start(&dante, USER, PASSWORD);
    lets_in_who_has_the_password(&lab, proxy.address());
    assert!(proxy.log_text().contains("username%alice@"), "{}", proxy.log_text());
}

#[test]
fn dante_rejects_a_wrong_password_once() {
    let Some([nginx, dante]) = require([Program::Nginx, Program::Dante]) else {
        return;
    };
    let lab = Lab::new(&nginx, 1..=20);
    rejects_a_wrong_password_once(&lab, Dante::start(&dante, USER, PASSWORD).address());
}

#[test]
fn what_dante_forbids_is_its_own_word() {
    let Some([nginx, dante]) = require([Program::Nginx, Program::Dante]) else {
        return;
    };
    let lab = Lab::new(&nginx, []);
    let proxy = Dante::start(&dante, USER, PASSWORD);
    let url = format!("http://localhost:{}/sym", Dante::FORBIDDEN);
    let ran = lab.get(&url, [1], &["--proxy", &socks(proxy.address()), "--proxy-user", RIGHT]);
    ran.expect(
        4,
        &[
            "proxy `127.0.0.1:",
            "`localhost:9`",
            "the proxy's rules do not allow it",
        ],
    );
}

#[test]
fn microsocks_lets_in_who_has_the_password() {
    let Some([nginx, microsocks]) = require([Program::Nginx, Program::Microsocks]) else {
        return;
    };
    let lab = Lab::new(&nginx, 1..=20);
    lets_in_who_has_the_password(&lab, Microsocks::guarded(&microsocks, USER, PASSWORD).address());
}

#[test]
fn microsocks_rejects_a_wrong_password_once() {
    let Some([nginx, microsocks]) = require([Program::Nginx, Program::Microsocks]) else {
        return;
    };
    let lab = Lab::new(&nginx, 1..=20);
    rejects_a_wrong_password_once(&lab, Microsocks::guarded(&microsocks, USER, PASSWORD).address());
}

#[test]
fn a_password_that_nobody_asks_for_stays_here() {
    let Some([nginx, microsocks]) = require([Program::Nginx, Program::Microsocks]) else {
        return;
    };
    let lab = Lab::new(&nginx, [1]);
    let proxy = Microsocks::open(&microsocks);
    for url in lab.urls() {
        let relay = relay(proxy.address());
        lab.check(&url, &["--proxy", &socks(relay.address()), "--proxy-user", RIGHT]);
        let recorded = relay.connections();
        let begin = [GREETING, b"\x05\x01\x00\x03\x09localhost"].concat();
        assert!(recorded.iter().all(|connection| connection.sent.starts_with(&begin)));
        assert_eq!(count(&recorded, PASSWORD.as_bytes()), 0);
    }
}

#[test]
fn a_server_that_the_proxy_does_not_reach_is_named_with_the_proxy() {
    let Some([nginx, microsocks]) = require([Program::Nginx, Program::Microsocks]) else {
        return;
    };
    let lab = Lab::new(&nginx, []);
    let proxy = Microsocks::open(&microsocks);
    let ran = lab.get("http://localhost:1/sym", [1], &["--proxy", &socks(proxy.address())]);
    ran.expect(
        4,
        &[
            "proxy `127.0.0.1:",
            "`localhost:1`",
            "the server refused the proxy's connection",
        ],
    );
}
