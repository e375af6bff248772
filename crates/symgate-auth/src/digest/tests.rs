//! Digest answers by themselves: published examples, all algorithms, what peers send, and their last words.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::{Channel, Seed, UriScheme};

/// The user of RFC 7616 §3.9.1.
const MUFASA: (&str, &str) = ("Mufasa", "Circle of Life");
/// Realm and nonce of RFC 7616 §3.9.1.
const OFFER: &str = "realm=\"http-auth@example.org\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"";
/// The cnonce of RFC 7616 §3.9.1.
const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
const GET: Line = ("GET", "/dir/index.html", b"");

type Line = (&'static str, &'static str, &'static [u8]);

/// An exchange as far as a test looks at it.
#[derive(Debug)]
struct Scene {
    digest: Digest,
    answer: Result<Step, MechanismError>,
}

impl Scene {
    fn new(user: (&str, &str), target: Target, cnonce: &str, challenge: &[u8], line: Line) -> Self {
        let mut digest = digest(user, target, cnonce, None);
        let challenge = Challenge::from_bytes(challenge).unwrap();
        let answer = step(&mut digest, Round::Challenge(&challenge), line);
        Self { digest, answer }
    }

    fn value(&self) -> String {
        value(&self.answer)
    }

    fn judge(&mut self, challenge: &str) -> Rejection {
        let challenge = Challenge::from_bytes(challenge.as_bytes()).unwrap();
        match step(&mut self.digest, Round::Challenge(&challenge), GET) {
            Ok(Step::Reject(rejection)) => rejection,
            other => panic!("{other:?}"),
        }
    }
}

fn digest(user: (&str, &str), target: Target, cnonce: &str, remembered: Option<Challenge<'static>>) -> Digest {
    Digest {
        credentials: Arc::new(Credentials::password(user.0, user.1)),
        target,
        peer: Origin::new(UriScheme::Http, "peer.example", 80),
        peers: Arc::new(Peers::new()),
        cnonce: cnonce.to_owned(),
        state: State::Unsent(remembered),
    }
}

fn step(digest: &mut dyn Mechanism, round: Round<'_>, line: Line) -> Result<Step, MechanismError> {
    let (method, target, body) = line;
    let channel = Channel::CLEARTEXT;
    let request = RequestLine {
        method,
        target,
        wall: 0,
        channel: &channel,
        body,
    };
    digest.step(round, &request)
}

fn value(answer: &Result<Step, MechanismError>) -> String {
    match answer {
        Ok(Step::Finish(value)) => String::from_utf8_lossy(value.expose()).into_owned(),
        other => panic!("{other:?}"),
    }
}

fn mufasa(challenge: &str) -> Scene {
    Scene::new(MUFASA, Target::Origin, CNONCE, challenge.as_bytes(), GET)
}

/// One parameter of a value that our own parser reads.
fn param(value: &str, name: &str) -> Option<String> {
    let challenge = Challenge::from_bytes(value.as_bytes()).unwrap();
    let value = challenge.param(name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[test]
fn answers_the_md5_and_sha_256_example_of_rfc_7616_section_3_9_1() {
    let table = [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ];
    for (algorithm, response) in table {
        let opaque = "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let scene = mufasa(&format!(
            "Digest {OFFER}, qop=\"auth, auth-int\", algorithm={algorithm}, {opaque}"
        ));
        let expected = format!(
            "Digest username=\"Mufasa\", {OFFER}, uri=\"/dir/index.html\", response=\"{response}\", \
             algorithm={algorithm}, cnonce=\"{CNONCE}\", qop=auth, nc=00000001, {opaque}"
        );
        assert_eq!(scene.value(), expected);
    }
}

/// The document prints `488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec` as the name and
/// `ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd` as the response. Both are of SHA-512 cut to 256
/// bits, a known erratum ([4897](https://www.rfc-editor.org/errata/eid4897)): SHA-512/256 has start values of its own.
/// The values here were computed with Python's `hashlib.new('sha512_256')`, and the printed ones with
/// `hashlib.sha512`, from the document's inputs.
#[test]
fn answers_the_sha_512_256_example_of_rfc_7616_section_3_9_2_with_the_true_values() {
    let jason = ("J\u{E4}s\u{F8}n Doe", "Secret, or not?");
    let offer = "realm=\"api@example.org\", nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\"";
    let opaque = "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\"";
    let challenge =
        format!("Digest {offer}, qop=\"auth\", algorithm=SHA-512-256, {opaque}, charset=UTF-8, userhash=true");
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let line: Line = ("GET", "/doe.json", b"");
    let scene = Scene::new(jason, Target::Origin, cnonce, challenge.as_bytes(), line);
    let expected = format!(
        "Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", {offer}, \
         uri=\"/doe.json\", response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", \
         algorithm=SHA-512-256, cnonce=\"{cnonce}\", qop=auth, nc=00000001, {opaque}, userhash=true"
    );
    assert_eq!(scene.value(), expected);
}

/// RFC 2617 §3.5, and RFC 2069 §2.4, which prints `e966c932a9242554e42c8ee200cec7f6`, a known erratum: the value here
/// was computed with Python's `hashlib` from the document's inputs.
#[test]
fn answers_the_examples_of_the_older_documents() {
    let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    let challenge = format!(r#"realm="testrealm@host.com", nonce="{nonce}""#);
    let opaque = r#"opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    let table = [
        (
            "Circle Of Life",
            format!("Digest {challenge}, qop=\"auth,auth-int\", {opaque}"),
            format!(
                "Digest username=\"Mufasa\", {challenge}, uri=\"/dir/index.html\", \
                 response=\"6629fae49393a05397450978507c4ef1\", cnonce=\"0a4f113b\", qop=auth, nc=00000001, {opaque}"
            ),
        ),
        (
            "CircleOfLife",
            format!("Digest {challenge}, {opaque}"),
            format!(
                "Digest username=\"Mufasa\", {challenge}, uri=\"/dir/index.html\", \
                 response=\"1949323746fe6a43ef61f9606e7febea\", {opaque}"
            ),
        ),
    ];
    for (password, challenge, expected) in table {
        let scene = Scene::new(
            ("Mufasa", password),
            Target::Origin,
            "0a4f113b",
            challenge.as_bytes(),
            GET,
        );
        assert_eq!(scene.value(), expected);
    }
}

/// Computed with Python's `hashlib`: algorithm, `qop` of the challenge, response, and `rspauth` where the last word
/// says `qop=auth` or, in the first form, nothing.
const ANSWERS: &[(&str, Option<&str>, &str, &str)] = &[
    (
        "MD5",
        Some("auth"),
        "8ca523f5e9506fed4657c9700eebdbec",
        "9b712497bc9f91499fbcca1dfc5f09a5",
    ),
    (
        "MD5",
        Some("auth-int"),
        "ddd96cbd20f7f46d4f11ddee468d49d8",
        "9b712497bc9f91499fbcca1dfc5f09a5",
    ),
    (
        "MD5",
        None,
        "7b2cc3b30e75b4777ea31027084363fd",
        "0ce41fdcf28d7cea59b4fc9db4714a38",
    ),
    (
        "MD5-sess",
        Some("auth"),
        "e783283f46242139c486a698fec7211d",
        "b9bdf5673282d64412df46ad40660539",
    ),
    (
        "MD5-sess",
        Some("auth-int"),
        "fac91500919a9f9f9031b1b92c75b39f",
        "b9bdf5673282d64412df46ad40660539",
    ),
    (
        "MD5-sess",
        None,
        "37a7f42db2090a3fcac4e26e747d4fc8",
        "c65f1e29e2e8a98517f3e75f4fe1ac40",
    ),
    (
        "SHA-256",
        Some("auth"),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        "86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0",
    ),
    (
        "SHA-256",
        Some("auth-int"),
        "8a96df4cb11d794cb036d6ce821c2fc7743523141ceb59fe170e898af0ea0b99",
        "86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0",
    ),
    (
        "SHA-256",
        None,
        "a1306b0595a6c7fe96c448631fb5cfbd5107bd1fe1da729d978dd7446b812363",
        "a5e56293281a7f4fa38ce4546158e549b559a3b138db8579d856e77e2cfab87c",
    ),
    (
        "SHA-256-sess",
        Some("auth"),
        "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
        "d4ad609d150eafce2281da5c3179878fdb37e6a16021272f4bed1a082f5c2324",
    ),
    (
        "SHA-256-sess",
        Some("auth-int"),
        "d3de62a95d97a291c268104776b6a9ccb2aafaa39486cca8325bf1d6d138f06e",
        "d4ad609d150eafce2281da5c3179878fdb37e6a16021272f4bed1a082f5c2324",
    ),
    (
        "SHA-256-sess",
        None,
        "30bc0742357e535c85094121d22cf826b794be0667e19537beb7b28f2251c274",
        "f676e72d8cbb75364447ad742019fad4f6daffb8df855158605534f11ddcc056",
    ),
    (
        "SHA-512-256",
        Some("auth"),
        "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
        "c8f9593a4f49b95ce2c483cc3222ecd360a5c6ec52ca24a530b0aac18478de8c",
    ),
    (
        "SHA-512-256",
        Some("auth-int"),
        "a9bce636866e8f7c05765565073857a4dd8a22fec8a5ef2d5e65fe80027a2f39",
        "c8f9593a4f49b95ce2c483cc3222ecd360a5c6ec52ca24a530b0aac18478de8c",
    ),
    (
        "SHA-512-256",
        None,
        "93e9122020ea0624d2ca801426d5bfbeb93d10ff4cc24cb410af3920fa4730e7",
        "bf02b3a75574da03a1dcee7cbbfe770c43a604a3d0410d43adbb9b97ac0e5bac",
    ),
    (
        "SHA-512-256-sess",
        Some("auth"),
        "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e",
        "98012a4e63fae2aea13adaa3410368ef7278c87ca0acbd3c941ca5fe3dceeb86",
    ),
    (
        "SHA-512-256-sess",
        Some("auth-int"),
        "084165f9786dc9a6c9fbeeaa18bea8015bc825317e1cce08e3304f450f1483bd",
        "98012a4e63fae2aea13adaa3410368ef7278c87ca0acbd3c941ca5fe3dceeb86",
    ),
    (
        "SHA-512-256-sess",
        None,
        "7c70dbd9f483cbccedbd3e92ac246a9f2b712bed77914b52c3ae2254fdb2edba",
        "1bf10d1f35de52d9736b6f64178337813f91997007b7a89a93115e3c1296f7c4",
    ),
];

/// Each row of [`ANSWERS`] with the exchange that has sent its answer.
fn answered() -> impl Iterator<
    Item = (
        Scene,
        &'static (&'static str, Option<&'static str>, &'static str, &'static str),
    ),
> {
    ANSWERS.iter().map(|row| {
        let (algorithm, qop, ..) = row;
        let qop_param = qop.map(|qop| format!(", qop=\"{qop}\"")).unwrap_or_default();
        let line = match *qop {
            Some("auth-int") => ("POST", "/dir/index.html", &b"some content"[..]),
            _ => GET,
        };
        let challenge = format!("Digest {OFFER}, algorithm={algorithm}{qop_param}");
        let scene = Scene::new(MUFASA, Target::Origin, CNONCE, challenge.as_bytes(), line);
        (scene, row)
    })
}

#[test]
fn answers_in_each_algorithm_and_protection() {
    for (scene, row) in answered() {
        let (algorithm, qop, response, _) = *row;
        let value = scene.value();
        assert_eq!(param(&value, "response").as_deref(), Some(response), "{row:?}");
        assert_eq!(param(&value, "qop").as_deref(), qop, "{row:?}");
        assert_eq!(param(&value, "nc").as_deref(), qop.map(|_| "00000001"), "{row:?}");
        let has_cnonce = qop.is_some() || algorithm.ends_with("-sess");
        assert_eq!(param(&value, "cnonce").is_some(), has_cnonce, "{row:?}");
    }
}

#[test]
fn a_wrong_rspauth_is_unproven_and_a_right_or_missing_one_is_fine() {
    for (mut scene, row) in answered() {
        let (_, qop, _, proof) = *row;
        let mut finish = |info: &str| scene.digest.finish(Final::Info(info.as_bytes())).map(|_| ());
        let covered = if qop == Some("auth-int") { ", qop=auth" } else { "" };
        assert_eq!(finish(&format!("rspauth=\"{proof}\"{covered}")), Ok(()), "{row:?}");
        let upper = proof.to_ascii_uppercase();
        assert_eq!(finish(&format!("RspAuth={upper}{covered}")), Ok(()), "{row:?}");
        for wrong in [&proof[1..], "", "0000", &proof.replace(['1', '2', '3'], "4")] {
            let wrong = format!("rspauth=\"{wrong}\"{covered}, nextnonce=\"evil\"");
            assert_eq!(finish(&wrong), Err(Rejection::Unproven), "{row:?} {wrong}");
        }
        // A proof over content that was not kept says nothing, nor does what cannot be read.
        for nothing in [
            "rspauth=\"\", qop=auth-int",
            "nextnonce=\"n\"",
            "",
            "rspauth=\"open",
            "rspauth=a, rspauth=b",
        ] {
            assert_eq!(finish(nothing), Ok(()), "{row:?} {nothing}");
        }
        let challenge = Challenge::from_bytes(b"Digest rspauth=x").unwrap();
        assert!(scene.digest.finish(Final::Challenge(&challenge)).is_ok());
        assert!(scene.digest.finish(Final::Nothing).is_ok());
    }
    assert!(
        digest(MUFASA, Target::Origin, CNONCE, None)
            .finish(Final::Info(b"rspauth=x"))
            .is_ok()
    );
}

#[test]
fn the_uri_is_the_request_target_as_the_peer_sees_it() {
    let table = [
        (Target::Proxy, "CONNECT", "symbols.example:443", "symbols.example:443"),
        (Target::Proxy, "GET", "http://h:8080/a?b", "http://h:8080/a?b"),
        (Target::Origin, "GET", "/a?u=http://h/b", "/a?u=http://h/b"),
        (Target::Origin, "GET", "http://h:8080/a?b", "/a?b"),
        (Target::Origin, "GET", "HTTP://h?b/c", "/?b/c"),
        (Target::Origin, "GET", "http://h", "/"),
        (Target::Origin, "OPTIONS", "*", "*"),
    ];
    for (target, method, sent, seen) in table {
        let challenge = format!("Digest {OFFER}, qop=auth");
        let scene = Scene::new(MUFASA, target, CNONCE, challenge.as_bytes(), (method, sent, b""));
        assert_eq!(param(&scene.value(), "uri").as_deref(), Some(seen), "{sent}");
    }
    // Computed with Python's `hashlib`.
    let line: Line = ("CONNECT", "symbols.example:443", b"");
    let challenge = format!("Digest {OFFER}, qop=auth");
    let scene = Scene::new(MUFASA, Target::Proxy, CNONCE, challenge.as_bytes(), line);
    let response = param(&scene.value(), "response");
    assert_eq!(response.as_deref(), Some("39ec201a3dfee2408cd8e08c7c7ab825"));
}

/// The first row's response was computed with Python's `hashlib` over the unescaped values.
#[test]
fn values_of_the_challenge_come_back_as_they_were_with_quotes_and_backslashes_escaped() {
    let hostile = ("do\"main\\user", "p");
    let challenge = "Digest realm=\"a \\\"b\\\\c\\\" \u{E9}\", nonce=\"n\\\"\\\\\", opaque=\"\", qop=auth, x=\"y\"";
    let scene = Scene::new(hostile, Target::Origin, CNONCE, challenge.as_bytes(), ("GET", "/", b""));
    let expected = format!(
        "Digest username=\"do\\\"main\\\\user\", realm=\"a \\\"b\\\\c\\\" \u{E9}\", nonce=\"n\\\"\\\\\", uri=\"/\", \
         response=\"ebdc2075b0f98c62c1e63235d8183f21\", cnonce=\"{CNONCE}\", qop=auth, nc=00000001, opaque=\"\""
    );
    assert_eq!(scene.value(), expected);

    let raw = b"Digest realm=\"\xE9\xFF, x\", nonce=a=b/c";
    let scene = Scene::new(MUFASA, Target::Origin, CNONCE, raw, GET);
    let Ok(Step::Finish(value)) = &scene.answer else {
        panic!()
    };
    let (bytes, echoed) = (value.expose(), b"realm=\"\xE9\xFF, x\", ");
    let is_echoed = bytes.windows(echoed.len()).any(|part| part == echoed);
    assert!(is_echoed, "{}", bytes.escape_ascii());

    let huge = "\\\"".repeat(7000);
    let scene = mufasa(&format!("Digest realm=\"{huge}\", nonce=\"{huge}\""));
    assert_eq!(param(&scene.value(), "nonce"), Some("\"".repeat(7000)));
}

#[test]
fn the_algorithm_is_said_back_as_the_peer_spelled_it_and_only_if_it_did() {
    for (said, expected) in [
        ("", None),
        (", algorithm=md5", Some("md5")),
        (", algorithm=\"Sha-256-SESS\"", Some("Sha-256-SESS")),
    ] {
        let value = mufasa(&format!("Digest {OFFER}{said}")).value();
        assert_eq!(param(&value, "algorithm").as_deref(), expected, "{value}");
        assert!(!value.contains("algorithm=\""), "{value}");
    }
}

#[test]
fn a_name_beyond_ascii_is_sent_in_the_form_that_the_peer_announces() {
    let ascii = ("Mufasa", "x");
    let other = ("J\u{E4}s\u{F8}n D'oe", "x");
    let hashed = Hash::Md5.join(&[other.0.as_bytes(), b"http-auth@example.org"]);
    let table = [
        (ascii, "", "username=\"Mufasa\"".to_owned()),
        (ascii, ", charset=\"UTF-8\"", "username=\"Mufasa\"".to_owned()),
        (other, "", format!("username=\"{}\"", other.0)),
        (
            other,
            ", charset=latin1, userhash=false",
            format!("username=\"{}\"", other.0),
        ),
        (
            other,
            ", charset=utf-8",
            "username*=UTF-8''J%C3%A4s%C3%B8n%20D%27oe".to_owned(),
        ),
        (
            other,
            ", charset=utf-8, userhash=\"TRUE\"",
            format!("username=\"{}\"", *hashed),
        ),
    ];
    for (user, extra, expected) in table {
        let challenge = format!("Digest {OFFER}{extra}");
        let scene = Scene::new(user, Target::Origin, CNONCE, challenge.as_bytes(), GET);
        let value = scene.value();
        assert!(
            value.starts_with(&format!("Digest {expected}, realm=")),
            "{extra}: {value}"
        );
        assert_eq!(value.contains("userhash=true"), extra.contains("TRUE"), "{value}");
    }
}

#[test]
fn the_strongest_known_algorithm_ranks_highest_and_what_cannot_be_answered_has_no_rank() {
    let ascending = [
        vec![""],
        vec![
            ", qop=auth",
            ", algorithm=MD5-sess, qop=\"auth-int\"",
            ", algorithm=md5, qop=\" ,AUTH, x\"",
        ],
        vec![", algorithm=SHA-256", ", algorithm=SHA-256-sess, qop=\"\""],
        vec![", algorithm=SHA-256, qop=\"x, auth-int\""],
        vec![", algorithm=SHA-512-256"],
        vec![", algorithm=SHA-512-256-sess, qop=auth"],
    ];
    let rank = |text: &str| DigestSpec.rank(&Challenge::from_bytes(text.as_bytes()).unwrap());
    let mut last = None;
    for equals in &ascending {
        let ranks: Vec<_> = equals
            .iter()
            .map(|extra| rank(&format!("Digest {OFFER}{extra}")))
            .collect();
        assert!(ranks.iter().all(|rank| *rank == ranks[0]), "{equals:?}: {ranks:?}");
        assert!(ranks[0] > last, "{equals:?}");
        last = ranks[0];
    }
    let unsupported = [
        ", algorithm=SHA-1",
        ", algorithm=",
        ", algorithm=token",
        ", qop=\"auth-conf\"",
        ", qop=\"authint\"",
    ];
    for extra in unsupported {
        let text = format!("Digest {OFFER}{extra}");
        assert_eq!(rank(&text), None, "{extra}");
        assert!(
            matches!(mufasa(&text).answer, Ok(Step::Reject(Rejection::Unsupported))),
            "{extra}"
        );
    }
    let malformed = [
        ("Digest", "no realm"),
        ("Digest abc=", "no realm"),
        ("Digest nonce=n", "no realm"),
        ("Digest realm=r", "no nonce"),
        ("Digest realm=r, nonce=\"\"", "no nonce"),
    ];
    for (text, why) in malformed {
        assert_eq!(rank(text), None, "{text}");
        assert_eq!(
            mufasa(text).answer.unwrap_err(),
            MechanismError::Malformed(why),
            "{text}"
        );
    }
}

#[test]
fn auth_is_preferred_to_auth_int() {
    for list in ["auth-int, auth", "auth,auth-int", "x,auth-int ,\tauth"] {
        let value = mufasa(&format!("Digest {OFFER}, qop=\"{list}\"")).value();
        assert_eq!(param(&value, "qop").as_deref(), Some("auth"), "{list}");
    }
}

#[test]
fn a_challenge_after_the_value_is_stale_or_of_another_realm_or_a_no() {
    let table = [
        (
            "Digest realm=x, nonce=m, stale=true",
            Rejection::StaleNonce,
            Rejection::StaleNonce,
        ),
        (
            "Digest realm=x, nonce=m, STALE=\"True\"",
            Rejection::StaleNonce,
            Rejection::StaleNonce,
        ),
        ("Digest realm=x, nonce=m", Rejection::Refused, Rejection::Refused),
        (
            "Digest realm=x, nonce=m, stale=false",
            Rejection::Refused,
            Rejection::Refused,
        ),
        ("Digest realm=y, nonce=m", Rejection::OtherRealm, Rejection::OtherRealm),
        ("Digest", Rejection::OtherRealm, Rejection::OtherRealm),
        (
            "Digest realm=y, nonce=m, stale=true",
            Rejection::OtherRealm,
            Rejection::StaleNonce,
        ),
    ];
    for (challenge, at_origin, at_proxy) in table {
        for (target, expected) in [(Target::Origin, at_origin), (Target::Proxy, at_proxy)] {
            let mut scene = Scene::new(MUFASA, target, CNONCE, b"Digest realm=x, nonce=n", GET);
            assert_eq!(scene.judge(challenge), expected, "{target} {challenge}");
        }
    }
}

#[test]
fn the_next_nonce_is_remembered_and_a_session_keeps_its_key() {
    let mut scene = mufasa(&format!("Digest {OFFER}, algorithm=SHA-256-sess, qop=auth"));
    scene.digest.finish(Final::Info(b"nextnonce=\"NEXT\"")).unwrap();
    let remembered = scene.digest.remember();
    let mut second = digest(MUFASA, Target::Origin, "another", remembered.clone());
    let value = value(&step(&mut second, Round::Start, GET));
    assert_eq!(param(&value, "nonce").as_deref(), Some("NEXT"));
    assert_eq!(param(&value, "cnonce").as_deref(), Some(CNONCE));
    // Computed with Python's `hashlib`: A1 of the first nonce, the rest of the next one.
    let expected = "3231a5b5027ef935784c9bae0105e313080c058581882f608e61ad4aeb7c183c";
    assert_eq!(param(&value, "response").as_deref(), Some(expected));
    assert_eq!(second.remember(), remembered);

    for nothing in ["nextnonce=\"\"", "nc=00000001"] {
        second.finish(Final::Info(nothing.as_bytes())).unwrap();
        assert_eq!(second.remember(), remembered, "{nothing}");
    }
}

#[test]
fn without_a_session_each_value_has_a_cnonce_of_its_own_and_the_peer_cannot_choose_it() {
    let spoken = format!("Digest {OFFER}, qop=auth, cnonce=evil, cnonce-prime=evil, nonce-prime=evil");
    for algorithm in ["MD5", "MD5-sess"] {
        let scene = mufasa(&format!("{spoken}, algorithm={algorithm}"));
        assert_eq!(param(&scene.value(), "cnonce").as_deref(), Some(CNONCE), "{algorithm}");
        let mut second = digest(MUFASA, Target::Origin, "another", scene.digest.remember());
        let value = value(&step(&mut second, Round::Start, GET));
        let expected = if algorithm == "MD5" { "another" } else { CNONCE };
        assert_eq!(param(&value, "cnonce").as_deref(), Some(expected), "{algorithm}");
    }
}

#[test]
fn two_mechanisms_count_the_uses_of_one_nonce_together() {
    let (peers, seed) = (Arc::new(Peers::new()), Seed::new([3; 32]));
    let challenge = Challenge::from_bytes(b"Digest realm=r, nonce=n, qop=auth").unwrap();
    let other = Challenge::from_bytes(b"Digest realm=r, nonce=m, qop=auth").unwrap();
    let peer = |host| Origin::new(UriScheme::Http, host, 3128);
    let table = [
        (Target::Proxy, peer("a"), &challenge, "00000001"),
        (Target::Proxy, peer("a"), &challenge, "00000002"),
        (Target::Proxy, peer("a"), &other, "00000001"),
        (Target::Proxy, peer("b"), &challenge, "00000001"),
        (Target::Origin, peer("a"), &challenge, "00000001"),
        (Target::Proxy, peer("a"), &challenge, "00000003"),
    ];
    let mut cnonces = Vec::new();
    for (target, peer, challenge, count) in table {
        let mut mechanism = make(&known("a", "b"), target, &peer, &peers, &seed).unwrap();
        let value = value(&step(&mut *mechanism, Round::Challenge(challenge), GET));
        assert_eq!(param(&value, "nc").as_deref(), Some(count), "{target} {peer}");
        let cnonce = param(&value, "cnonce").unwrap();
        assert!(cnonce.len() == 32 && !cnonces.contains(&cnonce), "{cnonce}");
        cnonces.push(cnonce);
    }
}

#[test]
fn refuses_credentials_that_it_cannot_carry() {
    let bearer = Identity::Known(Arc::new(Credentials::Bearer(Secret::new("t"))));
    let control = MechanismError::Credentials("a control character");
    let table = [
        (Identity::Ambient, NEEDS_PASSWORD),
        (Identity::Anonymous, NEEDS_PASSWORD),
        (bearer, NEEDS_PASSWORD),
        (known("a\r\nX: y", "b"), control.clone()),
        (known("a", "b\0"), control),
    ];
    let peer = Origin::new(UriScheme::Http, "h", 80);
    for (identity, error) in table {
        let made = make(
            &identity,
            Target::Proxy,
            &peer,
            &Arc::new(Peers::new()),
            &Seed::new([0; 32]),
        );
        assert_eq!(made.unwrap_err(), error, "{identity:?}");
    }
}

#[test]
fn a_start_without_a_challenge_and_a_token_are_not_for_this_scheme() {
    let mut digest = digest(MUFASA, Target::Proxy, CNONCE, None);
    let start = step(&mut digest, Round::Start, GET);
    assert_eq!(start.unwrap_err(), MechanismError::Malformed("no challenge"));
    let token = step(&mut digest, Round::Token(Ok(Secret::new("t"))), GET);
    assert!(matches!(token, Ok(Step::Reject(Rejection::Unsupported))));
    let mut scene = mufasa(&format!("Digest {OFFER}"));
    let again = step(&mut scene.digest, Round::Start, GET);
    assert!(matches!(again, Ok(Step::Reject(Rejection::Unsupported))));
}

fn known(user: &str, password: &str) -> Identity {
    Identity::Known(Arc::new(Credentials::password(user, password)))
}

fn make(
    identity: &Identity,
    target: Target,
    peer: &Origin,
    peers: &Arc<Peers>,
    seed: &Seed,
) -> Result<Box<dyn Mechanism>, MechanismError> {
    DigestSpec.make(Setup {
        target,
        peer,
        identity,
        remembered: None,
        entropy: seed.draw(),
        peers,
    })
}

/// Challenges out of pieces that a Digest challenge is made of.
fn nearly_a_challenge() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "realm=\"",
        "nonce=\"",
        "opaque=\"",
        "qop=\"",
        "auth",
        "auth-int",
        "algorithm=",
        "MD5",
        "-sess",
        "SHA-256",
        "SHA-512-256",
        "userhash=true",
        "charset=UTF-8",
        "stale=true",
        "\", ",
        "\\",
        "\\\"",
        ",",
        " ",
        "x",
        "\u{E9}",
        "nextnonce=\"",
        "rspauth=\"",
    ]);
    let piece = prop_oneof![4 => pieces.prop_map(|piece| piece.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..4)];
    vec(piece, 0..24).prop_map(|pieces| [&b"Digest realm=\"r\", nonce=\"n\", "[..], &pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Total, one line of one field, in agreement with the rank, and silent about the password.
    #[test]
    fn any_challenge_and_any_last_word_are_answered_without_harm(
        text in nearly_a_challenge(),
        next in nearly_a_challenge(),
        start in 0_usize..30,
    ) {
        let Ok(challenge) = Challenge::from_bytes(&text) else { return Ok(()) };
        let (name, password) = ("Zo\u{EB} \"Q\"", "x4:Horse~battery");
        let mut digest = digest((name, password), Target::Origin, CNONCE, None);
        let answer = step(&mut digest, Round::Challenge(&challenge), GET);
        let answerable = DigestSpec.rank(&challenge).is_some();
        prop_assert_eq!(answerable, matches!(answer, Ok(Step::Finish(_))));
        if let Ok(Step::Finish(value)) = &answer {
            let bytes = value.expose();
            prop_assert!(bytes.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()));
            let read = Challenge::from_bytes(bytes).unwrap();
            for echoed in ["realm", "nonce", "opaque", "algorithm"] {
                prop_assert_eq!(read.param(echoed), challenge.param(echoed));
            }
            prop_assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()));
        }
        drop(digest.finish(Final::Info(next.get(start..).unwrap_or_default())));
        if let Ok(next) = Challenge::from_bytes(&next) {
            prop_assert!(!matches!(step(&mut digest, Round::Challenge(&next), GET), Ok(Step::Finish(_))) || !answerable);
        }
        let shown = format!("{digest:?} {digest:#?} {answer:?}");
        prop_assert!(!shown.contains("Horse"));
    }
}
