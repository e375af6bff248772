//! The tests against servers, proxies and tools of other authors.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::fixtures;
use crate::program;
use crate::project;
use crate::project::Project;
use crate::run::Run;

/// `cargo xtask peers`
pub(crate) fn test(run: &mut Run, project: &Project) -> Result<()> {
    match node_packages(run, project) {
        Err(error) if !program::is_ci() => eprintln!("without packages of npm: {error:#}"),
        outcome => outcome?,
    }
    let complete = is_complete()?;
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
    if complete {
        project::run_binary(run, project, "matrix", false, &[])?;
    }
    Ok(())
}

/// Installs what some test wants of npm, once, and runs no script of a package.
fn node_packages(run: &mut Run, project: &Project) -> Result<()> {
    let directory = project.root.join("tests").join("fixtures").join("npm");
    if directory.join("node_modules").join("pac-resolver").is_dir() {
        return Ok(());
    }
    fs::create_dir_all(&directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
    let npm = program::find("npm").context("npm is not installed")?;
    let mut install = Command::new(npm);
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]);
    run.command("packages of npm", install.arg(&directory).args(NODE_PACKAGES))
}

/// Whether all is there; says what is not.
fn is_complete() -> Result<bool> {
    let programs = PROGRAMS.iter().filter(|(name, _)| program::find(name).is_none());
    let libraries = LIBRARIES.iter().filter(|(name, _)| program::library(name).is_none());
    let modules = MODULES.iter().filter(|(name, _)| !program::python_has(name));
    let missing: Vec<_> = programs
        .chain(libraries)
        .map(|(name, package)| (name, "Debian", package))
        .chain(modules.map(|(name, package)| (name, "Python", package)))
        .collect();
    if missing.is_empty() {
        return Ok(true);
    }
    println!("missing here:");
    for (name, whose, package) in &missing {
        println!("  {name:<34} {whose} package {package}");
    }
    if program::is_ci() {
        bail!("under CI a missing peer is a failure");
    }
    println!("tests that need them are skipped, and so is the table of who lets us through");
    Ok(false)
}

/// How the names of integration tests start that need something installed.
pub(crate) const PREFIX: &str = "peer_";

/// Programs that some test wants, and the Debian packages that bring them.
const PROGRAMS: &[(&str, &str)] = &[
    ("apache2", "apache2"),
    ("cabextract", "cabextract"),
    ("clang", "clang"),
    ("curl", "curl"),
    ("danted", "dante-server"),
    ("gcab", "gcab"),
    ("git", "git"),
    ("kadmin.local", "krb5-admin-server"),
    ("kinit", "krb5-user"),
    ("krb5kdc", "krb5-kdc"),
    ("lighttpd", "lighttpd"),
    ("lld-link", "lld"),
    ("microsocks", "microsocks"),
    ("nginx", "nginx-light"),
    ("node", "nodejs"),
    ("openssl", "openssl"),
    ("smbpasswd", "samba-common-bin"),
    ("squid", "squid-openssl"),
    ("tinyproxy", "tinyproxy"),
    ("winbindd", "winbind"),
];

/// Files that some test wants below a directory of libraries, and the Debian packages that bring them.
const LIBRARIES: &[(&str, &str)] = &[
    ("apache2/modules/mod_auth_gssapi.so", "libapache2-mod-auth-gssapi"),
    ("gssntlmssp/gssntlmssp.so", "gss-ntlmssp"),
    ("libnss_wrapper.so", "libnss-wrapper"),
    ("lighttpd/mod_openssl.so", "lighttpd-mod-openssl"),
];

/// Modules of Python that some test wants, and the packages of Python's index that bring them.
const MODULES: &[(&str, &str)] = &[("spnego", "pyspnego")];

/// Packages of npm that some test wants: a reader of proxy scripts, and the engine that it is given.
const NODE_PACKAGES: &[&str] = &["pac-resolver@7.0.1", "@tootallnate/quickjs-emscripten@0.23.0"];
