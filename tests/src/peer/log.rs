//! Access logs in a form of our own, the same for each peer that can write it.
//!
//! One line for each request, fields between single spaces, `-` for what there is not:
//! `CONNECTION METHOD TARGET STATUS USER BYTES`.

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
    let fields: Vec<&str> = line.split(' ').collect();
    let [connection, method, target, status, user, bytes] = fields[..] else {
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
    })
}

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
        }
    }

    #[test]
    fn counts_turns_for_each_connection_and_leaves_probes_out() {
        let text = "\
            9 NONE error:transaction-end-before-headers 000 - 0\n\
            7 GET http://a/b 407 - 12\n\
            8 GET http://a/b 407 - 12\n\
            7 GET http://a/b 200 alice 12\n\
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
            "x GET / 200 - 1",
            "1 GET / ok - 1",
            "1 GET / 200 -",
            "1 GET / 200 - 1 2",
        ] {
            assert_eq!(parse_line(text), None, "{text}");
        }
    }
}
