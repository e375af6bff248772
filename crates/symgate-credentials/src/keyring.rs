//! The operating system's keyring ([`Keyring`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use keyring::{Entry, Error};
use symgate_auth::{Ask, Credentials, Outcome, Password, Secret, Target, Wanted};
use symgate_policy::{Interaction, Listener, Lookup, Previous, Reply, Source};
use zeroize::Zeroizing;

use crate::keep::Ear;
use crate::lines::{Broken, is_plain};
use crate::plain::harmless;
use crate::{Bounds, Keep};

/// The operating system's keyring, as a [`Source`] of passwords for servers and proxies.
///
/// | system | keyring | how long |
/// |---|---|---|
/// | Linux | the kernel's, of the user's session | until the machine is off, or the key has not been used for days |
/// | macOS | the login keychain | until deleted |
/// | Windows | the credential manager | until deleted |
///
/// The desktop's keyring on Linux (Secret Service) is reached by git's helper for it, `git credential-libsecret`, as a
/// [`GitHelper`](crate::GitHelper).
///
/// # Entries
///
/// The service is `symgate`; the account is the peer, `https://symbols.example` or `proxy http://proxy.example:3128`, with
/// its port where that is not the scheme's own, and for a proxy always. The secret is the name, a line feed, and the
/// password. An entry is written for what a person typed, [when told so](Self::with_keeping), and deleted when the peer
/// rejects what stands in it.
///
/// A keyring that is locked has no answer. The one of macOS may ask for permission in a window, so there it counts as
/// [visible](Interaction::Visible). A call that takes longer than the [bounds](Bounds) is left alone, and is a failure.
///
/// ```
/// use symgate_credentials::{Keep, Keyring};
/// use symgate_policy::{Answers, Policy, Session};
///
/// let keyring = Keyring::new().with_keeping(Keep::Typed);
/// let session = Session::new(Policy::unattended(), Answers::default().with_source(keyring));
/// # drop(session);
/// ```
#[derive(Debug, Default)]
pub struct Keyring {
    bounds: Bounds,
    keep: Keep,
    ear: Ear,
}

/// Why the keyring gave or kept nothing.
#[derive(Debug, thiserror::Error)]
enum KeyringError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("cancelled")]
    Cancelled,
    #[error("the entry is not a name, a line feed and a password")]
    Format,
    #[error("it is locked, or there is none")]
    Locked,
    #[error("{0}")]
    System(String),
    #[error("it did not answer in time")]
    Time,
}

impl Keyring {
    /// The keyring of whoever runs this program.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what one call may cost.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Sets whether what a person typed is kept.
    #[must_use]
    pub const fn with_keeping(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Sets who is told that an entry could not be written or deleted.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.ear = Ear(Some(listener));
        self
    }

    fn get(&self, ask: &Ask, bounds: Bounds, cancel: &AtomicBool) -> Result<Option<Credentials>, KeyringError> {
        let account = account(ask);
        let read = move || Ok(Zeroizing::new(Entry::new(SERVICE, &account)?.get_secret()?));
        match self.aside(bounds, cancel, read)? {
            Some(secret) if secret.len() > bounds.output => Err(KeyringError::Format),
            Some(secret) => split(&secret).map(Some).ok_or(KeyringError::Format),
            None => Ok(None),
        }
    }

    fn set(&self, ask: &Ask, password: &Password, cancel: &AtomicBool) -> Result<(), KeyringError> {
        let Password { user, password } = password;
        if !is_plain(user.as_bytes()) {
            return Err(Broken.into());
        }
        let secret = Zeroizing::new([user.as_bytes(), b"\n", password.expose()].concat());
        let account = account(ask);
        let write = move || Entry::new(SERVICE, &account)?.set_secret(&secret);
        self.aside(self.bounds.of_telling(), cancel, write)?
            .ok_or(KeyringError::Locked)
    }

    /// Deletes the entry that holds this answer, and no other.
    fn erase(&self, ask: &Ask, credentials: &Credentials, cancel: &AtomicBool) -> Result<(), KeyringError> {
        let bounds = self.bounds.of_telling();
        if !self
            .get(ask, bounds, cancel)?
            .is_some_and(|kept| kept.same(credentials))
        {
            return Ok(());
        }
        let account = account(ask);
        let delete = move || Entry::new(SERVICE, &account)?.delete_credential();
        self.aside(bounds, cancel, delete).map(Option::unwrap_or_default)
    }

    /// Asks the system on a thread of its own, which is left behind when it does not answer. `None` where there is no
    /// entry, or none without a word from its owner.
    fn aside<T: Send + 'static>(
        &self,
        bounds: Bounds,
        cancel: &AtomicBool,
        work: impl FnOnce() -> keyring::Result<T> + Send + 'static,
    ) -> Result<Option<T>, KeyringError> {
        let deadline = bounds.deadline();
        let (done, answer) = mpsc::sync_channel(1);
        thread::spawn(move || {
            // Nobody waits any more when it took too long.
            let _unheard = done.send(work());
        });
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(Ok(value)) => return Ok(Some(value)),
                Ok(Err(Error::NoEntry | Error::NoStorageAccess(_))) => return Ok(None),
                Ok(Err(error)) => return Err(KeyringError::System(describe(&error))),
                Err(RecvTimeoutError::Disconnected) => return Err(KeyringError::System("it broke down".to_owned())),
                Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(KeyringError::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                    return Err(KeyringError::Time);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn tell(&self, what: &str, outcome: Result<(), KeyringError>) {
        match outcome {
            // Whoever gave up need not hear of it.
            Ok(()) | Err(KeyringError::Cancelled) => {}
            Err(error) => self.ear.tell(NAME, &format!("{what}: {error}")),
        }
    }
}

impl Source for Keyring {
    fn name(&self) -> &str {
        NAME
    }

    fn interaction(&self) -> Interaction {
        if cfg!(target_os = "macos") {
            Interaction::Visible
        } else {
            Interaction::Silent
        }
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        // What was rejected was deleted.
        if lookup.ask.wanted != Wanted::Password || lookup.previous == Previous::Rejected {
            return Reply::None;
        }
        match self.get(lookup.ask, self.bounds, lookup.cancel) {
            Ok(Some(credentials)) => Reply::Use(Arc::new(credentials)),
            Ok(None) | Err(KeyringError::Cancelled) => Reply::None,
            Err(error) => Reply::Failed(error.to_string()),
        }
    }

    fn report(&self, ask: &Ask, credentials: &Credentials, outcome: Outcome, cancel: &Arc<AtomicBool>) {
        match outcome {
            Outcome::Abandoned | Outcome::Accepted => {}
            Outcome::Rejected => self.tell("delete", self.erase(ask, credentials, cancel)),
        }
    }

    fn keep(&self, ask: &Ask, credentials: &Credentials, cancel: &Arc<AtomicBool>) {
        if let (Keep::Typed, Credentials::Password(password)) = (self.keep, credentials) {
            self.tell("write", self.set(ask, password, cancel));
        }
    }
}

/// The peer, as its entry is called.
fn account(ask: &Ask) -> String {
    match ask.target {
        Target::Origin => ask.origin.to_string(),
        Target::Proxy => format!("proxy {}://{}", ask.origin.scheme().as_str(), ask.origin.authority()),
    }
}

fn split(secret: &[u8]) -> Option<Credentials> {
    let text = std::str::from_utf8(secret).ok()?;
    let (user, password) = text.split_once('\n')?;
    Some(Credentials::Password(Password {
        user: user.to_owned(),
        password: Secret::new(password),
    }))
}

/// The system's words, but for what could hold an entry.
fn describe(error: &Error) -> String {
    match error {
        Error::BadEncoding(_) => "the entry is no text".to_owned(),
        other => harmless(&other.to_string(), MOST),
    }
}

const NAME: &str = "keyring";

const SERVICE: &str = "symgate";

/// How often the cancel flag is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// Characters of an error's text: a line of a terminal or two.
const MOST: usize = 200;
