//! Whether the terminal is still there, before keys are read from it.
//!
//! On Unix crossterm (0.29) never comes back from reading a terminal that hung up: what is no key and no end of the
//! data is tried again for ever. So it is asked only while the terminal is there.

use std::io;
use std::time::Duration;

use crossterm::event;

/// Whether a key, a paste or a new size can be read at once.
///
/// # Errors
///
/// When the terminal is gone.
pub(crate) fn is_key_there() -> io::Result<bool> {
    wait(Duration::ZERO)?;
    event::poll(Duration::ZERO)
}

/// Waits until something may be there to be read, at most so long.
///
/// # Errors
///
/// When the terminal is gone.
#[cfg(unix)]
pub(crate) fn wait(limit: Duration) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let stdin = io::stdin();
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = Timespec::try_from(limit).map_err(io::Error::other)?;
    match poll(&mut ends, Some(&timeout)) {
        // After a signal keys are looked for all the same.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [end] = ends;
    if end.revents().intersects(PollFlags::HUP | PollFlags::ERR) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    if end.revents().contains(PollFlags::NVAL) {
        // Some systems do not poll every terminal; crossterm has its ways.
        event::poll(limit)?;
    }
    Ok(())
}

/// Waits until something may be there to be read, at most so long.
///
/// # Errors
///
/// When the terminal cannot be read.
#[cfg(not(unix))]
pub(crate) fn wait(limit: Duration) -> io::Result<()> {
    event::poll(limit).map(drop)
}
