//! Test code that several modules share: certificates made on the spot, and servers on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::cancel::Cancel;
use crate::deadline::Wait;
use crate::tls::{ClientCertificate, Roots, Tls, provider};

/// A certificate authority of one test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
    der: CertificateDer<'static>,
}

/// A certificate with its key.
pub(crate) struct Certified {
    pub(crate) pem: String,
    pub(crate) key_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self, names: &[&str]) -> Certified {
        self.issue_with(names, |_| {})
    }

    pub(crate) fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certified {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }

    /// Trusts this authority alone.
    pub(crate) fn trusted(&self) -> Tls {
        Tls::new(Roots::only_pem(self.pem.as_bytes()).unwrap())
    }

    /// Lets in only who shows a certificate of this authority.
    pub(crate) fn demanding(&self, certified: Certified) -> Arc<ServerConfig> {
        self.wanting(certified, Demand::Must, rustls::ALL_VERSIONS)
    }

    /// Asks for a certificate of this authority.
    pub(crate) fn wanting(
        &self,
        certified: Certified,
        demand: Demand,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = match demand {
            Demand::Must => verifier,
            Demand::May => verifier.allow_unauthenticated(),
        };
        let verifier = verifier.build().unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(certified.chain, certified.key)
            .unwrap();
        Arc::new(config)
    }
}

/// Whether a server that asks for a certificate lets in who has none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demand {
    Must,
    May,
}

impl Certified {
    /// The certificate as a client shows it.
    pub(crate) fn for_client(&self) -> ClientCertificate {
        ClientCertificate::from_pem(self.pem.as_bytes(), self.key_pem.as_bytes()).unwrap()
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.chain[0]
    }

    pub(crate) fn into_server(self, versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .unwrap();
        Arc::new(config)
    }
}

/// A server of one test: runs `script` on each of `connections` connections, one after the other.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(connections: usize, script: impl Fn(usize, TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            thread: std::thread::spawn(move || {
                for connection in 0..connections {
                    let (tcp, _) = listener.accept().unwrap();
                    // Scripts say exactly when bytes leave.
                    tcp.set_nodelay(true).unwrap();
                    script(connection, tcp);
                }
            }),
        }
    }

    pub(crate) fn connect(&self) -> crate::stream::Stream {
        crate::stream::Stream::new(TcpStream::connect(self.address).unwrap()).unwrap()
    }

    /// Waits for the scripts to end; their assertions count.
    pub(crate) fn finish(self) {
        self.thread.join().unwrap();
    }
}

/// The server's end of TLS.
pub(crate) fn accept<T: Read + Write>(config: &Arc<ServerConfig>, lower: T) -> StreamOwned<ServerConnection, T> {
    StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), lower)
}

/// A watchdog ten times longer than anything here takes.
pub(crate) fn patient(cancel: &Cancel) -> Wait<'_> {
    Wait::new(cancel, Some(Instant::now() + Duration::from_secs(20)))
}

/// The tail of a script that must neither read nor close until the client has gone.
pub(crate) fn linger(mut tcp: TcpStream) {
    tcp.read_to_end(&mut Vec::new()).ok();
}
