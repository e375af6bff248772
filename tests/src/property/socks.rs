//! Laws of the handshake with a SOCKS5 proxy: [`Socks`] against any bytes.

use std::sync::Arc;
use std::time::Duration;

use symgate_auth::{Answer, Authenticator, Channel, Credentials, Origin, Peers, Refusal, Seed, UriScheme};
use symgate_http::{Action, Eof, Error, Limits, Now, Release, Socks};

/// What comes of a handshake is the same for every split of the proxy's bytes; it ends after few actions, never blames
/// its caller, keeps what it did not need, and shows a password to nobody but a proxy that asked.
///
/// The first byte chooses the split, the second how many bytes come on the first stream, the others are the proxy's.
pub fn socks_reply(bytes: &[u8]) {
    let [choice, first, rest @ ..] = bytes else { return };
    let (first, second) = rest.split_at(rest.len().min(usize::from(*first)));
    let whole = shake([first, second], usize::MAX);
    let parts = shake([first, second], usize::from(*choice).max(1));
    assert_eq!(whole, parts, "in steps of {choice}");
}

/// Writes down what happened.
fn shake(streams: [&[u8]; 2], step: usize) -> Vec<String> {
    let proxy = Origin::new(UriScheme::Http, "proxy.example", 1080);
    let origin = Origin::new(UriScheme::Http, "symbols.example", 80);
    let authenticator = Authenticator::new(Arc::new(Peers::new()), Seed::new([1; 32]));
    let mut socks =
        Socks::new(&proxy, &origin, Channel::CLEARTEXT, authenticator, &Limits::default()).expect("a name that fits");
    let mut said = Vec::new();
    let mut given = false;
    let mut streams = streams.into_iter();
    let mut peer = streams.next().unwrap_or_default();
    // Two streams, each with three messages of at most 262 bytes in pieces of one, and what stands between them.
    for _ in 0..2000 {
        assert!(!format!("{socks:?}").contains(PASSWORD), "the password shows");
        let fed = match socks.poll(NOW) {
            Err(error) => {
                assert!(
                    !matches!(error, Error::Misuse(_)),
                    "a proxy cannot misuse a handshake: {error}"
                );
                said.push(format!("{error:?}"));
                return said;
            }
            Ok(Action::Transmit(bytes)) => {
                let shown = bytes.escape_ascii().to_string();
                assert!(given || !shown.contains(PASSWORD), "the password goes out unasked");
                said.push(shown);
                socks.handle_sent()
            }
            Ok(Action::Receive(buffer)) => {
                let count = buffer.len().min(step).min(peer.len());
                let (now, later) = peer.split_at(count);
                if let Some(place) = buffer.get_mut(..count) {
                    place.copy_from_slice(now);
                }
                peer = later;
                if count == 0 {
                    socks.handle_eof(Eof::Clean)
                } else {
                    socks.handle_received(count)
                }
            }
            Ok(Action::Authorize(ask)) => {
                said.push(ask.to_string());
                socks.handle_answer(if given {
                    Answer::Refuse(Refusal::Automatic)
                } else {
                    given = true;
                    Answer::Use(Arc::new(Credentials::password("user", PASSWORD)))
                })
            }
            Ok(Action::Report(_, outcome)) => {
                said.push(format!("{outcome:?}"));
                Ok(())
            }
            Ok(Action::Release(Release::Close)) => {
                said.push("closed".into());
                Ok(())
            }
            Ok(Action::Open(_)) => {
                peer = streams.next().expect("one answer, two streams");
                socks.reopened(&Channel::CLEARTEXT)
            }
            Ok(Action::Done) => {
                let rest = [socks.leftovers(), peer].concat();
                said.push(rest.escape_ascii().to_string());
                return said;
            }
            Ok(other) => panic!("a handshake has no use for {other:?}"),
        };
        match fed {
            Ok(()) => {}
            Err(Error::Failed { .. }) => {
                said.push("broke off".into());
                return said;
            }
            Err(error) => panic!("an input that was asked for was refused: {error}"),
        }
    }
    panic!("the handshake does not end: {said:?}");
}

const PASSWORD: &str = "PW-7";

const NOW: Now = Now {
    monotonic: Duration::ZERO,
    wall: 0,
};
