//! [`Connection`]: the wire. Bytes in, [`Event`]s out, for both roles
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)).
#![warn(clippy::wildcard_enum_match_arm)]

mod input;
mod output;

use std::ops::Range;

use symgate_auth::Secret;

use crate::body::Decoder;
use crate::error::{LimitError, Misuse, PeerError, WireError};
use crate::fetch::Eof;
use crate::field::Fields;
use crate::framing::Framing;
use crate::head::{
    Method, RequestHead, ResponseHead, Version, encode_request, encode_response, find_end, parse_request,
    parse_response,
};
use crate::limits::Limits;
use crate::state::{Did, Fate, State, advance, may_recycle, settle};
use input::Input;
use output::Output;

/// One HTTP/1.1 connection, seen from one end.
///
/// Feed one input ([`handle_received`](Self::handle_received), [`handle_eof`](Self::handle_eof)), then
/// [`poll`](Self::poll) until it returns `None`, which means: read more. Bytes to write stand in
/// [`transmit`](Self::transmit) at any time.
///
/// ```
/// use symgate_http::{Connection, Event, Fields, Limits, Method, RequestHead, Version};
///
/// let mut wire = Connection::client(Limits::default());
/// let mut fields = Fields::new();
/// fields.push("Host", "example.org");
/// let request = RequestHead { method: Method::Get, target: "/".into(), version: Version::Http11, fields };
/// wire.send_request(&request, &[])?;
/// assert_eq!(wire.transmit(), b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
/// wire.handle_sent();
///
/// let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
/// wire.receive_buffer()[..answer.len()].copy_from_slice(answer);
/// wire.handle_received(answer.len())?;
/// assert!(matches!(wire.poll()?, Some(Event::Response(head)) if head.status == 200));
/// assert!(matches!(wire.poll()?, Some(Event::Body(b"hi"))));
/// assert!(matches!(wire.poll()?, Some(Event::End(_))));
/// assert!(wire.is_reusable());
/// # Ok::<(), symgate_http::WireError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    role: Role,
    limits: Limits,
    client: State,
    server: State,
    fate: Fate,
    /// The method of the exchange's request: it decides how the answer is framed. `None` before its head.
    method: Option<Method>,
    reading: Reading,
    input: Input,
    output: Output,
    eof: Option<Eof>,
    informational: u32,
    failed: bool,
}

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// We send requests.
    Client,
    /// We send answers.
    Server,
}

/// What the peer's bytes mean.
#[derive(Debug)]
pub enum Event<'c> {
    /// An interim answer (1xx); the final one follows.
    Informational(ResponseHead),
    /// The head of a request.
    Request(RequestHead),
    /// The head of the final answer.
    Response(ResponseHead),
    /// A piece of the body, as it was transferred: content codings are still on.
    Body(&'c [u8]),
    /// The end of the message, with its trailers.
    End(Fields),
}

/// Where in the peer's message we are.
#[derive(Debug)]
enum Reading {
    Head,
    Body(Decoder),
    Ended,
}

/// What a step found, before anything is borrowed: a machine above picks its own next step first and borrows last.
#[derive(Debug)]
pub(crate) enum Progress {
    Body(Range<usize>),
    End(Fields),
    Informational(ResponseHead),
    Request(RequestHead),
    Response(ResponseHead),
    Wait,
}

impl Connection {
    /// The client's end of a new connection.
    #[must_use]
    pub fn client(limits: Limits) -> Self {
        Self::new(Role::Client, limits)
    }

    /// The server's end of a new connection.
    #[must_use]
    pub fn server(limits: Limits) -> Self {
        Self::new(Role::Server, limits)
    }

    fn new(role: Role, limits: Limits) -> Self {
        Self {
            role,
            limits,
            client: State::AwaitHead,
            server: State::AwaitHead,
            fate: Fate::Keep,
            method: None,
            reading: Reading::Head,
            input: Input::default(),
            output: Output::default(),
            eof: None,
            informational: 0,
            failed: false,
        }
    }

    /// Queues a request head; `secrets` are further fields, whose values are kept out of [`Fields`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] where it is not the client's turn, or the head holds bytes that do not belong there.
    pub fn send_request(&mut self, head: &RequestHead, secrets: &[(&str, &Secret)]) -> Result<(), WireError> {
        self.check_turn(Role::Client)?;
        let framing = Framing::of_request(head).map_err(|_| Misuse::BadHead)?;
        self.output
            .head(framing, |bytes| encode_request(head, secrets, bytes))?;
        self.method = Some(head.method.clone());
        self.note_persistence(head.version, &head.fields);
        self.move_side(Role::Client, Did::Head)?;
        self.end_if_empty(Role::Client, framing)
    }

    /// Queues an answer's head; an interim one (1xx) leaves the turn where it is.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where there is no request to answer, or the head holds bytes that do not belong there.
    pub fn send_response(&mut self, head: &ResponseHead) -> Result<(), WireError> {
        self.check_turn(Role::Server)?;
        let Some(method) = &self.method else {
            return Err(Misuse::OutOfTurn.into());
        };
        if matches!(head.status, 100..=199) {
            return Ok(self.output.interim(|bytes| encode_response(head, bytes))?);
        }
        let framing = Framing::of_response(method, head).map_err(|_| Misuse::BadHead)?;
        let switch = *method == Method::Connect && head.is_success();
        self.output.head(framing, |bytes| encode_response(head, bytes))?;
        self.note_persistence(head.version, &head.fields);
        self.note_fate(framing, switch);
        self.move_side(Role::Server, Did::Head)?;
        self.end_if_empty(Role::Server, framing)
    }

    /// Queues a piece of our message's body.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where no body is due, or it is longer than announced.
    pub fn send_body(&mut self, data: &[u8]) -> Result<(), WireError> {
        self.check_not_failed()?;
        if self.side(self.role) == State::AwaitBody {
            Ok(self.output.body(data)?)
        } else {
            Err(Misuse::OutOfTurn.into())
        }
    }

    /// Ends our message.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where no body is due, or it is shorter than announced.
    pub fn finish_body(&mut self) -> Result<(), WireError> {
        self.check_not_failed()?;
        if self.side(self.role) != State::AwaitBody {
            return Err(Misuse::OutOfTurn.into());
        }
        self.output.finish()?;
        self.move_side(self.role, Did::End)
    }

    /// The bytes that are to be written now; empty when there are none.
    #[must_use]
    pub fn transmit(&self) -> &[u8] {
        self.output.bytes()
    }

    /// Everything in [`transmit`](Self::transmit) was written.
    pub fn handle_sent(&mut self) {
        self.output.clear();
    }

    /// Where to read into; never empty.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        self.input.free(matches!(self.reading, Reading::Body(_)))
    }

    /// The first `read` bytes of the last [`receive_buffer`](Self::receive_buffer) were read; more than none.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] for more bytes than the buffer held, or none: the end of a stream is
    /// [`handle_eof`](Self::handle_eof).
    pub fn handle_received(&mut self, read: usize) -> Result<(), WireError> {
        Ok(self.input.fill(read)?)
    }

    /// The stream ended.
    pub fn handle_eof(&mut self, eof: Eof) {
        self.eof = Some(eof);
    }

    /// The next event; `None` means that more bytes are needed, or that it is our turn.
    ///
    /// # Errors
    ///
    /// [`WireError`] where the peer breaks a rule or reaches a limit; the connection is spent then.
    pub fn poll(&mut self) -> Result<Option<Event<'_>>, WireError> {
        Ok(match self.step()? {
            Progress::Body(range) => Some(Event::Body(self.bytes(range))),
            Progress::End(trailers) => Some(Event::End(trailers)),
            Progress::Informational(head) => Some(Event::Informational(head)),
            Progress::Request(head) => Some(Event::Request(head)),
            Progress::Response(head) => Some(Event::Response(head)),
            Progress::Wait => None,
        })
    }

    /// [`poll`](Self::poll) without the borrow.
    pub(crate) fn step(&mut self) -> Result<Progress, WireError> {
        self.check_not_failed()?;
        self.progress().inspect_err(|_| self.failed = true)
    }

    /// The bytes of a [`Progress::Body`], until the next input.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.input.range(range)
    }

    /// Whether the connection ends with this exchange, whatever is still to be read of it.
    pub(crate) fn will_close(&self) -> bool {
        self.failed || self.fate == Fate::Close || self.eof.is_some()
    }

    /// Whether the exchange is complete and another may follow on this connection.
    ///
    /// Bytes that nobody asked for make a connection unfit: they could be taken for the next answer.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        !self.failed
            && may_recycle(self.client, self.server, self.fate)
            && self.input.is_empty()
            && self.eof.is_none()
            && self.output.bytes().is_empty()
    }

    /// Whether any byte of the peer's current message has arrived.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.input.is_empty() || self.informational > 0 || self.side(self.peer()) != State::AwaitHead
    }

    /// Begins the next exchange.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] unless [`is_reusable`](Self::is_reusable); the server's end may hold bytes of the next
    /// request already, where a client's end would take them for the next answer.
    pub fn next_exchange(&mut self) -> Result<(), WireError> {
        self.check_not_failed()?;
        let fit = match self.role {
            Role::Client => self.is_reusable(),
            Role::Server => may_recycle(self.client, self.server, self.fate),
        };
        if !fit {
            return Err(Misuse::OutOfTurn.into());
        }
        self.client = State::AwaitHead;
        self.server = State::AwaitHead;
        self.method = None;
        self.reading = Reading::Head;
        self.informational = 0;
        Ok(())
    }

    /// Whether the connection has become a tunnel; its bytes belong to another protocol.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        self.client == State::Switched
    }

    /// Bytes that arrived behind the last message: after a switch they belong to the other protocol.
    #[must_use]
    pub fn leftovers(&self) -> &[u8] {
        self.input.filled()
    }

    fn progress(&mut self) -> Result<Progress, WireError> {
        let peer = self.peer();
        match self.side(peer) {
            // A client has nothing to read before it asked.
            State::AwaitHead if peer == Role::Server && self.method.is_none() => Ok(Progress::Wait),
            State::AwaitHead => self.next_head(),
            State::AwaitBody => self.next_body(),
            State::Done | State::MustClose | State::Switched => Ok(Progress::Wait),
        }
    }

    fn next_head(&mut self) -> Result<Progress, WireError> {
        let bytes = self.input.filled();
        if self.role == Role::Client && !b"HTTP/1.".iter().zip(bytes).all(|(wanted, byte)| wanted == byte) {
            // An alert or a handshake, of whatever version.
            return Err(match bytes {
                [0x15 | 0x16, 0x03, ..] => PeerError::SpokeTls.into(),
                // The second byte will tell.
                [0x15 | 0x16] if self.eof.is_none() => return Ok(Progress::Wait),
                _ => PeerError::NotHttp.into(),
            });
        }
        let Some(length) = find_end(bytes, self.input.scanned()).filter(|&length| length <= self.limits.head) else {
            if bytes.len() >= self.limits.head {
                return Err(LimitError::Head(self.limits.head).into());
            }
            let empty = bytes.is_empty();
            self.input.set_scanned();
            return match self.eof {
                // A server's end sees the client go away between two requests: that is no error.
                Some(_) if empty && self.role == Role::Server => Ok(Progress::Wait),
                Some(_) => Err(PeerError::Truncated.into()),
                None => Ok(Progress::Wait),
            };
        };
        let bytes = bytes.get(..length).unwrap_or_default();
        match self.role {
            Role::Client => {
                let head = parse_response(bytes, &self.limits)?;
                self.input.consume(length);
                self.response_head(head)
            }
            Role::Server => {
                let head = parse_request(bytes, &self.limits)?;
                self.input.consume(length);
                let framing = Framing::of_request(&head)?;
                self.method = Some(head.method.clone());
                self.note_persistence(head.version, &head.fields);
                self.begin_body(framing)?;
                Ok(Progress::Request(head))
            }
        }
    }

    fn response_head(&mut self, head: ResponseHead) -> Result<Progress, WireError> {
        match head.status {
            // We never ask for an upgrade (RFC 9110 §7.8).
            101 => return Err(PeerError::UnaskedSwitch.into()),
            100..=199 => {
                self.informational += 1;
                if self.informational > self.limits.informational {
                    return Err(LimitError::Informational(self.limits.informational).into());
                }
                return Ok(Progress::Informational(head));
            }
            _ => {}
        }
        let Some(method) = &self.method else {
            return Err(Misuse::OutOfTurn.into());
        };
        let framing = Framing::of_response(method, &head)?;
        let switch = *method == Method::Connect && head.is_success();
        self.note_persistence(head.version, &head.fields);
        self.note_fate(framing, switch);
        self.begin_body(framing)?;
        Ok(Progress::Response(head))
    }

    fn begin_body(&mut self, framing: Framing) -> Result<(), WireError> {
        self.reading = Reading::Body(Decoder::new(framing));
        self.move_side(self.peer(), Did::Head)
    }

    fn next_body(&mut self) -> Result<Progress, WireError> {
        let Reading::Body(decoder) = &mut self.reading else {
            return Ok(Progress::Wait);
        };
        let start = self.input.start();
        let piece = decoder.decode(self.input.filled(), &self.limits)?;
        self.input.consume(piece.consumed);
        let data = start + piece.data.start..start + piece.data.end;
        if !data.is_empty() {
            // The end of a length-framed body shows again in the next call, which consumes nothing.
            return Ok(Progress::Body(data));
        }
        let trailers = match (piece.end, self.eof) {
            (Some(trailers), _) => trailers,
            (None, None) => return Ok(Progress::Wait),
            // Only the peer's own word ends a body without length: over TLS a missing close_notify may hide a cut.
            (None, Some(Eof::Clean)) if decoder.may_end() => Fields::new(),
            (None, Some(_)) => return Err(PeerError::Truncated.into()),
        };
        self.reading = Reading::Ended;
        self.move_side(self.peer(), Did::End)?;
        Ok(Progress::End(trailers))
    }

    const fn peer(&self) -> Role {
        match self.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }

    const fn side(&self, role: Role) -> State {
        match role {
            Role::Client => self.client,
            Role::Server => self.server,
        }
    }

    fn move_side(&mut self, role: Role, did: Did) -> Result<(), WireError> {
        let next = advance(self.side(role), did).ok_or(Misuse::OutOfTurn)?;
        match role {
            Role::Client => self.client = next,
            Role::Server => self.server = next,
        }
        (self.client, self.server) = settle(self.client, self.server, self.fate);
        Ok(())
    }

    fn end_if_empty(&mut self, role: Role, framing: Framing) -> Result<(), WireError> {
        if framing == Framing::Empty {
            self.move_side(role, Did::End)
        } else {
            Ok(())
        }
    }

    fn check_turn(&self, role: Role) -> Result<(), WireError> {
        self.check_not_failed()?;
        if self.role == role && self.side(role) == State::AwaitHead {
            Ok(())
        } else {
            Err(Misuse::OutOfTurn.into())
        }
    }

    fn check_not_failed(&self) -> Result<(), WireError> {
        if self.failed { Err(Misuse::Spent.into()) } else { Ok(()) }
    }

    /// Whether the connection outlives the exchange ([RFC 9112 §9.3](https://www.rfc-editor.org/rfc/rfc9112#section-9.3)).
    /// `Proxy-Connection` is no standard field; proxies of HTTP/1.0 say it all the same.
    fn note_persistence(&mut self, version: Version, fields: &Fields) {
        let says = |word| fields.lists("connection", word) || fields.lists("proxy-connection", word);
        if says("close") || (version == Version::Http10 && !says("keep-alive")) {
            self.fate = Fate::Close;
        }
    }

    fn note_fate(&mut self, framing: Framing, switch: bool) {
        if switch {
            self.fate = Fate::Switch;
        } else if framing == Framing::UntilClose {
            self.fate = Fate::Close;
        }
    }
}

#[cfg(test)]
mod tests;
