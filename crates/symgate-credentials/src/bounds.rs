//! How long a program may take, and how much it may say ([`Bounds`]; DECISIONS §5).

use std::time::{Duration, Instant};

/// What one call of a program may cost.
///
/// ```
/// use std::time::Duration;
/// use symgate_credentials::Bounds;
///
/// let bounds = Bounds::default();
/// assert_eq!((bounds.time, bounds.output), (Duration::from_secs(60), 64 << 10));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// From its start to its end; then it is ended. 60 s: a program may have to ask a server of its own.
    ///
    /// The transfer waits while a program stores or erases an answer, which may therefore take 5 s at most.
    pub time: Duration,
    /// Bytes of its output. 64 KiB: the longest bearer tokens have a few kilobytes.
    pub output: usize,
}

impl Bounds {
    /// Without an end of time: a person thinks.
    pub(crate) const PERSON: Self = Self {
        time: Duration::MAX,
        ..Self::PROGRAM
    };

    const PROGRAM: Self = Self {
        time: Duration::from_secs(60),
        output: 64 << 10,
    };

    /// For a call whose result nobody waits for, while the transfer does.
    pub(crate) fn of_telling(self) -> Self {
        Self {
            time: self.time.min(TELLING),
            ..self
        }
    }

    /// When a call that begins now is over its time; `None` when never.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.time)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::PROGRAM
    }
}

/// For a program to store or erase something.
const TELLING: Duration = Duration::from_secs(5);
