//! [`Cancel`]: how a person's Ctrl-C or a window's close button reaches a blocked errand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A word that ends errands: everybody who waits looks at it every 100 ms at least.
///
/// Clones share the word. It cannot be taken back: a new errand after a cancelled one takes a new `Cancel`.
///
/// ```
/// use symgate_net::Cancel;
///
/// let cancel = Cancel::new();
/// let in_signal_handler = cancel.clone();
/// in_signal_handler.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A word that is not yet spoken.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every errand that holds a clone, within 200 ms.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the word was spoken.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag behind it, for those who look at one themselves.
    #[must_use]
    pub const fn flag(&self) -> &Arc<AtomicBool> {
        &self.0
    }
}

impl From<Arc<AtomicBool>> for Cancel {
    /// Shares a flag that somebody else sets, such as the facade or a signal handler.
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_the_word_with_clones_and_with_the_flag_it_was_made_from() {
        let flag = Arc::new(AtomicBool::new(false));
        let cancel = Cancel::from(Arc::clone(&flag));
        let clone = cancel.clone();
        assert!(!clone.is_cancelled());
        cancel.cancel();
        assert!(clone.is_cancelled() && flag.load(Ordering::Relaxed));
    }
}
