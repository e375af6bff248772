//! One call of a program of somebody else, bounded in time and size ([`Call`]).
//!
//! The program gets its input, says something and ends. What may go wrong is that it does one of these not at all, or
//! without end. So nobody waits on a pipe: threads of their own write the input and collect what it says, and the
//! caller looks at the clock, the cancel flag and the program every 25 ms at least. A pipe may stay open when the
//! program has ended, as something that it started holds it; then its threads are left behind, and end with the pipe or
//! with the next word from it.
//!
//! A program is ended together with what it started: on Unix by its process group (`program/unix.rs`), on Windows alone
//! (`program/windows.rs`). One that ended by itself may leave others running: git's credential cache is such a one.
//!
//! No program gets the terminal. It is the caller's, who may draw there; and a program that stands in a process group of
//! its own is stopped when it reads from it. A program that was stopped is ended with an error that says so.

#[cfg(unix)]
#[path = "program/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "program/windows.rs"]
mod system;

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use symgate_policy::Interaction;
use zeroize::Zeroizing;

use crate::Bounds;
use crate::plain::Complaint;

/// A call that has not begun.
pub(crate) struct Call<'a> {
    pub(crate) command: Command,
    /// What the program reads; it may be secret.
    pub(crate) input: Zeroizing<Vec<u8>>,
    pub(crate) bounds: Bounds,
    pub(crate) cancel: &'a AtomicBool,
}

/// How a program ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// What it said.
    pub(crate) output: Said,
    pub(crate) complaint: Complaint,
}

/// Output of a program: it may be secret.
pub(crate) struct Said(pub(crate) Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Why a program gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    /// The caller gave up.
    #[error("cancelled")]
    Cancelled,
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("cannot be started: {0}")]
    Start(io::Error),
    #[error("wants the terminal, which no helper program gets")]
    Terminal,
    #[error("did not end within {}", Shown(*.0))]
    Time(Duration),
    #[error("said more than {0} bytes")]
    TooMuch(usize),
    #[error("cannot be watched: {0}")]
    Watch(io::Error),
}

impl Ended {
    /// How it ended, with its last complaint where that gives away nothing: a program that has said something may have
    /// complained of the same, in whatever words, and `secrets` are those that it was told.
    pub(crate) fn describe(&self, secrets: &[&[u8]]) -> String {
        let complaint = if self.output.0.is_empty() {
            self.complaint.tail(secrets)
        } else {
            String::new()
        };
        format!("ended with {}{complaint}", self.status)
    }
}

impl Call<'_> {
    /// Runs the program to its end, or ends it.
    pub(crate) fn run(self) -> Result<Ended, ProgramError> {
        let Self {
            mut command,
            input,
            bounds,
            cancel,
        } = self;
        if cancel.load(Ordering::Relaxed) {
            return Err(ProgramError::Cancelled);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        system::prepare(&mut command);
        let deadline = bounds.deadline();
        let mut child = start(&mut command, cancel, deadline)?;
        let ears = Ears::listen(&mut child, input, bounds.output);
        match watch(&mut child, &ears, bounds, deadline, cancel) {
            Ok(status) => Ok(Ended {
                status,
                output: Said(ears.output.take()),
                complaint: Complaint::new(ears.complaint.take_lines()),
            }),
            Err(error) => {
                system::end(&mut child);
                Err(error)
            }
        }
    }
}

/// Keeps git and its credential manager, which programs of either protocol may call, from asking by themselves: always on
/// the terminal, and by programs and windows where nothing may be shown.
pub(crate) fn keep_silent(command: &mut Command, interaction: Interaction) {
    command.env("GIT_TERMINAL_PROMPT", "0");
    if interaction == Interaction::Silent {
        command
            .env("GCM_INTERACTIVE", "never")
            .env_remove("GIT_ASKPASS")
            .env_remove("SSH_ASKPASS");
    }
}

/// Waits for the end of the program and of its output.
fn watch(
    child: &mut Child,
    ears: &Ears,
    bounds: Bounds,
    deadline: Option<Instant>,
    cancel: &AtomicBool,
) -> Result<ExitStatus, ProgramError> {
    let mut pause = SHORTEST;
    // Its output, and its complaints.
    let mut open = 2;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(ProgramError::Cancelled);
        }
        if ended.is_none() {
            ended = child
                .try_wait()
                .map_err(ProgramError::Watch)?
                .map(|status| (status, Instant::now()));
        }
        match ended {
            // Who still holds the pipe has not been asked; what the program itself said is in it by now.
            Some((status, since)) if open == 0 || since.elapsed() > AFTERWARDS => return Ok(status),
            Some(_) => {}
            None if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                return Err(ProgramError::Time(bounds.time));
            }
            None if system::is_stopped(child) => return Err(ProgramError::Terminal),
            None => {}
        }
        if open == 0 {
            thread::sleep(pause);
        } else {
            match ears.news.recv_timeout(pause) {
                Ok(Heard::All) => {
                    open -= 1;
                    pause = SHORTEST;
                }
                Ok(Heard::Error(error)) => return Err(ProgramError::Read(error)),
                Ok(Heard::TooMuch) => return Err(ProgramError::TooMuch(bounds.output)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = 0,
            }
        }
        pause = (pause * 2).min(LONGEST);
    }
}

/// Starts it. A file that was written a moment ago may still be open for writing in a program that another thread is
/// starting; that passes.
fn start(command: &mut Command, cancel: &AtomicBool, deadline: Option<Instant>) -> Result<Child, ProgramError> {
    for _ in 0..BUSY_TRIES {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {}
            outcome => return outcome.map_err(ProgramError::Start),
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(ProgramError::Cancelled);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
        thread::sleep(LONGEST);
    }
    command.spawn().map_err(ProgramError::Start)
}

/// What the threads of one call tell.
#[derive(Debug)]
enum Heard {
    /// One of the two pipes has come to its end.
    All,
    Error(io::Error),
    TooMuch,
}

/// The threads of one call, seen from outside.
struct Ears {
    news: Receiver<Heard>,
    output: Shared,
    complaint: Shared,
    /// Set when nobody listens any more: whatever is said then, by something that the program has left behind, closes the
    /// pipe.
    over: Arc<AtomicBool>,
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Ears {
    fn listen(child: &mut Child, input: Zeroizing<Vec<u8>>, most: usize) -> Self {
        let (news, heard) = mpsc::sync_channel(2);
        let ears = Self {
            news: heard,
            output: Shared::default(),
            complaint: Shared::default(),
            over: Arc::default(),
        };
        if let Some(stdin) = child.stdin.take() {
            thread::spawn(move || write(stdin, &input));
        }
        if let Some(stdout) = child.stdout.take() {
            let (output, news, over) = (ears.output.clone(), news.clone(), Arc::clone(&ears.over));
            thread::spawn(move || {
                let end = listen(stdout, &output, most, &over);
                // Nobody listens any more when the call is over.
                let _unheard = news.send(end);
            });
        }
        if let Some(stderr) = child.stderr.take() {
            let (complaint, over) = (ears.complaint.clone(), Arc::clone(&ears.over));
            thread::spawn(move || {
                keep_tail(stderr, &complaint, &over);
                // Nobody listens any more when the call is over.
                let _unheard = news.send(Heard::All);
            });
        }
        ears
    }
}

fn write(mut stdin: ChildStdin, input: &[u8]) {
    // A program need not read what it does not want to know.
    let _unread = stdin.write_all(input);
}

fn listen(mut pipe: impl Read, output: &Shared, most: usize, over: &AtomicBool) -> Heard {
    let mut buffer = Zeroizing::new([0; 4096]);
    loop {
        match pipe.read(buffer.as_mut_slice()) {
            Ok(0) => return Heard::All,
            Ok(_) if over.load(Ordering::Relaxed) => return Heard::All,
            Ok(length) => {
                let read = buffer.get(..length).unwrap_or_default();
                if !output.add(read, most) {
                    return Heard::TooMuch;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Heard::Error(error),
        }
    }
}

/// Reads to the end, so that the program is not held up, and keeps the last of it.
fn keep_tail(mut pipe: impl Read, tail: &Shared, over: &AtomicBool) {
    let mut buffer = Zeroizing::new([0; 4096]);
    loop {
        match pipe.read(buffer.as_mut_slice()) {
            Ok(0) => return,
            Ok(_) if over.load(Ordering::Relaxed) => return,
            Ok(length) => tail.replace_tail(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Bytes that a thread adds to and that are taken although the thread may never end.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Zeroizing<Vec<u8>>,
    start: Start,
}

/// What the first kept byte is.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Start {
    #[default]
    First,
    /// There were others before.
    Later,
}

impl Shared {
    /// Whether the bytes still had room.
    fn add(&self, bytes: &[u8], most: usize) -> bool {
        let all = &mut self.lock().bytes;
        let length = all.len() + bytes.len();
        if length > most {
            return false;
        }
        if length > all.capacity() {
            // A vector that grows by itself leaves its old memory as it was.
            let mut more = Zeroizing::new(Vec::with_capacity(length.max(2 * all.capacity())));
            more.extend_from_slice(all);
            *all = more;
        }
        all.extend_from_slice(bytes);
        true
    }

    /// Keeps the last [`TAIL`] bytes.
    fn replace_tail(&self, bytes: &[u8]) {
        let mut all = self.lock();
        let kept = TAIL.saturating_sub(bytes.len()).min(all.bytes.len());
        let mut tail = Zeroizing::new(Vec::with_capacity(kept + bytes.len()));
        let cut = all.bytes.len() - kept;
        tail.extend_from_slice(all.bytes.get(cut..).unwrap_or_default());
        tail.extend_from_slice(bytes);
        all.bytes = tail;
        if cut > 0 {
            all.start = Start::Later;
        }
    }

    fn take(&self) -> Zeroizing<Vec<u8>> {
        std::mem::take(&mut *self.lock()).bytes
    }

    /// Without the rest of a line whose beginning is gone.
    fn take_lines(&self) -> Zeroizing<Vec<u8>> {
        let Kept { bytes, start } = std::mem::take(&mut *self.lock());
        match start {
            Start::First => bytes,
            Start::Later => {
                let rest = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
                Zeroizing::new(rest.and_then(|rest| bytes.get(rest..)).unwrap_or_default().to_vec())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Each change is whole: nothing between its steps panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time for a person: whole seconds where it has some.
struct Shown(Duration);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_secs() {
            0 => write!(f, "{} ms", self.0.as_millis()),
            seconds => write!(f, "{seconds} s"),
        }
    }
}

/// Pauses between two looks: a program that is quick is noticed at once, and a slow one costs little.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(25);

/// How long output is still listened to when the program has ended and others hold its pipe.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// How often a file that is open for writing is tried, [`LONGEST`] apart.
const BUSY_TRIES: u32 = 40;

/// What is kept of a program's complaints.
const TAIL: usize = 4096;

#[cfg(test)]
#[cfg(unix)]
mod tests;
