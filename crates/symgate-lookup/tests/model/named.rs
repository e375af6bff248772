//! One statement of SYMSRV or DECISIONS each, step by step.

use symgate_lookup::{Lookup, Options, Outcome, Spare, StoreReport, Variants, Written};
use symgate_path::Variant;

use crate::world::{Has, Place, Run, Says, Writes, run};
use crate::{EMPTY, Short, short};

const READ_ONLY: Place = Place::Local(Has::Nothing, Writes::No);

fn check(places: &[Place], options: Options, expected: &[&str]) -> Run {
    let run = run(places, Writes::Yes, options);
    assert_eq!(run.steps, expected, "{places:?}");
    run
}

/// What a search of an empty local store looks like.
fn nothing(store: usize) -> [String; 3] {
    ["Plain", "Compressed", "Pointer"].map(|variant| format!("{store} probe {variant} NoPath"))
}

/// SYMSRV §11.3.
#[test]
fn cascade_trace() {
    let run = run(
        &[EMPTY, EMPTY, Place::Http(Says::Compressed)],
        Writes::No,
        Options::default(),
    );
    let steps = [
        "2 tier Ok(One)",
        "2 get Plain into 1 Missing",
        "2 get Compressed into 1 Stored Compressed",
        "copy Compressed 1 to 0 expanded Copied",
    ];
    let expected: Vec<String> = nothing(0)
        .into_iter()
        .chain(nothing(1))
        .chain(steps.map(str::to_owned))
        .collect();
    assert_eq!(run.steps, expected);
    assert_eq!(short(&run), Short::Found(symgate_lookup::Slot::Store(0), 2));
    let report = |lookup, written| StoreReport { lookup, written };
    assert_eq!(
        run.reports,
        [
            report(Lookup::Missing, Written::Stored(symgate_lookup::Form::Plain)),
            report(Lookup::Missing, Written::Stored(symgate_lookup::Form::Compressed)),
            report(Lookup::Found(Variant::Compressed), Written::Nothing),
        ]
    );
}

/// SYMSRV §11.3, first variant: the store in the middle is not writable, and that is no error.
#[test]
fn cascade_trace_with_unwritable_middle() {
    let run = run(
        &[EMPTY, READ_ONLY, Place::Http(Says::Compressed)],
        Writes::No,
        Options::default(),
    );
    let steps = [
        "2 tier Ok(One)",
        "2 get Plain into 1 Unwritable",
        "2 get Plain into 0 Missing",
        "2 get Compressed into 0 Stored Plain",
    ];
    let expected: Vec<String> = nothing(0)
        .into_iter()
        .chain(nothing(1))
        .chain(steps.map(str::to_owned))
        .collect();
    assert_eq!(run.steps, expected);
    assert_eq!(short(&run), Short::Found(symgate_lookup::Slot::Store(0), 2));
}

#[test]
fn only_a_miss_moves_on_to_the_next_variant() {
    let run = run(
        &[EMPTY, Place::Http(Says::FailsThenCompressed), Place::Http(Says::Plain)],
        Writes::No,
        Options::default(),
    );
    assert_eq!(
        run.steps[3..],
        [
            "1 tier Ok(One)",
            "1 get Plain into 0 Failed",
            "2 tier Ok(One)",
            "2 get Plain into 0 Stored Plain"
        ]
    );
    assert_eq!(run.reports[1].lookup, Lookup::Failed);
}

#[test]
fn latched_store_is_asked_nothing_more() {
    for (says, asked) in [(Says::Latched, 1), (Says::LatchesAtGet, 2)] {
        let run = run(&[EMPTY, Place::Http(says)], Writes::No, Options::default());
        assert_eq!(
            (run.steps.len(), run.outcome),
            (3 + asked, Outcome::Latched),
            "{says:?}"
        );
    }
}

#[test]
fn says_when_nothing_downstream_can_be_written() {
    let run = run(
        &[READ_ONLY, READ_ONLY, Place::Http(Says::Plain)],
        Writes::No,
        Options::default(),
    );
    assert_eq!(
        run.steps[6..],
        [
            "2 tier Ok(One)",
            "2 get Plain into 1 Unwritable",
            "2 get Plain into 0 Unwritable"
        ]
    );
    assert_eq!(run.outcome, Outcome::Unwritable);
    assert_eq!(run.reports[2].lookup, Lookup::Unplaced);
}

#[test]
fn opens_an_uncompressed_file_of_a_single_store_in_place() {
    let spare = Options {
        spare: Spare::Offered,
        ..Options::default()
    };
    let run = check(
        &[Place::Local(Has::Plain, Writes::Yes)],
        spare,
        &["0 probe Plain Found"],
    );
    assert_eq!(short(&run), Short::Found(symgate_lookup::Slot::Store(0), 0));
}

#[test]
fn expands_the_compressed_file_of_a_single_store_outside_it() {
    let compressed = [Place::Local(Has::Compressed, Writes::Yes)];
    check(
        &compressed,
        Options {
            spare: Spare::Offered,
            ..Options::default()
        },
        &[
            "0 probe Plain NoFile",
            "0 probe Compressed Found",
            "copy Compressed 0 to spare expanded Copied",
        ],
    );
    check(
        &compressed,
        Options::default(),
        &[
            "0 probe Plain NoFile",
            "0 probe Compressed Found",
            "copy Compressed 0 to 0 expanded Copied",
        ],
    );
}

#[test]
fn expands_beside_itself_in_the_last_store_that_could_be_written() {
    let run = run(
        &[READ_ONLY, EMPTY, Place::Http(Says::Compressed)],
        Writes::No,
        Options::default(),
    );
    assert_eq!(
        run.steps[8..],
        [
            "2 get Compressed into 1 Stored Compressed",
            "copy Compressed 1 to 0 expanded Unwritable",
            "copy Compressed 1 to 1 expanded Copied",
        ]
    );
    assert_eq!(short(&run), Short::Found(symgate_lookup::Slot::Store(1), 2));
}

#[test]
fn skips_a_store_that_cannot_be_read() {
    let dead = Place::Local(Has::Unreadable, Writes::Yes);
    let run = check(
        &[EMPTY, dead, Place::Local(Has::Plain, Writes::No)],
        Options::default(),
        &[
            "0 probe Plain NoPath",
            "0 probe Compressed NoPath",
            "0 probe Pointer NoPath",
            "1 probe Plain Unreadable",
            "2 probe Plain Found",
            "copy Plain 2 to 0 Copied",
        ],
    );
    assert_eq!(
        run.reports[1],
        StoreReport {
            lookup: Lookup::Unreadable,
            written: Written::Nothing
        }
    );
}

#[test]
fn copies_nothing_into_a_server_in_the_middle() {
    let run = run(
        &[EMPTY, Place::Http(Says::Nothing), Place::Local(Has::Plain, Writes::Yes)],
        Writes::No,
        Options::default(),
    );
    assert_eq!(run.steps.last().map(String::as_str), Some("copy Plain 2 to 0 Copied"));
}

#[test]
fn favours_compressed_when_told_to() {
    let order = Options {
        http: Variants::COMPRESSED_FIRST,
        local: Variants::COMPRESSED_FIRST,
        ..Options::default()
    };
    check(
        &[EMPTY, Place::Http(Says::Compressed)],
        order,
        &[
            "0 probe Compressed NoPath",
            "0 probe Plain NoPath",
            "0 probe Pointer NoPath",
            "1 tier Ok(One)",
            "1 get Compressed into 0 Stored Plain",
        ],
    );
}

#[test]
fn follows_a_pointer_only_after_both_files_are_missing() {
    let run = run(
        &[EMPTY, Place::Local(Has::Pointer, Writes::No)],
        Writes::No,
        Options::default(),
    );
    assert_eq!(
        run.steps[3..],
        [
            "1 probe Plain NoFile",
            "1 probe Compressed NoFile",
            "1 probe Pointer Found",
            "1 follow into 0 Stored Plain"
        ]
    );
    let server = [EMPTY, Place::Http(Says::Pointer)];
    let run = crate::run(&server, Writes::No, Options::default());
    assert_eq!(
        run.steps[4..],
        [
            "1 get Plain into 0 Missing",
            "1 get Compressed into 0 Missing",
            "1 follow into 0 Stored Plain"
        ]
    );
}

#[test]
fn pointer_to_nothing_is_a_miss() {
    let run = run(
        &[
            EMPTY,
            Place::Local(Has::DeadPointer, Writes::No),
            Place::Local(Has::Plain, Writes::No),
        ],
        Writes::No,
        Options::default(),
    );
    assert_eq!(run.reports[1].lookup, Lookup::Missing);
    assert_eq!(short(&run), Short::Found(symgate_lookup::Slot::Store(0), 2));
}

#[test]
fn goes_on_after_a_file_that_cannot_be_copied() {
    let run = run(
        &[
            EMPTY,
            Place::Local(Has::RottenCompressed, Writes::Yes),
            Place::Http(Says::Plain),
        ],
        Writes::No,
        Options::default(),
    );
    assert_eq!(run.reports[1].lookup, Lookup::Failed);
    assert_eq!(
        run.steps.last().map(String::as_str),
        Some("2 get Plain into 0 Stored Plain")
    );
}
