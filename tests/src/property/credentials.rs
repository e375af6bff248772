//! Laws of `symgate-credentials`: any bytes as a file and as what a program says.

#[path = "../../../crates/symgate-credentials/tests/laws/mod.rs"]
mod law;

/// Any bytes as a `.netrc`.
pub fn netrc(bytes: &[u8]) {
    law::netrc_invents_nothing(bytes);
}

/// Any bytes as the output of a helper of git's and of a credential provider.
pub fn helper_reply(bytes: &[u8]) {
    law::helper_replies_invent_nothing(bytes);
}
