//! Programs of the system: whether they are there, and what they say.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The program's file, looked up as a shell would and where servers live.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(&file))
        .find(|file| file.is_file())
}

/// What a command prints on stdout; an error if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{program}` ended with {}: {}", output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{program}` printed no text"))
}

/// Whether this is CI, where nothing is skipped and packages may be installed.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| ci == "true")
}
