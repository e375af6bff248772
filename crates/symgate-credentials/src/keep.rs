//! Whether an answer that a person typed is kept ([`Keep`]), and who hears what could not be done ([`Ear`]).

use std::fmt;
use std::sync::Arc;

use symgate_policy::Listener;

/// What a source that can store answers stores, beside its own.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Nothing,
    /// What a person typed, once the peer has accepted it: only where the user said so.
    Typed,
}

/// Who is told that an answer could not be stored or erased, if anybody.
#[derive(Clone, Default)]
pub(crate) struct Ear(pub(crate) Option<Arc<dyn Listener>>);

impl Ear {
    pub(crate) fn tell(&self, who: &str, why: &str) {
        if let Some(listener) = &self.0 {
            listener.failed(who, why);
        }
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Ear(Some)" } else { "Ear(None)" })
    }
}
