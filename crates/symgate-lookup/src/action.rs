//! What the machine asks for and what it is answered: the whole conversation with its caller.

use std::error::Error;
use std::fmt;

use symgate_path::{Tier, Variant};

use crate::report::Outcome;

/// What the caller does next. Every action but [`Action::Done`] waits for exactly one answer.
///
/// Stores are indices into the chain, 0 is downstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Copy the file from where it is; answer with [`Search::handle_copied`](crate::Search::handle_copied).
    ///
    /// `from` and `to` may be the same: then the compressed file is expanded beside itself.
    Copy {
        /// Where the file lies.
        from: Slot,
        /// Where it is to lie as well.
        to: Slot,
        /// The form in which it lies in `from`.
        form: Form,
        /// Whether it is to be expanded on the way.
        expand: Expand,
    },
    /// The search is over; this is asked no more questions.
    Done(Outcome),
    /// Read the store's `file.ptr` and bring the file that it names (SYMSRV §2.3); answer with
    /// [`Search::handle_got`](crate::Search::handle_got). In a local store the pointer was found, at an HTTP store it
    /// has yet to be asked for. A `MSG:` pointer, or a target that does not exist, is [`Got::Missing`].
    Follow {
        /// The store that has the pointer.
        store: usize,
        /// The layout of an HTTP store; `None` for a local one, which knows its own.
        tier: Option<Tier>,
        /// Where the target is to lie.
        into: Slot,
        /// Whether a compressed target is to be expanded on the way.
        expand: Expand,
    },
    /// Fetch from an HTTP store; answer with [`Search::handle_got`](crate::Search::handle_got).
    Get {
        /// The store.
        store: usize,
        /// Its layout.
        tier: Tier,
        /// What to ask for, plain or compressed.
        variant: Variant,
        /// Where the file is to lie.
        into: Slot,
        /// Whether a compressed file is to be expanded on the way.
        expand: Expand,
    },
    /// Look into a local store; answer with [`Search::handle_probe`](crate::Search::handle_probe).
    Probe {
        /// The store.
        store: usize,
        /// What to look for.
        variant: Variant,
    },
    /// Find out the layout of an HTTP store by its `index2.txt`, or remember it; answer with
    /// [`Search::handle_tier`](crate::Search::handle_tier). A miss means [`Tier::One`] (DECISIONS §8).
    Tier {
        /// The store.
        store: usize,
    },
}

/// A place that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The store outside the chain that the caller offered as [`Spare::Offered`](crate::Spare).
    Spare,
    /// A local store of the chain.
    Store(usize),
}

/// The form in which a file lies somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A cabinet under the compressed name.
    Compressed,
    /// The file itself.
    Plain,
}

/// What becomes of a compressed file on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expand {
    /// It is expanded: only the plain file is to lie at its destination.
    IfCompressed,
    /// It stays as it is.
    Never,
}

/// What a probe of a local store found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The file is there.
    Found,
    /// Its directory is there, the file is not.
    NoFile,
    /// A directory on the way is missing.
    NoPath,
    /// The store cannot be read: permission, a dead share, a path of another system (DECISIONS §7).
    Unreadable,
}

/// What became of an [`Action::Get`] or [`Action::Follow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// Anything but a miss: network, 5xx, authentication, content that is not what was asked for.
    Failed,
    /// The store is latched: it was not asked (DECISIONS §4).
    Latched,
    /// The store does not have it (DECISIONS §8: what counts as a miss).
    Missing,
    /// It lies at its destination now, in this form.
    Stored(Form),
    /// The destination cannot be written. Best found out before the store is asked: the same will be asked for again,
    /// for another destination if there is one.
    Unwritable,
}

/// What became of an [`Action::Copy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// It lies at its destination now, expanded if that was asked for.
    Copied,
    /// The source cannot be read or is not what it should be.
    Failed,
    /// The destination cannot be written.
    Unwritable,
}

/// Why the layout of an HTTP store could not be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Anything but a miss.
    Failed,
    /// The store is latched: it was not asked.
    Latched,
}

/// An answer that was not asked for: a bug of the caller. The machine still waits for the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    pub(crate) answer: &'static str,
    pub(crate) asked: &'static str,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answer, asked } = self;
        write!(f, "`{answer}` does not answer what was asked: `{asked}`")
    }
}

impl Error for Misuse {}
