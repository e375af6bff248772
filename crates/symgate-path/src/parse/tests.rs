//! The grammar, row by row (SYMSRV §1.1, §1.9, §11.2).

use super::*;

/// Shows a value more exactly than its text: which kind each part has been taken for.
fn shape(elements: &[Element]) -> String {
    let store = |written: &Written| match written {
        Written::Store(Store::Default) => "default".to_owned(),
        Written::Store(Store::Directory(directory)) => format!("dir({directory})"),
        Written::Store(Store::Http(base)) => format!("http({base})"),
        Written::Invalid(text) => format!("invalid({text})"),
    };
    let element = |element: &Element| match element {
        Element::Cache(Local::Default) => "cache[default]".to_owned(),
        Element::Cache(Local::Directory(directory)) => format!("cache[dir({directory})]"),
        Element::DebugInfod(servers) => format!("debuginfod{servers:?}").replace("HttpBase", "http"),
        Element::Directory(directory) => format!("dir({directory})"),
        Element::Server(chain) => {
            format!(
                "chain[{}]",
                chain.written().iter().map(store).collect::<Vec<_>>().join(", ")
            )
        }
        Element::Unsupported { dll, text } => format!("unsupported({dll}, {text})"),
    };
    elements.iter().map(element).collect::<Vec<_>>().join(" ")
}

fn check(text: &str, expected: &str, warnings: &[(usize, WarningKind)]) {
    let (elements, found) = parse(text);
    assert_eq!(shape(&elements), expected, "{text:?}");
    let found: Vec<_> = found
        .into_iter()
        .map(|Warning { offset, kind }| (offset, kind))
        .collect();
    assert_eq!(found, warnings, "{text:?}");
}

fn check_silent(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        check(text, expected, &[]);
    }
}

#[test]
fn reads_elements_between_semicolons() {
    check_silent(&[
        ("", ""),
        (";", ""),
        (" ; ;\t", ""),
        (r";;C:\a;", r"dir(C:\a)"),
        (r" C:\a b ", r"dir(C:\a b)"),
        (r"C:\Dir1;C:\Dir2\DirA;rel", r"dir(C:\Dir1) dir(C:\Dir2\DirA) dir(rel)"),
        (r"cache*;\\someshare", r"cache[default] dir(\\someshare)"),
        ("srv;cache;symsrv", "dir(srv) dir(cache) dir(symsrv)"),
        ("d://x", "dir(d://x)"),
    ]);
}

#[test]
fn reads_chains() {
    check_silent(&[
        ("srv*", "chain[]"),
        ("SRV * ", "chain[]"),
        (r"srv*C:\c*https://h/s", r"chain[dir(C:\c), http(https://h/s)]"),
        (r" srv*C:\c*https://h/s ", r"chain[dir(C:\c), http(https://h/s)]"),
        (r"srv* C:\c * https://h/s", r"chain[dir(C:\c), http(https://h/s)]"),
        (r"SRV**\\s\p", r"chain[default, dir(\\s\p)]"),
        (r"srv*C:\c*", r"chain[dir(C:\c), default]"),
        ("srv**", "chain[default, default]"),
        (r"srv*\\s\sym", r"chain[dir(\\s\sym)]"),
        ("srv*https://h/sym/", "chain[http(https://h/sym)]"),
        ("srv**HTTP://H/Sym", "chain[default, http(http://h/Sym)]"),
        (
            r"symsrv*symsrv.dll*\\localserver\myshare\mycache*https://www.company.com/manysymbols",
            r"chain[dir(\\localserver\myshare\mycache), http(https://www.company.com/manysymbols)]",
        ),
        (r"SymSrv*C:\Debuggers\SYMSRV.DLL*a", "chain[dir(a)]"),
        ("symsrv*symsrv.dll", "chain[]"),
        ("symsrv*symsrv.dll*", "chain[]"),
        (
            r"srv*C:\c*\\ro1\sym*\\ro2\sym",
            r"chain[dir(C:\c), dir(\\ro1\sym), dir(\\ro2\sym)]",
        ),
        (
            "srv*a*b*c*d*e*f*g*h*i*j",
            "chain[dir(a), dir(b), dir(c), dir(d), dir(e), dir(f), dir(g), dir(h), dir(i), dir(j)]",
        ),
    ]);
}

#[test]
fn reads_the_other_elements() {
    check_silent(&[
        ("cache*", "cache[default]"),
        (r"CACHE*C:\k", r"cache[dir(C:\k)]"),
        ("cache*;srv*https://h/s", "cache[default] chain[http(https://h/s)]"),
        (
            "DebugInfoD*https://a*https://b/",
            "debuginfod[http(https://a), http(https://b)]",
        ),
        (
            r"\\someshare\that\cachestar\ignores;srv*c:\mysymbols*https://msdl.microsoft.com/download/symbols;cache*c:\mysymbols;\\anothershare\that\gets\cached",
            r"dir(\\someshare\that\cachestar\ignores) chain[dir(c:\mysymbols), http(https://msdl.microsoft.com/download/symbols)] cache[dir(c:\mysymbols)] dir(\\anothershare\that\gets\cached)",
        ),
    ]);
}

#[test]
fn malformed_elements_are_values_and_warnings() {
    use WarningKind as K;
    let unsupported = |dll: &str| K::UnsupportedServer { dll: dll.to_owned() };
    let invalid = |reason: &str| K::InvalidUrl {
        reason: reason.to_owned(),
    };
    let malformed = |reason: &str| invalid(&format!("the URL is malformed: {reason}"));
    for (text, expected, warnings) in [
        (
            r"symsrv*other.dll*C:\c*https://h",
            r"unsupported(other.dll, C:\c*https://h)",
            vec![(7, unsupported("other.dll"))],
        ),
        (
            "symsrv*other.dll",
            "unsupported(other.dll, )",
            vec![(7, unsupported("other.dll"))],
        ),
        ("symsrv*", "unsupported(, )", vec![(7, K::MissingDll)]),
        ("a;symsrv**x", "dir(a) unsupported(, x)", vec![(9, K::MissingDll)]),
        (
            "srv*a*b*c*d*e*f*g*h*i*j*k*l",
            "chain[dir(a), dir(b), dir(c), dir(d), dir(e), dir(f), dir(g), dir(h), dir(i), dir(j)]",
            vec![(24, K::TooManyStores)],
        ),
        (
            "srv*https://h1*https://h2",
            "chain[http(https://h1), http(https://h2)]",
            vec![(4, K::HttpNotLast)],
        ),
        (
            r"srv*https://h/sym*C:\c",
            r"chain[http(https://h/sym), dir(C:\c)]",
            vec![(4, K::HttpNotLast)],
        ),
        (
            r"C:\sym*\\server\share",
            r"chain[dir(C:\sym), dir(\\server\share)]",
            vec![(0, K::MissingPrefix)],
        ),
        (
            "x; a*https://h",
            "dir(x) chain[dir(a), http(https://h)]",
            vec![(3, K::MissingPrefix)],
        ),
        ("*", "chain[default, default]", vec![(0, K::MissingPrefix)]),
        (
            "https://h/s",
            "chain[http(https://h/s)]",
            vec![(0, K::UrlWithoutPrefix)],
        ),
        (
            r"srv*ftp://h/s",
            "chain[invalid(ftp://h/s)]",
            vec![(4, invalid("the URL is neither http nor https"))],
        ),
        (
            "srv*https://",
            "chain[invalid(https://)]",
            vec![(4, malformed("empty host"))],
        ),
        (
            "srv**https://h:99999/s",
            "chain[default, invalid(https://[invalid])]",
            vec![(5, malformed("invalid port number"))],
        ),
        (
            "srv*https://h%2Ax/s",
            "chain[invalid(https://h%2Ax/s)]",
            vec![(
                4,
                invalid("the host holds a character of the symbol path's own grammar"),
            )],
        ),
        (
            "srv*https://h/s?a#b",
            "chain[http(https://h/s)]",
            vec![(4, K::Query), (4, K::Fragment)],
        ),
        ("cache*a*b*c", "cache[dir(a)]", vec![(8, K::TextAfterCache)]),
        ("cache*https://h", "cache[default]", vec![(6, K::CacheNotDirectory)]),
        ("DebugInfoD*", "debuginfod[]", vec![(0, K::NoServers)]),
        (
            r"debuginfod*C:\a*https://h",
            "debuginfod[http(https://h)]",
            vec![(11, K::DebugInfodServer)],
        ),
        (
            r#""srv*"C:\a b"*https://h/s";x"#,
            r"chain[dir(C:\a b), http(https://h/s)] dir(x)",
            vec![(0, K::Quote)],
        ),
        (r#"a;b"c"#, r#"dir(a) dir(b"c)"#, vec![(3, K::Quote)]),
        ("\"", "", vec![(0, K::Quote)]),
        ("x;a\u{7}b", "dir(x) dir(a\u{7}b)", vec![(3, K::ControlCharacter)]),
        (
            " \u{e4};https://h",
            "dir(\u{e4}) chain[http(https://h)]",
            vec![(4, K::UrlWithoutPrefix)],
        ),
    ] {
        check(text, expected, &warnings);
    }
}

#[test]
fn passwords_never_come_back_out() {
    for (text, expected, offset) in [
        ("srv*https://me:hunter2@h/s", "srv*https://h/s", 4),
        ("https://hunter2@h/s", "srv*https://h/s", 0),
        ("srv*https://me:hun/ter2@h/s", "srv*https://[invalid]", 4),
        ("srv*https://me:hunter2@h:99999/", "srv*https://[invalid]", 4),
        ("srv*https://me:hunter2", "srv*https://[invalid]", 4),
        ("srv*ftp://me:hunter2@h/", "srv*ftp://[invalid]", 4),
        (
            "symsrv*other.dll*https://me:hunter2@h/s",
            "symsrv*other.dll*https://h/s",
            17,
        ),
        (
            "symsrv*other.dll*ftp://me:hunter2@h/s",
            "symsrv*other.dll*ftp://[invalid]",
            17,
        ),
        (
            "symsrv*https://me:hunter2@h/symsrv.dll*x",
            "symsrv*https://h/symsrv.dll*x",
            7,
        ),
        ("DebugInfoD*https://me:hunter2@h/s", "DebugInfoD*https://h/s", 11),
        ("DebugInfoD*ftp://me:hunter2@h/s", "DebugInfoD*", 11),
        ("cache*https://me:hunter2@h/s", "cache*", 6),
        ("cache*a*https://me:hunter2@h/s", "cache*a", 8),
    ] {
        let parsed = crate::SymbolPath::parse(text);
        assert_eq!(parsed.path.to_string(), expected, "{text}");
        assert!(
            parsed.warnings.iter().any(|warning| warning.offset == offset),
            "{text}: {:?}",
            parsed.warnings
        );
        let shown: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
        let shown = format!(
            "{parsed:?} {shown:?} {} {:?}",
            parsed.path.expanded(),
            parsed.path.expand()
        );
        assert!(!shown.contains("hun") && !shown.contains("ter2"), "{shown}");
        assert_eq!(crate::SymbolPath::parse(expected).path, parsed.path, "{text}");
    }
}

#[test]
fn userinfo_stays_with_its_store() {
    let (elements, _) = parse("srv**https://me:pw@h/s");
    let [Element::Server(chain)] = elements.as_slice() else {
        panic!("{elements:?}")
    };
    let userinfo = chain.stores().find_map(|store| match store {
        Store::Http(base) => base.userinfo(),
        Store::Default | Store::Directory(_) => None,
    });
    assert_eq!(userinfo.map(|userinfo| userinfo.user()), Some("me"));
}

/// Every kind of warning, as a person reads it.
#[test]
fn warnings_say_where_what_and_what_was_done() {
    for (text, expected) in [
        (
            "cache*https://h",
            "byte 6: `cache*` takes a directory, not a URL; the default store is used",
        ),
        ("a\u{1}b", "byte 1: control character"),
        (
            "DebugInfoD*x*https://h",
            "byte 11: `DebugInfoD*` takes http and https URLs; this one is ignored",
        ),
        ("srv*https://h#f", "byte 4: the fragment of a store's URL is ignored"),
        (
            "srv*https://h*a",
            "byte 4: an HTTP store should be the last of its chain; nothing is copied into it",
        ),
        (
            "srv*ftp://h",
            "byte 4: this store is skipped: the URL is neither http nor https",
        ),
        ("symsrv**", "byte 7: `symsrv*` without a DLL; the element is skipped"),
        ("a*b", "byte 0: stores without `srv*` are read as if it stood here"),
        ("DebugInfoD*", "byte 0: `DebugInfoD*` without a server"),
        ("srv*https://h?q", "byte 4: the query of a store's URL is ignored"),
        (
            "a\"",
            "byte 1: a symbol path has no quoting; quotes at an end are dropped",
        ),
        (
            "cache*a*b",
            "byte 8: `cache*` takes one directory; what follows it is ignored",
        ),
        (
            "srv***********x",
            "byte 14: a chain has at most 10 stores; this one and what follows are ignored",
        ),
        (
            "symsrv*o.dll*",
            "byte 7: unsupported symbol server `o.dll`; the element is skipped",
        ),
        ("https://h", "byte 0: a URL without `srv*` is read as if it stood here"),
        (
            "srv*https://u@h",
            "byte 4: credentials in a URL are visible to others; they are kept aside and not printed",
        ),
    ] {
        let shown: Vec<String> = parse(text).1.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [expected], "{text:?}");
    }
}
