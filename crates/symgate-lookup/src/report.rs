//! How a search ended, and what became of each store.

use symgate_path::Variant;

use crate::action::{Form, Slot};

/// How a search ended.
///
/// If it found nothing, the most telling end of any store is named: nowhere to write, then latched, then failed, then
/// missing. [`Search::reports`](crate::Search::reports) tells the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A store failed, and no other had the file.
    Failed,
    /// The file can be opened.
    Found {
        /// Where to open it: downstream if that could be written, else in the store that has it.
        at: Slot,
        /// The form in which it lies there; compressed only under [`Expansion::Never`](crate::Expansion).
        form: Form,
        /// The store that had it.
        source: usize,
        /// The variant in which that store had it.
        variant: Variant,
    },
    /// A store was not asked because it is latched, and no other had the file.
    Latched,
    /// No store has the file; stores that cannot be read do not count.
    Missing,
    /// A store has the file, but there is nowhere to keep it.
    Unwritable,
}

/// What became of one store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreReport {
    /// As a place to look.
    pub lookup: Lookup,
    /// As a place to write.
    pub written: Written,
}

/// What came of looking into a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lookup {
    /// It failed, or what it had could not be used.
    Failed,
    /// It has the file, in this variant.
    Found(Variant),
    /// It is latched.
    Latched,
    /// It does not have the file.
    Missing,
    /// It was not its turn.
    #[default]
    NotAsked,
    /// It may have the file, but what it has could be written nowhere.
    Unplaced,
    /// It could not be read and was skipped.
    Unreadable,
}

/// What came of writing to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// A copy into it was given up because its source failed.
    Failed,
    /// Nothing was to be written.
    #[default]
    Nothing,
    /// The file was written, in this form.
    Stored(Form),
    /// It could not be written and was skipped.
    Unwritable,
}
