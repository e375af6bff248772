#![forbid(unsafe_code)]
//! Explains one fetch: which way it went, what each hop said, and what to do about it.
//!
//! A [`Recorder`] watches a [`Client::fetch`](symgate::Client::fetch) and writes down what it is told; its [`Report`] is
//! plain data, prints as a text for a ticket and as JSON, and holds no secret. A [`Verdict`] says in one sentence who said
//! no, and what helps.
//!
//! ```text
//!  Client::fetch ── Watcher ──▶ Recorder ── finish ──▶ Report ──▶ Display, to_json
//!                                   ▲                     └─────▶ Verdict
//!                                times as values
//! ```
//!
//! It never opens a socket, decides nothing about credentials, and writes to no terminal. Text of peers is made
//! [harmless](page::reduce) and cut short before it is kept.
//!
//! ```no_run
//! use std::io;
//!
//! use symgate::net::Cancel;
//! use symgate::path::SymbolPath;
//! use symgate::{Client, Config};
//! use symgate_probe::Recorder;
//!
//! let client = Client::new(Config::new(SymbolPath::default(), "/var/cache/symbols"))?;
//! let get = client.get("https://symbols.example/pingme.txt".parse()?);
//! let mut recorder = Recorder::new(get.request.url(), io::sink());
//! let ended = client.fetch(get, &mut recorder, &Cancel::new());
//! let report = recorder.finish(&ended);
//! println!("{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod failure;
mod json;
pub mod page;
mod phase;
mod recorder;
mod redact;
mod report;
mod step;
mod text;
mod verdict;

pub use failure::Failure;
pub use phase::Phase;
pub use recorder::Recorder;
pub use redact::shown;
pub use report::{Answer, By, Report};
pub use step::{Event, Hop, Step, Tls};
pub use verdict::{Kind, Verdict};
