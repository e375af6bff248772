//! [`Order`]: which mechanisms a session may use, the preferred one first.

use std::sync::Arc;

use super::Spec;
use crate::{Scheme, basic, bearer, digest, negotiate, ntlm};

/// The mechanisms of a session, the preferred one first; cheap to clone.
///
/// ```
/// use symgate_auth::mechanism::Order;
///
/// assert_eq!(
///     Order::built_in().names().collect::<Vec<_>>(),
///     ["Negotiate", "Bearer", "NTLM", "Negotiate (NTLM)", "Negotiate (raw NTLM)", "Digest", "Basic"]
/// );
/// assert_eq!(Order::named("basic, kerberos")?.names().collect::<Vec<_>>(), ["Basic", "Negotiate"]);
/// # Ok::<(), symgate_auth::mechanism::UnknownName>(())
/// ```
#[derive(Clone, Debug)]
pub struct Order(Arc<[Arc<dyn Spec>]>);

impl Order {
    /// These mechanisms, in this order; of two with one name only the first is ever used.
    #[must_use]
    pub fn new(specs: impl IntoIterator<Item = Arc<dyn Spec>>) -> Self {
        Self(specs.into_iter().collect())
    }

    /// All mechanisms of this crate, the strongest first.
    ///
    /// A password goes to plain NTLM rather than into Negotiate: what stands behind `Negotiate` is unknown until it
    /// answers, and some proxies hand every SPNEGO token to Kerberos.
    #[must_use]
    pub fn built_in() -> Self {
        Self::new([
            negotiate::ticket(),
            bearer::spec(),
            ntlm::spec(),
            negotiate::ntlm(),
            negotiate::raw_ntlm(),
            digest::spec(),
            basic::spec(),
        ])
    }

    /// The [built-in](Self::built_in) mechanisms of these schemes, in this order: names as in a challenge, in any case,
    /// with commas or blanks between them. `Kerberos` is Negotiate with a ticket and without a password.
    ///
    /// # Errors
    ///
    /// [`UnknownName`] for a name that is no scheme with a built-in mechanism, and for a list without any.
    pub fn named(names: &str) -> Result<Self, UnknownName> {
        let built_in = Self::built_in();
        let mut specs = Vec::new();
        for name in names.split([',', ' ']).filter(|name| !name.is_empty()) {
            let before = specs.len();
            if name.eq_ignore_ascii_case("kerberos") {
                specs.push(negotiate::ticket());
            }
            let scheme = Scheme::parse(name);
            specs.extend(built_in.specs().filter(|spec| Some(spec.scheme()) == scheme).cloned());
            if specs.len() == before {
                return Err(UnknownName(name.chars().take(NAME_CHARS).collect()));
            }
        }
        if specs.is_empty() {
            return Err(UnknownName(String::new()));
        }
        Ok(Self::new(specs))
    }

    /// The names in their order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|spec| spec.name())
    }

    pub(crate) fn specs(&self) -> impl Iterator<Item = &Arc<dyn Spec>> {
        self.0.iter()
    }
}

impl Default for Order {
    /// [`Order::built_in`].
    fn default() -> Self {
        Self::built_in()
    }
}

/// A name that is no scheme with a built-in mechanism; at most 32 characters of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is none of Negotiate, Kerberos, Bearer, NTLM, Digest, Basic")]
pub struct UnknownName(pub String);

/// Characters of an unknown name that are kept for a message.
const NAME_CHARS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_schemes_in_any_case_and_order() {
        let named = |names| Order::named(names).map(|order| order.names().collect::<Vec<_>>());
        assert_eq!(named(" Basic,,DIGEST "), Ok(vec!["Basic", "Digest"]));
        for (names, wrong) in [("ntlm,pigeon", "pigeon"), ("", ""), (" , ", "")] {
            assert_eq!(named(names), Err(UnknownName(wrong.into())), "{names}");
        }
    }
}
