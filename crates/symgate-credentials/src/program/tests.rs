//! Programs that misbehave, by the shell.

use std::fs;

use super::*;

/// A call of a line for the shell.
fn call<'a>(line: &str, bounds: Bounds, cancel: &'a AtomicBool) -> Call<'a> {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    Call {
        command,
        input: Zeroizing::new(b"input\n".to_vec()),
        bounds,
        cancel,
    }
}

fn run(line: &str, bounds: Bounds) -> Result<Ended, ProgramError> {
    call(line, bounds, &AtomicBool::new(false)).run()
}

/// For what hangs.
const SHORT: Bounds = Bounds {
    time: Duration::from_millis(300),
    output: 1000,
};

/// For what ends by itself, on a busy machine too.
const LONG: Bounds = Bounds {
    time: Duration::from_secs(60),
    ..SHORT
};

/// Ten times what is promised: a machine may be busy.
const WATCHDOG: Duration = Duration::from_secs(10);

#[test]
fn what_it_says_comes_back_with_its_status_and_complaint() {
    let ended = run("cat; echo why >&2; exit 3", Bounds::default()).unwrap();
    assert_eq!(ended.output.0.as_slice(), b"input\n");
    assert_eq!(ended.status.code(), Some(3));
    assert_eq!(ended.complaint.tail(&[]), ": why");
    assert!(!format!("{ended:?}").contains("input"));
}

#[test]
fn a_complaint_whose_beginning_is_lost_is_not_told() {
    let long = "head -c 5000 /dev/zero | tr '\\0' x >&2; echo S3cret >&2";
    let table = [
        (long.to_owned(), "ended with exit status: 3"),
        (format!("{long}; echo why >&2"), "ended with exit status: 3: why"),
        ("echo said; echo why >&2".to_owned(), "ended with exit status: 3"),
    ];
    for (line, expected) in table {
        let ended = run(&format!("{line}; exit 3"), LONG).unwrap();
        assert_eq!(ended.describe(&[]), expected, "{line}");
    }
}

#[test]
fn each_bad_program_ends_in_time_with_a_clear_error() {
    let table = [
        (SHORT, "exec sleep 1000", "did not end within 300 ms"),
        (
            SHORT,
            "trap '' TERM; while :; do sleep 0.1; done",
            "did not end within 300 ms",
        ),
        (SHORT, "exec >&-; exec sleep 1000", "did not end within 300 ms"),
        (
            LONG,
            "head -c 10000000 /dev/zero; exec sleep 1000",
            "said more than 1000 bytes",
        ),
        (LONG, "while :; do echo x; done", "said more than 1000 bytes"),
        (
            LONG,
            "kill -STOP $$",
            "wants the terminal, which no helper program gets",
        ),
    ];
    for (bounds, line, expected) in table {
        let start = Instant::now();
        let error = run(line, bounds).unwrap_err();
        assert_eq!(error.to_string(), expected, "{line}");
        assert!(start.elapsed() < WATCHDOG, "{line}: {:?}", start.elapsed());
    }
}

#[test]
fn each_odd_program_that_ends_is_heard() {
    let table = [
        ("exec <&-; echo said", "said\n"),
        ("echo said; sleep 1000 & exit 0", "said\n"),
        ("echo said; (setsid sleep 3 || sleep 3) 2>/dev/null & exit 0", "said\n"),
        ("head -c 1000000 /dev/zero >&2; echo said", "said\n"),
        ("", ""),
    ];
    for (line, expected) in table {
        let start = Instant::now();
        let ended = run(line, Bounds::default()).unwrap();
        assert_eq!(ended.output.0.as_slice(), expected.as_bytes(), "{line}");
        assert!(start.elapsed() < WATCHDOG, "{line}: {:?}", start.elapsed());
    }
}

#[test]
fn input_that_nobody_reads_holds_nobody_up() {
    let cancel = AtomicBool::new(false);
    let mut call = call("exec sleep 1000", SHORT, &cancel);
    call.input = Zeroizing::new(vec![b'x'; 1 << 20]);
    assert!(matches!(call.run(), Err(ProgramError::Time(_))));
}

#[test]
fn cancelling_ends_it() {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    let setter = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        flag.store(true, Ordering::Relaxed);
    });
    let start = Instant::now();
    let outcome = call("exec sleep 1000", Bounds::PERSON, &cancel).run();
    assert!(matches!(outcome, Err(ProgramError::Cancelled)), "{outcome:?}");
    assert!(start.elapsed() < WATCHDOG);
    setter.join().unwrap();
}

#[test]
fn what_it_started_ends_with_it() {
    let dir = symgate_tests::Dir::new();
    let file = dir.join("pid");
    let line = format!("sleep 1000 & echo $! >'{}'; wait", file.display());
    let bounds = Bounds {
        time: Duration::from_secs(2),
        ..SHORT
    };
    assert!(matches!(run(&line, bounds), Err(ProgramError::Time(_))));
    let number: i32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(number).unwrap();
    let start = Instant::now();
    // An orphan's remains are for the system to clear away, which may leave them.
    let runs = || {
        let state = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        rustix::process::test_kill_process(pid).is_ok() && !state.contains(") Z")
    };
    while runs() {
        assert!(start.elapsed() < WATCHDOG, "process {number} still runs");
        thread::yield_now();
    }
}

#[test]
fn what_floods_its_complaints_after_the_call_is_not_read() {
    for pipe in [1, 2] {
        let dir = symgate_tests::Dir::new();
        let file = dir.join("end");
        // Whoever writes into a closed pipe is ended.
        let flood = format!("(yes >&{pipe}; echo $? >'{}')", file.display());
        let wait = format!("while ! test -e '{0}.go'; do sleep 0.01; done", file.display());
        let line = format!("({wait}; {flood}) & exit 0");
        run(&line, LONG).unwrap();
        dir.write("end.go", "");
        let start = Instant::now();
        while fs::read_to_string(&file).unwrap_or_default().is_empty() {
            assert!(start.elapsed() < WATCHDOG, "pipe {pipe} is read for ever");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn what_it_started_may_put_things_in_order() {
    let dir = symgate_tests::Dir::new();
    let file = dir.join("order");
    let line = format!(
        "sh -c \"trap 'sleep 0.01; echo done >{0}; exit' TERM; echo began >{0}; while :; do sleep 0.01; done\"; exit 3",
        file.display()
    );
    let cancel = Arc::new(AtomicBool::new(false));
    let (flag, began) = (Arc::clone(&cancel), file.clone());
    let setter = thread::spawn(move || {
        while !began.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(50));
        flag.store(true, Ordering::Relaxed);
    });
    let outcome = call(&line, LONG, &cancel).run();
    assert!(matches!(outcome, Err(ProgramError::Cancelled)), "{outcome:?}");
    setter.join().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "done\n");
}

#[test]
fn a_silent_program_has_nobody_to_ask_by() {
    let table = [
        (
            Interaction::Silent,
            "GCM_INTERACTIVE=never GIT_ASKPASS= GIT_TERMINAL_PROMPT=0 SSH_ASKPASS=",
        ),
        (Interaction::Visible, "GIT_TERMINAL_PROMPT=0"),
    ];
    for (interaction, expected) in table {
        let mut command = Command::new("program");
        keep_silent(&mut command, interaction);
        let changes = command
            .get_envs()
            .map(|(name, value)| format!("{}={}", name.display(), value.unwrap_or_default().display()));
        assert_eq!(changes.collect::<Vec<_>>().join(" "), expected, "{interaction:?}");
    }
}

#[test]
fn a_missing_program_says_so() {
    let call = Call {
        command: Command::new("/nonexistent/program"),
        input: Zeroizing::default(),
        bounds: SHORT,
        cancel: &AtomicBool::new(false),
    };
    let error = call.run().unwrap_err();
    assert!(error.to_string().starts_with("cannot be started: "), "{error}");
}
