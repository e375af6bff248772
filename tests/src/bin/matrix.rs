//! The table of who lets us through: see [`symgate_tests::matrix`]. An argument is a part of the rows' names.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a table is what it is for")]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    let outcome = symgate_tests::built::symgate().and_then(|symgate| {
        symgate_tests::matrix::run(
            symgate,
            only.as_deref(),
            |line| println!("{line}"),
            |why| eprintln!("{why}"),
        )
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("matrix: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("matrix: the peers that it needs run on Unix only");
    ExitCode::FAILURE
}
