//! One client for symbol files, built from the symgate crates.
//!
//! It finds the PDB of a module in the stores of a symbol path, through whatever proxy stands in between, and keeps it
//! where the path says. It holds no parser and no rule of a protocol: each part is a crate of its own, which can be
//! taken alone, and this one executes what they say.
//!
//! | part | what it decides |
//! |---|---|
//! | `symgate-path`, `symgate-lookup` | what is searched, in which order, and what is copied where |
//! | `symgate-index` | what a file is and wants, and whether content is what was asked for |
//! | `symgate-proxy` | which proxy serves a URL |
//! | `symgate-http`, `symgate-auth`, `symgate-net` | how to get through, and with which answer |
//! | `symgate-policy` | whether a request for authentication may be answered, and by whom |
//! | `symgate-store` | what becomes visible on disk, and when |
//!
//! ```no_run
//! use std::path::Path;
//! use symgate::{Client, Config, Job, Wanted};
//!
//! let (config, _warnings) = Config::from_env();
//! let client = Client::new(config)?;
//! let pdb = client.find(&Wanted::by(Path::new("app.exe"))?, &Job::silent())?;
//! println!("{}", pdb.path.display());
//! # Ok::<(), symgate::Error>(())
//! ```
//!
//! Nothing is asked of anybody unless [`Config::answers`] names who answers and [`Config::policy`] allows it.
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.
#![forbid(unsafe_code)]

mod certificate;
mod client;
mod config;
mod error;
mod event;
mod fetch;
mod follow;
mod passage;
mod place;
mod plan;
mod remote;
mod routes;
mod search;
mod tiers;
mod wanted;
mod ways;

pub use client::{Client, Fit, Found, Job};
pub use config::Config;
pub use error::{Error, ErrorKind, Latched, Speaker};
pub use event::{Ended, Event, Observer, Probed, Silent};
pub use fetch::{Get, Watcher};
pub use plan::{Existing, Habits, Mismatched, Plan};
pub use routes::Tunnels;
pub use wanted::Wanted;
pub use ways::{Automatic, WayNote, Ways};

pub use {
    symgate_auth as auth, symgate_http as http, symgate_index as index, symgate_net as net, symgate_path as path,
    symgate_policy as policy, symgate_proxy as proxy, symgate_store as store,
};

#[cfg(feature = "sso")]
pub use symgate_sso as sso;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
