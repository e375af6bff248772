//! A verdict for each thing that can happen, from reports that are written down.

use std::collections::HashSet;
use std::time::Duration;

use symgate::auth::{Ending, Error, GaveUp, Origin, Refusal, Refused, Scheme, Target, Tried, UriScheme};
use symgate::http::{LimitError, PeerError, SocksError};
use symgate::net::{Late, TlsError};

use super::*;
use crate::step::Step;

fn hop(target: Target) -> Hop {
    let (scheme, host, port) = match target {
        Target::Proxy => (UriScheme::Http, "p.test", 3128),
        Target::Origin => (UriScheme::Https, "h.test", 443),
    };
    Hop {
        target,
        origin: Origin::new(scheme, host, port),
    }
}

fn report(events: impl IntoIterator<Item = Event>, failure: Failure) -> Report {
    let steps = events.into_iter().map(|event| Step {
        at: Duration::ZERO,
        event,
    });
    Report {
        url: "https://h.test/x".to_owned(),
        steps: steps.collect(),
        answer: None,
        failure: Some(failure),
        took: Duration::ZERO,
    }
}

fn gave_up(tried: &[(Scheme, Ending)]) -> Error {
    let tried = tried.iter().map(|(scheme, ending)| Tried {
        name: "Basic",
        scheme: *scheme,
        ending: ending.clone(),
    });
    Error::GaveUp(Box::new(GaveUp {
        target: Target::Proxy,
        offered: vec!["Basic".to_owned()],
        tried: tried.collect(),
    }))
}

fn refused(refusal: Refusal) -> Error {
    Error::Refused(Box::new(Refused {
        target: Target::Proxy,
        refusal,
        tried: Vec::new(),
    }))
}

fn tunnel(status: u16, word: Option<&str>) -> Failure {
    Failure::Tunnel {
        hop: hop(Target::Proxy),
        authority: "a.b.c.test:443".to_owned(),
        status,
        reason: "Words".to_owned(),
        word: word.map(str::to_owned),
        page: None,
    }
}

fn tls(target: Target, error: TlsError) -> Failure {
    Failure::Tls {
        hop: hop(target),
        why: error.to_string(),
        error: Some(error),
    }
}

#[test]
fn each_failure_has_its_verdict() {
    use Target::{Origin, Proxy};
    let auth = |error| Failure::Auth { hop: hop(Proxy), error };
    let attempts = || vec![("192.0.2.1:80".to_owned(), "no answer".to_owned())];
    let table = [
        (
            auth(gave_up(&[(Scheme::Basic, Ending::PasswordRejected)])),
            Kind::LoginRejected,
            "rejected the name or password",
        ),
        (
            auth(gave_up(&[(Scheme::Negotiate, Ending::TicketRejected)])),
            Kind::LoginRejected,
            "Kerberos ticket",
        ),
        (
            auth(gave_up(&[(Scheme::Basic, Ending::NoAnswer)])),
            Kind::LoginNeeded,
            "nobody had one",
        ),
        (
            auth(gave_up(&[(Scheme::Basic, Ending::NotInOrder)])),
            Kind::NoScheme,
            "--auth",
        ),
        (auth(gave_up(&[])), Kind::NoScheme, "no login that can be given here"),
        (auth(refused(Refusal::Automatic)), Kind::LoginNeeded, "--proxy-user"),
        (auth(refused(Refusal::ByUser)), Kind::LoginNeeded, "cancelled"),
        (auth(refused(Refusal::ByRule)), Kind::LoginNeeded, "rule"),
        (
            Failure::Connect {
                hop: hop(Proxy),
                attempts: attempts(),
            },
            Kind::ConnectionRefused,
            "The proxy `p.test:3128`",
        ),
        (
            Failure::Silent {
                hop: hop(Origin),
                attempts: attempts(),
            },
            Kind::NoAnswer,
            "192.0.2.1:80: no answer",
        ),
        (
            Failure::Late {
                hop: hop(Origin),
                late: Late::Tls,
            },
            Kind::Slow,
            "TLS handshake",
        ),
        (
            Failure::Late {
                hop: hop(Origin),
                late: Late::Read,
            },
            Kind::Slow,
            "sent no answer in time",
        ),
        (
            Failure::Resolve {
                hop: hop(Proxy),
                why: "x".to_owned(),
            },
            Kind::NameNotFound,
            "name of the proxy",
        ),
        (Failure::NoRoute { why: "x".to_owned() }, Kind::NoWay, "no way"),
        (Failure::Interrupted, Kind::Interrupted, "interrupted"),
        (
            Failure::Limit {
                hop: hop(Origin),
                limit: LimitError::Redirects(10),
            },
            Kind::Redirect,
            "10 redirects",
        ),
        (
            Failure::Limit {
                hop: hop(Origin),
                limit: LimitError::Head(5),
            },
            Kind::Broken,
            "limit",
        ),
        (
            Failure::Peer {
                hop: hop(Proxy),
                error: PeerError::SpokeTls,
            },
            Kind::TlsOnPlain,
            "--proxy https://p.test:3128",
        ),
        (
            Failure::Peer {
                hop: hop(Origin),
                error: PeerError::ProxyChallengeFromServer,
            },
            Kind::LoginNeeded,
            "407",
        ),
        (
            tls(Proxy, TlsError::SpokeHttp),
            Kind::PlainOnTls,
            "--proxy http://p.test:3128",
        ),
        (
            tls(Origin, TlsError::SpokeOther),
            Kind::PlainOnTls,
            "does not speak TLS",
        ),
        (tls(Origin, TlsError::Expired(None)), Kind::CertificateExpired, "clock"),
        (tls(Origin, TlsError::Closed), Kind::Reset, "cut as soon as TLS began"),
        (
            tls(Origin, TlsError::UnknownIssuer(None)),
            Kind::CertificateUntrusted,
            "--ca-file",
        ),
        (
            tls(Proxy, TlsError::UnknownIssuer(None)),
            Kind::CertificateUntrusted,
            "--proxy-ca-file",
        ),
        (
            Failure::ClientCertificate {
                hop: hop(Proxy),
                why: "x".to_owned(),
            },
            Kind::ClientCertificate,
            "--proxy-cert",
        ),
        (
            tunnel(403, None),
            Kind::TunnelForbidden,
            "allow CONNECT to *.b.c.test:443",
        ),
        (
            tunnel(503, Some("ERR_DNS_FAIL")),
            Kind::TunnelName,
            "did not find the name `a.b.c.test`",
        ),
        (
            tunnel(503, Some("ERR_CONNECT_FAIL")),
            Kind::TunnelUnreachable,
            "could not reach",
        ),
        (tunnel(503, None), Kind::TunnelUnreachable, "or did not find its name"),
        (tunnel(504, None), Kind::TunnelUnreachable, "504"),
        (tunnel(501, None), Kind::TunnelFailed, "web server"),
        (tunnel(418, None), Kind::TunnelFailed, "418"),
        (tunnel(511, None), Kind::Portal, "browser"),
        (
            Failure::Socks {
                hop: hop(Proxy),
                authority: "h.test:443".to_owned(),
                error: SocksError::NotSocks,
            },
            Kind::Socks,
            "http://",
        ),
        (
            Failure::Sink { why: "x".to_owned() },
            Kind::Output,
            "could not be written",
        ),
    ];
    for (failure, kind, words) in table {
        let said = format!("{failure:?}");
        let verdict = report([], failure).verdict();
        assert_eq!(verdict.kind, kind, "{said}: {verdict}");
        assert!(verdict.to_string().contains(words), "`{words}` is missing in {verdict}");
        assert!(verdict.sentence.ends_with(['.', ':']), "{verdict}");
        assert!(!verdict.sentence.contains(".."), "{verdict}");
    }
}

#[test]
fn what_was_offered_and_by_whom_answered_is_told() {
    let events = [
        Event::Challenged {
            hop: hop(Target::Proxy),
            status: 407,
            offers: vec![
                ("NTLM".to_owned(), None),
                ("Basic".to_owned(), Some("Office".to_owned())),
            ],
        },
        Event::Asked {
            hop: hop(Target::Proxy),
            scheme: "Basic".to_owned(),
            realm: None,
            by: Some("netrc".to_owned()),
        },
    ];
    let failure = |error| Failure::Auth {
        hop: hop(Target::Proxy),
        error,
    };
    let rejected = gave_up(&[(Scheme::Basic, Ending::PasswordRejected)]);
    let verdict = report(events.clone(), failure(rejected)).verdict();
    assert!(verdict.sentence.contains("that came from netrc"), "{verdict}");
    let verdict = report(events, failure(refused(Refusal::Automatic))).verdict();
    assert!(verdict.sentence.contains("offers NTLM, Basic `Office`"), "{verdict}");
}

#[test]
fn kinds_have_names_of_their_own() {
    let kinds = [
        Kind::Broken,
        Kind::Certificate,
        Kind::CertificateExpired,
        Kind::CertificateName,
        Kind::CertificateUntrusted,
        Kind::ClientCertificate,
        Kind::ConnectionRefused,
        Kind::Interrupted,
        Kind::LoginFailed,
        Kind::LoginNeeded,
        Kind::LoginRejected,
        Kind::NameNotFound,
        Kind::NoAnswer,
        Kind::NoScheme,
        Kind::NoTicket,
        Kind::NoWay,
        Kind::Output,
        Kind::PlainOnTls,
        Kind::Portal,
        Kind::ProxyAnswered,
        Kind::Redirect,
        Kind::Reset,
        Kind::ServerStatus,
        Kind::Slow,
        Kind::Socks,
        Kind::TlsFailed,
        Kind::TlsInspection,
        Kind::TlsOnPlain,
        Kind::TunnelFailed,
        Kind::TunnelForbidden,
        Kind::TunnelName,
        Kind::TunnelUnreachable,
        Kind::Works,
    ];
    let names: HashSet<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), kinds.len());
    assert!(
        names
            .iter()
            .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
    );
}
