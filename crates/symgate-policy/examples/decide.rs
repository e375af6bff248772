//! Says what two policies answer to a few requests, and what a refusal shuts: `cargo run --example decide`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use symgate_auth::{Ask, Channel, CredentialSource, Origin, Scheme, Target, UriScheme, Wanted};
use symgate_policy::{Answers, Debugger, Errand, HostPattern, Policy, Rule, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let proxy = Origin::new(UriScheme::Http, "proxy.corp.example", 3128);
    let store = Origin::new(UriScheme::Https, "symbols.example", 443);
    let ask = |target, origin: &Origin, scheme, channel| Ask {
        target,
        origin: origin.clone(),
        path: String::new(),
        wanted: Wanted::Password,
        scheme,
        realm: None,
        channel,
        attempt: 1,
    };
    let asks = [
        ask(Target::Proxy, &proxy, Scheme::Basic, Channel::CLEARTEXT),
        ask(Target::Proxy, &proxy, Scheme::Ntlm, Channel::CLEARTEXT),
        ask(
            Target::Origin,
            &store,
            Scheme::Basic,
            Channel::encrypted(*b"certificate"),
        ),
    ];
    let policies = [
        ("windbg", Policy::debugger(Debugger::WinDbg, None)),
        (
            "our own",
            Policy::interactive()
                .with_rule(Rule::refuse().only_clear().scheme(Scheme::Basic))
                .with_rule(Rule::allow().host(HostPattern::parse("*.corp.example")?)),
        ),
    ];
    for (name, policy) in &policies {
        for ask in &asks {
            println!("{name}: {ask}: {:?}", policy.decide(ask));
        }
    }

    // CDB asks nobody: the proxy is refused once and then not contacted again, until the client is closed.
    let session = Session::new(Policy::debugger(Debugger::Cdb, None), Answers::default());
    let mut gate = session.gate(Errand::new(store, "/download").with_proxy(proxy), Arc::default());
    for ask in [&asks[0], &asks[0]] {
        println!("cdb: {ask}: {:?}", gate.answer(ask));
    }
    for (key, cause) in session.latches().list() {
        println!("shut: {key}: {cause}");
    }
    Ok(())
}
