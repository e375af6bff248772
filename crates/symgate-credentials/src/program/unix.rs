//! Process groups: a program is ended together with what it started
//! ([POSIX `kill`](https://pubs.opengroup.org/onlinepubs/9799919799/functions/kill.html)).
//!
//! What left the group, as a daemon does with `setsid`, is not ended, and keeps nobody waiting.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Lets the program lead a group of its own.
pub(super) fn prepare(command: &mut Command) {
    command.process_group(0);
}

/// Whether it was stopped, as a program is that reads from a terminal which is not its own.
pub(super) fn is_stopped(child: &Child) -> bool {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(Pid::from_child(child)), options), Ok(Some(_)))
}

/// Ends the group: first so that a window or a terminal can be put in order, then for certain.
pub(super) fn end(child: &mut Child) {
    // The program was not waited for yet, or there is nothing to end: its number is nobody else's.
    if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
        return;
    }
    let group = Pid::from_child(child);
    let _gone = kill_process_group(group, Signal::TERM);
    // What was stopped hears nothing else.
    let _gone = kill_process_group(group, Signal::CONT);
    wait(PATIENCE, || has_ended(group));
    let _gone = kill_process_group(group, Signal::KILL);
    wait(PATIENCE, || !matches!(child.try_wait(), Ok(None)));
}

/// Whether it ended, without waiting for it: the group's number stays taken.
fn has_ended(program: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(program), options), Ok(None))
}

fn wait(most: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() && start.elapsed() < most {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Together with the time until a cancel flag is seen it stays below 100 ms.
const PATIENCE: Duration = Duration::from_millis(30);
