//! The laws of policy files, over what proptest makes up.

#[path = "laws/file.rs"]
mod laws;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lines of policies, whole and cut, and noise.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => select(&LINES[..]).prop_map(|line| line.as_bytes().to_vec()),
        1 => (select(&LINES[..]), 0_usize..12).prop_map(|(line, end)| line.as_bytes()[..end.min(line.len())].to_vec()),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(line, 0..12).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_policy_or_an_error_with_its_place(bytes in texts()) {
        laws::any_text_is_a_policy_or_an_error_with_its_place(&bytes);
    }

    #[test]
    fn a_file_says_what_the_builders_say(bytes in vec(any::<u8>(), 0..60)) {
        laws::a_file_says_what_the_builders_say(&bytes);
    }
}

const LINES: [&str; 16] = [
    "otherwise = 'allow'",
    "otherwise = \"refuse\"",
    "ticket-hosts = ['*.example', \"[::1]\"]",
    "[[rule]]\nsay = 'ask'",
    "[[rule]]\nsay = 'refuse'",
    "[[rule]]\nsay = \"allow\"",
    "target = 'proxy'",
    "target = 'server'",
    "host = '*.example'",
    "scheme = 'ntlm'",
    "wire = 'clear'",
    "wire = 'encrypted'",
    "danger-basic-in-clear = true",
    "# \u{e4}\u{1f980}\r",
    "host = \"\\u001b[2J\"",
    "unknown = 1",
];
