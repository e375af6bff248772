//! Samba's winbindd as the judge of NTLM for somebody's proxy, a machine of no domain and with one user.
//!
//! It opens no port. Two tricks keep it away from the system: nss_wrapper gives it users of its own, and, with that
//! library loaded, Samba's tools look for its socket where a variable says that was made for Samba's own tests.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::dir::Dir;
use crate::peer::child::Listening;
use crate::peer::child::run;
use crate::peer::give;
use crate::peer::program::Installed;
use crate::peer::program::Program;

/// A running winbindd; a squid that asks it must end before it does.
///
/// It checks the MIC of a message that has one, takes a message without, and looks at no channel bindings.
#[derive(Debug)]
pub struct Winbind {
    child: Listening<0>,
}

impl Winbind {
    /// The domain of its user: the machine's own name. An empty domain does as well.
    pub const DOMAIN: &'static str = "OFFICE";

    /// Knows `user` with `password`, and NTLMv2 alone.
    ///
    /// # Panics
    /// If it does not start; with what it said.
    #[must_use]
    pub fn start(installed: &Installed, user: &str, password: &str) -> Self {
        let [winbindd, ntlm_auth, smbpasswd, wrapper] = installed.parts(Program::Winbind);
        let prepare = |dir: &Dir, []: [u16; 0]| {
            let configuration = write(dir, user);
            let environment = environment(dir, wrapper);
            let words: String = environment
                .iter()
                .map(|(name, value)| format!("{name}='{value}' "))
                .collect();
            let script = format!(
                "#!/bin/sh\n{words}exec {} --configfile={} \"$@\"\n",
                ntlm_auth.display(),
                configuration.display()
            );
            let helper = dir.write(HELPER, script);
            fs::set_permissions(helper, fs::Permissions::from_mode(0o755)).expect("a file of ours");
            let mut add = Command::new(smbpasswd);
            add.arg("-c").arg(&configuration).args(["-s", "-a", user]);
            run(add.envs(environment.clone()), &format!("{password}\n{password}\n"));
            let mut command = Command::new(winbindd);
            // Of no group of its own: it ends with ours.
            command.args(["-F", "--no-process-group", "-s"]).arg(configuration);
            command.envs(environment);
            command
        };
        let child = Listening::start_until(prepare, |dir| {
            // The socket comes first, the answers later.
            dir.join("sock/pipe").exists() && knows(&dir.join(HELPER), user, password)
        });
        Self { child }
    }

    /// The program that squid starts for each exchange, without its `--helper-protocol`.
    pub(super) fn helper(&self) -> PathBuf {
        self.child.dir().join(HELPER)
    }
}

fn knows(helper: &Path, user: &str, password: &str) -> bool {
    let mut ask = Command::new(helper);
    ask.arg(format!("--username={user}"))
        .arg(format!("--password={password}"));
    ask.arg(format!("--domain={}", Winbind::DOMAIN));
    ask.output().is_ok_and(|output| output.status.success())
}

/// The directories and files of a Samba that knows nothing of the system's.
fn write(dir: &Dir, user: &str) -> PathBuf {
    for name in ["private", "lock", "state", "cache", "pid", "ncalrpc", "sock", "log"] {
        dir.make(name);
    }
    // Who may see this directory may ask whether a password is right.
    let privileged = dir.make("state/winbindd_privileged");
    fs::set_permissions(&privileged, fs::Permissions::from_mode(0o750)).expect("a directory of ours");
    give::to_group(&privileged, SQUID);
    let (id, group) = (give::user_id(SQUID), give::group_id(SQUID));
    dir.write(
        "passwd",
        format!(
            "root:x:0:0::/:/bin/sh\n\
             nobody:x:65534:65534::/:/bin/false\n\
             {SQUID}:x:{id}:{group}::/:/bin/false\n\
             {user}:x:{USER_ID}:{USER_ID}::/:/bin/false\n"
        ),
    );
    dir.write(
        "group",
        format!("root:x:0:\nnogroup:x:65534:\n{SQUID}:x:{group}:\nusers:x:{USER_ID}:\n"),
    );
    let here = dir.path().display();
    // Services on demand would detach from winbindd and outlive it.
    dir.write(
        "smb.conf",
        format!(
            "[global]\n\
             workgroup = SYMGATE\n\
             netbios name = {domain}\n\
             server role = standalone server\n\
             passdb backend = tdbsam:{here}/private/passdb.tdb\n\
             private dir = {here}/private\n\
             lock directory = {here}/lock\n\
             state directory = {here}/state\n\
             cache directory = {here}/cache\n\
             pid directory = {here}/pid\n\
             ncalrpc dir = {here}/ncalrpc\n\
             winbindd socket directory = {here}/sock\n\
             log file = {here}/log/%m.log\n\
             logging = file\n\
             interfaces = lo\n\
             bind interfaces only = yes\n\
             disable netbios = yes\n\
             disable spoolss = yes\n\
             load printers = no\n\
             rpc start on demand helpers = no\n\
             ntlm auth = ntlmv2-only\n\
             map to guest = never\n",
            domain = Winbind::DOMAIN,
        ),
    )
}

fn environment(dir: &Dir, wrapper: &Path) -> [(&'static str, String); 4] {
    [
        ("LD_PRELOAD", wrapper.to_path_buf()),
        ("NSS_WRAPPER_PASSWD", dir.join("passwd")),
        ("NSS_WRAPPER_GROUP", dir.join("group")),
        ("SELFTEST_WINBINDD_SOCKET_DIR", dir.join("sock")),
    ]
    .map(|(name, value)| (name, value.display().to_string()))
}

/// Debian's name for the user, and the group, that squid becomes.
const SQUID: &str = "proxy";

/// The number of the user and his group; of nobody else in the files that Samba is given.
const USER_ID: u32 = 20_001;

const HELPER: &str = "ntlm_auth.sh";
