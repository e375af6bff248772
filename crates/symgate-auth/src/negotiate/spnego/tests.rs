//! Tokens that pyspnego 0.12.4 (MIT) made, and everything that is not quite a token.
//!
//! The vectors are the output of `pack` of its classes `NegTokenInit`, `NegTokenResp` and `InitialContextToken`, and of
//! `pack_mech_type_list`, in `spnego._spnego`; the arguments stand beside them.

use proptest::prelude::*;

use super::*;

/// `pack_mech_type_list([ntlm])`.
const NTLM_LIST: &str = "300c060a2b06010401823702020a";

/// `pack_mech_type_list([kerberos])`.
const KERBEROS_LIST: &str = "300b06092a864886f712010202";

/// `NegTokenInit([ntlm], mech_token=b"NTLMSSP\0\x01\0\0\0")`.
const NTLM_INIT: &str = "602c06062b0601050502a0223020a00e300c060a2b06010401823702020aa20e040c4e544c4d5353500001000000";

/// `NegTokenInit([kerberos], mech_token=b"\x60\x03abc")`.
const KERBEROS_INIT: &str = "602406062b0601050502a01a3018a00d300b06092a864886f712010202a20704056003616263";

/// `NegTokenInit([ms_kerberos, kerberos, ntlm], hint_name=b"not_defined_in_RFC4178@please_ignore")`.
const HINTS: &str = "605e06062b0601050502a0543052a024302206092a864882f71201020206092a864886f712010202060a2b06010401823702\
                     020aa32a3028a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265";

/// `NegTokenInit([kerberos], hint_name=b"h", hint_address=b"a", mech_list_mic=b"m")`, without its frame.
const BARE_HINTS: &str = "a0243022a00d300b06092a864886f712010202a30c300aa0031b0168a103040161a40304016d";

/// `NegTokenInit([ntlm], req_flags=ContextFlags.mutual, mech_token=b"T", mech_list_mic=b"M")`.
const SIGNED_INIT: &str =
    "602c06062b0601050502a0223020a00e300c060a2b06010401823702020aa10403020001a203040154a30304014d";

/// `NegTokenResp(accept_incomplete, ntlm, b"NTLMSSP\0\x02\0\0\0")`.
const INCOMPLETE: &str = "a1253023a0030a0101a10c060a2b06010401823702020aa20e040c4e544c4d5353500002000000";

/// `NegTokenResp(accept_incomplete, None, b"TYPE3", bytes(range(16)))`.
const REPLY: &str = "a1243022a0030a0101a20704055459504533a3120410000102030405060708090a0b0c0d0e0f";

/// `NegTokenResp(accept_complete, ms_kerberos, b"AP-REP")`.
const MS_KERBEROS_RESPONSE: &str = "a11e301ca0030a0100a10b06092a864882f712010202a208040641502d524550";

/// `InitialContextToken(kerberos, b"\x02\x00APREP")`.
const BARE_KERBEROS: &str = "601206092a864886f71201020202004150524550";

const NOTHING: Response<'_> = Response {
    state: None,
    mech: None,
    token: None,
    mic: None,
};

#[test]
fn makes_the_tokens_of_an_initiator() {
    let init = |mechs, token| Init { mechs, token }.encode().unwrap();
    assert_eq!(hex(&init(&[Mech::Ntlm], b"NTLMSSP\0\x01\0\0\0")), NTLM_INIT);
    assert_eq!(hex(&init(&[Mech::Kerberos], b"\x60\x03abc")), KERBEROS_INIT);
    let mic: [u8; 16] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let reply = Reply {
        token: b"TYPE3",
        mic: Some(&mic),
    }
    .encode()
    .unwrap();
    assert_eq!(hex(&reply), REPLY);
    // `NegTokenResp(accept_incomplete, None, b"T")`.
    let reply = Reply { token: b"T", mic: None }.encode().unwrap();
    assert_eq!(hex(&reply), "a10c300aa0030a0101a203040154");
}

#[test]
fn signs_the_list_as_it_stands_in_the_offer() {
    for (mech, expected, init) in [
        (Mech::Ntlm, NTLM_LIST, NTLM_INIT),
        (Mech::Kerberos, KERBEROS_LIST, KERBEROS_INIT),
    ] {
        assert_eq!(hex(&list(&[mech]).unwrap()), expected);
        assert!(init.contains(expected));
    }
}

/// SHA-256 of `NegTokenInit([kerberos], mech_token=b"x" * n).pack()`, around the lengths at which DER's own change.
#[test]
fn lengths_of_all_sizes_are_written() {
    let table = [
        (127, "3663b2b82168f9468ab7cb9fde26bc75ebfc9bfa99186ebe093dafb23bb1cbe4"),
        (128, "70586bb1089e5c8a69b67652f7d9b44b924d2cfe6530e5856056589eb01f169b"),
        (255, "cc807b4090bf13d290144c3ec506fc2cafb7b9ecfda85ee5a4d2c30187366482"),
        (256, "887fe72c56125d4c38c1f202a776210624daf46bbe210d5afd0d8c0dfbea7374"),
        (
            65_535,
            "078cbd48cb56076d7691ad7119ce5ed7b7b3005b447cc2d6ab8e65f15f86133c",
        ),
        (
            65_536,
            "5b0b3341ef8b71820bca84de00eb7a534ea97d1efcb80f1813ce071b0c9dbb97",
        ),
        (
            70_000,
            "a8220376791072d88d8991bd1d772206a23abffae7562117e3e7897766140532",
        ),
    ];
    for (length, expected) in table {
        let token = vec![b'x'; length];
        let encoded = Init {
            mechs: &[Mech::Kerberos],
            token: &token,
        }
        .encode()
        .unwrap();
        assert_eq!(
            hex(&<sha2::Sha256 as sha2::Digest>::digest(&*encoded)),
            expected,
            "{length}"
        );
    }
}

#[test]
fn reads_what_acceptors_send() {
    let mic: Vec<u8> = (0..16).collect();
    let ntlm = Some(Chosen::Known(Mech::Ntlm));
    let table: &[(&str, Token<'_>)] = &[
        (
            INCOMPLETE,
            Token::Response(Response {
                state: Some(NegState::AcceptIncomplete),
                mech: ntlm,
                token: Some(b"NTLMSSP\0\x02\0\0\0"),
                mic: None,
            }),
        ),
        // `NegTokenResp(request_mic, ntlm, b"T2")`.
        (
            "a11b3019a0030a0103a10c060a2b06010401823702020aa20404025432",
            Token::Response(Response {
                state: Some(NegState::RequestMic),
                mech: ntlm,
                token: Some(b"T2"),
                mic: None,
            }),
        ),
        // `NegTokenResp(accept_complete, None, None, bytes(range(16)))`.
        (
            "a11b3019a0030a0100a3120410000102030405060708090a0b0c0d0e0f",
            Token::Response(Response {
                state: Some(NegState::AcceptCompleted),
                mic: Some(&mic),
                ..NOTHING
            }),
        ),
        // `NegTokenResp(accept_complete)`, `NegTokenResp(reject)`, `NegTokenResp(None, None, b"T")`, `NegTokenResp()`.
        (
            "a1073005a0030a0100",
            Token::Response(Response {
                state: Some(NegState::AcceptCompleted),
                ..NOTHING
            }),
        ),
        (
            "a1073005a0030a0102",
            Token::Response(Response {
                state: Some(NegState::Reject),
                ..NOTHING
            }),
        ),
        (
            "a1073005a203040154",
            Token::Response(Response {
                token: Some(b"T"),
                ..NOTHING
            }),
        ),
        ("a1023000", Token::Response(NOTHING)),
        (
            MS_KERBEROS_RESPONSE,
            Token::Response(Response {
                state: Some(NegState::AcceptCompleted),
                mech: Some(Chosen::Known(Mech::MsKerberos)),
                token: Some(b"AP-REP"),
                mic: None,
            }),
        ),
        // The mechanism 1.3.6.1.4.1.311.2.2.30 (NegoEx), which we do not know.
        (
            "a110300ea10c060a2b06010401823702021e",
            Token::Response(Response {
                mech: Some(Chosen::Unknown),
                ..NOTHING
            }),
        ),
        // A response in the frame of a first token.
        (
            "601106062b0601050502a1073005a0030a0102",
            Token::Response(Response {
                state: Some(NegState::Reject),
                ..NOTHING
            }),
        ),
        // A field that a later document may add.
        (
            "a10e300ca0030a0102a70504030a0b0c",
            Token::Response(Response {
                state: Some(NegState::Reject),
                ..NOTHING
            }),
        ),
        (HINTS, Token::Offer(vec![Mech::MsKerberos, Mech::Kerberos, Mech::Ntlm])),
        (BARE_HINTS, Token::Offer(vec![Mech::Kerberos])),
        (SIGNED_INIT, Token::Offer(vec![Mech::Ntlm])),
        (NTLM_INIT, Token::Offer(vec![Mech::Ntlm])),
        // `NegTokenInit2` may leave the list out.
        ("a0023000", Token::Offer(Vec::new())),
    ];
    for (text, expected) in table {
        assert_eq!(read(&bytes(text)).as_ref(), Ok(expected), "{text}");
    }
}

#[test]
fn a_bare_token_is_handed_on_whole() {
    let kerberos = bytes(BARE_KERBEROS);
    assert_eq!(read(&kerberos), Ok(Token::Bare(Mech::Kerberos, &kerberos)));
    let ntlm = b"NTLMSSP\0\x02\0\0\0 and whatever follows";
    assert_eq!(read(ntlm), Ok(Token::Bare(Mech::Ntlm, &ntlm[..])));
}

#[test]
fn half_a_token_and_a_token_and_a_half_are_none() {
    let vectors = [
        NTLM_INIT,
        KERBEROS_INIT,
        HINTS,
        BARE_HINTS,
        SIGNED_INIT,
        INCOMPLETE,
        REPLY,
        MS_KERBEROS_RESPONSE,
        BARE_KERBEROS,
    ];
    for text in vectors {
        let mut token = bytes(text);
        for end in 0..token.len() {
            assert!(is_malformed(&token[..end]), "{text} until {end}");
        }
        token.push(0);
        assert!(is_malformed(&token), "{text} and one byte more");
    }
}

#[test]
fn refuses_what_is_not_quite_a_token() {
    let table = [
        ("nothing", "", NOT_DER),
        ("text", "746f6b656e3d", NOT_DER),
        (
            "another choice",
            "a2023000",
            MechanismError::Malformed("not a SPNEGO token"),
        ),
        (
            "a sequence without a choice",
            "30053003a0010a",
            MechanismError::Malformed("not a SPNEGO token"),
        ),
        (
            "a primitive choice",
            "81023000",
            MechanismError::Malformed("not a SPNEGO token"),
        ),
        ("an indefinite length", "a1803005a0030a01020000", NOT_DER),
        ("an indefinite length inside", "a1093080a0030a01020000", NOT_DER),
        ("a length in more bytes than it needs", "a181073005a0030a0102", NOT_DER),
        ("a length beyond the end", "a1843000000030", NOT_DER),
        ("a length beyond all memory", "a184ffffffff3005a0030a0102", NOT_DER),
        ("a length of nine bytes", "a189010000000000000000", NOT_DER),
        ("an inner length beyond the outer", "a1073006a0030a0102", NOT_DER),
        ("an inner length short of the outer", "a1073004a0030a0102", NOT_DER),
        ("two elements in one field", "a10a3008a0060a01020a0102", NOT_DER),
        ("an empty field", "a1043002a000", NOT_DER),
        ("an empty choice", "a100", NOT_DER),
        ("something else than a sequence", "a1030a0102", UNEXPECTED),
        ("a field without a number", "a10530030a0102", UNEXPECTED),
        ("an implicit field", "a1053003800102", UNEXPECTED),
        ("a state that is an integer", "a1073005a003020102", UNEXPECTED),
        ("a token that is text", "a1073005a2030c0154", UNEXPECTED),
        (
            "a fifth state",
            "a1073005a0030a0104",
            MechanismError::Malformed("an unknown state of negotiation"),
        ),
        (
            "a long state",
            "a1083006a0040a020002",
            MechanismError::Malformed("an unknown state of negotiation"),
        ),
        (
            "no state in its field",
            "a1063004a0020a00",
            MechanismError::Malformed("an unknown state of negotiation"),
        ),
        (
            "a field twice",
            "a10c300aa0030a0102a0030a0100",
            MechanismError::Malformed("a field of a SPNEGO token out of order"),
        ),
        (
            "fields out of order",
            "a10c300aa203040154a0030a0100",
            MechanismError::Malformed("a field of a SPNEGO token out of order"),
        ),
        ("a list of numbers", "a0093007a0053003020101", UNEXPECTED),
        ("a frame without a mechanism", "6000", NOT_DER),
        ("a frame without a token", "600806062b0601050502", NOT_DER),
        (
            "a frame with two tokens",
            "601006062b0601050502a1023000a1023000",
            NOT_DER,
        ),
        // 1.3.6.1.5.2.5 (IAKERB).
        (
            "an unknown frame",
            "600806062b0601050205",
            MechanismError::Malformed("a token of an unknown mechanism"),
        ),
    ];
    for (what, text, expected) in table {
        assert_eq!(read(&bytes(text)), Err(expected), "{what}");
    }
}

#[test]
fn what_is_nested_deeper_than_the_grammar_is_refused_unread() {
    for tag in [0x60, 0xa0, 0xa1, 0x30] {
        let mut token = Vec::new();
        for _ in 0..5_000 {
            let length = u32::try_from(token.len()).unwrap().to_be_bytes();
            let (short, long) = ([length[3]], [&[0x84], &length[..]].concat());
            let length = if token.len() < 128 { &short[..] } else { &long[..] };
            token = [&[tag], length, &token].concat();
        }
        assert!(is_malformed(&token), "{tag:x}");
    }
}

fn known_mechs() -> impl Strategy<Value = Vec<Mech>> {
    prop::collection::vec(
        prop::sample::select(vec![Mech::Kerberos, Mech::MsKerberos, Mech::Ntlm]),
        0..40,
    )
}

/// Elements out of which tokens are made that are nearly right.
fn nearly_a_token() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(bytes("0a0101")),
        Just(bytes("060a2b06010401823702020a")),
        Just(bytes("06062b0601050502")),
        Just(bytes("040154")),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    leaf.prop_recursive(6, 24, 3, |inner| {
        let tag = prop::sample::select(vec![0x60, 0xa0, 0xa1, 0xa2, 0xa3, 0x30, 0x04]);
        (tag, prop::collection::vec(inner, 1..3)).prop_map(|(tag, parts)| {
            let value = parts.concat();
            match u8::try_from(value.len()) {
                Ok(length) if length < 128 => [&[tag, length], value.as_slice()].concat(),
                _ => value,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_is_read_back(
        mechs in known_mechs(),
        token in prop::collection::vec(any::<u8>(), 0..600),
        mic in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
    ) {
        let init = Init { mechs: &mechs, token: &token }.encode().unwrap();
        prop_assert_eq!(read(&init), Ok(Token::Offer(mechs)));
        let reply = Reply { token: &token, mic: mic.as_deref() }.encode().unwrap();
        let expected = Response {
            state: Some(NegState::AcceptIncomplete),
            mech: None,
            token: Some(&token),
            mic: mic.as_deref(),
        };
        prop_assert_eq!(read(&reply), Ok(Token::Response(expected)));
    }

    #[test]
    fn any_bytes_are_a_token_or_malformed(noise in prop::collection::vec(any::<u8>(), 0..80), near in nearly_a_token()) {
        for token in [noise, near] {
            if let Err(error) = read(&token) {
                prop_assert!(matches!(error, MechanismError::Malformed(_)));
            }
        }
    }

    #[test]
    fn a_changed_byte_is_no_panic(at in 0..45_usize, with in any::<u8>()) {
        for text in [HINTS, NTLM_INIT, INCOMPLETE, BARE_KERBEROS] {
            let mut token = bytes(text);
            let at = at % token.len();
            token[at] = with;
            drop(read(&token));
        }
    }
}

fn is_malformed(token: &[u8]) -> bool {
    matches!(read(token), Err(MechanismError::Malformed(_)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex
        .bytes()
        .map(|digit| char::from(digit).to_digit(16).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}
