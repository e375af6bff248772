//! What lies behind the proxy: the HTTPS store, with the PDB of a module that is at hand.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use crate::made::{self, Pdb};
use crate::{Dir, Pki};

use super::serve::Entry;
use super::store::Store;

/// A store that has the PDB of `hello.dll`.
#[derive(Debug)]
pub struct Backstage {
    store: Store,
    pdb: Vec<u8>,
    /// Where the PDB lies in a store.
    place: String,
}

impl Backstage {
    /// Starts it; `dir` gets `hello.dll` and, as `ca.pem`, the certificate of the authority that vouches for the store.
    ///
    /// # Errors
    /// If there is no port to be had.
    pub fn new(dir: &Dir) -> io::Result<Self> {
        let pki = Pki::new();
        let (image, pdb) = made::pair("hello", GUID, 1);
        dir.write("hello.dll", image);
        dir.write("ca.pem", fs::read(pki.origin().ca_file())?);
        let place = format!("hello.pdb/{}/hello.pdb", Pdb::new(GUID, 1).key());
        let files = BTreeMap::from([(format!("/{place}"), pdb.clone())]);
        let store = Store::start(pki.origin().server(), files)?;
        Ok(Self { store, pdb, place })
    }

    /// What a symbol path calls the store.
    #[must_use]
    pub fn url(&self) -> String {
        self.store.url()
    }

    /// What a CONNECT asks for.
    pub(super) fn authority(&self) -> String {
        self.store.authority()
    }

    /// The PDB.
    pub(super) fn pdb(&self) -> &[u8] {
        &self.pdb
    }

    /// Where the PDB lies in a store.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What was asked since the last time.
    pub(super) fn take_log(&self) -> Vec<Entry> {
        self.store.log.take()
    }
}

const GUID: [u8; 16] = *b"\x5d\x1f\x3a\x07\x92\x4c\x4e\x0b\x8a\x61\xc3\x7e\x20\xb4\xd9\x18";
