//! squid as the proxy of an office: open, or asking for whatever [`Auth`] it is given, in clear text and behind TLS.

mod auth;

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::give;
use crate::peer::log;
use crate::peer::log::LogLine;
use crate::peer::program::Installed;
use crate::peer::program::Program;
use crate::pki::Authority;
use crate::pki::Leaf;

pub use auth::After407;
pub use auth::Auth;

/// A running squid that caches nothing.
#[derive(Debug)]
pub struct Squid {
    child: Listening<1>,
    scheme: &'static str,
}

impl Squid {
    /// The realm of its Basic and Digest challenges.
    pub const REALM: &'static str = "Office proxy";

    /// Lets everybody through.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn open(installed: &Installed) -> Self {
        Self::with_lines(installed, None, |_| "http_access allow all\n".to_owned())
    }

    /// Lets `user` with `password` through, and asks everybody else for Basic.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn basic(installed: &Installed, user: &str, password: &str) -> Self {
        Self::asking(installed, None, &[Auth::Basic { user, password }])
    }

    /// Like [`Squid::basic`], but clients speak TLS to the proxy itself.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn tls_basic(installed: &Installed, user: &str, password: &str, leaf: &Leaf) -> Self {
        Self::asking(installed, Some(leaf), &[Auth::Basic { user, password }])
    }

    /// Asks everybody to log on, offering `ways` in this order; with a `leaf`, clients speak TLS to the proxy itself.
    ///
    /// What a way names, a KDC or a winbindd, has to outlive the proxy.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn asking(installed: &Installed, leaf: Option<&Leaf>, ways: &[Auth<'_>]) -> Self {
        Self::with_lines(installed, leaf, |dir| auth::lines(dir, ways))
    }

    /// Lets everybody through who speaks TLS to it and shows a certificate that `authority` issued. `options` are more
    /// of the port's options.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn tls_demanding(installed: &Installed, leaf: &Leaf, authority: &Path, options: &str) -> Self {
        let port = format!(" clientca={} {options}", authority.display());
        Self::with_port(installed, Some(leaf), &port, |_| "http_access allow all\n".to_owned())
    }

    /// Lets everybody through, but not to `blocked.test`, which its rules deny. Names are looked up with `names`.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn refusing(installed: &Installed, names: IpAddr) -> Self {
        Self::with_lines(installed, None, |_| {
            format!(
                "acl blocked dstdomain blocked.test\n\
             http_access deny blocked\n\
             http_access allow all\n\
             dns_nameservers {names}\n\
             dns_timeout 5 seconds\n"
            )
        })
    }

    /// Starts with the access rules that `lines` writes, given the directory for their files.
    ///
    /// # Panics
    /// If it does not come to listen, for instance because a line is wrong.
    #[must_use]
    pub fn with_lines(installed: &Installed, leaf: Option<&Leaf>, lines: impl Fn(&Dir) -> String) -> Self {
        Self::with_port(installed, leaf, "", lines)
    }

    /// Lets everybody through, and ends their TLS with certificates that `inspector` signs; servers are believed that
    /// `origin` signed for.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn bumping(installed: &Installed, inspector: &Authority, origin: &Authority) -> Self {
        let (chain, key) = (inspector.ca_file().display(), inspector.key_file().display());
        let port = format!(
            " ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB tls-cert={chain} tls-key={key}"
        );
        let trusted = origin.ca_file().display().to_string();
        Self::with_port(installed, None, &port, |dir| {
            let made = dir.path().join("made");
            let ran = Command::new(CERTGEN)
                .args(["-c", "-s"])
                .arg(&made)
                .args(["-M", "4MB"])
                .output();
            let ran = ran.expect("squid-openssl brings its generator of certificates");
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            format!(
                "sslcrtd_program {CERTGEN} -s {} -M 4MB\n\
                 sslcrtd_children 2 startup=1 idle=1\n\
                 acl step1 at_step SslBump1\n\
                 ssl_bump peek step1\n\
                 ssl_bump bump all\n\
                 tls_outgoing_options cafile={trusted}\n\
                 http_access allow all\n",
                made.display()
            )
        })
    }

    fn with_port(installed: &Installed, leaf: Option<&Leaf>, options: &str, lines: impl Fn(&Dir) -> String) -> Self {
        let program = installed.expect(Program::Squid);
        let child = Listening::start(|dir, [port]| {
            let text = configuration(dir, port, leaf, options) + &lines(dir);
            let file = dir.write("squid.conf", text);
            give::to_user(dir, USER);
            let mut command = Command::new(program);
            // The name becomes that of segments of shared memory, one set for the whole machine.
            command.args(["-N", "-n", &format!("symgate{port}"), "-f"]).arg(file);
            command
        });
        Self {
            child,
            scheme: if leaf.is_some() { "https" } else { "http" },
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.child.ports()[0]))
    }

    /// The proxy as an option wants it: `http://localhost:PORT`, or `https://` for a TLS proxy.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address().port())
    }

    /// The requests that have ended so far; a CONNECT has when its tunnel has.
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

    /// The process, for who wants to end it in the middle.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

fn configuration(dir: &Dir, port: u16, leaf: Option<&Leaf>, options: &str) -> String {
    let here = dir.path().display();
    let listen = match leaf {
        None => format!("http_port 127.0.0.1:{port}{options}"),
        Some(leaf) => {
            let (chain, key) = (leaf.chain_file().display(), leaf.key_file().display());
            format!("https_port 127.0.0.1:{port} tls-cert={chain} tls-key={key}{options}")
        }
    };
    // The client's port names the connection: it cannot be another's while a test runs.
    format!(
        "{listen}\n\
         pid_filename none\n\
         cache deny all\n\
         cache_mem 8 MB\n\
         memory_pools off\n\
         shutdown_lifetime 0 seconds\n\
         logformat symgate %>p %rm %ru %>Hs %un %<st %'.{TOKEN}>h{{Proxy-Authorization}}\n\
         access_log stdio:{here}/{LOG} logformat=symgate\n\
         cache_log {here}/cache.log\n\
         coredump_dir {here}\n\
         cache_effective_user {USER}\n\
         visible_hostname proxy.test\n\
         pinger_enable off\n\
         netdb_filename none\n"
    )
}

/// Debian's name for the user that squid becomes.
const USER: &str = "proxy";

/// Where Debian has the program that makes certificates.
const CERTGEN: &str = "/usr/lib/squid/security_file_certgen";

const LOG: &str = "access.log";

/// How much of the credentials the log keeps: enough to find an NTLM message in SPNEGO.
const TOKEN: usize = 160;
