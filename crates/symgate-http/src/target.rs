//! How a request names what it wants: the forms of a request-target
//! ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).

use symgate_auth::{Origin, UriScheme};
use url::{Position, Url};

/// The origin of an `http` or `https` URL; `None` for any other.
///
/// ```
/// let url = url::Url::parse("https://[::1]:8443/a").unwrap();
/// assert_eq!(symgate_http::origin_of(&url).unwrap().authority(), "[::1]:8443");
/// ```
#[must_use]
pub fn origin_of(url: &Url) -> Option<Origin> {
    let scheme = match url.scheme() {
        "http" => UriScheme::Http,
        "https" => UriScheme::Https,
        _ => return None,
    };
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some(Origin::new(scheme, host, url.port_or_known_default()?))
}

/// Path and query: what a server is asked for (§3.2.1).
pub(crate) fn origin_form(url: &Url) -> String {
    url[Position::BeforePath..Position::AfterQuery].to_owned()
}

/// The whole URL but userinfo and fragment: what a forwarding proxy is asked for (§3.2.2).
pub(crate) fn absolute_form(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host_field(url), origin_form(url))
}

/// Host, and port where it is not the scheme's own: the value of `Host`
/// ([RFC 9110 §7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2)).
pub(crate) fn host_field(url: &Url) -> String {
    url[Position::BeforeHost..Position::AfterPort].to_owned()
}

/// A URL as a message may show it: no userinfo, query or fragment, any of which may hold a secret.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host_field(url), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_leave_out_what_does_not_belong() {
        let url = Url::parse("http://user:secret@h:8080/a%20b/c?q=1#frag").unwrap();
        assert_eq!(origin_form(&url), "/a%20b/c?q=1");
        assert_eq!(absolute_form(&url), "http://h:8080/a%20b/c?q=1");
        assert_eq!(host_field(&url), "h:8080");
        assert_eq!(shown(&url), "http://h:8080/a%20b/c");
        let bare = Url::parse("https://h").unwrap();
        assert_eq!((origin_form(&bare), host_field(&bare)), ("/".into(), "h".into()));
    }

    #[test]
    fn only_http_and_https_have_an_origin() {
        for (url, origin) in [
            ("https://H/a", Some("https://h")),
            ("http://h:80/", Some("http://h")),
            ("http://[::1]:8080/", Some("http://[::1]:8080")),
            ("ftp://h/", None),
            ("file:///etc/passwd", None),
            ("data:,x", None),
        ] {
            let found = origin_of(&Url::parse(url).unwrap()).map(|origin| origin.to_string());
            assert_eq!(found.as_deref(), origin, "{url}");
        }
    }
}
