//! What the system says of a failure, made fit for one line of ours.

use symgate_auth::mechanism::TokenError;

use crate::service::Service;

/// There is no token because there is no ticket; `said` is what the system adds to that.
pub(crate) fn no_ticket(service: &Service, said: Option<&str>) -> TokenError {
    TokenError::Unavailable(match said {
        Some(said) => format!("no Kerberos ticket for `{service}` ({said})"),
        None => format!("no Kerberos ticket for `{service}`"),
    })
}

/// Text of a foreign library, or of a peer, as one bounded line without control characters.
pub(crate) fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut line = String::new();
    let split = |c: char| c.is_control() || c.is_whitespace();
    for word in text.split(split).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > LONGEST {
            line = line.chars().take(LONGEST).collect();
            line.push('…');
            break;
        }
    }
    line
}

/// Enough for the path of a credential cache and the sentence around it.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;
    use symgate_auth::{Origin, UriScheme};

    #[test]
    fn foreign_text_becomes_one_bounded_line() {
        let table: &[(&[u8], &str)] = &[
            (b"Ticket expired", "Ticket expired"),
            (b"  a\r\n\tb\x1b[1m c\0 ", "a b [1m c"),
            (b"\xff caf\xc3\xa9", "\u{fffd} café"),
            (b"", ""),
        ];
        for (text, line) in table {
            assert_eq!(one_line(text), *line, "{}", text.escape_ascii());
        }
        let long = one_line("é".repeat(1000).as_bytes());
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'), "{long}");
    }

    #[test]
    fn missing_ticket_names_the_service_and_what_the_system_added() {
        let peer = Origin::new(UriScheme::Http, "proxy.corp", 3128);
        let service = Service::of(&peer).expect("a host");
        assert_eq!(
            no_ticket(&service, None).to_string(),
            "no Kerberos ticket for `HTTP/proxy.corp`"
        );
        assert_eq!(
            no_ticket(&service, Some("Ticket expired")).to_string(),
            "no Kerberos ticket for `HTTP/proxy.corp` (Ticket expired)"
        );
    }
}
