//! The three messages: [`Negotiate`](encode_negotiate), [`Challenge`] and [`Authenticate`]
//! ([MS-NLMP §2.2.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/907f519d-6217-45b1-b421-dca10fc8af0d)).
//!
//! Numbers are little-endian. A message is a header of fixed fields, some of which say where in the rest of the
//! message a variable one stands:
//!
//! ```text
//! field     length (2) | allocated (2) | offset from the start of the message (4)
//!
//! type 1    signature (8) | 1 (4) | flags (4) | domain field | workstation field | version (8)
//! type 2    signature (8) | 2 (4) | target name field | flags (4) | challenge (8) | reserved (8) | target information field
//!           | version (8, where the flags say so)
//! type 3    signature (8) | 3 (4) | fields: LM response, NT response, domain, user, workstation, session key | flags (4)
//!           | version (8) | MIC (16, where there is one)
//! ```

use zeroize::Zeroizing;

use super::target_info::TargetInfo;
use super::wire;
use crate::mechanism::MechanismError;

/// What is negotiated
/// ([MS-NLMP §2.2.2.5](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/99d90ff4-957f-4c8a-80e4-5bfe5a9a9832)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Flags(u32);

impl Flags {
    pub(super) const UNICODE: Self = Self(0x0000_0001);
    pub(super) const OEM: Self = Self(0x0000_0002);
    pub(super) const REQUEST_TARGET: Self = Self(0x0000_0004);
    pub(super) const SIGN: Self = Self(0x0000_0010);
    pub(super) const NTLM: Self = Self(0x0000_0200);
    pub(super) const ALWAYS_SIGN: Self = Self(0x0000_8000);
    pub(super) const EXTENDED_SESSION_SECURITY: Self = Self(0x0008_0000);
    pub(super) const TARGET_INFO: Self = Self(0x0080_0000);
    pub(super) const VERSION: Self = Self(0x0200_0000);
    pub(super) const KEY_128: Self = Self(0x2000_0000);
    pub(super) const KEY_EXCHANGE: Self = Self(0x4000_0000);
    pub(super) const KEY_56: Self = Self(0x8000_0000);

    /// What we ask for. Nothing is sealed over HTTP, so sealing is not among it.
    pub(super) const OFFERED: Self = Self::UNICODE
        .and(Self::OEM)
        .and(Self::REQUEST_TARGET)
        .and(Self::SIGN)
        .and(Self::NTLM)
        .and(Self::ALWAYS_SIGN)
        .and(Self::EXTENDED_SESSION_SECURITY)
        .and(Self::TARGET_INFO)
        .and(Self::VERSION)
        .and(Self::KEY_128)
        .and(Self::KEY_EXCHANGE)
        .and(Self::KEY_56);

    #[cfg(test)]
    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// These and the others.
    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of these that the other side knows too.
    pub(super) const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of the others are among these.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The version that we claim
/// ([MS-NLMP §2.2.2.10](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/b1a6ceb2-f8ad-462b-b5af-f18527c48175)):
/// 10.0, revision 15 of the protocol. Nothing may depend on it, but a message without it is too short for some peers
/// (gss-ntlmssp reads 40 bytes of a type 1).
pub(super) const VERSION: [u8; 8] = [10, 0, 0, 0, 0, 0, 0, 15];

/// The version of a message when none is negotiated.
pub(super) const NO_VERSION: [u8; 8] = [0; 8];

/// The type 1 message
/// ([MS-NLMP §2.2.1.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/b34032e5-3aae-4bc6-84c3-c6d80eadf7f2)).
///
/// It names neither domain nor workstation: whoever asks need not learn them before it has said what it is.
pub(super) fn encode_negotiate() -> Vec<u8> {
    const LENGTH: u32 = 40;
    const EMPTY: [u8; 4] = [0; 4];
    let mut bytes = Vec::with_capacity(40);
    bytes.extend_from_slice(SIGNATURE);
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    bytes.extend_from_slice(&Flags::OFFERED.0.to_le_bytes());
    for _ in ["domain", "workstation"] {
        bytes.extend_from_slice(&EMPTY);
        bytes.extend_from_slice(&LENGTH.to_le_bytes());
    }
    bytes.extend_from_slice(&VERSION);
    bytes
}

/// What matters of a type 2 message
/// ([MS-NLMP §2.2.1.2](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/801a4681-8809-4be9-ab0d-61dcfe762786)).
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) flags: Flags,
    pub(super) server_challenge: [u8; 8],
    pub(super) target_info: TargetInfo,
}

impl Challenge {
    /// Reads a message that NTLMv2 can answer: one with target information, for extended session security.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MechanismError> {
        if bytes.get(..8) != Some(SIGNATURE) {
            return Err(malformed("the NTLM signature is missing"));
        }
        if wire::u32_at(bytes, 8) != Some(2) {
            return Err(malformed("not an NTLM challenge (type 2)"));
        }
        let (Some(flags), Some(server_challenge)) = (wire::u32_at(bytes, 20), wire::array_at(bytes, 24)) else {
            return Err(TOO_SHORT);
        };
        let (Some(name), Some(info)) = (Field::read(bytes, 12), Field::read(bytes, 40)) else {
            return Err(TOO_SHORT);
        };
        let flags = Flags(flags);
        if !flags.has(Flags::EXTENDED_SESSION_SECURITY) {
            return Err(malformed("the NTLM challenge lacks extended session security"));
        }
        if !flags.has(Flags::UNICODE) && !flags.has(Flags::OEM) {
            return Err(malformed("the NTLM challenge chooses neither Unicode nor OEM"));
        }
        // Nothing is done with the name, but a message that is wrong in it is not worth an answer.
        let name = name.find(bytes, &TARGET_NAME)?;
        if flags.has(Flags::UNICODE) && name.len() % 2 != 0 {
            return Err(malformed("the NTLM target name has an odd length"));
        }
        if !flags.has(Flags::TARGET_INFO) || info.length == 0 {
            return Err(malformed("the NTLM challenge lacks target information"));
        }
        Ok(Self {
            flags,
            server_challenge,
            target_info: TargetInfo::decode(info.find(bytes, &TARGET_INFO)?)?,
        })
    }
}

/// Where a variable field stands.
struct Field {
    length: usize,
    offset: usize,
}

/// How the errors about a variable field read.
struct Words {
    into_header: &'static str,
    beyond_end: &'static str,
}

impl Field {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        Some(Self {
            length: wire::u16_at(bytes, at)?.into(),
            offset: wire::u32_at(bytes, at.checked_add(4)?)?.try_into().ok()?,
        })
    }

    /// The field's bytes; of an empty field the offset says nothing.
    fn find<'b>(&self, bytes: &'b [u8], words: &Words) -> Result<&'b [u8], MechanismError> {
        if self.length == 0 {
            return Ok(&[]);
        }
        if self.offset < CHALLENGE_HEADER {
            return Err(malformed(words.into_header));
        }
        let end = self.offset.checked_add(self.length);
        end.and_then(|end| bytes.get(self.offset..end))
            .ok_or_else(|| malformed(words.beyond_end))
    }
}

/// A type 3 message
/// ([MS-NLMP §2.2.1.3](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/033d32cc-88f9-4483-9bf2-b273055038ce)),
/// its names in the encoding that was negotiated.
pub(super) struct Authenticate<'m> {
    pub(super) flags: Flags,
    pub(super) lm_response: &'m [u8],
    pub(super) nt_response: &'m [u8],
    pub(super) domain: &'m [u8],
    pub(super) user: &'m [u8],
    pub(super) workstation: &'m [u8],
    /// The exported session key under the key exchange key; empty without key exchange.
    pub(super) session_key: &'m [u8],
    pub(super) mic: Mic,
}

/// Whether a type 3 message has a field for a MIC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mic {
    /// No field, as before Windows Vista.
    Absent,
    /// A field, zero until [`set_mic`].
    Present,
}

impl Authenticate<'_> {
    /// The message; the variable fields stand in the order of the example in MS-NLMP §4.2.4.3.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, MechanismError> {
        let mic = match self.mic {
            Mic::Absent => 0,
            Mic::Present => MIC_LENGTH,
        };
        let header = MIC_AT + mic;
        let mut offset = header;
        let mut place = |field: &[u8]| -> Result<[u8; 8], MechanismError> {
            let length = u16::try_from(field.len()).map_err(|_| TOO_LONG)?.to_le_bytes();
            let at = u32::try_from(offset).map_err(|_| TOO_LONG)?.to_le_bytes();
            offset = offset.saturating_add(field.len());
            let ([l0, l1], [o0, o1, o2, o3]) = (length, at);
            Ok([l0, l1, l0, l1, o0, o1, o2, o3])
        };
        let domain = place(self.domain)?;
        let user = place(self.user)?;
        let workstation = place(self.workstation)?;
        let lm_response = place(self.lm_response)?;
        let nt_response = place(self.nt_response)?;
        let session_key = place(self.session_key)?;

        let mut bytes = Zeroizing::new(Vec::with_capacity(offset));
        bytes.extend_from_slice(SIGNATURE);
        bytes.extend_from_slice(&3_u32.to_le_bytes());
        for field in [lm_response, nt_response, domain, user, workstation, session_key] {
            bytes.extend_from_slice(&field);
        }
        bytes.extend_from_slice(&self.flags.0.to_le_bytes());
        bytes.extend_from_slice(if self.flags.has(Flags::VERSION) {
            &VERSION
        } else {
            &NO_VERSION
        });
        bytes.resize(header, 0);
        for field in [
            self.domain,
            self.user,
            self.workstation,
            self.lm_response,
            self.nt_response,
            self.session_key,
        ] {
            bytes.extend_from_slice(field);
        }
        Ok(bytes)
    }
}

/// Fills the field of a message that was encoded with [`Mic::Present`].
pub(super) fn set_mic(message: &mut [u8], mic: &[u8; MIC_LENGTH]) {
    if let Some(place) = message.get_mut(MIC_AT..MIC_AT + MIC_LENGTH) {
        place.copy_from_slice(mic);
    }
}

const fn malformed(what: &'static str) -> MechanismError {
    MechanismError::Malformed(what)
}

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// The fixed part of a type 2 message without the version, which old peers leave out.
const CHALLENGE_HEADER: usize = 48;

/// Where a type 3 message has its MIC, and how long that is.
const MIC_AT: usize = 72;
const MIC_LENGTH: usize = 16;

const TOO_SHORT: MechanismError = malformed("the NTLM challenge is too short");

const TOO_LONG: MechanismError = malformed("the answer to the NTLM challenge would be too long");

const TARGET_NAME: Words = Words {
    into_header: "the NTLM target name overlaps the header",
    beyond_end: "the NTLM target name ends beyond the message",
};

const TARGET_INFO: Words = Words {
    into_header: "the NTLM target information overlaps the header",
    beyond_end: "the NTLM target information ends beyond the message",
};

#[cfg(test)]
pub(super) mod tests;
