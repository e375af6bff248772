//! Who asks when others cannot.

use std::sync::Mutex;

use symgate_auth::{Ask, Channel, Credentials, Origin, Scheme, Target, UriScheme, Wanted};
use symgate_policy::{Name, Previous};

use super::*;

/// Says the same each time.
struct Says(&'static str, fn() -> Prompted, Asker);

impl Prompter for Says {
    fn name(&self) -> &str {
        self.0
    }

    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        self.1()
    }

    fn asker(&self) -> Asker {
        self.2
    }
}

fn boxed(name: &'static str, says: fn() -> Prompted) -> Box<dyn Prompter> {
    Box::new(Says(name, says, Asker::Person))
}

/// Prompters, what comes of them, and what is told.
type Row = (Vec<Box<dyn Prompter>>, &'static str, &'static [&'static str]);

#[test]
fn the_first_that_can_answers_and_the_others_are_told() {
    let failed = || Prompted::Failed("broken".into());
    let answer = || Prompted::Answer(Credentials::password("alice", "p"));
    let unavailable = || Prompted::Unavailable;
    let cancelled = || Prompted::Cancelled;
    let table: [Row; 8] = [
        (vec![], "Unavailable", &[]),
        (
            vec![boxed("a", unavailable), boxed("b", unavailable)],
            "Unavailable",
            &[],
        ),
        (vec![boxed("a", failed), boxed("b", answer)], "Answer", &["a: broken"]),
        (
            vec![boxed("a", unavailable), boxed("b", answer), boxed("c", failed)],
            "Answer",
            &[],
        ),
        (
            vec![boxed("a", failed), boxed("b", cancelled), boxed("c", answer)],
            "Cancelled",
            &["a: broken"],
        ),
        (
            vec![boxed("a", failed), boxed("b", failed)],
            "a: broken; b: broken",
            &[],
        ),
        (vec![boxed("a", failed)], "a: broken", &[]),
        (vec![boxed("a", unavailable), boxed("b", failed)], "b: broken", &[]),
    ];
    for (prompters, expected, told) in table {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let listener = move |who: &str, why: &str| ear.lock().unwrap().push(format!("{who}: {why}"));
        let mut first = FirstAvailable::new(prompters).with_listener(Arc::new(listener));
        let said = match ask(&mut first) {
            // As the session tells it.
            Prompted::Failed(why) => format!("{}: {why}", first.name()),
            said => format!("{said:?}"),
        };
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(*heard.lock().unwrap(), told);
    }
}

#[test]
fn one_program_makes_all_count_as_a_program() {
    let person = || boxed("a", || Prompted::Unavailable);
    let program = || Box::new(Says("b", || Prompted::Unavailable, Asker::Program));
    assert_eq!(FirstAvailable::new(vec![person(), person()]).asker(), Asker::Person);
    assert_eq!(FirstAvailable::new(vec![person(), program()]).asker(), Asker::Program);
}

fn ask(prompter: &mut dyn Prompter) -> Prompted {
    let ask = Ask {
        target: Target::Origin,
        origin: Origin::new(UriScheme::Https, "h", 443),
        path: String::new(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: None,
        channel: Channel::CLEARTEXT,
        attempt: 1,
    };
    prompter.ask(&Question {
        ask: &ask,
        name: Name::Unknown,
        previous: Previous::None,
        waiting: 0,
        cancel: &Arc::default(),
    })
}
