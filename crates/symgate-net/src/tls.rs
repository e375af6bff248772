//! What we trust and what we show in TLS (`DECISIONS` §6): [`Tls`], [`Roots`], [`ClientCertificate`].
//!
//! The cryptography is `ring`, named explicitly: the process-wide default of rustls belongs to the program, not to us.
//! A `ClientConfig` is built when the first TLS connection is made, because loading the system's roots takes longer
//! than a whole warm lookup. Sessions are resumed within one [`Tls`].
//!
//! ALPN names `http/1.1` ([RFC 7301](https://www.rfc-editor.org/rfc/rfc7301)): a server that speaks only HTTP/2 then
//! says so in the handshake instead of sending us frames, and a server of another protocol that shares the certificate
//! cannot be made to answer us.
//!
//! There is no switch that turns verification off. Whoever must, gives a `ClientConfig` of their own to
//! [`Tls::given`], where rustls' own `dangerous` is in the path.

mod certificate;
mod error;
mod handshake;
mod issuer;
mod roots;
mod x509;

use std::fmt;
use std::sync::{Arc, Once, OnceLock};
use std::thread;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use symgate_auth::Origin;

pub use self::certificate::{Audience, ClientCertificate, Known};
pub use self::error::TlsError;
pub(crate) use self::error::{Ours, named};
pub(crate) use self::handshake::Refusals;
pub use self::handshake::{Handshake, Session as TlsSession, Trust};
pub use self::roots::Roots;
pub use self::x509::{Certificate, Signer};
use crate::error::ConfigError;

/// How the certificates of one kind of peer are judged, and which one we show.
///
/// Proxy and origin have one each, since a company's proxy may be signed by the company and must not vouch for the
/// rest of the world. Clones share the configuration and the sessions that can be resumed.
///
/// ```
/// use symgate_net::{Roots, Tls};
///
/// let origin = Tls::default();
/// let proxy = Tls::new(Roots::bundled());
/// # let _ = (origin, proxy);
/// ```
#[derive(Clone)]
pub struct Tls {
    source: Source,
    built: Arc<OnceLock<Result<Configs, TlsError>>>,
    /// Builds at most once ahead of time.
    warming: Arc<Once>,
    /// What its verifier refused; of a given configuration nothing is known.
    refusals: Refusals,
}

#[derive(Clone)]
enum Source {
    Built {
        roots: Arc<Roots>,
        identity: Option<Identity>,
    },
    Given(Arc<ClientConfig>),
}

/// As whom we come, and to whom.
#[derive(Clone, Debug)]
struct Identity {
    certificate: ClientCertificate,
    audience: Audience,
    /// Those whom the audience is limited to.
    known: Option<Known>,
}

impl Identity {
    fn is_shown_to(&self, peer: &Origin) -> bool {
        self.audience.has(peer) && self.known.as_ref().is_none_or(|known| known.has(peer))
    }
}

/// What is built of roots and certificate. rustls is not told whose request for a certificate it answers, so the choice
/// is made before it is asked: by the configuration that a connection gets.
#[derive(Clone, Debug)]
struct Configs {
    /// For who is shown no certificate.
    anonymous: Arc<ClientConfig>,
    /// For the audience of the certificate, if there is one.
    showing: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts these roots and shows no certificate.
    #[must_use]
    pub fn new(roots: Roots) -> Self {
        Self::from_source(Source::Built {
            roots: Arc::new(roots),
            identity: None,
        })
    }

    /// Uses the caller's own configuration as it is: its provider, verifier, ALPN, resumption and client certificate.
    /// That certificate is the caller's affair: it is shown to whoever asks, redirect targets included.
    #[must_use]
    pub fn given(config: Arc<ClientConfig>) -> Self {
        Self::from_source(Source::Given(config))
    }

    /// Shows this certificate to peers of the audience, and to them only if they ask for one.
    ///
    /// # Errors
    ///
    /// [`ConfigError::GivenTls`] if the configuration was [`given`](Self::given).
    pub fn with_client_certificate(
        self,
        certificate: ClientCertificate,
        audience: Audience,
    ) -> Result<Self, ConfigError> {
        let Source::Built { roots, .. } = self.source else {
            return Err(ConfigError::GivenTls);
        };
        Ok(Self::from_source(Source::Built {
            roots,
            identity: Some(Identity {
                certificate,
                audience,
                known: None,
            }),
        }))
    }

    /// Shows the certificate, if there is one, to none but these origins, and among them only to those that were its
    /// audience already. A [given](Self::given) configuration stays as it is.
    #[must_use]
    pub fn shown_only_to(self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.limited(|identity| Identity {
            audience: identity.audience.narrowed_to(origins),
            ..identity
        })
    }

    /// The same for those who are on the list at the time of a handshake. A connection that was made before its peer was
    /// known stays as it is.
    #[must_use]
    pub fn shown_only_to_known(self, known: &Known) -> Self {
        self.limited(|identity| Identity {
            known: Some(known.clone()),
            ..identity
        })
    }

    fn limited(self, limit: impl FnOnce(Identity) -> Identity) -> Self {
        match self.source {
            Source::Built {
                roots,
                identity: Some(identity),
            } => Self::from_source(Source::Built {
                roots,
                identity: Some(limit(identity)),
            }),
            Source::Built { identity: None, .. } | Source::Given(_) => self,
        }
    }

    /// Whether somebody may be shown a client certificate; of a [given](Self::given) configuration it is not known.
    #[must_use]
    pub const fn has_client_certificate(&self) -> bool {
        matches!(self.source, Source::Built { identity: Some(_), .. })
    }

    fn from_source(source: Source) -> Self {
        Self {
            source,
            built: Arc::default(),
            warming: Arc::new(Once::new()),
            refusals: Refusals::default(),
        }
    }

    /// The configuration for a connection to this peer, built at the first call; without a certificate for a peer
    /// that is not known.
    pub(crate) fn client_config(&self, peer: Option<&Origin>) -> Result<Arc<ClientConfig>, TlsError> {
        match &self.source {
            Source::Given(config) => Ok(Arc::clone(config)),
            Source::Built { roots, identity } => {
                let built = self
                    .built
                    .get_or_init(|| build(roots, identity.as_ref(), &self.refusals));
                let Configs { anonymous, showing } = built.clone()?;
                let is_shown = |identity: &Identity| peer.is_some_and(|peer| identity.is_shown_to(peer));
                Ok(showing
                    .filter(|_| identity.as_ref().is_some_and(is_shown))
                    .unwrap_or(anonymous))
            }
        }
    }

    /// The chains that this verifier refused.
    pub(crate) const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Builds the configuration on a thread of its own: loading the system's roots takes about as long as a round
    /// trip, and the first connection has a few of those before its handshake.
    pub(crate) fn warm(&self) {
        if matches!(self.source, Source::Given(_)) || self.built.get().is_some() {
            return;
        }
        self.warming.call_once(|| {
            let tls = self.clone();
            // Without a thread, or with an error, the handshake finds out by itself.
            let spawned = thread::Builder::new()
                .name("roots".into())
                .spawn(move || drop(tls.client_config(None)));
            drop(spawned);
        });
    }
}

impl Default for Tls {
    /// Trusts [`Roots::system`].
    fn default() -> Self {
        Self::new(Roots::system())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Given(_) => f.write_str("Tls(given)"),
            Source::Built { roots, identity } => f
                .debug_struct("Tls")
                .field("roots", roots)
                .field("identity", identity)
                .finish(),
        }
    }
}

fn build(roots: &Roots, identity: Option<&Identity>, refusals: &Refusals) -> Result<Configs, TlsError> {
    let provider = Arc::new(provider());
    let verifier = issuer::Naming::new(roots.verifier(&provider)?, refusals.clone());
    // `dangerous` is how rustls lets any verifier in; this one only adds words to a refusal of rustls' own.
    let mut anonymous = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    anonymous.alpn_protocols = vec![b"http/1.1".to_vec()];
    let showing = identity.map(|identity| {
        let mut showing = anonymous.clone();
        showing.client_auth_cert_resolver = identity.certificate.resolver();
        // Sessions are kept by host without its port, and a resumed one says again who we are, elsewhere too. And a server
        // that demands certificates and was given no context for its sessions ends a resumed one with `internal_error`,
        // as OpenSSL has it; squid is such a server.
        showing.resumption = Resumption::disabled();
        Arc::new(showing)
    });
    Ok(Configs {
        anonymous: Arc::new(anonymous),
        showing,
    })
}

/// The cryptography of this crate.
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(test)]
mod tests;
