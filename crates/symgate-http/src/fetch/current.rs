//! Who takes the next input: the exchange that is under way, or the handshake with a SOCKS5 proxy.

use symgate_auth::mechanism::TokenError;
use symgate_auth::{Answer, Secret};

use crate::error::{Error, Misuse};
use crate::exchange::Exchange;
use crate::socks::Socks;

pub(super) enum Current<'f> {
    Exchange(&'f mut Exchange),
    Socks(&'f mut Socks),
}

impl Current<'_> {
    pub(super) fn handle_sent(self) -> Result<(), Error> {
        match self {
            Self::Exchange(exchange) => exchange.handle_sent(),
            Self::Socks(socks) => socks.handle_sent(),
        }
    }

    pub(super) fn handle_received(self, read: usize) -> Result<(), Error> {
        match self {
            Self::Exchange(exchange) => exchange.handle_received(read),
            Self::Socks(socks) => socks.handle_received(read),
        }
    }

    pub(super) fn handle_answer(self, answer: Answer) -> Result<(), Error> {
        match self {
            Self::Exchange(exchange) => exchange.handle_answer(answer),
            Self::Socks(socks) => socks.handle_answer(answer),
        }
    }

    pub(super) fn handle_token(self, token: Result<Secret, TokenError>) -> Result<(), Error> {
        match self {
            Self::Exchange(exchange) => exchange.handle_token(token),
            // No token of the system goes to a SOCKS5 proxy.
            Self::Socks(_) => Err(Error::Misuse(Misuse::OutOfTurn)),
        }
    }
}
