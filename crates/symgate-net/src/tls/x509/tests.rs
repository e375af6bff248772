//! Certificates as rcgen makes them, whole, cut and damaged.

use std::net::IpAddr;

use proptest::prelude::*;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

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
        (
            &[(DnType::CommonName, "a\x1b[2J`b\u{202e}c")],
            Some("a\u{fffd}[2J\u{fffd}b\u{fffd}c"),
        ),
        (&[(DnType::CommonName, &long)], Some(&long[..SHOWN])),
    ] {
        assert_eq!(issuer(&certificate(names)).as_deref(), expected, "{names:?}");
    }
}

#[test]
fn a_cut_certificate_has_no_issuer() {
    let whole = certificate(&[(DnType::CommonName, "CA")]);
    for end in 0..whole.len() {
        assert_eq!(issuer(&whole[..end]), None, "{end}");
    }
}

#[test]
fn reads_what_a_person_asks_for() {
    let mut params = CertificateParams::new(vec!["a.test".into(), "*.b.test".into()]).unwrap();
    params
        .subject_alt_names
        .push(SanType::IpAddress("192.0.2.1".parse::<IpAddr>().unwrap()));
    params
        .subject_alt_names
        .push(SanType::IpAddress("2001:db8::1".parse::<IpAddr>().unwrap()));
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "a.test");
    let signed = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let read = Certificate::from_der(signed.der()).unwrap();
    assert_eq!((read.subject.as_str(), read.issuer.as_str()), ("a.test", "a.test"));
    assert_eq!(read.signer, Signer::Itself);
    assert_eq!((read.not_before, read.not_after), (1_577_836_800, 1_893_456_000));
    assert_eq!(read.names, ["a.test", "*.b.test", "192.0.2.1", "2001:db8::1"]);
    assert_eq!(read.pem().trim_end(), signed.pem().replace("\r\n", "\n").trim_end());
    assert_eq!(read.fingerprint().len(), 32 * 3 - 1);
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = Certificate::from_der(&bytes.into());
        prop_assert!(read.is_none_or(|read| read.issuer.chars().count() <= SHOWN));
    }

    #[test]
    fn a_damaged_certificate_does_no_harm(position in 0_usize..300, value: u8) {
        let mut damaged = certificate(&[(DnType::CommonName, "CA")]);
        let position = position % damaged.len();
        damaged[position] = value;
        let read = Certificate::from_der(&damaged.into());
        prop_assert!(read.is_none_or(|read| !read.issuer.chars().any(char::is_control)));
    }
}
