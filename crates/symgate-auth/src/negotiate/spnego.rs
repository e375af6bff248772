//! The tokens of SPNEGO ([RFC 4178 §4.2](https://www.rfc-editor.org/rfc/rfc4178#section-4.2)), in DER.
//!
//! ```text
//! 60 .. 06 06 <1.3.6.1.5.5.2>  A0 .. NegTokenInit    an initiator's first token, framed by RFC 2743 §3.1
//!                              A0 .. NegTokenInit    an acceptor's list of mechanisms, some leave the frame out
//!                              A1 .. NegTokenResp    every later token
//! 60 .. 06 .. <other OID>      ..                    a bare token of that mechanism, such as Kerberos
//! "NTLMSSP\0"                  ..                    a bare message of NTLM, which has no frame of its own
//! ```
//!
//! What we send is made by [`Init`] and [`Reply`]; [`read`] takes all five apart, as peers answer with any. Each
//! level of the grammar is one function, so that a token nested deeper is refused and never followed; nothing is copied
//! and the time is linear in the length.

#[cfg(test)]
mod tests;

use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, OctetStringRef};
use der::{
    Decode, Encode, EncodeValue, FixedTag, Length, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged, Writer,
};
use zeroize::Zeroizing;

use crate::mechanism::MechanismError;

/// A mechanism that may be negotiated, and that we know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mech {
    /// [RFC 4121](https://www.rfc-editor.org/rfc/rfc4121).
    Kerberos,
    /// The same under the number that Windows 2000 gave it by an arithmetic mistake, and that newer Windows still
    /// offers beside the right one ([MS-SPNG] §3.1.5.2).
    ///
    /// [MS-SPNG]: https://learn.microsoft.com/openspecs/windows_protocols/ms-spng/
    MsKerberos,
    /// [MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/).
    Ntlm,
}

impl Mech {
    const fn oid(self) -> &'static ObjectIdentifier {
        match self {
            Self::Kerberos => &KERBEROS,
            Self::MsKerberos => &MS_KERBEROS,
            Self::Ntlm => &NTLM,
        }
    }

    /// The mechanism with this number; `None` for one that we do not know.
    fn from_oid(bytes: &[u8]) -> Option<Self> {
        [Self::Kerberos, Self::MsKerberos, Self::Ntlm]
            .into_iter()
            .find(|mech| mech.oid().as_bytes() == bytes)
    }

    /// Whether both are one mechanism, under whichever number.
    pub(super) const fn is_same(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Kerberos | Self::MsKerberos, Self::Kerberos | Self::MsKerberos) | (Self::Ntlm, Self::Ntlm)
        )
    }
}

/// How far an acceptor says the negotiation has come
/// ([RFC 4178 §4.2.2](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.2)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NegState {
    AcceptCompleted,
    AcceptIncomplete,
    Reject,
    RequestMic,
}

impl NegState {
    const fn number(self) -> u8 {
        match self {
            Self::AcceptCompleted => 0,
            Self::AcceptIncomplete => 1,
            Self::Reject => 2,
            Self::RequestMic => 3,
        }
    }
}

/// An initiator's first token ([RFC 4178 §4.2.1](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.1)).
#[derive(Clone, Copy)]
pub(super) struct Init<'t> {
    /// What we could speak, the preferred one first.
    pub(super) mechs: &'t [Mech],
    /// The first token of the preferred one.
    pub(super) token: &'t [u8],
}

impl Init<'_> {
    /// The token in its frame.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, MechanismError> {
        encode(&Frame(*self))
    }
}

/// An initiator's later token: the state is always "incomplete", as Windows sends it, because the acceptor has the last
/// word; the acceptor's choice of mechanism is not ours to repeat
/// ([RFC 4178 §4.2.2](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.2)).
#[derive(Clone, Copy)]
pub(super) struct Reply<'t> {
    /// A token of the chosen mechanism.
    pub(super) token: &'t [u8],
    /// That mechanism's signature over [`list`].
    pub(super) mic: Option<&'t [u8]>,
}

impl Reply<'_> {
    /// The token, which has no frame.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, MechanismError> {
        encode(&field(RESPONSE, *self))
    }
}

/// An acceptor's token ([RFC 4178 §4.2.2](https://www.rfc-editor.org/rfc/rfc4178#section-4.2.2)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Response<'t> {
    pub(super) state: Option<NegState>,
    /// The mechanism that the acceptor chose, where it says so.
    pub(super) mech: Option<Chosen>,
    /// A token of that mechanism.
    pub(super) token: Option<&'t [u8]>,
    /// That mechanism's signature over [`list`].
    pub(super) mic: Option<&'t [u8]>,
}

impl Response<'_> {
    /// Whether the acceptor chose this mechanism, under whichever number, or does not say what it chose: only one was
    /// offered to it.
    pub(super) const fn chose(&self, mech: Mech) -> bool {
        match self.mech {
            None => true,
            Some(Chosen::Known(chosen)) => chosen.is_same(mech),
            Some(Chosen::Unknown) => false,
        }
    }
}

/// What an acceptor chose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Chosen {
    Known(Mech),
    Unknown,
}

/// A list of mechanisms as it is signed
/// ([RFC 4178 §5](https://www.rfc-editor.org/rfc/rfc4178#section-5)).
pub(super) fn list(mechs: &[Mech]) -> Result<Vec<u8>, MechanismError> {
    List(mechs).to_der().map_err(|_| TOO_LONG)
}

/// What a peer's token is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token<'t> {
    /// What the acceptor could speak, as far as we know it; also in the form that adds hints
    /// ([MS-SPNG] §2.2.1), which mean nothing.
    ///
    /// [MS-SPNG]: https://learn.microsoft.com/openspecs/windows_protocols/ms-spng/
    Offer(Vec<Mech>),
    Response(Response<'t>),
    /// A token without SPNEGO around it.
    Bare(Mech, &'t [u8]),
}

/// Takes a peer's token apart.
///
/// # Errors
///
/// [`MechanismError::Malformed`] for anything but one whole token of those above.
pub(super) fn read(bytes: &[u8]) -> Result<Token<'_>, MechanismError> {
    if bytes.starts_with(NTLM_SIGNATURE) {
        return Ok(Token::Bare(Mech::Ntlm, bytes));
    }
    let outer = only(bytes)?;
    if outer.tag() != FRAME {
        return read_inner(outer);
    }
    let mut reader = reader(outer.value())?;
    let mech = expect(next(&mut reader)?, Tag::ObjectIdentifier)?;
    if mech == SPNEGO.as_bytes() {
        let inner = next(&mut reader)?;
        finish(reader)?;
        return read_inner(inner);
    }
    match Mech::from_oid(mech) {
        Some(mech) => Ok(Token::Bare(mech, bytes)),
        None => Err(MechanismError::Malformed("a token of an unknown mechanism")),
    }
}

/// `NegotiationToken`, a choice of two.
fn read_inner(token: AnyRef<'_>) -> Result<Token<'_>, MechanismError> {
    let sequence = |value| expect(only(value)?, Tag::Sequence);
    match token.tag() {
        tag if tag == context(OFFER) => Ok(Token::Offer(read_offer(sequence(token.value())?)?)),
        tag if tag == context(RESPONSE) => Ok(Token::Response(read_response(sequence(token.value())?)?)),
        _ => Err(MechanismError::Malformed("not a SPNEGO token")),
    }
}

/// The list of mechanisms is all that an acceptor's offer can tell us: a token in it would not be an answer to ours, the
/// hints mean nothing, and field 3 is a signature in one form and the hints in the other.
fn read_offer(sequence: &[u8]) -> Result<Vec<Mech>, MechanismError> {
    let mut mechs = Vec::new();
    for_each_field(sequence, |number, value| {
        if number == OFFERED_MECHS {
            let mut reader = reader(expect(value, Tag::Sequence)?)?;
            while !reader.is_finished() {
                mechs.extend(Mech::from_oid(expect(next(&mut reader)?, Tag::ObjectIdentifier)?));
            }
        }
        Ok(())
    })?;
    Ok(mechs)
}

fn read_response(sequence: &[u8]) -> Result<Response<'_>, MechanismError> {
    let mut response = Response {
        state: None,
        mech: None,
        token: None,
        mic: None,
    };
    for_each_field(sequence, |number, value| {
        match number {
            STATE => response.state = Some(read_state(expect(value, Tag::Enumerated)?)?),
            MECH => {
                let oid = expect(value, Tag::ObjectIdentifier)?;
                response.mech = Some(Mech::from_oid(oid).map_or(Chosen::Unknown, Chosen::Known));
            }
            TOKEN => response.token = Some(expect(value, Tag::OctetString)?),
            MIC => response.mic = Some(expect(value, Tag::OctetString)?),
            // The grammar is open at its end.
            _ => {}
        }
        Ok(())
    })?;
    Ok(response)
}

fn read_state(value: &[u8]) -> Result<NegState, MechanismError> {
    [
        NegState::AcceptCompleted,
        NegState::AcceptIncomplete,
        NegState::Reject,
        NegState::RequestMic,
    ]
    .into_iter()
    .find(|state| value == [state.number()])
    .ok_or(MechanismError::Malformed("an unknown state of negotiation"))
}

/// Walks the fields of a sequence, each of which is explicitly tagged with its number; the numbers rise.
fn for_each_field<'t>(
    sequence: &'t [u8],
    mut visit: impl FnMut(u32, AnyRef<'t>) -> Result<(), MechanismError>,
) -> Result<(), MechanismError> {
    let mut reader = reader(sequence)?;
    let mut last = None;
    while !reader.is_finished() {
        let field = next(&mut reader)?;
        let Tag::ContextSpecific {
            constructed: true,
            number: TagNumber(number),
        } = field.tag()
        else {
            return Err(UNEXPECTED);
        };
        if last.is_some_and(|last| number <= last) {
            return Err(MechanismError::Malformed("a field of a SPNEGO token out of order"));
        }
        last = Some(number);
        visit(number, only(field.value())?)?;
    }
    Ok(())
}

fn reader(bytes: &[u8]) -> Result<SliceReader<'_>, MechanismError> {
    SliceReader::new(bytes).map_err(|_| NOT_DER)
}

/// The next element, whatever it is.
fn next<'t>(reader: &mut SliceReader<'t>) -> Result<AnyRef<'t>, MechanismError> {
    AnyRef::decode(reader).map_err(|_| NOT_DER)
}

fn finish(reader: SliceReader<'_>) -> Result<(), MechanismError> {
    reader.finish().map_err(|_| NOT_DER)
}

/// The one element that the bytes hold.
fn only(bytes: &[u8]) -> Result<AnyRef<'_>, MechanismError> {
    let mut reader = reader(bytes)?;
    let element = next(&mut reader)?;
    finish(reader)?;
    Ok(element)
}

fn expect(element: AnyRef<'_>, tag: Tag) -> Result<&[u8], MechanismError> {
    if element.tag() == tag {
        Ok(element.value())
    } else {
        Err(UNEXPECTED)
    }
}

/// The length is known before the first byte is written, so no growing buffer leaves copies of a token behind.
fn encode(value: &impl Encode) -> Result<Zeroizing<Vec<u8>>, MechanismError> {
    value.to_der().map(Zeroizing::new).map_err(|_| TOO_LONG)
}

const fn context(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

const fn field<T>(number: u32, value: T) -> ContextSpecific<T> {
    ContextSpecific {
        tag_number: TagNumber(number),
        tag_mode: TagMode::Explicit,
        value,
    }
}

fn octets(number: u32, bytes: &[u8]) -> der::Result<ContextSpecific<&OctetStringRef>> {
    Ok(field(number, OctetStringRef::new(bytes)?))
}

/// `InitialContextToken` of SPNEGO ([RFC 2743 §3.1](https://www.rfc-editor.org/rfc/rfc2743#section-3.1)).
struct Frame<'t>(Init<'t>);

impl FixedTag for Frame<'_> {
    const TAG: Tag = FRAME;
}

impl EncodeValue for Frame<'_> {
    fn value_len(&self) -> der::Result<Length> {
        SPNEGO.encoded_len()? + field(OFFER, self.0).encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        SPNEGO.encode(writer)?;
        field(OFFER, self.0).encode(writer)
    }
}

impl FixedTag for Init<'_> {
    const TAG: Tag = Tag::Sequence;
}

impl EncodeValue for Init<'_> {
    fn value_len(&self) -> der::Result<Length> {
        field(OFFERED_MECHS, List(self.mechs)).encoded_len()? + octets(TOKEN, self.token)?.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        field(OFFERED_MECHS, List(self.mechs)).encode(writer)?;
        octets(TOKEN, self.token)?.encode(writer)
    }
}

/// `MechTypeList`.
struct List<'t>(&'t [Mech]);

impl FixedTag for List<'_> {
    const TAG: Tag = Tag::Sequence;
}

impl EncodeValue for List<'_> {
    fn value_len(&self) -> der::Result<Length> {
        let mut total = Length::ZERO;
        for mech in self.0 {
            total = (total + mech.oid().encoded_len()?)?;
        }
        Ok(total)
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.0.iter().try_for_each(|mech| mech.oid().encode(writer))
    }
}

impl FixedTag for NegState {
    const TAG: Tag = Tag::Enumerated;
}

impl EncodeValue for NegState {
    fn value_len(&self) -> der::Result<Length> {
        Ok(Length::ONE)
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write_byte(self.number())
    }
}

impl FixedTag for Reply<'_> {
    const TAG: Tag = Tag::Sequence;
}

impl Reply<'_> {
    fn fields(&self) -> der::Result<(impl Encode, impl Encode, Option<impl Encode>)> {
        let mic = self.mic.map(|mic| octets(MIC, mic)).transpose()?;
        Ok((
            field(STATE, NegState::AcceptIncomplete),
            octets(TOKEN, self.token)?,
            mic,
        ))
    }
}

impl EncodeValue for Reply<'_> {
    fn value_len(&self) -> der::Result<Length> {
        let (state, token, mic) = self.fields()?;
        state.encoded_len()? + token.encoded_len()? + mic.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        let (state, token, mic) = self.fields()?;
        state.encode(writer)?;
        token.encode(writer)?;
        mic.encode(writer)
    }
}

const SPNEGO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.2");
const KERBEROS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113554.1.2.2");
const MS_KERBEROS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.48018.1.2.2");
const NTLM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.2.10");

/// [MS-NLMP §2.2.1](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/): each message begins with it.
const NTLM_SIGNATURE: &[u8] = b"NTLMSSP\0";

/// `[APPLICATION 0]`.
const FRAME: Tag = Tag::Application {
    constructed: true,
    number: TagNumber(0),
};

// The two tokens of the choice.
const OFFER: u32 = 0;
const RESPONSE: u32 = 1;

// The fields of the one and of the other; both have their token at 2.
const OFFERED_MECHS: u32 = 0;
const STATE: u32 = 0;
const MECH: u32 = 1;
const TOKEN: u32 = 2;
const MIC: u32 = 3;

const NOT_DER: MechanismError = MechanismError::Malformed("a token that is not DER");
const UNEXPECTED: MechanismError = MechanismError::Malformed("an unexpected element in a SPNEGO token");
const TOO_LONG: MechanismError = MechanismError::Malformed("a token too long for SPNEGO");
