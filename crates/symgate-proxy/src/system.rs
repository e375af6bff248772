//! The system's own proxy settings: what was read of them, as plain data, and the choice among them.
//!
//! The order of evaluation is that of
//! [`WINHTTP_CURRENT_USER_IE_PROXY_CONFIG`](https://learn.microsoft.com/en-us/windows/win32/api/winhttp/ns-winhttp-winhttp_current_user_ie_proxy_config)
//! (docs/symsrv.md §4.3). Nothing here asks a system: the values come in, from wherever they were read.

mod file;
mod gnome;
mod kde;
mod live;
mod text;

use std::{fmt, sync::Arc};

use url::{Position, Url};

use crate::{
    bypass::{Bypass, BypassList, BypassRules},
    list::ProxyList,
    proxy::Proxy,
    route::{Choice, Reason, Route, Unusable},
    scripts::Asking,
    setting::{Item, Place, Setting},
    warning::{Fault, Note, Remark, Warning},
};

pub(crate) use live::{Here, Live, values};
pub use live::{Reading, Said, dhcp_script_urls};
pub use text::{FileError, LineNote, LineRemark};

/// The proxy settings of a system or a desktop as they were read, not yet understood.
///
/// [`ProxyConfig::with_system`](crate::ProxyConfig::with_system) understands them. Whatever is set is asked in this
/// order, and the first decides:
///
/// 1. loopback and link-local hosts are reached directly ([`BypassRules`]), unless [`exceptions`](Self::exceptions) say
///    `<-loopback>`; in GNOME every exception is asked here;
/// 2. [`auto_detect`](Self::auto_detect), unless nothing is found; where nobody can look it is
///    [`Unusable::AutoDetect`], but of Windows, which has it on unless told otherwise, it is passed over with a word;
/// 3. [`script`](Self::script), unless it cannot be got; [`Unusable::Script`] where nobody can ask it;
/// 4. the [`exceptions`](Self::exceptions), then the [`proxies`](Self::proxies), if [`manual`](Self::manual) is on.
///
/// [`ProxyConfig::choose_with`](crate::ProxyConfig::choose_with) is who can look and ask.
///
/// ```
/// use symgate_proxy::{Place, ProxyConfig, Switch, SystemSettings};
/// use url::Url;
///
/// let mut settings = SystemSettings::new(Place::CurrentUser);
/// settings.manual = Switch::On;
/// settings.proxies = "http=a:80;https=b:81".to_owned();
/// settings.exceptions = "<local>".to_owned();
///
/// let config = ProxyConfig::direct().with_system(settings);
/// let choose = |url| config.choose(&Url::parse(url).unwrap()).to_string();
/// assert_eq!(choose("https://h.test/"), "http://b:81 (HKCU ProxyServer `https=b:81`)");
/// assert_eq!(choose("https://build/"), "direct (HKCU ProxyOverride entry `<local>`)");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SystemSettings {
    /// Where they were read; it gives the reasons their names.
    pub place: Place,
    /// Whether a script is to be looked for (WPAD).
    pub auto_detect: Switch,
    /// The address of a script that names the proxies (PAC); blank is none.
    pub script: String,
    /// Whether `proxies` count.
    pub manual: Switch,
    /// A [`ProxyList`]; blank is none.
    pub proxies: String,
    /// A [`BypassList`] by the rules of [`rules`](Self::rules).
    pub exceptions: String,
    /// By whose rules `exceptions` are read.
    pub rules: BypassRules,
    /// What it means to be listed in `exceptions`.
    pub sense: Sense,
}

impl SystemSettings {
    /// Settings of this place in which nothing is set and everything is off.
    #[must_use]
    pub const fn new(place: Place) -> Self {
        Self {
            place,
            auto_detect: Switch::Off,
            script: String::new(),
            manual: Switch::Off,
            proxies: String::new(),
            exceptions: String::new(),
            rules: place.rules(),
            sense: Sense::Direct,
        }
    }
}

impl SystemSettings {
    /// Whether anything in it could lead to a proxy; others may speak where not.
    pub(crate) fn is_set(&self) -> bool {
        let listed = self.manual == Switch::On && is_set(&self.proxies);
        self.auto_detect == Switch::On || is_set(&self.script) || listed
    }

    /// Whether nothing is set but what the system says before anybody has chosen.
    pub(crate) fn is_unasked(&self) -> bool {
        Setting::System(self.place, Item::AutoDetect).is_on_unasked()
            && self.auto_detect == Switch::On
            && !is_set(&self.script)
            && !is_set(&self.proxies)
    }
}

/// Leaves out the values in which a password can stand.
impl fmt::Debug for SystemSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemSettings")
            .field("place", &self.place)
            .field("auto_detect", &self.auto_detect)
            .field("manual", &self.manual)
            .field("rules", &self.rules)
            .field("sense", &self.sense)
            .finish_non_exhaustive()
    }
}

/// Whether a setting is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// It counts.
    On,
    /// It does not count, whatever else is set.
    Off,
}

/// What it means for a host to be among the exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// Those listed are reached directly.
    Direct,
    /// Those listed, and no others, are reached through the proxies: `ReversedException` of KDE.
    Proxied,
}

/// The address of a proxy script; `Display` and `Debug` leave out whatever may be secret in it.
pub struct Script(Url);

impl Script {
    /// The whole address, for the fetch; it may hold a password.
    #[must_use]
    pub const fn expose_url(&self) -> &Url {
        &self.0
    }

    /// Reads the address of a script.
    ///
    /// # Errors
    ///
    /// [`Fault::ScriptUrl`] for everything but an http or https URL.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match Url::parse(text.trim_ascii()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self(url)),
            Ok(_) | Err(_) => Err(Fault::ScriptUrl),
        }
    }
}

/// Prints `http://wpad/wpad.dat`, without user, password, query and fragment; `http://…` if an `@` stands where it does
/// not belong, because then the "host" may be a user and half of a password.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after_host = &self.0[Position::BeforePath..];
        if after_host.contains('@') {
            write!(f, "{}://…", self.0.scheme())
        } else {
            write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({self})")
    }
}

/// The system's settings, understood: the last source that is asked.
#[derive(Debug)]
pub(crate) struct System {
    place: Place,
    auto_detect: Switch,
    script: Option<Result<Arc<Script>, Fault>>,
    manual: Manual,
    exceptions: BypassList,
    rules: BypassRules,
    sense: Sense,
}

/// The list of proxies.
#[derive(Debug)]
enum Manual {
    NotSet,
    /// There are proxies, but they do not count.
    SwitchedOff,
    /// Perhaps empty, when nothing in the value was valid.
    Through(ProxyList),
}

impl System {
    pub(crate) fn new(settings: SystemSettings, warnings: &mut Vec<Warning>) -> Self {
        let SystemSettings {
            place,
            auto_detect,
            script,
            manual,
            proxies,
            exceptions,
            rules,
            sense,
        } = settings;
        let mut warn = |item, remark| warnings.push(Warning::new(Setting::System(place, item), remark));
        let script = is_set(&script).then(|| Script::parse(&script).map(Arc::new));
        if let Some(Err(fault)) = script {
            let note = Note::Refused(fault);
            warn(Item::Script, Remark { offset: 0, note });
        }
        let manual = match manual {
            _ if !is_set(&proxies) => Manual::NotSet,
            Switch::Off => Manual::SwitchedOff,
            Switch::On => {
                let (list, remarks) = ProxyList::parse(&proxies);
                // The port is optional in every system's settings.
                let told = remarks.into_iter().filter(|r| !matches!(r.note, Note::DefaultPort(_)));
                told.for_each(|remark| warn(Item::Proxies, remark));
                Manual::Through(list)
            }
        };
        let (exceptions, remarks) = BypassList::parse(&exceptions, rules);
        remarks.into_iter().for_each(|remark| warn(Item::Exceptions, remark));
        Self {
            place,
            auto_detect,
            script,
            manual,
            exceptions,
            rules,
            sense,
        }
    }

    /// The system's word on this URL; `None` when nothing is set.
    pub(crate) fn choose(&self, url: &Url, asking: &mut Asking<'_>) -> Option<Choice> {
        let nothing = self.auto_detect == Switch::Off && self.script.is_none();
        if nothing && matches!(self.manual, Manual::NotSet) {
            return None;
        }
        let listed = self.setting(Item::Exceptions);
        let bypassed = match (self.exceptions.matching(url), self.sense) {
            (Some(Bypass::Implied), _) => return Some(Choice::one(Route::Direct, Reason::Implied(listed))),
            (Some(Bypass::Entry(entry)), Sense::Direct) => Some(Reason::Bypassed(listed, entry.clone())),
            (None, Sense::Proxied) => Some(Reason::NotListed(listed)),
            (None, Sense::Direct) | (Some(Bypass::Entry(_)), Sense::Proxied) => None,
        };
        match bypassed {
            // In GNOME the exceptions are from scripts too.
            Some(reason) if !nothing && self.rules == BypassRules::Gnome => Some(Choice::one(Route::Direct, reason)),
            bypassed => self.automatic(url, asking).or_else(|| self.through(url, bypassed)),
        }
    }

    /// What detection says, or the script; `None` when neither is set or can be got.
    fn automatic(&self, url: &Url, asking: &mut Asking<'_>) -> Option<Choice> {
        if self.auto_detect == Switch::On
            && let Some(choice) = asking.detect(self.setting(Item::AutoDetect), url)
        {
            return Some(choice);
        }
        let setting = self.setting(Item::Script);
        match self.script.as_ref()? {
            Ok(script) => asking.find(setting, script, url),
            Err(_) => Some(unusable(setting, Unusable::ScriptUrl(setting))),
        }
    }

    /// What the list of proxies says; `None` when there is none.
    fn through(&self, url: &Url, bypassed: Option<Reason>) -> Option<Choice> {
        let setting = self.setting(Item::Proxies);
        let list = match (&self.manual, bypassed) {
            (Manual::NotSet, _) => return None,
            (Manual::SwitchedOff, _) => {
                let reason = Reason::SwitchedOff(self.setting(Item::Enable));
                return Some(Choice::one(Route::Direct, reason));
            }
            (Manual::Through(_), Some(reason)) => return Some(Choice::one(Route::Direct, reason)),
            (Manual::Through(list), None) => list,
        };
        Some(if list.is_empty() {
            unusable(setting, Unusable::NoValidEntry(setting))
        } else {
            Choice::listed(list.entries_serving(url.scheme()), setting)
                .unwrap_or_else(|| Choice::one(Route::Direct, Reason::OtherProtocols(setting)))
        })
    }

    /// The proxies that the settings name, if they count.
    pub(crate) fn proxies(&self) -> Vec<&Arc<Proxy>> {
        match &self.manual {
            Manual::NotSet | Manual::SwitchedOff => Vec::new(),
            Manual::Through(list) => list.proxies().collect(),
        }
    }

    const fn setting(&self, item: Item) -> Setting {
        Setting::System(self.place, item)
    }
}

fn unusable(setting: Setting, error: Unusable) -> Choice {
    Choice::one(Route::Unusable(error), Reason::Set(setting))
}

fn is_set(value: &str) -> bool {
    !value.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests;
