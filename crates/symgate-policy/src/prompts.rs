//! Whether a question may be shown, and who has a say in that (SYMSRV §3.2, DECISIONS §4).

use crate::{Debugger, SymbolOptions};

/// Whether a question may be shown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Prompts {
    /// Nothing visible is opened; silent sources still answer.
    Off,
    /// A person may be asked.
    On,
}

/// Whether somebody can be asked at all.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Presence {
    /// A terminal on standard input and standard error, or an askpass program.
    Attended,
    /// Neither.
    Unattended,
}

/// Everything that has a say in the prompt setting, as given (DECISIONS §4).
///
/// ```
/// use symgate_policy::{Debugger, Presence, PromptSetting, Prompts};
///
/// let setting = PromptSetting { option: None, sflags: None, debugger: Some(Debugger::Cdb), presence: Presence::Attended };
/// assert_eq!(setting.effective(), Prompts::Off);
/// assert_eq!(PromptSetting { option: Some(Prompts::On), ..setting }.effective(), Prompts::On);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PromptSetting {
    /// `--prompts`.
    pub option: Option<Prompts>,
    /// `--sflags`: replaces all bits, so one that lacks `NO_PROMPTS` allows questions.
    pub sflags: Option<SymbolOptions>,
    /// `--debugger`.
    pub debugger: Option<Debugger>,
    /// What decides when nothing was given.
    pub presence: Presence,
}

impl PromptSetting {
    /// The setting that wins: `option`, then `sflags`, then `debugger`, then `presence`.
    #[must_use]
    pub fn effective(&self) -> Prompts {
        self.option
            .or_else(|| self.sflags.map(SymbolOptions::prompts))
            .or_else(|| self.debugger.map(Debugger::prompts))
            .unwrap_or(match self.presence {
                Presence::Attended => Prompts::On,
                Presence::Unattended => Prompts::Off,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_particular_setting_wins() {
        use Presence::{Attended, Unattended};
        use Prompts::{Off, On};
        const ALLOW: SymbolOptions = SymbolOptions::new(0x30227);
        const REFUSE: SymbolOptions = SymbolOptions::NO_PROMPTS;
        let table = [
            (None, None, None, Attended, On),
            (None, None, None, Unattended, Off),
            (None, None, Some(Debugger::Cdb), Attended, Off),
            (None, None, Some(Debugger::WinDbg), Unattended, On),
            (None, Some(ALLOW), Some(Debugger::Cdb), Unattended, On),
            (None, Some(REFUSE), Some(Debugger::WinDbg), Attended, Off),
            (Some(Off), Some(ALLOW), Some(Debugger::WinDbg), Attended, Off),
            (Some(On), Some(REFUSE), Some(Debugger::Cdb), Unattended, On),
        ];
        for (option, sflags, debugger, presence, expected) in table {
            let setting = PromptSetting {
                option,
                sflags,
                debugger,
                presence,
            };
            assert_eq!(setting.effective(), expected, "{setting:?}");
        }
    }
}
