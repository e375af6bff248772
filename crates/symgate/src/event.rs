//! What happens during a search, for whoever shows it ([`Observer`]).

use std::path::Path;

use symgate_auth::Ask;
use symgate_path::{FileId, Tier, Variant};
use url::Url;

use crate::{Error, WayNote};

/// Watches searches. Called from the threads that carry them out, several at a time; a call that takes long slows its
/// search down.
pub trait Observer: Send + Sync {
    /// Something happened in the search with this number ([`Job::number`](crate::Job::number)).
    fn observe(&self, number: usize, event: &Event<'_>);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _: usize, _: &Event<'_>) {}
}

/// One thing that happened. Nothing in it is a secret; text that came from a peer is untrusted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// An HTTP store answered with this status.
    Answered {
        /// The status.
        status: u16,
    },
    /// A server's answer carries no length.
    NoLength,
    /// Somebody has an answer to a request for credentials; it goes out.
    Credentials {
        /// Who asked, and for what.
        ask: &'e Ask,
        /// Who answers: the command line, netrc, a program, a person.
        by: &'e str,
    },
    /// Something happened while a way was chosen, or because of one that was; what a person should hear of unasked is
    /// a [`Warning`](Self::Warning).
    Choice {
        /// What.
        note: &'e WayNote<'e>,
    },
    /// A file was put into a store.
    Copied {
        /// Where it is now.
        to: &'e Path,
        /// From which store, as the symbol path names it.
        from: &'e str,
        /// Its length.
        bytes: u64,
    },
    /// The search of one chain or directory is over.
    Ended {
        /// How.
        outcome: Ended<'e>,
    },
    /// An HTTP store could not be asked, or refuses.
    Failed {
        /// The store, as the symbol path names it.
        store: &'e str,
        /// Why.
        error: &'e Error,
    },
    /// A plain directory is searched, by name.
    Looking {
        /// The directory.
        directory: &'e Path,
        /// What is looked for.
        id: &'e FileId,
    },
    /// A `file.ptr` was read.
    Pointer {
        /// What it says, made safe to show.
        text: &'e str,
    },
    /// A place of a local store or directory was looked at.
    Probed {
        /// The place.
        path: &'e Path,
        /// What is there.
        found: Probed,
    },
    /// Bytes of a file arrived.
    Received {
        /// How many, since the last such event.
        bytes: u64,
    },
    /// A request goes out: there is a way for it that is not shut.
    Requested {
        /// For what.
        url: &'e Url,
    },
    /// A chain is searched.
    Searching {
        /// Its stores, as a symbol path writes them.
        stores: &'e str,
        /// What is looked for.
        id: &'e FileId,
    },
    /// A file begins to arrive.
    Started {
        /// Its name in the store.
        name: &'e str,
        /// Its length, where the server says it.
        total: Option<u64>,
    },
    /// How a server lays out its files was learned.
    Tier {
        /// The layout.
        tier: Tier,
    },
    /// On the way to a server.
    Way {
        /// What happened there.
        note: &'e symgate_http::Note,
    },
    /// Something odd that did not stop anything.
    Warning {
        /// One line.
        text: &'e str,
    },
}

/// How the search of one chain or directory ended.
#[derive(Debug)]
pub enum Ended<'e> {
    /// With an error; a later element of the path may still have the file.
    Failed(&'e Error),
    /// The file is here.
    Found(&'e Path),
    /// Nobody has it.
    Missing,
}

/// What a look at a local place found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probed {
    /// The file.
    Found(Variant),
    /// A PDB of another build, in a plain directory; a warning says how it differs.
    Mismatched,
    /// The directory, without the file.
    NoFile,
    /// Not even the directory.
    NoPath,
    /// A place that cannot be read.
    Unreadable,
}
