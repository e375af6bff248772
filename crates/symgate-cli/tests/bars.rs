//! Progress bars in a real pseudo-terminal: what is drawn, and that a question or the loss of the terminal stops no
//! transfer and no program.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, pipe};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use symgate_tests::Dir;
use symgate_tests::command::visible;
use symgate_tests::fault::{Fault, Reply, Then};
use symgate_tests::made::Pdb;
use symgate_tests::sample::Sample;
use symgate_tests::terminal::Terminal;

/// Arrives slowly, and from whom nobody asks for a password.
const LARGE: Sample = Sample(1);
/// Its proxy asks for one.
const ASKED: Sample = Sample(2);

/// A proxy whose large file stops after its first part, and goes on when the test says so; whether it asks for a
/// password is the file's affair, and when it asks the test's.
struct Slow {
    proxy: Fault,
    ask: Arc<Barrier>,
    go_on: Arc<Barrier>,
}

impl Slow {
    fn start() -> Self {
        let (ask, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (asking, going_on) = (Arc::clone(&ask), Arc::clone(&go_on));
        let large = Pdb {
            padded_to: SIZE,
            page_size: 4096,
            ..Pdb::new(LARGE.guid(), 1)
        };
        let large = large.build();
        let proxy = Fault::start(move |request| {
            if request.target.ends_with(&LARGE.file()) {
                let (first, rest) = large.split_at(FIRST);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.len());
                let rest = Reply::raw(rest).then(Then::Keep);
                let all = Then::Await(Arc::clone(&going_on), Box::new(rest));
                return Reply::raw([head.as_bytes(), first].concat()).then(all);
            }
            if !request.target.ends_with(&ASKED.file()) {
                return Reply::missing();
            }
            if request.head.contains("Proxy-Authorization: Basic YWxpY2U6cmlnaHQ=\r\n") {
                return Reply::ok(ASKED.pdb());
            }
            asking.wait();
            let field = "Proxy-Authenticate: Basic realm=\"Office\"\r\n";
            Reply::answer("407 Proxy Authentication Required", field, "")
        });
        Self { proxy, ask, go_on }
    }

    /// The arguments of a `get` of both files.
    fn arguments(&self, dir: &Dir) -> Vec<String> {
        let path = format!("srv*{}*http://origin.test/sym", dir.join("store").display());
        let proxy = self.proxy.address().to_string();
        let words = ["get", "-y", &path, "--proxy", &proxy, "--proxy-user", "alice"];
        let targets = [LARGE, ASKED].map(Sample::target);
        words.map(str::to_owned).into_iter().chain(targets).collect()
    }

    /// Waits until the client has taken the rest of the large file.
    fn finish(&self) {
        // The layout's file, the first part, the 407, and the rest.
        self.go_on.wait();
        self.proxy.wait_for_replies(4);
    }
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn bars_show_each_file_and_all_and_a_question_above_them_stops_no_transfer() {
    let (slow, dir) = (Slow::start(), Dir::new());
    let mut terminal = Terminal::start(Path::new(SYMGATE), 100, &words(&slow.arguments(&dir)));
    terminal.expect("app1.pdb");
    terminal.expect("1.00 MiB/32.00 MiB");
    terminal.expect("/s");
    terminal.expect("0 of 2 files");
    terminal.expect("1.00 MiB");
    terminal.expect("/s");

    slow.ask.wait();
    terminal.expect("Password for alice (not shown): ");
    assert!(!terminal.echoes());
    slow.finish();
    // What has arrived is told when the question is over: nothing is drawn over it.
    terminal.press("right\r");
    let question = terminal.expect("\n");
    assert!(!question.contains("app1") && !question.contains("MiB"), "{question:?}");

    for sample in [LARGE, ASKED] {
        terminal.expect(&format!("{}\r\n", dir.join("store").join(sample.file()).display()));
    }
    terminal.end(0);
    assert_eq!(visible(&dir.join("store")).len(), 2);
}

#[test]
fn a_question_keeps_no_path_from_a_reader_elsewhere() {
    let (slow, dir) = (Slow::start(), Dir::new());
    let (reader, writer) = pipe().unwrap();
    let mut terminal = Terminal::with_output(Path::new(SYMGATE), 100, &words(&slow.arguments(&dir)), writer);
    let (sender, lines) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(reader).lines();
        lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    slow.ask.wait();
    terminal.expect("Password for alice (not shown): ");
    slow.finish();
    let line = lines.recv_timeout(WATCHDOG).unwrap();
    assert_eq!(line, dir.join("store").join(LARGE.file()).to_str().unwrap());
    terminal.press("\u{1b}");
    terminal.expect("symgate: ");
    terminal.end(3);
}

#[test]
fn a_terminal_that_goes_away_is_an_interruption() {
    for (row, asks) in [("bars", false), ("a question above bars", true)] {
        for quiet in [None, Some("-q")] {
            println!("{row}, {quiet:?}");
            let (slow, dir) = (Slow::start(), Dir::new());
            let mut arguments = slow.arguments(&dir);
            arguments.extend(quiet.map(str::to_owned));
            let mut terminal = Terminal::start(Path::new(SYMGATE), 100, &words(&arguments));
            if quiet.is_none() {
                terminal.expect("1.00 MiB/32.00 MiB");
            }
            slow.proxy.wait_for_replies(2);
            if asks {
                slow.ask.wait();
                terminal.expect("(not shown): ");
            }
            terminal.hang_up(130);
            assert!(visible(&dir.join("store")).is_empty());
        }
    }
}

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");

/// Of the large file: more than sockets hold on their way.
const SIZE: usize = 32 << 20;
const FIRST: usize = 1 << 20;

/// Fails instead of hanging.
const WATCHDOG: Duration = Duration::from_secs(10);
