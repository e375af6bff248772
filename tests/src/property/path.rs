//! Laws of `symgate-path`: any text as a symbol path, as an identity, as a name.

#[path = "../../../crates/symgate-path/tests/laws/law.rs"]
mod law;

/// Any text as a symbol path: printed and parsed again it is the same, and no password is shown.
pub fn symbol_path(bytes: &[u8]) {
    law::symbol_path_prints_and_parses(bytes);
    law::passwords_do_not_print(bytes);
}

/// Any text as a symbol path: what is searched is well formed.
pub fn effective_chains(bytes: &[u8]) {
    law::effective_chains_are_well_formed(bytes);
}

/// Any text as an identity, and cut in two as name and key: none leaves its store.
pub fn file_id(bytes: &[u8]) {
    law::file_id_prints_and_parses(bytes);
    law::files_stay_in_their_store(bytes);
}
