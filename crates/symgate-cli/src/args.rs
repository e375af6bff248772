//! The command line: what can be said, and nothing of what it does.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use symgate::policy::SymbolOptions;

const FIRST: &str = "\
Try:
  symgate get app.exe -y 'srv*https://msdl.microsoft.com/download/symbols'
  symgate shell app.exe
  symgate probe https://msdl.microsoft.com/download/symbols
  symgate get --help";

const MORE: &str = "\
Files are kept in the first store of the symbol path (srv*DIR*URL), else in the user's cache directory.

Environment:
  _NT_ALT_SYMBOL_PATH, _NT_SYMBOL_PATH   for -y
  _NT_SYMBOL_PROXY, http_proxy, https_proxy, all_proxy   for --proxy
  no_proxy   for --no-proxy
  NETRC   for --netrc-file
  SYMGATE_ASKPASS   program that asks for names and passwords, in place of the terminal
  SSH_ASKPASS   the same where there is no terminal and --prompts is on
  SSL_CERT_FILE   replaces the machine's roots, read when TLS needs it

Exit status:
  0  all found                      4    network or proxy failure
  1  something is not available     5    the local store or the output failed
  2  usage                          6    content refused: not what was asked for
  3  authentication                 130  interrupted

Examples:
  symgate get app.exe -y 'srv*https://msdl.microsoft.com/download/symbols'
  symgate get app.exe -y 'srv*/var/sym*https://symbols.example' --proxy proxy:8080
  symgate get app.pdb/497B72F6390A44FC878E5A2D63B6CC031 --json";

const PROXY_MORE: &str = "\
Asked in this order, and the first that has a word decides: --no-proxy, --proxy, _NT_SYMBOL_PROXY, the shared variables
with no_proxy, --proxy-settings or the machine's settings, direct. What a setting asks for and cannot be done is an error
that names it.

Examples:
  symgate proxy https://msdl.microsoft.com/download/symbols
  symgate proxy --proxy-settings ie.reg --json - < urls.txt";

const PROBE_MORE: &str = "\
The explanation ends in a verdict: who said no, and what to do or to ask for. It holds no secret and can be pasted into a
ticket. It goes to stdout, or to stderr with --output -.

Exit status: 0 when an answer of the server itself arrived whole, whatever its HTTP status; 3 authentication, 4 network or
proxy, 5 the output cannot be written, 2 usage, 130 interrupted.

Examples:
  symgate probe https://msdl.microsoft.com/download/symbols
  symgate probe https://symbols.example/ --proxy proxy:8080 --proxy-user 'CORP\\alice'
  symgate probe https://symbols.example/a.pdb --output a.pdb --json";

const SHELL_MORE: &str = "\
Commands are those of the debuggers: !sym .symopt .sympath .symfix .reload ld lm lmv !lmi !chksym !symsrv close
!homedir .restart .lines .secure .echo .help q. They are read from standard input, with a prompt and line editing on a
terminal. Ctrl-C gives up what is under way; an empty line says the last one again.

The symbol path is -y, then _NT_ALT_SYMBOL_PATH and _NT_SYMBOL_PATH; `symgate get --help` names the other variables.

Examples:
  symgate shell app.exe -y 'srv*/var/sym*https://symbols.example' --proxy proxy:8080
  symgate shell --debugger windbg --noisy app.exe plugin.dll
  printf '.reload /f\nlm\n' | symgate shell app.exe";

/// Fetches debug symbols through firewalls and proxies.
#[derive(Debug, Parser)]
#[command(name = "symgate", version, arg_required_else_help = true, subcommand_required = true, after_help = FIRST)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Get(Get),
    Probe(Probe),
    Proxy(Proxy),
    Shell(Shell),
}

/// Fetches symbol files and prints where they are.
#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct Get {
    /// A PE file (its PDB is fetched), a PDB, or NAME/KEY[/NAME] as in `app.pdb/497B72F6390A44FC878E5A2D63B6CC031`.
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<OsString>,

    /// Symbol path; the default is _NT_ALT_SYMBOL_PATH and _NT_SYMBOL_PATH, else `srv*`, which is Microsoft's server.
    #[arg(short = 'y', long, value_name = "PATH")]
    pub(crate) symbol_path: Option<String>,

    #[command(flatten)]
    pub(crate) network: Network,

    /// Transfers at a time, and connections in all.
    #[arg(short, long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,

    /// Refuse a PDB whose age differs from the key's.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Whether files are flushed to disk before they become visible.
    #[arg(long, value_name = "WHETHER", value_enum, default_value_t = OnOff::On)]
    pub(crate) durable: OnOff,

    /// Print one JSON object a line instead of paths; what is not Unicode in a path is replaced there by U+FFFD.
    #[arg(long)]
    pub(crate) json: bool,

    /// Say what SymSrv says in noisy mode, and why a route was taken.
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,

    /// No progress, no warnings; errors are still said.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Understands the symbol commands of the debuggers, and loads symbols as they do.
#[derive(Args, Debug)]
#[command(after_help = SHELL_MORE)]
pub(crate) struct Shell {
    /// PE files: the modules whose symbols are loaded.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Symbol path; the environment's follows it.
    #[arg(short = 'y', long, value_name = "PATH")]
    pub(crate) symbol_path: Option<String>,

    /// Begin in noisy mode, as `!sym noisy` does.
    #[arg(short, long)]
    pub(crate) noisy: bool,

    #[command(flatten)]
    pub(crate) network: Network,
}

/// Fetches one URL and explains what happened on the way.
#[derive(Args, Debug)]
#[command(after_help = PROBE_MORE)]
pub(crate) struct Probe {
    /// URL, http or https.
    #[arg(value_name = "URL")]
    pub(crate) url: Secretive,

    /// Write the body of the final answer to this file, whatever its status; `-` is stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Follow so many redirects; with 0 the redirect itself is the answer.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) max_redirects: u32,

    /// Ask the proxy for a tunnel (CONNECT) for http URLs too.
    #[arg(long)]
    pub(crate) tunnel: bool,

    #[command(flatten)]
    pub(crate) network: Network,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Says which way leads to a URL, and why.
#[derive(Args, Debug)]
#[command(after_help = PROXY_MORE)]
pub(crate) struct Proxy {
    /// URLs; `-` stands for those on standard input, one a line. The default are the servers of the symbol path.
    #[arg(value_name = "URL")]
    pub(crate) urls: Vec<String>,

    /// Symbol path whose servers are meant; the default is the environment's.
    #[arg(short = 'y', long, value_name = "PATH")]
    pub(crate) symbol_path: Option<String>,

    #[command(flatten)]
    pub(crate) way: Way,

    /// Print one JSON object a line: `url`, and `routes` with `route` and `reason` each.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which proxy serves a URL.
#[derive(Args, Debug)]
pub(crate) struct Way {
    /// Proxy: `host:port`, a URL, a list as in Internet Options, or `none`; the default is the environment's, then the
    /// machine's.
    #[arg(long, value_name = "PROXY")]
    pub(crate) proxy: Option<String>,

    /// Hosts that no proxy serves, as in NO_PROXY.
    #[arg(long, value_name = "LIST")]
    pub(crate) no_proxy: Option<String>,

    /// File that stands for the machine's settings: a `.reg` export of Internet Settings, or an ini file of the same
    /// names. It comes behind the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) proxy_settings: Option<PathBuf>,
}

/// How to get through to a store.
#[derive(Args, Debug)]
pub(crate) struct Network {
    #[command(flatten)]
    pub(crate) way: Way,

    /// User at the proxy, `DOMAIN\NAME` or `NAME@REALM` in a domain; without a password it is asked for. Name nobody to
    /// use your Kerberos ticket.
    #[arg(long, value_name = "NAME[:PASSWORD]")]
    pub(crate) proxy_user: Option<Login>,

    /// User at the stores of the symbol path or at the URL of `probe`, or at ORIGIN (`https://host`); without a password
    /// it is asked for.
    #[arg(long, value_name = "[ORIGIN=]NAME[:PASSWORD]", action = ArgAction::Append)]
    pub(crate) user: Vec<OriginLogin>,

    /// File with a bearer token for the stores of the symbol path, or for ORIGIN (`https://host`).
    #[arg(long, value_name = "[ORIGIN=]FILE", action = ArgAction::Append)]
    pub(crate) token_file: Vec<OriginFile>,

    /// Servers over https that may have the logged-on user's Kerberos ticket, where the symbol path names them; hosts
    /// such as `*.corp.example`, with commas between them. A configured proxy may have it without being named here.
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) sso_hosts: Vec<String>,

    /// Schemes to authenticate with, the preferred one first: `negotiate`, `kerberos`, `bearer`, `ntlm`, `digest`,
    /// `basic`; the default is that order.
    #[arg(long, value_name = "SCHEMES")]
    pub(crate) auth: Option<String>,

    /// Whether questions may be asked; the default is yes on a terminal.
    #[arg(long, value_name = "WHETHER", value_enum)]
    pub(crate) prompts: Option<OnOff>,

    /// Ask or refuse as this debugger does; `shell` is cdb where nothing is said.
    #[arg(long, value_name = "DEBUGGER", value_enum)]
    pub(crate) debugger: Option<DebuggerName>,

    /// Symbol options in place of the debugger's, all of them: decimal, or hexadecimal with 0x. With 0x80000 nobody is
    /// asked, unless --prompts says otherwise.
    #[arg(long, value_name = "N", value_parser = SymbolOptions::parse_sflags)]
    pub(crate) sflags: Option<SymbolOptions>,

    /// Rules (TOML), of which the first that matches decides: `[[rule]]` with `say` = "allow" (only files and programs
    /// answer), "ask" or "refuse", and as conditions `target` ("proxy", "server"), `host`, `scheme`, `wire` ("clear",
    /// "encrypted"); `danger-basic-in-clear = true` lets files and programs send passwords that others can read.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Names and passwords for servers, by host; the default is NETRC, else ~/.netrc.
    #[arg(long, value_name = "FILE")]
    pub(crate) netrc_file: Option<PathBuf>,

    /// Program that knows names and passwords, as git calls it: `NAME`, an absolute path, or `!SNIPPET` for the
    /// shell.
    #[arg(long, value_name = "COMMAND", action = ArgAction::Append)]
    pub(crate) credential_helper: Vec<String>,

    /// Program that knows names, passwords and tokens, as the debuggers call it, or their list of such programs (.xml).
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) credential_provider: Vec<PathBuf>,

    /// Ask credential providers for proxies too (resourceKind=proxy), which the debuggers do not.
    #[arg(long, requires = "credential_provider")]
    pub(crate) provider_for_proxies: bool,

    /// Look for names and passwords in the system's keyring.
    #[arg(long)]
    pub(crate) keyring: bool,

    /// Keep what is typed, once it was accepted, in the credential helpers and the keyring.
    #[arg(long)]
    pub(crate) keep_passwords: bool,

    /// Trust the certificates in this PEM file too.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Trust the certificates in this PEM file for the proxy.
    #[arg(long, value_name = "FILE")]
    pub(crate) proxy_ca_file: Option<PathBuf>,

    /// Show this client certificate (PEM, its chain behind it) to stores of the symbol path that ask for one.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    /// Private key of --cert (PEM, not encrypted); the default is the key in the same file.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Show this client certificate to the proxy, if it asks for one.
    #[arg(long, value_name = "FILE")]
    pub(crate) proxy_cert: Option<PathBuf>,

    /// Private key of --proxy-cert; the default is the key in the same file.
    #[arg(long, value_name = "FILE", requires = "proxy_cert")]
    pub(crate) proxy_key: Option<PathBuf>,

    /// Follow redirects from https to http: content and names travel in clear text.
    #[arg(long)]
    pub(crate) danger_allow_http_redirect: bool,
}

/// Two words instead of a boolean.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum OnOff {
    On,
    Off,
}

/// The debuggers whose defaults are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum DebuggerName {
    Windbg,
    Kd,
    Cdb,
    Ntsd,
}

/// Text that may hold a password, and is not printed therefore.
#[derive(Clone)]
pub(crate) struct Secretive(pub(crate) String);

impl FromStr for Secretive {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secretive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// `NAME[:PASSWORD]`. Not printed: it may hold a password.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) password: Option<String>,
}

/// `[ORIGIN=]NAME[:PASSWORD]`.
#[derive(Clone, Debug)]
pub(crate) struct OriginLogin {
    /// As written, such as `https://symbols.example`.
    pub(crate) origin: Option<String>,
    pub(crate) login: Login,
}

/// `[ORIGIN=]FILE`.
#[derive(Clone, Debug)]
pub(crate) struct OriginFile {
    /// As written.
    pub(crate) origin: Option<String>,
    pub(crate) file: PathBuf,
}

impl FromStr for OriginFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (origin, file) = match text.split_once('=').filter(|(origin, _)| origin.contains("://")) {
            Some((origin, file)) => (Some(origin.to_owned()), file),
            None => (None, text),
        };
        Ok(Self {
            origin,
            file: file.into(),
        })
    }
}

impl FromStr for Login {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The first colon ends the name: a name cannot hold one (RFC 7617 §2), a password can.
        let (name, password) = match text.split_once(':') {
            Some((name, password)) => (name, Some(password.to_owned())),
            None => (text, None),
        };
        // An empty name is refused later: what is refused here is repeated in the message, password and all.
        Ok(Self {
            name: name.to_owned(),
            password,
        })
    }
}

impl FromStr for OriginLogin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A name may hold `=`, so only what looks like a URL in front of it is an origin.
        if let Some((origin, login)) = text.split_once('=')
            && origin.contains("://")
        {
            return Ok(Self {
                origin: Some(origin.to_owned()),
                login: login.parse()?,
            });
        }
        Ok(Self {
            origin: None,
            login: text.parse()?,
        })
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, password } = self;
        f.debug_struct("Login")
            .field("name", name)
            .field("password", &password.as_ref().map(|_| "[secret]"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_password_begins_behind_the_first_colon() {
        for (text, name, password) in [
            ("alice", "alice", None),
            ("alice:", "alice", Some("")),
            (":pw", "", Some("pw")),
            ("alice:a:b", "alice", Some("a:b")),
            (r"CORP\alice:pw", r"CORP\alice", Some("pw")),
        ] {
            let login: Login = text.parse().unwrap();
            assert_eq!(
                (login.name.as_str(), login.password.as_deref()),
                (name, password),
                "{text}"
            );
        }
    }

    #[test]
    fn an_origin_is_what_looks_like_a_url() {
        for (text, origin, name) in [
            ("https://h:8443=alice:pw=1", Some("https://h:8443"), "alice"),
            ("a=b:pw", None, "a=b"),
            ("alice", None, "alice"),
        ] {
            let parsed: OriginLogin = text.parse().unwrap();
            assert_eq!(
                (parsed.origin.as_deref(), parsed.login.name.as_str()),
                (origin, name),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_hides_passwords() {
        let cli = Cli::parse_from([
            "symgate",
            "get",
            "--proxy-user",
            "a:S3cret",
            "--user",
            "https://h=b:S3cret2",
            "x/1",
        ]);
        assert!(!format!("{cli:?}").contains("S3cret"));
    }
}
