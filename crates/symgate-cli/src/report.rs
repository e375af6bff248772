//! What a search came to, in words, as JSON and as an exit status.

use std::process::ExitCode;

use serde_json::{Value, json};
use symgate::auth::mechanism::MechanismError;
use symgate::auth::{Ending, Refusal, Target, Tried};
use symgate::http::FailureKind;
use symgate::path::FileId;
use symgate::policy::{Cause, exposes_password};
use symgate::{Error, ErrorKind, Found, Speaker};

use crate::interrupt;
use crate::tty::is_attended;

pub(crate) use symgate_console::{chain, plain};

/// What the person at the terminal can do about it, where something is known to help.
pub(crate) fn advice(error: &Error) -> Option<String> {
    use symgate::http::Error as Http;
    if let Some(target) = error.certificate_wanted_by() {
        return Some(certify(target, error));
    }
    if let Some(latched) = error.latched() {
        return match latched.cause {
            Cause::Automatic => Some(give(latched.target)),
            Cause::Rejected => Some(check(latched.target)),
            _ => None,
        };
    }
    let Some(transport) = error.transport() else {
        return answered(error);
    };
    Some(match transport {
        Http::Auth { hop, .. } if error.is_beyond_the_path() => format!(
            "the store leads to `{}`, which no option answers; let symgate ask, on a terminal, with --prompts on",
            hop.origin
        ),
        Http::Auth { hop, source } => match source {
            symgate::auth::Error::Refused(refused) if refused.refusal == Refusal::Automatic => {
                let clear = hop.target == Target::Origin && error.ask().is_some_and(exposes_password);
                let withheld = "; files and programs answer a server in clear text only by a rule with \
                                danger-basic-in-clear (--policy)";
                give(hop.target) + if clear { withheld } else { "" }
            }
            symgate::auth::Error::GaveUp(gave_up) => {
                let ended = |ending: &Ending| gave_up.tried.iter().any(|tried| tried.ending == *ending);
                let ticket = |tried: &Tried| matches!(tried.ending, Ending::Mechanism(MechanismError::Token(_)));
                if ended(&Ending::PasswordRejected) {
                    check(hop.target)
                } else if gave_up.tried.iter().any(ticket) {
                    format!(
                        "get a Kerberos ticket (kinit; klist shows it) and name the {0} as the KDC knows it; or give a \
                         password with {1}, if the {0} takes one",
                        hop.target,
                        option(hop.target)
                    )
                } else if ended(&Ending::NoAnswer) {
                    give(hop.target)
                } else if ended(&Ending::NotInOrder) {
                    format!("the {} offers what --auth leaves out", hop.target)
                } else if ended(&Ending::NoTicket) {
                    format!(
                        "the {} wants a Kerberos ticket: give no {} for it, get one with kinit, and use --sso-hosts for \
                         a server",
                        hop.target,
                        option(hop.target)
                    )
                } else {
                    format!(
                        "the {} has to offer Negotiate, NTLM, Digest or Basic; ask who runs it",
                        hop.target
                    )
                }
            }
            _ => return None,
        },
        Http::Tunnel { authority, answer, .. } => match answer.status {
            403 | 405 => format!("ask for CONNECT to `{authority}` to be allowed"),
            502..=504 => format!("the proxy could not reach `{authority}`; try again later, or ask who runs it"),
            _ => return None,
        },
        Http::Failed { hop, failure } => match (failure.kind, hop.target) {
            (FailureKind::Resolve | FailureKind::Connect | FailureKind::Timeout, Target::Proxy) => {
                "check the proxy's host and port (--proxy, _NT_SYMBOL_PROXY)".into()
            }
            (FailureKind::Resolve | FailureKind::Connect | FailureKind::Timeout, Target::Origin) => {
                "check the address; if a proxy leads out of this network, name it with --proxy".into()
            }
            (FailureKind::TlsCertificate, Target::Origin) => {
                "if the network inspects TLS, add its root certificate with --ca-file".into()
            }
            (FailureKind::TlsCertificate, Target::Proxy) => {
                "add the root certificate of the proxy with --proxy-ca-file".into()
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// The same for an answer that is no file.
fn answered(error: &Error) -> Option<String> {
    let proxied = error.through().is_some();
    Some(match (error.status()?, error.speaker()) {
        (502..=504, Speaker::Proxy) => {
            "the proxy could not reach the store; try again later, or ask who runs it".into()
        }
        (_, Speaker::Proxy) => "ask who runs the proxy to let requests to this store through".into(),
        (203 | 511, _) => {
            "the network wants a login in a browser, or something on the way changes files; log in there first".into()
        }
        (500..=599, _) if proxied => {
            "the proxy may have answered in place of the store; try again later, or ask who runs it".into()
        }
        (500..=599, _) => "the store fails; try again later, or ask who runs it".into(),
        _ => return None,
    })
}

const fn option(target: Target) -> &'static str {
    match target {
        Target::Proxy => "--proxy-user",
        Target::Origin => "--user",
    }
}

/// For a peer that wants a certificate of ours, or another one.
fn certify(target: Target, error: &Error) -> String {
    match (target, error.hop()) {
        (Target::Proxy, _) => {
            "name a client certificate that the proxy takes: --proxy-cert FILE --proxy-key FILE".into()
        }
        (Target::Origin, Some(hop)) if error.is_beyond_the_path() => format!(
            "the store redirects to `{}`; a client certificate is shown only to servers that the symbol path names",
            hop.origin
        ),
        (Target::Origin, _) => "name a client certificate that the server takes: --cert FILE --key FILE".into(),
    }
}

fn give(target: Target) -> String {
    let option = option(target);
    if is_attended() {
        format!("give {option} NAME[:PASSWORD], or let symgate ask with --prompts on")
    } else {
        format!("give {option} NAME:PASSWORD; symgate can ask for it on a terminal, or by SYMGATE_ASKPASS")
    }
}

fn check(target: Target) -> String {
    format!(
        "check the name, the password, and the domain if there is one (DOMAIN\\NAME); {} NAME asks for the password",
        option(target)
    )
}

/// One line of `--json`.
pub(crate) fn json(target: &str, id: &FileId, result: &Result<Found, Error>) -> Value {
    let (found, error) = match result {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(error)),
    };
    json!({
        "target": target,
        "file": id.name.to_string(),
        "key": id.key.to_string(),
        "status": error.map_or("found", |error| word(error.kind())),
        "path": found.map(|found| found.path.to_string_lossy()),
        "source": found.map(|found| &found.source),
        "bytes": found.map(|found| found.bytes),
        "error": error.map(chain),
    })
}

const fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Missing => "missing",
        ErrorKind::Refused => "refused",
        ErrorKind::Store => "store",
        ErrorKind::Content => "content",
        ErrorKind::Interrupted => "interrupted",
        _ => "network",
    }
}

/// The status of the whole run, made of the kinds of all its errors: of several the most telling one.
pub(crate) fn status(kinds: impl IntoIterator<Item = ErrorKind>) -> ExitCode {
    // `ErrorKind` is ordered that way.
    ExitCode::from(kinds.into_iter().max().map_or(0, code))
}

const fn code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Missing => 1,
        ErrorKind::Config => USAGE,
        ErrorKind::Refused => 3,
        ErrorKind::Store => 5,
        ErrorKind::Content => 6,
        ErrorKind::Interrupted => interrupt::STATUS,
        _ => 4,
    }
}

/// The exit status of a command line or a target that cannot be understood.
pub(crate) const USAGE: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_status_wins() {
        use ErrorKind::{Content, Interrupted, Missing, Network, Refused, Store};
        for (kinds, expected) in [
            (&[][..], 0),
            (&[Missing], 1),
            (&[Missing, Network], 4),
            (&[Network, Refused, Missing], 3),
            (&[Refused, Content], 6),
            (&[Content, Store, Missing], 5),
            (&[Store, Interrupted], 130),
        ] {
            assert_eq!(status(kinds.iter().copied()), ExitCode::from(expected), "{kinds:?}");
        }
    }
}
