//! Sessions with Digest alone.

use symgate_auth::challenge::Challenge;
use symgate_auth::mechanism::{Order, Rejection};
use symgate_auth::{Answer, Error, LimitError, Next, Outcome, PeerError, Scheme, Target, digest};

use super::support::{Scene, gave_up, using};

const FIRST: &str = r#"Digest realm="r", nonce="n1", qop="auth", stale=false"#;
const SECOND: &str = r#"Digest realm="r", nonce="n2", qop="auth", stale=false"#;
const STALE: &str = r#"Digest realm="r", nonce="n2", qop="auth", stale=TRUE"#;

fn scene(target: Target) -> Scene {
    Scene::with_order(target, Order::new([digest::spec()]))
}

/// Parameters of the value that would be sent.
#[track_caller]
fn sent<const N: usize>(scene: &Scene, names: [&str; N]) -> [Option<String>; N] {
    let value = scene.value().unwrap();
    let value = Challenge::from_bytes(value.as_bytes()).unwrap();
    names.map(|name| Some(String::from_utf8(value.param(name)?.to_vec()).unwrap()))
}

/// Nonce and count of the value that would be sent.
#[track_caller]
fn nonce(scene: &Scene) -> (String, String) {
    let [nonce, count] = sent(scene, ["nonce", "nc"]);
    (nonce.unwrap(), count.unwrap())
}

fn counted(nonce: &str, count: u32) -> (String, String) {
    (nonce.to_owned(), format!("{count:08x}"))
}

fn accepted(target: Target) -> Scene {
    let mut scene = scene(target);
    assert_eq!(scene.start(), None, "nothing is volunteered to a stranger");
    scene.challenge(&[FIRST]).unwrap();
    assert_eq!(scene.ask().scheme, Scheme::Digest);
    scene.answer(using("alice")).unwrap();
    assert_eq!(nonce(&scene), counted("n1", 1));
    scene.success();
    assert_eq!(scene.reports(), [(1, Outcome::Accepted)]);
    scene
}

#[test]
fn a_wrong_password_is_asked_for_again_and_never_sent_twice() {
    let mut scene = scene(Target::Proxy);
    scene.challenge(&[FIRST]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[SECOND]).unwrap();
    assert_eq!(scene.reports(), [(1, Outcome::Rejected)]);
    assert_eq!(scene.ask().attempt, 2);
    scene.answer(using("bob")).unwrap();
    assert_eq!(sent(&scene, ["username"]), [Some("bob".to_owned())]);
    assert_eq!(nonce(&scene), counted("n2", 1));
    scene.challenge(&[FIRST]).unwrap();
    let end = gave_up(scene.answer(using("alice")));
    assert_eq!(
        end.to_string(),
        "offered Digest; Digest: the proxy rejected the user name or password"
    );
}

#[test]
fn a_stale_nonce_is_replaced_without_asking() {
    let mut scene = scene(Target::Origin);
    scene.challenge(&[FIRST]).unwrap();
    scene.answer(using("alice")).unwrap();
    scene.challenge(&[STALE]).unwrap();
    assert!(matches!(scene.session.next(), Next::Ready));
    assert_eq!(nonce(&scene), counted("n2", 1));
    assert_eq!(scene.reports(), [], "not judged yet");
    scene.challenge(&[FIRST]).unwrap();
    assert_eq!(
        scene.reports(),
        [(1, Outcome::Rejected)],
        "a no after the new nonce is a no"
    );
}

#[test]
fn a_nonce_that_is_always_stale_ends_the_session() {
    let mut scene = scene(Target::Proxy);
    scene.challenge(&[FIRST]).unwrap();
    scene.answer(using("alice")).unwrap();
    let end = (0..100).find_map(|_| scene.challenge(&[STALE]).err());
    let target = Target::Proxy;
    assert_eq!(end, Some(Error::Limit(LimitError::Rounds { target, limit: 8 })));
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
}

#[test]
fn the_next_request_costs_no_round_and_counts_the_use_of_the_nonce() {
    for target in [Target::Origin, Target::Proxy] {
        let mut scene = accepted(target);
        scene.start();
        assert_eq!(nonce(&scene), counted("n1", 2), "the next request of the same fetch");
        let first = sent(&scene, ["cnonce", "response"]);
        scene.success();
        scene.next_fetch("/elsewhere");
        scene.start();
        assert_eq!(nonce(&scene), counted("n1", 3), "another fetch, anywhere at this peer");
        for (one, other) in first.iter().zip(&sent(&scene, ["cnonce", "response"])) {
            assert_ne!(one, other);
        }
        scene.challenge(&[STALE]).unwrap();
        assert_eq!(nonce(&scene), counted("n2", 1), "{target}");
        scene.success();
        scene.next_fetch("");
        scene.start();
        assert_eq!(nonce(&scene), counted("n2", 2));
        assert_eq!(scene.reports(), [], "nobody was asked");
    }
}

#[test]
fn the_next_nonce_that_the_peer_names_is_used() {
    let mut scene = accepted(Target::Proxy);
    scene.start();
    let info = &br#"nextnonce="n3", qop=auth"#[..];
    scene.session.handle_success([], [info]).unwrap();
    scene.next_fetch("");
    scene.start();
    assert_eq!(nonce(&scene), counted("n3", 1));
    scene.success();
    scene.start();
    assert_eq!(nonce(&scene), counted("n3", 2));
}

#[test]
fn a_peer_that_does_not_know_the_password_is_not_believed() {
    let mut scene = accepted(Target::Origin);
    scene.start();
    let info = &br#"rspauth="00112233445566778899aabbccddeeff", nextnonce="n3""#[..];
    let end = scene.session.handle_success([], [info]).unwrap_err();
    let (target, scheme, why) = (Target::Origin, Scheme::Digest, Rejection::Unproven);
    assert_eq!(end, Error::Peer(PeerError::LastWord { target, scheme, why }));
    scene.next_fetch("");
    assert_eq!(scene.start(), None, "the acceptance is forgotten");
}

#[test]
fn the_strongest_of_several_challenges_is_answered_also_with_a_new_nonce() {
    let list = |stale: &str| {
        let rest = format!("realm=r, nonce=n, qop=auth{stale}");
        ["MD5", "SHA-256", "SHA-1"].map(|algorithm| format!("Digest {rest}, algorithm={algorithm}"))
    };
    let mut scene = scene(Target::Origin);
    for stale in ["", ", stale=true"] {
        let list = list(stale);
        let fields: Vec<_> = list.iter().map(String::as_str).collect();
        scene.challenge(&fields).unwrap();
        if stale.is_empty() {
            scene.answer(using("alice")).unwrap();
        }
        assert_eq!(sent(&scene, ["algorithm"]), [Some("SHA-256".to_owned())], "{stale}");
    }
}

#[test]
fn nobody_is_asked_for_a_password_that_could_not_be_used() {
    let table = [
        "Digest realm=r, nonce=n, algorithm=SHA-1",
        "Digest realm=r, nonce=n, qop=auth-conf",
        "Digest realm=r",
        "Digest",
    ];
    for challenge in table {
        let end = gave_up(scene(Target::Proxy).challenge(&[challenge]));
        let why = "offered Digest; Digest: the challenge asks for something unsupported";
        assert_eq!(end.to_string(), why, "{challenge}");
    }
}

#[test]
fn a_name_that_cannot_stand_in_a_field_is_abandoned_and_named() {
    let mut scene = scene(Target::Proxy);
    scene.challenge(&[FIRST]).unwrap();
    let end = gave_up(scene.answer(using("a\r\nX: y")));
    let why = "offered Digest; Digest: the credentials cannot be sent: a control character";
    assert_eq!(end.to_string(), why);
    assert_eq!(scene.reports(), [(1, Outcome::Abandoned)]);
    let mut scene = accepted(Target::Proxy);
    scene.next_fetch("");
    scene.start();
    scene.challenge(&[FIRST]).unwrap();
    let ask = scene.ask();
    assert_eq!(ask.attempt, 1, "the acceptance is forgotten: {ask}");
    gave_up(scene.answer(Answer::Pass));
}
