//! The elements of a symbol path and the stores in them (SYMSRV §1.1-1.3).

use std::fmt;

use crate::directory::Directory;
use crate::http::HttpBase;

/// One element of a symbol path, between two `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Element {
    /// `cache*DIR`: what the elements to the right find is kept here (SYMSRV §1.3).
    Cache(Local),
    /// `DebugInfoD*URL...`: servers that know build ids; may be empty.
    DebugInfod(Vec<HttpBase>),
    /// A plain directory.
    Directory(Directory),
    /// `srv*...` or `symsrv*symsrv.dll*...`.
    Server(Chain),
    /// `symsrv*DLL*...` with another DLL than `symsrv.dll`. It is never searched.
    Unsupported {
        /// The DLL as written; empty if it was left out.
        dll: String,
        /// What followed it, without the passwords of URLs.
        text: String,
    },
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache(local) => write!(f, "cache*{local}"),
            Self::DebugInfod(servers) if servers.is_empty() => f.write_str("DebugInfoD*"),
            Self::DebugInfod(servers) => {
                f.write_str("DebugInfoD")?;
                servers.iter().try_for_each(|server| write!(f, "*{server}"))
            }
            Self::Directory(directory) => directory.fmt(f),
            Self::Server(chain) => chain.fmt(f),
            Self::Unsupported { dll, text } => write!(f, "symsrv*{dll}*{text}"),
        }
    }
}

/// The stores of one `srv*` element as written; left is downstream, nearest to the user.
///
/// What is really searched is the [`EffectiveChain`](crate::EffectiveChain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// No store at all is `srv*`.
    stores: Vec<Written>,
    /// Where `.symfix DIR` wants the symbols of `srv*`; not part of the text.
    fixed: Option<Directory>,
}

impl Chain {
    /// The most stores that one chain may have; further ones are ignored, with a warning (SYMSRV §1.2).
    pub const MAX: usize = 10;

    pub(crate) fn of(stores: Vec<Written>) -> Self {
        Self { stores, fixed: None }
    }

    pub(crate) fn symfix(fixed: Option<Directory>) -> Self {
        Self {
            stores: Vec::new(),
            fixed,
        }
    }

    /// Returns the stores as written, also those that cannot be used.
    #[must_use]
    pub fn written(&self) -> &[Written] {
        &self.stores
    }

    /// Returns the stores that can be used, in their order.
    pub fn stores(&self) -> impl Iterator<Item = &Store> {
        self.stores.iter().filter_map(|written| match written {
            Written::Store(store) => Some(store),
            Written::Invalid(_) => None,
        })
    }

    /// Says whether this is `srv*` and nothing else: the default symbol server.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.stores.is_empty()
    }

    /// Returns the directory that `.symfix` was given for it (SYMSRV §1.10).
    #[must_use]
    pub fn fixed(&self) -> Option<&Directory> {
        self.fixed.as_ref()
    }
}

/// Prints `srv*` and the stores; the directory of `.symfix` is seen only in [`SymbolPath::expanded`](crate::SymbolPath::expanded).
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("srv")?;
        if self.is_default() {
            return f.write_str("*");
        }
        self.stores.iter().try_for_each(|store| write!(f, "*{store}"))
    }
}

/// One place of a chain as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A store that can be asked.
    Store(Store),
    /// A text that is meant to be a URL and is none that can be used. It keeps its place, so that a chain does not
    /// turn into another one; a text that may hold a password is replaced by `scheme://[invalid]`.
    Invalid(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(store) => store.fmt(f),
            Self::Invalid(text) => f.write_str(text),
        }
    }
}

/// A store of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// The default downstream store; where that is, the caller knows (SYMSRV §1.4).
    Default,
    /// A directory laid out as a store.
    Directory(Directory),
    /// A server.
    Http(HttpBase),
}

impl Store {
    /// Says whether it is a server: can be read, never written.
    #[must_use]
    pub fn is_http(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Says whether both are one store, as far as the text tells.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Default, Self::Default) => true,
            (Self::Directory(a), Self::Directory(b)) => a.is_same(b),
            (Self::Http(a), Self::Http(b)) => a.id() == b.id(),
            (Self::Default | Self::Directory(_) | Self::Http(_), _) => false,
        }
    }
}

/// Prints the store as a chain holds it; the default store is empty text.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::Directory(directory) => directory.fmt(f),
            Self::Http(base) => base.fmt(f),
        }
    }
}

/// A store that can be written: what `cache*` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// The default downstream store.
    Default,
    /// A directory laid out as a store.
    Directory(Directory),
}

/// Prints the directory; the default store is empty text.
impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::Directory(directory) => directory.fmt(f),
        }
    }
}

impl From<Local> for Store {
    fn from(local: Local) -> Self {
        match local {
            Local::Default => Self::Default,
            Local::Directory(directory) => Self::Directory(directory),
        }
    }
}
