//! Lists of challenges, shape by shape and fault by fault (RFC 9110 §11).

use super::*;

/// One field to a line of words: `Name`, `Name token`, `Name a=b c=d`, or `!what was expected`.
fn shown(fields: &[&[u8]]) -> Vec<String> {
    let list = parse(fields.iter().copied(), 16 * 1024).unwrap();
    list.into_iter().map(|entry| show(&entry)).collect()
}

fn show(entry: &Result<Challenge<'_>, ChallengeError>) -> String {
    let challenge = match entry {
        Ok(challenge) => challenge,
        Err(error) => return format!("!{}: {error}", error.name.as_deref().unwrap_or("?")),
    };
    let mut line = challenge.name().to_owned();
    match challenge.payload() {
        Payload::Empty => {}
        Payload::Token68(token) => line += &format!(" {token}"),
        Payload::Params(params) => {
            for param in params {
                line += &format!(" {}={}", param.name(), decode_text(param.value()));
            }
        }
    }
    line
}

#[track_caller]
fn check(fields: &[&[u8]], expected: &[&str]) {
    assert_eq!(
        shown(fields),
        expected,
        "{:?}",
        fields.iter().map(|f| f.escape_ascii().to_string()).collect::<Vec<_>>()
    );
}

#[test]
fn reads_several_challenges_in_one_field_and_in_several() {
    let expected = [
        "Negotiate",
        "NTLM",
        "Digest realm=a, b nonce=n",
        "Basic realm=x charset=UTF-8",
    ];
    check(
        &[br#"Negotiate, NTLM, Digest realm="a, b", nonce=n, Basic realm="x", charset="UTF-8""#],
        &expected,
    );
    check(
        &[
            b"Negotiate",
            b"NTLM",
            br#"Digest realm="a, b", nonce=n"#,
            br#"Basic realm="x""#,
            br#"charset="UTF-8""#,
        ],
        &expected,
    );
}

#[test]
fn reads_each_shape() {
    let table: &[(&[u8], &[&str])] = &[
        (b"", &[]),
        (b" , ,, \t", &[]),
        (b"NTLM", &["NTLM"]),
        (b",, NTLM ,,\tNegotiate ,", &["NTLM", "Negotiate"]),
        (b"NTLM TlRMTVNTUAACAAAA==", &["NTLM TlRMTVNTUAACAAAA=="]),
        (b"NTLM  \tabc  , Basic", &["NTLM abc", "Basic"]),
        (b"Negotiate a=", &["Negotiate a="]),
        // squid's wrapper: a parameter with base64 in it, for the mechanism to call malformed.
        (b"Negotiate token=oYGZ/+A==", &["Negotiate token=oYGZ/+A=="]),
        (b"Negotiate token=oYGZ, Basic", &["Negotiate token=oYGZ", "Basic"]),
        (
            br#"Basic realm = "x" , charset="UTF-8""#,
            &["Basic realm=x charset=UTF-8"],
        ),
        (br#"Basic , realm="x""#, &["Basic realm=x"]),
        (b"Basic realm=My Proxy, NTLM", &["Basic realm=My Proxy", "NTLM"]),
        (
            br#"Digest realm="x", opaque=, nonce="""#,
            &["Digest realm=x opaque= nonce="],
        ),
        (br#"Basic realm="a \"b\" \\ c""#, &[r#"Basic realm=a "b" \ c"#]),
        (
            br#"Passport1.4 da-status=failed, Basic"#,
            &["Passport1.4 da-status=failed", "Basic"],
        ),
        (b"bAsIc ReAlM=x", &["bAsIc ReAlM=x"]),
        (b"Basic realm=\"caf\xC3\xA9\"", &["Basic realm=caf\u{e9}"]),
        (b"Basic realm=\"caf\xE9\"", &["Basic realm=caf\u{e9}"]),
    ];
    for (field, expected) in table {
        check(&[field], expected);
    }
}

#[test]
fn a_broken_challenge_hides_no_other() {
    let table: &[(&[u8], &[&str])] = &[
        (
            br#"NTLM, Digest realm="a"x, nonce=n, Basic realm="b""#,
            &[
                "NTLM",
                "!Digest: expected a comma at byte 22 of field 1",
                "Basic realm=b",
            ],
        ),
        (
            br#"Digest realm=a, realm=b, Basic"#,
            &[
                "!Digest: expected a parameter that did not come before at byte 16 of field 1",
                "Basic",
            ],
        ),
        (
            b"NTLM abc, realm=x, Basic",
            &["!NTLM: expected a scheme at byte 10 of field 1", "Basic"],
        ),
        (
            b"realm=x, a=b, Basic",
            &["!?: expected a scheme at byte 0 of field 1", "Basic"],
        ),
        (
            b"Ba/sic x, NTLM",
            &["!Ba: expected a comma at byte 2 of field 1", "NTLM"],
        ),
        (
            b"Basic (x), NTLM",
            &["!Basic: expected a parameter or a token at byte 6 of field 1", "NTLM"],
        ),
        (
            b"Basic a b, NTLM",
            &["!Basic: expected a parameter or a token at byte 8 of field 1", "NTLM"],
        ),
        (
            b"Basic a=b\"c, d\", NTLM",
            &["!Basic: expected a value at byte 9 of field 1", "NTLM"],
        ),
        (
            b"Basic realm=a\x01b, NTLM",
            &["!Basic: expected a value at byte 13 of field 1", "NTLM"],
        ),
        (
            b"Basic realm=\"a\x1bb\", NTLM",
            &["!Basic: expected a value at byte 17 of field 1", "NTLM"],
        ),
        (
            b"Basic, \"x\", NTLM",
            &["Basic", "!?: expected a scheme at byte 7 of field 1", "NTLM"],
        ),
        (
            b"\xff\xfe, NTLM",
            &["!?: expected a scheme at byte 0 of field 1", "NTLM"],
        ),
        // Inside an open string nothing can be told apart; what came before it stays.
        (
            br#"NTLM, Basic realm="a, Negotiate"#,
            &["NTLM", "!Basic: expected a closing quote at byte 18 of field 1"],
        ),
        (
            b"Basic realm=\"a\\",
            &["!Basic: expected a closing quote at byte 12 of field 1"],
        ),
    ];
    for (field, expected) in table {
        check(&[field], expected);
    }
}

#[test]
fn a_string_left_open_ends_with_its_field() {
    check(
        &[br#"Basic realm="a"#, b"nonce=1", br#"NTLM"#],
        &["!Basic: expected a closing quote at byte 12 of field 1", "NTLM"],
    );
}

#[test]
fn refuses_more_parameters_than_any_scheme_has() {
    let params: Vec<String> = (0..33).map(|n| format!("p{n}=v")).collect();
    let field = format!("Digest {}, NTLM", params.join(", "));
    let list = parse([field.as_bytes()], 16 * 1024).unwrap();
    assert_eq!(list[0].as_ref().unwrap_err().expected, Expected::FewerParams);
    assert_eq!(show(&list[1]), "NTLM");
    let field = format!("Digest {}", params[..32].join(", "));
    assert!(parse([field.as_bytes()], 16 * 1024).unwrap()[0].is_ok());
}

#[test]
fn the_limit_counts_all_fields_together() {
    let field = [b'a'; 8];
    assert_eq!(parse([&field[..], &field[..]], 16).unwrap().len(), 2);
    assert_eq!(
        parse([&field[..], &field[..]], 15),
        Err(LimitError::ChallengeBytes { limit: 15 })
    );
}

#[test]
fn a_full_list_of_open_escapes_is_read_in_linear_time() {
    // Quadratic work on this would take minutes, not the moment that the whole suite has.
    for unit in [&b"\\\""[..], b"\"\\", b"a \"", b"a=\"", b"a,", b"a b ", b"=,", b"\"\","] {
        let field = unit.repeat(256 * 1024 / unit.len());
        let list = parse([&field[..]], usize::MAX).unwrap();
        assert!(list.len() <= field.len(), "{}", unit.escape_ascii());
    }
}

#[test]
fn realms_are_bounded_and_cannot_move_a_cursor() {
    let table: &[(&[u8], &str)] = &[
        (b"Basic realm=\"\xE2\x80\xAEevil\"", "\u{FFFD}evil"),
        (b"Basic realm=\"\xC2\x9B2J\"", "\u{FFFD}2J"),
        (b"Basic realm=\"a\tb\"", "a\u{FFFD}b"),
        (b"Basic realm=\"0123456789abcdef\"", "0123456789"),
        (b"Basic realm=\"\x9B\"", "\u{FFFD}"),
    ];
    for (field, realm) in table {
        let challenge = Challenge::from_bytes(field).unwrap();
        assert_eq!(challenge.realm(10).as_deref(), Some(*realm), "{}", field.escape_ascii());
    }
    assert_eq!(Challenge::from_bytes(b"NTLM").unwrap().realm(10), None);
}

#[test]
fn from_bytes_takes_exactly_one() {
    for field in [&b""[..], b"NTLM, Basic"] {
        assert!(Challenge::from_bytes(field).is_err(), "{}", field.escape_ascii());
    }
    let broken = Challenge::from_bytes(b"Basic (").unwrap_err();
    assert_eq!(
        (broken.name.as_deref(), broken.expected),
        (Some("Basic"), Expected::ParamOrToken)
    );
}

#[test]
fn names_in_errors_are_bounded() {
    let field = format!("{} (", "x".repeat(1000));
    let broken = Challenge::from_bytes(field.as_bytes()).unwrap_err();
    assert_eq!(broken.name.unwrap().len(), NAME_CHARS);
}

#[test]
fn reads_info_parameters_and_nothing_else() {
    let params = parse_info(br#", rspauth="ab\"c" , nc=00000001, "#).unwrap();
    let pairs: Vec<_> = params.iter().map(|p| (p.name(), p.value())).collect();
    assert_eq!(pairs, [("rspauth", &b"ab\"c"[..]), ("nc", b"00000001")]);
    let table: &[(&[u8], &str)] = &[
        (b"token", "expected a parameter at byte 5 of field 1"),
        (b"a=\"b", "expected a closing quote at byte 2 of field 1"),
        (
            b"a=1, A=2",
            "expected a parameter that did not come before at byte 5 of field 1",
        ),
        (b"a=\"1\" b=2", "expected a comma at byte 6 of field 1"),
    ];
    for (field, message) in table {
        assert_eq!(
            parse_info(field).unwrap_err().to_string(),
            *message,
            "{}",
            field.escape_ascii()
        );
    }
}

#[test]
fn every_expectation_prints_as_words() {
    let table = [
        (Expected::ClosingQuote, "a closing quote"),
        (Expected::Comma, "a comma"),
        (Expected::FewerParams, "at most 32 parameters"),
        (Expected::NewName, "a parameter that did not come before"),
        (Expected::OneChallenge, "a single challenge"),
        (Expected::Param, "a parameter"),
        (Expected::ParamOrToken, "a parameter or a token"),
        (Expected::Scheme, "a scheme"),
        (Expected::Value, "a value"),
    ];
    for (expected, words) in table {
        assert_eq!(expected.to_string(), words);
    }
    assert!(words_name_the_bound());
}

fn words_name_the_bound() -> bool {
    Expected::FewerParams.to_string().contains(&parser::PARAMS.to_string())
}
