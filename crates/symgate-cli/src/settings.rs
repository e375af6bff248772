//! From options and environment to the client's settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symgate::Config;
use symgate::auth::mechanism::Order;
use symgate::auth::{Credentials, Origin, Secret};
use symgate::http::{Downgrade, origin_of};
use symgate::index::Strictness;
use symgate::net::{Audience, ClientCertificate, ConfigError, Roots, Tls};
use symgate::path::{Effective, Parsed, Security, Store, SymbolPath, Warning};
use symgate::policy::{
    Debugger, Explicit, Given, HostPattern, Policy, Presence, PromptSetting, Prompts, SymbolOptions,
};
use symgate::proxy::{Note, ProxyConfig, SystemSettings};
use symgate::sso::System;
use symgate::store::Durability;
use url::Url;
use zeroize::Zeroizing;

use crate::answers;
use crate::args::{DebuggerName, Get, Login, Network, OnOff, Shell, Way};
use crate::output::Output;

/// The settings of a `get`, and what is odd about them.
pub(crate) fn of_get(get: &Get, output: &Output) -> Result<(Config, Vec<String>), String> {
    let (mut config, mut path_warnings) = Config::from_env();
    if let Some(text) = &get.symbol_path {
        let parsed = SymbolPath::parse(text);
        config.path = parsed.path;
        path_warnings = parsed.warnings;
    }
    let mut warnings: Vec<String> = path_warnings.iter().map(path_warning).collect();
    warnings.extend(slips(&config.path));
    let prompts = prompts(&get.network);
    warnings.extend(network(&mut config, &get.network, prompts, output)?);
    let remarks = config.proxy.warnings().iter();
    let remarks = remarks.filter(|warning| get.verbose || warning.remark().note != Note::UpperCaseIgnored);
    warnings.extend(remarks.map(ToString::to_string));
    config.connections = usize::from(get.jobs);
    config.strictness = if get.strict {
        Strictness::Strict
    } else {
        Strictness::Lenient
    };
    config.durability = match get.durable {
        OnOff::On => Durability::Flushed,
        OnOff::Off => Durability::Off,
    };
    Ok((config, warnings))
}

/// The settings of a `probe` of this URL, whose origin stands for a symbol path; a login in front of its host is one for
/// that origin.
pub(crate) fn of_probe(network: &Network, url: &Url, output: &Output) -> Result<(Config, Vec<String>), String> {
    let (mut config, _) = Config::from_env();
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    root.set_fragment(None);
    // The one character that a login in a URL may hold and a symbol path may not.
    let root = Zeroizing::new(String::from(root).replace('*', "%2A"));
    config.path = SymbolPath::parse(&format!("srv*{}", *root)).path;
    let prompts = prompts(network);
    let mut warnings = self::network(&mut config, network, prompts, output)?;
    warnings.extend(config.proxy.warnings().iter().map(ToString::to_string));
    Ok((config, warnings))
}

/// The settings of a `shell`.
#[derive(Debug)]
pub(crate) struct Debuggee {
    pub(crate) config: Config,
    pub(crate) debugger: Debugger,
    pub(crate) options: SymbolOptions,
    pub(crate) warnings: Vec<String>,
}

/// The settings of a `shell`, whose path the environment's follows (DECISIONS §2).
pub(crate) fn of_shell(shell: &Shell, output: &Output) -> Result<Debuggee, String> {
    let debugger = shell.network.debugger.map_or(Debugger::Cdb, debugger);
    let mut options = shell.network.sflags.unwrap_or_else(|| debugger.start_options());
    match shell.network.prompts {
        Some(OnOff::On) => options = options.without(SymbolOptions::NO_PROMPTS),
        Some(OnOff::Off) => options = options.with(SymbolOptions::NO_PROMPTS),
        None => {}
    }
    if shell.noisy {
        options = options.with(SymbolOptions::DEBUG);
    }
    let (mut config, from_environment) = Config::from_env();
    let mut warnings: Vec<String> = Vec::new();
    let environment = if options.contains(SymbolOptions::IGNORE_NT_SYMPATH) || !is_path_set() {
        SymbolPath::default()
    } else {
        warnings.extend(from_environment.iter().map(path_warning));
        std::mem::take(&mut config.path)
    };
    let Parsed { path, warnings: given } = SymbolPath::parse(shell.symbol_path.as_deref().unwrap_or_default());
    warnings.splice(0..0, given.iter().map(path_warning));
    config.path = path;
    config.path.append(environment);
    if config.path.is_empty() && shell.symbol_path.is_none() {
        config.path = SymbolPath::parse("srv*").path;
    }
    warnings.extend(slips(&config.path));
    warnings.extend(network(&mut config, &shell.network, options.prompts(), output)?);
    let remarks = config.proxy.warnings().iter();
    let remarks = remarks.filter(|warning| warning.remark().note != Note::UpperCaseIgnored);
    warnings.extend(remarks.map(ToString::to_string));
    Ok(Debuggee {
        config,
        debugger,
        options,
        warnings,
    })
}

/// The home directory: what the default store stands in.
pub(crate) fn home(config: &Config) -> PathBuf {
    let parent = config.default_store.parent();
    parent.unwrap_or(&config.default_store).to_owned()
}

/// Whether the environment says what to search.
fn is_path_set() -> bool {
    ["_NT_ALT_SYMBOL_PATH", "_NT_SYMBOL_PATH"]
        .iter()
        .filter_map(std::env::var_os)
        .any(|value| !value.to_string_lossy().trim().is_empty())
}

/// Sets how to get through; what is odd about it comes back.
fn network(config: &mut Config, network: &Network, prompts: Prompts, output: &Output) -> Result<Vec<String>, String> {
    let (proxy, remarks) = way(std::mem::take(&mut config.proxy), &network.way)?;
    config.tickets = Some(Arc::new(System::new()));
    config.policy = policy(network)?.with_prompts(prompts);
    if let Some(names) = &network.auth {
        config.order = Order::named(names).map_err(|error| format!("--auth: {error}"))?;
    }
    let explicit = explicit(network)?;
    let (answers, mut warnings) = answers::of(network, output)?;
    warnings.extend(remarks);
    config.answers = answers.with_explicit(explicit);
    config.proxy = proxy;
    let base = base_roots();
    let with = |file: &Option<PathBuf>| match file {
        Some(path) => base
            .clone()
            .with_pem(&read(path)?)
            .map_err(|error| format!("`{}`: {error}", shown(path))),
        None => Ok(base.clone()),
    };
    let origin = identity("--key", network.cert.as_deref(), network.key.as_deref())?;
    let proxy = identity(
        "--proxy-key",
        network.proxy_cert.as_deref(),
        network.proxy_key.as_deref(),
    )?;
    config.origin_tls = tls(with(&network.ca_file)?, origin)?;
    config.proxy_tls = tls(with(&network.proxy_ca_file)?, proxy)?;
    if network.danger_allow_http_redirect {
        config.downgrade = Downgrade::DangerAllow;
    }
    Ok(warnings)
}

/// The proxies, with those that options name; what is odd about a file of settings comes back.
pub(crate) fn way(mut proxy: ProxyConfig, way: &Way) -> Result<(ProxyConfig, Vec<String>), String> {
    let mut remarks = Vec::new();
    if let Some(value) = &way.proxy {
        proxy = proxy.with_proxy(value);
    }
    if let Some(value) = &way.no_proxy {
        proxy = proxy.with_no_proxy(value);
    }
    if let Some(file) = &way.proxy_settings {
        let named = shown(file);
        let (settings, found) =
            SystemSettings::from_file(&read(file)?).map_err(|error| format!("`{named}`: {error}"))?;
        remarks.extend(found.iter().map(|remark| format!("`{named}`: {remark}")));
        proxy = proxy.with_system(settings);
    }
    Ok((proxy, remarks))
}

/// The servers of a symbol path, or of the environment's.
pub(crate) fn servers(symbol_path: Option<&str>) -> Vec<Url> {
    let path = match symbol_path {
        Some(text) => SymbolPath::parse(text).path,
        None => Config::from_env().0.path,
    };
    let servers = chains(&path).into_iter().flatten().filter_map(|store| match store {
        Store::Http(base) => Some(base.url().clone()),
        _ => None,
    });
    servers.collect()
}

/// Whom to trust and what to show; the client limits that to origins of the symbol path.
fn tls(roots: Roots, identity: Option<ClientCertificate>) -> Result<Tls, String> {
    let tls = Tls::new(roots);
    match identity {
        Some(identity) => tls
            .with_client_certificate(identity, Audience::Anybody)
            .map_err(|error| error.to_string()),
        None => Ok(tls),
    }
}

/// The certificate in one file and its key in another, which `option` names, or both in the first. They are read now,
/// and not when somebody asks: what cannot be used is told before anything is fetched.
fn identity(option: &str, chain: Option<&Path>, key: Option<&Path>) -> Result<Option<ClientCertificate>, String> {
    let Some(chain_file) = chain else {
        return Ok(None);
    };
    let chain = Secret::new(read(chain_file)?);
    let parted = key.map(|file| Ok::<_, String>((file, Secret::new(read(file)?))));
    let parted = parted.transpose()?;
    let (key_file, key) = parted.as_ref().map_or((chain_file, &chain), |(file, key)| (*file, key));
    let error = match ClientCertificate::from_pem(chain.expose(), key.expose()) {
        Ok(identity) => return Ok(Some(identity)),
        Err(error) => error,
    };
    let (certificate, other) = (shown(chain_file), shown(key_file));
    Err(match error {
        ConfigError::ClientCertificate(ref source) => format!("`{certificate}` and `{other}`: {error}: {source}"),
        ConfigError::EncryptedKey => {
            format!("`{other}`: {error}; `openssl pkey -in FILE -out NEW` asks for the password and writes it without")
        }
        ConfigError::Key(_) if parted.is_none() => {
            format!("`{other}`: {error}; name the file that does with {option}")
        }
        ConfigError::Key(_) => format!("`{other}`: {error}"),
        ConfigError::KeyMismatch => format!("`{other}`: {error} in `{certificate}`"),
        ConfigError::NotPem => {
            format!(
                "`{certificate}`: {error}; `openssl pkcs12 -in FILE -nodes -out NEW` makes it of a .p12 or .pfx file"
            )
        }
        _ => format!("`{certificate}`: {error}"),
    })
}

/// The machine's roots, or those of `SSL_CERT_FILE`, which replaces them and is read when TLS needs it: the variable may
/// be set for other programs.
/// How connections are made to get a proxy script, by a command that makes no other.
pub(crate) fn transport() -> symgate::net::Config {
    let mut transport = symgate::net::Config::default();
    transport.origin_tls = Tls::new(base_roots());
    transport
}

fn base_roots() -> Roots {
    match std::env::var_os("SSL_CERT_FILE").filter(|value| !value.is_empty()) {
        Some(file) => Roots::only_file(file, "SSL_CERT_FILE"),
        None => Roots::system(),
    }
}

/// Whether a question may be asked (DECISIONS §4).
fn prompts(network: &Network) -> Prompts {
    let setting = PromptSetting {
        option: network.prompts.map(|prompts| match prompts {
            OnOff::On => Prompts::On,
            OnOff::Off => Prompts::Off,
        }),
        sflags: network.sflags,
        debugger: network.debugger.map(debugger),
        presence: if answers::is_attended() {
            Presence::Attended
        } else {
            Presence::Unattended
        },
    };
    setting.effective()
}

/// The rules, or none.
fn policy(network: &Network) -> Result<Policy, String> {
    let mut policy = match &network.policy {
        Some(file) => {
            let text = String::from_utf8(read(file)?).map_err(|_| format!("`{}` is not UTF-8", shown(file)))?;
            Policy::from_toml(&text).map_err(|error| format!("`{}`: {error}", shown(file)))?
        }
        None => Policy::interactive(),
    };
    for host in &network.sso_hosts {
        let pattern = HostPattern::parse(host).map_err(|error| format!("--sso-hosts: {error}"))?;
        policy = policy.with_ticket_host(pattern);
    }
    Ok(policy)
}

const fn debugger(name: DebuggerName) -> Debugger {
    match name {
        DebuggerName::Windbg => Debugger::WinDbg,
        DebuggerName::Kd => Debugger::Kd,
        DebuggerName::Cdb => Debugger::Cdb,
        DebuggerName::Ntsd => Debugger::Ntsd,
    }
}

/// Credentials by option; those in a proxy's value and in a store's URL come after them, and are the client's to read.
fn explicit(network: &Network) -> Result<Explicit, String> {
    let logins = network.user.iter().map(|user| ("--user", &user.login));
    let logins = logins.chain(network.proxy_user.iter().map(|login| ("--proxy-user", login)));
    for (option, login) in logins {
        if login.name.is_empty() {
            return Err(format!("{option}: a name is missing in front of the password"));
        }
    }
    for user in &network.user {
        if user.origin.is_none()
            && let Some((origin, _)) = user.login.name.split_once('=')
        {
            return Err(format!(
                "--user: `{origin}` in front of `=` is no origin; write https://{origin}=NAME, and in front of a name \
                 that holds a `=` its origin too"
            ));
        }
    }
    if network.keep_passwords && network.credential_helper.is_empty() && !network.keyring {
        return Err("--keep-passwords: name where: --credential-helper or --keyring".to_owned());
    }
    let mut explicit = Explicit::default();
    if let Some(login) = &network.proxy_user {
        explicit = explicit.for_proxies(given(login));
    }
    for user in &network.user {
        explicit = match &user.origin {
            Some(text) => explicit.at_store(named_origin("--user", text)?, given(&user.login)),
            None => explicit.for_stores(given(&user.login)),
        };
    }
    for token in &network.token_file {
        let origin = token.origin.as_ref().map(|text| named_origin("--token-file", text));
        let origin = origin.transpose()?;
        let secret = Zeroizing::new(read(&token.file)?);
        // Editors and `echo` end a line.
        let secret = Secret::new(secret.trim_ascii());
        let bearer = Given::Credentials(Arc::new(Credentials::Bearer(secret)));
        explicit = match origin {
            Some(origin) => explicit.at_store(origin, bearer),
            None => explicit.for_stores(bearer),
        };
    }
    Ok(explicit)
}

/// An origin as an option names it.
fn named_origin(option: &str, text: &str) -> Result<Origin, String> {
    let url = Url::parse(text).ok();
    url.as_ref().and_then(origin_of).ok_or_else(|| {
        // Somebody may have put a login into the URL.
        let shown = text.rsplit('@').next().unwrap_or_default();
        format!("{option}: `{shown}` is no http or https origin")
    })
}

/// The stores that a path names, chain by chain.
fn chains(path: &SymbolPath) -> Vec<Vec<Store>> {
    let chains = path
        .effective(Security::Open)
        .into_iter()
        .filter_map(|effective| match effective {
            Effective::Chain(chain) => Some(chain.into_stores()),
            _ => None,
        });
    chains.collect()
}

/// Directories that were most likely meant to be something else.
fn slips(path: &SymbolPath) -> Vec<String> {
    let mut slips = Vec::new();
    for chain in chains(path) {
        for (index, store) in chain.iter().enumerate() {
            let Store::Directory(directory) = store else { continue };
            let text = directory.to_string();
            let (first, rest) = text.split_once('/').unwrap_or((&text, ""));
            // A host's name in front, and nothing behind that would make it a cache.
            let is_host = first.contains('.') && !first.starts_with('.') && first.contains(|c: char| c.is_alphabetic());
            if first.starts_with('~') {
                slips.push(format!(
                    "symbol path, `{text}`: `{first}` is a directory's name here, no shell replaces it; write $HOME"
                ));
            } else if is_host && !rest.is_empty() && index + 1 == chain.len() && !Path::new(first).exists() {
                // Somebody may have put a login in front of the host.
                let shown = text.rsplit('@').next().unwrap_or_default();
                slips.push(format!(
                    "symbol path, `{shown}` is read as a directory; a server begins with https:// or http://"
                ));
            }
        }
    }
    slips
}

fn given(login: &Login) -> Given {
    known(&login.name, login.password.as_deref())
}

fn known(name: &str, password: Option<&str>) -> Given {
    match password {
        Some(password) => Given::Credentials(Arc::new(Credentials::password(name, password))),
        None => Given::Name(name.to_owned()),
    }
}

fn path_warning(warning: &Warning) -> String {
    format!("symbol path, {warning}")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", shown(path)))
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}
