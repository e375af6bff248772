//! An askpass program for tests and the demo: it answers the next question from a file, and keeps what it was asked.
//!
//! `ASKPASS_DIR/answers` has a line for each answer, `(cancel)` for none; `ASKPASS_DIR/questions` gets the questions.
#![expect(clippy::print_stdout, reason = "an askpass program answers there")]

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match answer() {
        Ok(Some(answer)) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Ok(None) | Err(_) => ExitCode::FAILURE,
    }
}

fn answer() -> std::io::Result<Option<String>> {
    let dir = PathBuf::from(env::var_os("ASKPASS_DIR").unwrap_or_default());
    let question = env::args().nth(1).unwrap_or_default();
    let file = dir.join("questions");
    let asked = fs::read_to_string(&file).unwrap_or_default().lines().count();
    let mut questions = OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(questions, "{}", question.replace('\n', " "))?;
    let answers = fs::read_to_string(dir.join("answers"))?;
    let answer = answers.lines().nth(asked);
    Ok(answer.filter(|answer| *answer != "(cancel)").map(str::to_owned))
}
