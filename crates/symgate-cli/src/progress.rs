//! Progress bars on standard error: one for each file that is arriving, and one for all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use symgate::Event;

use crate::report::plain;

/// The bars.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: MultiProgress,
    total: ProgressBar,
    /// Done when the bar for all is among the others.
    begun: Once,
    files: Mutex<HashMap<usize, ProgressBar>>,
}

impl Progress {
    /// Bars for so many files; nothing is drawn before the first byte arrives.
    pub(crate) fn new(files: usize, bars: MultiProgress) -> Self {
        // Left to itself it would draw at once, and where nobody clears it away for other lines.
        let total = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let total = total.with_style(style("{msg}  {bytes} {bytes_per_sec}"));
        total.set_message(format!("0 of {files} files"));
        Self {
            bars,
            total,
            begun: Once::new(),
            files: Mutex::default(),
        }
    }

    pub(crate) fn observe(&self, number: usize, event: &Event<'_>) {
        match event {
            Event::Started { name, total } => {
                let mut files = self.files();
                self.begun.call_once(|| drop(self.bars.add(self.total.clone())));
                let (bar, shape) = match total {
                    Some(total) => (ProgressBar::new(*total), FILE),
                    None => (ProgressBar::no_length(), FILE_OF_UNKNOWN_LENGTH),
                };
                let bar = self.bars.insert_before(&self.total, bar.with_style(style(shape)));
                bar.set_message(plain(name));
                bar.enable_steady_tick(TICK);
                files.insert(number, bar);
            }
            Event::Received { bytes } => {
                self.total.inc(*bytes);
                if let Some(bar) = self.files().get(&number) {
                    bar.inc(*bytes);
                }
            }
            Event::Ended { .. } => {
                if let Some(bar) = self.files().remove(&number) {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                }
            }
            _ => {}
        }
    }

    /// So many files are done.
    pub(crate) fn done(&self, done: usize, files: usize) {
        self.total.set_message(format!("{done} of {files} files"));
        if done == files {
            self.total.finish_and_clear();
        }
    }

    fn files(&self) -> MutexGuard<'_, HashMap<usize, ProgressBar>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are the constants of this file; a plain bar is better than none.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

// No line is longer than 80 columns.
const FILE: &str = "{msg:28!} {bar:14} {bytes:>11}/{total_bytes:11} {bytes_per_sec}";
const FILE_OF_UNKNOWN_LENGTH: &str = "{msg:28!} {spinner:14} {bytes:>11} {bytes_per_sec}";
const TICK: Duration = Duration::from_millis(200);
