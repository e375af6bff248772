//! [`Ways`]: which way leads to a URL, with the word of scripts and without waiting twice for a dead proxy
//! (DECISIONS §2).
//!
//! The choice itself is symgate-proxy's, a pure function. What it needs of the world is here: scripts are got and run
//! ([`scripts`], with the feature `pac`), and proxies that could not be reached are remembered.

#[cfg(feature = "pac")]
mod download;
#[cfg(feature = "pac")]
mod kept;
#[cfg(feature = "pac")]
mod resolver;
#[cfg(feature = "pac")]
mod scripts;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use symgate_net::Cancel;
use symgate_proxy::{Choice, Outages, Proxy, ProxyConfig, Script};
use url::Url;

#[cfg(feature = "pac")]
use self::scripts::Shelf;

/// Chooses the ways to URLs; what it learns, scripts and dead proxies, is shared by all who choose with it.
///
/// A client has one, and [`Client::choose`](crate::Client::choose) asks it. It can be had alone, to be told which way
/// would be taken:
///
/// ```
/// use symgate::net::Cancel;
/// use symgate::proxy::ProxyConfig;
/// use symgate::{Automatic, Ways};
///
/// let config = ProxyConfig::direct().with_proxy("proxy.example:3128");
/// let ways = Ways::new(config, &Automatic::default(), &symgate::net::Config::default());
/// let url = "https://msdl.microsoft.com/".parse()?;
/// let choice = ways.choose(&url, &Cancel::new(), &mut |note| eprintln!("{note}"));
/// assert_eq!(choice.to_string(), "http://proxy.example:3128 (--proxy)");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Debug)]
pub struct Ways {
    config: ProxyConfig,
    /// From when moments are counted.
    begun: Instant,
    outages: Mutex<Outages>,
    lasting: Duration,
    #[cfg(feature = "pac")]
    shelf: Shelf,
}

/// How the choice goes about what it finds by itself. Every time is finite by default.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Automatic {
    /// How long a proxy that could not be reached stands behind the others of its list; five minutes.
    pub aside: Duration,
    /// How long a script is used whose server does not say; an hour.
    pub lifetime: Duration,
    /// How long a script is used at least, whatever its server says, since each file would ask for it otherwise; a
    /// minute. A script that could not be got is asked for again no sooner either.
    pub shortest: Duration,
    /// How long a script is used at most; twelve hours.
    pub longest: Duration,
    /// How long getting a script may take; ten seconds.
    pub patience: Duration,
    /// How long the look-up may take that says whether there is a host with a script (WPAD); a second. Where there is
    /// none, it is looked for again after [`aside`](Self::aside).
    pub detection: Duration,
    /// What the network's DHCP server names as addresses of a script (option 252), first come first: asked before
    /// [`detected_at`](Self::detected_at), on a thread of its own, and given up after [`patience`](Self::patience).
    pub by_dhcp: fn() -> Vec<String>,
    /// Where a script is looked for else when a setting asks for detection, first come first; `http://wpad/wpad.dat`, whose
    /// name the system's own search list completes. No parent domains are tried: the host of a stranger may answer there.
    pub detected_at: Vec<String>,
    /// What a script may use.
    #[cfg(feature = "pac")]
    pub limits: symgate_proxy::PacLimits,
}

impl Default for Automatic {
    fn default() -> Self {
        Self {
            aside: Duration::from_secs(300),
            lifetime: Duration::from_secs(3600),
            shortest: Duration::from_secs(60),
            longest: Duration::from_secs(12 * 3600),
            patience: Duration::from_secs(10),
            detection: Duration::from_secs(1),
            by_dhcp: Vec::new,
            detected_at: vec!["http://wpad/wpad.dat".to_owned()],
            #[cfg(feature = "pac")]
            limits: symgate_proxy::PacLimits::default(),
        }
    }
}

/// Something that happened while a way was chosen, or because of one that was.
#[derive(Debug)]
#[non_exhaustive]
pub enum WayNote<'n> {
    /// A proxy could not be reached, and stands behind the others of its list for a while.
    Aside {
        /// Which.
        proxy: &'n Proxy,
        /// For how long.
        lasting: Duration,
    },
    /// A script could not be got anew; the old one is used.
    Kept {
        /// Which.
        script: &'n Script,
        /// Why.
        why: &'n str,
    },
    /// A script that a setting names could not be got; what is set besides it decides.
    Missed {
        /// Which.
        script: &'n Script,
        /// Why.
        why: &'n str,
    },
    /// A script did something besides naming proxies. Its text is untrusted, and one line.
    Said {
        /// Which.
        script: &'n Script,
        /// What.
        text: &'n str,
    },
    /// No script was found where one is to be looked for.
    Undetected {
        /// Why.
        why: &'n str,
    },
}

impl WayNote<'_> {
    /// Whether a person should hear of it unasked: what he has set does not count for the moment.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::Missed { .. })
    }
}

impl fmt::Display for WayNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aside { proxy, lasting } => {
                write!(
                    f,
                    "proxy `{proxy}` could not be reached, and is asked last for {} s",
                    lasting.as_secs()
                )
            }
            Self::Kept { script, why } => {
                write!(
                    f,
                    "the proxy script `{script}` could not be got anew, the old one is used: {why}"
                )
            }
            Self::Missed { script, why } => {
                write!(
                    f,
                    "the proxy script `{script}` could not be got, other settings are used: {why}"
                )
            }
            Self::Said { script, text } => write!(f, "the proxy script `{script}`: {text}"),
            Self::Undetected { why } => write!(f, "no proxy script was found: {why}"),
        }
    }
}

impl Ways {
    /// Ways by these settings. Nothing is read, looked up or got yet. Scripts are got by connections as `transport`
    /// makes them: directly, with its roots, and with no credential of anybody.
    #[must_use]
    pub fn new(config: ProxyConfig, automatic: &Automatic, transport: &symgate_net::Config) -> Self {
        #[cfg(not(feature = "pac"))]
        let _nothing_to_get = transport;
        Self {
            config,
            begun: Instant::now(),
            outages: Mutex::new(Outages::new(automatic.aside)),
            lasting: automatic.aside,
            #[cfg(feature = "pac")]
            shelf: Shelf::new(automatic.clone(), transport.clone()),
        }
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &ProxyConfig {
        &self.config
    }

    /// The routes to a URL in the order in which they are to be tried, each with its reason; `told` hears what happens
    /// meanwhile.
    ///
    /// It blocks where a script is to be got or asked: once for all who need the same script, and never longer than
    /// [`Automatic`] says. A cancelled choice ends within 200 ms, and is worth nothing. Only the first that needs the
    /// machine's settings may take two seconds whatever happens
    /// ([`with_live_system`](ProxyConfig::with_live_system)).
    #[must_use]
    pub fn choose(&self, url: &Url, cancel: &Cancel, told: &mut dyn FnMut(&WayNote<'_>)) -> Choice {
        #[cfg(feature = "pac")]
        let choice = {
            let now = || self.now();
            self.config.choose_with(url, &mut self.shelf.asking(&now, cancel, told))
        };
        #[cfg(not(feature = "pac"))]
        let choice = {
            let _nothing_to_ask = (cancel, told);
            self.config.choose(url)
        };
        self.outages().order(choice, self.now())
    }

    /// This proxy could not be reached just now.
    pub(crate) fn put_aside(&self, proxy: &Proxy, told: &mut dyn FnMut(&WayNote<'_>)) {
        let now = self.now();
        let mut outages = self.outages();
        let is_new = !outages.is_aside(proxy, now);
        outages.put_aside(proxy, now);
        drop(outages);
        if is_new {
            let lasting = self.lasting;
            told(&WayNote::Aside { proxy, lasting });
        }
    }

    /// Forgets scripts and dead proxies: the network may be another one.
    pub fn clear(&self) {
        self.outages().clear();
        #[cfg(feature = "pac")]
        self.shelf.clear();
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn outages(&self) -> MutexGuard<'_, Outages> {
        // Each change is one call.
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
