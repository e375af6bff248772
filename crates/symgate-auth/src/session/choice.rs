//! How a session chooses a mechanism, and what follows when an exchange ends.
//!
//! - The first mechanism of the order that is offered, was not tried and is not weaker than the floor is asked about.
//! - One that cannot start, or whose messages are malformed, gives way to the next.
//! - A rejected password ends at this peer for the process; the same mechanism asks for another one, and no weaker
//!   mechanism gets a password any more. A rejected ticket gives way.

use std::mem;
use std::sync::Arc;

use super::state::{Exchange, First, Given, LastValue, Plan, Question, State};
use super::{AuthSession, Moves, Pinning, Trace};
use crate::challenge::Challenge;
use crate::mechanism::{MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step};
use crate::{
    Ask, Binding, Credentials, Ending, Error, GaveUp, Identity, Outcome, Scheme, Secret, Target, Tried, Wanted,
};

impl AuthSession {
    /// Asks about the first mechanism that can be tried, or gives up.
    pub(super) fn choose(&mut self, request: &RequestLine<'_>) -> Result<(), Error> {
        let order = self.order.clone();
        // Why mechanisms are passed over for this challenge list; not remembered, as the next list may differ.
        let mut passed = Vec::new();
        for spec in order.specs() {
            if self.has_tried(spec.name()) || !self.offers.has(spec.scheme()) {
                continue;
            }
            if spec.binding() == Binding::Connection && self.pinning == Pinning::Shared {
                passed.push(Tried::new(&**spec, Ending::Shared));
                continue;
            }
            let ending = match (self.barrier(&**spec), self.offers.best(&**spec)) {
                (Some(floor), _) => Ending::Downgrade(floor),
                (None, Some(challenge)) => {
                    let otherwise = match spec.wanted() {
                        Wanted::Ticket => Ending::NoTicket,
                        Wanted::Bearer | Wanted::Password => Ending::NoAnswer,
                    };
                    self.ask(Arc::clone(spec), challenge, otherwise, request);
                    return Ok(());
                }
                (None, None) => match self.offers.flaw(spec.scheme()) {
                    Some(flaw) => Ending::BadChallenge(flaw),
                    None => Ending::Unsupported,
                },
            };
            passed.push(Tried::new(&**spec, ending));
        }
        self.tried.append(&mut passed);
        let names: Vec<_> = order.specs().map(|spec| spec.scheme()).collect();
        self.give_up(&names)
    }

    /// Nobody may be asked any more, after a password was rejected: that is what ended it.
    pub(super) fn refused_after_rejection(&mut self, question: &Question) -> Result<(), Error> {
        self.tried
            .push(Tried::new(&*question.spec, rejected(question.spec.wanted())));
        let names: Vec<_> = self.order.specs().map(|spec| spec.scheme()).collect();
        self.give_up(&names)
    }

    /// Ends with what was offered and tried; `built_in` are the schemes that there are mechanisms for.
    fn give_up(&mut self, built_in: &[Scheme]) -> Result<(), Error> {
        let mut tried = mem::take(&mut self.tried);
        let offered = self.offers.names();
        for scheme in offered.iter().filter_map(|name| Scheme::parse(name)) {
            if !built_in.contains(&scheme) {
                tried.push(Tried {
                    name: scheme.as_str(),
                    scheme,
                    ending: Ending::NotInOrder,
                });
            }
        }
        Err(self.end(Error::GaveUp(Box::new(GaveUp {
            target: self.target,
            offered,
            tried,
        }))))
    }

    fn ask(
        &mut self,
        spec: Arc<dyn Spec>,
        challenge: Challenge<'static>,
        otherwise: Ending,
        request: &RequestLine<'_>,
    ) {
        let ask = Ask {
            target: self.target,
            origin: self.peer.clone(),
            path: self.path.clone(),
            wanted: spec.wanted(),
            scheme: spec.scheme(),
            realm: challenge.realm(self.limits.realm_chars),
            channel: request.channel.clone(),
            attempt: self.attempt,
        };
        self.state = State::Asking(Box::new(Question {
            spec,
            challenge,
            ask,
            otherwise,
        }));
    }

    /// Asks for other credentials for the mechanism whose last ones were rejected.
    fn ask_again(&mut self, spec: Arc<dyn Spec>, request: &RequestLine<'_>) -> Result<(), Error> {
        let otherwise = rejected(spec.wanted());
        match (self.barrier(&*spec), self.offers.best(&*spec)) {
            (None, Some(challenge)) => {
                self.ask(spec, challenge, otherwise, request);
                Ok(())
            }
            (Some(_), _) | (None, None) => {
                self.tried.push(Tried::new(&*spec, otherwise));
                self.choose(request)
            }
        }
    }

    /// Nobody answered: the mechanism ends.
    pub(super) fn without_answer(&mut self, question: Question, request: &RequestLine<'_>) -> Result<(), Error> {
        self.tried.push(Tried::new(&*question.spec, question.otherwise));
        self.choose(request)
    }

    pub(super) fn use_ambient(&mut self, question: Question, request: &RequestLine<'_>) -> Result<(), Error> {
        if self.stale.contains(&Identity::Ambient) {
            self.reports.push_back((question.ask, Outcome::Rejected));
            self.tried.push(Tried::new(&*question.spec, Ending::TicketRejected));
            return self.choose(request);
        }
        self.answer(question, Identity::Ambient, request)
    }

    pub(super) fn use_credentials(
        &mut self,
        mut question: Question,
        credentials: Arc<Credentials>,
        request: &RequestLine<'_>,
    ) -> Result<(), Error> {
        if self.rejected.iter().any(|known| known.same(&credentials)) {
            self.reports.push_back((question.ask.clone(), Outcome::Rejected));
            question.otherwise = rejected(question.spec.wanted());
            return self.without_answer(question, request);
        }
        let identity = Identity::Known(Arc::clone(&credentials));
        let known = self.peers.rejection(self.target, &self.peer, &credentials);
        let stale = self.stale.contains(&identity).then(|| question.spec.scheme());
        if let Some(scheme) = known.or(stale) {
            self.reports.push_back((question.ask, Outcome::Rejected));
            self.note_rejection(scheme, credentials);
            return self.ask_again(question.spec, request);
        }
        self.answer(question, identity, request)
    }

    /// Starts an exchange with an answer that may be sent.
    fn answer(&mut self, question: Question, identity: Identity, request: &RequestLine<'_>) -> Result<(), Error> {
        self.rounds = 0;
        self.restarts = 0;
        self.repeats = 0;
        self.opening = self.offers.clone();
        let plan = Plan {
            spec: question.spec,
            identity,
            realm: question.ask.realm.clone(),
            given: Given::Answered(question.ask),
            first: First::Challenge(question.challenge),
        };
        self.begin(plan, request)
    }

    /// Makes the mechanism and goes its first step; also again on a new connection.
    pub(super) fn begin(&mut self, plan: Plan, request: &RequestLine<'_>) -> Result<(), Error> {
        self.last = Some((plan.spec.scheme(), plan.realm.clone()));
        if plan.spec.binding() == Binding::Connection && !self.bound.is_anonymous() && self.bound != plan.identity {
            self.trace = Trace::HalfDone;
        }
        let setup = Setup {
            target: self.target,
            peer: &self.peer,
            identity: &plan.identity,
            remembered: match &plan.first {
                First::Challenge(_) => None,
                First::Remembered(challenge) => challenge.as_ref(),
            },
            entropy: self.seed.draw(),
            peers: &self.peers,
        };
        let mut mechanism = match plan.spec.make(setup) {
            Ok(mechanism) => mechanism,
            Err(error) => return self.pass_over(plan, Ending::Mechanism(error), request),
        };
        let round = match &plan.first {
            First::Challenge(challenge) => Round::Challenge(challenge),
            First::Remembered(_) => Round::Start,
        };
        let step = mechanism.step(round, request);
        let exchange = Exchange {
            plan,
            mechanism,
            values: 0,
            last: LastValue::Opens,
        };
        self.obey(exchange, step, request)
    }

    pub(super) fn step(
        &mut self,
        mut exchange: Exchange,
        round: Round<'_>,
        request: &RequestLine<'_>,
    ) -> Result<(), Error> {
        let step = exchange.mechanism.step(round, request);
        self.obey(exchange, step, request)
    }

    fn obey(
        &mut self,
        exchange: Exchange,
        step: Result<Step, MechanismError>,
        request: &RequestLine<'_>,
    ) -> Result<(), Error> {
        let rejection = match step {
            Ok(Step::Continue(value)) => {
                self.await_verdict(exchange, value, LastValue::Opens);
                return Ok(());
            }
            Ok(Step::Finish(value)) => {
                self.await_verdict(exchange, value, LastValue::Decides);
                return Ok(());
            }
            Ok(Step::NeedToken(token)) => {
                self.state = State::AwaitToken(exchange, token);
                return Ok(());
            }
            Ok(Step::Reject(rejection)) => rejection,
            // After the deciding value any challenge is a no to a password, readable or not: otherwise a peer could
            // have the same password in a weaker scheme by answering nonsense.
            Err(_) if exchange.is_decided() && exchange.has_credentials() => return self.refused(exchange, request),
            Err(error) => return self.give_way(exchange, Ending::Mechanism(error), request),
        };
        match rejection {
            // Nothing was sent, so nothing was judged.
            _ if exchange.values == 0 => self.give_way(exchange, Ending::Unsupported, request),
            Rejection::Refused => self.refused(exchange, request),
            Rejection::OtherRealm => self.moved(exchange, request),
            Rejection::StaleNonce => self.renew(exchange, request),
            Rejection::Unproven | Rejection::Unsupported if exchange.is_decided() && exchange.has_credentials() => {
                self.refused(exchange, request)
            }
            Rejection::Unproven | Rejection::Unsupported => self.give_way(exchange, Ending::Unsupported, request),
        }
    }

    fn await_verdict(&mut self, mut exchange: Exchange, value: Secret, last: LastValue) {
        exchange.values = exchange.values.saturating_add(1);
        exchange.last = last;
        self.state = State::AwaitVerdict(exchange, value);
    }

    /// The peer said no to what was sent.
    pub(super) fn refused(&mut self, exchange: Exchange, request: &RequestLine<'_>) -> Result<(), Error> {
        let decided = exchange.is_decided();
        if !decided && matches!(exchange.plan.given, Given::Answered(_)) && exchange.has_credentials() {
            return self.give_way(exchange, Ending::BrokenOff, request);
        }
        if exchange.is_connection_bound() {
            // Some peers stay in the middle of the exchange that they refused.
            self.trace = Trace::HalfDone;
        }
        let plan = exchange.plan;
        match (&plan.given, &plan.identity) {
            (Given::Volunteered, identity) => {
                self.forget(&plan);
                if decided {
                    if plan.spec.wanted() == Wanted::Password {
                        self.raise_floor(plan.spec.scheme());
                    }
                    self.stale.push(identity.clone());
                }
                self.choose(request)
            }
            (Given::Answered(_), Identity::Known(credentials)) => {
                self.note_rejection(plan.spec.scheme(), Arc::clone(credentials));
                self.report(plan.given, Outcome::Rejected);
                self.ask_again(plan.spec, request)
            }
            // No mechanism is made for nobody.
            (Given::Answered(_), Identity::Ambient | Identity::Anonymous) => {
                self.tried.push(Tried::new(&*plan.spec, Ending::TicketRejected));
                self.report(plan.given, Outcome::Rejected);
                self.choose(request)
            }
        }
    }

    /// The challenge is for another realm than the one that was answered, so nothing was judged. Once; and never at a
    /// proxy, whose protection space is everything.
    fn moved(&mut self, exchange: Exchange, request: &RequestLine<'_>) -> Result<(), Error> {
        match (&exchange.plan.given, self.target, self.moves) {
            (_, Target::Proxy, _) | (Given::Answered(_), Target::Origin, Moves::Once) => {
                self.refused(exchange, request)
            }
            (Given::Volunteered, Target::Origin, _) => self.choose(request),
            (Given::Answered(_), Target::Origin, Moves::None) => {
                self.moves = Moves::Once;
                self.report(exchange.plan.given, Outcome::Abandoned);
                self.choose(request)
            }
        }
    }

    /// The same credentials again, with the nonce of the new challenge; [`Limits::rounds`](crate::Limits::rounds) ends
    /// a peer whose nonces are always stale.
    fn renew(&mut self, exchange: Exchange, request: &RequestLine<'_>) -> Result<(), Error> {
        let mut plan = exchange.plan;
        match self.offers.following(&plan, self.limits.realm_chars) {
            Some(challenge) => {
                plan.first = First::Challenge(challenge);
                self.begin(plan, request)
            }
            None => self.pass_over(plan, Ending::Unsupported, request),
        }
    }

    /// The exchange cannot go on, for no fault of the credentials: the next mechanism may be asked about.
    pub(super) fn give_way(
        &mut self,
        exchange: Exchange,
        ending: Ending,
        request: &RequestLine<'_>,
    ) -> Result<(), Error> {
        if exchange.values > 0 && exchange.is_connection_bound() {
            self.trace = Trace::HalfDone;
            self.offers.complete(&self.opening);
        }
        self.pass_over(exchange.plan, ending, request)
    }

    /// The mechanism cannot be used: the next one may be asked about.
    fn pass_over(&mut self, plan: Plan, ending: Ending, request: &RequestLine<'_>) -> Result<(), Error> {
        match plan.given {
            Given::Answered(_) => {
                self.tried.push(Tried::new(&*plan.spec, ending));
                self.report(plan.given, Outcome::Abandoned);
                self.choose(request)
            }
            Given::Volunteered => {
                self.forget(&plan);
                if self.offers.is_empty() {
                    // Nobody asked yet: the request goes out as to a stranger.
                    self.state = State::Idle;
                    return Ok(());
                }
                self.choose(request)
            }
        }
    }

    pub(super) fn forget(&self, plan: &Plan) {
        self.peers
            .forget(self.target, &self.peer, &plan.identity, plan.realm.as_deref());
    }

    pub(super) fn has_tried(&self, name: &str) -> bool {
        self.tried.iter().any(|tried| tried.name == name)
    }

    fn note_rejection(&mut self, scheme: Scheme, credentials: Arc<Credentials>) {
        self.peers.reject(self.target, &self.peer, scheme, &credentials);
        if matches!(*credentials, Credentials::Password(_)) {
            self.raise_floor(scheme);
        }
        self.rejected.push(credentials);
        self.attempt = self.attempt.saturating_add(1);
    }

    fn raise_floor(&mut self, scheme: Scheme) {
        self.floor = self.floor.max(Some(scheme));
    }

    /// The scheme of a rejection that keeps passwords from this weaker mechanism.
    fn barrier(&self, spec: &dyn Spec) -> Option<Scheme> {
        self.floor
            .filter(|floor| spec.wanted() == Wanted::Password && spec.scheme() < *floor)
    }
}

impl Tried {
    fn new(spec: &dyn Spec, ending: Ending) -> Self {
        Self {
            name: spec.name(),
            scheme: spec.scheme(),
            ending,
        }
    }
}

/// How a mechanism ends when what it sent was rejected and nobody knows better.
const fn rejected(wanted: Wanted) -> Ending {
    match wanted {
        Wanted::Bearer => Ending::TokenRejected,
        Wanted::Password => Ending::PasswordRejected,
        Wanted::Ticket => Ending::TicketRejected,
    }
}
