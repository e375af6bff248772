//! Which redirects are followed, and where to ([RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4)).
//!
//! A change of origin (scheme, host or port) drops what was sent to the old one: the new hop begins with sessions of
//! its own, and a 401 there is asked anew. From `https` to `http` is refused unless the caller says the dangerous word.

use url::Url;

use crate::error::RedirectError;
use crate::head::ResponseHead;
use crate::target::{origin_of, shown};

/// What to do about a redirect from `https` to `http`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Downgrade {
    /// Follow it, in clear text.
    DangerAllow,
    /// End with an error that names both URLs.
    #[default]
    Refuse,
}

/// Where the answer to `url` sends us; `None` where it is no redirect that a GET follows.
pub(crate) fn location(url: &Url, head: &ResponseHead, downgrade: Downgrade) -> Result<Option<Url>, RedirectError> {
    // 300 and 304 are answers; 305 and 306 are dead.
    if !matches!(head.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = head
        .fields
        .value("location")
        .and_then(|value| str::from_utf8(value).ok());
    let mut to = location
        .and_then(|text| url.join(text).ok())
        .ok_or(RedirectError::Location)?;
    // What a server writes in front of an `@` is not our credential.
    let stripped = to.set_username("").is_ok() && to.set_password(None).is_ok();
    if !stripped || origin_of(&to).is_none() {
        return Err(RedirectError::Location);
    }
    to.set_fragment(None);
    if url.scheme() == "https" && to.scheme() == "http" && downgrade == Downgrade::Refuse {
        return Err(RedirectError::Downgrade {
            from: shown(url),
            to: shown(&to),
        });
    }
    Ok(Some(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, status: u16, to: &str, expected: Result<Option<&str>, RedirectError>) {
        let mut head = ResponseHead::new(status);
        head.fields.push("Location", to);
        let found = location(&Url::parse(from).unwrap(), &head, Downgrade::Refuse);
        let found = found.map(|url| url.map(|url| url.to_string()));
        assert_eq!(
            found,
            expected.map(|url| url.map(str::to_owned)),
            "{from} {status} {to}"
        );
    }

    #[test]
    fn resolves_the_location_against_the_url() {
        for (to, expected) in [
            ("https://blob.example/x?sig=1", "https://blob.example/x?sig=1"),
            ("/other", "https://h/other"),
            ("y", "https://h/a/y"),
            ("//h2/z", "https://h2/z"),
            ("https://user:pw@h3/z#frag", "https://h3/z"),
        ] {
            check("https://h/a/b", 302, to, Ok(Some(expected)));
        }
    }

    #[test]
    fn follows_the_five_redirects_and_no_other_status() {
        for status in [301, 302, 303, 307, 308] {
            check("https://h/", status, "/x", Ok(Some("https://h/x")));
        }
        for status in [200, 300, 304, 305, 306, 404] {
            check("https://h/", status, "/x", Ok(None));
        }
    }

    #[test]
    fn refuses_clear_text_and_unusable_locations() {
        let downgrade = RedirectError::Downgrade {
            from: "https://h/a".into(),
            to: "http://h/b".into(),
        };
        check("https://h/a?secret=1", 302, "http://h/b?sig=2", Err(downgrade));
        check("http://h/a", 302, "http://h/b", Ok(Some("http://h/b")));
        check("http://h/a", 302, "https://h/b", Ok(Some("https://h/b")));
        for to in ["ftp://h/", "file:///etc/passwd", "http://", "javascript:x"] {
            check("http://h/a", 302, to, Err(RedirectError::Location));
        }
        let bare = ResponseHead::new(302);
        let found = location(&Url::parse("http://h/").unwrap(), &bare, Downgrade::Refuse);
        assert_eq!(found, Err(RedirectError::Location));
    }

    #[test]
    fn the_dangerous_word_allows_clear_text() {
        let mut head = ResponseHead::new(302);
        head.fields.push("Location", "http://h/b");
        let found = location(&Url::parse("https://h/a").unwrap(), &head, Downgrade::DangerAllow);
        assert_eq!(found.unwrap().unwrap().as_str(), "http://h/b");
    }
}
