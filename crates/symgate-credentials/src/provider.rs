//! The debuggers' credential providers ([`Providers`]; SYMSRV §3.7).

mod listing;
mod reply;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symgate_auth::{Ask, Credentials, Outcome, Target, Wanted};
use symgate_policy::{Interaction, Listener, Lookup, Previous, Reply, Source};
use zeroize::Zeroizing;

pub use self::listing::{ProviderWarning, ProviderWarningKind, ProvidersError};
pub use self::reply::{ProviderReply, ProviderReplyError};
use crate::Bounds;
use crate::keep::Ear;
use crate::ledger::{Entry, Ledger, Peer, Told};
use crate::lines::{self, Broken, Request};
use crate::program::{self, Call, Ended, ProgramError};

/// Programs with the protocol of the debuggers' credential providers, as one [`Source`]: all are asked in their order,
/// and the first success is used.
///
/// # Where they are listed
///
/// [`from_file`](Self::from_file) takes a `DbgCredentialProvider.config.xml`, which names folders; or a listing, which
/// names providers; or one provider. Paths are absolute or relative to the file that names them, and this file's to the
/// current directory; nothing is looked for in `PATH`. A backslash parts them on every system. Listings of a folder are
/// read in the order of their names. `ApiVersion` is not looked at. A provider that is a library (`.dll`) cannot be
/// loaded here and is left out with a [warning](Self::warnings), and so is a script for `cmd` where there is no `cmd`.
///
/// # What is said to them
///
/// The argument is `Get`, `Store` or `Erase`; then `key=value` by line: `protocol`, `host`, `path` (without the `/` at its
/// start), `resourceKind=symbols`, `isretry`, and both `issilent` and `Interactive`, because the documents have the one in
/// a table and the other in samples; `parenthwnd` where [told](Self::with_parent_window). After a rejection they are
/// asked once more, with `isretry=true`, which makes them pass by their cache.
///
/// An answer is a name with a password, or `credentialkind=Bearer` with `header=Bearer …`. One that does not fit the
/// request of the server is kept for the request for the same path that follows, so that nobody is asked twice.
/// Acceptance is told by `Store` and rejection by `Erase`, to the provider whose answer it was and with the same path.
///
/// They get no terminal, and `GIT_TERMINAL_PROMPT=0`, as some are made on git's credential manager. Where nothing may be
/// shown they also get `GCM_INTERACTIVE=never` and neither `GIT_ASKPASS` nor `SSH_ASKPASS`.
///
/// # Proxies
///
/// The debuggers ask providers for servers alone. [`for_proxies`](Self::for_proxies) is an extension of ours: they are
/// asked for proxies too, with `resourceKind=proxy`.
///
/// ```no_run
/// use symgate_credentials::Providers;
/// use symgate_policy::{Answers, Policy, Session};
///
/// let providers = Providers::from_file("/opt/debuggers/DbgCredentialProvider.config.xml")?;
/// for warning in providers.warnings() {
///     eprintln!("{warning}");
/// }
/// let session = Session::new(Policy::unattended(), Answers::default().with_source(providers));
/// # Ok::<(), symgate_credentials::ProvidersError>(())
/// ```
#[derive(Debug)]
pub struct Providers {
    programs: Vec<PathBuf>,
    warnings: Vec<ProviderWarning>,
    for_proxies: ForProxies,
    parent: Option<u64>,
    bounds: Bounds,
    ear: Ear,
    /// With the number of the provider.
    ledger: Ledger<usize>,
    /// Who was asked for with `isretry=true`, and has accepted nothing since.
    retried: Mutex<Vec<Peer>>,
}

/// Whether credential providers are asked for proxies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ForProxies {
    /// No, as the debuggers have it.
    #[default]
    No,
    /// Yes, with `resourceKind=proxy`.
    Yes,
}

/// Why a provider gave nothing, or kept nothing.
#[derive(Debug, thiserror::Error)]
enum ProviderError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("{0}")]
    Ended(String),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Reply(#[from] ProviderReplyError),
}

/// A provider's errand.
#[derive(Clone, Copy)]
enum Errand {
    Erase,
    Get(Interaction, Previous),
    Store,
}

impl Providers {
    /// The providers that a file names, or is.
    ///
    /// # Errors
    /// When the path is empty, the file cannot be read, or it is XML that names neither folders nor providers.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ProvidersError> {
        let (programs, warnings) = listing::read(path.as_ref())?;
        Ok(Self {
            programs,
            warnings,
            for_proxies: ForProxies::default(),
            parent: None,
            bounds: Bounds::default(),
            ear: Ear::default(),
            ledger: Ledger::new(Told::Path),
            retried: Mutex::default(),
        })
    }

    /// Sets whether they are asked for proxies too.
    #[must_use]
    pub const fn for_proxies(mut self, for_proxies: ForProxies) -> Self {
        self.for_proxies = for_proxies;
        self
    }

    /// Sets the window that theirs belong to: the value of `DBG_CREDENTIAL_PROVIDER_PARENT_HWND`.
    #[must_use]
    pub const fn with_parent_window(mut self, window: u64) -> Self {
        self.parent = Some(window);
        self
    }

    /// Sets what one call of one provider may cost.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Sets who is told what a provider could not do although another one answered, or that it could not store or erase.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.ear = Ear(Some(listener));
        self
    }

    /// The programs that will be asked.
    #[must_use]
    pub fn programs(&self) -> &[PathBuf] {
        &self.programs
    }

    /// What was left out, and why.
    #[must_use]
    pub fn warnings(&self) -> &[ProviderWarning] {
        &self.warnings
    }

    /// Asks all until one answers; `Err` is what they could not do, when none did.
    fn get(&self, lookup: &Lookup<'_>) -> Result<Option<Entry<usize>>, Option<String>> {
        let mut failures: Vec<String> = Vec::new();
        for (number, program) in self.programs.iter().enumerate() {
            match self.get_from(program, lookup) {
                Ok(Some(credentials)) => {
                    failures.iter().for_each(|failure| self.ear.tell(NAME, failure));
                    return Ok(Some(Entry {
                        credentials: Arc::new(credentials),
                        with: number,
                    }));
                }
                Ok(None) => {}
                Err(ProviderError::Program(ProgramError::Cancelled)) => return Err(None),
                Err(error) => failures.push(format!("`{}`: {error}", program.display())),
            }
        }
        if failures.is_empty() {
            Ok(None)
        } else {
            Err(Some(failures.join("; ")))
        }
    }

    fn get_from(&self, program: &Path, lookup: &Lookup<'_>) -> Result<Option<Credentials>, ProviderError> {
        let errand = Errand::Get(lookup.interaction, lookup.previous);
        let request = self.describe(errand, lookup.ask)?;
        let ended = self.run(program, errand, request, lookup.cancel)?;
        let reply = ProviderReply::parse(&ended.output.0);
        match reply {
            Ok(ProviderReply::Failed(why)) => Err(ProviderError::Ended(why)),
            // What it said may be half of an answer.
            _ if !ended.status.success() => Err(ProviderError::Ended(ended.describe(&[]))),
            Ok(ProviderReply::Answer(credentials)) => Ok(Some(credentials)),
            Ok(ProviderReply::Nothing) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn describe(&self, errand: Errand, ask: &Ask) -> Result<Request, Broken> {
        let mut request = Request::default();
        request.add("protocol", ask.origin.scheme().as_str())?;
        request.add("host", lines::host(ask))?;
        request.add("path", ask.path.trim_start_matches('/'))?;
        let kind = match ask.target {
            Target::Origin => "symbols",
            Target::Proxy => "proxy",
        };
        request.add("resourceKind", kind)?;
        let (interaction, previous) = errand.conditions();
        let (silent, interactive) = match interaction {
            Interaction::Silent => ("true", "0"),
            Interaction::Visible => ("false", "1"),
        };
        let retry = match previous {
            Previous::None => "false",
            Previous::Rejected => "true",
        };
        request.add("isretry", retry)?;
        request.add("issilent", silent)?;
        request.add("Interactive", interactive)?;
        if let Some(window) = self.parent {
            request.add("parenthwnd", window.to_string())?;
        }
        Ok(request)
    }

    fn tell(&self, errand: Errand, ask: &Ask, credentials: &Credentials, number: usize, cancel: &AtomicBool) {
        let Some(program) = self.programs.get(number) else {
            return;
        };
        match self.try_tell(program, errand, ask, credentials, cancel) {
            // Whoever gave up need not hear of it.
            Ok(()) | Err(ProviderError::Program(ProgramError::Cancelled)) => {}
            Err(error) => {
                let what = errand.as_str();
                self.ear
                    .tell(NAME, &format!("`{}`: {what}: {error}", program.display()));
            }
        }
    }

    fn try_tell(
        &self,
        program: &Path,
        errand: Errand,
        ask: &Ask,
        credentials: &Credentials,
        cancel: &AtomicBool,
    ) -> Result<(), ProviderError> {
        let mut request = self.describe(errand, ask)?;
        let secret = match credentials {
            Credentials::Bearer(token) => {
                request.add("credentialkind", "Bearer")?;
                request.add("header", Zeroizing::new([b"Bearer ", token.expose()].concat()))?;
                token
            }
            Credentials::Password(password) => {
                request.add("credentialkind", "Basic")?;
                request.add("username", &password.user)?;
                request.add("password", password.password.expose())?;
                &password.password
            }
            _ => return Ok(()),
        };
        let ended = self.run(program, errand, request, cancel)?;
        if ended.status.success() {
            return Ok(());
        }
        Err(ProviderError::Ended(ended.describe(&[secret.expose()])))
    }

    fn run(&self, path: &Path, errand: Errand, request: Request, cancel: &AtomicBool) -> Result<Ended, ProgramError> {
        // On Windows a script for `cmd` is given to it by the standard library.
        let mut command = Command::new(path);
        command.arg(errand.as_str());
        program::keep_silent(&mut command, errand.conditions().0);
        let call = Call {
            command,
            input: request.finish(),
            bounds: match errand {
                Errand::Get(..) => self.bounds,
                Errand::Erase | Errand::Store => self.bounds.of_telling(),
            },
            cancel,
        };
        call.run()
    }

    /// Whether a peer may be asked for, this time; counts the one more time after a rejection.
    fn may_ask(&self, lookup: &Lookup<'_>) -> bool {
        let peer = Peer::of(lookup.ask);
        let mut retried = self.retried();
        match lookup.previous {
            Previous::None => retried.retain(|other| *other != peer),
            Previous::Rejected if retried.contains(&peer) => return false,
            Previous::Rejected => retried.push(peer),
        }
        true
    }

    fn retried(&self) -> MutexGuard<'_, Vec<Peer>> {
        // Each change is one call on the list, so a panic elsewhere left it whole.
        self.retried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Providers {
    fn name(&self) -> &str {
        NAME
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        match (lookup.ask.target, lookup.ask.wanted, self.for_proxies) {
            (Target::Origin, Wanted::Bearer | Wanted::Password, _)
            | (Target::Proxy, Wanted::Password, ForProxies::Yes) => {}
            _ => return Reply::None,
        }
        let said = match self.ledger.take(lookup) {
            Some(said) => Ok(said),
            None if self.may_ask(lookup) => self.get(lookup),
            None => return Reply::None,
        };
        match said {
            Ok(said) => self.ledger.enter(lookup, said).map_or(Reply::None, Reply::Use),
            Err(None) => Reply::None,
            Err(Some(why)) => {
                // One that hangs should not do so twice for one list of challenges.
                self.ledger.enter(lookup, None);
                Reply::Failed(why)
            }
        }
    }

    fn report(&self, ask: &Ask, credentials: &Credentials, outcome: Outcome, cancel: &Arc<AtomicBool>) {
        let errand = match outcome {
            // It may be judged yet: the gate gives it again, to the next scheme.
            Outcome::Abandoned => return,
            Outcome::Accepted => Errand::Store,
            Outcome::Rejected => Errand::Erase,
        };
        if outcome == Outcome::Accepted {
            let peer = Peer::of(ask);
            self.retried().retain(|other| *other != peer);
        }
        if let Some(entry) = self.ledger.settle(ask, credentials) {
            self.tell(errand, ask, credentials, entry.with, cancel);
        }
    }
}

impl Errand {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "Erase",
            Self::Get(..) => "Get",
            Self::Store => "Store",
        }
    }

    const fn conditions(self) -> (Interaction, Previous) {
        match self {
            Self::Get(interaction, previous) => (interaction, previous),
            Self::Erase | Self::Store => (Interaction::Silent, Previous::None),
        }
    }
}

const NAME: &str = "credential providers";

#[cfg(test)]
mod tests;
