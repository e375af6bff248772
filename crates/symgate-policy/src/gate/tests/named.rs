//! Proxies that become known on the way: which of them the user's own answers go to (DECISIONS §3).

use super::*;

fn session(explicit: Explicit) -> Session {
    Session::new(Policy::unattended(), Answers::default().with_explicit(explicit))
}

fn errand(session: &Session) -> Gate {
    session.gate(Errand::new(origin("s"), "base"), Arc::default())
}

#[test]
fn what_was_given_for_proxies_goes_to_those_that_are_named_on_the_way() {
    let session = session(Explicit::default().for_proxies(given("proxy's")));
    let mut gate = errand(&session);
    gate.name_proxy(origin("p"), None);
    let answers = ["p", "found-by-wpad"].map(|host| shown(&gate.answer(&ask(Target::Proxy, host))));
    assert_eq!(answers, ["proxy's", "Refuse(Automatic)"]);
}

#[test]
fn what_stands_in_a_setting_is_for_its_proxy_and_comes_after_what_was_given_by_option() {
    for (explicit, expected) in [
        (Explicit::default(), ["x", "y", "Refuse(Automatic)"]),
        (
            Explicit::default().for_proxies(given("given")),
            ["given", "given", "given"],
        ),
        (
            Explicit::default().for_stores(given("server's")),
            ["x", "y", "Refuse(Automatic)"],
        ),
    ] {
        let session = session(explicit);
        let mut gate = errand(&session);
        gate.name_proxy(origin("p1"), Some(given("x")));
        gate.name_proxy(origin("p2"), Some(given("y")));
        gate.name_proxy(origin("p3"), None);
        // A choice is made for each redirect, and names the same ones again.
        gate.name_proxy(origin("p1"), Some(given("wrong")));
        let answers = ["p1", "p2", "p3"].map(|host| shown(&gate.answer(&ask(Target::Proxy, host))));
        assert_eq!(answers, expected);
    }
}

#[test]
fn a_proxy_that_is_named_gets_a_ticket_and_another_gets_none() {
    let answers = Answers::default().with_source(Tickets);
    let session = Session::new(Policy::unattended(), answers);
    let mut gate = errand(&session);
    gate.name_proxy(origin("p"), None);
    for (host, expected) in [("p", "Ambient"), ("found-by-wpad", "Pass")] {
        let ask = Ask {
            wanted: Wanted::Ticket,
            scheme: Scheme::Negotiate,
            realm: None,
            ..ask(Target::Proxy, host)
        };
        assert_eq!(shown(&gate.answer(&ask)), expected, "{host}");
    }
}

#[test]
fn a_person_may_be_asked_for_a_proxy_that_nobody_named() {
    let (script, _log) = script([typed("typed")]);
    let explicit = Explicit::default().for_proxies(given("proxy's"));
    let answers = Answers::default().with_explicit(explicit).with_prompter(script);
    let session = Session::new(Policy::interactive(), answers);
    let answer = errand(&session).answer(&ask(Target::Proxy, "found-by-wpad"));
    assert_eq!(shown(&answer), "typed");
}
