//! A child on a pseudo-terminal of its own, driven key by key.

use std::ffi::OsStr;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::fs::OFlags;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use rustix::pty::OpenptFlags;
use rustix::pty::grantpt;
use rustix::pty::openpt;
use rustix::pty::ptsname;
use rustix::pty::unlockpt;
use rustix::termios::LocalModes;
use rustix::termios::Termios;
use rustix::termios::Winsize;
use rustix::termios::tcgetattr;
use rustix::termios::tcsetwinsize;

/// A child, its terminal, and what it has written there.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    /// Kept open, so that the modes outlive the child.
    slave: File,
    child: Ending,
    output: Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
    hung_up: Arc<AtomicBool>,
    seen: String,
    before: Termios,
}

/// A child that does not outlive this value: only after a failed assertion is it still there.
#[derive(Debug)]
struct Ending(Child);

impl Terminal {
    /// Starts a program on a terminal of so many columns.
    ///
    /// # Panics
    /// If there is no terminal to be had, or the program does not start.
    #[must_use]
    pub fn start(program: &Path, columns: u16, arguments: &[&str]) -> Self {
        Self::with(program, columns, arguments, None)
    }

    /// The same, with its standard output elsewhere.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn with_output(program: &Path, columns: u16, arguments: &[&str], output: impl Into<Stdio>) -> Self {
        Self::with(program, columns, arguments, Some(output.into()))
    }

    fn with(program: &Path, columns: u16, arguments: &[&str], output: Option<Stdio>) -> Self {
        let master = openpt(ALONE).expect("a terminal can be had");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(OFlags::NOCTTY.bits()).expect("one bit"))
            .open(OsStr::from_bytes(name.to_bytes()))
            .expect("its other end can be opened");
        let master = File::from(master);
        resize(&master, columns);
        let before = tcgetattr(&slave).expect("it has modes");
        let end = || Stdio::from(slave.try_clone().expect("a handle can be had"));
        let child = command(program)
            .args(arguments)
            .stdin(end())
            .stdout(output.unwrap_or_else(end))
            .stderr(end())
            .spawn()
            .unwrap_or_else(|error| panic!("`{}`: {error}", program.display()));
        let (sender, output) = mpsc::channel();
        let mut reader = master.try_clone().expect("a handle can be had");
        let hung_up = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&hung_up);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !gone.load(Ordering::Relaxed) {
                // Not in `read`, which would keep the terminal open as long as nothing is written to it.
                if is_readable(&reader) {
                    // Ends with an error when the test drops the last end of the terminal.
                    let Ok(length @ 1..) = reader.read(&mut buffer) else {
                        break;
                    };
                    if sender.send(buffer[..length].to_vec()).is_err() {
                        break;
                    }
                }
            }
        });
        Self {
            master,
            slave,
            child: Ending(child),
            output,
            reader,
            hung_up,
            seen: String::new(),
            before,
        }
    }

    /// Waits for a text after what was waited for before, and returns what came up to it.
    ///
    /// # Panics
    /// If it does not come.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.seen.split_once(text) {
                let before = before.to_owned();
                self.seen = after.to_owned();
                return before;
            }
            match self.output.recv_timeout(WATCHDOG) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => panic!("{error} while waiting for {text:?}; seen: {:?}", self.seen),
            }
        }
    }

    /// Types.
    ///
    /// # Panics
    /// If the terminal takes no keys.
    pub fn press(&mut self, keys: &str) {
        self.press_bytes(keys.as_bytes());
    }

    /// Sends these bytes as keys.
    ///
    /// # Panics
    /// If the terminal takes no keys.
    pub fn press_bytes(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("a terminal takes keys");
    }

    /// Sends a signal to the child.
    ///
    /// # Panics
    /// If it is gone.
    pub fn signal(&self, signal: Signal) {
        self::signal(&self.child.0, signal);
    }

    /// Makes the terminal so many columns wide.
    ///
    /// # Panics
    /// If it cannot be.
    pub fn resize(&self, columns: u16) {
        resize(&self.master, columns);
    }

    /// Whether the terminal shows what is typed.
    ///
    /// # Panics
    /// If it does not say.
    #[must_use]
    pub fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.slave).expect("it has modes");
        modes.local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the end; the terminal must be as it was.
    ///
    /// # Panics
    /// If the status is another one, or the terminal is not as it was.
    #[track_caller]
    pub fn end(mut self, status: i32) {
        self.child.expect(status, &self.seen);
        let after = tcgetattr(&self.slave).expect("it has modes");
        let modes = |termios: &Termios| {
            (
                termios.input_modes,
                termios.output_modes,
                termios.control_modes,
                termios.local_modes,
            )
        };
        assert_eq!(modes(&after), modes(&self.before));
    }

    /// Takes the terminal away, as a window that is closed does, and waits for the end.
    ///
    /// # Panics
    /// If the status is another one.
    #[track_caller]
    pub fn hang_up(self, status: i32) {
        let Self {
            master,
            slave,
            mut child,
            reader,
            hung_up,
            seen,
            ..
        } = self;
        hung_up.store(true, Ordering::Relaxed);
        reader.join().expect("a reader does not panic");
        drop((slave, master));
        if !cfg!(target_os = "linux") {
            // The terminal does not control the child's session there.
            signal(&child.0, Signal::HUP);
        }
        child.expect(status, &seen);
    }
}

impl Ending {
    #[track_caller]
    fn expect(&mut self, status: i32, seen: &str) {
        let begun = Instant::now();
        loop {
            if let Some(ended) = self.0.try_wait().expect("a child can be waited for") {
                return assert_eq!(ended.code(), Some(status), "{ended}; seen: {seen:?}");
            }
            assert!(begun.elapsed() < WATCHDOG, "it does not end; seen: {seen:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a child has a number"), signal).expect("the child is there");
}

/// Whether there is something to read, or never will be again; looks for a short time.
fn is_readable(file: &File) -> bool {
    let glance = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    let ready = poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&glance));
    ready.is_ok_and(|count| count > 0)
}

fn resize(master: &File, columns: u16) {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(master, size).expect("a terminal has a size");
}

/// A program, in a session of its own where `setsid` makes one: then no other terminal is looked at for its size.
fn command(program: &Path) -> Command {
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program);
        command
    } else {
        Command::new(program)
    };
    // One that can draw, whatever this process stands on.
    command.env("TERM", "xterm");
    command
}

/// No child inherits the end that tells it, by closing, that its terminal is gone.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
const ALONE: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY).union(OpenptFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
const ALONE: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY);

/// Fails instead of hanging.
const WATCHDOG: Duration = Duration::from_secs(10);
