//! The laws of `symgate_tests::property` over generated values.

use proptest::collection::vec;
use proptest::prelude::*;
use symgate_tests::property::{errand, identity, socks, store, wire};

/// Peer bytes that look like HTTP often enough to get somewhere: lines of a message, cut, repeated, and noise.
fn peer_bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => prop::sample::select(LINES.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ];
    (any::<u8>(), vec(line, 0..12)).prop_map(|(choice, lines)| {
        let mut bytes = vec![choice];
        bytes.extend(lines.concat());
        bytes
    })
}

/// Choices, a target or reason, and lines of fields; most can be sent.
fn head_bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        4 => "[!-~]{1,12}".prop_map(String::into_bytes),
        1 => "[ -~\t\u{e9}]{0,12}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
    ];
    let line = prop_oneof![
        4 => ("[A-Za-z-]{1,8}", "[ -~\t]{0,12}").prop_map(|(name, value)| format!("{name}:{value}").into_bytes()),
        1 => prop::sample::select(LINES.to_vec()).prop_map(|line| line.trim_end().as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
    ];
    (any::<[u8; 2]>(), text, vec(line, 0..6)).prop_map(|(choices, text, lines)| {
        let mut bytes = [&choices[..], &text].concat();
        for line in lines {
            bytes.push(b'\n');
            bytes.extend(line);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_is_the_same_for_every_split(bytes in peer_bytes()) {
        wire::split(&bytes);
    }

    #[test]
    fn no_peer_makes_a_connection_blame_its_caller(bytes in peer_bytes()) {
        wire::never_misuse(&bytes);
    }

    #[test]
    fn bodies_survive_all_three_framings(bytes in vec(any::<u8>(), 0..2000)) {
        wire::round_trip(&bytes);
    }

    #[test]
    fn heads_are_read_as_they_were_sent(bytes in head_bytes()) {
        wire::heads(&bytes);
    }

    #[test]
    fn handshakes_with_socks_come_to_the_same_wherever_they_are_split(bytes in socks_bytes()) {
        socks::socks_reply(&bytes);
    }

    #[test]
    fn a_disk_that_fails_at_any_change_leaves_whole_files(bytes in vec(any::<u8>(), 0..16)) {
        store::store_failures(&bytes);
    }

    #[test]
    fn errands_end_and_keep_their_secrets(bytes in vec(any::<u8>(), 0..200)) {
        errand::law(&bytes);
    }

    #[test]
    fn a_stream_that_carries_an_identity_serves_no_other(bytes in vec(any::<u8>(), 0..300)) {
        identity::law(&bytes);
    }

    #[test]
    fn errands_behind_a_policy_send_nothing_against_its_rules(bytes in vec(any::<u8>(), 0..200)) {
        errand::under_policy(&bytes);
    }

    #[test]
    fn long_errands_behind_a_policy_send_nothing_against_its_rules(bytes in vec(0_u8..64, 100..600)) {
        errand::under_policy(&bytes);
    }

    /// Small bytes choose routes, answers and whole messages rather than noise.
    #[test]
    fn errands_keep_their_secrets_in_long_dialogues(bytes in vec(0_u8..64, 100..600)) {
        errand::law(&bytes);
    }
}

/// What a SOCKS5 proxy may say on two streams, whole, cut and repeated, and noise.
fn socks_bytes() -> impl Strategy<Value = Vec<u8>> {
    let message = prop_oneof![
        6 => prop::sample::select(MESSAGES.to_vec()).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..20),
    ];
    let messages = || vec(message.clone(), 0..4).prop_map(|messages| messages.concat());
    (any::<u8>(), messages(), messages()).prop_map(|(choice, first, second)| {
        let length = u8::try_from(first.len()).unwrap_or(u8::MAX);
        [vec![choice, length], first, second].concat()
    })
}

const MESSAGES: [&[u8]; 9] = [
    b"\x05\x00",
    b"\x05\x02",
    b"\x05\xff",
    b"\x01\x00",
    b"\x01\x01",
    b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x05\x00\x00\x03\x02ab\x00\x00",
    b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x05\x00\x00",
];

const LINES: [&str; 22] = [
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 407 Proxy Authentication Required\r\n",
    "GET / HTTP/1.1\r\n",
    "CONNECT h:1 HTTP/1.1\r\n",
    "Host: h\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Folded: a\r\n b\r\n",
    "\r\n",
    "\n",
    "\r",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\nTrailer: x\r\n\r\n",
    "ffffffffffffffffff\r\n",
    "hello",
];
