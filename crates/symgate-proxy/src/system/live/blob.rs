//! The binary values of the key `Connections`: `DefaultConnectionSettings` of Internet Options, and `WinHttpSettings`.
//!
//! Microsoft documents the structures that are made of them
//! ([`INTERNET_PER_CONN_OPTION`](https://learn.microsoft.com/en-us/windows/win32/api/wininet/ns-wininet-internet_per_conn_optiona)),
//! not the bytes; those are known from what Windows writes: four numbers of 32 bits (version, count of changes, flags, the
//! length of the list of proxies), that list, and likewise the exceptions and the address of a script.

/// What such a value says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Blob {
    flags: u32,
    pub(super) proxies: String,
    pub(super) exceptions: String,
    script: String,
}

impl Blob {
    /// Reads a value; `None` if a length in it leads beyond its end.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (_version, rest) = number(bytes)?;
        let (_changes, rest) = number(rest)?;
        let (flags, rest) = number(rest)?;
        let (proxies, rest) = text(rest)?;
        let (exceptions, rest) = text(rest)?;
        // WinHTTP's ends here.
        let (script, _) = if rest.is_empty() {
            (String::new(), rest)
        } else {
            text(rest)?
        };
        Some(Self {
            flags,
            proxies,
            exceptions,
            script,
        })
    }

    /// `PROXY_TYPE_PROXY`, and WinHTTP's access type "named proxy", which is 3 = direct and proxy.
    pub(super) const fn has_proxies(&self) -> bool {
        self.flags & 2 != 0
    }

    /// The address of a script, if it counts: `PROXY_TYPE_AUTO_PROXY_URL`.
    pub(super) fn script(&self) -> Option<String> {
        (self.flags & 4 != 0).then(|| self.script.clone())
    }

    /// `PROXY_TYPE_AUTO_DETECT`.
    pub(super) const fn detects(&self) -> bool {
        self.flags & 8 != 0
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// A length and so many bytes of text. Windows writes it in its code page; beyond ASCII nothing is lost but the letter.
fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = number(bytes)?;
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    Some((String::from_utf8_lossy(text).into_owned(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A value as Windows writes it.
    fn blob(flags: u32, texts: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [0x46, 5, flags] {
            bytes.extend(u32::to_le_bytes(number));
        }
        for text in texts {
            bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    #[test]
    fn both_values_are_read() {
        let mut internet = blob(15, &["p:80", "<local>", "http://it/p.pac"]);
        // What stands behind the texts.
        internet.extend([0; 32]);
        let read = Blob::decode(&internet).unwrap();
        assert_eq!((read.proxies.as_str(), read.exceptions.as_str()), ("p:80", "<local>"));
        assert_eq!(read.script, "http://it/p.pac");
        assert!(read.has_proxies() && read.script().is_some() && read.detects());
        let winhttp = Blob::decode(&blob(3, &["p:80", "*.corp.com"])).unwrap();
        assert!(winhttp.has_proxies() && winhttp.script().is_none() && !winhttp.detects());
        assert_eq!(winhttp.exceptions, "*.corp.com");
        // The value of a fresh installation: detection, and nothing else.
        let fresh = Blob::decode(&blob(9, &["", "", ""])).unwrap();
        assert!(fresh.detects() && !fresh.has_proxies());
    }

    #[test]
    fn a_cut_value_is_none_or_says_what_is_left_of_it() {
        let whole = blob(15, &["p:80", "<local>", "http://it/p.pac"]);
        for end in 0..whole.len() {
            let cut = Blob::decode(&whole[..end]);
            // Only where WinHTTP's would end is a shorter one whole.
            assert_eq!(cut.is_some(), end == whole.len() - 19, "{end}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read = Blob::decode(&bytes).unwrap_or_default();
            prop_assert!(read.proxies.len() <= bytes.len() * 3);
        }
    }
}
