//! Settings as systems write them: read whole, then asked for URLs.

use symgate_proxy::{ProxyConfig, SystemSettings};
use url::Url;

fn check(settings: SystemSettings, expected: &[(&str, &str)]) {
    let config = ProxyConfig::direct().with_system(settings);
    for (url, route) in expected {
        assert_eq!(
            config.choose(&Url::parse(url).expect("a URL")).to_string(),
            *route,
            "{url}"
        );
    }
}

/// Reads a file whose remarks are known.
fn file(bytes: &[u8], remarks: &[&str]) -> SystemSettings {
    let (settings, found) = SystemSettings::from_file(bytes).expect("settings");
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, remarks);
    settings
}

#[test]
fn an_export_with_a_proxy_for_each_protocol() {
    check(
        file(include_bytes!("recorded/by-protocol.reg"), &[]),
        &[
            (
                "http://symbols.example/",
                "http://web-a.corp.example:3128 (--proxy-settings ProxyServer `http=web-a.corp.example:3128`)",
            ),
            (
                "https://symbols.example/",
                "http://web-b.corp.example:3129 (--proxy-settings ProxyServer `https=web-b.corp.example:3129`)",
            ),
            (
                "ftp://symbols.example/",
                "direct (--proxy-settings ProxyServer has entries for other protocols only)",
            ),
            (
                "https://a.corp.example/",
                "direct (--proxy-settings ProxyOverride entry `*.corp.example`)",
            ),
            (
                "http://10.20.30.40/",
                "direct (--proxy-settings ProxyOverride entry `10.*`)",
            ),
            (
                "http://build7.example/",
                "direct (--proxy-settings ProxyOverride entry `build*`)",
            ),
            (
                "https://fabric.example:8443/",
                "direct (--proxy-settings ProxyOverride entry `https://fabric.example:8443`)",
            ),
            (
                "http://intranet/",
                "direct (--proxy-settings ProxyOverride entry `<local>`)",
            ),
            (
                "http://127.0.0.1:81/",
                "direct (loopback or link-local, and --proxy-settings ProxyOverride has no `<-loopback>`)",
            ),
        ],
    );
}

#[test]
fn an_export_with_a_script_beside_an_old_proxy() {
    check(
        file(include_bytes!("recorded/script.reg"), &[]),
        &[("https://symbols.example/", "unusable (--proxy-settings AutoConfigURL)")],
    );
}

#[test]
fn an_export_of_the_machine_that_detects() {
    check(
        file(
            include_bytes!("recorded/machine.reg"),
            &["line 6: ignored, expected a text (REG_SZ)"],
        ),
        &[("https://symbols.example/", "unusable (--proxy-settings AutoDetect)")],
    );
}

#[test]
fn a_file_written_by_hand() {
    let proxy = "http://proxy.corp.example:8080 (--proxy-settings ProxyServer `proxy.corp.example:8080`)";
    check(
        file(include_bytes!("recorded/by-hand.ini"), &[]),
        &[
            ("https://symbols.example/", proxy),
            ("http://localhost:81/", proxy),
            ("http://intranet/", proxy),
            (
                "https://a.corp.example/",
                "direct (--proxy-settings ProxyOverride entry `*.corp.example`)",
            ),
        ],
    );
}

fn kioslaverc(bytes: &[u8]) -> SystemSettings {
    let (settings, remarks) = SystemSettings::from_kioslaverc(bytes, |_| None).expect("settings");
    assert_eq!(remarks, []);
    settings
}

#[test]
fn kde_with_a_proxy_for_each_protocol() {
    check(
        kioslaverc(include_bytes!("recorded/manual.kioslaverc")),
        &[
            (
                "http://symbols.example/",
                "http://web-a.corp.example:3128 (kioslaverc `http=web-a.corp.example:3128`)",
            ),
            (
                "https://symbols.example/",
                "http://web-b.corp.example:3129 (kioslaverc `https=web-b.corp.example:3129`)",
            ),
            (
                "ftp://symbols.example/",
                "direct (kioslaverc has entries for other protocols only)",
            ),
            (
                "https://a.corp.example/",
                "direct (kioslaverc NoProxyFor entry `.corp.example`)",
            ),
            (
                "https://corp.example/",
                "direct (kioslaverc NoProxyFor entry `.corp.example`)",
            ),
            (
                "http://10.20.30.40/",
                "direct (kioslaverc NoProxyFor entry `10.0.0.0/8`)",
            ),
            ("http://intranet/", "direct (kioslaverc NoProxyFor entry `<local>`)"),
            (
                "http://localhost:81/",
                "direct (kioslaverc NoProxyFor entry `localhost`)",
            ),
            (
                "http://[::1]/",
                "direct (loopback or link-local, and kioslaverc NoProxyFor has no `<-loopback>`)",
            ),
        ],
    );
}

#[test]
fn kde_with_a_proxy_for_few_hosts() {
    check(
        kioslaverc(include_bytes!("recorded/reversed.kioslaverc")),
        &[
            (
                "https://a.partner.example/",
                "http://gate.corp.example:8080 (kioslaverc `https=gate.corp.example:8080`)",
            ),
            (
                "https://symbols.example/",
                "direct (kioslaverc NoProxyFor lists the hosts that need a proxy, not this one)",
            ),
        ],
    );
}

#[test]
fn kde_with_a_script_beside_an_old_proxy() {
    check(
        kioslaverc(include_bytes!("recorded/script.kioslaverc")),
        &[("http://symbols.example/", "unusable (kioslaverc Proxy Config Script)")],
    );
}

fn gsettings(bytes: &[u8]) -> SystemSettings {
    let (settings, remarks) = SystemSettings::from_gsettings(bytes).expect("settings");
    assert_eq!(remarks, []);
    settings
}

#[test]
fn gnome_as_installed() {
    check(
        gsettings(include_bytes!("recorded/default.gsettings")),
        &[
            ("https://symbols.example/", "direct (no proxy configured)"),
            ("http://localhost/", "direct (no proxy configured)"),
        ],
    );
}

#[test]
fn gnome_with_a_proxy_for_each_protocol() {
    let a = "http://web-a.corp.example:3128";
    let b = "http://web-b.corp.example:3129";
    check(
        gsettings(include_bytes!("recorded/manual.gsettings")),
        &[
            (
                "http://symbols.example/",
                &format!("{a} (org.gnome.system.proxy `http=web-a.corp.example:3128`)"),
            ),
            (
                "https://symbols.example/",
                &format!("{b} (org.gnome.system.proxy `https=web-b.corp.example:3129`)"),
            ),
            (
                "ftp://symbols.example/",
                &format!("{a} (org.gnome.system.proxy `web-a.corp.example:3128`)"),
            ),
            (
                "https://a.corp.example/",
                "direct (org.gnome.system.proxy ignore-hosts entry `*.corp.example`)",
            ),
            (
                "http://10.20.30.40/",
                "direct (org.gnome.system.proxy ignore-hosts entry `10.0.0.0/8`)",
            ),
            (
                "http://[::1]/",
                "direct (org.gnome.system.proxy ignore-hosts entry `::1`)",
            ),
        ],
    );
}

#[test]
fn gnome_with_a_script() {
    check(
        gsettings(include_bytes!("recorded/auto.gsettings")),
        &[
            (
                "https://symbols.example/",
                "unusable (org.gnome.system.proxy autoconfig-url)",
            ),
            (
                "http://localhost/",
                "direct (org.gnome.system.proxy ignore-hosts entry `localhost`)",
            ),
        ],
    );
}
