//! Who can answer: [`Source`] for files and programs, [`Prompter`] for a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use symgate_auth::{Ask, Credentials, Outcome, Scheme, Wanted};

/// A link of the chain that is asked after what was given and before a person: netrc, a keyring, a helper program.
///
/// Calls may come from several threads, one at a time for each peer. A source is asked no more once three answers of its
/// were rejected, until the peer accepts one; an answer that was never judged, because a connection was lost say, is no
/// rejected one. An answer that the peer rejected earlier, from whomever, is not sent again, and counts each time.
pub trait Source: Send + Sync {
    /// A name for diagnostics, such as `netrc`.
    fn name(&self) -> &str;

    /// Whether it may show something; such a source is asked only where a question may be.
    fn interaction(&self) -> Interaction {
        Interaction::Silent
    }

    /// Looks for an answer.
    fn look_up(&self, lookup: &Lookup<'_>) -> Reply;

    /// Learns what became of an answer of its: to store it, or to erase it. It was accepted when what followed
    /// [showed so](crate::Gate::confirm), for this errand or a later one. One that was accepted is remembered, and the
    /// source hears nothing more of it until the peer rejects it: a token has expired, say. While an answer is good in one
    /// realm of the peer, no rejection in another one is told. The errand waits meanwhile: when `cancel` is
    /// set, whoever calls wants to go on within 100 ms.
    fn report(&self, ask: &Ask, credentials: &Credentials, outcome: Outcome, cancel: &Arc<AtomicBool>) {
        let _ = (ask, credentials, outcome, cancel);
    }

    /// Learns that what a person typed was shown to be right: to keep it, where the user wants that. As for
    /// [`report`](Self::report), the errand waits.
    fn keep(&self, ask: &Ask, credentials: &Credentials, cancel: &Arc<AtomicBool>) {
        let _ = (ask, credentials, cancel);
    }
}

/// Whether a source shows something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interaction {
    /// Never.
    Silent,
    /// It may open a window or write to a terminal.
    Visible,
}

/// A question to a [`Source`].
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// What is asked.
    pub ask: &'a Ask,
    /// The user's name, where it was given: an answer of somebody else is not used.
    pub user: Option<&'a str>,
    /// What became of this source's last answer for the same peer: a cache should not repeat a rejected one.
    pub previous: Previous,
    /// What the source may do now: [`Interaction::Silent`] when prompts are off.
    pub interaction: Interaction,
    /// Set when the caller gave up; the source should then return soon.
    pub cancel: &'a Arc<AtomicBool>,
}

/// Whether this is the first time of asking.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Previous {
    /// Yes.
    None,
    /// No: the peer judged an earlier answer and rejected it.
    Rejected,
}

/// A source's answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The operating system can make a token for the logged-on user.
    Ambient,
    /// It could not look, in one line for a person: nothing in it is a secret. The next one is asked.
    Failed(String),
    /// Nothing here.
    None,
    /// These.
    Use(Arc<Credentials>),
}

/// The source for an operating system that can make tokens for the logged-on user; where they may go is the gate's
/// word (DECISIONS §3).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tickets;

impl Source for Tickets {
    fn name(&self) -> &str {
        "tickets of the logged-on user"
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Reply {
        if lookup.ask.wanted == Wanted::Ticket {
            Reply::Ambient
        } else {
            Reply::None
        }
    }
}

/// Asks a person, or a program that does.
pub trait Prompter: Send {
    /// A name for diagnostics, such as `askpass`. It is looked at after each question: one that stands for several names
    /// who has answered.
    fn name(&self) -> &str {
        "the person asked"
    }

    /// Asks, and blocks until there is an answer. Only one question is open at a time.
    fn ask(&mut self, question: &Question<'_>) -> Prompted;

    /// Who answers: a person may try without limit, a program three times for each peer. Looked at once, when the
    /// session begins.
    fn asker(&self) -> Asker {
        Asker::Person
    }
}

/// A question to a [`Prompter`].
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked. Its realm is untrusted text; whether the password travels in clear is [`exposes_password`].
    pub ask: &'a Ask,
    /// What is known of the user's name.
    pub name: Name<'a>,
    /// Whether an earlier answer was wrong.
    pub previous: Previous,
    /// How many other errands wait for the answer.
    pub waiting: usize,
    /// Set when the caller gave up: the question should be taken away within 100 ms.
    pub cancel: &'a Arc<AtomicBool>,
}

impl Question<'_> {
    /// Whether the caller gave up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// What is known of the user's name before a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Name<'a> {
    /// It was given: only the password is asked for.
    Given(&'a str),
    /// The name of the last answer; it may be changed.
    Suggested(&'a str),
    /// Nothing.
    Unknown,
}

/// What came of a question.
#[derive(Debug)]
pub enum Prompted {
    /// An answer.
    Answer(Credentials),
    /// The person said no.
    Cancelled,
    /// Nobody could be asked, and why, in one line for a person: nothing in it is a secret.
    Failed(String),
    /// Nobody could be asked.
    Unavailable,
}

/// Who answers a [`Prompter`]'s questions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asker {
    /// A person.
    Person,
    /// A program.
    Program,
}

/// Whether an answer to this request could be read by everybody on the way to the peer: the password itself (Basic) or
/// the token itself (Bearer), without TLS.
#[must_use]
pub const fn exposes_password(ask: &Ask) -> bool {
    matches!(ask.scheme, Scheme::Basic | Scheme::Bearer) && !ask.channel.is_encrypted()
}
