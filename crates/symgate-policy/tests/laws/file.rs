//! The laws of policy files, over arbitrary bytes: as text, and as choices of what a text says.

use symgate_auth::{Ask, Channel, Origin, Scheme, Target, UriScheme, Wanted};
use symgate_policy::{HostPattern, Policy, PolicyFileError, Prompts, Rule, Verdict};

/// Any text is a policy with one word on any request, or an error that names a place of the text on one line.
pub(crate) fn any_text_is_a_policy_or_an_error_with_its_place(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Policy::from_toml(&text) {
        Ok(policy) => {
            assert_eq!(policy.prompts(), Prompts::Off, "no file turns prompts on");
            has_one_word_on_any_request(&policy);
            a_refuse_rule_at_the_end_is_one(&text, policy);
        }
        Err(error) => names_a_place_of(&text, &error),
    }
}

fn has_one_word_on_any_request(policy: &Policy) {
    let asking = policy.clone().with_prompts(Prompts::On);
    let refusing = [
        Rule::refuse(),
        Rule::refuse().only_clear().danger_basic_in_clear(),
        Rule::refuse().target(Target::Proxy),
    ];
    let stricter: Vec<_> = refusing
        .into_iter()
        .flat_map(|rule| {
            [
                asking.clone().with_rule(rule.clone()),
                asking.clone().with_first_rule(rule),
            ]
        })
        .collect();
    for ask in requests() {
        let verdict = policy.decide(&ask);
        assert_eq!(verdict, policy.clone().decide(&ask));
        assert_ne!(verdict, Verdict::Ask, "prompts are off: {policy:?} {ask:?}");
        for stricter in &stricter {
            let (before, after) = (asking.decide(&ask), stricter.decide(&ask));
            assert!(
                before == after || matches!(after, Verdict::Refuse(_)),
                "{asking:?}, {stricter:?}: {ask:?}"
            );
            assert!(!stricter.permits_basic_in_clear(&ask) || asking.permits_basic_in_clear(&ask));
        }
    }
}

fn a_refuse_rule_at_the_end_is_one(text: &str, policy: Policy) {
    // Not every text goes on like this: rules may be written in one line, or be as many as may be.
    if let Ok(longer) = Policy::from_toml(&format!("{text}\n[[rule]]\nsay = 'refuse'\n")) {
        assert_eq!(longer, policy.with_rule(Rule::refuse()), "{text:?}");
    }
}

fn names_a_place_of(text: &str, error: &PolicyFileError) {
    let line = text.split('\n').nth(error.line() - 1).expect("a line of the text");
    let column = error.column();
    assert!((1..=line.chars().count() + 1).contains(&column), "{text:?}: {error}");
    assert!(!error.to_string().contains(char::is_control), "{text:?}: {error:?}");
}

/// A file and the builders' calls that say the same make the same policy.
pub(crate) fn a_file_says_what_the_builders_say(bytes: &[u8]) {
    let mut bytes = bytes.iter();
    let mut below = |end: usize| usize::from(bytes.next().copied().unwrap_or(0)) % end;
    let (word, mut policy) = [("ask", Policy::unattended()), ("refuse", Policy::empty())][below(2)].clone();
    let mut text = format!("otherwise = '{word}'\n");
    if below(2) == 1 {
        text += "ticket-hosts = ['*.example', \"a.example\"]\n";
        policy = policy
            .with_ticket_host(pattern("*.example"))
            .with_ticket_host(pattern("a.example"));
    }
    for _ in 0..below(6) {
        let (word, mut rule) = [
            ("allow", Rule::allow()),
            ("ask", Rule::ask()),
            ("refuse", Rule::refuse()),
        ][below(3)]
        .clone();
        let mut lines = vec![format!("say = '{word}'")];
        if let Some((name, target)) = TARGETS.get(below(3)) {
            lines.push(format!("target = \"{name}\""));
            rule = rule.target(*target);
        }
        if let Some(host) = PATTERNS.get(below(5)) {
            lines.push(format!("host = '{host}'"));
            rule = rule.host(pattern(host));
        }
        if let Some((name, scheme)) = SCHEMES.get(below(6)) {
            lines.push(format!("scheme = '{name}'"));
            rule = rule.scheme(*scheme);
        }
        match below(3) {
            0 => {}
            1 => {
                lines.push("wire = 'clear'".to_owned());
                rule = rule.only_clear();
            }
            _ => {
                lines.push("wire = 'encrypted'".to_owned());
                rule = rule.only_encrypted();
            }
        }
        if below(2) == 1 {
            lines.push("danger-basic-in-clear = true".to_owned());
            rule = rule.danger_basic_in_clear();
        }
        // Keys have no order.
        let first = below(lines.len());
        lines.rotate_left(first);
        text += &format!("[[rule]]\n{}\n", lines.join("\n"));
        policy = policy.with_rule(rule);
    }
    assert_eq!(Policy::from_toml(&text), Ok(policy), "{text}");
}

fn requests() -> impl Iterator<Item = Ask> {
    let targets = TARGETS.iter().map(|(_, target)| *target);
    targets.flat_map(|target| {
        HOSTS.iter().flat_map(move |host| {
            SCHEMES.iter().flat_map(move |(_, scheme)| {
                [Channel::CLEARTEXT, Channel::encrypted(*b"certificate")].map(|channel| Ask {
                    target,
                    origin: Origin::new(UriScheme::Http, host, 80),
                    path: "/".into(),
                    wanted: Wanted::Password,
                    scheme: *scheme,
                    realm: None,
                    channel,
                    attempt: 1,
                })
            })
        })
    })
}

fn pattern(text: &str) -> HostPattern {
    HostPattern::parse(text).expect("a pattern of the list")
}

const HOSTS: [&str; 4] = ["a.example", "b.example", "example", "[::1]"];

const PATTERNS: [&str; 4] = ["*", "*.example", "a.example", "[::1]"];

const TARGETS: [(&str, Target); 2] = [("proxy", Target::Proxy), ("server", Target::Origin)];

const SCHEMES: [(&str, Scheme); 5] = [
    ("basic", Scheme::Basic),
    ("bearer", Scheme::Bearer),
    ("digest", Scheme::Digest),
    ("ntlm", Scheme::Ntlm),
    ("negotiate", Scheme::Negotiate),
];
