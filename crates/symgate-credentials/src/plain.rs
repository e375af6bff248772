//! Text of others, made harmless ([`harmless`]), and what a program complained of ([`Complaint`]).

use zeroize::Zeroizing;

/// Up to `most` characters of untrusted text, with a mark for each that moves a cursor, hides, or turns the direction
/// of what follows.
pub(crate) fn harmless(text: &str, most: usize) -> String {
    let mut plain: String = text
        .chars()
        .take(most)
        .map(|c| if is_harmful(c) { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        plain.push('…');
    }
    plain
}

/// Control characters, and format characters: those of [UAX #9](https://www.unicode.org/reports/tr9/), joiners, tags and
/// others without a width.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// The last words of what a program wrote to its standard error. They may hold what we told it, so they come out only
/// against the secrets of the call.
#[derive(Debug, Default)]
pub(crate) struct Complaint(Hidden);

#[derive(Default)]
struct Hidden(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Complaint {
    /// Of whole lines, but for the last: in the rest of a line a secret may be cut, and then nothing finds it.
    pub(crate) fn new(tail: Zeroizing<Vec<u8>>) -> Self {
        Self(Hidden(tail))
    }

    /// Whether a word is in it.
    pub(crate) fn is_about(&self, word: &str) -> bool {
        self.0
            .0
            .windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The last line that says something, behind a colon; empty when there is none, or when one of `secrets` is in it.
    pub(crate) fn tail(&self, secrets: &[&[u8]]) -> String {
        let mut lines = self.0.0.split(|byte| *byte == b'\n').rev();
        let Some(line) = lines.find(|line| !line.trim_ascii().is_empty()) else {
            return String::new();
        };
        let leaks = |secret: &&[u8]| !secret.is_empty() && line.windows(secret.len()).any(|part| part == *secret);
        if secrets.iter().any(leaks) {
            return String::new();
        }
        format!(
            ": {}",
            harmless(String::from_utf8_lossy(line.trim_ascii()).as_ref(), MOST)
        )
    }
}

/// Characters of a complaint: a line of a terminal or two.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_or_hides_becomes_a_mark() {
        let table = [
            ("corp", "corp"),
            ("a\u{1b}[2Jb", "a\u{FFFD}[2Jb"),
            ("a\nb\r\0", "a\u{FFFD}b\u{FFFD}\u{FFFD}"),
            ("a\u{202E}b\u{200B}c\u{E0041}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}"),
            ("12345678901", "1234567890…"),
            ("Grüße", "Grüße"),
        ];
        for (text, expected) in table {
            assert_eq!(harmless(text, 10), expected, "{text:?}");
        }
    }

    #[test]
    fn a_complaint_is_its_last_line_without_secrets() {
        let table = [
            ("", ""),
            ("\n\n", ""),
            ("warning: a\nfatal: b\n \n", ": fatal: b"),
            ("fatal: b\r\n", ": fatal: b"),
            ("password=S3cret\n", ""),
            ("password=S3cret\nfatal", ": fatal"),
            ("\u{1b}[31mred", ": \u{FFFD}[31mred"),
        ];
        for (text, expected) in table {
            let complaint = Complaint::new(Zeroizing::new(text.as_bytes().to_vec()));
            assert_eq!(complaint.tail(&[b"", b"S3cret"]), expected, "{text:?}");
            assert!(!format!("{complaint:?}").contains("S3cret"));
        }
    }
}
