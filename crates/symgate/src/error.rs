//! [`Error`]: why a file is not there, in one line with its causes behind it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use symgate_auth::{Ask, Origin, Target};
use symgate_http::{FailureKind, Hop, PeerError};
use symgate_policy::{Cause, Errand};

use crate::certificate::Page;

/// Why a search ended without the file.
///
/// Opaque, and cheap to clone: ask [`kind`](Self::kind) what to do about it, print it with its [`source`](StdError::source) chain.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hop: Option<Hop>,
    status: Option<u16>,
    /// The proxy that forwarded that status, or made it.
    through: Option<Origin>,
    speaker: Speaker,
    latched: Option<Latched>,
    /// The last request for credentials, where it ended there.
    ask: Option<Box<Ask>>,
    /// The hop is a server that the symbol path does not write.
    beyond: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Who is not contacted any more, and why (SYMSRV §3.5): another search of the same client found it out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Latched {
    /// A store or a proxy.
    pub target: Target,
    /// What ended it.
    pub cause: Cause,
}

/// Who made an answer that a proxy may have forwarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Speaker {
    /// The proxy says that it did.
    Proxy,
    /// The store, as far as anybody says.
    Unknown,
}

/// The last request for credentials, and what became of the answers to that peer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    /// Who gave the last answer that was rejected.
    pub(crate) rejected: Option<String>,
}

impl Asked {
    /// Whether this peer asked.
    pub(crate) fn is_by(&self, target: Target, origin: &Origin) -> bool {
        self.ask.target == target && self.ask.origin == *origin
    }
}

/// What a caller can do about an [`Error`].
///
/// The order is the one in which several outcomes count: of the errors of several stores, the greatest is reported.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nobody has the file, or it may not be had: 404, a store's 403, a pointer with a message.
    Missing,
    /// The network or a proxy failed: name, connection, TLS, reset, timeout, 5xx, CONNECT refused.
    Network,
    /// Authentication was refused, cancelled or failed, by a proxy or a server.
    Refused,
    /// What a store sent is not what was asked for.
    Content,
    /// The local store failed: permission, space, lock.
    Store,
    /// The caller cancelled.
    Interrupted,
    /// The settings cannot be used.
    Config,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hop: None,
            status: None,
            through: None,
            speaker: Speaker::Unknown,
            latched: None,
            ask: None,
            beyond: false,
            source: None,
        }
    }

    /// Nothing was asked: `who` is latched.
    pub(crate) fn not_contacted(who: &str, target: Target, cause: Cause, reason: Option<&str>) -> Self {
        let reason = reason.map(|reason| format!("; {reason}")).unwrap_or_default();
        let message = format!("{who} is not contacted any more: {cause}{reason}");
        let mut error = Self::new(ErrorKind::Refused, message);
        error.status = Some(target.status());
        error.latched = Some(Latched { target, cause });
        error
    }

    pub(crate) fn caused(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same, naming the store that it is about.
    pub(crate) fn at(mut self, store: &str) -> Self {
        self.message = format!("store `{store}`: {}", self.message);
        self
    }

    /// The same, naming the file that it is about.
    pub(crate) fn of(mut self, file: &str) -> Self {
        self.message = format!("`{file}`: {}", self.message);
        self
    }

    pub(crate) fn with_answer(mut self, status: u16, through: Option<Origin>, speaker: Speaker) -> Self {
        self.status = Some(status);
        self.through = through;
        self.speaker = speaker;
        self
    }

    /// What the transport's error means for a search at `store`, on this errand; `asked` is what was asked for last.
    pub(crate) fn from_net(store: &str, errand: &Errand, asked: Option<&Asked>, error: symgate_net::Error) -> Self {
        let kind = ErrorKind::of(&error);
        let wire = match &error {
            symgate_net::Error::Http(error) => Some(error),
            _ => None,
        };
        let hop = wire.and_then(|error| error.hop()).cloned();
        let status = match wire {
            Some(symgate_http::Error::Tunnel { answer, .. }) => Some(answer.status),
            Some(symgate_http::Error::Auth { hop, .. }) => Some(hop.target.status()),
            _ => None,
        };
        let mut message = format!("store `{store}` gave no file");
        let mut ask = None;
        if let Some(symgate_http::Error::Auth { hop, .. }) = wire {
            let asked = asked.filter(|asked| asked.is_by(hop.target, &hop.origin));
            message.push_str(", as the ");
            message.push_str(&asking(hop.target, asked));
            ask = asked.map(|asked| Box::new(asked.ask.clone()));
        }
        let beyond = |hop: &Hop| hop.target == Target::Origin && !errand.names(hop.target, &hop.origin);
        Self {
            kind,
            message,
            beyond: hop.as_ref().is_some_and(beyond),
            hop,
            status,
            through: None,
            speaker: Speaker::Unknown,
            latched: None,
            ask,
            source: Some(Arc::new(error)),
        }
    }

    /// The server at `origin`, to which this errand led, answered with a page about our certificate.
    pub(crate) fn certificate(message: String, origin: Origin, errand: &Errand, page: Page) -> Self {
        let mut error = Self::new(ErrorKind::Refused, message).caused(page);
        error.beyond = !errand.names(Target::Origin, &origin);
        error.hop = Some(Hop {
            target: Target::Origin,
            origin,
        });
        error
    }

    /// What a store's error means; content that a store refuses is a content error.
    pub(crate) fn from_store(error: symgate_store::Error) -> Self {
        let kind = if error.is_cancelled() {
            ErrorKind::Interrupted
        } else if error.is_content() {
            ErrorKind::Content
        } else {
            ErrorKind::Store
        };
        Self::new(
            kind,
            if kind == ErrorKind::Content {
                "the file was refused"
            } else {
                "the local store failed"
            },
        )
        .caused(error)
    }

    /// What to do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether nobody has the file.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::Missing
    }

    /// Whether nobody has the file, and nobody said anything else.
    pub(crate) fn is_plain_miss(&self) -> bool {
        self.is_not_found() && self.status.is_none()
    }

    /// Whether authentication is the reason.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == ErrorKind::Refused
    }

    /// Whether the same search may succeed later without anything being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind == ErrorKind::Network
    }

    /// Who failed, asked or refused, where it was somebody on the way.
    #[must_use]
    pub const fn hop(&self) -> Option<&Hop> {
        self.hop.as_ref()
    }

    /// Whether that hop is a server that a redirect or a pointer file named, and not the symbol path: credentials given
    /// for stores do not answer it.
    #[must_use]
    pub const fn is_beyond_the_path(&self) -> bool {
        self.beyond
    }

    /// The status with which that hop, or a store, said no.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// The proxy that forwarded the store's answer, in clear text, and may have made it.
    #[must_use]
    pub const fn through(&self) -> Option<&Origin> {
        self.through.as_ref()
    }

    /// Who made the answer whose status this is.
    #[must_use]
    pub const fn speaker(&self) -> Speaker {
        self.speaker
    }

    /// Who is not contacted any more, where that is why nothing was asked.
    #[must_use]
    pub const fn latched(&self) -> Option<Latched> {
        self.latched
    }

    /// The request for credentials that was the end of it.
    #[must_use]
    pub fn ask(&self) -> Option<&Ask> {
        self.ask.as_deref()
    }

    /// Who lets nobody in without a client certificate, or without another one than it was shown.
    #[must_use]
    pub fn certificate_wanted_by(&self) -> Option<Target> {
        if let Some(Latched {
            target,
            cause: Cause::ClientCertificate,
        }) = self.latched
        {
            return Some(target);
        }
        match self.transport() {
            Some(symgate_http::Error::Failed { hop, failure }) => {
                (failure.kind == FailureKind::ClientCertificate).then_some(hop.target)
            }
            _ => self.source.as_ref()?.is::<Page>().then_some(Target::Origin),
        }
    }

    /// The transport's own error, for those who look closer.
    #[must_use]
    pub fn transport(&self) -> Option<&symgate_http::Error> {
        match self.source.as_ref()?.downcast_ref::<symgate_net::Error>()? {
            symgate_net::Error::Http(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
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
    text
}

/// Who asked for what: the last question of a peer, where it put one.
fn asking(target: Target, asked: Option<&Asked>) -> String {
    let status = target.status();
    match asked {
        None => format!("{target} asked for authentication (status {status})"),
        Some(Asked {
            ask: Ask {
                wanted, scheme, realm, ..
            },
            rejected,
        }) => {
            let realm = realm.as_ref().map(|realm| format!(", realm `{realm}`"));
            let realm = realm.unwrap_or_default();
            let rejected = rejected.as_ref().map(|by| format!(" and rejected what {by} gave"));
            let rejected = rejected.unwrap_or_default();
            format!("{target} asked for a {wanted} (status {status}, {scheme}{realm}){rejected}")
        }
    }
}

impl ErrorKind {
    /// What a caller of [`Client::fetch`](crate::Client::fetch) can do about an error of the transport.
    #[must_use]
    pub fn of(error: &symgate_net::Error) -> Self {
        match error {
            symgate_net::Error::Cancelled => Self::Interrupted,
            symgate_net::Error::Http(error) => wire_kind(error),
            symgate_net::Error::Sink(_) => Self::Store,
            _ => Self::Network,
        }
    }
}

pub(crate) fn wire_kind(error: &symgate_http::Error) -> ErrorKind {
    match error {
        symgate_http::Error::Auth { .. } => ErrorKind::Refused,
        symgate_http::Error::Failed { failure, .. } if failure.kind == FailureKind::ClientCertificate => {
            ErrorKind::Refused
        }
        symgate_http::Error::NoRoute { reason, .. } if reason.refused.is_some() => ErrorKind::Refused,
        // A proxy's own word about authentication that is no challenge: 407 without one, 511.
        symgate_http::Error::Tunnel { answer, .. } if matches!(answer.status, 401 | 407 | 511) => ErrorKind::Refused,
        symgate_http::Error::Peer {
            source: PeerError::ProxyChallengeFromServer,
            ..
        } => ErrorKind::Refused,
        _ => ErrorKind::Network,
    }
}
