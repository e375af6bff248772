//! The Bearer scheme ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)), for servers only.
//!
//! The token is whatever the source of credentials has; we neither get one nor renew one. RFC 6750 gives the token to
//! a protected resource, and a proxy is none, so a proxy that asks gets nothing. Why a token was refused
//! ([§3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)) makes no difference here: expired, revoked or too
//! narrow, the same token will not do.

use std::sync::Arc;

use crate::mechanism::{Mechanism, MechanismError, Setup, Spec};
use crate::once::Once;
use crate::{Credentials, Identity, Scheme, Secret, Target, Wanted};

/// Bearer, to be put into an [`Order`](crate::mechanism::Order).
///
/// ```
/// use symgate_auth::bearer;
/// use symgate_auth::mechanism::Order;
///
/// assert_eq!(Order::new([bearer::spec()]).names().collect::<Vec<_>>(), ["Bearer"]);
/// ```
#[must_use]
pub fn spec() -> Arc<dyn Spec> {
    Arc::new(BearerSpec)
}

/// The value of `Authorization` for this token ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
///
/// ```
/// use symgate_auth::{Secret, bearer};
///
/// assert_eq!(bearer::encode(&Secret::new("mF_9.B5f-4.1JqM"))?.expose(), b"Bearer mF_9.B5f-4.1JqM");
/// # Ok::<(), symgate_auth::mechanism::MechanismError>(())
/// ```
///
/// # Errors
///
/// [`MechanismError::Credentials`] for a token that is empty, or has a character that the scheme has no place for.
pub fn encode(token: &Secret) -> Result<Secret, MechanismError> {
    let token = token.expose();
    let text = token
        .iter()
        .rposition(|byte| *byte != b'=')
        .map(|last| token.split_at(last.saturating_add(1)));
    let Some((text, _padding)) = text else {
        return Err(MechanismError::Credentials("the token is empty"));
    };
    if !text
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
    {
        return Err(MechanismError::Credentials(
            "the token has a character that Bearer cannot carry",
        ));
    }
    // The full size first: a buffer that grew would leave copies behind.
    let mut value = Vec::with_capacity(PREFIX.len().saturating_add(token.len()));
    value.extend_from_slice(PREFIX);
    value.extend_from_slice(token);
    Ok(Secret::new(value))
}

/// Makes Bearer exchanges.
#[derive(Debug)]
struct BearerSpec;

impl Spec for BearerSpec {
    fn scheme(&self) -> Scheme {
        Scheme::Bearer
    }

    fn wanted(&self) -> Wanted {
        Wanted::Bearer
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        if setup.target == Target::Proxy {
            return Err(MechanismError::Credentials("bearer tokens are for servers only"));
        }
        let Identity::Known(credentials) = setup.identity else {
            return Err(NEEDS_TOKEN);
        };
        match &**credentials {
            Credentials::Bearer(token) => Ok(Box::new(Once::new(encode(token)?, setup.remembered))),
            Credentials::Password(_) => Err(NEEDS_TOKEN),
        }
    }
}

const NEEDS_TOKEN: MechanismError = MechanismError::Credentials("a bearer token is needed");

const PREFIX: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Challenge;
    use crate::mechanism::{Rejection, RequestLine, Round, Step};
    use crate::{Channel, Origin, Peers, Seed, UriScheme};

    #[test]
    fn carries_the_alphabet_of_b68token_and_nothing_else() {
        let table: &[(&str, Result<&str, &str>)] = &[
            // The example of RFC 6750 §2.1.
            ("mF_9.B5f-4.1JqM", Ok("Bearer mF_9.B5f-4.1JqM")),
            ("a", Ok("Bearer a")),
            ("aZ09-._~+/==", Ok("Bearer aZ09-._~+/==")),
            ("", Err("the credentials cannot be sent: the token is empty")),
            ("==", Err("the credentials cannot be sent: the token is empty")),
            ("a=b", Err(BAD_CHARACTER)),
            ("a b", Err(BAD_CHARACTER)),
            ("a,b", Err(BAD_CHARACTER)),
            ("a\r\nX: y", Err(BAD_CHARACTER)),
            ("\u{e9}", Err(BAD_CHARACTER)),
            ("a\0", Err(BAD_CHARACTER)),
        ];
        for (token, expected) in table {
            let value = encode(&Secret::new(*token));
            let value = value.as_ref().map(|value| std::str::from_utf8(value.expose()).unwrap());
            let shown = value.map_err(ToString::to_string);
            assert_eq!(shown, expected.map_err(str::to_owned), "{token:?}");
        }
    }

    #[test]
    fn needs_a_server_and_a_token() {
        let bearer = token("t");
        let password = Identity::Known(Arc::new(Credentials::password("a", "b")));
        for identity in [Identity::Ambient, Identity::Anonymous, password] {
            assert_eq!(
                make(Target::Origin, &identity, None).unwrap_err(),
                NEEDS_TOKEN,
                "{identity:?}"
            );
        }
        let error = make(Target::Proxy, &bearer, None).unwrap_err();
        assert_eq!(error, MechanismError::Credentials("bearer tokens are for servers only"));
        assert!(make(Target::Origin, &bearer, None).is_ok());
    }

    #[test]
    fn a_challenge_after_the_value_is_judged_by_its_realm() {
        let request = RequestLine {
            method: "GET",
            target: "/",
            wall: 0,
            channel: &Channel::CLEARTEXT,
            body: &[],
        };
        let x = challenge(br#"Bearer realm="x", error="invalid_token""#);
        let (y, none) = (challenge(br#"Bearer realm="y""#), challenge(b"Bearer"));
        let table = [
            (None, Some(&x), &x, Rejection::Refused),
            (None, Some(&x), &y, Rejection::OtherRealm),
            (None, Some(&none), &none, Rejection::Refused),
            (None, None, &x, Rejection::Refused),
            (Some(&x), None, &x, Rejection::Refused),
            (Some(&x), None, &y, Rejection::OtherRealm),
        ];
        for (remembered, first, second, expected) in table {
            let mut bearer = make(Target::Origin, &token("t"), remembered).unwrap();
            let round = first.map_or(Round::Start, Round::Challenge);
            assert!(matches!(bearer.step(round, &request), Ok(Step::Finish(_))), "{first:?}");
            assert_eq!(bearer.remember().as_ref(), first.or(remembered));
            let Ok(Step::Reject(rejection)) = bearer.step(Round::Challenge(second), &request) else {
                panic!("{remembered:?} {first:?} {second:?}");
            };
            assert_eq!(rejection, expected, "{remembered:?} {first:?} {second:?}");
        }
        let mut bearer = make(Target::Origin, &token("t"), None).unwrap();
        let step = bearer.step(Round::Token(Ok(Secret::new("t"))), &request);
        assert!(matches!(step, Ok(Step::Reject(Rejection::Unsupported))));
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_told_before_anything_is() {
        let made = make(Target::Origin, &token("two words"), None);
        assert!(matches!(made, Err(MechanismError::Credentials(_))));
    }

    const BAD_CHARACTER: &str = "the credentials cannot be sent: the token has a character that Bearer cannot carry";

    fn token(text: &str) -> Identity {
        Identity::Known(Arc::new(Credentials::Bearer(Secret::new(text))))
    }

    fn challenge(text: &'static [u8]) -> Challenge<'static> {
        Challenge::from_bytes(text).unwrap()
    }

    fn make(
        target: Target,
        identity: &Identity,
        remembered: Option<&Challenge<'static>>,
    ) -> Result<Box<dyn Mechanism>, MechanismError> {
        BearerSpec.make(Setup {
            target,
            peer: &Origin::new(UriScheme::Https, "h", 443),
            identity,
            remembered,
            entropy: Seed::new([0; 32]).draw(),
            peers: &Arc::new(Peers::new()),
        })
    }
}
