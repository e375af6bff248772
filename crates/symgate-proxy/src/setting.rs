//! The names of the settings that this crate understands, for reasons, warnings and errors.

use std::fmt;

use crate::bypass::BypassRules;

/// One setting that names proxies or exceptions from them.
///
/// It prints as its user wrote it: `--proxy`, `_NT_SYMBOL_PROXY`, `https_proxy`, `NO_PROXY`,
/// `HKCU ProxyServer`.
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
    /// One value of the system's settings, or of those that stand in for them.
    System(Place, Item),
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
            Self::System(place, item) => place.name_of(item),
        }
    }
}

impl Setting {
    /// Whether a system has it on before anybody has chosen: Windows detects unless told otherwise, elsewhere detection is
    /// what somebody wants.
    pub(crate) const fn is_on_unasked(self) -> bool {
        matches!(
            self,
            Self::System(Place::CurrentUser | Place::Machine, Item::AutoDetect)
        )
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

/// Where settings of a system were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// Internet Options of the current user: the key `Internet Settings` in `HKEY_CURRENT_USER`.
    CurrentUser,
    /// Internet Options set for the machine, by group policy: the same key in `HKEY_LOCAL_MACHINE`.
    Machine,
    /// What `netsh winhttp show proxy` shows.
    WinHttp,
    /// A file that stands in for the system's settings, `--proxy-settings`.
    File,
    /// GNOME's schema `org.gnome.system.proxy`.
    Gnome,
    /// KDE's file `kioslaverc`.
    Kde,
    /// SystemConfiguration of macOS.
    MacOs,
}

impl Place {
    /// By whose rules exceptions are read here.
    pub(crate) const fn rules(self) -> BypassRules {
        match self {
            Self::CurrentUser | Self::Machine | Self::File | Self::MacOs => BypassRules::WinInet,
            Self::WinHttp => BypassRules::WinHttp,
            Self::Gnome => BypassRules::Gnome,
            Self::Kde => BypassRules::Kde,
        }
    }

    /// The place as a source of settings.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::CurrentUser => "Internet Options (HKCU)",
            Self::Machine => "Internet Options by group policy (HKLM)",
            Self::WinHttp => "WinHTTP (HKLM)",
            Self::File => "--proxy-settings",
            Self::Gnome => "GNOME (gsettings)",
            Self::Kde => "KDE (kioslaverc)",
            Self::MacOs => "System Configuration (macOS)",
        }
    }

    /// A value's name as its system has it.
    const fn name_of(self, item: Item) -> &'static str {
        match (self, item) {
            (Self::CurrentUser, Item::AutoDetect) => "HKCU AutoDetect",
            (Self::CurrentUser, Item::Script) => "HKCU AutoConfigURL",
            (Self::CurrentUser, Item::Enable) => "HKCU ProxyEnable",
            (Self::CurrentUser, Item::Proxies) => "HKCU ProxyServer",
            (Self::CurrentUser, Item::Exceptions) => "HKCU ProxyOverride",
            (Self::Machine, Item::AutoDetect) => "HKLM AutoDetect",
            (Self::Machine, Item::Script) => "HKLM AutoConfigURL",
            (Self::Machine, Item::Enable) => "HKLM ProxyEnable",
            (Self::Machine, Item::Proxies) => "HKLM ProxyServer",
            (Self::Machine, Item::Exceptions) => "HKLM ProxyOverride",
            (Self::WinHttp, Item::AutoDetect) => "WinHTTP AutoDetect",
            (Self::WinHttp, Item::Script) => "WinHTTP AutoconfigUrl",
            (Self::WinHttp, Item::Enable) => "WinHTTP access type",
            (Self::WinHttp, Item::Proxies) => "WinHTTP proxy-server",
            (Self::WinHttp, Item::Exceptions) => "WinHTTP bypass-list",
            (Self::File, Item::AutoDetect) => "--proxy-settings AutoDetect",
            (Self::File, Item::Script) => "--proxy-settings AutoConfigURL",
            (Self::File, Item::Enable) => "--proxy-settings ProxyEnable",
            (Self::File, Item::Proxies) => "--proxy-settings ProxyServer",
            (Self::File, Item::Exceptions) => "--proxy-settings ProxyOverride",
            (Self::Gnome, Item::AutoDetect | Item::Enable) => "org.gnome.system.proxy mode",
            (Self::Gnome, Item::Script) => "org.gnome.system.proxy autoconfig-url",
            (Self::Gnome, Item::Proxies) => "org.gnome.system.proxy",
            (Self::Gnome, Item::Exceptions) => "org.gnome.system.proxy ignore-hosts",
            (Self::Kde, Item::AutoDetect | Item::Enable) => "kioslaverc ProxyType",
            (Self::Kde, Item::Script) => "kioslaverc Proxy Config Script",
            (Self::Kde, Item::Proxies) => "kioslaverc",
            (Self::Kde, Item::Exceptions) => "kioslaverc NoProxyFor",
            (Self::MacOs, Item::AutoDetect) => "macOS ProxyAutoDiscoveryEnable",
            (Self::MacOs, Item::Script) => "macOS ProxyAutoConfigURLString",
            (Self::MacOs, Item::Enable | Item::Proxies) => "macOS proxies",
            (Self::MacOs, Item::Exceptions) => "macOS ExceptionsList",
        }
    }
}

/// A value among the settings of a system, see [`SystemSettings`](crate::SystemSettings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// Whether a script is to be looked for.
    AutoDetect,
    /// The address of a script.
    Script,
    /// Whether the proxies count.
    Enable,
    /// The list of proxies.
    Proxies,
    /// The list of exceptions.
    Exceptions,
}
