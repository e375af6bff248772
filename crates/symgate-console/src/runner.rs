//! [`Runner`]: carries out what the console says, over a client.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use symgate::net::Cancel;
use symgate::{Client, Event, Found, Job, Observer, Wanted};
use symgate_policy::Effect;

use crate::module::{Failure, PdbFacts, Symbols};
use crate::noisy::Noisy;
use crate::text::{chain, plain};
use crate::{Action, Console, Load, Misuse, Place};

/// A console and the client that looks for its symbols.
///
/// ```no_run
/// use symgate::net::Cancel;
/// use symgate::{Client, Config};
/// use symgate_console::{Console, Flow, Runner, Start};
/// use symgate_policy::{Debugger, Policy};
///
/// let debugger = Debugger::Cdb;
/// let (mut config, _) = Config::from_env();
/// let console = Console::new(Start {
///     debugger,
///     options: debugger.start_options(),
///     path: config.path.clone(),
///     home: "/home/dbg".into(),
///     modules: Vec::new(),
/// });
/// let plan = console.plan();
/// (config.security, config.default_store) = (plan.security, plan.default_store);
/// config.policy = Policy::debugger(debugger, Some(console.debugging().effective()));
/// let mut runner = Runner::new(console, Client::new(config)?);
/// assert_eq!(runner.run_line("q", &|_| {}, &Cancel::new()), Flow::Quit);
/// # Ok::<(), symgate::Error>(())
/// ```
#[derive(Debug)]
pub struct Runner {
    console: Console,
    client: Client,
    noisy: Noisy,
}

/// What follows a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Flow {
    /// The next one.
    Continue,
    /// Nothing: the user leaves.
    Quit,
}

impl Runner {
    /// A console over a client that searches by its [plan](Console::plan), under a policy whose prompt setting is the
    /// one that is [in force](symgate_policy::Debugging::effective).
    #[must_use]
    pub fn new(console: Console, client: Client) -> Self {
        let noisy = Noisy::default();
        Self { console, client, noisy }
    }

    /// The console, for its prompt and its state.
    #[must_use]
    pub const fn console(&self) -> &Console {
        &self.console
    }

    /// The client that searches by the present path.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Carries out a line, to its end or until `cancel` is set. `out` takes whole lines, from several threads, as they
    /// come.
    ///
    /// Files are looked for in parallel; what came of them is told in the order of the modules.
    pub fn run_line(&mut self, line: &str, out: &(dyn Fn(&str) + Sync), cancel: &Cancel) -> Flow {
        self.console.handle_line(line);
        loop {
            let answered = match self.console.poll() {
                Action::Adopt(plan) => {
                    let adopted = self.client.over(plan).map_err(|error| chain(&error));
                    let told = adopted.map(|client| {
                        self.client = client;
                        self.client.warnings().to_vec()
                    });
                    self.console.handle_adopted(told)
                }
                Action::Load(loads) => self.load(&loads, out, cancel),
                Action::Look(path) => self.console.handle_looked(look(&path)),
                Action::Obey(effect) => {
                    self.obey(effect);
                    Ok(())
                }
                Action::Print(text) => {
                    out(&text);
                    Ok(())
                }
                Action::Quit => return Flow::Quit,
                Action::Read(path) => self.console.handle_read(PdbFacts::read(&path)),
                Action::Ready => return Flow::Continue,
            };
            // Each answer above is the one that its action asks for, so none is refused.
            if answered.is_err() {
                return Flow::Continue;
            }
        }
    }

    /// A client that is closed loses its connections too, which the session does not know.
    fn obey(&self, effect: Effect) {
        match effect {
            Effect::Close | Effect::CloseAndDecide(_) => self.client.close(),
            Effect::Decide(_) | Effect::None => {}
        }
        self.client.session().carry_out(effect);
    }

    fn load(&mut self, loads: &[Load], out: &(dyn Fn(&str) + Sync), cancel: &Cancel) -> Result<(), Misuse> {
        let wanted: Vec<Wanted> = loads.iter().map(|load| load.wanted.clone()).collect();
        let noisy = self.console.is_noisy().then_some(&self.noisy);
        let told = Told { noisy, out };
        let (console, client) = (&mut self.console, &self.client);
        // All loads of one command are of the same habits.
        let habits = loads.first().map(|load| load.habits).unwrap_or_default();
        let job = Job {
            number: 0,
            observer: &told,
            cancel,
            habits,
        };
        let mut answered = Ok(());
        thread::scope(|scope| {
            let (finished, watched) = mpsc::channel::<()>();
            if noisy.is_none() {
                scope.spawn(move || {
                    if watched.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                        out(SLOW);
                    }
                });
            }
            client.find_all(&wanted, job, |number, result| {
                let result = match result {
                    Ok(found) => Ok(symbols(&found)),
                    Err(error) => Err(Failure::from(&error)),
                };
                let taken = console.handle_loaded(number, result);
                answered = answered.and(taken);
                if let Some(text) = console.poll_print() {
                    out(&text);
                }
            });
            drop(finished);
        });
        answered
    }
}

/// Tells of searches what noisy mode tells; in quiet mode what is odd and stopped nothing, in the debuggers' tone.
struct Told<'t> {
    noisy: Option<&'t Noisy>,
    out: &'t (dyn Fn(&str) + Sync),
}

impl Observer for Told<'_> {
    fn observe(&self, number: usize, event: &Event<'_>) {
        match (self.noisy, event) {
            (Some(noisy), event) => noisy.observe(number, event, &self.out),
            (None, Event::Warning { text }) => (self.out)(&format!("*** WARNING: {}\n", plain(text))),
            (None, _) => {}
        }
    }
}

fn symbols(found: &Found) -> Symbols {
    let symbols = Symbols::new(&found.path, &found.source, found.fit);
    match PdbFacts::read(&found.path) {
        Ok(pdb) => symbols.with_pdb(pdb),
        // What cannot be described was found by its key all the same.
        Err(_) => symbols,
    }
}

fn look(path: &Path) -> Place {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Place::Directory,
        Ok(_) => Place::File,
        Err(_) => Place::Nothing,
    }
}

/// How long a load may take before the user is told how to end it; the debuggers' own time is unknown.
const PATIENCE: Duration = Duration::from_secs(5);

/// SYMSRV §6.5.
const SLOW: &str = "\
Press ctrl-c (cdb, kd, ntsd) or ctrl-break (windbg) to abort symbol loads that take too long.
Run !sym noisy before .reload to track down problems loading symbols.
";
