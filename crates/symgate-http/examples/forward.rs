//! Fetches an `http` URL through a forwarding proxy with blocking sockets of the standard library.
//!
//! `cargo run --example forward -- http://[USER:PASSWORD@]PROXY:PORT http://HOST/PATH`
#![expect(
    clippy::disallowed_types,
    reason = "a driver owns the socket and the clock that the library must not know"
)]
#![expect(clippy::disallowed_methods, reason = "as above")]
#![expect(clippy::print_stderr, reason = "a program tells its user what happens")]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use symgate_auth::mechanism::TokenError;
use symgate_auth::{Answer, Authenticator, Credentials, Peers, Seed};
use symgate_http::{Action, Deadlines, Eof, Fetch, Limits, Now, Opened, Release, Request, Route, origin_of};
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(proxy), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err("usage: forward PROXY-URL HTTP-URL".into());
    };
    let proxy: Url = proxy.parse()?;
    let route = Route::Forward(origin_of(&proxy).ok_or("the proxy wants an `http` URL")?);
    // No mechanism that needs unpredictable bytes is used here; a real driver asks the operating system for them.
    let authenticator = Authenticator::new(Arc::new(Peers::new()), Seed::new([0; 32]));
    let mut fetch = Fetch::new(
        Request::get(url.parse()?),
        authenticator,
        Limits::default(),
        Deadlines::default(),
    )?;
    let begun = Instant::now();
    let mut stream: Option<TcpStream> = None;
    let mut asked = false;
    loop {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let monotonic = begun.elapsed();
        match fetch.poll(Now { monotonic, wall })? {
            Action::Choose(_) => fetch.handle_routes(Ok(vec![route.clone()]))?,
            Action::Open(endpoint) => {
                stream = Some(TcpStream::connect(endpoint.hop.origin.authority())?);
                fetch.handle_opened(Opened::Fresh)?;
            }
            Action::StartTls { .. } => return Err("this example speaks no TLS".into()),
            Action::Transmit(bytes) => {
                stream.as_mut().ok_or("no stream")?.write_all(bytes)?;
                fetch.handle_sent()?;
            }
            Action::Receive(buffer) => match stream.as_mut().ok_or("no stream")?.read(buffer)? {
                0 => fetch.handle_eof(Eof::Clean)?,
                read => fetch.handle_received(read)?,
            },
            Action::Authorize(_) => {
                let known = Credentials::password(proxy.username(), proxy.password().unwrap_or_default());
                let answer = if asked {
                    Answer::Pass
                } else {
                    Answer::Use(Arc::new(known))
                };
                asked = true;
                fetch.handle_answer(answer)?;
            }
            Action::Token(_) => fetch.handle_token(Err(TokenError::Unavailable("no tickets here".into())))?,
            Action::Head(head) => eprintln!("{} {}", head.status, head.reason),
            Action::Body(data) => std::io::stdout().write_all(data)?,
            Action::Note(note) => eprintln!("{note}"),
            Action::Report(ask, outcome) => eprintln!("{ask}: {outcome:?}"),
            Action::Release(Release::Close | Release::Keep(_)) => stream = None,
            Action::Done => return Ok(()),
        }
    }
}
