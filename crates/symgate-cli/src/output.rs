//! Standard output and standard error, which lines, progress bars and the dialog share ([`Output`]).
//!
//! While a question is open nothing else is written to the terminal: bars only count, and lines are kept until it is
//! over. Nobody waits for that, however long the person thinks. What goes elsewhere than to the terminal goes on.

use std::io::{self, IsTerminal as _, Write as _};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};

/// Both streams of the process, and the bars that may be drawn on one of them.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    bars: MultiProgress,
    /// Whether bars could be drawn at all.
    drawing: Drawing,
    /// Whether what bars draw is thrown away.
    aside: Arc<AtomicBool>,
    state: Arc<Mutex<State>>,
}

/// Whether bars may be drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Drawing {
    /// Never.
    Off,
    /// Where standard error is a terminal that can.
    On,
}

/// One of the two streams.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    Error,
    Out,
}

#[derive(Debug, Default)]
struct State {
    terminal: Floor,
    /// Why lines on standard output were lost, first.
    lost: Option<io::Error>,
}

/// Who writes to the terminal.
#[derive(Debug, Default)]
enum Floor {
    #[default]
    Everybody,
    /// A question; what others have to say meanwhile.
    Question(Vec<(Stream, Vec<u8>)>),
}

impl Output {
    pub(crate) fn new(drawing: Drawing) -> Self {
        let possible = drawing == Drawing::On && !ProgressDrawTarget::stderr().is_hidden();
        let aside = Arc::default();
        let drawing = if possible { Drawing::On } else { Drawing::Off };
        Self {
            bars: MultiProgress::with_draw_target(target(drawing, &aside)),
            drawing,
            aside,
            state: Arc::default(),
        }
    }

    /// Where bars are drawn.
    pub(crate) const fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Complete lines for standard error, safe for a terminal already.
    ///
    /// A reader that is gone wants no more messages; `eprint!` would end the process with its files half way.
    pub(crate) fn message(&self, lines: &str) {
        self.write(Stream::Error, lines.as_bytes().to_vec());
    }

    /// Complete lines for standard output.
    pub(crate) fn result(&self, lines: Vec<u8>) {
        self.write(Stream::Out, lines);
    }

    /// Why results were lost, if any was.
    pub(crate) fn take_lost(&self) -> Option<io::Error> {
        self.state().lost.take()
    }

    /// Asks while nobody else writes to the terminal.
    pub(crate) fn ask(&self, question: &mut dyn FnMut()) {
        {
            let mut state = self.state();
            state.terminal = Floor::Question(Vec::new());
            // It clears the bars away, and what it draws anew is thrown away.
            self.bars.suspend(|| self.aside.store(true, Ordering::Relaxed));
            self.bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        // Also when the question panics.
        let _over = Over(self);
        question();
    }

    fn write(&self, stream: Stream, lines: Vec<u8>) {
        if stream == Stream::Out && !io::stdout().is_terminal() {
            let written = io::stdout().write_all(&lines);
            return self.state().note(written);
        }
        let mut state = self.state();
        if let Floor::Question(kept) = &mut state.terminal {
            return kept.push((stream, lines));
        }
        self.bars.suspend(|| state.write(stream, &lines));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self, stream: Stream, lines: &[u8]) {
        match stream {
            // Nobody can be told.
            Stream::Error => drop(io::stderr().write_all(lines)),
            Stream::Out => {
                let written = io::stdout().write_all(lines);
                self.note(written);
            }
        }
    }

    fn note(&mut self, written: io::Result<()>) {
        self.lost = self.lost.take().or_else(|| written.err());
    }
}

/// Gives the terminal back to everybody when a question ends.
struct Over<'a>(&'a Output);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let Output {
            bars,
            drawing,
            aside,
            state: _,
        } = self.0;
        let mut state = self.0.state();
        if let Floor::Question(kept) = mem::take(&mut state.terminal) {
            for (stream, lines) in kept {
                state.write(stream, &lines);
            }
        }
        aside.store(false, Ordering::Relaxed);
        bars.set_draw_target(target(*drawing, aside));
    }
}

fn target(drawing: Drawing, aside: &Arc<AtomicBool>) -> ProgressDrawTarget {
    match drawing {
        Drawing::Off => ProgressDrawTarget::hidden(),
        Drawing::On => {
            let canvas = Canvas {
                term: Term::buffered_stderr(),
                aside: Arc::clone(aside),
            };
            ProgressDrawTarget::term_like_with_hz(Box::new(canvas), RATE)
        }
    }
}

/// A terminal that never fails: indicatif panics where one does, and a window may be closed at any time.
#[derive(Debug)]
struct Canvas {
    term: Term,
    aside: Arc<AtomicBool>,
}

impl Canvas {
    /// Draws, unless that is for nobody. After a failure it always is.
    fn draw(&self, draw: impl FnOnce(&Term) -> io::Result<()>) -> io::Result<()> {
        if !self.aside.load(Ordering::Relaxed) && draw(&self.term).is_err() {
            self.aside.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_left(n))
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.draw(|term| term.write_line(text))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.draw(|term| term.write_str(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw(Term::clear_line)
    }

    fn flush(&self) -> io::Result<()> {
        self.draw(Term::flush)
    }
}

/// How often bars are drawn in a second, at most: indicatif's own choice.
const RATE: u8 = 20;
