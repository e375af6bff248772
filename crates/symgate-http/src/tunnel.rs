//! [`Tunnel`]: a stream through a proxy, by CONNECT
//! ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
//!
//! Any 2xx opens it, whatever its fields say about a body. A 407 is answered on the same connection where the proxy
//! keeps it, and on a new one where it does not. Any other answer is the proxy's word: never followed, never stored,
//! never answered with a server's credentials.
#![warn(clippy::wildcard_enum_match_arm)]

use symgate_auth::mechanism::TokenError;
use symgate_auth::{Answer, AuthSession, Authenticator, Channel, Identity, Origin, Secret, Target};

use crate::error::{Error, Failure, Refused};
use crate::exchange::{Age, Exchange, Plan, Side, Told};
use crate::fetch::{Action, Eof, Now, Release};
use crate::field::Fields;
use crate::head::{Method, RequestHead, ResponseHead, Version};
use crate::limits::Limits;
use crate::route::{Endpoint, Hop, PoolKey, Reuse, Route};

/// The negotiation of a tunnel on a stream that is already connected to the proxy (over TLS, if the proxy speaks it).
///
/// It uses a part of [`Action`]: transmit, receive, authorize, token, note, report; `Release(Close)` when the proxy
/// closes in between, `Open` when a new stream to the proxy is needed ([`reopened`](Self::reopened)), and `Done` when
/// the tunnel is open and [`leftovers`](Self::leftovers) hold what the far end said already.
#[derive(Debug)]
pub struct Tunnel {
    exchange: Exchange,
    hop: Hop,
    authority: String,
    endpoint: Endpoint,
    refused: Option<Refused>,
    excerpt: usize,
}

/// What there is to do, before anything is borrowed.
#[derive(Debug)]
pub(crate) enum TunnelPlan {
    Exchange(Plan),
    Lost,
    Open,
    Reopen,
}

impl Tunnel {
    /// A tunnel through `proxy` to `origin`; `fields` go with the request (`User-Agent`), and nothing of the errand.
    #[must_use]
    pub fn new(
        proxy: &Origin,
        origin: &Origin,
        fields: &Fields,
        channel: Channel,
        authenticator: Authenticator,
        limits: &Limits,
    ) -> Self {
        let hop = Hop {
            target: Target::Proxy,
            origin: proxy.clone(),
        };
        let authority = origin.authority();
        let mut head_fields = Fields::new();
        head_fields.push("Host", authority.as_bytes());
        for field in fields
            .iter()
            .filter(|field| field.name().eq_ignore_ascii_case("user-agent"))
        {
            head_fields.push(field.name(), field.value());
        }
        let request = RequestHead {
            method: Method::Connect,
            target: authority.clone(),
            version: Version::Http11,
            fields: head_fields,
        };
        let session = AuthSession::new(Target::Proxy, proxy.clone(), "", authenticator, limits.auth);
        let side = Side {
            session,
            hop: hop.clone(),
            channel,
            told: Told::default(),
        };
        let exchange = Exchange::new(request, hop.clone(), Some(side), None, Age::Fresh, limits);
        let key = PoolKey {
            route: Route::Tunnel(proxy.clone()),
            origin: Some(origin.clone()),
            proxy_identity: Identity::Anonymous,
            origin_identity: Identity::Anonymous,
        };
        let endpoint = Endpoint {
            hop: hop.clone(),
            key,
            reuse: Reuse::Never,
        };
        Self {
            exchange,
            hop,
            authority,
            endpoint,
            refused: None,
            excerpt: limits.excerpt,
        }
    }

    /// The next action.
    ///
    /// # Errors
    ///
    /// The end without a tunnel.
    pub fn poll(&mut self, now: Now) -> Result<Action<'_>, Error> {
        Ok(match self.plan(now.wall)? {
            TunnelPlan::Exchange(plan) => self.exchange.action(plan)?,
            TunnelPlan::Lost => Action::Release(Release::Close),
            TunnelPlan::Open => Action::Done,
            TunnelPlan::Reopen => Action::Open(&self.endpoint),
        })
    }

    /// What the far end said already, behind the proxy's answer.
    #[must_use]
    pub fn leftovers(&self) -> &[u8] {
        self.exchange.leftovers()
    }

    /// On whose behalf the tunnel was opened.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.exchange
            .side(Target::Proxy)
            .map_or(Identity::Anonymous, |side| side.session.identity())
    }

    /// A new stream to the proxy is there.
    ///
    /// # Errors
    ///
    /// [`Error::Auth`] where the proxy closed too many in the middle of an exchange, or nothing is left to try.
    pub fn reopened(&mut self, channel: &Channel) -> Result<(), Error> {
        self.exchange.reopened(channel, &Channel::CLEARTEXT)
    }

    /// Everything was written.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] out of turn, here and below.
    pub fn handle_sent(&mut self) -> Result<(), Error> {
        self.exchange.handle_sent()
    }

    /// So many bytes were read.
    ///
    /// # Errors
    ///
    /// See [`handle_sent`](Self::handle_sent).
    pub fn handle_received(&mut self, read: usize) -> Result<(), Error> {
        self.exchange.handle_received(read)
    }

    /// The stream ended.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] where an answer was due and the stream was not an old one.
    pub fn handle_eof(&mut self, eof: Eof) -> Result<(), Error> {
        if self.refused.is_some() {
            self.exchange.stop();
            return Ok(());
        }
        self.exchange.handle_eof(eof)
    }

    /// The stream broke.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] where the stream was not an old one.
    pub fn handle_failed(&mut self, failure: Failure) -> Result<(), Error> {
        if self.refused.is_some() {
            self.exchange.stop();
            return Ok(());
        }
        self.exchange.handle_failed(failure)
    }

    /// The answer to [`Action::Authorize`].
    ///
    /// # Errors
    ///
    /// [`Error::Auth`] where it was a no, or nothing is left to try.
    pub fn handle_answer(&mut self, answer: Answer) -> Result<(), Error> {
        self.exchange.handle_answer(answer)
    }

    /// The answer to [`Action::Token`].
    ///
    /// # Errors
    ///
    /// [`Error::Auth`] where nothing is left to try.
    pub fn handle_token(&mut self, token: Result<Secret, TokenError>) -> Result<(), Error> {
        self.exchange.handle_token(token)
    }

    pub(crate) fn plan(&mut self, wall: u64) -> Result<TunnelPlan, Error> {
        loop {
            let plan = match self.exchange.plan(wall) {
                Ok(plan) => plan,
                // What the proxy said is worth more than how the rest of it failed to come.
                Err(_) if self.refused.is_some() => return Err(self.refusal()),
                Err(error) => return Err(error),
            };
            match plan {
                Plan::Head => {
                    self.refused = self.exchange.head().map(refused);
                    // A body that we cannot decode is no excerpt.
                    if self.exchange.deliver().is_err() {
                        return Err(self.refusal());
                    }
                }
                Plan::Body(piece) => {
                    let Action::Body(data) = self.exchange.action(Plan::Body(piece))? else {
                        continue;
                    };
                    if let Some(refused) = &mut self.refused {
                        let room = self.excerpt.saturating_sub(refused.excerpt.len());
                        refused.excerpt.extend_from_slice(data.get(..room).unwrap_or(data));
                        if refused.excerpt.len() >= self.excerpt {
                            self.exchange.stop();
                        }
                    }
                }
                Plan::End => return Err(self.refusal()),
                Plan::Switched => return Ok(TunnelPlan::Open),
                Plan::Lost => return Ok(TunnelPlan::Lost),
                Plan::Reopen => return Ok(TunnelPlan::Reopen),
                plan @ (Plan::Authorize(_)
                | Plan::Note(_)
                | Plan::Receive { .. }
                | Plan::Report(..)
                | Plan::Token(_)
                | Plan::Transmit) => return Ok(TunnelPlan::Exchange(plan)),
            }
        }
    }

    pub(crate) fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    fn refusal(&mut self) -> Error {
        let answer = self.refused.take().unwrap_or_else(|| refused(&ResponseHead::new(502)));
        Error::Tunnel {
            hop: self.hop.clone(),
            authority: self.authority.clone(),
            answer: Box::new(answer),
        }
    }
}

fn refused(head: &ResponseHead) -> Refused {
    let mut fields = Fields::new();
    let telling = |name: &&str| TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(name));
    for field in head.fields.iter().filter(|field| telling(&field.name())) {
        fields.push(field.name(), field.value());
    }
    Refused {
        status: head.status,
        reason: head.reason.clone(),
        fields,
        excerpt: Vec::new(),
    }
}

/// Fields that say who answered and why.
const TELLING: [&str; 5] = ["Content-Type", "Proxy-Status", "Server", "Via", "X-Squid-Error"];
