//! Configurations and roots; handshakes are tested in `stream`.

use super::*;
use crate::testing::Authority;

#[test]
fn a_configuration_is_built_once_and_shared_by_clones() {
    let tls = Authority::new("CA").trusted();
    assert!(tls.built.get().is_none());
    let first = tls.clone().client_config().unwrap();
    assert!(Arc::ptr_eq(&first, &tls.client_config().unwrap()));
}

#[test]
fn every_kind_of_roots_makes_a_configuration() {
    let pem = Authority::new("CA").pem;
    for roots in [
        Roots::default(),
        Roots::system(),
        Roots::bundled(),
        Roots::bundled().with_pem(pem.as_bytes()).unwrap(),
        Roots::only_pem(pem.as_bytes()).unwrap(),
    ] {
        let tls = Tls::new(roots.clone());
        assert!(tls.client_config().is_ok(), "{roots:?}");
    }
}

#[test]
fn pem_that_is_of_no_use_is_told_apart() {
    let authority = Authority::new("CA");
    let (ours, other) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    assert!(matches!(Roots::only_pem(b""), Err(ConfigError::NoCertificate)));
    assert!(matches!(
        Roots::only_pem(ours.key_pem.as_bytes()),
        Err(ConfigError::NoCertificate)
    ));
    assert!(matches!(
        Roots::only_pem(junk.as_bytes()),
        Err(ConfigError::NoCertificate)
    ));
    assert!(matches!(Roots::only_pem(damaged.as_bytes()), Err(ConfigError::Pem(_))));
    // One certificate of use is enough, with text around it.
    let mixed = format!("# comment\n{junk}{}trailing", authority.pem);
    assert!(Roots::bundled().with_pem(mixed.as_bytes()).is_ok());

    type Want = fn(&ConfigError) -> bool;
    let rows: [(&str, &str, Want); 5] = [
        ("", &ours.key_pem, |e| matches!(e, ConfigError::NoCertificate)),
        (damaged, &ours.key_pem, |e| matches!(e, ConfigError::Pem(_))),
        (&ours.pem, "", |e| matches!(e, ConfigError::Key(_))),
        (&ours.pem, &other.key_pem, |e| {
            matches!(e, ConfigError::ClientCertificate(_))
        }),
        (&ours.pem, &ours.pem, |e| matches!(e, ConfigError::Key(_))),
    ];
    for (chain, key, want) in rows {
        let refused = authority
            .trusted()
            .with_client_certificate(chain.as_bytes(), key.as_bytes())
            .unwrap_err();
        assert!(want(&refused), "{refused:?}");
    }
    let both = format!("{}{}", ours.pem, ours.key_pem);
    assert!(
        authority
            .trusted()
            .with_client_certificate(both.as_bytes(), both.as_bytes())
            .is_ok()
    );
    let given = Tls::given(authority.trusted().client_config().unwrap());
    let refused = given.with_client_certificate(both.as_bytes(), both.as_bytes());
    assert!(matches!(refused, Err(ConfigError::GivenTls)), "{refused:?}");
}

#[test]
fn debug_shows_no_key() {
    let authority = Authority::new("CA");
    let ours = authority.issue(&["a"]);
    let tls = authority
        .trusted()
        .with_client_certificate(ours.pem.as_bytes(), ours.key_pem.as_bytes())
        .unwrap();
    assert_eq!(
        format!("{tls:?}"),
        "Tls { roots: Roots(nothing + 1), client_certificate: true }"
    );
    assert_eq!(format!("{:?}", Tls::given(tls.client_config().unwrap())), "Tls(given)");
}
