//! SYMSRV §3.5's table a second time, plain: one request at a time, flat sets, no sharing. A comment before each step is
//! the row that it stands for. Where the project decides what the table leaves open, DECISIONS is named.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use symgate_policy::Command;

use super::event::{Demand, From, PROXIES, Request, STORES, Seen, State, Typed};

pub(crate) struct Model {
    options: u32,
    in_force_allows: bool,
    client_is_open: bool,
    latches: BTreeMap<String, &'static str>,
    /// By peer, with whoever gave it.
    remembered: BTreeMap<String, (&'static str, From)>,
    rejected: BTreeSet<(String, &'static str)>,
    /// Sources whose answer this peer rejected, and which have no other.
    spent: BTreeSet<(String, &'static str)>,
    closes: u32,
}

/// One peer on the way of a request.
struct Hop {
    peer: String,
    latch: String,
    demand: Demand,
}

/// What a request has with it.
struct Errand<'r> {
    request: &'r Request,
    person: VecDeque<Typed>,
    answers: usize,
    /// How often the client had been closed when it began.
    began: u32,
    seen: Vec<Seen>,
}

impl Model {
    /// "copied from policy [...] at session start".
    pub(crate) fn start(options: u32) -> Self {
        Self {
            options,
            in_force_allows: options & NO_PROMPTS == 0,
            client_is_open: false,
            latches: BTreeMap::new(),
            remembered: BTreeMap::new(),
            rejected: BTreeSet::new(),
            spent: BTreeSet::new(),
            closes: 0,
        }
    }

    pub(crate) fn obey(&mut self, command: Command) {
        // §6.2: "Setting SECURE cannot be undone".
        let kept = self.options & SECURE;
        match command {
            // `!sym prompts ...`, `.symopt +/- 80000`: policy changes; effective unchanged.
            Command::Add(options) => self.options |= options.bits(),
            Command::Remove(options) => self.options = (self.options & !options.bits()) | kept,
            Command::Replace(options) => self.options = options.bits() | kept,
            // `.reload [any]`: effective := policy. `.reload` while latched: latch stays.
            Command::Reload => self.in_force_allows = self.options & NO_PROMPTS == 0,
            // `!symsrv close`: client := Closed; all latches cleared.
            Command::CloseClient => self.close(),
            // restart: as close; policy keeps the option value; "copied from policy at session start".
            Command::Restart => {
                self.close();
                self.in_force_allows = self.options & NO_PROMPTS == 0;
            }
            // `!symsrv close`: "next lookup reopens".
            Command::Contact => self.client_is_open = true,
        }
    }

    pub(crate) fn request(&mut self, request: &Request) -> Vec<Seen> {
        self.client_is_open = true;
        let (host, base) = STORES[request.store];
        let proxy = request.proxy.map(|proxy| Hop {
            peer: format!("proxy {}", PROXIES[proxy]),
            latch: format!("proxy `{}:443`", PROXIES[proxy]),
            demand: request.of_proxy,
        });
        let store = Hop {
            peer: format!("server {host}"),
            latch: format!("store `https://{host}/{base}`"),
            demand: request.of_store,
        };
        let hops: Vec<Hop> = proxy.into_iter().chain([store]).collect();
        // "request to store, latch = Refused: do not contact"; a proxy's latch: "whatever would go through it".
        if hops.iter().any(|hop| self.latches.contains_key(&hop.latch)) {
            return vec![Seen::NotContacted];
        }
        let mut errand = Errand {
            request,
            person: request.person.iter().copied().collect(),
            answers: 0,
            began: self.closes,
            seen: vec![Seen::Left],
        };
        if hops.iter().all(|hop| self.lets_through(hop, &mut errand)) {
            errand.seen.push(Seen::Found);
        }
        errand.seen
    }

    pub(crate) fn state(&self) -> State {
        State {
            options: self.options,
            policy_allows: self.options & NO_PROMPTS == 0,
            in_force_allows: self.in_force_allows,
            client_is_open: self.client_is_open,
            latches: self
                .latches
                .iter()
                .map(|(key, cause)| (key.clone(), (*cause).to_owned()))
                .collect(),
        }
    }

    /// What this peer would be given without asking anybody.
    pub(crate) fn remembered(&self, peer: &str) -> Option<&'static str> {
        self.remembered.get(peer).map(|(password, _)| *password)
    }

    fn lets_through(&mut self, hop: &Hop, errand: &mut Errand<'_>) -> bool {
        let right = match hop.demand {
            Demand::Nothing => return true,
            // "cert demand": nothing silent is there, and no question helps.
            Demand::Certificate => return self.refuse(hop, errand, "a client certificate is needed"),
            // DECISIONS §4: every end with status 3 latches, with its cause.
            Demand::UnknownScheme => return self.refuse(hop, errand, "no usable authentication scheme"),
            Demand::Password(right) => Some(right),
            Demand::PasswordAndHangUp => None,
        };
        loop {
            let Some((password, from)) = self.answer(hop, errand) else {
                return false;
            };
            // "dialog OK: resend with credentials".
            errand.seen.push(Seen::Sent(password, from));
            if let Some((number, command)) = errand.request.meanwhile
                && number == errand.answers
            {
                self.obey(command);
            }
            errand.answers += 1;
            match right {
                None => {
                    errand.seen.push(Seen::HungUp);
                    return false;
                }
                Some(right) if right == password => {
                    // "success after dialog: remember credentials for the session"; not for one that was closed meanwhile.
                    if errand.began == self.closes {
                        if from != From::Memory {
                            self.remembered.insert(hop.peer.clone(), (password, from));
                        }
                        self.spent.retain(|(peer, _)| *peer != hop.peer);
                    }
                    return true;
                }
                // "401/407 again -> show dialog again (unlimited)"; DECISIONS §3: a password that was rejected is over.
                Some(_) => {
                    self.rejected.insert((hop.peer.clone(), password));
                    let known = self
                        .remembered
                        .get(&hop.peer)
                        .copied()
                        .filter(|(known, _)| *known == password);
                    if known.is_some() {
                        self.remembered.remove(&hop.peer);
                    }
                    let giver = known.map_or(from, |(_, giver)| giver);
                    if errand.began == self.closes
                        && let Some(source) = source(giver)
                    {
                        self.spent.insert((hop.peer.clone(), source));
                    }
                }
            }
        }
    }

    fn answer(&mut self, hop: &Hop, errand: &mut Errand<'_>) -> Option<(&'static str, From)> {
        // "integrated/OS or stored credentials not yet tried: try them silently first (both policies)".
        if let Some((password, _)) = self.remembered.get(&hop.peer) {
            return Some((password, From::Memory));
        }
        if let Some(password) = self.ask_source(hop, "silent", errand.request.silent) {
            return Some((password, From::Silent));
        }
        // "401/407, effective = Refuse: no dialog; latch := Refused(Auto); nothing transferred".
        if !self.in_force_allows {
            return self.refuse_automatically(hop, errand);
        }
        // "401/407, effective = Allow: show dialog"; a source that shows something is such a dialog.
        errand.seen.push(Seen::VisibleAsked);
        if let Some(password) = self.ask_source(hop, "visible", errand.request.visible) {
            return Some((password, From::Visible));
        }
        loop {
            errand.seen.push(Seen::Dialog);
            match errand.person.pop_front() {
                // Nobody is there any more.
                None => return self.refuse_automatically(hop, errand),
                // "dialog Cancel: latch := Refused(User); nothing transferred".
                Some(Typed::Cancel) => {
                    self.refuse(hop, errand, "cancelled by the user");
                    return None;
                }
                Some(Typed::Password(password)) if self.is_rejected(hop, password) => {}
                Some(Typed::Password(password)) => return Some((password, From::Person)),
            }
        }
    }

    /// A source repeats its answer until the peer rejects it; then it has none until the peer accepts something, or the
    /// client is closed.
    fn ask_source(&mut self, hop: &Hop, name: &'static str, has: Option<&'static str>) -> Option<&'static str> {
        let password = has?;
        let spent = (hop.peer.clone(), name);
        if self.is_rejected(hop, password) {
            self.spent.insert(spent);
            return None;
        }
        (!self.spent.contains(&spent)).then_some(password)
    }

    fn is_rejected(&self, hop: &Hop, password: &'static str) -> bool {
        self.rejected.contains(&(hop.peer.clone(), password))
    }

    fn refuse_automatically<T>(&mut self, hop: &Hop, errand: &mut Errand<'_>) -> Option<T> {
        // DECISIONS §4: with its cause; where something was rejected, that is it.
        let rejected = self.rejected.iter().any(|(peer, _)| *peer == hop.peer);
        let cause = if rejected {
            "credentials rejected"
        } else {
            "refused automatically"
        };
        self.refuse(hop, errand, cause);
        None
    }

    /// Always false: nothing gets through. What began before a close shuts nothing after it.
    fn refuse(&mut self, hop: &Hop, errand: &mut Errand<'_>, cause: &'static str) -> bool {
        if errand.began == self.closes {
            self.latches.insert(hop.latch.clone(), cause);
        }
        errand.seen.push(Seen::Refused);
        false
    }

    fn close(&mut self) {
        self.client_is_open = false;
        self.latches.clear();
        self.remembered.clear();
        self.spent.clear();
        self.closes += 1;
    }
}

/// Which source it is, if any.
const fn source(from: From) -> Option<&'static str> {
    match from {
        From::Silent => Some("silent"),
        From::Visible => Some("visible"),
        From::Memory | From::Person => None,
    }
}

const NO_PROMPTS: u32 = 0x80000;
const SECURE: u32 = 0x40000;
