//! Copies that are asked for anew and PDBs of other builds (`.reload /o` and `/i`; SYMSRV §1.6, §2.3, §6.5), seen through
//! the public API.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;

use symgate::path::SymbolPath;
use symgate::{
    Client, Config, Error, ErrorKind, Event, Existing, Fit, Found, Habits, Job, Mismatched, Observer, Probed, Wanted,
};
use symgate_net::Cancel;
use symgate_tests::Dir;
use symgate_tests::fault::{Fault, Reply, Then};
use symgate_tests::made::{Pdb, Pe, Record};

const GUID: [u8; 16] = *b"\x49\x7b\x72\xf6\x39\x0a\x44\xfc\x87\x8e\x5a\x2d\x63\xb6\xcc\x4b";
const ID: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1";
const FILE: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pdb";
const COMPRESSED: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/app.pd_";
const POINTER: &str = "app.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/file.ptr";

#[test]
fn copies_downstream_are_replaced_by_what_the_server_has() {
    for (at, served) in [(FILE, new()), (COMPRESSED, szdd(&new()))] {
        let server = serving(&[(at, served.clone())]);
        let dir = Dir::new();
        let (left, mid) = (
            dir.write(format!("left/{FILE}"), old()),
            dir.write(format!("mid/{at}"), old()),
        );
        let chain = chain(&dir, &["left", "mid"], &server.url("sym"));
        // Without the habit the copy is the file, and nobody is asked.
        let found = find(&dir, &chain, Habits::default()).unwrap();
        assert_eq!(fs::read(found.path).unwrap(), old(), "{at}");
        assert_eq!(server.targets(), [] as [String; 0], "{at}");
        let found = find(&dir, &chain, REPLACE).unwrap();
        assert_eq!((found.path, found.fit), (left.clone(), Fit::Matched), "{at}");
        assert_eq!(found.source, server.url("sym"), "{at}");
        assert_eq!(fs::read(left).unwrap(), new(), "{at}");
        assert_eq!(fs::read(mid).unwrap(), served, "{at}");
    }
}

#[test]
fn the_last_store_of_a_chain_is_read_and_not_replaced() {
    let dir = Dir::new();
    let left = dir.write(format!("left/{FILE}"), old());
    let last = dir.write(format!("last/{FILE}"), new());
    let chain = format!("srv*{}*{}", dir.join("left").display(), dir.join("last").display());
    for _ in 0..2 {
        assert_eq!(find(&dir, &chain, REPLACE).unwrap().path, left);
        assert_eq!(fs::read(&left).unwrap(), new());
        assert_eq!(fs::read(&last).unwrap(), new());
    }
    // Alone, it has nobody to be replaced from.
    let alone = format!("srv*{}", dir.join("last").display());
    assert_eq!(find(&dir, &alone, REPLACE).unwrap().path, last);
}

#[test]
fn a_copy_that_cannot_be_replaced_is_served_with_a_warning() {
    let halves = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\nMicrosoft C/C++ MSF 7.00");
    let replies = [
        ("a miss", Reply::missing()),
        ("a failure", Reply::answer("500 Oops", "", "")),
        (
            "a refusal",
            Reply::answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", ""),
        ),
        ("a login page", Reply::ok("<html><title>log in</title>")),
        ("another build", Reply::ok(Pdb::new([7; 16], 1).build())),
        ("half a file", halves),
    ];
    for (row, reply) in replies {
        let server = Fault::start(move |request| match request.target.as_str() {
            "/sym/index2.txt" => Reply::missing(),
            _ => reply.clone(),
        });
        for (at, content) in [(FILE, old()), (COMPRESSED, szdd(&old()))] {
            for store in ["left", "mid"] {
                let dir = Dir::new();
                let copy = dir.write(format!("{store}/{at}"), &content);
                let log = Log::default();
                let chain = chain(&dir, &["left", "mid"], &server.url("sym"));
                let found = client(&dir, &chain).find(&wanted(), &log.job(REPLACE));
                let found = found.unwrap_or_else(|error| panic!("{row}, {store} {at}: {error}"));
                assert_eq!(found.path, dir.join("left").join(FILE), "{row}, {store} {at}");
                assert_eq!(fs::read(found.path).unwrap(), old(), "{row}, {store} {at}");
                assert_eq!(fs::read(copy).unwrap(), content, "{row}, {store} {at}");
                let stays = log
                    .warnings()
                    .iter()
                    .filter(|text| text.contains(" stays, as there is no other: "))
                    .count();
                assert_eq!(stays, 1, "{row}, {store} {at}: {:?}", log.warnings());
            }
        }
    }
}

#[test]
fn nobody_is_asked_a_second_time_for_a_copy_that_stays() {
    let servers = [(); 2].map(|()| Fault::start(|_| Reply::missing()));
    let dir = Dir::new();
    dir.write(format!("b/{FILE}"), old());
    let path = format!(
        "{};{}",
        chain(&dir, &["a"], &servers[0].url("sym")),
        chain(&dir, &["b"], &servers[1].url("sym"))
    );
    let found = find(&dir, &path, REPLACE).unwrap();
    assert_eq!(found.path, dir.join("b").join(FILE));
    for server in &servers {
        let asked = server.targets();
        let mut once = asked.clone();
        once.sort();
        once.dedup();
        assert_eq!(asked.len(), once.len(), "{asked:?}");
    }
}

#[test]
fn what_is_wrong_upstream_is_the_reason_where_there_is_no_copy() {
    let server = Fault::start(|_| Reply::answer("500 Oops", "", ""));
    let dir = Dir::new();
    let path = chain(&dir, &["left"], &server.url("sym"));
    let error = find(&dir, &path, REPLACE).unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Network, Some(500)),
        "{error}"
    );
}

#[test]
fn a_cache_is_filled_anew_by_what_stands_to_its_right() {
    let dir = Dir::new();
    let cached = dir.write(format!("cache/{FILE}"), old());
    dir.make("plain");
    let server = serving(&[(FILE, new())]);
    let without = serving(&[]);
    let path = |rest: &str| format!("cache*{};{rest}", dir.join("cache").display());
    let plain = dir.join("plain").display().to_string();
    // Nobody has another one: the copy stays the file.
    for rest in [plain.clone(), format!("srv*{}", without.url("sym"))] {
        let found = find(&dir, &path(&rest), REPLACE).unwrap_or_else(|error| panic!("{rest}: {error}"));
        assert_eq!(found.path, cached, "{rest}");
        assert_eq!(fs::read(&cached).unwrap(), old(), "{rest}");
    }
    dir.write("plain/app.pdb", new());
    for rest in [format!("srv*{}", server.url("sym")), plain] {
        fs::write(&cached, old()).unwrap();
        assert_eq!(find(&dir, &path(&rest), REPLACE).unwrap().path, cached, "{rest}");
        assert_eq!(fs::read(&cached).unwrap(), new(), "{rest}");
    }
}

#[test]
fn the_pointer_of_a_downstream_store_gives_way_to_a_file() {
    let dir = Dir::new();
    let target = dir.write("drop/app.pdb", old());
    dir.write(format!("left/{POINTER}"), target.display().to_string());
    let path = |server: &Fault| chain(&dir, &["left"], &server.url("sym"));
    let found = find(&dir, &path(&serving(&[])), REPLACE).unwrap();
    assert_eq!(fs::read(found.path).unwrap(), old());
    let found = find(&dir, &path(&serving(&[(FILE, new())])), REPLACE).unwrap();
    assert_eq!(found.path, dir.join("left").join(FILE));
    assert_eq!(fs::read(found.path).unwrap(), new());
}

/// A debugger that has the old copy open, or opens one meanwhile, must not see half of the new one.
#[test]
fn a_copy_is_whole_at_every_moment_of_its_replacement() {
    // More than is held in memory, so that it lies in the store before it is whole.
    let large = Pdb {
        padded_to: 600_000,
        ..Pdb::new(GUID, 1)
    }
    .build();
    let (half, rest) = large.split_at(400_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.len());
    let half = Reply::raw([head.as_bytes(), half].concat());
    let barrier = Arc::new(Barrier::new(2));
    let whole = half.then(Then::Await(Arc::clone(&barrier), Box::new(Reply::raw(rest))));
    let server = Fault::start(move |request| match request.target.strip_prefix("/sym/") {
        Some(FILE) => whole.clone(),
        _ => Reply::missing(),
    });
    let dir = Dir::new();
    let left = dir.write(format!("left/{FILE}"), old());
    let client = client(&dir, &chain(&dir, &["left"], &server.url("sym")));
    let (sender, arrived) = mpsc::channel();
    let arrivals = Arrivals(sender);
    thread::scope(|scope| {
        let search = scope.spawn(|| {
            let job = Job {
                observer: &arrivals,
                ..with(REPLACE)
            };
            client.find(&wanted(), &job)
        });
        let mut bytes = 0;
        while bytes < 400_000 {
            bytes += arrived.recv().unwrap();
        }
        assert_eq!(fs::read(&left).unwrap(), old());
        barrier.wait();
        assert_eq!(search.join().unwrap().unwrap().path, left);
    });
    assert!(fs::read(&left).unwrap() == large);
}

/// Hands on how many bytes arrive.
struct Arrivals(mpsc::Sender<u64>);

impl Observer for Arrivals {
    fn observe(&self, _: usize, event: &Event<'_>) {
        if let Event::Received { bytes } = event {
            self.0.send(*bytes).unwrap();
        }
    }
}

#[test]
fn a_search_that_is_given_up_leaves_the_copy_alone() {
    let server = serving(&[(FILE, new())]);
    let dir = Dir::new();
    let left = dir.write(format!("left/{FILE}"), old());
    let cancel = Cancel::new();
    cancel.cancel();
    let job = Job {
        cancel: &cancel,
        habits: REPLACE,
        ..Job::silent()
    };
    let path = chain(&dir, &["left"], &server.url("sym"));
    let error = client(&dir, &path).find(&wanted(), &job).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(fs::read(left).unwrap(), old());
}

#[test]
fn a_pdb_of_another_build_is_found_where_nobody_has_the_right_one() {
    for (row, other) in [
        ("GUID", Pdb::new([7; 16], 1)),
        ("age", Pdb::new(GUID, 9)),
        ("both", Pdb::new([7; 16], 9)),
    ] {
        let dir = Dir::new();
        let first = dir.write("first/app.pdb", other.build());
        dir.write("second/pdb/app.pdb", Pdb::new([8; 16], 1).build());
        let path = format!("{};{}", dir.join("first").display(), dir.join("second").display());
        let search = |habits| strict(&dir, &path).find(&wanted(), &with(habits));
        assert_eq!(
            search(Habits::default()).unwrap_err().kind(),
            ErrorKind::Missing,
            "{row}"
        );
        let found = search(ACCEPT).unwrap();
        assert_eq!((&found.path, found.fit), (&first, Fit::Mismatched), "{row}");
        assert_eq!(found.source, dir.join("first").display().to_string(), "{row}");
        assert_eq!(found.bytes, fs::metadata(first).unwrap().len(), "{row}");
        assert_eq!(found.id, wanted().id, "{row}");
        // The right one comes first, wherever it is.
        let right = dir.write("second/symbols/pdb/app.pdb", new());
        let found = search(ACCEPT).unwrap();
        assert_eq!((found.path, found.fit), (right, Fit::Matched), "{row}");
    }
}

#[test]
fn a_right_pdb_of_a_server_comes_before_one_of_another_build() {
    let dir = Dir::new();
    let other = dir.write("plain/app.pdb", Pdb::new([7; 16], 1).build());
    let path = |server: &Fault| {
        let chain = chain(&dir, &["left"], &server.url("sym"));
        format!("{};{chain}", dir.join("plain").display())
    };
    let failing = Fault::start(|_| Reply::answer("500 Oops", "", ""));
    let found = find(&dir, &path(&failing), ACCEPT).unwrap();
    assert_eq!((found.path, found.fit), (other, Fit::Mismatched));
    let found = find(&dir, &path(&serving(&[(FILE, new())])), ACCEPT).unwrap();
    assert_eq!((found.path, found.fit), (dir.join("left").join(FILE), Fit::Matched));
}

#[test]
fn a_file_that_stands_in_says_why_with_all_causes_before_the_search_ends() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed = format!("http://{}/sym", closed.unwrap());
    let missing = Fault::start(|_| Reply::missing());
    // What is there, and whether the reason is more than a miss.
    for (row, habits, server, warned) in [
        ("another build", ACCEPT, closed.clone(), true),
        ("another build, a miss", ACCEPT, missing.url("sym"), false),
        ("a copy", REPLACE, closed, true),
    ] {
        let dir = Dir::new();
        dir.write("plain/app.pdb", Pdb::new([7; 16], 1).build());
        if habits == REPLACE {
            dir.write(format!("left/{FILE}"), old());
        }
        let path = format!("{};{}", dir.join("plain").display(), chain(&dir, &["left"], &server));
        let log = Log::default();
        client(&dir, &path).find(&wanted(), &log.job(habits)).unwrap();
        let warnings = log.warnings();
        let warning = warnings.iter().find(|text| text.contains(&server));
        assert_eq!(warning.is_some(), warned, "{row}: {warnings:?}");
        // The cause of the cause: what the system said.
        let refused = warning.is_none_or(|text| text.to_lowercase().contains("connection refused"));
        assert!(refused || cfg!(windows), "{row}: {warnings:?}");
        assert_eq!(log.last(), Some(Told::Ended), "{row}");
    }
}

#[test]
fn a_pdb_of_another_build_is_told_where_it_lies_once() {
    let pdb = Pdb::new([7; 16], 1).build();
    for (row, content, expected) in [
        ("another build", pdb.clone(), 1),
        ("cut", pdb[..pdb.len() - 1].to_vec(), 0),
        ("the right one", new(), 0),
    ] {
        for habits in [Habits::default(), ACCEPT] {
            let dir = Dir::new();
            let path = dir.write("plain/pdb/app.pdb", &content);
            let log = Log::default();
            let _found = client(&dir, &dir.join("plain").display().to_string()).find(&wanted(), &log.job(habits));
            let told = log.0.lock().unwrap().clone();
            let mismatched = told.iter().filter(|told| **told == Told::Mismatched(path.clone()));
            assert_eq!(mismatched.count(), expected, "{row}: {told:?}");
        }
    }
}

#[test]
fn what_lies_beside_the_module_comes_first_and_is_kept_nowhere() {
    let server = serving(&[(FILE, new())]);
    let dir = Dir::new();
    let cached = dir.join("cache").join(FILE);
    let path = format!("cache*{};srv*{}", dir.join("cache").display(), server.url("sym"));
    let client = client(&dir, &path);
    let wanted = wanted().beside(dir.join("app"));
    for (row, at, habits) in [
        ("beside", "app/app.pdb", Habits::default()),
        ("below", "app/symbols/pdb/app.pdb", Habits::default()),
        ("anew", "app/app.pdb", REPLACE),
    ] {
        let beside = dir.write(at, old());
        let found = client.find(&wanted, &with(habits)).unwrap();
        assert_eq!((&found.path, found.fit), (&beside, Fit::Matched), "{row}");
        assert!(!cached.exists(), "{row}");
        fs::remove_file(beside).unwrap();
    }
    assert_eq!(server.targets(), [] as [String; 0]);
    // Another build gives way to the right one, and takes its place where there is none.
    let other = dir.write("app/app.pdb", Pdb::new([7; 16], 1).build());
    let found = client.find(&wanted, &with(ACCEPT)).unwrap();
    assert_eq!((found.path, found.fit), (cached, Fit::Matched));
    let found = find_beside(&dir, "", &wanted, ACCEPT).unwrap();
    assert_eq!((found.path, found.fit), (other, Fit::Mismatched));
    // The reason is the path's.
    let error = find_beside(&dir, "", &wanted, Habits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the symbol path searches nothing");
}

#[test]
fn what_is_no_whole_pdb_is_never_accepted() {
    let pdb = Pdb::new([7; 16], 1).build();
    for (row, content) in [
        ("cut", pdb[..pdb.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("a page", b"<html><title>log in</title>".to_vec()),
        ("an image", Pe::new(vec![Record::rsds(GUID, 1, "app.pdb")]).build()),
        ("compressed", szdd(&pdb)),
        (
            "a PDB 2.0",
            [
                b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0".as_slice(),
                &[0; 600],
            ]
            .concat(),
        ),
    ] {
        let dir = Dir::new();
        dir.write("plain/app.pdb", content);
        let path = dir.join("plain").display().to_string();
        let error = find(&dir, &path, ACCEPT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing, "{row}: {error}");
    }
    // Nor is a PDB an image of another build.
    let dir = Dir::new();
    dir.write("plain/app.dll", pdb);
    let image = Wanted::new("app.dll/6553F1005000".parse().unwrap());
    let client = client(&dir, &dir.join("plain").display().to_string());
    client.find(&image, &with(ACCEPT)).unwrap_err();
}

#[test]
fn a_store_has_nothing_but_what_its_key_says() {
    let dir = Dir::new();
    let other = Pdb::new([7; 16], 1).build();
    // By its key in a store, and in a directory that calls itself one.
    dir.write(format!("store/{FILE}"), &other);
    dir.write("marked/pingme.txt", "");
    dir.write("marked/app.pdb", &other);
    for path in [
        format!("srv*{}", dir.join("store").display()),
        dir.join("marked").display().to_string(),
    ] {
        find(&dir, &path, ACCEPT).unwrap_err();
    }
}

#[test]
fn no_cache_keeps_a_pdb_of_another_build() {
    let dir = Dir::new();
    let other = dir.write("plain/app.pdb", Pdb::new([7; 16], 1).build());
    let path = format!("cache*{};{}", dir.join("cache").display(), dir.join("plain").display());
    for habits in [
        ACCEPT,
        Habits {
            existing: Existing::Replace,
            ..ACCEPT
        },
    ] {
        assert_eq!(find(&dir, &path, habits).unwrap().path, other);
        assert!(!dir.join("cache").join(FILE).exists());
    }
}

#[test]
fn one_modules_pdb_of_another_build_is_not_anothers() {
    let dir = Dir::new();
    dir.write("plain/app.pdb", Pdb::new([7; 16], 1).build());
    let right = dir.write("plain/sys/app.pdb", new());
    let client = client(&dir, &dir.join("plain").display().to_string());
    let of = |module: &str| Wanted {
        module: Some(module.into()),
        ..wanted()
    };
    let mut fits = BTreeMap::new();
    client.find_all(&[of("dll"), of("sys")], with(ACCEPT), |number, found| {
        let found = found.unwrap();
        fits.insert(number, (found.fit, found.path));
    });
    assert_eq!(fits[&0].0, Fit::Mismatched);
    assert_eq!(fits[&1], (Fit::Matched, right));
}

const REPLACE: Habits = habits(Existing::Replace, Mismatched::Refuse);
const ACCEPT: Habits = habits(Existing::Keep, Mismatched::Accept);

const fn habits(existing: Existing, mismatch: Mismatched) -> Habits {
    Habits { existing, mismatch }
}

fn with(habits: Habits) -> Job<'static> {
    Job {
        habits,
        ..Job::silent()
    }
}

/// What lay in a store before, and what is there now: both are what the key says.
fn old() -> Vec<u8> {
    Pdb {
        padded_to: 8192,
        ..Pdb::new(GUID, 1)
    }
    .build()
}

fn new() -> Vec<u8> {
    Pdb::new(GUID, 1).build()
}

fn wanted() -> Wanted {
    Wanted::new(ID.parse().unwrap())
}

fn client(dir: &Dir, path: &str) -> Client {
    Client::new(Config::new(SymbolPath::parse(path).path, dir.join("default"))).unwrap()
}

/// One for which an age counts.
fn strict(dir: &Dir, path: &str) -> Client {
    let mut config = Config::new(SymbolPath::parse(path).path, dir.join("default"));
    config.strictness = symgate::index::Strictness::Strict;
    Client::new(config).unwrap()
}

fn find(dir: &Dir, path: &str, habits: Habits) -> Result<Found, Error> {
    client(dir, path).find(&wanted(), &with(habits))
}

fn find_beside(dir: &Dir, path: &str, wanted: &Wanted, habits: Habits) -> Result<Found, Error> {
    client(dir, path).find(wanted, &with(habits))
}

fn chain(dir: &Dir, stores: &[&str], server: &str) -> String {
    let stores: Vec<PathBuf> = stores.iter().map(|store| dir.join(store)).collect();
    let stores = stores.iter().map(|store| Path::display(store).to_string());
    let stores: Vec<String> = stores.chain([server.to_owned()]).collect();
    format!("srv*{}", stores.join("*"))
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

/// The warnings and the ends of a search.
#[derive(Default)]
struct Log(Mutex<Vec<Told>>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Told {
    Ended,
    Mismatched(PathBuf),
    Warning(String),
}

impl Log {
    fn job(&self, habits: Habits) -> Job<'_> {
        Job {
            observer: self,
            ..with(habits)
        }
    }

    fn warnings(&self) -> Vec<String> {
        let told = self.0.lock().unwrap().clone().into_iter();
        let warnings = told.filter_map(|told| match told {
            Told::Ended | Told::Mismatched(_) => None,
            Told::Warning(text) => Some(text),
        });
        warnings.collect()
    }

    fn last(&self) -> Option<Told> {
        self.0.lock().unwrap().last().cloned()
    }
}

impl Observer for Log {
    fn observe(&self, _: usize, event: &Event<'_>) {
        let told = match event {
            Event::Ended { .. } => Told::Ended,
            Event::Probed {
                path,
                found: Probed::Mismatched,
            } => Told::Mismatched(path.to_path_buf()),
            Event::Warning { text } => Told::Warning((*text).to_owned()),
            _ => return,
        };
        self.0.lock().unwrap().push(told);
    }
}
