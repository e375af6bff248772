//! The words of a `.netrc`, and what they make together.

use std::sync::Arc;

use symgate_auth::{Credentials, Secret};
use zeroize::Zeroizing;

use super::{Netrc, NetrcEntry, NetrcWarning, NetrcWarningKind as Kind};

pub(super) fn parse(bytes: &[u8]) -> Netrc {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let mut reader = Reader {
        words: Words { rest: bytes, line: 1 },
        netrc: Netrc::default(),
        open: Open::Nothing,
    };
    reader.run();
    reader.netrc
}

struct Reader<'a> {
    words: Words<'a>,
    netrc: Netrc,
    open: Open,
}

/// The entry whose words come now.
enum Open {
    /// `default`, or an entry with a broken word: its words mean nothing.
    Ignored,
    Machine(Draft),
    Nothing,
}

struct Draft {
    host: String,
    login: Option<String>,
    password: Option<Secret>,
    line: usize,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(keyword) = self.words.keyword() {
            let line = keyword.line;
            let Ok(text) = keyword.text else {
                self.spoil(line);
                continue;
            };
            match text.to_ascii_lowercase().as_slice() {
                b"machine" => {
                    self.close();
                    self.open = match self.value(line) {
                        Some(host) => Open::Machine(Draft {
                            host,
                            login: None,
                            password: None,
                            line,
                        }),
                        None => Open::Ignored,
                    };
                }
                b"default" => {
                    self.close();
                    self.open = Open::Ignored;
                    self.warn(line, Kind::Default);
                }
                b"macdef" => {
                    self.close();
                    self.words.skip_macro();
                }
                b"login" => {
                    let login = self.value(line);
                    if let (Some(draft), Some(login)) = (self.draft(), login) {
                        draft.login = Some(login);
                    }
                }
                b"password" => {
                    let password = self.value(line).map(Secret::new);
                    if let (Some(draft), Some(password)) = (self.draft(), password) {
                        draft.password = Some(password);
                    }
                }
                // Known to ftp alone.
                b"account" => drop(self.value(line).map(Zeroizing::new)),
                _ => self.warn(line, Kind::Unknown),
            }
        }
        self.close();
    }

    /// The entry that still wants a name or a password: as with curl, its first pair counts.
    fn draft(&mut self) -> Option<&mut Draft> {
        match &mut self.open {
            Open::Machine(draft) if draft.login.is_none() || draft.password.is_none() => Some(draft),
            Open::Ignored | Open::Machine(_) | Open::Nothing => None,
        }
    }

    /// The value behind a keyword. Without one, the entry is spoilt.
    fn value(&mut self, line: usize) -> Option<String> {
        let Some(word) = self.words.value() else {
            self.warn(line, Kind::Value);
            return None;
        };
        let text = word
            .text
            .ok()
            .and_then(|text| std::str::from_utf8(&text).map(str::to_owned).ok());
        if text.is_none() {
            self.spoil(word.line);
        }
        text
    }

    /// A word cannot be understood, and so neither can its entry.
    fn spoil(&mut self, line: usize) {
        self.warn(line, Kind::Text);
        self.open = Open::Ignored;
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Machine(Draft {
                host,
                login: Some(user),
                password: Some(password),
                line,
            }) => self.netrc.entries.push(NetrcEntry {
                host,
                credentials: Arc::new(Credentials::Password(symgate_auth::Password { user, password })),
                line,
            }),
            Open::Machine(Draft { line, .. }) => self.warn(line, Kind::Incomplete),
            Open::Ignored | Open::Nothing => {}
        }
    }

    /// One warning of a kind for a line.
    fn warn(&mut self, line: usize, kind: Kind) {
        let warning = NetrcWarning { line: Some(line), kind };
        if self.netrc.warnings.last() != Some(&warning) {
            self.netrc.warnings.push(warning);
        }
    }
}

/// A cursor over the file.
struct Words<'a> {
    rest: &'a [u8],
    line: usize,
}

struct Word {
    text: Result<Zeroizing<Vec<u8>>, Endless>,
    line: usize,
}

/// A quoted word whose line ends before it.
struct Endless;

impl<'a> Words<'a> {
    /// The next word that is no comment.
    fn keyword(&mut self) -> Option<Word> {
        loop {
            self.skip_blanks();
            if self.rest.first() != Some(&b'#') {
                return self.word();
            }
            self.skip_line();
        }
    }

    /// The next word, also one that looks like a comment: passwords begin with `#` too.
    fn value(&mut self) -> Option<Word> {
        self.skip_blanks();
        self.word()
    }

    fn word(&mut self) -> Option<Word> {
        let line = self.line;
        let text = match self.rest.first()? {
            b'"' => self.quoted(),
            _ => {
                let end = self
                    .rest
                    .iter()
                    .position(|byte| is_blank(*byte))
                    .unwrap_or(self.rest.len());
                Ok(Zeroizing::new(self.take(end).to_vec()))
            }
        };
        Some(Word { text, line })
    }

    fn quoted(&mut self) -> Result<Zeroizing<Vec<u8>>, Endless> {
        self.take(1);
        let (length, closed) = length_of_quoted(self.rest);
        let quoted = self.take(length);
        if !closed {
            return Err(Endless);
        }
        self.take(1);
        // The text is never longer than what stands for it.
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        let mut bytes = quoted.iter();
        while let Some(byte) = bytes.next() {
            // A backslash that ends the line ends no word, so something follows each.
            let plain = if *byte == b'\\' { bytes.next() } else { None };
            text.push(match plain {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(other) => *other,
                None => *byte,
            });
        }
        Ok(text)
    }

    /// Up to the next empty line, or the end.
    fn skip_macro(&mut self) {
        self.skip_line();
        while !self.rest.is_empty() && !matches!(self.rest, [b'\n', ..] | [b'\r', b'\n', ..]) {
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        self.take(end.map_or(self.rest.len(), |end| end + 1));
    }

    fn skip_blanks(&mut self) {
        let end = self
            .rest
            .iter()
            .position(|byte| !is_blank(*byte))
            .unwrap_or(self.rest.len());
        self.take(end);
    }

    /// Goes on by `length` bytes, and counts lines.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.line += taken.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
        taken
    }
}

/// What parts words: blanks, line ends, and other control characters, as curl has it.
const fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

/// How many bytes stand before the quote that ends a word, which is not an escaped one, or before the end of the line;
/// and whether it is the quote. It looks at no byte behind that: a line may have many words.
fn length_of_quoted(rest: &[u8]) -> (usize, bool) {
    let mut escaped = false;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'\n' => return (at, false),
            b'"' if !escaped => return (at, true),
            _ => escaped = *byte == b'\\' && !escaped,
        }
    }
    (rest.len(), false)
}
