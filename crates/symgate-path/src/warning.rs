//! What is odd about a symbol path, and where (SYMSRV §1.1, §1.2).

use std::fmt;

use crate::element::Chain;

/// Something in a symbol path that was corrected, ignored or set aside.
///
/// Its `Display` is one line that names the byte and says what was done; it never quotes a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The byte in the parsed text where the thing begins.
    pub offset: usize,
    /// What it is.
    pub kind: WarningKind,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.kind)
    }
}

/// What a [`Warning`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// `cache*` names a URL; the default store is used.
    CacheNotDirectory,
    /// A control character; it is kept, and probably a mistake.
    ControlCharacter,
    /// `DebugInfoD*` names something that is no usable URL; it is ignored.
    DebugInfodServer,
    /// A fragment in a store's URL; it is ignored.
    Fragment,
    /// An HTTP store with others to its right: nothing can be copied into it (SYMSRV §1.2).
    HttpNotLast,
    /// A store's URL that cannot be used; the store is skipped.
    InvalidUrl {
        /// Why not.
        reason: String,
    },
    /// `symsrv*` without a DLL; the element is skipped.
    MissingDll,
    /// Stores without `srv*` before them; they are read as if it stood there.
    MissingPrefix,
    /// `DebugInfoD*` without a server.
    NoServers,
    /// The path was not Unicode where it came from, from here on; what is not was replaced by U+FFFD.
    NotUnicode,
    /// A query in a store's URL; it is ignored.
    Query,
    /// A double quote: there is no quoting inside a path. At an end it is dropped.
    Quote,
    /// More text after the directory of `cache*`; it is ignored.
    TextAfterCache,
    /// More than [`Chain::MAX`] stores; this one and what follows are ignored.
    TooManyStores,
    /// A server DLL that is not `symsrv.dll`; the element is skipped.
    UnsupportedServer {
        /// The DLL as written.
        dll: String,
    },
    /// A URL without `srv*` before it; it is read as if it stood there.
    UrlWithoutPrefix,
    /// A name or password in a URL; it is kept aside and not printed.
    Userinfo,
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::CacheNotDirectory => "`cache*` takes a directory, not a URL; the default store is used",
            Self::ControlCharacter => "control character",
            Self::DebugInfodServer => "`DebugInfoD*` takes http and https URLs; this one is ignored",
            Self::Fragment => "the fragment of a store's URL is ignored",
            Self::HttpNotLast => "an HTTP store should be the last of its chain; nothing is copied into it",
            Self::InvalidUrl { reason } => return write!(f, "this store is skipped: {reason}"),
            Self::MissingDll => "`symsrv*` without a DLL; the element is skipped",
            Self::MissingPrefix => "stores without `srv*` are read as if it stood here",
            Self::NoServers => "`DebugInfoD*` without a server",
            Self::NotUnicode => "what is not Unicode is replaced from here on; such a store cannot be named",
            Self::Query => "the query of a store's URL is ignored",
            Self::Quote => "a symbol path has no quoting; quotes at an end are dropped",
            Self::TextAfterCache => "`cache*` takes one directory; what follows it is ignored",
            Self::TooManyStores => {
                return write!(
                    f,
                    "a chain has at most {} stores; this one and what follows are ignored",
                    Chain::MAX
                );
            }
            Self::UnsupportedServer { dll } => {
                return write!(
                    f,
                    "unsupported symbol server `{}`; the element is skipped",
                    dll.escape_debug()
                );
            }
            Self::UrlWithoutPrefix => "a URL without `srv*` is read as if it stood here",
            Self::Userinfo => "credentials in a URL are visible to others; they are kept aside and not printed",
        };
        f.write_str(text)
    }
}
