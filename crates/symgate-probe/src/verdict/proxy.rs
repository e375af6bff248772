//! Verdicts on proxies: refused tunnels, answers of their own, SOCKS, and settings that leave no way.

use symgate::http::SocksError;

use super::{Kind, Verdict, begun};
use crate::failure::Failure;
use crate::report::{Answer, Report};

pub(super) fn no_way(why: &str) -> Verdict {
    Verdict::new(
        Kind::NoWay,
        format!("The settings leave no way to this URL: {why}."),
        ["`symgate proxy URL` says which setting it is; --proxy and --proxy none take its place."],
    )
}

pub(super) fn tunnel(failure: &Failure) -> Verdict {
    let Failure::Tunnel {
        hop,
        authority,
        status,
        reason,
        word,
        ..
    } = failure
    else {
        return no_way("nothing is known");
    };
    let word = word.as_deref().unwrap_or_default();
    let said = [status.to_string(), reason.clone(), word.to_owned()];
    let said: Vec<_> = said.into_iter().filter(|part| !part.is_empty()).collect();
    let said = said.join(", ");
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
    match (*status, word) {
        (_, "ERR_DNS_FAIL" | "dns_error") => Verdict::new(
            Kind::TunnelName,
            format!("{} did not find the name `{host}` ({said}).", begun(hop)),
            ["Check how the name is spelled; if it is right, ask who runs the proxy why its DNS does not know it."],
        ),
        (403 | 405, _) => Verdict::new(
            Kind::TunnelForbidden,
            format!("{} does not allow CONNECT to `{authority}` ({said}).", begun(hop)),
            [&format!(
                "Ask who runs the proxy: allow CONNECT to {}.",
                generalised(authority)
            )],
        ),
        (500..=599, "ERR_CONNECT_FAIL" | "connection_refused" | "connection_timeout") | (502 | 504, _) => Verdict::new(
            Kind::TunnelUnreachable,
            format!("{} could not reach `{authority}` ({said}).", begun(hop)),
            [&format!(
                "Ask who runs the proxy: let it reach {}; or try again later, if the server is down.",
                generalised(authority)
            )],
        ),
        // squid says "cannot forward" of names too.
        (503, _) | (_, "ERR_CANNOT_FORWARD") => Verdict::new(
            Kind::TunnelUnreachable,
            format!(
                "{} could not reach `{authority}`, or did not find its name ({said}).",
                begun(hop)
            ),
            [
                "Check how the name is spelled.",
                &format!(
                    "Ask who runs the proxy: let it look that name up, and reach {}.",
                    generalised(authority)
                ),
            ],
        ),
        (511, _) => Verdict::new(
            Kind::Portal,
            format!("{} wants a login in a browser ({said}).", begun(hop)),
            ["Open any http page in a browser, log in there, and try again."],
        ),
        (407, _) => Verdict::new(
            Kind::NoScheme,
            format!("{} wants a login (407) and does not say how.", begun(hop)),
            ["Ask who runs it."],
        ),
        (400 | 404 | 501, _) => Verdict::new(
            Kind::TunnelFailed,
            format!(
                "{} does not understand CONNECT ({said}): it may be a web server.",
                begun(hop)
            ),
            [super::CHECK_PROXY],
        ),
        _ => Verdict::new(
            Kind::TunnelFailed,
            format!("{} opened no tunnel to `{authority}` ({said}).", begun(hop)),
            ["Ask who runs it."],
        ),
    }
}

/// The proxy answered a forwarded request itself.
pub(super) fn answered(report: &Report, answer: &Answer, word: &str) -> Verdict {
    let status = answer.status;
    let who = report.last_proxy().map_or_else(|| "The proxy".to_owned(), begun);
    let url = &report.url;
    let said = format!("{status}, {word}");
    match (status, word) {
        (_, "ERR_DNS_FAIL" | "dns_error") => Verdict::new(
            Kind::TunnelName,
            format!("{who} did not find the name of the server ({said})."),
            ["Check how the name is spelled; if it is right, ask who runs the proxy why its DNS does not know it."],
        ),
        (403, _) => Verdict::new(
            Kind::ProxyAnswered,
            format!("{who} does not allow this request ({said})."),
            [&format!("Ask who runs the proxy: allow GET of {url}.")],
        ),
        (502..=504, _) => Verdict::new(
            Kind::ProxyAnswered,
            format!("{who} could not get an answer from the server ({said})."),
            ["Try again later; if it stays so, ask who runs the proxy whether it may reach the server."],
        ),
        _ => Verdict::new(
            Kind::ProxyAnswered,
            format!("{who} answered in place of the server ({said})."),
            ["Its page says more, or who runs it."],
        ),
    }
}

pub(super) fn socks(hop: &crate::Hop, authority: &str, error: &SocksError) -> Verdict {
    let sentence = format!("{} opened no way to `{authority}`: {error}.", begun(hop));
    match error {
        SocksError::NotAllowed => Verdict::new(
            Kind::Socks,
            sentence,
            [&format!(
                "Ask who runs the proxy: allow connections to {}.",
                generalised(authority)
            )],
        ),
        SocksError::NotSocks | SocksError::MalformedReply => Verdict::new(
            Kind::Socks,
            sentence,
            ["If it is an HTTP proxy, write http:// in place of socks5://; SOCKS4 is not spoken here."],
        ),
        _ => Verdict::new(
            Kind::Socks,
            sentence,
            ["Check the host and port of the server, or ask who runs the proxy."],
        ),
    }
}

/// A host and port as a rule would name them: the servers of large services change their first label, which for a symbol
/// store is one of many.
fn generalised(authority: &str) -> String {
    let Some((host, port)) = authority.rsplit_once(':') else {
        return authority.to_owned();
    };
    let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
    match host.split_once('.') {
        Some((_, rest)) if is_name && rest.matches('.').count() >= 2 => format!("*.{rest}:{port}"),
        _ => authority.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_of_four_labels_is_one_of_many() {
        for (authority, expected) in [
            (
                "vsblobprodscussu5shard60.blob.core.windows.net:443",
                "*.blob.core.windows.net:443",
            ),
            ("a.b.example.com:443", "*.b.example.com:443"),
            ("msdl.microsoft.com:443", "msdl.microsoft.com:443"),
            ("localhost:8443", "localhost:8443"),
            ("192.0.2.11:443", "192.0.2.11:443"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ] {
            assert_eq!(generalised(authority), expected);
        }
    }
}
