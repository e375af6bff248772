//! What we trust and what we show in TLS: [`Tls`], [`Roots`].
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

mod error;
mod issuer;
mod roots;

use std::fmt;
use std::sync::{Arc, Once, OnceLock};
use std::thread;

use rustls::ClientConfig;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

pub use self::error::TlsError;
pub(crate) use self::error::named;
pub use self::roots::Roots;
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
    built: Arc<OnceLock<Result<Arc<ClientConfig>, rustls::Error>>>,
    /// Builds at most once ahead of time.
    warming: Arc<Once>,
}

#[derive(Clone)]
enum Source {
    Built {
        roots: Arc<Roots>,
        identity: Option<Arc<SingleCertAndKey>>,
    },
    Given(Arc<ClientConfig>),
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

    /// Uses the caller's own configuration as it is: its provider, verifier, ALPN and resumption.
    #[must_use]
    pub fn given(config: Arc<ClientConfig>) -> Self {
        Self::from_source(Source::Given(config))
    }

    /// Shows this certificate to peers that ask for one; both texts are PEM, the chain with the end-entity first.
    /// They may be the same text.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if one of them holds nothing of use, if they do not belong together, or if the configuration
    /// was [`given`](Self::given).
    pub fn with_client_certificate(self, chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, ConfigError> {
        let Source::Built { roots, .. } = self.source else {
            return Err(ConfigError::GivenTls);
        };
        let chain = CertificateDer::pem_slice_iter(chain_pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(ConfigError::Pem)?;
        if chain.is_empty() {
            return Err(ConfigError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(ConfigError::Key)?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(ConfigError::ClientCertificate)?;
        Ok(Self::from_source(Source::Built {
            roots,
            identity: Some(Arc::new(key.into())),
        }))
    }

    fn from_source(source: Source) -> Self {
        Self {
            source,
            built: Arc::default(),
            warming: Arc::new(Once::new()),
        }
    }

    /// The configuration, built at the first call.
    pub(crate) fn client_config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        match &self.source {
            Source::Given(config) => Ok(Arc::clone(config)),
            Source::Built { roots, identity } => self
                .built
                .get_or_init(|| build(roots, identity.clone()).map(Arc::new))
                .clone()
                .map_err(TlsError::Setup),
        }
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
                .spawn(move || drop(tls.client_config()));
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
                .field("client_certificate", &identity.is_some())
                .finish(),
        }
    }
}

fn build(roots: &Roots, identity: Option<Arc<SingleCertAndKey>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let verifier = issuer::Naming::new(roots.verifier(&provider)?);
    // `dangerous` is how rustls lets any verifier in; this one only adds words to a refusal of rustls' own.
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        Some(identity) => builder.with_client_cert_resolver(identity as Arc<dyn ResolvesClientCert>),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The cryptography of this crate.
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(test)]
mod tests;
