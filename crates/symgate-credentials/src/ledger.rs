//! What a program answered and what may become of it ([`Ledger`]).
//!
//! A server that offers Bearer and Basic makes the gate ask twice: for a token, then for a password. A program answers
//! with the one or the other, and should not be asked twice: it may have opened a window. So what it said to the first
//! question, and was no token, is kept for the second. And what was handed out is kept until the peer has judged it,
//! with what the program wants to hear again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symgate_auth::{Ask, Credentials, Origin, Target, Wanted};
use symgate_policy::{Interaction, Lookup};

/// Answers of programs by what they were told of who asks; `T` is what goes with one.
#[derive(Debug)]
pub(crate) struct Ledger<T> {
    told: Told,
    books: Mutex<Books<T>>,
}

/// What programs are told of who asks: an answer is good for nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// The peer and the path of the request.
    Path,
    /// The peer alone.
    Peer,
}

/// Credentials, and what goes with them.
#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) with: T,
}

#[derive(Debug)]
struct Books<T> {
    /// Said to a request for a token, for the request for a password that follows; `None` for "nothing here".
    put_by: Vec<(Key, Interaction, Option<Entry<T>>)>,
    /// Handed out and not judged.
    given: Vec<(Key, Entry<T>)>,
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Peer(Target, Origin);

/// Who asks, and for what where a program is told.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Key(Peer, Option<String>);

impl Peer {
    pub(crate) fn of(ask: &Ask) -> Self {
        Self(ask.target, ask.origin.clone())
    }
}

impl<T> Ledger<T> {
    /// For programs that are told so much.
    pub(crate) const fn new(told: Told) -> Self {
        Self {
            told,
            books: Mutex::new(Books {
                put_by: Vec::new(),
                given: Vec::new(),
            }),
        }
    }

    fn key(&self, ask: &Ask) -> Key {
        let path = match self.told {
            Told::Path => Some(ask.path.clone()),
            Told::Peer => None,
        };
        Key(Peer::of(ask), path)
    }
}

impl<T: Clone> Ledger<T> {
    /// What was put by for this request: `Some(None)` means that the program has nothing, and need not be asked.
    pub(crate) fn take(&self, lookup: &Lookup<'_>) -> Option<Option<Entry<T>>> {
        if lookup.ask.wanted != Wanted::Password {
            return None;
        }
        let key = self.key(lookup.ask);
        let mut books = self.lock();
        let mut put_by = books.put_by.iter();
        let at = put_by.position(|(other, interaction, _)| *other == key && *interaction == lookup.interaction)?;
        Some(books.put_by.remove(at).2)
    }

    /// Takes down what the program said. What fits the request is returned, to be handed out; what does not is put by.
    pub(crate) fn enter(&self, lookup: &Lookup<'_>, said: Option<Entry<T>>) -> Option<Arc<Credentials>> {
        let ask = lookup.ask;
        let key = self.key(ask);
        let mut books = self.lock();
        books.put_by.retain(|(other, ..)| *other != key);
        match said {
            Some(entry) if fits(&entry.credentials, ask.wanted) => {
                let credentials = Arc::clone(&entry.credentials);
                let given = &mut books.given;
                given.retain(|(other, known)| *other != key || !known.credentials.same(&credentials));
                push(given, (key, entry));
                Some(credentials)
            }
            said => {
                if ask.wanted == Wanted::Bearer {
                    push(&mut books.put_by, (key, lookup.interaction, said));
                }
                None
            }
        }
    }

    /// The peer has judged an answer.
    pub(crate) fn settle(&self, ask: &Ask, credentials: &Credentials) -> Option<Entry<T>> {
        let key = self.key(ask);
        let mut books = self.lock();
        books.put_by.retain(|(other, ..)| *other != key);
        let mut given = books.given.iter();
        let at = given.position(|(other, entry)| *other == key && entry.credentials.same(credentials))?;
        Some(books.given.remove(at).1)
    }

    fn lock(&self) -> MutexGuard<'_, Books<T>> {
        // Each change is whole: nothing between its steps panics.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(credentials: &Credentials, wanted: Wanted) -> bool {
    matches!(
        (credentials, wanted),
        (Credentials::Password(_), Wanted::Password) | (Credentials::Bearer(_), Wanted::Bearer)
    )
}

fn push<T>(entries: &mut Vec<T>, entry: T) {
    if entries.len() >= MOST {
        entries.remove(0);
    }
    entries.push(entry);
}

/// Entries at a time: more than one client has peers, and an end for redirects to ever new ones.
const MOST: usize = 64;
