//! Dante: the SOCKS5 server of many offices, with rules and a user of its own.
//!
//! It asks the system whether a password is right; nss_wrapper gives it a system with one user.

use std::fs;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::child::run;
use crate::peer::program::Installed;
use crate::peer::program::Program;

/// A running danted that wants a name and a password, and lets nobody to [`Dante::FORBIDDEN`].
#[derive(Debug)]
pub struct Dante {
    child: Listening<1>,
}

impl Dante {
    /// The port that its rules do not allow, on whatever host.
    pub const FORBIDDEN: u16 = 9;

    /// Lets `user` with `password` through.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn start(installed: &Installed, user: &str, password: &str) -> Self {
        let [danted, openssl, wrapper] = installed.parts(Program::Dante);
        let hash = run(Command::new(openssl).args(["passwd", "-6", "-stdin"]), password);
        let hash = hash.trim();
        let child = Listening::start(|dir, [port]| {
            let passwd = dir.write(
                "passwd",
                format!(
                    "root:x:0:0::/:/bin/sh\n\
                     nobody:x:65534:65534::/:/bin/false\n\
                     {user}:x:{USER_ID}:{USER_ID}::/:/bin/false\n"
                ),
            );
            let shadow = dir.write("shadow", format!("root:*:1::::::\n{user}:{hash}:1::::::\n"));
            let group = dir.write("group", format!("root:x:0:\nnogroup:x:65534:\nusers:x:{USER_ID}:\n"));
            let mut command = Command::new(danted);
            command.arg("-N").arg("1").arg("-f").arg(configure(dir, port));
            command
                .env("LD_PRELOAD", wrapper)
                .env("NSS_WRAPPER_PASSWD", passwd)
                .env("NSS_WRAPPER_SHADOW", shadow)
                .env("NSS_WRAPPER_GROUP", group);
            command
        });
        Self { child }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }

    /// Its log, which is prose.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn log_text(&self) -> String {
        let bytes = fs::read(self.child.dir().join(LOG)).expect("danted has logged its start");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn configure(dir: &Dir, port: u16) -> std::path::PathBuf {
    let text = format!(
        "logoutput: {log}\n\
         internal: 127.0.0.1 port = {port}\n\
         external: 127.0.0.1\n\
         socksmethod: username\n\
         clientmethod: none\n\
         user.privileged: root\n\
         user.unprivileged: nobody\n\
         client pass {{\n from: 127.0.0.0/8 to: 127.0.0.0/8\n}}\n\
         socks block {{\n from: 0.0.0.0/0 to: 0.0.0.0/0 port = {forbidden}\n}}\n\
         socks pass {{\n from: 0.0.0.0/0 to: 0.0.0.0/0\n protocol: tcp\n log: connect error\n}}\n",
        log = dir.join(LOG).display(),
        forbidden = Dante::FORBIDDEN,
    );
    dir.write("danted.conf", text)
}

const LOG: &str = "danted.log";
const USER_ID: u32 = 4242;
