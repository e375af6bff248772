//! Verdicts on TLS: who signed, what is wrong with a certificate, and ports that speak something else.

use symgate::auth::Target;
use symgate::net::{TlsError, Trust};

use super::network::began_tls;
use super::{CHECK_PROXY, Kind, Verdict, begun};
use crate::report::Report;
use crate::step::{Event, Hop, Tls};

pub(super) fn of(report: &Report, hop: &Hop, error: Option<&TlsError>, why: &str) -> Verdict {
    let authority = hop.origin.authority();
    let Some(error) = error else {
        return reset(report, hop, why);
    };
    match error {
        TlsError::UnknownIssuer(_) => untrusted(report, hop),
        TlsError::Expired(_) | TlsError::NotYetValid(_) => {
            let sentence = format!("The certificate of {} is out of its time: {error}.", name(hop));
            Verdict::new(
                Kind::CertificateExpired,
                sentence,
                ["Check the clock of this machine; if it is right, tell who runs the other end."],
            )
        }
        TlsError::WrongName { .. } => Verdict::new(
            Kind::CertificateName,
            format!("The certificate that `{authority}` shows belongs to somebody else: {error}."),
            [match hop.target {
                Target::Proxy => "Name the proxy as its certificate does.",
                Target::Origin => {
                    "Use a name that the certificate has; or something else than the server answers there."
                }
            }],
        ),
        TlsError::SpokeHttp | TlsError::SpokeOther => plain(hop, error),
        TlsError::Closed => reset(report, hop, why),
        TlsError::Alert(_) => Verdict::new(
            Kind::TlsFailed,
            format!("{} ended the TLS handshake: {error}.", begun(hop)),
            ["Both ends may have no version or cipher in common; TLS 1.2 and 1.3 are spoken here."],
        ),
        TlsError::Revoked | TlsError::Certificate(_) => Verdict::new(
            Kind::Certificate,
            format!("The certificate of {} is not accepted: {why}.", name(hop)),
            ["Tell who runs the other end."],
        ),
        TlsError::Roots { .. } | TlsError::Setup(_) => {
            Verdict::new(Kind::TlsFailed, format!("TLS cannot be used here: {why}."), [])
        }
        _ => Verdict::new(Kind::TlsFailed, format!("TLS with {} failed: {why}.", name(hop)), []),
    }
}

pub(super) fn client_certificate(hop: &Hop, why: &str) -> Verdict {
    let options = match hop.target {
        Target::Proxy => "--proxy-cert and --proxy-key",
        Target::Origin => "--cert and --key",
    };
    Verdict::new(
        Kind::ClientCertificate,
        format!(
            "{} lets nobody in without a client certificate of its liking: {why}.",
            begun(hop)
        ),
        [&format!(
            "Get a certificate from who runs it, and show it with {options}."
        )],
    )
}

/// Nobody whom we trust has signed: what it is called depends on who should have.
fn untrusted(report: &Report, hop: &Hop) -> Verdict {
    let authority = hop.origin.authority();
    let tls = last(report, hop);
    let root = tls.and_then(Tls::root).unwrap_or("an authority without a name");
    if tls.is_some_and(|tls| tls.trust == Trust::Public) {
        return Verdict::new(
            Kind::CertificateUntrusted,
            format!(
                "The certificate of {} was signed by `{root}`, a public authority that this machine is not told to trust.",
                name(hop)
            ),
            ["SSL_CERT_FILE, or the machine's list of authorities, leaves it out; --ca-file adds one."],
        );
    }
    if hop.target == Target::Proxy {
        return Verdict::new(
            Kind::CertificateUntrusted,
            format!("The certificate of the proxy `{authority}` was signed by `{root}`, which is not trusted here."),
            ["Get the root certificate of the proxy from who runs it, and add it with --proxy-ca-file FILE."],
        );
    }
    if is_inspection(report, hop) {
        let by = match report.last_proxy() {
            Some(proxy) => format!("{proxy}"),
            None => "something on the way".to_owned(),
        };
        return Verdict::new(
            Kind::TlsInspection,
            format!(
                "TLS inspection: {by} shows a certificate for `{authority}` that `{root}` signed, a private root that this \
                 machine does not trust."
            ),
            [
                &format!(
                    "Add that root with --ca-file FILE (PEM). Ask the IT department for the certificate of `{root}`, or \
                     export it from a browser that trusts it or from the machine's store (certmgr.msc, Keychain Access)."
                ),
                &tls.map(fingerprint).unwrap_or_default(),
                "If the server itself belongs to whoever runs that root, nothing is inspected, and the same helps.",
            ],
        );
    }
    if tls.is_some_and(Tls::is_self_signed) {
        return Verdict::new(
            Kind::CertificateUntrusted,
            format!("The server `{authority}` vouches for itself: its certificate `{root}` is self-signed."),
            [
                "If it is the server that you mean, add its certificate with --ca-file FILE.",
                &tls.map(fingerprint).unwrap_or_default(),
            ],
        );
    }
    Verdict::new(
        Kind::CertificateUntrusted,
        format!(
            "The certificate of the server `{authority}` was signed by `{root}`, a private authority that is not trusted \
             here."
        ),
        [
            "Get the root certificate from who runs the server, and add it with --ca-file FILE (PEM).",
            &tls.map(fingerprint).unwrap_or_default(),
        ],
    )
}

/// Whether a private authority between us and this server means that somebody inspects: a proxy is in between, or the
/// name is one that public authorities sign for.
pub(super) fn is_inspection(report: &Report, hop: &Hop) -> bool {
    let signed = last(report, hop).is_some_and(|tls| tls.trust == Trust::Private);
    signed && (report.last_proxy().is_some() || is_public(hop.origin.host()))
}

/// Whether public authorities sign for a host: a name with a dot, and not of those that are for use inside
/// ([RFC 6762, appendix G](https://www.rfc-editor.org/rfc/rfc6762#appendix-G),
/// [RFC 8375](https://www.rfc-editor.org/rfc/rfc8375)).
fn is_public(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    let is_inside = INSIDE.iter().any(|suffix| host.ends_with(suffix));
    host.contains('.') && !is_address && !is_inside
}

const INSIDE: [&str; 10] = [
    ".corp",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
    ".private",
];

/// What to compare before a certificate is trusted: the last one that was sent.
fn fingerprint(tls: &Tls) -> String {
    let Some(last) = tls.chain.last() else {
        return String::new();
    };
    {
        let whole = last.fingerprint();
        // In two halves, each of which fits a line.
        let (first, second) = whole.split_at_checked(16 * 3).unwrap_or((&whole, ""));
        format!(
            "The last certificate that was shown is `{}`, SHA-256 {first} {second}.",
            last.subject
        )
    }
}

fn plain(hop: &Hop, error: &TlsError) -> Verdict {
    let authority = hop.origin.authority();
    let spoke = if matches!(error, TlsError::SpokeHttp) {
        "speaks plain HTTP on this port"
    } else {
        "does not speak TLS on this port"
    };
    match hop.target {
        Target::Proxy => Verdict::new(
            Kind::PlainOnTls,
            format!("The proxy `{authority}` {spoke}, where TLS was expected."),
            [&format!("Write --proxy http://{authority}."), CHECK_PROXY],
        ),
        Target::Origin => Verdict::new(
            Kind::PlainOnTls,
            format!("The server `{authority}` {spoke}, where TLS was expected."),
            ["Write http:// in place of https://, or name the port for TLS."],
        ),
    }
}

/// The connection ended while TLS began.
fn reset(report: &Report, hop: &Hop, why: &str) -> Verdict {
    let when = if began_tls(report, hop) {
        "in the middle of the TLS handshake"
    } else {
        "as soon as TLS began"
    };
    let advice = match hop.target {
        Target::Proxy => "If the proxy speaks plain HTTP, write http:// in front of its name.",
        Target::Origin => {
            "A firewall that knows the server's name may cut it off: ask for TLS connections to that name to be allowed, or \
             name a proxy with --proxy."
        }
    };
    Verdict::new(
        Kind::Reset,
        format!("The connection to {} was cut {when}: {why}.", name(hop)),
        [advice],
    )
}

/// The last handshake with this hop.
fn last<'r>(report: &'r Report, hop: &Hop) -> Option<&'r Tls> {
    report.steps.iter().rev().find_map(|step| match &step.event {
        Event::Secured { hop: other, tls, .. } | Event::Unsecured { hop: other, tls, .. } if other == hop => Some(tls),
        _ => None,
    })
}

fn name(hop: &Hop) -> String {
    super::called(hop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_inside_are_not_public() {
        for (host, public) in [
            ("msdl.microsoft.com", true),
            ("a.test", true),
            ("A.Corp.COM.", true),
            ("localhost", false),
            ("build", false),
            ("build.corp", false),
            ("x.home.arpa.", false),
            ("x.INTERNAL", false),
            ("127.0.0.1", false),
            ("[::1]", false),
        ] {
            assert_eq!(is_public(host), public, "{host}");
        }
    }
}
