//! The report as a text: a line for each step, a table of times, the page of whoever refused, the verdict.

use std::fmt;
use std::time::Duration;

use symgate::net::{TlsSession, Trust};

use crate::failure::Failure;
use crate::report::{Answer, By, Report};
use crate::step::{Event, Step, Tls};

/// For a terminal or a ticket: no secret is in it, and no character that does more than stand there.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.url)?;
        for step in &self.steps {
            step.fmt(f)?;
        }
        if let Some(answer) = &self.answer {
            line(f, self.took, "answer", &told(answer))?;
        }
        if let Some(failure) = &self.failure {
            line(f, self.took, "failed", &failure.to_string())?;
        }
        let page = match (&self.answer, &self.failure) {
            (_, Some(Failure::Tunnel { page, .. })) => page.as_ref(),
            (Some(answer), _) => answer.page.as_ref(),
            (None, _) => None,
        };
        if let Some(page) = page {
            writeln!(f, "\nThe page says:")?;
            page.lines().try_for_each(|line| folded(f, "  | ", "  | ", line))?;
        }
        writeln!(f, "\nTime:")?;
        for phase in self.phases() {
            let trips = match phase.round_trips {
                0 => String::new(),
                1 => ", 1 round trip".to_owned(),
                count => format!(", {count} round trips"),
            };
            writeln!(f, "  {:<20} {}{trips}", phase.name, Millis(phase.took))?;
        }
        writeln!(f, "  {:<20} {}", "in all", Millis(self.took))?;
        let verdict = self.verdict();
        writeln!(f)?;
        folded(f, "Verdict: ", "  ", &verdict.sentence)?;
        verdict
            .advice
            .iter()
            .try_for_each(|advice| folded(f, "  -> ", "     ", advice))
    }
}

/// One line, or some.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match &self.event {
            Event::Asked { hop, scheme, by, .. } => match by {
                Some(by) => line(f, at, "login", &format!("{hop}: {by} answers ({scheme})")),
                None => line(f, at, "login", &format!("{hop}: nobody answers ({scheme})")),
            },
            Event::Attempted {
                hop,
                address,
                end,
                took,
            } => line(
                f,
                at,
                "connect",
                &format!("{hop} at {address}: {end} ({})", Millis(*took)),
            ),
            Event::Authenticating { hop, mechanism } => line(f, at, "login", &format!("{hop}: sending {mechanism}")),
            Event::Challenged { hop, status, offers } => {
                let offers = offers.iter().map(|(scheme, realm)| match realm {
                    Some(realm) => format!("{scheme} `{realm}`"),
                    None => scheme.clone(),
                });
                let offers = offers.collect::<Vec<_>>().join(", ");
                line(f, at, "login", &format!("{hop} wants one ({status}): {offers}"))
            }
            Event::Chosen { url, routes } => {
                line(f, at, "way", &format!("to {url}"))?;
                routes
                    .iter()
                    .try_for_each(|(route, reason)| more(f, &format!("{route} ({reason})")))
            }
            // The attempt says the same.
            Event::Connected { .. } => Ok(()),
            Event::Judged { hop, scheme, outcome } => line(f, at, "login", &format!("{hop}: {scheme} {outcome}")),
            Event::LookedUp { hop, addresses, took } => line(
                f,
                at,
                "name",
                &format!("{} is {} ({})", hop.origin.host(), addresses.join(", "), Millis(*took)),
            ),
            Event::Noted { text } => line(f, at, "note", text),
            Event::Redirected { from, to, status } => line(f, at, "redirect", &format!("{status} from {from} to {to}")),
            Event::Reused { hop } => line(f, at, "connect", &format!("{hop}: a kept connection")),
            Event::RouteFailed { route, reason } => line(f, at, "way", &format!("{route} failed: {reason}")),
            Event::SchemeEnded { hop, text } => line(f, at, "login", &format!("{hop}: {text}")),
            Event::Secured { hop, tls, took } => {
                line(f, at, "TLS", &format!("{hop}: {} ({})", agreed(tls), Millis(*took)))?;
                chain(f, tls)
            }
            Event::Tunnelled { hop, authority } => line(f, at, "tunnel", &format!("{hop} opened one to `{authority}`")),
            // The table counts them.
            Event::Turned { .. } => Ok(()),
            Event::Unsecured { hop, tls, reason, took } => {
                line(f, at, "TLS", &format!("{hop}: {reason} ({})", Millis(*took)))?;
                chain(f, tls)
            }
        }
    }
}

fn agreed(tls: &Tls) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(tls.version.map(str::to_owned));
    parts.extend(tls.suite.map(str::to_owned));
    parts.extend(tls.alpn.as_ref().map(|name| format!("`{name}` inside")));
    if tls.session == TlsSession::Resumed {
        parts.push("resumed".to_owned());
    }
    parts.push(match tls.round_trips {
        1 => "1 round trip".to_owned(),
        count => format!("{count} round trips"),
    });
    parts.join(", ")
}

/// The certificates, each with its signer, and what the last signer is.
fn chain(f: &mut fmt::Formatter<'_>, tls: &Tls) -> fmt::Result {
    for certificate in &tls.chain {
        let names = if certificate.names.is_empty() {
            String::new()
        } else {
            format!(" for {}", certificate.names.join(", "))
        };
        more(
            f,
            &format!("`{}`{names}, signed by `{}`", certificate.subject, certificate.issuer),
        )?;
    }
    match tls.trust {
        Trust::Public => more(f, "a public authority vouches for it"),
        Trust::Private => more(f, "no public authority vouches for it"),
        Trust::Nobody => Ok(()),
    }
}

fn told(answer: &Answer) -> String {
    let mut text = format!("{} {}", answer.status, answer.reason).trim_end().to_owned();
    text.push_str(match &answer.by {
        By::Server => "",
        By::Unknown => ", through the proxy",
        By::Proxy(_) => ", made by the proxy",
    });
    if let Some(kind) = &answer.kind {
        text.push_str(&format!(", {kind}"));
    }
    text.push_str(&format!(", {} bytes", answer.received));
    if let Some(to) = &answer.location {
        text.push_str(&format!(", leads to {to}"));
    }
    if let By::Proxy(word) = &answer.by {
        text.push_str(&format!(" ({word})"));
    }
    text
}

/// A line of the list.
fn line(f: &mut fmt::Formatter<'_>, at: Duration, what: &str, text: &str) -> fmt::Result {
    let first = format!("{:>8}  {what:<8}  ", Millis(at).to_string());
    folded(f, &first, INDENT, text)
}

/// What belongs to the line above.
fn more(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    folded(f, INDENT, INDENT, text)
}

/// Text in lines of at most [`WIDTH`] characters, broken at blanks; a word that is longer stays whole, so that it can be
/// copied.
fn folded(f: &mut fmt::Formatter<'_>, first: &str, others: &str, text: &str) -> fmt::Result {
    let mut line = first.to_owned();
    let mut width = first.chars().count();
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !is_empty && width + 1 + length > WIDTH {
            writeln!(f, "{}", line.trim_end())?;
            others.clone_into(&mut line);
            width = others.chars().count();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
        is_empty = false;
    }
    writeln!(f, "{}", line.trim_end())
}

/// Columns of a terminal.
const WIDTH: usize = 80;

/// As wide as what stands in front of a step's text.
const INDENT: &str = "                    ";

/// A time as people read it.
pub(crate) struct Millis(pub(crate) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            0..10_000 => write!(f, "{}.{} ms", micros / 1000, micros % 1000 / 100),
            10_000..10_000_000 => write!(f, "{} ms", micros / 1000),
            _ => write!(f, "{} s", micros / 1_000_000),
        }
    }
}
