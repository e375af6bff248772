//! Which peers are installed, and what it means when one is not.

use std::env;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// A program that a test may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The system's curl: a client of another author.
    Curl,
    /// The origin.
    Nginx,
    /// The proxy; with its helper for password files.
    Squid,
    /// The proxy that answers a wrong password with 401.
    Tinyproxy,
}

impl Program {
    /// The command's name.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Nginx => "nginx",
            Self::Squid => "squid",
            Self::Tinyproxy => "tinyproxy",
        }
    }

    /// The Debian package that brings it.
    #[must_use]
    pub fn package(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Nginx => "nginx-light",
            Self::Squid => "squid-openssl",
            Self::Tinyproxy => "tinyproxy",
        }
    }

    fn find(self) -> Option<Installed> {
        // Servers live where a user's PATH does not always lead.
        let path = env::var_os("PATH").unwrap_or_default();
        let command = env::split_paths(&path)
            .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
            .map(|directory| directory.join(self.command()))
            .find(|file| file.is_file())?;
        Some(Installed { program: self, command })
    }
}

/// Proof that a program is installed; made by [`require`] only.
#[derive(Clone, Debug)]
pub struct Installed {
    program: Program,
    command: PathBuf,
}

impl Installed {
    /// The executable file.
    #[must_use]
    pub fn command(&self) -> &Path {
        &self.command
    }

    /// The executable file, if it is the one that the caller is written for.
    pub(super) fn expect(&self, program: Program) -> &Path {
        assert_eq!(self.program, program, "a peer was given another peer's program");
        &self.command
    }
}

/// Finds all of `programs`, or says on stderr which is missing and returns `None`.
///
/// # Panics
/// If one is missing and the environment says `CI=true`: there a skip would be a lie.
#[must_use]
pub fn require<const N: usize>(programs: [Program; N]) -> Option<[Installed; N]> {
    let found: Vec<Installed> = programs.into_iter().filter_map(Program::find).collect();
    if let Ok(all) = <[Installed; N]>::try_from(found) {
        return Some(all);
    }
    let missing: Vec<&str> = programs
        .into_iter()
        .filter(|program| program.find().is_none())
        .map(Program::package)
        .collect();
    let missing = missing.join(" ");
    assert!(
        env::var_os("CI").is_none_or(|ci| ci != "true"),
        "missing under CI: {missing}"
    );
    // Straight to stderr: the test runner hides what `eprintln!` says in a test that passes.
    let _unheard = writeln!(io::stderr(), "skipped, not installed: {missing}");
    None
}
