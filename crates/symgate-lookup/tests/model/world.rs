//! A world of stores in a few words, which does what the machine asks and writes down each step.

use std::fmt::Write as _;

use symgate_lookup::{
    Action, Copied, Expand, Form, Got, Kind, Misuse, Options, Outcome, Probed, Search, Slot, Stopped, StoreReport,
    Written,
};
use symgate_path::{Tier, Variant};

/// What a local store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    Nothing,
    Plain,
    Compressed,
    Pointer,
    /// A pointer to nothing.
    DeadPointer,
    /// A pointer whose target cannot be had for another reason.
    FailingPointer,
    /// The store cannot be read.
    Unreadable,
    /// A plain file that every copy fails to read, and that stays whatever is written.
    RottenPlain,
    /// A cabinet that every copy fails to read, and that stays whatever is written.
    RottenCompressed,
}

/// What a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    Plain,
    Compressed,
    Pointer,
    /// It has the compressed file, but fails when asked for the plain one.
    FailsThenCompressed,
    /// It fails when asked for its layout.
    FailsAtTier,
    /// It is latched from the beginning.
    Latched,
    /// It answers a request with a refusal that latches it.
    LatchesAtGet,
}

/// Whether a store can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    No,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Http(Says),
    Local(Has, Writes),
}

impl Place {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Http(_) => Kind::Http,
            Self::Local(..) => Kind::Local,
        }
    }
}

/// Everything that one search did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) reports: Vec<StoreReport>,
    pub(crate) steps: Vec<String>,
}

/// Runs one search to its end and checks what must hold for every one.
pub(crate) fn run(places: &[Place], spare: Writes, options: Options) -> Run {
    let mut world = World {
        places,
        spare,
        forms: vec![None; places.len()],
        spare_form: None,
        refused: Vec::new(),
        rotten: Vec::new(),
    };
    let mut search = Search::new(places.iter().map(|place| place.kind()).collect(), options);
    let mut steps = Vec::new();
    // Each store is asked for four things at most, each can be put off by every other store, and each hit is copied
    // to every store and expanded.
    let bound = 4 + places.len() * (2 * places.len() + 8);
    loop {
        let action = search.poll();
        assert_eq!(search.poll(), action, "polling asks the same");
        if let Action::Done(outcome) = action {
            world.check_outcome(outcome, options);
            return Run {
                outcome,
                reports: search.reports().to_vec(),
                steps,
            };
        }
        assert!(steps.len() < bound, "no end: {places:?} {options:?} {steps:#?}");
        let (step, answered) = world.act(&mut search, action);
        answered.unwrap_or_else(|misuse| panic!("{misuse}: {step}"));
        steps.push(step);
    }
}

struct World<'w> {
    places: &'w [Place],
    spare: Writes,
    /// What has been written so far.
    forms: Vec<Option<Form>>,
    spare_form: Option<Form>,
    refused: Vec<Slot>,
    /// Stores whose own file was found to be bad, but for the leftmost, where it is in nobody's way.
    rotten: Vec<Slot>,
}

impl World<'_> {
    fn act(&mut self, search: &mut Search, action: Action) -> (String, Result<(), Misuse>) {
        match action {
            Action::Tier { store } => {
                let answer = match self.says(store) {
                    Says::FailsAtTier => Err(Stopped::Failed),
                    Says::Latched => Err(Stopped::Latched),
                    _ => Ok(Tier::One),
                };
                (format!("{store} tier {answer:?}"), search.handle_tier(answer))
            }
            Action::Probe { store, variant } => {
                let answer = self.probe(store, variant);
                (
                    format!("{store} probe {variant:?} {answer:?}"),
                    search.handle_probe(answer),
                )
            }
            Action::Get {
                store,
                variant,
                into,
                expand,
                ..
            } => {
                let answer = self.get(store, variant, into, expand);
                let mut step = format!("{store} get {variant:?} into {}", name(into));
                let _ = write!(step, " {}", got(answer));
                (step, search.handle_got(answer))
            }
            Action::Follow {
                store,
                into,
                expand,
                tier,
            } => {
                assert_eq!(tier.is_some(), self.places[store].kind() == Kind::Http);
                let answer = match self.places[store] {
                    Place::Http(_) => self.get(store, Variant::Pointer, into, expand),
                    Place::Local(has, _) => match self.write(into, Form::Plain) {
                        Err(()) => Got::Unwritable,
                        Ok(()) if has == Has::DeadPointer => self.take_back(into, Got::Missing),
                        Ok(()) if has == Has::FailingPointer => self.take_back(into, Got::Failed),
                        Ok(()) => Got::Stored(Form::Plain),
                    },
                };
                (
                    format!("{store} follow into {} {}", name(into), got(answer)),
                    search.handle_got(answer),
                )
            }
            Action::Copy { from, to, form, expand } => {
                let answer = self.copy(from, to, form, expand);
                let mut step = format!("copy {form:?} {} to {}", name(from), name(to));
                if form == Form::Compressed && expand == Expand::IfCompressed {
                    step.push_str(" expanded");
                }
                let _ = write!(step, " {answer:?}");
                (step, search.handle_copied(answer))
            }
            Action::Done(outcome) => panic!("done twice: {outcome:?}"),
        }
    }

    fn says(&self, store: usize) -> Says {
        match self.places[store] {
            Place::Http(says) => says,
            Place::Local(..) => panic!("store {store} is no server"),
        }
    }

    fn probe(&self, store: usize, variant: Variant) -> Probed {
        let Place::Local(has, _) = self.places[store] else {
            panic!("store {store} cannot be probed")
        };
        assert_eq!(self.forms[store], None, "probed after it was written");
        let there = match has {
            Has::Unreadable => return Probed::Unreadable,
            Has::Nothing => return Probed::NoPath,
            Has::Plain | Has::RottenPlain => Variant::Plain,
            Has::Compressed | Has::RottenCompressed => Variant::Compressed,
            Has::Pointer | Has::DeadPointer | Has::FailingPointer => Variant::Pointer,
        };
        if there == variant {
            Probed::Found
        } else {
            Probed::NoFile
        }
    }

    fn get(&mut self, store: usize, variant: Variant, into: Slot, expand: Expand) -> Got {
        let says = self.says(store);
        assert!(
            !matches!(says, Says::FailsAtTier | Says::Latched),
            "asked a store that has ended"
        );
        let form = match (variant, expand) {
            (Variant::Compressed, Expand::Never) => Form::Compressed,
            _ => Form::Plain,
        };
        if self.write(into, form).is_err() {
            return Got::Unwritable;
        }
        let there = match says {
            Says::Plain => Some(Variant::Plain),
            Says::Compressed => Some(Variant::Compressed),
            Says::Pointer => Some(Variant::Pointer),
            Says::FailsThenCompressed if variant == Variant::Plain => return self.take_back(into, Got::Failed),
            Says::FailsThenCompressed => Some(Variant::Compressed),
            Says::LatchesAtGet => return self.take_back(into, Got::Latched),
            Says::Nothing | Says::FailsAtTier | Says::Latched => None,
        };
        if there == Some(variant) {
            Got::Stored(form)
        } else {
            self.take_back(into, Got::Missing)
        }
    }

    fn copy(&mut self, from: Slot, to: Slot, form: Form, expand: Expand) -> Copied {
        let origin = match from {
            Slot::Spare => None,
            Slot::Store(store) => Some(self.places[store]),
        };
        let held = self.form(from);
        let found = match origin {
            Some(Place::Local(Has::Plain | Has::RottenPlain, _)) => Some(Form::Plain),
            Some(Place::Local(Has::Compressed | Has::RottenCompressed, _)) => Some(Form::Compressed),
            _ => None,
        };
        assert_eq!(held.or(found), Some(form), "copies what is there");
        assert!(
            from != to || (form, expand) == (Form::Compressed, Expand::IfCompressed),
            "copies onto itself"
        );
        let becomes = if expand == Expand::IfCompressed {
            Form::Plain
        } else {
            form
        };
        if self.write(to, becomes).is_err() {
            return Copied::Unwritable;
        }
        let rotten = matches!(origin, Some(Place::Local(Has::RottenPlain | Has::RottenCompressed, _)));
        if rotten && held.is_none() {
            if from != Slot::Store(0) {
                self.rotten.push(from);
            }
            self.take_back(to, Copied::Failed)
        } else {
            Copied::Copied
        }
    }

    fn form(&self, slot: Slot) -> Option<Form> {
        match slot {
            Slot::Spare => self.spare_form,
            Slot::Store(store) => self.forms[store],
        }
    }

    fn write(&mut self, slot: Slot, form: Form) -> Result<(), ()> {
        let writes = match slot {
            Slot::Spare => self.spare,
            Slot::Store(store) => match self.places[store] {
                Place::Http(_) => panic!("wrote to a server"),
                Place::Local(_, writes) => writes,
            },
        };
        assert!(
            !self.refused.contains(&slot),
            "wrote again to a store that cannot be written"
        );
        assert!(
            !self.rotten.contains(&slot),
            "wrote where a bad file would be given back"
        );
        if writes == Writes::No {
            self.refused.push(slot);
            return Err(());
        }
        match slot {
            Slot::Spare => self.spare_form = Some(form),
            Slot::Store(store) => self.forms[store] = Some(form),
        }
        Ok(())
    }

    fn take_back<T>(&mut self, slot: Slot, answer: T) -> T {
        match slot {
            Slot::Spare => self.spare_form = None,
            Slot::Store(store) => self.forms[store] = None,
        }
        answer
    }

    /// What is said to be there is there, and nothing else was left behind.
    fn check_outcome(&self, outcome: Outcome, options: Options) {
        let Outcome::Found {
            at,
            form,
            source,
            variant,
        } = outcome
        else {
            return;
        };
        let held = self.form(at);
        match self.places[source] {
            Place::Local(Has::Plain | Has::RottenPlain, _) if at == Slot::Store(source) && held.is_none() => {
                assert_eq!(form, Form::Plain);
            }
            Place::Local(Has::Compressed | Has::RottenCompressed, _) if at == Slot::Store(source) && held.is_none() => {
                assert_eq!(form, Form::Compressed);
            }
            _ => assert_eq!(held, Some(form), "found what was written"),
        }
        if options.expansion == symgate_lookup::Expansion::Leftmost {
            assert_eq!(form, Form::Plain, "opened expanded");
        }
        // Every store on the way that can be written got it, compressed until the last one.
        let Slot::Store(leftmost) = at else { return };
        let carried = match variant {
            Variant::Compressed => Form::Compressed,
            Variant::Plain | Variant::Pointer => Form::Plain,
        };
        for (store, place) in self.places.iter().enumerate().take(source) {
            let expected = match place {
                Place::Http(_) | Place::Local(_, Writes::No) | Place::Local(Has::Unreadable, _) => None,
                _ if self.rotten.contains(&Slot::Store(store)) => None,
                Place::Local(_, Writes::Yes) if store == leftmost => Some(form),
                Place::Local(_, Writes::Yes) => Some(carried),
            };
            assert_eq!(self.forms[store], expected, "store {store} of {:?}", self.places);
        }
    }
}

/// Checks that the reports tell of the writes that the outcome speaks of.
pub(crate) fn check_reports(run: &Run) {
    if let Outcome::Found {
        at: Slot::Store(at),
        source,
        form,
        ..
    } = run.outcome
        && at != source
    {
        assert_eq!(run.reports[at].written, Written::Stored(form), "{run:#?}");
    }
}

fn name(slot: Slot) -> String {
    match slot {
        Slot::Spare => "spare".to_owned(),
        Slot::Store(store) => store.to_string(),
    }
}

fn got(answer: Got) -> String {
    match answer {
        Got::Stored(form) => format!("Stored {form:?}"),
        _ => format!("{answer:?}"),
    }
}
