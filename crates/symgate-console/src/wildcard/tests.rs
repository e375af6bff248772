//! Wildcards against a table, a matcher that knows no trick, and time.

use proptest::prelude::*;

use super::*;

#[test]
fn patterns_match_as_documented() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "anything", true),
        ("nt*", "NTDLL", true),
        ("*dll", "ntdll", true),
        ("*dll", "ntdll2", false),
        ("n?dll", "ntdll", true),
        ("n?dll", "ndll", false),
        ("[a-c]x", "Bx", true),
        ("[a-c]x", "dx", false),
        ("[c-a]x", "bx", true),
        ("[-a]x", "-x", true),
        ("[a-]x", "-x", true),
        ("[]x", "x", false),
        ("[ax", "[ax", true),
        ("fo#", "f", true),
        ("fo#", "fooo", true),
        ("fo+", "f", false),
        ("fo+", "foo", true),
        ("[0-9]+", "2024", true),
        ("a*+b", "ab", true),
        ("#a", "#a", true),
        ("+a", "+a", true),
        (r"a\*", "a*", true),
        (r"a\*", "ab", false),
        (r"a\", r"a\", true),
        (r"a\##", "a", true),
        (r"a\##", "a##", true),
        ("ÄB", "äb", true),
    ] {
        assert_eq!(Wildcard::new(pattern).matches(text), expected, "{pattern} {text}");
    }
}

#[test]
fn a_literal_has_no_wildcards() {
    assert!(Wildcard::literal("A*").matches("a*"));
    assert!(!Wildcard::literal("a*").matches("ab"));
}

#[test]
fn a_pattern_of_stars_takes_no_longer_than_its_product() {
    let (pattern, text) = ("a#".repeat(2_000) + "b", "a".repeat(2_000));
    assert!(!Wildcard::new(&pattern).matches(&text));
    assert!(!Wildcard::new(&("*a".repeat(1_000) + "b")).matches(&text));
}

/// Tries everything, one character after the other.
fn naive(atoms: &[Atom], text: &[char]) -> bool {
    let Some((atom, rest)) = atoms.split_first() else {
        return text.is_empty();
    };
    let one = text.first().is_some_and(|c| atom.set.holds(*c));
    match atom.times {
        Times::Once => one && naive(rest, &text[1..]),
        Times::OnceOrMore => one && (naive(rest, &text[1..]) || naive(atoms, &text[1..])),
        Times::ZeroOrMore => naive(rest, text) || one && naive(atoms, &text[1..]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matches_what_a_naive_matcher_matches(pattern in r"[ab*?#+\\\[\]-]{0,8}", text in "[abB]{0,8}") {
        let wildcard = Wildcard::new(&pattern);
        let folded: Vec<char> = text.chars().map(folded).collect();
        prop_assert_eq!(wildcard.matches(&text), naive(&wildcard.atoms, &folded));
    }
}
