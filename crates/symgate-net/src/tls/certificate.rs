//! [`ClientCertificate`]: as whom we come where a peer asks for a certificate, and its [`Audience`] (`DECISIONS` §3, §6).
//!
//! A certificate is a credential: whoever sees it knows whom it names. So it has an audience, and is not shown outside.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use symgate_auth::Origin;
use zeroize::Zeroize as _;

use crate::error::ConfigError;

/// A certificate with its chain and its private key. Clones share the key; none prints it.
///
/// ```
/// use symgate_net::{ClientCertificate, ConfigError};
///
/// let refused = ClientCertificate::from_pem(b"not PEM", b"not PEM");
/// assert!(matches!(refused, Err(ConfigError::NotPem)));
/// ```
#[derive(Clone)]
pub struct ClientCertificate(Arc<SingleCertAndKey>);

/// To whom a client certificate is shown, if they ask for one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Audience {
    /// To every peer that the configuration is used for. For origins that includes whomever a redirect leads to.
    Anybody,
    /// To these: scheme, host and port.
    Only(BTreeSet<Origin>),
}

/// Peers that become known while connections are made, such as the proxies that settings name; clones share the list.
/// Nobody is taken off it.
///
/// ```
/// use symgate_auth::{Origin, UriScheme};
/// use symgate_net::{Known, Tls};
///
/// let known = Known::default();
/// let tls = Tls::default().shown_only_to_known(&known);
/// known.add(Origin::new(UriScheme::Https, "proxy.example", 443));
/// # drop(tls);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<BTreeSet<Origin>>>);

impl Known {
    /// This peer is known from now on, unless [`MOST`](Self::MOST) are: a proxy script may name ever new ones.
    pub fn add(&self, peer: Origin) {
        let mut peers = self.lock();
        if peers.len() < Self::MOST {
            peers.insert(peer);
        }
    }

    /// How many peers can be known.
    pub const MOST: usize = 1024;

    /// Whether this peer is known.
    pub(super) fn has(&self, peer: &Origin) -> bool {
        self.lock().contains(peer)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Origin>> {
        // Each change is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientCertificate {
    /// Takes both from PEM: the chain with the end-entity first, and the key in PKCS #8, PKCS #1 or SEC 1. They may be
    /// the same text; what is neither is skipped.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if one of them holds nothing of use, or if they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, ConfigError> {
        if !is_pem(chain) {
            return Err(ConfigError::NotPem);
        }
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(ConfigError::Pem)?;
        if chain.is_empty() {
            return Err(ConfigError::NoCertificate);
        }
        let mut der = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
            if is_encrypted(key) {
                ConfigError::EncryptedKey
            } else {
                ConfigError::Key(error)
            }
        })?;
        let signer = any_supported_type(&der);
        der.zeroize();
        let certified = CertifiedKey::new(chain, signer.map_err(ConfigError::ClientCertificate)?);
        match certified.keys_match() {
            // A key that cannot say its public half finds out at the peer.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(Self(Arc::new(certified.into()))),
            Err(Error::InconsistentKeys(_)) => Err(ConfigError::KeyMismatch),
            Err(error) => Err(ConfigError::ClientCertificate(error)),
        }
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::clone(&self.0) as Arc<dyn ResolvesClientCert>
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate")
    }
}

impl Audience {
    /// Whether this peer belongs to it.
    pub(super) fn has(&self, peer: &Origin) -> bool {
        match self {
            Self::Anybody => true,
            Self::Only(origins) => origins.contains(peer),
        }
    }

    /// Those of it who are among these.
    pub(super) fn narrowed_to(&self, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self::Only(origins.into_iter().filter(|origin| self.has(origin)).collect())
    }
}

/// Whether there is a section in it ([RFC 7468 §2](https://www.rfc-editor.org/rfc/rfc7468#section-2)), of whatever kind.
fn is_pem(text: &[u8]) -> bool {
    lines(text).any(|line| line.starts_with(b"-----BEGIN "))
}

/// Whether a key wants a password: the label of
/// [RFC 7468 §11](https://www.rfc-editor.org/rfc/rfc7468#section-11), or the older field of
/// [RFC 1421 §4.6.1.1](https://www.rfc-editor.org/rfc/rfc1421#section-4.6.1.1) that OpenSSL writes.
fn is_encrypted(text: &[u8]) -> bool {
    lines(text).any(|line| {
        line.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || (line.starts_with(b"Proc-Type:") && line.trim_ascii_end().ends_with(b"ENCRYPTED"))
    })
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start)
}
