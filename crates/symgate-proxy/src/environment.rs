//! The variables that many programs share: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`.
//!
//! The names and their precedence are curl's
//! ([environment](https://curl.se/docs/manpage.html#ENVIRONMENT)).

use std::{
    ffi::{OsStr, OsString},
    iter,
    sync::Arc,
};

use url::Url;

use crate::{
    bypass::NoProxy,
    config::ProxyConfig,
    proxy::{Kind, Proxy},
    route::{Choice, Reason, Route, Unusable},
    setting::{Case, Setting, Variable},
    system::Said,
    warning::{Fault, Note, Remark, Warning},
};

/// The proxies that this process was started with, and behind them those of the machine: the environment, and what
/// [`ProxyConfig::with_live_system`] reads.
///
/// It reads the environment of the process once, at this call. Which variables count is said at
/// [`ProxyConfig::from_vars`]. The machine's settings are read when a choice first gets as far.
///
/// Names of variables have no case on Windows, so there a name in mixed case counts as its upper
/// case: `Https_Proxy` is read, `Http_Proxy` is not.
#[must_use]
pub fn from_system() -> ProxyConfig {
    let vars = std::env::vars_os();
    let config = if cfg!(windows) {
        ProxyConfig::from_vars(vars.map(|(name, value)| (without_mixed_case(name), value)))
    } else {
        ProxyConfig::from_vars(vars)
    };
    config.with_live_system()
}

fn without_mixed_case(name: OsString) -> OsString {
    let text = name.to_string_lossy();
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        name.to_ascii_uppercase()
    } else {
        name
    }
}

/// What was found under the names that count; an empty value is as good as none.
///
/// No `Debug`: the values are raw and may hold passwords.
#[derive(Default)]
pub(crate) struct Variables {
    pub(crate) symbol_proxy: Option<OsString>,
    shared: Vec<(Variable, Case, OsString)>,
}

impl Variables {
    pub(crate) fn collect<N, V>(vars: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        const SHARED: [Variable; 4] = [
            Variable::HttpProxy,
            Variable::HttpsProxy,
            Variable::AllProxy,
            Variable::NoProxy,
        ];
        let mut found = Self::default();
        for (name, value) in vars {
            let (Some(name), value) = (name.as_ref().to_str(), value.as_ref()) else {
                continue;
            };
            if is_blank(value) {
                continue;
            }
            if name.eq_ignore_ascii_case(Setting::SymbolProxy.name()) {
                found.symbol_proxy = Some(value.to_owned());
            }
            for variable in SHARED {
                for case in [Case::Lower, Case::Upper] {
                    if name == Setting::Environment(variable, case).name() {
                        found.shared.push((variable, case, value.to_owned()));
                    }
                }
            }
        }
        found
    }

    fn value(&self, variable: Variable, case: Case) -> Option<&OsStr> {
        let found = |(v, c, _): &&(Variable, Case, OsString)| *v == variable && *c == case;
        self.shared.iter().rfind(found).map(|(_, _, value)| value.as_os_str())
    }

    /// The spelling that wins, and its value.
    fn winner(&self, variable: Variable) -> Option<(Setting, &OsStr)> {
        [Case::Lower, Case::Upper].into_iter().find_map(|case| {
            self.value(variable, case)
                .map(|value| (Setting::Environment(variable, case), value))
        })
    }
}

/// The shared variables as one source of routes: `NO_PROXY` rules over its proxies and no others.
#[derive(Debug)]
pub(crate) struct Environment {
    http: Option<Single>,
    https: Option<Single>,
    all: Option<Single>,
    no_proxy: Option<(Setting, NoProxy)>,
}

impl Environment {
    pub(crate) fn new(variables: &Variables, warnings: &mut Vec<Warning>) -> Self {
        let lower = variables.value(Variable::HttpProxy, Case::Lower);
        let upper = variables.value(Variable::HttpProxy, Case::Upper);
        if upper.is_some() && upper != lower {
            let setting = Setting::Environment(Variable::HttpProxy, Case::Upper);
            let remark = Remark {
                offset: 0,
                note: Note::UpperCaseIgnored,
            };
            warnings.push(Warning::new(setting, remark));
        }
        let http = lower.map(|value| (Setting::Environment(Variable::HttpProxy, Case::Lower), value));
        let mut single =
            |found: Option<(Setting, &OsStr)>| found.map(|(setting, value)| Single::parse(setting, value, warnings));
        Self {
            http: single(http),
            https: single(variables.winner(Variable::HttpsProxy)),
            all: single(variables.winner(Variable::AllProxy)),
            no_proxy: variables.winner(Variable::NoProxy).map(|(setting, value)| {
                let (list, remarks) = NoProxy::parse(readable(setting, value, warnings));
                warnings.extend(remarks.into_iter().map(|r| Warning::new(setting, r)));
                (setting, list)
            }),
        }
    }

    /// What the variables say, without logins.
    pub(crate) fn said(&self) -> Said {
        let single = |single: &Option<Single>| {
            let Single { setting, proxy } = single.as_ref()?;
            let value = proxy
                .as_ref()
                .map_or_else(|| "(not understood)".to_owned(), ToString::to_string);
            Some((setting.name().to_owned(), value))
        };
        let mut values: Vec<_> = [&self.http, &self.https, &self.all]
            .into_iter()
            .filter_map(single)
            .collect();
        if let Some((setting, list)) = &self.no_proxy {
            let entries: Vec<_> = list.entries().map(|entry| entry.as_str()).collect();
            values.push((setting.name().to_owned(), entries.join(",")));
        }
        if values.is_empty() {
            Said::Nothing
        } else {
            Said::Values(values)
        }
    }

    /// The proxies that the variables name.
    pub(crate) fn proxies(&self) -> impl Iterator<Item = &Arc<Proxy>> {
        [&self.http, &self.https, &self.all]
            .into_iter()
            .flatten()
            .filter_map(|single| single.proxy.as_ref())
    }

    /// The environment's word on this URL; `None` when it names no proxy for such URLs.
    pub(crate) fn choose(&self, url: &Url) -> Option<Choice> {
        let own = match url.scheme() {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        };
        let single = own.or(self.all.as_ref())?;
        let bypass = self
            .no_proxy
            .as_ref()
            .and_then(|(setting, list)| Some((*setting, list.matching(url)?.clone())));
        Some(match (bypass, &single.proxy) {
            (Some((setting, entry)), _) => Choice::one(Route::Direct, Reason::Bypassed(setting, entry)),
            (None, Some(proxy)) => Choice::through(iter::once(proxy), single.setting)?,
            (None, None) => Choice::one(
                Route::Unusable(Unusable::NoValidEntry(single.setting)),
                Reason::Set(single.setting),
            ),
        })
    }
}

/// A variable that names one proxy. Lists are not read here, as in curl, so that a `;` in a
/// password is a `;`.
#[derive(Debug)]
struct Single {
    setting: Setting,
    /// `None` when the value is not a proxy.
    proxy: Option<Arc<Proxy>>,
}

impl Single {
    fn parse(setting: Setting, value: &OsStr, warnings: &mut Vec<Warning>) -> Self {
        let value = readable(setting, value, warnings);
        let text = value.trim_ascii_start();
        let offset = value.len() - text.len();
        let mut warn = |note| warnings.push(Warning::new(setting, Remark { offset, note }));
        let proxy = match Proxy::parse(text.trim_ascii_end(), Kind::Http) {
            // What `readable` could not read has its warning already.
            _ if value.is_empty() => None,
            Ok(parsed) => {
                // A variable without a port is common, curl and Go say nothing either.
                let told = parsed.notes.into_iter().filter(|n| !matches!(n, Note::DefaultPort(_)));
                told.for_each(&mut warn);
                Some(Arc::new(parsed.proxy))
            }
            Err(fault) => {
                warn(Note::Refused(fault));
                None
            }
        };
        Self { setting, proxy }
    }
}

/// The value as text; empty, and a warning, when it is not Unicode.
pub(crate) fn readable<'v>(setting: Setting, value: &'v OsStr, warnings: &mut Vec<Warning>) -> &'v str {
    match value.to_str() {
        Some(text) => text,
        None => {
            let note = Note::Refused(Fault::NotUnicode);
            warnings.push(Warning::new(setting, Remark { offset: 0, note }));
            ""
        }
    }
}

fn is_blank(value: &OsStr) -> bool {
    value.as_encoded_bytes().trim_ascii().is_empty()
}

#[cfg(test)]
mod tests;
