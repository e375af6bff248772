//! The states of a session and what they own.

use std::sync::Arc;

use crate::challenge::{Challenge, ChallengeError, NAME_CHARS};
use crate::mechanism::{Mechanism, Spec, TokenRequest};
use crate::{Ask, Binding, Ending, Identity, Scheme, Secret};

/// What a session waits for, with what it needs then.
#[derive(Debug)]
pub(super) enum State {
    /// An answer from whoever has credentials.
    Asking(Box<Question>),
    /// The operating system's word on the peer's last word.
    AwaitProof(Exchange, TokenRequest),
    /// A token from the operating system.
    AwaitToken(Exchange, TokenRequest),
    /// The peer's answer to this value.
    AwaitVerdict(Exchange, Secret),
    /// Nothing; the session is over.
    Ended,
    /// A challenge, if any comes.
    Idle,
    /// The next request: the peer accepted the last one.
    Through,
}

/// A question that is open.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) spec: Arc<dyn Spec>,
    pub(super) challenge: Challenge<'static>,
    pub(super) ask: Ask,
    /// Why the mechanism ends if nobody answers.
    pub(super) otherwise: Ending,
}

/// One exchange of one mechanism with the peer.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) plan: Plan,
    pub(super) mechanism: Box<dyn Mechanism>,
    /// Values made so far on the current connection.
    pub(super) values: u32,
    pub(super) last: LastValue,
}

/// What an exchange starts from, and starts from again on a new connection.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) spec: Arc<dyn Spec>,
    pub(super) identity: Identity,
    pub(super) given: Given,
    pub(super) first: First,
    pub(super) realm: Option<String>,
}

/// Where the identity of an exchange came from.
#[derive(Debug)]
pub(super) enum Given {
    /// From an answer to this question.
    Answered(Ask),
    /// From an earlier acceptance.
    Volunteered,
}

/// What the first round is about.
#[derive(Debug)]
pub(super) enum First {
    /// The peer's challenge.
    Challenge(Challenge<'static>),
    /// Nothing but what the mechanism remembered of an acceptance.
    Remembered(Option<Challenge<'static>>),
}

/// Whether the peer can have judged the credentials from what was sent last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LastValue {
    /// It may have.
    Decides,
    /// Not yet.
    Opens,
}

impl Exchange {
    pub(super) fn is_connection_bound(&self) -> bool {
        self.plan.spec.binding() == Binding::Connection
    }

    /// Whether it carries somebody's credentials, and not the system's ticket.
    pub(super) fn has_credentials(&self) -> bool {
        matches!(self.plan.identity, Identity::Known(_))
    }

    pub(super) fn is_decided(&self) -> bool {
        self.last == LastValue::Decides
    }
}

/// The challenges of one answer, in the peer's order.
#[derive(Clone, Debug, Default)]
pub(super) struct Offers {
    entries: Vec<Result<Challenge<'static>, ChallengeError>>,
}

impl Offers {
    pub(super) fn new(list: Vec<Result<Challenge<'_>, ChallengeError>>) -> Self {
        Self {
            entries: list.into_iter().map(|entry| entry.map(Challenge::into_owned)).collect(),
        }
    }

    /// Adds the offers of an earlier answer for schemes that this one does not mention.
    pub(super) fn complete(&mut self, earlier: &Self) {
        let name = |entry: &Result<Challenge<'static>, ChallengeError>| match entry {
            Ok(challenge) => Some(challenge.name().to_ascii_lowercase()),
            Err(flaw) => flaw.name.as_deref().map(str::to_ascii_lowercase),
        };
        let mentioned: Vec<_> = self.entries.iter().map(name).collect();
        let missing = earlier.entries.iter().filter(|entry| !mentioned.contains(&name(entry)));
        self.entries.extend(missing.cloned());
    }

    /// No answer with challenges came for the request in hand.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a scheme is offered, readable or not.
    pub(super) fn has(&self, scheme: Scheme) -> bool {
        self.of(scheme).next().is_some() || self.flaw(scheme).is_some()
    }

    /// The challenge that a mechanism answers best.
    pub(super) fn best(&self, spec: &dyn Spec) -> Option<Challenge<'static>> {
        self.best_of(spec, |_| true)
    }

    /// The challenge that continues an exchange: the best of its realm, if there is one, else the best.
    pub(super) fn following(&self, plan: &Plan, realm_chars: usize) -> Option<Challenge<'static>> {
        let same_realm = |challenge: &Challenge<'_>| challenge.realm(realm_chars).as_deref() == plan.realm.as_deref();
        self.best_of(&*plan.spec, same_realm).or_else(|| self.best(&*plan.spec))
    }

    fn best_of(&self, spec: &dyn Spec, fits: impl Fn(&Challenge<'_>) -> bool) -> Option<Challenge<'static>> {
        let fitting = self.of(spec.scheme()).filter(|challenge| fits(challenge));
        let ranked = fitting.filter_map(|challenge| Some((spec.rank(challenge)?, challenge)));
        // `max_by_key` takes the last among equals, so the walk goes backwards.
        let ranked: Vec<_> = ranked.collect();
        let best = ranked.into_iter().rev().max_by_key(|(rank, _)| *rank);
        best.map(|(_, challenge)| challenge.clone())
    }

    /// The first unreadable challenge of a scheme.
    pub(super) fn flaw(&self, scheme: Scheme) -> Option<ChallengeError> {
        let flaws = self.entries.iter().filter_map(|entry| entry.as_ref().err());
        let mut of_scheme = flaws.filter(|flaw| flaw.name.as_deref().and_then(Scheme::parse) == Some(scheme));
        of_scheme.next().cloned()
    }

    /// The names for a message, each once: known ones as their document spells them, others shortened.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for entry in &self.entries {
            let Some(name) = (match entry {
                Ok(challenge) => Some(challenge.name()),
                Err(flaw) => flaw.name.as_deref(),
            }) else {
                continue;
            };
            let name = match Scheme::parse(name) {
                Some(scheme) => scheme.as_str().to_owned(),
                None => name.chars().take(NAME_CHARS).collect(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
            if names.len() == NAMES {
                break;
            }
        }
        names
    }

    fn of(&self, scheme: Scheme) -> impl Iterator<Item = &Challenge<'static>> {
        let good = self.entries.iter().flatten();
        good.filter(move |challenge| challenge.scheme() == Some(scheme))
    }
}

/// Names kept for a message: more than there are schemes in use.
const NAMES: usize = 8;
