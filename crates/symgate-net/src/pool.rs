//! Idle streams and the bound on all of them: [`Pool`].
//!
//! A client holds at most so many connections, busy and idle together. Who wants one stands in a queue; only the
//! front of the queue is served, so nobody starves however well others fit. It waits only while every slot is busy, so
//! each stream that is given back, kept or not, serves it. Who has a slot says then which stream it is for, and takes,
//! in this order, the youngest idle stream whose key equals its own, a free slot, the slot of the oldest idle stream,
//! which is closed. Not before: a queued errand may learn from the one before it as whom it has to come.
//!
//! [`Shelf`] is the bookkeeping, without clock, lock or socket; [`Pool`] adds those.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::deadline::{Halt, Wait};

/// Idle streams `S` by key `K`, shared by all errands of a client.
#[derive(Debug)]
pub(crate) struct Pool<K, S> {
    shelf: Mutex<Shelf<K, S>>,
    changed: Condvar,
}

/// The right to hold one connection; the slot is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Lease<K: PartialEq, S: Idle> {
    pool: Arc<Pool<K, S>>,
    parked: bool,
}

/// What can be kept.
pub(crate) trait Idle {
    /// Whether it may serve again. Must not wait.
    fn is_alive(&mut self) -> bool;
    /// Closes it. Must not wait.
    fn close(self);
}

/// Whether an idle stream may serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Take {
    /// If one fits.
    Idle,
    /// No: only a slot is wanted.
    Slot,
}

impl<K: PartialEq, S: Idle> Pool<K, S> {
    /// At most `limit` connections (at least one); idle ones serve again for `max_idle`.
    pub(crate) fn new(limit: usize, max_idle: Duration) -> Self {
        Self {
            shelf: Mutex::new(Shelf::new(limit, max_idle)),
            changed: Condvar::new(),
        }
    }

    /// The right to a connection. Waits while all are busy.
    ///
    /// Which stream it is for is said afterwards ([`Lease::stream`]): whom a peer accepts may change in the queue.
    pub(crate) fn acquire(self: &Arc<Self>, wait: &Wait<'_>) -> Result<Lease<K, S>, Halt> {
        let mut shelf = self.lock();
        let ticket = shelf.enter();
        let result = loop {
            if shelf.claim(ticket) {
                break Ok(());
            }
            if let Err(halt) = wait.check() {
                shelf.leave(ticket);
                break Err(halt);
            }
            shelf = match self.changed.wait_timeout(shelf, wait.slice()) {
                Ok((shelf, _)) => shelf,
                Err(poisoned) => poisoned.into_inner().0,
            };
        };
        drop(shelf);
        // Another one is at the front now.
        self.changed.notify_all();
        result.map(|()| Lease {
            pool: Arc::clone(self),
            parked: false,
        })
    }

    /// Closes all idle streams.
    pub(crate) fn close_idle(&self) {
        let idle = std::mem::take(&mut self.lock().idle);
        self.changed.notify_all();
        idle.into_iter().for_each(|kept| kept.stream.close());
    }

    fn lock(&self) -> MutexGuard<'_, Shelf<K, S>> {
        // Every method leaves the shelf consistent at each point where it could panic.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: PartialEq, S: Idle> Lease<K, S> {
    /// An idle stream that fits and is alive. Without one there is room to dial: the oldest idle stream is closed if
    /// it would be one too many.
    pub(crate) fn stream(&self, key: &K, take: Take) -> Option<S> {
        let mut refused = Vec::new();
        let stream = {
            let mut shelf = self.pool.lock();
            shelf.take(key, take, Instant::now(), S::is_alive, &mut refused)
        };
        // Closing talks to the system; nobody has to wait for that.
        refused.into_iter().for_each(S::close);
        stream
    }

    /// Keeps the stream for another errand; the connection is idle from now on.
    pub(crate) fn park(mut self, key: K, stream: S) {
        self.parked = true;
        self.pool.lock().park(key, stream, Instant::now());
        self.pool.changed.notify_all();
    }
}

impl<K: PartialEq, S: Idle> Drop for Lease<K, S> {
    fn drop(&mut self) {
        if !self.parked {
            self.pool.lock().free();
            self.pool.changed.notify_all();
        }
    }
}

/// The bookkeeping of a [`Pool`].
#[derive(Debug)]
struct Shelf<K, S> {
    limit: usize,
    max_idle: Duration,
    /// Slots in use by errands.
    busy: usize,
    /// Streams that wait for an errand, the oldest first; with `busy` never more than `limit` once whoever was served
    /// last has taken its stream, which is before it dials.
    idle: VecDeque<Kept<K, S>>,
    /// Errands that wait for a slot, the first comer first.
    queue: VecDeque<Ticket>,
    next: Ticket,
}

#[derive(Debug)]
struct Kept<K, S> {
    key: K,
    stream: S,
    since: Instant,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Ticket(u64);

impl<K: PartialEq, S> Shelf<K, S> {
    fn new(limit: usize, max_idle: Duration) -> Self {
        Self {
            limit: limit.max(1),
            max_idle,
            busy: 0,
            idle: VecDeque::new(),
            queue: VecDeque::new(),
            next: Ticket(0),
        }
    }

    /// Takes a place at the end of the queue.
    fn enter(&mut self) -> Ticket {
        let ticket = self.next;
        self.next = Ticket(ticket.0 + 1);
        self.queue.push_back(ticket);
        ticket
    }

    /// Gives up the place.
    fn leave(&mut self, ticket: Ticket) {
        self.queue.retain(|other| *other != ticket);
    }

    /// Serves the front of the queue, unless all slots are busy; nobody else.
    fn claim(&mut self, ticket: Ticket) -> bool {
        if self.queue.front() != Some(&ticket) || self.busy >= self.limit {
            return false;
        }
        self.queue.pop_front();
        self.busy += 1;
        true
    }

    /// What a busy slot is to be used for: an idle stream, or a new one, for which there is room then. Streams that
    /// are to be closed go to `refused`.
    fn take(
        &mut self,
        key: &K,
        take: Take,
        now: Instant,
        is_alive: impl FnMut(&mut S) -> bool,
        refused: &mut Vec<S>,
    ) -> Option<S> {
        if take == Take::Idle
            && let Some(stream) = self.take_idle(key, now, is_alive, refused)
        {
            return Some(stream);
        }
        // One for one: a slot whose holder has not come here yet may want one of the others.
        if self.busy + self.idle.len() > self.limit {
            refused.extend(self.idle.pop_front().map(|oldest| oldest.stream));
        }
        None
    }

    /// Takes the youngest idle stream that fits and is alive; those that are too old or dead go to `refused`.
    fn take_idle(
        &mut self,
        key: &K,
        now: Instant,
        mut is_alive: impl FnMut(&mut S) -> bool,
        refused: &mut Vec<S>,
    ) -> Option<S> {
        let max_idle = self.max_idle;
        let is_old = |kept: &Kept<K, S>| now.saturating_duration_since(kept.since) >= max_idle;
        while self.idle.front().is_some_and(is_old) {
            refused.extend(self.idle.pop_front().map(|old| old.stream));
        }
        while let Some(position) = self.idle.iter().rposition(|kept| kept.key == *key)
            && let Some(mut kept) = self.idle.remove(position)
        {
            if is_alive(&mut kept.stream) {
                return Some(kept.stream);
            }
            refused.push(kept.stream);
        }
        None
    }

    /// Turns a busy slot into an idle stream.
    fn park(&mut self, key: K, stream: S, now: Instant) {
        self.free();
        self.idle.push_back(Kept {
            key,
            stream,
            since: now,
        });
    }

    /// Gives a busy slot back.
    fn free(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
