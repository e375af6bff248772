//! Laws of `symgate-store`: members and pointers of any store, writers that fail beside readers.

#[path = "../../../crates/symgate-store/tests/property/mod.rs"]
mod law;

/// Any bytes as a compressed member.
pub fn expansion(bytes: &[u8]) {
    law::expansion_is_total_and_bounded(bytes);
}

/// Any bytes as a `file.ptr`.
pub fn pointer(bytes: &[u8]) {
    law::pointer_parsing_is_total(bytes);
}

/// Any bytes as a script of writers, in a directory that is removed afterwards.
pub fn store_readers(bytes: &[u8]) {
    // A step of each kind and a length of each kind; more only takes time.
    let script = bytes.get(..32).unwrap_or(bytes);
    let directory = tempfile::tempdir().expect("a scratch directory");
    law::readers_see_whole_files_or_none(&directory.path().join("sym"), script);
}
