//! The settings of the machine that we run on, read when they are first needed.
//!
//! Each system keeps them in a form of its own: values of a registry, what a program prints, a file. [`Machine`] is all
//! that the sources know of a system, so that each of them is tested on every platform from what was recorded on its own.

mod blob;
mod dhcp;
mod here;
mod macos;
mod unix;
mod windows;

use std::fmt;
use std::path::Path;

use super::{Switch, SystemSettings};
use crate::bypass::{BypassList, BypassRules};
use crate::list::ProxyList;
use crate::setting::{Item, Setting};
use crate::warning::{Note, Remark};

pub(crate) use here::Here;

/// What the sources may ask of a system.
pub(crate) trait Machine {
    /// Which kind of system it is.
    fn family(&self) -> Family;

    /// A value of the registry; `key` begins with `HKCU` or `HKLM`.
    fn registered(&self, key: &str, name: &str) -> Option<Registered>;

    /// The names of the keys below a key of the registry.
    fn keys_below(&self, key: &str) -> Vec<String>;

    /// What a program prints, if it is there and ends well within two seconds.
    fn printed(&self, program: &str, arguments: &[&str]) -> Result<Vec<u8>, String>;

    /// A file, if it is there.
    fn file(&self, path: &Path) -> Option<Result<Vec<u8>, String>>;

    /// A variable of the environment, where it is Unicode.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Kinds of systems, told apart by where they keep their settings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Family {
    MacOs,
    /// Whatever has the desktops GNOME and KDE.
    Unix,
    Windows,
}

/// A value of the registry.
#[cfg_attr(
    not(any(windows, test)),
    expect(dead_code, reason = "elsewhere there is no registry, and tests bring their own")
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Registered {
    Bytes(Vec<u8>),
    Number(u32),
    Text(String),
}

/// What one source of settings said; prints as `GNOME (gsettings): mode=manual, …`, without what may be secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// The source, such as `Internet Options (HKCU)`.
    pub source: &'static str,
    /// What it said.
    pub said: Said,
}

/// What a source said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// Nothing that has to do with proxies.
    Nothing,
    /// It could not be read: why.
    Unreadable(String),
    /// Names and values, without user, password and query.
    Values(Vec<(String, String)>),
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.source)?;
        match &self.said {
            Said::Nothing => f.write_str("nothing set"),
            Said::Unreadable(why) => write!(f, "cannot be read: {why}"),
            // A setting that is its own source.
            Said::Values(values) if matches!(values.as_slice(), [(name, _)] if self.source.contains(name)) => {
                values.iter().try_for_each(|(_, value)| f.write_str(value))
            }
            Said::Values(values) => {
                for (index, (name, value)) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}={value}")?;
                }
                Ok(())
            }
        }
    }
}

/// What a machine's own sources said, and what counts of it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// In the order in which they are asked. There is a second only behind what a system says unasked.
    pub(crate) settings: Vec<SystemSettings>,
    pub(crate) readings: Vec<Reading>,
}

impl Live {
    /// Asks the sources that this kind of system has, in the order in which they count; the first that says something
    /// does.
    pub(crate) fn read(machine: &dyn Machine) -> Self {
        let mut live = Self::default();
        match machine.family() {
            Family::Windows => windows::read(machine, &mut live),
            Family::MacOs => macos::read(machine, &mut live),
            Family::Unix => unix::read(machine, &mut live),
        }
        live
    }

    /// A source said this. It counts if no other does, or none that somebody has chosen.
    fn take(&mut self, source: &'static str, settings: SystemSettings) {
        let values = values(&settings);
        let said = if values.is_empty() {
            Said::Nothing
        } else {
            Said::Values(values)
        };
        let speaks = settings.is_set();
        self.readings.push(Reading { source, said });
        if speaks && self.settings.last().is_none_or(SystemSettings::is_unasked) {
            self.settings.push(settings);
        }
    }

    fn fail(&mut self, source: &'static str, why: String) {
        let said = Said::Unreadable(why);
        self.readings.push(Reading { source, said });
    }
}

/// The settings by their names, without what may be secret.
pub(crate) fn values(settings: &SystemSettings) -> Vec<(String, String)> {
    let name = |item| {
        let name = Setting::System(settings.place, item).name();
        // The source is named in front already.
        name.rsplit(' ').next().unwrap_or(name).to_owned()
    };
    let mut values = Vec::new();
    if settings.auto_detect == Switch::On {
        values.push((name(Item::AutoDetect), "on".to_owned()));
    }
    if !settings.script.trim_ascii().is_empty() {
        let script = super::Script::parse(&settings.script);
        let shown = script.map_or_else(|_| "(no URL of a script)".to_owned(), |script| script.to_string());
        values.push((name(Item::Script), shown));
    }
    if !settings.proxies.trim_ascii().is_empty() {
        let (list, remarks) = ProxyList::parse(&settings.proxies);
        let off = if settings.manual == Switch::Off { " (off)" } else { "" };
        let shown = understood(list.entries().map(ToString::to_string), ";", &remarks);
        values.push((name(Item::Proxies), shown + off));
    }
    if !settings.exceptions.trim_ascii().is_empty() {
        let separator = match settings.rules {
            BypassRules::WinInet | BypassRules::WinHttp => ";",
            BypassRules::Gnome | BypassRules::Kde => ",",
        };
        let (list, remarks) = BypassList::parse(&settings.exceptions, settings.rules);
        let entries = list.entries().map(|entry| entry.as_str().to_owned());
        values.push((name(Item::Exceptions), understood(entries, separator, &remarks)));
    }
    values
}

/// The entries of a list, and how many are not among them: a password may stand in what was not understood.
pub(crate) fn understood(entries: impl Iterator<Item = String>, separator: &str, remarks: &[Remark]) -> String {
    let mut shown: Vec<String> = entries.collect();
    let refused = remarks
        .iter()
        .filter(|remark| matches!(remark.note, Note::Refused(_)))
        .count();
    if refused > 0 {
        shown.push(format!("({refused} not understood)"));
    }
    shown.join(separator)
}

/// The addresses of proxy scripts that a DHCP server gave this machine (option 252,
/// [WPAD draft, section 4.4.1](https://datatracker.ietf.org/doc/html/draft-ietf-wrec-wpad-01#section-4.4.1)), where the
/// system tells: the registry of Windows, NetworkManager elsewhere. It takes two seconds at most. They are text of the
/// network and may be anything.
#[must_use]
pub fn dhcp_script_urls() -> Vec<String> {
    dhcp::urls(&Here)
}

#[cfg(test)]
mod tests;
