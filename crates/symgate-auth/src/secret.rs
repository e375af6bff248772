//! [`Secret`]: bytes that must not leak.
//!
//! The type makes leaking harder than not leaking: it prints as `[secret]`, has no `Clone`, `PartialEq`, `Deref`
//! or `Display`, and clears its memory on drop. The one way to the bytes, [`Secret::expose`], is searched for in review.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password, token, key or authorization value; cleared on drop, never printed.
///
/// ```
/// use symgate_auth::Secret;
///
/// let secret = Secret::new("correct horse");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// assert_eq!(secret.expose(), b"correct horse");
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over; the caller's own copies stay the caller's concern.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes. Each use is a place where a leak can start.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether both hold the same bytes, in time that depends on the lengths alone.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_its_bytes() {
        assert_eq!(
            format!("{:?} {:#?}", Secret::new("S3cret"), Secret::new("S3cret")),
            "[secret] [secret]"
        );
    }

    #[test]
    fn compares_by_bytes() {
        assert!(Secret::new("a").same(&Secret::new("a")));
        assert!(!Secret::new("a").same(&Secret::new("b")));
        assert!(!Secret::new("a").same(&Secret::new("aa")));
    }
}
