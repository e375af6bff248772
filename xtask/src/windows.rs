//! Builds the workspace for Windows from elsewhere.
//!
//! Where rustup has the standard library for the target, that is one cargo command. Debian's own
//! compiler is the other way, for machines that cannot fetch it: apt brings compiler, sources and
//! linker, and the standard library is built once, into the compiler's own sysroot. Only that
//! compiler understands those sources, so it builds the workspace too, in a directory of its own.
//!
//! What talks to Windows itself can also be run, by wine.

mod wine;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::program;
use crate::project::Project;
use crate::run::Run;

/// `cargo xtask windows [--install] [--run]`
pub(crate) fn build(run: &mut Run, project: &Project, arguments: &[&str]) -> Result<()> {
    let mut may_install = program::is_ci();
    let mut goal = Goal::Build;
    for argument in arguments {
        match *argument {
            "--install" => may_install = true,
            "--run" => goal = Goal::Run,
            _ => bail!("usage: cargo xtask windows [--install] [--run]"),
        }
    }
    let native = cfg!(all(windows, target_env = "gnu"));
    if !native {
        require_packages(run, LINKER, program::find(LINKER.command).is_some(), may_install)?;
    }
    let mut cargo = if rustup_has_target() {
        project.cargo(&[])
    } else {
        require_packages(run, COMPILER, has_sources(), may_install)?;
        build_std(run, project)?;
        debian_cargo(&project.root)
    };
    match goal {
        Goal::Build => cargo.args(["build", "--workspace", "--all-targets"]),
        Goal::Run => cargo
            .arg("test")
            .args(TESTED.iter().flat_map(|name| ["--package", name])),
    };
    cargo
        .args(["--target", TARGET, "--target-dir"])
        .arg(project.target.join("windows"));
    if !native {
        cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER.command);
        if goal == Goal::Run {
            require_packages(run, wine::WINE, wine::is_there(), may_install)?;
            wine::prepare(run, project, &mut cargo)?;
        }
    }
    run.command("windows", &mut cargo)
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// That everything compiles.
    Build,
    /// That the tests of [`TESTED`] pass.
    Run,
}

/// Debian packages that bring a thing, and the command by which it is known.
#[derive(Clone, Copy)]
struct Needed {
    command: &'static str,
    packages: &'static [&'static str],
}

fn require_packages(run: &mut Run, needed: Needed, there: bool, may_install: bool) -> Result<()> {
    if there {
        return Ok(());
    }
    let packages = needed.packages;
    if !may_install || program::find("apt-get").is_none() {
        bail!(
            "`{}` is missing; on Debian: cargo xtask windows --install, as root (it installs {})",
            needed.command,
            packages.join(" ")
        );
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.args(["-o", "DPkg::Lock::Timeout=300", "-qq"]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run.command("apt update", apt().arg("update"))?;
    let mut install = apt();
    install
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages);
    run.command("apt install", &mut install)
}

/// Whether the active toolchain can build for the target as it is.
fn rustup_has_target() -> bool {
    let mut rustc = Command::new("rustc");
    let libraries = program::output(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    libraries.is_ok_and(|path| has_std(Path::new(path.trim())))
}

fn has_std(libraries: &Path) -> bool {
    let entries = fs::read_dir(libraries).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| is_std(&name))
}

fn is_std(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
}

fn has_sources() -> bool {
    sources().is_ok_and(|sources| sources.is_file()) && Path::new(DEBIAN_CARGO).is_file()
}

/// The manifest from which Debian's compiler builds its standard library.
fn sources() -> Result<PathBuf> {
    let version = debian_rustc(&["--version"])?;
    let version = version.split(' ').nth(1).context("rustc does not tell its version")?;
    Ok(PathBuf::from(format!(
        "/usr/src/rustc-{version}/library/sysroot/Cargo.toml"
    )))
}

/// Builds the standard library for the target, unless the compiler has one of its own making.
fn build_std(run: &mut Run, project: &Project) -> Result<()> {
    let libraries = debian_rustc(&["--print", "target-libdir", "--target", TARGET])?;
    let libraries = Path::new(libraries.trim());
    if has_std(libraries) && has_stamp(libraries)? {
        return Ok(());
    }
    let output = project.target.join("windows-std");
    let mut cargo = debian_cargo(&project.root);
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--features", "panic-unwind,backtrace", "--manifest-path"])
        .arg(sources()?)
        .arg("--target-dir")
        .arg(&output)
        // The sources use what only the compiler's own library may, and must be marked as such.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes")
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER.command);
    run.command("windows std", &mut cargo)?;
    let built = output.join(TARGET).join("release").join("deps");
    run.step("windows sysroot", "cargo xtask windows", || {
        install_std(&built, libraries)
    })
}

fn install_std(built: &Path, libraries: &Path) -> Result<()> {
    let cannot = || format!("cannot write to `{}`, which takes root", libraries.display());
    if libraries.exists() {
        fs::remove_dir_all(libraries).with_context(cannot)?;
    }
    fs::create_dir_all(libraries).with_context(cannot)?;
    let entries = fs::read_dir(built).with_context(|| format!("cannot list `{}`", built.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list `{}`", built.display()))?;
        let name = entry.file_name();
        let is_library = Path::new(&name).extension().is_some_and(|suffix| suffix == "rlib");
        // The package that pulls the others in is empty itself.
        if is_library && !name.to_string_lossy().starts_with("libsysroot-") {
            fs::copy(entry.path(), libraries.join(&name)).with_context(cannot)?;
        }
    }
    // Last: a library without it was interrupted, or made by another compiler.
    fs::write(libraries.join(STAMP), debian_rustc(&["-vV"])?).with_context(cannot)
}

fn has_stamp(libraries: &Path) -> Result<bool> {
    let stamp = fs::read_to_string(libraries.join(STAMP)).unwrap_or_default();
    Ok(stamp == debian_rustc(&["-vV"])?)
}

fn debian_rustc(arguments: &[&str]) -> Result<String> {
    program::output(Command::new(DEBIAN_RUSTC).args(arguments))
}

fn debian_cargo(root: &Path) -> Command {
    let mut command = Command::new(DEBIAN_CARGO);
    command
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTDOC", DEBIAN_RUSTDOC)
        .current_dir(root);
    // Cargo shares its libraries' directory with us; another compiler must not find them there.
    if env::var_os("LD_LIBRARY_PATH").is_some() {
        command.env_remove("LD_LIBRARY_PATH");
    }
    command
}

const TARGET: &str = "x86_64-pc-windows-gnu";

const LINKER: Needed = Needed {
    command: "x86_64-w64-mingw32-gcc",
    packages: &["gcc-mingw-w64-x86-64"],
};

const COMPILER: Needed = Needed {
    command: DEBIAN_RUSTC,
    packages: &["rustc-web", "cargo-web", "rust-web-src"],
};

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_RUSTDOC: &str = "/usr/bin/rustdoc";

/// The packages whose tests are run: who calls Windows, and the mechanisms beside which it stands.
const TESTED: &[&str] = &["symgate-auth", "symgate-proxy", "symgate-sso"];

const STAMP: &str = ".symgate-std";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn std_is_known_by_its_file() {
        let table = [
            ("libstd-0123abcd.rlib", true),
            ("libstd-0123abcd.so", false),
            ("libstd_detect-0123abcd.rlib", false),
            ("libcore-0123abcd.rlib", false),
        ];
        for (name, expected) in table {
            assert_eq!(is_std(OsStr::new(name)), expected, "{name}");
        }
    }
}
