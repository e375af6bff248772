//! The command and the examples, as the same build made them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The `symgate` beside this program, in the same directory of cargo's.
///
/// Cargo does not build one package's program for another's tests: when this process is a test or was started by
/// cargo, cargo is asked to, which costs nothing when it is done already.
///
/// # Errors
/// Why there is none.
pub fn symgate() -> Result<PathBuf, String> {
    built(&["--package", "symgate-cli"], "", "symgate")
}

/// An example of a package. Cargo builds it for `cargo test` alone, not for `cargo test --test NAME`.
///
/// # Errors
/// Why there is none.
pub fn example(package: &str, name: &str) -> Result<PathBuf, String> {
    built(&["--package", package, "--example", name], "examples", name)
}

fn built(what: &[&str], directory: &str, name: &str) -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    // Programs stand in `target/PROFILE`, tests in `target/PROFILE/deps`.
    let mut profile = this.parent().ok_or("this program stands nowhere")?;
    if profile.ends_with("deps") {
        profile = profile.parent().ok_or("cargo's directory stands nowhere")?;
    }
    if let (Some(cargo), Some(target)) = (env::var_os("CARGO"), profile.parent()) {
        let mut build = Command::new(cargo);
        build
            .args(["build", "--quiet"])
            .args(what)
            .arg("--target-dir")
            .arg(target);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo tells a test is of that test's package. A build script that looks at it would run anew each time,
        // and half of the tree after it.
        for name in env::vars_os().map(|(name, _)| name) {
            if name
                .to_str()
                .is_some_and(|name| OF_A_PACKAGE.iter().any(|part| name.starts_with(part)))
            {
                build.env_remove(name);
            }
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let status = build
            .status()
            .map_err(|error| format!("cargo does not start: {error}"))?;
        if !status.success() {
            return Err(format!("cargo, building `{name}`, ended with {status}"));
        }
    }
    let program = profile
        .join(directory)
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("`{}` is not built", program.display()))
    }
}

/// How the names of variables begin that cargo sets for the process of one package.
const OF_A_PACKAGE: &[&str] = &[
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_",
];
