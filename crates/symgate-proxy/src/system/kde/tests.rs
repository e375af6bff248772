//! `kioslaverc`: what each name means, and which lines have a remark.

use url::Url;

use super::*;
use crate::config::ProxyConfig;

/// The settings as one line, then remarks.
fn read(text: &str) -> String {
    let variable = |name: &str| match name {
        "http_proxy" => Some("proxy.test:1".to_owned()),
        "HTTPS_PROXY" => Some("http://other.test:2/".to_owned()),
        "no_proxy" => Some("corp.com".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let (settings, remarks) = SystemSettings::from_kioslaverc(text.as_bytes(), variable).unwrap();
    assert_eq!(settings.place, Place::Kde);
    let mut found = format!(
        "{:?} {:?} {:?} script={} proxies={} exceptions={}",
        settings.manual, settings.auto_detect, settings.sense, settings.script, settings.proxies, settings.exceptions
    );
    for remark in remarks {
        found.push_str(&format!("\n{remark}"));
    }
    found
}

#[test]
fn reads_each_type() {
    // Lines of the group separated by `|`, what is read.
    for (lines, expected) in [
        ("", "Off Off Direct script= proxies= exceptions="),
        ("ProxyType=0", "Off Off Direct script= proxies= exceptions="),
        (
            "ProxyType=0|httpProxy=http://p 1",
            "Off Off Direct script= proxies=http=http://p:1 exceptions=",
        ),
        (
            "httpProxy=http://p 1",
            "Off Off Direct script= proxies=http=http://p:1 exceptions=",
        ),
        ("ProxyType=1", "On Off Direct script= proxies= exceptions="),
        (
            "ProxyType=1|httpProxy=http://p 1|httpsProxy=http://q 2|ftpProxy=http://r 3|socksProxy=socks://s 4",
            "On Off Direct script= proxies=http=http://p:1;https=http://q:2;ftp=http://r:3;socks=socks://s:4 exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://p:1",
            "On Off Direct script= proxies=http=http://p:1 exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://p:1/",
            "On Off Direct script= proxies=http=http://p:1/ exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=p 1",
            "On Off Direct script= proxies=http=http://p:1 exceptions=",
        ),
        (
            "ProxyType=1|socksProxy=p  1",
            "On Off Direct script= proxies=socks=socks://p:1 exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://p 0",
            "On Off Direct script= proxies=http=http://p exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://p",
            "On Off Direct script= proxies=http=http://p exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://a b x",
            "On Off Direct script= proxies=http=http://a%20b%20x exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=http://u:a;b,c@p 1",
            "On Off Direct script= proxies=http=http://u:a%3Bb%2Cc@p:1 exceptions=",
        ),
        (
            "ProxyType=1|httpProxy=|httpsProxy=//:|ftpProxy= ",
            "On Off Direct script= proxies= exceptions=",
        ),
        (
            "ProxyType=1|NoProxyFor=a,.b;c",
            "On Off Direct script= proxies= exceptions=a,.b;c",
        ),
        (
            "ProxyType=1|NoProxyFor[$e]=a\\s\\\\\\t",
            "On Off Direct script= proxies= exceptions=a \\\t",
        ),
        (
            "ProxyType=1|ReversedException=true",
            "On Off Proxied script= proxies= exceptions=",
        ),
        (
            "ProxyType=1|ReversedException=false",
            "On Off Direct script= proxies= exceptions=",
        ),
        (
            "ProxyType=1|ReversedException=1",
            "On Off Proxied script= proxies= exceptions=",
        ),
        (
            "ProxyType=2|Proxy Config Script=http://w/p.pac",
            "Off Off Direct script=http://w/p.pac proxies= exceptions=",
        ),
        ("ProxyType=2", "Off Off Direct script=; proxies= exceptions="),
        (
            "ProxyType=1|Proxy Config Script=http://w/p.pac",
            "On Off Direct script= proxies= exceptions=",
        ),
        (
            "ProxyType=3|Proxy Config Script=http://w/p.pac",
            "Off On Direct script= proxies= exceptions=",
        ),
        (
            "ProxyType=4|httpProxy=HTTP_PROXY,http_proxy|httpsProxy=HTTPS_PROXY|ftpProxy=EMPTY|NoProxyFor=NO_PROXY,no_proxy",
            "On Off Direct script= proxies=http=http://proxy.test:1;https=http://other.test:2/ exceptions=corp.com",
        ),
        // Spaces, comments, other groups and names.
        (
            "ProxyType = 1|# ProxyType=3|AuthMode=0|PersistentProxyConnection=false",
            "On Off Direct script= proxies= exceptions=",
        ),
        (
            "ProxyType=1|[Other]|ProxyType=3|x",
            "On Off Direct script= proxies= exceptions=",
        ),
        (
            "[Other]|[Proxy Settings][$i]|ProxyType=3",
            "Off On Direct script= proxies= exceptions=",
        ),
        // Lines with a remark.
        (
            "ProxyType=5",
            "Off Off Direct script= proxies= exceptions=\nline 2: ignored, expected a number from 0 to 4",
        ),
        (
            "ProxyType=",
            "Off Off Direct script= proxies= exceptions=\nline 2: ignored, expected a number from 0 to 4",
        ),
        (
            "ProxyType=1|ReversedException=x",
            "On Off Direct script= proxies= exceptions=\nline 3: ignored, expected `true` or `false`",
        ),
        (
            "ProxyType=1|ProxyType=3",
            "Off On Direct script= proxies= exceptions=\nline 3: given a second time, the earlier value is ignored",
        ),
        (
            "ProxyType=1|httpProxy=a 1|httpProxy=b 2",
            "On Off Direct script= proxies=http=http://b:2 exceptions=\nline 4: given a second time, the earlier value is ignored",
        ),
        (
            "ProxyType=1|httpProxy[$e]=$P",
            "On Off Direct script= proxies=http=http://$P exceptions=\nline 3: ignored, expected a value without variables",
        ),
        (
            "ProxyType|[Proxy Settings|ProxyType=1",
            "Off Off Direct script= proxies= exceptions=\n\
             line 2: ignored, expected a name and its value\n\
             line 3: ignored, expected a name and its value",
        ),
    ] {
        let text = format!("[Proxy Settings]\n{}\n", lines.replace('|', "\n"));
        assert_eq!(read(&text), expected, "{lines}");
    }
    assert_eq!(read("ProxyType=1"), "Off Off Direct script= proxies= exceptions=");
    assert_eq!(read(""), "Off Off Direct script= proxies= exceptions=");
}

#[test]
fn a_proxy_that_cannot_be_read_is_no_reason_to_go_direct() {
    for (lines, expected) in [
        ("ProxyType=1\nhttpProxy=http://p x", "unusable (kioslaverc)"),
        ("ProxyType=1\nhttpProxy[$e]=$P", "unusable (kioslaverc)"),
        ("ProxyType=1\nhttpProxy=http://::1 80", "unusable (kioslaverc)"),
        ("ProxyType=1\nhttpProxy=ftp://p 80", "unusable (kioslaverc)"),
        ("ProxyType=2\n", "unusable (kioslaverc Proxy Config Script)"),
        (
            "ProxyType=2\nProxy Config Script=/etc/p.pac",
            "unusable (kioslaverc Proxy Config Script)",
        ),
        ("ProxyType=3\n", "unusable (kioslaverc ProxyType)"),
        (
            "ProxyType=0\nhttpProxy=http://p 80",
            "direct (switched off by kioslaverc ProxyType)",
        ),
        (
            "ProxyType=1\nhttpProxy=http://u:a b@p 80",
            "http://p:80 (kioslaverc `http=p:80`)",
        ),
        (
            "ProxyType=1\nsocksProxy=socks://s 80",
            "socks5://s:80 (kioslaverc `socks=s:80`)",
        ),
    ] {
        let text = format!("[Proxy Settings]\n{lines}");
        let (settings, _) = SystemSettings::from_kioslaverc(text.as_bytes(), |_| None).unwrap();
        let choice = ProxyConfig::direct()
            .with_system(settings)
            .choose(&Url::parse("http://h/").unwrap());
        assert_eq!(choice.to_string(), expected, "{lines}");
    }
}

#[test]
fn refuses_what_is_no_text() {
    let found = SystemSettings::from_kioslaverc(b"[Proxy Settings]\n\xff", |_| None);
    assert_eq!(found.unwrap_err(), FileError::NotText);
}
