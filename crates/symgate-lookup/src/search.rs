//! The machine (SYMSRV §2.6, §1.2; DECISIONS §8).
//!
//! Its state is the question that waits for an answer. Each answer leads, by value, to the next question:
//!
//! ```text
//!   enter(store) ─ local ─▶ Probe ─ found ─▶ cascade          cascade ─▶ Copy ─▶ cascade …
//!        ▲                    └ pointer ─▶ Follow ─▶ cascade      └ nothing left to write ─▶ finish
//!        ├────── http ──▶ Tier ─▶ Get / Follow ─▶ cascade                 ├ plain ─▶ Done
//!        └── miss of all variants, failure: the next store                └ compressed ─▶ Copy (expand) ─▶ Done
//! ```

use symgate_path::{EffectiveChain, Store, Tier, Variant};

use crate::action::{Action, Copied, Expand, Form, Got, Misuse, Probed, Slot, Stopped};
use crate::report::{Lookup, Outcome, StoreReport, Written};
use crate::variants::Variants;

/// What kind of store stands at a place of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A server: asked, never written.
    Http,
    /// A directory: probed, and written when something is found to its right.
    Local,
}

/// How a file is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether the file is expanded in the leftmost store.
    pub expansion: Expansion,
    /// What HTTP stores are asked for.
    pub http: Variants,
    /// What local stores are probed for.
    pub local: Variants,
    /// Whether there is a store outside the chain.
    pub spare: Spare,
}

/// Whether compressed files are expanded in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expansion {
    /// In the leftmost store that can be written.
    #[default]
    Leftmost,
    /// Nowhere: SSRVOPT_DONT_UNCOMPRESS.
    Never,
}

/// Whether there is a store outside the chain, normally the default downstream store, for what a chain of one store
/// cannot keep itself: its compressed files and the targets of its pointers (SYMSRV §1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spare {
    /// There is none, or it is in the chain already: a chain of one store keeps such files itself.
    #[default]
    None,
    /// There is one, [`Slot::Spare`].
    Offered,
}

/// The search for one file in one chain. See the [contract](crate).
#[derive(Clone, Debug)]
pub struct Search {
    kinds: Vec<Kind>,
    options: Options,
    reports: Vec<StoreReport>,
    /// Where a write may still be tried; never a server.
    usable: Vec<bool>,
    spare_usable: bool,
    state: State,
}

impl Search {
    /// Starts the search in a chain, given from downstream to upstream.
    #[must_use]
    pub fn new(kinds: Vec<Kind>, options: Options) -> Self {
        let mut search = Self {
            reports: vec![StoreReport::default(); kinds.len()],
            usable: kinds.iter().map(|kind| *kind == Kind::Local).collect(),
            spare_usable: options.spare == Spare::Offered,
            kinds,
            options,
            state: State::Done(Outcome::Missing),
        };
        search.state = search.enter(0);
        search
    }

    /// Starts the search in a chain of a symbol path.
    #[must_use]
    pub fn in_chain(chain: &EffectiveChain, options: Options) -> Self {
        let kind = |store: &Store| if store.is_http() { Kind::Http } else { Kind::Local };
        Self::new(chain.stores().iter().map(kind).collect(), options)
    }

    /// Says what to do now.
    #[must_use]
    pub fn poll(&self) -> Action {
        match self.state {
            State::Probe { store, variant, .. } => Action::Probe { store, variant },
            State::Tier { store } => Action::Tier { store },
            State::Get(Errand {
                store,
                tier,
                variant,
                into,
                ..
            }) => {
                let expand = self.expand(into);
                match (variant, tier) {
                    (Variant::Plain | Variant::Compressed, Some(tier)) => Action::Get {
                        store,
                        tier,
                        variant,
                        into,
                        expand,
                    },
                    (Variant::Pointer, _) | (_, None) => Action::Follow {
                        store,
                        tier,
                        into,
                        expand,
                    },
                }
            }
            State::Copy(Cascade { from, form, .. }, to) => {
                // In place there is one reason to copy.
                let expand = if from == to {
                    Expand::IfCompressed
                } else {
                    self.expand(to)
                };
                Action::Copy { from, to, form, expand }
            }
            State::Done(outcome) => Action::Done(outcome),
        }
    }

    /// Returns what became of each store so far, in the order of the chain.
    #[must_use]
    pub fn reports(&self) -> &[StoreReport] {
        &self.reports
    }

    /// Answers [`Action::Tier`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] if something else was asked.
    pub fn handle_tier(&mut self, answer: Result<Tier, Stopped>) -> Result<(), Misuse> {
        let State::Tier { store } = self.state else {
            return Err(self.misuse("handle_tier"));
        };
        self.state = match answer {
            Ok(tier) => self.get(store, tier, 0),
            Err(Stopped::Failed) => self.leave(store, Lookup::Failed),
            Err(Stopped::Latched) => self.leave(store, Lookup::Latched),
        };
        Ok(())
    }

    /// Answers [`Action::Probe`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] if something else was asked.
    pub fn handle_probe(&mut self, answer: Probed) -> Result<(), Misuse> {
        let State::Probe { store, index, variant } = self.state else {
            return Err(self.misuse("handle_probe"));
        };
        let found = |form| Cascade {
            source: store,
            variant,
            from: Slot::Store(store),
            form,
            left: store,
        };
        self.state = match (answer, variant) {
            (Probed::Found, Variant::Plain) => self.found(found(Form::Plain)),
            (Probed::Found, Variant::Compressed) => self.found(found(Form::Compressed)),
            (Probed::Found, Variant::Pointer) => self.follow(store, index),
            (Probed::NoFile | Probed::NoPath, _) => self.probe(store, index + 1),
            (Probed::Unreadable, _) => {
                // Who cannot look into a store is not going to keep something in it.
                self.forbid(Slot::Store(store));
                self.leave(store, Lookup::Unreadable)
            }
        };
        Ok(())
    }

    /// Answers [`Action::Get`] and [`Action::Follow`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] if something else was asked.
    pub fn handle_got(&mut self, answer: Got) -> Result<(), Misuse> {
        let State::Get(Errand {
            store,
            tier,
            index,
            variant,
            into,
        }) = self.state
        else {
            return Err(self.misuse("handle_got"));
        };
        self.state = match answer {
            Got::Stored(form) => {
                self.note(into, Written::Stored(form));
                self.found(Cascade {
                    source: store,
                    variant,
                    from: into,
                    form,
                    left: left_of(into),
                })
            }
            Got::Missing => match tier {
                Some(tier) => self.get(store, tier, index + 1),
                None => self.probe(store, index + 1),
            },
            Got::Unwritable => {
                self.refuse_write(into);
                match tier {
                    Some(tier) => self.get(store, tier, index),
                    None => self.follow(store, index),
                }
            }
            Got::Failed => self.leave(store, Lookup::Failed),
            Got::Latched => self.leave(store, Lookup::Latched),
        };
        Ok(())
    }

    /// Answers [`Action::Copy`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] if something else was asked.
    pub fn handle_copied(&mut self, answer: Copied) -> Result<(), Misuse> {
        let State::Copy(cascade, to) = self.state else {
            return Err(self.misuse("handle_copied"));
        };
        let Cascade { source, from, form, .. } = cascade;
        self.state = match answer {
            Copied::Copied => {
                let expanded = from == to || self.expand(to) == Expand::IfCompressed;
                let form = if expanded { Form::Plain } else { form };
                self.note(to, Written::Stored(form));
                self.cascade(Cascade {
                    from: to,
                    form,
                    left: left_of(to),
                    ..cascade
                })
            }
            Copied::Unwritable => {
                self.refuse_write(to);
                self.cascade(cascade)
            }
            // Between two of our own copies nobody knows whose fault it is. The one that was made may be opened where
            // it is, unless it cannot even be expanded.
            Copied::Failed if from != Slot::Store(source) && from != to => {
                self.note(to, Written::Failed);
                self.cascade(Cascade {
                    left: left_of(to),
                    ..cascade
                })
            }
            Copied::Failed => {
                // What lies there already wins, so a store with a bad file would give it back for a good one. The
                // leftmost keeps its turn: there nothing is copied on, and only the plain file is looked for.
                if from == Slot::Store(source) && source > 0 {
                    self.forbid(from);
                }
                self.leave(source, Lookup::Failed)
            }
        };
        Ok(())
    }

    /// Begins with a store, or ends the search after the last one.
    fn enter(&self, store: usize) -> State {
        let rest = self.kinds.iter().enumerate().skip(store);
        let next = rest.into_iter().find_map(|(store, kind)| match kind {
            Kind::Local => self.options.local.nth(0).map(|variant| State::Probe {
                store,
                index: 0,
                variant,
            }),
            Kind::Http => self.options.http.nth(0).map(|_| State::Tier { store }),
        });
        next.unwrap_or_else(|| State::Done(self.verdict()))
    }

    fn leave(&mut self, store: usize, lookup: Lookup) -> State {
        if let Some(report) = self.reports.get_mut(store) {
            report.lookup = lookup;
        }
        self.enter(store + 1)
    }

    fn probe(&mut self, store: usize, index: usize) -> State {
        match self.options.local.nth(index) {
            Some(variant) => State::Probe { store, index, variant },
            None => self.leave(store, Lookup::Missing),
        }
    }

    /// Fetches a variant from an HTTP store, if there is somewhere to put it.
    fn get(&mut self, store: usize, tier: Tier, index: usize) -> State {
        let Some(variant) = self.options.http.nth(index) else {
            return self.leave(store, Lookup::Missing);
        };
        match self.destination(store) {
            Some(into) => State::Get(Errand {
                store,
                tier: Some(tier),
                index,
                variant,
                into,
            }),
            None => self.leave(store, Lookup::Unplaced),
        }
    }

    /// Fetches what a local store's pointer names, if there is somewhere to put it.
    fn follow(&mut self, store: usize, index: usize) -> State {
        match self.destination(store) {
            Some(into) => State::Get(Errand {
                store,
                tier: None,
                index,
                variant: Variant::Pointer,
                into,
            }),
            None => self.leave(store, Lookup::Unplaced),
        }
    }

    fn found(&mut self, cascade: Cascade) -> State {
        if let Some(report) = self.reports.get_mut(cascade.source) {
            report.lookup = Lookup::Found(cascade.variant);
        }
        self.cascade(cascade)
    }

    /// Copies to the next store further downstream that can be written.
    fn cascade(&mut self, cascade: Cascade) -> State {
        match self.nearest(cascade.left) {
            Some(to) => State::Copy(cascade, to),
            None => self.finish(cascade),
        }
    }

    /// Nothing can be copied further: the file is opened where it is, but expanded first.
    fn finish(&mut self, cascade: Cascade) -> State {
        let Cascade {
            source,
            variant,
            from,
            form,
            ..
        } = cascade;
        if form == Form::Plain || self.options.expansion == Expansion::Never {
            return State::Done(Outcome::Found {
                at: from,
                form,
                source,
                variant,
            });
        }
        // What we wrote ourselves may be expanded beside itself; what we found has its rules.
        let place = if from == Slot::Store(source) {
            self.destination(source)
        } else {
            Some(from).filter(|slot| self.is_usable(*slot))
        };
        match place {
            Some(to) => State::Copy(cascade, to),
            None => self.leave(source, Lookup::Unplaced),
        }
    }

    /// Returns where something from `store` is put that cannot stay as it is: the nearest local store to its left. If
    /// there is none at all, the spare one; only the leftmost of several stores, being a cache, or a store without a
    /// spare one keeps it itself.
    fn destination(&self, store: usize) -> Option<Slot> {
        let is_local = |index: usize| self.kinds.get(index) == Some(&Kind::Local);
        if (0..store).any(is_local) {
            return self.nearest(store);
        }
        let itself = Some(Slot::Store(store)).filter(|slot| self.is_usable(*slot));
        let spare = Some(Slot::Spare).filter(|slot| self.is_usable(*slot));
        match self.options.spare {
            Spare::None => itself,
            Spare::Offered if store == 0 && self.kinds.len() > 1 => itself.or(spare),
            Spare::Offered => spare,
        }
    }

    /// Returns the nearest store to the left of `store` that may be written.
    fn nearest(&self, store: usize) -> Option<Slot> {
        (0..store).rev().map(Slot::Store).find(|slot| self.is_usable(*slot))
    }

    fn is_usable(&self, slot: Slot) -> bool {
        match slot {
            Slot::Spare => self.spare_usable,
            Slot::Store(store) => self.usable.get(store) == Some(&true),
        }
    }

    fn forbid(&mut self, slot: Slot) {
        match slot {
            Slot::Spare => self.spare_usable = false,
            Slot::Store(store) => {
                if let Some(usable) = self.usable.get_mut(store) {
                    *usable = false;
                }
            }
        }
    }

    fn refuse_write(&mut self, slot: Slot) {
        self.note(slot, Written::Unwritable);
        self.forbid(slot);
    }

    fn note(&mut self, slot: Slot, written: Written) {
        if let Slot::Store(store) = slot
            && let Some(report) = self.reports.get_mut(store)
        {
            report.written = written;
        }
    }

    /// Files are expanded where they are opened: in the leftmost store, and outside the chain.
    fn expand(&self, into: Slot) -> Expand {
        match (self.options.expansion, into) {
            (Expansion::Leftmost, Slot::Spare | Slot::Store(0)) => Expand::IfCompressed,
            (Expansion::Leftmost, Slot::Store(_)) | (Expansion::Never, _) => Expand::Never,
        }
    }

    /// The outcome when nothing was found, by rank.
    fn verdict(&self) -> Outcome {
        let ended = |lookup| self.reports.iter().any(|report| report.lookup == lookup);
        if ended(Lookup::Unplaced) {
            Outcome::Unwritable
        } else if ended(Lookup::Latched) {
            Outcome::Latched
        } else if ended(Lookup::Failed) {
            Outcome::Failed
        } else {
            Outcome::Missing
        }
    }

    fn misuse(&self, answer: &'static str) -> Misuse {
        let asked = match self.poll() {
            Action::Copy { .. } => "copy",
            Action::Done(_) => "nothing",
            Action::Follow { .. } => "follow",
            Action::Get { .. } => "get",
            Action::Probe { .. } => "probe",
            Action::Tier { .. } => "tier",
        };
        Misuse { answer, asked }
    }
}

/// The question that waits for an answer.
#[derive(Clone, Copy, Debug)]
enum State {
    Copy(Cascade, Slot),
    Done(Outcome),
    Get(Errand),
    Probe {
        store: usize,
        index: usize,
        variant: Variant,
    },
    Tier {
        store: usize,
    },
}

/// A file on its way out of a store: fetched by variant, or by the pointer of a local store.
#[derive(Clone, Copy, Debug)]
struct Errand {
    store: usize,
    /// `None` for a local store, whose only errand is a pointer.
    tier: Option<Tier>,
    /// The place of `variant` in the order of variants.
    index: usize,
    variant: Variant,
    into: Slot,
}

/// A file that was found, on its way to the left.
#[derive(Clone, Copy, Debug)]
struct Cascade {
    /// Who had it, and how.
    source: usize,
    variant: Variant,
    /// Where it has got to, and how it lies there.
    from: Slot,
    form: Form,
    /// Only stores left of this one have not had their turn.
    left: usize,
}

/// The spare store has nothing to its left.
fn left_of(slot: Slot) -> usize {
    match slot {
        Slot::Spare => 0,
        Slot::Store(store) => store,
    }
}

#[cfg(test)]
mod tests;
