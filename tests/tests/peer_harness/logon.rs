//! squid with each way to log on, proved with curl: what a right logon passes and a wrong one does not.

use std::process::Command;
use symgate_tests::Dir;
use symgate_tests::Pki;
use symgate_tests::Relay;
use symgate_tests::peer::After407;
use symgate_tests::peer::Auth;
use symgate_tests::peer::Brought;
use symgate_tests::peer::Installed;
use symgate_tests::peer::Kdc;
use symgate_tests::peer::LogLine;
use symgate_tests::peer::Nginx;
use symgate_tests::peer::Program;
use symgate_tests::peer::Squid;
use symgate_tests::peer::Ticket;
use symgate_tests::peer::Winbind;
use symgate_tests::peer::require;

use crate::PASSWORD;
use crate::RIGHT;
use crate::USER;
use crate::WRONG;
use crate::curl;
use crate::curl_in;
use crate::steps;
use crate::store;
use crate::text;

/// A store, and curl with its arguments that are always the same.
struct Lab {
    client: Installed,
    origin: Nginx,
    pki: Pki,
    _store: Dir,
}

impl Lab {
    fn new(client: Installed, nginx: &Installed) -> Self {
        let (pki, store) = (Pki::new(), store());
        let origin = Nginx::start(nginx, store.path(), pki.origin().server());
        Self {
            client,
            origin,
            pki,
            _store: store,
        }
    }

    /// The codes of a fetch in clear text, and of one through a tunnel.
    fn fetch(&self, proxy: &str, environment: &[(&str, String)], arguments: &[&str]) -> [(i32, u16, u16); 2] {
        let [origins, proxies] = [self.pki.origin(), self.pki.proxy()].map(|authority| text(authority.ca_file()));
        [self.origin.plain_url("hello.txt"), self.origin.tls_url("hello.txt")].map(|url| {
            let always = ["--proxy", proxy, "--cacert", origins, "--proxy-cacert", proxies, &url];
            let seen = curl_in(
                &self.client,
                environment,
                always.into_iter().chain(arguments.iter().copied()),
            );
            seen.codes()
        })
    }

    fn passes(&self, proxy: &Squid, environment: &[(&str, String)], arguments: &[&str]) {
        let codes = self.fetch(&proxy.url(), environment, arguments);
        assert_eq!(codes, PASSED, "{arguments:?}: {:#?}", proxy.log());
    }

    fn is_refused(&self, proxy: &Squid, environment: &[(&str, String)], arguments: &[&str]) {
        let codes = self.fetch(&proxy.url(), environment, arguments);
        assert_eq!(codes, REFUSED, "{arguments:?}: {:#?}", proxy.log());
    }

    /// The schemes that a proxy offers, in their order.
    fn offered(&self, proxy: &Squid) -> Vec<String> {
        let relay = Relay::start(proxy.address(), std::time::Duration::ZERO).unwrap();
        let (address, url) = (
            format!("http://{}", relay.address()),
            self.origin.plain_url("hello.txt"),
        );
        assert_eq!(curl(&self.client, ["--proxy", address.as_str(), &url]).status, 407);
        let received = relay.connections().remove(0).received;
        String::from_utf8_lossy(&received)
            .lines()
            .filter_map(|line| line.strip_prefix("Proxy-Authenticate: "))
            .map(|challenge| challenge.split(' ').next().unwrap().to_owned())
            .collect()
    }
}

const PASSED: [(i32, u16, u16); 2] = [(0, 200, 0), (0, 200, 200)];
const REFUSED: [(i32, u16, u16); 2] = [(0, 407, 0), (56, 0, 407)];

/// What a client of gss-ntlmssp has in its environment to log on by NTLM in SPNEGO.
fn ntlm_user(dir: &Dir, password: &str) -> [(&'static str, String); 2] {
    let file = dir.write(
        format!("{password}.users"),
        format!("{}:{USER}:{password}\n", Winbind::DOMAIN),
    );
    [
        ("NTLM_USER_FILE", file.display().to_string()),
        ("KRB5CCNAME", "FILE:/nowhere".to_owned()),
    ]
}

fn brought(log: &[LogLine]) -> Vec<(Brought, u16)> {
    log.iter().map(|line| (line.brought, line.status)).collect()
}

fn failed_logons(log: &[LogLine]) -> usize {
    log.iter().filter(|line| line.is_failed_logon()).count()
}

#[test]
fn digest_tells_a_nonce_that_is_stale() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Pyspnego];
    let Some([client, nginx, squid, python]) = require(programs) else {
        return;
    };
    let lab = Lab::new(client, &nginx);
    let (user, password) = (USER, PASSWORD);
    let proxy = Squid::asking(
        &squid,
        None,
        &[Auth::Digest {
            user,
            password,
            uses: 2,
        }],
    );
    assert_eq!(lab.offered(&proxy), ["Digest"]);
    lab.passes(&proxy, &[], &["--proxy-digest", "--proxy-user", RIGHT]);
    lab.is_refused(&proxy, &[], &["--proxy-digest", "--proxy-user", WRONG]);
    assert_eq!(failed_logons(&proxy.log_of(9)), 2);

    // curl asks for a nonce each time; this client keeps the first until it is told to take another.
    let used = Command::new(python.command())
        .args(["-c", include_str!("digest.py"), &proxy.address().port().to_string()])
        .args([Squid::REALM, USER, PASSWORD, &lab.origin.plain_url("hello.txt")])
        .output()
        .unwrap();
    let used = String::from_utf8(used.stdout).unwrap();
    assert_eq!(used, "407 200 200 200 407 stale\n", "{:#?}", proxy.log());
}

#[test]
fn ntlm_is_judged_by_samba() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Winbind];
    let Some([client, nginx, squid, winbind]) = require(programs) else {
        return;
    };
    let lab = Lab::new(client, &nginx);
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let proxy = Squid::asking(&squid, None, &[Auth::ntlm(&judge)]);
    assert_eq!(lab.offered(&proxy), ["NTLM"]);
    lab.passes(&proxy, &[], &["--proxy-ntlm", "--proxy-user", RIGHT]);
    let with_domain = format!("{}\\{RIGHT}", Winbind::DOMAIN);
    lab.passes(&proxy, &[], &["--proxy-ntlm", "--proxy-user", &with_domain]);
    let before = proxy.log_of(9).len();
    lab.is_refused(&proxy, &[], &["--proxy-ntlm", "--proxy-user", WRONG]);

    let log = proxy.log_of(before + 4);
    let user = Some("OFFICE\\alice");
    assert_eq!(steps(&log)[1..3], [(1, "GET", 407, None), (2, "GET", 200, user)]);
    assert_eq!(brought(&log)[1..3], [(Brought::Greeting, 407), (Brought::Proof, 200)]);
    assert_eq!(failed_logons(&log), 2, "{log:#?}");
}

#[test]
fn ntlm_may_close_the_connection_of_the_first_407() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Winbind];
    let Some([client, nginx, squid, winbind]) = require(programs) else {
        return;
    };
    let lab = Lab::new(client, &nginx);
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let (after, helpers) = (After407::Closed, 4);
    let way = Auth::Ntlm {
        judge: &judge,
        helpers,
        after,
    };
    let proxy = Squid::asking(&squid, None, &[way]);
    lab.passes(&proxy, &[], &["--proxy-anyauth", "--proxy-user", RIGHT]);
    lab.is_refused(&proxy, &[], &["--proxy-anyauth", "--proxy-user", WRONG]);
    let log = proxy.log_of(12);
    let clear = &log[..3];
    assert_eq!(clear.iter().map(|line| line.turn).collect::<Vec<_>>(), [1, 1, 2]);
    assert_ne!(clear[0].connection, clear[1].connection);
}

#[test]
fn ntlm_behind_tls_is_judged_by_samba() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Winbind];
    let Some([client, nginx, squid, winbind]) = require(programs) else {
        return;
    };
    let lab = Lab::new(client, &nginx);
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let proxy = Squid::asking(&squid, Some(lab.pki.proxy().server()), &[Auth::ntlm(&judge)]);
    assert!(proxy.url().starts_with("https://"));
    lab.passes(&proxy, &[], &["--proxy-ntlm", "--proxy-user", RIGHT]);
    lab.is_refused(&proxy, &[], &["--proxy-ntlm", "--proxy-user", WRONG]);
}

#[test]
fn negotiate_takes_ntlm_in_spnego() {
    let programs = [
        Program::Curl,
        Program::Nginx,
        Program::Squid,
        Program::Winbind,
        Program::NtlmMechanism,
    ];
    let Some([client, nginx, squid, winbind, _]) = require(programs) else {
        return;
    };
    let (lab, dir) = (Lab::new(client, &nginx), Dir::new());
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let alone = Squid::asking(&squid, None, &[Auth::Negotiate(&judge)]);
    assert_eq!(lab.offered(&alone), ["Negotiate"]);
    let both = Squid::asking(&squid, None, &[Auth::Negotiate(&judge), Auth::ntlm(&judge)]);
    assert_eq!(lab.offered(&both), ["Negotiate", "NTLM"]);
    let ticketless = ["--proxy-negotiate", "--proxy-user", ":"];
    for proxy in [&alone, &both] {
        lab.passes(proxy, &ntlm_user(&dir, PASSWORD), &ticketless);
        lab.is_refused(proxy, &ntlm_user(&dir, "wrong"), &ticketless);
    }
    lab.passes(&both, &[], &["--proxy-ntlm", "--proxy-user", RIGHT]);
    let log = alone.log_of(4);
    assert!(log.iter().any(|line| line.brought == Brought::Greeting), "{log:#?}");
    assert_eq!(failed_logons(&log), 2, "{log:#?}");
}

#[test]
fn kerberos_wants_a_ticket() {
    let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Kdc];
    let Some([client, nginx, squid, kdc]) = require(programs) else {
        return;
    };
    let lab = Lab::new(client, &nginx);
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let proxy = Squid::asking(&squid, None, &[Auth::Kerberos(&kdc)]);
    assert_eq!(lab.offered(&proxy), ["Negotiate"]);
    let arguments = ["--proxy-negotiate", "--proxy-user", ":"];
    assert_eq!(kdc.issued(), 0);
    lab.passes(&proxy, &kdc.environment(Ticket::Held), &arguments);
    assert_eq!(kdc.issued(), 1, "the second ticket came from the cache");
    lab.is_refused(&proxy, &kdc.environment(Ticket::Missing), &arguments);
    // The realm knows no service of that name.
    let by_number = format!("http://{}", proxy.address());
    assert_eq!(
        lab.fetch(&by_number, &kdc.environment(Ticket::Held), &arguments),
        REFUSED
    );
    let log = proxy.log_of(5);
    let user = format!("{USER}@{}", Kdc::REALM);
    assert_eq!(steps(&log)[1], (1, "GET", 200, Some(user.as_str())), "{log:#?}");
}

#[test]
fn wrapper_offers_all_four_schemes() {
    let programs = [
        Program::Curl,
        Program::Nginx,
        Program::Squid,
        Program::Winbind,
        Program::Kdc,
        Program::NtlmMechanism,
    ];
    let Some([client, nginx, squid, winbind, kdc, _]) = require(programs) else {
        return;
    };
    let (lab, dir) = (Lab::new(client, &nginx), Dir::new());
    let kdc = Kdc::start(&kdc, USER, PASSWORD);
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    let (user, password) = (USER, PASSWORD);
    let ways = [
        Auth::Wrapper {
            kdc: &kdc,
            judge: &judge,
        },
        Auth::ntlm(&judge),
        Auth::Digest {
            user,
            password,
            uses: 50,
        },
        Auth::Basic { user, password },
    ];
    let proxy = Squid::asking(&squid, None, &ways);
    assert_eq!(lab.offered(&proxy), ["Negotiate", "NTLM", "Digest", "Basic"]);
    for scheme in ["--proxy-ntlm", "--proxy-digest", "--proxy-basic"] {
        lab.passes(&proxy, &[], &[scheme, "--proxy-user", RIGHT]);
        lab.is_refused(&proxy, &[], &[scheme, "--proxy-user", WRONG]);
    }
    let negotiate = ["--proxy-negotiate", "--proxy-user", ":"];
    lab.passes(&proxy, &kdc.environment(Ticket::Held), &negotiate);

    // NTLM in SPNEGO ends at the Kerberos helper, whose answer goes out as it is.
    let relay = Relay::start(proxy.address(), std::time::Duration::ZERO).unwrap();
    let (address, url) = (
        format!("http://localhost:{}", relay.address().port()),
        lab.origin.plain_url("hello.txt"),
    );
    let arguments = ["--proxy", &address, &url].into_iter().chain(negotiate);
    let seen = curl_in(&lab.client, &ntlm_user(&dir, PASSWORD), arguments);
    assert_ne!(seen.status, 200);
    let received = relay.connections().remove(0).received;
    let received = String::from_utf8_lossy(&received);
    assert!(received.contains("Negotiate token="), "{received}");
}
