//! Tokens of the operating system for one errand: [`Tickets`].
//!
//! A ticket may have to be fetched from a server that does not answer, and nothing can interrupt the system's library
//! while it waits. So each step runs aside, under the errand's deadline and cancel flag; a context whose step is
//! abandoned is lost with its thread, and the exchange gives way to the next scheme.

use std::sync::Arc;

use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest, TokenSource};
use symgate_auth::{Origin, Secret};

use crate::client::Client;
use crate::deadline::{Halt, Wait};
use crate::error::Error;

/// The contexts of an errand: one for each peer that is being authenticated to.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    contexts: Vec<(Origin, Box<dyn TokenContext>)>,
}

impl Tickets {
    /// The next token for the request's peer; the outer error is a word of cancel.
    pub(crate) fn token(
        &mut self,
        client: &Client,
        request: &TokenRequest,
        wait: &Wait<'_>,
    ) -> Result<Result<Secret, TokenError>, Error> {
        let Some(source) = &client.config.tickets else {
            return Ok(Err(TokenError::Unavailable("no source of tickets".into())));
        };
        let known = self.contexts.iter().position(|(peer, _)| *peer == request.peer);
        let known = known.map(|index| self.contexts.swap_remove(index).1);
        let context = match (&request.input, known) {
            (None, _) => None,
            (Some(_), Some(context)) => Some(context),
            (Some(_), None) => return Ok(Err(TokenError::Unavailable("the exchange was interrupted".into()))),
        };
        let (source, job) = (Arc::clone(source), request.clone());
        let stepped = client.tickets.run(move || Ok(step(&*source, context, &job)), wait);
        Ok(match stepped {
            Ok(Ok((context, token))) => {
                self.contexts.push((request.peer.clone(), context));
                Ok(token)
            }
            Ok(Err(error)) => Err(error),
            Err(Halt::Cancelled) => return Err(Error::Cancelled),
            Err(Halt::Expired) => Err(TokenError::TimedOut),
            Err(Halt::Io(error)) => Err(TokenError::Unavailable(error.to_string())),
            Err(Halt::Tls(error)) => Err(TokenError::Unavailable(error.to_string())),
        })
    }
}

/// One step of a context, which is begun where there is none.
fn step(
    source: &dyn TokenSource,
    context: Option<Box<dyn TokenContext>>,
    request: &TokenRequest,
) -> Result<(Box<dyn TokenContext>, Secret), TokenError> {
    let mut context = match context {
        Some(context) => context,
        None => source.begin(request)?,
    };
    let token = context.step(request.input.as_deref())?;
    Ok((context, token))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::{Duration, Instant};

    use symgate_auth::UriScheme;

    use super::*;
    use crate::cancel::Cancel;
    use crate::client::Config;

    /// Answers each step with what it was given, and hangs where it is told to.
    #[derive(Debug)]
    struct Echo {
        hang: Option<Arc<Mutex<Receiver<()>>>>,
    }

    #[derive(Debug)]
    struct Steps {
        hang: Option<Arc<Mutex<Receiver<()>>>>,
        count: usize,
    }

    impl TokenSource for Echo {
        fn begin(&self, request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
            if request.peer.host() == "unknown" {
                return Err(TokenError::Unavailable("no such service".into()));
            }
            let hang = self.hang.clone();
            Ok(Box::new(Steps { hang, count: 0 }))
        }
    }

    impl TokenContext for Steps {
        fn step(&mut self, input: Option<&[u8]>) -> Result<Secret, TokenError> {
            if let Some(hang) = &self.hang {
                hang.lock().unwrap().recv().ok();
            }
            self.count += 1;
            let input = String::from_utf8_lossy(input.unwrap_or_default());
            Ok(Secret::new(format!("{}:{input}", self.count)))
        }
    }

    fn client(source: Option<Echo>) -> Client {
        let tickets = source.map(|source| Arc::new(source) as Arc<dyn TokenSource>);
        let config = Config {
            tickets,
            ..Config::default()
        };
        Client::new(config).unwrap()
    }

    fn request(host: &str, input: Option<&[u8]>) -> TokenRequest {
        TokenRequest {
            peer: Origin::new(UriScheme::Http, host, 80),
            input: input.map(<[u8]>::to_vec),
            channel_binding: None,
        }
    }

    fn text(token: Result<Secret, TokenError>) -> Result<String, String> {
        token
            .map(|token| String::from_utf8(token.expose().to_vec()).unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_peer_has_a_context_that_goes_on_until_a_new_one_begins() {
        let client = client(Some(Echo { hang: None }));
        let (cancel, mut tickets) = (Cancel::new(), Tickets::default());
        let wait = Wait::new(&cancel, None);
        let table = [
            ("a", None, Ok("1:")),
            ("b", None, Ok("1:")),
            ("a", Some(&b"x"[..]), Ok("2:x")),
            ("b", Some(b"y"), Ok("2:y")),
            ("a", None, Ok("1:")),
            ("c", Some(b"z"), Err("the exchange was interrupted")),
            ("unknown", None, Err("no such service")),
        ];
        for (host, input, expected) in table {
            let token = tickets.token(&client, &request(host, input), &wait).unwrap();
            assert_eq!(
                text(token),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{host}"
            );
        }
    }

    #[test]
    fn without_a_source_there_is_no_token() {
        let (cancel, mut tickets) = (Cancel::new(), Tickets::default());
        let token = tickets.token(&client(None), &request("a", None), &Wait::new(&cancel, None));
        assert_eq!(text(token.unwrap()), Err("no source of tickets".into()));
    }

    #[test]
    fn a_system_that_hangs_holds_up_neither_deadline_nor_cancel() {
        let (hold, held) = channel();
        let held = Arc::new(Mutex::new(held));
        let client = client(Some(Echo { hang: Some(held) }));
        let (cancel, mut tickets) = (Cancel::new(), Tickets::default());
        let soon = Instant::now() + Duration::from_millis(20);
        let late = tickets.token(&client, &request("a", None), &Wait::new(&cancel, Some(soon)));
        assert_eq!(text(late.unwrap()), Err("no ticket came in time".into()));
        let lost = tickets.token(&client, &request("a", Some(b"x")), &Wait::new(&cancel, None));
        assert_eq!(text(lost.unwrap()), Err("the exchange was interrupted".into()));
        cancel.cancel();
        let cancelled = tickets.token(&client, &request("a", None), &Wait::new(&cancel, None));
        assert!(matches!(cancelled, Err(Error::Cancelled)));
        drop(hold);
    }
}
