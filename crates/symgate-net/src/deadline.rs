//! [`Wait`]: how long an operation may block and what cuts it short ([`Halt`]).
//!
//! Nothing in this crate blocks for longer than one [`SLICE`] without looking at both the clock and the
//! [`Cancel`] word; sockets carry the slice as their receive and send timeout, so that no other thread is needed.

use std::io;
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::tls::TlsError;

/// The bounds of one blocking operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait<'c> {
    cancel: &'c Cancel,
    until: Option<Instant>,
    patience: Patience,
}

/// Whether an operation may block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Patience {
    /// Until the deadline.
    Some,
    /// Not at all; the deadline bounds how long a peer may keep us busy.
    None,
}

/// Why an operation ended early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The [`Cancel`] word was spoken.
    Cancelled,
    /// The deadline passed.
    Expired,
    /// The operating system says no.
    Io(io::Error),
    /// TLS says no.
    Tls(TlsError),
}

impl<'c> Wait<'c> {
    /// Until the given moment, or without limit.
    pub(crate) const fn new(cancel: &'c Cancel, until: Option<Instant>) -> Self {
        Self {
            cancel,
            until,
            patience: Patience::Some,
        }
    }

    /// Not at all: whatever would block is [`Halt::Expired`]. What does not block may go on for one [`SLICE`].
    pub(crate) fn none(cancel: &'c Cancel) -> Self {
        Self {
            cancel,
            until: Some(Instant::now() + SLICE),
            patience: Patience::None,
        }
    }

    /// Whether to go on waiting, asked when nothing is there.
    pub(crate) fn check(&self) -> Result<(), Halt> {
        match self.patience {
            Patience::Some => self.check_busy(),
            Patience::None => Err(Halt::Expired),
        }
    }

    /// Whether to go on working, asked when something came but not enough: a peer that sends a byte at a time
    /// keeps us from waiting and must not keep us from the deadline.
    pub(crate) fn check_busy(&self) -> Result<(), Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        match self.until {
            Some(until) if Instant::now() >= until => Err(match self.patience {
                Patience::Some => Halt::Expired,
                Patience::None => Halt::Io(io::ErrorKind::TimedOut.into()),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// How long to block before the next [`check`](Self::check): a [`SLICE`], or less when the deadline is near;
    /// never zero, which sockets and condition variables take for "for ever" or "not at all".
    pub(crate) fn slice(&self) -> Duration {
        let left = self
            .until
            .map_or(SLICE, |until| until.saturating_duration_since(Instant::now()));
        left.clamp(Duration::from_millis(1), SLICE)
    }
}

/// The longest that anything blocks without looking up. Half of the 200 ms that a cancelled errand may take to end.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancel_wins_over_the_deadline() {
        let cancel = Cancel::new();
        let past = Wait::new(&cancel, Some(Instant::now()));
        assert!(matches!(past.check(), Err(Halt::Expired)));
        assert!(Wait::new(&cancel, None).check().is_ok());
        cancel.cancel();
        assert!(matches!(past.check(), Err(Halt::Cancelled)));
        assert!(matches!(Wait::new(&cancel, None).check(), Err(Halt::Cancelled)));
    }

    #[test]
    fn no_patience_never_waits_but_works_for_a_while() {
        let cancel = Cancel::new();
        let none = Wait::none(&cancel);
        assert!(matches!(none.check(), Err(Halt::Expired)));
        assert!(none.check_busy().is_ok());
        cancel.cancel();
        assert!(matches!(none.check_busy(), Err(Halt::Cancelled)));
    }

    #[test]
    fn a_slice_is_never_zero_and_never_long() {
        let cancel = Cancel::new();
        let far = Instant::now() + Duration::from_secs(3600);
        for until in [None, Some(Instant::now()), Some(far)] {
            let slice = Wait::new(&cancel, until).slice();
            assert!(!slice.is_zero() && slice <= SLICE, "{until:?}: {slice:?}");
        }
    }
}
