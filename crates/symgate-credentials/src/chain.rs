//! Several prompters, of whom the first that can asks ([`FirstAvailable`]).

use std::fmt;
use std::sync::Arc;

use symgate_policy::{Asker, Listener, Prompted, Prompter, Question};

use crate::keep::Ear;

/// Prompters in their order: when one could not ask, the next one does. A person's "no" is everybody's.
///
/// When nobody could ask, it is named after the first that failed, and the others stand in the text.
///
/// It counts as a program, which may try three times, as soon as one of them does.
///
/// ```
/// use symgate_credentials::{Askpass, FirstAvailable};
/// use symgate_policy::Prompter;
///
/// let prompter = FirstAvailable::new(vec![Box::new(Askpass::new("a")), Box::new(Askpass::new("b"))]);
/// assert_eq!(prompter.name(), "askpass `a`, else askpass `b`", "until one of them has answered or failed");
/// ```
pub struct FirstAvailable {
    prompters: Vec<Box<dyn Prompter>>,
    /// Of all, and then of the one that answered last, or of the first that could not.
    name: String,
    ear: Ear,
}

impl FirstAvailable {
    /// In this order.
    #[must_use]
    pub fn new(prompters: Vec<Box<dyn Prompter>>) -> Self {
        let names: Vec<&str> = prompters.iter().map(|prompter| prompter.name()).collect();
        Self {
            name: names.join(", else "),
            prompters,
            ear: Ear::default(),
        }
    }

    /// Sets who is told why one could not ask although a later one could. When nobody could, the session is told.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.ear = Ear(Some(listener));
        self
    }
}

impl Prompter for FirstAvailable {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        let mut failures: Vec<(String, String)> = Vec::new();
        for prompter in &mut self.prompters {
            match prompter.ask(question) {
                Prompted::Failed(why) => failures.push((prompter.name().to_owned(), why)),
                Prompted::Unavailable => {}
                answer @ (Prompted::Answer(_) | Prompted::Cancelled) => {
                    prompter.name().clone_into(&mut self.name);
                    failures.iter().for_each(|(who, why)| self.ear.tell(who, why));
                    return answer;
                }
            }
            if question.is_cancelled() {
                return Prompted::Cancelled;
            }
        }
        // Whoever tells of it puts our name in front, which is the first one's then.
        let mut failures = failures.into_iter();
        let Some((first, why)) = failures.next() else {
            return Prompted::Unavailable;
        };
        self.name = first;
        Prompted::Failed(failures.fold(why, |told, (who, why)| format!("{told}; {who}: {why}")))
    }

    fn asker(&self) -> Asker {
        if self.prompters.iter().all(|prompter| prompter.asker() == Asker::Person) {
            Asker::Person
        } else {
            Asker::Program
        }
    }
}

impl fmt::Debug for FirstAvailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstAvailable")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
