//! What can be seen without a KDC; the rest is in `tests/peer_kerberos.rs`.

use super::*;
use symgate_auth::{Origin, UriScheme};

fn request(host: &str) -> TokenRequest {
    TokenRequest {
        peer: Origin::new(UriScheme::Http, host, 3128),
        input: None,
        channel_binding: None,
    }
}

fn service() -> Service {
    Service::of(&request("proxy.corp").peer).expect("a host")
}

#[test]
fn mechanism_has_the_first_word_and_silence_adds_nothing() {
    // Status of routine and mechanism, their texts, what is told.
    let table = [
        (ffi::NO_CREDENTIAL, 5, "No credentials", "No cache", Some("No cache")),
        (ffi::NO_CREDENTIAL, 5, "No credentials", "", None),
        (ffi::NO_CREDENTIAL, 0, "No credentials", "Success", None),
        (
            13 << 16,
            0,
            "Unspecified failure",
            "Success",
            Some("Unspecified failure"),
        ),
        (
            13 << 16,
            5,
            "Unspecified failure",
            "Ticket expired",
            Some("Ticket expired"),
        ),
        (13 << 16, 5, "", "", None),
    ];
    for (major, minor, routine, mechanism, expected) in table {
        let said = told(major, minor, |status, kind| match kind {
            ffi::GSS_CODE if status == major => routine.to_owned(),
            ffi::MECHANISM_CODE if status == minor => mechanism.to_owned(),
            _ => panic!("asked for {status:#x} of kind {kind}"),
        });
        assert_eq!(said.as_deref(), expected, "{major:#x} {minor}");
    }
}

#[test]
fn failure_blames_the_ticket_first_and_the_peer_afterwards() {
    let failure = |major, said: Option<&str>| Failure {
        major,
        said: said.map(str::to_owned),
    };
    let table = [
        (
            failure(13 << 16, Some("Ticket expired")),
            "no Kerberos ticket for `HTTP/proxy.corp` (Ticket expired)",
            "the peer's token is not accepted: Ticket expired",
        ),
        (
            failure(ffi::NO_CREDENTIAL, None),
            "no Kerberos ticket for `HTTP/proxy.corp`",
            "the peer's token is not accepted: the library does not say why",
        ),
        (
            failure(ffi::BAD_MECHANISM, Some("An unsupported mechanism was requested")),
            "the GSSAPI library of this system has no Kerberos",
            "the peer's token is not accepted: An unsupported mechanism was requested",
        ),
    ];
    for (failure, ticket, peer) in table {
        assert_eq!(failure.of_ticket(&service()).to_string(), ticket);
        assert_eq!(failure.of_peer().to_string(), peer);
    }
}

#[test]
fn system_without_the_library_says_so() {
    let tickets = Tickets {
        library: OnceLock::from(None),
    };
    let error = tickets.begin(&request("proxy.corp")).expect_err("no library");
    assert_eq!(
        error,
        TokenError::Unavailable("no GSSAPI library (libgssapi_krb5) on this system".to_owned())
    );
}

#[test]
fn context_moves_between_threads() {
    fn moves<T: Send>() {}
    moves::<Context>();
}

#[test]
fn peer_cannot_speak_first_and_its_word_leaves_the_context_whole() {
    // Without the library there is nothing to look at.
    let Ok(mut context) = Tickets::default().begin(&request("proxy.corp")) else {
        return;
    };
    for input in [&b"\x60"[..], b"NTLMSSP\0", &[0xff; 4096]] {
        assert!(matches!(context.step(Some(input)), Err(TokenError::Peer(_))));
        assert_eq!(format!("{context:?}"), "Context(HTTP/proxy.corp, Begin)");
    }
}
