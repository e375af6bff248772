//! What a key promises about the content of its file (SYMSRV §2.5, read backwards).
//!
//! A key that came from a URL or a command line is text, and what its digits mean is decided by the file name beside
//! it: so the printed key is read here, and a text that is none of the known shapes promises nothing.

use symgate_path::Key;

use crate::guid::Guid;
use crate::pe::Stamp;

/// What a key promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// `%08X%x` of timestamp and size, beside the name of an image.
    Pe(Stamp),
    /// GUID and age, beside the name of a PDB.
    Pdb { guid: Guid, age: u32 },
    /// GUID and the literal `FFFFFFFF`, beside the name of a PDB.
    PortablePdb { guid: Guid },
    /// Two to sixteen digits beside the name of a PDB: signature and age run together, so that they cannot be told
    /// apart.
    Pdb20,
    /// Nothing that this crate can compare.
    Nothing,
}

/// Reads what the key of an image promises.
pub(crate) fn of_image(key: &Key) -> Promise {
    let text = key.as_str();
    let Some((timestamp, size)) = text.split_at_checked(8) else {
        return Promise::Nothing;
    };
    match (hex(timestamp), hex(size)) {
        (Some(timestamp), Some(size_of_image)) => Promise::Pe(Stamp {
            timestamp,
            size_of_image,
        }),
        _ => Promise::Nothing,
    }
}

/// Reads what the key of a PDB promises.
pub(crate) fn of_pdb(key: &Key) -> Promise {
    let text = key.as_str();
    if let Some((guid, age)) = text.split_at_checked(32) {
        return match (Guid::from_hex(guid), hex(age)) {
            (Some(guid), Some(u32::MAX)) => Promise::PortablePdb { guid },
            (Some(guid), Some(age)) => Promise::Pdb { guid, age },
            _ => Promise::Nothing,
        };
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits && (2..=16).contains(&text.len()) {
        Promise::Pdb20
    } else {
        Promise::Nothing
    }
}

/// Hex digits and nothing else: `from_str_radix` alone would take a sign.
fn hex(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}
