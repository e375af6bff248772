//! `symgate proxy`: which way leads to a URL, and why (DECISIONS §2).

use std::io::{self, BufRead as _};
use std::process::ExitCode;

use serde_json::{Value, json};
use symgate::net::Cancel;
use symgate::proxy::{Choice, Note, Route};
use symgate::{Automatic, WayNote, Ways};
use url::Url;

use crate::args::Proxy;
use crate::output::{Drawing, Output};
use crate::report::{self, plain};
use crate::settings;

/// Runs the command.
pub(crate) fn run(proxy: &Proxy) -> ExitCode {
    let output = Output::new(Drawing::Off);
    let configured = settings::way(symgate::proxy::from_system(), &proxy.way);
    let urls = urls(proxy);
    for error in [configured.as_ref().err(), urls.as_ref().err()].into_iter().flatten() {
        say(&output, error);
    }
    let (Ok((config, remarks)), Ok(urls)) = (configured, urls) else {
        return ExitCode::from(report::USAGE);
    };
    let warnings = config.warnings().iter();
    // What is ignored for good reasons is of interest here.
    let warnings = warnings.map(|warning| match warning.remark().note {
        Note::UpperCaseIgnored => warning.to_string(),
        _ => format!("warning: {warning}"),
    });
    let remarks = remarks.iter().map(|remark| format!("warning: {remark}"));
    warnings.chain(remarks).for_each(|text| say(&output, &text));
    let sources = config.sources();
    let mut automatic = Automatic::default();
    automatic.by_dhcp = symgate::proxy::dhcp_script_urls;
    let ways = Ways::new(config, &automatic, &settings::transport());
    let mut kinds = Vec::new();
    for url in &urls {
        let choice = ways.choose(url, &Cancel::new(), &mut |note| say_note(&output, note));
        kinds.extend(is_hopeless(&choice).then_some(symgate::ErrorKind::Network));
        let lines = if proxy.json {
            format!("{}\n", object(url, &choice))
        } else {
            told(url, &choice)
        };
        output.result(lines.into_bytes());
    }
    let heard = sources.iter().map(|source| plain(&source.to_string()));
    if proxy.json {
        heard.for_each(|line| say(&output, &line));
    } else {
        let lines = heard.map(|line| format!("  {line}\n")).collect::<String>();
        output.result(format!("\nSources:\n{lines}").into_bytes());
    }
    if let Some(error) = output
        .take_lost()
        .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    {
        say(&output, &format!("the results cannot be written: {error}"));
        kinds.push(symgate::ErrorKind::Store);
    }
    report::status(kinds)
}

/// The URLs that are meant, without logins.
fn urls(proxy: &Proxy) -> Result<Vec<Url>, String> {
    if proxy.urls.is_empty() {
        let servers = settings::servers(proxy.symbol_path.as_deref());
        return if servers.is_empty() {
            Err("the symbol path names no server; name a URL".to_owned())
        } else {
            Ok(servers)
        };
    }
    let mut urls = Vec::new();
    for text in &proxy.urls {
        if text == "-" {
            for line in io::stdin().lock().lines() {
                let line = line.map_err(|error| format!("standard input cannot be read: {error}"))?;
                if !line.trim().is_empty() {
                    urls.push(url(line.trim())?);
                }
            }
        } else {
            urls.push(url(text)?);
        }
    }
    Ok(urls)
}

fn url(text: &str) -> Result<Url, String> {
    // Somebody may have put a login in front of the host.
    let shown = text.rsplit('@').next().unwrap_or_default();
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    let mut url = Url::parse(text).map_err(|error| format!("`{shown}` is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{shown}` is neither http nor https"));
    }
    // An http URL has a host, and takes both.
    let _set = (url.set_username(""), url.set_password(None));
    Ok(url)
}

/// Whether no route of a choice can be taken.
fn is_hopeless(choice: &Choice) -> bool {
    choice
        .routes()
        .iter()
        .all(|routed| matches!(routed.route, Route::Unusable(_)))
}

fn told(url: &Url, choice: &Choice) -> String {
    let mut lines = format!("{}\n", plain(url.as_str()));
    for routed in choice.routes() {
        let line = match &routed.route {
            Route::Unusable(why) => format!("unusable: {why} ({})", routed.reason),
            route => format!("{route} ({})", routed.reason),
        };
        lines.push_str(&format!("  {}\n", plain(&line)));
    }
    lines
}

fn object(url: &Url, choice: &Choice) -> Value {
    let routes = choice.routes().iter().map(|routed| {
        let mut object = json!({
            "route": routed.route.to_string(),
            "reason": plain(&routed.reason.to_string()),
        });
        if let Route::Unusable(why) = &routed.route {
            object["error"] = plain(&why.to_string()).into();
        }
        object
    });
    json!({ "url": url.as_str(), "routes": routes.collect::<Vec<_>>() })
}

/// Says what happened while a way was chosen.
fn say_note(output: &Output, note: &WayNote<'_>) {
    let warning = if note.is_warning() { "warning: " } else { "" };
    say(output, &format!("{warning}{note}"));
}

fn say(output: &Output, text: &str) {
    output.message(&format!("symgate: {}\n", plain(text)));
}
