//! Certificates of a test: one authority for origins, another for proxies.
//!
//! Two authorities, because the proxy hop has its own roots (DECISIONS §6): a client that mixes them
//! up must fail, and with one authority it would not.

use rcgen::BasicConstraints;
use rcgen::Certificate;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::date_time_ymd;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::dir::Dir;

/// Two certificate authorities with a server certificate each, as PEM files in one directory.
///
/// ```
/// let pki = symgate_tests::Pki::new();
/// assert_ne!(pki.origin().certificate(), pki.proxy().certificate());
/// assert!(pki.origin().ca_file().is_file());
/// ```
#[derive(Debug)]
pub struct Pki {
    origin: Authority,
    proxy: Authority,
    _dir: Arc<Dir>,
}

impl Pki {
    /// Makes fresh keys and certificates (ECDSA P-256, valid for ever).
    ///
    /// # Panics
    /// If the directory cannot be written.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it makes keys and files; `default` should not"
    )]
    pub fn new() -> Self {
        let dir = Arc::new(Dir::new());
        Self {
            origin: Authority::new("origin", &dir),
            proxy: Authority::new("proxy", &dir),
            _dir: dir,
        }
    }

    /// The authority that vouches for symbol stores.
    #[must_use]
    pub fn origin(&self) -> &Authority {
        &self.origin
    }

    /// The authority that vouches for proxies spoken to in TLS.
    #[must_use]
    pub fn proxy(&self) -> &Authority {
        &self.proxy
    }
}

/// A certificate authority and the server certificate that it issued for loopback.
pub struct Authority {
    name: &'static str,
    dir: Arc<Dir>,
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    ca_pem: String,
    ca_file: PathBuf,
    key_file: PathBuf,
    server: Leaf,
}

impl Authority {
    fn new(name: &'static str, dir: &Arc<Dir>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&format!("symgate test {name} authority"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a P-256 key can be made");
        let certificate = params.self_signed(&key).expect("a well-formed certificate signs");
        let ca_pem = certificate.pem();
        let ca_file = dir.write(format!("{name}-ca.pem"), &ca_pem);
        let key_file = dir.write(format!("{name}-ca.key"), key.serialize_pem());
        let issuer = Issuer::new(params, key);
        let names = ["localhost", "127.0.0.1", "::1"];
        let purpose = ExtendedKeyUsagePurpose::ServerAuth;
        let server = Leaf::new(&issuer, &ca_pem, dir, &format!("{name}-server"), &names, purpose);
        Self {
            name,
            dir: Arc::clone(dir),
            issuer,
            certificate: certificate.der().clone(),
            ca_pem,
            ca_file,
            key_file,
            server,
        }
    }

    /// The authority's own certificate in PEM: what `--ca-file` wants.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The authority's own private key in PEM: what a proxy wants that signs for everybody.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// The authority's own certificate in DER: what a root store wants.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate for `localhost`, `127.0.0.1` and `::1`.
    #[must_use]
    pub fn server(&self) -> &Leaf {
        &self.server
    }

    /// Issues a certificate for other names, such as one that a client must refuse.
    ///
    /// `file` starts the names of its two PEM files and must be new in this authority.
    ///
    /// # Panics
    /// If a name can stand in no certificate, or the directory cannot be written.
    #[must_use]
    pub fn issue(&self, file: &str, names: &[&str]) -> Leaf {
        self.leaf(file, names, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Issues a certificate with which a client shows who it is.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn issue_client(&self, file: &str, name: &str) -> Leaf {
        self.leaf(file, &[name], ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// Issues a certificate whose time is over: it was good for the year 2001.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn issue_expired(&self, file: &str, names: &[&str]) -> Leaf {
        let mut params = params(names, ExtendedKeyUsagePurpose::ServerAuth);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        let file = format!("{}-{file}", self.name);
        Leaf::signed(&self.issuer, &self.ca_pem, &self.dir, &file, params)
    }

    /// Makes a certificate that nobody but itself vouches for, in this authority's directory.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn self_signed(&self, file: &str, names: &[&str]) -> Leaf {
        let params = params(names, ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate().expect("a P-256 key can be made");
        let certificate = params.self_signed(&key).expect("a well-formed certificate signs");
        Leaf::written(&certificate, &key, "", &self.dir, &format!("{}-{file}", self.name))
    }

    fn leaf(&self, file: &str, names: &[&str], purpose: ExtendedKeyUsagePurpose) -> Leaf {
        let file = format!("{}-{file}", self.name);
        Leaf::new(&self.issuer, &self.ca_pem, &self.dir, &file, names, purpose)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("name", &self.name)
            .field("ca_file", &self.ca_file)
            .finish_non_exhaustive()
    }
}

/// A server's or a client's certificate chain and key.
pub struct Leaf {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    chain_file: PathBuf,
    key_file: PathBuf,
}

impl Leaf {
    fn new(
        issuer: &Issuer<'static, KeyPair>,
        ca_pem: &str,
        dir: &Dir,
        file: &str,
        names: &[&str],
        purpose: ExtendedKeyUsagePurpose,
    ) -> Self {
        Self::signed(issuer, ca_pem, dir, file, params(names, purpose))
    }

    fn signed(
        issuer: &Issuer<'static, KeyPair>,
        ca_pem: &str,
        dir: &Dir,
        file: &str,
        mut params: CertificateParams,
    ) -> Self {
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().expect("a P-256 key can be made");
        let certificate = params.signed_by(&key, issuer).expect("a well-formed certificate signs");
        Self::written(&certificate, &key, ca_pem, dir, file)
    }

    fn written(certificate: &Certificate, key: &KeyPair, ca_pem: &str, dir: &Dir, file: &str) -> Self {
        Self {
            chain: vec![certificate.der().clone()],
            key: key.serialize_der(),
            chain_file: dir.write(format!("{file}.pem"), certificate.pem() + ca_pem),
            key_file: dir.write(format!("{file}.key"), key.serialize_pem()),
        }
    }

    /// The chain in PEM, the server's certificate first, then its authority's.
    #[must_use]
    pub fn chain_file(&self) -> &Path {
        &self.chain_file
    }

    /// The private key in PEM (PKCS #8), readable by every user as squid wants it.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// A server configuration with this certificate, TLS 1.2 and 1.3, without client certificates.
    ///
    /// # Panics
    /// Never in practice: the key was made for the certificate.
    #[must_use]
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .expect("the key belongs to the certificate");
        Arc::new(config)
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaf")
            .field("chain_file", &self.chain_file)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

fn params(names: &[&str], purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("the names are host names or addresses");
    params.distinguished_name = named("symgate test peer");
    params.extended_key_usages = vec![purpose];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::ClientConfig;
    use rustls::ClientConnection;
    use rustls::RootCertStore;
    use rustls::ServerConnection;
    use rustls::pki_types::ServerName;

    #[test]
    fn certificates_hold_for_their_names_and_their_authority_only() {
        let pki = Pki::new();
        let other = pki.origin().issue("elsewhere", &["elsewhere.test"]);
        let expired = pki.origin().issue_expired("expired", &["localhost"]);
        let alone = pki.origin().self_signed("alone", &["localhost"]);
        let table = [
            ("localhost", pki.origin(), pki.origin().server(), true),
            ("127.0.0.1", pki.origin(), pki.origin().server(), true),
            ("::1", pki.origin(), pki.origin().server(), true),
            ("localhost", pki.proxy(), pki.proxy().server(), true),
            ("localhost", pki.proxy(), pki.origin().server(), false),
            ("localhost", pki.origin(), pki.proxy().server(), false),
            ("localhost", pki.origin(), &other, false),
            ("elsewhere.test", pki.origin(), &other, true),
            ("localhost", pki.origin(), &expired, false),
            ("localhost", pki.origin(), &alone, false),
        ];
        for (name, trusted, leaf, expected) in table {
            let outcome = handshake(name, trusted, leaf);
            assert_eq!(outcome.is_ok(), expected, "{name}, {trusted:?}, {leaf:?}: {outcome:?}");
        }
    }

    fn handshake(name: &str, trusted: &Authority, leaf: &Leaf) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.certificate().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name)?;
        let mut server = ServerConnection::new(leaf.server_config())?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            server.read_tls(&mut wire.as_slice()).unwrap();
            server.process_new_packets()?;
            wire.clear();
            server.write_tls(&mut wire).unwrap();
            client.read_tls(&mut wire.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }
}
