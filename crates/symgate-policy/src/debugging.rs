//! A debugging session's side of authentication, as a value with transitions ([`Debugging`]; SYMSRV §3.3, §3.5).
//!
//! ```text
//!                     options (NO_PROMPTS: the policy)    effective        client     Effect
//!  Add, Remove,
//!  Replace            change at once                      -                -          None
//!  Reload             -                                   := policy        -          Decide
//!  Contact            -                                   -                Open       None
//!  CloseClient        -                                   -                Closed     Close
//!  Restart            kept                                := policy        Closed     CloseAndDecide
//! ```
//!
//! What is shut and what is remembered is not here: both belong to the client's [`Session`], which carries out the
//! effects. So nothing but [`Effect::Close`] and [`Effect::CloseAndDecide`] opens a latch.

#[cfg(doc)]
use crate::Session;
use crate::{Debugger, Prompts, SymbolOptions};

/// What a debugger knows of authentication requests: which debugger it is, its symbol options, the prompt setting that is
/// in force, and whether its symbol server client is open.
///
/// The options show the *policy* at once; in force is what the last [`Reload`](Command::Reload), or the start, took over
/// from them. The commands are those of the pages on
/// [`!sym`](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-sym),
/// [`.symopt`](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-symopt--set-symbol-options-) and
/// [firewalls and proxy servers](https://learn.microsoft.com/windows-hardware/drivers/debugger/firewalls-and-proxy-servers).
///
/// ```
/// use symgate_policy::{Command, Debugger, Debugging, Effect, Prompts, SymbolOptions};
///
/// let mut debugging = Debugging::start(Debugger::Cdb, Debugger::Cdb.start_options());
/// assert_eq!(debugging.effective(), Prompts::Off);
///
/// // `!sym prompts` is seen at once and in force after `.reload`.
/// assert_eq!(debugging.handle(Command::Remove(SymbolOptions::NO_PROMPTS)), Effect::None);
/// assert_eq!((debugging.policy(), debugging.effective()), (Prompts::On, Prompts::Off));
/// assert_eq!(debugging.handle(Command::Reload), Effect::Decide(Prompts::On));
///
/// // Only `!symsrv close` and a restart have what was refused asked again.
/// assert_eq!(debugging.handle(Command::CloseClient), Effect::Close);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Debugging {
    debugger: Debugger,
    options: SymbolOptions,
    effective: Prompts,
    client: SymbolClient,
}

/// The symbol server client of a debugger.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SymbolClient {
    /// Nothing was contacted since the start, a restart or a close.
    Closed,
    /// A search began.
    Open,
}

/// What happens to a debugger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command {
    /// `.symopt+ F`, `.symopt F`; `!sym prompts off` adds [`NO_PROMPTS`](SymbolOptions::NO_PROMPTS), `!sym noisy`
    /// [`DEBUG`](SymbolOptions::DEBUG).
    Add(SymbolOptions),
    /// `!symsrv close`.
    CloseClient,
    /// A search begins.
    Contact,
    /// `.reload`, in any form.
    Reload,
    /// `.symopt- F`; `!sym prompts` removes [`NO_PROMPTS`](SymbolOptions::NO_PROMPTS).
    Remove(SymbolOptions),
    /// DBH's `symopt F`.
    Replace(SymbolOptions),
    /// `.restart`, a new target.
    Restart,
}

/// What a command means for the client: [`Session::carry_out`] does it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "a command has happened when its effect is carried out"]
pub enum Effect {
    /// The client is closed: latches open, answers are forgotten.
    Close,
    /// The client is closed, and this prompt setting is in force from now on.
    CloseAndDecide(Prompts),
    /// This prompt setting is in force from now on. No latch opens.
    Decide(Prompts),
    /// Nothing.
    None,
}

impl Debugging {
    /// A debugger that starts with these options; `--sflags` replaces all of its
    /// [start values](Debugger::start_options).
    #[must_use]
    pub const fn start(debugger: Debugger, options: SymbolOptions) -> Self {
        Self {
            debugger,
            options,
            effective: options.prompts(),
            client: SymbolClient::Closed,
        }
    }

    /// Which debugger it is.
    #[must_use]
    pub const fn debugger(&self) -> Debugger {
        self.debugger
    }

    /// The symbol options as `.symopt` shows them.
    #[must_use]
    pub const fn options(&self) -> SymbolOptions {
        self.options
    }

    /// The prompt setting as `!sym` shows it.
    #[must_use]
    pub const fn policy(&self) -> Prompts {
        self.options.prompts()
    }

    /// The prompt setting that is in force.
    #[must_use]
    pub const fn effective(&self) -> Prompts {
        self.effective
    }

    /// Whether the symbol server client is open.
    #[must_use]
    pub const fn client(&self) -> SymbolClient {
        self.client
    }

    /// Takes a command in.
    ///
    /// [`SECURE`](SymbolOptions::SECURE) cannot be undone. [`IGNORE_NT_SYMPATH`](SymbolOptions::IGNORE_NT_SYMPATH) is
    /// shown and does nothing, since the environment is read at the start alone.
    pub const fn handle(&mut self, command: Command) -> Effect {
        match command {
            Command::Add(options) => self.set_options(self.options.with(options)),
            Command::Remove(options) => self.set_options(self.options.without(options)),
            Command::Replace(options) => self.set_options(options),
            Command::Contact => {
                self.client = SymbolClient::Open;
                Effect::None
            }
            Command::Reload => {
                self.effective = self.policy();
                Effect::Decide(self.effective)
            }
            Command::CloseClient => {
                // Also of a client that was not opened: what shut a latch need not have told us.
                self.client = SymbolClient::Closed;
                Effect::Close
            }
            Command::Restart => {
                self.client = SymbolClient::Closed;
                self.effective = self.policy();
                Effect::CloseAndDecide(self.effective)
            }
        }
    }

    /// The policy goes with the options; what is in force does not.
    const fn set_options(&mut self, options: SymbolOptions) -> Effect {
        self.options = if self.options.contains(SymbolOptions::SECURE) {
            options.with(SymbolOptions::SECURE)
        } else {
            options
        };
        Effect::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_does_its_row() {
        use Prompts::{Off, On};
        use SymbolClient::{Closed, Open};
        let prompts = SymbolOptions::NO_PROMPTS;
        // From a debugger in which everything differs from its start: policy on, in force off, client open.
        let table = [
            (Command::Add(prompts), Off, Off, Open, Effect::None),
            (Command::Remove(prompts), On, Off, Open, Effect::None),
            (Command::Replace(prompts), Off, Off, Open, Effect::None),
            (Command::Contact, On, Off, Open, Effect::None),
            (Command::Reload, On, On, Open, Effect::Decide(On)),
            (Command::CloseClient, On, Off, Closed, Effect::Close),
            (Command::Restart, On, On, Closed, Effect::CloseAndDecide(On)),
        ];
        for (command, policy, effective, client, effect) in table {
            let mut debugging = Debugging::start(Debugger::Cdb, Debugger::Cdb.start_options());
            assert_eq!(debugging.handle(Command::Contact), Effect::None);
            assert_eq!(debugging.handle(Command::Remove(prompts)), Effect::None);
            assert_eq!(debugging.handle(command), effect, "{command:?}");
            let found = (debugging.policy(), debugging.effective(), debugging.client());
            assert_eq!(found, (policy, effective, client), "{command:?}");
            assert_eq!(debugging.debugger(), Debugger::Cdb);
        }
    }

    #[test]
    fn secure_mode_cannot_be_undone() {
        let secure = SymbolOptions::SECURE;
        let mut debugging = Debugging::start(Debugger::Kd, SymbolOptions::new(0));
        for command in [
            Command::Add(secure),
            Command::Remove(secure),
            Command::Remove(SymbolOptions::new(u32::MAX)),
            Command::Replace(SymbolOptions::new(0)),
            Command::Restart,
        ] {
            let _ = debugging.handle(command);
            assert_eq!(debugging.options(), secure, "{command:?}");
        }
    }

    #[test]
    fn ignoring_the_environment_is_shown_and_does_nothing_after_the_start() {
        let ignore = SymbolOptions::IGNORE_NT_SYMPATH;
        let before = Debugging::start(Debugger::WinDbg, Debugger::WinDbg.start_options());
        let mut debugging = before;
        assert_eq!(debugging.handle(Command::Add(ignore)), Effect::None);
        assert_eq!(debugging.options(), before.options().with(ignore));
        let found = (debugging.policy(), debugging.effective(), debugging.client());
        assert_eq!(found, (before.policy(), before.effective(), before.client()));
    }

    #[test]
    fn every_debugger_starts_with_what_its_options_say() {
        for debugger in [
            Debugger::Cdb,
            Debugger::Dbh,
            Debugger::Kd,
            Debugger::Ntsd,
            Debugger::WinDbg,
        ] {
            let debugging = Debugging::start(debugger, debugger.start_options());
            assert_eq!(debugging.policy(), debugger.prompts(), "{debugger}");
            assert_eq!(debugging.effective(), debugger.prompts(), "{debugger}");
            assert_eq!(debugging.client(), SymbolClient::Closed, "{debugger}");
        }
    }
}
