//! Apache with mod_auth_gssapi: Kerberos and NTLM by GSSAPI, as an origin that IIS could be, and as a proxy.
//!
//! NTLM is judged by gss-ntlmssp here, a reading of the protocol that is neither Samba's nor pyspnego's. It takes a first
//! message of 40 bytes and more only, as Windows sends it; that of curl has 32 and fails. It looks at no channel
//! bindings.

use std::fs;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::give;
use crate::peer::kdc::Kdc;
use crate::peer::log;
use crate::peer::log::LogLine;
use crate::peer::program::Installed;
use crate::peer::program::Program;
use crate::pki::Leaf;

/// A running Apache that offers Negotiate and NTLM, on one port in clear text and on one in TLS.
#[derive(Debug)]
pub struct Apache {
    child: Listening<2>,
}

impl Apache {
    /// The domain of its user in NTLM.
    pub const DOMAIN: &'static str = "OFFICE";

    /// An origin that serves the files below `root` to the users of `kdc`, and by NTLM to `user` with `password`.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn origin(installed: &Installed, kdc: &Kdc, root: &Path, leaf: &Leaf, user: &str, password: &str) -> Self {
        let root = root.display();
        Self::start(installed, kdc, leaf, [user, password], |rules| {
            format!(
                "DocumentRoot {root}\n\
                 <Directory {root}>\n{rules}</Directory>\n"
            )
        })
    }

    /// A forward proxy that serves the users of `kdc`, and by NTLM `user` with `password`.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn proxy(installed: &Installed, kdc: &Kdc, leaf: &Leaf, user: &str, password: &str) -> Self {
        Self::start(installed, kdc, leaf, [user, password], |rules| {
            format!(
                "ProxyRequests On\n\
                 AllowCONNECT 1-65535\n\
                 <Proxy \"*\">\n{rules}</Proxy>\n"
            )
        })
    }

    fn start(
        installed: &Installed,
        kdc: &Kdc,
        leaf: &Leaf,
        [user, password]: [&str; 2],
        body: impl Fn(&str) -> String,
    ) -> Self {
        let [apache, module] = installed.parts(Program::Apache);
        let modules = module.parent().expect("a module stands among others");
        let child = Listening::start(|dir, ports| {
            let keys = fs::read(kdc.keytab()).expect("the KDC has made its keytab");
            let keytab = dir.write("http.keytab", keys);
            let users = dir.write("users", format!("{}:{user}:{password}\n", Self::DOMAIN));
            let rules = format!(
                "AuthType GSSAPI\n\
                 AuthName \"Office\"\n\
                 GssapiCredStore keytab:{}\n\
                 GssapiAllowedMech krb5\n\
                 GssapiAllowedMech ntlmssp\n\
                 GssapiConnectionBound On\n\
                 GssapiAcceptorName HTTP@localhost\n\
                 Require valid-user\n",
                keytab.display()
            );
            let file = dir.write("apache.conf", configuration(dir, ports, modules, leaf, &body(&rules)));
            give::to_user(dir, USER);
            let mut command = Command::new(apache);
            command.arg("-f").arg(file).arg("-DFOREGROUND");
            // A replay cache would be one for the whole machine.
            command.env("KRB5_CONFIG", kdc.config()).env("KRB5RCACHETYPE", "none");
            command.env("NTLM_USER_FILE", users);
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
}

fn configuration(dir: &Dir, [plain, tls]: [u16; 2], modules: &Path, leaf: &Leaf, body: &str) -> String {
    let here = dir.path().display();
    let load: String = MODULES
        .iter()
        .map(|name| format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display()))
        .collect();
    let (chain, key) = (leaf.chain_file().display(), leaf.key_file().display());
    // The credentials of a proxy's client and of an origin's stand in different fields; one of them is empty.
    format!(
        "{load}\
         ServerRoot {here}\n\
         ServerName localhost\n\
         PidFile {here}/apache.pid\n\
         DefaultRuntimeDir {here}\n\
         Mutex file:{here} default\n\
         Listen 127.0.0.1:{plain}\n\
         Listen 127.0.0.1:{tls}\n\
         ErrorLog {here}/error.log\n\
         LogLevel warn auth_gssapi:info\n\
         StartServers 1\n\
         ServerLimit 1\n\
         ThreadsPerChild 32\n\
         MaxRequestWorkers 32\n\
         KeepAlive On\n\
         MaxKeepAliveRequests 0\n\
         KeepAliveTimeout 30\n\
         User {USER}\n\
         Group {USER}\n\
         LogFormat \"%{{remote}}p %m %U %>s %u %B %{{{FIELD}}}e\" symgate\n\
         SetEnvIf Authorization \"(.+)\" {FIELD}=$1\n\
         SetEnvIf Proxy-Authorization \"(.+)\" {FIELD}=$1\n\
         CustomLog {here}/{LOG} symgate\n\
         {body}\
         <VirtualHost 127.0.0.1:{tls}>\n\
         SSLEngine on\n\
         SSLCertificateFile {chain}\n\
         SSLCertificateKeyFile {key}\n\
         </VirtualHost>\n"
    )
}

/// What is loaded, by name.
const MODULES: &[&str] = &[
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "auth_gssapi",
    "setenvif",
    "socache_shmcb",
    "ssl",
    "proxy",
    "proxy_http",
    "proxy_connect",
];

/// Debian's name for the user that Apache becomes.
const USER: &str = "www-data";

/// The variable that holds what a client brought to log on with.
const FIELD: &str = "SYMGATE_CREDENTIALS";

const LOG: &str = "access.log";
