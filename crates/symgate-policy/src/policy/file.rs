//! A policy from the text of a TOML file ([`Policy::from_toml`]): small, bounded, and without a key that is not known.
//!
//! The text is parsed into a tree with the place of each piece, and the tree is read by hand: an error names the line,
//! the column and what may stand there.

use std::fmt;
use std::ops::Range;

use symgate_auth::{Scheme, Target};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::rule::Word;
use crate::{HostPattern, PatternError, Policy, Rule};

impl Policy {
    /// Reads a policy from the text of a file in [TOML](https://toml.io/). It does not say whether a question
    /// may be shown: prompts are off until [`with_prompts`](Self::with_prompts) says otherwise.
    ///
    /// - `otherwise`: what holds where no rule matches, `"allow"`, `"ask"` (which is the default) or `"refuse"`.
    /// - `ticket-hosts`: hosts like this may have the user's own tickets ([`with_ticket_host`](Self::with_ticket_host)).
    /// - `[[rule]]`, in their order; the first that matches decides. Each has
    ///   - `say`: `"allow"` (silent sources only), `"ask"` (then a question, if prompts are on) or `"refuse"` (nothing is
    ///     sent);
    ///   - and any of the conditions `target` (`"proxy"`, `"server"`), `host` (a [`HostPattern`]), `scheme` (`"basic"`,
    ///     `"bearer"`, `"digest"`, `"ntlm"`, `"negotiate"`) and `wire` (`"clear"`, `"encrypted"`);
    ///   - and, if it must be, `danger-basic-in-clear = true` ([`Rule::danger_basic_in_clear`]).
    ///
    /// The text has 64 KiB at most, and 1000 rules.
    ///
    /// ```
    /// use symgate_auth::{Scheme, Target};
    /// use symgate_policy::{HostPattern, Policy, Prompts, Rule};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     otherwise = "ask"
    ///     ticket-hosts = ["*.corp.example"]
    ///
    ///     ## No password in clear text, to nobody.
    ///     [[rule]]
    ///     say = "refuse"
    ///     scheme = "basic"
    ///     wire = "clear"
    ///
    ///     ## Our own servers: what is stored, and no question.
    ///     [[rule]]
    ///     say = "allow"
    ///     target = "server"
    ///     host = "*.corp.example"
    /// "#)?;
    ///
    /// let corp = HostPattern::parse("*.corp.example").unwrap();
    /// let same = Policy::interactive()
    ///     .with_ticket_host(corp.clone())
    ///     .with_rule(Rule::refuse().scheme(Scheme::Basic).only_clear())
    ///     .with_rule(Rule::allow().target(Target::Origin).host(corp));
    /// assert_eq!(policy.with_prompts(Prompts::On), same);
    ///
    /// let error = Policy::from_toml("[[rule]]\nsay = 'maybe'").unwrap_err();
    /// assert_eq!(error.to_string(), "line 2, column 7: `maybe` is none of `allow`, `ask`, `refuse`");
    /// # Ok::<(), symgate_policy::PolicyFileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicyFileError`] when the text is no TOML, has an unknown key or value, lacks a key, or is too large.
    pub fn from_toml(text: &str) -> Result<Self, PolicyFileError> {
        read(text).map_err(|Located(fault, at)| PolicyFileError::new(text, at, fault))
    }
}

/// Where a text is no policy, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyFileError {
    line: usize,
    column: usize,
    fault: Fault,
}

impl PolicyFileError {
    /// The line, counted from one.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column, counted in characters from one.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    fn new(text: &str, at: usize, fault: Fault) -> Self {
        let before = text.char_indices().take_while(|(index, _)| *index < at);
        let (mut line, mut column) = (1, 1);
        for (_, character) in before {
            (line, column) = match character {
                '\n' => (line + 1, 1),
                _ => (line, column + 1),
            };
        }
        Self { line, column, fault }
    }
}

impl fmt::Display for PolicyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, fault } = self;
        write!(f, "line {line}, column {column}: {fault}")
    }
}

impl std::error::Error for PolicyFileError {}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Fault {
    /// Another kind of value.
    Kind {
        expected: &'static str,
    },
    /// A key that must be there.
    Missing(&'static str),
    Pattern(PatternError),
    /// No TOML; the parser's words.
    Syntax(String),
    TooLong,
    TooManyRules,
    UnknownKey {
        found: String,
        known: &'static [&'static str],
    },
    /// A value that is none of these.
    UnknownWord {
        found: String,
        known: Vec<&'static str>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { expected } => write!(f, "{expected} is expected"),
            Self::Missing(key) => write!(f, "the rule has no `{key}`"),
            Self::Pattern(error) => error.fmt(f),
            Self::Syntax(message) => write!(f, "no TOML: {message}"),
            Self::TooLong => write!(f, "the text is longer than {LONGEST} bytes"),
            Self::TooManyRules => write!(f, "there are more than {MOST_RULES} rules"),
            Self::UnknownKey { found, known } => {
                write!(f, "`{}` is no key here; there are {}", Shown(found), List(known))
            }
            Self::UnknownWord { found, known } => write!(f, "`{}` is none of {}", Shown(found), List(known)),
        }
    }
}

/// Text of the file: on one line, and not all of it.
struct Shown<'t>(&'t str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        let short: String = characters.by_ref().take(LONGEST_SHOWN).collect();
        let end = if characters.next().is_some() { "…" } else { "" };
        write!(f, "{}{end}", short.escape_debug())
    }
}

struct List<'l>(&'l [&'static str]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{word}`")?;
        }
        Ok(())
    }
}

/// A fault and the byte at which it stands.
struct Located(Fault, usize);

type Value<'t> = Spanned<DeValue<'t>>;

type Condition = fn(Rule) -> Rule;

fn read(text: &str) -> Result<Policy, Located> {
    if text.len() > LONGEST {
        return Err(Located(Fault::TooLong, LONGEST));
    }
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        Located(Fault::Syntax(error.message().to_owned()), at)
    })?;
    let mut policy = Policy::unattended();
    for (key, at, value) in entries(document.get_ref()) {
        match key {
            "otherwise" => policy.otherwise = word(value, &WORDS)?,
            "rule" => policy.rules = rules(value)?,
            "ticket-hosts" => {
                for host in array(value, "a list of host patterns")? {
                    policy = policy.with_ticket_host(pattern(host)?);
                }
            }
            _ => return Err(unknown(key, at, &["otherwise", "rule", "ticket-hosts"])),
        }
    }
    Ok(policy)
}

fn rules(value: &Value<'_>) -> Result<Vec<Rule>, Located> {
    const EXPECTED: &str = "a list of tables, each headed `[[rule]]`,";
    let tables = array(value, EXPECTED)?;
    if let Some(beyond) = tables.get(MOST_RULES) {
        return Err(Located(Fault::TooManyRules, beyond.span().start));
    }
    let read = |table: &Value<'_>| {
        let keys = table.get_ref().as_table().ok_or_else(|| kind(table, EXPECTED))?;
        rule(keys, table.span())
    };
    tables.iter().map(read).collect()
}

fn rule(keys: &DeTable<'_>, span: Range<usize>) -> Result<Rule, Located> {
    let entries = entries(keys);
    let Some((_, _, say)) = entries.iter().find(|(key, ..)| *key == "say") else {
        // It may be there and misspelt: then that is the fault.
        let misspelt = entries.iter().find(|(key, ..)| !RULE_KEYS.contains(key));
        return Err(match misspelt {
            Some((key, at, _)) => unknown(key, *at, &RULE_KEYS),
            None => Located(Fault::Missing("say"), span.start),
        });
    };
    let mut rule = match word(say, &WORDS)? {
        Word::Allow => Rule::allow(),
        Word::Ask => Rule::ask(),
        Word::Refuse => Rule::refuse(),
    };
    for (key, at, value) in entries {
        rule = match key {
            "danger-basic-in-clear" => match value.get_ref().as_bool() {
                Some(true) => rule.danger_basic_in_clear(),
                Some(false) => rule,
                None => return Err(kind(value, "`true` or `false`")),
            },
            "host" => rule.host(pattern(value)?),
            "say" => rule,
            "scheme" => rule.scheme(word(value, &SCHEMES)?),
            "target" => rule.target(word(value, &TARGETS)?),
            "wire" => word(value, &WIRES)?(rule),
            _ => return Err(unknown(key, at, &RULE_KEYS)),
        };
    }
    Ok(rule)
}

/// What a table holds, in the order of the file, so that its first fault is told.
fn entries<'d, 't>(table: &'d DeTable<'t>) -> Vec<(&'d str, usize, &'d Value<'t>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
        .collect();
    entries.sort_by_key(|(_, at, _)| *at);
    entries
}

fn word<T: Copy>(value: &Value<'_>, known: &[(&'static str, T)]) -> Result<T, Located> {
    let found = text(value)?;
    let same = known.iter().find(|(word, _)| *word == found);
    same.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let fault = Fault::UnknownWord {
            found: found.to_owned(),
            known: known.iter().map(|(word, _)| *word).collect(),
        };
        Located(fault, value.span().start)
    })
}

fn pattern(value: &Value<'_>) -> Result<HostPattern, Located> {
    HostPattern::parse(text(value)?).map_err(|error| Located(Fault::Pattern(error), value.span().start))
}

fn text<'d>(value: &'d Value<'_>) -> Result<&'d str, Located> {
    value.get_ref().as_str().ok_or_else(|| kind(value, "a string"))
}

fn array<'d, 't>(value: &'d Value<'t>, expected: &'static str) -> Result<&'d [Value<'t>], Located> {
    let array = value.get_ref().as_array();
    array.map(|array| &**array).ok_or_else(|| kind(value, expected))
}

fn kind(value: &Value<'_>, expected: &'static str) -> Located {
    Located(Fault::Kind { expected }, value.span().start)
}

fn unknown(key: &str, at: usize, known: &'static [&'static str]) -> Located {
    let found = key.to_owned();
    Located(Fault::UnknownKey { found, known }, at)
}

const WORDS: [(&str, Word); 3] = [("allow", Word::Allow), ("ask", Word::Ask), ("refuse", Word::Refuse)];

const TARGETS: [(&str, Target); 2] = [("proxy", Target::Proxy), ("server", Target::Origin)];

const WIRES: [(&str, Condition); 2] = [("clear", Rule::only_clear), ("encrypted", Rule::only_encrypted)];

const SCHEMES: [(&str, Scheme); 5] = [
    ("basic", Scheme::Basic),
    ("bearer", Scheme::Bearer),
    ("digest", Scheme::Digest),
    ("ntlm", Scheme::Ntlm),
    ("negotiate", Scheme::Negotiate),
];

const RULE_KEYS: [&str; 6] = ["danger-basic-in-clear", "host", "say", "scheme", "target", "wire"];

/// Far more than a person writes, and little enough to be parsed at once.
const LONGEST: usize = 64 << 10;

/// Each request is held against them one by one.
const MOST_RULES: usize = 1000;

/// How much of a wrong word an error repeats.
const LONGEST_SHOWN: usize = 40;

#[cfg(test)]
mod tests;
