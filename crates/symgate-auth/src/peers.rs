//! What this process learned about peers ([`Peers`]), and whom a connection belongs to ([`Identity`]).
//!
//! Protection spaces are those of [RFC 7617 §2.2](https://www.rfc-editor.org/rfc/rfc7617#section-2.2).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::challenge::Challenge;
use crate::mechanism::Space;
use crate::{Binding, Credentials, Origin, Scheme, Target};

/// Who a connection, a tunnel or a request is, towards one peer.
#[derive(Clone, Debug)]
pub enum Identity {
    /// The logged-on user of the operating system.
    Ambient,
    /// Nobody: no credentials were sent.
    Anonymous,
    /// Whoever these credentials name.
    Known(Arc<Credentials>),
}

impl Identity {
    /// Whether no credentials were sent.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }
}

impl PartialEq for Identity {
    /// By [`Credentials::same`]: user, kind and secret.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ambient, Self::Ambient) | (Self::Anonymous, Self::Anonymous) => true,
            (Self::Known(a), Self::Known(b)) => Arc::ptr_eq(a, b) || a.same(b),
            (Self::Ambient | Self::Anonymous | Self::Known(_), _) => false,
        }
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    /// Of the kind and the user name; a secret is never hashed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Ambient => 0_u8.hash(state),
            Self::Anonymous => 1_u8.hash(state),
            Self::Known(credentials) => {
                2_u8.hash(state);
                credentials.user().hash(state);
            }
        }
    }
}

/// What the sessions of one client share: which peer accepted whom, and which credentials it rejected.
///
/// Shared as [`Arc`]; locked for the length of one look-up, never while anybody is asked. What is known of acceptances
/// is bounded, the oldest going first, which costs a round trip and nothing else; rejections stay until
/// [`clear`](Self::clear), since forgetting one could lock an account.
///
/// ```
/// use symgate_auth::{Identity, Origin, Peers, Target, UriScheme};
///
/// let proxy = Origin::new(UriScheme::Http, "proxy.example", 3128);
/// assert_eq!(Peers::new().identity(Target::Proxy, &proxy), Identity::Anonymous);
/// ```
#[derive(Default)]
pub struct Peers {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// The latest acceptance last.
    accepted: Vec<Entry>,
    rejected: Vec<Rejected>,
    nonces: Vec<Nonce>,
}

#[derive(Debug)]
struct Entry {
    target: Target,
    peer: Origin,
    /// Prefixes of paths, each ending in `/`, or empty for everything; the latest last.
    spaces: Vec<String>,
    acceptance: Acceptance,
}

#[derive(Debug)]
struct Rejected {
    target: Target,
    peer: Origin,
    scheme: Scheme,
    credentials: Arc<Credentials>,
}

struct Nonce {
    target: Target,
    peer: Origin,
    nonce: Box<[u8]>,
    count: u32,
}

/// What a peer accepted: enough to volunteer the same again.
#[derive(Clone, Debug)]
pub(crate) struct Acceptance {
    /// Of the [`Spec`](crate::mechanism::Spec).
    pub(crate) name: &'static str,
    pub(crate) binding: Binding,
    pub(crate) identity: Identity,
    pub(crate) realm: Option<String>,
    /// What the mechanism [remembers](crate::mechanism::Mechanism::remember).
    pub(crate) challenge: Option<Challenge<'static>>,
}

impl Peers {
    /// A memory that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whom `peer` accepted last; [`Identity::Anonymous`] if nobody.
    #[must_use]
    pub fn identity(&self, target: Target, peer: &Origin) -> Identity {
        let memory = self.lock();
        let mut latest_first = memory.accepted.iter().rev();
        latest_first
            .find(|entry| entry.is_for(target, peer))
            .map_or(Identity::Anonymous, |entry| entry.acceptance.identity.clone())
    }

    /// Whom connections to `peer` belong to once they are authenticated: who was accepted last, if the scheme binds
    /// connections; [`Identity::Anonymous`] otherwise.
    #[must_use]
    pub fn bound_identity(&self, target: Target, peer: &Origin) -> Identity {
        let memory = self.lock();
        let latest = memory.accepted.iter().rev().find(|entry| entry.is_for(target, peer));
        match latest.map(|entry| &entry.acceptance) {
            Some(Acceptance {
                binding: Binding::Connection,
                identity,
                ..
            }) => identity.clone(),
            Some(_) | None => Identity::Anonymous,
        }
    }

    /// The next count of uses of `nonce` at `peer`, from 1: the `nc` of
    /// [RFC 7616 §3.4](https://www.rfc-editor.org/rfc/rfc7616#section-3.4), shared by all connections.
    ///
    /// The 64 nonces used last are remembered; a count that starts again makes the peer call the nonce stale.
    #[must_use]
    pub fn next_count(&self, target: Target, peer: &Origin, nonce: &[u8]) -> u32 {
        let nonces = &mut self.lock().nonces;
        let known = nonces
            .iter()
            .position(|known| known.target == target && known.peer == *peer && *known.nonce == *nonce);
        let mut entry = match known {
            Some(index) => nonces.remove(index),
            None => Nonce {
                target,
                peer: peer.clone(),
                nonce: nonce.into(),
                count: 0,
            },
        };
        entry.count = entry.count.saturating_add(1);
        let count = entry.count;
        push_bounded(nonces, entry, NONCES);
        count
    }

    /// Forgets everything: the client was closed.
    pub fn clear(&self) {
        *self.lock() = Memory::default();
    }

    /// What may be volunteered for `path`: of the acceptances whose space holds it, the one with the longest prefix.
    pub(crate) fn acceptance(&self, target: Target, peer: &Origin, path: &str) -> Option<Acceptance> {
        let memory = self.lock();
        let reach = |entry: &Entry| {
            let spaces = entry.spaces.iter().filter(|space| path.starts_with(space.as_str()));
            spaces.map(String::len).max()
        };
        let entries = memory.accepted.iter().filter(|entry| entry.is_for(target, peer));
        let (_, best) = entries
            .filter_map(|entry| Some((reach(entry)?, entry)))
            .max_by_key(|(reach, _)| *reach)?;
        Some(best.acceptance.clone())
    }

    /// Notes that `peer` accepted, for `path` and what else is in its protection space.
    pub(crate) fn accept(&self, target: Target, peer: &Origin, path: &str, space: Space, acceptance: Acceptance) {
        let accepted = &mut self.lock().accepted;
        let same_space = |entry: &Entry| {
            entry.is_for(target, peer) && (target == Target::Proxy || entry.acceptance.realm == acceptance.realm)
        };
        let mut spaces = match accepted.iter().position(same_space) {
            Some(index) => accepted.remove(index).spaces,
            None => Vec::new(),
        };
        let prefix = match (target, space) {
            (Target::Proxy, _) | (Target::Origin, Space::Everything) => "",
            (Target::Origin, Space::Directory) => directory(path),
        };
        if !spaces.iter().any(|space| prefix.starts_with(space.as_str())) {
            spaces.retain(|space| !space.starts_with(prefix));
            push_bounded(&mut spaces, prefix.to_owned(), SPACES);
        }
        let entry = Entry {
            target,
            peer: peer.clone(),
            spaces,
            acceptance,
        };
        push_bounded(accepted, entry, ACCEPTED);
    }

    /// Forgets that `peer` accepted `identity` in `realm`, if it is still that identity that it accepted last there.
    pub(crate) fn forget(&self, target: Target, peer: &Origin, identity: &Identity, realm: Option<&str>) {
        self.lock().accepted.retain(|entry| {
            let same = entry.acceptance.identity == *identity && entry.acceptance.realm.as_deref() == realm;
            !(entry.is_for(target, peer) && same)
        });
    }

    /// Ends these credentials at `peer`.
    pub(crate) fn reject(&self, target: Target, peer: &Origin, scheme: Scheme, credentials: &Arc<Credentials>) {
        let mut memory = self.lock();
        let identity = Identity::Known(Arc::clone(credentials));
        memory
            .accepted
            .retain(|entry| !(entry.is_for(target, peer) && entry.acceptance.identity == identity));
        if !memory.rejected.iter().any(|known| known.is(target, peer, credentials)) {
            memory.rejected.push(Rejected {
                target,
                peer: peer.clone(),
                scheme,
                credentials: Arc::clone(credentials),
            });
        }
    }

    /// Whether `peer` rejected any credentials.
    pub(crate) fn has_rejected(&self, target: Target, peer: &Origin) -> bool {
        self.lock()
            .rejected
            .iter()
            .any(|known| known.target == target && known.peer == *peer)
    }

    /// In which scheme `peer` rejected these credentials, if it did.
    pub(crate) fn rejection(&self, target: Target, peer: &Origin, credentials: &Credentials) -> Option<Scheme> {
        let memory = self.lock();
        let mut rejected = memory.rejected.iter();
        rejected
            .find(|known| known.is(target, peer, credentials))
            .map(|known| known.scheme)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere cannot leave the lists half-changed in a way that matters: each entry is whole.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory: _ } = self;
        let Memory {
            accepted,
            rejected,
            nonces,
        } = &*self.lock();
        f.debug_struct("Peers")
            .field("accepted", accepted)
            .field("rejected", rejected)
            .field("nonces", &nonces.len())
            .finish()
    }
}

impl Entry {
    fn is_for(&self, target: Target, peer: &Origin) -> bool {
        self.target == target && self.peer == *peer
    }
}

impl Rejected {
    fn is(&self, target: Target, peer: &Origin, credentials: &Credentials) -> bool {
        self.target == target && self.peer == *peer && self.credentials.same(credentials)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            peer,
            nonce,
            count,
        } = self;
        f.debug_struct("Nonce")
            .field("target", target)
            .field("peer", peer)
            .field("nonce", &nonce.len())
            .field("count", count)
            .finish()
    }
}

/// The path up to and with its last slash: what shares its directory.
fn directory(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((directory, _)) => path.get(..=directory.len()).unwrap_or("/"),
        None => "/",
    }
}

/// Appends, and drops the oldest entry beyond `limit`.
fn push_bounded<T>(list: &mut Vec<T>, entry: T, limit: usize) {
    if list.len() >= limit {
        list.remove(0);
    }
    list.push(entry);
}

/// Acceptances remembered: more peers than a symbol path has stores and a proxy list has proxies.
const ACCEPTED: usize = 256;
/// Directories remembered for one realm.
const SPACES: usize = 64;
/// Nonces whose uses are counted.
const NONCES: usize = 64;

#[cfg(test)]
mod tests;
