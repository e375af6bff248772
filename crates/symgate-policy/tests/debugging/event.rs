//! What happens in a run, and what can be seen of it: the words that the world and the model share.

use symgate_policy::Command;

/// One step of a run.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Command(Command),
    Request(Request),
}

/// A load that wants one file of one store, and what it meets on the way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Which of [`STORES`].
    pub(crate) store: usize,
    /// Which of [`PROXIES`] leads there, if any.
    pub(crate) proxy: Option<usize>,
    pub(crate) of_proxy: Demand,
    pub(crate) of_store: Demand,
    /// What the silent source has today.
    pub(crate) silent: Option<&'static str>,
    /// What the source that shows something has today.
    pub(crate) visible: Option<&'static str>,
    /// What the person does with the questions, one after the other; then nobody is there any more.
    pub(crate) person: Vec<Typed>,
    /// A command that is given while the answer with this number is under way.
    pub(crate) meanwhile: Option<(usize, Command)>,
}

/// What a peer wants before it lets a request through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demand {
    /// A client certificate, and there is none.
    Certificate,
    Nothing,
    /// This one.
    Password(&'static str),
    /// A password, but the connection ends before it is judged.
    PasswordAndHangUp,
    /// A scheme that nobody knows.
    UnknownScheme,
}

/// What a person does with a question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Typed {
    Cancel,
    Password(&'static str),
}

/// What can be seen of a request, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// A latch stands in the way.
    NotContacted,
    /// The request left, without credentials.
    Left,
    /// The source that shows something was asked.
    VisibleAsked,
    /// A person was asked.
    Dialog,
    /// The request left again with a password, and whose it is.
    Sent(&'static str, From),
    /// The connection ended.
    HungUp,
    /// It was given up without an answer.
    Refused,
    Found,
}

/// Whose password it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum From {
    Memory,
    Person,
    Silent,
    Visible,
}

/// Everything that lasts.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct State {
    pub(crate) options: u32,
    pub(crate) policy_allows: bool,
    pub(crate) in_force_allows: bool,
    pub(crate) client_is_open: bool,
    /// What is shut, and why, in the words for a person; sorted.
    pub(crate) latches: Vec<(String, String)>,
}

/// Host and base path: the first two ask as one peer and are two stores.
pub(crate) const STORES: [(&str, &str); 3] = [("s", "x"), ("s", "y"), ("t", "x")];

pub(crate) const PROXIES: [&str; 2] = ["p", "q"];

pub(crate) const PASSWORDS: [&str; 3] = ["one", "two", "three"];
