//! Gets a script: directly, since the proxies are what it is to say, and as nobody, since whoever asks for a password in
//! its place gets none.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use symgate_auth::{Answer, Ask, CredentialSource, Outcome, Peers, Refusal};
use symgate_http::{NoRoute, Request, ResponseHead, Route, Routes};
use symgate_net::{Cancel, Handler};
use symgate_proxy::Freshness;
use url::Url;

use crate::error::chain;

/// A script as its server sent it.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) text: String,
    /// How long it is good for, where its server says.
    pub(super) lifetime: Option<Duration>,
}

/// Gets a script of at most so many bytes.
///
/// # Errors
///
/// Why not, in words that fit behind a colon; `None` for who is cancelled.
pub(super) fn download(
    url: &Url,
    most: usize,
    transport: &symgate_net::Config,
    cancel: &Cancel,
) -> Result<Downloaded, Option<String>> {
    let request = Request::get(url.clone())
        .with_field("User-Agent", concat!("symgate/", env!("CARGO_PKG_VERSION")))
        .with_field("Accept", "application/x-ns-proxy-autoconfig, */*");
    let client = symgate_net::Client::new(transport.clone()).map_err(|error| Some(error.to_string()))?;
    let mut taking = Taking {
        most,
        bytes: Vec::new(),
        lifetime: None,
        refused: None,
    };
    let fetched = client.fetch(request, &Arc::new(Peers::new()), &mut taking, cancel);
    match (fetched, taking.refused) {
        (Err(symgate_net::Error::Cancelled), _) => Err(None),
        (_, Some(refused)) => Err(Some(refused)),
        (Err(error), None) => Err(Some(chain(&error))),
        (Ok(_), None) => Ok(Downloaded {
            text: text(taking.bytes),
            lifetime: taking.lifetime,
        }),
    }
}

/// Takes the answer.
struct Taking {
    most: usize,
    bytes: Vec<u8>,
    lifetime: Option<Duration>,
    /// Why the answer is no script.
    refused: Option<String>,
}

impl Taking {
    fn refuse(&mut self, why: String) -> io::Result<()> {
        self.refused = Some(why);
        Err(io::Error::other("no more of it is wanted"))
    }
}

impl CredentialSource for Taking {
    fn answer(&mut self, _: &Ask) -> Answer {
        Answer::Refuse(Refusal::Automatic)
    }

    fn report(&mut self, _: &Ask, _: Outcome) {}
}

impl Handler for Taking {
    fn routes(&mut self, _: &Url) -> Result<Routes, NoRoute> {
        Ok(vec![Route::Direct])
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        if head.status != 200 {
            return self.refuse(format!("status {}", head.status));
        }
        let control: Vec<&str> = head
            .fields
            .values("cache-control")
            .filter_map(|value| str::from_utf8(value).ok())
            .collect();
        let control = (!control.is_empty()).then(|| control.join(","));
        let said = Freshness {
            cache_control: control.as_deref(),
            expires: head.fields.text("expires"),
            date: head.fields.text("date"),
            age: head.fields.text("age"),
        };
        self.lifetime = said.lifetime();
        Ok(())
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.bytes.len().saturating_add(piece.len()) > self.most {
            return self.refuse(format!("it is longer than {} bytes", self.most));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

/// Scripts are ASCII, UTF-8, or of an older time, when a byte was a character.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
