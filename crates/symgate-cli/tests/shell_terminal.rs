//! `symgate shell` on a real pseudo-terminal: the prompt, line editing, Ctrl-C, the dialog, and what signals leave behind.
#![cfg(unix)]

use std::path::Path;

use rustix::process::Signal;
use symgate_tests::command::visible;
use symgate_tests::fault::{Fault, Reply, Then};
use symgate_tests::terminal::Terminal;
use symgate_tests::{Dir, made};

/// Eight modules, each with a PDB of its own, and what a store has of them: path and content.
fn modules(dir: &Dir) -> (Vec<String>, Vec<(String, Vec<u8>)>) {
    let mut files = Vec::new();
    let mut served = Vec::new();
    for number in 1..=8_u8 {
        let name = format!("m{number}");
        let (image, pdb) = made::pair(&name, [number; 16], 1);
        files.push(dir.write(format!("{name}.dll"), image).display().to_string());
        let key = made::Pdb::new([number; 16], 1).key();
        served.push((format!("{name}.pdb/{key}/{name}.pdb"), pdb));
    }
    (files, served)
}

/// A proxy that lets `alice` with `right` through to the files.
fn proxy(served: Vec<(String, Vec<u8>)>) -> Fault {
    Fault::start(move |request| {
        if !request.head.contains("Proxy-Authorization: Basic YWxpY2U6cmlnaHQ=\r\n") {
            let field = "Proxy-Authenticate: Basic realm=\"Office\"\r\n";
            return Reply::answer("407 Proxy Authentication Required", field, "");
        }
        let asked = served.iter().find(|(path, _)| request.target.ends_with(path.as_str()));
        asked.map_or_else(Reply::missing, |(_, pdb)| Reply::ok(pdb))
    })
}

fn shell(dir: &Dir, proxy: &Fault, options: &[&str], files: &[String]) -> Terminal {
    let path = format!("srv*{}*http://origin.test/sym", dir.join("store").display());
    let address = proxy.address().to_string();
    // Not that of whoever runs the tests.
    let netrc = dir.write("netrc", "").display().to_string();
    let fixed = ["shell", "-y", &path, "--proxy", &address, "--netrc-file", &netrc];
    let arguments = fixed.into_iter().chain(options.iter().copied());
    let arguments: Vec<&str> = arguments.chain(files.iter().map(String::as_str)).collect();
    Terminal::start(Path::new(env!("CARGO_BIN_EXE_symgate")), 100, &arguments)
}

fn logons(proxy: &Fault) -> usize {
    let heard = proxy.heard();
    heard
        .iter()
        .filter(|request| request.head.contains("Proxy-Authorization"))
        .count()
}

#[test]
fn eight_connections_ask_one_question_below_the_command() {
    let dir = Dir::new();
    let (files, served) = modules(&dir);
    let proxy = proxy(served);
    let mut terminal = shell(&dir, &proxy, &["--debugger", "windbg"], &files);
    terminal.expect("0:000> ");
    terminal.press(".reload /f\r");
    terminal.expect("User name: ");
    assert_eq!(logons(&proxy), 0);
    terminal.press("alice\r");
    terminal.expect("(not shown): ");
    terminal.press("wr0ng\r");
    terminal.expect("WRONG");
    assert_eq!(logons(&proxy), 1, "the others wait for the outcome");
    let between = terminal.expect("(not shown): ");
    assert!(!between.contains("wr0ng"), "{between}");
    terminal.press("right\r");
    terminal.expect("0:000> ");
    assert_eq!(visible(&dir.join("store")).len(), 8);
    terminal.press("lm\r");
    for number in 1..=8 {
        terminal.expect(&format!("m{number}.pdb"));
    }
    terminal.expect("0:000> ");
    terminal.press("q\r");
    terminal.end(0);
}

#[test]
fn lines_are_edited_and_found_again() {
    let dir = Dir::new();
    let proxy = proxy(Vec::new());
    let mut terminal = shell(&dir, &proxy, &[], &[]);
    terminal.expect("0:000> ");
    // Typed wrong, mended; then found again by the Up key.
    terminal.press("!symm\u{7f}\r");
    terminal.expect("symbol prompts off");
    terminal.expect("0:000> ");
    terminal.press("\u{1b}[A noisy\r");
    terminal.expect("noisy mode - symbol prompts off");
    terminal.expect("0:000> ");
    // Ctrl-C gives the line up, not the shell; Ctrl-D on an empty line ends it.
    terminal.press("q\u{3}");
    terminal.expect("0:000> ");
    terminal.press("\u{4}");
    terminal.end(0);
}

#[test]
fn pasted_lines_are_commands_and_an_empty_one_says_the_last_again() {
    let dir = Dir::new();
    let proxy = proxy(Vec::new());
    let mut terminal = shell(&dir, &proxy, &[], &[]);
    terminal.expect("0:000> ");
    terminal.press("\u{1b}[200~.echo one\n.echo two\r\n.echo three\u{1b}[201~\r");
    for said in ["\none\r\n", "two\r\n", "three\r\n"] {
        terminal.expect(said);
    }
    terminal.expect("0:000> ");
    terminal.press("\r");
    terminal.expect("\nthree\r\n");
    terminal.expect("0:000> ");
    // Bytes that are no Unicode are no command, and no end.
    terminal.press_bytes(b"\xff");
    terminal.expect("0:000> ");
    terminal.press(".echo still here\r");
    terminal.expect("\nstill here\r\n");
    terminal.press("q\r");
    terminal.end(0);
}

#[test]
fn control_c_gives_up_a_load_and_not_the_shell() {
    let dir = Dir::new();
    let (files, _) = modules(&dir);
    let proxy = Fault::start(|_| Reply::raw("").then(Then::Hang));
    let mut terminal = shell(&dir, &proxy, &["--proxy-user", "alice:right"], &files[..1]);
    terminal.expect("0:000> ");
    terminal.press(".reload /f\r");
    while proxy.heard().is_empty() {
        std::thread::yield_now();
    }
    terminal.press("\u{3}");
    terminal.expect("0:000> ");
    terminal.press("!sym\r");
    terminal.expect("quiet mode - symbol prompts off");
    terminal.expect("0:000> ");
    terminal.press("q\r");
    terminal.end(0);
    assert!(visible(&dir.join("store")).is_empty());
}

#[test]
fn signals_at_the_prompt_leave_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::HUP] {
        let dir = Dir::new();
        let proxy = proxy(Vec::new());
        let mut terminal = shell(&dir, &proxy, &[], &[]);
        terminal.expect("0:000> ");
        terminal.press("half a comm");
        terminal.expect("comm");
        terminal.signal(signal);
        terminal.end(130);
    }
}

#[test]
fn an_interrupt_at_the_prompt_has_nothing_to_give_up() {
    let dir = Dir::new();
    let proxy = proxy(Vec::new());
    let mut terminal = shell(&dir, &proxy, &[], &[]);
    terminal.expect("0:000> ");
    terminal.signal(Signal::INT);
    terminal.press("!sym\r");
    terminal.expect("quiet mode - symbol prompts off");
    terminal.expect("0:000> ");
    terminal.press("q\r");
    terminal.end(0);
}

#[test]
fn signals_at_a_question_leave_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::HUP] {
        let dir = Dir::new();
        let (files, served) = modules(&dir);
        let proxy = proxy(served);
        let mut terminal = shell(&dir, &proxy, &["--debugger", "windbg"], &files);
        terminal.expect("0:000> ");
        terminal.press(".reload /f\r");
        terminal.expect("User name: ");
        assert!(!terminal.echoes());
        terminal.signal(signal);
        terminal.end(130);
        assert_eq!(logons(&proxy), 0);
    }
}

#[test]
fn a_terminal_that_is_gone_ends_the_shell() {
    let dir = Dir::new();
    let proxy = proxy(Vec::new());
    let mut terminal = shell(&dir, &proxy, &[], &[]);
    terminal.expect("0:000> ");
    terminal.hang_up(130);
}
