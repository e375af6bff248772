//! Which of our crates may name which: the walls of the house.
//!
//! Dev-dependencies are outside: a test may look at anything.

use crate::project::Kind;
use crate::project::Package;

/// Complains about every dependency between our packages that the table does not have.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut complaints = Vec::new();
    for package in packages {
        let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            complaints.push(format!("{}: the table of arrows does not know it", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let counts = dependency.kind != Kind::Dev && ours(&dependency.name);
            if counts && !may.allows(&dependency.name) {
                complaints.push(format!("{}: may not name {}", package.name, dependency.name));
            }
        }
    }
    complaints
}

/// What a package may name.
#[derive(Clone, Copy)]
enum May {
    Anything,
    Libraries,
    Only(&'static [&'static str]),
}

impl May {
    fn allows(self, name: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Libraries => !ENDS.contains(&name),
            Self::Only(names) => names.contains(&name),
        }
    }
}

/// Nobody but a test names these.
const ENDS: &[&str] = &["symgate-cli", "symgate-examples", "symgate-tests", "xtask"];

const ARROWS: &[(&str, May)] = &[
    (
        "symgate",
        May::Only(&[
            "symgate-auth",
            "symgate-credentials",
            "symgate-http",
            "symgate-index",
            "symgate-lookup",
            "symgate-net",
            "symgate-path",
            "symgate-policy",
            "symgate-proxy",
            "symgate-sso",
            "symgate-store",
        ]),
    ),
    ("symgate-auth", May::Only(&[])),
    ("symgate-cli", May::Libraries),
    (
        "symgate-console",
        May::Only(&["symgate", "symgate-index", "symgate-path", "symgate-policy"]),
    ),
    ("symgate-credentials", May::Only(&["symgate-auth", "symgate-policy"])),
    ("symgate-examples", May::Only(&[])),
    ("symgate-http", May::Only(&["symgate-auth"])),
    ("symgate-index", May::Only(&["symgate-path"])),
    ("symgate-lookup", May::Only(&["symgate-path"])),
    ("symgate-net", May::Only(&["symgate-auth", "symgate-http"])),
    ("symgate-path", May::Only(&[])),
    ("symgate-policy", May::Only(&["symgate-auth"])),
    ("symgate-probe", May::Only(&["symgate"])),
    ("symgate-proxy", May::Only(&[])),
    (
        "symgate-server",
        May::Only(&[
            "symgate",
            "symgate-index",
            "symgate-path",
            "symgate-policy",
            "symgate-store",
        ]),
    ),
    ("symgate-sso", May::Only(&["symgate-auth"])),
    ("symgate-store", May::Only(&["symgate-path"])),
    ("symgate-tests", May::Anything),
    ("xtask", May::Only(&[])),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Dependency;
    use std::path::PathBuf;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        let dependency = |(name, kind): &(&str, Kind)| Dependency {
            name: (*name).to_owned(),
            kind: *kind,
        };
        Package {
            name: name.to_owned(),
            directory: PathBuf::new(),
            dependencies: dependencies.iter().map(dependency).collect(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn only_listed_arrows_pass() {
        let table = [
            ("symgate-http", "symgate-auth", Kind::Normal, true),
            ("symgate-http", "symgate-net", Kind::Normal, false),
            ("symgate-http", "symgate-net", Kind::Build, false),
            ("symgate-http", "symgate-net", Kind::Dev, true),
            ("symgate-http", "url", Kind::Normal, true),
            ("symgate-auth", "symgate-http", Kind::Normal, false),
            ("symgate-cli", "symgate-path", Kind::Normal, true),
            ("symgate-cli", "symgate-tests", Kind::Normal, false),
            ("symgate-cli", "symgate-tests", Kind::Dev, true),
            ("symgate-tests", "symgate-net", Kind::Normal, true),
            ("xtask", "symgate-path", Kind::Normal, false),
        ];
        for (from, to, kind, passes) in table {
            let mut packages: Vec<Package> = ARROWS
                .iter()
                .filter(|(name, _)| *name != from)
                .map(|(name, _)| package(name, &[]))
                .collect();
            packages.push(package(from, &[(to, kind)]));
            let complaints = check(&packages);
            assert_eq!(complaints.is_empty(), passes, "{from} {to} {kind:?}: {complaints:?}");
        }
    }

    #[test]
    fn new_crate_needs_a_line() {
        let complaints = check(&[package("symgate-attic", &[])]);
        assert_eq!(complaints, ["symgate-attic: the table of arrows does not know it"]);
    }

    #[test]
    fn table_is_sorted_and_names_what_it_knows() {
        assert!(ARROWS.is_sorted_by_key(|(name, _)| *name));
        for (name, may) in ARROWS {
            let May::Only(names) = may else { continue };
            for to in *names {
                assert!(ARROWS.iter().any(|(known, _)| known == to), "{name} names {to}");
            }
        }
    }
}
