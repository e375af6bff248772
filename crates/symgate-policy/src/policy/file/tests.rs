//! What a policy file may say, and what is told of one that says something else.

use super::*;
use crate::Prompts;

fn host(pattern: &str) -> HostPattern {
    HostPattern::parse(pattern).unwrap()
}

fn refusing_by_default() -> Policy {
    Policy::empty()
}

#[test]
fn files_say_what_the_builders_say() {
    let table = [
        ("", Policy::unattended()),
        ("# nothing\r\n", Policy::unattended()),
        ("otherwise = 'ask'", Policy::unattended()),
        ("otherwise = \"refuse\"", refusing_by_default()),
        (
            "ticket-hosts = ['a.example', '*.B.example']",
            Policy::unattended()
                .with_ticket_host(host("a.example"))
                .with_ticket_host(host("*.b.example")),
        ),
        ("ticket-hosts = []\nrule = []", Policy::unattended()),
        (
            "[[rule]]\nsay = 'ask'\n[[rule]]\nsay = 'allow'\n[[rule]]\nsay = 'refuse'",
            Policy::unattended()
                .with_rule(Rule::ask())
                .with_rule(Rule::allow())
                .with_rule(Rule::refuse()),
        ),
        (
            "rule = [{ say = 'allow', target = 'proxy', danger-basic-in-clear = true }]",
            Policy::unattended().with_rule(Rule::allow().target(Target::Proxy).danger_basic_in_clear()),
        ),
        (
            "[[rule]]\nwire = 'clear'\nscheme = 'ntlm'\nhost = '[::1]'\ntarget = 'server'\nsay = 'refuse'\n\
             danger-basic-in-clear = false",
            Policy::unattended().with_rule(
                Rule::refuse()
                    .target(Target::Origin)
                    .host(host("[::1]"))
                    .scheme(Scheme::Ntlm)
                    .only_clear(),
            ),
        ),
        (
            "[[rule]]\nsay = 'ask'\nwire = 'encrypted'",
            Policy::unattended().with_rule(Rule::ask().only_encrypted()),
        ),
    ];
    for (text, policy) in table {
        assert_eq!(Policy::from_toml(text), Ok(policy), "{text}");
    }
    for (name, scheme) in SCHEMES {
        let text = format!("[[rule]]\nsay = 'ask'\nscheme = '{name}'");
        let policy = Policy::unattended().with_rule(Rule::ask().scheme(scheme));
        assert_eq!(Policy::from_toml(&text), Ok(policy), "{text}");
        assert_eq!(Scheme::parse(name), Some(scheme));
    }
}

#[test]
fn what_is_allowed_otherwise_is_silent_under_both_settings() {
    for prompts in [Prompts::Off, Prompts::On] {
        let policy = Policy::from_toml("otherwise = 'allow'").unwrap().with_prompts(prompts);
        assert_eq!((policy.otherwise, policy.prompts()), (Word::Allow, prompts));
    }
}

#[test]
fn faults_are_told_with_their_place_and_what_is_expected() {
    let table = [
        (
            "otherwise = 'ask'\nrules = []",
            "line 2, column 1: `rules` is no key here; there are `otherwise`, `rule`, `ticket-hosts`",
        ),
        (
            "[[rule]]\nsay = 'ask'\n  proto = 'basic'",
            "line 3, column 3: `proto` is no key here; there are `danger-basic-in-clear`, `host`, `say`, `scheme`, \
             `target`, `wire`",
        ),
        (
            "[[rule]]\nsay = 'ask'\nwire = 'plain'",
            "line 3, column 8: `plain` is none of `clear`, `encrypted`",
        ),
        (
            "otherwise = 'Ask'",
            "line 1, column 13: `Ask` is none of `allow`, `ask`, `refuse`",
        ),
        (
            "[[rule]]\nsay = 'ask'\ntarget = 'origin'",
            "line 3, column 10: `origin` is none of `proxy`, `server`",
        ),
        (
            "[[rule]]\nsay = 'ask'\nscheme = 'NTLM'",
            "line 3, column 10: `NTLM` is none of `basic`, `bearer`, `digest`, `ntlm`, `negotiate`",
        ),
        (
            "[[rule]]\nsay = 'ask'\n\n[[rule]]\nhost = '*'",
            "line 4, column 1: the rule has no `say`",
        ),
        (
            "[[rule]]\nhost = '*'\nsya = 'allow'",
            "line 3, column 1: `sya` is no key here; there are `danger-basic-in-clear`, `host`, `say`, `scheme`, `target`, \
             `wire`",
        ),
        (
            "[[rule]]\nsay = 'maybe'\naction = 'allow'",
            "line 2, column 7: `maybe` is none of `allow`, `ask`, `refuse`",
        ),
        ("otherwise = 1", "line 1, column 13: a string is expected"),
        (
            "[[rule]]\nsay = 'ask'\ndanger-basic-in-clear = 'yes'",
            "line 3, column 25: `true` or `false` is expected",
        ),
        (
            "[rule]\nsay = 'ask'",
            "line 1, column 1: a list of tables, each headed `[[rule]]`, is expected",
        ),
        (
            "rule = ['ask']",
            "line 1, column 9: a list of tables, each headed `[[rule]]`, is expected",
        ),
        (
            "ticket-hosts = '*'",
            "line 1, column 16: a list of host patterns is expected",
        ),
        (
            "# \u{e4}\u{f6}\nticket-hosts = [ '\u{e4}.example' ]",
            r"line 2, column 18: no host has the character `\u{e4}`",
        ),
        (
            "[[rule]]\nsay = 'ask'\nhost = 'a*'",
            "line 3, column 8: `*` may only be a whole host pattern or its first label",
        ),
        // The first one of the file, not of the alphabet.
        (
            "zebra = 1\nape = 2",
            "line 1, column 1: `zebra` is no key here; there are `otherwise`, `rule`, `ticket-hosts`",
        ),
        (
            "otherwise = \"a\\u001b[2J\\n\"",
            r"line 1, column 13: `a\u{1b}[2J\n` is none of `allow`, `ask`, `refuse`",
        ),
    ];
    for (text, expected) in table {
        let error = Policy::from_toml(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
        assert!(expected.starts_with(&format!("line {}, column {}:", error.line(), error.column())));
    }
}

#[test]
fn a_text_that_is_no_toml_is_told_by_place() {
    let table = [
        ("otherwise", 1, 10),
        ("otherwise = 'ask'\notherwise = 'ask'", 2, 1),
        ("[[rule]\n", 1, 8),
        ("a = 'x\n", 1, 7),
    ];
    for (text, line, column) in table {
        let error = Policy::from_toml(text).unwrap_err();
        assert_eq!((error.line(), error.column()), (line, column), "{text:?}: {error}");
        assert!(error.to_string().contains(": no TOML: "), "{error}");
        assert!(!error.to_string().contains('\n'), "{error:?}");
    }
}

#[test]
fn files_have_an_end() {
    let rule = "[[rule]]\nsay='ask'\n";
    let most = Policy::from_toml(&rule.repeat(MOST_RULES)).unwrap();
    assert_eq!(most.rules.len(), MOST_RULES);
    let error = Policy::from_toml(&rule.repeat(MOST_RULES + 1)).unwrap_err();
    assert_eq!(error.to_string(), "line 2001, column 1: there are more than 1000 rules");

    let text = format!("#{}", " ".repeat(LONGEST - 1));
    assert_eq!(Policy::from_toml(&text), Ok(Policy::unattended()));
    let error = Policy::from_toml(&format!("{text} ")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 65537: the text is longer than 65536 bytes"
    );

    let deep = format!("a = {}", "[".repeat(LONGEST / 2));
    assert!(Policy::from_toml(&deep).is_err());
    let error = Policy::from_toml(&format!("otherwise = '{}'", "x".repeat(50))).unwrap_err();
    assert!(error.to_string().contains(&format!("`{}…`", "x".repeat(40))), "{error}");
}
