//! The answer to "which way to this URL": routes, each with its reason.

use std::{fmt, slice, sync::Arc};

use crate::{
    bypass::BypassEntry,
    list,
    proxy::Proxy,
    scripts::Missed,
    setting::{Item, Setting},
    system::{Reading, Script},
};

/// The routes to one URL, at least one, in the order in which they are to be tried.
///
/// The next route is for the case that the one before could not be reached. There is no direct
/// route at the end unless a setting asks for it.
#[derive(Debug, Clone)]
pub struct Choice {
    routes: Vec<Routed>,
}

impl Choice {
    pub(crate) fn one(route: Route, reason: Reason) -> Self {
        Self {
            routes: vec![Routed { route, reason }],
        }
    }

    /// These routes in order; `None` when there are none.
    pub(crate) fn of(routes: Vec<Routed>) -> Option<Self> {
        if routes.is_empty() { None } else { Some(Self { routes }) }
    }

    /// The same routes, these last; in their own order otherwise.
    pub(crate) fn with_last(self, is_last: impl Fn(&Route) -> bool) -> Self {
        let (last, mut routes): (Vec<_>, Vec<_>) = self.routes.into_iter().partition(|routed| is_last(&routed.route));
        routes.extend(last);
        Self { routes }
    }

    /// The same routes for other reasons.
    pub(crate) fn because(self, other: impl Fn(Reason) -> Reason) -> Self {
        let routes = self.routes.into_iter().map(|Routed { route, reason }| Routed {
            route,
            reason: other(reason),
        });
        Self {
            routes: routes.collect(),
        }
    }

    /// The proxies in order, all named by one setting; `None` when there are none.
    pub(crate) fn through<'p>(proxies: impl Iterator<Item = &'p Arc<Proxy>>, setting: Setting) -> Option<Self> {
        let routes: Vec<_> = proxies
            .map(|proxy| Routed {
                route: Route::to(proxy),
                reason: Reason::Set(setting),
            })
            .collect();
        Self::of(routes)
    }

    /// The proxies of a list's entries in order, each with its entry as the reason; `None` when there are none.
    pub(crate) fn listed<'l>(entries: impl Iterator<Item = &'l list::Entry>, setting: Setting) -> Option<Self> {
        let routes: Vec<_> = entries
            .map(|entry| Routed {
                route: Route::to(entry.proxy()),
                reason: Reason::Listed(setting, entry.to_string().into()),
            })
            .collect();
        Self::of(routes)
    }

    /// The routes; never empty.
    #[must_use]
    pub fn routes(&self) -> &[Routed] {
        &self.routes
    }

    /// The routes, given away; never empty.
    #[must_use]
    pub fn into_routes(self) -> Vec<Routed> {
        self.routes
    }
}

impl<'c> IntoIterator for &'c Choice {
    type Item = &'c Routed;
    type IntoIter = slice::Iter<'c, Routed>;

    fn into_iter(self) -> Self::IntoIter {
        self.routes.iter()
    }
}

/// Prints the routes as a person reads them: `http://p:80 (_NT_SYMBOL_PROXY), direct (…)`.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, routed) in self.routes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{routed}")?;
        }
        Ok(())
    }
}

/// A route and why it was chosen.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The way.
    pub route: Route,
    /// Why this way.
    pub reason: Reason,
}

/// Prints `route (reason)`.
impl fmt::Display for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.route, self.reason)
    }
}

/// One way to a URL.
#[derive(Debug, Clone)]
pub enum Route {
    /// Straight to the origin.
    Direct,
    /// Through a proxy; its [`kind`](Proxy::kind) says how it is spoken to.
    Proxy(Arc<Proxy>),
    /// A setting applies but cannot be followed: an error, never a reason to go direct. A later
    /// route of the same choice may still be tried.
    Unusable(Unusable),
}

impl Route {
    pub(crate) fn to(proxy: &Arc<Proxy>) -> Self {
        Self::Proxy(Arc::clone(proxy))
    }
}

/// Prints `direct`, the proxy as `http://host:port`, or `unusable`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Proxy(proxy) => proxy.fmt(f),
            Self::Unusable(Unusable::Socks4(proxy)) => f.write_str(proxy),
            Self::Unusable(_) => f.write_str("unusable"),
        }
    }
}

/// Why a setting that applies cannot be followed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// The setting has a value, and no entry of it is valid; the warnings say what is wrong.
    #[error("`{0}` names no usable proxy")]
    NoValidEntry(Setting),
    /// The setting wants a script to be looked for on the network (WPAD).
    #[error("`{0}` asks for automatic detection of a proxy script (WPAD), which is not built in")]
    AutoDetect(Setting),
    /// The setting names a script that decides (PAC).
    #[error("`{0}` names the proxy script `{1}`, and evaluating scripts is not built in")]
    Script(Setting, Arc<Script>),
    /// The setting is to name a script, but its value is not the URL of one.
    #[error("`{0}` is not an http or https URL of a proxy script")]
    ScriptUrl(Setting),
    /// The script that a setting names or has found was got, and gives no answer: it cannot be run, or returned
    /// something else than text.
    #[error("the proxy script `{1}` of `{0}` gives no answer: {2}")]
    NoAnswer(Setting, Arc<Script>, Arc<str>),
    /// A script answered with entries, and none of them is valid; see [`PacResult`](crate::PacResult). In a
    /// choice it is [`NoAnswer`](Self::NoAnswer), which names the script.
    #[error("the script's answer names no usable proxy")]
    NoValidAnswer,
    /// A script answered with this SOCKS proxy of version 4, which cannot resolve names and is never spoken.
    #[error("proxy `{0}` cannot be used, SOCKS4 is not built in")]
    Socks4(String),
}

/// Why a route was chosen; `Display` is for people and fits behind "because of".
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reason {
    /// `no proxy configured`.
    NotConfigured,
    /// The URL names no host that one could connect to, as in `file:`.
    NoHost,
    /// The setting names this route: `_NT_SYMBOL_PROXY`, `https_proxy`.
    Set(Setting),
    /// The setting asks for no proxy: `--proxy none`.
    SetDirect(Setting),
    /// The setting is a list with entries for other protocols only.
    OtherProtocols(Setting),
    /// The host needs no proxy: ``NO_PROXY entry `.corp.com` ``.
    Bypassed(Setting, BypassEntry),
    /// The entry of a system's list names this route: ``HKCU ProxyServer `https=b:81` ``. The text is
    /// made from what was understood, without credentials.
    Listed(Setting, Arc<str>),
    /// The host is of this machine or this link, and the exceptions do not say otherwise.
    Implied(Setting),
    /// Only the hosts listed in the setting need a proxy, and this one is not.
    NotListed(Setting),
    /// Proxies are set, and this setting says that they do not count.
    SwitchedOff(Setting),
    /// The script that the setting names or has found says so: `PAC http://wpad/wpad.dat, by HKCU AutoDetect`.
    Script(Setting, Arc<Script>),
    /// Scripts that could not be got would have had the first word; what is said without them.
    Instead(Box<Self>, Arc<[Missed]>),
    /// Settings of the machine that could not be read might have had a word; what is said without them.
    Unread(Box<Self>, Arc<[Reading]>),
}

impl Reason {
    /// Whether the user or the system's settings chose this route, or a script that one of them names. A script that was
    /// found on the network may be anybody's who answered first: what was given for proxies is not for those that it names.
    /// That it came by https makes no difference, since its address came from DHCP or DNS in clear text, and a stranger
    /// has a certificate for his own host.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        match self {
            Self::Script(Setting::System(_, Item::AutoDetect), _) => false,
            Self::Instead(reason, _) | Self::Unread(reason, _) => reason.is_trusted(),
            _ => true,
        }
    }

    /// The scripts that could not be got and would have had the first word.
    #[must_use]
    pub fn missed(&self) -> &[Missed] {
        match self {
            Self::Instead(_, missed) => missed,
            Self::Unread(reason, _) => reason.missed(),
            _ => &[],
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str("no proxy configured"),
            Self::NoHost => f.write_str("URL without a host"),
            Self::Set(setting) => setting.fmt(f),
            Self::SetDirect(setting) => write!(f, "{setting} none"),
            Self::OtherProtocols(setting) => {
                write!(f, "{setting} has entries for other protocols only")
            }
            Self::Bypassed(setting, entry) => write!(f, "{setting} entry `{}`", entry.as_str()),
            Self::Listed(setting, entry) => write!(f, "{setting} `{entry}`"),
            Self::Implied(setting) => {
                write!(f, "loopback or link-local, and {setting} has no `<-loopback>`")
            }
            Self::NotListed(setting) => write!(f, "{setting} lists the hosts that need a proxy, not this one"),
            Self::SwitchedOff(setting) => write!(f, "switched off by {setting}"),
            Self::Script(setting, script) => write!(f, "PAC {script}, by {setting}"),
            Self::Instead(reason, missed) => {
                reason.fmt(f)?;
                missed.iter().try_for_each(|missed| write!(f, "; {missed}"))
            }
            Self::Unread(reason, readings) => {
                reason.fmt(f)?;
                readings.iter().try_for_each(|reading| write!(f, "; {reading}"))
            }
        }
    }
}
