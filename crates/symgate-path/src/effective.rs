//! What a symbol path means: which stores are searched in which order, and what is kept where (SYMSRV §1.2, §1.3, §1.8).

use crate::directory::Directory;
use crate::element::{Chain, Element, Local, Store, Written};
use crate::http::HttpBase;
use crate::path::SymbolPath;

impl SymbolPath {
    /// Returns what is searched, in order; the first that has the file ends the search.
    ///
    /// - `srv*` is what [`SymbolPath::expand`] makes of it.
    /// - `cache*` is a chain of one store at its place, and then the leftmost store of every chain and the cache of
    ///   every directory to its right, until the next `cache*`.
    /// - A chain that would begin with a server has the default store before it.
    /// - A store that stands in a chain twice is searched and written once, at its leftmost place.
    /// - What cannot be searched keeps its place as [`Effective::Skipped`].
    ///
    /// ```
    /// use symgate_path::{Effective, Security, SymbolPath};
    ///
    /// let path = SymbolPath::parse("cache*;srv*https://h/s").path;
    /// let searches = path.effective(Security::Open);
    /// let [Effective::Chain(cache), Effective::Chain(chain)] = searches.as_slice() else { panic!("two") };
    /// assert_eq!((cache.stores().len(), chain.to_string()), (1, "srv**https://h/s".to_owned()));
    /// ```
    #[must_use]
    pub fn effective(&self, security: Security) -> Vec<Effective> {
        let mut cache: Option<Local> = None;
        let mut searches = Vec::new();
        for (element, _) in self.expansion() {
            match (element, security) {
                (Element::Cache(_), Security::Secure) => searches.push(Effective::Skipped(Skip::Downstream)),
                (Element::Cache(local), Security::Open) => {
                    searches.push(Effective::Chain(EffectiveChain {
                        stores: vec![local.clone().into()],
                    }));
                    cache = Some(local);
                }
                (Element::Directory(directory), _) => {
                    searches.push(Effective::Directory {
                        directory,
                        cache: cache.clone(),
                    });
                }
                (Element::Server(chain), _) => serve(&chain, cache.as_ref(), security, &mut searches),
                (Element::DebugInfod(servers), Security::Open) if !servers.is_empty() => {
                    searches.push(Effective::DebugInfod {
                        servers,
                        cache: cache.clone(),
                    });
                }
                (Element::DebugInfod(servers), _) if servers.is_empty() => {
                    searches.push(Effective::Skipped(Skip::NoStore));
                }
                (Element::DebugInfod(_), _) => searches.push(Effective::Skipped(Skip::Http)),
                (Element::Unsupported { dll, .. }, _) => {
                    searches.push(Effective::Skipped(Skip::UnsupportedServer { dll }));
                }
            }
        }
        searches
    }
}

/// One step of the search for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effective {
    /// A chain of stores.
    Chain(EffectiveChain),
    /// Servers that know build ids, asked in order.
    DebugInfod {
        /// The servers, at least one.
        servers: Vec<HttpBase>,
        /// The store that keeps what is found; without one it is the default store.
        cache: Option<Local>,
    },
    /// A plain directory, searched by name (SYMSRV §1.6).
    Directory {
        /// The directory.
        directory: Directory,
        /// The store that keeps what is found, if any.
        cache: Option<Local>,
    },
    /// Something that is not searched, so that a report can say so.
    Skipped(Skip),
}

/// The stores of one search, left is downstream: at least one, and the leftmost is never a server.
///
/// So what a server has can be kept. No store occurs
/// twice, as far as the text tells; a caller who resolves [`Store::Default`] may still find two names for one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveChain {
    stores: Vec<Store>,
}

impl EffectiveChain {
    /// Returns the stores from downstream to upstream.
    #[must_use]
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Gives the stores away.
    #[must_use]
    pub fn into_stores(self) -> Vec<Store> {
        self.stores
    }
}

/// Prints the chain as an element of a symbol path.
impl std::fmt::Display for EffectiveChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("srv")?;
        self.stores.iter().try_for_each(|store| write!(f, "*{store}"))
    }
}

/// Whether `-secure` or SYMOPT_SECURE (0x40000) is set (SYMSRV §1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// No restriction.
    Open,
    /// No downstream stores and no servers: of each chain only the master is left, if it is a directory.
    Secure,
}

/// Why something in a path is not searched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// A downstream store or `cache*`, in secure mode.
    Downstream,
    /// A server, in secure mode.
    Http,
    /// A store whose URL cannot be used.
    InvalidStore {
        /// The text that is left of it.
        text: String,
    },
    /// An element without any store.
    NoStore,
    /// A server DLL that is not `symsrv.dll`.
    UnsupportedServer {
        /// The DLL as written.
        dll: String,
    },
}

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Downstream => f.write_str("downstream stores are not used in secure mode"),
            Self::Http => f.write_str("servers are not asked in secure mode"),
            Self::InvalidStore { text } => write!(f, "`{}` is no usable store", text.escape_debug()),
            Self::NoStore => f.write_str("there is no store to search"),
            Self::UnsupportedServer { dll } => write!(f, "`{}` is no supported symbol server", dll.escape_debug()),
        }
    }
}

/// Adds what is searched for one `srv*` with at least one place.
fn serve(chain: &Chain, cache: Option<&Local>, security: Security, searches: &mut Vec<Effective>) {
    for written in chain.written() {
        if let Written::Invalid(text) = written {
            searches.push(Effective::Skipped(Skip::InvalidStore { text: text.clone() }));
        }
    }
    let stores = match security {
        Security::Open => open(chain, cache),
        Security::Secure => secure(chain, searches),
    };
    if !stores.is_empty() {
        searches.push(Effective::Chain(EffectiveChain { stores }));
    }
}

fn open(chain: &Chain, cache: Option<&Local>) -> Vec<Store> {
    let mut stores: Vec<Store> = Vec::new();
    let written = chain.stores().cloned();
    // A cache alone has been searched at its own place already.
    let has_stores = chain.stores().next().is_some();
    let cache = cache.filter(|_| has_stores).cloned().map(Store::from);
    for store in cache.into_iter().chain(written) {
        if stores.is_empty() && store.is_http() {
            stores.push(Store::Default);
        }
        if !stores.iter().any(|earlier| earlier.is_same(&store)) {
            stores.push(store);
        }
    }
    stores
}

/// Leaves the master alone; everything left of it is downstream, and the default store is never a master.
fn secure(chain: &Chain, searches: &mut Vec<Effective>) -> Vec<Store> {
    let Some((Written::Store(master), downstream)) = chain.written().split_last() else {
        return Vec::new();
    };
    if !downstream.is_empty() {
        searches.push(Effective::Skipped(Skip::Downstream));
    }
    let skip = match master {
        Store::Directory(_) => return vec![master.clone()],
        Store::Default => Skip::Downstream,
        Store::Http(_) => Skip::Http,
    };
    searches.push(Effective::Skipped(skip));
    Vec::new()
}

#[cfg(test)]
mod tests;
