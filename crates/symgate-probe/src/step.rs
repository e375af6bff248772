//! What is written down of an errand: [`Step`]s in their order, with owned text and no secret.

use std::time::Duration;

use symgate::auth::{Origin, Target};
use symgate::net::{Certificate, Handshake, Signer, TlsSession, Trust};

use crate::page::harmless;

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Since the beginning.
    pub at: Duration,
    /// What.
    pub event: Event,
}

/// One side that we speak to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hop {
    /// Server or proxy.
    pub target: Target,
    /// Scheme, host and port, as it was named.
    pub origin: Origin,
}

impl From<&symgate::http::Hop> for Hop {
    fn from(hop: &symgate::http::Hop) -> Self {
        Self {
            target: hop.target,
            origin: hop.origin.clone(),
        }
    }
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.target, self.origin.authority())
    }
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An answer to a challenge is looked for; `by` gives one, or nobody.
    Asked {
        /// Who asks.
        hop: Hop,
        /// In which scheme.
        scheme: String,
        /// For what.
        realm: Option<String>,
        /// Who answers, such as `--proxy-user`.
        by: Option<String>,
    },
    /// An address was tried.
    Attempted {
        /// Whose.
        hop: Hop,
        /// Which.
        address: String,
        /// What became of it, in words.
        end: String,
        /// How long it was under way.
        took: Duration,
    },
    /// A request goes out with a value of this mechanism.
    Authenticating {
        /// To whom.
        hop: Hop,
        /// Which.
        mechanism: String,
    },
    /// A hop wants to know who we are.
    Challenged {
        /// Who.
        hop: Hop,
        /// With which status.
        status: u16,
        /// The schemes that it takes, each with its realm.
        offers: Vec<(String, Option<String>)>,
    },
    /// The ways to a URL were chosen.
    Chosen {
        /// Which URL.
        url: String,
        /// Each way with its reason, the first to be tried first.
        routes: Vec<(String, String)>,
    },
    /// A connection is there.
    Connected {
        /// With whom.
        hop: Hop,
        /// At which address.
        address: String,
        /// How long the attempts took.
        took: Duration,
    },
    /// A peer has judged an answer, or the exchange ended before.
    Judged {
        /// Who.
        hop: Hop,
        /// In which scheme.
        scheme: String,
        /// `accepted`, `rejected` or `not judged`.
        outcome: &'static str,
    },
    /// A name was looked up.
    LookedUp {
        /// Whose.
        hop: Hop,
        /// What it stands for.
        addresses: Vec<String>,
        /// How long that took.
        took: Duration,
    },
    /// Something else that is worth a line.
    Noted {
        /// The line.
        text: String,
    },
    /// A redirect is followed.
    Redirected {
        /// From here.
        from: String,
        /// To there.
        to: String,
        /// With which status.
        status: u16,
    },
    /// A kept connection is used.
    Reused {
        /// With whom.
        hop: Hop,
    },
    /// A way failed, and the next one is tried.
    RouteFailed {
        /// Which.
        route: String,
        /// Why.
        reason: String,
    },
    /// A scheme was given up.
    SchemeEnded {
        /// With whom.
        hop: Hop,
        /// Which, and why.
        text: String,
    },
    /// TLS is up.
    Secured {
        /// With whom.
        hop: Hop,
        /// What was agreed.
        tls: Tls,
        /// How long it took.
        took: Duration,
    },
    /// A proxy has connected us to this host and port.
    Tunnelled {
        /// Which proxy.
        hop: Hop,
        /// To whom.
        authority: String,
    },
    /// One round trip.
    Turned {
        /// How long it took.
        took: Duration,
    },
    /// TLS failed.
    Unsecured {
        /// With whom.
        hop: Hop,
        /// As far as it got.
        tls: Tls,
        /// Why.
        reason: String,
        /// How long it took.
        took: Duration,
    },
}

/// What was agreed in TLS, and who vouches for the peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// Such as `TLSv1.3`.
    pub version: Option<&'static str>,
    /// The cipher suite.
    pub suite: Option<&'static str>,
    /// The protocol inside.
    pub alpn: Option<String>,
    /// Whether an earlier session was taken up.
    pub session: TlsSession,
    /// Round trips of the handshake.
    pub round_trips: u32,
    /// Who vouches for the peer, whatever this machine trusts.
    pub trust: Trust,
    /// The certificates that the peer sent, its own first.
    pub chain: Vec<Certificate>,
}

impl Tls {
    /// Who stands at the end of the chain, as far as the peer has shown: the last certificate's issuer.
    #[must_use]
    pub fn root(&self) -> Option<&str> {
        self.chain
            .last()
            .map(|last| last.issuer.as_str())
            .filter(|name| !name.is_empty())
    }

    /// Whether the peer vouches for itself.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        matches!(self.chain.as_slice(), [own] if own.signer == Signer::Itself)
    }
}

impl From<&Handshake> for Tls {
    fn from(handshake: &Handshake) -> Self {
        Self {
            version: handshake.version,
            suite: handshake.suite,
            alpn: handshake.alpn.as_deref().map(harmless),
            session: handshake.session,
            round_trips: handshake.round_trips,
            trust: handshake.trust(),
            chain: handshake.chain().collect(),
        }
    }
}
