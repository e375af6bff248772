//! The laws of `laws/mod.rs` over generated files and replies.

mod laws;

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use symgate_credentials::Netrc;

/// Pieces that meet the grammars often enough to get past their first check.
fn pieces(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const NETRC: &[&str] = &[
    "machine ",
    "machine h ",
    "login ",
    "login u ",
    "password ",
    "password p ",
    "account ",
    "macdef init\n",
    "default ",
    "MACHINE",
    " ",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    "#",
    "# x\n",
    "\"",
    "\"a b\"",
    "\\",
    "\\\"",
    "\\n",
    "\u{FEFF}",
    "h",
    "u",
];

const REPLY: &[&str] = &[
    "username=",
    "UserName=u\n",
    "password=",
    "password=p\n",
    "credentialkind=",
    "Bearer",
    "Basic\n",
    "header=Bearer ",
    "t\n",
    "error=",
    "capability[]=authtype\n",
    "authtype=",
    "bearer\n",
    "credential=",
    "quit=1\n",
    "ephemeral=1\n",
    "password_expiry_utc=",
    "oauth_refresh_token=",
    "12",
    "=",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\n\n",
    "x",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn netrc_invents_nothing(bytes in pieces(NETRC)) {
        laws::netrc_invents_nothing(&bytes);
    }

    #[test]
    fn helper_replies_invent_nothing(bytes in pieces(REPLY)) {
        laws::helper_replies_invent_nothing(&bytes);
    }
}

#[test]
fn the_largest_file_is_read_in_linear_time() {
    for piece in [
        "\"\"",
        "\"\\",
        "# ",
        "a ",
        "machine ",
        "macdef m\n\n",
        "machine h login u password p\n",
        "\"",
    ] {
        let file = piece.repeat((1 << 20) / piece.len());
        let start = Instant::now();
        let netrc = Netrc::parse(file.as_bytes());
        // A tenth of a second is promised of a build without optimisation; a square would take hours.
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{piece:?}: {:?}",
            start.elapsed()
        );
        assert!(netrc.entries().len() <= file.len());
    }
}
