//! Tokens from an MIT KDC, judged by MIT's acceptor.
//!
//! The library finds KDC and tickets through the environment, which a test must not change for its neighbours. So each
//! test starts a KDC and then itself once more, as a child with that environment that plays one [`Scene`].
#![cfg(unix)]
#![expect(clippy::print_stdout, reason = "says that it skips")]

mod acceptor;
mod kdc;

use std::time::Instant;

use acceptor::{Acceptor, Verdict};
use kdc::Kdc;
use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest, TokenSource};
use symgate_auth::{Origin, Secret, UriScheme};
use symgate_sso::System;

#[test]
fn ticket_becomes_a_token_of_the_kerberos_mechanism() {
    play(Scene::Token, |_kdc, _child| {});
}

#[test]
fn missing_cache_is_told_with_the_service() {
    play(Scene::NoTicket, |kdc, child| {
        child.env("KRB5CCNAME", format!("FILE:{}", kdc.path("nothing").display()));
    });
}

#[test]
fn unknown_service_is_told_with_the_libraries_words() {
    play(Scene::UnknownService, |_kdc, _child| {});
}

#[test]
fn kdc_that_is_gone_is_told_and_does_not_hang() {
    play(Scene::NoKdc, |kdc, _child| kdc.end());
}

#[test]
fn mutual_token_is_accepted_and_any_other_is_the_peers_fault() {
    play(Scene::Mutual, |_kdc, _child| {});
}

#[test]
fn channel_binding_reaches_the_acceptor() {
    play(Scene::Bound, |_kdc, _child| {});
}

/// What a child shows.
#[derive(Clone, Copy, Debug)]
enum Scene {
    Bound,
    Mutual,
    NoKdc,
    NoTicket,
    Token,
    UnknownService,
}

const SCENES: &[Scene] = &[
    Scene::Bound,
    Scene::Mutual,
    Scene::NoKdc,
    Scene::NoTicket,
    Scene::Token,
    Scene::UnknownService,
];

/// Starts a KDC with a ticket for alice, and this program in the environment that leads there.
fn play(scene: Scene, prepare: impl Fn(&mut Kdc, &mut std::process::Command)) {
    let Some(mut kdc) = Kdc::start() else {
        println!(
            "skipped: krb5kdc, kinit or libgssapi_krb5 is missing (Debian packages krb5-kdc krb5-admin-server krb5-user)"
        );
        return;
    };
    let program = std::env::current_exe().expect("a test knows its program");
    let mut child = kdc.command(&program);
    child.args(["--exact", "child_plays_its_scene", "--nocapture"]);
    child.env(VARIABLE, format!("{scene:?}"));
    prepare(&mut kdc, &mut child);
    let output = child.output().expect("a program can be started again");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{scene:?}: {said}\n{}", kdc.log());
    // Without this, a child that found no such test would pass.
    assert!(said.contains(PLAYED), "{scene:?}: {said}");
}

#[test]
fn child_plays_its_scene() {
    let Ok(name) = std::env::var(VARIABLE) else { return };
    let scene = SCENES.iter().find(|scene| format!("{scene:?}") == name);
    match scene.expect("a scene of the table") {
        Scene::Bound => bound(),
        Scene::Mutual => mutual(),
        Scene::NoKdc => no_kdc(),
        Scene::NoTicket => no_ticket(),
        Scene::Token => token(),
        Scene::UnknownService => unknown_service(),
    }
    println!("{PLAYED}");
}

fn token() {
    // A name is matched without its case, and the port plays no part.
    for host in ["localhost", "LOCALHOST"] {
        let token = begin(host, None).step(None).expect("a ticket");
        let bytes = token.expose();
        // [APPLICATION 0], a length of two bytes, the mechanism, and the token's own id for an AP-REQ.
        assert_eq!(bytes[..2], [0x60, 0x82], "{}", bytes[..32].escape_ascii());
        assert_eq!(usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), bytes.len() - 4);
        assert_eq!(bytes[4..17], *b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00");
    }
}

fn no_ticket() {
    let error = begin("localhost", None).step(None).expect_err("no cache");
    let text = error.to_string();
    assert!(matches!(error, TokenError::Unavailable(_)), "{text}");
    assert!(
        text.starts_with("no Kerberos ticket for `HTTP/localhost` (No Kerberos credentials available"),
        "{text}"
    );
    assert!(!text.contains('\n'), "{text}");
}

fn unknown_service() {
    let mut context = begin("unknown.lab.test", None);
    let text = context.step(None).expect_err("no such service").to_string();
    assert!(
        text.starts_with("no Kerberos ticket for `HTTP/unknown.lab.test` ("),
        "{text}"
    );
    assert!(text.contains("not found in Kerberos database"), "{text}");
    // A context that failed stays so.
    assert_eq!(
        context.step(None).expect_err("over").to_string(),
        "the exchange is over"
    );
    assert!(matches!(context.step(Some(b"x")), Err(TokenError::Peer(_))));
}

fn no_kdc() {
    let began = Instant::now();
    let text = begin("localhost", None).step(None).expect_err("no KDC").to_string();
    assert!(text.contains("(Cannot contact any KDC for realm 'LAB.TEST')"), "{text}");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

fn mutual() {
    let (mut context, answer) = exchange();
    let last = context.step(Some(&answer)).expect("the acceptor's token");
    assert!(last.expose().is_empty());
    assert!(
        matches!(context.step(Some(&answer)), Err(TokenError::Peer(_))),
        "a second answer"
    );
    drop(context);

    // An answer to somebody else proves nothing.
    let (_other, foreign) = exchange();
    refuses(&foreign);

    // Cut short, altered, another mechanism's, empty, senseless.
    for length in [0, 1, 2, 15, 16, 17, answer.len() / 2, answer.len() - 1] {
        refuses(&answer[..length]);
    }
    for garbage in [
        &b"NTLMSSP\0\x02\0\0\0"[..],
        b"\xa1\x07\x30\x05\xa0\x03\x0a\x01\x02",
        &[0; 64],
        &[0xff; 70_000],
    ] {
        refuses(garbage);
    }
    let (_, fresh) = exchange();
    for at in (0..fresh.len()).step_by(7) {
        let (mut context, mut answer) = exchange();
        answer[at] ^= 0x20;
        let outcome = context.step(Some(&answer));
        assert!(matches!(outcome, Err(TokenError::Peer(_))), "byte {at}: {outcome:?}");
    }
}

fn bound() {
    const OURS: &[u8] = b"tls-server-end-point:0123456789abcdef0123456789abcdef";
    const OTHER: &[u8] = b"tls-server-end-point:0123456789abcdef0123456789abcdeF";
    // What the client binds, what the acceptor sees, what it says.
    let table = [
        (Some(OURS), Some(OURS), Some(true)),
        (Some(OURS), Some(OTHER), None),
        (Some(OURS), None, Some(false)),
        (None, None, Some(false)),
    ];
    for (client, server, expected) in table {
        let token = begin("localhost", client).step(None).expect("a ticket");
        let verdict = Acceptor::load().expect("the library").accept(token.expose(), server);
        let bound = verdict.map(|verdict| verdict.bound);
        assert_eq!(bound, expected, "{client:?} {server:?}");
    }
}

fn begin(host: &str, binding: Option<&[u8]>) -> Box<dyn TokenContext> {
    let request = TokenRequest {
        peer: Origin::new(UriScheme::Http, host, 3128),
        input: None,
        channel_binding: binding.map(<[u8]>::to_vec),
    };
    System::new().begin(&request).expect("the library is there")
}

/// A context that has sent its token, and what the acceptor answers.
fn exchange() -> (Box<dyn TokenContext>, Vec<u8>) {
    let mut context = begin("localhost", None);
    let token = context.step(None).expect("a ticket");
    let verdict = accept(&token);
    assert!(verdict.mutual, "the peer is asked to prove itself");
    assert!(!verdict.delegated, "a ticket was delegated");
    (context, verdict.answer)
}

fn accept(token: &Secret) -> Verdict {
    let acceptor = Acceptor::load().expect("the library");
    acceptor
        .accept(token.expose(), None)
        .expect("the acceptor takes the token")
}

fn refuses(answer: &[u8]) {
    let mut context = begin("localhost", None);
    let _token = context.step(None).expect("a ticket");
    let outcome = context.step(Some(answer));
    assert!(
        matches!(outcome, Err(TokenError::Peer(_))),
        "{}: {outcome:?}",
        answer.len()
    );
    let again = context.step(Some(answer)).expect_err("over");
    assert!(again.to_string().contains("it came after the last one"), "{again}");
}

/// Tells a child its scene.
const VARIABLE: &str = "SYMGATE_SSO_SCENE";

/// What a child says at its end.
const PLAYED: &str = "the scene was played";
