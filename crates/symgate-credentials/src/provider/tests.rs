//! Replies, listings, and providers that write down what they are told.

use symgate_tests::Dir;

use super::*;
use crate::tests::shown_credentials;

fn read(output: &[u8]) -> String {
    match ProviderReply::parse(output) {
        Ok(ProviderReply::Answer(credentials)) => shown_credentials(&credentials),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn replies_mean_what_the_debuggers_say() {
    let header = "its answer is a bearer token without `header=Bearer ...`";
    let kind = "its answer has a `credentialkind` that is neither Basic nor Bearer";
    let value = "its answer has a value with a NUL or a carriage return, or one that is no UTF-8";
    let table: &[(&[u8], &str)] = &[
        (b"", "Nothing"),
        (b"no answer at all\n", "Nothing"),
        (b"username=a\n", "Nothing"),
        (b"username=a\npassword=p\n\n", "a:p"),
        (b"UserName=a\r\nPASSWORD=p\r\n\r\nusername=b\r\n", "a:p"),
        (
            b"Looking...\nprotocol=https\nhost=h\nusername=a\npassword=p=q\n",
            "a:p=q",
        ),
        (b"password=token\n", ":token"),
        (
            b"credentialkind=basic\nusername=a\npassword=p\nheader=Bearer t\n",
            "a:p",
        ),
        (b"CredentialKind=Bearer\nHeader=bearer  t.t \n", "Bearer t.t"),
        (b"credentialkind=Bearer\n", "Nothing"),
        (b"credentialkind=Bearer\nheader=Basic t\n", header),
        (b"credentialkind=Bearer\nheader=Bearer \n", header),
        (b"credentialkind=Bearer\nheader=t\n", header),
        (b"credentialkind=Bearer\npassword=p\n", header),
        (b"credentialkind=Digest\nusername=a\npassword=p\n", kind),
        (b"username=a\npassword=p\rq\n", value),
        (b"username=\xFF\n", value),
        (
            b"error=no such \x1b[2Jhost\nusername=a\npassword=p\n",
            "Failed(\"no such \u{FFFD}[2Jhost\")",
        ),
        (
            b"error=p is wrong\nusername=a\npassword=p\n",
            "Failed(\"it reports an error\")",
        ),
        (
            b"error=t is wrong\nheader=Bearer t\n",
            "Failed(\"it reports an error\")",
        ),
        (
            b"password=p1\npassword=p2\nerror=p1 is wrong\n",
            "Failed(\"it reports an error\")",
        ),
        (b"pin=1234\nerror=1234 is wrong\n", "Failed(\"it reports an error\")"),
        (b"S3cret\nerror=S3cret is wrong\n", "Failed(\"it reports an error\")"),
        (
            b"host=h\nissilent=true\nusername=a\nerror=a at h is true\n",
            "Failed(\"a at h is true\")",
        ),
        (b"error=\n", "Failed(\"it reports an error\")"),
    ];
    for (output, expected) in table {
        assert_eq!(read(output), *expected, "{}", String::from_utf8_lossy(output));
    }
}

const LISTING: &str = r#"<CredentialProviders>
  <CredentialProvider ApiVersion="2.0.0">sub\one.exe</CredentialProvider>
  <CredentialProvider> /opt/two </CredentialProvider>
  <CredentialProvider>x.DLL</CredentialProvider>
  <Other>no.exe</Other>
</CredentialProviders>"#;

fn names(dir: &Dir, file: &str) -> (Vec<String>, Vec<String>) {
    let providers = Providers::from_file(dir.join(file)).unwrap();
    let root = format!("{}/", dir.path().display()).replace('\\', "/");
    let plain = |text: String| text.replace('\\', "/").replace(&root, "");
    let programs = providers
        .programs()
        .iter()
        .map(|path| plain(path.display().to_string()));
    let warnings = providers.warnings().iter().map(|warning| plain(warning.to_string()));
    (programs.collect(), warnings.collect())
}

#[cfg(unix)]
#[test]
fn a_configuration_leads_to_folders_listings_and_programs() {
    let dir = Dir::new();
    dir.write(
        "config.xml",
        r"<Settings><Folders><Folder>b</Folder><Folder>a\a</Folder><Folder>none</Folder></Folders></Settings>",
    );
    dir.write(
        "b/2.xml",
        "<CredentialProviders><CredentialProvider>y</CredentialProvider></CredentialProviders>",
    );
    dir.write("b/1.XML", LISTING);
    dir.write("b/3.xml", "<CredentialProviders>");
    dir.write("b/4.xml", "<Settings/>");
    dir.write("b/readme.txt", "<");
    dir.write(
        "a/a/1.xml",
        "<CredentialProviders><CredentialProvider>z.cmd</CredentialProvider></CredentialProviders>",
    );
    let (programs, warnings) = names(&dir, "config.xml");
    assert_eq!(programs, ["b/sub/one.exe", "/opt/two", "b/y"]);
    let expected = [
        "`b/x.DLL` is a library, which cannot be loaded here; it is not asked",
        "`b/3.xml` names no providers: `b/3.xml` is no XML: the root node was opened but never closed",
        "`b/4.xml` names no providers: `b/4.xml` begins with `Settings`; `Settings` or `CredentialProviders` was expected",
        "`a/a/z.cmd` is a script for `cmd`, which is not here; it is not asked",
        "`none` names no providers: No such file or directory (os error 2)",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn a_listing_or_a_program_may_be_named_itself() {
    let dir = Dir::new();
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        let units = LISTING.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    dir.write("8.xml", LISTING);
    dir.write("mark.xml", format!("\u{FEFF}{LISTING}"));
    dir.write("le.xml", utf16([0xFF, 0xFE], u16::to_le_bytes));
    dir.write("be.xml", utf16([0xFE, 0xFF], u16::to_be_bytes));
    for file in ["8.xml", "mark.xml", "le.xml", "be.xml"] {
        let (programs, warnings) = names(&dir, file);
        assert_eq!((programs.len(), warnings.len()), (2, 1), "{file}");
    }
    assert_eq!(names(&dir, "provider.exe").0, ["provider.exe"]);
    assert_eq!(names(&dir, "provider.dll").1.len(), 1);
}

#[test]
fn programs_are_absolute_and_never_looked_for() {
    let here = std::env::current_dir().unwrap();
    for file in ["git", "./git", "no/such/git"] {
        let providers = Providers::from_file(file).unwrap();
        assert_eq!(providers.programs(), [here.join(file)], "{file}");
        assert!(providers.programs()[0].is_absolute());
    }
    assert!(Providers::from_file("").is_err());
}

#[test]
fn what_names_no_providers_says_why() {
    let dir = Dir::new();
    dir.write("other.xml", "<html/>");
    dir.write("cut.xml", "<Settings>");
    dir.write("bytes.xml", b"<a>\xFF</a>");
    dir.write("odd.xml", b"\xFF\xFE<");
    dir.write("large.xml", vec![b' '; (256 << 10) + 1]);
    dir.write(
        "bomb.xml",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><CredentialProviders>&a;</CredentialProviders>",
    );
    dir.make("folder.xml");
    let table = [
        (
            "other.xml",
            "begins with `html`; `Settings` or `CredentialProviders` was expected",
        ),
        ("cut.xml", "is no XML: the root node was opened but never closed"),
        ("bytes.xml", "is no XML: it is neither UTF-8 nor UTF-16"),
        ("odd.xml", "is no XML: it is neither UTF-8 nor UTF-16"),
        ("large.xml", "has more than 256 KiB"),
        ("bomb.xml", "is no XML: XML with DTD detected"),
        ("none.xml", "cannot read"),
        ("folder.xml", "cannot read"),
    ];
    for (file, expected) in table {
        let error = Providers::from_file(dir.join(file)).unwrap_err();
        assert!(error.to_string().contains(expected), "{file}: {error}");
    }
}

#[cfg(unix)]
mod run {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::tests::{ask, ask_proxy, ask_token, look_up, look_up_first, shown};

    /// Providers `1`, `2`, ..., which write down what they are told and do what `scripts` say.
    fn providers(dir: &Dir, scripts: &[&str]) -> Providers {
        let mut listing = String::new();
        for (number, script) in (1..).zip(scripts) {
            let log = dir.join("log");
            let text = format!(
                "#!/bin/sh\n(echo \"# {number} $1\"; cat) >>'{}'\n{script}\n",
                log.display()
            );
            let path = dir.write(format!("{number}"), text);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            listing += &format!("<CredentialProvider>{number}</CredentialProvider>");
        }
        dir.write(
            "list.xml",
            format!("<CredentialProviders>{listing}</CredentialProviders>"),
        );
        Providers::from_file(dir.join("list.xml")).unwrap()
    }

    fn told(dir: &Dir) -> String {
        fs::read_to_string(dir.join("log")).unwrap_or_default()
    }

    #[test]
    fn get_store_and_erase_say_what_the_debuggers_say() {
        let dir = Dir::new();
        let providers =
            providers(&dir, &["test $1 = Get && printf 'username=a\\npassword=p\\n'"]).with_parent_window(593_598);
        let Reply::Use(credentials) = look_up_first(&providers, &ask()) else {
            panic!()
        };
        providers.report(&ask(), &credentials, Outcome::Abandoned, &Arc::default());
        providers.report(&ask(), &credentials, Outcome::Accepted, &Arc::default());
        let peer = "protocol=https\nhost=symbols.example\npath=download/a.pdb\nresourceKind=symbols\n\
                    isretry=false\nissilent=true\nInteractive=0\nparenthwnd=593598\n";
        let known = "credentialkind=Basic\nusername=a\npassword=p\n";
        assert_eq!(told(&dir), format!("# 1 Get\n{peer}\n# 1 Store\n{peer}{known}\n"));

        look_up(&providers, &ask(), Previous::None, Interaction::Visible);
        assert!(told(&dir).contains("issilent=false\nInteractive=1\n"));
    }

    #[test]
    fn after_a_rejection_they_are_asked_once_more_past_their_caches() {
        let dir = Dir::new();
        let providers = providers(&dir, &["test $1 = Get && printf 'username=a\\npassword=p\\n'"]);
        let again = || look_up(&providers, &ask(), Previous::Rejected, Interaction::Silent);
        let Reply::Use(credentials) = look_up_first(&providers, &ask()) else {
            panic!()
        };
        providers.report(&ask(), &credentials, Outcome::Rejected, &Arc::default());
        assert!(told(&dir).contains("# 1 Erase\n"));
        assert_eq!(shown(&again()), "a:p");
        assert!(told(&dir).contains("isretry=true\n"));
        assert!(matches!(again(), Reply::None));
        // Whoever was let through since may try again.
        providers.report(&ask(), &credentials, Outcome::Accepted, &Arc::default());
        assert_eq!(shown(&again()), "a:p");
    }

    #[test]
    fn the_first_success_is_used_and_hears_what_became_of_it() {
        let dir = Dir::new();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let listener = move |who: &str, why: &str| ear.lock().unwrap().push(format!("{who}: {why}"));
        let scripts = [
            "echo error=broken",
            "",
            "test $1 = Get && echo password=p",
            "echo password=q",
        ];
        let providers = providers(&dir, &scripts).with_listener(Arc::new(listener));
        let Reply::Use(credentials) = look_up_first(&providers, &ask()) else {
            panic!()
        };
        assert_eq!(shown_credentials(&credentials), ":p");
        providers.report(&ask(), &credentials, Outcome::Accepted, &Arc::default());
        let told = told(&dir);
        let calls: Vec<&str> = told.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(calls, ["# 1 Get", "# 2 Get", "# 3 Get", "# 3 Store"]);
        let first = dir.join("1");
        let store = dir.join("3");
        let expected = [
            format!("credential providers: `{}`: broken", first.display()),
            format!(
                "credential providers: `{}`: Store: ended with exit status: 1",
                store.display()
            ),
        ];
        assert_eq!(*heard.lock().unwrap(), expected);
    }

    #[test]
    fn one_get_serves_both_requests_of_a_list_of_challenges() {
        let table = [
            ("echo password=p", "None", ":p"),
            ("echo credentialkind=Bearer; echo header=Bearer t", "Bearer t", ""),
        ];
        for (script, token, password) in table {
            let dir = Dir::new();
            let providers = providers(&dir, &[script]);
            assert_eq!(shown(&look_up_first(&providers, &ask_token())), token, "{script}");
            if !password.is_empty() {
                assert_eq!(shown(&look_up_first(&providers, &ask())), password, "{script}");
            }
            assert_eq!(told(&dir).matches("# 1 Get").count(), 1, "{script}");
        }
    }

    #[test]
    fn an_answer_for_one_path_is_not_used_for_another() {
        let dir = Dir::new();
        let script = format!(
            "path=$(sed -n 's/^path=//p' '{}' | tail -n 1); test $1 = Get && echo \"password=for $path\"",
            dir.join("log").display()
        );
        let providers = providers(&dir, &[&script]);
        let of = |path: &str, ask: Ask| Ask {
            path: path.to_owned(),
            ..ask
        };
        assert_eq!(shown(&look_up_first(&providers, &of("/a/x.pdb", ask_token()))), "None");
        let other = of("/b/x.pdb", ask());
        let reply = look_up_first(&providers, &other);
        assert_eq!(shown(&reply), ":for b/x.pdb");
        assert_eq!(
            shown(&look_up_first(&providers, &of("/a/x.pdb", ask()))),
            ":for a/x.pdb",
            "it was put by"
        );
        assert_eq!(told(&dir).matches("# 1 Get").count(), 2);
        let Reply::Use(credentials) = reply else { panic!() };
        providers.report(&of("/a/x.pdb", ask()), &credentials, Outcome::Accepted, &Arc::default());
        assert!(!told(&dir).contains("# 1 Store"), "nobody gave it for that path");
        providers.report(&other, &credentials, Outcome::Accepted, &Arc::default());
        assert!(told(&dir).contains("# 1 Store\nprotocol=https\nhost=symbols.example\npath=b/x.pdb\n"));
    }

    #[test]
    fn a_silent_provider_may_show_nothing() {
        let dir = Dir::new();
        let providers = providers(
            &dir,
            &["echo \"username=$GCM_INTERACTIVE-$GIT_TERMINAL_PROMPT\"; echo \"password=$(tty)\""],
        );
        let shown = |interaction| shown(&look_up(&providers, &ask(), Previous::None, interaction));
        assert_eq!(shown(Interaction::Silent), "never-0:not a tty");
        assert_eq!(shown(Interaction::Visible), "-0:not a tty");
    }

    #[test]
    fn a_token_is_stored_as_a_header() {
        let dir = Dir::new();
        let providers = providers(
            &dir,
            &["test $1 = Get && echo credentialkind=Bearer && echo header=Bearer t"],
        );
        let Reply::Use(credentials) = look_up_first(&providers, &ask_token()) else {
            panic!()
        };
        providers.report(&ask_token(), &credentials, Outcome::Accepted, &Arc::default());
        assert!(told(&dir).contains("credentialkind=Bearer\nheader=Bearer t\n"));
    }

    #[test]
    fn proxies_are_asked_for_by_a_setting_only() {
        let dir = Dir::new();
        let without = providers(&dir, &["echo password=p"]);
        assert!(matches!(look_up_first(&without, &ask_proxy()), Reply::None));
        assert_eq!(told(&dir), "");
        let with = without.for_proxies(ForProxies::Yes);
        assert_eq!(shown(&look_up_first(&with, &ask_proxy())), ":p");
        assert!(told(&dir).contains("host=proxy.corp.example:3128\npath=\nresourceKind=proxy\n"));
    }

    #[test]
    fn failures_are_told_when_nobody_answers() {
        let dir = Dir::new();
        let bounds = Bounds {
            time: Duration::from_secs(3),
            output: 1000,
        };
        let scripts = [
            "echo password=S3cret; echo got S3cret >&2; exit 3",
            "exec sleep 1000",
            "head -c 10000000 /dev/zero",
            "echo garbage",
        ];
        let providers = providers(&dir, &scripts).with_bounds(bounds);
        let Reply::Failed(why) = look_up_first(&providers, &ask_token()) else {
            panic!()
        };
        let root = format!("{}/", dir.path().display());
        let expected = "`1`: ended with exit status: 3; `2`: did not end within 3 s; `3`: said more than 1000 bytes";
        assert_eq!(why.replace(&root, ""), expected);
        assert!(
            matches!(look_up_first(&providers, &ask()), Reply::None),
            "they are not asked again at once"
        );
    }
}
