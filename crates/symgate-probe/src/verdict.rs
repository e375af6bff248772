//! [`Verdict`]: who said no, in one sentence, and what to do or to ask for.
//!
//! A verdict is told from the report alone. What is said of each kind of failure stands in the files below, by layer:
//! the network, TLS, authentication, proxies; this one has the answers.

mod auth;
mod network;
mod proxy;
mod tls;

use std::fmt;

use symgate::auth::Target;
use symgate::http::RedirectError;
use symgate::net::Trust;

use crate::failure::Failure;
use crate::report::{Answer, By, Report};
use crate::step::{Event, Hop};

/// What an errand comes to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// Which of the things that can happen; stable, for programs.
    pub kind: Kind,
    /// What happened and who did it, in one sentence.
    pub sentence: String,
    /// What to do, or to ask for; one sentence each, the first the most likely to help.
    pub advice: Vec<String>,
}

/// The things that can happen.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A peer spoke badly, or broke off.
    Broken,
    /// A certificate that was not accepted for another reason than its signer, its dates or its names.
    Certificate,
    /// A certificate is out of its time.
    CertificateExpired,
    /// A certificate is for somebody else.
    CertificateName,
    /// Nobody whom we trust has signed a certificate.
    CertificateUntrusted,
    /// A client certificate is needed.
    ClientCertificate,
    /// Nobody takes connections at the address.
    ConnectionRefused,
    /// Ctrl-C.
    Interrupted,
    /// The login could not be done for another reason.
    LoginFailed,
    /// A login is wanted, and nothing was given.
    LoginNeeded,
    /// A login was rejected.
    LoginRejected,
    /// A name has no address.
    NameNotFound,
    /// Nothing answers at the address.
    NoAnswer,
    /// Nothing that the peer offers can be done here.
    NoScheme,
    /// A ticket is wanted, and there is none.
    NoTicket,
    /// The settings leave no way.
    NoWay,
    /// The answer could not be written.
    Output,
    /// Plain HTTP where TLS was expected.
    PlainOnTls,
    /// The network wants a login in a browser.
    Portal,
    /// The proxy answered in place of the server.
    ProxyAnswered,
    /// A redirect is not followed.
    Redirect,
    /// The connection was reset while TLS began.
    Reset,
    /// The server answered with an error.
    ServerStatus,
    /// A connection was made, and then nothing came.
    Slow,
    /// A SOCKS proxy did not connect us.
    Socks,
    /// TLS is inspected on the way.
    TlsInspection,
    /// TLS failed for another reason.
    TlsFailed,
    /// TLS where plain HTTP was expected.
    TlsOnPlain,
    /// A proxy opened no tunnel, since its rules forbid it.
    TunnelForbidden,
    /// A proxy opened no tunnel for another reason.
    TunnelFailed,
    /// A proxy did not find the name of the server.
    TunnelName,
    /// A proxy did not reach the server.
    TunnelUnreachable,
    /// The way works.
    Works,
}

impl Kind {
    /// The kind as JSON has it, such as `tunnel-forbidden`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Certificate => "certificate",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateName => "certificate-name",
            Self::CertificateUntrusted => "certificate-untrusted",
            Self::ClientCertificate => "client-certificate",
            Self::ConnectionRefused => "connection-refused",
            Self::Interrupted => "interrupted",
            Self::LoginFailed => "login-failed",
            Self::LoginNeeded => "login-needed",
            Self::LoginRejected => "login-rejected",
            Self::NameNotFound => "name-not-found",
            Self::NoAnswer => "no-answer",
            Self::NoScheme => "no-scheme",
            Self::NoTicket => "no-ticket",
            Self::NoWay => "no-way",
            Self::Output => "output",
            Self::PlainOnTls => "plain-on-tls",
            Self::Portal => "portal",
            Self::ProxyAnswered => "proxy-answered",
            Self::Redirect => "redirect",
            Self::Reset => "reset",
            Self::ServerStatus => "server-status",
            Self::Slow => "slow",
            Self::Socks => "socks",
            Self::TlsInspection => "tls-inspection",
            Self::TlsFailed => "tls-failed",
            Self::TlsOnPlain => "tls-on-plain",
            Self::TunnelForbidden => "tunnel-forbidden",
            Self::TunnelFailed => "tunnel-failed",
            Self::TunnelName => "tunnel-name",
            Self::TunnelUnreachable => "tunnel-unreachable",
            Self::Works => "works",
        }
    }
}

impl Verdict {
    fn new<const N: usize>(kind: Kind, sentence: String, advice: [&str; N]) -> Self {
        let advice = advice.into_iter().filter(|advice| !advice.is_empty());
        Self {
            kind,
            sentence,
            advice: advice.map(str::to_owned).collect(),
        }
    }

    fn advised(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }
}

/// Prints the sentence and the advice, a line each.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        self.advice.iter().try_for_each(|advice| write!(f, "\n{advice}"))
    }
}

pub(crate) fn of(report: &Report) -> Verdict {
    match (&report.failure, &report.answer) {
        (Some(failure), _) => failed(report, failure),
        (None, Some(answer)) => answered(report, answer),
        (None, None) => Verdict::new(Kind::Broken, "The fetch ended without an answer.".to_owned(), []),
    }
}

fn failed(report: &Report, failure: &Failure) -> Verdict {
    match failure {
        Failure::Auth { hop, error } => auth::of(report, hop, error),
        Failure::Broken { hop, at, why } => network::broken(report, hop, at, why),
        Failure::ClientCertificate { hop, why } => tls::client_certificate(hop, why),
        Failure::Connect { hop, attempts } => network::refused(hop, attempts),
        Failure::Interrupted => Verdict::new(Kind::Interrupted, "The fetch was interrupted.".to_owned(), []),
        Failure::Late { hop, late } => network::late(hop, *late),
        Failure::Limit { hop, limit } => network::limit(hop, limit),
        Failure::NoRoute { why } => proxy::no_way(why),
        Failure::Other { why } => Verdict::new(Kind::Broken, format!("The fetch failed: {why}."), []),
        Failure::Peer { hop, error } => network::peer(report, hop, error),
        Failure::Redirect { hop, error } => redirect(hop, error),
        Failure::Resolve { hop, why } => network::unresolved(hop, why),
        Failure::Silent { hop, attempts } => network::silent(hop, attempts),
        Failure::Sink { why } => Verdict::new(
            Kind::Output,
            format!("The answer came, and could not be written: {why}."),
            [],
        ),
        Failure::Socks { hop, authority, error } => proxy::socks(hop, authority, error),
        Failure::Tls { hop, error, why } => tls::of(report, hop, error.as_ref(), why),
        Failure::Tunnel { .. } => proxy::tunnel(failure),
    }
}

fn answered(report: &Report, answer: &Answer) -> Verdict {
    let Answer { status, by, .. } = answer;
    if let By::Proxy(word) = by {
        return proxy::answered(report, answer, word);
    }
    let said = if answer.reason.is_empty() {
        format!("{status}")
    } else {
        format!("{status} {}", answer.reason)
    };
    let unsure = match by {
        By::Unknown if *status >= 500 => " The proxy in between may have said so in its place.",
        _ => "",
    };
    let verdict = match *status {
        511 => Verdict::new(
            Kind::Portal,
            "The network wants a login in a browser before it lets anything through (511).".to_owned(),
            ["Open any http page in a browser, log in there, and try again."],
        ),
        203 => Verdict::new(
            Kind::Portal,
            "Something on the way changed the answer (203), as networks do that want a login in a browser.".to_owned(),
            ["Open any http page in a browser, and see what it says."],
        ),
        300..=399 => Verdict::new(
            Kind::Works,
            match &answer.location {
                Some(to) => format!("The way works: the server answered {said} and leads to {to}."),
                None => format!("The way works: the server answered {said}."),
            },
            [],
        ),
        404 | 410 => Verdict::new(
            Kind::ServerStatus,
            format!("The way works, and the server does not have this file ({said})."),
            ["Check the path; a symbol server answers so to whatever it does not have."],
        ),
        403 => Verdict::new(
            Kind::ServerStatus,
            format!("The way works, and the server does not give this file away ({said})."),
            ["Ask who runs the server for access, or check the path: object stores say the same of what is not there."],
        ),
        400..=499 => Verdict::new(
            Kind::ServerStatus,
            format!("The way works, and the server refuses the request ({said})."),
            [],
        ),
        500.. => Verdict::new(
            Kind::ServerStatus,
            format!("The way works, and the server fails ({said}).{unsure}"),
            ["Try again later, or ask who runs the server."],
        ),
        _ => Verdict::new(Kind::Works, format!("The way works: the server answered {said}."), []),
    };
    let verdict = remark_failed_routes(report, verdict);
    remark_inspection(report, verdict)
}

/// What was wrong on the way although an answer came.
fn remark_failed_routes(report: &Report, verdict: Verdict) -> Verdict {
    report.failed_routes().fold(verdict, |verdict, (route, reason)| {
        verdict.advised(format!(
            "`{route}` was tried first and failed: {reason}. It costs time on each run until it is mended or taken off \
             the list."
        ))
    })
}

fn remark_inspection(report: &Report, verdict: Verdict) -> Verdict {
    let Some(tls) = report.tls_of_server().filter(|tls| tls.trust == Trust::Private) else {
        return verdict;
    };
    let Some(hop) = last_server(report) else { return verdict };
    let root = tls.root().unwrap_or("an authority without a name");
    if tls::is_inspection(report, &hop) {
        verdict.advised(format!(
            "TLS is inspected on the way: the certificate of `{}` was signed by `{root}`, a private authority that is \
             trusted here, and no public one vouches for it.",
            hop.origin.authority()
        ))
    } else {
        verdict
    }
}

/// The server with which TLS was begun last.
fn last_server(report: &Report) -> Option<Hop> {
    report.steps.iter().rev().find_map(|step| match &step.event {
        Event::Secured { hop, .. } | Event::Unsecured { hop, .. } if hop.target == Target::Origin => Some(hop.clone()),
        _ => None,
    })
}

fn redirect(hop: &Hop, error: &RedirectError) -> Verdict {
    match error {
        RedirectError::Downgrade { from, to } => Verdict::new(
            Kind::Redirect,
            format!("The server leads from `{from}` to `{to}` in clear text, which is not followed."),
            [
                "Ask who runs the server to stay with https; --danger-allow-http-redirect follows it, with names and content \
                 for everybody on the way to see.",
            ],
        ),
        error => Verdict::new(
            Kind::Redirect,
            format!("{} sent a redirect that leads nowhere: {error}.", begun(hop)),
            [],
        ),
    }
}

/// How a person calls a hop: by what it is for us.
fn called(hop: &Hop) -> String {
    format!("the {} `{}`", hop.target, hop.origin.authority())
}

/// The same at the beginning of a sentence.
fn begun(hop: &Hop) -> String {
    format!("The {} `{}`", hop.target, hop.origin.authority())
}

/// How to name the proxy, where the settings name a wrong one.
const CHECK_PROXY: &str =
    "Check the host and port of the proxy; `symgate proxy URL` says which setting names it, and --proxy names another.";

#[cfg(test)]
mod tests;
