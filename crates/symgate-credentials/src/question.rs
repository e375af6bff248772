//! What a prompter asks, in words ([`Words`]), and the first line of an answer.

use symgate_auth::{Ask, Target};
use symgate_policy::{Previous, Question, exposes_password};
use zeroize::Zeroizing;

use crate::plain::harmless;

/// A question in words. Text of the peer in it is harmless.
pub(crate) struct Words {
    peer: String,
    facts: String,
}

impl Words {
    pub(crate) fn of(question: &Question<'_>) -> Self {
        let Ask {
            target, origin, realm, ..
        } = question.ask;
        let mut facts = Vec::new();
        if *target == Target::Proxy {
            facts.push("a proxy".to_owned());
        }
        if let Some(realm) = realm.as_deref().filter(|realm| !realm.is_empty()) {
            facts.push(format!("it calls itself \"{}\"", harmless(realm, REALM)));
        }
        if exposes_password(question.ask) {
            facts.push("THE PASSWORD WILL TRAVEL IN CLEAR TEXT".to_owned());
        }
        if question.previous == Previous::Rejected {
            facts.push("the last answer was wrong".to_owned());
        }
        let facts = if facts.is_empty() {
            String::new()
        } else {
            format!(" ({})", facts.join(", "))
        };
        Self {
            peer: origin.to_string(),
            facts,
        }
    }

    /// The question for the name.
    pub(crate) fn name(&self) -> String {
        let Self { peer, facts } = self;
        format!("Username for '{peer}'{facts}: ")
    }

    /// The question for the password of `user`, who stands in the URL as git has it.
    pub(crate) fn password(&self, user: &str) -> String {
        let Self { peer, facts } = self;
        let user = harmless(user, USER);
        let (scheme, rest) = peer.split_once("://").unwrap_or(("", peer));
        format!("Password for '{scheme}://{user}@{rest}'{facts}: ")
    }
}

/// The first line of what a program said, without its end; `None` when it said nothing, or no text.
pub(crate) fn first_line(output: &[u8]) -> Result<&str, NoAnswer> {
    if output.is_empty() {
        return Err(NoAnswer::Nothing);
    }
    let line = output.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(NoAnswer::Garbage),
    }
}

/// The first line as a password.
pub(crate) fn secret_line(output: &[u8]) -> Result<Zeroizing<Vec<u8>>, NoAnswer> {
    first_line(output).map(|line| Zeroizing::new(line.as_bytes().to_vec()))
}

/// Why output is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("its answer is no text in UTF-8")]
    Garbage,
    #[error("it said nothing")]
    Nothing,
}

/// Characters of a realm and of a name that are shown.
const REALM: usize = 80;
const USER: usize = 80;
