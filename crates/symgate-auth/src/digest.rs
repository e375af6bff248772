//! The Digest scheme ([RFC 7616](https://www.rfc-editor.org/rfc/rfc7616)), and its first form for peers that offer no
//! `qop` ([RFC 2069](https://www.rfc-editor.org/rfc/rfc2069)).
//!
//! What a challenge says is read in `digest/offer.rs`, hashes are in `digest/algorithm.rs`, and the value is written in
//! `digest/response.rs`. Here is the exchange: which nonce, how often it was used, and what the peer's answer means.
//!
//! Where we choose, or differ:
//!
//! - Name and password are hashed in UTF-8, announced or not, as in [`basic`](crate::basic) and for the same reasons.
//! - `domain` is ignored: an acceptance holds for the whole origin that asked, and never for another one. A list of
//!   other origins would let one server name those that get answers unasked; a list of paths would save no round trip.
//! - A peer that says `auth-int` in its last word protects the content of its answer, which passes by without being
//!   kept. That `rspauth` is not checked; a peer that wants no check can leave it out as well.
//! - A last word that cannot be read counts as none, for the same reason.

mod algorithm;
mod offer;
mod response;

use std::borrow::Cow;
use std::sync::Arc;

use self::algorithm::{Hash, KeyKind};
use self::offer::{Flaw, Offer, Qop, is};
use self::response::{Key, Response, check};
use crate::challenge::{Challenge, Param, parse_info};
use crate::mechanism::{Final, Finish, Mechanism, MechanismError, Rejection, RequestLine, Round, Setup, Spec, Step};
use crate::{Credentials, Entropy, Identity, Origin, Password, Peers, Scheme, Secret, Target, Wanted};

/// Digest as a part of an [`Order`](crate::mechanism::Order).
///
/// ```
/// use std::sync::Arc;
/// use symgate_auth::mechanism::{Order, RequestLine};
/// use symgate_auth::{
///     Answer, AuthSession, Authenticator, Channel, Credentials, Limits, Origin, Peers, Seed, Target, UriScheme, digest,
/// };
///
/// let store = Origin::new(UriScheme::Https, "symbols.example", 443);
/// let seed = Seed::new([0; 32]); // 32 bytes from the operating system's random source
/// let request = RequestLine { method: "GET", target: "/a.pdb", wall: 0, channel: &Channel::CLEARTEXT, body: &[] };
/// let peers = Arc::new(Peers::new());
/// let authenticator = Authenticator::new(peers, seed).with_order(Order::new([digest::spec()]));
/// let mut session = AuthSession::new(Target::Origin, store, "/a.pdb", authenticator, Limits::default());
///
/// session.handle_challenge([&br#"Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth""#[..]], &request)?;
/// session.handle_answer(Answer::Use(Arc::new(Credentials::password("alice", "S3cret"))), &request)?;
/// let value = session.authorization().unwrap().expose();
/// assert!(value.starts_with(br#"Digest username="alice", realm="r", nonce="n", uri="/a.pdb", response=""#));
/// assert!(value.ends_with(b"qop=auth, nc=00000001"));
/// # Ok::<(), symgate_auth::Error>(())
/// ```
#[must_use]
pub fn spec() -> Arc<dyn Spec> {
    Arc::new(DigestSpec)
}

/// Makes Digest exchanges.
#[derive(Debug)]
pub(crate) struct DigestSpec;

impl Spec for DigestSpec {
    fn scheme(&self) -> Scheme {
        Scheme::Digest
    }

    fn wanted(&self) -> Wanted {
        Wanted::Password
    }

    /// The strongest algorithm that we know
    /// ([RFC 7616 §3.7](https://www.rfc-editor.org/rfc/rfc7616#section-3.7)); nobody is asked for a password that could
    /// not be used.
    fn rank(&self, challenge: &Challenge<'_>) -> Option<u32> {
        Offer::read(challenge).ok().map(|offer| offer.rank())
    }

    fn make(&self, setup: Setup<'_>) -> Result<Box<dyn Mechanism>, MechanismError> {
        let credentials = match setup.identity {
            Identity::Known(credentials) => Arc::clone(credentials),
            Identity::Ambient | Identity::Anonymous => return Err(NEEDS_PASSWORD),
        };
        check(password_of(&credentials)?)?;
        Ok(Box::new(Digest {
            credentials,
            target: setup.target,
            peer: setup.peer.clone(),
            peers: Arc::clone(setup.peers),
            cnonce: cnonce(&setup.entropy),
            state: State::Unsent(setup.remembered.cloned()),
        }))
    }
}

/// One exchange: the value goes out once, and a challenge after it is the peer's no, or names a new nonce.
#[derive(Debug)]
struct Digest {
    credentials: Arc<Credentials>,
    target: Target,
    peer: Origin,
    peers: Arc<Peers>,
    cnonce: String,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The value answered this challenge, which has the nonce to use next.
    Sent {
        challenge: Challenge<'static>,
        /// Of the request.
        qop: Option<Qop>,
        /// `rspauth`, unless it covers the content.
        proof: Secret,
    },
    /// What is remembered of an acceptance, for a volunteered value.
    Unsent(Option<Challenge<'static>>),
}

impl Mechanism for Digest {
    fn step(&mut self, round: Round<'_>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let challenge = match (&self.state, round) {
            (State::Unsent(_), Round::Challenge(challenge)) => self.open(challenge),
            (State::Unsent(Some(remembered)), Round::Start) => remembered.clone(),
            (State::Unsent(None), Round::Start) => return Err(MechanismError::Malformed("no challenge")),
            (State::Sent { challenge, .. }, Round::Challenge(next)) => {
                return Ok(Step::Reject(self.judge(challenge, next)));
            }
            (State::Sent { .. }, Round::Start) | (_, Round::Token(_)) => {
                return Ok(Step::Reject(Rejection::Unsupported));
            }
        };
        self.respond(challenge, request)
    }

    /// Checks `rspauth` and takes `nextnonce` over
    /// ([RFC 7616 §3.5](https://www.rfc-editor.org/rfc/rfc7616#section-3.5)).
    fn finish(&mut self, last: Final<'_>) -> Result<Finish, Rejection> {
        let State::Sent { challenge, qop, proof } = &mut self.state else {
            return Ok(Finish::Done);
        };
        let params = match last {
            Final::Info(field) => parse_info(field).unwrap_or_default(),
            Final::Challenge(_) | Final::Nothing => Vec::new(),
        };
        let param = |name: &str| {
            let found = params.iter().find(|param| param.name().eq_ignore_ascii_case(name));
            found.map(Param::value)
        };
        let covered = param("qop").and_then(Qop::parse).or(*qop);
        let proves = |said: &[u8]| proof.same(&Secret::new(said.to_ascii_lowercase()));
        if covered != Some(Qop::AuthInt) && !param("rspauth").is_none_or(proves) {
            return Err(Rejection::Unproven);
        }
        if let Some(next) = param("nextnonce").filter(|next| !next.is_empty()) {
            *challenge = challenge.clone().with_param("nonce", next.to_vec());
        }
        Ok(Finish::Done)
    }

    fn remember(&self) -> Option<Challenge<'static>> {
        match &self.state {
            State::Sent { challenge, .. } => Some(challenge.clone()),
            State::Unsent(remembered) => remembered.clone(),
        }
    }
}

impl Digest {
    /// Begins a session with the peer's challenge: its nonce and our first one go into the key of a `-sess` algorithm
    /// for as long as the peer does not challenge again, also under its next nonces
    /// ([RFC 7616 §3.4.2](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.2)). They travel with the remembered
    /// challenge, in place of what the peer may have said under these names.
    fn open(&self, challenge: &Challenge<'_>) -> Challenge<'static> {
        let nonce = challenge.param("nonce").unwrap_or_default().to_vec();
        let challenge = challenge.clone().into_owned().with_param(FIRST_NONCE, nonce);
        challenge.with_param(FIRST_CNONCE, self.cnonce.clone().into_bytes())
    }

    fn respond(&mut self, challenge: Challenge<'static>, request: &RequestLine<'_>) -> Result<Step, MechanismError> {
        let offer = match Offer::read(&challenge) {
            Ok(offer) => offer,
            Err(Flaw::Malformed(why)) => return Err(MechanismError::Malformed(why)),
            Err(Flaw::Unsupported) => return Ok(Step::Reject(Rejection::Unsupported)),
        };
        let fresh = self.cnonce.as_bytes();
        let (key, cnonce) = match offer.algorithm.key {
            KeyKind::Password => (Key::Password, fresh),
            // Peers differ in whether they compute A1 once or with each request; with the same cnonce all through the
            // session they agree, and the count keeps the answers apart.
            KeyKind::Session => {
                let nonce = challenge.param(FIRST_NONCE).unwrap_or(offer.nonce);
                let cnonce = challenge.param(FIRST_CNONCE).unwrap_or(fresh);
                (Key::Session { nonce, cnonce }, cnonce)
            }
        };
        let count = || self.peers.next_count(self.target, &self.peer, offer.nonce);
        let response = Response {
            offer: &offer,
            password: password_of(&self.credentials)?,
            method: request.method,
            uri: &uri(self.target, request.target),
            body: request.body,
            cnonce,
            key,
            counted: offer.qop.map(|qop| (qop, count())),
        };
        let written = response.write();
        let qop = offer.qop;
        self.state = State::Sent {
            challenge,
            qop,
            proof: written.proof,
        };
        Ok(Step::Finish(written.value))
    }

    /// What a challenge after the value means
    /// ([RFC 7616 §3.3](https://www.rfc-editor.org/rfc/rfc7616#section-3.3), `stale`).
    fn judge(&self, answered: &Challenge<'_>, next: &Challenge<'_>) -> Rejection {
        let same_realm = answered.param("realm") == next.param("realm");
        match self.target {
            // Nothing that was sent to this realm can be stale in another one.
            Target::Origin if !same_realm => Rejection::OtherRealm,
            // A proxy that was configured anew may know neither its old realm nor the nonce.
            Target::Origin | Target::Proxy if is(next, "stale", b"true") => Rejection::StaleNonce,
            Target::Proxy if !same_realm => Rejection::OtherRealm,
            Target::Origin | Target::Proxy => Rejection::Refused,
        }
    }
}

fn password_of(credentials: &Credentials) -> Result<&Password, MechanismError> {
    match credentials {
        Credentials::Password(password) => Ok(password),
        Credentials::Bearer(_) => Err(NEEDS_PASSWORD),
    }
}

/// The URI that is hashed: the request-target as the one who asks will see it. A proxy turns the absolute-form into the
/// origin-form before a server sees it ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)), and
/// servers compare.
fn uri(target: Target, request_target: &str) -> Cow<'_, str> {
    let after_scheme = match (target, request_target.split_once("://")) {
        (Target::Origin, Some((scheme, rest))) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => rest,
        (Target::Origin | Target::Proxy, _) => return request_target.into(),
    };
    match after_scheme.find(['/', '?']).and_then(|at| after_scheme.get(at..)) {
        Some(path) if path.starts_with('/') => path.into(),
        Some(query) => format!("/{query}").into(),
        None => "/".into(),
    }
}

/// 128 bits that nobody can guess or choose, so that a peer cannot prepare its tables
/// ([RFC 7616 §5.9](https://www.rfc-editor.org/rfc/rfc7616#section-5.9)).
fn cnonce(entropy: &Entropy) -> String {
    let hash = Hash::Sha256.join(&[b"digest cnonce", entropy.bytes(), &entropy.number.to_le_bytes()]);
    hash.chars().take(32).collect()
}

const NEEDS_PASSWORD: MechanismError = MechanismError::Credentials("a user name and a password are needed");

/// `nonce-prime` and `cnonce-prime` of [RFC 7616 §3.4.2](https://www.rfc-editor.org/rfc/rfc7616#section-3.4.2), as
/// parameters of a remembered challenge.
const FIRST_NONCE: &str = "nonce-prime";
const FIRST_CNONCE: &str = "cnonce-prime";

#[cfg(test)]
mod tests;
