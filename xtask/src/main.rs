//! The chores of the project: `cargo xtask NAME`. What CI runs is `cargo xtask ci`.
//!
//! Each chore runs cargo or another tool, shows its output as it comes, and ends with a table of its
//! steps and their times. A step that fails is the last one and names the command to repeat it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to its user")]

mod ci;
mod fixtures;
mod fuzz;
mod newcomer;
mod peers;
mod program;
mod project;
mod run;
mod tidy;
mod windows;

use anyhow::Result;
use anyhow::bail;
use std::env;
use std::process::ExitCode;

use crate::project::Project;
use crate::run::Run;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut run = Run::new();
    let outcome = dispatch(&mut run, &arguments);
    run.print_summary();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(run: &mut Run, arguments: &[String]) -> Result<()> {
    let Some((chore, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(());
    };
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let project = Project::load()?;
    match (chore.as_str(), rest.as_slice()) {
        ("bench", rest) => project::run_binary(run, &project, "bench", true, rest),
        ("bless", []) => ci::bless(run, &project),
        ("ci", rest) => ci::all(run, &project, rest),
        ("demo", rest) => project::run_binary(run, &project, "demo", false, rest),
        ("deny", []) => ci::deny(run, &project),
        ("fixtures", []) => fixtures::make(run, &project),
        ("fuzz", rest) => fuzz::run(run, &project, rest),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(())
        }
        ("peers", []) => peers::test(run, &project),
        ("test", []) => ci::test(run, &project),
        ("tidy", []) => tidy::check(run, &project),
        ("windows", rest) => windows::build(run, &project, rest),
        _ => bail!("`cargo xtask {}` is not a chore\n\n{USAGE}", arguments.join(" ")),
    }
}

const USAGE: &str = "\
usage: cargo xtask CHORE

  test                        all tests that need nothing installed
  ci [--without STEP]...      everything that has to pass, in the order of CI
  demo [NAME]                 the command, driven through a proxy and a store made on the spot
  peers                       the tests against other authors' servers, and a table of who lets us through
  fixtures                    fetches real PE and PDB files and checks their digests
  fuzz [--seconds N] [TARGET] builds the fuzz targets and runs each for N seconds (10)
  bench [ARGS]                times symgate against curl
  tidy                        the rules of the house that no compiler knows
  deny                        licences, bans and sources of dependencies
  windows [--install] [--run] builds the workspace for x86_64-pc-windows-gnu; or runs tests by wine
  bless                       rewrites the expectations of transcripts; review the difference
";
