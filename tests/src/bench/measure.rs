//! What a command costs: wall time, CPU time and peak memory of it and its children.
//!
//! The system tells the cost of all children of a process together, and counts the memory of the process that
//! started them until they become another program. So each measured command is started by a fresh and small copy of
//! this program ([`report_child`]) that does nothing else.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// The cost of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// From start to end.
    pub(super) wall: Duration,
    /// In user and in system mode together.
    pub(super) cpu: Duration,
    /// The most memory that was resident at once, in KiB.
    pub(super) memory: u64,
}

/// Runs a command to its end and tells what it cost.
pub(super) fn measure(command: &Command, scratch: &Path) -> Result<Cost, String> {
    let report = scratch.join("cost");
    let this = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let mut measured = Command::new(this);
    measured
        .arg(WORD)
        .arg(&report)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured
        .output()
        .map_err(|error| format!("this program does not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "`{}` ended with {}: {said}",
            command.get_program().display(),
            output.status
        ));
    }
    let text = fs::read_to_string(&report).map_err(|error| format!("no cost was reported: {error}"))?;
    parse(&text).ok_or_else(|| format!("`{text}` is no cost"))
}

/// The other side of `measure`: when this process was started by it, runs the command and reports its cost.
#[must_use]
pub fn report_child() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().as_deref() != Some(WORD.as_ref()) {
        return None;
    }
    let (report, program) = (arguments.next()?, arguments.next()?);
    let rest: Vec<OsString> = arguments.collect();
    let start = Instant::now();
    let status = Command::new(program).args(rest).status().ok()?;
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let micros = [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    let line = format!(
        "{} {} {}",
        wall.as_micros(),
        micros.iter().sum::<i64>(),
        usage.max_rss()
    );
    fs::write(report, line).ok()?;
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse(text: &str) -> Option<Cost> {
    let numbers: Vec<u64> = text.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [wall, cpu, memory] = numbers[..] else { return None };
    Some(Cost {
        wall: Duration::from_micros(wall),
        cpu: Duration::from_micros(cpu),
        memory,
    })
}

/// The first argument of a process that measures.
const WORD: &str = "report-child";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_read_back() {
        let cost = Cost {
            wall: Duration::from_millis(1500),
            cpu: Duration::from_micros(7),
            memory: 12_000,
        };
        assert_eq!(parse("1500000 7 12000"), Some(cost));
        for text in ["", "1 2", "1 2 3 4", "1 2 x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
