//! Carries out what symgate-lookup says: one file's search through one chain, or through one plain directory.

use std::fs::{self, File};
use std::io::{BufReader, Seek as _};
use std::path::{Path, PathBuf};

use symgate_index::CheckError;
use symgate_lookup::{
    Action, Copied, DirectoryOrder, Expand, Form as Shape, Got, Kind, Options, Outcome, Probed as Looked, Search, Slot,
    Spare, Stopped, candidates,
};
use symgate_path::{FileId, FileName, Tier, Variant};
use symgate_store::{Committed, Form, Incoming, Pointer, Probe, PutError, Store, Writing};
use url::Url;

use crate::client::{Client, Found, Job};
use crate::event::{Ended, Probed};
use crate::place::{Chain, Place, Server};
use crate::remote::{Body, Fetched};
use crate::tiers::Turn;
use crate::{Error, ErrorKind, Event, Wanted};

/// One search, and what it has learned on the way.
struct Walk<'w> {
    client: &'w Client,
    chain: &'w Chain,
    wanted: &'w FileId,
    job: &'w Job<'w>,
    /// The default store, for what a chain of one directory cannot keep.
    spare: Store,
    /// The most telling of what went wrong.
    worst: Option<Error>,
    /// Where the file lies, for each store that has it.
    files: Vec<Option<PathBuf>>,
    spare_file: Option<PathBuf>,
    bytes: u64,
}

impl Client {
    /// Looks through one chain.
    pub(crate) fn search(&self, chain: &Chain, wanted: &Wanted, job: &Job<'_>) -> Result<Found, Error> {
        job.observe(&Event::Searching {
            stores: &chain.shown,
            id: &wanted.id,
        });
        let mut walk = Walk {
            client: self,
            chain,
            wanted: &wanted.id,
            job,
            spare: Store::new(&self.settings().default_store),
            worst: None,
            files: vec![None; chain.places.len()],
            spare_file: None,
            bytes: 0,
        };
        let result = walk.run();
        let outcome = match &result {
            Ok(found) => Ended::Found(&found.path),
            Err(error) if error.is_not_found() && error.status().is_none() => Ended::Missing,
            Err(error) => Ended::Failed(error),
        };
        job.observe(&Event::Ended { outcome });
        result
    }

    /// Looks through one plain directory, by name: the first file whose content fits.
    pub(crate) fn look(
        &self,
        directory: &Path,
        cache: Option<&Chain>,
        wanted: &Wanted,
        job: &Job<'_>,
    ) -> Result<Found, Error> {
        if let Some(cache) = cache
            && let Ok(found) = self.search(cache, wanted, job)
        {
            return Ok(found);
        }
        let source = directory.display().to_string();
        job.observe(&Event::Searching {
            stores: &source,
            id: &wanted.id,
        });
        let module = wanted
            .module
            .as_ref()
            .and_then(|extension| FileName::new(&format!("m.{extension}")).ok());
        let module = module.as_ref().unwrap_or(&wanted.id.name);
        for parts in candidates(&wanted.id.name, module, DirectoryOrder::RootFirst) {
            job.interrupted()?;
            let path = parts.iter().fold(directory.to_owned(), |path, part| path.join(part));
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
                    job.observe(&Event::Ended {
                        outcome: Ended::Found(&path),
                    });
                    return Ok(Found {
                        id: wanted.id.clone(),
                        path,
                        source,
                        bytes,
                    });
                }
                // Found by name alone: another build is simply not the file.
                Err(mismatch) => warn(job, &path, &mismatch),
            }
        }
        job.observe(&Event::Ended {
            outcome: Ended::Missing,
        });
        Err(Error::new(ErrorKind::Missing, format!("`{source}` does not have it")))
    }

    /// Copies what a plain directory had into the `cache*` to its left; a store that cannot be written is no error.
    fn keep(&self, cache: &Chain, from: &Path, wanted: &Wanted, job: &Job<'_>) -> Option<PathBuf> {
        let Some(Place::Local(store)) = cache.places.first() else {
            return None;
        };
        let writing = Writing {
            cancel: Some(job.cancel.flag()),
            ..self.writing()
        };
        let mut check = |file: &mut File, length: u64| self.check(&wanted.id, file, length);
        match store.copy(from, &wanted.id, Form::AsIs(Variant::Plain), &mut check, &writing) {
            Ok(Committed { path, bytes, .. }) => {
                job.observe(&Event::Copied {
                    to: &path,
                    from: &from.display().to_string(),
                    bytes,
                });
                Some(path)
            }
            Err(error) => {
                warn(job, from, &put_error(error));
                None
            }
        }
    }

    fn check(&self, id: &FileId, file: &mut File, length: u64) -> Result<Vec<symgate_index::Warning>, CheckError> {
        symgate_index::check(id, BufReader::new(file), length, self.settings().strictness)
    }

    /// The layout of a server: known, or asked for once, whoever comes first.
    fn tier(&self, server: &Server, job: &Job<'_>) -> Result<Tier, Error> {
        loop {
            job.interrupted()?;
            match self.tiers().turn(&server.base.id()) {
                Turn::Known(tier) => return Ok(tier),
                Turn::Ask(asking) => {
                    let tier = match self.request(server, &server.base.index2_url(), Body::Existence, job)? {
                        Fetched::Missing => Tier::One,
                        _ => Tier::Two,
                    };
                    asking.answered(tier);
                    return Ok(tier);
                }
                Turn::Wait => {
                    // The round trips that a connection costs pass while somebody else asks.
                    self.open_ahead(server, job);
                    self.tiers().wait(&server.base.id(), job.cancel);
                }
            }
        }
    }
}

impl Walk<'_> {
    fn run(&mut self) -> Result<Found, Error> {
        let kinds = self.chain.places.iter().map(|place| match place {
            Place::Local(_) | Place::Foreign(_) => Kind::Local,
            Place::Server(_) => Kind::Http,
        });
        let in_chain = self.chain.places.iter().any(|place| match place {
            Place::Local(store) => store.root() == self.spare.root(),
            Place::Server(_) | Place::Foreign(_) => false,
        });
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
                Ok(Found {
                    id: self.wanted.clone(),
                    path,
                    source: self.shown(source),
                    bytes,
                })
            }
            Outcome::Missing if self.worst.is_none() => Err(Error::new(
                ErrorKind::Missing,
                format!("`{}` does not have it", self.chain.shown),
            )),
            Outcome::Missing | Outcome::Failed | Outcome::Latched | Outcome::Unwritable => {
                let lost = || Error::new(ErrorKind::Store, "no store of the chain can be written");
                Err(self.worst.take().unwrap_or_else(lost))
            }
        }
    }

    fn probe(&mut self, index: usize, variant: Variant) -> Looked {
        let Some(Place::Local(store)) = self.chain.places.get(index) else {
            return Looked::Unreadable;
        };
        let (looked, path) = match store.probe(self.wanted, variant) {
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
    fn fetch(&mut self, server: &Server, url: &Url, variant: Variant, into: Slot, expand: Expand) -> Got {
        let chain = self.chain;
        let spare = self.spare.clone();
        let Some(store) = slot(chain, &spare, into) else {
            return Got::Unwritable;
        };
        let body = Body::File {
            store,
            id: self.wanted,
            variant,
        };
        match self.client.request(server, url, body, self.job) {
            Ok(Fetched::Incoming(incoming)) => self.publish(*incoming, variant, expand, &server.shown, into),
            Ok(Fetched::Exists(path)) => {
                self.lies(into, path);
                Got::Stored(shape(variant))
            }
            Ok(Fetched::Missing | Fetched::Small(_)) => Got::Missing,
            Ok(Fetched::Unwritable(error)) => {
                self.went_wrong(Error::from_store(error));
                Got::Unwritable
            }
            Err(error) => {
                self.went_wrong(error);
                Got::Failed
            }
        }
    }

    fn publish(&mut self, incoming: Incoming, variant: Variant, expand: Expand, source: &str, into: Slot) -> Got {
        let client = self.client;
        let writing = Writing {
            cancel: Some(self.job.cancel.flag()),
            ..client.writing()
        };
        let expanded = variant == Variant::Compressed && expand == Expand::IfCompressed;
        let id = if expanded {
            self.wanted.clone()
        } else {
            named(self.wanted, variant)
        };
        let mut check = |file: &mut File, length: u64| client.check(&id, file, length);
        let committed = if expanded {
            incoming.commit_expanded(&mut check, &writing)
        } else {
            incoming.commit(&mut check)
        };
        match committed {
            Ok(committed) => {
                self.job.observe(&Event::Copied {
                    to: &committed.path,
                    from: source,
                    bytes: committed.bytes,
                });
                committed
                    .warnings
                    .iter()
                    .for_each(|warning| warn(self.job, &committed.path, warning));
                self.bytes = committed.bytes;
                self.lies(into, committed.path);
                Got::Stored(if expanded { Shape::Plain } else { shape(variant) })
            }
            Err(error) => {
                self.went_wrong(put_error(error).at(source));
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
        match self.copy_file(&source, variant, to, expand, &self.shown_slot(from)) {
            Got::Stored(_) => Copied::Copied,
            Got::Unwritable => Copied::Unwritable,
            Got::Failed | Got::Latched | Got::Missing => Copied::Failed,
        }
    }

    /// Copies a file of this machine into a store.
    fn copy_file(&mut self, from: &Path, variant: Variant, into: Slot, expand: Expand, source: &str) -> Got {
        let spare = self.spare.clone();
        let Some(store) = slot(self.chain, &spare, into) else {
            return Got::Unwritable;
        };
        let client = self.client;
        let writing = Writing {
            cancel: Some(self.job.cancel.flag()),
            ..client.writing()
        };
        let expanded = variant == Variant::Compressed && expand == Expand::IfCompressed;
        let (form, id) = if expanded {
            (Form::Expanded, self.wanted.clone())
        } else {
            (Form::AsIs(variant), named(self.wanted, variant))
        };
        let mut check = |file: &mut File, length: u64| client.check(&id, file, length);
        match store.copy(from, self.wanted, form, &mut check, &writing) {
            Ok(committed) => {
                self.job.observe(&Event::Copied {
                    to: &committed.path,
                    from: source,
                    bytes: committed.bytes,
                });
                self.lies(into, committed.path);
                Got::Stored(if expanded { Shape::Plain } else { shape(variant) })
            }
            Err(PutError::Store(error)) if error.is_unwritable() => {
                self.went_wrong(Error::from_store(error));
                Got::Unwritable
            }
            Err(error) => {
                self.went_wrong(put_error(error).at(source));
                Got::Failed
            }
        }
    }

    /// Brings the file that a `file.ptr` names.
    fn follow(&mut self, index: usize, tier: Option<Tier>, into: Slot, expand: Expand) -> Got {
        let pointer = match (self.chain.places.get(index), tier) {
            (Some(Place::Server(server)), Some(tier)) => self.ask_pointer(server, tier),
            (Some(Place::Local(_)), _) => {
                let Some(path) = self.file(Slot::Store(index)) else {
                    return Got::Missing;
                };
                Pointer::read(&path).map_err(Error::from_store).map(Some)
            }
            _ => return Got::Failed,
        };
        let pointer = match pointer {
            Ok(Some(pointer)) => pointer,
            Ok(None) => return Got::Missing,
            Err(error) => {
                self.went_wrong(error);
                return Got::Failed;
            }
        };
        match pointer {
            Pointer::Message { text, .. } => {
                self.job.observe(&Event::Pointer { text: &text });
                let message = format!("`{}` says why it does not have it: {text}", self.shown(index));
                self.went_wrong(Error::new(ErrorKind::Missing, message));
                Got::Missing
            }
            Pointer::Url(text) => {
                self.job.observe(&Event::Pointer { text: &text });
                self.follow_url(index, &text, into, expand)
            }
            Pointer::Path(text) => {
                self.job.observe(&Event::Pointer { text: &text });
                self.follow_path(index, &text, into, expand)
            }
            Pointer::Relative(text) => {
                self.job.observe(&Event::Pointer { text: &text });
                self.follow_relative(index, tier, &text, into, expand)
            }
        }
    }

    /// Asks a server for its `file.ptr`.
    fn ask_pointer(&self, server: &Server, tier: Tier) -> Result<Option<Pointer>, Error> {
        let url = server.base.file_url(self.wanted, tier, Variant::Pointer);
        match self.client.request(server, &url, Body::Small, self.job)? {
            Fetched::Small(bytes) => {
                let pointer = Pointer::parse(&bytes);
                let unusable = || {
                    Error::new(
                        ErrorKind::Content,
                        format!("`{}` has no usable `file.ptr`", server.shown),
                    )
                };
                pointer.map(Some).map_err(|error| unusable().caused(error))
            }
            _ => Ok(None),
        }
    }

    fn follow_url(&mut self, index: usize, text: &str, into: Slot, expand: Expand) -> Got {
        let target = symgate_path::HttpBase::parse(text)
            .ok()
            .and_then(|_| Url::parse(text).ok());
        let Some(url) = target else {
            self.went_wrong(Error::new(
                ErrorKind::Content,
                format!("a `file.ptr` names `{text}`, which is no URL"),
            ));
            return Got::Failed;
        };
        let variant = self.variant_of(url.path());
        // The errand stays that of the store whose pointer it is: its credentials answer its own origin and no other.
        let errand = match self.chain.places.get(index) {
            Some(Place::Server(server)) => server.errand.clone(),
            _ => match crate::place::errand(&url, &self.client.settings().proxy) {
                Some(errand) => errand,
                None => return Got::Failed,
            },
        };
        let Ok(base) = symgate_path::HttpBase::parse(text) else {
            return Got::Failed;
        };
        let server = Server {
            base,
            errand,
            shown: self.shown(index),
        };
        self.fetch(&server, &url, variant, into, expand)
    }

    fn follow_path(&mut self, index: usize, text: &str, into: Slot, expand: Expand) -> Got {
        let windows_only = text.starts_with(r"\\") || text.as_bytes().get(1) == Some(&b':');
        if windows_only && !cfg!(windows) {
            let message = format!("a `file.ptr` names `{text}`, a Windows path that is not reachable here");
            self.went_wrong(Error::new(ErrorKind::Missing, message));
            return Got::Missing;
        }
        // A share that a server on the network names would be sent the user's own logon by the system.
        let from_server = matches!(self.chain.places.get(index), Some(Place::Server(_)));
        if from_server && (text.starts_with(r"\\") || text.starts_with("//")) && !self.client.names_share(text) {
            let message = format!("a server's `file.ptr` names `{text}`, a share that the symbol path does not name");
            self.went_wrong(Error::new(ErrorKind::Missing, message));
            return Got::Missing;
        }
        let path = PathBuf::from(text);
        if !path.is_file() {
            let message = format!("a `file.ptr` names `{text}`, which is not there");
            self.went_wrong(Error::new(ErrorKind::Missing, message));
            return Got::Missing;
        }
        let variant = self.variant_of(text);
        self.copy_file(&path, variant, into, expand, text)
    }

    /// Relative to the root of the store, then to the leaf.
    fn follow_relative(&mut self, index: usize, tier: Option<Tier>, text: &str, into: Slot, expand: Expand) -> Got {
        let parts: Vec<&str> = text
            .split(['/', '\\'])
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        let variant = self.variant_of(text);
        match self.chain.places.get(index) {
            Some(Place::Local(store)) => {
                let root = store.root().to_owned();
                let leaf = self
                    .file(Slot::Store(index))
                    .and_then(|path| path.parent().map(Path::to_owned));
                let bases = [Some(root), leaf].into_iter().flatten();
                let mut paths = bases.map(|base| parts.iter().fold(base, |path, part| path.join(part)));
                match paths.find(|path| path.is_file()) {
                    Some(path) => self.copy_file(&path, variant, into, expand, text),
                    None => Got::Missing,
                }
            }
            Some(Place::Server(server)) => {
                let leaf = server
                    .base
                    .file_url(self.wanted, tier.unwrap_or(Tier::One), Variant::Pointer);
                let mut bases = [server.base.index2_url(), leaf];
                for url in &mut bases {
                    if let Ok(mut segments) = url.path_segments_mut() {
                        segments.pop().extend(&parts);
                    }
                    match self.fetch(server, url, variant, into, expand) {
                        Got::Missing => {}
                        got => return got,
                    }
                }
                Got::Missing
            }
            _ => Got::Missing,
        }
    }

    /// Whether a pointer's target is the compressed form of what is wanted.
    fn variant_of(&self, target: &str) -> Variant {
        let name = target.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case(&self.wanted.name.compressed()) {
            Variant::Compressed
        } else {
            Variant::Plain
        }
    }

    fn went_wrong(&mut self, error: Error) {
        if self.worst.as_ref().is_none_or(|worst| worst.kind() < error.kind()) {
            self.worst = Some(error);
        }
    }

    fn lies(&mut self, slot: Slot, path: PathBuf) {
        match slot {
            Slot::Spare => self.spare_file = Some(path),
            Slot::Store(index) => {
                if let Some(file) = self.files.get_mut(index) {
                    *file = Some(path);
                }
            }
        }
    }

    fn file(&self, slot: Slot) -> Option<PathBuf> {
        match slot {
            Slot::Spare => self.spare_file.clone(),
            Slot::Store(index) => self.files.get(index).cloned().flatten(),
        }
    }

    fn shown(&self, index: usize) -> String {
        match self.chain.places.get(index) {
            Some(Place::Local(store)) => store.root().display().to_string(),
            Some(Place::Server(server)) => server.shown.clone(),
            Some(Place::Foreign(text)) => text.clone(),
            None => String::new(),
        }
    }

    fn shown_slot(&self, slot: Slot) -> String {
        match slot {
            Slot::Spare => self.spare.root().display().to_string(),
            Slot::Store(index) => self.shown(index),
        }
    }
}

fn slot<'s>(chain: &'s Chain, spare: &'s Store, slot: Slot) -> Option<&'s Store> {
    match slot {
        Slot::Spare => Some(spare),
        Slot::Store(index) => match chain.places.get(index)? {
            Place::Local(store) => Some(store),
            Place::Server(_) | Place::Foreign(_) => None,
        },
    }
}

/// What is checked where a file is kept in this form: a compressed member goes by its own name.
fn named(id: &FileId, variant: Variant) -> FileId {
    match (variant, FileName::new(&id.name.compressed())) {
        (Variant::Compressed, Ok(name)) => FileId::new(name, id.key.clone()),
        _ => id.clone(),
    }
}

const fn shape(variant: Variant) -> Shape {
    match variant {
        Variant::Compressed => Shape::Compressed,
        Variant::Plain | Variant::Pointer => Shape::Plain,
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
fn open(path: &Path) -> std::io::Result<File> {
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
