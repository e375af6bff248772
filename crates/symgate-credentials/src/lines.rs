//! Lines of `key=value`, which helpers of git and of the debuggers read and write.

use symgate_auth::{Ask, Origin, Secret, Target};
use zeroize::Zeroizing;

/// The lines up to the first empty one, each without its end.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
}

/// Key and value; `None` without `=`.
pub(crate) fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// A value as text; `None` when it is no UTF-8 or holds what ends a line.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value)
        .ok()
        .filter(|value| is_plain(value.as_bytes()))
}

/// A value as secret text, under the same conditions.
pub(crate) fn secret(value: &[u8]) -> Option<Secret> {
    text(value).map(Secret::new)
}

/// Whether a value stays in its line. A line end in a host or a name makes a helper answer for another host than the one
/// that asks (CVE-2020-5260, and CVE-2024-52006 for carriage returns).
pub(crate) fn is_plain(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b'\0' | b'\n' | b'\r'))
}

/// What is written to a helper.
#[derive(Default)]
pub(crate) struct Request(Zeroizing<Vec<u8>>);

/// A value that would not stay in its line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a value holds a line break or a NUL, and is not handed on")]
pub(crate) struct Broken;

impl Request {
    pub(crate) fn add(&mut self, key: &str, value: impl AsRef<[u8]>) -> Result<(), Broken> {
        let value = value.as_ref();
        if !is_plain(value) {
            return Err(Broken);
        }
        let bytes = &mut self.0;
        let length = bytes.len() + key.len() + value.len() + 2;
        // A vector that grows by itself leaves its old memory as it was.
        let mut more = Zeroizing::new(Vec::with_capacity(length));
        more.extend_from_slice(bytes);
        more.extend_from_slice(key.as_bytes());
        more.push(b'=');
        more.extend_from_slice(value);
        more.push(b'\n');
        *bytes = more;
        Ok(())
    }

    /// All of it, with the empty line behind.
    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        let mut all = Zeroizing::new(Vec::with_capacity(self.0.len() + 1));
        all.extend_from_slice(&self.0);
        all.push(b'\n');
        all
    }
}

/// The host for a helper: with its port, where that is not the scheme's own. A proxy's port is always written: there is
/// no port that all proxies have.
pub(crate) fn host(ask: &Ask) -> String {
    match ask.target {
        Target::Origin if is_default(&ask.origin) => ask.origin.host().to_owned(),
        Target::Origin | Target::Proxy => ask.origin.authority(),
    }
}

fn is_default(origin: &Origin) -> bool {
    origin.port() == origin.scheme().default_port()
}
