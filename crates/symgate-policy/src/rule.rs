//! One line of a policy: which requests it speaks about, and what it says ([`Rule`]).

use std::fmt;

use symgate_auth::{Ask, Scheme, Target};

/// What a policy says about the requests that it matches; a rule without conditions matches all.
///
/// *Allow* means silent sources only, *ask* silent sources and then a question if prompts are on, *refuse* that nothing
/// is sent, the user's own tickets included. A refusal ends the errand at that peer, also when the rule names one scheme
/// and the peer offers others.
///
/// ```
/// use symgate_auth::Target;
/// use symgate_policy::{HostPattern, Policy, Rule};
///
/// let policy = Policy::interactive()
///     .with_rule(Rule::ask().target(Target::Proxy))
///     .with_rule(Rule::allow().host(HostPattern::parse("*.corp.example")?).only_encrypted())
///     .with_rule(Rule::refuse());
/// # Ok::<(), symgate_policy::PatternError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    target: Option<Target>,
    host: Option<HostPattern>,
    scheme: Option<Scheme>,
    wire: Option<Wire>,
    word: Word,
    basic_in_clear: Grant,
}

/// What a rule says, sorted by how much it permits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Word {
    Refuse,
    Allow,
    Ask,
}

/// The protection that a rule speaks about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wire {
    Clear,
    Encrypted,
}

/// Whether silent sources may let a readable password go by in clear text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Grant {
    Given,
    Withheld,
}

impl Rule {
    /// Silent sources may answer.
    #[must_use]
    pub const fn allow() -> Self {
        Self::new(Word::Allow)
    }

    /// Silent sources may answer, then a person may be asked.
    #[must_use]
    pub const fn ask() -> Self {
        Self::new(Word::Ask)
    }

    /// Nothing is sent.
    #[must_use]
    pub const fn refuse() -> Self {
        Self::new(Word::Refuse)
    }

    /// Only requests of proxies, or of servers.
    #[must_use]
    pub const fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Only requests of hosts like this.
    #[must_use]
    pub fn host(mut self, host: HostPattern) -> Self {
        self.host = Some(host);
        self
    }

    /// Only requests that would be answered by this scheme.
    #[must_use]
    pub const fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Only requests whose answer would travel in clear text.
    ///
    /// It limits the rule and permits nothing more; see [`danger_basic_in_clear`](Self::danger_basic_in_clear).
    #[must_use]
    pub const fn only_clear(mut self) -> Self {
        self.wire = Some(Wire::Clear);
        self
    }

    /// Only requests whose answer would travel over TLS.
    #[must_use]
    pub const fn only_encrypted(mut self) -> Self {
        self.wire = Some(Wire::Encrypted);
        self
    }

    /// Lets silent sources answer even where everybody on the way can read the password or token: Basic or Bearer
    /// without TLS. Without it only credentials given for that very target, or typed by a person who was told, do.
    #[must_use]
    pub const fn danger_basic_in_clear(mut self) -> Self {
        self.basic_in_clear = Grant::Given;
        self
    }

    /// Whether the rule speaks about this request.
    #[must_use]
    pub fn matches(&self, ask: &Ask) -> bool {
        // Destructured, so that a new condition is not forgotten here.
        let Self {
            target,
            host,
            scheme,
            wire,
            word: _,
            basic_in_clear: _,
        } = self;
        target.is_none_or(|target| target == ask.target)
            && host.as_ref().is_none_or(|host| host.matches(ask.origin.host()))
            && scheme.is_none_or(|scheme| scheme == ask.scheme)
            && wire.is_none_or(|wire| match wire {
                Wire::Clear => !ask.channel.is_encrypted(),
                Wire::Encrypted => ask.channel.is_encrypted(),
            })
    }

    pub(crate) const fn word(&self) -> Word {
        self.word
    }

    pub(crate) const fn basic_in_clear(&self) -> Grant {
        self.basic_in_clear
    }

    const fn new(word: Word) -> Self {
        Self {
            target: None,
            host: None,
            scheme: None,
            wire: None,
            word,
            basic_in_clear: Grant::Withheld,
        }
    }
}

/// Which hosts a rule speaks about: `*`, one name or address, or `*.domain` for all names below a domain.
///
/// Comparison ignores the case of ASCII letters; `*.example` matches neither `example` nor `badexample`.
///
/// ```
/// use symgate_policy::HostPattern;
///
/// let below = HostPattern::parse("*.Corp.example")?;
/// assert!(below.matches("proxy.corp.example"));
/// assert!(!below.matches("corp.example") && !below.matches("evilcorp.example"));
/// # Ok::<(), symgate_policy::PatternError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPattern(Pattern);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Pattern {
    Any,
    /// With its leading dot, so that a match ends at a label.
    Below(String),
    Exact(String),
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`PatternError`] when it is empty, has a `*` elsewhere than as its first label, or holds a character that no
    /// host has.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        if text == "*" {
            return Ok(Self(Pattern::Any));
        }
        if name.is_empty() || name.starts_with('.') {
            return Err(PatternError::Empty);
        }
        if name.contains('*') {
            return Err(PatternError::Star);
        }
        let host_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '[' | ']');
        if let Some(found) = name.chars().find(|c| !host_character(*c)) {
            return Err(PatternError::Character(found));
        }
        let lower = name.to_ascii_lowercase();
        Ok(Self(if name.len() == text.len() {
            Pattern::Exact(lower)
        } else {
            Pattern::Below(format!(".{lower}"))
        }))
    }

    /// Whether this host is meant; an IPv6 address is in brackets.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match &self.0 {
            Pattern::Any => true,
            Pattern::Below(domain) => {
                let host = host.to_ascii_lowercase();
                host.len() > domain.len() && host.ends_with(domain)
            }
            Pattern::Exact(name) => host.eq_ignore_ascii_case(name),
        }
    }
}

/// Why a text is no host pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PatternError {
    /// A character that no host name or address has.
    Character(char),
    /// No host is named.
    Empty,
    /// A `*` that is not the whole first label.
    Star,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(found) => write!(f, "no host has the character `{}`", found.escape_default()),
            Self::Empty => f.write_str("the host pattern names no host"),
            Self::Star => f.write_str("`*` may only be a whole host pattern or its first label"),
        }
    }
}

impl std::error::Error for PatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_patterns_match_whole_labels() {
        let table = [
            ("*", "anything", true),
            ("*", "[::1]", true),
            ("h.example", "H.Example", true),
            ("h.example", "a.h.example", false),
            ("*.example", "a.b.example", true),
            ("*.example", "example", false),
            ("*.example", ".example", false),
            ("*.example", "badexample", false),
            ("[::1]", "[::1]", true),
            ("10.0.0.1", "10.0.0.10", false),
        ];
        for (pattern, host, expected) in table {
            assert_eq!(
                HostPattern::parse(pattern).unwrap().matches(host),
                expected,
                "{pattern} {host}"
            );
        }
    }

    #[test]
    fn malformed_host_patterns_are_errors() {
        let table = [
            ("", PatternError::Empty, "the host pattern names no host"),
            ("*.", PatternError::Empty, "the host pattern names no host"),
            (".x", PatternError::Empty, "the host pattern names no host"),
            (
                "a*",
                PatternError::Star,
                "`*` may only be a whole host pattern or its first label",
            ),
            (
                "*.*.b",
                PatternError::Star,
                "`*` may only be a whole host pattern or its first label",
            ),
            ("a b", PatternError::Character(' '), "no host has the character ` `"),
            (
                "\u{1b}",
                PatternError::Character('\u{1b}'),
                r"no host has the character `\u{1b}`",
            ),
        ];
        for (text, error, shown) in table {
            assert_eq!(HostPattern::parse(text), Err(error), "{text:?}");
            assert_eq!(error.to_string(), shown, "{text:?}");
        }
    }
}
