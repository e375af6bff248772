//! The laws of `symgate_tests::property` over generated values.

use proptest::collection::vec;
use proptest::prelude::*;
use symgate_tests::property::{errand, identity, wire};

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
    fn errands_end_and_keep_their_secrets(bytes in vec(any::<u8>(), 0..200)) {
        errand::law(&bytes);
    }

    #[test]
    fn a_stream_that_carries_an_identity_serves_no_other(bytes in vec(any::<u8>(), 0..300)) {
        identity::law(&bytes);
    }

    /// Small bytes choose routes, answers and whole messages rather than noise.
    #[test]
    fn errands_keep_their_secrets_in_long_dialogues(bytes in vec(0_u8..64, 100..600)) {
        errand::law(&bytes);
    }
}

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
