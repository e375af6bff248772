//! [`Page`]: a server's word about our certificate that is said in HTTP, when the handshake is over (DECISIONS §6).

use std::fmt;

use symgate_http::ResponseHead;

/// What such an answer says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Page {
    /// The server did not take ours.
    Refused,
    /// The server wants one.
    Wanted,
}

impl Page {
    /// Reads the beginning of an answer.
    ///
    /// nginx lets everybody through the handshake and answers 400, which the protocol does not tell from any other
    /// mistake. The words of its page do.
    pub(crate) fn of(head: &ResponseHead, body: &[u8]) -> Option<Self> {
        let says = |words: &str| body.windows(words.len()).any(|window| window == words.as_bytes());
        if head.status != 400 {
            None
        } else if says("No required SSL certificate was sent") {
            Some(Self::Wanted)
        } else if says("The SSL certificate error") {
            Some(Self::Refused)
        } else {
            None
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the server refused our client certificate",
            Self::Wanted => "the server wants a client certificate, and was shown none",
        })
    }
}

impl std::error::Error for Page {}
