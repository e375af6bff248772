//! Why a script gives no answer.

use std::time::Duration;

/// Why a script cannot be used, or gave no answer for a URL.
///
/// None of these is a reason to go direct. Text that comes from the script is cut short and free of
/// control characters; it may hold what the script was given, such as the path of an http URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacError {
    /// The script has more bytes than the [limit](crate::PacLimits::script).
    #[error("the script is longer than {0} bytes")]
    TooLong(usize),
    /// The script is not JavaScript.
    #[error("the script is not valid in line {line}: {text}")]
    Syntax {
        /// The line, from 1.
        line: u32,
        /// What the engine says.
        text: String,
    },
    /// The script ran, and has neither `FindProxyForURL` nor `FindProxyForURLEx`.
    #[error("the script has no function `FindProxyForURL`")]
    NoFunction,
    /// The script ended with an exception.
    #[error("the script failed{}: {text}", .line.map(|line| format!(" in line {line}")).unwrap_or_default())]
    Exception {
        /// The line, from 1, where the engine knows it.
        line: Option<u32>,
        /// The exception as text.
        text: String,
    },
    /// The script ran too long, or waited too long for look-ups; this is how long it was given.
    #[error("the script did not end within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The script wanted more memory than the [limit](crate::PacLimits::memory). It is not run again.
    #[error("the script wanted more than {0} bytes of memory")]
    Memory(usize),
    /// The function returned something that is not text.
    #[error("the script returned a value of type `{0}` instead of text")]
    Type(&'static str),
    /// The function returned a text longer than the [limit](crate::PacLimits::result).
    #[error("the script returned more than {0} bytes")]
    ResultTooLong(usize),
    /// Whoever asked gave up.
    #[error("cancelled")]
    Cancelled,
    /// The engine could not be started, or it ended.
    #[error("the script engine does not run")]
    Engine,
}

/// A text of a script for people: one line, no control or direction characters, at most 200 characters.
pub(super) fn harmless(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut plain: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if is_odd(c) { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_script_is_one_short_line() {
        assert_eq!(harmless("a\nb\u{1b}[31mc\u{202e}d"), "a b [31mc d");
        assert_eq!(harmless(&"ä".repeat(200)).chars().count(), 200);
        assert_eq!(harmless(&"ä".repeat(5000)).chars().count(), 201);
    }

    #[test]
    fn each_error_is_one_line() {
        for (error, text) in [
            (PacError::TooLong(5), "the script is longer than 5 bytes"),
            (
                PacError::Syntax {
                    line: 3,
                    text: "x".to_owned(),
                },
                "the script is not valid in line 3: x",
            ),
            (PacError::NoFunction, "the script has no function `FindProxyForURL`"),
            (
                PacError::Exception {
                    line: Some(2),
                    text: "x".to_owned(),
                },
                "the script failed in line 2: x",
            ),
            (
                PacError::Exception {
                    line: None,
                    text: "x".to_owned(),
                },
                "the script failed: x",
            ),
            (
                PacError::Timeout(Duration::from_secs(1)),
                "the script did not end within 1000 ms",
            ),
            (PacError::Memory(7), "the script wanted more than 7 bytes of memory"),
            (
                PacError::Type("number"),
                "the script returned a value of type `number` instead of text",
            ),
            (PacError::ResultTooLong(9), "the script returned more than 9 bytes"),
            (PacError::Cancelled, "cancelled"),
            (PacError::Engine, "the script engine does not run"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
