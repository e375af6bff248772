//! (f) Which proxy for this URL: what one choice costs with a long list of exceptions, beside reqwest's own matcher.

use std::hint::black_box;
use std::time::Instant;

use hyper_util::client::proxy::matcher::Matcher;
use symgate_proxy::{ProxyConfig, Route};
use url::Url;

use super::table::{Table, median, ratio, seconds, verdict};

/// Both are given the same variables, and each the URL in the type that its caller has already.
///
/// reqwest has no public function that answers without connecting; what it asks is this matcher, from the same crate
/// and by the same call. Its answer is a proxy or none, ours has the reason with it.
pub(super) fn run(rounds: usize) -> Result<String, String> {
    let list = list();
    let ours = ProxyConfig::from_vars([("https_proxy", PROXY), ("no_proxy", &list)]);
    let theirs = Matcher::builder().https(PROXY).no(list.as_str()).build();
    let title =
        format!("(f) one choice with {ENTRIES} exceptions, beside reqwest's matcher; medians of {rounds} rounds");
    let mut table = Table::new(&title, ["", "symgate, ns", "reqwest, ns", "ratio", "target", ""]);
    for (name, host, direct) in HOSTS {
        let text = format!("https://{host}/download/symbols");
        let url = Url::parse(&text).map_err(|error| format!("{text}: {error}"))?;
        let uri: http::Uri = text.parse().map_err(|error| format!("{text}: {error}"))?;
        // Costs of different answers would not be comparable.
        let choice = ours.choose(&url);
        let answers = [
            choice
                .routes()
                .iter()
                .all(|routed| matches!(routed.route, Route::Direct)),
            theirs.intercept(&uri).is_none(),
        ];
        if answers != [direct; 2] {
            return Err(format!("{host}: direct is {answers:?}, here and there"));
        }
        // The first round warms the caches and is not counted.
        let pairs: Vec<(f64, f64)> = (0..=rounds)
            .map(|_| {
                (
                    cost(|| drop(black_box(ours.choose(black_box(&url))))),
                    cost(|| drop(black_box(theirs.intercept(black_box(&uri))))),
                )
            })
            .skip(1)
            .collect();
        let ratio = ratio(&pairs);
        let cells = [
            median(pairs.iter().map(|pair| pair.0)),
            median(pairs.iter().map(|pair| pair.1)),
        ];
        let [ours, theirs] = cells.map(|cost| format!("{cost:.0}"));
        table.row([
            name,
            &ours,
            &theirs,
            &format!("{ratio:.2}"),
            "<= 1.0",
            verdict(ratio, 1.0),
        ]);
    }
    Ok(table.into_text())
}

/// Nanoseconds of one call.
fn cost(call: impl Fn()) -> f64 {
    let begun = Instant::now();
    for _ in 0..TIMES {
        call();
    }
    seconds(begun.elapsed()) * 1e9 / f64::from(TIMES)
}

/// Names, addresses and networks, as they come together over the years.
fn list() -> String {
    let entries = (0..ENTRIES).map(|at| match at % 8 {
        6 => format!("10.{at}.0.1"),
        7 => format!("172.16.{at}.0/24"),
        _ if at % 2 == 0 => format!(".branch{at}.corp.example"),
        _ => format!("service{at}.corp.example"),
    });
    entries.collect::<Vec<_>>().join(",")
}

/// What the row shows, the host, and whether it needs no proxy.
const HOSTS: [(&str, &str, bool); 6] = [
    ("name, the first entry", "build.branch0.corp.example", true),
    ("name, the last", "service197.corp.example", true),
    ("name, none", "msdl.microsoft.example", false),
    ("name, none, ends alike", "symbols.other.corp.example", false),
    ("address, the last", "172.16.199.7", true),
    ("address, none", "192.0.2.7", false),
];

const PROXY: &str = "http://proxy.corp.example:3128";
const ENTRIES: usize = 200;
const TIMES: u32 = 20_000;
