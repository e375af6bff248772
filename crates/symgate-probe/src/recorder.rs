//! [`Recorder`]: writes down what a client tells of one fetch.

use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use symgate::auth::{Ask, Outcome, Target};
use symgate::http::{Note, ResponseHead};
use symgate::net::Trace;
use symgate::proxy::{Choice, Route};
use symgate::{Watcher, WayNote};
use url::Url;

use crate::failure::Failure;
use crate::page::{self, harmless};
use crate::redact::{self, shown};
use crate::report::{Answer, By, Report};
use crate::step::{Event, Hop, Step};

/// A [`Watcher`] that writes everything down; the body of the final answer goes to `body`.
pub struct Recorder<W> {
    url: Url,
    /// The URL that is asked for at the moment.
    at: Url,
    /// All that were asked for.
    asked: Vec<Url>,
    clock: Box<dyn FnMut() -> Duration + Send>,
    steps: Vec<Step>,
    answer: Option<Answer>,
    /// The beginning of a body that may be an error page.
    page: Vec<u8>,
    body: W,
}

impl<W: Write> Recorder<W> {
    /// Records from now on, by the system's steady clock.
    pub fn new(url: &Url, body: W) -> Self {
        let begun = Instant::now();
        Self::with_clock(url, body, move || begun.elapsed())
    }

    /// Records by another clock, which says how long it is since the beginning: runs can be written down and replayed.
    pub fn with_clock(url: &Url, body: W, clock: impl FnMut() -> Duration + Send + 'static) -> Self {
        Self {
            url: url.clone(),
            at: url.clone(),
            asked: vec![url.clone()],
            clock: Box::new(clock),
            steps: Vec::new(),
            answer: None,
            page: Vec::new(),
            body,
        }
    }

    /// The report, once the fetch has ended.
    #[must_use]
    pub fn finish<T>(self, ended: &Result<T, symgate::net::Error>) -> Report {
        self.into_parts(ended).0
    }

    /// The report and the sink of the body.
    #[must_use]
    pub fn into_parts<T>(mut self, ended: &Result<T, symgate::net::Error>) -> (Report, W) {
        let took = (self.clock)();
        let mut answer = self.answer;
        if let Some(answer) = answer.as_mut().filter(|answer| answer.status >= 400) {
            let text = page::reduce(&self.page, answer.kind.as_deref());
            answer.page = text.map(|text| redact::page(&text, &self.asked));
        }
        let mut failure = ended.as_ref().err().map(Failure::of);
        if let Some(Failure::Tunnel { page: Some(page), .. }) = &mut failure {
            *page = redact::page(page, &self.asked);
        }
        let report = Report {
            url: shown(&self.url),
            steps: self.steps,
            answer,
            failure,
            took,
        };
        (report, self.body)
    }

    fn write(&mut self, event: Event) {
        // A peer that makes us go on for ever is stopped elsewhere; this only keeps the paper short.
        if self.steps.len() < STEPS {
            let at = (self.clock)();
            self.steps.push(Step { at, event });
        }
    }

    /// Who made an answer with this head.
    fn by(&self, head: &ResponseHead) -> By {
        let forwards = self.at.scheme() == "http" && self.is_proxied() && !self.is_tunnelled();
        match head.fields.proxy_error().filter(|_| forwards) {
            Some(word) => By::Proxy(word),
            None if forwards => By::Unknown,
            None => By::Server,
        }
    }

    fn is_proxied(&self) -> bool {
        let hop = self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Connected { hop, .. } | Event::Reused { hop } => Some(hop),
            _ => None,
        });
        hop.is_some_and(|hop| hop.target == Target::Proxy)
    }

    /// Whether the last connection, or the errand that left a kept one, leads through a tunnel.
    fn is_tunnelled(&self) -> bool {
        let last = self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Tunnelled { .. } => Some(true),
            Event::Connected { .. } | Event::Chosen { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }
}

impl<W: Write> Watcher for Recorder<W> {
    fn chosen(&mut self, url: &Url, choice: &Choice) {
        self.at = url.clone();
        if self.asked.len() < STEPS {
            self.asked.push(url.clone());
        }
        let routes = choice.routes().iter().map(|routed| {
            let route = match &routed.route {
                Route::Unusable(why) => format!("unusable: {why}"),
                route => route.to_string(),
            };
            (harmless(&route), harmless(&routed.reason.to_string()))
        });
        let routes = routes.collect();
        self.write(Event::Chosen {
            url: shown(url),
            routes,
        });
    }

    fn way(&mut self, note: &WayNote<'_>) {
        let text = harmless(&note.to_string());
        self.write(Event::Noted { text });
    }

    fn note(&mut self, note: &Note) {
        let event = match note {
            Note::Authenticating { hop, mechanism } => Event::Authenticating {
                hop: hop.into(),
                mechanism: (*mechanism).to_owned(),
            },
            Note::Challenged { hop, status, offers } => Event::Challenged {
                hop: hop.into(),
                status: *status,
                offers: offers
                    .iter()
                    .map(|offer| (harmless(&offer.scheme), offer.realm.as_deref().map(harmless)))
                    .collect(),
            },
            Note::Redirected { from, to, status } => Event::Redirected {
                from: harmless(from),
                to: harmless(to),
                status: *status,
            },
            Note::RouteFailed { route, reason, .. } => Event::RouteFailed {
                route: route.to_string(),
                reason: harmless(reason),
            },
            Note::SchemeEnded { hop, tried } => Event::SchemeEnded {
                hop: hop.into(),
                text: harmless(&tried.at(hop.target).to_string()),
            },
            Note::Tunnelled { hop, authority } => Event::Tunnelled {
                hop: hop.into(),
                authority: authority.clone(),
            },
            note => Event::Noted {
                text: harmless(&note.to_string()),
            },
        };
        self.write(event);
    }

    fn trace(&mut self, trace: &Trace<'_>) {
        let event = match trace {
            Trace::Attempted { hop, attempted } => Event::Attempted {
                hop: (*hop).into(),
                address: attempted.address.to_string(),
                end: attempted.end.to_string(),
                took: attempted.took,
            },
            Trace::Connected { hop, address, took } => Event::Connected {
                hop: (*hop).into(),
                address: address.to_string(),
                took: *took,
            },
            Trace::LookedUp { hop, addresses, took } => Event::LookedUp {
                hop: (*hop).into(),
                addresses: addresses.iter().map(|address| address.ip().to_string()).collect(),
                took: *took,
            },
            Trace::Reused { hop } => Event::Reused { hop: (*hop).into() },
            Trace::Secured { hop, handshake, took } => Event::Secured {
                hop: (*hop).into(),
                tls: (*handshake).into(),
                took: *took,
            },
            Trace::Turned { took } => Event::Turned { took: *took },
            Trace::Unsecured {
                hop,
                handshake,
                error,
                took,
            } => Event::Unsecured {
                hop: (*hop).into(),
                tls: (*handshake).into(),
                reason: harmless(&error.to_string()),
                took: *took,
            },
            _ => return,
        };
        self.write(event);
    }

    fn asked(&mut self, ask: &Ask, by: Option<&str>) {
        let hop = hop(ask);
        self.write(Event::Asked {
            hop,
            scheme: ask.scheme.to_string(),
            realm: ask.realm.as_deref().map(harmless),
            by: by.map(harmless),
        });
    }

    fn judged(&mut self, ask: &Ask, outcome: Outcome) {
        let hop = hop(ask);
        self.write(Event::Judged {
            hop,
            scheme: ask.scheme.to_string(),
            outcome: match outcome {
                Outcome::Accepted => "accepted",
                Outcome::Rejected => "rejected",
                Outcome::Abandoned => "not judged",
            },
        });
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        let text = |name| head.fields.text(name).map(|text| short(&harmless(text)));
        let location = head
            .fields
            .text("location")
            .filter(|_| matches!(head.status, 300..=399))
            .and_then(|to| self.at.join(to).ok());
        self.answer = Some(Answer {
            status: head.status,
            reason: short(&harmless(&head.reason)),
            kind: text("content-type"),
            server: text("server"),
            location: location.as_ref().map(|to| harmless(&shown(to))),
            received: 0,
            by: self.by(head),
            page: None,
        });
        Ok(())
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        if let Some(answer) = &mut self.answer {
            answer.received = answer
                .received
                .saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
        let room = page::BYTES.saturating_sub(self.page.len());
        self.page.extend_from_slice(piece.get(..room).unwrap_or(piece));
        self.body.write_all(piece)
    }
}

impl<W> fmt::Debug for Recorder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

fn hop(ask: &Ask) -> Hop {
    Hop {
        target: ask.target,
        origin: ask.origin.clone(),
    }
}

/// A field's value, at most as long as a line.
pub(crate) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(FIELD).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Steps that are written down; an errand of ten redirects through a proxy that wants a password has about two hundred.
const STEPS: usize = 2000;

/// Characters of a field's value that are kept.
const FIELD: usize = 120;
