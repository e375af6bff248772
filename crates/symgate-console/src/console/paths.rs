//! `.sympath`, `.symfix`, `!homedir`: where symbols are searched (SYMSRV §1.4, §1.7, §1.10, §6.3, §6.4).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use symgate::Plan;
use symgate_path::{Directory, Element, Local, Parsed, Security, Store, SymbolPath, Written};
use symgate_policy::SymbolOptions;

use super::{Console, Place, Question};
use crate::command::How;
use crate::module::{State, shown};

/// A plan that the caller is about to adopt, and what it is for.
#[derive(Debug)]
pub(super) struct Adoption {
    plan: Plan,
    /// Where the home directory is when it is adopted.
    home: PathBuf,
    why: Why,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    /// `.symfix`: nothing is shown.
    Fixed,
    /// `!homedir`
    Home,
    /// An option: nothing is shown.
    Option,
    /// `.sympath`: the path is shown.
    Path,
}

impl Adoption {
    pub(super) const fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// A path validation table in the making.
#[derive(Debug)]
pub(super) struct Validation {
    /// The rows that are known.
    table: String,
    /// The elements to come, the next one last.
    left: Vec<Element>,
    /// The directory that is looked at.
    directory: Directory,
}

impl Validation {
    pub(super) fn place(&self) -> PathBuf {
        self.directory.as_str().into()
    }
}

impl Console {
    /// The plan that searches `path` with the options that hold.
    pub(super) fn plan_with(&self, path: SymbolPath) -> Plan {
        let security = if self.has(SymbolOptions::SECURE) {
            Security::Secure
        } else {
            Security::Open
        };
        let default_store = self.home.join("sym");
        Plan {
            path,
            security,
            default_store,
        }
    }

    pub(super) fn set_path(&mut self, text: &str, how: How) {
        let Parsed { path, warnings } = SymbolPath::parse(text);
        for warning in warnings {
            self.say(&format!("WARNING: symbol path, {warning}"));
        }
        self.adopt(path, how, Why::Path);
    }

    /// `.symfix` says nothing, as the transcripts of SYMSRV §6.3 have it.
    pub(super) fn fix(&mut self, directory: Option<&str>, how: How) {
        match directory.map(Directory::new).transpose() {
            Ok(directory) => self.adopt(SymbolPath::symfix(directory), how, Why::Fixed),
            Err(error) => self.say(&format!("ERROR: {error}")),
        }
    }

    fn adopt(&mut self, given: SymbolPath, how: How, why: Why) {
        let path = match how {
            How::Append => {
                let mut path = self.path.clone();
                path.append(given);
                path
            }
            How::Replace => given,
        };
        let plan = self.plan_with(path);
        let home = self.home.clone();
        self.ask(Question::Adopt(Adoption { plan, home, why }));
    }

    /// Has the present path adopted once more, since an option changed what it means.
    pub(super) fn adopt_again(&mut self) {
        self.adopt(self.path.clone(), How::Replace, Why::Option);
    }

    pub(super) fn begin_home(&mut self, directory: Option<&str>) {
        let Some(directory) = directory else {
            return self.show_home();
        };
        let home = PathBuf::from(directory);
        let plan = Plan {
            default_store: home.join("sym"),
            ..self.plan()
        };
        let why = Why::Home;
        self.ask(Question::Adopt(Adoption { plan, home, why }));
    }

    fn show_home(&mut self) {
        self.say(&format!("Home directory: {}", shown(&self.home)));
    }

    pub(super) fn adopted(&mut self, adoption: Adoption, result: Result<Vec<String>, String>) {
        let Adoption { plan, home, why } = adoption;
        match result {
            Ok(warnings) => warnings
                .iter()
                .for_each(|warning| self.say(&format!("WARNING: {warning}"))),
            Err(error) => return self.say(&format!("ERROR: {error}")),
        }
        self.home = home;
        self.path = plan.path;
        self.unload_orphans();
        if self.is_noisy() && matches!(why, Why::Fixed | Why::Path) {
            let expanded = self.path.expanded();
            self.say(&format!("DBGHELP: Symbol Search Path: {expanded}"));
        }
        match why {
            Why::Fixed | Why::Option => {}
            Why::Home => self.show_home(),
            Why::Path => self.show_path(),
        }
    }

    /// A changed path loads nothing. Modules without symbols, or whose symbols came from a place that it does not name
    /// any more, are looked for again when they are needed (SYMSRV §1.7).
    fn unload_orphans(&mut self) {
        let sources = sources(&self.path, &self.home.join("sym"));
        for module in self.modules.iter_mut() {
            let stays = match &module.symbols {
                State::Deferred | State::Failed(_) => false,
                State::Loaded(symbols) => sources.contains(&symbols.source),
            };
            if !stays {
                module.symbols = State::Deferred;
            }
        }
    }

    /// An empty path is shown as `<empty>`: what the debuggers print then is unverified.
    pub(super) fn show_path(&mut self) {
        let or_empty = |text: String| if text.is_empty() { "<empty>".to_owned() } else { text };
        let (written, expanded) = (or_empty(self.path.to_string()), or_empty(self.path.expanded()));
        self.say(&format!("Symbol search path is: {written}"));
        self.say(&format!("Expanded Symbol search path is: {expanded}"));
        if self.path.is_empty() {
            return;
        }
        let mut left = self.path.elements().to_vec();
        left.reverse();
        self.validate(HEAD.to_owned(), left);
    }

    /// Adds rows to the table until a directory has to be looked at.
    fn validate(&mut self, mut table: String, mut left: Vec<Element>) {
        while let Some(element) = left.pop() {
            match element {
                Element::Directory(directory) => {
                    return self.ask(Question::Validate(Validation { table, left, directory }));
                }
                // What is no server of symbols is never searched.
                Element::Unsupported { .. } => row(&mut table, "Error", &element.to_string()),
                // Nobody is contacted before something is looked for.
                _ => row(&mut table, "Deferred", &element.to_string()),
            }
        }
        self.say_all(&table);
    }

    pub(super) fn looked(&mut self, validation: Validation, place: Place) {
        let Validation {
            mut table,
            left,
            directory,
        } = validation;
        let response = match place {
            Place::Directory => "OK",
            Place::File | Place::Nothing => "Error",
        };
        row(&mut table, response, &directory.to_string());
        self.validate(table, left);
    }
}

/// The names by which a result can come from this path: its directories and stores, as `Found` tells them.
fn sources(path: &SymbolPath, default_store: &Path) -> Vec<String> {
    let default = default_store.display().to_string();
    let mut sources = Vec::new();
    for element in path.expand().elements() {
        match element {
            Element::Cache(Local::Default) => sources.push(default.clone()),
            Element::Cache(Local::Directory(directory)) | Element::Directory(directory) => {
                sources.push(directory.to_string());
            }
            Element::Server(chain) => {
                // A chain that begins with a server keeps its files there.
                sources.push(default.clone());
                for written in chain.written() {
                    match written {
                        Written::Store(Store::Default) | Written::Invalid(_) => {}
                        Written::Store(store) => sources.push(store.to_string()),
                    }
                }
            }
            _ => {}
        }
    }
    sources
}

fn row(table: &mut String, response: &str, location: &str) {
    // A string takes everything.
    let _ = writeln!(table, "{response:<33}{:<14}{location}", "");
}

const HEAD: &str = "
************* Path validation summary **************
Response                         Time (ms)     Location
";
