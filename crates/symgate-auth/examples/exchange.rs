//! Authenticates a hand-written exchange: any client that can send a request and see the status can do this.
#![expect(clippy::print_stderr, reason = "an example talks")]

use std::sync::Arc;

use symgate_auth::mechanism::RequestLine;
use symgate_auth::{
    Answer, AuthSession, Authenticator, Channel, Credentials, Limits, Next, Origin, Peers, Seed, Target, UriScheme,
};

fn main() -> Result<(), symgate_auth::Error> {
    let proxy = Origin::new(UriScheme::Http, "proxy.example", 3128);
    let (peers, seed) = (Arc::new(Peers::new()), Seed::new([0; 32])); // a real client fills the seed with random bytes
    let mut session = AuthSession::new(
        Target::Proxy,
        proxy,
        "",
        Authenticator::new(peers, seed),
        Limits::default(),
    );
    let request = RequestLine {
        method: "CONNECT",
        target: "symbols.example:443",
        wall: 0,
        channel: &Channel::CLEARTEXT,
        body: &[],
    };
    session.start(&request)?;
    loop {
        let value = session.authorization().map(|value| value.expose().to_vec());
        let (status, challenges) = send(&request, value.as_deref());
        if status != Target::Proxy.status() {
            session.handle_success([], [])?;
            break;
        }
        session.handle_challenge(challenges.iter().map(|field| field.as_bytes()), &request)?;
        while let Next::Ask(ask) = session.next() {
            eprintln!("{ask}");
            let answer = Answer::Use(Arc::new(Credentials::password("alice", "S3cret")));
            session.handle_answer(answer, &request)?;
        }
    }
    eprintln!("through: {:?}", session.take_report());
    Ok(())
}

/// Stands for a socket and a proxy at its other end.
fn send(request: &RequestLine<'_>, value: Option<&[u8]>) -> (u16, &'static [&'static str]) {
    eprintln!(
        "{} {}, with a value: {}",
        request.method,
        request.target,
        value.is_some()
    );
    match value {
        Some(b"Basic YWxpY2U6UzNjcmV0") => (200, &[]),
        _ => (407, &["Negotiate, NTLM", r#"Basic realm="squid""#]),
    }
}
