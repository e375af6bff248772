//! Names the issuer of a certificate that nobody trusts: [`Naming`].
//!
//! "Unknown issuer" is the most frequent TLS error behind a company's proxy, and the issuer's name is what its reader
//! needs: it is the proxy. rustls keeps the certificate to itself when it refuses it, so the judge is wrapped.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme};

/// A judge that decides as its inner one does and adds the issuer's name to an "unknown issuer".
#[derive(Debug)]
pub(super) struct Naming {
    inner: Arc<dyn ServerCertVerifier>,
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
    pub(super) fn new(inner: Arc<dyn ServerCertVerifier>) -> Self {
        Self { inner }
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

/// The common name of the issuer, or its organisation
/// ([RFC 5280 §4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)): printable, at most [`SHOWN`] characters.
fn issuer(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = expect(certificate, SEQUENCE)?;
    let (mut tbs, _) = expect(certificate, SEQUENCE)?;
    if let Some((_, rest)) = expect(tbs, VERSION) {
        tbs = rest;
    }
    let (_, rest) = expect(tbs, INTEGER)?; // serialNumber
    let (_, rest) = expect(rest, SEQUENCE)?; // signature
    let (mut names, _) = expect(rest, SEQUENCE)?; // issuer
    let mut organisation = None;
    while let Some((mut set, rest)) = expect(names, SET) {
        names = rest;
        while let Some((attribute, rest)) = expect(set, SEQUENCE) {
            set = rest;
            let (kind, value) = expect(attribute, OBJECT_IDENTIFIER)?;
            let (_, value, _) = element(value)?;
            if kind == COMMON_NAME {
                return Some(printable(value));
            }
            if kind == ORGANISATION {
                organisation = Some(printable(value));
            }
        }
    }
    organisation
}

/// The content of the first element, which must have this tag, and what follows it.
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag, content and rest of the first DER element; tags of one byte and lengths of up to three are all that a
/// certificate's head needs.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&short, bytes) = bytes.split_first()?;
    let (length, bytes) = match short {
        0..=0x7f => (usize::from(short), bytes),
        0x81..=0x83 => {
            let (digits, bytes) = bytes.split_at_checked(usize::from(short & 0x7f))?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, bytes)
        }
        _ => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The text without what could move a terminal's cursor or close the quotes around it.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c })
        .take(SHOWN)
        .collect()
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const VERSION: u8 = 0xa0;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Characters of a name that are shown; RFC 5280 allows 64.
const SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    use super::*;

    fn certificate(names: &[(DnType, &str)]) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["h".into()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, name) in names {
            params.distinguished_name.push(kind.clone(), *name);
        }
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .to_vec()
    }

    #[test]
    fn takes_the_common_name_then_the_organisation() {
        let long = "x".repeat(100);
        for (names, expected) in [
            (
                &[(DnType::OrganizationName, "Org"), (DnType::CommonName, "Proxy CA")][..],
                Some("Proxy CA"),
            ),
            (&[(DnType::OrganizationName, "Org")], Some("Org")),
            (&[(DnType::CountryName, "DE")], None),
            (&[], None),
            (&[(DnType::CommonName, "a\x1b[2J`b")], Some("a\u{fffd}[2J\u{fffd}b")),
            (&[(DnType::CommonName, &long)], Some(&long[..SHOWN])),
        ] {
            assert_eq!(issuer(&certificate(names)).as_deref(), expected, "{names:?}");
        }
    }

    #[test]
    fn a_cut_certificate_has_no_issuer_or_the_right_one() {
        let whole = certificate(&[(DnType::CommonName, "CA")]);
        for end in 0..whole.len() {
            assert_eq!(issuer(&whole[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let name = issuer(&bytes);
            prop_assert!(name.is_none_or(|name| name.chars().count() <= SHOWN));
        }

        #[test]
        fn a_damaged_certificate_does_no_harm(position in 0_usize..300, value: u8) {
            let mut damaged = certificate(&[(DnType::CommonName, "CA")]);
            let position = position % damaged.len();
            damaged[position] = value;
            let name = issuer(&damaged);
            prop_assert!(name.is_none_or(|name| !name.chars().any(char::is_control)));
        }
    }
}
