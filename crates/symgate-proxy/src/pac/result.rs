//! What `FindProxyForURL` returns: a list of ways, as
//! [MDN](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file#return_value_format)
//! writes the format that Netscape made.

use std::slice;
use std::sync::Arc;

use crate::{
    host,
    proxy::{Kind, Proxy},
    route::{Route, Unusable},
    warning::{Fault, Note, Remark},
};

/// The routes that a script named, at least one, in the order in which they are to be tried.
///
/// ```text
/// result  = entry *( ";" entry )                  blanks around entries and words do not matter
/// entry   = "DIRECT" / keyword host [ ":" port ] / nothing
/// keyword = "PROXY" / "HTTP" / "HTTPS" / "SOCKS" / "SOCKS5" / "SOCKS4"        in any case
/// ```
///
/// - `PROXY` and `HTTP` are an HTTP proxy (port 80 unless said otherwise), `HTTPS` one that is
///   spoken to inside TLS (443), `SOCKS` and `SOCKS5` a SOCKS5 proxy (1080). To most browsers
///   `SOCKS` is version 4; like the [list](crate::ProxyList) we take the version that servers of
///   today speak, which older ones of the same kind speak as well.
/// - `SOCKS4` is understood and [never usable](Unusable::Socks4).
/// - An entry that is none of these is skipped with a remark. Credentials are not a part of the
///   grammar.
/// - The empty text is direct, as in Chromium. What a script returns instead of text is the business
///   of `Pac` (feature `pac`), which takes `null` and `undefined` for the empty text, with a note.
/// - A text with entries of which none is valid is [`Unusable`]. Chromium goes direct then, but "a
///   value that cannot be followed is never direct" is this crate's rule for all sources.
///
/// ```
/// use symgate_proxy::PacResult;
///
/// let result = PacResult::parse("PROXY p1:8080; HTTPS p2; DIRECT");
/// let routes: Vec<String> = result.routes().iter().map(|route| route.to_string()).collect();
/// assert_eq!(routes, ["http://p1:8080", "https://p2:443", "direct"]);
/// assert!(result.remarks().is_empty());
/// ```
#[derive(Debug)]
pub struct PacResult {
    routes: Vec<Route>,
    remarks: Vec<Remark>,
}

impl PacResult {
    /// Reads what a script returned. Each entry that is not empty ends in one route or in exactly
    /// one [`Note::Refused`], whose offset is where the entry begins.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut routes = Vec::new();
        let mut remarks = Vec::new();
        for (offset, entry) in entries(text) {
            match parse_entry(entry) {
                Ok(route) => routes.push(route),
                Err(fault) => remarks.push(Remark {
                    offset,
                    note: Note::Refused(fault),
                }),
            }
        }
        if routes.is_empty() {
            routes.push(if remarks.is_empty() {
                Route::Direct
            } else {
                Route::Unusable(Unusable::NoValidAnswer)
            });
        }
        Self { routes, remarks }
    }

    /// The routes; never empty.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The routes, given away; never empty.
    #[must_use]
    pub fn into_routes(self) -> Vec<Route> {
        self.routes
    }

    /// The entries that were refused, with their places in the text.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }
}

impl<'r> IntoIterator for &'r PacResult {
    type Item = &'r Route;
    type IntoIter = slice::Iter<'r, Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.routes.iter()
    }
}

fn parse_entry(entry: &str) -> Result<Route, Fault> {
    let (keyword, place) = match entry.split_once(is_blank) {
        Some((keyword, rest)) => (keyword, rest.trim_matches(is_blank)),
        None => (entry, ""),
    };
    let way = way(keyword).ok_or(Fault::Keyword)?;
    if let Way::Direct = way {
        return if place.is_empty() {
            Ok(Route::Direct)
        } else {
            // `DIRECT:80 x` or a list without semicolons: something else was meant.
            Err(Fault::Keyword)
        };
    }
    let (host, port) = host::authority(place)?;
    Ok(match way {
        Way::Direct => Route::Direct,
        Way::Proxy(kind) => Route::to(&Arc::new(Proxy::plain(kind, host, port))),
        Way::Socks4 => {
            let port = port.unwrap_or_else(|| Kind::Socks5.default_port());
            Route::Unusable(Unusable::Socks4(format!("socks4://{host}:{port}")))
        }
    })
}

#[derive(Clone, Copy)]
enum Way {
    Direct,
    Proxy(Kind),
    Socks4,
}

fn way(keyword: &str) -> Option<Way> {
    const WAYS: [(&str, Way); 7] = [
        ("DIRECT", Way::Direct),
        ("PROXY", Way::Proxy(Kind::Http)),
        ("HTTP", Way::Proxy(Kind::Http)),
        ("HTTPS", Way::Proxy(Kind::Https)),
        ("SOCKS", Way::Proxy(Kind::Socks5)),
        ("SOCKS5", Way::Proxy(Kind::Socks5)),
        ("SOCKS4", Way::Socks4),
    ];
    WAYS.iter()
        .find(|(name, _)| keyword.eq_ignore_ascii_case(name))
        .map(|&(_, way)| way)
}

/// The entries between semicolons, without the blanks around them, with their byte offsets.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split(';')
        .map(move |piece| {
            let start = next;
            next += piece.len() + 1;
            let entry = piece.trim_start_matches(is_blank);
            (start + piece.len() - entry.len(), entry.trim_end_matches(is_blank))
        })
        .filter(|(_, entry)| !entry.is_empty())
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

#[cfg(test)]
mod tests;
