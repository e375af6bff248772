//! The laws of this crate, each for any bytes and by public API only.
//!
//! proptest (`main.rs` beside this file), the fuzzer and the stored corpus all call these functions.

use std::path::{Component, Path};

use symgate_path::{Chain, Effective, FileId, FileName, HttpBase, Key, Security, Store, SymbolPath, Tier, Variant};

/// Printing and parsing again is identity; warnings stand in order, inside the text, at characters.
pub(crate) fn symbol_path_prints_and_parses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = SymbolPath::parse(&text);
    let printed = parsed.path.to_string();
    let again = SymbolPath::parse(&printed);
    assert_eq!(again.path, parsed.path, "{text:?} -> {printed:?}");
    assert_eq!(again.path.to_string(), printed, "{text:?}");
    let offsets: Vec<usize> = parsed.warnings.iter().map(|warning| warning.offset).collect();
    assert!(
        offsets.is_sorted() && offsets.iter().all(|&at| text.is_char_boundary(at)),
        "{text:?}: {offsets:?}"
    );
    // Linear in every respect that does not need a clock.
    assert!(
        parsed.path.elements().len() <= text.len() && offsets.len() <= 2 * text.len(),
        "{text:?}"
    );
    for warning in &parsed.warnings {
        assert!(!warning.to_string().contains('\n'), "{warning}");
    }
}

/// Expanding changes nothing of what is searched, and what is searched is well formed.
pub(crate) fn effective_chains_are_well_formed(data: &[u8]) {
    let path = SymbolPath::parse(&String::from_utf8_lossy(data)).path;
    let expanded = path.expand();
    assert_eq!(expanded.expand(), expanded, "{path}");
    for security in [Security::Open, Security::Secure] {
        let searches = path.effective(security);
        assert_eq!(expanded.effective(security), searches, "{path}");
        assert!(searches.len() >= path.elements().len(), "nothing is dropped: {path}");
        for search in &searches {
            match (search, security) {
                (Effective::Chain(chain), Security::Open) => {
                    let stores = chain.stores();
                    // The default store and that of `cache*` come in addition.
                    assert!((1..=Chain::MAX + 2).contains(&stores.len()), "{path}");
                    assert!(stores.first().is_some_and(|store| !store.is_http()), "{path}");
                    for (at, store) in stores.iter().enumerate() {
                        assert!(stores.iter().skip(at + 1).all(|later| !later.is_same(store)), "{path}");
                    }
                }
                (Effective::Chain(chain), Security::Secure) => {
                    assert!(matches!(chain.stores(), [Store::Directory(_)]), "{path}");
                }
                (Effective::Directory { cache, .. }, Security::Secure) => assert_eq!(*cache, None, "{path}"),
                (Effective::DebugInfod { .. }, Security::Secure) => panic!("a server in secure mode: {path}"),
                (Effective::DebugInfod { servers, .. }, Security::Open) => assert!(!servers.is_empty(), "{path}"),
                _ => {}
            }
        }
    }
}

/// No text of any value depends on a password. The bytes become what stands around it.
///
/// A search for the password would not do: a fuzzer learns it from the comparison and writes it beside.
pub(crate) fn passwords_do_not_print(data: &[u8]) {
    let (before, after) = data.split_at(data.len() / 2);
    let before = String::from_utf8_lossy(before);
    let after = String::from_utf8_lossy(after);
    let scheme = ["http", "https", "ftp"][data.len() % 3];
    let text = |secret| format!("{before}*{scheme}://{secret}:{secret}@{after}");
    assert_eq!(shown(&text("s3cr3tqz")), shown(&text("pa55w0rd")));
}

/// All that can be printed of a symbol path.
fn shown(text: &str) -> [String; 5] {
    let parsed = SymbolPath::parse(text);
    let warnings: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    [
        format!("{parsed:?}"),
        parsed.path.to_string(),
        parsed.path.expanded(),
        format!("{:?}", parsed.path.effective(Security::Open)),
        warnings.join("\n"),
    ]
}

/// A file that can be named lies below the root of its store, on disk and in a URL, in every layout.
pub(crate) fn files_stay_in_their_store(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let middle = text
        .char_indices()
        .nth(text.chars().count() / 2)
        .map_or(0, |(at, _)| at);
    let (name, key) = text.split_at(middle);
    let (Ok(name), Ok(key)) = (FileName::new(name), Key::new(key)) else {
        return;
    };
    let id = FileId { name, key };
    assert_eq!(id.to_string().parse(), Ok(id.clone()));
    let base = HttpBase::parse("https://h/base").expect("a base URL");
    for (tier, depth) in [(Tier::One, 3), (Tier::Two, 4)] {
        for variant in [Variant::Plain, Variant::Compressed, Variant::Pointer] {
            let mut path = String::new();
            for component in id.components(tier, variant) {
                // As Windows reads it: dots and blanks at the end do not count, and only they would leave nothing.
                let kept = component.trim_end_matches(['.', ' ']);
                assert!(
                    !kept.is_empty() && !component.contains(['/', '\\', ':', '\0']),
                    "{component:?}"
                );
                path.push('/');
                path.push_str(&component);
            }
            let components: Vec<_> = Path::new(&path).components().skip(1).collect();
            assert!(components.len() == depth, "{path:?}");
            assert!(
                components.iter().all(|part| matches!(part, Component::Normal(_))),
                "{path:?}"
            );
            let url = base.file_url(&id, tier, variant);
            let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
            assert_eq!(segments.len(), depth + 1, "{url}");
            assert!(
                url.as_str().is_ascii() && url.query().is_none() && url.fragment().is_none(),
                "{url}"
            );
        }
    }
}

/// Reading an identity never panics, and what is read prints to the same.
pub(crate) fn file_id_prints_and_parses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.parse::<FileId>() {
        Ok(id) => assert_eq!(id.to_string().parse(), Ok(id), "{text:?}"),
        Err(error) => assert!(error.offset <= text.len(), "{text:?}: {error}"),
    }
    // A recorded path may name anything; the name that comes of it is a bare one.
    if let Ok(name) = FileName::from_recorded(&text) {
        assert_eq!(FileName::new(name.as_str()), Ok(name), "{text:?}");
    }
}
