//! What is computed: NTLMv2 responses
//! ([MS-NLMP §3.3.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/5e550938-91d4-459f-b67d-75d70009e3f3))
//! and message signatures with extended session security
//! ([§3.4](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/d1c86e81-eb66-47fd-8a6f-970050121347)).
//! NTLMv1 and LM do not exist here.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use rc4::{Rc4, StreamCipher};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::message::Flags;
use crate::Entropy;
use crate::mechanism::MechanismError;

/// A key of 16 bytes, cleared on drop.
pub(super) type Key = Zeroizing<[u8; 16]>;

/// Everything that only the password's owner can compute: `NTOWFv2`.
///
/// # Errors
///
/// [`MechanismError::Credentials`] for a password that is not text: nobody could have set it on the other side.
pub(super) fn response_key(user: &str, domain: &str, password: &[u8]) -> Result<Key, MechanismError> {
    let password = std::str::from_utf8(password)
        .map_err(|_| MechanismError::Credentials("a password that is not UTF-8 does not exist in NTLM"))?;
    let hash = Zeroizing::new(<[u8; 16]>::from(Md4::digest(utf16(password).as_slice())));
    let name: String = user.chars().map(upper).chain(domain.chars()).collect();
    Ok(Zeroizing::new(hmac_md5(&*hash, &[&utf16(&name)])))
}

/// The upper case of one character as Windows has it in the table behind its user names: always one code unit, so
/// `ß` and letters beyond the first plane stay as they are, and so do three old letters whose capitals belong to others
/// (`µ`, `ı`, `ſ`). Not compared with a domain controller beyond Latin letters; whoever is rejected for such a letter can
/// type the name in capitals.
fn upper(c: char) -> char {
    if matches!(c, '\u{B5}' | '\u{131}' | '\u{17F}') {
        return c;
    }
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) if c.len_utf16() == 1 && capital.len_utf16() == 1 => capital,
        _ => c,
    }
}

/// The text in UTF-16, which the protocol calls Unicode.
pub(super) fn utf16(text: &str) -> Zeroizing<Vec<u8>> {
    // A character has at least half as many bytes in UTF-8 as in UTF-16, so that this never grows and leaves copies.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(2)));
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

/// The NT response to a challenge, and the session base key that comes with it; for NTLMv2 that is the key exchange
/// key too ([§3.4.5.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/d86303b5-b29e-4fb9-b119-77579c761370)).
pub(super) fn nt_response(
    key: &Key,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
    time: &[u8; 8],
    target_info: &[u8],
) -> (Vec<u8>, Key) {
    let temp = [
        &[1, 1, 0, 0, 0, 0, 0, 0],
        time,
        client_challenge,
        &[0; 4][..],
        target_info,
        &[0; 4],
    ]
    .concat();
    let proof = hmac_md5(&**key, &[server_challenge, &temp]);
    let base = hmac_md5(&**key, &[&proof]);
    ([&proof[..], &temp].concat(), Zeroizing::new(base))
}

/// The LM response of NTLMv2.
pub(super) fn lm_response(key: &Key, server_challenge: &[u8; 8], client_challenge: &[u8; 8]) -> [u8; 24] {
    let mut response = [0; 24];
    let (proof, challenge) = response.split_at_mut(16);
    proof.copy_from_slice(&hmac_md5(&**key, &[server_challenge, client_challenge]));
    challenge.copy_from_slice(client_challenge);
    response
}

/// What protects the three messages of an exchange as a whole.
pub(super) fn mic(exported: &Key, negotiate: &[u8], challenge: &[u8], authenticate: &[u8]) -> [u8; 16] {
    hmac_md5(&**exported, &[negotiate, challenge, authenticate])
}

/// The exported session key as it travels, under the key exchange key.
pub(super) fn wrap_key(exchange: &Key, exported: &Key) -> [u8; 16] {
    let mut wrapped = **exported;
    cipher(exchange).apply_keystream(&mut wrapped);
    wrapped
}

/// `N` bytes that nobody can guess and that no other exchange or use has; `N` is at most 32.
pub(super) fn draw<const N: usize>(entropy: &Entropy, label: &str) -> Zeroizing<[u8; N]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(entropy.bytes()).expect("HMAC takes keys of any length");
    mac.update(&entropy.number.to_be_bytes());
    mac.update(label.as_bytes());
    let bytes = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
    let mut drawn = Zeroizing::new([0; N]);
    drawn.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
    drawn
}

/// MD5 of the parts, one after the other.
pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Speaker {
    Client,
    Server,
}

/// Signs what one side says.
pub(super) struct Signer {
    key: Key,
    /// The sealing stream, through which checksums pass when keys were exchanged.
    stream: Option<Box<Rc4>>,
    /// Messages signed so far.
    sequence: u32,
}

impl Signer {
    /// The signer of one side
    /// ([§3.4.5.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/524cdccb-563e-4793-92b0-7bc321fce096),
    /// [§3.4.5.3](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/bf39181d-e95d-40d7-a740-ab4ec3dc363d)).
    pub(super) fn new(flags: Flags, exported: &Key, speaker: Speaker) -> Self {
        let (signing, sealing) = match speaker {
            Speaker::Client => (
                "session key to client-to-server signing key magic constant\0",
                "session key to client-to-server sealing key magic constant\0",
            ),
            Speaker::Server => (
                "session key to server-to-client signing key magic constant\0",
                "session key to server-to-client sealing key magic constant\0",
            ),
        };
        let strength = if flags.has(Flags::KEY_128) {
            16
        } else if flags.has(Flags::KEY_56) {
            7
        } else {
            5
        };
        let (weakened, _) = exported.split_at(strength);
        let stream = flags.has(Flags::KEY_EXCHANGE).then(|| {
            let key = Zeroizing::new(md5(&[weakened, sealing.as_bytes()]));
            Box::new(cipher(&key))
        });
        Self {
            key: Zeroizing::new(md5(&[&**exported, signing.as_bytes()])),
            stream,
            sequence: 0,
        }
    }

    /// The signature of the next message
    /// ([§3.4.4.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/a92716d5-d164-4960-9e15-300f4eef44a8)).
    pub(super) fn sign(&mut self, message: &[u8]) -> [u8; 16] {
        let sequence = self.sequence.to_le_bytes();
        self.sequence = self.sequence.wrapping_add(1);
        let mut signature = [0; 16];
        let (version, rest) = signature.split_at_mut(4);
        let (checksum, number) = rest.split_at_mut(8);
        version.copy_from_slice(&1_u32.to_le_bytes());
        let hash = hmac_md5(&*self.key, &[&sequence, message]);
        checksum.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        if let Some(stream) = &mut self.stream {
            stream.apply_keystream(checksum);
        }
        number.copy_from_slice(&sequence);
        signature
    }

    /// Whether this is the signature of the next message; in time that does not depend on the bytes.
    pub(super) fn verify(&mut self, message: &[u8], signature: &[u8]) -> bool {
        self.sign(message).ct_eq(signature).into()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured, so that a new field does not print before somebody decides.
        let Self {
            key: _,
            stream: _,
            sequence,
        } = self;
        f.debug_struct("Signer")
            .field("sequence", sequence)
            .finish_non_exhaustive()
    }
}

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn cipher(key: &[u8; 16]) -> Rc4 {
    Rc4::new_from_slice(key).expect("RC4 takes keys of 1 to 256 bytes")
}

#[cfg(test)]
mod tests;
