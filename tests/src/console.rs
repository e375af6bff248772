//! Whole runs of `symgate shell`, written down: `tests/consoles/*.txt`.
//!
//! A transcript has these lines, and the same command, typed again, has to give the same ones:
//!
//! ```text
//! # why this run
//! $ symgate shell --debugger cdb DIR/hello.dll         how the command is called
//! 0:000> .reload /f                                    a command
//! ? Password for 'http://alice@PROXY':                 a question that somebody was asked meanwhile
//! ! open-sesame                                        its answer; `(cancel)` for none
//! hello: ...                                           what the shell says
//! = proxy: contacted, 1 failed logon                   what the proxy saw of it, where it may have seen something
//! ```
//!
//! `DIR`, `PROXY`, `STORE` and `ASKPASS` stand for what differs from run to run. Commands go to the shell by a pipe, one after the
//! other; questions go to the example `askpass`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::demo::Backstage;
use crate::{Dir, Relay};

/// A proxy whose own log is looked at.
pub trait Watched {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// Its log so far: the status of each request, and who the client said it is.
    fn log(&self) -> Vec<(u16, Option<String>)>;
}

/// Plays a transcript with the command `symgate` and a proxy that lets `alice` with `open-sesame` through; the same text
/// comes back where all went as it was written.
///
/// # Panics
/// If the surroundings fail, the shell hangs, or the transcript is none.
#[must_use]
pub fn play(transcript: &str, symgate: &Path, askpass: &Path, proxy: &dyn Watched) -> String {
    let script = Script::read(transcript);
    let stage = Stage::set(proxy, &script);
    let mut shell = Shell::start(&stage, symgate, askpass, &script.call);
    let mut played = script.head.clone();
    for command in &script.commands {
        played.push_str(&format!("{} {command}\n", script.prompt));
        let before = Seen::of(&stage);
        let said = shell.carry_out(command);
        for (question, answer) in stage.questions() {
            played.push_str(&format!("? {question}\n! {answer}\n"));
        }
        played.push_str(&said);
        if LOADS.iter().any(|loads| command.starts_with(loads)) {
            played.push_str(&format!("= proxy: {}\n", Seen::of(&stage).since(&before)));
        }
    }
    shell.end();
    stage
        .anonymous(&played)
        .replace(&askpass.display().to_string(), "ASKPASS")
}

/// What a transcript asks for.
#[derive(Debug)]
struct Script {
    /// All before the first command, as it stands.
    head: String,
    call: Vec<String>,
    prompt: String,
    commands: Vec<String>,
    answers: Vec<String>,
}

impl Script {
    fn read(text: &str) -> Self {
        let call = text.lines().find_map(|line| line.strip_prefix("$ symgate "));
        let call = call.expect("a transcript calls the command");
        let is_command = |line: &&str| line.starts_with("0:000> ") || line.starts_with("0: kd> ");
        let first = text.lines().find(is_command).expect("a transcript has commands");
        let (prompt, _) = first.split_at("0:000>".len());
        let commands = text.lines().filter_map(|line| line.strip_prefix(prompt));
        Self {
            head: text
                .lines()
                .take_while(|line| !is_command(line))
                .fold(String::new(), |head, line| head + line + "\n"),
            call: call.split_whitespace().map(str::to_owned).collect(),
            prompt: prompt.to_owned(),
            commands: commands.map(|command| command.trim_start().to_owned()).collect(),
            answers: text
                .lines()
                .filter_map(|line| line.strip_prefix("! "))
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// A store, the wire to the proxy, and the one who answers.
struct Stage<'a> {
    dir: Dir,
    store: Backstage,
    wire: Relay,
    proxy: &'a dyn Watched,
}

impl<'a> Stage<'a> {
    fn set(proxy: &'a dyn Watched, script: &Script) -> Self {
        let dir = Dir::new();
        let store = Backstage::new(&dir).expect("a store can be started");
        let wire = Relay::start(proxy.address(), Duration::ZERO).expect("a port can be had");
        dir.write("answers", script.answers.join("\n") + "\n");
        Self {
            dir,
            store,
            wire,
            proxy,
        }
    }

    /// What was asked since the last time, and what was answered.
    fn questions(&self) -> Vec<(String, String)> {
        let read = |name: &str| fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        let (questions, answers) = (read("questions"), read("answers"));
        let told = read("told").lines().count();
        self.dir.write("told", &questions);
        let answers = answers
            .lines()
            .map(str::to_owned)
            .chain(std::iter::repeat("(none)".to_owned()));
        questions
            .lines()
            .map(|question| question.trim_end().to_owned())
            .zip(answers)
            .skip(told)
            .collect()
    }

    fn names(&self) -> [(&'static str, String); 3] {
        [
            ("DIR", self.dir.path().display().to_string()),
            ("PROXY", self.wire.address().to_string()),
            ("STORE", self.store.url()),
        ]
    }

    fn filled(&self, word: &str) -> String {
        self.names()
            .iter()
            .fold(word.to_owned(), |word, (name, value)| word.replace(name, value))
    }

    fn anonymous(&self, text: &str) -> String {
        let text = self
            .names()
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(value, name));
        // The store is called by its authority too.
        let text = text.replace(self.store.url().trim_start_matches("https://"), "STORE:PORT");
        if cfg!(windows) { text.replace('\\', "/") } else { text }
    }
}

/// What wire and proxy have seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    connections: usize,
    bytes: usize,
    failed: usize,
}

impl Seen {
    /// Waits until the proxy has written down what it answered: its line may follow the answer.
    fn of(stage: &Stage<'_>) -> Self {
        let start = Instant::now();
        loop {
            let wire = stage.wire.connections();
            let answers = |connection: &crate::Recorded| {
                let text = String::from_utf8_lossy(&connection.received).into_owned();
                text.matches("HTTP/1.1 407").count()
            };
            let refused: usize = wire.iter().map(answers).sum();
            let log = stage.proxy.log();
            let written = log.iter().filter(|(status, _)| *status == 407).count();
            if written >= refused {
                return Self {
                    connections: wire.len(),
                    bytes: wire.iter().map(|connection| connection.sent.len()).sum(),
                    failed: log
                        .iter()
                        .filter(|(status, user)| *status == 407 && user.is_some())
                        .count(),
                };
            }
            assert!(
                start.elapsed() < WATCHDOG,
                "the proxy's log lacks {} lines",
                refused - written
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn since(&self, before: &Self) -> String {
        if self == before {
            return "not contacted".into();
        }
        match self.failed - before.failed {
            0 => "contacted".into(),
            1 => "contacted, 1 failed logon".into(),
            many => format!("contacted, {many} failed logons"),
        }
    }
}

/// The command at work.
struct Shell {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    marks: usize,
}

impl Shell {
    fn start(stage: &Stage<'_>, symgate: &Path, askpass: &Path, call: &[String]) -> Self {
        let kept = ["SystemRoot", "PATH"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(symgate)
            .args(call.iter().map(|word| stage.filled(word)))
            .env_clear()
            .envs(kept)
            .env("HOME", stage.dir.path())
            .env("DBGHELP_HOMEDIR", stage.dir.path())
            .env("SYMGATE_ASKPASS", askpass)
            .env("ASKPASS_DIR", stage.dir.path())
            .current_dir(stage.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self {
            child,
            input,
            lines,
            marks: 0,
        }
    }

    /// Carries out one command; what it said.
    fn carry_out(&mut self, command: &str) -> String {
        self.marks += 1;
        let mark = format!("--- {} ---", self.marks);
        if let Some(input) = &mut self.input {
            write!(input, "{command}\n.echo {mark}\n").expect("the shell listens");
        }
        let mut said = String::new();
        loop {
            let line = self
                .lines
                .recv_timeout(WATCHDOG)
                .unwrap_or_else(|_| panic!("the shell hangs after:\n{said}"));
            if line == mark {
                return said;
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    fn end(mut self) {
        drop(self.input.take());
        let status = self.child.wait().expect("a child is waited for");
        assert!(status.success(), "the shell ended with {status}");
    }
}

/// Where two transcripts differ, line by line; nothing where they do not.
#[must_use]
pub fn difference(written: &str, played: &str) -> Option<String> {
    let (written, played): (Vec<&str>, Vec<&str>) = (written.lines().collect(), played.lines().collect());
    if written == played {
        return None;
    }
    let same = written
        .iter()
        .zip(&played)
        .take_while(|(written, played)| written == played)
        .count();
    let from = |lines: &[&str]| {
        lines
            .iter()
            .skip(same)
            .take(6)
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    };
    Some(format!(
        "from line {} on\nwritten:\n{}played:\n{}",
        same + 1,
        from(&written),
        from(&played)
    ))
}

/// The transcripts, by their names.
///
/// # Panics
/// If their directory cannot be read.
#[must_use]
pub fn transcripts() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("consoles");
    let entries = fs::read_dir(directory).expect("the transcripts are there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a directory can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The user that the proxy lets through.
pub const USER: &str = "alice";

/// His password.
pub const PASSWORD: &str = "open-sesame";

/// The commands that may ask a store.
const LOADS: &[&str] = &[".reload", "ld", "!lmi", "!chksym", ".restart"];

/// Fails instead of hanging.
const WATCHDOG: Duration = Duration::from_secs(60);
