//! Laws of `symgate-index`: any bytes as a PE or a PDB.

#[path = "../../../crates/symgate-index/tests/files/law.rs"]
mod law;

/// Any bytes: what they are, and what their headers say.
pub fn identify(bytes: &[u8]) {
    law::identify_is_total_and_bounded(bytes);
}

/// Any bytes: whether they are what was asked for.
pub fn check(bytes: &[u8]) {
    law::check_is_total_and_bounded(bytes);
}
