//! Whose answer goes to whom: tickets, what was given for another errand, and what nobody judged.

use super::*;

#[test]
fn tickets_go_by_themselves_to_configured_proxies_and_permitted_servers_only() {
    let hosts = || Policy::interactive().with_ticket_host(HostPattern::parse("*").unwrap());
    let clear = Channel::CLEARTEXT;
    let table = [
        (Policy::unattended(), Target::Proxy, "p", clear.clone(), "Ambient"),
        (Policy::unattended(), Target::Proxy, "found", tls(), "Pass"),
        (Policy::unattended(), Target::Origin, "s", tls(), "Pass"),
        (hosts(), Target::Origin, "s", tls(), "Ambient"),
        (hosts(), Target::Origin, "s", clear, "Pass"),
        (hosts(), Target::Origin, "redirected", tls(), "Pass"),
        (Policy::empty(), Target::Proxy, "p", tls(), "Refuse(ByRule)"),
    ];
    for (policy, target, host, channel, expected) in table {
        let session = Session::new(policy, Answers::default().with_source(fixed(Reply::Ambient).0));
        let ask = Ask {
            wanted: Wanted::Ticket,
            scheme: Scheme::Negotiate,
            channel,
            ..ask(target, host)
        };
        let mut gate = gate(&session);
        assert_eq!(shown(&gate.answer(&ask)), expected, "{target} {host}");
        if expected == "Ambient" {
            gate.report(&ask, Outcome::Rejected);
            assert_eq!(shown(&gate.answer(&ask)), "Pass", "a rejected ticket is not sent again");
        }
    }
}

#[test]
fn who_names_a_user_does_not_send_the_ticket_of_another() {
    for named in [Given::Name("bob".into()), given("S3cret")] {
        let answers = Answers::default()
            .with_explicit(Explicit::default().for_proxies(named))
            .with_source(Tickets);
        let session = Session::new(Policy::unattended(), answers);
        let ask = Ask {
            wanted: Wanted::Ticket,
            scheme: Scheme::Negotiate,
            ..ask(Target::Proxy, "p")
        };
        assert_eq!(shown(&gate(&session).answer(&ask)), "Pass");
    }
    let session = Session::new(Policy::unattended(), Answers::default().with_source(Tickets));
    let password = gate(&session).answer(&ask(Target::Proxy, "p"));
    assert_eq!(shown(&password), "Refuse(Automatic)", "a ticket is no password");
}

#[test]
fn who_is_led_to_a_peer_is_not_given_what_was_given_for_it() {
    let explicit = Explicit::default().for_stores(given("given"));
    let (person, asked) = script([typed("typed")]);
    let answers = Answers::default().with_explicit(explicit).with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    let ask = ask(Target::Origin, "s");
    let mut own = gate(&session);
    assert_eq!(shown(&own.answer(&ask)), "given");
    own.report(&ask, Outcome::Accepted);
    // Another store redirects to it: the person decides anew, once for all files.
    let elsewhere = || session.gate(Errand::new(origin("other"), "base"), Arc::default());
    for _ in 0..2 {
        let mut led = elsewhere();
        assert_eq!(shown(&led.answer(&ask)), "typed");
        led.report(&ask, Outcome::Accepted);
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert_eq!(shown(&gate(&session).answer(&ask)), "given");
}

#[test]
fn a_password_that_nobody_judged_is_given_to_the_next_scheme_without_asking() {
    let negotiate = Ask {
        scheme: Scheme::Negotiate,
        realm: None,
        channel: Channel::CLEARTEXT,
        ..ask(Target::Proxy, "p")
    };
    let next = |scheme, channel, realm: Option<&str>| Ask {
        scheme,
        channel,
        realm: realm.map(str::to_owned),
        ..negotiate.clone()
    };
    let clear = Channel::CLEARTEXT;
    let table = [
        (next(Scheme::Ntlm, clear.clone(), None), "1"),
        (next(Scheme::Digest, clear.clone(), Some("r")), "1"),
        // The person was not told that it would travel readable.
        (next(Scheme::Basic, Channel::CLEARTEXT, Some("r")), "2"),
        (next(Scheme::Basic, tls(), Some("r")), "1"),
        (
            Ask {
                origin: origin("other"),
                ..next(Scheme::Ntlm, clear, None)
            },
            "2",
        ),
    ];
    for (ask, expected) in table {
        let (person, _) = script([typed("1"), typed("2")]);
        let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
        let mut gate = session.gate(Errand::new(origin("s"), "base"), Arc::default());
        assert_eq!(shown(&gate.answer(&negotiate)), "1");
        gate.report(&negotiate, Outcome::Abandoned);
        assert_eq!(shown(&gate.answer(&ask)), expected, "{ask:?}");
    }
    // A realm's password is for that realm.
    let (person, _) = script([typed("1"), typed("2")]);
    let session = Session::new(Policy::interactive(), Answers::default().with_prompter(person));
    let mut gate = gate(&session);
    let realm = ask(Target::Origin, "s");
    assert_eq!(shown(&gate.answer(&realm)), "1");
    gate.report(&realm, Outcome::Abandoned);
    let other = Ask {
        realm: Some("other".into()),
        ..realm
    };
    assert_eq!(shown(&gate.answer(&other)), "2");
}

#[test]
fn who_names_a_user_gets_no_answer_of_another() {
    let answers = |name: &str| {
        let named = Explicit::default().for_proxies(Given::Name(name.into()));
        let source = fixed(Reply::Use(alice("a"))).0;
        Answers::default().with_explicit(named).with_source(source)
    };
    for (name, expected) in [("alice", "a"), ("bob", "Refuse(Automatic)")] {
        let session = Session::new(Policy::unattended(), answers(name));
        let answer = gate(&session).answer(&ask(Target::Proxy, "p"));
        assert_eq!(shown(&answer), expected, "{name}");
    }
}
