//! The bits as SYMSRV §6.2 tables them, with the columns of their start values, and both ways to write them.

use super::*;
use crate::Debugger;

/// Whether an option is set when a debugger starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// In every debugger.
    Everywhere,
    /// In the debuggers, but not in DBH.
    Debuggers,
    /// In CDB, KD and NTSD.
    Consoles,
    Dbh,
    Nowhere,
    /// In WinDbg and DBH.
    WinDbgAndDbh,
}

/// The table, written from the page: bit, name, start.
const TABLE: [(u32, &str, Start); 27] = [
    (0x1, "CASE_INSENSITIVE", Start::Everywhere),
    (0x2, "UNDNAME", Start::Everywhere),
    (0x4, "DEFERRED_LOADS", Start::Debuggers),
    (0x8, "NO_CPP", Start::Nowhere),
    (0x10, "LOAD_LINES", Start::WinDbgAndDbh),
    (0x20, "OMAP_FIND_NEAREST", Start::Debuggers),
    (0x40, "LOAD_ANYTHING", Start::Nowhere),
    (0x80, "IGNORE_CVREC", Start::Nowhere),
    (0x100, "NO_UNQUALIFIED_LOADS", Start::Nowhere),
    (0x200, "FAIL_CRITICAL_ERRORS", Start::Debuggers),
    (0x400, "EXACT_SYMBOLS", Start::Dbh),
    (0x800, "ALLOW_ABSOLUTE_SYMBOLS", Start::Dbh),
    (0x1000, "IGNORE_NT_SYMPATH", Start::Nowhere),
    (0x2000, "INCLUDE_32BIT_MODULES", Start::Nowhere),
    (0x4000, "PUBLICS_ONLY", Start::Nowhere),
    (0x8000, "NO_PUBLICS", Start::Nowhere),
    (0x1_0000, "AUTO_PUBLICS", Start::Everywhere),
    (0x2_0000, "NO_IMAGE_SEARCH", Start::Debuggers),
    (0x4_0000, "SECURE", Start::Nowhere),
    (0x8_0000, "NO_PROMPTS", Start::Consoles),
    (0x10_0000, "OVERWRITE", Start::Nowhere),
    (0x20_0000, "IGNORE_IMAGEDIR", Start::Nowhere),
    (0x40_0000, "FLAT_DIRECTORY", Start::Nowhere),
    (0x80_0000, "FAVOR_COMPRESSED", Start::Nowhere),
    (0x100_0000, "ALLOW_ZERO_ADDRESS", Start::Nowhere),
    (0x200_0000, "DISABLE_SYMSRV_AUTODETECT", Start::Nowhere),
    (0x8000_0000, "DEBUG", Start::Nowhere),
];

#[test]
fn every_bit_has_its_name_in_ascending_order() {
    let named: Vec<_> = SymbolOptions::named()
        .map(|(option, name)| (option.bits(), name.to_owned()))
        .collect();
    let table: Vec<_> = TABLE
        .iter()
        .map(|(bit, name, _)| (*bit, format!("SYMOPT_{name}")))
        .collect();
    assert_eq!(named, table);
    assert!(named.is_sorted_by(|(left, _), (right, _)| left < right));
    assert!(named.iter().all(|(bit, _)| bit.is_power_of_two()));
}

#[test]
fn start_values_are_the_columns_of_the_table() {
    let table = [
        (
            Debugger::Cdb,
            &[Start::Everywhere, Start::Debuggers, Start::Consoles][..],
        ),
        (Debugger::Kd, &[Start::Everywhere, Start::Debuggers, Start::Consoles]),
        (Debugger::Ntsd, &[Start::Everywhere, Start::Debuggers, Start::Consoles]),
        (
            Debugger::WinDbg,
            &[Start::Everywhere, Start::Debuggers, Start::WinDbgAndDbh],
        ),
        (Debugger::Dbh, &[Start::Everywhere, Start::Dbh, Start::WinDbgAndDbh]),
    ];
    for (debugger, columns) in table {
        let set = TABLE.iter().filter(|(_, _, start)| columns.contains(start));
        let options = set.fold(SymbolOptions::new(0), |options, (bit, _, _)| {
            options.with(SymbolOptions::new(*bit))
        });
        assert_eq!(options, debugger.start_options(), "{debugger}");
    }
}

#[test]
fn options_are_added_and_taken_away_bit_by_bit() {
    let options = SymbolOptions::new(0xB0227);
    assert_eq!(options.without(SymbolOptions::NO_PROMPTS), SymbolOptions::new(0x30227));
    assert_eq!(options.with(SymbolOptions::NO_PROMPTS), options);
    assert_eq!(options.with(SymbolOptions::DEBUG).bits(), 0x800B_0227);
    assert_eq!(options.without(SymbolOptions::DEBUG), options);
    let unknown = SymbolOptions::new(0x4000_0000);
    assert!(options.with(unknown).contains(unknown), "unknown bits are kept");
}

#[test]
fn flags_are_read_in_radix_16_and_start_options_in_decimal() {
    let digit = |found, radix| Err(FlagsError::Digit { found, radix });
    use Radix::{Decimal, Hexadecimal};
    let table = [
        ("80000", Ok(0x80000), Ok(80000)),
        ("0x80000", Ok(0x80000), Ok(0x80000)),
        ("0X30227", Ok(0x30227), Ok(0x30227)),
        ("0", Ok(0), Ok(0)),
        ("0xffffffff", Ok(u32::MAX), Ok(u32::MAX)),
        ("4294967295", Err(FlagsError::TooLarge), Ok(u32::MAX)),
        ("4294967296", Err(FlagsError::TooLarge), Err(FlagsError::TooLarge)),
        ("0x100000000", Err(FlagsError::TooLarge), Err(FlagsError::TooLarge)),
        ("aB", Ok(0xAB), digit('a', Decimal)),
        ("", Err(FlagsError::Empty), Err(FlagsError::Empty)),
        ("0x", Err(FlagsError::Empty), Err(FlagsError::Empty)),
        ("+1", digit('+', Hexadecimal), digit('+', Decimal)),
        ("-1", digit('-', Hexadecimal), digit('-', Decimal)),
        ("1 2", digit(' ', Hexadecimal), digit(' ', Decimal)),
        ("0xg", digit('g', Hexadecimal), digit('g', Hexadecimal)),
        ("0x0x1", digit('x', Hexadecimal), digit('x', Hexadecimal)),
        ("\u{661}", digit('\u{661}', Hexadecimal), digit('\u{661}', Decimal)),
    ];
    for (text, flags, sflags) in table {
        assert_eq!(
            SymbolOptions::parse_flags(text).map(SymbolOptions::bits),
            flags,
            "{text:?}"
        );
        assert_eq!(
            SymbolOptions::parse_sflags(text).map(SymbolOptions::bits),
            sflags,
            "{text:?}"
        );
    }
}

#[test]
fn malformed_flags_are_told_in_words() {
    let table = [
        ("x", "`x` is no decimal digit"),
        ("0xz", "`z` is no hexadecimal digit"),
        ("\u{1b}", r"`\u{1b}` is no decimal digit"),
        ("", "a number is missing"),
        ("99999999999", "the number has more than 32 bits"),
    ];
    for (text, expected) in table {
        assert_eq!(
            SymbolOptions::parse_sflags(text).unwrap_err().to_string(),
            expected,
            "{text:?}"
        );
    }
}
