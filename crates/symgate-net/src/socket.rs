//! [`Socket`]: a TCP stream whose reads and writes end at the deadline or at the [`Cancel`](crate::Cancel) word.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::deadline::{Halt, SLICE, Wait};

/// A connected TCP stream.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
}

impl Socket {
    /// Takes over a connected stream and sets it up: no Nagle delay, and slices as timeouts.
    pub(crate) fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nonblocking(false)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(SLICE))?;
        tcp.set_write_timeout(Some(SLICE))?;
        Ok(Self { tcp })
    }

    /// Reads once; 0 means that the peer has sent everything.
    pub(crate) fn read(&mut self, buf: &mut [u8], wait: &Wait<'_>) -> Result<usize, Halt> {
        loop {
            // Winsock may lose what arrives at the moment a receive times out (its page on `SO_RCVTIMEO` says so);
            // a peek loses nothing, so there the peek does the waiting.
            let result = if cfg!(windows) {
                self.tcp.peek(&mut [0]).and_then(|_| self.tcp.read(buf))
            } else {
                self.tcp.read(buf)
            };
            match result {
                Ok(read) => return Ok(read),
                Err(error) if is_slice_end(&error) => wait.check()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Halt::Io(error)),
            }
        }
    }

    /// Writes all of it.
    pub(crate) fn write_all(&mut self, mut bytes: &[u8], wait: &Wait<'_>) -> Result<(), Halt> {
        while !bytes.is_empty() {
            match self.write_some(bytes) {
                Ok(0) => return Err(Halt::Io(io::ErrorKind::WriteZero.into())),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if is_slice_end(&error) => wait.check()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Halt::Io(error)),
            }
        }
        Ok(())
    }

    /// Lets reads return at once when nothing has arrived, or block again.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.tcp.set_nonblocking(nonblocking)
    }

    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !cfg!(windows) {
            return self.tcp.write(bytes);
        }
        // Winsock does not tell how much of a send that timed out was taken. One that does not block tells; requests
        // are small, so the pause for a full buffer is hardly ever made.
        self.tcp.set_nonblocking(true)?;
        let result = self.tcp.write(bytes);
        self.tcp.set_nonblocking(false)?;
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::WouldBlock
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        result
    }
}

/// Whether the slice is over rather than the connection: `EAGAIN`, for which Winsock says `WSAETIMEDOUT`. Elsewhere
/// `ETIMEDOUT` is the end of a connection whose peer no longer acknowledges.
fn is_slice_end(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::WouldBlock => true,
        io::ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::cancel::Cancel;

    fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        (Socket::new(ours).unwrap(), theirs)
    }

    #[test]
    fn a_silent_peer_ends_in_the_deadline_and_not_before() {
        let (mut socket, _theirs) = pair();
        let cancel = Cancel::new();
        let until = Instant::now() + Duration::from_millis(20);
        let read = socket.read(&mut [0; 8], &Wait::new(&cancel, Some(until)));
        assert!(matches!(read, Err(Halt::Expired)), "{read:?}");
        assert!(Instant::now() >= until);
    }

    #[test]
    fn cancel_ends_a_read_and_a_write_that_would_last_for_ever() {
        let (mut socket, theirs) = pair();
        let cancel = Cancel::new();
        let canceller = {
            let cancel = cancel.clone();
            std::thread::spawn(move || cancel.cancel())
        };
        let wait = Wait::new(&cancel, None);
        assert!(matches!(socket.read(&mut [0; 8], &wait), Err(Halt::Cancelled)));
        canceller.join().unwrap();
        // Nobody reads: the buffers of both sides fill.
        let written = socket.write_all(&vec![0; 64 << 20], &wait);
        assert!(matches!(written, Err(Halt::Cancelled)), "{written:?}");
        drop(theirs);
    }

    #[test]
    fn bytes_before_the_end_are_read_before_the_end() {
        let (mut socket, mut theirs) = pair();
        theirs.write_all(b"last").unwrap();
        drop(theirs);
        let cancel = Cancel::new();
        let wait = Wait::new(&cancel, None);
        let mut buf = [0; 8];
        assert_eq!(socket.read(&mut buf, &wait).unwrap(), 4);
        assert_eq!(socket.read(&mut buf, &wait).unwrap(), 0);
    }

    #[test]
    fn a_reset_is_the_operating_systems_error() {
        let (mut socket, theirs) = pair();
        // Closing with unread bytes, or with a linger of zero, sends RST.
        socket2::SockRef::from(&theirs)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
        drop(theirs);
        let cancel = Cancel::new();
        let read = socket.read(&mut [0; 8], &Wait::new(&cancel, None));
        assert!(
            matches!(&read, Err(Halt::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset),
            "{read:?}"
        );
    }
}
