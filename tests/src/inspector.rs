//! A middlebox that ends TLS with a certificate of its own and goes on in another connection.
//!
//! To a client it is the server, if the client trusts its authority, as machines of an office do. A token that is bound
//! to the certificate which the client saw is then bound to the wrong one for the server: channel bindings
//! ([RFC 5929](https://www.rfc-editor.org/rfc/rfc5929)) exist to tell this apart.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::RootCertStore;
use rustls::ServerConnection;
use rustls::StreamOwned;
use rustls::pki_types::ServerName;

use crate::pki::Authority;
use crate::pki::Leaf;

/// A running middlebox; it ends, with all its connections, on drop.
#[derive(Debug)]
pub struct Inspector {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

/// How a middlebox goes on.
#[derive(Clone, Copy, Debug)]
pub enum Onward<'a> {
    /// In clear text.
    Clear,
    /// In TLS, to `localhost` as this authority knows it.
    Tls(&'a Authority),
}

impl Inspector {
    /// Listens on a free loopback port as the owner of `leaf`, and carries on to `target`.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn start(leaf: &Leaf, target: SocketAddr, onward: Onward<'_>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let (as_server, as_client) = (leaf.server_config(), onward.config());
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let (as_server, as_client, stop) = (Arc::clone(&as_server), as_client.clone(), Arc::clone(&stop));
                thread::spawn(move || {
                    // A side that goes away ends the connection, which is all that there is to do.
                    let _gone = ServerConnection::new(as_server)
                        .map_err(io::Error::other)
                        .and_then(|front| carry(front, client, target, as_client, &stop));
                });
            }
        });
        Self { address, stopped }
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // The acceptor looks at the flag after each connection: this is its last one.
        let _woken = TcpStream::connect(self.address);
    }
}

impl Onward<'_> {
    fn config(self) -> Option<Arc<ClientConfig>> {
        let Self::Tls(authority) = self else { return None };
        let mut roots = RootCertStore::empty();
        roots
            .add(authority.certificate().clone())
            .expect("an authority's certificate is a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Some(Arc::new(config))
    }
}

fn carry(
    mut front: ServerConnection,
    mut client: TcpStream,
    target: SocketAddr,
    as_client: Option<Arc<ClientConfig>>,
    stop: &AtomicBool,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    front.complete_io(&mut client)?;
    let mut server = TcpStream::connect(target)?;
    server.set_nodelay(true)?;
    let sockets = [client.try_clone()?, server.try_clone()?];
    let mut back: Box<dyn Both> = match as_client {
        None => Box::new(server),
        Some(config) => {
            let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
            let mut back = ClientConnection::new(config, name).map_err(io::Error::other)?;
            back.complete_io(&mut server)?;
            Box::new(StreamOwned::new(back, server))
        }
    };
    let mut front = StreamOwned::new(front, client);
    // One thread looks at both sides in turn, because a TLS connection has one owner.
    for socket in &sockets {
        socket.set_read_timeout(Some(TURN))?;
    }
    while !stop.load(Ordering::Relaxed) && pump(&mut front, &mut back)? && pump(&mut back, &mut front)? {}
    for socket in &sockets {
        // Fails when the peer is gone already, which is what is wanted.
        let _gone = socket.shutdown(Shutdown::Both);
    }
    Ok(())
}

/// Carries on what has come, if anything has within a turn; `false` at the end.
fn pump(from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            to.write_all(&buffer[..count])?;
            to.flush()?;
            Ok(true)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error),
    }
}

trait Both: Read + Write {}

impl<S: Read + Write> Both for S {}

/// How long one side is listened to before it is the other's turn.
const TURN: Duration = Duration::from_millis(2);
