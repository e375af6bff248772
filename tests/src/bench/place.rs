//! Where the benchmarks take place: the peers, the two commands, and fresh stores.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::{Auth, Installed, Nginx, Program, Squid, Winbind, require};
use crate::{Dir, Pki};

/// What all benchmarks share.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: Dir,
    /// The store that nginx serves.
    pub(super) www: PathBuf,
    pub(super) pki: Pki,
    symgate: PathBuf,
    curl: Installed,
    nginx: Installed,
    squid: Installed,
    winbind: Installed,
}

/// How the proxy asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Door {
    Basic,
    Ntlm,
}

/// A store and a proxy. The proxy ends before its judge does.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) nginx: Nginx,
    pub(super) squid: Squid,
    _judge: Option<Winbind>,
}

impl Place {
    pub(super) fn prepare(symgate: PathBuf) -> Result<Self, String> {
        let programs = [Program::Curl, Program::Nginx, Program::Squid, Program::Winbind];
        let [curl, nginx, squid, winbind] = require(programs).ok_or("a benchmark needs its peers")?;
        let dir = Dir::new();
        let www = dir.make("www");
        Ok(Self {
            dir,
            www,
            pki: Pki::new(),
            symgate,
            curl,
            nginx,
            squid,
            winbind,
        })
    }

    /// A symbol store over TLS 1.3 and a proxy that wants [`USER`] and [`PASSWORD`].
    pub(super) fn peers(&self, door: Door) -> Peers {
        // A later directive of the same name would be an error: the harness offers 1.2 too, both clients take 1.3.
        let nginx = Nginx::with_lines(
            &self.nginx,
            &self.www,
            self.pki.origin().server(),
            "keepalive_requests 1000;",
        );
        let (squid, judge) = match door {
            Door::Basic => (Squid::basic(&self.squid, USER, PASSWORD), None),
            Door::Ntlm => {
                let judge = Winbind::start(&self.winbind, USER, PASSWORD);
                let squid = Squid::asking(&self.squid, None, &[Auth::ntlm(&judge)]);
                (squid, Some(judge))
            }
        };
        Peers {
            nginx,
            squid,
            _judge: judge,
        }
    }

    /// A store below the scratch directory that does not exist yet.
    pub(super) fn fresh(&self, name: &str) -> PathBuf {
        self.dir.join(format!("to-{name}"))
    }

    /// `symgate get` of these files from `base`, into `store`.
    pub(super) fn symgate(&self, files: &[String], store: &Path, base: &str, proxy: &str) -> Command {
        let mut command = clean(&self.symgate, &self.dir);
        command
            .arg("get")
            .args(files)
            .arg("-y")
            .arg(format!("srv*{}*{base}", store.display()));
        command.args(["--quiet", "--jobs", "8", "--prompts", "off", "--proxy", proxy]);
        command.args(["--proxy-user", &format!("{USER}:{PASSWORD}")]);
        command.arg("--ca-file").arg(self.pki.origin().ca_file());
        command
    }

    /// curl with the options for proxy and trust. It sends the proxy's password without being asked.
    pub(super) fn curl(&self, proxy: &str) -> Command {
        let mut command = clean(self.curl.command(), &self.dir);
        command.args(["-q", "--silent", "--show-error", "--fail", "--proxy", proxy]);
        command.args(["--proxy-user", &format!("{USER}:{PASSWORD}")]);
        command.arg("--cacert").arg(self.pki.origin().ca_file());
        command
    }
}

/// A command without the environment's settings, for proxies above all.
pub(super) fn clean(program: &Path, home: &Dir) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name != "PATH" && name != "TMPDIR" {
            command.env_remove(name);
        }
    }
    command.env("HOME", home.path());
    command
}

const USER: &str = "alice";
const PASSWORD: &str = "S3cret-pass";
