//! Steps: each is announced, timed, remembered, and when it fails tells how to repeat it.

use anyhow::Context;
use anyhow::Result;
use anyhow::anyhow;
use anyhow::bail;
use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

/// The steps of one invocation.
#[derive(Debug)]
pub(crate) struct Run {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    passed: bool,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Runs a command with its output streamed.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let again = spelled(command);
        self.step(name, &again, || {
            let program = command.get_program().display().to_string();
            let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
            if !status.success() {
                bail!("`{program}` ended with {status}");
            }
            Ok(())
        })
    }

    /// Runs a piece of work that `again` repeats.
    pub(crate) fn step(&mut self, name: &str, again: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("\n== {name}: {again}");
        let start = Instant::now();
        let outcome = work();
        let passed = outcome.is_ok();
        self.done.push(Step {
            name: name.to_owned(),
            took: start.elapsed(),
            passed,
        });
        outcome.map_err(|error| anyhow!("step `{name}` failed: {error:#}\nto repeat it:\n  {again}"))
    }

    /// Prints the table of steps, unless there is nothing to sum up.
    pub(crate) fn print_summary(&self) {
        if self.done.is_empty() {
            return;
        }
        println!();
        for step in &self.done {
            println!("{}", step.line());
        }
        let total: Duration = self.done.iter().map(|step| step.took).sum();
        println!("{:>8.1} s        in all", total.as_secs_f64());
    }
}

impl Step {
    fn line(&self) -> String {
        let outcome = if self.passed { "passed" } else { "FAILED" };
        format!("{:>8.1} s  {outcome}  {}", self.took.as_secs_f64(), self.name)
    }
}

/// The command as a shell would take it, with what it adds to the environment and where it runs.
fn spelled(command: &Command) -> String {
    let mut words = Vec::new();
    if let Some(directory) = command.get_current_dir() {
        words.push(format!("cd {} &&", quoted(directory.as_os_str())));
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.display(), quoted(value)));
        }
    }
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_is_spelled_for_a_shell() {
        let mut command = Command::new("cargo");
        command
            .args(["test", "--test", "peer_*", "it's", ""])
            .env("RUSTDOCFLAGS", "-D warnings");
        let expected = r"RUSTDOCFLAGS='-D warnings' cargo test --test 'peer_*' 'it'\''s' ''";
        assert_eq!(spelled(&command), expected);
        command.current_dir("a b");
        assert_eq!(spelled(&command), format!("cd 'a b' && {expected}"));
    }

    #[test]
    fn failure_names_the_command_to_repeat() {
        let mut run = Run::new();
        let outcome = run.command("nothing", &mut Command::new("no-such-program-anywhere"));
        let message = format!("{:#}", outcome.unwrap_err());
        assert!(
            message.contains("to repeat it:\n  no-such-program-anywhere"),
            "{message}"
        );
        assert_eq!(run.done.iter().map(|step| step.passed).collect::<Vec<_>>(), [false]);
    }
}
