//! MIT Kerberos for one realm: a key distribution centre, one user with a ticket, one service.
//!
//! Its clients find it by their environment alone: [`Kdc::environment`] is what a program needs to be the logged-on user
//! of this realm, or to be one whose ticket is missing.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::child::run;
use crate::peer::program::Installed;
use crate::peer::program::Program;

/// A running key distribution centre.
#[derive(Debug)]
pub struct Kdc {
    child: Listening<1>,
}

/// Whether a user has logged on to the realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// Yes: the cache holds a ticket that buys others.
    Held,
    /// No: there is no cache.
    Missing,
}

impl Kdc {
    /// The realm, which `localhost` belongs to.
    pub const REALM: &'static str = "OFFICE.TEST";

    /// The one service that has a key: a proxy or server called by another name than `localhost` has none.
    pub const SERVICE: &'static str = "HTTP/localhost";

    /// Knows `user` with `password`, and gives him a ticket.
    ///
    /// # Panics
    /// If it does not come to listen, or gives no ticket; with what was said.
    #[must_use]
    pub fn start(installed: &Installed, user: &str, password: &str) -> Self {
        let [krb5kdc, kdb5_util, kadmin, kinit] = installed.parts(Program::Kdc);
        let child = Listening::start(|dir, [port]| {
            let environment = write(dir, port);
            let with = |program: &Path, arguments: &[&str]| {
                let mut command = Command::new(program);
                command.args(arguments).envs(environment.clone());
                command
            };
            let realm = Self::REALM;
            run(&mut with(kdb5_util, &["create", "-s", "-r", realm, "-P", "master"]), "");
            let (service, keytab) = (Self::SERVICE, dir.join(KEYTAB));
            let commands = format!(
                "addprinc -pw \"{password}\" {user}\n\
                 addprinc -randkey {service}\n\
                 ktadd -k {} {service}\n",
                keytab.display()
            );
            run(&mut with(kadmin, &["-r", realm]), &commands);
            assert!(keytab.is_file(), "kadmin made no keytab");
            with(krb5kdc, &["-n", "-r", realm])
        });
        let kdc = Self { child };
        let mut logon = Command::new(kinit);
        logon.arg(user).envs(kdc.environment(Ticket::Held));
        run(&mut logon, &format!("{password}\n"));
        kdc
    }

    /// The realm's configuration: what `KRB5_CONFIG` names.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.child.dir().join(CONFIG)
    }

    /// The keys of [`Kdc::SERVICE`], in a file.
    #[must_use]
    pub fn keytab(&self) -> PathBuf {
        self.child.dir().join(KEYTAB)
    }

    /// What a client of the realm has in its environment.
    #[must_use]
    pub fn environment(&self, ticket: Ticket) -> [(&'static str, String); 2] {
        let cache = match ticket {
            Ticket::Held => "ticket",
            Ticket::Missing => "no-ticket",
        };
        let cache = self.child.dir().join(cache);
        [
            ("KRB5_CONFIG", self.config().display().to_string()),
            ("KRB5CCNAME", format!("FILE:{}", cache.display())),
        ]
    }

    /// How many tickets it gave out for [`Kdc::SERVICE`].
    ///
    /// # Panics
    /// If its log cannot be read.
    #[must_use]
    pub fn issued(&self) -> usize {
        let log = fs::read_to_string(self.child.dir().join(LOG)).expect("the KDC logs its start");
        let service = format!("for {}@{}", Self::SERVICE, Self::REALM);
        log.lines()
            .filter(|line| line.contains("ISSUE") && line.contains(&service))
            .count()
    }
}

fn write(dir: &Dir, port: u16) -> [(&'static str, PathBuf); 2] {
    let (here, realm) = (dir.path().display(), Kdc::REALM);
    // A name is taken as it is written: no resolver has a say in which service is meant.
    let client = format!(
        "[libdefaults]\n\
         default_realm = {realm}\n\
         dns_lookup_realm = false\n\
         dns_lookup_kdc = false\n\
         dns_canonicalize_hostname = false\n\
         rdns = false\n\
         udp_preference_limit = 1\n\
         [realms]\n\
         {realm} = {{\n\
         kdc = 127.0.0.1:{port}\n\
         }}\n\
         [domain_realm]\n\
         localhost = {realm}\n"
    );
    let server = format!(
        "[realms]\n\
         {realm} = {{\n\
         kdc_listen = 127.0.0.1:{port}\n\
         kdc_tcp_listen = 127.0.0.1:{port}\n\
         database_name = {here}/principals\n\
         key_stash_file = {here}/stash\n\
         acl_file = {here}/acl\n\
         }}\n\
         [logging]\n\
         kdc = FILE:{here}/{LOG}\n"
    );
    [
        ("KRB5_CONFIG", dir.write(CONFIG, client)),
        ("KRB5_KDC_PROFILE", dir.write("kdc.conf", server)),
    ]
}

const CONFIG: &str = "krb5.conf";

const KEYTAB: &str = "http.keytab";

const LOG: &str = "kdc.log";
