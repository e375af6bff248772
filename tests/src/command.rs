//! The built command, run as a user runs it, in an environment that holds nothing but what a test puts there.
//!
//! What it prints is looked through for the secrets of the test each time: a password, or the Base64 of a login, that
//! comes out anywhere fails the test that did not even ask.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::dir::Dir;

/// One call of the command.
///
/// ```no_run
/// let dir = symgate_tests::Dir::new();
/// let ran = symgate_tests::command::Call::new("target/debug/symgate", &dir).args(["get", "x.pdb/1"]).run();
/// assert_eq!(ran.status, Some(1), "{ran}");
/// ```
#[derive(Debug)]
pub struct Call {
    command: Command,
    secrets: Vec<String>,
}

/// A call under way.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: [Receiver<Vec<u8>>; 2],
    secrets: Vec<String>,
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Call {
    /// A call of `program` with an empty environment, whose home and caches are in `dir`.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>, dir: &Dir) -> Self {
        let mut command = Command::new(program);
        // Windows finds its own parts, and ends its own processes, by the two that stay.
        let kept = ["SystemRoot", "PATH"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .env_clear()
            .envs(kept)
            .env("HOME", dir.path())
            .env("DBGHELP_HOMEDIR", dir.path())
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            secrets: Vec::new(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Names a login that no output may show: neither the password nor what Basic makes of both.
    #[must_use]
    pub fn secret(mut self, user: &str, password: &str) -> Self {
        self.secrets.push(password.to_owned());
        self.secrets.push(BASE64_STANDARD.encode(format!("{user}:{password}")));
        self
    }

    /// The process as it will be started, for what is not foreseen here.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it and waits for its end.
    ///
    /// # Panics
    /// If it does not start, does not end within a minute, or shows a secret.
    #[must_use]
    pub fn run(self) -> Ran {
        self.start().end()
    }

    /// Starts it.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(mut self) -> Running {
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let output = [collect(child.stdout.take()), collect(child.stderr.take())];
        Running {
            child,
            output,
            secrets: self.secrets,
        }
    }
}

impl Running {
    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input, where that is a pipe.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Ends it at once, without a word (SIGKILL).
    ///
    /// # Panics
    /// If it cannot be.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end within a minute, or shows a secret.
    #[must_use]
    pub fn end(mut self) -> Ran {
        let texts = self.output.each_ref().map(|output| output.recv_timeout(WATCHDOG));
        let [Ok(stdout), Ok(stderr)] = texts else {
            let _ended = self.child.kill();
            panic!("process {} was still there after {WATCHDOG:?}", self.child.id());
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let ran = Ran {
            status: self.child.wait().expect("a child is waited for").code(),
            stdout: text(stdout),
            stderr: text(stderr),
        };
        for secret in &self.secrets {
            let shown = ran.stdout.contains(secret.as_str()) || ran.stderr.contains(secret.as_str());
            assert!(!shown, "the secret `{secret}` is shown:\n{ran}");
        }
        ran
    }
}

impl Ran {
    /// The lines of its standard output.
    #[must_use]
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// Checks the status, and that the messages say each of `words`.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn expect(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, Some(status), "{self}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not said:\n{self}");
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, stdout, stderr } = self;
        match status {
            Some(status) => write!(f, "status {status}"),
            None => f.write_str("ended by a signal"),
        }?;
        write!(f, "\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}

/// The content of a file, of which a failed assertion shows the length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Vec<u8>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Every file below `root` that a reader of a store can come upon: its path with `/`, and its content.
///
/// The store's own bookkeeping is left out: the directory `.symgate`, and files whose names begin with `~symgate-`. So
/// are empty directories.
///
/// # Panics
/// If a directory or a file cannot be read.
#[must_use]
pub fn visible(root: &Path) -> BTreeMap<String, Content> {
    let files = files(root).into_iter().filter(|path| !is_bookkeeping(path));
    let content = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    files
        .map(|path| {
            let below = path.strip_prefix(root).expect("it is below");
            (below.to_string_lossy().replace('\\', "/"), Content(content(&path)))
        })
        .collect()
}

/// The unfinished files below `root`.
///
/// # Panics
/// If a directory cannot be read.
#[must_use]
pub fn unfinished(root: &Path) -> Vec<PathBuf> {
    files(root).into_iter().filter(|path| is_unfinished(path)).collect()
}

fn is_bookkeeping(path: &Path) -> bool {
    is_unfinished(path) || path.components().any(|component| component.as_os_str() == ".symgate")
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("~symgate-"))
}

fn files(root: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("`{}`: {error}", root.display()),
    };
    let paths = entries.map(|entry| entry.expect("a directory can be read").path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// Reads to the end in a thread of its own, so that neither pipe fills while the other is read.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What cannot be read was not said.
            let _read = pipe.read_to_end(&mut bytes);
        }
        let _unheard = sender.send(bytes);
    });
    receiver
}

/// Fails instead of hanging.
const WATCHDOG: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookkeeping_is_not_visible() {
        let dir = Dir::new();
        dir.write("store/a.pdb/1/a.pdb", "whole");
        dir.write("store/a.pdb/1/~symgate-plain", "half");
        dir.write("store/.symgate/gate.lock", "");
        let store = dir.join("store");
        let expected = BTreeMap::from([("a.pdb/1/a.pdb".to_owned(), Content(b"whole".to_vec()))]);
        assert_eq!(visible(&store), expected);
        assert_eq!(unfinished(&store), [store.join("a.pdb/1/~symgate-plain")]);
        assert!(visible(&dir.join("nowhere")).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_is_shown_fails_the_test() {
        let shown = thread::spawn(|| {
            let dir = Dir::new();
            let call = Call::new("/bin/sh", &dir).args(["-c", "echo YTpTM2NyZXQ= >&2"]);
            drop(call.secret("a", "S3cret").run());
        });
        let why = shown.join().unwrap_err();
        let why = why.downcast_ref::<String>().map_or("", String::as_str);
        assert!(why.contains("is shown"), "{why}");
    }
}
