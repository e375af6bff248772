//! Sessions with the built-in mechanism.

use std::sync::Arc;

use symgate_auth::{
    Answer, Channel, Credentials, Ending, Error, GaveUp, Identity, LimitError, Misuse, Next, Outcome, PeerError,
    Refusal, Scheme, Secret, Target, Tried, Wanted,
};

use super::support::{Scene, credentials, gave_up, peer, using};

const BASIC: &str = r#"Basic realm="r""#;
/// `alice:alice's password`
const ALICE: &str = "Basic YWxpY2U6YWxpY2UncyBwYXNzd29yZA==";
/// `bob:bob's password`
const BOB: &str = "Basic Ym9iOmJvYidzIHBhc3N3b3Jk";

fn accepted(target: Target) -> Scene {
    let mut scene = Scene::new(target);
    assert_eq!(scene.start(), None);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.value().as_deref(), Some(ALICE));
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
    scene
}

#[test]
fn volunteers_nothing_to_a_stranger() {
    for target in [Target::Origin, Target::Proxy] {
        let mut scene = Scene::new(target);
        assert_eq!(scene.start(), None, "{target}");
        assert!(matches!(scene.session.next(), Next::Ready), "{target}");
        scene.success();
        assert_eq!(scene.reports(), [], "{target}");
        assert!(scene.session.identity().is_anonymous(), "{target}");
    }
}

#[test]
fn the_question_says_who_asks_and_how_the_answer_would_travel() {
    let mut scene = Scene::new(Target::Origin);
    scene.challenge(&["NTLM", BASIC]).unwrap();
    let ask = scene.ask();
    assert_eq!(ask.origin, peer(Target::Origin));
    assert_eq!(
        (
            ask.target,
            ask.path.as_str(),
            ask.wanted,
            ask.scheme,
            ask.realm.as_deref(),
            ask.channel,
            ask.attempt
        ),
        (
            Target::Origin,
            "/symbols/a.pdb/1/a.pdb",
            Wanted::Password,
            Scheme::Basic,
            Some("r"),
            Channel::CLEARTEXT,
            1
        )
    );
}

#[test]
fn volunteers_to_a_peer_that_accepted_before() {
    let mut scene = accepted(Target::Proxy);
    assert_eq!(
        scene.start().as_deref(),
        Some(ALICE),
        "the next request of the same fetch"
    );
    scene.success();
    scene.next_fetch("");
    assert_eq!(scene.start().as_deref(), Some(ALICE));
    scene.success();
    assert_eq!(scene.reports(), [], "nobody was asked");
    scene.peers.clear();
    assert_eq!(scene.start(), None, "the client was closed");
}

#[test]
fn volunteers_at_a_server_only_inside_the_protection_space() {
    let mut scene = accepted(Target::Origin);
    for (path, value) in [
        ("/symbols/a.pdb/1/other", Some(ALICE)),
        ("/symbols/a.pdb/1/x/y", Some(ALICE)),
        ("/symbols/b.pdb/1/b.pdb", None),
        ("/", None),
    ] {
        scene.next_fetch(path);
        assert_eq!(scene.start().as_deref(), value, "{path}");
    }
}

#[test]
fn asks_again_after_a_rejection_and_never_sends_the_same_twice() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[BASIC]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(scene.ask().attempt, 2);

    scene.answer(using("bob")).unwrap();
    assert_eq!(scene.value().as_deref(), Some(BOB));
    scene.challenge(&[BASIC]).unwrap();
    assert_eq!(scene.reports(), [(2, Outcome::Rejected)]);
    assert_eq!(scene.ask().attempt, 3);

    let end = gave_up(scene.answer(using("alice")));
    assert_eq!(
        end.to_string(),
        "offered Basic; Basic: the proxy rejected the user name or password"
    );
    assert_eq!(scene.value(), None);
    assert_eq!(scene.reports(), [(3, Outcome::Rejected)]);
}

#[test]
fn a_password_rejected_in_another_session_is_not_sent_but_another_is_asked_for() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[BASIC]).unwrap();
    gave_up(scene.answer(Answer::Pass));

    scene.next_fetch("");
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.value(), None);
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(scene.ask().attempt, 2);
    scene.answer(using("bob")).unwrap();
    assert_eq!(scene.value().as_deref(), Some(BOB));
}

#[test]
fn a_stale_acceptance_is_forgotten_and_asked_about_anew() {
    let mut scene = accepted(Target::Proxy);
    scene.next_fetch("");
    assert_eq!(scene.start().as_deref(), Some(ALICE));
    scene.challenge(&[BASIC]).unwrap();
    assert_eq!(scene.reports(), [], "nobody had been asked");
    assert_eq!(scene.ask().attempt, 1);
    assert!(scene.peers.identity(Target::Proxy, &peer(Target::Proxy)).is_anonymous());

    // The same answer is what the peer has just refused.
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.value(), None);
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    scene.answer(using("bob")).unwrap();
    assert_eq!(scene.value().as_deref(), Some(BOB));
    scene.success();
    assert_eq!(scene.reports(), [(2, Outcome::Accepted)]);
}

#[test]
fn another_realm_at_a_server_judges_nothing_once() {
    let mut scene = Scene::new(Target::Origin);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[r#"Basic realm="other""#]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
    assert_eq!((scene.ask().attempt, scene.ask().realm.as_deref()), (1, Some("other")));
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.value().as_deref(), Some(ALICE));
    scene.challenge(&[r#"Basic realm="third""#]).unwrap();
    assert_eq!(
        scene.reports(),
        [(1, Outcome::Rejected)],
        "a realm that moves twice is a rejection"
    );
}

#[test]
fn another_realm_at_a_proxy_is_a_rejection() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[r#"Basic realm="other""#]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
}

#[test]
fn a_volunteered_value_in_another_realm_leaves_the_acceptance_alone() {
    let mut scene = accepted(Target::Origin);
    scene.next_fetch("/symbols/a.pdb/1/inner/file");
    assert_eq!(scene.start().as_deref(), Some(ALICE));
    scene.challenge(&[r#"Basic realm="inner""#]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert_eq!(
        scene.value().as_deref(),
        Some(ALICE),
        "it was not judged for this realm"
    );
    scene.next_fetch("/symbols/a.pdb/1/a.pdb");
    assert_eq!(scene.start().as_deref(), Some(ALICE));
}

#[test]
fn the_value_goes_to_the_realm_that_was_answered_where_several_are_offered() {
    let mut scene = Scene::new(Target::Origin);
    let both = [BASIC, r#"Basic realm="s""#];
    scene.challenge(&both).unwrap();
    assert_eq!(scene.ask().realm.as_deref(), Some("r"), "the first among equals");
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[both[1], both[0]]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
}

#[test]
fn each_way_to_say_no_ends_the_session() {
    for refusal in [Refusal::Automatic, Refusal::ByRule, Refusal::ByUser, Refusal::Latched] {
        let mut scene = Scene::new(Target::Proxy);
        scene.challenge(&[BASIC]).unwrap();
        let end = scene.answer(Answer::Refuse(refusal)).unwrap_err();
        assert_eq!(end.refusal(), Some(refusal));
        assert_eq!(end.to_string(), format!("authentication was {refusal}"));
        assert_eq!(scene.reports(), [], "nothing was given");
        assert_eq!(scene.challenge(&[BASIC]), Err(Error::Misuse(Misuse::Ended)));
    }
}

#[test]
fn nobody_to_be_asked_again_means_that_the_password_was_rejected() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[BASIC]).unwrap();
    let end = scene.answer(Answer::Refuse(Refusal::Automatic)).unwrap_err();
    let why = "offered Basic; Basic: the proxy rejected the user name or password";
    assert_eq!(end.to_string(), why);
    // Another fetch of the same client learns the reason too, and a person's own word stands.
    scene.next_fetch("");
    scene.challenge(&[BASIC]).unwrap();
    let end = scene.answer(Answer::Refuse(Refusal::Automatic)).unwrap_err();
    assert_eq!(end.to_string(), why);
    scene.next_fetch("");
    scene.challenge(&[BASIC]).unwrap();
    let end = scene.answer(Answer::Refuse(Refusal::ByUser)).unwrap_err();
    assert_eq!(end.refusal(), Some(Refusal::ByUser));
}

#[test]
fn giving_up_says_what_was_offered_and_why_each_ended() {
    let table: &[(&[&str], &str)] = &[
        (&[BASIC], "offered Basic; Basic: no credentials"),
        (
            &["Negotiate, Passport1.4 a=b, NTLM, bAsIc"],
            "offered Negotiate, `Passport1.4`, NTLM, Basic; Basic: no credentials; Negotiate: left out of the schemes that may answer; \
             NTLM: left out of the schemes that may answer",
        ),
    ];
    for (fields, message) in table {
        let mut scene = Scene::new(Target::Proxy);
        scene.challenge(fields).unwrap();
        assert_eq!(gave_up(scene.answer(Answer::Pass)).to_string(), *message, "{fields:?}");
    }
    let at_once: &[(&[&str], &str)] = &[
        (
            &["Passport1.4, Hoba"],
            "offered `Passport1.4`, `Hoba`; none of them is supported",
        ),
        (&["\"\""], "offered nothing readable; none of them is supported"),
        (
            &["Basic realm=\"x"],
            "offered Basic; Basic: malformed challenge: expected a closing quote at byte 12 of field 1",
        ),
    ];
    for (fields, message) in at_once {
        let mut scene = Scene::new(Target::Proxy);
        assert_eq!(gave_up(scene.challenge(fields)).to_string(), *message, "{fields:?}");
    }
}

#[test]
fn a_rejected_token_is_named() {
    let end = GaveUp {
        target: Target::Origin,
        offered: vec!["bearer".to_owned()],
        tried: vec![Tried {
            name: "Bearer",
            scheme: Scheme::Bearer,
            ending: Ending::TokenRejected,
        }],
    };
    assert_eq!(end.to_string(), "offered Bearer; Bearer: the server rejected the token");
}

#[test]
fn names_of_unknown_schemes_are_bounded_in_length_and_number() {
    let names: Vec<String> = (0..100).map(|n| format!("{n:03}{}", "x".repeat(100))).collect();
    let end = gave_up(Scene::new(Target::Proxy).challenge(&[&names.join(", ")]));
    assert_eq!(end.offered.len(), 8);
    assert!(end.offered.iter().all(|name| name.len() == 32), "{:?}", end.offered);
}

#[test]
fn names_an_answer_without_a_challenge() {
    for (target, message) in [
        (Target::Proxy, "the proxy answered 407 without a challenge"),
        (Target::Origin, "the server answered 401 without a challenge"),
    ] {
        for fields in [&[][..], &[""], &[" , ,"]] {
            let mut scene = Scene::new(target);
            scene.challenge(&[BASIC]).unwrap();
            scene.answer(using("alice")).unwrap();
            let end = scene.challenge(fields).unwrap_err();
            assert_eq!(end, Error::Peer(PeerError::NoChallenge { target }), "{fields:?}");
            assert_eq!(end.to_string(), message);
            assert_eq!(scene.reports(), [(1, Outcome::Abandoned)], "{fields:?}");
        }
    }
}

#[test]
fn a_list_beyond_its_bound_ends_the_session_on_either_side() {
    let long = "x".repeat(16 * 1024 + 1);
    let end = Error::Limit(LimitError::ChallengeBytes { limit: 16 * 1024 });
    let mut scene = Scene::new(Target::Proxy);
    assert_eq!(scene.challenge(&[&long]), Err(end.clone()));
    assert_eq!(end.to_string(), "the challenge list is longer than 16384 bytes");

    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.session.handle_success([long.as_bytes()], []), Err(end));
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn credentials_that_basic_cannot_carry_are_abandoned_and_named() {
    let table = [
        (Answer::Ambient, "a user name and a password are needed"),
        (
            Answer::Use(Arc::new(Credentials::password("a:b", "x"))),
            "a colon in the user name",
        ),
        (
            Answer::Use(Arc::new(Credentials::Bearer(Secret::new("t")))),
            "a user name and a password are needed",
        ),
    ];
    for (answer, why) in table {
        let mut scene = Scene::new(Target::Proxy);
        scene.challenge(&[BASIC]).unwrap();
        let end = gave_up(scene.answer(answer));
        assert_eq!(
            end.to_string(),
            format!("offered Basic; Basic: the credentials cannot be sent: {why}")
        );
        assert_eq!(scene.reports(), [(1, Outcome::Abandoned)], "{why}");
    }
}

#[test]
fn each_answer_is_reported_exactly_once_also_when_the_session_is_given_up() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.session.abandon();
    scene.session.abandon();
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);

    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.session.abandon();
    assert_eq!(scene.reports(), [], "a question without an answer");

    let mut scene = accepted(Target::Proxy);
    scene.session.abandon();
    assert_eq!(scene.reports(), []);
}

#[test]
fn a_proxy_binds_its_tunnel_to_the_identity_and_a_server_does_not_with_basic() {
    let alice = Identity::Known(credentials("alice"));
    let scene = accepted(Target::Proxy);
    assert_eq!(scene.session.identity(), alice);
    assert_eq!(scene.peers.identity(Target::Proxy, &peer(Target::Proxy)), alice);
    let mut scene = accepted(Target::Origin);
    assert!(scene.session.identity().is_anonymous());
    assert_eq!(scene.peers.identity(Target::Origin, &peer(Target::Origin)), alice);
    scene.session.handle_reused(&alice);
    assert_eq!(scene.session.identity(), alice);
    scene.closed().unwrap();
    assert!(scene.session.identity().is_anonymous());
}

#[test]
fn knows_scheme_and_realm_of_the_last_try() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    assert_eq!(
        (scene.session.scheme(), scene.session.realm()),
        (None, None),
        "nothing was tried yet"
    );
    scene.answer(using("alice")).unwrap();
    assert_eq!(
        (scene.session.scheme(), scene.session.realm()),
        (Some(Scheme::Basic), Some("r"))
    );
}

#[test]
fn a_request_bound_value_survives_any_number_of_closed_connections() {
    let mut scene = Scene::new(Target::Proxy);
    scene.challenge(&[BASIC]).unwrap();
    scene.closed().unwrap();
    assert_eq!(scene.ask().attempt, 1, "the question stays open");
    scene.answer(using("alice")).unwrap();
    for _ in 0..10 {
        scene.closed().unwrap();
        assert_eq!(scene.value().as_deref(), Some(ALICE));
    }
    assert_eq!(scene.session.identity(), Identity::Known(credentials("alice")));
}

#[test]
fn inputs_out_of_turn_are_the_callers_fault_and_change_nothing() {
    let mut scene = Scene::new(Target::Proxy);
    let misuse = |misuse| Err(Error::Misuse(misuse));
    assert_eq!(scene.answer(Answer::Pass), misuse(Misuse::AnswerWithoutAsk));
    let token = |scene: &mut Scene| {
        scene
            .session
            .handle_token(Ok(Secret::new("t")), &super::support::REQUEST)
    };
    assert_eq!(token(&mut scene), misuse(Misuse::TokenWithoutRequest));
    scene.challenge(&[BASIC]).unwrap();
    assert_eq!(scene.challenge(&[BASIC]), misuse(Misuse::PendingQuestion));
    assert_eq!(scene.session.handle_success([], []), misuse(Misuse::PendingQuestion));
    assert_eq!(token(&mut scene), misuse(Misuse::TokenWithoutRequest));
    assert_eq!(scene.start(), None);
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.answer(Answer::Pass), misuse(Misuse::AnswerWithoutAsk));
    assert_eq!(scene.start().as_deref(), Some(ALICE));
    scene.session.abandon();
    for ended in [
        scene.session.start(&super::support::REQUEST),
        scene.challenge(&[BASIC]),
        scene.answer(Answer::Pass),
        token(&mut scene),
        scene.session.handle_success([], []),
    ] {
        assert_eq!(ended, misuse(Misuse::Ended));
    }
    assert_eq!(scene.closed(), Ok(()));
    for (misuse, message) in [
        (Misuse::AnswerWithoutAsk, "an answer came while no question was open"),
        (Misuse::Ended, "the authentication session has ended"),
        (
            Misuse::PendingQuestion,
            "a peer's answer came while a question was open",
        ),
        (Misuse::TokenWithoutRequest, "a token came while none was asked for"),
    ] {
        assert_eq!(Error::Misuse(misuse).to_string(), message);
    }
}
