//! The report as JSON, for programs. Names of fields are stable; new ones may come.

use std::time::Duration;

use serde_json::{Map, Value, json};
use symgate::net::{TlsSession, Trust};

use crate::report::{Answer, By, Report};
use crate::step::{Event, Hop, Step, Tls};

impl Report {
    /// One object: `url`, `verdict` (`kind`, `sentence`, `advice`), `answer` or null, `phases`, `steps`, `ms`. Times are
    /// milliseconds with a fraction. It holds what the text holds, and no secret either.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let verdict = self.verdict();
        let phases = self
            .phases()
            .into_iter()
            .map(|phase| json!({ "name": phase.name, "ms": ms(phase.took), "round_trips": phase.round_trips }));
        let page = match &self.failure {
            Some(crate::Failure::Tunnel { page, .. }) => page.clone(),
            _ => self.answer.as_ref().and_then(|answer| answer.page.clone()),
        };
        json!({
            "url": self.url,
            "verdict": {
                "kind": verdict.kind.as_str(),
                "sentence": verdict.sentence,
                "advice": verdict.advice,
            },
            "answer": self.answer.as_ref().map(answer),
            "page": page,
            "phases": phases.collect::<Vec<_>>(),
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
            "ms": ms(self.took),
        })
    }
}

fn answer(answer: &Answer) -> Value {
    let (by, word) = match &answer.by {
        By::Server => ("server", None),
        By::Unknown => ("unknown", None),
        By::Proxy(word) => ("proxy", Some(word)),
    };
    json!({
        "status": answer.status,
        "reason": answer.reason,
        "type": answer.kind,
        "server": answer.server,
        "location": answer.location,
        "bytes": answer.received,
        "by": by,
        "proxy_error": word,
    })
}

fn step(step: &Step) -> Value {
    let (name, mut object) = event(&step.event);
    object.insert("at_ms".to_owned(), ms(step.at));
    object.insert("event".to_owned(), name.into());
    Value::Object(object)
}

fn event(event: &Event) -> (&'static str, Map<String, Value>) {
    let (name, value) = match event {
        Event::Asked { hop, scheme, realm, by } => (
            "asked",
            json!({ "hop": who(hop), "scheme": scheme, "realm": realm, "by": by }),
        ),
        Event::Attempted {
            hop,
            address,
            end,
            took,
        } => (
            "attempted",
            json!({ "hop": who(hop), "address": address, "end": end, "ms": ms(*took) }),
        ),
        Event::Authenticating { hop, mechanism } => {
            ("authenticating", json!({ "hop": who(hop), "mechanism": mechanism }))
        }
        Event::Challenged { hop, status, offers } => {
            let offers = offers
                .iter()
                .map(|(scheme, realm)| json!({ "scheme": scheme, "realm": realm }));
            (
                "challenged",
                json!({ "hop": who(hop), "status": status, "offers": offers.collect::<Vec<_>>() }),
            )
        }
        Event::Chosen { url, routes } => {
            let routes = routes
                .iter()
                .map(|(route, reason)| json!({ "route": route, "reason": reason }));
            ("chosen", json!({ "url": url, "routes": routes.collect::<Vec<_>>() }))
        }
        Event::Connected { hop, address, took } => (
            "connected",
            json!({ "hop": who(hop), "address": address, "ms": ms(*took) }),
        ),
        Event::Judged { hop, scheme, outcome } => (
            "judged",
            json!({ "hop": who(hop), "scheme": scheme, "outcome": outcome }),
        ),
        Event::LookedUp { hop, addresses, took } => (
            "looked-up",
            json!({ "hop": who(hop), "addresses": addresses, "ms": ms(*took) }),
        ),
        Event::Noted { text } => ("noted", json!({ "text": text })),
        Event::Redirected { from, to, status } => ("redirected", json!({ "from": from, "to": to, "status": status })),
        Event::Reused { hop } => ("reused", json!({ "hop": who(hop) })),
        Event::RouteFailed { route, reason } => ("route-failed", json!({ "route": route, "reason": reason })),
        Event::SchemeEnded { hop, text } => ("scheme-ended", json!({ "hop": who(hop), "text": text })),
        Event::Secured { hop, tls, took } => (
            "secured",
            json!({ "hop": who(hop), "tls": agreed(tls), "ms": ms(*took) }),
        ),
        Event::Tunnelled { hop, authority } => ("tunnelled", json!({ "hop": who(hop), "authority": authority })),
        Event::Turned { took } => ("turned", json!({ "ms": ms(*took) })),
        Event::Unsecured { hop, tls, reason, took } => (
            "unsecured",
            json!({ "hop": who(hop), "tls": agreed(tls), "reason": reason, "ms": ms(*took) }),
        ),
    };
    let Value::Object(object) = value else {
        return (name, Map::new());
    };
    (name, object)
}

fn who(hop: &Hop) -> Value {
    json!({ "target": hop.target.to_string(), "origin": hop.origin.to_string() })
}

fn agreed(tls: &Tls) -> Value {
    let chain = tls.chain.iter().map(|certificate| {
        json!({
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "names": certificate.names,
            "not_before": certificate.not_before,
            "not_after": certificate.not_after,
            "sha256": certificate.fingerprint(),
        })
    });
    json!({
        "version": tls.version,
        "suite": tls.suite,
        "alpn": tls.alpn,
        "resumed": tls.session == TlsSession::Resumed,
        "round_trips": tls.round_trips,
        "trust": match tls.trust {
            Trust::Public => "public",
            Trust::Private => "private",
            Trust::Nobody => "nobody",
        },
        "chain": chain.collect::<Vec<_>>(),
    })
}

/// Milliseconds to the microsecond.
fn ms(time: Duration) -> Value {
    let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    json!(f64::from(micros) / 1000.0)
}
