//! [`Client`]: the pieces wired into one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;

use symgate_auth::Peers;
use symgate_http::Downgrade;
use symgate_index::Strictness;
use symgate_net::Cancel;
use symgate_path::FileId;
use symgate_policy::Session;
use symgate_proxy::ProxyConfig;
use symgate_store::{Durability, Writing};

use crate::place::{Step, steps};
use crate::tiers::Tiers;
use crate::{Config, Error, ErrorKind, Event, Observer, Silent, Wanted};

/// Finds symbol files: locally, and where the symbol path says, through whatever stands in between.
///
/// Clones share everything: connections, what peers accepted, refusals, the layouts of servers.
///
/// ```no_run
/// use symgate::path::SymbolPath;
/// use symgate::{Client, Config, Job, Wanted};
///
/// let path = SymbolPath::parse("srv*https://msdl.microsoft.com/download/symbols").path;
/// let client = Client::new(Config::new(path, "/var/cache/symbols"))?;
/// let wanted = Wanted::new("ntdll.pdb/180BF1B90AA75697D0EFEA5E5630AC4B1".parse()?);
/// println!("{}", client.find(&wanted, &Job::silent())?.path.display());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    steps: Vec<Step>,
    warnings: Vec<String>,
    session: Session,
    peers: Arc<Peers>,
    net: symgate_net::Client,
    tiers: Tiers,
}

/// What of the settings is looked at again and again.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) default_store: PathBuf,
    pub(crate) proxy: ProxyConfig,
    pub(crate) connections: usize,
    pub(crate) durability: Durability,
    pub(crate) strictness: Strictness,
    pub(crate) downgrade: Downgrade,
    pub(crate) user_agent: String,
}

/// A file that is there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// Its name and key.
    pub id: FileId,
    /// Where it can be opened.
    pub path: PathBuf,
    /// The store or directory in which it was found, as the symbol path names it.
    pub source: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// One search among several: who watches it, and how it is given up.
#[derive(Clone, Copy)]
pub struct Job<'j> {
    /// A number by which the observer tells searches apart.
    pub number: usize,
    /// Who watches.
    pub observer: &'j dyn Observer,
    /// Set to give up; it takes effect within 200 ms.
    pub cancel: &'j Cancel,
}

impl Client {
    /// A client with these settings. Nothing is contacted or created yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the settings cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        let (steps, warnings) = steps(&config);
        let mut transport = symgate_net::Config::default();
        transport.origin_tls = config.origin_tls;
        transport.proxy_tls = config.proxy_tls;
        transport.limits = config.limits;
        transport.deadlines = config.deadlines;
        transport.connections = config.connections;
        let net = symgate_net::Client::new(transport)
            .map_err(|error| Error::new(ErrorKind::Config, "no connection can be made").caused(error))?;
        let session = Session::new(config.policy, config.answers);
        let settings = Settings {
            default_store: config.default_store,
            proxy: config.proxy,
            connections: config.connections.max(1),
            durability: config.durability,
            strictness: config.strictness,
            downgrade: config.downgrade,
            user_agent: config.user_agent,
        };
        let (peers, tiers) = (Arc::default(), Tiers::default());
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                steps,
                warnings,
                session,
                peers,
                net,
                tiers,
            }),
        })
    }

    /// What is odd about the symbol path on this machine, one line each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.shared.warnings
    }

    /// Looks for one file, in the order of the symbol path.
    ///
    /// # Errors
    ///
    /// The most telling of what went wrong, by [`ErrorKind`]'s order; [`ErrorKind::Missing`] where nothing did and
    /// nobody has the file.
    pub fn find(&self, wanted: &Wanted, job: &Job<'_>) -> Result<Found, Error> {
        let mut worst: Option<Error> = None;
        for step in &self.shared.steps {
            let found = match step {
                Step::Chain(chain) => self.search(chain, wanted, job),
                Step::Directory { directory, cache } => self.look(directory, cache.as_ref(), wanted, job),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                // The first of equals stays: it stands where the user put it first.
                Err(error) if worst.as_ref().is_none_or(|worst| worst.kind() < error.kind()) => worst = Some(error),
                Err(_) => {}
            }
        }
        Err(worst.unwrap_or_else(|| Error::new(ErrorKind::Missing, "the symbol path searches nothing")))
    }

    /// Looks for several files at once, and hands each result over as soon as it is there, in any order.
    ///
    /// `done` is called on the calling thread with the index of the file.
    pub fn find_all(
        &self,
        wanted: &[Wanted],
        observer: &dyn Observer,
        cancel: &Cancel,
        mut done: impl FnMut(usize, Result<Found, Error>),
    ) {
        // Twice as many searches as connections: while one flushes its file, another uses the connection.
        let workers = (self.shared.settings.connections * 2).min(wanted.len());
        let next = AtomicUsize::new(0);
        let (sender, results) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(wanted) = wanted.get(number) else { return };
                        let result = self.find(
                            wanted,
                            &Job {
                                number,
                                observer,
                                cancel,
                            },
                        );
                        if sender.send((number, result)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (number, result) in results {
                done(number, result);
            }
        });
    }

    /// Closes the client as `!symsrv close` does: connections, refusals, remembered answers and layouts are gone.
    pub fn close(&self) {
        self.shared.session.close();
        self.shared.peers.clear();
        self.shared.net.close_idle();
        self.shared.tiers.clear();
    }

    /// The policy side: what is latched, and how it changes.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.shared.session
    }

    /// Whether the symbol path names a directory on the same host as this share.
    pub(crate) fn names_share(&self, share: &str) -> bool {
        let host = |text: &str| {
            let rest = text.strip_prefix(r"\\").or_else(|| text.strip_prefix("//"))?;
            rest.split(['/', '\\']).next().map(str::to_ascii_lowercase)
        };
        let roots = self.shared.steps.iter().flat_map(Step::roots);
        host(share).is_some_and(|wanted| roots.into_iter().any(|root| host(&root) == Some(wanted.clone())))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn net(&self) -> &symgate_net::Client {
        &self.shared.net
    }

    pub(crate) fn peers(&self) -> &Arc<Peers> {
        &self.shared.peers
    }

    pub(crate) fn tiers(&self) -> &Tiers {
        &self.shared.tiers
    }

    /// How files are written; the job's cancel flag comes to it.
    pub(crate) fn writing(&self) -> Writing<'static> {
        Writing {
            durability: self.shared.settings.durability,
            ..Writing::default()
        }
    }
}

impl Job<'_> {
    /// A search that nobody watches and that is not given up.
    #[must_use]
    pub fn silent() -> Job<'static> {
        static NEVER: LazyLock<Cancel> = LazyLock::new(Cancel::new);
        Job {
            number: 0,
            observer: &Silent,
            cancel: &NEVER,
        }
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        self.observer.observe(self.number, event);
    }

    pub(crate) fn interrupted(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            Err(Error::new(ErrorKind::Interrupted, "interrupted"))
        } else {
            Ok(())
        }
    }
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
