//! Commands as values: what was typed, understood or not (SYMSRV §6).

mod list;
mod options;
mod reload;

use crate::line::{arguments, word};

pub(crate) use list::{Column, List, Side};
pub(crate) use options::{SYM, Sym, SymOpt};
pub(crate) use reload::{Part, Placed, Reload, USAGE as RELOAD};

/// One command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Command {
    /// `!chksym MODULE [SYMBOL]`
    Chksym { module: String, symbol: Option<String> },
    /// `!symsrv close`
    Close,
    /// `.echo TEXT`
    Echo(String),
    /// `.symfix [DIR]`, `.symfix+ [DIR]`
    Fix { directory: Option<String>, how: How },
    /// `.help`
    Help,
    /// `!homedir [DIR]`
    Home(Option<String>),
    /// `ld MODULE [/f FILE]`
    Ld { name: String, by: By },
    /// `.lines [-e | -d | -t]`
    Lines(Lines),
    /// `lm`
    List(List),
    /// `!lmi MODULE`
    Lmi(String),
    /// `.sympath PATH`, `.sympath+ PATH`
    Path { text: String, how: How },
    /// `q`, `qq`, `qd`
    Quit,
    /// `.reload`
    Reload(Reload),
    /// `.restart`
    Restart,
    /// `.secure [0 | 1]`
    Secure(Secure),
    /// `.sympath`
    ShowPath,
    /// `!sym`
    Sym(Sym),
    /// `.symopt`
    SymOpt(SymOpt),
}

/// Whether a path takes the place of the present one or is added to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum How {
    Append,
    Replace,
}

/// Which name of a module `ld` looks at. With `/f` it is the file's, whatever stands before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum By {
    File,
    Module,
}

/// What `.lines` does with `SYMOPT_LOAD_LINES`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lines {
    Disable,
    Enable,
    Toggle,
}

/// What `.secure` does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Secure {
    Enter,
    Leave,
    Show,
}

/// A command that is not one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Misspelt {
    /// No command has this word.
    Unknown(String),
    /// The word is known, its arguments are not: how it is used.
    Usage(&'static str),
}

/// A command's word, how it is used, and what it does: `.help` prints them.
pub(crate) const HELP: &[(&str, &str)] = &[
    (ECHO, "print a text: in a file of commands, say how far it is"),
    (".help", "list the commands"),
    (LINES, "load line numbers, or do not"),
    (RELOAD, "drop symbols, and load them again when they are needed"),
    (
        RESTART,
        "start anew: the symbol client is closed, all modules are as in the beginning",
    ),
    (SECURE, "enter secure mode, for good, or show it"),
    (FIX, "use the public symbol server, with copies in <Directory>"),
    (options::SYMOPT, "show or change symbol options"),
    (PATH, "show, replace or extend the symbol path"),
    (CHKSYM, "compare a module with its symbols, or with a symbol file"),
    (HOME, "show or change the home directory"),
    (LMI, "show what is known of a module"),
    (SYM, "show or change noise and prompts"),
    (CLOSE, "close the symbol client: refused stores are asked again"),
    (LD, "load the symbols of modules now"),
    (list::USAGE, "list modules"),
    ("q, qq, qd", "quit"),
];

pub(crate) const CLOSE: &str = "!symsrv close";
const CHKSYM: &str = "!chksym <Module> [<Symbol>]";
const ECHO: &str = ".echo <Text>";
const FIX: &str = ".symfix[+] [<Directory>]";
const HOME: &str = "!homedir [<Directory>]";
const LD: &str = "ld <Module> [/f <File>]";
const LINES: &str = ".lines [-e | -d | -t]";
const LMI: &str = "!lmi <Module>";
const PATH: &str = ".sympath[+] [<Path>]";
const RESTART: &str = ".restart";
const SECURE: &str = ".secure [1]";

impl Command {
    /// Reads one command; every text is one or a [`Misspelt`].
    pub(crate) fn parse(text: &str) -> Result<Self, Misspelt> {
        let (spelt, rest) = word(text);
        let known = spelt.to_ascii_lowercase();
        let nothing = |command: Self, usage| {
            if rest.trim().is_empty() {
                Ok(command)
            } else {
                Err(Misspelt::Usage(usage))
            }
        };
        match known.as_str() {
            "!chksym" => chksym(rest),
            "!homedir" => Ok(Self::Home(directory(rest))),
            "!lmi" => match one(rest, LMI)? {
                Some(module) if module.len() <= LONGEST_NAME => Ok(Self::Lmi(module)),
                _ => Err(Misspelt::Usage(LMI)),
            },
            "!sym" => Ok(Self::Sym(Sym::parse(rest))),
            "!symsrv" => match one(rest, CLOSE)? {
                Some(word) if word.eq_ignore_ascii_case("close") => Ok(Self::Close),
                _ => Err(Misspelt::Usage(CLOSE)),
            },
            ".echo" => Ok(Self::Echo(rest.trim().to_owned())),
            ".help" => Ok(Self::Help),
            ".lines" => lines(rest),
            ".reload" => Reload::parse(rest).map(Self::Reload),
            ".restart" => nothing(Self::Restart, RESTART),
            ".secure" => match one(rest, SECURE)?.as_deref() {
                None => Ok(Self::Secure(Secure::Show)),
                Some("0") => Ok(Self::Secure(Secure::Leave)),
                Some("1") => Ok(Self::Secure(Secure::Enter)),
                Some(_) => Err(Misspelt::Usage(SECURE)),
            },
            ".symfix" => {
                let (how, rest) = how(rest);
                let directory = directory(rest);
                Ok(Self::Fix { directory, how })
            }
            ".symopt" => SymOpt::parse(rest).map(Self::SymOpt),
            ".sympath" => {
                let (how, rest) = how(rest);
                Ok(match rest.trim() {
                    "" => Self::ShowPath,
                    text => Self::Path {
                        text: text.to_owned(),
                        how,
                    },
                })
            }
            "ld" => ld(rest),
            "q" | "qq" | "qd" => nothing(Self::Quit, "q"),
            known if known.starts_with("lm") => {
                let options = text.get(2..).unwrap_or_default();
                List::parse(options).map(Self::List)
            }
            _ => {
                let whole = text.split_whitespace().next().unwrap_or_default();
                Err(Misspelt::Unknown(whole.to_owned()))
            }
        }
    }
}

/// The most bytes of a name or pattern of modules. A match takes time in the product of both lengths, and there may be
/// many modules.
pub(crate) const LONGEST_NAME: usize = 1024;

/// Takes a `+` that follows a command at once.
fn how(rest: &str) -> (How, &str) {
    match rest.strip_prefix('+') {
        Some(rest) => (How::Append, rest),
        None => (How::Replace, rest),
    }
}

/// A directory, blanks in it and all; quotes around it are dropped.
fn directory(rest: &str) -> Option<String> {
    let text = rest.trim();
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// One argument or none.
fn one(rest: &str, usage: &'static str) -> Result<Option<String>, Misspelt> {
    let mut words = arguments(rest).into_iter();
    match (words.next(), words.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Misspelt::Usage(usage)),
    }
}

fn chksym(rest: &str) -> Result<Command, Misspelt> {
    let mut words = arguments(rest).into_iter();
    match (words.next(), words.next(), words.next()) {
        (Some(module), symbol, None) if module.len() <= LONGEST_NAME => Ok(Command::Chksym { module, symbol }),
        _ => Err(Misspelt::Usage(CHKSYM)),
    }
}

fn ld(rest: &str) -> Result<Command, Misspelt> {
    let words = arguments(rest);
    if words.iter().any(|word| word.len() > LONGEST_NAME) {
        return Err(Misspelt::Usage(LD));
    }
    match words.as_slice() {
        [module] if !module.starts_with('/') => Ok(Command::Ld {
            name: module.clone(),
            by: By::Module,
        }),
        [.., option, file] if words.len() < 4 && matches!(option.as_str(), "/f" | "/F" | "-f" | "-F") => {
            Ok(Command::Ld {
                name: file.clone(),
                by: By::File,
            })
        }
        _ => Err(Misspelt::Usage(LD)),
    }
}

fn lines(rest: &str) -> Result<Command, Misspelt> {
    let word = one(rest, LINES)?.map(|word| word.to_ascii_lowercase());
    Ok(Command::Lines(match word.as_deref() {
        None | Some("-t" | "/t") => Lines::Toggle,
        Some("-e" | "/e") => Lines::Enable,
        Some("-d" | "/d") => Lines::Disable,
        Some(_) => return Err(Misspelt::Usage(LINES)),
    }))
}
