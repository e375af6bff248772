//! Files, and what they mean.

use symgate_tests::Dir;

use super::*;

/// The entries of a file as text.
fn read(file: &[u8]) -> (Vec<String>, Vec<String>) {
    let netrc = Netrc::parse(file);
    let entries = netrc.entries().iter().map(|entry| {
        let Credentials::Password(password) = &**entry.credentials() else {
            panic!("a netrc has passwords");
        };
        let secret = String::from_utf8_lossy(password.password.expose()).into_owned();
        format!("{}: {}@{} {secret}", entry.line(), password.user, entry.host())
    });
    let warnings = netrc.warnings().iter().map(ToString::to_string);
    (entries.collect(), warnings.collect())
}

#[test]
fn files_mean_their_entries() {
    let unknown = "an unknown word is ignored";
    let incomplete = "an entry without login or without password is ignored";
    let text = "a word that does not end, or is no UTF-8; its entry is ignored";
    let table: &[(&[u8], &[&str], &[String])] = &[
        (b"", &[], &[]),
        (b"machine h login a password p", &["1: a@h p"], &[]),
        (b"machine h\n\tlogin a\r\n\tpassword p\r\n", &["1: a@h p"], &[]),
        (b"\xEF\xBB\xBFmachine h login a password p", &["1: a@h p"], &[]),
        (b"MACHINE h Login a PASSWORD p", &["1: a@h p"], &[]),
        (b"machine h password p account x login a", &["1: a@h p"], &[]),
        (
            b"machine h login a login b password p login c password q",
            &["1: b@h p"],
            &[],
        ),
        (b"machine\nh\nlogin\na\npassword\np\n", &["1: a@h p"], &[]),
        (
            b"# one\nmachine h login a password p # two\nmachine i login b password #q\n",
            &["2: a@h p", "3: b@i #q"],
            &[],
        ),
        (
            br#"machine h login "a b" password "p\"\\\n\tq""#,
            &["1: a b@h p\"\\\n\tq"],
            &[],
        ),
        (b"machine h login a password \"\"", &["1: a@h "], &[]),
        (b"machine h login a password p\"q", &["1: a@h p\"q"], &[]),
        (b"machine h login a password machine", &["1: a@h machine"], &[]),
        (
            b"macdef init\nmachine m login m password m\n\nmachine h login a password p",
            &["4: a@h p"],
            &[],
        ),
        (
            b"machine h login a password p\nmacdef init\r\nput\r\n\r\nmachine i login b password q",
            &["1: a@h p", "5: b@i q"],
            &[],
        ),
        (b"macdef init\nmachine h login a password p", &[], &[]),
        (
            b"machine h login a password p\ndefault login d password e\nmachine i login b password q",
            &["1: a@h p", "3: b@i q"],
            &["line 2: `default` is ignored: it would answer every server".into()],
        ),
        (
            b"machine h login a\nmachine i password q\n",
            &[],
            &[format!("line 1: {incomplete}"), format!("line 2: {incomplete}")],
        ),
        (
            b"machine h\nport 21 login a password p",
            &["1: a@h p"],
            &[format!("line 2: {unknown}")],
        ),
        (
            b"machine h login \"a password p\nmachine i login b password q",
            &["2: b@i q"],
            &[format!("line 1: {text}")],
        ),
        (
            b"machine h login a password p\xFF\nmachine i login b password q",
            &["2: b@i q"],
            &[format!("line 1: {text}")],
        ),
        (
            b"machine h login a password",
            &[],
            &[
                "line 1: the file ends where a value is due".into(),
                format!("line 1: {incomplete}"),
            ],
        ),
        (b"login a password p", &[], &[]),
    ];
    for (file, entries, warnings) in table {
        let shown = String::from_utf8_lossy(file);
        let (found, told) = read(file);
        assert_eq!(found, *entries, "{shown}");
        assert_eq!(told, *warnings, "{shown}");
    }
}

#[test]
fn the_first_entry_of_a_host_counts_in_any_case() {
    let netrc = Netrc::parse(b"machine Host login a password p machine host login b password q");
    assert_eq!(netrc.find("HOST").unwrap().user(), Some("a"));
    assert!(netrc.find("hos").is_none());
}

#[test]
fn a_user_who_was_named_has_an_entry_of_his_own() {
    let netrc = Netrc::parse(b"machine h login a password p machine h login b password q");
    let origin = Origin::new(symgate_auth::UriScheme::Https, "h", 443);
    let find = |user| netrc.find_origin(&origin, user).and_then(|found| found.user());
    assert_eq!(
        [find(None), find(Some("b")), find(Some("c"))],
        [Some("a"), Some("b"), None]
    );
}

#[test]
fn an_ipv6_address_stands_without_brackets() {
    let netrc = Netrc::parse(b"machine ::1 login a password p");
    let origin = Origin::new(symgate_auth::UriScheme::Http, "[::1]", 8080);
    assert_eq!(netrc.find_origin(&origin, None).unwrap().user(), Some("a"));
}

#[test]
fn debug_shows_no_password() {
    let netrc = Netrc::parse(b"machine h login a password S3cret unknown S3cret \"S3cret");
    assert!(!format!("{netrc:?}").contains("S3cret"));
    assert!(
        !netrc
            .warnings()
            .iter()
            .any(|warning| warning.to_string().contains("S3cret"))
    );
}

#[test]
fn a_file_is_read_within_its_bounds() {
    let dir = Dir::new();
    assert!(Netrc::read(dir.join("none")).unwrap().is_none());
    assert!(matches!(Netrc::read(dir.path()), Err(NetrcError::Kind(_))));
    let large = dir.write("large", vec![b' '; LARGEST]);
    assert!(Netrc::read(&large).unwrap().unwrap().entries().is_empty());
    let larger = dir.write("larger", vec![b' '; LARGEST + 1]);
    assert!(matches!(Netrc::read(&larger), Err(NetrcError::Size(_))));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_told_and_used() {
    use std::os::unix::fs::PermissionsExt;

    let dir = Dir::new();
    let file = dir.write("netrc", "machine h login a password p");
    for (mode, told) in [(0o600, 0), (0o640, 1), (0o604, 1)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let netrc = Netrc::read(&file).unwrap().unwrap();
        assert_eq!(netrc.entries().len(), 1, "{mode:o}");
        assert_eq!(netrc.warnings().len(), told, "{mode:o}");
    }
    assert_eq!(
        Netrc::read(&file).unwrap().unwrap().warnings()[0].to_string(),
        "other users can read the file"
    );
}

#[test]
fn an_error_names_its_file() {
    let table = [
        (NetrcError::Kind("f".into()), "`f` is no regular file"),
        (NetrcError::Size("f".into()), "`f` has more than 1 MiB"),
        (
            NetrcError::Read {
                path: "f".into(),
                error: io::Error::other("x"),
            },
            "cannot read `f`",
        ),
    ];
    for (error, expected) in table {
        assert_eq!(error.to_string(), expected);
    }
}
