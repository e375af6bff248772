//! The rounds of an exchange with a ticket, in which the test is the operating system.

use super::super::tests::{
    BARE_KERBEROS, COMPLETE, Did, NOT_DER, OFFER, REJECT, REQUEST, UNKNOWN_MECH, WRAPPER, alice, challenge, decode,
    did, make, negotiate, peer,
};
use super::*;
use crate::Channel;

/// `NegTokenInit([kerberos], mech_token=b"AP-REQ")` of pyspnego 0.12.4, as are the other tokens here.
const INIT: &str = "YCUGBisGAQUFAqAbMBmgDTALBgkqhkiG9xIBAgKiCAQGQVAtUkVR";

/// `NegTokenResp(accept_incomplete, kerberos, b"AP-REP")`.
const INCOMPLETE: &str = "oR4wHKADCgEBoQsGCSqGSIb3EgECAqIIBAZBUC1SRVA=";

/// `NegTokenResp(accept_complete, kerberos, b"AP-REP")`.
const PROOF: &str = "oR4wHKADCgEAoQsGCSqGSIb3EgECAqIIBAZBUC1SRVA=";

/// `NegTokenResp(accept_incomplete, None, b"AGAIN")`.
const AGAIN: &str = "oRAwDqADCgEBogcEBUFHQUlO";

/// `NegTokenResp(request_mic, kerberos, b"AP-REP")`.
const WANTS_MIC: &str = "oR4wHKADCgEDoQsGCSqGSIb3EgECAqIIBAZBUC1SRVA=";

/// `NegTokenResp(accept_incomplete, ntlm)`.
const CHOSE_NTLM: &str = "oRUwE6ADCgEBoQwGCisGAQQBgjcCAgo=";

#[test]
fn the_system_makes_the_token_for_the_peer_and_the_channel() {
    // As much of a certificate as says that it is signed with SHA-256.
    let certificate: &[u8] = b"\x30\x11\x30\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
    let bound = binding::tls_server_end_point(certificate);
    assert!(bound.is_some());
    for (channel, expected) in [(Channel::CLEARTEXT, None), (Channel::encrypted(certificate), bound)] {
        let request = RequestLine {
            channel: &channel,
            ..REQUEST
        };
        let mut ticket = make(&TicketSpec, &Identity::Ambient).unwrap();
        let Ok(Step::NeedToken(asked)) = ticket.step(Round::Challenge(&challenge("Negotiate")), &request) else {
            panic!("{channel:?}");
        };
        let expected = TokenRequest {
            peer: peer(),
            input: None,
            channel_binding: expected,
        };
        assert_eq!(asked, expected);
        ticket.step(Round::Token(Ok(Secret::new("AP-REQ"))), &request).unwrap();
        // Later tokens, and the peer's proof, belong to the same binding.
        let later = TokenRequest {
            input: Some(b"AP-REP".to_vec()),
            ..expected
        };
        let text = negotiate(PROOF);
        let Ok(Finish::NeedToken(asked)) = ticket.finish(Final::Challenge(&challenge(&text))) else {
            panic!("{channel:?}");
        };
        assert_eq!(asked, later);
    }
}

#[test]
fn the_token_goes_out_in_an_offer_of_kerberos_alone() {
    for round in [Round::Start, Round::Challenge(&challenge("Negotiate"))] {
        let mut ticket = make(&TicketSpec, &Identity::Ambient).unwrap();
        assert_eq!(did(ticket.step(round, &REQUEST)), Did::Ask(None));
        let step = ticket.step(Round::Token(Ok(Secret::new("AP-REQ"))), &REQUEST);
        assert_eq!(did(step), Did::Finish(negotiate(INIT)));
    }
}

#[test]
fn a_system_without_a_ticket_ends_the_exchange() {
    let error = TokenError::Unavailable("no ticket for HTTP/peer.example".to_owned());
    let expected = Did::Error(MechanismError::Token(error.clone()));
    let mut ticket = make(&TicketSpec, &Identity::Ambient).unwrap();
    ticket.step(Round::Start, &REQUEST).unwrap();
    assert_eq!(did(ticket.step(Round::Token(Err(error.clone())), &REQUEST)), expected);
    let mut ticket = sent();
    ticket
        .step(Round::Challenge(&challenge(&negotiate(INCOMPLETE))), &REQUEST)
        .unwrap();
    assert_eq!(did(ticket.step(Round::Token(Err(error)), &REQUEST)), expected);
}

#[test]
fn needs_the_logged_on_user() {
    for identity in [alice(), Identity::Anonymous] {
        let error = make(&TicketSpec, &identity).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the credentials cannot be sent: needs the ticket of the logged-on user"
        );
    }
}

#[test]
fn a_challenge_after_the_token_goes_on_or_ends_it() {
    let asks = |input: &[u8]| Did::Ask(Some(input.to_vec()));
    let malformed = |why| Did::Error(MechanismError::Malformed(why));
    let table = [
        ("Negotiate".to_owned(), Did::Reject(Rejection::Refused)),
        (negotiate(REJECT), Did::Reject(Rejection::Refused)),
        // `NegTokenResp(reject, None, b"KRB-ERROR")`.
        (
            negotiate("oRQwEqADCgECogsECUtSQi1FUlJPUg=="),
            Did::Reject(Rejection::Refused),
        ),
        // It knows who we are, and yet does not let us through.
        (negotiate(COMPLETE), Did::Reject(Rejection::Refused)),
        (negotiate(PROOF), Did::Reject(Rejection::Refused)),
        (negotiate(OFFER), Did::Reject(Rejection::Refused)),
        (negotiate(INCOMPLETE), asks(b"AP-REP")),
        // The same from `ms_kerberos`, from nobody named, and without a state.
        (
            negotiate("oR4wHKADCgEBoQsGCSqGSIL3EgECAqIIBAZBUC1SRVA="),
            asks(b"AP-REP"),
        ),
        (negotiate(AGAIN), asks(b"AGAIN")),
        (negotiate("oQwwCqIIBAZBUC1SRVA="), asks(b"AP-REP")),
        (negotiate(BARE_KERBEROS), asks(&decode(BARE_KERBEROS))),
        // `InitialContextToken(ms_kerberos, b"\x02\x00APREP")`.
        (
            negotiate("YBIGCSqGSIL3EgECAgIAQVBSRVA="),
            asks(&decode("YBIGCSqGSIL3EgECAgIAQVBSRVA=")),
        ),
        (negotiate(WANTS_MIC), Did::Reject(Rejection::Unsupported)),
        (negotiate(CHOSE_NTLM), Did::Reject(Rejection::Unsupported)),
        (negotiate(UNKNOWN_MECH), Did::Reject(Rejection::Unsupported)),
        // `NegTokenResp(accept_incomplete, kerberos)`: it waits for a message that Kerberos does not have.
        (
            negotiate("oRQwEqADCgEBoQsGCSqGSIb3EgECAg=="),
            Did::Reject(Rejection::Unsupported),
        ),
        // A bare message of NTLM.
        (negotiate("TlRMTVNTUAACAAAA"), Did::Reject(Rejection::Unsupported)),
        (negotiate(NOT_DER), malformed("a token that is not DER")),
        (negotiate("A"), malformed("a token that is not base64")),
        (WRAPPER.to_owned(), malformed("parameters instead of a token")),
    ];
    for (text, expected) in table {
        assert_eq!(
            did(sent().step(Round::Challenge(&challenge(&text)), &REQUEST)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_later_token_is_framed_as_the_peers_was() {
    let table = [
        // `NegTokenResp(accept_incomplete, None, b"AGAIN")` is what goes back.
        (INCOMPLETE, "AGAIN", Did::Finish(negotiate(AGAIN))),
        (BARE_KERBEROS, "AGAIN", Did::Finish("Negotiate QUdBSU4=".to_owned())),
        // The peer waits, and Kerberos has nothing to say.
        (INCOMPLETE, "", Did::Reject(Rejection::Unsupported)),
        (BARE_KERBEROS, "", Did::Reject(Rejection::Unsupported)),
    ];
    for (text, token, expected) in table {
        let mut ticket = sent();
        ticket
            .step(Round::Challenge(&challenge(&negotiate(text))), &REQUEST)
            .unwrap();
        let step = ticket.step(Round::Token(Ok(Secret::new(token))), &REQUEST);
        assert_eq!(did(step), expected, "{text} {token}");
    }
}

#[test]
fn as_many_rounds_as_the_peer_asks_for_stay_one_exchange() {
    let mut ticket = sent();
    for _ in 0..3 {
        let step = ticket.step(Round::Challenge(&challenge(&negotiate(INCOMPLETE))), &REQUEST);
        assert_eq!(did(step), Did::Ask(Some(b"AP-REP".to_vec())));
        let step = ticket.step(Round::Token(Ok(Secret::new("AGAIN"))), &REQUEST);
        assert_eq!(did(step), Did::Finish(negotiate(AGAIN)));
    }
    assert_eq!(
        did(ticket.step(Round::Challenge(&challenge("Negotiate")), &REQUEST)),
        Did::Reject(Rejection::Refused)
    );
}

#[test]
fn inputs_out_of_order_end_the_exchange() {
    let token = || Round::Token(Ok(Secret::new("AP-REQ")));
    let unsupported = Did::Reject(Rejection::Unsupported);
    let mut ticket = make(&TicketSpec, &Identity::Ambient).unwrap();
    assert_eq!(did(ticket.step(token(), &REQUEST)), unsupported);
    ticket.step(Round::Start, &REQUEST).unwrap();
    assert_eq!(did(ticket.step(Round::Start, &REQUEST)), unsupported);
    assert_eq!(did(sent().step(Round::Start, &REQUEST)), unsupported);
    assert_eq!(did(sent().step(token(), &REQUEST)), unsupported);
}

#[test]
fn the_last_word_is_the_systems_to_judge() {
    let asks = |input: &[u8]| Ok(Some(input.to_vec()));
    let table = [
        // Servers need not prove who they are.
        (None, Ok(None)),
        (Some(COMPLETE), Ok(None)),
        (Some(OFFER), Ok(None)),
        // `NegTokenResp(accept_complete, None, b"")`.
        (Some("oQswCaADCgEAogIEAA=="), Ok(None)),
        (Some(PROOF), asks(b"AP-REP")),
        (Some(INCOMPLETE), asks(b"AP-REP")),
        (Some(BARE_KERBEROS), asks(&decode(BARE_KERBEROS))),
        (Some(REJECT), Err(Rejection::Unproven)),
        // `NegTokenResp(accept_complete, ntlm, b"AP-REP")`.
        (
            Some("oR8wHaADCgEAoQwGCisGAQQBgjcCAgqiCAQGQVAtUkVQ"),
            Err(Rejection::Unproven),
        ),
        (Some(UNKNOWN_MECH), Err(Rejection::Unproven)),
        (Some("TlRMTVNTUAACAAAA"), Err(Rejection::Unproven)),
        (Some(NOT_DER), Err(Rejection::Unproven)),
        (Some("A"), Err(Rejection::Unproven)),
    ];
    for (token, expected) in table {
        let text = token.map(negotiate);
        let word = text.as_deref().map(challenge);
        let judged = |last| {
            sent().finish(last).map(|finish| match finish {
                Finish::Done => None,
                Finish::NeedToken(request) => request.input,
            })
        };
        assert_eq!(
            judged(word.as_ref().map_or(Final::Nothing, Final::Challenge)),
            expected,
            "{token:?}"
        );
        // The same word of a proxy.
        let info = text
            .as_deref()
            .map_or(Final::Nothing, |text| Final::Info(text.as_bytes()));
        assert_eq!(judged(info), expected, "{token:?}");
    }
}

#[test]
fn only_a_proof_that_the_system_accepts_is_one() {
    assert_eq!(sent().prove(Ok(Secret::new(""))), Ok(()));
    assert_eq!(sent().prove(Ok(Secret::new("more"))), Ok(()));
    for error in [TokenError::Peer("bad checksum".to_owned()), TokenError::TimedOut] {
        assert_eq!(sent().prove(Err(error)), Err(Rejection::Unproven));
    }
}

/// An exchange whose first token is sent.
fn sent() -> Box<dyn Mechanism> {
    let mut ticket = make(&TicketSpec, &Identity::Ambient).unwrap();
    ticket.step(Round::Start, &REQUEST).unwrap();
    ticket.step(Round::Token(Ok(Secret::new("AP-REQ"))), &REQUEST).unwrap();
    ticket
}
