//! The tables of SYMSRV §1.2, §1.3, §1.8 and the chains of §11.2.

use super::*;

fn show(searches: &[Effective]) -> String {
    let cache = |cache: &Option<Local>| match cache {
        None => String::new(),
        Some(local) => format!(" -> {local}"),
    };
    let search = |search: &Effective| match search {
        Effective::Chain(chain) => chain.to_string(),
        Effective::DebugInfod { servers, cache: kept } => format!("debuginfod({}){}", servers.len(), cache(kept)),
        Effective::Directory { directory, cache: kept } => format!("{directory}{}", cache(kept)),
        Effective::Skipped(skip) => format!("({skip})"),
    };
    searches.iter().map(search).collect::<Vec<_>>().join(" | ")
}

fn check(text: &str, security: Security, expected: &str) {
    let path = SymbolPath::parse(text).path;
    let searches = path.effective(security);
    assert_eq!(show(&searches), expected, "{text}");
    assert_eq!(
        path.expand().effective(security),
        searches,
        "expanding changes nothing: {text}"
    );
}

#[test]
fn chains_are_what_the_table_says() {
    for (text, expected) in [
        ("", ""),
        ("srv*", "srv* | srv**https://msdl.microsoft.com/download/symbols"),
        (r"srv*\\s\sym", r"srv*\\s\sym"),
        (r"srv**\\s\sym", r"srv**\\s\sym"),
        ("srv*https://h/sym", "srv**https://h/sym"),
        ("srv**https://h/sym", "srv**https://h/sym"),
        (r"srv*C:\c*https://h/sym", r"srv*C:\c*https://h/sym"),
        (r"srv*C:\c*\\mid\sym*https://h/sym", r"srv*C:\c*\\mid\sym*https://h/sym"),
        (r"srv*C:\c*", r"srv*C:\c*"),
        (r"symsrv*symsrv.dll*C:\c*\\s\sym", r"srv*C:\c*\\s\sym"),
        (r"srv*https://h/sym*C:\c", r"srv**https://h/sym*C:\c"),
        ("srv*https://h1*https://h2", "srv**https://h1*https://h2"),
        ("srv**", "srv*"),
        (r"srv*C:\c*c:/C/*\\s\sym", r"srv*C:\c*\\s\sym"),
        ("srv*a*https://h*https://u:p@h/", "srv*a*https://h"),
        ("srv*https://h**", "srv**https://h"),
    ] {
        check(text, Security::Open, expected);
    }
}

#[test]
fn cache_applies_to_everything_right_of_it() {
    for (text, expected) in [
        ("cache*", "srv*"),
        ("cache*;srv*https://h/s", "srv* | srv**https://h/s"),
        (r"\\a;cache*C:\k;\\b", r"\\a | srv*C:\k | \\b -> C:\k"),
        (r"cache*C;srv*D*https://h", "srv*C | srv*C*D*https://h"),
        (
            r"cache*C;srv*\\s\sym;srv**https://h",
            r"srv*C | srv*C*\\s\sym | srv*C**https://h",
        ),
        ("cache*C;srv*c*https://h", "srv*C | srv*C*https://h"),
        ("cache*C;a;cache*D;b", "srv*C | a -> C | srv*D | b -> D"),
        (
            "cache*C;srv*;b",
            "srv*C | srv*C*https://msdl.microsoft.com/download/symbols | b -> C",
        ),
        ("cache*C;DebugInfoD*https://a*https://b", "srv*C | debuginfod(2) -> C"),
        (
            r"\\x;srv*c:\m*https://h/s;cache*c:\m;\\y",
            r"\\x | srv*c:\m*https://h/s | srv*c:\m | \\y -> c:\m",
        ),
        ("cache*C;srv*ftp://x", "srv*C | (`ftp://x` is no usable store)"),
    ] {
        check(text, Security::Open, expected);
    }
}

#[test]
fn default_server_brings_its_cache_for_what_follows() {
    check(
        "srv*;b",
        Security::Open,
        "srv* | srv**https://msdl.microsoft.com/download/symbols | b -> ",
    );
    let fixed = SymbolPath::symfix(Some(Directory::new(r"C:\k").unwrap()));
    assert_eq!(
        show(&fixed.effective(Security::Open)),
        r"srv*C:\k | srv*C:\k*https://msdl.microsoft.com/download/symbols"
    );
}

#[test]
fn nothing_unusable_is_dropped_silently() {
    for (text, expected) in [
        ("srv*https://[bad", "(`https://[bad` is no usable store)"),
        ("srv*a*ftp://x", "(`ftp://x` is no usable store) | srv*a"),
        ("symsrv*o.dll*a", "(`o.dll` is no supported symbol server)"),
        ("DebugInfoD*", "(there is no store to search)"),
    ] {
        check(text, Security::Open, expected);
    }
}

#[test]
fn secure_mode_leaves_masters_that_are_directories() {
    let downstream = "(downstream stores are not used in secure mode)";
    let http = "(servers are not asked in secure mode)";
    for (text, expected) in [
        (r"C:\a", r"C:\a".to_owned()),
        (r"srv*\\s\sym", r"srv*\\s\sym".to_owned()),
        (r"srv*C:\c*\\s\sym", format!(r"{downstream} | srv*\\s\sym")),
        (r"srv**\\s\sym", format!(r"{downstream} | srv*\\s\sym")),
        (r"srv*C:\c*https://h", format!("{downstream} | {http}")),
        ("srv*https://h", http.to_owned()),
        (r"srv*C:\c*", format!("{downstream} | {downstream}")),
        (r"srv*C:\c*ftp://x", "(`ftp://x` is no usable store)".to_owned()),
        (r"cache*C:\c;\\s", format!(r"{downstream} | \\s")),
        ("srv*", format!("{downstream} | {http}")),
        ("DebugInfoD*https://h", http.to_owned()),
        ("symsrv*o.dll*a", "(`o.dll` is no supported symbol server)".to_owned()),
    ] {
        check(text, Security::Secure, &expected);
    }
}
