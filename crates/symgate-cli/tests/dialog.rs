//! The dialog in a real pseudo-terminal: the example `dialog` is driven key by key, and its terminal looked at afterwards.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rustix::process::Signal;
use symgate_tests::Dir;
use symgate_tests::built::example;
use symgate_tests::command::visible;
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::sample::Sample;
use symgate_tests::terminal::Terminal;

/// The example that does nothing but ask.
fn dialog(columns: u16, arguments: &[&str]) -> Terminal {
    static DIALOG: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| example("symgate-cli", "dialog"));
    Terminal::start(DIALOG.as_ref().unwrap(), columns, arguments)
}

#[test]
fn shows_who_asks_and_never_the_password() {
    let mut terminal = dialog(100, &["--realm", "Corp\u{202e}\u{1b}[2J"]);
    let facts = terminal.expect("User name: ");
    assert!(facts.contains("The proxy proxy.corp.example:3128 asks"), "{facts}");
    assert!(facts.contains("\"Corp\u{fffd}\u{fffd}[2J\""), "{facts}");
    assert!(facts.contains("clear text"), "{facts}");
    assert!(!terminal.echoes());
    terminal.press("alice\r");
    terminal.expect("Password for alice (not shown): ");
    terminal.press("right\r");
    let rest = terminal.expect("accepted `alice` at attempt 1");
    assert!(!rest.contains("right"), "{rest}");
    terminal.end(0);
}

#[test]
fn a_wrong_password_is_asked_again_and_said_to_be_wrong() {
    let mut terminal = dialog(100, &[]);
    terminal.expect("User name: ");
    terminal.press("alice\r");
    terminal.expect("(not shown): ");
    terminal.press("S3cret\r");
    let between = terminal.expect("WRONG");
    assert!(!between.contains("S3cret"), "{between}");
    // Not the name's line, where a password could be read; it can be reached, and the name stands there already.
    let between = terminal.expect("Password for alice (not shown): ");
    assert!(!between.contains("User name: "), "{between}");
    terminal.press("\u{1b}[A");
    terminal.expect("User name: alice");
    terminal.press("\r");
    terminal.expect("(not shown): ");
    terminal.press("right\r");
    terminal.expect("accepted `alice` at attempt 2");
    terminal.end(0);
}

#[test]
fn a_known_name_is_not_asked_for() {
    let mut terminal = dialog(100, &["bob"]);
    let facts = terminal.expect("Password for bob (not shown): ");
    assert!(!facts.contains("User name"), "{facts}");
    terminal.press("right\r");
    terminal.expect("accepted `bob` at attempt 1");
    terminal.end(0);
}

#[test]
fn escape_control_c_and_an_empty_name_cancel() {
    for (row, keys) in [
        ("escape", "\u{1b}"),
        ("Ctrl-C", "\u{3}"),
        ("empty name", "\r"),
        ("erased", "ab\u{15}\r"),
    ] {
        let mut terminal = dialog(100, &[]);
        terminal.expect("User name: ");
        terminal.press(keys);
        let rest = terminal.expect("no answer: ");
        terminal.expect("Refuse(ByUser)");
        assert!(!rest.contains("Password"), "{row}: {rest}");
        terminal.end(0);
    }
    let mut terminal = dialog(100, &["bob"]);
    terminal.expect("(not shown): ");
    terminal.press("half\u{3}");
    terminal.expect("Refuse(ByUser)");
    terminal.end(0);
}

#[test]
fn names_are_edited_by_keys_and_paste_in_any_script() {
    let mut terminal = dialog(100, &[]);
    terminal.expect("User name: ");
    // Left, Home, Delete, Backspace and characters of two and three bytes; then a pasted line.
    terminal.press("xñ字q\u{1b}[D\u{7f}\u{1b}[H\u{1b}[3~\u{1b}[F\u{7f}");
    terminal.press("\u{1b}[200~é字\rnot this\u{1b}[201~");
    terminal.press("\r");
    terminal.expect("Password for ñé字 (not shown): ");
    terminal.press("\u{1b}[200~right\u{1b}[201~\r");
    terminal.expect("accepted `ñé字` at attempt 1");
    terminal.end(0);
}

#[test]
fn a_narrow_terminal_and_a_new_size_lose_nothing() {
    let mut terminal = dialog(12, &[]);
    terminal.expect("> ");
    terminal.press("a-name-that-is-longer-than-the-line");
    terminal.expect("the-line");
    terminal.resize(60);
    if !cfg!(target_os = "linux") {
        terminal.signal(Signal::WINCH);
    }
    terminal.expect("User name: a-name-that-is-longer-than-the-line");
    terminal.press("\r");
    terminal.expect("Password: ");
    terminal.press("right\r");
    terminal.expect("accepted `a-name-that-is-longer-than-the-line`");
    terminal.end(0);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut terminal = dialog(100, &["bob"]);
        terminal.expect("(not shown): ");
        assert!(!terminal.echoes());
        terminal.press("half");
        terminal.signal(signal);
        terminal.end(130);
    }
}

#[test]
fn a_panic_of_another_thread_leaves_the_terminal_as_it_was() {
    let mut terminal = dialog(100, &["--panic"]);
    terminal.expect("User name: ");
    assert!(!terminal.echoes());
    let before = terminal.expect("on purpose");
    // The message begins its own line: the modes were put back before it was written.
    assert!(before.contains("panicked"), "{before}");
    terminal.end(101);
}

/// A proxy that lets `alice` with `right` through, and its files; everybody else is asked who it is.
fn proxy() -> Fault {
    Fault::start(|request| {
        if !request.head.contains("Proxy-Authorization: Basic YWxpY2U6cmlnaHQ=\r\n") {
            let field = "Proxy-Authenticate: Basic realm=\"Office\"\r\n";
            return Reply::answer("407 Proxy Authentication Required", field, "");
        }
        let asked = (1..=6)
            .map(Sample)
            .find(|sample| request.target.ends_with(&sample.file()));
        asked.map_or_else(Reply::missing, |sample| Reply::ok(sample.pdb()))
    })
}

/// `get` of six files through the proxy, on a terminal.
fn get(proxy: &Fault, dir: &Dir) -> Terminal {
    get_with(proxy, dir, &[])
}

fn get_with(proxy: &Fault, dir: &Dir, options: &[&str]) -> Terminal {
    let path = format!("srv*{}*http://origin.test/sym", dir.join("store").display());
    let address = proxy.address().to_string();
    let targets: Vec<String> = (1..=6).map(|number| Sample(number).target()).collect();
    let arguments = [
        "get",
        "-y",
        &path,
        "--proxy",
        &address,
        "--proxy-user",
        "alice",
        "-j",
        "6",
    ];
    let arguments: Vec<&str> = arguments
        .into_iter()
        .chain(options.iter().copied())
        .chain(targets.iter().map(String::as_str))
        .collect();
    Terminal::start(Path::new(env!("CARGO_BIN_EXE_symgate")), 100, &arguments)
}

/// How often a password was sent.
fn logons(proxy: &Fault) -> usize {
    proxy
        .heard()
        .iter()
        .filter(|request| request.head.contains("Proxy-Authorization"))
        .count()
}

#[test]
fn many_connections_ask_one_question() {
    let (proxy, dir) = (proxy(), Dir::new());
    let mut terminal = get(&proxy, &dir);
    let facts = terminal.expect("Password for alice (not shown): ");
    assert!(
        facts.contains(&proxy.address().to_string()) && facts.contains("Office"),
        "{facts}"
    );
    assert_eq!(logons(&proxy), 0);
    terminal.press("wr0ng\r");
    terminal.expect("WRONG");
    assert_eq!(logons(&proxy), 1, "the others wait for the outcome");
    let between = terminal.expect("Password for alice (not shown): ");
    assert!(!between.contains("wr0ng"), "{between}");
    terminal.press("right\r");
    for number in 1..=6 {
        terminal.expect(&Sample(number).file());
    }
    terminal.end(0);
    assert_eq!(visible(&dir.join("store")).len(), 6);
}

#[test]
fn nothing_is_drawn_before_a_file_arrives() {
    let dir = Dir::new();
    let path = format!("srv*{}", dir.join("store").display());
    let targets: Vec<String> = (1..=3).map(|number| Sample(number).target()).collect();
    let arguments = ["get", "-y", &path]
        .into_iter()
        .chain(targets.iter().map(String::as_str));
    let mut terminal = Terminal::start(
        Path::new(env!("CARGO_BIN_EXE_symgate")),
        100,
        &arguments.collect::<Vec<_>>(),
    );
    for target in &targets {
        let before = terminal.expect(&format!("symgate: {target}: "));
        assert!(!before.contains(" files "), "{before:?}");
    }
    terminal.end(1);
}

#[test]
fn a_cancelled_question_ends_all_and_is_not_repeated() {
    for cancel in ["\u{1b}", "\u{3}"] {
        let (proxy, dir) = (proxy(), Dir::new());
        let mut terminal = get(&proxy, &dir);
        terminal.expect("Password for alice (not shown): ");
        terminal.press(cancel);
        for number in 1..=6 {
            let said = terminal.expect(&format!("symgate: {}: ", Sample(number).target()));
            assert!(!said.contains("not shown"), "{said}");
        }
        terminal.end(3);
        assert_eq!(logons(&proxy), 0);
        assert!(visible(&dir.join("store")).is_empty());
    }
}

#[test]
fn a_signal_at_the_question_is_an_interruption() {
    for signal in [Signal::INT, Signal::TERM] {
        let (proxy, dir) = (proxy(), Dir::new());
        let mut terminal = get(&proxy, &dir);
        terminal.expect("Password for alice (not shown): ");
        terminal.signal(signal);
        terminal.end(130);
        assert_eq!(logons(&proxy), 0);
    }
}

#[test]
fn a_debugger_decides_whether_to_ask_and_prompts_decides_above_it() {
    const ASKS: [&[&str]; 6] = [
        &[],
        &["--prompts", "on"],
        &["--debugger", "windbg"],
        &["--debugger", "kd", "--prompts", "on"],
        &["--debugger", "cdb", "--prompts", "on"],
        &["--debugger", "ntsd", "--prompts", "on"],
    ];
    const REFUSES: [&[&str]; 5] = [
        &["--prompts", "off"],
        &["--debugger", "kd"],
        &["--debugger", "cdb"],
        &["--debugger", "ntsd"],
        &["--debugger", "windbg", "--prompts", "off"],
    ];
    let asks = ASKS.map(|options| (options, true));
    let refuses = REFUSES.map(|options| (options, false));
    for (options, is_asked) in asks.into_iter().chain(refuses) {
        println!("{options:?}");
        let (proxy, dir) = (proxy(), Dir::new());
        let mut terminal = get_with(&proxy, &dir, options);
        if is_asked {
            terminal.expect("Password for alice (not shown): ");
            terminal.press("\u{1b}");
        }
        let said = terminal.expect(&format!("symgate: {}: ", Sample(6).target()));
        assert!(!said.contains("not shown"), "{options:?}: {said}");
        // Where a question would have been possible, the way to it is told.
        assert_eq!(said.contains("--prompts on"), !is_asked, "{options:?}: {said}");
        terminal.end(3);
        assert_eq!(logons(&proxy), 0, "{options:?}");
    }
}
