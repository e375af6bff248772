#![forbid(unsafe_code)]
//! Names the proxy, or the list of them, that serves a URL, with the reason.
//!
//! It never dials, never authenticates and resolves no name. It reads the environment in
//! [`from_system`], and the machine's settings behind [`ProxyConfig::with_live_system`]. The rest is
//! a pure function of settings and URL, but for scripts, which may be told names' addresses and the
//! time:
//!
//! ```text
//!  --proxy  _NT_SYMBOL_PROXY  https_proxy …  NO_PROXY  the system's    settings, parsed once
//!      └──────────┴───────┬───────┴─────────────┴─────────┘
//!                    ProxyConfig ── choose(&Url) ──> Choice: [route + reason, …]
//!                         └──────── warnings() ────> what was refused, and where
//! ```
//!
//! ```
//! let config = symgate_proxy::from_system();
//! let choice = config.choose(&url::Url::parse("https://msdl.microsoft.com/download/symbols").unwrap());
//! println!("{choice}");
//! ```
//!
//! Where the settings leave the choice to a script, [`choose`](ProxyConfig::choose) names it and goes no further;
//! [`choose_with`](ProxyConfig::choose_with) asks it, by whatever [`Scripts`] gets and runs it.
//!
//! Three rules hold everywhere:
//!
//! - **Nothing is lost silently.** Every entry of a value is used or has a [`Warning`]; a value
//!   with no valid entry is [`Route::Unusable`], never direct.
//! - **Nothing secret is printed.** `Debug` and `Display` of every type leave credentials out, and
//!   warnings hold positions instead of text.
//! - **Every input has an answer.** Parsing and choosing cannot fail or panic, and take time linear
//!   in the length of the settings.
//!
//! Where to look: the order of the sources at [`ProxyConfig`], the syntax of proxy lists at
//! [`ProxyList`], the rules of `NO_PROXY` at [`NoProxy`], the system's settings at
//! [`SystemSettings`], the rules of its exceptions at [`BypassRules`], and the answers of scripts at
//! [`PacResult`].
//!
//! # Features
//!
//! - `pac`: `Pac` evaluates proxy auto-config scripts in an embedded JavaScript engine with bounds on
//!   time, memory and stack; names are looked up by a `Resolver` that the caller gives. It is off by
//!   default, because the engine is C and wants a C compiler.

mod bypass;
mod config;
mod environment;
mod host;
mod list;
mod outage;
mod pac;
mod proxy;
mod route;
mod scripts;
mod setting;
mod system;
mod warning;

pub use bypass::{Bypass, BypassEntry, BypassList, BypassRules, NoProxy};
pub use config::ProxyConfig;
pub use environment::from_system;
pub use list::ProxyList;
pub use outage::Outages;
pub use pac::PacResult;
#[cfg(feature = "pac")]
pub use pac::{Found, Freshness, Moment, Pac, PacError, PacLimits, PacNote, Resolver, When};
pub use proxy::{Kind, Proxy, Userinfo};
pub use route::{Choice, Reason, Route, Routed, Unusable};
pub use scripts::{Missed, ScriptError, Scripts};
pub use setting::{Case, Item, Place, Setting, Variable};
pub use system::{
    FileError, LineNote, LineRemark, Reading, Said, Script, Sense, Switch, SystemSettings, dhcp_script_urls,
};
pub use warning::{Fault, Note, Remark, Warning};
