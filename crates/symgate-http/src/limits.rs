//! The bounds on what a peer may make us do: sizes and counts ([`Limits`]) and times ([`Deadlines`]).

use std::time::Duration;

/// Sizes and counts; all finite, each settable.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a message head. Real heads are below 8 KiB; a Kerberos token may be 48 KiB.
    pub head: usize,
    /// Fields in a head or a trailer section.
    pub fields: usize,
    /// Informational (1xx) heads before the final one.
    pub informational: u32,
    /// Bytes of a chunk-size line with its extensions.
    pub chunk_line: usize,
    /// Bytes of a decoded body that is delivered.
    pub body: u64,
    /// Bytes of a body that is read off only to keep the connection; past it the connection is closed instead.
    pub drain: u64,
    /// Bytes of an error answer that are kept for the message.
    pub excerpt: usize,
    /// Redirects followed.
    pub redirects: u32,
    /// Streams opened for one hop of one errand: restarts of a connection-bound exchange and stale kept streams.
    pub opens: u32,
    /// What authentication may cost.
    pub auth: symgate_auth::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            fields: 100,
            informational: 16,
            chunk_line: 4 << 10,
            body: 64 << 30,
            drain: 1 << 20,
            excerpt: 64 << 10,
            redirects: 10,
            opens: 16,
            auth: symgate_auth::Limits::default(),
        }
    }
}

/// How long each kind of waiting may last; `None` means without limit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Name look-up and TCP; the same again for each TLS handshake.
    pub connect: Option<Duration>,
    /// From the end of a request to the first byte of its answer.
    pub first_byte: Option<Duration>,
    /// Between two pieces of progress in either direction.
    pub stall: Option<Duration>,
    /// The whole errand. A person's time to answer counts, but nothing ends while he is asked.
    pub total: Option<Duration>,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Some(Duration::from_secs(10)),
            first_byte: Some(Duration::from_secs(30)),
            stall: Some(Duration::from_secs(30)),
            total: None,
        }
    }
}
