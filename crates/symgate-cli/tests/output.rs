//! What the command says: exit statuses, paths, `--json`, `-v`, `-q`; and what a server cannot make it say.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran, visible};
use symgate_tests::fault::{Fault, Reply, Request, Then};
use symgate_tests::made::{self, Pe};
use symgate_tests::sample::Sample;

const FOUND: Sample = Sample(1);
const ALSO_FOUND: Sample = Sample(2);
const MISSING: Sample = Sample(3);
const BROKEN: Sample = Sample(4);
const ANOTHER: Sample = Sample(5);
const LOCKED: Sample = Sample(6);
const TOLD: Sample = Sample(7);

/// A server at which each sample meets another fate.
fn server() -> Fault {
    Fault::start(|request| fate(request).unwrap_or_else(Reply::missing))
}

fn fate(request: &Request) -> Option<Reply> {
    let asked = |sample: Sample| request.target.ends_with(&sample.file());
    let pointer = format!("{}/file.ptr", TOLD.target());
    Some(match () {
        () if asked(FOUND) => Reply::ok(FOUND.pdb()),
        () if asked(ALSO_FOUND) => Reply::ok(ALSO_FOUND.pdb()),
        () if asked(BROKEN) => Reply::answer("500 Internal Server Error", "", "x"),
        () if asked(ANOTHER) => Reply::ok(FOUND.pdb()),
        () if asked(LOCKED) => Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
        () if request.target.ends_with(&pointer) => Reply::ok("MSG: gone \u{202e}\u{2066} for good"),
        () => return None,
    })
}

fn path(dir: &Dir, server: &Fault) -> String {
    format!("srv*{}*{}", dir.join("store").display(), server.url("sym"))
}

fn get(samples: &[Sample], options: &[&str]) -> (Ran, Dir, Fault) {
    let (dir, server) = (Dir::new(), server());
    let path = path(&dir, &server);
    let targets = samples.iter().map(|sample| sample.target());
    let call = Call::new(SYMGATE, &dir)
        .args(["get", "-y", &path])
        .args(options)
        .args(targets);
    (call.run(), dir, server)
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_unicode_is_printed_as_it_is() {
    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    let odd = |text: &str| OsString::from_vec([text.as_bytes(), b"\xff"].concat());
    let (dir, server) = (Dir::new(), server());
    let home = dir.join(odd("home"));
    let target = dir.join(odd("work")).join(FOUND.name());
    fs::create_dir(target.parent().unwrap()).unwrap();
    fs::write(&target, FOUND.pdb()).unwrap();
    let get = |option: Option<&str>| {
        let out = dir.join("out");
        let mut call = Call::new(SYMGATE, &dir)
            .args(["get", "-y", &format!("srv*{}", server.url("sym"))])
            .args(option)
            .args([&target])
            .env("DBGHELP_HOMEDIR", &home);
        call.command().stdout(File::create(&out).unwrap());
        (call.run(), fs::read(out).unwrap())
    };
    let (ran, printed) = get(None);
    ran.expect(0, &[]);
    let found = home.join("sym").join(FOUND.file());
    assert_eq!(printed, [found.as_os_str().as_bytes(), b"\n"].concat());
    assert_eq!(fs::read(found).unwrap(), FOUND.pdb());

    let (ran, printed) = get(Some("--json"));
    ran.expect(0, &["warning: JSON", "not Unicode"]);
    let object: Value = serde_json::from_slice(&printed).unwrap();
    assert!(object["path"].as_str().unwrap().contains('\u{fffd}'), "{object}");
}

#[cfg(unix)]
#[test]
fn a_symbol_path_that_is_not_unicode_is_warned_about() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let dir = Dir::new();
    let call = Call::new(SYMGATE, &dir)
        .args(["get", &FOUND.target()])
        .env("_NT_ALT_SYMBOL_PATH", "first")
        .env("_NT_SYMBOL_PATH", OsStr::from_bytes(b"srv*d\xff"));
    call.run()
        .expect(1, &["warning: symbol path, byte 11: ", "not Unicode"]);
}

#[test]
fn the_most_telling_outcome_is_the_status() {
    for (samples, status) in [
        (&[FOUND, ALSO_FOUND][..], 0),
        (&[FOUND, MISSING], 1),
        (&[TOLD, FOUND], 1),
        (&[MISSING, BROKEN, FOUND], 4),
        (&[BROKEN, MISSING, LOCKED], 3),
        (&[ANOTHER, MISSING, BROKEN], 6),
    ] {
        let (ran, ..) = get(samples, &[]);
        assert_eq!(ran.status, Some(status), "{samples:?}: {ran}");
    }
}

#[test]
fn paths_come_in_the_order_of_the_targets() {
    let (ran, dir, _server) = get(&[ALSO_FOUND, MISSING, FOUND], &[]);
    let expected = [ALSO_FOUND, FOUND].map(|sample| dir.join("store").join(sample.file()));
    assert_eq!(
        ran.lines(),
        expected.each_ref().map(|path| path.to_str().unwrap()),
        "{ran}"
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    ran.expect(1, &[&MISSING.target(), "does not have it"]);
}

#[test]
fn the_same_target_twice_is_fetched_once() {
    let asked = |server: &Fault, sample: Sample| {
        let targets = server.targets();
        targets.iter().filter(|target| target.ends_with(&sample.file())).count()
    };
    let (ran, _dir, server) = get(&[FOUND, MISSING, FOUND, MISSING, FOUND], &[]);
    ran.expect(1, &[]);
    assert_eq!(ran.lines().len(), 3, "{ran}");
    assert_eq!((asked(&server, FOUND), asked(&server, MISSING)), (1, 1));
    // Once by its image, once by its key.
    let (dir, server) = (Dir::new(), self::server());
    let image = Pe::new(vec![made::Record::rsds(FOUND.guid(), 1, r"d:\build\app1.pdb")]).build();
    dir.write("app1.dll", image);
    let path = path(&dir, &server);
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", "-y", &path, "app1.dll", &FOUND.target()])
        .run();
    ran.expect(0, &[]);
    assert_eq!((ran.lines().len(), asked(&server, FOUND)), (2, 1), "{ran}");
}

#[test]
fn a_target_is_an_image_a_pdb_or_a_name_with_its_key() {
    let (dir, server) = (Dir::new(), server());
    let image = Pe::new(vec![made::Record::rsds(FOUND.guid(), 1, r"d:\build\app1.pdb")]).build();
    let image = dir.write("app1.dll", image);
    let pdb = dir.write("elsewhere/app2.pdb", ALSO_FOUND.pdb());
    let path = path(&dir, &server);
    for (target, sample) in [
        (image.to_str().unwrap(), FOUND),
        (pdb.to_str().unwrap(), ALSO_FOUND),
        (&FOUND.target(), FOUND),
        (&FOUND.file(), FOUND),
        ("app1.dll", FOUND),
    ] {
        let ran = Call::new(SYMGATE, &dir).args(["get", target, "-y", &path]).run();
        ran.expect(0, &[]);
        assert_eq!(
            ran.lines(),
            [dir.join("store").join(sample.file()).to_str().unwrap()],
            "{target}"
        );
    }
}

#[test]
fn what_is_no_target_is_said_before_anything_is_fetched() {
    let (dir, server) = (Dir::new(), server());
    dir.write("noise.dll", [7; 4096]);
    dir.write("empty.dll", "");
    dir.write("bare.dll", Pe::new(Vec::new()).build());
    dir.write("cut.pdb", &FOUND.pdb()[..100]);
    dir.make("folder");
    let path = path(&dir, &server);
    for target in [
        "noise.dll",
        "empty.dll",
        "bare.dll",
        "cut.pdb",
        "folder",
        "not-here.dll",
        "folder/not-here.dll",
        "folder/not-here",
        "https://symbols.example/app.pdb",
        "a/b/c/d",
        "app.pdb/",
        "/key",
        "../app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1",
        "app.pdb/../../etc",
        "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/other.pdb",
        "con.pdb\u{1b}[2J/1",
        "",
    ] {
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", "-y", &path, &FOUND.target(), target])
            .run();
        ran.expect(2, &[]);
        assert!(
            !ran.stderr.trim().is_empty() && !ran.stderr.contains('\u{1b}'),
            "{target}: {ran}"
        );
        assert_eq!(ran.stdout, "", "{target}");
    }
    assert_eq!(server.targets(), Vec::<String>::new());
    assert!(!dir.join("store").exists());
    // All that is wrong is said at once.
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", "-y", &path, "noise.dll", "folder"])
        .run();
    ran.expect(2, &["`noise.dll`", "`folder`"]);
}

#[test]
fn options_that_cannot_be_used_are_usage() {
    let (dir, server) = (Dir::new(), server());
    let not_pem = dir.write("not.pem", "hello");
    let path = path(&dir, &server);
    for options in [
        &["--ca-file", "nowhere.pem"][..],
        &["--ca-file", not_pem.to_str().unwrap()],
        &["--proxy-ca-file", not_pem.to_str().unwrap()],
        &["--user", "ftp://h=alice:S3cret"],
        &["--user", ":S3cret"],
        &["--user", "https://h=:S3cret"],
        &["--proxy-user", ":S3cret"],
        &["--proxy-user", ""],
        &["-j", "0"],
        &["--jobs", "many"],
        &["--prompts", "maybe"],
        &["-v", "-q"],
        &["--no-such-option"],
    ] {
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", "-y", &path, &FOUND.target()])
            .args(options)
            .secret("alice", "S3cret")
            .run();
        ran.expect(2, &[]);
        assert!(!ran.stderr.is_empty(), "{options:?}");
    }
    assert_eq!(server.targets(), Vec::<String>::new());
}

/// It may be set for other programs, so it is nobody's mistake until TLS needs it.
#[test]
fn the_roots_of_the_environment_are_read_when_tls_needs_them() {
    let (dir, server) = (Dir::new(), server());
    let not_pem = dir.write("not.pem", "no certificate");
    for file in [not_pem, dir.join("nowhere")] {
        let ask = |store: &str| {
            let path = format!("srv*{}*{store}", dir.join("store").display());
            let call = Call::new(SYMGATE, &dir).env("SSL_CERT_FILE", &file);
            call.args(["get", "-y", &path, &FOUND.target()]).run()
        };
        let tls = server.url("sym").replace("http:", "https:");
        ask(&tls).expect(4, &["SSL_CERT_FILE", &file.to_string_lossy()]);
        // In clear, and then not at all.
        ask(&server.url("sym")).expect(0, &[]);
        ask(&tls).expect(0, &[]);
        std::fs::remove_dir_all(dir.join("store")).unwrap();
    }
}

#[test]
fn json_says_everything_one_object_a_line() {
    let samples = [FOUND, MISSING, TOLD, BROKEN, ANOTHER];
    let (ran, dir, server) = get(&samples, &["--json", "-q"]);
    ran.expect(6, &[]);
    assert_eq!(ran.stderr, "", "{ran}");
    let lines: Vec<Value> = ran
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let words = ["found", "missing", "missing", "network", "content"];
    assert_eq!(lines.len(), samples.len(), "{ran}");
    for ((line, sample), word) in lines.iter().zip(samples).zip(words) {
        let found = word == "found";
        let path = dir.join("store").join(sample.file());
        assert_eq!(line["target"], sample.target());
        assert_eq!(line["file"], sample.name());
        assert_eq!(line["key"], sample.key());
        assert_eq!(line["status"], word, "{line}");
        assert_eq!(line["path"], if found { json!(path) } else { Value::Null });
        assert_eq!(
            line["source"],
            if found { json!(server.url("sym")) } else { Value::Null }
        );
        assert_eq!(
            line["bytes"],
            if found { json!(sample.pdb().len()) } else { Value::Null }
        );
        assert_eq!(line["error"].is_null(), found, "{line}");
        assert_eq!(line.as_object().unwrap().len(), 8, "{line}");
    }
    let (ran, ..) = get(&[LOCKED], &["--json", "-q"]);
    ran.expect(3, &[]);
    let line: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(line["status"], "refused", "{line}");
    let (ran, ..) = get(&[FOUND], &["--json"]);
    assert_eq!((ran.lines().len(), ran.stderr.as_str()), (1, ""), "{ran}");
}

/// What no terminal should be sent by a stranger: escapes, a bell, a title, C1, overrides of the direction.
const HOSTILE: &str = "\u{7f}\u{9b}2J\u{202e}\u{2066}\u{200f}";
const HOSTILE_ASCII: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{8}\u{8}\r";

#[test]
fn text_of_a_server_cannot_drive_the_terminal() {
    let page = format!("<html><title>{HOSTILE_ASCII}{HOSTILE}</title>");
    let realm = format!("WWW-Authenticate: Basic realm=\"{HOSTILE}\"\r\nServer: {HOSTILE}\r\n");
    let coding = format!("Content-Encoding: {HOSTILE}\r\n");
    let location = format!("Location: http://h/{HOSTILE}\r\n");
    let replies = [
        Reply::answer(&format!("500 {HOSTILE}"), "", ""),
        Reply::answer(&format!("401 {HOSTILE}"), &realm, ""),
        Reply::answer("200 OK", &coding, ""),
        Reply::answer("302 Found", &location, ""),
        Reply::ok(page),
        Reply::raw(format!("HTTP/1.1 500 {HOSTILE_ASCII}\r\n\r\n")),
        Reply::raw(format!("{HOSTILE_ASCII}{HOSTILE}")),
        Reply::raw(format!("HTTP/1.1 200 OK\r\n{HOSTILE}: 1\r\n\r\n")),
        // Then the pointer is asked for.
        Reply::missing(),
    ];
    for (row, reply) in replies.into_iter().enumerate() {
        let server = Fault::start(move |request| match request.target.ends_with(".pdb") {
            true => reply.clone(),
            false if request.target.ends_with("file.ptr") => Reply::ok("MSG: \u{202e}\u{2066}\u{200f}gone"),
            false => Reply::missing(),
        });
        for options in [&[][..], &["-v"], &["--json"], &["--json", "-v"]] {
            let dir = Dir::new();
            let proxy = server.address().to_string();
            let path = format!("srv*{}*http://h/sym", dir.join("store").display());
            let call = Call::new(SYMGATE, &dir).args(["get", &FOUND.target(), "-y", &path, "--proxy", &proxy]);
            let ran = call.args(options).run();
            assert!(!matches!(ran.status, Some(0 | 101) | None), "{row}: {ran}");
            let bad = |c: char| c.is_control() && c != '\n' || ['\u{202e}', '\u{2066}', '\u{200f}'].contains(&c);
            assert!(!ran.stderr.contains(bad), "{row} {options:?}: {:?}", ran.stderr);
            assert!(!ran.stdout.contains(bad), "{row} {options:?}: {:?}", ran.stdout);
        }
    }
}

/// `-v` with what differs from run to run named: the store and the server.
fn noisy(samples: &[Sample]) -> (String, Ran) {
    let (ran, dir, server) = get(samples, &["-v"]);
    let said = ran
        .stderr
        .replace(dir.join("store").to_str().unwrap(), "STORE")
        .replace(&server.url("sym"), "URL");
    (said, ran)
}

#[test]
fn verbose_says_what_symsrv_says_of_a_miss() {
    let (said, ran) = noisy(&[MISSING]);
    assert_eq!(said, include_str!("noisy/miss.txt"), "{ran}");
}

#[test]
fn verbose_ends_a_search_of_directories_with_what_they_lack() {
    for (made, code) in [("elsewhere", "0x80070003"), ("store", "0x80070002")] {
        let dir = Dir::new();
        dir.make(format!("{made}/{}", MISSING.target()));
        let path = format!("srv*{}", dir.join("store").display());
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", &MISSING.target(), "-v", "-y", &path])
            .run();
        ran.expect(1, &[&format!("SYMSRV:  RESULT: {code}\n")]);
    }
}

#[test]
fn verbose_says_what_symsrv_says_of_a_hit() {
    let (said, ran) = noisy(&[FOUND]);
    assert_eq!(said, include_str!("noisy/hit.txt"), "{ran}");
    // A second file asks for no layout, and is counted.
    let (said, ran) = noisy(&[FOUND, MISSING]);
    assert!(said.contains("SYMSRV:  BYINDEX: 0x2\n"), "{ran}");
    assert_eq!(said.matches("index2.txt").count(), 1, "{ran}");
}

#[test]
fn verbose_says_what_symsrv_says_of_a_failure() {
    let dir = Dir::new();
    let path = format!("srv*{}*http://no-such-host.invalid/sym", dir.join("store").display());
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &FOUND.target(), "-v", "-y", &path])
        .run();
    ran.expect(
        4,
        &["SYMSRV:  HttpSendRequest: 800C2EE7 - ERROR_INTERNET_NAME_NOT_RESOLVED\n"],
    );
    ran.expect(4, &["SYMSRV:  RESULT: 0x800C2EE7\n"]);
    let (said, ran) = noisy(&[LOCKED]);
    assert!(
        said.contains("SYMSRV:  HttpQueryInfo: 80190191 - HTTP_STATUS_DENIED\n"),
        "{ran}"
    );
    assert!(said.contains("SYMSRV:  RESULT: 0x80190191\n"), "{ran}");
    let (said, ran) = noisy(&[BROKEN]);
    assert!(
        said.contains("SYMSRV:  HttpQueryInfo: 801901f4 - HTTP_STATUS_SERVER_ERROR\n"),
        "{ran}"
    );
    assert!(said.contains("SYMSRV:  RESULT: 0x801901F4\n"), "{ran}");
}

#[test]
fn verbose_says_of_a_directory_what_dbghelp_says() {
    let dir = Dir::new();
    dir.write("plain/symbols/pdb/app1.pdb", FOUND.pdb());
    let [plain, cache] = ["plain", "cache"].map(|name| dir.join(name).display().to_string());
    let path = format!("cache*{cache};{plain}");
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &FOUND.target(), "-v", "-y", &path])
        .run();
    ran.expect(0, &[]);
    let said = ran.stderr.replace(&plain, "PLAIN").replace(&cache, "CACHE");
    assert_eq!(said, include_str!("noisy/directory.txt"), "{ran}");
}

#[test]
fn verbose_says_that_a_cache_is_asked_alone_and_then_before_the_server() {
    let (dir, server) = (Dir::new(), server());
    let (cache, url) = (dir.join("cache").display().to_string(), server.url("sym"));
    let path = format!("cache*{cache};srv*{url}");
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &FOUND.target(), "-v", "-y", &path])
        .run();
    ran.expect(0, &[]);
    let blocks = [
        format!("SYMSRV:  BYINDEX: 0x1\n         {cache}\n"),
        "SYMSRV:  RESULT: 0x80070003\n".to_owned(),
        format!("SYMSRV:  BYINDEX: 0x2\n         {cache}*{url}\n"),
        "SYMSRV:  RESULT: 0x00000000\n".to_owned(),
    ];
    let places = blocks.each_ref().map(|block| ran.stderr.find(block));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} {ran}"
    );
    assert_eq!(ran.stderr.matches("BYINDEX").count(), 2, "{ran}");
}

#[test]
fn verbose_says_who_refused_and_what_is_disabled_for_it() {
    let challenge = "Proxy-Authenticate: Basic realm=\"r\"\r\n";
    let proxy = Fault::start(move |_| Reply::answer("407 Who", challenge, ""));
    let dir = Dir::new();
    let store = "http://symbols.invalid/sym";
    let path = format!("srv*{}*{store}", dir.join("store").display());
    let ran = Call::new(SYMGATE, &dir)
        .args([
            "get",
            "-v",
            "-j",
            "1",
            "--proxy",
            &proxy.address().to_string(),
            "-y",
            &path,
        ])
        .args([FOUND.target(), MISSING.target()])
        .run();
    ran.expect(
        3,
        &[
            "SYMSRV:  HttpQueryInfo: 80190197 - HTTP_STATUS_PROXY_AUTH_REQ\n",
            "SYMSRV:  RESULT: 0x80190197\n",
        ],
    );
    let count = |line: &str| {
        ran.stderr
            .matches(&format!("SYMSRV:  AUTH: {line} - {store}\n"))
            .count()
    };
    // The second is not asked any more.
    assert!((1..=2).contains(&count("refused (prompts off)")), "{ran}");
    assert_eq!(count("store disabled until '!symsrv close'"), 2, "{ran}");
}

#[test]
fn a_directory_that_was_meant_to_be_something_else_is_warned_of() {
    let (dir, server) = (Dir::new(), server());
    for (store, warned) in [
        ("~/store", true),
        ("symbols.example/store", true),
        ("store.d/store*there", false),
        ("there/symbols.d", false),
    ] {
        let path = format!("{};srv*{store}", path(&dir, &server));
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", "-y", &path, &FOUND.target()])
            .run();
        ran.expect(0, &[]);
        assert_eq!(ran.stderr.contains("warning: symbol path, `"), warned, "{store}: {ran}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn results_that_cannot_be_written_are_a_failure() {
    let (dir, server) = (Dir::new(), server());
    let status = std::process::Command::new(SYMGATE)
        .env_clear()
        .args(["get", "-y", &path(&dir, &server), &FOUND.target()])
        .stdin(std::process::Stdio::null())
        .stdout(std::fs::File::create("/dev/full").unwrap())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(5));
    assert!(dir.join("store").join(FOUND.file()).exists());
}

#[test]
fn quiet_says_errors_only() {
    let (dir, server) = (Dir::new(), server());
    let odd = format!("{};cache*;;srv*a*b*c*d*e*f*g*h*i*j*k", path(&dir, &server));
    let call = |options: &[&str]| {
        Call::new(SYMGATE, &dir)
            .args(["get", "-y", &odd, &FOUND.target()])
            .args(options)
    };
    call(&[]).run().expect(0, &["warning: symbol path, "]);
    let ran = call(&["-q"]).run();
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    let (ran, ..) = get(&[MISSING], &["-q"]);
    ran.expect(1, &["does not have it"]);
}

#[test]
fn a_warm_store_asks_nobody() {
    let (dir, server) = (Dir::new(), server());
    let path = path(&dir, &server);
    let call = || Call::new(SYMGATE, &dir).args(["get", "-y", &path, &FOUND.target(), &ALSO_FOUND.target()]);
    let cold = call().run();
    let asked = server.heard().len();
    let warm = call().run();
    assert_eq!(
        (cold.status, &cold.stdout, cold.stderr.as_str()),
        (warm.status, &warm.stdout, "")
    );
    assert_eq!((warm.status, server.heard().len()), (Some(0), asked));
}

#[test]
fn a_file_is_found_where_the_path_says_first() {
    let (dir, server) = (Dir::new(), server());
    dir.write("plain/app1.pdb", FOUND.pdb());
    dir.write(format!("shared/{}", FOUND.file()), FOUND.pdb());
    let (plain, shared, url) = (dir.join("plain"), dir.join("shared"), server.url("sym"));
    let (plain, shared) = (plain.display(), shared.display());
    let cached = format!("cache*{};{plain}", dir.join("cache").display());
    for (path, found) in [
        (format!("{plain};srv*{url}"), "plain/app1.pdb".to_owned()),
        (format!("srv*{shared};{plain}"), format!("shared/{}", FOUND.file())),
        (
            format!("srv*{}*{shared}*{url}", dir.join("left").display()),
            format!("left/{}", FOUND.file()),
        ),
        (cached, format!("cache/{}", FOUND.file())),
    ] {
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", &FOUND.target(), "-y", &path])
            .run();
        ran.expect(0, &[]);
        assert_eq!(ran.lines(), [dir.join(found).to_str().unwrap()], "{path}");
    }
    assert!(server.heard().is_empty());
    assert_eq!(names(&dir.join("plain")), ["app1.pdb"]);
}

#[test]
fn a_broken_store_does_not_hide_the_next() {
    let (dir, server) = (Dir::new(), server());
    let broken = Fault::start(|_| Reply::raw("").then(Then::Reset));
    let store = dir.join("store");
    let path = format!(
        "srv*{0}*{1};srv*{0}*{2}",
        store.display(),
        broken.url("a"),
        server.url("sym")
    );
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &FOUND.target(), "-y", &path])
        .run();
    ran.expect(0, &[]);
    assert_eq!(names(&store), [FOUND.file()]);
    // What nobody has is not simply missing where one store could not say.
    let ran = Call::new(SYMGATE, &dir)
        .args(["get", &MISSING.target(), "-y", &path])
        .run();
    ran.expect(4, &[&broken.address().to_string()]);
}

fn names(root: &Path) -> Vec<String> {
    visible(root).into_keys().collect()
}

#[test]
fn a_path_that_searches_nothing_finds_nothing() {
    let dir = Dir::new();
    for path in ["", ";;", "DebugInfoD*https://h", "symsrv*other.dll*/x"] {
        let ran = Call::new(SYMGATE, &dir)
            .args(["get", &FOUND.target(), "-y", path])
            .run();
        ran.expect(1, &["searches nothing"]);
    }
    assert_eq!(visible(dir.path()), BTreeMap::new());
}

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
