//! Names the issuer of a certificate that nobody trusts: [`Naming`].
//!
//! "Unknown issuer" is the most frequent TLS error behind a company's proxy, and the issuer's name is what its reader
//! needs: it is the proxy. rustls keeps the certificate to itself when it refuses it, so the judge is wrapped.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme};

use super::handshake::Refusals;
use super::x509::issuer;

/// A judge that decides as its inner one does, keeps the chains that it refuses, and adds the issuer's name to an "unknown
/// issuer".
#[derive(Debug)]
pub(super) struct Naming {
    inner: Arc<dyn ServerCertVerifier>,
    refusals: Refusals,
}

/// The issuer of a refused certificate, as the certificate writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct UnknownIssuer(pub(super) String);

impl fmt::Display for UnknownIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate was issued by `{}`, which is not trusted", self.0)
    }
}

impl std::error::Error for UnknownIssuer {}

impl Naming {
    pub(super) fn new(inner: Arc<dyn ServerCertVerifier>, refusals: Refusals) -> Self {
        Self { inner, refusals }
    }
}

impl ServerCertVerifier for Naming {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self
            .inner
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if verdict.is_err() {
            self.refusals.keep(end_entity, intermediates);
        }
        match verdict {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                // The last certificate that was sent is nearest to the authority that is missing.
                let last = intermediates.last().unwrap_or(end_entity);
                Err(match issuer(last) {
                    Some(name) => CertificateError::Other(OtherError(Arc::new(UnknownIssuer(name)))).into(),
                    None => CertificateError::UnknownIssuer.into(),
                })
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.inner.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.inner.root_hint_subjects()
    }
}
