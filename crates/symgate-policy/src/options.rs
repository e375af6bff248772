//! The prompt setting and where it comes from: symbol options, debuggers, the terminal (SYMSRV §3.2, DECISIONS §4).

use std::fmt;

/// Whether a question may be shown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Prompts {
    /// Nothing visible is opened; silent sources still answer.
    Off,
    /// A person may be asked.
    On,
}

/// The debuggers' symbol options (`SYMOPT_*`), a set of bits.
///
/// ```
/// use symgate_policy::{Prompts, SymbolOptions};
///
/// assert_eq!(SymbolOptions::new(0xB0227).prompts(), Prompts::Off);
/// assert_eq!(SymbolOptions::new(0x401).prompts(), Prompts::On);
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct SymbolOptions(u32);

impl SymbolOptions {
    /// `SYMOPT_NO_PROMPTS`: authentication requests are refused without a question.
    pub const NO_PROMPTS: Self = Self(0x0008_0000);

    /// The options with these bits; unknown bits are kept.
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What [`NO_PROMPTS`](Self::NO_PROMPTS) says.
    #[must_use]
    pub const fn prompts(self) -> Prompts {
        if self.contains(Self::NO_PROMPTS) {
            Prompts::Off
        } else {
            Prompts::On
        }
    }
}

impl fmt::Debug for SymbolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SymbolOptions({:#x})", self.0)
    }
}

/// A debugger whose habits are followed.
///
/// The start values are those of the [symbol options page](https://learn.microsoft.com/windows-hardware/drivers/debugger/symbol-options).
///
/// ```
/// use symgate_policy::{Debugger, Prompts};
///
/// assert_eq!(Debugger::parse("WinDbg"), Some(Debugger::WinDbg));
/// assert_eq!(Debugger::WinDbg.prompts(), Prompts::On);
/// assert_eq!(Debugger::Kd.prompts(), Prompts::Off);
/// assert_eq!(Debugger::parse("gdb"), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Debugger {
    /// The console debugger of user mode.
    Cdb,
    /// The tool that exercises the symbol library.
    Dbh,
    /// The console debugger of the kernel.
    Kd,
    /// CDB with a console of its own.
    Ntsd,
    /// The debugger with windows.
    WinDbg,
}

impl Debugger {
    /// The debugger with this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Cdb, Self::Dbh, Self::Kd, Self::Ntsd, Self::WinDbg]
            .into_iter()
            .find(|debugger| debugger.as_str().eq_ignore_ascii_case(name))
    }

    /// The name as it is typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cdb => "cdb",
            Self::Dbh => "dbh",
            Self::Kd => "kd",
            Self::Ntsd => "ntsd",
            Self::WinDbg => "windbg",
        }
    }

    /// The symbol options that it starts with.
    #[must_use]
    pub const fn start_options(self) -> SymbolOptions {
        match self {
            Self::Cdb | Self::Kd | Self::Ntsd => SymbolOptions(0x000B_0227),
            Self::Dbh => SymbolOptions(0x0001_0C13),
            Self::WinDbg => SymbolOptions(0x0003_0237),
        }
    }

    /// Whether it shows questions when it starts.
    #[must_use]
    pub const fn prompts(self) -> Prompts {
        self.start_options().prompts()
    }
}

impl fmt::Display for Debugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
    fn debuggers_start_as_documented() {
        let table = [
            (Debugger::Cdb, 0xB0227, Prompts::Off),
            (Debugger::Dbh, 0x10C13, Prompts::On),
            (Debugger::Kd, 0xB0227, Prompts::Off),
            (Debugger::Ntsd, 0xB0227, Prompts::Off),
            (Debugger::WinDbg, 0x30237, Prompts::On),
        ];
        for (debugger, bits, prompts) in table {
            assert_eq!(debugger.start_options().bits(), bits, "{debugger}");
            assert_eq!(debugger.prompts(), prompts, "{debugger}");
            assert_eq!(Debugger::parse(debugger.as_str()), Some(debugger));
        }
    }

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
