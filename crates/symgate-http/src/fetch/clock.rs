//! What a fetch waits for, and how long it may.

use std::time::Duration;

use crate::error::{Error, Misuse};
use crate::fetch::Now;
use crate::limits::Deadlines;

/// The input that is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Waiting {
    Answer,
    Nothing,
    Opened,
    /// The first bytes of an answer have not come yet.
    FirstByte,
    Received,
    Routes,
    Sent,
    Tls,
    Token,
}

/// The time as last told, and the deadline of the current wait.
#[derive(Debug)]
pub(crate) struct Clock {
    deadlines: Deadlines,
    now: Duration,
    wall: u64,
    begun: Option<Duration>,
    waiting: Waiting,
    until: Option<Duration>,
}

impl Clock {
    pub(crate) const fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            now: Duration::ZERO,
            wall: 0,
            begun: None,
            waiting: Waiting::Nothing,
            until: None,
        }
    }

    pub(crate) fn tick(&mut self, now: Now) {
        self.now = self.now.max(now.monotonic);
        self.wall = now.wall;
        self.begun.get_or_insert(self.now);
    }

    pub(crate) const fn wall(&self) -> u64 {
        self.wall
    }

    /// Begins to wait; asking for the same again does not prolong it.
    pub(crate) fn wait_for(&mut self, waiting: Waiting) {
        if self.waiting == waiting {
            return;
        }
        self.waiting = waiting;
        let Deadlines {
            connect,
            first_byte,
            stall,
            total: _,
        } = self.deadlines;
        let span = match waiting {
            Waiting::Opened | Waiting::Tls | Waiting::Token => connect,
            Waiting::FirstByte => first_byte,
            Waiting::Received | Waiting::Sent => stall,
            Waiting::Answer | Waiting::Nothing | Waiting::Routes => None,
        };
        self.until = span.map(|span| self.now.saturating_add(span));
    }

    /// The earlier of the current wait's end and the errand's.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        // A person may think for as long as it takes.
        if matches!(self.waiting, Waiting::Answer | Waiting::Nothing) {
            return None;
        }
        let total = self
            .begun
            .zip(self.deadlines.total)
            .map(|(begun, total)| begun.saturating_add(total));
        [self.until, total].into_iter().flatten().min()
    }

    /// Refuses any input but the one that is waited for; changes nothing, as the input may still be refused for itself.
    pub(crate) fn check(&self, input: Waiting) -> Result<(), Error> {
        check(self.waiting == input || (input == Waiting::Received && self.waiting == Waiting::FirstByte))
    }

    /// Refuses a failure where nothing can fail or be late.
    pub(crate) fn check_failure(&self) -> Result<(), Error> {
        check(!matches!(self.waiting, Waiting::Answer | Waiting::Nothing))
    }

    /// The input is taken: nothing is waited for until the next poll.
    pub(crate) const fn take(&mut self) {
        self.waiting = Waiting::Nothing;
        self.until = None;
    }
}

fn check(due: bool) -> Result<(), Error> {
    if due {
        Ok(())
    } else {
        Err(Error::Misuse(Misuse::OutOfTurn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now {
            monotonic: Duration::from_secs(seconds),
            wall: 0,
        }
    }

    #[test]
    fn asking_again_does_not_prolong_a_wait() {
        let mut clock = Clock::new(Deadlines::default());
        clock.tick(at(5));
        clock.wait_for(Waiting::Opened);
        clock.tick(at(9));
        clock.wait_for(Waiting::Opened);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(15)));
        clock.take();
        clock.wait_for(Waiting::Tls);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(19)));
    }

    #[test]
    fn a_person_has_no_deadline() {
        let deadlines = Deadlines {
            total: Some(Duration::from_secs(1)),
            ..Deadlines::default()
        };
        let mut clock = Clock::new(deadlines);
        clock.tick(at(0));
        clock.wait_for(Waiting::Answer);
        assert_eq!(clock.deadline(), None);
        clock.take();
        clock.wait_for(Waiting::Sent);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(1)));
    }

    #[test]
    fn only_the_awaited_input_is_taken() {
        let mut clock = Clock::new(Deadlines::default());
        clock.tick(at(0));
        clock.wait_for(Waiting::FirstByte);
        assert!(clock.check(Waiting::Sent).is_err());
        assert!(clock.check(Waiting::Received).is_ok());
        clock.take();
        assert!(clock.check(Waiting::Received).is_err());
    }

    #[test]
    fn whatever_has_a_deadline_can_fail() {
        let deadlines = Deadlines {
            total: Some(Duration::from_secs(1)),
            ..Deadlines::default()
        };
        for waiting in [
            Waiting::Answer,
            Waiting::Nothing,
            Waiting::Opened,
            Waiting::FirstByte,
            Waiting::Received,
            Waiting::Routes,
            Waiting::Sent,
            Waiting::Tls,
            Waiting::Token,
        ] {
            let mut clock = Clock::new(deadlines.clone());
            clock.tick(at(0));
            clock.wait_for(waiting);
            assert_eq!(clock.deadline().is_some(), clock.check_failure().is_ok(), "{waiting:?}");
        }
    }
}
