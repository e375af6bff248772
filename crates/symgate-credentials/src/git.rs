//! Helper programs that speak git's credential protocol ([`GitHelper`]).

mod command;
mod reply;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use symgate_auth::{Ask, Credentials, Outcome, Secret, Target, Wanted};
use symgate_policy::{Interaction, Listener, Lookup, Reply, Source};

use self::command::Helper;
pub use self::reply::{GitReply, GitReplyError, Storing};
use crate::keep::Ear;
use crate::ledger::{Entry, Ledger, Told};
use crate::lines::{self, Broken, Request};
use crate::program::{self, Call, Ended, ProgramError};
use crate::{Bounds, Keep};

/// A helper program with git's protocol, as a [`Source`]
/// ([git-credential](https://git-scm.com/docs/git-credential),
/// [gitcredentials](https://git-scm.com/docs/gitcredentials#_custom_helpers)).
///
/// # The command
///
/// As in git's `credential.helper`: `NAME ARGUMENTS` runs `git credential-NAME ARGUMENTS`, an absolute path with
/// arguments runs as it is, and what begins with `!` is for the shell. `get`, `store` or `erase` is added at the end. On
/// Unix all three pass through `sh`, as git does it, so `~` and quotes work; a single program runs in the shell's place.
/// On Windows git brings a shell of its own, which is not looked for: there words are split at blanks outside double
/// quotes, and `!` is for `cmd /C`. A relative path is none of these, and its failure says so.
///
/// # What is said to it
///
/// `protocol` and `host`, the host with its port where that is not the scheme's own, and for a proxy always. No `path`:
/// git leaves it out too unless `credential.useHttpPath` says otherwise, and ours would name the file that is fetched.
/// The helper cannot see whether a proxy or a server of that name asks.
///
/// A request for a bearer token says `capability[]=authtype`; a helper that knows it may answer `authtype=Bearer` with
/// its `credential`. A user name and a password that come instead answer the request for a password that follows, so
/// the helper is not asked twice. `state[]`, `continue` and other schemes by `authtype` are not supported.
///
/// An answer that the peer accepts is told by `store`, one that it rejects by `erase`, as git does; an `ephemeral` one
/// is not stored. What a person typed is stored only [when told so](Self::with_keeping).
///
/// # How it is kept silent
///
/// It never gets a terminal, and always `GIT_TERMINAL_PROMPT=0`. Where nothing may be shown it gets
/// `GCM_INTERACTIVE=never` and neither `GIT_ASKPASS` nor `SSH_ASKPASS`. A helper that opens a window all the same cannot be
/// kept from it.
///
/// ```
/// use symgate_credentials::GitHelper;
/// use symgate_policy::{Answers, Policy, Session, Source};
///
/// let helper = GitHelper::new("cache --timeout 3600");
/// assert_eq!(helper.name(), "credential helper `cache`");
/// let session = Session::new(Policy::unattended(), Answers::default().with_source(helper));
/// # drop(session);
/// ```
#[derive(Debug)]
pub struct GitHelper {
    helper: Helper,
    name: String,
    bounds: Bounds,
    keep: Keep,
    ear: Ear,
    ledger: Ledger<Arc<More>>,
}

/// What a helper said beside its credentials and hears again with `store`.
#[derive(Debug)]
struct More {
    expiry: Option<u64>,
    refresh: Option<Secret>,
    storing: Storing,
}

/// Why a helper gave nothing, or kept nothing.
#[derive(Debug, thiserror::Error)]
enum HelperError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("{0}")]
    Ended(String),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Reply(#[from] GitReplyError),
}

#[derive(Clone, Copy)]
enum Operation {
    Erase,
    Get,
    Store,
}

impl GitHelper {
    /// A helper by its command.
    #[must_use]
    pub fn new(command: &str) -> Self {
        let helper = Helper::parse(command);
        Self {
            name: helper.name(),
            helper,
            bounds: Bounds::default(),
            keep: Keep::default(),
            ear: Ear::default(),
            ledger: Ledger::new(Told::Peer),
        }
    }

    /// Sets what one call may cost.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Sets whether the helper stores what a person typed.
    #[must_use]
    pub const fn with_keeping(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Sets who is told that the helper could not store or erase an answer.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.ear = Ear(Some(listener));
        self
    }

    fn get(&self, lookup: &Lookup<'_>) -> Result<Option<Entry<Arc<More>>>, HelperError> {
        let mut request = Request::default();
        if lookup.ask.wanted == Wanted::Bearer {
            request.add("capability[]", "authtype")?;
        }
        describe(&mut request, lookup.ask)?;
        if let Some(user) = lookup.user {
            request.add("username", user)?;
        }
        let ended = self.run(Operation::Get, request, lookup.interaction, lookup.cancel)?;
        if !ended.status.success() {
            return Err(self.failed(&ended, &[]));
        }
        let GitReply::Answer {
            credentials,
            expiry,
            refresh,
            storing,
        } = GitReply::parse(&ended.output.0)?
        else {
            return Ok(None);
        };
        if expiry.is_some_and(has_passed) {
            return Ok(None);
        }
        Ok(Some(Entry {
            credentials: Arc::new(credentials),
            with: Arc::new(More {
                expiry,
                refresh,
                storing,
            }),
        }))
    }

    /// Tells the helper what became of an answer.
    fn tell(
        &self,
        operation: Operation,
        ask: &Ask,
        credentials: &Credentials,
        more: Option<&More>,
        cancel: &AtomicBool,
    ) {
        match self.try_tell(operation, ask, credentials, more, cancel) {
            // Whoever gave up need not hear of it.
            Ok(()) | Err(HelperError::Program(ProgramError::Cancelled)) => {}
            Err(error) => {
                let what = operation.as_str();
                self.ear.tell(&self.name, &format!("{what}: {error}"));
            }
        }
    }

    fn try_tell(
        &self,
        operation: Operation,
        ask: &Ask,
        credentials: &Credentials,
        more: Option<&More>,
        cancel: &AtomicBool,
    ) -> Result<(), HelperError> {
        let mut request = Request::default();
        let secret = match credentials {
            Credentials::Bearer(token) => {
                request.add("capability[]", "authtype")?;
                request.add("authtype", "Bearer")?;
                request.add("credential", token.expose())?;
                token
            }
            Credentials::Password(password) => {
                request.add("username", &password.user)?;
                request.add("password", password.password.expose())?;
                &password.password
            }
            _ => return Ok(()),
        };
        describe(&mut request, ask)?;
        if let Some(expiry) = more.and_then(|more| more.expiry) {
            request.add("password_expiry_utc", expiry.to_string())?;
        }
        let refresh = more.and_then(|more| more.refresh.as_ref());
        if let Some(refresh) = refresh {
            request.add("oauth_refresh_token", refresh.expose())?;
        }
        let ended = self.run(operation, request, Interaction::Silent, cancel)?;
        if ended.status.success() {
            return Ok(());
        }
        let refresh = refresh.map(Secret::expose).unwrap_or_default();
        Err(self.failed(&ended, &[secret.expose(), refresh]))
    }

    fn failed(&self, ended: &Ended, secrets: &[&[u8]]) -> HelperError {
        HelperError::Ended(format!("{}{}", ended.describe(secrets), self.helper.hint()))
    }

    fn run(
        &self,
        operation: Operation,
        request: Request,
        interaction: Interaction,
        cancel: &AtomicBool,
    ) -> Result<Ended, ProgramError> {
        let mut command = self.helper.command(operation);
        program::keep_silent(&mut command, interaction);
        let call = Call {
            command,
            input: request.finish(),
            bounds: match operation {
                Operation::Get => self.bounds,
                Operation::Erase | Operation::Store => self.bounds.of_telling(),
            },
            cancel,
        };
        call.run()
    }
}

impl Source for GitHelper {
    fn name(&self) -> &str {
        &self.name
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        match (lookup.ask.target, lookup.ask.wanted) {
            (_, Wanted::Password) | (Target::Origin, Wanted::Bearer) => {}
            _ => return Reply::None,
        }
        let said = match self.ledger.take(lookup) {
            Some(said) => Ok(said),
            None => self.get(lookup),
        };
        match said {
            Ok(said) => self.ledger.enter(lookup, said).map_or(Reply::None, Reply::Use),
            Err(HelperError::Program(ProgramError::Cancelled)) => Reply::None,
            Err(error) => {
                // One that hangs should not do so twice for one list of challenges.
                self.ledger.enter(lookup, None);
                Reply::Failed(error.to_string())
            }
        }
    }

    fn report(&self, ask: &Ask, credentials: &Credentials, outcome: Outcome, cancel: &Arc<AtomicBool>) {
        let operation = match outcome {
            // It may be judged yet: the gate gives it again, to the next scheme.
            Outcome::Abandoned => return,
            Outcome::Accepted => Operation::Store,
            Outcome::Rejected => Operation::Erase,
        };
        let more = self.ledger.settle(ask, credentials).map(|entry| entry.with);
        if outcome == Outcome::Accepted && more.as_ref().is_none_or(|more| more.storing == Storing::Forbidden) {
            return;
        }
        self.tell(operation, ask, credentials, more.as_deref(), cancel);
    }

    fn keep(&self, ask: &Ask, credentials: &Credentials, cancel: &Arc<AtomicBool>) {
        match self.keep {
            Keep::Nothing => {}
            Keep::Typed => self.tell(Operation::Store, ask, credentials, None, cancel),
        }
    }
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Get => "get",
            Self::Store => "store",
        }
    }
}

/// Who asks, in git's words.
fn describe(request: &mut Request, ask: &Ask) -> Result<(), Broken> {
    request.add("protocol", ask.origin.scheme().as_str())?;
    request.add("host", lines::host(ask))
}

fn has_passed(expiry: u64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.is_ok_and(|now| now.as_secs() >= expiry)
}

#[cfg(test)]
mod tests;
