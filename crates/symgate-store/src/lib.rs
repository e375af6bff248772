//! Keeps symbol files on disk so that readers see whole files or none.
//!
//! A [`Store`] is a directory tree `<root>/<file>/<key>/<file>` (SYMSRV §2.1). It answers whether a
//! file is there ([`Store::probe`]), takes new files ([`Store::begin`], [`Incoming`]), copies from
//! one store into another and expands compressed members on the way ([`Store::copy`], [`expand()`]),
//! and reads pointer files ([`Pointer`]).
//!
//! It never fetches, authenticates or prints, and it knows no file formats other than cabinets, SZDD
//! and pointers: what the right content is, the caller says with a [`Check`].
//!
//! # The promise
//!
//! Whatever fails, at whatever moment, process death included: a reader who looks for a symbol file
//! finds the old file, the new file, or none. To keep it, a file is received under a name that
//! nobody looks for, checked, flushed, and renamed (DECISIONS §7). Writers of one file wait for each
//! other; the first valid file wins and stays.
//!
//! ```
//! use std::io::Write as _;
//! use symgate_path::{FileId, Variant};
//! use symgate_store::{AnyContent, Begin, Probe, Store, Writing};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let store = Store::new(directory.path().join("sym"));
//! let id: FileId = "x.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse()?;
//!
//! match store.begin(&id, Variant::Plain, &Writing::default())? {
//!     Begin::Exists(path) => println!("{}", path.display()),
//!     Begin::Write(mut incoming) => {
//!         incoming.expect_length(5);
//!         incoming.write_all(b"hello")?;
//!         assert_eq!(store.probe(&id, Variant::Plain)?, Probe::NoFile); // nobody sees it yet
//!         let done = incoming.commit(&mut AnyContent)?;
//!         assert_eq!(store.probe(&id, Variant::Plain)?, Probe::Found(done.path));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.

#![forbid(unsafe_code)]

mod check;
mod copy;
mod disk;
mod error;
mod expand;
#[cfg(any(test, feature = "faults"))]
#[doc(hidden)]
pub mod faults;
mod layout;
mod lock;
mod pointer;
mod store;
mod write;

pub use check::{AnyContent, Check};
pub use copy::Form;
pub use error::{Action, Error, PutError};
pub use expand::{ExpandError, ExpandFailure, expand};
pub use layout::Probe;
pub use pointer::{MAX_POINTER, Pointer, PointerError, Reach};
pub use store::{Limits, Store};
pub use write::{Begin, Committed, Durability, Existing, Incoming, Winner, Writing};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
