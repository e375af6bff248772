//! Ctrl-C and the signals that end a process: the first gives up what is under way, the second ends at once.

use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symgate::net::Cancel;

use crate::{modes, tty};

/// What a signal finds, for as long as the process lives; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    work: Work,
    /// Whether a signal said that the process is to end, and not only what it does.
    end: Option<Terminated>,
}

/// What is under way.
#[derive(Debug, Default)]
enum Work {
    /// It was told to stop already: asked again, the process ends.
    GivenUp,
    /// Nothing: a signal ends the process.
    #[default]
    None,
    Running(Cancel),
}

/// A signal that means the process: SIGTERM, or the terminal's end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Terminated;

/// What a signal means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Signal {
    /// Ctrl-C: what is under way.
    Interrupt,
    /// The process.
    Terminate,
}

impl Interrupts {
    /// Handles signals from now on. A process that cannot install a handler is ended by the signal itself, which is as
    /// well: no file is visible before it is whole.
    pub(crate) fn install() -> Self {
        let interrupts = Self::default();
        let handled = interrupts.clone();
        // Without the handler a signal does what the system makes of it.
        let _not_installed = on_signal(move |signal| handled.handle(signal));
        interrupts
    }

    /// Something begins that the next signal gives up.
    pub(crate) fn begin(&self) -> Cancel {
        let cancel = Cancel::new();
        self.state().work = Work::Running(cancel.clone());
        cancel
    }

    /// It is over: the next signal ends the process. Whether one that came meanwhile meant the process.
    pub(crate) fn finish(&self) -> Option<Terminated> {
        let mut state = self.state();
        state.work = Work::None;
        state.end
    }

    fn handle(&self, signal: Signal) {
        let mut state = self.state();
        if signal == Signal::Terminate {
            state.end = Some(Terminated);
        }
        match std::mem::replace(&mut state.work, Work::GivenUp) {
            Work::Running(cancel) => {
                // First the word, then the terminal: a dialog that finds its mode gone looks for the word.
                cancel.cancel();
                tty::restore();
            }
            Work::GivenUp | Work::None => {
                tty::restore();
                modes::recall();
                // Nothing is under way, or the person has asked twice.
                process::exit(i32::from(STATUS));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `handle` at each signal, on a thread of its own.
#[cfg(unix)]
fn on_signal(handle: impl Fn(Signal) + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            handle(if signal == SIGINT {
                Signal::Interrupt
            } else {
                Signal::Terminate
            });
        }
    })?;
    Ok(())
}

/// Calls `handle` at each Ctrl-C, on a thread of its own.
#[cfg(not(unix))]
fn on_signal(handle: impl Fn(Signal) + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || handle(Signal::Interrupt))
}

/// The exit status of a process that was interrupted.
pub(crate) const STATUS: u8 = 130;
