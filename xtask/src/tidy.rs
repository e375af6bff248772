//! The rules of the house that no compiler knows: which crate may name which, and how a file looks.
//!
//! A rule is a function from values to complaints, so that its test needs no files; this module reads
//! the files.

mod arrows;
mod text;
mod trees;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::project::Project;
use crate::run::Run;

/// `cargo xtask tidy`
pub(crate) fn check(run: &mut Run, project: &Project) -> Result<()> {
    run.step("tidy", "cargo xtask tidy", || {
        let mut complaints = arrows::check(&project.packages);
        complaints.extend(manifests(project)?);
        complaints.extend(trees::check(project)?);
        let mut words = text::Words::default();
        for file in sources(&project.root)? {
            let path = slashed(file.strip_prefix(&project.root).unwrap_or(&file));
            let content = fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            complaints.extend(text::check(&path, &content));
            words.note(&path, &content);
        }
        complaints.extend(words.check());
        complaints.extend(fuzz_targets(&project.root)?);
        if complaints.is_empty() {
            return Ok(());
        }
        for complaint in &complaints {
            println!("{complaint}");
        }
        bail!("{} complaints", complaints.len())
    })
}

/// What each manifest and each library's root must say.
fn manifests(project: &Project) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for package in &project.packages {
        let manifest = package.directory.join("Cargo.toml");
        let content = fs::read_to_string(&manifest).with_context(|| format!("cannot read `{}`", manifest.display()))?;
        let lints = content
            .split_once("[lints]")
            .is_some_and(|(_, rest)| rest.trim_start().starts_with("workspace = true"));
        if !lints && !UNSAFE.contains(&package.name.as_str()) {
            complaints.push(format!("{}: the workspace's lints are not asked for", package.name));
        }
        for target in package.targets.iter().filter(|target| target.kind == "lib") {
            let source = fs::read_to_string(&target.source)
                .with_context(|| format!("cannot read `{}`", target.source.display()))?;
            let forbids = source.lines().any(|line| line == "#![forbid(unsafe_code)]");
            if !forbids && !UNSAFE.contains(&package.name.as_str()) {
                complaints.push(format!("{}: lib.rs does not forbid unsafe code", package.name));
            }
        }
    }
    Ok(complaints)
}

/// A file in `fuzz_targets` that the manifest does not name is never compiled.
fn fuzz_targets(root: &Path) -> Result<Vec<String>> {
    let manifest = root.join("fuzz").join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(Vec::new());
    }
    let fuzz = Project::of(&manifest)?;
    let named: BTreeSet<PathBuf> = fuzz
        .packages
        .iter()
        .flat_map(|package| package.targets.iter().map(|target| target.source.clone()))
        .collect();
    let mut files = Vec::new();
    collect(&root.join("fuzz").join("fuzz_targets"), &mut files)?;
    let unnamed = files.into_iter().filter(|file| !named.contains(file));
    Ok(unnamed
        .map(|file| format!("{}: fuzz/Cargo.toml does not name it", file.display()))
        .collect())
}

/// All files of Rust in the places where there are some.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for place in ["crates", "fuzz", "tests", "xtask"] {
        let place = root.join(place);
        if place.is_dir() {
            collect(&place, &mut files)?;
        }
    }
    files.sort();
    Ok(files)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list `{}`", directory.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list `{}`", directory.display()))?
            .path();
        if path.is_dir() {
            // What cargo built is not ours.
            if !path.ends_with("target") {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The packages that may hold unsafe code, under lints of their own.
const UNSAFE: &[&str] = &["symgate-sso"];
