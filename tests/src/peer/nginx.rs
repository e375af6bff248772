//! nginx as a symbol store: files of one directory, in clear and in TLS.

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

/// A running nginx with one port for plain HTTP/1.1 and one for TLS 1.2 and 1.3.
#[derive(Debug)]
pub struct Nginx {
    child: Listening<2>,
}

impl Nginx {
    /// Serves the files below `root` on free ports of 127.0.0.1, with ranges and entity tags.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn start(installed: &Installed, root: &Path, leaf: &Leaf) -> Self {
        Self::with_lines(installed, root, leaf, "")
    }

    /// Like [`Nginx::start`], with more directives for the `server` block of its configuration.
    ///
    /// # Panics
    /// If it does not come to listen, for instance because a directive is wrong.
    #[must_use]
    pub fn with_lines(installed: &Installed, root: &Path, leaf: &Leaf, lines: &str) -> Self {
        let program = installed.expect(Program::Nginx);
        let child = Listening::start(|dir, ports| {
            let file = dir.write("nginx.conf", configuration(dir, ports, root, leaf, lines));
            let mut command = Command::new(program);
            command
                .arg("-p")
                .arg(dir.path())
                .arg("-c")
                .arg(file)
                .args(["-e", "stderr"]);
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

fn configuration(dir: &Dir, ports: [u16; 2], root: &Path, leaf: &Leaf, lines: &str) -> String {
    let [plain, tls] = ports;
    let here = dir.path().display();
    let (root, chain, key) = (root.display(), leaf.chain_file().display(), leaf.key_file().display());
    // One process: no master that would drop to a user who cannot read the root.
    format!(
        "daemon off;\n\
         master_process off;\n\
         pid {here}/nginx.pid;\n\
         error_log stderr warn;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
           log_format symgate '$connection $request_method $request_uri $status - $body_bytes_sent $http_authorization';\n\
           access_log {here}/{LOG} symgate;\n\
           client_body_temp_path {here}/body;\n\
           proxy_temp_path {here}/proxy;\n\
           fastcgi_temp_path {here}/fastcgi;\n\
           uwsgi_temp_path {here}/uwsgi;\n\
           scgi_temp_path {here}/scgi;\n\
           default_type application/octet-stream;\n\
           sendfile on;\n\
           tcp_nodelay on;\n\
           server {{\n\
             listen 127.0.0.1:{plain};\n\
             listen 127.0.0.1:{tls} ssl;\n\
             server_name localhost;\n\
             ssl_protocols TLSv1.2 TLSv1.3;\n\
             ssl_certificate {chain};\n\
             ssl_certificate_key {key};\n\
             root {root};\n\
             {lines}\n\
           }}\n\
         }}\n"
    )
}

const LOG: &str = "access.log";
