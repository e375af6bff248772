//! The channel binding `tls-server-end-point` ([RFC 5929 §4](https://www.rfc-editor.org/rfc/rfc5929#section-4)).
//!
//! NTLM and Kerberos put it into what they compute, so that an answer given to one server is worth nothing at another.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

/// The application data of the binding to a server with this end-entity certificate, in DER:
/// `tls-server-end-point:` and the certificate's hash.
///
/// The hash is that of the certificate's signature; SHA-256 in place of MD5 and SHA-1
/// ([RFC 5929 §4.1](https://www.rfc-editor.org/rfc/rfc5929#section-4.1)). `None` where the rule names no single hash
/// (Ed25519), for a hash that nobody signs with (SHA-3), and for what is not a certificate.
///
/// ```
/// use symgate_auth::binding;
///
/// assert_eq!(binding::tls_server_end_point(b"not a certificate"), None);
/// ```
#[must_use]
pub fn tls_server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = match signature_hash(certificate).ok()?? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
        Hash::Sha512To224 => Sha512_224::digest(certificate).to_vec(),
        Hash::Sha512To256 => Sha512_256::digest(certificate).to_vec(),
    };
    Some([PREFIX, &hash].concat())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512To224,
    Sha512To256,
}

/// Walks to the algorithm of the signature, the second of a certificate's three parts
/// ([RFC 5280 §4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
fn signature_hash(certificate: &[u8]) -> der::Result<Option<Hash>> {
    let certificate = AnyRef::from_der(certificate)?;
    certificate.tag_is(Tag::Sequence)?;
    let mut parts = SliceReader::new(certificate.value())?;
    AnyRef::decode(&mut parts)?.tag_is(Tag::Sequence)?;
    let algorithm = Algorithm::decode(AnyRef::decode(&mut parts)?)?;
    if algorithm.name == RSASSA_PSS {
        return pss_hash(algorithm.parameters);
    }
    Ok(find(SIGNATURES, algorithm.name))
}

/// The hash that the parameters of RSASSA-PSS name, SHA-1 where they name none
/// ([RFC 4055 §3.1](https://www.rfc-editor.org/rfc/rfc4055#section-3.1)).
fn pss_hash(parameters: Option<AnyRef<'_>>) -> der::Result<Option<Hash>> {
    let Some(parameters) = parameters else {
        return Ok(Some(IN_PLACE_OF_SHA1));
    };
    parameters.tag_is(Tag::Sequence)?;
    let mut fields = SliceReader::new(parameters.value())?;
    if fields.is_finished() {
        return Ok(Some(IN_PLACE_OF_SHA1));
    }
    let first = AnyRef::decode(&mut fields)?;
    if first.header().tag() != HASH_FIELD {
        return Ok(Some(IN_PLACE_OF_SHA1));
    }
    let algorithm = Algorithm::decode(AnyRef::from_der(first.value())?)?;
    Ok(find(HASHES, algorithm.name))
}

/// An `AlgorithmIdentifier` ([RFC 5280 §4.1.1.2](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2)).
struct Algorithm<'c> {
    name: ObjectIdentifier,
    parameters: Option<AnyRef<'c>>,
}

impl<'c> Algorithm<'c> {
    fn decode(value: AnyRef<'c>) -> der::Result<Self> {
        value.sequence(|fields| {
            let name = ObjectIdentifier::decode(fields)?;
            let parameters = if fields.is_finished() {
                None
            } else {
                Some(AnyRef::decode(fields)?)
            };
            Ok(Self { name, parameters })
        })
    }
}

/// Asserting a tag reads better after the value than around it.
trait TagIs {
    fn tag_is(&self, tag: Tag) -> der::Result<()>;
}

impl TagIs for AnyRef<'_> {
    fn tag_is(&self, tag: Tag) -> der::Result<()> {
        self.header().tag().assert_eq(tag).map(|_| ())
    }
}

fn find(table: &[(ObjectIdentifier, Hash)], name: ObjectIdentifier) -> Option<Hash> {
    table.iter().find(|(known, _)| *known == name).map(|(_, hash)| *hash)
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const PREFIX: &[u8] = b"tls-server-end-point:";

/// SHA-1 and MD5 are too weak to bind with.
const IN_PLACE_OF_SHA1: Hash = Hash::Sha256;
const IN_PLACE_OF_MD5: Hash = Hash::Sha256;

const HASH_FIELD: Tag = Tag::ContextSpecific {
    constructed: true,
    number: der::TagNumber(0),
};

const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");

/// Signatures that fix their hash: with RSA, ECDSA and DSA.
const SIGNATURES: &[(ObjectIdentifier, Hash)] = &[
    (oid("1.2.840.113549.1.1.4"), IN_PLACE_OF_MD5),
    (oid("1.2.840.113549.1.1.5"), IN_PLACE_OF_SHA1),
    (oid("1.3.14.3.2.29"), IN_PLACE_OF_SHA1),
    (oid("1.2.840.113549.1.1.11"), Hash::Sha256),
    (oid("1.2.840.113549.1.1.12"), Hash::Sha384),
    (oid("1.2.840.113549.1.1.13"), Hash::Sha512),
    (oid("1.2.840.113549.1.1.14"), Hash::Sha224),
    (oid("1.2.840.113549.1.1.15"), Hash::Sha512To224),
    (oid("1.2.840.113549.1.1.16"), Hash::Sha512To256),
    (oid("1.2.840.10045.4.1"), IN_PLACE_OF_SHA1),
    (oid("1.2.840.10045.4.3.1"), Hash::Sha224),
    (oid("1.2.840.10045.4.3.2"), Hash::Sha256),
    (oid("1.2.840.10045.4.3.3"), Hash::Sha384),
    (oid("1.2.840.10045.4.3.4"), Hash::Sha512),
    (oid("1.2.840.10040.4.3"), IN_PLACE_OF_SHA1),
    (oid("2.16.840.1.101.3.4.3.1"), Hash::Sha224),
    (oid("2.16.840.1.101.3.4.3.2"), Hash::Sha256),
    (oid("2.16.840.1.101.3.4.3.3"), Hash::Sha384),
    (oid("2.16.840.1.101.3.4.3.4"), Hash::Sha512),
];

/// The hashes themselves, as the parameters of RSASSA-PSS name them.
const HASHES: &[(ObjectIdentifier, Hash)] = &[
    (oid("1.2.840.113549.2.5"), IN_PLACE_OF_MD5),
    (oid("1.3.14.3.2.26"), IN_PLACE_OF_SHA1),
    (oid("2.16.840.1.101.3.4.2.1"), Hash::Sha256),
    (oid("2.16.840.1.101.3.4.2.2"), Hash::Sha384),
    (oid("2.16.840.1.101.3.4.2.3"), Hash::Sha512),
    (oid("2.16.840.1.101.3.4.2.4"), Hash::Sha224),
    (oid("2.16.840.1.101.3.4.2.5"), Hash::Sha512To224),
    (oid("2.16.840.1.101.3.4.2.6"), Hash::Sha512To256),
];
