//! The values of MS-NLMP §4.2.4, which are computed from `User`, `Domain` and `Password`.

use super::*;
use crate::Seed;

fn key(text: &str) -> Key {
    Zeroizing::new(hex(text).try_into().unwrap())
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// §4.2.4.1.3: the domain, then the server, in the order of the example's message.
fn target_info() -> Vec<u8> {
    let text = "02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";
    hex(text)
}

const SERVER_CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const CLIENT_CHALLENGE: [u8; 8] = [0xaa; 8];

#[test]
fn responses_and_keys_are_those_of_section_4_2_4() {
    let response_key = response_key("User", "Domain", b"Password").unwrap();
    assert_eq!(response_key, key("0c868a403bfd7a93a3001ef22ef02e3f"));

    let (nt, base) = nt_response(
        &response_key,
        &SERVER_CHALLENGE,
        &CLIENT_CHALLENGE,
        &[0; 8],
        &target_info(),
    );
    assert_eq!(nt[..16], hex("68cd0ab851e51c96aabc927bebef6a1c"));
    assert_eq!(base, key("8de40ccadbc14a82f15cb0ad0de95ca3"));

    let lm = lm_response(&response_key, &SERVER_CHALLENGE, &CLIENT_CHALLENGE);
    assert_eq!(lm[..], hex("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));

    let wrapped = wrap_key(&base, &Zeroizing::new([0x55; 16]));
    assert_eq!(wrapped[..], hex("c5dad2544fc9799094ce1ce90bc9d03e"));
}

/// §4.2.4.4: the message is sealed first, which the signature shares its stream with.
#[test]
fn the_signature_is_that_of_section_4_2_4_4() {
    let flags = Flags::from_bits(0xe28a_8233);
    let mut client = Signer::new(flags, &Zeroizing::new([0x55; 16]), Speaker::Client);
    assert_eq!(client.key, key("4788dc861b4782f35d43fd98fe1a2d39"));
    let message = utf16("Plaintext");
    let mut sealed = message.to_vec();
    client.stream.as_mut().unwrap().apply_keystream(&mut sealed);
    assert_eq!(sealed, hex("54e50165bf1936dc996020c1811b0f06fb5f"));
    assert_eq!(client.sign(&message)[..], hex("010000007fb38ec5c55d497600000000"));
}

#[test]
fn both_sides_sign_differently_and_each_message_too() {
    let exported = Zeroizing::new([3; 16]);
    for flags in [Flags::OFFERED, Flags::OFFERED.without(Flags::KEY_EXCHANGE)] {
        let mut server = Signer::new(flags, &exported, Speaker::Server);
        let mut client = Signer::new(flags, &exported, Speaker::Client);
        let first = server.sign(b"x");
        assert_ne!(first, client.sign(b"x"));
        assert_ne!(first, server.sign(b"x"));
        let mut judge = Signer::new(flags, &exported, Speaker::Server);
        assert!(judge.verify(b"x", &first));
        assert!(!judge.verify(b"x", &first));
        assert!(!judge.verify(b"x", &first[..15]));
    }
}

#[test]
fn weaker_keys_seal_differently() {
    let exported = Zeroizing::new([3; 16]);
    let weak = Flags::OFFERED.without(Flags::KEY_128);
    let mut signatures: Vec<_> = [Flags::OFFERED, weak, weak.without(Flags::KEY_56)]
        .map(|flags| Signer::new(flags, &exported, Speaker::Client).sign(b"x"))
        .into();
    signatures.dedup();
    assert_eq!(signatures.len(), 3);
}

#[test]
fn user_names_are_compared_in_upper_case_one_unit_for_one() {
    let table = [
        ("user", "USER"),
        ("jürgen", "JÜRGEN"),
        ("ÿ", "Ÿ"),
        ("σς", "ΣΣ"),
        ("жук", "ЖУК"),
        ("straße", "STRAßE"),
        ("µıſ", "µıſ"),
        ("ŉ", "ŉ"),
        ("𐐨", "𐐨"),
    ];
    for (typed, capitals) in table {
        assert_eq!(typed.chars().map(upper).collect::<String>(), capitals, "{typed}");
        assert_eq!(
            response_key(typed, "D", b"x").unwrap(),
            response_key(capitals, "D", b"x").unwrap(),
            "{typed}"
        );
    }
    assert_ne!(
        response_key("u", "d", b"x").unwrap(),
        response_key("u", "D", b"x").unwrap()
    );
}

#[test]
fn a_password_that_is_no_text_is_refused() {
    assert!(matches!(
        response_key("u", "", b"\xff"),
        Err(MechanismError::Credentials(_))
    ));
}

#[test]
fn draws_differ_by_seed_number_and_label() {
    let seed = Seed::new([1; 32]);
    let (first, second, other) = (seed.draw(), seed.draw(), Seed::new([2; 32]).draw());
    let drawn = [
        draw::<16>(&first, "a"),
        draw(&first, "b"),
        draw(&second, "a"),
        draw(&other, "a"),
    ];
    for (index, value) in drawn.iter().enumerate() {
        assert!(!drawn[..index].contains(value));
    }
    assert_eq!(draw::<16>(&first, "a"), drawn[0]);
}
