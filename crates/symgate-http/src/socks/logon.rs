//! The name and password of SOCKS5 as a mechanism ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).
//!
//! The password travels as Basic's does, readable for everybody on the way. So it is asked for as Basic: the same rules
//! of a policy decide, the same memory knows what was accepted and rejected, and a person is told the same. How HTTP's
//! schemes are ordered says nothing about it.

use std::sync::Arc;

use symgate_auth::mechanism::{Mechanism, MechanismError, Order, Rejection, RequestLine, Round, Setup, Spec, Step};
use symgate_auth::{Credentials, Identity, Password, Scheme, Secret, Wanted};

/// What the session takes for the server's question; method 2 has no parameters.
pub(super) const QUESTION: &[u8] = b"Basic";

/// The one mechanism that a session with a SOCKS5 proxy has.
pub(super) fn order() -> Order {
    let spec: Arc<dyn Spec> = Arc::new(Logon);
    Order::new([spec])
}

/// Makes exchanges of one message each.
#[derive(Debug)]
struct Logon;

impl Spec for Logon {
    fn name(&self) -> &'static str {
        "SOCKS5 password"
    }

    fn scheme(&self) -> Scheme {
        Scheme::Basic
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        if let Identity::Known(credentials) = setup.identity
            && let Credentials::Password(password) = &**credentials
        {
            return Ok(Box::new(Once(Some(encode(password)?))));
        }
        Err(MechanismError::Credentials("a user name and a password are needed"))
    }
}

/// The message, until it is sent; the server's next question is its no.
#[derive(Debug)]
struct Once(Option<Secret>);

impl Mechanism for Once {
    fn step(&mut self, _round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let value = self.0.take();
        Ok(value.map_or(Step::Reject(Rejection::Refused), Step::Finish))
    }
}

/// `01 ULEN UNAME PLEN PASSWD` ([RFC 1929 §2](https://www.rfc-editor.org/rfc/rfc1929#section-2)).
fn encode(password: &Password) -> Result<Secret, MechanismError> {
    let (user, secret) = (password.user.as_bytes(), password.password.expose());
    let (Some(user_length), Some(secret_length)) = (length(user), length(secret)) else {
        return Err(MechanismError::Credentials(
            "SOCKS5 takes 1 to 255 bytes of a user name, and as many of a password",
        ));
    };
    // The full size first: a buffer that grew would leave copies of the password behind.
    let mut message = Vec::with_capacity(3 + user.len() + secret.len());
    message.extend_from_slice(&[VERSION, user_length]);
    message.extend_from_slice(user);
    message.push(secret_length);
    message.extend_from_slice(secret);
    Ok(Secret::new(message))
}

fn length(bytes: &[u8]) -> Option<u8> {
    u8::try_from(bytes.len()).ok().filter(|length| *length > 0)
}

/// Of the sub-negotiation, not of SOCKS.
pub(super) const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(user: &str, password: &str) -> Option<Vec<u8>> {
        let Credentials::Password(password) = Credentials::password(user, password) else {
            panic!("a password is a password");
        };
        encode(&password).ok().map(|message| message.expose().to_vec())
    }

    #[test]
    fn names_and_passwords_of_1_to_255_bytes_are_sent_as_they_are() {
        assert_eq!(
            message("alice", "S3cret pass").as_deref(),
            Some(&b"\x01\x05alice\x0bS3cret pass"[..])
        );
        // What Basic could not say.
        assert_eq!(message("a:b", "\t").as_deref(), Some(&b"\x01\x03a:b\x01\t"[..]));
        let (long, longer) = ("x".repeat(255), "x".repeat(256));
        for (user, password, fits) in [
            ("", "p", false),
            ("u", "", false),
            (long.as_str(), long.as_str(), true),
            (longer.as_str(), "p", false),
            ("u", longer.as_str(), false),
        ] {
            let message = message(user, password);
            assert_eq!(message.is_some(), fits, "{} {}", user.len(), password.len());
            if let Some(message) = message {
                assert_eq!(message.len(), 3 + user.len() + password.len());
            }
        }
    }
}
