//! Replies, and helpers that write down what they are told.

use super::*;
use crate::tests::shown_credentials;

fn read(output: &[u8]) -> String {
    match GitReply::parse(output) {
        Ok(GitReply::Answer {
            credentials,
            expiry,
            refresh,
            storing,
        }) => {
            let refresh = refresh.map(|refresh| String::from_utf8_lossy(refresh.expose()).into_owned());
            format!("{} {expiry:?} {refresh:?} {storing:?}", shown_credentials(&credentials))
        }
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn replies_mean_what_git_says() {
    let line = "its answer has a line without `=`";
    let value = "its answer has a value with a NUL or a carriage return, or one that is no UTF-8";
    let table: &[(&[u8], &str)] = &[
        (b"", "Nothing"),
        (b"\n", "Nothing"),
        (b"username=a\n", "Nothing"),
        (b"password=p\n", "Nothing"),
        (b"username=a\npassword=p\n", "a:p None None Allowed"),
        (b"username=a\r\npassword=p\r\n\r\n", "a:p None None Allowed"),
        (b"username=a\npassword=p", "a:p None None Allowed"),
        (b"username=a\npassword=p=q=\n", "a:p=q= None None Allowed"),
        (b"username=\npassword=\n", ": None None Allowed"),
        (b"username=a\npassword=p\n\nusername=b\n", "a:p None None Allowed"),
        (
            b"protocol=http\nhost=evil\nunknown=x\nusername=a\npassword=p\n",
            "a:p None None Allowed",
        ),
        (
            b"username=a\npassword=p\npassword_expiry_utc=12\noauth_refresh_token=r\nephemeral=1\n",
            "a:p Some(12) Some(\"r\") Forbidden",
        ),
        (b"quit=1\nusername=a\npassword=p\n", "Quit"),
        (b"quit=true\n", "Quit"),
        (b"quit=0\n", "Nothing"),
        (
            b"capability[]=authtype\nauthtype=Bearer\ncredential=t\n",
            "Bearer t None None Allowed",
        ),
        (b"authtype=Bearer\ncredential=t\n", "Nothing"),
        (b"capability[]=authtype\nauthtype=Digest\ncredential=t\n", "Nothing"),
        (b"no answer\n", line),
        (b"username=a\npass\n", line),
        (b"username=a\rb\npassword=p\n", value),
        (b"username=a\npassword=p\0\n", value),
        (b"username=a\npassword=\xFF\n", value),
    ];
    for (output, expected) in table {
        assert_eq!(read(output), *expected, "{}", String::from_utf8_lossy(output));
    }
}

#[cfg(unix)]
mod run {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::time::Duration;

    use symgate_policy::Previous;
    use symgate_tests::Dir;

    use super::*;
    use crate::tests::{ask, ask_proxy, ask_token, look_up, look_up_first, shown};

    /// A helper that writes down what it is told, and says `reply`.
    fn helper(dir: &Dir, reply: &str) -> GitHelper {
        let script = dir.write(
            "helper.sh",
            format!("(echo \"# $1\"; cat) >>'{}'\n{reply}\n", log(dir).display()),
        );
        GitHelper::new(&format!("!sh '{}'", script.display()))
    }

    fn log(dir: &Dir) -> PathBuf {
        dir.join("log")
    }

    fn told(dir: &Dir) -> String {
        fs::read_to_string(log(dir)).unwrap_or_default()
    }

    #[test]
    fn get_store_and_erase_say_what_git_says() {
        let dir = Dir::new();
        let helper = helper(
            &dir,
            "test $1 = get && printf 'username=a\\npassword=p\\npassword_expiry_utc=99999999999\\n'",
        );
        let Reply::Use(credentials) = look_up_first(&helper, &ask()) else {
            panic!()
        };
        helper.report(&ask(), &credentials, Outcome::Abandoned, &Arc::default());
        helper.report(&ask(), &credentials, Outcome::Accepted, &Arc::default());
        helper.report(&ask(), &credentials, Outcome::Rejected, &Arc::default());
        let peer = "protocol=https\nhost=symbols.example\n";
        let known = "username=a\npassword=p\n";
        let expected =
            format!("# get\n{peer}\n# store\n{known}{peer}password_expiry_utc=99999999999\n\n# erase\n{known}{peer}\n");
        assert_eq!(told(&dir), expected);
    }

    #[test]
    fn a_port_is_told_where_it_is_not_the_schemes_and_for_a_proxy_always() {
        let mut plain_proxy = ask_proxy();
        plain_proxy.origin = symgate_auth::Origin::new(symgate_auth::UriScheme::Http, "proxy", 80);
        let mut other = ask();
        other.origin = symgate_auth::Origin::new(symgate_auth::UriScheme::Https, "h", 8443);
        let table = [
            (ask(), "protocol=https\nhost=symbols.example\n"),
            (other, "protocol=https\nhost=h:8443\n"),
            (ask_proxy(), "protocol=http\nhost=proxy.corp.example:3128\n"),
            (plain_proxy, "protocol=http\nhost=proxy:80\n"),
        ];
        for (ask, expected) in table {
            let dir = Dir::new();
            assert!(matches!(look_up_first(&helper(&dir, ""), &ask), Reply::None));
            assert_eq!(told(&dir), format!("# get\n{expected}\n"));
        }
    }

    #[test]
    fn one_get_serves_a_request_for_a_token_and_the_one_for_a_password() {
        let dir = Dir::new();
        let helper = helper(&dir, "printf 'username=a\\npassword=p\\n'");
        assert!(matches!(look_up_first(&helper, &ask_token()), Reply::None));
        assert_eq!(shown(&look_up_first(&helper, &ask())), "a:p");
        assert_eq!(told(&dir).matches("# get").count(), 1);
        assert!(told(&dir).contains("capability[]=authtype\n"));
        // The next list of challenges is another matter.
        assert_eq!(shown(&look_up_first(&helper, &ask())), "a:p");
        assert_eq!(told(&dir).matches("# get").count(), 2);
    }

    #[test]
    fn a_token_is_got_and_stored() {
        let dir = Dir::new();
        let reply = "test $1 = get && printf 'capability[]=authtype\\nauthtype=Bearer\\ncredential=t\\n'";
        let helper = helper(&dir, reply);
        let reply = look_up_first(&helper, &ask_token());
        assert_eq!(shown(&reply), "Bearer t");
        let Reply::Use(credentials) = reply else { panic!() };
        helper.report(&ask_token(), &credentials, Outcome::Accepted, &Arc::default());
        let stored = "# store\ncapability[]=authtype\nauthtype=Bearer\ncredential=t\nprotocol=https\n";
        assert!(told(&dir).contains(stored), "{}", told(&dir));
    }

    #[test]
    fn what_is_ephemeral_is_not_stored_and_what_has_expired_is_no_answer() {
        let dir = Dir::new();
        let once = helper(&dir, "printf 'username=a\\npassword=p\\nephemeral=1\\n'");
        let Reply::Use(credentials) = look_up_first(&once, &ask()) else {
            panic!()
        };
        once.report(&ask(), &credentials, Outcome::Accepted, &Arc::default());
        assert!(!told(&dir).contains("# store"));
        let late = helper(&dir, "printf 'username=a\\npassword=p\\npassword_expiry_utc=1\\n'");
        assert!(matches!(look_up_first(&late, &ask()), Reply::None));
    }

    #[test]
    fn typed_answers_are_stored_only_when_told_so() {
        let typed = Credentials::password("bob", "typed");
        for (keep, stored) in [(Keep::Nothing, false), (Keep::Typed, true)] {
            let dir = Dir::new();
            helper(&dir, "")
                .with_keeping(keep)
                .keep(&ask(), &typed, &Arc::default());
            assert_eq!(told(&dir).contains("# store\nusername=bob\npassword=typed\n"), stored);
        }
    }

    #[test]
    fn a_silent_helper_may_show_nothing() {
        let line = r#"echo "username=$GCM_INTERACTIVE-$GIT_TERMINAL_PROMPT"; echo "password=$(tty)"; echo"#;
        let helper = GitHelper::new(&format!("!f() {{ {line}; }}; f"));
        let shown = |interaction| shown(&look_up(&helper, &ask(), Previous::None, interaction));
        assert_eq!(shown(Interaction::Silent), "never-0:not a tty");
        assert_eq!(shown(Interaction::Visible), "-0:not a tty");
    }

    #[test]
    fn a_value_that_leaves_its_line_is_not_handed_on() {
        let dir = Dir::new();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let listener = move |who: &str, why: &str| ear.lock().unwrap().push(format!("{who}: {why}"));
        let helper = helper(&dir, "")
            .with_keeping(Keep::Typed)
            .with_listener(Arc::new(listener));
        for bad in ["a\nhost=evil", "a\r", "a\0"] {
            helper.keep(&ask(), &Credentials::password(bad, "S3cret"), &Arc::default());
            helper.keep(&ask(), &Credentials::password("a", bad), &Arc::default());
            let mut ask = ask();
            ask.origin = symgate_auth::Origin::new(symgate_auth::UriScheme::Https, bad, 443);
            assert!(matches!(look_up_first(&helper, &ask), Reply::Failed(_)), "{bad:?}");
        }
        assert_eq!(told(&dir), "", "nothing was run");
        let expected =
            "credential helper of a shell snippet: store: a value holds a line break or a NUL, and is not handed on";
        assert_eq!(*heard.lock().unwrap(), [expected; 6]);
    }

    #[test]
    fn failures_are_told_without_secrets() {
        let bounds = Bounds {
            time: Duration::from_secs(3),
            output: 1000,
        };
        let table = [
            (
                "echo 'fatal: no such thing' >&2; exit 1",
                "ended with exit status: 1: fatal: no such thing",
            ),
            (
                "printf 'username=a\\npassword=S3cret\\n'; echo 'no S3cret' >&2; exit 1",
                "ended with exit status: 1",
            ),
            ("echo garbage", "its answer has a line without `=`"),
            ("exec sleep 1000", "did not end within 3 s"),
            ("head -c 10000000 /dev/zero", "said more than 1000 bytes"),
        ];
        for (reply, expected) in table {
            let dir = Dir::new();
            let helper = helper(&dir, reply).with_bounds(bounds);
            let Reply::Failed(why) = look_up_first(&helper, &ask_token()) else {
                panic!("{reply}")
            };
            assert_eq!(why, expected, "{reply}");
            // It is not asked again at once.
            assert!(matches!(look_up_first(&helper, &ask()), Reply::None), "{reply}");
        }

        let dir = Dir::new();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let listener = move |_: &str, why: &str| ear.lock().unwrap().push(why.to_owned());
        let helper = helper(&dir, "echo 'cannot store S3cret' >&2; exit 1")
            .with_keeping(Keep::Typed)
            .with_listener(Arc::new(listener));
        helper.keep(&ask(), &Credentials::password("a", "S3cret"), &Arc::default());
        assert_eq!(*heard.lock().unwrap(), ["store: ended with exit status: 1"]);
        assert!(!format!("{helper:?}").contains("S3cret"));
    }

    #[test]
    fn a_relative_path_is_no_command_and_the_error_says_what_is() {
        let hint = "; a helper is a name, an absolute path, or a snippet behind `!`";
        let table = [
            ("./nosuch", true),
            ("~/nosuch --x", true),
            ("no/such", true),
            ("no-such-helper-anywhere --file ./x", false),
            ("/nosuch/helper", false),
            ("!./nosuch", false),
        ];
        for (command, hinted) in table {
            let Reply::Failed(why) = look_up_first(&GitHelper::new(command), &ask()) else {
                panic!("{command}")
            };
            assert!(why.starts_with("ended with "), "{command}: {why}");
            assert_eq!(why.ends_with(hint), hinted, "{command}: {why}");
        }
    }

    #[test]
    fn a_bearer_token_is_not_looked_for_at_a_proxy_nor_a_ticket_anywhere() {
        let dir = Dir::new();
        let helper = helper(&dir, "");
        for (mut ask, wanted) in [(ask_proxy(), Wanted::Bearer), (ask(), Wanted::Ticket)] {
            ask.wanted = wanted;
            assert!(matches!(look_up_first(&helper, &ask), Reply::None));
        }
        assert_eq!(told(&dir), "");
    }
}

#[cfg(windows)]
mod run {
    use std::time::Duration;

    use super::*;
    use crate::tests::{ask, look_up_first, shown};

    #[test]
    fn a_snippet_runs_by_cmd_and_a_slow_one_is_ended() {
        let bounds = Bounds {
            time: Duration::from_secs(5),
            output: 1000,
        };
        let table = [
            ("!echo username=a&echo password=p&rem", "a:p"),
            ("!exit 3 &rem", "Failed(\"ended with exit code: 3\")"),
            (
                "!ping -n 1000 127.0.0.1 >nul &rem",
                "Failed(\"did not end within 5 s\")",
            ),
        ];
        for (command, expected) in table {
            let helper = GitHelper::new(command).with_bounds(bounds);
            assert_eq!(shown(&look_up_first(&helper, &ask())), expected, "{command}");
        }
    }
}
