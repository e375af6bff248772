//! What the demo's store and its proxy have in common: a port, a thread for each connection, a log, and HTTP as
//! [`Connection`]'s server end speaks it.

use std::io;
use std::io::{Read, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use symgate_http::{Connection, Event, Limits, RequestHead, ResponseHead};

/// What was asked and answered, one entry for each request.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Entry>>>);

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) status: u16,
    /// Who the client said it is.
    pub(super) user: Option<String>,
}

impl Log {
    pub(super) fn add(&self, head: &RequestHead, status: u16, user: Option<String>) {
        let (method, target) = (head.method.as_str().to_owned(), head.target.clone());
        self.lock().push(Entry {
            method,
            target,
            status,
            user,
        });
    }

    /// What was written since the last time.
    pub(super) fn take(&self) -> Vec<Entry> {
        mem::take(&mut self.lock())
    }

    /// What was written since then; it stays.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Each change is one call on the list.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener on a free loopback port; it ends on drop, and its connections when their clients do.
#[derive(Debug)]
pub(super) struct Listening {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Listening {
    /// Gives each connection to `serve`, on a thread of its own.
    pub(super) fn start(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let acceptor = thread::spawn({
            let (stopped, serve) = (Arc::clone(&stopped), Arc::new(serve));
            move || {
                for stream in listener.incoming().flatten() {
                    if stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    let serve = Arc::clone(&serve);
                    // A client that goes away in the middle is its own affair: what it came to is in the log.
                    thread::spawn(move || prepared(stream).and_then(|stream| serve(stream)));
                }
            }
        });
        Ok(Self {
            address,
            stopped,
            acceptor: Some(acceptor),
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // The acceptor looks up at its next connection: this one.
        let woken = TcpStream::connect(self.address);
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _panicked = acceptor.join();
        }
    }
}

/// The server's end of one connection.
#[derive(Debug)]
pub(super) struct Wire {
    http: Connection,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self {
            http: Connection::server(Limits::default()),
        }
    }

    /// The next request, its body passed over; `None` when the client has no more.
    pub(super) fn request(&mut self, stream: &mut impl Read) -> io::Result<Option<RequestHead>> {
        let mut request = None;
        loop {
            match self.http.poll().map_err(io::Error::other)? {
                Some(Event::Request(head)) => request = Some(head),
                Some(Event::End(_)) => return Ok(request),
                Some(_) => {}
                None => match stream.read(self.http.receive_buffer())? {
                    0 => return Ok(None),
                    count => self.http.handle_received(count).map_err(io::Error::other)?,
                },
            }
        }
    }

    /// Answers, and says whether another request may follow.
    pub(super) fn answer(&mut self, stream: &mut impl Write, mut head: ResponseHead, body: &[u8]) -> io::Result<bool> {
        if !body.is_empty() {
            head.fields.push("Content-Length", body.len().to_string());
        }
        self.http.send_response(&head).map_err(io::Error::other)?;
        if !body.is_empty() {
            self.http.send_body(body).map_err(io::Error::other)?;
            self.http.finish_body().map_err(io::Error::other)?;
        }
        stream.write_all(self.http.transmit())?;
        stream.flush()?;
        self.http.handle_sent();
        Ok(!self.http.is_switched() && self.http.next_exchange().is_ok())
    }

    /// What the client said behind its CONNECT: it belongs to the other end of the tunnel.
    pub(super) fn leftovers(&self) -> &[u8] {
        self.http.leftovers()
    }
}

/// A client that stalls must not keep a thread for ever.
fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

const PATIENCE: Duration = Duration::from_secs(60);
