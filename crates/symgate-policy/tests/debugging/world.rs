//! The real thing: `Debugging`, `Session` and a `Gate` for each request, with scripted sources, a scripted person, and
//! peers that know one right password. It watches the laws by itself.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use symgate_auth::{
    Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Refusal, Scheme, Target, UriScheme, Wanted,
};
use symgate_policy::{
    Answers, Cause, Command, Debugger, Debugging, Errand, Gate, Interaction, LatchKey, Lookup, Policy, Previous,
    Prompted, Prompter, Prompts, Question, Reply, Session, Source, SymbolClient, SymbolOptions,
};

use super::event::{Demand, From, PASSWORDS, PROXIES, Request, STORES, Seen, State, Typed};

pub(crate) struct World {
    debugging: Debugging,
    session: Session,
    desk: Arc<Mutex<Desk>>,
    /// Peers that accepted something since the client was closed.
    let_in: BTreeSet<String>,
    /// How often the client was closed, now and when the last request began.
    closes: u32,
    began: u32,
}

/// What the sources and the person share with the test.
struct Desk {
    in_force: Prompts,
    silent: Option<&'static str>,
    visible: Option<&'static str>,
    person: VecDeque<Typed>,
    seen: Vec<Seen>,
}

/// A source that shows something, or not.
struct Scripted(Interaction, Arc<Mutex<Desk>>);

impl Source for Scripted {
    fn name(&self) -> &'static str {
        match self.0 {
            Interaction::Silent => "silent",
            Interaction::Visible => "visible",
        }
    }

    fn interaction(&self) -> Interaction {
        self.0
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        let mut desk = self.1.lock().unwrap();
        let may_show = match desk.in_force {
            Prompts::Off => Interaction::Silent,
            Prompts::On => Interaction::Visible,
        };
        assert_eq!(lookup.interaction, may_show, "{} is told what it may do", self.name());
        let password = match self.0 {
            Interaction::Silent => desk.silent,
            Interaction::Visible => {
                assert_eq!(desk.in_force, Prompts::On, "a visible source was asked under Refuse");
                desk.seen.push(Seen::VisibleAsked);
                desk.visible
            }
        };
        match (password, lookup.previous) {
            (Some(password), Previous::None) => Reply::Use(Arc::new(Credentials::password("alice", password))),
            (Some(_), Previous::Rejected) | (None, _) => Reply::None,
        }
    }
}

struct Person(Arc<Mutex<Desk>>);

impl Prompter for Person {
    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        let mut desk = self.0.lock().unwrap();
        assert_eq!(desk.in_force, Prompts::On, "a person was asked under Refuse");
        desk.seen.push(Seen::Dialog);
        match desk.person.pop_front() {
            Some(Typed::Password(password)) => Prompted::Answer(Credentials::password("alice", password)),
            Some(Typed::Cancel) => Prompted::Cancelled,
            None => Prompted::Unavailable,
        }
    }
}

impl World {
    /// `sflags` replaces all of the debugger's start values.
    pub(crate) fn start(debugger: Debugger, sflags: Option<SymbolOptions>) -> Self {
        let debugging = Debugging::start(debugger, sflags.unwrap_or_else(|| debugger.start_options()));
        let desk = Arc::new(Mutex::new(Desk {
            in_force: debugging.effective(),
            silent: None,
            visible: None,
            person: VecDeque::new(),
            seen: Vec::new(),
        }));
        let answers = Answers::default()
            .with_source(Scripted(Interaction::Silent, Arc::clone(&desk)))
            .with_source(Scripted(Interaction::Visible, Arc::clone(&desk)))
            .with_prompter(Person(Arc::clone(&desk)));
        Self {
            debugging,
            session: Session::new(Policy::debugger(debugger, Some(debugging.effective())), answers),
            desk,
            let_in: BTreeSet::new(),
            closes: 0,
            began: 0,
        }
    }

    pub(crate) fn obey(&mut self, command: Command) {
        self.session.carry_out(self.debugging.handle(command));
        self.desk().in_force = self.debugging.effective();
        if matches!(command, Command::CloseClient | Command::Restart) {
            self.let_in.clear();
            self.closes += 1;
        }
    }

    pub(crate) fn debugging(&self) -> &Debugging {
        &self.debugging
    }

    /// Why this store, by its place in the list, or this proxy is shut.
    pub(crate) fn cause(&self, key: &LatchKey) -> Option<Cause> {
        self.session.latches().cause(key)
    }

    pub(crate) fn state(&self) -> State {
        let latches = self.session.latches().list();
        let mut latches: Vec<_> = latches
            .iter()
            .map(|(key, cause)| (key.to_string(), cause.to_string()))
            .collect();
        latches.sort();
        State {
            options: self.debugging.options().bits(),
            policy_allows: self.debugging.policy() == Prompts::On,
            in_force_allows: self.debugging.effective() == Prompts::On,
            client_is_open: self.debugging.client() == SymbolClient::Open,
            latches,
        }
    }

    /// What the caller of a gate does: look at the latches, let the request go, ask the gate when a peer demands
    /// something.
    pub(crate) fn request(&mut self, request: &Request) -> Vec<Seen> {
        self.obey(Command::Contact);
        self.began = self.closes;
        {
            let mut desk = self.desk();
            desk.silent = request.silent;
            desk.visible = request.visible;
            desk.person = request.person.iter().copied().collect();
            desk.seen.clear();
        }
        let (store, keys) = errand(request);
        let mut gate = self.session.gate(store, Arc::default());
        let mut hops = Vec::new();
        if let Some(proxy) = request.proxy {
            hops.push((Target::Proxy, origin(PROXIES[proxy]), request.of_proxy));
        }
        hops.push((Target::Origin, origin(STORES[request.store].0), request.of_store));
        if keys.iter().any(|key| self.cause(key).is_some()) {
            for (target, peer, _) in hops {
                self.insist(&mut gate, target, &peer);
            }
            return vec![Seen::NotContacted];
        }
        self.leave(&keys, Seen::Left);
        let mut answers = 0;
        let found = hops.into_iter().all(|(target, peer, demand)| {
            let right = match demand {
                Demand::Nothing => return true,
                Demand::Certificate => return self.end(&mut gate, target, &peer, Cause::ClientCertificate),
                Demand::UnknownScheme => return self.end(&mut gate, target, &peer, Cause::NoUsableScheme),
                Demand::Password(right) => Some(right),
                Demand::PasswordAndHangUp => None,
            };
            self.log_in(request, (&mut gate, &mut answers), &keys, (target, &peer), right)
        });
        if found {
            self.desk().seen.push(Seen::Found);
        }
        std::mem::take(&mut self.desk().seen)
    }

    /// What each peer would be given without asking anybody; `None` where nothing is remembered. It spoils the session.
    pub(crate) fn probe(&mut self) -> Vec<(String, Option<&'static str>)> {
        {
            let mut desk = self.desk();
            (desk.silent, desk.visible) = (None, None);
            desk.person.clear();
        }
        let servers = ["s", "t"].map(|host| (Target::Origin, host));
        let proxies = PROXIES.map(|host| (Target::Proxy, host));
        let peers = servers.into_iter().chain(proxies);
        // A latched proxy is not asked what it knows.
        let open = peers
            .filter(|(target, host)| *target == Target::Origin || self.cause(&LatchKey::proxy(origin(host))).is_none());
        let open: Vec<_> = open.collect();
        open.into_iter()
            .map(|(target, host)| {
                let errand = Errand::new(origin(host), "probe").with_proxy(origin(host));
                let mut gate = self.session.gate(errand, Arc::default());
                let remembered = match gate.answer(&ask(target, origin(host), 1)) {
                    Answer::Use(credentials) => Some(word(&credentials)),
                    Answer::Ambient | Answer::Pass | Answer::Refuse(_) => None,
                };
                (format!("{target} {host}"), remembered)
            })
            .collect()
    }

    fn log_in(
        &mut self,
        request: &Request,
        (gate, answers): (&mut Gate, &mut usize),
        keys: &[LatchKey],
        (target, peer): (Target, &Origin),
        right: Option<&'static str>,
    ) -> bool {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let ask = ask(target, peer.clone(), attempt);
            let Answer::Use(credentials) = gate.answer(&ask) else {
                self.desk().seen.push(Seen::Refused);
                return false;
            };
            let name = format!("{target} {peer}");
            let from = match gate.answered_by(target) {
                Some("this session") => {
                    assert!(
                        self.let_in.contains(&name),
                        "an answer outlived the close of its client"
                    );
                    From::Memory
                }
                Some("silent") => From::Silent,
                Some("visible") => From::Visible,
                Some("the person asked") => From::Person,
                other => panic!("{other:?} is nobody here"),
            };
            let password = word(&credentials);
            self.leave(keys, Seen::Sent(password, from));
            if let Some((number, command)) = request.meanwhile
                && number == *answers
            {
                self.obey(command);
            }
            *answers += 1;
            match right {
                None => {
                    self.desk().seen.push(Seen::HungUp);
                    return false;
                }
                Some(right) if right == password => {
                    gate.report(&ask, Outcome::Accepted);
                    if self.began == self.closes {
                        self.let_in.insert(name);
                    }
                    return true;
                }
                Some(_) => gate.report(&ask, Outcome::Rejected),
            }
        }
    }

    /// Whoever asks for a password although the latch is shut, because he looked before it was, gets none.
    fn insist(&self, gate: &mut Gate, target: Target, peer: &Origin) {
        let key = gate.errand().latch_key(target, peer);
        if self.cause(&key).is_some() {
            let answer = gate.answer(&ask(target, peer.clone(), 1));
            assert!(
                matches!(answer, Answer::Refuse(Refusal::Latched)),
                "{answer:?} for {key}"
            );
            assert!(self.desk().seen.is_empty(), "somebody was asked for {key}");
        }
    }

    fn end(&self, gate: &mut Gate, target: Target, peer: &Origin, cause: Cause) -> bool {
        gate.end(target, peer, cause);
        self.desk().seen.push(Seen::Refused);
        false
    }

    /// A request leaves: never for what is latched.
    fn leave(&self, keys: &[LatchKey], seen: Seen) {
        for key in keys {
            assert_eq!(self.cause(key), None, "{seen:?} leaves for {key}");
        }
        self.desk().seen.push(seen);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }
}

/// The errand of a request, and what must be open for it.
fn errand(request: &Request) -> (Errand, Vec<LatchKey>) {
    let (host, base) = STORES[request.store];
    let errand = Errand::new(origin(host), base);
    let mut keys = vec![errand.store().clone()];
    match request.proxy {
        Some(proxy) => {
            keys.push(LatchKey::proxy(origin(PROXIES[proxy])));
            (errand.with_proxy(origin(PROXIES[proxy])), keys)
        }
        None => (errand, keys),
    }
}

fn ask(target: Target, origin: Origin, attempt: u32) -> Ask {
    Ask {
        target,
        origin,
        path: "/x.pdb".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Digest,
        realm: Some("corp".into()),
        channel: Channel::encrypted(*b"certificate"),
        attempt,
    }
}

pub(crate) fn origin(host: &str) -> Origin {
    Origin::new(UriScheme::Https, host, 443)
}

/// Which password it is, by comparison.
fn word(credentials: &Credentials) -> &'static str {
    let same = |password: &&&str| credentials.same(&Credentials::password("alice", **password));
    PASSWORDS.iter().find(same).expect("one of the list was given")
}
