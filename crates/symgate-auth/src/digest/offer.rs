//! [`Offer`]: what a Digest challenge says ([RFC 7616 §3.3](https://www.rfc-editor.org/rfc/rfc7616#section-3.3)).

use super::algorithm::{Algorithm, Hash};
use crate::challenge::Challenge;

/// The parameters of a challenge that can be answered.
#[derive(Debug)]
pub(super) struct Offer<'c> {
    pub(super) realm: &'c [u8],
    pub(super) nonce: &'c [u8],
    pub(super) opaque: Option<&'c [u8]>,
    pub(super) algorithm: Algorithm,
    /// The algorithm as the peer spelled it, to be said back the same way; `None` if it said nothing.
    pub(super) algorithm_name: Option<&'c [u8]>,
    /// `None` for a peer of RFC 2069, which knows no `qop`.
    pub(super) qop: Option<Qop>,
    pub(super) naming: Naming,
}

/// What is protected ([RFC 7616 §3.3](https://www.rfc-editor.org/rfc/rfc7616#section-3.3), `qop`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Qop {
    /// Method and URI.
    Auth,
    /// Those and the content.
    AuthInt,
}

/// How the user's name is sent ([RFC 7616 §3.4](https://www.rfc-editor.org/rfc/rfc7616#section-3.4)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Naming {
    /// `userhash=true`: as a hash.
    Hashed,
    /// As it is. Without `charset` the encoding of a name beyond ASCII is not said, and UTF-8 inside the quotes is what
    /// browsers and curl send.
    Plain,
    /// `charset="UTF-8"`: beyond ASCII in `username*`, which a peer that announces a `charset` knows from the same
    /// document.
    Utf8,
}

/// Why a challenge cannot be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flaw {
    Malformed(&'static str),
    Unsupported,
}

impl<'c> Offer<'c> {
    pub(super) fn read(challenge: &'c Challenge<'_>) -> Result<Self, Flaw> {
        let realm = challenge.param("realm").ok_or(Flaw::Malformed("no realm"))?;
        // An empty nonce would make every answer the same as the last one.
        let nonce = challenge.param("nonce").filter(|nonce| !nonce.is_empty());
        let nonce = nonce.ok_or(Flaw::Malformed("no nonce"))?;
        let algorithm_name = challenge.param("algorithm");
        let algorithm = match algorithm_name {
            Some(name) => Algorithm::parse(name).ok_or(Flaw::Unsupported)?,
            None => Algorithm::DEFAULT,
        };
        let qop = match challenge.param("qop") {
            Some(list) => Qop::choose(list)?,
            None => None,
        };
        let naming = if is(challenge, "userhash", b"true") {
            Naming::Hashed
        } else if is(challenge, "charset", b"UTF-8") {
            Naming::Utf8
        } else {
            Naming::Plain
        };
        Ok(Self {
            realm,
            nonce,
            opaque: challenge.param("opaque"),
            algorithm,
            algorithm_name,
            qop,
            naming,
        })
    }

    /// How strong an answer would be: the hash decides, then whether uses of a nonce are counted. `-sess` makes the
    /// peer's life easier and not the answer stronger, so the peer's own order decides there.
    pub(super) const fn rank(&self) -> u32 {
        let hash = match self.algorithm.hash {
            Hash::Md5 => 0,
            Hash::Sha256 => 2,
            Hash::Sha512Trunc256 => 4,
        };
        match self.qop {
            Some(Qop::Auth | Qop::AuthInt) => hash + 1,
            None => hash,
        }
    }
}

impl Qop {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    pub(super) fn parse(name: &[u8]) -> Option<Self> {
        [Self::Auth, Self::AuthInt]
            .into_iter()
            .find(|qop| qop.as_str().as_bytes().eq_ignore_ascii_case(name))
    }

    /// `auth` where it is offered: not every peer that offers `auth-int` implements it, and requests for symbols have
    /// no content. A list that names nothing is as good as none.
    fn choose(list: &[u8]) -> Result<Option<Self>, Flaw> {
        let names = list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        let offers = |qop| names.iter().any(|name| Self::parse(name) == Some(qop));
        match [Self::Auth, Self::AuthInt].into_iter().find(|qop| offers(*qop)) {
            None if !names.is_empty() => Err(Flaw::Unsupported),
            choice => Ok(choice),
        }
    }
}

/// Whether a parameter has this value, in any case.
pub(super) fn is(challenge: &Challenge<'_>, name: &str, value: &[u8]) -> bool {
    challenge
        .param(name)
        .is_some_and(|said| said.eq_ignore_ascii_case(value))
}
