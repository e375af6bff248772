//! The scheme's steps over HTTP.

use std::sync::Arc;

use super::message::tests::EXAMPLE;
use super::*;
use crate::challenge::Challenge;
use crate::{Channel, Credentials, Identity, Origin, Peers, Seed, Target, UriScheme};

const REQUEST: RequestLine<'static> = RequestLine {
    method: "CONNECT",
    target: "symbols.example:443",
    wall: 0,
    channel: &Channel::CLEARTEXT,
    body: &[],
};

fn ntlm() -> Box<dyn Mechanism> {
    let setup = Setup {
        target: Target::Proxy,
        peer: &Origin::new(UriScheme::Http, "h", 3128),
        identity: &Identity::Known(Arc::new(Credentials::password("u", "p"))),
        remembered: None,
        entropy: Seed::new([0; 32]).draw(),
        peers: &Arc::new(Peers::new()),
    };
    spec().make(setup).unwrap()
}

fn challenge(mechanism: &mut dyn Mechanism, text: &str) -> Result<Step, MechanismError> {
    mechanism.step(
        Round::Challenge(&Challenge::from_bytes(text.as_bytes()).unwrap()),
        &REQUEST,
    )
}

fn token() -> String {
    format!("NTLM {}", STANDARD.encode(EXAMPLE))
}

#[test]
fn opens_on_a_bare_challenge_or_by_itself_and_decides_on_a_token() {
    for start in [true, false] {
        let mut ntlm = ntlm();
        let first = if start {
            ntlm.step(Round::Start, &REQUEST)
        } else {
            challenge(&mut *ntlm, "NTLM")
        };
        let Ok(Step::Continue(value)) = first else {
            panic!("{first:?}")
        };
        assert_eq!(
            value.expose(),
            b"NTLM TlRMTVNTUAABAAAAF4KI4gAAAAAoAAAAAAAAACgAAAAKAAAAAAAADw=="
        );
        let Ok(Step::Finish(value)) = challenge(&mut *ntlm, &token()) else {
            panic!("a type 3")
        };
        assert!(value.expose().starts_with(b"NTLM TlRMTVNTUAADAAAA"));
        for text in ["NTLM", "NTLM a=b", &token()] {
            assert!(
                matches!(challenge(&mut *ntlm, text), Ok(Step::Reject(Rejection::Refused))),
                "{text}"
            );
        }
    }
}

#[test]
fn a_token_may_lack_its_padding() {
    let mut ntlm = ntlm();
    ntlm.step(Round::Start, &REQUEST).unwrap();
    assert!(matches!(
        challenge(&mut *ntlm, token().trim_end_matches('=')),
        Ok(Step::Finish(_))
    ));
}

#[test]
fn what_is_not_due_is_malformed() {
    let long = format!("NTLM {}", "A".repeat(TOKEN_LIMIT + 1));
    let table = [
        (
            false,
            "NTLM realm=x".to_owned(),
            "malformed message: parameters in an NTLM challenge",
        ),
        (
            true,
            "NTLM realm=x".to_owned(),
            "malformed message: parameters in an NTLM challenge",
        ),
        (
            true,
            "NTLM a-b_".to_owned(),
            "malformed message: an NTLM token that is not base64",
        ),
        (true, long, "malformed message: an NTLM token that is too long"),
        (
            true,
            "NTLM AAAA".to_owned(),
            "malformed message: the NTLM signature is missing",
        ),
    ];
    for (opened, text, words) in table {
        let mut ntlm = ntlm();
        if opened {
            ntlm.step(Round::Start, &REQUEST).unwrap();
        }
        assert_eq!(challenge(&mut *ntlm, &text).unwrap_err().to_string(), words);
    }
}

#[test]
fn the_last_word_of_another_exchange_begins_a_new_one() {
    assert!(matches!(challenge(&mut *ntlm(), &token()), Ok(Step::Continue(_))));
}

#[test]
fn a_peer_that_wants_to_begin_again_is_left() {
    let mut ntlm = ntlm();
    ntlm.step(Round::Start, &REQUEST).unwrap();
    assert!(matches!(
        challenge(&mut *ntlm, "NTLM"),
        Ok(Step::Reject(Rejection::Refused))
    ));
}

#[test]
fn tokens_of_the_system_are_not_for_it() {
    let mut ntlm = ntlm();
    for round in [Round::Start, Round::Start, Round::Token(Ok(Secret::new("t")))]
        .into_iter()
        .enumerate()
    {
        let step = ntlm.step(round.1, &REQUEST);
        assert_eq!(matches!(step, Ok(Step::Reject(Rejection::Unsupported))), round.0 > 0);
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", ntlm());
    assert!(shown.contains("user: \"u\"") && !shown.contains("key"), "{shown}");
}
