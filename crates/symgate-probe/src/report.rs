//! [`Report`]: one errand, written down.

use std::time::Duration;

use crate::failure::Failure;
use crate::phase::{self, Phase};
use crate::step::{Event, Step, Tls};
use crate::verdict::{self, Verdict};

/// What happened on the way to one URL, and how it ended. Plain data without secrets; [`Display`](std::fmt::Display) is
/// for a ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What was asked for, without user, password and values of a query.
    pub url: String,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// The final answer, also where its body broke off.
    pub answer: Option<Answer>,
    /// Why there is no answer, or no whole one.
    pub failure: Option<Failure>,
    /// From the first step to the end.
    pub took: Duration,
}

/// A final answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The words behind the status; untrusted, harmless.
    pub reason: String,
    /// Its `Content-Type`.
    pub kind: Option<String>,
    /// Its `Server`.
    pub server: Option<String>,
    /// Where a redirect leads that is not followed.
    pub location: Option<String>,
    /// Bytes of the body that came, decoded.
    pub received: u64,
    /// Who made it.
    pub by: By,
    /// What an error page says, reduced to text.
    pub page: Option<String>,
}

/// Who made an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum By {
    /// The server that was asked.
    Server,
    /// The server, or the proxy in between, which does not say.
    Unknown,
    /// The proxy, by its own word.
    Proxy(String),
}

impl Report {
    /// What it comes to, and what helps.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        verdict::of(self)
    }

    /// Whether an answer of the target itself arrived whole, whatever its status.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        let by_proxy = |answer: &Answer| matches!(answer.by, By::Proxy(_));
        self.failure.is_none() && self.answer.as_ref().is_some_and(|answer| !by_proxy(answer))
    }

    /// Where the time went, and how many round trips each part took.
    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        phase::of(self)
    }

    /// What was agreed with the server last, if TLS was tried.
    pub(crate) fn tls_of_server(&self) -> Option<&Tls> {
        self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Secured { hop, tls, .. } | Event::Unsecured { hop, tls, .. }
                if hop.target == symgate::auth::Target::Origin =>
            {
                Some(tls)
            }
            _ => None,
        })
    }

    /// The proxy that the last connection leads through.
    pub(crate) fn last_proxy(&self) -> Option<&crate::Hop> {
        let hop = self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Connected { hop, .. } | Event::Reused { hop } => Some(hop),
            _ => None,
        })?;
        (hop.target == symgate::auth::Target::Proxy).then_some(hop)
    }

    /// Ways that failed before the one that counts.
    pub(crate) fn failed_routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.steps.iter().filter_map(|step| match &step.event {
            Event::RouteFailed { route, reason } => Some((route.as_str(), reason.as_str())),
            _ => None,
        })
    }
}
