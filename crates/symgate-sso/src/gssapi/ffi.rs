//! The C interface of GSSAPI ([RFC 2744](https://www.rfc-editor.org/rfc/rfc2744)): its types, its numbers, and the
//! library that is looked for at run time.
//!
//! MIT krb5, Heimdal and macOS agree in all of it but one thing: for x86 macs the structures are packed to two bytes.
//! MIT's header and Apple's both say so, for binaries of old, and neither does for ARM.

use std::ffi::c_void;
use std::fmt;
use std::ptr;

use libloading::os::unix::Library as Loaded;

/// Bytes and their number (§3.2).
#[repr(C)]
pub(super) struct Buffer {
    pub(super) length: usize,
    pub(super) value: *mut c_void,
}

impl Buffer {
    pub(super) const EMPTY: Self = Self {
        length: 0,
        value: ptr::null_mut(),
    };

    /// A buffer to be read. It does not hold on to the bytes: they must outlive the call that it is for.
    pub(super) const fn reading(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len(),
            // The interface has no word for "read only"; no function used here writes to an input.
            value: bytes.as_ptr().cast_mut().cast(),
        }
    }
}

/// The name of a mechanism or of a kind of name (§3.3), as the content of its DER encoding.
#[cfg_attr(all(target_vendor = "apple", target_arch = "x86_64"), repr(C, packed(2)))]
#[cfg_attr(not(all(target_vendor = "apple", target_arch = "x86_64")), repr(C))]
pub(super) struct Oid {
    length: u32,
    elements: *mut c_void,
}

impl Oid {
    /// Names that this crate uses are short and static.
    pub(super) const fn new(content: &'static [u8]) -> Self {
        assert!(content.len() < 128);
        Self {
            length: content.len() as u32,
            elements: content.as_ptr().cast_mut().cast(),
        }
    }
}

/// What both ends know of the channel (§3.11).
#[cfg_attr(all(target_vendor = "apple", target_arch = "x86_64"), repr(C, packed(2)))]
#[cfg_attr(not(all(target_vendor = "apple", target_arch = "x86_64")), repr(C))]
pub(super) struct ChannelBindings {
    initiator_type: u32,
    initiator: Buffer,
    acceptor_type: u32,
    acceptor: Buffer,
    application: Buffer,
}

impl ChannelBindings {
    /// Bindings without addresses, as RFC 5929 wants them; like [`Buffer::reading`], they do not hold on to the bytes.
    pub(super) const fn new(application: &[u8]) -> Self {
        Self {
            initiator_type: AF_UNSPEC,
            initiator: Buffer::EMPTY,
            acceptor_type: AF_UNSPEC,
            acceptor: Buffer::EMPTY,
            application: Buffer::reading(application),
        }
    }
}

/// `gss_ctx_id_t`, `gss_name_t` and `gss_cred_id_t`: only the library knows what is behind them.
pub(super) type Handle = *mut c_void;

type ImportName = unsafe extern "C" fn(*mut u32, *const Buffer, *const Oid, *mut Handle) -> u32;
type InitSecContext = unsafe extern "C" fn(
    minor: *mut u32,
    credential: Handle,
    context: *mut Handle,
    target: Handle,
    mechanism: *const Oid,
    flags: u32,
    lifetime: u32,
    bindings: *const ChannelBindings,
    input: *const Buffer,
    actual_mechanism: *mut *const Oid,
    output: *mut Buffer,
    actual_flags: *mut u32,
    actual_lifetime: *mut u32,
) -> u32;
type DeleteSecContext = unsafe extern "C" fn(*mut u32, *mut Handle, *mut Buffer) -> u32;
type ReleaseName = unsafe extern "C" fn(*mut u32, *mut Handle) -> u32;
type ReleaseBuffer = unsafe extern "C" fn(*mut u32, *mut Buffer) -> u32;
type DisplayStatus = unsafe extern "C" fn(*mut u32, u32, i32, *const Oid, *mut u32, *mut Buffer) -> u32;

/// The functions of a loaded library.
pub(super) struct Library {
    name: &'static str,
    pub(super) import_name: ImportName,
    pub(super) init_sec_context: InitSecContext,
    pub(super) delete_sec_context: DeleteSecContext,
    pub(super) release_name: ReleaseName,
    pub(super) release_buffer: ReleaseBuffer,
    pub(super) display_status: DisplayStatus,
}

impl Library {
    /// The first of some libraries that is there and has all functions.
    ///
    /// It stays loaded until the process ends. It keeps state for each thread, with destructors that run when a thread
    /// ends, and a library that is gone by then takes the process with it.
    pub(super) fn find(names: &[&'static str]) -> Option<Self> {
        names.iter().find_map(|name| Self::load(name))
    }

    fn load(name: &'static str) -> Option<Self> {
        // SAFETY: loading runs the library's initializers. The names are those under which systems install GSSAPI
        // (tests load libc), whose initializers any program linked to it runs at its start; they ask nothing of it.
        let loaded = unsafe { Loaded::new(name) }.ok()?;
        let library = Self {
            name,
            // SAFETY: the type is that of the function in RFC 2744 §5.16.
            import_name: unsafe { function(&loaded, "gss_import_name") }?,
            // SAFETY: §5.19.
            init_sec_context: unsafe { function(&loaded, "gss_init_sec_context") }?,
            // SAFETY: §5.9.
            delete_sec_context: unsafe { function(&loaded, "gss_delete_sec_context") }?,
            // SAFETY: §5.28.
            release_name: unsafe { function(&loaded, "gss_release_name") }?,
            // SAFETY: §5.26.
            release_buffer: unsafe { function(&loaded, "gss_release_buffer") }?,
            // SAFETY: §5.11.
            display_status: unsafe { function(&loaded, "gss_display_status") }?,
        };
        let _never_closed = loaded.into_raw();
        Some(library)
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A function's address.
///
/// # Safety
///
/// `F` is a type of function pointers, that of the named function, and is not called after the library was closed.
unsafe fn function<F: Copy>(library: &Loaded, name: &str) -> Option<F> {
    // SAFETY: the caller's promise.
    let symbol = unsafe { library.get::<F>(name) }.ok()?;
    Some(*symbol)
}

/// Where the library is looked for.
pub(super) const NAMES: &[&str] = if cfg!(target_vendor = "apple") {
    &["/System/Library/Frameworks/GSS.framework/GSS", "libgssapi_krb5.2.dylib"]
} else {
    &["libgssapi_krb5.so.2", "libgssapi.so.3"]
};

/// The Kerberos mechanism, 1.2.840.113554.1.2.2
/// ([RFC 4121 §1](https://www.rfc-editor.org/rfc/rfc4121#section-1)).
pub(super) const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

/// A name of the form `service@host`, 1.2.840.113554.1.2.1.4
/// ([RFC 2743 §4.1](https://www.rfc-editor.org/rfc/rfc2743#section-4.1)).
pub(super) const HOST_BASED: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";

/// `GSS_C_MUTUAL_FLAG`: the peer shall prove itself, or has.
pub(super) const MUTUAL: u32 = 2;

/// `GSS_S_CONTINUE_NEEDED`: the peer has the next word.
pub(super) const CONTINUE_NEEDED: u32 = 1;

/// Where a status holds the caller's error and the routine's (§3.9.1); the rest are remarks.
pub(super) const ERRORS: u32 = 0xffff_0000;

/// `GSS_S_BAD_MECH`: the library does not know the mechanism.
pub(super) const BAD_MECHANISM: u32 = 1 << 16;

/// `GSS_S_NO_CRED`: no credentials.
pub(super) const NO_CREDENTIAL: u32 = 7 << 16;

/// `GSS_C_GSS_CODE`, `GSS_C_MECH_CODE`: whose status is displayed.
pub(super) const GSS_CODE: i32 = 1;
pub(super) const MECHANISM_CODE: i32 = 2;

/// `GSS_C_AF_UNSPEC`: no address.
const AF_UNSPEC: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::size_of;

    /// The arcs of an object identifier's DER content ([X.690 §8.19](https://www.itu.int/rec/T-REC-X.690)).
    fn arcs(content: &[u8]) -> Vec<u32> {
        let mut numbers = Vec::new();
        let mut number = 0;
        for byte in content {
            number = number << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                numbers.push(number);
                number = 0;
            }
        }
        let first = numbers.remove(0);
        [vec![first / 40, first % 40], numbers].concat()
    }

    #[test]
    fn names_are_those_of_the_rfcs() {
        assert_eq!(arcs(KERBEROS), [1, 2, 840, 113_554, 1, 2, 2]);
        assert_eq!(arcs(HOST_BASED), [1, 2, 840, 113_554, 1, 2, 1, 4]);
    }

    #[test]
    fn structures_have_the_size_that_c_gives_them() {
        let packed = cfg!(all(target_vendor = "apple", target_arch = "x86_64"));
        let word = size_of::<usize>();
        assert_eq!(size_of::<Buffer>(), 2 * word);
        // The 32-bit numbers are padded to the pointers, except where the header packs them.
        let number = if packed { 4 } else { word };
        assert_eq!(size_of::<Oid>(), number + word);
        assert_eq!(size_of::<ChannelBindings>(), 2 * number + 6 * word);
    }

    #[test]
    fn library_that_is_not_there_or_another_one_is_none() {
        for names in [&["libsymgate-has-no-such.so.0"][..], &["libc.so.6", "libm.so.6"], &[]] {
            assert!(Library::find(names).is_none(), "{names:?}");
        }
    }
}
