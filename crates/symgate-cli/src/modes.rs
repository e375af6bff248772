//! The terminal's modes as the shell found them, for whoever ends the process while a line is edited.
//!
//! On Unix they outlive the process; elsewhere the console's next reader sets its own.

/// Keeps the modes as they are now.
#[cfg(unix)]
pub(crate) fn remember() {
    if let Ok(modes) = rustix::termios::tcgetattr(std::io::stdin()) {
        // The first ones are the user's.
        let _later = FOUND.set(modes);
    }
}

/// Puts the modes back that were kept, if any were.
#[cfg(unix)]
pub(crate) fn recall() {
    use crossterm::event::DisableBracketedPaste;
    use rustix::termios::{OptionalActions, tcsetattr};

    if let Some(modes) = FOUND.get() {
        // The process is about to end: nobody can be told.
        let _modes = tcsetattr(std::io::stdin(), OptionalActions::Now, modes);
        let _paste = crossterm::execute!(std::io::stdout(), DisableBracketedPaste);
    }
}

#[cfg(unix)]
static FOUND: std::sync::OnceLock<rustix::termios::Termios> = std::sync::OnceLock::new();

/// Nothing to keep.
#[cfg(not(unix))]
pub(crate) fn remember() {}

/// Nothing to put back.
#[cfg(not(unix))]
pub(crate) fn recall() {}
