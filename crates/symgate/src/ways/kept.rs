//! [`Kept`]: something that whoever needs it first gets for all, and that is good for a while.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use symgate_net::Cancel;

/// A value that is got once, while whoever else needs it waits.
#[derive(Debug)]
pub(super) struct Kept<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    /// The value, and until when it is good.
    value: Option<(T, Duration)>,
    getter: Getter,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Getter {
    Nobody,
    Somebody,
}

impl<T: Clone> Kept<T> {
    pub(super) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                value: None,
                getter: Getter::Nobody,
            }),
            changed: Condvar::new(),
        }
    }

    /// The value, got by `get` if there is none or it is too old. `get` is given the old one, and says for how long the
    /// new one is good; it has none when it was cancelled, and the next in turn gets it. While one gets it anew, the others
    /// go on with the old one. `None` only for who is cancelled.
    pub(super) fn get(
        &self,
        now: &dyn Fn() -> Duration,
        cancel: &Cancel,
        get: impl FnOnce(Option<&T>) -> Option<(T, Duration)>,
    ) -> Option<T> {
        let mut state = self.lock();
        loop {
            match (&state.value, state.getter) {
                (Some((value, until)), _) if now() < *until => return Some(value.clone()),
                (Some((value, _)), Getter::Somebody) => return Some(value.clone()),
                (None, Getter::Somebody) => {}
                (_, Getter::Nobody) => break,
            }
            if cancel.is_cancelled() {
                return None;
            }
            state = self
                .changed
                .wait_timeout(state, GLANCE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.getter = Getter::Somebody;
        let old = state.value.as_ref().map(|(value, _)| value.clone());
        drop(state);
        // Also when `get` panics, the next in turn is let in.
        let _turn = Turn(self);
        let (value, lasting) = get(old.as_ref())?;
        let until = now().saturating_add(lasting);
        self.lock().value = Some((value.clone(), until));
        Some(value)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to get the value.
struct Turn<'k, T: Clone>(&'k Kept<T>);

impl<T: Clone> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.0.lock().getter = Getter::Nobody;
        self.0.changed.notify_all();
    }
}

/// How often who waits looks at his cancel flag.
const GLANCE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn it_is_got_once_for_all_who_need_it_at_once() {
        let (kept, got, together) = (Kept::new(), AtomicUsize::new(0), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let value = kept.get(&|| Duration::ZERO, &Cancel::new(), |_| {
                        thread::sleep(Duration::from_millis(20));
                        Some((got.fetch_add(1, Ordering::SeqCst), Duration::from_secs(1)))
                    });
                    assert_eq!(value, Some(0));
                });
            }
        });
        assert_eq!(got.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn it_is_good_as_long_as_was_said_and_the_old_one_is_shown_then() {
        let kept = Kept::new();
        let at = |now: u64, get: fn(Option<&u32>) -> Option<(u32, Duration)>| {
            kept.get(&|| Duration::from_secs(now), &Cancel::new(), get)
        };
        let next = |old: Option<&u32>| Some((old.map_or(1, |old| old + 1), Duration::from_secs(10)));
        assert_eq!([0, 9, 10, 19, 20].map(|now| at(now, next)), [1, 1, 2, 2, 3].map(Some));
    }

    #[test]
    fn the_others_go_on_with_the_old_one_while_it_is_got_anew() {
        let kept = Kept::new();
        let cancel = Cancel::new();
        kept.get(&|| Duration::ZERO, &cancel, |_| Some((1, Duration::ZERO)));
        let value = kept.get(&|| Duration::ZERO, &cancel, |_| {
            let other = kept.get(&|| Duration::ZERO, &cancel, |_| panic!("one gets it"));
            assert_eq!(other, Some(1));
            Some((2, Duration::ZERO))
        });
        assert_eq!(value, Some(2));
    }

    #[test]
    fn who_is_cancelled_gives_his_turn_back_and_who_waits_leaves() {
        let kept = Kept::<u32>::new();
        let cancel = Cancel::new();
        assert_eq!(kept.get(&|| Duration::ZERO, &cancel, |_| None), None);
        let value = kept.get(&|| Duration::ZERO, &cancel, |_| {
            let cancelled = Cancel::new();
            cancelled.cancel();
            assert_eq!(
                kept.get(&|| Duration::ZERO, &cancelled, |_| Some((0, Duration::MAX))),
                None
            );
            Some((3, Duration::MAX))
        });
        assert_eq!(value, Some(3));
    }
}
