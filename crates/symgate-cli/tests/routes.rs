//! `symgate proxy`, and `--proxy-settings` wherever it counts (DECISIONS §2, SYMSRV §11.4).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::sample::Sample;

fn proxy(dir: &Dir, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    proxy_with(dir, arguments, environment, "")
}

fn proxy_with(dir: &Dir, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ran {
    let mut call = Call::new(env!("CARGO_BIN_EXE_symgate"), dir)
        .args(["proxy"])
        .args(arguments);
    for (name, value) in environment {
        call = call.env(name, value);
    }
    call.command().stdin(Stdio::piped());
    let mut running = call.secret("alice", "S3cret").start();
    let mut stdin = running.take_stdin().unwrap();
    // A command that has ended reads no more.
    let _ended = stdin.write_all(input.as_bytes());
    drop(stdin);
    running.end()
}

/// What is said of the URLs, without what the sources said.
fn routes(ran: &Ran) -> &str {
    ran.stdout.split("\nSources:\n").next().unwrap()
}

#[test]
fn each_url_has_its_routes_and_their_reasons() {
    let dir = Dir::new();
    dir.write(
        "settings.ini",
        "ProxyServer = http=a:80;https=b:81\nProxyOverride = <local>;*.corp.com\n",
    );
    let table = [
        (
            &["--proxy", "p:80", "https://h/"][..],
            &[][..],
            "https://h/\n  http://p:80 (--proxy)\n",
        ),
        (&["http://h/"], &[], "http://h/\n  direct (no proxy configured)\n"),
        (
            &["http://127.0.0.1/s"],
            &[("_NT_SYMBOL_PROXY", "p:80")],
            "http://127.0.0.1/s\n  http://p:80 (_NT_SYMBOL_PROXY)\n",
        ),
        (
            &["--proxy-settings", "settings.ini", "https://h.test/"],
            &[],
            "https://h.test/\n  http://b:81 (--proxy-settings ProxyServer `https=b:81`)\n",
        ),
        (
            &[
                "--proxy-settings",
                "settings.ini",
                "--proxy",
                "socks5://s:1080",
                "https://h.test/",
            ],
            &[],
            "https://h.test/\n  socks5://s:1080 (--proxy)\n",
        ),
        (
            &[
                "-y",
                "srv*https://one.test/s;srv*c*http://two.test/t",
                "--no-proxy",
                "one.test",
                "--proxy",
                "p:1",
            ],
            &[],
            "https://one.test/s\n  direct (--no-proxy entry `one.test`)\nhttp://two.test/t\n  http://p:1 (--proxy)\n",
        ),
    ];
    for (arguments, environment, expected) in table {
        let ran = proxy(&dir, arguments, environment);
        assert_eq!((ran.status, routes(&ran)), (Some(0), expected), "{arguments:?} {ran}");
    }
}

#[test]
fn each_source_is_heard_and_shows_no_secret() {
    let dir = Dir::new();
    dir.write(
        "settings.ini",
        "ProxyEnable=1\nProxyServer = alice:S3cret@q:81\nProxyOverride = <local>\n",
    );
    dir.write(
        ".config/kioslaverc",
        "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://k 81\n",
    );
    let arguments = [
        "--proxy-settings",
        "settings.ini",
        "--no-proxy",
        "a.test",
        "--proxy",
        "alice:S3cret@p",
        "http://h/",
    ];
    let environment = [
        ("_NT_SYMBOL_PROXY", "alice:S3cret@n:80"),
        ("https_proxy", "http://alice:S3cret@e:80"),
        ("no_proxy", "b.test"),
    ];
    let ran = proxy(&dir, &arguments, &environment);
    assert_eq!(
        ran.stdout.split("\nSources:\n").nth(1).unwrap(),
        "  --no-proxy: a.test\n  --proxy: p:80\n  _NT_SYMBOL_PROXY: n:80\n  environment: https_proxy=http://e:80, \
         no_proxy=b.test\n  --proxy-settings: ProxyServer=q:81, ProxyOverride=<local>\n",
        "{ran}"
    );
    if cfg!(target_os = "linux") {
        let ran = proxy(&dir, &["https://h/"], &[("XDG_CURRENT_DESKTOP", "KDE")]);
        assert_eq!(
            ran.stdout,
            "https://h/\n  http://k:81 (kioslaverc `https=k:81`)\n\nSources:\n  environment: nothing set\n  \
             KDE (kioslaverc): https=k:81\n",
            "{ran}"
        );
    }
}

#[test]
fn urls_come_from_standard_input_and_leave_as_json() {
    let dir = Dir::new();
    let arguments = ["--json", "--proxy", "alice:S3cret@p:80", "-"];
    let ran = proxy_with(&dir, &arguments, &[], "https://alice:S3cret@h/x\n\nhttp://i/\n");
    assert_eq!(ran.status, Some(0), "{ran}");
    let objects: Vec<Value> = ran
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let routes = serde_json::json!([{"route": "http://p:80", "reason": "--proxy"}]);
    let expected = ["https://h/x", "http://i/"].map(|url| serde_json::json!({"url": url, "routes": routes}));
    assert_eq!(objects, expected);
}

#[test]
fn what_cannot_be_followed_is_said_and_never_passed_over() {
    let dir = Dir::new();
    let server = Fault::start(|_| Reply::ok("function ("));
    dir.write("script.ini", format!("AutoConfigURL = {}\n", server.url("wpad.dat")));
    let ran = proxy(&dir, &["--proxy-settings", "script.ini", "https://h/"], &[]);
    assert_eq!(ran.status, Some(4), "{ran}");
    assert!(
        ran.stdout.contains("unusable") && ran.stdout.contains("wpad.dat` of `--proxy-settings AutoConfigURL`"),
        "{ran}"
    );
    dir.write("empty.ini", "");
    for (arguments, words) in [
        (
            &["--proxy-settings", "absent.ini", "https://h/"][..],
            &["absent.ini"][..],
        ),
        (&["--proxy-settings", "empty.ini", "https://h/"], &["empty.ini"]),
        (&["ftp://h/"], &["ftp://h/", "neither"]),
        (&["h"], &["`h`"]),
        (&["-y", "/local"], &["no server"]),
    ] {
        proxy(&dir, arguments, &[]).expect(2, words);
    }
}

/// The script decides; where it cannot be got, what is set besides it does, and both are told what became of it.
#[test]
fn a_script_is_got_and_asked_and_missed_aloud() {
    let dir = Dir::new();
    let server = Fault::start(|request| match request.target.as_str() {
        "/proxy.pac" => Reply::ok("function FindProxyForURL(url, host) { return 'PROXY ' + host + ':1; DIRECT'; }"),
        _ => Reply::missing(),
    });
    for (script, expected, status) in [
        (
            "proxy.pac",
            "http://h:1 (PAC {}, by --proxy-settings AutoConfigURL)\n  direct (PAC {}, by --proxy-settings AutoConfigURL)",
            "",
        ),
        (
            "gone.pac",
            "http://q:81 (--proxy-settings ProxyServer `q:81`; the script {} of --proxy-settings AutoConfigURL could not \
             be got: status 404)",
            "symgate: warning: the proxy script `{}` could not be got, other settings are used: status 404\n",
        ),
    ] {
        let url = server.url(script);
        dir.write(
            "settings.ini",
            format!("AutoConfigURL = {url}\nProxyServer = q:81\nProxyEnable = 1\n"),
        );
        let ran = proxy(&dir, &["--proxy-settings", "settings.ini", "https://h/"], &[]);
        assert_eq!(ran.status, Some(0), "{ran}");
        assert_eq!(
            routes(&ran),
            format!("https://h/\n  {}\n", expected.replace("{}", &url)),
            "{ran}"
        );
        assert_eq!(ran.stderr, status.replace("{}", &url), "{ran}");
    }
}

#[test]
fn a_file_of_settings_leads_get_to_its_proxy() {
    let (dir, sample) = (Dir::new(), Sample(1));
    let proxy = Fault::start(move |request| {
        if request.target == format!("http://store.test/sym/{}", sample.file()) {
            Reply::ok(sample.pdb())
        } else {
            Reply::missing()
        }
    });
    dir.write("settings.ini", format!("ProxyServer = {}\n", proxy.address()));
    let path = format!("srv*{}*http://store.test/sym", dir.join("store").display());
    let target = sample.target();
    let arguments = ["get", "-y", &path, "--proxy-settings", "settings.ini", &target];
    let ran = Call::new(env!("CARGO_BIN_EXE_symgate"), &dir).args(arguments).run();
    ran.expect(0, &[]);
    assert!(!proxy.heard().is_empty());
}
