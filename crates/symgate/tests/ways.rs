//! The choice of a way with scripts and dead proxies (DECISIONS §2 and §3): who is asked, what follows from failures, and
//! what is remembered.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use symgate::auth::{Ask, Credentials};
use symgate::http::{Note, ResponseHead};
use symgate::net::{self, Cancel};
use symgate::path::SymbolPath;
use symgate::policy::{Answers, Explicit, Given};
use symgate::proxy::{Choice, Place, ProxyConfig, Switch, SystemSettings};
use symgate::{Automatic, Client, Config, Event, Job, Observer, Wanted, Watcher, WayNote, Ways};
use symgate_tests::Dir;
use symgate_tests::fault::{Fault, Reply, Then};
use url::Url;

/// Settings of the system: loopback is not excepted, since everything here is on it.
fn settings() -> SystemSettings {
    let mut settings = SystemSettings::new(Place::CurrentUser);
    settings.exceptions = "<-loopback>".to_owned();
    settings
}

fn by_script(url: &str) -> SystemSettings {
    let mut settings = settings();
    settings.script = url.to_owned();
    settings
}

fn by_detection() -> SystemSettings {
    let mut settings = settings();
    settings.auto_detect = Switch::On;
    settings
}

fn ways(settings: SystemSettings, automatic: &Automatic) -> Ways {
    let config = ProxyConfig::direct().with_system(settings);
    Ways::new(config, automatic, &net::Config::default())
}

fn client(settings: SystemSettings, automatic: Automatic, explicit: Explicit) -> Client {
    let mut config = Config::new(SymbolPath::default(), "/nowhere");
    config.proxy = ProxyConfig::direct().with_system(settings);
    config.automatic = automatic;
    config.answers = Answers::default().with_explicit(explicit);
    Client::new(config).unwrap()
}

fn detecting_at(url: String) -> Automatic {
    let mut automatic = Automatic::default();
    automatic.detected_at = vec![url];
    automatic
}

/// The choice for a URL, and what was told meanwhile.
fn choose(ways: &Ways, url: &str) -> (String, Vec<String>) {
    let mut notes = Vec::new();
    let url = Url::parse(url).unwrap();
    let choice = ways.choose(&url, &Cancel::new(), &mut |note| notes.push(note.to_string()));
    (choice.to_string(), notes)
}

/// The body of a script that answers this.
fn script(answer: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ return \"{answer}\"; }}")
}

fn serving(script: String) -> Fault {
    Fault::start(move |_| Reply::ok(&script))
}

/// A port of loopback on which nobody listens.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Writes down what it is told, one line each.
#[derive(Default)]
struct Diary(Vec<String>);

impl Watcher for Diary {
    fn chosen(&mut self, _: &Url, choice: &Choice) {
        self.0.push(format!("by {choice}"));
    }

    fn way(&mut self, note: &WayNote<'_>) {
        self.0.push(note.to_string());
    }

    fn note(&mut self, note: &Note) {
        if let Note::RouteFailed { .. } = note {
            self.0.push("failed".into());
        }
    }

    fn asked(&mut self, _: &Ask, by: Option<&str>) {
        self.0.push(format!("asked, {} answers", by.unwrap_or("nobody")));
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.0.push(format!("status {}", head.status));
        Ok(())
    }

    fn body(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

fn fetch(client: &Client, url: &str) -> Diary {
    let mut diary = Diary::default();
    let get = client.get(url.parse().unwrap());
    let _told = client.fetch(get, &mut diary, &Cancel::new());
    diary
}

#[test]
fn a_dead_proxy_is_tried_once_and_stands_behind_the_others_then() {
    let (proxy, dead) = (Fault::start(|_| Reply::ok("there")), dead());
    let pac = serving(script(&format!("PROXY {dead}; PROXY {}", proxy.address())));
    let client = client(by_script(&pac.url("p.pac")), Automatic::default(), Explicit::default());
    let reason = format!("(PAC {}, by HKCU AutoConfigURL)", pac.url("p.pac"));
    let (first, second) = (
        format!("http://{dead} {reason}"),
        format!("http://{} {reason}", proxy.address()),
    );
    assert_eq!(
        fetch(&client, "http://h.invalid/a").0,
        [
            format!("by {first}, {second}"),
            "failed".into(),
            format!("proxy `http://{dead}` could not be reached, and is asked last for 300 s"),
            "status 200".into(),
        ]
    );
    // Another path over the same session knows it too.
    for client in [client.over(client.plan().clone()).unwrap(), client.clone()] {
        let expected = [format!("by {second}, {first}"), "status 200".into()];
        assert_eq!(fetch(&client, "http://h.invalid/b").0, expected);
    }
    client.close();
    assert!(fetch(&client, "http://h.invalid/c").0.contains(&"failed".to_owned()));
}

/// The second file does not wait for a proxy that the first one waited for.
#[cfg(target_os = "linux")] // other systems refuse or accept where a full backlog is silent here
#[test]
fn a_silent_proxy_costs_one_timeout() {
    use socket2::{Domain, Socket, Type};

    let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    silent.bind(&any.into()).unwrap();
    silent.listen(0).unwrap();
    let address = silent.local_addr().unwrap();
    let fillers = (0..8).map(|_| {
        let filler = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        filler.set_nonblocking(true).unwrap();
        // They fill the backlog, and keep it full.
        let _in_progress = filler.connect(&address);
        filler
    });
    let _fillers: Vec<Socket> = fillers.collect();
    let proxy = Fault::start(|_| Reply::ok("there"));
    let address = address.as_socket().unwrap();
    let pac = serving(script(&format!("PROXY {address}; PROXY {}", proxy.address())));
    let mut config = Config::new(SymbolPath::default(), "/nowhere");
    config.proxy = ProxyConfig::direct().with_system(by_script(&pac.url("p.pac")));
    config.deadlines.connect = Some(Duration::from_millis(400));
    let client = Client::new(config).unwrap();
    for waits in [true, false] {
        let begun = Instant::now();
        let told = fetch(&client, "http://h.invalid/").0;
        assert_eq!(told.last().map(String::as_str), Some("status 200"), "{told:?}");
        let waited = begun.elapsed() >= Duration::from_millis(350);
        assert_eq!(waited, waits, "{:?} {told:?}", begun.elapsed());
    }
}

#[test]
fn the_way_is_direct_only_where_the_script_says_so() {
    let site = Fault::start(|_| Reply::ok("there"));
    for (more, last, heard) in [("", None, 0), ("; DIRECT", Some("status 200"), 1)] {
        let pac = serving(script(&format!("PROXY {}{more}", dead())));
        let client = client(by_script(&pac.url("")), Automatic::default(), Explicit::default());
        let told = fetch(&client, &site.url("x")).0;
        assert_eq!(
            told.iter().find(|line| line.starts_with("status")).map(String::as_str),
            last
        );
        assert_eq!(site.heard().len(), heard, "{told:?}");
    }
}

#[test]
fn the_script_is_told_scheme_and_host_and_the_path_of_http_alone() {
    let pac = serving("function FindProxyForURL(url, host) { return 'PROXY ' + host + ':' + url.length; }".into());
    let ways = ways(by_script(&pac.url("")), &Automatic::default());
    for (url, length) in [("http://h.test/path?query", 24), ("https://h.test/path?query", 15)] {
        let (choice, _) = choose(&ways, url);
        assert!(choice.starts_with(&format!("http://h.test:{length} ")), "{choice}");
    }
}

#[test]
fn what_cannot_be_got_lets_the_list_speak_and_is_named() {
    let long = "/".repeat((1 << 20) + 1);
    for (reply, why) in [
        (Reply::missing(), "status 404"),
        (Reply::answer("302 Found", "Location: /\r\n", ""), ""),
        (Reply::ok(long), "it is longer than 1048576 bytes"),
        (
            Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", ""),
            "server",
        ),
        (Reply::raw(""), ""),
    ] {
        let server = Fault::start(move |_| reply.clone());
        let mut settings = by_script(&server.url("p.pac"));
        settings.proxies = "q:81".to_owned();
        settings.manual = Switch::On;
        let ways = ways(settings, &Automatic::default());
        let asked = |count| {
            let (choice, notes) = choose(&ways, "https://h.test/");
            let missed = format!(
                "; the script {} of HKCU AutoConfigURL could not be got: {why}",
                server.url("p.pac")
            );
            assert!(
                choice.starts_with("http://q:81 (HKCU ProxyServer `q:81`") && choice.contains(&missed),
                "{choice}"
            );
            assert_eq!(notes.len(), count, "{notes:?}");
        };
        asked(1);
        let heard = server.heard().len();
        // Sixty files do not ask sixty times, and are not told sixty times.
        asked(0);
        assert_eq!(server.heard().len(), heard);
    }
}

#[test]
fn a_search_warns_of_a_script_that_cannot_be_got() {
    #[derive(Default)]
    struct Warnings(Mutex<Vec<String>>);
    impl Observer for Warnings {
        fn observe(&self, _: usize, event: &Event<'_>) {
            if let Event::Warning { text } = event {
                self.0.lock().unwrap().push((*text).to_owned());
            }
        }
    }
    let server = Fault::start(|_| Reply::missing());
    let dir = Dir::new();
    let path = format!("srv*{}*{}", dir.join("left").display(), server.url("sym"));
    let mut config = Config::new(SymbolPath::parse(&path).path, dir.join("default"));
    config.proxy = ProxyConfig::direct().with_system(by_script(&server.url("p.pac")));
    let client = Client::new(config).unwrap();
    let warnings = Warnings::default();
    let job = Job {
        observer: &warnings,
        ..Job::silent()
    };
    for key in ["a.pdb/1", "b.pdb/1"] {
        let wanted = Wanted::new(key.parse().unwrap());
        assert!(client.find(&wanted, &job).unwrap_err().is_not_found());
    }
    let warnings = warnings.0.into_inner().unwrap();
    let expected = format!(
        "the proxy script `{}` could not be got, other settings are used: status 404",
        server.url("p.pac")
    );
    assert_eq!(warnings, [expected]);
}

#[test]
fn what_cannot_be_followed_leaves_no_way_and_is_named() {
    let site = Fault::start(|_| Reply::ok("there"));
    for (script, why) in [
        ("function (", "the script is not valid in line 1"),
        ("var x = 1;", "the script has no function `FindProxyForURL`"),
        ("function FindProxyForURL() { throw 'no'; }", "the script failed"),
        ("function FindProxyForURL() { return 5; }", "of type `number`"),
        (
            "function FindProxyForURL() { return 'NONSENSE'; }",
            "names no usable proxy",
        ),
        ("<html>log in</html>", "the script is not valid"),
    ] {
        let pac = serving(script.to_owned());
        let mut settings = by_script(&pac.url("p.pac"));
        settings.proxies = "q:81".to_owned();
        settings.manual = Switch::On;
        let client = client(settings, Automatic::default(), Explicit::default());
        let get = client.get(site.url("x").parse().unwrap());
        let error = client.fetch(get, &mut Diary::default(), &Cancel::new()).unwrap_err();
        assert!(error.to_string().contains(why), "{script}: {error}");
        assert!(site.heard().is_empty(), "{script}");
    }
}

#[test]
fn an_endless_script_ends_within_a_second_or_so() {
    let pac = serving("function FindProxyForURL() { for (;;) {} }".into());
    let ways = ways(by_script(&pac.url("p.pac")), &Automatic::default());
    let begun = Instant::now();
    let (choice, _) = choose(&ways, "https://h.test/");
    assert!(choice.starts_with("unusable (PAC "), "{choice}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn a_script_lives_as_long_as_its_server_says_and_the_old_one_outlives_a_failure() {
    let mut brief = Automatic::default();
    brief.shortest = Duration::ZERO;
    for (fields, automatic, asked) in [
        ("", &brief, 1),
        ("Cache-Control: max-age=600\r\n", &brief, 1),
        ("Cache-Control: no-store\r\n", &brief, 3),
        ("Cache-Control: max-age=60\r\nAge: 60\r\n", &brief, 3),
        // Not for each file, whatever the server says.
        ("Cache-Control: no-store\r\n", &Automatic::default(), 1),
    ] {
        let body = script("PROXY p");
        // It breaks after the first request.
        let server = Fault::start(move |request| match request.number {
            0 => Reply::answer("200 OK", fields, &body),
            _ => Reply::answer("500 Oops", "", ""),
        });
        let ways = ways(by_script(&server.url("p.pac")), automatic);
        for turn in 0..3 {
            let (choice, notes) = choose(&ways, "https://h.test/");
            assert!(choice.starts_with("http://p:80 (PAC"), "{fields}: {choice}");
            let kept = usize::from(turn > 0 && asked > 1);
            assert_eq!(notes.len(), kept, "{fields} {turn}: {notes:?}");
        }
        assert_eq!(server.heard().len(), asked, "{fields}");
    }
}

#[test]
fn several_errands_that_need_a_script_at_once_get_it_once() {
    let body = script("PROXY p");
    let pac = Fault::start(move |_| {
        thread::sleep(Duration::from_millis(100));
        Reply::ok(&body)
    });
    let ways = ways(by_script(&pac.url("p.pac")), &Automatic::default());
    let (together, got) = (Barrier::new(8), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                together.wait();
                let (choice, _) = choose(&ways, "https://h.test/");
                got.fetch_add(usize::from(choice.starts_with("http://p:80")), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(got.into_inner(), 8);
    assert_eq!(pac.heard().len(), 1);
}

#[test]
fn without_a_host_of_that_name_detection_is_off_and_quick() {
    let automatic = detecting_at("http://wpad.invalid/wpad.dat".to_owned());
    let ways = ways(by_detection(), &automatic);
    let begun = Instant::now();
    let expected = "direct (no proxy configured; no script found by HKCU AutoDetect: no host `wpad.invalid`)";
    let (choice, notes) = choose(&ways, "https://h.test/");
    assert_eq!(choice, expected);
    assert_eq!(notes, ["no proxy script was found: no host `wpad.invalid`"]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // It is not looked for again, nor told.
    assert_eq!(choose(&ways, "https://h.test/"), (expected.to_owned(), Vec::new()));
}

#[test]
fn what_answers_at_the_name_and_is_no_script_is_nobodys_script() {
    for reply in [Reply::missing(), Reply::ok("<html>this name is for sale</html>")] {
        let server = Fault::start(move |_| reply.clone());
        let automatic = detecting_at(server.url("wpad.dat"));
        let (choice, _) = choose(&ways(by_detection(), &automatic), "https://h.test/");
        assert!(
            choice.starts_with("direct (no proxy configured; no script found"),
            "{choice}"
        );
    }
}

#[test]
fn where_the_network_names_nothing_of_use_the_name_is_asked() {
    let server = Fault::start(|request| match request.target.as_str() {
        "/wpad.dat" => Reply::ok(script("PROXY by-name")),
        _ => Reply::missing(),
    });
    let mut automatic = detecting_at(server.url("wpad.dat"));
    automatic.by_dhcp = || vec!["no address".to_owned(), "http://dhcp.invalid/proxy.pac".to_owned()];
    let (choice, _) = choose(&ways(by_detection(), &automatic), "https://h.test/");
    assert!(choice.starts_with("http://by-name:80 (PAC"), "{choice}");
}

/// `--proxy-user` is for whom the user named, not for whoever answers first.
#[test]
fn what_was_given_for_proxies_goes_to_those_of_a_named_script_and_of_no_detected_one() {
    for (is_detected, answers) in [
        (false, "asked, the command line answers"),
        (true, "asked, nobody answers"),
    ] {
        let proxy = Fault::start(|request| {
            if request.head.contains("Proxy-Authorization: Basic") {
                Reply::ok("there")
            } else {
                Reply::answer(
                    "407 Proxy Authentication Required",
                    "Proxy-Authenticate: Basic realm=\"r\"\r\n",
                    "",
                )
            }
        });
        let pac = serving(script(&format!("PROXY {}", proxy.address())));
        let automatic = detecting_at(pac.url("wpad.dat"));
        let settings = if is_detected {
            by_detection()
        } else {
            by_script(&pac.url("p.pac"))
        };
        let alice = Given::Credentials(Arc::new(Credentials::password("alice", "wonder")));
        let client = client(settings, automatic, Explicit::default().for_proxies(alice));
        let told = fetch(&client, "http://h.invalid/").0;
        assert_eq!(told.get(1).map(String::as_str), Some(answers), "{told:?}");
        let sent = proxy
            .heard()
            .iter()
            .any(|request| request.head.contains("Proxy-Authorization"));
        assert_eq!(sent, !is_detected);
        assert!(!pac.heard().iter().any(|request| request.head.contains("uthorization")));
    }
}

#[test]
fn who_gives_up_is_let_go_while_a_script_is_got_and_while_it_runs() {
    let hanging = Fault::start(|_| Reply::raw("").then(Then::Hang));
    let endless = serving("function FindProxyForURL() { for (;;) {} }".into());
    for url in [hanging.url("p.pac"), endless.url("p.pac")] {
        let client = client(by_script(&url), Automatic::default(), Explicit::default());
        let cancel = Cancel::new();
        thread::scope(|scope| {
            let errand = scope.spawn(|| {
                let get = client.get("http://h.invalid/".parse().unwrap());
                let error = client.fetch(get, &mut Diary::default(), &cancel).unwrap_err();
                (error, Instant::now())
            });
            thread::sleep(Duration::from_millis(150));
            let begun = Instant::now();
            cancel.cancel();
            let (error, ended) = errand.join().unwrap();
            assert!(matches!(error, net::Error::Cancelled), "{error}");
            assert!(ended - begun < Duration::from_millis(200), "{url}: {:?}", ended - begun);
        });
    }
}
