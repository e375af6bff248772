//! A debugging session as a whole: the state machine, the session and its gates, against a second, naive model over any
//! sequence of commands, demands and answers; and what SYMSRV §3.5 and §11.5 tell, by name.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "debugging/event.rs"]
mod event;
#[path = "debugging/model.rs"]
mod model;
#[path = "debugging/scenarios.rs"]
mod scenarios;
#[path = "debugging/world.rs"]
mod world;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use symgate_policy::{Command, Debugger, SymbolOptions};

use event::{Demand, Event, PASSWORDS, PROXIES, Request, STORES, Typed};
use model::Model;
use world::World;

fn debuggers() -> impl Strategy<Value = (Debugger, Option<SymbolOptions>)> {
    let debugger = select(vec![
        Debugger::Cdb,
        Debugger::Dbh,
        Debugger::Kd,
        Debugger::Ntsd,
        Debugger::WinDbg,
    ]);
    (debugger, proptest::option::of(options()))
}

fn options() -> impl Strategy<Value = SymbolOptions> {
    prop_oneof![
        6 => Just(SymbolOptions::NO_PROMPTS),
        1 => Just(SymbolOptions::SECURE),
        1 => Just(SymbolOptions::IGNORE_NT_SYMPATH),
        1 => any::<u32>().prop_map(SymbolOptions::new),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => options().prop_map(Command::Add),
        3 => options().prop_map(Command::Remove),
        1 => options().prop_map(Command::Replace),
        4 => Just(Command::Reload),
        2 => Just(Command::CloseClient),
        1 => Just(Command::Restart),
        1 => Just(Command::Contact),
    ]
}

fn demands() -> impl Strategy<Value = Demand> {
    prop_oneof![
        4 => Just(Demand::Nothing),
        8 => select(&PASSWORDS[..]).prop_map(Demand::Password),
        1 => Just(Demand::Certificate),
        1 => Just(Demand::UnknownScheme),
        1 => Just(Demand::PasswordAndHangUp),
    ]
}

fn typed() -> impl Strategy<Value = Typed> {
    prop_oneof![
        1 => Just(Typed::Cancel),
        6 => select(&PASSWORDS[..]).prop_map(Typed::Password),
    ]
}

fn requests() -> impl Strategy<Value = Request> {
    let peers = (0..STORES.len(), proptest::option::of(0..PROXIES.len()));
    let sources = proptest::option::weighted(0.3, select(&PASSWORDS[..]));
    let meanwhile = proptest::option::weighted(0.2, (0_usize..3, commands()));
    let people = (sources.clone(), sources, vec(typed(), 0..4));
    (peers, demands(), demands(), people, meanwhile).prop_map(
        |((store, proxy), of_proxy, of_store, (silent, visible, person), meanwhile)| Request {
            store,
            proxy,
            of_proxy,
            of_store,
            silent,
            visible,
            person,
            meanwhile,
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        2 => commands().prop_map(Event::Command),
        3 => requests().prop_map(Event::Request),
    ];
    vec(event, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    /// What leaves, who is asked, what is shut and why, what is remembered: as the naive model has it. The world watches
    /// the laws meanwhile: nothing leaves for what is latched, nothing visible is asked under Refuse, and nothing that
    /// was remembered before a close answers after it.
    #[test]
    fn a_debugging_session_follows_the_table((debugger, sflags) in debuggers(), events in events()) {
        let mut world = World::start(debugger, sflags);
        let mut model = Model::start(sflags.unwrap_or_else(|| debugger.start_options()).bits());
        for event in &events {
            match event {
                Event::Command(command) => {
                    world.obey(*command);
                    model.obey(*command);
                }
                Event::Request(request) => prop_assert_eq!(world.request(request), model.request(request), "{:?}", request),
            }
            prop_assert_eq!(world.state(), model.state(), "after {:?}", event);
        }
        for (peer, remembered) in world.probe() {
            prop_assert_eq!(remembered, model.remembered(&peer), "{}", peer);
        }
    }
}
