//! `cargo xtask bench`: see [`symgate_tests::bench`].
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tables are what it is for")]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    use symgate_tests::bench::{Options, report_child, run};

    if let Some(code) = report_child() {
        return code;
    }
    let outcome =
        Options::parse(std::env::args().skip(1)).and_then(|options| run(&options, |table| println!("{table}")));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("bench: squid and nginx, which it needs, run on Unix only");
    ExitCode::FAILURE
}
