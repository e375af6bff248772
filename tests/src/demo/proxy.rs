//! The demo's proxy: opens tunnels for whoever knows the password
//! ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6),
//! [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).

use std::io;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use symgate_http::{Method, RequestHead, ResponseHead};

use super::serve::{Listening, Log, Wire};

/// A proxy that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    listening: Listening,
    pub(super) log: Log,
}

impl Proxy {
    /// The realm of its challenge.
    pub(super) const REALM: &'static str = "Office proxy";

    /// Lets `user` with `password` through, and asks everybody else for Basic.
    pub(super) fn start(user: &str, password: &str) -> io::Result<Self> {
        let log = Log::default();
        let listening = Listening::start({
            let (known, log) = (format!("{user}:{password}"), log.clone());
            move |stream| serve(stream, &known, &log)
        })?;
        Ok(Self { listening, log })
    }

    /// Host and port, as an error names it.
    pub(super) fn authority(&self) -> String {
        format!("localhost:{}", self.listening.port())
    }
}

fn serve(mut client: TcpStream, known: &str, log: &Log) -> io::Result<()> {
    let mut wire = Wire::new();
    while let Some(request) = wire.request(&mut client)? {
        let login = login(&request);
        let user = login
            .as_deref()
            .and_then(|login| login.split(':').next())
            .map(str::to_owned);
        if login.as_deref() != Some(known) {
            log.add(&request, 407, user);
            let mut head = ResponseHead::new(407);
            head.reason = "Proxy Authentication Required".into();
            head.fields
                .push("Proxy-Authenticate", format!("Basic realm=\"{}\"", Proxy::REALM));
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
    let value = std::str::from_utf8(request.fields.value("proxy-authorization")?).ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let bytes = BASE64_STANDARD.decode(token.trim()).ok()?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| String::from_utf8(bytes).ok())?
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
