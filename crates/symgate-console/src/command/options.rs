//! `!sym` and `.symopt` (SYMSRV §3.3, §6.1, §6.2).

use symgate_policy::SymbolOptions;

use super::Misspelt;

pub(crate) const SYM: &str = "!sym <noisy/quiet - prompts/prompts off>";
pub(crate) const SYMOPT: &str = ".symopt[+/-] [<Flags>]";

/// What `!sym` does ([the command's page](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-sym)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sym {
    Noisy,
    Prompts,
    PromptsOff,
    Quiet,
    /// Also what an argument that nobody knows does.
    Show,
}

impl Sym {
    pub(crate) fn parse(rest: &str) -> Self {
        let words = rest.to_ascii_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        match words.as_slice() {
            ["noisy"] | ["noisy", "on"] => Self::Noisy,
            ["quiet"] => Self::Quiet,
            ["prompts"] | ["prompts", "on"] => Self::Prompts,
            ["prompts", "off"] => Self::PromptsOff,
            _ => Self::Show,
        }
    }
}

/// What `.symopt` does ([the command's
/// page](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-symopt--set-symbol-options-)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SymOpt {
    Add(SymbolOptions),
    Remove(SymbolOptions),
    Show,
}

impl SymOpt {
    /// Blanks may stand before and after the sign; no sign is a plus.
    pub(crate) fn parse(rest: &str) -> Result<Self, Misspelt> {
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(Self::Show);
        }
        let (remove, flags) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
            (Some(flags), _) => (true, flags),
            (None, flags) => (false, flags.unwrap_or(rest)),
        };
        let flags = SymbolOptions::parse_flags(flags.trim()).map_err(|_| Misspelt::Usage(SYMOPT))?;
        Ok(if remove { Self::Remove(flags) } else { Self::Add(flags) })
    }
}
