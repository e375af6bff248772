//! Ctrl-C and the signals that end a process: the first gives up what is under way, the second ends at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use symgate::net::Cancel;

use crate::tty;

/// Sets `cancel` at the first signal. A process that cannot install a handler is ended by the signal itself, which is
/// as well: no file is visible before it is whole.
pub(crate) fn cancel_on_signal(cancel: &Cancel) {
    let (cancel, again) = (cancel.clone(), AtomicBool::new(false));
    let installed = ctrlc::set_handler(move || {
        // First the word, then the terminal: a dialog that finds its mode gone looks for the word.
        cancel.cancel();
        tty::restore();
        if again.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the person has asked twice")]
            process::exit(i32::from(STATUS));
        }
    });
    drop(installed);
}

/// The exit status of a process that was interrupted.
pub(crate) const STATUS: u8 = 130;
