//! proptest over the laws, with texts made of the grammar's own pieces: random bytes alone rarely say `srv*`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

mod law;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn symbol_path_prints_and_parses(text in path()) {
        law::symbol_path_prints_and_parses(&text);
    }

    #[test]
    fn effective_chains_are_well_formed(text in path()) {
        law::effective_chains_are_well_formed(&text);
    }

    #[test]
    fn passwords_do_not_print(text in path()) {
        law::passwords_do_not_print(&text);
    }

    #[test]
    fn files_stay_in_their_store(text in name()) {
        law::files_stay_in_their_store(&text);
    }

    #[test]
    fn file_id_prints_and_parses(text in name()) {
        law::file_id_prints_and_parses(&text);
    }
}

/// A quadratic parser would need hours for these.
#[test]
fn reads_megabytes_at_once() {
    for piece in [
        ";",
        "*",
        "a;",
        "srv*",
        "srv*;",
        "cache*a;",
        "\"",
        " ",
        "https://u:p@h*",
        "srv*https://h/s;",
        "a*b*c;",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        law::symbol_path_prints_and_parses(text.as_bytes());
    }
    law::effective_chains_are_well_formed("cache*a;srv*;b;".repeat(10_000).as_bytes());
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(PATH.as_slice()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(NAME.as_slice()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..3),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

const PATH: [&str; 44] = [
    ";",
    ";",
    "*",
    "*",
    "*",
    "srv*",
    "SRV*",
    "symsrv*",
    "symsrv.dll",
    "cache*",
    "DebugInfoD*",
    "https://",
    "http:",
    "ftp://",
    "h",
    "h.example",
    ":80",
    ":99999",
    "/",
    "/s",
    "//",
    "\\",
    "\\\\s\\p",
    "C:\\a",
    "c:",
    "?q",
    "#f",
    "u:p@",
    "@",
    "[",
    "]",
    "[::1]",
    "%2A",
    "%3B",
    "%22",
    "%",
    "\"",
    " ",
    "\t",
    "\u{e4}",
    "\u{2028}",
    "\0",
    "..",
    ".",
];

const NAME: [&str; 34] = [
    "a",
    "B",
    "nt",
    "ntdll.pdb",
    ".pdb",
    "/",
    "\\",
    "/",
    ":",
    ".",
    "..",
    " ",
    "CON",
    "nul",
    "com",
    "1",
    "\u{b9}",
    "%",
    "%2e",
    "#",
    "?",
    "+",
    "\u{e4}",
    "\u{1F600}",
    "_",
    "file.ptr",
    "0123456789ABCDEF",
    "-",
    "~",
    "\0",
    "\u{7f}",
    "*",
    "|",
    "\"",
];
