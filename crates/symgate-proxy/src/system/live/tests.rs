//! Whole systems, as their settings were recorded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use url::Url;

use super::*;
use crate::ProxyConfig;
use crate::setting::Place;

/// A machine that says what was written down.
struct Recorded {
    family: Family,
    registry: HashMap<(String, String), Registered>,
    printed: HashMap<String, Vec<u8>>,
    files: HashMap<PathBuf, Vec<u8>>,
    variables: HashMap<String, String>,
}

impl Recorded {
    fn new(family: Family) -> Self {
        Self {
            family,
            registry: HashMap::new(),
            printed: HashMap::new(),
            files: HashMap::new(),
            variables: HashMap::new(),
        }
    }

    fn with_value(mut self, key: &str, name: &str, value: Registered) -> Self {
        self.registry.insert((key.to_owned(), name.to_owned()), value);
        self
    }

    fn with_text(self, key: &str, name: &str, value: &str) -> Self {
        self.with_value(key, name, Registered::Text(value.to_owned()))
    }

    fn with_number(self, key: &str, name: &str, value: u32) -> Self {
        self.with_value(key, name, Registered::Number(value))
    }

    fn with_printed(mut self, program: &str, text: &str) -> Self {
        self.printed.insert(program.to_owned(), text.into());
        self
    }

    fn with_file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn check(&self, readings: &[&str], url: &str, choice: &str) {
        let config = ProxyConfig::direct().with_read(Live::read(self));
        let found: Vec<_> = config.sources().iter().map(ToString::to_string).collect();
        assert_eq!(found, readings);
        assert_eq!(config.choose(&Url::parse(url).unwrap()).to_string(), choice);
    }
}

impl Machine for Recorded {
    fn family(&self) -> Family {
        self.family
    }
    fn registered(&self, key: &str, name: &str) -> Option<Registered> {
        self.registry.get(&(key.to_owned(), name.to_owned())).cloned()
    }
    fn keys_below(&self, key: &str) -> Vec<String> {
        let below = self
            .registry
            .keys()
            .filter_map(|(other, _)| other.strip_prefix(key)?.strip_prefix('\\'));
        below.map(str::to_owned).collect()
    }
    fn printed(&self, program: &str, _: &[&str]) -> Result<Vec<u8>, String> {
        self.printed.get(program).cloned().ok_or_else(|| "not there".to_owned())
    }
    fn file(&self, path: &Path) -> Option<Result<Vec<u8>, String>> {
        self.files.get(path).cloned().map(Ok)
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

const SECRETS: [&str; 3] = ["S3cret", "alice", "hunter"];

#[test]
fn what_was_not_understood_is_counted_and_not_shown() {
    for (place, exceptions, shown) in [
        (
            Place::CurrentUser,
            "http://alice:S3cret@h;<local>",
            "<local>;(1 not understood)",
        ),
        (Place::WinHttp, "alice:S3cret@h hunter@h", "(2 not understood)"),
        (
            Place::MacOs,
            "*.corp.com;alice:S3cret@h",
            "*.corp.com;(1 not understood)",
        ),
        (Place::Gnome, "alice:S3cret@h,corp.com", "corp.com,(1 not understood)"),
        (
            Place::Kde,
            "a.test,http://alice:S3cret@h/,b.test",
            "a.test,b.test,(1 not understood)",
        ),
    ] {
        let mut settings = SystemSettings::new(place);
        settings.manual = Switch::On;
        settings.proxies = "alice:S3cret@p:1".to_owned();
        settings.exceptions = exceptions.to_owned();
        let told = ProxyConfig::direct().with_system(settings).sources();
        let [reading] = told.as_slice() else { panic!("{told:?}") };
        assert!(reading.to_string().ends_with(&format!("={shown}")), "{reading}");
        assert!(
            !SECRETS
                .iter()
                .any(|secret| format!("{told:?} {reading}").contains(secret)),
            "{reading}"
        );
    }
}

#[test]
fn an_option_without_a_valid_proxy_says_so() {
    let told = ProxyConfig::direct().with_proxy("http://alice:S3cret@").sources();
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["--proxy: (not understood)"]);
}

const USER: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const MACHINE: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const POLICY: &str = r"HKLM\Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";

fn blob(flags: u32, texts: &[&str]) -> Registered {
    let mut bytes = Vec::new();
    for number in [0x46, 1, flags] {
        bytes.extend(u32::to_le_bytes(number));
    }
    for text in texts {
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    Registered::Bytes(bytes)
}

#[test]
fn internet_options_with_a_list_for_each_protocol() {
    Recorded::new(Family::Windows)
        .with_number(USER, "ProxyEnable", 1)
        .with_text(USER, "ProxyServer", "http=a:80;https=b:81")
        .with_text(USER, "ProxyOverride", "*.corp.com;<local>")
        .with_number(USER, "AutoDetect", 0)
        .check(
            &[
                "Internet Options (HKCU): ProxyServer=http=a:80;https=b:81, ProxyOverride=*.corp.com;<local>",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "http://b:81 (HKCU ProxyServer `https=b:81`)",
        );
}

#[test]
fn proxies_that_are_switched_off_are_named_and_do_not_count() {
    Recorded::new(Family::Windows)
        .with_number(USER, "ProxyEnable", 0)
        .with_text(USER, "ProxyServer", "old:80")
        .check(
            &[
                "Internet Options (HKCU): ProxyServer=old:80 (off)",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "direct (no proxy configured)",
        );
}

#[test]
fn a_script_of_internet_options() {
    Recorded::new(Family::Windows)
        .with_number(USER, "ProxyEnable", 0)
        .with_text(
            USER,
            "AutoConfigURL",
            "http://u:S3cret@it.corp.com/proxy.pac?key=S3cret",
        )
        .check(
            &[
                "Internet Options (HKCU): AutoConfigURL=http://it.corp.com/proxy.pac",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "unusable (HKCU AutoConfigURL)",
        );
}

#[test]
fn where_nothing_else_is_written_the_binary_value_counts() {
    let connections = format!(r"{USER}\Connections");
    Recorded::new(Family::Windows)
        .with_value(
            &connections,
            "DefaultConnectionSettings",
            blob(3, &["p:8080", "<local>", ""]),
        )
        .check(
            &[
                "Internet Options (HKCU): ProxyServer=p:8080, ProxyOverride=<local>",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "http://p:8080 (HKCU ProxyServer `p:8080`)",
        );
    Recorded::new(Family::Windows)
        .with_value(&connections, "DefaultConnectionSettings", blob(9, &["", "", ""]))
        .check(
            &["Internet Options (HKCU): AutoDetect=on", "WinHTTP (HKLM): nothing set"],
            "https://h.test/",
            "direct (no proxy configured; no script found by HKCU AutoDetect: this program does not look for one)",
        );
    Recorded::new(Family::Windows)
        .with_value(
            &connections,
            "DefaultConnectionSettings",
            Registered::Bytes(vec![0x46, 0, 0]),
        )
        .check(
            &[
                "Internet Options (HKCU): cannot be read: `DefaultConnectionSettings` is cut short",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "direct (no proxy configured; Internet Options (HKCU): cannot be read: `DefaultConnectionSettings` is cut \
             short)",
        );
}

/// `ProxyEnable` = 0 is there from the first day on; programs that write the binary value alone are common.
#[test]
fn the_binary_value_counts_for_each_value_that_is_not_there() {
    let connections = format!(r"{USER}\Connections");
    let with = |flags, texts: &[&str]| {
        Recorded::new(Family::Windows).with_value(&connections, "DefaultConnectionSettings", blob(flags, texts))
    };
    let winhttp = "WinHTTP (HKLM): nothing set";
    with(5, &["", "", "http://it/p.pac"])
        .with_number(USER, "ProxyEnable", 0)
        .check(
            &["Internet Options (HKCU): AutoConfigURL=http://it/p.pac", winhttp],
            "https://h.test/",
            "unusable (HKCU AutoConfigURL)",
        );
    with(3, &["blob:1", "b.test", ""])
        .with_text(USER, "ProxyServer", "plain:2")
        .check(
            &[
                "Internet Options (HKCU): ProxyServer=plain:2, ProxyOverride=b.test",
                winhttp,
            ],
            "https://h.test/",
            "http://plain:2 (HKCU ProxyServer `plain:2`)",
        );
    with(3, &["blob:1", "", ""]).with_number(USER, "ProxyEnable", 1).check(
        &["Internet Options (HKCU): ProxyServer=blob:1", winhttp],
        "https://h.test/",
        "http://blob:1 (HKCU ProxyServer `blob:1`)",
    );
    // A script that is kept in it without its flag does not count.
    with(1, &["", "", "http://old/p.pac"]).check(
        &["Internet Options (HKCU): nothing set", winhttp],
        "https://h.test/",
        "direct (no proxy configured)",
    );
}

#[test]
fn a_cut_binary_value_does_not_hide_what_is_written_plainly() {
    Recorded::new(Family::Windows)
        .with_number(USER, "ProxyEnable", 1)
        .with_text(USER, "ProxyServer", "p:80")
        .with_value(
            &format!(r"{USER}\Connections"),
            "DefaultConnectionSettings",
            Registered::Bytes(vec![0x46, 0, 0]),
        )
        .check(
            &[
                "Internet Options (HKCU): ProxyServer=p:80",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "http://p:80 (HKCU ProxyServer `p:80`)",
        );
}

#[test]
fn winhttp_speaks_where_nobody_chose_anything_and_detection_finds_nothing() {
    let machine = |flags| {
        Recorded::new(Family::Windows)
            .with_number(USER, "ProxyEnable", 0)
            .with_value(
                &format!(r"{USER}\Connections"),
                "DefaultConnectionSettings",
                blob(9, &["", "", ""]),
            )
            .with_value(
                &format!(r"{MACHINE}\Connections"),
                "WinHttpSettings",
                blob(flags, &["w:8080", "", "http://it/w.pac"]),
            )
    };
    machine(3).check(
        &[
            "Internet Options (HKCU): AutoDetect=on",
            "WinHTTP (HKLM): proxy-server=w:8080",
        ],
        "https://h.test/",
        "http://w:8080 (WinHTTP proxy-server `w:8080`; no script found by HKCU AutoDetect: this program does not look \
         for one)",
    );
    machine(5).check(
        &[
            "Internet Options (HKCU): AutoDetect=on",
            "WinHTTP (HKLM): AutoconfigUrl=http://it/w.pac, proxy-server=w:8080 (off)",
        ],
        "https://h.test/",
        "unusable (WinHTTP AutoconfigUrl; no script found by HKCU AutoDetect: this program does not look for one)",
    );
    // What somebody has chosen is not mixed with it.
    machine(3).with_text(USER, "AutoConfigURL", "http://it/u.pac").check(
        &[
            "Internet Options (HKCU): AutoDetect=on, AutoConfigURL=http://it/u.pac",
            "WinHTTP (HKLM): proxy-server=w:8080",
        ],
        "https://h.test/",
        "unusable (HKCU AutoConfigURL; no script found by HKCU AutoDetect: this program does not look for one)",
    );
}

#[test]
fn a_policy_makes_the_machines_settings_count() {
    Recorded::new(Family::Windows)
        .with_number(POLICY, "ProxySettingsPerUser", 0)
        .with_number(USER, "ProxyEnable", 1)
        .with_text(USER, "ProxyServer", "users:80")
        .with_number(MACHINE, "ProxyEnable", 1)
        .with_text(MACHINE, "ProxyServer", "machines:80")
        .check(
            &[
                "Internet Options by group policy (HKLM): ProxyServer=machines:80",
                "WinHTTP (HKLM): nothing set",
            ],
            "https://h.test/",
            "http://machines:80 (HKLM ProxyServer `machines:80`)",
        );
}

#[test]
fn winhttp_speaks_where_internet_options_are_silent() {
    let connections = format!(r"{MACHINE}\Connections");
    let winhttp = |machine: Recorded| {
        machine.with_value(
            &connections,
            "WinHttpSettings",
            blob(3, &["w:8080", "*.corp.com;<local>"]),
        )
    };
    winhttp(Recorded::new(Family::Windows)).check(
        &[
            "Internet Options (HKCU): nothing set",
            "WinHTTP (HKLM): proxy-server=w:8080, bypass-list=*.corp.com;<local>",
        ],
        "https://h.test/",
        "http://w:8080 (WinHTTP proxy-server `w:8080`)",
    );
    winhttp(
        Recorded::new(Family::Windows)
            .with_number(USER, "ProxyEnable", 1)
            .with_text(USER, "ProxyServer", "u:80"),
    )
    .check(
        &[
            "Internet Options (HKCU): ProxyServer=u:80",
            "WinHTTP (HKLM): proxy-server=w:8080, bypass-list=*.corp.com;<local>",
        ],
        "https://h.test/",
        "http://u:80 (HKCU ProxyServer `u:80`)",
    );
}

const SCUTIL: &str = "<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : build.corp.com
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : proxy.corp.com
  HTTPSEnable : 1
  HTTPSPort : 3129
  HTTPSProxy : 2001:db8::1
  ProxyAutoConfigEnable : 0
  ProxyAutoConfigURLString : http://old/p.pac
  SOCKSEnable : 0
  SOCKSProxy : s
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      ExceptionsList : <array> {
        0 : *.inner
      }
      HTTPEnable : 1
      HTTPPort : 1
      HTTPProxy : inner
    }
  }
}
";

#[test]
fn the_dictionary_of_macos() {
    let machine = Recorded::new(Family::MacOs).with_printed("/usr/sbin/scutil", SCUTIL);
    let reading = "System Configuration (macOS): proxies=http=proxy.corp.com:3128;https=[2001:db8::1]:3129, \
                   ExceptionsList=*.local;169.254.0.0/16;build.corp.com;<local>";
    machine.check(
        &[reading],
        "https://h.test/",
        "http://[2001:db8::1]:3129 (macOS proxies `https=[2001:db8::1]:3129`)",
    );
    machine.check(
        &[reading],
        "http://build/",
        "direct (macOS ExceptionsList entry `<local>`)",
    );
    machine.check(
        &[reading],
        "http://a.inner/",
        "http://proxy.corp.com:3128 (macOS proxies `http=proxy.corp.com:3128`)",
    );
    Recorded::new(Family::MacOs)
        .with_printed(
            "/usr/sbin/scutil",
            "<dictionary> {\n  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : http://it/p.pac\n}\n",
        )
        .check(
            &["System Configuration (macOS): ProxyAutoConfigURLString=http://it/p.pac"],
            "https://h.test/",
            "unusable (macOS ProxyAutoConfigURLString)",
        );
    Recorded::new(Family::MacOs)
        .with_printed("/usr/sbin/scutil", "<dictionary> {\n}\n")
        .check(
            &["System Configuration (macOS): nothing set"],
            "https://h.test/",
            "direct (no proxy configured)",
        );
    Recorded::new(Family::MacOs).check(
        &["System Configuration (macOS): cannot be read: not there"],
        "https://h.test/",
        "direct (no proxy configured; System Configuration (macOS): cannot be read: not there)",
    );
}

const GSETTINGS: &str = "org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.corp.com']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password 'S3cret'
org.gnome.system.proxy.http authentication-user 'alice'
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host 'proxy.corp.com'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.http use-authentication true
org.gnome.system.proxy.https host ''
org.gnome.system.proxy.https port 0
org.gnome.system.proxy.socks host ''
org.gnome.system.proxy.socks port 0
";

#[test]
fn the_desktop_of_the_session_says_whom_to_ask() {
    let machine = |desktop: &str| {
        Recorded::new(Family::Unix)
            .with_printed("gsettings", GSETTINGS)
            .with_file(
                "/home/a/.config/kioslaverc",
                "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://k 81\n",
            )
            .with_variable("HOME", "/home/a")
            .with_variable("XDG_CURRENT_DESKTOP", desktop)
    };
    for desktop in ["GNOME", "ubuntu:GNOME", "X-Cinnamon", "XFCE"] {
        let live = Live::read(&machine(desktop));
        let [
            Reading {
                source,
                said: Said::Values(values),
            },
        ] = live.readings.as_slice()
        else {
            panic!("{desktop}: {:?}", live.readings);
        };
        assert_eq!(*source, "GNOME (gsettings)");
        let told = format!("{values:?}");
        assert!(
            told.contains("proxy.corp.com:3128") && !told.contains("S3cret"),
            "{told}"
        );
    }
    machine("KDE").check(
        &["KDE (kioslaverc): https=k:81"],
        "https://h.test/",
        "http://k:81 (kioslaverc `https=k:81`)",
    );
    machine("sway").check(&[], "https://h.test/", "direct (no proxy configured)");
    machine("").check(&[], "https://h.test/", "direct (no proxy configured)");
}

#[test]
fn the_users_file_of_kde_counts_more_than_the_systems() {
    let machine = Recorded::new(Family::Unix)
        .with_variable("XDG_CURRENT_DESKTOP", "KDE")
        .with_variable("XDG_CONFIG_HOME", "/cfg")
        .with_variable("XDG_CONFIG_DIRS", "/first:/second")
        .with_file(
            "/second/kioslaverc",
            "[Proxy Settings]\nProxyType=1\nhttpProxy=http://second 80\nhttpsProxy=http://second 80\nNoProxyFor=a.test",
        )
        .with_file("/first/kioslaverc", "[Proxy Settings]\nhttpProxy=http://first 80\n")
        .with_file(
            "/cfg/kioslaverc",
            "[Other]\nx=y\n[Proxy Settings]\nhttpsProxy=http://user 80\n",
        );
    machine.check(
        &["KDE (kioslaverc): kioslaverc=http=first:80;https=user:80, NoProxyFor=a.test"],
        "https://h.test/",
        "http://user:80 (kioslaverc `https=user:80`)",
    );
}

#[test]
fn what_the_system_makes_unchangeable_in_kde_is_not_the_users() {
    let machine = |system: &str, user: &str| {
        Recorded::new(Family::Unix)
            .with_variable("XDG_CURRENT_DESKTOP", "KDE")
            .with_variable("XDG_CONFIG_HOME", "/cfg")
            .with_file("/etc/xdg/kioslaverc", system)
            .with_file("/cfg/kioslaverc", user)
    };
    let user = "[Proxy Settings]\nProxyType=0\nhttpsProxy=http://user 80\n";
    for (system, url) in [
        (
            "[Proxy Settings]\nProxyType[$i]=1\nhttpsProxy[$ei]=http://p 80\n",
            "https://h.test/",
        ),
        (
            "[Proxy Settings][$i]\nProxyType=1\nhttpsProxy=http://p 80\n",
            "https://h.test/",
        ),
        (
            "[$i]\n[Proxy Settings]\nProxyType=1\nhttpsProxy=http://p 80\n",
            "https://h.test/",
        ),
    ] {
        machine(system, user).check(
            &["KDE (kioslaverc): https=p:80"],
            url,
            "http://p:80 (kioslaverc `https=p:80`)",
        );
    }
    // `[it]` is Italian. A group ends with its file.
    for (system, user) in [
        ("[Proxy Settings]\nProxyType[it]=1\nhttpsProxy=http://p 80\n", user),
        (
            "[Proxy Settings]\nProxyType=0\nhttpsProxy=http://user 80\n",
            "ProxyType=1\n",
        ),
        ("[Proxy Settings][Other]\nProxyType[$i]=1\n", user),
    ] {
        machine(system, user).check(
            &["KDE (kioslaverc): https=user:80 (off)"],
            "https://h.test/",
            "direct (no proxy configured)",
        );
    }
}

#[test]
fn kde_turns_the_list_round_for_its_own_proxies_alone() {
    let machine = |kind: &str| {
        Recorded::new(Family::Unix)
            .with_variable("XDG_CURRENT_DESKTOP", "KDE")
            .with_variable("XDG_CONFIG_HOME", "/cfg")
            .with_variable("P", "http://p:80")
            .with_variable("N", "corp.com")
            .with_file(
                "/cfg/kioslaverc",
                &format!("[Proxy Settings]\nProxyType={kind}\nReversedException=true\n"),
            )
    };
    let chosen = |machine: Recorded| {
        let config = ProxyConfig::direct().with_read(Live::read(&machine));
        config.choose(&Url::parse("https://h.test/").unwrap()).to_string()
    };
    assert_eq!(
        chosen(machine("4\nhttpsProxy=P\nNoProxyFor=N")),
        "http://p:80 (kioslaverc `https=p:80`)"
    );
    assert_eq!(
        chosen(machine("1\nhttpsProxy=http://p 80\nNoProxyFor=corp.com")),
        "direct (kioslaverc NoProxyFor lists the hosts that need a proxy, not this one)"
    );
}

#[test]
fn a_script_of_macos_without_an_address_is_not_silently_none() {
    for url in [
        "",
        "  ProxyAutoConfigURLString : \n",
        "  ProxyAutoConfigJavaScript : function FindProxyForURL\n",
    ] {
        Recorded::new(Family::MacOs)
            .with_printed(
                "/usr/sbin/scutil",
                &format!("<dictionary> {{\n  ProxyAutoConfigEnable : 1\n{url}}}\n"),
            )
            .check(
                &["System Configuration (macOS): ProxyAutoConfigURLString=(no URL of a script)"],
                "https://h.test/",
                "unusable (macOS ProxyAutoConfigURLString)",
            );
    }
}

#[test]
fn where_a_directory_should_be_and_is_not_there_is_no_file() {
    let dir = std::env::current_exe().unwrap();
    assert_eq!(Here.file(&dir.join("kioslaverc")), None);
}

#[test]
fn a_program_that_hangs_or_floods_costs_two_seconds_at_most() {
    if cfg!(windows) {
        return;
    }
    let begun = std::time::Instant::now();
    assert!(
        Here.printed("sleep", &["30"])
            .unwrap_err()
            .contains("did not end in time")
    );
    assert!(begun.elapsed().as_secs() < 20);
    assert!(
        Here.printed("no-such-program-here", &[])
            .unwrap_err()
            .contains("no program")
    );
    assert!(Here.printed("false", &[]).unwrap_err().contains("failed"));
    assert_eq!(Here.printed("printf", &["abc"]).unwrap(), b"abc");
}
