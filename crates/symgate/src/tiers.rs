//! What is known of the layout of each server: one question to each, whoever asks first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use symgate_net::Cancel;
use symgate_path::{StoreId, Tier};

/// The layouts of the servers that were asked; only answers are remembered, never failures.
#[derive(Debug, Default)]
pub(crate) struct Tiers {
    known: Mutex<HashMap<StoreId, State>>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Somebody is asking.
    Asked,
    Known(Tier),
}

/// What is to be done about a server's layout.
#[derive(Debug)]
pub(crate) enum Turn<'t> {
    /// It is known.
    Known(Tier),
    /// Nobody has asked: the holder of this does.
    Ask(Asking<'t>),
    /// Somebody is asking; there is time for something else before [`Tiers::wait`].
    Wait,
}

/// The right to ask a server. Dropped without an answer, it is free for the next who comes.
#[derive(Debug)]
pub(crate) struct Asking<'t> {
    tiers: &'t Tiers,
    server: StoreId,
    answer: Option<Tier>,
}

impl Tiers {
    /// Looks once.
    pub(crate) fn turn(&self, server: &StoreId) -> Turn<'_> {
        match self.lock().entry(server.clone()) {
            Entry::Occupied(entry) => match entry.get() {
                State::Known(tier) => Turn::Known(*tier),
                State::Asked => Turn::Wait,
            },
            Entry::Vacant(entry) => {
                entry.insert(State::Asked);
                Turn::Ask(Asking {
                    tiers: self,
                    server: server.clone(),
                    answer: None,
                })
            }
        }
    }

    /// Waits until whoever asks is done: the answer, if there was one.
    pub(crate) fn wait(&self, server: &StoreId, cancel: &Cancel) -> Option<Tier> {
        let mut known = self.lock();
        while matches!(known.get(server), Some(State::Asked)) && !cancel.is_cancelled() {
            known = self
                .changed
                .wait_timeout(known, GLANCE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        match known.get(server)? {
            State::Known(tier) => Some(*tier),
            State::Asked => None,
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.lock().retain(|_, state| matches!(state, State::Asked));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreId, State>> {
        // Each change is one call on the map.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking<'_> {
    /// The server answered.
    pub(crate) fn answered(mut self, tier: Tier) {
        self.answer = Some(tier);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut known = self.tiers.lock();
        match self.answer {
            Some(tier) => known.insert(self.server.clone(), State::Known(tier)),
            None => known.remove(&self.server),
        };
        drop(known);
        self.tiers.changed.notify_all();
    }
}

/// How often a waiting search looks whether it was cancelled.
const GLANCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use symgate_path::HttpBase;

    use super::*;

    #[test]
    fn one_asks_and_the_others_learn() {
        let tiers = Tiers::default();
        let server = HttpBase::parse("https://h/s").unwrap().id();
        let Turn::Ask(asking) = tiers.turn(&server) else {
            panic!("the first asks")
        };
        assert!(matches!(tiers.turn(&server), Turn::Wait));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| tiers.wait(&server, &Cancel::new()));
            asking.answered(Tier::Two);
            assert_eq!(waiter.join().unwrap(), Some(Tier::Two));
        });
        assert!(matches!(tiers.turn(&server), Turn::Known(Tier::Two)));
    }

    /// Otherwise sixty searches would wait sixty times, one after the other, for a server that does not answer.
    #[test]
    fn who_waited_for_a_failed_question_does_not_wait_for_the_next() {
        let tiers = Tiers::default();
        let server = HttpBase::parse("https://h/s").unwrap().id();
        let asking = tiers.turn(&server);
        std::thread::scope(|scope| {
            let waiters = [(); 3].map(|()| scope.spawn(|| tiers.wait(&server, &Cancel::new())));
            drop(asking);
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), None);
            }
        });
    }

    #[test]
    fn a_failed_question_is_not_remembered() {
        let tiers = Tiers::default();
        let server = HttpBase::parse("https://h/s").unwrap().id();
        drop(tiers.turn(&server));
        assert!(matches!(tiers.turn(&server), Turn::Ask(_)));
    }

    #[test]
    fn a_cancelled_wait_ends() {
        let tiers = Tiers::default();
        let server = HttpBase::parse("https://h/s").unwrap().id();
        let _asking = tiers.turn(&server);
        let cancel = Cancel::new();
        cancel.cancel();
        assert_eq!(tiers.wait(&server, &cancel), None);
    }
}
