//! Compressed members of other authors' encoders come out as they went in, and damaged or lying
//! ones end in the error that names the damage (SYMSRV §2.2).

mod cabinet;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use cabinet::{Cabinet, MSZIP, STORED, SZDD, TWO_MEMBERS, content};
use lzxc::{Strategy, WindowSize};
use symgate_store::{ExpandError, ExpandFailure, expand};

#[test]
fn expands_what_other_encoders_packed() {
    let long = content(70_000);
    let mut rows: Vec<(String, Vec<u8>, Vec<u8>)> = vec![
        ("gcab, MSZIP".into(), MSZIP.into(), long.clone()),
        ("gcab, stored".into(), STORED.into(), b"two".into()),
        ("mscompress, SZDD".into(), SZDD.into(), content(10_000)),
        (
            "stored, three blocks".into(),
            Cabinet::stored(&long).bytes(),
            long.clone(),
        ),
        (
            "trailing bytes, as of a signature".into(),
            [MSZIP, b"signature"].concat(),
            long.clone(),
        ),
        (
            "reserves in all places".into(),
            Cabinet {
                flags: 4,
                reserve: [20, 3, 5],
                ..Cabinet::stored(&long)
            }
            .bytes(),
            long.clone(),
        ),
    ];
    for window in [WindowSize::KB32, WindowSize::KB256, WindowSize::MB2] {
        let strategy = Strategy::Optimal;
        let bytes = Cabinet::lzx(&long, window, strategy).bytes();
        rows.push((format!("lzxc, {} bytes", window.bytes()), bytes, long.clone()));
    }
    let raw = Cabinet::lzx(&long, WindowSize::KB64, Strategy::Uncompressed);
    rows.push(("lzxc, uncompressed blocks".into(), raw.bytes(), long));

    for (name, packed, plain) in rows {
        let mut out = Vec::new();
        let length = expand(Cursor::new(&packed), 1 << 20, |part| {
            out.extend_from_slice(part);
            Ok::<(), ()>(())
        });
        let length = length.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert_eq!(length, plain.len() as u64, "{name}");
        assert!(out == plain, "{name}: the content differs");
    }
}

#[test]
fn names_what_is_wrong_with_a_member() {
    let plain = content(40_000);
    let good = Cabinet::stored(&plain);
    let with = |change: fn(&mut Cabinet)| {
        let mut cabinet = good.clone();
        change(&mut cabinet);
        cabinet.bytes()
    };
    let mut flipped = MSZIP.to_vec();
    let last = flipped.len() - 9;
    flipped[last] ^= 0x10;
    let mut lzx = Cabinet::lzx(&plain, WindowSize::KB32, Strategy::Optimal);
    lzx.blocks[0].0.fill(0x32);
    let szdd = |length: u32, items: &[u8]| {
        let mut bytes = b"SZDD\x88\xf0\x27\x33A_".to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(items);
        bytes
    };
    let huge = |length| Cabinet { length, ..good.clone() };

    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "UnknownFormat"),
        ("short", b"MS".into(), "UnknownFormat"),
        ("a page", b"<!DOCTYPE html>".into(), "UnknownFormat"),
        ("a PDB", b"Microsoft C/C++ MSF 7.00\r\n".into(), "UnknownFormat"),
        ("magic only", b"MSCF".into(), "Truncated"),
        ("cut in the header", good.bytes()[..30].into(), "Truncated"),
        ("cut in the content", good.bytes()[..39_000].into(), "Truncated"),
        ("cut by one byte", MSZIP[..MSZIP.len() - 1].into(), "Truncated"),
        ("later version", with(|c| c.version = [0, 2]), "Malformed"),
        ("two members", TWO_MEMBERS.into(), "SeveralMembers(2)"),
        ("no member", with(|c| c.files = 0), "NoMember"),
        ("continues another", with(|c| c.flags = 1), "PartOfSet"),
        ("is continued", with(|c| c.flags = 2), "PartOfSet"),
        ("folder of the next", with(|c| c.folder = 0xfffe), "PartOfSet"),
        ("block goes on elsewhere", with(|c| c.blocks[1].1 = 0), "PartOfSet"),
        ("member in no folder", with(|c| c.folder = 1), "Malformed"),
        ("no folder at all", with(|c| c.folders = 0), "Malformed"),
        ("member not at the start", with(|c| c.offset = 1), "Malformed"),
        ("Quantum", with(|c| c.method = 0x1472), "Unsupported(2)"),
        ("unknown method", with(|c| c.method = 9), "Unsupported(9)"),
        ("window of 4 MiB", with(|c| c.method = 3 | 22 << 8), "Malformed"),
        ("stored with two lengths", with(|c| c.blocks[1].1 += 1), "Malformed"),
        ("block above 32 KiB", with(|c| c.blocks[0].1 = 0x8001), "Malformed"),
        (
            "shorter than said",
            huge(40_001).bytes(),
            "Length { claimed: 40001, actual: 40000 }",
        ),
        (
            "longer than said",
            huge(39_999).bytes(),
            "Length { claimed: 39999, actual: 40000 }",
        ),
        (
            "says nothing comes",
            huge(0).bytes(),
            "Length { claimed: 0, actual: 40000 }",
        ),
        (
            "says 4 GiB",
            huge(u32::MAX).bytes(),
            "Length { claimed: 4294967295, actual: 40000 }",
        ),
        ("flipped bit: checksum", flipped, "Corrupt"),
        ("LZX of rubbish", lzx.bytes(), "Corrupt"),
        ("MSZIP without its mark", with(|c| c.method = 1), "Corrupt"),
        ("SZDD, header only", b"SZDD\x88\xf0".into(), "Truncated"),
        (
            "SZDD, other magic",
            b"SZDD\x88\xf0\x27\x34A_\0\0\0\0".into(),
            "UnknownFormat",
        ),
        (
            "SZDD, other method",
            b"SZDD\x88\xf0\x27\x33B_\0\0\0\0".into(),
            "Unsupported(66)",
        ),
        ("SZDD, ends early", szdd(9, b"\xffabcdefgh"), "Truncated"),
        ("SZDD, goes on", szdd(2, b"\xffabc"), "Length { claimed: 2, actual: 3 }"),
        (
            "SZDD, match too long",
            szdd(2, b"\x00\xf0\xff"),
            "Length { claimed: 2, actual: 3 }",
        ),
        (
            "SZDD, above the limit",
            szdd(u32::MAX, b"\xffabc"),
            "TooLarge { claimed: 4294967295, limit: 1048576 }",
        ),
    ];
    for (name, bytes, expected) in rows {
        match expand(Cursor::new(bytes), 1 << 20, |_| Ok::<(), ()>(())) {
            Err(ExpandFailure::Member(error)) => {
                let found = format!("{error:?}");
                assert!(found.starts_with(expected), "{name}: {found}");
                let text = error.to_string();
                assert!(!text.ends_with('.') && !text.contains('\n'), "{name}: {text}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_match_from_outside_the_window_is_an_error_or_noise_but_no_panic() {
    // Both blocks are runs of one byte: the second is a match at the repeated offset, which the first one, not
    // compressed, carries in plain sight after its header of four bytes.
    let run = [7; 0x8000];
    let mut encoder = lzxc::Encoder::new(WindowSize::KB64);
    encoder.set_strategy(Strategy::Uncompressed);
    let mut first = encoder.encode_chunk(&run);
    encoder.set_strategy(Strategy::Optimal);
    let second = encoder.encode_chunk(&run);
    assert_eq!(first[4..8], 1_u32.to_le_bytes(), "the repeated offset");
    let mut cabinet = Cabinet::lzx(&run, WindowSize::KB64, Strategy::Uncompressed);
    cabinet.length *= 2;
    for (offset, sound) in [(1_u32, true), (u32::MAX, false)] {
        first[4..8].copy_from_slice(&offset.to_le_bytes());
        cabinet.blocks = vec![(first.clone(), 0x8000), (second.clone(), 0x8000)];
        let mut out = Vec::new();
        let result = expand(Cursor::new(cabinet.bytes()), 1 << 20, |part| {
            out.extend_from_slice(part);
            Ok::<(), ()>(())
        });
        match result {
            // Without overflow checks the decoder takes some other byte of its window.
            Ok(length) => assert!(
                length == 0x10000 && (!sound || out == [run, run].concat()),
                "{offset:#x}"
            ),
            Err(ExpandFailure::Member(ExpandError::Malformed(_))) => assert!(!sound, "{offset:#x}"),
            other => panic!("{offset:#x}: {other:?}"),
        }
    }
}

#[test]
fn refuses_a_member_above_the_limit_before_the_first_byte() {
    for (limit, fits) in [(69_999, false), (70_000, true)] {
        let mut given = 0;
        let result = expand(Cursor::new(MSZIP), limit, |part| {
            given += part.len();
            Ok::<(), ()>(())
        });
        match result {
            Ok(_) => assert!(fits, "{limit}"),
            Err(ExpandFailure::Member(ExpandError::TooLarge { claimed, .. })) => {
                assert!(!fits && claimed == 70_000 && given == 0, "{limit}");
            }
            other => panic!("{limit}: {other:?}"),
        }
    }
}

#[test]
fn a_receiver_can_stop_the_expansion() {
    let mut calls = 0;
    let result = expand(Cursor::new(MSZIP), 1 << 20, |_| {
        calls += 1;
        if calls == 2 { Err("enough") } else { Ok(()) }
    });
    assert!(matches!(result, Err(ExpandFailure::Sink("enough"))));
    assert_eq!(calls, 2);
}

#[test]
fn an_unreadable_source_is_not_called_damaged() {
    for (name, bytes) in [("cabinet", MSZIP), ("SZDD", SZDD)] {
        for readable in [0, 20, 100, 2_000] {
            let source = Failing {
                inner: Cursor::new(bytes),
                readable,
            };
            let result = expand(source, 1 << 20, |_| Ok::<(), ()>(()));
            assert!(
                matches!(result, Err(ExpandFailure::Member(ExpandError::Read { .. }))),
                "{name}, {readable}: {result:?}"
            );
        }
    }
}

/// A disk with a bad sector: reading at or beyond `readable` fails.
struct Failing {
    inner: Cursor<&'static [u8]>,
    readable: u64,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inner.position() + buffer.len() as u64 > self.readable {
            return Err(io::Error::other("bad sector"));
        }
        self.inner.read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
