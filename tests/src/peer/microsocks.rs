//! microsocks: a SOCKS5 server of few words.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::process::Command;

use crate::peer::child::Listening;
use crate::peer::program::Installed;
use crate::peer::program::Program;

/// A running microsocks.
///
/// It takes the first method of the greeting that it may take, and answers a wrong password by closing after its
/// verdict.
#[derive(Debug)]
pub struct Microsocks {
    child: Listening<1>,
}

impl Microsocks {
    /// Lets everybody through.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn open(installed: &Installed) -> Self {
        Self::start(installed, &[])
    }

    /// Lets `user` with `password` through.
    ///
    /// # Panics
    /// See [`Microsocks::open`].
    #[must_use]
    pub fn guarded(installed: &Installed, user: &str, password: &str) -> Self {
        Self::start(installed, &["-u", user, "-P", password])
    }

    fn start(installed: &Installed, options: &[&str]) -> Self {
        let program = installed.expect(Program::Microsocks);
        let child = Listening::start(|_, [port]| {
            let mut command = Command::new(program);
            command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(options);
            command
        });
        Self { child }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }
}
