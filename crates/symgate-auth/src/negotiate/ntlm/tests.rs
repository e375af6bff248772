//! The rounds of an exchange with a password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::tests::{
    BARE_KERBEROS, COMPLETE, Did, NOT_DER, OFFER as PEERS_OFFER, REJECT, REQUEST, TYPE_2, UNKNOWN_MECH, WRAPPER, alice,
    challenge, decode, did, make, negotiate,
};
use super::*;
use crate::Identity;
use crate::mechanism::TokenError;

#[test]
fn the_first_message_goes_out_with_an_offer_of_ntlm_alone() {
    for round in [Round::Start, Round::Challenge(&challenge("Negotiate"))] {
        let mut ntlm = make(&NtlmSpec(Framing::Wrapped), &alice()).unwrap();
        let Did::Continue(value) = did(ntlm.step(round, &REQUEST)) else {
            panic!("a first message");
        };
        let token = decode(value.strip_prefix("Negotiate ").unwrap());
        assert_eq!(read(&token), Ok(Token::Offer(vec![Mech::Ntlm])));
        let message = token.windows(12).position(|part| part == b"NTLMSSP\0\x01\0\0\0");
        assert!(message.is_some_and(|at| at > 0), "{value}");
    }
}

#[test]
fn the_raw_messages_have_nothing_around_them() {
    let mut raw = opened(Framing::Raw);
    let Did::Finish(value) = did(raw.step(Round::Challenge(&challenge(&negotiate(TYPE_2))), &REQUEST)) else {
        panic!("an answer");
    };
    assert!(
        decode(value.strip_prefix("Negotiate ").unwrap()).starts_with(b"NTLMSSP\0\x03\0\0\0"),
        "{value}"
    );
    let mut raw = make(&NtlmSpec(Framing::Raw), &alice()).unwrap();
    let Did::Continue(value) = did(raw.step(Round::Start, &REQUEST)) else {
        panic!("a first message");
    };
    assert!(
        decode(value.strip_prefix("Negotiate ").unwrap()).starts_with(b"NTLMSSP\0\x01\0\0\0"),
        "{value}"
    );
}

#[test]
fn needs_a_name_and_a_password() {
    for framing in [Framing::Wrapped, Framing::Raw] {
        for identity in [Identity::Ambient, Identity::Anonymous] {
            let error = make(&NtlmSpec(framing), &identity).unwrap_err();
            assert!(matches!(error, MechanismError::Credentials(_)), "{error}");
        }
    }
}

/// What follows the first message, in SPNEGO and without.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Then {
    Wrapped,
    Raw,
    Reject(Rejection),
    Malformed,
}

#[test]
fn the_challenge_is_answered_as_it_came() {
    let refused = Then::Reject(Rejection::Refused);
    let unsupported = Then::Reject(Rejection::Unsupported);
    let table = [
        ("Negotiate".to_owned(), refused, refused),
        (negotiate(TYPE_2), Then::Raw, Then::Raw),
        // `NegTokenResp(accept_incomplete, ntlm, TYPE_2)`; the same with `request_mic`, without a state, and without a
        // mechanism.
        (
            response("oX8wfaADCgEBoQwGCisGAQQBgjcCAgqiaARm"),
            Then::Wrapped,
            Then::Malformed,
        ),
        (
            response("oX8wfaADCgEDoQwGCisGAQQBgjcCAgqiaARm"),
            Then::Wrapped,
            Then::Malformed,
        ),
        (response("oWwwaqJoBGZO"), Then::Wrapped, Then::Malformed),
        (response("oXEwb6ADCgEBomgEZk5U"), Then::Wrapped, Then::Malformed),
        // With `accept_complete`, which cannot be yet, and from Kerberos.
        (
            response("oX8wfaADCgEAoQwGCisGAQQBgjcCAgqiaARm"),
            Then::Malformed,
            Then::Malformed,
        ),
        (
            response("oX4wfKADCgEBoQsGCSqGSIb3EgECAqJoBGZO"),
            unsupported,
            Then::Malformed,
        ),
        (negotiate(UNKNOWN_MECH), unsupported, Then::Malformed),
        // `NegTokenResp(accept_incomplete, ntlm)`.
        (
            negotiate("oRUwE6ADCgEBoQwGCisGAQQBgjcCAgo="),
            Then::Malformed,
            Then::Malformed,
        ),
        (negotiate(REJECT), refused, Then::Malformed),
        (negotiate(COMPLETE), Then::Malformed, Then::Malformed),
        (negotiate(PEERS_OFFER), refused, refused),
        (negotiate(BARE_KERBEROS), unsupported, unsupported),
        (negotiate(NOT_DER), Then::Malformed, Then::Malformed),
        (negotiate("A"), Then::Malformed, Then::Malformed),
        // Half a message of NTLM.
        (negotiate("TlRMTVNTUAACAAAA"), Then::Malformed, Then::Malformed),
        (WRAPPER.to_owned(), Then::Malformed, Then::Malformed),
    ];
    for (text, wrapped, raw) in table {
        for (framing, expected) in [(Framing::Wrapped, wrapped), (Framing::Raw, raw)] {
            let mut ntlm = opened(framing);
            let then = match did(ntlm.step(Round::Challenge(&challenge(&text)), &REQUEST)) {
                Did::Finish(value) => sent_as(&value),
                Did::Reject(rejection) => Then::Reject(rejection),
                Did::Error(MechanismError::Malformed(_)) => Then::Malformed,
                other => panic!("{text} {framing:?}: {other:?}"),
            };
            assert_eq!(then, expected, "{text} {framing:?}");
        }
    }
}

#[test]
fn every_challenge_after_the_answer_is_a_no() {
    for framing in [Framing::Wrapped, Framing::Raw] {
        for text in [
            "Negotiate",
            &negotiate(REJECT),
            &negotiate(TYPE_2),
            &negotiate("A"),
            WRAPPER,
        ] {
            let step = answered(framing).step(Round::Challenge(&challenge(text)), &REQUEST);
            assert_eq!(did(step), Did::Reject(Rejection::Refused), "{text} {framing:?}");
        }
    }
}

#[test]
fn inputs_out_of_order_end_the_exchange() {
    let unsupported = Did::Reject(Rejection::Unsupported);
    for mut ntlm in [opened(Framing::Raw), answered(Framing::Wrapped)] {
        assert_eq!(did(ntlm.step(Round::Start, &REQUEST)), unsupported);
        assert_eq!(
            did(ntlm.step(Round::Token(Err(TokenError::TimedOut)), &REQUEST)),
            unsupported
        );
    }
}

#[test]
fn a_last_word_must_be_signed_by_who_knows_the_password() {
    let table = [
        (None, Ok(())),
        (Some(COMPLETE), Ok(())),
        (Some(PEERS_OFFER), Ok(())),
        // `NegTokenResp(accept_complete, None, None, bytes(16))`: signed by nobody.
        (
            Some("oRswGaADCgEAoxIEEAAAAAAAAAAAAAAAAAAAAAA="),
            Err(Rejection::Unproven),
        ),
        (Some(REJECT), Err(Rejection::Unproven)),
        (Some(UNKNOWN_MECH), Err(Rejection::Unproven)),
        (Some(BARE_KERBEROS), Err(Rejection::Unproven)),
        (Some(TYPE_2), Err(Rejection::Unproven)),
        (Some(NOT_DER), Err(Rejection::Unproven)),
        (Some("A"), Err(Rejection::Unproven)),
    ];
    for (token, expected) in table {
        let text = token.map(negotiate);
        let word = text.as_deref().map(challenge);
        let judged = |framing, last| {
            answered(framing)
                .finish(last)
                .map(|finish| assert!(matches!(finish, Finish::Done)))
        };
        let last = || word.as_ref().map_or(Final::Nothing, Final::Challenge);
        assert_eq!(judged(Framing::Wrapped, last()), expected, "{token:?}");
        // The same word of a proxy.
        let info = text
            .as_deref()
            .map_or(Final::Nothing, |text| Final::Info(text.as_bytes()));
        assert_eq!(judged(Framing::Wrapped, info), expected, "{token:?}");
        // Without SPNEGO there is no last word to judge.
        assert_eq!(judged(Framing::Raw, last()), Ok(()), "{token:?}");
    }
}

/// Both signatures of an exchange with pyspnego 0.12.4 (`spnego.server(protocol="negotiate")`), recorded with the seed and
/// the user of these tests: it verified ours.
#[test]
fn the_signatures_of_a_recorded_exchange_agree() {
    let mut ntlm = opened(Framing::Wrapped);
    let step = ntlm.step(Round::Challenge(&challenge(&negotiate(RECORDED_CHALLENGE))), &REQUEST);
    let Did::Finish(value) = did(step) else {
        panic!("an answer");
    };
    assert_eq!(value, negotiate(RECORDED_ANSWER));
    let last = negotiate(RECORDED_LAST);
    let mut wrong = decode(RECORDED_LAST);
    let end = wrong.len() - 5;
    wrong[end] ^= 1;
    let wrong = negotiate(&STANDARD.encode(wrong));
    assert_eq!(
        ntlm.finish(Final::Info(wrong.as_bytes())).err(),
        Some(Rejection::Unproven)
    );

    let mut ntlm = opened(Framing::Wrapped);
    let step = ntlm.step(Round::Challenge(&challenge(&negotiate(RECORDED_CHALLENGE))), &REQUEST);
    assert!(matches!(step, Ok(Step::Finish(_))));
    assert!(matches!(
        ntlm.finish(Final::Challenge(&challenge(&last))),
        Ok(Finish::Done)
    ));
    // What is signed is one message: sent again it is another's.
    assert_eq!(
        ntlm.finish(Final::Challenge(&challenge(&last))).err(),
        Some(Rejection::Unproven)
    );
}

/// Says `request-mic`.
const RECORDED_CHALLENGE: &str = "oYGeMIGboAMKAQOhDAYKKwYBBAGCNwICCqKBhQSBgk5UTE1TU1AAAgAAAAgACAA4AAAAFYKK4lfVsjktisS8AAAAAAAAAABCAEIAQAAAAAAM\
                      BAAAAAAPUABFAEUAUgABAAgAUABFAEUAUgACABYAVwBPAFIASwBTAFQAQQBUAEkATwBOAAMACABwAGUAZQByAAcACAB+9yku833dAQAAAAA=";

/// Ours, which was accepted.
const RECORDED_ANSWER: &str = "oYIBaTCCAWWgAwoBAaKCAUgEggFETlRMTVNTUAADAAAAGAAYAGgAAAC0ALQAgAAAAAYABgBYAAAACgAKAF4AAAAAAAAAaAAAABAAEAA0AQAA\
                      FYKI4goAAAAAAAAPBxSji/9ns9qML0idKdLDKEwAQQBCAGEAbABpAGMAZQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC/okTi49H11lmvpQ9R\
                      W5pnAQEAAAAAAAB+9yku833dAdeybyZzifsLAAAAAAEACABQAEUARQBSAAIAFgBXAE8AUgBLAFMAVABBAFQASQBPAE4AAwAIAHAAZQBlAHIA\
                      BwAIAH73KS7zfd0BCgAQAAAAAAAAAAAAAAAAAAAAAAAJACIASABUAFQAUAAvAHAAZQBlAHIALgBlAHgAYQBtAHAAbABlAAYABAACAAAAAAAA\
                      AAAAAAASiZ6nNF6VmfaTjEEsV2bXoxIEEAEAAABdENmnQl/1mAAAAAA=";

/// Says `accept-completed`, with a signature.
const RECORDED_LAST: &str = "oRswGaADCgEAoxIEEAEAAAD9+0neXel3QAAAAAA=";

/// `prefix` begins the base64 of a response that ends in [`TYPE_2`].
fn response(prefix: &str) -> String {
    let mut token = decode(prefix);
    let at = token.windows(2).position(|part| part == b"\x04\x66").unwrap() + 2;
    token.truncate(at);
    token.extend(decode(TYPE_2));
    negotiate(&STANDARD.encode(token))
}

fn sent_as(value: &str) -> Then {
    let token = decode(value.strip_prefix("Negotiate ").unwrap());
    match read(&token) {
        Ok(Token::Bare(Mech::Ntlm, bare)) if bare.starts_with(b"NTLMSSP\0\x03\0\0\0") => Then::Raw,
        Ok(Token::Response(Response {
            state: Some(NegState::AcceptIncomplete),
            mech: None,
            token: Some(token),
            mic: Some(mic),
        })) if token.starts_with(b"NTLMSSP\0\x03\0\0\0") && mic.len() == 16 => Then::Wrapped,
        other => panic!("{other:?}"),
    }
}

/// An exchange whose first message is sent.
fn opened(framing: Framing) -> Box<dyn Mechanism> {
    let mut ntlm = make(&NtlmSpec(framing), &alice()).unwrap();
    ntlm.step(Round::Start, &REQUEST).unwrap();
    ntlm
}

/// An exchange whose third message is sent.
fn answered(framing: Framing) -> Box<dyn Mechanism> {
    let mut ntlm = opened(framing);
    let text = match framing {
        Framing::Raw => negotiate(TYPE_2),
        Framing::Wrapped => response("oX8wfaADCgEBoQwGCisGAQQBgjcCAgqiaARm"),
    };
    ntlm.step(Round::Challenge(&challenge(&text)), &REQUEST).unwrap();
    ntlm
}
