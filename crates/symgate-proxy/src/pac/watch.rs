//! How long a script may still run, seen from both sides: the engine's thread, which obeys, and the
//! caller, who waits no longer than that even when the engine does not obey.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The deadlines of one run.
///
/// Two of them, because name look-ups take seconds where a script takes microseconds: an endless
/// loop is ended by `running`, which stands still during look-ups, and everything by `total`.
#[derive(Debug)]
pub(super) struct Watch {
    /// When everything ends.
    total: Instant,
    /// When the script ends, unless a look-up is under way.
    current: Mutex<Current>,
}

#[derive(Debug, Clone, Copy)]
enum Current {
    /// In the queue, or in a look-up, with this much left for the script.
    Waiting {
        left: Duration,
    },
    Running {
        until: Instant,
    },
}

impl Watch {
    /// A run that is not yet begun.
    pub(super) fn new(now: Instant, total: Duration, running: Duration) -> Self {
        Self {
            total: after(now, total),
            current: Mutex::new(Current::Waiting { left: running }),
        }
    }

    /// The script goes on.
    pub(super) fn run(&self, now: Instant) {
        self.change(|current| match current {
            Current::Waiting { left } => Current::Running {
                until: after(now, left),
            },
            running @ Current::Running { .. } => running,
        });
    }

    /// The script waits for a look-up, which gets what is left of the total.
    pub(super) fn wait(&self, now: Instant) -> Instant {
        self.change(|current| match current {
            Current::Running { until } => Current::Waiting {
                left: until.saturating_duration_since(now),
            },
            waiting @ Current::Waiting { .. } => waiting,
        });
        self.total
    }

    /// When everything is over.
    pub(super) const fn total(&self) -> Instant {
        self.total
    }

    /// When it is over, as things are; later when a look-up takes its time meanwhile.
    pub(super) fn deadline(&self) -> Instant {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match *current {
            Current::Waiting { .. } => self.total,
            Current::Running { until } => until.min(self.total),
        }
    }

    fn change(&self, next: impl FnOnce(Current) -> Current) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = next(*current);
    }
}

/// A time that no clock can tell is a century away, which nobody waits for either.
fn after(now: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
    now.checked_add(wait).unwrap_or_else(|| now + CENTURY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_no_clock_can_tell_are_far_away() {
        let start = Instant::now();
        let watch = Watch::new(start, Duration::MAX, Duration::MAX);
        watch.run(start);
        assert!(watch.deadline() > start + Duration::from_secs(1 << 30));
        assert!(watch.wait(start) > start + Duration::from_secs(1 << 30));
    }

    #[test]
    fn look_ups_count_into_the_total_alone() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let watch = Watch::new(start, second * 10, second);
        assert_eq!(watch.deadline(), start + second * 10);
        watch.run(start + second * 2);
        assert_eq!(watch.deadline(), start + second * 3);
        assert_eq!(watch.wait(start + second * 2 + second / 4), start + second * 10);
        assert_eq!(watch.deadline(), start + second * 10);
        watch.run(start + second * 5);
        assert_eq!(watch.deadline(), start + second * 5 + second * 3 / 4);
        watch.wait(start + second * 5);
        watch.run(start + second * 9 + second / 2);
        assert_eq!(watch.deadline(), start + second * 10);
    }
}
