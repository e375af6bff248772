//! Names, addresses and patterns, row by row.

use super::*;

#[test]
fn a_plain_name_has_no_dot_and_is_no_address() {
    for (host, expected) in [
        ("www", true),
        ("", true),
        ("www.corp.com", false),
        ("www.", false),
        ("10.0.0.1", false),
        ("::1", false),
        ("[::1]", false),
        ("2001:db8::1", false),
        ("a:b", true),
    ] {
        assert_eq!(is_plain_host_name(host), expected, "`{host}`");
    }
}

#[test]
fn a_domain_is_how_a_host_ends() {
    for (host, domain, expected) in [
        ("www.corp.com", ".corp.com", true),
        ("www.corp.com", "corp.com", true),
        ("corp.com", ".corp.com", false),
        ("corp.com", "corp.com", true),
        ("badcorp.com", "corp.com", true),
        ("www", ".corp.com", false),
        ("www.corp.com", "", true),
        ("www.Corp.com", ".corp.com", false),
        ("", ".com", false),
    ] {
        assert_eq!(dns_domain_is(host, domain), expected, "`{host}` `{domain}`");
    }
    for (host, whole, expected) in [
        ("www.corp.com", "www.corp.com", true),
        ("www", "www.corp.com", true),
        ("www.corp", "www.corp.com", true),
        ("ww", "www.corp.com", false),
        ("home.corp.com", "www.corp.com", false),
        ("www.mcom.com", "www.corp.com", false),
        ("", "www.corp.com", false),
        ("", ".com", true),
    ] {
        assert_eq!(local_host_or_domain_is(host, whole), expected, "`{host}` `{whole}`");
    }
    for (host, levels) in [("www", 0), ("www.corp.com", 2), ("", 0), ("a.", 1), ("10.0.0.1", 3)] {
        assert_eq!(dns_domain_levels(host), levels, "`{host}`");
    }
}

#[test]
fn nets_want_strict_addresses_and_any_mask() {
    for (address, pattern, mask, expected) in [
        ("10.1.2.3", "10.0.0.0", "255.0.0.0", true),
        ("11.1.2.3", "10.0.0.0", "255.0.0.0", false),
        ("10.1.2.3", "10.9.9.9", "255.0.0.0", true),
        ("10.1.2.3", "10.1.2.3", "255.255.255.255", true),
        ("1.2.3.4", "0.0.0.0", "0.0.0.0", true),
        ("10.1.2.3", "10.0.2.0", "255.0.255.0", true),
        ("010.001.002.003", "10.1.2.3", "255.255.255.255", true),
    ] {
        let [address, pattern, mask] = [address, pattern, mask].map(|text| dotted(text).expect("an address"));
        assert_eq!(in_net(address, pattern, mask), expected, "{address} {pattern} {mask}");
    }
    for text in [
        "",
        "10",
        "10.0.0",
        "10.0.0.0.0",
        "10.0.0.256",
        "10.0.0.-1",
        "10.0.0.0001",
        "10.0.0.x",
        "::1",
        " 1.2.3.4",
        "1..2.3",
    ] {
        assert_eq!(dotted(text), None, "`{text}`");
    }
    for (text, expected) in [
        ("10.0.0.1", 167_772_161),
        ("192.168.1.1", -1_062_731_519),
        ("255.255.255.255", -1),
        ("0.0.0.0", 0),
        ("1", 16_777_216),
        ("", 0),
        ("1.x.3.4", 16_777_988),
        ("257.0.0.0", 16_777_216),
        ("1.2.3.4.5", 16_909_060),
    ] {
        assert_eq!(convert_addr(text), expected, "`{text}`");
    }
}

#[test]
fn prefixes_compare_addresses_of_both_families() {
    for (address, prefix, expected) in [
        ("198.95.249.79", "198.95.249.79/32", true),
        ("198.95.6.8", "198.95.0.0/16", true),
        ("198.96.6.8", "198.95.0.0/16", false),
        ("3ffe:8311:ffff:abcd::1", "3ffe:8311:ffff::/48", true),
        ("3ffe:8311:fffe:abcd::1", "3ffe:8311:ffff::/48", false),
        ("1.2.3.4", "0.0.0.0/0", true),
        ("::1", "::/0", true),
        ("::1", "::1/128", true),
        ("::1", "::1/129", false),
        ("1.2.3.4", "1.2.3.4/33", false),
        ("1.2.3.4", "::ffff:1.2.3.0/120", true),
        ("::ffff:1.2.3.4", "1.2.3.0/24", true),
        ("::1", "1.2.3.0/24", false),
        ("::1", "1.2.3.0/33", false),
        ("www", "0.0.0.0/0", false),
        ("1.2.3.4", "1.2.3.4", false),
        ("1.2.3.4", "1.2.3.4/", false),
        ("1.2.3.4", "1.2.3.4/x", false),
        ("1.2.3.4", "1.2.3.4/+8", false),
        ("1.2.3.4", "1.2.3/8", false),
        ("1.2.3.4", "1.2.3.4/99999999999", false),
        ("", "", false),
    ] {
        assert_eq!(is_in_net_ex(address, prefix), expected, "`{address}` `{prefix}`");
    }
}

#[test]
fn lists_are_sorted_with_ipv6_first() {
    for (list, expected) in [
        (
            "10.2.3.9;2001:4898:28:3:201:2ff:feea:fc14;::1;127.0.0.1;::9",
            Some("::1;::9;2001:4898:28:3:201:2ff:feea:fc14;10.2.3.9;127.0.0.1"),
        ),
        ("2.2.2.2", Some("2.2.2.2")),
        (" 2.2.2.2 ;\t1.1.1.1 ", Some("1.1.1.1;2.2.2.2")),
        (";;1.1.1.1;;", Some("1.1.1.1")),
        ("1.1.1.1;0:0::1", Some("0:0::1;1.1.1.1")),
        ("1.1.1.1;1.1.1.1", Some("1.1.1.1;1.1.1.1")),
        ("", None),
        (";", None),
        (" ; ; ", None),
        ("1.1.1.1;www", None),
        ("1.1.1.1,2.2.2.2", None),
    ] {
        assert_eq!(sort_ip_address_list(list).as_deref(), expected, "`{list}`");
    }
}

#[test]
fn patterns_match_the_whole_text() {
    for (text, pattern, expected) in [
        ("www.corp.com", "*.corp.com", true),
        ("corp.com", "*.corp.com", false),
        ("www.corp.com", "*corp*", true),
        ("www.corp.com", "corp", false),
        ("www.corp.com", "www.corp.com", true),
        ("wwwxcorp.com", "www.corp.com", false),
        ("www.corp.com", "WWW.*", false),
        ("http://a/b?c", "http://*/b?c", true),
        ("http://a/bxc", "http://*/b?c", true),
        ("abc", "a?c", true),
        ("ac", "a?c", false),
        ("abc", "a**c", true),
        ("abc", "*", true),
        ("", "*", true),
        ("", "", true),
        ("", "?", false),
        ("a", "", false),
        ("aXbXc", "*X*X*", true),
        ("aXb", "*X*X*", false),
        ("mississippi", "m*iss*pi", true),
        ("mississippi", "m*iss*x", false),
        ("ü", "?", true),
        ("ü", "??", false),
        ("aüb", "a?b", true),
        // Two of what scripts count.
        ("𝄞", "??", true),
    ] {
        assert_eq!(
            sh_exp_match(text, pattern),
            Glob::Plain(expected),
            "`{text}` `{pattern}`"
        );
    }
    for (pattern, expected) in [
        ("(*.a.com|*.b.com)", r"^(.*\.a\.com|.*\.b\.com)$"),
        ("10.[0-9]*", r"^10\.[0-9].*$"),
        ("a$", "^a$$"),
    ] {
        assert_eq!(
            sh_exp_match("x", pattern),
            Glob::Expression(expected.to_owned()),
            "`{pattern}`"
        );
    }
}

#[test]
fn only_names_are_looked_up() {
    for (text, expected) in [
        ("www.Corp.com", Some(Wanted::Name("www.corp.com".to_owned()))),
        ("bücher.example", Some(Wanted::Name("xn--bcher-kva.example".to_owned()))),
        (
            "10.0.0.1",
            Some(Wanted::Address(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)))),
        ),
        ("127.1", Some(Wanted::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)))),
        ("::1", Some(Wanted::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)))),
        ("[::1]", Some(Wanted::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)))),
        ("", None),
        ("a b", None),
        ("a/b", None),
        ("http://a", None),
        ("%61", None),
    ] {
        assert_eq!(wanted(text), expected, "`{text}`");
    }
    let name = |length: usize| "x".repeat(63) + &".x".repeat((length - 63) / 2);
    assert!(wanted(&name(253)).is_some());
    assert_eq!(wanted(&name(255)), None);
}
