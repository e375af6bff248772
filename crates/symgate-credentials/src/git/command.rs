//! How a helper's command is run: git's three forms
//! ([`credential.helper`](https://git-scm.com/docs/gitcredentials#_configuration_options)).

use std::fmt;
use std::path::Path;
use std::process::Command;

use super::Operation;

/// A command, which may hold a secret: people write passwords into snippets. So it does not print.
pub(super) struct Helper {
    kind: Kind,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// An absolute path with arguments.
    Path,
    /// For the shell.
    Snippet,
    /// The end of `git credential-…`.
    Word,
}

impl Helper {
    pub(super) fn parse(command: &str) -> Self {
        let command = command.trim();
        let (kind, text) = match command.strip_prefix('!') {
            Some(snippet) => (Kind::Snippet, snippet),
            None if Path::new(command.trim_start_matches(['"', '\''])).is_absolute() => (Kind::Path, command),
            None => (Kind::Word, command),
        };
        Self {
            kind,
            text: text.to_owned(),
        }
    }

    /// For diagnostics: no argument is in it.
    pub(super) fn name(&self) -> String {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        match self.kind {
            Kind::Snippet => "credential helper of a shell snippet".to_owned(),
            Kind::Path | Kind::Word => format!("credential helper `{first}`"),
        }
    }

    /// What to add to a failure: a relative path is none of git's forms, and git's own words do not say so.
    pub(super) fn hint(&self) -> &'static str {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        if self.kind == Kind::Word && first.contains(std::path::is_separator) {
            "; a helper is a name, an absolute path, or a snippet behind `!`"
        } else {
            ""
        }
    }

    #[cfg(unix)]
    pub(super) fn command(&self, operation: Operation) -> Command {
        let (text, operation) = (&self.text, operation.as_str());
        let mut command = Command::new("sh");
        // In place of the shell, so that a signal goes to the program; a list of several would lose all but the first.
        let exec = if text.contains([';', '&', '|', '\n']) {
            ""
        } else {
            "exec "
        };
        command.arg("-c").arg(match self.kind {
            Kind::Path => format!("{exec}{text} {operation}"),
            Kind::Snippet => format!("{text} {operation}"),
            Kind::Word => format!("{exec}git credential-{text} {operation}"),
        });
        command
    }

    #[cfg(windows)]
    pub(super) fn command(&self, operation: Operation) -> Command {
        use std::os::windows::process::CommandExt;

        let (text, operation) = (&self.text, operation.as_str());
        let mut command = match self.kind {
            Kind::Snippet => {
                // Its own quotes are cmd's business.
                let mut command = Command::new("cmd");
                command.raw_arg(format!("/C {text}"));
                command
            }
            Kind::Path | Kind::Word => {
                let mut words = words(text).into_iter();
                let first = words.next().unwrap_or_default();
                let mut command = match self.kind {
                    Kind::Word => Command::new("git"),
                    Kind::Path | Kind::Snippet => Command::new(&first),
                };
                if self.kind == Kind::Word {
                    command.arg(format!("credential-{first}"));
                }
                command.args(words);
                command
            }
        };
        command.arg(operation);
        command
    }
}

impl fmt::Debug for Helper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helper")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Words at blanks outside double quotes.
#[cfg(any(test, windows))]
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
            word.get_or_insert_default();
        } else if c.is_whitespace() && !quoted {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(c);
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_word_a_path_or_a_snippet() {
        let table = [
            ("store", Kind::Word, "credential helper `store`"),
            ("store --file /x", Kind::Word, "credential helper `store`"),
            (
                "!f() { echo password=S3cret; }; f",
                Kind::Snippet,
                "credential helper of a shell snippet",
            ),
            #[cfg(unix)]
            (
                "/bin/helper --token S3cret",
                Kind::Path,
                "credential helper `/bin/helper`",
            ),
            #[cfg(windows)]
            (
                "C:\\helper.exe --token S3cret",
                Kind::Path,
                "credential helper `C:\\helper.exe`",
            ),
        ];
        for (command, kind, name) in table {
            let helper = Helper::parse(command);
            assert_eq!((helper.kind, helper.name().as_str()), (kind, name), "{command}");
            assert!(!format!("{helper:?} {}", helper.name()).contains("S3cret"), "{command}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn one_program_runs_in_place_of_the_shell() {
        let table = [
            ("store --file ~/x", "exec git credential-store --file ~/x get"),
            ("'/bin/a b' c", "exec '/bin/a b' c get"),
            ("/bin/a | /bin/b", "/bin/a | /bin/b get"),
            ("!a b", "a b get"),
        ];
        for (command, expected) in table {
            let run = Helper::parse(command).command(Operation::Get);
            assert!(run.get_args().eq(["-c", expected]), "{run:?}");
        }
    }

    #[test]
    fn words_end_at_blanks_outside_quotes() {
        let table: [(&str, &[&str]); 4] = [
            ("", &[]),
            ("store  --file x", &["store", "--file", "x"]),
            (r#""C:\Program Files\h.exe" get"#, &[r"C:\Program Files\h.exe", "get"]),
            (r#"a "" b"#, &["a", "", "b"]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
