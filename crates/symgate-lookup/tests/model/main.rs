//! The machine against a second, naive model, through every small world there is.

mod named;
mod world;

use symgate_lookup::{Expansion, Form, Options, Outcome, Slot, Spare, Variants};
use symgate_path::Variant;
use world::{Has, Place, Run, Says, Writes, check_reports, run};

/// Every chain of up to three stores, each in every state, under every option.
#[test]
fn agrees_with_the_naive_model_in_every_small_world() {
    let all = places();
    let mut count = 0;
    for length in 0..=3 {
        for chain in chains(&all, length) {
            for (options, spare) in options() {
                check(&chain, spare, options);
                count += 1;
            }
        }
    }
    assert_eq!(count, (1 + 26 + 26 * 26 + 26 * 26 * 26) * 10);
}

/// Four stores in the states that matter for copying, as most deployments have them.
#[test]
fn agrees_with_the_naive_model_in_longer_chains() {
    let few: Vec<Place> = places()
        .into_iter()
        .filter(|place| {
            matches!(
                place,
                Place::Local(Has::Nothing | Has::Plain | Has::Compressed | Has::RottenCompressed, _)
                    | Place::Http(Says::Nothing | Says::Compressed | Says::Latched)
            )
        })
        .collect();
    for chain in chains(&few, 4).chain(chains(&few[..5], 5)) {
        check(&chain, Writes::Yes, Options::default());
    }
}

fn check(chain: &[Place], spare: Writes, options: Options) {
    let run = run(chain, spare, options);
    check_reports(&run);
    if options.expansion == Expansion::Leftmost {
        assert_eq!(
            short(&run),
            expected(chain, spare, options),
            "{chain:?} spare {spare:?} {options:?}\n{run:#?}"
        );
    }
}

/// What the user gets: where the file is opened and who had it, or why not.
#[derive(Debug, PartialEq, Eq)]
enum Short {
    Found(Slot, usize),
    Not(Outcome),
}

fn short(run: &Run) -> Short {
    match run.outcome {
        Outcome::Found { at, source, .. } => Short::Found(at, source),
        other => Short::Not(other),
    }
}

/// The naive model: who has it, and then which is the leftmost store that can be written.
fn expected(chain: &[Place], spare: Writes, options: Options) -> Short {
    let (mut unplaced, mut latched, mut failed) = (false, false, false);
    // Stores whose own file is bad: what lies there would win over a good one.
    let mut rotten = Vec::new();
    for (store, place) in chain.iter().enumerate() {
        let locals = || {
            chain[..store]
                .iter()
                .enumerate()
                .filter(|(_, place)| matches!(place, Place::Local(..)))
        };
        let leftmost = locals()
            .filter(|(index, _)| !rotten.contains(index))
            .find(|(_, place)| matches!(place, Place::Local(has, Writes::Yes) if *has != Has::Unreadable))
            .map(|(index, _)| Slot::Store(index));
        let spare_slot = (options.spare == Spare::Offered && spare == Writes::Yes).then_some(Slot::Spare);
        let own = matches!(place, Place::Local(_, Writes::Yes)).then_some(Slot::Store(store));
        // Where a file goes that cannot be opened as it lies.
        let elsewhere = match (locals().next(), options.spare) {
            (Some(_), _) => leftmost,
            (None, Spare::None) => own,
            (None, Spare::Offered) if store == 0 && chain.len() > 1 => own.or(spare_slot),
            (None, Spare::Offered) => spare_slot,
        };
        let asks = |variant| options.http.iter().any(|asked| asked == variant);
        let first_is_plain = options.http.iter().next() == Some(Variant::Plain);
        let result = match place {
            Place::Local(Has::Nothing | Has::Unreadable, _) => continue,
            Place::Local(Has::Plain, _) => Some(leftmost.unwrap_or(Slot::Store(store))),
            Place::Local(Has::RottenPlain, _) if leftmost.is_some() => {
                failed = true;
                rotten.push(store);
                continue;
            }
            // Nobody copies it, so nobody notices here; the caller checks what it opens.
            Place::Local(Has::RottenPlain, _) => Some(Slot::Store(store)),
            Place::Local(Has::Compressed | Has::Pointer, _) => elsewhere,
            Place::Local(has @ (Has::RottenCompressed | Has::FailingPointer), _) if elsewhere.is_some() => {
                failed = true;
                if *has == Has::RottenCompressed && store > 0 {
                    rotten.push(store);
                }
                continue;
            }
            Place::Local(Has::DeadPointer, _) if elsewhere.is_some() => continue,
            Place::Local(Has::RottenCompressed | Has::FailingPointer | Has::DeadPointer, _) => None,
            Place::Http(Says::FailsAtTier) => {
                failed = true;
                continue;
            }
            Place::Http(Says::Latched) => {
                latched = true;
                continue;
            }
            // Without a place for the answer nothing is asked.
            Place::Http(_) if elsewhere.is_none() => None,
            Place::Http(Says::LatchesAtGet) => {
                latched = true;
                continue;
            }
            Place::Http(Says::FailsThenCompressed) if first_is_plain => {
                failed = true;
                continue;
            }
            Place::Http(Says::Plain) => elsewhere,
            Place::Http(Says::Compressed | Says::FailsThenCompressed) if asks(Variant::Compressed) => elsewhere,
            Place::Http(Says::Pointer) if asks(Variant::Pointer) => elsewhere,
            Place::Http(_) => continue,
        };
        match result {
            Some(slot) => return Short::Found(slot, store),
            None => unplaced = true,
        }
    }
    Short::Not(match (unplaced, latched, failed) {
        (true, _, _) => Outcome::Unwritable,
        (_, true, _) => Outcome::Latched,
        (_, _, true) => Outcome::Failed,
        _ => Outcome::Missing,
    })
}

fn places() -> Vec<Place> {
    let has = [
        Has::Nothing,
        Has::Plain,
        Has::Compressed,
        Has::Pointer,
        Has::DeadPointer,
        Has::FailingPointer,
        Has::Unreadable,
        Has::RottenPlain,
        Has::RottenCompressed,
    ];
    let says = [
        Says::Nothing,
        Says::Plain,
        Says::Compressed,
        Says::Pointer,
        Says::FailsThenCompressed,
        Says::FailsAtTier,
        Says::Latched,
        Says::LatchesAtGet,
    ];
    let local = |has| [Place::Local(has, Writes::Yes), Place::Local(has, Writes::No)];
    has.into_iter()
        .flat_map(local)
        .chain(says.into_iter().map(Place::Http))
        .collect()
}

fn chains(places: &[Place], length: usize) -> impl Iterator<Item = Vec<Place>> {
    let total = places.len().pow(u32::try_from(length).expect("a short chain"));
    (0..total).map(move |mut number| {
        let mut chain = Vec::new();
        for _ in 0..length {
            chain.push(places[number % places.len()]);
            number /= places.len();
        }
        chain
    })
}

fn options() -> Vec<(Options, Writes)> {
    let mut all = Vec::new();
    for (spare, writes) in [
        (Spare::None, Writes::No),
        (Spare::Offered, Writes::No),
        (Spare::Offered, Writes::Yes),
    ] {
        for order in [Variants::PLAIN_FIRST, Variants::COMPRESSED_FIRST] {
            all.push((
                Options {
                    spare,
                    http: order,
                    local: order,
                    expansion: Expansion::Leftmost,
                },
                writes,
            ));
        }
        all.push((
            Options {
                spare,
                expansion: Expansion::Never,
                ..Options::default()
            },
            writes,
        ));
    }
    let http = Variants::PLAIN_FIRST
        .without(Variant::Pointer)
        .without(Variant::Compressed);
    all.push((
        Options {
            http,
            ..Options::default()
        },
        Writes::No,
    ));
    all
}

/// `Expansion::Never` leaves the form that the source had.
#[test]
fn keeps_files_compressed_on_request() {
    let options = Options {
        expansion: Expansion::Never,
        ..Options::default()
    };
    for (has, form) in [(Says::Compressed, Form::Compressed), (Says::Plain, Form::Plain)] {
        let run = run(&[EMPTY, EMPTY, Place::Http(has)], Writes::No, options);
        assert!(matches!(run.outcome, Outcome::Found { at: Slot::Store(0), form: found, .. } if found == form));
    }
}

const EMPTY: Place = Place::Local(Has::Nothing, Writes::Yes);
