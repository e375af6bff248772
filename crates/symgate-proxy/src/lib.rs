//! Names the proxy, or the list of them, that serves a URL, with the reason.
