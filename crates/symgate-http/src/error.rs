//! What can go wrong, grouped by whose fault it is: the caller's ([`Misuse`]), the peer's ([`PeerError`]), a bound of
//! ours ([`LimitError`]), the world's ([`Failure`]), or a "no" that somebody said.

use std::error::Error as StdError;
use std::fmt;

use crate::field::Fields;
use crate::route::{Hop, NoRoute};

/// The end of an errand without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Authentication was refused, cancelled, rejected, or cannot start; nothing more was sent.
    #[error("{hop}: authentication failed")]
    Auth {
        /// Who asked.
        hop: Hop,
        /// Why it ended.
        #[source]
        source: symgate_auth::Error,
    },
    /// The network failed on the way to this hop.
    #[error("{hop}: {}", .failure.kind)]
    Failed {
        /// With whom.
        hop: Hop,
        /// What failed.
        #[source]
        failure: Failure,
    },
    /// A bound of ours was reached.
    #[error("{hop} went beyond a limit")]
    Limit {
        /// By whose bytes.
        hop: Hop,
        /// Which.
        source: LimitError,
    },
    /// The machine was fed out of turn.
    #[error("misuse of the fetch machine: {0}")]
    Misuse(Misuse),
    /// No route leads to the URL.
    #[error("no way to `{url}`: {}", .reason.reason)]
    NoRoute {
        /// Scheme, host and port of the URL.
        url: String,
        /// Why.
        reason: NoRoute,
    },
    /// The peer broke a rule of HTTP.
    #[error("{hop} broke a rule of HTTP")]
    Peer {
        /// Who.
        hop: Hop,
        /// Which rule.
        source: PeerError,
    },
    /// A redirect that is not followed.
    #[error("{hop} sent a redirect that is not followed")]
    Redirect {
        /// Who sent it.
        hop: Hop,
        /// Why not.
        source: RedirectError,
    },
    /// A SOCKS5 proxy did not connect us; whatever the reason, it is the proxy's word.
    #[error("{hop} opened no way to `{authority}`")]
    Socks {
        /// The proxy.
        hop: Hop,
        /// Host and port that were asked for.
        authority: String,
        /// Why.
        source: SocksError,
    },
    /// The proxy answered CONNECT with something else than a tunnel or a challenge; it is the proxy's word, whatever
    /// the status.
    #[error("{hop} refused the tunnel to `{authority}` with status {}", .answer.status)]
    Tunnel {
        /// The proxy.
        hop: Hop,
        /// Host and port that were asked for.
        authority: String,
        /// What it said.
        answer: Box<Refused>,
    },
    /// The request cannot be expressed.
    #[error("cannot fetch `{url}`: {reason}")]
    Unsupported {
        /// Scheme and host of the URL.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Error {
    /// The hop that failed or refused, where one did.
    #[must_use]
    pub const fn hop(&self) -> Option<&Hop> {
        match self {
            Self::Auth { hop, .. }
            | Self::Failed { hop, .. }
            | Self::Limit { hop, .. }
            | Self::Peer { hop, .. }
            | Self::Redirect { hop, .. }
            | Self::Socks { hop, .. }
            | Self::Tunnel { hop, .. } => Some(hop),
            Self::Misuse(_) | Self::NoRoute { .. } | Self::Unsupported { .. } => None,
        }
    }

    /// How much this error tells where several routes failed: the greater one is reported, the earlier one of equals.
    ///
    /// A peer that answered tells more than a handshake that failed, that more than a connection that was not made,
    /// and a name that was not found least.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Misuse(_) | Self::Unsupported { .. } => 9,
            Self::Auth { .. } => 8,
            Self::Limit { .. }
            | Self::Peer { .. }
            | Self::Redirect { .. }
            | Self::Socks { .. }
            | Self::Tunnel { .. } => 7,
            Self::Failed { failure, .. } => match failure.kind {
                FailureKind::ClientCertificate => 8,
                FailureKind::TlsCertificate => 6,
                FailureKind::TlsHandshake => 5,
                FailureKind::Read | FailureKind::Write => 4,
                FailureKind::Timeout => 3,
                FailureKind::Connect => 2,
                FailureKind::Resolve => 1,
            },
            Self::NoRoute { .. } => 0,
        }
    }
}

/// What a proxy said instead of opening a tunnel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// The status of its answer.
    pub status: u16,
    /// The reason phrase; untrusted text.
    pub reason: String,
    /// Those of its fields that say who answered and why: `Content-Type`, `Proxy-Status`, `Server`, `Via`,
    /// `X-Squid-Error`; untrusted.
    pub fields: Fields,
    /// The beginning of the body, at most [`Limits::excerpt`](crate::Limits::excerpt) bytes; untrusted.
    pub excerpt: Vec<u8>,
}

/// What a driver reports when the world said no.
#[derive(Debug)]
pub struct Failure {
    /// At what.
    pub kind: FailureKind,
    /// The driver's own error, for the chain of causes.
    pub source: Box<dyn StdError + Send + Sync>,
}

impl Failure {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: FailureKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

/// At what the world said no.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The name has no address.
    Resolve,
    /// No address took the connection.
    Connect,
    /// TLS: the handshake broke off.
    TlsHandshake,
    /// TLS: the certificate is not one that we trust for this name.
    TlsCertificate,
    /// TLS: the peer wants a certificate of ours, or another one. Its "no" is one of authentication.
    ClientCertificate,
    /// Reading, or the stream ended where an answer was due.
    Read,
    /// Writing.
    Write,
    /// A deadline passed.
    Timeout,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "the name was not found",
            Self::Connect => "no connection",
            Self::TlsHandshake => "the TLS handshake failed",
            Self::TlsCertificate => "the TLS certificate is not trusted",
            Self::ClientCertificate => "a client certificate is needed",
            Self::Read => "the connection broke while reading",
            Self::Write => "the connection broke while writing",
            Self::Timeout => "timed out",
        })
    }
}

/// An error of the wire alone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A bound of ours was reached.
    #[error(transparent)]
    Limit(LimitError),
    /// The connection was fed out of turn; never caused by what a peer sends.
    #[error(transparent)]
    Misuse(Misuse),
    /// The peer broke a rule of HTTP.
    #[error(transparent)]
    Peer(PeerError),
}

impl From<LimitError> for WireError {
    fn from(error: LimitError) -> Self {
        Self::Limit(error)
    }
}

impl From<Misuse> for WireError {
    fn from(error: Misuse) -> Self {
        Self::Misuse(error)
    }
}

impl From<PeerError> for WireError {
    fn from(error: PeerError) -> Self {
        Self::Peer(error)
    }
}

/// The caller's mistakes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A head that cannot be sent: a target, name or value with bytes that do not belong there.
    #[error("the head holds bytes that do not belong there")]
    BadHead,
    /// More or fewer body bytes than the head announced.
    #[error("the body does not match the announced length")]
    BodyLength,
    /// A route that would send a request for an `https` URL in clear text to a forwarding proxy.
    #[error("an `https` URL cannot be forwarded, only tunnelled")]
    ForwardHttps,
    /// An input that the machine does not wait for.
    #[error("this input was not asked for")]
    OutOfTurn,
    /// The machine has failed or is done.
    #[error("the machine is spent")]
    Spent,
}

/// The rules of HTTP that a peer broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// Transfer codings do not exist in HTTP/1.0 ([RFC 9112 §6.1](https://www.rfc-editor.org/rfc/rfc9112#section-6.1)).
    #[error("the answer uses chunks in HTTP/1.0")]
    ChunkedInHttp10,
    /// Two lengths that differ ([RFC 9112 §6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3), 5).
    #[error("the answer names two lengths that differ")]
    DifferingLengths,
    /// Bytes came through a tunnel in clear text before anything was asked: taken for an answer, they would answer a
    /// question that was never put.
    #[error("bytes came before anything was asked")]
    EarlyBytes,
    /// `Content-Length` is not a number below 2^64.
    #[error("the answer's length is not a number")]
    InvalidLength,
    /// A length beside chunks ([RFC 9112 §6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3), 3).
    #[error("the answer names a length and uses chunks as well")]
    LengthWithChunked,
    /// A chunk's size is not a hexadecimal number below 2^64
    /// ([RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)).
    #[error("a chunk's size is malformed")]
    MalformedChunk,
    /// The head is not what [RFC 9112 §2](https://www.rfc-editor.org/rfc/rfc9112#section-2) describes.
    #[error("the head of the message is malformed")]
    MalformedHead,
    /// A body whose coding is broken ([RFC 9110 §8.4](https://www.rfc-editor.org/rfc/rfc9110#section-8.4)).
    #[error("the gzip coding of the body is broken")]
    MalformedGzip,
    /// The bytes are not HTTP/1.x at all.
    #[error("the peer does not speak HTTP/1.1")]
    NotHttp,
    /// The bytes are a record of TLS ([RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)): this port
    /// wants TLS, and was spoken to in clear text.
    #[error("the peer answered in TLS where plain HTTP was spoken")]
    SpokeTls,
    /// 101 ([RFC 9110 §7.8](https://www.rfc-editor.org/rfc/rfc9110#section-7.8)); we never ask for it.
    #[error("the peer switched to a protocol that was not asked for")]
    UnaskedSwitch,
    /// 407 from a server that we reached without a proxy, or through a tunnel.
    #[error("a server asked for proxy authentication (status 407) where no proxy is addressed")]
    ProxyChallengeFromServer,
    /// The stream ended inside a message.
    #[error("the connection ended before the answer was complete")]
    Truncated,
    /// A content coding that is neither identity nor one layer of gzip; we ask for identity.
    #[error("the body has the content coding `{coding}`, which was not asked for")]
    UnknownContentCoding {
        /// Its name as the peer wrote it, letters, digits and punctuation only, at most 32 of them.
        coding: Box<str>,
    },
    /// A transfer coding that is not `chunked` alone; we announce no other.
    #[error("the answer has a transfer coding that was not asked for")]
    UnknownTransferCoding,
}

/// The bounds of ours that a peer reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The body.
    #[error("the body is larger than the limit of {0} bytes")]
    Body(u64),
    /// A chunk-size line with its extensions.
    #[error("a chunk-size line is longer than the limit of {0} bytes")]
    ChunkLine(usize),
    /// Field lines.
    #[error("the head has more than {0} fields")]
    Fields(usize),
    /// A head or a trailer section.
    #[error("the head is longer than the limit of {0} bytes")]
    Head(usize),
    /// Informational answers.
    #[error("more than {0} informational answers before the final one")]
    Informational(u32),
    /// Streams opened for one hop.
    #[error("the connection had to be opened more than {0} times")]
    Opens(u32),
    /// Redirects.
    #[error("more than {0} redirects")]
    Redirects(u32),
}

/// Why a SOCKS5 proxy did not connect us: the codes of
/// [RFC 1928 §6](https://www.rfc-editor.org/rfc/rfc1928#section-6), and the rules of SOCKS5 that it broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SocksError {
    /// Code 8: it knows no addresses of the kind that was asked for.
    #[error("the proxy does not take this kind of address")]
    AddressNotSupported,
    /// Code 7: it does not know CONNECT.
    #[error("the proxy does not connect anybody")]
    CommandNotSupported,
    /// Code 5.
    #[error("the server refused the proxy's connection")]
    ConnectionRefused,
    /// Code 4; also what many proxies say of a name that they do not find.
    #[error("the proxy cannot reach the host")]
    HostUnreachable,
    /// The reply has an address of a kind that does not exist.
    #[error("the proxy's reply is malformed")]
    MalformedReply,
    /// Code 3.
    #[error("the proxy cannot reach the network of the host")]
    NetworkUnreachable,
    /// Code 2.
    #[error("the proxy's rules do not allow it")]
    NotAllowed,
    /// The version is another one, or the bytes are no SOCKS at all.
    #[error("the peer does not speak SOCKS5")]
    NotSocks,
    /// Code 1; also what many proxies say where another code would fit.
    #[error("the proxy failed")]
    ServerFailure,
    /// Code 6.
    #[error("the way from the proxy to the host is too long")]
    TtlExpired,
    /// A code without a meaning.
    #[error("the proxy gave a reason without a meaning (code {0})")]
    Unassigned(u8),
    /// A method that we did not offer.
    #[error("the proxy chose a method of authentication that was not offered (number {0})")]
    UnofferedMethod(u8),
}

/// Why a redirect is not followed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// From `https` to `http`.
    #[error("`{from}` leads to `{to}` in clear text; `--danger-allow-http-redirect` would follow it")]
    Downgrade {
        /// The URL that was asked for, without query.
        from: String,
        /// The URL that was answered, without query.
        to: String,
    },
    /// The `Location` is missing or is no URL that can be fetched.
    #[error("`Location` is missing, or is no URL that can be fetched")]
    Location,
}

#[cfg(test)]
mod tests {
    use super::*;
    use symgate_auth::{Origin, Target, UriScheme};

    fn hop() -> Hop {
        Hop {
            target: Target::Proxy,
            origin: Origin::new(UriScheme::Http, "p", 3128),
        }
    }

    fn refused(refusal: symgate_auth::Refusal) -> symgate_auth::Error {
        symgate_auth::Error::Refused(Box::new(symgate_auth::Refused {
            target: Target::Proxy,
            refusal,
            tried: Vec::new(),
        }))
    }

    /// One of each, with its text and that of its cause.
    fn errors() -> Vec<(Error, &'static str, Option<&'static str>)> {
        let hop = hop();
        vec![
            (
                Error::Auth {
                    hop: hop.clone(),
                    source: refused(symgate_auth::Refusal::ByUser),
                },
                "proxy `p:3128`: authentication failed",
                Some("authentication was cancelled by the user"),
            ),
            (
                Error::Failed {
                    hop: hop.clone(),
                    failure: Failure::new(FailureKind::Connect, "refused"),
                },
                "proxy `p:3128`: no connection",
                Some("refused"),
            ),
            (
                Error::Limit {
                    hop: hop.clone(),
                    source: LimitError::Redirects(10),
                },
                "proxy `p:3128` went beyond a limit",
                Some("more than 10 redirects"),
            ),
            (
                Error::Misuse(Misuse::Spent),
                "misuse of the fetch machine: the machine is spent",
                None,
            ),
            (
                Error::NoRoute {
                    url: "https://h".into(),
                    reason: NoRoute {
                        refused: None,
                        reason: "a bad bypass list".into(),
                    },
                },
                "no way to `https://h`: a bad bypass list",
                None,
            ),
            (
                Error::Peer {
                    hop: hop.clone(),
                    source: PeerError::NotHttp,
                },
                "proxy `p:3128` broke a rule of HTTP",
                Some("the peer does not speak HTTP/1.1"),
            ),
            (
                Error::Redirect {
                    hop: hop.clone(),
                    source: RedirectError::Location,
                },
                "proxy `p:3128` sent a redirect that is not followed",
                Some("`Location` is missing, or is no URL that can be fetched"),
            ),
            (
                Error::Socks {
                    hop: hop.clone(),
                    authority: "h:443".into(),
                    source: SocksError::NotAllowed,
                },
                "proxy `p:3128` opened no way to `h:443`",
                Some("the proxy's rules do not allow it"),
            ),
            (
                Error::Tunnel {
                    hop,
                    authority: "h:443".into(),
                    answer: Box::new(Refused {
                        fields: Fields::new(),
                        status: 403,
                        reason: "Forbidden".into(),
                        excerpt: Vec::new(),
                    }),
                },
                "proxy `p:3128` refused the tunnel to `h:443` with status 403",
                None,
            ),
            (
                Error::Unsupported {
                    url: "ftp://h/".into(),
                    reason: "only `http` and `https` URLs can be fetched",
                },
                "cannot fetch `ftp://h/`: only `http` and `https` URLs can be fetched",
                None,
            ),
        ]
    }

    #[test]
    fn an_error_says_where_and_leaves_why_to_its_cause() {
        for (error, text, cause) in errors() {
            assert_eq!(error.to_string(), text);
            let found = error.source().map(ToString::to_string);
            assert_eq!(found.as_deref(), cause, "{text}");
            assert_eq!(error.hop().is_some(), text.starts_with("proxy"), "{text}");
        }
    }

    #[test]
    fn rank_orders_by_how_far_an_attempt_came() {
        let failed = |kind| Error::Failed {
            hop: hop(),
            failure: Failure::new(kind, ""),
        };
        let mut ranks = vec![
            Error::NoRoute {
                url: String::new(),
                reason: NoRoute {
                    refused: None,
                    reason: String::new(),
                },
            }
            .rank(),
        ];
        ranks.extend(
            [
                FailureKind::Resolve,
                FailureKind::Connect,
                FailureKind::Timeout,
                FailureKind::Read,
                FailureKind::TlsHandshake,
                FailureKind::TlsCertificate,
            ]
            .map(|kind| failed(kind).rank()),
        );
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        assert_eq!(failed(FailureKind::Read).rank(), failed(FailureKind::Write).rank());
        // Both are authentication.
        let auth = Error::Auth {
            hop: hop(),
            source: refused(symgate_auth::Refusal::Automatic),
        };
        assert_eq!(failed(FailureKind::ClientCertificate).rank(), auth.rank());
    }

    #[test]
    fn every_rule_and_bound_is_one_line_of_lower_case() {
        let url = || "https://h/".to_owned();
        let texts = [
            FailureKind::Resolve.to_string(),
            FailureKind::Connect.to_string(),
            FailureKind::TlsHandshake.to_string(),
            FailureKind::TlsCertificate.to_string(),
            FailureKind::ClientCertificate.to_string(),
            FailureKind::Read.to_string(),
            FailureKind::Write.to_string(),
            FailureKind::Timeout.to_string(),
            WireError::from(LimitError::Body(1)).to_string(),
            WireError::from(Misuse::BadHead).to_string(),
            WireError::from(PeerError::NotHttp).to_string(),
            Misuse::BadHead.to_string(),
            Misuse::BodyLength.to_string(),
            Misuse::ForwardHttps.to_string(),
            Misuse::OutOfTurn.to_string(),
            Misuse::Spent.to_string(),
            PeerError::ChunkedInHttp10.to_string(),
            PeerError::DifferingLengths.to_string(),
            PeerError::EarlyBytes.to_string(),
            PeerError::InvalidLength.to_string(),
            PeerError::LengthWithChunked.to_string(),
            PeerError::MalformedChunk.to_string(),
            PeerError::MalformedHead.to_string(),
            PeerError::MalformedGzip.to_string(),
            PeerError::NotHttp.to_string(),
            PeerError::SpokeTls.to_string(),
            PeerError::UnaskedSwitch.to_string(),
            PeerError::ProxyChallengeFromServer.to_string(),
            PeerError::Truncated.to_string(),
            PeerError::UnknownContentCoding { coding: "br".into() }.to_string(),
            PeerError::UnknownTransferCoding.to_string(),
            LimitError::Body(1).to_string(),
            LimitError::ChunkLine(1).to_string(),
            LimitError::Fields(1).to_string(),
            LimitError::Head(1).to_string(),
            LimitError::Informational(1).to_string(),
            LimitError::Opens(1).to_string(),
            LimitError::Redirects(1).to_string(),
            RedirectError::Downgrade { from: url(), to: url() }.to_string(),
            RedirectError::Location.to_string(),
            SocksError::AddressNotSupported.to_string(),
            SocksError::CommandNotSupported.to_string(),
            SocksError::ConnectionRefused.to_string(),
            SocksError::HostUnreachable.to_string(),
            SocksError::MalformedReply.to_string(),
            SocksError::NetworkUnreachable.to_string(),
            SocksError::NotAllowed.to_string(),
            SocksError::NotSocks.to_string(),
            SocksError::ServerFailure.to_string(),
            SocksError::TtlExpired.to_string(),
            SocksError::Unassigned(9).to_string(),
            SocksError::UnofferedMethod(1).to_string(),
        ];
        for text in texts {
            let first = text.chars().next();
            assert!(
                first.is_some_and(|first| first.is_lowercase() || first == '`'),
                "{text}"
            );
            assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
        }
    }
}
