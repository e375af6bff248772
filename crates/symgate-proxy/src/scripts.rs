//! Where a setting leaves the choice to a script: who is asked ([`Scripts`]), and what follows when nobody can tell.
//!
//! A script is got over the network and run, which is not for this crate's core to do. What is here is the order in which
//! the settings let it speak, and the difference between a script that cannot be got and one that cannot be followed.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::pac::PacResult;
use crate::route::{Choice, Reason, Route, Routed, Unusable};
use crate::setting::Setting;
use crate::system::Script;

/// Gets scripts and runs them, for [`ProxyConfig::choose_with`](crate::ProxyConfig::choose_with).
///
/// ```
/// use std::sync::Arc;
/// use symgate_proxy::{PacResult, Place, ProxyConfig, Script, ScriptError, Scripts, SystemSettings};
/// use url::Url;
///
/// /// Knows one script, which has one answer.
/// struct Known;
/// impl Scripts for Known {
///     fn detect(&mut self) -> Result<Arc<Script>, String> {
///         Err("nobody looks for one".to_owned())
///     }
///     fn find(&mut self, _: &Arc<Script>, _: &Url) -> Result<PacResult, ScriptError> {
///         Ok(PacResult::parse("PROXY p:3128"))
///     }
/// }
///
/// let mut settings = SystemSettings::new(Place::CurrentUser);
/// settings.script = "http://it/proxy.pac".to_owned();
/// let config = ProxyConfig::direct().with_system(settings);
/// let choice = config.choose_with(&Url::parse("https://h.test/").unwrap(), &mut Known);
/// assert_eq!(choice.to_string(), "http://p:3128 (PAC http://it/proxy.pac, by HKCU AutoConfigURL)");
/// ```
pub trait Scripts {
    /// Looks for a script on the network (WPAD): the address of one that is there.
    ///
    /// # Errors
    ///
    /// Why there is none, in words that fit behind a colon.
    fn detect(&mut self) -> Result<Arc<Script>, String>;

    /// What the script at this address answers for a URL.
    ///
    /// # Errors
    ///
    /// [`ScriptError`]; its kind decides whether other settings may speak.
    fn find(&mut self, script: &Arc<Script>, url: &Url) -> Result<PacResult, ScriptError>;
}

/// Why a script names no route. The words are one line, harmless to show, and fit behind a colon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// It could not be got: nobody there, no such file, something that is no script by its size. What is set besides it
    /// speaks, as in Windows and in browsers: who takes his machine home has no script there.
    #[error("it could not be got: {0}")]
    NotGot(String),
    /// It was got, and cannot be run, or says what cannot be understood. Somebody wants proxies to be used, so there is
    /// no route ([`Unusable::NoAnswer`]).
    #[error("it gives no answer: {0}")]
    NoAnswer(String),
}

/// A script that could not be got, and would have had the first word.
#[derive(Debug, Clone)]
pub struct Missed {
    setting: Setting,
    /// `None` where none was found.
    script: Option<Arc<Script>>,
    why: String,
}

impl Missed {
    /// The setting that wants it.
    #[must_use]
    pub const fn setting(&self) -> Setting {
        self.setting
    }

    /// Which script; `None` where one was looked for and none found.
    #[must_use]
    pub const fn script(&self) -> Option<&Arc<Script>> {
        self.script.as_ref()
    }
}

/// Prints `the script http://it/proxy.pac of HKCU AutoConfigURL could not be got: …`, or
/// `no script found by HKCU AutoDetect: …`.
impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, script, why } = self;
        match script {
            Some(script) => write!(f, "the script {script} of {setting} could not be got: {why}"),
            None => write!(f, "no script found by {setting}: {why}"),
        }
    }
}

/// Who may be asked during one choice, and who was asked in vain.
pub(crate) struct Asking<'s> {
    scripts: Option<&'s mut dyn Scripts>,
    missed: Vec<Missed>,
}

impl<'s> Asking<'s> {
    pub(crate) const fn nobody() -> Self {
        Self {
            scripts: None,
            missed: Vec::new(),
        }
    }

    pub(crate) fn of(scripts: &'s mut dyn Scripts) -> Self {
        Self {
            scripts: Some(scripts),
            missed: Vec::new(),
        }
    }

    /// What is chosen where this setting wants a script to be looked for; `None` when there is none.
    pub(crate) fn detect(&mut self, setting: Setting, url: &Url) -> Option<Choice> {
        let Some(scripts) = &mut self.scripts else {
            if !setting.is_on_unasked() {
                return Some(unusable(setting, Unusable::AutoDetect(setting)));
            }
            // Nobody may have chosen it: what is only perhaps there must not shut every way.
            self.missed.push(Missed {
                setting,
                script: None,
                why: "this program does not look for one".to_owned(),
            });
            return None;
        };
        match scripts.detect() {
            Ok(script) => self.find(setting, &script, url),
            Err(why) => {
                self.missed.push(Missed {
                    setting,
                    script: None,
                    why,
                });
                None
            }
        }
    }

    /// What is chosen where this setting names a script; `None` when it cannot be got.
    pub(crate) fn find(&mut self, setting: Setting, script: &Arc<Script>, url: &Url) -> Option<Choice> {
        let script = Arc::clone(script);
        let Some(scripts) = &mut self.scripts else {
            return Some(unusable(setting, Unusable::Script(setting, script)));
        };
        match scripts.find(&script, url) {
            Ok(result) => {
                let routes = result.into_routes().into_iter().map(|route| Routed {
                    route: match route {
                        // Whose answer it was is said behind the next colon.
                        Route::Unusable(Unusable::NoValidAnswer) => {
                            let why = "it names no usable proxy".into();
                            Route::Unusable(Unusable::NoAnswer(setting, Arc::clone(&script), why))
                        }
                        route => route,
                    },
                    reason: Reason::Script(setting, Arc::clone(&script)),
                });
                Choice::of(routes.collect())
            }
            Err(ScriptError::NoAnswer(why)) => {
                let reason = Reason::Script(setting, Arc::clone(&script));
                let error = Unusable::NoAnswer(setting, script, why.into());
                Some(Choice::one(Route::Unusable(error), reason))
            }
            Err(ScriptError::NotGot(why)) => {
                self.missed.push(Missed {
                    setting,
                    script: Some(script),
                    why,
                });
                None
            }
        }
    }

    /// The choice, which says whose word it takes the place of.
    pub(crate) fn tell(self, choice: Choice) -> Choice {
        if self.missed.is_empty() {
            return choice;
        }
        let missed: Arc<[Missed]> = self.missed.into();
        choice.because(|reason| Reason::Instead(Box::new(reason), Arc::clone(&missed)))
    }
}

fn unusable(setting: Setting, error: Unusable) -> Choice {
    Choice::one(Route::Unusable(error), Reason::Set(setting))
}

#[cfg(test)]
mod tests;
