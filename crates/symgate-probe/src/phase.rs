//! [`Phase`]: where the time went.

use std::time::Duration;

use symgate::auth::Target;

use crate::report::Report;
use crate::step::Event;

/// One kind of work of an errand, all connections together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Phase {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
    /// How many round trips.
    pub round_trips: u32,
}

/// The phases that took place, in the order of the names below. Look-ups have round trips that are the system's affair.
pub(crate) fn of(report: &Report) -> Vec<Phase> {
    let mut phases = NAMES.map(|name| Phase {
        name,
        took: Duration::ZERO,
        round_trips: 0,
    });
    let mut add = |which: usize, took: Duration, round_trips: u32| {
        if let Some(phase) = phases.get_mut(which) {
            phase.took += took;
            phase.round_trips += round_trips;
        }
    };
    // Whether what is said next is said to a proxy that has opened nothing yet.
    let mut tunnels = false;
    for (index, step) in report.steps.iter().enumerate() {
        match &step.event {
            Event::LookedUp { took, .. } => add(LOOKUP, *took, 0),
            Event::Connected { hop, took, .. } => {
                add(CONNECT, *took, 1);
                tunnels = hop.target == Target::Proxy && opens_tunnel(report, index);
            }
            Event::Reused { .. } | Event::Tunnelled { .. } => tunnels = false,
            Event::Secured { hop, tls, took } | Event::Unsecured { hop, tls, took, .. } => {
                let which = if hop.target == Target::Proxy {
                    PROXY_TLS
                } else {
                    SERVER_TLS
                };
                add(which, *took, tls.round_trips);
            }
            Event::Turned { took } if tunnels => add(TUNNEL, *took, 1),
            Event::Turned { took } => add(REQUEST, *took, 1),
            _ => {}
        }
    }
    let rest = report.took.saturating_sub(phases.iter().map(|phase| phase.took).sum());
    if let Some(phase) = phases.get_mut(REST) {
        phase.took = rest;
    }
    phases.into_iter().filter(|phase| !phase.took.is_zero()).collect()
}

/// Whether the connection that was made at this step was for a tunnel: it opened one, or ended with a proxy's word on it.
fn opens_tunnel(report: &Report, index: usize) -> bool {
    let later = report.steps.iter().skip(index + 1);
    for step in later {
        match &step.event {
            Event::Tunnelled { .. } => return true,
            Event::Connected { .. } | Event::Reused { .. } | Event::Redirected { .. } => return false,
            _ => {}
        }
    }
    report.answer.is_none()
}

const NAMES: [&str; 7] = [
    "name look-up",
    "connect",
    "TLS with the proxy",
    "opening the tunnel",
    "TLS with the server",
    "request",
    "the rest",
];
const LOOKUP: usize = 0;
const CONNECT: usize = 1;
const PROXY_TLS: usize = 2;
const TUNNEL: usize = 3;
const SERVER_TLS: usize = 4;
const REQUEST: usize = 5;
/// Bodies, look-ups of passwords and tickets, questions, and our own work.
const REST: usize = 6;
