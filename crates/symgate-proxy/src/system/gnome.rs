//! GNOME's schema `org.gnome.system.proxy`, as the program `gsettings` prints it (docs/symsrv.md §4.3).
//!
//! Values are in the
//! [text format of GVariant](https://docs.gtk.org/glib/gvariant-text-format.html); what they mean is said by glib's own
//! resolver for GNOME.

use std::{iter, net::Ipv6Addr};

use super::{
    Switch, SystemSettings,
    text::{self, FileError, LineNote, LineRemark},
};
use crate::setting::Place;

impl SystemSettings {
    /// Reads what `gsettings list-recursively org.gnome.system.proxy` prints: lines of schema, name and value.
    ///
    /// - `mode` is `none`, `manual` or `auto`; `auto` means the script of `autoconfig-url`, or detection without one.
    /// - `host` and `port` of `http`, `https`, `ftp` and `socks` serve their protocols. Without one of its own, https has
    ///   that of http. The others have that of `socks`, else that of http if `use-same-proxy` is true.
    /// - `authentication-user` and `authentication-password` answer the proxy of http, if `use-authentication` is true.
    /// - `ignore-hosts` lists exceptions ([`BypassRules::Gnome`](crate::BypassRules::Gnome)), from scripts too.
    ///
    /// Other schemas and names are passed over; of two values the last counts.
    ///
    /// # Errors
    ///
    /// [`FileError`] when the text is too large, no text, or without `mode`.
    ///
    /// ```
    /// use symgate_proxy::{ProxyConfig, SystemSettings};
    /// use url::Url;
    ///
    /// let printed = b"org.gnome.system.proxy mode 'manual'\n\
    ///     org.gnome.system.proxy.http host 'proxy.corp.com'\n\
    ///     org.gnome.system.proxy.http port 3128\n";
    /// let (settings, _) = SystemSettings::from_gsettings(printed)?;
    /// let choice = ProxyConfig::direct().with_system(settings).choose(&Url::parse("http://h.test/").unwrap());
    /// assert_eq!(choice.to_string(), "http://proxy.corp.com:3128 (org.gnome.system.proxy `http=proxy.corp.com:3128`)");
    /// # Ok::<(), symgate_proxy::FileError>(())
    /// ```
    pub fn from_gsettings(bytes: &[u8]) -> Result<(Self, Vec<LineRemark>), FileError> {
        let text = text::decode(bytes)?;
        let mut found = Found::default();
        for (line, written) in text::lines(&text, &[]) {
            if let Some(note) = found.read(written) {
                found.remarks.push(LineRemark { line, note });
            }
        }
        let settings = found
            .settings()
            .ok_or(FileError::NoName("`org.gnome.system.proxy mode`"))?;
        Ok((settings, found.remarks))
    }
}

const SCHEMA: &str = "org.gnome.system.proxy";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    None,
    Manual,
    Auto,
}

/// What was read so far.
#[derive(Default)]
struct Found {
    mode: Option<Mode>,
    script: String,
    exceptions: Vec<String>,
    same: bool,
    http: Server,
    https: Server,
    ftp: Server,
    socks: Server,
    authenticate: bool,
    user: String,
    password: String,
    remarks: Vec<LineRemark>,
}

#[derive(Default)]
struct Server {
    host: String,
    port: u16,
}

impl Found {
    fn read(&mut self, line: &str) -> Option<LineNote> {
        let mut words = line.splitn(3, ' ');
        let (Some(schema), Some(name), Some(value)) = (words.next(), words.next(), words.next()) else {
            return Some(LineNote::Form);
        };
        let protocol = match schema.strip_prefix(SCHEMA)? {
            "" => "",
            rest => rest.strip_prefix('.')?,
        };
        let value = value.trim_ascii();
        match (protocol, name) {
            ("", "mode") => match string(value).as_deref() {
                Some("none") => put(&mut self.mode, Some(Some(Mode::None)), MODE),
                Some("manual") => put(&mut self.mode, Some(Some(Mode::Manual)), MODE),
                Some("auto") => put(&mut self.mode, Some(Some(Mode::Auto)), MODE),
                _ => Some(LineNote::Value(MODE)),
            },
            ("", "autoconfig-url") => put(&mut self.script, string(value), TEXT),
            ("", "ignore-hosts") => put(&mut self.exceptions, strings(value), "a list of texts"),
            ("", "use-same-proxy") => put(&mut self.same, boolean(value), BOOLEAN),
            ("http", "use-authentication") => put(&mut self.authenticate, boolean(value), BOOLEAN),
            ("http", "authentication-user") => put(&mut self.user, string(value), TEXT),
            ("http", "authentication-password") => put(&mut self.password, string(value), TEXT),
            (_, "host") => put(&mut self.server(protocol)?.host, string(value), TEXT),
            (_, "port") => put(&mut self.server(protocol)?.port, value.parse().ok(), "a port"),
            _ => None,
        }
    }

    fn server(&mut self, protocol: &str) -> Option<&mut Server> {
        match protocol {
            "http" => Some(&mut self.http),
            "https" => Some(&mut self.https),
            "ftp" => Some(&mut self.ftp),
            "socks" => Some(&mut self.socks),
            _ => None,
        }
    }

    /// `None` without a mode.
    fn settings(&mut self) -> Option<SystemSettings> {
        let mode = self.mode?;
        let mut settings = SystemSettings::new(Place::Gnome);
        let exceptions: Vec<_> = self.exceptions.iter().map(|host| text::unseparated(host)).collect();
        settings.exceptions = exceptions.join(",");
        settings.proxies = self.proxies();
        match mode {
            Mode::None => {}
            Mode::Manual => settings.manual = Switch::On,
            Mode::Auto if self.script.trim_ascii().is_empty() => settings.auto_detect = Switch::On,
            Mode::Auto => settings.script.clone_from(&self.script),
        }
        Some(settings)
    }

    /// The proxies as a list.
    fn proxies(&self) -> String {
        let userinfo = if self.authenticate {
            format!("{}:{}@", percent_encode(&self.user), percent_encode(&self.password))
        } else {
            String::new()
        };
        let http = self.http.written(&userinfo);
        let https = self.https.written("").or_else(|| http.clone());
        let socks = self.socks.written("");
        let rest = http.clone().filter(|_| self.same && socks.is_none());
        let entries = [
            http.map(|proxy| format!("http=http://{proxy}")),
            https.map(|proxy| format!("https=http://{proxy}")),
            self.ftp.written("").map(|proxy| format!("ftp=http://{proxy}")),
            socks.map(|proxy| format!("socks=socks://{proxy}")),
            rest.map(|proxy| format!("http://{proxy}")),
        ];
        entries.into_iter().flatten().collect::<Vec<_>>().join(";")
    }
}

impl Server {
    /// `userinfo host:port`, when there is a host.
    fn written(&self, userinfo: &str) -> Option<String> {
        let host = self.host.trim_ascii();
        if host.is_empty() {
            return None;
        }
        let host = match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => text::unseparated(host),
        };
        let port = if self.port == 0 {
            String::new()
        } else {
            format!(":{}", self.port)
        };
        Some(format!("{userinfo}{host}{port}"))
    }
}

const MODE: &str = "`'none'`, `'manual'` or `'auto'`";
const TEXT: &str = "a text in quotes";
const BOOLEAN: &str = "`true` or `false`";

/// Puts a value into its place, or says what was expected.
fn put<T>(place: &mut T, value: Option<T>, expected: &'static str) -> Option<LineNote> {
    match value {
        Some(value) => {
            *place = value;
            None
        }
        None => Some(LineNote::Value(expected)),
    }
}

fn boolean(value: &str) -> Option<bool> {
    value.parse().ok()
}

/// One text and nothing behind it.
fn string(value: &str) -> Option<String> {
    quoted(value).filter(|(_, rest)| rest.is_empty()).map(|(text, _)| text)
}

/// `['a', 'b']`, `[]` or `@as []`.
fn strings(value: &str) -> Option<Vec<String>> {
    let value = value.strip_prefix("@as").map_or(value, str::trim_ascii_start);
    let mut rest = value.strip_prefix('[')?.strip_suffix(']')?.trim_ascii();
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (text, after) = quoted(rest)?;
        texts.push(text);
        rest = match after.trim_ascii_start() {
            "" => "",
            after => after.strip_prefix(',')?.trim_ascii_start(),
        };
    }
    Some(texts)
}

/// Reads a text in quotes of either kind, and what follows it.
fn quoted(value: &str) -> Option<(String, &str)> {
    let mut chars = value.chars();
    let quote = chars.next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            c if c == quote => return Some((text, chars.as_str())),
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => code(&mut chars, 4)?,
                'U' => code(&mut chars, 8)?,
                c => c,
            }),
            c => text.push(c),
        }
    }
}

/// A character by its number in hexadecimal digits.
fn code(chars: &mut impl Iterator<Item = char>, digits: usize) -> Option<char> {
    let number = iter::from_fn(|| chars.next())
        .take(digits)
        .try_fold(0_u32, |number, c| Some(number << 4 | c.to_digit(16)?))?;
    char::from_u32(number)
}

fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
