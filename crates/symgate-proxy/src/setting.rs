//! The names of the settings that this crate understands, for reasons, warnings and errors.

use std::fmt;

/// One setting that names proxies or exceptions from them.
///
/// It prints as its user wrote it: `--proxy`, `_NT_SYMBOL_PROXY`, `https_proxy`, `NO_PROXY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// The explicit proxy, `--proxy` or [`ProxyConfig::with_proxy`](crate::ProxyConfig::with_proxy).
    ProxyOption,
    /// The explicit exceptions, `--no-proxy` or
    /// [`ProxyConfig::with_no_proxy`](crate::ProxyConfig::with_no_proxy).
    NoProxyOption,
    /// The debuggers' own variable, `_NT_SYMBOL_PROXY`.
    SymbolProxy,
    /// A variable that many programs share, in one of its two spellings.
    Environment(Variable, Case),
}

impl Setting {
    /// The name of the setting, as in `--proxy` or `https_proxy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProxyOption => "--proxy",
            Self::NoProxyOption => "--no-proxy",
            Self::SymbolProxy => "_NT_SYMBOL_PROXY",
            Self::Environment(Variable::HttpProxy, Case::Lower) => "http_proxy",
            Self::Environment(Variable::HttpProxy, Case::Upper) => "HTTP_PROXY",
            Self::Environment(Variable::HttpsProxy, Case::Lower) => "https_proxy",
            Self::Environment(Variable::HttpsProxy, Case::Upper) => "HTTPS_PROXY",
            Self::Environment(Variable::AllProxy, Case::Lower) => "all_proxy",
            Self::Environment(Variable::AllProxy, Case::Upper) => "ALL_PROXY",
            Self::Environment(Variable::NoProxy, Case::Lower) => "no_proxy",
            Self::Environment(Variable::NoProxy, Case::Upper) => "NO_PROXY",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A proxy variable that curl and most other programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variable {
    /// The proxy for http URLs. Only `http_proxy` counts: a CGI server puts a request's `Proxy`
    /// field into `HTTP_PROXY` ([httpoxy](https://httpoxy.org/)).
    HttpProxy,
    /// The proxy for https URLs.
    HttpsProxy,
    /// The proxy for every URL that has no variable of its own.
    AllProxy,
    /// The hosts that need no proxy, see [`NoProxy`](crate::NoProxy).
    NoProxy,
}

/// Which spelling of a [`Variable`] was set; lower case wins over upper case, as in curl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// For example `https_proxy`.
    Lower,
    /// For example `HTTPS_PROXY`.
    Upper,
}
