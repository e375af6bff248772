//! The examples against a real proxy: they go where symgate-proxy says.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::TcpListener;
use std::process::{Command, Output};

use symgate_tests::peer::{Nginx, Program, Squid, require};
use symgate_tests::{Dir, Pki, built};

const EXAMPLES: [&str; 2] = ["proxy_of_reqwest", "proxy_of_ureq"];

#[test]
fn clients_go_through_the_chosen_proxy_with_its_credentials() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let store = Dir::new();
    store.write("hello.txt", "hello");
    let pki = Pki::new();
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    for example in EXAMPLES {
        let proxy = Squid::basic(&squid, "alice", "S3cret/pass");
        let setting = proxy.url().replace("://", "://alice:S3cret%2Fpass@");
        let output = run(example, &origin.plain_url("hello.txt"), &[("http_proxy", &setting)]);
        let said = succeeded(&output);
        assert_eq!(said, format!("{} (http_proxy)\n200 OK\n", proxy.url()), "{example}");
        let log = proxy.log_of(1);
        let last = log.last().unwrap();
        assert_eq!((last.status, last.user.as_deref()), (200, Some("alice")), "{example}");
    }
}

#[test]
fn clients_go_direct_where_the_choice_says_so() {
    let Some([nginx]) = require([Program::Nginx]) else {
        return;
    };
    let store = Dir::new();
    store.write("hello.txt", "hello");
    let pki = Pki::new();
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    for example in EXAMPLES {
        let settings = [("http_proxy", "http://127.0.0.1:9"), ("no_proxy", "localhost")];
        let output = run(example, &origin.plain_url("hello.txt"), &settings);
        let said = succeeded(&output);
        assert_eq!(said, "direct (no_proxy entry `localhost`)\n200 OK\n", "{example}");
    }
}

#[test]
fn a_setting_that_cannot_be_followed_is_no_reason_to_go_direct() {
    let origin = TcpListener::bind("127.0.0.1:0").unwrap();
    origin.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", origin.local_addr().unwrap());
    for example in EXAMPLES {
        let output = run(example, &url, &[("http_proxy", "gopher://proxy:70")]);
        assert!(!output.status.success(), "{example}: {output:?}");
        assert!(origin.accept().is_err(), "{example} went direct");
    }
}

#[test]
fn ureq_takes_the_next_of_a_list() {
    let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else {
        return;
    };
    let store = Dir::new();
    store.write("hello.txt", "hello");
    let pki = Pki::new();
    let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
    let proxy = Squid::open(&squid);
    // The port of a service that nobody runs any more.
    let dead = "127.0.0.1:9";
    let list = format!("{dead};{}", proxy.address());
    let output = run(
        "proxy_of_ureq",
        &origin.plain_url("hello.txt"),
        &[("_NT_SYMBOL_PROXY", &list)],
    );
    let (setting, alive) = ("(_NT_SYMBOL_PROXY)", proxy.address());
    assert_eq!(
        succeeded(&output),
        format!("http://{dead} {setting}\nhttp://{alive} {setting}\n200 OK\n")
    );
}

fn run(example: &str, url: &str, settings: &[(&str, &str)]) -> Output {
    let program = built::example("symgate-examples", example).unwrap();
    let mut command = Command::new(program);
    command.env_clear().envs(settings.iter().copied()).arg(url);
    command.output().unwrap()
}

fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}
