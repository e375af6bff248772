//! The ways to log on to squid, each judged by a helper program of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::kdc::Kdc;
use crate::peer::squid::Squid;
use crate::peer::winbind::Winbind;

/// A way to log on.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'a> {
    /// Basic: the password itself.
    Basic {
        /// The one user.
        user: &'a str,
        /// His password.
        password: &'a str,
    },
    /// Digest with MD5 and `qop=auth`, which is all that squid has.
    Digest {
        /// The one user.
        user: &'a str,
        /// His password.
        password: &'a str,
        /// How often a nonce serves before it is stale.
        uses: u32,
    },
    /// Negotiate with Kerberos alone.
    Kerberos(&'a Kdc),
    /// Negotiate with NTLM alone, in SPNEGO or raw.
    Negotiate(&'a Winbind),
    /// NTLM.
    Ntlm {
        /// The judge.
        judge: &'a Winbind,
        /// How many exchanges there may be at a time: one is reserved from the first message to the last.
        helpers: u8,
        /// What becomes of the connection that was refused for want of a first message.
        after: After407,
    },
    /// Negotiate with Kerberos, and with raw NTLM; SPNEGO around NTLM goes to the Kerberos helper, which answers with
    /// something that is no Base64.
    Wrapper {
        /// The judge of tickets.
        kdc: &'a Kdc,
        /// The judge of NTLM.
        judge: &'a Winbind,
    },
}

/// What becomes of a connection after the 407 that opens an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After407 {
    /// It stays.
    Kept,
    /// It is closed, so that the exchange begins on another one.
    Closed,
}

impl<'a> Auth<'a> {
    /// NTLM with helpers enough, on connections that are kept.
    #[must_use]
    pub fn ntlm(judge: &'a Winbind) -> Self {
        Self::Ntlm {
            judge,
            helpers: 16,
            after: After407::Kept,
        }
    }
}

/// The lines of the configuration, with their files in `dir`.
pub(super) fn lines(dir: &Dir, ways: &[Auth<'_>]) -> String {
    let mut lines: String = ways.iter().map(|way| one(dir, *way)).collect();
    lines += "acl known proxy_auth REQUIRED\n\
              http_access allow known\n\
              http_access deny all\n";
    lines
}

fn one(dir: &Dir, way: Auth<'_>) -> String {
    match way {
        Auth::Basic { user, password } => {
            let users = dir.write("users", format!("{user}:{}\n", crypt(password)));
            let program = format!("{} {}", helper("basic_ncsa_auth").display(), users.display());
            program_lines("basic", &program, 4) + &format!("auth_param basic realm {}\n", Squid::REALM)
        }
        Auth::Digest { user, password, uses } => {
            let users = dir.write("digest", format!("{user}:{password}\n"));
            let program = format!("{} {}", helper("digest_file_auth").display(), users.display());
            program_lines("digest", &program, 4)
                + &format!(
                    "auth_param digest realm {}\n\
                     auth_param digest nonce_max_count {uses}\n",
                    Squid::REALM
                )
        }
        Auth::Kerberos(kdc) => program_lines("negotiate", &kerberos(dir, kdc), 4) + KEEP_NEGOTIATE,
        Auth::Negotiate(judge) => {
            let program = format!("{} --helper-protocol=gss-spnego", judge.helper().display());
            program_lines("negotiate", &program, 16) + KEEP_NEGOTIATE
        }
        Auth::Ntlm { judge, helpers, after } => {
            let keep = match after {
                After407::Kept => "on",
                After407::Closed => "off",
            };
            program_lines("ntlm", &ntlm(judge), helpers) + &format!("auth_param ntlm keep_alive {keep}\n")
        }
        Auth::Wrapper { kdc, judge } => {
            let wrapper = helper("negotiate_wrapper_auth");
            let (ntlm, kerberos) = (ntlm(judge), kerberos(dir, kdc));
            let program = format!("{} --ntlm {ntlm} --kerberos {kerberos}", wrapper.display());
            program_lines("negotiate", &program, 16) + KEEP_NEGOTIATE
        }
    }
}

/// `helpers` at most. Half of them are there from the start: one that has to be started first answers late.
fn program_lines(scheme: &str, program: &str, helpers: u8) -> String {
    let ready = helpers.div_ceil(2);
    format!(
        "auth_param {scheme} program {program}\n\
         auth_param {scheme} children {helpers} startup={ready} idle=1\n"
    )
}

fn ntlm(judge: &Winbind) -> String {
    format!("{} --helper-protocol=squid-2.5-ntlmssp", judge.helper().display())
}

/// A script that judges tickets with the service's keys, copied to where squid's user may read them.
fn kerberos(dir: &Dir, kdc: &Kdc) -> String {
    let keys = fs::read(kdc.keytab()).expect("the KDC has made its keytab");
    let keytab = dir.write("http.keytab", keys);
    // A replay cache would be one for the whole machine.
    let script = format!(
        "#!/bin/sh\n\
         export KRB5_CONFIG='{}' KRB5RCACHETYPE=none\n\
         exec {} -s GSS_C_NO_NAME -k '{}'\n",
        kdc.config().display(),
        helper("negotiate_kerberos_auth").display(),
        keytab.display()
    );
    let script = dir.write("kerberos.sh", script);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    script.display().to_string()
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

const KEEP_NEGOTIATE: &str = "auth_param negotiate keep_alive on\n";
