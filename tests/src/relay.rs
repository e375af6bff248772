//! A loopback wire with a round trip and a memory.
//!
//! Each direction of a connection has two threads, a reader and a writer, with a queue of chunks
//! between them. A chunk carries the moment at which it is due, half a round trip after it was read,
//! so many chunks travel at the same time: delay costs latency, not throughput, and order stays.
//! A real client learns a full round after its SYN that the connection stands, but loopback accepts
//! at once; therefore what a client sends during that first round counts as sent at its end.
//!
//! Bytes are recorded when they are read, before the other side can answer them: a test that has its
//! answer sees everything that led to it.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

/// A TCP relay on loopback in front of one address; it ends, with all its connections, on drop.
///
/// ```no_run
/// # let squid: std::net::SocketAddr = "127.0.0.1:3128".parse().unwrap();
/// use std::time::Duration;
/// let relay = symgate_tests::Relay::start(squid, Duration::from_millis(40)).unwrap();
/// // ... a client speaks to relay.address() ...
/// let first = &relay.connections()[0];
/// assert!(first.sent.starts_with(b"CONNECT "));
/// ```
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// The raw bytes of one connection, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// What the client sent.
    pub sent: Vec<u8>,
    /// What the server answered.
    pub received: Vec<u8>,
    /// Bytes of both directions that were relayed and not kept, because one direction had already
    /// [`Relay::KEPT`] of them.
    pub dropped: u64,
}

impl Relay {
    /// The largest number of bytes that are recorded in one direction of one connection: 16 MiB.
    pub const KEPT: usize = 16 << 20;

    /// The number of connections that are served before new ones are closed at once: 256.
    pub const CONNECTIONS: usize = 256;

    /// Listens on a free loopback port and relays every connection to `target`.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(target: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, target, round_trip, &shared)
        });
        Ok(Self {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What passed so far, in the order in which the connections were accepted.
    #[must_use]
    pub fn connections(&self) -> Vec<Recorded> {
        self.shared.lock().recorded.clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.stopped = true;
            for (_, stream) in &state.open {
                // Fails when the peer is gone already, which is what is wanted.
                let _gone = stream.shutdown(Shutdown::Both);
            }
        }
        // The acceptor looks at `stopped` after each connection: this is its last one.
        let woken = TcpStream::connect(self.address);
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _panicked = acceptor.join();
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    recorded: Vec<Recorded>,
    /// Second handles of the connections under way, for `drop` to end them; a connection takes its
    /// own away when it is over, or its sockets would never close.
    open: Vec<(usize, TcpStream)>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A record is a plain list: it is as good after a panic elsewhere as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a connection; `None` when the relay ends or is full.
    fn open(&self, streams: [&TcpStream; 2]) -> Option<usize> {
        let clones: Vec<_> = streams.iter().map(|stream| stream.try_clone()).collect();
        let mut state = self.lock();
        if state.stopped || state.recorded.len() >= Relay::CONNECTIONS {
            return None;
        }
        let connection = state.recorded.len();
        state
            .open
            .extend(clones.into_iter().flatten().map(|stream| (connection, stream)));
        state.recorded.push(Recorded::default());
        Some(connection)
    }

    fn close(&self, connection: usize) {
        self.lock().open.retain(|(owner, _)| *owner != connection);
    }

    fn record(&self, connection: usize, side: Side, bytes: &[u8]) {
        let mut state = self.lock();
        let Some(recorded) = state.recorded.get_mut(connection) else {
            return;
        };
        let kept = match side {
            Side::Sent => &mut recorded.sent,
            Side::Received => &mut recorded.received,
        };
        let room = (Relay::KEPT - kept.len()).min(bytes.len());
        let (keep, drop) = bytes.split_at(room);
        kept.extend_from_slice(keep);
        recorded.dropped += drop.len() as u64;
    }
}

fn accept(listener: &TcpListener, target: SocketAddr, round_trip: Duration, shared: &Arc<Shared>) {
    let mut served: Vec<JoinHandle<()>> = Vec::new();
    for client in listener.incoming() {
        if shared.lock().stopped {
            break;
        }
        let Ok(client) = client else { continue };
        let shared = Arc::clone(shared);
        served.push(thread::spawn(move || relay(&client, target, round_trip, &shared)));
    }
    for connection in served {
        let _panicked = connection.join();
    }
}

fn relay(client: &TcpStream, target: SocketAddr, round_trip: Duration, shared: &Arc<Shared>) {
    let established = Instant::now() + round_trip;
    // Dropping the client's stream is the answer to a target that is not there.
    let Ok(server) = TcpStream::connect(target) else { return };
    let Some(connection) = shared.open([client, &server]) else {
        return;
    };
    // A relay must not add Nagle's waits to the delay that it was asked for.
    let _plain = (client.set_nodelay(true), server.set_nodelay(true));
    thread::scope(|scope| {
        for (from, to, side) in [(client, &server, Side::Sent), (&server, client, Side::Received)] {
            let (chunks, queue) = mpsc::sync_channel(QUEUE);
            let direction = Direction {
                connection,
                side,
                established,
                half: round_trip / 2,
            };
            scope.spawn(move || read(from, &chunks, direction, shared));
            scope.spawn(move || write(to, from, &queue));
        }
    });
    shared.close(connection);
}

#[derive(Clone, Copy)]
enum Side {
    Sent,
    Received,
}

#[derive(Clone, Copy)]
struct Direction {
    connection: usize,
    side: Side,
    established: Instant,
    half: Duration,
}

/// Bytes on the wire, or the end of them when empty.
struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
}

fn read(mut from: &TcpStream, chunks: &SyncSender<Chunk>, direction: Direction, shared: &Shared) {
    let mut buffer = vec![0; CHUNK];
    loop {
        // A reset reaches the other side as an end: loopback has no way to pass it on.
        let bytes = match from.read(&mut buffer) {
            Ok(read) => buffer.get(..read).unwrap_or_default().to_vec(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Vec::new(),
        };
        shared.record(direction.connection, direction.side, &bytes);
        let sent = match direction.side {
            Side::Sent => Instant::now().max(direction.established),
            Side::Received => Instant::now(),
        };
        let end = bytes.is_empty();
        if chunks
            .send(Chunk {
                due: sent + direction.half,
                bytes,
            })
            .is_err()
            || end
        {
            return;
        }
    }
}

fn write(mut to: &TcpStream, from: &TcpStream, queue: &Receiver<Chunk>) {
    for chunk in queue {
        thread::sleep(chunk.due.saturating_duration_since(Instant::now()));
        if chunk.bytes.is_empty() {
            let _gone = to.shutdown(Shutdown::Write);
            return;
        }
        if to.write_all(&chunk.bytes).is_err() {
            // Nobody listens any more: the reader need not go on, and its peer may know.
            let _gone = from.shutdown(Shutdown::Read);
            return;
        }
    }
}

/// One read, at most.
const CHUNK: usize = 64 << 10;

/// Chunks under way in one direction: 64 MiB when all are full, a gigabyte a second for 60 ms.
const QUEUE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that greets nobody, returns what it reads in upper case, and ends when its client does.
    fn shouting(connections: usize) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            for stream in listener.incoming().take(connections) {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    stream.write_all(&buffer[..read].to_ascii_uppercase()).unwrap();
                }
            }
        });
        (address, server)
    }

    fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(address).unwrap();
        thread::scope(|scope| {
            let mut reader = stream.try_clone().unwrap();
            let answer = scope.spawn(move || {
                let mut answer = Vec::new();
                reader.read_to_end(&mut answer).unwrap();
                answer
            });
            stream.write_all(request).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            answer.join().unwrap()
        })
    }

    #[test]
    fn records_both_directions_of_each_connection() {
        let (target, server) = shouting(2);
        let relay = Relay::start(target, Duration::ZERO).unwrap();
        assert_eq!(exchange(relay.address(), b"first"), b"FIRST");
        assert_eq!(exchange(relay.address(), b"second"), b"SECOND");
        let expected = [("first", "FIRST"), ("second", "SECOND")].map(|(sent, received)| Recorded {
            sent: sent.into(),
            received: received.into(),
            dropped: 0,
        });
        assert_eq!(relay.connections(), expected);
        server.join().unwrap();
    }

    #[test]
    fn keeps_order_of_megabytes() {
        let (target, server) = shouting(1);
        let relay = Relay::start(target, Duration::from_millis(4)).unwrap();
        let request: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let answer = exchange(relay.address(), &request);
        assert!(
            answer == request.to_ascii_uppercase(),
            "{} bytes came back",
            answer.len()
        );
        server.join().unwrap();
    }

    #[test]
    fn first_answer_takes_two_rounds_and_the_next_one_more() {
        // Only lower bounds: a busy machine may be slower, a delaying wire never faster.
        let (target, server) = shouting(1);
        let round_trip = Duration::from_millis(30);
        let relay = Relay::start(target, round_trip).unwrap();
        let start = Instant::now();
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        for rounds in [2, 3, 4] {
            let mut answer = [0; 4];
            stream.write_all(b"ping").unwrap();
            stream.read_exact(&mut answer).unwrap();
            assert!(
                start.elapsed() >= round_trip * rounds,
                "{rounds}: {:?}",
                start.elapsed()
            );
        }
        drop(stream);
        server.join().unwrap();
    }

    #[test]
    fn delay_costs_no_throughput() {
        // 200 chunks that waited for each other would take 200 half rounds, which is 4 s.
        let (target, server) = shouting(1);
        let relay = Relay::start(target, Duration::from_millis(40)).unwrap();
        let start = Instant::now();
        let answer = exchange(relay.address(), &vec![b'x'; 200 * CHUNK]);
        assert_eq!(answer.len(), 200 * CHUNK);
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        server.join().unwrap();
    }

    #[test]
    fn target_that_is_not_there_closes_the_connection() {
        let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let target = nobody.local_addr().unwrap();
        drop(nobody);
        let relay = Relay::start(target, Duration::ZERO).unwrap();
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        let mut answer = Vec::new();
        assert!(!matches!(stream.read_to_end(&mut answer), Ok(1..)), "{answer:?}");
    }

    #[test]
    fn drop_ends_open_connections() {
        let (target, server) = shouting(1);
        let relay = Relay::start(target, Duration::from_millis(2)).unwrap();
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        let mut answer = [0; 4];
        stream.write_all(b"ping").unwrap();
        stream.read_exact(&mut answer).unwrap();
        drop(relay);
        assert!(!matches!(stream.read(&mut answer), Ok(1..)), "the wire still stands");
        server.join().unwrap();
    }
}
