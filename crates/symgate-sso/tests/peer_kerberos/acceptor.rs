//! The other end: MIT's acceptor, with its functions declared once more and not taken from the crate under test.

use std::ffi::c_void;
use std::ptr;
use std::slice;

use libloading::os::unix::Library;

/// The library that accepts.
pub(crate) struct Acceptor {
    library: Library,
}

/// What an acceptor says of a token that it takes.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Its own token.
    pub(crate) answer: Vec<u8>,
    /// Whether it is asked to prove itself.
    pub(crate) mutual: bool,
    /// Whether it was given the user's ticket.
    pub(crate) delegated: bool,
    /// Whether both ends saw the same channel.
    pub(crate) bound: bool,
}

impl Acceptor {
    pub(crate) fn load() -> Option<Self> {
        // SAFETY: the initializers of the system's Kerberos library ask nothing of their caller.
        let library = unsafe { Library::new("libgssapi_krb5.so.2") }.ok()?;
        Some(Self { library })
    }

    /// Judges an initiator's first token with the keys of `KRB5_KTNAME`.
    pub(crate) fn accept(&self, token: &[u8], binding: Option<&[u8]>) -> Option<Verdict> {
        // SAFETY: the type is that of RFC 2744 §5.1.
        let accept = unsafe { self.library.get::<AcceptSecContext>("gss_accept_sec_context") }.ok()?;
        let bindings = binding.map(|binding| Bindings {
            application: Buffer::reading(binding),
            ..Bindings::NONE
        });
        let input = Buffer::reading(token);
        let mut output = Buffer::EMPTY;
        let (mut minor, mut flags, mut context) = (0, 0, ptr::null_mut());
        // SAFETY: every pointer is null where §5.1 allows it, or to a live value. Context and output are left to the
        // end of the process.
        let major = unsafe {
            accept(
                &raw mut minor,
                &raw mut context,
                ptr::null_mut(),
                &raw const input,
                bindings.as_ref().map_or(ptr::null(), ptr::from_ref),
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut output,
                &raw mut flags,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if major != 0 {
            return None;
        }
        // SAFETY: the library made `value` point to `length` bytes.
        let answer = unsafe { slice::from_raw_parts(output.value.cast::<u8>(), output.length) };
        Some(Verdict {
            answer: answer.to_vec(),
            delegated: flags & 1 != 0,
            mutual: flags & 2 != 0,
            bound: flags & 2048 != 0,
        })
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Buffer {
    length: usize,
    value: *mut c_void,
}

impl Buffer {
    const EMPTY: Self = Self {
        length: 0,
        value: ptr::null_mut(),
    };

    fn reading(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len(),
            value: bytes.as_ptr().cast_mut().cast(),
        }
    }
}

#[repr(C)]
struct Bindings {
    initiator_type: u32,
    initiator: Buffer,
    acceptor_type: u32,
    acceptor: Buffer,
    application: Buffer,
}

impl Bindings {
    const NONE: Self = Self {
        initiator_type: 0,
        initiator: Buffer::EMPTY,
        acceptor_type: 0,
        acceptor: Buffer::EMPTY,
        application: Buffer::EMPTY,
    };
}

type AcceptSecContext = unsafe extern "C" fn(
    minor: *mut u32,
    context: *mut *mut c_void,
    credential: *mut c_void,
    input: *const Buffer,
    bindings: *const Bindings,
    source: *mut *mut c_void,
    mechanism: *mut *mut c_void,
    output: *mut Buffer,
    flags: *mut u32,
    lifetime: *mut u32,
    delegated: *mut *mut c_void,
) -> u32;
