//! Programs that answer, refuse and misbehave.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use symgate_auth::Ask;
use symgate_policy::Previous;
use symgate_tests::Dir;

use super::*;
use crate::tests::{ask, ask_proxy, shown_credentials};

fn askpass(dir: &Dir, script: &str) -> Askpass {
    let log = dir.join("log");
    let path = dir.write(
        "askpass",
        format!("#!/bin/sh\necho \"$#$1\" >>'{}'\n{script}\n", log.display()),
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Askpass::new(path).with_bounds(Bounds {
        time: Duration::from_secs(3),
        output: 1000,
    })
}

fn question<'a>(ask: &'a Ask, name: Name<'a>, cancel: &'a Arc<AtomicBool>) -> Question<'a> {
    Question {
        ask,
        name,
        previous: Previous::None,
        waiting: 0,
        cancel,
    }
}

fn shown(prompted: &Prompted) -> String {
    match prompted {
        Prompted::Answer(credentials) => shown_credentials(credentials),
        other => format!("{other:?}"),
    }
}

#[test]
fn it_is_asked_once_for_the_name_and_once_for_the_password() {
    let mut clear = ask_proxy();
    clear.realm = Some("corp\u{1b}[2J\nPassword for you".into());
    let plain = ask();
    let none = Arc::default();
    let table = [
        (
            question(&plain, Name::Unknown, &none),
            "1Username for 'https://symbols.example': \n1Password for 'https://word@symbols.example': \n",
        ),
        (
            question(&plain, Name::Given("bob"), &none),
            "1Password for 'https://bob@symbols.example': \n",
        ),
        (
            question(&clear, Name::Given("a\u{202E}b"), &none),
            "1Password for 'http://a\u{FFFD}b@proxy.corp.example:3128' (a proxy, it calls itself \"corp\u{FFFD}[2J\u{FFFD}Password \
             for you\", THE PASSWORD WILL TRAVEL IN CLEAR TEXT): \n",
        ),
        (
            Question {
                previous: Previous::Rejected,
                ..question(&plain, Name::Suggested("bob"), &none)
            },
            "1Username for 'https://symbols.example' (the last answer was wrong): \n1Password for \
             'https://word@symbols.example' (the last answer was wrong): \n",
        ),
    ];
    for (question, expected) in table {
        let dir = Dir::new();
        let mut askpass = askpass(&dir, "printf 'word\\r\\nrest\\n'");
        let said = askpass.ask(&question);
        assert!(shown(&said).ends_with(":word"), "{said:?}");
        assert_eq!(fs::read_to_string(dir.join("log")).unwrap(), expected);
    }
}

#[test]
fn what_it_does_decides_what_comes_of_it() {
    let table = [
        ("printf word", "word:word"),
        ("echo", ":"),
        ("echo word; echo more", "word:word"),
        ("exit 1", "Cancelled"),
        ("echo word; exit 7", "Cancelled"),
        ("case $1 in Username*) echo word;; *) exit 1;; esac", "Cancelled"),
        ("exit 0", "Failed(\"it said nothing\")"),
        ("printf '\\377\\n'", "Failed(\"its answer is no text in UTF-8\")"),
        ("printf 'a\\0b\\n'", "Failed(\"its answer is no text in UTF-8\")"),
        ("head -c 10000000 /dev/zero", "Failed(\"said more than 1000 bytes\")"),
        ("exec sleep 1000", "Failed(\"did not end within 3 s\")"),
        ("kill -KILL $$", "Failed(\"ended with signal: 9 (SIGKILL)\")"),
        (
            "echo S3cret; echo S3cret >&2; kill -KILL $$",
            "Failed(\"ended with signal: 9 (SIGKILL)\")",
        ),
        (
            "echo S3cret; echo more; echo 'got S3cret' >&2; kill -KILL $$",
            "Failed(\"ended with signal: 9 (SIGKILL)\")",
        ),
        (
            "echo broken >&2; kill -KILL $$",
            "Failed(\"ended with signal: 9 (SIGKILL): broken\")",
        ),
        ("exec <&-; echo word", "word:word"),
        ("echo word; sleep 1000 & exit 0", "word:word"),
    ];
    let (ask, none) = (ask(), Arc::default());
    for (script, expected) in table {
        let dir = Dir::new();
        let said = askpass(&dir, script).ask(&question(&ask, Name::Unknown, &none));
        assert_eq!(shown(&said), expected, "{script}");
    }
    let said = Askpass::new("/nonexistent/askpass").ask(&question(&ask, Name::Unknown, &none));
    assert!(shown(&said).starts_with("Failed(\"cannot be started: "), "{said:?}");
}

#[test]
fn it_is_a_program_with_a_name_and_answers_for_passwords_alone() {
    let mut askpass = Askpass::new("/usr/bin/x");
    assert_eq!(askpass.name(), "askpass `/usr/bin/x`");
    assert_eq!(askpass.asker(), Asker::Program);
    let token = crate::tests::ask_token();
    let said = askpass.ask(&question(&token, Name::Unknown, &Arc::default()));
    assert!(matches!(said, Prompted::Unavailable), "{said:?}");
}

#[test]
fn cancelling_takes_it_away() {
    let dir = Dir::new();
    let cancel = Arc::new(AtomicBool::new(true));
    let said = askpass(&dir, "exec sleep 1000").ask(&question(&ask(), Name::Unknown, &cancel));
    assert!(matches!(said, Prompted::Cancelled), "{said:?}");
}
