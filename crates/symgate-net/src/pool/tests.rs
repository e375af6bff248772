//! Who gets which stream: claims by table, waiters, and many threads within the limit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::cancel::Cancel;

/// A stream that knows whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Fake {
    key: u8,
    alive: bool,
}

impl Idle for Fake {
    fn is_alive(&mut self) -> bool {
        self.alive
    }
    fn close(self) {}
}

const MAX_IDLE: Duration = Duration::from_secs(60);

/// What may happen to a pool, in any order.
#[derive(Clone, Debug)]
enum Op {
    /// An errand arrives.
    Enter { key: u8, take: Take },
    /// The `n`th waiter asks, whether it is its turn or not.
    Ask(usize),
    /// The `n`th waiter is cancelled.
    Leave(usize),
    /// The `n`th busy stream is kept.
    Park { n: usize, alive: bool },
    /// The `n`th busy stream is closed.
    Free(usize),
    /// Time passes.
    Sleep(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let take = prop_oneof![3 => Just(Take::Idle), 1 => Just(Take::Slot)];
    prop_oneof![
        4 => (0_u8..3, take).prop_map(|(key, take)| Op::Enter { key, take }),
        6 => (0_usize..6).prop_map(Op::Ask),
        1 => (0_usize..6).prop_map(Op::Leave),
        3 => ((0_usize..6), prop::bool::weighted(0.8)).prop_map(|(n, alive)| Op::Park { n, alive }),
        2 => (0_usize..6).prop_map(Op::Free),
        1 => (0_u64..40).prop_map(Op::Sleep),
    ]
}

proptest! {
    #[test]
    fn streams_keep_to_their_key_and_number_and_nobody_starves(limit in 1_usize..5, ops in prop::collection::vec(op(), 0..120)) {
        let mut shelf = Shelf::<u8, Fake>::new(limit, MAX_IDLE);
        let mut now = Instant::now();
        // Our own idea of who waits, in order of arrival, and of who is busy.
        let mut waiting: Vec<(Ticket, u8, Take)> = Vec::new();
        let mut busy: Vec<u8> = Vec::new();
        let mut refused = Vec::new();
        for op in ops {
            match op {
                Op::Enter { key, take } => waiting.push((shelf.enter(), key, take)),
                Op::Ask(n) if n < waiting.len() => {
                    let (ticket, key, take) = waiting[n];
                    let served = shelf.claim(ticket);
                    // The front is served unless every slot is busy; nobody else is ever served.
                    prop_assert_eq!(served, n == 0 && busy.len() < limit);
                    if served {
                        if let Some(stream) = shelf.take(&key, take, now, Fake::is_alive, &mut refused) {
                            prop_assert_eq!((stream.key, stream.alive, take), (key, true, Take::Idle));
                        }
                        busy.push(key);
                        waiting.remove(0);
                    }
                }
                Op::Leave(n) if n < waiting.len() => shelf.leave(waiting.remove(n).0),
                Op::Park { n, alive } if n < busy.len() => {
                    let key = busy.remove(n);
                    shelf.park(key, Fake { key, alive }, now);
                }
                Op::Free(n) if n < busy.len() => {
                    busy.remove(n);
                    shelf.free();
                }
                Op::Sleep(seconds) => now += Duration::from_secs(seconds),
                Op::Ask(_) | Op::Leave(_) | Op::Park { .. } | Op::Free(_) => {}
            }
            prop_assert_eq!(shelf.busy, busy.len());
            prop_assert!(shelf.busy + shelf.idle.len() <= limit, "{:?}", shelf);
        }
        // Give everything back: all who wait are served, in order.
        for (ticket, key, take) in waiting {
            busy.drain(..).for_each(|_| shelf.free());
            prop_assert!(shelf.claim(ticket));
            shelf.take(&key, take, now, Fake::is_alive, &mut refused);
            busy.push(key);
        }
    }
}

fn grant(shelf: &mut Shelf<u8, Fake>, key: u8, take: Take, now: Instant) -> (Option<Fake>, Vec<Fake>) {
    let mut refused = Vec::new();
    let ticket = shelf.enter();
    assert!(shelf.claim(ticket), "{shelf:?}");
    let stream = shelf.take(&key, take, now, Fake::is_alive, &mut refused);
    (stream, refused)
}

fn shelf_with(idle: &[(u8, bool, u64)], limit: usize, start: Instant) -> Shelf<u8, Fake> {
    let mut shelf = Shelf::new(limit, MAX_IDLE);
    for &(key, alive, age) in idle {
        assert_eq!(grant(&mut shelf, key, Take::Slot, start).0, None);
        shelf.park(key, Fake { key, alive }, start + Duration::from_secs(60 - age));
    }
    shelf
}

#[test]
fn each_claim_takes_what_it_should_and_closes_what_it_must() {
    let start = Instant::now();
    let now = start + Duration::from_secs(60);
    let fake = |key, alive| Fake { key, alive };
    let stream = |key| Some(fake(key, true));
    // (idle: key, alive, age), limit, take, granted to key 1, closed
    type Row = (&'static [(u8, bool, u64)], usize, Take, Option<Fake>, Vec<Fake>);
    let rows: [Row; 8] = [
        (&[], 2, Take::Idle, None, vec![]),
        (&[(1, true, 9)], 2, Take::Idle, stream(1), vec![]),
        (&[(1, true, 9)], 2, Take::Slot, None, vec![]),
        (&[(1, true, 9)], 1, Take::Slot, None, vec![fake(1, true)]),
        (&[(2, true, 9)], 2, Take::Idle, None, vec![]),
        (&[(2, true, 9), (3, true, 5)], 2, Take::Idle, None, vec![fake(2, true)]),
        (&[(1, true, 60)], 2, Take::Idle, None, vec![fake(1, true)]),
        (
            &[(1, true, 9), (1, false, 5)],
            2,
            Take::Idle,
            stream(1),
            vec![fake(1, false)],
        ),
    ];
    for (idle, limit, take, granted, closed) in rows {
        let mut shelf = shelf_with(idle, limit, start);
        assert_eq!(
            grant(&mut shelf, 1, take, now),
            (granted, closed),
            "{idle:?} {limit} {take:?}"
        );
    }
}

#[test]
fn a_waiter_ends_by_deadline_or_cancel_and_leaves_the_queue() {
    let pool = Arc::new(Pool::<u8, Fake>::new(1, MAX_IDLE));
    let cancel = Cancel::new();
    let lease = pool.acquire(&Wait::new(&cancel, None)).unwrap();
    let late = pool.acquire(&Wait::new(&cancel, Some(Instant::now())));
    assert!(matches!(late, Err(Halt::Expired)), "{late:?}");
    cancel.cancel();
    let cancelled = pool.acquire(&Wait::new(&cancel, None));
    assert!(matches!(cancelled, Err(Halt::Cancelled)), "{cancelled:?}");
    assert!(pool.lock().queue.is_empty());
    drop(lease);
    let fresh = Cancel::new();
    assert!(pool.acquire(&Wait::new(&fresh, None)).is_ok());
}

#[test]
fn a_stream_that_is_given_back_reaches_the_one_who_waits_for_it() {
    let pool = Arc::new(Pool::<u8, Fake>::new(1, MAX_IDLE));
    let cancel = Cancel::new();
    let wait = Wait::new(&cancel, None);
    let lease = pool.acquire(&wait).unwrap();
    let waiter = {
        let (pool, cancel) = (Arc::clone(&pool), cancel.clone());
        std::thread::spawn(move || {
            pool.acquire(&Wait::new(&cancel, None))
                .map(|lease| lease.stream(&1, Take::Idle))
        })
    };
    lease.park(1, Fake { key: 1, alive: true });
    assert_eq!(waiter.join().unwrap().unwrap(), Some(Fake { key: 1, alive: true }));
}

/// The one before it in the queue changes as whom it has to come.
#[test]
fn a_slot_is_served_before_its_key_is_known_and_costs_no_idle_stream() {
    let pool = Arc::new(Pool::<u8, Fake>::new(1, MAX_IDLE));
    let cancel = Cancel::new();
    let wait = Wait::new(&cancel, None);
    let first = pool.acquire(&wait).unwrap();
    first.park(2, Fake { key: 2, alive: true });
    let next = pool.acquire(&wait).unwrap();
    assert_eq!(pool.lock().idle.len(), 1);
    assert_eq!(next.stream(&2, Take::Idle), Some(Fake { key: 2, alive: true }));
}

#[test]
fn who_has_the_right_already_takes_an_idle_stream_and_frees_a_slot() {
    let pool = Arc::new(Pool::<u8, Fake>::new(2, MAX_IDLE));
    let cancel = Cancel::new();
    let wait = Wait::new(&cancel, None);
    let kept = pool.acquire(&wait).unwrap();
    let lease = pool.acquire(&wait).unwrap();
    kept.park(1, Fake { key: 1, alive: true });
    assert_eq!(lease.stream(&2, Take::Idle), None);
    assert_eq!(lease.stream(&1, Take::Idle), Some(Fake { key: 1, alive: true }));
    assert_eq!(lease.stream(&1, Take::Idle), None);
    let shelf = pool.lock();
    assert_eq!((shelf.busy, shelf.idle.len()), (1, 0));
}

#[test]
fn many_threads_stay_within_the_limit_and_all_finish() {
    const LIMIT: usize = 3;
    let pool = Arc::new(Pool::<u8, Fake>::new(LIMIT, MAX_IDLE));
    let open = Arc::new(AtomicUsize::new(0));
    let threads: BTreeMap<_, _> = (0..8_u8)
        .map(|key| {
            let (pool, open) = (Arc::clone(&pool), Arc::clone(&open));
            let thread = std::thread::spawn(move || {
                let cancel = Cancel::new();
                for round in 0..200 {
                    let lease = pool.acquire(&Wait::new(&cancel, None)).unwrap();
                    let stream = lease.stream(&(key % 3), Take::Idle);
                    assert!(open.fetch_add(1, Ordering::SeqCst) < LIMIT, "{key} {round}");
                    assert!(stream.is_none_or(|stream| stream.key == key % 3), "{key} {round}");
                    std::thread::yield_now();
                    open.fetch_sub(1, Ordering::SeqCst);
                    if round % 4 == 0 {
                        drop(lease);
                    } else {
                        lease.park(
                            key % 3,
                            Fake {
                                key: key % 3,
                                alive: true,
                            },
                        );
                    }
                }
            });
            (key, thread)
        })
        .collect();
    for (key, thread) in threads {
        assert!(thread.join().is_ok(), "{key}");
    }
    let shelf = pool.lock();
    assert_eq!((shelf.busy, shelf.queue.len()), (0, 0));
}

/// Whoever has a slot and has not said yet what for may want one of the idle streams.
#[test]
fn one_new_stream_closes_one_idle_stream_however_many_have_a_slot() {
    let now = Instant::now();
    let mut shelf = shelf_with(&[(1, true, 9), (1, true, 5)], 2, now);
    let (first, second) = (shelf.enter(), shelf.enter());
    assert!(shelf.claim(first) && shelf.claim(second));
    let mut refused = Vec::new();
    assert_eq!(shelf.take(&2, Take::Idle, now, Fake::is_alive, &mut refused), None);
    assert_eq!(refused.len(), 1);
    let kept = shelf.take(&1, Take::Idle, now, Fake::is_alive, &mut refused);
    assert_eq!(kept, Some(Fake { key: 1, alive: true }));
}
