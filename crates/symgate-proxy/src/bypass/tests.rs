//! The matching rules of `NO_PROXY` and each row in which curl's differ.

use super::*;

/// A value, how many entries of it are valid, and the places of those that are refused.
type Refusals<'r> = (&'r str, usize, &'r [(usize, Fault)]);

/// What a program does with a URL: `D` direct, `P` through the proxy, `?` depends on its release.
///
/// The columns are (entries, URL, ours, curl, Go). curl's were read in `lib/noproxy.c` and unit
/// test 1614 and observed with curl 7.88; Go's were read in `http/httpproxy/proxy.go` and its test.
/// `?` marks blanks without a comma (dropped by later releases), nonsense after the slash (refused by
/// later ones too) and IPv6 prefixes within a byte (reversed in early ones). curl 7.88 itself, built
/// without its IPv6 networks, differs from the column in all IPv6 rows but the plain equal text.
const ROWS: &[(&str, &str, char, char, char)] = &[
    // 1. Separators.
    ("a.test,b.test", "http://b.test/", 'D', 'D', 'D'),
    ("a.test, b.test", "http://b.test/", 'D', 'D', 'D'),
    ("a.test ,b.test", "http://b.test/", 'D', 'D', 'D'),
    ("a.test,,,,    b.test", "http://b.test/", 'D', 'D', 'D'),
    ("a.test b.test", "http://b.test/", 'D', '?', 'P'),
    ("a.test b.test", "http://a.test/", 'D', 'D', 'P'),
    ("\ta.test\t\tb.test\n", "http://b.test/", 'D', '?', 'P'),
    (",", "http://b.test/", 'P', 'P', 'P'),
    ("a.test;b.test", "http://b.test/", 'P', 'P', 'P'),
    ("a.test;b.test", "http://a.test/", 'P', 'P', 'P'),
    // 2. Domains and the names below them.
    ("corp.com", "http://corp.com/", 'D', 'D', 'D'),
    ("corp.com", "http://a.corp.com/", 'D', 'D', 'D'),
    ("corp.com", "http://b.a.corp.com/", 'D', 'D', 'D'),
    ("corp.com", "http://xcorp.com/", 'P', 'P', 'P'),
    ("corp.com", "http://corp.com.example/", 'P', 'P', 'P'),
    ("a.corp.com", "http://corp.com/", 'P', 'P', 'P'),
    ("corp.com", "http://com/", 'P', 'P', 'P'),
    ("com", "http://corp.com/", 'D', 'D', 'D'),
    ("build", "http://build/", 'D', 'D', 'D'),
    ("build", "http://xbuild/", 'P', 'P', 'P'),
    ("barfoo", "http://foobar/", 'P', 'P', 'P'),
    ("a_b.corp.com", "http://a_b.corp.com/", 'D', 'D', 'D'),
    // 3. Leading dots.
    (".corp.com", "http://a.corp.com/", 'D', 'D', 'D'),
    (".corp.com", "http://b.a.corp.com/", 'D', 'D', 'D'),
    (".corp.com", "http://corp.com/", 'D', 'D', 'P'),
    (".corp.com", "http://xcorp.com/", 'P', 'P', 'P'),
    ("..corp.com", "http://corp.com/", 'P', 'P', 'P'),
    (".", "http://corp.com/", 'P', 'P', 'P'),
    // 4. Case and trailing dots.
    ("CORP.com", "http://a.corp.COM/", 'D', 'D', 'D'),
    ("corp.com.", "http://corp.com/", 'D', 'D', 'P'),
    (".corp.com.", "http://a.corp.com/", 'D', 'D', 'P'),
    ("corp.com", "http://corp.com./", 'D', 'D', 'P'),
    ("corp.com.", "http://corp.com./", 'D', 'D', 'D'),
    ("corp.com..", "http://corp.com/", 'P', 'P', 'P'),
    // 5. International names.
    ("bücher.example", "http://bücher.example/", 'D', 'P', 'D'),
    ("bücher.example", "http://www.xn--bcher-kva.example/", 'D', 'P', 'D'),
    ("xn--bcher-kva.example", "http://bücher.example/", 'D', 'D', 'D'),
    (".BÜCHER.example", "http://www.bücher.example/", 'D', 'P', 'D'),
    // 6. Addresses.
    ("192.168.0.1", "http://192.168.0.1/", 'D', 'D', 'D'),
    ("192.168.0.1", "http://192.168.0.11/", 'P', 'P', 'P'),
    ("192.168.0.0", "http://192.168.0.1/", 'P', 'P', 'P'),
    ("foobar", "http://192.168.0.1/", 'P', 'P', 'P'),
    ("192.168.0.1", "http://192.168.0.1.example/", 'P', 'P', 'P'),
    (".2.3", "http://10.1.2.3/", 'P', 'P', 'D'),
    ("2.3", "http://10.1.2.3/", 'P', 'P', 'D'),
    ("192.168.0.1.", "http://192.168.0.1/", 'D', 'P', 'P'),
    ("192.168.1", "http://192.168.0.1/", 'P', 'P', 'P'),
    ("192.168.000.001", "http://192.168.0.1/", 'P', 'P', 'P'),
    ("192.168.0.1", "http://0xc0a80001/", 'D', 'D', 'P'),
    ("2001:db8::1", "http://[2001:db8::1]/", 'D', 'D', 'D'),
    ("2001:db8::1", "http://[2001:db8::2]/", 'P', 'P', 'P'),
    ("2001:DB8:0:0::1", "http://[2001:db8::1]/", 'D', 'D', 'D'),
    ("[2001:db8::1]", "http://[2001:db8::1]/", 'D', 'P', 'P'),
    ("[2001:db8::1", "http://[2001:db8::1]/", 'P', 'P', 'P'),
    ("::ffff:10.0.0.1", "http://10.0.0.1/", 'P', 'P', 'D'),
    ("10.0.0.0/8", "http://[::ffff:10.0.0.1]/", 'P', 'P', 'D'),
    // 7. Networks.
    ("192.168.0.0/16", "http://192.168.255.255/", 'D', 'D', 'D'),
    ("192.168.0.0/16", "http://192.169.0.0/", 'P', 'P', 'P'),
    ("192.168.7.9/16", "http://192.168.0.1/", 'D', 'D', 'D'),
    ("192.168.0.0/24", "http://192.168.1.1/", 'P', 'P', 'P'),
    ("10.0.0.0/9", "http://10.127.0.1/", 'D', 'D', 'D'),
    ("10.0.0.0/9", "http://10.128.0.1/", 'P', 'P', 'P'),
    ("10.1.2.3/31", "http://10.1.2.2/", 'D', 'D', 'D'),
    ("10.1.2.3/32", "http://10.1.2.3/", 'D', 'D', 'D'),
    ("10.1.2.3/32", "http://10.1.2.2/", 'P', 'P', 'P'),
    ("10.0.0.0/0", "http://11.1.2.3/", 'D', 'P', 'D'),
    ("10.0.0.0/33", "http://10.0.0.0/", 'P', 'P', 'P'),
    ("10.0.0.0/", "http://10.0.0.0/", 'P', '?', 'P'),
    ("10.0.0.0/x", "http://10.0.0.0/", 'P', '?', 'P'),
    ("10.0.0.0/8:80", "http://10.1.2.3/", 'P', '?', 'P'),
    ("10.0.0.0/8", "http://10.corp.com/", 'P', 'P', 'P'),
    ("0.0.0.0/0", "http://[::1:2]/", 'P', 'P', 'P'),
    ("2001:db8::/32", "http://[2001:db8:ffff::1]/", 'D', 'D', 'D'),
    ("2001:db8::/32", "http://[2001:db9::1]/", 'P', 'P', 'P'),
    ("[2001:db8::]/32", "http://[2001:db8::1]/", 'D', 'P', 'P'),
    ("fe80::/10", "http://[febf::1]/", 'D', '?', 'D'),
    ("fe80::/10", "http://[fec0::1]/", 'P', '?', 'P'),
    ("::/0", "http://[2001:db8::1]/", 'D', 'P', 'D'),
    ("2001:db8::1/128", "http://[2001:db8::1]/", 'D', 'D', 'D'),
    ("2001:db8::1/129", "http://[2001:db8::1]/", 'P', 'P', 'P'),
    ("corp.com/8", "http://corp.com/", 'P', 'P', 'P'),
    // 8. Ports.
    ("corp.com:8080", "http://corp.com:8080/", 'D', 'P', 'D'),
    ("corp.com:8080", "http://corp.com/", 'P', 'P', 'P'),
    ("corp.com:80", "http://corp.com/", 'D', 'P', 'D'),
    ("corp.com:443", "https://a.corp.com/", 'D', 'P', 'D'),
    ("corp.com:80", "https://corp.com/", 'P', 'P', 'P'),
    ("corp.com", "http://corp.com:8080/", 'D', 'D', 'D'),
    ("10.0.0.1:81", "http://10.0.0.1:81/", 'D', 'P', 'D'),
    ("10.0.0.1:81", "http://10.0.0.1/", 'P', 'P', 'P'),
    ("[2001:db8::1]:81", "http://[2001:db8::1]:81/", 'D', 'P', 'D'),
    ("[2001:db8::1]:81", "http://[2001:db8::1]/", 'P', 'P', 'P'),
    ("corp.com:", "http://corp.com/", 'P', 'P', 'D'),
    ("corp.com:0", "http://corp.com/", 'P', 'P', 'P'),
    ("corp.com:65616", "http://corp.com/", 'P', 'P', 'P'),
    (":80", "http://corp.com/", 'P', 'P', 'P'),
    // 9. Stars.
    ("*", "http://corp.com/", 'D', 'D', 'D'),
    ("*", "http://10.1.2.3/", 'D', 'D', 'D'),
    ("*", "https://[2001:db8::1]:81/", 'D', 'D', 'D'),
    (" *, ", "http://corp.com/", 'D', 'P', 'D'),
    ("a.test,*", "http://corp.com/", 'P', 'P', 'D'),
    ("*,a.test", "http://a.test/", 'D', 'D', 'D'),
    ("*.corp.com", "http://a.corp.com/", 'P', 'P', 'D'),
    ("*.corp.com", "http://corp.com/", 'P', 'P', 'P'),
    ("10.*", "http://10.1.2.3/", 'P', 'P', 'P'),
    // 10. Loopback.
    ("a.test", "http://localhost/", 'P', 'P', 'D'),
    ("a.test", "http://127.0.0.1/", 'P', 'P', 'D'),
    ("a.test", "http://[::1]/", 'P', 'P', 'D'),
    ("localhost,127.0.0.1", "http://localhost/", 'D', 'D', 'D'),
    ("127.0.0.1.", "http://127.0.0.1/", 'D', 'P', 'D'),
    ("127.0.0.0/8", "http://127.0.0.2/", 'D', 'D', 'D'),
    // Words of other lists.
    ("http://corp.com", "http://corp.com/", 'P', 'P', 'P'),
    ("<local>", "http://build/", 'P', 'P', 'P'),
    ("u:p@corp.com", "http://corp.com/", 'P', 'P', 'P'),
];

#[test]
fn decides_like_curl_but_for_the_rows_that_differ() {
    for &(entries, url, ours, curl, go) in ROWS {
        let (list, _) = NoProxy::parse(entries);
        let found = if list.matching(&Url::parse(url).unwrap()).is_some() {
            'D'
        } else {
            'P'
        };
        assert_eq!(found, ours, "`{entries}` for {url} (curl {curl}, Go {go})");
    }
}

#[test]
fn differs_from_curl_only_in_documented_rules() {
    // Rules 5 to 9: IDN, trailing dot of an address, brackets, `/0`, ports, blanks around `*`.
    let differing: Vec<_> = ROWS
        .iter()
        .filter(|row| row.3 != '?' && row.2 != row.3)
        .map(|row| row.0)
        .collect();
    assert_eq!(
        differing,
        [
            "bücher.example",
            "bücher.example",
            ".BÜCHER.example",
            "192.168.0.1.",
            "[2001:db8::1]",
            "10.0.0.0/0",
            "[2001:db8::]/32",
            "::/0",
            "corp.com:8080",
            "corp.com:80",
            "corp.com:443",
            "10.0.0.1:81",
            "[2001:db8::1]:81",
            " *, ",
            "127.0.0.1.",
        ]
    );
}

#[test]
fn refuses_an_entry_at_its_place_and_keeps_the_others() {
    use Fault::{Host, Port, Prefix, Scheme, StarNotAlone, Wildcard};
    let rows: &[Refusals<'_>] = &[
        ("", 0, &[]),
        (" , ,", 0, &[]),
        ("a,b c", 3, &[]),
        ("a,*", 1, &[(2, StarNotAlone)]),
        ("*,*", 0, &[(0, StarNotAlone), (2, StarNotAlone)]),
        ("a, *.corp.com", 1, &[(3, Wildcard)]),
        ("http://a,b", 1, &[(0, Scheme)]),
        ("a/8", 0, &[(0, Prefix)]),
        ("10.0.0.0/33", 0, &[(0, Prefix)]),
        ("10.0.0.0/+8", 0, &[(0, Prefix)]),
        ("10.0.0.0/", 0, &[(0, Prefix)]),
        ("10.0.0.0/99999999999", 0, &[(0, Prefix)]),
        ("::/129", 0, &[(0, Prefix)]),
        ("[10.0.0.0]/8", 0, &[(0, Prefix)]),
        ("[::1]x", 0, &[(0, Port)]),
        ("a:,b:0,c:70000,d:x", 0, &[(0, Port), (3, Port), (7, Port), (15, Port)]),
        ("ü,:80", 1, &[(3, Host)]),
        (". .. a..b", 0, &[(0, Host), (2, Host), (5, Host)]),
        (".2.3 127.1 999.9.9.9", 0, &[(0, Host), (5, Host), (11, Host)]),
        (
            "<local> a;b u@h %61",
            0,
            &[(0, Host), (8, Host), (12, Host), (16, Host)],
        ),
        (".[::1] [::1", 0, &[(0, Host), (7, Host)]),
        ("fe80::1%eth0", 0, &[(0, Port)]),
    ];
    for (value, valid, refused) in rows {
        let (list, remarks) = NoProxy::parse(value);
        let expected: Vec<_> = refused
            .iter()
            .map(|&(offset, fault)| Remark {
                offset,
                note: Note::Refused(fault),
            })
            .collect();
        assert_eq!(list.len(), *valid, "`{value}`");
        assert_eq!(remarks, expected, "`{value}`");
        assert_eq!(list.is_empty(), *valid == 0, "`{value}`");
    }
}

#[test]
fn compares_hosts_of_unknown_schemes_without_case() {
    let (list, _) = NoProxy::parse("corp.com");
    assert!(list.matching(&Url::parse("foo://A.CORP.com/").unwrap()).is_some());
    assert!(list.matching(&Url::parse("foo:corp.com").unwrap()).is_none());
}

#[test]
fn index_finds_what_going_through_the_list_finds() {
    let entries = [
        "corp.com:8080",
        "a.corp.com",
        "corp.com",
        ".b.corp.com:443",
        "b.corp.com",
        "com",
        "10.0.0.0/8:1",
        "10.1.0.0/16",
        "10.0.0.0/8",
        "10.1.2.3:80",
        "::1",
        "2001:db8::/32",
        "[2001:db8::1]:80",
        "*",
    ];
    let urls = [
        "http://corp.com/",
        "http://corp.com:8080/",
        "https://x.b.corp.com/",
        "http://b.corp.com./",
        "other://A.CORP.com/",
        "http://xcorp.com/",
        "http://example.org/",
        "http://..com/",
        "http://10.1.2.3/",
        "http://10.2.2.3/",
        "http://11.2.2.3/",
        "http://[::1]/",
        "http://[2001:db8::1]/",
        "http://[2001:db8::2]:80/",
    ];
    let urls: Vec<Url> = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
    // Every order that turning the list makes, forwards and backwards, so that each entry has been before each other.
    for turn in 0..entries.len() {
        let mut turned = entries;
        turned.rotate_left(turn);
        let mut back = turned;
        back.reverse();
        for list in [turned, back] {
            let (list, _) = NoProxy::parse(&list.join(","));
            for url in &urls {
                let port = url.port_or_known_default();
                let host = url.host().unwrap();
                let mut entries = list.entries.iter();
                let expected = entries.find(|entry| entry.matches(url.scheme(), &host, port));
                let found = list.matching(url);
                assert_eq!(
                    found.map(BypassEntry::as_str),
                    expected.map(BypassEntry::as_str),
                    "{url} in {list:?}"
                );
            }
        }
    }
    let (all, _) = NoProxy::parse("*");
    assert!(urls.iter().all(|url| all.matching(url).is_some()));
}
