//! [`Client`]: the pieces wired into one.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use symgate_auth::{Origin, Peers};
use symgate_http::Downgrade;
use symgate_index::Strictness;
use symgate_net::{Cancel, Known};
use symgate_path::FileId;
use symgate_policy::{Errand, Explicit, Session};
use symgate_proxy::Choice;
use symgate_store::{Durability, Reach, Writing};
use url::Url;

use crate::place::{Chain, Place, Step, pointed, steps};
use crate::search::{Passed, Take};
use crate::tiers::Tiers;
use crate::{
    Config, Error, ErrorKind, Event, Existing, Habits, Mismatched, Observer, Plan, Silent, Wanted, WayNote, Ways,
};

/// Finds symbol files: locally, and where the symbol path says, through whatever stands in between.
///
/// Clones share everything: connections, what peers accepted, refusals, the layouts of servers. So does a client
/// [`over`](Self::over) another symbol path.
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
    planned: Arc<Planned>,
}

/// What clients over several symbol paths have in common.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    session: Session,
    /// What the user gave, without what stands in the symbol path.
    explicit: Explicit,
    /// Another memory after each close: an errand that is still under way then teaches the old one.
    peers: Mutex<Arc<Peers>>,
    /// Which way leads where: the scripts and the dead proxies that errands have met with.
    ways: Ways,
    /// How connections are made; who may see a client certificate is for the plan to say.
    transport: symgate_net::Config,
    /// The proxies that are the user's own choice, as far as any way led through them.
    named_proxies: Known,
    tiers: Tiers,
}

/// A plan, on this machine.
#[derive(Debug)]
struct Planned {
    plan: Plan,
    steps: Vec<Step>,
    warnings: Vec<String>,
    net: Arc<symgate_net::Client>,
}

/// What of the settings is looked at again and again.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) store_limits: symgate_store::Limits,
    pub(crate) connections: usize,
    /// How long a whole transfer may take, and so the wait for somebody else's.
    pub(crate) total: Option<Duration>,
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
    /// Whether it is what was asked for.
    pub fit: Fit,
}

/// Whether a file that was found is what was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fit {
    /// It is.
    Matched,
    /// It has the name alone ([`Mismatched::Accept`](crate::Mismatched::Accept)).
    Mismatched,
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
    /// What to do about copies that are there and about files that do not match.
    pub habits: Habits,
}

impl Client {
    /// A client with these settings. Nothing is contacted or created yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the settings cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        let plan = Plan {
            path: config.path,
            security: config.security,
            default_store: config.default_store,
        };
        let mut transport = symgate_net::Config::default();
        transport.origin_tls = config.origin_tls;
        let named_proxies = Known::default();
        transport.proxy_tls = config.proxy_tls.shown_only_to_known(&named_proxies);
        transport.order = config.order;
        transport.tickets = config.tickets.clone();
        transport.limits = config.limits;
        let total = config.deadlines.total;
        transport.deadlines = config.deadlines;
        transport.connections = config.connections;
        let explicit = config.answers.explicit().clone();
        let answers = config.answers.with_explicit(plan.logins(explicit.clone()));
        let answers = match &config.tickets {
            Some(_) => answers.with_source(symgate_policy::Tickets),
            None => answers,
        };
        let shared = Shared {
            settings: Settings {
                store_limits: config.store_limits,
                connections: config.connections.max(1),
                total,
                durability: config.durability,
                strictness: config.strictness,
                downgrade: config.downgrade,
                user_agent: config.user_agent,
            },
            session: Session::new(config.policy, answers),
            explicit,
            peers: Mutex::default(),
            ways: Ways::new(config.proxy, &config.automatic, &transport),
            transport,
            named_proxies,
            tiers: Tiers::default(),
        };
        let (steps, warnings) = steps(&plan, &shared.settings);
        let net = Arc::new(shared.connect(&steps)?);
        Ok(Self {
            shared: Arc::new(shared),
            planned: Arc::new(Planned {
                plan,
                steps,
                warnings,
                net,
            }),
        })
    }

    /// A client that searches by another plan and shares everything else with this one: what was refused stays refused,
    /// and what was accepted is not asked for again. Searches of this one that are under way go on by their own plan.
    ///
    /// Logins in the URLs of the new path take the place of those in the old one, for both clients. A client certificate
    /// is shown to origins that the new path names and to no others; connections are made anew where that matters.
    ///
    /// ```
    /// use symgate::path::SymbolPath;
    /// use symgate::{Client, Config};
    ///
    /// let client = Client::new(Config::new(SymbolPath::default(), "/var/cache/symbols"))?;
    /// let mut plan = client.plan().clone();
    /// plan.path = SymbolPath::parse("srv*https://msdl.microsoft.com/download/symbols").path;
    /// let client = client.over(plan)?;
    /// # Ok::<(), symgate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the settings cannot be used.
    pub fn over(&self, plan: Plan) -> Result<Self, Error> {
        let (steps, warnings) = steps(&plan, self.settings());
        let named = |steps: &[Step]| steps.iter().flat_map(Step::origins).collect::<BTreeSet<_>>();
        let net = if self.shared.transport.origin_tls.has_client_certificate()
            && named(&steps) != named(&self.planned.steps)
        {
            Arc::new(self.shared.connect(&steps)?)
        } else {
            Arc::clone(&self.planned.net)
        };
        let explicit = plan.logins(self.shared.explicit.clone());
        self.shared.session.set_explicit(explicit);
        Ok(Self {
            shared: Arc::clone(&self.shared),
            planned: Arc::new(Planned {
                plan,
                steps,
                warnings,
                net,
            }),
        })
    }

    /// What is searched, and where files are kept.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.planned.plan
    }

    /// What is odd about the symbol path on this machine, one line each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.planned.warnings
    }

    /// Looks for one file: beside its module, where that is [known](Wanted::near), and in the order of the symbol path.
    ///
    /// # Errors
    ///
    /// The most telling of what went wrong, by [`ErrorKind`]'s order; [`ErrorKind::Missing`] where nothing did and
    /// nobody has the file.
    pub fn find(&self, wanted: &Wanted, job: &Job<'_>) -> Result<Found, Error> {
        let found = self.find_matching(wanted, job);
        match (found, job.habits.mismatch) {
            (Err(error), Mismatched::Accept) if error.kind() != ErrorKind::Interrupted => {
                self.find_mismatched(wanted, job, error)
            }
            (found, _) => found,
        }
    }

    fn find_matching(&self, wanted: &Wanted, job: &Job<'_>) -> Result<Found, Error> {
        if job.habits.existing == Existing::Keep {
            return self.pass(wanted, job, Take::All);
        }
        let passed = Passed::default();
        let error = match self.pass(wanted, job, Take::Anew(&passed)) {
            Err(error) if passed.any() && error.kind() != ErrorKind::Interrupted => error,
            found => return found,
        };
        // Nobody has another one: the copy that was to be replaced stays the file.
        let habits = Habits {
            existing: Existing::Keep,
            ..job.habits
        };
        match self.pass(wanted, &Job { habits, ..*job }, Take::Kept(&error)) {
            Ok(found) => Ok(found),
            Err(interrupted) if interrupted.kind() == ErrorKind::Interrupted => Err(interrupted),
            Err(_) => Err(error),
        }
    }

    /// One pass over the symbol path.
    fn pass(&self, wanted: &Wanted, job: &Job<'_>, take: Take<'_>) -> Result<Found, Error> {
        if let Some(near) = &wanted.near
            && !matches!(take, Take::Kept(_))
        {
            match self.look(near, None, wanted, job) {
                Ok(found) => return Ok(found),
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                // The path is what the user wrote, so the reason is the path's.
                Err(_) => {}
            }
        }
        let mut worst: Option<Error> = None;
        for (index, step) in self.planned.steps.iter().enumerate() {
            let found = match (step, take) {
                // Its turn comes before that of those who fill it.
                (Step::Chain(chain), Take::Anew(passed)) if self.is_cache(index, chain) => {
                    passed.over(chain, &wanted.id);
                    continue;
                }
                (Step::Chain(chain), _) => self.search(chain, wanted, job, take),
                (Step::Directory { store, .. }, _) if is_marked(store) => self.search(store, wanted, job, take),
                // It was looked into, and keeps no copies of what others have.
                (Step::Directory { .. }, Take::Kept(_)) => continue,
                (Step::Directory { directory, cache, .. }, _) => self.look(directory, cache.as_ref(), wanted, job),
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

    /// Whether a chain is what `cache*` stands for: one store, which others further right begin with.
    fn is_cache(&self, index: usize, chain: &Chain) -> bool {
        let [Place::Local(cache)] = chain.places.as_slice() else {
            return false;
        };
        let mut later = self.planned.steps.iter().skip(index + 1);
        later.any(|step| {
            let (Step::Chain(chain) | Step::Directory { store: chain, .. }) = step;
            matches!(chain.places.as_slice(), [Place::Local(first), _, ..] if first.root() == cache.root())
        })
    }

    /// The first PDB of another build, beside the module or in the plain directories, where the search for the right one ended with `error`.
    fn find_mismatched(&self, wanted: &Wanted, job: &Job<'_>, error: Error) -> Result<Found, Error> {
        let plain = self.planned.steps.iter().filter_map(|step| match step {
            Step::Directory { directory, store, .. } if !is_marked(store) => Some(directory),
            _ => None,
        });
        for directory in wanted.near.iter().chain(plain) {
            if let Some(found) = self.look_for_another(directory, wanted, job, &error)? {
                return Ok(found);
            }
        }
        Err(error)
    }

    /// Looks for several files at once, and hands each result over as soon as it is there, in any order.
    ///
    /// `done` is called on the calling thread with the index of the file, which is the number of its search too; that of
    /// `job` plays no part. A file that is wanted several times is looked for once, under the first of its numbers.
    pub fn find_all(&self, wanted: &[Wanted], job: Job<'_>, mut done: impl FnMut(usize, Result<Found, Error>)) {
        let files = same(wanted);
        // Twice as many searches as connections: while one flushes its file, another uses the connection.
        let workers = self.shared.settings.connections.saturating_mul(2).min(files.len());
        let next = AtomicUsize::new(0);
        let (sender, results) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next, files) = (sender.clone(), &next, &files);
                scope.spawn(move || {
                    while let Some(numbers) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut last: Option<(&Wanted, Result<Found, Error>)> = None;
                        for &number in numbers {
                            let Some(wanted) = wanted.get(number) else { return };
                            let result = match &last {
                                // Plain directories sort files by module: one module's miss is not another's.
                                Some((before, result)) if *before == wanted || is_matched(result) => result.clone(),
                                _ => self.find(wanted, &Job { number, ..job }),
                            };
                            last = Some((wanted, result.clone()));
                            if sender.send((number, result)).is_err() {
                                return;
                            }
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

    /// Closes the client as `!symsrv close` does: connections, refusals, remembered answers, layouts, scripts and what is
    /// known of dead proxies are gone. Of
    /// clients [`over`](Self::over) other paths that were given connections of their own, those end when they are dropped.
    pub fn close(&self) {
        self.shared.session.close();
        *self.shared.peers.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        self.planned.net.close_idle();
        self.shared.tiers.clear();
        self.shared.ways.clear();
    }

    /// The ways to a URL, as its requests would take them, and why; `told` hears what happens meanwhile. See
    /// [`Ways::choose`].
    #[must_use]
    pub fn choose(&self, url: &Url, cancel: &Cancel, told: &mut dyn FnMut(&WayNote<'_>)) -> Choice {
        self.shared.ways.choose(url, cancel, told)
    }

    pub(crate) fn ways(&self) -> &Ways {
        &self.shared.ways
    }

    /// The policy side: what is latched, and how it changes.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.shared.session
    }

    /// Whether the symbol path names a directory on the host of this share.
    pub(crate) fn names_share(&self, share: Reach<'_>) -> bool {
        let mut roots = self.planned.steps.iter().flat_map(Step::roots);
        roots.any(|root| share.is_same_host(Reach::of(&root)))
    }

    /// On whose behalf the URL of a local store's pointer is asked for, and what its store is called.
    pub(crate) fn pointed(&self, url: &Url) -> Option<(Errand, String)> {
        pointed(url, &self.planned.steps)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn net(&self) -> &symgate_net::Client {
        &self.planned.net
    }

    /// Connections on which a client certificate is shown to this origin, which the user names.
    pub(crate) fn net_showing(&self, origin: &Origin) -> Result<Arc<symgate_net::Client>, symgate_net::Error> {
        let is_named = || self.planned.steps.iter().any(|step| step.names(origin));
        if !self.shared.transport.origin_tls.has_client_certificate() || is_named() {
            return Ok(Arc::clone(&self.planned.net));
        }
        self.shared.connect_showing([origin.clone()]).map(Arc::new)
    }

    /// A proxy that is the user's own choice: a client certificate for proxies may be shown to it from now on.
    pub(crate) fn name_proxy(&self, proxy: Origin) {
        self.shared.named_proxies.add(proxy);
    }

    pub(crate) fn peers(&self) -> Arc<Peers> {
        // Each change is one assignment.
        Arc::clone(&self.shared.peers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn tiers(&self) -> &Tiers {
        &self.shared.tiers
    }

    /// How files are written for this search.
    pub(crate) fn writing_for<'j>(&self, job: &Job<'j>) -> Writing<'j> {
        let total = self.shared.settings.total;
        Writing {
            existing: match job.habits.existing {
                Existing::Keep => symgate_store::Existing::Keep,
                Existing::Replace => symgate_store::Existing::Overwrite,
            },
            durability: self.shared.settings.durability,
            cancel: Some(job.cancel.flag()),
            deadline: total.and_then(|total| Instant::now().checked_add(total)),
        }
    }
}

impl Shared {
    /// Connections for these steps: a client certificate is shown to whom they name.
    fn connect(&self, steps: &[Step]) -> Result<symgate_net::Client, Error> {
        self.connect_showing(steps.iter().flat_map(Step::origins))
            .map_err(|error| Error::new(ErrorKind::Config, "no connection can be made").caused(error))
    }

    fn connect_showing(
        &self,
        origins: impl IntoIterator<Item = Origin>,
    ) -> Result<symgate_net::Client, symgate_net::Error> {
        let mut transport = self.transport.clone();
        transport.origin_tls = transport.origin_tls.shown_only_to(origins);
        symgate_net::Client::new(transport)
    }
}

/// Whether a search found what it was for.
fn is_matched(result: &Result<Found, Error>) -> bool {
    matches!(result, Ok(found) if found.fit == Fit::Matched)
}

/// The numbers of what is wanted, those of one file together.
fn same(wanted: &[Wanted]) -> Vec<Vec<usize>> {
    let mut places = HashMap::new();
    let mut files: Vec<Vec<usize>> = Vec::new();
    for (number, wanted) in wanted.iter().enumerate() {
        let place = *places.entry(&wanted.id).or_insert(files.len());
        match files.get_mut(place) {
            Some(numbers) => numbers.push(number),
            None => files.push(vec![number]),
        }
    }
    files
}

/// Whether a plain directory calls itself a symbol store, which makes `srv*DIR` of it (SYMSRV §1.1 rule 12).
fn is_marked(chain: &Chain) -> bool {
    matches!(chain.places.last(), Some(Place::Local(store)) if store.is_marked().unwrap_or(false))
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
            habits: Habits::default(),
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use symgate_path::SymbolPath;
    use symgate_policy::Cause;

    use super::*;
    use crate::remote::Body;

    fn client(connections: usize) -> Client {
        let mut config = Config::new(SymbolPath::parse("").path, "/nowhere");
        config.connections = connections;
        Client::new(config).unwrap()
    }

    /// Otherwise the next errand would volunteer, without a question, what an errand from before the close was accepted
    /// with after it.
    #[test]
    fn what_an_errand_learns_after_the_close_is_not_shared() {
        let client = client(8);
        let under_way = client.peers();
        assert!(Arc::ptr_eq(&under_way, &client.clone().peers()));
        client.close();
        assert!(!Arc::ptr_eq(&under_way, &client.peers()));
    }

    /// Counts the requests that failed.
    #[derive(Default)]
    struct Failures(AtomicUsize);

    impl Observer for Failures {
        fn observe(&self, _: usize, event: &Event<'_>) {
            let failed = usize::from(matches!(event, Event::Failed { .. }));
            self.0.fetch_add(failed, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_goes_wrong_ahead_of_time_is_told_by_the_request_alone() {
        let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let path = SymbolPath::parse(&format!("srv*http://{}/s", closed.unwrap())).path;
        let client = Client::new(Config::new(path, "/nowhere")).unwrap();
        let Some(Step::Chain(chain)) = client.planned.steps.first() else {
            panic!("a chain is searched")
        };
        let Some(Place::Server(server)) = chain.places.last() else {
            panic!("a server stands at its end")
        };
        let failures = Failures::default();
        let job = Job {
            observer: &failures,
            ..Job::silent()
        };
        client.open_ahead(server, &job);
        assert_eq!(failures.0.load(Ordering::Relaxed), 0);
        let asked = client.request(server, &server.base.index2_url(), Body::Existence, &job);
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::Network);
        assert_eq!(failures.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_latched_store_is_told_as_the_reason_each_time() {
        let path = SymbolPath::parse("srv*http://localhost:1/s").path;
        let client = Client::new(Config::new(path, "/nowhere")).unwrap();
        let Some(Step::Chain(chain)) = client.planned.steps.first() else {
            panic!("a chain is searched")
        };
        let Some(Place::Server(server)) = chain.places.last() else {
            panic!("a server stands at its end")
        };
        client
            .session()
            .latches()
            .latch(server.errand.store().clone(), Cause::ByUser);
        let failures = Failures::default();
        let job = Job {
            observer: &failures,
            ..Job::silent()
        };
        for told in 1..=2 {
            let asked = client.request(server, &server.base.index2_url(), Body::Existence, &job);
            assert_eq!(asked.unwrap_err().kind(), ErrorKind::Refused);
            assert_eq!(failures.0.load(Ordering::Relaxed), told);
        }
    }

    #[test]
    fn any_number_of_connections_can_be_asked_for() {
        let mut results = Vec::new();
        let wanted = Wanted::new("a.pdb/180BF1B90AA75697D0EFEA5E5630AC4B1".parse().unwrap());
        client(usize::MAX).find_all(&[wanted], Job::silent(), |number, found| {
            results.push((number, found.map_err(|error| error.kind())));
        });
        assert_eq!(results, [(0, Err(ErrorKind::Missing))]);
    }
}
