//! Which peers are installed, and what it means when one is not.

use std::env;
use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;

/// A program that a test may need, with all that it needs itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The origin and proxy of [`Apache`](super::Apache): GSSAPI with Kerberos and with NTLM.
    Apache,
    /// The system's curl: a client of another author.
    Curl,
    /// The SOCKS5 server with rules. It runs for root alone.
    Dante,
    /// Git: its credential helpers, and whoever calls helpers.
    Git,
    /// GNOME's settings: the program, the schema of its proxies, and a bus of one's own to ask on.
    Gsettings,
    /// MIT Kerberos: the key distribution centre and the tools around it.
    Kdc,
    /// The origin with Digest in SHA-256.
    Lighttpd,
    /// The SOCKS5 server of few words.
    Microsocks,
    /// The origin.
    Nginx,
    /// The GSSAPI mechanism that lets curl wrap NTLM in SPNEGO; its path is that of the library.
    NtlmMechanism,
    /// Node with the npm package pac-resolver, which `cargo xtask peers` installs; its path is node's.
    PacResolver,
    /// Python with pyspnego: the acceptor that looks at channel bindings, and a client. Its path is Python's.
    Pyspnego,
    /// The proxy; with its helpers.
    Squid,
    /// The proxy that answers a wrong password with 401.
    Tinyproxy,
    /// Samba's judge of NTLM, without a domain. It runs for root alone.
    Winbind,
}

/// Something that has to be there.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// A command, and the Debian package that brings it.
    Command(&'static str, &'static str),
    /// A file below a directory of libraries, and the Debian package that brings it.
    Library(&'static str, &'static str),
    /// A module of Python, and the package that brings it.
    Module(&'static str, &'static str),
    /// A package below [`node_modules`], and what installs it.
    Node(&'static str, &'static str),
    /// The right to be somebody else.
    Root,
}

impl Program {
    /// What it consists of; the first is what a peer starts.
    fn parts(self) -> &'static [Part] {
        match self {
            Self::Apache => &[
                Part::Command("apache2", "apache2"),
                Part::Library("apache2/modules/mod_auth_gssapi.so", "libapache2-mod-auth-gssapi"),
                NTLM_MECHANISM,
            ],
            Self::Curl => &[Part::Command("curl", "curl")],
            Self::Dante => &[
                Part::Command("danted", "dante-server"),
                Part::Command("openssl", "openssl"),
                Part::Library("libnss_wrapper.so", "libnss-wrapper"),
                Part::Root,
            ],
            Self::Git => &[Part::Command("git", "git")],
            Self::Gsettings => &[
                Part::Command("dbus-run-session", "dbus-daemon"),
                Part::Command("gsettings", "libglib2.0-bin"),
            ],
            Self::Kdc => &[
                Part::Command("krb5kdc", "krb5-kdc"),
                Part::Command("kdb5_util", "krb5-kdc"),
                Part::Command("kadmin.local", "krb5-admin-server"),
                Part::Command("kinit", "krb5-user"),
            ],
            Self::Lighttpd => &[
                Part::Command("lighttpd", "lighttpd"),
                Part::Library("lighttpd/mod_openssl.so", "lighttpd-mod-openssl"),
            ],
            Self::Microsocks => &[Part::Command("microsocks", "microsocks")],
            Self::Nginx => &[Part::Command("nginx", "nginx-light")],
            Self::NtlmMechanism => &[NTLM_MECHANISM],
            Self::PacResolver => &[
                Part::Command("node", "nodejs"),
                Part::Node("pac-resolver", "pac-resolver (cargo xtask peers, with npm)"),
            ],
            Self::Pyspnego => &[Part::Module("spnego", "pyspnego")],
            Self::Squid => &[Part::Command("squid", "squid-openssl")],
            Self::Tinyproxy => &[Part::Command("tinyproxy", "tinyproxy")],
            Self::Winbind => &[
                Part::Command("winbindd", "winbind"),
                Part::Command("ntlm_auth", "winbind"),
                Part::Command("smbpasswd", "samba-common-bin"),
                Part::Library("libnss_wrapper.so", "libnss-wrapper"),
                Part::Root,
            ],
        }
    }

    fn find(self) -> Result<Installed, Vec<&'static str>> {
        let looked = self.parts().iter().map(|part| part.find().ok_or_else(|| part.source()));
        let (found, missing): (Vec<_>, Vec<_>) = looked.partition(Result::is_ok);
        let missing: Vec<_> = missing.into_iter().filter_map(Result::err).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(Installed {
            program: self,
            files: found.into_iter().filter_map(Result::ok).collect(),
        })
    }
}

impl Part {
    fn find(self) -> Option<PathBuf> {
        match self {
            Self::Command(name, _) => commands(name).next(),
            Self::Library(name, _) => library(name),
            Self::Module(name, _) => python_with(name),
            Self::Node(name, _) => Some(node_modules().join(name)).filter(|package| package.is_dir()),
            Self::Root => rustix::process::geteuid().is_root().then(PathBuf::new),
        }
    }

    /// What to install, in the words of whoever installs.
    fn source(self) -> &'static str {
        match self {
            Self::Command(_, package)
            | Self::Library(_, package)
            | Self::Module(_, package)
            | Self::Node(_, package) => package,
            Self::Root => "(root)",
        }
    }
}

/// The files of that name where a shell would look, and where servers live.
fn commands(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = env::split_paths(&path).collect();
    let more = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"].map(PathBuf::from);
    let files = directories.into_iter().chain(more).map(move |at| at.join(name));
    files.filter(|file| file.is_file())
}

fn library(name: &str) -> Option<PathBuf> {
    let below = |directory: &str| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    // Debian keeps some of them in a directory that is named after the machine.
    let named = below("/usr/lib")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("-linux-gnu"));
    ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
        .map(PathBuf::from)
        .into_iter()
        .chain(named)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Where `cargo xtask peers` puts packages of npm; node looks there for whoever runs in the directory above.
#[must_use]
pub fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/npm/node_modules")
}

/// The first Python that has the module: a machine may have several.
fn python_with(module: &str) -> Option<PathBuf> {
    // Python needs a quarter of a second for its answer, which is the same each time.
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        commands("python3").find(|python| {
            let mut command = Command::new(python);
            command.args(["-c", &format!("import {module}")]);
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.status().is_ok_and(|status| status.success())
        })
    };
    FOUND.get_or_init(find).clone()
}

/// Proof that a program is installed; made by [`require`] only.
#[derive(Clone, Debug)]
pub struct Installed {
    program: Program,
    files: Vec<PathBuf>,
}

impl Installed {
    /// The executable file.
    #[must_use]
    pub fn command(&self) -> &Path {
        &self.files[0]
    }

    /// The executable file, if it is the one that the caller is written for.
    pub(super) fn expect(&self, program: Program) -> &Path {
        let [command] = self.parts(program);
        command
    }

    /// The first files of what the program consists of, if it is the one that the caller is written for.
    pub(super) fn parts<const N: usize>(&self, program: Program) -> [&Path; N] {
        assert_eq!(self.program, program, "a peer was given another peer's program");
        std::array::from_fn(|part| self.files[part].as_path())
    }
}

/// Finds all of `programs`, or says on stderr which is missing and returns `None`.
///
/// # Panics
/// If one is missing and the environment says `CI=true`: there a skip would be a lie.
#[must_use]
pub fn require<const N: usize>(programs: [Program; N]) -> Option<[Installed; N]> {
    let looked = programs.map(Program::find);
    let missing: Vec<&str> = looked
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .flatten()
        .copied()
        .collect();
    let found: Vec<Installed> = looked.into_iter().filter_map(Result::ok).collect();
    if let Ok(all) = <[Installed; N]>::try_from(found) {
        return Some(all);
    }
    let missing = missing.join(" ");
    assert!(
        env::var_os("CI").is_none_or(|ci| ci != "true"),
        "missing under CI: {missing}"
    );
    // Straight to stderr: the test runner hides what `eprintln!` says in a test that passes.
    let _unheard = writeln!(io::stderr(), "skipped, not installed: {missing}");
    None
}

const NTLM_MECHANISM: Part = Part::Library("gssntlmssp/gssntlmssp.so", "gss-ntlmssp");
