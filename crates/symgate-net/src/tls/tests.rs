//! Configurations and roots; handshakes are tested in `stream`.

use symgate_auth::UriScheme;

use super::*;
use crate::testing::Authority;

#[test]
fn a_configuration_is_built_once_and_shared_by_clones() {
    let tls = Authority::new("CA").trusted();
    assert!(tls.built.get().is_none());
    let first = tls.clone().client_config(None).unwrap();
    assert!(Arc::ptr_eq(&first, &tls.client_config(None).unwrap()));
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
        assert!(tls.client_config(None).is_ok(), "{roots:?}");
    }
}

#[test]
fn pem_that_is_of_no_use_is_told_apart() {
    let authority = Authority::new("CA");
    let ours = authority.issue(&["a"]);
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
}

#[test]
fn a_client_certificate_that_is_of_no_use_is_told_apart() {
    type Want = fn(&ConfigError) -> bool;
    let authority = Authority::new("CA");
    let (ours, other) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    let label = |label: &str| ours.key_pem.replace("PRIVATE KEY", label);
    let encrypted = label("ENCRYPTED PRIVATE KEY");
    let fields = "-----BEGIN EC PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n\r\nAAAA\n";
    let older = format!("{fields}-----END EC PRIVATE KEY-----\n");
    let foreign = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let rows: [(&str, &str, Want); 11] = [
        ("", &ours.key_pem, |e| matches!(e, ConfigError::NotPem)),
        ("\x30\x03", &ours.key_pem, |e| matches!(e, ConfigError::NotPem)),
        (&ours.key_pem, &ours.key_pem, |e| {
            matches!(e, ConfigError::NoCertificate)
        }),
        (damaged, &ours.key_pem, |e| matches!(e, ConfigError::Pem(_))),
        (junk, &ours.key_pem, |e| matches!(e, ConfigError::ClientCertificate(_))),
        (&ours.pem, "", |e| matches!(e, ConfigError::Key(_))),
        (&ours.pem, &ours.pem, |e| matches!(e, ConfigError::Key(_))),
        (&ours.pem, &encrypted, |e| matches!(e, ConfigError::EncryptedKey)),
        (&ours.pem, &older, |e| matches!(e, ConfigError::EncryptedKey)),
        (&ours.pem, foreign, |e| matches!(e, ConfigError::ClientCertificate(_))),
        (&ours.pem, &other.key_pem, |e| matches!(e, ConfigError::KeyMismatch)),
    ];
    for (chain, key, want) in rows {
        let refused = ClientCertificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(want(&refused), "{chain} {key}: {refused:?}");
    }
    for both in [
        format!("{}{}", ours.pem, ours.key_pem),
        format!("Bag Attributes\n{}Key Attributes\n{}", ours.key_pem, ours.pem),
    ] {
        assert!(ClientCertificate::from_pem(both.as_bytes(), both.as_bytes()).is_ok());
    }
    let given = Tls::given(authority.trusted().client_config(None).unwrap());
    let refused = given.with_client_certificate(ours.for_client(), Audience::Anybody);
    assert!(matches!(refused, Err(ConfigError::GivenTls)), "{refused:?}");
}

/// A search that finds everything at hand must not fail over it.
#[test]
fn a_file_of_roots_is_read_when_it_is_needed() {
    let directory = std::env::temp_dir().join(format!("symgate-net-roots-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("roots.pem");
    let tls = || Tls::new(Roots::only_file(&file, "SSL_CERT_FILE"));
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let error = tls().client_config(None).unwrap_err();
        assert!(matches!(error, TlsError::Roots { .. }), "{error}");
        let told = error.to_string();
        assert!(
            told.starts_with("SSL_CERT_FILE, `") && told.contains("roots.pem"),
            "{told}"
        );
    }
    std::fs::write(&file, Authority::new("CA").pem).unwrap();
    tls().client_config(None).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_certificate_is_for_its_audience() {
    let authority = Authority::new("CA");
    let ours = authority.issue(&["a"]);
    let origin = |host: &str, port| Origin::new(UriScheme::Https, host, port);
    let only = |hosts: &[&str]| Audience::Only(hosts.iter().map(|host| origin(host, 443)).collect());
    let shown =
        |tls: &Tls, peer: Option<&Origin>| tls.client_config(peer).unwrap().client_auth_cert_resolver.has_certs();
    let with = |audience| {
        let tls = authority.trusted();
        tls.with_client_certificate(ours.for_client(), audience).unwrap()
    };
    for (tls, expected) in [
        (authority.trusted().shown_only_to([origin("a", 443)]), &[][..]),
        (with(Audience::Anybody), &["a", "b", "a:444"]),
        (with(only(&[])), &[]),
        (with(only(&["a"])), &["a"]),
        (with(Audience::Anybody).shown_only_to([origin("a", 443)]), &["a"]),
        (with(only(&["a"])).shown_only_to([origin("b", 443)]), &[]),
    ] {
        for (name, peer) in [
            ("a", origin("a", 443)),
            ("b", origin("b", 443)),
            ("a:444", origin("a", 444)),
        ] {
            assert_eq!(shown(&tls, Some(&peer)), expected.contains(&name), "{tls:?} {name}");
        }
        assert!(!shown(&tls, None), "{tls:?}");
    }
    let known = Known::default();
    let tls = with(only(&["a", "c"])).shown_only_to_known(&known);
    for (name, before, after) in [("a", false, true), ("b", false, false), ("c", false, false)] {
        let peer = origin(name, 443);
        assert_eq!(shown(&tls, Some(&peer)), before, "{name}");
        if name != "c" {
            known.clone().add(peer.clone());
        }
        assert_eq!(shown(&tls, Some(&peer)), after, "{name}");
    }
    // What the caller gives as a whole is the caller's.
    let own = with(Audience::Anybody).client_config(Some(&origin("a", 443))).unwrap();
    assert!(shown(&Tls::given(own).shown_only_to([]), None));
}

#[test]
fn debug_shows_no_key() {
    let authority = Authority::new("CA");
    let ours = authority.issue(&["a"]);
    let tls = authority
        .trusted()
        .with_client_certificate(ours.for_client(), Audience::Anybody)
        .unwrap();
    assert_eq!(
        format!("{tls:?}"),
        "Tls { roots: Roots(nothing + 1), identity: Some(Identity { certificate: ClientCertificate, audience: Anybody, known: None }) }"
    );
    assert_eq!(
        format!("{:?}", Tls::given(tls.client_config(None).unwrap())),
        "Tls(given)"
    );
}
