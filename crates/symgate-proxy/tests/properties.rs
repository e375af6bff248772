//! The laws of `laws/mod.rs` over generated settings.

mod laws;

use std::time::Duration;

use proptest::prelude::*;
use symgate_proxy::Freshness;
use url::Url;

/// Pieces that meet the grammar often enough to get past its first check.
fn setting() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "http=", "https=", "socks=", "ftp=", "http://", "https://", "socks5://", "x://", "//",
            ";", " ", ",", "\t", "\n", ":", "@", "%", "%41", "/", "?", "#", "=", "[", "]", "[::1]",
            "::1", ".", "..", "*", "*.", ":80", ":0", ":65536", "/8", "/0", "/129", "-", "_", "ä",
            "corp.com", ".corp.com", "host", "localhost", "10.0.0.1", "10.0.0.0/8", "127.1", "u:p@",
            "none", "//:", "\u{0}", "\u{3002}", "<local>", "<-loopback>", "*.corp.com", "10.*",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "[a-z0-9.:]{0,8}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// How a file with settings begins.
fn beginning() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "[Internet Settings]\n",
        "REGEDIT4\n",
        "Windows Registry Editor Version 5.00\n\n\
         [HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n",
    ])
}

/// A line of such a file, more or less.
fn settings_line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "ProxyServer",
        "ProxyOverride",
        "AutoConfigURL",
        "ProxyEnable",
        "autodetect",
        "Other",
        "[x]",
        "[",
        ";",
        "@",
        "",
    ]);
    let value = prop_oneof![
        setting(),
        prop::sample::select(vec![
            "1",
            "0",
            "dword:00000001",
            "dword:x",
            "hex:00,\\",
            "hex(2):61,00",
            "-",
            "\"",
            "\\"
        ])
        .prop_map(str::to_owned),
    ];
    (name, value, 0_u8..4).prop_map(|(name, value, form)| match form {
        0 => format!("{name}={value}"),
        1 => format!("\"{name}\"={value}"),
        2 => format!("\"{name}\"=\"{value}\""),
        _ => value,
    })
}

/// A line of `kioslaverc` or of `gsettings`, more or less.
fn desktop_line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "ProxyType=",
        "httpProxy=",
        "httpsProxy[$e]=",
        "NoProxyFor=",
        "ReversedException=",
        "Proxy Config Script=",
        "[",
        "[Proxy Settings][$i]",
        "org.gnome.system.proxy mode ",
        "org.gnome.system.proxy ignore-hosts ",
        "org.gnome.system.proxy.http host ",
        "org.gnome.system.proxy.socks port ",
    ]);
    let value = prop_oneof![
        setting(),
        prop::sample::select(vec![
            "1",
            "2",
            "3",
            "4",
            "true",
            "'auto'",
            "'manual'",
            "['a', \"b\"]",
            "@as []",
            "'\\u00fc'",
            "'"
        ])
        .prop_map(str::to_owned),
    ];
    (name, value).prop_map(|(name, value)| format!("{name}{value}"))
}

/// What a script may return, and what it should not.
fn answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            "DIRECT", "PROXY ", "HTTP ", "https ", "SOCKS ", "SOCKS5\t", "SOCKS4 ", "QUIC ", "p", "p:80",
            "[::1]:80", "::1", ";", "; ", " ;", ";;", " ", "\n", ":", ":0", "@", "/", "ä", "null",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn target() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        prop::sample::select(vec![
            "host",
            "host.corp.com",
            "localhost",
            "10.0.0.1",
            "127.0.0.1",
            "[::1]",
            "corp.com.",
            "xcorp.com",
            "b\u{fc}cher.example"
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,5}(\\.[a-z]{1,3}){0,2}",
    ];
    let scheme = prop::sample::select(vec!["http", "https", "ftp", "foo"]);
    (scheme, host, prop::option::of(1_u16..)).prop_map(|(scheme, host, port)| match port {
        Some(port) => format!("{scheme}://{host}:{port}/s"),
        None => format!("{scheme}://{host}/s"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn proxy_list_loses_nothing(value in setting()) {
        laws::proxy_list_loses_nothing(value.as_bytes());
    }

    #[test]
    fn no_proxy_list_loses_nothing(value in setting()) {
        laws::no_proxy_list_loses_nothing(value.as_bytes());
    }

    #[test]
    fn bypass_list_loses_nothing(value in setting(), url in target()) {
        laws::bypass_list_loses_nothing(format!("{}\n{url}", value.replace('\n', ";")).as_bytes());
    }

    #[test]
    fn settings_file_loses_nothing(lines in prop::collection::vec(settings_line(), 0..8), begin in beginning()) {
        laws::settings_file_loses_nothing(format!("{begin}{}", lines.join("\n")).as_bytes());
    }

    #[test]
    fn desktop_settings_lose_nothing(proxy in setting(), exceptions in setting(), lines in prop::collection::vec(desktop_line(), 0..8)) {
        laws::desktop_settings_lose_nothing(format!("{proxy}\n{exceptions}").as_bytes());
        laws::desktop_settings_lose_nothing(format!("[Proxy Settings]\n{}", lines.join("\n")).as_bytes());
    }

    #[test]
    fn arbitrary_bytes_lose_nothing(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        laws::proxy_list_loses_nothing(&bytes);
        laws::no_proxy_list_loses_nothing(&bytes);
        laws::bypass_list_loses_nothing(&bytes);
        laws::settings_file_loses_nothing(&bytes);
        laws::desktop_settings_lose_nothing(&bytes);
        laws::choosing_is_total(&bytes);
        laws::pac_result_loses_nothing(&bytes);
    }

    /// No field makes a script live longer than it says, and none is beyond us.
    #[test]
    fn what_a_script_lives_for_is_bounded_by_each_field(control in "([a-z-]{0,9}|max-age|no-store)?( ?= ?)?\"?[0-9]{0,20}\"?,? ?(max-age=[0-9]{1,4})?", dates in prop::collection::vec("\\PC{0,30}|Sun, 06 Nov [0-9]{4} 08:49:37 GMT", 2), age in "[0-9]{0,20}|\\PC{0,4}") {
        let said = Freshness { cache_control: Some(&control), expires: Some(&dates[0]), date: Some(&dates[1]), age: None };
        let whole = said.lifetime();
        let aged = Freshness { age: Some(&age), ..said }.lifetime();
        prop_assert_eq!(whole.is_some(), aged.is_some());
        prop_assert!(aged <= whole);
        let shorter = format!("{control},max-age=1");
        let shorter = Freshness { cache_control: Some(&shorter), ..said }.lifetime();
        prop_assert!(shorter <= Some(Duration::from_secs(1)));
        let never = format!("{control},no-store");
        prop_assert_eq!(Freshness { cache_control: Some(&never), ..said }.lifetime(), Some(Duration::ZERO));
    }

    #[test]
    fn pac_result_loses_nothing(value in answer()) {
        laws::pac_result_loses_nothing(value.as_bytes());
    }

    #[test]
    fn choosing_is_total(value in setting(), exceptions in setting(), url in target()) {
        let exceptions = exceptions.replace('\n', ",");
        laws::choosing_is_total(format!("{}\n{exceptions}\n{url}", value.replace('\n', ";")).as_bytes());
    }

    #[test]
    fn a_bypassed_host_never_goes_to_the_proxy(
        value in setting(), host in "[a-z]{1,6}(\\.[a-z]{1,4}){0,2}", sub in "([a-z]{1,4}\\.){0,2}",
        before in setting(), dot in "\\.?",
    ) {
        let exceptions = format!("{},{dot}{host}", before.replace('\n', ","));
        let url = format!("https://{sub}{host}/");
        let matched = symgate_proxy::NoProxy::parse(&exceptions).0.matching(&Url::parse(&url).unwrap()).is_some();
        prop_assert!(matched, "{exceptions} for {url}");
        laws::choosing_is_total(format!("{}\n{exceptions}\n{url}", value.replace('\n', ";")).as_bytes());
    }

    #[test]
    fn a_host_that_the_system_excepts_never_goes_to_its_proxy(
        value in setting(), host in "[a-z]{1,6}(\\.[a-z]{1,4}){0,2}", sub in "([a-z]{1,4}\\.){1,2}",
        before in setting(), star in prop::sample::select(vec!["*.", "*", "."]),
    ) {
        let exceptions = format!("{} {star}{host}", before.replace('\n', ";"));
        let url = format!("https://{sub}{host}/");
        let (list, _) = symgate_proxy::BypassList::parse(&exceptions, symgate_proxy::BypassRules::WinInet);
        prop_assert!(list.matching(&Url::parse(&url).unwrap()).is_some(), "{exceptions} for {url}");
        laws::choosing_is_total(format!("{}\n{exceptions}\n{url}", value.replace('\n', ";")).as_bytes());
    }

    #[test]
    fn nothing_printed_depends_on_the_password(value in setting(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        laws::nothing_printed_depends_on_a_password(value.as_bytes());
        laws::nothing_printed_depends_on_a_password(&bytes);
    }

    /// Passwords typed as they are, with every separator that could cut them into "a proxy".
    #[test]
    fn nothing_printed_holds_the_password(
        user in "[A-Z]{6}", chunks in prop::collection::vec("[Q-Z]{3}[a-z]{3}|[45][0-9]{4}", 1..4),
        cuts in prop::collection::vec(prop::sample::select(
            vec![";", " ", "/", "?", "#", "@", ":", "%", "\\", "=", ",", "://", "//", "[", "]", "\t", "%3b"]), 4),
        before in prop::sample::select(vec!["", "http=", "http://", "https=http://", "a:1;http://", "a:1 ", "socks5://", "x=", "y://"]),
        after in prop::sample::select(vec!["", "/", ";b:2", " http=c", "/path", ":x"]),
    ) {
        let mut password = String::new();
        for (chunk, cut) in chunks.iter().zip(&cuts) {
            password.push_str(chunk);
            password.push_str(cut);
        }
        password.push_str("end");
        let value = format!("{before}{user}:{password}@proxy.test:8080{after}");
        let url = Url::parse("https://host.test/").unwrap();
        laws::nothing_printed_holds(&chunks, &value, &url);
    }

    /// Passwords written as they should be arrive whole and are not printed either.
    #[test]
    fn an_encoded_password_arrives(user in "[A-Z]{6}", password in "Z[ -~äß]{7,12}") {
        let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let value = format!("https=a:1;http://{user}:{encoded}@proxy.test:8080");
        let (list, _) = symgate_proxy::ProxyList::parse(&value);
        let proxy = list.serving("http").next().unwrap();
        let userinfo = proxy.userinfo().unwrap();
        prop_assert_eq!(userinfo.expose_user(), user.as_str());
        prop_assert_eq!(userinfo.expose_password(), Some(password.as_str()));
        let url = Url::parse("http://host.test/").unwrap();
        laws::nothing_printed_holds(&[user, password, encoded], &value, &url);
    }
}
