//! The local store and the life of the process: what cannot be written, who else writes, and being ended at any moment.
//! A reader of the store finds whole files or none (DECISIONS §7).
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use symgate_tests::Dir;
use symgate_tests::command::{Call, Content, Ran, unfinished, visible};
use symgate_tests::fault::{Fault, Reply, Request, Then};
use symgate_tests::made::Pdb;
use symgate_tests::sample::Sample;

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const APP: Sample = Sample(1);

/// A server that has the samples, each at its place.
fn server() -> Fault {
    Fault::start(|request| file(request).unwrap_or_else(Reply::missing))
}

fn file(request: &Request) -> Option<Reply> {
    (1..=9)
        .map(Sample)
        .find(|sample| request.target.ends_with(&sample.file()))
        .map(|sample| Reply::ok(sample.pdb()))
}

fn path(store: &Path, server: &Fault) -> String {
    format!("srv*{}*{}", store.display(), server.url("sym"))
}

fn get(dir: &Dir, path: &str) -> Call {
    Call::new(SYMGATE, dir).args(["get", &APP.target(), "-y", path])
}

fn whole() -> BTreeMap<String, Content> {
    BTreeMap::from([(APP.file(), Content(APP.pdb()))])
}

/// A call by a user who may write nothing of ours: root is asked for no permission.
fn as_nobody(dir: &Dir, path: &str) -> Call {
    if !geteuid().is_root() {
        return get(dir, path);
    }
    // Where cargo builds, not everybody may go.
    let copy = dir.join("symgate");
    // By another process: a child that a second test starts meanwhile would hold our writing end, and then nobody may
    // execute the copy ("text file busy").
    assert!(
        Command::new("cp")
            .args([SYMGATE.as_ref(), copy.as_os_str()])
            .status()
            .unwrap()
            .success()
    );
    let mut call = Call::new(copy, dir).args(["get", &APP.target(), "-y", path]);
    call.command().uid(NOBODY).gid(NOBODY);
    call
}

#[test]
fn read_only_store() {
    let (dir, server) = (Dir::new(), server());
    let store = dir.make("store");
    for directory in [dir.path(), &store] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let ran = {
        // The copy of the program has to be made before the directory is shut.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let call = as_nobody(&dir, &path(&store, &server));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        call.run()
    };
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    ran.expect(5, &["ermission denied", store.to_str().unwrap()]);
    assert_eq!(ran.stdout, "");
    assert_eq!(visible(&store), BTreeMap::new());
}

#[test]
fn read_only_store_that_has_the_file_is_read() {
    let (dir, server) = (Dir::new(), server());
    let store = dir.make("store");
    dir.write(format!("store/{}", APP.file()), APP.pdb());
    fs::set_permissions(&store, fs::Permissions::from_mode(0o555)).unwrap();
    let ran = as_nobody(&dir, &path(&store, &server)).run();
    ran.expect(0, &[]);
    assert_eq!(ran.lines(), [store.join(APP.file()).to_str().unwrap()]);
    assert!(server.heard().is_empty());
}

#[test]
fn read_only_store_in_the_middle_is_passed_over() {
    let (dir, server) = (Dir::new(), server());
    let (left, middle) = (dir.make("left"), dir.make("middle"));
    fs::set_permissions(&left, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&middle, fs::Permissions::from_mode(0o555)).unwrap();
    let chain = format!("srv*{}*{}*{}", left.display(), middle.display(), server.url("sym"));
    let ran = as_nobody(&dir, &chain).run();
    ran.expect(0, &[]);
    assert_eq!((visible(&left), visible(&middle)), (whole(), BTreeMap::new()));
}

#[test]
fn store_that_is_a_file() {
    let (dir, server) = (Dir::new(), server());
    let store = dir.write("store", "not a directory");
    let ran = get(&dir, &path(&store, &server)).run();
    ran.expect(5, &["cannot create the directory", store.to_str().unwrap()]);
    assert_eq!(fs::read(&store).unwrap(), b"not a directory");
}

#[test]
fn file_size_limit() {
    let (dir, server) = (Dir::new(), server());
    let store = dir.join("store");
    // `ulimit -f` counts blocks of 512 bytes; the file has 7.
    let script = r#"trap "" XFSZ; ulimit -f 4; exec "$@""#;
    let ran = Call::new("/bin/sh", &dir)
        .args([
            "-c",
            script,
            "sh",
            SYMGATE,
            "get",
            &APP.target(),
            "-y",
            &path(&store, &server),
        ])
        .run();
    ran.expect(5, &["too large", store.to_str().unwrap()]);
    assert_eq!(visible(&store), BTreeMap::new(), "{ran}");
    assert!(unfinished(&store).is_empty(), "{ran}");
}

#[test]
fn full_disk() {
    // A mount of its own, which ends with the process, as root of the system or of a namespace.
    let own: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let may_mount = |own: &&&[&str]| {
        let mount = ["mount", "-t", "tmpfs", "none", "/mnt"];
        let tried = Command::new("unshare").args(**own).args(mount).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let Some(own) = own.iter().find(may_mount) else {
        // Elsewhere there is `file_size_limit` still.
        let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "a full disk cannot be tried: `unshare --mount` is refused");
        return;
    };
    let (dir, server) = (Dir::new(), server());
    let store = dir.make("store");
    let script = r#"mount -t tmpfs -o size=4k,nr_inodes=64 none "$0" || exit 99
        head -c 4096 /dev/zero >"$0/ballast"
        "$@"; status=$?
        find "$0" -name "*pdb*" -type f -o -name "~*" -type f
        exit $status"#;
    let ran = Call::new("unshare", &dir)
        .args(*own)
        .args(["/bin/sh", "-c", script, store.to_str().unwrap()])
        .args([SYMGATE, "get", &APP.target(), "-y", &path(&store, &server)])
        .run();
    ran.expect(5, &["No space left", store.to_str().unwrap()]);
    assert_eq!(ran.stdout, "", "nothing is left: {ran}");
}

#[test]
fn windows_store_elsewhere_is_passed_over_with_a_warning() {
    for windows in [r"C:\sym", r"\\server\share"] {
        let (dir, server) = (Dir::new(), server());
        let ran = get(&dir, &format!("srv*{windows}*{}", server.url("sym"))).run();
        ran.expect(0, &["warning: ", windows]);
        // What the default store took, and nothing of a strange name.
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["sym"], "{ran}");
        assert_eq!(ran.lines(), [dir.join("sym").join(APP.file()).to_str().unwrap()]);
    }
}

#[test]
fn two_processes_fetch_the_same_file() {
    let (both, fetched) = (Barrier::new(2), AtomicUsize::new(0));
    let server = Fault::start(move |request| {
        // Neither goes on before the other has come so far.
        if request.target.ends_with("index2.txt") {
            both.wait();
        }
        match file(request) {
            Some(reply) => {
                let _before = fetched.fetch_add(1, Ordering::Relaxed);
                reply
            }
            None => Reply::missing(),
        }
    });
    let dir = Dir::new();
    let store = dir.join("store");
    let running = [0, 1].map(|_| get(&dir, &path(&store, &server)).start());
    for ran in running.map(symgate_tests::command::Running::end) {
        ran.expect(0, &[]);
        assert_eq!(
            (ran.lines(), ran.stderr.as_str()),
            (vec![store.join(APP.file()).to_str().unwrap()], "")
        );
    }
    let fetches = server
        .targets()
        .iter()
        .filter(|target| target.ends_with(&APP.file()))
        .count();
    assert!((1..=2).contains(&fetches), "{fetches}");
    assert_eq!(visible(&store), whole());
    assert!(unfinished(&store).is_empty());
}

/// A server whose first answer for the file stops after `sent` bytes, and whose others are whole.
fn stops_once_after(sent: usize) -> Fault {
    let first = AtomicUsize::new(0);
    Fault::start(move |request| match file(request) {
        None => Reply::missing(),
        Some(_) if first.fetch_add(1, Ordering::Relaxed) == 0 => {
            let pdb = APP.pdb();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", pdb.len());
            let bytes = [head.as_bytes(), &pdb].concat();
            Reply::raw(&bytes[..sent]).then(Then::Hang)
        }
        Some(whole) => whole,
    })
}

#[test]
fn killed_in_the_middle_of_a_transfer() {
    for sent in [0, 10, 50, 1000, 3000] {
        let (dir, server) = (Dir::new(), stops_once_after(sent));
        let store = dir.join("store");
        let mut running = get(&dir, &path(&store, &server)).start();
        server.wait_for_replies(2);
        running.kill();
        assert_eq!(running.end().status, None);
        assert_eq!(visible(&store), BTreeMap::new(), "{sent}");
        let ran = get(&dir, &path(&store, &server)).run();
        ran.expect(0, &[]);
        assert_eq!(visible(&store), whole(), "{sent}");
        assert!(unfinished(&store).is_empty(), "{sent}: the next writer sweeps");
    }
}

#[test]
fn killed_at_any_moment() {
    let (dir, server) = (Dir::new(), server());
    for delay in 0..16 {
        let store = dir.join(format!("store{delay}"));
        let mut running = get(&dir, &path(&store, &server)).start();
        // The moment is what is tested: no event of ours marks the steps between the last byte and the end.
        thread::sleep(Duration::from_micros(delay * 1500));
        running.kill();
        let ended = running.end();
        let after = visible(&store);
        assert!(after.is_empty() || after == whole(), "{after:?}");
        if ended.status == Some(0) {
            assert_eq!(after, whole(), "what it printed is there");
        }
        get(&dir, &path(&store, &server)).run().expect(0, &[]);
        assert_eq!(visible(&store), whole());
        assert!(unfinished(&store).is_empty());
    }
}

#[test]
fn interrupted_in_the_middle_of_a_transfer() {
    // Nothing said; a part of the head; a part of the body.
    for sent in [0, 10, 1000] {
        for signal in [Signal::INT, Signal::TERM] {
            let (dir, server) = (Dir::new(), stops_once_after(sent));
            let store = dir.join("store");
            let running = get(&dir, &path(&store, &server)).args(["--json"]).start();
            server.wait_for_replies(2);
            kill_process(Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap(), signal).unwrap();
            // Not the status of a timeout: it did not wait for one.
            let ran = running.end();
            ran.expect(130, &["interrupted"]);
            assert!(ran.stdout.contains(r#""status":"interrupted""#), "{ran}");
            assert_eq!(visible(&store), BTreeMap::new(), "{sent}");
            assert!(unfinished(&store).is_empty(), "{sent}");
        }
    }
}

#[test]
fn interrupted_with_many_files_ends_all() {
    let server = Fault::start(|request| match file(request) {
        Some(_) => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nMicr").then(Then::Hang),
        None => Reply::missing(),
    });
    let dir = Dir::new();
    let store = dir.join("store");
    let targets = (1..=9).map(|number| Sample(number).target());
    let running = Call::new(SYMGATE, &dir)
        .args(["get", "-j", "4", "-y", &path(&store, &server)])
        .args(targets)
        .start();
    // The layout, then one file on each connection.
    server.wait_for_replies(5);
    kill_process(
        Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap(),
        Signal::INT,
    )
    .unwrap();
    running.end().expect(130, &[]);
    assert_eq!(visible(&store), BTreeMap::new());
    assert!(unfinished(&store).is_empty());
}

/// A call whose standard output or error nobody reads any more.
fn with_a_reader_gone(set: impl Fn(&mut Command, Stdio), arguments: &[&str]) -> (Ran, Dir, Fault) {
    let (dir, server) = (Dir::new(), server());
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let path = path(&dir.join("store"), &server);
    let mut call = Call::new(SYMGATE, &dir).args(["get", "-y", &path]).args(arguments);
    set(call.command(), writer.into());
    (call.run(), dir, server)
}

#[test]
fn a_reader_that_is_gone_loses_no_file() {
    let targets = [1, 2, 3].map(|number| Sample(number).target());
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let (ran, dir, _server) = with_a_reader_gone(
        |command, gone| {
            command.stdout(gone);
        },
        &targets,
    );
    ran.expect(0, &[]);
    assert_eq!(visible(&dir.join("store")).len(), 3);
    // Nor does one of the messages, of which there are many here.
    let loud: Vec<&str> = targets.iter().copied().chain(["-v", "gone.pdb/1"]).collect();
    let (ran, dir, _server) = with_a_reader_gone(
        |command, gone| {
            command.stderr(gone);
        },
        &loud,
    );
    ran.expect(1, &[]);
    assert_eq!((visible(&dir.join("store")).len(), ran.lines().len()), (3, 3));
}

#[test]
fn damaged_file_in_the_store_is_not_handed_out() {
    let other = Pdb::new([7; 16], 1).build();
    for damaged in [&b""[..], b"<html>log in", &other] {
        let (dir, server) = (Dir::new(), server());
        let store = dir.join("store");
        dir.write(format!("store/{}", APP.file()), damaged);
        // What an older tool left there is nobody's symbol file.
        get(&dir, &path(&store, &server)).run().expect(0, &[]);
        assert_eq!(visible(&store), whole());
    }
}

/// Debian's and most others' number for it.
const NOBODY: u32 = 65534;
