//! `symgate-net` as a [`Driver`] of transcripts.

use std::error::Error;
use std::io;

use symgate_auth::{Answer, Ask, CredentialSource, Outcome};
use symgate_http::{NoRoute, ResponseHead, Routes};
use symgate_net::{Cancel, Client, Config, Handler};
use url::Url;

use crate::script::{Driver, Errand};

/// The blocking driver: one client for all errands of a script.
#[derive(Debug)]
pub struct Blocking {
    client: Client,
}

impl Blocking {
    /// A client without connections.
    ///
    /// # Panics
    ///
    /// If the operating system gives no random bytes.
    #[must_use]
    pub fn new() -> Self {
        let client = Client::new(Config::default()).expect("random bytes");
        Self { client }
    }
}

impl Default for Blocking {
    fn default() -> Self {
        Self::new()
    }
}

impl Driver for Blocking {
    fn run(&mut self, errand: &mut Errand) -> Result<(), Box<dyn Error>> {
        let (request, peers) = (errand.request.clone(), errand.peers.clone());
        self.client.fetch(request, &peers, &mut Sides(errand), &Cancel::new())?;
        Ok(())
    }
}

struct Sides<'e>(&'e mut Errand);

impl CredentialSource for Sides<'_> {
    fn answer(&mut self, ask: &Ask) -> Answer {
        self.0.answer(ask)
    }

    fn report(&mut self, ask: &Ask, outcome: Outcome) {
        self.0.report(ask, outcome);
    }
}

impl Handler for Sides<'_> {
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute> {
        Ok(self.0.routes(url))
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.0.head(head.status);
        Ok(())
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        self.0.body(piece);
        Ok(())
    }
}
