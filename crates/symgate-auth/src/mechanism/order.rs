//! [`Order`]: which mechanisms a session may use, the preferred one first.

use std::sync::Arc;

use super::Spec;
use crate::basic::BasicSpec;

/// The mechanisms of a session, the preferred one first; cheap to clone.
///
/// ```
/// use symgate_auth::mechanism::Order;
///
/// assert_eq!(Order::built_in().names().collect::<Vec<_>>(), ["Basic"]);
/// ```
#[derive(Clone, Debug)]
pub struct Order(Arc<[Arc<dyn Spec>]>);

impl Order {
    /// These mechanisms, in this order; of two with one name only the first is ever used.
    #[must_use]
    pub fn new(specs: impl IntoIterator<Item = Arc<dyn Spec>>) -> Self {
        Self(specs.into_iter().collect())
    }

    /// All mechanisms of this crate, the strongest first.
    #[must_use]
    pub fn built_in() -> Self {
        let basic: Arc<dyn Spec> = Arc::new(BasicSpec);
        Self::new([basic])
    }

    /// The names in their order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|spec| spec.name())
    }

    pub(crate) fn specs(&self) -> impl Iterator<Item = &Arc<dyn Spec>> {
        self.0.iter()
    }
}

impl Default for Order {
    /// [`Order::built_in`].
    fn default() -> Self {
        Self::built_in()
    }
}
