//! Handshakes byte by byte, as RFC 1928 and RFC 1929 write them, against a proxy made of prepared bytes.

use std::sync::Arc;
use std::time::Duration;

use symgate_auth::{Credentials, Peers, Refusal, Seed, UriScheme};

use super::*;

const NOW: Now = Now {
    monotonic: Duration::ZERO,
    wall: 0,
};

/// `GREETING` and CONNECT to `symbols.example:443`.
const GREETED: &str = r"> \x05\x02\x00\x02";
const ASKED: &str = r"> \x05\x01\x00\x03\x0fsymbols.example\x01\xbb";
const LOGGED_ON: &str = r"> \x01\x05alice\x06S3cret";
const CONNECTED: &[u8] = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

fn origin() -> Origin {
    Origin::new(UriScheme::Https, "symbols.example", 443)
}

fn socks(peers: &Arc<Peers>) -> Socks {
    let proxy = Origin::new(UriScheme::Http, "p", 1080);
    let authenticator = Authenticator::new(Arc::clone(peers), Seed::new([0; 32]));
    Socks::new(&proxy, &origin(), Channel::CLEARTEXT, authenticator, &Limits::default()).unwrap()
}

fn alice(password: &str) -> Answer {
    Answer::Use(Arc::new(Credentials::password("alice", password)))
}

/// Plays against streams of bytes, `step` of them at a time, and writes down what happened.
fn play(mut socks: Socks, streams: &[&[u8]], answers: Vec<Answer>, step: usize) -> Vec<String> {
    let mut said = Vec::new();
    let (mut streams, mut answers) = (streams.iter(), answers.into_iter());
    let mut peer: &[u8] = streams.next().unwrap();
    loop {
        let fed = match socks.poll(NOW) {
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                said.push(format!("error {error}: {}", cause.unwrap_or_default()));
                assert!(matches!(socks.poll(NOW), Err(Error::Misuse(Misuse::Spent))));
                return said;
            }
            Ok(Action::Transmit(bytes)) => {
                said.push(format!("> {}", bytes.escape_ascii()));
                socks.handle_sent()
            }
            Ok(Action::Receive(buffer)) => {
                let count = peer.len().min(step).min(buffer.len());
                buffer[..count].copy_from_slice(&peer[..count]);
                peer = &peer[count..];
                if count == 0 {
                    socks.handle_eof(Eof::Clean)
                } else {
                    socks.handle_received(count)
                }
            }
            Ok(Action::Authorize(ask)) => {
                said.push(format!("ask {ask} {}", ask.attempt));
                socks.handle_answer(answers.next().unwrap())
            }
            Ok(Action::Report(ask, outcome)) => {
                said.push(format!("report {} {outcome:?}", ask.attempt));
                Ok(())
            }
            Ok(Action::Release(Release::Close)) => {
                said.push("close".into());
                Ok(())
            }
            Ok(Action::Open(endpoint)) => {
                said.push(format!("dial {}", endpoint.hop));
                peer = streams.next().unwrap();
                socks.reopened(&Channel::CLEARTEXT)
            }
            Ok(Action::Done) => {
                let who = socks.identity();
                let user = match &who {
                    Identity::Known(credentials) => credentials.user().unwrap_or_default(),
                    Identity::Ambient | Identity::Anonymous => "nobody",
                };
                // What was not read yet is behind what was.
                let rest = [socks.leftovers(), peer].concat();
                said.push(format!("open for {user}, {}", rest.escape_ascii()));
                return said;
            }
            Ok(other) => panic!("{other:?}"),
        };
        if let Err(error) = fed {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            said.push(format!("error {error}: {}", cause.unwrap_or_default()));
            return said;
        }
    }
}

/// The same for every split of the proxy's bytes.
fn check(streams: &[&[u8]], answers: &[Answer], expected: &[&str]) {
    for step in [usize::MAX, 1, 2, 3, 7] {
        let said = play(socks(&Arc::new(Peers::new())), streams, answers.to_vec(), step);
        assert_eq!(said, expected, "steps of {step}");
    }
}

const QUESTION: &str = "ask proxy `p:1080` asks for a password (Basic, in clear text) 1";
const AGAIN: &str = "ask proxy `p:1080` asks for a password (Basic, in clear text) 2";
const DIALLED: &str = "dial proxy `p:1080`";

#[test]
fn connects_by_name_without_authentication() {
    let peer = [b"\x05\x00", CONNECTED].concat();
    check(&[&peer], &[], &[GREETED, ASKED, "open for nobody, "]);
}

#[test]
fn bytes_behind_the_reply_are_handed_on() {
    let peer = [b"\x05\x00", CONNECTED, b"\x16\x03\x03"].concat();
    check(&[&peer], &[], &[GREETED, ASKED, r"open for nobody, \x16\x03\x03"]);
}

#[test]
fn a_password_goes_out_when_it_was_asked_for_and_on_a_new_stream() {
    let peer = [b"\x05\x02\x01\x00", CONNECTED].concat();
    check(
        &[b"\x05\x02", &peer],
        &[alice("S3cret")],
        &[
            GREETED,
            "close",
            QUESTION,
            DIALLED,
            GREETED,
            LOGGED_ON,
            "report 1 Accepted",
            ASKED,
            "open for alice, ",
        ],
    );
}

#[test]
fn what_was_accepted_before_goes_out_at_once() {
    let peers = Arc::new(Peers::new());
    let peer = [b"\x05\x02\x01\x00", CONNECTED].concat();
    play(socks(&peers), &[b"\x05\x02", &peer], vec![alice("S3cret")], 1);
    let said = play(socks(&peers), &[&peer], vec![], 1);
    assert_eq!(said, [GREETED, LOGGED_ON, ASKED, "open for alice, "]);
    // And not to a proxy that does not want it.
    let peer = [b"\x05\x00", CONNECTED].concat();
    let said = play(socks(&peers), &[&peer], vec![], 1);
    assert_eq!(said, [GREETED, ASKED, "open for nobody, "]);
}

#[test]
fn an_answer_that_is_not_wanted_any_more_is_kept() {
    let peer = [b"\x05\x00", CONNECTED].concat();
    check(
        &[b"\x05\x02", &peer],
        &[alice("S3cret")],
        &[
            GREETED,
            "close",
            QUESTION,
            DIALLED,
            GREETED,
            "report 1 Abandoned",
            ASKED,
            "open for nobody, ",
        ],
    );
}

#[test]
fn a_rejected_password_is_sent_once() {
    check(
        &[b"\x05\x02", b"\x05\x02\x01\x01"],
        &[alice("S3cret"), Answer::Refuse(Refusal::Automatic)],
        &[
            GREETED,
            "close",
            QUESTION,
            DIALLED,
            GREETED,
            LOGGED_ON,
            "report 1 Rejected",
            "close",
            AGAIN,
            "error proxy `p:1080`: authentication failed: offered Basic; SOCKS5 password: the proxy rejected the user \
             name or password",
        ],
    );
}

#[test]
fn another_password_gets_another_stream() {
    let peer = [b"\x05\x02\x01\x00", CONNECTED].concat();
    check(
        &[b"\x05\x02", b"\x05\x02\x01\xff", &peer],
        &[alice("Wr0ng"), alice("S3cret")],
        &[
            GREETED,
            "close",
            QUESTION,
            DIALLED,
            GREETED,
            r"> \x01\x05alice\x05Wr0ng",
            "report 1 Rejected",
            "close",
            AGAIN,
            DIALLED,
            GREETED,
            LOGGED_ON,
            "report 2 Accepted",
            ASKED,
            "open for alice, ",
        ],
    );
}

#[test]
fn a_no_ends_the_handshake() {
    for (answer, why) in [
        (
            Answer::Refuse(Refusal::ByUser),
            "authentication was cancelled by the user",
        ),
        (Answer::Pass, "offered Basic; SOCKS5 password: no credentials"),
        (
            Answer::Use(Arc::new(Credentials::password("alice", ""))),
            "offered Basic; SOCKS5 password: the credentials cannot be sent: SOCKS5 takes 1 to 255 bytes of a user \
             name, and as many of a password",
        ),
    ] {
        let said = play(socks(&Arc::new(Peers::new())), &[b"\x05\x02"], vec![answer], 1);
        let told = said.last().unwrap();
        assert_eq!(*told, format!("error proxy `p:1080`: authentication failed: {why}"));
        assert_eq!(said.iter().filter(|line| line.starts_with('>')).count(), 1, "{said:?}");
    }
}

#[test]
fn every_end_names_the_proxy_and_its_reason() {
    let no = |code: u8| vec![5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    let opened = "proxy `p:1080` opened no way to `symbols.example:443`";
    for (peer, told) in [
        (no(2), format!("{opened}: the proxy's rules do not allow it")),
        (no(4), format!("{opened}: the proxy cannot reach the host")),
        (vec![5, 0, 5, 5], format!("{opened}: the server refused the proxy's connection")),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            format!("{opened}: the peer does not speak SOCKS5"),
        ),
        (
            b"\x05\x01".to_vec(),
            format!("{opened}: the proxy chose a method of authentication that was not offered (number 1)"),
        ),
        (
            b"\x05\xff".to_vec(),
            "proxy `p:1080`: authentication failed: offered `other methods of SOCKS5`; none of them is supported".into(),
        ),
        (
            b"\x05".to_vec(),
            "proxy `p:1080`: the connection broke while reading: the proxy closed the connection before the way was open"
                .into(),
        ),
    ] {
        for step in [1, usize::MAX] {
            let said = play(socks(&Arc::new(Peers::new())), &[&peer], vec![], step);
            assert_eq!(said.last(), Some(&format!("error {told}")), "{said:?}");
        }
    }
}

#[test]
fn inputs_out_of_turn_change_nothing() {
    let mut socks = socks(&Arc::new(Peers::new()));
    let misused = |outcome| matches!(outcome, Err(Error::Misuse(Misuse::OutOfTurn)));
    assert!(misused(socks.handle_received(1)));
    assert!(misused(socks.handle_eof(Eof::Clean)));
    assert!(misused(socks.handle_answer(Answer::Pass)));
    assert!(misused(socks.reopened(&Channel::CLEARTEXT)));
    socks.handle_sent().unwrap();
    assert!(misused(socks.handle_sent()));
    for read in [0, ROOM + 1] {
        assert!(misused(socks.handle_received(read)), "{read}");
    }
    assert!(matches!(socks.poll(NOW), Ok(Action::Receive(_))));
}

#[test]
fn nothing_printed_holds_the_password() {
    let peers = Arc::new(Peers::new());
    let mut socks = socks(&peers);
    socks.handle_sent().unwrap();
    let Ok(Action::Receive(buffer)) = socks.poll(NOW) else {
        panic!("the method is due");
    };
    buffer[..2].copy_from_slice(b"\x05\x02");
    socks.handle_received(2).unwrap();
    assert!(matches!(socks.poll(NOW), Ok(Action::Release(Release::Close))));
    assert!(matches!(socks.poll(NOW), Ok(Action::Authorize(_))));
    socks.handle_answer(alice("S3cret")).unwrap();
    assert!(matches!(socks.poll(NOW), Ok(Action::Open(_))));
    assert!(!format!("{socks:?}").contains("S3cret"));
}

#[test]
fn a_name_that_does_not_fit_is_not_asked_for() {
    let proxy = Origin::new(UriScheme::Http, "p", 1080);
    let store = Origin::new(UriScheme::Https, &"x".repeat(256), 443);
    let authenticator = Authenticator::new(Arc::new(Peers::new()), Seed::new([0; 32]));
    let socks = Socks::new(&proxy, &store, Channel::CLEARTEXT, authenticator, &Limits::default());
    assert!(matches!(socks, Err(Error::Unsupported { .. })));
}
