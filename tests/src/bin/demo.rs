//! `cargo xtask demo`: see [`symgate_tests::demo`].
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "it talks to its user")]

use std::env;
use std::io;
use std::process::ExitCode;

use symgate_tests::{built, demo};

fn main() -> ExitCode {
    match show() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn show() -> Result<(), String> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| !demo::NAMES.contains(&name.as_str())) {
        return Err(format!("there is no demo `{unknown}`, only: {}", demo::NAMES.join(" ")));
    }
    let symgate = built::symgate()?;
    for name in demo::NAMES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            demo::show(name, &symgate, &mut io::stdout().lock())?;
        }
    }
    Ok(())
}
