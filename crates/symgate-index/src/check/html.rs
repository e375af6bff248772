//! Is this a web page? The answer of a captive portal, a login form or an error page, sent with status 200.
//!
//! The rule is a small part of [MIME sniffing], with what real pages put before the first tag: a byte order mark,
//! blanks, comments, an XML declaration. Tags are compared without case and must end where a tag can end, so that
//! `<headless` is text.
//!
//! [MIME sniffing]: https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type

/// `Some` if `head`, the first bytes of a file, begin a web page: with its title, if that is among them.
// Two questions in one, because a page's title is asked for exactly when it is a page.
pub(super) fn page(head: &[u8]) -> Option<Option<String>> {
    let text = decode(head);
    let mut rest = text.trim_start();
    loop {
        let after = if rest.starts_with("<!--") {
            // A comment longer than what we look at still announces markup.
            let Some((_, after)) = rest.split_once("-->") else {
                return Some(None);
            };
            after
        } else if starts_with(rest, "<?xml") {
            rest.split_once("?>")?.1
        } else {
            break;
        };
        rest = after.trim_start();
    }
    TAGS.iter()
        .any(|tag| starts_with(rest, tag) && ends_tag(rest, tag.len()))
        .then(|| title(rest))
}

/// UTF-16 with a byte order mark, else UTF-8; what is neither becomes replacement characters.
fn decode(head: &[u8]) -> String {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = head.chunks_exact(2).skip(1);
        let units = units.filter_map(|pair| pair.first_chunk()).map(|pair| unit(*pair));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match head {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(head).into_owned(),
    }
}

fn starts_with(text: &str, tag: &str) -> bool {
    text.get(..tag.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(tag))
}

/// What follows a tag's name: a blank, `>` or `/`, or nothing at all.
fn ends_tag(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        None => true,
        Some(byte) => byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'),
    }
}

fn title(text: &str) -> Option<String> {
    // Lower-casing ASCII keeps every offset.
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = lower.get(start..)?.find("</title").map(|end| start + end);
    let raw = text.get(start..end.unwrap_or(text.len()))?;
    let title = safe(raw);
    (!title.is_empty()).then_some(title)
}

/// Letters, digits and plain punctuation; runs of blanks become one. Controls, escapes, backticks and invisible
/// characters that could turn or hide text in a terminal are left out.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    let mut blank = false;
    for character in text.chars() {
        if character.is_whitespace() {
            blank = !safe.is_empty();
        } else if character != '`' && (character.is_ascii_graphic() || character.is_alphanumeric()) {
            if blank {
                safe.push(' ');
            }
            blank = false;
            safe.push(character);
        }
        if safe.chars().count() >= TITLE {
            break;
        }
    }
    safe
}

const TAGS: &[&str] = &[
    "<!doctype html",
    "<html",
    "<head",
    "<title",
    "<meta",
    "<script",
    "<style",
    "<link",
    "<body",
    "<iframe",
];

/// Characters of a title; more would not fit one line.
const TITLE: usize = 80;

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn knows_a_page_by_its_first_tag() {
        let long = format!("<!--{}", "x".repeat(5000));
        let wide: Vec<u8> = "\u{feff}<html><title>Hé</title>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let pages: &[(&[u8], Option<&str>)] = &[
            (b"<!doctype html>", None),
            (b"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">", None),
            (b"<html", None),
            (
                b"\xef\xbb\xbf\r\n\t <HTML lang=en><title>Log in</title>",
                Some("Log in"),
            ),
            (
                b"<!-- a > b --> <!----><Head><TITLE\nx=1>\n a\tb  c </TITLE>",
                Some("a b c"),
            ),
            (b"<?xml version=\"1.0\"?><html/>", None),
            (b"<script>location='/login'</script>", None),
            (b"<title>cut off he", Some("cut off he")),
            (b"<title></title>", None),
            (b"<title>\x1b[2J`\x07\xe2\x80\xaeevil\x00</title>", Some("[2Jevil")),
            (long.as_bytes(), None),
            (&wide, Some("Hé")),
            (&big, None),
        ];
        for (bytes, title) in pages {
            let row = String::from_utf8_lossy(bytes);
            assert_eq!(page(bytes), Some(title.map(str::to_owned)), "{row}");
        }
    }

    #[test]
    fn takes_other_text_and_bytes_for_what_they_are() {
        let others: &[&[u8]] = &[
            b"",
            b"<",
            b"<headless>",
            b"<htmlish",
            b"<xml>",
            b"<?xm",
            b"<?xml version=\"1.0\"",
            b"<?xml version=\"1.0\"?><project/>",
            b"MODULE windows x86_64",
            b"PATH: \\\\server\\share\\a.pdb",
            b"\x7fELF",
            b"\xff\xfe",
            b"\xff\xff\xff\xff<html>",
        ];
        for bytes in others {
            assert_eq!(page(bytes), None, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn bounds_the_title() {
        let long = format!("<title>{}", "ß".repeat(3000));
        let title = page(long.as_bytes()).flatten().unwrap();
        assert_eq!(title.chars().count(), 80);
    }
}
