//! The tests against servers, proxies and tools of other authors.

use anyhow::Result;
use anyhow::bail;
use std::collections::BTreeMap;

use crate::fixtures;
use crate::program;
use crate::project::Project;
use crate::run::Run;

/// `cargo xtask peers`
pub(crate) fn test(run: &mut Run, project: &Project) -> Result<()> {
    report_missing()?;
    // Real symbol files are peers too; whoever is offline still has the other tests.
    match fixtures::make(run, project) {
        Err(error) if !program::is_ci() => eprintln!("without real symbol files: {error:#}"),
        outcome => outcome?,
    }
    let mut suites: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (package, target) in project.integration_tests() {
        if target.name.starts_with(PREFIX) {
            suites.entry(&package.name).or_default().push(&target.name);
        }
    }
    if suites.is_empty() {
        bail!("no package has an integration test whose name starts with `{PREFIX}`");
    }
    for (package, tests) in suites {
        let mut cargo = project.cargo(&["test", "--package", package]);
        for test in tests {
            cargo.args(["--test", test]);
        }
        run.command(&format!("peers of {package}"), &mut cargo)?;
    }
    Ok(())
}

fn report_missing() -> Result<()> {
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _)| program::find(program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("missing here:");
    for (program, package) in &missing {
        println!("  {program:<12} Debian package {package}");
    }
    if program::is_ci() {
        bail!("under CI a missing peer is a failure");
    }
    println!("tests that need them are skipped");
    Ok(())
}

/// How the names of integration tests start that need something installed.
pub(crate) const PREFIX: &str = "peer_";

/// Programs that some test wants, and the Debian packages that bring them.
const PROGRAMS: &[(&str, &str)] = &[
    ("cabextract", "cabextract"),
    ("clang", "clang"),
    ("curl", "curl"),
    ("gcab", "gcab"),
    ("lld-link", "lld"),
    ("nginx", "nginx-light"),
    ("squid", "squid-openssl"),
    ("tinyproxy", "tinyproxy"),
];
