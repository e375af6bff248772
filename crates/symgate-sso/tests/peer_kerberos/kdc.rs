//! An MIT KDC in a directory of its own, with one user, one service and a ticket.

use std::env;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running KDC, ended on drop.
pub(crate) struct Kdc {
    dir: TempDir,
    child: Child,
}

impl Kdc {
    /// Starts one for the realm `LAB.TEST` and gets a ticket for alice; `None` when something is not installed, which
    /// under CI is a failure.
    pub(crate) fn start() -> Option<Self> {
        let missing = PROGRAMS.iter().find(|name| program(name).is_none());
        if let Some(missing) = missing {
            assert!(
                env::var_os("CI").is_none_or(|ci| ci != "true"),
                "`{missing}` is missing"
            );
            return None;
        }
        // A port is free when it is chosen, not when the child takes it.
        let kdc = (0..ATTEMPTS).find_map(|_| Self::attempt()).expect("a KDC starts");
        // Forwardable, so that a client that delegates is seen to.
        kdc.run("kinit", &["-f", "alice"], &format!("{PASSWORD}\n"));
        Some(kdc)
    }

    /// A command in the environment that leads to this KDC and its ticket.
    pub(crate) fn command(&self, program: &Path) -> Command {
        command(self.dir.path(), program)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("kdc.log")).unwrap_or_default()
    }

    /// Ends the KDC; tickets that it gave stay.
    pub(crate) fn end(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }

    fn attempt() -> Option<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        drop(listener);
        let dir = tempfile::Builder::new()
            .prefix("symgate-")
            .tempdir()
            .expect("a directory");
        configure(dir.path(), port);
        run(
            dir.path(),
            "kdb5_util",
            &["create", "-s", "-r", "LAB.TEST", "-P", "master"],
            "",
        );
        for query in [
            format!("addprinc -pw \"{PASSWORD}\" alice@LAB.TEST"),
            "addprinc -randkey HTTP/localhost@LAB.TEST".to_owned(),
            format!(
                "ktadd -k {} HTTP/localhost@LAB.TEST",
                dir.path().join("keytab").display()
            ),
        ] {
            run(dir.path(), "kadmin.local", &["-q", &query], "");
        }
        let mut kdc = command(dir.path(), &program("krb5kdc").expect("looked for before"));
        kdc.args(["-n", "-r", "LAB.TEST", "-P"]).arg(dir.path().join("pid"));
        let child = kdc
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut kdc = Self {
            dir,
            child: child.expect("krb5kdc can be started"),
        };
        let end = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let exited = kdc.child.try_wait().expect("a child can be waited for").is_some();
            if exited || Instant::now() > end {
                return None;
            }
            thread::sleep(PAUSE);
        }
        Some(kdc)
    }

    fn run(&self, name: &str, arguments: &[&str], input: &str) {
        run(self.dir.path(), name, arguments, input);
    }
}

impl Drop for Kdc {
    fn drop(&mut self) {
        self.end();
    }
}

fn configure(dir: &Path, port: u16) {
    let at = dir.display();
    let client = format!(
        "[libdefaults]\n default_realm = LAB.TEST\n dns_lookup_realm = false\n dns_lookup_kdc = false\n \
         dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n\
         [realms]\n LAB.TEST = {{\n  kdc = 127.0.0.1:{port}\n }}\n\
         [domain_realm]\n localhost = LAB.TEST\n .lab.test = LAB.TEST\n"
    );
    let server = format!(
        "[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n\
         [realms]\n LAB.TEST = {{\n  database_name = {at}/principal\n  key_stash_file = {at}/stash\n  \
         acl_file = {at}/acl\n }}\n\
         [logging]\n kdc = FILE:{at}/kdc.log\n"
    );
    for (name, content) in [("krb5.conf", client), ("kdc.conf", server), ("acl", String::new())] {
        fs::write(dir.join(name), content).expect("the directory can be written");
    }
}

fn command(dir: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("KRB5_CONFIG", dir.join("krb5.conf"))
        .env("KRB5_KDC_PROFILE", dir.join("kdc.conf"))
        .env("KRB5CCNAME", format!("FILE:{}", dir.join("cache").display()))
        .env("KRB5_KTNAME", format!("FILE:{}", dir.join("keytab").display()))
        // One process accepts the tokens of one test: nobody else could replay them.
        .env("KRB5RCACHETYPE", "none")
        // The words of the library are compared.
        .env("LC_ALL", "C");
    command
}

fn run(dir: &Path, name: &str, arguments: &[&str], input: &str) {
    let program = program(name).unwrap_or_else(|| panic!("`{name}` is missing"));
    let mut command = command(dir, &program);
    command.args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start `{name}`: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    stdin
        .write_all(input.as_bytes())
        .unwrap_or_else(|error| panic!("`{name}` does not listen: {error}"));
    drop(stdin);
    let output = child.wait_with_output().expect("a child can be waited for");
    assert!(
        output.status.success(),
        "`{name}` {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The program's file, looked up as a shell would and where servers live.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

const PROGRAMS: &[&str] = &["krb5kdc", "kdb5_util", "kadmin.local", "kinit"];

const PASSWORD: &str = "S3cret pass";

/// How often a KDC is started before the test fails.
const ATTEMPTS: usize = 4;

/// How long it may take until it listens.
const START: Duration = Duration::from_secs(20);

/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(10);
