//! [`Seed`]: entropy that comes in as a value.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

/// 32 unpredictable bytes from the caller's random source, from which mechanisms make their nonces.
///
/// Clones share one counter, so that no two [`draw`](Self::draw)s from one seed are alike, in whichever session.
///
/// ```
/// use symgate_auth::Seed;
///
/// let seed = Seed::new([7; 32]); // from the operating system's random source in real use
/// assert_eq!(format!("{seed:?}"), "Seed([secret])");
/// assert_ne!(seed.draw().number, seed.clone().draw().number);
/// ```
#[derive(Clone)]
pub struct Seed(Arc<Inner>);

struct Inner {
    bytes: Zeroizing<[u8; 32]>,
    drawn: AtomicU64,
}

impl Seed {
    /// A seed of fresh random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Inner {
            bytes: Zeroizing::new(bytes),
            drawn: AtomicU64::new(0),
        }))
    }

    /// The seed with a number that no other draw has.
    #[must_use]
    pub fn draw(&self) -> Entropy {
        Entropy {
            number: self.0.drawn.fetch_add(1, Ordering::Relaxed),
            seed: self.clone(),
        }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed([secret])")
    }
}

/// What one mechanism may make unpredictable values from: hash [`bytes`](Self::bytes) together with
/// [`number`](Self::number) and a label of the use, and never send the bytes themselves.
#[derive(Debug)]
pub struct Entropy {
    seed: Seed,
    /// Differs for each draw from one seed.
    pub number: u64,
}

impl Entropy {
    /// The seed's bytes, the same for each draw.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.seed.0.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_differ_across_clones_and_print_nothing() {
        let seed = Seed::new([0xAB; 32]);
        let (first, second) = (seed.draw(), seed.clone().draw());
        assert_ne!(first.number, second.number);
        assert_eq!(first.bytes(), second.bytes());
        assert_eq!(format!("{first:?}"), "Entropy { seed: Seed([secret]), number: 0 }");
    }
}
