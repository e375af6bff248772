//! Which scheme answers, by which option, and to whom it goes (DECISIONS §3); the schemes' own rules are proved against
//! real peers.

use symgate_tests::Dir;
use symgate_tests::command::{Call, Ran};
use symgate_tests::fault::{Fault, Reply, Request};
use symgate_tests::sample::Sample;

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");
const APP: Sample = Sample(1);
const TOKEN: &str = "dG9rZW4-of_mine";

/// A server that asks with these challenges until it is answered by `scheme`.
fn server(challenges: &'static [&'static str], scheme: &'static str) -> Fault {
    Fault::start(move |request| match answer(request) {
        Some(value) if value.starts_with(scheme) => {
            if request.target.ends_with(&APP.file()) {
                Reply::ok(APP.pdb())
            } else {
                Reply::missing()
            }
        }
        _ => {
            let fields = challenges
                .iter()
                .map(|challenge| format!("WWW-Authenticate: {challenge}\r\n"));
            Reply::answer("401 Unauthorized", &fields.collect::<String>(), "who are you?")
        }
    })
}

fn answer(request: &Request) -> Option<&str> {
    let fields = request.head.lines().filter_map(|line| line.split_once(": "));
    let mut found = fields.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    found.next().map(|(_, value)| value)
}

fn get(dir: &Dir, url: &str, arguments: &[&str]) -> Ran {
    let path = format!("srv*{}*{url}", dir.join("store").display());
    Call::new(SYMGATE, dir)
        .args(["get", &APP.target(), "-y", &path])
        .args(arguments)
        .secret("alice", TOKEN)
        .run()
}

/// The scheme of each answer, in the order in which they came.
fn schemes(server: &Fault) -> Vec<String> {
    let heard = server.heard();
    let answers = heard.iter().filter_map(answer);
    answers
        .map(|value| value.split(' ').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_strongest_scheme_that_has_an_answer_is_used() {
    let table: [(&[&str], &[&str], &str); 5] = [
        (&["Basic realm=r", "Digest realm=r, nonce=n, qop=auth"], &[], "Digest"),
        (
            &["Basic realm=r", "Digest realm=r, nonce=n, qop=auth"],
            &["--auth", "basic"],
            "Basic",
        ),
        (
            &["Basic realm=r", "Digest realm=r, nonce=n, qop=auth"],
            &["--auth", "basic,digest"],
            "Basic",
        ),
        (
            &["Basic realm=r", "Digest realm=r, nonce=n, algorithm=SHA-3"],
            &[],
            "Basic",
        ),
        (&["Hoba, Basic realm=r"], &[], "Basic"),
    ];
    for (challenges, options, expected) in table {
        let (dir, server) = (Dir::new(), server(challenges, expected));
        let ran = get(
            &dir,
            &server.url("sym"),
            &[options, &["--user", "alice:S3cret"]].concat(),
        );
        ran.expect(0, &[]);
        assert_eq!(schemes(&server), [expected, expected], "{challenges:?} {options:?}");
    }
}

#[test]
fn an_order_that_makes_no_sense_is_a_usage_error() {
    for (options, words) in [
        (
            ["--auth", "basic,pigeon"],
            "--auth: `pigeon` is none of Negotiate, Kerberos, Bearer, NTLM, Digest, Basic",
        ),
        (["--auth", ","], "--auth: "),
        (["--sso-hosts", "a.*.example"], "--sso-hosts: "),
    ] {
        let dir = Dir::new();
        get(&dir, "http://h/sym", &options).expect(2, &[words]);
    }
}

#[test]
fn a_token_goes_to_a_server_of_the_path_that_asks_for_one() {
    let (dir, server) = (Dir::new(), server(&["Bearer realm=r", "Basic realm=r"], "Bearer "));
    // A line's end is no part of it.
    let file = dir.write("token", format!("{TOKEN}\r\n"));
    let file = file.display().to_string();
    get(&dir, &server.url("sym"), &["--token-file", &file]).expect(0, &[]);
    let sent: Vec<String> = server.heard().iter().filter_map(answer).map(str::to_owned).collect();
    assert_eq!(sent, [format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}")]);
    assert!(answer(&server.heard()[0]).is_none(), "it is not volunteered");

    // By its origin, and beside a name for those who want a password.
    let (dir, other) = (Dir::new(), self::server(&["Bearer realm=r", "Basic realm=r"], "Basic "));
    let token = format!("http://{}={file}", server.address());
    let ran = get(
        &dir,
        &other.url("sym"),
        &["--token-file", &token, "--user", "alice:S3cret"],
    );
    ran.expect(0, &[]);
    assert_eq!(schemes(&other), ["Basic", "Basic"]);
}

#[test]
fn a_token_does_not_follow_a_redirect() {
    let other = server(&["Bearer realm=r"], "Bearer ");
    let target = other.url("x/app1.pdb");
    let first = Fault::start(move |request| match answer(request) {
        Some(_) if request.target.ends_with(".pdb") => {
            Reply::answer("302 Found", &format!("Location: {target}\r\n"), "")
        }
        Some(_) => Reply::missing(),
        None => Reply::answer("401 Who", "WWW-Authenticate: Bearer realm=r\r\n", ""),
    });
    let dir = Dir::new();
    let file = dir.write("token", TOKEN).display().to_string();
    let ran = get(&dir, &first.url("sym"), &["--token-file", &file]);
    ran.expect(3, &[&other.address().to_string(), "which no option answers"]);
    assert_eq!(schemes(&first), ["Bearer", "Bearer"]);
    assert_eq!(schemes(&other), [""; 0]);
}

#[test]
fn a_token_that_cannot_be_read_or_sent_is_told() {
    let dir = Dir::new();
    let missing = dir.join("missing").display().to_string();
    get(&dir, "http://h/sym", &["--token-file", &missing]).expect(2, &["missing` cannot be read"]);
    get(&dir, "http://h/sym", &["--token-file", "ftp://h=x"]).expect(2, &["--token-file: `ftp://h` is no http"]);
    let server = server(&["Bearer realm=r"], "Bearer ");
    let file = dir.write("token", "two words").display().to_string();
    let ran = get(&dir, &server.url("sym"), &["--token-file", &file]);
    ran.expect(3, &["Bearer: the credentials cannot be sent"]);
}

#[test]
fn a_server_that_asks_for_a_ticket_gets_none_unasked() {
    let (dir, server) = (Dir::new(), server(&["Negotiate", "NTLM"], "Negotiate "));
    get(&dir, &server.url("sym"), &[]).expect(3, &["hint: give --user"]);
    assert_eq!(schemes(&server), [""; 0]);
}
