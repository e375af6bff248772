//! Plays every file of `transcripts/` against the machine in memory: as it stands, and with the peer's bytes split.
//!
//! `SYMGATE_BLESS=1` (`cargo xtask bless`) writes what came of it into the files instead; read the difference like code.

#![expect(clippy::unwrap_used, reason = "a test ends where its files cannot be read")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use symgate_tests::script::{Script, Split, play};
#[cfg(feature = "peers")]
use symgate_tests::{
    driver::Blocking,
    script::{fits_tcp, play_over_tcp},
};

#[test]
fn dialogues_go_as_they_are_written() {
    let bless = env::var_os("SYMGATE_BLESS").is_some();
    let mut complaints = Vec::new();
    for path in files() {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let outcome = Script::parse(&text).and_then(|script| {
            let whole = play(&script, Split::Whole)?;
            if bless {
                fs::write(&path, &whole).unwrap();
            } else if whole != text {
                return Err(difference(&text, &whole));
            }
            let steps = if script.is_whole() { &[][..] } else { &[1, 7] };
            for &step in steps {
                let split = play(&script, Split::Each(step))?;
                if split != whole {
                    return Err(format!("in steps of {step}: {}", difference(&whole, &split)));
                }
            }
            Ok(())
        });
        if let Err(complaint) = outcome {
            complaints.push(format!("{}: {complaint}", path.display()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// The messages of an exchange are what is longest in a head.
#[test]
fn exchanges_come_to_the_same_wherever_they_are_split() {
    let mut played = 0;
    for path in files() {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        if !text.lines().any(|line| line == "! seeded") {
            continue;
        }
        played += 1;
        let script = Script::parse(&text).unwrap();
        let longest = text.lines().filter(|line| line.starts_with("S> ")).map(str::len).max();
        // A step is where the first piece ends, and each one behind it.
        for step in 1..=longest.unwrap_or(1) {
            let split = play(&script, Split::Each(step)).unwrap();
            assert!(
                split == text,
                "{}, in steps of {step}: {}",
                path.display(),
                difference(&text, &split)
            );
        }
    }
    assert!(played >= 8, "only {played} transcripts authenticate by messages");
}

#[cfg(feature = "peers")]
#[test]
fn dialogues_go_the_same_way_over_tcp() {
    let mut complaints = Vec::new();
    let mut played = 0;
    for path in files() {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        if !Script::parse(&text).is_ok_and(|script| fits_tcp(&script)) {
            continue;
        }
        played += 1;
        if let Err(complaint) = play_over_tcp(&text, &mut Blocking::new()) {
            complaints.push(format!("{}: {complaint}", path.display()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    assert!(played >= 15, "only {played} transcripts fit TCP");
}

/// The first line that differs, with what stands around it.
fn difference(expected: &str, found: &str) -> String {
    let (mut expected_lines, mut found_lines) = (expected.lines(), found.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (expected_lines.next(), found_lines.next()) {
            (None, None) => return "the same lines".into(),
            (expected, found) if expected != found => {
                let (expected, found) = (expected.unwrap_or("the end"), found.unwrap_or("the end"));
                return format!("line {number}\n  expected: {expected}\n  found:    {found}");
            }
            _ => {}
        }
    }
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(!files.is_empty(), "no transcripts");
    files
}
