//! Options against environment: which path, which proxy, which credentials, and to whom they go (DECISIONS §2, §3).
//!
//! A server that records what it is asked stands for proxies and origins alike.

use std::path::Path;

use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran, visible};
use symgate_tests::fault::{Fault, Reply, Request};
use symgate_tests::sample::Sample;

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const APP: Sample = Sample(1);
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
/// Base64 of both, as any other tool makes it.
const LOGIN: &str = "Basic YWxpY2U6UzNjcmV0IHBhc3M=";

fn server() -> Fault {
    Fault::start(file)
}

fn file(request: &Request) -> Reply {
    if request.target.ends_with(&APP.file()) {
        Reply::ok(APP.pdb())
    } else {
        Reply::missing()
    }
}

/// A proxy, or a server, that lets nobody through without the login.
fn guarded(status: &'static str, challenge: &'static str, answer: &'static str) -> Fault {
    Fault::start(move |request| match field(request, answer) {
        Some(LOGIN) => file(request),
        _ => Reply::answer(status, &format!("{challenge}: Basic realm=\"Lab\"\r\n"), "who are you?"),
    })
}

fn guarded_proxy() -> Fault {
    guarded(
        "407 Proxy Authentication Required",
        "Proxy-Authenticate",
        "proxy-authorization",
    )
}

fn guarded_server() -> Fault {
    guarded("401 Unauthorized", "WWW-Authenticate", "authorization")
}

/// The value of a field of a request, by its name in lower case.
fn field<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let fields = request.head.lines().filter_map(|line| line.split_once(':'));
    fields
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .next()
}

/// How often each request carried `name`, in the order in which they came.
fn carried(server: &Fault, name: &str) -> Vec<bool> {
    server
        .heard()
        .iter()
        .map(|request| field(request, name).is_some())
        .collect()
}

fn call(dir: &Dir, path: &str) -> Call {
    Call::new(SYMGATE, dir)
        .args(["get", &APP.target(), "-y", path])
        .secret(USER, PASSWORD)
}

fn path(dir: &Dir, url: &str) -> String {
    format!("srv*{}*{url}", dir.join("store").display())
}

/// Fetches `http://origin.test/sym` by way of whatever `set` names: a name that nothing but a proxy can know.
fn through(set: impl FnOnce(Call) -> Call) -> Ran {
    let dir = Dir::new();
    set(call(&dir, &path(&dir, "http://origin.test/sym"))).run()
}

fn login() -> String {
    format!("{USER}:{PASSWORD}")
}

#[test]
fn symbol_path_comes_from_the_environment() {
    let (dir, server) = (Dir::new(), server());
    let path = path(&dir, &server.url("sym"));
    let get = || Call::new(SYMGATE, &dir).args(["get", &APP.target()]);
    get().env("_NT_SYMBOL_PATH", &path).run().expect(0, &[]);
    // What the alternative names comes first, and the option replaces both.
    dir.write("alt/app1.pdb", APP.pdb());
    let alt = dir.join("alt");
    let ran = get()
        .env("_NT_SYMBOL_PATH", &path)
        .env("_NT_ALT_SYMBOL_PATH", &alt)
        .run();
    assert_eq!(ran.lines(), [alt.join("app1.pdb").to_str().unwrap()], "{ran}");
    let ran = get().env("_NT_ALT_SYMBOL_PATH", &alt).args(["-y", &path]).run();
    assert_eq!(
        ran.lines(),
        [dir.join("store").join(APP.file()).to_str().unwrap()],
        "{ran}"
    );
}

#[test]
fn without_a_path_the_public_store_is_meant() {
    let proxy = Fault::start(|_| Reply::answer("403 Forbidden", "", "no"));
    let dir = Dir::new();
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &APP.target(), "--proxy", &proxy.address().to_string()])
        .run();
    ran.expect(4, &["msdl.microsoft.com:443", "403", &proxy.address().to_string()]);
    assert_eq!(proxy.heard()[0].method, "CONNECT");
    assert!(visible(dir.path()).is_empty());
}

#[test]
fn proxies_have_a_precedence() {
    let (first, second) = (server(), server());
    let (one, two) = (first.address().to_string(), second.url(""));
    let count = || (first.heard().len(), second.heard().len());
    through(|call| call.args(["--proxy", &one]).env("_NT_SYMBOL_PROXY", &two)).expect(0, &[]);
    assert_eq!(count(), (2, 0));
    through(|call| call.env("_NT_SYMBOL_PROXY", &one).env("http_proxy", &two)).expect(0, &[]);
    assert_eq!(count(), (4, 0));
    through(|call| call.env("http_proxy", &two)).expect(0, &[]);
    through(|call| call.env("ALL_PROXY", &two)).expect(0, &[]);
    assert_eq!(count(), (4, 4));
    assert!(
        first
            .targets()
            .iter()
            .all(|target| target.starts_with("http://origin.test/sym/")),
        "absolute-form"
    );
}

#[test]
fn proxies_are_bypassed_by_their_own_lists_only() {
    let (proxy, server) = (server(), server());
    let (address, url) = (proxy.address().to_string(), server.url("sym"));
    let direct = |set: &dyn Fn(Call) -> Call| {
        let dir = Dir::new();
        let before = server.heard().len();
        set(call(&dir, &path(&dir, &url))).run().expect(0, &[]);
        server.heard().len() > before
    };
    assert!(direct(&|call| call
        .args(["--proxy", "none"])
        .env("http_proxy", &address)));
    assert!(direct(&|call| call
        .env("http_proxy", &address)
        .env("NO_PROXY", "127.0.0.0/8")));
    assert!(!direct(&|call| call
        .env("_NT_SYMBOL_PROXY", &address)
        .env("NO_PROXY", "*")));
    assert!(direct(&|call| call
        .env("_NT_SYMBOL_PROXY", &address)
        .args(["--no-proxy", "127.0.0.1"])));
    assert!(direct(&|call| call.args(["--proxy", &address, "--no-proxy", "*"])));
    assert!(!direct(&|call| call.args([
        "--proxy",
        &address,
        "--no-proxy",
        "elsewhere"
    ])));
    // Set by a web server for its scripts, by whoever sends the request (httpoxy).
    assert!(direct(&|call| call.env("HTTP_PROXY", &address)));
}

/// It is set on many machines, so one who did not ask hears nothing (DECISIONS §2).
#[test]
fn an_ignored_http_proxy_is_mentioned_to_who_asks() {
    for (option, told) in [("--json", false), ("-v", true)] {
        let (dir, server) = (Dir::new(), server());
        let path = format!("srv*{}*{}", dir.join("store").display(), server.url("sym"));
        let call = Call::new(SYMGATE, &dir).env("HTTP_PROXY", "http://proxy.invalid:80");
        let ran = call.args(["get", option, "-y", &path, &APP.target()]).run();
        ran.expect(0, &[]);
        assert_eq!(ran.stderr.contains("HTTP_PROXY"), told, "{ran}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_never_passed_by() {
    let (dir, server) = (Dir::new(), server());
    for proxy in ["socks4://127.0.0.1:1080", "socks5://127.0.0.1:1", "http://"] {
        let ran = call(&dir, &path(&dir, &server.url("sym")))
            .args(["--proxy", proxy])
            .run();
        assert!(matches!(ran.status, Some(2 | 4)), "{proxy}: {ran}");
        assert!(!ran.stderr.is_empty());
    }
    assert!(server.heard().is_empty());
}

#[test]
fn a_password_goes_to_the_proxy_that_asks() {
    let proxy = guarded_proxy();
    let ran = through(|call| call.args(["--proxy", &proxy.address().to_string(), "--proxy-user", &login()]));
    ran.expect(0, &[]);
    // Asked once; what was accepted is sent from then on.
    assert_eq!(carried(&proxy, "proxy-authorization"), [false, true, true]);
    assert_eq!(carried(&proxy, "authorization"), [false; 3]);
}

#[test]
fn userinfo_in_a_proxy_value_works_and_warns() {
    let proxy = guarded_proxy();
    let value = format!("http://{USER}:S3cret%20pass@{}", proxy.address());
    for set in ["option", "_NT_SYMBOL_PROXY", "http_proxy"] {
        let ran = through(|call| {
            let call = call.secret(USER, "S3cret%20pass");
            if set == "option" {
                call.args(["--proxy", &value, "-v"])
            } else {
                call.env(set, &value)
            }
        });
        ran.expect(0, &["warning: "]);
    }
}

#[test]
fn a_password_in_what_cannot_be_parsed_is_not_shown() {
    let dir = Dir::new();
    for host in ["h:99999", "", "h h", "[::1", "h/%zz", "h:80:80", "?", "#"] {
        let value = format!("http://alice:S3cret@{host}");
        for options in [
            &["--proxy", &value, "-y", "srv*http://127.0.0.1:1/s"][..],
            &[
                "--proxy",
                &format!("http={value};https={value}"),
                "-y",
                "srv*http://127.0.0.1:1/s",
            ],
            &["--proxy", "127.0.0.1:1", "-y", &format!("srv*{value}")],
            &[
                "--proxy",
                "127.0.0.1:1",
                "-y",
                &format!("srv*{value}*http://h;cache*{value};{value}*x;DebugInfoD*{value}"),
            ],
            &[
                "--proxy",
                "127.0.0.1:1",
                "--user",
                &format!("{value}=bob"),
                "-y",
                "srv*http://h",
            ],
        ] {
            for how in ["-v", "--json", "-q"] {
                let call = Call::new(SYMGATE, &dir).args(["get", &APP.target(), how]).args(options);
                let ran = call.secret("alice", "S3cret").run();
                assert!(matches!(ran.status, Some(1..=4)), "{options:?}: {ran}");
            }
        }
    }
}

#[test]
fn a_rejected_password_is_tried_once_and_said_to_be_rejected() {
    let proxy = guarded_proxy();
    let address = proxy.address().to_string();
    for options in [&[][..], &["-v"], &["--json"], &["--prompts", "off"]] {
        let before = proxy.heard().len();
        let ran = through(|call| {
            call.args(["--proxy", &address, "--proxy-user", "alice:Wr0ng"])
                .args(options)
                .secret(USER, "Wr0ng")
        });
        ran.expect(3, &[&address, "rejected", "hint: "]);
        assert!(!ran.stderr.contains("does not have it"), "{ran}");
        assert_eq!(
            carried(&proxy, "proxy-authorization")[before..],
            [false, true],
            "{options:?}"
        );
    }
}

#[test]
fn many_files_behind_one_refusal_say_why_and_need_one_hint() {
    let proxy = guarded_proxy();
    let (dir, address) = (Dir::new(), proxy.address().to_string());
    let targets = (1..=12).map(|number| Sample(number).target());
    for (login, why) in [(Some("alice:Wr0ng"), "rejected"), (None, "refused automatically")] {
        for url in ["http://origin.test/sym", "https://origin.test/sym"] {
            let path = path(&dir, url);
            let call = Call::new(SYMGATE, &dir).args(["get", "-y", &path, "--proxy", &address]);
            let call = call.args(login.into_iter().flat_map(|login| ["--proxy-user", login]));
            let ran = call.args(targets.clone()).run();
            ran.expect(3, &[&format!("proxy `{address}`")]);
            let (hints, errors): (Vec<_>, Vec<_>) = ran.stderr.lines().partition(|line| line.contains("hint: "));
            assert_eq!((hints.len(), errors.len()), (1, 12), "{ran}");
            assert!(errors.iter().all(|line| line.contains(why)), "{ran}");
        }
    }
}

#[test]
fn nobody_to_ask_is_a_refusal_with_advice() {
    let proxy = guarded_proxy();
    let address = proxy.address().to_string();
    for options in [
        &[][..],
        &["--proxy-user", "alice"],
        &["--prompts", "off"],
        &["--debugger", "kd"],
    ] {
        let ran = through(|call| call.args(["--proxy", &address]).args(options));
        ran.expect(3, &[&address, "hint: give --proxy-user NAME:PASSWORD"]);
        assert!(!ran.stderr.contains("does not have it"), "{ran}");
    }
    assert!(
        proxy
            .heard()
            .iter()
            .all(|request| field(request, "proxy-authorization").is_none())
    );
}

#[test]
fn credentials_stay_at_their_hop() {
    // Both ask on the same connection, as a forward proxy and the server behind it.
    let both = Fault::start(|request| {
        let realm = |name: &str| format!("{name}: Basic realm=\"{name}\"\r\n");
        match (field(request, "proxy-authorization"), field(request, "authorization")) {
            (None, _) => Reply::answer("407 Who", &realm("Proxy-Authenticate"), ""),
            (_, None) => Reply::answer("401 Who", &realm("WWW-Authenticate"), ""),
            _ => file(request),
        }
    });
    let address = both.address().to_string();
    let options = [
        "--proxy",
        &address,
        "--proxy-user",
        "carol:Pr0xy",
        "--user",
        "bob:S3rver",
    ];
    through(|call| call.args(options).secret("carol", "Pr0xy").secret("bob", "S3rver")).expect(0, &[]);
    let (proxy, server) = ("Basic Y2Fyb2w6UHIweHk=", "Basic Ym9iOlMzcnZlcg==");
    for request in both.heard() {
        assert!(
            field(&request, "proxy-authorization").is_none_or(|value| value == proxy),
            "{request:?}"
        );
        assert!(
            field(&request, "authorization").is_none_or(|value| value == server),
            "{request:?}"
        );
    }
    // Neither is tried where the other is wanted.
    let guarded = [guarded_proxy(), guarded_server()];
    let [proxy, server] = guarded.each_ref().map(|guarded| guarded.address().to_string());
    let ran = through(|call| call.args(["--proxy", &proxy, "--user", &login()]));
    ran.expect(3, &["--proxy-user"]);
    let ran = through(|call| call.args(["--proxy", &server, "--proxy-user", &login()]));
    ran.expect(3, &["hint: give --user"]);
    for guarded in &guarded {
        assert!(!guarded.heard().iter().any(|request| request.head.contains(LOGIN)));
    }
}

#[test]
fn a_password_goes_to_the_server_of_the_path() {
    let server = guarded_server();
    let dir = Dir::new();
    let url = server.url("sym");
    call(&dir, &path(&dir, &url))
        .args(["--user", &login()])
        .run()
        .expect(0, &[]);
    assert_eq!(carried(&server, "authorization"), [false, true, true]);
    // By its origin; one of another origin is none.
    let (right, wrong) = (
        format!("http://{}={}", server.address(), login()),
        format!("http://h={}", login()),
    );
    let dir = Dir::new();
    call(&dir, &path(&dir, &url))
        .args(["--user", &wrong])
        .run()
        .expect(3, &["hint: give --user"]);
    call(&dir, &path(&dir, &url))
        .args(["--user", &wrong, "--user", &right])
        .run()
        .expect(0, &[]);
    // In its URL, from which it goes no further.
    let dir = Dir::new();
    let url = format!("http://{USER}:S3cret%20pass@{}/sym", server.address());
    let ran = call(&dir, &path(&dir, &url))
        .args(["-v", "--json"])
        .secret(USER, "S3cret%20pass")
        .run();
    ran.expect(0, &[]);
    assert!(
        ran.stdout.contains(&format!("http://{}/sym", server.address())),
        "{ran}"
    );
}

#[test]
fn a_redirect_elsewhere_gets_no_credentials() {
    let other = guarded_server();
    let target = other.url("x/app1.pdb");
    let first = Fault::start(move |request| match field(request, "authorization") {
        Some(LOGIN) if request.target.ends_with(".pdb") => {
            Reply::answer("302 Found", &format!("Location: {target}\r\n"), "")
        }
        Some(LOGIN) => Reply::missing(),
        _ => Reply::answer("401 Who", "WWW-Authenticate: Basic realm=\"Lab\"\r\n", ""),
    });
    let dir = Dir::new();
    let ran = call(&dir, &path(&dir, &first.url("sym")))
        .args(["--user", &login()])
        .run();
    // Who asks is the new one, and it is named; no option is advised that would not answer it.
    ran.expect(3, &[&other.address().to_string(), "which no option answers"]);
    assert_eq!(carried(&other, "authorization"), [false]);
}

#[test]
fn a_redirect_elsewhere_is_followed() {
    let blob = Fault::start(|request| {
        if request.target == "/blob/x?sig=1" {
            Reply::ok(APP.pdb())
        } else {
            Reply::missing()
        }
    });
    let target = blob.url("blob/x?sig=1");
    let first = Fault::start(move |request| {
        if request.target.ends_with(".pdb") {
            Reply::answer("302 Found", &format!("Location: {target}\r\n"), "")
        } else {
            Reply::missing()
        }
    });
    let dir = Dir::new();
    let ran = call(&dir, &path(&dir, &first.url("sym"))).args(["--json"]).run();
    ran.expect(0, &[]);
    assert!(
        ran.stdout.contains(&first.url("sym")),
        "found in the store that the path names: {ran}"
    );
    assert_eq!(blob.heard().len(), 1);
}

#[test]
fn a_refused_connect_is_the_proxys_word_and_no_miss() {
    for (status, words) in [
        ("403 Forbidden", &["403", "hint: "][..]),
        ("502 Bad Gateway", &["502", "hint: "]),
        ("503 Service Unavailable", &["503"]),
        ("404 Not Found", &["404"]),
        ("302 Found", &["302"]),
    ] {
        let proxy = Fault::start(move |_| Reply::answer(status, "", "<html>a page of the proxy</html>"));
        let dir = Dir::new();
        let address = proxy.address().to_string();
        let ran = call(&dir, &path(&dir, "https://origin.test/sym"))
            .args(["--proxy", &address])
            .run();
        ran.expect(4, words);
        ran.expect(4, &[&address, "origin.test:443"]);
        assert!(!ran.stderr.contains("does not have it"), "{ran}");
        assert!(visible(&dir.join("store")).is_empty());
    }
}

#[test]
fn what_is_no_tls_is_said_to_be_none() {
    // A proxy that lets the tunnel end at itself, and a store that speaks plain HTTP.
    let proxy = Fault::start(|_| Reply::raw("HTTP/1.1 200 OK\r\n\r\n<html>hello</html>"));
    let (dir, address) = (Dir::new(), proxy.address().to_string());
    let ran = call(&dir, &path(&dir, "https://origin.test/sym"))
        .args(["--proxy", &address])
        .run();
    ran.expect(4, &["server `origin.test:443`", "TLS"]);
    let plain = Fault::start(|_| Reply::raw("HTTP/1.1 400 Bad Request\r\n\r\n"));
    let ran = call(&dir, &path(&dir, &format!("https://{}/sym", plain.address()))).run();
    ran.expect(4, &[&plain.address().to_string(), "plain HTTP where TLS was expected"]);
    assert!(visible(&dir.join("store")).is_empty());
}

#[test]
fn a_407_without_a_challenge_is_a_refusal() {
    for url in ["https://origin.test/sym", "http://origin.test/sym"] {
        let proxy = Fault::start(|_| Reply::answer("407 Proxy Authentication Required", "", ""));
        let (dir, address) = (Dir::new(), proxy.address().to_string());
        let ran = call(&dir, &path(&dir, url))
            .args(["--proxy", &address, "--proxy-user", &login()])
            .run();
        ran.expect(3, &[&address, "407"]);
        assert!(
            !proxy.heard().iter().any(|request| request.head.contains(LOGIN)),
            "{url}"
        );
    }
}

#[test]
fn schemes_that_are_not_spoken_are_named() {
    let proxy = Fault::start(|_| {
        Reply::answer(
            "407 Who",
            "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Hoba\r\n",
            "",
        )
    });
    let address = proxy.address().to_string();
    let ran = through(|call| call.args(["--proxy", &address, "--proxy-user", &login()]));
    ran.expect(3, &[&address, "NTLM", "Hoba", "hint: "]);
}

#[test]
fn an_unreachable_proxy_is_named() {
    let proxy = server();
    let address = proxy.address().to_string();
    drop(proxy);
    let ran = through(|call| call.args(["--proxy", &address]));
    ran.expect(4, &[&address, "proxy", "hint: check the proxy's host and port"]);
    let ran = through(|call| call.args(["--proxy", "no-such-proxy.invalid:3128"]));
    ran.expect(4, &["no-such-proxy.invalid:3128", "hint: "]);
}

#[test]
fn a_proxy_that_hangs_up_is_named() {
    let proxy = Fault::start(|_| Reply::raw(""));
    let (dir, address) = (Dir::new(), proxy.address().to_string());
    let ran = call(&dir, &path(&dir, "https://origin.test/sym"))
        .args(["--proxy", &address])
        .run();
    ran.expect(4, &[&address, "proxy"]);
}

#[test]
fn the_store_is_asked_as_symsrv_asks() {
    let (dir, server) = (Dir::new(), server());
    call(&dir, &path(&dir, &server.url("sym"))).run().expect(0, &[]);
    for request in server.heard() {
        let agent = field(&request, "user-agent").unwrap();
        assert!(agent.starts_with("Microsoft-Symbol-Server/"), "{agent}");
        assert_eq!(field(&request, "accept-encoding"), Some("identity"));
        assert_eq!(field(&request, "host"), Some(server.address().to_string().as_str()));
    }
    assert!(Path::new(&dir.join("store")).exists());
}
