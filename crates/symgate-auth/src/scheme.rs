//! The vocabulary of a challenge: which scheme ([`Scheme`]), and who asks ([`Target`]).

use std::fmt;

/// An authentication scheme ([RFC 9110 §11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1)).
///
/// The order of the variants is the order of strength: a stronger scheme compares greater.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Scheme {
    /// [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617).
    Basic,
    /// [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).
    Bearer,
    /// [RFC 7616](https://www.rfc-editor.org/rfc/rfc7616).
    Digest,
    /// [MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/) carried as
    /// [RFC 4559](https://www.rfc-editor.org/rfc/rfc4559) carries Negotiate.
    Ntlm,
    /// [RFC 4559](https://www.rfc-editor.org/rfc/rfc4559).
    Negotiate,
}

impl Scheme {
    /// The scheme with this name, in any case; `None` for one that we do not know.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Basic, Self::Bearer, Self::Digest, Self::Ntlm, Self::Negotiate]
            .into_iter()
            .find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// The name as its document spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
            Self::Digest => "Digest",
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
        }
    }

    /// What an accepted exchange authenticates: one request, or the connection for the rest of its life.
    #[must_use]
    pub const fn binding(self) -> Binding {
        match self {
            Self::Basic | Self::Bearer | Self::Digest => Binding::Request,
            Self::Ntlm | Self::Negotiate => Binding::Connection,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an accepted exchange authenticates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// The connection, for the rest of its life: it serves this identity and no other.
    Connection,
    /// The one request that carried the value.
    Request,
}

/// Who asks for authentication ([RFC 9110 §11.6, §11.7](https://www.rfc-editor.org/rfc/rfc9110#section-11.6)).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Target {
    /// The server: status 401, `WWW-Authenticate`, `Authorization`.
    Origin,
    /// The proxy: status 407, `Proxy-Authenticate`, `Proxy-Authorization`.
    Proxy,
}

impl Target {
    /// The status code by which this target asks.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Origin => 401,
            Self::Proxy => 407,
        }
    }

    /// The field that carries challenges, in lower case.
    #[must_use]
    pub const fn challenge_field(self) -> &'static str {
        match self {
            Self::Origin => "www-authenticate",
            Self::Proxy => "proxy-authenticate",
        }
    }

    /// The field that carries our answer, as it is sent.
    #[must_use]
    pub const fn authorization_field(self) -> &'static str {
        match self {
            Self::Origin => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }

    /// The field of a final answer that may carry a last token, in lower case.
    #[must_use]
    pub const fn info_field(self) -> &'static str {
        match self {
            Self::Origin => "authentication-info",
            Self::Proxy => "proxy-authentication-info",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "server",
            Self::Proxy => "proxy",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_names_are_case_insensitive_and_unknown_ones_are_none() {
        assert_eq!(Scheme::parse("bAsIc"), Some(Scheme::Basic));
        assert_eq!(Scheme::parse("NTLM"), Some(Scheme::Ntlm));
        assert_eq!(Scheme::parse("Passport1.4"), None);
    }

    #[test]
    fn stronger_schemes_compare_greater() {
        assert!(Scheme::Negotiate > Scheme::Ntlm && Scheme::Ntlm > Scheme::Digest && Scheme::Digest > Scheme::Basic);
    }
}
