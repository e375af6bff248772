//! Programs that misbehave, asked through a real session: each is bounded in time and size, its failure is told, and
//! the next link is asked.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use symgate_auth::{
    Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Refusal, Scheme, Target, UriScheme, Wanted,
};
use symgate_credentials::{Askpass, Bounds, FirstAvailable, GitHelper, Netrc, Providers};
use symgate_policy::{Answers, Errand, Interaction, Lookup, Policy, Previous, Prompter, Reply, Session, Source};
use symgate_tests::Dir;

/// What a program does, and what is told of it by a helper of git's, by a provider and by an askpass program; `""` is
/// nothing. An askpass program that ends with a status has cancelled.
const BAD: [(&str, &str, [&str; 3]); 9] = [
    ("hangs", "exec sleep 1000", [TIME; 3]),
    (
        "ignores its end",
        "trap '' TERM INT HUP; while :; do sleep 0.05; done",
        [TIME; 3],
    ),
    (
        "prints garbage",
        "printf 'gar\\377bage\\n'",
        ["line without `=`", "", "no text in UTF-8"],
    ),
    ("prints 10 MB", "head -c 10000000 /dev/zero", [SIZE; 3]),
    ("prints without end", "exec yes", [SIZE; 3]),
    ("prints nothing", "exit 0", ["", "", "it said nothing"]),
    ("exits 1", "exit 1", ["exit status: 1", "exit status: 1", CANCELLED]),
    (
        "closes its input at once",
        "exec <&-; exit 0",
        ["", "", "it said nothing"],
    ),
    (
        "leaves a process with its output",
        "sleep 1000 & exit 0",
        ["", "", "it said nothing"],
    ),
];

const TIME: &str = "did not end within 3 s";
const SIZE: &str = "said more than 65536 bytes";
const CANCELLED: &str = "(cancelled)";

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 64 << 10,
};

/// Far more than two calls may take.
const WATCHDOG: Duration = Duration::from_secs(60);

#[test]
fn after_each_bad_helper_of_git_the_next_source_is_asked() {
    for (what, script, [expected, ..]) in BAD {
        let dir = Dir::new();
        let helper = GitHelper::new(&program(&dir, script).display().to_string()).with_bounds(BOUNDS);
        next_answers(what, helper, expected);
    }
}

#[test]
fn after_each_bad_provider_the_next_source_is_asked() {
    for (what, script, [_, expected, _]) in BAD {
        let dir = Dir::new();
        let providers = Providers::from_file(program(&dir, script)).unwrap().with_bounds(BOUNDS);
        next_answers(what, providers, expected);
    }
}

#[test]
fn after_each_bad_askpass_the_next_prompter_is_asked() {
    for (what, script, [.., expected]) in BAD {
        let dir = Dir::new();
        let good = dir.write("good", "#!/bin/sh\necho alice\n");
        allow(&good);
        let heard = Heard::default();
        let prompters: Vec<Box<dyn Prompter>> = vec![
            Box::new(Askpass::new(program(&dir, script)).with_bounds(BOUNDS)),
            Box::new(Askpass::new(good)),
        ];
        let prompter = FirstAvailable::new(prompters).with_listener(Arc::new(heard.listener()));
        let start = Instant::now();
        let answer = answer(Answers::default().with_prompter(prompter));
        assert!(start.elapsed() < WATCHDOG, "{what}: {:?}", start.elapsed());
        if expected == CANCELLED {
            assert!(matches!(answer, Answer::Refuse(Refusal::ByUser)), "{what}: {answer:?}");
        } else {
            assert!(is_alice(&answer), "{what}: {answer:?}");
            heard.check(what, expected);
        }
    }
}

#[test]
fn a_bad_helper_alone_is_told_and_the_request_refused() {
    let dir = Dir::new();
    let heard = Heard::default();
    let askpass = Askpass::new(program(&dir, "exec yes")).with_bounds(BOUNDS);
    let answers = Answers::default()
        .with_source(GitHelper::new("no-such-helper-anywhere"))
        .with_prompter(askpass)
        .with_listener(heard.listener());
    let answer = answer(answers);
    assert!(matches!(answer, Answer::Refuse(Refusal::Automatic)), "{answer:?}");
    let told = heard.0.lock().unwrap().join("\n");
    assert!(
        told.contains("credential helper `no-such-helper-anywhere`: ended with"),
        "{told}"
    );
    assert!(told.contains(SIZE), "{told}");
}

#[test]
fn a_program_that_gives_a_wrong_answer_is_asked_three_times() {
    let dir = Dir::new();
    let script = format!("echo x >>'{}'; echo $$", dir.join("log").display());
    let session = Session::new(
        Policy::interactive(),
        Answers::default().with_prompter(Askpass::new(program(&dir, &script))),
    );
    let mut gate = session.gate(Errand::new(store(), ""), Arc::default());
    let mut tries = 0;
    for attempt in 1.. {
        let ask = Ask { attempt, ..ask() };
        let Answer::Use(_) = gate.answer(&ask) else { break };
        tries += 1;
        gate.report(&ask, Outcome::Rejected);
    }
    assert_eq!(tries, 3);
    // Once for the name and once for the password.
    assert_eq!(fs::read_to_string(dir.join("log")).unwrap().lines().count(), 6);
}

/// What a program does that gives an answer and then hears what became of it, and how far that brings it.
const TELLING: [(&str, &str, Outcome); 3] = [
    ("hangs in store", "exec sleep 1000", Outcome::Accepted),
    ("hangs in erase", "exec sleep 1000", Outcome::Rejected),
    (
        "ignores its end in store",
        "trap '' TERM INT HUP; while :; do sleep 0.05; done",
        Outcome::Accepted,
    ),
];

#[test]
fn a_program_that_hangs_when_it_is_told_costs_a_few_seconds() {
    each_teller(|what, source, outcome, heard| {
        let elapsed = tell(source, outcome, &Arc::default());
        assert!(elapsed < WATCHDOG / 2, "{what}: {elapsed:?}");
        heard.check(what, "did not end within 5 s");
    });
}

#[test]
fn a_program_that_hangs_when_it_is_told_goes_with_its_caller() {
    each_teller(|what, source, outcome, heard| {
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancel);
        let setter = thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            flag.store(true, Ordering::Relaxed);
        });
        let elapsed = tell(source, outcome, &cancel);
        assert!(elapsed < Duration::from_secs(4), "{what}: {elapsed:?}");
        heard.check(what, "");
        setter.join().unwrap();
    });
}

/// Each of [`TELLING`] as a helper of git's and as a provider, with the bounds that they have by themselves; all at the
/// same time.
fn each_teller(check: impl Fn(&str, &dyn Source, Outcome, &Heard) + Sync) {
    thread::scope(|scope| {
        for (what, script, outcome) in TELLING {
            let script =
                format!("case $1 in get|Get) printf 'username=alice\\npassword=alice\\n';; *) {script};; esac");
            for kind in ["git's", "the debuggers'"] {
                let (script, check) = (script.clone(), &check);
                scope.spawn(move || {
                    let dir = Dir::new();
                    let program = program(&dir, &script);
                    let heard = Heard::default();
                    let listener = Arc::new(heard.listener());
                    let source: Box<dyn Source> = if kind == "git's" {
                        Box::new(GitHelper::new(&program.display().to_string()).with_listener(listener))
                    } else {
                        Box::new(Providers::from_file(program).unwrap().with_listener(listener))
                    };
                    check(&format!("{kind} {what}"), &*source, outcome, &heard);
                });
            }
        }
    });
}

/// How long a source takes that has answered and hears what became of it.
fn tell(source: &dyn Source, outcome: Outcome, cancel: &Arc<AtomicBool>) -> Duration {
    let reply = source.look_up(&Lookup {
        ask: &ask(),
        user: None,
        previous: Previous::None,
        interaction: Interaction::Silent,
        cancel: &Arc::default(),
    });
    let Reply::Use(credentials) = reply else {
        panic!("{reply:?}")
    };
    let start = Instant::now();
    source.report(&ask(), &credentials, outcome, cancel);
    start.elapsed()
}

fn next_answers(what: &str, source: impl Source + 'static, expected: &str) {
    let heard = Heard::default();
    let answers = Answers::default()
        .with_source(source)
        .with_source(Netrc::parse(b"machine symbols.example login alice password alice"))
        .with_listener(heard.listener());
    let start = Instant::now();
    let answer = answer(answers);
    assert!(start.elapsed() < WATCHDOG, "{what}: {:?}", start.elapsed());
    assert!(is_alice(&answer), "{what}: {answer:?}");
    heard.check(what, expected);
}

/// What one gate answers to a request for a password.
fn answer(answers: Answers) -> Answer {
    let session = Session::new(Policy::interactive(), answers);
    session.gate(Errand::new(store(), ""), Arc::default()).answer(&ask())
}

fn is_alice(answer: &Answer) -> bool {
    matches!(answer, Answer::Use(credentials) if credentials.same(&Credentials::password("alice", "alice")))
}

fn ask() -> Ask {
    Ask {
        target: Target::Origin,
        origin: store(),
        path: "/a.pdb".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: None,
        channel: Channel::encrypted(*b"certificate"),
        attempt: 1,
    }
}

fn store() -> Origin {
    Origin::new(UriScheme::Https, "symbols.example", 443)
}

fn program(dir: &Dir, script: &str) -> PathBuf {
    let path = dir.write("program", format!("#!/bin/sh\n{script}\n"));
    allow(&path);
    path
}

fn allow(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a listener was told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn listener(&self) -> impl Fn(&str, &str) + Send + Sync + use<> {
        let heard = Arc::clone(&self.0);
        move |who: &str, why: &str| heard.lock().unwrap().push(format!("{who}: {why}"))
    }

    fn check(&self, what: &str, expected: &str) {
        let told = self.0.lock().unwrap();
        match expected {
            "" => assert!(told.is_empty(), "{what}: {told:?}"),
            expected => assert!(told.len() == 1 && told[0].contains(expected), "{what}: {told:?}"),
        }
    }
}
