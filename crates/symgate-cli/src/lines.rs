//! Where the shell's commands come from: line editing on a terminal, lines of standard input elsewhere ([`Lines`]).
//!
//! What was typed is kept in memory for the Up key and nowhere else: a symbol path may hold a password.

use std::collections::VecDeque;
use std::io::{self, BufRead, IsTerminal as _, Read as _, StdinLock};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::modes;

/// The commands to come.
pub(crate) enum Lines {
    /// A person types them.
    Edited(Box<Typed>),
    /// They are a file's, or another program's.
    Piped(StdinLock<'static>),
}

/// What a person types.
pub(crate) struct Typed {
    editor: DefaultEditor,
    /// A paste may have many lines; these wait.
    pasted: VecDeque<String>,
    /// An empty line says it again, as in the debuggers.
    last: String,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Command(String),
    /// There is no more.
    End,
    /// The terminal went away.
    Gone,
    /// The person began a line and gave it up.
    GivenUp,
    /// It has more than [`LONGEST`] bytes; all of it was passed over.
    TooLong,
}

impl Lines {
    /// The lines of standard input, edited where both it and standard output are a terminal.
    pub(crate) fn open() -> io::Result<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Ok(Self::Piped(io::stdin().lock()));
        }
        modes::remember();
        let config = rustyline::Config::builder().auto_add_history(true).build();
        let editor = DefaultEditor::with_config(config).map_err(io::Error::other)?;
        Ok(Self::Edited(Box::new(Typed {
            editor,
            pasted: VecDeque::new(),
            last: String::new(),
        })))
    }

    /// The next line; `prompt` is shown where somebody sees it.
    ///
    /// # Errors
    ///
    /// When standard input cannot be read.
    pub(crate) fn next(&mut self, prompt: &str) -> io::Result<Line> {
        match self {
            Self::Edited(typed) => Ok(typed.next(prompt)),
            Self::Piped(input) => read(input),
        }
    }
}

impl Typed {
    fn next(&mut self, prompt: &str) -> Line {
        if let Some(line) = self.pasted.pop_front() {
            return self.command(line);
        }
        match self.editor.readline(&format!("{prompt} ")) {
            Ok(text) => {
                let mut lines = text.split(['\n', '\r']).map(str::to_owned);
                let first = lines.next().unwrap_or_default();
                self.pasted.extend(lines.filter(|line| !line.is_empty()));
                self.command(first)
            }
            Err(ReadlineError::Eof) => Line::End,
            Err(ReadlineError::Interrupted) => Line::GivenUp,
            // A key that is no Unicode.
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Line::GivenUp,
            // Whatever else is wrong with a terminal, nobody is at it any more.
            Err(_) => Line::Gone,
        }
    }

    fn command(&mut self, line: String) -> Line {
        if line.len() > LONGEST {
            return Line::TooLong;
        }
        if !line.trim().is_empty() {
            self.last = line;
        }
        Line::Command(self.last.clone())
    }
}

/// The next line of a file; what is no Unicode in it is replaced.
fn read(input: &mut impl BufRead) -> io::Result<Line> {
    let mut bytes = Vec::new();
    // One byte more tells a line that is too long from one that just fits.
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    input.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(Line::End);
    }
    if bytes.len() > LONGEST && bytes.last() != Some(&b'\n') {
        skip_line(input)?;
        return Ok(Line::TooLong);
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Line::Command(String::from_utf8_lossy(line).into_owned()))
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let there = input.fill_buf()?;
        match there.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(());
            }
            None if there.is_empty() => return Ok(()),
            None => {
                let length = there.len();
                input.consume(length);
            }
        }
    }
}

/// The most bytes of a line: longer than any symbol path, whose elements are file names.
pub(crate) const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_on_any_system_and_are_bounded() {
        let long = "x".repeat(LONGEST);
        let text = format!("lm\r\n\n{long}\n{long}y\n.sympath\nq");
        let mut input = io::Cursor::new(text);
        let command = |text: &str| Line::Command(text.into());
        let expected = [
            command("lm"),
            command(""),
            command(&long),
            Line::TooLong,
            command(".sympath"),
            command("q"),
            Line::End,
        ];
        for line in expected {
            assert_eq!(read(&mut input).unwrap(), line);
        }
    }

    #[test]
    fn the_rest_of_a_line_that_is_too_long_is_no_command() {
        let mut input = io::Cursor::new("x".repeat(3 * LONGEST));
        assert_eq!(read(&mut input).unwrap(), Line::TooLong);
        assert_eq!(read(&mut input).unwrap(), Line::End);
        let mut input = io::Cursor::new(*b"a\xff\n");
        assert_eq!(read(&mut input).unwrap(), Line::Command("a\u{fffd}".into()));
    }
}
