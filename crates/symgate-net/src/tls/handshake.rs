//! [`Handshake`]: what was agreed with a peer in TLS, and who vouches for it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{HandshakeKind, ProtocolVersion};

use super::{Certificate, provider};

/// A handshake as far as it got.
#[derive(Clone)]
#[non_exhaustive]
pub struct Handshake {
    /// The version, such as `TLSv1.3`; `None` before the peer has chosen.
    pub version: Option<&'static str>,
    /// The cipher suite by its name in the registry.
    pub suite: Option<&'static str>,
    /// The protocol that was agreed inside
    /// ([RFC 7301](https://www.rfc-editor.org/rfc/rfc7301)); `None` where the peer did not say.
    pub alpn: Option<String>,
    /// Whether it was a new session.
    pub session: Session,
    /// Round trips of the handshake alone.
    pub round_trips: u32,
    name: ServerName<'static>,
    chain: Vec<CertificateDer<'static>>,
}

/// Whether an earlier session was taken up again; its certificates are those of then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Session {
    /// Everything was agreed anew.
    Fresh,
    /// An earlier one was resumed.
    Resumed,
}

/// Who vouches for a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trust {
    /// An authority that everybody knows: the chain leads to one of Mozilla's roots.
    Public,
    /// Somebody else: a company's own authority, a proxy that inspects TLS, the peer itself. Whether it is trusted here is
    /// what the handshake ended in.
    Private,
    /// The peer has shown no certificate.
    Nobody,
}

impl Handshake {
    pub(crate) fn new(name: ServerName<'static>) -> Self {
        Self {
            version: None,
            suite: None,
            alpn: None,
            session: Session::Fresh,
            round_trips: 0,
            name,
            chain: Vec::new(),
        }
    }

    /// Takes over what a connection has come to.
    pub(crate) fn learn(&mut self, conn: &rustls::client::UnbufferedClientConnection) {
        self.version = conn.protocol_version().and_then(version);
        self.suite = conn.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        self.alpn = conn.alpn_protocol().map(|name| name.escape_ascii().to_string());
        if conn.handshake_kind() == Some(HandshakeKind::Resumed) {
            self.session = Session::Resumed;
        }
        if let Some(chain) = conn.peer_certificates() {
            self.chain = chain.iter().map(|der| der.clone().into_owned()).collect();
        }
    }

    /// The chain that the verifier refused.
    pub(crate) fn refused(&mut self, chain: Vec<CertificateDer<'static>>) {
        self.chain = chain;
    }

    /// The certificates that the peer sent, its own first, as they read; at most [`CHAIN`](Self::CHAIN).
    pub fn chain(&self) -> impl Iterator<Item = Certificate> + '_ {
        self.chain.iter().take(Self::CHAIN).filter_map(Certificate::from_der)
    }

    /// How many certificates of a chain are told.
    pub const CHAIN: usize = 8;

    /// Who vouches for the peer, whatever this machine trusts: it is judged again, by Mozilla's roots alone. What is
    /// wrong with a certificate besides, its dates or its name, makes nobody of it.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let Some((own, others)) = self.chain.split_first() else {
            return Trust::Nobody;
        };
        let mut store = RootCertStore::empty();
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::new(provider())).build();
        // Who signed does not change on the day that a certificate ends.
        let now = UnixTime::now().as_secs();
        let read: Vec<_> = self.chain().collect();
        let end = read.iter().map(|read| read.not_after).min().unwrap_or(now);
        let begin = read.iter().map(|read| read.not_before).max().unwrap_or(now);
        let then = now.min(end).max(begin);
        let then = UnixTime::since_unix_epoch(Duration::from_secs(then));
        let known = verifier.is_ok_and(|verifier| {
            let verdict = verifier.verify_server_cert(own, others, &self.name, &[], then);
            is_known(verdict.err().as_ref())
        });
        if known { Trust::Public } else { Trust::Private }
    }
}

/// Whether the chain led to a root, whatever else was wrong: those errors are found behind the root.
fn is_known(error: Option<&rustls::Error>) -> bool {
    use rustls::CertificateError as Flaw;
    match error {
        None => true,
        Some(rustls::Error::InvalidCertificate(flaw)) => {
            matches!(flaw, Flaw::NotValidForName | Flaw::NotValidForNameContext { .. })
        }
        Some(_) => false,
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("version", &self.version)
            .field("suite", &self.suite)
            .field("alpn", &self.alpn)
            .field("session", &self.session)
            .field("round_trips", &self.round_trips)
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

const fn version(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
        _ => None,
    }
}

/// The chains that a verifier refused, until whoever shook hands takes them: rustls keeps what was refused to itself. A
/// verifier is shared by all connections and works on the thread of the one that it judges for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(Arc<Mutex<HashMap<ThreadId, Vec<CertificateDer<'static>>>>>);

impl Refusals {
    pub(super) fn keep(&self, own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) {
        let chain = std::iter::once(own).chain(others).take(Handshake::CHAIN);
        let chain = chain.map(|der| der.clone().into_owned()).collect();
        // Each change is one insertion or removal.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(thread::current().id(), chain);
    }

    /// The chain that was refused last on this thread.
    pub(crate) fn take(&self) -> Option<Vec<CertificateDer<'static>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&thread::current().id())
    }
}
