//! Who answers, from end to end: netrc, helper programs, askpass, and what rules and the prompt setting make of them
//! (DECISIONS §3, §4).
#![cfg(unix)]

use std::fs;

use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::sample::Sample;

const APP: Sample = Sample(1);

/// `alice:right` in Basic.
const RIGHT: &str = "Basic YWxpY2U6cmlnaHQ=";

/// Somebody who asks by this status and lets the right one through.
fn asks(status: u16) -> Fault {
    let (line, challenge, field) = match status {
        401 => ("401 Unauthorized", "WWW-Authenticate", "Authorization"),
        _ => (
            "407 Proxy Authentication Required",
            "Proxy-Authenticate",
            "Proxy-Authorization",
        ),
    };
    Fault::start(move |request| {
        if !request.head.contains(&format!("\r\n{field}: {RIGHT}\r\n")) {
            return Reply::answer(line, &format!("{challenge}: Basic realm=\"Office\"\r\n"), "");
        }
        if request.target.ends_with(&APP.file()) {
            Reply::ok(APP.pdb())
        } else {
            Reply::missing()
        }
    })
}

fn get(dir: &Dir, store: &str, options: &[&str], environment: &[(&str, &str)]) -> Ran {
    let path = format!("srv*{}*{store}", dir.join("store").display());
    let mut call = Call::new(env!("CARGO_BIN_EXE_symgate"), dir)
        .args(["get", "-y", &path, &APP.target()])
        .args(options);
    for (name, value) in environment {
        call = call.env(name, value);
    }
    call.secret("alice", "right").run()
}

/// Through a proxy that asks.
fn through(proxy: &Fault, dir: &Dir, options: &[&str], environment: &[(&str, &str)]) -> Ran {
    let address = proxy.address().to_string();
    let options: Vec<&str> = ["--proxy", &address]
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    get(dir, "http://store.test/sym", &options, environment)
}

#[test]
fn files_answer_a_server_in_clear_text_by_a_rule_alone() {
    let (server, dir) = (asks(401), Dir::new());
    let host = "127.0.0.1";
    dir.write("netrc", format!("machine {host} login alice password right\n"));
    dir.write(
        "rules.toml",
        "[[rule]]\nsay = \"allow\"\ndanger-basic-in-clear = true\n",
    );
    let ran = get(&dir, &server.url("sym"), &["--netrc-file", "netrc"], &[]);
    ran.expect(3, &["asked for a password", "danger-basic-in-clear"]);
    let sent = |server: &Fault| {
        server
            .heard()
            .iter()
            .filter(|request| request.head.contains("Authorization"))
            .count()
    };
    assert_eq!(sent(&server), 0);
    let ran = get(
        &dir,
        &server.url("sym"),
        &["--netrc-file", "netrc", "--policy", "rules.toml"],
        &[],
    );
    ran.expect(0, &[]);
    assert!(sent(&server) > 0);
}

#[test]
fn netrc_is_found_by_variable_and_by_custom_and_never_answers_a_proxy() {
    let dir = Dir::new();
    let netrc = "machine 127.0.0.1 login alice password right\n";
    dir.write(
        "rules.toml",
        "[[rule]]\nsay = \"allow\"\ndanger-basic-in-clear = true\n",
    );
    dir.write("elsewhere", netrc);
    let server = asks(401);
    let rules = ["--policy", "rules.toml"];
    get(&dir, &server.url("sym"), &rules, &[]).expect(3, &[]);
    get(&dir, &server.url("sym"), &rules, &[("NETRC", "elsewhere")]).expect(0, &[]);
    fs::remove_dir_all(dir.join("store")).unwrap();
    dir.write(".netrc", netrc);
    get(&dir, &server.url("sym"), &rules, &[]).expect(0, &[]);
    fs::remove_dir_all(dir.join("store")).unwrap();
    through(&asks(407), &dir, &rules, &[]).expect(3, &["the proxy asked"]);
}

#[test]
fn a_helper_answers_a_proxy_silently_and_hears_what_became_of_it() {
    let (proxy, dir) = (asks(407), Dir::new());
    let helper = "!f() { echo \"$1 $GCM_INTERACTIVE\" >> calls; cat > said; \
                  test \"$1\" = get && printf 'username=alice\\npassword=right\\n'; true; }; f";
    let ran = through(&proxy, &dir, &["--prompts", "off", "--credential-helper", helper], &[]);
    ran.expect(0, &[]);
    let calls = fs::read_to_string(dir.join("calls")).unwrap();
    assert!(calls.starts_with("get never\n"), "{calls}");
    assert!(calls.contains("store"), "{calls}");
    let said = fs::read_to_string(dir.join("said")).unwrap();
    assert!(said.contains(&format!("host={}\n", proxy.address())), "{said}");
}

#[test]
fn a_wrong_answer_is_named_after_who_gave_it() {
    let (proxy, dir) = (asks(407), Dir::new());
    let helper = "!f() { test \"$1\" = get && printf 'username=alice\\npassword=wrong\\n'; true; }; f";
    let ran = through(&proxy, &dir, &["--prompts", "off", "--credential-helper", helper], &[]);
    ran.expect(3, &["rejected what credential helper"]);
}

#[test]
fn a_user_who_was_named_gets_no_answer_of_another() {
    let (proxy, dir) = (asks(407), Dir::new());
    let helper = "!f() { cat >> asked; test \"$1\" = get && printf 'username=alice\\npassword=right\\n'; true; }; f";
    let options = ["--prompts", "off", "--proxy-user", "bob", "--credential-helper", helper];
    through(&proxy, &dir, &options, &[]).expect(3, &[]);
    assert!(
        fs::read_to_string(dir.join("asked"))
            .unwrap()
            .contains("username=bob\n")
    );
    let sent = proxy
        .heard()
        .iter()
        .filter(|request| request.head.contains("Proxy-Authorization"))
        .count();
    assert_eq!(sent, 0);
}

#[test]
fn an_askpass_program_is_asked_where_questions_may_be() {
    let (proxy, dir) = (asks(407), Dir::new());
    let askpass = symgate_tests::built::example("symgate-cli", "askpass").unwrap();
    let askpass = askpass.to_str().unwrap();
    let here = dir.path().display().to_string();
    dir.write("answers", "alice\nright\n");
    for (name, options, status) in [
        ("SYMGATE_ASKPASS", &["--prompts", "off"][..], 3),
        ("SSH_ASKPASS", &[], 3),
        ("SSH_ASKPASS", &["--prompts", "on"], 0),
    ] {
        let ran = through(&proxy, &dir, options, &[(name, askpass), ("ASKPASS_DIR", &here)]);
        ran.expect(status, if status == 0 { &["waiting for askpass"] } else { &[] });
        assert_eq!(dir.join("questions").exists(), status == 0, "{name} {options:?}");
    }
    fs::remove_dir_all(dir.join("store")).unwrap();
    fs::remove_file(dir.join("questions")).unwrap();
    through(
        &proxy,
        &dir,
        &[],
        &[("SYMGATE_ASKPASS", askpass), ("ASKPASS_DIR", &here)],
    )
    .expect(0, &[]);
}

#[test]
fn what_was_typed_is_kept_when_it_was_right_and_only_if_told_so() {
    let (proxy, dir) = (asks(407), Dir::new());
    let askpass = symgate_tests::built::example("symgate-cli", "askpass").unwrap();
    let here = dir.path().display().to_string();
    let environment = [
        ("SYMGATE_ASKPASS", askpass.to_str().unwrap()),
        ("ASKPASS_DIR", here.as_str()),
    ];
    dir.write("answers", "alice\nwrong\nalice\nright\nalice\nright\n");
    let helper = "!f() { cat > heard; test \"$1\" = store && cp heard kept; true; }; f";
    let options = ["--credential-helper", helper];
    through(&proxy, &dir, &options, &environment).expect(0, &[]);
    assert!(!dir.join("kept").exists());
    fs::remove_dir_all(dir.join("store")).unwrap();
    let options = ["--credential-helper", helper, "--keep-passwords"];
    through(&proxy, &dir, &options, &environment).expect(0, &[]);
    let kept = fs::read_to_string(dir.join("kept")).unwrap();
    assert!(
        kept.contains("username=alice\n") && kept.contains("password=right\n"),
        "{kept}"
    );
}
