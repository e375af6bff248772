//! The file `.netrc` ([`Netrc`]): passwords by host, as ftp had them and curl reads them.

mod parse;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use symgate_auth::{Credentials, Origin, Target, Wanted};
use symgate_policy::{Lookup, Previous, Reply, Source};
use zeroize::Zeroizing;

/// The entries of a `.netrc`, as a [`Source`] for servers.
///
/// # Grammar
///
/// Words stand between blanks and line ends. `machine HOST` begins an entry; `login`, `password` and `account` take the
/// next word, wherever it stands. `macdef` begins a macro, which ends at an empty line and is skipped. `#` at the start
/// of a word, where no value is due, begins a comment. As
/// [curl has it](https://everything.curl.dev/usingcurl/netrc.html), a word may stand in double quotes, in which `\n`,
/// `\r` and `\t` are what they are elsewhere, and `\` before any other character is that character. An unknown word is
/// skipped with a [warning](Self::warnings).
///
/// Three rules are stricter than those of curl, because a password that goes astray is worse than a question:
///
/// - `default` answers nobody: it would send a password to whoever asks for one.
/// - An entry without login or without password is left out; an empty password is written `""`.
/// - A file that breaks the grammar loses the entry in which it does, not the rest.
///
/// # Who gets an answer
///
/// Servers alone, as with curl, by their host: whatever its scheme and port, in any case of letters, an IPv6 address
/// without brackets. The first entry of a host counts. A proxy is never answered.
///
/// ```
/// use symgate_credentials::Netrc;
///
/// let netrc = Netrc::parse(b"machine symbols.example login alice password \"S3cret pass\"\ndefault login x password y");
/// let hosts: Vec<&str> = netrc.entries().iter().map(|entry| entry.host()).collect();
/// assert_eq!(hosts, ["symbols.example"]);
/// assert_eq!(netrc.find("Symbols.Example").unwrap().user(), Some("alice"));
/// assert_eq!(netrc.warnings()[0].to_string(), "line 2: `default` is ignored: it would answer every server");
/// ```
#[derive(Debug, Default)]
pub struct Netrc {
    entries: Vec<NetrcEntry>,
    warnings: Vec<NetrcWarning>,
}

/// What a [`Netrc`] has for one host.
#[derive(Debug)]
pub struct NetrcEntry {
    host: String,
    credentials: Arc<Credentials>,
    line: usize,
}

/// Something in a `.netrc` that has no effect, or should not be.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct NetrcWarning {
    /// Where, from 1; `None` for the file as a whole.
    pub line: Option<usize>,
    /// What.
    pub kind: NetrcWarningKind,
}

/// What a [`NetrcWarning`] is about. None carries text of the file: it may be half of a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NetrcWarningKind {
    /// `default` was ignored, with its login and password.
    Default,
    /// An entry without login or without password was left out.
    Incomplete,
    /// Other users of the machine can read the file. It is used all the same, as the one who wrote it expects.
    Readable,
    /// A quoted word has no end in its line, or a word is no UTF-8; the entry was left out.
    Text,
    /// A word that has no meaning where it stands.
    Unknown,
    /// A keyword without its value at the end of the file.
    Value,
}

/// Why a `.netrc` could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetrcError {
    /// It is a directory, a pipe or a device: to read one could wait without end.
    #[error("`{0}` is no regular file")]
    Kind(String),
    /// The system says no.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It has more than a mebibyte, which no hand wrote.
    #[error("`{0}` has more than 1 MiB")]
    Size(String),
}

impl Netrc {
    /// Reads a file; `None` when there is none.
    ///
    /// On Unix, [`warnings`](Self::warnings) say when others can read it too.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or is larger than 1 MiB.
    pub fn read(path: impl AsRef<Path>) -> Result<Option<Self>, NetrcError> {
        let path = path.as_ref();
        let shown = || path.display().to_string();
        let fail = |error| NetrcError::Read { path: shown(), error };
        match path.metadata() {
            Ok(metadata) if !metadata.is_file() => return Err(NetrcError::Kind(shown())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        }
        let file = File::open(path).map_err(fail)?;
        let readable = is_readable_by_others(&file);
        // Room for all of it: a vector that grows leaves its old memory as it was.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
        let mut limited = file.take(u64::try_from(LARGEST + 1).unwrap_or(u64::MAX));
        limited.read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() > LARGEST {
            return Err(NetrcError::Size(shown()));
        }
        let mut netrc = Self::parse(&bytes);
        if readable {
            let kind = NetrcWarningKind::Readable;
            netrc.warnings.insert(0, NetrcWarning { line: None, kind });
        }
        Ok(Some(netrc))
    }

    /// Understands the content of a file; any bytes are one.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        parse::parse(bytes)
    }

    /// The entries that can answer, in their order.
    #[must_use]
    pub fn entries(&self) -> &[NetrcEntry] {
        &self.entries
    }

    /// What was ignored, in the order of the file.
    #[must_use]
    pub fn warnings(&self) -> &[NetrcWarning] {
        &self.warnings
    }

    /// The first entry for a host; an IPv6 address is without brackets.
    #[must_use]
    pub fn find(&self, host: &str) -> Option<&Arc<Credentials>> {
        let found = self.entries.iter().find(|entry| entry.host.eq_ignore_ascii_case(host));
        found.map(|entry| &entry.credentials)
    }

    /// The first entry for a host and, where it was given, this user.
    fn find_origin(&self, origin: &Origin, user: Option<&str>) -> Option<&Arc<Credentials>> {
        let host = origin.host();
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = inner.unwrap_or(host);
        let mine = |entry: &&NetrcEntry| {
            entry.host.eq_ignore_ascii_case(host) && (user.is_none() || entry.credentials.user() == user)
        };
        self.entries.iter().find(mine).map(|entry| &entry.credentials)
    }
}

impl NetrcEntry {
    /// The host as written.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name and the password.
    #[must_use]
    pub const fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// The line of its `machine`, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl Source for Netrc {
    fn name(&self) -> &str {
        "netrc"
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        match (lookup.ask.target, lookup.ask.wanted, lookup.previous) {
            (Target::Origin, Wanted::Password, Previous::None) => self
                .find_origin(&lookup.ask.origin, lookup.user)
                .map_or(Reply::None, |credentials| Reply::Use(Arc::clone(credentials))),
            // The file has not changed since.
            _ => Reply::None,
        }
    }
}

impl fmt::Display for NetrcWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(match self.kind {
            NetrcWarningKind::Default => "`default` is ignored: it would answer every server",
            NetrcWarningKind::Incomplete => "an entry without login or without password is ignored",
            NetrcWarningKind::Readable => "other users can read the file",
            NetrcWarningKind::Text => "a word that does not end, or is no UTF-8; its entry is ignored",
            NetrcWarningKind::Unknown => "an unknown word is ignored",
            NetrcWarningKind::Value => "the file ends where a value is due",
        })
    }
}

#[cfg(unix)]
fn is_readable_by_others(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

/// Windows keeps a profile's files from others unless somebody decides otherwise.
#[cfg(not(unix))]
fn is_readable_by_others(_file: &File) -> bool {
    false
}

/// Bytes of a file.
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests;
