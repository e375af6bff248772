//! Says what to probe, get or copy next for one symbol file in one chain of stores (SYMSRV §2.6).
//!
//! It will never fetch, touch a disk or know which file is wanted: stores are numbers here, 0 is downstream, nearest to
//! the user, and what lies behind them the caller knows.
//!
//! # The contract
//!
//! *[Poll](Search::poll), do the one thing that the [`Action`] says, and answer with exactly one `handle_*`, the one
//! that the action names; poll again until it says [`Done`](Action::Done).* Polling twice asks the same twice.
//!
//! ```text
//!   store 0          store 1          store 2 (http)
//!   probe x3   ───▶  probe x3   ───▶  tier, get x3        left to right, the first hit ends it
//!   plain      ◀───  as it is   ◀───  found               and is copied back to the left
//! ```
//!
//! - In a local store the variants are probed in their order; one that cannot be read is skipped.
//! - In an HTTP store only a miss leads to the next variant; anything else ends this store, and the search goes on
//!   with the next one.
//! - A hit is fetched into the nearest store to its left that can be written, and copied from there further to the
//!   left. Compressed files stay compressed until they reach store 0, or the last store that could be written.
//! - A store that could not be written once is not tried again, and an HTTP store never.
//!
//! ```
//! use symgate_lookup::{Action, Expand, Form, Got, Kind, Options, Outcome, Probed, Search, Slot};
//! use symgate_path::{Tier, Variant};
//!
//! let mut search = Search::new(vec![Kind::Local, Kind::Http], Options::default());
//! for variant in [Variant::Plain, Variant::Compressed, Variant::Pointer] {
//!     assert_eq!(search.poll(), Action::Probe { store: 0, variant });
//!     search.handle_probe(Probed::NoPath)?;
//! }
//! assert_eq!(search.poll(), Action::Tier { store: 1 });
//! search.handle_tier(Ok(Tier::One))?;
//! let get = |variant| Action::Get { store: 1, tier: Tier::One, variant, into: Slot::Store(0), expand: Expand::IfCompressed };
//! assert_eq!(search.poll(), get(Variant::Plain));
//! search.handle_got(Got::Missing)?;
//! assert_eq!(search.poll(), get(Variant::Compressed));
//! search.handle_got(Got::Stored(Form::Plain))?;
//! assert_eq!(
//!     search.poll(),
//!     Action::Done(Outcome::Found { at: Slot::Store(0), form: Form::Plain, source: 1, variant: Variant::Compressed }),
//! );
//! # Ok::<(), symgate_lookup::Misuse>(())
//! ```
//!
//! The search through a plain directory needs no machine: [`candidates`] lists the places (SYMSRV §1.6).
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.

#![forbid(unsafe_code)]

mod action;
mod directory;
mod report;
mod search;
mod variants;

pub use crate::action::{Action, Copied, Expand, Form, Got, Misuse, Probed, Slot, Stopped};
pub use crate::directory::{DirectoryOrder, candidates};
pub use crate::report::{Lookup, Outcome, StoreReport, Written};
pub use crate::search::{Expansion, Kind, Options, Search, Spare};
pub use crate::variants::Variants;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
