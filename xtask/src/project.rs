//! What `cargo metadata` knows about the workspace.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::program;
use crate::run::Run;

/// A workspace, without its foreign packages.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A member of a workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// A line of a manifest's table of dependencies.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The table in which a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Build,
    Dev,
    Normal,
}

/// Something that cargo builds.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) source: PathBuf,
}

impl Project {
    /// The workspace that this program was built in.
    pub(crate) fn load() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask stands in a workspace")?;
        Self::of(&root.join("Cargo.toml"))
    }

    /// The workspace of a manifest.
    pub(crate) fn of(manifest: &Path) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
        let text = program::output(cargo.arg(manifest))?;
        parse(&text).context("cargo metadata has a form of its own")
    }

    /// A cargo command in the workspace's root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// The packages that others may use: those with a library, without tests.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| {
            package.directory.starts_with(self.root.join("crates"))
                && package.targets.iter().any(|target| target.kind == "lib")
        })
    }

    /// Integration tests and their packages.
    pub(crate) fn integration_tests(&self) -> impl Iterator<Item = (&Package, &Target)> {
        self.packages.iter().flat_map(|package| {
            let tests = package.targets.iter().filter(|target| target.kind == "test");
            tests.map(move |target| (package, target))
        })
    }
}

/// Runs a program of the tests' package, beside the command that it drives.
pub(crate) fn run_binary(
    run: &mut Run,
    project: &Project,
    name: &str,
    release: bool,
    arguments: &[&str],
) -> Result<()> {
    let exists = project.packages.iter().any(|package| {
        package.name == TESTS
            && package
                .targets
                .iter()
                .any(|target| target.kind == "bin" && target.name == name)
    });
    if !exists {
        bail!("`{TESTS}` has no program `{name}`");
    }
    // The command is driven as a program of its own, which cargo does not build for another package.
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let mut build = project.cargo(&["build", "--package", "symgate-cli"]);
    run.command("build the command", build.args(profile))?;
    let mut command = project.cargo(&["run", "--package", TESTS, "--bin", name]);
    command.args(profile).arg("--").args(arguments);
    run.command(name, &mut command)
}

fn parse(text: &str) -> Result<Project> {
    let value: Value = serde_json::from_str(text)?;
    Ok(Project {
        root: string(&value, "workspace_root")?.into(),
        target: string(&value, "target_directory")?.into(),
        packages: list(&value, "packages")?.iter().map(package).collect::<Result<_>>()?,
    })
}

fn package(value: &Value) -> Result<Package> {
    let manifest = PathBuf::from(string(value, "manifest_path")?);
    Ok(Package {
        name: string(value, "name")?,
        directory: manifest
            .parent()
            .context("a manifest stands in a directory")?
            .to_path_buf(),
        dependencies: list(value, "dependencies")?
            .iter()
            .map(dependency)
            .collect::<Result<_>>()?,
        targets: list(value, "targets")?.iter().map(target).collect::<Result<_>>()?,
    })
}

fn dependency(value: &Value) -> Result<Dependency> {
    let kind = match value.get("kind").and_then(Value::as_str) {
        None => Kind::Normal,
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        Some(other) => bail!("`{other}` is no kind of dependency"),
    };
    Ok(Dependency {
        name: string(value, "name")?,
        kind,
    })
}

fn target(value: &Value) -> Result<Target> {
    let kind = list(value, "kind")?.first().and_then(Value::as_str);
    Ok(Target {
        name: string(value, "name")?,
        kind: kind.context("a target has a kind")?.to_owned(),
        source: string(value, "src_path")?.into(),
    })
}

fn string(value: &Value, key: &str) -> Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    Ok(found.with_context(|| format!("`{key}` is missing"))?.to_owned())
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v [Value]> {
    let found = value.get(key).and_then(Value::as_array);
    Ok(found.with_context(|| format!("`{key}` is missing"))?)
}

/// The package of shared test code, demo and benchmark.
pub(crate) const TESTS: &str = "symgate-tests";
