//! What can be seen without a domain: the packages with a name and a password, which take no network.

use super::*;
use symgate_auth::{Origin, UriScheme};

fn request(binding: Option<&[u8]>) -> TokenRequest {
    TokenRequest {
        peer: Origin::new(UriScheme::Http, "proxy.corp", 3128),
        input: None,
        channel_binding: binding.map(<[u8]>::to_vec),
    }
}

fn ntlm(binding: Option<&[u8]>) -> Box<dyn TokenContext> {
    let password = Secret::new("S3cret pass");
    let source = Sspi::with_credentials(Package::Ntlm, "alice", "LAB", &password).expect("Windows has NTLM");
    assert!(!format!("{source:?}").contains("S3cret"));
    source.begin(&request(binding)).expect("a name")
}

#[test]
fn ntlm_begins_with_a_type_1_and_answers_a_challenge() {
    for binding in [None, Some(&b"tls-server-end-point:0123456789abcdef"[..])] {
        let mut context = ntlm(binding);
        let first = context.step(None).expect("a type 1");
        // MS-NLMP §2.2.1.1: signature, type, and no less than the fixed part with a version.
        assert_eq!(first.expose()[..12], *b"NTLMSSP\0\x01\0\0\0");
        assert!(first.expose().len() >= 40, "{}", first.expose().len());

        let third = context.step(Some(CHALLENGE)).expect("a type 3");
        assert_eq!(third.expose()[..12], *b"NTLMSSP\0\x03\0\0\0");
        assert!(context.step(Some(CHALLENGE)).is_err(), "nothing comes after a type 3");
    }
}

#[test]
fn garbage_is_the_peers_fault() {
    let lengths = [0, 1, 8, 12, 20, 31].map(|length| &CHALLENGE[..length]);
    let others = [
        &b"\x60\x03\x06\x01\x00"[..],
        &[0xff; 4096],
        b"NTLMSSP\0\x01\0\0\0\0\0\0\0",
    ];
    for garbage in lengths.into_iter().chain(others) {
        let mut context = ntlm(None);
        let _first = context.step(None).expect("a type 1");
        let outcome = context.step(Some(garbage));
        assert!(
            matches!(outcome, Err(TokenError::Peer(_))),
            "{}: {outcome:?}",
            garbage.escape_ascii()
        );
        assert!(context.step(None).is_err(), "what failed is over");
    }
}

#[test]
fn tickets_are_there_or_their_absence_is_told() {
    let outcome = Tickets.begin(&request(None)).and_then(|mut context| context.step(None));
    match outcome {
        Ok(token) => assert_eq!(token.expose().first(), Some(&0x60)),
        Err(error) => {
            let text = error.to_string();
            let known = text.starts_with("no Kerberos ticket for `HTTP/proxy.corp` (");
            assert!(known || text == "no Kerberos on this system", "{text}");
        }
    }
}

#[test]
fn context_moves_between_threads() {
    fn moves<T: Send>() {}
    moves::<Context>();
}

#[test]
fn bindings_are_a_head_and_the_data() {
    let bytes = Bindings::new(b"tls-server-end-point:x").0;
    assert_eq!(bytes[..24], [0; 24]);
    assert_eq!(bytes[24..28], 22_u32.to_ne_bytes());
    assert_eq!(bytes[28..32], 32_u32.to_ne_bytes());
    assert_eq!(bytes[32..], *b"tls-server-end-point:x");
}

/// A type 2 message ([MS-NLMP §2.2.1.2](https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp/)): the
/// target `LAB` at 56, and behind it, at 62, a domain name, a time stamp and the end of the list.
const CHALLENGE: &[u8] = b"NTLMSSP\0\x02\0\0\0\
    \x06\0\x06\0\x38\0\0\0\
    \x05\x82\x89\xa2\
    \x01\x23\x45\x67\x89\xab\xcd\xef\
    \0\0\0\0\0\0\0\0\
    \x1a\0\x1a\0\x3e\0\0\0\
    \x0a\0\x61\x4a\0\0\0\x0f\
    L\0A\0B\0\
    \x02\0\x06\0L\0A\0B\0\
    \x07\0\x08\0\0\x80\x3e\xd5\xde\xb1\x9d\x01\
    \0\0\0\0";
