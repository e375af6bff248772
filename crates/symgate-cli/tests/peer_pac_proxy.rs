//! The whole command by a proxy auto-config script that nginx serves, through squid, over loopback (DECISIONS §2).
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use symgate_tests::command::{Call, Content, Ran, visible};
use symgate_tests::peer::{LogLine, Nginx, Program, Squid, require};
use symgate_tests::sample::Sample;
use symgate_tests::{Dir, Pki};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
const RIGHT: &str = "alice:S3cret pass";

/// A symbol store and a script behind nginx, a proxy that wants a password, and a place for the client.
struct Lab {
    nginx: Nginx,
    squid: Squid,
    pki: Pki,
    dir: Dir,
    www: Dir,
}

impl Lab {
    /// `None` where a program is missing and that is allowed.
    fn new() -> Option<Self> {
        let [nginx, squid] = require([Program::Nginx, Program::Squid])?;
        let (www, pki, dir) = (Dir::new(), Pki::new(), Dir::new());
        for sample in (1..=4).map(Sample) {
            www.write(format!("sym/{}", sample.file()), sample.pdb());
        }
        let lines = "location /pac/ { default_type application/x-ns-proxy-autoconfig; expires 10m; gzip on; \
                     gzip_types *; gzip_min_length 1; }\n";
        let nginx = Nginx::with_lines(&nginx, www.path(), pki.origin().server(), lines);
        let squid = Squid::basic(&squid, USER, PASSWORD);
        Some(Self {
            nginx,
            squid,
            pki,
            dir,
            www,
        })
    }

    /// Has nginx serve a script of the shape that offices have, which answers this for the stores' host.
    fn serve(&self, answer: &str) {
        let script = format!(
            "// Proxy settings of the office\r\n\
             function FindProxyForURL(url, host) {{\r\n\
               if (isPlainHostName(host) && host != 'localhost') return 'DIRECT';\r\n\
               if (shExpMatch(host, '*.intranet.example') || isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';\r\n\
               return '{answer}';\r\n\
             }}\r\n"
        );
        self.www.write("pac/proxy.pac", script);
    }

    /// Settings of the system that name the script; loopback, where everything is, is not excepted.
    fn settings(&self, more: &str) -> String {
        let script = self.nginx.plain_url("pac/proxy.pac");
        let text = format!("AutoConfigURL = {script}\nProxyOverride = <-loopback>\n{more}");
        let file = self.dir.write("settings.ini", text);
        file.to_str().unwrap().to_owned()
    }

    fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    fn get(&self, url: &str, settings: &str, options: &[&str]) -> Ran {
        let path = format!("srv*{}*{url}", self.store().display());
        let ca_file = self.pki.origin().ca_file();
        let ran = Call::new(SYMGATE, &self.dir)
            .args(["get", "-y", &path, "--ca-file", ca_file.to_str().unwrap()])
            .args(["--proxy-settings", settings, "--proxy-user", RIGHT, "-j", "1"])
            .args(options)
            .args((1..=4).map(|number| Sample(number).target()))
            .secret(USER, PASSWORD)
            .run();
        ran.expect(0, &[]);
        let samples = (1..=4).map(Sample);
        let expected: BTreeMap<_, _> = samples.map(|sample| (sample.file(), Content(sample.pdb()))).collect();
        assert_eq!(visible(&self.store()), expected, "{ran}");
        fs::remove_dir_all(self.store()).unwrap();
        ran
    }

    /// The proxy's log as soon as it has such a line, because a line follows its answer, or the end of its tunnel.
    fn passed(&self, is_such: impl Fn(&LogLine) -> bool) -> Vec<LogLine> {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let log = self.squid.log();
            if log.iter().any(&is_such) {
                return log;
            }
            assert!(Instant::now() < patience, "{log:#?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// How often nginx was asked for the script.
    fn scripts(&self) -> usize {
        let is_script = |line: &&LogLine| line.target.starts_with("/pac/");
        self.nginx.log().iter().filter(is_script).count()
    }
}

/// A port of loopback on which nobody listens.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn a_script_of_nginx_leads_through_squid_in_clear_text_and_in_tls() {
    let Some(lab) = Lab::new() else { return };
    lab.serve(&format!("PROXY {}", lab.squid.address()));
    let settings = lab.settings("");
    let mut scripts = 0;
    for (url, expected) in [
        (lab.nginx.plain_url("sym"), "GET"),
        (lab.nginx.tls_url("sym"), "CONNECT"),
    ] {
        lab.get(&url, &settings, &[]);
        // Once for four files, and past the proxy.
        scripts += 1;
        assert_eq!(lab.scripts(), scripts, "{url}");
        let is_through = |line: &LogLine| line.status == 200 && line.user.as_deref() == Some(USER);
        let log = lab.passed(|line| is_through(line) && line.method == expected);
        assert!(!log.iter().any(|line| line.target.contains("/pac/")), "{log:#?}");
    }
}

#[test]
fn a_dead_first_proxy_is_put_aside_by_whoever_meets_it_first() {
    let Some(lab) = Lab::new() else { return };
    let dead = dead();
    lab.serve(&format!("PROXY {dead}; PROXY {}", lab.squid.address()));
    let ran = lab.get(&lab.nginx.plain_url("sym"), &lab.settings(""), &["-v"]);
    let told = |words: &str| ran.stderr.matches(words).count();
    // Two searches share the one connection, and the second may have chosen before the first found out.
    let attempts = told(&format!("route `http://{dead}` failed"));
    assert!((1..=2).contains(&attempts), "{ran}");
    assert_eq!(told(&format!("proxy `http://{dead}` could not be reached")), 1, "{ran}");
}

#[test]
fn a_script_that_is_gone_is_a_warning_and_the_list_leads() {
    let Some(lab) = Lab::new() else { return };
    let list = format!("ProxyServer = {}\nProxyEnable = 1\n", lab.squid.address());
    let ran = lab.get(&lab.nginx.plain_url("sym"), &lab.settings(&list), &[]);
    let script = lab.nginx.plain_url("pac/proxy.pac");
    let warning = format!("warning: the proxy script `{script}` could not be got, other settings are used: status 404");
    assert_eq!(ran.stderr.matches(&warning).count(), 1, "{ran}");
    lab.passed(|line| line.status == 200);
}

#[test]
fn the_command_says_what_the_script_says() {
    let Some(lab) = Lab::new() else { return };
    lab.serve("PROXY p:3128; DIRECT");
    let script = lab.nginx.plain_url("pac/proxy.pac");
    let ran = Call::new(SYMGATE, &lab.dir)
        .args(["proxy", "--proxy-settings", &lab.settings("")])
        .args(["https://msdl.microsoft.com/", "https://x.intranet.example/"])
        .run();
    let reason = format!("(PAC {script}, by --proxy-settings AutoConfigURL)");
    let expected = format!(
        "https://msdl.microsoft.com/\n  http://p:3128 {reason}\n  direct {reason}\nhttps://x.intranet.example/\n  direct {reason}\n"
    );
    assert!(ran.stdout.starts_with(&expected), "{ran}");
    assert!(ran.stdout.contains(&format!("AutoConfigURL={script}")), "{ran}");
}
