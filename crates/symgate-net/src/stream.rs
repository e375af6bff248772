//! [`Stream`]: a socket under none, one or two layers of TLS, stacked like filters: `tls → tls → tcp` is an origin
//! reached through a tunnel of a TLS proxy.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::cancel::Cancel;
use crate::deadline::{Halt, Wait};
use crate::session::Session;
use crate::socket::Socket;
use crate::tls::Handshake;

/// A connection to a peer.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: Socket,
    /// The one next to the socket first.
    layers: Vec<Session>,
}

/// The result of a read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Received {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing more will come.
    End(Ended),
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ended {
    /// By the peer's word: `close_notify`, or the end of a plain stream.
    Clean,
    /// TLS ended without `close_notify`.
    Truncated,
}

impl Stream {
    /// Takes over a connected socket.
    pub(crate) fn new(tcp: TcpStream) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::new(tcp)?,
            layers: Vec::new(),
        })
    }

    /// Puts a layer of TLS on top; the peer's certificate in DER. `early` are bytes that were read from this stream
    /// already and belong to the handshake, of which the rest is told.
    pub(crate) fn start_tls(
        &mut self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        early: &[u8],
        wait: &Wait<'_>,
        told: &mut Handshake,
    ) -> Result<Vec<u8>, Halt> {
        let session = Session::start(&mut self.top(), config, name, early, wait, told)?;
        let certificate = session.certificate().unwrap_or_default().to_vec();
        self.layers.push(session);
        Ok(certificate)
    }

    /// Reads what is there, or waits for at least one byte.
    pub(crate) fn read(&mut self, buf: &mut [u8], wait: &Wait<'_>) -> Result<Received, Halt> {
        self.top().read(buf, wait)
    }

    /// Writes all of it.
    pub(crate) fn write_all(&mut self, bytes: &[u8], wait: &Wait<'_>) -> Result<(), Halt> {
        self.top().write_all(bytes, wait)
    }

    /// Whether an idle stream may carry another request: nothing but messages of TLS itself may have arrived since the
    /// last answer. Tickets, which a server often sends after the handshake, are taken in; data, an end, an alert or
    /// an error make the stream unfit. Does not wait.
    pub(crate) fn is_alive(&mut self) -> bool {
        let never = Cancel::new();
        if self.socket.set_nonblocking(true).is_err() {
            return false;
        }
        let silent = matches!(self.read(&mut [0], &Wait::none(&never)), Err(Halt::Expired));
        self.socket.set_nonblocking(false).is_ok() && silent && self.layers.iter().all(Session::is_sound)
    }

    /// Says goodbye in every layer, as far as that is possible without waiting, and closes.
    pub(crate) fn close(mut self) {
        let never = Cancel::new();
        if self.socket.set_nonblocking(true).is_err() {
            return;
        }
        while let Some(mut session) = self.layers.pop() {
            // The peer learns the same from the end of the socket, if it is still there to learn.
            session.close(&mut self.top(), &Wait::none(&never)).ok();
        }
    }

    fn top(&mut self) -> Below<'_> {
        Below {
            socket: &mut self.socket,
            layers: &mut self.layers,
        }
    }
}

/// A socket and the lowest layers on it: what the next layer reads from and writes to.
#[derive(Debug)]
pub(crate) struct Below<'s> {
    socket: &'s mut Socket,
    layers: &'s mut [Session],
}

impl Below<'_> {
    pub(crate) fn read(&mut self, buf: &mut [u8], wait: &Wait<'_>) -> Result<Received, Halt> {
        if let Some((session, mut below)) = self.split() {
            return session.read(&mut below, buf, wait);
        }
        Ok(match self.socket.read(buf, wait)? {
            0 => Received::End(Ended::Clean),
            count => Received::Bytes(count),
        })
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8], wait: &Wait<'_>) -> Result<(), Halt> {
        if let Some((session, mut below)) = self.split() {
            return session.write_all(&mut below, bytes, wait);
        }
        self.socket.write_all(bytes, wait)
    }

    fn split(&mut self) -> Option<(&mut Session, Below<'_>)> {
        let (session, layers) = self.layers.split_last_mut()?;
        let below = Below {
            socket: self.socket,
            layers,
        };
        Some((session, below))
    }
}

#[cfg(test)]
mod tests;
