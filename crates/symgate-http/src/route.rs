//! Which way a request goes: [`Route`], the [`Endpoint`] to dial for it, and what a kept stream is good for ([`Parked`]).

use std::fmt;

use symgate_auth::{Channel, Identity, Origin, Target, UriScheme};

/// The way to an origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Route {
    /// Dial the origin itself.
    Direct,
    /// Send the request in absolute-form to this proxy, which forwards it
    /// ([RFC 9112 §3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)). For `http` URLs.
    Forward(Origin),
    /// Have this SOCKS5 proxy connect us to the origin, whose name it looks up
    /// ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)). For any URL; the scheme of this `Origin` says whether the
    /// proxy itself is spoken to in TLS.
    Socks5(Origin),
    /// Ask this proxy for a tunnel and speak to the origin through it
    /// ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
    Tunnel(Origin),
}

impl Route {
    /// The way through an HTTP `proxy` to an origin of this scheme: forwarded in clear text, tunnelled for `https`.
    #[must_use]
    pub fn through(proxy: Origin, scheme: UriScheme) -> Self {
        match scheme {
            UriScheme::Http => Self::Forward(proxy),
            UriScheme::Https => Self::Tunnel(proxy),
        }
    }

    /// The proxy, if there is one on the way.
    #[must_use]
    pub const fn proxy(&self) -> Option<&Origin> {
        match self {
            Self::Direct => None,
            Self::Forward(proxy) | Self::Socks5(proxy) | Self::Tunnel(proxy) => Some(proxy),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Forward(proxy) | Self::Tunnel(proxy) => write!(f, "{proxy}"),
            Self::Socks5(proxy) => write!(f, "socks5://{}", proxy.authority()),
        }
    }
}

/// The routes to try for one URL, in order.
pub type Routes = Vec<Route>;

/// Why no route leads to a URL; the text is the caller's, one line without a secret.
#[derive(Debug)]
pub struct NoRoute {
    /// Whether an earlier refusal of authentication is the reason.
    pub refused: Option<symgate_auth::Refusal>,
    /// The reason in words.
    pub reason: String,
}

/// One side that we speak to: who failed, asked or answered.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Hop {
    /// Server or proxy.
    pub target: Target,
    /// Its address as the caller named it.
    pub origin: Origin,
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.target, self.origin.authority())
    }
}

/// What to dial, or which kept stream may serve instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Whom to dial: the proxy of the route, or the origin.
    pub hop: Hop,
    /// Only a kept stream whose [`Parked::key`] equals this may be taken.
    pub key: PoolKey,
    /// Whether a kept stream may be taken at all; not after one has just turned out to be dead.
    pub reuse: Reuse,
}

/// Whether a kept stream may serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reuse {
    /// Take a kept stream if one fits.
    Allowed,
    /// Dial.
    Never,
}

/// What makes a kept stream fit: the way, the far end, and on whose behalf it was opened.
///
/// A tunnel, of CONNECT or of SOCKS5, belongs to the proxy identity that opened it, whatever the scheme; a stream on which a connection-bound
/// scheme has spoken belongs to that identity for life.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolKey {
    /// The way.
    pub route: Route,
    /// The far end; `None` for a forwarding proxy, which serves any origin on one stream, unless that stream was
    /// authenticated to one.
    pub origin: Option<Origin>,
    /// Who authenticated this stream or tunnel to the proxy.
    pub proxy_identity: Identity,
    /// Who authenticated this stream to the origin.
    pub origin_identity: Identity,
}

/// A stream with its layers in place, fit for another request.
///
/// Made by [`Fetch`](crate::Fetch) when it releases a stream, kept by the driver beside the stream, and handed back
/// with it: only so can a later errand skip the tunnel and the handshakes.
#[derive(Clone, Debug)]
pub struct Parked {
    pub(crate) key: PoolKey,
    pub(crate) proxy_channel: Channel,
    pub(crate) origin_channel: Channel,
    pub(crate) turns: u32,
}

impl Parked {
    /// What the stream is good for.
    #[must_use]
    pub const fn key(&self) -> &PoolKey {
        &self.key
    }

    /// How many requests the stream has carried, tunnel requests not counted.
    #[must_use]
    pub const fn turns(&self) -> u32 {
        self.turns
    }
}
