//! How a file of Rust looks: its head, its length, and words that only some files may hold.

use std::collections::BTreeSet;

/// Complains about one file's head and length.
pub(super) fn check(path: &str, content: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    // Attributes of the whole file may stand above its words.
    let head = content
        .lines()
        .find(|line| !line.is_empty() && !line.starts_with("#!["));
    if !head.is_some_and(|line| line.starts_with("//! ")) {
        complaints.push(format!("{path}: does not begin with `//!`, what it holds and why"));
    }
    let lines = content.lines().count();
    if lines > LIMIT {
        complaints.push(format!("{path}: {lines} lines, the limit is {LIMIT}"));
    }
    complaints
}

/// Where words of protection occur.
#[derive(Debug, Default)]
pub(super) struct Words {
    expose: BTreeSet<String>,
    danger: BTreeSet<String>,
}

impl Words {
    /// Notes the words of a file that is no test and no chore.
    pub(super) fn note(&mut self, path: &str, content: &str) {
        if !is_product(path) {
            return;
        }
        if code(content).any(exposes) {
            self.expose.insert(path.to_owned());
        }
        if code(content).any(|line| line.to_ascii_lowercase().contains("danger")) {
            self.danger.insert(path.to_owned());
        }
    }

    /// Complains about files that are not listed, and about a list that has grown old.
    pub(super) fn check(&self) -> Vec<String> {
        let mut complaints = compare("`expose`", &self.expose, EXPOSE);
        complaints.extend(compare("`danger`", &self.danger, DANGER));
        complaints
    }
}

fn compare(word: &str, found: &BTreeSet<String>, listed: &[Listed]) -> Vec<String> {
    let unlisted = found
        .iter()
        .filter(|path| listed.iter().all(|(known, _)| known != path));
    let stale = listed
        .iter()
        .map(|(path, _)| path)
        .filter(|path| !found.contains(**path));
    unlisted
        .map(|path| format!("{path}: has {word} and is not listed in xtask/src/tidy/text.rs"))
        .chain(stale.map(|path| format!("{path}: listed for {word} and has none")))
        .collect()
}

fn is_product(path: &str) -> bool {
    path.starts_with("crates/") && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

/// Whether a line names a secret's way out: `expose`, `expose_user`, `expose_password`, called, passed on or defined.
fn exposes(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "expose" || word.starts_with("expose_"))
}

/// The lines of a file that are code and no test: tests stand last.
fn code(content: &str) -> impl Iterator<Item = &str> {
    let mut lines = content.lines().peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let tests = line == "#[cfg(test)]" && lines.peek().is_some_and(|next| *next == "mod tests {");
        (!tests).then_some(line)
    })
    .filter(|line| !line.trim_start().starts_with("//"))
}

/// The longest file.
const LIMIT: usize = 800;

/// A file and why it is listed.
type Listed = (&'static str, &'static str);

/// Files that may look at a secret.
const EXPOSE: &[Listed] = &[
    (
        "crates/symgate-auth/examples/exchange.rs",
        "the example is its own client: it writes the field",
    ),
    (
        "crates/symgate-auth/examples/ntlm_proxy.rs",
        "the example is its own client: it writes the field",
    ),
    (
        "crates/symgate-auth/src/basic.rs",
        "the password goes into Basic's base64",
    ),
    (
        "crates/symgate-auth/src/bearer.rs",
        "the token goes into the field's value",
    ),
    (
        "crates/symgate-auth/src/digest/response.rs",
        "the password goes into Digest's key",
    ),
    (
        "crates/symgate-auth/src/negotiate/ntlm.rs",
        "the messages go into SPNEGO and base64",
    ),
    (
        "crates/symgate-auth/src/negotiate/ticket.rs",
        "the system's tokens go into SPNEGO and base64",
    ),
    ("crates/symgate-auth/src/ntlm.rs", "the third message goes into base64"),
    (
        "crates/symgate-auth/src/ntlm/exchange.rs",
        "the password becomes the key of the responses",
    ),
    ("crates/symgate-auth/src/secret.rs", "defines it"),
    (
        "crates/symgate-cli/src/settings.rs",
        "user information of a proxy becomes credentials, a file a private key",
    ),
    (
        "crates/symgate-credentials/src/git.rs",
        "the answer goes back to the helper, to be stored or erased",
    ),
    (
        "crates/symgate-credentials/src/keyring.rs",
        "the password goes to the system",
    ),
    (
        "crates/symgate-credentials/src/provider.rs",
        "the answer goes back to the provider, to be stored or erased",
    ),
    (
        "crates/symgate-credentials/src/provider/reply.rs",
        "a header becomes a token, and an error's text is searched for one",
    ),
    (
        "crates/symgate-http/src/head/encode.rs",
        "the value goes into the head that is sent",
    ),
    (
        "crates/symgate-http/src/socks.rs",
        "the name and password go to the proxy that asks",
    ),
    (
        "crates/symgate-http/src/socks/logon.rs",
        "the password goes into the message of RFC 1929",
    ),
    ("crates/symgate-path/src/http.rs", "defines that of a store's URL"),
    ("crates/symgate-proxy/src/proxy.rs", "defines those of a proxy"),
    (
        "crates/symgate-proxy/src/system.rs",
        "defines that of a script's address",
    ),
    (
        "crates/symgate-sso/examples/token.rs",
        "the example prints how long the token is",
    ),
    (
        "crates/symgate-sso/src/sspi/identity.rs",
        "the password goes to the system",
    ),
    (
        "crates/symgate/src/passage.rs",
        "user information of a proxy's value becomes credentials",
    ),
    (
        "crates/symgate/src/plan.rs",
        "user information of a store's URL becomes credentials",
    ),
    (
        "crates/symgate/src/ways/scripts.rs",
        "the address of a proxy script, which may hold a key, is fetched",
    ),
];

/// Files that may lower protection, or name the switch that does.
const DANGER: &[Listed] = &[
    (
        "crates/symgate-cli/src/args.rs",
        "the switch `--danger-allow-http-redirect`",
    ),
    (
        "crates/symgate-cli/src/report.rs",
        "a hint names the word of a rule that would let a file answer in clear text",
    ),
    (
        "crates/symgate-cli/src/settings.rs",
        "hands the switch on; without it nothing changes",
    ),
    (
        "crates/symgate-http/src/error.rs",
        "a refused redirect names the switch that would follow it",
    ),
    (
        "crates/symgate-http/src/redirect.rs",
        "`Downgrade::DangerAllow`, which is not the default",
    ),
    (
        "crates/symgate-net/src/tls.rs",
        "rustls' word for any verifier; ours only explains what rustls' own refuses",
    ),
    (
        "crates/symgate-probe/src/verdict.rs",
        "the option's name, in the advice on a redirect that is not followed",
    ),
    (
        "crates/symgate-net/src/tls/handshake.rs",
        "rustls' module of the verifier's trait; it asks one of rustls' own who signed, after the verdict",
    ),
    (
        "crates/symgate-net/src/tls/issuer.rs",
        "rustls' module of the verifier's trait; every verdict is that of rustls' own",
    ),
    (
        "crates/symgate-net/src/tls/roots.rs",
        "rustls' module of the verifier's trait",
    ),
    (
        "crates/symgate-policy/src/policy/file.rs",
        "the key `danger-basic-in-clear` of a rule in a policy file",
    ),
    (
        "crates/symgate-policy/src/rule.rs",
        "`danger_basic_in_clear`, which a rule has only when told so",
    ),
    (
        "crates/symgate/src/follow.rs",
        "a refused pointer names the switch that would follow it",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_length_are_looked_at() {
        let long = format!("//! Head.\n{}", "x\n".repeat(LIMIT));
        let table = [
            ("//! Head.\n", 0),
            ("", 1),
            ("use std::fs;\n//! Late.\n", 1),
            ("#![no_main]\n\n//! Head.\n", 0),
            ("#![no_main]\nuse std::fs;\n", 1),
            ("//!\n", 1),
            (&long, 1),
        ];
        for (content, expected) in table {
            let complaints = check("a.rs", content);
            assert_eq!(complaints.len(), expected, "{complaints:?}");
        }
    }

    #[test]
    fn words_count_in_code_of_the_product_only() {
        let table = [
            ("crates/a/src/b.rs", "let x = secret.expose();", true),
            ("crates/a/src/b.rs", "user.map(Login::expose_password)", true),
            ("crates/a/src/b.rs", "exposes_password(&ask)", false),
            ("crates/a/src/b.rs", "    // secret.expose()", false),
            ("crates/a/src/b.rs", "/// secret.expose()", false),
            (
                "crates/a/src/b.rs",
                "#[cfg(test)]\nmod tests {\n secret.expose();\n}",
                false,
            ),
            (
                "crates/a/src/b.rs",
                "#[cfg(test)]\nfn x() {\n secret.expose();\n}",
                true,
            ),
            ("crates/a/src/b/tests.rs", "secret.expose();", false),
            ("crates/a/tests/b.rs", "secret.expose();", false),
            ("tests/src/b.rs", "secret.expose();", false),
        ];
        for (path, content, expected) in table {
            let mut words = Words::default();
            words.note(path, content);
            assert_eq!(words.expose.contains(path), expected, "{path}: {content}");
        }
    }

    #[test]
    fn danger_counts_in_any_case() {
        for content in ["fn danger_accept() {}", "struct DangerAccept;", "\"--danger-x\""] {
            let mut words = Words::default();
            words.note("crates/a/src/b.rs", content);
            assert!(words.danger.contains("crates/a/src/b.rs"), "{content}");
        }
    }

    #[test]
    fn lists_are_exact() {
        let found = BTreeSet::from(["a.rs".to_owned(), "b.rs".to_owned()]);
        let complaints = compare("`x`", &found, &[("b.rs", "why"), ("c.rs", "why")]);
        let expected = [
            "a.rs: has `x` and is not listed in xtask/src/tidy/text.rs",
            "c.rs: listed for `x` and has none",
        ];
        assert_eq!(complaints, expected);
    }
}
