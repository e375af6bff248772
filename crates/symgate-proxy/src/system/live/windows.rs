//! Windows: Internet Options of the user or, by group policy, of the machine; WinHTTP's own proxy behind them.
//!
//! - `ProxySettingsPerUser` = 0 among the policies makes the machine's key count in place of the user's
//!   ([policy `UserProxy`](https://learn.microsoft.com/en-us/windows/client-management/mdm/policy-csp-internetexplorer)).
//! - `ProxyEnable`, `ProxyServer`, `ProxyOverride` and `AutoConfigURL` are what administrators write. Where none of them is
//!   there, the value `DefaultConnectionSettings` counts, which is what WinINet reads; whether to detect stands there
//!   alone, unless `AutoDetect` says it.
//! - What `netsh winhttp set proxy` wrote counts where the others say nothing (docs/symsrv.md §4.3: services use it
//!   alone, and a command cannot tell that it runs in one).

use super::blob::Blob;
use super::{Live, Machine, Registered};
use crate::setting::Place;
use crate::system::{Switch, SystemSettings};

pub(super) fn read(machine: &dyn Machine, live: &mut Live) {
    let policy = format!(r"HKLM\Software\Policies\{OPTIONS}");
    let per_machine = number(machine, &policy, "ProxySettingsPerUser") == Some(0);
    let (hive, place, source) = if per_machine {
        ("HKLM", Place::Machine, "Internet Options by group policy (HKLM)")
    } else {
        ("HKCU", Place::CurrentUser, "Internet Options (HKCU)")
    };
    match options(machine, &format!(r"{hive}\Software\{OPTIONS}"), place) {
        Ok(settings) => live.take(source, settings),
        Err(why) => live.fail(source, why),
    }
    let key = format!(r"HKLM\Software\{OPTIONS}\Connections");
    match machine.registered(&key, "WinHttpSettings") {
        None => live.take(WINHTTP, SystemSettings::new(Place::WinHttp)),
        Some(Registered::Bytes(bytes)) => match Blob::decode(&bytes) {
            Some(blob) => {
                let mut settings = SystemSettings::new(Place::WinHttp);
                settings.manual = on(blob.has_proxies());
                settings.proxies = blob.proxies;
                settings.exceptions = blob.exceptions;
                live.take(WINHTTP, settings);
            }
            None => live.fail(WINHTTP, "`WinHttpSettings` is cut short".to_owned()),
        },
        Some(_) => live.fail(WINHTTP, "`WinHttpSettings` is not binary".to_owned()),
    }
}

/// Internet Options below one key.
fn options(machine: &dyn Machine, key: &str, place: Place) -> Result<SystemSettings, String> {
    let mut settings = SystemSettings::new(place);
    let connections = format!(r"{key}\Connections");
    let blob = match machine.registered(&connections, "DefaultConnectionSettings") {
        Some(Registered::Bytes(bytes)) => Some(Blob::decode(&bytes).ok_or("`DefaultConnectionSettings` is cut short")?),
        _ => None,
    };
    let enabled = number(machine, key, "ProxyEnable");
    let [proxies, exceptions, script] =
        ["ProxyServer", "ProxyOverride", "AutoConfigURL"].map(|name| text(machine, key, name));
    let detects = number(machine, key, "AutoDetect").map(|number| number != 0);
    let detects = detects.or_else(|| blob.as_ref().map(Blob::detects));
    settings.auto_detect = on(detects.unwrap_or_default());
    match blob {
        Some(blob) if enabled.is_none() && proxies.is_none() && script.is_none() => {
            settings.manual = on(blob.has_proxies());
            if blob.has_script() {
                settings.script = blob.script;
            }
            settings.proxies = blob.proxies;
            settings.exceptions = blob.exceptions;
        }
        _ => {
            settings.manual = on(enabled.is_some_and(|number| number != 0));
            settings.proxies = proxies.unwrap_or_default();
            settings.exceptions = exceptions.unwrap_or_default();
            settings.script = script.unwrap_or_default();
        }
    }
    Ok(settings)
}

fn number(machine: &dyn Machine, key: &str, name: &str) -> Option<u32> {
    match machine.registered(key, name)? {
        Registered::Number(number) => Some(number),
        // Some tools write a number as text.
        Registered::Text(text) => text.trim().parse().ok(),
        Registered::Bytes(_) => None,
    }
}

fn text(machine: &dyn Machine, key: &str, name: &str) -> Option<String> {
    match machine.registered(key, name)? {
        Registered::Text(text) => Some(text),
        Registered::Number(_) | Registered::Bytes(_) => None,
    }
}

const fn on(is_on: bool) -> Switch {
    if is_on { Switch::On } else { Switch::Off }
}

const OPTIONS: &str = r"Microsoft\Windows\CurrentVersion\Internet Settings";
const WINHTTP: &str = "WinHTTP (HKLM)";
