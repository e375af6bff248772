//! What stands between a request for credentials and its answer, for one errand ([`Gate`]; DECISIONS §3 and §4).

use std::collections::BTreeSet;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use symgate_auth::{Answer, Ask, CredentialSource, Credentials, Origin, Outcome, Refusal, Target, Wanted};

use crate::desk::{Candidate, Consent, Desk, Known, Peer, Place, Standing, Who};
use crate::{
    Asker, Cause, Errand, Explicit, Given, Interaction, Lookup, Name, Policy, Previous, Prompted, Question, Reply,
    Session, Verdict, exposes_password,
};

/// Answers the requests of one errand.
///
/// [`answer`](CredentialSource::answer) looks, in this order, at the latch, the policy, what was given for this very
/// peer, what the peer accepted earlier, the sources, and asks a person last. It blocks while another gate's equal
/// answer is being judged, while another gate looks for an answer for the same peer, and while a person thinks.
///
/// Whatever it answered with counts as [abandoned](Outcome::Abandoned) when the gate is dropped before a report.
///
/// It shuts what it refuses. Ends that it cannot see are for the caller to [`end`](Self::end): no scheme was usable, or
/// the exchange failed although nobody was asked again.
pub struct Gate {
    session: Session,
    errand: Errand,
    /// What stands in the settings that name proxies.
    written: Explicit,
    cancel: Arc<AtomicBool>,
    epoch: u64,
    pending: Vec<Pending>,
    /// Answers that were never judged, with what they answered.
    unjudged: Vec<(Ask, Candidate)>,
    /// Answers that were accepted, with what they answered last; not yet confirmed.
    accepted: Vec<(Ask, Arc<Credentials>)>,
    /// Who has asked for credentials.
    asked: BTreeSet<Peer>,
    /// Who asked the person last.
    prompted_by: String,
}

/// An answer that was given and not yet judged.
#[derive(Debug)]
struct Pending {
    ask: Ask,
    what: What,
    /// The number under which others wait for the outcome.
    first: Option<u64>,
}

#[derive(Debug)]
enum What {
    Credentials(Candidate),
    Ticket(Who),
}

impl Gate {
    pub(crate) fn new(session: Session, errand: Errand, cancel: Arc<AtomicBool>) -> Self {
        let epoch = session.desk().epoch;
        Self {
            session,
            errand,
            written: Explicit::default(),
            cancel,
            epoch,
            pending: Vec::new(),
            unjudged: Vec::new(),
            accepted: Vec::new(),
            asked: BTreeSet::new(),
            prompted_by: String::new(),
        }
    }

    /// The errand.
    #[must_use]
    pub const fn errand(&self) -> &Errand {
        &self.errand
    }

    /// The way leads through this proxy, which an option, a variable or the system's settings name: it belongs to the
    /// errand from now on, as by [`Errand::with_proxy`]. `given` stands in that setting; what was given by option comes
    /// before it. A proxy that is not named may be asked for all the same, and nothing that was given answers it.
    pub fn name_proxy(&mut self, proxy: Origin, given: Option<Given>) {
        if self.errand.names(Target::Proxy, &proxy) {
            return;
        }
        self.errand.add_proxy(proxy.clone());
        if let Some(given) = given {
            self.written = mem::take(&mut self.written).at_proxy(proxy, given);
        }
    }

    /// Shuts this errand's store, or the proxy `peer`, because authentication there ended for this cause.
    pub fn end(&self, target: Target, peer: &Origin, cause: Cause) {
        // Under the lock, so that it cannot slip behind a close.
        let desk = self.session.desk();
        self.latch(&desk, target, peer, cause);
    }

    /// What followed an [accepted](Outcome::Accepted) answer shows that it was right: the peer gave, or passed on, what was
    /// asked for. Only now does the source hear so that gave it, and may keep what a person typed: an answer such as 403
    /// or 502 is no challenge either, and says nothing of the password. The session remembers it all the same.
    ///
    /// A later request carries what was accepted without asking for it. So where a peer that the user chose has asked this
    /// gate nothing, this is about the one answer that it accepted before, and about nothing if there are several.
    pub fn confirm(&mut self, target: Target, peer: &Origin) {
        let peer = Peer::new(target, peer.clone());
        let (mut confirmed, others) = mem::take(&mut self.accepted)
            .into_iter()
            .partition::<Vec<_>, _>(|(ask, _)| Peer::of(ask) == peer);
        self.accepted = others;
        if !self.asked.contains(&peer) && self.errand.names(target, peer.origin()) {
            confirmed.extend(self.session.desk().only_answer(&peer));
        }
        for (ask, credentials) in confirmed {
            let untold = self.session.change(|desk| desk.confirm(&ask, &credentials));
            for (who, ask) in untold {
                self.tell(who, &ask, &credentials, Outcome::Accepted);
            }
        }
    }

    /// Who gave the answer that `target` has not judged yet, for diagnostics.
    #[must_use]
    pub fn answered_by(&self, target: Target) -> Option<&str> {
        let pending = self.pending.iter().rfind(|pending| pending.ask.target == target)?;
        match pending.what.who() {
            Who::Explicit => Some("the command line"),
            Who::Memory => Some("this session"),
            Who::Prompter => Some(&self.prompted_by),
            Who::Source(index) => self.session.sources().get(index).map(|source| source.name()),
        }
    }

    fn ticket(&mut self, ask: &Ask, policy: &Policy, verdict: Verdict) -> Answer {
        let named = self.errand.names(ask.target, &ask.origin);
        let permitted = match ask.target {
            Target::Origin => named && ask.channel.is_encrypted() && policy.permits_ticket(ask.origin.host()),
            Target::Proxy => named,
        };
        // Whoever names a user wants that one, not whoever is logged on.
        let other = self.given(ask).is_some();
        if !permitted || other || !self.session.desk().may_try_ticket(&Peer::of(ask)) {
            return Answer::Pass;
        }
        // Tickets need not wait for one another.
        let found = self.session.sources().iter().enumerate().find(|(_, source)| {
            (source.interaction() == Interaction::Silent || verdict == Verdict::Ask)
                && matches!(
                    source.look_up(&self.lookup(ask, Previous::None, verdict)),
                    Reply::Ambient
                )
        });
        let Some(index) = found.map(|(index, _)| index) else {
            return Answer::Pass;
        };
        self.pending.push(Pending {
            ask: ask.clone(),
            what: What::Ticket(Who::Source(index)),
            first: None,
        });
        Answer::Ambient
    }

    /// What can be answered without looking further, in order.
    fn candidates(&self, desk: &Desk, ask: &Ask, policy: &Policy) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        if let Some(Given::Credentials(credentials)) = self.given(ask) {
            candidates.push(Candidate {
                credentials,
                who: Who::Explicit,
                consent: Consent::Clear,
            });
        }
        let peer = Peer::of(ask);
        candidates.extend(desk.remembered(&peer, ask, self.place(ask)));
        // The scheme gave way to another one before the peer judged the password: nobody is asked for it twice. One that
        // was given for a realm stays with it; NTLM and Negotiate name none.
        let unjudged = self
            .unjudged
            .iter()
            .filter(|(other, _)| Peer::of(other) == peer && (other.realm.is_none() || other.realm == ask.realm));
        candidates.extend(unjudged.map(|(_, candidate)| candidate.clone()));
        let silent = self.permits_silent(ask, policy);
        candidates
            .retain(|candidate| fits(&candidate.credentials, ask) && (silent || candidate.consent == Consent::Clear));
        candidates
    }

    /// Who chose the peer that asks. A proxy is always the user's or his settings', who has no other.
    fn place(&self, ask: &Ask) -> Place {
        if ask.target == Target::Proxy || self.errand.names(ask.target, &ask.origin) {
            Place::Chosen
        } else {
            Place::Elsewhere
        }
    }

    /// Asks the sources, then a person. This gate holds the peer's turn.
    fn search(&mut self, ask: &Ask, policy: &Policy) -> Answer {
        let peer = Peer::of(ask);
        let _turn = Turn {
            session: self.session.clone(),
            kind: TurnKind::Search(peer.clone()),
        };
        if self.permits_silent(ask, policy) {
            for index in 0..self.session.sources().len() {
                if self.is_cancelled() {
                    return Answer::Refuse(Refusal::ByUser);
                }
                if let Some(answer) = self.ask_source(index, ask) {
                    return answer;
                }
            }
        }
        match (self.verdict(ask), ask.wanted) {
            (Verdict::Ask, Wanted::Password) => self.ask_person(ask),
            _ => self.refuse_automatically(ask),
        }
    }

    /// The policy's word at this moment: a search may take long, and nothing is shown once questions are off.
    fn verdict(&self, ask: &Ask) -> Verdict {
        self.session.desk().policy.decide(ask)
    }

    fn ask_source(&mut self, index: usize, ask: &Ask) -> Option<Answer> {
        let who = Who::Source(index);
        let verdict = self.verdict(ask);
        let source = self.session.sources().get(index)?;
        match (verdict, source.interaction()) {
            (Verdict::Ask, Interaction::Silent | Interaction::Visible) | (Verdict::Allow, Interaction::Silent) => {}
            (Verdict::Allow, Interaction::Visible) | (Verdict::Refuse(_), _) => return None,
        }
        let previous = self.session.desk().may_try(&Peer::of(ask), who, PROGRAM_TRIES)?;
        let given = self.given(ask);
        let user = match &given {
            Some(Given::Name(name)) => Some(name.as_str()),
            Some(Given::Credentials(_)) | None => None,
        };
        let lookup = Lookup {
            user,
            ..self.lookup(ask, previous, verdict)
        };
        match source.look_up(&lookup) {
            // Whoever named somebody wants him, and no one else whom a file knows.
            Reply::Use(credentials)
                if user.is_some() && credentials.user().is_some_and(|other| Some(other) != user) =>
            {
                None
            }
            Reply::Use(credentials) => self.offer(
                ask,
                Candidate {
                    credentials,
                    who,
                    consent: Consent::Protected,
                },
            ),
            Reply::Failed(why) => {
                self.session.tell_failed(source.name(), &why);
                None
            }
            // A ticket answers requests for a ticket only: ambient NTLM never goes by itself.
            Reply::Ambient | Reply::None => None,
        }
    }

    fn ask_person(&mut self, ask: &Ask) -> Answer {
        let peer = Peer::of(ask);
        let limit = match self.session.asker() {
            Asker::Person => u32::MAX,
            Asker::Program => PROGRAM_TRIES,
        };
        loop {
            // Held until what came of the question is written down: the next one in turn looks at the latch first.
            let _turn = match self.take_floor(ask) {
                Ok(turn) => turn,
                Err(refusal) => return Answer::Refuse(refusal),
            };
            let desk = self.session.desk();
            if desk.policy.decide(ask) != Verdict::Ask || desk.may_try(&peer, Who::Prompter, limit).is_none() {
                drop(desk);
                return self.refuse_automatically(ask);
            }
            let wrong = desk.wrong(&peer).map(str::to_owned);
            let waiting = desk.waiting(&peer);
            drop(desk);
            let given = self.given(ask);
            let given = match &given {
                Some(Given::Name(name)) => Some(name.as_str()),
                Some(Given::Credentials(_)) | None => None,
            };
            let name = match (given, wrong.as_deref()) {
                (Some(name), _) => Name::Given(name),
                (None, Some(name)) if !name.is_empty() => Name::Suggested(name),
                (None, _) => Name::Unknown,
            };
            let (prompted, by) = self.session.prompt(&Question {
                ask,
                name,
                previous: wrong.as_ref().map_or(Previous::None, |_| Previous::Rejected),
                waiting,
                cancel: &self.cancel,
            });
            if self.is_cancelled() {
                return Answer::Refuse(Refusal::ByUser);
            }
            self.prompted_by = by;
            match prompted {
                Prompted::Answer(credentials) if fits(&credentials, ask) => {
                    let candidate = Candidate {
                        credentials: Arc::new(credentials),
                        who: Who::Prompter,
                        consent: if exposes_password(ask) {
                            Consent::Clear
                        } else {
                            Consent::Protected
                        },
                    };
                    let typed = Arc::clone(&candidate.credentials);
                    if let Some(answer) = self.offer(ask, candidate) {
                        return answer;
                    }
                    // Known to be wrong: asked again, and not sent again.
                    self.session.desk().set_wrong(&peer, &typed);
                }
                Prompted::Cancelled => {
                    self.end(ask.target, &ask.origin, Cause::ByUser);
                    return Answer::Refuse(Refusal::ByUser);
                }
                Prompted::Failed(why) => {
                    self.session.tell_failed(&self.prompted_by, &why);
                    return self.refuse_automatically(ask);
                }
                Prompted::Answer(_) | Prompted::Unavailable => return self.refuse_automatically(ask),
            }
        }
    }

    /// Waits until no other question is open.
    fn take_floor(&self, ask: &Ask) -> Result<Turn, Refusal> {
        let mut desk = self.session.desk();
        loop {
            if self.is_cancelled() {
                return Err(Refusal::ByUser);
            }
            if self.is_latched(ask) {
                return Err(Refusal::Latched);
            }
            if desk.take_floor() {
                return Ok(Turn {
                    session: self.session.clone(),
                    kind: TurnKind::Floor,
                });
            }
            desk = self.session.wait(desk);
        }
    }

    /// Gives an answer that the search found, unless the peer rejected it before. While the same answer, given by
    /// somebody else during the search, is being judged, it waits: whoever holds that one never waits for a search.
    fn offer(&mut self, ask: &Ask, candidate: Candidate) -> Option<Answer> {
        if !fits(&candidate.credentials, ask) {
            return None;
        }
        let peer = Peer::of(ask);
        let session = self.session.clone();
        let mut desk = session.desk();
        while desk.is_under_way(&peer, &candidate.credentials) {
            if self.is_cancelled() {
                return Some(Answer::Refuse(Refusal::ByUser));
            }
            desk = session.wait(desk);
        }
        let standing = desk.offer(&peer, ask, &candidate)?;
        drop(desk);
        Some(self.give(ask, candidate, standing))
    }

    fn give(&mut self, ask: &Ask, candidate: Candidate, standing: Standing) -> Answer {
        let credentials = Arc::clone(&candidate.credentials);
        self.pending.push(Pending {
            ask: ask.clone(),
            what: What::Credentials(candidate),
            first: match standing {
                Standing::First(number) => Some(number),
                Standing::Proven => None,
            },
        });
        Answer::Use(credentials)
    }

    /// Nobody has an answer, and nobody may be asked.
    fn refuse_automatically(&self, ask: &Ask) -> Answer {
        // Only a request for a password is the last word: without a ticket or a token another scheme may follow, and a
        // token that was given waits for its own scheme.
        let other_kind = match self.given(ask) {
            Some(Given::Credentials(credentials)) => !fits(&credentials, ask),
            Some(Given::Name(_)) | None => false,
        };
        if ask.wanted != Wanted::Password || other_kind {
            return Answer::Pass;
        }
        let desk = self.session.desk();
        let cause = if desk.has_rejected(&Peer::of(ask)) {
            Cause::Rejected
        } else {
            Cause::Automatic
        };
        self.latch(&desk, ask.target, &ask.origin, cause);
        Answer::Refuse(Refusal::Automatic)
    }

    /// Whether sources that show nothing may answer: not where the password could be read, unless a rule says so or the
    /// user configured the proxy.
    fn permits_silent(&self, ask: &Ask, policy: &Policy) -> bool {
        !exposes_password(ask)
            || policy.permits_basic_in_clear(ask)
            || match ask.target {
                Target::Origin => false,
                Target::Proxy => self.errand.names(ask.target, &ask.origin),
            }
    }

    /// What the user gave for the peer that asks: by option, or in the setting that names it.
    fn given(&self, ask: &Ask) -> Option<Given> {
        let explicit = self.session.explicit();
        let by_option = explicit.find(&self.errand, ask);
        by_option.or_else(|| self.written.find(&self.errand, ask)).cloned()
    }

    fn lookup<'a>(&'a self, ask: &'a Ask, previous: Previous, verdict: Verdict) -> Lookup<'a> {
        Lookup {
            ask,
            user: None,
            previous,
            interaction: match verdict {
                Verdict::Ask => Interaction::Visible,
                Verdict::Allow | Verdict::Refuse(_) => Interaction::Silent,
            },
            cancel: &self.cancel,
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    fn is_latched(&self, ask: &Ask) -> bool {
        let key = self.errand.latch_key(ask.target, &ask.origin);
        self.session.latches().cause(&key).is_some()
    }

    /// Shuts, unless the client was closed since this gate was made.
    fn latch(&self, desk: &MutexGuard<'_, Desk>, target: Target, peer: &Origin, cause: Cause) {
        if desk.epoch == self.epoch {
            self.session.latches().latch(self.errand.latch_key(target, peer), cause);
        }
    }

    fn settle(&self, pending: &Pending, outcome: Outcome) {
        let Pending { ask, what, first } = pending;
        let peer = Peer::of(ask);
        let givers = self.session.change(|desk| {
            if let Some(number) = first {
                desk.release(&peer, *number);
            }
            match what {
                What::Credentials(candidate) => {
                    let place = self.place(ask);
                    desk.judge(&peer, ask, (candidate, place), outcome, self.epoch)
                }
                What::Ticket(_) => {
                    desk.judge_ticket(&peer, outcome);
                    BTreeSet::new()
                }
            }
        });
        let What::Credentials(candidate) = what else { return };
        for who in givers {
            self.tell(who, ask, &candidate.credentials, outcome);
        }
    }

    /// Tells what became of an answer to whoever gave it, or may keep it.
    fn tell(&self, who: Who, ask: &Ask, credentials: &Credentials, outcome: Outcome) {
        match who {
            Who::Source(index) => {
                if let Some(source) = self.session.sources().get(index) {
                    source.report(ask, credentials, outcome, &self.cancel);
                }
            }
            Who::Prompter if outcome == Outcome::Accepted => {
                let sources = self.session.sources().iter();
                sources.for_each(|source| source.keep(ask, credentials, &self.cancel));
            }
            Who::Explicit | Who::Memory | Who::Prompter => {}
        }
    }

    /// A new request of a peer means that its last answer will not be reported any more. And a gate that waits must not
    /// be waited for: whoever waits for another peer's outcome would wait for us, and we for it.
    fn put_in_order(&mut self, ask: &Ask) {
        let peer = Peer::of(ask);
        // Nor does what follows say anything of the one before.
        self.accepted.retain(|(other, _)| Peer::of(other) != peer);
        self.asked.insert(peer.clone());
        for mut pending in mem::take(&mut self.pending) {
            let other = Peer::of(&pending.ask);
            if other == peer {
                self.settle(&pending, Outcome::Abandoned);
                continue;
            }
            if let Some(number) = pending.first.take() {
                self.session.change(|desk| desk.release(&other, number));
            }
            self.pending.push(pending);
        }
    }
}

impl CredentialSource for Gate {
    /// Answers the question; blocks as the type says.
    ///
    /// When the cancel flag is set it answers `Refuse(ByUser)` and shuts nothing: the caller knows that it gave up.
    fn answer(&mut self, ask: &Ask) -> Answer {
        self.put_in_order(ask);
        let peer = Peer::of(ask);
        let session = self.session.clone();
        let mut desk = session.desk();
        let mut courtesy = if self.errand.is_ahead() { COURTESY } else { 0 };
        loop {
            if self.is_cancelled() {
                return Answer::Refuse(Refusal::ByUser);
            }
            if self.is_latched(ask) {
                return Answer::Refuse(Refusal::Latched);
            }
            if courtesy > 0 && desk.is_unknown(&peer) {
                // Whoever goes first is let through rounds before the others, and somebody waits for another errand.
                courtesy -= 1;
                desk = session.wait(desk);
                continue;
            }
            let policy = Arc::clone(&desk.policy);
            let verdict = policy.decide(ask);
            if let Verdict::Refuse(refusal) = verdict {
                self.latch(&desk, ask.target, &ask.origin, Cause::Automatic);
                return Answer::Refuse(refusal);
            }
            if ask.wanted == Wanted::Ticket {
                drop(desk);
                return self.ticket(ask, &policy, verdict);
            }
            let candidates = self.candidates(&desk, ask, &policy);
            match desk.next(&peer, ask, candidates) {
                Known::Give(candidate, standing) => return self.give(ask, candidate, standing),
                Known::Search => {
                    drop(desk);
                    return self.search(ask, &policy);
                }
                Known::Wait => {
                    desk.begin_wait(&peer);
                    desk = session.wait(desk);
                    desk.end_wait(&peer);
                }
            }
        }
    }

    fn report(&mut self, ask: &Ask, outcome: Outcome) {
        let peer = Peer::of(ask);
        let (judged, others) = mem::take(&mut self.pending)
            .into_iter()
            .partition::<Vec<_>, _>(|pending| Peer::of(&pending.ask) == peer);
        self.pending = others;
        for pending in &judged {
            self.settle(pending, outcome);
        }
        self.unjudged.retain(|(other, _)| Peer::of(other) != peer);
        let candidates = judged.into_iter().filter_map(|pending| match pending.what {
            What::Credentials(candidate) => Some((pending.ask, candidate)),
            What::Ticket(_) => None,
        });
        match outcome {
            Outcome::Abandoned => self.unjudged.extend(candidates),
            Outcome::Accepted => {
                let accepted = candidates.map(|(ask, candidate)| (ask, candidate.credentials));
                self.accepted.extend(accepted);
            }
            Outcome::Rejected => {}
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        for pending in mem::take(&mut self.pending) {
            self.settle(&pending, Outcome::Abandoned);
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("errand", &self.errand)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

impl What {
    const fn who(&self) -> Who {
        match self {
            Self::Credentials(candidate) => candidate.who,
            Self::Ticket(who) => *who,
        }
    }
}

/// Something that one gate at a time may do; given back also when foreign code panics. Never dropped under the lock.
struct Turn {
    session: Session,
    kind: TurnKind,
}

enum TurnKind {
    /// Asking a question, of all gates.
    Floor,
    /// Looking for an answer for this peer.
    Search(Peer),
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.session.change(|desk| match &self.kind {
            TurnKind::Floor => desk.leave_floor(),
            TurnKind::Search(peer) => desk.end_search(peer),
        });
    }
}

/// Whether credentials are of the kind that is wanted.
fn fits(credentials: &Credentials, ask: &Ask) -> bool {
    match (credentials, ask.wanted) {
        (Credentials::Password(_), Wanted::Password) => true,
        // Bearer tokens are for servers (RFC 6750).
        (Credentials::Bearer(_), Wanted::Bearer) => ask.target == Target::Origin,
        _ => false,
    }
}

/// How often an errand that nobody waits for looks whether another one goes first: 200 ms in all.
const COURTESY: u32 = 4;

/// How many answers of a program one peer may reject until it accepts one.
const PROGRAM_TRIES: u32 = 3;

#[cfg(test)]
mod tests;
