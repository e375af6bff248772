//! The file of `--proxy-settings`: an export of the registry, or an ini file of the same names (docs/symsrv.md §4.3).
//!
//! Exports are described at
//! [Microsoft](https://support.microsoft.com/en-us/topic/how-to-add-modify-or-delete-registry-subkeys-and-values-by-using-a-reg-file-9c7f37cf-a5e9-e1cd-c4fa-2a26218a1a23).

use super::{
    Switch, SystemSettings,
    text::{self, FileError, LineNote, LineRemark},
};
use crate::setting::{Item, Place};

impl SystemSettings {
    /// Reads a file that stands in for the system's settings, of at most 1 MiB, in UTF-8 or in UTF-16LE with a byte order
    /// mark. Five names count, in any case: `ProxyEnable`, `ProxyServer`, `ProxyOverride`, `AutoConfigURL`, `AutoDetect`.
    ///
    /// - An export of the registry begins with `Windows Registry Editor Version 5.00` or `REGEDIT4`. The values of the key
    ///   `Software\Microsoft\Windows\CurrentVersion\Internet Settings` count, under whichever root; other keys and
    ///   names are passed over, as every export has them. Without `ProxyEnable` the proxies are off, as in Windows.
    /// - Everything else is an ini file: `name = value`, perhaps in quotes, perhaps under `[Internet Settings]`; comments
    ///   begin with `;` or `#`. Somebody has written it, so unknown names and sections have a remark, and `ProxyServer`
    ///   counts unless `ProxyEnable` is 0.
    ///
    /// A line that cannot be followed has a [`LineRemark`]; of two values the last counts. Proxies or a script of another
    /// kind than text (`hex(2):…`) are not read, and are an error for the URLs that they would serve.
    ///
    /// # Errors
    ///
    /// [`FileError`] when it is too large, no text, or without any of these settings: a wrong file must not look like one
    /// that asks for no proxy.
    ///
    /// ```
    /// use symgate_proxy::{ProxyConfig, SystemSettings};
    /// use url::Url;
    ///
    /// let file = b"ProxyServer = proxy.corp.com:3128\nProxyOverride = <local>;*.corp.com\n";
    /// let (settings, remarks) = SystemSettings::from_file(file)?;
    /// assert!(remarks.is_empty());
    /// let config = ProxyConfig::direct().with_system(settings);
    /// assert_eq!(
    ///     config.choose(&Url::parse("https://h.test/").unwrap()).to_string(),
    ///     "http://proxy.corp.com:3128 (--proxy-settings ProxyServer `proxy.corp.com:3128`)"
    /// );
    /// # Ok::<(), symgate_proxy::FileError>(())
    /// ```
    pub fn from_file(bytes: &[u8]) -> Result<(Self, Vec<LineRemark>), FileError> {
        let text = text::decode(bytes)?;
        let is_export = text
            .lines()
            .map(str::trim_ascii)
            .find(|line| !line.is_empty())
            .is_some_and(|line| HEADS.iter().any(|head| line.eq_ignore_ascii_case(head)));
        let mut found = Found::default();
        let unset = if is_export {
            found.read_export(&text)?;
            Switch::Off
        } else {
            found.read_ini(&text)?;
            Switch::On
        };
        let mut settings = Self::new(Place::File);
        settings.auto_detect = found.auto_detect.unwrap_or(Switch::Off);
        settings.manual = found.manual.unwrap_or(unset);
        settings.script = found.script.unwrap_or_default();
        settings.proxies = found.proxies.unwrap_or_default();
        settings.exceptions = found.exceptions.unwrap_or_default();
        Ok((settings, found.remarks))
    }
}

/// How exports begin.
const HEADS: [&str; 2] = ["Windows Registry Editor Version 5.00", "REGEDIT4"];

/// The key of Internet Options, without its root, in lower case.
const KEY: &str = "\\software\\microsoft\\windows\\currentversion\\internet settings";

const NAMES: &str = "`ProxyEnable`, `ProxyServer`, `ProxyOverride`, `AutoConfigURL` and `AutoDetect`";

/// What was read so far.
#[derive(Default)]
struct Found {
    auto_detect: Option<Switch>,
    script: Option<String>,
    manual: Option<Switch>,
    proxies: Option<String>,
    exceptions: Option<String>,
    remarks: Vec<LineRemark>,
}

/// Whether the lines of a section count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Ours,
    Other,
}

impl Found {
    fn read_export(&mut self, text: &str) -> Result<(), FileError> {
        let mut seen = false;
        let mut section = Section::Other;
        let mut lines = text::lines(text, &[';']).skip(1);
        while let Some((number, line)) = lines.next() {
            match text::section(line) {
                Some(Ok(key)) => {
                    // `[-key]` takes the key away.
                    let (key, away) = key.strip_prefix('-').map_or((key, false), |key| (key, true));
                    let ours = key.to_ascii_lowercase().ends_with(KEY);
                    if ours && away {
                        self.forget();
                    }
                    seen |= ours;
                    section = if ours && !away { Section::Ours } else { Section::Other };
                    continue;
                }
                Some(Err(note)) => {
                    self.remark(number, note);
                    section = Section::Other;
                    continue;
                }
                None => {}
            }
            let mut last = line;
            // Long values of `hex:` go on after a backslash.
            while !line.ends_with('"') && last.ends_with('\\') {
                last = lines.next().map_or("", |(_, next)| next);
            }
            if section == Section::Ours {
                match Value::of_export(line) {
                    Some((name, value)) => self.set_known(number, &name, value),
                    None => self.remark(number, LineNote::Form),
                }
            }
        }
        if seen { Ok(()) } else { Err(FileError::NoKey) }
    }

    fn read_ini(&mut self, text: &str) -> Result<(), FileError> {
        let mut seen = false;
        let mut section = Section::Ours;
        for (number, line) in text::lines(text, &[';', '#']) {
            match text::section(line) {
                Some(Ok(name)) if name.trim_ascii().eq_ignore_ascii_case("Internet Settings") => {
                    section = Section::Ours;
                    continue;
                }
                Some(name) => {
                    self.remark(number, name.err().unwrap_or(LineNote::Section("Internet Settings")));
                    section = Section::Other;
                    continue;
                }
                None if section == Section::Other => continue,
                None => {}
            }
            match line.split_once('=') {
                None => self.remark(number, LineNote::Form),
                Some((name, value)) => match Name::of(name.trim_ascii()) {
                    None => self.remark(number, LineNote::Name(NAMES)),
                    Some(name) => {
                        seen = true;
                        self.set(number, name, Value::of_ini(value.trim_ascii()));
                    }
                },
            }
        }
        if seen { Ok(()) } else { Err(FileError::NoName(NAMES)) }
    }

    /// Sets a value of an export, where other names are none of our business.
    fn set_known(&mut self, line: usize, name: &str, value: Value) {
        if let Some(name) = Name::of(name) {
            self.set(line, name, value);
        }
    }

    fn set(&mut self, line: usize, name: Name, value: Value) {
        let Name(item) = name;
        let note = match item {
            Item::AutoDetect => replace(&mut self.auto_detect, value.switch()),
            Item::Enable => replace(&mut self.manual, value.switch()),
            Item::Script => replace_or(&mut self.script, value.text(), UNREADABLE),
            Item::Proxies => replace_or(&mut self.proxies, value.text(), UNREADABLE),
            Item::Exceptions => replace(&mut self.exceptions, value.text()),
        };
        if let Some(note) = note {
            self.remark(line, note);
        }
    }

    fn forget(&mut self) {
        let remarks = std::mem::take(&mut self.remarks);
        *self = Self {
            remarks,
            ..Self::default()
        };
    }

    fn remark(&mut self, line: usize, note: LineNote) {
        self.remarks.push(LineRemark { line, note });
    }
}

/// Puts a value into its place; what is to be said about that.
fn replace<T>(place: &mut Option<T>, value: Result<Option<T>, LineNote>) -> Option<LineNote> {
    match value {
        Ok(value) => std::mem::replace(place, value).map(|_| LineNote::Again),
        Err(note) => Some(note),
    }
}

/// The same, and what cannot be read becomes a value that cannot be followed: it must not look like one that is not set.
fn replace_or(place: &mut Option<String>, value: Result<Option<String>, LineNote>, or: &str) -> Option<LineNote> {
    if value.is_err() {
        *place = Some(or.to_owned());
    }
    replace(place, value)
}

/// Neither a proxy nor the address of a script.
const UNREADABLE: &str = ";";

/// A name that counts.
#[derive(Clone, Copy)]
struct Name(Item);

impl Name {
    fn of(text: &str) -> Option<Self> {
        const NAMES: [(&str, Item); 5] = [
            ("ProxyEnable", Item::Enable),
            ("ProxyServer", Item::Proxies),
            ("ProxyOverride", Item::Exceptions),
            ("AutoConfigURL", Item::Script),
            ("AutoDetect", Item::AutoDetect),
        ];
        let found = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        found.map(|(_, item)| Self(*item))
    }
}

/// A value as the file writes it.
enum Value {
    Text(String),
    Number(u32),
    /// `name=-`: no value.
    Away,
    /// A kind that none of the names has, or a broken value.
    Other,
}

impl Value {
    /// Reads `"name"=value`.
    fn of_export(line: &str) -> Option<(String, Self)> {
        let (name, rest) = match line.strip_prefix('@') {
            Some(rest) => (String::new(), rest),
            None => quoted(line)?,
        };
        let value = rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
        let value = match quoted(value) {
            Some((text, "")) => Self::Text(text),
            _ if value == "-" => Self::Away,
            _ => value
                .get(..6)
                .filter(|kind| kind.eq_ignore_ascii_case("dword:"))
                .and_then(|kind| number(value.get(kind.len()..)?, 16))
                .map_or(Self::Other, Self::Number),
        };
        Some((name, value))
    }

    fn of_ini(value: &str) -> Self {
        let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        Self::Text(inner.unwrap_or(value).to_owned())
    }

    fn text(self) -> Result<Option<String>, LineNote> {
        match self {
            Self::Text(text) => Ok(Some(text)),
            Self::Away => Ok(None),
            Self::Number(_) | Self::Other => Err(LineNote::Value("a text (REG_SZ)")),
        }
    }

    fn switch(self) -> Result<Option<Switch>, LineNote> {
        let value = match self {
            Self::Number(value) => Some(value),
            Self::Text(text) => number(&text, 10),
            Self::Away => return Ok(None),
            Self::Other => None,
        };
        match value {
            Some(0) => Ok(Some(Switch::Off)),
            Some(_) => Ok(Some(Switch::On)),
            None => Err(LineNote::Value("a number (REG_DWORD)")),
        }
    }
}

/// Digits of a base and nothing else.
fn number(text: &str, base: u32) -> Option<u32> {
    // `u32::from_str_radix` alone would take `+1`.
    if text.chars().all(|c| c.is_digit(base)) {
        u32::from_str_radix(text, base).ok()
    } else {
        None
    }
}

/// Reads `"text"` with its escapes `\\` and `\"`, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut inner = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((inner, chars.as_str())),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => inner.push(c),
                _ => return None,
            },
            c => inner.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
