//! Understands and answers the debuggers' symbol commands: text in, text and effects out.
//!
//! `!sym`, `.symopt`, `.sympath`, `.symfix`, `.reload`, `ld`, `lm`, `!lmi`, `!chksym`, `!symsrv close`, `!homedir` and
//! their kin, with the forms and the output of WinDbg, KD and CDB. It will never know a terminal: lines come from
//! wherever the caller has them.
//!
//! # The contract
//!
//! *[Feed a line](Console::handle_line), then [poll](Console::poll) and do the one thing that the [`Action`] says, with
//! the `handle_*` that the action names where it names one, until it says [`Ready`](Action::Ready) or
//! [`Quit`](Action::Quit).* The machine reads no file, asks no server and changes no client by itself; [`Runner`] does
//! that for it, over a [`symgate::Client`].
//!
//! ```
//! use symgate_console::{Action, Console, Start};
//! use symgate_path::SymbolPath;
//! use symgate_policy::{Debugger, Effect, Prompts};
//!
//! let mut console = Console::new(Start {
//!     debugger: Debugger::Cdb,
//!     options: Debugger::Cdb.start_options(),
//!     path: SymbolPath::parse("srv*https://symbols.example/s").path,
//!     home: "/home/dbg".into(),
//!     modules: Vec::new(),
//! });
//! assert_eq!(console.prompt(), "0:000>");
//!
//! // The setting changes at once; it is in force after `.reload`.
//! console.handle_line("!sym prompts; .reload");
//! let Action::Print(text) = console.poll() else { panic!("the state") };
//! assert_eq!(text, "quiet mode - symbol prompts on\n");
//! assert!(matches!(console.poll(), Action::Obey(Effect::Decide(Prompts::On))));
//! let Action::Print(text) = console.poll() else { panic!("what is reloaded") };
//! assert_eq!(text, "Reloading current modules\n");
//! assert!(matches!(console.poll(), Action::Ready));
//! ```
//!
//! # Lines
//!
//! Commands are parted by `;`, but `.sympath` and `.sympath+` take the rest of their line, since a path has `;` in it.
//! `*` begins a comment that ends with the line, `$$` one that ends at the next `;`. Case makes no difference, except
//! that `lm` has an `m` and an `M`. What cannot be understood is answered with how the command is used, or with one line that says
//! that there is no such command.
//!
//! | commands | where |
//! |---|---|
//! | `!sym`, `.symopt`, `.lines`, `.secure`; SYMSRV §3.4, §6.1, §6.2 | `console/options.rs` |
//! | `.sympath`, `.symfix`, `!homedir`; SYMSRV §1.7, §1.10, §6.3, §6.4 | `console/paths.rs` |
//! | `.reload`, `ld`; SYMSRV §6.5, §6.8 | `console/loading.rs` |
//! | `lm`; SYMSRV §6.7 | `console/listing.rs` |
//! | `!lmi`, `!chksym`; SYMSRV §6.7 | `console/showing.rs` |
//! | what SymSrv says in noisy mode; SYMSRV §6.8 | `noisy.rs` |
//!
//! `SYMSRV §n` and `DECISIONS §n` are sections of `docs/symsrv.md` (how SymSrv behaves) and `docs/decisions.md` in the
//! project's repository. A text of which the documentation says "unverified" was not seen in any debugger.

#![forbid(unsafe_code)]

mod command;
mod console;
mod date;
mod line;
mod module;
mod modules;
mod noisy;
mod runner;
mod text;
mod wildcard;

pub use crate::console::{Action, Console, Load, Misuse, Place, Start};
pub use crate::module::{Failure, Module, ModuleError, PdbFacts, Symbols};
pub use crate::noisy::Noisy;
pub use crate::runner::{Flow, Runner};
pub use crate::text::{chain, is_deceptive, plain};
pub use crate::wildcard::Wildcard;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
