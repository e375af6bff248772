//! Fuzzing without a tool of its own: cargo, the compiler at hand and libFuzzer.
//!
//! `fuzz/` is a package outside the workspace, because its dependency and its flags are nobody
//! else's. The flags ask LLVM for the counters and the comparison hooks that libFuzzer feeds on, and
//! for AddressSanitizer. One of them needs `-Z`, which a stable compiler takes when it is told to
//! pass for the one that builds itself (`RUSTC_BOOTSTRAP`); the sanitizer's runtime comes with it.
//! So the code is fuzzed as the compiler of its users makes it, and a machine with Rust and nothing
//! else can fuzz. Weighed and dropped: a nightly compiler, which is another one each day, and one
//! more thing to install.
//!
//! New inputs go to a scratch directory; `fuzz/corpus` holds only what somebody chose and named.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program;
use crate::project::Project;
use crate::run::Run;

/// `cargo xtask fuzz [--seconds N] [TARGET]`
pub(crate) fn run(run: &mut Run, project: &Project, arguments: &[&str]) -> Result<()> {
    let wanted = Wanted::parse(arguments)?;
    let directory = project.root.join("fuzz");
    let manifest = directory.join("Cargo.toml");
    let fuzz = Project::of(&manifest).context("fuzz/ is no package")?;
    let targets: Vec<&str> = fuzz
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.kind == "bin")
        .map(|target| target.name.as_str())
        .filter(|name| wanted.target.is_none_or(|target| target == *name))
        .collect();
    if targets.is_empty() {
        bail!("fuzz/Cargo.toml has no target `{}`", wanted.target.unwrap_or("*"));
    }
    let host = host()?;
    let output = project.target.join("fuzz");
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--target", &host])
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&output)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .env("RUSTC_BOOTSTRAP", "1");
    for target in &targets {
        build.args(["--bin", target]);
    }
    // A lock file that nobody committed would make CI fuzz other code than we do.
    if program::is_ci() {
        build.arg("--locked");
    }
    run.command("build fuzz targets", &mut build)?;
    for target in targets {
        let program = output.join(&host).join("release").join(target);
        fuzz_one(run, &directory, &output, &program, target, wanted.seconds)?;
    }
    Ok(())
}

fn fuzz_one(run: &mut Run, directory: &Path, output: &Path, program: &Path, target: &str, seconds: u32) -> Result<()> {
    let scratch = output.join("corpus").join(target);
    let artifacts = directory.join("artifacts").join(target);
    for made in [&scratch, &artifacts] {
        fs::create_dir_all(made).with_context(|| format!("cannot make `{}`", made.display()))?;
    }
    let mut command = Command::new(program);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // An input that takes this long or this much is a finding, whatever it does.
        .args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .arg(scratch)
        .current_dir(directory);
    let chosen = directory.join("corpus").join(target);
    if chosen.is_dir() {
        command.arg(chosen);
    }
    run.command(&format!("fuzz {target}"), &mut command)
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    seconds: u32,
    target: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn parse(arguments: &[&'a str]) -> Result<Self> {
        let mut wanted = Self {
            seconds: SECONDS,
            target: None,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--seconds" => {
                    let number = rest.next().and_then(|number| number.parse().ok());
                    wanted.seconds = number
                        .filter(|seconds| *seconds > 0)
                        .context("`--seconds` wants a number above 0")?;
                }
                name if !name.starts_with('-') && wanted.target.is_none() => {
                    wanted.target = Some(name);
                }
                other => bail!("`{other}`? usage: cargo xtask fuzz [--seconds N] [TARGET]"),
            }
        }
        Ok(wanted)
    }
}

/// The triple of this machine: with it cargo keeps the flags away from build scripts.
fn host() -> Result<String> {
    let version = program::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Branches that LLVM folds into one are branches that the fuzzer cannot tell apart.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Zsanitizer=address",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
];

/// How long a target runs unless told otherwise.
const SECONDS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_understood_or_refused() {
        let wanted = |seconds, target| Some(Wanted { seconds, target });
        let table = [
            (&[][..], wanted(10, None)),
            (&["path"], wanted(10, Some("path"))),
            (&["--seconds", "3"], wanted(3, None)),
            (&["path", "--seconds", "3"], wanted(3, Some("path"))),
            (&["--seconds"], None),
            (&["--seconds", "0"], None),
            (&["--seconds", "long"], None),
            (&["--fast"], None),
            (&["path", "other"], None),
        ];
        for (arguments, expected) in table {
            assert_eq!(Wanted::parse(arguments).ok(), expected, "{arguments:?}");
        }
    }
}
