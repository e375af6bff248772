//! Proxy auto-config: scripts that name the proxies of a URL.

mod result;

pub use result::PacResult;
