//! URLs without what may be secret in them.

use url::Url;

/// A URL as a report may show it: without user, password and fragment, and with the names but not the values of its
/// query, since a signed URL is as good as a key (`?sig=…`).
///
/// ```
/// let url = "https://u:p@h.test/a.pdb?sv=1&sig=S3cret#x".parse()?;
/// assert_eq!(symgate_probe::shown(&url), "https://h.test/a.pdb?sv=…&sig=…");
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use]
pub fn shown(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    bare.set_query(None);
    // Both fail only for URLs without a host, which have neither.
    let _ = (bare.set_username(""), bare.set_password(None));
    let mut text = String::from(bare);
    if let Some(query) = url.query() {
        text.push('?');
        for (index, part) in query.split('&').enumerate() {
            if index > 0 {
                text.push('&');
            }
            match part.split_once('=') {
                Some((name, _)) => {
                    text.push_str(name);
                    text.push_str("=…");
                }
                // A word alone may be a key too.
                None => text.push('…'),
            }
        }
    }
    text
}

/// A peer's page without what was secret in the requests: proxies repeat the URL that they could not get, and some servers
/// the fields that they were sent.
pub(crate) fn page(text: &str, urls: &[Url]) -> String {
    let mut text = text.to_owned();
    for url in urls {
        let Some(query) = url.query().filter(|query| !query.is_empty()) else {
            continue;
        };
        text = text.replace(query, "…");
        let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
        let written = query
            .split('&')
            .map(|part| part.split_once('=').map_or(part, |(_, value)| value).to_owned());
        for value in written.chain(decoded).filter(|value| value.chars().count() >= TELLING) {
            text = text.replace(&value, "…");
        }
    }
    let lines = text.lines().map(|line| {
        let mut hidden = false;
        let words = line.split(' ').map(|word| {
            let shown = if hidden && is_token(word) { "…" } else { word };
            let scheme = word.rsplit(':').next().unwrap_or_default();
            hidden = SCHEMES.iter().any(|name| scheme.eq_ignore_ascii_case(name));
            shown
        });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a word behind a scheme's name may be what proves somebody, and not one of a language.
fn is_token(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+/=-._~".contains(c);
    let odd = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "+/=_~".contains(c);
    word.chars().count() >= TELLING && word.chars().all(plain) && word.chars().skip(1).any(odd)
}

/// Schemes whose value is one word.
const SCHEMES: [&str; 4] = ["Basic", "Bearer", "Negotiate", "NTLM"];

/// Characters of a value that may be a secret; shorter ones are words like `yes`.
const TELLING: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_does_not_repeat_what_was_asked_with() {
        let url: Url = "http://h/a?v=1&sig=S3cret%2Bkey".parse().unwrap();
        for (text, expected) in [
            ("no: http://h/a?v=1&sig=S3cret%2Bkey", "no: http://h/a?…"),
            ("sig is S3cret+key or S3cret%2Bkey", "sig is … or …"),
            (
                "Authorization: Basic YWxpY2U6UzNjcmV0\nnext",
                "Authorization: Basic …\nnext",
            ),
            (
                "Proxy-Authorization:bearer abcdef.12345",
                "Proxy-Authorization:bearer …",
            ),
            (
                "Basic login is needed, NTLM or Negotiate",
                "Basic login is needed, NTLM or Negotiate",
            ),
            ("Basic Authentication required", "Basic Authentication required"),
            ("v=1", "v=1"),
        ] {
            assert_eq!(page(text, std::slice::from_ref(&url)), expected, "{text}");
        }
    }

    #[test]
    fn a_query_keeps_its_names_alone() {
        for (url, expected) in [
            ("http://h/", "http://h/"),
            ("http://u@h/?a=1", "http://h/?a=…"),
            ("http://h/?S3cret", "http://h/?…"),
            ("http://h/?a=b=c&d", "http://h/?a=…&…"),
            ("http://h/a@b?x=#S3cret", "http://h/a@b?x=…"),
        ] {
            assert_eq!(shown(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
