//! What changes while gates exist: what was given, the prompt setting, the client (SYMSRV §3.5).

use super::*;
use crate::{Effect, Prompts};

#[test]
fn what_is_given_later_answers_gates_that_exist() {
    let answers = Answers::default().with_explicit(Explicit::default().for_stores(given("a")));
    let session = Session::new(Policy::unattended(), answers);
    let mut gate = gate(&session);
    assert_eq!(shown(&gate.answer(&ask(Target::Origin, "s"))), "a");
    gate.report(&ask(Target::Origin, "s"), Outcome::Accepted);
    session.set_explicit(Explicit::default().for_stores(given("b")).for_proxies(given("proxy's")));
    assert_eq!(shown(&gate.answer(&ask(Target::Proxy, "p"))), "proxy's");
    // What was given comes before what is remembered.
    assert_eq!(shown(&gate.answer(&ask(Target::Origin, "s"))), "b");
    gate.report(&ask(Target::Origin, "s"), Outcome::Abandoned);
    drop(gate);
    session.set_explicit(Explicit::default());
    let mut gate = super::gate(&session);
    let remembered = gate.answer(&ask(Target::Origin, "s"));
    assert_eq!(shown(&remembered), "a", "what was accepted stays remembered");
    assert!(format!("{session:?}").contains("entries: []"));
}

#[test]
fn the_prompt_setting_changes_alone() {
    let policy = Policy::interactive()
        .with_rule(Rule::refuse().target(Target::Proxy))
        .with_ticket_host(HostPattern::parse("*").unwrap());
    let session = Session::new(policy.clone(), Answers::default());
    session.set_prompts(Prompts::Off);
    assert_eq!(*session.desk().policy, policy.clone().with_prompts(Prompts::Off));
    session.set_prompts(Prompts::On);
    assert_eq!(*session.desk().policy, policy);
}

#[test]
fn effects_are_carried_out() {
    let table = [
        (Effect::None, Prompts::Off, true),
        (Effect::Decide(Prompts::On), Prompts::On, true),
        (Effect::Decide(Prompts::Off), Prompts::Off, true),
        (Effect::Close, Prompts::Off, false),
        (Effect::CloseAndDecide(Prompts::On), Prompts::On, false),
    ];
    for (effect, prompts, latched) in table {
        let session = Session::new(Policy::unattended(), Answers::default());
        session.latches().latch(store(), Cause::ByUser);
        session.carry_out(effect);
        assert_eq!(session.desk().policy.prompts(), prompts, "{effect:?}");
        assert_eq!(session.latches().cause(&store()).is_some(), latched, "{effect:?}");
    }
}

/// A source during whose look-up questions are turned off, by another thread say.
struct TurnsOff(Arc<Mutex<Option<Session>>>);

impl Source for TurnsOff {
    fn name(&self) -> &'static str {
        "turns off"
    }

    fn look_up(&self, _: &Lookup<'_>) -> Reply {
        let session = self.0.lock().unwrap();
        let session = session.as_ref().expect("set before the first request");
        session.carry_out(Effect::Decide(Prompts::Off));
        Reply::None
    }
}

#[test]
fn nothing_is_shown_once_questions_are_off_although_the_search_began_before() {
    let slot = Arc::default();
    let (mut window, looked) = fixed(Reply::Use(alice("window")));
    window.interaction = Interaction::Visible;
    let (person, asked) = script([typed("typed")]);
    let answers = Answers::default()
        .with_source(TurnsOff(Arc::clone(&slot)))
        .with_source(window)
        .with_prompter(person);
    let session = Session::new(Policy::interactive(), answers);
    *slot.lock().unwrap() = Some(session.clone());
    let answer = gate(&session).answer(&ask(Target::Origin, "s"));
    assert!(matches!(answer, Answer::Refuse(Refusal::Automatic)), "{answer:?}");
    assert!(looked.lock().unwrap().is_empty() && asked.lock().unwrap().is_empty());
    assert_eq!(session.latches().cause(&store()), Some(Cause::Automatic));
    // The source holds the session, and the session the source.
    *slot.lock().unwrap() = None;
}
