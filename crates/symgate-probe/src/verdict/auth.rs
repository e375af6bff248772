//! Verdicts on authentication: who wanted which login, and why there was none that he took.

use symgate::auth::mechanism::MechanismError;
use symgate::auth::{Ending, Error, Refusal, Target, Tried};

use super::{Kind, Verdict, begun, called};
use crate::report::Report;
use crate::step::{Event, Hop};

pub(super) fn of(report: &Report, hop: &Hop, error: &Error) -> Verdict {
    let option = option(hop.target);
    let status = hop.target.status();
    let offered = offered(report, hop);
    match error {
        Error::Refused(refused) => match refused.refusal {
            Refusal::ByUser => Verdict::new(
                Kind::LoginNeeded,
                format!(
                    "{} wants a login ({status}, {offered}), and the question was cancelled.",
                    begun(hop)
                ),
                [],
            ),
            Refusal::Automatic => Verdict::new(
                Kind::LoginNeeded,
                format!(
                    "{} wants a login ({status}, {offered}); none was given, and nobody may be asked.",
                    begun(hop)
                ),
                [&give(hop.target), &ticket_remark(&refused.tried)],
            ),
            refusal => Verdict::new(
                Kind::LoginNeeded,
                format!(
                    "{} wants a login ({status}, {offered}), which was {refusal}.",
                    begun(hop)
                ),
                [],
            ),
        },
        Error::GaveUp(gave_up) => {
            let ended = |wanted: &Ending| gave_up.tried.iter().any(|tried| tried.ending == *wanted);
            let no_ticket = gave_up
                .tried
                .iter()
                .find(|tried| matches!(tried.ending, Ending::Mechanism(MechanismError::Token(_))));
            let tried = told(&gave_up.tried, hop);
            if ended(&Ending::PasswordRejected) || ended(&Ending::TokenRejected) {
                let by = given_by(report, hop)
                    .map(|by| format!(" that came from {by}"))
                    .unwrap_or_default();
                Verdict::new(
                    Kind::LoginRejected,
                    format!("{} rejected the name or password{by} ({status}; {tried}).", begun(hop)),
                    [
                        &format!(
                            "Check name and password ({option}); in a Windows domain write DOMAIN\\NAME or NAME@REALM."
                        ),
                        "Do not try too often: accounts are locked after a few wrong passwords.",
                    ],
                )
            } else if ended(&Ending::TicketRejected) {
                Verdict::new(
                    Kind::LoginRejected,
                    format!(
                        "{} rejected the Kerberos ticket of whoever is logged on ({tried}).",
                        begun(hop)
                    ),
                    [
                        &format!(
                            "Name the {} by the name that the KDC knows it by; klist shows the ticket.",
                            hop.target
                        ),
                        &give(hop.target),
                    ],
                )
            } else if let Some(tried) = no_ticket {
                Verdict::new(
                    Kind::NoTicket,
                    format!(
                        "{} wants a Kerberos ticket ({status}, {offered}), and there is none: {}.",
                        begun(hop),
                        tried.at(hop.target)
                    ),
                    [
                        "Get one with kinit (klist shows it), on Windows by logging on to the domain.",
                        &format!("Or give a password with {option}, if {} takes one.", called(hop)),
                    ],
                )
            } else if ended(&Ending::NoAnswer) || ended(&Ending::NoTicket) {
                Verdict::new(
                    Kind::LoginNeeded,
                    format!(
                        "{} wants a login ({status}, {offered}), and nobody had one ({tried}).",
                        begun(hop)
                    ),
                    [&give(hop.target)],
                )
            } else if ended(&Ending::NotInOrder) {
                Verdict::new(
                    Kind::NoScheme,
                    format!("{} {offered}, which --auth leaves out.", begun(hop)),
                    ["Leave --auth away, or name one of them."],
                )
            } else {
                Verdict::new(
                    Kind::NoScheme,
                    format!(
                        "{} takes no login that can be given here ({status}, {offered}{}).",
                        begun(hop),
                        if tried.is_empty() {
                            String::new()
                        } else {
                            format!("; {tried}")
                        }
                    ),
                    [&format!(
                        "Ask who runs it to offer Negotiate, NTLM, Digest or Basic beside it on the {}.",
                        hop.target
                    )],
                )
            }
        }
        error => Verdict::new(
            Kind::LoginFailed,
            format!("The login at {} could not be done: {error}.", called(hop)),
            [],
        ),
    }
}

/// What the hop offered last.
fn offered(report: &Report, hop: &Hop) -> String {
    let offers = report.steps.iter().rev().find_map(|step| match &step.event {
        Event::Challenged { hop: other, offers, .. } if other == hop => Some(offers),
        _ => None,
    });
    let names = offers.into_iter().flatten().map(|(scheme, realm)| match realm {
        Some(realm) => format!("{scheme} `{realm}`"),
        None => scheme.clone(),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        "no scheme named".to_owned()
    } else {
        format!("offers {names}")
    }
}

/// Whose answer went to this hop last.
fn given_by(report: &Report, hop: &Hop) -> Option<String> {
    report.steps.iter().rev().find_map(|step| match &step.event {
        Event::Asked {
            hop: other,
            by: Some(by),
            ..
        } if other == hop => Some(by.clone()),
        _ => None,
    })
}

fn told(tried: &[Tried], hop: &Hop) -> String {
    let tried = tried.iter().map(|tried| tried.at(hop.target).to_string());
    tried.collect::<Vec<_>>().join("; ")
}

fn ticket_remark(tried: &[Tried]) -> String {
    let no_ticket = tried.iter().find_map(|tried| match &tried.ending {
        Ending::Mechanism(MechanismError::Token(error)) => Some(error.to_string()),
        _ => None,
    });
    no_ticket
        .map(|why| format!("There is no Kerberos ticket that would do it: {why}."))
        .unwrap_or_default()
}

fn give(target: Target) -> String {
    match target {
        Target::Proxy => {
            "Give name and password with --proxy-user NAME:PASSWORD, or let symgate ask: on a terminal, or \
                          with --prompts on."
                .to_owned()
        }
        Target::Origin => "Give name and password with --user NAME:PASSWORD or in ~/.netrc, or let symgate ask: on a \
                           terminal, or with --prompts on."
            .to_owned(),
    }
}

const fn option(target: Target) -> &'static str {
    match target {
        Target::Proxy => "--proxy-user",
        Target::Origin => "--user",
    }
}
