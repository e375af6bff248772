//! Tokens by SSPI ([`InitializeSecurityContextW`]), for Windows.
//!
//! Of the logged-on user only Kerberos is asked, by its own package: `Negotiate` might choose NTLM. With a name and a
//! password any [`Package`] may be asked, as nothing then goes out that the caller did not give.
//!
//! [`InitializeSecurityContextW`]: https://learn.microsoft.com/en-us/windows/win32/api/sspi/nf-sspi-initializesecuritycontextw

mod identity;
mod status;

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use symgate_auth::Secret;
use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest, TokenSource};
use windows_sys::Win32::Foundation::{SEC_E_OK, SEC_I_CONTINUE_NEEDED};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, DeleteSecurityContext, FreeContextBuffer, FreeCredentialsHandle, ISC_REQ_CONNECTION,
    ISC_REQ_MUTUAL_AUTH, ISC_RET_MUTUAL_AUTH, InitializeSecurityContextW, QuerySecurityPackageInfoW,
    SEC_CHANNEL_BINDINGS, SECBUFFER_CHANNEL_BINDINGS, SECBUFFER_TOKEN, SECBUFFER_VERSION, SECPKG_CRED_OUTBOUND,
    SECURITY_NETWORK_DREP, SecBuffer, SecBufferDesc,
};
use windows_sys::Win32::Security::Credentials::SecHandle;

use self::identity::{Identity, Wide};
use crate::phase::Phase;
use crate::service::Service;
use crate::words;

/// The Kerberos tickets of the logged-on user.
#[derive(Debug, Default)]
pub(crate) struct Tickets;

impl Tickets {
    pub(crate) fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
        let service = Service::of(&request.peer)?;
        let credential = Credential::acquire(Package::Kerberos, None).map_err(|status| match status {
            status::NO_PACKAGE => TokenError::Unavailable("no Kerberos on this system".to_owned()),
            status => words::no_ticket(&service, Some(&status::text(status))),
        })?;
        let package = Package::Kerberos;
        Ok(Box::new(Context::new(package, Arc::new(credential), service, request)))
    }
}

/// A security package of Windows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Package {
    /// Kerberos alone, its tokens without SPNEGO around them.
    Kerberos,
    /// SPNEGO: Kerberos, or NTLM where there is none.
    Negotiate,
    /// NTLM alone.
    Ntlm,
}

impl Package {
    const fn name(self) -> &'static str {
        match self {
            Self::Kerberos => "Kerberos",
            Self::Negotiate => "Negotiate",
            Self::Ntlm => "NTLM",
        }
    }
}

/// Tokens by SSPI for a user who is named, with a password. Windows only.
///
/// ```
/// use symgate_auth::mechanism::{TokenRequest, TokenSource};
/// use symgate_auth::{Origin, Secret, UriScheme};
/// use symgate_sso::{Package, Sspi};
///
/// let alice = Sspi::with_credentials(Package::Ntlm, "alice", "LAB", &Secret::new("S3cret pass"))?;
/// let peer = Origin::new(UriScheme::Http, "proxy.example", 3128);
/// let request = TokenRequest { peer, input: None, channel_binding: None };
/// let context = alice.begin(&request)?; // context.step(None) makes the type 1 message
/// # drop(context);
/// # Ok::<(), symgate_auth::mechanism::TokenError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sspi {
    package: Package,
    credential: Arc<Credential>,
}

impl Sspi {
    /// Hands name and password to the system, which keeps them as long as this value or one of its contexts lives; an
    /// empty domain is one that the peer knows better.
    ///
    /// # Errors
    ///
    /// [`TokenError::Unavailable`] if the system has no such package, or the password is not text.
    pub fn with_credentials(package: Package, user: &str, domain: &str, password: &Secret) -> Result<Self, TokenError> {
        let identity = Identity::new(user, domain, password)
            .ok_or_else(|| TokenError::Unavailable("the password is not text, or longer than any".to_owned()))?;
        let credential = Credential::acquire(package, Some(&identity)).map_err(|status| {
            let (name, said) = (package.name(), status::text(status));
            TokenError::Unavailable(format!("the system's `{name}` does not take the credentials ({said})"))
        })?;
        Ok(Self {
            package,
            credential: Arc::new(credential),
        })
    }
}

impl TokenSource for Sspi {
    fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
        let service = Service::of(&request.peer)?;
        let credential = Arc::clone(&self.credential);
        Ok(Box::new(Context::new(self.package, credential, service, request)))
    }
}

/// One exchange with one peer.
struct Context {
    package: Package,
    service: Service,
    target: Wide,
    bindings: Option<Bindings>,
    /// Declared before the credential: a context is deleted while its credential lives.
    handle: Option<Handle>,
    credential: Arc<Credential>,
    phase: Phase,
}

impl Context {
    fn new(package: Package, credential: Arc<Credential>, service: Service, request: &TokenRequest) -> Self {
        Self {
            package,
            target: Wide::new(&service.to_string()),
            service,
            bindings: request.channel_binding.as_deref().map(Bindings::new),
            handle: None,
            credential,
            phase: Phase::Begin,
        }
    }

    /// What a failure before the peer's word means.
    fn unavailable(&self, status: i32) -> TokenError {
        let said = status::text(status);
        match self.package {
            Package::Kerberos => words::no_ticket(&self.service, Some(&said)),
            Package::Negotiate | Package::Ntlm => {
                let (name, service) = (self.package.name(), &self.service);
                TokenError::Unavailable(format!("no `{name}` token for `{service}` ({said})"))
            }
        }
    }
}

impl TokenContext for Context {
    fn step(&mut self, input: Option<&[u8]>) -> Result<Secret, TokenError> {
        let input = self.phase.admit(input)?;
        // Whatever fails now is final.
        self.phase = Phase::Over;
        let bindings = match (self.package, input) {
            // A type 1 message has no place for them, and wine refuses inputs in the first call.
            (Package::Ntlm, None) => None,
            _ => self.bindings.as_ref(),
        };
        let turn = turn(&self.credential, &mut self.handle, &self.target, bindings, input);
        let turn = match (turn, input) {
            (Ok(turn), _) => turn,
            (Err(status), None) => return Err(self.unavailable(status)),
            (Err(status), Some(_)) => return Err(TokenError::Peer(status::text(status))),
        };
        match turn.next {
            Next::Await => self.phase = Phase::Await,
            Next::Done(Proof::Mutual) => {}
            // NTLM has no proof to give, and before the peer's word there is none.
            Next::Done(Proof::Missing) if input.is_none() || self.package != Package::Kerberos => {}
            Next::Done(Proof::Missing) => {
                return Err(TokenError::Peer("it does not prove who the peer is".to_owned()));
            }
        }
        Ok(turn.token)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package.name();
        write!(f, "Context({package}, {}, {:?})", self.service, self.phase)
    }
}

/// Who speaks, as the system keeps it.
struct Credential {
    handle: SecHandle,
    /// No token of the package is longer.
    longest: u32,
}

impl Credential {
    /// `None` is the logged-on user.
    fn acquire(package: Package, identity: Option<&Identity>) -> Result<Self, i32> {
        let package = Wide::new(package.name());
        let longest = longest_token(&package)?;
        let data = identity.map(Identity::data);
        let mut handle = NOTHING;
        let mut expiry = 0;
        // SAFETY: the package is a string that ends in zero; the identity is null or a structure whose pointers and
        // lengths are those of strings that live as long as `identity`, and the system copies what it wants to keep;
        // handle and expiry are live values.
        let status = unsafe {
            AcquireCredentialsHandleW(
                ptr::null(),
                package.as_ptr(),
                SECPKG_CRED_OUTBOUND,
                ptr::null(),
                data.as_ref()
                    .map_or(ptr::null(), |data| ptr::from_ref(data).cast::<c_void>()),
                None,
                ptr::null(),
                &raw mut handle,
                &raw mut expiry,
            )
        };
        if status == SEC_E_OK {
            Ok(Self { handle, longest })
        } else {
            Err(status)
        }
    }
}

fn longest_token(package: &Wide) -> Result<u32, i32> {
    let mut info = ptr::null_mut();
    // SAFETY: the package is a string that ends in zero, and `info` is a live value.
    let status = unsafe { QuerySecurityPackageInfoW(package.as_ptr(), &raw mut info) };
    if status != SEC_E_OK {
        return Err(status);
    }
    // SAFETY: the system made `info` point to a structure, which is ours until it is freed below.
    let longest = unsafe { (*info).cbMaxToken };
    // SAFETY: the system allocated the structure, and it is freed once.
    unsafe { FreeContextBuffer(info.cast()) };
    Ok(longest)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        // SAFETY: the handle was acquired, contexts made with it are gone (they hold a count of it), and it is freed
        // once.
        unsafe { FreeCredentialsHandle(&raw const self.handle) };
    }
}

/// A security context of the system.
struct Handle(SecHandle);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is that of a context, which is deleted once.
        unsafe { DeleteSecurityContext(&raw const self.0) };
    }
}

/// Hands the system the peer's token and takes its next one.
fn turn(
    credential: &Credential,
    context: &mut Option<Handle>,
    target: &Wide,
    bindings: Option<&Bindings>,
    input: Option<&[u8]>,
) -> Result<Turn, i32> {
    // A copy, because a package may work in place.
    let mut copy = input.map(<[u8]>::to_vec);
    let mut buffers = Vec::with_capacity(2);
    if let Some(token) = &mut copy {
        buffers.push(buffer(SECBUFFER_TOKEN, token.as_mut_ptr(), token.len())?);
    }
    if let Some(bindings) = bindings {
        // The interface has no word for "read only"; these are only read.
        let data = bindings.0.as_ptr().cast_mut();
        buffers.push(buffer(SECBUFFER_CHANNEL_BINDINGS, data, bindings.0.len())?);
    }
    let input = SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: buffers.len() as u32,
        pBuffers: buffers.as_mut_ptr(),
    };
    // Ours and not the system's: wine's Kerberos knows no other.
    let mut token = vec![0; credential.longest as usize];
    let mut output = SecBuffer {
        cbBuffer: credential.longest,
        BufferType: SECBUFFER_TOKEN,
        pvBuffer: token.as_mut_ptr().cast(),
    };
    let mut outputs = SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: 1,
        pBuffers: &raw mut output,
    };
    // A later call gives the handle back, perhaps as another one.
    let mut made = context.as_ref().map_or(NOTHING, |context| context.0);
    let (mut flags, mut expiry) = (0, 0);
    // SAFETY: credential and context are live handles, the context null in the first call; the target is a string that
    // ends in zero; both lists hold as many buffers as they say, whose bytes outlive the call; what is written
    // is in live values.
    let status = unsafe {
        InitializeSecurityContextW(
            &raw const credential.handle,
            context.as_ref().map_or(ptr::null(), |context| &raw const context.0),
            target.as_ptr(),
            FLAGS,
            0,
            SECURITY_NETWORK_DREP,
            if buffers.is_empty() {
                ptr::null()
            } else {
                &raw const input
            },
            0,
            &raw mut made,
            &raw mut outputs,
            &raw mut flags,
            &raw mut expiry,
        )
    };
    if status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED {
        return Err(status);
    }
    match context {
        None => *context = Some(Handle(made)),
        Some(context) => context.0 = made,
    }
    token.truncate(output.cbBuffer as usize);
    let next = if status == SEC_I_CONTINUE_NEEDED {
        Next::Await
    } else if flags & ISC_RET_MUTUAL_AUTH != 0 {
        Next::Done(Proof::Mutual)
    } else {
        Next::Done(Proof::Missing)
    };
    Ok(Turn {
        token: Secret::new(token),
        next,
    })
}

/// An input. It does not hold on to the bytes: they must outlive the call that it is for.
fn buffer(kind: u32, data: *mut u8, length: usize) -> Result<SecBuffer, i32> {
    Ok(SecBuffer {
        cbBuffer: u32::try_from(length).map_err(|_| status::BAD_TOKEN)?,
        BufferType: kind,
        pvBuffer: data.cast(),
    })
}

/// The application data of a channel binding behind its head, `SEC_CHANNEL_BINDINGS`, without addresses.
struct Bindings(Vec<u8>);

impl Bindings {
    fn new(application: &[u8]) -> Self {
        let head = size_of::<SEC_CHANNEL_BINDINGS>() as u32;
        // More than the number holds is no binding of anything; cut, it cannot match.
        let length = u32::try_from(application.len()).unwrap_or(0);
        // Type, length and offset of both addresses, then length and offset of the data.
        let words = [0, 0, 0, 0, 0, 0, length, head];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
        bytes.extend_from_slice(application);
        Self(bytes)
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

/// The peer shall prove itself, and messages are only for the beginning of a connection. Not confidentiality, which NTLM
/// would offer to the peer for nothing, and never delegation.
const FLAGS: u32 = ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONNECTION;

const NOTHING: SecHandle = SecHandle { dwLower: 0, dwUpper: 0 };

#[cfg(test)]
mod tests;
