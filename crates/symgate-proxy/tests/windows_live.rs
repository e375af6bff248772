//! The settings of Windows, written into a registry and read back by [`ProxyConfig::with_live_system`].
//!
//! It runs where the registry is nobody's: in a prefix of wine. On a machine that somebody works with it would change his
//! settings, so it does nothing there.
#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use symgate_proxy::ProxyConfig;
use url::Url;
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE, Type, Value};

const OPTIONS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const POLICY: &str = r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";

/// The routes, and what the sources said.
fn read(url: &str) -> (String, String) {
    let config = ProxyConfig::direct().with_live_system();
    let sources: Vec<_> = config.sources().iter().map(ToString::to_string).collect();
    (config.choose(&Url::parse(url).unwrap()).to_string(), sources.join("\n"))
}

fn clear(key: &Key) {
    for name in [
        "ProxyEnable",
        "ProxyServer",
        "ProxyOverride",
        "AutoConfigURL",
        "AutoDetect",
    ] {
        // Most of them are not there.
        let _absent = key.remove_value(name);
    }
}

/// A binary value as Windows writes it.
fn blob(flags: u32, texts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [0x46, 1, flags] {
        bytes.extend(u32::to_le_bytes(number));
    }
    for text in texts {
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

fn set_bytes(key: &Key, name: &str, bytes: &[u8]) {
    let mut value = Value::from(bytes);
    value.set_ty(Type::Bytes);
    key.set_value(name, &value).unwrap();
}

#[test]
fn what_stands_in_the_registry_counts() {
    if std::env::var_os("WINEPREFIX").is_none() {
        return;
    }
    let user = CURRENT_USER.create(OPTIONS).unwrap();
    let connections = CURRENT_USER.create(format!(r"{OPTIONS}\Connections")).unwrap();
    clear(&user);
    let _absent = connections.remove_value("DefaultConnectionSettings");

    user.set_u32("ProxyEnable", 1).unwrap();
    user.set_string("ProxyServer", "http=a:80;https=b:81").unwrap();
    user.set_string("ProxyOverride", "<local>;*.corp.com").unwrap();
    let (choice, sources) = read("https://h.test/");
    assert_eq!(choice, "http://b:81 (HKCU ProxyServer `https=b:81`)", "{sources}");
    assert_eq!(
        read("https://x.corp.com/").0,
        "direct (HKCU ProxyOverride entry `*.corp.com`)"
    );
    assert_eq!(read("http://build/").0, "direct (HKCU ProxyOverride entry `<local>`)");

    user.set_u32("ProxyEnable", 0).unwrap();
    assert_eq!(read("https://h.test/").0, "direct (no proxy configured)");
    user.set_string("AutoConfigURL", "http://127.0.0.1:1/p.pac").unwrap();
    assert_eq!(read("https://h.test/").0, "unusable (HKCU AutoConfigURL)");

    clear(&user);
    set_bytes(
        &connections,
        "DefaultConnectionSettings",
        &blob(3, &["blob:8080", "<local>", ""]),
    );
    assert_eq!(
        read("https://h.test/").0,
        "http://blob:8080 (HKCU ProxyServer `blob:8080`)"
    );
    set_bytes(&connections, "DefaultConnectionSettings", &blob(9, &["", "", ""]));
    assert_eq!(
        read("https://h.test/").0,
        "direct (no proxy configured; no script found by HKCU AutoDetect: this program does not look for one)"
    );
    connections.remove_value("DefaultConnectionSettings").unwrap();

    let machine = LOCAL_MACHINE.create(OPTIONS).unwrap();
    let policy = LOCAL_MACHINE.create(POLICY).unwrap();
    let winhttp = LOCAL_MACHINE.create(format!(r"{OPTIONS}\Connections")).unwrap();
    set_bytes(&winhttp, "WinHttpSettings", &blob(3, &["w:8080", "*.corp.com"]));
    assert_eq!(
        read("https://h.test/").0,
        "http://w:8080 (WinHTTP proxy-server `w:8080`)"
    );
    machine.set_u32("ProxyEnable", 1).unwrap();
    machine.set_string("ProxyServer", "machines:80").unwrap();
    policy.set_u32("ProxySettingsPerUser", 0).unwrap();
    let (choice, sources) = read("https://h.test/");
    assert_eq!(
        choice, "http://machines:80 (HKLM ProxyServer `machines:80`)",
        "{sources}"
    );

    policy.remove_value("ProxySettingsPerUser").unwrap();
    winhttp.remove_value("WinHttpSettings").unwrap();
    clear(&machine);
}
