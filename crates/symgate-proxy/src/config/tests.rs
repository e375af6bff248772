//! Which source wins, with its reason, and what is said about the losers (DECISIONS §2).

use super::*;
use crate::{route::Routed, warning::Fault};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn vars(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split('|').filter_map(|pair| pair.split_once('='))
}

#[test]
fn chooses_by_source_and_gives_the_reason() {
    // Variables separated by `|`, URL, routes.
    for (variables, target, expected) in [
        ("", "http://h/", "direct (no proxy configured)"),
        ("PATH=/bin|proxy=p", "http://h/", "direct (no proxy configured)"),
        // _NT_SYMBOL_PROXY
        ("_NT_SYMBOL_PROXY=p:80", "http://h/", "http://p:80 (_NT_SYMBOL_PROXY)"),
        ("_NT_SYMBOL_PROXY=p:80", "https://h/", "http://p:80 (_NT_SYMBOL_PROXY)"),
        (
            "_NT_SYMBOL_PROXY=p:80",
            "http://127.0.0.1/s",
            "http://p:80 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=p:80",
            "http://localhost/s",
            "http://p:80 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=http://p:912/",
            "http://h/",
            "http://p:912 (_NT_SYMBOL_PROXY)",
        ),
        ("_NT_SYMBOL_PROXY=p", "http://h/", "http://p:80 (_NT_SYMBOL_PROXY)"),
        (
            "_NT_SYMBOL_PROXY=https://p",
            "http://h/",
            "https://p:443 (_NT_SYMBOL_PROXY)",
        ),
        ("_nt_symbol_proxy=p:80", "http://h/", "http://p:80 (_NT_SYMBOL_PROXY)"),
        (
            "_NT_SYMBOL_PROXY=p:80|https_proxy=q:81",
            "https://h/",
            "http://p:80 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=p:80|no_proxy=*",
            "https://h/",
            "http://p:80 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=a:1;b:2",
            "https://h/",
            "http://a:1 (_NT_SYMBOL_PROXY), http://b:2 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=http=a:80;https=b:81",
            "https://h/",
            "http://b:81 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=http=a:80 c:82",
            "https://h/",
            "http://c:82 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=http=a:80",
            "https://h/",
            "direct (_NT_SYMBOL_PROXY has entries for other protocols only)",
        ),
        (
            "_NT_SYMBOL_PROXY=http=a:80|https_proxy=q:81",
            "https://h/",
            "direct (_NT_SYMBOL_PROXY has entries for other protocols only)",
        ),
        ("_NT_SYMBOL_PROXY=p:x", "https://h/", "unusable (_NT_SYMBOL_PROXY)"),
        (
            "_NT_SYMBOL_PROXY=p:x|https_proxy=q:81",
            "https://h/",
            "unusable (_NT_SYMBOL_PROXY)",
        ),
        ("_NT_SYMBOL_PROXY=;", "https://h/", "unusable (_NT_SYMBOL_PROXY)"),
        (
            "_NT_SYMBOL_PROXY=|https_proxy=q:81",
            "https://h/",
            "http://q:81 (https_proxy)",
        ),
        (
            "_NT_SYMBOL_PROXY=  |https_proxy=q:81",
            "https://h/",
            "http://q:81 (https_proxy)",
        ),
        (
            "_NT_SYMBOL_PROXY=none",
            "https://h/",
            "http://none:80 (_NT_SYMBOL_PROXY)",
        ),
        (
            "_NT_SYMBOL_PROXY=socks=s:1080",
            "https://h/",
            "socks5://s:1080 (_NT_SYMBOL_PROXY)",
        ),
        // The shared variables
        ("http_proxy=p:1", "http://h/", "http://p:1 (http_proxy)"),
        ("http_proxy=p:1", "https://h/", "direct (no proxy configured)"),
        ("HTTP_PROXY=p:1", "http://h/", "direct (no proxy configured)"),
        ("HTTP_PROXY=p:1|ALL_PROXY=q:2", "http://h/", "http://q:2 (ALL_PROXY)"),
        ("HTTP_PROXY=p:1|http_proxy=q:2", "http://h/", "http://q:2 (http_proxy)"),
        ("Http_Proxy=p:1", "http://h/", "direct (no proxy configured)"),
        ("https_proxy=p:1", "https://h/", "http://p:1 (https_proxy)"),
        ("https_proxy=p:1", "http://h/", "direct (no proxy configured)"),
        ("HTTPS_PROXY=p:1", "https://h/", "http://p:1 (HTTPS_PROXY)"),
        (
            "HTTPS_PROXY=p:1|https_proxy=q:2",
            "https://h/",
            "http://q:2 (https_proxy)",
        ),
        ("HTTPS_PROXY=p:1|https_proxy=", "https://h/", "http://p:1 (HTTPS_PROXY)"),
        (
            "HTTPS_PROXY=p:1|all_proxy=q:2",
            "https://h/",
            "http://p:1 (HTTPS_PROXY)",
        ),
        ("all_proxy=p:1", "http://h/", "http://p:1 (all_proxy)"),
        ("all_proxy=p:1", "https://h/", "http://p:1 (all_proxy)"),
        ("ALL_PROXY=p:1", "https://h/", "http://p:1 (ALL_PROXY)"),
        ("ALL_PROXY=p:1|all_proxy=q:2", "https://h/", "http://q:2 (all_proxy)"),
        ("all_proxy=p:1|http_proxy=q:2", "http://h/", "http://q:2 (http_proxy)"),
        ("all_proxy=p:1", "ftp://h/", "http://p:1 (all_proxy)"),
        (
            "http_proxy=p:1|https_proxy=p:1",
            "ftp://h/",
            "direct (no proxy configured)",
        ),
        ("https_proxy= http://p:1/ ", "https://h/", "http://p:1 (https_proxy)"),
        ("https_proxy=https://p", "https://h/", "https://p:443 (https_proxy)"),
        ("https_proxy=p", "https://h/", "http://p:80 (https_proxy)"),
        (
            "https_proxy=http://u:a;b c@p:1",
            "https://h/",
            "http://p:1 (https_proxy)",
        ),
        (
            "https_proxy=p:1|https_proxy=q:2",
            "https://h/",
            "http://q:2 (https_proxy)",
        ),
        ("https_proxy=a:1;b:2", "https://h/", "unusable (https_proxy)"),
        ("https_proxy=https=a:1", "https://h/", "unusable (https_proxy)"),
        ("https_proxy=p:x", "https://h/", "unusable (https_proxy)"),
        ("https_proxy=p:x|all_proxy=q:2", "https://h/", "unusable (https_proxy)"),
        ("https_proxy=p:x", "http://h/", "direct (no proxy configured)"),
        ("https_proxy=socks5h://s", "https://h/", "socks5://s:1080 (https_proxy)"),
        ("all_proxy=socks5://u:p@s:9", "https://h/", "socks5://s:9 (all_proxy)"),
        ("https_proxy=p:1", "https://localhost/", "http://p:1 (https_proxy)"),
        ("https_proxy=p:1", "https://[::1]/", "http://p:1 (https_proxy)"),
        // NO_PROXY
        (
            "https_proxy=p:1|NO_PROXY=.corp.com",
            "https://a.corp.com/",
            "direct (NO_PROXY entry `.corp.com`)",
        ),
        (
            "https_proxy=p:1|no_proxy=x, Corp.com",
            "https://a.corp.com/",
            "direct (no_proxy entry `Corp.com`)",
        ),
        (
            "https_proxy=p:1|no_proxy=x|NO_PROXY=h",
            "https://h/",
            "http://p:1 (https_proxy)",
        ),
        (
            "https_proxy=p:1|no_proxy=|NO_PROXY=h",
            "https://h/",
            "direct (NO_PROXY entry `h`)",
        ),
        (
            "https_proxy=p:1|NO_PROXY=h:444",
            "https://h/",
            "http://p:1 (https_proxy)",
        ),
        (
            "https_proxy=p:1|NO_PROXY=*",
            "https://h/",
            "direct (NO_PROXY entry `*`)",
        ),
        (
            "https_proxy=p:x|NO_PROXY=h",
            "https://h/",
            "direct (NO_PROXY entry `h`)",
        ),
        ("NO_PROXY=h", "https://h/", "direct (no proxy configured)"),
        // URLs without a host
        (
            "all_proxy=p:1|_NT_SYMBOL_PROXY=p:2",
            "file:///c:/s",
            "direct (URL without a host)",
        ),
        ("all_proxy=p:1", "data:x", "direct (URL without a host)"),
    ] {
        let found = ProxyConfig::from_vars(vars(variables)).choose(&url(target)).to_string();
        assert_eq!(found, expected, "`{variables}` for {target}");
    }
}

#[test]
fn explicit_values_come_first() {
    let base = "_NT_SYMBOL_PROXY=s:1|https_proxy=e:2|no_proxy=bypassed";
    // --proxy, --no-proxy, URL, routes.
    for (proxy, no_proxy, target, expected) in [
        ("", "", "https://h/", "http://s:1 (_NT_SYMBOL_PROXY)"),
        (" ", " ", "https://h/", "http://s:1 (_NT_SYMBOL_PROXY)"),
        ("p:9", "", "https://h/", "http://p:9 (--proxy)"),
        ("p:9", "", "https://bypassed/", "http://p:9 (--proxy)"),
        ("p:9", "", "https://127.0.0.1/", "http://p:9 (--proxy)"),
        (
            "a:1 b:2",
            "",
            "https://h/",
            "http://a:1 (--proxy), http://b:2 (--proxy)",
        ),
        (
            "http=a:1",
            "",
            "https://h/",
            "direct (--proxy has entries for other protocols only)",
        ),
        (
            "a:1;socks5://b",
            "",
            "https://h/",
            "http://a:1 (--proxy), socks5://b:1080 (--proxy)",
        ),
        ("none", "", "https://h/", "direct (--proxy none)"),
        (" NONE ", "", "https://h/", "direct (--proxy none)"),
        ("http://none:80", "", "https://h/", "http://none:80 (--proxy)"),
        (
            "none;p:9",
            "",
            "https://h/",
            "http://none:80 (--proxy), http://p:9 (--proxy)",
        ),
        ("p:x", "", "https://h/", "unusable (--proxy)"),
        (";", "", "https://h/", "unusable (--proxy)"),
        ("p:9", "h", "https://h/", "direct (--no-proxy entry `h`)"),
        ("", "h", "https://h/", "direct (--no-proxy entry `h`)"),
        ("", "*", "https://h/", "direct (--no-proxy entry `*`)"),
        ("p:x", "h", "https://h/", "direct (--no-proxy entry `h`)"),
        ("p:9", "h", "https://i/", "http://p:9 (--proxy)"),
        ("p:9", "h:x", "https://h/", "http://p:9 (--proxy)"),
        (
            "p:9",
            "127.0.0.0/8",
            "https://127.1.2.3/",
            "direct (--no-proxy entry `127.0.0.0/8`)",
        ),
    ] {
        let config = ProxyConfig::from_vars(vars(base))
            .with_proxy(proxy)
            .with_no_proxy(no_proxy);
        let found = config.choose(&url(target)).to_string();
        assert_eq!(
            found, expected,
            "--proxy `{proxy}` --no-proxy `{no_proxy}` for {target}"
        );
        let config = ProxyConfig::from_vars(vars(base))
            .with_no_proxy(no_proxy)
            .with_proxy(proxy);
        assert_eq!(config.choose(&url(target)).to_string(), expected, "in the other order");
    }
}

#[test]
fn a_later_explicit_value_replaces_an_earlier_one_and_its_warnings() {
    let config = ProxyConfig::direct().with_proxy("a:x").with_no_proxy("b:x");
    assert_eq!(config.warnings().len(), 2);
    let config = config.with_proxy("p:1").with_no_proxy("h");
    assert_eq!(config.warnings(), []);
    assert_eq!(config.choose(&url("http://i/")).to_string(), "http://p:1 (--proxy)");
    let config = config.with_proxy("").with_no_proxy("");
    assert_eq!(
        config.choose(&url("http://h/")).to_string(),
        "direct (no proxy configured)"
    );
}

#[test]
fn warns_with_setting_and_place_but_without_the_text() {
    for (variables, expected) in [
        ("_NT_SYMBOL_PROXY=p:80", ""),
        (
            "_NT_SYMBOL_PROXY=p",
            "`_NT_SYMBOL_PROXY`, byte 0: no port given, 80 is used",
        ),
        (
            "_NT_SYMBOL_PROXY=a:1 https://p",
            "`_NT_SYMBOL_PROXY`, byte 4: no port given, 443 is used",
        ),
        (
            "_NT_SYMBOL_PROXY=a:1;p:x",
            "`_NT_SYMBOL_PROXY`, byte 4: entry ignored, expected a port from 1 to 65535",
        ),
        (
            "_NT_SYMBOL_PROXY=p:1/x",
            "`_NT_SYMBOL_PROXY`, byte 0: a proxy has no path or query, that part is ignored",
        ),
        ("https_proxy=p", ""),
        (
            "https_proxy= u:hunter2@p",
            "`https_proxy`, byte 1: the credentials written here are used for this proxy; other programs and users may be able to read them",
        ),
        (
            "ALL_PROXY=hunter2@",
            "`ALL_PROXY`, byte 0: entry ignored, expected a host name or an address",
        ),
        (
            "HTTP_PROXY=p",
            "`HTTP_PROXY`, byte 0: ignored because a web client can set it in a server, use `http_proxy`",
        ),
        (
            "HTTP_PROXY=p|http_proxy=q",
            "`HTTP_PROXY`, byte 0: ignored because a web client can set it in a server, use `http_proxy`",
        ),
        ("HTTP_PROXY=p|http_proxy=p", ""),
        ("HTTP_PROXY=", ""),
        (
            "NO_PROXY=a, *",
            "`NO_PROXY`, byte 3: entry ignored, expected `*` to be the only entry",
        ),
    ] {
        let config = ProxyConfig::from_vars(vars(variables));
        let found: Vec<_> = config.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(found.join("\n"), expected, "`{variables}`");
    }
}

#[test]
fn every_fault_prints_as_an_expectation() {
    for fault in [
        Fault::Host,
        Fault::Brackets,
        Fault::Port,
        Fault::Kind,
        Fault::Protocol,
        Fault::Userinfo,
        Fault::Ambiguous,
        Fault::NotUnicode,
        Fault::Prefix,
        Fault::Wildcard,
        Fault::WildcardPlace,
        Fault::StarNotAlone,
        Fault::ScriptUrl,
        Fault::Scheme,
    ] {
        let printed = fault.to_string();
        assert!(printed.starts_with("expected ") && !printed.ends_with('.'), "{printed}");
    }
}

#[test]
fn an_unusable_setting_is_an_error_that_names_it() {
    for (variables, expected) in [
        ("https_proxy=p:x", "`https_proxy` names no usable proxy"),
        ("_NT_SYMBOL_PROXY=p:x", "`_NT_SYMBOL_PROXY` names no usable proxy"),
    ] {
        let choice = ProxyConfig::from_vars(vars(variables)).choose(&url("https://h/"));
        let [
            Routed {
                route: Route::Unusable(error),
                ..
            },
        ] = choice.routes()
        else {
            panic!("`{variables}`: {choice}");
        };
        assert_eq!(error.to_string(), expected, "`{variables}`");
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_unicode_is_unusable() {
    use std::os::unix::ffi::OsStrExt;
    let bad = OsStr::from_bytes(b"http://p:80/\xff");
    for name in ["https_proxy", "_NT_SYMBOL_PROXY", "ALL_PROXY", "no_proxy"] {
        let config = ProxyConfig::from_vars([(name, bad)]);
        let [warning] = config.warnings() else {
            panic!("{name}: {:?}", config.warnings())
        };
        assert_eq!(warning.setting().name(), name);
        assert_eq!(warning.remark().note, Note::Refused(Fault::NotUnicode), "{name}");
        let expected = if name == "no_proxy" {
            "direct (no proxy configured)"
        } else {
            "unusable"
        };
        let found = config.choose(&url("https://h/")).to_string();
        assert!(found.starts_with(expected), "{name}: {found}");
    }
    assert_eq!(ProxyConfig::from_vars([(bad, "x")]).warnings(), []);
}

#[test]
fn names_every_proxy_of_every_source() {
    let config = ProxyConfig::from_vars([
        ("_NT_SYMBOL_PROXY", "http=a:1;https=b:2"),
        ("https_proxy", "http://c:3"),
        ("ALL_PROXY", "d:4"),
    ]);
    let named: Vec<_> = config.proxies().map(|proxy| proxy.to_string()).collect();
    assert_eq!(named, ["http://a:1", "http://b:2", "http://c:3", "http://d:4"]);
    assert_eq!(ProxyConfig::direct().with_proxy("none").proxies().count(), 0);
}
