//! What the mechanisms of Negotiate have in common, and what their tests share.
//!
//! The tokens are what pyspnego 0.12.4 (MIT) packs, as in `spnego/tests.rs`, in base64.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::mechanism::{Mechanism, Order, RequestLine, Round, Setup, Step};
use crate::{
    Answer, AuthSession, Authenticator, Channel, Credentials, Identity, Limits, Origin, Outcome, Peers, Seed, Target,
    UriScheme, Wanted,
};

/// `NegTokenResp(reject)`.
pub(super) const REJECT: &str = "oQcwBaADCgEC";

/// `NegTokenResp(accept_complete)`.
pub(super) const COMPLETE: &str = "oQcwBaADCgEA";

/// `NegTokenInit([ms_kerberos, kerberos, ntlm], hint_name=b"h")`.
pub(super) const OFFER: &str = "YDsGBisGAQUFAqAxMC+gJDAiBgkqhkiC9xIBAgIGCSqGSIb3EgECAgYKKwYBBAGCNwICCqMHMAWgAxsBaA==";

/// `InitialContextToken(kerberos, b"\x02\x00APREP")`.
pub(super) const BARE_KERBEROS: &str = "YBIGCSqGSIb3EgECAgIAQVBSRVA=";

/// `NegTokenResp(accept_incomplete, "1.3.6.1.4.1.311.2.2.30", b"AP-REP")`: NegoEx.
pub(super) const UNKNOWN_MECH: &str = "oR8wHaADCgEBoQwGCisGAQQBgjcCAh6iCAQGQVAtUkVQ";

/// Base64, but no token.
pub(super) const NOT_DER: &str = "AAAA";

/// A type 2 message of pyspnego 0.12.4: `Challenge(flags, bytes.fromhex("0123456789abcdef"), "PEER", target_info)` with
/// Unicode, key exchange of 128 bits and signing, the domain LAB, and a time.
pub(super) const TYPE_2: &str = "TlRMTVNTUAACAAAACAAIADgAAAAVgoriASNFZ4mrze8AAAAAAAAAACYAJgBAAAAACgB8TwAAAA9QAEUARQBSAAIABgBMAEEAQgABAAgA\
                      UABFAEUAUgAHAAgAAIAgm8uC2AEAAAAA";

/// What squid's wrapper sends when its Kerberos helper gets NTLM (recorded with squid 5.7).
pub(super) const WRAPPER: &str = "Negotiate token=oYGZMIGWoAMKAQGhDAYKKwYBBAGCNwICCqKBgAR+TlRMTVNTUAACAAAABAAEADgAAAA=";

#[test]
fn three_mechanisms_have_three_names() {
    let table = [
        (ticket(), "Negotiate", Wanted::Ticket),
        (ntlm(), "Negotiate (NTLM)", Wanted::Password),
        (raw_ntlm(), "Negotiate (raw NTLM)", Wanted::Password),
    ];
    for (spec, name, wanted) in table {
        assert_eq!(
            (spec.name(), spec.scheme(), spec.wanted()),
            (name, Scheme::Negotiate, wanted)
        );
    }
}

#[test]
fn an_offer_without_our_mechanism_is_not_taken_up() {
    let table = [
        // `NegTokenInit([mech], hint_name=b"h")`: Kerberos, the same by its other number, NTLM, NegoEx.
        (OFFER, Some(0), Some(0)),
        ("YCQGBisGAQUFAqAaMBigDTALBgkqhkiG9xIBAgKjBzAFoAMbAWg=", Some(0), None),
        ("YCQGBisGAQUFAqAaMBigDTALBgkqhkiC9xIBAgKjBzAFoAMbAWg=", Some(0), None),
        ("YCUGBisGAQUFAqAbMBmgDjAMBgorBgEEAYI3AgIKowcwBaADGwFo", None, Some(0)),
        ("YCUGBisGAQUFAqAbMBmgDjAMBgorBgEEAYI3AgIeowcwBaADGwFo", None, None),
        // Nothing of this is an offer, and all of it may stand where an exchange ended.
        (REJECT, Some(0), Some(0)),
        (UNKNOWN_MECH, Some(0), Some(0)),
        (BARE_KERBEROS, Some(0), Some(0)),
        (NOT_DER, Some(0), Some(0)),
        ("A", Some(0), Some(0)),
    ];
    for (token, kerberos, password) in table {
        let text = negotiate(token);
        let challenge = challenge(&text);
        assert_eq!(ticket().rank(&challenge), kerberos, "{token}");
        assert_eq!(ntlm().rank(&challenge), password, "{token}");
        assert_eq!(raw_ntlm().rank(&challenge), password, "{token}");
    }
}

/// A session that gave one mechanism up begins the next with the challenge at hand.
#[test]
fn whatever_the_first_challenge_holds_the_exchange_begins() {
    let firsts = [
        "Negotiate",
        &negotiate(REJECT),
        &negotiate(NOT_DER),
        &negotiate("A"),
        &negotiate(OFFER),
        WRAPPER,
    ];
    for text in firsts {
        let challenge = challenge(text);
        for (spec, identity) in [(ticket(), Identity::Ambient), (ntlm(), alice()), (raw_ntlm(), alice())] {
            let step = make(&*spec, &identity)
                .unwrap()
                .step(Round::Challenge(&challenge), &REQUEST);
            assert!(
                matches!(step, Ok(Step::NeedToken(_) | Step::Continue(_))),
                "{text} {}: {step:?}",
                spec.name()
            );
        }
    }
}

#[test]
fn base64_is_read_as_peers_write_it() {
    let table = [
        ("Negotiate", Ok(None)),
        ("Negotiate oQcwBaADCgEC", Ok(Some(9))),
        ("Negotiate AQ==", Ok(Some(1))),
        ("Negotiate AQ", Ok(Some(1))),
        ("Negotiate AR==", Ok(Some(1))),
        ("Negotiate A", Err("a token that is not base64")),
        ("Negotiate a-b_", Err("a token that is not base64")),
        (WRAPPER, Err("parameters instead of a token")),
    ];
    for (text, expected) in table {
        let expected = expected.map_err(MechanismError::Malformed);
        assert_eq!(
            token(&challenge(text)).map(|token| token.map(|t| t.len())),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_last_word_that_cannot_be_read_is_not_taken_for_a_missing_one() {
    let table = [
        ("Negotiate oQcwBaADCgEA", Ok(Some(9))),
        ("nEGOTIATE oQcwBaADCgEA", Ok(Some(9))),
        ("Negotiate", Ok(None)),
        ("Negotiate A", Err(Rejection::Unproven)),
        ("Negotiate token=oQcwBaADCgEA", Err(Rejection::Unproven)),
        ("Negotiate oQcwBaADCgEA and more", Err(Rejection::Unproven)),
        // Of another scheme.
        (r#"nextnonce="abc", nc=00000001"#, Ok(None)),
        ("NTLM oQcwBaADCgEA", Ok(None)),
        ("", Ok(None)),
        ("\u{1}", Ok(None)),
    ];
    for (text, expected) in table {
        let length = last_token(&Final::Info(text.as_bytes())).map(|token| token.map(|t| t.len()));
        assert_eq!(length, expected, "{text}");
    }
    assert_eq!(last_token(&Final::Nothing), Ok(None));
    // A challenge field on a successful answer may be a mere offer.
    for text in ["Negotiate", WRAPPER] {
        assert_eq!(last_token(&Final::Challenge(&challenge(text))), Ok(None), "{text}");
    }
    let garbled = challenge("Negotiate A");
    assert_eq!(last_token(&Final::Challenge(&garbled)), Err(Rejection::Unproven));
}

/// squid's wrapper gives what SPNEGO wraps to its Kerberos helper, and takes NTLM only without it.
#[test]
fn a_peer_with_parameters_for_a_token_gets_the_next_mechanism() {
    let mut session = session([ntlm(), raw_ntlm()]);
    session.handle_challenge([&b"Negotiate"[..]], &REQUEST).unwrap();
    session.handle_answer(answer("S3cret pass"), &REQUEST).unwrap();
    assert!(sent(&session).starts_with(b"\x60"));
    session.handle_challenge([WRAPPER.as_bytes()], &REQUEST).unwrap();
    assert_eq!(
        session.take_report().map(|(_, outcome)| outcome),
        Some(Outcome::Abandoned)
    );
    session.handle_answer(answer("S3cret pass"), &REQUEST).unwrap();
    assert!(sent(&session).starts_with(b"NTLMSSP\0\x01"));
}

/// A token that ended one exchange is the challenge from which the next begins, as apache with mod_auth_gssapi sends it.
#[test]
fn a_rejecting_token_is_no_answer_to_the_next_password() {
    let mut session = session([ntlm()]);
    session.handle_challenge([&b"Negotiate"[..]], &REQUEST).unwrap();
    session.handle_answer(answer("wrong"), &REQUEST).unwrap();
    let type_2 = negotiate(TYPE_2);
    session.handle_challenge([type_2.as_bytes()], &REQUEST).unwrap();
    session
        .handle_challenge([negotiate(REJECT).as_bytes()], &REQUEST)
        .unwrap();
    assert_eq!(
        session.take_report().map(|(_, outcome)| outcome),
        Some(Outcome::Rejected)
    );
    session.handle_answer(answer("S3cret pass"), &REQUEST).unwrap();
    assert!(sent(&session).starts_with(b"\x60"));
}

/// Field values of a peer, of which most are about right.
fn word() -> impl Strategy<Value = String> {
    let noise = prop::collection::vec(any::<u8>(), 0..60).prop_map(|token| negotiate(&STANDARD.encode(token)));
    let tokens = [REJECT, COMPLETE, OFFER, BARE_KERBEROS, UNKNOWN_MECH, NOT_DER, TYPE_2].map(negotiate);
    let others = ["Negotiate", "Negotiate A", WRAPPER].map(str::to_owned);
    let changed = (
        prop::sample::select(tokens.to_vec()),
        any::<prop::sample::Index>(),
        any::<u8>(),
    );
    let changed = changed.prop_map(|(text, at, with)| {
        let mut token = decode(text.strip_prefix("Negotiate ").unwrap());
        let at = at.index(token.len());
        token[at] = with;
        negotiate(&STANDARD.encode(token))
    });
    prop_oneof![
        noise,
        changed,
        prop::sample::select([&tokens[..], &others[..]].concat())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_of_a_peer_are_a_panic(
        words in prop::collection::vec((word(), any::<bool>()), 0..6),
        last in word(),
    ) {
        for (spec, identity) in [(ticket(), Identity::Ambient), (ntlm(), alice()), (raw_ntlm(), alice())] {
            let mut mechanism = make(&*spec, &identity).unwrap();
            for (word, has_token) in &words {
                let word = challenge(word);
                let _: Option<u32> = spec.rank(&word);
                if let Ok(Step::NeedToken(_)) = mechanism.step(Round::Challenge(&word), &REQUEST) {
                    let token = if *has_token { "AP-REQ" } else { "" };
                    drop(mechanism.step(Round::Token(Ok(Secret::new(token))), &REQUEST));
                }
            }
            drop(mechanism.finish(Final::Challenge(&challenge(&last))));
            drop(mechanism.finish(Final::Info(last.as_bytes())));
        }
    }
}

fn session<const N: usize>(specs: [Arc<dyn Spec>; N]) -> AuthSession {
    let authenticator = Authenticator::new(Arc::new(Peers::new()), Seed::new([7; 32])).with_order(Order::new(specs));
    AuthSession::new(Target::Proxy, peer(), "", authenticator, Limits::default())
}

fn answer(password: &str) -> Answer {
    Answer::Use(Arc::new(Credentials::password("alice", password)))
}

/// The token that the session sends.
fn sent(session: &AuthSession) -> Vec<u8> {
    let value = session.authorization().unwrap().expose().strip_prefix(b"Negotiate ");
    STANDARD.decode(value.unwrap()).unwrap()
}

pub(super) const REQUEST: RequestLine<'static> = RequestLine {
    method: "GET",
    target: "/",
    wall: 1_700_000_000,
    channel: &Channel::CLEARTEXT,
    body: &[],
};

pub(super) fn peer() -> Origin {
    Origin::new(UriScheme::Http, "peer.example", 80)
}

pub(super) fn alice() -> Identity {
    Identity::Known(Arc::new(Credentials::password("LAB\\alice", "S3cret pass")))
}

pub(super) fn make(spec: &dyn Spec, identity: &Identity) -> Result<Box<dyn Mechanism>, MechanismError> {
    spec.make(Setup {
        target: Target::Origin,
        peer: &peer(),
        identity,
        remembered: None,
        entropy: Seed::new([7; 32]).draw(),
        peers: &Arc::new(Peers::new()),
    })
}

pub(super) fn challenge(text: &str) -> Challenge<'_> {
    Challenge::from_bytes(text.as_bytes()).unwrap()
}

pub(super) fn negotiate(token: &str) -> String {
    format!("Negotiate {token}")
}

pub(super) fn decode(token: &str) -> Vec<u8> {
    STANDARD.decode(token).unwrap()
}

/// What a step sends, or why it does not.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Did {
    Continue(String),
    Finish(String),
    Ask(Option<Vec<u8>>),
    Reject(Rejection),
    Error(MechanismError),
}

pub(super) fn did(step: Result<Step, MechanismError>) -> Did {
    let text = |value: Secret| String::from_utf8(value.expose().to_vec()).unwrap();
    match step {
        Ok(Step::Continue(value)) => Did::Continue(text(value)),
        Ok(Step::Finish(value)) => Did::Finish(text(value)),
        Ok(Step::NeedToken(request)) => Did::Ask(request.input),
        Ok(Step::Reject(rejection)) => Did::Reject(rejection),
        Err(error) => Did::Error(error),
    }
}
