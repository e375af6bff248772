//! The transcripts of `symgate shell` (`consoles/*.txt`), played with the real command through proxies of this process.
//!
//! `SYMGATE_BLESS=1` writes down what happened instead; the change is reviewed like code. The same transcripts are played
//! through squid in `crates/symgate-cli/tests/peer_console.rs`.

use std::fs;

use symgate_tests::console::{PASSWORD, USER, difference, play, transcripts};
use symgate_tests::demo::{Proxy, Scheme};

#[test]
fn every_console_run_goes_as_it_is_written() {
    let symgate = symgate_tests::built::symgate().unwrap();
    let askpass = symgate_tests::built::example("symgate-cli", "askpass").unwrap();
    let mut differences = Vec::new();
    for path in transcripts() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let scheme = if name.ends_with("_ntlm") {
            Scheme::Ntlm
        } else {
            Scheme::Basic
        };
        let proxy = Proxy::start(scheme, USER, PASSWORD).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let played = play(&written, &symgate, &askpass, &proxy);
        if let Some(difference) = difference(&written, &played) {
            if std::env::var_os("SYMGATE_BLESS").is_some() {
                fs::write(&path, &played).unwrap();
            }
            differences.push(format!("{name} {difference}"));
        }
    }
    assert!(
        differences.is_empty() || std::env::var_os("SYMGATE_BLESS").is_some(),
        "{}",
        differences.join("\n")
    );
}
