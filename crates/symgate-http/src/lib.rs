//! Says which bytes to send next and what received bytes mean, for one HTTP fetch through any route.
#![forbid(unsafe_code)]

mod body;
mod connection;
mod error;
mod exchange;
mod fetch;
mod field;
mod framing;
mod head;
mod limits;
mod note;
mod redirect;
mod route;
mod state;
mod target;
mod tunnel;

pub use connection::{Connection, Event, Role};
pub use error::{Error, Failure, FailureKind, LimitError, Misuse, PeerError, RedirectError, Refused, WireError};
pub use fetch::{Action, Eof, Fetch, Now, Opened, Release, Request};
pub use field::{Field, Fields};
pub use framing::Framing;
pub use head::{Method, RequestHead, ResponseHead, Version};
pub use limits::{Deadlines, Limits};
pub use note::Note;
pub use redirect::Downgrade;
pub use route::{Endpoint, Hop, NoRoute, Parked, PoolKey, Reuse, Route, Routes};
pub use target::origin_of;
pub use tunnel::Tunnel;
