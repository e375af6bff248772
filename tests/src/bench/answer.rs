//! (e) What an answer costs: from the peer's challenge to the field value, in a session.

use std::sync::Arc;
use std::time::Instant;

use symgate_auth::mechanism::{Order, RequestLine};
use symgate_auth::{
    Answer, AuthSession, Authenticator, Channel, Credentials, Limits, Next, Origin, Seed, Target, UriScheme,
};

use super::table::{Table, median, seconds};
use crate::acceptor::{Acceptor, Turn};

/// Answers in each scheme, some rounds of many.
pub(super) fn run(rounds: usize) -> Result<String, String> {
    let title = format!("(e) from a challenge to the value that answers it; medians of {rounds} rounds");
    let mut table = Table::new(&title, ["", "microseconds"]);
    let digest = br#"Digest realm="r", nonce="bm9uY2U", qop="auth", algorithm=SHA-256"#;
    let ntlm = challenge()?;
    let rows: [(&str, &str, &[&[u8]]); 3] = [
        ("Basic", "basic", &[br#"Basic realm="r""#]),
        ("Digest, SHA-256", "digest", &[digest]),
        ("NTLM, both messages", "ntlm", &[b"NTLM", ntlm.as_bytes()]),
    ];
    for (name, scheme, challenges) in rows {
        let order = Order::named(scheme).map_err(|error| error.to_string())?;
        // One round warms the caches and is not counted.
        let mut costs = Vec::new();
        for _ in 0..=rounds {
            let begun = Instant::now();
            for _ in 0..TIMES {
                answer(&order, challenges).map_err(|error| format!("{name}: {error}"))?;
            }
            costs.push(seconds(begun.elapsed()) * 1e6 / f64::from(TIMES));
        }
        table.row([name, &format!("{:.1}", median(costs.into_iter().skip(1)))]);
    }
    Ok(table.into_text())
}

fn answer(order: &Order, challenges: &[&[u8]]) -> Result<(), symgate_auth::Error> {
    let request = RequestLine {
        method: "CONNECT",
        target: "symbols.example:443",
        wall: 1_700_000_000,
        channel: &Channel::CLEARTEXT,
        body: &[],
    };
    let proxy = Origin::new(UriScheme::Http, "proxy.example", 3128);
    let authenticator = Authenticator::new(Arc::default(), Seed::new([1; 32])).with_order(order.clone());
    let mut session = AuthSession::new(Target::Proxy, proxy, "", authenticator, Limits::default());
    for challenge in challenges {
        session.handle_challenge([*challenge], &request)?;
        if let Next::Ask(_) = session.next() {
            let credentials = Arc::new(Credentials::password("alice", "S3cret pass"));
            session.handle_answer(Answer::Use(credentials), &request)?;
        }
        std::hint::black_box(session.authorization());
    }
    Ok(())
}

/// The challenge of an NTLM exchange, as a field has it.
fn challenge() -> Result<String, String> {
    // The first message of an exchange, without names.
    let greeting = "TlRMTVNTUAABAAAAF4KI4gAAAAAoAAAAAAAAACgAAAAKAAAAAAAADw==";
    match Acceptor::new("alice", "S3cret pass").turn(greeting) {
        Turn::Challenge(token) => Ok(format!("NTLM {token}")),
        other => Err(format!("the acceptor says {other:?}")),
    }
}

/// Answers in a round.
const TIMES: u32 = 2000;
