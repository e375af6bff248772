//! The debuggers whose habits are followed, and what they start with (SYMSRV §3.2, §6.2).

use std::fmt;

use crate::{Prompts, SymbolOptions};

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
            Self::Cdb | Self::Kd | Self::Ntsd => SymbolOptions::new(0x000B_0227),
            Self::Dbh => SymbolOptions::new(0x0001_0C13),
            Self::WinDbg => SymbolOptions::new(0x0003_0237),
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
}
