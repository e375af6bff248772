//! tinyproxy: HTTP/1.0, closing, and 401 where 407 is meant.

use std::fs;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::process::Command;

use crate::peer::child::Listening;
use crate::peer::program::Installed;
use crate::peer::program::Program;

/// A running tinyproxy with Basic.
///
/// Without credentials it answers 407, with wrong ones 401 and `WWW-Authenticate`, also to CONNECT.
#[derive(Debug)]
pub struct Tinyproxy {
    child: Listening<1>,
}

impl Tinyproxy {
    /// Lets `user` with `password` through; neither may contain a space.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn basic(installed: &Installed, user: &str, password: &str) -> Self {
        let program = installed.expect(Program::Tinyproxy);
        let child = Listening::start(|dir, [port]| {
            let log = dir.join(LOG);
            let text = format!(
                "Port {port}\n\
                 Listen 127.0.0.1\n\
                 Timeout 60\n\
                 MaxClients 50\n\
                 LogFile \"{}\"\n\
                 LogLevel Info\n\
                 BasicAuth {user} {password}\n",
                log.display()
            );
            let file = dir.write("tinyproxy.conf", text);
            let mut command = Command::new(program);
            command.arg("-d").arg("-c").arg(file);
            command
        });
        Self { child }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }

    /// The proxy as an option wants it: `http://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address().port())
    }

    /// Its log, which is prose.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn log_text(&self) -> String {
        let bytes = fs::read(self.child.dir().join(LOG)).expect("tinyproxy has logged its start");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

const LOG: &str = "tinyproxy.log";
