//! Process groups: a program is ended together with what it started
//! ([POSIX `kill`](https://pubs.opengroup.org/onlinepubs/9799919799/functions/kill.html)).
//!
//! What left the group, as a daemon does with `setsid`, is not ended, and keeps nobody waiting.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid};

/// Lets the program lead a group of its own.
pub(super) fn prepare(command: &mut Command) {
    command.process_group(0);
}

/// Whether it was stopped, as a program is that reads from a terminal which is not its own.
pub(super) fn is_stopped(child: &Child) -> bool {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(Pid::from_child(child)), options), Ok(Some(_)))
}

/// Ends the group: first so that a window or a terminal can be put in order, then for certain. A shell that leads it goes
/// at once; what it runs has the same time, so it is the group that is waited for.
pub(super) fn end(child: &mut Child) {
    // The program was not waited for yet, or there is nothing to end: its number is nobody else's.
    if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
        return;
    }
    let group = Pid::from_child(child);
    let _gone = kill_process_group(group, Signal::TERM);
    // What was stopped hears nothing else.
    let _gone = kill_process_group(group, Signal::CONT);
    let is_empty = wait(PATIENCE, || {
        // What has ended counts as a member until it is waited for.
        let has_ended = !matches!(child.try_wait(), Ok(None));
        has_ended && matches!(test_kill_process_group(group), Err(Errno::SRCH))
    });
    if is_empty {
        return;
    }
    // Whoever is left keeps the group's number taken.
    let _gone = kill_process_group(group, Signal::KILL);
    wait(CERTAINTY, || !matches!(child.try_wait(), Ok(None)));
}

/// Whether it is done within the time.
fn wait(most: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() >= most {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// To end in order. With the time until a cancel flag is seen, and [`CERTAINTY`], it stays below 200 ms (DECISIONS §5).
const PATIENCE: Duration = Duration::from_millis(120);

/// To be gone after a signal that nothing ignores.
const CERTAINTY: Duration = Duration::from_millis(30);
