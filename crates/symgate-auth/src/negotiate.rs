//! The Negotiate scheme ([RFC 4559](https://www.rfc-editor.org/rfc/rfc4559)): tokens of SPNEGO
//! ([RFC 4178](https://www.rfc-editor.org/rfc/rfc4178)) in base64, with a ticket or a password inside.
//!
//! ```text
//!   Negotiate            ──>
//!                        <──  Negotiate <NegTokenInit: what we speak, and the first token of it>
//!   Negotiate <token>    ──>                              (as often as the mechanism inside needs)
//!                        <──  Negotiate <NegTokenResp>
//!   200, perhaps with a last token in the challenge field, or in Proxy-Authentication-Info
//! ```
//!
//! There are three mechanisms, which a session tells apart by their names; one that failed does not disable the others:
//!
//! - [`ticket`], `Negotiate`: Kerberos, with the ticket of the logged-on user. The operating system makes Kerberos' own
//!   tokens, and the SPNEGO around them is ours, because the system's might choose NTLM.
//! - [`ntlm`], `Negotiate (NTLM)`: NTLM with a password, inside SPNEGO.
//! - [`raw_ntlm`], `Negotiate (raw NTLM)`: NTLM messages without SPNEGO around them, for peers such as squid's wrapper,
//!   which takes whatever is wrapped for Kerberos.
//!
//! Each offers one mechanism only, so that nothing is negotiated that a third party could turn to something weaker, and
//! the signature over the offer, which one of them cannot make, is never needed
//! ([RFC 4178 §5](https://www.rfc-editor.org/rfc/rfc4178#section-5)).
//!
//! Whatever the first challenge says, an exchange begins anew: a token in it ended the exchange before, and squid's
//! wrapper puts parameters there. Only a list of mechanisms without ours tells that it is not worth while.

mod ntlm;
mod spnego;
#[cfg(test)]
mod tests;
mod ticket;

use std::sync::Arc;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine as _, alphabet};

use self::ntlm::{Framing, NtlmSpec};
use self::spnego::{Mech, Token};
use self::ticket::TicketSpec;
use crate::challenge::{Challenge, Payload};
use crate::mechanism::{Final, MechanismError, Rejection, Spec};
use crate::{Scheme, Secret};

/// Negotiate with the ticket of the logged-on user, which the operating system makes; named `Negotiate`.
#[must_use]
pub fn ticket() -> Arc<dyn Spec> {
    Arc::new(TicketSpec)
}

/// Negotiate with a password, by NTLM inside SPNEGO; named `Negotiate (NTLM)`.
#[must_use]
pub fn ntlm() -> Arc<dyn Spec> {
    Arc::new(NtlmSpec(Framing::Wrapped))
}

/// Negotiate with a password, by NTLM without SPNEGO around it; named `Negotiate (raw NTLM)`.
///
/// No document describes it, but Windows, Samba and squid's wrapper accept it, the last nothing else with a password.
#[must_use]
pub fn raw_ntlm() -> Arc<dyn Spec> {
    Arc::new(NtlmSpec(Framing::Raw))
}

/// The field value that carries a token ([RFC 4559 §4.2](https://www.rfc-editor.org/rfc/rfc4559#section-4.2)).
fn value(token: &[u8]) -> Result<Secret, MechanismError> {
    let encoded =
        base64::encoded_len(token.len(), true).ok_or(MechanismError::Malformed("a token too long to send"))?;
    // The full size first: a buffer that grew would leave copies behind.
    let mut value = String::with_capacity(PREFIX.len().saturating_add(encoded));
    value.push_str(PREFIX);
    STANDARD.encode_string(token, &mut value);
    Ok(Secret::new(value))
}

/// The token of a challenge, if it carries one ([RFC 4559 §4.1](https://www.rfc-editor.org/rfc/rfc4559#section-4.1)).
fn token(challenge: &Challenge<'_>) -> Result<Option<Vec<u8>>, MechanismError> {
    match challenge.payload() {
        Payload::Empty => Ok(None),
        // squid's wrapper when its Kerberos helper gets NTLM: `Negotiate token=oYGZ...`.
        Payload::Params(_) => Err(MechanismError::Malformed("parameters instead of a token")),
        Payload::Token68(text) => match LENIENT.decode(text.as_bytes()) {
            Ok(token) => Ok(Some(token)),
            Err(_) => Err(MechanismError::Malformed("a token that is not base64")),
        },
    }
}

/// The token of a peer's last word, if there is one. It may be missing, as acceptors need not prove who they are
/// ([RFC 4559 §5](https://www.rfc-editor.org/rfc/rfc4559#section-5)), and a challenge field on a successful answer may
/// be a mere offer. But one that is there and cannot be read proves nothing, and is not taken for a missing one.
fn last_token(last: &Final<'_>) -> Result<Option<Vec<u8>>, Rejection> {
    let word = match last {
        Final::Nothing => return Ok(None),
        Final::Challenge(challenge) => token(challenge),
        Final::Info(info) => match Challenge::from_bytes(info) {
            Ok(challenge) if challenge.scheme() == Some(Scheme::Negotiate) => token(&challenge),
            // The parameters of other schemes, such as `nextnonce`.
            Ok(_) => return Ok(None),
            Err(flaw) if flaw.name.as_deref().and_then(Scheme::parse) != Some(Scheme::Negotiate) => return Ok(None),
            Err(_) => return Err(Rejection::Unproven),
        },
    };
    match word {
        Ok(token) => Ok(token),
        // Parameters are nobody's token.
        Err(_) if matches!(last, Final::Challenge(challenge) if challenge.token68().is_none()) => Ok(None),
        Err(_) => Err(Rejection::Unproven),
    }
}

/// How well a mechanism could answer a challenge: not at all, if the peer lists mechanisms and this is none of them
/// ([RFC 4178 §4.2.1](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.1), and the hints of [MS-SPNG] §2.2.1).
///
/// [MS-SPNG]: https://learn.microsoft.com/openspecs/windows_protocols/ms-spng/
fn rank(challenge: &Challenge<'_>, mech: Mech) -> Option<u32> {
    let Ok(Some(token)) = token(challenge) else {
        return Some(0);
    };
    match spnego::read(&token) {
        Ok(Token::Offer(mechs)) => mechs.iter().any(|offered| offered.is_same(mech)).then_some(0),
        Ok(Token::Response(_) | Token::Bare(..)) | Err(_) => Some(0),
    }
}

/// With or without padding, and with stray bits in the last character, as several encoders leave them.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const PREFIX: &str = "Negotiate ";
