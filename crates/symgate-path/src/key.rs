//! Keys: the directory that tells one build of a file from another (SYMSRV §2.5, SSQP key conventions).

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::name::{NameError, check_component};

/// The key of a symbol file, such as `497B72F6390A44FC878E5A2D63B6CC4B1`.
///
/// It prints as SymSrv sends it (GUIDs in upper case, ages and image sizes in lower case) or as it was given, and
/// compares, orders and hashes without regard to case. It holds printable ASCII only and is, like a
/// [`FileName`](crate::FileName), one path component on every system.
///
/// ```
/// use symgate_path::Key;
///
/// assert_eq!(Key::pe(0x542D_574E, 0xC2000).as_str(), "542D574Ec2000");
/// assert_eq!(Key::pe(0x542D_574E, 0xC2000), Key::new("542d574eC2000")?);
/// # Ok::<(), symgate_path::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Key(Box<str>);

impl Key {
    /// The longest ELF build id that is taken, in bytes; real ones have 8 to 32.
    pub const MAX_BUILD_ID: usize = 64;

    /// Checks a key that was written by somebody.
    ///
    /// # Errors
    ///
    /// The first rule of [`NameError`] that `text` breaks.
    pub fn new(text: &str) -> Result<Self, NameError> {
        check_component(text)?;
        match text.char_indices().find(|(_, c)| !c.is_ascii_graphic()) {
            Some((offset, character)) => Err(NameError::Character { offset, character }),
            None => Ok(Self(text.into())),
        }
    }

    /// Makes the key of a PE image or `.dbg` file: `TimeDateStamp` as eight digits, then `SizeOfImage`.
    #[must_use]
    pub fn pe(timestamp: u32, size_of_image: u32) -> Self {
        Self(format!("{timestamp:08X}{size_of_image:x}").into())
    }

    /// Makes the key of a PDB 7.0 from the sixteen bytes of its GUID as they lie in the file, and its age.
    ///
    /// ```
    /// # use symgate_path::Key;
    /// let guid = *b"\xF6\x72\x7B\x49\x0A\x39\xFC\x44\x87\x8E\x5A\x2D\x63\xB6\xCC\x4B";
    /// assert_eq!(Key::pdb(guid, 0x1F).as_str(), "497B72F6390A44FC878E5A2D63B6CC4B1f");
    /// ```
    #[must_use]
    pub fn pdb(guid: [u8; 16], age: u32) -> Self {
        let mut text = guid_digits(guid);
        // Writing to a string cannot fail.
        let _ = write!(text, "{age:x}");
        Self(text.into())
    }

    /// Makes the key of a PDB 2.0 (NB10): signature and age, neither padded.
    #[must_use]
    pub fn pdb20(signature: u32, age: u32) -> Self {
        Self(format!("{signature:X}{age:x}").into())
    }

    /// Makes the key of a portable PDB: its GUID and, in place of an age, `FFFFFFFF`.
    #[must_use]
    pub fn portable_pdb(guid: [u8; 16]) -> Self {
        Self((guid_digits(guid) + "FFFFFFFF").into())
    }

    /// Makes the key of an ELF image: its build id, filled with zero bytes up to twenty.
    ///
    /// # Errors
    ///
    /// [`NameError::Empty`] without a single byte, [`NameError::TooLong`] beyond [`Key::MAX_BUILD_ID`].
    pub fn elf_build_id(id: &[u8]) -> Result<Self, NameError> {
        build_id("elf-buildid-", id)
    }

    /// Makes the key of the symbols of an ELF image, which are called `_.debug`.
    ///
    /// # Errors
    ///
    /// As [`Key::elf_build_id`].
    pub fn elf_symbols(id: &[u8]) -> Result<Self, NameError> {
        build_id("elf-buildid-sym-", id)
    }

    /// Makes the key of a Mach-O image from its `LC_UUID`.
    #[must_use]
    pub fn mach_uuid(uuid: [u8; 16]) -> Self {
        Self(prefixed("mach-uuid-", &uuid).into())
    }

    /// Makes the key of the symbols of a Mach-O image, which are called `_.dwarf`.
    #[must_use]
    pub fn mach_symbols(uuid: [u8; 16]) -> Self {
        Self(prefixed("mach-uuid-sym-", &uuid).into())
    }

    /// Makes the key of any file, such as a source, from the SHA-1 of its content.
    #[must_use]
    pub fn sha1(digest: [u8; 20]) -> Self {
        Self(prefixed("sha1-", &digest).into())
    }

    /// Returns the key as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Key {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.folded() {
            state.write_u8(byte);
        }
        // Ends the text, as `str` does, so that a key followed by other fields has one reading.
        state.write_u8(0xFF);
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

/// Prints a GUID as its three integers and eight bytes, in upper case; the integers are little-endian in the file.
fn guid_digits(guid: [u8; 16]) -> String {
    let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = guid;
    let mut text = format!(
        "{:08X}{:04X}{:04X}",
        u32::from_le_bytes([a0, a1, a2, a3]),
        u16::from_le_bytes([b0, b1]),
        u16::from_le_bytes([c0, c1]),
    );
    for byte in rest {
        let _ = write!(text, "{byte:02X}");
    }
    text
}

fn build_id(prefix: &str, id: &[u8]) -> Result<Key, NameError> {
    if id.is_empty() {
        return Err(NameError::Empty);
    }
    if id.len() > Key::MAX_BUILD_ID {
        return Err(NameError::TooLong { length: id.len() });
    }
    let mut text = prefixed(prefix, id);
    for _ in id.len()..PADDED_BUILD_ID {
        text.push_str("00");
    }
    Ok(Key(text.into()))
}

fn prefixed(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::from(prefix);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// SSQP: shorter build ids are filled up to the length of a SHA-1.
const PADDED_BUILD_ID: usize = 20;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::DefaultHasher;

    use super::*;

    const GUID: [u8; 16] = *b"\xF6\x72\x7B\x49\x0A\x39\xFC\x44\x87\x8E\x5A\x2D\x63\xB6\xCC\x4B";

    /// The sixteen bytes of a file whose GUID has these digits.
    fn in_file(digits: &str) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (place, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *place = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        bytes
    }

    /// SYMSRV §11.1. Keys of one row must print as written here, those that stores spell in lower case must be equal.
    #[test]
    fn computes_published_vectors() {
        let elf = b"\x00\x1b\xa8\x1f\x23\x96\x6c\xf7\x7e\x40\xbc\xbb\x07\x01\xcd\x34";
        for (key, printed) in [
            (Key::pe(0x542D_574E, 0xC2000), "542D574Ec2000"),
            (Key::pe(0x0012_AB34, 0x1000), "0012AB341000"),
            (Key::pe(0xDD52_998F, 0x8000), "DD52998F8000"),
            (Key::pe(0x595C_D906, 0x31400), "595CD90631400"),
            (Key::pe(0x57B3_9FFA, 0x6000), "57B39FFA6000"),
            (Key::pe(0x57A5_8327, 0x66000), "57A5832766000"),
            (Key::pe(0x63E6_C7F7, 0x8000), "63E6C7F78000"),
            (Key::pe(0x37CD_B039, 0x62040), "37CDB03962040"),
            (Key::pdb(GUID, 1), "497B72F6390A44FC878E5A2D63B6CC4B1"),
            (Key::pdb(GUID, 0x1F), "497B72F6390A44FC878E5A2D63B6CC4B1f"),
            (Key::pdb(GUID, 10), "497B72F6390A44FC878E5A2D63B6CC4Ba"),
            (Key::pdb(GUID, 16), "497B72F6390A44FC878E5A2D63B6CC4B10"),
            (
                Key::pdb(in_file("A62592418D7807494C4C44205044422E"), 1),
                "A62592418D7807494C4C44205044422E1",
            ),
            (Key::portable_pdb(GUID), "497B72F6390A44FC878E5A2D63B6CC4BFFFFFFFF"),
            (Key::pdb20(0x37A8_F40E, 2), "37A8F40E2"),
            (
                Key::elf_build_id(elf).unwrap(),
                "elf-buildid-001ba81f23966cf77e40bcbb0701cd3400000000",
            ),
            (
                Key::elf_symbols(&[0xAB; 20]).unwrap(),
                "elf-buildid-sym-abababababababababababababababababababab",
            ),
            (Key::mach_uuid([0x49; 16]), "mach-uuid-49494949494949494949494949494949"),
            (
                Key::mach_symbols([0x49; 16]),
                "mach-uuid-sym-49494949494949494949494949494949",
            ),
            (Key::sha1([0x7B; 20]), "sha1-7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b"),
        ] {
            assert_eq!(key.to_string(), printed);
            assert_eq!(key, Key::new(printed).unwrap());
        }
        for (key, stored) in [
            (
                Key::pdb(in_file("4a348372fdff448ab6a1bfc8b93ffb6b"), 1),
                "4a348372fdff448ab6a1bfc8b93ffb6b1",
            ),
            (
                Key::pdb(in_file("99891b3ed7ae4c3babff8a2b4a9b0c43"), 1),
                "99891b3ed7ae4c3babff8a2b4a9b0c431",
            ),
            (
                Key::portable_pdb(in_file("ed4317cbcab24c1fa06d93f8164c74dd")),
                "ed4317cbcab24c1fa06d93f8164c74ddFFFFFFFF",
            ),
            (Key::pdb20(0x37A8_F40E, 2), "37a8f40e2"),
            (Key::pe(0x37CD_B039, 0x62040), "37cdb03962040"),
        ] {
            assert_eq!(key, Key::new(stored).unwrap());
        }
    }

    #[test]
    fn longer_build_ids_stay_as_they_are() {
        let key = Key::elf_build_id(&[1; 32]).unwrap();
        assert_eq!(key.as_str().len(), "elf-buildid-".len() + 64);
        assert_eq!(Key::elf_build_id(&[]), Err(NameError::Empty));
        assert_eq!(Key::elf_build_id(&[1; 65]), Err(NameError::TooLong { length: 65 }));
        assert!(Key::new(Key::elf_symbols(&[1; 64]).unwrap().as_str()).is_ok());
    }

    #[test]
    fn refuses_what_is_no_directory_name() {
        let character = |offset, character| NameError::Character { offset, character };
        for (text, expected) in [
            ("", NameError::Empty),
            ("..", NameError::Trailing),
            ("a/b", character(1, '/')),
            ("a b", character(1, ' ')),
            ("12\u{e4}", character(2, '\u{e4}')),
            (
                "NUL",
                NameError::Device {
                    device: "NUL".to_owned(),
                },
            ),
        ] {
            assert_eq!(Key::new(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn compares_orders_and_hashes_without_case() {
        let hash = |key: &Key| {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            hasher.finish()
        };
        let (upper, lower, other) = (
            Key::new("ABC1").unwrap(),
            Key::new("abc1").unwrap(),
            Key::new("abd").unwrap(),
        );
        assert_eq!((&upper, hash(&upper)), (&lower, hash(&lower)));
        assert_ne!(upper, other);
        assert!(upper < other && lower < other);
        assert_eq!(BTreeSet::from([upper, lower, other]).len(), 2);
    }
}
