//! `symgate shell` with its commands on standard input: options, bad input, and who may be asked (SYMSRV §6, DECISIONS §4).
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Write as _;
use std::process::Stdio;

use symgate_tests::command::{Call, Ran, visible};
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::{Dir, made};

const GUID: [u8; 16] = *b"\x10\x1f\x3a\x07\x92\x4c\x4e\x0b\x8a\x61\xc3\x7e\x20\xb4\xd9\x18";

/// A shell with these options, and these commands on its standard input.
fn shell(dir: &Dir, options: &[&str], commands: &str) -> Ran {
    shell_with(dir, options, commands, &[])
}

fn shell_with(dir: &Dir, options: &[&str], commands: &str, environment: &[(&str, &str)]) -> Ran {
    let mut call = Call::new(env!("CARGO_BIN_EXE_symgate"), dir)
        .args(["shell"])
        .args(options);
    for (name, value) in environment {
        call = call.env(name, value);
    }
    call.command().stdin(Stdio::piped());
    let mut running = call.secret("alice", "open-sesame").start();
    let mut input = running.take_stdin().unwrap();
    // A shell that has ended reads no more.
    let _ended = input.write_all(commands.as_bytes());
    drop(input);
    running.end()
}

/// A module and a store on this machine that has its PDB.
fn lab() -> Dir {
    let dir = Dir::new();
    let (image, pdb) = made::pair("hello", GUID, 1);
    dir.write("hello.dll", image);
    let key = made::Pdb::new(GUID, 1).key();
    dir.write(format!("master/hello.pdb/{key}/hello.pdb"), pdb);
    dir
}

#[test]
fn commands_come_from_a_file_and_no_prompt_is_shown() {
    let dir = lab();
    let path = format!("srv*{}", dir.join("master").display());
    let ran = shell(&dir, &["-y", &path, "hello.dll"], "lm\n.reload /f\nlm\nq\nlm\n");
    assert_eq!(ran.status, Some(0), "{ran}");
    assert!(!ran.stdout.contains("0:000>"), "{ran}");
    let states: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("hello   ")).collect();
    assert_eq!(states.len(), 2, "{ran}");
    assert!(states[0].contains("(deferred)"), "{ran}");
    assert!(
        states[1].contains("pdb symbols)") && states[1].contains("hello.pdb"),
        "{ran}"
    );
}

#[test]
fn bad_input_gets_a_line_and_never_an_end() {
    let dir = lab();
    let commands = "nonsense\n.reload /z\n!sym maybe\n.symopt+ xyz\nld\n!symsrv open\n\u{1b}[2J\n.sympath\n";
    let ran = shell(&dir, &["-y", "srv*nowhere", "hello.dll"], commands);
    assert_eq!(ran.status, Some(0), "{ran}");
    assert!(ran.stdout.contains("Symbol search path is: srv*nowhere"), "{ran}");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran}");
    assert!(ran.stdout.lines().count() > 8, "{ran}");
}

#[test]
fn what_cannot_be_understood_is_said_before_anything_is_read() {
    let dir = lab();
    dir.write("text.dll", "no image");
    dir.write("rules.toml", "[[rule]]\nsay = \"perhaps\"\n");
    for (options, words) in [
        (&["absent.dll"][..], &["absent.dll"][..]),
        (&["text.dll", "absent.dll"], &["text.dll", "absent.dll"]),
        (&["--sflags", "0xZZ"], &["--sflags"]),
        (&["--policy", "rules.toml", "hello.dll"], &["rules.toml", "perhaps"]),
        (&["--policy", "absent.toml"], &["absent.toml"]),
        (&["--netrc-file", "absent"], &["absent"]),
        (&["--credential-provider", "absent.xml"], &["absent.xml"]),
        (&["--debugger", "gdb"], &["gdb"]),
        (
            &["--user", "localhost=bob:open-sesame"],
            &["--user", "https://localhost=NAME"],
        ),
        (&["--keep-passwords"], &["--keep-passwords", "--credential-helper"]),
    ] {
        let ran = shell(&dir, options, "lm\n");
        ran.expect(2, words);
        assert_eq!(ran.stdout, "", "{options:?}");
    }
}

#[test]
fn a_debugger_and_its_flags_say_what_it_starts_with() {
    let dir = lab();
    for (options, bits, prompts) in [
        (&[][..], "0xb0227", "off"),
        (&["--debugger", "windbg"], "0x30237", "on"),
        (&["--debugger", "kd"], "0xb0227", "off"),
        (&["--debugger", "ntsd"], "0xb0227", "off"),
        (&["--sflags", "0x30227"], "0x30227", "on"),
        (&["--debugger", "windbg", "--sflags", "524288"], "0x80000", "off"),
        (&["--debugger", "cdb", "--prompts", "on"], "0x30227", "on"),
        (&["--debugger", "windbg", "--prompts", "off"], "0xb0237", "off"),
        (&["--noisy"], "0x800b0227", "off"),
    ] {
        let ran = shell(&dir, options, ".symopt\n!sym\n");
        assert!(
            ran.stdout.contains(&format!("Symbol options are {bits}:")),
            "{options:?} {ran}"
        );
        assert!(
            ran.stdout.contains(&format!("symbol prompts {prompts}")),
            "{options:?} {ran}"
        );
        assert_eq!(
            ran.stdout.contains("SYMOPT_NO_PROMPTS"),
            prompts == "off",
            "{options:?} {ran}"
        );
        let noisy = if options.contains(&"--noisy") {
            "noisy mode"
        } else {
            "quiet mode"
        };
        assert!(ran.stdout.contains(noisy), "{options:?} {ran}");
    }
}

#[test]
fn the_environments_path_follows_the_options() {
    let dir = lab();
    let environment = [("_NT_SYMBOL_PATH", "/nt"), ("_NT_ALT_SYMBOL_PATH", "/alt")];
    for (options, shown) in [
        (&["-y", "/given"][..], "/given;/alt;/nt"),
        (&[], "/alt;/nt"),
        (&["-y", "/given", "--sflags", "0x1000"], "/given"),
    ] {
        let ran = shell_with(&dir, options, ".sympath\n", &environment);
        assert!(
            ran.stdout.contains(&format!("Symbol search path is: {shown}\n")),
            "{options:?} {ran}"
        );
    }
    let ran = shell(&dir, &[], ".sympath\n");
    assert!(ran.stdout.contains("Symbol search path is: srv*\n"), "{ran}");
}

/// A proxy that asks everybody who it is.
fn shut() -> Fault {
    Fault::start(|_| {
        Reply::answer(
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Basic realm=\"Office\"\r\n",
            "",
        )
    })
}

#[test]
fn whatever_is_typed_a_latched_proxy_is_left_alone_until_the_client_is_closed() {
    let (dir, proxy) = (lab(), shut());
    let address = proxy.address().to_string();
    let path = format!("srv*{}*http://store.test/sym", dir.join("cache").display());
    let options = ["-y", &path, "--proxy", &address, "hello.dll"];
    let before = ".reload /f\n";
    let between = "!sym prompts\n.reload\n.reload /f hello.dll\nld hello\n.symopt-80000\n.reload /f /o\n!sym noisy\n\
                   .reload /i\n.sympath+ srv*http://other.test/s\n.reload /f\n!chksym hello\n!lmi hello\n";
    let once = shell(&dir, &options, before);
    assert_eq!(once.status, Some(0), "{once}");
    let heard = proxy.heard().len();
    assert!(heard > 0);
    let ran = shell(&dir, &options, &format!("{before}{between}"));
    assert_eq!(proxy.heard().len(), 2 * heard, "{ran}");
    // The reason is told each time.
    assert!(ran.stdout.matches("is not contacted any more").count() >= 5, "{ran}");
    let ran = shell(&dir, &options, &format!("{before}!symsrv close\n.reload /f\n"));
    assert_eq!(proxy.heard().len(), 4 * heard, "{ran}");
    // `.restart` opens what was shut, too.
    let _ran = shell(&dir, &options, &format!("{before}.restart\n.reload /f\n"));
    assert_eq!(proxy.heard().len(), 6 * heard);
    assert!(visible(&dir.join("cache")).is_empty());
}

#[test]
fn rules_decide_before_anybody_is_asked() {
    let (dir, proxy) = (lab(), shut());
    let address = proxy.address().to_string();
    let path = format!("srv*{}*http://store.test/sym", dir.join("cache").display());
    dir.write("refuse.toml", "[[rule]]\nsay = \"refuse\"\ntarget = \"proxy\"\n");
    dir.write(
        "other.toml",
        "[[rule]]\nsay = \"refuse\"\ntarget = \"proxy\"\nhost = \"*.elsewhere.test\"\n",
    );
    for (rules, logons) in [("refuse.toml", 0), ("other.toml", 1)] {
        let before = proxy.heard().len();
        let options = [
            "-y",
            &path,
            "--proxy",
            &address,
            "--proxy-user",
            "alice:open-sesame",
            "--policy",
            rules,
            "hello.dll",
        ];
        let ran = shell(&dir, &options, ".reload /f\n");
        let heard = &proxy.heard()[before..];
        let sent = heard
            .iter()
            .filter(|request| request.head.contains("Proxy-Authorization"))
            .count();
        assert_eq!(sent, logons, "{rules} {ran}");
        assert!(ran.stdout.contains("*** ERROR"), "{rules} {ran}");
    }
}

#[test]
fn a_pdb_beside_its_image_is_found_first_unless_an_option_says_no() {
    let dir = lab();
    let (_, pdb) = made::pair("hello", GUID, 1);
    dir.write("hello.pdb", pdb);
    for (options, found) in [(".symopt+0", true), (".symopt+200000", false)] {
        let ran = shell(
            &dir,
            &["-y", "nowhere", "hello.dll"],
            &format!("{options}\n.reload /f\nlm\n"),
        );
        assert_eq!(ran.stdout.contains("(private pdb symbols)"), found, "{options} {ran}");
    }
}
