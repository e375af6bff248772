//! `identify`, `describe` and `check` over made files: what they are, what they are not, and what was done to them.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail and speak like the test")]

mod checks;
mod descriptions;
mod hostile;
mod identities;
mod law;
#[path = "../../../../tests/src/made.rs"]
pub mod made;
mod others;
mod peers;

use std::io::Cursor;

use symgate_index::{Description, Error, Identity, Image, Pdb, describe, identify};
use symgate_path::{FileId, FileName, Key};

/// The GUID of the examples of SYMSRV §11.1: every byte another one, so that a mixed-up order shows.
const GUID: [u8; 16] = 0x497b_72f6_390a_44fc_878e_5a2d_63b6_cc4b_u128.to_be_bytes();
const GUID_TEXT: &str = "497B72F6390A44FC878E5A2D63B6CC4B";

fn id(name: &str, key: &str) -> FileId {
    FileId {
        name: FileName::new(name).unwrap(),
        key: Key::new(key).unwrap(),
    }
}

fn identified(bytes: &[u8], name: &str) -> Result<Identity, Error> {
    identify(Cursor::new(bytes), name)
}

/// What the headers of a made image say.
fn image(bytes: &[u8]) -> Image {
    match describe(Cursor::new(bytes)).unwrap() {
        Description::Image(image) => image,
        other => panic!("no image: {other:?}"),
    }
}

/// What a made PDB says of itself.
fn pdb(bytes: &[u8]) -> Pdb {
    match describe(Cursor::new(bytes)).unwrap() {
        Description::Pdb(pdb) => pdb,
        other => panic!("no PDB: {other:?}"),
    }
}

/// Name and key of each file, as `name/key`.
fn texts(ids: &[FileId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Writes a little-endian word into a made file.
fn patch(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}
