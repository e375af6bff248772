//! The question "is this the right content?", asked of the caller (DECISIONS §7, "Checks").
//!
//! The store does not know symbol formats. It asks a [`Check`] after the last byte and before the
//! rename, so that wrong content is never visible.

use std::convert::Infallible;
use std::fs::File;

/// Judges a complete file that nobody can see yet.
///
/// Closures of the same shape are checks too:
///
/// ```
/// use std::fs::File;
/// use std::io::{self, Read};
/// # use symgate_store::Check;
/// let mut magic = |file: &mut File, _length: u64| -> Result<Vec<String>, io::Error> {
///     let mut head = [0; 2];
///     file.read_exact(&mut head)?;
///     if &head == b"MZ" { Ok(Vec::new()) } else { Err(io::ErrorKind::InvalidData.into()) }
/// };
/// # fn takes(_: &mut impl Check) {}
/// takes(&mut magic);
/// ```
pub trait Check {
    /// Something odd that does not prevent publication, such as another age (DECISIONS §7).
    type Warning;
    /// Why the content is wrong.
    type Refusal: std::error::Error + Send + Sync + 'static;

    /// Looks at `file`, which stands at its beginning and has `length` bytes, at least one.
    ///
    /// # Errors
    /// An error keeps the file from becoming visible.
    fn check(&mut self, file: &mut File, length: u64) -> Result<Vec<Self::Warning>, Self::Refusal>;
}

impl<F, W, R> Check for F
where
    F: FnMut(&mut File, u64) -> Result<Vec<W>, R>,
    R: std::error::Error + Send + Sync + 'static,
{
    type Warning = W;
    type Refusal = R;

    fn check(&mut self, file: &mut File, length: u64) -> Result<Vec<W>, R> {
        self(file, length)
    }
}

/// The check that accepts whatever is not empty and has the announced length.
///
/// Right for content that was judged before, such as a copy between two stores of one chain.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyContent;

impl Check for AnyContent {
    type Warning = Infallible;
    type Refusal = Infallible;

    fn check(&mut self, _: &mut File, _: u64) -> Result<Vec<Infallible>, Infallible> {
        Ok(Vec::new())
    }
}
