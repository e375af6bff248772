//! Lines of several commands: where one ends and the next begins.

/// Takes the first command off a line; what is left comes back with it. `None` where there is no further command.
///
/// - `;` parts commands, except between double quotes.
/// - `.sympath PATH` and `.sympath+ PATH` take the rest of the line: a symbol path has `;` in it. The debuggers do the
///   same (unverified).
/// - `*` makes the rest of the line a comment, `$$` what stands before the next `;`.
pub(crate) fn next(line: &str) -> Option<(&str, &str)> {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if rest.is_empty() || rest.starts_with('*') {
            return None;
        }
        let (command, after) = rest.split_at(end(rest));
        if !command.starts_with("$$") {
            return Some((command.trim_end(), after));
        }
        rest = after;
    }
}

/// Where the command at the beginning of this text ends.
fn end(text: &str) -> usize {
    let takes_all = word(text).0.eq_ignore_ascii_case(".sympath");
    let argument = word(text).1.trim_start_matches('+').trim_start();
    if takes_all && !argument.starts_with(';') {
        return text.len();
    }
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Parts a command into its word and what follows: `.symopt+0x10` has the word `.symopt`.
pub(crate) fn word(command: &str) -> (&str, &str) {
    let body = command.trim_start_matches(['.', '!']);
    let lead = command.len() - body.len();
    let length = body
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(body.len());
    command.split_at(lead + length)
}

/// Parts arguments at blanks; double quotes keep blanks together and are dropped.
pub(crate) fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => arguments.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    arguments.extend(current);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<&str> {
        let mut commands = Vec::new();
        let mut rest = line;
        while let Some((command, after)) = next(rest) {
            commands.push(command);
            rest = after;
        }
        commands
    }

    #[test]
    fn semicolons_part_commands_but_not_paths() {
        for (line, expected) in [
            ("", &[][..]),
            (" ; ; ", &[]),
            ("!sym; .reload ;q", &["!sym", ".reload", "q"]),
            ("* a comment; q", &[]),
            ("q * x", &["q * x"]),
            ("$$ a comment; !sym", &["!sym"]),
            ("!sym; * the rest; q", &["!sym"]),
            (".sympath srv*;C:\\a; b ", &[".sympath srv*;C:\\a; b"]),
            ("!sym;.SymPath+ srv*;a", &["!sym", ".SymPath+ srv*;a"]),
            (".sympath+;q", &[".sympath+", "q"]),
            (".sympath ; q", &[".sympath", "q"]),
            (".symfix a;q", &[".symfix a", "q"]),
            ("ld \"a;b\";q", &["ld \"a;b\"", "q"]),
            ("ld \"a;b", &["ld \"a;b"]),
        ] {
            assert_eq!(split(line), expected, "{line}");
        }
    }

    #[test]
    fn words_end_where_signs_begin() {
        for (command, expected) in [
            (".symopt+0x10", (".symopt", "+0x10")),
            ("!sym noisy", ("!sym", " noisy")),
            ("lm1m", ("lm1m", "")),
            (".reload/f", (".reload", "/f")),
            ("..", ("..", "")),
            ("ä", ("", "ä")),
        ] {
            assert_eq!(word(command), expected, "{command}");
        }
    }

    #[test]
    fn quotes_keep_blanks_together() {
        assert_eq!(arguments(r#" /f  "a b"c "" d"#), ["/f", "a bc", "", "d"]);
        assert_eq!(arguments("\"open"), ["open"]);
    }
}
