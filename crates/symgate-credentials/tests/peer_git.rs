//! Git itself: its helpers answer us, and what we say to a helper is compared with what git says to the same.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use symgate_auth::{Ask, Channel, Credentials, Origin, Outcome, Scheme, Target, UriScheme, Wanted};
use symgate_credentials::{GitHelper, Keep};
use symgate_policy::{Interaction, Lookup, Previous, Reply, Source};
use symgate_tests::Dir;
use symgate_tests::peer::{Program, require};

#[test]
fn gits_store_keeps_gives_and_forgets() {
    let Some(_) = require([Program::Git]) else { return };
    let dir = Dir::new();
    let file = dir.join("kept");
    let helper = GitHelper::new(&format!("store --file '{}'", file.display())).with_keeping(Keep::Typed);
    let kept = || fs::read_to_string(&file).unwrap_or_default();
    let store = ask(Target::Origin, UriScheme::Https, "symbols.example", 443);
    let other = ask(Target::Origin, UriScheme::Https, "symbols.example", 8443);
    let proxy = ask(Target::Proxy, UriScheme::Http, "proxy.example", 3128);
    let alice = Credentials::password("CORP\\alice", "p:w @ö=");

    assert!(matches!(look_up(&helper, &store), Reply::None));
    helper.keep(&store, &alice, &Arc::default());
    helper.keep(&proxy, &Credentials::password("bob", "q"), &Arc::default());
    assert_eq!(
        kept(),
        "http://bob:q@proxy.example%3a3128\nhttps://CORP%5calice:p%3aw%20%40%c3%b6%3d@symbols.example\n"
    );
    assert!(
        matches!(look_up(&helper, &other), Reply::None),
        "another port is another host"
    );
    let found = look_up(&helper, &store);
    let Reply::Use(found) = found else { panic!("{found:?}") };
    assert!(found.same(&alice));

    helper.report(&store, &found, Outcome::Accepted, &Arc::default());
    assert_eq!(kept().lines().count(), 2);
    helper.report(&store, &found, Outcome::Rejected, &Arc::default());
    assert_eq!(kept(), "http://bob:q@proxy.example%3a3128\n");
    assert!(matches!(look_up(&helper, &store), Reply::None));
}

#[test]
fn gits_cache_answers_though_its_daemon_outlives_the_call() {
    let Some([git]) = require([Program::Git]) else { return };
    let dir = Dir::new();
    let socket = dir.make("cache").join("socket");
    allow_owner_alone(&dir.join("cache"));
    let options = format!("--socket '{}'", socket.display());
    let helper = GitHelper::new(&format!("cache --timeout 300 {options}")).with_keeping(Keep::Typed);
    let store = ask(Target::Origin, UriScheme::Https, "symbols.example", 443);
    let alice = Credentials::password("alice", "p");

    helper.keep(&store, &alice, &Arc::default());
    let found = look_up(&helper, &store);
    let mut exit = Command::new(git.command());
    exit.args(["credential-cache", "--socket"]).arg(&socket).arg("exit");
    assert!(exit.status().unwrap().success());
    let Reply::Use(found) = found else { panic!("{found:?}") };
    assert!(found.same(&alice));
}

#[test]
fn we_say_to_a_helper_what_git_says() {
    let Some([git]) = require([Program::Git]) else { return };
    let table = [
        (
            UriScheme::Https,
            "symbols.example",
            443,
            "https://symbols.example/a/b.pdb",
        ),
        (
            UriScheme::Https,
            "symbols.example",
            8443,
            "https://symbols.example:8443/",
        ),
        (UriScheme::Http, "symbols.example", 80, "http://symbols.example"),
        (UriScheme::Http, "[::1]", 8080, "http://[::1]:8080/"),
    ];
    for (scheme, host, port, url) in table {
        let dir = Dir::new();
        let (helper, log) = logger(&dir);
        let ask = ask(Target::Origin, scheme, host, port);
        let source = GitHelper::new(&helper);
        let Reply::Use(found) = look_up(&source, &ask) else {
            panic!()
        };
        source.report(&ask, &found, Outcome::Accepted, &Arc::default());
        source.report(&ask, &found, Outcome::Rejected, &Arc::default());
        let ours = requests(&log);

        fs::remove_file(&log).unwrap();
        let full = format!("url={url}\nusername=a\npassword=p\n");
        credential(git.command(), &helper, "fill", &format!("url={url}\n"));
        credential(git.command(), &helper, "approve", &full);
        credential(git.command(), &helper, "reject", &full);
        assert_eq!(ours, requests(&log), "{url}");
    }
}

/// A helper that writes down what it is told, and where.
fn logger(dir: &Dir) -> (String, PathBuf) {
    let log = dir.join("log");
    let get = "test $1 = get && printf 'username=a\\npassword=p\\n'; true";
    let script = dir.write(
        "logger.sh",
        format!("(echo \"# $1\"; cat; echo) >>'{}'\n{get}\n", log.display()),
    );
    (format!("!sh '{}'", script.display()), log)
}

/// Each request of a log: its operation, and its lines in any order; what git announces it can do is its own matter.
fn requests(log: &Path) -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(log).unwrap();
    let requests = text.split("# ").skip(1).map(|request| {
        let (operation, lines) = request.split_once('\n').unwrap();
        let lines = lines
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("capability[]="));
        (operation.to_owned(), lines.map(str::to_owned).collect())
    });
    requests.collect()
}

/// `git credential`, with one helper.
fn credential(git: &Path, helper: &str, operation: &str, input: &str) {
    let mut command = Command::new(git);
    command
        .args(["-c", "credential.helper=", "-c", &format!("credential.helper={helper}")])
        .args(["credential", operation])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "git credential {operation}");
}

fn allow_owner_alone(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
}

fn ask(target: Target, scheme: UriScheme, host: &str, port: u16) -> Ask {
    Ask {
        target,
        origin: Origin::new(scheme, host, port),
        path: "/a/b.pdb".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: None,
        channel: Channel::CLEARTEXT,
        attempt: 1,
    }
}

fn look_up(source: &dyn Source, ask: &Ask) -> Reply {
    source.look_up(&Lookup {
        ask,
        user: None,
        previous: Previous::None,
        interaction: Interaction::Silent,
        cancel: &Arc::new(AtomicBool::new(false)),
    })
}
