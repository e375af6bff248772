//! Heads to bytes.
//!
//! What a caller put into a head is checked here, once: a name, value or target that could begin a second line is the
//! caller's mistake and is never sent.

use symgate_auth::Secret;

use crate::error::Misuse;
use crate::field::{Fields, is_field_value, is_token};
use crate::head::{RequestHead, ResponseHead};

/// Appends a request head; `secrets` are fields whose values must not live in a [`Fields`].
pub(crate) fn encode_request(head: &RequestHead, secrets: &[(&str, &Secret)], out: &mut Vec<u8>) -> Result<(), Misuse> {
    let target = head.target.as_bytes();
    if !is_token(head.method.as_str().as_bytes())
        || target.is_empty()
        || !target.iter().all(|byte| byte.is_ascii_graphic())
    {
        return Err(Misuse::BadHead);
    }
    check(&head.fields)?;
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(target);
    out.push(b' ');
    out.extend_from_slice(head.version.as_str().as_bytes());
    out.extend_from_slice(b"\r\n");
    append(&head.fields, out);
    // Reserved at once: a buffer that moves leaves its content behind.
    let line_length = |(name, secret): &(&str, &Secret)| name.len() + secret.expose().len() + b": \r\n".len();
    out.reserve(secrets.iter().map(line_length).sum::<usize>() + b"\r\n".len());
    for (name, secret) in secrets {
        let value = secret.expose();
        if !is_token(name.as_bytes()) || !is_field_value(value) {
            return Err(Misuse::BadHead);
        }
        line(name.as_bytes(), value, out);
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Appends a response head.
pub(crate) fn encode_response(head: &ResponseHead, out: &mut Vec<u8>) -> Result<(), Misuse> {
    if !(100..=999).contains(&head.status) || !is_field_value(head.reason.as_bytes()) {
        return Err(Misuse::BadHead);
    }
    check(&head.fields)?;
    out.extend_from_slice(head.version.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(head.status.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(head.reason.as_bytes());
    out.extend_from_slice(b"\r\n");
    append(&head.fields, out);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

fn check(fields: &Fields) -> Result<(), Misuse> {
    let fine = fields
        .iter()
        .all(|field| is_token(field.name().as_bytes()) && is_field_value(field.value()));
    if fine { Ok(()) } else { Err(Misuse::BadHead) }
}

fn append(fields: &Fields, out: &mut Vec<u8>) {
    for field in fields.iter() {
        line(field.name().as_bytes(), field.value(), out);
    }
}

fn line(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Method, Version};

    fn request(target: &str, name: &str, value: &str) -> RequestHead {
        let mut fields = Fields::new();
        fields.push(name, value);
        RequestHead {
            method: Method::Get,
            target: target.into(),
            version: Version::Http11,
            fields,
        }
    }

    #[test]
    fn writes_secrets_after_the_fields() {
        let mut out = Vec::new();
        let secret = Secret::new("Basic eA==");
        encode_request(
            &request("/a", "Host", "h"),
            &[("Proxy-Authorization", &secret)],
            &mut out,
        )
        .unwrap();
        assert_eq!(
            out,
            b"GET /a HTTP/1.1\r\nHost: h\r\nProxy-Authorization: Basic eA==\r\n\r\n"
        );
    }

    #[test]
    fn refuses_what_would_begin_a_second_line() {
        for (target, name, value) in [
            ("/a b", "Host", "h"),
            ("/a\r\nX: y", "Host", "h"),
            ("", "Host", "h"),
            ("/a", "Ho st", "h"),
            ("/a", "Host\r\nX", "h"),
            ("/a", "Host", "h\r\nX: y"),
            ("/a", "Host", "h\0"),
        ] {
            let mut out = Vec::new();
            assert_eq!(
                encode_request(&request(target, name, value), &[], &mut out),
                Err(Misuse::BadHead),
                "{target:?} {name:?}"
            );
        }
        let secret = Secret::new("Basic x\r\nX: y");
        let mut out = Vec::new();
        assert!(encode_request(&request("/a", "Host", "h"), &[("Authorization", &secret)], &mut out).is_err());
    }
}
