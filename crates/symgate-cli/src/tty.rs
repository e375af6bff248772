//! The question on the terminal: a small dialog on standard error that asks for a name and a password
//! (DECISIONS §4, SYMSRV §3.1).
//!
//! It writes a few lines and then edits one line at a time, in place; it never moves the cursor up. So nothing that stands
//! above is overwritten, whatever the width of the terminal is and becomes.
//!
//! The terminal is in raw mode while a line is edited, so Ctrl-C is a key. It is put back when the dialog ends, when it
//! unwinds, before a panic's message ([`restore_on_panic`]), and by [`restore`], which the handler of signals calls.

// With paths, because the example and the tests include this file by path as well.
#[path = "tty/form.rs"]
mod form;
#[path = "tty/line.rs"]
mod line;
#[path = "tty/presence.rs"]
mod presence;
#[path = "tty/screen.rs"]
mod screen;
#[path = "tty/words.rs"]
mod words;

use std::fmt;
use std::io;
use std::io::IsTerminal;
use std::panic;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use symgate_policy::{Name, Prompted, Prompter, Question};

use form::{Form, Step};
pub(crate) use screen::restore;
use screen::{Raw, Screen};

/// Asks a person on the terminal.
pub(crate) struct TtyPrompter {
    aside: Aside,
}

/// Clears away what is drawn on the terminal, calls back, and draws it again. It must not make others wait meanwhile: a
/// person may think for hours.
pub(crate) type Aside = Box<dyn Fn(&mut dyn FnMut()) + Send>;

impl TtyPrompter {
    /// A dialog that is shown while `aside` has cleared the terminal.
    pub(crate) fn new(aside: Aside) -> Self {
        Self { aside }
    }
}

impl Prompter for TtyPrompter {
    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        // Without a terminal at both ends nobody sees the question, or the answer comes from a file.
        if !is_attended() {
            return Prompted::Unavailable;
        }
        let mut prompted = Prompted::Unavailable;
        (self.aside)(&mut || {
            // A terminal that fails is one that nobody can answer at.
            prompted = converse(question).unwrap_or_else(|_gone| {
                // The signal that says so may be on its way still, and tells the reason better.
                for _ in 0..GLANCES {
                    if question.is_cancelled() {
                        break;
                    }
                    thread::sleep(GLANCE);
                }
                Prompted::Unavailable
            });
        });
        prompted
    }
}

impl fmt::Debug for TtyPrompter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TtyPrompter").finish_non_exhaustive()
    }
}

/// Whether somebody can be asked: there is a terminal at both ends.
pub(crate) fn is_attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Puts the terminal back before a panic's message is written, whichever thread it is that panics: the process may end
/// while another one waits for keys.
pub(crate) fn restore_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        restore();
        report(info);
    }));
}

/// Shows the question and feeds keys to the form until it is decided.
fn converse(question: &Question<'_>) -> io::Result<Prompted> {
    let raw = Raw::enter()?;
    // What was typed before the question could be seen is no answer to it.
    while presence::is_key_there()? {
        if is_interrupt(&event::read()?) {
            return Ok(Prompted::Cancelled);
        }
    }
    let mut screen = Screen::new();
    for fact in words::facts(question) {
        screen.fact(&fact)?;
    }
    let mut form = match question.name {
        Name::Given(name) => Form::with_name(name),
        Name::Suggested(name) => Form::retrying(name),
        Name::Unknown => Form::suggesting(""),
    };
    screen.edit(&form)?;
    loop {
        // Whoever put the terminal back ended the question: what is typed from then on would be shown.
        if question.is_cancelled() || !Raw::holds() {
            screen.leave()?;
            return Ok(Prompted::Cancelled);
        }
        if !presence::is_key_there()? {
            presence::wait(GLANCE)?;
            continue;
        }
        match form.handle(&event::read()?) {
            Step::Cancel => {
                screen.leave()?;
                return Ok(Prompted::Cancelled);
            }
            Step::Edit => screen.edit(&form)?,
            Step::Next => {
                screen.leave()?;
                screen.edit(&form)?;
            }
            Step::Resize => {
                // The terminal may have broken the old line in two: begin a new one.
                screen.leave()?;
                screen.edit(&form)?;
            }
            Step::Submit => {
                screen.leave()?;
                drop(raw);
                return Ok(Prompted::Answer(form.into_credentials()));
            }
        }
    }
}

fn is_interrupt(event: &Event) -> bool {
    event
        .as_key_press_event()
        .is_some_and(|key| key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL))
}

/// Half of the 100 ms within which a cancel flag must be seen.
const GLANCE: Duration = Duration::from_millis(50);

/// How often a flag is looked at that a signal of the terminal's end may set.
const GLANCES: u32 = 10;
