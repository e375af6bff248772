//! lighttpd as an origin that asks for Digest in SHA-256, which no packaged proxy does.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::log;
use crate::peer::log::LogLine;
use crate::peer::program::Installed;
use crate::peer::program::Program;
use crate::pki::Leaf;

/// A running lighttpd with one port for plain HTTP/1.1 and one for TLS.
#[derive(Debug)]
pub struct Lighttpd {
    child: Listening<2>,
}

impl Lighttpd {
    /// The realm of its challenges.
    pub const REALM: &'static str = "Office store";

    /// Serves the files below `root` to `user` with `password`, by Digest with these `algorithms`, such as `SHA-256`
    /// or `MD5|SHA-256`: for each there is a challenge.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn digest(
        installed: &Installed,
        root: &Path,
        leaf: &Leaf,
        user: &str,
        password: &str,
        algorithms: &str,
    ) -> Self {
        let program = installed.expect(Program::Lighttpd);
        let child = Listening::start(|dir, ports| {
            dir.write("users", format!("{user}:{password}\n"));
            let file = dir.write("lighttpd.conf", configuration(dir, ports, root, leaf, algorithms));
            let mut command = Command::new(program);
            command.arg("-D").arg("-f").arg(file);
            command
        });
        Self { child }
    }

    /// Where it listens for plain HTTP.
    #[must_use]
    pub fn plain(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }

    /// Where it listens for TLS.
    #[must_use]
    pub fn tls(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[1]))
    }

    /// `http://localhost:PORT/` and `path`, which has no leading slash.
    #[must_use]
    pub fn plain_url(&self, path: &str) -> String {
        format!("http://localhost:{}/{path}", self.plain().port())
    }

    /// `https://localhost:PORT/` and `path`, which has no leading slash.
    #[must_use]
    pub fn tls_url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.tls().port())
    }

    /// The requests that have ended so far.
    ///
    /// # Panics
    /// If the log cannot be read.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        log::read(&self.child.dir().join(LOG))
    }

    /// The log as soon as it has `lines` lines, because a line follows its answer.
    ///
    /// # Panics
    /// If they do not come within 20 s.
    #[must_use]
    pub fn log_of(&self, lines: usize) -> Vec<LogLine> {
        log::wait(&self.child.dir().join(LOG), lines)
    }
}

fn configuration(dir: &Dir, [plain, tls]: [u16; 2], root: &Path, leaf: &Leaf, algorithms: &str) -> String {
    let here = dir.path().display();
    let root = root.display();
    let (chain, key) = (leaf.chain_file().display(), leaf.key_file().display());
    // A log that is kept in memory until it is long would be empty for a test.
    format!(
        "server.document-root = \"{root}\"\n\
         server.bind = \"127.0.0.1\"\n\
         server.port = {plain}\n\
         server.errorlog = \"{here}/error.log\"\n\
         server.modules = ( \"mod_auth\", \"mod_authn_file\", \"mod_accesslog\", \"mod_openssl\" )\n\
         server.max-keep-alive-requests = 1000\n\
         $SERVER[\"socket\"] == \"127.0.0.1:{tls}\" {{\n\
           ssl.engine = \"enable\"\n\
           ssl.pemfile = \"{chain}\"\n\
           ssl.privkey = \"{key}\"\n\
         }}\n\
         mimetype.assign = ( \"\" => \"application/octet-stream\" )\n\
         accesslog.filename = \"{here}/{LOG}\"\n\
         accesslog.format = \"%{{remote}}p %m %U %>s %u %b %{{Authorization}}i\"\n\
         auth.backend = \"plain\"\n\
         auth.backend.plain.userfile = \"{here}/users\"\n\
         auth.require = ( \"/\" => (\n\
           \"method\" => \"digest\", \"realm\" => \"{realm}\", \"require\" => \"valid-user\",\n\
           \"algorithm\" => \"{algorithms}\"\n\
         ) )\n",
        realm = Lighttpd::REALM,
    )
}

const LOG: &str = "access.log";
