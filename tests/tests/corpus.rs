//! Replays what `fuzz/corpus` holds against the law of each target, on the stable compiler.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use symgate_tests::property::TARGETS;

#[test]
fn stored_inputs_break_no_law() {
    for (target, law) in TARGETS {
        for (name, bytes) in inputs(target).unwrap() {
            // A law panics: the name of its input is what a reader of the failure wants first.
            println!("{target}/{name}");
            law(&bytes);
        }
    }
}

#[test]
fn each_law_has_a_target_and_a_corpus_and_each_of_these_a_law() {
    let laws: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let (_, binaries) = manifest.split_once("[[bin]]").unwrap();
    let fuzzed: BTreeSet<String> = binaries
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect();
    assert_eq!(fuzzed, laws, "targets of fuzz/Cargo.toml and laws");
    let stored: BTreeSet<String> = fs::read_dir(fuzz().join("corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(stored, laws, "directories of fuzz/corpus and laws");
    // A target that was copied and not changed would fuzz its model twice.
    let mut called = BTreeSet::new();
    for law in laws {
        let source = fs::read_to_string(fuzz().join("fuzz_targets").join(format!("{law}.rs"))).unwrap();
        let (_, call) = source.split_once("symgate_tests::property::").unwrap();
        assert!(
            called.insert(call.to_owned()),
            "{law}.rs calls what another target calls"
        );
    }
}

#[test]
fn each_input_is_named_by_its_meaning() {
    for (target, _) in TARGETS {
        let inputs = inputs(target).unwrap();
        assert!(!inputs.is_empty(), "{target}: nothing to replay");
        for (name, bytes) in inputs {
            let words = name.strip_suffix(".bin").unwrap_or_default();
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!words.is_empty() && words.chars().all(plain), "{target}/{name}");
            assert!(bytes.len() <= LARGEST, "{target}/{name}: {} bytes", bytes.len());
        }
    }
}

fn inputs(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let directory = fuzz().join("corpus").join(target);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut inputs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        inputs.push((name, fs::read(path)?));
    }
    inputs.sort();
    Ok(inputs)
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

/// A corpus travels with every clone.
const LARGEST: usize = 16 << 10;
