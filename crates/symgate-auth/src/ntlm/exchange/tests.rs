//! What an exchange makes of MS-NLMP's example challenge, and of variations of it.

use std::sync::Arc;

use super::*;
use crate::ntlm::message::tests::{EXAMPLE, example_with};
use crate::{Channel, Origin, Peers, Seed, Target, UriScheme};

const REQUEST: RequestLine<'static> = RequestLine {
    method: "GET",
    target: "/",
    wall: 1_700_000_000,
    channel: &Channel::CLEARTEXT,
    body: &[],
};

fn exchange(identity: &Identity, host: &str, workstation: &str) -> Result<Exchange, MechanismError> {
    let setup = Setup {
        target: Target::Origin,
        peer: &Origin::new(UriScheme::Https, host, 8443),
        identity,
        remembered: None,
        entropy: Seed::new([9; 32]).draw(),
        peers: &Arc::new(Peers::new()),
    };
    Exchange::new(&setup, workstation)
}

fn known(user: &str) -> Identity {
    Identity::Known(Arc::new(Credentials::password(user, "S3cret")))
}

fn answer(user: &str, challenge: &[u8]) -> Result<Vec<u8>, MechanismError> {
    let mut exchange = exchange(&known(user), "h", "")?;
    exchange.open();
    exchange
        .answer(challenge, &REQUEST)
        .map(|message| message.expose().to_vec())
}

/// The example with these pairs in place of its own.
fn with_pairs(pairs: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pairs.len()).unwrap().to_le_bytes();
    let mut message = example_with(40, &[length, length].concat());
    message.truncate(68);
    message.extend_from_slice(pairs);
    message
}

fn contains(message: &[u8], part: &[u8]) -> bool {
    message.windows(part.len()).any(|window| window == part)
}

#[test]
fn needs_a_user_name_and_a_password() {
    let bearer = Identity::Known(Arc::new(Credentials::Bearer(Secret::new("t"))));
    for identity in [Identity::Ambient, Identity::Anonymous, bearer] {
        assert_eq!(
            exchange(&identity, "h", "").unwrap_err(),
            NEEDS_PASSWORD,
            "{identity:?}"
        );
    }
    for user in ["", "LAB\\"] {
        assert!(
            matches!(exchange(&known(user), "h", ""), Err(MechanismError::Credentials(_))),
            "{user}"
        );
    }
}

#[test]
fn domain_and_user_are_parted_at_the_first_backslash_only() {
    let table = [
        ("alice", "", "alice"),
        (r"LAB\alice", "LAB", "alice"),
        (r"\alice", "", "alice"),
        (r"LAB\a\b", "LAB", r"a\b"),
        ("alice@lab.example", "", "alice@lab.example"),
        (r"LAB\alice@x", "LAB", "alice@x"),
    ];
    for (typed, domain, user) in table {
        let exchange = exchange(&known(typed), "h", "").unwrap();
        assert_eq!((&*exchange.domain, &*exchange.user), (domain, user), "{typed}");
    }
}

#[test]
fn the_service_is_named_without_its_port() {
    for (host, name) in [("Symbols.Example", "HTTP/symbols.example"), ("[::1]", "HTTP/[::1]")] {
        assert_eq!(exchange(&known("u"), host, "").unwrap().target_name, name);
    }
}

#[test]
fn pairs_of_the_server_are_kept_in_order() {
    // An unknown one, flags and a time; bindings and a name, which are ours to say.
    let pairs = b"\x99\x00\x01\x00x\x06\0\x04\0\x01\0\0\0\x0a\0\x01\0?\x07\0\x08\0TIMESTMP\x09\0\x02\0?\0\0\0\0\0";
    let message = answer("u", &with_pairs(pairs)).unwrap();
    let expected = [
        &b"TIMESTMP"[..],
        &exchange(&known("u"), "h", "").unwrap().client_challenge[..],
        &[0; 4],
        b"\x99\x00\x01\x00x\x06\0\x04\0\x03\0\0\0",
        b"\x0a\0\x10\0",
        &[0; 16],
        b"\x07\0\x08\0TIMESTMP",
        b"\x09\0\x0c\0H\0T\0T\0P\0/\0h\0\0\0\0\0\0\0\0\0",
    ];
    assert!(contains(&message, &expected.concat()), "{message:02x?}");
}

#[test]
fn the_time_of_the_server_brings_a_mic_and_an_empty_lm_response() {
    let young = answer("u", &with_pairs(b"\x07\0\x08\0TIMESTMP\0\0\0\0")).unwrap();
    assert_ne!(young[72..88], [0; 16]);
    assert!(contains(&young, b"\x06\0\x04\0\x02\0\0\0"));
    assert!(contains(&young, &[&b"u\0"[..], &[0; 24]].concat()));

    let old = answer("u", &EXAMPLE).unwrap();
    assert!(!contains(&old, b"\x06\0\x04\0\x02\0\0\0"));
    assert_eq!(old[72..74], *b"u\0", "no field for a MIC");
    assert!(!contains(&old, &[&b"u\0"[..], &[0; 24]].concat()));
    assert!(contains(&old, &file_time(1_700_000_000)));
}

#[test]
fn a_mic_covers_all_three_messages() {
    let challenge = with_pairs(b"\x07\0\x08\0TIMESTMP\0\0\0\0");
    let padded = [&challenge[..], b"!"].concat();
    let (one, other) = (answer("u", &challenge).unwrap(), answer("u", &padded).unwrap());
    assert_ne!(one[72..88], other[72..88]);
    assert_eq!(one[88..], other[88..]);
}

#[test]
fn a_peer_without_unicode_gets_ascii_names() {
    let oem = example_with(20, b"\x32");
    let message = answer(r"LAB\alice", &oem).unwrap();
    assert!(contains(&message, b"LABalice"));
    assert_eq!(message[60] & 3, 2);
    assert!(matches!(answer("jürgen", &oem), Err(MechanismError::Credentials(_))));
    let unicode = answer("jürgen", &EXAMPLE).unwrap();
    assert_eq!(unicode[60] & 3, 1, "of both encodings Unicode");

    let mut exchange = exchange(&known("u"), "h", "PC-Ö").unwrap();
    exchange.open();
    assert!(exchange.answer(&oem, &REQUEST).is_ok(), "the workstation is left out");
}

#[test]
fn keys_are_exchanged_only_to_sign_with() {
    // Without key exchange, and without signing: no session key travels.
    for (at, byte) in [(23, b"\xa2"), (20, b"\x23")] {
        let message = answer("u", &example_with(at, byte)).unwrap();
        assert_eq!(message[52..54], [0; 2]);
        assert_eq!(message[63] & 0x40, 0);
    }
    assert_eq!(answer("u", &EXAMPLE).unwrap()[52..54], [16, 0]);
}

#[test]
fn binds_to_the_certificate_of_the_channel() {
    let certificate: Vec<u8> = include_str!("../../../tests/ntlm/certificates.txt")
        .lines()
        .find_map(|line| line.strip_prefix("ecdsa-sha256 "))
        .map(|line| line.split_once(' ').unwrap().1.as_bytes())
        .map(|hex| {
            hex.chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        })
        .unwrap();
    let bound = Channel::encrypted(certificate.clone());
    let unknown = Channel::encrypted(*b"no certificate");
    let hash = |channel| channel_bindings(&RequestLine { channel, ..REQUEST });
    assert_eq!(hash(&Channel::CLEARTEXT), [0; 16]);
    assert_eq!(hash(&unknown), [0; 16]);
    let data = binding::tls_server_end_point(&certificate).unwrap();
    assert_eq!(hash(&bound), crypto::md5(&[&[0; 16], b"\x35\0\0\0", &data]));
}

#[test]
fn file_times_count_from_1601() {
    assert_eq!(u64::from_le_bytes(file_time(0)), 116_444_736_000_000_000);
    assert_eq!(u64::from_le_bytes(file_time(u64::MAX)), u64::MAX);
}

#[test]
fn nothing_is_answered_or_signed_out_of_turn() {
    let mut exchange = exchange(&known("u"), "h", "").unwrap();
    assert!(exchange.answer(&EXAMPLE, &REQUEST).is_err());
    assert!(exchange.sign(b"x").is_err());
    assert!(!exchange.verify(b"x", &[0; 16]));
    exchange.open();
    assert!(exchange.sign(b"x").is_err());
    exchange.answer(&EXAMPLE, &REQUEST).unwrap();
    assert_eq!(exchange.sign(b"x").unwrap()[..4], [1, 0, 0, 0]);
    assert!(
        exchange.answer(&EXAMPLE, &REQUEST).is_err(),
        "one challenge, one answer"
    );
    assert!(exchange.sign(b"x").is_err());
}

#[test]
fn both_sides_verify_each_other() {
    let mut ours = exchange(&known("u"), "h", "").unwrap();
    ours.open();
    ours.answer(&EXAMPLE, &REQUEST).unwrap();
    let flags = agree(Flags::from_bits(0xe28a_8233)).0;
    let mut server = Signer::new(flags, &ours.random_session_key, Speaker::Server);
    let mut client = Signer::new(flags, &ours.random_session_key, Speaker::Client);
    assert!(client.verify(b"list", &ours.sign(b"list").unwrap()));
    assert!(ours.verify(b"list", &server.sign(b"list")));
    assert!(!ours.verify(b"list", &server.sign(b"other")));
    assert!(!ours.verify(b"list", b""));
}

#[test]
fn debug_shows_names_and_no_keys() {
    let mut exchange = exchange(&known(r"LAB\alice"), "h", "PC").unwrap();
    exchange.open();
    exchange.answer(&EXAMPLE, &REQUEST).unwrap();
    assert_eq!(
        format!("{exchange:?}"),
        r#"Exchange { user: "alice", domain: "LAB", workstation: "PC", target_name: "HTTP/h", state: "Answered", .. }"#
    );
}
