//! Scripts that are run: [`Pac`], its limits, and the thread on which the engine lives.
//!
//! The engine ([QuickJS](https://quickjs-ng.github.io/quickjs/)) stands on a thread of its own, for
//! three reasons: its stack has a known size; a look-up or a built-in function that cannot be
//! interrupted does not hold up the caller, who stops waiting at the deadline; and engines are not
//! shared between threads, while a configuration is.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, mem};

use url::Url;

use super::calendar::Moment;
use super::error::PacError;
use super::machine::Machine;
use super::resolver::Resolver;
use super::result::PacResult;
use super::watch::Watch;

/// A proxy auto-config script, ready to be asked.
///
/// The script sees no more than URLs, the answers of a [`Resolver`] and the time; it has no other
/// I/O, and time, memory and stack are [limited](PacLimits). What a script keeps in global variables
/// stays there for its next run, as in browsers.
///
/// A script that runs out of memory is spent: its memory is given up, and each further question gets
/// the same error. A look-up or a built-in function that does not come back in time keeps the thread, and so does a
/// script that catches its own end in a promise; questions time out until it does.
///
/// ```
/// use std::net::IpAddr;
/// use std::sync::Arc;
/// use std::time::Instant;
///
/// use symgate_proxy::{Pac, PacLimits, Resolver, When};
/// use url::Url;
///
/// #[derive(Debug)]
/// struct Nothing;
/// impl Resolver for Nothing {
///     fn resolve(&self, _: &str, _: Instant) -> Vec<IpAddr> { Vec::new() }
///     fn my_addresses(&self, _: Instant) -> Vec<IpAddr> { Vec::new() }
/// }
///
/// let script = r#"function FindProxyForURL(url, host) {
///     return dnsDomainIs(host, ".corp.com") ? "DIRECT" : "PROXY p:3128; DIRECT";
/// }"#;
/// let pac = Pac::compile(script, Arc::new(Nothing), When::System, PacLimits::default())?;
/// let found = pac.find(&Url::parse("https://example.com/").unwrap(), When::System)?;
/// let routes: Vec<String> = found.result.routes().iter().map(|route| route.to_string()).collect();
/// assert_eq!(routes, ["http://p:3128", "direct"]);
/// # Ok::<(), symgate_proxy::PacError>(())
/// ```
pub struct Pac {
    questions: Sender<Question>,
    limits: PacLimits,
}

impl Pac {
    /// Reads a script and runs its top level, on a new thread that lives as long as the value.
    ///
    /// # Errors
    ///
    /// [`TooLong`](PacError::TooLong), [`Syntax`](PacError::Syntax) and
    /// [`NoFunction`](PacError::NoFunction), and what running can end with: an exception, a timeout,
    /// no memory.
    pub fn compile(script: &str, resolver: Arc<dyn Resolver>, when: When, limits: PacLimits) -> Result<Self, PacError> {
        Self::compile_unless(script, resolver, when, limits, &|| false)
    }

    /// The same, for somebody who may give up: `is_cancelled` is asked every 25 ms.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile), and [`Cancelled`](PacError::Cancelled).
    pub fn compile_unless(
        script: &str,
        resolver: Arc<dyn Resolver>,
        when: When,
        limits: PacLimits,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, PacError> {
        if script.len() > limits.script {
            return Err(PacError::TooLong(limits.script));
        }
        // A byte order mark is a habit of editors and not JavaScript.
        let script = script.strip_prefix('\u{feff}').unwrap_or(script).to_owned();
        let watch = limits.watch();
        let (questions, asked) = mpsc::channel();
        let (compiled, outcome) = mpsc::channel();
        let engines = Arc::clone(&watch);
        thread::Builder::new()
            .name("pac".to_owned())
            // Rust's own frames, and what a check of the engine's lets pass.
            .stack_size(limits.stack.saturating_mul(2).saturating_add(1 << 20))
            .spawn(move || serve(&script, resolver, when, limits, &engines, &compiled, &asked))
            .map_err(|_| PacError::Engine)?;
        wait(&outcome, &watch, limits, is_cancelled)??;
        Ok(Self { questions, limits })
    }

    /// Asks the script for the routes of a URL.
    ///
    /// `FindProxyForURLEx` is preferred to `FindProxyForURL` where a script has both, as in Windows.
    /// It gets the URL without userinfo and fragment, and without path and query unless the scheme
    /// is `http` or `ftp`; and the host, an IPv6 address without brackets.
    ///
    /// # Errors
    ///
    /// What running can end with: an exception, a timeout, no memory, a result that is no text.
    pub fn find(&self, url: &Url, when: When) -> Result<Found, PacError> {
        self.find_unless(url, when, &|| false)
    }

    /// The same, for somebody who may give up: `is_cancelled` is asked every 25 ms. The script goes on for as long as it
    /// may, and others wait for it.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find), and [`Cancelled`](PacError::Cancelled).
    pub fn find_unless(&self, url: &Url, when: When, is_cancelled: &dyn Fn() -> bool) -> Result<Found, PacError> {
        let watch = self.limits.watch();
        let (answer, outcome) = mpsc::channel();
        let question = Question {
            url: told(url),
            host: bare_host(url),
            when,
            watch: Arc::clone(&watch),
            answer,
        };
        self.questions.send(question).map_err(|_| PacError::Engine)?;
        wait(&outcome, &watch, self.limits, is_cancelled)?
    }
}

impl fmt::Debug for Pac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pac")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What a script answered.
#[derive(Debug)]
pub struct Found {
    /// The routes.
    pub result: PacResult,
    /// What happened on the way, for a log.
    pub notes: Vec<PacNote>,
}

/// Something that a script did besides answering.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacNote {
    /// It called `alert` with this text, made harmless and cut short. Of many calls the first few
    /// are kept.
    Alert(String),
    /// It returned `null` or `undefined`, as a script does that ends without `return`, and that
    /// counts as direct. To Chromium it is an error, after which it goes direct too.
    NothingReturned,
}

impl fmt::Display for PacNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert(text) => write!(f, "the script says: {text}"),
            Self::NothingReturned => f.write_str("the script returned nothing, which counts as direct"),
        }
    }
}

/// What time it is for `weekdayRange`, `dateRange` and `timeRange`. `Date` in a script is always the
/// system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This time.
    At(Moment),
    /// The system's time, in its zone.
    System,
}

/// What a script may use. Every number is finite by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacLimits {
    /// Bytes of the script; 1 MiB.
    pub script: usize,
    /// Time for one run of the script itself; 1 s, less than 1 s of which is left by a sane one.
    pub running: Duration,
    /// Time for one run with its look-ups, and with its wait for the runs of other threads; 10 s.
    pub total: Duration,
    /// Bytes of memory; 32 MiB.
    pub memory: usize,
    /// Bytes of stack; 256 KiB.
    pub stack: usize,
    /// Bytes of the returned text; 16 KiB.
    pub result: usize,
}

impl Default for PacLimits {
    fn default() -> Self {
        Self {
            script: 1 << 20,
            running: Duration::from_secs(1),
            total: Duration::from_secs(10),
            memory: 32 << 20,
            stack: 256 << 10,
            result: 16 << 10,
        }
    }
}

impl PacLimits {
    fn watch(&self) -> Arc<Watch> {
        Arc::new(Watch::new(Instant::now(), self.total, self.running))
    }

    /// What to say when the time is over: which of the two it was.
    pub(super) fn timeout(&self, watch: &Watch) -> PacError {
        PacError::Timeout(if Instant::now() >= watch.total() {
            self.total
        } else {
            self.running
        })
    }
}

/// A call of the function, for the engine's thread.
struct Question {
    url: String,
    host: String,
    when: When,
    watch: Arc<Watch>,
    answer: Sender<Result<Found, PacError>>,
}

/// The engine's thread: it ends when nobody can ask any more. Whoever stopped waiting for an answer
/// has dropped its receiver, so sending may fail and nothing is lost.
fn serve(
    script: &str,
    resolver: Arc<dyn Resolver>,
    when: When,
    limits: PacLimits,
    watch: &Arc<Watch>,
    compiled: &Sender<Result<(), PacError>>,
    questions: &Receiver<Question>,
) {
    let machine = match Machine::new(script, resolver, when, limits, watch) {
        Ok(machine) => machine,
        Err(error) => return drop(compiled.send(Err(error))),
    };
    drop(compiled.send(Ok(())));
    let mut spent = None;
    let mut machine = Some(machine);
    for question in questions {
        let outcome = match &machine {
            // The caller is gone, or waits for no more than to hear this.
            _ if question.watch.deadline() <= Instant::now() => Err(limits.timeout(&question.watch)),
            Some(machine) => machine.find(&question.url, &question.host, question.when, &question.watch),
            None => Err(spent.clone().unwrap_or(PacError::Engine)),
        };
        if let Err(error @ PacError::Memory(_)) = &outcome {
            spent = Some(error.clone());
            // Out of memory, the engine may lose count of its objects, and it checks the count at
            // its end with an assertion that would end the process. So it gets no end.
            mem::forget(machine.take());
        }
        drop(question.answer.send(outcome));
    }
}

/// Waits for an outcome until the deadline, which look-ups move, and a little longer, so that a
/// script which is stopped there can still say so.
fn wait<T>(
    outcome: &Receiver<T>,
    watch: &Watch,
    limits: PacLimits,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<T, PacError> {
    loop {
        let left = (watch.deadline() + GRACE).saturating_duration_since(Instant::now());
        match outcome.recv_timeout(left.min(GLANCE)) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => return Err(PacError::Engine),
            Err(RecvTimeoutError::Timeout) if is_cancelled() => return Err(PacError::Cancelled),
            Err(RecvTimeoutError::Timeout) if Instant::now() < watch.deadline() + GRACE => {}
            Err(RecvTimeoutError::Timeout) => return Err(limits.timeout(watch)),
        }
    }
}

const GRACE: Duration = Duration::from_millis(50);

/// How often the deadline is looked at: it comes closer when a run begins and when a look-up ends.
const GLANCE: Duration = Duration::from_millis(25);

/// The URL as a script may see it.
fn told(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // These two fail for URLs that have no host, and so no userinfo.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if !matches!(url.scheme(), "http" | "ftp") {
        url.set_path("/");
        url.set_query(None);
    }
    url.into()
}

fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

#[cfg(test)]
mod tests;
