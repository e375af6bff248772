//! GUIDs as symbol stores print them (SYMSRV §2.5, "GUID text order").

use std::fmt;

/// The 16 bytes that name a build of a PDB, in the order in which they are printed.
///
/// `Display` writes 32 upper-case hex digits without braces or hyphens, as in keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guid([u8; 16]);

impl Guid {
    /// From the order in files: three little-endian integers of 4, 2 and 2 bytes, then 8 bytes as they are.
    ///
    /// ```
    /// # use symgate_index::Guid;
    /// let bytes = *b"\xF6\x72\x7B\x49\x0A\x39\xFC\x44\x87\x8E\x5A\x2D\x63\xB6\xCC\x4B";
    /// assert_eq!(Guid::from_file_order(bytes).to_string(), "497B72F6390A44FC878E5A2D63B6CC4B");
    /// ```
    #[must_use]
    pub fn from_file_order(bytes: [u8; 16]) -> Self {
        let [d, c, b, a, f, e, h, g, rest @ ..] = bytes;
        let [i, j, k, l, m, n, o, p] = rest;
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// Back to the order in files, which [`Key::pdb`](symgate_path::Key::pdb) takes.
    #[must_use]
    pub fn to_file_order(self) -> [u8; 16] {
        // The same exchange of bytes, undone by itself.
        Self::from_file_order(self.0).0
    }

    /// From exactly 32 hex digits of either case.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u128::from_str_radix(text, 16).ok()?;
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}
