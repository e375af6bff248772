//! [`Response`]: the value that answers a challenge
//! ([RFC 7616 §3.4](https://www.rfc-editor.org/rfc/rfc7616#section-3.4)), and what the peer must say in `rspauth`
//! ([§3.5](https://www.rfc-editor.org/rfc/rfc7616#section-3.5)).

use zeroize::Zeroizing;

use super::offer::{Naming, Offer, Qop};
use crate::mechanism::MechanismError;
use crate::{Password, Secret};

/// Everything that goes into one answer.
#[derive(Debug)]
pub(super) struct Response<'r> {
    pub(super) offer: &'r Offer<'r>,
    pub(super) password: &'r Password,
    pub(super) method: &'r str,
    pub(super) uri: &'r str,
    pub(super) body: &'r [u8],
    pub(super) cnonce: &'r [u8],
    pub(super) key: Key<'r>,
    /// The protection and the count of uses of the nonce; `None` as in RFC 2069.
    pub(super) counted: Option<(Qop, u32)>,
}

/// What `A1` holds ([RFC 7616 §3.4.2](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.2)).
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'r> {
    Password,
    /// The nonces of the first answer to the peer's last challenge.
    Session {
        nonce: &'r [u8],
        cnonce: &'r [u8],
    },
}

/// One answer, and the peer's proof that it knows the password too.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) value: Secret,
    /// `rspauth` for a peer that protects no content.
    pub(super) proof: Secret,
}

impl Response<'_> {
    pub(super) fn write(&self) -> Written {
        let hash = self.offer.algorithm.hash;
        let a1 = self.a1();
        let (method, uri) = (self.method.as_bytes(), self.uri.as_bytes());
        // RFC 7616 §3.4.3
        let a2 = match self.counted {
            Some((Qop::AuthInt, _)) => hash.join(&[method, uri, hash.join(&[self.body]).as_bytes()]),
            Some((Qop::Auth, _)) | None => hash.join(&[method, uri]),
        };
        let response = self.keyed(&a1, &a2, self.counted);
        let promised = self.counted.map(|(_, count)| (Qop::Auth, count));
        let proof = self.keyed(&a1, &hash.join(&[b"", uri]), promised);
        Written {
            value: self.value(&response),
            proof: Secret::new(proof.as_bytes()),
        }
    }

    /// `H(A1)`.
    fn a1(&self) -> Zeroizing<String> {
        let (hash, user) = (self.offer.algorithm.hash, self.password.user.as_bytes());
        let secret = hash.join(&[user, self.offer.realm, self.password.password.expose()]);
        match self.key {
            Key::Password => secret,
            Key::Session { nonce, cnonce } => hash.join(&[secret.as_bytes(), nonce, cnonce]),
        }
    }

    /// `KD(H(A1), …)` of [RFC 7616 §3.4.1](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.1); without counts that
    /// of [RFC 2069 §2.1.2](https://www.rfc-editor.org/rfc/rfc2069#section-2.1.2).
    fn keyed(&self, a1: &str, a2: &str, counted: Option<(Qop, u32)>) -> Zeroizing<String> {
        let (hash, nonce) = (self.offer.algorithm.hash, self.offer.nonce);
        match counted {
            None => hash.join(&[a1.as_bytes(), nonce, a2.as_bytes()]),
            Some((qop, count)) => hash.join(&[
                a1.as_bytes(),
                nonce,
                format!("{count:08x}").as_bytes(),
                self.cnonce,
                qop.as_str().as_bytes(),
                a2.as_bytes(),
            ]),
        }
    }

    /// Quotes stand where [RFC 7616 §3.4](https://www.rfc-editor.org/rfc/rfc7616#section-3.4) demands them, and
    /// nowhere else: peers split these lists with less care than ours.
    fn value(&self, response: &str) -> Secret {
        let offer = self.offer;
        let mut list = List(b"Digest ".to_vec());
        self.name(&mut list);
        list.quoted("realm", offer.realm);
        list.quoted("nonce", offer.nonce);
        list.quoted("uri", self.uri.as_bytes());
        list.quoted("response", response.as_bytes());
        if let Some(name) = offer.algorithm_name {
            // Known, hence a token.
            list.plain("algorithm", name);
        }
        match (self.counted, self.key) {
            (Some((qop, count)), _) => {
                list.quoted("cnonce", self.cnonce);
                list.plain("qop", qop.as_str().as_bytes());
                list.plain("nc", format!("{count:08x}").as_bytes());
            }
            // RFC 7616 knows no `-sess` without `qop`; the peer cannot compute A1 unless it is told.
            (None, Key::Session { .. }) => list.quoted("cnonce", self.cnonce),
            (None, Key::Password) => {}
        }
        if let Some(opaque) = offer.opaque {
            list.quoted("opaque", opaque);
        }
        if offer.naming == Naming::Hashed {
            list.plain("userhash", b"true");
        }
        Secret::new(list.0)
    }

    fn name(&self, list: &mut List) {
        let (offer, user) = (self.offer, self.password.user.as_str());
        match offer.naming {
            // RFC 7616 §3.4.4
            Naming::Hashed => {
                let hashed = offer.algorithm.hash.join(&[user.as_bytes(), offer.realm]);
                list.quoted("username", hashed.as_bytes());
            }
            Naming::Utf8 if !user.is_ascii() => list.plain("username*", extended(user).as_bytes()),
            Naming::Utf8 | Naming::Plain => list.quoted("username", user.as_bytes()),
        }
    }
}

/// A control character in the name cannot stand in a field; one in the password is refused as in Basic, so that an
/// answer is good in both schemes or in none.
pub(super) fn check(password: &Password) -> Result<(), MechanismError> {
    let mut bytes = password.user.bytes().chain(password.password.expose().iter().copied());
    if bytes.any(|byte| byte.is_ascii_control()) {
        return Err(MechanismError::Credentials("a control character"));
    }
    Ok(())
}

/// A list of parameters as it grows behind the scheme's name.
struct List(Vec<u8>);

impl List {
    fn plain(&mut self, name: &str, value: &[u8]) {
        if self.0.last() != Some(&b' ') {
            self.0.extend_from_slice(b", ");
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'=');
        self.0.extend_from_slice(value);
    }

    /// A quoted-string ([RFC 9110 §5.6.4](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4)); hashes are made of
    /// what it stands for, without quotes and escapes.
    fn quoted(&mut self, name: &str, value: &[u8]) {
        self.plain(name, b"\"");
        for &byte in value {
            if matches!(byte, b'"' | b'\\') {
                self.0.push(b'\\');
            }
            self.0.push(byte);
        }
        self.0.push(b'"');
    }
}

/// The extended notation of a value beyond ASCII
/// ([RFC 8187 §3.2.1](https://www.rfc-editor.org/rfc/rfc8187#section-3.2.1), which RFC 7616 cites as RFC 5987).
fn extended(text: &str) -> String {
    let mut value = "UTF-8''".to_owned();
    for byte in text.bytes() {
        // `attr-char`
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    value
}
