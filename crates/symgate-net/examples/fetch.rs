//! Fetches a URL to stdout: `fetch URL [PROXY] [CA-FILE]`, where PROXY is `http://HOST:PORT` or `-` for none.
#![expect(clippy::print_stderr, reason = "an example's messages go to the terminal")]

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use symgate_auth::{Answer, Ask, CredentialSource, Origin, Peers};
use symgate_http::{NoRoute, Note, Request, ResponseHead, Route, Routes, origin_of};
use symgate_net::{Cancel, Client, Config, Handler, Roots, Tls};
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url: Url = arguments.next().ok_or("usage: fetch URL [PROXY] [CA-FILE]")?.parse()?;
    let proxy = match arguments.next() {
        Some(proxy) if proxy != "-" => Some(origin_of(&proxy.parse()?).ok_or("the proxy is no http or https URL")?),
        Some(_) | None => None,
    };
    let mut config = Config::default();
    if let Some(file) = arguments.next() {
        config.origin_tls = Tls::new(Roots::system().with_pem(&std::fs::read(file)?)?);
    }
    let client = Client::new(config)?;
    let mut to_stdout = ToStdout { proxy };
    client.fetch(
        Request::get(url),
        &Arc::new(Peers::new()),
        &mut to_stdout,
        &Cancel::new(),
    )?;
    io::stdout().flush()?;
    Ok(())
}

struct ToStdout {
    proxy: Option<Origin>,
}

impl CredentialSource for ToStdout {
    fn answer(&mut self, ask: &Ask) -> Answer {
        eprintln!("{ask}; this example has no passwords");
        Answer::Pass
    }
}

impl Handler for ToStdout {
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute> {
        let route = match (&self.proxy, origin_of(url)) {
            (Some(proxy), Some(origin)) => Route::through(proxy.clone(), origin.scheme()),
            _ => Route::Direct,
        };
        Ok(vec![route])
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        eprintln!("status {}", head.status);
        Ok(())
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        io::stdout().write_all(piece)
    }

    fn note(&mut self, note: &Note) {
        eprintln!("{note}");
    }
}
