//! How many crates a library brings with it, for libraries that others are to take alone.

use anyhow::Result;
use std::collections::BTreeSet;

use crate::program;
use crate::project::Project;

/// Complains about each library whose tree has grown beyond what was decided.
pub(super) fn check(project: &Project) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (name, most) in MOST {
        let arguments = [
            "tree",
            "--package",
            name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--locked",
        ];
        let tree = program::output(&mut project.cargo(&arguments))?;
        complaints.extend(complaint(name, *most, &tree));
    }
    Ok(complaints)
}

fn complaint(name: &str, most: usize, tree: &str) -> Option<String> {
    // A crate that comes twice has a mark behind it the second time.
    let crates: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|package| *package != name)
        .collect();
    let count = crates.len();
    (count != most).then(|| format!("{name}: {count} crates stand below it, and {most} were decided"))
}

/// Libraries, and the crates below them on the system that checks: digests, base64, DER, what clears memory, and what
/// derives error types while it is built.
const MOST: &[(&str, usize)] = &[("symgate-auth", 27)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_counted_by_names_without_its_root() {
        let tree = "a v1.0.0 (/here)\nb v2.0.0\nc v1.0.0 (proc-macro)\nb v2.0.0 (*)\n\n";
        for (most, complains) in [(1, true), (2, false), (3, true)] {
            assert_eq!(complaint("a", most, tree).is_some(), complains, "{most}");
        }
    }
}
