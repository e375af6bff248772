//! An origin that wants the user's logon for itself: it asks for Negotiate and NTLM, and keeps every byte it is sent.
//!
//! To whoever begins an NTLM exchange it gives a challenge of its own choice, for which the answer could be looked up or
//! worked out later. An in-process fake is right here: what is proved is what a client does *not* send.

use std::time::Duration;

use crate::fault::Fault;
use crate::fault::Reply;
use crate::inspector::Inspector;
use crate::inspector::Onward;
use crate::pki::Leaf;
use crate::relay::Relay;

/// A running hostile origin; it ends on drop.
#[derive(Debug)]
pub struct Hostile {
    // The order is that of their end: the outermost first.
    tls: Inspector,
    wire: Relay,
    _origin: Fault,
}

impl Hostile {
    /// Listens on free loopback ports: in clear text, and in TLS with a certificate that clients may trust.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn start(leaf: &Leaf) -> Self {
        let origin = Fault::start(|request| {
            let fields = match credentials(&request.head) {
                Some(("NTLM", FIRST)) => format!("WWW-Authenticate: NTLM {CHALLENGE}\r\n"),
                Some(("Negotiate", FIRST)) => format!("WWW-Authenticate: Negotiate {CHALLENGE}\r\n"),
                _ => "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n".to_owned(),
            };
            Reply::answer("401 Unauthorized", &fields, "")
        });
        let wire = Relay::start(origin.address(), Duration::ZERO).expect("a loopback port can be had");
        let tls = Inspector::start(leaf, wire.address(), Onward::Clear);
        Self {
            tls,
            wire,
            _origin: origin,
        }
    }

    /// `http://localhost:PORT/` and `path`, which has no leading slash.
    #[must_use]
    pub fn plain_url(&self, path: &str) -> String {
        format!("http://localhost:{}/{path}", self.wire.address().port())
    }

    /// `https://localhost:PORT/` and `path`, which has no leading slash.
    #[must_use]
    pub fn tls_url(&self, path: &str) -> String {
        format!("{}/{path}", self.tls.url())
    }

    /// Everything that was sent to it, TLS taken off, one connection after the other.
    #[must_use]
    pub fn heard(&self) -> Vec<Vec<u8>> {
        let connections = self.wire.connections().into_iter();
        connections.map(|connection| connection.sent).collect()
    }
}

/// The scheme, and the beginning of the token, of a request that has one.
fn credentials(head: &str) -> Option<(&str, &str)> {
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("authorization").then_some(value.trim())
    })?;
    let (scheme, token) = value.split_once(' ')?;
    Some((scheme, token.get(..FIRST.len())?))
}

/// How the first message of NTLM begins, in Base64.
const FIRST: &str = "TlRMTVNTUAAB";

/// A second message with the challenge 11 22 33 44 55 66 77 88, the target `TRAP`, and no time, so that neither a MIC nor
/// an LMv2 answer of zeros is called for.
const CHALLENGE: &str = "TlRMTVNTUAACAAAACAAIADgAAAAFgoriESIzRFVmd4gAAAAAAAAAABwAHABAAAAACgBdWAAAAA9UAFIAQQBQAAIACABUAFIAQQBQAAEACABUAFIAQQBQAAAAAAA=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_a_scheme_and_the_beginning_of_a_token() {
        let table = [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", None),
            ("GET / HTTP/1.1\r\nAuthorization: Basic x\r\n\r\n", None),
            (
                "GET / HTTP/1.1\r\nauthorization: NTLM TlRMTVNTUAABAAAA\r\n\r\n",
                Some(("NTLM", FIRST)),
            ),
        ];
        for (head, expected) in table {
            assert_eq!(credentials(head), expected, "{head}");
        }
    }
}
