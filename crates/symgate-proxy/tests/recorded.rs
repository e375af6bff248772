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
