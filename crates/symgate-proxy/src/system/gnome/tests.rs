//! GNOME's values in the form that `gsettings` prints, and which lines have a remark.

use url::Url;

use super::*;
use crate::config::ProxyConfig;

/// The settings as one line, then remarks.
fn read(text: &str) -> String {
    match SystemSettings::from_gsettings(text.as_bytes()) {
        Err(error) => format!("error: {error}"),
        Ok((settings, remarks)) => {
            assert_eq!(settings.place, Place::Gnome);
            let mut found = format!(
                "{:?} {:?} script={} proxies={} exceptions={}",
                settings.manual, settings.auto_detect, settings.script, settings.proxies, settings.exceptions
            );
            for remark in remarks {
                found.push_str(&format!("\n{remark}"));
            }
            found
        }
    }
}

/// Lines `name value`, separated by `|`, with the schema in front: `http host 'x'` or `mode 'none'`.
fn printed(lines: &str) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((protocol @ ("http" | "https" | "ftp" | "socks"), rest)) => format!("{SCHEMA}.{protocol} {rest}\n"),
        _ => format!("{SCHEMA} {line}\n"),
    };
    lines.split('|').map(line).collect()
}

#[test]
fn reads_each_mode() {
    for (lines, expected) in [
        ("mode 'none'", "Off Off script= proxies= exceptions="),
        (
            "mode 'none'|http host 'p'|http port 1",
            "Off Off script= proxies=http=http://p:1;https=http://p:1 exceptions=",
        ),
        ("mode 'manual'", "On Off script= proxies= exceptions="),
        (
            "mode 'manual'|http host ''|http port 8080",
            "On Off script= proxies= exceptions=",
        ),
        (
            "mode 'manual'|http port 1|http host 'p'",
            "On Off script= proxies=http=http://p:1;https=http://p:1 exceptions=",
        ),
        (
            "mode 'manual'|http host 'p'|http port 1|https host 'q'|https port 2|ftp host 'r'|ftp port 3",
            "On Off script= proxies=http=http://p:1;https=http://q:2;ftp=http://r:3 exceptions=",
        ),
        (
            "mode 'manual'|use-same-proxy true|http host 'p'|http port 1",
            "On Off script= proxies=http=http://p:1;https=http://p:1;http://p:1 exceptions=",
        ),
        (
            "mode 'manual'|use-same-proxy true|http host 'p'|http port 1|socks host 's'|socks port 4",
            "On Off script= proxies=http=http://p:1;https=http://p:1;socks=socks://s:4 exceptions=",
        ),
        (
            "mode 'manual'|socks host 's'|socks port 0",
            "On Off script= proxies=socks=socks://s exceptions=",
        ),
        (
            "mode 'manual'|https host '::1'|https port 2",
            "On Off script= proxies=https=http://[::1]:2 exceptions=",
        ),
        (
            "mode 'manual'|https host 'a;b c'|https port 2",
            "On Off script= proxies=https=http://a%3Bb%20c:2 exceptions=",
        ),
        (
            "mode 'manual'|https host 'p'|http use-authentication true|http host 'p'|http authentication-user 'u@x'|http authentication-password ':'",
            "On Off script= proxies=http=http://%75%40%78:%3A@p;https=http://p exceptions=",
        ),
        (
            "mode 'manual'|http use-authentication false|http host 'p'|http authentication-user 'u'",
            "On Off script= proxies=http=http://p;https=http://p exceptions=",
        ),
        ("mode 'auto'", "Off On script= proxies= exceptions="),
        ("mode 'auto'|autoconfig-url ''", "Off On script= proxies= exceptions="),
        (
            "mode 'auto'|autoconfig-url 'http://w/p.pac'",
            "Off Off script=http://w/p.pac proxies= exceptions=",
        ),
        (
            "mode 'manual'|autoconfig-url 'http://w/p.pac'",
            "On Off script= proxies= exceptions=",
        ),
        // Lists and texts.
        (
            "mode 'none'|ignore-hosts ['localhost', '127.0.0.0/8', '::1']",
            "Off Off script= proxies= exceptions=localhost,127.0.0.0/8,::1",
        ),
        (
            "mode 'none'|ignore-hosts @as []",
            "Off Off script= proxies= exceptions=",
        ),
        ("mode 'none'|ignore-hosts []", "Off Off script= proxies= exceptions="),
        (
            "mode 'none'|ignore-hosts ['a b', 'c,d']",
            "Off Off script= proxies= exceptions=a%20b,c%2Cd",
        ),
        (
            "mode 'none'|ignore-hosts [\"o'x\",'\\u00fc' , '\\\\\\'']",
            "Off Off script= proxies= exceptions=o'x,ü,\\'",
        ),
        (
            "mode \"none\"|autoconfig-url '\\n\\t\\r\\U0001f600'",
            "Off Off script= proxies= exceptions=",
        ),
        // Others are passed over.
        (
            "mode 'none'|http enabled false|new-name <1>|http.x host 'p'",
            "Off Off script= proxies= exceptions=",
        ),
        ("mode 'none'|mode 'manual'", "On Off script= proxies= exceptions="),
        // Lines with a remark.
        (
            "mode 'none'|mode",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a name and its value",
        ),
        (
            "mode 'none'|mode 'x'",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected `'none'`, `'manual'` or `'auto'`",
        ),
        (
            "mode 'none'|autoconfig-url x",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a text in quotes",
        ),
        (
            "mode 'none'|autoconfig-url 'x",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a text in quotes",
        ),
        (
            "mode 'none'|autoconfig-url 'x' y",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a text in quotes",
        ),
        (
            "mode 'none'|autoconfig-url '\\ud800'",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a text in quotes",
        ),
        (
            "mode 'none'|ignore-hosts ['a' 'b']",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a list of texts",
        ),
        (
            "mode 'none'|ignore-hosts 'a'",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a list of texts",
        ),
        (
            "mode 'none'|use-same-proxy 1",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected `true` or `false`",
        ),
        (
            "mode 'none'|http port 65536",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a port",
        ),
        (
            "mode 'none'|http port 'x'",
            "Off Off script= proxies= exceptions=\nline 2: ignored, expected a port",
        ),
        // Without a mode.
        (
            "http host 'p'",
            "error: expected one of the names `org.gnome.system.proxy mode`",
        ),
        (
            "mode 'x'",
            "error: expected one of the names `org.gnome.system.proxy mode`",
        ),
    ] {
        assert_eq!(read(&printed(lines)), expected, "{lines}");
    }
    let other = "org.gnome.desktop.interface mode 'none'\norg.gnome.system.proxyx mode 'none'\n";
    assert_eq!(
        read(other),
        "error: expected one of the names `org.gnome.system.proxy mode`"
    );
}

#[test]
fn a_proxy_that_cannot_be_read_is_no_reason_to_go_direct() {
    for (lines, expected) in [
        (
            "mode 'manual'|http host 'http://p'|http port 1",
            "unusable (org.gnome.system.proxy)",
        ),
        (
            "mode 'manual'|http host 'a b'|http port 1",
            "unusable (org.gnome.system.proxy)",
        ),
        (
            "mode 'auto'|autoconfig-url 'p.pac'",
            "unusable (org.gnome.system.proxy autoconfig-url)",
        ),
        ("mode 'auto'", "unusable (org.gnome.system.proxy mode)"),
        (
            "mode 'none'|http host 'p'",
            "direct (switched off by org.gnome.system.proxy mode)",
        ),
        (
            "mode 'manual'|http host 'p'|http port 1",
            "http://p:1 (org.gnome.system.proxy `https=p:1`)",
        ),
    ] {
        let (settings, _) = SystemSettings::from_gsettings(printed(lines).as_bytes()).unwrap();
        let choice = ProxyConfig::direct()
            .with_system(settings)
            .choose(&Url::parse("https://h/").unwrap());
        assert_eq!(choice.to_string(), expected, "{lines}");
    }
}
