//! The demo's symbol store: a few files over HTTPS (SYMSRV §2, one tier).

use std::collections::BTreeMap;
use std::io;
use std::net::TcpStream;

use rustls::{ServerConnection, StreamOwned};
use symgate_http::ResponseHead;

use super::serve::{Listening, Log, Wire};
use crate::pki::Leaf;

/// A store that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Store {
    listening: Listening,
    pub(super) log: Log,
}

impl Store {
    /// Serves `files`, by their paths with a leading slash.
    pub(super) fn start(leaf: &Leaf, files: BTreeMap<String, Vec<u8>>) -> io::Result<Self> {
        let log = Log::default();
        let listening = Listening::start({
            let (config, log) = (leaf.server_config(), log.clone());
            move |tcp| {
                let tls = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
                serve(StreamOwned::new(tls, tcp), &files, &log)
            }
        })?;
        Ok(Self { listening, log })
    }

    /// What a symbol path calls it.
    pub(super) fn url(&self) -> String {
        format!("https://{}", self.authority())
    }

    /// What a CONNECT asks for.
    pub(super) fn authority(&self) -> String {
        format!("localhost:{}", self.listening.port())
    }
}

fn serve(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    files: &BTreeMap<String, Vec<u8>>,
    log: &Log,
) -> io::Result<()> {
    let mut wire = Wire::new();
    while let Some(request) = wire.request(&mut stream)? {
        let (status, body) = match files.get(&request.target) {
            Some(file) => (200, file.as_slice()),
            None => (404, b"no such file\n".as_slice()),
        };
        log.add(&request, status, None);
        if !wire.answer(&mut stream, ResponseHead::new(status), body)? {
            break;
        }
    }
    Ok(())
}
