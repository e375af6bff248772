//! What the gates of one session know together, and whose turn it is: data and transitions, no waiting ([`Desk`];
//! DECISIONS §3, "one first authentication per (peer, identity)").

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use symgate_auth::{Ask, Credentials, Origin, Outcome, Target};

use crate::{Policy, Previous, Prompts};

/// The shared state of a session. It is locked for moments only, never while somebody is asked.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) policy: Arc<Policy>,
    /// How often the client was closed: what began before has no effect after.
    pub(crate) epoch: u64,
    peers: BTreeMap<Peer, Record>,
    floor: Floor,
    last_ticket: u64,
}

/// Who asks: a proxy and a server at the same origin are two.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Peer {
    target: Target,
    origin: Origin,
}

/// Whose answer it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Who {
    Explicit,
    Memory,
    Prompter,
    /// By its place in the chain.
    Source(usize),
}

/// What the giver knew of the way that the answer would travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Consent {
    /// May be sent readable and in clear to this peer.
    Clear,
    /// Not unless the policy permits it at that moment.
    Protected,
}

/// Whether the user chose the peer, or somebody else did, by a redirect or a pointer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Chosen,
    Elsewhere,
}

/// An answer that could be given without looking further.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) who: Who,
    pub(crate) consent: Consent,
}

/// What the desk has for a peer.
#[derive(Debug)]
pub(crate) enum Known {
    /// An answer that may go now.
    Give(Candidate, Standing),
    /// Nothing, and it is this gate's turn to look further.
    Search,
    /// Another gate's answer is being judged, or another gate is looking.
    Wait,
}

/// Whether the peer accepted the answer before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// Not yet: others wait for the outcome under this number.
    First(u64),
    /// Yes.
    Proven,
}

/// Whether a question is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Floor {
    Free,
    Taken,
}

/// What is known of one peer.
#[derive(Debug, Default)]
struct Record {
    /// Accepted answers, the latest last; the session's memory.
    proven: Vec<Proven>,
    /// Rejected answers, kept for the process.
    rejected: Vec<(Option<String>, Arc<Credentials>)>,
    /// Answers under way that the peer did not accept before.
    first: Vec<(u64, Arc<Credentials>)>,
    search: Search,
    waiting: usize,
    /// Whose answers the peer has rejected since it accepted one, and how many of each that it had not accepted before.
    /// What was given up counts not.
    tries: BTreeMap<Who, u32>,
    /// The name of the last rejected answer, to be shown with the next question.
    wrong: Option<String>,
    ticket: Ticket,
}

#[derive(Debug)]
struct Proven {
    place: Place,
    /// Who gave it first; nobody is asked again while it is remembered.
    by: Who,
    /// The request that it answered, until who gave it knows that it was shown to be right.
    untold: Option<Ask>,
    realm: Option<String>,
    credentials: Arc<Credentials>,
    consent: Consent,
}

/// Whether a gate is looking for an answer to this peer, in the chain or from a person.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Search {
    #[default]
    Idle,
    Running,
}

/// What became of the user's own ticket at this peer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Ticket {
    Rejected,
    #[default]
    Untried,
}

impl Desk {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            epoch: 0,
            peers: BTreeMap::new(),
            floor: Floor::Free,
            last_ticket: 0,
        }
    }

    /// Whether a question may be shown from now on.
    pub(crate) fn set_prompts(&mut self, prompts: Prompts) {
        let policy = Policy::clone(&self.policy);
        self.policy = Arc::new(policy.with_prompts(prompts));
    }

    /// The client is closed: answers are forgotten. Rejections stay, a rejected password is over for the process; and
    /// what is under way stays until its gate reports.
    pub(crate) fn close(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        for record in self.peers.values_mut() {
            // Destructured, so that a new field is looked at here.
            let Record {
                proven,
                rejected: _,
                first: _,
                search: _,
                waiting: _,
                tries,
                wrong,
                ticket,
            } = record;
            proven.clear();
            tries.clear();
            *wrong = None;
            *ticket = Ticket::Untried;
        }
    }

    /// The accepted answers for this peer and realm, the latest first. Where somebody else leads to the peer, only what
    /// was given to such an errand: nobody is to spend what the user gave for his own.
    pub(crate) fn remembered(&self, peer: &Peer, ask: &Ask, place: Place) -> Vec<Candidate> {
        let proven = self.peers.get(peer).map_or(&[][..], |record| &record.proven);
        let here = |place| {
            let mine = move |proven: &&Proven| proven.place == place && proven.realm == ask.realm;
            proven.iter().rev().filter(mine)
        };
        let chosen = match place {
            Place::Chosen => Some(here(Place::Chosen)),
            Place::Elsewhere => None,
        };
        let candidates = chosen.into_iter().flatten().chain(here(Place::Elsewhere));
        candidates
            .map(|proven| Candidate {
                credentials: Arc::clone(&proven.credentials),
                who: Who::Memory,
                consent: proven.consent,
            })
            .collect()
    }

    /// The first candidate that may go, or what to do instead. `Give` and `Search` take the turn at once.
    pub(crate) fn next(&mut self, peer: &Peer, ask: &Ask, candidates: Vec<Candidate>) -> Known {
        for candidate in candidates {
            let record = self.record(peer);
            if record.is_rejected(ask, &candidate.credentials) {
                continue;
            }
            if record.is_proven(ask, &candidate.credentials) {
                return Known::Give(candidate, Standing::Proven);
            }
            if record.is_under_way(&candidate.credentials) {
                return Known::Wait;
            }
            let standing = self.begin(peer, &candidate.credentials);
            return Known::Give(candidate, standing);
        }
        let record = self.record(peer);
        // An answer that is being judged may be the one; and nobody is asked while a first answer is under way.
        if !record.first.is_empty() || record.search == Search::Running {
            return Known::Wait;
        }
        record.search = Search::Running;
        Known::Search
    }

    /// Whether nobody was let through there, and nobody is trying.
    pub(crate) fn is_unknown(&self, peer: &Peer) -> bool {
        self.peers
            .get(peer)
            .is_none_or(|record| record.proven.is_empty() && record.first.is_empty() && record.search == Search::Idle)
    }

    /// Whether the same answer is being judged for the first time.
    pub(crate) fn is_under_way(&self, peer: &Peer, credentials: &Credentials) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|record| record.is_under_way(credentials))
    }

    /// Takes an answer that the search found: `None` when the peer rejected it before, which counts as one more time.
    pub(crate) fn offer(&mut self, peer: &Peer, ask: &Ask, candidate: &Candidate) -> Option<Standing> {
        let record = self.record(peer);
        if record.is_rejected(ask, &candidate.credentials) {
            record.count_rejected(candidate.who);
            return None;
        }
        Some(if record.is_proven(ask, &candidate.credentials) {
            Standing::Proven
        } else {
            self.begin(peer, &candidate.credentials)
        })
    }

    /// Ends a search.
    pub(crate) fn end_search(&mut self, peer: &Peer) {
        self.record(peer).search = Search::Idle;
    }

    /// Whether this one may be asked once more, and what became of its last answer.
    pub(crate) fn may_try(&self, peer: &Peer, who: Who, limit: u32) -> Option<Previous> {
        let tries = self.peers.get(peer).and_then(|record| record.tries.get(&who));
        match tries {
            None => Some(Previous::None),
            Some(&tries) => (tries < limit).then_some(Previous::Rejected),
        }
    }

    /// The name of the last answer, when it was wrong.
    pub(crate) fn wrong(&self, peer: &Peer) -> Option<&str> {
        self.peers.get(peer).and_then(|record| record.wrong.as_deref())
    }

    /// Remembers which answer to show as wrong with the next question.
    pub(crate) fn set_wrong(&mut self, peer: &Peer, credentials: &Credentials) {
        self.record(peer).set_wrong(credentials);
    }

    /// Whether the peer rejected any answer.
    pub(crate) fn has_rejected(&self, peer: &Peer) -> bool {
        self.peers.get(peer).is_some_and(|record| !record.rejected.is_empty())
    }

    /// Whether the user's ticket may still be tried.
    pub(crate) fn may_try_ticket(&self, peer: &Peer) -> bool {
        self.peers
            .get(peer)
            .is_none_or(|record| record.ticket == Ticket::Untried)
    }

    /// The user's ticket was judged.
    pub(crate) fn judge_ticket(&mut self, peer: &Peer, outcome: Outcome) {
        match outcome {
            Outcome::Abandoned => {}
            Outcome::Accepted => self.record(peer).ticket = Ticket::Untried,
            Outcome::Rejected => self.record(peer).ticket = Ticket::Rejected,
        }
    }

    /// Lets the others go on, whatever becomes of the answer under this number.
    pub(crate) fn release(&mut self, peer: &Peer, number: u64) {
        self.record(peer).first.retain(|(other, _)| *other != number);
    }

    /// The peer judged an answer, or the exchange was given up. What began before the client was closed, as `epoch` tells,
    /// is not remembered; a rejection always is.
    ///
    /// Returned is who is to hear of it: who gave the answer, also where it came from memory and is over now. Nobody hears
    /// of a rejection while the same answer is good in another realm, for he would erase it; nor of an acceptance before
    /// it is [confirmed](Self::confirm).
    pub(crate) fn judge(
        &mut self,
        peer: &Peer,
        ask: &Ask,
        (candidate, place): (&Candidate, Place),
        outcome: Outcome,
        epoch: u64,
    ) -> BTreeSet<Who> {
        let realm = ask.realm.as_deref();
        let current = epoch == self.epoch;
        let record = self.record(peer);
        let Candidate {
            credentials,
            who,
            consent,
        } = candidate;
        let here = |proven: &Proven| proven.realm.as_deref() == realm && proven.credentials.same(credentials);
        let mut givers = BTreeSet::from([*who]);
        match outcome {
            Outcome::Abandoned => {}
            Outcome::Accepted if !current => givers.clear(),
            Outcome::Accepted => {
                givers.clear();
                record.tries.clear();
                record.wrong = None;
                let known = record.proven.iter().find(|proven| here(proven));
                let (by, untold) = match known {
                    Some(known) => (known.by, known.untold.clone()),
                    None => (*who, Some(ask.clone())),
                };
                let same_place = |proven: &&mut Proven| here(proven) && proven.place == place;
                if let Some(known) = record.proven.iter_mut().find(same_place) {
                    if *consent == Consent::Clear {
                        known.consent = Consent::Clear;
                    }
                    return givers;
                }
                if record.proven.len() >= REMEMBERED {
                    record.proven.remove(0);
                }
                record.proven.push(Proven {
                    place,
                    by,
                    untold,
                    realm: realm.map(str::to_owned),
                    credentials: Arc::clone(credentials),
                    consent: *consent,
                });
            }
            Outcome::Rejected => {
                let over = record.proven.extract_if(.., |proven| here(proven));
                let over: Vec<Who> = over.map(|proven| proven.by).collect();
                let known = |(at, rejected): &(Option<String>, Arc<Credentials>)| {
                    at.as_deref() == realm && rejected.same(credentials)
                };
                if !record.rejected.iter().any(known) {
                    record
                        .rejected
                        .push((realm.map(str::to_owned), Arc::clone(credentials)));
                }
                if current {
                    // What was right once is no wrong guess.
                    if over.is_empty() {
                        record.count_rejected(*who);
                    }
                    for &giver in &over {
                        record.tries.entry(giver).or_default();
                    }
                    record.set_wrong(credentials);
                }
                givers.extend(over);
                if record.proven.iter().any(|proven| proven.credentials.same(credentials)) {
                    givers.clear();
                }
            }
        }
        givers
    }

    /// What followed showed that an accepted answer was right. Returned is who gave it and does not know yet, and what it
    /// answered.
    pub(crate) fn confirm(&mut self, ask: &Ask, credentials: &Credentials) -> BTreeMap<Who, Ask> {
        let proven = self.record(&Peer::of(ask)).proven.iter_mut();
        let mut untold = BTreeMap::new();
        for proven in proven.filter(|proven| proven.realm == ask.realm && proven.credentials.same(credentials)) {
            untold.extend(proven.untold.take().map(|ask| (proven.by, ask)));
        }
        untold
    }

    /// The one answer that was ever accepted of those who come where the user chose, and what it answered; `None` where
    /// there are more.
    pub(crate) fn only_answer(&self, peer: &Peer) -> Option<(Ask, Arc<Credentials>)> {
        let proven = &self.peers.get(peer)?.proven;
        let mut proven = proven.iter().filter(|proven| proven.place == Place::Chosen);
        let only = proven.next().filter(|_| proven.next().is_none())?;
        Some((only.untold.clone()?, Arc::clone(&only.credentials)))
    }

    /// Takes the one place at which questions are asked.
    pub(crate) fn take_floor(&mut self) -> bool {
        let free = self.floor == Floor::Free;
        self.floor = Floor::Taken;
        free
    }

    /// Gives it back.
    pub(crate) const fn leave_floor(&mut self) {
        self.floor = Floor::Free;
    }

    /// How many gates wait for an answer for this peer.
    pub(crate) fn waiting(&self, peer: &Peer) -> usize {
        self.peers.get(peer).map_or(0, |record| record.waiting)
    }

    /// One more gate waits.
    pub(crate) fn begin_wait(&mut self, peer: &Peer) {
        let record = self.record(peer);
        record.waiting = record.waiting.saturating_add(1);
    }

    /// One gate less waits.
    pub(crate) fn end_wait(&mut self, peer: &Peer) {
        let record = self.record(peer);
        record.waiting = record.waiting.saturating_sub(1);
    }

    fn begin(&mut self, peer: &Peer, credentials: &Arc<Credentials>) -> Standing {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        let number = self.last_ticket;
        self.record(peer).first.push((number, Arc::clone(credentials)));
        Standing::First(number)
    }

    fn record(&mut self, peer: &Peer) -> &mut Record {
        self.peers.entry(peer.clone()).or_default()
    }
}

impl Peer {
    pub(crate) const fn new(target: Target, origin: Origin) -> Self {
        Self { target, origin }
    }

    pub(crate) fn of(ask: &Ask) -> Self {
        Self::new(ask.target, ask.origin.clone())
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl Record {
    fn is_proven(&self, ask: &Ask, credentials: &Credentials) -> bool {
        let mut proven = self.proven.iter();
        proven.any(|proven| proven.realm == ask.realm && proven.credentials.same(credentials))
    }

    fn is_under_way(&self, credentials: &Credentials) -> bool {
        self.first.iter().any(|(_, first)| first.same(credentials))
    }

    fn set_wrong(&mut self, credentials: &Credentials) {
        self.wrong = Some(credentials.user().unwrap_or_default().to_owned());
    }

    fn count_rejected(&mut self, who: Who) {
        let tries = self.tries.entry(who).or_default();
        *tries = tries.saturating_add(1);
    }

    /// A rejection counts for the peer, whatever realm it names: a peer that renames its realm gets no second logon.
    /// Only an answer that was accepted in this very realm outlives its rejection in another.
    fn is_rejected(&self, ask: &Ask, credentials: &Credentials) -> bool {
        let proven = self.is_proven(ask, credentials);
        let mut rejected = self.rejected.iter();
        rejected.any(|(realm, rejected)| rejected.same(credentials) && (*realm == ask.realm || !proven))
    }
}

/// Accepted answers kept for one peer: far more realms than a server has, and an end for one that invents them.
const REMEMBERED: usize = 16;
