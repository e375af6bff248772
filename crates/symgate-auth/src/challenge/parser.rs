//! The walk over a challenge list, by the grammar of
//! [RFC 9110 §11.2, §11.3 and §5.6](https://www.rfc-editor.org/rfc/rfc9110#section-11.3).
//!
//! Commas separate challenges *and* the parameters of one challenge, so the list is read element by element, and the
//! shape of each tells what it is:
//!
//! ```text
//! token = value         a parameter of the challenge before it
//! token                 a new challenge
//! token SP token68      a new challenge with a token       ("abc==", to the comma)
//! token SP token = ...  a new challenge with its first parameter
//! ```
//!
//! After a flaw the rest of the element is skipped, a quoted comma not counting, and parameters that follow belong to
//! the broken challenge. No byte is looked at more than a fixed number of times.

use std::borrow::Cow;

use super::{Challenge, ChallengeError, Expected, Param, Payload};

/// The entries read so far.
#[derive(Debug, Default)]
pub(super) struct List<'f> {
    entries: Vec<Result<Challenge<'f>, ChallengeError>>,
    last: Last,
}

/// What a parameter that comes now belongs to.
#[derive(Clone, Copy, Debug, Default)]
enum Last {
    /// A challenge with a flaw: its parameters are dropped with it.
    Broken,
    /// The last entry, which is good.
    Good,
    /// Nothing came yet.
    #[default]
    Nothing,
}

impl<'f> List<'f> {
    /// Reads one field.
    pub(super) fn read(&mut self, number: usize, field: &'f [u8]) {
        let mut cursor = Cursor { number, field, at: 0 };
        while cursor.skip_to_element() {
            if let Err(flaw) = self.read_element(&mut cursor) {
                self.break_at(&flaw);
                cursor.skip_element();
            }
        }
    }

    pub(super) fn into_entries(self) -> Vec<Result<Challenge<'f>, ChallengeError>> {
        self.entries
    }

    fn read_element(&mut self, cursor: &mut Cursor<'f>) -> Result<(), Flaw<'f>> {
        let start = cursor.at;
        let Some(name) = cursor.token() else {
            return Err(cursor.flaw(None, Expected::Scheme));
        };
        let spaced = cursor.skip_space();
        match cursor.peek() {
            Some(b'=') => {
                cursor.at += 1;
                let value = cursor.value();
                self.attach(start, name, value, cursor)
            }
            None | Some(b',') => {
                self.push(name, Payload::Empty);
                Ok(())
            }
            Some(_) if spaced => {
                let payload = cursor.payload().map_err(|expected| cursor.flaw(Some(name), expected))?;
                self.push(name, payload);
                Ok(())
            }
            Some(_) => Err(cursor.flaw(Some(name), Expected::Comma)),
        }
    }

    fn push(&mut self, name: &'f str, payload: Payload<'f>) {
        self.entries.push(Ok(Challenge {
            name: name.into(),
            payload,
        }));
        self.last = Last::Good;
    }

    /// Gives a parameter to the challenge it belongs to, which breaks if the parameter is broken.
    fn attach(
        &mut self,
        start: usize,
        name: &'f str,
        value: Result<Cow<'f, [u8]>, Expected>,
        cursor: &Cursor<'f>,
    ) -> Result<(), Flaw<'f>> {
        match (self.last, self.entries.last_mut()) {
            (Last::Broken, _) => {
                if value.is_err() {
                    // The list is already known to be broken here; only find the next element.
                    return Err(Flaw::silent(cursor));
                }
                Ok(())
            }
            (Last::Good, Some(entry @ Ok(_))) => {
                let added = match (&mut *entry, value) {
                    (_, Err(expected)) => Err((cursor.at, expected)),
                    (Ok(challenge), Ok(value)) => {
                        let param = Param {
                            name: name.into(),
                            value,
                        };
                        challenge.add(param).map_err(|expected| (start, expected))
                    }
                    (Err(_), Ok(_)) => Ok(()),
                };
                if let Err((at, expected)) = added {
                    let scheme = entry.as_ref().ok().map(|challenge| challenge.name.as_ref());
                    let error = ChallengeError::new(scheme, cursor.number, at, expected);
                    *entry = Err(error);
                    self.last = Last::Broken;
                    return Err(Flaw::silent(cursor));
                }
                Ok(())
            }
            (Last::Good | Last::Nothing, _) => Err(Flaw {
                at: start,
                ..cursor.flaw(None, Expected::Scheme)
            }),
        }
    }

    fn break_at(&mut self, flaw: &Flaw<'f>) {
        if let Some(expected) = flaw.expected {
            let error = ChallengeError::new(flaw.name, flaw.number, flaw.at, expected);
            self.entries.push(Err(error));
        }
        self.last = Last::Broken;
    }
}

impl<'f> Challenge<'f> {
    fn add(&mut self, param: Param<'f>) -> Result<(), Expected> {
        match &mut self.payload {
            // `Basic , realm="x"`: the list rule allows empty elements, also as the first.
            Payload::Empty => {
                self.payload = Payload::Params(vec![param]);
                Ok(())
            }
            Payload::Params(params) => add_param(params, param),
            Payload::Token68(_) => Err(Expected::Scheme),
        }
    }
}

/// Reads a list of parameters that belong to no scheme.
pub(super) fn read_info(field: &[u8]) -> Result<Vec<Param<'_>>, ChallengeError> {
    let mut cursor = Cursor {
        number: 0,
        field,
        at: 0,
    };
    let mut params = Vec::new();
    while cursor.skip_to_element() {
        let start = cursor.at;
        let error = |at, expected| ChallengeError::new(None, 0, at, expected);
        let param = cursor.param().map_err(|expected| error(cursor.at, expected))?;
        add_param(&mut params, param).map_err(|expected| error(start, expected))?;
    }
    Ok(params)
}

fn add_param<'f>(params: &mut Vec<Param<'f>>, param: Param<'f>) -> Result<(), Expected> {
    // The bound on their number also keeps this comparison linear in the length of the list.
    if params.len() >= PARAMS {
        return Err(Expected::FewerParams);
    }
    if params.iter().any(|other| other.name.eq_ignore_ascii_case(&param.name)) {
        return Err(Expected::NewName);
    }
    params.push(param);
    Ok(())
}

/// Where and how the grammar was broken; without `expected` when that is noted already.
#[derive(Debug)]
struct Flaw<'f> {
    name: Option<&'f str>,
    number: usize,
    at: usize,
    expected: Option<Expected>,
}

impl<'f> Flaw<'f> {
    fn silent(cursor: &Cursor<'f>) -> Self {
        Self {
            name: None,
            number: cursor.number,
            at: cursor.at,
            expected: None,
        }
    }
}

/// A place in one field. `at` never passes the end.
#[derive(Clone, Copy, Debug)]
struct Cursor<'f> {
    number: usize,
    field: &'f [u8],
    at: usize,
}

impl<'f> Cursor<'f> {
    fn rest(&self) -> &'f [u8] {
        self.field.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Takes the bytes for which `accept` holds.
    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'f [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !accept(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_space(&mut self) -> bool {
        !self.take_while(is_space).is_empty()
    }

    /// Goes to the next element that is not empty; false at the end.
    fn skip_to_element(&mut self) -> bool {
        self.take_while(|byte| is_space(byte) || byte == b',');
        self.peek().is_some()
    }

    /// Goes to the comma that ends a broken element, or to the end; an open string ends with the field.
    fn skip_element(&mut self) {
        loop {
            self.take_while(|byte| !matches!(byte, b',' | b'"'));
            match self.peek() {
                Some(b'"') => {
                    if self.quoted().is_err() {
                        self.at = self.field.len();
                    }
                }
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Option<&'f str> {
        let bytes = self.take_while(is_tchar);
        std::str::from_utf8(bytes).ok().filter(|token| !token.is_empty())
    }

    /// A token68 or the first parameter, with the end of the element behind it.
    fn payload(&mut self) -> Result<Payload<'f>, Expected> {
        let mut ahead = *self;
        if let Some(token) = ahead.token68() {
            *self = ahead;
            return Ok(Payload::Token68(token.into()));
        }
        match self.param() {
            Ok(param) => Ok(Payload::Params(vec![param])),
            Err(Expected::Param) => Err(Expected::ParamOrToken),
            Err(expected) => Err(expected),
        }
    }

    fn token68(&mut self) -> Option<&'f str> {
        let start = self.at;
        if self.take_while(is_token68).is_empty() {
            return None;
        }
        self.take_while(|byte| byte == b'=');
        let token = self.field.get(start..self.at)?;
        self.skip_space();
        if !matches!(self.peek(), None | Some(b',')) {
            return None;
        }
        std::str::from_utf8(token).ok()
    }

    fn param(&mut self) -> Result<Param<'f>, Expected> {
        let name = self.token().ok_or(Expected::Param)?;
        self.skip_space();
        if self.peek() != Some(b'=') {
            return Err(Expected::Param);
        }
        self.at += 1;
        let value = self.value()?;
        Ok(Param {
            name: name.into(),
            value,
        })
    }

    /// A value with the end of the element behind it.
    fn value(&mut self) -> Result<Cow<'f, [u8]>, Expected> {
        self.skip_space();
        if self.peek() == Some(b'"') {
            let value = self.quoted()?;
            self.skip_space();
            return match self.peek() {
                None | Some(b',') => Ok(value),
                Some(_) => Err(Expected::Comma),
            };
        }
        let value = self.take_while(|byte| byte != b',' && byte != b'"' && is_text(byte));
        match self.peek() {
            None | Some(b',') => Ok(value.trim_ascii_end().into()),
            Some(_) => Err(Expected::Value),
        }
    }

    /// A quoted-string ([RFC 9110 §5.6.4](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4)); the cursor is at its
    /// opening quote, and stays there if the string is left open.
    fn quoted(&mut self) -> Result<Cow<'f, [u8]>, Expected> {
        let mut ahead = Self {
            at: self.at + 1,
            ..*self
        };
        let mut value = Cow::Borrowed(ahead.take_while(is_plain));
        loop {
            match ahead.peek() {
                Some(b'"') => {
                    self.at = ahead.at + 1;
                    let clean = value.iter().all(|&byte| is_text(byte));
                    return if clean { Ok(value) } else { Err(Expected::Value) };
                }
                Some(_) => {
                    // A backslash: the byte behind it stands for itself.
                    ahead.at += 1;
                    let escaped = ahead.peek().ok_or(Expected::ClosingQuote)?;
                    ahead.at += 1;
                    let value = value.to_mut();
                    value.push(escaped);
                    value.extend_from_slice(ahead.take_while(is_plain));
                }
                None => return Err(Expected::ClosingQuote),
            }
        }
    }

    fn flaw(&self, name: Option<&'f str>, expected: Expected) -> Flaw<'f> {
        Flaw {
            name,
            number: self.number,
            at: self.at,
            expected: Some(expected),
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `tchar` of [RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// `token68` of [RFC 9110 §11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2), without the padding.
const fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

/// What may stand in a field's value: no control character but a tab.
const fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

const fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\')
}

/// Parameters of one challenge. Digest has ten; the bound keeps the search for duplicates linear.
pub(super) const PARAMS: usize = 32;
