//! Brings the file that a `file.ptr` names (SYMSRV §2.3): reads the pointer, asks who may name what, and fetches or
//! copies. What the text means is symgate-store's and symgate-path's knowledge.

use std::path::Path;

use symgate_http::Downgrade;
use symgate_lookup::{Expand, Form as Shape, Got, Slot};
use symgate_path::{HttpBase, Security, Tier, Variant};
use symgate_store::{AnyContent, Committed, Form, Pointer, PutError, Reach};
use url::Url;

use crate::place::{Place, Server};
use crate::remote::{Body, Fetched};
use crate::search::Walk;
use crate::{Error, ErrorKind, Event};

impl Walk<'_> {
    /// Brings the file that a `file.ptr` names.
    pub(crate) fn follow(&mut self, index: usize, tier: Option<Tier>, into: Slot, expand: Expand) -> Got {
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
                self.not_there(format!("`{}` says why it does not have it: {text}", self.shown(index)))
            }
            Pointer::Url(text) => self.follow_url(index, &text, into, expand),
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
            Fetched::Small(bytes) => Pointer::parse(&bytes).map(Some).map_err(|error| {
                let message = format!("`{}` has no usable `file.ptr`", server.shown);
                Error::new(ErrorKind::Content, message).caused(error)
            }),
            _ => Ok(None),
        }
    }

    fn follow_url(&mut self, index: usize, text: &str, into: Slot, expand: Expand) -> Got {
        let Some((url, base)) = target(text) else {
            self.went_wrong(Error::new(ErrorKind::Content, "a `file.ptr` names a URL that is none"));
            return Got::Failed;
        };
        self.job.observe(&Event::Pointer {
            text: base.url().as_str(),
        });
        if self.client.plan().security == Security::Secure {
            return self.not_there(format!(
                "the `file.ptr` of `{}` names `{}`, and secure mode contacts no server",
                self.shown(index),
                base.url()
            ));
        }
        let (errand, shown) = match self.chain.places.get(index) {
            Some(Place::Server(server)) => {
                // As good as a redirect (DECISIONS §3).
                if is_downgrade(server.base.url(), &url) && self.client.settings().downgrade == Downgrade::Refuse {
                    let message = format!(
                        "the `file.ptr` of `{}` leads to `{}` in clear text; `--danger-allow-http-redirect` would follow it",
                        server.shown,
                        base.url()
                    );
                    self.went_wrong(Error::new(ErrorKind::Network, message));
                    return Got::Failed;
                }
                // Its credentials answer its own origin and no other.
                (server.errand.clone(), server.shown.clone())
            }
            // Whoever refuses is the server, and not the store that names it.
            _ => match self.client.pointed(&url) {
                Some(errand) => errand,
                None => return Got::Failed,
            },
        };
        let variant = self.wanted.variant_at(&url);
        self.fetch(&Server { base, errand, shown }, &url, variant, into, expand)
    }

    fn follow_path(&mut self, index: usize, text: &str, into: Slot, expand: Expand) -> Got {
        // A server may name only what the symbol path names anyway: to any other share the system would send the user's
        // logon, and its own disk is not ours.
        let from_server = matches!(self.chain.places.get(index), Some(Place::Server(_)));
        if from_server && !self.client.names_share(Reach::of(text)) {
            return self.not_there(format!(
                "a server's `file.ptr` names `{text}`, which is on no share that the symbol path names"
            ));
        }
        if Pointer::is_windows_path(text) && !cfg!(windows) {
            return self.not_there(format!(
                "a `file.ptr` names `{text}`, a Windows path that is not reachable here"
            ));
        }
        let path = Path::new(text);
        if !path.is_file() {
            return self.not_there(format!("a `file.ptr` names `{text}`, which is not there"));
        }
        let variant = self.wanted.variant_named(text);
        // Kept, a server's pointer would count as the owner's own word, and be followed anywhere.
        self.pointer = if !from_server && variant == Variant::Plain {
            self.file(Slot::Store(index))
        } else {
            None
        };
        let got = match self.keep_pointer(path, into) {
            Some(got) => got,
            None => self.copy_file(path, variant, into, expand, text),
        };
        // What another store has is not what this pointer names.
        if !matches!(got, Got::Stored(_)) {
            self.pointer = None;
        }
        got
    }

    /// Puts the pointer itself into a store that wants pointers: its target, being a file that can be opened, stays
    /// where it is. `None` where there is no such pointer, or the store wants files.
    pub(crate) fn keep_pointer(&mut self, target: &Path, into: Slot) -> Option<Got> {
        let pointer = self.pointer.clone()?;
        let store = self.store(into)?;
        if !store.wants_pointers().unwrap_or(false) {
            return None;
        }
        if !self.is_fit(target) {
            return Some(Got::Failed);
        }
        let form = Form::AsIs(Variant::Pointer);
        let is_there = pointer.starts_with(store.root());
        let kept = if is_there {
            Ok(None)
        } else {
            let writing = self.client.writing_for(self.job);
            store
                .copy(&pointer, self.wanted, form, &mut AnyContent, &writing)
                .map(Some)
        };
        Some(match kept {
            Ok(kept) => {
                if let Some(Committed { path, bytes, .. }) = kept {
                    let from = pointer.display().to_string();
                    self.job.observe(&Event::Copied {
                        to: &path,
                        from: &from,
                        bytes,
                    });
                }
                self.lies(into, target.to_owned());
                Got::Stored(Shape::Plain)
            }
            Err(PutError::Store(error)) if error.is_unwritable() => self.cannot_write(error),
            Err(PutError::Store(error)) => {
                self.went_wrong(Error::from_store(error));
                Got::Failed
            }
            Err(PutError::Refused { refusal, .. }) => match refusal {},
        })
    }

    fn follow_relative(&mut self, index: usize, tier: Option<Tier>, text: &str, into: Slot, expand: Expand) -> Got {
        let variant = self.wanted.variant_named(text);
        match self.chain.places.get(index) {
            Some(Place::Local(store)) => {
                let pointer = self.file(Slot::Store(index)).unwrap_or_default();
                match store.resolve(&pointer, text) {
                    Ok(Some(path)) => self.copy_file(&path, variant, into, expand, text),
                    Ok(None) => self.not_there(format!("a `file.ptr` names `{text}`, which is not there")),
                    Err(error) => {
                        self.went_wrong(Error::from_store(error));
                        Got::Failed
                    }
                }
            }
            Some(Place::Server(server)) => {
                for url in server.base.relative_urls(self.wanted, tier.unwrap_or(Tier::One), text) {
                    match self.fetch(server, &url, variant, into, expand) {
                        Got::Missing => {}
                        got => return got,
                    }
                }
                Got::Missing
            }
            _ => Got::Missing,
        }
    }

    /// The target cannot be opened: for this store the file is not found, and the search goes on.
    fn not_there(&mut self, message: String) -> Got {
        self.went_wrong(Error::new(ErrorKind::Missing, message));
        Got::Missing
    }
}

fn is_downgrade(from: &Url, to: &Url) -> bool {
    from.scheme() == "https" && to.scheme() == "http"
}

/// The URL of a pointer without userinfo, which must not be printed, and the same as a base, without query either.
fn target(text: &str) -> Option<(Url, HttpBase)> {
    let mut url = Url::parse(text).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    let mut base = url.clone();
    base.set_query(None);
    Some((url, HttpBase::parse(base.as_str()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_from_https_to_http_is_a_downgrade() {
        for (from, to, expected) in [
            ("https://h/s", "http://h/x.pdb", true),
            ("https://h/s", "https://other/x.pdb", false),
            ("http://h/s", "http://h/x.pdb", false),
            ("http://h/s", "https://h/x.pdb", false),
        ] {
            let [base, url] = [from, to].map(|text| Url::parse(text).unwrap());
            assert_eq!(is_downgrade(&base, &url), expected, "{from} {to}");
        }
    }

    #[test]
    fn the_url_of_a_pointer_keeps_its_query_and_loses_what_is_secret_where_it_is_shown() {
        for (text, fetched, shown) in [
            ("https://h/x.pdb", "https://h/x.pdb", "https://h/x.pdb"),
            ("http://h/x.pdb?sig=s#f", "http://h/x.pdb?sig=s", "http://h/x.pdb"),
            ("https://me:pw@h/x.pdb", "https://h/x.pdb", "https://h/x.pdb"),
        ] {
            let (url, base) = target(text).unwrap();
            assert_eq!((url.as_str(), base.url().as_str()), (fetched, shown), "{text}");
        }
        for text in ["http://", "https://a;b/", "nonsense"] {
            assert!(target(text).is_none(), "{text}");
        }
    }
}
