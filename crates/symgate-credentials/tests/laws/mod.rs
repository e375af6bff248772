//! Laws of what files and programs of others say, each over arbitrary bytes, through the public API only: for property
//! tests, fuzz targets and stored inputs alike. A broken law panics.

use symgate_auth::Credentials;
use symgate_credentials::{GitReply, Netrc, ProviderReply};

/// Any bytes are a file: each entry's text stands in it, the first of a host answers, warnings have lines of the file,
/// and nothing that prints shows a password.
pub(crate) fn netrc_invents_nothing(bytes: &[u8]) {
    let netrc = Netrc::parse(bytes);
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for warning in netrc.warnings() {
        assert!(
            warning.line.is_some_and(|line| (1..=lines).contains(&line)),
            "{warning}"
        );
    }
    assert!(netrc.warnings().len() <= bytes.len());
    assert!(netrc.entries().len() <= bytes.len() / ENTRY.len());
    for entry in netrc.entries() {
        assert!((1..=lines).contains(&entry.line()));
        let (user, password) = halves(entry.credentials());
        for text in [entry.host().as_bytes(), user, password] {
            assert!(is_written_in(text, bytes), "{:?}", String::from_utf8_lossy(text));
        }
        let first = netrc.find(&entry.host().to_ascii_uppercase());
        assert!(first.is_some_and(|first| {
            let mut same = netrc.entries().iter();
            same.any(|other| other.credentials().same(first) && other.host().eq_ignore_ascii_case(entry.host()))
        }));
    }
    // With a password before it that nothing holds by chance.
    let marked = [b"machine h login u password ", SECRET.as_bytes(), b"\n", bytes].concat();
    let marked = Netrc::parse(&marked);
    if !has_secret(&String::from_utf8_lossy(bytes), SECRET.as_bytes()) {
        let shown = format!("{marked:?} {:?}", marked.warnings());
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

/// Any bytes are output of a helper, by either protocol: an answer's text stands in it and stays in its line, and nothing
/// that prints shows a password. The bytes are read as they are, and around a password.
pub(crate) fn helper_replies_invent_nothing(bytes: &[u8]) {
    let (before, after) = bytes.split_at(bytes.len() / 2);
    for key in SECRETS {
        let line = format!("\n{key}{SECRET}\n");
        replies(&[before, line.as_bytes(), after].concat());
    }
    replies(bytes);
}

fn replies(output: &[u8]) {
    let git = GitReply::parse(output);
    let provider = ProviderReply::parse(output);
    // The secret may also stand where it is none: in a name, or in an error's text without a password beside it.
    let elsewhere = output
        .split(|byte| *byte == b'\n')
        .any(|line| has_secret(&String::from_utf8_lossy(line), SECRET.as_bytes()) && !is_secret_line(line));
    if !elsewhere {
        let shown = format!("{git:?} {provider:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        for error in [
            git.as_ref().err().map(ToString::to_string),
            provider.as_ref().err().map(ToString::to_string),
        ] {
            assert!(!error.is_some_and(|error| error.contains(SECRET)));
        }
    }
    let mut answers: Vec<&Credentials> = Vec::new();
    if let Ok(GitReply::Answer { credentials, .. }) = &git {
        answers.push(credentials);
    }
    match &provider {
        Ok(ProviderReply::Answer(credentials)) => answers.push(credentials),
        Ok(ProviderReply::Failed(why)) => {
            assert!(
                why.chars().count() <= 201 && !why.chars().any(char::is_control),
                "{why:?}"
            );
        }
        Ok(ProviderReply::Nothing) | Err(_) => {}
    }
    for credentials in answers {
        let (user, password) = halves(credentials);
        for text in [user, password] {
            assert!(!text.iter().any(|byte| b"\0\r\n".contains(byte)));
            assert!(output.windows(text.len().max(1)).any(|part| part == text) || text.is_empty());
        }
    }
}

/// Name and secret.
fn halves(credentials: &Credentials) -> (&[u8], &[u8]) {
    match credentials {
        Credentials::Password(password) => (password.user.as_bytes(), password.password.expose()),
        Credentials::Bearer(token) => (b"", token.expose()),
        _ => (b"", b""),
    }
}

/// Whether a text stands in a file, in its order; an escape is one character of it and two of the file.
fn is_written_in(text: &[u8], file: &[u8]) -> bool {
    let mut file = file.iter();
    text.iter().all(|byte| {
        let letter = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => *other,
        };
        file.any(|written| written == byte || *written == letter)
    })
}

/// Whether a line is one whose value is secret, in both protocols and whatever stands before it.
fn is_secret_line(line: &[u8]) -> bool {
    SECRETS.iter().any(|key| line.starts_with(key.as_bytes()))
        && has_secret(&String::from_utf8_lossy(line), SECRET.as_bytes())
}

fn has_secret(text: &str, secret: &[u8]) -> bool {
    !secret.is_empty() && text.as_bytes().windows(secret.len()).any(|part| part == secret)
}

/// How lines begin whose value is secret.
const SECRETS: &[&str] = &["password=", "credential=", "header=Bearer ", "oauth_refresh_token="];

/// The shortest entry.
const ENTRY: &[u8] = b"machine\"\"login\"\"password\"\"";

/// A password that nothing holds by chance.
const SECRET: &str = "S3cret-of-the-law";
