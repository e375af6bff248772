//! Negotiate with a password: our own NTLM ([MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/))
//! inside SPNEGO, or without it.

use super::spnego::{Init, Mech, NegState, Reply, Response, Token, list, read};
use super::{last_token, rank, token, value};
use crate::challenge::Challenge;
use crate::mechanism::{Final, Finish, Mechanism, MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step};
use crate::ntlm::Exchange;
use crate::{Scheme, Secret, Wanted};

/// Makes exchanges with a password.
#[derive(Debug)]
pub(super) struct NtlmSpec(pub(super) Framing);

/// Whether SPNEGO is around the messages of NTLM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    Raw,
    Wrapped,
}

impl Spec for NtlmSpec {
    fn name(&self) -> &'static str {
        match self.0 {
            Framing::Wrapped => "Negotiate (NTLM)",
            Framing::Raw => "Negotiate (raw NTLM)",
        }
    }

    fn scheme(&self) -> Scheme {
        Scheme::Negotiate
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn rank(&self, challenge: &Challenge<'_>) -> Option<u32> {
        rank(challenge, Mech::Ntlm)
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        Ok(Box::new(Ntlm {
            exchange: Exchange::new(&setup, WORKSTATION)?,
            framing: self.0,
            state: State::Unsent,
        }))
    }
}

/// One exchange of three messages, and the acceptor's signature on success.
#[derive(Debug)]
struct Ntlm {
    exchange: Exchange,
    /// As we began; from the peer's challenge on, as that came.
    framing: Framing,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The peer may judge the third message.
    Answered,
    /// The first message is sent.
    Opened,
    Unsent,
}

impl Mechanism for Ntlm {
    fn step(&mut self, round: Round<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        match (self.state, round) {
            (State::Unsent, Round::Challenge(_) | Round::Start) => {
                self.state = State::Opened;
                let message = self.exchange.open();
                Ok(Step::Continue(match self.framing {
                    Framing::Raw => value(&message)?,
                    Framing::Wrapped => value(
                        &Init {
                            mechs: OFFER,
                            token: &message,
                        }
                        .encode()?,
                    )?,
                }))
            }
            (State::Opened, Round::Challenge(challenge)) => self.answer(challenge, request),
            // There is no fourth message: whatever the challenge holds, it is a no.
            (State::Answered, Round::Challenge(_)) => Ok(Step::Reject(Rejection::Refused)),
            (State::Opened | State::Answered, Round::Start) | (_, Round::Token(_)) => {
                Ok(Step::Reject(Rejection::Unsupported))
            }
        }
    }

    /// NTLM ends without a word of the acceptor; around it SPNEGO has one, the signature over the offer, made with a key
    /// that only who knows the password has. It is verified when it is there, and may be missing, as one mechanism was
    /// offered ([RFC 4178 §5](https://www.rfc-editor.org/rfc/rfc4178#section-5)).
    fn finish(&mut self, last: Final<'_>) -> Result<Finish, Rejection> {
        if self.framing == Framing::Raw {
            // Nothing is defined here; squid sends what its helper had in the token's place.
            return Ok(Finish::Done);
        }
        let Some(bytes) = last_token(&last)? else {
            return Ok(Finish::Done);
        };
        match read(&bytes).map_err(|_| Rejection::Unproven)? {
            Token::Offer(_) => Ok(Finish::Done),
            Token::Response(Response {
                state: Some(NegState::Reject),
                ..
            })
            | Token::Bare(..) => Err(Rejection::Unproven),
            Token::Response(response) if !response.chose(Mech::Ntlm) => Err(Rejection::Unproven),
            Token::Response(response) => match response.mic {
                Some(mic) => self.verify(mic),
                None => Ok(Finish::Done),
            },
        }
    }
}

impl Ntlm {
    /// The third message to the second one.
    fn answer(&mut self, challenge: &Challenge<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let Some(bytes) = token(challenge)? else {
            return Ok(Step::Reject(Rejection::Refused));
        };
        let message = match (read(&bytes)?, self.framing) {
            (Token::Bare(Mech::Ntlm, bare), _) => {
                self.framing = Framing::Raw;
                bare
            }
            (Token::Bare(Mech::Kerberos | Mech::MsKerberos, _), _) => {
                return Ok(Step::Reject(Rejection::Unsupported));
            }
            // The peer begins anew, which is a no to what we began.
            (Token::Offer(_), _) => return Ok(Step::Reject(Rejection::Refused)),
            (Token::Response(_), Framing::Raw) => return Err(MechanismError::Malformed("SPNEGO in answer to NTLM")),
            (Token::Response(response), Framing::Wrapped) => match (response.state, response.token) {
                (Some(NegState::Reject), _) => return Ok(Step::Reject(Rejection::Refused)),
                _ if !response.chose(Mech::Ntlm) => return Ok(Step::Reject(Rejection::Unsupported)),
                (Some(NegState::AcceptCompleted), _) => {
                    return Err(MechanismError::Malformed("a negotiation completed before it could be"));
                }
                (_, None) => return Err(MechanismError::Malformed("no NTLM message in the SPNEGO token")),
                (Some(NegState::AcceptIncomplete | NegState::RequestMic) | None, Some(token)) => token,
            },
        };
        let answer = self.exchange.answer(message, request)?;
        let sent = match self.framing {
            Framing::Raw => value(answer.expose())?,
            Framing::Wrapped => self.wrap(&answer)?,
        };
        self.state = State::Answered;
        Ok(Step::Finish(sent))
    }

    /// The third message with the signature over the offer, whether or not the peer asked for it
    /// ([RFC 4178 §5](https://www.rfc-editor.org/rfc/rfc4178#section-5) allows it): Samba and pyspnego refuse a message
    /// that has a MIC inside and no signature around it, and gss-ntlmssp takes it either way.
    fn wrap(&mut self, answer: &Secret) -> Result<Secret, MechanismError> {
        let mic = self.exchange.sign(&list(OFFER)?)?;
        value(
            &Reply {
                token: answer.expose(),
                mic: Some(&mic),
            }
            .encode()?,
        )
    }

    fn verify(&mut self, mic: &[u8]) -> Result<Finish, Rejection> {
        let offer = list(OFFER).map_err(|_| Rejection::Unproven)?;
        if self.exchange.verify(&offer, mic) {
            Ok(Finish::Done)
        } else {
            Err(Rejection::Unproven)
        }
    }
}

const OFFER: &[Mech] = &[Mech::Ntlm];

/// Where we say that we are: nowhere.
const WORKSTATION: &str = "";

#[cfg(test)]
mod tests;
