//! What sources hear of their answers, and what a judgement is: a lost connection is none.

use super::*;

/// Looks up and reports by the log of a source that gives one answer after the other.
struct Turns {
    replies: Mutex<VecDeque<Reply>>,
    log: Log,
}

impl Source for Turns {
    fn name(&self) -> &'static str {
        "turns"
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        self.log.lock().unwrap().push(format!("look up {:?}", lookup.previous));
        self.replies.lock().unwrap().pop_front().unwrap_or(Reply::None)
    }

    fn report(&self, _: &Ask, credentials: &Credentials, outcome: Outcome, _: &Arc<AtomicBool>) {
        let answer = ["1", "2", "3"].into_iter().find(|text| credentials.same(&alice(text)));
        let line = format!("{outcome:?} {}", answer.unwrap_or("another"));
        self.log.lock().unwrap().push(line);
    }
}

fn turns(passwords: &[&str]) -> (Turns, Log) {
    let log = Log::default();
    let replies = passwords.iter().map(|password| Reply::Use(alice(password)));
    let source = Turns {
        replies: Mutex::new(replies.collect()),
        log: Arc::clone(&log),
    };
    (source, log)
}

#[test]
fn an_answer_that_nobody_judged_is_no_rejected_one() {
    let (source, log) = turns(&["1", "1", "1", "1", "1"]);
    let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
    let ask = ask(Target::Proxy, "p");
    // Five files, whose connections are lost.
    for _ in 0..5 {
        let mut gate = gate(&session);
        assert_eq!(shown(&gate.answer(&ask)), "1");
        gate.report(&ask, Outcome::Abandoned);
    }
    assert_eq!(
        *log.lock().unwrap(),
        ["look up None", "Abandoned 1"].repeat(5),
        "asked as if for the first time"
    );
}

#[test]
fn a_program_that_asks_a_person_is_not_cut_short_by_lost_connections() {
    let (mut prompter, asked) = script((0..4).map(|_| typed("1")));
    prompter.asker = Asker::Program;
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(prompter));
    let ask = ask(Target::Proxy, "p");
    for _ in 0..4 {
        assert_eq!(shown(&gate(&session).answer(&ask)), "1");
    }
    assert_eq!(*asked.lock().unwrap(), ["proxy Unknown None"; 4]);
}

#[test]
fn a_source_that_repeats_what_was_rejected_is_asked_three_times_in_all() {
    let (source, log) = fixed(Reply::Use(alice("wrong")));
    let (person, _) = script((0..9).map(|number| typed(&number.to_string())));
    let answers = Answers::default().with_source(source).with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let ask = ask(Target::Proxy, "p");
    assert_eq!(shown(&gate(&session).answer(&ask)), "wrong");
    let mut gate = gate(&session);
    for number in ["wrong", "0", "1", "2", "3", "4"] {
        assert_eq!(shown(&gate.answer(&ask)), number);
        gate.report(&ask, Outcome::Rejected);
    }
    let log = log.lock().unwrap();
    let looked: Vec<_> = log.iter().filter(|line| line.starts_with("look up")).collect();
    // The first was lost; the second was rejected, and twice more it is known to be wrong.
    let (first, again) = ("look up None Visible", "look up Rejected Visible");
    assert_eq!(looked, [first, first, again, again]);
}

#[test]
fn who_gave_a_token_that_expires_hears_of_it_and_gives_a_new_one() {
    let (source, log) = turns(&["1", "2", "3"]);
    let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
    let ask = ask(Target::Origin, "s");
    let mut first = gate(&session);
    assert_eq!(shown(&first.answer(&ask)), "1");
    judge(&mut first, &ask, Outcome::Accepted);
    assert_eq!(mem::take(&mut *log.lock().unwrap()), ["look up None", "Accepted 1"]);

    // Two files at once find it expired; the second hears so when it is renewed already.
    let (mut second, mut third) = (gate(&session), gate(&session));
    for gate in [&mut second, &mut third] {
        assert_eq!(shown(&gate.answer(&ask)), "1");
        assert_eq!(gate.answered_by(Target::Origin), Some("this session"));
    }
    judge(&mut second, &ask, Outcome::Rejected);
    assert_eq!(shown(&second.answer(&ask)), "2");
    judge(&mut second, &ask, Outcome::Accepted);
    judge(&mut third, &ask, Outcome::Rejected);
    assert_eq!(shown(&third.answer(&ask)), "2");
    judge(&mut third, &ask, Outcome::Accepted);
    assert_eq!(
        mem::take(&mut *log.lock().unwrap()),
        ["Rejected 1", "look up Rejected", "Accepted 2"]
    );
    // And the new one too.
    let mut fourth = gate(&session);
    assert_eq!(shown(&fourth.answer(&ask)), "2");
    judge(&mut fourth, &ask, Outcome::Rejected);
    assert_eq!(shown(&fourth.answer(&ask)), "3");
    assert_eq!(*log.lock().unwrap(), ["Rejected 2", "look up Rejected"]);
}

#[test]
fn a_source_that_repeats_what_has_expired_ends_and_says_why() {
    let (source, log) = turns(&["1", "1", "2"]);
    let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
    let ask = ask(Target::Proxy, "p");
    let mut gate = gate(&session);
    for outcome in [Outcome::Accepted, Outcome::Rejected] {
        assert_eq!(shown(&gate.answer(&ask)), "1");
        judge(&mut gate, &ask, outcome);
    }
    assert_eq!(shown(&gate.answer(&ask)), "Refuse(Automatic)");
    assert_eq!(session.latches().cause(&proxy()), Some(Cause::Rejected));
    assert_eq!(
        *log.lock().unwrap(),
        ["look up None", "Accepted 1", "Rejected 1", "look up Rejected"]
    );
}

#[test]
fn the_question_after_a_remembered_answer_was_rejected_says_so() {
    let (person, asked) = script([typed("1"), typed("2")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let ask = ask(Target::Proxy, "p");
    for (outcome, password) in [
        (Outcome::Accepted, "1"),
        (Outcome::Rejected, "1"),
        (Outcome::Accepted, "2"),
    ] {
        let mut gate = gate(&session);
        assert_eq!(shown(&gate.answer(&ask)), password);
        gate.report(&ask, outcome);
    }
    assert_eq!(
        *asked.lock().unwrap(),
        ["proxy Unknown None", r#"proxy Suggested("alice") Rejected"#]
    );
}

#[test]
fn a_source_does_not_hear_of_a_rejection_while_its_answer_is_good_in_another_realm() {
    let (source, log) = turns(&["1", "1"]);
    let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
    let mine = ask(Target::Origin, "s");
    let other = Ask {
        realm: Some("other".into()),
        ..mine.clone()
    };
    let mut gate = gate(&session);
    for (ask, outcome, told) in [
        (&mine, Outcome::Accepted, &["look up None", "Accepted 1"][..]),
        // What may not go there is no reason to erase it.
        (&other, Outcome::Rejected, &["look up None"]),
        (&mine, Outcome::Accepted, &[]),
        (&mine, Outcome::Rejected, &["Rejected 1"]),
    ] {
        assert_eq!(shown(&gate.answer(ask)), "1", "{ask:?}");
        judge(&mut gate, ask, outcome);
        assert_eq!(mem::take(&mut *log.lock().unwrap()), told, "{ask:?} {outcome:?}");
    }
}

/// Keeps what was typed.
struct Keeps(Log);

impl Source for Keeps {
    fn name(&self) -> &'static str {
        "keeps"
    }

    fn look_up(&self, _: &Lookup<'_>) -> Reply {
        Reply::None
    }

    fn keep(&self, ask: &Ask, _: &Credentials, _: &Arc<AtomicBool>) {
        self.0.lock().unwrap().push(format!("keep {}", ask.origin.host()));
    }
}

#[test]
fn what_was_typed_is_kept_when_what_followed_showed_that_it_was_right() {
    let log = Log::default();
    let (person, asked) = script([typed("1"), typed("2")]);
    let answers = Answers::default()
        .with_source(Keeps(Arc::clone(&log)))
        .with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let (server, proxy) = (ask(Target::Origin, "s"), ask(Target::Proxy, "p"));
    let log_in = |gate: &mut Gate, ask| {
        assert!(matches!(gate.answer(ask), Answer::Use(_)));
        gate.report(ask, Outcome::Accepted);
    };
    // The proxy lets through; the server says 403.
    let mut first = gate(&session);
    log_in(&mut first, &proxy);
    log_in(&mut first, &server);
    first.confirm(Target::Proxy, &proxy.origin);
    first.confirm(Target::Origin, &origin("elsewhere"));
    assert_eq!(mem::take(&mut *log.lock().unwrap()), ["keep p"]);
    drop(first);
    // The next file is there, and shows it; once is enough.
    for kept in [&["keep s"][..], &[]] {
        let mut next = gate(&session);
        log_in(&mut next, &proxy);
        log_in(&mut next, &server);
        for _ in 0..2 {
            next.confirm(Target::Proxy, &proxy.origin);
            next.confirm(Target::Origin, &server.origin);
        }
        assert_eq!(mem::take(&mut *log.lock().unwrap()), kept);
    }
    assert_eq!(asked.lock().unwrap().len(), 2, "the session remembers it all the same");
}

#[test]
fn what_is_judged_anew_is_not_confirmed_by_what_follows() {
    type Change<'a> = &'a dyn Fn(&Session, &mut Gate, &Ask);
    let table: [(&str, Change<'_>, &[&str]); 4] = [
        ("nothing", &|_, _, _| {}, &["Accepted 1"]),
        ("asked again", &|_, gate, ask| drop(gate.answer(ask)), &[]),
        (
            "rejected",
            &|_, gate, ask| {
                gate.answer(ask);
                gate.report(ask, Outcome::Rejected);
            },
            &["Rejected 1"],
        ),
        ("closed", &|session, _, _| session.close(), &[]),
    ];
    for (row, change, told) in table {
        let (source, log) = turns(&["1"]);
        let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
        let ask = ask(Target::Proxy, "p");
        let mut gate = gate(&session);
        assert_eq!(shown(&gate.answer(&ask)), "1");
        gate.report(&ask, Outcome::Accepted);
        change(&session, &mut gate, &ask);
        gate.confirm(Target::Proxy, &ask.origin);
        assert_eq!(log.lock().unwrap()[1..], *told, "{row}");
    }
}

#[test]
fn a_gate_that_was_asked_nothing_confirms_the_one_answer_that_its_peer_accepted() {
    let table: [(&str, &[&str], &str, &[&str]); 4] = [
        ("one realm", &["r"], "s", &["Accepted 1"]),
        ("two realms", &["r", "other"], "s", &[]),
        ("nobody chose it", &["r"], "other", &[]),
        ("never asked", &[], "s", &[]),
    ];
    for (row, realms, host, told) in table {
        let (source, log) = turns(&["1", "1"]);
        let session = Session::new(Policy::unattended(), Answers::default().with_source(source));
        for realm in realms {
            let realm = Some((*realm).to_owned());
            let ask = Ask {
                realm,
                ..ask(Target::Origin, "s")
            };
            let mut gate = gate(&session);
            assert_eq!(shown(&gate.answer(&ask)), "1");
            gate.report(&ask, Outcome::Accepted);
        }
        log.lock().unwrap().clear();
        for _ in 0..2 {
            let mut later = session.gate(Errand::new(origin(host), "base"), Arc::default());
            later.confirm(Target::Origin, &origin("s"));
        }
        assert_eq!(*log.lock().unwrap(), told, "{row}");
    }
}
