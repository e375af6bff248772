//! A program that asks for one word ([`Askpass`]), as ssh and git use it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use symgate_auth::{Credentials, Wanted};
use symgate_policy::{Asker, Name, Prompted, Prompter, Question};
use zeroize::Zeroizing;

use crate::Bounds;
use crate::program::{Call, ProgramError, Said};
use crate::question::{Words, first_line, secret_line};

/// An askpass program as a [`Prompter`]
/// ([`SSH_ASKPASS`](https://man.openbsd.org/ssh#SSH_ASKPASS), [`GIT_ASKPASS`](https://git-scm.com/docs/gitcredentials)).
///
/// It is called once for the name and once for the password. The question is its one argument: `Username for
/// 'https://symbols.example': `, `Password for 'https://alice@symbols.example': `, with what else a person should know in
/// front of the colon: that it is a proxy, what it calls itself, that the password will travel in clear text, that the
/// last answer was wrong. The first line of its output is the answer, which may be empty. A name that was given is not
/// asked for.
///
/// | the program | what comes of it |
/// |---|---|
/// | ends with a status other than 0 | [`Prompted::Cancelled`] |
/// | ends by a signal, says nothing, says no text, or more than the [bounds](Bounds) | [`Prompted::Failed`] |
/// | does not end in time, or cannot be started | [`Prompted::Failed`] |
///
/// It counts as a program, which may try three times. It gets no terminal: a program that reads from one is ended.
///
/// ```
/// use symgate_credentials::Askpass;
/// use symgate_policy::{Answers, Policy, Session};
///
/// let askpass = Askpass::new("/usr/bin/ssh-askpass");
/// let session = Session::new(Policy::interactive(), Answers::default().with_prompter(askpass));
/// # drop(session);
/// ```
#[derive(Debug)]
pub struct Askpass {
    program: PathBuf,
    name: String,
    bounds: Bounds,
}

impl Askpass {
    /// A program by its path, or by a name that is looked for as the system does.
    #[must_use]
    pub fn new(program: impl AsRef<Path>) -> Self {
        let program = program.as_ref().to_owned();
        Self {
            name: format!("askpass `{}`", program.display()),
            program,
            bounds: Bounds::default(),
        }
    }

    /// Sets what one call may cost.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    fn call(&self, question: &str, cancel: &AtomicBool) -> Result<Said, Prompted> {
        let mut command = Command::new(&self.program);
        command.arg(question);
        let call = Call {
            command,
            input: Zeroizing::default(),
            bounds: self.bounds,
            cancel,
        };
        match call.run() {
            Ok(ended) if ended.status.success() => Ok(ended.output),
            Ok(ended) if ended.status.code().is_some() => Err(Prompted::Cancelled),
            Ok(ended) => Err(Prompted::Failed(ended.describe(&[]))),
            Err(ProgramError::Cancelled) => Err(Prompted::Cancelled),
            Err(error) => Err(Prompted::Failed(error.to_string())),
        }
    }

    fn try_ask(&self, question: &Question<'_>) -> Result<Credentials, Prompted> {
        if question.ask.wanted != Wanted::Password {
            return Err(Prompted::Unavailable);
        }
        let words = Words::of(question);
        let user = match question.name {
            Name::Given(name) => name.to_owned(),
            Name::Suggested(_) | Name::Unknown => {
                let said = self.call(&words.name(), question.cancel)?;
                first_line(&said.0).map_err(failed)?.to_owned()
            }
        };
        let said = self.call(&words.password(&user), question.cancel)?;
        let mut password = secret_line(&said.0).map_err(failed)?;
        Ok(Credentials::password(user, std::mem::take(&mut *password)))
    }
}

impl Prompter for Askpass {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        self.try_ask(question).map_or_else(|end| end, Prompted::Answer)
    }

    fn asker(&self) -> Asker {
        Asker::Program
    }
}

fn failed(error: crate::question::NoAnswer) -> Prompted {
    Prompted::Failed(error.to_string())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
