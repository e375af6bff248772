//! The Basic scheme ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
//!
//! Name and password are sent in UTF-8, whether or not the peer announces `charset="UTF-8"`
//! ([§2.1](https://www.rfc-editor.org/rfc/rfc7617#section-2.1)). Without the announcement the encoding is the client's
//! choice, and UTF-8 is what today's browsers and curl choose. We never try a second encoding after a rejection: the
//! peer would count a second failed logon for one answer. Nothing is normalised to NFC; what keyboards and files
//! give nearly always is.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::mechanism::{Mechanism, MechanismError, Setup, Spec};
use crate::once::Once;
use crate::{Credentials, Identity, Password, Scheme, Secret, Wanted};

/// The value of `Authorization` or `Proxy-Authorization` for this name and password
/// ([RFC 7617 §2](https://www.rfc-editor.org/rfc/rfc7617#section-2)).
///
/// ```
/// use symgate_auth::{Credentials, basic};
///
/// let Credentials::Password(aladdin) = Credentials::password("Aladdin", "open sesame") else { unreachable!() };
/// assert_eq!(basic::encode(&aladdin)?.expose(), b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// # Ok::<(), symgate_auth::mechanism::MechanismError>(())
/// ```
///
/// # Errors
///
/// [`MechanismError::Credentials`] for a colon in the name, which would move the password's beginning, and for control
/// characters.
pub fn encode(password: &Password) -> Result<Secret, MechanismError> {
    let user = password.user.as_bytes();
    let secret = password.password.expose();
    if user.contains(&b':') {
        return Err(MechanismError::Credentials("a colon in the user name"));
    }
    if user.iter().chain(secret).any(u8::is_ascii_control) {
        return Err(MechanismError::Credentials("a control character"));
    }
    // Both buffers get their full size first: one that grew would leave copies of the password behind.
    let mut pair = Zeroizing::new(Vec::with_capacity(user.len() + 1 + secret.len()));
    pair.extend_from_slice(user);
    pair.push(b':');
    pair.extend_from_slice(secret);
    let encoded = base64::encoded_len(pair.len(), true).ok_or(MechanismError::Credentials("too long"))?;
    let mut value = String::with_capacity(PREFIX.len() + encoded);
    value.push_str(PREFIX);
    STANDARD.encode_string(pair.as_slice(), &mut value);
    Ok(Secret::new(value))
}

/// Basic for an [`Order`](crate::mechanism::Order).
///
/// ```
/// use symgate_auth::{basic, mechanism::Order};
///
/// assert_eq!(Order::new([basic::spec()]).names().collect::<Vec<_>>(), ["Basic"]);
/// ```
#[must_use]
pub fn spec() -> Arc<dyn Spec> {
    Arc::new(BasicSpec)
}

/// Makes Basic exchanges.
#[derive(Debug)]
pub(crate) struct BasicSpec;

impl Spec for BasicSpec {
    fn scheme(&self) -> Scheme {
        Scheme::Basic
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        let Identity::Known(credentials) = setup.identity else {
            return Err(NEEDS_PASSWORD);
        };
        match &**credentials {
            Credentials::Password(password) => Ok(Box::new(Once::new(encode(password)?, setup.remembered))),
            Credentials::Bearer(_) => Err(NEEDS_PASSWORD),
        }
    }
}

const NEEDS_PASSWORD: MechanismError = MechanismError::Credentials("a user name and a password are needed");

const PREFIX: &str = "Basic ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Challenge;
    use crate::mechanism::{Rejection, RequestLine, Round, Step};
    use crate::{Channel, Origin, Peers, Seed, Target, UriScheme};

    fn value(user: &str, password: &[u8]) -> Result<String, MechanismError> {
        let Credentials::Password(password) = Credentials::password(user, password) else {
            unreachable!("password() makes the variant Password");
        };
        encode(&password).map(|value| String::from_utf8(value.expose().to_vec()).unwrap())
    }

    /// The first two rows are the examples of RFC 7617 §2 and §2.1.
    #[test]
    fn joins_name_and_password_in_utf_8() {
        let table: &[(&str, &[u8], &str)] = &[
            ("Aladdin", b"open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123\u{A3}".as_bytes(), "Basic dGVzdDoxMjPCow=="),
            ("alice", b"with:colon", "Basic YWxpY2U6d2l0aDpjb2xvbg=="),
            ("", b"", "Basic Og=="),
        ];
        for (user, password, expected) in table {
            assert_eq!(value(user, password).as_deref(), Ok(*expected), "{user}");
        }
    }

    #[test]
    fn refuses_what_the_scheme_cannot_carry() {
        let table: &[(&str, &[u8], &str)] = &[
            ("a:b", b"x", "the credentials cannot be sent: a colon in the user name"),
            ("a\r\nb", b"x", "the credentials cannot be sent: a control character"),
            ("a", b"x\0", "the credentials cannot be sent: a control character"),
            ("a", b"x\x7f", "the credentials cannot be sent: a control character"),
        ];
        for (user, password, message) in table {
            assert_eq!(value(user, password).unwrap_err().to_string(), *message, "{user:?}");
        }
    }

    #[test]
    fn needs_a_name_and_a_password() {
        let bearer = Identity::Known(Arc::new(Credentials::Bearer(Secret::new("t"))));
        for identity in [Identity::Ambient, Identity::Anonymous, bearer] {
            assert_eq!(make(&identity, None).unwrap_err(), NEEDS_PASSWORD, "{identity:?}");
        }
    }

    #[test]
    fn a_challenge_after_the_value_is_judged_by_its_realm() {
        let known = Identity::Known(Arc::new(Credentials::password("a", "b")));
        let (x, y) = (challenge(br#"Basic realm="x""#), challenge(br#"Basic realm="y""#));
        let none = challenge(b"Basic");
        let channel = Channel::CLEARTEXT;
        let request = RequestLine {
            method: "GET",
            target: "/",
            wall: 0,
            channel: &channel,
            body: &[],
        };
        let table = [
            (None, Some(&x), &x, Rejection::Refused),
            (None, Some(&x), &y, Rejection::OtherRealm),
            (None, Some(&none), &none, Rejection::Refused),
            (None, Some(&none), &x, Rejection::OtherRealm),
            (None, None, &x, Rejection::Refused),
            (Some(&x), None, &x, Rejection::Refused),
            (Some(&x), None, &y, Rejection::OtherRealm),
        ];
        for (remembered, first, second, expected) in table {
            let mut basic = make(&known, remembered).unwrap();
            let round = first.map_or(Round::Start, Round::Challenge);
            assert!(matches!(basic.step(round, &request), Ok(Step::Finish(_))), "{first:?}");
            assert_eq!(basic.remember().as_ref(), first.or(remembered));
            let Ok(Step::Reject(rejection)) = basic.step(Round::Challenge(second), &request) else {
                panic!("{remembered:?} {first:?} {second:?}");
            };
            assert_eq!(rejection, expected, "{remembered:?} {first:?} {second:?}");
        }
        let mut basic = make(&known, None).unwrap();
        let token = basic.step(Round::Token(Ok(Secret::new("t"))), &request);
        assert!(matches!(token, Ok(Step::Reject(Rejection::Unsupported))));
    }

    fn challenge(text: &'static [u8]) -> Challenge<'static> {
        Challenge::from_bytes(text).unwrap()
    }

    fn make(
        identity: &Identity,
        remembered: Option<&Challenge<'static>>,
    ) -> Result<Box<dyn Mechanism>, MechanismError> {
        BasicSpec.make(Setup {
            target: Target::Origin,
            peer: &Origin::new(UriScheme::Https, "h", 443),
            identity,
            remembered,
            entropy: Seed::new([0; 32]).draw(),
            peers: &Arc::new(Peers::new()),
        })
    }
}
