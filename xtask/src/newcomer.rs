//! The three lines with which symgate-proxy's README begins, in a project that has nothing else.
//!
//! Doctests see the whole workspace: its features, its dev-dependencies, its profile. A newcomer has an empty project,
//! and the promise is that the README's lines are enough there and print what the README says.

use anyhow::Context;
use anyhow::Result;
use anyhow::ensure;
use std::fs;
use std::process::Command;

use crate::program;
use crate::project::Project;
use crate::run::Run;

/// Makes the project, builds it with the workspace's versions, runs it, and compares.
pub(crate) fn check(run: &mut Run, project: &Project) -> Result<()> {
    let directory = project.target.join(NAME);
    let library = project.root.join("crates/symgate-proxy");
    let readme = fs::read_to_string(library.join("README.md")).context("symgate-proxy has a README")?;
    let example = Example::of(&readme).context("its README begins with an example that says what it prints")?;
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("Cargo.toml"), manifest(&library.to_string_lossy()))?;
    fs::write(directory.join("src/main.rs"), example.program())?;
    // Cargo drops from it what the project does not need, and looks nothing up.
    fs::copy(project.root.join("Cargo.lock"), directory.join("Cargo.lock"))?;

    let mut build = project.cargo(&["build", "--offline", "--quiet", "--manifest-path"]);
    build.arg(directory.join("Cargo.toml"));
    // A directory that exists already: what the two builds have in common is there.
    build.arg("--target-dir").arg(&project.target);
    run.command("an empty project with symgate-proxy", &mut build)?;

    let file = format!("debug/{NAME}{}", std::env::consts::EXE_SUFFIX);
    let mut newcomer = Command::new(project.target.join(file));
    // Only the variable that the README speaks of.
    newcomer.env_clear().env("https_proxy", example.proxy());
    run.step("what it prints", "cargo xtask ci", || {
        let printed = program::output(&mut newcomer)?;
        ensure!(
            printed.trim_end() == example.printed,
            "the README says `{}`, the program `{}`",
            example.printed,
            printed.trim_end()
        );
        Ok(())
    })
}

/// The first Rust example of a text.
#[derive(Debug, PartialEq, Eq)]
struct Example<'t> {
    lines: &'t str,
    /// What the comment behind its last statement says.
    printed: &'t str,
}

impl<'t> Example<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let (_, rest) = text.split_once("```rust\n")?;
        let (lines, _) = rest.split_once("```")?;
        let (_, printed) = lines.rsplit_once("// ")?;
        let printed = printed.trim_end();
        (lines.lines().count() == 3).then_some(Self { lines, printed })
    }

    /// The proxy that the README has in mind.
    fn proxy(&self) -> &'t str {
        self.printed.split(' ').next().unwrap_or_default()
    }

    fn program(&self) -> String {
        let lines = self.lines;
        format!("fn main() -> Result<(), Box<dyn std::error::Error>> {{\n{lines}Ok(())\n}}\n")
    }
}

/// A workspace of its own, because it stands in the directory of another.
fn manifest(library: &str) -> String {
    format!(
        "[workspace]\n\n\
         [package]\nname = \"{NAME}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nsymgate-proxy = {{ path = '{library}' }}\nurl = \"2\"\n"
    )
}

const NAME: &str = "symgate-newcomer";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_is_three_lines_and_says_what_it_prints() {
        let text = "# p\n\n```rust\na\nb\nc // x:1 (y)\n```\n```rust\nd\n```\n";
        let example = Example::of(text).unwrap();
        assert_eq!(
            (example.lines, example.printed, example.proxy()),
            ("a\nb\nc // x:1 (y)\n", "x:1 (y)", "x:1")
        );
        for wrong in [
            "",
            "```rust\na\nb\n```\n",
            "```rust\na // b\n```\n",
            "```rust\na\nb\nc // d\n",
        ] {
            assert_eq!(Example::of(wrong), None, "{wrong}");
        }
    }
}
