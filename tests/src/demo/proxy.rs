//! The demo's proxy: opens tunnels for whoever knows the password
//! ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6),
//! [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).

use std::io;
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use symgate_http::{Method, RequestHead, ResponseHead};

use super::serve::{Listening, Log, Wire};
use crate::acceptor::{Acceptor, Turn};
use crate::console::Watched;

/// How the proxy asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// The password itself.
    Basic,
    /// NTLM, version 2.
    Ntlm,
}

/// A proxy that runs until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    listening: Listening,
    scheme: Scheme,
    pub(super) log: Log,
}

impl Proxy {
    /// The realm of its challenge.
    pub const REALM: &'static str = "Office proxy";

    /// Lets `user` with `password` through.
    ///
    /// # Errors
    /// If there is no port to be had.
    pub fn start(scheme: Scheme, user: &str, password: &str) -> io::Result<Self> {
        let log = Log::default();
        let listening = Listening::start({
            let door = match scheme {
                Scheme::Basic => Door::Basic(format!("{user}:{password}")),
                Scheme::Ntlm => Door::Ntlm(Acceptor::new(user, password)),
            };
            let log = log.clone();
            move |stream| serve(stream, door.clone(), &log)
        })?;
        Ok(Self { listening, scheme, log })
    }

    /// Host and port, as an error names it.
    pub(super) fn authority(&self) -> String {
        format!("localhost:{}", self.listening.port())
    }

    /// What it asks for.
    pub(super) const fn scheme(&self) -> &'static str {
        match self.scheme {
            Scheme::Basic => "a password",
            Scheme::Ntlm => "NTLM",
        }
    }
}

impl Watched for Proxy {
    fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    fn log(&self) -> Vec<(u16, Option<String>)> {
        let entries = self.log.entries();
        entries.into_iter().map(|entry| (entry.status, entry.user)).collect()
    }
}

/// Who is let through, on one connection.
#[derive(Clone, Debug)]
enum Door {
    /// `user:password`.
    Basic(String),
    Ntlm(Acceptor),
}

/// What a door says to a request.
enum Word {
    Open,
    /// The value of `Proxy-Authenticate`.
    Shut(String),
}

impl Door {
    /// Who the client says it is, and whether it passes.
    fn ask(&mut self, request: &RequestHead) -> (Option<String>, Word) {
        match self {
            Self::Basic(known) => {
                let login = login(request);
                let user = login.as_deref().and_then(|login| login.split(':').next());
                let word = if login.as_deref() == Some(known) {
                    Word::Open
                } else {
                    Word::Shut(format!("Basic realm=\"{}\"", Proxy::REALM))
                };
                (user.map(str::to_owned), word)
            }
            Self::Ntlm(acceptor) => match token(request, "ntlm").map(|token| acceptor.turn(token)) {
                Some(Turn::Accept(user)) => (Some(user), Word::Open),
                Some(Turn::Challenge(token)) => (None, Word::Shut(format!("NTLM {token}"))),
                Some(Turn::Reject(user)) => (user, Word::Shut("NTLM".into())),
                None => (None, Word::Shut("NTLM".into())),
            },
        }
    }
}

fn serve(mut client: TcpStream, mut door: Door, log: &Log) -> io::Result<()> {
    let mut wire = Wire::new();
    while let Some(request) = wire.request(&mut client)? {
        let (user, word) = door.ask(&request);
        if let Word::Shut(challenge) = word {
            log.add(&request, 407, user);
            let mut head = ResponseHead::new(407);
            head.reason = "Proxy Authentication Required".into();
            head.fields.push("Proxy-Authenticate", challenge);
            if !wire.answer(&mut client, head, b"This proxy wants a password.\n")? {
                return Ok(());
            }
            continue;
        }
        if request.method != Method::Connect {
            log.add(&request, 405, user);
            wire.answer(&mut client, ResponseHead::new(405), b"This proxy opens tunnels only.\n")?;
            return Ok(());
        }
        let Ok(server) = TcpStream::connect(&request.target) else {
            log.add(&request, 502, user);
            wire.answer(&mut client, ResponseHead::new(502), b"The server cannot be reached.\n")?;
            return Ok(());
        };
        log.add(&request, 200, user);
        let mut head = ResponseHead::new(200);
        head.reason = "Connection established".into();
        wire.answer(&mut client, head, b"")?;
        return tunnel(client, server, wire.leftovers());
    }
    Ok(())
}

/// `user:password` as the client sent it.
fn login(request: &RequestHead) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(token(request, "basic")?).ok()?;
    String::from_utf8(bytes).ok()
}

/// The token of a scheme, as the client sent it.
fn token<'r>(request: &'r RequestHead, scheme: &str) -> Option<&'r str> {
    let value = std::str::from_utf8(request.fields.value("proxy-authorization")?).ok()?;
    let (name, token) = value.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then_some(token.trim())
}

/// Copies bytes in both directions until both have ended.
fn tunnel(client: TcpStream, mut server: TcpStream, early: &[u8]) -> io::Result<()> {
    server.set_nodelay(true)?;
    server.write_all(early)?;
    let back = (server.try_clone()?, client.try_clone()?);
    let answers = thread::spawn(move || copy(back.0, back.1));
    copy(client, server);
    let _panicked = answers.join();
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // However one direction ends, its reader learns that nothing follows.
    let _broken = io::copy(&mut from, &mut to);
    let _gone = to.shutdown(Shutdown::Write);
}
