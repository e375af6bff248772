//! A window on a desktop ([`Window`]), by a program that draws one.

use std::env::split_paths;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use symgate_auth::{Credentials, Wanted};
use symgate_policy::{Name, Prompted, Prompter, Question};
use zeroize::Zeroizing;

use crate::Bounds;
use crate::program::{Call, ProgramError, Said};
use crate::question::{Words, first_line, secret_line};

/// A window by `zenity` ([manual](https://help.gnome.org/users/zenity/stable/)) or `kdialog`
/// ([manual](https://develop.kde.org/docs/administration/kdialog/)), as a [`Prompter`]: one for the name, unless it was
/// given, and one for the password.
///
/// A person answers, who may take any time; when the caller gives up, the window is taken away. Whoever has no desktop
/// to show a window on should not make one of these: the programs say no in the same way as a person who cancels. When
/// they complain that there is no display, nobody could be asked.
///
/// ```
/// use std::ffi::OsStr;
/// use symgate_credentials::Window;
///
/// assert!(Window::find(OsStr::new("")).is_none());
/// ```
#[derive(Debug)]
pub struct Window {
    program: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Kdialog,
    Zenity,
}

/// What one window asks for.
enum Field<'a> {
    Name { suggested: Option<&'a str> },
    Password,
}

impl Window {
    /// The first of `zenity` and `kdialog` in the directories of `path`, which is the value of `PATH`; `None` without
    /// either.
    #[must_use]
    pub fn find(path: &OsStr) -> Option<Self> {
        let find = |kind: Kind| {
            let name = Path::new(kind.as_str()).with_extension(std::env::consts::EXE_EXTENSION);
            // A relative directory would run whatever lies where the user happens to be.
            let mut programs = split_paths(path).filter(|at| at.is_absolute()).map(|at| at.join(&name));
            programs
                .find(|program| program.is_file())
                .map(|program| Self { program, kind })
        };
        find(Kind::Zenity).or_else(|| find(Kind::Kdialog))
    }

    fn command(&self, text: &str, field: &Field<'_>) -> Command {
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Kdialog => {
                command.args(["--title", TITLE]);
                match field {
                    Field::Name { suggested } => {
                        command.args(["--inputbox", &without_tags(text)]);
                        // What begins with a hyphen would be an option.
                        command.args(suggested.filter(|name| !name.starts_with('-')));
                    }
                    Field::Password => {
                        command.args(["--password", &without_tags(text)]);
                    }
                }
            }
            Kind::Zenity => {
                command.args(["--entry", "--title", TITLE]);
                command.arg(format!("--text={}", without_escapes(text)));
                match field {
                    Field::Name { suggested: Some(name) } => {
                        command.arg(format!("--entry-text={name}"));
                    }
                    Field::Name { suggested: None } => {}
                    Field::Password => {
                        command.arg("--hide-text");
                    }
                }
            }
        }
        command
    }

    fn show(&self, text: &str, field: &Field<'_>, cancel: &AtomicBool) -> Result<Said, Prompted> {
        let call = Call {
            command: self.command(text, field),
            input: Zeroizing::default(),
            bounds: Bounds::PERSON,
            cancel,
        };
        match call.run() {
            Ok(ended) if ended.status.success() => Ok(ended.output),
            Ok(ended)
                if ended.status.code() == Some(1)
                    && !DISPLAYLESS.iter().any(|words| ended.complaint.is_about(words)) =>
            {
                Err(Prompted::Cancelled)
            }
            Ok(ended) if ended.status.code() == Some(1) => Err(Prompted::Unavailable),
            Ok(ended) => Err(Prompted::Failed(ended.describe(&[]))),
            Err(ProgramError::Cancelled) => Err(Prompted::Cancelled),
            Err(ProgramError::Start(error)) if error.kind() == io::ErrorKind::NotFound => Err(Prompted::Unavailable),
            Err(error) => Err(Prompted::Failed(error.to_string())),
        }
    }

    fn try_ask(&self, question: &Question<'_>) -> Result<Credentials, Prompted> {
        if question.ask.wanted != Wanted::Password {
            return Err(Prompted::Unavailable);
        }
        let words = Words::of(question);
        let suggested = match question.name {
            Name::Given(_) | Name::Unknown => None,
            Name::Suggested(name) => Some(name),
        };
        let user = match question.name {
            Name::Given(name) => name.to_owned(),
            Name::Suggested(_) | Name::Unknown => {
                let said = self.show(&words.name(), &Field::Name { suggested }, question.cancel)?;
                first_line(&said.0).map_err(failed)?.to_owned()
            }
        };
        let said = self.show(&words.password(&user), &Field::Password, question.cancel)?;
        let mut password = secret_line(&said.0).map_err(failed)?;
        Ok(Credentials::password(user, std::mem::take(&mut *password)))
    }
}

impl Prompter for Window {
    fn name(&self) -> &str {
        self.kind.as_str()
    }

    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        self.try_ask(question).map_or_else(|end| end, Prompted::Answer)
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Kdialog => "kdialog",
            Self::Zenity => "zenity",
        }
    }
}

fn failed(error: crate::question::NoAnswer) -> Prompted {
    Prompted::Failed(error.to_string())
}

/// Qt takes text with tags for rich text, which loads pictures; without `<` there is no tag.
fn without_tags(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

/// Zenity resolves escapes in the text of an entry, and an underscore marks a key.
fn without_escapes(text: &str) -> String {
    text.replace('\\', "\\\\").replace('_', "__")
}

/// What GTK and Qt complain of where nothing can be shown.
const DISPLAYLESS: &[&str] = &["open display", "connect to display"];

const TITLE: &str = "symgate: authentication";

#[cfg(test)]
#[cfg(unix)]
mod tests;
