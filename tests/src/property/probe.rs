//! Laws of `symgate-probe`: any page of anybody.

use symgate_probe::page;

/// A line as the type of a page, and any bytes as the page: what is left of it is short, and harmless to a terminal.
pub fn page(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (kind, rest) = bytes.split_at(end);
    let kind = std::str::from_utf8(kind).ok();
    let Some(text) = page::reduce(rest, kind) else { return };
    assert!(!text.is_empty() && text.chars().count() <= page::CHARS + 1);
    let mut previous = None;
    for line in text.lines() {
        assert_eq!(line, page::harmless(line));
        assert!(
            !line.is_empty() && !line.contains("  ") && previous != Some(line),
            "{line:?}"
        );
        previous = Some(line);
    }
}
