//! Who answers an errand's questions when a policy stands before them, and what may come of that.
//!
//! The bytes draw a policy with rules, who was given what by option, and what a silent source and a person say. Each
//! answer of the gate is held against a reading of the rules of its own: a rule that refuses is obeyed, a person is asked
//! only where that is allowed, what was given for one peer answers that one alone, and nothing that could be read on the
//! way goes out in clear text unless it was given for that very peer, typed by a person who was told, meant for a
//! configured proxy, or permitted by a rule.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use symgate_auth::{Answer, Ask, CredentialSource, Credentials, Origin, Outcome, Scheme, Target, UriScheme, Wanted};
use symgate_policy::{
    Answers, Errand, Explicit, Gate, Given, HostPattern, Lookup, Policy, Prompted, Prompter, Prompts, Question, Reply,
    Rule, Session, Source,
};

/// A session, its rules as they were drawn, and the gate of the errand in hand.
pub(super) struct Policed {
    session: Session,
    rules: Vec<Drawn>,
    otherwise: Word,
    prompts: Prompts,
    ticket_host: Option<&'static str>,
    proxies: Vec<Origin>,
    store: Option<Origin>,
    gate: Option<Gate>,
    desk: Arc<Mutex<Desk>>,
}

/// A rule as it was drawn.
#[derive(Debug)]
struct Drawn {
    word: Word,
    target: Option<Target>,
    host: Option<&'static str>,
    encrypted: Option<bool>,
    in_clear: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Word {
    Allow,
    Ask,
    Refuse,
}

/// What source and person share with the law.
#[derive(Debug, Default)]
struct Desk {
    choice: u8,
    questions: u8,
    may_ask: bool,
    said: Vec<Said>,
}

/// A password that somebody gave.
#[derive(Debug)]
struct Said {
    who: Who,
    password: String,
    target: Target,
    /// For whom; what was given by option is for whomever the user named.
    origin: Option<Origin>,
    /// Whether the question said that it travels in clear text.
    told: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    Option,
    Person,
    Source,
}

impl Policed {
    /// Draws everything from the front of the bytes.
    pub(super) fn draw(bytes: &mut VecDeque<u8>) -> Self {
        let mut next = || bytes.pop_front().unwrap_or(0);
        let setup = next();
        let is_set = |bit: u8| setup >> bit & 1 == 1;
        let prompts = if is_set(0) { Prompts::On } else { Prompts::Off };
        let (mut policy, otherwise) = if is_set(1) && is_set(2) {
            (Policy::empty(), Word::Refuse)
        } else {
            (Policy::interactive(), Word::Ask)
        };
        policy = policy.with_prompts(prompts);
        let ticket_host = is_set(3).then_some("a.example");
        if let Some(host) = ticket_host {
            policy = policy.with_ticket_host(pattern(host));
        }
        let mut rules = Vec::new();
        for _ in 0..next() % 4 {
            let rule = Drawn::draw(next(), next());
            policy = policy.with_rule(rule.build());
            rules.push(rule);
        }
        let mut desk = Desk::default();
        let mut explicit = Explicit::default();
        if is_set(4) {
            explicit = explicit.for_stores(desk.by_option(Target::Origin));
        }
        if is_set(5) {
            explicit = explicit.for_proxies(desk.by_option(Target::Proxy));
        }
        let proxies = [
            is_set(6).then(|| Origin::new(UriScheme::Http, "proxy.example", 3128)),
            is_set(7).then(|| Origin::new(UriScheme::Https, "a.example", 443)),
        ];
        let desk = Arc::new(Mutex::new(desk));
        let answers = Answers::default()
            .with_explicit(explicit)
            .with_source(Netrc(Arc::clone(&desk)))
            .with_prompter(Person(Arc::clone(&desk)));
        Self {
            session: Session::new(policy, answers),
            rules,
            otherwise,
            prompts,
            ticket_host,
            proxies: proxies.into_iter().flatten().collect(),
            store: None,
            gate: None,
            desk,
        }
    }

    /// Begins an errand to a store.
    pub(super) fn begin(&mut self, store: Origin) {
        let errand = Errand::new(store.clone(), "");
        let errand = self.proxies.iter().cloned().fold(errand, Errand::with_proxy);
        // The gate of the last errand goes first: nobody waits for its answers.
        self.gate = None;
        self.gate = Some(self.session.gate(errand, Arc::default()));
        self.store = Some(store);
    }

    /// What the gate says, and the password if it is one.
    pub(super) fn answer(&mut self, ask: &Ask, choice: u8) -> (Answer, Option<String>) {
        let word = self.word(ask);
        {
            let mut desk = lock(&self.desk);
            desk.choice = choice;
            desk.questions = 0;
            desk.may_ask = word == Word::Ask && self.prompts == Prompts::On && ask.wanted == Wanted::Password;
        }
        let gate = self.gate.as_mut().expect("an errand has begun");
        let answer = gate.answer(ask);
        let password = match &answer {
            Answer::Use(credentials) => Some(self.check(ask, word, credentials)),
            Answer::Ambient => {
                assert_ne!(word, Word::Refuse, "a ticket against a rule: {ask:?}");
                assert!(self.names(ask), "a ticket to whom nobody named: {ask:?}");
                let server = self.ticket_host == Some(ask.origin.host()) && ask.channel.is_encrypted();
                assert!(ask.target == Target::Proxy || server, "a ticket to a server: {ask:?}");
                None
            }
            _ => None,
        };
        (answer, password)
    }

    /// Hands on what became of an answer.
    pub(super) fn report(&mut self, ask: &Ask, outcome: Outcome) {
        let gate = self.gate.as_mut().expect("an errand has begun");
        gate.report(ask, outcome);
    }

    /// What can be printed of it.
    pub(super) fn shown(&self) -> String {
        format!("{:?} {:?}", self.session, self.gate)
    }

    fn check(&self, ask: &Ask, word: Word, credentials: &Credentials) -> String {
        assert_ne!(word, Word::Refuse, "an answer against a rule: {ask:?}");
        let desk = lock(&self.desk);
        let same = |said: &&Said| credentials.same(&Credentials::password("user", said.password.as_bytes()));
        let mut of_this = desk.said.iter().filter(same).peekable();
        let password = of_this.peek().expect("somebody gave it").password.clone();
        let readable = matches!(ask.scheme, Scheme::Basic | Scheme::Bearer) && !ask.channel.is_encrypted();
        let permitted = of_this.any(|said| {
            let for_this_peer = said.target == ask.target && said.origin.as_ref().is_none_or(|at| *at == ask.origin);
            for_this_peer
                && match said.who {
                    Who::Option => self.names(ask),
                    Who::Person => !readable || said.told,
                    Who::Source => {
                        !readable || self.permits_in_clear(ask) || ask.target == Target::Proxy && self.names(ask)
                    }
                }
        });
        assert!(permitted, "{ask:?} is answered by `{password}` of {:?}", desk.said);
        password
    }

    fn word(&self, ask: &Ask) -> Word {
        self.rule(ask).map_or(self.otherwise, |rule| rule.word)
    }

    fn permits_in_clear(&self, ask: &Ask) -> bool {
        self.rule(ask).is_some_and(|rule| rule.in_clear)
    }

    fn rule(&self, ask: &Ask) -> Option<&Drawn> {
        self.rules.iter().find(|rule| {
            rule.target.is_none_or(|target| target == ask.target)
                && rule.host.is_none_or(|host| match host.strip_prefix('*') {
                    Some(domain) => ask.origin.host().ends_with(domain),
                    None => ask.origin.host() == host,
                })
                && rule
                    .encrypted
                    .is_none_or(|encrypted| encrypted == ask.channel.is_encrypted())
        })
    }

    /// Whether the user named this peer.
    fn names(&self, ask: &Ask) -> bool {
        match ask.target {
            Target::Origin => self.store.as_ref() == Some(&ask.origin),
            Target::Proxy => self.proxies.contains(&ask.origin),
        }
    }
}

impl Drawn {
    fn draw(what: u8, whom: u8) -> Self {
        Self {
            word: [Word::Allow, Word::Ask, Word::Ask, Word::Refuse][usize::from(what & 3)],
            in_clear: what >> 2 & 1 == 1,
            encrypted: [None, Some(false), Some(true), None][usize::from(what >> 3 & 3)],
            target: [None, Some(Target::Origin), Some(Target::Proxy), None][usize::from(whom & 3)],
            host: [None, Some("*.example"), Some("a.example"), Some("b.example")][usize::from(whom >> 2 & 3)],
        }
    }

    fn build(&self) -> Rule {
        let mut rule = match self.word {
            Word::Allow => Rule::allow(),
            Word::Ask => Rule::ask(),
            Word::Refuse => Rule::refuse(),
        };
        if let Some(target) = self.target {
            rule = rule.target(target);
        }
        if let Some(host) = self.host {
            rule = rule.host(pattern(host));
        }
        rule = match self.encrypted {
            Some(true) => rule.only_encrypted(),
            Some(false) => rule.only_clear(),
            None => rule,
        };
        if self.in_clear {
            rule = rule.danger_basic_in_clear();
        }
        rule
    }
}

impl Desk {
    fn by_option(&mut self, target: Target) -> Given {
        let password = format!("PW{}-option", target.status());
        let credentials = Credentials::password("user", password.as_bytes());
        self.said.push(Said {
            who: Who::Option,
            password,
            target,
            origin: None,
            told: false,
        });
        Given::Credentials(Arc::new(credentials))
    }

    fn say(&mut self, who: Who, ask: &Ask, told: bool) -> Credentials {
        let password = format!("PW{}-{}-{who:?}-{}", ask.target.status(), ask.origin, self.choice & 16);
        let credentials = Credentials::password("user", password.as_bytes());
        self.said.push(Said {
            who,
            password,
            target: ask.target,
            origin: Some(ask.origin.clone()),
            told,
        });
        credentials
    }
}

/// A silent source.
struct Netrc(Arc<Mutex<Desk>>);

impl Source for Netrc {
    fn name(&self) -> &'static str {
        "netrc"
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        let mut desk = lock(&self.0);
        match desk.choice >> 5 & 3 {
            0 => Reply::None,
            1 => Reply::Ambient,
            _ => Reply::Use(Arc::new(desk.say(Who::Source, lookup.ask, false))),
        }
    }
}

/// Somebody at a terminal.
struct Person(Arc<Mutex<Desk>>);

impl Prompter for Person {
    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        let mut desk = lock(&self.0);
        assert!(desk.may_ask, "nobody may be asked: {question:?}");
        desk.questions += 1;
        match desk.choice & 3 {
            0 => Prompted::Cancelled,
            1 => Prompted::Unavailable,
            // Who says the same wrong word again would be asked for ever.
            _ if desk.questions > 1 => Prompted::Cancelled,
            _ => Prompted::Answer(desk.say(Who::Person, question.ask, !question.ask.channel.is_encrypted())),
        }
    }
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().expect("nobody panics at the desk and lives")
}

fn pattern(host: &str) -> HostPattern {
    HostPattern::parse(host).expect("a pattern of this file")
}
