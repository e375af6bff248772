//! The accepting end of NTLM ([MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/)), for the
//! demo and for laws: a few users, the checks of
//! §3.2.5.1.2.
//!
//! It proves nothing about the protocol, since both ends are ours then; winbindd, pyspnego and gss-ntlmssp do.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use rc4::{Rc4, StreamCipher as _};

/// Who is let in, and how far the exchange on one connection has come.
#[derive(Clone, Debug)]
pub struct Acceptor {
    users: Vec<(String, String)>,
    opened: Option<Opened>,
}

/// The first two messages.
#[derive(Clone, Debug)]
struct Opened {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
}

/// What a message from the client leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Turn {
    /// The client is who it says.
    Accept(String),
    /// The next message is due, in answer to this one in base64.
    Challenge(String),
    /// It is not, if it says anything at all.
    Reject(Option<String>),
}

impl Acceptor {
    /// Lets `user` with `password` in, in whatever domain.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            users: vec![(user.to_owned(), password.to_owned())],
            opened: None,
        }
    }

    /// Lets one more user in.
    #[must_use]
    pub fn and(mut self, user: &str, password: &str) -> Self {
        self.users.push((user.to_owned(), password.to_owned()));
        self
    }

    /// Takes the token of an authorization field.
    pub fn turn(&mut self, token: &str) -> Turn {
        let message = BASE64_STANDARD.decode(token).unwrap_or_default();
        match (message.get(..12), self.opened.take()) {
            (Some(b"NTLMSSP\0\x01\0\0\0"), _) => {
                let challenge = challenge();
                let token = BASE64_STANDARD.encode(&challenge);
                self.opened = Some(Opened {
                    negotiate: message,
                    challenge,
                });
                Turn::Challenge(token)
            }
            (Some(b"NTLMSSP\0\x03\0\0\0"), Some(opened)) => {
                let user = field(&message, USER).map(text);
                match self.judge(&opened, &message) {
                    Some(()) => Turn::Accept(user.unwrap_or_default()),
                    None => Turn::Reject(user),
                }
            }
            _ => Turn::Reject(None),
        }
    }

    /// `None` for a no.
    fn judge(&self, opened: &Opened, message: &[u8]) -> Option<()> {
        let (user, domain) = (text(field(message, USER)?), text(field(message, DOMAIN)?));
        let response = field(message, NT_RESPONSE)?;
        let (proof, temp) = response.split_at_checked(16)?;
        let known = self.users.iter().find(|(known, _)| known.eq_ignore_ascii_case(&user));
        let hash = Md4::digest(utf16(&known?.1));
        let owf = mac(&hash, &[&utf16(&user.to_uppercase()), &utf16(&domain)]);
        if mac(&owf, &[&CHALLENGE, temp]) != *proof {
            return None;
        }
        let mut key = <[u8; 16]>::try_from(field(message, SESSION_KEY)?).ok()?;
        Rc4::new_from_slice(&mac(&owf, &[proof]))
            .ok()?
            .apply_keystream(&mut key);
        let mut blank = message.to_vec();
        let mic = blank.get_mut(MIC..MIC + 16)?;
        let sent = mic.to_vec();
        mic.fill(0);
        (mac(&key, &[&opened.negotiate, &opened.challenge, &blank]) == *sent).then_some(())
    }
}

/// A CHALLENGE_MESSAGE (§2.2.1.2) with a timestamp, so that a MIC is due.
fn challenge() -> Vec<u8> {
    let name = utf16("OFFICE");
    let mut info = Vec::new();
    for (id, value) in [(2_u16, name.as_slice()), (1, &name), (7, &NOW), (0, &[])] {
        info.extend_from_slice(&id.to_le_bytes());
        info.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
        info.extend_from_slice(value);
    }
    let mut message = b"NTLMSSP\0\x02\0\0\0".to_vec();
    let mut offset = HEADER;
    let mut place = |message: &mut Vec<u8>, part: &[u8]| {
        let length = u16::try_from(part.len()).unwrap_or(0).to_le_bytes();
        message.extend_from_slice(&[length, length].concat());
        message.extend_from_slice(&offset.to_le_bytes());
        offset += u32::try_from(part.len()).unwrap_or(0);
    };
    place(&mut message, &name);
    message.extend_from_slice(&FLAGS.to_le_bytes());
    message.extend_from_slice(&CHALLENGE);
    message.extend_from_slice(&[0; 8]);
    place(&mut message, &info);
    message.extend_from_slice(b"\x0a\0\0\0\0\0\0\x0f");
    message.extend_from_slice(&name);
    message.extend_from_slice(&info);
    message
}

/// The part of a message that the length and offset at `at` tell of (§2.2.1.3).
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let length = u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?);
    let offset = u32::from_le_bytes(message.get(at + 4..at + 8)?.try_into().ok()?);
    let offset = usize::try_from(offset).ok()?;
    message.get(offset..offset + usize::from(length))
}

fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

// Where an AUTHENTICATE_MESSAGE (§2.2.1.3) has its fields.
const NT_RESPONSE: usize = 20;
const DOMAIN: usize = 28;
const USER: usize = 36;
const SESSION_KEY: usize = 52;
const MIC: usize = 72;

/// The length of a CHALLENGE_MESSAGE before its payload.
const HEADER: u32 = 56;
/// Unicode, target name and information, signing, extended session security, key exchange, 128 and 56 bit, version.
const FLAGS: u32 = 0xE289_8215;
const CHALLENGE: [u8; 8] = *b"symgate!";
/// A FILETIME of 2023.
const NOW: [u8; 8] = [0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0xd9, 1];
