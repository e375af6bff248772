//! What a page says, without what it is made of: an error page of a proxy as a few lines of plain text.
//!
//! This is no reader of HTML ([the standard](https://html.spec.whatwg.org/multipage/parsing.html) has one of eighty
//! states): it drops tags, scripts, styles and comments, and keeps words. What it makes of broken HTML may read oddly, but
//! is always short and harmless.

use html_escape::decode_html_entities;

/// Reduces a page to at most [`CHARS`] characters of plain text; `None` if nothing readable is in it.
///
/// `kind` is its `Content-Type`. Only the first [`BYTES`] bytes are looked at. The text has no control characters but line
/// feeds, none that turn the direction of writing, and no lines that repeat the one before.
///
/// ```
/// let page = b"<html><title>ERROR</title><style>p {}</style><p>Access&nbsp;Denied.<script>x()</script></p></html>";
/// let text = symgate_probe::page::reduce(page, Some("text/html")).unwrap();
/// assert_eq!(text, "ERROR\nAccess Denied.");
/// ```
#[must_use]
pub fn reduce(page: &[u8], kind: Option<&str>) -> Option<String> {
    let page = String::from_utf8_lossy(page.get(..BYTES).unwrap_or(page));
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let is_markup = kind.contains("html") || kind.contains("xml") || page.trim_start().starts_with('<');
    if !is_markup && (!(kind.is_empty() || kind.starts_with("text/")) || page.contains('\0')) {
        return None;
    }
    let bare = if is_markup {
        without_tags(&page)
    } else {
        page.into_owned()
    };
    let text = if is_markup {
        decode_html_entities(&bare)
    } else {
        bare.into()
    };
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        let line = harmless(&words.join(" "));
        if !line.is_empty() && lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    let whole = lines.join("\n");
    let mut text: String = whole.chars().take(CHARS).collect();
    if text.len() < whole.len() {
        text.push('…');
    }
    (!text.is_empty()).then_some(text)
}

/// Text of a peer on one line: what could move a cursor, hide text or turn its direction is replaced.
#[must_use]
pub fn harmless(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars()
        .map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// The text between tags. A tag that ends a line of text leaves a line feed, any other a blank.
fn without_tags(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        text.push_str(&before.replace(['\n', '\r'], " "));
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = after(comment, "-->");
            continue;
        }
        let name: String = tag
            .chars()
            .skip(1)
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .take(NAME)
            .collect::<String>()
            .to_ascii_lowercase();
        if name.is_empty() && !tag.starts_with("<!") && !tag.starts_with("<?") {
            // A `<` that begins no tag.
            text.push('<');
            rest = tag.get(1..).unwrap_or_default();
            continue;
        }
        rest = after(tag, ">");
        match name.as_str() {
            "script" => rest = after_end(rest, "</script"),
            "style" => rest = after_end(rest, "</style"),
            name if INLINE.contains(&name.trim_matches('/')) => {}
            _ => text.push('\n'),
        }
    }
    text.push_str(&rest.replace(['\n', '\r'], " "));
    text
}

/// What follows `end`, or nothing.
fn after<'p>(page: &'p str, end: &str) -> &'p str {
    page.split_once(end).map_or("", |(_, rest)| rest)
}

/// What follows the end tag, in whatever case, or nothing.
fn after_end<'p>(page: &'p str, end: &str) -> &'p str {
    let found = page.char_indices().filter(|(_, c)| *c == '<').find(|(at, _)| {
        page.get(*at..*at + end.len())
            .is_some_and(|tag| tag.eq_ignore_ascii_case(end))
    });
    found.map_or("", |(at, _)| after(page.get(at..).unwrap_or_default(), ">"))
}

/// How much of a page is looked at.
pub const BYTES: usize = 64 << 10;

/// How much text is kept.
pub const CHARS: usize = 1500;

/// Letters of a tag's name that are looked at.
const NAME: usize = 12;

/// Tags in the middle of a line.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "small", "span", "strong", "tt", "u",
];

#[cfg(test)]
mod tests;
