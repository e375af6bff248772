//! `.reload` (SYMSRV §6.5).

use super::{LONGEST_NAME, Misspelt};
use crate::line::arguments;
use crate::text::number;

pub(crate) const USAGE: &str = ".reload [/d] [/f] [/i] [/l] [/n] [/o] [/s] [/u] [/unl] [/user] [/v] [/w] [<Module>[=<Address>[,<Size>[,<Timestamp>]]]]";

/// A reload, as the options ask for it
/// ([the command's page](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-reload--reload-module-)).
///
/// `/d` and `/s` name the list that modules are taken from; here there is one list, so they change nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Reload {
    /// `-?`
    pub(crate) help: bool,
    /// `/f`, or `/i`: load at once.
    pub(crate) force: bool,
    /// `/i`: take symbols of another build too.
    pub(crate) ignore_mismatch: bool,
    /// `/l`: list the modules and do nothing else.
    pub(crate) list: bool,
    /// `/o`: fetch anew what the downstream store has.
    pub(crate) overwrite: bool,
    /// `/u`: unload.
    pub(crate) unload: bool,
    /// `/unl`: modules that are unloaded.
    pub(crate) unloaded: bool,
    /// `/v`: say of each module what comes of it.
    pub(crate) verbose: bool,
    /// `/w`: the module's name has no wildcards.
    pub(crate) literal: bool,
    pub(crate) part: Part,
    pub(crate) module: Option<String>,
    pub(crate) placed: Option<Placed>,
}

/// Which modules of a kernel's view.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Part {
    #[default]
    All,
    /// `/n`
    Kernel,
    /// `/user`
    User,
}

/// Where a module is, and what it is, by the user's word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Placed {
    pub(crate) address: u64,
    pub(crate) size: Option<u32>,
    pub(crate) timestamp: Option<u32>,
}

impl Reload {
    pub(crate) fn parse(rest: &str) -> Result<Self, Misspelt> {
        let mut reload = Self::default();
        for word in arguments(rest) {
            match word.strip_prefix(['/', '-']) {
                Some(options) => reload.option(&options.to_ascii_lowercase())?,
                None if reload.module.is_some() => return Err(Misspelt::Usage(USAGE)),
                None => reload.module(&word)?,
            }
        }
        Ok(reload)
    }

    /// Options may share one slash.
    fn option(&mut self, options: &str) -> Result<(), Misspelt> {
        match options {
            "" => return Err(Misspelt::Usage(USAGE)),
            "unl" => self.unloaded = true,
            "user" => self.part = Part::User,
            letters => {
                for letter in letters.chars() {
                    match letter {
                        '?' => self.help = true,
                        'd' | 's' => {}
                        'f' => self.force = true,
                        'i' => (self.ignore_mismatch, self.force) = (true, true),
                        'l' => self.list = true,
                        'n' => self.part = Part::Kernel,
                        'o' => self.overwrite = true,
                        'u' => self.unload = true,
                        'v' => self.verbose = true,
                        'w' => self.literal = true,
                        _ => return Err(Misspelt::Usage(USAGE)),
                    }
                }
            }
        }
        Ok(())
    }

    fn module(&mut self, word: &str) -> Result<(), Misspelt> {
        let usage = || Misspelt::Usage(USAGE);
        let (name, place) = match word.split_once('=') {
            Some((name, place)) => (name, Some(place)),
            None => (word, None),
        };
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(usage());
        }
        self.module = Some(name.to_owned());
        let Some(place) = place else { return Ok(()) };
        let mut numbers = place.split(',').map(number);
        let address = numbers.next().flatten().ok_or_else(usage)?;
        let mut word = || match numbers.next() {
            None => Ok(None),
            Some(number) => number
                .and_then(|number| u32::try_from(number).ok())
                .map(Some)
                .ok_or_else(usage),
        };
        let (size, timestamp) = (word()?, word()?);
        if numbers.next().is_some() {
            return Err(usage());
        }
        self.placed = Some(Placed {
            address,
            size,
            timestamp,
        });
        Ok(())
    }
}
