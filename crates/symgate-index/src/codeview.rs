//! CodeView records of an image: which PDB it names (SYMSRV §2.5).
//!
//! ```text
//! RSDS | GUID 16 | age 4 | path NUL          NB10 | offset 4 | signature 4 | age 4 | path NUL
//! ```

use symgate_path::{FileId, FileName, Key};
use thiserror::Error as ThisError;

use crate::describe::CodeView;
use crate::guid::Guid;

/// Why a CodeView record names no PDB that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Unusable {
    /// The record lies outside the file.
    #[error("it lies outside the file")]
    Outside,
    /// It begins with neither `RSDS` nor `NB10`.
    #[error("it begins with neither `RSDS` nor `NB10`")]
    Kind,
    /// It ends before the path begins.
    #[error("it is too short")]
    Short,
    /// The path has no closing NUL within the record or within 8 KiB.
    #[error("its path does not end")]
    Endless,
    /// The path is not UTF-8.
    #[error("its path is not UTF-8")]
    Encoding,
    /// The last component of the path cannot name a file in a store: empty, `..`, a device, a control character.
    #[error("its path ends in no usable file name")]
    Name,
}

/// Decodes a record; `minor` is the minor version of its directory entry, which marks portable PDBs.
pub(crate) fn decode(bytes: &[u8], minor: u16) -> Result<FileId, Unusable> {
    let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(Unusable::Kind)?;
    let (key, path) = match magic {
        b"RSDS" => {
            let (guid, rest) = rest.split_first_chunk::<16>().ok_or(Unusable::Short)?;
            let (age, path) = rest.split_first_chunk::<4>().ok_or(Unusable::Short)?;
            let key = if minor == PORTABLE {
                Key::portable_pdb(*guid)
            } else {
                Key::pdb(*guid, u32::from_le_bytes(*age))
            };
            (key, path)
        }
        b"NB10" => {
            let (_offset, rest) = rest.split_first_chunk::<4>().ok_or(Unusable::Short)?;
            let (signature, rest) = rest.split_first_chunk::<4>().ok_or(Unusable::Short)?;
            let (age, path) = rest.split_first_chunk::<4>().ok_or(Unusable::Short)?;
            let key = Key::pdb20(u32::from_le_bytes(*signature), u32::from_le_bytes(*age));
            (key, path)
        }
        _ => return Err(Unusable::Kind),
    };
    let end = path.iter().position(|byte| *byte == 0);
    let path = end.and_then(|end| path.get(..end)).ok_or(Unusable::Endless)?;
    let path = str::from_utf8(path).map_err(|_| Unusable::Encoding)?;
    let name = FileName::from_recorded(path).map_err(|_| Unusable::Name)?;
    Ok(FileId { name, key })
}

/// What an `RSDS` record names, whatever its path ends in; `None` if it is another or a damaged one.
pub(crate) fn rsds(bytes: &[u8]) -> Option<CodeView> {
    let rest = bytes.strip_prefix(b"RSDS")?;
    let (guid, rest) = rest.split_first_chunk::<16>()?;
    let (age, path) = rest.split_first_chunk::<4>()?;
    let end = path.iter().position(|byte| *byte == 0)?;
    let path = str::from_utf8(path.get(..end)?).ok()?;
    Some(CodeView {
        path: path.to_owned(),
        guid: Guid::from_file_order(*guid),
        age: u32::from_le_bytes(*age),
    })
}

/// Minor version of the directory entry of a portable PDB: `PM`.
const PORTABLE: u16 = 0x504d;
