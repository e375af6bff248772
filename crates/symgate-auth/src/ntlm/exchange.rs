//! [`Exchange`]: one authentication from the client's side, without the transport
//! ([MS-NLMP §3.1.5.1.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/c0250a97-2940-40c7-82fb-20d208c71e96)).

use std::{fmt, mem};

use zeroize::Zeroizing;

use super::crypto::{self, Key, Signer, Speaker};
use super::message::{self, Authenticate, Challenge, Flags, Mic};
use crate::mechanism::{MechanismError, RequestLine, Setup};
use crate::{Credentials, Identity, Secret, binding};

/// One exchange: [`open`](Self::open) makes the first message, [`answer`](Self::answer) the third.
///
/// It keeps no password, only the key that the responses are made with.
pub(crate) struct Exchange {
    user: String,
    domain: String,
    workstation: String,
    /// The service that we authenticate to.
    target_name: String,
    response_key: Key,
    client_challenge: Zeroizing<[u8; 8]>,
    random_session_key: Key,
    state: State,
}

enum State {
    Unopened,
    /// The first message was made.
    Opened(Vec<u8>),
    /// The third message was made.
    Answered {
        client: Signer,
        server: Signer,
    },
    /// The peer's challenge had no answer.
    Failed,
}

impl Exchange {
    /// An exchange as the identity of `setup`; an empty `workstation` is not named to the peer.
    ///
    /// The name may be `DOMAIN\user`. A name of the form `user@realm` goes to the peer as typed, with an empty domain:
    /// only the peer knows which domain serves the realm. Without either the domain is empty, which a peer takes for
    /// its own.
    ///
    /// # Errors
    ///
    /// [`MechanismError::Credentials`] without a user name and a password that can be expressed.
    pub(crate) fn new(setup: &Setup<'_>, workstation: &str) -> Result<Self, MechanismError> {
        let Identity::Known(credentials) = setup.identity else {
            return Err(NEEDS_PASSWORD);
        };
        let Credentials::Password(password) = &**credentials else {
            return Err(NEEDS_PASSWORD);
        };
        let (domain, user) = password.user.split_once('\\').unwrap_or(("", &password.user));
        if user.is_empty() {
            return Err(MechanismError::Credentials("an empty user name"));
        }
        Ok(Self {
            user: user.to_owned(),
            domain: domain.to_owned(),
            workstation: workstation.to_owned(),
            // Without the port; an address of IPv6 keeps its brackets.
            target_name: format!("HTTP/{}", setup.peer.host()),
            response_key: crypto::response_key(user, domain, password.password.expose())?,
            client_challenge: crypto::draw(&setup.entropy, "ntlm client challenge"),
            random_session_key: crypto::draw(&setup.entropy, "ntlm exported session key"),
            state: State::Unopened,
        })
    }

    /// The NEGOTIATE message (type 1).
    pub(crate) fn open(&mut self) -> Vec<u8> {
        let negotiate = message::encode_negotiate();
        self.state = State::Opened(negotiate.clone());
        negotiate
    }

    /// The AUTHENTICATE message (type 3) for a CHALLENGE message (type 2)
    /// ([MS-NLMP §3.1.5.1.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/c0250a97-2940-40c7-82fb-20d208c71e96)).
    ///
    /// A peer that sends its time gets it back, in a message with a MIC; one that does not is of a time before MICs, and
    /// gets ours and an LM response of version 2 besides.
    ///
    /// # Errors
    ///
    /// [`MechanismError::Malformed`] if the challenge breaks a rule, or lacks what NTLMv2 needs;
    /// [`MechanismError::Credentials`] for names beyond ASCII to a peer without Unicode.
    pub(crate) fn answer(&mut self, challenge: &[u8], request: &RequestLine<'_>) -> Result<Secret, MechanismError> {
        let State::Opened(negotiate) = mem::replace(&mut self.state, State::Failed) else {
            return Err(MechanismError::Malformed("an NTLM challenge where none is due"));
        };
        let Challenge {
            flags,
            server_challenge,
            mut target_info,
        } = Challenge::decode(challenge)?;
        let (flags, encoding) = agree(flags);

        target_info.set_channel_bindings(channel_bindings(request));
        target_info.set_target_name(crypto::utf16(&self.target_name).to_vec());
        let (time, mic) = match target_info.timestamp() {
            Some(time) => (time, Mic::Present),
            None => (file_time(request.wall), Mic::Absent),
        };
        let lm_response = match mic {
            Mic::Present => {
                target_info.promise_mic();
                [0; 24]
            }
            Mic::Absent => crypto::lm_response(&self.response_key, &server_challenge, &self.client_challenge),
        };
        let (nt_response, exchange_key) = crypto::nt_response(
            &self.response_key,
            &server_challenge,
            &self.client_challenge,
            &time,
            &target_info.encode()?,
        );
        let (exported, session_key) = if flags.has(Flags::KEY_EXCHANGE) {
            let wrapped = crypto::wrap_key(&exchange_key, &self.random_session_key);
            (self.random_session_key.clone(), wrapped.to_vec())
        } else {
            (exchange_key, Vec::new())
        };
        let mut authenticate = Authenticate {
            flags,
            lm_response: &lm_response,
            nt_response: &nt_response,
            domain: &encoding.name(&self.domain)?,
            user: &encoding.name(&self.user)?,
            // Only for the peer's log, so that one that cannot be spelled is left out.
            workstation: &encoding.name(&self.workstation).unwrap_or_default(),
            session_key: &session_key,
            mic,
        }
        .encode()?;
        if mic == Mic::Present {
            let code = crypto::mic(&exported, &negotiate, challenge, &authenticate);
            message::set_mic(&mut authenticate, &code);
        }
        self.state = State::Answered {
            client: Signer::new(flags, &exported, Speaker::Client),
            server: Signer::new(flags, &exported, Speaker::Server),
        };
        Ok(Secret::new(mem::take(&mut *authenticate)))
    }

    /// The client's signature of its next message, with the exported session key.
    ///
    /// # Errors
    ///
    /// [`MechanismError::Malformed`] before the challenge was answered: the peer asked too early.
    pub(crate) fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], MechanismError> {
        match &mut self.state {
            State::Answered { client, .. } => Ok(client.sign(message)),
            State::Unopened | State::Opened(_) | State::Failed => Err(MechanismError::Malformed(
                "a signature is wanted before the NTLM challenge",
            )),
        }
    }

    /// Whether this is the server's signature of its next message; never before the challenge was answered.
    pub(crate) fn verify(&mut self, message: &[u8], signature: &[u8]) -> bool {
        match &mut self.state {
            State::Answered { server, .. } => server.verify(message, signature),
            State::Unopened | State::Opened(_) | State::Failed => false,
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured, so that a new field does not print before somebody decides.
        let Self {
            user,
            domain,
            workstation,
            target_name,
            response_key: _,
            client_challenge: _,
            random_session_key: _,
            state,
        } = self;
        let state = match state {
            State::Unopened => "Unopened",
            State::Opened(_) => "Opened",
            State::Answered { .. } => "Answered",
            State::Failed => "Failed",
        };
        f.debug_struct("Exchange")
            .field("user", user)
            .field("domain", domain)
            .field("workstation", workstation)
            .field("target_name", target_name)
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

/// How names are spelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Encoding {
    /// The peer's code page, of which we know the part that all share.
    Oem,
    Unicode,
}

impl Encoding {
    fn name(self, name: &str) -> Result<Vec<u8>, MechanismError> {
        match self {
            Self::Unicode => Ok(crypto::utf16(name).to_vec()),
            Self::Oem if name.is_ascii() => Ok(name.as_bytes().to_vec()),
            Self::Oem => Err(MechanismError::Credentials(
                "a name beyond ASCII, to a peer that does not speak Unicode",
            )),
        }
    }
}

/// What both sides can: of two encodings Unicode, and keys are exchanged only to sign with.
fn agree(theirs: Flags) -> (Flags, Encoding) {
    let mut flags = Flags::OFFERED.common(theirs);
    if !flags.has(Flags::SIGN) {
        flags = flags.without(Flags::KEY_EXCHANGE);
    }
    if flags.has(Flags::UNICODE) {
        (flags.without(Flags::OEM), Encoding::Unicode)
    } else {
        (flags, Encoding::Oem)
    }
}

/// The MD5 of the `gss_channel_bindings_struct` of the channel
/// ([MS-NLMP §2.2.2.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/83f5e789-660d-4781-8491-5f8c6641f75e),
/// `MsvAvChannelBindings`): two addresses that are never there, and the length and bytes of the application's data.
///
/// Where there is no binding — no TLS, or a certificate for which none is defined — the hash is 16 zeros, as §3.1.5.1.2
/// has it: it says that we would have bound the answer, while a missing pair is the word of a client that knows nothing of
/// bindings. Samba, gss-ntlmssp and pyspnego accept zeros; pyspnego does so even where it demands bindings, and refuses
/// there a client without the pair.
fn channel_bindings(request: &RequestLine<'_>) -> [u8; 16] {
    let data = request.channel.certificate().and_then(binding::tls_server_end_point);
    match data.map(|data| (u32::try_from(data.len()), data)) {
        Some((Ok(length), data)) => crypto::md5(&[&[0; 16], &length.to_le_bytes(), &data]),
        Some((Err(_), _)) | None => [0; 16],
    }
}

/// Seconds since 1970 as units of 100 ns since 1601
/// ([MS-DTYP §2.3.3](https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/2c57429b-fdd4-488f-b5fc-9e4cf020fcdf)).
fn file_time(wall: u64) -> [u8; 8] {
    const SECONDS_FROM_1601: u64 = 11_644_473_600;
    wall.saturating_add(SECONDS_FROM_1601)
        .saturating_mul(10_000_000)
        .to_le_bytes()
}

const NEEDS_PASSWORD: MechanismError = MechanismError::Credentials("a user name and a password are needed");

#[cfg(test)]
mod tests;
