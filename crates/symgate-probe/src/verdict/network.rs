//! Verdicts on the network: names, connections, silence, and peers that do not speak HTTP.

use symgate::auth::{Target, UriScheme};
use symgate::http::{LimitError, PeerError};
use symgate::net::Late;

use super::{CHECK_PROXY, Kind, Verdict, begun, called};
use crate::report::Report;
use crate::step::{Event, Hop};

const NAME_PROXY: &str = "If a proxy leads out of this network, name it with --proxy; `symgate proxy URL` says what the \
                          settings make of it now.";

pub(super) fn unresolved(hop: &Hop, why: &str) -> Verdict {
    let host = hop.origin.host();
    match hop.target {
        Target::Proxy => Verdict::new(
            Kind::NameNotFound,
            format!("The name of the proxy, `{host}`, was not found: {why}."),
            [CHECK_PROXY],
        ),
        Target::Origin => Verdict::new(
            Kind::NameNotFound,
            format!("The name `{host}` was not found by this machine: {why}."),
            [NAME_PROXY, "Check how the name is spelled."],
        ),
    }
}

pub(super) fn refused(hop: &Hop, attempts: &[(String, String)]) -> Verdict {
    let sentence = format!("{} takes no connections: {}.", begun(hop), told(attempts));
    match hop.target {
        Target::Proxy => Verdict::new(Kind::ConnectionRefused, sentence, [CHECK_PROXY]),
        Target::Origin => Verdict::new(
            Kind::ConnectionRefused,
            sentence,
            [NAME_PROXY, "Check the port, and whether the server runs."],
        ),
    }
}

pub(super) fn silent(hop: &Hop, attempts: &[(String, String)]) -> Verdict {
    let sentence = format!(
        "Connecting to {} timed out: nothing answers there ({}).",
        called(hop),
        told(attempts)
    );
    match hop.target {
        Target::Proxy => Verdict::new(
            Kind::NoAnswer,
            sentence,
            [
                CHECK_PROXY,
                "A firewall between here and the proxy may drop what is sent to that port.",
            ],
        ),
        Target::Origin => Verdict::new(
            Kind::NoAnswer,
            sentence,
            [
                "A firewall drops what is sent there, as it does where a proxy is to be used: name the proxy with --proxy.",
                "Or ask for connections to that address and port to be allowed.",
            ],
        ),
    }
}

pub(super) fn late(hop: &Hop, late: Late) -> Verdict {
    let hop_called = begun(hop);
    match late {
        Late::Tls => Verdict::new(
            Kind::Slow,
            format!("{hop_called} took the connection, and did not finish the TLS handshake in time."),
            ["A firewall may let connections through and hold TLS back; ask who runs it."],
        ),
        Late::Write => Verdict::new(
            Kind::Slow,
            format!("{hop_called} took the connection, and did not take the request in time."),
            ["Try again later, or ask who runs it."],
        ),
        _ => Verdict::new(
            Kind::Slow,
            format!("{hop_called} took the connection, and sent no answer in time."),
            ["Try again later, or ask who runs it."],
        ),
    }
}

pub(super) fn broken(report: &Report, hop: &Hop, at: &str, why: &str) -> Verdict {
    let began = report.answer.is_some();
    let what = if began {
        "broke off in the middle of its answer"
    } else {
        "closed the connection without an answer"
    };
    let sentence = format!("{} {what} ({at}: {why}).", begun(hop));
    let advice = match (hop.target, hop.origin.scheme()) {
        (Target::Proxy, _) => "If this port of the proxy wants TLS, write https:// in front of its name.",
        (Target::Origin, UriScheme::Http) if !began => "If the port wants TLS, write https:// in place of http://.",
        (Target::Origin, _) => "Try again; if it stays so, something on the way cuts the connection.",
    };
    Verdict::new(Kind::Broken, sentence, [advice])
}

pub(super) fn limit(hop: &Hop, limit: &LimitError) -> Verdict {
    if let LimitError::Redirects(count) = limit {
        let times = if *count == 1 {
            "1 redirect was"
        } else {
            &format!("{count} redirects were")
        };
        return Verdict::new(
            Kind::Redirect,
            format!("{times} followed, and there is one more: the servers may send each other the request for ever."),
            ["--max-redirects follows more; 0 shows the first one."],
        );
    }
    Verdict::new(
        Kind::Broken,
        format!("{} went beyond a limit: {limit}.", begun(hop)),
        [],
    )
}

pub(super) fn peer(report: &Report, hop: &Hop, error: &PeerError) -> Verdict {
    let authority = hop.origin.authority();
    match error {
        PeerError::SpokeTls => match hop.target {
            Target::Proxy => Verdict::new(
                Kind::TlsOnPlain,
                format!("The proxy `{authority}` wants TLS on this port, and was spoken to in plain HTTP."),
                [&format!(
                    "Write --proxy https://{authority}, or name its port for plain HTTP."
                )],
            ),
            Target::Origin => Verdict::new(
                Kind::TlsOnPlain,
                format!("The server `{authority}` wants TLS on this port, and was spoken to in plain HTTP."),
                ["Write https:// in place of http://, or name the port for plain HTTP."],
            ),
        },
        PeerError::ProxyChallengeFromServer => Verdict::new(
            Kind::LoginNeeded,
            format!(
                "The server `{authority}` asks for a login at a proxy (407), though no proxy is known to be there."
            ),
            ["A proxy that nobody named may sit in between: name it with --proxy."],
        ),
        PeerError::Truncated if report.answer.is_some() => Verdict::new(
            Kind::Broken,
            format!("{} ended its answer before it was complete.", begun(hop)),
            ["Try again; if it stays so, something on the way cuts long answers off."],
        ),
        PeerError::NotHttp | PeerError::MalformedHead => Verdict::new(
            Kind::Broken,
            format!("{} does not speak HTTP on this port: {error}.", begun(hop)),
            [match hop.target {
                Target::Proxy => "Check the port; a SOCKS proxy is written socks5://HOST:PORT.",
                Target::Origin => "Check the port.",
            }],
        ),
        error => Verdict::new(
            Kind::Broken,
            format!("{} broke a rule of HTTP: {error}.", begun(hop)),
            [],
        ),
    }
}

/// The addresses with what became of them; cut short where there are many.
fn told(attempts: &[(String, String)]) -> String {
    let shown = attempts
        .iter()
        .take(ADDRESSES)
        .map(|(address, end)| format!("{address}: {end}"));
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if text.is_empty() {
        text.push_str("no address was tried");
    }
    if attempts.len() > ADDRESSES {
        text.push_str("; …");
    }
    text
}

/// Addresses that one sentence names.
const ADDRESSES: usize = 4;

/// Whether anything was agreed in TLS with this hop on the way.
pub(super) fn began_tls(report: &Report, hop: &Hop) -> bool {
    report.steps.iter().any(
        |step| matches!(&step.event, Event::Unsecured { hop: other, tls, .. } if other == hop && tls.version.is_some()),
    )
}
