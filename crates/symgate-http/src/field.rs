//! Header fields ([RFC 9110 §5](https://www.rfc-editor.org/rfc/rfc9110#section-5)): an ordered list whose `Debug`
//! shows only values that are known to be harmless.

use std::fmt;

/// Fields of a head or a trailer section, in the order of the message.
///
/// ```
/// use symgate_http::Fields;
///
/// let mut fields = Fields::new();
/// fields.push("Content-Type", "application/octet-stream");
/// fields.push("Set-Cookie", "session=1");
/// assert_eq!(fields.value("content-type"), Some(b"application/octet-stream".as_slice()));
/// assert!(!format!("{fields:?}").contains("session=1"));
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Fields {
    list: Vec<Field>,
}

/// One field line: its name as written, and its value without surrounding white space.
#[derive(Clone, Eq, PartialEq)]
pub struct Field {
    name: Box<str>,
    value: Box<[u8]>,
}

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds a field at the end.
    ///
    /// Whether name and value may be sent at all is checked where a head is encoded.
    pub fn push(&mut self, name: impl Into<Box<str>>, value: impl Into<Vec<u8>>) {
        self.list.push(Field {
            name: name.into(),
            value: value.into().into_boxed_slice(),
        });
    }

    /// The first value under this name, in any case.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// All values under this name, in any case, in order.
    pub fn values<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f [u8]> {
        self.list
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| &*field.value)
    }

    /// The first value under this name as text, where it is visible ASCII.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)
            .and_then(|value| str::from_utf8(value).ok())
            .filter(|text| text.is_ascii())
    }

    /// Whether a comma-separated list under this name holds this element, compared without case
    /// ([RFC 9110 §5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1)).
    #[must_use]
    pub fn lists(&self, name: &str, element: &str) -> bool {
        self.elements(name)
            .any(|found| found.eq_ignore_ascii_case(element.as_bytes()))
    }

    /// The elements of the comma-separated lists under this name, empty ones left out.
    pub fn elements<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f [u8]> {
        self.values(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    /// How many fields there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What a proxy says of an answer that it made itself: squid's own field, and the `error` of `Proxy-Status`
    /// ([RFC 9209 §2.1.1](https://www.rfc-editor.org/rfc/rfc9209#section-2.1.1)). One word of letters, digits, `_` and
    /// `-`.
    #[must_use]
    pub fn proxy_error(&self) -> Option<String> {
        let squid = self.text("x-squid-error");
        let status = self
            .values("proxy-status")
            .filter_map(|value| std::str::from_utf8(value).ok());
        let mut errors = status
            .flat_map(|value| value.split([';', ',']))
            .filter_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                (name.trim() == "error").then_some(value)
            });
        let word = squid.or_else(|| errors.next())?.split_ascii_whitespace().next()?;
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        Some(word.chars().take_while(plain).take(WORD).collect())
    }
}

impl Field {
    /// The name as written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value } = self;
        if SHOWN.iter().any(|shown| name.eq_ignore_ascii_case(shown)) {
            write!(f, "{name}: {}", value.escape_ascii())
        } else {
            write!(f, "{name}: [{} bytes]", value.len())
        }
    }
}

/// Whether these bytes are a `token` ([RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether these bytes can be a field value: no control characters but the tab
/// ([RFC 9110 §5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5)).
pub(crate) fn is_field_value(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// Names whose values `Debug` may show: they describe a message, not a person.
const SHOWN: [&str; 12] = [
    "accept-encoding",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "server",
    "transfer-encoding",
    "user-agent",
    "via",
];

/// Characters of a proxy's word that are told.
const WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_look_at_every_line_and_element() {
        let mut fields = Fields::new();
        fields.push("Connection", "foo, , Keep-Alive");
        fields.push("connection", "close");
        for (element, present) in [
            ("keep-alive", true),
            ("CLOSE", true),
            ("foo", true),
            ("", false),
            ("bar", false),
        ] {
            assert_eq!(fields.lists("Connection", element), present, "{element}");
        }
    }

    #[test]
    fn debug_shows_listed_names_only() {
        let mut fields = Fields::new();
        fields.push("Authorization", "Basic QWxhZGRpbg==");
        fields.push("Location", "https://h/?sig=secret");
        fields.push("Content-Length", "5");
        let shown = format!("{fields:?}");
        assert!(shown.contains("Content-Length: 5"), "{shown}");
        assert!(!shown.contains("QWxh") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn tokens_and_values_are_told_from_garbage() {
        assert!(is_token(b"X-a_1") && !is_token(b"") && !is_token(b"a b") && !is_token(b"a:") && !is_token(b"\xe9"));
        assert!(is_field_value(b"a\tb \xff") && !is_field_value(b"a\r\nb") && !is_field_value(b"\0"));
    }
}
