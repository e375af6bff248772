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
