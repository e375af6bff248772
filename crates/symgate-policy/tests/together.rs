//! Several gates at once: one failed logon per answer given, one question at a time, nobody waits for ever
//! (DECISIONS §3, "one first authentication per (peer, identity)").
#![expect(
    clippy::disallowed_methods,
    reason = "callers bring the threads, and here we are the caller"
)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use symgate_auth::{
    Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Refusal, Scheme, Target, UriScheme, Wanted,
};
use symgate_policy::{
    Answers, Errand, Explicit, Gate, Given, Lookup, Policy, Prompted, Prompter, Question, Reply, Session, Source,
};

/// A proxy that knows one right password and counts.
struct Proxy {
    right: Arc<Credentials>,
    accepted: AtomicUsize,
    /// The answers it rejected, in order.
    rejected: Mutex<Vec<Arc<Credentials>>>,
}

impl Proxy {
    fn new(right: &str) -> Self {
        Self {
            right: alice(right),
            accepted: AtomicUsize::new(0),
            rejected: Mutex::default(),
        }
    }

    fn judge(&self, answer: &Arc<Credentials>) -> Outcome {
        // Time for the others to do it wrong.
        for _ in 0..50 {
            thread::yield_now();
        }
        if answer.same(&self.right) {
            self.accepted.fetch_add(1, Ordering::SeqCst);
            Outcome::Accepted
        } else {
            self.rejected.lock().unwrap().push(Arc::clone(answer));
            Outcome::Rejected
        }
    }

    fn rejections(&self) -> usize {
        self.rejected.lock().unwrap().len()
    }
}

/// A person who types these passwords, and who notices two questions at once.
struct Person {
    passwords: VecDeque<Option<&'static str>>,
    asked: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Prompter for Person {
    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        assert_eq!(self.open.fetch_add(1, Ordering::SeqCst), 0, "two questions at once");
        self.asked.fetch_add(1, Ordering::SeqCst);
        for _ in 0..50 {
            thread::yield_now();
        }
        self.open.fetch_sub(1, Ordering::SeqCst);
        match self.passwords.pop_front() {
            Some(Some(password)) => Prompted::Answer(Credentials::password("alice", password)),
            Some(None) => Prompted::Cancelled,
            None => Prompted::Unavailable,
        }
    }
}

fn person(passwords: impl IntoIterator<Item = Option<&'static str>>) -> (Person, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let person = Person {
        passwords: passwords.into_iter().collect(),
        asked: Arc::clone(&asked),
        open: Arc::default(),
    };
    (person, asked)
}

fn alice(password: &str) -> Arc<Credentials> {
    Arc::new(Credentials::password("alice", password))
}

fn origin(host: &str) -> Origin {
    Origin::new(UriScheme::Http, host, 80)
}

fn ask_of(host: &str) -> Ask {
    Ask {
        target: Target::Proxy,
        origin: origin(host),
        path: String::new(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: Some("corp".into()),
        channel: Channel::CLEARTEXT,
        attempt: 1,
    }
}

fn ask() -> Ask {
    ask_of("p")
}

fn gate(session: &Session) -> Gate {
    session.gate(Errand::new(origin("s"), "").with_proxy(origin("p")), Arc::default())
}

fn explicit(password: &str) -> Explicit {
    Explicit::default().for_proxies(Given::Credentials(alice(password)))
}

/// One errand as a driver runs it: asks until it is let through or refused.
fn run(gate: &mut Gate, proxy: &Proxy) -> Result<(), Refusal> {
    let mut ask = ask();
    loop {
        match gate.answer(&ask) {
            Answer::Use(credentials) => {
                let outcome = proxy.judge(&credentials);
                gate.report(&ask, outcome);
                if outcome == Outcome::Accepted {
                    return Ok(());
                }
                ask.attempt += 1;
            }
            Answer::Refuse(refusal) => return Err(refusal),
            Answer::Ambient | Answer::Pass => panic!("nothing else was offered"),
        }
    }
}

/// Sixty errands on eight connections, all started at once.
fn run_all(session: &Session, proxy: &Proxy) -> Vec<Result<(), Refusal>> {
    let start = Barrier::new(8);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    (0..8).map(|_| run(&mut gate(session), proxy)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Fails instead of hanging: ten times the promised 100 ms, and as much again for a busy machine.
const WATCHDOG: Duration = Duration::from_secs(2);

#[test]
fn a_wrong_given_password_is_sent_once() {
    for _ in 0..50 {
        let proxy = Proxy::new("right");
        let session = Session::new(
            Policy::unattended(),
            Answers::default().with_explicit(explicit("wrong")),
        );
        let results = run_all(&session, &proxy);
        assert_eq!(proxy.rejections(), 1);
        assert!(results.iter().all(Result::is_err), "{results:?}");
        let automatic = results
            .iter()
            .filter(|result| **result == Err(Refusal::Automatic))
            .count();
        assert_eq!(automatic, 1, "one refuses, the others find it shut: {results:?}");
    }
}

#[test]
fn a_person_is_asked_once_for_each_answer_in_all() {
    for _ in 0..50 {
        let proxy = Proxy::new("right");
        let (person, asked) = person([Some("wrong"), Some("right")]);
        let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
        let results = run_all(&session, &proxy);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(proxy.rejections(), 1);
        assert_eq!(proxy.accepted.load(Ordering::SeqCst), 64);
    }
}

#[test]
fn a_given_and_a_typed_wrong_password_fail_once_each() {
    for _ in 0..50 {
        let proxy = Proxy::new("right");
        // The second is the given one, typed: it is not sent again.
        let (person, asked) = person([Some("also wrong"), Some("wrong"), Some("right")]);
        let answers = Answers::default()
            .with_explicit(explicit("wrong"))
            .with_prompter(person);
        let results = run_all(&Session::new(Policy::interactive(), answers), &proxy);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        let rejected = proxy.rejected.lock().unwrap();
        assert!(rejected.len() == 2 && rejected[0].same(&alice("wrong")) && rejected[1].same(&alice("also wrong")));
    }
}

#[test]
fn one_cancel_is_enough_for_all() {
    for _ in 0..50 {
        let proxy = Proxy::new("right");
        let (person, asked) = person([Some("wrong"), None, Some("right")]);
        let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
        let results = run_all(&session, &proxy);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(proxy.rejections(), 1);
        let cancelled = results.iter().filter(|result| **result == Err(Refusal::ByUser)).count();
        let latched = results
            .iter()
            .filter(|result| **result == Err(Refusal::Latched))
            .count();
        assert_eq!((cancelled, latched), (1, 63), "{results:?}");
    }
}

#[test]
fn a_source_is_asked_by_one_gate_at_a_time_for_one_peer() {
    struct Helper(AtomicUsize, AtomicUsize);
    impl Source for Helper {
        fn name(&self) -> &'static str {
            "helper"
        }
        fn look_up(&self, _: &Lookup<'_>) -> Reply {
            assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "two look-ups at once");
            thread::yield_now();
            self.0.fetch_sub(1, Ordering::SeqCst);
            // Each time another wrong one.
            Reply::Use(alice(&format!("wrong {}", self.1.fetch_add(1, Ordering::SeqCst))))
        }
    }
    for _ in 0..50 {
        let proxy = Proxy::new("right");
        let answers = Answers::default().with_source(Helper(AtomicUsize::new(0), AtomicUsize::new(0)));
        let results = run_all(&Session::new(Policy::unattended(), answers), &proxy);
        assert!(results.iter().all(Result::is_err), "{results:?}");
        assert_eq!(proxy.rejections(), 3, "a program tries three times, in all");
    }
}

#[test]
fn two_questions_of_two_peers_come_one_after_the_other() {
    for _ in 0..20 {
        let (person, asked) = person((0..8).map(|_| Some("typed")));
        let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
        thread::scope(|scope| {
            for host in ["a", "b", "c", "d", "e", "f", "g", "h"] {
                let mut gate = gate(&session);
                scope.spawn(move || assert!(matches!(gate.answer(&ask_of(host)), Answer::Use(_))));
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 8);
    }
}

#[test]
fn an_abandoned_answer_lets_the_next_one_go_first() {
    enum End {
        Drop,
        Report,
    }
    for end in [End::Drop, End::Report] {
        let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit("x")));
        let mut first = gate(&session);
        assert!(matches!(first.answer(&ask()), Answer::Use(_)));
        let (sender, receiver) = mpsc::channel();
        let mut second = gate(&session);
        let waiting = thread::spawn(move || {
            let answer = second.answer(&ask());
            sender.send(answer).unwrap();
            second
        });
        assert!(
            receiver.recv_timeout(Duration::from_millis(30)).is_err(),
            "the second one waits"
        );
        match end {
            End::Drop => drop(first),
            End::Report => first.report(&ask(), Outcome::Abandoned),
        }
        assert!(matches!(receiver.recv_timeout(WATCHDOG), Ok(Answer::Use(_))));
        drop(waiting.join().unwrap());
    }
}

#[test]
fn a_thread_that_dies_with_its_answer_lets_the_next_one_go() {
    struct Dies;
    impl Prompter for Dies {
        fn ask(&mut self, _: &Question<'_>) -> Prompted {
            panic!("on purpose")
        }
    }
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(Dies));
    for _ in 0..2 {
        let mut gate = gate(&session);
        // The second one would hang if the first had kept the floor or the peer's turn.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let sender = sender;
            let _answer = gate.answer(&ask());
            sender.send(()).unwrap();
        });
        assert_eq!(
            receiver.recv_timeout(WATCHDOG),
            Err(mpsc::RecvTimeoutError::Disconnected)
        );
    }
}

#[test]
fn waiting_ends_when_the_errand_is_cancelled() {
    // Two ways to wait: for the outcome of an equal answer, and for the one place at which questions are asked.
    struct Slow(mpsc::Sender<()>, mpsc::Receiver<()>);
    impl Prompter for Slow {
        fn ask(&mut self, _: &Question<'_>) -> Prompted {
            self.0.send(()).unwrap();
            self.1.recv().map_or(Prompted::Unavailable, |()| Prompted::Cancelled)
        }
    }
    for host in ["p", "q"] {
        let (release, released) = mpsc::channel();
        let (opened, open) = mpsc::channel();
        let answers = Answers::default().with_prompter(Slow(opened, released));
        let session = Session::new(Policy::interactive(), answers);
        let mut first = gate(&session);
        let asked = thread::spawn(move || first.answer(&ask()));
        open.recv_timeout(WATCHDOG).unwrap();

        let cancel = Arc::new(AtomicBool::new(false));
        let mut second = session.gate(Errand::new(origin("s"), ""), Arc::clone(&cancel));
        let (sender, receiver) = mpsc::channel();
        let waiting = thread::spawn(move || sender.send(second.answer(&ask_of(host))).unwrap());
        assert!(
            receiver.recv_timeout(Duration::from_millis(30)).is_err(),
            "{host}: waits"
        );
        cancel.store(true, Ordering::Relaxed);
        assert!(
            matches!(receiver.recv_timeout(WATCHDOG), Ok(Answer::Refuse(Refusal::ByUser))),
            "{host}"
        );
        waiting.join().unwrap();
        release.send(()).unwrap();
        assert!(matches!(asked.join().unwrap(), Answer::Refuse(Refusal::ByUser)));
    }
}

#[test]
fn a_cancel_ends_also_the_question_that_waits_for_its_turn() {
    // Two hosts that one store redirects to ask at once: the person says no to the store, not to a host.
    struct Slow(mpsc::Sender<()>, mpsc::Receiver<()>);
    impl Prompter for Slow {
        fn ask(&mut self, _: &Question<'_>) -> Prompted {
            self.0.send(()).unwrap();
            self.1.recv().unwrap();
            Prompted::Cancelled
        }
    }
    let (opened, open) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let answers = Answers::default().with_prompter(Slow(opened, released));
    let session = Session::new(Policy::interactive(), answers);
    let server = |host| Ask {
        target: Target::Origin,
        ..ask_of(host)
    };
    let (mut one, mut other) = (gate(&session), gate(&session));
    let first = thread::spawn(move || one.answer(&server("a")));
    open.recv_timeout(WATCHDOG).unwrap();
    let second = thread::spawn(move || other.answer(&server("b")));
    assert!(
        open.recv_timeout(Duration::from_millis(30)).is_err(),
        "it waits for its turn"
    );
    release.send(()).unwrap();
    assert!(matches!(first.join().unwrap(), Answer::Refuse(Refusal::ByUser)));
    // Were it asked, this would let it end, and the answer would be another one.
    release.send(()).unwrap();
    assert!(matches!(second.join().unwrap(), Answer::Refuse(Refusal::Latched)));
}

#[test]
fn gates_that_hold_what_the_other_wants_do_not_wait_for_ever() {
    let explicit = explicit("proxy's").for_stores(Given::Credentials(alice("store's")));
    let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
    let server = Ask {
        target: Target::Origin,
        origin: origin("s"),
        ..ask()
    };
    let (mut one, mut other) = (gate(&session), gate(&session));
    assert!(matches!(one.answer(&ask()), Answer::Use(_)));
    assert!(matches!(other.answer(&server), Answer::Use(_)));
    let (sender, receiver) = mpsc::channel();
    let senders = [sender.clone(), sender];
    thread::scope(|scope| {
        let [to_one, to_other] = senders;
        let server = server.clone();
        scope.spawn(move || {
            to_one.send(matches!(one.answer(&server), Answer::Use(_))).unwrap();
            one.report(&server, Outcome::Accepted);
        });
        scope.spawn(move || {
            to_other.send(matches!(other.answer(&ask()), Answer::Use(_))).unwrap();
            other.report(&ask(), Outcome::Accepted);
        });
        for _ in 0..2 {
            assert_eq!(receiver.recv_timeout(WATCHDOG), Ok(true));
        }
    });
}

#[test]
fn an_accepted_answer_does_not_wait_for_one_that_is_being_judged() {
    let (person, _) = person([Some("theirs")]);
    let answers = Answers::default().with_explicit(explicit("mine")).with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    // This errand did not name the proxy, so what was given for proxies is not for it.
    let mut stranger = session.gate(Errand::new(origin("t"), ""), Arc::default());
    let digest = Ask {
        scheme: Scheme::Digest,
        ..ask()
    };
    assert!(matches!(stranger.answer(&digest), Answer::Use(typed) if typed.same(&alice("theirs"))));
    stranger.report(&digest, Outcome::Accepted);
    let mut first = gate(&session);
    assert!(matches!(first.answer(&digest), Answer::Use(given) if given.same(&alice("mine"))));
    assert!(matches!(stranger.answer(&digest), Answer::Use(typed) if typed.same(&alice("theirs"))));
}

/// A person who takes so long over the first question that somebody else answers with the same meanwhile.
struct Slow {
    asked: mpsc::Sender<()>,
    go: mpsc::Receiver<()>,
    passwords: VecDeque<&'static str>,
}

impl Prompter for Slow {
    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        self.asked.send(()).unwrap();
        self.go.recv().unwrap();
        let typed = self.passwords.pop_front();
        typed.map_or(Prompted::Unavailable, |password| {
            Prompted::Answer(Credentials::password("alice", password))
        })
    }
}

/// A server that one errand names and another is redirected to: what is given for it goes to the first only, and is typed
/// for the second while it is being judged.
#[test]
fn a_typed_answer_waits_for_the_same_answer_given_by_another() {
    let table = [
        (Outcome::Rejected, vec!["same", "right"], "right"),
        (Outcome::Accepted, vec!["same"], "same"),
        (Outcome::Abandoned, vec!["same"], "same"),
    ];
    for (outcome, passwords, expected) in table {
        let ((asked, question), (answered, go)) = (mpsc::channel(), mpsc::channel());
        let prompter = Slow {
            asked,
            go,
            passwords: passwords.into(),
        };
        let given = Explicit::default().for_stores(Given::Credentials(alice("same")));
        let answers = Answers::default().with_explicit(given).with_prompter(prompter);
        let session = Session::new(Policy::interactive(), answers);
        let server = || Ask {
            target: Target::Origin,
            ..ask_of("s")
        };
        let judged = AtomicBool::new(false);
        thread::scope(|scope| {
            let redirected = scope.spawn(|| {
                let mut gate = session.gate(Errand::new(origin("elsewhere"), ""), Arc::default());
                let answer = gate.answer(&server());
                (answer, judged.load(Ordering::SeqCst))
            });
            question.recv().unwrap();
            let mut named = session.gate(Errand::new(origin("s"), ""), Arc::default());
            assert!(matches!(named.answer(&server()), Answer::Use(_)));
            answered.send(()).unwrap();
            // Time to do it wrong.
            for _ in 0..1000 {
                thread::yield_now();
            }
            judged.store(true, Ordering::SeqCst);
            named.report(&server(), outcome);
            if outcome == Outcome::Rejected && question.recv_timeout(Duration::from_secs(10)).is_ok() {
                answered.send(()).unwrap();
            }
            let (answer, after) = redirected.join().unwrap();
            assert!(after, "{outcome:?}: given while the same was being judged");
            assert!(
                matches!(&answer, Answer::Use(credentials) if credentials.same(&alice(expected))),
                "{outcome:?}: {answer:?}"
            );
        });
    }
}

#[test]
fn a_typed_answer_that_waits_for_another_ends_by_cancel() {
    let ((asked, question), (answered, go)) = (mpsc::channel(), mpsc::channel());
    let prompter = Slow {
        asked,
        go,
        passwords: ["same"].into(),
    };
    let given = Explicit::default().for_stores(Given::Credentials(alice("same")));
    let answers = Answers::default().with_explicit(given).with_prompter(prompter);
    let session = Session::new(Policy::interactive(), answers);
    let server = || Ask {
        target: Target::Origin,
        ..ask_of("s")
    };
    let cancel = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        let mut redirected = session.gate(Errand::new(origin("elsewhere"), ""), Arc::clone(&cancel));
        let waiting = scope.spawn(move || redirected.answer(&server()));
        question.recv().unwrap();
        let mut named = session.gate(Errand::new(origin("s"), ""), Arc::default());
        assert!(matches!(named.answer(&server()), Answer::Use(_)));
        answered.send(()).unwrap();
        for _ in 0..1000 {
            thread::yield_now();
        }
        cancel.store(true, Ordering::SeqCst);
        assert!(matches!(waiting.join().unwrap(), Answer::Refuse(Refusal::ByUser)));
    });
}

#[test]
fn an_errand_ahead_of_time_lets_one_go_first_that_somebody_waits_for() {
    let explicit = Explicit::default().for_proxies(Given::Credentials(alice("right")));
    let session = Session::new(Policy::unattended(), Answers::default().with_explicit(explicit));
    let errand = Errand::new(origin("s"), "").with_proxy(origin("p"));
    let (sender, order) = mpsc::channel();
    let begun = Barrier::new(2);
    thread::scope(|scope| {
        let mut ahead = session.gate(errand.clone().ahead_of_time(), Arc::default());
        let (sender_ahead, begun) = (sender.clone(), &begun);
        scope.spawn(move || {
            begun.wait();
            let answer = ahead.answer(&ask());
            sender_ahead.send(("ahead", answer)).unwrap();
        });
        begun.wait();
        // Time for the other one to go first.
        for _ in 0..1000 {
            thread::yield_now();
        }
        let mut needed = session.gate(errand.clone(), Arc::default());
        let answer = needed.answer(&ask());
        sender.send(("needed", answer)).unwrap();
        needed.report(&ask(), Outcome::Accepted);
    });
    let order: Vec<_> = order
        .try_iter()
        .map(|(who, answer)| (who, matches!(answer, Answer::Use(_))))
        .collect();
    assert_eq!(order, [("needed", true), ("ahead", true)]);

    // Nobody comes along: it does not wait for ever.
    let session = Session::new(
        Policy::unattended(),
        Answers::default().with_explicit(Explicit::default().for_proxies(Given::Credentials(alice("right")))),
    );
    let mut alone = session.gate(errand.ahead_of_time(), Arc::default());
    assert!(matches!(alone.answer(&ask()), Answer::Use(_)));
}
