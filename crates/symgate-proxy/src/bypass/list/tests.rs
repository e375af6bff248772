//! The systems' bypass lists, each rule as rows beside `NO_PROXY`, curl and Go (docs/symsrv.md §4.5).

use super::*;
use crate::bypass::NoProxy;

/// A list, a URL and what is done: `D` direct, `P` through the proxy, `R` through the proxy because the entry is refused.
///
/// The first four letters are `WinInet`, `WinHttp`, `Gnome` and `Kde`, the fifth our `NO_PROXY`: they are computed. The
/// last two are curl's and Go's answers to the same text in `NO_PROXY`, read in `lib/noproxy.c` and `httpproxy/proxy.go`.
const ROWS: &[(&str, &str, &str, &str)] = &[
    // A name is that host only on Windows, and a domain elsewhere.
    ("corp.com", "http://corp.com/", "DDDDD", "DD"),
    ("corp.com", "http://a.corp.com/", "PPDDD", "DD"),
    ("corp.com", "http://xcorp.com/", "PPPPP", "PP"),
    ("corp.com", "http://corp.com.example/", "PPPPP", "PP"),
    ("corp.com", "http://com/", "PPPPP", "PP"),
    ("corp.com", "https://corp.com:81/", "DDDDD", "DD"),
    ("build", "http://build/", "DDDDD", "DD"),
    ("build", "http://xbuild/", "PPPPP", "PP"),
    ("build", "http://build.corp.com/", "PPPPP", "PP"),
    ("a_b.corp.com", "http://a_b.corp.com/", "DDDDD", "DD"),
    // Case, dots, international names.
    ("CORP.com", "http://corp.COM/", "DDDDD", "DD"),
    ("corp.com.", "http://corp.com/", "DDDDD", "DP"),
    ("corp.com", "http://corp.com./", "DDDDD", "DP"),
    ("corp.com..", "http://corp.com/", "RRRRR", "PP"),
    ("bücher.example", "http://bücher.example/", "DDDDD", "PD"),
    ("xn--bcher-kva.example", "http://bücher.example/", "DDDDD", "DD"),
    ("*.bücher.example", "http://a.bücher.example/", "DDDDR", "PD"),
    ("*ü.example", "http://bü.example/", "RRRRR", "PP"),
    // A leading dot.
    (".corp.com", "http://a.corp.com/", "DDDDD", "DD"),
    (".corp.com", "http://b.a.corp.com/", "DDDDD", "DD"),
    (".corp.com", "http://corp.com/", "PPDDD", "DP"),
    (".corp.com", "http://xcorp.com/", "PPPPP", "PP"),
    (".", "http://corp.com/", "RRRRR", "PP"),
    ("..corp.com", "http://corp.com/", "RRRRR", "PP"),
    // Stars at the left end.
    ("*", "http://corp.com/", "DDDDD", "DD"),
    ("*", "http://10.1.2.3/", "DDDDD", "DD"),
    ("*", "https://[2001:db8::1]:81/", "DDDDD", "DD"),
    ("*.corp.com", "http://a.corp.com/", "DDDDR", "PD"),
    ("*.corp.com", "http://b.a.corp.com/", "DDDDR", "PD"),
    ("*.corp.com", "http://corp.com/", "PPDDR", "PP"),
    ("*.corp.com", "http://xcorp.com/", "PPPPR", "PP"),
    ("*.CORP.com.", "http://a.corp.com./", "DDDDR", "PP"),
    ("*corp.com", "http://xcorp.com/", "DDRRR", "PP"),
    ("*corp.com", "http://corp.com/", "DDRRR", "PP"),
    ("*corp.com", "http://corp.com.example/", "PPRRR", "PP"),
    ("*.1.2.3.4", "http://1.2.3.4/", "PPRRR", "PP"),
    // Stars elsewhere.
    ("ms*", "http://msdl.microsoft.com/", "DRRRR", "PP"),
    ("ms*", "http://xmsdl.microsoft.com/", "PRRRR", "PP"),
    ("*int*", "http://printer/", "DRRRR", "PP"),
    ("*int*", "http://a.internal.corp.com/", "DRRRR", "PP"),
    ("*int*", "http://corp.com/", "PRRRR", "PP"),
    ("a*b*c", "http://aXbXbXc/", "DRRRR", "PP"),
    ("a*b*c", "http://abc/", "DRRRR", "PP"),
    ("a*b*c", "http://acb/", "PRRRR", "PP"),
    ("a*a", "http://a/", "PRRRR", "PP"),
    ("a*a", "http://aa/", "DRRRR", "PP"),
    ("**", "http://corp.com/", "DRRRR", "PP"),
    ("build*.corp.com", "http://build7.corp.com/", "DRRRR", "PP"),
    ("build*.corp.com", "http://build.x.corp.com/", "DRRRR", "PP"),
    ("build*.corp.com", "http://build.corp.com.example/", "PRRRR", "PP"),
    ("corp.*", "http://corp.com/", "DRRRR", "PP"),
    ("*.corp.*", "http://a.corp.example/", "DRRRR", "PP"),
    ("10.*", "http://10.1.2.3/", "DRRRR", "PP"),
    ("10.*", "http://110.1.2.3/", "PRRRR", "PP"),
    ("10.*", "http://0xa010203/", "DRRRR", "PP"),
    ("*.2.3", "http://10.1.2.3/", "DDRRR", "PD"),
    ("192.168.*.1", "http://192.168.7.1/", "DRRRR", "PP"),
    ("[2001:db8:*]", "http://[2001:db8::1]/", "DRRRR", "PP"),
    ("[2001:db8:*]", "http://[2001:db9::1]/", "PRRRR", "PP"),
    ("2001:db8:*", "http://[2001:db8::1]/", "RRRRR", "PP"),
    ("ü.*", "http://ü.corp.com/", "DRRRR", "PP"),
    ("ms?", "http://msd/", "RRRRR", "PP"),
    // `<local>`.
    ("<local>", "http://build/", "DDRDR", "PP"),
    ("<LOCAL>", "http://build/", "DDRDR", "PP"),
    ("<local>", "http://build:81/", "DDRDR", "PP"),
    ("<local>", "http://build.corp.com/", "PPRPR", "PP"),
    ("<local>", "http://build./", "PPRPR", "PP"),
    ("<local>", "http://10.1.2.3/", "PPRPR", "PP"),
    ("<local>", "http://[2001:db8::1]/", "PPRPR", "PP"),
    ("<local>:80", "http://build/", "RRRRR", "PP"),
    ("http://<local>", "http://build/", "RRRRR", "PP"),
    ("<remote>", "http://build/", "RRRRR", "PP"),
    // Schemes and ports.
    ("http://corp.com", "http://corp.com/", "DDRRR", "PP"),
    ("http://corp.com", "https://corp.com/", "PPRRR", "PP"),
    ("HTTPS://*.corp.com", "https://a.corp.com/", "DDRRR", "PP"),
    ("https://*", "https://corp.com/", "DDRRR", "PP"),
    ("https://*", "http://corp.com/", "PPRRR", "PP"),
    ("ftp://h", "ftp://h/", "DDRRR", "PP"),
    ("://corp.com", "http://corp.com/", "RRRRR", "PP"),
    ("ht/tp://corp.com", "http://corp.com/", "RRRRR", "PP"),
    ("http://corp.com/", "http://corp.com/", "RRRRR", "PP"),
    ("http://corp.com:80", "http://corp.com/", "DDRRR", "PP"),
    ("corp.com:8080", "http://corp.com:8080/", "DDDDD", "PD"),
    ("corp.com:8080", "http://corp.com/", "PPPPP", "PP"),
    ("corp.com:443", "https://corp.com/", "DDDDD", "PD"),
    ("*.corp.com:8080", "http://a.corp.com:8080/", "DDDDR", "PD"),
    ("*:8080", "http://corp.com:8080/", "DDRRR", "PP"),
    ("*:8080", "http://corp.com/", "PPRRR", "PP"),
    ("corp.com:", "http://corp.com/", "RRRRR", "PD"),
    ("corp.com:0", "http://corp.com/", "RRRRR", "PP"),
    ("corp.com:65616", "http://corp.com/", "RRRRR", "PP"),
    // Addresses.
    ("10.0.0.1", "http://10.0.0.1/", "DDDDD", "DD"),
    ("10.0.0.1", "http://10.0.0.11/", "PPPPP", "PP"),
    ("10.0.0.1", "http://0xa000001/", "DDDDD", "DP"),
    ("10.0.0.1:81", "http://10.0.0.1:81/", "DDDDD", "PD"),
    ("10.0.0.1:81", "http://10.0.0.1/", "PPPPP", "PP"),
    ("10.1", "http://10.0.0.1/", "RRRRR", "PP"),
    (".0.1", "http://10.0.0.1/", "RRRRR", "PD"),
    ("2001:db8::1", "http://[2001:db8::1]/", "DDDDD", "DD"),
    ("[2001:DB8:0::1]", "http://[2001:db8::1]/", "DDDDD", "PP"),
    ("[2001:db8::1]:81", "http://[2001:db8::1]:81/", "DDDDD", "PD"),
    ("[2001:db8::1]:81", "http://[2001:db8::1]/", "PPPPP", "PP"),
    ("[2001:db8::1", "http://[2001:db8::1]/", "RRRRR", "PP"),
    ("x[2001:db8::1]", "http://[2001:db8::1]/", "RRRRR", "PP"),
    ("fe80::1%eth0", "http://[fe81::1]/", "EEEER", "PP"),
    // Networks, an extension on Windows.
    ("10.0.0.0/8", "http://10.1.2.3/", "DDDDD", "DD"),
    ("10.0.0.0/8", "http://11.1.2.3/", "PPPPP", "PP"),
    ("10.0.0.0/8", "http://10.corp.com/", "PPPPP", "PP"),
    ("2001:db8::/32", "http://[2001:db8:ffff::1]/", "DDDDD", "DD"),
    ("[2001:db8::]/32", "http://[2001:db8::1]/", "DDDDD", "PP"),
    ("http://10.0.0.0/8", "http://10.1.2.3/", "DDRRR", "PP"),
    ("10.0.0.0/33", "http://10.0.0.0/", "RRRRR", "PP"),
    ("corp.com/8", "http://corp.com/", "RRRRR", "PP"),
    // What needs no proxy without being listed.
    ("a.test", "http://localhost/", "DDDDP", "PD"),
    ("a.test", "http://LOCALHOST./", "DDDDP", "PP"),
    ("a.test", "http://a.localhost/", "DDDDP", "PP"),
    ("a.test", "http://xlocalhost/", "PPPPP", "PP"),
    ("a.test", "http://loopback/", "DDDDP", "PP"),
    ("a.test", "http://a.loopback/", "PPPPP", "PP"),
    ("a.test", "http://127.0.0.1/", "DDDDP", "PD"),
    ("a.test", "http://127.8.9.1:81/", "DDDDP", "PD"),
    ("a.test", "http://[::1]/", "DDDDP", "PD"),
    ("a.test", "http://[::2]/", "PPPPP", "PP"),
    ("a.test", "http://[::ffff:127.0.0.1]/", "DDDDP", "PD"),
    ("a.test", "http://169.254.3.4/", "DDDDP", "PP"),
    ("a.test", "http://169.253.3.4/", "PPPPP", "PP"),
    ("a.test", "http://[fe80::1]/", "DDDDP", "PP"),
    ("a.test", "http://[febf::1]/", "DDDDP", "PP"),
    ("a.test", "http://[fec0::1]/", "PPPPP", "PP"),
    ("a.test", "http://localhost.corp.com/", "PPPPP", "PP"),
    ("<-loopback>", "http://localhost/", "PPPPR", "PD"),
    ("<-LOOPBACK>", "http://127.0.0.1/", "PPPPR", "PD"),
    ("<-loopback>", "http://[fe80::1]/", "PPPPR", "PP"),
    ("<-loopback>", "http://169.254.3.4/", "PPPPR", "PP"),
    ("<-loopback>", "http://corp.com/", "PPPPR", "PP"),
    // Words of other lists.
    ("u:p@corp.com", "http://corp.com/", "RRRRR", "PP"),
    ("%61", "http://a/", "RRRRR", "PP"),
];

/// A list, its rules, how many entries are valid, and the places of those that are refused.
type Refusals<'r> = (&'r str, BypassRules, usize, &'r [(usize, Fault)]);

fn done(list: &str, url: &str, rules: BypassRules) -> char {
    let (parsed, remarks) = BypassList::parse(list, rules);
    let bypass = parsed.matching(&Url::parse(url).unwrap());
    match (bypass, remarks.is_empty()) {
        (Some(_), true) => 'D',
        (None, true) => 'P',
        (None, false) => 'R',
        (Some(_), false) => 'E',
    }
}

#[test]
fn decides_as_each_rule_set_says() {
    const SETS: [BypassRules; 4] = [
        BypassRules::WinInet,
        BypassRules::WinHttp,
        BypassRules::Gnome,
        BypassRules::Kde,
    ];
    for &(list, url, ours, others) in ROWS {
        let mut found: String = SETS.iter().map(|rules| done(list, url, *rules)).collect();
        let (parsed, remarks) = NoProxy::parse(list);
        found.push(match parsed.matching(&Url::parse(url).unwrap()) {
            Some(_) => 'D',
            None if remarks.is_empty() => 'P',
            None => 'R',
        });
        assert_eq!(found, ours, "`{list}` for {url} (curl and Go {others})");
    }
}

#[test]
fn separates_and_lets_the_last_word_on_loopback_count() {
    use BypassRules::{Gnome, Kde, WinHttp, WinInet};
    // A list, its rules, a URL, the reason for direct.
    for (list, rules, url, expected) in [
        ("a;b c\td", WinInet, "http://d/", "entry `d`"),
        (";; a ;b", WinInet, "http://b/", "entry `b`"),
        ("a,b", WinInet, "http://b/", ""),
        ("a;b", WinHttp, "http://b/", "entry `b`"),
        ("a,b", WinHttp, "http://b/", ""),
        ("a, b c", Gnome, "http://c/", "entry `c`"),
        ("a;b", Gnome, "http://b/", ""),
        ("a,b", Kde, "http://b/", "entry `b`"),
        ("a;b", Kde, "http://b/", ""),
        ("", WinInet, "http://a/", ""),
        ("", WinInet, "http://localhost/", "loopback or link-local"),
        (
            "*.corp.com;a.corp.com",
            WinInet,
            "http://a.corp.com/",
            "entry `*.corp.com`",
        ),
        ("b;*", WinInet, "http://a/", "entry `*`"),
        ("localhost;<-loopback>", WinInet, "http://localhost/", ""),
        (
            "<-loopback>;localhost",
            WinInet,
            "http://localhost/",
            "entry `localhost`",
        ),
        ("<-loopback>;localhost", WinInet, "http://127.0.0.1/", ""),
        ("<local>;<-loopback>", WinInet, "http://localhost/", ""),
        ("<-loopback>;<local>", WinInet, "http://localhost/", "entry `<local>`"),
        ("<local>;<-loopback>", WinInet, "http://build/", "entry `<local>`"),
        ("*;<-loopback>", WinHttp, "http://127.0.0.1/", ""),
        ("*;<-loopback>", WinHttp, "http://10.0.0.1/", "entry `*`"),
        ("<-loopback>;127.0.0.1;<-loopback>", WinInet, "http://127.0.0.1/", ""),
        ("<-loopback>,::1", Gnome, "http://[::1]/", "entry `::1`"),
        ("<-loopback>,::1", Kde, "http://127.0.0.1/", ""),
        ("*", WinInet, "file:///c:/s", ""),
    ] {
        let (parsed, _) = BypassList::parse(list, rules);
        let found = parsed
            .matching(&Url::parse(url).unwrap())
            .map(|bypass| bypass.to_string());
        assert_eq!(found.unwrap_or_default(), expected, "`{list}` by {rules:?} for {url}");
    }
}

#[test]
fn refuses_an_entry_at_its_place_and_keeps_the_others() {
    use BypassRules::{Gnome, Kde, WinHttp, WinInet};
    use Fault::{Host, Port, Prefix, Scheme, Wildcard, WildcardPlace};
    let rows: &[Refusals<'_>] = &[
        ("", WinInet, 0, &[]),
        (" ; ;", WinInet, 0, &[]),
        ("<local>;<-loopback>;*x*", WinInet, 3, &[]),
        ("a,b;c", WinInet, 1, &[(0, Host)]),
        ("a;b:x;c:0", WinInet, 1, &[(2, Port), (6, Port)]),
        ("10.0.0.0/33 a", WinInet, 1, &[(0, Prefix)]),
        ("[::1]x;[::g]", WinInet, 0, &[(0, Port), (7, Host)]),
        ("[fe80:*.1];[*", WinInet, 0, &[(0, Host), (11, Host)]),
        ("a*b..c;*.;*", WinInet, 2, &[(0, Host)]),
        ("ü;10.*;*.ü", WinHttp, 2, &[(3, WildcardPlace)]),
        (
            "**;a.*.b;*a*",
            WinHttp,
            0,
            &[(0, WildcardPlace), (3, WildcardPlace), (9, WildcardPlace)],
        ),
        ("a,http://b,<local>", Gnome, 1, &[(2, Scheme), (11, Host)]),
        (
            "*,a,*b,a*,*.10.0.0.1",
            Gnome,
            2,
            &[(4, Wildcard), (7, Wildcard), (10, Wildcard)],
        ),
        ("<local>,10.0.0.0/8,a;b", Kde, 2, &[(19, Host)]),
    ];
    for (value, rules, valid, refused) in rows {
        let (list, remarks) = BypassList::parse(value, *rules);
        let expected: Vec<_> = refused
            .iter()
            .map(|&(offset, fault)| Remark {
                offset,
                note: Note::Refused(fault),
            })
            .collect();
        assert_eq!(remarks, expected, "`{value}` by {rules:?}");
        assert_eq!(list.len(), *valid, "`{value}` by {rules:?}");
        assert_eq!(list.is_empty(), *valid == 0, "`{value}`");
    }
}
