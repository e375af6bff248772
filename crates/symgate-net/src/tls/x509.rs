//! [`Certificate`]: what a certificate says, for people. Whether it may be believed is the verifier's affair.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_cert::der::asn1::{Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::{CN, O, OU};
use x509_cert::der::pem::{LineEnding, encode_string};
use x509_cert::der::{Any, Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// A certificate as it reads ([RFC 5280 §4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)). Names are the peer's
/// text, printable and cut short.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whose it is: the common name, else the organisation; empty if it has neither.
    pub subject: String,
    /// Who signed it, in the same way.
    pub issuer: String,
    /// Its first second, since the Unix epoch.
    pub not_before: u64,
    /// Its last second, since the Unix epoch.
    pub not_after: u64,
    /// The hosts that it is for, in the order of the certificate, at most [`NAMES`](Self::NAMES).
    pub names: Vec<String>,
    /// Who signed it.
    pub signer: Signer,
    der: Vec<u8>,
}

/// Whether a certificate names itself as its issuer, as those of authorities at the end of a chain do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signer {
    /// It names another one.
    Another,
    /// It names itself.
    Itself,
}

impl Certificate {
    /// How many hosts are told.
    pub const NAMES: usize = 8;

    /// Reads a certificate; `None` if it is not one.
    #[must_use]
    pub fn from_der(der: &CertificateDer<'_>) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?;
        let tbs = parsed.tbs_certificate();
        let seconds = |time: &x509_cert::time::Time| time.to_unix_duration().as_secs();
        let names = match tbs.get_extension::<SubjectAltName>() {
            Ok(Some((_, SubjectAltName(names)))) => names.iter().filter_map(host).take(Self::NAMES).collect(),
            Ok(None) | Err(_) => Vec::new(),
        };
        let signer = if tbs.subject() == tbs.issuer() {
            Signer::Itself
        } else {
            Signer::Another
        };
        Some(Self {
            subject: named(tbs.subject()).unwrap_or_default(),
            issuer: named(tbs.issuer()).unwrap_or_default(),
            not_before: seconds(&tbs.validity().not_before),
            not_after: seconds(&tbs.validity().not_after),
            names,
            signer,
            der: der.to_vec(),
        })
    }

    /// The SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for (index, byte) in Sha256::digest(&self.der).iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            // Writing to a string does not fail.
            let _ = write!(text, "{colon}{byte:02X}");
        }
        text
    }

    /// The certificate in the form that `--ca-file` reads.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_string("CERTIFICATE", LineEnding::LF, &self.der).unwrap_or_default()
    }
}

/// The common name of whoever issued this certificate, or the organisation.
pub(super) fn issuer(der: &[u8]) -> Option<String> {
    let parsed = x509_cert::Certificate::from_der(der).ok()?;
    named(parsed.tbs_certificate().issuer())
}

/// The common name, else the organisation, else its unit; what is most specific stands last.
fn named(name: &Name) -> Option<String> {
    [CN, O, OU].into_iter().find_map(|kind| {
        let part = name.iter().filter(|part| part.oid == kind).last()?;
        text(&part.value)
    })
}

/// A name's text in the four kinds of string that are in use.
fn text(value: &Any) -> Option<String> {
    let whole = value.to_der().ok()?;
    let text = Utf8StringRef::from_der(&whole)
        .map(|text| text.as_str().to_owned())
        .or_else(|_| PrintableStringRef::from_der(&whole).map(|text| text.as_str().to_owned()))
        .or_else(|_| Ia5StringRef::from_der(&whole).map(|text| text.as_str().to_owned()))
        .or_else(|_| TeletexStringRef::from_der(&whole).map(|text| text.as_str().to_owned()))
        .unwrap_or_else(|_| String::from_utf8_lossy(value.value()).into_owned());
    Some(printable(&text))
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(printable(name.as_str())),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
            let v6 = || <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string());
            v4.or_else(|_| v6()).ok()
        }
        _ => None,
    }
}

/// The text without what could move a terminal's cursor, turn its direction or close the quotes around it.
fn printable(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || c == '`'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars()
        .map(|c| if is_odd(c) { '\u{fffd}' } else { c })
        .take(SHOWN)
        .collect()
}

/// Characters of a name that are shown; RFC 5280 allows 64.
const SHOWN: usize = 64;

#[cfg(test)]
mod tests;
