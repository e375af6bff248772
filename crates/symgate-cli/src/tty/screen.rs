//! The terminal itself: raw mode that always ends ([`Raw`], [`restore`]), and the one line that is drawn ([`Screen`]).

use std::io::{self, Stderr, Write};

use crossterm::cursor::{MoveToColumn, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{self, Clear, ClearType};
use crossterm::{execute, queue};
use unicode_width::UnicodeWidthStr;

use super::form::{Form, Place};
use super::words::harmless;

/// Raw mode, until it is dropped.
#[derive(Debug)]
pub(crate) struct Raw(());

impl Raw {
    /// Enters raw mode: keys arrive one by one and are not shown.
    pub(crate) fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let raw = Self(());
        // Old consoles of Windows have no such mode; they paste key by key.
        let _unsupported = execute!(io::stderr(), EnableBracketedPaste);
        Ok(raw)
    }

    /// Whether the terminal is in raw mode still.
    pub(crate) fn holds() -> bool {
        terminal::is_raw_mode_enabled().unwrap_or(false)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the terminal back as it was; does nothing when no question is open. For any thread, also one that handles a
/// signal just before the process ends.
pub(crate) fn restore() {
    if Raw::holds() {
        // Nobody can be told of a failure here, and the modes matter more than the rest: they come first.
        let _modes = terminal::disable_raw_mode();
        let _rest = execute!(io::stderr(), DisableBracketedPaste, Show);
    }
}

/// Standard error, where the dialog is drawn line by line.
pub(crate) struct Screen {
    out: Stderr,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { out: io::stderr() }
    }

    /// Writes a line that stays; the terminal breaks it where it likes.
    pub(crate) fn fact(&mut self, line: &str) -> io::Result<()> {
        // Raw mode does not return the carriage.
        queue!(self.out, Print(line), Print("\r\n"))
    }

    /// Draws the edited line over itself.
    pub(crate) fn edit(&mut self, form: &Form) -> io::Result<()> {
        let columns = terminal::size().map_or(FALLBACK, |(columns, _)| usize::from(columns));
        let mut label = match form.place() {
            Place::Name => "User name: ".to_owned(),
            Place::Password => format!("Password for {} (not shown): ", harmless(form.name())),
        };
        // Where the label leaves no room for the text, the text matters more; where it cannot be shown whole, less of it.
        if columns < label.width() + ROOM {
            match form.place() {
                Place::Name => "> ".clone_into(&mut label),
                Place::Password => "Password: ".clone_into(&mut label),
            }
        }
        let (text, cursor) = form.view(columns.saturating_sub(label.width()));
        let column = u16::try_from(label.width() + cursor).unwrap_or(u16::MAX);
        queue!(
            self.out,
            MoveToColumn(0),
            Clear(ClearType::UntilNewLine),
            Print(label),
            Print(text),
            MoveToColumn(column)
        )?;
        self.out.flush()
    }

    /// Goes on to the next line.
    pub(crate) fn leave(&mut self) -> io::Result<()> {
        execute!(self.out, Print("\r\n"))
    }
}

/// The width of a terminal that does not tell it.
const FALLBACK: usize = 80;

/// The least cells for text beside a label.
const ROOM: usize = 8;
