//! Where an exchange of tokens stands: which call is next, and which one has no meaning.

use symgate_auth::mechanism::TokenError;

/// The state of a context beside what the system keeps of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// No token was made yet.
    Begin,
    /// A token went out, and the peer's is awaited.
    Await,
    /// Nothing more will come: the peer has proved itself, or something failed.
    Over,
}

impl Phase {
    /// What the system's library is handed in the next call: the peer's token, or none in the first one.
    pub(crate) fn admit(self, input: Option<&[u8]>) -> Result<Option<&[u8]>, TokenError> {
        // An empty token in the beginning is a challenge without one.
        match (self, input) {
            (Self::Begin, None | Some([])) => Ok(None),
            (Self::Begin, Some(_)) => Err(TokenError::Peer("it came before one of ours".to_owned())),
            (Self::Await, Some(token)) => Ok(Some(token)),
            (Self::Await, None) => Err(TokenError::Unavailable("the peer's token is missing".to_owned())),
            (Self::Over, Some(_)) => Err(TokenError::Peer("it came after the last one".to_owned())),
            (Self::Over, None) => Err(TokenError::Unavailable("the exchange is over".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_meaning_or_a_complaint() {
        // Where it stands, what comes, what is admitted or said.
        type Row<'t> = (Phase, Option<&'t [u8]>, Result<Option<&'t [u8]>, &'t str>);
        let table: &[Row<'_>] = &[
            (Phase::Begin, None, Ok(None)),
            (Phase::Begin, Some(b""), Ok(None)),
            (
                Phase::Begin,
                Some(b"x"),
                Err("the peer's token is not accepted: it came before one of ours"),
            ),
            (Phase::Await, Some(b"x"), Ok(Some(b"x"))),
            (Phase::Await, Some(b""), Ok(Some(b""))),
            (Phase::Await, None, Err("the peer's token is missing")),
            (
                Phase::Over,
                Some(b"x"),
                Err("the peer's token is not accepted: it came after the last one"),
            ),
            (Phase::Over, None, Err("the exchange is over")),
        ];
        for (phase, input, expected) in table {
            let admitted = phase.admit(*input).map_err(|error| error.to_string());
            assert_eq!(
                admitted.as_ref().map_err(String::as_str),
                expected.as_ref().map_err(|error| *error),
                "{phase:?} {input:?}"
            );
        }
    }
}
