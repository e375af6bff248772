//! String wildcards, by which commands name modules (SYMSRV §6.7).
//!
//! All states that a prefix of the text can lead to are carried along at once, so a match takes time linear in the
//! product of both lengths, whatever the pattern: nothing is tried again.

/// A pattern, compiled.
///
/// `*` is any text, `?` any character, `[a-z]` one of a set, `#` zero or more and `+` one or more of what stands before
/// it, `\` takes the next character as it is. Case makes no difference
/// ([string wildcard syntax](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/string-wildcard-syntax)).
///
/// A `#` or `+` with nothing before it, a `[` that nothing closes and a `\` at the end stand for themselves; a set that
/// is empty matches nothing.
///
/// ```
/// use symgate_console::Wildcard;
///
/// assert!(Wildcard::new("nt*[kd]ll").matches("NTDLL"));
/// assert!(Wildcard::new("fo#b+ar").matches("fobbar"));
/// assert!(!Wildcard::new(r"a\*").matches("ab"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wildcard {
    atoms: Vec<Atom>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Atom {
    set: Set,
    times: Times,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Set {
    Any,
    One(char),
    Ranges(Vec<(char, char)>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Times {
    Once,
    OnceOrMore,
    ZeroOrMore,
}

impl Wildcard {
    /// Reads a pattern; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut atoms: Vec<Atom> = Vec::new();
        let mut rest = pattern.chars();
        while let Some(c) = rest.next() {
            let set = match c {
                '*' => {
                    let times = Times::ZeroOrMore;
                    atoms.push(Atom { set: Set::Any, times });
                    continue;
                }
                '#' | '+' if !atoms.is_empty() => {
                    if let Some(last) = atoms.last_mut() {
                        last.times = last.times.repeated(c);
                    }
                    continue;
                }
                '?' => Set::Any,
                '[' => match ranges(rest.as_str()) {
                    Some((ranges, after)) => {
                        rest = after.chars();
                        Set::Ranges(ranges)
                    }
                    None => Set::One('['),
                },
                '\\' => Set::One(folded(rest.next().unwrap_or('\\'))),
                c => Set::One(folded(c)),
            };
            let times = Times::Once;
            atoms.push(Atom { set, times });
        }
        Self { atoms }
    }

    /// The pattern that matches this text alone, in any case.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let times = Times::Once;
        let atom = |c| Atom {
            set: Set::One(folded(c)),
            times,
        };
        Self {
            atoms: text.chars().map(atom).collect(),
        }
    }

    /// Whether the whole text is described by the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // State `n` is: what stands before atom `n` is matched. Atoms that may be absent are skipped at once.
        let mut now = vec![false; self.atoms.len() + 1];
        self.reach(&mut now, 0);
        for c in text.chars().map(folded) {
            let mut next = vec![false; now.len()];
            for (state, atom) in self.atoms.iter().enumerate() {
                if now.get(state) == Some(&true) && atom.set.holds(c) {
                    if atom.times != Times::Once {
                        // One more of the same may follow.
                        self.reach_again(&mut next, state);
                    }
                    self.reach(&mut next, state + 1);
                }
            }
            if !next.contains(&true) {
                return false;
            }
            now = next;
        }
        now.last() == Some(&true)
    }

    /// Marks a state and those behind atoms that may be absent.
    fn reach(&self, states: &mut [bool], from: usize) {
        for state in from.. {
            let Some(mark) = states.get_mut(state) else { return };
            if *mark {
                return;
            }
            *mark = true;
            if self.atoms.get(state).is_none_or(|atom| atom.times != Times::ZeroOrMore) {
                return;
            }
        }
    }

    /// Marks the state before an atom that was matched and may be repeated.
    fn reach_again(&self, states: &mut [bool], state: usize) {
        if let Some(mark) = states.get_mut(state) {
            *mark = true;
        }
    }
}

impl Times {
    /// What `#` or `+` makes of it: whoever may be absent once stays so.
    const fn repeated(self, sign: char) -> Self {
        match (self, sign) {
            (Self::ZeroOrMore, _) | (_, '#') => Self::ZeroOrMore,
            _ => Self::OnceOrMore,
        }
    }
}

impl Set {
    fn holds(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => *one == c,
            Self::Ranges(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)),
        }
    }
}

/// The set behind a `[`, and what follows its `]`; `None` where nothing closes it.
fn ranges(text: &str) -> Option<(Vec<(char, char)>, &str)> {
    let (inside, after) = text.split_once(']')?;
    let mut ranges = Vec::new();
    let mut rest = inside.chars();
    while let Some(first) = rest.next() {
        let mut ahead = rest.clone();
        let last = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                rest = ahead;
                last
            }
            _ => first,
        };
        let (first, last) = (folded(first), folded(last));
        ranges.push((first.min(last), first.max(last)));
    }
    Some((ranges, after))
}

/// One case for all. Characters whose lower case is several keep the first of them on both sides.
fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

#[cfg(test)]
mod tests;
