//! The settings together, and the choice among them.

use std::ffi::OsStr;
use std::sync::{Arc, OnceLock};

use url::Url;

use crate::{
    bypass::NoProxy,
    environment::{Environment, Variables, readable},
    list::ProxyList,
    proxy::Proxy,
    route::{Choice, Reason, Route, Unusable},
    scripts::{Asking, Scripts},
    setting::Setting,
    system::{Here, Live, Reading, Said, System, SystemSettings, values},
    warning::{Note, Warning},
};

/// Everything that was said about proxies, parsed once.
///
/// Sources are asked in this order, and the first that has a word on the URL decides:
///
/// 1. the explicit exceptions ([`with_no_proxy`](Self::with_no_proxy)), which lead direct past
///    every source;
/// 2. the explicit proxy ([`with_proxy`](Self::with_proxy));
/// 3. `_NT_SYMBOL_PROXY`
///    ([Microsoft](https://learn.microsoft.com/en-us/windows-hardware/drivers/debugger/using-a-symbol-server));
/// 4. the shared variables, with `NO_PROXY` as their own exceptions;
/// 5. the system's settings ([`with_system`](Self::with_system)), with their own exceptions;
/// 6. direct.
///
/// A value that is empty or blank counts as not set. A value of which nothing is valid is an error
/// for the URLs it would serve ([`Unusable`]), it does not let the next source speak. Loopback
/// addresses are treated like any other, except by the system's settings.
///
/// ```
/// use symgate_proxy::ProxyConfig;
/// use url::Url;
///
/// let config = ProxyConfig::from_vars([
///     ("https_proxy", "http://proxy.corp.com:3128"),
///     ("NO_PROXY", ".corp.com"),
/// ]);
/// let choose = |url| config.choose(&Url::parse(url).unwrap()).to_string();
/// assert_eq!(choose("https://msdl.microsoft.com/"), "http://proxy.corp.com:3128 (https_proxy)");
/// assert_eq!(choose("https://symbols.corp.com/"), "direct (NO_PROXY entry `.corp.com`)");
/// assert_eq!(choose("http://example.com/"), "direct (no proxy configured)");
/// ```
#[derive(Debug, Default)]
pub struct ProxyConfig {
    bypass: Option<NoProxy>,
    /// In the order in which they are asked.
    sources: Vec<Source>,
    warnings: Vec<Warning>,
}

impl ProxyConfig {
    /// A configuration without any setting: everything is reached directly.
    #[must_use]
    pub fn direct() -> Self {
        Self::default()
    }

    /// Reads variables given as pairs of name and value; other names are passed over.
    ///
    /// - `_NT_SYMBOL_PROXY` (in any case) is a [`ProxyList`]; an entry without a port gets 80 (443
    ///   if it says `https://`) and a warning. It serves every host, whatever `NO_PROXY` says.
    /// - `http_proxy`, `https_proxy` and `all_proxy` name one proxy each, for http URLs, for https
    ///   URLs and for URLs without a variable of their own.
    /// - `no_proxy` is a [`NoProxy`] list of exceptions from those three.
    /// - `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count when the spelling in lower case is not
    ///   set. `HTTP_PROXY` never counts, and a warning says so.
    ///
    /// A value that is not Unicode cannot be followed: a warning, and [`Unusable`] where it would
    /// apply. Of two pairs with one name the last counts.
    #[must_use]
    pub fn from_vars<N, V>(vars: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        let variables = Variables::collect(vars);
        let mut warnings = Vec::new();
        let mut sources = Vec::new();
        if let Some(value) = &variables.symbol_proxy {
            let value = readable(Setting::SymbolProxy, value, &mut warnings);
            sources.push(Source::Fixed(Fixed::parse(Setting::SymbolProxy, value, &mut warnings)));
        }
        sources.push(Source::Environment(Environment::new(&variables, &mut warnings)));
        Self {
            bypass: None,
            sources,
            warnings,
        }
    }

    /// Puts an explicit proxy before all other sources: a [`ProxyList`], or `none` for direct.
    ///
    /// It takes the place of an earlier one; a blank value takes it away. (A proxy whose name is
    /// `none` is written `http://none:80`.)
    #[must_use]
    pub fn with_proxy(mut self, value: &str) -> Self {
        let setting = Setting::ProxyOption;
        self.sources.retain(|source| !source.is(setting));
        self.warnings.retain(|warning| warning.setting() != setting);
        if !value.trim_ascii().is_empty() {
            let fixed = Fixed::parse(setting, value, &mut self.warnings);
            self.sources.insert(0, Source::Fixed(fixed));
        }
        self
    }

    /// Sets the hosts that are reached directly whatever any source says.
    ///
    /// It takes the place of an earlier list; a blank value takes it away.
    #[must_use]
    pub fn with_no_proxy(mut self, value: &str) -> Self {
        let setting = Setting::NoProxyOption;
        self.warnings.retain(|warning| warning.setting() != setting);
        let (list, remarks) = NoProxy::parse(value);
        self.warnings
            .extend(remarks.into_iter().map(|r| Warning::new(setting, r)));
        self.bypass = Some(list).filter(|list| !list.is_empty());
        self
    }

    /// Puts the system's settings, or what stands in for them, behind all other sources.
    ///
    /// They take the place of earlier ones.
    #[must_use]
    pub fn with_system(mut self, settings: SystemSettings) -> Self {
        self.forget_system();
        let readings = vec![reading(&settings)];
        let system = System::new(settings, &mut self.warnings);
        self.sources.push(Source::System(Box::new(Read {
            readings,
            systems: vec![system],
            unread: [].into(),
        })));
        self
    }

    /// Puts the settings of this machine behind all other sources, in place of earlier ones: Internet Options and WinHTTP
    /// on Windows, SystemConfiguration on macOS, GNOME or KDE where such a desktop is running.
    ///
    /// They are read once, when a choice first gets as far, or [`sources`](Self::sources) is called: that may start a
    /// program (`gsettings`, `scutil`), which is given two seconds.
    #[must_use]
    pub fn with_live_system(mut self) -> Self {
        self.forget_system();
        self.sources.push(Source::Live(OnceLock::new()));
        self
    }

    /// What was read of a machine in place of this one.
    #[cfg(test)]
    pub(crate) fn with_read(mut self, live: Live) -> Self {
        self.sources.push(Source::System(Read::of(live)));
        self
    }

    fn forget_system(&mut self) {
        self.sources
            .retain(|source| !matches!(source, Source::System(_) | Source::Live(_)));
        self.warnings
            .retain(|warning| !matches!(warning.setting(), Setting::System(..)));
    }

    /// The routes to a URL, in the order in which they are to be tried, each with its reason.
    ///
    /// It is a pure function of the configuration and the URL's scheme, host and port, and has an
    /// answer for every URL. Ask again for each redirect. A script that would have to be asked is
    /// [`Unusable`].
    #[must_use]
    pub fn choose(&self, url: &Url) -> Choice {
        self.decide(url, Asking::nobody())
    }

    /// The routes to a URL, with the word of scripts where the settings want it.
    ///
    /// The order is that of [`SystemSettings`]: a script that is detected, the script that is named, the proxies of the
    /// list. A script that cannot be got lets the next speak, and the reason of what is chosen then
    /// [says so](Reason::Instead), direct included; one that was got and gives no answer ends the choice as
    /// [`Unusable::NoAnswer`]. `scripts` is asked only when its word is wanted.
    #[must_use]
    pub fn choose_with(&self, url: &Url, scripts: &mut dyn Scripts) -> Choice {
        self.decide(url, Asking::of(scripts))
    }

    fn decide(&self, url: &Url, mut asking: Asking<'_>) -> Choice {
        if !url.has_host() {
            return Choice::one(Route::Direct, Reason::NoHost);
        }
        if let Some(entry) = self.bypass.as_ref().and_then(|list| list.matching(url)) {
            let reason = Reason::Bypassed(Setting::NoProxyOption, entry.clone());
            return Choice::one(Route::Direct, reason);
        }
        let choice = self
            .sources
            .iter()
            .find_map(|source| source.choose(url, &mut asking))
            .unwrap_or_else(|| Choice::one(Route::Direct, Reason::NotConfigured));
        asking.tell(choice)
    }

    /// Every proxy that the settings name, whichever URLs it serves: those that a user chose, and whose credentials may
    /// be given before it is known which URL a redirect leads to.
    pub fn proxies(&self) -> impl Iterator<Item = &Arc<Proxy>> {
        self.sources.iter().flat_map(Source::proxies)
    }

    /// What each source says, in the order in which they are asked, without what may be secret. The machine's own are
    /// read now, if they were not yet.
    #[must_use]
    pub fn sources(&self) -> Vec<Reading> {
        let mut readings = Vec::new();
        if let Some(list) = &self.bypass {
            let entries = list.entries().map(|entry| entry.as_str().to_owned());
            readings.push(said(
                Setting::NoProxyOption.name(),
                entries.collect::<Vec<_>>().join(","),
            ));
        }
        readings.extend(self.sources.iter().flat_map(Source::readings));
        readings
    }

    /// What is to be said about the settings: refused entries, credentials, default ports. What the machine's own
    /// settings deserve is not in it.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// A place that may know proxies; asked in order until one has a word on the URL.
#[derive(Debug)]
enum Source {
    Fixed(Fixed),
    Environment(Environment),
    /// What stands in for the machine's settings.
    System(Box<Read>),
    /// The machine's settings, once they are read.
    Live(OnceLock<Box<Read>>),
}

/// Settings of a system, in the order in which they are asked, and what was said of them.
#[derive(Debug)]
struct Read {
    readings: Vec<Reading>,
    systems: Vec<System>,
    /// Those of the readings that say why not.
    unread: Arc<[Reading]>,
}

impl Read {
    fn live() -> Box<Self> {
        Self::of(Live::read(&Here))
    }

    fn of(Live { settings, readings }: Live) -> Box<Self> {
        // Nobody here wrote them, and a reading says how much of them was not understood.
        let systems = settings
            .into_iter()
            .map(|settings| System::new(settings, &mut Vec::new()));
        let unread = readings
            .iter()
            .filter(|reading| matches!(reading.said, Said::Unreadable(_)));
        Box::new(Self {
            unread: unread.cloned().collect(),
            readings,
            systems: systems.collect(),
        })
    }

    fn choose(&self, url: &Url, asking: &mut Asking<'_>) -> Option<Choice> {
        let choice = self.systems.iter().find_map(|system| system.choose(url, asking));
        if self.unread.is_empty() {
            return choice;
        }
        // Perhaps there is a proxy in what could not be read.
        let choice = choice.unwrap_or_else(|| Choice::one(Route::Direct, Reason::NotConfigured));
        Some(choice.because(|reason| Reason::Unread(Box::new(reason), Arc::clone(&self.unread))))
    }

    fn proxies(&self) -> Vec<&Arc<Proxy>> {
        self.systems.iter().flat_map(System::proxies).collect()
    }
}

/// What the settings that stand in for a system's say.
fn reading(settings: &SystemSettings) -> Reading {
    let values = values(settings);
    let said = if values.is_empty() {
        Said::Nothing
    } else {
        Said::Values(values)
    };
    Reading {
        source: settings.place.source(),
        said,
    }
}

/// A setting that is its own source.
fn said(name: &'static str, value: String) -> Reading {
    Reading {
        source: name,
        said: Said::Values(vec![(name.to_owned(), value)]),
    }
}

impl Source {
    fn choose(&self, url: &Url, asking: &mut Asking<'_>) -> Option<Choice> {
        match self {
            Self::Fixed(fixed) => Some(fixed.choose(url)),
            Self::Environment(environment) => environment.choose(url),
            Self::System(read) => read.choose(url, asking),
            Self::Live(read) => read.get_or_init(Read::live).choose(url, asking),
        }
    }

    fn readings(&self) -> Vec<Reading> {
        match self {
            Self::Fixed(Fixed { setting, way }) => {
                let value = match way {
                    Way::Direct => "none".to_owned(),
                    Way::Through(list) if list.is_empty() => "(not understood)".to_owned(),
                    Way::Through(list) => list.entries().map(ToString::to_string).collect::<Vec<_>>().join(";"),
                };
                vec![said(setting.name(), value)]
            }
            Self::Environment(environment) => vec![Reading {
                source: "environment",
                said: environment.said(),
            }],
            Self::System(read) => read.readings.clone(),
            Self::Live(read) => read.get_or_init(Read::live).readings.clone(),
        }
    }

    fn proxies(&self) -> Vec<&Arc<Proxy>> {
        match self {
            Self::Fixed(Fixed { way: Way::Direct, .. }) => Vec::new(),
            Self::Fixed(Fixed {
                way: Way::Through(list),
                ..
            }) => list.proxies().collect(),
            Self::Environment(environment) => environment.proxies().collect(),
            Self::System(read) => read.proxies(),
            Self::Live(read) => read.get().map(|read| read.proxies()).unwrap_or_default(),
        }
    }

    fn is(&self, setting: Setting) -> bool {
        match self {
            Self::Fixed(fixed) => fixed.setting == setting,
            Self::Environment(_) | Self::System(_) | Self::Live(_) => false,
        }
    }
}

/// A proxy list that serves all URLs: once it is set, no later source is asked.
#[derive(Debug)]
struct Fixed {
    setting: Setting,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Direct,
    /// Perhaps empty, when nothing in the value was valid.
    Through(ProxyList),
}

impl Fixed {
    fn parse(setting: Setting, value: &str, warnings: &mut Vec<Warning>) -> Self {
        if setting == Setting::ProxyOption && value.trim_ascii().eq_ignore_ascii_case("none") {
            return Self {
                setting,
                way: Way::Direct,
            };
        }
        let (list, remarks) = ProxyList::parse(value);
        // The port is a part of the documented syntax of `_NT_SYMBOL_PROXY`; elsewhere it is optional.
        let told = remarks
            .into_iter()
            .filter(|remark| setting == Setting::SymbolProxy || !matches!(remark.note, Note::DefaultPort(_)));
        warnings.extend(told.map(|remark| Warning::new(setting, remark)));
        Self {
            setting,
            way: Way::Through(list),
        }
    }

    fn choose(&self, url: &Url) -> Choice {
        let setting = self.setting;
        match &self.way {
            Way::Direct => Choice::one(Route::Direct, Reason::SetDirect(setting)),
            Way::Through(list) if list.is_empty() => {
                Choice::one(Route::Unusable(Unusable::NoValidEntry(setting)), Reason::Set(setting))
            }
            Way::Through(list) => Choice::through(list.serving(url.scheme()), setting)
                .unwrap_or_else(|| Choice::one(Route::Direct, Reason::OtherProtocols(setting))),
        }
    }
}

#[cfg(test)]
mod tests;
