//! A system of which we know no service of tickets.

use symgate_auth::mechanism::{TokenContext, TokenError, TokenRequest};

/// None.
#[derive(Debug, Default)]
pub(crate) struct Tickets;

impl Tickets {
    pub(crate) fn begin(&self, _request: &TokenRequest) -> Result<Box<dyn TokenContext>, TokenError> {
        Err(TokenError::Unavailable("no Kerberos on this system".to_owned()))
    }
}
