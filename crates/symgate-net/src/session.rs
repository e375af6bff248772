//! [`Session`]: one layer of TLS on whatever is below it.
//!
//! It drives rustls' unbuffered connection: records are read from below in large pieces into one buffer, decrypted
//! there, and copied once to the reader. (The buffered connection of rustls reads 4 KiB at a time, which costs four
//! system calls a record.) The buffer is the only memory of note that a connection keeps.
//!
//! The end of the stream is told apart: `close_notify` is the peer's word that everything was sent, an end without it
//! may be anybody's ([RFC 8446 §6.1](https://www.rfc-editor.org/rfc/rfc8446#section-6.1)).

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};

use crate::deadline::{Halt, Wait};
use crate::stream::{Below, Ended, Received};
use crate::tls::{Handshake, Ours, TlsError};

/// A TLS connection whose handshake is over.
pub(crate) struct Session {
    conn: UnbufferedClientConnection,
    /// What the peer gets if it asks for our certificate.
    ours: Ours,
    /// Records from below; `start..end` is not yet processed.
    inbox: Box<[u8]>,
    start: usize,
    end: usize,
    /// Records for below; empty between calls.
    outbox: Vec<u8>,
    /// Decrypted bytes that did not fit into the reader's buffer.
    spilled: Vec<u8>,
    /// The peer sent `close_notify`.
    ended: bool,
    /// An error or an interrupted write left the record layer in the middle of something.
    broken: bool,
    /// Round trips so far, and whether the next bytes end another one.
    round_trips: u32,
    asked: Asked,
}

/// Whether something was sent since bytes came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asked {
    No,
    Yes,
}

/// What rustls came to with the bytes at hand.
enum Turn {
    /// So many decrypted bytes are in the reader's buffer; none if the next record does not fit there.
    Data(usize),
    /// The peer sent `close_notify`.
    Ended,
    /// The handshake cannot go on without more bytes.
    Hungry,
    /// The handshake is over, nothing is left to send, and no whole record is left in the inbox.
    Ready,
}

impl Session {
    /// Shakes hands; `early` are bytes that came from below already. What was agreed, as far as it got, is told.
    pub(crate) fn start(
        below: &mut Below<'_>,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        early: &[u8],
        wait: &Wait<'_>,
        told: &mut Handshake,
    ) -> Result<Self, Halt> {
        let ours = if config.client_auth_cert_resolver.has_certs() {
            Ours::Shown
        } else {
            Ours::Nothing
        };
        let conn = UnbufferedClientConnection::new(config, name).map_err(|error| Halt::Tls(TlsError::Setup(error)))?;
        let mut inbox = vec![0; INBOX.max(early.len())].into_boxed_slice();
        if let Some(front) = inbox.get_mut(..early.len()) {
            front.copy_from_slice(early);
        }
        let mut session = Self {
            conn,
            ours,
            inbox,
            start: 0,
            end: early.len(),
            outbox: Vec::new(),
            spilled: Vec::new(),
            ended: false,
            broken: false,
            round_trips: 0,
            asked: Asked::No,
        };
        let shaken = session.shake(below, wait);
        told.learn(&session.conn);
        told.round_trips = session.round_trips;
        shaken.map(|()| session)
    }

    fn shake(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Result<(), Halt> {
        loop {
            match self.turn(below, &mut [], true, wait)? {
                Turn::Ready => return Ok(()),
                // The server may send data before it has seen our last message; they have been kept.
                Turn::Data(_) => {}
                // A goodbye right behind the handshake is for the reader.
                Turn::Ended if !self.conn.is_handshaking() => {}
                Turn::Ended => return Err(Halt::Tls(TlsError::Closed)),
                Turn::Hungry => {
                    if self.fill(below, wait)?.is_some() {
                        return Err(Halt::Tls(TlsError::Closed));
                    }
                }
            }
        }
    }

    /// The peer's own certificate in DER.
    pub(crate) fn certificate(&self) -> Option<&[u8]> {
        Some(self.conn.peer_certificates()?.first()?.as_ref())
    }

    /// Whether the layer can carry a new request: nothing of an old one is left in it.
    pub(crate) const fn is_sound(&self) -> bool {
        !self.broken && !self.ended && self.spilled.is_empty() && self.start == self.end
    }

    /// Reads what is there, or waits for at least one byte.
    pub(crate) fn read(&mut self, below: &mut Below<'_>, buf: &mut [u8], wait: &Wait<'_>) -> Result<Received, Halt> {
        if !self.spilled.is_empty() {
            let count = buf.len().min(self.spilled.len());
            for (to, from) in buf.iter_mut().zip(self.spilled.drain(..count)) {
                *to = from;
            }
            return Ok(Received::Bytes(count));
        }
        let mut filled = 0;
        while !self.ended {
            let room = buf.get_mut(filled..).unwrap_or_default();
            match self.turn(below, room, filled == 0, wait)? {
                Turn::Data(0) => return Ok(Received::Bytes(filled)),
                Turn::Data(count) => filled += count,
                Turn::Ended => {}
                Turn::Hungry | Turn::Ready if filled > 0 => return Ok(Received::Bytes(filled)),
                Turn::Hungry | Turn::Ready => {
                    if self.fill(below, wait)?.is_some() {
                        return Ok(Received::End(Ended::Truncated));
                    }
                }
            }
        }
        Ok(match filled {
            0 => Received::End(Ended::Clean),
            filled => Received::Bytes(filled),
        })
    }

    /// Encrypts and writes all of it.
    pub(crate) fn write_all(&mut self, below: &mut Below<'_>, bytes: &[u8], wait: &Wait<'_>) -> Result<(), Halt> {
        for fragment in bytes.chunks(FRAGMENT) {
            self.settle(below, wait)?;
            self.encrypt(|traffic, outbox| traffic.encrypt(fragment, outbox))?;
            self.flush(below, wait)?;
        }
        Ok(())
    }

    /// Tells the peer that nothing follows.
    pub(crate) fn close(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Result<(), Halt> {
        if self.broken {
            return Ok(());
        }
        self.settle(below, wait)?;
        self.encrypt(|traffic, outbox| traffic.queue_close_notify(outbox))?;
        self.flush(below, wait)
    }

    /// Goes on until rustls would take something to encrypt; data that turn up meanwhile are kept for the reader.
    fn settle(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Result<(), Halt> {
        loop {
            match self.turn(below, &mut [], true, wait)? {
                Turn::Ready => return Ok(()),
                Turn::Data(_) | Turn::Ended => {}
                Turn::Hungry => return Err(unconnected()),
            }
        }
    }

    /// Lets rustls go on with the bytes at hand, and sends what it has to say. Data that do not fit into `buf` are
    /// spilled if `spill` says so, and left where they are otherwise.
    fn turn(&mut self, below: &mut Below<'_>, buf: &mut [u8], spill: bool, wait: &Wait<'_>) -> Result<Turn, Halt> {
        if self.broken {
            // rustls must not be asked again after an error.
            return Err(unconnected());
        }
        loop {
            let bytes = self.inbox.get_mut(self.start..self.end).unwrap_or_default();
            let UnbufferedStatus { discard, state, .. } = self.conn.process_tls_records(bytes);
            let turn = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    let mut count = 0;
                    loop {
                        let room = buf.len() - count;
                        if let Some(length) = traffic.peek_len()
                            && length.get() > room
                            && (count > 0 || !spill)
                        {
                            break;
                        }
                        let Some(record) = traffic.next_record() else { break };
                        let payload = record.map_err(|error| Halt::Tls(TlsError::Protocol(error)))?.payload;
                        let (fits, rest) = payload.split_at(payload.len().min(room));
                        if let Some(to) = buf.get_mut(count..count + fits.len()) {
                            to.copy_from_slice(fits);
                        }
                        self.spilled.extend_from_slice(rest);
                        count += fits.len();
                    }
                    Some(Turn::Data(count))
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    self.ended = true;
                    Some(Turn::Ended)
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    let used = self.outbox.len();
                    self.outbox.resize(used + FRAGMENT + OVERHEAD, 0);
                    let encoded = match data.encode(self.outbox.get_mut(used..).unwrap_or_default()) {
                        Err(EncodeError::InsufficientSize(size)) => {
                            self.outbox.resize(used + size.required_size, 0);
                            data.encode(self.outbox.get_mut(used..).unwrap_or_default())
                        }
                        encoded => encoded,
                    };
                    let written = encoded.map_err(|error| Halt::Io(io::Error::other(error)))?;
                    self.outbox.truncate(used + written);
                    None
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    let sent = below.write_all(&self.outbox, wait);
                    self.outbox.clear();
                    self.broken |= sent.is_err();
                    sent?;
                    self.asked = Asked::Yes;
                    data.done();
                    None
                }
                Ok(ConnectionState::BlockedHandshake) => Some(Turn::Hungry),
                Ok(ConnectionState::WriteTraffic(_)) => Some(Turn::Ready),
                // Early data are a server's, and what a later rustls adds is not for us.
                Ok(_) => return Err(unconnected()),
                Err(error) => {
                    let mut error = TlsError::new(error, self.inbox.get(self.start..self.end).unwrap_or_default());
                    let is_alert = matches!(error, TlsError::Alert(_));
                    // Ours is sent in answer to theirs, so before that no alert can be about it.
                    if self.conn.peer_certificates().is_some() {
                        error = error.judging(self.ours);
                    }
                    self.start = (self.start + discard).min(self.end);
                    if !is_alert {
                        self.send_alert(below, wait);
                    }
                    self.broken = true;
                    return Err(Halt::Tls(error));
                }
            };
            self.start = (self.start + discard).min(self.end);
            if let Some(turn) = turn {
                return Ok(turn);
            }
        }
    }

    /// Sends the alert that rustls has ready after an error, so that the peer's log names the reason too.
    fn send_alert(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) {
        let bytes = self.inbox.get_mut(self.start..self.end).unwrap_or_default();
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = self.conn.process_tls_records(bytes).state {
            let mut alert = [0; OVERHEAD];
            if let Ok(length) = data.encode(&mut alert) {
                // The peer may be gone already; the error that brought us here is the one to report.
                below.write_all(alert.get(..length).unwrap_or_default(), wait).ok();
            }
        }
    }

    /// Lets rustls write one thing into the outbox.
    fn encrypt(
        &mut self,
        mut write: impl FnMut(
            &mut rustls::unbuffered::WriteTraffic<'_, rustls::client::ClientConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> Result<(), Halt> {
        let bytes = self.inbox.get_mut(self.start..self.end).unwrap_or_default();
        let UnbufferedStatus { discard, state, .. } = self.conn.process_tls_records(bytes);
        let Ok(ConnectionState::WriteTraffic(mut traffic)) = state else {
            return Err(unconnected());
        };
        let mut room = OVERHEAD;
        let written = loop {
            self.outbox.resize(room, 0);
            match write(&mut traffic, &mut self.outbox) {
                Ok(written) => break written,
                Err(EncryptError::InsufficientSize(size)) if size.required_size > room => room = size.required_size,
                Err(error) => return Err(Halt::Io(io::Error::other(error))),
            }
        };
        self.outbox.truncate(written);
        self.start = (self.start + discard).min(self.end);
        Ok(())
    }

    /// Writes the outbox. Half a record cannot be taken back, so any failure breaks the layer.
    fn flush(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Result<(), Halt> {
        let sent = below.write_all(&self.outbox, wait);
        self.outbox.clear();
        let sent = match sent {
            Err(Halt::Io(error)) => Err(self.last_word(below, wait).unwrap_or(Halt::Io(error))),
            sent => sent,
        };
        self.broken |= sent.is_err();
        sent
    }

    /// The alert that the peer left before it closed the connection under our write. In TLS 1.3 it looks at our
    /// certificate when we have begun to send already, and its reason must not be lost in a reset.
    fn last_word(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Option<Halt> {
        // What does not take our bytes any more makes nobody wait for its own.
        while let Ok(None) = self.fill(below, wait) {
            match self.turn(below, &mut [], true, wait) {
                Ok(Turn::Ended) => return None,
                Ok(Turn::Data(_) | Turn::Hungry | Turn::Ready) => {}
                Err(halt @ Halt::Tls(_)) => return Some(halt),
                Err(_) => return None,
            }
        }
        None
    }

    /// Reads once from below; the end, if it came.
    fn fill(&mut self, below: &mut Below<'_>, wait: &Wait<'_>) -> Result<Option<Ended>, Halt> {
        // At most one partial record is moved: whole ones have been processed.
        self.inbox.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.inbox.get_mut(self.end..).unwrap_or_default();
        if room.is_empty() {
            return Err(Halt::Tls(TlsError::Oversized));
        }
        match below.read(room, wait)? {
            Received::Bytes(count) => {
                self.end += count;
                if self.asked == Asked::Yes {
                    self.asked = Asked::No;
                    self.round_trips += 1;
                }
                wait.check_busy()?;
                Ok(None)
            }
            Received::End(ended) => Ok(Some(ended)),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("ended", &self.ended)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

fn unconnected() -> Halt {
    Halt::Io(io::ErrorKind::NotConnected.into())
}

/// Bytes of plain text in one record ([RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)).
const FRAGMENT: usize = 16 << 10;

/// More than any record adds to its plain text.
const OVERHEAD: usize = 256;

/// Five whole records, or the largest handshake message (64 KiB) in as many: few system calls for a large file, and
/// eight connections stay below a mebibyte.
const INBOX: usize = 5 * (FRAGMENT + OVERHEAD);
