//! The transcripts of `symgate shell`, played through a real squid: Basic, and NTLM judged by Samba's winbindd.
//!
//! They are the ones that `tests/tests/consoles.rs` plays through proxies of our own, line by line the same.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use symgate_tests::built::example;
use symgate_tests::console::{PASSWORD, USER, Watched, difference, play, transcripts};
use symgate_tests::peer::{Auth, Program, Squid, Winbind, require};

const SYMGATE: &str = env!("CARGO_BIN_EXE_symgate");

struct Real(Squid);

impl Watched for Real {
    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn log(&self) -> Vec<(u16, Option<String>)> {
        let lines = self.0.log().into_iter();
        // squid knows no user where the judge of NTLM said no.
        lines
            .map(|line| (line.status, line.is_failed_logon().then(String::new).or(line.user)))
            .collect()
    }
}

/// Plays the transcripts whose names end so, each through a proxy of its own.
fn play_all(ending: &str, start: impl Fn() -> Squid) {
    let askpass = example("symgate-cli", "askpass").unwrap();
    let mine = |path: &&std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().ends_with(ending);
    let transcripts = transcripts();
    let transcripts: Vec<_> = transcripts.iter().filter(mine).collect();
    assert!(!transcripts.is_empty(), "there is a transcript for {ending}");
    for path in transcripts {
        let written = fs::read_to_string(path).unwrap();
        let played = play(&written, Path::new(SYMGATE), &askpass, &Real(start()));
        if let Some(difference) = difference(&written, &played) {
            panic!("{} {difference}", path.display());
        }
    }
}

#[test]
fn squid_with_basic_is_met_as_the_transcripts_say() {
    let Some([squid]) = require([Program::Squid]) else {
        return;
    };
    play_all("_basic", || Squid::basic(&squid, USER, PASSWORD));
}

#[test]
fn squid_with_ntlm_is_met_as_the_transcripts_say() {
    let Some([squid, winbind]) = require([Program::Squid, Program::Winbind]) else {
        return;
    };
    let judge = Winbind::start(&winbind, USER, PASSWORD);
    play_all("_ntlm", || Squid::asking(&squid, None, &[Auth::ntlm(&judge)]));
}
