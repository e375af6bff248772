//! [`Console`]: the machine that takes lines and says what is to be done.

mod listing;
mod loading;
mod options;
mod paths;
mod showing;

use std::collections::VecDeque;
use std::path::PathBuf;

use symgate::{Habits, Plan, Wanted};
use symgate_path::SymbolPath;
use symgate_policy::{Command as Happening, Debugger, Debugging, Effect, SymbolOptions};
use thiserror::Error as ThisError;

use crate::command::{Command, HELP, Misspelt};
use crate::line;
use crate::module::{Failure, Module, PdbFacts, Symbols};
use crate::modules::Modules;
use crate::text::plain;

use loading::Batch;
use paths::{Adoption, Validation};
use showing::Comparison;

/// What a console is told before it begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Whose habits it follows.
    pub debugger: Debugger,
    /// The symbol options; [`Debugger::start_options`] are the usual ones.
    pub options: SymbolOptions,
    /// The symbol path.
    pub path: SymbolPath,
    /// The home directory: its `sym` is the default downstream store.
    pub home: PathBuf,
    /// The modules whose symbols are wanted.
    pub modules: Vec<Module>,
}

/// What is to be done now.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a console goes on when its action is done"]
pub enum Action {
    /// Search by this plan from now on; then [`Console::handle_adopted`].
    Adopt(Plan),
    /// Look for these files; then [`Console::handle_loaded`] for each, in any order.
    Load(Vec<Load>),
    /// Look what is at this place; then [`Console::handle_looked`].
    Look(PathBuf),
    /// Carry out this effect on the client.
    Obey(Effect),
    /// Print this text: whole lines, free of control characters.
    Print(String),
    /// The user wants to leave. It is said again when polled again.
    Quit,
    /// Read what this PDB says of itself; then [`Console::handle_read`].
    Read(PathBuf),
    /// The line is done: show the prompt and wait for the next.
    Ready,
}

/// A symbol file that is to be looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// The module that wants it, counted as in [`Start::modules`].
    pub module: usize,
    /// The file.
    pub wanted: Wanted,
    /// How the search treats copies and mismatches.
    pub habits: Habits,
}

/// What is at a place of the file system.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// A directory.
    Directory,
    /// Something else.
    File,
    /// Nothing, or nothing that can be seen.
    Nothing,
}

/// An answer that the last [`Action`] did not ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ThisError)]
#[error("the console did not ask for this")]
#[non_exhaustive]
pub struct Misuse;

/// The debuggers' symbol commands: feed a line, then poll until it is [`Ready`](Action::Ready).
///
/// ```
/// use symgate_console::{Action, Console, Start};
/// use symgate_path::SymbolPath;
/// use symgate_policy::Debugger;
///
/// let debugger = Debugger::WinDbg;
/// let mut console = Console::new(Start {
///     debugger,
///     options: debugger.start_options(),
///     path: SymbolPath::parse("srv*").path,
///     home: "/home/dbg".into(),
///     modules: Vec::new(),
/// });
/// console.handle_line("!sym");
/// let Action::Print(text) = console.poll() else { panic!("the state") };
/// assert_eq!(text, "!sym <noisy/quiet - prompts/prompts off> - quiet mode - symbol prompts on\n");
/// assert!(matches!(console.poll(), Action::Ready));
/// ```
#[derive(Debug)]
pub struct Console {
    debugging: Debugging,
    path: SymbolPath,
    home: PathBuf,
    modules: Modules,
    /// What is left of the line.
    line: String,
    /// What the present command has still to do.
    steps: VecDeque<Step>,
    /// What has to be printed before anything else.
    printed: String,
    question: Option<Question>,
    quitting: bool,
}

/// Something that a command does.
#[derive(Debug)]
enum Step {
    Ask(Question),
    Obey(Effect),
    Then(Next),
}

/// What a command does when what was asked before is known.
#[derive(Debug)]
enum Next {
    /// Compare a module with its symbols, or with this file.
    Compare { module: usize, symbol: Option<PathBuf> },
    /// Show what is known of a module.
    Describe(usize),
}

/// Something that only the caller knows.
#[derive(Debug)]
enum Question {
    Adopt(Adoption),
    Compare(Comparison),
    Load(Batch),
    Validate(Validation),
}

impl Console {
    /// A console in which nothing is loaded.
    ///
    /// Each module lies where its image prefers to be; one that would overlap a module before it is moved up to the next
    /// free address that is a multiple of 64 KiB.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let Start {
            debugger,
            options,
            path,
            home,
            modules,
        } = start;
        Self {
            debugging: Debugging::start(debugger, options),
            path,
            home,
            modules: Modules::new(modules),
            line: String::new(),
            steps: VecDeque::new(),
            printed: String::new(),
            question: None,
            quitting: false,
        }
    }

    /// What the debugger shows when it waits for a line, without the blank after it.
    #[must_use]
    pub const fn prompt(&self) -> &'static str {
        match self.debugging.debugger() {
            Debugger::Kd => "0: kd>",
            _ => "0:000>",
        }
    }

    /// Which debugger it is, its options, and what is in force.
    #[must_use]
    pub const fn debugging(&self) -> &Debugging {
        &self.debugging
    }

    /// What is searched, as [`Action::Adopt`] said it last; a client that begins takes this.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan_with(self.path.clone())
    }

    /// Whether what SymSrv does is told line by line: `!sym noisy`.
    #[must_use]
    pub const fn is_noisy(&self) -> bool {
        self.debugging.options().contains(SymbolOptions::DEBUG)
    }

    /// Takes a line. What is left of the one before is forgotten.
    ///
    /// A line that is longer than [`Console::LONGEST`] bytes is not looked at.
    pub fn handle_line(&mut self, line: &str) {
        self.drop_line();
        if line.len() > Self::LONGEST {
            self.say("The line is too long.");
        } else {
            line.clone_into(&mut self.line);
        }
    }

    /// The most bytes of a line: as many as the longest environment variable of Windows has characters, and so the
    /// longest symbol path.
    pub const LONGEST: usize = 32 << 10;

    /// Says what is to be done. Where that is a question, it is asked again until it is answered.
    pub fn poll(&mut self) -> Action {
        loop {
            // An effect belongs to the command before what is printed says that it is done.
            if self.question.is_none()
                && let Some(Step::Obey(effect)) = self.steps.front()
            {
                let effect = *effect;
                self.steps.pop_front();
                if effect == Effect::None {
                    continue;
                }
                return Action::Obey(effect);
            }
            if let Some(text) = self.poll_print() {
                return Action::Print(text);
            }
            if self.quitting {
                return Action::Quit;
            }
            if let Some(question) = &self.question {
                return question.action();
            }
            match self.steps.pop_front() {
                Some(Step::Ask(question)) => self.question = Some(question),
                Some(Step::Obey(effect)) => return Action::Obey(effect),
                Some(Step::Then(Next::Describe(module))) => self.describe(module),
                Some(Step::Then(Next::Compare { module, symbol })) => self.compare(module, symbol),
                None => {
                    let Some(command) = self.next_command() else {
                        return Action::Ready;
                    };
                    self.begin(&command);
                }
            }
        }
    }

    /// What there is to print before anything else, also while the files of an [`Action::Load`] still come in.
    pub fn poll_print(&mut self) -> Option<String> {
        (!self.printed.is_empty()).then(|| std::mem::take(&mut self.printed))
    }

    fn next_command(&mut self) -> Option<String> {
        let whole = std::mem::take(&mut self.line);
        let (command, rest) = line::next(&whole)?;
        rest.clone_into(&mut self.line);
        Some(command.to_owned())
    }

    fn begin(&mut self, command: &str) {
        match Command::parse(command) {
            Ok(command) => self.obey(command),
            Err(Misspelt::Unknown(word)) => {
                let word: String = word.chars().take(LONGEST_WORD).collect();
                self.say(&format!("Unknown command '{word}'; .help lists those there are."));
            }
            Err(Misspelt::Usage(usage)) => self.say(&format!("Usage: {usage}")),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Chksym { module, symbol } => self.begin_chksym(&module, symbol.as_deref()),
            Command::Close => {
                self.happen(Happening::CloseClient);
                self.say("Symbol server client closed.");
            }
            Command::Echo(text) => self.say(&text),
            Command::Fix { directory, how } => self.fix(directory.as_deref(), how),
            Command::Help => self.help(),
            Command::Home(directory) => self.begin_home(directory.as_deref()),
            Command::Ld { name, by } => self.ld(&name, by),
            Command::Lines(lines) => self.lines(lines),
            Command::List(list) => self.list(&list),
            Command::Lmi(module) => self.begin_lmi(&module),
            Command::Path { text, how } => self.set_path(&text, how),
            Command::Quit => {
                self.drop_line();
                self.quitting = true;
            }
            Command::Reload(reload) => self.reload(&reload),
            Command::Restart => self.restart(),
            Command::Secure(secure) => self.secure(secure),
            Command::ShowPath => self.show_path(),
            Command::Sym(sym) => self.sym(sym),
            Command::SymOpt(options) => self.symopt(options),
        }
    }

    fn help(&mut self) {
        for (usage, what) in HELP {
            self.say(&format!("{usage:<48} {what}"));
        }
    }

    /// Everything as at the start, but for the options and the path.
    fn restart(&mut self) {
        self.happen(Happening::Restart);
        self.bring_back();
        self.say("Debugging starts anew.");
        let all = self.modules.loaded().collect();
        self.load_unless_deferred(all);
    }

    /// Forgets what is left of a line.
    fn drop_line(&mut self) {
        self.line.clear();
        // What the client is told holds, whether the line goes on or not.
        self.steps.retain(|step| matches!(step, Step::Obey(_)));
        self.question = None;
    }

    fn happen(&mut self, happening: Happening) {
        let effect = self.debugging.handle(happening);
        self.steps.push_back(Step::Obey(effect));
    }

    fn has(&self, options: SymbolOptions) -> bool {
        self.debugging.options().contains(options)
    }

    fn ask(&mut self, question: Question) {
        self.steps.push_back(Step::Ask(question));
    }

    /// Prints one line, made harmless. Tabs at its beginning are ours: what peers say never begins a line.
    fn say(&mut self, line: &str) {
        let text = line.trim_start_matches('\t');
        let indent = line.len() - text.len();
        self.printed.extend(std::iter::repeat_n('\t', indent));
        self.printed.push_str(plain(text).trim_end());
        self.printed.push('\n');
    }

    /// Prints several lines.
    fn say_all(&mut self, lines: &str) {
        lines.lines().for_each(|line| self.say(line));
    }

    /// Takes how an [`Action::Adopt`] ended: what is odd about the path on this machine, one line each, or why it cannot
    /// be used. Then the old path holds.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where nothing was to be adopted.
    pub fn handle_adopted(&mut self, result: Result<Vec<String>, String>) -> Result<(), Misuse> {
        match self.question.take() {
            Some(Question::Adopt(adoption)) => self.adopted(adoption, result),
            other => return self.put_back(other),
        }
        Ok(())
    }

    /// Takes what became of the file with this number in an [`Action::Load`]. Each counts once.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where no such file was asked for.
    pub fn handle_loaded(&mut self, number: usize, result: Result<Symbols, Failure>) -> Result<(), Misuse> {
        match self.question.take() {
            Some(Question::Load(batch)) => self.loaded(batch, number, result),
            other => self.put_back(other),
        }
    }

    /// Takes what is at the place of an [`Action::Look`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] where nothing was to be looked at.
    pub fn handle_looked(&mut self, place: Place) -> Result<(), Misuse> {
        match self.question.take() {
            Some(Question::Validate(validation)) => self.looked(validation, place),
            other => return self.put_back(other),
        }
        Ok(())
    }

    /// Takes what the file of an [`Action::Read`] says of itself, or one line that says why it says nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where nothing was to be read.
    pub fn handle_read(&mut self, result: Result<PdbFacts, String>) -> Result<(), Misuse> {
        match self.question.take() {
            Some(Question::Compare(comparison)) => self.compared(&comparison, result),
            other => return self.put_back(other),
        }
        Ok(())
    }

    fn put_back(&mut self, question: Option<Question>) -> Result<(), Misuse> {
        self.question = question;
        Err(Misuse)
    }
}

impl Question {
    fn action(&self) -> Action {
        match self {
            Self::Adopt(adoption) => Action::Adopt(adoption.plan().clone()),
            Self::Compare(comparison) => Action::Read(comparison.file().to_owned()),
            Self::Load(batch) => Action::Load(batch.loads().to_vec()),
            Self::Validate(validation) => Action::Look(validation.place()),
        }
    }
}

/// The most characters of a word that is repeated.
const LONGEST_WORD: usize = 80;
