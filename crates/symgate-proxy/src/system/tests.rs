//! The system's settings: order of evaluation, reasons and warnings (docs/symsrv.md §4.3, §4.5, §11.4).

use super::*;
use crate::config::ProxyConfig;

/// Settings of `HKCU` from `name=value` pairs separated by `|`, by the names of the registry.
fn hkcu(text: &str) -> SystemSettings {
    let mut settings = SystemSettings::new(Place::CurrentUser);
    fill(&mut settings, text);
    settings
}

fn fill(settings: &mut SystemSettings, text: &str) {
    let switch = |value| if value == "1" { Switch::On } else { Switch::Off };
    for (name, value) in text.split('|').filter_map(|pair| pair.split_once('=')) {
        match name {
            "ProxyEnable" => settings.manual = switch(value),
            "ProxyServer" => value.clone_into(&mut settings.proxies),
            "ProxyOverride" => value.clone_into(&mut settings.exceptions),
            "AutoConfigURL" => value.clone_into(&mut settings.script),
            "AutoDetect" => settings.auto_detect = switch(value),
            _ => panic!("{name}"),
        }
    }
}

fn chosen(config: &ProxyConfig, url: &str) -> String {
    config.choose(&Url::parse(url).unwrap()).to_string()
}

#[test]
fn chooses_as_in_symsrv_11_4() {
    let q81 = "ProxyEnable=1|ProxyServer=q:81";
    let q81_but = "ProxyEnable=1|ProxyServer=q:81|ProxyOverride=<local>;*.corp.com";
    let q81_for_all = "ProxyEnable=1|ProxyServer=q:81|ProxyOverride=<-loopback>";
    let off = "ProxyEnable=0|ProxyServer=q:81";
    let by_scheme = "ProxyEnable=1|ProxyServer=http=a:80;https=b:81";
    let http_only = "ProxyEnable=1|ProxyServer=http=a:80";
    let http_and_rest = "ProxyEnable=1|ProxyServer=http=a:80 c:82";
    let symbol_proxy = "http://p:80 (_NT_SYMBOL_PROXY)";
    let manual = "http://q:81 (HKCU ProxyServer `q:81`)";
    // _NT_SYMBOL_PROXY, the system's settings, URL, route and reason.
    for (variable, system, url, expected) in [
        ("p:80", q81, "https://h/", symbol_proxy),
        ("p:80", q81, "http://build/s", symbol_proxy),
        (
            "",
            by_scheme,
            "https://h/",
            "http://b:81 (HKCU ProxyServer `https=b:81`)",
        ),
        (
            "",
            http_only,
            "https://h/",
            "direct (HKCU ProxyServer has entries for other protocols only)",
        ),
        ("", http_and_rest, "https://h/", "http://c:82 (HKCU ProxyServer `c:82`)"),
        (
            "",
            q81_but,
            "http://build/s",
            "direct (HKCU ProxyOverride entry `<local>`)",
        ),
        (
            "",
            q81_but,
            "https://x.corp.com/s",
            "direct (HKCU ProxyOverride entry `*.corp.com`)",
        ),
        ("", q81_but, "https://msdl.microsoft.com/download/symbols/a", manual),
        ("", q81_but, "https://vsblob.blob.core.windows.net/a?sig=1", manual),
        ("", off, "https://h/", "direct (switched off by HKCU ProxyEnable)"),
        (
            "",
            off,
            "http://127.0.0.1/s",
            "direct (loopback or link-local, and HKCU ProxyOverride has no `<-loopback>`)",
        ),
        (
            "",
            q81,
            "http://127.0.0.1/s",
            "direct (loopback or link-local, and HKCU ProxyOverride has no `<-loopback>`)",
        ),
        ("", q81_for_all, "http://127.0.0.1/s", manual),
        ("p:80", "", "http://127.0.0.1/s", symbol_proxy),
        ("p:80", q81, "http://127.0.0.1/s", symbol_proxy),
    ] {
        let config = ProxyConfig::from_vars([("_NT_SYMBOL_PROXY", variable)]).with_system(hkcu(system));
        assert_eq!(chosen(&config, url), expected, "`{variable}`, `{system}` for {url}");
    }
}

#[test]
fn asks_detection_then_script_then_the_manual_list() {
    let all = "AutoDetect=1|AutoConfigURL=http://wpad/p.pac|ProxyEnable=1|ProxyServer=q:81|ProxyOverride=h";
    let no_detection = "AutoDetect=0|AutoConfigURL=http://wpad/p.pac|ProxyEnable=1|ProxyServer=q:81|ProxyOverride=h";
    for (system, url, expected) in [
        ("", "https://h/", "direct (no proxy configured)"),
        ("ProxyEnable=1", "https://h/", "direct (no proxy configured)"),
        (
            "ProxyEnable=1|ProxyServer= |AutoConfigURL= ",
            "https://h/",
            "direct (no proxy configured)",
        ),
        ("ProxyOverride=h", "https://h/", "direct (no proxy configured)"),
        (
            all,
            "https://i/",
            "unusable (HKCU AutoConfigURL; no script found by HKCU AutoDetect: this program does not look for one)",
        ),
        (
            all,
            "https://h/",
            "unusable (HKCU AutoConfigURL; no script found by HKCU AutoDetect: this program does not look for one)",
        ),
        (no_detection, "https://i/", "unusable (HKCU AutoConfigURL)"),
        (no_detection, "https://h/", "unusable (HKCU AutoConfigURL)"),
        // Nobody looks here.
        (
            "AutoDetect=1",
            "https://h/",
            "direct (no proxy configured; no script found by HKCU AutoDetect: this program does not look for one)",
        ),
        ("AutoConfigURL=x", "https://h/", "unusable (HKCU AutoConfigURL)"),
        // Off is the word on the manual list only.
        (
            "ProxyEnable=0|ProxyServer=q:81|AutoDetect=1",
            "https://h/",
            "direct (switched off by HKCU ProxyEnable; no script found by HKCU AutoDetect: this program does not look for one)",
        ),
        (
            "ProxyEnable=0|ProxyServer=q:81|ProxyOverride=h",
            "https://h/",
            "direct (switched off by HKCU ProxyEnable)",
        ),
        (
            "ProxyEnable=0|ProxyServer=q:x",
            "https://h/",
            "direct (switched off by HKCU ProxyEnable)",
        ),
        // What is of this machine needs no script either.
        (
            "AutoDetect=1",
            "http://localhost/",
            "direct (loopback or link-local, and HKCU ProxyOverride has no `<-loopback>`)",
        ),
        (
            "AutoDetect=1|ProxyOverride=<-loopback>",
            "http://localhost/",
            "direct (no proxy configured; no script found by HKCU AutoDetect: this program does not look for one)",
        ),
        // The manual list.
        (
            "ProxyEnable=1|ProxyServer=q:x",
            "https://h/",
            "unusable (HKCU ProxyServer)",
        ),
        (
            "ProxyEnable=1|ProxyServer=;",
            "https://h/",
            "unusable (HKCU ProxyServer)",
        ),
        (
            "ProxyEnable=1|ProxyServer=q:x|ProxyOverride=h",
            "https://h/",
            "direct (HKCU ProxyOverride entry `h`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=q",
            "https://h/",
            "http://q:80 (HKCU ProxyServer `q:80`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=http://q:81/",
            "https://h/",
            "http://q:81 (HKCU ProxyServer `q:81`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=https=https://u:pw@q",
            "https://h/",
            "https://q:443 (HKCU ProxyServer `https=https://q:443`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=a:1;b:2",
            "ftp://h/",
            "http://a:1 (HKCU ProxyServer `a:1`), http://b:2 (HKCU ProxyServer `b:2`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=http=a:1;socks=s:9",
            "https://h/",
            "socks5://s:9 (HKCU ProxyServer `socks=s:9`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=[::1]:3128",
            "https://h/",
            "http://[::1]:3128 (HKCU ProxyServer `[::1]:3128`)",
        ),
        (
            "ProxyEnable=1|ProxyServer=q:81",
            "file:///c:/s",
            "direct (URL without a host)",
        ),
    ] {
        let config = ProxyConfig::direct().with_system(hkcu(system));
        assert_eq!(chosen(&config, url), expected, "`{system}` for {url}");
    }
}

#[test]
fn the_system_is_asked_behind_every_other_source() {
    let system = "ProxyEnable=1|ProxyServer=q:81|ProxyOverride=ours";
    // Variables, --proxy, --no-proxy, URL, route and reason.
    for (variables, proxy, no_proxy, url, expected) in [
        (&[][..], "", "", "https://h/", "http://q:81 (HKCU ProxyServer `q:81`)"),
        (&[], "x:9", "", "https://h/", "http://x:9 (--proxy)"),
        (&[], "x:9", "", "https://ours/", "http://x:9 (--proxy)"),
        (&[], "none", "", "https://h/", "direct (--proxy none)"),
        (&[], "", "h", "https://h/", "direct (--no-proxy entry `h`)"),
        (
            &[],
            "",
            "h",
            "http://localhost:81/",
            "direct (loopback or link-local, and HKCU ProxyOverride has no `<-loopback>`)",
        ),
        (
            &[("https_proxy", "e:2")],
            "",
            "",
            "https://h/",
            "http://e:2 (https_proxy)",
        ),
        (
            &[("https_proxy", "e:2")],
            "",
            "",
            "https://ours/",
            "http://e:2 (https_proxy)",
        ),
        (
            &[("https_proxy", "e:2")],
            "",
            "",
            "http://h/",
            "http://q:81 (HKCU ProxyServer `q:81`)",
        ),
        (
            &[("https_proxy", "e:2"), ("NO_PROXY", "h")],
            "",
            "",
            "https://h/",
            "direct (NO_PROXY entry `h`)",
        ),
        // NO_PROXY has no say on the system's proxies.
        (
            &[("NO_PROXY", "h")],
            "",
            "",
            "https://h/",
            "http://q:81 (HKCU ProxyServer `q:81`)",
        ),
        (
            &[("https_proxy", "e:x")],
            "",
            "",
            "https://h/",
            "unusable (https_proxy)",
        ),
    ] {
        for config in [
            ProxyConfig::from_vars(variables.iter().copied())
                .with_system(hkcu(system))
                .with_proxy(proxy)
                .with_no_proxy(no_proxy),
            ProxyConfig::from_vars(variables.iter().copied())
                .with_proxy(proxy)
                .with_no_proxy(no_proxy)
                .with_system(hkcu(system)),
        ] {
            assert_eq!(
                chosen(&config, url),
                expected,
                "{variables:?} `{proxy}` `{no_proxy}` for {url}"
            );
        }
    }
}

#[test]
fn reverses_exceptions_and_asks_those_of_gnome_before_a_script() {
    let place = |place, sense, text: &str| {
        let mut settings = SystemSettings::new(place);
        settings.sense = sense;
        fill(&mut settings, text);
        ProxyConfig::direct().with_system(settings)
    };
    let config = place(
        Place::Kde,
        Sense::Proxied,
        "ProxyEnable=1|ProxyServer=q:81|ProxyOverride=corp.com",
    );
    for (url, expected) in [
        ("https://a.corp.com/", "http://q:81 (kioslaverc `q:81`)"),
        (
            "https://h/",
            "direct (kioslaverc NoProxyFor lists the hosts that need a proxy, not this one)",
        ),
        (
            "https://[::1]/",
            "direct (loopback or link-local, and kioslaverc NoProxyFor has no `<-loopback>`)",
        ),
    ] {
        assert_eq!(chosen(&config, url), expected, "{url}");
    }
    let config = place(
        Place::Gnome,
        Sense::Direct,
        "AutoConfigURL=http://w/p.pac|ProxyOverride=corp.com",
    );
    for (url, expected) in [
        (
            "https://a.corp.com/",
            "direct (org.gnome.system.proxy ignore-hosts entry `corp.com`)",
        ),
        ("https://h/", "unusable (org.gnome.system.proxy autoconfig-url)"),
    ] {
        assert_eq!(chosen(&config, url), expected, "{url}");
    }
}

#[test]
fn what_cannot_be_evaluated_is_an_error_that_names_it() {
    for (system, expected) in [
        (
            "AutoConfigURL= http://wpad/wpad.dat ",
            "`HKCU AutoConfigURL` names the proxy script `http://wpad/wpad.dat`, and evaluating scripts is not built in",
        ),
        (
            "AutoConfigURL=https://u:hunter2@w:81/a/p.pac?k=hunter2#hunter2",
            "`HKCU AutoConfigURL` names the proxy script `https://w:81/a/p.pac`, and evaluating scripts is not built in",
        ),
        (
            "AutoConfigURL=http://u:81/hunter2@x",
            "`HKCU AutoConfigURL` names the proxy script `http://…`, and evaluating scripts is not built in",
        ),
        (
            "AutoConfigURL=file:///c:/p.pac",
            "`HKCU AutoConfigURL` is not an http or https URL of a proxy script",
        ),
        (
            "AutoConfigURL=c:\\p.pac",
            "`HKCU AutoConfigURL` is not an http or https URL of a proxy script",
        ),
        (
            "AutoConfigURL=wpad/p.pac",
            "`HKCU AutoConfigURL` is not an http or https URL of a proxy script",
        ),
        (
            "ProxyEnable=1|ProxyServer=q:x",
            "`HKCU ProxyServer` names no usable proxy",
        ),
    ] {
        let choice = ProxyConfig::direct()
            .with_system(hkcu(system))
            .choose(&Url::parse("https://h/").unwrap());
        let [routed] = choice.routes() else {
            panic!("`{system}`: {choice}")
        };
        let Route::Unusable(error) = &routed.route else {
            panic!("`{system}`: {choice}")
        };
        assert_eq!(error.to_string(), expected, "`{system}`");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn gives_the_whole_address_to_who_fetches_the_script() {
    let script = Script::parse("http://u:p@w/p.pac?k=1").unwrap();
    assert_eq!(script.expose_url().as_str(), "http://u:p@w/p.pac?k=1");
    assert_eq!(format!("{script} {script:?}"), "http://w/p.pac Script(http://w/p.pac)");
}

#[test]
fn warns_with_the_value_and_the_place_in_it() {
    for (system, expected) in [
        ("ProxyEnable=1|ProxyServer=q|ProxyOverride=<local>", ""),
        (
            "ProxyEnable=1|ProxyServer=a:1;b:x|ProxyOverride=<local>;a,b",
            "`HKCU ProxyServer`, byte 4: entry ignored, expected a port from 1 to 65535\n\
             `HKCU ProxyOverride`, byte 8: entry ignored, expected a host name or an address",
        ),
        (
            "ProxyEnable=1|ProxyServer=http://u:hunter2@q",
            "`HKCU ProxyServer`, byte 0: the credentials written here are used for this proxy; other programs and users may be able to read them",
        ),
        (
            "AutoConfigURL=c:\\p.pac",
            "`HKCU AutoConfigURL`, byte 0: entry ignored, expected an `http://` or `https://` URL of a script",
        ),
    ] {
        let config = ProxyConfig::direct().with_system(hkcu(system));
        let found: Vec<_> = config.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(found.join("\n"), expected, "`{system}`");
        // Later settings take the place of earlier ones, with their warnings.
        let config = config.with_system(SystemSettings::new(Place::Kde));
        assert_eq!(config.warnings(), [], "`{system}`");
        assert_eq!(chosen(&config, "https://h/"), "direct (no proxy configured)");
    }
}

#[test]
fn names_the_proxies_that_count_and_prints_no_value() {
    let settings =
        hkcu("ProxyEnable=1|ProxyServer=http=http://u:hunter2@a:1;https=b:2|AutoConfigURL=http://u:hunter2@w/");
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
    let config = ProxyConfig::direct().with_system(settings.clone());
    let named: Vec<_> = config.proxies().map(ToString::to_string).collect();
    assert_eq!(named, ["http://a:1", "http://b:2"]);
    let off = SystemSettings {
        manual: Switch::Off,
        ..settings
    };
    assert_eq!(ProxyConfig::direct().with_system(off).proxies().count(), 0);
}

#[test]
fn every_value_of_every_place_has_a_name() {
    use Item::{AutoDetect, Enable, Exceptions, Proxies, Script};
    for (place, begins) in [
        (Place::CurrentUser, "HKCU "),
        (Place::Machine, "HKLM "),
        (Place::WinHttp, "WinHTTP "),
        (Place::File, "--proxy-settings "),
        (Place::Gnome, "org.gnome.system.proxy"),
        (Place::Kde, "kioslaverc"),
    ] {
        for item in [AutoDetect, Script, Enable, Proxies, Exceptions] {
            let name = Setting::System(place, item).to_string();
            assert!(name.starts_with(begins), "{name}");
        }
    }
}
