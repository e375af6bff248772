//! How things are written: what peers said made harmless, errors with their causes, addresses.

use std::error::Error as StdError;

/// Makes text that may come from a peer safe for a terminal: nothing in it moves the cursor or hides the rest.
///
/// ```
/// assert_eq!(symgate_console::plain("a\x1b[2Jb\u{202e}c\nd"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
/// ```
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_deceptive(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// Prints an error with its causes on one line, [harmless](plain).
#[must_use]
pub fn chain<E: StdError>(error: &E) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let said = source.to_string();
        // Some foreign errors repeat their source.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = source.source();
    }
    plain(&text)
}

/// Whether a character controls a terminal, or is not seen but changes how others are: Unicode's general categories Cc,
/// Cf, Zl and Zp, and the fillers and selectors that look like nothing.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// How many digits an address has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Digits {
    Eight,
    Sixteen,
}

impl Digits {
    /// Prints an address; sixteen digits are parted by a backtick (SYMSRV §6.7).
    pub(crate) fn of(self, address: u64) -> String {
        match self {
            Self::Eight => format!("{address:08x}"),
            Self::Sixteen => format!("{:08x}`{:08x}", address >> 32, address & 0xFFFF_FFFF),
        }
    }
}

/// Reads a number in the debuggers' default radix, 16, with or without `0x`, backticks ignored.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    let digits = digits.replace('`', "");
    // `from_str_radix` takes a sign.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_radix_16() {
        for (text, expected) in [
            ("10", Some(16)),
            ("0x10", Some(16)),
            ("00007ffc`12340000", Some(0x7ffc_1234_0000)),
            ("", None),
            ("0x", None),
            ("+1", None),
            ("g", None),
            ("10000000000000000", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_have_eight_digits_or_sixteen() {
        assert_eq!(Digits::Eight.of(0x7c90_0000), "7c900000");
        assert_eq!(Digits::Sixteen.of(0x7ffc_1234_0000), "00007ffc`12340000");
    }
}
