//! Programs under the names of zenity and kdialog that write down how they are called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use symgate_policy::{Asker, Previous};
use symgate_tests::Dir;

use super::*;
use crate::tests::{ask_proxy, shown_credentials};

fn window(dir: &Dir, name: &str, script: &str) -> Window {
    let log = dir.join("log");
    let text = format!(
        "#!/bin/sh\nprintf '[%s]' \"$@\" >>'{0}'\necho >>'{0}'\n{script}\n",
        log.display()
    );
    let path = dir.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    Window::find(dir.path().as_os_str()).unwrap()
}

fn ask(window: &mut Window, name: Name<'_>) -> String {
    let mut ask = ask_proxy();
    ask.realm = Some("<b>a_b\\n</b>".into());
    let said = window.ask(&Question {
        ask: &ask,
        name,
        previous: Previous::None,
        waiting: 0,
        cancel: &Arc::default(),
    });
    match said {
        Prompted::Answer(credentials) => shown_credentials(&credentials),
        other => format!("{other:?}"),
    }
}

#[test]
fn each_program_is_called_in_its_own_words() {
    let facts = |open: &str, realm: &str, close: &str| {
        format!(
            "(a proxy, it calls itself \"{open}b{close}{realm}{open}/b{close}\", THE PASSWORD WILL TRAVEL IN CLEAR TEXT): "
        )
    };
    let zenity = facts("<", "a__b\\\\n", ">");
    let kdialog = facts("‹", "a_b\\n", "›");
    let title = "symgate: authentication";
    let table = [
        (
            "zenity",
            Name::Suggested("bob"),
            format!(
                "[--entry][--title][{title}][--text=Username for 'http://proxy.corp.example:3128' {zenity}][--entry-text=bob]\n\
                 [--entry][--title][{title}][--text=Password for 'http://word@proxy.corp.example:3128' {zenity}][--hide-text]\n"
            ),
        ),
        (
            "kdialog",
            Name::Suggested("bob"),
            format!(
                "[--title][{title}][--inputbox][Username for 'http://proxy.corp.example:3128' {kdialog}][bob]\n\
                 [--title][{title}][--password][Password for 'http://word@proxy.corp.example:3128' {kdialog}]\n"
            ),
        ),
        (
            "kdialog",
            Name::Suggested("--attach"),
            format!(
                "[--title][{title}][--inputbox][Username for 'http://proxy.corp.example:3128' {kdialog}]\n\
                 [--title][{title}][--password][Password for 'http://word@proxy.corp.example:3128' {kdialog}]\n"
            ),
        ),
        (
            "zenity",
            Name::Given("bob"),
            format!(
                "[--entry][--title][{title}][--text=Password for 'http://bob@proxy.corp.example:3128' {zenity}][--hide-text]\n"
            ),
        ),
    ];
    for (program, name, expected) in table {
        let dir = Dir::new();
        let mut window = window(&dir, program, "echo word");
        assert_eq!(window.name(), program);
        assert_eq!(window.asker(), Asker::Person);
        assert!(ask(&mut window, name).ends_with(":word"));
        assert_eq!(
            fs::read_to_string(dir.join("log")).unwrap(),
            expected,
            "{program} {name:?}"
        );
    }
}

#[test]
fn how_it_ends_decides_what_comes_of_it() {
    let table = [
        ("exit 1", "Cancelled"),
        (
            "echo 'Gtk-WARNING **: cannot open display: ' >&2; exit 1",
            "Unavailable",
        ),
        ("exit 5", "Failed(\"ended with exit status: 5\")"),
        (
            "echo S3cret; echo more; echo 'got S3cret' >&2; exit 5",
            "Failed(\"ended with exit status: 5\")",
        ),
        ("exit 0", "Failed(\"it said nothing\")"),
        ("echo", ":"),
    ];
    for (script, expected) in table {
        let dir = Dir::new();
        assert_eq!(
            ask(&mut window(&dir, "zenity", script), Name::Unknown),
            expected,
            "{script}"
        );
    }
    let dir = Dir::new();
    let mut gone = window(&dir, "zenity", "");
    fs::remove_file(dir.join("zenity")).unwrap();
    assert_eq!(ask(&mut gone, Name::Unknown), "Unavailable");
}

#[test]
fn zenity_is_found_before_kdialog_and_only_at_absolute_places() {
    let dir = Dir::new();
    window(&dir, "kdialog", "");
    assert_eq!(window(&dir, "zenity", "").name(), "zenity");
    for path in ["", ".", "relative:/nonexistent"] {
        assert!(Window::find(OsStr::new(path)).is_none(), "{path}");
    }
}
