//! NTLM against recorded exchanges with other implementations (`ntlm/*.txt`), and against any bytes.
#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use symgate_auth::challenge::Challenge;
use symgate_auth::mechanism::{Mechanism, MechanismError, RequestLine, Round, Setup, Step};
use symgate_auth::{Channel, Credentials, Identity, Origin, Peers, Seed, Target, UriScheme, binding, ntlm};

const RECORDS: [(&str, &str); 8] = [
    ("epa", include_str!("ntlm/epa.txt")),
    ("flags", include_str!("ntlm/flags.txt")),
    ("gss", include_str!("ntlm/gss.txt")),
    ("oem", include_str!("ntlm/oem.txt")),
    ("old", include_str!("ntlm/old.txt")),
    ("pyspnego", include_str!("ntlm/pyspnego.txt")),
    ("samba-domain", include_str!("ntlm/samba-domain.txt")),
    ("samba", include_str!("ntlm/samba.txt")),
];

#[test]
fn recorded_exchanges_come_out_byte_for_byte() {
    for (name, text) in RECORDS {
        let record = Record(text);
        let channel = record.channel();
        let mut mechanism = record.mechanism();
        let mut expected = record.all("client");
        for challenge in record.all("server") {
            let value = step(&mut *mechanism, challenge, &channel).unwrap();
            assert_eq!(value, expected.next().unwrap(), "{name}");
        }
        assert_eq!(expected.next(), None, "{name}");
    }
}

/// The layouts differ, and so do the flags: pyspnego repeats the server's.
#[test]
fn answers_have_the_same_fields_as_those_of_pyspnego() {
    for (name, text) in RECORDS {
        let record = Record(text);
        let ours = record.answer();
        let theirs = hex(record.all("pyspnego").next().unwrap());
        for (word, at) in [
            ("LM", 12),
            ("NT", 20),
            ("domain", 28),
            ("user", 36),
            ("session key", 52),
        ] {
            assert_eq!(field(&ours, at), field(&theirs, at), "{name}: {word}");
        }
        let workstation = field(&theirs, 44);
        if !workstation.is_empty() {
            // It names itself only to peers that tell their version.
            assert_eq!(field(&ours, 44), workstation, "{name}");
        }
        match record.all("pyspnego-mic").next() {
            Some(mic) => assert_eq!(ours[72..88], hex(mic), "{name}"),
            None => assert_eq!(number(&ours, 32), 72, "{name}: the domain follows the header at once"),
        }
    }
}

#[test]
fn bindings_are_those_of_the_certificates_signature() {
    for line in include_str!("ntlm/certificates.txt").lines() {
        let mut words = line.split(' ');
        let (name, hash, certificate) = (words.next().unwrap(), words.next().unwrap(), words.next_back().unwrap());
        if name == "#" {
            continue;
        }
        let expected = (hash != "none").then(|| [&b"tls-server-end-point:"[..], &hex(hash)].concat());
        assert_eq!(binding::tls_server_end_point(&hex(certificate)), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_challenge_is_answered_or_malformed(bytes in vec(any::<u8>(), 0..200)) {
        answer(&bytes);
        answer(&[b"NTLMSSP\0\x02\0\0\0", &bytes[..]].concat());
    }

    #[test]
    fn a_recorded_challenge_with_other_bytes_is_answered_or_malformed(
        record in 0..RECORDS.len(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let challenge = Record(RECORDS[record].1).all("server").last().unwrap();
        let mut bytes = STANDARD.decode(challenge.strip_prefix("NTLM ").unwrap()).unwrap();
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        answer(&bytes);
        bytes.truncate(length.index(bytes.len()));
        answer(&bytes);
    }

    #[test]
    fn any_certificate_has_a_binding_or_none(
        bytes in vec(any::<u8>(), 0..100),
        line in 0_usize..17,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        drop(binding::tls_server_end_point(&bytes));
        let lines = include_str!("ntlm/certificates.txt").lines().filter(|line| !line.starts_with('#'));
        let mut certificate = hex(lines.clone().nth(line % lines.count()).unwrap().rsplit(' ').next().unwrap());
        for (place, byte) in changes {
            let at = place.index(certificate.len());
            certificate[at] = byte;
        }
        drop(binding::tls_server_end_point(&certificate));
    }
}

/// Whatever the bytes are, the peer or the credentials are blamed, and the message is no longer than the challenge asks.
fn answer(challenge: &[u8]) {
    let mut mechanism = Record(RECORDS[6].1).mechanism();
    step(&mut *mechanism, "NTLM", &Channel::CLEARTEXT).unwrap();
    let token = format!("NTLM {}", STANDARD.encode(challenge));
    match step(&mut *mechanism, &token, &Channel::CLEARTEXT) {
        Ok(value) => assert!(value.len() < 2 * token.len() + 1000),
        Err(MechanismError::Malformed(_) | MechanismError::Credentials(_)) => {}
        Err(other) => panic!("{other}"),
    }
}

fn step(mechanism: &mut dyn Mechanism, challenge: &str, channel: &Channel) -> Result<String, MechanismError> {
    let request = RequestLine {
        method: "GET",
        target: "http://symbols.example/",
        wall: 1_700_000_000,
        channel,
        body: &[],
    };
    // A lone "NTLM " with nothing behind it is no challenge at all.
    let challenge = Challenge::from_bytes(challenge.trim_end().as_bytes()).unwrap();
    match mechanism.step(Round::Challenge(&challenge), &request)? {
        Step::Continue(value) | Step::Finish(value) => Ok(String::from_utf8(value.expose().to_vec()).unwrap()),
        Step::Reject(_) => Err(MechanismError::Malformed("rejected")),
        Step::NeedToken(_) => panic!("no tokens here"),
    }
}

/// One file of `ntlm/`: lines of a word and what it says.
#[derive(Clone, Copy)]
struct Record(&'static str);

impl Record {
    fn all(self, word: &'static str) -> impl Iterator<Item = &'static str> {
        let lines = self.0.lines().filter_map(|line| line.split_once(' '));
        lines.filter(move |line| line.0 == word).map(|line| line.1)
    }

    fn one(self, word: &'static str) -> &'static str {
        self.all(word).next().unwrap()
    }

    fn answer(self) -> Vec<u8> {
        let value = self.all("client").last().unwrap();
        STANDARD.decode(value.strip_prefix("NTLM ").unwrap()).unwrap()
    }

    fn channel(self) -> Channel {
        match self.all("certificate").next() {
            Some(certificate) => Channel::encrypted(hex(certificate)),
            None => Channel::CLEARTEXT,
        }
    }

    fn mechanism(self) -> Box<dyn Mechanism> {
        let scheme = if self.channel().is_encrypted() {
            UriScheme::Https
        } else {
            UriScheme::Http
        };
        let setup = Setup {
            target: Target::Proxy,
            peer: &Origin::new(scheme, self.one("host"), self.one("port").parse().unwrap()),
            identity: &Identity::Known(Arc::new(Credentials::password(self.one("user"), self.one("password")))),
            remembered: None,
            entropy: Seed::new([7; 32]).draw(),
            peers: &Arc::new(Peers::new()),
        };
        ntlm::spec_with_workstation(self.one("workstation"))
            .make(setup)
            .unwrap()
    }
}

fn number(message: &[u8], at: usize) -> usize {
    usize::try_from(u32::from_le_bytes(message[at..at + 4].try_into().unwrap())).unwrap()
}

/// The bytes of the field whose length and place stand at an offset.
fn field(message: &[u8], at: usize) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let offset = number(message, at + 4);
    &message[offset..offset + length]
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text
        .chars()
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
