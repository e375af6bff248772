//! Programs of the system: whether they are there, and what they say.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

/// The program's file, looked up as a shell would and where servers live.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(&file))
        .find(|file| file.is_file())
}

/// A file below a directory of libraries; Debian keeps some of them in one that is named after the machine.
pub(crate) fn library(name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let named = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("-linux-gnu"));
    ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
        .map(PathBuf::from)
        .into_iter()
        .chain(named)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Whether some Python of this machine has a module.
pub(crate) fn python_has(module: &str) -> bool {
    ["python3", "/usr/bin/python3"].into_iter().any(|python| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {module}")]);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    })
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
