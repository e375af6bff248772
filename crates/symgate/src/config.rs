//! [`Config`]: everything a client is told before it begins.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use symgate_auth::mechanism::{Order, TokenSource};
use symgate_http::{Deadlines, Downgrade, Limits};
use symgate_index::Strictness;
use symgate_net::Tls;
use symgate_path::{Parsed, Security, SymbolPath, Warning, WarningKind};
use symgate_policy::{Answers, Policy};
use symgate_proxy::ProxyConfig;
use symgate_store::Durability;

use crate::Automatic;

/// Settings of a [`Client`](crate::Client). Those of [`new`](Self::new) ask nobody and use no proxy.
///
/// Each part is a value of the crate that understands it; this is where they meet.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config {
    /// What is searched.
    pub path: SymbolPath,
    /// Whether the path may name servers and downstream stores.
    pub security: Security,
    /// Where the default downstream store is.
    pub default_store: PathBuf,
    /// Which proxy serves which URL.
    pub proxy: ProxyConfig,
    /// How the choice goes about scripts and dead proxies.
    pub automatic: Automatic,
    /// Whether a request for authentication may be answered.
    pub policy: Policy,
    /// Who answers.
    pub answers: Answers,
    /// The mechanisms by which we authenticate, the preferred one first.
    pub order: Order,
    /// Who makes tokens with the tickets of the logged-on user. They go where DECISIONS §3 lets them: to named proxies,
    /// and to servers that [`Policy::with_ticket_host`] permits.
    pub tickets: Option<Arc<dyn TokenSource>>,
    /// TLS to stores. A client certificate in it is shown to origins that the path names, never to whomever a redirect or
    /// a pointer leads to (DECISIONS §3).
    pub origin_tls: Tls,
    /// TLS to proxies. A client certificate in it is shown to those that `proxy` names, itself or by a script; not to those
    /// of a script that was found on the network in clear text (DECISIONS §3).
    pub proxy_tls: Tls,
    /// Sizes and counts that a peer cannot exceed.
    pub limits: Limits,
    /// Sizes of what a store takes.
    pub store_limits: symgate_store::Limits,
    /// Times.
    pub deadlines: Deadlines,
    /// Connections in all, at least one.
    pub connections: usize,
    /// Whether files are flushed before they become visible.
    pub durability: Durability,
    /// What to do about a PDB of another age.
    pub strictness: Strictness,
    /// What to do about redirects from `https` to `http`.
    pub downgrade: Downgrade,
    /// The value of `User-Agent`; some stores refuse requests that do not look like SymSrv's.
    pub user_agent: String,
}

impl Config {
    /// Settings that search `path` and keep files in `default_store` where the path names no other place.
    #[must_use]
    pub fn new(path: SymbolPath, default_store: impl Into<PathBuf>) -> Self {
        Self {
            path,
            security: Security::Open,
            default_store: default_store.into(),
            proxy: ProxyConfig::direct(),
            automatic: Automatic::default(),
            policy: Policy::unattended(),
            answers: Answers::default(),
            order: Order::default(),
            tickets: None,
            origin_tls: Tls::default(),
            proxy_tls: Tls::default(),
            limits: Limits::default(),
            store_limits: symgate_store::Limits::default(),
            deadlines: Deadlines::default(),
            connections: 8,
            durability: Durability::default(),
            strictness: Strictness::default(),
            downgrade: Downgrade::default(),
            user_agent: USER_AGENT.into(),
        }
    }

    /// Settings as the environment has them: the one place of the library, with
    /// [`symgate_proxy::from_system`], that reads it.
    ///
    /// - The path is `_NT_ALT_SYMBOL_PATH` followed by `_NT_SYMBOL_PATH`, or `srv*` where neither says anything; what
    ///   is odd about them comes back beside the settings.
    /// - The default downstream store is `sym` below the first directory of `DBGHELP_HOMEDIR`, else below the user's
    ///   own cache directory (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS, in each `symgate`); on
    ///   Windows it is `dbg\sym` in the common application data, where the debuggers have it.
    /// - The proxies are those of `_NT_SYMBOL_PROXY`, of the shared variables, and of the machine's own settings, which
    ///   are read when a choice first gets as far.
    #[must_use]
    pub fn from_env() -> (Self, Vec<Warning>) {
        let mut text = String::new();
        let mut replaced = Vec::new();
        for value in ["_NT_ALT_SYMBOL_PATH", "_NT_SYMBOL_PATH"]
            .map(env::var_os)
            .iter()
            .flatten()
        {
            let path = value.to_string_lossy();
            if path.trim().is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(';');
            }
            if value.to_str().is_none() {
                replaced.push(Warning {
                    offset: text.len() + path.find(char::REPLACEMENT_CHARACTER).unwrap_or(0),
                    kind: WarningKind::NotUnicode,
                });
            }
            text.push_str(&path);
        }
        if text.is_empty() {
            text.push_str("srv*");
        }
        let Parsed { path, mut warnings } = SymbolPath::parse(&text);
        warnings.extend(replaced);
        let mut config = Self::new(path, default_store());
        config.proxy = symgate_proxy::from_system();
        config.automatic.by_dhcp = symgate_proxy::dhcp_script_urls;
        (config, warnings)
    }
}

fn default_store() -> PathBuf {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = env::var_os("DBGHELP_HOMEDIR").as_deref().and_then(first_home) {
        return home.join("sym");
    }
    if cfg!(windows) {
        return absolute("ProgramData")
            .unwrap_or_else(|| r"C:\ProgramData".into())
            .join("dbg")
            .join("sym");
    }
    let home = || env::home_dir().unwrap_or_else(|| "/var/tmp".into());
    let cache = if cfg!(target_os = "macos") {
        home().join("Library").join("Caches")
    } else {
        absolute("XDG_CACHE_HOME").unwrap_or_else(|| home().join(".cache"))
    };
    cache.join("symgate").join("sym")
}

/// The first directory of `DBGHELP_HOMEDIR`. Several may be named, parted by `;` on every system (SYMSRV §1.4); nothing
/// says what the others are for.
fn first_home(homes: &OsStr) -> Option<PathBuf> {
    let Some(text) = homes.to_str() else {
        return Some(homes.into());
    };
    let first = text.split(';').map(str::trim).find(|home| !home.is_empty())?;
    Some(first.into())
}

/// What SymSrv calls itself; stores that look at it expect this shape.
const USER_AGENT: &str = "Microsoft-Symbol-Server/10.0.0.0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_home_directory_counts() {
        for (homes, expected) in [
            ("/dbg", Some("/dbg")),
            ("/a:b/dbg", Some("/a:b/dbg")),
            (r"C:\dbg;D:\dbg", Some(r"C:\dbg")),
            (" ; /dbg ;/other", Some("/dbg")),
            (";", None),
            ("", None),
        ] {
            assert_eq!(first_home(homes.as_ref()), expected.map(PathBuf::from), "{homes}");
        }
    }
}
