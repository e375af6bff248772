//! Laws of `symgate-auth`: any field values as challenges, any replies to a session.

#[path = "../../../crates/symgate-auth/tests/property/laws.rs"]
#[expect(clippy::unwrap_used, reason = "a law panics when it is broken")]
mod laws;
#[path = "../../../crates/symgate-auth/tests/session/plugged/mechanisms.rs"]
mod mechanisms;

/// Any lines as fields with challenges.
pub fn challenge(bytes: &[u8]) {
    laws::challenge_list(bytes);
}

/// Any bytes as the replies to a session, and as the answers it is given.
pub fn session(bytes: &[u8]) {
    laws::session(bytes);
}

/// Any bytes as an NTLM challenge.
pub fn ntlm_challenge(bytes: &[u8]) {
    laws::ntlm_challenge(bytes);
}

/// Any bytes as a SPNEGO token.
pub fn spnego_token(bytes: &[u8]) {
    laws::spnego_token(bytes);
}

/// Any bytes as a Digest challenge.
pub fn digest_challenge(bytes: &[u8]) {
    laws::digest_challenge(bytes);
}
