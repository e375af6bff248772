//! Windows: Internet Options of the user or, by group policy, of the machine; WinHTTP's own proxy behind them.
//!
//! - `ProxySettingsPerUser` = 0 among the policies makes the machine's key count in place of the user's
//!   ([policy `UserProxy`](https://learn.microsoft.com/en-us/windows/client-management/mdm/policy-csp-internetexplorer)).
//! - `ProxyEnable`, `ProxyServer`, `ProxyOverride`, `AutoConfigURL` and `AutoDetect` are what administrators write. For each
//!   that is not there the value `DefaultConnectionSettings` counts, which is what WinINet reads: `ProxyEnable` is there from
//!   the first day on, and says nothing of a script that somebody wrote into the other value alone.
//! - What `netsh winhttp set proxy` wrote counts where the others say nothing (docs/symsrv.md §4.3: services use it
//!   alone, and a command cannot tell that it runs in one). To detect is what Windows says unasked, so that it also counts
//!   where nothing else is set and nothing is found.

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
                settings.auto_detect = on(blob.detects());
                settings.script = blob.script().unwrap_or_default();
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
    let enabled = number(machine, key, "ProxyEnable").map(|number| number != 0);
    let detects = number(machine, key, "AutoDetect").map(|number| number != 0);
    let [proxies, exceptions, script] =
        ["ProxyServer", "ProxyOverride", "AutoConfigURL"].map(|name| text(machine, key, name));
    let blob = match machine.registered(&format!(r"{key}\Connections"), "DefaultConnectionSettings") {
        Some(Registered::Bytes(bytes)) => match Blob::decode(&bytes) {
            Some(blob) => blob,
            // What is written plainly counts all the same.
            None if enabled.is_some() && (proxies.is_some() || script.is_some()) => Blob::default(),
            None => return Err("`DefaultConnectionSettings` is cut short".to_owned()),
        },
        _ => Blob::default(),
    };
    let mut settings = SystemSettings::new(place);
    settings.auto_detect = on(detects.unwrap_or_else(|| blob.detects()));
    settings.script = script.or_else(|| blob.script()).unwrap_or_default();
    settings.manual = on(enabled.unwrap_or_else(|| blob.has_proxies()));
    settings.exceptions = exceptions.unwrap_or(blob.exceptions);
    settings.proxies = proxies.unwrap_or(blob.proxies);
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
