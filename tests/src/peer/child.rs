//! A child process that listens, from its start to its end.

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process_group;
use std::fs;
use std::fs::File;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::dir::Dir;

/// A listening program and its directory.
#[derive(Debug)]
pub(super) struct Listening<const PORTS: usize> {
    child: Group,
    dir: Dir,
    ports: [u16; PORTS],
}

impl<const PORTS: usize> Listening<PORTS> {
    /// Starts what `prepare` makes of a fresh directory and free ports, and waits until all listen.
    ///
    /// A port is free when it is chosen, not when the child takes it: a child that gives up is
    /// started again with other ports, [`ATTEMPTS`] times in all.
    pub(super) fn start(prepare: impl Fn(&Dir, [u16; PORTS]) -> Command) -> Self {
        Self::start_until(prepare, |_| true)
    }

    /// Like [`Listening::start`], for a child that is `ready` by another sign too.
    pub(super) fn start_until(prepare: impl Fn(&Dir, [u16; PORTS]) -> Command, ready: impl Fn(&Dir) -> bool) -> Self {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let dir = Dir::new();
            let ports = free_ports();
            let command = prepare(&dir, ports);
            let mut child = Group::start(command, &dir.join(OUTPUT));
            match child.wait_until_listening(&ports, || ready(&dir)) {
                Ok(()) => return Self { child, dir, ports },
                Err(why) => {
                    let output = fs::read(dir.join(OUTPUT)).unwrap_or_default();
                    said = format!("{why}\n{}", String::from_utf8_lossy(&output));
                }
            }
        }
        panic!("a peer did not start in {ATTEMPTS} attempts; the last one {said}");
    }

    pub(super) fn dir(&self) -> &Dir {
        &self.dir
    }

    pub(super) fn ports(&self) -> [u16; PORTS] {
        self.ports
    }

    pub(super) fn id(&self) -> u32 {
        self.child.child.id()
    }
}

/// A child that leads its own process group, ended on drop.
#[derive(Debug)]
struct Group {
    child: Child,
}

impl Group {
    fn start(mut command: Command, output: &Path) -> Self {
        let file = File::create(output).expect("the peer's directory can be written");
        let again = file.try_clone().expect("a descriptor can be doubled");
        command.stdin(Stdio::null()).stdout(file).stderr(again).process_group(0);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", command.get_program().display()));
        Self { child }
    }

    fn wait_until_listening(&mut self, ports: &[u16], ready: impl Fn() -> bool) -> Result<(), String> {
        let end = Instant::now() + START;
        for port in ports {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
            while TcpStream::connect_timeout(&address, START).is_err() {
                if let Some(status) = self.exited() {
                    return Err(format!("ended with {status}"));
                }
                if Instant::now() >= end {
                    return Err(format!("did not listen on port {port} within {START:?}"));
                }
                thread::sleep(PAUSE);
            }
        }
        while !ready() {
            if let Some(status) = self.exited() {
                return Err(format!("ended with {status}"));
            }
            if Instant::now() >= end {
                return Err(format!("was not ready within {START:?}"));
            }
            thread::sleep(PAUSE);
        }
        // Somebody else may have taken the port first and be the one who answered.
        match self.exited() {
            Some(status) => Err(format!("ended with {status}")),
            None => Ok(()),
        }
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    fn signal(&self, signal: Signal) {
        // The child is not yet waited for, so that its id cannot have become another's.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _gone = kill_process_group(group, signal);
        }
    }
}

/// Runs a tool to its end, with `input` for it to read, and returns what it printed.
///
/// # Panics
/// If it does not start or fails; with what it said.
pub(super) fn run(command: &mut Command, input: &str) -> String {
    let program = command.get_program().display().to_string();
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start `{program}`: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // One who does not read to the end says why himself.
        let _unread = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().expect("a child can be waited for");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`{program}` ended with {}: {said}{complaint}",
        output.status
    );
    said
}

impl Drop for Group {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.signal(Signal::TERM);
        let end = Instant::now() + STOP;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() >= end {
                self.signal(Signal::KILL);
                let _reaped = self.child.wait();
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Different ports of loopback that nobody listens on.
fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until the last is found, or the same one could come twice.
    let held: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port"));
    held.map(|listener| listener.local_addr().expect("a bound listener has an address").port())
}

/// Where a child's stdout and stderr go, in its directory.
const OUTPUT: &str = "output.txt";

/// How often a peer is started before the test fails.
const ATTEMPTS: usize = 4;

/// How long a peer may take until it listens: squid needs 0.1 s on an idle machine.
const START: Duration = Duration::from_secs(20);

/// How long a peer may take to end before it is killed: squid needs 2.1 s whatever it is told.
const STOP: Duration = Duration::from_secs(10);

/// Between two looks at a child.
const PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::test_kill_process_group;
    use std::panic;

    fn group(child: &Group) -> Pid {
        Pid::from_raw(i32::try_from(child.child.id()).unwrap()).unwrap()
    }

    fn shell(script: &str) -> Group {
        let dir = Dir::new();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        Group::start(command, &dir.join(OUTPUT))
    }

    #[test]
    fn ends_the_whole_group() {
        let child = shell("sleep 600 & sleep 600 & wait");
        let group = group(&child);
        assert!(test_kill_process_group(group).is_ok());
        drop(child);
        // Orphans of the group are reaped by init, which may take a moment.
        let end = Instant::now() + STOP;
        while test_kill_process_group(group).is_ok() {
            assert!(Instant::now() < end, "the group still runs");
            thread::sleep(PAUSE);
        }
    }

    #[test]
    fn ends_when_the_test_panics() {
        let mut id = None;
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            let child = shell("exec sleep 600");
            id = Some(group(&child));
            panic::resume_unwind(Box::new("the test fails"));
        }));
        assert!(outcome.is_err());
        assert!(test_kill_process_group(id.unwrap()).is_err(), "the child still runs");
    }

    #[test]
    fn says_why_a_peer_did_not_start() {
        let outcome = panic::catch_unwind(|| {
            Listening::<1>::start(|_, _| {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", "echo no such option; exit 3"]);
                command
            })
        });
        let panic = outcome.unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("exit status: 3") && message.contains("no such option"),
            "{message}"
        );
    }

    #[test]
    fn free_ports_differ() {
        let mut ports = free_ports::<16>();
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] != pair[1]), "{ports:?}");
    }
}
