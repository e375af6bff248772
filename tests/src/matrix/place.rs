//! Where the table takes place: the peers that all rows share, and the command with its surroundings.

use std::cell::Cell;
use std::ops::Range;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::command::Call;
use crate::command::Ran;
use crate::dir::Dir;
use crate::matrix::PARALLEL;
use crate::matrix::rows::Row;
use crate::matrix::rows::Wants;
use crate::peer::Installed;
use crate::peer::Kdc;
use crate::peer::LogLine;
use crate::peer::Nginx;
use crate::peer::Program;
use crate::peer::Ticket;
use crate::peer::Winbind;
use crate::peer::require;
use crate::pki::Pki;
use crate::sample::Sample;

/// What all rows share.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) apache: Installed,
    pub(super) lighttpd: Installed,
    pub(super) python: Installed,
    pub(super) squid: Installed,
    pub(super) tinyproxy: Installed,
    pub(super) kdc: Kdc,
    pub(super) judge: Winbind,
    pub(super) pki: Pki,
    pub(super) www: Dir,
    origin: Nginx,
    symgate: PathBuf,
    dir: Dir,
    gets: Cell<usize>,
}

/// A peer of one row.
pub(super) struct Peer {
    pub(super) role: Role,
    /// What it has logged; the closure owns the peer.
    pub(super) log: Box<dyn Fn() -> Vec<LogLine>>,
    /// What it has heard, byte by byte, if it is one that remembers.
    pub(super) bytes: Box<dyn Fn() -> Vec<u8>>,
}

/// Where a peer stands.
pub(super) enum Role {
    /// Between us and the store: its URL.
    Proxy(String),
    /// It is the store: its URLs in clear text and in TLS.
    Origin(Option<String>, Option<String>),
}

/// Which logon the command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// One that the peer knows.
    Right,
    /// A wrong password, or no ticket.
    Wrong,
}

/// How a row logs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// By name and password.
    Password,
    /// By the ticket of the user who is logged on.
    Ticket,
}

impl Place {
    pub(super) fn prepare(symgate: PathBuf) -> Result<Self, String> {
        let programs = [
            Program::Apache,
            Program::Kdc,
            Program::Lighttpd,
            Program::Nginx,
            Program::Pyspnego,
            Program::Squid,
            Program::Tinyproxy,
            Program::Winbind,
        ];
        let all = require(programs).ok_or("the table needs all its peers")?;
        let [apache, kdc, lighttpd, nginx, python, squid, tinyproxy, winbind] = all;
        let (pki, www) = (Pki::new(), Dir::new());
        for sample in (0..PARALLEL).map(Sample) {
            www.write(sample.file(), sample.pdb());
        }
        Ok(Self {
            apache,
            lighttpd,
            python,
            squid,
            tinyproxy,
            kdc: Kdc::start(&kdc, USER, PASSWORD),
            judge: Winbind::start(&winbind, USER, PASSWORD),
            origin: Nginx::start(&nginx, www.path(), pki.origin().server()),
            pki,
            www,
            symgate,
            dir: Dir::new(),
            gets: Cell::new(0),
        })
    }

    /// The URLs of the store, in clear text and in TLS, as far as this peer has both.
    pub(super) fn stores(&self, peer: &Peer) -> [Option<String>; 2] {
        match &peer.role {
            Role::Proxy(_) => [Some(self.origin.plain_url("")), Some(self.origin.tls_url(""))],
            Role::Origin(clear, tls) => [clear.clone(), tls.clone()],
        }
    }

    /// `symgate get` of these samples into a store that does not exist yet.
    pub(super) fn get(&self, row: &Row, peer: &Peer, url: &str, samples: Range<u8>, login: Login) -> Ran {
        let number = self.gets.replace(self.gets.get() + 1);
        let store = self.dir.join(format!("store-{number}"));
        let [origins, proxies] = [self.pki.origin(), self.pki.proxy()].map(|authority| authority.ca_file());
        let mut call = Call::new(&self.symgate, &self.dir)
            .args(["get", "--jobs", "8", "--prompts", "off", "-y"])
            .args([format!("srv*{}*{url}", store.display())])
            .args(["--ca-file".as_ref(), origins.as_os_str()])
            .args(["--proxy-ca-file".as_ref(), proxies.as_os_str()])
            .args(samples.map(|sample| Sample(sample).target()));
        if let Role::Proxy(url) = &peer.role {
            call = call.args(["--proxy", url]);
        }
        let means = match row.wants {
            Wants::ThroughWith(means) => means,
            Wants::Refusal => Means::Password,
            Wants::Silence => Means::Ticket,
        };
        let ticket = match (means, login) {
            (Means::Ticket, Login::Right) => Ticket::Held,
            (Means::Ticket, Login::Wrong) | (Means::Password, _) => Ticket::Missing,
        };
        for (name, value) in self.kdc.environment(ticket) {
            call = call.env(name, value);
        }
        if row.wants == Wants::ThroughWith(Means::Ticket) && matches!(peer.role, Role::Origin(..)) {
            call = call.args(["--sso-hosts", "localhost"]);
        }
        if means == Means::Password {
            let password = if login == Login::Right { PASSWORD } else { "Wr0ng" };
            let option = match peer.role {
                Role::Proxy(_) => "--proxy-user",
                Role::Origin(..) => "--user",
            };
            call = call
                .args([option.to_owned(), format!("{USER}:{password}")])
                .secret(USER, password);
        }
        call.run()
    }
}

impl Peer {
    /// The log once it has stopped growing: a line follows its answer.
    pub(super) fn settled(&self) -> Vec<LogLine> {
        let mut log = (self.log)();
        loop {
            thread::sleep(SETTLE);
            let later = (self.log)();
            if later.len() == log.len() {
                return later;
            }
            log = later;
        }
    }

    /// Everything that it heard.
    pub(super) fn heard(&self) -> String {
        String::from_utf8_lossy(&(self.bytes)()).into_owned()
    }
}

/// The user whom every peer knows.
pub(super) const USER: &str = "alice";

/// His password; tinyproxy takes none with a space.
pub(super) const PASSWORD: &str = "S3cret-pass";

/// How long a log is quiet when it has ended: squid writes a line within a millisecond of its answer.
const SETTLE: Duration = Duration::from_millis(50);
