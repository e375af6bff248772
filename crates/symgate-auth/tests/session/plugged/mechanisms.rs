//! Small mechanisms with the shapes of NTLM, Negotiate and Digest.

use std::sync::Arc;

use symgate_auth::challenge::{Challenge, Payload};
use symgate_auth::mechanism::{
    Final, Finish, Mechanism, MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step, TokenError,
    TokenRequest,
};
use symgate_auth::{Credentials, Identity, Origin, Peers, Scheme, Secret, Target, Wanted, basic};

/// Three messages on one connection, like NTLM: `one.N`, the peer's `two.X`, `three.USER.X`.
#[derive(Debug)]
pub(crate) struct ThreeRounds;

#[derive(Debug)]
enum Rounds {
    Begin { number: u64, user: String },
    AwaitTwo { user: String },
    Decided,
}

impl Spec for ThreeRounds {
    fn scheme(&self) -> Scheme {
        Scheme::Ntlm
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        let number = setup.entropy.number;
        let user = user(setup.identity)?;
        Ok(Box::new(Rounds::Begin { number, user }))
    }
}

impl Mechanism for Rounds {
    fn step(&mut self, round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let step = match (&*self, round) {
            (Self::Begin { number, user }, Round::Start | Round::Challenge(_)) => {
                let value = format!("NTLM one.{number}");
                *self = Self::AwaitTwo { user: user.clone() };
                Step::Continue(Secret::new(value))
            }
            (Self::AwaitTwo { user }, Round::Challenge(challenge)) => {
                let nonsense = MechanismError::Malformed("a token that is not one");
                let two = match challenge.payload() {
                    Payload::Empty => return Ok(Step::Reject(Rejection::Refused)),
                    Payload::Params(_) => return Err(nonsense),
                    Payload::Token68(token) => token.strip_prefix("two.").ok_or(nonsense)?,
                };
                let value = format!("NTLM three.{user}.{two}");
                *self = Self::Decided;
                Step::Finish(Secret::new(value))
            }
            (Self::Decided, Round::Challenge(challenge)) => match challenge.payload() {
                Payload::Empty => Step::Reject(Rejection::Refused),
                Payload::Params(_) | Payload::Token68(_) => {
                    return Err(MechanismError::Malformed("a token that is not one"));
                }
            },
            (_, Round::Start | Round::Token(_)) => Step::Reject(Rejection::Unsupported),
        };
        Ok(step)
    }
}

/// Never comes to an end.
#[derive(Debug)]
pub(crate) struct Endless;

impl Spec for Endless {
    fn scheme(&self) -> Scheme {
        Scheme::Ntlm
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, _setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        Ok(Box::new(Self))
    }
}

impl Mechanism for Endless {
    fn step(&mut self, _round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        Ok(Step::Continue(Secret::new("NTLM again")))
    }
}

/// A token of the system and a last word that must be `mutual`, like Negotiate with Kerberos.
#[derive(Debug)]
pub(crate) struct Ticket;

#[derive(Debug)]
struct TicketExchange {
    peer: Origin,
    sent: bool,
}

impl Spec for Ticket {
    fn scheme(&self) -> Scheme {
        Scheme::Negotiate
    }

    fn wanted(&self) -> Wanted {
        Wanted::Ticket
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        match setup.identity {
            Identity::Ambient => Ok(Box::new(TicketExchange {
                peer: setup.peer.clone(),
                sent: false,
            })),
            Identity::Anonymous | Identity::Known(_) => Err(MechanismError::Credentials("a ticket is needed")),
        }
    }
}

impl TicketExchange {
    fn request(&self, input: Option<Vec<u8>>) -> TokenRequest {
        TokenRequest {
            peer: self.peer.clone(),
            input,
            channel_binding: None,
        }
    }
}

impl Mechanism for TicketExchange {
    fn step(&mut self, round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let input = match round {
            Round::Token(token) => {
                let mut value = b"Negotiate ".to_vec();
                value.extend_from_slice(token.map_err(MechanismError::Token)?.expose());
                self.sent = true;
                return Ok(Step::Finish(Secret::new(value)));
            }
            Round::Start => None,
            Round::Challenge(challenge) => match challenge.payload() {
                Payload::Params(_) => return Err(MechanismError::Malformed("parameters in place of a token")),
                Payload::Empty if self.sent => return Ok(Step::Reject(Rejection::Refused)),
                Payload::Empty => None,
                Payload::Token68(token) => Some(token.as_bytes().to_vec()),
            },
        };
        Ok(Step::NeedToken(self.request(input)))
    }

    fn prove(&mut self, token: Result<Secret, TokenError>) -> Result<(), Rejection> {
        token.map(drop).map_err(|_| Rejection::Unproven)
    }

    fn finish(&mut self, last: Final<'_>) -> Result<Finish, Rejection> {
        match last {
            Final::Challenge(challenge) if challenge.token68() == Some("mutual") => Ok(Finish::Done),
            Final::Challenge(challenge) if challenge.token68() == Some("judge") => {
                Ok(Finish::NeedToken(self.request(Some(b"judge".to_vec()))))
            }
            Final::Info(b"mutual") => Ok(Finish::Done),
            Final::Challenge(_) | Final::Info(_) | Final::Nothing => Err(Rejection::Unproven),
        }
    }
}

/// Nonces with counts and staleness, several algorithms, and a challenge to remember, like Digest.
#[derive(Debug)]
pub(crate) struct Nonces;

#[derive(Debug)]
struct NonceExchange {
    user: String,
    peers: Arc<Peers>,
    target: Target,
    peer: Origin,
    challenge: Option<Challenge<'static>>,
    sent: bool,
}

impl Spec for Nonces {
    fn scheme(&self) -> Scheme {
        Scheme::Digest
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn rank(&self, challenge: &Challenge<'_>) -> Option<u32> {
        match challenge.param("algorithm")? {
            b"MD5" => Some(0),
            b"SHA-256" => Some(1),
            _ => None,
        }
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        Ok(Box::new(NonceExchange {
            user: user(setup.identity)?,
            peers: Arc::clone(setup.peers),
            target: setup.target,
            peer: setup.peer.clone(),
            challenge: setup.remembered.cloned(),
            sent: false,
        }))
    }
}

impl Mechanism for NonceExchange {
    fn step(&mut self, round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        if let Round::Challenge(challenge) = round {
            if self.sent {
                let stale = challenge.param("stale") == Some(b"true");
                return Ok(Step::Reject(if stale {
                    Rejection::StaleNonce
                } else {
                    Rejection::Refused
                }));
            }
            self.challenge = Some(challenge.clone().into_owned());
        }
        let challenge = self
            .challenge
            .as_ref()
            .ok_or(MechanismError::Malformed("no challenge"))?;
        let nonce = challenge.param("nonce").ok_or(MechanismError::Malformed("no nonce"))?;
        let count = self.peers.next_count(self.target, &self.peer, nonce);
        let nonce = String::from_utf8_lossy(nonce);
        self.sent = true;
        Ok(Step::Finish(Secret::new(format!(
            "Digest {} nonce={nonce} nc={count}",
            self.user
        ))))
    }

    fn remember(&self) -> Option<Challenge<'static>> {
        self.challenge.clone()
    }
}

/// Basic once more, from public parts: what a foreign crate would write.
pub(crate) fn built_in_basic() -> Arc<dyn Spec> {
    Arc::new(OwnBasic)
}

#[derive(Debug)]
struct OwnBasic;

#[derive(Debug)]
struct OwnBasicExchange {
    value: Option<Secret>,
}

impl Spec for OwnBasic {
    fn scheme(&self) -> Scheme {
        Scheme::Basic
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        let Identity::Known(credentials) = setup.identity else {
            return Err(MechanismError::Credentials("a password is needed"));
        };
        let Credentials::Password(password) = &**credentials else {
            return Err(MechanismError::Credentials("a password is needed"));
        };
        let value = Some(basic::encode(password)?);
        Ok(Box::new(OwnBasicExchange { value }))
    }
}

impl Mechanism for OwnBasicExchange {
    fn step(&mut self, _round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        Ok(match self.value.take() {
            Some(value) => Step::Finish(value),
            None => Step::Reject(Rejection::Refused),
        })
    }
}

fn user(identity: &Identity) -> Result<String, MechanismError> {
    match identity {
        Identity::Known(credentials) => Ok(credentials.user().unwrap_or_default().to_owned()),
        Identity::Ambient | Identity::Anonymous => Err(MechanismError::Credentials("a password is needed")),
    }
}
