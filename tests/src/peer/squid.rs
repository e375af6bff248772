//! squid as the proxy of an office: open, with Basic, and with Basic behind TLS.

use std::fs;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::log;
use crate::peer::log::LogLine;
use crate::peer::program::Installed;
use crate::peer::program::Program;
use crate::pki::Leaf;

/// A running squid that caches nothing.
#[derive(Debug)]
pub struct Squid {
    child: Listening<1>,
    scheme: &'static str,
}

impl Squid {
    /// The realm of its Basic challenge.
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
        Self::with_lines(installed, None, |dir| basic_lines(dir, user, password))
    }

    /// Like [`Squid::basic`], but clients speak TLS to the proxy itself.
    ///
    /// # Panics
    /// If it does not come to listen; with what it said.
    #[must_use]
    pub fn tls_basic(installed: &Installed, user: &str, password: &str, leaf: &Leaf) -> Self {
        Self::with_lines(installed, Some(leaf), |dir| basic_lines(dir, user, password))
    }

    /// Starts with the access rules that `lines` writes, given the directory for their files.
    ///
    /// # Panics
    /// If it does not come to listen, for instance because a line is wrong.
    #[must_use]
    pub fn with_lines(installed: &Installed, leaf: Option<&Leaf>, lines: impl Fn(&Dir) -> String) -> Self {
        let program = installed.expect(Program::Squid);
        let child = Listening::start(|dir, [port]| {
            let text = configuration(dir, port, leaf) + &lines(dir);
            let file = dir.write("squid.conf", text);
            give_away(dir);
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

fn configuration(dir: &Dir, port: u16, leaf: Option<&Leaf>) -> String {
    let here = dir.path().display();
    let listen = match leaf {
        None => format!("http_port 127.0.0.1:{port}"),
        Some(leaf) => {
            let (chain, key) = (leaf.chain_file().display(), leaf.key_file().display());
            format!("https_port 127.0.0.1:{port} tls-cert={chain} tls-key={key}")
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
         logformat symgate %>p %rm %ru %>Hs %un %<st\n\
         access_log stdio:{here}/{LOG} logformat=symgate\n\
         cache_log {here}/cache.log\n\
         coredump_dir {here}\n\
         cache_effective_user {USER}\n\
         visible_hostname proxy.test\n\
         pinger_enable off\n\
         netdb_filename none\n"
    )
}

fn basic_lines(dir: &Dir, user: &str, password: &str) -> String {
    let users = dir.write("users", format!("{user}:{}\n", crypt(password)));
    format!(
        "auth_param basic program {} {}\n\
         auth_param basic children 4 startup=1 idle=1\n\
         auth_param basic realm {}\n\
         acl known proxy_auth REQUIRED\n\
         http_access allow known\n\
         http_access deny all\n",
        helper("basic_ncsa_auth").display(),
        users.display(),
        Squid::REALM,
    )
}

/// The hash of a password as password files hold it.
///
/// By perl, which squid's packages bring along, and the C library's `crypt`.
fn crypt(password: &str) -> String {
    let output = Command::new("perl")
        .args(["-e", "print crypt($ARGV[0], '$6$symgate$')", password])
        .output()
        .expect("perl runs, squid needs it too");
    let hash = String::from_utf8(output.stdout).expect("a hash is ASCII");
    assert!(hash.starts_with("$6$"), "crypt knows no SHA-512: `{hash}`");
    hash
}

fn helper(name: &str) -> PathBuf {
    [
        "/usr/lib/squid",
        "/usr/lib64/squid",
        "/usr/libexec/squid",
        "/usr/local/libexec/squid",
    ]
    .map(|directory| Path::new(directory).join(name))
    .into_iter()
    .find(|file| file.is_file())
    .unwrap_or_else(|| panic!("squid has no `{name}` in the usual places"))
}

/// Makes the directory and its files squid's, when it will give up root for its own user.
fn give_away(dir: &Dir) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("users are listed");
    let id = user_id(&passwd, USER).unwrap_or_else(|| panic!("there is no user `{USER}`"));
    let mut paths = vec![dir.path().to_path_buf()];
    let entries = fs::read_dir(dir.path()).expect("the directory can be listed");
    paths.extend(entries.flatten().map(|entry| entry.path()));
    for path in paths {
        chown(&path, Some(id), None).unwrap_or_else(|error| panic!("cannot give away `{}`: {error}", path.display()));
    }
}

fn user_id(passwd: &str, user: &str) -> Option<u32> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(user)).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// Debian's name for the user that squid becomes.
const USER: &str = "proxy";

const LOG: &str = "access.log";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/:/bin/sh\nproxyx:x:7:7::/:/bin/sh\nproxy:x:13:13::/bin:/bin/sh\n";
        for (user, expected) in [("root", Some(0)), ("proxy", Some(13)), ("prox", None)] {
            assert_eq!(user_id(passwd, user), expected, "{user}");
        }
    }
}
