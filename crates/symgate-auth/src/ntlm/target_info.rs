//! The target information: a list of pairs that the server makes, and that the client gives back, with its own added,
//! inside what the response is computed over
//! ([MS-NLMP §2.2.2.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/83f5e789-660d-4781-8491-5f8c6641f75e)).
//!
//! ```text
//! pair      id (2) | length of the value (2) | value          the last pair has id 0 and no value
//! ```

use super::wire;
use crate::mechanism::MechanismError;

/// The pairs in the order of the server, without the one that ends them; what only we say comes last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TargetInfo(Vec<Pair>);

/// One pair; one whose id nobody knows is given back like any other.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Pair {
    id: u16,
    value: Vec<u8>,
}

impl TargetInfo {
    /// Reads the pairs up to the one that ends them; what follows it is not kept.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MechanismError> {
        let mut rest = bytes;
        let mut pairs = Vec::new();
        loop {
            let (Some(id), Some(length)) = (wire::u16_at(rest, 0), wire::u16_at(rest, 2)) else {
                return Err(malformed("the NTLM target information has no end"));
            };
            let end = usize::from(length).saturating_add(4);
            let (Some(value), Some(after)) = (rest.get(4..end), rest.get(end..)) else {
                return Err(malformed(
                    "a value in the NTLM target information is longer than the rest",
                ));
            };
            match (id, value.len()) {
                (END, 0) => return Ok(Self(pairs)),
                (END, _) => return Err(malformed("the end of the NTLM target information has a value")),
                (FLAGS, 4) | (TIMESTAMP, 8) => {}
                (FLAGS, _) => return Err(malformed("the flags in the NTLM target information are not 4 bytes")),
                (TIMESTAMP, _) => return Err(malformed("the time in the NTLM target information is not 8 bytes")),
                (id, length) if NAMES.contains(&id) && length % 2 != 0 => {
                    return Err(malformed("a name in the NTLM target information has an odd length"));
                }
                _ => {}
            }
            pairs.push(Pair {
                id,
                value: value.to_vec(),
            });
            rest = after;
        }
    }

    /// The server's clock, in units of 100 ns since 1601.
    pub(super) fn timestamp(&self) -> Option<[u8; 8]> {
        let pair = self.0.iter().find(|pair| pair.id == TIMESTAMP)?;
        wire::array_at(&pair.value, 0)
    }

    /// Says that the answer has a MIC, beside what the server's flags say already.
    pub(super) fn promise_mic(&mut self) {
        match self.0.iter_mut().find(|pair| pair.id == FLAGS) {
            Some(pair) => {
                if let Some(low) = pair.value.first_mut() {
                    *low |= MIC_PROVIDED;
                }
            }
            None => self.0.push(Pair {
                id: FLAGS,
                value: vec![MIC_PROVIDED, 0, 0, 0],
            }),
        }
    }

    /// Binds the answer to the channel: the MD5 of the bindings, or zeros where there are none.
    pub(super) fn set_channel_bindings(&mut self, hash: [u8; 16]) {
        self.set(CHANNEL_BINDINGS, hash.to_vec());
    }

    /// Names the service that the answer is for, in UTF-16.
    pub(super) fn set_target_name(&mut self, name: Vec<u8>) {
        self.set(TARGET_NAME, name);
    }

    /// Says what is the client's to say, in place of what the server says of it: gss-ntlmssp sends a name that it would
    /// like to be called by.
    fn set(&mut self, id: u16, value: Vec<u8>) {
        let first = self.0.iter().position(|pair| pair.id == id);
        self.0.retain(|pair| pair.id != id);
        // Nothing before the first was removed, so that its place still exists.
        self.0.insert(first.unwrap_or(self.0.len()), Pair { id, value });
    }

    /// The bytes, with the pair that ends them.
    pub(super) fn encode(&self) -> Result<Vec<u8>, MechanismError> {
        let mut bytes = Vec::new();
        for Pair { id, value } in &self.0 {
            let length =
                u16::try_from(value.len()).map_err(|_| malformed("a value in the target information is too long"))?;
            bytes.extend_from_slice(&id.to_le_bytes());
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(value);
        }
        bytes.extend_from_slice(&[0; 4]);
        Ok(bytes)
    }
}

const fn malformed(what: &'static str) -> MechanismError {
    MechanismError::Malformed(what)
}

const END: u16 = 0;
/// Names of the computer, the domain and the forest, in NetBIOS and DNS spelling.
const NAMES: std::ops::RangeInclusive<u16> = 1..=5;
const FLAGS: u16 = 6;
const TIMESTAMP: u16 = 7;
const TARGET_NAME: u16 = 9;
const CHANNEL_BINDINGS: u16 = 10;

/// In the lowest byte of the flags.
const MIC_PROVIDED: u8 = 2;
