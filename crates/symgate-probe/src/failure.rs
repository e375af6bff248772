//! [`Failure`]: why an errand gave no answer, as owned data that a verdict can be told from.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use symgate::http::{FailureKind, LimitError, PeerError, RedirectError, SocksError};
use symgate::net::{DialError, Late, TlsError};

use crate::page::{harmless, reduce};
use crate::recorder::short;
use crate::step::Hop;

/// Why there is no answer. Text of peers in it is harmless.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Somebody asked who we are, and that was the end.
    Auth {
        /// Who.
        hop: Hop,
        /// How it ended.
        error: symgate::auth::Error,
    },
    /// The connection broke.
    Broken {
        /// With whom.
        hop: Hop,
        /// At what: `reading` or `writing`.
        at: &'static str,
        /// Why.
        why: String,
    },
    /// The peer wants a client certificate, or another one.
    ClientCertificate {
        /// Who.
        hop: Hop,
        /// What it says.
        why: String,
    },
    /// No address took the connection.
    Connect {
        /// Of whom.
        hop: Hop,
        /// The addresses and their reasons.
        attempts: Vec<(String, String)>,
    },
    /// The person at the keyboard has had enough.
    Interrupted,
    /// A bound was reached.
    Limit {
        /// By whom.
        hop: Hop,
        /// Which.
        limit: LimitError,
    },
    /// A connection was made, and then something did not happen in time.
    Late {
        /// With whom.
        hop: Hop,
        /// What did not happen.
        late: Late,
    },
    /// There is no way.
    NoRoute {
        /// Why.
        why: String,
    },
    /// Something else.
    Other {
        /// What.
        why: String,
    },
    /// The peer broke a rule of HTTP.
    Peer {
        /// Who.
        hop: Hop,
        /// Which rule.
        error: PeerError,
    },
    /// A redirect that is not followed.
    Redirect {
        /// Whose.
        hop: Hop,
        /// Why not.
        error: RedirectError,
    },
    /// A name has no address.
    Resolve {
        /// Whose name.
        hop: Hop,
        /// What the system says.
        why: String,
    },
    /// A SOCKS proxy did not connect us.
    Socks {
        /// Which.
        hop: Hop,
        /// To whom.
        authority: String,
        /// Why not.
        error: SocksError,
    },
    /// The body could not be written where it was wanted.
    Sink {
        /// Why.
        why: String,
    },
    /// Nothing answered the attempts to connect.
    Silent {
        /// Who.
        hop: Hop,
        /// The addresses and what became of them.
        attempts: Vec<(String, String)>,
    },
    /// TLS failed.
    Tls {
        /// With whom.
        hop: Hop,
        /// Why; `None` where the connection broke in the handshake.
        error: Option<TlsError>,
        /// The same in words.
        why: String,
    },
    /// A proxy refused a tunnel.
    Tunnel {
        /// Which.
        hop: Hop,
        /// To whom.
        authority: String,
        /// With which status.
        status: u16,
        /// The words behind the status.
        reason: String,
        /// Its own word for the reason, such as squid's `ERR_DNS_FAIL`.
        word: Option<String>,
        /// What its page says.
        page: Option<String>,
    },
}

impl Failure {
    pub(crate) fn of(error: &symgate::net::Error) -> Self {
        match error {
            symgate::net::Error::Cancelled => Self::Interrupted,
            symgate::net::Error::Sink(error) => Self::Sink { why: chain(error) },
            symgate::net::Error::Http(error) => Self::of_http(error),
            error => Self::Other { why: chain(error) },
        }
    }

    fn of_http(error: &symgate::http::Error) -> Self {
        use symgate::http::Error as Http;
        let own = Hop::from;
        match error {
            Http::Auth { hop, source } => Self::Auth {
                hop: own(hop),
                error: source.clone(),
            },
            Http::Failed { hop, failure } => Self::of_world(own(hop), failure),
            Http::Limit { hop, source } => Self::Limit {
                hop: own(hop),
                limit: *source,
            },
            Http::NoRoute { reason, .. } => Self::NoRoute {
                why: harmless(&reason.reason),
            },
            Http::Peer { hop, source } => Self::Peer {
                hop: own(hop),
                error: source.clone(),
            },
            Http::Redirect { hop, source } => Self::Redirect {
                hop: own(hop),
                error: source.clone(),
            },
            Http::Socks { hop, authority, source } => Self::Socks {
                hop: own(hop),
                authority: authority.clone(),
                error: source.clone(),
            },
            Http::Tunnel { hop, authority, answer } => Self::Tunnel {
                hop: own(hop),
                authority: authority.clone(),
                status: answer.status,
                reason: short(&harmless(&answer.reason)),
                word: answer.fields.proxy_error(),
                page: reduce(&answer.excerpt, answer.fields.text("content-type")),
            },
            error => Self::Other { why: chain(error) },
        }
    }

    fn of_world(hop: Hop, failure: &symgate::http::Failure) -> Self {
        let why = chain(&*failure.source);
        let dial = failure.source.downcast_ref::<DialError>();
        let attempts = || match dial {
            Some(DialError::Connect(attempts) | DialError::Timeout(attempts)) => attempts
                .iter()
                .map(|attempt| (attempt.address.to_string(), without_address(attempt)))
                .collect(),
            _ => Vec::new(),
        };
        match failure.kind {
            FailureKind::Resolve => Self::Resolve { hop, why },
            FailureKind::Connect => Self::Connect {
                attempts: attempts(),
                hop,
            },
            FailureKind::Timeout => match (dial, failure.source.downcast_ref::<Late>()) {
                (Some(DialError::ResolveTimeout), _) => Self::Resolve { hop, why },
                (_, Some(late)) => Self::Late { hop, late: *late },
                _ => Self::Silent {
                    attempts: attempts(),
                    hop,
                },
            },
            FailureKind::ClientCertificate => Self::ClientCertificate { hop, why },
            FailureKind::TlsCertificate | FailureKind::TlsHandshake => Self::Tls {
                hop,
                error: failure.source.downcast_ref::<TlsError>().cloned(),
                why,
            },
            FailureKind::Write => Self::Broken {
                hop,
                at: "writing",
                why,
            },
            _ => Self::Broken {
                hop,
                at: "reading",
                why,
            },
        }
    }
}

/// One line: with whom, and what.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { hop, error } => write!(f, "{hop}: {error}"),
            Self::Broken { hop, at, why } => write!(f, "{hop}: broke off while {at}: {why}"),
            Self::ClientCertificate { hop, why } | Self::Resolve { hop, why } | Self::Tls { hop, why, .. } => {
                write!(f, "{hop}: {why}")
            }
            Self::Connect { hop, .. } => write!(f, "{hop}: no connection"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Limit { hop, limit } => write!(f, "{hop}: {limit}"),
            Self::Late { hop, late } => write!(f, "{hop}: {late}"),
            Self::NoRoute { why } | Self::Other { why } | Self::Sink { why } => f.write_str(why),
            Self::Peer { hop, error } => write!(f, "{hop}: {error}"),
            Self::Redirect { hop, error } => write!(f, "{hop}: {error}"),
            Self::Silent { hop, .. } => write!(f, "{hop}: no connection in time"),
            Self::Socks { hop, authority, error } => write!(f, "{hop}: no way to `{authority}`: {error}"),
            Self::Tunnel {
                hop,
                authority,
                status,
                reason,
                word,
                ..
            } => {
                write!(f, "{hop}: no tunnel to `{authority}`: {status} {reason}")?;
                word.iter().try_for_each(|word| write!(f, " ({word})"))
            }
        }
    }
}

/// What became of an attempt, without its address.
fn without_address(attempt: &symgate::net::Attempt) -> String {
    let text = attempt.to_string();
    text.split_once("`: ")
        .map_or_else(|| text.clone(), |(_, end)| end.to_owned())
}

/// An error with its causes on one line, harmless.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = match error.downcast_ref::<io::Error>() {
        // The kind's words are the same on every system.
        Some(error) if error.kind() == io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        _ => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(source) = cause {
        let said = source.to_string();
        // Some foreign errors repeat their source.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = source.source();
    }
    harmless(&text)
}
