//! Which variants of a file are asked for, in which order (SYMSRV §2.2, §2.6 item 7).

use symgate_path::Variant;

/// An ordered choice of the three variants.
///
/// ```
/// use symgate_lookup::Variants;
/// use symgate_path::Variant;
///
/// let choice = Variants::COMPRESSED_FIRST.without(Variant::Pointer);
/// assert!(choice.iter().eq([Variant::Compressed, Variant::Plain]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variants([Option<Variant>; 3]);

impl Variants {
    /// SYMOPT_FAVOR_COMPRESSED: compressed, plain, pointer.
    pub const COMPRESSED_FIRST: Self = Self([Some(Variant::Compressed), Some(Variant::Plain), Some(Variant::Pointer)]);

    /// The usual order: plain, compressed, pointer.
    pub const PLAIN_FIRST: Self = Self([Some(Variant::Plain), Some(Variant::Compressed), Some(Variant::Pointer)]);

    /// Leaves a variant out, as a filter mask does.
    #[must_use]
    pub fn without(self, variant: Variant) -> Self {
        Self(self.0.map(|kept| kept.filter(|kept| *kept != variant)))
    }

    /// Returns the variants in their order.
    pub fn iter(&self) -> impl Iterator<Item = Variant> {
        self.0.into_iter().flatten()
    }

    pub(crate) fn nth(self, index: usize) -> Option<Variant> {
        self.iter().nth(index)
    }
}

impl Default for Variants {
    fn default() -> Self {
        Self::PLAIN_FIRST
    }
}
