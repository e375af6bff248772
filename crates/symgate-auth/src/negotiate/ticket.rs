//! Negotiate with a Kerberos ticket ([RFC 4559](https://www.rfc-editor.org/rfc/rfc4559) over
//! [RFC 4121](https://www.rfc-editor.org/rfc/rfc4121)): the operating system makes and judges the tokens, this wraps
//! them.

use super::spnego::{Init, Mech, NegState, Reply, Response, Token, read};
use super::{last_token, rank, token, value};
use crate::challenge::Challenge;
use crate::mechanism::{
    Final, Finish, Mechanism, MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step, TokenError,
    TokenRequest,
};
use crate::{Identity, Origin, Scheme, Secret, Wanted, binding};

/// Makes exchanges with a ticket.
#[derive(Debug)]
pub(super) struct TicketSpec;

impl Spec for TicketSpec {
    fn name(&self) -> &'static str {
        "Negotiate"
    }

    fn scheme(&self) -> Scheme {
        Scheme::Negotiate
    }

    fn wanted(&self) -> Wanted {
        Wanted::Ticket
    }

    fn rank(&self, challenge: &Challenge<'_>) -> Option<u32> {
        rank(challenge, Mech::Kerberos)
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        match setup.identity {
            Identity::Ambient => Ok(Box::new(Ticket {
                peer: setup.peer.clone(),
                channel_binding: None,
                state: State::Unsent,
            })),
            Identity::Known(_) | Identity::Anonymous => {
                Err(MechanismError::Credentials("needs the ticket of the logged-on user"))
            }
        }
    }
}

/// One exchange: a token at least, and as many more as both ends have to say.
#[derive(Debug)]
struct Ticket {
    peer: Origin,
    /// That of the connection on which the exchange began.
    channel_binding: Option<Vec<u8>>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The system makes an answer to the peer's token, to be sent as that came.
    Answering(Framing),
    /// The system makes the first token.
    Opening,
    /// The peer may judge what was sent.
    Sent,
    Unsent,
}

/// Whether SPNEGO is around the tokens of Kerberos.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Raw,
    Wrapped,
}

impl Mechanism for Ticket {
    fn step(&mut self, round: Round<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        match (self.state, round) {
            (State::Unsent, Round::Challenge(_) | Round::Start) => {
                self.channel_binding = request.channel.certificate().and_then(binding::tls_server_end_point);
                self.state = State::Opening;
                Ok(Step::NeedToken(self.request(None)))
            }
            (State::Opening | State::Answering(_), Round::Token(Err(error))) => Err(MechanismError::Token(error)),
            (State::Opening, Round::Token(Ok(token))) => {
                self.state = State::Sent;
                let init = Init {
                    mechs: OFFER,
                    token: token.expose(),
                };
                Ok(Step::Finish(value(&init.encode()?)?))
            }
            (State::Answering(framing), Round::Token(Ok(token))) => {
                self.state = State::Sent;
                let token = token.expose();
                match framing {
                    // The peer waits for a message, and Kerberos has none: that can only be a signature over the
                    // offer, which a source of tokens cannot make.
                    _ if token.is_empty() => Ok(Step::Reject(Rejection::Unsupported)),
                    Framing::Raw => Ok(Step::Finish(value(token)?)),
                    Framing::Wrapped => Ok(Step::Finish(value(&Reply { token, mic: None }.encode()?)?)),
                }
            }
            (State::Sent, Round::Challenge(challenge)) => self.go_on(challenge),
            (State::Sent | State::Opening | State::Answering(_), _) | (State::Unsent, Round::Token(_)) => {
                Ok(Step::Reject(Rejection::Unsupported))
            }
        }
    }

    /// A token in the last word is the peer's proof, which only the system can judge. Without one there is none, as
    /// acceptors need not give it: the server's certificate then says who it is, or nobody does.
    fn finish(&mut self, last: Final<'_>) -> Result<Finish, Rejection> {
        let Some(bytes) = last_token(&last)? else {
            return Ok(Finish::Done);
        };
        let proof = match read(&bytes).map_err(|_| Rejection::Unproven)? {
            Token::Offer(_) => None,
            Token::Bare(Mech::Kerberos | Mech::MsKerberos, bare) => Some(bare),
            Token::Response(Response {
                state: Some(NegState::Reject),
                ..
            })
            | Token::Bare(Mech::Ntlm, _) => {
                return Err(Rejection::Unproven);
            }
            Token::Response(response) if !response.chose(Mech::Kerberos) => return Err(Rejection::Unproven),
            Token::Response(response) => response.token.filter(|token| !token.is_empty()),
        };
        Ok(match proof {
            Some(proof) => Finish::NeedToken(self.request(Some(proof))),
            None => Finish::Done,
        })
    }

    /// What the system would still say to the peer's proof is not sent any more: the peer is through with us.
    fn prove(&mut self, token: Result<Secret, TokenError>) -> Result<(), Rejection> {
        match token {
            Ok(_) => Ok(()),
            Err(_) => Err(Rejection::Unproven),
        }
    }
}

impl Ticket {
    /// What a challenge after a token means ([RFC 4178 §4.2.2](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.2)).
    fn go_on(&mut self, challenge: &Challenge<'_>) -> Result<Step, MechanismError> {
        let Some(bytes) = token(challenge)? else {
            return Ok(Step::Reject(Rejection::Refused));
        };
        let (input, framing) = match read(&bytes)? {
            // The peer begins anew.
            Token::Offer(_) => return Ok(Step::Reject(Rejection::Refused)),
            Token::Bare(Mech::Kerberos | Mech::MsKerberos, bare) => (bare, Framing::Raw),
            Token::Bare(Mech::Ntlm, _) => return Ok(Step::Reject(Rejection::Unsupported)),
            Token::Response(response) => match (response.state, response.token) {
                // Completed, and yet not let through: the peer knows who we are and does not want us.
                (Some(NegState::Reject | NegState::AcceptCompleted), _) => {
                    return Ok(Step::Reject(Rejection::Refused));
                }
                (Some(NegState::AcceptIncomplete) | None, Some(token)) if response.chose(Mech::Kerberos) => {
                    (token, Framing::Wrapped)
                }
                // Another mechanism, a signature, or a message that Kerberos does not have.
                (Some(NegState::AcceptIncomplete | NegState::RequestMic) | None, _) => {
                    return Ok(Step::Reject(Rejection::Unsupported));
                }
            },
        };
        self.state = State::Answering(framing);
        Ok(Step::NeedToken(self.request(Some(input))))
    }

    fn request(&self, input: Option<&[u8]>) -> TokenRequest {
        TokenRequest {
            peer: self.peer.clone(),
            input: input.map(<[u8]>::to_vec),
            channel_binding: self.channel_binding.clone(),
        }
    }
}

/// Kerberos under its own number alone: every acceptor of the last twenty years knows it. With the other number beside
/// it an acceptor could prefer that one, and would then have to ask for a signature over the list
/// ([RFC 4178 §5](https://www.rfc-editor.org/rfc/rfc4178#section-5)), which a source of tokens cannot make.
const OFFER: &[Mech] = &[Mech::Kerberos];

#[cfg(test)]
mod tests;
