//! GNOME's settings as the real `gsettings` tells them, on a bus and with files of the test's own.
#![cfg(target_os = "linux")]

use std::process::Command;

use symgate_tests::Dir;
use symgate_tests::peer::{Program, require};

/// Sets what is given, then asks the command; all of it in one session with a home of its own.
fn settled(set: &str, url: &str) -> Option<String> {
    let [bus] = require([Program::Gsettings])?;
    let dir = Dir::new();
    let script = format!("{set}\nexec \"$SYMGATE\" proxy {url}");
    let mut command = Command::new(bus.command());
    command
        .args(["--", "sh", "-ec", &script])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("SYMGATE", env!("CARGO_BIN_EXE_symgate"))
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
        .env("GSETTINGS_BACKEND", "keyfile");
    let output = command.output().expect("the bus was found");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn proxies_of_the_desktop_are_used_and_their_passwords_hidden() {
    let set = "
        gsettings set org.gnome.system.proxy mode manual
        gsettings set org.gnome.system.proxy.http host proxy.corp.com
        gsettings set org.gnome.system.proxy.http port 3128
        gsettings set org.gnome.system.proxy.http use-authentication true
        gsettings set org.gnome.system.proxy.http authentication-user alice
        gsettings set org.gnome.system.proxy.http authentication-password S3cret
        gsettings set org.gnome.system.proxy.https host secure.corp.com
        gsettings set org.gnome.system.proxy.https port 3129
        gsettings set org.gnome.system.proxy ignore-hosts \"['*.corp.com', '10.0.0.0/8']\"";
    let urls = "http://h.test/ https://h.test/ https://build.corp.com/ http://10.1.2.3/ http://localhost/";
    let Some(printed) = settled(set, urls) else { return };
    for line in [
        "http://h.test/\n  http://proxy.corp.com:3128 (org.gnome.system.proxy `http=proxy.corp.com:3128`)\n",
        "https://h.test/\n  http://secure.corp.com:3129 (org.gnome.system.proxy `https=secure.corp.com:3129`)\n",
        "https://build.corp.com/\n  direct (org.gnome.system.proxy ignore-hosts entry `*.corp.com`)\n",
        "http://10.1.2.3/\n  direct (org.gnome.system.proxy ignore-hosts entry `10.0.0.0/8`)\n",
        "http://localhost/\n  direct (loopback or link-local",
        "GNOME (gsettings): ",
    ] {
        assert!(printed.contains(line), "{line:?} is missing in {printed}");
    }
    assert!(!printed.contains("S3cret"), "{printed}");
}

#[test]
fn a_desktop_that_wants_no_proxy_says_nothing() {
    let Some(printed) = settled("gsettings set org.gnome.system.proxy mode none", "https://h.test/") else {
        return;
    };
    assert!(printed.starts_with("https://h.test/\n  direct ("), "{printed}");
}
