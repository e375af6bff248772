//! Access logs in a form of our own, the same for each peer that can write it.
//!
//! One line for each request, fields between single spaces, `-` for what there is not:
//! `CONNECTION METHOD TARGET STATUS USER BYTES CREDENTIALS`. The last is the field with which the client logged on, spaces
//! and all; a peer may cut it short.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// One request, as the peer that served it wrote it down when it had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Which connection it came on: lines with the same number share one.
    pub connection: u64,
    /// The how-manieth request of its connection it was, from 1.
    pub turn: u64,
    /// The method.
    pub method: String,
    /// The request target: authority, absolute or origin form, as it was sent.
    pub target: String,
    /// The status that was answered.
    pub status: u16,
    /// The user that was logged on, when there was one.
    pub user: Option<String>,
    /// Bytes that were sent to the client: with their head at a proxy, without at an origin.
    pub bytes: u64,
    /// What it brought to log on with.
    pub brought: Brought,
}

/// What a request brought to log on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Nothing.
    Nothing,
    /// The first message of an NTLM exchange, which asks for a challenge: raw, or in SPNEGO.
    Greeting,
    /// Something to judge: a password, a digest, a ticket, the last message of an NTLM exchange.
    Proof,
}

impl LogLine {
    /// Whether it brought a proof and was asked for another one: a failed logon, or a nonce that was too old.
    #[must_use]
    pub fn is_failed_logon(&self) -> bool {
        self.brought == Brought::Proof && matches!(self.status, 401 | 407)
    }
}

impl Brought {
    fn of(credentials: &str) -> Self {
        if credentials == "-" {
            return Self::Nothing;
        }
        let token = credentials.split_once(' ').map_or("", |(_, token)| token);
        // Of a token that was cut, whole groups of four are still to be read.
        let whole = token.get(..token.len() - token.len() % 4).unwrap_or_default();
        let token = BASE64_STANDARD.decode(whole).unwrap_or_default();
        if token.windows(GREETING.len()).any(|window| window == GREETING) {
            Self::Greeting
        } else {
            Self::Proof
        }
    }
}

/// Reads what there is now.
pub(super) fn read(file: &Path) -> Vec<LogLine> {
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        // A peer makes the file with its first line.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("cannot read `{}`: {error}", file.display()),
    };
    parse(&text)
}

/// Reads until there are `lines` of them at least.
///
/// A line is written when the request is over, for CONNECT when the tunnel is: a client may know
/// its answer long before.
pub(super) fn wait(file: &Path, lines: usize) -> Vec<LogLine> {
    let end = Instant::now() + PATIENCE;
    loop {
        let log = read(file);
        if log.len() >= lines {
            return log;
        }
        assert!(
            Instant::now() < end,
            "`{}` has {} lines after {PATIENCE:?}, not {lines}: {log:#?}",
            file.display(),
            log.len()
        );
        thread::sleep(PAUSE);
    }
}

fn parse(text: &str) -> Vec<LogLine> {
    let mut turns: BTreeMap<u64, u64> = BTreeMap::new();
    // A last line without its end is still being written.
    let complete = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    complete
        .filter(|line| !is_probe(line))
        .map(|line| {
            let mut parsed = parse_line(line).unwrap_or_else(|| panic!("not a line of the log: `{line}`"));
            let turn = turns.entry(parsed.connection).or_default();
            *turn += 1;
            parsed.turn = *turn;
            parsed
        })
        .collect()
}

/// Whether the connection came and went without a request, as the harness does to see who listens.
fn is_probe(line: &str) -> bool {
    line.contains(" error:transaction-end-before-headers ")
}

fn parse_line(line: &str) -> Option<LogLine> {
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    let [connection, method, target, status, user, bytes, credentials] = fields[..] else {
        return None;
    };
    Some(LogLine {
        connection: connection.parse().ok()?,
        turn: 0,
        method: method.to_owned(),
        target: target.to_owned(),
        status: status.parse().ok()?,
        user: (user != "-").then(|| user.to_owned()),
        bytes: bytes.parse().ok()?,
        brought: Brought::of(credentials),
    })
}

/// The signature and the type of NTLM's first message, in [MS-NLMP §2.2.1.1]'s order of bytes.
///
/// [MS-NLMP §2.2.1.1]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp/b34032e5-3aae-4bc6-84c3-c6d80eadf7f2
const GREETING: &[u8] = b"NTLMSSP\0\x01\0\0\0";

/// How long a peer may take to write a line down.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at a log.
const PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(connection: u64, turn: u64, status: u16, user: Option<&str>) -> LogLine {
        LogLine {
            connection,
            turn,
            method: "GET".to_owned(),
            target: "http://a/b".to_owned(),
            status,
            user: user.map(str::to_owned),
            bytes: 12,
            brought: Brought::Nothing,
        }
    }

    #[test]
    fn counts_turns_for_each_connection_and_leaves_probes_out() {
        let text = "\
            9 NONE error:transaction-end-before-headers 000 - 0 -\n\
            7 GET http://a/b 407 - 12 -\n\
            8 GET http://a/b 407 - 12 -\n\
            7 GET http://a/b 200 alice 12 -\n\
            7 GET http://a/b 2";
        let expected = [
            line(7, 1, 407, None),
            line(8, 1, 407, None),
            line(7, 2, 200, Some("alice")),
        ];
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn line_of_another_form_is_none() {
        for text in [
            "",
            "x GET / 200 - 1 -",
            "1 GET / ok - 1 -",
            "1 GET / 200 -",
            "1 GET / 200 - 1",
        ] {
            assert_eq!(parse_line(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_first_message_of_ntlm_proves_nothing() {
        let table: [(&str, Brought); 7] = [
            ("-", Brought::Nothing),
            ("Basic YTpi", Brought::Proof),
            ("Digest username=\"alice\"", Brought::Proof),
            ("NTLM TlRMTVNTUAABAAAAB4II", Brought::Greeting),
            ("NTLM TlRMTVNTUAADAAAAGAAY", Brought::Proof),
            // In SPNEGO, and cut short inside a group.
            ("Negotiate oBMEEU5UTE1TU1AAAQAAAAAAAAAAxy", Brought::Greeting),
            ("Negotiate YIICdQYGKwYBBQUCoII", Brought::Proof),
        ];
        for (credentials, expected) in table {
            assert_eq!(Brought::of(credentials), expected, "{credentials}");
        }
    }

    #[test]
    fn a_proof_that_is_asked_for_again_has_failed() {
        let table = [
            ("1 GET / 407 - 1 Basic YTpi", true),
            ("1 GET / 401 - 1 NTLM TlRMTVNTUAADAAAA", true),
            ("1 GET / 407 - 1 NTLM TlRMTVNTUAABAAAA", false),
            ("1 GET / 407 - 1 -", false),
            ("1 GET / 200 a 1 Basic YTpi", false),
        ];
        for (text, expected) in table {
            let line = parse_line(text).unwrap();
            assert_eq!(line.is_failed_logon(), expected, "{text}");
        }
    }
}
