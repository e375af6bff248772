//! The gate against scripted sources and a scripted person: who is asked, what is remembered, what is shut.

mod changes;
mod judged;
mod named;
mod whose;

use std::collections::VecDeque;
use std::sync::Mutex;

use symgate_auth::{Channel, Scheme, Secret, UriScheme};

use super::*;
use crate::{Answers, Explicit, HostPattern, LatchKey, Prompter, Rule, Source, Tickets};

/// Answers from a list, and keeps what it was asked.
struct Script {
    replies: VecDeque<Prompted>,
    asked: Arc<Mutex<Vec<String>>>,
    asker: Asker,
}

impl Prompter for Script {
    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        let line = format!("{} {:?} {:?}", question.ask.target, question.name, question.previous);
        self.asked.lock().unwrap().push(line);
        self.replies.pop_front().unwrap_or(Prompted::Unavailable)
    }

    fn asker(&self) -> Asker {
        self.asker
    }
}

/// A source that always says the same.
struct Fixed {
    reply: Reply,
    interaction: Interaction,
    log: Arc<Mutex<Vec<String>>>,
}

impl Source for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn interaction(&self) -> Interaction {
        self.interaction
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        let line = format!("look up {:?} {:?}", lookup.previous, lookup.interaction);
        self.log.lock().unwrap().push(line);
        self.reply.clone()
    }

    fn report(&self, _: &Ask, _: &Credentials, outcome: Outcome, _: &Arc<AtomicBool>) {
        self.log.lock().unwrap().push(format!("{outcome:?}"));
    }
}

type Log = Arc<Mutex<Vec<String>>>;

fn script(replies: impl IntoIterator<Item = Prompted>) -> (Script, Log) {
    let asked = Log::default();
    let script = Script {
        replies: replies.into_iter().collect(),
        asked: Arc::clone(&asked),
        asker: Asker::Person,
    };
    (script, asked)
}

fn fixed(reply: Reply) -> (Fixed, Log) {
    let log = Log::default();
    let source = Fixed {
        reply,
        interaction: Interaction::Silent,
        log: Arc::clone(&log),
    };
    (source, log)
}

fn typed(password: &str) -> Prompted {
    Prompted::Answer(Credentials::password("alice", password))
}

fn alice(password: &str) -> Arc<Credentials> {
    Arc::new(Credentials::password("alice", password))
}

fn given(password: &str) -> Given {
    Given::Credentials(alice(password))
}

fn origin(host: &str) -> Origin {
    Origin::new(UriScheme::Https, host, 443)
}

fn tls() -> Channel {
    Channel::encrypted(*b"certificate")
}

fn ask(target: Target, host: &str) -> Ask {
    Ask {
        target,
        origin: origin(host),
        path: "/".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Digest,
        realm: Some("r".into()),
        channel: tls(),
        attempt: 1,
    }
}

/// To the store `s` by way of the configured proxy `p`.
fn gate(session: &Session) -> Gate {
    session.gate(Errand::new(origin("s"), "base").with_proxy(origin("p")), Arc::default())
}

/// Reports; an acceptance is confirmed, as by a file that comes.
fn judge(gate: &mut Gate, ask: &Ask, outcome: Outcome) {
    gate.report(ask, outcome);
    gate.confirm(ask.target, &ask.origin);
}

/// The password of an answer, or the answer's kind.
fn shown(answer: &Answer) -> String {
    if let Answer::Use(credentials) = answer {
        // By comparison, so that no test has to open a secret.
        let words = [
            "a", "b", "clear", "given", "good", "hidden", "proxy's", "right", "same", "server's", "source", "typed",
            "window", "wrong", "x", "y",
        ];
        let numbers = (0..20).map(|number| number.to_string());
        let mut known = words.into_iter().map(str::to_owned).chain(numbers);
        let found = known.find(|password| credentials.same(&Credentials::password("alice", password.as_str())));
        found.unwrap_or_else(|| format!("{credentials:?}"))
    } else {
        format!("{answer:?}")
    }
}

fn store() -> LatchKey {
    LatchKey::store(origin("s"), "base")
}

fn proxy() -> LatchKey {
    LatchKey::proxy(origin("p"))
}

#[test]
fn asks_in_order_given_memory_source_person() {
    let (source, log) = fixed(Reply::Use(alice("source")));
    let (person, asked) = script([typed("typed")]);
    let explicit = Explicit::default().for_stores(given("given"));
    let answers = Answers::default()
        .with_explicit(explicit)
        .with_source(source)
        .with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let mut gate = gate(&session);
    let ask = ask(Target::Origin, "s");

    for (expected, by) in [
        ("given", "the command line"),
        ("source", "fixed"),
        ("typed", "the person asked"),
    ] {
        assert_eq!(shown(&gate.answer(&ask)), expected);
        assert_eq!(gate.answered_by(Target::Origin), Some(by));
        gate.report(&ask, Outcome::Rejected);
        assert_eq!(gate.answered_by(Target::Origin), None);
    }
    assert_eq!(
        *log.lock().unwrap(),
        ["look up None Visible", "Rejected", "look up Rejected Visible"]
    );
    assert_eq!(*asked.lock().unwrap(), [r#"server Suggested("alice") Rejected"#]);
}

#[test]
fn an_accepted_answer_is_used_again_without_asking() {
    let (person, asked) = script([typed("right")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let ask = ask(Target::Proxy, "p");
    let mut first = gate(&session);
    assert_eq!(shown(&first.answer(&ask)), "right");
    first.report(&ask, Outcome::Accepted);
    let mut second = gate(&session);
    assert_eq!(shown(&second.answer(&ask)), "right");
    assert_eq!(second.answered_by(Target::Proxy), Some("this session"));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn memory_belongs_to_one_target_peer_and_realm() {
    let (person, asked) = script([typed("1"), typed("2"), typed("3"), typed("4")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let mut gate = gate(&session);
    let first = ask(Target::Proxy, "p");
    let others = [
        first.clone(),
        ask(Target::Origin, "p"),
        ask(Target::Proxy, "q"),
        Ask { realm: None, ..first },
    ];
    for (number, ask) in ["1", "2", "3", "4"].into_iter().zip(&others) {
        assert_eq!(shown(&gate.answer(ask)), number, "{ask:?}");
        gate.report(ask, Outcome::Accepted);
    }
    assert_eq!(asked.lock().unwrap().len(), 4);
}

#[test]
fn given_credentials_stay_with_their_target_and_named_peers() {
    let explicit = || {
        Explicit::default()
            .for_stores(given("server's"))
            .for_proxies(given("proxy's"))
    };
    let table = [
        (Target::Origin, "s", "server's"),
        (Target::Proxy, "p", "proxy's"),
        (Target::Origin, "redirected", "Refuse(Automatic)"),
        (Target::Proxy, "found-by-wpad", "Refuse(Automatic)"),
        (Target::Proxy, "s", "Refuse(Automatic)"),
        (Target::Origin, "p", "Refuse(Automatic)"),
    ];
    for (target, host, expected) in table {
        let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit()));
        let answer = gate(&session).answer(&ask(target, host));
        assert_eq!(shown(&answer), expected, "{target} {host}");
    }
}

#[test]
fn basic_in_clear_needs_a_permission() {
    let clear = Ask {
        scheme: Scheme::Basic,
        channel: Channel::CLEARTEXT,
        ..ask(Target::Origin, "s")
    };
    let proxy = |host| Ask {
        target: Target::Proxy,
        origin: origin(host),
        ..clear.clone()
    };
    let rule = || Policy::unattended().with_rule(Rule::allow().danger_basic_in_clear());
    let none = Explicit::default;
    let table = [
        (
            "a source, a server",
            Policy::unattended(),
            none(),
            clear.clone(),
            "Refuse(Automatic)",
        ),
        ("a source, a rule", rule(), none(), clear.clone(), "source"),
        (
            "a source, a configured proxy",
            Policy::unattended(),
            none(),
            proxy("p"),
            "source",
        ),
        (
            "a source, a found proxy",
            Policy::unattended(),
            none(),
            proxy("q"),
            "Refuse(Automatic)",
        ),
        (
            "given, a server",
            Policy::unattended(),
            none().for_stores(given("given")),
            clear.clone(),
            "given",
        ),
        ("typed, a server", Policy::interactive(), none(), clear.clone(), "typed"),
        (
            "a source, encrypted",
            Policy::unattended(),
            none(),
            Ask {
                channel: tls(),
                ..clear.clone()
            },
            "source",
        ),
    ];
    for (row, policy, explicit, ask, expected) in table {
        let answers = Answers::default()
            .with_explicit(explicit)
            .with_source(fixed(Reply::Use(alice("source"))).0)
            .with_prompter(script([typed("typed")]).0);
        let session = Session::new(policy, answers);
        assert_eq!(shown(&gate(&session).answer(&ask)), expected, "{row}");
    }
}

#[test]
fn what_was_typed_for_a_hidden_password_does_not_go_in_clear_later() {
    let (person, asked) = script([typed("hidden"), typed("clear")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let mut gate = gate(&session);
    let digest = Ask {
        channel: Channel::CLEARTEXT,
        ..ask(Target::Origin, "s")
    };
    let basic = Ask {
        scheme: Scheme::Basic,
        ..digest.clone()
    };
    // The last one: having typed it into a dialog that said "in clear text" is the permission.
    for (ask, expected) in [(&digest, "hidden"), (&basic, "clear"), (&basic, "clear")] {
        assert_eq!(shown(&gate.answer(ask)), expected);
        gate.report(ask, Outcome::Accepted);
    }
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_rejected_password_is_not_sent_again_whoever_gives_it() {
    let (source, log) = fixed(Reply::Use(alice("wrong")));
    let (person, asked) = script([typed("wrong"), typed("wrong"), typed("right")]);
    let answers = Answers::default()
        .with_explicit(Explicit::default().for_proxies(given("wrong")))
        .with_source(source)
        .with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let mut gate = gate(&session);
    let first = ask(Target::Proxy, "p");
    assert_eq!(shown(&gate.answer(&first)), "wrong");
    gate.report(&first, Outcome::Rejected);
    // Not in another scheme either, nor under another realm.
    let second = Ask {
        scheme: Scheme::Basic,
        realm: Some("renamed".into()),
        ..first
    };
    assert_eq!(shown(&gate.answer(&second)), "right");
    assert_eq!(log.lock().unwrap().len(), 1, "one look-up, nothing to report");
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[test]
fn a_password_accepted_in_its_realm_outlives_a_rejection_in_another() {
    let explicit = Explicit::default().for_stores(given("good"));
    let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
    let mut gate = gate(&session);
    let mine = ask(Target::Origin, "s");
    let other = Ask {
        realm: Some("other".into()),
        ..mine.clone()
    };
    for (ask, expected, outcome) in [
        (&mine, "good", Outcome::Accepted),
        (&other, "good", Outcome::Rejected),
        (&mine, "good", Outcome::Rejected),
    ] {
        assert_eq!(shown(&gate.answer(ask)), expected);
        gate.report(ask, outcome);
    }
    assert!(
        session
            .desk()
            .remembered(&Peer::of(&mine), &mine, Place::Chosen)
            .is_empty()
    );
    assert_eq!(shown(&gate.answer(&mine)), "Refuse(Automatic)");
}

#[test]
fn an_answer_without_a_report_counts_as_abandoned_at_the_next_request() {
    let explicit = Explicit::default().for_proxies(given("x"));
    let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
    let mut gate = gate(&session);
    let ask = ask(Target::Proxy, "p");
    for _ in 0..2 {
        assert_eq!(shown(&gate.answer(&ask)), "x");
    }
    assert_eq!(gate.pending.len(), 1);
}

#[test]
fn a_source_may_try_again_after_an_acceptance_or_a_close() {
    type Change<'a> = &'a dyn Fn(&Session, &mut Gate, &Ask);
    let close: Change<'_> = &|session, _, _| session.close();
    let accept: Change<'_> = &|_, gate, ask| gate.report(ask, Outcome::Accepted);
    for (row, change, outcomes) in [("close", close, 3), ("acceptance", accept, 2)] {
        struct Counting(Mutex<u32>);
        impl Source for Counting {
            fn name(&self) -> &'static str {
                "counting"
            }
            fn look_up(&self, _: &Lookup<'_>) -> Reply {
                let mut count = self.0.lock().unwrap();
                *count += 1;
                Reply::Use(alice(&count.to_string()))
            }
        }
        let session = Session::new(
            Policy::unattended(),
            Answers::default().with_source(Counting(Mutex::new(0))),
        );
        let mut gate = gate(&session);
        let ask = ask(Target::Proxy, "p");
        for _ in 0..outcomes {
            assert!(matches!(gate.answer(&ask), Answer::Use(_)), "{row}");
            gate.report(&ask, Outcome::Rejected);
        }
        if row == "acceptance" {
            assert!(matches!(gate.answer(&ask), Answer::Use(_)), "{row}");
        }
        change(&session, &mut gate, &ask);
        // Where it was accepted, that answer is used until it is rejected; then there are three tries again.
        for _ in 0..3 {
            assert!(matches!(gate.answer(&ask), Answer::Use(_)), "{row}");
            gate.report(&ask, Outcome::Rejected);
        }
    }
}

#[test]
fn a_person_tries_without_limit_and_a_program_three_times() {
    for (asker, tries, end) in [
        (Asker::Person, 20, "Refuse(Automatic)"),
        (Asker::Program, 3, "Refuse(Automatic)"),
    ] {
        let (mut prompter, asked) = script((0..20).map(|number| typed(&number.to_string())));
        prompter.asker = asker;
        let session = Session::new(Policy::interactive(), Answers::default().with_prompter(prompter));
        let mut gate = gate(&session);
        let ask = ask(Target::Proxy, "p");
        for number in 0..tries {
            assert_eq!(shown(&gate.answer(&ask)), number.to_string(), "{asker:?}");
            gate.report(&ask, Outcome::Rejected);
        }
        assert_eq!(shown(&gate.answer(&ask)), end, "{asker:?}");
        assert_eq!(session.latches().cause(&proxy()), Some(Cause::Rejected), "{asker:?}");
        assert!(asked.lock().unwrap().len() <= 21);
    }
}

#[test]
fn a_program_that_repeats_a_wrong_answer_ends() {
    let (mut prompter, asked) = script((0..20).map(|_| typed("same")));
    prompter.asker = Asker::Program;
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(prompter));
    let mut gate = gate(&session);
    let ask = ask(Target::Proxy, "p");
    assert_eq!(shown(&gate.answer(&ask)), "same");
    gate.report(&ask, Outcome::Rejected);
    assert_eq!(shown(&gate.answer(&ask)), "Refuse(Automatic)");
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[test]
fn cancel_shuts_the_store_also_when_a_redirects_host_asked() {
    let (person, asked) = script([Prompted::Cancelled, typed("x")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    assert_eq!(
        shown(&gate(&session).answer(&ask(Target::Origin, "elsewhere"))),
        "Refuse(ByUser)"
    );
    assert_eq!(session.latches().list(), [(store(), Cause::ByUser)]);
    assert_eq!(
        shown(&gate(&session).answer(&ask(Target::Origin, "s"))),
        "Refuse(Latched)"
    );
    // The proxy is another thing.
    assert_eq!(shown(&gate(&session).answer(&ask(Target::Proxy, "p"))), "x");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn every_end_has_its_cause() {
    let reject = |session: &Session| {
        let mut gate = gate(session);
        let ask = ask(Target::Proxy, "p");
        assert_eq!(shown(&gate.answer(&ask)), "wrong");
        gate.report(&ask, Outcome::Rejected);
        gate.answer(&ask)
    };
    let refuse = |session: &Session| gate(session).answer(&ask(Target::Proxy, "p"));
    let no_scheme = |session: &Session| {
        gate(session).end(Target::Proxy, &origin("p"), Cause::NoUsableScheme);
        gate(session).answer(&ask(Target::Proxy, "p"))
    };
    let wrong = || Answers::default().with_explicit(Explicit::default().for_proxies(given("wrong")));
    let cancelled = || Answers::default().with_prompter(script([Prompted::Cancelled]).0);
    type End<'a> = &'a dyn Fn(&Session) -> Answer;
    let table: [(Policy, Answers, End<'_>, &str, Cause); 6] = [
        (
            Policy::unattended(),
            wrong(),
            &reject,
            "Refuse(Automatic)",
            Cause::Rejected,
        ),
        (
            Policy::unattended(),
            Answers::default(),
            &refuse,
            "Refuse(Automatic)",
            Cause::Automatic,
        ),
        (
            Policy::interactive(),
            Answers::default(),
            &refuse,
            "Refuse(Automatic)",
            Cause::Automatic,
        ),
        (
            Policy::interactive(),
            cancelled(),
            &refuse,
            "Refuse(ByUser)",
            Cause::ByUser,
        ),
        (Policy::empty(), wrong(), &refuse, "Refuse(ByRule)", Cause::Automatic),
        (
            Policy::interactive(),
            wrong(),
            &no_scheme,
            "Refuse(Latched)",
            Cause::NoUsableScheme,
        ),
    ];
    for (policy, answers, end, expected, cause) in table {
        let session = Session::new(policy, answers);
        assert_eq!(shown(&end(&session)), expected, "{cause:?}");
        assert_eq!(session.latches().cause(&proxy()), Some(cause), "{expected}");
        assert_eq!(session.latches().cause(&store()), None, "{expected}");
    }
}

#[test]
fn a_visible_source_is_asked_only_where_a_question_may_be() {
    for (policy, expected) in [
        (Policy::unattended(), "Refuse(Automatic)"),
        (Policy::interactive(), "window"),
    ] {
        let (mut source, log) = fixed(Reply::Use(alice("window")));
        source.interaction = Interaction::Visible;
        let session = Session::new(policy, Answers::default().with_source(source));
        assert_eq!(shown(&gate(&session).answer(&ask(Target::Proxy, "p"))), expected);
        assert_eq!(log.lock().unwrap().is_empty(), expected != "window");
    }
}

#[test]
fn a_name_without_password_is_passed_on_to_the_question() {
    let (person, asked) = script([typed("wrong"), typed("right")]);
    let explicit = Explicit::default().for_proxies(Given::Name("alice".into()));
    let answers = Answers::default().with_explicit(explicit).with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let mut gate = gate(&session);
    let ask = ask(Target::Proxy, "p");
    for outcome in [Outcome::Rejected, Outcome::Accepted] {
        assert!(matches!(gate.answer(&ask), Answer::Use(_)));
        gate.report(&ask, outcome);
    }
    assert_eq!(
        *asked.lock().unwrap(),
        [r#"proxy Given("alice") None"#, r#"proxy Given("alice") Rejected"#]
    );
}

#[test]
fn answers_of_another_kind_are_not_given() {
    let token = Arc::new(Credentials::Bearer(Secret::new("token")));
    let explicit = Explicit::default()
        .for_stores(Given::Credentials(Arc::clone(&token)))
        .for_proxies(Given::Credentials(token));
    let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
    let table = [
        (Target::Origin, Wanted::Password, "Pass"),
        (Target::Origin, Wanted::Bearer, "Bearer([secret])"),
        (Target::Proxy, Wanted::Bearer, "Pass"),
    ];
    for (target, wanted, expected) in table {
        let host = if target == Target::Proxy { "p" } else { "s" };
        let ask = Ask {
            wanted,
            scheme: Scheme::Bearer,
            ..ask(target, host)
        };
        assert_eq!(shown(&gate(&session).answer(&ask)), expected, "{target} {wanted}");
    }
}

#[test]
fn closing_the_client_opens_latches_and_forgets_but_not_rejections() {
    let (person, asked) = script([typed("right"), Prompted::Cancelled, typed("wrong"), typed("right")]);
    let explicit = Explicit::default().for_proxies(given("wrong"));
    let answers = Answers::default().with_explicit(explicit).with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let server = ask(Target::Origin, "s");
    let proxy_ask = ask(Target::Proxy, "p");

    let mut old = gate(&session);
    assert_eq!(shown(&old.answer(&proxy_ask)), "wrong");
    old.report(&proxy_ask, Outcome::Rejected);
    assert_eq!(shown(&old.answer(&proxy_ask)), "right");
    old.report(&proxy_ask, Outcome::Accepted);
    assert_eq!(shown(&gate(&session).answer(&server)), "Refuse(ByUser)");

    session.close();
    assert_eq!(session.latches().list(), []);
    // Asked again, without the wrong one being sent again, and without calling the new question a repetition.
    let mut new = gate(&session);
    assert_eq!(shown(&new.answer(&proxy_ask)), "right");
    assert_eq!(
        asked.lock().unwrap()[2..],
        ["proxy Unknown None", r#"proxy Suggested("alice") Rejected"#]
    );
    new.report(&proxy_ask, Outcome::Accepted);

    // What began before the close has no effect after it.
    old.end(Target::Proxy, &origin("p"), Cause::Rejected);
    assert_eq!(session.latches().list(), []);
}

#[test]
fn an_acceptance_after_the_close_is_not_remembered() {
    let (person, asked) = script([typed("a"), typed("b")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let ask = ask(Target::Proxy, "p");
    let mut old = gate(&session);
    assert_eq!(shown(&old.answer(&ask)), "a");
    session.close();
    old.report(&ask, Outcome::Accepted);
    assert_eq!(shown(&gate(&session).answer(&ask)), "b");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_new_policy_holds_at_once_and_opens_no_latch() {
    let (person, asked) = script([typed("x"), typed("y")]);
    let session = Session::new(Policy::unattended(), Answers::default().with_prompter(person));
    let mut gate = gate(&session);
    assert_eq!(shown(&gate.answer(&ask(Target::Origin, "s"))), "Refuse(Automatic)");
    session.set_policy(Policy::interactive());
    assert_eq!(shown(&gate.answer(&ask(Target::Origin, "s"))), "Refuse(Latched)");
    assert_eq!(shown(&gate.answer(&ask(Target::Proxy, "p"))), "x");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn a_cancelled_errand_answers_no_more_and_shuts_nothing() {
    let (person, asked) = script([typed("x")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let mut gate = session.gate(Errand::new(origin("s"), ""), Arc::new(AtomicBool::new(true)));
    assert_eq!(shown(&gate.answer(&ask(Target::Origin, "s"))), "Refuse(ByUser)");
    assert_eq!(session.latches().list(), []);
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn a_source_learns_once_what_became_of_its_answer() {
    for (end, expected) in [
        (Some(Outcome::Accepted), "Accepted"),
        (Some(Outcome::Rejected), "Rejected"),
        (Some(Outcome::Abandoned), "Abandoned"),
        (None, "Abandoned"),
    ] {
        let (source, log) = fixed(Reply::Use(alice("x")));
        let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
        let mut gate = gate(&session);
        let ask = ask(Target::Proxy, "p");
        assert_eq!(shown(&gate.answer(&ask)), "x");
        if let Some(outcome) = end {
            judge(&mut gate, &ask, outcome);
            judge(&mut gate, &ask, outcome);
        }
        drop(gate);
        assert_eq!(*log.lock().unwrap(), ["look up None Silent", expected]);
    }
}

#[test]
fn debug_output_holds_no_secret() {
    let (source, _) = fixed(Reply::Use(alice("S3cret-b")));
    let explicit = Explicit::default().for_stores(given("S3cret-a"));
    let answers = Answers::default().with_explicit(explicit).with_source(source);
    let mut shown = format!("{answers:?}");
    let session = Session::new(Policy::unattended(), answers);
    let mut gate = gate(&session);
    for (target, host) in [(Target::Origin, "s"), (Target::Proxy, "p")] {
        assert!(matches!(gate.answer(&ask(target, host)), Answer::Use(_)));
    }
    shown += &format!("{session:?} {gate:?} {:?}", session.desk());
    assert!(!shown.contains("S3cret"), "{shown}");
    assert!(shown.contains("alice"));
}
