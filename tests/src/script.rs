//! Transcripts: dialogues between a client and its peers, as text that runs.
//!
//! A file holds comments (`#`), what the client must write (`C>`), what a peer writes (`S>`, or `S* 5000 a` for many
//! bytes), and directives (`!`). Bytes are visible: `\r`, `\n`, `\t`, `\\`, `\x00`; a line of the file is a line of the
//! dialogue up to and with its `\n`. Directives are of three kinds:
//!
//! | kind | directives |
//! |---|---|
//! | before an errand | `get URL`, `connect URL`, `limit NAME NUMBER`, `field NAME: VALUE`, `danger-http`, `split whole`, `seeded` |
//! | what a driver answers | `routes direct, forward URL, socks5 URL, tunnel URL`, `no-route WHY`, `opened`, `reused`, `secured`, `answer USER:PASSWORD`, `answer pass`, `answer ambient`, `token TEXT`, `no-token WHY`, `refuse WHO`, `end`, `cut`, `failed KIND`, `late` |
//! | what the errand says | `choose`, `dial`, `tls`, `ask`, `ticket`, `report`, `note`, `head`, `body`, `keep`, `close`, `done`, `error` |
//!
//! The third kind and `C>` are expectations: playing a script writes the whole dialogue anew, and it has to be the same
//! text. Notes are compared in scripts that hold at least one. `seeded` scripts hold what is made from the seed and the time
//! that a script has; they are played in memory alone.

mod over_tcp;
mod play;

use std::fmt::Write as _;

pub use over_tcp::{Driver, Errand, fits_tcp, play_over_tcp};
pub use play::{Split, play};

/// A dialogue.
#[derive(Debug)]
pub struct Script {
    lines: Vec<Line>,
}

/// One line of a file, without its end.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A comment or nothing.
    Blank,
    /// What the errand says or writes; written anew by playing.
    Said,
    /// What the driver answers, or what precedes an errand.
    Given(Given),
    /// What a peer writes.
    Peer(Vec<u8>),
}

/// A directive that goes into the machine.
#[derive(Clone, Debug)]
enum Given {
    Answer(Answered),
    Connect(String),
    Cut,
    DangerHttp,
    End,
    Failed(String),
    Field(String, String),
    Get(String),
    Late,
    Limit(String, u64),
    NoRoute(String),
    NoToken(String),
    Opened,
    Reused,
    Routes(String),
    Secured,
    Seeded,
    SplitWhole,
    Token(String),
}

#[derive(Clone, Debug)]
enum Answered {
    Ambient,
    Pass,
    Refuse(String),
    Use { user: String, password: String },
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// The number of the line that makes no sense, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate().map(|(number, line)| {
            let kind = kind(line).map_err(|why| format!("line {}: {why}: {line}", number + 1))?;
            let text = line.to_owned();
            Ok(Line { text, kind })
        });
        Ok(Self {
            lines: lines.collect::<Result<_, String>>()?,
        })
    }

    /// Whether the outcome depends on how the peer's bytes are split, by nature: a timing that the script fixes.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| matches!(line.kind, Kind::Given(Given::SplitWhole)))
    }

    fn holds_notes(&self) -> bool {
        self.lines.iter().any(|line| line.text.starts_with("! note "))
    }
}

fn kind(line: &str) -> Result<Kind, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(Kind::Blank);
    }
    if line.starts_with("C> ") {
        return Ok(Kind::Said);
    }
    if let Some(bytes) = line.strip_prefix("S> ") {
        return Ok(Kind::Peer(unescape(bytes)?));
    }
    if let Some((count, bytes)) = line.strip_prefix("S* ").and_then(|rest| rest.split_once(' ')) {
        let count = count.parse::<usize>().map_err(|error| error.to_string())?;
        return Ok(Kind::Peer(unescape(bytes)?.repeat(count)));
    }
    let Some(directive) = line.strip_prefix("! ") else {
        return Err("neither `#`, `C>`, `S>`, `S*` nor `!`".into());
    };
    let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    let rest = rest.to_owned();
    Ok(Kind::Given(match word {
        "answer" => Given::Answer(match rest.split_once(':') {
            Some((user, password)) => Answered::Use {
                user: user.into(),
                password: password.into(),
            },
            None if rest == "ambient" => Answered::Ambient,
            None => Answered::Pass,
        }),
        "connect" => Given::Connect(rest),
        "cut" => Given::Cut,
        "danger-http" => Given::DangerHttp,
        "end" => Given::End,
        "failed" => Given::Failed(rest),
        "field" => match rest.split_once(": ") {
            Some((name, value)) => Given::Field(name.into(), value.into()),
            None => return Err("a field wants `NAME: VALUE`".into()),
        },
        "get" => Given::Get(rest),
        "late" => Given::Late,
        "limit" => match rest.split_once(' ').map(|(name, number)| (name, number.parse())) {
            Some((name, Ok(number))) => Given::Limit(name.into(), number),
            _ => return Err("a limit wants `NAME NUMBER`".into()),
        },
        "no-route" => Given::NoRoute(rest),
        "no-token" => Given::NoToken(rest),
        "opened" => Given::Opened,
        "refuse" => Given::Answer(Answered::Refuse(rest)),
        "reused" => Given::Reused,
        "routes" => Given::Routes(rest),
        "secured" => Given::Secured,
        "seeded" => Given::Seeded,
        "split" => Given::SplitWhole,
        "token" => Given::Token(rest),
        "ask" | "body" | "choose" | "close" | "dial" | "done" | "error" | "head" | "keep" | "note" | "report"
        | "ticket" | "tls" => {
            return Ok(Kind::Said);
        }
        _ => return Err("no such directive".into()),
    }))
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        match rest.next() {
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('\\') => bytes.push(b'\\'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 2);
                bytes.push(byte.ok_or_else(|| format!("`\\x{digits}` is no byte"))?);
            }
            _ => return Err("a backslash wants `r`, `n`, `t`, `\\` or `xNN` behind it".into()),
        }
    }
    Ok(bytes)
}

/// Bytes as a script shows them.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_text() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&escape(&bytes)).unwrap(), bytes);
        for wrong in ["\\", "\\q", "\\x", "\\x0", "\\xzz"] {
            assert!(unescape(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nonsense_is_named_by_its_line() {
        let error = Script::parse("# fine\n\n! frobnicate\n").unwrap_err();
        assert_eq!(error, "line 3: no such directive: ! frobnicate");
    }
}
