//! The harness itself, proved with clients of other authors: each peer does what its tests rely on.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod acceptor;
mod basic;
mod logon;
mod middle;
mod origin;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use symgate_tests::Dir;
use symgate_tests::peer::Installed;
use symgate_tests::peer::LogLine;

const HELLO: &str = "hello, debugger\n";
const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";
const RIGHT: &str = "alice:S3cret pass";
const WRONG: &str = "alice:wrong";

/// A directory with one small file.
fn store() -> Dir {
    let dir = Dir::new();
    dir.write("hello.txt", HELLO);
    dir
}

/// What curl saw: its exit status, the origin's status, the answer to CONNECT, and the body.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    exit: i32,
    status: u16,
    connect: u16,
    body: String,
}

impl Seen {
    fn hello(connect: u16) -> Self {
        Self {
            exit: 0,
            status: 200,
            connect,
            body: HELLO.to_owned(),
        }
    }

    /// The exit status and both statuses.
    fn codes(&self) -> (i32, u16, u16) {
        (self.exit, self.status, self.connect)
    }
}

fn curl<'a>(curl: &Installed, arguments: impl IntoIterator<Item = &'a str>) -> Seen {
    curl_in::<&str>(curl, &[], arguments)
}

/// Runs curl with these variables and no others.
fn curl_in<'a, V: AsRef<OsStr>>(
    curl: &Installed,
    environment: &[(&str, V)],
    arguments: impl IntoIterator<Item = &'a str>,
) -> Seen {
    let dir = Dir::new();
    let body = dir.join("body");
    let output = Command::new(curl.command())
        .args(["-q", "--silent", "--max-time", "30", "--noproxy", "", "--http1.1"])
        .args(["--write-out", "%{http_code} %{http_connect}", "--output"])
        .arg(&body)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let codes = String::from_utf8(output.stdout).unwrap();
    let (status, connect) = codes.split_once(' ').unwrap();
    Seen {
        exit: output.status.code().unwrap(),
        status: status.parse().unwrap(),
        connect: connect.parse().unwrap(),
        body: fs::read_to_string(body).unwrap_or_default(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Turn, method, status and user: what does not change from run to run.
fn steps(log: &[LogLine]) -> Vec<(u64, &str, u16, Option<&str>)> {
    log.iter()
        .map(|line| (line.turn, line.method.as_str(), line.status, line.user.as_deref()))
        .collect()
}
