//! One request to a server: what the transport asks on the way ([`Visit`]), and what the answer means.

use std::io;
use std::path::PathBuf;

use symgate_auth::{Answer, Ask, CredentialSource, Ending, Origin, Outcome, Refusal, Target};
use symgate_http::{FailureKind, Note, ResponseHead, Routes, origin_of};
use symgate_net::Handler;
use symgate_path::{FileId, Variant};
use symgate_policy::{Cause, Gate, LatchKey};
use symgate_store::{Begin, Existing, Form, Incoming, Store, Writing};
use url::Url;

use crate::certificate::Page;
use crate::client::{Client, Job};
use crate::error::{Asked, Speaker, wire_kind};
use crate::passage::{Passage, Shut, Told};
use crate::place::Server;
use crate::routes::{self, Tunnels};
use crate::{Error, ErrorKind, Event};

/// What a request came to.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The file was received and the stream is free; what is left is to check and publish.
    Incoming(Box<Incoming>),
    /// Somebody else put the file there meanwhile.
    Exists(PathBuf),
    /// A small body was wanted, and here it is.
    Small(Vec<u8>),
    /// The server does not have it.
    Missing,
    /// The server does not have it, and could not ask whoever might (DECISIONS §8): nothing to remember.
    Unknown,
    /// The store that was to take the file cannot be written.
    Unwritable(symgate_store::Error),
}

/// What is to become of the body.
#[derive(Debug)]
pub(crate) enum Body<'w> {
    /// A file of a store.
    File {
        store: &'w Store,
        id: &'w FileId,
        form: Form,
    },
    /// A few bytes.
    Small,
    /// Nothing: only whether it is there.
    Existence,
}

impl Client {
    /// Asks `server` for `url`.
    pub(crate) fn request(
        &self,
        server: &Server,
        url: &Url,
        wanted: Body<'_>,
        job: &Job<'_>,
    ) -> Result<Fetched, Error> {
        let store = server.shown.as_str();
        if let Some(error) = self.shut(server, url) {
            // It is the reason each time, so it is told each time.
            job.observe(&Event::Failed { store, error: &error });
            return Err(error);
        }
        let gate = self.session().gate(server.errand.clone(), job.cancel.flag().clone());
        let mut visit = Visit {
            client: self,
            job,
            passage: Passage::new(self, gate, Tunnels::ForHttps, job.cancel),
            wanted,
            announced: Some(url),
            asked: None,
            is_html: false,
            answer: Received::Nothing,
            led_to: None,
        };
        let request = self.get(url.clone()).request;
        // What a pointer names is not where the user lets his logins go by themselves.
        let named = origin_of(url).is_some_and(|origin| server.errand.names(Target::Origin, &origin));
        let request = if named { request } else { request.as_stranger() };
        let fetched = self.net().fetch(request, &self.peers(), &mut visit, job.cancel);
        match &fetched {
            Ok(_) => visit.store_held(),
            Err(error) => visit.passage.failed(error, &mut |told| tell(job, &told)),
        }
        let through = visit.passage.through();
        if visit.is_page() {
            let message = format!("store `{}` sent a web page in place of `index2.txt`", server.shown);
            return Err(Error::new(ErrorKind::Content, message));
        }
        let Visit {
            passage,
            asked,
            answer,
            led_to,
            ..
        } = visit;
        let (gate, shut) = passage.into_shut();
        match fetched {
            Ok(_) => {}
            // Our own stop, by which a body that nobody wants is cut short.
            Err(symgate_net::Error::Sink(_)) if !matches!(answer, Received::Nothing) => {}
            Err(error) => {
                let error = self.failed(server, &gate, (asked.as_ref(), shut), error);
                job.observe(&Event::Failed { store, error: &error });
                return Err(error);
            }
        }
        match answer {
            Received::Exists(path) => Ok(Fetched::Exists(path)),
            Received::Unwritable(error) => Ok(Fetched::Unwritable(error)),
            Received::TooLong => {
                let message = format!("store `{}` answered with more than {SMALL} bytes", server.shown);
                Err(Error::new(ErrorKind::Content, message))
            }
            // Whose content it is; what the local store says names its own place.
            Received::Failed(error) if error.kind() == ErrorKind::Content => Err(error.at(&server.shown)),
            Received::Failed(error) => Err(error),
            Received::Incoming(incoming) => Ok(Fetched::Incoming(incoming)),
            Received::Small(bytes) => Ok(Fetched::Small(bytes)),
            Received::Refused { head, page, .. } => {
                if let Some(page) = Page::of(&head, &page) {
                    let error = certificate(server, &gate, led_to.as_ref(), page);
                    job.observe(&Event::Failed { store, error: &error });
                    return Err(error);
                }
                let fetched = refused(server, &head, through);
                if let Err(error) = &fetched
                    && error.is_refused()
                    && let Some(origin) = origin_of(url)
                {
                    // Without a challenge nobody can answer: it would be the same again.
                    gate.end(Target::Origin, &origin, Cause::NoUsableScheme);
                    job.observe(&Event::Failed { store, error });
                }
                fetched
            }
            Received::Held(_) | Received::Nothing => Err(Error::new(
                ErrorKind::Network,
                format!("store `{}` gave no answer", server.shown),
            )),
        }
    }

    /// Why `url` is not asked for on behalf of `server`: its store is latched, or the one that holds what it names.
    fn shut(&self, server: &Server, url: &Url) -> Option<Error> {
        let own = server.errand.store();
        match self.session().latches().cause(own) {
            Some(cause) => Some(self.not_contacted(server, own, cause)),
            None => {
                routes::shut(self.session().latches(), url).map(|(key, cause)| self.not_contacted(server, &key, cause))
            }
        }
    }

    /// The error of a search at `server` that a latched store ends, whichever it is.
    fn not_contacted(&self, server: &Server, key: &LatchKey, cause: Cause) -> Error {
        let reason = self.session().latches().reason(key);
        if key == server.errand.store() {
            let who = format!("store `{}`", server.shown);
            Error::not_contacted(&who, Target::Origin, cause, reason.as_deref())
        } else {
            Error::not_contacted(&key.to_string(), Target::Origin, cause, reason.as_deref()).at(&server.shown)
        }
    }

    /// Opens a connection ahead of time; what goes wrong shows when it is needed.
    pub(crate) fn open_ahead(&self, server: &Server, job: &Job<'_>) {
        if self.shut(server, server.base.url()).is_some() {
            return;
        }
        let gate = self
            .session()
            .gate(server.errand.clone().ahead_of_time(), job.cancel.flag().clone());
        let wanted = Body::Existence;
        let mut visit = Visit {
            client: self,
            job,
            passage: Passage::new(self, gate, Tunnels::ForHttps, job.cancel),
            wanted,
            announced: None,
            asked: None,
            is_html: false,
            answer: Received::Nothing,
            led_to: None,
        };
        let request = self.get(server.base.url().clone()).request;
        if let Err(error) = self.net().connect(request, &self.peers(), &mut visit, job.cancel) {
            visit.passage.failed(&error, &mut |told| tell(job, &told));
            // It latches what it has to, and is told by whoever needs the connection.
            let (gate, shut) = visit.passage.into_shut();
            drop(self.failed(server, &gate, (None, shut), error));
        }
    }

    /// What an error of the transport means, and what it shuts; `shut` is the latched store on the way.
    fn failed(
        &self,
        server: &Server,
        gate: &Gate,
        (asked, shut): (Option<&Asked>, Option<Shut>),
        error: symgate_net::Error,
    ) -> Error {
        if let Some(Shut::Store(key, cause)) = shut {
            return self.not_contacted(server, &key, cause);
        }
        end(self, gate, &error);
        self.latched(server, &error, shut)
            .unwrap_or_else(|| Error::from_net(&server.shown, &server.errand, asked, error))
    }

    /// The error of a search that came too late: what another one found out is why, and says more than "refused earlier".
    fn latched(&self, server: &Server, error: &symgate_net::Error, shut: Option<Shut>) -> Option<Error> {
        let latches = self.session().latches();
        let proxy = match error {
            symgate_net::Error::Http(symgate_http::Error::Auth { hop, source })
                if source.refusal() == Some(Refusal::Latched) =>
            {
                if hop.target == Target::Origin {
                    let cause = latches.cause(server.errand.store())?;
                    return Some(self.not_contacted(server, server.errand.store(), cause));
                }
                hop.origin.clone()
            }
            symgate_net::Error::Http(symgate_http::Error::NoRoute { reason, .. })
                if reason.refused == Some(Refusal::Latched) =>
            {
                match shut? {
                    Shut::Proxy(proxy) => proxy,
                    Shut::Store(key, cause) => return Some(self.not_contacted(server, &key, cause)),
                }
            }
            _ => return None,
        };
        let key = LatchKey::proxy(proxy);
        let (cause, reason) = (latches.cause(&key)?, latches.reason(&key));
        Some(Error::not_contacted(&key.to_string(), Target::Proxy, cause, reason.as_deref()).at(&server.shown))
    }
}

/// What a status other than 200 means for a store ([RFC 9110 §15](https://www.rfc-editor.org/rfc/rfc9110#section-15));
/// `through` is the proxy that forwarded the answer, or made it.
fn refused(server: &Server, head: &ResponseHead, through: Option<Origin>) -> Result<Fetched, Error> {
    let Server { shown, .. } = server;
    let status = head.status;
    if let Some(proxy) = &through
        && !matches!(status, 404 | 410)
        && let Some(word) = head.fields.proxy_error()
    {
        let proxy = proxy.authority();
        let message = format!("store `{shown}`: proxy `{proxy}` itself answered {status} ({word})");
        return Err(Error::new(ErrorKind::Network, message).with_answer(status, through, Speaker::Proxy));
    }
    let by = through
        .as_ref()
        .map(|proxy| format!(" through proxy `{}`", proxy.authority()));
    let by = by.unwrap_or_default();
    let said = |kind, what: &str| {
        let message = format!("store `{shown}` answered {status}{by}{what}");
        Err(Error::new(kind, message).with_answer(status, through, Speaker::Unknown))
    };
    match status {
        404 | 410 if head.fields.value("symgate-unknown").is_some() => Ok(Fetched::Unknown),
        404 | 410 => Ok(Fetched::Missing),
        // An object store says so when the lister may not know what is missing.
        403 if is_object_store(head) => Ok(Fetched::Missing),
        403 => said(ErrorKind::Missing, ": access denied"),
        203 => said(ErrorKind::Refused, " in place of the file: it wants a login"),
        511 => said(ErrorKind::Refused, ": the network wants a login"),
        200..=299 => said(ErrorKind::Content, " in place of 200"),
        _ => said(ErrorKind::Network, ""),
    }
}

/// What a request asks of us on its way.
struct Visit<'v> {
    client: &'v Client,
    job: &'v Job<'v>,
    passage: Passage<'v>,
    wanted: Body<'v>,
    /// The request that is told of when there is a way for it.
    announced: Option<&'v Url>,
    /// The last request for credentials.
    asked: Option<Asked>,
    /// Whether the answer calls itself HTML.
    is_html: bool,
    answer: Received,
    /// Where redirects have led.
    led_to: Option<Url>,
}

/// What has come of the answer so far.
enum Received {
    Nothing,
    Exists(PathBuf),
    Failed(Error),
    /// A short file, all of which is received before the disk is asked for anything: the connection is somebody
    /// else's by then, and need not wait while other files are flushed.
    Held(Vec<u8>),
    Incoming(Box<Incoming>),
    /// Not a file: the beginning of its body, of which so many bytes were passed over.
    Refused {
        head: ResponseHead,
        page: Vec<u8>,
        passed: usize,
    },
    Small(Vec<u8>),
    /// What should have been small is not.
    TooLong,
    Unwritable(symgate_store::Error),
}

impl Visit<'_> {
    /// Whether a question of existence was answered by a page, which says "log in" rather than "it is here". The markers
    /// of stores are empty, or hold a word or two.
    fn is_page(&self) -> bool {
        let (Body::Existence, Received::Small(body)) = (&self.wanted, &self.answer) else {
            return false;
        };
        body.trim_ascii_start().starts_with(b"<") || self.is_html && !body.is_empty()
    }

    /// Begins the file in its store. One that is there already stays if it is fit to; a compressed one is judged when
    /// it is copied on.
    fn begin(&self, store: &Store, id: &FileId, form: Form, length: Option<u64>) -> Received {
        let begin = |existing| {
            let writing = Writing {
                existing,
                ..self.client.writing_for(self.job)
            };
            match form {
                Form::AsIs(variant) => store.begin(id, variant, &writing),
                Form::Expanded => store.begin_expanded(id, &writing),
            }
        };
        let begun = match begin(self.client.writing_for(self.job).existing) {
            Ok(Begin::Exists(path))
                if form != Form::AsIs(Variant::Compressed) && self.client.judge(id, &path).is_err() =>
            {
                begin(Existing::Overwrite)
            }
            begun => begun,
        };
        match begun {
            Ok(Begin::Write(mut incoming)) => {
                if let Some(length) = length {
                    incoming.expect_length(length);
                }
                Received::Incoming(Box::new(incoming))
            }
            Ok(Begin::Exists(path)) => Received::Exists(path),
            Err(error) => unstored(error),
        }
    }

    /// Writes what was held, now that the connection is free.
    fn store_held(&mut self) {
        let Received::Held(bytes) = &mut self.answer else {
            return;
        };
        let bytes = std::mem::take(bytes);
        let Body::File { store, id, form } = self.wanted else {
            return;
        };
        self.answer = self.begin(store, id, form, u64::try_from(bytes.len()).ok());
        if let Received::Incoming(incoming) = &mut self.answer
            && let Err(error) = incoming.append(&bytes)
        {
            self.answer = unstored(error);
        }
    }

    fn received(&self, data: &[u8]) {
        let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.job.observe(&Event::Received { bytes });
    }
}

impl CredentialSource for Visit<'_> {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let before = self.asked.take().filter(|asked| asked.is_by(ask.target, &ask.origin));
        self.asked = Some(Asked {
            ask: ask.clone(),
            rejected: before.and_then(|before| before.rejected),
        });
        let answer = self.passage.gate.answer(ask);
        if let (Answer::Ambient | Answer::Use(_), Some(by)) = (&answer, self.passage.gate.answered_by(ask.target)) {
            self.job.observe(&Event::Credentials { ask, by });
        }
        answer
    }

    fn report(&mut self, ask: &Ask, outcome: Outcome) {
        if outcome == Outcome::Rejected
            && let Some(asked) = &mut self.asked
            && let Some(by) = self.passage.gate.answered_by(ask.target)
        {
            asked.rejected = Some(by.to_owned());
        }
        self.passage.gate.report(ask, outcome);
    }
}

impl Handler for Visit<'_> {
    fn routes(&mut self, url: &Url) -> Result<Routes, symgate_http::NoRoute> {
        let job = self.job;
        let routes = self.passage.routes(url, &mut |told| tell(job, &told))?;
        if let Some(url) = self.announced.take() {
            self.job.observe(&Event::Requested { url });
        }
        Ok(routes)
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.job.observe(&Event::Answered { status: head.status });
        self.passage.head(head);
        if head.status != 200 {
            self.answer = Received::Refused {
                head: head.clone(),
                page: Vec::new(),
                passed: 0,
            };
            return Ok(());
        }
        let kind = head
            .fields
            .text("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.is_html = kind.starts_with("text/html");
        let length = head
            .content_length()
            .filter(|_| head.fields.value("content-encoding").is_none());
        match self.wanted {
            Body::Existence | Body::Small => self.answer = Received::Small(Vec::new()),
            Body::File { store, id, form } => {
                if head.content_length().is_none() {
                    self.job.observe(&Event::NoLength);
                }
                let variant = match form {
                    Form::AsIs(variant) => variant,
                    Form::Expanded => Variant::Compressed,
                };
                self.job.observe(&Event::Started {
                    name: &id.leaf(variant),
                    total: length,
                });
                let held = length.and_then(|length| usize::try_from(length).ok());
                self.answer = match held.filter(|&length| length <= HELD) {
                    Some(length) => Received::Held(Vec::with_capacity(length)),
                    None => self.begin(store, id, form, length),
                };
            }
        }
        match self.answer {
            Received::Exists(_) | Received::Unwritable(_) | Received::Failed(_) => Err(stop()),
            _ => Ok(()),
        }
    }

    fn body(&mut self, data: &[u8]) -> io::Result<()> {
        match &mut self.answer {
            Received::Incoming(incoming) => {
                if let Err(error) = incoming.append(data) {
                    self.answer = unstored(error);
                    return Err(stop());
                }
                self.received(data);
                Ok(())
            }
            // No longer than its length: the framing sees to that.
            Received::Held(bytes) => {
                bytes.extend_from_slice(data);
                self.received(data);
                Ok(())
            }
            Received::Small(bytes) if bytes.len() + data.len() <= SMALL => {
                bytes.extend_from_slice(data);
                Ok(())
            }
            // That it is there is all that was asked.
            Received::Small(_) if matches!(self.wanted, Body::Existence) => Err(stop()),
            // Its beginning alone could mean something else.
            Received::Small(_) => {
                self.answer = Received::TooLong;
                Err(stop())
            }
            Received::Refused { page, passed, .. } if *passed + data.len() <= PASSED => {
                page.extend(data.iter().take(PAGE.saturating_sub(page.len())));
                *passed += data.len();
                Ok(())
            }
            _ => Err(stop()),
        }
    }

    fn note(&mut self, note: &Note) {
        let job = self.job;
        job.observe(&Event::Way { note });
        self.passage.note(note, &mut |told| tell(job, &told));
        if let Note::Redirected { to, .. } = note {
            self.led_to = Url::parse(to).ok();
        }
    }
}

/// Tells what happens while a way is chosen.
fn tell(job: &Job<'_>, told: &Told<'_>) {
    let Told::Way(note) = told else { return };
    if note.is_warning() {
        let text = note.to_string();
        job.observe(&Event::Warning { text: &text });
    } else {
        job.observe(&Event::Choice { note });
    }
}

/// What an error of the store means for the answer.
fn unstored(error: symgate_store::Error) -> Received {
    if error.is_unwritable() {
        Received::Unwritable(error)
    } else {
        Received::Failed(Error::from_store(error))
    }
}

/// The error of a page about our certificate, and what it shuts; `led_to` is where redirects have led.
fn certificate(server: &Server, gate: &Gate, led_to: Option<&Url>, page: Page) -> Error {
    let message = format!("store `{}` answered 400", server.shown);
    let Some(origin) = led_to.and_then(origin_of).or_else(|| origin_of(server.base.url())) else {
        return Error::new(ErrorKind::Refused, message).caused(page);
    };
    gate.end(Target::Origin, &origin, Cause::ClientCertificate);
    Error::certificate(message, origin, &server.errand, page)
}

/// Shuts what an error of the transport says is to be shut, and keeps why.
pub(crate) fn end(client: &Client, gate: &Gate, error: &symgate_net::Error) {
    let symgate_net::Error::Http(wire) = error else { return };
    if let Some(hop) = wire.hop()
        && let Some(cause) = cause(wire)
    {
        gate.end(hop.target, &hop.origin, cause);
    }
    if let symgate_http::Error::Auth { hop, source } = wire
        && let Some(reason) = tried(source)
    {
        let key = gate.errand().latch_key(hop.target, &hop.origin);
        client.session().latches().explain(&key, &reason);
    }
}

/// Why authentication ended, where the gate cannot have seen it (DECISIONS §4).
fn cause(error: &symgate_http::Error) -> Option<Cause> {
    let source = match error {
        symgate_http::Error::Auth { source, .. } => source,
        symgate_http::Error::Failed { failure, .. } if failure.kind == FailureKind::ClientCertificate => {
            return Some(Cause::ClientCertificate);
        }
        _ => return (wire_kind(error) == ErrorKind::Refused).then_some(Cause::NoUsableScheme),
    };
    match source {
        symgate_auth::Error::GaveUp(gave_up) => {
            let rejected = gave_up.tried.iter().any(|tried| {
                matches!(
                    tried.ending,
                    Ending::PasswordRejected | Ending::TicketRejected | Ending::TokenRejected
                )
            });
            Some(if rejected {
                Cause::Rejected
            } else {
                Cause::NoUsableScheme
            })
        }
        // The gate itself said no, and knows why.
        symgate_auth::Error::Refused(_) => None,
        symgate_auth::Error::Peer(_) | symgate_auth::Error::Limit(_) => Some(Cause::NoUsableScheme),
        _ => None,
    }
}

/// What was tried before authentication ended, where that says more than its cause.
fn tried(error: &symgate_auth::Error) -> Option<String> {
    match error {
        symgate_auth::Error::GaveUp(gave_up) => Some(gave_up.to_string()),
        symgate_auth::Error::Refused(refused) if refused.refusal != Refusal::Latched && !refused.tried.is_empty() => {
            Some(refused.tried_in_words())
        }
        _ => None,
    }
}

/// Fields by which the common object stores are known.
fn is_object_store(head: &ResponseHead) -> bool {
    head.fields.iter().any(|field| {
        let name = field.name().to_ascii_lowercase();
        matches!(name.as_str(), "x-amz-request-id" | "x-ms-request-id") || name.starts_with("x-goog-")
    })
}

/// Ends a transfer that nobody wants to the end.
fn stop() -> io::Error {
    io::Error::other("no more of it is wanted")
}

/// Files up to this length are held in memory until they are whole: most symbol files of a large program, and a few
/// mebibytes for all searches together.
const HELD: usize = 256 << 10;
/// The largest `file.ptr` or `index2.txt` that is read.
const SMALL: usize = 64 << 10;
/// How much of an error page is read off to keep the connection.
const PASSED: usize = 64 << 10;
/// How much of it is looked at.
const PAGE: usize = 1 << 10;
