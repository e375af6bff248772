//! The example of MS-NLMP §4.2.4.3 byte for byte, and every way in which a challenge can be wrong.

use super::*;

/// The CHALLENGE message of MS-NLMP §4.2.4.3.
pub(in crate::ntlm) const EXAMPLE: [u8; 104] = *b"NTLMSSP\0\x02\0\0\0\x0c\0\x0c\0\x38\0\0\0\x33\x82\x8a\xe2\
    \x01\x23\x45\x67\x89\xab\xcd\xef\0\0\0\0\0\0\0\0\x24\0\x24\0\x44\0\0\0\x06\0\x70\x17\0\0\0\x0f\
    S\0e\0r\0v\0e\0r\0\x02\0\x0c\0D\0o\0m\0a\0i\0n\0\x01\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0\0";

/// The example with bytes at an offset replaced.
pub(in crate::ntlm) fn example_with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut message = EXAMPLE.to_vec();
    message[at..at + bytes.len()].copy_from_slice(bytes);
    message
}

#[test]
fn the_first_message_has_forty_bytes_with_flags_and_version() {
    let message = encode_negotiate();
    assert_eq!(message.len(), 40);
    assert_eq!(message[..16], *b"NTLMSSP\0\x01\0\0\0\x17\x82\x88\xe2");
    assert_eq!(message[32..], VERSION);
}

#[test]
fn the_example_is_read() {
    let challenge = Challenge::decode(&EXAMPLE).unwrap();
    assert_eq!(challenge.flags, Flags::from_bits(0xe28a_8233));
    assert_eq!(
        challenge.server_challenge,
        [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]
    );
    assert_eq!(challenge.target_info.encode().unwrap(), EXAMPLE[68..]);
}

/// The third message of the example has no MIC; its version is that of its author.
#[test]
fn the_third_message_is_that_of_the_example() {
    let nt = [&[0x68; 16][..], &[0; 68]].concat();
    let name = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let message = Authenticate {
        flags: Flags::from_bits(0xe288_8235),
        lm_response: &[0x86; 24],
        nt_response: &nt,
        domain: &name("Domain"),
        user: &name("User"),
        workstation: &name("COMPUTER"),
        session_key: &[0xc5; 16],
        mic: Mic::Absent,
    }
    .encode()
    .unwrap();
    let header = b"NTLMSSP\0\x03\0\0\0\x18\0\x18\0\x6c\0\0\0\x54\0\x54\0\x84\0\0\0\x0c\0\x0c\0\x48\0\0\0\
        \x08\0\x08\0\x54\0\0\0\x10\0\x10\0\x5c\0\0\0\x10\0\x10\0\xd8\0\0\0\x35\x82\x88\xe2";
    assert_eq!(message[..64], *header);
    let payload = [name("DomainUserCOMPUTER"), vec![0x86; 24], nt.clone(), vec![0xc5; 16]];
    assert_eq!(message[72..], payload.concat());
}

#[test]
fn a_field_too_long_for_its_length_is_refused() {
    let long = vec![0; 0x1_0000];
    let message = Authenticate {
        flags: Flags::OFFERED,
        lm_response: &[],
        nt_response: &long,
        domain: &[],
        user: &[],
        workstation: &[],
        session_key: &[],
        mic: Mic::Present,
    };
    assert_eq!(message.encode().unwrap_err(), TOO_LONG);
}

#[test]
fn each_flaw_of_a_challenge_has_its_words() {
    let table: &[(&str, Vec<u8>)] = &[
        ("the NTLM signature is missing", vec![]),
        ("the NTLM signature is missing", example_with(7, b"\x01")),
        ("not an NTLM challenge (type 2)", EXAMPLE[..11].to_vec()),
        ("not an NTLM challenge (type 2)", example_with(8, b"\x03")),
        ("the NTLM challenge is too short", EXAMPLE[..12].to_vec()),
        ("the NTLM challenge is too short", EXAMPLE[..47].to_vec()),
        (
            "the NTLM challenge lacks extended session security",
            example_with(22, b"\x82"),
        ),
        (
            "the NTLM challenge chooses neither Unicode nor OEM",
            example_with(20, b"\x30"),
        ),
        ("the NTLM target name overlaps the header", example_with(16, b"\x2f")),
        (
            "the NTLM target name ends beyond the message",
            example_with(16, b"\x5d"),
        ),
        (
            "the NTLM target name ends beyond the message",
            example_with(16, &[0xff; 4]),
        ),
        ("the NTLM target name has an odd length", example_with(12, b"\x0b")),
        ("the NTLM challenge lacks target information", example_with(22, b"\x0a")),
        ("the NTLM challenge lacks target information", example_with(40, b"\0\0")),
        (
            "the NTLM target information overlaps the header",
            example_with(44, b"\x20"),
        ),
        (
            "the NTLM target information ends beyond the message",
            EXAMPLE[..103].to_vec(),
        ),
        (
            "the NTLM target information ends beyond the message",
            example_with(44, &[0xff; 4]),
        ),
        ("the NTLM target information has no end", example_with(40, b"\x20\0")),
        ("the NTLM target information has no end", example_with(40, b"\x22\0")),
        (
            "a value in the NTLM target information is longer than the rest",
            example_with(70, b"\x40"),
        ),
        (
            "a name in the NTLM target information has an odd length",
            example_with(70, b"\x0b"),
        ),
        (
            "the flags in the NTLM target information are not 4 bytes",
            example_with(68, b"\x06"),
        ),
        (
            "the time in the NTLM target information is not 8 bytes",
            example_with(68, b"\x07"),
        ),
        (
            "the end of the NTLM target information has a value",
            example_with(68, b"\0"),
        ),
    ];
    for (words, message) in table {
        assert_eq!(
            Challenge::decode(message).unwrap_err(),
            MechanismError::Malformed(words),
            "{message:02x?}"
        );
    }
}

#[test]
fn what_nobody_needs_may_be_odd() {
    let oem = example_with(20, b"\x32");
    let table = [
        ("an odd name in OEM", [&oem[..12], b"\x0b", &oem[13..]].concat()),
        ("an empty name nowhere", example_with(12, b"\0\0\0\0\xff\xff\xff\xff")),
        ("bytes behind the end", [&EXAMPLE[..], b"xyz"].concat()),
    ];
    for (what, message) in table {
        assert!(Challenge::decode(&message).is_ok(), "{what}");
    }
}
