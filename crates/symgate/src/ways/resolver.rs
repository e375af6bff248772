//! [`System`]: the system's names and addresses, for scripts and for detection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use symgate_proxy::Resolver;

/// Asks the system what it may be long to answer, names first of all, each on a thread of its own, since the system's
/// call cannot be interrupted. The threads that hang are counted: a dead name server costs a handful of them.
#[derive(Debug, Default)]
pub(super) struct System {
    running: Arc<AtomicUsize>,
}

/// One look-up under way.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl System {
    /// The addresses of a name; none when there is none, at the deadline, and for who gives up.
    pub(super) fn look_up(&self, host: &str, deadline: Instant, is_cancelled: &dyn Fn() -> bool) -> Vec<IpAddr> {
        let host = host.to_owned();
        let look_up = move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            found.map_or_else(|_| Vec::new(), |found| found.map(|address| address.ip()).collect())
        };
        self.run(look_up, deadline, is_cancelled).map_or_else(Vec::new, unique)
    }

    /// Runs what may hang; `None` at the deadline, for who gives up, and where too much hangs already.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
        deadline: Instant,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Option<T> {
        if self.running.fetch_add(1, Ordering::Relaxed) >= RUNNING {
            self.running.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let slot = Slot(Arc::clone(&self.running));
        let (sender, receiver) = mpsc::sync_channel(1);
        let spawned = thread::Builder::new().name("look-up".into()).spawn(move || {
            let found = job();
            drop(slot);
            // Nobody waits any more if this fails, and nobody needs to know.
            sender.send(found).ok();
        });
        // Not joined: a thread that hangs in the system cannot be.
        drop(spawned.ok()?);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(GLANCE)) {
                Ok(found) => return Some(found),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline && !is_cancelled() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

impl Resolver for System {
    fn resolve(&self, host: &str, deadline: Instant) -> Vec<IpAddr> {
        self.look_up(host, deadline, &|| false)
    }

    /// The addresses from which this machine would speak to the rest of the network. Nothing is sent: to connect a
    /// datagram socket only asks the system for its route. Whom is asked about are addresses for documentation, which
    /// belong to nobody ([RFC 5737](https://www.rfc-editor.org/rfc/rfc5737),
    /// [RFC 3849](https://www.rfc-editor.org/rfc/rfc3849)).
    fn my_addresses(&self, _: Instant) -> Vec<IpAddr> {
        let from = |any: IpAddr, to: IpAddr| {
            let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
            socket.connect(SocketAddr::new(to, 53)).ok()?;
            socket.local_addr().ok().map(|address| address.ip())
        };
        let found = [
            from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
            from(
                Ipv6Addr::UNSPECIFIED.into(),
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
            ),
        ];
        let is_mine = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
        found.into_iter().flatten().filter(is_mine).collect()
    }
}

/// In the same order, each once: the system names an address once for each kind of socket.
fn unique(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut once = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    once
}

/// How many look-ups may be under way at once, hanging ones included.
const RUNNING: usize = 16;

/// How often who waits looks at his cancel flag.
const GLANCE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn names_of_this_machine_have_addresses_each_once() {
        let system = System::default();
        let found = system.resolve("localhost", soon());
        assert!(found.iter().any(IpAddr::is_loopback), "{found:?}");
        assert_eq!(found, unique(found.clone()));
        assert_eq!(system.running.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_name_that_there_is_not_has_none_and_who_gives_up_waits_no_longer() {
        let system = System::default();
        assert!(system.look_up("no such name", soon(), &|| false).is_empty());
        let begun = Instant::now();
        assert!(system.look_up("given.up.invalid", soon(), &|| true).is_empty());
        assert!(begun.elapsed() < Duration::from_millis(200));
    }

    #[test]
    fn my_addresses_are_no_loopback() {
        let mine = System::default().my_addresses(soon());
        assert!(!mine.iter().any(IpAddr::is_loopback), "{mine:?}");
    }
}
