//! [`Once`]: the exchange of schemes whose one value says all, Basic and Bearer.

use crate::Secret;
use crate::challenge::Challenge;
use crate::mechanism::{Mechanism, MechanismError, Rejection, RequestLine, Round, Step};

/// One exchange: the value goes out once, and a challenge after it is the peer's no.
#[derive(Debug)]
pub(crate) struct Once {
    /// Until it is sent.
    value: Option<Secret>,
    /// The challenge that the value answers; for a volunteered value the one that was answered last.
    challenge: Option<Challenge<'static>>,
}

impl Once {
    pub(crate) fn new(value: Secret, remembered: Option<&Challenge<'static>>) -> Self {
        Self {
            value: Some(value),
            challenge: remembered.cloned(),
        }
    }

    /// What a challenge after the value means: a realm other than the one that was answered has judged nothing.
    fn judge(&self, challenge: &Challenge<'_>) -> Rejection {
        match &self.challenge {
            Some(answered) if answered.param("realm") != challenge.param("realm") => Rejection::OtherRealm,
            Some(_) | None => Rejection::Refused,
        }
    }
}

impl Mechanism for Once {
    fn step(&mut self, round: Round<'_>, _request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let first = self.value.is_some();
        match round {
            Round::Start if first => {}
            Round::Challenge(challenge) if first => self.challenge = Some(challenge.clone().into_owned()),
            Round::Challenge(challenge) => return Ok(Step::Reject(self.judge(challenge))),
            Round::Start | Round::Token(_) => return Ok(Step::Reject(Rejection::Unsupported)),
        }
        Ok(self
            .value
            .take()
            .map_or(Step::Reject(Rejection::Unsupported), Step::Finish))
    }

    fn remember(&self) -> Option<Challenge<'static>> {
        self.challenge.clone()
    }
}
