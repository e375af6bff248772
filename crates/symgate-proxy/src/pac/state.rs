//! What the functions of scripts share during a run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::calendar::Moment;
use super::engine::{PacNote, When};
use super::error::harmless;
use super::names::{self, Wanted};
use super::resolver::Resolver;
use super::watch::Watch;

/// The world as a script sees it.
pub(super) struct State {
    resolver: Arc<dyn Resolver>,
    watch: RefCell<Arc<Watch>>,
    when: Cell<When>,
    over: Cell<bool>,
    notes: RefCell<Vec<PacNote>>,
    /// A name has the same addresses from the first to the last line of a run.
    known: RefCell<HashMap<String, Vec<IpAddr>>>,
    mine: RefCell<Option<Vec<IpAddr>>>,
    over_asked: Cell<bool>,
    /// How often the script was told to stop.
    told: Cell<u32>,
}

impl State {
    pub(super) fn new(resolver: Arc<dyn Resolver>, watch: Arc<Watch>, when: When) -> Self {
        Self {
            resolver,
            watch: RefCell::new(watch),
            when: Cell::new(when),
            over: Cell::new(false),
            notes: RefCell::default(),
            known: RefCell::default(),
            mine: RefCell::default(),
            over_asked: Cell::new(false),
            told: Cell::new(0),
        }
    }

    /// A run begins, and nothing is left of the one before.
    pub(super) fn begin(&self, watch: Arc<Watch>, when: When) {
        watch.run(Instant::now());
        self.watch.replace(watch);
        self.when.set(when);
        self.over.set(false);
        self.notes.take();
        self.known.take();
        self.mine.take();
        self.over_asked.set(false);
        self.told.set(0);
    }

    /// Whether the script has to stop. One that goes on, as a promise lets it, at least costs nothing any more.
    pub(super) fn is_over(&self) -> bool {
        if Instant::now() >= self.watch.borrow().deadline() {
            self.over.set(true);
        }
        if self.over.get() {
            let told = self.told.get().saturating_add(1);
            self.told.set(told);
            if told > OFTEN {
                thread::sleep(NAP);
            }
        }
        self.over.get()
    }

    /// Whether the script was stopped.
    pub(super) fn was_over(&self) -> bool {
        self.over.get()
    }

    /// The deadlines of this run.
    pub(super) fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch.borrow())
    }

    /// The addresses of a host, of an address itself; none is "no such name".
    pub(super) fn addresses(&self, host: &str) -> Vec<IpAddr> {
        let name = match names::wanted(host) {
            None => return Vec::new(),
            Some(Wanted::Address(address)) => return vec![address],
            Some(Wanted::Name(name)) => name,
        };
        if let Some(addresses) = self.known.borrow().get(&name) {
            return addresses.clone();
        }
        if self.known.borrow().len() >= MOST_NAMES {
            self.over_asked.set(true);
            return Vec::new();
        }
        let addresses = self.look_up(|deadline| self.resolver.resolve(&name, deadline));
        self.known.borrow_mut().insert(name, addresses.clone());
        addresses
    }

    /// Whether a name was not looked up because there were too many before it.
    pub(super) fn was_over_asked(&self) -> bool {
        self.over_asked.get()
    }

    /// This machine's addresses.
    pub(super) fn mine(&self) -> Vec<IpAddr> {
        if let Some(addresses) = &*self.mine.borrow() {
            return addresses.clone();
        }
        let addresses = self.look_up(|deadline| self.resolver.my_addresses(deadline));
        self.mine.replace(Some(addresses.clone()));
        addresses
    }

    /// Keeps what a script says; the first few times.
    pub(super) fn alert(&self, text: &str) {
        let mut notes = self.notes.borrow_mut();
        if notes.len() < MOST_NOTES {
            notes.push(PacNote::Alert(harmless(text)));
        }
    }

    /// What was said in this run.
    pub(super) fn notes(&self) -> Vec<PacNote> {
        self.notes.take()
    }

    /// The time; `offset` tells the minutes that local time is behind UTC at a time in milliseconds,
    /// which is known to the engine and not to the standard library.
    pub(super) fn moment(&self, offset: impl FnOnce(f64) -> f64) -> Moment {
        let When::At(moment) = self.when.get() else {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let behind = offset(since.as_secs_f64() * 1000.0);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float becomes the nearest number, NaN zero"
            )]
            let utc_offset = (-behind * 60.0) as i32;
            return Moment {
                unix_seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                utc_offset,
            };
        };
        moment
    }

    /// Stops the script's own clock during a look-up.
    fn look_up(&self, ask: impl FnOnce(Instant) -> Vec<IpAddr>) -> Vec<IpAddr> {
        let watch = self.watch();
        let deadline = watch.wait(Instant::now());
        let addresses = ask(deadline);
        watch.run(Instant::now());
        addresses
    }
}

const MOST_NOTES: usize = 16;

/// Different names in one run. Chromium looks up 20 and takes the others for unknown.
const MOST_NAMES: usize = 256;

/// A script that ends hears once that it has to; some frames of it may hear it again.
const OFTEN: u32 = 100;
const NAP: Duration = Duration::from_millis(100);
