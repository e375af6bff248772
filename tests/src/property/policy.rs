//! Laws of `symgate-policy`: any bytes as choices of rules, requests, answers and outcomes.

#[path = "../../../crates/symgate-policy/tests/laws/file.rs"]
mod file;
#[path = "../../../crates/symgate-policy/tests/laws/mod.rs"]
mod law;

/// Any rules and any request: there is one verdict, and a refuse rule never allows more.
pub fn decide(bytes: &[u8]) {
    law::decide_is_total_and_pure(bytes);
    law::a_refuse_rule_never_allows_more(bytes);
}

/// Any text as a policy file, and any choices of what one says.
pub fn policy_file(bytes: &[u8]) {
    file::any_text_is_a_policy_or_an_error_with_its_place(bytes);
    file::a_file_says_what_the_builders_say(bytes);
}

/// Any sequence of challenges and answers: a session does what a naive model does.
pub fn policy_session(bytes: &[u8]) {
    law::a_session_follows_the_naive_model(bytes);
}

/// Any password: nothing shows it.
pub fn policy_secrets(bytes: &[u8]) {
    law::nothing_prints_a_secret(bytes);
}
