//! What all errands of one client share ([`Session`]), and who answers for it ([`Answers`]).

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::desk::Desk;
use crate::{Asker, Effect, Errand, Explicit, Gate, Latches, Policy, Prompted, Prompter, Prompts, Question, Source};

/// The authentication side of one client: its policy, its latches, the answers it remembers, and whoever gives new ones.
/// Clones share all of it.
///
/// ```
/// use std::sync::Arc;
/// use symgate_auth::{Origin, UriScheme};
/// use symgate_policy::{Answers, Errand, Policy, Session};
///
/// let session = Session::new(Policy::interactive(), Answers::default());
/// let store = Origin::new(UriScheme::Https, "symbols.example", 443);
/// let gate = session.gate(Errand::new(store, "/download"), Arc::default());
/// # drop(gate);
/// session.close();
/// ```
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    desk: Mutex<Desk>,
    /// Signalled at each change of the desk that somebody may wait for.
    changed: Condvar,
    latches: Latches,
    /// Handed out whole: whoever looks something up in it holds no lock meanwhile.
    explicit: Mutex<Arc<Explicit>>,
    sources: Vec<Box<dyn Source>>,
    prompter: Mutex<Option<Box<dyn Prompter>>>,
    /// Kept apart from the prompter, whose lock is held as long as a person thinks.
    asker: Asker,
    listener: Option<Box<dyn Listener>>,
}

/// Who answers, in this order: what was given, the sources as added, the prompter.
#[derive(Default)]
pub struct Answers {
    explicit: Explicit,
    sources: Vec<Box<dyn Source>>,
    prompter: Option<Box<dyn Prompter>>,
    listener: Option<Box<dyn Listener>>,
}

/// Who is told what sources and prompters could not do; a call that takes long makes an errand wait.
pub trait Listener: Send + Sync {
    /// `who` could not be asked, or could not keep or erase an answer: `why`, in one line that holds no secret. It may
    /// hold text of a helper program, which is untrusted.
    fn failed(&self, who: &str, why: &str);
}

impl<F: Fn(&str, &str) + Send + Sync> Listener for F {
    fn failed(&self, who: &str, why: &str) {
        self(who, why);
    }
}

impl Answers {
    /// Sets what the user gave by option or in a proxy value.
    #[must_use]
    pub fn with_explicit(mut self, explicit: Explicit) -> Self {
        self.explicit = explicit;
        self
    }

    /// What the user gave.
    #[must_use]
    pub const fn explicit(&self) -> &Explicit {
        &self.explicit
    }

    /// Adds a source after the others.
    #[must_use]
    pub fn with_source(mut self, source: impl Source + 'static) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// Sets who asks a person; without one a question ends as refused automatically.
    #[must_use]
    pub fn with_prompter(mut self, prompter: impl Prompter + 'static) -> Self {
        self.prompter = Some(Box::new(prompter));
        self
    }

    /// Sets who is told what sources and the prompter could not do.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Listener + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }
}

impl Session {
    /// A session with nothing latched and nothing remembered.
    #[must_use]
    pub fn new(policy: Policy, answers: Answers) -> Self {
        let Answers {
            explicit,
            sources,
            prompter,
            listener,
        } = answers;
        Self {
            shared: Arc::new(Shared {
                desk: Mutex::new(Desk::new(policy)),
                changed: Condvar::new(),
                latches: Latches::default(),
                explicit: Mutex::new(Arc::new(explicit)),
                sources,
                asker: prompter.as_ref().map_or(Asker::Program, |prompter| prompter.asker()),
                prompter: Mutex::new(prompter),
                listener,
            }),
        }
    }

    /// The gate for one errand. When `cancel` is set, its waiting ends within 100 ms and it answers no more; set it
    /// before the errand is given up.
    #[must_use]
    pub fn gate(&self, errand: Errand, cancel: Arc<AtomicBool>) -> Gate {
        Gate::new(self.clone(), errand, cancel)
    }

    /// What is not to be contacted; look here before contacting a store or a proxy.
    #[must_use]
    pub fn latches(&self) -> &Latches {
        &self.shared.latches
    }

    /// The policy that decides from now on, for gates that exist too. It opens no latch.
    pub fn set_policy(&self, policy: Policy) {
        self.desk().policy = Arc::new(policy);
        self.shared.changed.notify_all();
    }

    /// Whether a question may be shown from now on; the rest of the policy stays. It opens no latch.
    ///
    /// A question that is open, or is just being opened, stays. One that waits for its turn is not shown any more.
    pub fn set_prompts(&self, prompts: Prompts) {
        self.change(|desk| desk.set_prompts(prompts));
    }

    /// What the user gave, from now on and for gates that exist too, in place of what was given before: the symbol path
    /// changed. What a peer accepted stays remembered.
    pub fn set_explicit(&self, explicit: Explicit) {
        *self.lock_explicit() = Arc::new(explicit);
        self.shared.changed.notify_all();
    }

    /// Does what a debugger's command means for its client.
    ///
    /// ```
    /// use symgate_policy::{Answers, Command, Debugger, Debugging, Policy, Session};
    ///
    /// let mut debugging = Debugging::start(Debugger::Cdb, Debugger::Cdb.start_options());
    /// let policy = Policy::debugger(debugging.debugger(), Some(debugging.effective()));
    /// let session = Session::new(policy, Answers::default());
    /// session.carry_out(debugging.handle(Command::Reload));
    /// ```
    pub fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Close => self.close_with(None),
            Effect::CloseAndDecide(prompts) => self.close_with(Some(prompts)),
            Effect::Decide(prompts) => self.set_prompts(prompts),
            Effect::None => {}
        }
    }

    /// Closes the client: opens all latches and forgets all answers (`!symsrv close`). Errands that are still under way
    /// neither latch nor remember anything. Rejected passwords stay rejected.
    pub fn close(&self) {
        self.close_with(None);
    }

    /// Under one lock, so that no gate finds a latch open and the old setting still in force.
    fn close_with(&self, prompts: Option<Prompts>) {
        let mut desk = self.desk();
        if let Some(prompts) = prompts {
            desk.set_prompts(prompts);
        }
        desk.close();
        self.shared.latches.clear();
        self.shared.changed.notify_all();
    }

    pub(crate) fn explicit(&self) -> Arc<Explicit> {
        Arc::clone(&self.lock_explicit())
    }

    /// Never held while the desk is taken; the other way round is allowed.
    fn lock_explicit(&self) -> MutexGuard<'_, Arc<Explicit>> {
        // Whole values go in and out, so a panic elsewhere left it whole.
        self.shared.explicit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sources(&self) -> &[Box<dyn Source>] {
        &self.shared.sources
    }

    /// Asks the prompter, whose turn the caller holds; with its name, which may tell who of several has answered.
    pub(crate) fn prompt(&self, question: &Question<'_>) -> (Prompted, String) {
        match self.prompter().as_mut() {
            Some(prompter) => (prompter.ask(question), prompter.name().to_owned()),
            None => (Prompted::Unavailable, String::new()),
        }
    }

    pub(crate) fn asker(&self) -> Asker {
        self.shared.asker
    }

    /// Tells whoever listens.
    pub(crate) fn tell_failed(&self, who: &str, why: &str) {
        if let Some(listener) = &self.shared.listener {
            listener.failed(who, why);
        }
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        // Foreign code never runs while the desk is locked, so there is no half-made change behind a poisoned lock.
        self.shared.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the desk and wakes whoever waits for that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        let changed = change(&mut self.desk());
        self.shared.changed.notify_all();
        changed
    }

    /// Lets go of the desk until it changes, or long enough that a look at a cancel flag is due.
    pub(crate) fn wait<'d>(&self, desk: MutexGuard<'d, Desk>) -> MutexGuard<'d, Desk> {
        let waited = self.shared.changed.wait_timeout(desk, GLANCE);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn prompter(&self) -> MutexGuard<'_, Option<Box<dyn Prompter>>> {
        // A prompter that panicked is asked again like any other; it keeps its own state in order.
        self.shared.prompter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("latches", &self.shared.latches)
            .field("explicit", &self.explicit())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<&str> = self.sources.iter().map(|source| source.name()).collect();
        f.debug_struct("Answers")
            .field("explicit", &self.explicit)
            .field("sources", &sources)
            .finish_non_exhaustive()
    }
}

/// Half of the 100 ms within which a cancel flag must be seen.
const GLANCE: std::time::Duration = std::time::Duration::from_millis(50);
