//! The pure word on a request: allow, ask, refuse ([`Policy::decide`]; DECISIONS §4, SYMSRV §3.5).

#[cfg(feature = "toml")]
pub(crate) mod file;

use symgate_auth::{Ask, Refusal};

use crate::rule::{Grant, Word};
use crate::{Debugger, HostPattern, Prompts, Rule};

/// Rules, what holds where none matches, and whether a question may be shown. The first rule that matches decides.
///
/// ```
/// use symgate_policy::{Debugger, Policy, Prompts};
///
/// assert_eq!(Policy::debugger(Debugger::WinDbg, None).prompts(), Prompts::On);
/// assert_eq!(Policy::debugger(Debugger::Cdb, None).prompts(), Prompts::Off);
/// assert_eq!(Policy::debugger(Debugger::Cdb, Some(Prompts::On)), Policy::interactive());
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    rules: Vec<Rule>,
    otherwise: Word,
    prompts: Prompts,
    ticket_hosts: Vec<HostPattern>,
}

/// A policy's word on one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Silent sources may answer; nobody is asked.
    Allow,
    /// Silent sources may answer; then somebody may be asked.
    Ask,
    /// Nothing is sent.
    Refuse(Refusal),
}

impl Policy {
    /// What this debugger does: silent sources, then a question if prompts are on; `None` is its start value.
    #[must_use]
    pub fn debugger(kind: Debugger, prompts: Option<Prompts>) -> Self {
        Self::open(prompts.unwrap_or_else(|| kind.prompts()))
    }

    /// Silent sources, then a question: somebody is there.
    #[must_use]
    pub const fn interactive() -> Self {
        Self::open(Prompts::On)
    }

    /// Silent sources only: nobody is there.
    #[must_use]
    pub const fn unattended() -> Self {
        Self::open(Prompts::Off)
    }

    /// Refuses all, until rules say otherwise.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            rules: Vec::new(),
            otherwise: Word::Refuse,
            prompts: Prompts::Off,
            ticket_hosts: Vec::new(),
        }
    }

    /// Adds a rule after the others.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a rule in front of the others, where it is looked at first.
    #[must_use]
    pub fn with_first_rule(mut self, rule: Rule) -> Self {
        self.rules.insert(0, rule);
        self
    }

    /// Sets whether a question may be shown.
    #[must_use]
    pub const fn with_prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self
    }

    /// Lets the user's own tickets go to servers like this, over https and where the symbol path names them; none by
    /// default (DECISIONS §3).
    #[must_use]
    pub fn with_ticket_host(mut self, host: HostPattern) -> Self {
        self.ticket_hosts.push(host);
        self
    }

    /// Whether a question may be shown.
    #[must_use]
    pub const fn prompts(&self) -> Prompts {
        self.prompts
    }

    /// The word on this request: a pure function of the policy and the request, defined for every one.
    #[must_use]
    pub fn decide(&self, ask: &Ask) -> Verdict {
        match (self.word(ask), self.prompts) {
            (Word::Refuse, Prompts::Off | Prompts::On) => Verdict::Refuse(Refusal::ByRule),
            (Word::Allow, Prompts::Off | Prompts::On) | (Word::Ask, Prompts::Off) => Verdict::Allow,
            (Word::Ask, Prompts::On) => Verdict::Ask,
        }
    }

    /// Whether a rule lets silent sources answer this request by a password or token that others can read
    /// ([`Rule::danger_basic_in_clear`]).
    #[must_use]
    pub fn permits_basic_in_clear(&self, ask: &Ask) -> bool {
        self.rule(ask)
            .is_some_and(|rule| rule.word() != Word::Refuse && rule.basic_in_clear() == Grant::Given)
    }

    /// Whether the user's own tickets may go to this server, if it is written in the symbol path and speaks https.
    #[must_use]
    pub fn permits_ticket(&self, host: &str) -> bool {
        self.ticket_hosts.iter().any(|pattern| pattern.matches(host))
    }

    fn word(&self, ask: &Ask) -> Word {
        self.rule(ask).map_or(self.otherwise, Rule::word)
    }

    fn rule(&self, ask: &Ask) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.matches(ask))
    }

    const fn open(prompts: Prompts) -> Self {
        Self {
            rules: Vec::new(),
            otherwise: Word::Ask,
            prompts,
            ticket_hosts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use symgate_auth::{Channel, Origin, Scheme, Target, UriScheme, Wanted};

    use super::*;

    fn ask(target: Target, scheme: Scheme, channel: Channel) -> Ask {
        Ask {
            target,
            origin: Origin::new(UriScheme::Http, "h.example", 80),
            path: "/".into(),
            wanted: Wanted::Password,
            scheme,
            realm: None,
            channel,
            attempt: 1,
        }
    }

    #[test]
    fn without_rules_the_front_end_decides() {
        let ask = ask(Target::Origin, Scheme::Basic, Channel::CLEARTEXT);
        let table = [
            (Policy::interactive(), Verdict::Ask),
            (Policy::unattended(), Verdict::Allow),
            (Policy::empty(), Verdict::Refuse(Refusal::ByRule)),
            (
                Policy::empty().with_prompts(Prompts::On),
                Verdict::Refuse(Refusal::ByRule),
            ),
            (Policy::debugger(Debugger::WinDbg, None), Verdict::Ask),
            (Policy::debugger(Debugger::Kd, None), Verdict::Allow),
            (Policy::debugger(Debugger::WinDbg, Some(Prompts::Off)), Verdict::Allow),
        ];
        for (policy, verdict) in table {
            assert_eq!(policy.decide(&ask), verdict, "{policy:?}");
            assert!(!policy.permits_basic_in_clear(&ask), "{policy:?}");
        }
    }

    #[test]
    fn the_first_matching_rule_wins() {
        let tls = || Channel::encrypted(*b"certificate");
        let policy = Policy::interactive()
            .with_rule(Rule::allow().target(Target::Proxy).scheme(Scheme::Ntlm))
            .with_rule(Rule::refuse().target(Target::Proxy))
            .with_rule(Rule::allow().only_clear().danger_basic_in_clear())
            .with_rule(Rule::ask().only_encrypted());
        let table = [
            (Target::Proxy, Scheme::Ntlm, Channel::CLEARTEXT, Verdict::Allow, false),
            (
                Target::Proxy,
                Scheme::Basic,
                Channel::CLEARTEXT,
                Verdict::Refuse(Refusal::ByRule),
                false,
            ),
            (Target::Origin, Scheme::Basic, Channel::CLEARTEXT, Verdict::Allow, true),
            (Target::Origin, Scheme::Basic, tls(), Verdict::Ask, false),
        ];
        for (target, scheme, channel, verdict, in_clear) in table {
            let ask = ask(target, scheme, channel);
            assert_eq!(policy.decide(&ask), verdict, "{ask:?}");
            assert_eq!(policy.permits_basic_in_clear(&ask), in_clear, "{ask:?}");
        }
        let first = policy.with_first_rule(Rule::refuse().host(HostPattern::parse("h.example").unwrap()));
        let ask = ask(Target::Proxy, Scheme::Ntlm, tls());
        assert_eq!(first.decide(&ask), Verdict::Refuse(Refusal::ByRule));
    }

    #[test]
    fn a_refusing_rule_grants_nothing_in_clear() {
        let policy = Policy::interactive().with_rule(Rule::refuse().danger_basic_in_clear());
        assert!(!policy.permits_basic_in_clear(&ask(Target::Origin, Scheme::Basic, Channel::CLEARTEXT)));
    }

    #[test]
    fn tickets_go_to_no_server_by_default() {
        assert!(!Policy::interactive().permits_ticket("h.example"));
        let policy = Policy::interactive().with_ticket_host(HostPattern::parse("*.example").unwrap());
        assert!(policy.permits_ticket("h.example") && !policy.permits_ticket("h.other"));
    }
}
