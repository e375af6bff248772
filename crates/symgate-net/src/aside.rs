//! Calls into the system that cannot be interrupted, on threads of their own: [`Aside`].

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::deadline::{Halt, Wait};

/// Runs jobs that may hang, each on its own thread, at most [`RUNNING`] at once.
///
/// An errand that stops waiting leaves its thread behind until the system answers; the bound counts those too, so a
/// dead name server costs a handful of threads however many files are asked for.
#[derive(Debug)]
pub(crate) struct Aside {
    name: &'static str,
    slots: Arc<Slots>,
}

impl Aside {
    /// A runner; `name` is that of its threads.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            slots: Arc::default(),
        }
    }

    /// Runs `job` on a thread and waits for its answer.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
        wait: &Wait<'_>,
    ) -> Result<T, Halt> {
        let slot = self.slots.take(wait)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let spawned = thread::Builder::new().name(self.name.into()).spawn(move || {
            let answer = job();
            // First the slot, so that whoever got the answer can start the next job.
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
                    return Err(Halt::Io(io::Error::other(format!("the {} broke off", self.name))));
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

/// One running job; gives its place back when dropped, also by a panic of the job.
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

/// Jobs at once, the abandoned included: twice the connections of a client.
const RUNNING: usize = 16;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cancel::Cancel;

    #[test]
    fn a_hanging_job_blocks_neither_deadline_nor_cancel_and_is_bounded_in_number() {
        let aside = Aside::new("job");
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
            let ended = aside.run(job, &Wait::none(&cancel));
            assert!(matches!(ended, Err(Halt::Expired)), "{ended:?}");
        }
        assert_eq!(*aside.slots.taken.lock().unwrap(), RUNNING);
        let until = Instant::now() + Duration::from_millis(20);
        let refused = aside.run(|| Ok(()), &Wait::new(&cancel, Some(until)));
        assert!(matches!(refused, Err(Halt::Expired)), "{refused:?}");
        cancel.cancel();
        let cancelled = aside.run(|| Ok(()), &Wait::new(&cancel, None));
        assert!(matches!(cancelled, Err(Halt::Cancelled)), "{cancelled:?}");

        drop(hold);
        let fresh = Cancel::new();
        assert_eq!(aside.run(|| Ok(7), &Wait::new(&fresh, None)).unwrap(), 7);
    }

    #[test]
    fn a_job_that_panics_gives_its_slot_back_and_an_error() {
        let aside = Aside::new("job");
        let cancel = Cancel::new();
        let broken = aside.run::<()>(|| std::panic::resume_unwind(Box::new(())), &Wait::new(&cancel, None));
        assert!(matches!(broken, Err(Halt::Io(_))), "{broken:?}");
        assert!(aside.run(|| Ok(()), &Wait::new(&cancel, None)).is_ok());
    }
}
