//! Names of variables in each case, and blank values.

use super::*;

#[test]
fn mixed_case_counts_as_upper_case_on_windows() {
    for (name, expected) in [
        ("http_proxy", "http_proxy"),
        ("Http_Proxy", "HTTP_PROXY"),
        ("HTTPS_PROXY", "HTTPS_PROXY"),
        ("No_Proxy", "NO_PROXY"),
        ("_nt_symbol_proxy", "_nt_symbol_proxy"),
    ] {
        assert_eq!(without_mixed_case(name.into()), expected, "{name}");
    }
}

#[test]
fn blank_values_are_not_set() {
    for (value, expected) in [("", true), (" \t", true), ("p", false), (";", false)] {
        assert_eq!(is_blank(OsStr::new(value)), expected, "`{value}`");
    }
}
