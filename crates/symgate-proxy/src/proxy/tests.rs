//! One entry of a list: its address, its credentials, and what it does not print.

use super::*;

fn shown(entry: &str) -> String {
    match Proxy::parse(entry, Kind::Http) {
        Ok(Parsed { proxy, notes }) => format!("{proxy} {notes:?}"),
        Err(fault) => format!("{fault:?}"),
    }
}

#[test]
fn reads_an_entry_or_says_what_was_expected() {
    for (entry, expected) in [
        ("p:80", "http://p:80 []"),
        ("P.Corp.COM:3128", "http://p.corp.com:3128 []"),
        ("http://p:80", "http://p:80 []"),
        ("HTTP://p:80", "http://p:80 []"),
        ("https://p:8443", "https://p:8443 []"),
        ("socks5://p:9", "socks5://p:9 []"),
        ("socks5h://p:9", "socks5://p:9 []"),
        ("socks://p:9", "socks5://p:9 []"),
        ("p", "http://p:80 [DefaultPort(80)]"),
        ("http://p", "http://p:80 [DefaultPort(80)]"),
        ("https://p", "https://p:443 [DefaultPort(443)]"),
        ("socks5://p", "socks5://p:1080 [DefaultPort(1080)]"),
        ("p:80/", "http://p:80 []"),
        ("http://p/", "http://p:80 [DefaultPort(80)]"),
        ("http://p:80/path", "http://p:80 [PathIgnored]"),
        ("http://p:80?q", "http://p:80 [PathIgnored]"),
        ("http://p:80/#f", "http://p:80 [PathIgnored]"),
        ("p:080", "http://p:80 []"),
        ("p:1", "http://p:1 []"),
        ("p:65535", "http://p:65535 []"),
        ("p:0", "Port"),
        ("p:65536", "Port"),
        ("p:99999999999999999999", "Port"),
        ("p:", "Port"),
        ("p:+80", "Port"),
        ("p:8o", "Port"),
        ("p:80:80", "Port"),
        ("10.0.0.1:80", "http://10.0.0.1:80 []"),
        ("10.0.0.999:80", "Host"),
        ("[::1]:80", "http://[::1]:80 []"),
        ("[::1]", "http://[::1]:80 [DefaultPort(80)]"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443 []"),
        ("[::1]80", "Port"),
        ("[::1]:", "Port"),
        ("[::1", "Host"),
        ("[10.0.0.1]:80", "Host"),
        ("[fe80::1%25eth0]:80", "Host"),
        ("::1", "Brackets"),
        ("http://2001:db8::1", "Brackets"),
        ("bücher.example:80", "http://xn--bcher-kva.example:80 []"),
        ("p_1.corp:80", "http://p_1.corp:80 []"),
        ("p.corp.:80", "http://p.corp.:80 []"),
        ("", "Host"),
        (":80", "Host"),
        ("http://", "Host"),
        ("//p:80", "Host"),
        (".", "Host"),
        ("a..b:80", "Host"),
        ("a,b:80", "Host"),
        ("p1;p2", "Host"),
        ("*.corp:80", "Host"),
        ("%70:80", "Host"),
        ("a b:80", "Host"),
        ("dom\\p:80", "Host"),
        ("p\u{0}:80", "Host"),
        ("ftp://p:80", "Kind"),
        ("socks4://p:80", "Kind"),
        ("://p:80", "Kind"),
        ("u:p@h:80", "http://h:80 [Credentials]"),
        ("http://u@h", "http://h:80 [Credentials, DefaultPort(80)]"),
        ("http://@h:80", "http://h:80 []"),
        ("http://u:%ff@h:80", "Userinfo"),
        ("http://u:a%0d%0ab@h:80", "Userinfo"),
        ("http://u%00:p@h:80", "Userinfo"),
        ("http://u:12/34@h:80", "Ambiguous"),
        ("http://u:12?34@h:80", "Ambiguous"),
        ("http://u:12#34@h:80", "Ambiguous"),
        ("u:12://34@h:80", "Ambiguous"),
    ] {
        assert_eq!(shown(entry), expected, "entry `{entry}`");
    }
}

#[test]
fn decodes_credentials() {
    for (userinfo, user, password) in [
        ("u:p", "u", Some("p")),
        ("u", "u", None),
        ("u:", "u", Some("")),
        (":p", "", Some("p")),
        ("u:a:b", "u", Some("a:b")),
        ("u%3Ax:p", "u:x", Some("p")),
        ("CORP\\u:p", "CORP\\u", Some("p")),
        ("CORP%5cu:p", "CORP\\u", Some("p")),
        ("u:p@ss", "u", Some("p@ss")),
        ("u:p%40ss%2F%3b%20", "u", Some("p@ss/; ")),
        ("u:100%", "u", Some("100%")),
        ("u:%4", "u", Some("%4")),
        ("u:%zz%41", "u", Some("%zzA")),
        ("u:%2541", "u", Some("%41")),
        ("u:p%C3%A4", "u", Some("pä")),
        ("u:a=b", "u", Some("a=b")),
    ] {
        let Ok(parsed) = Proxy::parse(&format!("http://{userinfo}@h:80"), Kind::Http) else {
            panic!("`{userinfo}` was refused");
        };
        let found = parsed.proxy.userinfo().unwrap();
        assert_eq!(
            (found.expose_user(), found.expose_password()),
            (user, password),
            "`{userinfo}`"
        );
    }
}

#[test]
fn prints_no_credentials() {
    let parsed = Proxy::parse("http://alice:hunter2@h:80", Kind::Http).ok().unwrap();
    let printed = format!("{0} {0:?} {1:?}", parsed.proxy, parsed.proxy.userinfo());
    assert!(printed.contains("[secret]"), "{printed}");
    assert!(!printed.contains("alice") && !printed.contains("hunter2"), "{printed}");
}
