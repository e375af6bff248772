//! The laws of `property/`, called with arbitrary and with damaged real input.

mod cabinet;
mod property;

use cabinet::{Cabinet, MSZIP, STORED, SZDD, TWO_MEMBERS, content};
use lzxc::{Strategy, WindowSize};
use proptest::prelude::*;

#[test]
fn vectors_keep_the_law_of_expansion() {
    for bytes in [MSZIP, STORED, SZDD, TWO_MEMBERS, b"", b"MSCF", b"SZDD"] {
        property::expansion_is_total_and_bounded(bytes);
        for cut in (0..bytes.len()).step_by(37) {
            property::expansion_is_total_and_bounded(&bytes[..cut]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_keep_the_law_of_expansion(
        magic in prop::sample::select(vec![&b""[..], b"MSCF", b"SZDD\x88\xf0\x27\x33A"]),
        rest in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        property::expansion_is_total_and_bounded(&[magic, &rest].concat());
    }

    #[test]
    fn damaged_members_keep_the_law_of_expansion(
        which in 0_usize..5,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = match which {
            0 => MSZIP.to_vec(),
            1 => SZDD.to_vec(),
            2 => Cabinet::lzx(&content(9_000), WindowSize::KB32, Strategy::Optimal).bytes(),
            3 => Cabinet::lzx(&content(3_000), WindowSize::KB32, Strategy::Uncompressed).bytes(),
            _ => Cabinet::stored(&content(500)).bytes(),
        };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        property::expansion_is_total_and_bounded(&bytes);
    }

    #[test]
    fn arbitrary_bytes_keep_the_law_of_pointers(
        start in prop::sample::select(vec![&b""[..], b"PATH:", b"MSG:", b"\xff\xfe", b"\\\\s\\", b"..\\"]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        property::pointer_parsing_is_total(&[start, &rest].concat());
    }

    #[test]
    fn pointer_text_keeps_the_law_of_pointers(text in "(PATH:|MSG:? ?)?[a-z:/\\\\. <é]{0,40}[\\r\\n\\x00 ]{0,3}") {
        property::pointer_parsing_is_total(text.as_bytes());
    }

    #[test]
    fn scripts_of_writers_keep_the_law_of_readers(script in prop::collection::vec(any::<u8>(), 0..12)) {
        let directory = tempfile::tempdir().unwrap();
        property::readers_see_whole_files_or_none(&directory.path().join("sym"), &script);
    }
}
