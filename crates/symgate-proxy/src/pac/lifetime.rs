//! How long a script may be used before it is asked for again, by what its server says
//! ([RFC 9111 §4.2](https://www.rfc-editor.org/rfc/rfc9111#section-4.2)).

use std::time::Duration;

/// The fields of an answer that say how long it is good for; [`lifetime`](Self::lifetime) reads them.
///
/// ```
/// use std::time::Duration;
/// use symgate_proxy::Freshness;
///
/// let said = Freshness { cache_control: Some("public, max-age=600"), age: Some("60"), ..Freshness::default() };
/// assert_eq!(said.lifetime(), Some(Duration::from_secs(540)));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Freshness<'f> {
    /// `Cache-Control`, its lines joined by commas.
    pub cache_control: Option<&'f str>,
    /// `Expires`.
    pub expires: Option<&'f str>,
    /// `Date`; what `Expires` is compared with, so that nobody's clock matters.
    pub date: Option<&'f str>,
    /// `Age`.
    pub age: Option<&'f str>,
}

impl Freshness<'_> {
    /// How long the answer is still good for; `None` where its server does not say.
    ///
    /// `no-store` and `no-cache` are no time at all. `max-age` counts before `Expires`, of several the smallest; an
    /// `Expires` that is no date is in the past, as RFC 9111 §5.3 has it, and one without a `Date` says nothing.
    #[must_use]
    pub fn lifetime(&self) -> Option<Duration> {
        let directives = || self.cache_control.unwrap_or_default().split(',').map(str::trim_ascii);
        let is_fleeting = |directive: &str| {
            let name = directive.split('=').next().unwrap_or_default().trim_ascii();
            name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache")
        };
        if directives().any(is_fleeting) {
            return Some(Duration::ZERO);
        }
        let ages = directives().filter_map(|directive| {
            let (name, value) = directive.split_once('=')?;
            let is_age = name.trim_ascii().eq_ignore_ascii_case("max-age");
            is_age.then(|| seconds(value.trim_ascii().trim_matches('"')).unwrap_or_default())
        });
        let whole = ages.min().or_else(|| self.until_expiry())?;
        let age = self.age.and_then(|age| seconds(age.trim_ascii())).unwrap_or_default();
        Some(whole.saturating_sub(age))
    }

    fn until_expiry(&self) -> Option<Duration> {
        let expires = self.expires?;
        let Ok(expires) = httpdate::parse_http_date(expires.trim_ascii()) else {
            return Some(Duration::ZERO);
        };
        let date = httpdate::parse_http_date(self.date?.trim_ascii()).ok()?;
        Some(expires.duration_since(date).unwrap_or_default())
    }
}

/// A number of seconds ([RFC 9111 §1.2.2](https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2)): one that does not fit
/// is a very large one.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(HUGE)))
}

/// What a number of seconds is that does not fit: more than a century.
const HUGE: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_counts_in_the_order_of_rfc_9111() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        const IN_AN_HOUR: &str = "Sun, 06 Nov 1994 09:49:37 GMT";
        // Cache-Control, Expires, Date, Age; `-` is not there.
        for (control, expires, date, age, expected) in [
            ("-", "-", "-", "-", None),
            ("public", "-", DATE, "5", None),
            ("max-age=60", "-", "-", "-", Some(60)),
            ("Max-Age = \"60\"", "-", "-", "-", Some(60)),
            ("max-age=60, max-age=10", "-", "-", "-", Some(10)),
            ("s-maxage=9, max-age=60", "-", "-", "-", Some(60)),
            ("max-age=60", "-", "-", "15", Some(45)),
            ("max-age=60", "-", "-", "600", Some(0)),
            ("max-age=60", "-", "-", "x", Some(60)),
            ("max-age=", "-", "-", "-", Some(0)),
            ("max-age=-1", "-", "-", "-", Some(0)),
            ("max-age=99999999999999999999", "-", "-", "-", Some(HUGE)),
            ("no-store", IN_AN_HOUR, DATE, "-", Some(0)),
            ("max-age=60, no-cache=\"x\"", "-", "-", "-", Some(0)),
            ("max-age=60", IN_AN_HOUR, DATE, "-", Some(60)),
            ("-", IN_AN_HOUR, DATE, "-", Some(3600)),
            ("-", IN_AN_HOUR, DATE, "600", Some(3000)),
            ("private", IN_AN_HOUR, DATE, "-", Some(3600)),
            ("-", DATE, IN_AN_HOUR, "-", Some(0)),
            ("-", "0", DATE, "-", Some(0)),
            ("-", IN_AN_HOUR, "-", "-", None),
            ("-", IN_AN_HOUR, "yesterday", "-", None),
        ] {
            let field = |text| Some(text).filter(|text| *text != "-");
            let said = Freshness {
                cache_control: field(control),
                expires: field(expires),
                date: field(date),
                age: field(age),
            };
            assert_eq!(said.lifetime(), expected.map(Duration::from_secs), "{said:?}");
        }
    }
}
