//! From a host name to a connected socket: [`Dialer`].
//!
//! The look-up runs on a thread of its own ([`Aside`]), because `getaddrinfo` cannot be interrupted. The addresses
//! are raced as [RFC 8305](https://www.rfc-editor.org/rfc/rfc8305) says: families alternate (§4), the next attempt
//! starts 250 ms after the last one or at once when one failed (§5), the first that is connected wins, and the others
//! are closed.
//!
//! All attempts live on the caller's thread as non-blocking sockets. While there is only one, the operating system
//! wakes us when it is done (`socket2` waits with `poll` or `WSAPoll`); several are looked at in turn, every few
//! milliseconds. Threads that block in `connect` would wake at once too, but each abandoned one would live on until
//! its own timeout, and its late connection would be seen by the peer.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Type};

use crate::aside::Aside;
use crate::deadline::{Halt, SLICE, Wait};
use crate::trace::{AttemptEnd, Attempted};

/// Connects to hosts. Shared by all errands of a client, so that hanging look-ups are counted together.
#[derive(Debug)]
pub(crate) struct Dialer {
    lookups: Aside,
}

/// What dialling ends in without a connection.
#[derive(Debug)]
pub(crate) enum Undialled {
    /// The [`Cancel`](crate::Cancel) word was spoken.
    Cancelled,
    /// The deadline passed or every attempt failed.
    Failed(DialError),
}

/// Why no connection to a host came about. The peer's name and port are the caller's to print.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Every address said no.
    #[error("{}", Attempts(.0))]
    Connect(Vec<Attempt>),
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// The name cannot be looked up.
    #[error("the name cannot be looked up")]
    Resolve(#[source] io::Error),
    /// The deadline passed during the look-up.
    #[error("the name look-up did not finish in time")]
    ResolveTimeout,
    /// The deadline passed with attempts under way.
    #[error("no connection in time: {}", Attempts(.0))]
    Timeout(Vec<Attempt>),
}

/// What there is to tell of a dial, whatever it ended in.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// What the name stands for, in the system's order, at most [`ADDRESSES`], and how long the look-up took.
    pub(crate) looked_up: Option<(Vec<SocketAddr>, Duration)>,
    /// The addresses that were tried, in the order in which they began.
    pub(crate) attempts: Vec<Attempted>,
    /// How long the attempts took together.
    pub(crate) took: Duration,
}

/// What became of one address.
#[derive(Debug)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// Its error; `None` if it had not answered when time was up.
    pub error: Option<io::Error>,
}

impl Default for Dialer {
    fn default() -> Self {
        Self {
            lookups: Aside::new("name look-up"),
        }
    }
}

impl Dialer {
    /// A connected socket, or why there is none.
    ///
    /// `host` is a name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) fn dial(
        &self,
        host: &str,
        port: u16,
        wait: &Wait<'_>,
        story: &mut Story,
    ) -> Result<TcpStream, Undialled> {
        let addresses = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => {
                let begun = Instant::now();
                let addresses = self.resolve(host, port, wait)?;
                let told = addresses.iter().copied().take(ADDRESSES).collect();
                story.looked_up = Some((told, begun.elapsed()));
                addresses
            }
        };
        let begun = Instant::now();
        let raced = race(&interleave(addresses), wait, &mut story.attempts);
        story.took = begun.elapsed();
        raced
    }

    fn resolve(&self, host: &str, port: u16, wait: &Wait<'_>) -> Result<Vec<SocketAddr>, Undialled> {
        let name = host.to_owned();
        let look_up = move || (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        match self.lookups.run(look_up, wait) {
            Ok(addresses) if addresses.is_empty() => Err(Undialled::Failed(DialError::NoAddress)),
            Ok(addresses) => Ok(addresses),
            Err(Halt::Cancelled) => Err(Undialled::Cancelled),
            Err(Halt::Expired) => Err(Undialled::Failed(DialError::ResolveTimeout)),
            Err(Halt::Io(error)) => Err(Undialled::Failed(DialError::Resolve(error))),
            Err(Halt::Tls(error)) => Err(Undialled::Failed(DialError::Resolve(io::Error::other(error)))),
        }
    }
}

/// The address that the host is written as, if it is one.
fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(v6) => v6.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// Orders addresses for the race: families take turns, each in the system's order, each once, at most [`ADDRESSES`] in all
/// ([RFC 8305 §4](https://www.rfc-editor.org/rfc/rfc8305#section-4)).
///
/// The family of the system's first address comes first: by RFC 6724 that is IPv6 wherever IPv6 can work, and the
/// system knows whether it can.
fn interleave(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut once = BTreeSet::new();
    addresses.retain(|address| once.insert(*address));
    let v6_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let before = order.len();
        order.extend(first.next());
        order.extend(second.next());
        if order.len() == before {
            order.truncate(ADDRESSES);
            return order;
        }
    }
}

/// A TCP connection to the first address that answers; what became of each is told.
fn race(addresses: &[SocketAddr], wait: &Wait<'_>, told: &mut Vec<Attempted>) -> Result<TcpStream, Undialled> {
    let mut begun = Vec::new();
    let mut failed = Vec::new();
    let raced = compete(addresses, wait, &mut begun, &mut failed);
    // The address that was tried: the system may call the peer otherwise, as `0.0.0.0` is loopback to Linux.
    let connected = raced.as_ref().ok().map(|(address, _)| *address);
    told.extend(begun.into_iter().map(|(address, start)| {
        let failure = failed.iter().find(|(attempt, _)| attempt.address == address);
        let end = match failure {
            Some((Attempt { error: Some(error), .. }, _)) => AttemptEnd::Failed(again(error)),
            _ if connected == Some(address) => AttemptEnd::Connected,
            _ if raced.is_ok() => AttemptEnd::Abandoned,
            _ => AttemptEnd::Unanswered,
        };
        let took = failure.map_or_else(|| start.elapsed(), |(_, ended)| ended.duration_since(start));
        Attempted { address, end, took }
    }));
    let attempts = failed.into_iter().map(|(attempt, _)| attempt).collect();
    raced.map(|(_, tcp)| tcp).map_err(|lost| match lost {
        Lost::Cancelled => Undialled::Cancelled,
        Lost::Late => Undialled::Failed(DialError::Timeout(attempts)),
        Lost::Refused => Undialled::Failed(DialError::Connect(attempts)),
    })
}

/// Why nobody won.
enum Lost {
    Cancelled,
    Late,
    Refused,
}

/// The race itself: who began when, and who failed when.
fn compete(
    addresses: &[SocketAddr],
    wait: &Wait<'_>,
    begun: &mut Vec<(SocketAddr, Instant)>,
    failed: &mut Vec<(Attempt, Instant)>,
) -> Result<(SocketAddr, TcpStream), Lost> {
    let mut waiting = addresses.iter().copied();
    let mut pending: Vec<(SocketAddr, socket2::Socket)> = Vec::new();
    let mut next_start = Instant::now();
    let fail = |address, error| (Attempt { address, error }, Instant::now());
    loop {
        match wait.check() {
            Ok(()) => {}
            Err(Halt::Cancelled) => return Err(Lost::Cancelled),
            Err(Halt::Expired | Halt::Io(_) | Halt::Tls(_)) => {
                failed.extend(pending.into_iter().map(|(address, _)| fail(address, None)));
                return Err(Lost::Late);
            }
        }
        if (pending.is_empty() || Instant::now() >= next_start)
            && let Some(address) = waiting.next()
        {
            next_start = Instant::now() + STAGGER;
            begun.push((address, Instant::now()));
            // The only attempt may be waited for; with others under way each gets a short look.
            let patience = if pending.is_empty() { wait.slice() } else { TICK };
            match begin(address, patience) {
                Ok(Progress::Connected(tcp)) => return Ok((address, tcp)),
                Ok(Progress::Pending(socket)) => pending.push((address, socket)),
                Err(error) => failed.push(fail(address, Some(error))),
            }
            continue;
        }
        if pending.is_empty() {
            return Err(Lost::Refused);
        }
        let before = failed.len();
        let mut still = Vec::with_capacity(pending.len());
        for (address, socket) in pending {
            match look(socket) {
                Ok(Progress::Connected(tcp)) => return Ok((address, tcp)),
                Ok(Progress::Pending(socket)) => still.push((address, socket)),
                Err(error) => failed.push(fail(address, Some(error))),
            }
        }
        pending = still;
        if failed.len() > before {
            next_start = Instant::now();
        } else {
            std::thread::sleep(TICK.min(wait.slice()));
        }
    }
}

/// Where an attempt is.
enum Progress {
    Connected(TcpStream),
    Pending(socket2::Socket),
}

/// Starts an attempt and watches it for as long as `patience`.
fn begin(address: SocketAddr, patience: Duration) -> io::Result<Progress> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    match socket.connect_timeout(&address.into(), patience) {
        Ok(()) => Ok(Progress::Connected(socket.into())),
        // Without an errno it is socket2's own word for "not yet"; the system goes on connecting.
        Err(error) if error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none() => {
            Ok(Progress::Pending(socket))
        }
        Err(error) => Err(error),
    }
}

/// Looks at an attempt without waiting: failed if the socket has an error, connected if it has a peer.
fn look(socket: socket2::Socket) -> io::Result<Progress> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    if socket.peer_addr().is_ok() {
        Ok(Progress::Connected(socket.into()))
    } else {
        Ok(Progress::Pending(socket))
    }
}

/// Prints attempts as one line.
struct Attempts<'a>(&'a [Attempt]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none was tried");
        }
        for (position, attempt) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{attempt}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.address)?;
        match &self.error {
            None => f.write_str("no answer"),
            Some(error) => plain(error, f),
        }
    }
}

/// Why a connection was not made. The kind's words are the same on every system and in lower case; only a kind without
/// words needs the system's own.
pub(crate) fn plain(error: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if WORDED.contains(&error.kind()) {
        write!(f, "{}", error.kind())
    } else {
        write!(f, "{error}")
    }
}

/// The same error once more; the system's have a number, and no other comes of connecting.
fn again(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// The kinds that connecting ends in and whose own words say what happened.
const WORDED: [io::ErrorKind; 8] = [
    io::ErrorKind::AddrNotAvailable,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::HostUnreachable,
    io::ErrorKind::NetworkUnreachable,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::TimedOut,
];

/// Connection Attempt Delay, [RFC 8305 §5](https://www.rfc-editor.org/rfc/rfc8305#section-5).
const STAGGER: Duration = Duration::from_millis(250);

/// How often several attempts are looked at; a twentieth of a slow round trip.
const TICK: Duration = Duration::from_millis(5);

/// Addresses tried for one name: real names have below ten, and each costs 250 ms when nothing answers.
const ADDRESSES: usize = 16;

const _: () = assert!(TICK.as_millis() < SLICE.as_millis());

#[cfg(test)]
mod tests;
