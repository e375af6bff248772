//! The order detection, script, list, direct, and what follows from each failure (DECISIONS §2).

use super::*;
use crate::{Place, ProxyConfig, Switch, SystemSettings};

/// What there is on the network, and who was asked for what.
#[derive(Default)]
struct Network {
    /// `Err` is why nothing is found.
    detected: Option<Result<&'static str, &'static str>>,
    /// The answers of scripts by their address; `-` begins a failure to get it, `!` one to run it.
    answers: &'static [(&'static str, &'static str)],
    asked: Vec<String>,
}

impl Scripts for Network {
    fn detect(&mut self) -> Result<Arc<Script>, String> {
        self.asked.push("detect".to_owned());
        let detected = self.detected.unwrap_or(Err("no `wpad`"));
        detected
            .map(|script| Arc::new(Script::parse(script).unwrap()))
            .map_err(str::to_owned)
    }

    fn find(&mut self, script: &Arc<Script>, _: &Url) -> Result<PacResult, ScriptError> {
        self.asked.push(script.to_string());
        let (_, answer) = self
            .answers
            .iter()
            .find(|(address, _)| *address == script.to_string())
            .unwrap();
        match (answer.strip_prefix('-'), answer.strip_prefix('!')) {
            (Some(why), _) => Err(ScriptError::NotGot(why.to_owned())),
            (_, Some(why)) => Err(ScriptError::NoAnswer(why.to_owned())),
            _ => Ok(PacResult::parse(answer)),
        }
    }
}

/// Settings of `HKCU`: `detect`, `script=URL`, `list=…`, `off=…`, `but=…` between blanks.
fn settings(text: &str) -> SystemSettings {
    let mut settings = SystemSettings::new(Place::CurrentUser);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            None => settings.auto_detect = Switch::On,
            Some(("script", url)) => settings.script = url.to_owned(),
            Some(("but", list)) => settings.exceptions = list.to_owned(),
            Some((switch, list)) => {
                settings.proxies = list.to_owned();
                settings.manual = if switch == "list" { Switch::On } else { Switch::Off };
            }
        }
    }
    settings
}

fn choose(text: &str, network: &mut Network, url: &str) -> Choice {
    let config = ProxyConfig::direct().with_system(settings(text));
    config.choose_with(&Url::parse(url).unwrap(), network)
}

const WPAD: &str = "http://wpad/wpad.dat";
const ALL: &str = "detect script=http://it/p.pac list=q:81 but=h.listed";

#[test]
fn the_first_that_can_be_got_speaks() {
    let by_wpad = "http://w:80 (PAC http://wpad/wpad.dat, by HKCU AutoDetect)";
    let none = "no script found by HKCU AutoDetect: no `wpad`";
    let missed = "the script http://it/p.pac of HKCU AutoConfigURL could not be got: status 404";
    // Settings, what detection finds, what the two scripts answer, the choice and whom it asked.
    let table = [
        (ALL, Some(WPAD), "PROXY w", "PROXY s", by_wpad.to_owned(), "detect http://wpad/wpad.dat"),
        (
            ALL,
            None,
            "",
            "PROXY s; DIRECT",
            format!(
                "http://s:80 (PAC http://it/p.pac, by HKCU AutoConfigURL; {none}), \
                 direct (PAC http://it/p.pac, by HKCU AutoConfigURL; {none})"
            ),
            "detect http://it/p.pac",
        ),
        (
            ALL,
            None,
            "",
            "-status 404",
            format!("http://q:81 (HKCU ProxyServer `q:81`; {none}; {missed})"),
            "detect http://it/p.pac",
        ),
        // It vanished between being found and being asked.
        (
            "detect list=q:81",
            Some(WPAD),
            "-status 404",
            "",
            "http://q:81 (HKCU ProxyServer `q:81`; the script http://wpad/wpad.dat of HKCU AutoDetect could not be got: \
             status 404)"
                .to_owned(),
            "detect http://wpad/wpad.dat",
        ),
        (
            "script=http://it/p.pac",
            None,
            "",
            "-status 404",
            format!("direct (no proxy configured; {missed})"),
            "http://it/p.pac",
        ),
        ("detect", None, "", "", format!("direct (no proxy configured; {none})"), "detect"),
        (
            "script=http://it/p.pac off=q:81",
            None,
            "",
            "-status 404",
            format!("direct (switched off by HKCU ProxyEnable; {missed})"),
            "http://it/p.pac",
        ),
        // One that was got is followed or nothing is: no later setting speaks.
        (
            ALL,
            Some(WPAD),
            "!line 3",
            "PROXY s",
            "unusable (PAC http://wpad/wpad.dat, by HKCU AutoDetect)".to_owned(),
            "detect http://wpad/wpad.dat",
        ),
        (
            "script=http://it/p.pac list=q:81",
            None,
            "",
            "!line 3",
            "unusable (PAC http://it/p.pac, by HKCU AutoConfigURL)".to_owned(),
            "http://it/p.pac",
        ),
        (
            "script=http://it/p.pac list=q:81",
            None,
            "",
            "nonsense",
            "unusable (PAC http://it/p.pac, by HKCU AutoConfigURL)".to_owned(),
            "http://it/p.pac",
        ),
        // What is no address of a script is nobody's to get.
        (
            "script=file:///p.pac list=q:81",
            None,
            "",
            "",
            "unusable (HKCU AutoConfigURL)".to_owned(),
            "",
        ),
        ("list=q:81", None, "", "", "http://q:81 (HKCU ProxyServer `q:81`)".into(), ""),
        ("", None, "", "", "direct (no proxy configured)".into(), ""),
    ];
    for (text, detected, wpad, script, expected, asked) in table {
        let answers = vec![(WPAD, leak(wpad)), ("http://it/p.pac", leak(script))];
        let mut network = Network {
            detected: detected.map(Ok),
            answers: answers.leak(),
            asked: Vec::new(),
        };
        let choice = choose(text, &mut network, "https://h.test/");
        assert_eq!(choice.to_string(), expected, "{text}");
        assert_eq!(network.asked.join(" "), asked, "{text}");
    }
}

/// Tables hold texts that live as long as the test.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

#[test]
fn why_a_script_cannot_be_followed_is_said_with_its_name() {
    let cases: [(&'static [(&str, &str)], &str); 2] = [
        (
            &[("http://it/p.pac", "!the script failed in line 3: x")],
            "the script failed in line 3: x",
        ),
        (&[("http://it/p.pac", "NONSENSE")], "it names no usable proxy"),
    ];
    for (answers, why) in cases {
        let mut network = Network {
            answers,
            ..Network::default()
        };
        let choice = choose("script=http://it/p.pac?key=secret", &mut network, "https://h.test/");
        let Some(Route::Unusable(error)) = choice.routes().first().map(|routed| &routed.route) else {
            panic!("{choice}")
        };
        assert_eq!(
            error.to_string(),
            format!("the proxy script `http://it/p.pac` of `HKCU AutoConfigURL` gives no answer: {why}")
        );
    }
}

#[test]
fn a_script_is_not_asked_about_what_never_has_a_proxy() {
    for (text, url) in [
        (ALL, "http://127.0.0.1/"),
        (ALL, "http://localhost/"),
        (ALL, "file:///x"),
    ] {
        let mut network = Network::default();
        let choice = choose(text, &mut network, url);
        assert!(choice.to_string().starts_with("direct"), "{url}: {choice}");
        assert!(network.asked.is_empty(), "{url}: {:?}", network.asked);
    }
    // The list's exceptions are not the script's, but GNOME's are.
    for (place, expected) in [(Place::CurrentUser, 1), (Place::Gnome, 0)] {
        let mut settings = settings("script=http://it/p.pac but=h.listed");
        settings.place = place;
        settings.rules = place.rules();
        let mut network = Network {
            answers: &[("http://it/p.pac", "PROXY s")],
            ..Network::default()
        };
        let config = ProxyConfig::direct().with_system(settings);
        let _choice = config.choose_with(&Url::parse("http://h.listed/").unwrap(), &mut network);
        assert_eq!(network.asked.len(), expected, "{place:?}");
    }
}

#[test]
fn a_source_before_the_systems_keeps_scripts_silent() {
    for config in [
        ProxyConfig::direct().with_proxy("p"),
        ProxyConfig::direct().with_no_proxy("h.test"),
        ProxyConfig::from_vars([("https_proxy", "p")]),
    ] {
        let mut network = Network::default();
        let config = config.with_system(settings(ALL));
        let _choice = config.choose_with(&Url::parse("https://h.test/").unwrap(), &mut network);
        assert!(network.asked.is_empty(), "{config:?}");
    }
}

#[test]
fn what_whoever_answered_names_is_not_trusted_by_https_either() {
    for (text, detected, trusted) in [
        ("detect", Some("http://wpad/wpad.dat"), false),
        // DHCP may name any address, a stranger's with a valid certificate too.
        ("detect", Some("https://wpad.evil.test/wpad.dat"), false),
        ("script=http://it/p.pac", None, true),
        ("detect script=http://it/p.pac", None, true),
        ("detect list=q", None, true),
    ] {
        let mut network = Network {
            detected: detected.map(Ok),
            answers: &[
                ("http://wpad/wpad.dat", "PROXY w"),
                ("https://wpad.evil.test/wpad.dat", "PROXY w"),
                ("http://it/p.pac", "PROXY s"),
            ],
            asked: Vec::new(),
        };
        let choice = choose(text, &mut network, "https://h.test/");
        let reasons: Vec<bool> = choice
            .routes()
            .iter()
            .map(|routed| routed.reason.is_trusted())
            .collect();
        assert_eq!(reasons, [trusted], "{text} {detected:?}");
    }
}

#[test]
fn who_was_missed_is_told_as_data_too() {
    let mut network = Network {
        answers: &[("http://it/p.pac", "-status 404")],
        ..Network::default()
    };
    let choice = choose("detect script=http://it/p.pac list=q", &mut network, "https://h.test/");
    let missed = choice.routes().first().map(|routed| routed.reason.missed());
    let missed: Vec<bool> = missed.unwrap().iter().map(|missed| missed.script().is_some()).collect();
    assert_eq!(missed, [false, true]);
}
