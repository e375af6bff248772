//! The laws of this crate, each a function from bytes that panics when it is broken; public API only.
//!
//! Callers: the property tests beside this file, fuzz targets, and the replay of stored inputs. Whoever includes it
//! also includes `../session/plugged/mechanisms.rs` as `mechanisms`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use symgate_auth::challenge::{Challenge, parse, parse_info};
use symgate_auth::mechanism::{Order, RequestLine, Spec, TokenError};
use symgate_auth::{
    Answer, Ask, AuthSession, Authenticator, Channel, Credentials, Error, Limits, Next, Origin, Outcome, Peers, Secret,
    Seed, Sent, Target, UriScheme, Wanted,
};

use super::mechanisms;

/// Challenge lists: total, bounded, what is printed is read back, several fields mean what one joined field means, and
/// nothing hides a field that follows. Line feeds separate fields.
pub(crate) fn challenge_list(bytes: &[u8]) {
    let fields: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let length: usize = fields.iter().map(|field| field.len()).sum();
    let Ok(list) = parse(fields.iter().copied(), LIMIT) else {
        assert!(length > LIMIT, "a list within the limit was refused");
        return;
    };
    assert!(length <= LIMIT, "a list beyond the limit was read");
    assert!(list.len() <= length, "more challenges than bytes");
    for entry in &list {
        match entry {
            Ok(challenge) => {
                let printed = challenge.encode();
                let read = Challenge::from_bytes(&printed);
                assert_eq!(read.as_ref(), Ok(challenge), "{}", printed.escape_ascii());
                let realm = challenge.realm(40).unwrap_or_default();
                assert!(
                    realm.chars().count() <= 40 && !realm.contains(char::is_control),
                    "{realm:?}"
                );
                assert_eq!(&challenge.clone().into_owned(), challenge);
            }
            Err(error) => {
                let field = fields[error.field];
                assert!(error.offset <= field.len(), "{error} in {}", field.escape_ascii());
                assert!(error.name.as_ref().is_none_or(|name| name.len() <= 32), "{error:?}");
            }
        }
    }
    if list.iter().all(Result::is_ok) {
        let joined = fields.join(&b","[..]);
        assert_eq!(parse([&joined[..]], usize::MAX), Ok(list), "{}", joined.escape_ascii());
    }
    let followed = parse(fields.iter().copied().chain([&b"Hoba"[..]]), usize::MAX).unwrap();
    assert_eq!(followed.last().unwrap().as_ref().unwrap().name(), "Hoba");
    for field in fields {
        if let Ok(params) = parse_info(field) {
            assert!(params.len() <= 32, "{}", field.escape_ascii());
        }
    }
}

/// A session against arbitrary replies: it never panics and never blames its caller, stays within its bounds, sends no
/// password that was rejected, sends none in a weaker scheme than the one it was rejected in, reports each answer once,
/// and prints no secret.
pub(crate) fn session(bytes: &[u8]) {
    let Some((&setup, script)) = bytes.split_first() else {
        return;
    };
    // A peer that says a password shows it itself. A fuzzer does so: it learns the words from the comparison.
    let spoken: Vec<u8> = script.iter().copied().filter(|&byte| byte != b'\\').collect();
    if SECRETS
        .iter()
        .any(|secret| spoken.windows(secret.len()).any(|part| part == secret.as_bytes()))
    {
        return;
    }
    let target = if setup & 1 == 0 { Target::Proxy } else { Target::Origin };
    let specs: [Arc<dyn Spec>; 4] = [
        Arc::new(mechanisms::Ticket),
        Arc::new(mechanisms::ThreeRounds),
        Arc::new(mechanisms::Nonces),
        mechanisms::built_in_basic(),
    ];
    let order = match setup / 2 % 4 {
        0 => Order::built_in(),
        1 => Order::new([Arc::new(mechanisms::Endless) as Arc<dyn Spec>]),
        _ => Order::new(specs),
    };
    let peer = Origin::new(UriScheme::Http, "peer.example", 3128);
    let (peers, seed) = (Arc::new(Peers::new()), Seed::new([1; 32]));
    let authenticator = Authenticator::new(Arc::clone(&peers), seed).with_order(order);
    let mut play = Play {
        session: AuthSession::new(target, peer, "/a/b", authenticator, Limits::default()),
        script,
        answers: 0,
        reports: 0,
        rejected: Vec::new(),
        given: None,
        rounds: 0,
    };
    let end = play.run();
    play.session.abandon();
    play.take_reports();
    assert_eq!(play.answers, play.reports, "each answer is reported once");
    assert!(play.session.authorization().is_none(), "an ended session sends nothing");
    if let Err(error) = end {
        assert!(!matches!(error, Error::Misuse(_)), "{error}");
        hides_secrets(&format!("{error:?} {error}"));
    }
    hides_secrets(&format!("{:?} {peers:?}", play.session));
}

/// Any bytes as an NTLM challenge: answered, or refused as malformed, and never a panic.
pub(crate) fn ntlm_challenge(bytes: &[u8]) {
    token("ntlm", "NTLM", bytes);
}

/// Any bytes as a SPNEGO token: to a ticket, to NTLM inside, and as the last word of a peer that let us through.
pub(crate) fn spnego_token(bytes: &[u8]) {
    token("kerberos", "Negotiate", bytes);
    token("negotiate", "Negotiate", bytes);
}

/// Any bytes as a Digest challenge, and as the info that follows it.
pub(crate) fn digest_challenge(bytes: &[u8]) {
    let challenge = [b"Digest realm=r, nonce=n, ", bytes].concat();
    exchange("digest", &[&challenge, &[b"Digest ", bytes].concat()], bytes);
}

fn token(order: &str, scheme: &str, bytes: &[u8]) {
    let value = format!("{scheme} {}", STANDARD.encode(bytes));
    exchange(
        order,
        &[scheme.as_bytes(), value.as_bytes(), value.as_bytes()],
        value.as_bytes(),
    );
}

/// One password for each question, these challenges one after the other, and this last word.
fn exchange(order: &str, challenges: &[&[u8]], last: &[u8]) {
    let authenticator = Authenticator::new(Arc::default(), Seed::new([1; 32]));
    let authenticator = authenticator.with_order(Order::named(order).unwrap());
    let peer = Origin::new(UriScheme::Http, "peer.example", 3128);
    for target in [Target::Origin, Target::Proxy] {
        for let_in_after in 1..=challenges.len() {
            let limits = Limits::default();
            let mut session = AuthSession::new(target, peer.clone(), "/a", authenticator.clone(), limits);
            let end = challenges[..let_in_after]
                .iter()
                .try_for_each(|challenge| {
                    session.handle_challenge([*challenge], &request())?;
                    answer_all(&mut session)
                })
                .and_then(|()| session.handle_success([last], [last]))
                .and_then(|()| answer_all(&mut session));
            if let Err(error) = end {
                assert!(!matches!(error, Error::Misuse(_)), "{error}");
                hides_secrets(&format!("{error:?} {error}"));
            }
            hides_secrets(&format!("{session:?}"));
        }
    }
}

fn answer_all(session: &mut AuthSession) -> Result<(), Error> {
    for _ in 0..MANY {
        match session.next() {
            Next::Ready => return Ok(()),
            Next::Ask(ask) if ask.wanted == Wanted::Ticket => session.handle_answer(Answer::Ambient, &request())?,
            Next::Ask(_) => {
                let alice = Arc::new(Credentials::password("alice", ALICE));
                session.handle_answer(Answer::Use(alice), &request())?;
            }
            Next::Token(_) => session.handle_token(Ok(Secret::new("ticket")), &request())?,
        }
    }
    panic!("questions without end");
}

struct Play<'s> {
    session: AuthSession,
    script: &'s [u8],
    answers: u32,
    reports: u32,
    /// Users whose passwords were reported as rejected.
    rejected: Vec<&'static str>,
    /// Whose password the last answer was.
    given: Option<&'static str>,
    /// Challenges since the last answer or success.
    rounds: u32,
}

impl Play<'_> {
    fn run(&mut self) -> Result<(), Error> {
        while let Some(op) = self.byte() {
            match op % 8 {
                0 => self.session.start(&request())?,
                1 => self.session.handle_closed(&request(), Sent::Maybe)?,
                2 => {
                    self.rounds = 0;
                    self.session.handle_success([], [&b"mutual"[..]])?;
                }
                3 => {
                    let length = usize::from(self.byte().unwrap_or(0)).min(self.script.len());
                    let (text, rest) = self.script.split_at(length);
                    self.script = rest;
                    self.challenge(&text.split(|&byte| byte == b'\n').collect::<Vec<_>>())?;
                }
                _ => {
                    let choice = usize::from(self.byte().unwrap_or(0));
                    self.challenge(&[REPLIES[choice % REPLIES.len()]])?;
                }
            }
            self.settle()?;
            hides_secrets(&format!("{:?}", self.session));
        }
        Ok(())
    }

    fn challenge(&mut self, fields: &[&[u8]]) -> Result<(), Error> {
        self.rounds += 1;
        assert!(self.rounds <= Limits::default().rounds + 1, "rounds without end");
        self.session.handle_challenge(fields.iter().copied(), &request())
    }

    /// Obeys the session until it is ready; it may not ask without end.
    fn settle(&mut self) -> Result<(), Error> {
        for _ in 0..MANY {
            self.take_reports();
            match self.session.next() {
                Next::Ready => {
                    self.sends_nothing_rejected();
                    return Ok(());
                }
                Next::Ask(ask) => {
                    hides_secrets(&format!("{ask:?} {ask}"));
                    let password = |user, password| Answer::Use(Arc::new(Credentials::password(user, password)));
                    let (answer, user) = match self.byte().unwrap_or(255) % 5 {
                        0 => (Answer::Ambient, None),
                        1 => (password("alice", ALICE), Some("alice")),
                        2 => (password("bob", BOB), Some("bob")),
                        3 => (password("a:b", BOB), None),
                        _ => (Answer::Pass, None),
                    };
                    if !matches!(answer, Answer::Pass) {
                        self.answers += 1;
                        self.rounds = 0;
                        self.given = user;
                    }
                    let outcome = self.session.handle_answer(answer, &request());
                    self.take_reports();
                    outcome?;
                }
                Next::Token(_) => {
                    let token = match self.byte().unwrap_or(255) % 2 {
                        0 => Ok(Secret::new("dGlja2V0")),
                        _ => Err(TokenError::Unavailable("no ticket".to_owned())),
                    };
                    self.session.handle_token(token, &request())?;
                }
            }
        }
        panic!("questions without end");
    }

    fn take_reports(&mut self) {
        while let Some((Ask { attempt, .. }, outcome)) = self.session.take_report() {
            self.reports += 1;
            assert!(self.reports <= self.answers, "a report without an answer");
            assert!(attempt >= 1);
            if outcome == Outcome::Rejected {
                self.rejected.extend(self.given.take());
            }
        }
    }

    fn sends_nothing_rejected(&self) {
        let Some(value) = self.session.authorization() else {
            return;
        };
        for user in &self.rejected {
            let in_basic = if *user == "alice" { ALICE_PAIR } else { BOB_PAIR };
            let value = String::from_utf8_lossy(value.expose()).into_owned();
            assert!(!value.contains(in_basic), "a rejected password of {user} in Basic");
            assert!(
                !value.contains(&format!("three.{user}.")),
                "a rejected password of {user} in three rounds"
            );
            assert!(
                !value.contains(&format!("username=\"{user}\"")),
                "a rejected password of {user} in Digest"
            );
            let token = value.split_once(' ').map_or("", |(_, token)| token);
            let token = STANDARD.decode(token).unwrap_or_default();
            let name: Vec<u8> = user.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let holds = |part: &[u8]| token.windows(part.len()).any(|window| window == part);
            assert!(
                !(holds(b"NTLMSSP\0\x03") && holds(&name)),
                "a rejected password of {user} in NTLM"
            );
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.script.split_first()?;
        self.script = rest;
        Some(first)
    }
}

fn request() -> RequestLine<'static> {
    static CLEARTEXT: Channel = Channel::CLEARTEXT;
    RequestLine {
        method: "GET",
        target: "/a/b",
        wall: 0,
        channel: &CLEARTEXT,
        body: &[],
    }
}

fn hides_secrets(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "a secret is printed: {shown}");
    }
}

const LIMIT: usize = 16 * 1024;
/// More turns than any honest exchange has.
const MANY: u32 = 64;
const ALICE: &str = "x4:Horse~battery";
const ALICE_BASE64: &str = "eDQ6SG9yc2V+YmF0dGVyeQ==";
/// `alice:` and the password.
const ALICE_PAIR: &str = "YWxpY2U6eDQ6SG9yc2V+YmF0dGVyeQ==";
const BOB: &str = "y7-Staple-correct";
const BOB_BASE64: &str = "eTctU3RhcGxlLWNvcnJlY3Q=";
const BOB_PAIR: &str = "Ym9iOnk3LVN0YXBsZS1jb3JyZWN0";
const SECRETS: [&str; 6] = [ALICE, BOB, ALICE_PAIR, BOB_PAIR, ALICE_BASE64, BOB_BASE64];
const REPLIES: &[&[u8]] = &[
    b"Basic realm=r",
    b"Basic realm=s",
    b"NTLM, Basic realm=r",
    b"NTLM two.7",
    b"NTLM nonsense, Basic",
    b"NTLM",
    b"Negotiate, NTLM, Digest realm=d, algorithm=MD5, nonce=n, Basic realm=r",
    b"Negotiate token=oYGZ, Basic",
    b"Negotiate more",
    b"Digest realm=d, algorithm=MD5, nonce=m, stale=true",
    b"Digest realm=d, algorithm=SHA-256, nonce=m, Basic",
    b"Basic realm=\"open",
    b"",
    // A challenge of Samba's: plain, raw in Negotiate, and in SPNEGO; and SPNEGO's reject.
    b"NTLM TlRMTVNTUAACAAAAEAAQADgAAAAVgoriYnyB+hL6J8sAAAAAAAAAAEQARABIAAAABgEAAAAAAA9MAEEAQgBQAFIATwBYAFkAAgAQAEwAQQBCAFAAUgBPAFgAWQABABAATABBAEIAUABSAE8AWABZAAQAAAADAAQAdgBtAAcACABImfYt8n3dAQAAAAA=",
    b"Negotiate TlRMTVNTUAACAAAAEAAQADgAAAAVgoriYnyB+hL6J8sAAAAAAAAAAEQARABIAAAABgEAAAAAAA9MAEEAQgBQAFIATwBYAFkAAgAQAEwAQQBCAFAAUgBPAFgAWQABABAATABBAEIAUABSAE8AWABZAAQAAAADAAQAdgBtAAcACABImfYt8n3dAQAAAAA=",
    b"Negotiate oYGoMIGloAMKAQGhDAYKKwYBBAGCNwICCqKBjwSBjE5UTE1TU1AAAgAAABAAEAA4AAAAFYKK4mJ8gfoS+ifLAAAAAAAAAABEAEQASAAAAAYBAAAAAAAPTABBAEIAUABSAE8AWABZAAIAEABMAEEAQgBQAFIATwBYAFkAAQAQAEwAQQBCAFAAUgBPAFgAWQAEAAAAAwAEAHYAbQAHAAgASJn2LfJ93QEAAAAA",
    b"Negotiate oQcwBaADCgEC",
    b"Bearer realm=b, Digest realm=d, nonce=n, qop=auth, algorithm=SHA-512-256, userhash=true",
];
