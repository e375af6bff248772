//! Client certificates at squid and nginx (DECISIONS §3, §6): taken, missed, refused, at the wrong hop, and in files that
//! cannot be used.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use symgate_tests::command::{Call, Content, Ran, visible};
use symgate_tests::peer::{Installed, Nginx, Program, Squid, require};
use symgate_tests::sample::Sample;
use symgate_tests::{Dir, Leaf, Pki};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const APP: Sample = Sample(1);

/// Certificates of both hops, a symbol store's files, and a place for the client.
struct Lab {
    pki: Pki,
    www: Dir,
    dir: Dir,
    for_origin: Leaf,
    for_proxy: Leaf,
}

impl Lab {
    fn new() -> Self {
        let (pki, www) = (Pki::new(), Dir::new());
        for sample in (1..=20).map(Sample) {
            www.write(format!("sym/{}", sample.file()), sample.pdb());
        }
        let for_origin = pki.origin().issue_client("client", "alice");
        let for_proxy = pki.proxy().issue_client("client", "alice");
        Self {
            pki,
            www,
            dir: Dir::new(),
            for_origin,
            for_proxy,
        }
    }

    /// A store that wants a certificate of the origins' authority.
    fn store(&self, nginx: &Installed) -> Nginx {
        let ca = self.pki.origin().ca_file().display();
        let lines = format!("ssl_client_certificate {ca}; ssl_verify_client on;");
        self.nginx(nginx, &lines)
    }

    fn nginx(&self, nginx: &Installed, lines: &str) -> Nginx {
        Nginx::with_lines(nginx, self.www.path(), self.pki.origin().server(), lines)
    }

    /// A proxy that wants a certificate of the proxies' authority.
    fn proxy(&self, squid: &Installed, options: &str) -> Squid {
        Squid::tls_demanding(squid, self.pki.proxy().server(), self.pki.proxy().ca_file(), options)
    }

    /// `get` of the first samples from these URLs; both authorities are trusted, each for its hop.
    fn get(&self, urls: &[String], samples: u8, options: &[&str]) -> Ran {
        let local = self.local();
        let chains = urls.iter().map(|url| format!("srv*{}*{url}", local.display()));
        let [origin, proxy] = [self.pki.origin(), self.pki.proxy()].map(|authority| text(authority.ca_file()));
        Call::new(SYMGATE, &self.dir)
            .args(["get", "-y", &chains.collect::<Vec<_>>().join(";")])
            .args(["--ca-file", origin, "--proxy-ca-file", proxy])
            .args(options)
            .args((1..=samples).map(|number| Sample(number).target()))
            .run()
    }

    fn local(&self) -> PathBuf {
        self.dir.join("store")
    }

    fn has_got_it(&self) {
        let expected = [(APP.file(), Content(APP.pdb()))];
        assert_eq!(visible(&self.local()), expected.into());
        fs::remove_dir_all(self.local()).unwrap();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The options that show this certificate to servers.
fn to_server(leaf: &Leaf) -> [&str; 4] {
    ["--cert", text(leaf.chain_file()), "--key", text(leaf.key_file())]
}

/// The options that show this certificate to the proxy.
fn to_proxy(leaf: &Leaf) -> [&str; 4] {
    [
        "--proxy-cert",
        text(leaf.chain_file()),
        "--proxy-key",
        text(leaf.key_file()),
    ]
}

/// The port options for the two versions of TLS: squid says no in the handshake of the first, and behind that of the
/// second.
const VERSIONS: [&str; 2] = ["options=NO_TLSv1_3", "tls-min-version=1.3"];

#[test]
fn each_hop_takes_its_own_certificate_and_no_other() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new();
    for version in VERSIONS {
        let (store, proxy) = (lab.store(&nginx), lab.proxy(&squid, version));
        let (url, way) = ([store.tls_url("sym")], ["--proxy", &proxy.url()]);
        let (ours, theirs) = (to_server(&lab.for_origin), to_proxy(&lab.for_proxy));
        // TLS inside TLS; then TLS to the proxy alone, and to the server alone.
        lab.get(&url, 1, &[&way[..], &ours, &theirs].concat()).expect(0, &[]);
        lab.has_got_it();
        let plain = [store.plain_url("sym")];
        lab.get(&plain, 1, &[&way[..], &theirs].concat()).expect(0, &[]);
        lab.has_got_it();
        lab.get(&url, 1, &ours).expect(0, &[]);
        lab.has_got_it();

        // Neither serves for the other.
        let (proxy_hint, hint) = (
            "hint: name a client certificate that the proxy takes: --proxy-cert",
            "--cert",
        );
        let missed = [
            "proxy `localhost:",
            "wants a client certificate, and was shown none",
            proxy_hint,
        ];
        lab.get(&url, 1, &[&way[..], &ours].concat()).expect(3, &missed);
        lab.get(&plain, 1, &[&way[..], &ours].concat()).expect(3, &missed);
        let missed = ["server wants a client certificate, and was shown none", "hint: ", hint];
        lab.get(&url, 1, &[&way[..], &theirs].concat()).expect(3, &missed);
        let (wrong, at_proxy) = (to_server(&lab.for_proxy), to_proxy(&lab.for_origin));
        lab.get(&url, 1, &[&way[..], &wrong, &theirs].concat())
            .expect(3, &["server refused our client certificate", "hint: ", hint]);
        lab.get(&url, 1, &[&way[..], &ours, &at_proxy].concat())
            .expect(3, &["proxy `localhost:", "refused our client certificate", proxy_hint]);
        assert!(!lab.local().exists() || visible(&lab.local()).is_empty());
    }
}

#[test]
fn one_file_may_hold_certificate_and_key() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new();
    let (store, proxy) = (lab.store(&nginx), lab.proxy(&squid, ""));
    let joined = |name: &str, leaf: &Leaf| {
        let parts = [leaf.key_file(), leaf.chain_file()].map(|file| fs::read(file).unwrap());
        lab.dir.write(name, parts.concat())
    };
    let (ours, theirs) = (joined("a.pem", &lab.for_origin), joined("b.pem", &lab.for_proxy));
    let options = [
        "--cert",
        text(&ours),
        "--proxy-cert",
        text(&theirs),
        "--proxy",
        &proxy.url(),
    ];
    lab.get(&[store.tls_url("sym")], 1, &options).expect(0, &[]);
    lab.has_got_it();
}

#[test]
fn twenty_files_miss_one_certificate_with_one_hint() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let lab = Lab::new();
    let (store, proxy) = (lab.store(&nginx), lab.proxy(&squid, ""));
    let theirs = to_proxy(&lab.for_proxy);
    for (options, expected) in [
        (&[][..], "--cert FILE"),
        (&["--proxy", &proxy.url()], "--proxy-cert FILE"),
        (&[&["--proxy", &*proxy.url()][..], &theirs].concat(), "--cert FILE"),
    ] {
        let ran = lab.get(&[store.tls_url("sym")], 20, options);
        ran.expect(3, &[expected]);
        assert_eq!(ran.stderr.matches("hint: ").count(), 1, "{ran}");
        let said = ran.stderr.lines().filter(|line| !line.contains("hint: "));
        assert_eq!(said.clone().count(), 20, "{ran}");
        assert!(
            said.into_iter().all(|line| line.contains("client certificate")),
            "{ran}"
        );
    }
}

#[test]
fn a_redirect_target_sees_the_certificate_only_if_the_path_names_it() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let lab = Lab::new();
    let target = lab.store(&nginx);
    let lines = format!(
        "location /led/ {{ rewrite ^/led/(.*)$ {}/$1 redirect; }}",
        target.tls_url("sym")
    );
    let store = lab.nginx(&nginx, &lines);
    let ours = to_server(&lab.for_origin);
    let led = store.tls_url("led");
    let ran = lab.get(std::slice::from_ref(&led), 1, &ours);
    let port = target.tls().port();
    ran.expect(
        3,
        &[
            "was shown none",
            &format!("hint: the store redirects to `https://localhost:{port}`"),
        ],
    );
    lab.get(&[led, target.tls_url("elsewhere")], 1, &ours).expect(0, &[]);
    lab.has_got_it();
}

#[test]
fn files_that_cannot_be_used_are_told_before_anything_is_fetched() {
    let lab = Lab::new();
    let openssl = |arguments: &[&str]| {
        let ran = Command::new("openssl").args(arguments).output();
        ran.is_ok_and(|ran| ran.status.success())
    };
    let (chain, key) = (text(lab.for_origin.chain_file()), text(lab.for_origin.key_file()));
    let other = text(lab.for_proxy.key_file());
    let (locked, older, binary) = (
        lab.dir.join("locked.key"),
        lab.dir.join("older.key"),
        lab.dir.join("a.p12"),
    );
    let [locked, older, binary] = [&locked, &older, &binary].map(|file| text(file));
    if !openssl(&["pkey", "-in", key, "-aes256", "-passout", "pass:S3cret", "-out", locked]) {
        assert!(std::env::var_os("CI").is_none(), "openssl is missing");
        return;
    }
    assert!(openssl(&[
        "ec",
        "-in",
        key,
        "-aes256",
        "-passout",
        "pass:S3cret",
        "-out",
        older
    ]));
    let export = [
        "pkcs12",
        "-export",
        "-in",
        chain,
        "-inkey",
        key,
        "-passout",
        "pass:S3cret",
        "-out",
        binary,
    ];
    assert!(openssl(&export));
    let missing = text(&lab.dir.join("missing.pem")).to_owned();
    for (options, expected) in [
        (&["--cert", &*missing][..], &[&*missing, "cannot be read"][..]),
        (&["--cert", chain, "--key", &missing], &[&missing, "cannot be read"]),
        (&["--cert", chain], &[chain, "no usable private key", "--key"]),
        (
            &["--proxy-cert", chain],
            &[chain, "no usable private key", "--proxy-key"],
        ),
        (&["--cert", key], &[key, "no usable certificate"]),
        (&["--cert", chain, "--key", chain], &[chain, "no usable private key"]),
        (&["--cert", chain, "--key", other], &[other, "does not belong", chain]),
        (
            &["--cert", chain, "--key", locked],
            &[locked, "encrypted", "openssl pkey"],
        ),
        (
            &["--cert", chain, "--key", older],
            &[older, "encrypted", "openssl pkey"],
        ),
        (&["--proxy-cert", binary], &[binary, "no PEM", "openssl pkcs12"]),
        (&["--key", key], &["--cert"]),
        (&["--proxy-key", key], &["--proxy-cert"]),
    ] {
        // Nobody listens there: whoever asked would end with 4.
        let ran = lab.get(&["https://127.0.0.1:1/sym".to_owned()], 1, options);
        ran.expect(2, expected);
        assert!(!ran.stderr.contains("PRIVATE KEY"), "{ran}");
    }
}
