//! Servers and proxies of other authors, each a child process in a directory of its own.
//!
//! Unix only: the programs are. [`require`] says whether they are installed; a suite that misses one
//! skips and says so, unless `CI=true`, when a missing peer is a failure.
//!
//! ```no_run
//! use symgate_tests::peer::{Nginx, Program, Squid, require};
//! # let pki = symgate_tests::Pki::new();
//! # let store = symgate_tests::Dir::new();
//! let Some([nginx, squid]) = require([Program::Nginx, Program::Squid]) else { return };
//! let origin = Nginx::start(&nginx, store.path(), pki.origin().server());
//! let proxy = Squid::basic(&squid, "alice", "S3cret pass");
//! // ... fetch origin.tls_url("hello.txt") through proxy.address() ...
//! assert_eq!(proxy.log_of(1)[0].status, 407);
//! ```
//!
//! A peer runs in the foreground as the leader of its own process group, so that its helpers end
//! with it. It is ended when dropped, also by a panic's unwinding: SIGTERM to the group, a bounded
//! wait, SIGKILL. Only the death of the test process itself by a signal leaves peers behind.

mod acceptor;
mod apache;
mod child;
mod dante;
mod give;
mod kdc;
mod lighttpd;
mod log;
mod microsocks;
mod nginx;
mod program;
mod squid;
mod tinyproxy;
mod winbind;

pub use acceptor::Acceptor;
pub use acceptor::Offers;
pub use acceptor::Wire;
pub use apache::Apache;
pub use dante::Dante;
pub use kdc::Kdc;
pub use kdc::Ticket;
pub use lighttpd::Lighttpd;
pub use log::Brought;
pub use log::LogLine;
pub use microsocks::Microsocks;
pub use nginx::Nginx;
pub use program::Installed;
pub use program::Program;
pub use program::node_modules;
pub use program::require;
pub use squid::After407;
pub use squid::Auth;
pub use squid::Squid;
pub use tinyproxy::Tinyproxy;
pub use winbind::Winbind;
