//! The laws of this crate over arbitrary bytes, one function each, public API only: proptest calls them here, a fuzz
//! target may call them as well.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use symgate_auth::{
    Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Refusal, Scheme, Target, UriScheme, Wanted,
};
use symgate_policy::{
    Answers, Cause, Errand, HostPattern, LatchKey, Policy, Prompted, Prompter, Prompts, Question, Rule, Session,
    Verdict,
};

/// Bytes as a source of choices; when they end, it is all zeros.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl<'b> Choices<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter())
    }

    fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % end
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

const HOSTS: [&str; 4] = ["a.example", "b.example", "example", "[::1]"];

fn policy(choices: &mut Choices<'_>) -> Policy {
    let (start, rules) = start_and_rules(choices);
    rules.into_iter().fold(start, Policy::with_rule)
}

/// A policy without rules, and the rules that go into it.
fn start_and_rules(choices: &mut Choices<'_>) -> (Policy, Vec<Rule>) {
    let start = [Policy::interactive(), Policy::unattended(), Policy::empty()];
    let start = choices
        .of(&start)
        .with_prompts(choices.of(&[Prompts::Off, Prompts::On]));
    let rules = (0..choices.below(5)).map(|_| rule(choices, &[Rule::allow(), Rule::ask(), Rule::refuse()]));
    (start, rules.collect())
}

fn rule<const N: usize>(choices: &mut Choices<'_>, words: &[Rule; N]) -> Rule {
    let mut rule = choices.of(words);
    if choices.below(2) == 1 {
        rule = rule.target(choices.of(&[Target::Origin, Target::Proxy]));
    }
    if choices.below(2) == 1 {
        let pattern = choices.of(&["*", "*.example", "a.example", "[::1]"]);
        rule = rule.host(HostPattern::parse(pattern).expect("a pattern of the list"));
    }
    if choices.below(2) == 1 {
        rule = rule.scheme(choices.of(&SCHEMES));
    }
    match choices.below(6) {
        0 => rule.only_clear(),
        1 => rule.only_encrypted(),
        2 => rule.danger_basic_in_clear(),
        3 => rule,
        4 => rule.only_clear().danger_basic_in_clear(),
        _ => rule.only_encrypted().danger_basic_in_clear(),
    }
}

const SCHEMES: [Scheme; 5] = [
    Scheme::Basic,
    Scheme::Bearer,
    Scheme::Digest,
    Scheme::Ntlm,
    Scheme::Negotiate,
];

fn any_ask(choices: &mut Choices<'_>) -> Ask {
    Ask {
        target: choices.of(&[Target::Origin, Target::Proxy]),
        origin: Origin::new(UriScheme::Http, choices.of(&HOSTS), 80),
        path: "/".into(),
        wanted: choices.of(&[Wanted::Bearer, Wanted::Password, Wanted::Ticket]),
        scheme: choices.of(&SCHEMES),
        realm: choices.of(&[None, Some("r".to_owned()), Some("\u{202e}\u{1b}[2J".to_owned())]),
        channel: choices.of(&[Channel::CLEARTEXT, Channel::encrypted(*b"certificate")]),
        attempt: 1,
    }
}

/// How much a verdict permits.
fn permits(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Refuse(_) => 0,
        Verdict::Allow => 1,
        Verdict::Ask => 2,
    }
}

/// `decide` answers every request, always the same, and asks nobody where prompts are off.
pub(crate) fn decide_is_total_and_pure(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let policy = policy(&mut choices);
    let ask = any_ask(&mut choices);
    let verdict = policy.decide(&ask);
    assert_eq!(verdict, policy.clone().decide(&ask.clone()));
    if policy.prompts() == Prompts::Off {
        assert_ne!(verdict, Verdict::Ask, "{policy:?} {ask:?}");
    }
}

/// Adding a refuse rule, at any place among the others, never allows more.
pub(crate) fn a_refuse_rule_never_allows_more(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (start, rules) = start_and_rules(&mut choices);
    let refuse = rule(&mut choices, &[Rule::refuse()]);
    let ask = any_ask(&mut choices);
    let of = |rules: &[Rule]| rules.iter().cloned().fold(start.clone(), Policy::with_rule);
    let policy = of(&rules);
    for at in 0..=rules.len() {
        let stricter = of(&[&rules[..at], std::slice::from_ref(&refuse), &rules[at..]].concat());
        let (before, after) = (policy.decide(&ask), stricter.decide(&ask));
        assert!(
            permits(after) <= permits(before),
            "{policy:?} + {refuse:?} at {at}: {ask:?}"
        );
        let in_clear = |policy: &Policy| policy.permits_basic_in_clear(&ask);
        assert!(
            !in_clear(&stricter) || in_clear(&policy),
            "{policy:?} + {refuse:?} at {at}: {ask:?}"
        );
        // It says nothing of what it does not match.
        assert!(
            refuse.matches(&ask) || before == after,
            "{policy:?} + {refuse:?} at {at}: {ask:?}"
        );
    }
    let first = policy.with_first_rule(refuse.clone());
    assert!(!refuse.matches(&ask) || first.decide(&ask) == Verdict::Refuse(Refusal::ByRule));
}

/// A script that the test and the prompter share: what will be typed, and whether anybody was asked.
#[derive(Default)]
struct Desk {
    replies: VecDeque<Option<&'static str>>,
    questions: usize,
}

struct Person(Arc<Mutex<Desk>>);

impl Prompter for Person {
    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        let mut desk = self.0.lock().expect("one thread");
        desk.questions += 1;
        match desk.replies.pop_front() {
            Some(Some(password)) => Prompted::Answer(Credentials::password("u", password)),
            Some(None) => Prompted::Cancelled,
            None => Prompted::Unavailable,
        }
    }
}

/// The policy and the latch as SYMSRV §3.5 tables them, written anew with flat sets and no sharing: one errand at a time.
#[derive(Default)]
struct Model {
    prompts_on: bool,
    latched: BTreeMap<LatchKey, Cause>,
    /// By peer, as `target host`: what was accepted where the user chose the peer, and where somebody else led there.
    chosen: BTreeMap<String, &'static str>,
    elsewhere: BTreeMap<String, &'static str>,
    rejected: BTreeSet<(String, &'static str)>,
}

#[derive(Debug, Eq, PartialEq)]
enum Said {
    Password(String),
    Refused(Refusal),
}

impl Model {
    /// What must be answered, and how many questions that takes.
    fn answer(
        &mut self,
        key: &LatchKey,
        peer: &str,
        is_chosen: bool,
        replies: &[Option<&'static str>],
    ) -> (Said, usize) {
        if self.latched.contains_key(key) {
            return (Said::Refused(Refusal::Latched), 0);
        }
        let chosen = self.chosen.get(peer).filter(|_| is_chosen);
        if let Some(password) = chosen.or_else(|| self.elsewhere.get(peer)) {
            return (Said::Password((*password).to_owned()), 0);
        }
        let mut questions = 0;
        if self.prompts_on {
            for reply in replies {
                questions += 1;
                match reply {
                    None => {
                        self.latched.insert(key.clone(), Cause::ByUser);
                        return (Said::Refused(Refusal::ByUser), questions);
                    }
                    Some(password) if self.rejected.contains(&(peer.to_owned(), password)) => {}
                    Some(password) => return (Said::Password((*password).to_owned()), questions),
                }
            }
            questions += 1;
        }
        let cause = if self.rejected.iter().any(|(at, _)| at == peer) {
            Cause::Rejected
        } else {
            Cause::Automatic
        };
        self.latched.insert(key.clone(), cause);
        (Said::Refused(Refusal::Automatic), questions)
    }

    fn report(&mut self, peer: &str, is_chosen: bool, password: &'static str, outcome: Outcome) {
        match outcome {
            Outcome::Abandoned => {}
            Outcome::Accepted => {
                let place = if is_chosen {
                    &mut self.chosen
                } else {
                    &mut self.elsewhere
                };
                place.insert(peer.to_owned(), password);
            }
            Outcome::Rejected => {
                for place in [&mut self.chosen, &mut self.elsewhere] {
                    place.retain(|at, proven| at != peer || *proven != password);
                }
                self.rejected.insert((peer.to_owned(), password));
            }
        }
    }
}

const PASSWORDS: [&str; 3] = ["one", "two", "three"];

/// Over any sequence of challenges, answers, outcomes, changes of the policy and closes, a session does what the naive
/// model does: same answers, same number of questions, same latches; and nothing goes to what is latched.
pub(crate) fn a_session_follows_the_naive_model(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let desk = Arc::new(Mutex::new(Desk::default()));
    let session = Session::new(
        Policy::unattended(),
        Answers::default().with_prompter(Person(Arc::clone(&desk))),
    );
    let mut model = Model::default();
    while !choices.is_empty() {
        match choices.below(8) {
            0 => {
                session.set_policy(Policy::interactive());
                model.prompts_on = true;
            }
            1 => {
                session.set_policy(Policy::unattended());
                model.prompts_on = false;
            }
            2 => {
                session.close();
                model.latched.clear();
                model.chosen.clear();
                model.elsewhere.clear();
            }
            3 => {
                let (host, cause) = (
                    choices.of(&HOSTS),
                    choices.of(&[Cause::NoUsableScheme, Cause::Rejected]),
                );
                let origin = Origin::new(UriScheme::Https, host, 443);
                session
                    .gate(Errand::new(origin.clone(), "x"), Arc::default())
                    .end(Target::Origin, &origin, cause);
                model.latched.entry(LatchKey::store(origin, "x")).or_insert(cause);
            }
            _ => challenge(&mut choices, &session, &desk, &mut model),
        }
        let latched: Vec<_> = model.latched.iter().map(|(key, cause)| (key.clone(), *cause)).collect();
        assert_eq!(session.latches().list(), latched);
    }
}

fn challenge(choices: &mut Choices<'_>, session: &Session, desk: &Mutex<Desk>, model: &mut Model) {
    let store = Origin::new(UriScheme::Https, choices.of(&HOSTS), 443);
    let base = choices.of(&["x", "y"]);
    let errand = Errand::new(store, base);
    let target = choices.of(&[Target::Origin, Target::Proxy]);
    let ask = Ask {
        target,
        // Any host may ask for the errand: a redirect leads there.
        origin: Origin::new(UriScheme::Https, choices.of(&HOSTS), 443),
        path: "/".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Digest,
        realm: None,
        channel: Channel::encrypted(*b"certificate"),
        attempt: 1,
    };
    let replies: Vec<_> = (0..choices.below(4))
        .map(|_| choices.of(&[None, Some(PASSWORDS[0]), Some(PASSWORDS[1]), Some(PASSWORDS[2])]))
        .collect();
    let key = errand.latch_key(target, &ask.origin);
    let peer = format!("{target} {}", ask.origin);
    let is_chosen = target == Target::Proxy || errand.names(target, &ask.origin);
    let (expected, questions) = model.answer(&key, &peer, is_chosen, &replies);
    *desk.lock().expect("one thread") = Desk {
        replies: replies.into(),
        questions: 0,
    };

    let mut gate = session.gate(errand, Arc::default());
    let said = match gate.answer(&ask) {
        Answer::Use(credentials) => {
            let same = |password: &&&str| credentials.same(&Credentials::password("u", **password));
            let password = PASSWORDS.iter().find(same).expect("one that was typed");
            let outcome = choices.of(&[Outcome::Accepted, Outcome::Rejected, Outcome::Abandoned]);
            if outcome == Outcome::Abandoned {
                drop(gate);
            } else {
                gate.report(&ask, outcome);
            }
            model.report(&peer, is_chosen, password, outcome);
            Said::Password((*password).to_owned())
        }
        Answer::Refuse(refusal) => Said::Refused(refusal),
        other => panic!("{other:?} answers no request for a password"),
    };
    assert_eq!(said, expected, "{ask:?}");
    assert_eq!(desk.lock().expect("one thread").questions, questions, "{ask:?}");
}

/// Nothing that can be printed holds a password that went through a session.
pub(crate) fn nothing_prints_a_secret(password: &[u8]) {
    struct Typist(Vec<u8>);
    impl Prompter for Typist {
        fn ask(&mut self, _: &Question<'_>) -> Prompted {
            Prompted::Answer(Credentials::password("u", self.0.clone()))
        }
    }
    // Marked, so that a short password is not found by chance.
    let secret = [b"<S3cret>".as_slice(), password].concat();
    let answers = Answers::default().with_prompter(Typist(secret));
    let mut shown = format!("{answers:?}");
    let session = Session::new(Policy::interactive(), answers);
    let ask = Ask {
        wanted: Wanted::Password,
        ..any_ask(&mut Choices::new(password))
    };
    for outcome in [Outcome::Accepted, Outcome::Rejected] {
        let mut gate = session.gate(Errand::new(ask.origin.clone(), ""), Arc::default());
        let answer = gate.answer(&ask);
        shown += &format!("{answer:?} {gate:?} {session:?} {:?}", session.latches());
        gate.report(&ask, outcome);
    }
    assert!(!shown.contains("S3cret") && !shown.contains("60, 83, 51"), "{shown}");
}
