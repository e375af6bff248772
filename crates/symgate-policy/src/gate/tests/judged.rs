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
