//! What SymSrv says in noisy mode (`!sym noisy`), line by line, and in the same tone what it never says: which way was
//! taken, and who asked.
//!
//! The lines of one search stand together, however many searches run at once: one of them is told as it goes, and those of
//! the others are kept until it is over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use symgate::auth::Refusal;
use symgate::http::{Error as Http, FailureKind};
use symgate::{Ended, Error, ErrorKind, Event, Probed};

use crate::text::{chain, plain};

/// Searches that are under way, told as SymSrv and DbgHelp tell them (SYMSRV §6.8).
///
/// What they never say has the prefix `symgate:`. The lines about refused authentication are ours too, in SymSrv's tone:
/// no sample of theirs is known.
#[derive(Debug, Default)]
pub struct Noisy(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Searches since the beginning, as `BYINDEX` counts them.
    begun: u32,
    /// The search that is told as it goes.
    told: Option<usize>,
    searches: BTreeMap<usize, Search>,
}

/// What a search has to say so far.
#[derive(Debug, Default)]
struct Search {
    lines: String,
    /// Who would speak.
    speaker: Speaker,
    /// What the last place that was looked at lacks, as an `HRESULT`: it ends a search that found nothing.
    lacking: u32,
    stage: Stage,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Ended,
    Running,
}

/// Chains of stores are SymSrv's to search, plain directories DbgHelp's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Speaker {
    #[default]
    SymSrv,
    DbgHelp,
}

impl Noisy {
    /// Takes an event, and gives `say` the lines that can be told now, in whole lines. It is called under a lock, so that
    /// lines of several threads keep their order: it must not come back here.
    pub fn observe(&self, number: usize, event: &Event<'_>, say: &dyn Fn(&str)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.describe(number, event);
        state.tell(say);
    }
}

impl State {
    /// Tells one search as it goes, and those that ended meanwhile when it is over.
    fn tell(&mut self, say: &dyn Fn(&str)) {
        loop {
            let ended = || self.searches.iter().find(|(_, search)| search.stage == Stage::Ended);
            let first = || ended().or_else(|| self.searches.first_key_value());
            let Some(number) = self.told.or_else(|| first().map(|(number, _)| *number)) else {
                return;
            };
            self.told = Some(number);
            let Some(search) = self.searches.get_mut(&number) else {
                return;
            };
            if !search.lines.is_empty() {
                say(&std::mem::take(&mut search.lines));
            }
            if search.stage == Stage::Running {
                return;
            }
            self.searches.remove(&number);
            self.told = None;
        }
    }

    fn describe(&mut self, number: usize, event: &Event<'_>) {
        let Search {
            lines,
            speaker,
            lacking,
            stage,
        } = self.searches.entry(number).or_default();
        let mut line = |said: String| {
            lines.push_str(&plain(&said));
            lines.push('\n');
        };
        // A search goes through several chains, and begins anew with each. What is said between them stands for itself.
        match event {
            Event::Looking { .. } | Event::Searching { .. } => *stage = Stage::Running,
            Event::Ended { .. } => *stage = Stage::Ended,
            _ => {}
        }
        match event {
            Event::Searching { stores, id } => {
                (*speaker, *lacking) = (Speaker::SymSrv, PATH_NOT_FOUND);
                self.begun = self.begun.wrapping_add(1);
                line(format!("SYMSRV:  BYINDEX: 0x{:X}", self.begun));
                line(format!("         {stores}"));
                line(format!("         {}", id.name));
                line(format!("         {}", id.key));
            }
            Event::Looking { .. } => *speaker = Speaker::DbgHelp,
            Event::Probed { path, found } if *speaker == Speaker::DbgHelp => match found {
                Probed::Found(_) => {}
                Probed::Mismatched => line(format!("DBGHELP: {} - mismatched pdb", path.display())),
                Probed::NoFile | Probed::NoPath => line(format!("DBGHELP: {} - file not found", path.display())),
                Probed::Unreadable => line(format!("DBGHELP: {} - access denied", path.display())),
            },
            Event::Copied { to, from, .. } if *speaker == Speaker::DbgHelp => {
                line(format!("DBGHELP: {from} cached to {}", to.display()));
            }
            Event::Ended { .. } if *speaker == Speaker::DbgHelp => {}
            Event::Probed { path, found } => {
                let (code, what) = match found {
                    // Stores have nothing but what its key says.
                    Probed::Found(_) | Probed::Mismatched => return,
                    Probed::NoFile => (FILE_NOT_FOUND, "file not found"),
                    Probed::NoPath => (PATH_NOT_FOUND, "path not found"),
                    Probed::Unreadable => (ACCESS_DENIED, "access denied"),
                };
                *lacking = code;
                line(format!("SYMSRV:  UNC: {} - {what}", path.display()));
            }
            Event::Requested { url } => {
                *lacking = http(404);
                line(format!("SYMSRV:  HTTPGET: {}", url.path()));
            }
            Event::Answered { status } => line(format!(
                "SYMSRV:  HttpQueryInfo: {:x} - {}",
                http(*status),
                name(*status)
            )),
            Event::NoLength => line(NO_LENGTH.into()),
            Event::Pointer { text } => line(format!("SYMSRV:  PATH: Contents: {{{text}}}")),
            Event::Copied { to, from, bytes } => {
                let name = to.file_name().unwrap_or_default().to_string_lossy();
                line(format!("SYMSRV:  {name} from {from}: {bytes} bytes - copied"));
            }
            Event::Failed { store, error } => {
                if let Some(said) = transport(error) {
                    line(said);
                }
                if is_automatic(error) {
                    line(format!("SYMSRV:  AUTH: refused (prompts off) - {store}"));
                }
                if error.is_refused() {
                    line(format!("SYMSRV:  AUTH: store disabled until '!symsrv close' - {store}"));
                }
                line(format!("symgate: {}", chain(error)));
            }
            Event::Credentials { ask, by } => line(format!(
                "symgate: {} `{}` is answered by {by} ({})",
                ask.target,
                ask.origin.authority(),
                ask.scheme
            )),
            Event::Choice { note } => line(format!("symgate: {note}")),
            // Who answers, and by which scheme, is told already.
            Event::Way {
                note: symgate::http::Note::Authenticating { .. },
            } => {}
            Event::Way { note } => line(format!("symgate: {note}")),
            Event::Warning { text } => line(format!("symgate: {text}")),
            Event::Ended { outcome } => match outcome {
                Ended::Found(path) => {
                    line(format!("SYMSRV:  PATH: {}", path.display()));
                    line("SYMSRV:  RESULT: 0x00000000".into());
                }
                Ended::Missing => line(format!("SYMSRV:  RESULT: 0x{lacking:08X}")),
                Ended::Failed(error) => line(format!("SYMSRV:  RESULT: 0x{:08X}", result(error))),
            },
            _ => {}
        }
    }
}

/// A status as an `HRESULT`: facility 0x19.
const fn http(status: u16) -> u32 {
    0x8019_0000 | status as u32
}

/// What a search that failed ends with.
fn result(error: &Error) -> u32 {
    match (error.status(), error.kind()) {
        (Some(status), _) => http(status),
        (None, ErrorKind::Missing) => http(404),
        (None, ErrorKind::Refused) => http(401),
        (None, ErrorKind::Store) => ACCESS_DENIED,
        (None, ErrorKind::Content) => INVALID_DATA,
        (None, ErrorKind::Interrupted) => internet(12017),
        // What is no failure of a connection ended one in the middle, or broke its rules.
        (None, _) => failure(error).map_or_else(|| internet(12031), |(code, _)| internet(code)),
    }
}

/// A WinINet error as an `HRESULT`: facility 0x0C.
const fn internet(code: u32) -> u32 {
    0x800C_0000 | code
}

/// The line about a request that got no answer, or was asked for a password.
fn transport(error: &Error) -> Option<String> {
    if let (Some(status @ (401 | 407)), Some(Http::Auth { .. })) = (error.status(), error.transport()) {
        return Some(format!("SYMSRV:  HttpQueryInfo: {:x} - {}", http(status), name(status)));
    }
    let (code, name) = failure(error)?;
    Some(format!("SYMSRV:  HttpSendRequest: {:08X} - {name}", internet(code)))
}

/// Whether nobody was asked because no question may be.
fn is_automatic(error: &Error) -> bool {
    matches!(error.transport(), Some(Http::Auth { source, .. }) if source.refusal() == Some(Refusal::Automatic))
}

/// What WinINet would call a failure of the network.
fn failure(error: &Error) -> Option<(u32, &'static str)> {
    let Http::Failed { failure, .. } = error.transport()? else {
        return None;
    };
    Some(match failure.kind {
        FailureKind::Resolve => (12007, "ERROR_INTERNET_NAME_NOT_RESOLVED"),
        FailureKind::Connect => (12029, "ERROR_INTERNET_CANNOT_CONNECT"),
        FailureKind::TlsHandshake => (12157, "ERROR_INTERNET_SECURITY_CHANNEL_ERROR"),
        FailureKind::TlsCertificate => (12045, "ERROR_INTERNET_INVALID_CA"),
        FailureKind::ClientCertificate => (12044, "ERROR_INTERNET_CLIENT_AUTH_CERT_NEEDED"),
        FailureKind::Timeout => (12002, "ERROR_INTERNET_TIMEOUT"),
        FailureKind::Read | FailureKind::Write => (12031, "ERROR_INTERNET_CONNECTION_RESET"),
        _ => return None,
    })
}

// Win32 errors as `HRESULT`s: facility 7 (SYMSRV §9).
const FILE_NOT_FOUND: u32 = 0x8007_0002;
const PATH_NOT_FOUND: u32 = 0x8007_0003;
const ACCESS_DENIED: u32 = 0x8007_0005;
const INVALID_DATA: u32 = 0x8007_000D;

const NO_LENGTH: &str = "SYMSRV:  HttpQueryInfo(HTTP_QUERY_CONTENT_LENGTH): 800C2F76 - ERROR_HTTP_HEADER_NOT_FOUND";

/// WinINet's name of a status.
const fn name(status: u16) -> &'static str {
    match status {
        200 => "HTTP_STATUS_OK",
        301 => "HTTP_STATUS_MOVED",
        302 => "HTTP_STATUS_REDIRECT",
        307 => "HTTP_STATUS_REDIRECT_KEEP_VERB",
        400 => "HTTP_STATUS_BAD_REQUEST",
        401 => "HTTP_STATUS_DENIED",
        402 => "HTTP_STATUS_PAYMENT_REQ",
        403 => "HTTP_STATUS_FORBIDDEN",
        404 => "HTTP_STATUS_NOT_FOUND",
        405 => "HTTP_STATUS_BAD_METHOD",
        407 => "HTTP_STATUS_PROXY_AUTH_REQ",
        408 => "HTTP_STATUS_REQUEST_TIMEOUT",
        410 => "HTTP_STATUS_GONE",
        500 => "HTTP_STATUS_SERVER_ERROR",
        502 => "HTTP_STATUS_BAD_GATEWAY",
        503 => "HTTP_STATUS_SERVICE_UNAVAIL",
        504 => "HTTP_STATUS_GATEWAY_TIMEOUT",
        _ => "HTTP_STATUS",
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::Path;

    use symgate::path::{FileId, Variant};

    use super::*;

    #[test]
    fn a_look_into_a_directory_is_told_as_dbghelp_tells_it() {
        let id: FileId = "x.pdb/497B72F6390A44FC878E5A2D63B6CC4B1".parse().unwrap();
        for (found, expected) in [
            (Probed::Found(Variant::Plain), ""),
            (Probed::Mismatched, "DBGHELP: d/x.pdb - mismatched pdb\n"),
            (Probed::NoFile, "DBGHELP: d/x.pdb - file not found\n"),
            (Probed::NoPath, "DBGHELP: d/x.pdb - file not found\n"),
            (Probed::Unreadable, "DBGHELP: d/x.pdb - access denied\n"),
        ] {
            let (noisy, told) = (Noisy::default(), RefCell::new(String::new()));
            let directory = Path::new("d");
            let path = Path::new("d/x.pdb");
            for event in [
                Event::Looking { directory, id: &id },
                Event::Probed { path, found },
                Event::Ended {
                    outcome: Ended::Missing,
                },
            ] {
                noisy.observe(0, &event, &|lines| told.borrow_mut().push_str(lines));
            }
            assert_eq!(told.into_inner(), expected, "{found:?}");
        }
    }
}
