//! KDE's file `kioslaverc`, the group `Proxy Settings` (docs/symsrv.md §4.3).
//!
//! The names and their values are those that KDE's settings page writes; what they mean was read in KIO.

use super::{
    Sense, Switch, SystemSettings,
    text::{self, FileError, LineNote, LineRemark},
};
use crate::setting::Place;

impl SystemSettings {
    /// Reads the text of KDE's file `kioslaverc`; `variable` gives the values of the environment, which the file may
    /// refer to.
    ///
    /// | `ProxyType` | what counts |
    /// |---|---|
    /// | 0 | nothing: no proxy |
    /// | 1 | `httpProxy`, `httpsProxy`, `ftpProxy`, `socksProxy`, each for its protocol |
    /// | 2 | the script of `Proxy Config Script` |
    /// | 3 | detection |
    /// | 4 | the same names as with 1, whose values are names of variables |
    ///
    /// A proxy is written `http://host 3128`, in older files `http://host:3128`. `NoProxyFor` lists exceptions
    /// ([`BypassRules::Kde`](crate::BypassRules::Kde)); with `ReversedException` and type 1 only what it lists goes
    /// through the proxies. Other groups and names are passed over; of two values the last counts. A file without the group is one
    /// without a proxy.
    ///
    /// # Errors
    ///
    /// [`FileError`] when the file is too large, or no text.
    ///
    /// ```
    /// use symgate_proxy::{ProxyConfig, SystemSettings};
    /// use url::Url;
    ///
    /// let file = b"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.corp.com 3128\n";
    /// let (settings, _) = SystemSettings::from_kioslaverc(file, |name| std::env::var(name).ok())?;
    /// let choice = ProxyConfig::direct().with_system(settings).choose(&Url::parse("https://h.test/").unwrap());
    /// assert_eq!(choice.to_string(), "http://proxy.corp.com:3128 (kioslaverc `https=proxy.corp.com:3128`)");
    /// # Ok::<(), symgate_proxy::FileError>(())
    /// ```
    pub fn from_kioslaverc(
        bytes: &[u8],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<LineRemark>), FileError> {
        let text = text::decode(bytes)?;
        let mut found = Found::default();
        found.read(&text);
        Ok((found.settings(variable), found.remarks))
    }

    /// Reads several such files, the one that counts most last. What an earlier one has made
    /// [unchangeable](https://develop.kde.org/docs/administration/kiosk/introduction/) stays as it is there.
    pub(super) fn from_kioslavercs(
        files: &[Vec<u8>],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FileError> {
        let mut found = Found::default();
        for bytes in files {
            found.read(&text::decode(bytes)?);
        }
        Ok(found.settings(variable))
    }
}

/// `ProxyType`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    None,
    Manual,
    Script,
    Detection,
    Variables,
}

/// What was read so far.
#[derive(Default)]
struct Found {
    kind: Option<Type>,
    /// In the order of [`PROXIES`].
    proxies: [Option<String>; 4],
    script: Option<String>,
    exceptions: Option<String>,
    sense: Option<Sense>,
    /// Names that later files do not change.
    fixed: Vec<String>,
    /// Whether they change none.
    rest: Rest,
    remarks: Vec<LineRemark>,
}

/// What of the group later files may change.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Rest {
    #[default]
    Changeable,
    Fixed,
}

/// The names of the proxies, and the protocols that they serve in a proxy list.
const PROXIES: [(&str, &str); 4] = [
    ("httpProxy", "http"),
    ("httpsProxy", "https"),
    ("ftpProxy", "ftp"),
    ("socksProxy", "socks"),
];

impl Found {
    fn read(&mut self, text: &str) {
        if self.rest == Rest::Fixed {
            return;
        }
        let mut ours = false;
        let mut fixed = Vec::new();
        for (number, line) in text::lines(text, &['#']) {
            if line.starts_with('[') {
                // `[Proxy Settings][$i]` is the group, made unchangeable, `[$i]` the whole file.
                let (group, option) = line.split_once(']').unwrap_or((line, "?"));
                ours = group == "[Proxy Settings" && (option.is_empty() || option.starts_with("[$"));
                if group == "[$i" || ours && is_fixed(option.trim_start_matches('[')) {
                    self.rest = Rest::Fixed;
                }
                if option == "?" {
                    self.remark(number, LineNote::Form);
                }
            } else if ours {
                let note = match line.split_once('=') {
                    Some((name, value)) => self.set(name.trim_ascii_end(), value.trim_ascii_start(), &mut fixed),
                    None => Some(LineNote::Form),
                };
                if let Some(note) = note {
                    self.remark(number, note);
                }
            }
        }
        self.fixed.append(&mut fixed);
    }

    fn set(&mut self, name: &str, value: &str, fixed: &mut Vec<String>) -> Option<LineNote> {
        let (name, option) = name.split_once('[').unwrap_or((name, ""));
        if self.fixed.iter().any(|other| other == name) {
            return None;
        }
        if is_fixed(option) {
            fixed.push(name.to_owned());
        }
        let value = unescape(value);
        let again = match name {
            "ProxyType" => match kind(&value) {
                Some(kind) => self.kind.replace(kind).is_some(),
                None => return Some(LineNote::Value("a number from 0 to 4")),
            },
            "ReversedException" => match sense(&value) {
                Some(sense) => self.sense.replace(sense).is_some(),
                None => return Some(LineNote::Value("`true` or `false`")),
            },
            "Proxy Config Script" => self.script.replace(value.clone()).is_some(),
            "NoProxyFor" => self.exceptions.replace(value.clone()).is_some(),
            _ => {
                let place = PROXIES.iter().position(|(known, _)| *known == name)?;
                self.proxies.get_mut(place)?.replace(value.clone()).is_some()
            }
        };
        // `name[$e]=$VARIABLE/rest` is not expanded here, and as it stands it is no host.
        if option.contains('e') && value.contains('$') {
            return Some(LineNote::Value("a value without variables"));
        }
        again.then_some(LineNote::Again)
    }

    fn settings(&self, variable: impl Fn(&str) -> Option<String>) -> SystemSettings {
        let kind = self.kind.unwrap_or(Type::None);
        let mut settings = SystemSettings::new(Place::Kde);
        let value = |value: &Option<String>| match (value, kind) {
            (None, _) => String::new(),
            (Some(names), Type::Variables) => {
                let values = names.split(',').map(str::trim_ascii).filter_map(&variable);
                values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
            }
            (Some(value), _) => value.clone(),
        };
        settings.exceptions = value(&self.exceptions);
        let proxies = PROXIES.iter().zip(&self.proxies);
        let entries: Vec<_> = proxies
            .filter_map(|((_, protocol), written)| entry(protocol, &value(written)))
            .collect();
        settings.proxies = entries.join(";");
        // KIO turns the list round for proxies that are written here, and no others.
        settings.sense = match kind {
            Type::Manual => self.sense.unwrap_or(Sense::Direct),
            Type::None | Type::Script | Type::Detection | Type::Variables => Sense::Direct,
        };
        match kind {
            Type::None => {}
            Type::Manual | Type::Variables => settings.manual = Switch::On,
            Type::Detection => settings.auto_detect = Switch::On,
            Type::Script => {
                settings.script = self.script.clone().unwrap_or_default();
                if settings.script.trim_ascii().is_empty() {
                    settings.script = text::NO_SCRIPT.to_owned();
                }
            }
        }
        settings
    }

    fn remark(&mut self, line: usize, note: LineNote) {
        self.remarks.push(LineRemark { line, note });
    }
}

/// Whether the option behind a name, such as `$ei]`, makes it unchangeable.
fn is_fixed(option: &str) -> bool {
    option
        .strip_prefix('$')
        .is_some_and(|letters| letters.split(']').next().is_some_and(|letters| letters.contains('i')))
}

fn kind(value: &str) -> Option<Type> {
    match value {
        "0" => Some(Type::None),
        "1" => Some(Type::Manual),
        "2" => Some(Type::Script),
        "3" => Some(Type::Detection),
        "4" => Some(Type::Variables),
        _ => None,
    }
}

fn sense(value: &str) -> Option<Sense> {
    match value {
        "true" | "1" => Some(Sense::Proxied),
        "false" | "0" => Some(Sense::Direct),
        _ => None,
    }
}

/// A proxy of KDE as an entry of a proxy list; `None` when there is none.
fn entry(protocol: &str, value: &str) -> Option<String> {
    let value = value.trim_ascii();
    // Old versions wrote `//:` for none.
    if value.is_empty() || value == "//:" {
        return None;
    }
    let (rest, port) = match value.rsplit_once(|c: char| c.is_ascii_whitespace()) {
        Some((rest, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (rest.trim_ascii_end(), port),
        _ => (value, ""),
    };
    let kind = match (rest.contains("://"), protocol) {
        (true, _) => "",
        (false, "socks") => "socks://",
        (false, _) => "http://",
    };
    let colon = if matches!(port, "" | "0") { "" } else { ":" };
    let port = if colon.is_empty() { "" } else { port };
    Some(format!("{protocol}={kind}{}{colon}{port}", text::unseparated(rest)))
}

/// Resolves the escapes of a value.
fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('s') => plain.push(' '),
                Some('t') => plain.push('\t'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('\\') | None => plain.push('\\'),
                Some(other) => plain.extend(['\\', other]),
            },
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
