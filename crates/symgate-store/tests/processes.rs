//! What only several processes can show: two of them fetching one file, death at any moment, a
//! directory of another user, a file that may not grow (DECISIONS §7, issue "Bad input, nothing lost").
//!
//! The child is this test binary, started again for the one test [`plays_the_child_when_asked`], with its
//! part in the environment. It tells its progress on stderr, line by line; the parent never sleeps.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod property;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use property::{files_below, id, read};
use symgate_path::Variant;
use symgate_store::{AnyContent, Begin, Error, Existing, Incoming, Probe, Store, Winner, Writing};

#[test]
fn two_processes_that_want_one_file_write_it_once() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let root = directory.path().join(round.to_string());
        let mut children = [0; 2].map(|_| Player::start("fetch", &root));
        for child in &mut children {
            assert_eq!(child.line().as_deref(), Some("ready"));
        }
        for child in &mut children {
            child.go();
        }
        let mut words = children.map(|mut child| child.line().unwrap());
        words.sort();
        assert_eq!(words, ["exists", "wrote"], "round {round}");
        let content = read(&Store::new(&root), &id("x.pdb", "K1")).unwrap();
        assert!(is_whole(&content), "round {round}");
        assert_eq!(files_below(&root).len(), 2, "{:?}", files_below(&root));
    }
}

#[test]
fn killed_at_any_moment_a_writer_leaves_whole_files_or_none() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("sym"));
    let id = id("x.pdb", "K1");
    for lines in 0..40 {
        let mut child = Player::start("loop", store.root());
        for _ in 0..lines {
            child.line().unwrap();
            // A reader beside the living writer.
            if let Some(content) = read(&store, &id) {
                assert!(is_whole(&content), "while alive, after {lines} lines");
            }
        }
        drop(child);
        if let Some(content) = read(&store, &id) {
            assert!(is_whole(&content), "after {lines} lines");
        }
        // Death released the lock: no waiting is needed.
        drop(begin(&store, &at_once(Existing::Overwrite)).unwrap());
        let left: Vec<_> = files_below(store.root())
            .into_iter()
            .filter(|path| !path.ends_with("gate.lock") && !path.ends_with("x.pdb"))
            .collect();
        assert!(left.is_empty(), "after {lines} lines: {left:?}");
    }
    assert!(read(&store, &id).is_some(), "the writer never got anywhere");
}

#[test]
fn a_dead_writers_lock_and_leftovers_do_not_hold_up_the_next() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("sym"));
    let mut child = Player::start("hold", store.root());
    assert_eq!(child.line().as_deref(), Some("holding"));
    let leaf = store.root().join("x.pdb/K1");
    assert_eq!(files_below(&leaf).len(), 1, "the child's unfinished file");
    let error = begin(&store, &at_once(Existing::Keep)).unwrap_err();
    assert!(error.is_locked(), "{error:?}");
    drop(child);
    assert_eq!(files_below(&leaf).len(), 1, "death leaves it");

    let mut incoming = begin(&store, &at_once(Existing::Keep)).unwrap();
    incoming.write_all(b"new").unwrap();
    incoming.commit(&mut AnyContent).unwrap();
    assert_eq!(files_below(&leaf), [leaf.join("x.pdb")]);
    assert_eq!(fs::read(leaf.join("x.pdb")).unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn a_store_of_another_user_is_readable_and_says_that_it_is_unwritable() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let root = directory.path().join("sym");
    let leaf = root.join("y.pdb/K1");
    fs::create_dir_all(&leaf).unwrap();
    fs::write(leaf.join("y.pdb"), "readable").unwrap();
    mode(directory.path(), 0o755);
    mode(&root, 0o555);

    let mut command = Player::command("unwritable", &root);
    if fs::metadata(&root).unwrap().uid() == 0 {
        // Modes mean nothing to root, and another user may not reach where this program was built.
        let program = directory.path().join("program");
        let here = std::env::current_exe().unwrap();
        // A link first: a fresh copy may still be open for writing in a child being forked.
        if fs::hard_link(&here, &program).is_err() {
            fs::copy(&here, &program).unwrap();
            mode(&program, 0o755);
        }
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let mut other = Command::new(program);
        other.args(arguments);
        for (name, value) in command.get_envs() {
            other.env(name, value.unwrap_or_default());
        }
        other.uid(65534).gid(65534).current_dir("/");
        command = other;
    }
    let mut child = Player::spawn(command);
    assert_eq!(child.line().as_deref(), Some("readable"));
    assert_eq!(child.line().as_deref(), Some("unwritable"));
    drop(child);
    assert_eq!(files_below(&root), [leaf.join("y.pdb")]);
    mode(&root, 0o755);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_says_full_and_leaves_nothing() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    for blocks in [0, 1, 8, 64] {
        let root = directory.path().join(blocks.to_string());
        let plain = Player::command("full", &root);
        let mut limited = Command::new("sh");
        // The signal would end the child before it could answer.
        limited
            .arg("-c")
            .arg(format!(r#"trap '' XFSZ; ulimit -f {blocks}; exec "$0" "$@""#))
            .arg(plain.get_program())
            .args(plain.get_args());
        for (name, value) in plain.get_envs() {
            limited.env(name, value.unwrap_or_default());
        }
        let mut child = Player::spawn(limited);
        assert_eq!(child.line().as_deref(), Some("full"), "{blocks} blocks");
        drop(child);
        assert_eq!(files_below(&root), [root.join(".symgate/gate.lock")], "{blocks} blocks");
    }
}

/// The other side of the tests above; alone it does nothing.
#[test]
fn plays_the_child_when_asked() {
    let Some(part) = std::env::var_os(PART) else {
        return;
    };
    let store = Store::new(std::env::var_os(ROOT).unwrap());
    match part.to_str().unwrap() {
        "fetch" => {
            say("ready");
            io::stdin().read_line(&mut String::new()).unwrap();
            match store
                .begin(&id("x.pdb", "K1"), Variant::Plain, &Writing::default())
                .unwrap()
            {
                Begin::Exists(path) => {
                    assert!(is_whole(&fs::read(path).unwrap()));
                    say("exists");
                }
                Begin::Write(mut incoming) => {
                    fill(&mut incoming, 7).unwrap();
                    let done = incoming.commit(&mut AnyContent).unwrap();
                    assert_eq!(done.winner, Winner::Ours);
                    say("wrote");
                }
            }
        }
        "loop" => {
            let writing = Writing {
                existing: Existing::Overwrite,
                ..Writing::default()
            };
            for version in (1..=255).cycle() {
                let mut incoming = begin(&store, &writing).unwrap();
                say("begun");
                fill(&mut incoming, version).unwrap();
                say("filled");
                // Where readers lock what they read, a rename may be denied; the next one works.
                let done = incoming.commit(&mut AnyContent);
                say(if done.is_ok() { "committed" } else { "denied" });
            }
        }
        "hold" => {
            let mut incoming = begin(&store, &Writing::default()).unwrap();
            incoming.write_all(b"half").unwrap();
            say("holding");
            io::stdin().read_line(&mut String::new()).unwrap();
        }
        "unwritable" => {
            let found = store.probe(&id("y.pdb", "K1"), Variant::Plain).unwrap();
            let Probe::Found(path) = found else {
                panic!("{found:?}");
            };
            say(&fs::read_to_string(path).unwrap());
            let error = begin(&store, &Writing::default()).unwrap_err();
            say(if error.is_unwritable() {
                "unwritable"
            } else {
                "something else"
            });
        }
        "full" => {
            let mut incoming = begin(&store, &Writing::default()).unwrap();
            let error = fill(&mut incoming, 1).unwrap_err();
            drop(incoming);
            say(if error.is_full() { "full" } else { "something else" });
        }
        other => panic!("no such part: {other}"),
    }
}

/// Lets one test at a time start children: between fork and exec a child holds copies of this process's
/// locks, and the tests look at what is locked at once.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child process and what it says.
struct Player {
    child: Child,
    words: BufReader<ChildStderr>,
}

impl Player {
    fn command(part: &str, root: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "plays_the_child_when_asked", "--nocapture"])
            .env(PART, part)
            .env(ROOT, root);
        command
    }

    fn start(part: &str, root: &Path) -> Self {
        Self::spawn(Self::command(part, root))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let words = BufReader::new(child.stderr.take().unwrap());
        Self { child, words }
    }

    fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    /// The next thing it says; anything else on stderr, such as a panic, is shown.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.words.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().strip_prefix(MARK) {
                Some(word) => return Some(word.to_owned()),
                None => io::stderr().write_all(line.as_bytes()).unwrap(),
            }
        }
    }
}

impl Drop for Player {
    /// By the child's own handle, and without a chance to clean up.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn say(word: &str) {
    io::stderr().write_all(format!("{MARK}{word}\n").as_bytes()).unwrap();
}

fn begin(store: &Store, writing: &Writing<'_>) -> Result<Incoming, Error> {
    match store.begin(&id("x.pdb", "K1"), Variant::Plain, writing)? {
        Begin::Write(incoming) => Ok(incoming),
        Begin::Exists(path) => panic!("`{}` exists", path.display()),
    }
}

fn at_once(existing: Existing) -> Writing<'static> {
    Writing {
        existing,
        deadline: Some(Instant::now()),
        ..Writing::default()
    }
}

/// Whole content is [`LENGTH`] times one byte.
fn fill(incoming: &mut Incoming, version: u8) -> Result<(), Error> {
    (0..LENGTH / 10_000).try_for_each(|_| incoming.append(&[version; 10_000]))
}

fn is_whole(content: &[u8]) -> bool {
    content.len() == LENGTH && content.iter().all(|byte| *byte == content[0])
}

const LENGTH: usize = 200_000;
const PART: &str = "SYMGATE_STORE_PART";
const ROOT: &str = "SYMGATE_STORE_ROOT";
const MARK: &str = "@ ";
