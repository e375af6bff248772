//! For tests: requests, and programs of a few lines.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use symgate_auth::{Ask, Channel, Credentials, Origin, Scheme, Target, UriScheme, Wanted};
use symgate_policy::{Interaction, Lookup, Previous, Reply, Source};

/// A request for a password of `https://symbols.example`.
pub(crate) fn ask() -> Ask {
    Ask {
        target: Target::Origin,
        origin: Origin::new(UriScheme::Https, "symbols.example", 443),
        path: "/download/a.pdb".into(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: None,
        channel: Channel::encrypted(*b"certificate"),
        attempt: 1,
    }
}

/// A request for a token of the same.
#[cfg(unix)]
pub(crate) fn ask_token() -> Ask {
    Ask {
        wanted: Wanted::Bearer,
        scheme: Scheme::Bearer,
        ..ask()
    }
}

/// A request of `http://proxy.corp.example:3128`.
#[cfg(unix)]
pub(crate) fn ask_proxy() -> Ask {
    Ask {
        target: Target::Proxy,
        origin: Origin::new(UriScheme::Http, "proxy.corp.example", 3128),
        path: String::new(),
        channel: Channel::CLEARTEXT,
        ..ask()
    }
}

pub(crate) fn look_up(source: &dyn Source, ask: &Ask, previous: Previous, interaction: Interaction) -> Reply {
    source.look_up(&Lookup {
        ask,
        user: None,
        previous,
        interaction,
        cancel: &Arc::new(AtomicBool::new(false)),
    })
}

/// The first time, silently.
pub(crate) fn look_up_first(source: &dyn Source, ask: &Ask) -> Reply {
    look_up(source, ask, Previous::None, Interaction::Silent)
}

/// The credentials of an answer as text.
pub(crate) fn shown(reply: &Reply) -> String {
    match reply {
        Reply::Use(credentials) => shown_credentials(credentials),
        other => format!("{other:?}"),
    }
}

pub(crate) fn shown_credentials(credentials: &Credentials) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match credentials {
        Credentials::Password(password) => format!("{}:{}", password.user, text(password.password.expose())),
        Credentials::Bearer(token) => format!("Bearer {}", text(token.expose())),
        other => format!("{other:?}"),
    }
}
