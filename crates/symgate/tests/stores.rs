//! Chains of stores in bad shape and pointers of every form (SYMSRV §1.1, §1.2, §2.3; DECISIONS §1, §7, §8), seen through
//! the public API.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use symgate::auth::Credentials;
use symgate::path::{Security, SymbolPath, Variant};
use symgate::policy::{Answers, Explicit, Given};
use symgate::{Client, Config, Ended, Error, ErrorKind, Event, Found, Job, Observer, Wanted};
use symgate_net::Cancel;
use symgate_store::{Begin, Store, Writing};
use symgate_tests::Dir;
use symgate_tests::command::{Content, visible};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::made::{self, Pdb};

const GUID: [u8; 16] = *b"\x49\x7b\x72\xf6\x39\x0a\x44\xfc\x87\x8e\x5a\x2d\x63\xb6\xcc\x4b";
const ID: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1";
const FILE: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pdb";
const COMPRESSED: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pd_";
const POINTER: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/file.ptr";

#[test]
fn a_middle_store_that_cannot_take_the_file_does_not_break_the_chain() {
    let server = serving(&[(FILE, pdb())]);
    let dir = Dir::new();
    // Something else at the file's place: no error of permission.
    dir.make(format!("mid/{FILE}"));
    let path = format!(
        "srv*{}*{}*{}",
        dir.join("left").display(),
        dir.join("mid").display(),
        server.url("sym")
    );
    assert_eq!(find(&dir, &path).unwrap().path, dir.join("left").join(FILE));
    // Alone it is the reason.
    let path = format!("srv*{}*{}", dir.join("mid").display(), server.url("sym"));
    assert_eq!(find(&dir, &path).unwrap_err().kind(), ErrorKind::Store);
}

#[test]
fn a_store_that_was_passed_over_is_not_the_reason() {
    let server = serving(&[(FILE, b"<html>log in".to_vec())]);
    let dir = Dir::new();
    dir.make(format!("mid/{FILE}"));
    let path = format!(
        "srv*{}*{}*{}",
        dir.join("left").display(),
        dir.join("mid").display(),
        server.url("sym")
    );
    assert_eq!(find(&dir, &path).unwrap_err().kind(), ErrorKind::Content);
}

#[test]
fn compressed_content_of_another_build_does_not_stay_in_the_middle() {
    let wrong = szdd(&Pdb::new([7; 16], 1).build());
    let dir = Dir::new();
    let chain = |server: &Fault| {
        format!(
            "srv*{}*{}*{}",
            dir.join("left").display(),
            dir.join("mid").display(),
            server.url("sym")
        )
    };
    for bad in [wrong.clone(), wrong[..wrong.len() - 1].to_vec()] {
        let server = serving(&[(COMPRESSED, bad)]);
        assert_eq!(find(&dir, &chain(&server)).unwrap_err().kind(), ErrorKind::Content);
        assert_eq!(visible(&dir.join("left")), BTreeMap::new());
        assert_eq!(visible(&dir.join("mid")), BTreeMap::new());
    }
    // So the next server is not in vain.
    let server = serving(&[(COMPRESSED, szdd(&pdb()))]);
    find(&dir, &chain(&server)).unwrap();
    assert_eq!(
        visible(&dir.join("left")),
        BTreeMap::from([(FILE.to_owned(), Content(pdb()))])
    );
    assert_eq!(
        visible(&dir.join("mid")),
        BTreeMap::from([(COMPRESSED.to_owned(), Content(szdd(&pdb())))])
    );
}

#[test]
fn a_damaged_compressed_file_on_the_left_is_not_in_the_way() {
    let server = serving(&[(COMPRESSED, szdd(&pdb()))]);
    let dir = Dir::new();
    dir.write(format!("left/{COMPRESSED}"), "MSCF, once");
    let found = find(
        &dir,
        &format!("srv*{}*{}", dir.join("left").display(), server.url("sym")),
    )
    .unwrap();
    assert_eq!(fs::read(found.path).unwrap(), pdb());
}

#[test]
fn a_bad_file_in_the_middle_is_neither_taken_nor_given_back_for_a_good_one() {
    let server = serving(&[(FILE, pdb()), (COMPRESSED, szdd(&pdb()))]);
    for (at, bad) in [
        (FILE, Pdb::new([7; 16], 1).build()),
        (COMPRESSED, b"MSCF, once".to_vec()),
    ] {
        let dir = Dir::new();
        dir.write(format!("mid/{at}"), bad);
        let path = format!(
            "srv*{}*{}*{}",
            dir.join("left").display(),
            dir.join("mid").display(),
            server.url("sym")
        );
        let found = find(&dir, &path).unwrap();
        assert_eq!(found.path, dir.join("left").join(FILE), "{at}");
        assert_eq!(fs::read(found.path).unwrap(), pdb(), "{at}");
    }
}

#[test]
fn a_bad_file_in_any_store_gives_way_to_a_good_one_and_is_the_reason_without() {
    let server = serving(&[(FILE, pdb())]);
    let without = serving(&[]);
    for bad in [b"<html>log in".to_vec(), Pdb::new([7; 16], 1).build()] {
        for at in ["left", "mid"] {
            let dir = Dir::new();
            dir.write(format!("{at}/{FILE}"), &bad);
            let chain = |server: &Fault| {
                format!(
                    "srv*{}*{}*{}",
                    dir.join("left").display(),
                    dir.join("mid").display(),
                    server.url("sym")
                )
            };
            let error = find(&dir, &chain(&without)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Content, "{at}: {error}");
            assert!(
                error.to_string().contains(&*dir.join(at).to_string_lossy()),
                "{at}: {error}"
            );
            assert_eq!(fs::read(dir.join(at).join(FILE)).unwrap(), bad, "{at}");
            let found = find(&dir, &chain(&server)).unwrap();
            assert_eq!(found.path, dir.join("left").join(FILE), "{at}");
            for store in ["left", "mid"] {
                assert_eq!(fs::read(dir.join(store).join(FILE)).unwrap(), pdb(), "{at} {store}");
            }
        }
    }
}

#[test]
fn a_server_that_could_not_ask_is_asked_again_for_its_layout() {
    let server = Fault::start(|request| {
        if request.target.ends_with("index2.txt") {
            Reply::answer("404 Not Found", "Symgate-Unknown: 1\r\nCache-Control: no-store\r\n", "")
        } else {
            Reply::missing()
        }
    });
    let dir = Dir::new();
    let client = client(&dir, &format!("srv*{}", server.url("sym")));
    for _ in 0..2 {
        client.find(&wanted(), &Job::silent()).unwrap_err();
    }
    let asked = server
        .targets()
        .iter()
        .filter(|target| target.ends_with("index2.txt"))
        .count();
    assert_eq!(asked, 2);
}

#[test]
fn a_login_page_for_index2_is_no_layout_and_not_remembered() {
    for (fields, page) in [
        ("Content-Type: text/html; charset=utf-8\r\n", "log in"),
        ("Content-Type: text/plain\r\n", " \r\n<html>log in"),
    ] {
        let logged_in = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&logged_in);
        let server = Fault::start(move |request| match request.target.strip_prefix("/sym/") {
            _ if !seen.load(Ordering::Relaxed) => Reply::answer("200 OK", fields, page),
            Some(FILE) => Reply::ok(pdb()),
            _ => Reply::missing(),
        });
        let dir = Dir::new();
        let path = format!("srv*{}*{}", dir.join("left").display(), server.url("sym"));
        let client = client(&dir, &path);
        let error = client.find(&wanted(), &Job::silent()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content, "{error}");
        assert!(
            error.to_string().contains("a web page in place of `index2.txt`"),
            "{error}"
        );
        assert_eq!(server.targets().len(), 1);
        logged_in.store(true, Ordering::Relaxed);
        // A store of one tier after all.
        client.find(&wanted(), &Job::silent()).unwrap();
    }
}

#[test]
fn a_marker_may_say_anything_but_a_page() {
    for (fields, body) in [("", ""), ("", "."), ("Content-Type: text/html\r\n", "")] {
        let server = Fault::start(move |request| match request.target.as_str() {
            "/sym/index2.txt" => Reply::answer("200 OK", fields, body),
            "/sym/ap/app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pdb" => Reply::ok(pdb()),
            _ => Reply::missing(),
        });
        let dir = Dir::new();
        let path = format!("srv*{}*{}", dir.join("left").display(), server.url("sym"));
        find(&dir, &path).unwrap();
    }
}

#[test]
fn waiting_for_another_writer_ends_with_the_deadline() {
    let server = serving(&[(FILE, pdb())]);
    let dir = Dir::new();
    let store = Store::new(dir.join("left"));
    let id = ID.parse().unwrap();
    let begun = store.begin(&id, Variant::Plain, &Writing::default()).unwrap();
    assert!(matches!(begun, Begin::Write(_)));
    let path = format!("srv*{}*{}", dir.join("left").display(), server.url("sym"));
    let mut config = Config::new(SymbolPath::parse(&path).path, dir.join("default"));
    config.deadlines.total = Some(Duration::from_millis(300));
    let error = Client::new(config)
        .unwrap()
        .find(&wanted(), &Job::silent())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
}

#[test]
fn a_directory_that_calls_itself_a_store_is_searched_as_one() {
    let dir = Dir::new();
    dir.write(format!("plain/{FILE}"), pdb());
    let path = dir.join("plain").display().to_string();
    assert_eq!(find(&dir, &path).unwrap_err().kind(), ErrorKind::Missing);
    dir.write("plain/pingme.txt", "");
    assert_eq!(find(&dir, &path).unwrap().path, dir.join("plain").join(FILE));
    // A cache to its left keeps what it has.
    let cached = format!("cache*{};{path}", dir.join("cache").display());
    assert_eq!(find(&dir, &cached).unwrap().path, dir.join("cache").join(FILE));
}

#[test]
fn a_search_that_was_told_to_begin_is_told_to_end() {
    let (dir, log, cancel) = (Dir::new(), Log::default(), Cancel::new());
    cancel.cancel();
    for path in ["plain", "srv*left"] {
        let job = Job {
            observer: &log,
            cancel: &cancel,
            ..Job::silent()
        };
        let error = client(&dir, path).find(&wanted(), &job).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{path}");
    }
    let text = log.text();
    let begun = ["Looking", "Searching"].map(|begun| text.matches(begun).count());
    assert_eq!(begun, [1, 1], "{text}");
    assert_eq!(text.matches("Ended").count(), 2, "{text}");
}

#[test]
fn what_a_plain_directory_has_is_kept_by_the_cache_to_its_left() {
    let dir = Dir::new();
    // Another build has the same name.
    dir.write("plain/app.pdb", Pdb::new([7; 16], 1).build());
    let source = dir.write("plain/pdb/app.pdb", pdb());
    let plain = dir.join("plain").display().to_string();
    let path = format!("cache*{};{plain}", dir.join("cache").display());
    assert_eq!(find(&dir, &plain).unwrap().path, source);
    assert_eq!(find(&dir, &path).unwrap().path, dir.join("cache").join(FILE));
    fs::remove_file(source).unwrap();
    assert_eq!(find(&dir, &path).unwrap().path, dir.join("cache").join(FILE));
}

#[test]
fn a_pointer_in_a_directory_is_followed_in_every_form() {
    let server = Fault::start(|request| match request.target.as_str() {
        "/drop/app.pdb?sig=a/b" => Reply::ok(pdb()),
        "/drop/app%2Epd_" => Reply::ok(szdd(&pdb())),
        _ => Reply::missing(),
    });
    let elsewhere = Dir::new();
    let plain = elsewhere.write("drop/app.pdb", pdb());
    let packed = elsewhere.write("drop/APP.PD_", szdd(&pdb()));
    for text in [
        plain.display().to_string(),
        format!("PATH:{}\r\n", packed.display()),
        server.url("drop/app.pdb?sig=a/b"),
        server.url("drop/app.pdb?sig=a/b").replace("//", "//me:secret@"),
        format!("PATH:{}", server.url("drop/app%2Epd_")),
        r"builds\7\app.pdb".into(),
        "beside.pdb".into(),
    ] {
        let dir = Dir::new();
        dir.write(format!("share/{POINTER}"), &text);
        dir.write("share/Builds/7/app.pdb", pdb());
        dir.write(
            format!("share/{FILE}")
                .replace("/app.pdb", "/beside.pdb")
                .replace("beside.pdb/", "app.pdb/"),
            pdb(),
        );
        let path = format!("srv*{}*{}", dir.join("left").display(), dir.join("share").display());
        let log = Log::default();
        let found = client(&dir, &path)
            .find(&wanted(), &log.job())
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.path, dir.join("left").join(FILE), "{text}");
        assert_eq!(fs::read(&found.path).unwrap(), pdb(), "{text}");
        assert!(!log.text().contains("secret"), "{text}: {}", log.text());
    }
}

#[test]
fn a_store_that_wants_pointers_gets_them_and_not_their_targets() {
    let elsewhere = Dir::new();
    let target = elsewhere.write("drop/app.pdb", pdb());
    let pointer = format!("PATH:{}", target.display());
    // Which stores want them, and what lies in each afterwards.
    for (wanting, left, mid, found) in [
        (&["mid"][..], FILE, POINTER, "left"),
        (&["left"], POINTER, FILE, "mid"),
        (&["left", "mid"], POINTER, POINTER, "drop"),
        (&[], FILE, FILE, "left"),
    ] {
        let dir = Dir::new();
        dir.write(format!("share/{POINTER}"), &pointer);
        for store in wanting {
            dir.write(format!("{store}/wantsptr.txt"), "");
        }
        let path = format!(
            "srv*{}*{}*{}",
            dir.join("left").display(),
            dir.join("mid").display(),
            dir.join("share").display()
        );
        let opened = if found == "drop" {
            target.clone()
        } else {
            dir.join(found).join(FILE)
        };
        assert_eq!(find(&dir, &path).unwrap().path, opened, "{wanting:?}");
        for (store, name) in [("left", left), ("mid", mid)] {
            let mut names = visible(&dir.join(store));
            names.remove("wantsptr.txt");
            let content = if name == FILE {
                pdb()
            } else {
                pointer.clone().into_bytes()
            };
            assert_eq!(
                names,
                BTreeMap::from([(name.to_owned(), Content(content))]),
                "{wanting:?} {store}"
            );
        }
        // Warm, the leftmost store's own pointer is followed, and nothing is copied.
        let before = visible(dir.path());
        let warm = if left == POINTER { target.clone() } else { opened };
        assert_eq!(find(&dir, &path).unwrap().path, warm, "{wanting:?}");
        assert_eq!(visible(dir.path()), before, "{wanting:?}");
    }
}

#[test]
fn a_pointer_to_another_build_is_not_kept() {
    let elsewhere = Dir::new();
    let target = elsewhere.write("app.pdb", Pdb::new([7; 16], 1).build());
    let dir = Dir::new();
    dir.write(format!("share/{POINTER}"), target.display().to_string());
    dir.write("left/wantsptr.txt", "");
    let path = format!("srv*{}*{}", dir.join("left").display(), dir.join("share").display());
    assert_eq!(find(&dir, &path).unwrap_err().kind(), ErrorKind::Content);
    assert_eq!(visible(&dir.join("left")).len(), 1);
    // Nor for what another store has.
    let server = serving(&[(FILE, pdb())]);
    let found = find(&dir, &format!("{path}*{}", server.url("sym"))).unwrap();
    assert_eq!(found.path, dir.join("left").join(FILE));
    assert!(!dir.join("left").join(POINTER).exists());
}

#[test]
fn a_server_names_no_file_of_this_machine() {
    let elsewhere = Dir::new();
    let file = elsewhere.write("app.pdb", pdb());
    for text in [
        file.display().to_string(),
        format!("PATH:/{}", file.display()),
        r"\\evil\share\app.pdb".into(),
        r"\/evil\share\app.pdb".into(),
        r"/\evil/share/app.pdb".into(),
        r"\\.\UNC\evil\share\app.pdb".into(),
    ] {
        let server = serving(&[(POINTER, text.clone().into_bytes())]);
        let dir = Dir::new();
        let error = find(
            &dir,
            &format!("srv*{}*{}", dir.join("left").display(), server.url("sym")),
        )
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing, "{text}: {error}");
        assert!(
            error.to_string().contains("no share that the symbol path names"),
            "{text}: {error}"
        );
        assert_eq!(visible(&dir.join("left")), BTreeMap::new(), "{text}");
    }
}

#[test]
fn credentials_for_stores_answer_a_pointers_server_only_where_the_path_names_it() {
    let dir = Dir::new();
    let elsewhere = Fault::start(|request| {
        if request.head.contains("Authorization:") {
            Reply::ok(pdb())
        } else {
            Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", "")
        }
    });
    dir.write(format!("share/{POINTER}"), elsewhere.url("drop/app.pdb"));
    let chain = format!("srv*{}*{}", dir.join("left").display(), dir.join("share").display());
    let with_login = |path: &str| {
        let login = Given::Credentials(Arc::new(Credentials::password("alice", "S3cret")));
        let mut config = Config::new(SymbolPath::parse(path).path, dir.join("default"));
        config.answers = Answers::default().with_explicit(Explicit::default().for_stores(login));
        Client::new(config).unwrap().find(&wanted(), &Job::silent())
    };
    let error = with_login(&chain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.is_beyond_the_path(), "{error}");
    let sent = elsewhere.heard();
    assert!(
        sent.iter().all(|request| !request.head.contains("Authorization")),
        "{sent:#?}"
    );
    // Written in the path, further right.
    let found = with_login(&format!("{chain};srv*{}", elsewhere.url("sym")));
    assert_eq!(found.unwrap().path, dir.join("left").join(FILE));
}

#[test]
fn a_servers_relative_pointer_stays_at_the_server() {
    for at in ["drop/app.pdb".to_owned(), POINTER.replace("file.ptr", "drop/app.pdb")] {
        let server = serving(&[(POINTER, br"drop\app.pdb".to_vec()), (&at, pdb())]);
        let dir = Dir::new();
        let found = find(
            &dir,
            &format!("srv*{}*{}", dir.join("left").display(), server.url("sym")),
        )
        .unwrap();
        assert_eq!(fs::read(found.path).unwrap(), pdb(), "{at}");
    }
}

#[test]
fn a_pointer_that_is_too_long_is_not_followed() {
    let elsewhere = serving(&[("app.pdb", pdb())]);
    let mut text = elsewhere.url("sym/app.pdb").into_bytes();
    text.resize(70 << 10, b' ');
    // Sent so that its beginning comes alone.
    let server = serving(&[(POINTER, text)]);
    let dir = Dir::new();
    let error = find(
        &dir,
        &format!("srv*{}*{}", dir.join("left").display(), server.url("sym")),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Content, "{error}");
    assert_eq!(elsewhere.targets(), [] as [String; 0]);
}

/// SYMSRV §1.8: no servers, whoever names them, and no copies.
#[test]
fn secure_mode_follows_no_pointer_to_a_server_and_keeps_nothing() {
    let server = serving(&[("app.pdb", pdb())]);
    let elsewhere = Dir::new();
    let target = elsewhere.write("drop/app.pdb", pdb());
    // What the store has, and what the error says; `None` where the file is opened where it lies.
    for (at, content, said) in [
        (
            POINTER,
            server.url("sym/app.pdb").into_bytes(),
            Some("secure mode contacts no server"),
        ),
        (COMPRESSED, szdd(&pdb()), Some("secure mode keeps no copies")),
        (POINTER, target.display().to_string().into_bytes(), None),
    ] {
        // The store may be the default one: it is read all the same, and not written.
        for store in ["share", "default"] {
            let dir = Dir::new();
            dir.write(format!("{store}/{at}"), &content);
            let mut config = Config::new(
                SymbolPath::parse(&format!("srv*{}", dir.join(store).display())).path,
                dir.join("default"),
            );
            config.security = Security::Secure;
            let before = visible(dir.path());
            let found = Client::new(config).unwrap().find(&wanted(), &Job::silent());
            match said {
                Some(said) => {
                    let error = found.unwrap_err();
                    assert!(error.to_string().contains(said), "{store} {at}: {error}");
                }
                None => assert_eq!(found.unwrap().path, target, "{store}"),
            }
            assert_eq!(visible(dir.path()), before, "{store} {at}");
        }
    }
    assert_eq!(server.targets(), [] as [String; 0]);
}

#[test]
fn a_store_that_fails_does_not_hide_the_next_one() {
    let failing = Fault::start(|_| Reply::answer("500 Oops", "", ""));
    let server = serving(&[(FILE, pdb())]);
    let dir = Dir::new();
    let left = dir.join("left").display().to_string();
    for path in [
        format!("srv*{left}*{};srv*{left}*{}", failing.url("sym"), server.url("sym")),
        format!("srv*{left}*{}*{}", failing.url("sym"), server.url("sym")),
    ] {
        assert_eq!(find(&dir, &path).unwrap().path, dir.join("left").join(FILE), "{path}");
        fs::remove_dir_all(dir.join("left")).unwrap();
    }
}

#[test]
fn a_store_takes_no_more_than_the_settings_say() {
    let server = serving(&[(FILE, pdb())]);
    let dir = Dir::new();
    let path = format!("srv*{}*{}", dir.join("left").display(), server.url("sym"));
    let mut config = Config::new(SymbolPath::parse(&path).path, dir.join("default"));
    config.store_limits.file = 100;
    let client = Client::new(config).unwrap();
    let error = client.find(&wanted(), &Job::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Content);
    assert_eq!(visible(&dir.join("left")), BTreeMap::new());
}

fn pdb() -> Vec<u8> {
    made::pair("app", GUID, 1).1
}

fn wanted() -> Wanted {
    Wanted::new(ID.parse().unwrap())
}

fn client(dir: &Dir, path: &str) -> Client {
    Client::new(Config::new(SymbolPath::parse(path).path, dir.join("default"))).unwrap()
}

fn find(dir: &Dir, path: &str) -> Result<Found, Error> {
    client(dir, path).find(&wanted(), &Job::silent())
}

/// A one-tier store at `/sym` that has these files.
fn serving(files: &[(&str, Vec<u8>)]) -> Fault {
    let files: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(name, content)| (format!("/sym/{name}"), content.clone()))
        .collect();
    Fault::start(move |request| files.get(&request.target).map_or_else(Reply::missing, Reply::ok))
}

/// Packs nothing: each byte stands for itself.
fn szdd(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"SZDD\x88\xf0\x27\x33Ab".to_vec();
    bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    for eight in content.chunks(8) {
        bytes.push(0xff);
        bytes.extend(eight);
    }
    bytes
}

/// Everything that an observer is told, as text.
#[derive(Default)]
struct Log(Mutex<String>);

impl Log {
    fn job(&self) -> Job<'_> {
        static NEVER: std::sync::LazyLock<Cancel> = std::sync::LazyLock::new(Cancel::new);
        Job {
            observer: self,
            cancel: &NEVER,
            ..Job::silent()
        }
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Log {
    fn observe(&self, _: usize, event: &Event<'_>) {
        let told = match event {
            Event::Ended {
                outcome: Ended::Failed(error),
            } => format!("{event:?} {error}"),
            _ => format!("{event:?}"),
        };
        self.0.lock().unwrap().push_str(&told);
    }
}
