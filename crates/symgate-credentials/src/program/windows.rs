//! Windows: the program is ended alone. To end what it started would take a job object, which has no call without
//! `unsafe`; what is left keeps nobody waiting.

use std::os::windows::process::CommandExt;
use std::process::{Child, Command};

/// Gives it no console: no window opens for it, and it cannot ask on ours.
pub(super) fn prepare(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW);
}

/// Programs are not stopped here.
pub(super) const fn is_stopped(_child: &Child) -> bool {
    false
}

/// Ends the program.
pub(super) fn end(child: &mut Child) {
    let _gone = child.kill();
    let _status = child.try_wait();
}

/// [Process creation flags](https://learn.microsoft.com/windows/win32/procthread/process-creation-flags).
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
