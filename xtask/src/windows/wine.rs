//! Runs programs for Windows by wine, in a directory of its own below `target`.
//!
//! Wine 8, which Debian 12 has, lacks one library that Rust's own wants for random bytes. Without it a
//! program ends before its first line and says nothing, so a stand-in is built.

use anyhow::Context;
use anyhow::Result;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::LINKER;
use super::Needed;
use crate::program;
use crate::project::Project;
use crate::run::Run;

/// Wine, and the helper by which it speaks NTLM.
pub(super) const WINE: Needed = Needed {
    command: PROGRAM,
    packages: &["wine64", "winbind"],
};

pub(super) fn is_there() -> bool {
    Path::new(PROGRAM).is_file() && program::find("ntlm_auth").is_some()
}

/// Makes wine's directory unless it is there, and has cargo run what it builds by wine.
pub(super) fn prepare(run: &mut Run, project: &Project, cargo: &mut Command) -> Result<()> {
    let prefix = project.target.join("windows-wine");
    let system = prefix.join("drive_c/windows/system32");
    let cannot = || format!("cannot write to `{}`", prefix.display());
    fs::create_dir_all(&prefix).with_context(cannot)?;
    let stand_in = system.join("bcryptprimitives.dll");
    if !stand_in.is_file() {
        let mut boot = Command::new(PROGRAM);
        boot.args(["wineboot", "--init"]);
        // Wine would ask whether to fetch these two.
        boot.env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        run.command("wine directory", in_prefix(&mut boot, &prefix))?;
        // Wine's server writes the directory's settings when it ends.
        run.command("wine server", in_prefix(Command::new(SERVER).arg("--wait"), &prefix))?;
        let source = prefix.join("random.c");
        fs::write(&source, RANDOM).with_context(cannot)?;
        let mut compiler = Command::new(LINKER.command);
        compiler.args(["-O2", "-s", "-shared", "-o"]).arg(&stand_in);
        compiler.arg(&source).arg("-ladvapi32");
        run.command("wine random", &mut compiler)?;
    }
    cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", PROGRAM);
    in_prefix(cargo, &prefix);
    Ok(())
}

fn in_prefix<'c>(command: &'c mut Command, prefix: &Path) -> &'c mut Command {
    command.env("WINEPREFIX", prefix).env("WINEDEBUG", "-all")
}

const PROGRAM: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver";

/// `ProcessPrng` of `bcryptprimitives.dll`, by the older function that wine has; its number of bytes is
/// smaller.
const RANDOM: &str = r#"
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    const SIZE_T most = 1 << 20;
    for (SIZE_T part; length > 0; data += part, length -= part) {
        part = length < most ? length : most;
        if (!SystemFunction036(data, (ULONG)part))
            return FALSE;
    }
    return TRUE;
}
"#;
