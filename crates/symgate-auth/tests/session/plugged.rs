//! Mechanisms from outside the crate: the interface fits what NTLM, Negotiate and Digest need.

mod mechanisms;

use std::sync::Arc;

use symgate_auth::mechanism::{Order, Spec, TokenError};
use symgate_auth::{
    Answer, Error, Identity, LimitError, Limits, Next, Outcome, PeerError, Pinning, Scheme, Secret, Sent, Target,
    Wanted,
};

use self::mechanisms::{Endless, Nonces, ThreeRounds, Ticket};
use super::support::{REQUEST, Scene, credentials, gave_up, peer, using};

fn scene(target: Target, extra: &[&str]) -> Scene {
    let mut specs: Vec<Arc<dyn Spec>> = Vec::new();
    for name in extra {
        specs.push(match *name {
            "Negotiate" => Arc::new(Ticket),
            "NTLM" => Arc::new(ThreeRounds),
            "Digest" => Arc::new(Nonces),
            "Endless" => Arc::new(Endless),
            other => panic!("{other}"),
        });
    }
    let names: Vec<_> = specs.iter().map(|spec| spec.name()).collect();
    assert_eq!(Order::new(specs.clone()).names().collect::<Vec<_>>(), names);
    specs.push(mechanisms::built_in_basic());
    Scene::with_order(target, Order::new(specs))
}

/// Plays the three rounds to the deciding value.
fn three_rounds(scene: &mut Scene, user: &str) {
    scene.challenge(&["NTLM", "Basic realm=r"]).unwrap();
    assert_eq!(scene.ask().scheme, Scheme::Ntlm, "the first of the order");
    scene.answer(using(user)).unwrap();
    assert!(scene.value().unwrap().starts_with("NTLM one."));
    scene.challenge(&["NTLM two.7"]).unwrap();
    assert_eq!(scene.value(), Some(format!("NTLM three.{user}.7")));
}

#[test]
fn three_rounds_on_one_connection_bind_it() {
    let mut scene = scene(Target::Origin, &["NTLM"]);
    three_rounds(&mut scene, "alice");
    scene.success();
    let alice = Identity::Known(credentials("alice"));
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
    assert_eq!(scene.session.identity(), alice);
    assert_eq!(scene.peers.bound_identity(Target::Origin, &peer(Target::Origin)), alice);

    assert_eq!(scene.start(), None, "the connection carries the identity");
    scene.success();
    assert_eq!(scene.session.identity(), alice);
    scene.closed().unwrap();
    assert!(scene.session.identity().is_anonymous());
    assert!(
        scene.start().unwrap().starts_with("NTLM one."),
        "a new one gets the first message at once"
    );
    assert_eq!(scene.session.identity(), alice, "it was spoken on");

    scene.next_fetch("/elsewhere");
    scene.session.handle_reused(&alice);
    assert_eq!(scene.start(), None, "a kept connection carries it too");
}

#[test]
fn a_connection_of_one_user_is_not_used_to_authenticate_another() {
    let mut scene = scene(Target::Origin, &["NTLM"]);
    let alice = Identity::Known(credentials("alice"));
    scene.session.handle_reused(&alice);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("bob")).unwrap();
    assert!(scene.session.needs_new_connection(), "the peer takes it for alice's");
    scene.closed().unwrap();
    assert!(!scene.session.needs_new_connection());

    // Her own connection serves her again.
    let mut scene = self::scene(Target::Origin, &["NTLM"]);
    scene.session.handle_reused(&alice);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert!(!scene.session.needs_new_connection());
}

#[test]
fn a_stranger_volunteers_nothing() {
    let mut scene = scene(Target::Origin, &["NTLM"]);
    three_rounds(&mut scene, "alice");
    scene.success();
    scene.next_fetch("/elsewhere");
    assert!(scene.start().is_some(), "what was accepted is volunteered");
    scene.next_fetch("/elsewhere");
    scene.as_stranger();
    assert_eq!(scene.start(), None);
    scene.challenge(&["NTLM"]).unwrap();
    assert_eq!(scene.ask().attempt, 1, "whoever answers decides anew");
}

#[test]
fn a_new_connection_gets_a_new_ticket() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    scene.session.handle_token(Ok(Secret::new("first")), &REQUEST).unwrap();
    assert_eq!(scene.value().as_deref(), Some("Negotiate first"));
    scene.closed().unwrap();
    assert!(
        matches!(scene.session.next(), Next::Token(_)),
        "a ticket is dated, and bound to its channel"
    );
    scene.session.handle_token(Ok(Secret::new("second")), &REQUEST).unwrap();
    assert_eq!(scene.value().as_deref(), Some("Negotiate second"));
}

#[test]
fn what_never_left_was_not_judged() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    // The peer closes with each challenge, so the last message is made and not sent.
    for _ in 0..=Limits::default().repeats {
        scene.challenge(&["NTLM two.7"]).unwrap();
        assert!(scene.value().unwrap().starts_with("NTLM three."));
        scene.session.handle_closed(&REQUEST, Sent::No).unwrap();
        assert!(scene.value().unwrap().starts_with("NTLM one."));
    }
    scene.challenge(&["NTLM two.7"]).unwrap();
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
}

/// squid's negotiate_wrapper hands SPNEGO with NTLM to its Kerberos helper, answers the half of an exchange with a
/// `token` that is none, and names no other scheme then.
#[test]
fn a_scheme_given_up_half_way_leaves_its_connection_and_not_the_other_offers() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    scene.challenge(&["NTLM", "Basic realm=r"]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert!(!scene.session.needs_new_connection());
    scene.challenge(&["NTLM token=oYGZ"]).unwrap();
    assert_eq!(scene.ask().scheme, Scheme::Basic, "it was offered before");
    assert_eq!(scene.ask().realm.as_deref(), Some("r"));
    assert!(scene.session.needs_new_connection());
    scene.closed().unwrap();
    assert!(!scene.session.needs_new_connection());
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
    scene.answer(using("alice")).unwrap();
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
}

#[test]
fn a_proxy_that_may_share_connections_gets_no_scheme_that_binds_them() {
    let mut scene = scene(Target::Origin, &["Negotiate", "NTLM"]);
    scene.session.handle_pinning(Pinning::Shared);
    scene.challenge(&["Negotiate", "NTLM", "Basic realm=r"]).unwrap();
    assert_eq!(scene.ask().scheme, Scheme::Basic);
    let end = gave_up(scene.answer(Answer::Pass)).to_string();
    let why = "NTLM: not sent, as the proxy does not say that it keeps connections to the server apart";
    assert!(end.contains(why), "{end}");

    // The proxy of the first message may be another one than that of the last.
    let mut scene = self::scene(Target::Origin, &["NTLM"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.session.handle_pinning(Pinning::Shared);
    let end = gave_up(scene.challenge(&["NTLM two.7"])).to_string();
    assert!(end.contains("not sent"), "{end}");
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn a_closed_connection_starts_the_exchange_again_with_the_same_credentials() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    three_rounds(&mut scene, "alice");
    scene.closed().unwrap();
    let first = scene.value().unwrap();
    assert!(first.starts_with("NTLM one."), "{first}");
    scene.closed().unwrap();
    assert_eq!(scene.value(), Some(first), "the first message depends on no connection");
    scene.challenge(&["NTLM two.8"]).unwrap();
    assert_eq!(scene.value().as_deref(), Some("NTLM three.alice.8"));
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)], "one answer, one report");
}

#[test]
fn nonces_differ_from_one_start_to_the_next() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    let first = scene.value();
    scene.challenge(&["NTLM two.1"]).unwrap();
    scene.closed().unwrap();
    assert_ne!(scene.value(), first);
}

#[test]
fn restarts_are_bounded() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    for _ in 0..4 {
        scene.closed().unwrap();
    }
    let end = scene.closed().unwrap_err();
    let target = Target::Proxy;
    assert_eq!(end, Error::Limit(LimitError::Restarts { target, limit: 4 }));
    assert_eq!(
        end.to_string(),
        "the proxy closed the connection more than 4 times during authentication"
    );
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn repeats_of_the_deciding_value_are_bounded() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    three_rounds(&mut scene, "alice");
    scene.closed().unwrap();
    scene.challenge(&["NTLM two.8"]).unwrap();
    let target = Target::Proxy;
    assert_eq!(
        scene.closed(),
        Err(Error::Limit(LimitError::Restarts { target, limit: 1 }))
    );
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn rounds_are_bounded_for_each_answer() {
    let mut scene = scene(Target::Proxy, &["Endless"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    for _ in 0..8 {
        scene.challenge(&["NTLM more"]).unwrap();
    }
    let end = scene.challenge(&["NTLM more"]).unwrap_err();
    let target = Target::Proxy;
    assert_eq!(end, Error::Limit(LimitError::Rounds { target, limit: 8 }));
    assert_eq!(end.to_string(), "the proxy asked more than 8 times for one answer");
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn basic_never_follows_a_rejected_ntlm() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    three_rounds(&mut scene, "alice");
    scene.challenge(&["NTLM", "Basic realm=r"]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(
        (scene.ask().scheme, scene.ask().attempt),
        (Scheme::Ntlm, 2),
        "the same scheme, another password"
    );
    let end = gave_up(scene.answer(Answer::Pass));
    assert_eq!(
        end.to_string(),
        "offered NTLM, Basic; NTLM: the proxy rejected the response (wrong password or domain); \
         Basic: not tried after a password was rejected in NTLM"
    );

    // Nor in a later session of the process, when only Basic is left.
    scene.next_fetch("");
    scene.challenge(&["Basic realm=r"]).unwrap();
    let end = gave_up(scene.answer(using("alice")));
    assert_eq!(end.tried[0].scheme, Scheme::Basic);
    assert_eq!(scene.value(), None);
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
}

#[test]
fn nonsense_or_silence_after_the_deciding_value_is_a_rejection() {
    for fields in [
        &["NTLM a=b", "Basic"][..],
        &["NTLM nonsense", "Basic"],
        &["Basic"],
        &["NTLM (", "Basic"],
    ] {
        let mut scene = scene(Target::Proxy, &["NTLM"]);
        three_rounds(&mut scene, "alice");
        match scene.challenge(fields) {
            Ok(()) => assert_eq!(scene.ask().scheme, Scheme::Ntlm, "{fields:?}"),
            Err(end) => assert!(end.to_string().contains("not tried after"), "{fields:?}: {end}"),
        }
        assert_eq!(scene.reports(), [(1, Outcome::Rejected)], "{fields:?}");
        assert_eq!(scene.value(), None, "{fields:?}");
    }
}

#[test]
fn what_was_not_judged_gives_way_and_ends_no_password() {
    let table: &[(&[&str], &str)] = &[
        (&["NTLM", "Basic"], "the proxy broke the exchange off"),
        (
            &["NTLM nonsense", "Basic"],
            "malformed message: a token that is not one",
        ),
        (&["NTLM a=b", "Basic"], "malformed message: a token that is not one"),
        (
            &["NTLM \"", "Basic"],
            "malformed challenge: expected a parameter or a token at byte 5 of field 1",
        ),
    ];
    for (fields, why) in table {
        let mut scene = scene(Target::Proxy, &["NTLM"]);
        scene.challenge(&["NTLM", "Basic"]).unwrap();
        scene.answer(using("alice")).unwrap();
        scene.challenge(fields).unwrap();
        assert_eq!(scene.reports(), [(1, Outcome::Abandoned)], "{fields:?}");
        assert_eq!(
            (scene.ask().scheme, scene.ask().attempt),
            (Scheme::Basic, 1),
            "{fields:?}"
        );
        scene.answer(using("alice")).unwrap();
        assert!(scene.value().unwrap().starts_with("Basic "), "{fields:?}");
        scene.challenge(&["NTLM", "Basic"]).unwrap();
        let end = gave_up(scene.answer(Answer::Pass)).to_string();
        assert!(end.contains(&format!("; NTLM: {why}; Basic: ")), "{end}");
    }
}

#[test]
fn let_through_before_the_verdict_is_no_acceptance() {
    let mut scene = scene(Target::Proxy, &["NTLM"]);
    scene.challenge(&["NTLM"]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
    assert!(scene.peers.identity(Target::Proxy, &peer(Target::Proxy)).is_anonymous());
}

#[test]
fn a_ticket_comes_from_the_system_and_the_last_word_is_checked() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    assert_eq!(scene.ask().wanted, Wanted::Ticket);
    scene.answer(Answer::Ambient).unwrap();
    let Next::Token(request) = scene.session.next() else {
        panic!("a token");
    };
    assert_eq!((&request.peer, &request.input), (&peer(Target::Proxy), &None));
    scene
        .session
        .handle_token(Ok(Secret::new("dGlja2V0")), &REQUEST)
        .unwrap();
    assert_eq!(scene.value().as_deref(), Some("Negotiate dGlja2V0"));
    scene.session.handle_success([&b"Negotiate mutual"[..]], []).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
    assert_eq!(scene.session.identity(), Identity::Ambient);

    for words in [&[][..], &["Negotiate forged"], &["Negotiate a=b"]] {
        scene.next_fetch("");
        assert_eq!(scene.start(), None);
        assert!(
            matches!(scene.session.next(), Next::Token(_)),
            "volunteering needs a token too"
        );
        scene
            .session
            .handle_token(Ok(Secret::new("dGlja2V0")), &REQUEST)
            .unwrap();
        let end = scene
            .session
            .handle_success(words.iter().map(|word| word.as_bytes()), [])
            .unwrap_err();
        assert!(
            matches!(end, Error::Peer(PeerError::LastWord { .. })),
            "{words:?}: {end:?}"
        );
        assert_eq!(
            end.to_string(),
            "the proxy answered Negotiate with a wrong last word: the peer did not prove who it is"
        );
        assert!(scene.peers.identity(Target::Proxy, &peer(Target::Proxy)).is_anonymous());
        // Learn it again for the next row.
        scene.next_fetch("");
        scene.challenge(&["Negotiate"]).unwrap();
        scene.answer(Answer::Ambient).unwrap();
        scene
            .session
            .handle_token(Ok(Secret::new("dGlja2V0")), &REQUEST)
            .unwrap();
        scene.session.handle_success([], [&b"mutual"[..]]).unwrap();
    }
}

#[test]
fn a_scheme_that_cannot_start_gives_way_to_the_next() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    let no_ticket = TokenError::Unavailable("no Kerberos ticket for `HTTP/proxy.example`".to_owned());
    scene.session.handle_token(Err(no_ticket), &REQUEST).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
    assert_eq!((scene.ask().scheme, scene.ask().attempt), (Scheme::Basic, 1));
    let end = gave_up(scene.answer(Answer::Pass));
    assert_eq!(
        end.to_string(),
        "offered Negotiate, Basic; Negotiate: no Kerberos ticket for `HTTP/proxy.example`; Basic: no credentials"
    );
}

#[test]
fn squids_wrapper_is_malformed_and_gives_way() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    scene
        .session
        .handle_token(Ok(Secret::new("dGlja2V0")), &REQUEST)
        .unwrap();
    scene.challenge(&["Negotiate token=oYGZ/+A==", "Basic"]).unwrap();
    assert_eq!(
        (scene.ask().scheme, scene.ask().wanted),
        (Scheme::Basic, Wanted::Password)
    );
    let end = gave_up(scene.answer(Answer::Pass)).to_string();
    assert!(
        end.contains("Negotiate: malformed message: parameters in place of a token"),
        "{end}"
    );
}

#[test]
fn only_the_system_can_judge_a_mutual_token() {
    let verdicts = [
        (Ok(Secret::new("")), true),
        (Err(TokenError::Peer("wrong key".to_owned())), false),
        (Err(TokenError::TimedOut), false),
    ];
    for (verdict, good) in verdicts {
        let mut scene = scene(Target::Proxy, &["Negotiate"]);
        scene.challenge(&["Negotiate"]).unwrap();
        scene.answer(Answer::Ambient).unwrap();
        let ticket = Ok(Secret::new("dGlja2V0"));
        scene.session.handle_token(ticket, &REQUEST).unwrap();
        scene.session.handle_success([&b"Negotiate judge"[..]], []).unwrap();
        assert_eq!(scene.reports(), [], "not before it is judged");
        let Next::Token(request) = scene.session.next() else {
            panic!("the system's word");
        };
        assert_eq!(request.input.as_deref(), Some(&b"judge"[..]));
        assert!(scene.session.authorization().is_none());
        scene.session.start(&REQUEST).unwrap();
        assert!(scene.session.handle_success([], []).is_err(), "nothing passes it by");
        let judged = scene.session.handle_token(verdict, &REQUEST);
        if good {
            judged.unwrap();
            assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
        } else {
            assert!(
                matches!(judged, Err(Error::Peer(PeerError::LastWord { .. }))),
                "{judged:?}"
            );
            assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
            assert!(scene.peers.identity(Target::Proxy, &peer(Target::Proxy)).is_anonymous());
        }
    }
}

#[test]
fn a_password_scheme_may_follow_a_rejected_ticket() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    scene
        .session
        .handle_token(Ok(Secret::new("dGlja2V0")), &REQUEST)
        .unwrap();
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(
        (scene.ask().scheme, scene.ask().attempt),
        (Scheme::Basic, 1),
        "no password was wrong yet"
    );
    let end = gave_up(scene.answer(Answer::Pass)).to_string();
    assert!(end.contains("Negotiate: the proxy rejected the ticket; "), "{end}");
}

#[test]
fn a_ticket_that_went_stale_is_not_sent_again() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    scene.session.handle_token(Ok(Secret::new("t")), &REQUEST).unwrap();
    scene.session.handle_success([&b"Negotiate mutual"[..]], []).unwrap();
    scene.next_fetch("");
    scene.session.start(&REQUEST).unwrap();
    scene.session.handle_token(Ok(Secret::new("t")), &REQUEST).unwrap();
    scene.challenge(&["Negotiate", "Basic"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(scene.ask().scheme, Scheme::Basic);
}

#[test]
fn a_volunteered_exchange_that_cannot_start_leaves_a_plain_request() {
    let mut scene = scene(Target::Proxy, &["Negotiate"]);
    scene.challenge(&["Negotiate"]).unwrap();
    scene.answer(Answer::Ambient).unwrap();
    scene.session.handle_token(Ok(Secret::new("t")), &REQUEST).unwrap();
    scene.session.handle_success([&b"Negotiate mutual"[..]], []).unwrap();
    scene.next_fetch("");
    scene.session.start(&REQUEST).unwrap();
    let gone = TokenError::Unavailable("the ticket expired".to_owned());
    scene.session.handle_token(Err(gone), &REQUEST).unwrap();
    assert!(matches!(scene.session.next(), Next::Ready));
    assert_eq!(scene.value(), None);
}

#[test]
fn the_best_of_several_challenges_of_a_scheme_is_taken() {
    let mut scene = scene(Target::Origin, &["Digest"]);
    scene
        .challenge(&["Digest realm=weak, algorithm=MD5, nonce=m, Digest realm=strong, algorithm=SHA-256, nonce=s"])
        .unwrap();
    assert_eq!(scene.ask().realm.as_deref(), Some("strong"));
    let end = gave_up(Scene::challenge(
        &mut self::scene(Target::Origin, &["Digest"]),
        &["Digest algorithm=X"],
    ));
    assert_eq!(
        end.to_string(),
        "offered Digest; Digest: the challenge asks for something unsupported"
    );
}

#[test]
fn a_stale_nonce_costs_a_round_and_no_question() {
    let mut scene = scene(Target::Origin, &["Digest"]);
    scene.challenge(&["Digest realm=r, algorithm=MD5, nonce=a"]).unwrap();
    scene.answer(using("alice")).unwrap();
    assert_eq!(scene.value().as_deref(), Some("Digest alice nonce=a nc=1"));
    scene
        .challenge(&["Digest realm=r, algorithm=MD5, nonce=b, stale=true"])
        .unwrap();
    assert_eq!(scene.value().as_deref(), Some("Digest alice nonce=b nc=1"));
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);

    // What the mechanism remembers is volunteered from, and the count of the nonce goes on.
    scene.next_fetch("/elsewhere");
    assert_eq!(scene.start().as_deref(), Some("Digest alice nonce=b nc=2"));
}

#[test]
fn nonces_that_are_always_stale_end_with_the_rounds() {
    let mut scene = scene(Target::Origin, &["Digest"]);
    scene.challenge(&["Digest algorithm=MD5, nonce=a"]).unwrap();
    scene.answer(using("alice")).unwrap();
    let stale = ["Digest algorithm=MD5, nonce=b, stale=true"];
    let end = std::iter::repeat_with(|| scene.challenge(&stale))
        .take(20)
        .find_map(Result::err);
    assert!(matches!(end, Some(Error::Limit(LimitError::Rounds { .. }))), "{end:?}");
}
