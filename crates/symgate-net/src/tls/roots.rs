//! [`Roots`]: which certificate authorities are trusted, `DECISIONS` §6 ("TLS trust").

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::TlsError;
use crate::error::ConfigError;

/// The certificate authorities that may vouch for a peer.
///
/// ```
/// use symgate_net::{ConfigError, Roots};
///
/// assert!(matches!(Roots::only_pem(b"no certificate"), Err(ConfigError::NoCertificate)));
/// ```
#[derive(Clone)]
pub struct Roots {
    base: Base,
    added: Vec<CertificateDer<'static>>,
}

#[derive(Clone)]
enum Base {
    System,
    Bundled,
    Nothing,
    File { path: PathBuf, named: &'static str },
}

impl Roots {
    /// What the machine trusts. With the feature `platform-verifier`, Windows and macOS judge by themselves. Elsewhere,
    /// or without it, the system's bundle is loaded (feature `native-roots`), and the authorities of
    /// [`bundled`](Self::bundled) serve if that yields nothing.
    ///
    /// The loader of the bundle (`rustls-native-certs`) obeys the variables `SSL_CERT_FILE` and `SSL_CERT_DIR`; a
    /// program whose own rules are stricter names the file itself with [`only_file`](Self::only_file).
    #[must_use]
    pub const fn system() -> Self {
        Self::from_base(Base::System)
    }

    /// Mozilla's authorities as compiled in (`webpki-roots`), whatever the machine trusts.
    #[must_use]
    pub const fn bundled() -> Self {
        Self::from_base(Base::Bundled)
    }

    /// The certificates of this PEM text and no others.
    ///
    /// # Errors
    ///
    /// As [`with_pem`](Self::with_pem).
    pub fn only_pem(pem: &[u8]) -> Result<Self, ConfigError> {
        Self::from_base(Base::Nothing).with_pem(pem)
    }

    /// The certificates of this PEM file and no others, read when the first TLS connection is made: what `SSL_CERT_FILE`
    /// means. `named` is who named the file, for the error that is made then.
    #[must_use]
    pub fn only_file(path: impl Into<PathBuf>, named: &'static str) -> Self {
        let path = path.into();
        Self::from_base(Base::File { path, named })
    }

    /// Adds the certificates of this PEM text: what `--ca-file` means. Text around them is skipped, and so are
    /// certificates that no verifier can use, as long as one can be used.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Pem`] if the text is damaged, [`ConfigError::NoCertificate`] if nothing in it is of use.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(ConfigError::Pem)?;
        let usable = certificates
            .into_iter()
            .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
        let before = self.added.len();
        self.added.extend(usable);
        if self.added.len() == before {
            return Err(ConfigError::NoCertificate);
        }
        Ok(self)
    }

    const fn from_base(base: Base) -> Self {
        Self {
            base,
            added: Vec::new(),
        }
    }

    /// Loads what has to be loaded and makes the judge.
    pub(super) fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        #[cfg(all(feature = "platform-verifier", any(windows, target_os = "macos")))]
        if matches!(self.base, Base::System) {
            return rustls_platform_verifier::Verifier::new_with_extra_roots(
                self.added.iter().cloned(),
                Arc::clone(provider),
            )
            .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
            .map_err(TlsError::Setup);
        }
        let mut store = RootCertStore::empty();
        match &self.base {
            Base::System => {
                if !add_native(&mut store) {
                    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                }
            }
            Base::Bundled => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Base::Nothing => {}
            Base::File { path, named } => {
                let unusable = |error: &dyn std::error::Error| {
                    let why = chain(error);
                    TlsError::Roots {
                        named,
                        path: path.clone(),
                        why,
                    }
                };
                let pem = fs::read(path).map_err(|error| unusable(&error))?;
                let roots = Self::only_pem(&pem).map_err(|error| unusable(&error))?;
                store.add_parsable_certificates(roots.added);
            }
        }
        store.add_parsable_certificates(self.added.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build();
        match verifier {
            Ok(verifier) => Ok(verifier),
            Err(error) => Err(TlsError::Setup(rustls::Error::General(error.to_string()))),
        }
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

/// Adds the system's bundle; whether anything came of it.
#[cfg(feature = "native-roots")]
fn add_native(store: &mut RootCertStore) -> bool {
    let found = rustls_native_certs::load_native_certs();
    if !found.errors.is_empty() {
        tracing::debug!("some of the system's roots cannot be read");
    }
    let (added, _) = store.add_parsable_certificates(found.certs);
    added > 0
}

/// Without the feature there is no bundle.
#[cfg(not(feature = "native-roots"))]
fn add_native(_store: &mut RootCertStore) -> bool {
    false
}

impl Default for Roots {
    /// [`Roots::system`].
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = match &self.base {
            Base::System => "system",
            Base::Bundled => "bundled",
            Base::Nothing => "nothing",
            Base::File { named, .. } => named,
        };
        write!(f, "Roots({base} + {})", self.added.len())
    }
}
