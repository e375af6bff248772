//! Kerberos tokens by GSSAPI ([RFC 2744](https://www.rfc-editor.org/rfc/rfc2744)), for every Unix.
//!
//! A context owns two things of the library: the peer's name, made in the first step because some libraries ask the
//! DNS for it, and the security context. Both are released on drop.

mod ffi;

use std::fmt;
use std::ptr;
use std::slice;
use std::sync::{Arc, OnceLock};

use symgate_auth::Secret;
use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest};

use self::ffi::{Buffer, ChannelBindings, Handle, Library, Oid};
use crate::phase::Phase;
use crate::service::Service;
use crate::words;

/// The default credentials of the library, which is loaded when they are first wanted.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    library: OnceLock<Option<Arc<Library>>>,
}

impl Tickets {
    pub(crate) fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
        let service = Service::of(&request.peer)?;
        let library = self
            .library
            .get_or_init(|| Library::find(ffi::NAMES).map(Arc::new))
            .clone()
            .ok_or_else(|| TokenError::Unavailable(NO_LIBRARY.to_owned()))?;
        Ok(Box::new(Context {
            handles: Handles::new(library),
            service,
            binding: request.channel_binding.clone(),
            phase: Phase::Begin,
        }))
    }
}

/// One exchange with one peer.
struct Context {
    handles: Handles,
    service: Service,
    binding: Option<Vec<u8>>,
    phase: Phase,
}

impl TokenContext for Context {
    fn step(&mut self, input: Option<&[u8]>) -> Result<Secret, TokenError> {
        let input = self.phase.admit(input)?;
        // Whatever fails now is final.
        self.phase = Phase::Over;
        if input.is_none() {
            self.handles
                .name_peer(&self.service)
                .map_err(|failure| failure.of_ticket(&self.service))?;
        }
        let turn = self
            .handles
            .turn(self.binding.as_deref(), input)
            .map_err(|failure| match input {
                None => failure.of_ticket(&self.service),
                Some(_) => failure.of_peer(),
            })?;
        match turn.next {
            Next::Await => self.phase = Phase::Await,
            Next::Done(Proof::Mutual) => {}
            // It was asked for. The first token may do without an answer; one that came must be a proof.
            Next::Done(Proof::Missing) if input.is_none() => {}
            Next::Done(Proof::Missing) => {
                return Err(TokenError::Peer("it does not prove who the peer is".to_owned()));
            }
        }
        Ok(turn.token)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({}, {:?})", self.service, self.phase)
    }
}

/// What the library holds for one exchange; null is what is not there.
struct Handles {
    library: Arc<Library>,
    peer: Handle,
    context: Handle,
}

// SAFETY: the handles are reached through `&mut self` only, so that no two threads use them at once, and that is all
// that MIT krb5 and Heimdal ask for a context and a name: neither belongs to the thread that made it. What the
// libraries do keep by thread is the text of the last error, which is fetched in the call that failed.
unsafe impl Send for Handles {}

impl Handles {
    const fn new(library: Arc<Library>) -> Self {
        Self {
            library,
            peer: ptr::null_mut(),
            context: ptr::null_mut(),
        }
    }

    fn name_peer(&mut self, service: &Service) -> Result<(), Failure> {
        let text = service.host_based();
        let text = Buffer::reading(text.as_bytes());
        let kind = Oid::new(ffi::HOST_BASED);
        let mut minor = 0;
        // SAFETY: all pointers are to live values of the types that the function has (§5.16), the text outlives the
        // call, and `peer` is null, as a name is made once for each value of `Self`.
        let major =
            unsafe { (self.library.import_name)(&raw mut minor, &raw const text, &raw const kind, &raw mut self.peer) };
        self.check(major, minor)
    }

    /// Hands the library the peer's token and takes its next one.
    fn turn(&mut self, binding: Option<&[u8]>, input: Option<&[u8]>) -> Result<Turn, Failure> {
        let mechanism = Oid::new(ffi::KERBEROS);
        let binding = binding.map(ChannelBindings::new);
        let input = input.map(Buffer::reading);
        let mut output = Output::new(&self.library);
        let (mut minor, mut flags) = (0, 0);
        // SAFETY: all pointers are null where §5.19 allows it, or to live values of the types that the function has.
        // `context` is null in the first call and what the library made of it afterwards; `peer` is a name of this
        // library; what input, bindings and mechanism point to outlives the call.
        let major = unsafe {
            (self.library.init_sec_context)(
                &raw mut minor,
                ptr::null_mut(),
                &raw mut self.context,
                self.peer,
                &raw const mechanism,
                ffi::MUTUAL,
                0,
                binding.as_ref().map_or(ptr::null(), ptr::from_ref),
                input.as_ref().map_or(ptr::null(), ptr::from_ref),
                ptr::null_mut(),
                &raw mut output.buffer,
                &raw mut flags,
                ptr::null_mut(),
            )
        };
        self.check(major, minor)?;
        let next = if major & ffi::CONTINUE_NEEDED != 0 {
            Next::Await
        } else if flags & ffi::MUTUAL != 0 {
            Next::Done(Proof::Mutual)
        } else {
            Next::Done(Proof::Missing)
        };
        Ok(Turn {
            token: Secret::new(output.bytes()),
            next,
        })
    }

    fn check(&self, major: u32, minor: u32) -> Result<(), Failure> {
        if major & ffi::ERRORS == 0 {
            return Ok(());
        }
        let said = told(major, minor, |status, kind| self.text(status, kind));
        Err(Failure { major, said })
    }

    /// The library's words for a status, as one line; empty when it has none.
    fn text(&self, status: u32, kind: i32) -> String {
        let mechanism = Oid::new(ffi::KERBEROS);
        let mut more = 0;
        let mut text = Vec::new();
        for _ in 0..MESSAGES {
            let mut output = Output::new(&self.library);
            let mut minor = 0;
            // SAFETY: all pointers are to live values of the types that the function has (§5.11); `more` is zero or
            // what the call before wrote there.
            let major = unsafe {
                (self.library.display_status)(
                    &raw mut minor,
                    status,
                    kind,
                    &raw const mechanism,
                    &raw mut more,
                    &raw mut output.buffer,
                )
            };
            if major & ffi::ERRORS != 0 {
                break;
            }
            text.extend_from_slice(output.bytes());
            text.push(b' ');
            if more == 0 {
                break;
            }
        }
        words::one_line(&text)
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        let mut minor = 0;
        if !self.context.is_null() {
            // SAFETY: the context is one of this library's and is released once; no token is asked for (§5.9).
            unsafe { (self.library.delete_sec_context)(&raw mut minor, &raw mut self.context, ptr::null_mut()) };
        }
        if !self.peer.is_null() {
            // SAFETY: the name is one of this library's and is released once (§5.28).
            unsafe { (self.library.release_name)(&raw mut minor, &raw mut self.peer) };
        }
    }
}

/// A buffer that the library fills, and that is cleared and given back to it.
struct Output<'l> {
    library: &'l Library,
    buffer: Buffer,
}

impl<'l> Output<'l> {
    const fn new(library: &'l Library) -> Self {
        Self {
            library,
            buffer: Buffer::EMPTY,
        }
    }

    fn bytes(&self) -> &[u8] {
        if self.buffer.value.is_null() {
            return &[];
        }
        // SAFETY: a library that fills a buffer makes `value` point to `length` bytes (§3.2), which nobody changes
        // while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.buffer.value.cast::<u8>(), self.buffer.length) }
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        if self.buffer.value.is_null() {
            return;
        }
        // SAFETY: as in `bytes`; the library allocated them for us to keep. It reads them in the call below for all
        // that the compiler knows, so the write is not left out.
        unsafe { ptr::write_bytes(self.buffer.value.cast::<u8>(), 0, self.buffer.length) };
        let mut minor = 0;
        // SAFETY: the buffer was filled by this library and is released once (§5.26).
        unsafe { (self.library.release_buffer)(&raw mut minor, &raw mut self.buffer) };
    }
}

/// What a call brought.
struct Turn {
    token: Secret,
    next: Next,
}

/// Who has the next word.
enum Next {
    /// The peer.
    Await,
    /// Nobody.
    Done(Proof),
}

/// Whether the peer has proved who it is.
enum Proof {
    Mutual,
    Missing,
}

/// A call that failed.
#[derive(Debug)]
struct Failure {
    major: u32,
    said: Option<String>,
}

impl Failure {
    /// Before the peer said anything.
    fn of_ticket(&self, service: &Service) -> TokenError {
        if self.major & ffi::ERRORS == ffi::BAD_MECHANISM {
            return TokenError::Unavailable("the GSSAPI library of this system has no Kerberos".to_owned());
        }
        words::no_ticket(service, self.said.as_deref())
    }

    /// Because of what the peer said.
    fn of_peer(self) -> TokenError {
        TokenError::Peer(self.said.unwrap_or_else(|| "the library does not say why".to_owned()))
    }
}

/// What is worth telling of a failure: the mechanism's words, or those of GSSAPI when they say more than "none".
fn told(major: u32, minor: u32, text: impl Fn(u32, i32) -> String) -> Option<String> {
    let mechanism = (minor != 0).then(|| text(minor, ffi::MECHANISM_CODE));
    let routine = || (major & ffi::ERRORS != ffi::NO_CREDENTIAL).then(|| text(major, ffi::GSS_CODE));
    mechanism
        .filter(|said| !said.is_empty())
        .or_else(routine)
        .filter(|said| !said.is_empty())
}

const NO_LIBRARY: &str = "no GSSAPI library (libgssapi_krb5) on this system";

/// A status has one text, or one for each of its parts.
const MESSAGES: usize = 4;

#[cfg(test)]
mod tests;
