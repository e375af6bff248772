//! [`Client`]: what errands share, and its [`Config`].

use std::sync::Arc;
use std::time::Duration;

use symgate_auth::mechanism::{Order, TokenSource};
use symgate_auth::{Authenticator, Peers, Seed};
use symgate_http::{Deadlines, Fetch, Limits, Parked, PoolKey, Request};

use crate::aside::Aside;
use crate::cancel::Cancel;
use crate::dial::Dialer;
use crate::driver::Driver;
use crate::error::Error;
use crate::handler::Handler;
use crate::pool::{Idle, Pool};
use crate::stream::Stream;
use crate::tls::{Tls, provider};

/// How a [`Client`] connects.
///
/// ```
/// use symgate_net::Config;
///
/// let mut config = Config::default();
/// config.connections = 2;
/// assert_eq!(config.idle.as_secs(), 60);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// TLS to origins, tunnelled or not.
    pub origin_tls: Tls,
    /// TLS to proxies.
    pub proxy_tls: Tls,
    /// The mechanisms by which we authenticate, the preferred one first.
    pub order: Order,
    /// Who makes tokens with the tickets of the logged-on user; nobody by default.
    pub tickets: Option<Arc<dyn TokenSource>>,
    /// Sizes and counts that a peer cannot exceed.
    pub limits: Limits,
    /// How long each kind of waiting lasts. Waiting for one of the [`connections`](Self::connections) is counted by
    /// [`Deadlines::total`] alone.
    pub deadlines: Deadlines,
    /// Connections at once, busy and idle together; 8 by default, at least 1.
    pub connections: usize,
    /// How long an idle connection may serve again; 60 s by default, since nginx closes after 75 s.
    pub idle: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin_tls: Tls::default(),
            proxy_tls: Tls::default(),
            order: Order::default(),
            tickets: None,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            connections: 8,
            idle: Duration::from_secs(60),
        }
    }
}

/// Fetches URLs with blocking sockets; shared by reference among threads.
///
/// It keeps idle connections until it is dropped. A stream is handed to an errand only if way, origin and identities
/// are the same ([`PoolKey`]).
#[derive(Debug)]
pub struct Client {
    pub(crate) config: Config,
    pub(crate) dialer: Dialer,
    pub(crate) tickets: Aside,
    pub(crate) pool: Arc<Pool<PoolKey, Kept>>,
    seed: Seed,
}

/// How an errand ended well.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// How many requests the last connection has carried, if it was kept.
    pub turns: Option<u32>,
}

impl Client {
    /// A client without connections. Nothing is loaded and nobody is contacted.
    ///
    /// # Errors
    ///
    /// [`Error::Entropy`] if the operating system gives no random bytes.
    pub fn new(config: Config) -> Result<Self, Error> {
        let mut bytes = [0; 32];
        provider().secure_random.fill(&mut bytes).map_err(|_| Error::Entropy)?;
        Ok(Self {
            pool: Arc::new(Pool::new(config.connections, config.idle)),
            dialer: Dialer::default(),
            tickets: Aside::new("ticket"),
            seed: Seed::new(bytes),
            config,
        })
    }

    /// Fetches, on this thread, until the last byte of the answer is with the handler.
    ///
    /// Any final answer is a success, whatever its status; the handler sees it. The connection goes back to the pool
    /// as soon as the answer is complete.
    ///
    /// # Errors
    ///
    /// [`Error`]: cancelled, refused, failed, or the handler's own error.
    pub fn fetch(
        &self,
        request: Request,
        peers: &Arc<Peers>,
        handler: &mut dyn Handler,
        cancel: &Cancel,
    ) -> Result<Finished, Error> {
        self.drive(Fetch::new, request, peers, handler, cancel)
    }

    /// Opens the way to the request's origin, with tunnel and handshakes, and keeps it for the next
    /// [`fetch`](Self::fetch). The handler is asked for routes and credentials only.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub fn connect(
        &self,
        request: Request,
        peers: &Arc<Peers>,
        handler: &mut dyn Handler,
        cancel: &Cancel,
    ) -> Result<Finished, Error> {
        self.drive(Fetch::connect, request, peers, handler, cancel)
    }

    /// Closes all connections that are not in use.
    pub fn close_idle(&self) {
        self.pool.close_idle();
    }

    fn drive(
        &self,
        errand: Errand,
        request: Request,
        peers: &Arc<Peers>,
        handler: &mut dyn Handler,
        cancel: &Cancel,
    ) -> Result<Finished, Error> {
        let Config { limits, deadlines, .. } = &self.config;
        let (limits, deadlines) = (limits.clone(), deadlines.clone());
        let authenticator =
            Authenticator::new(Arc::clone(peers), self.seed.clone()).with_order(self.config.order.clone());
        let fetch = errand(request, authenticator, limits, deadlines);
        Driver::new(self, handler, cancel).run(fetch.map_err(Error::Http)?)
    }
}

/// How a machine begins: to fetch, or only to open the way.
type Errand = fn(Request, Authenticator, Limits, Deadlines) -> Result<Fetch, symgate_http::Error>;

/// A stream in the pool.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) stream: Stream,
    pub(crate) parked: Parked,
}

impl Idle for Kept {
    fn is_alive(&mut self) -> bool {
        self.stream.is_alive()
    }

    fn close(self) {
        self.stream.close();
    }
}
