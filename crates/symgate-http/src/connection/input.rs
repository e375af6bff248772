//! The bytes that a peer sent and that nobody has taken yet.

use std::ops::Range;

use crate::error::Misuse;

/// One buffer, used from both ends; it grows for a long head and for a body, and never beyond what one read needs.
#[derive(Default)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How much of the filled part holds no end of a head.
    scanned: usize,
}

impl Input {
    /// What has arrived and was not consumed.
    pub(crate) fn filled(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Bytes that were handed out as a range of the buffer.
    pub(crate) fn range(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Where the filled part begins in the buffer.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// Whether nothing is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Room for the next read.
    pub(crate) fn free(&mut self, body: bool) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let wanted = if body { BODY } else { HEAD };
        if self.buffer.len() < wanted || self.end == self.buffer.len() {
            self.buffer.resize(wanted.max(self.end * 2), 0);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// The first `read` bytes of the room were filled.
    pub(crate) fn fill(&mut self, read: usize) -> Result<(), Misuse> {
        let end = self.end.checked_add(read).filter(|_| read > 0);
        match end.filter(|&end| end <= self.buffer.len()) {
            Some(end) => {
                self.end = end;
                Ok(())
            }
            None => Err(Misuse::OutOfTurn),
        }
    }

    /// The first `count` filled bytes are done with.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        self.scanned = 0;
    }

    /// How much of the filled part was searched before.
    pub(crate) const fn scanned(&self) -> usize {
        self.scanned
    }

    /// All of the filled part was searched.
    pub(crate) const fn set_scanned(&mut self) {
        self.scanned = self.end - self.start;
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The bytes are the peer's; a body may be anything.
        f.debug_struct("Input").field("filled", &self.filled().len()).finish()
    }
}

/// Room for most heads in one read.
const HEAD: usize = 8 << 10;
/// Four TLS records: large enough that system calls do not count, small enough for many connections.
const BODY: usize = 64 << 10;
