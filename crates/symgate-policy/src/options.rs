//! The debuggers' symbol options: every bit with its name, and the two ways to write a set of them (SYMSRV §6.2).

use std::fmt;

use crate::Prompts;

/// The debuggers' symbol options (`SYMOPT_*`), a set of bits.
///
/// The bits are those of the [symbol options page](https://learn.microsoft.com/windows-hardware/drivers/debugger/symbol-options).
/// One of them has a meaning here: [`NO_PROMPTS`](Self::NO_PROMPTS). The others are kept and named.
///
/// ```
/// use symgate_policy::{Prompts, SymbolOptions};
///
/// assert_eq!(SymbolOptions::new(0xB0227).prompts(), Prompts::Off);
/// assert_eq!(SymbolOptions::new(0x401).prompts(), Prompts::On);
///
/// let options = SymbolOptions::parse_flags("30237")?;
/// let shown: Vec<_> = SymbolOptions::named().filter(|(option, _)| options.contains(*option)).collect();
/// assert_eq!(shown.len(), 8);
/// assert_eq!(shown.first(), Some(&(SymbolOptions::CASE_INSENSITIVE, "SYMOPT_CASE_INSENSITIVE")));
/// # Ok::<(), symgate_policy::FlagsError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct SymbolOptions(u32);

impl SymbolOptions {
    /// `SYMOPT_CASE_INSENSITIVE`: names of symbols are compared without regard to case.
    pub const CASE_INSENSITIVE: Self = Self(0x1);
    /// `SYMOPT_UNDNAME`: decorated names are shown undecorated.
    pub const UNDNAME: Self = Self(0x2);
    /// `SYMOPT_DEFERRED_LOADS`: symbols are loaded when they are needed.
    pub const DEFERRED_LOADS: Self = Self(0x4);
    /// `SYMOPT_NO_CPP`: a `::` in a name is not translated.
    pub const NO_CPP: Self = Self(0x8);
    /// `SYMOPT_LOAD_LINES`: line numbers are loaded too.
    pub const LOAD_LINES: Self = Self(0x10);
    /// `SYMOPT_OMAP_FIND_NEAREST`: in optimised code the nearest symbol will do.
    pub const OMAP_FIND_NEAREST: Self = Self(0x20);
    /// `SYMOPT_LOAD_ANYTHING`: any symbol file will do, whether it fits or not.
    pub const LOAD_ANYTHING: Self = Self(0x40);
    /// `SYMOPT_IGNORE_CVREC`: the image's CodeView record is not looked at.
    pub const IGNORE_CVREC: Self = Self(0x80);
    /// `SYMOPT_NO_UNQUALIFIED_LOADS`: a name without its module loads nothing.
    pub const NO_UNQUALIFIED_LOADS: Self = Self(0x100);
    /// `SYMOPT_FAIL_CRITICAL_ERRORS`: no message boxes of the system during a load.
    pub const FAIL_CRITICAL_ERRORS: Self = Self(0x200);
    /// `SYMOPT_EXACT_SYMBOLS`: only symbol files that fit are loaded.
    pub const EXACT_SYMBOLS: Self = Self(0x400);
    /// `SYMOPT_ALLOW_ABSOLUTE_SYMBOLS`: symbols at absolute addresses are read.
    pub const ALLOW_ABSOLUTE_SYMBOLS: Self = Self(0x800);
    /// `SYMOPT_IGNORE_NT_SYMPATH`: the symbol path of the environment is not read at start.
    pub const IGNORE_NT_SYMPATH: Self = Self(0x1000);
    /// `SYMOPT_INCLUDE_32BIT_MODULES`: 32-bit modules of a 64-bit process count too.
    pub const INCLUDE_32BIT_MODULES: Self = Self(0x2000);
    /// `SYMOPT_PUBLICS_ONLY`: private symbols are not used.
    pub const PUBLICS_ONLY: Self = Self(0x4000);
    /// `SYMOPT_NO_PUBLICS`: public symbols are not used.
    pub const NO_PUBLICS: Self = Self(0x8000);
    /// `SYMOPT_AUTO_PUBLICS`: public symbols are used where nothing else was found.
    pub const AUTO_PUBLICS: Self = Self(0x1_0000);
    /// `SYMOPT_NO_IMAGE_SEARCH`: the disk is not searched for the image.
    pub const NO_IMAGE_SEARCH: Self = Self(0x2_0000);
    /// `SYMOPT_SECURE`: secure mode; once set it stays.
    pub const SECURE: Self = Self(0x4_0000);
    /// `SYMOPT_NO_PROMPTS`: authentication requests are refused without a question.
    pub const NO_PROMPTS: Self = Self(0x8_0000);
    /// `SYMOPT_OVERWRITE`: files in the downstream store are replaced.
    pub const OVERWRITE: Self = Self(0x10_0000);
    /// `SYMOPT_IGNORE_IMAGEDIR`: the image's own directory is not searched.
    pub const IGNORE_IMAGEDIR: Self = Self(0x20_0000);
    /// `SYMOPT_FLAT_DIRECTORY`: no subdirectories of the symbol path are searched.
    pub const FLAT_DIRECTORY: Self = Self(0x40_0000);
    /// `SYMOPT_FAVOR_COMPRESSED`: compressed files are asked for first.
    pub const FAVOR_COMPRESSED: Self = Self(0x80_0000);
    /// `SYMOPT_ALLOW_ZERO_ADDRESS`: a symbol may lie at address zero.
    pub const ALLOW_ZERO_ADDRESS: Self = Self(0x100_0000);
    /// `SYMOPT_DISABLE_SYMSRV_AUTODETECT`: a directory is not looked at for being a store.
    pub const DISABLE_SYMSRV_AUTODETECT: Self = Self(0x200_0000);
    /// `SYMOPT_DEBUG`: noisy mode.
    pub const DEBUG: Self = Self(0x8000_0000);

    /// The options with these bits; unknown bits are kept.
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits)
    }

    /// Reads what follows `.symopt`, `.symopt+` or `.symopt-`: a number in the debuggers' radix 16, with or without `0x`.
    ///
    /// ```
    /// use symgate_policy::SymbolOptions;
    ///
    /// assert_eq!(SymbolOptions::parse_flags("80000"), Ok(SymbolOptions::NO_PROMPTS));
    /// assert_eq!(SymbolOptions::parse_flags("0x80000"), Ok(SymbolOptions::NO_PROMPTS));
    /// assert_eq!(SymbolOptions::parse_flags("8000g").unwrap_err().to_string(), "`g` is no hexadecimal digit");
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlagsError`] when it is no such number of 32 bits.
    pub fn parse_flags(text: &str) -> Result<Self, FlagsError> {
        Self::parse(without_prefix(text).unwrap_or(text), Radix::Hexadecimal)
    }

    /// Reads the value of `--sflags`: a decimal number, or a hexadecimal one after `0x`.
    ///
    /// ```
    /// use symgate_policy::SymbolOptions;
    ///
    /// assert_eq!(SymbolOptions::parse_sflags("0x30227"), Ok(SymbolOptions::new(0x30227)));
    /// assert_eq!(SymbolOptions::parse_sflags("524288"), Ok(SymbolOptions::NO_PROMPTS));
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlagsError`] when it is no such number of 32 bits.
    pub fn parse_sflags(text: &str) -> Result<Self, FlagsError> {
        match without_prefix(text) {
            Some(digits) => Self::parse(digits, Radix::Hexadecimal),
            None => Self::parse(text, Radix::Decimal),
        }
    }

    /// Every option that has a name, each with it, in ascending order.
    pub fn named() -> impl Iterator<Item = (Self, &'static str)> {
        NAMED.iter().copied()
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

    /// These and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These but those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
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

    /// The digits are looked at one by one, since the standard parser takes a sign.
    fn parse(digits: &str, radix: Radix) -> Result<Self, FlagsError> {
        if digits.is_empty() {
            return Err(FlagsError::Empty);
        }
        let mut bits: u32 = 0;
        for found in digits.chars() {
            let digit = found.to_digit(radix.base()).ok_or(FlagsError::Digit { found, radix })?;
            let shifted = bits.checked_mul(radix.base());
            bits = shifted
                .and_then(|shifted| shifted.checked_add(digit))
                .ok_or(FlagsError::TooLarge)?;
        }
        Ok(Self(bits))
    }
}

impl fmt::Debug for SymbolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SymbolOptions({:#x})", self.0)
    }
}

/// Why a text is no set of symbol options.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FlagsError {
    /// A character that is no digit of this radix.
    Digit {
        /// The character.
        found: char,
        /// In what the number is written.
        radix: Radix,
    },
    /// No number is there.
    Empty,
    /// The number has more than 32 bits.
    TooLarge,
}

impl fmt::Display for FlagsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digit { found, radix } => write!(f, "`{}` is no {radix} digit", found.escape_default()),
            Self::Empty => f.write_str("a number is missing"),
            Self::TooLarge => f.write_str("the number has more than 32 bits"),
        }
    }
}

impl std::error::Error for FlagsError {}

/// In what a number is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Radix {
    /// Radix 10.
    Decimal,
    /// Radix 16.
    Hexadecimal,
}

impl Radix {
    const fn base(self) -> u32 {
        match self {
            Self::Decimal => 10,
            Self::Hexadecimal => 16,
        }
    }
}

impl fmt::Display for Radix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decimal => "decimal",
            Self::Hexadecimal => "hexadecimal",
        })
    }
}

fn without_prefix(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

/// Ascending, as the debuggers list them.
const NAMED: [(SymbolOptions, &str); 27] = [
    (SymbolOptions::CASE_INSENSITIVE, "SYMOPT_CASE_INSENSITIVE"),
    (SymbolOptions::UNDNAME, "SYMOPT_UNDNAME"),
    (SymbolOptions::DEFERRED_LOADS, "SYMOPT_DEFERRED_LOADS"),
    (SymbolOptions::NO_CPP, "SYMOPT_NO_CPP"),
    (SymbolOptions::LOAD_LINES, "SYMOPT_LOAD_LINES"),
    (SymbolOptions::OMAP_FIND_NEAREST, "SYMOPT_OMAP_FIND_NEAREST"),
    (SymbolOptions::LOAD_ANYTHING, "SYMOPT_LOAD_ANYTHING"),
    (SymbolOptions::IGNORE_CVREC, "SYMOPT_IGNORE_CVREC"),
    (SymbolOptions::NO_UNQUALIFIED_LOADS, "SYMOPT_NO_UNQUALIFIED_LOADS"),
    (SymbolOptions::FAIL_CRITICAL_ERRORS, "SYMOPT_FAIL_CRITICAL_ERRORS"),
    (SymbolOptions::EXACT_SYMBOLS, "SYMOPT_EXACT_SYMBOLS"),
    (SymbolOptions::ALLOW_ABSOLUTE_SYMBOLS, "SYMOPT_ALLOW_ABSOLUTE_SYMBOLS"),
    (SymbolOptions::IGNORE_NT_SYMPATH, "SYMOPT_IGNORE_NT_SYMPATH"),
    (SymbolOptions::INCLUDE_32BIT_MODULES, "SYMOPT_INCLUDE_32BIT_MODULES"),
    (SymbolOptions::PUBLICS_ONLY, "SYMOPT_PUBLICS_ONLY"),
    (SymbolOptions::NO_PUBLICS, "SYMOPT_NO_PUBLICS"),
    (SymbolOptions::AUTO_PUBLICS, "SYMOPT_AUTO_PUBLICS"),
    (SymbolOptions::NO_IMAGE_SEARCH, "SYMOPT_NO_IMAGE_SEARCH"),
    (SymbolOptions::SECURE, "SYMOPT_SECURE"),
    (SymbolOptions::NO_PROMPTS, "SYMOPT_NO_PROMPTS"),
    (SymbolOptions::OVERWRITE, "SYMOPT_OVERWRITE"),
    (SymbolOptions::IGNORE_IMAGEDIR, "SYMOPT_IGNORE_IMAGEDIR"),
    (SymbolOptions::FLAT_DIRECTORY, "SYMOPT_FLAT_DIRECTORY"),
    (SymbolOptions::FAVOR_COMPRESSED, "SYMOPT_FAVOR_COMPRESSED"),
    (SymbolOptions::ALLOW_ZERO_ADDRESS, "SYMOPT_ALLOW_ZERO_ADDRESS"),
    (
        SymbolOptions::DISABLE_SYMSRV_AUTODETECT,
        "SYMOPT_DISABLE_SYMSRV_AUTODETECT",
    ),
    (SymbolOptions::DEBUG, "SYMOPT_DEBUG"),
];

#[cfg(test)]
mod tests;
