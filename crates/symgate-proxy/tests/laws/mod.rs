//! Laws of proxy settings, each over arbitrary bytes, through the public API only: for property
//! tests, fuzz targets and stored inputs alike. A broken law panics.

use std::sync::Arc;

use symgate_proxy::{
    Bypass, BypassList, BypassRules, Choice, LineRemark, NoProxy, Note, PacResult, Place, ProxyConfig, ProxyList,
    Remark, Route, Routed, Script, ScriptError, Scripts, Sense, Switch, SystemSettings, Unusable,
};
use url::Url;

/// Each entry of a proxy list is in the list or refused once, at its place.
pub(crate) fn proxy_list_loses_nothing(bytes: &[u8]) {
    let value = String::from_utf8_lossy(bytes);
    let (list, remarks) = ProxyList::parse(&value);
    accounts_for_every_word(&value, ';', list.len(), &remarks);
    for scheme in ["http", "https", "ftp", "other"] {
        assert!(list.serving(scheme).count() <= list.len());
        assert!(list.serving(scheme).all(|proxy| proxy.port() != 0));
    }
}

/// Each entry of a list of exceptions is in the list or refused once, at its place.
pub(crate) fn no_proxy_list_loses_nothing(bytes: &[u8]) {
    let value = String::from_utf8_lossy(bytes);
    let (list, remarks) = NoProxy::parse(&value);
    accounts_for_every_word(&value, ',', list.len(), &remarks);
}

/// The rule sets of the systems' lists, each with its separator.
const RULES: [(BypassRules, char); 4] = [
    (BypassRules::WinInet, ';'),
    (BypassRules::WinHttp, ';'),
    (BypassRules::Gnome, ','),
    (BypassRules::Kde, ','),
];

/// Each entry of a system's list is in the list or refused once, at its place; what is implied holds unless the list
/// takes it back, and taking it back changes nothing for other hosts. Input: list and URL, by line.
pub(crate) fn bypass_list_loses_nothing(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (value, url) = text.split_once('\n').unwrap_or((&text, "http://localhost/"));
    let Ok(url) = Url::parse(url) else { return };
    for (rules, separator) in RULES {
        let (list, remarks) = BypassList::parse(value, rules);
        accounts_for_every_word(value, separator, list.len(), &remarks);
        let found = list.matching(&url).map(|bypass| bypass.to_string());
        let implied = BypassList::parse("", rules).0.matching(&url).is_some();
        if implied && !value.to_ascii_lowercase().contains("<-loopback>") {
            assert!(found.is_some(), "`{value}` by {rules:?} for {url}");
        }
        let more = format!("{value}{separator}<-loopback>");
        let after = BypassList::parse(&more, rules).0.matching(&url).map(|b| b.to_string());
        assert_eq!(after, found.filter(|_| !implied), "`{more}` by {rules:?} for {url}");
    }
}

/// Each entry of a script's answer is a route or refused once, in order; there is always a route, and
/// it is direct only when the answer says so or says nothing.
pub(crate) fn pac_result_loses_nothing(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let result = PacResult::parse(&text);
    let blank = |c: char| c.is_ascii_whitespace();
    let written: Vec<&str> = text
        .split(';')
        .map(|entry| entry.trim_matches(blank))
        .filter(|entry| !entry.is_empty())
        .collect();
    let routes = match result.routes() {
        [Route::Unusable(Unusable::NoValidAnswer)] => 0,
        [Route::Direct] if written.is_empty() => 0,
        routes => routes.len(),
    };
    assert!(!result.routes().is_empty());
    assert_eq!(routes + result.remarks().len(), written.len(), "`{text}`");
    let direct = result.routes().iter().any(|route| matches!(route, Route::Direct));
    let asked = written.iter().any(|entry| entry.eq_ignore_ascii_case("direct"));
    assert_eq!(direct, asked || written.is_empty(), "`{text}`");
    let offsets: Vec<usize> = result.remarks().iter().map(|remark| remark.offset).collect();
    assert!(offsets.is_sorted_by(|a, b| a < b), "`{text}`: {offsets:?}");
    for offset in offsets {
        let begins = text.get(offset..).is_some_and(|rest| !rest.starts_with(blank));
        let before = text.get(..offset).map(|before| before.trim_end_matches(blank));
        assert!(
            begins && before.is_some_and(|before| before.is_empty() || before.ends_with(';')),
            "`{text}`: {offset}"
        );
    }
}

/// Every configuration has an answer for every URL, the same each time, and a host that `NO_PROXY`
/// excepts is never sent to a proxy of the environment. Input: value, exceptions and URL, by line.
pub(crate) fn choosing_is_total(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let value = lines.next().unwrap_or_default();
    let exceptions = lines.next().unwrap_or_default();
    let Ok(url) = Url::parse(lines.next().unwrap_or("https://host.corp.com/")) else {
        return;
    };

    for name in ["http_proxy", "https_proxy", "all_proxy", "_NT_SYMBOL_PROXY"] {
        let config = ProxyConfig::from_vars([(name, value), ("no_proxy", exceptions)]);
        let choice = config.choose(&url);
        assert!(!choice.routes().is_empty());
        assert_eq!(choice.to_string(), config.choose(&url).to_string());
        let bypassed = NoProxy::parse(exceptions).0.matching(&url).is_some();
        if bypassed && name != "_NT_SYMBOL_PROXY" {
            assert!(is_direct(&choice), "{choice}");
        }
        let unset = value.trim_ascii().is_empty();
        if name == "_NT_SYMBOL_PROXY" && !unset && ProxyList::parse(value).0.is_empty() {
            assert!(!is_direct(&choice) || !url.has_host(), "{choice}");
        }
        assert!(!bypassed || is_direct(&config.with_no_proxy(exceptions).choose(&url)));
    }
    system_is_followed(value, exceptions, &url);
}

/// The same for the system's settings: a host that they except never goes to their proxy, what cannot be followed is
/// never direct, and what is switched off is never a proxy.
fn system_is_followed(value: &str, exceptions: &str, url: &Url) {
    for place in [
        Place::CurrentUser,
        Place::WinHttp,
        Place::File,
        Place::Gnome,
        Place::Kde,
    ] {
        let mut settings = SystemSettings::new(place);
        settings.proxies = value.to_owned();
        settings.exceptions = exceptions.to_owned();
        let choose = |settings: &SystemSettings| {
            let config = ProxyConfig::direct().with_system(settings.clone());
            let choice = config.choose(url);
            assert!(!choice.routes().is_empty());
            assert_eq!(choice.to_string(), config.choose(url).to_string());
            choice
        };
        assert!(is_direct(&choose(&settings)), "{settings:?}");

        settings.manual = Switch::On;
        let list = BypassList::parse(exceptions, settings.rules).0;
        let bypassed = list.matching(url);
        let implied = matches!(bypassed, Some(Bypass::Implied));
        let choice = choose(&settings);
        assert!(bypassed.is_none() || is_direct(&choice), "{choice}");
        let unset = value.trim_ascii().is_empty();
        if bypassed.is_none() && url.has_host() && !unset && ProxyList::parse(value).0.is_empty() {
            assert!(!is_direct(&choice), "{choice}");
        }
        settings.sense = Sense::Proxied;
        let choice = choose(&settings);
        assert!(is_direct(&choice) || (bypassed.is_some() && !implied), "{choice}");

        settings.sense = Sense::Direct;
        settings.script = value.to_owned();
        let choice = choose(&settings);
        if url.has_host() && bypassed.is_none() && !unset {
            assert!(matches!(choice.routes()[0].route, Route::Unusable(_)), "{choice}");
        }
        settings.auto_detect = Switch::On;
        let choice = choose(&settings);
        // Nobody looks for a script here: it is an error, or said where Windows may want it without anybody's word.
        let Routed { route, reason } = &choice.routes()[0];
        let told = matches!(route, Route::Unusable(_)) || !reason.missed().is_empty();
        assert!(told || !url.has_host() || bypassed.is_some(), "{choice}");
        scripts_are_followed(&settings, value, url);
    }
}

/// A script whose word each choice wants, and which has one answer.
struct Answering<'a>(Result<&'a str, ScriptError>);

impl Scripts for Answering<'_> {
    fn detect(&mut self) -> Result<Arc<Script>, String> {
        match &self.0 {
            Err(ScriptError::NotGot(why)) => Err(why.clone()),
            Ok(_) | Err(ScriptError::NoAnswer(_)) => {
                Ok(Arc::new(Script::parse("http://wpad/wpad.dat").expect("a URL")))
            }
        }
    }

    fn find(&mut self, _: &Arc<Script>, _: &Url) -> Result<PacResult, ScriptError> {
        self.0.clone().map(PacResult::parse)
    }
}

/// What a detected script says is the choice, whatever else is set; one that gives no answer leaves no way; and without
/// it the choice is that of the settings without detection and script.
fn scripts_are_followed(settings: &SystemSettings, value: &str, url: &Url) {
    let mut settings = settings.clone();
    settings.script = String::new();
    let config = ProxyConfig::direct().with_system(settings.clone());
    settings.auto_detect = Switch::Off;
    let without = ProxyConfig::direct().with_system(settings).choose(url);
    let asks = |choice: &Choice| {
        let first = &choice.routes()[0];
        matches!(first.route, Route::Unusable(Unusable::AutoDetect(_))) || !first.reason.missed().is_empty()
    };
    if !asks(&config.choose(url)) {
        // Excepted, or without a host: no script is asked, whatever it would say.
        let choice = config.choose_with(url, &mut Answering(Ok("PROXY never")));
        assert_eq!(choice.to_string(), config.choose(url).to_string());
        return;
    }
    let routes = |choice: &Choice| {
        choice
            .routes()
            .iter()
            .map(|routed| routed.route.to_string())
            .collect::<Vec<_>>()
    };
    let answer = value.replace(',', "; PROXY ");
    let choose = |answer: Result<&str, ScriptError>| {
        let choice = config.choose_with(url, &mut Answering(answer.clone()));
        let again = config.choose_with(url, &mut Answering(answer));
        assert_eq!(choice.to_string(), again.to_string());
        choice
    };
    let said: Vec<String> = PacResult::parse(&answer)
        .routes()
        .iter()
        .map(|route| route.to_string())
        .collect();
    assert_eq!(routes(&choose(Ok(&answer))), said, "`{answer}`");
    assert_eq!(routes(&choose(Err(ScriptError::NoAnswer(String::new())))), ["unusable"]);
    let missed = choose(Err(ScriptError::NotGot("nobody there".to_owned())));
    assert_eq!(routes(&missed), routes(&without));
    assert!(
        missed.routes().iter().all(|routed| !routed.reason.missed().is_empty()),
        "{missed}"
    );
}

/// Any bytes are settings or no settings, each remark is about one line, and the same values mean the same in an export
/// and in an ini file. Input: a file; its first four lines are the values too.
pub(crate) fn settings_file_loses_nothing(bytes: &[u8]) {
    let url = Url::parse("https://host.corp.com/").expect("a URL");
    if let Ok((settings, remarks)) = SystemSettings::from_file(bytes) {
        are_in_order(&remarks, bytes.iter().filter(|byte| **byte == b'\n').count() + 1);
        assert!(
            !ProxyConfig::direct()
                .with_system(settings)
                .choose(&url)
                .routes()
                .is_empty()
        );
    }

    let text = String::from_utf8_lossy(bytes);
    let mut values = text.lines().map(|line| line.replace(|c: char| c.is_control(), " "));
    let [proxies, exceptions, script, numbers] = std::array::from_fn(|_| values.next().unwrap_or_default());
    let (enable, detect) = (numbers.len() & 1, numbers.len() >> 1 & 1);
    let ini = format!(
        "ProxyServer=\"{proxies}\"\nProxyOverride=\"{exceptions}\"\nAutoConfigURL=\"{script}\"\n\
         ProxyEnable={enable}\nAutoDetect={detect}\n"
    );
    let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let export = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n\
         [HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n\
         \"ProxyServer\"=\"{}\"\r\n\"ProxyOverride\"=\"{}\"\r\n\"AutoConfigURL\"=\"{}\"\r\n\
         \"ProxyEnable\"=dword:{enable:08x}\r\n\"AutoDetect\"=dword:{detect:08x}\r\n",
        escape(&proxies),
        escape(&exceptions),
        escape(&script),
    );
    let mut wide = b"\xff\xfe".to_vec();
    wide.extend(export.encode_utf16().flat_map(u16::to_le_bytes));
    for file in [ini.as_bytes(), export.as_bytes(), &wide] {
        if file.len() > 1 << 20 {
            continue;
        }
        let (settings, remarks) = SystemSettings::from_file(file).expect("five names");
        assert_eq!(remarks, []);
        assert_eq!(settings.proxies, proxies);
        assert_eq!(settings.exceptions, exceptions);
        assert_eq!(settings.script, script);
        assert_eq!(settings.manual == Switch::On, enable == 1);
        assert_eq!(settings.auto_detect == Switch::On, detect == 1);
    }
}

/// Any bytes are a `kioslaverc` and an output of `gsettings`, or none; each remark is about one line; and a proxy that is
/// set is followed or an error, never direct. Input: a file; its first two lines are a proxy and the exceptions too.
pub(crate) fn desktop_settings_lose_nothing(bytes: &[u8]) {
    let url = Url::parse("http://host.corp.com/").expect("a URL");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let variable = |name: &str| Some(name.chars().rev().collect());
    let read = [
        SystemSettings::from_kioslaverc(bytes, variable),
        SystemSettings::from_gsettings(bytes),
    ];
    for (settings, remarks) in read.into_iter().flatten() {
        are_in_order(&remarks, lines);
        assert!(
            !ProxyConfig::direct()
                .with_system(settings)
                .choose(&url)
                .routes()
                .is_empty()
        );
    }

    let text = String::from_utf8_lossy(bytes);
    let (proxy, exceptions) = text.split_once('\n').unwrap_or((&text, ""));
    for settings in [in_kde(proxy, exceptions), in_gnome(proxy, exceptions)]
        .into_iter()
        .flatten()
    {
        let bypassed = BypassList::parse(&settings.exceptions, settings.rules)
            .0
            .matching(&url)
            .is_some();
        // `//:` is how old versions of KDE write none.
        let unset = match proxy.trim_ascii() {
            "//:" => settings.place == Place::Kde,
            other => other.is_empty(),
        };
        let choice = ProxyConfig::direct().with_system(settings).choose(&url);
        assert_eq!(
            is_direct(&choice),
            bypassed || unset,
            "`{proxy}`, `{exceptions}`: {choice}"
        );
    }
}

/// A manual proxy as KDE writes it; `None` when it is too large.
fn in_kde(proxy: &str, exceptions: &str) -> Option<SystemSettings> {
    let escape = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        value.replace('\t', "\\t").replace(' ', "\\s")
    };
    let (proxy, exceptions) = (escape(proxy), escape(exceptions));
    let text = format!("[Proxy Settings]\nProxyType=1\nhttpProxy={proxy}\nNoProxyFor={exceptions}\n");
    let (settings, remarks) = SystemSettings::from_kioslaverc(text.as_bytes(), |_| None).ok()?;
    assert_eq!(remarks, []);
    Some(settings)
}

/// The same as GNOME prints it.
fn in_gnome(proxy: &str, exceptions: &str) -> Option<SystemSettings> {
    let quote = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        format!("'{}'", value.replace('\n', "\\n").replace('\r', "\\r"))
    };
    let (proxy, exceptions) = (quote(proxy), quote(exceptions));
    let schema = "org.gnome.system.proxy";
    let text = format!("{schema} mode 'manual'\n{schema} ignore-hosts [{exceptions}]\n{schema}.http host {proxy}\n");
    let (settings, remarks) = SystemSettings::from_gsettings(text.as_bytes()).ok()?;
    assert_eq!(remarks, []);
    Some(settings)
}

/// Each remark is about a line of its own.
fn are_in_order(remarks: &[LineRemark], lines: usize) {
    assert!(remarks.is_sorted_by(|a, b| a.line < b.line), "{remarks:?}");
    assert!(
        remarks.iter().all(|remark| (1..=lines).contains(&remark.line)),
        "{remarks:?}"
    );
}

/// Nothing that can be printed depends on a user or a password. The bytes become what stands around them.
pub(crate) fn nothing_printed_depends_on_a_password(bytes: &[u8]) {
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let before = String::from_utf8_lossy(before);
    let after = String::from_utf8_lossy(after);
    let value = |user, password| format!("{before}//{user}:{password}@{after}");
    let url = Url::parse("https://host.test/").expect("a URL");
    assert_eq!(
        printed(&value("us3rqzx", "s3cr3tqz"), &url),
        printed(&value("n0b0dyx", "pa55w0rd"), &url),
    );
}

/// Nothing that can be printed holds one of `secrets`, whatever setting holds `value`.
pub(crate) fn nothing_printed_holds(secrets: &[String], value: &str, url: &Url) {
    let printed = printed(value, url).to_lowercase();
    for secret in secrets {
        assert!(
            !printed.contains(&secret.to_lowercase()),
            "`{secret}` of `{value}` in {printed}"
        );
    }
}

/// All that can be printed of `value` in any setting.
fn printed(value: &str, url: &Url) -> String {
    let mut printed = String::new();
    for name in ["https_proxy", "ALL_PROXY", "HTTP_PROXY", "_NT_SYMBOL_PROXY"] {
        print(&mut printed, &ProxyConfig::from_vars([(name, value)]), url);
    }
    print(&mut printed, &ProxyConfig::direct().with_proxy(value), url);
    let mut settings = SystemSettings::new(Place::Kde);
    settings.manual = Switch::On;
    settings.proxies = value.to_owned();
    print(&mut printed, &ProxyConfig::direct().with_system(settings.clone()), url);
    settings.script = value.to_owned();
    printed.push_str(&format!("{settings:?} "));
    print(&mut printed, &ProxyConfig::direct().with_system(settings), url);
    for settings in [in_kde(value, ""), in_gnome(value, "")].into_iter().flatten() {
        print(&mut printed, &ProxyConfig::direct().with_system(settings), url);
    }
    let (list, remarks) = ProxyList::parse(value);
    printed.push_str(&format!("{list:?} {remarks:?}"));
    printed
}

fn print(printed: &mut String, config: &ProxyConfig, url: &Url) {
    let choice = config.choose(url);
    printed.push_str(&format!("{config:?} {choice:?} {choice} "));
    for routed in &choice {
        printed.push_str(&format!("{:?} {} {} ", routed.route, routed.route, routed.reason));
        if let Route::Unusable(error) = &routed.route {
            printed.push_str(&error.to_string());
        }
    }
    for warning in config.warnings() {
        printed.push_str(&format!("{warning:?} {warning} "));
    }
}

fn is_direct(choice: &Choice) -> bool {
    choice
        .routes()
        .iter()
        .all(|routed| matches!(routed.route, Route::Direct))
}

/// Counts the words of `value` on its own and compares their places with what was refused.
fn accounts_for_every_word(value: &str, separator: char, valid: usize, remarks: &[Remark]) {
    let is_separator = |c: char| c == separator || c.is_ascii_whitespace();
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, c) in value.char_indices() {
        if !is_separator(c) && !inside {
            starts.push(at);
        }
        inside = !is_separator(c);
    }
    let refused: Vec<usize> = remarks
        .iter()
        .filter(|remark| matches!(remark.note, Note::Refused(_)))
        .map(|remark| remark.offset)
        .collect();
    assert_eq!(valid + refused.len(), starts.len(), "`{value}`");
    assert!(refused.is_sorted_by(|a, b| a < b), "`{value}`: {refused:?}");
    assert!(
        remarks.iter().all(|remark| starts.contains(&remark.offset)),
        "`{value}`: {remarks:?}"
    );
}
