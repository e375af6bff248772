//! Ports that never come as far as a request: one that does not answer at all, one that resets what is connected; and a
//! name server without names.
//!
//! [`crate::fault`] breaks HTTP; here it is the connection that breaks.

use std::io::Read;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use socket2::Domain;
use socket2::SockRef;
use socket2::Socket;
use socket2::Type;

/// A port at which connecting goes unanswered, as behind a firewall that drops packets.
///
/// It is a listener whose queue is full and from which nobody takes: Linux drops further attempts without a word.
#[derive(Debug)]
pub struct BlackHole {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Fills the queue until an attempt goes unanswered; `None` on a system that answers all the same.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn open() -> Option<Self> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket can be had");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any.into()).expect("a loopback port can be had");
        listener.listen(0).expect("a bound socket listens");
        let address = listener.local_addr().expect("a listener has an address");
        let address = address.as_socket().expect("it is one of IPv4");
        let mut queued = Vec::new();
        for _ in 0..MOST_QUEUED {
            match TcpStream::connect_timeout(&address, SILENCE) {
                Ok(stream) => queued.push(stream),
                Err(_) => {
                    return Some(Self {
                        address,
                        _listener: listener,
                        _queued: queued,
                    });
                }
            }
        }
        None
    }

    /// Where nobody answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

const MOST_QUEUED: usize = 16;

/// An answer over loopback comes at once.
const SILENCE: Duration = Duration::from_millis(300);

/// A server that lets clients connect, waits for their first bytes, and resets the connection.
#[derive(Debug)]
pub struct Resetting {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Resetting {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // Nobody is kept waiting who says nothing; whatever was read, closing without lingering resets.
                let patience = stream.set_read_timeout(Some(Duration::from_secs(5)));
                drop(patience.and_then(|()| stream.read(&mut [0; 1])));
                SockRef::from(&stream)
                    .set_linger(Some(Duration::ZERO))
                    .expect("a stream lingers as long as it is told");
            }
        });
        Self { address, stopped }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Resetting {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // The acceptor looks at the flag after each connection: this is its last one.
        let _woken = TcpStream::connect(self.address);
    }
}

/// A name server that knows no name: it answers every question with NXDOMAIN (RFC 1035 §4.1.1).
///
/// It listens at port 53, because whoever is to ask it cannot be told another one; so it is for root alone.
#[derive(Debug)]
pub struct NoNames {
    socket: UdpSocket,
}

impl NoNames {
    /// Listens at the first address of 127.53.0.0/24 whose port 53 is free; `None` where it may not.
    #[must_use]
    pub fn start() -> Option<Self> {
        let socket = (1..=254).find_map(|last| UdpSocket::bind((Ipv4Addr::new(127, 53, 0, last), 53)).ok())?;
        let answering = socket.try_clone().ok()?;
        thread::spawn(move || {
            let mut message = [0; 512];
            while let Ok((length, from)) = answering.recv_from(&mut message) {
                // What drop sends is shorter than a header.
                let Some(header) = message.get_mut(..length).filter(|message| message.len() >= 12) else {
                    break;
                };
                // It is an answer, recursion is there, the name is not; nothing follows the question.
                (header[2], header[3]) = (header[2] | 0x80, 0x83);
                header[6..12].fill(0);
                // The additional records that are left out stand behind the question, which has one name.
                let end = header[12..]
                    .iter()
                    .position(|byte| *byte == 0)
                    .map_or(length, |at| 12 + at + 5);
                drop(answering.send_to(&message[..end.min(length)], from));
            }
        });
        Some(Self { socket })
    }

    /// Its address; the port is 53.
    ///
    /// # Panics
    /// Never in practice: the socket is bound.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.socket.local_addr().expect("a bound socket has an address").ip()
    }
}

impl Drop for NoNames {
    fn drop(&mut self) {
        let _woken = self.socket.send_to(b"end", (self.address(), 53));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::io::Write;

    #[test]
    #[cfg(target_os = "linux")]
    fn nobody_answers_in_a_black_hole() {
        let hole = BlackHole::open().expect("Linux drops what finds no room");
        for _ in 0..2 {
            let outcome = TcpStream::connect_timeout(&hole.address(), SILENCE);
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
        }
    }

    #[test]
    fn connection_is_reset_after_the_first_bytes() {
        let server = Resetting::start();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(b"hello").unwrap();
            let outcome = stream.read(&mut [0; 1]);
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ConnectionReset);
        }
    }
}
