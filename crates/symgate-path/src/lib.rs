//! Parses and prints `_NT_SYMBOL_PATH` strings and computes lookup keys.
//!
//! It will never read the environment, touch a disk or know HTTP: text comes in, values go out.
//!
//! | you have | you want | look at |
//! |---|---|---|
//! | a symbol path | its elements, and what is odd about it | [`SymbolPath::parse`] |
//! | a [`SymbolPath`] | what to search, in which order, cached where | [`SymbolPath::effective`] |
//! | a module's numbers | the key of its symbol file | [`Key`], [`FileName`], [`FileId`] |
//! | a [`FileId`] | where it lies in a store | [`FileId::components`], [`HttpBase::file_url`] |
//!
//! Parsing is total: whatever the text, there is a value, and each thing that was corrected, ignored or set aside is a
//! [`Warning`] with the byte where it stands. Names and keys come from modules that nobody trusts, so they are types
//! that cannot hold a way out of their directory.
//!
//! ```
//! use symgate_path::{Effective, FileId, Security, Store, SymbolPath, Tier, Variant};
//!
//! let parsed = SymbolPath::parse(r"srv*C:\c*https://symbols.example/s/;;\\build\share");
//! assert!(parsed.warnings.is_empty());
//! assert_eq!(parsed.path.to_string(), r"srv*C:\c*https://symbols.example/s;\\build\share");
//!
//! let id: FileId = "ntdll.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse()?;
//! let searches = parsed.path.effective(Security::Open);
//! let [Effective::Chain(chain), Effective::Directory { cache: None, .. }] = searches.as_slice() else {
//!     panic!("two searches");
//! };
//! let [Store::Directory(_), Store::Http(server)] = chain.stores() else {
//!     panic!("two stores");
//! };
//! assert_eq!(
//!     server.file_url(&id, Tier::One, Variant::Compressed).as_str(),
//!     "https://symbols.example/s/ntdll.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/ntdll.pd_",
//! );
//! # Ok::<(), symgate_path::FileIdError>(())
//! ```
//!
//! What a path means is told by Microsoft's page
//! [Symbol path](https://learn.microsoft.com/en-us/windows-hardware/drivers/debugger/symbol-path), where it is silent
//! or contradicts itself, the item concerned says what is done here.
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository.

#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::as_conversions, clippy::panic)]

mod directory;
mod effective;
mod element;
mod http;
mod key;
mod layout;
mod name;
mod parse;
mod path;
mod warning;

pub use crate::directory::{Directory, DirectoryError, Flavour};
pub use crate::effective::{Effective, EffectiveChain, Security, Skip};
pub use crate::element::{Chain, Element, Local, Store, Written};
pub use crate::http::{HttpBase, HttpBaseError, StoreId, Userinfo};
pub use crate::key::Key;
pub use crate::layout::{Expected, FileId, FileIdError, Tier, Variant};
pub use crate::name::{FileName, NameError};
pub use crate::path::{DEFAULT_SERVER, Parsed, SymbolPath};
pub use crate::warning::{Warning, WarningKind};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
