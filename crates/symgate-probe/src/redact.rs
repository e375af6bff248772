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

#[cfg(test)]
mod tests {
    use super::*;

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
