//! A server or proxy of our own around pyspnego's acceptor: the only judge here that looks at channel bindings.
//!
//! The HTTP around it is ours (`acceptor.py`); what is proved against it is the tokens, which another author judges:
//! a MIC where the client's flags announce one, and [RFC 5929]'s `tls-server-end-point` where it is demanded. A proof
//! by SPNEGO is answered with a last token on the answer that lets the client through: in `Proxy-Authentication-Info` by
//! the proxy, in `WWW-Authenticate` by the origin.
//!
//! [RFC 5929]: https://www.rfc-editor.org/rfc/rfc5929#section-4

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::peer::child::Listening;
use crate::peer::log;
use crate::peer::log::LogLine;
use crate::peer::program::Installed;
use crate::peer::program::Program;
use crate::pki::Leaf;

/// A running acceptor.
#[derive(Debug)]
pub struct Acceptor {
    child: Listening<1>,
    scheme: &'static str,
}

/// What an acceptor offers, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// Negotiate and NTLM, as IIS does.
    Both,
    /// Negotiate: NTLM in SPNEGO, or raw.
    Negotiate,
    /// NTLM.
    Ntlm,
}

/// How clients reach an acceptor.
#[derive(Clone, Copy, Debug)]
pub enum Wire<'a> {
    /// In clear text.
    Clear,
    /// In TLS with this certificate.
    Tls(&'a Leaf),
    /// In TLS with this certificate, which the client's tokens have to be bound to.
    Bound(&'a Leaf),
}

impl Acceptor {
    /// The domain of its user; an empty one does as well.
    pub const DOMAIN: &'static str = "OFFICE";

    /// An origin that serves the files below `root` to `user` with `password`.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn origin(
        installed: &Installed,
        root: &Path,
        offers: Offers,
        wire: Wire<'_>,
        user: &str,
        password: &str,
    ) -> Self {
        Self::start(installed, Some(root), offers, wire, [user, password])
    }

    /// A forward proxy for `user` with `password`.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn proxy(installed: &Installed, offers: Offers, wire: Wire<'_>, user: &str, password: &str) -> Self {
        Self::start(installed, None, offers, wire, [user, password])
    }

    fn start(
        installed: &Installed,
        root: Option<&Path>,
        offers: Offers,
        wire: Wire<'_>,
        [user, password]: [&str; 2],
    ) -> Self {
        let python = installed.expect(Program::Pyspnego);
        let child = Listening::start(|dir, [port]| {
            // A user without a domain is another one for pyspnego.
            let users = format!("{}:{user}:{password}\n:{user}:{password}\n", Self::DOMAIN);
            let users = dir.write("users", users);
            let program = dir.write("acceptor.py", PROGRAM);
            let mut command = Command::new(python);
            command
                .arg(program)
                .arg(settings(&dir.join(LOG), port, root, offers, wire));
            command.env("NTLM_USER_FILE", users);
            command
        });
        let scheme = match wire {
            Wire::Clear => "http",
            Wire::Tls(_) | Wire::Bound(_) => "https",
        };
        Self { child, scheme }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }

    /// The proxy, or the origin without a path: `http://localhost:PORT`, or `https://` for one in TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address().port())
    }

    /// The requests so far; a CONNECT is written down when its tunnel opens.
    ///
    /// # Panics
    /// If the log cannot be read.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        log::read(&self.child.dir().join(LOG))
    }
}

fn settings(log: &Path, port: u16, root: Option<&Path>, offers: Offers, wire: Wire<'_>) -> String {
    let text = |path: &Path| format!("{:?}", path.display().to_string());
    let schemes = match offers {
        Offers::Both => r#"["Negotiate", "NTLM"]"#,
        Offers::Negotiate => r#"["Negotiate"]"#,
        Offers::Ntlm => r#"["NTLM"]"#,
    };
    let (leaf, bindings) = match wire {
        Wire::Clear => (None, false),
        Wire::Tls(leaf) => (Some(leaf), false),
        Wire::Bound(leaf) => (Some(leaf), true),
    };
    let pair = |leaf: &Leaf| format!("[{}, {}]", text(leaf.chain_file()), text(leaf.key_file()));
    let (log, tls) = (text(log), leaf.map_or_else(|| "null".to_owned(), pair));
    let mut settings = format!(r#"{{"port": {port}, "log": {log}, "schemes": {schemes}, "tls": {tls}"#);
    let root_text = root.map_or_else(|| "null".to_owned(), text);
    let proxy = root.is_none();
    let _infallible = write!(
        settings,
        r#", "bindings": {bindings}, "root": {root_text}, "proxy": {proxy}}}"#
    );
    settings
}

const PROGRAM: &str = include_str!("acceptor.py");

const LOG: &str = "access.log";
