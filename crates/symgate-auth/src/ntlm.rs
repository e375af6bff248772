//! NTLM ([MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/)) over HTTP, version 2 only.
//!
//! The scheme is carried as [RFC 4559](https://www.rfc-editor.org/rfc/rfc4559) carries Negotiate: base64 after the
//! scheme's name, all on one connection, which then belongs to the user.
//!
//! ```text
//! C  GET, or CONNECT                                       407 or 401   Proxy-Authenticate: NTLM                      P
//! C  Proxy-Authorization: NTLM <type 1, what we can>       407          Proxy-Authenticate: NTLM <type 2, challenge>  P
//! C  Proxy-Authorization: NTLM <type 3, who we are>        200, or 407 with a bare NTLM                               P
//! ```
//!
//! - `ntlm/exchange.rs` knows the three messages' order and what goes into the third; Negotiate uses it too.
//! - `ntlm/message.rs` and `ntlm/target_info.rs` know their bytes, `ntlm/crypto.rs` what is computed over them.
//!
//! The answer names the service (`HTTP/host`), is bound to the TLS channel where there is one, and has a MIC over all
//! three messages where the peer is young enough to check it. The password itself is never sent, but who records an
//! answer can guess at it at leisure: NTLM without TLS is as good as its password is long.

mod crypto;
mod exchange;
mod message;
mod target_info;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use zeroize::Zeroizing;

pub(crate) use self::exchange::Exchange;
use crate::challenge::Payload;
use crate::mechanism::{Mechanism, MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step};
use crate::{Scheme, Secret, Wanted};

/// NTLM for an [`Order`](crate::mechanism::Order), without the name of this computer.
///
/// ```
/// use symgate_auth::mechanism::Order;
/// use symgate_auth::ntlm;
///
/// assert_eq!(Order::new([ntlm::spec()]).names().collect::<Vec<_>>(), ["NTLM"]);
/// ```
#[must_use]
pub fn spec() -> Arc<dyn Spec> {
    spec_with_workstation("")
}

/// NTLM that names this computer to the peer, which writes it to its log, and may let a user in from some computers
/// only.
#[must_use]
pub fn spec_with_workstation(name: &str) -> Arc<dyn Spec> {
    Arc::new(NtlmSpec {
        workstation: name.into(),
    })
}

/// Makes NTLM exchanges.
#[derive(Debug)]
pub(crate) struct NtlmSpec {
    workstation: Box<str>,
}

impl Spec for NtlmSpec {
    fn scheme(&self) -> Scheme {
        Scheme::Ntlm
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        Ok(Box::new(Ntlm {
            exchange: Exchange::new(&setup, &self.workstation)?,
            due: Due::Negotiate,
        }))
    }
}

/// One exchange over HTTP.
#[derive(Debug)]
struct Ntlm {
    exchange: Exchange,
    due: Due,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Due {
    /// Our first message.
    Negotiate,
    /// The peer's challenge.
    Challenge,
    /// The peer's verdict; a challenge is a no.
    Verdict,
}

impl Mechanism for Ntlm {
    fn step(&mut self, round: Round<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let payload = match (self.due, round) {
            (Due::Negotiate, Round::Start) => &Payload::Empty,
            (_, Round::Challenge(challenge)) => challenge.payload(),
            (Due::Challenge | Due::Verdict, Round::Start) | (_, Round::Token(_)) => {
                return Ok(Step::Reject(Rejection::Unsupported));
            }
        };
        match (self.due, payload) {
            (Due::Verdict, _) => Ok(Step::Reject(Rejection::Refused)),
            // A challenge that begins an exchange may still carry the last word of one that was rejected.
            (Due::Negotiate, Payload::Empty | Payload::Token68(_)) => {
                self.due = Due::Challenge;
                Ok(Step::Continue(value(&self.exchange.open())?))
            }
            (Due::Challenge, Payload::Token68(token)) => {
                let answer = self.exchange.answer(&decode(token)?, request)?;
                self.due = Due::Verdict;
                Ok(Step::Finish(value(answer.expose())?))
            }
            // It wants to begin again, and would for ever.
            (Due::Challenge, Payload::Empty) => Ok(Step::Reject(Rejection::Refused)),
            (_, Payload::Params(_)) => Err(MechanismError::Malformed("parameters in an NTLM challenge")),
        }
    }
}

/// The bytes of a token: base64 with or without its padding, and with stray bits in the last character, which several
/// encoders leave there.
fn decode(token: &str) -> Result<Vec<u8>, MechanismError> {
    if token.len() > TOKEN_LIMIT {
        return Err(MechanismError::Malformed("an NTLM token that is too long"));
    }
    LENIENT
        .decode(token)
        .map_err(|_| MechanismError::Malformed("an NTLM token that is not base64"))
}

/// The field value that carries a message.
fn value(message: &[u8]) -> Result<Secret, MechanismError> {
    let length = base64::encoded_len(message.len(), true).ok_or(MechanismError::Credentials("too long"))?;
    // The full size first: a buffer that grew would leave copies behind.
    let mut value = Zeroizing::new(String::with_capacity(PREFIX.len().saturating_add(length)));
    value.push_str(PREFIX);
    STANDARD.encode_string(message, &mut value);
    Ok(Secret::new(std::mem::take(&mut *value)))
}

const PREFIX: &str = "NTLM ";

/// Characters of a challenge in base64; what its fields can address of 64 KiB, and more than the default
/// [`Limits`](crate::Limits) let in.
const TOKEN_LIMIT: usize = 88 * 1024;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
