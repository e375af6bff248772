//! What has to pass, in order: cheap things of the whole workspace first, then what needs peers, last
//! what may have to compile its own tool.

use anyhow::Result;
use anyhow::bail;
use std::collections::BTreeSet;

use crate::fuzz;
use crate::newcomer;
use crate::peers;
use crate::program;
use crate::project::Project;
use crate::project::TESTS;
use crate::run::Run;
use crate::tidy;
use crate::windows;

/// `cargo xtask ci [--without STEP]...`
pub(crate) fn all(run: &mut Run, project: &Project, arguments: &[&str]) -> Result<()> {
    let without = parse(arguments)?;
    for (name, step) in STEPS {
        if !without.contains(name) {
            step(run, project)?;
        }
    }
    Ok(())
}

/// `cargo xtask test`
pub(crate) fn test(run: &mut Run, project: &Project) -> Result<()> {
    let (peer, own): (BTreeSet<_>, BTreeSet<_>) = project
        .integration_tests()
        .map(|(_, target)| target.name.as_str())
        .partition(|name| name.starts_with(peers::PREFIX));
    let mut cargo = project.cargo(&["test", "--workspace", "--lib", "--bins"]);
    for name in own {
        cargo.args(["--test", name]);
    }
    run.command("unit and integration tests", &mut cargo)?;
    run.command("doctests", &mut project.cargo(&["test", "--workspace", "--doc"]))?;
    if !peer.is_empty() {
        println!(
            "\nnot run, since they need real peers (cargo xtask peers): {}",
            peer.into_iter().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(())
}

/// `cargo xtask deny`
pub(crate) fn deny(run: &mut Run, project: &Project) -> Result<()> {
    if program::find("cargo-deny").is_none() {
        let mut install = project.cargo(&["install", "cargo-deny", "--locked"]);
        run.command("install cargo-deny", &mut install)?;
    }
    let mut cargo = project.cargo(&["deny", "--workspace", "--all-features", "check"]);
    // Advisories live in a repository of their own, which is not always to be reached.
    run.command("deny", cargo.args(["bans", "licenses", "sources"]))
}

/// `cargo xtask bless`
pub(crate) fn bless(run: &mut Run, project: &Project) -> Result<()> {
    let mut cargo = project.cargo(&["test", "--package", TESTS]);
    run.command("bless", cargo.env("SYMGATE_BLESS", "1"))?;
    println!("\na blessed difference is reviewed like code: git diff tests");
    Ok(())
}

type Step = fn(&mut Run, &Project) -> Result<()>;

const STEPS: &[(&str, Step)] = &[
    ("test", test),
    ("fmt", |run, project| {
        run.command("fmt", &mut project.cargo(&["fmt", "--all", "--check"]))
    }),
    ("clippy", |run, project| {
        let mut cargo = project.cargo(&["clippy", "--workspace", "--all-targets"]);
        run.command("clippy", cargo.args(["--", "-D", "warnings"]))
    }),
    ("docs", |run, project| {
        let mut cargo = project.cargo(&["doc", "--workspace", "--no-deps"]);
        run.command("docs", cargo.env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("alone", alone),
    ("newcomer", newcomer::check),
    ("fuzz", |run, project| fuzz::run(run, project, &[])),
    ("tidy", tidy::check),
    ("peers", peers::test),
    ("deny", deny),
    ("windows", |run, project| windows::build(run, project, &[])),
];

/// Builds each library as somebody does who depends on it alone and wants no feature of it.
fn alone(run: &mut Run, project: &Project) -> Result<()> {
    for package in project.libraries() {
        let arguments = ["check", "--no-default-features", "--package", &package.name];
        run.command(&format!("{} alone", package.name), &mut project.cargo(&arguments))?;
    }
    Ok(())
}

fn parse<'a>(arguments: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut without = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (*argument, rest.next()) {
            ("--without", Some(name)) if STEPS.iter().any(|(step, _)| step == name) => {
                without.push(*name);
            }
            _ => {
                let steps: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
                bail!(
                    "usage: cargo xtask ci [--without STEP]..., STEP one of {}",
                    steps.join(", ")
                );
            }
        }
    }
    Ok(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_names_a_step() {
        assert_eq!(
            parse(&["--without", "test", "--without", "deny"]).unwrap(),
            ["test", "deny"]
        );
        for wrong in [
            &["test"][..],
            &["--without"],
            &["--without", "lint"],
            &["--skip", "test"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
