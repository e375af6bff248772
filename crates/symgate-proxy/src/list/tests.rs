//! The list syntax of SYMSRV §4.2, row by row.

use super::*;

/// A value, how many entries of it are valid, and the places of those that are refused.
type Refusals<'r> = (&'r str, usize, &'r [(usize, Fault)]);

fn serving(value: &str, scheme: &str) -> String {
    let (list, _) = ProxyList::parse(value);
    let found: Vec<String> = list.serving(scheme).map(|proxy| proxy.to_string()).collect();
    found.join(" ")
}

#[test]
fn serves_each_protocol_from_its_own_entries_first() {
    for (value, http, https, ftp) in [
        ("", "", "", ""),
        ("p:80", "http://p:80", "http://p:80", "http://p:80"),
        ("http=p1:80;https=p2:8080", "http://p1:80", "http://p2:8080", ""),
        ("http=p1:80 https=p2:8080", "http://p1:80", "http://p2:8080", ""),
        ("http=p1:80\thttps=p2:8080\r\n", "http://p1:80", "http://p2:8080", ""),
        (";; http=p1:80 ; ;", "http://p1:80", "", ""),
        ("HTTP=p1:80", "http://p1:80", "", ""),
        ("http=a:80 c:82", "http://a:80", "http://c:82", "http://c:82"),
        ("c:82 http=a:80", "http://a:80", "http://c:82", "http://c:82"),
        ("ftp=f:21", "", "", "http://f:21"),
        ("gopher=g:70", "", "", ""),
        (
            "a:1;b:2;c:3",
            "http://a:1 http://b:2 http://c:3",
            "http://a:1 http://b:2 http://c:3",
            "http://a:1 http://b:2 http://c:3",
        ),
        (
            "http=a:1;x:9;http=b:2",
            "http://a:1 http://b:2",
            "http://x:9",
            "http://x:9",
        ),
        ("https=https://t:8443", "", "https://t:8443", ""),
        ("https=http://t:8443/", "", "http://t:8443", ""),
        ("https=t", "", "http://t:80", ""),
        ("https=https://t", "", "https://t:443", ""),
        ("socks=s:1080", "socks5://s:1080", "socks5://s:1080", "socks5://s:1080"),
        ("socks=s", "socks5://s:1080", "socks5://s:1080", "socks5://s:1080"),
        ("socks=socks5://s:9", "socks5://s:9", "socks5://s:9", "socks5://s:9"),
        (
            "http=a:80;socks=s:1080",
            "http://a:80",
            "socks5://s:1080",
            "socks5://s:1080",
        ),
        ("http=a:80;socks=s:1;b:2", "http://a:80", "http://b:2", "http://b:2"),
        (
            "http=[::1]:80;https=[2001:db8::1]",
            "http://[::1]:80",
            "http://[2001:db8::1]:80",
            "",
        ),
        ("http=u:p@a:80", "http://a:80", "", ""),
        ("http=http://u:p@a:80;b:1", "http://a:80", "http://b:1", "http://b:1"),
        (
            "a:1 https://u:a=b@c:2",
            "http://a:1 https://c:2",
            "http://a:1 https://c:2",
            "http://a:1 https://c:2",
        ),
    ] {
        assert_eq!(serving(value, "http"), http, "http in `{value}`");
        assert_eq!(serving(value, "https"), https, "https in `{value}`");
        assert_eq!(serving(value, "ftp"), ftp, "ftp in `{value}`");
    }
}

#[test]
fn refuses_an_entry_at_its_place_and_keeps_the_others() {
    use Fault::{Ambiguous, Brackets, Host, Kind, Port, Protocol};
    let rows: &[Refusals<'_>] = &[
        ("a:1;b:x;c:3", 2, &[(4, Port)]),
        ("  a:0", 0, &[(2, Port)]),
        ("htps=p:80", 0, &[(0, Protocol)]),
        ("http=a:1;htps=b:2", 1, &[(9, Protocol)]),
        ("=p:80", 0, &[(0, Protocol)]),
        ("http=", 0, &[(0, Host)]),
        ("http=;a:1", 1, &[(0, Host)]),
        ("http=http=a:1", 0, &[(0, Host)]),
        ("socks=http://a:1", 0, &[(0, Kind)]),
        ("http=quic://a:1 b:2", 1, &[(0, Kind)]),
        ("::1 a:1", 1, &[(0, Brackets)]),
        ("a:1,b:2", 0, &[(0, Port)]),
        ("ä\u{fffd}:1;b:2", 1, &[(0, Host)]),
        ("ü:1;b:", 1, &[(5, Port)]),
        // Pieces of a password must not become a proxy.
        ("http://u:12;34@h:80", 0, &[(0, Ambiguous), (12, Ambiguous)]),
        ("http://u:12 34@h:80", 0, &[(0, Ambiguous), (12, Ambiguous)]),
        ("http://u:12;z://34@h:80", 0, &[(0, Ambiguous), (12, Ambiguous)]),
        ("a:1;u:p@b:2", 0, &[(0, Ambiguous), (4, Ambiguous)]),
        ("http=a:1;https=u:p@b:2", 0, &[(0, Ambiguous), (9, Ambiguous)]),
        ("u:12;a:1/@b", 0, &[(0, Ambiguous), (5, Ambiguous)]),
    ];
    for (value, valid, refused) in rows {
        let (list, remarks) = ProxyList::parse(value);
        let found: Vec<_> = remarks
            .iter()
            .filter_map(|remark| match remark.note {
                Note::Refused(fault) => Some((remark.offset, fault)),
                _ => None,
            })
            .collect();
        assert_eq!(list.len(), *valid, "`{value}`");
        assert_eq!(found, *refused, "`{value}`");
    }
}

#[test]
fn a_separator_around_one_entry_is_not_ambiguous() {
    let (list, _) = ProxyList::parse(" u:p@a:1; ");
    assert_eq!(list.len(), 1);
}
