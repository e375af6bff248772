//! A server that says exactly the bytes that a test gives it, however wrong they are.
//!
//! The peers of [`crate`] are honest; what a broken or hostile one does is written here, byte by byte, over a plain
//! loopback socket. It reads requests without a body and knows nothing else of HTTP. Spoken to as a forward proxy it is
//! one: the target of the request line is then the whole URL.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Barrier;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

/// A running server; it ends, with all its connections, on drop.
///
/// ```
/// use symgate_tests::fault::{Fault, Reply};
/// let server = Fault::start(|request| match request.target.as_str() {
///     "/short" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nonly"),
///     _ => Reply::missing(),
/// });
/// assert_eq!(server.url("short"), format!("http://{}/short", server.address()));
/// assert!(server.heard().is_empty());
/// ```
#[derive(Debug)]
pub struct Fault {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A request, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counts the connections of the server, from 0.
    pub connection: usize,
    /// Counts the requests of the server, from 0.
    pub number: usize,
    /// The method.
    pub method: String,
    /// The target of the request line.
    pub target: String,
    /// The whole head, up to the empty line.
    pub head: String,
}

/// What is said to a request, and what then.
#[derive(Clone, Debug)]
pub struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

/// What follows the bytes of a [`Reply`].
#[derive(Clone, Debug)]
pub enum Then {
    /// Another reply to the same request, when the test comes to the barrier too.
    Await(Arc<Barrier>, Box<Reply>),
    /// The connection ends in order.
    Close,
    /// Nothing: the connection stays open, and nothing more is said on it.
    Hang,
    /// The next request is waited for.
    Keep,
    /// These bytes, over and over, as long as the client takes them.
    Repeat(Vec<u8>),
    /// The connection is reset.
    Reset,
}

impl Reply {
    /// These bytes; then the connection is closed.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            then: Then::Close,
        }
    }

    /// A whole answer with its right length; the connection is kept. `fields` are lines that end in CRLF.
    #[must_use]
    pub fn answer(status: &str, fields: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes).then(Then::Keep)
    }

    /// A whole 200.
    #[must_use]
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::answer("200 OK", "", body)
    }

    /// A whole 404.
    #[must_use]
    pub fn missing() -> Self {
        Self::answer("404 Not Found", "", "")
    }

    /// The same bytes, and something else after them.
    #[must_use]
    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

impl Fault {
    /// Listens on a free port of 127.0.0.1; `answer` is asked once for each request, from the thread of its connection.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            let answer = Arc::new(answer);
            for (connection, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if !accepting.admit(connection, &stream) {
                    break;
                }
                let (answer, shared) = (Arc::clone(&answer), Arc::clone(&accepting));
                thread::spawn(move || {
                    // A client that goes away in the middle ends its thread, which is all that there is to do.
                    let _gone = serve(&stream, connection, &shared, &*answer);
                    // Before the stream: a reset is sent when its last handle closes.
                    shared.lock().open.remove(&connection);
                });
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS/` and `path`, which has no leading slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The requests so far, in the order in which they came.
    #[must_use]
    pub fn heard(&self) -> Vec<Request> {
        self.shared.lock().heard.clone()
    }

    /// The targets of the requests so far.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.heard().into_iter().map(|request| request.target).collect()
    }

    /// Waits until so many replies have been written as far as they go.
    ///
    /// # Panics
    /// If they are not within 20 s.
    pub fn wait_for_replies(&self, count: usize) {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.replied < count);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(
            !timeout.timed_out(),
            "{} replies, not {count}: {:#?}",
            state.replied,
            state.heard
        );
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopped = true;
        for stream in state.open.values() {
            // Fails when the peer is gone already, which is what is wanted.
            let _gone = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // The acceptor looks at `stopped` after each connection: this is its last one.
        drop(TcpStream::connect(self.address));
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    open: BTreeMap<usize, TcpStream>,
    heard: Vec<Request>,
    replied: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, connection: usize, stream: &TcpStream) -> bool {
        let mut state = self.lock();
        if let Ok(second) = stream.try_clone() {
            state.open.insert(connection, second);
        }
        !state.stopped
    }
}

fn serve(
    mut stream: &TcpStream,
    connection: usize,
    shared: &Shared,
    answer: &(dyn Fn(&Request) -> Reply + Send + Sync),
) -> io::Result<()> {
    let mut unread = Vec::new();
    while let Some(head) = read_head(stream, &mut unread)? {
        let mut words = head.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (method, target) = (word(), word());
        let request = {
            let mut state = shared.lock();
            let number = state.heard.len();
            let request = Request {
                connection,
                number,
                method,
                target,
                head,
            };
            state.heard.push(request.clone());
            request
        };
        let mut reply = answer(&request);
        loop {
            let written = stream.write_all(&reply.bytes);
            shared.lock().replied += 1;
            shared.changed.notify_all();
            written?;
            match reply.then {
                Then::Await(barrier, next) => {
                    barrier.wait();
                    reply = *next;
                }
                Then::Keep => break,
                Then::Close => return close(stream),
                Then::Reset => return socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)),
                Then::Hang => return drain(stream),
                Then::Repeat(piece) => loop {
                    stream.write_all(&piece)?;
                },
            }
        }
    }
    close(stream)
}

/// The head of the next request; `None` when the client is done.
fn read_head(mut stream: &TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<String>> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = unread.split_off(end + 4);
            let head = std::mem::replace(unread, rest);
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        // A TLS handshake has no empty line; whoever sends one here learns that nobody speaks it.
        if unread.first() == Some(&0x16) {
            return Ok(Some(String::from_utf8_lossy(&std::mem::take(unread)).into_owned()));
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            length => unread.extend_from_slice(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// Says that there is no more, and waits for the client to see it: closing at once might take away what it has not read.
fn close(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    drain(stream)
}

fn drain(mut stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}

/// How long a client may take to ask.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(stream: &mut TcpStream, target: &str) {
        let head = format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
    }

    fn answer(target: &str) -> Reply {
        match target {
            "/kept" => Reply::ok("x"),
            "/reset" => Reply::raw("HTTP/1.1 200 OK\r\n").then(Then::Reset),
            "/hung" => Reply::raw("").then(Then::Hang),
            _ => Reply::missing().then(Then::Close),
        }
    }

    #[test]
    fn says_the_bytes_and_remembers_who_asked() {
        let server = Fault::start(|request| answer(&request.target));
        let mut stream = TcpStream::connect(server.address()).unwrap();
        ask(&mut stream, "/kept");
        ask(&mut stream, "/other");
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let expected = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx\
                        HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(said, expected);
        let heard = server.heard();
        assert_eq!(server.targets(), ["/kept", "/other"]);
        assert_eq!(
            (heard[1].connection, heard[1].number, heard[1].method.as_str()),
            (0, 1, "GET")
        );
        assert_eq!(heard[0].head, "GET /kept HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn a_reset_is_one() {
        let server = Fault::start(|request| answer(&request.target));
        let mut stream = TcpStream::connect(server.address()).unwrap();
        ask(&mut stream, "/reset");
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn a_connection_that_hangs_ends_with_the_server() {
        let server = Fault::start(|request| answer(&request.target));
        let mut stream = TcpStream::connect(server.address()).unwrap();
        ask(&mut stream, "/hung");
        server.wait_for_replies(1);
        drop(server);
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}
