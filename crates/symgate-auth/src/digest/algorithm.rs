//! The `algorithm` of a challenge ([RFC 7616 §3.3](https://www.rfc-editor.org/rfc/rfc7616#section-3.3)): which hash
//! ([`Hash`]), and what the key is made of ([`KeyKind`]).

use sha2::{Digest, Sha256, Sha512_256};
use zeroize::{Zeroize as _, Zeroizing};

/// A known algorithm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Algorithm {
    pub(super) hash: Hash,
    pub(super) key: KeyKind,
}

/// The hash, the stronger one greater.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Hash {
    Md5,
    Sha256,
    /// SHA-512 with its own start values, cut to 256 bits
    /// ([FIPS 180-4 §5.3.6](https://csrc.nist.gov/pubs/fips/180-4/upd1/final)); not SHA-512 cut to 256 bits.
    Sha512Trunc256,
}

/// What `A1` holds ([RFC 7616 §3.4.2](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.2)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyKind {
    /// Name, realm and password.
    Password,
    /// The hash of those, and the nonces with which the session began: `-sess`.
    Session,
}

impl Algorithm {
    /// What a challenge without the parameter means.
    pub(super) const DEFAULT: Self = Self {
        hash: Hash::Md5,
        key: KeyKind::Password,
    };

    /// The algorithm with this name, in any case.
    pub(super) fn parse(name: &[u8]) -> Option<Self> {
        let (_, hash, key) = NAMES
            .iter()
            .find(|(known, ..)| known.as_bytes().eq_ignore_ascii_case(name))?;
        Some(Self { hash: *hash, key: *key })
    }
}

impl Hash {
    /// The hash of the parts joined by colons, in lower-case hexadecimal: `H(concat(…))` of
    /// [RFC 7616 §3.4.1](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.1). The parts are never joined in memory,
    /// where a password would stay.
    pub(super) fn join(self, parts: &[&[u8]]) -> Zeroizing<String> {
        match self {
            Self::Md5 => join::<md5::Md5>(parts),
            Self::Sha256 => join::<Sha256>(parts),
            Self::Sha512Trunc256 => join::<Sha512_256>(parts),
        }
    }
}

fn join<D: Digest>(parts: &[&[u8]]) -> Zeroizing<String> {
    let mut hash = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    let mut output = hash.finalize();
    let mut hex = Zeroizing::new(String::with_capacity(output.len() * 2));
    for byte in &output {
        for digit in [byte >> 4, byte & 0xF] {
            hex.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    output.as_mut_slice().zeroize();
    hex
}

const NAMES: [(&str, Hash, KeyKind); 6] = [
    ("MD5", Hash::Md5, KeyKind::Password),
    ("MD5-sess", Hash::Md5, KeyKind::Session),
    ("SHA-256", Hash::Sha256, KeyKind::Password),
    ("SHA-256-sess", Hash::Sha256, KeyKind::Session),
    ("SHA-512-256", Hash::Sha512Trunc256, KeyKind::Password),
    ("SHA-512-256-sess", Hash::Sha512Trunc256, KeyKind::Session),
];
