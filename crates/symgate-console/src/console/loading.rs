//! `.reload`, `ld`, and every other load: what is asked for, and what is said of what came (SYMSRV §6.5, §6.7, §6.8).

use symgate::{ErrorKind, Existing, Fit, Habits, Mismatched, Wanted};
use symgate_index::{Exports, Width};
use symgate_policy::{Command as Happening, Debugger, Prompts, SymbolOptions};

use super::{Console, Load, Misuse, Question};
use crate::command::{By, Part, Placed, Reload};
use crate::module::{Failure, Image, Module, Presence, Public, State, Symbols, module_name, shown};
use crate::modules::Naming;
use crate::wildcard::Wildcard;

/// Modules that are being loaded.
#[derive(Debug)]
pub(super) struct Batch {
    loads: Vec<Load>,
    /// In the order of the modules; what is known of each until it is told.
    entries: Vec<Entry>,
    /// How many entries are told.
    told: usize,
    /// What goes into the summary.
    failed: Vec<(String, Failure)>,
    manner: Manner,
}

#[derive(Debug)]
struct Entry {
    module: usize,
    /// The number of its load; a module that names no file has none.
    load: Option<usize>,
    result: Option<Result<Symbols, Failure>>,
}

/// Whether success is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Manner {
    /// Of each module: `ld`, `.reload /v`.
    Each,
    Quiet,
}

impl Batch {
    pub(super) fn loads(&self) -> &[Load] {
        &self.loads
    }
}

impl Console {
    pub(super) fn reload(&mut self, reload: &Reload) {
        if reload.help {
            return self.say(&format!("Usage: {}", crate::command::RELOAD));
        }
        if reload.list {
            return self.list(&crate::command::List::default());
        }
        self.happen(Happening::Reload);
        let presence = if reload.unloaded {
            Presence::Unloaded
        } else {
            Presence::Loaded
        };
        let naming = if reload.literal {
            Naming::Literal
        } else {
            Naming::Pattern
        };
        let meant = match &reload.module {
            Some(word) => {
                let mut named = self.modules.named(word, naming, presence);
                if named.is_empty() && reload.placed.is_some() {
                    // One that was unloaded comes back there.
                    named = self.modules.named(word, naming, Presence::Unloaded);
                }
                match (named.as_slice(), reload.placed) {
                    ([], None) => return self.not_found(word),
                    ([], Some(_)) if self.modules.iter().count() >= MOST_MODULES => {
                        return self.say("There are too many modules.");
                    }
                    ([], Some(placed)) => vec![self.add(word, placed)],
                    (&[first, ..], Some(placed)) => {
                        self.place(first, placed);
                        vec![first]
                    }
                    (_, None) => named,
                }
            }
            None => self.all(reload, presence),
        };
        for index in &meant {
            if let Some(module) = self.modules.get_mut(*index) {
                module.symbols = State::Deferred;
                module.presence = if reload.unload {
                    Presence::Unloaded
                } else {
                    Presence::Loaded
                };
            }
        }
        if reload.unload {
            for index in meant {
                let image = self.modules.get(index).map(|module| module.image_name.clone());
                self.say(&format!("Unloaded {}", image.unwrap_or_default()));
            }
        } else if reload.force || !self.has(SymbolOptions::DEFERRED_LOADS) {
            let manner = if reload.verbose { Manner::Each } else { Manner::Quiet };
            let habits = self.habits(reload);
            self.load(meant, habits, manner);
        }
    }

    /// All modules that a reload without a name means, with what it says of them.
    fn all(&mut self, reload: &Reload, presence: Presence) -> Vec<usize> {
        if reload.unload || reload.unloaded {
            return self.modules.with(presence).collect();
        }
        self.bring_back();
        let modules = self.modules.by_address();
        if self.debugging.debugger() != Debugger::Kd {
            self.say("Reloading current modules");
            self.dots(modules.len());
            return modules;
        }
        // Whatever a kernel debugger is given is the kernel's.
        if reload.part != Part::User {
            self.say("Loading Kernel Symbols");
            self.dots(modules.len());
        }
        if reload.part != Part::Kernel {
            self.say("Loading User Symbols");
        }
        if reload.part == Part::All {
            self.say("Loading unloaded module list");
        }
        match reload.part {
            Part::All | Part::Kernel => modules,
            Part::User => Vec::new(),
        }
    }

    /// The list of modules is read again: all are there.
    pub(super) fn bring_back(&mut self) {
        for module in self.modules.iter_mut() {
            module.presence = Presence::Loaded;
            module.symbols = State::Deferred;
        }
    }

    /// One for each module; where the lines are broken is unverified.
    fn dots(&mut self, count: usize) {
        let dots = ".".repeat(count);
        let mut rest = dots.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(DOTS));
            self.say(line);
            rest = after;
        }
    }

    fn place(&mut self, index: usize, placed: Placed) {
        if let Some(module) = self.modules.get_mut(index) {
            let image = &mut module.image;
            image.base = placed.address;
            image.size = placed.size.unwrap_or(image.size);
            image.timestamp = placed.timestamp.unwrap_or(image.timestamp);
        }
    }

    /// A module of which nothing but its place is known: there is no image that could name its symbols.
    fn add(&mut self, word: &str, placed: Placed) -> usize {
        let image_name = crate::text::plain(word);
        let width = if u32::try_from(placed.address).is_ok() {
            Width::Bits32
        } else {
            Width::Bits64
        };
        self.modules.push(Module {
            name: module_name(&image_name),
            path: image_name.clone().into(),
            image_name,
            image: Image {
                base: placed.address,
                size: placed.size.unwrap_or(0),
                timestamp: placed.timestamp.unwrap_or(0),
                checksum: 0,
                machine: 0,
                characteristics: 0,
                width,
                exports: Exports::Absent,
                debug: Vec::new(),
                codeview: None,
            },
            wanted: None,
            symbols: State::Deferred,
            presence: Presence::Loaded,
        })
    }

    pub(super) fn ld(&mut self, name: &str, by: By) {
        let named = match by {
            By::Module => self.modules.named(name, Naming::Pattern, Presence::Loaded),
            By::File => {
                let pattern = Wildcard::new(name);
                let fits = |index: &usize| {
                    let module = self.modules.get(*index);
                    module.is_some_and(|module| pattern.matches(&module.image_name))
                };
                self.modules.loaded().filter(fits).collect()
            }
        };
        if named.is_empty() {
            return self.not_found(name);
        }
        let mut missing = Vec::new();
        for index in named {
            match self.modules.get(index) {
                Some(module) if matches!(module.symbols, State::Loaded(_)) => {
                    self.say(&format!("Symbols already loaded for {}", module.name.clone()));
                }
                _ => missing.push(index),
            }
        }
        self.load(missing, self.habits(&Reload::default()), Manner::Each);
    }

    /// Loads a module whose symbols are needed and were not looked for.
    pub(super) fn need(&mut self, index: usize) {
        let deferred = |module: &Module| matches!(module.symbols, State::Deferred);
        if self.modules.get(index).is_some_and(deferred) {
            self.load(vec![index], self.habits(&Reload::default()), Manner::Quiet);
        }
    }

    pub(super) fn load_unless_deferred(&mut self, modules: Vec<usize>) {
        if !self.has(SymbolOptions::DEFERRED_LOADS) {
            self.load(modules, self.habits(&Reload::default()), Manner::Quiet);
        }
    }

    /// How copies and mismatches are treated: by the options of the command, and the symbol options of the same meaning.
    fn habits(&self, reload: &Reload) -> Habits {
        let accept = reload.ignore_mismatch || self.has(SymbolOptions::LOAD_ANYTHING);
        let mut habits = Habits::default();
        if reload.overwrite || self.has(SymbolOptions::OVERWRITE) {
            habits.existing = Existing::Replace;
        }
        if accept && !self.has(SymbolOptions::EXACT_SYMBOLS) {
            habits.mismatch = Mismatched::Accept;
        }
        habits
    }

    fn load(&mut self, modules: Vec<usize>, habits: Habits, manner: Manner) {
        let mut batch = Batch {
            loads: Vec::new(),
            entries: Vec::new(),
            told: 0,
            failed: Vec::new(),
            manner,
        };
        for index in modules {
            let Some(module) = self.modules.get(index) else {
                continue;
            };
            let (load, result) = match &module.wanted {
                Some(id) => {
                    let mut wanted = Wanted::new(id.clone());
                    let extension = module.path.extension();
                    wanted.module = extension.map(|extension| extension.to_string_lossy().into_owned());
                    // The image's own directory comes before the path (SYMSRV §1.6).
                    let directory = module
                        .path
                        .parent()
                        .filter(|_| !self.has(SymbolOptions::IGNORE_IMAGEDIR));
                    if let Some(directory) = directory {
                        wanted = wanted.beside(directory);
                    }
                    batch.loads.push(Load {
                        module: index,
                        wanted,
                        habits,
                    });
                    (Some(batch.loads.len() - 1), None)
                }
                None => {
                    let reason = "the image names no symbol file";
                    (None, Some(Err(Failure::new(ErrorKind::Missing, reason))))
                }
            };
            batch.entries.push(Entry {
                module: index,
                load,
                result,
            });
        }
        if batch.loads.is_empty() {
            return self.tell(batch);
        }
        self.happen(Happening::Contact);
        self.ask(Question::Load(batch));
    }

    pub(super) fn loaded(
        &mut self,
        mut batch: Batch,
        number: usize,
        result: Result<Symbols, Failure>,
    ) -> Result<(), Misuse> {
        let waiting = |entry: &&mut Entry| entry.load == Some(number) && entry.result.is_none();
        let untold = batch.entries.iter_mut().skip(batch.told);
        let taken = match untold.into_iter().find(waiting) {
            Some(entry) => {
                entry.result = Some(result);
                Ok(())
            }
            None => Err(Misuse),
        };
        self.tell(batch);
        taken
    }

    /// Tells what is known, in the order of the modules; asks on for what is not.
    fn tell(&mut self, mut batch: Batch) {
        while let Some(entry) = batch.entries.get_mut(batch.told) {
            let Some(result) = entry.result.take() else {
                self.question = Some(Question::Load(batch));
                return;
            };
            let module = entry.module;
            batch.told += 1;
            self.settle(module, result, &mut batch);
        }
        self.summarize(&batch.failed);
        if batch
            .failed
            .iter()
            .any(|(_, failure)| failure.kind == ErrorKind::Interrupted)
        {
            // Who interrupts does not want the rest of the line.
            self.drop_line();
        }
    }

    fn settle(&mut self, index: usize, result: Result<Symbols, Failure>, batch: &mut Batch) {
        let (noisy, public) = (self.is_noisy(), self.public());
        let lines = self.has(SymbolOptions::LOAD_LINES);
        let Some(module) = self.modules.get_mut(index) else {
            return;
        };
        let (name, image) = (module.name.clone(), module.image_name.clone());
        let mut said = Vec::new();
        match result {
            Ok(symbols) => {
                if noisy {
                    let what = match (symbols.is_private(public), lines) {
                        (true, true) => "private symbols & lines",
                        (true, false) => "private symbols",
                        (false, _) => "public symbols",
                    };
                    if symbols.fit == Fit::Mismatched {
                        said.push(format!("DBGHELP: {} - mismatched pdb", shown(&symbols.path)));
                    }
                    said.push(format!("DBGHELP: {name} - {what}"));
                    said.push(format!("        {}", shown(&symbols.path)));
                }
                if module.image.checksum == 0 {
                    said.push(format!("*** WARNING: Unable to verify checksum for {image}"));
                }
                if module.image.timestamp == 0 {
                    said.push(format!("*** WARNING: Unable to verify timestamp for {image}"));
                }
                if batch.manner == Manner::Each {
                    said.push(format!("Symbols loaded for {name}"));
                }
                module.symbols = State::Loaded(symbols);
            }
            // It was not looked for to the end; the next need looks again.
            Err(failure) if failure.kind == ErrorKind::Interrupted => batch.failed.push((name, failure)),
            Err(failure) => {
                let exports = module.image.exports == Exports::Present;
                if noisy {
                    let what = if exports { "export symbols" } else { "no symbols loaded" };
                    said.push(format!("DBGHELP: {name} - {what}"));
                }
                said.push(if exports {
                    format!("*** ERROR: Symbol file could not be found.  Defaulted to export symbols for {image} -")
                } else {
                    format!("*** ERROR: Module load completed but symbols could not be loaded for {image}")
                });
                module.symbols = State::Failed(failure.clone());
                batch.failed.push((name, failure));
            }
        }
        said.iter().for_each(|line| self.say(line));
    }

    /// The table of SYMSRV §6.8, with what happened in place of its four lines of guesses.
    fn summarize(&mut self, failed: &[(String, Failure)]) {
        if failed.is_empty() {
            return;
        }
        self.say("************* Symbol Loading Error Summary **************");
        self.say("Module name            Error");
        for (name, failure) in failed {
            self.say(&format!("{name:<22} {}", headline(failure.kind)));
            self.say(&format!("\t\t\t\t{}", failure.reason));
        }
        self.say("");
        self.say(
            "You can troubleshoot most symbol related issues by turning on symbol loading diagnostics (!sym noisy) and \
             repeating the command that caused symbols to be loaded.",
        );
        self.say("You should also verify that your symbol search path (.sympath) is correct.");
        if failed.iter().any(|(_, failure)| failure.kind == ErrorKind::Refused) {
            self.say(match self.debugging.policy() {
                Prompts::Off => {
                    "What was refused is not asked again before: !sym prompts, then !symsrv close, then .reload /f."
                }
                Prompts::On => "What was refused is not asked again before: !symsrv close, then .reload /f.",
            });
        }
    }

    /// Not the debuggers' words, which speak of bases and sizes.
    pub(super) fn not_found(&mut self, word: &str) {
        self.say(&format!("\"{word}\" was not found in the image list."));
    }

    pub(super) fn public(&self) -> Public {
        if self.has(SymbolOptions::PUBLICS_ONLY) {
            Public::Only
        } else {
            Public::AndPrivate
        }
    }
}

/// The first words on a failure: for a file that nobody has those of Windows.
const fn headline(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Missing => "The system cannot find the file specified",
        ErrorKind::Refused => "Authentication was refused",
        ErrorKind::Content => "The file is not what was asked for",
        ErrorKind::Store => "The local symbol store failed",
        ErrorKind::Interrupted => "The load was interrupted",
        ErrorKind::Config => "The settings cannot be used",
        _ => "The symbol server could not be reached",
    }
}

/// With how many modules none is added by hand any more.
const MOST_MODULES: usize = 4096;
/// Dots in a line.
const DOTS: usize = 64;
