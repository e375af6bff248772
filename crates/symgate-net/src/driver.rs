//! [`Driver`]: the one loop that carries out what [`Fetch`] asks.
//!
//! An errand keeps its place among the connections when its stream is closed in the middle, as after a proxy's 407
//! that ends the connection: the others may be waiting for what becomes of its password, and must not take the
//! place that it needs to find out. The place is given back with the stream that is kept, or at the end.

use std::time::{Duration, Instant, SystemTime};

use symgate_auth::{Channel, Origin, Target, UriScheme};
use symgate_http::{
    Action, Endpoint, Eof, Failure, FailureKind, Fetch, Hop, Now, Opened, Parked, PoolKey, Release, Reuse,
};

use crate::cancel::Cancel;
use crate::client::{Client, Finished, Kept};
use crate::deadline::{Halt, Wait};
use crate::dial::{DialError, Story, Undialled};
use crate::error::{Error, Late};
use crate::handler::Handler;
use crate::pool::{Lease, Take};
use crate::stream::{Ended, Received, Stream};
use crate::tickets::Tickets;
use crate::tls::{Handshake, named};
use crate::trace::{AttemptEnd, Trace};

/// One errand's hold on the world.
pub(crate) struct Driver<'d> {
    client: &'d Client,
    handler: &'d mut dyn Handler,
    cancel: &'d Cancel,
    begun: Instant,
    /// How long we stood in the pool's queue. The errand's clock stands still meanwhile: its deadlines are about
    /// peers, not about our own other errands.
    queued: Duration,
    // Dropped in this order: the connection is closed before its place is free.
    stream: Option<Stream>,
    /// The way of the stream.
    way: Option<PoolKey>,
    lease: Option<Lease<PoolKey, Kept>>,
    tickets: Tickets,
    /// Since when we wait for a peer to say something, after we have.
    asked: Option<Instant>,
    finished: Finished,
}

/// What the world answered: a value for the machine, a failure for the machine, or the end of the errand.
type Outcome<T> = Result<Result<T, Failure>, Error>;

impl<'d> Driver<'d> {
    pub(crate) fn new(client: &'d Client, handler: &'d mut dyn Handler, cancel: &'d Cancel) -> Self {
        Self {
            client,
            handler,
            cancel,
            begun: Instant::now(),
            queued: Duration::ZERO,
            lease: None,
            stream: None,
            tickets: Tickets::default(),
            asked: None,
            way: None,
            finished: Finished::default(),
        }
    }

    pub(crate) fn run(mut self, mut fetch: Fetch) -> Result<Finished, Error> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let now = self.now();
            // What waits for no input is done now. The rest is said again by the second poll: the deadline belongs to
            // it and cannot be asked for while it is borrowed.
            match fetch.poll(now).map_err(Error::Http)? {
                Action::Head(head) => {
                    self.handler.head(head).map_err(Error::Sink)?;
                    continue;
                }
                Action::Body(piece) => {
                    self.handler.body(piece).map_err(Error::Sink)?;
                    continue;
                }
                Action::Note(note) => {
                    self.handler.note(&note);
                    continue;
                }
                Action::Report(ask, outcome) => {
                    self.handler.report(&ask, outcome);
                    continue;
                }
                Action::Release(release) => {
                    self.release(release);
                    continue;
                }
                Action::Done => return Ok(self.finished),
                Action::Choose(_)
                | Action::Open(_)
                | Action::StartTls { .. }
                | Action::Transmit(_)
                | Action::Receive(_)
                | Action::Authorize(_)
                | Action::Token(_) => {}
            }
            let until = self.until(fetch.deadline());
            let wait = Wait::new(self.cancel, until);
            let taken = match fetch.poll(now).map_err(Error::Http)? {
                Action::Choose(url) => {
                    let routes = self.handler.routes(url);
                    fetch.handle_routes(routes)
                }
                Action::Open(endpoint) if self.lease.is_some() => match self.open(endpoint, &wait)? {
                    Ok(opened) => fetch.handle_opened(opened),
                    Err(failure) => fetch.handle_failed(failure),
                },
                // As whom the proxy wants us may be known only at the end of the queue: the machine is asked again.
                Action::Open(_) => match self.queue()? {
                    Ok(()) => continue,
                    Err(failure) => fetch.handle_failed(failure),
                },
                Action::StartTls { target, host, early } => match self.start_tls(target, host, early, &wait)? {
                    Ok(channel) => fetch.handle_tls(channel),
                    Err(failure) => fetch.handle_failed(failure),
                },
                Action::Transmit(bytes) => match self.transmit(bytes, &wait)? {
                    Ok(()) => fetch.handle_sent(),
                    Err(failure) => fetch.handle_failed(failure),
                },
                Action::Receive(buf) => match self.receive(buf, &wait)? {
                    Ok(Received::Bytes(count)) => fetch.handle_received(count),
                    Ok(Received::End(Ended::Clean)) => fetch.handle_eof(Eof::Clean),
                    Ok(Received::End(Ended::Truncated)) => fetch.handle_eof(Eof::Truncated),
                    Err(failure) => fetch.handle_failed(failure),
                },
                Action::Authorize(ask) => {
                    let answer = self.handler.answer(ask);
                    fetch.handle_answer(answer)
                }
                Action::Token(request) => {
                    let token = self.tickets.token(self.client, request, &wait)?;
                    fetch.handle_token(token)
                }
                Action::Head(_)
                | Action::Body(_)
                | Action::Note(_)
                | Action::Report(..)
                | Action::Release(_)
                | Action::Done => Ok(()),
            };
            taken.map_err(Error::Http)?;
        }
    }

    fn now(&self) -> Now {
        Now {
            monotonic: self.begun.elapsed().saturating_sub(self.queued),
            // A clock before 1970 dates nothing; the schemes that need a date will be told no by the peer.
            wall: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        }
    }

    /// The machine's deadline as a moment; the whole errand's deadline includes the queue.
    fn until(&self, deadline: Option<Duration>) -> Option<Instant> {
        let until = deadline.and_then(|deadline| self.begun.checked_add(deadline.saturating_add(self.queued)));
        [until, self.total()].into_iter().flatten().min()
    }

    fn total(&self) -> Option<Instant> {
        let total = self.client.config.deadlines.total?;
        self.begun.checked_add(total)
    }

    /// Waits for a place among the connections. The clock of the errand stands still meanwhile.
    fn queue(&mut self) -> Outcome<()> {
        let start = Instant::now();
        let total = self.total();
        let place = self.client.pool.acquire(&Wait::new(self.cancel, total));
        self.queued += start.elapsed();
        match place {
            Ok(lease) => {
                self.lease = Some(lease);
                Ok(Ok(()))
            }
            Err(halt) => self.failed(halt, FailureKind::Connect, Late::Free).map(Err),
        }
    }

    /// A kept stream or a new one, in the place that we have.
    fn open(&mut self, endpoint: &Endpoint, wait: &Wait<'_>) -> Outcome<Opened> {
        // The machine has forgotten a stream that it wants another one for.
        self.stream = None;
        self.way = Some(endpoint.key.clone());
        let take = match endpoint.reuse {
            Reuse::Allowed => Take::Idle,
            Reuse::Never => Take::Slot,
        };
        let kept = self.lease.as_ref().and_then(|lease| lease.stream(&endpoint.key, take));
        if let Some(Kept { stream, parked }) = kept {
            tracing::debug!("took a kept connection");
            self.handler.trace(&Trace::Reused { hop: &endpoint.hop });
            self.stream = Some(stream);
            return Ok(Ok(Opened::Reused(parked)));
        }
        let origin = &endpoint.hop.origin;
        tracing::debug!("dialling");
        self.warm_tls(endpoint);
        let mut story = Story::default();
        let dialled = self.client.dialer.dial(origin.host(), origin.port(), wait, &mut story);
        self.tell(&endpoint.hop, &story);
        self.asked = None;
        let dialled = match dialled {
            Ok(tcp) => Stream::new(tcp),
            Err(Undialled::Cancelled) => return Err(Error::Cancelled),
            Err(Undialled::Failed(error)) => return Ok(Err(undialled(error))),
        };
        match dialled {
            Ok(stream) => {
                self.stream = Some(stream);
                Ok(Ok(Opened::Fresh))
            }
            Err(error) => Ok(Err(Failure::new(FailureKind::Connect, error))),
        }
    }

    /// Tells how a connection came about, or why it did not.
    fn tell(&mut self, hop: &Hop, story: &Story) {
        if let Some((addresses, took)) = &story.looked_up {
            let took = *took;
            self.handler.trace(&Trace::LookedUp { hop, addresses, took });
        }
        for attempted in &story.attempts {
            self.handler.trace(&Trace::Attempted { hop, attempted });
        }
        let connected = |end: &AttemptEnd| matches!(end, AttemptEnd::Connected);
        if let Some(attempted) = story.attempts.iter().find(|attempted| connected(&attempted.end)) {
            self.handler.trace(&Trace::Connected {
                hop,
                address: attempted.address,
                took: story.took,
            });
        }
    }

    /// Has the roots loaded that the way will need, while the other end is still far.
    fn warm_tls(&self, endpoint: &Endpoint) {
        let PoolKey { route, origin, .. } = &endpoint.key;
        let https = |origin: &Origin| origin.scheme() == UriScheme::Https;
        if route.proxy().is_some_and(https) {
            self.client.config.proxy_tls.warm();
        }
        if origin.as_ref().is_some_and(https) {
            self.client.config.origin_tls.warm();
        }
    }

    fn start_tls(&mut self, target: Target, host: &str, early: &[u8], wait: &Wait<'_>) -> Outcome<Channel> {
        let way = self.way.as_ref();
        let (tls, peer) = match target {
            Target::Origin => (&self.client.config.origin_tls, way.and_then(|way| way.origin.as_ref())),
            Target::Proxy => (&self.client.config.proxy_tls, way.and_then(|way| way.route.proxy())),
        };
        // Which certificate a stream was opened with follows from whom it leads to, for as long as a client lives. So
        // the pool's key, which names both hops, keeps identities apart here too.
        let peer = peer.filter(|peer| peer.host() == host);
        let begun = Instant::now();
        let shaken = match (tls.client_config(peer), named(host)) {
            (Ok(config), Ok(name)) => {
                let mut handshake = Handshake::new(name.clone());
                let shaken = match &mut self.stream {
                    Some(stream) => stream.start_tls(config, name, early, wait, &mut handshake),
                    None => Err(gone()),
                };
                if let (Err(_), Some(chain)) = (&shaken, tls.refusals().take()) {
                    handshake.refused(chain);
                }
                if let Some(origin) = peer {
                    let origin = origin.clone();
                    let (hop, handshake, took) = (&Hop { target, origin }, &handshake, begun.elapsed());
                    match &shaken {
                        Ok(_) => self.handler.trace(&Trace::Secured { hop, handshake, took }),
                        Err(Halt::Tls(error)) => self.handler.trace(&Trace::Unsecured {
                            hop,
                            handshake,
                            error,
                            took,
                        }),
                        Err(_) => {}
                    }
                }
                shaken
            }
            (Err(error), _) | (_, Err(error)) => Err(Halt::Tls(error)),
        };
        self.asked = None;
        match shaken {
            Ok(certificate) => {
                tracing::debug!("TLS is up");
                Ok(Ok(Channel::encrypted(certificate)))
            }
            Err(Halt::Tls(error)) if error.is_certificate() => {
                Ok(Err(Failure::new(FailureKind::TlsCertificate, error)))
            }
            Err(halt) => self.failed(halt, FailureKind::TlsHandshake, Late::Tls).map(Err),
        }
    }

    fn transmit(&mut self, bytes: &[u8], wait: &Wait<'_>) -> Outcome<()> {
        let sent = match &mut self.stream {
            Some(stream) => stream.write_all(bytes, wait),
            None => Err(gone()),
        };
        match sent {
            Ok(()) => {
                self.asked = Some(Instant::now());
                Ok(Ok(()))
            }
            Err(halt) => self.failed(halt, FailureKind::Write, Late::Write).map(Err),
        }
    }

    fn receive(&mut self, buf: &mut [u8], wait: &Wait<'_>) -> Outcome<Received> {
        let received = match &mut self.stream {
            Some(stream) => stream.read(buf, wait),
            None => Err(gone()),
        };
        match received {
            Ok(received) => {
                if let (Received::Bytes(_), Some(asked)) = (received, self.asked.take()) {
                    let took = asked.elapsed();
                    self.handler.trace(&Trace::Turned { took });
                }
                Ok(Ok(received))
            }
            Err(halt) => self.failed(halt, FailureKind::Read, Late::Read).map(Err),
        }
    }

    /// Sorts what ended an operation. A word of cancel ends the errand; the machine is told the rest.
    fn failed(&self, halt: Halt, kind: FailureKind, late: Late) -> Result<Failure, Error> {
        match halt {
            Halt::Cancelled => Err(Error::Cancelled),
            Halt::Expired => Ok(Failure::new(FailureKind::Timeout, late)),
            Halt::Io(error) => Ok(Failure::new(kind, error)),
            Halt::Tls(error) if error.is_client_certificate() => {
                Ok(Failure::new(FailureKind::ClientCertificate, error))
            }
            Halt::Tls(error) => Ok(Failure::new(kind, error)),
        }
    }

    fn release(&mut self, release: Release) {
        let Some(stream) = self.stream.take() else { return };
        match release {
            Release::Close => stream.close(),
            Release::Keep(parked) => self.park(stream, parked),
        }
    }

    fn park(&mut self, stream: Stream, parked: Parked) {
        self.finished.turns = Some(parked.turns());
        match self.lease.take() {
            Some(lease) => lease.park(parked.key().clone(), Kept { stream, parked }),
            None => stream.close(),
        }
    }
}

/// The kind of failure that a dial error is.
fn undialled(error: DialError) -> Failure {
    let kind = match &error {
        DialError::Connect(_) => FailureKind::Connect,
        DialError::NoAddress | DialError::Resolve(_) => FailureKind::Resolve,
        DialError::ResolveTimeout | DialError::Timeout(_) => FailureKind::Timeout,
    };
    Failure::new(kind, error)
}

/// There is no stream where the machine believes one.
fn gone() -> Halt {
    Halt::Io(std::io::ErrorKind::NotConnected.into())
}

#[cfg(test)]
mod tests;
