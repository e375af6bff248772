//! [`Shelf`]: the scripts of one client, got and run when a choice wants their word ([`Scripts`]).
//!
//! What is known is shared: of several errands that need the same script at once one gets it and the others wait. Each
//! waits under its own cancel flag, and a script's run holds up nobody but those who ask the same script.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use symgate_net::Cancel;
use symgate_proxy::{Pac, PacError, PacResult, Script, ScriptError, Scripts, When};
use url::{Host, Url};

use super::download::{Downloaded, download};
use super::kept::Kept;
use super::resolver::System;
use super::{Automatic, WayNote};

/// What is known of scripts.
#[derive(Debug)]
pub(super) struct Shelf {
    automatic: Automatic,
    transport: symgate_net::Config,
    resolver: Arc<System>,
    known: Mutex<Known>,
}

/// By address, and by how it was come by: what detection finds has to look like a script.
#[derive(Default)]
struct Known {
    scripts: BTreeMap<(String, Way), Arc<Kept<Loaded>>>,
    detected: Arc<Kept<Detected>>,
}

/// The addresses stay out of it: a password may stand in one.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("scripts", &self.scripts.len())
            .field("detected", &self.detected)
            .finish()
    }
}

/// A script that can be asked, or why it cannot.
type Loaded = Result<Arc<Pac>, ScriptError>;

/// The script that is there, or why there is none.
type Detected = Result<Arc<Script>, String>;

/// How a script was come by.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Way {
    Detected,
    Named,
}

/// One choice's questions to the scripts.
pub(super) struct Asking<'a> {
    shelf: &'a Shelf,
    now: &'a dyn Fn() -> Duration,
    cancel: &'a Cancel,
    told: &'a mut dyn FnMut(&WayNote<'_>),
    detected: Option<Arc<Script>>,
}

impl Default for Kept<Detected> {
    fn default() -> Self {
        Self::new()
    }
}

impl Shelf {
    pub(super) fn new(automatic: Automatic, mut transport: symgate_net::Config) -> Self {
        // Whoever answers there is nobody whom the user knows.
        transport.origin_tls = transport.origin_tls.shown_only_to([]);
        transport.tickets = None;
        transport.deadlines.total = Some(automatic.patience);
        transport.connections = 1;
        Self {
            automatic,
            transport,
            resolver: Arc::default(),
            known: Mutex::default(),
        }
    }

    pub(super) fn asking<'a>(
        &'a self,
        now: &'a dyn Fn() -> Duration,
        cancel: &'a Cancel,
        told: &'a mut dyn FnMut(&WayNote<'_>),
    ) -> Asking<'a> {
        Asking {
            shelf: self,
            now,
            cancel,
            told,
            detected: None,
        }
    }

    /// Forgets every script. Who gets one meanwhile keeps it to himself.
    pub(super) fn clear(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change is one call.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self, script: &Script, way: Way) -> Arc<Kept<Loaded>> {
        let key = (script.expose_url().to_string(), way);
        let mut known = self.known();
        if known.scripts.len() >= MOST && !known.scripts.contains_key(&key) {
            known.scripts.clear();
        }
        Arc::clone(known.scripts.entry(key).or_insert_with(|| Arc::new(Kept::new())))
    }

    /// How long a script is used whose server says this.
    fn lasting(&self, said: Option<Duration>) -> Duration {
        let Automatic {
            lifetime,
            shortest,
            longest,
            ..
        } = self.automatic;
        said.unwrap_or(lifetime).min(longest).max(shortest)
    }
}

impl Asking<'_> {
    /// The script at this address, got unless it is there. `None` for who is cancelled.
    fn load(&mut self, script: &Script, way: Way) -> Option<Loaded> {
        let Self {
            shelf,
            now,
            cancel,
            told,
            ..
        } = self;
        shelf.kept(script, way).get(*now, cancel, |old| {
            let again = shelf.automatic.shortest;
            match (get(shelf, script, way, cancel), old) {
                (Ok((loaded, lasting)), _) => Some((loaded, lasting)),
                (Err(None), _) => None,
                (Err(Some(why)), Some(old @ (Ok(_) | Err(ScriptError::NoAnswer(_))))) => {
                    told(&WayNote::Kept { script, why: &why });
                    Some((old.clone(), again))
                }
                (Err(Some(why)), _) => {
                    if way == Way::Named {
                        told(&WayNote::Missed { script, why: &why });
                    }
                    Some((Err(ScriptError::NotGot(why)), again))
                }
            }
        })
    }

    /// Looks where detection looks. `None` for who is cancelled.
    fn look(&mut self) -> Option<(Detected, Duration)> {
        let mut why = "there is no place to look".to_owned();
        let Automatic {
            by_dhcp,
            patience,
            detected_at,
            ..
        } = &self.shelf.automatic;
        let is_cancelled = || self.cancel.is_cancelled();
        let until = Instant::now() + *patience;
        let named = self.shelf.resolver.run(*by_dhcp, until, &is_cancelled);
        if is_cancelled() {
            return None;
        }
        for address in named.iter().flatten().chain(detected_at) {
            let Ok(script) = Script::parse(address) else { continue };
            let script = Arc::new(script);
            if let Some(Host::Domain(host)) = script.expose_url().host()
                && self.is_nobody(host)?
            {
                why = format!("no host `{host}`");
                continue;
            }
            match self.load(&script, Way::Detected)? {
                Err(ScriptError::NotGot(not)) => why = format!("{script}: {not}"),
                // One that is there and cannot be followed is found all the same.
                Ok(_) | Err(ScriptError::NoAnswer(_)) => return Some((Ok(script), self.shelf.automatic.longest)),
            }
        }
        (self.told)(&WayNote::Undetected { why: &why });
        Some((Err(why), self.shelf.automatic.aside))
    }

    /// Whether a name has no address. `None` for who is cancelled.
    fn is_nobody(&self, host: &str) -> Option<bool> {
        let deadline = Instant::now() + self.shelf.automatic.detection;
        let is_cancelled = || self.cancel.is_cancelled();
        let found = self.shelf.resolver.look_up(host, deadline, &is_cancelled);
        (!is_cancelled()).then_some(found.is_empty())
    }
}

impl Scripts for Asking<'_> {
    fn detect(&mut self) -> Result<Arc<Script>, String> {
        let kept = Arc::clone(&self.shelf.known().detected);
        let (now, cancel) = (self.now, self.cancel);
        let found = kept.get(now, cancel, |_| self.look()).unwrap_or_else(cancelled)?;
        self.detected = Some(Arc::clone(&found));
        Ok(found)
    }

    fn find(&mut self, script: &Arc<Script>, url: &Url) -> Result<PacResult, ScriptError> {
        let is_detected = self.detected.as_ref().is_some_and(|found| Arc::ptr_eq(found, script));
        let way = if is_detected { Way::Detected } else { Way::Named };
        let pac = self
            .load(script, way)
            .unwrap_or_else(|| cancelled().map_err(ScriptError::NotGot))?;
        match pac.find_unless(url, When::System, &|| self.cancel.is_cancelled()) {
            Ok(found) => {
                let remarks = found.result.remarks().iter().map(ToString::to_string);
                for text in found.notes.iter().map(ToString::to_string).chain(remarks) {
                    (self.told)(&WayNote::Said { script, text: &text });
                }
                Ok(found.result)
            }
            Err(PacError::Cancelled) => cancelled().map_err(ScriptError::NotGot),
            Err(error) => Err(ScriptError::NoAnswer(error.to_string())),
        }
    }
}

/// Gets a script and makes it ready. One that was got and cannot be run is a result, and lives as long.
fn get(shelf: &Shelf, script: &Script, way: Way, cancel: &Cancel) -> Result<(Loaded, Duration), Option<String>> {
    let url = script.expose_url();
    let Downloaded { text, lifetime } = download(url, shelf.automatic.limits.script, &shelf.transport, cancel)?;
    // A host that answers every name, or a page for logging in, is nobody's script.
    if way == Way::Detected && !text.contains("FindProxyForURL") {
        return Err(Some("what is there is no proxy script".to_owned()));
    }
    let resolver = Arc::clone(&shelf.resolver);
    let is_cancelled = || cancel.is_cancelled();
    let loaded = match Pac::compile_unless(&text, resolver, When::System, shelf.automatic.limits, &is_cancelled) {
        Ok(pac) => Ok(Arc::new(pac)),
        Err(PacError::Cancelled) => return Err(None),
        Err(error) => Err(ScriptError::NoAnswer(error.to_string())),
    };
    Ok((loaded, shelf.lasting(lifetime)))
}

/// The errand ends at its next step; nobody reads this.
fn cancelled<T>() -> Result<T, String> {
    Err("cancelled".to_owned())
}

/// How many scripts are kept at a time: settings name one or two.
const MOST: usize = 16;
