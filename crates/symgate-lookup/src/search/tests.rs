//! What the public tests in `tests/model` cannot see: answers that were not asked for, and failures between our own
//! copies.

use super::*;

type Answer = fn(&mut Search) -> Result<(), Misuse>;

fn answer_all_but(search: &mut Search, right: &str) {
    let before = search.poll();
    let answers: [(&str, Answer); 4] = [
        ("tier", |search| search.handle_tier(Ok(Tier::One))),
        ("probe", |search| search.handle_probe(Probed::Found)),
        ("got", |search| search.handle_got(Got::Missing)),
        ("copied", |search| search.handle_copied(Copied::Copied)),
    ];
    for (name, answer) in answers {
        if name != right {
            let misuse = answer(search).unwrap_err();
            assert!(
                misuse
                    .to_string()
                    .starts_with(&format!("`handle_{name}` does not answer")),
                "{misuse}"
            );
            assert_eq!(search.poll(), before, "{name}");
        }
    }
}

#[test]
fn wrong_answers_are_refused_and_change_nothing() {
    let mut search = Search::new(vec![Kind::Local, Kind::Local, Kind::Http], Options::default());
    for _ in 0..6 {
        answer_all_but(&mut search, "probe");
        search.handle_probe(Probed::NoFile).unwrap();
    }
    answer_all_but(&mut search, "tier");
    search.handle_tier(Ok(Tier::Two)).unwrap();
    answer_all_but(&mut search, "got");
    search.handle_got(Got::Stored(Form::Plain)).unwrap();
    answer_all_but(&mut search, "copied");
    search.handle_copied(Copied::Copied).unwrap();
    answer_all_but(&mut search, "nothing");
    let misuse = search.handle_tier(Ok(Tier::One)).unwrap_err();
    assert_eq!(
        misuse.to_string(),
        "`handle_tier` does not answer what was asked: `nothing`"
    );
}

/// Runs a chain of three local stores before a server up to the point where its file lies in store 2.
fn fetched(form: Form) -> Search {
    let mut search = Search::new(
        vec![Kind::Local, Kind::Local, Kind::Local, Kind::Http, Kind::Local],
        Options::default(),
    );
    for _ in 0..9 {
        search.handle_probe(Probed::NoPath).unwrap();
    }
    search.handle_tier(Ok(Tier::Two)).unwrap();
    search.handle_got(Got::Stored(form)).unwrap();
    search
}

#[test]
fn failure_between_our_own_copies_skips_the_destination() {
    let mut search = fetched(Form::Plain);
    search.handle_copied(Copied::Failed).unwrap();
    let Action::Copy {
        from: Slot::Store(2),
        to: Slot::Store(0),
        ..
    } = search.poll()
    else {
        panic!("{:?}", search.poll());
    };
    search.handle_copied(Copied::Failed).unwrap();
    let Action::Done(Outcome::Found {
        at: Slot::Store(2),
        source: 3,
        ..
    }) = search.poll()
    else {
        panic!("{:?}", search.poll());
    };
    assert_eq!(search.reports()[0].written, Written::Failed);
}

#[test]
fn a_store_whose_file_is_bad_is_passed_by_when_another_has_it() {
    for variant in [Variant::Plain, Variant::Compressed] {
        let mut search = Search::new(vec![Kind::Local, Kind::Local, Kind::Http], Options::default());
        let misses = if variant == Variant::Plain { 3 } else { 4 };
        for _ in 0..misses {
            search.handle_probe(Probed::NoFile).unwrap();
        }
        search.handle_probe(Probed::Found).unwrap();
        search.handle_copied(Copied::Failed).unwrap();
        search.handle_tier(Ok(Tier::One)).unwrap();
        assert!(
            matches!(
                search.poll(),
                Action::Get {
                    into: Slot::Store(0),
                    ..
                }
            ),
            "{variant:?}: {:?}",
            search.poll()
        );
    }
}

#[test]
fn cabinet_that_cannot_be_expanded_anywhere_is_its_stores_failure() {
    let mut search = fetched(Form::Compressed);
    search.handle_copied(Copied::Copied).unwrap();
    search.handle_copied(Copied::Failed).unwrap();
    let in_place = Action::Copy {
        from: Slot::Store(1),
        to: Slot::Store(1),
        form: Form::Compressed,
        expand: Expand::IfCompressed,
    };
    assert_eq!(search.poll(), in_place);
    search.handle_copied(Copied::Failed).unwrap();
    assert_eq!(search.reports()[3].lookup, Lookup::Failed);
    assert_eq!(
        search.poll(),
        Action::Probe {
            store: 4,
            variant: Variant::Plain
        }
    );
    // A good file further on still gets into every store.
    search.handle_probe(Probed::Found).unwrap();
    for to in [2, 1, 0] {
        assert!(
            matches!(search.poll(), Action::Copy { to: Slot::Store(at), .. } if at == to),
            "{to}"
        );
        search.handle_copied(Copied::Copied).unwrap();
    }
    assert!(matches!(
        search.poll(),
        Action::Done(Outcome::Found {
            at: Slot::Store(0),
            source: 4,
            ..
        })
    ));
}

#[test]
fn store_that_turns_unwritable_after_its_copy_leaves_the_file_unplaced() {
    let mut search = fetched(Form::Compressed);
    search.handle_copied(Copied::Unwritable).unwrap();
    search.handle_copied(Copied::Unwritable).unwrap();
    search.handle_copied(Copied::Unwritable).unwrap();
    assert_eq!(search.reports()[3].lookup, Lookup::Unplaced);
}

#[test]
fn nothing_to_ask_for_is_a_miss() {
    let none = Variants::PLAIN_FIRST
        .without(Variant::Plain)
        .without(Variant::Compressed)
        .without(Variant::Pointer);
    let options = Options {
        http: none,
        local: none,
        ..Options::default()
    };
    for kinds in [vec![], vec![Kind::Local; 3], vec![Kind::Http; 100_000]] {
        assert_eq!(Search::new(kinds, options).poll(), Action::Done(Outcome::Missing));
    }
}

#[test]
fn takes_its_kinds_from_a_chain() {
    let path = symgate_path::SymbolPath::parse("srv*https://h/s").path;
    let searches = path.effective(symgate_path::Security::Open);
    let [symgate_path::Effective::Chain(chain)] = searches.as_slice() else {
        panic!("{searches:?}")
    };
    let search = Search::in_chain(chain, Options::default());
    assert_eq!(search.kinds, [Kind::Local, Kind::Http]);
}
