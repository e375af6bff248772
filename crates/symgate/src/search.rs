//! Carries out what symgate-lookup says: one file's search through one chain, or through one plain directory.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{BufReader, Seek as _};
use std::path::{Path, PathBuf};

use symgate_index::{CheckError, Expected, Found as Contained};
use symgate_lookup::{
    Action, Copied, DirectoryOrder, Expand, Form as Shape, Got, Kind, Options, Outcome, Probed as Looked, Search, Slot,
    Spare, Stopped, candidates,
};
use symgate_path::{FileId, FileName, Security, Tier, Variant};
use symgate_store::{Committed, Form, Probe, PutError, Store};
use url::Url;

use crate::client::{Client, Fit, Found, Job};
use crate::error::chain;
use crate::event::{Ended, Probed};
use crate::place::{Chain, Place, Server};
use crate::remote::{Body, Fetched};
use crate::tiers::Turn;
use crate::{Error, ErrorKind, Event, Wanted};

/// Which files one pass over the symbol path takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Take<'p> {
    /// Whatever is there.
    All,
    /// None from a store that has another one further upstream: that one is asked anew.
    Anew(&'p Passed),
    /// Those that were passed over, as the search for others ended with this. Nobody is asked a second time, but whom a
    /// pointer among them names.
    Kept(&'p Error),
}

/// Whether a copy was passed over because it is to be replaced.
#[derive(Debug, Default)]
pub(crate) struct Passed(Cell<bool>);

impl Passed {
    pub(crate) fn any(&self) -> bool {
        self.0.get()
    }

    /// Passes over a chain whose stores are all downstream of what comes later.
    pub(crate) fn over(&self, chain: &Chain, id: &FileId) {
        for place in &chain.places {
            if let Place::Local(store) = place {
                for variant in [Variant::Plain, Variant::Compressed, Variant::Pointer] {
                    self.look(&store.probe(id, variant));
                }
            }
        }
    }

    fn look(&self, probed: &Result<Probe, symgate_store::Error>) {
        if matches!(probed, Ok(Probe::Found(_))) {
            self.0.set(true);
        }
    }
}

/// One search, and what it has learned on the way.
pub(crate) struct Walk<'w> {
    pub(crate) client: &'w Client,
    pub(crate) chain: &'w Chain,
    pub(crate) wanted: &'w FileId,
    pub(crate) job: &'w Job<'w>,
    take: Take<'w>,
    /// The default store, for what a chain of one directory cannot keep. Secure mode has none (SYMSRV §1.8).
    spare: Option<Store>,
    /// The most telling of what went wrong.
    worst: Option<Error>,
    /// Why the first store that could not be written could not.
    unwritten: Option<Error>,
    /// Whether oddities of the content were told.
    warned: bool,
    /// Where the file lies, for each store that has it.
    files: Vec<Option<PathBuf>>,
    spare_file: Option<PathBuf>,
    /// The pointer file of a local store that was followed to a file of this machine, for stores that want pointers.
    pub(crate) pointer: Option<PathBuf>,
    bytes: u64,
}

impl Client {
    /// Looks through one chain.
    pub(crate) fn search(&self, chain: &Chain, wanted: &Wanted, job: &Job<'_>, take: Take<'_>) -> Result<Found, Error> {
        let stores = chain.shown.as_str();
        let begun = Event::Searching { stores, id: &wanted.id };
        told(job, &begun, || self.walk(chain, wanted, job, take))
    }

    fn walk(&self, chain: &Chain, wanted: &Wanted, job: &Job<'_>, take: Take<'_>) -> Result<Found, Error> {
        let spare = match self.plan().security {
            Security::Open => Some(Store::new(&self.plan().default_store).with_limits(self.settings().store_limits)),
            Security::Secure => None,
        };
        let mut walk = Walk {
            take,
            client: self,
            chain,
            wanted: &wanted.id,
            job,
            spare,
            worst: None,
            unwritten: None,
            warned: false,
            files: vec![None; chain.places.len()],
            spare_file: None,
            pointer: None,
            bytes: 0,
        };
        walk.run()
    }

    /// Looks through one plain directory, by name: the first file whose content fits. Its cache has had its own turn,
    /// further left in the path.
    pub(crate) fn look(
        &self,
        directory: &Path,
        cache: Option<&Chain>,
        wanted: &Wanted,
        job: &Job<'_>,
    ) -> Result<Found, Error> {
        let source = directory.display().to_string();
        let begun = Event::Looking {
            directory,
            id: &wanted.id,
        };
        told(job, &begun, || self.look_into(directory, &source, cache, wanted, job))
    }

    fn look_into(
        &self,
        directory: &Path,
        source: &str,
        cache: Option<&Chain>,
        wanted: &Wanted,
        job: &Job<'_>,
    ) -> Result<Found, Error> {
        for path in places(directory, wanted) {
            job.interrupted()?;
            let Ok(file) = open(&path) else {
                let found = if path.parent().is_some_and(Path::is_dir) {
                    Probed::NoFile
                } else {
                    Probed::NoPath
                };
                job.observe(&Event::Probed { path: &path, found });
                continue;
            };
            let bytes = file.metadata().map_or(0, |metadata| metadata.len());
            let strictness = self.settings().strictness;
            match symgate_index::check(&wanted.id, BufReader::new(file), bytes, strictness) {
                Ok(warnings) => {
                    warnings.iter().for_each(|warning| warn(job, &path, warning));
                    let path = cache
                        .and_then(|cache| self.keep(cache, &path, wanted, job))
                        .unwrap_or(path);
                    return Ok(Found {
                        id: wanted.id.clone(),
                        path,
                        source: source.to_owned(),
                        bytes,
                        fit: Fit::Matched,
                    });
                }
                // Found by name alone: another build is simply not the file.
                Err(mismatch) => {
                    if is_another_build(&mismatch) {
                        let found = Probed::Mismatched;
                        job.observe(&Event::Probed { path: &path, found });
                    }
                    warn(job, &path, &mismatch);
                }
            }
        }
        Err(Error::new(ErrorKind::Missing, format!("`{source}` does not have it")))
    }

    /// Looks through one plain directory for the PDB of another build: whole, and of another GUID or age alone. It is
    /// kept in no store, whose key would call it the right one; a warning says what kept the right one from being there.
    pub(crate) fn look_for_another(
        &self,
        directory: &Path,
        wanted: &Wanted,
        job: &Job<'_>,
        error: &Error,
    ) -> Result<Option<Found>, Error> {
        for path in places(directory, wanted) {
            job.interrupted()?;
            if self
                .judge(&wanted.id, &path)
                .is_err_and(|error| is_another_build(&error))
            {
                let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
                let id = &wanted.id;
                return told(job, &Event::Looking { directory, id }, || {
                    if !error.is_plain_miss() {
                        warn(job, &path, &format!("another build is used: {}", chain(error)));
                    }
                    Ok(Found {
                        id: id.clone(),
                        path,
                        source: directory.display().to_string(),
                        bytes,
                        fit: Fit::Mismatched,
                    })
                })
                .map(Some);
            }
        }
        Ok(None)
    }

    /// Copies what a plain directory had into the `cache*` to its left; a store that cannot be written is no error.
    fn keep(&self, cache: &Chain, from: &Path, wanted: &Wanted, job: &Job<'_>) -> Option<PathBuf> {
        let Some(Place::Local(store)) = cache.places.first() else {
            return None;
        };
        let mut check = |file: &mut File, length: u64| self.check(&wanted.id, file, length);
        let form = Form::AsIs(Variant::Plain);
        match store.copy(from, &wanted.id, form, &mut check, &self.writing_for(job)) {
            Ok(Committed { path, bytes, .. }) => {
                job.observe(&Event::Copied {
                    to: &path,
                    from: &from.display().to_string(),
                    bytes,
                });
                Some(path)
            }
            Err(error) => {
                warn(job, from, &chain(&put_error(error)));
                None
            }
        }
    }

    fn check(&self, id: &FileId, file: &mut File, length: u64) -> Result<Vec<symgate_index::Warning>, CheckError> {
        symgate_index::check(id, BufReader::new(file), length, self.settings().strictness)
    }

    /// Checks a file of this machine.
    pub(crate) fn judge(&self, id: &FileId, path: &Path) -> Result<Vec<symgate_index::Warning>, CheckError> {
        let opened = open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, mut file) = opened.map_err(CheckError::Io)?;
        self.check(id, &mut file, length)
    }

    /// The layout of a server: known, or asked for once, whoever comes first.
    fn tier(&self, server: &Server, job: &Job<'_>) -> Result<Tier, Error> {
        let tier = match self.tiers().turn(&server.base.id()) {
            Turn::Known(tier) => Some(tier),
            Turn::Ask(asking) => {
                let tier = self.ask_tier(server, job)?;
                if let Some(tier) = tier {
                    asking.answered(tier);
                }
                tier
            }
            Turn::Wait => {
                // The round trips that a connection costs pass while somebody else asks.
                self.open_ahead(server, job);
                match self.tiers().wait(&server.base.id(), job.cancel) {
                    Some(tier) => Some(tier),
                    // Whoever asked got no answer. The next may wait as long for none, so nobody queues behind him.
                    None => {
                        job.interrupted()?;
                        self.ask_tier(server, job)?
                    }
                }
            }
        };
        // A store says that it has two tiers.
        Ok(tier.unwrap_or(Tier::One))
    }

    /// Asks a server for its layout; `None` where what it says is not its last word.
    fn ask_tier(&self, server: &Server, job: &Job<'_>) -> Result<Option<Tier>, Error> {
        Ok(
            match self.request(server, &server.base.index2_url(), Body::Existence, job)? {
                Fetched::Missing => Some(Tier::One),
                Fetched::Unknown => None,
                _ => Some(Tier::Two),
            },
        )
    }
}

impl Walk<'_> {
    fn run(&mut self) -> Result<Found, Error> {
        let kinds = self.chain.places.iter().map(|place| match place {
            Place::Local(_) | Place::Foreign(_) => Kind::Local,
            Place::Server(_) => Kind::Http,
        });
        let in_chain = self.chain.places.iter().any(|place| match place {
            Place::Local(store) => self.spare.as_ref().is_some_and(|spare| store.root() == spare.root()),
            Place::Server(_) | Place::Foreign(_) => false,
        });
        // Where there is none it is offered all the same: what would go there is not put into the store it came from.
        let spare = if in_chain { Spare::None } else { Spare::Offered };
        let mut search = Search::new(
            kinds.collect(),
            Options {
                spare,
                ..Options::default()
            },
        );
        loop {
            self.job.interrupted()?;
            let fed = match search.poll() {
                Action::Probe { store, variant } => search.handle_probe(self.probe(store, variant)),
                Action::Tier { store } => search.handle_tier(self.tier(store)),
                Action::Get {
                    store,
                    tier,
                    variant,
                    into,
                    expand,
                } => search.handle_got(self.get(store, tier, variant, into, expand)),
                Action::Follow {
                    store,
                    tier,
                    into,
                    expand,
                } => search.handle_got(self.follow(store, tier, into, expand)),
                Action::Copy { from, to, form, expand } => search.handle_copied(self.copy(from, to, form, expand)),
                Action::Done(outcome) => return self.end(outcome),
            };
            fed.map_err(|misuse| Error::new(ErrorKind::Config, "the search went astray").caused(misuse))?;
        }
    }

    fn end(&mut self, outcome: Outcome) -> Result<Found, Error> {
        // Giving up is an answer to everything.
        self.job.interrupted()?;
        match outcome {
            Outcome::Found { at, source, .. } => {
                let file = match at {
                    Slot::Store(store) => self.files.get_mut(store).and_then(Option::take),
                    Slot::Spare => self.spare_file.take(),
                };
                let path = file.ok_or_else(|| Error::new(ErrorKind::Config, "the search lost its file"))?;
                let bytes = fs::metadata(&path).map_or(self.bytes, |metadata| metadata.len());
                if let Take::Kept(error) = self.take {
                    self.job.observe(&Event::Warning {
                        text: &format!("`{}` stays, as there is no other: {}", path.display(), chain(error)),
                    });
                }
                Ok(Found {
                    id: self.wanted.clone(),
                    path,
                    source: self.shown(source),
                    bytes,
                    fit: Fit::Matched,
                })
            }
            Outcome::Missing if self.worst.is_none() => Err(Error::new(
                ErrorKind::Missing,
                format!("`{}` does not have it", self.chain.shown),
            )),
            Outcome::Missing | Outcome::Failed | Outcome::Latched | Outcome::Unwritable => {
                let lost = || Error::new(ErrorKind::Store, "no store of the chain can be written");
                if outcome == Outcome::Unwritable {
                    let error = self.unwritten.take();
                    self.went_wrong(error.unwrap_or_else(lost));
                }
                Err(self.worst.take().unwrap_or_else(lost))
            }
        }
    }

    fn probe(&mut self, index: usize, variant: Variant) -> Looked {
        let Some(Place::Local(store)) = self.chain.places.get(index) else {
            return Looked::Unreadable;
        };
        let probed = store.probe(self.wanted, variant);
        if let Take::Anew(passed) = self.take
            && self.is_downstream(index)
            && probed.is_ok()
        {
            passed.look(&probed);
            return Looked::NoFile;
        }
        let (looked, path) = match probed {
            Ok(Probe::Found(path)) if variant == Variant::Plain && !self.is_fit(&path) => (Looked::NoFile, path),
            Ok(Probe::Found(path)) => (Looked::Found, path),
            Ok(Probe::NoFile) => (Looked::NoFile, self.expected(store, variant)),
            Ok(Probe::NoPath) => (Looked::NoPath, self.expected(store, variant)),
            Err(error) => {
                warn(self.job, store.root(), &error);
                (Looked::Unreadable, self.expected(store, variant))
            }
        };
        let found = match looked {
            Looked::Found => Probed::Found(variant),
            Looked::NoFile => Probed::NoFile,
            Looked::NoPath => Probed::NoPath,
            Looked::Unreadable => Probed::Unreadable,
        };
        self.job.observe(&Event::Probed { path: &path, found });
        if looked == Looked::Found {
            self.lies(Slot::Store(index), path);
        }
        looked
    }

    /// Whether a store that can be asked stands further upstream.
    fn is_downstream(&self, index: usize) -> bool {
        let mut upstream = self.chain.places.iter().skip(index + 1);
        upstream.any(|place| matches!(place, Place::Local(_) | Place::Server(_)))
    }

    /// Whether a file that was found is what its name and key say: it may be older than our checks, or somebody else's.
    /// One that is not counts as absent, so that a good one takes its place, and is the reason if there is none.
    pub(crate) fn is_fit(&mut self, path: &Path) -> bool {
        match self.client.judge(self.wanted, path) {
            Ok(warnings) => {
                self.warn(path, &warnings);
                true
            }
            Err(refusal) => {
                warn(self.job, path, &refusal);
                let path = path.to_owned();
                let shown = path.display().to_string();
                self.went_wrong(put_error(PutError::Refused { refusal, path }).of(&shown));
                false
            }
        }
    }

    /// Where a variant would lie, for the report.
    fn expected(&self, store: &Store, variant: Variant) -> PathBuf {
        let tier = store.tier().unwrap_or(Tier::One);
        let components = self.wanted.components(tier, variant);
        components.fold(store.root().to_owned(), |path, component| path.join(&*component))
    }

    fn tier(&mut self, index: usize) -> Result<Tier, Stopped> {
        let Some(Place::Server(server)) = self.chain.places.get(index) else {
            return Err(Stopped::Failed);
        };
        if matches!(self.take, Take::Kept(_)) {
            let message = format!("`{}` is not asked again", server.shown);
            self.went_wrong(Error::new(ErrorKind::Missing, message));
            return Err(Stopped::Failed);
        }
        match self.client.tier(server, self.job) {
            Ok(tier) => {
                self.job.observe(&Event::Tier { tier });
                Ok(tier)
            }
            Err(error) => {
                self.went_wrong(error);
                Err(Stopped::Failed)
            }
        }
    }

    fn get(&mut self, index: usize, tier: Tier, variant: Variant, into: Slot, expand: Expand) -> Got {
        let Some(Place::Server(server)) = self.chain.places.get(index) else {
            return Got::Failed;
        };
        let url = server.base.file_url(self.wanted, tier, variant);
        self.fetch(server, &url, variant, into, expand)
    }

    /// Fetches into a store, checks, and publishes.
    pub(crate) fn fetch(&mut self, server: &Server, url: &Url, variant: Variant, into: Slot, expand: Expand) -> Got {
        let chain = self.chain;
        let spare = self.spare.clone();
        let Some(store) = slot(chain, spare.as_ref(), into) else {
            return self.cannot_keep(&server.shown);
        };
        let form = form(variant, expand);
        let id = self.wanted;
        match self
            .client
            .request(server, url, Body::File { store, id, form }, self.job)
        {
            Ok(Fetched::Incoming(incoming)) => {
                let client = self.client;
                let writing = client.writing_for(self.job);
                let mut check = |file: &mut File, length: u64| client.check(id, file, length);
                let result = match form {
                    Form::Expanded => incoming.commit_expanded(&mut check, &writing),
                    Form::AsIs(Variant::Compressed) => incoming.commit_compressed(&mut check, &writing),
                    Form::AsIs(_) => incoming.commit(&mut check),
                };
                self.settle(result, form, into, &server.shown, |error| error.at(&server.shown))
            }
            Ok(Fetched::Exists(path)) => {
                self.lies(into, path);
                Got::Stored(shape(form))
            }
            Ok(Fetched::Missing | Fetched::Unknown | Fetched::Small(_)) => Got::Missing,
            Ok(Fetched::Unwritable(error)) => self.cannot_write(error),
            Err(error) => {
                self.went_wrong(error);
                Got::Failed
            }
        }
    }

    fn copy(&mut self, from: Slot, to: Slot, form: Shape, expand: Expand) -> Copied {
        let Some(source) = self.file(from) else {
            return Copied::Failed;
        };
        let variant = match form {
            Shape::Compressed => Variant::Compressed,
            Shape::Plain => Variant::Plain,
        };
        let got = match self.keep_pointer(&source, to) {
            Some(got) => got,
            None => self.copy_file(&source, variant, to, expand, &self.shown_slot(from)),
        };
        match got {
            Got::Stored(_) => Copied::Copied,
            Got::Unwritable => Copied::Unwritable,
            Got::Failed | Got::Latched | Got::Missing => Copied::Failed,
        }
    }

    /// Copies a file of this machine into a store.
    pub(crate) fn copy_file(&mut self, from: &Path, variant: Variant, into: Slot, expand: Expand, source: &str) -> Got {
        let spare = self.spare.clone();
        let Some(store) = slot(self.chain, spare.as_ref(), into) else {
            if variant == Variant::Plain && into == Slot::Spare {
                return self.open_in_place(from, into);
            }
            return self.cannot_keep(source);
        };
        let form = form(variant, expand);
        let (client, id) = (self.client, self.wanted);
        let mut check = |file: &mut File, length: u64| client.check(id, file, length);
        let result = store.copy(from, id, form, &mut check, &client.writing_for(self.job));
        self.settle(result, form, into, source, |error| error.of(source))
    }

    /// What became of a file that was to be published, however it came.
    fn settle(
        &mut self,
        result: Result<Committed<symgate_index::Warning>, PutError<CheckError>>,
        form: Form,
        into: Slot,
        source: &str,
        blame: impl FnOnce(Error) -> Error,
    ) -> Got {
        match result {
            Ok(Committed {
                path, bytes, warnings, ..
            }) => {
                self.job.observe(&Event::Copied {
                    to: &path,
                    from: source,
                    bytes,
                });
                self.warn(&path, &warnings);
                self.bytes = bytes;
                self.lies(into, path);
                Got::Stored(shape(form))
            }
            Err(PutError::Store(error)) if error.is_unwritable() => self.cannot_write(error),
            Err(error) => {
                self.went_wrong(blame(put_error(error)));
                Got::Failed
            }
        }
    }

    /// Tells what is odd about the content, once: the same content further down is no news.
    fn warn(&mut self, path: &Path, warnings: &[symgate_index::Warning]) {
        if !self.warned {
            warnings.iter().for_each(|warning| warn(self.job, path, warning));
            self.warned = !warnings.is_empty();
        }
    }

    /// A store that cannot be written is passed over without an error (SYMSRV §1.2), unless there is no other.
    pub(crate) fn cannot_write(&mut self, error: symgate_store::Error) -> Got {
        self.unwritten.get_or_insert_with(|| Error::from_store(error));
        Got::Unwritable
    }

    /// There is no store for something that must be put into one before it can be opened.
    fn cannot_keep(&mut self, source: &str) -> Got {
        self.unwritten.get_or_insert_with(|| {
            let message = if self.client.plan().security == Security::Secure {
                format!("`{source}` has it compressed, and secure mode keeps no copies, so it is not expanded")
            } else {
                format!("there is no store that could keep what `{source}` has")
            };
            Error::new(ErrorKind::Store, message)
        });
        Got::Unwritable
    }

    /// Takes a file where it is, as there is no store for a copy.
    fn open_in_place(&mut self, path: &Path, into: Slot) -> Got {
        if !self.is_fit(path) {
            return Got::Failed;
        }
        self.lies(into, path.to_owned());
        Got::Stored(Shape::Plain)
    }

    pub(crate) fn went_wrong(&mut self, error: Error) {
        if self.worst.as_ref().is_none_or(|worst| worst.kind() < error.kind()) {
            self.worst = Some(error);
        }
    }

    pub(crate) fn lies(&mut self, slot: Slot, path: PathBuf) {
        match slot {
            Slot::Spare => self.spare_file = Some(path),
            Slot::Store(index) => {
                if let Some(file) = self.files.get_mut(index) {
                    *file = Some(path);
                }
            }
        }
    }

    pub(crate) fn file(&self, slot: Slot) -> Option<PathBuf> {
        match slot {
            Slot::Spare => self.spare_file.clone(),
            Slot::Store(index) => self.files.get(index).cloned().flatten(),
        }
    }

    pub(crate) fn shown(&self, index: usize) -> String {
        match self.chain.places.get(index) {
            Some(Place::Local(store)) => store.root().display().to_string(),
            Some(Place::Server(server)) => server.shown.clone(),
            Some(Place::Foreign(text)) => text.clone(),
            None => String::new(),
        }
    }

    /// The store at a slot.
    pub(crate) fn store(&self, at: Slot) -> Option<Store> {
        slot(self.chain, self.spare.as_ref(), at).cloned()
    }

    fn shown_slot(&self, slot: Slot) -> String {
        match slot {
            Slot::Spare => {
                let root = self.spare.as_ref().map(|spare| spare.root().display().to_string());
                root.unwrap_or_default()
            }
            Slot::Store(index) => self.shown(index),
        }
    }
}

/// The files of a plain directory that may be the one (SYMSRV §1.6).
fn places(directory: &Path, wanted: &Wanted) -> Vec<PathBuf> {
    let module = wanted
        .module
        .as_ref()
        .and_then(|extension| FileName::new(&format!("m.{extension}")).ok());
    let module = module.as_ref().unwrap_or(&wanted.id.name);
    candidates(&wanted.id.name, module, DirectoryOrder::RootFirst)
        .into_iter()
        .map(|parts| parts.iter().fold(directory.to_owned(), |path, part| path.join(part)))
        .collect()
}

/// A search with its beginning and its end told, whatever the end is.
fn told(job: &Job<'_>, begun: &Event<'_>, search: impl FnOnce() -> Result<Found, Error>) -> Result<Found, Error> {
    job.observe(begun);
    let result = search();
    let outcome = match &result {
        Ok(found) => Ended::Found(&found.path),
        Err(error) if error.is_plain_miss() => Ended::Missing,
        Err(error) => Ended::Failed(error),
    };
    job.observe(&Event::Ended { outcome });
    result
}

/// Whether a file is a PDB, whole, and of another build alone.
fn is_another_build(error: &CheckError) -> bool {
    let CheckError::Mismatch(mismatch) = error else {
        return false;
    };
    matches!(
        (&mismatch.expected, &mismatch.found),
        (Expected::PdbOf { .. }, Contained::PdbOf { .. })
    )
}

fn slot<'s>(chain: &'s Chain, spare: Option<&'s Store>, slot: Slot) -> Option<&'s Store> {
    match slot {
        Slot::Spare => spare,
        Slot::Store(index) => match chain.places.get(index)? {
            Place::Local(store) => Some(store),
            Place::Server(_) | Place::Foreign(_) => None,
        },
    }
}

/// In which form a variant arrives.
fn form(variant: Variant, expand: Expand) -> Form {
    match (variant, expand) {
        (Variant::Compressed, Expand::IfCompressed) => Form::Expanded,
        (variant, _) => Form::AsIs(variant),
    }
}

const fn shape(form: Form) -> Shape {
    match form {
        Form::AsIs(Variant::Compressed) => Shape::Compressed,
        Form::AsIs(Variant::Plain | Variant::Pointer) | Form::Expanded => Shape::Plain,
    }
}

fn put_error(error: PutError<CheckError>) -> Error {
    match error {
        PutError::Refused {
            refusal: CheckError::Io(source),
            path,
        } => Error::new(ErrorKind::Store, format!("`{}` cannot be read", path.display())).caused(source),
        PutError::Refused { refusal, .. } => Error::new(ErrorKind::Content, "the file was refused").caused(refusal),
        PutError::Store(error) => Error::from_store(error),
    }
}

/// Opens a regular file; a named pipe would wait for its writer.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut file = File::open(path)?;
    file.rewind()?;
    Ok(file)
}

fn warn(job: &Job<'_>, path: &Path, what: &dyn std::fmt::Display) {
    job.observe(&Event::Warning {
        text: &format!("`{}`: {what}", path.display()),
    });
}
