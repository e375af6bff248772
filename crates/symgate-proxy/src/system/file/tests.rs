//! The file of `--proxy-settings`: what each line means, and which lines have a remark.

use url::Url;

use super::*;
use crate::config::ProxyConfig;

const HEAD: &str = "Windows Registry Editor Version 5.00\r\n\r\n";
const KEY_LINE: &str = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n";

/// What was read as one line: switches and texts, then remarks.
fn read(bytes: &[u8]) -> String {
    match SystemSettings::from_file(bytes) {
        Err(error) => format!("error: {error}"),
        Ok((settings, remarks)) => {
            assert_eq!(settings.place, Place::File);
            let mut text = format!(
                "{:?} {:?} script={} proxies={} exceptions={}",
                settings.manual, settings.auto_detect, settings.script, settings.proxies, settings.exceptions
            );
            for remark in remarks {
                text.push_str(&format!("\n{remark}"));
            }
            text
        }
    }
}

const NOT_A_LINE: &str = "ignored, expected a name and its value";

#[test]
fn reads_values_of_an_export() {
    // Lines of the key, what is read.
    for (lines, expected) in [
        ("", "Off Off script= proxies= exceptions="),
        ("\"ProxyEnable\"=dword:00000001", "On Off script= proxies= exceptions="),
        ("\"ProxyEnable\"=dword:00000000", "Off Off script= proxies= exceptions="),
        ("\"proxyenable\"=DWORD:1", "On Off script= proxies= exceptions="),
        ("\"ProxyEnable\"=\"1\"", "On Off script= proxies= exceptions="),
        ("\"AutoDetect\"=dword:000000ff", "Off On script= proxies= exceptions="),
        (
            "\"ProxyServer\"=\"a:1;b:2\"",
            "Off Off script= proxies=a:1;b:2 exceptions=",
        ),
        (
            "  \"ProxyServer\" = \"a:1\"  ",
            "Off Off script= proxies=a:1 exceptions=",
        ),
        (
            "\"ProxyServer\"=\"a\\\\b\\\"c=d\"",
            "Off Off script= proxies=a\\b\"c=d exceptions=",
        ),
        ("\"ProxyServer\"=\"\"", "Off Off script= proxies= exceptions="),
        (
            "\"ProxyServer\"=\"[::1]:8\"",
            "Off Off script= proxies=[::1]:8 exceptions=",
        ),
        (
            "\"ProxyOverride\"=\"<local>;ü\"",
            "Off Off script= proxies= exceptions=<local>;ü",
        ),
        (
            "\"AutoConfigURL\"=\"http://w/p.pac?a=1;b\"",
            "Off Off script=http://w/p.pac?a=1;b proxies= exceptions=",
        ),
        (
            "@=\"x\"\n; \"ProxyServer\"=\"a:1\"\n\"User Agent\"=\"Mozilla\"",
            "Off Off script= proxies= exceptions=",
        ),
        (
            "\"ProxyServer\"=\"a:1\"\n\"ProxyServer\"=-",
            "Off Off script= proxies= exceptions=\nline 5: given a second time, the earlier value is ignored",
        ),
        (
            "\"ProxyServer\"=\"a\"\n\"proxyserver\"=\"b\"",
            "Off Off script= proxies=b exceptions=\nline 5: given a second time, the earlier value is ignored",
        ),
        // Another key in between, and one that is taken away.
        (
            "\"ProxyEnable\"=dword:1\n[HKEY_CURRENT_USER\\x]\n\"ProxyEnable\"=dword:0",
            "On Off script= proxies= exceptions=",
        ),
        (
            "\"ProxyServer\"=\"a:1\"\n[-HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]",
            "Off Off script= proxies= exceptions=",
        ),
        (
            "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections]\n\"ProxyServer\"=\"a:1\"",
            "Off Off script= proxies= exceptions=",
        ),
        (
            "[hkey_users\\S-1-5-21-1\\SOFTWARE\\microsoft\\windows\\currentversion\\INTERNET SETTINGS]\n\"ProxyServer\"=\"a:1\"",
            "Off Off script= proxies=a:1 exceptions=",
        ),
        // Long binary values of other names, with a line that looks like one of ours inside.
        (
            "\"ZonesSecurityUpgrade\"=hex:46,00,\\\n  00,00,\\\n  01\n\"ProxyServer\"=\"a:1\"",
            "Off Off script= proxies=a:1 exceptions=",
        ),
        (
            "\"x\"=hex:\\\n\"ProxyServer\"=\"a:1\"",
            "Off Off script= proxies= exceptions=",
        ),
        ("\"x\"=hex:\\", "Off Off script= proxies= exceptions="),
        (
            "\"ProxyServer\"=\"a\\\\\"\n\"ProxyEnable\"=dword:1",
            "On Off script= proxies=a\\ exceptions=",
        ),
    ] {
        let text = format!("{HEAD}{KEY_LINE}{lines}\n");
        assert_eq!(read(text.as_bytes()), expected, "{lines}");
    }
}

#[test]
fn remarks_on_each_line_of_an_export_that_it_cannot_follow() {
    let text = "a text (REG_SZ)";
    let number = "a number (REG_DWORD)";
    // One line, what was expected there.
    for (line, expected) in [
        ("\"ProxyServer\"=hex(2):61,00,00,00", text),
        ("\"ProxyServer\"=hex(2):61,\\", text),
        ("\"ProxyServer\"=dword:00000001", text),
        ("\"ProxyServer\"=\"a\\x\"", text),
        ("\"ProxyServer\"=\"a", text),
        ("\"ProxyServer\"=\"a\" b", text),
        ("\"ProxyServer\"=", text),
        ("\"ProxyEnable\"=dword:", number),
        ("\"ProxyEnable\"=dword:+1", number),
        ("\"ProxyEnable\"=dword:0x1", number),
        ("\"ProxyEnable\"=dword:123456789", number),
        ("\"ProxyEnable\"=hex:01,00,00,00", number),
        ("\"ProxyEnable\"=\"yes\"", number),
        ("\"AutoDetect\"=1", number),
    ] {
        let found = read(format!("{HEAD}{KEY_LINE}{line}").as_bytes());
        let proxies = if expected == text { ";" } else { "" };
        let expected = format!("Off Off script= proxies={proxies} exceptions=\nline 4: ignored, expected {expected}");
        assert_eq!(found, expected, "{line}");
    }
    for line in [
        "ProxyServer=a",
        "\"ProxyServer\"",
        "\"ProxyServer",
        "x",
        "[HKEY_CURRENT_USER",
        "\"a\\n\"=\"b\"",
    ] {
        let found = read(format!("{HEAD}{KEY_LINE}{line}").as_bytes());
        assert_eq!(
            found,
            format!("Off Off script= proxies= exceptions=\nline 4: {NOT_A_LINE}"),
            "{line}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_no_reason_to_go_direct() {
    for (lines, expected) in [
        (
            "\"ProxyServer\"=hex(2):61,00,00,00",
            "unusable (--proxy-settings ProxyServer)",
        ),
        (
            "\"AutoConfigURL\"=hex(2):61,00,00,00",
            "unusable (--proxy-settings AutoConfigURL)",
        ),
        ("\"ProxyOverride\"=hex(2):61,00,00,00", "direct (no proxy configured)"),
        (
            "\"ProxyServer\"=hex(2):61,00\n\"ProxyServer\"=\"a:1\"",
            "http://a:1 (--proxy-settings ProxyServer `a:1`)",
        ),
    ] {
        let text = format!("{HEAD}{KEY_LINE}\"ProxyEnable\"=dword:1\n{lines}");
        let (settings, _) = SystemSettings::from_file(text.as_bytes()).unwrap();
        let choice = ProxyConfig::direct()
            .with_system(settings)
            .choose(&Url::parse("https://h/").unwrap());
        assert_eq!(choice.to_string(), expected, "{lines}");
    }
}

#[test]
fn reads_an_ini_file_of_the_same_names() {
    let names = "ignored, expected one of the names `ProxyEnable`, `ProxyServer`, `ProxyOverride`, `AutoConfigURL` and `AutoDetect`";
    for (text, expected) in [
        ("ProxyServer=a:1", "On Off script= proxies=a:1 exceptions=".to_owned()),
        (
            "ProxyServer=a:1\nProxyEnable=0",
            "Off Off script= proxies=a:1 exceptions=".to_owned(),
        ),
        (
            "proxyserver = http=a:1;https=b:2 \r\n",
            "On Off script= proxies=http=a:1;https=b:2 exceptions=".to_owned(),
        ),
        (
            "[Internet Settings]\nProxyOverride=\"<local>\"",
            "On Off script= proxies= exceptions=<local>".to_owned(),
        ),
        (
            "[ internet settings ]\nAutoDetect=1",
            "On On script= proxies= exceptions=".to_owned(),
        ),
        (
            "; ProxyServer=b:2\n# x\n\nAutoConfigURL=http://w/",
            "On Off script=http://w/ proxies= exceptions=".to_owned(),
        ),
        (
            "\u{feff}ProxyEnable=1",
            "On Off script= proxies= exceptions=".to_owned(),
        ),
        ("ProxyServer=", "On Off script= proxies= exceptions=".to_owned()),
        ("ProxyServer=\"", "On Off script= proxies=\" exceptions=".to_owned()),
        (
            "ProxyEnable=yes\nProxyServer=a",
            "On Off script= proxies=a exceptions=\nline 1: ignored, expected a number (REG_DWORD)".to_owned(),
        ),
        (
            "AutoDetect=0\nProxySever=a:1",
            format!("On Off script= proxies= exceptions=\nline 2: {names}"),
        ),
        (
            "AutoDetect=0\n\"ProxyServer\"=\"a\"",
            format!("On Off script= proxies= exceptions=\nline 2: {names}"),
        ),
        (
            "AutoDetect=0\nProxyServer",
            format!("On Off script= proxies= exceptions=\nline 2: {NOT_A_LINE}"),
        ),
        (
            "ProxyServer=a\n[Other]\nProxyServer=b\n[Internet Settings\n",
            format!(
                "On Off script= proxies=a exceptions=\n\
                 line 2: section ignored, expected `[Internet Settings]`\n\
                 line 4: {NOT_A_LINE}"
            ),
        ),
        (
            "ProxyServer=a\nProxyServer=b",
            "On Off script= proxies=b exceptions=\nline 2: given a second time, the earlier value is ignored"
                .to_owned(),
        ),
    ] {
        assert_eq!(read(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn refuses_what_holds_no_settings() {
    let no_key = "error: expected the key `…\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings`";
    let no_name = "error: expected one of the names `ProxyEnable`, `ProxyServer`, `ProxyOverride`, `AutoConfigURL` and `AutoDetect`";
    let not_text = "error: expected text in UTF-8, or in UTF-16LE with a byte order mark";
    for (bytes, expected) in [
        (&b""[..], no_name),
        (b" \n; ProxyServer=a\n", no_name),
        (b"[Internet Settings]", no_name),
        (b"ProxySever=a:1\n[x]\nProxyServer=a", no_name),
        (HEAD.as_bytes(), no_key),
        (
            b"REGEDIT4\n[HKEY_CURRENT_USER\\Software]\n\"ProxyServer\"=\"a\"\n",
            no_key,
        ),
        (b"ProxyServer=\xff", not_text),
        (b"\xff\xfea", not_text),
        (b"\xff\xfe\x00\xd8", not_text),
        (b"\xfe\xff\x00a", not_text),
    ] {
        assert_eq!(read(bytes), expected, "{bytes:?}");
    }
    let mut large = b"ProxyServer=a\n".to_vec();
    large.resize(text::LIMIT, b'\n');
    assert_eq!(read(&large), "On Off script= proxies=a exceptions=");
    large.push(b'\n');
    assert_eq!(read(&large), "error: expected at most 1 MiB of settings");
}

#[test]
fn reads_utf_16_as_utf_8() {
    let text = format!("{HEAD}{KEY_LINE}\"ProxyServer\"=\"bücher:1\"\r\n");
    let mut wide = b"\xff\xfe".to_vec();
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(&wide), read(text.as_bytes()));
    assert_eq!(read(&wide), "Off Off script= proxies=bücher:1 exceptions=");
    // The older head.
    let old = text.replace("Windows Registry Editor Version 5.00", "regedit4");
    assert_eq!(read(old.as_bytes()), read(text.as_bytes()));
}
