//! The grammar of answers, row by row.

use super::*;

fn routes(text: &str) -> Vec<String> {
    let print = |route: &Route| match route {
        Route::Unusable(error) => format!("unusable: {error}"),
        route => route.to_string(),
    };
    PacResult::parse(text).routes().iter().map(print).collect()
}

#[test]
fn reads_each_kind_of_way() {
    let socks4 = "unusable: proxy `socks4://s:1080` cannot be used, SOCKS4 is not built in";
    let rows: &[(&str, &[&str])] = &[
        ("", &["direct"]),
        ("  ", &["direct"]),
        (";", &["direct"]),
        (" ; ;\t;\n", &["direct"]),
        ("DIRECT", &["direct"]),
        ("direct", &["direct"]),
        (" DiReCt ;", &["direct"]),
        ("DIRECT;DIRECT", &["direct", "direct"]),
        ("PROXY p:3128", &["http://p:3128"]),
        ("proxy p:3128", &["http://p:3128"]),
        ("PROXY p", &["http://p:80"]),
        ("HTTP p:3128", &["http://p:3128"]),
        ("HTTP p", &["http://p:80"]),
        ("HTTPS p:8443", &["https://p:8443"]),
        ("HTTPS p", &["https://p:443"]),
        ("SOCKS s", &["socks5://s:1080"]),
        ("SOCKS s:9", &["socks5://s:9"]),
        ("SOCKS5 s", &["socks5://s:1080"]),
        ("socks5 s:9", &["socks5://s:9"]),
        ("SOCKS4 s", &[socks4]),
        ("SOCKS4 s:1080", &[socks4]),
        ("PROXY   p:80", &["http://p:80"]),
        ("PROXY\tp:80", &["http://p:80"]),
        ("PROXY \t p:80 \t", &["http://p:80"]),
        ("\r\nPROXY p:80\r\n", &["http://p:80"]),
        ("PROXY p:80;PROXY q:81", &["http://p:80", "http://q:81"]),
        (
            "PROXY p:80; PROXY q:81; DIRECT",
            &["http://p:80", "http://q:81", "direct"],
        ),
        ("DIRECT; PROXY p:80", &["direct", "http://p:80"]),
        (";;PROXY p:80;;DIRECT;;", &["http://p:80", "direct"]),
        (
            "SOCKS5 s; SOCKS s; PROXY p",
            &["socks5://s:1080", "socks5://s:1080", "http://p:80"],
        ),
        ("PROXY 10.0.0.1:80", &["http://10.0.0.1:80"]),
        ("PROXY [::1]:80", &["http://[::1]:80"]),
        ("PROXY [2001:db8::1]", &["http://[2001:db8::1]:80"]),
        ("PROXY P.Corp.COM:80", &["http://p.corp.com:80"]),
        ("PROXY bücher.example", &["http://xn--bcher-kva.example:80"]),
        ("PROXY p.:80", &["http://p.:80"]),
        ("PROXY p:65535", &["http://p:65535"]),
    ];
    for (text, expected) in rows {
        assert_eq!(routes(text), *expected, "`{text}`");
        assert!(PacResult::parse(text).remarks().is_empty(), "`{text}`");
    }
}

#[test]
fn skips_what_is_no_entry_at_its_place_and_keeps_the_rest() {
    use Fault::{Brackets, Host, Keyword, Port};
    let rows: &[(&str, &[&str], (usize, Fault))] = &[
        ("nonsense; PROXY p:80", &["http://p:80"], (0, Keyword)),
        ("PROXY p:80;  nonsense", &["http://p:80"], (13, Keyword)),
        ("PROXY p:80; DIRECT now", &["http://p:80"], (12, Keyword)),
        ("DIRECT:80; DIRECT", &["direct"], (0, Keyword)),
        ("PROXYp:80; DIRECT", &["direct"], (0, Keyword)),
        ("QUIC p:443; PROXY p:80", &["http://p:80"], (0, Keyword)),
        ("p:80; DIRECT", &["direct"], (0, Keyword)),
        ("PROXY p:80, PROXY q:80; DIRECT", &["direct"], (0, Port)),
        ("PROXY p:80 PROXY q:80; DIRECT", &["direct"], (0, Port)),
        ("PROXY; DIRECT", &["direct"], (0, Host)),
        ("PROXY :80; DIRECT", &["direct"], (0, Host)),
        ("PROXY p:; DIRECT", &["direct"], (0, Port)),
        ("PROXY p:0; DIRECT", &["direct"], (0, Port)),
        ("PROXY p:65536; DIRECT", &["direct"], (0, Port)),
        ("PROXY p:+80; DIRECT", &["direct"], (0, Port)),
        ("PROXY p:80/; DIRECT", &["direct"], (0, Port)),
        ("PROXY http://p:80; DIRECT", &["direct"], (0, Port)),
        ("PROXY u:p@h:80; DIRECT", &["direct"], (0, Port)),
        ("PROXY u@h:80; DIRECT", &["direct"], (0, Host)),
        ("PROXY a b; DIRECT", &["direct"], (0, Host)),
        ("PROXY ::1; DIRECT", &["direct"], (0, Brackets)),
        ("PROXY [::1; DIRECT", &["direct"], (0, Host)),
        ("PROXY p%41; DIRECT", &["direct"], (0, Host)),
        ("SOCKS4; DIRECT", &["direct"], (0, Host)),
        ("DIRECT; PROXY a..b:80", &["direct"], (8, Host)),
        ("ü; PROXY p", &["http://p:80"], (0, Keyword)),
        ("PROXY ü; nonsense", &["http://xn--tda:80"], (10, Keyword)),
    ];
    for (text, expected, (offset, fault)) in rows {
        assert_eq!(routes(text), *expected, "`{text}`");
        let remark = Remark {
            offset: *offset,
            note: Note::Refused(*fault),
        };
        assert_eq!(PacResult::parse(text).remarks(), [remark], "`{text}`");
    }
}

#[test]
fn an_answer_without_a_valid_entry_is_an_error_and_never_direct() {
    for text in [
        "nonsense",
        "PROXY",
        "null",
        "undefined",
        "PROXY p:x; HTTPS :1",
        "DIRECT PROXY p",
    ] {
        assert_eq!(
            routes(text),
            ["unusable: the script's answer names no usable proxy"],
            "`{text}`"
        );
        assert!(!PacResult::parse(text).remarks().is_empty(), "`{text}`");
    }
}
