//! macOS: what `scutil --proxy` prints of SystemConfiguration's dictionary
//! ([names](https://developer.apple.com/documentation/systemconfiguration/network-proxy-settings)).
//!
//! The program is part of every macOS and prints the dictionary that programs get from
//! `SCDynamicStoreCopyProxies`; through it the reading is the same on every platform that tests it, and the list of
//! exceptions needs no `unsafe`.

use super::{Live, Machine};
use crate::setting::Place;
use crate::system::{Switch, SystemSettings, text};

pub(super) fn read(machine: &dyn Machine, live: &mut Live) {
    let printed = machine.printed("/usr/sbin/scutil", &["--proxy"]);
    match printed.and_then(|bytes| text::decode(&bytes).map_err(|error| error.to_string())) {
        Ok(text) => live.take(SOURCE, settings(&text)),
        Err(why) => live.fail(SOURCE, why),
    }
}

/// The settings of the outer dictionary; those of single interfaces stand deeper.
///
/// `ExceptionsList` follows the rules that browsers have for it there, which are WinINet's
/// ([`BypassRules::WinInet`](crate::BypassRules::WinInet)); an address that is cut short, `169.254/16`, is completed.
pub(super) fn settings(printed: &str) -> SystemSettings {
    let mut depth = 0_u32;
    let mut in_exceptions = false;
    let mut exceptions = Vec::new();
    let mut found = Vec::new();
    for line in printed.lines().map(str::trim) {
        if line == "}" {
            depth = depth.saturating_sub(1);
            in_exceptions &= depth >= 2;
            continue;
        }
        let (name, value) = line.split_once(" : ").unwrap_or((line, ""));
        match (depth, name) {
            (1, "ExceptionsList") => in_exceptions = true,
            (1, name) => found.push((name, value)),
            (2, _) if in_exceptions => exceptions.push(completed(value)),
            _ => {}
        }
        if line.ends_with('{') {
            depth += 1;
        }
    }
    let value = |wanted: &str| found.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let is_on = |name: &str| value(name) == Some("1");
    let mut settings = SystemSettings::new(Place::MacOs);
    let mut proxies = Vec::new();
    for (protocol, prefix) in [("http", "HTTP"), ("https", "HTTPS"), ("ftp", "FTP"), ("socks", "SOCKS")] {
        let host = value(&format!("{prefix}Proxy")).filter(|host| !host.is_empty());
        if let Some(host) = host.filter(|_| is_on(&format!("{prefix}Enable"))) {
            let host = if host.contains(':') && !host.starts_with('[') {
                format!("[{host}]")
            } else {
                text::unseparated(host)
            };
            let port = value(&format!("{prefix}Port")).map(|port| format!(":{port}"));
            proxies.push(format!("{protocol}={host}{}", port.unwrap_or_default()));
        }
    }
    if !proxies.is_empty() {
        settings.manual = Switch::On;
    }
    settings.proxies = proxies.join(";");
    if is_on("ProxyAutoDiscoveryEnable") {
        settings.auto_detect = Switch::On;
    }
    if is_on("ProxyAutoConfigEnable") {
        let url = value("ProxyAutoConfigURLString").filter(|url| !url.is_empty());
        // The script itself may stand in `ProxyAutoConfigJavaScript` instead, which is not read here.
        settings.script = url.unwrap_or(text::NO_SCRIPT).to_owned();
    }
    if is_on("ExcludeSimpleHostnames") {
        exceptions.push("<local>".to_owned());
    }
    settings.exceptions = exceptions.join(";");
    settings
}

/// A network with all of its four numbers.
fn completed(entry: &str) -> String {
    match entry.split_once('/') {
        Some((address, bits)) if address.split('.').all(|part| part.parse::<u8>().is_ok()) => {
            let missing = 4_usize.saturating_sub(address.split('.').count());
            format!("{address}{}/{bits}", ".0".repeat(missing))
        }
        _ => entry.to_owned(),
    }
}

const SOURCE: &str = "System Configuration (macOS)";
