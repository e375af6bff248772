//! Name look-up that never blocks a deadline: [`Lookups`].

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::deadline::{Halt, Wait};

/// Runs look-ups, each on its own thread, at most [`RUNNING`] at once.
///
/// An errand that stops waiting leaves its thread behind until the system answers; the bound counts those too, so a
/// dead name server costs a handful of threads however many files are asked for.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    slots: Arc<Slots>,
}

impl Lookups {
    /// The addresses of a name, in the system's order.
    pub(super) fn resolve(&self, host: &str, port: u16, wait: &Wait<'_>) -> Result<Vec<SocketAddr>, Halt> {
        let host = host.to_owned();
        self.run(
            move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect),
            wait,
        )
    }

    /// Runs `job` on a thread and waits for its answer.
    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
        wait: &Wait<'_>,
    ) -> Result<T, Halt> {
        let slot = self.slots.take(wait)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let spawned = thread::Builder::new().name("name look-up".into()).spawn(move || {
            let answer = job();
            // First the slot, so that whoever got the answer can start the next look-up.
            drop(slot);
            // Nobody waits any more if this fails, and nobody needs to know.
            sender.send(answer).ok();
        });
        // Not joined: a thread that hangs in the system cannot be.
        drop(spawned.map_err(Halt::Io)?);
        loop {
            match receiver.recv_timeout(wait.slice()) {
                Ok(answer) => return answer.map_err(Halt::Io),
                Err(RecvTimeoutError::Timeout) => wait.check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Halt::Io(io::Error::other("the name look-up broke off")));
                }
            }
        }
    }
}

#[derive(Debug, Default)]
struct Slots {
    taken: Mutex<usize>,
    freed: Condvar,
}

/// One running look-up; gives its place back when dropped, also by a panic of the job.
#[derive(Debug)]
struct Slot(Arc<Slots>);

impl Slots {
    fn take(self: &Arc<Self>, wait: &Wait<'_>) -> Result<Slot, Halt> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken >= RUNNING {
            wait.check()?;
            let (guard, _) = self
                .freed
                .wait_timeout(taken, wait.slice())
                .unwrap_or_else(PoisonError::into_inner);
            taken = guard;
        }
        *taken += 1;
        Ok(Slot(Arc::clone(self)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}

/// Look-ups at once, the abandoned included: twice the connections of a client.
const RUNNING: usize = 16;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cancel::Cancel;

    #[test]
    fn a_hanging_lookup_blocks_neither_deadline_nor_cancel_and_is_bounded_in_number() {
        let lookups = Lookups::default();
        let cancel = Cancel::new();
        // Jobs that hang until the test drops the sender.
        let (hold, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        for _ in 0..RUNNING {
            let held = Arc::clone(&held);
            let job = move || {
                held.lock().unwrap().recv().ok();
                Ok(())
            };
            let ended = lookups.run(job, &Wait::none(&cancel));
            assert!(matches!(ended, Err(Halt::Expired)), "{ended:?}");
        }
        assert_eq!(*lookups.slots.taken.lock().unwrap(), RUNNING);
        let until = Instant::now() + Duration::from_millis(20);
        let refused = lookups.run(|| Ok(()), &Wait::new(&cancel, Some(until)));
        assert!(matches!(refused, Err(Halt::Expired)), "{refused:?}");
        cancel.cancel();
        let cancelled = lookups.run(|| Ok(()), &Wait::new(&cancel, None));
        assert!(matches!(cancelled, Err(Halt::Cancelled)), "{cancelled:?}");

        drop(hold);
        let fresh = Cancel::new();
        assert_eq!(lookups.run(|| Ok(7), &Wait::new(&fresh, None)).unwrap(), 7);
    }

    #[test]
    fn a_job_that_panics_gives_its_slot_back_and_an_error() {
        let lookups = Lookups::default();
        let cancel = Cancel::new();
        let broken = lookups.run::<()>(|| std::panic::resume_unwind(Box::new(())), &Wait::new(&cancel, None));
        assert!(matches!(broken, Err(Halt::Io(_))), "{broken:?}");
        assert!(lookups.run(|| Ok(()), &Wait::new(&cancel, None)).is_ok());
    }

    #[test]
    fn the_systems_error_is_handed_on() {
        let lookups = Lookups::default();
        let cancel = Cancel::new();
        let failed = lookups.resolve("name.invalid", 1, &Wait::new(&cancel, None));
        assert!(matches!(failed, Err(Halt::Io(_))), "{failed:?}");
    }
}
