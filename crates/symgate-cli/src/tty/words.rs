//! What the dialog says, as lines of text ([`facts`]), and how text of others is made harmless ([`harmless`]).

use symgate_auth::Scheme;
use symgate_console::is_deceptive;
use symgate_policy::{Name, Previous, Question, exposes_password};

/// The lines above the fields: who asks, for what, and how the answer would travel.
pub(crate) fn facts(question: &Question<'_>) -> Vec<String> {
    let ask = question.ask;
    let mut facts = vec![format!(
        "The {} {} asks for a user name and password.",
        ask.target,
        harmless(&ask.origin.authority())
    )];
    if let Some(realm) = ask.realm.as_deref().filter(|realm| !realm.trim().is_empty()) {
        facts.push(format!("It calls itself \"{}\".", harmless(realm)));
    }
    let way = if exposes_password(ask) {
        "WARNING: the password would travel in clear text, readable on the way."
    } else if ask.channel.is_encrypted() {
        "The connection is encrypted."
    } else if matches!(ask.scheme, Scheme::Digest | Scheme::Ntlm) {
        "The connection is in clear text, but the password itself is not sent."
    } else {
        "The connection is in clear text."
    };
    facts.push(format!("Scheme {}. {way}", ask.scheme));
    match question.waiting {
        0 => {}
        1 => facts.push("Another transfer waits for the answer.".to_owned()),
        waiting => facts.push(format!("{waiting} other transfers wait for the answer.")),
    }
    if question.previous == Previous::Rejected {
        facts.push(match question.name {
            Name::Suggested(_) => "The last answer was WRONG. Try again (the Up key leads to the name):".to_owned(),
            _ => "The last answer was WRONG. Try again:".to_owned(),
        });
    }
    facts.push("(Esc, Ctrl-C or an empty name cancels.)".to_owned());
    facts
}

/// Text of others, so that it can only be read: a terminal does not obey it, it does not change the direction of what
/// follows, and it is not endless.
pub(crate) fn harmless(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(LONGEST)
        .map(|c| {
            if is_deceptive(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// The most characters of a text of others: more than a realm that is meant to be read.
const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use symgate_auth::{Ask, Channel, Origin, Target, UriScheme, Wanted};

    fn shown(ask: &Ask, previous: Previous, waiting: usize) -> Vec<String> {
        facts(&Question {
            ask,
            name: Name::Unknown,
            previous,
            waiting,
            cancel: &Arc::default(),
        })
    }

    fn ask() -> Ask {
        Ask {
            target: Target::Proxy,
            origin: Origin::new(UriScheme::Http, "proxy.corp", 3128),
            path: String::new(),
            wanted: Wanted::Password,
            scheme: Scheme::Basic,
            realm: Some("Corp".into()),
            channel: Channel::CLEARTEXT,
            attempt: 1,
        }
    }

    #[test]
    fn says_who_asks_and_how_the_password_would_travel() {
        assert_eq!(
            shown(&ask(), Previous::None, 0),
            [
                "The proxy proxy.corp:3128 asks for a user name and password.",
                "It calls itself \"Corp\".",
                "Scheme Basic. WARNING: the password would travel in clear text, readable on the way.",
                "(Esc, Ctrl-C or an empty name cancels.)",
            ]
        );
        let server = Ask {
            target: Target::Origin,
            origin: Origin::new(UriScheme::Https, "[::1]", 443),
            realm: None,
            channel: Channel::encrypted(*b"certificate"),
            ..ask()
        };
        assert_eq!(
            shown(&server, Previous::Rejected, 7),
            [
                "The server [::1]:443 asks for a user name and password.",
                "Scheme Basic. The connection is encrypted.",
                "7 other transfers wait for the answer.",
                "The last answer was WRONG. Try again:",
                "(Esc, Ctrl-C or an empty name cancels.)",
            ]
        );
        let ntlm = Ask {
            scheme: Scheme::Ntlm,
            realm: Some(" ".into()),
            ..ask()
        };
        let lines = shown(&ntlm, Previous::None, 1);
        assert_eq!(
            lines[1..3],
            [
                "Scheme NTLM. The connection is in clear text, but the password itself is not sent.",
                "Another transfer waits for the answer.",
            ]
        );
    }

    #[test]
    fn text_of_others_is_harmless() {
        let long = "x".repeat(LONGEST + 1);
        let table = [
            ("Ünï 字", "Ünï 字".to_owned()),
            (
                "a\u{1b}[2J\u{9b}1m\r\n\u{7}",
                "a\u{fffd}[2J\u{fffd}1m\u{fffd}\u{fffd}\u{fffd}".to_owned(),
            ),
            ("x\u{202e}y\u{2066}z\u{200f}", "x\u{fffd}y\u{fffd}z\u{fffd}".to_owned()),
            ("\u{200b}\u{feff}\u{2028}\u{e0041}", "\u{fffd}".repeat(4)),
            (&long, format!("{}...", "x".repeat(LONGEST))),
            (&long[1..], "x".repeat(LONGEST)),
        ];
        for (text, expected) in table {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }
}
